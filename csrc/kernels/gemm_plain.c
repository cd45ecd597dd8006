/* gemm_plain.c: the product by its definition, for every dtype and any strides. The reference of the tests: one accumulator, k in
 * order, no fused multiply-add, integers wrap. */
#include "gemm.h"

/* S is the type to add up in: unsigned for integers, because they wrap. */
#define PLAIN(dtype, T, S)                                                                                               \
    mg_status MG_FN(gemm_plain, dtype)(const mg_gemm *g) {                                                               \
        const T *a = g->a, *b = g->b, *bias = g->bias;                                                                   \
        T *c = g->c;                                                                                                     \
        for (int64_t i = 0; i < g->m; i++)                                                                               \
            for (int64_t j = 0; j < g->n; j++) {                                                                         \
                S sum = 0;                                                                                               \
                for (int64_t p = 0; p < g->k; p++) sum += (S)a[i * g->rsa + p * g->csa] * (S)b[p * g->rsb + j * g->csb]; \
                if (g->accumulate) sum += (S)c[i * g->ldc + j];                                                          \
                if (bias) sum += (S)bias[i * g->rsbias + j * g->csbias];                                                 \
                T y = (T)sum;                                                                                            \
                c[i * g->ldc + j] = g->activation == MG_ACT_RELU && y <= 0 ? 0 : y;                                      \
            }                                                                                                            \
        return MG_OK;                                                                                                    \
    }
PLAIN(f32, float, float)
PLAIN(f64, double, double)
PLAIN(i64, int64_t, uint64_t)
PLAIN(i32, int32_t, uint32_t)
PLAIN(u8, uint8_t, uint32_t)
