/* elementwise_math.c: functions of one or two floats. a[0] out, a[1..] in, any strides; an input may be the output. */
#include <math.h>
#include <tgmath.h>

#include "loops.h"

UNARY(FLOATS, exp, 4, exp(x))
UNARY(FLOATS, exp2, 4, exp2(x))
UNARY(FLOATS, expm1, 4, expm1(x))
UNARY(FLOATS, log, 4, log(x))
UNARY(FLOATS, log1p, 4, log1p(x))
UNARY(FLOATS, log2, 4, log2(x))
UNARY(FLOATS, log10, 4, log10(x))
UNARY(FLOATS, sin, 4, sin(x))
UNARY(FLOATS, cos, 4, cos(x))
UNARY(FLOATS, tan, 6, tan(x))
UNARY(FLOATS, tanh, 6, tanh(x))
UNARY(FLOATS, sinh, 6, sinh(x))
UNARY(FLOATS, cosh, 6, cosh(x))
UNARY(FLOATS, erf, 6, erf(x))
UNARY(FLOATS, erfc, 6, erfc(x))
BINARY(FLOATS, atan2, 20, atan2(x, y))
BINARY(FLOATS, pow, 20, pow(x, y))

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
