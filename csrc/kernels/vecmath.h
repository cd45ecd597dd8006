/* vecmath.h: mathematical functions of vectors: vf32_exp(vf32) and so on, vf64_exp(vf64).
 *
 * Each is one straight line for all lanes (choices are masks), so a lane's result depends on its argument alone: not on its place
 * in the array, its neighbours or the length. NaN, infinities, subnormal numbers and signed zeros are right. Accuracy in float32: at most
 * 2 ulp, also in the base table, which has no fused multiply-add; docs/numerics.md has the largest error of each, and where
 * tools/exhaustive.py found it. vecmath_body.h holds the algorithms, once for both precisions; here are the constants.
 * Polynomials are from csrc/tools/fit_vecmath.py; their error is beside them.
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
/* pi in parts. Products of the first ones with multiples of 1/2 up to TRIG_HIGH / pi are exact, or, with a fused multiply-add, their
 * differences from x. */
#if MG_FMA
#define TRIG_HIGH 12000.0f
#define PI_PARTS 0x1.921fb6p+1f, -0x1.777a5cp-24f, -0x1.ee59dap-49f
#define PIO2_PARTS 0x1.921fb6p+0f, -0x1.777a5cp-25f, -0x1.ee59dap-50f
#else
#define TRIG_HIGH 1600.0f
#define PI_PARTS 0x1.922p+1f, -0x1.2afp-17f, 0x1.0b4612p-33f, -0x1.676734p-59f
#define PIO2_PARTS 0x1.92p0f, 0x1.fb4p-12f, 0x1.444p-24f, 0x1.68cp-39f, 0x1.1a6264p-54f
#endif
#define ERFC_SHIFT 1.6328125f
#define NORMAL_SHIFT 2.6953125f

/* expm1(r) = r + r^2 P(r), |r| <= ln(2)/2: 2^-30.8 */
static const float vf32_expm1_c[] = {0.5f, 0.166666672f, 0.041666463f, 0.00833319407f, 0.00139354437f, 0.000199563001f};
/* log(1 + f) = f - f^2/2 + f^3 P(f), -1/4 <= f <= 1/2: 2^-29.8 */
static const float vf32_log_c[] = {0.333333373f, -0.250001639f, 0.199997678f,   -0.16655533f, 0.142730579f,
                                   -0.12720111f, 0.117171831f,  -0.0918323398f, 0.0382246375f};
/* sin r = r + r^3 P(r^2), |r| <= pi/2: 2^-27.2 */
static const float vf32_sin_c[] = {-0.166666597f, 0.00833306834f, -0.000198096604f, 2.60575598e-06f};
/* tan r = r + r^3 P(r^2), |r| <= pi/4: 2^-29.3 */
static const float vf32_tan_c[] = {0.333333492f,  0.133326694f,    0.0540601537f, 0.0212772992f,
                                   0.0108562233f, 5.53414575e-05f, 0.00439671706f};
/* sinh x = x + x^3 P(x^2), x <= 1: 2^-31.3 */
static const float vf32_sinh_c[] = {0.166666672f, 0.00833331607f, 0.0001984142f, 2.79153824e-06f};
/* erf(x) = x + x P(x^2), x <= 1: 2^-29.9 */
static const float vf32_erf_c[] = {0.128379166f,   -0.376126349f,    0.112837434f,    -0.0268635508f,
                                   0.00521640619f, -0.000842323236f, 0.000108587818f, -8.57798841e-06f};
/* erf(x) = 1 - exp(P(x)), x >= 1: 2^-29.8 */
static const float vf32_erf_far_c[] = {-0.000341574487f, -1.12708962f,    -0.638142884f,  -0.103109695f,
                                       0.0218401626f,    -0.00294838147f, 0.000186475998f};
/* erfc(x) = exp(-x^2) d P(1 - 2 SHIFT d), d = 1 / (x + SHIFT), x > 0: 2^-27.1 */
static const float vf32_erfc_c[] = {0.983359039f,   -0.56317997f,   0.130740032f,    0.0342529714f,    -0.0175492838f,  -0.00689032814f,
                                    0.00193969544f, 0.00182506663f, 0.000117936564f, -0.000324005319f, -0.000111186731f};
