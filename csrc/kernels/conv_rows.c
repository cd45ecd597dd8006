/* conv_rows.c: the microkernels of depthwise convolution, in float: one channel of an image makes one channel of the output, so there is
 * nothing to share but the pixels in L1. Lanes are pixels of a row; padded planes (conv_direct.h) make every tap a contiguous load.
 *
 *   conv_rows         for four rows at a time, and vectors along them from right to left: sum over taps, each tap's weight read once
 *   conv_rows_weight  for each channel:                          threads share these
 *                       for each image: x into planes            slot 2
 *                         for up to nine taps at a time: partial sums, one vector a tap, along all rows of g
 *                       lanes are added up at the end
 *
 * conv_direct.c calls the first one for the output and for the gradient of the image; set-up and strides are its own. */
#include "conv_direct.h"

enum {
    LANES = MG_F32_LANES,
    ROWS = 4,
#if MG_VEC_REGISTERS >= 32
    MAX_TAPS = 9,
#else
    MAX_TAPS = 5,
#endif
};

/* ---- outputs ---- */

typedef struct {
    vf32 row[ROWS];
} block;

/* The sums of `rows` vectors of pixels, one below the other. */
MG_INLINE block sum_of(const mg_rows *t, const float *x, const int rows) {
    const vf32 bias = vf32_set1(t->bias);
    vf32 a0 = bias, a1 = bias, a2 = bias, a3 = bias;
    const int64_t pitch = t->pitch;
    for (int64_t k = 0; k < t->k; k++) {
        const float *from = x + t->offset[k];
        const vf32 w = vf32_set1(t->w[k]);
        a0 = vf32_fma(vf32_load(from), w, a0);
        if (rows > 1) a1 = vf32_fma(vf32_load(from + pitch), w, a1);
        if (rows > 2) a2 = vf32_fma(vf32_load(from + 2 * pitch), w, a2);
        if (rows > 3) a3 = vf32_fma(vf32_load(from + 3 * pitch), w, a3);
    }
    return (block){{a0, a1, a2, a3}};
}

MG_INLINE void rows_of(const mg_rows *t, int64_t u, const int rows) {
    const bool dense = t->row_step == t->columns;
    for (int64_t v = (t->columns - 1) / LANES * LANES; v >= 0; v -= LANES) {
        block sum = sum_of(t, t->x + u * t->pitch + v, rows);
        const int64_t n = t->columns - v < LANES ? t->columns - v : LANES;
        float *y = t->y + u * t->row_step + v * t->column_step;
        for (int i = 0; i < rows; i++, y += t->row_step) {
            const vf32 out = t->relu ? (vf32)((vi32)sum.row[i] & ~(sum.row[i] < 0)) : sum.row[i]; /* keeps NaN */
            if (t->column_step != 1) {
                float each[LANES];
                vf32_store(each, out);
                for (int64_t j = 0; j < n; j++) y[j * t->column_step] = each[j];
            } else if (n == LANES || (dense && (t->rows - u - i) * t->columns - v >= LANES)) {
                vf32_store(y, out); /* what passes the end of a row is the start of the next, written later */
            } else {
                vf32_store_n(y, out, n);
            }
        }
    }
}

void MG_FN(conv_rows, f32)(const mg_rows *t) {
    int64_t u = 0;
    for (; u + ROWS <= t->rows; u += ROWS) rows_of(t, u, ROWS);
    switch (t->rows - u) {
    case 3:
        rows_of(t, u, 3);
        break;
    case 2:
        rows_of(t, u, 2);
        break;
    case 1:
        rows_of(t, u, 1);
        break;
    }
}

/* ---- gradient of the weights ---- */

#define TAPS_1(X) X(0)
#define TAPS_2(X) TAPS_1(X) X(1)
#define TAPS_3(X) TAPS_2(X) X(2)
#define TAPS_4(X) TAPS_3(X) X(3)
#define TAPS_5(X) TAPS_4(X) X(4)
#define TAPS_6(X) TAPS_5(X) X(5)
#define TAPS_7(X) TAPS_6(X) X(6)
#define TAPS_8(X) TAPS_7(X) X(7)
#define TAPS_9(X) TAPS_8(X) X(8)

