/* vecmath_inverse.h: inverse trigonometric functions.
 *
 * atan: beyond 1 by atan(x) = pi/2 - atan(1/x), then an odd polynomial. asin: up to 1/2 an odd polynomial, beyond by asin(x) =
 * pi/2 - 2 asin(sqrt((1 - x) / 2)); acos from the same two. Polynomials are from csrc/tools/fit_vecmath.py. */
#ifndef MG_VECMATH_INVERSE_H
#define MG_VECMATH_INVERSE_H

#include "vecmath.h"

/* atan x = x + x^3 P(x^2), x <= 1: 2^-28.3, 2^-60.0 */
static const float vf32_atan_c[] = {-0.333333015f, 0.199985817f,   -0.142643407f, 0.109518245f,  -0.0840060487f,
                                    0.0578865632f, -0.0310903098f, 0.0108606406f, -0.0017803231f};
static const double vf64_atan_c[] = {-0.3333333333333329,   0.19999999999991064,  -0.1428571428505415,    0.11111111086580755,
                                     -0.09090908544143728,  0.07692299618967371,  -0.06666582526534955,   0.05881706416846141,
                                     -0.052593781279034184, 0.04744691221529045,  -0.04285638247602643,   0.03819144917245722,
                                     -0.032749590095645514, 0.026097831940973783, -0.018551343691516613,  0.011261214435463688,
                                     -0.005574180550896735, 0.002132729261491414, -0.0005864902476340577, 0.00010253530017435712,
                                     -8.524920841138088e-06};
/* asin x = x + x^3 P(x^2), x <= 1/2: 2^-27.5, 2^-55.8 */
static const float vf32_asin_c[] = {0.166667491f, 0.0749542713f, 0.0454548635f, 0.02425275f, 0.0420471504f};
static const double vf64_asin_c[] = {0.1666666666666567,   0.07500000000286793,  0.04464285686419175,   0.030381957815577593,
                                     0.022371786929817294, 0.01735930243825472,  0.013888942215858483,  0.012146343871654062,
                                     0.00662143773439706,  0.019285432161330097, -0.015861090770263844, 0.03167426625274756};

#define MG_VEC_INVERSE(V, I, T, pi2, pi2_low)                                                                                    \
    /* atan(t) or, for lanes of `beyond`, pi/2 - atan(t), 0 <= t <= 1 */                                                         \
    MG_INLINE V V##_atan_unit(V t, I beyond) {                                                                                   \
        const V z = t * t, rest = t * z * V##_poly(z, V##_atan_c, (int)(sizeof V##_atan_c / sizeof *V##_atan_c));                \
        const V base = V##_set1((T)(pi2)), top = base - t, top_low = ((base - top) - t) + ((T)(pi2_low) - rest);                 \
        return V##_select(beyond, top + top_low, t + rest);                                                                      \
    }                                                                                                                            \
    MG_INLINE V V##_atan(V x) {                                                                                                  \
        const V a = V##_min_raw(V##_set1((T)0x1p60), V##_abs(x));                                                                \
        const I beyond = a > 1;                                                                                                  \
        const V r = V##_recip(a), inverse = V##_fma(r, V##_minus_product(V##_set1(1), a, r), r);                                 \
        return V##_or_sign(V##_atan_unit(V##_select(beyond, inverse, a), beyond), x);                                            \
    }                                                                                                                            \
    /* The angle of (x, y): atan(y / x), by the smaller over the larger. */                                                      \
    MG_INLINE V V##_atan2(V y, V x) {                                                                                            \
        const V a = V##_abs(x), b = V##_abs(y), zero = V##_set1(0);                                                              \
        const I steep = b > a, left = V##_sign_bit_set(x);                                                                       \
        V t = V##_select(steep, a, b) / V##_select(steep, b, a);                                                                 \
        t = V##_select((a == b) & (a == a), V##_select(a == 0, zero, V##_set1(1)), t); /* 0/0, infinity/infinity */              \
        V angle = V##_atan_unit(t, steep);                                                                                       \
        const V pi = V##_set1((T)(2 * (pi2))), turned = pi - angle, low = ((pi - turned) - angle) + (T)(2 * (pi2_low));          \
        angle = V##_select(left, turned + low, angle);                                                                           \
        return V##_or_sign(V##_select(y != y, y, angle), y);                                                                     \
    }                                                                                                                            \
    /* asin(s) for s up to 1/2, s itself and s cubed times the polynomial apart: the root s = sqrt((1 - a) / 2) where a > 1/2 */ \
    MG_INLINE V V##_asin_parts(V a, I far, V *rest) {                                                                            \
        const V half = V##_fma(a, V##_set1((T) - 0.5), V##_set1((T)0.5)), z = V##_select(far, half, a * a);                      \
        const V s = V##_select(far, V##_sqrt(half), a);                                                                          \
        *rest = s * z * V##_poly(z, V##_asin_c, (int)(sizeof V##_asin_c / sizeof *V##_asin_c));                                  \
        return s;                                                                                                                \
    }                                                                                                                            \
    MG_INLINE V V##_asin(V x) {                                                                                                  \
        const V a = V##_abs(x);                                                                                                  \
        const I far = a > (T)0.5;                                                                                                \
        V rest, s = V##_asin_parts(a, far, &rest);                                                                               \
        const V base = V##_set1((T)(pi2)), twice = s + s, top = base - twice;                                                    \
        const V low = ((base - top) - twice) + V##_fma(rest, V##_set1(-2), V##_set1((T)(pi2_low)));                              \
        return V##_or_sign(V##_select(far, top + low, s + rest), x);                                                             \
    }                                                                                                                            \
    MG_INLINE V V##_acos(V x) {                                                                                                  \
        const V a = V##_abs(x);                                                                                                  \
        const I far = a > (T)0.5;                                                                                                \
        V rest, s = V##_asin_parts(a, far, &rest);                                                                               \
        const V sign = V##_sign_bit(x), near = V##_xor(s, sign), near_rest = V##_xor(rest, sign), base = V##_set1((T)(pi2));     \
        const V top = base - near, middle = top + (((base - top) - near) + ((T)(pi2_low) - near_rest));                          \
        const V pi = base + base, twice = s + s, turned = pi - twice;                                                            \
        const V left = turned + (((pi - turned) - twice) + V##_fma(rest, V##_set1(-2), V##_set1((T)(2 * (pi2_low)))));           \
        return V##_select(far, V##_select(x < 0, left, V##_fma(rest, V##_set1(2), twice)), middle);                              \
    }
#define vf32_sign_bit_set(x) ((vi32)(x) < 0)
#define vf64_sign_bit_set(x) ((vi64)(x) < 0)
MG_VEC_INVERSE(vf32, vi32, float, 0x1.921fb6p0f, -0x1.777a5cp-25f)
MG_VEC_INVERSE(vf64, vi64, double, 0x1.921fb54442d18p0, 0x1.1a62633145c07p-54)
#undef MG_VEC_INVERSE

#endif