/* Phi(-x) = exp(-x^2 / 2) d P(1 - 2 SHIFT d), likewise: 2^-26.9 */
static const float vf32_normal_c[] = {0.716499567f,   -0.465977103f,    0.171518847f,     -0.0104281679f,   -0.0169522818f, 0.00218782504f,
                                      0.00264773029f, -8.49847347e-05f, -0.000451412023f, -6.20744249e-05f, 2.93023259e-05f};
/* Phi(-a) 2^(b^2) = P(a - MIDDLE), b = RATE a + SHIFT; of all rates and shifts these make it nearly constant, and its first coefficient
 * nearly a float. 0 <= a <= 4.5: 2^-27.2, and good enough up to GELU_ONE, from where on x Phi(x) is x; 4.5 <= a <= 14.3: 2^-26.0 */
#define V_GELU_NEAR 4.5f
#define GELU_ONE 5.75f
#define GELU_RATE 0x1.838p-1f
#define GELU_SHIFT 0.90625f
#define GELU_MIDDLE 1.375f
#define GELU_FAR_RATE 0x1.ad2p-1f
#define GELU_FAR_SHIFT 0.3125f
#define GELU_FAR_MIDDLE 7.125f
static const float vf32_gelu_c[] = {1.17010188f,      0.245303437f,     -0.000926131499f, -0.0214481f,
                                    -0.000874073186f, 0.000255646708f,  0.000136754199f,  -1.37471443e-05f,
                                    -4.88343687e-07f, -4.87192267e-07f, 1.2434468e-07f,   -7.66682184e-09f};
static const float vf32_gelu_far_c[] = {0.402166039f,    0.0166232698f,    -0.00136176602f, -0.00036582246f,
                                        1.73820208e-05f, -3.27638986e-07f, 2.07853546e-07f, -2.78972738e-08f,
                                        2.79117685e-09f, -2.80692886e-10f, 1.88122348e-11f, -5.46218344e-13f};
/* 2^r = 1 + r P(r), |r| <= 1/2: 2^-28.0 */
static const float vf32_half_power_c[] = {0.693147182f, 0.240226448f, 0.0555035882f, 0.00961883646f, 0.0013391308f, 0.00015240116f};
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
#define TRIG_HIGH 1.6e6
#if MG_FMA
#define PI_PARTS 0x1.921fb54442d18p+1, 0x1.1a62633145c07p-53, -0x1.f1976b7ed8fbcp-109
#define PIO2_PARTS 0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54, -0x1.f1976b7ed8fbcp-110
#else
#define PI_PARTS 0x1.921fb544p+1, 0x1.0b4611a6p-33, 0x1.3198a2ep-68, 0x1.b839a252049c1p-103
#define PIO2_PARTS 0x1.921fb544p0, 0x1.0b4611a6p-34, 0x1.3198a2ep-69, 0x1.b839a252049c1p-104
#endif
#define ERFC_SHIFT 2.5
#define NORMAL_SHIFT 3.5355339059327378

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
/* sin r = r + r^3 P(r^2), |r| <= pi/2: 2^-61.5 */
static const double vf64_sin_c[] = {-0.16666666666666666,    0.008333333333333207,   -0.0001984126984121239, 2.75573192115369e-06,
                                    -2.5052106899945576e-08, 1.6058940708923305e-10, -7.643010130617528e-13, 2.7213069296054455e-15};
/* tan r = r + r^3 P(r^2), |r| <= pi/4: 2^-55.8 */
static const double vf64_tan_c[] = {0.3333333333333276,     0.13333333333418806,    0.05396825392417107,     0.021869489677224883,
                                    0.00886321811373259,    0.003592299199422835,   0.0014546932620507476,   0.0005953484852154325,
                                    0.00022151370620553045, 0.00013836341360461897, -2.9044457615057405e-05, 9.19514172971153e-05,
                                    -4.625295936324652e-05, 2.1200236482903393e-05};
