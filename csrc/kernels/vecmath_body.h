/* vecmath_body.h: the functions of vecmath.h for one precision, whose constants vecmath.h has just defined; included twice. */

#define C(x) F(set1)((S)(x))
#define POLY(x, table) F(poly)(x, table, (int)(sizeof table / sizeof *table))

/* table[0] + table[1] x + ... */
MG_INLINE V F(poly)(V x, const S *table, int n) {
    V y = C(table[n - 1]);
#pragma GCC unroll 32
    for (int i = n - 2; i >= 0; i--) y = F(fma)(y, x, C(table[i]));
    return y;
}

MG_INLINE V F(at_most)(V x, S hi) { return F(min_raw)(C(hi), x); } /* NaN stays, also below */
MG_INLINE V F(clamp)(V x, S lo, S hi) { return F(min_raw)(C(hi), F(max_raw)(C(lo), x)); }

/* ---- exponentials: x = n ln(2) + r, |r| <= ln(2)/2; exp(x) = 2^n (1 + q), q = expm1(r) ---- */

/* q and n for exp(x + more), |more| tiny. r is only rounded where it matters little: q = r + r^2 P(r) starts from its two halves. */
MG_INLINE V F(exp_reduce)(V x, V more, V *n) {
    *n = F(nearest)(x * (S)LOG2_E_HI);
    const V high = F(fma)(*n, C(-LN2_HI), x), low = F(fma)(*n, C(-LN2_LO), more), r = high + low;
    return high + F(fma)(r * r, POLY(r, F(expm1_c)), low);
}

MG_INLINE V F(exp)(V x) {
    V n, q = F(exp_reduce)(F(clamp)(x, EXP_LOW, EXP_HIGH), C(0), &n);
    return F(ldexp)((S)1 + q, n);
}

MG_INLINE V F(exp2)(V x) {
    x = F(clamp)(x, EXP_LOW * (S)1.5, EXP_HIGH * (S)1.5);
    const V n = F(nearest)(x), r = (x - n) * (S)0.693147180559945309417;
    return F(ldexp)((S)1 + F(fma)(r * r, POLY(r, F(expm1_c)), r), n);
}

/* (exp(x) - 1) / 4 = 2^(n-2) q + (2^(n-2) - 1/4): a quarter, so that 2^(n-2) is finite wherever the result is. */
MG_INLINE V F(expm1_quarter)(V x) {
    V n, q = F(exp_reduce)(x, C(0), &n);
    const V quarter = F(ldexp)(C(0.25), n);
    return F(fma)(quarter, q, quarter - (S)0.25);
}

/* Near zero x itself: the quarter of a subnormal number loses bits. */
MG_INLINE V F(expm1)(V x) {
    const V y = (S)4 * F(expm1_quarter)(F(clamp)(x, EXPM1_LOW, EXP_HIGH));
    return F(select)(F(abs)(x) < (S)TINY, x, y);
}

/* x + x z P(z), z = x^2: odd functions near zero */
#define ODD(x, z, table) F(fma)((x) * (z), POLY(z, table), x)

MG_INLINE V F(sinh)(V x) {
    const V a = F(at_most)(F(abs)(x), EXP_HIGH + (S)0.5), q = F(expm1_quarter)(a), z = a * a;
    const V far = (S)2 * (q + q / F(fma)(C(4), q, C(1)));
    return F(or)(F(select)(a < 1, ODD(a, z, F(sinh_c)), far), F(sign_bit)(x));
}

MG_INLINE V F(cosh)(V x) {
    V n, q = F(exp_reduce)(F(at_most)(F(abs)(x), EXP_HIGH + (S)0.5), C(0), &n);
    const V quarter = F(ldexp)((S)1 + q, n - (S)2);
    return (S)2 * (quarter + (S)0.0625 / quarter);
}

MG_INLINE V F(tanh)(V x) {
    const V a = F(at_most)(F(abs)(x), TANH_HIGH), z = a * a;
    const V n = F(nearest)(a * (S)(2 * LOG2_E_HI)), r = F(fma)(n, C(-LN2_LO), F(fma)(n, C(-LN2_HI), a + a));
    const V e = F(ldexp)((S)1 + F(fma)(r * r, POLY(r, F(expm1_c)), r), n); /* exp(2 a) */
    const V far = F(fma)((S)1 / ((S)1 + e), C(-2), C(1));
    return F(or)(F(select)(a < (S)0.625, ODD(a, z, F(tanh_c)), far), F(sign_bit)(x));
}

