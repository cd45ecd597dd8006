/* gemm_int.c: products of integer matrices; arithmetic wraps.
 *
 * For each block of PB by JB values, B is copied to a contiguous buffer, whatever its strides; each row of C then adds multiples of the
 * block's rows to JB running sums. The compiler vectorises the inner loops: their length is a constant and nothing overlaps. */
#include "gemm.h"

enum { PB = 64, JB = 64 };
#define MIN(x, y) ((x) < (y) ? (x) : (y))

/* S is the unsigned type to add up in. */
#define PRODUCT(dtype, T, S)                                                                                                 \
    static void rows_##dtype(void *ctx, int64_t begin, int64_t end) {                                                        \
        const mg_gemm *g = ctx;                                                                                              \
        const T *a = g->a, *b = g->b, *bias = g->bias;                                                                       \
        T *c = g->c;                                                                                                         \
        S block[PB][JB], sum[JB];                                                                                            \
        for (int64_t j0 = 0; j0 < g->n; j0 += JB) {                                                                          \
            const int64_t nj = MIN(JB, g->n - j0);                                                                           \
            int64_t p0 = 0;                                                                                                  \
            do {                                                                                                             \
                const int64_t np = MIN(PB, g->k - p0);                                                                       \
                for (int64_t p = 0; p < np; p++)                                                                             \
                    for (int64_t j = 0; j < JB; j++) block[p][j] = j < nj ? (S)b[(p0 + p) * g->rsb + (j0 + j) * g->csb] : 0; \
                for (int64_t i = begin; i < end; i++) {                                                                      \
                    T *to = c + i * g->ldc + j0;                                                                             \
                    for (int64_t j = 0; j < JB; j++) sum[j] = j < nj && (p0 > 0 || g->accumulate) ? (S)to[j] : 0;            \
                    for (int64_t p = 0; p < np; p++) {                                                                       \
                        const S x = (S)a[i * g->rsa + (p0 + p) * g->csa];                                                    \
                        for (int64_t j = 0; j < JB; j++) sum[j] += x * block[p][j];                                          \
                    }                                                                                                        \
                    const bool last = p0 + np == g->k;                                                                       \
                    for (int64_t j = 0; j < nj; j++) {                                                                       \
                        if (last && bias) sum[j] += (S)bias[i * g->rsbias + (j0 + j) * g->csbias];                           \
                        to[j] = last && g->activation == MG_ACT_RELU && (T)sum[j] <= 0 ? 0 : (T)sum[j];                      \
                    }                                                                                                        \
                }                                                                                                            \
                p0 += np;                                                                                                    \
            } while (p0 < g->k);                                                                                             \
        }                                                                                                                    \
    }                                                                                                                        \
    mg_status MG_FN(gemm, dtype)(const mg_gemm *g) {                                                                         \
        const int64_t row = g->n * g->k / 8 + 1; /* time, in some unit: a block of B is worth copying for 64 rows */         \
        const int64_t grain = 100000 / row;                                                                                  \
        if (g->m > 0 && g->n > 0) mg_parallel(g->m, grain < 64 ? 64 : grain, rows_##dtype, (void *)g);                       \
        return MG_OK;                                                                                                        \
    }
PRODUCT(i64, int64_t, uint64_t)
PRODUCT(i32, int32_t, uint32_t)
PRODUCT(u8, uint8_t, uint32_t)
