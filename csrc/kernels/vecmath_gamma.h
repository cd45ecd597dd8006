/* vecmath_gamma.h: lgamma, digamma and the inverse error function, in double; float32 goes through it, and is rounded once.
 *
 * The methods are those of the ops' NumPy references (ops/gamma.py, ops/error_functions.py), and so are the coefficients: Stirling's and
 * the asymptotic series from 10 on, below it recurrence down to a Chebyshev series in which the zeros are exact factors, left of 0
 * reflection; Wichura's quotients (AS 241) for erfinv. What only few arguments need is computed only if a lane needs it. */
#ifndef MG_VECMATH_GAMMA_H
#define MG_VECMATH_GAMMA_H

#include "vecmath.h"

#define COUNT(table) (int)(sizeof table / sizeof *table)

/* The sum of c[n] T_n(t), by Clenshaw's recurrence. */
MG_INLINE vf64 vf64_chebyshev(const double *c, int n, vf64 t) {
    vf64 b1 = vf64_set1(c[n - 1]), b2 = vf64_set1(0), twice = t + t;
#pragma GCC unroll 32
    for (int i = n - 2; i > 0; i--) {
        const vf64 b = vf64_fma(twice, b1, c[i] - b2);
        b2 = b1, b1 = b;
    }
    return vf64_fma(t, b1, c[0] - b2);
}

/* pi / tan(pi r) and |sin(pi r)|, |r| <= 1/2 */
MG_INLINE vf64 vf64_sin_pi(vf64 r) { return vf64_sin(r * 0x1.921fb54442d18p1); }
MG_INLINE vf64 vf64_cot_pi(vf64 r) {
    const vf64 t = r * 0x1.921fb54442d18p1;
    return 0x1.921fb54442d18p1 * vf64_cos(t) / vf64_sin(t);
}

/* Of x > 0. Below 3: lgamma(x) = (x - 1) (x - 2) C(x - 2), below 1 of x + 1, less log x. */
MG_INLINE vf64 vf64_lgamma_positive(vf64 x) {
    static const double c[] = {
        0.44148902545501423,     -0.11119580321752523,   0.01951044826068884,     -0.003922461463025264,   0.0008478989895953857,
        -0.00019153855341365593, 4.454470184975607e-05,  -1.05728743735943e-05,   2.5474336873408417e-06,  -6.208535880776316e-07,
        1.5268677399071546e-07,  -3.782637660291326e-08, 9.428100823624284e-09,   -2.361999702184645e-09,  5.943541905817546e-10,
        -1.501312977072867e-10,  3.8050196458110534e-11, -9.672485299656325e-12,  2.465348198355661e-12,   -6.298868140791711e-13,
        1.6128460030283787e-13,  -4.137949206814042e-14, 1.0635701227757898e-14,  -2.7382420786652826e-15, 7.060670507214892e-16,
        -1.8232177141662118e-16, 4.714169006756272e-17,  -1.2204107319639856e-17, 3.1630451661790255e-18,  -8.206746544166728e-19};
    static const double stirling[] = {1 / 12.,        -1 / 360., 1 / 1260.,       -1 / 1680.,      1 / 1188.,
                                      -691 / 360360., 1 / 156.,  -3617 / 122400., 43867 / 244188., -174611 / 125400.};
    const vf64 one = vf64_set1(1), zero = vf64_set1(0);
    const vi64 large = x >= 10, low = x < 1;
    vf64 product = vf64_select(low, one / x, one), y = x; /* lgamma(x) = log(product) + lgamma(y) */
    for (int i = 0; i < 7; i++) {
        const vi64 above = (y >= 3) & ~large;
        y = vf64_select(above, y - 1, y);
        product = vf64_select(above, product * y, product);
    }
    const vf64 log = vf64_log(vf64_select(large, x, vf64_select(low, x, product)));
    const vf64 base = vf64_select(low, x - 1, y - 2), other = vf64_select(low, x, y - 1);
    vf64 z = vf64_fma(base * other, vf64_chebyshev(c, COUNT(c), vf64_clamp(base, -1, 1)),
                      vf64_select(low, -log, vf64_select(product == 1, zero, log)));
    if (vf64_any(large)) {
        const vf64 r = 1 / x, series = vf64_poly(r * r, stirling, COUNT(stirling)) * r;
        z = vf64_select(large, vf64_fma(x - 0.5, log - 1, 0.41893853320467274178 + series), z);
    }
    return vf64_select(x == __builtin_inf(), x, z);
}
MG_INLINE vf64 vf64_lgamma(vf64 x) {
    const vf64 a = vf64_abs(x), inf = vf64_set1(__builtin_inf());
    vf64 y = vf64_lgamma_positive(a);
    const vi64 negative = x < 0;
    if (vf64_any(negative)) { /* log(pi / |x sin(pi x)|) - lgamma(-x) */
        const vf64 r = x - vf64_round(x);
        y = vf64_select(negative, vf64_select((r == 0) | (a == inf), inf, vf64_log(0x1.921fb54442d18p1 / vf64_abs(x * vf64_sin_pi(r))) - y),
                        y);
    }
    return vf64_select(x == 0, inf, y);
}

