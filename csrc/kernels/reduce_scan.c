/* reduce_scan.c: cumsum, running sums along the last axis.
 *   a[0] out  (..., n)   integers: i64
 *   a[1] in   (..., n)
 * Rows are independent; within one, elements are added in order: f32 in double, integers in int64 (which wraps). */
#include "kernels.h"

typedef struct {
    void *y;
    const void *x;
    int64_t n;
} scan;

#define CUMSUM(dtype, T, R, ACC)                                                                                  \
    static void cumsum_##dtype(void *ctx, int64_t begin, int64_t end) {                                           \
        const scan *s = ctx;                                                                                      \
        for (int64_t i = begin; i < end; i++) {                                                                   \
            const T *x = (const T *)s->x + i * s->n;                                                              \
            R *y = (R *)s->y + i * s->n;                                                                          \
            ACC sum = 0;                                                                                          \
            for (int64_t j = 0; j < s->n; j++) y[j] = (R)(sum += (ACC)x[j]);                                      \
        }                                                                                                         \
    }                                                                                                             \
    mg_status MG_FN(cumsum, dtype)(const mg_array *a, const mg_param *p) {                                        \
        (void)p;                                                                                                  \
        const int64_t n = a->ndim ? a->shape[a->ndim - 1] : 1;                                                    \
        if (n) mg_parallel(mg_numel(a) / n, 1 + (1 << 16) / n, cumsum_##dtype, &(scan){a[0].data, a[1].data, n}); \
        return MG_OK;                                                                                             \
    }

CUMSUM(f32, float, float, double)
CUMSUM(f64, double, double, double)
CUMSUM(i64, int64_t, int64_t, uint64_t)
CUMSUM(i32, int32_t, int64_t, uint64_t)
CUMSUM(u8, uint8_t, int64_t, uint64_t)
