/* elementwise_activation.c: activations and their fused backward passes (gx from g and what forward kept).
 * a[0] out, a[1..] in, any strides; an input may be the output. */
#include <math.h>
#include <tgmath.h>

#include "loops.h"

#define SQRT_HALF 0.70710678118654752440
#define INV_SQRT_2PI 0.39894228040143267794
#define SQRT_2_PI 0.79788456080286535588
#define SIGMOID(x) (1 / (1 + exp(-(x))))

UNARY(FLOATS, sigmoid, 6, SIGMOID(x))
UNARY(FLOATS, silu, 6, x / (1 + exp(-x)))
UNARY(FLOATS, softplus, 8, (x > 0 ? x : 0) + log1p(exp(-fabs(x))))
UNARY(FLOATS, leaky_relu, 1, x > 0 ? x : x * (T)p[0].f) /* p[0]: slope */
UNARY(FLOATS, elu, 6, x > 0 ? x : (T)p[0].f * expm1(x)) /* p[0]: alpha */

/* gelu: p[0] = 0: x Phi(x); 1: the approximation by tanh */
#define GELU(dtype, T)                                                                                            \
    static inline T gelu_of_##dtype(T x, bool approximate) {                                                      \
        if (approximate) return (T)0.5 * x * (1 + tanh((T)SQRT_2_PI * (x + (T)0.044715 * x * x * x)));            \
        return (T)0.5 * x * erfc(-x * (T)SQRT_HALF);                                                              \
    }                                                                                                             \
    static inline T gelu_slope_##dtype(T x, bool approximate) {                                                   \
        if (!approximate) return (T)0.5 * erfc(-x * (T)SQRT_HALF) + x * (T)INV_SQRT_2PI * exp((T) - 0.5 * x * x); \
        const T t = tanh((T)SQRT_2_PI * (x + (T)0.044715 * x * x * x));                                           \
        return (T)0.5 * (1 + t) + (T)0.5 * x * (1 - t * t) * (T)SQRT_2_PI * (1 + (T)(3 * 0.044715) * x * x);      \
    }
GELU(f32, float)
GELU(f64, double)
#define CALL(f, x) _Generic((x), float: f##_f32, default: f##_f64)(x, p[0].i == 1)
UNARY(FLOATS, gelu, 8, CALL(gelu_of, x))

/* gx from (g, y): x is g here, y the kernel's own result */
BINARY(FLOATS, relu_backward, 1, y > 0 ? x : 0)
BINARY(FLOATS, tanh_backward, 1, x * (1 - y * y))
BINARY(FLOATS, sigmoid_backward, 1, x *(y * (1 - y)))

/* gx from (g, x): x is g here, y the kernel's argument */
BINARY(FLOATS, softplus_backward, 6, x *SIGMOID(y))
BINARY(FLOATS, silu_backward, 6, x *(SIGMOID(y) * (1 + y * (1 - SIGMOID(y)))))
BINARY(FLOATS, gelu_backward, 10, x *CALL(gelu_slope, y))
