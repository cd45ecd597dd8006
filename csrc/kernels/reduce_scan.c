/* reduce_scan.c: running results along one axis; arrays are (outer, n, inner), the axis being the middle one.
 *   cumsum, cumprod   a[0] out, of integers i64; a[1] in; p: 1 to begin at the end
 *   prod_backward     a[0] out, a[1] g (outer, inner), a[2] in; out[j] = g * product of all in but in[j]
 *   linear_scan       a[0] y, a[1] x, a[2] b:  y[j] = x[j] * y[j - 1] + b[j], x[0] unused
 *   cummax, cummin    a[0] out, a[1] i64 index of it, a[2] in; of equal elements the last counts, and NaN counts most
 * Along the axis elements are taken in order: f32 in double, integers in int64 (which wraps). Where inner is not 1, LANES neighbours are
 * carried side by side, which is what vectors do; a piece of work is a block of them, so threads split nothing that depends on itself. */
#include "kernels.h"
#include "vec.h"

#define LANES 32
#define GRAIN (1 << 15)

typedef struct {
    void *y;
    int64_t *index;
    const void *x, *b; /* b: the gradient of prod_backward too */
    int64_t n, inner;
    bool reverse;
} scan;

/* The pieces [begin, end) of (outer, block of LANES): body(s, at, side, m, inner), where the block begins in the arrays and in a row of
 * inner, and its width. The body is compiled for one column, whose running value then is a register, for whole blocks and for the rest. */
#define FOR_BLOCKS(body)                                                                                               \
    const scan *s = ctx;                                                                                               \
    const int64_t inner = s->inner, blocks = (inner + LANES - 1) / LANES;                                              \
    for (; begin < end; begin++) {                                                                                     \
        const int64_t o = begin / blocks, low = begin % blocks * LANES, m = inner - low < LANES ? inner - low : LANES; \
        if (inner == 1)                                                                                                \
            body(s, o * s->n, o, 1, 1);                                                                                \
        else if (m == LANES)                                                                                           \
            body(s, o * s->n * inner + low, o * inner + low, LANES, inner);                                            \
        else                                                                                                           \
            body(s, o * s->n * inner + low, o * inner + low, m, inner);                                                \
    }
#define BODY(name) MG_INLINE void name(const scan *s, int64_t at, int64_t side, int64_t m, int64_t inner)
#define EACH for (int64_t i = 0; i < m; i++)

static mg_status run(const mg_array *a, const void *b, const void *x, bool reverse, mg_task piece) {
    const scan s = {a[0].data, a[1].data, x, b, a[0].shape[1], a[0].shape[2], reverse};
    const int64_t blocks = (s.inner + LANES - 1) / LANES, width = s.inner < LANES ? s.inner : LANES;
    if (mg_numel(a)) mg_parallel(a[0].shape[0] * blocks, 1 + GRAIN / (s.n * width), piece, (void *)&s);
    return MG_OK;
}

