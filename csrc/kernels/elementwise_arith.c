/* elementwise_arith.c: arithmetic, rounding and choice. a[0] out, a[1..] in, any strides, one dtype; an input may be the output.
 *
 * Integers wrap. Division of an integer by zero gives 0 (as in NumPy); whoever wants an error tests for it first. floor_divide rounds
 * towards minus infinity and remainder takes the sign of the divisor (Python); fmod takes the sign of the dividend (C). */
#include "vecmath_pow.h"

#include "loops.h"

/* ---- sums and products: for bool "or", "and", "not equal" ---- */
BINARY(NUMBERS, add, 1, (W)x + (W)y)
BINARY(BOOL, add, 1, x | y)
BINARY(NUMBERS, sub, 1, (W)x - (W)y)
BINARY(BOOL, sub, 1, x ^ y)
BINARY(NUMBERS, mul, 1, (W)x *(W)y)
BINARY(BOOL, mul, 1, x &y)
BINARY(FLOATS, div, 1, x / y)
UNARY(NUMBERS, neg, 1, -(W)x)
UNARY(NUMBERS, square, 1, (W)x *(W)x)
UNARY(FLOATS, reciprocal, 1, 1 / x)
VUNARY(FLOATS, sqrt, 2, v_sqrt(x))
VUNARY(FLOATS, rsqrt, 3, 1 / v_sqrt(x))

/* (x - y)^2, and from g, x, y its gradient with respect to x */
BINARY(FLOATS, squared_difference, 1, (x - y) * (x - y))
TERNARY(FLOATS, squared_difference_backward, 1, 2 * x * (y - z))

/* out = a + p[0] * b */

/* ---- signs ---- */
VUNARY(FLOATS, abs, 1, v_abs(x))
UNARY(SIGNED, abs, 1, x < 0 ? (W)0 - (W)x : (W)x)
UNARY(U8, abs, 1, x)
UNARY(FLOATS, sign, 1, (T)(x > 0) - (T)(x < 0)) /* of NaN, 0 */
UNARY(SIGNED, sign, 1, (x > 0) - (x < 0))
UNARY(U8, sign, 1, x != 0)

/* ---- order; NaN wins ---- */
BINARY(FLOATS, maximum, 1, ((x > y) | (x != x)) ? x : y)
BINARY(FLOATS, minimum, 1, ((x < y) | (x != x)) ? x : y)
BINARY(BITS, maximum, 1, x > y ? x : y)
BINARY(BITS, minimum, 1, x < y ? x : y)

/* p[0], p[1]: lower and upper bound, .f for floats and .i for integers; where they cross, the upper one counts */
#define CLAMP(lo, hi) ((x < (lo) ? (lo) : x) > (hi) ? (hi) : (x < (lo) ? (lo) : x))
UNARY(FLOATS, clamp, 1, CLAMP((T)p[0].f, (T)p[1].f))
UNARY(INTS, clamp, 1, CLAMP((T)p[0].i, (T)p[1].i))
UNARY(FLOATS, relu, 1, ((x > 0) | (x != x)) ? x : 0)
UNARY(INTS, relu, 1, x > 0 ? x : 0)

/* ---- rounding; round takes ties to even ---- */
VUNARY(FLOATS, floor, 1, v_floor(x))
VUNARY(FLOATS, ceil, 1, v_ceil(x))
VUNARY(FLOATS, round, 1, v_round(x))
VUNARY(FLOATS, trunc, 1, v_trunc(x))

/* ---- division with remainder ---- */
#define TRAPS(x, y) ((y) == 0 || (y) == (T) - 1) /* by zero; the least integer by -1 does not fit */
VBINARY(FLOATS, fmod, 6, v_fmod(x, y))
VBINARY(FLOATS, remainder, 6, v_remainder(x, y))
VBINARY(FLOATS, floor_divide, 8, v_floor_divide(x, y))
BINARY(SIGNED, fmod, 8, TRAPS(x, y) ? 0 : x % y)
BINARY(SIGNED, remainder, 8, TRAPS(x, y) ? 0 : x % y + (((x % y != 0) & ((x % y < 0) != (y < 0))) ? y : 0))
BINARY(SIGNED, floor_divide, 8, y == 0 ? 0 : y == -1 ? (T)((W)0 - (W)x) : x / y - ((x % y != 0) & ((x < 0) != (y < 0))))
BINARY(U8, fmod, 8, y == 0 ? 0 : x % y)
BINARY(U8, remainder, 8, y == 0 ? 0 : x % y)
BINARY(U8, floor_divide, 8, y == 0 ? 0 : x / y)