/* ---- logistic functions: with e = exp(-|x|) nothing overflows, and small results keep all their bits ---- */

MG_INLINE V F(sigmoid)(V x) {
    const V e = F(exp)(-F(abs)(x)), d = (S)1 + e, y = F(select)(x < 0, e, C(1)) / d;
    return F(fma)((d - (S)1) - e, y * ((S)1 - y), y); /* what rounding added to d, to first order where it matters: x < 0 */
}

/* y sigmoid(x), where y may be large when sigmoid(x) is tiny: the power of two comes last. */
MG_INLINE V F(times_sigmoid)(V y, V x) {
    V n, q = F(exp_reduce)(F(max_raw)(C(EXP_LOW - 6), -F(abs)(x)), C(0), &n);
    const V m = (S)1 + q, e = F(ldexp)(m, n);
    const I negative = x < 0;
    return F(ldexp)(y * F(select)(negative, m, C(1)) / ((S)1 + e), F(select)(negative, n, C(0)));
}

/* From -infinity the limit, 0. */
MG_INLINE V F(silu)(V x) { return F(times_sigmoid)(F(max_raw)(C(EXP_LOW - 10), x), x); }

/* sigmoid(x), and sigmoid(-x) without cancellation */
MG_INLINE V F(sigmoid_both)(V x, V *other) {
    const V e = F(exp)(-F(abs)(x)), large = (S)1 / ((S)1 + e), small = e * large;
    *other = F(select)(x < 0, large, small);
    return F(select)(x < 0, small, large);
}
/* sigmoid(x) (1 + x sigmoid(-x)); x is held where the product with 0 stays 0 */
MG_INLINE V F(silu_slope)(V x) {
    const V b = F(clamp)(x, EXP_LOW - 10, -(EXP_LOW - 10));
    V other, y = F(sigmoid_both)(b, &other);
    return y * F(fma)(b, other, C(1));
}

/* ---- logarithms: x = 2^k (1 + f), 3/4 <= 1 + f < 3/2 ---- */

/* log(1 + f) - f */
MG_INLINE V F(log_rest)(V f) {
#if MANTISSA == 23
    const V z = f * f;
    return F(fma)(z * f, POLY(f, F(log_c)), z * (S)-0.5);
#else /* fewer terms for a division */
    const V s = f / ((S)2 + f), z = s * s, half = f * f * (S)0.5;
    return F(fma)(s, F(fma)(z, POLY(z, F(log_c)), half), -half);
#endif
}

MG_INLINE V F(log_reduce)(V x, V *f) {
    V m, k = F(log_split)(x, &m);
    *f = m - (S)1;
    return k;
}

MG_INLINE V F(log)(V x) {
    V f, k = F(log_reduce)(x, &f);
    return F(log_edges)(x, F(fma)(k, C(LN2_HI), f + F(fma)(k, C(LN2_LO), F(log_rest)(f))));
}

/* The logarithm times hi + lo, the factor that changes the base. */
MG_INLINE V F(log2)(V x) {
    V f, k = F(log_reduce)(x, &f);
    const V rest = F(log_rest)(f);
    return F(log_edges)(x, k + F(fma)(f, C(LOG2_E_HI), F(fma)(f, C(LOG2_E_LO), rest * (S)LOG2_E_HI)));
}
MG_INLINE V F(log10)(V x) {
    V f, k = F(log_reduce)(x, &f);
    const V low = F(fma)(k, C(LOG10_2_LO), F(fma)(f, C(LOG10_E_LO), F(log_rest)(f) * (S)LOG10_E_HI));
    return F(log_edges)(x, F(fma)(k, C(LOG10_2_HI), F(fma)(f, C(LOG10_E_HI), low)));
}

