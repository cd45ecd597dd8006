/* conv_lanes.c: the microkernel of conv_direct.c turned round: lanes are output channels, and pixels are broadcast one by one.
 *
 * A step of the sum multiplies up to two vectors of packed weights with the pixels of a run along one row of the grid. No pixel in a gap is
 * computed, whatever the width, and no load crosses a cache line; the price is a transpose in the store, so this is the way for sums that
 * are long enough and for at least a vector of output channels.
 *
 *   for each row of the grid, or two of them if they are short, and run of pixels along it:
 *     microkernel, then transpose to rows of y
 * The weights of the block come from L2 for each of these; the caller sees to it that they stay there. */
#include "conv_direct.h"

enum {
    LANES = MG_F32_LANES,
#if MG_VEC_REGISTERS >= 32
    MAX_PIXELS = 14,
#else
    MAX_PIXELS = 6,
#endif
};

#define PIXELS_1(X) X(0)
#define PIXELS_2(X) PIXELS_1(X) X(1)
#define PIXELS_3(X) PIXELS_2(X) X(2)
#define PIXELS_4(X) PIXELS_3(X) X(3)
#define PIXELS_5(X) PIXELS_4(X) X(4)
#define PIXELS_6(X) PIXELS_5(X) X(5)
#define PIXELS_7(X) PIXELS_6(X) X(6)
#define PIXELS_8(X) PIXELS_7(X) X(7)
#define PIXELS_9(X) PIXELS_8(X) X(8)
#define PIXELS_10(X) PIXELS_9(X) X(9)
#define PIXELS_11(X) PIXELS_10(X) X(10)
#define PIXELS_12(X) PIXELS_11(X) X(11)
#define PIXELS_13(X) PIXELS_12(X) X(12)
#define PIXELS_14(X) PIXELS_13(X) X(13)

/* Named accumulators, for gcc; `to` gets (pixels, vectors * LANES). */
#define INIT_1(p) vf32 a##p = bias0;
#define INIT_2(p) vf32 a##p = bias0, b##p = bias1;
#define STEP_1(p) a##p = vf32_fma(vf32_set1(AT(p)), w0, a##p);
#define STEP_2(p)                         \
    {                                     \
        const vf32 xp = vf32_set1(AT(p)); \
        a##p = vf32_fma(xp, w0, a##p);    \
        b##p = vf32_fma(xp, w1, b##p);    \
    }
#define KEEP_1(p) vf32_store(to + p * LANES, a##p);
#define KEEP_2(p) vf32_store(to + p * 2 * LANES, a##p), vf32_store(to + p * 2 * LANES + LANES, b##p);
/* P pixels in runs of R: all of them, or half, when the second half lies in the next row, `pitch` further. */
#define AT(p) (p < run ? x : below)[p < run ? p : p - run]
#define KERNEL(N, P, R)                                                                                                              \
    static void run_##N##x##P##_##R(float *to, const float *at, int64_t pitch, const float *w, const int32_t *offset, int64_t steps, \
                                    const float *bias) {                                                                             \
        enum { run = R };                                                                                                            \
        const vf32 bias0 = vf32_load(bias), bias1 = vf32_load(bias + LANES);                                                         \
        PIXELS_##P(INIT_##N) for (int64_t k = 0; k < steps; k++, w += N * LANES) {                                                   \
            const float *x = at + offset[k], *below = x + pitch;                                                                     \
            const vf32 w0 = vf32_load(w), w1 = N == 2 ? vf32_load(w + (N - 1) * LANES) : w0;                                         \
            PIXELS_##P(STEP_##N)(void) w1, (void)below;                                                                              \
        }                                                                                                                            \
        PIXELS_##P(KEEP_##N)(void) bias1;                                                                                            \
    }
#define KERNELS(P, R) KERNEL(1, P, R) KERNEL(2, P, R)
#define EACH_RUN(X) X(1, 1) X(2, 2) X(3, 3) X(4, 4) X(5, 5) X(6, 6)
#if MG_VEC_REGISTERS >= 32
#define EACH_LONG_RUN(X) X(7, 7) X(8, 8) X(9, 9) X(10, 10) X(11, 11) X(12, 12) X(13, 13) X(14, 14)
#define EACH_PAIR(X) X(8, 4) X(10, 5) X(12, 6) X(14, 7)
#else
#define EACH_LONG_RUN(X)
#define EACH_PAIR(X)
#endif
EACH_RUN(KERNELS)
EACH_LONG_RUN(KERNELS)
EACH_PAIR(KERNELS)

