/* matmul.c: products of stacks of matrices.
 *   a[0] out  C     (..., m, n)   contiguous
 *   a[1] in   A     (..., m, k)   any strides: transposed, 0 for a broadcast axis of the batch
 *   a[2] in   B     (..., k, n)   any strides
 *   a[3] in   bias  C's shape, any strides (0 where broadcast); optional
 *   p         activation, of gemm.h; for integers MG_ACT_NONE or MG_ACT_RELU
 * All have the same ndim >= 2 and the same batch shape. C = activation(A B + bias).
 *
 * A batch of which B is the same for all is one product with more rows, where strides allow it. Otherwise threads take whole matrices if
 * there are enough of them, and else share each product. matmul_plain is the same by gemm_plain, one by one, for the tests. */
#include "gemm.h"

typedef mg_status (*product)(const mg_gemm *g);

typedef struct {
    const mg_array *a;
    int nd; /* batch axes that are left */
    int64_t size;
    product f;
    mg_gemm g;
    mg_status status; /* that of any product that failed */
} stack;

/* Turn the last batch axes into rows. */
static void merge_rows(stack *s) {
    const mg_array *a = s->a;
    for (mg_gemm *g = &s->g; s->nd > 0; s->nd--) {
        const int d = s->nd - 1;
        if (a[2].strides[d] != 0 || a[1].strides[d] != g->m * g->rsa) return;
        if (g->bias && a[3].strides[d] != g->m * g->rsbias) return;
        g->m *= a[0].shape[d];
    }
}

static void matrices(void *ctx, int64_t begin, int64_t end) {
    stack *s = ctx;
    const mg_array *a = s->a;
    mg_gemm g = s->g;
    int64_t at[MG_MAX_DIMS], oa = 0, ob = 0, obias = 0, rest = begin;
    for (int d = s->nd - 1; d >= 0; d--) {
        at[d] = rest % a[0].shape[d], rest /= a[0].shape[d];
        oa += at[d] * a[1].strides[d], ob += at[d] * a[2].strides[d];
        if (g.bias) obias += at[d] * a[3].strides[d];
    }
    for (int64_t i = begin; i < end; i++) {
        g.c = (char *)a[0].data + i * g.m * g.n * s->size;
        g.a = (const char *)a[1].data + oa * s->size;
        g.b = (const char *)a[2].data + ob * s->size;
        if (g.bias) g.bias = (const char *)a[3].data + obias * s->size;
        const mg_status status = s->f(&g);
        if (status != MG_OK) __atomic_store_n(&s->status, status, __ATOMIC_RELAXED);
        for (int d = s->nd - 1; d >= 0; d--) {
            const int64_t step = ++at[d] < a[0].shape[d] ? 1 : (at[d] = 0, 1 - a[0].shape[d]);
            oa += step * a[1].strides[d], ob += step * a[2].strides[d];
            if (g.bias) obias += step * a[3].strides[d];
            if (step == 1) break;
        }
    }
}

static mg_status multiply(const mg_array *a, int activation, product f, int64_t size, bool plain) {
    const int nd = a[0].ndim - 2;
    const bool bias = a[3].data != NULL;
    stack s = {.a = a, .nd = nd, .size = size, .f = f, .status = MG_OK};
    s.g.m = a[0].shape[nd], s.g.n = a[0].shape[nd + 1], s.g.k = a[1].shape[nd + 1];
    s.g.a = a[1].data, s.g.rsa = a[1].strides[nd], s.g.csa = a[1].strides[nd + 1];
    s.g.b = a[2].data, s.g.rsb = a[2].strides[nd], s.g.csb = a[2].strides[nd + 1];
    s.g.c = a[0].data, s.g.ldc = s.g.n;
    s.g.bias = a[3].data;
    if (bias) s.g.rsbias = a[3].strides[nd], s.g.csbias = a[3].strides[nd + 1];
    s.g.activation = activation;
    if (s.g.m == 0 || s.g.n == 0) return MG_OK;
    if (!plain) merge_rows(&s);
    if (s.nd == 0) return f(&s.g);
    int64_t batch = 1;
    for (int d = 0; d < s.nd; d++) batch *= a[0].shape[d];
    const int64_t work = s.g.m * s.g.n * (s.g.k + 8);
    /* A product by itself has pieces for all threads from some million multiply-adds on. */
    if (plain || (batch < 8 && work > 4000000))
        matrices(&s, 0, batch);
    else
        mg_parallel(batch, 1 + 400000 / work, matrices, &s);
    return s.status;
}

/* tanh and sigmoid are passes of their own over C, which is still in cache if it fits there at all. */
static mg_status run(const mg_array *a, const mg_param *p, product f, int64_t size, bool plain, mg_kernel tanh, mg_kernel sigmoid) {
    const mg_kernel pass = p[0].i == MG_ACT_TANH ? tanh : p[0].i == MG_ACT_SIGMOID ? sigmoid : NULL;
    const mg_status status = multiply(a, pass ? MG_ACT_NONE : (int)p[0].i, f, size, plain);
    if (pass == NULL || status != MG_OK) return status;
    const int64_t numel = mg_numel(a), one = 1;
    const mg_array c = {a[0].data, &numel, &one, 1, a[0].dtype};
    return pass((const mg_array[]){c, c}, NULL);
}

#define KERNEL(dtype, T, tanh, sigmoid)                                             \
    mg_status MG_FN(matmul, dtype)(const mg_array *a, const mg_param *p) {          \
        return run(a, p, MG_FN(gemm, dtype), sizeof(T), false, tanh, sigmoid);      \
    }                                                                               \
    mg_status MG_FN(matmul_plain, dtype)(const mg_array *a, const mg_param *p) {    \
        return run(a, p, MG_FN(gemm_plain, dtype), sizeof(T), true, tanh, sigmoid); \
    }
#define DECLARE(name, dtype) mg_status MG_FN(name, dtype)(const mg_array *a, const mg_param *p);
MG_EACH_FLOATS(DECLARE, tanh)
MG_EACH_FLOATS(DECLARE, sigmoid)
KERNEL(f32, float, MG_FN(tanh, f32), MG_FN(sigmoid, f32))
KERNEL(f64, double, MG_FN(tanh, f64), MG_FN(sigmoid, f64))
KERNEL(i64, int64_t, NULL, NULL)
KERNEL(i32, int32_t, NULL, NULL)
KERNEL(u8, uint8_t, NULL, NULL)
