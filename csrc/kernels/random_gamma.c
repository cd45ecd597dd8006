/* random_gamma.c: logarithms of standard gamma numbers, and their derivative by the concentration.
 *
 * Small concentrations give numbers that no dtype holds, but whose logarithm does: so logarithms are what is made. Both kernels compute in
 * double; float32 goes through it and is rounded once.
 *
 * Rejection takes an unknown number of attempts, so element j = offset + i has a stream of its own: blocks (j, attempt, STREAM) of the
 * generator's counter, of which the common stream has none. An attempt takes one block, and 19 of 20 succeed (all but 1 of 500 from a
 * concentration of 10 on). Lanes that are done wait for the others; what an element becomes does not depend on its neighbours. */
#include "vecmath_gamma.h"

#include "loops.h"
#include "philox.h"

#define UNIT 64     /* elements; the lanes divide it */
#define GRAIN 32    /* units of a piece of work for a thread */
#define STREAM 1    /* the top word of the counter */
#define BETWEEN 8   /* terms between two looks at whether they still matter */
#define TERMS 65536 /* far more than any argument needs */

/* Strictly between 0 and 1, or 1. */
MG_INLINE vf64 unit_of_32(vu64 word) { return (__builtin_convertvector(word & 0xffffffffu, vf64) + 0.5) * 0x1p-32; }
MG_INLINE vf64 unit_of_64(vu64 low, vu64 high) {
    return (__builtin_convertvector((low & 0xffffffffu) | (high << 32), vf64) + 0.5) * 0x1p-64;
}

/* d (1 + c x)^3 with normal x is a gamma number of concentration d + 1/3 if a uniform number is below a bound (Marsaglia & Tsang, "A simple
 * method for generating gamma variables", 2000). Below 1 it is G(alpha + 1) U^(1 / alpha). */
MG_INLINE vf64 log_gamma_number(vf64 alpha, vu64 element, uint64_t seed) {
    const vf64 one = vf64_set1(1), inf = vf64_set1(__builtin_inf());
    const vi64 proper = (alpha >= 0) & (alpha < inf);
    const vf64 a = vf64_select(proper, alpha, one);
    const vi64 small = a < 1;
    const vf64 d = vf64_select(small, a + 1, a) - 1. / 3, c = 1 / vf64_sqrt(9 * d), log_d = vf64_log(d);
    vf64 z = {0};
    vi64 left = small | ~small;
    vu64 word[4];
    for (uint32_t attempt = 1; vf64_any(left); attempt++) {
        philox_of(element, attempt, STREAM, seed, word);
        const vf64 turn = __builtin_convertvector((vi64)(word[2] & 0xffffffffu), vf64) * (6.283185307179586477 * 0x1p-32);
        const vf64 x = vf64_sqrt(-2 * vf64_log(unit_of_64(word[0], word[1]))) * vf64_cos(turn);
        const vf64 root = vf64_fma(c, x, one), log_v = 3 * vf64_log(vf64_max_raw(root, vf64_set1(1e-300)));
        const vf64 bound = vf64_fma(0.5 * x, x, d * (1 - root * root * root + log_v));
        const vi64 accepted = left & (root > 0) & (vf64_log(unit_of_32(word[3])) < bound);
        z = vf64_select(accepted, log_d + log_v, z);
        left &= ~accepted;
    }
    if (vf64_any(small)) {
        philox_of(element, 0, STREAM, seed, word);
        z = vf64_select(small, z + vf64_log(unit_of_64(word[0], word[1])) / a, z);
    }
    return vf64_select(proper, z, vf64_select(alpha == inf, inf, vf64_set1(__builtin_nan(""))));
}

/* By the series of P(a, x) = density x / a times the sum of x^n / ((a + 1) ... (a + n)), and its derivative by a, term for term. */
MG_INLINE vf64 slope_by_series(vf64 a, vf64 x, vf64 z, vi64 wanted) {
    vf64 total = vf64_set1(1), slope = {0}, term = total, harmonic = {0}, n = a;
    const vf64 zero = {0};
    term = vf64_select(wanted, term, zero);
    for (int i = 0; i < TERMS && vf64_any(wanted); i += BETWEEN) {
        for (int k = 0; k < BETWEEN; k++) {
            n += 1;
            const vf64 inverse = 1 / n;
            term *= x * inverse;
            harmonic += inverse;
            total += term;
            slope = vf64_fma(-term, harmonic, slope);
        }
        wanted = wanted & (term * (1 + harmonic) > 1e-17 * total);
        term = vf64_select(wanted, term, zero); /* a lane that is done stays as it is */
    }
    return -(total * (z - vf64_digamma(a + 1)) + slope) / a;
}

