/* elementwise_special.c: inverse functions, the gamma function's relatives, and what is made of two functions. a[0] out, a[1..] in, any
 * strides; an input may be the output. */
#include "vecmath_gamma.h"
#include "vecmath_inverse.h"

#include "loops.h"

#define V_MATH2(name, x, y) _Generic((x), vf32: vf32_##name, vf64: vf64_##name)(x, y)

VUNARY(FLOATS, asin, 5, V_MATH(asin, x))
VUNARY(FLOATS, acos, 5, V_MATH(acos, x))
VUNARY(FLOATS, atan, 5, V_MATH(atan, x))
VBINARY(FLOATS, atan2, 8, V_MATH2(atan2, x, y))
VUNARY(FLOATS, lgamma, 30, V_MATH(lgamma, x))
VUNARY(FLOATS, digamma, 30, V_MATH(digamma, x))
VUNARY(FLOATS, erfinv, 12, V_MATH(erfinv, x))

/* sqrt(x^2 + y^2), infinite if either is. In float32 the squares are doubles; in float64 what is too large or small is scaled first. */
MG_INLINE vf64 hypot_short(vf64 x, vf64 y) { return vf64_sqrt(vf64_fma(x, x, y * y)); }
MG_INLINE vf32 vf32_hypot(vf32 x, vf32 y) {
    const vf32 z = vf32_of_halves(hypot_short(vf32_low_half(x), vf32_low_half(y)), hypot_short(vf32_high_half(x), vf32_high_half(y)));
    const vf32 inf = vf32_set1(__builtin_inff());
    return vf32_select((vf32_abs(x) == inf) | (vf32_abs(y) == inf), inf, z);
}
MG_INLINE vf64 vf64_hypot(vf64 x, vf64 y) {
    const vf64 a = vf64_abs(x), b = vf64_abs(y), most = vf64_max_raw(a, b), one = vf64_set1(1), inf = vf64_set1(__builtin_inf());
    const vf64 up = vf64_select(most < 0x1p-500, vf64_set1(0x1p600), vf64_select(most > 0x1p500, vf64_set1(0x1p-600), one));
    const vf64 down = vf64_select(most < 0x1p-500, vf64_set1(0x1p-600), vf64_select(most > 0x1p500, vf64_set1(0x1p600), one));
    return vf64_select((a == inf) | (b == inf), inf, hypot_short(a * up, b * up) * down);
}
VBINARY(FLOATS, hypot, 6, V_MATH2(hypot, x, y))
