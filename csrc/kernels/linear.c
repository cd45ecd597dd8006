/* linear.c: the backward pass of a dense layer y = activation(x wᵀ + bias), its three gradients in one call.
 *   a[0] out  gx  (m, k)   optional: these four are contiguous
 *   a[1] out  gw  (n, k)   optional
 *   a[2] out  gb  (n)      optional
 *   a[3] in   g   (m, n)   any strides, 0 where it was broadcast
 *   a[4] in   x   (m, k)   any strides
 *   a[5] in   w   (n, k)   any strides
 *   a[6] in   y   (m, n)   contiguous, as all but relu's is given; optional: none when there is no activation
 *   p         activation, of gemm.h
 *
 * First g times the slope of the activation, which y tells, goes to scratch memory; then gx = g w, gw = gᵀ x, and gb sums g's columns.
 * A small network spends more time on getting to three kernels than in them: hence one. */
#ifndef MG_BODY
#define MG_BODY "linear.c"
#include "gemm.h"

#include "floats.h"
#else

mg_status FN(relu_backward)(const mg_array *a, const mg_param *p);
mg_status FN(tanh_backward)(const mg_array *a, const mg_param *p);
mg_status FN(sigmoid_backward)(const mg_array *a, const mg_param *p);
mg_status FN(sum)(const mg_array *a, const mg_param *p);

mg_status FN(linear_backward)(const mg_array *a, const mg_param *p) {
    static const mg_kernel slopes[] = {NULL, FN(relu_backward), FN(tanh_backward), FN(sigmoid_backward)};
    const mg_kernel slope = slopes[p[0].i];
    const int64_t m = a[3].shape[0], n = a[3].shape[1], k = a[4].shape[1];
    const int64_t shape[] = {m, n}, rows_first[] = {n, 1}, across[] = {n, m};
    mg_array g = a[3];
    if (slope) {
        mg_array of[] = {a[3], a[3], a[6]};
        of[0].data = mg_scratch(4, m * n * sizeof(real));
        if (of[0].data == NULL) return MG_NO_MEMORY;
        of[0].shape = shape, of[0].strides = rows_first;
        slope(of, p);
        g = of[0];
    }
    const int64_t rsg = g.strides[0], csg = g.strides[1];
    mg_status status = MG_OK;
    if (a[0].data)
        status = FN(gemm)(&(mg_gemm){.m = m,
                                     .n = k,
                                     .k = n,
                                     .a = g.data,
                                     .rsa = rsg,
                                     .csa = csg,
                                     .b = a[5].data,
                                     .rsb = a[5].strides[0],
                                     .csb = a[5].strides[1],
                                     .c = a[0].data,
                                     .ldc = k});
    if (a[1].data && status == MG_OK)
        status = FN(gemm)(&(mg_gemm){.m = n,
                                     .n = k,
                                     .k = m,
                                     .a = g.data,
                                     .rsa = csg,
                                     .csa = rsg,
                                     .b = a[4].data,
                                     .rsb = a[4].strides[0],
                                     .csb = a[4].strides[1],
                                     .c = a[1].data,
                                     .ldc = k});
    if (a[2].data && status == MG_OK) {
        const int64_t strides[] = {csg, rsg};
        mg_array of[] = {a[2], g};
        of[1].shape = across, of[1].strides = strides;
        status = FN(sum)(of, &(mg_param){.i = 1});
    }
    return status;
}
#endif
