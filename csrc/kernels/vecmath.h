/* vecmath.h: mathematical functions of vectors: vf32_exp(vf32) and so on, vf64_exp(vf64).
 *
 * Each is one straight line for all lanes (choices are masks), so a lane's result depends on its argument alone: not on its place
 * in the array, its neighbours or the length. NaN, infinities, subnormal numbers and signed zeros are right. Accuracy in
 * float32: at most 2 ulp, but tan 2.4, silu 3.2, erfc 3.5, gelu 4.1, and gelu by tanh more in its far tail, where the argument of its
 * exponential is large (tests/kernels/exhaustive.py measures it over all float32). vecmath_body.h holds the algorithms, once for both
 * precisions; here are the constants. Polynomials are from csrc/tools/fit_vecmath.py; their error is beside them.
 *
 * The macros v_exp(x)... at the end pick the function by the type of x. */
#ifndef MG_VECMATH_H
#define MG_VECMATH_H

/* To be included first: interleave independent chains before registers are assigned; gcc does not on x86 by default. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("schedule-insns", "sched-pressure")
#endif

#include <math.h>

#include "vec.h"

/* ---- float32 ---- */

#define V vf32
#define I vi32
#define U vu32
#define S float
#define F(name) vf32_##name
#define LIBM(name) name##f
#define MANTISSA 23
#define TINY 0x1p-120f  /* below, numbers lose bits by division */
#define MAGIC 0x1.8p23f /* 1.5 * 2^23: adding it rounds to an integer, which then stands in the low bits */
#define EXP_LOW -104.0f /* where exp is 0 and infinity */
#define EXP_HIGH 89.0f
#define EXPM1_LOW -18.0f /* where expm1 is -1, tanh and erf are 1 */
#define TANH_HIGH 10.0f
#define ERF_HIGH 4.0f
#define ERFC_HIGH 10.5f
#define GELU_HIGH 14.8f
#define LN2_HI 0x1.62e4p-1f /* short, so that n * LN2_HI is exact */
#define LN2_LO 0x1.7f7d1cp-20f
#define LOG2_E_HI 0x1.715476p0f
#define LOG2_E_LO 0x1.4ae0cp-26f
#define LOG10_E_HI 0x1.bcb7b2p-2f
#define LOG10_E_LO -0x1.5b235ep-27f
#define LOG10_2_HI 0x1.344p-2f
#define LOG10_2_LO 0x1.3509f8p-18f
/* Parts of pi/2: all but the last have 11 bits, so that products with n < 2^13 are exact. */
#define TRIG_HIGH 12000.0f
#define PIO2_PARTS 0x1.92p0f, 0x1.fb4p-12f, 0x1.444p-24f, 0x1.68cp-39f, 0x1.1a6264p-54f
#define PIO2_EXACT 2 /* so many of them leave no rounding behind */
#define ERFC_SHIFT 2.0f

/* expm1(r) = r + r^2 P(r), |r| <= ln(2)/2: 2^-30.8 */
static const float vf32_expm1_c[] = {0.5f, 0.166666672f, 0.041666463f, 0.00833319407f, 0.00139354437f, 0.000199563001f};
/* log(1 + f) = f - f^2/2 + f^3 P(f), -1/4 <= f <= 1/2: 2^-29.8 */
static const float vf32_log_c[] = {0.333333373f, -0.250001639f, 0.199997678f,   -0.16655533f, 0.142730579f,
                                   -0.12720111f, 0.117171831f,  -0.0918323398f, 0.0382246375f};
/* sin r = r + r^3 P(r^2), |r| <= pi/4: 2^-32.3 */
static const float vf32_sin_c[] = {-0.166666672f, 0.00833337288f, -0.000198502603f, 2.8036643e-06f};
/* cos r = 1 - r^2/2 + r^4 P(r^2): 2^-33.0 */
static const float vf32_cos_c[] = {0.0416666456f, -0.00138873083f, 2.44320254e-05f};
/* tanh x = x + x^3 P(x^2), x <= 5/8: 2^-32.5 */
static const float vf32_tanh_c[] = {-0.333333313f, 0.133332223f, -0.0539484471f, 0.0217085835f, -0.00819449499f, 0.00215695403f};
/* sinh x = x + x^3 P(x^2), x <= 1: 2^-31.3 */
static const float vf32_sinh_c[] = {0.166666672f, 0.00833331607f, 0.0001984142f, 2.79153824e-06f};
/* erf(x) = x + x P(x^2), x <= 1: 2^-29.9 */
static const float vf32_erf_c[] = {0.128379166f,   -0.376126349f,    0.112837434f,    -0.0268635508f,
                                   0.00521640619f, -0.000842323236f, 0.000108587818f, -8.57798841e-06f};
