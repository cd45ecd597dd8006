/* elementwise_piecewise.c: activations made of straight lines, and their backward passes. a[0] out, a[1..] in, any strides; an input may be
 * the output. Cases are chosen by masks: a branch would cost tens of times more where signs are irregular. */
#include "loops.h"

#define OF(x, name) _Generic((x), vf32: vf32_##name, vf64: vf64_##name)
#define SELECT(mask, yes, no) OF(x, select)(mask, yes, no)
#define VALUE(i) OF(x, set1)((T)p[i].f)
#define ZERO OF(x, set1)(0)

/* x held between two bounds, NaN as it is; and x + 3 between 0 and 6. */
#define HELPERS(V)                                                                        \
    MG_INLINE V V##_held(V x, V lo, V hi) { return V##_min_raw(hi, V##_max_raw(lo, x)); } \
    MG_INLINE V V##_hard(V x) { return V##_held(x + 3, V##_set1(0), V##_set1(6)); }
HELPERS(vf32)
HELPERS(vf64)

VUNARY(FLOATS, leaky_relu, 1, SELECT(x > 0, x, x *VALUE(0)))              /* p[0]: slope */
VUNARY(FLOATS, threshold, 1, SELECT(x <= VALUE(0), VALUE(1), x))          /* p[0], p[1]: threshold, value */
VUNARY(FLOATS, hardshrink, 1, SELECT(OF(x, abs)(x) <= VALUE(0), ZERO, x)) /* p[0]: lambda */
VUNARY(FLOATS, softshrink, 1, x - OF(x, held)(x, -VALUE(0), VALUE(0)))    /* p[0]: lambda */
VUNARY(FLOATS, hardsigmoid, 2, OF(x, hard)(x) / 6)
VUNARY(FLOATS, hardswish, 2, x *OF(x, hard)(x) / 6)
VBINARY(FLOATS, prelu, 1, SELECT(x > 0, x, x *y)) /* y: slope */

/* gx from (g, x): x is g here, y the kernel's argument; parameters as forward */
VBINARY(FLOATS, leaky_relu_backward, 1, SELECT(y > 0, x, x *VALUE(0)))
VBINARY(FLOATS, threshold_backward, 1, SELECT(y <= VALUE(0), ZERO, x))
VBINARY(FLOATS, shrink_backward, 1, SELECT(OF(x, abs)(y) <= VALUE(0), ZERO, x))         /* of hardshrink and softshrink */
VBINARY(FLOATS, hardtanh_backward, 1, SELECT((y > VALUE(0)) & (y < VALUE(1)), x, ZERO)) /* p[0], p[1]: bounds */
VBINARY(FLOATS, hardsigmoid_backward, 2, SELECT((y > -3) & (y < 3), x / 6, ZERO))
VBINARY(FLOATS, hardswish_backward, 2, SELECT(y <= -3, ZERO, SELECT(y >= 3, x, x *((y + y + 3) / 6))))