#define CUMULATE(name, dtype, T, R, ACC, first, op)                                                                                   \
    BODY(name##_along_##dtype) {                                                                                                      \
        const int64_t step = s->reverse ? -inner : inner, start = at + (s->reverse ? (s->n - 1) * inner : 0);                         \
        const T *x = (const T *)s->x + start;                                                                                         \
        R *y = (R *)s->y + start;                                                                                                     \
        ACC all[LANES];                                                                                                               \
        (void)side;                                                                                                                   \
        EACH all[i] = first;                                                                                                          \
        for (int64_t j = 0; j < s->n; j++) EACH y[j * step + i] = (R)(all[i] = all[i] op(ACC) x[j * step + i]);                       \
    }                                                                                                                                 \
    static void name##_##dtype(void *ctx, int64_t begin, int64_t end){FOR_BLOCKS(name##_along_##dtype)} mg_status MG_FN(name, dtype)( \
        const mg_array *a, const mg_param *p) {                                                                                       \
        return run(a, NULL, a[1].data, p[0].i, name##_##dtype);                                                                       \
    }

CUMULATE(cumsum, f32, float, float, double, 0, +)
CUMULATE(cumsum, f64, double, double, double, 0, +)
CUMULATE(cumsum, i64, int64_t, int64_t, uint64_t, 0, +)
CUMULATE(cumsum, i32, int32_t, int64_t, uint64_t, 0, +)
CUMULATE(cumsum, u8, uint8_t, int64_t, uint64_t, 0, +)
CUMULATE(cumprod, f32, float, float, double, 1, *)
CUMULATE(cumprod, f64, double, double, double, 1, *)
CUMULATE(cumprod, i64, int64_t, int64_t, uint64_t, 1, *)
CUMULATE(cumprod, i32, int32_t, int64_t, uint64_t, 1, *)
CUMULATE(cumprod, u8, uint8_t, int64_t, uint64_t, 1, *)

/* prod_backward: products of what lies behind, written backwards; then of what lies before, times those. No division: zeros are as good as
 * any number. */
#define FLOATS_ALONG(dtype, T)                                                                                                   \
    BODY(others_along_##dtype) {                                                                                                 \
        const T *x = (const T *)s->x + at, *g = (const T *)s->b + side;                                                          \
        T *y = (T *)s->y + at;                                                                                                   \
        double all[LANES];                                                                                                       \
        EACH all[i] = 1;                                                                                                         \
        for (int64_t j = s->n - 1; j >= 0; j--) EACH y[j * inner + i] = (T)all[i], all[i] *= x[j * inner + i];                   \
        EACH all[i] = g[i];                                                                                                      \
        for (int64_t j = 0; j < s->n; j++) EACH y[j * inner + i] = (T)(all[i] * y[j * inner + i]), all[i] *= x[j * inner + i];   \
    }                                                                                                                            \
    static void prod_backward_##dtype(void *ctx, int64_t begin, int64_t end){FOR_BLOCKS(others_along_##dtype)} mg_status MG_FN(  \
        prod_backward, dtype)(const mg_array *a, const mg_param *p) {                                                            \
        return (void)p, run(a, a[1].data, a[2].data, false, prod_backward_##dtype);                                              \
    }                                                                                                                            \
    BODY(scan_along_##dtype) {                                                                                                   \
        const T *x = (const T *)s->x + at, *b = (const T *)s->b + at;                                                            \
        T *y = (T *)s->y + at;                                                                                                   \
        double last[LANES];                                                                                                      \
        (void)side;                                                                                                              \
        EACH last[i] = y[i] = b[i];                                                                                              \
        for (int64_t j = 1; j < s->n; j++) EACH y[j * inner + i] = (T)(last[i] = x[j * inner + i] * last[i] + b[j * inner + i]); \
    }                                                                                                                            \
    static void linear_scan_##dtype(void *ctx, int64_t begin, int64_t end){FOR_BLOCKS(scan_along_##dtype)} mg_status MG_FN(      \
        linear_scan, dtype)(const mg_array *a, const mg_param *p) {                                                              \
        return (void)p, run(a, a[2].data, a[1].data, false, linear_scan_##dtype);                                                \
    }
FLOATS_ALONG(f32, float)
FLOATS_ALONG(f64, double)

#define EXTREME(name, dtype, T, op)                                                                                                   \
    BODY(name##_along_##dtype) {                                                                                                      \
        const T *x = (const T *)s->x + at;                                                                                            \
        T *y = (T *)s->y + at, best[LANES];                                                                                           \
        int64_t *index = s->index + at, found[LANES];                                                                                 \
        (void)side;                                                                                                                   \
        EACH best[i] = x[i], found[i] = 0;                                                                                            \
        for (int64_t j = 0; j < s->n; j++) EACH {                                                                                     \
                const T v = x[j * inner + i];                                                                                         \
                const bool better = (v != v) | (v op best[i]);                                                                        \
                y[j * inner + i] = best[i] = better ? v : best[i];                                                                    \
                index[j * inner + i] = found[i] = better ? j : found[i];                                                              \
            }                                                                                                                         \
    }                                                                                                                                 \
    static void name##_##dtype(void *ctx, int64_t begin, int64_t end){FOR_BLOCKS(name##_along_##dtype)} mg_status MG_FN(name, dtype)( \
        const mg_array *a, const mg_param *p) {                                                                                       \
        return (void)p, run(a, NULL, a[2].data, false, name##_##dtype);                                                               \
    }
#define EXTREMES(dtype, T)        \
    EXTREME(cummax, dtype, T, >=) \
    EXTREME(cummin, dtype, T, <=)

EXTREMES(f32, float)
EXTREMES(f64, double)
EXTREMES(i64, int64_t)
EXTREMES(i32, int32_t)
EXTREMES(u8, uint8_t)
EXTREMES(bool, uint8_t)