/* The products of a plane of g with what T taps see, added to one vector for each. */
#define INIT(k) vf32 a##k = {0};
#define POINT(k) const float *x##k = x + offset[k];
#define WHOLE(k) a##k = vf32_fma(pixels, vf32_load(x##k + at), a##k);
#define PART(k) a##k = vf32_fma(pixels, vf32_load_n(x##k + at, n), a##k);
#define FINISH(k) vf32_store(sum + k * LANES, vf32_load(sum + k * LANES) + a##k);
#define KERNEL(T)                                                                                                        \
    static void taps_##T(float *sum, const float *x, int64_t pitch, const int32_t *offset, const float *g, int64_t rows, \
                         int64_t columns) {                                                                              \
        const int64_t whole = columns / LANES * LANES, n = columns - whole;                                              \
        TAPS_##T(INIT) TAPS_##T(POINT) for (int64_t u = 0; u < rows; u++, g += columns) {                                \
            int64_t at = u * pitch;                                                                                      \
            for (int64_t v = 0; v < whole; v += LANES, at += LANES) {                                                    \
                const vf32 pixels = vf32_load(g + v);                                                                    \
                TAPS_##T(WHOLE)                                                                                          \
            }                                                                                                            \
            if (n) {                                                                                                     \
                const vf32 pixels = vf32_load_n(g + whole, n);                                                           \
                TAPS_##T(PART)                                                                                           \
            }                                                                                                            \
        }                                                                                                                \
        TAPS_##T(FINISH)                                                                                                 \
    }
KERNEL(1)
KERNEL(2)
KERNEL(3)
KERNEL(4)
KERNEL(5)
#if MG_VEC_REGISTERS >= 32
KERNEL(6)
KERNEL(7)
KERNEL(8)
KERNEL(9)
#endif
static void (*const kernels[MAX_TAPS])(float *, const float *, int64_t, const int32_t *, const float *, int64_t, int64_t) = {
    taps_1, taps_2, taps_3, taps_4, taps_5,
#if MG_VEC_REGISTERS >= 32
    taps_6, taps_7, taps_8, taps_9,
#endif
};

typedef struct {
    const mg_conv *t;
    mg_planes planes;
    int64_t out, k; /* output channels of a channel, taps */
    const int32_t *offset;
    const float *x, *g;
    float *gw;
    mg_status status;
} gradient;

static void gradient_channels(void *ctx, int64_t begin, int64_t end) {
    gradient *d = ctx;
    const mg_conv *t = d->t;
    const int64_t size = d->planes.size + LANES, sums = d->out * d->k * LANES, tiles = (d->k + MAX_TAPS - 1) / MAX_TAPS;
    float *planes = mg_scratch(2, (size_t)(size + sums) * sizeof(float)), *sum = planes + size;
    if (!planes) {
        __atomic_store_n(&d->status, MG_NO_MEMORY, __ATOMIC_RELAXED);
        return;
    }
    memset(planes, 0, (size_t)size * sizeof(float));
    for (int64_t c = begin; c < end; c++) {
        memset(sum, 0, (size_t)sums * sizeof(float));
        for (int64_t image = 0; image < t->n; image++) {
            MG_FN(conv_fill_planes, f32)(&d->planes, planes, d->x + (image * t->c + c) * t->h * t->w, 1);
            for (int64_t o = 0; o < d->out; o++) {
                const float *g = d->g + (image * t->o + c * d->out + o) * t->oh * t->ow;
                for (int64_t i = 0; i < tiles; i++) {
                    const int64_t k = i * d->k / tiles, taps = (i + 1) * d->k / tiles - k;
                    kernels[taps - 1](sum + (o * d->k + k) * LANES, planes, d->planes.pitch, d->offset + k, g, t->oh, t->ow);
                }
            }
        }
        for (int64_t i = 0; i < d->out * d->k; i++) d->gw[c * d->out * d->k + i] = vf32_total(vf32_load(sum + i * LANES));
    }
}

mg_status MG_FN(conv_rows_weight, f32)(const mg_conv *t, float *gw, const float *g, const float *x) {
    const mg_window *q = &t->window;
    gradient d = {.t = t, .planes = mg_planes_of(t), .out = t->o / t->groups, .k = q->kh * q->kw, .x = x, .g = g, .gw = gw};
    int32_t *offset = mg_scratch(3, (size_t)d.k * sizeof *offset);
    if (!offset) return MG_NO_MEMORY;
    d.offset = offset;
    for (int64_t i = 0; i < q->kh; i++)
        for (int64_t j = 0; j < q->kw; j++) *offset++ = (int32_t)mg_tap_offset(t, &d.planes, i, j);
    mg_parallel(t->c, mg_plane_grain(t->n * t->oh * t->ow * d.out * d.k / LANES), gradient_channels, &d);
    return d.status;
}
