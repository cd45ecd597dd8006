/* reduce_scan.c: running results along the last axis.
 *   cumsum, cumprod   a[0] out (..., n), of integers i64; a[1] in (..., n)
 *   linear_scan       a[0] y, a[1] x, a[2] b (..., n):  y[j] = x[j] * y[j - 1] + b[j], x[0] unused
 *   cummax, cummin    a[0] out, a[1] i64 index of it, a[2] in (..., n); of equal elements the last counts, and NaN counts most
 * Rows are independent; within one, elements are taken in order: f32 in double, integers in int64 (which wraps). */
#include "kernels.h"

typedef struct {
    void *y;
    const void *x;
    int64_t n;
} scan;

#define CUMULATE(name, dtype, T, R, ACC, first, op)                                                               \
    static void name##_##dtype(void *ctx, int64_t begin, int64_t end) {                                           \
        const scan *s = ctx;                                                                                      \
        for (int64_t i = begin; i < end; i++) {                                                                   \
            const T *x = (const T *)s->x + i * s->n;                                                              \
            R *y = (R *)s->y + i * s->n;                                                                          \
            ACC all = first;                                                                                      \
            for (int64_t j = 0; j < s->n; j++) y[j] = (R)(all = all op(ACC) x[j]);                                \
        }                                                                                                         \
    }                                                                                                             \
    mg_status MG_FN(name, dtype)(const mg_array *a, const mg_param *p) {                                          \
        (void)p;                                                                                                  \
        const int64_t n = a->ndim ? a->shape[a->ndim - 1] : 1;                                                    \
        if (n) mg_parallel(mg_numel(a) / n, 1 + (1 << 16) / n, name##_##dtype, &(scan){a[0].data, a[1].data, n}); \
        return MG_OK;                                                                                             \
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

typedef struct {
    void *y;
    const void *x, *b;
    int64_t n;
} recurrence;

#define LINEAR_SCAN(dtype, T)                                                                                                           \
    static void linear_scan_##dtype(void *ctx, int64_t begin, int64_t end) {                                                            \
        const recurrence *s = ctx;                                                                                                      \
        for (int64_t i = begin; i < end; i++) {                                                                                         \
            const T *x = (const T *)s->x + i * s->n, *b = (const T *)s->b + i * s->n;                                                   \
            T *y = (T *)s->y + i * s->n;                                                                                                \
            double last = y[0] = b[0];                                                                                                  \
            for (int64_t j = 1; j < s->n; j++) y[j] = (T)(last = x[j] * last + b[j]);                                                   \
        }                                                                                                                               \
    }                                                                                                                                   \
    mg_status MG_FN(linear_scan, dtype)(const mg_array *a, const mg_param *p) {                                                         \
        (void)p;                                                                                                                        \
        const int64_t n = a->ndim ? a->shape[a->ndim - 1] : 1;                                                                          \
        if (n) mg_parallel(mg_numel(a) / n, 1 + (1 << 15) / n, linear_scan_##dtype, &(recurrence){a[0].data, a[1].data, a[2].data, n}); \
        return MG_OK;                                                                                                                   \
    }

LINEAR_SCAN(f32, float)
LINEAR_SCAN(f64, double)

typedef struct {
    void *y;
    int64_t *index;
    const void *x;
    int64_t n;
} extreme;

#define EXTREME(name, dtype, T, op)                                                                                             \
    static void name##_##dtype(void *ctx, int64_t begin, int64_t end) {                                                         \
        const extreme *s = ctx;                                                                                                 \
        for (int64_t i = begin; i < end; i++) {                                                                                 \
            const T *x = (const T *)s->x + i * s->n;                                                                            \
            T *y = (T *)s->y + i * s->n, best = x[0];                                                                           \
            int64_t *index = s->index + i * s->n, at = 0;                                                                       \
            for (int64_t j = 0; j < s->n; j++) {                                                                                \
                if (x[j] != x[j] || x[j] op best) best = x[j], at = j;                                                          \
                y[j] = best;                                                                                                    \
                index[j] = at;                                                                                                  \
            }                                                                                                                   \
        }                                                                                                                       \
    }                                                                                                                           \
    mg_status MG_FN(name, dtype)(const mg_array *a, const mg_param *p) {                                                        \
        (void)p;                                                                                                                \
        const int64_t n = a->ndim ? a->shape[a->ndim - 1] : 1;                                                                  \
        if (n) mg_parallel(mg_numel(a) / n, 1 + (1 << 15) / n, name##_##dtype, &(extreme){a[0].data, a[1].data, a[2].data, n}); \
        return MG_OK;                                                                                                           \
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
