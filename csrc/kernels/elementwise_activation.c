/* elementwise_activation.c: activations and their fused backward passes (gx from g and what forward kept).
 * a[0] out, a[1..] in, any strides; an input may be the output. */
#include "vecmath.h"

#include "loops.h"

#define SELECT(mask, yes, no) _Generic((yes), vf32: vf32_select, vf64: vf64_select)(mask, yes, no)

VUNARY(FLOATS, sigmoid, 4, v_sigmoid(x))
VUNARY(FLOATS, silu, 5, v_silu(x))
VUNARY(FLOATS, softplus, 8, v_softplus(x))
VUNARY(FLOATS, elu, 5, SELECT(x > 0, x, v_expm1(x) * (T)p[0].f)) /* p[0]: alpha */
VUNARY(FLOATS, mish, 8, v_mish(x))

/* p[0]: 0 x Phi(x), 1 the approximation by tanh. Of float32, x Phi(x) has one way from -V_GELU_NEAR on and another one for what is below,
 * which vectors take only if one of them holds such a number. */
MG_INLINE void gelu_vectors(vf32 *y, const vf32 *x, int count) {
    vf32 least = {0};
#pragma GCC unroll 4
    for (int k = 0; k < count; k++) {
        y[k] = vf32_gelu_near(x[k]);
        least = vf32_min_raw(x[k], least); /* of those that are not NaN */
    }
    if (__builtin_expect(vf32_any(least < -V_GELU_NEAR), 0)) {
#pragma GCC unroll 4
        for (int k = 0; k < count; k++) y[k] = vf32_select(x[k] < -V_GELU_NEAR, vf32_gelu_far(x[k]), y[k]);
    }
}
static void gelu_erf_f32(int64_t n, void *const *data, const mg_param *p) {
    (void)p;
    enum { L = MG_F32_LANES };
    float *out = data[0];
    const float *in = data[1];
    int64_t i = 0;
    for (; i + 4 * L <= n; i += 4 * L) {
        const vf32 x[4] = {vf32_load(in + i), vf32_load(in + i + L), vf32_load(in + i + 2 * L), vf32_load(in + i + 3 * L)};
        vf32 y[4];
        gelu_vectors(y, x, 4);
        for (int k = 0; k < 4; k++) vf32_store(out + i + k * L, y[k]);
    }
    for (; i < n; i += L) {
        const vf32 x = vf32_load_to(in + i, n - i);
        vf32 y;
        gelu_vectors(&y, &x, 1);
        vf32_store_to(out + i, y, n - i);
    }
}
VROW1(f64, gelu_erf, vf64_gelu(x))
VROW1(f32, gelu_tanh, v_gelu_tanh(x))
VROW1(f64, gelu_tanh, v_gelu_tanh(x))
mg_status MG_FN(gelu, f32)(const mg_array *a, const mg_param *p) { return mg_walk(a, 2, p[0].i ? gelu_tanh_f32 : gelu_erf_f32, p, 8); }
mg_status MG_FN(gelu, f64)(const mg_array *a, const mg_param *p) { return mg_walk(a, 2, p[0].i ? gelu_tanh_f64 : gelu_erf_f64, p, 8); }

/* gx from (g, y): x is g here, y the kernel's own result */
BINARY(FLOATS, relu_backward, 1, y > 0 ? x : 0)
BINARY(FLOATS, tanh_backward, 1, x * (1 - y * y))
BINARY(FLOATS, sigmoid_backward, 1, x *(y * (1 - y)))

/* gx from (g, x): x is g here, y the kernel's argument */
VBINARY(FLOATS, softplus_backward, 5, x *v_sigmoid(y))
VBINARY(FLOATS, silu_backward, 5, x *v_silu_slope(y))
VBINARY(FLOATS, mish_backward, 8, x *v_mish_slope(y))
VBINARY(FLOATS, elu_backward, 4, SELECT(y > 0, x, x *(v_exp(y) * (T)p[0].f))) /* p[0]: alpha */
VBINARY(FLOATS, gelu_backward, 9, x *(p[0].i ? v_gelu_tanh_slope(y) : v_gelu_slope(y)))