/* erf(x) = 1 - exp(P(x)), x >= 1: 2^-29.8 */
static const float vf32_erf_far_c[] = {-0.000341574487f, -1.12708962f,    -0.638142884f,  -0.103109695f,
                                       0.0218401626f,    -0.00294838147f, 0.000186475998f};
/* erfc(x) = exp(-x^2) d P(1 - 2 SHIFT d), d = 1 / (x + SHIFT), x > 0: 2^-25.8 */
static const float vf32_erfc_c[] = {1.02158272f,    -0.68716073f,     0.279471427f,     -0.0364412926f,  -0.0215032604f, 0.0064739529f,
                                    0.00305538904f, -0.000829948171f, -0.000584021269f, 4.71872299e-05f, 6.69159199e-05f};
#include "vecmath_body.h"

/* ---- float64 ---- */

#define V vf64
#define I vi64
#define U vu64
#define S double
#define F(name) vf64_##name
#define LIBM(name) name
#define MANTISSA 52
#define TINY 0x1p-1000
#define MAGIC 0x1.8p52
#define EXP_LOW -746.0
#define EXP_HIGH 710.0
#define EXPM1_LOW -38.0
#define TANH_HIGH 20.0
#define ERF_HIGH 6.0
#define ERFC_HIGH 27.5
#define GELU_HIGH 38.8
#define LN2_HI 0x1.62e42feep-1
#define LN2_LO 0x1.a39ef35793c76p-33
#define LOG2_E_HI 0x1.71547652b82fep0
#define LOG2_E_LO 0x1.777d0ffda0d24p-56
#define LOG10_E_HI 0x1.bcb7b1526e50ep-2
#define LOG10_E_LO 0x1.95355baaafad3p-57
#define LOG10_2_HI 0x1.34413508p-2
#define LOG10_2_LO 0x1.f79fef311f12bp-34
/* Parts of 33 bits: products with n < 2^20 are exact. */
#define TRIG_HIGH 1.6e6
#define PIO2_PARTS 0x1.921fb544p0, 0x1.0b4611a6p-34, 0x1.3198a2ep-69, 0x1.b839a252049c1p-104
#define PIO2_EXACT 1
#define ERFC_SHIFT 2.5

/* expm1(r) = r + r^2 P(r), |r| <= ln(2)/2: 2^-61.2 */
static const double vf64_expm1_c[] = {0.5,
                                      0.1666666666666668,
                                      0.041666666666666685,
                                      0.008333333333319065,
                                      0.0013888888888872984,
                                      0.00019841269892968485,
                                      2.4801587350419835e-05,
                                      2.7557236998327937e-06,
                                      2.7557250274335166e-07,
                                      2.5111651662239797e-08,
                                      2.0922391204697753e-09};
/* s = f / (2 + f): log(1 + f) = 2 s + s^3 P(s^2): 2^-62.6 */
static const double vf64_log_c[] = {0.6666666666666661, 0.4000000000005104,  0.28571428556869666, 0.2222222420151998,
                                    0.1818167062266327, 0.15390979337065325, 0.13175541766562215, 0.1383141656247578};
/* sin r = r + r^3 P(r^2), |r| <= pi/4: 2^-62.8 */
static const double vf64_sin_c[] = {-0.16666666666666666,    0.008333333333333099,  -0.00019841269841054958, 2.7557319128340037e-06,
                                    -2.5052085795389897e-08, 1.605623573480483e-10, -7.484668895269431e-13};
/* cos r = 1 - r^2/2 + r^4 P(r^2): 2^-63.9 */
static const double vf64_cos_c[] = {0.04166666666666661,     -0.0013888888888875335, 2.4801587290055463e-05,
                                    -2.7557314477849824e-07, 2.0875736007800648e-09, -1.136012332112163e-11};
/* tanh x = x + x^3 P(x^2), x <= 5/8: 2^-61.1 */
static const double vf64_tanh_c[] = {-0.33333333333333315,    0.13333333333329977,   -0.053968253966160826,  0.02186948847100959,
                                     -0.00886323434330294,    0.003592114262690405,  -0.0014557274368063788, 0.0005894574502893813,
                                     -0.00023702594816586324, 9.158115281004778e-05, -3.020815241487983e-05, 6.050907419714854e-06};
