/* elementwise_math.c: functions of one or two floats. a[0] out, a[1..] in, any strides; an input may be the output. */
#include "vecmath_pow.h"

#include "loops.h"

VUNARY(FLOATS, exp, 3, v_exp(x))
VUNARY(FLOATS, exp2, 3, v_exp2(x))
VUNARY(FLOATS, expm1, 4, v_expm1(x))
VUNARY(FLOATS, log, 4, v_log(x))
VUNARY(FLOATS, log1p, 5, v_log1p(x))
VUNARY(FLOATS, log2, 4, v_log2(x))
VUNARY(FLOATS, log10, 4, v_log10(x))
VUNARY(FLOATS, sin, 4, v_sin(x))
VUNARY(FLOATS, cos, 4, v_cos(x))
VUNARY(FLOATS, tan, 5, v_tan(x))
VUNARY(FLOATS, tanh, 4, v_tanh(x))
VUNARY(FLOATS, sinh, 5, v_sinh(x))
VUNARY(FLOATS, cosh, 5, v_cosh(x))
VUNARY(FLOATS, erf, 6, v_erf(x))
VUNARY(FLOATS, erfc, 6, v_erfc(x))
VBINARY(FLOATS, pow, 12, v_pow(x, y))

/* x^y of integers by squaring, modulo 2^n; a negative power of anything but 1 and -1 truncates to 0, as 1/0 does. */
#define INTEGER_POWER(T, W, suffix)                                    \
    static inline T power_of_##suffix(T x, T y) {                      \
        if (y < 0) return x == 1 ? 1 : x == -1 ? (y & 1 ? -1 : 1) : 0; \
        W result = 1, base = (W)x;                                     \
        for (; y; y >>= 1, base *= base)                               \
            if (y & 1) result *= base;                                 \
        return (T)result;                                              \
    }
INTEGER_POWER(int32_t, uint32_t, i32)
INTEGER_POWER(int64_t, uint64_t, i64)
BINARY(SIGNED, pow, 20, _Generic(x, int32_t: power_of_i32, default: power_of_i64)(x, y))
