/* exhaustive.c: the largest error of a float32 kernel of one argument over every float32. tools/exhaustive.py builds and drives it.
 *
 * The reference is the C library's function in double, or a formula of such functions whose error is small against the last place of a
 * float32 (where terms cancel it is computed in long double). Floats go through the kernel in blocks; an error is counted in units of the
 * last place of the float32 nearest to the reference. A result that is infinite, NaN or zero must be exactly the reference's, but for one
 * place at the ends of the range, where rounding may go either way. */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../minigrad.h"

#define BLOCK 4096

static double sigmoid(double x) { return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)); }
static double silu(double x) { return x < -800 ? -0.0 : x * sigmoid(x); }
static double softplus(double x) { return fmax(x, 0) + log1p(exp(-fabs(x))); }
static double gelu(double x) { return x < -40 ? -0.0 : x * (erfc(-x * M_SQRT1_2) / 2); }
static double gelu_tanh(double x) { return x < -40 ? -0.0 : x * sigmoid(4 * M_2_SQRTPI * M_SQRT1_2 * (x + 0.044715 * x * x * x) / 2); }
static double mish(double x) {
    if (x < -800) return -0.0;
    const double e = exp(fmin(x, 60)), n = e * (e + 2);
    return x * (n / (n + 2));
}
static double elu(double x) { return x > 0 ? x : expm1(x); }
static double rsqrt(double x) { return 1 / sqrt(x); }
static double reciprocal(double x) { return 1 / x; }

/* By recurrence to 20, then the asymptotic series; left of 0 by reflection. Near its zeros long double keeps enough digits. */
static double digamma(double x) {
    if (x == 0) return -copysign(INFINITY, x);
    if (x < 0 && (x == floor(x) || isinf(x))) return NAN;
    if (x < 0) {
        const long double r = (long double)x - rintl(x);
        const double y = digamma(-x);
        if (y != y) return y;
        long double total = 0, z = -(long double)x;
        for (; z < 20; z++) total -= 1 / z;
        const long double w = 1 / (z * z);
        total += logl(z) - 0.5L / z -
                 w * (1 / 12.0L - w * (1 / 120.0L - w * (1 / 252.0L - w * (1 / 240.0L - w * (1 / 132.0L - w * (691 / 32760.0L))))));
        return (double)(total - 1 / (long double)x -
                        3.14159265358979323846264338327950288L / tanl(3.14159265358979323846264338327950288L * r));
    }
    long double total = 0, z = x;
    for (; z < 20; z++) total -= 1 / z;
    const long double w = 1 / (z * z);
    return (double)(total + logl(z) - 0.5L / z -
                    w * (1 / 12.0L - w * (1 / 120.0L - w * (1 / 252.0L - w * (1 / 240.0L - w * (1 / 132.0L - w * (691 / 32760.0L)))))));
}

/* From a rough start three steps of Halley's method on erf or, near 1, erfc. */
static double erfinv(double x) {
    const double a = fabs(x);
    if (!(a < 1)) return a == 1 ? copysign(INFINITY, x) : NAN;
    const double w = log((1 - a) * (1 + a)), c = 4.330746750799873 + w / 2; /* 2 / (pi 0.147); Winitzki's approximation */
    double y = a < 0.5 ? a * 0.886226925452758 : sqrt(sqrt(c * c - w / 0.147) - c);
    for (int i = 0; i < 3; i++) {
        const double off = a < 0.5 ? erf(y) - a : (1 - a) - erfc(y), u = off / (M_2_SQRTPI * exp(-y * y));
        y -= u / (1 + y * u);
    }
    return copysign(y, x);
}

typedef double (*function)(double);
static const struct {
    const char *name;
    function f;
} references[] = {
    {"exp", exp},
    {"exp2", exp2},
    {"expm1", expm1},
    {"log", log},
    {"log1p", log1p},
    {"log2", log2},
    {"log10", log10},
    {"sin", sin},
    {"cos", cos},
    {"tan", tan},
    {"asin", asin},
    {"acos", acos},
    {"atan", atan},
    {"sinh", sinh},
    {"cosh", cosh},
    {"tanh", tanh},
    {"asinh", asinh},
    {"acosh", acosh},
    {"atanh", atanh},
    {"erf", erf},
    {"erfc", erfc},
    {"sqrt", sqrt},
    {"rsqrt", rsqrt},
    {"sigmoid", sigmoid},
    {"silu", silu},
    {"gelu", gelu},
    {"gelu_tanh", gelu_tanh},
    {"mish", mish},
    {"softplus", softplus},
    {"elu", elu},
    {"lgamma", lgamma},
    {"digamma", digamma},
    {"erfinv", erfinv},
    {"reciprocal", reciprocal},
};

function mg_exhaustive_reference(const char *name) {
    for (size_t i = 0; i < sizeof references / sizeof *references; i++)
        if (!strcmp(references[i].name, name)) return references[i].f;
    return NULL;
}

static double error_in_ulps(float got, double want) {
    const float nearest = (float)want;
    if (want != want) return got != got ? 0 : INFINITY;
    if (isinf(nearest) || nearest == 0) {
        if (got == nearest && signbit(got) == signbit(nearest)) return 0;
        const bool next = nearest == 0 ? want != 0 && fabsf(got) <= 0x1p-149f : !isinf(want) && fabsf(got) == 0x1.fffffep127f;
        return next ? 1 : INFINITY;
    }
    int exponent;
    frexp(nearest, &exponent);
    const double error = fabs((double)got - want) / ldexp(1, exponent - 24 < -149 ? -149 : exponent - 24);
    return error == error ? error : INFINITY;
}

typedef void (*apply_fn)(void *kernel, float *y, const float *x, int64_t n, const mg_param *p);

double mg_exhaustive_by(apply_fn apply, void *kernel, const mg_param *p, function reference, uint64_t begin, uint64_t end, uint64_t step,
                        uint32_t *at) {
    float x[BLOCK], y[BLOCK];
    double worst = 0;
    while (begin < end) {
        int64_t n = 0;
        for (; n < BLOCK && begin < end; n++, begin += step) {
            const uint32_t bits = (uint32_t)begin;
            memcpy(&x[n], &bits, sizeof bits);
        }
        apply(kernel, y, x, n, p);
        for (int64_t i = 0; i < n; i++) {
            const double error = error_in_ulps(y[i], reference((double)x[i]));
            if (error > worst) worst = error, memcpy(at, &x[i], sizeof *at);
        }
    }
    return worst;
}

static void apply_kernel(void *kernel, float *y, const float *x, int64_t n, const mg_param *p) {
    const int64_t step = 1;
    const mg_array a[2] = {{y, &n, &step, 1, MG_F32}, {(void *)x, &n, &step, 1, MG_F32}};
    ((mg_kernel)kernel)(a, p);
}

/* The largest error of `kernel`, whose parameter is `p`, over the float32 with bits begin, begin + step... below end; *at: the bits of the
 * argument where it is. */
double mg_exhaustive(mg_kernel kernel, const mg_param *p, function reference, uint64_t begin, uint64_t end, uint64_t step, uint32_t *at) {
    return mg_exhaustive_by(apply_kernel, (void *)kernel, p, reference, begin, end, step, at);
}