MG_INLINE vf64 vf64_digamma_positive(vf64 x) {
    static const double c[] = {0.983570260441567,     -0.2270640863346444,     0.03336889902393011,    -0.005320077271596548,
                               0.0008788656937820505, -0.00014773492650606044, 2.5060543468359146e-05, -4.2721034029993324e-06,
                               7.302769272465923e-07, -1.2502886813559594e-07, 2.1425009322359472e-08, -3.673295918565179e-09,
                               6.299717236108931e-10, -1.080593028883266e-10,  1.853735192053638e-11,  -3.18023536582553e-12,
                               5.456147570322795e-13, -9.360993131036438e-14,  1.606064636295075e-14,  -2.7555431377438815e-15,
                               4.727736178601912e-16, -8.11148420346509e-17,   1.391707769474154e-17,  -2.3877901082188625e-18};
    static const double asymptotic[] = {1 / 12.,       -1 / 120., 1 / 252.,      -1 / 240.,     1 / 132.,
                                        -691 / 32760., 1 / 12.,   -3617 / 8160., 43867 / 14364.};
    const vf64 one = vf64_set1(1), zero = vf64_set1(0);
    const vi64 large = x >= 10, low = x < 1;
    /* The sum of 1 / (x - k) as one fraction. */
    vf64 num = vf64_select(low, -one, zero), den = vf64_select(low, x, one), y = vf64_select(low, x + 1, x);
    for (int i = 0; i < 8; i++) {
        const vi64 above = (y > 2) & ~large;
        y = vf64_select(above, y - 1, y);
        num = vf64_select(above, vf64_fma(num, y, den), num);
        den = vf64_select(above, den * y, den);
    }
    vf64 z =
        vf64_fma((y - 1.4616321449683622) - 9.549995429965697e-17, vf64_chebyshev(c, COUNT(c), vf64_clamp(y + y - 3, -1, 1)), num / den);
    if (vf64_any(large)) {
        const vf64 r = 1 / x, w = r * r;
        z = vf64_select(large, vf64_log(x) - vf64_fma(r, vf64_set1(0.5), w * vf64_poly(w, asymptotic, COUNT(asymptotic))), z);
    }
    return z;
}
MG_INLINE vf64 vf64_digamma(vf64 x) {
    const vi64 negative = x < 0;
    const vf64 nan = vf64_set1(__builtin_nan(""));
    vf64 y = vf64_digamma_positive(vf64_select(negative, 1 - x, x));
    if (vf64_any(negative)) { /* digamma(1 - x) - pi / tan(pi x) */
        const vf64 r = x - vf64_round(x);
        y = vf64_select(negative, vf64_select((r == 0) | (r != r), nan, y - vf64_cot_pi(r)), y);
    }
    return vf64_select(x == 0, vf64_or_sign(vf64_set1(__builtin_inf()), -x), y);
}

MG_INLINE vf64 vf64_erfinv(vf64 x) {
    static const double centre[] = {3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946,
                                    45921.95393154987,  67265.7709270087,   33430.57558358813,  2509.0809287301227};
    static const double centre_den[] = {1.0,
                                        42.31333070160091,
                                        687.1870074920579,
                                        5394.196021424751,
                                        21213.794301586597,
                                        39307.89580009271,
                                        28729.085735721943,
                                        5226.495278852854};
    static const double near[] = {1.4234371107496835, 4.630337846156546,  5.769497221460691,    3.6478483247632045,
                                  1.2704582524523684, 0.2417807251774506, 0.022723844989269184, 0.0007745450142783414};
    static const double near_den[] = {1.0,
                                      2.053191626637759,
                                      1.6763848301838038,
                                      0.6897673349851,
                                      0.14810397642748008,
                                      0.015198666563616457,
                                      0.0005475938084995345,
                                      1.0507500716444169e-09};
    static const double far[] = {6.657904643501103,    5.463784911164114,     1.7848265399172913,     0.29656057182850487,
                                 0.026532189526576124, 0.0012426609473880784, 2.7115555687434876e-05, 2.0103343992922881e-07};
    static const double far_den[] = {1.0,
                                     0.599832206555888,
                                     0.1369298809227358,
                                     0.014875361290850615,
                                     0.0007868691311456133,
                                     1.8463183175100548e-05,
                                     1.421511758316446e-07,
                                     2.0442631033899397e-15};
    const vf64 a = vf64_abs(x), z = vf64_fma(a * a, vf64_set1(-0.25), vf64_set1(0.180625));
    const vi64 tail = a > 0.85;
    vf64 y = a * 0.5 * vf64_poly(z, centre, COUNT(centre)) / vf64_poly(z, centre_den, COUNT(centre_den));
    if (vf64_any(tail)) {
        const vf64 r = vf64_sqrt(-vf64_log((1 - a) * 0.5)), s = r - 1.6;
        const vi64 beyond = r > 5;
        vf64 w = vf64_poly(s, near, COUNT(near)) / vf64_poly(s, near_den, COUNT(near_den));
        if (vf64_any(beyond)) {
            const vf64 t = r - 5;
            w = vf64_select(beyond, vf64_poly(t, far, COUNT(far)) / vf64_poly(t, far_den, COUNT(far_den)), w);
        }
        w = vf64_select(a == 1, vf64_set1(__builtin_inf()), w);
        y = vf64_select(tail, vf64_select(a > 1, vf64_set1(__builtin_nan("")), w), y);
    }
    return vf64_or_sign(y * 0.70710678118654752440, x);
}

#define MG_VEC_BY_HALVES(name) \
    MG_INLINE vf32 vf32_##name(vf32 x) { return vf32_of_halves(vf64_##name(vf32_low_half(x)), vf64_##name(vf32_high_half(x))); }
MG_VEC_BY_HALVES(lgamma)
MG_VEC_BY_HALVES(digamma)
MG_VEC_BY_HALVES(erfinv)
#undef MG_VEC_BY_HALVES
#undef COUNT

#endif
