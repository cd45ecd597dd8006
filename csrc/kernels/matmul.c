/* matmul.c: products of stacks of matrices.
 *   a[0] out  C     (..., m, n)   contiguous
 *   a[1] in   A     (..., m, k)   any strides: transposed, 0 for a broadcast axis of the batch
 *   a[2] in   B     (..., k, n)   any strides
 *   a[3] in   bias  C's shape, any strides (0 where broadcast); optional
 *   p         activation: MG_ACT_NONE, MG_ACT_RELU
 * All have the same ndim >= 2 and the same batch shape. C = activation(A B + bias).
 * matmul_plain is the same by gemm_plain, for the tests. */
#include "gemm.h"

typedef mg_status (*product)(const mg_gemm *g);

static mg_status each_matrix(const mg_array *a, const mg_param *p, product f, int64_t size) {
    const int nd = a[0].ndim - 2;
    const bool bias = a[3].data != NULL;
    mg_gemm g = {
        .m = a[0].shape[nd],
        .n = a[0].shape[nd + 1],
        .k = a[1].shape[nd + 1],
        .rsa = a[1].strides[nd],
        .csa = a[1].strides[nd + 1],
        .rsb = a[2].strides[nd],
        .csb = a[2].strides[nd + 1],
        .ldc = a[0].shape[nd + 1],
        .rsbias = bias ? a[3].strides[nd] : 0,
        .csbias = bias ? a[3].strides[nd + 1] : 0,
        .activation = (int)p[0].i,
    };
    int64_t batch = 1;
    for (int d = 0; d < nd; d++) batch *= a[0].shape[d];
    if (g.m == 0 || g.n == 0) return MG_OK;
    for (int64_t i = 0; i < batch; i++) {
        int64_t rest = i, oa = 0, ob = 0, obias = 0;
        for (int d = nd - 1; d >= 0; d--) {
            int64_t at = rest % a[0].shape[d];
            rest /= a[0].shape[d];
            oa += at * a[1].strides[d], ob += at * a[2].strides[d];
            if (bias) obias += at * a[3].strides[d];
        }
        g.c = (char *)a[0].data + i * g.m * g.n * size;
        g.a = (const char *)a[1].data + oa * size;
        g.b = (const char *)a[2].data + ob * size;
        g.bias = bias ? (const char *)a[3].data + obias * size : NULL;
        mg_status status = f(&g);
        if (status != MG_OK) return status;
    }
    return MG_OK;
}

#define KERNEL(dtype, T)                                                                                                              \
    mg_status MG_FN(matmul, dtype)(const mg_array *a, const mg_param *p) { return each_matrix(a, p, MG_FN(gemm, dtype), sizeof(T)); } \
    mg_status MG_FN(matmul_plain, dtype)(const mg_array *a, const mg_param *p) {                                                      \
        return each_matrix(a, p, MG_FN(gemm_plain, dtype), sizeof(T));                                                                \
    }
KERNEL(f32, float)
KERNEL(f64, double)
KERNEL(i64, int64_t)
KERNEL(i32, int32_t)
KERNEL(u8, uint8_t)