/* For finite x > -1: k from 1 + x rounded, then f = 2^-k (1 + x) - 1, rounded once. */
MG_INLINE V F(log1p_inside)(V x) {
    V m, k = F(log_split)((S)1 + x, &m);
    const V scale = F(ldexp)(C(1), -k), f = F(fma)(scale, x, scale - (S)1);
    return F(fma)(k, C(LN2_HI), f + F(fma)(k, C(LN2_LO), F(log_rest)(f)));
}
MG_INLINE V F(log1p)(V x) { return F(or)(F(log_edges)((S)1 + x, F(log1p_inside)(x)), F(sign_bit)(x)); }

MG_INLINE V F(softplus)(V x) { return F(select)(x > 0, x, C(0)) + F(log1p_inside)(F(exp)(-F(abs)(x))); }

/* ---- trigonometry: x = n pi/2 + r ---- */

/* r, what rounding took from it, and n (its two low bits count). The first parts are subtracted exactly; what the next one leaves behind
 * and the last ones are small, and added up on their own. */
MG_INLINE V F(trig_reduce)(V x, V *rest, U *n) {
    static const S parts[] = {PIO2_PARTS};
    const V magic = x * (S)0.636619772367581343076 + (S)MAGIC, whole = magic - (S)MAGIC;
    *n = (U)magic;
    for (int i = 0; i < PIO2_EXACT; i++) x = F(fma)(whole, C(-parts[i]), x);
    const V big = F(fma)(whole, C(-parts[PIO2_EXACT]), x);
    V small = F(fma)(whole, C(-parts[PIO2_EXACT]), x - big);
    small = F(fma)(whole, C(-parts[PIO2_EXACT + 2]), F(fma)(whole, C(-parts[PIO2_EXACT + 1]), small));
    const V r = big + small;
    *rest = (big - r) + small;
    return r;
}
MG_INLINE V F(sin_near)(V r, V rest, V z) { return r + F(fma)(z * r, POLY(z, F(sin_c)), rest); }
MG_INLINE V F(cos_near)(V r, V rest, V z) {
    const V half = z * (S)0.5, w = (S)1 - half; /* what this rounds off is ((1 - w) - half) */
    return w + F(fma)(z * z, POLY(z, F(cos_c)), F(fma)(-r, rest, ((S)1 - w) - half));
}

/* Lanes beyond TRIG_HIGH (and infinities) take the C library's function, one at a time. */
MG_INLINE V F(trig_far)(V x, V y, S (*libm)(S)) {
    const I far = F(abs)(x) > (S)TRIG_HIGH;
    if (__builtin_expect(F(any)(far), 0))
        for (int l = 0; l < (int)(sizeof(V) / sizeof(S)); l++)
            if (far[l]) y[l] = libm(x[l]);
    return y;
}

/* sin(x + turn pi/2), x >= 0 */
MG_INLINE V F(sine)(V x, unsigned turn) {
    U n;
    V rest, r = F(trig_reduce)(x, &rest, &n);
    n += turn;
    const V z = r * r, y = F(select)((n & 1) != 0, F(cos_near)(r, rest, z), F(sin_near)(r, rest, z));
    return F(xor)(y, (V)((n & 2) << (MANTISSA + (MANTISSA == 23 ? 7 : 10))));
}
MG_INLINE V F(sin)(V x) { return F(trig_far)(x, F(xor)(F(sine)(F(abs)(x), 0), F(sign_bit)(x)), LIBM(sin)); }
MG_INLINE V F(cos)(V x) { return F(trig_far)(x, F(sine)(F(abs)(x), 1), LIBM(cos)); }
MG_INLINE V F(tan)(V x) {
    U n;
    V rest, r = F(trig_reduce)(F(abs)(x), &rest, &n);
    const V z = r * r, s = F(sin_near)(r, rest, z), c = F(cos_near)(r, rest, z);
    const I odd = (n & 1) != 0;
    const V y = F(select)(odd, -c, s) / F(select)(odd, s, c);
    return F(trig_far)(x, F(xor)(y, F(sign_bit)(x)), LIBM(tan));
}

/* ---- error function and normal distribution ---- */

/* exp(a^2) erfc(a), a >= 0 */
MG_INLINE V F(erfcx)(V a) {
    const V u = a + (S)ERFC_SHIFT, d = (S)1 / u, p = d * u;
    const V rest = ((S)1 - p) - F(product_rest)(d, u, p) - d * (a - (u - (S)ERFC_SHIFT)); /* of the division and the sum */
    const V y = d * POLY(F(fma)(d, C(-2 * ERFC_SHIFT), C(1)), F(erfc_c));
    return F(fma)(y, rest, y);
}