/* sinh x = x + x^3 P(x^2), x <= 1: 2^-61.5 */
static const double vf64_sinh_c[] = {0.16666666666666669,    0.00833333333333297,    0.00019841269841531204, 2.7557319130377677e-06,
                                     2.5052126856432365e-08, 1.6057000490026212e-10, 7.765898624340465e-13};
/* erf(x) = x + x P(x^2), x <= 1: 2^-56.2 */
static const double vf64_erf_c[] = {0.1283791670955126,     -0.37612638903183876,    0.11283791670958783,    -0.026866170645631897,
                                    0.00522397762924565,    -0.0008548327199358272,  0.00012055338161400656, -1.4925748180206354e-05,
                                    1.6463247307130268e-06, -1.6372371891698225e-07, 1.4798357234369911e-08, -1.1876555591839105e-09,
                                    6.762801638832501e-11};
/* erf(x) = 1 - exp(P(x)), x >= 1: 2^-59.4 */
static const double vf64_erf_far_c[] = {-1.7962549690091522e-07, -1.1283773291932468,    -0.6366284892797348,    -0.10274725115118913,
                                        0.019078153505302314,    0.00028049066979789325, -0.0017690007790923737, 0.0006411701014003857,
                                        -4.481822716561321e-05,  -7.037063031760092e-05, 4.504001630436674e-05,  -1.651523638309597e-05,
                                        4.327525198715525e-06,   -8.507102444873307e-07, 1.2573340330907614e-07, -1.3630986147712625e-08,
                                        1.0261390215277276e-09,  -4.798765651649537e-11, 1.050401267344719e-12};
/* erfc(x) = exp(-x^2) d P(1 - 2 SHIFT d), d = 1 / (x + SHIFT), x > 0: 2^-54.1 */
static const double vf64_erfc_c[] = {
    1.054031820305718,       -0.8046518494391489,     0.45391411664808995,    -0.17125114524604337,   0.028361550132213642,
    0.008393044302407828,    -0.004818785527006375,   -0.0004392082661549969, 0.0007026937616924711,  5.830778550274808e-05,
    -0.00011260507134688415, -1.9531988067401782e-05, 1.8245373536724534e-05, 6.753069180135947e-06,  -2.3351430039686378e-06,
    -1.959055380360782e-06,  -3.521517556164205e-10,  4.417009797285252e-07,  1.3045187504638403e-07, -6.320675517203476e-08,
    -4.596056891842492e-08,  9.359973468436484e-10,   7.399294855252441e-09,  1.1827427499247533e-09, -2.430824284610359e-10};
#include "vecmath_body.h"

/* ---- by type ---- */

#define V_MATH(name, x) _Generic((x), vf32: vf32_##name, vf64: vf64_##name)(x)
#define v_sqrt(x) V_MATH(sqrt, x)
#define v_floor(x) V_MATH(floor, x)
#define v_ceil(x) V_MATH(ceil, x)
#define v_round(x) V_MATH(round, x)
#define v_trunc(x) V_MATH(trunc, x)
#define v_abs(x) V_MATH(abs, x)
#define v_exp(x) V_MATH(exp, x)
#define v_exp2(x) V_MATH(exp2, x)
#define v_expm1(x) V_MATH(expm1, x)
#define v_log(x) V_MATH(log, x)
#define v_log1p(x) V_MATH(log1p, x)
#define v_log2(x) V_MATH(log2, x)
#define v_log10(x) V_MATH(log10, x)
#define v_sin(x) V_MATH(sin, x)
#define v_cos(x) V_MATH(cos, x)
#define v_tan(x) V_MATH(tan, x)
#define v_tanh(x) V_MATH(tanh, x)
#define v_sinh(x) V_MATH(sinh, x)
#define v_cosh(x) V_MATH(cosh, x)
#define v_erf(x) V_MATH(erf, x)
#define v_erfc(x) V_MATH(erfc, x)
#define v_sigmoid(x) V_MATH(sigmoid, x)
#define v_silu(x) V_MATH(silu, x)
#define v_silu_slope(x) V_MATH(silu_slope, x)
#define v_softplus(x) V_MATH(softplus, x)
#define v_gelu(x) V_MATH(gelu, x)
#define v_gelu_tanh(x) V_MATH(gelu_tanh, x)
#define v_gelu_slope(x) V_MATH(gelu_slope, x)
#define v_gelu_tanh_slope(x) V_MATH(gelu_tanh_slope, x)

#endif