typedef void (*kernel)(float *, const float *, int64_t, const float *, const int32_t *, int64_t, const float *);
#define NAMES(P, R) [P - 1] = {run_1x##P##_##R, run_2x##P##_##R},
static const kernel runs_of[MAX_PIXELS][2] = {EACH_RUN(NAMES) EACH_LONG_RUN(NAMES)};
static const kernel pairs_of[MAX_PIXELS][2] = {EACH_PAIR(NAMES)}; /* by all their pixels */

/* LANES rows of one vector each, `width` apart: the first `pixels` of them become runs of pixels in `channels` planes. */
static void store_transposed(float *y, int64_t plane, const float *from, int64_t width, int64_t pixels, int64_t channels) {
    vf32 r[LANES];
    for (int i = 0; i < LANES; i++) r[i] = vf32_load(from + i * width);
    vf32_transpose(r);
    for (int i = 0; i < LANES; i++)
        if (i < channels) vf32_store_n(y + i * plane, r[i], pixels);
}

void MG_FN(conv_lanes, f32)(const mg_lanes *t) {
    float tile[(MAX_PIXELS + LANES) * 2 * LANES] = {0}, bias[2 * LANES] = {0};
    const int64_t n = t->channels > LANES ? 2 : 1, width = n * LANES;
    if (t->bias) memcpy(bias, t->bias, (size_t)t->channels * sizeof(float));
    const int64_t runs = (t->columns + MAX_PIXELS - 1) / MAX_PIXELS;
    const bool pairs = t->columns <= MAX_PIXELS / 2 && pairs_of[2 * t->columns - 1][0] && t->column_step == 1;
    for (int64_t u = 0, rows = 1; u < t->rows; u += rows)
        for (int64_t i = 0; i < runs; i++) {
            rows = pairs && u + 1 < t->rows ? 2 : 1;
            const int64_t v = i * t->columns / runs, run = (i + 1) * t->columns / runs - v, pixels = rows * run;
            const kernel f = rows == 2 ? pairs_of[pixels - 1][n - 1] : runs_of[pixels - 1][n - 1];
            f(tile, t->x + u * t->pitch + v, t->pitch, t->w, t->offset, t->k, bias);
            if (t->relu)
                for (int64_t j = 0; j < pixels * width; j++) tile[j] = tile[j] < 0 ? 0 : tile[j]; /* keeps NaN */
            float *y = t->y + u * t->row_step + v * t->column_step;
            if (t->column_step != 1)
                for (int64_t c = 0; c < t->channels; c++)
                    for (int64_t p = 0; p < pixels; p++) y[c * t->plane + p * t->column_step] = tile[p * width + c];
            else
                for (int64_t row = 0; row < rows; row++)
                    for (int64_t p = 0; p < run; p += LANES)
                        for (int64_t c = 0; c < t->channels; c += LANES)
                            store_transposed(y + row * t->row_step + c * t->plane + p, t->plane, tile + (row * run + p) * width + c, width,
                                             run - p < LANES ? run - p : LANES, t->channels - c);
        }
}

/* Lanes that a block's width was rounded up by are zero. */
void MG_FN(conv_pack_lanes, f32)(float *packed, const float *w, int64_t out, int64_t in, int64_t count, int64_t out_step, int64_t in_step,
                                 const mg_tap *taps) {
    const int64_t k = in * count;
    bool all = true; /* taps are all of the kernel's: an output channel's weights lie in runs, which are transposed by vectors */
    for (int64_t i = 0; i < count; i++) all = all && taps[i].index == i;
    const int64_t run = in_step == count ? k : count;
    for (int64_t at = 0; all && at < k; at += run, w += in_step)
        for (int64_t c = 0; c < out; c += LANES) {
            const int64_t block = c / (2 * LANES) * 2 * LANES, width = out - block > LANES ? 2 * LANES : LANES;
            float *to = packed + block * k + at * width + c - block;
            for (int64_t p = 0; p < run; p += LANES) {
                const int64_t n = run - p < LANES ? run - p : LANES;
                vf32 r[LANES];
                for (int64_t i = 0; i < LANES; i++) r[i] = c + i < out ? vf32_load_to(w + (c + i) * out_step + p, n) : (vf32){0};
                vf32_transpose(r);
                for (int64_t i = 0; i < n; i++) vf32_store(to + (p + i) * width, r[i]);
            }
        }
    for (int64_t c = 0; !all && c < in; c++)
        for (int64_t block = 0; block < out; block += 2 * LANES) {
            const int64_t width = out - block > LANES ? 2 * LANES : LANES, channels = out - block < width ? out - block : width;
            for (int64_t i = 0; i < count; i++) {
                const float *from = w + block * out_step + c * in_step + taps[i].index;
                float *to = packed + block * k + (c * count + i) * width;
                for (int64_t o = 0; o < channels; o++) to[o] = from[o * out_step];
                for (int64_t o = channels; o < width; o++) to[o] = 0;
            }
        }
}
