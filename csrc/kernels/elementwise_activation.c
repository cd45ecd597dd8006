/* elementwise_activation.c: activations and their fused backward passes (gx from g and what forward kept).
 * a[0] out, a[1..] in, any strides; an input may be the output. */
#include "vecmath.h"

#include "loops.h"

#define SELECT(mask, yes, no) _Generic((yes), vf32: vf32_select, vf64: vf64_select)(mask, yes, no)

VUNARY(FLOATS, sigmoid, 4, v_sigmoid(x))
VUNARY(FLOATS, silu, 5, v_silu(x))
VUNARY(FLOATS, softplus, 8, v_softplus(x))
VUNARY(FLOATS, gelu, 8, p[0].i ? v_gelu_tanh(x) : v_gelu(x))     /* p[0]: 0 x Phi(x), 1 the approximation by tanh */
VUNARY(FLOATS, elu, 5, SELECT(x > 0, x, v_expm1(x) * (T)p[0].f)) /* p[0]: alpha */
VUNARY(FLOATS, mish, 8, v_mish(x))

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