MG_INLINE V F(erf)(V x) {
    const V a = F(at_most)(F(abs)(x), ERF_HIGH), z = a * a;
    const V near = F(fma)(a, POLY(z, F(erf_c)), a), far = (S)1 - F(exp)(POLY(a, F(erf_far_c)));
    return F(or)(F(select)(a < 1, near, far), F(sign_bit)(x));
}

/* factor * exp(-(s + rest)) * e, s >= 0; the power of two comes last, so that subnormal results are rounded once */
MG_INLINE V F(gauss)(V factor, V s, V rest, V e) {
    V n, q = F(exp_reduce)(-s, -rest, &n);
    return F(ldexp)(factor * F(fma)(e, q, e), n);
}

MG_INLINE V F(erfc)(V x) {
    const V a = F(at_most)(F(abs)(x), ERFC_HIGH), z = a * a;
    const V far = F(gauss)(C(1), z, F(product_rest)(a, a, z), F(erfcx)(a)); /* of |x| */
    const V near = F(fma)(x, POLY(z, F(erf_c)), x);                         /* erf(x) */
    return F(select)((x < (S)0.5) & (x > -1), (S)1 - near, F(select)(x < 0, (S)2 - far, far));
}

/* x Phi(x), with Phi(-|x|) = erfc(|x| / sqrt(2)) / 2 to full relative accuracy */
MG_INLINE V F(gelu)(V x) {
    const V a = F(at_most)(F(abs)(x), GELU_HIGH), s = a * a;
    const V e = F(erfcx)(a * (S)0.707106781186547524401), rest = F(product_rest)(a, a, s) * (S)0.5;
    const V y = F(gauss)(a * (S)-0.5, s * (S)0.5, rest, e); /* -|x| Phi(-|x|) */
    return F(select)(x >= 0, x + y, y);
}
/* Phi(x) + x phi(x) */
MG_INLINE V F(gelu_slope)(V x) {
    const V a = F(at_most)(F(abs)(x), GELU_HIGH), s = a * a * (S)0.5;
    const V density = F(exp)(-s), tail = density * F(erfcx)(a * (S)0.707106781186547524401) * (S)0.5;
    const V below = F(fma)(a * (S)-0.398942280401432677940, density, tail); /* of -|x|; the slopes of x and -x add up to 1 */
    return F(select)(x > 0, (S)1 - below, below);
}

/* x (1 + tanh(u)) / 2 = x sigmoid(2 u), 2 u = x (A + B x^2) */
#define GELU_A 1.59576912160573071176
#define GELU_B (GELU_A * 0.044715)
MG_INLINE V F(gelu_tanh)(V x) {
    const V b = F(clamp)(x, -GELU_HIGH, GELU_HIGH);
    return F(times_sigmoid)(F(select)(x < 0, b, x), b * F(fma)(b * b, C(GELU_B), C(GELU_A)));
}
MG_INLINE V F(gelu_tanh_slope)(V x) {
    const V b = F(clamp)(x, -GELU_HIGH, GELU_HIGH), z = b * b;
    V other, y = F(sigmoid_both)(b * F(fma)(z, C(GELU_B), C(GELU_A)), &other);
    return F(fma)(y * other, b * F(fma)(z, C(3 * GELU_B), C(GELU_A)), y);
}

#undef GELU_A
#undef GELU_B
#undef C
#undef POLY
#undef V
#undef I
#undef U
#undef S
#undef F
#undef LIBM
#undef MANTISSA
#undef MAGIC
#undef ODD
#undef TINY
#undef EXP_LOW
#undef EXP_HIGH
#undef EXPM1_LOW
#undef TANH_HIGH
#undef ERF_HIGH
#undef ERFC_HIGH
#undef GELU_HIGH
#undef LN2_HI
#undef LN2_LO
#undef LOG2_E_HI
#undef LOG2_E_LO
#undef LOG10_E_HI
#undef LOG10_E_LO
#undef LOG10_2_HI
#undef LOG10_2_LO
#undef TRIG_HIGH
#undef PIO2_PARTS
#undef PIO2_EXACT
#undef ERFC_SHIFT
