/* vecmath_pow.h: powers, and division with remainder.
 *
 * x^y = exp(y log x). In float32 both are computed in double. In float64 an error of the logarithm counts y times, so it is
 * computed to some 68 bits: log(1 + f) = 2 s + 2/3 s^3 + ..., s = f / (2 + f), the first two terms as unevaluated sums of two doubles.
 * Squares and cubes, the powers most asked for, are products.
 *
 * The remainder of x / y is x - trunc(x / y) y, exact while the quotient is below 2^22; lanes beyond take the C library's function, one
 * at a time. */
#ifndef MG_VECMATH_POW_H
#define MG_VECMATH_POW_H

#include "vecmath.h"

/* log(x) = sum + *low for normal and subnormal x > 0 */
MG_INLINE vf64 vf64_log_long(vf64 x, vf64 *low) {
    static const double c[] = {2 / 5., 2 / 7., 2 / 9., 2 / 11., 2 / 13., 2 / 15., 2 / 17., 2 / 19., 2 / 21., 2 / 23., 2 / 25., 2 / 27.};
    const vf64 two_thirds = vf64_set1(0x1.5555555555555p-1), two_thirds_low = vf64_set1(0x1.5555555555555p-55);
    vf64 f, k = vf64_log_reduce(x, &f), s_low;
    const vf64 u = 2 + f, s = vf64_ratio(f, vf64_set1(0), u, (2 - u) + f, &s_low);
    const vf64 square = s * s, square_low = vf64_fma(s + s, s_low, vf64_product_rest(s, s, square));
    const vf64 cube = square * s, cube_low = vf64_fma(square, s_low, vf64_fma(square_low, s, vf64_product_rest(square, s, cube)));
    const vf64 third = cube * two_thirds;
    vf64 rest = vf64_fma(cube, two_thirds_low, vf64_fma(cube_low, two_thirds, vf64_product_rest(cube, two_thirds, third)));
    rest = vf64_fma(cube * square, vf64_poly(square, c, 12), rest);
    /* |k ln 2| >= |2 s| unless k is 0, and every sum exceeds `third` */
    const vf64 main = k * 0x1.62e42feep-1, twice = s + s, first = main + twice, sum = first + third;
    const vf64 small = vf64_fma(k, vf64_set1(0x1.a39ef35793c76p-33), rest + (s_low + s_low));
    rest = ((main - first) + twice) + (((first - sum) + third) + small);
    const vf64 y = sum + rest;
    *low = (sum - y) + rest;
    return y;
}

/* exp(y log a) for a >= 0; NaN where a or y is, and for 0^0, infinity^0, 1^infinity */
MG_INLINE vf64 vf64_power_of_size(vf64 a, vf64 y) {
    vf64 low, log = vf64_log_long(a, &low), n;
    const vf64 edges = vf64_log_edges(a, log), p = edges * y;
    const vf64 exact = vf64_fma(y, low, vf64_product_rest(log, y, p));
    const vi64 usual = vf64_abs(p) < 800;
    const vf64 q = vf64_exp_reduce(vf64_clamp(p, -746, 711), vf64_select(usual, exact, vf64_set1(0)), &n);
    return vf64_ldexp(1 + q, n);
}
MG_INLINE vf64 vf64_power_for_float(vf64 a, vf64 y) { return vf64_exp2(vf64_log2(a) * y); }
MG_INLINE vf32 vf32_power_of_size(vf32 a, vf32 y) {
    const vf64 low = vf64_power_for_float(vf32_low_half(a), vf32_low_half(y));
    return vf32_of_halves(low, vf64_power_for_float(vf32_high_half(a), vf32_high_half(y)));
}

#define MG_VEC_POW(V, I, T)                                                                                    \
    MG_INLINE V V##_pow(V x, V y) {                                                                            \
        const V a = V##_abs(x), one = V##_set1(1), square = x * x;                                             \
        const I two = y == 2, three = y == 3;                                                                  \
        const V product = V##_select(three, square * x, square);                                               \
        if (!V##_any(~(two | three))) return product;                                                          \
        V z = V##_power_of_size(a, y);                                                                         \
        z = V##_select((y == 0) | (x == 1) | ((a == 1) & (y == y)), one, z);                                   \
        const V half = y * (T)0.5;                                                                             \
        const I whole = V##_trunc(y) == y, odd = whole & (V##_trunc(half) != half);                            \
        z = V##_select((x < 0) & (a < (T)__builtin_inf()) & ~whole, V##_set1((T)__builtin_nan("")), z);        \
        z = V##_xor(z, V##_sign_bit((V)((I)x & odd)));                                                         \
        return V##_select(two | three, product, z);                                                            \
    }                                                                                                          \
                                                                                                               \
    MG_INLINE V V##_fmod(V x, V y) {                                                                           \
        const V a = V##_abs(x), b = V##_abs(y), q = V##_trunc(a / b);                                          \
        V r = V##_minus_product(a, q, b);                                                                      \
        r = V##_select(r < 0, r + b, r);                                                                       \
        r = V##_or_sign(r, x); /* of 0 too */                                                                  \
        const I far = ~((q < (T)0x1p22) & (b < (T)__builtin_inf()));                                           \
        if (__builtin_expect(V##_any(far), 0))                                                                 \
            for (int l = 0; l < (int)(sizeof(V) / sizeof(T)); l++)                                             \
                if (far[l]) r[l] = _Generic(r[l], float: fmodf, default: fmod)(x[l], y[l]);                    \
        return r;                                                                                              \
    }                                                                                                          \
    /* The sign is the divisor's. */                                                                           \
    MG_INLINE V V##_remainder(V x, V y) {                                                                      \
        const V r = V##_fmod(x, y);                                                                            \
        return V##_select((r != 0) & ((r < 0) ^ (y < 0)), r + y, r);                                           \
    }                                                                                                          \
    /* Rounded towards minus infinity. */                                                                      \
    MG_INLINE V V##_floor_divide(V x, V y) {                                                                   \
        const V r = V##_fmod(x, y), ratio = x / y, zero = V##_set1(0), one = V##_set1(1);                      \
        const V q = (x - r) / y - V##_select((r != 0) & ((r < 0) ^ (y < 0)), one, zero), whole = V##_floor(q); \
        const V z = V##_select(q - whole > (T)0.5, whole + 1, whole);                                          \
        return V##_select(y == 0, ratio, V##_select(q == 0, V##_sign_bit(ratio), z));                          \
    }
MG_VEC_POW(vf32, vi32, float)
MG_VEC_POW(vf64, vi64, double)
#undef MG_VEC_POW

#define V_MATH2(name, x, y) _Generic((x), vf32: vf32_##name, vf64: vf64_##name)(x, y)
#define v_pow(x, y) V_MATH2(pow, x, y)
#define v_fmod(x, y) V_MATH2(fmod, x, y)
#define v_remainder(x, y) V_MATH2(remainder, x, y)
#define v_floor_divide(x, y) V_MATH2(floor_divide, x, y)

#endif