/* By Legendre's continued fraction h of Q(a, x) = density x h, with its derivative by a carried along (Lentz's algorithm). */
MG_INLINE vf64 slope_by_fraction(vf64 a, vf64 x, vf64 z, vi64 wanted) {
    vf64 b = x + 1 - a, c = vf64_set1(1e300), c_slope = {0}, d = 1 / b, d_slope = d * d, h = d, h_slope = d_slope;
    vf64 value = h, slope = h_slope;
    double i = 0;
    for (int n = 0; n < TERMS && vf64_any(wanted); n += BETWEEN) {
        vf64 factor, factor_slope;
        for (int k = 0; k < BETWEEN; k++) {
            i += 1;
            const vf64 step = i * (a - i);
            b += 2;
            const vf64 next = 1 / (step * d + b), inverse = 1 / c;
            d_slope = -next * next * (i * d + step * d_slope - 1);
            c_slope = (i * c - step * c_slope) * inverse * inverse - 1;
            d = next, c = vf64_fma(step, inverse, b);
            factor = d * c, factor_slope = d_slope * c + d * c_slope;
            h_slope = h_slope * factor + h * factor_slope;
            h *= factor;
        }
        value = vf64_select(wanted, h, value), slope = vf64_select(wanted, h_slope, slope);
        wanted = wanted & (vf64_abs(factor - 1) * vf64_abs(slope) + vf64_abs(h * factor_slope) >= 1e-14 * vf64_abs(slope));
    }
    return vf64_fma(value, z - vf64_digamma(a), slope);
}

/* By the first terms of the expansion of Cornish and Fisher, whose rest is below a^-1.5 of it; the others take about sqrt(a) terms. */
MG_INLINE vf64 slope_by_expansion(vf64 a, vf64 x) {
    const vf64 m = x / a - 1;
    return (1 + m * 0.5 - (m * m - 1 / a) * (1. / 6)) / x;
}

/* dz / da at a constant value of the distribution function (Figurnov, Mohamed & Mnih, "Implicit reparameterization gradients", 2018). Two
 * standard deviations above the mean the fraction begins to converge as fast as the series, which begins to cancel. */
MG_INLINE vf64 log_gamma_slope(vf64 a, vf64 z) {
    const vf64 x = vf64_exp(z);
    const vi64 large = a > 1e6, above = (x >= a + 2 * vf64_sqrt(a) + 3) & ~large, below = ~large & ~above;
    vf64 y = slope_by_expansion(a, x);
    if (vf64_any(below)) y = vf64_select(below, slope_by_series(a, x, z, below), y);
    if (vf64_any(above)) y = vf64_select(above, slope_by_fraction(a, x, z, above), y);
    return y;
}

/* ---- kernels ---- */

typedef struct {
    const mg_array *a;
    int64_t n;
    uint64_t seed, offset;
} span;

MG_INLINE vf64 numbers_f64(const span *s, const vf64 *in, int64_t i) {
    return log_gamma_number(in[0], lane_numbers() + (s->offset + (uint64_t)i), s->seed);
}
MG_INLINE vf64 slopes_f64(const span *s, const vf64 *in, int64_t i) {
    (void)s, (void)i;
    return log_gamma_slope(in[0], in[1]);
}
#define BY_HALVES(name)                                                                      \
    MG_INLINE vf32 name##_f32(const span *s, const vf32 *in, int64_t i) {                    \
        const vf64 low[] = {vf32_low_half(in[0]), vf32_low_half(in[1])};                     \
        const vf64 high[] = {vf32_high_half(in[0]), vf32_high_half(in[1])};                  \
        return vf32_of_halves(name##_f64(s, low, i), name##_f64(s, high, i + MG_F64_LANES)); \
    }
BY_HALVES(numbers)
BY_HALVES(slopes)

/* Elements past the end compute with 1, and are not stored. */
#define GAMMA_KERNEL(dtype, name, body, inputs, is_seeded)                                                               \
    static void name##_##dtype(void *ctx, int64_t begin, int64_t end) {                                                  \
        typedef v##dtype V;                                                                                              \
        const span *s = ctx;                                                                                             \
        const int lanes = MG_VEC_BYTES / (int)sizeof(t_##dtype);                                                         \
        const int64_t stop = end * UNIT < s->n ? end * UNIT : s->n;                                                      \
        for (int64_t i = begin * UNIT; i < stop; i += lanes) {                                                           \
            V in[2] = {v##dtype##_set1(1), v##dtype##_set1(1)};                                                          \
            for (int k = 0; k < inputs; k++)                                                                             \
                in[k] = v##dtype##_first_n(v##dtype##_load_to((const t_##dtype *)s->a[1 + k].data + i, stop - i), in[k], \
                                           stop - i < lanes ? stop - i : lanes);                                         \
            v##dtype##_store_to((t_##dtype *)s->a[0].data + i, body##_##dtype(s, in, i), stop - i);                      \
        }                                                                                                                \
    }                                                                                                                    \
    mg_status MG_FN(name, dtype)(const mg_array *a, const mg_param *p) {                                                 \
        span s = {.a = a, .n = mg_numel(a)};                                                                             \
        if (is_seeded) s.seed = (uint64_t)p[0].i, s.offset = (uint64_t)p[1].i;                                           \
        if (s.n) mg_parallel((s.n + UNIT - 1) / UNIT, GRAIN, name##_##dtype, &s);                                        \
        return MG_OK;                                                                                                    \
    }

/* log_gamma_numbers: a[0] z, a[1] concentration, both C-contiguous; p seed, offset. A concentration of 0 gives -inf, of inf inf, others
 * NaN. */
FOR_FLOATS(GAMMA_KERNEL, log_gamma_numbers, numbers, 1, 1)

/* log_gamma_slope: a[0] dz / da, a[1] concentration, a[2] z, all C-contiguous. */
FOR_FLOATS(GAMMA_KERNEL, log_gamma_slope, slopes, 2, 0)
