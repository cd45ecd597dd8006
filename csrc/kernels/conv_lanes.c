/* conv_lanes.c: the microkernel of conv_direct.c turned round: lanes are output channels, and pixels are broadcast one by one.
 *
 * A step of the sum multiplies up to two vectors of packed weights with the pixels of a run along one row of the grid. No pixel in a gap is
 * computed, whatever the width, and no load crosses a cache line; the price is a transpose in the store, so this is the way for sums that
 * are long enough and for at least a vector of output channels.
 *
 *   for each row of the grid, and run of pixels along it:
 *     microkernel, then transpose to rows of y
 * The weights of the block stay in L2 over all of it. */
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
#define STEP_1(p) a##p = vf32_fma(vf32_set1(x[p]), w0, a##p);
#define STEP_2(p)                        \
    {                                    \
        const vf32 xp = vf32_set1(x[p]); \
        a##p = vf32_fma(xp, w0, a##p);   \
        b##p = vf32_fma(xp, w1, b##p);   \
    }
#define KEEP_1(p) vf32_store(to + p * LANES, a##p);
#define KEEP_2(p) vf32_store(to + p * 2 * LANES, a##p), vf32_store(to + p * 2 * LANES + LANES, b##p);
#define KERNEL(N, P)                                                                                                                 \
    static void run_##N##x##P(float *to, const float *at, const float *w, const int32_t *offset, int64_t steps, const float *bias) { \
        const vf32 bias0 = vf32_load(bias), bias1 = vf32_load(bias + LANES);                                                         \
        PIXELS_##P(INIT_##N) for (int64_t k = 0; k < steps; k++, w += N * LANES) {                                                   \
            const float *x = at + offset[k];                                                                                         \
            const vf32 w0 = vf32_load(w), w1 = N == 2 ? vf32_load(w + (N - 1) * LANES) : w0;                                         \
            PIXELS_##P(STEP_##N)(void) w1;                                                                                           \
        }                                                                                                                            \
        PIXELS_##P(KEEP_##N)(void) bias1;                                                                                            \
    }
#define KERNELS(P) KERNEL(1, P) KERNEL(2, P)
KERNELS(1)
KERNELS(2)
KERNELS(3)
KERNELS(4)
KERNELS(5)
KERNELS(6)
#if MG_VEC_REGISTERS >= 32
KERNELS(7)
KERNELS(8)
KERNELS(9)
KERNELS(10)
KERNELS(11)
KERNELS(12)
KERNELS(13)
KERNELS(14)
#endif
#define NAMES(P) {run_1x##P, run_2x##P},
static void (*const kernels[MAX_PIXELS][2])(float *, const float *, const float *, const int32_t *, int64_t, const float *) = {
    NAMES(1) NAMES(2) NAMES(3) NAMES(4) NAMES(5) NAMES(6)
#if MG_VEC_REGISTERS >= 32
        NAMES(7) NAMES(8) NAMES(9) NAMES(10) NAMES(11) NAMES(12) NAMES(13) NAMES(14)
#endif
};

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
    for (int64_t u = 0; u < t->rows; u++)
        for (int64_t i = 0; i < runs; i++) {
            const int64_t v = i * t->columns / runs, pixels = (i + 1) * t->columns / runs - v;
            kernels[pixels - 1][n - 1](tile, t->x + u * t->pitch + v, t->w, t->offset, t->k, bias);
            if (t->relu)
                for (int64_t j = 0; j < pixels * width; j++) tile[j] = tile[j] < 0 ? 0 : tile[j]; /* keeps NaN */
            float *y = t->y + u * t->row_step + v * t->column_step;
            if (t->column_step != 1)
                for (int64_t c = 0; c < t->channels; c++)
                    for (int64_t p = 0; p < pixels; p++) y[c * t->plane + p * t->column_step] = tile[p * width + c];
            else
                for (int64_t p = 0; p < pixels; p += LANES)
                    for (int64_t c = 0; c < t->channels; c += LANES)
                        store_transposed(y + c * t->plane + p, t->plane, tile + p * width + c, width,
                                         pixels - p < LANES ? pixels - p : LANES, t->channels - c);
        }
}