/* sinh x = x + x^3 P(x^2), x <= 1: 2^-61.5 */
static const double vf64_sinh_c[] = {0.16666666666666669,    0.00833333333333297,    0.00019841269841531204, 2.7557319130377677e-06,
                                     2.5052126856432365e-08, 1.6057000490026212e-10, 7.765898624340465e-13};
/* erf(x) = x P(x^2 - 2), x <= 2: 2^-57.6 */
static const double vf64_erf_c[] = {0.674933236039655,      -0.13055593046562267,    0.0298697846524629,     -0.006082847181144539,
                                    0.0010705215357389626,  -0.0001635898698794838,  2.1954553493506196e-05, -2.618308856344052e-06,
                                    2.8047269055753984e-07, -2.7238815371188105e-08, 2.417774472189285e-09,  -1.975146280560468e-10,
                                    1.4940760544416195e-11, -1.0519023744939005e-12, 6.916289846992132e-14,  -4.285349048930666e-15,
                                    2.627205373956061e-16,  -1.393173162103795e-17};
/* erf(x) = 1 - exp(P(x)), x >= 2: 2^-57.9 */
static const double vf64_erf_far_c[] = {0.00035435034238239286,  -1.1301791247403725,    -0.6324158446705104,    -0.10872836745965953,
                                        0.02479150242579526,     -0.0035328497958502167, -1.937345533905109e-05, 0.00016605118506068134,
                                        -4.8567305185483124e-05, 8.029699672375334e-06,  -8.299743891091554e-07, 5.029405627031917e-08,
                                        -1.3739179951262203e-09};
/* erfc(x) = exp(-x^2) d P(1 - 2 SHIFT d), d = 1 / (x + SHIFT), x > 0: 2^-54.1 */
static const double vf64_erfc_c[] = {
    1.054031820305718,       -0.8046518494391489,     0.45391411664808995,    -0.17125114524604337,   0.028361550132213642,
    0.008393044302407828,    -0.004818785527006375,   -0.0004392082661549969, 0.0007026937616924711,  5.830778550274808e-05,
    -0.00011260507134688415, -1.9531988067401782e-05, 1.8245373536724534e-05, 6.753069180135947e-06,  -2.3351430039686378e-06,
    -1.959055380360782e-06,  -3.521517556164205e-10,  4.417009797285252e-07,  1.3045187504638403e-07, -6.320675517203476e-08,
    -4.596056891842492e-08,  9.359973468436484e-10,   7.399294855252441e-09,  1.1827427499247533e-09, -2.430824284610359e-10};
/* Phi(-x) = exp(-x^2 / 2) d P(1 - 2 SHIFT d), likewise: 2^-54.0 */
static const double vf64_normal_c[] = {
    0.7453130477245737,      -0.5689747792327191,     0.32096574995816596,    -0.12109284608943965,  0.02005464442345049,
    0.005934778541031692,    -0.003407395923229799,   -0.0003105671433513843, 0.0004968795239902302, 4.122983052496383e-05,
    -7.962380954537679e-05,  -1.3811201212514529e-05, 1.29014273530995e-05,   4.775141011096007e-06, -1.6511954531465489e-06,
    -1.3852613441731001e-06, -2.490088944031188e-10,  3.123297580227819e-07,  9.224340546379832e-08, -4.469392519894367e-08,
    -3.2499029949409927e-08, 6.618500711257607e-10,   5.232091568147734e-09,  8.36325418871018e-10,  -1.718852335520923e-10};
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
#define v_mish(x) V_MATH(mish, x)
#define v_mish_slope(x) V_MATH(mish_slope, x)
#define v_softplus(x) V_MATH(softplus, x)
#define v_gelu_tanh(x) V_MATH(gelu_tanh, x)
#define v_gelu_slope(x) V_MATH(gelu_slope, x)
#define v_gelu_tanh_slope(x) V_MATH(gelu_tanh_slope, x)

#endif
