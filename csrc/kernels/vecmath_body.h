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

/* The same with the even and the odd powers side by side: half as long a chain of dependent instructions, and one more rounding. Without
 * fused multiply-add roundings are what is dear. */
MG_INLINE V F(poly2)(V x, const S *table, int n) {
    if (!MG_FMA) return F(poly)(x, table, n);
    const V z = x * x;
    V y = C(table[n - 1]), w = C(table[n - 2]);
#pragma GCC unroll 32
    for (int i = n - 3; i >= 0; i -= 2) {
        y = F(fma)(y, z, C(table[i]));
        if (i > 0) w = F(fma)(w, z, C(table[i - 1]));
    }
    return n % 2 ? F(fma)(w, x, y) : F(fma)(y, x, w);
}

MG_INLINE V F(at_most)(V x, S hi) { return F(min_raw)(C(hi), x); } /* NaN stays, also below */
MG_INLINE V F(clamp)(V x, S lo, S hi) { return F(min_raw)(C(hi), F(max_raw)(C(lo), x)); }

/* (num + num_low) / (den + den_low) for finite num and normal den: the sum of what is returned and *low is right to much more than the
 * last place. */
MG_INLINE V F(ratio)(V num, V num_low, V den, V den_low, V *low) {
    const V r = F(recip)(den), y = num * r;
    *low = r * (F(minus_product)(num, y, den) + F(fma)(-y, den_low, num_low));
    return y;
}

/* ---- exponentials: x = n ln(2) + r, |r| <= ln(2)/2; exp(x) = 2^n (1 + q), q = expm1(r) ---- */

/* q and n for exp(x + more), |more| tiny, q as a sum of which *rest is much the smaller part. r is only rounded where it matters little:
 * q = r + r^2 P(r) starts from its two halves. */
MG_INLINE V F(exp_parts)(V x, V more, V *rest, V *n) {
    *n = F(nearest)(x * (S)LOG2_E_HI);
    const V high = F(fma)(*n, C(-LN2_HI), x), low = F(fma)(*n, C(-LN2_LO), more), r = high + low;
    *rest = F(fma)(r * r, POLY(r, F(expm1_c)), low);
    return high;
}
MG_INLINE V F(exp_reduce)(V x, V more, V *n) {
    V rest, high = F(exp_parts)(x, more, &rest, n);
    return high + rest;
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
    return F(or_sign)(F(select)(a < 1, ODD(a, z, F(sinh_c)), far), x);
}

MG_INLINE V F(cosh)(V x) {
    V n, q = F(exp_reduce)(F(at_most)(F(abs)(x), EXP_HIGH + (S)0.5), C(0), &n);
    const V quarter = F(ldexp)((S)1 + q, n - (S)2);
    return (S)2 * (quarter + (S)0.0625 / quarter);
}

/* t / (t + 2), t = expm1(2 |x|) */
MG_INLINE V F(tanh)(V x) {
    const V a = F(at_most)(F(abs)(x), TANH_HIGH);
    V n, low, q = F(exp_reduce)(a + a, C(0), &n);
    const V power = F(ldexp)(C(1), n), t = F(fma)(power, q, power - (S)1), d = (S)2 + t;
    const V y = F(ratio)(t, C(0), d, ((S)2 - d) + t, &low);
    return F(or_sign)(y + low, x);
}

/* ---- logistic functions: with e = exp(-|x|) nothing overflows, and small results keep all their bits ---- */

/* sigmoid(x + more) = (y + *low) 2^*n: the power of two comes last, so that a product with it is rounded once where it is subnormal. */
MG_INLINE V F(sigmoid_parts)(V x, V more, V *low, V *n) {
    const I negative = x < 0;
    const V q = F(exp_reduce)(F(max_raw)(C(EXP_LOW - 6), -F(abs)(x)), F(select)(negative, more, -more), n);
    const V m = (S)1 + q, e = F(ldexp)(m, *n), d = (S)1 + e;
    const V num = F(select)(negative, m, C(1)), num_low = F(select)(negative, ((S)1 - m) + q, C(0));
    *n = F(select)(negative, *n, C(0));
    return F(ratio)(num, num_low, d, ((S)1 - d) + e, low);
}

/* x sigmoid(u + more) for an x of u's sign, finite where u is negative */
MG_INLINE V F(times_sigmoid)(V x, V u, V more) {
    V low, n, y = F(sigmoid_parts)(u, more, &low, &n);
    return F(ldexp)(F(fma)(F(at_most)(x, (S)0x1p60), low, x * y), n);
}

/* From -infinity the limit, 0. */
MG_INLINE V F(silu)(V x) { return F(times_sigmoid)(F(max_raw)(C(EXP_LOW - 10), x), x, C(0)); }

/* sigmoid(x), and sigmoid(-x) without cancellation */
MG_INLINE V F(sigmoid_both)(V x, V *other) {
    const V e = F(exp)(-F(abs)(x)), large = F(recip)((S)1 + e), small = e * large;
    *other = F(select)(x < 0, large, small);
    return F(select)(x < 0, small, large);
}
MG_INLINE V F(sigmoid)(V x) {
    const V e = F(exp)(-F(abs)(x)), d = (S)1 + e;
    V low, y = F(ratio)(F(select)(x < 0, e, C(1)), C(0), d, ((S)1 - d) + e, &low);
    return y + low;
}

/* sigmoid(x) (1 + x sigmoid(-x)); x is held where the product with 0 stays 0 */
MG_INLINE V F(silu_slope)(V x) {
    const V b = F(clamp)(x, EXP_LOW - 10, -(EXP_LOW - 10));
    V other, y = F(sigmoid_both)(b, &other);
    return y * F(fma)(b, other, C(1));
}

/* tanh(softplus(x)) = p / q, e = exp(-|x|): p = e (2 + e), q = p + 2 left of 0, p = 1 + 2 e, q = p + 2 e^2 right of it. */
MG_INLINE V F(mish)(V x) {
    V n, reduced = F(exp_reduce)(F(max_raw)(C(EXP_LOW - 6), -F(abs)(x)), C(0), &n);
    const V m = (S)1 + reduced, e = F(ldexp)(m, n), sum = (S)2 + e;
    const I negative = x < 0;
    const V p = F(select)(negative, m * sum, F(fma)(C(2), e, C(1))), q = F(select)(negative, F(fma)(e, sum, C(2)), F(fma)(e + e, e, p));
    const V sum_low = ((S)2 - sum) + e, p_low = F(fma)(m, sum_low, F(fma)(((S)1 - m) + reduced, sum, F(product_rest)(m, sum, p)));
    const V q_low = F(fma)(e, sum_low, F(fma)(e, sum, (S)2 - q)), zero = C(0);
    const V b = F(max_raw)(C(EXP_LOW - 10), x), c = F(at_most)(b, (S)0x1p60);
    V low, y = F(ratio)(p, F(select)(negative, p_low, zero), q, F(select)(negative, q_low, -F(minus_product)(q - p, e + e, e)), &low);
    y = F(ldexp)(b * y + F(fma)(c, low, F(product_rest)(c, y, c * y)), F(select)(negative, n, zero));
    return F(or_sign)(y, x);
}
/* t + x (1 - t^2) sigmoid(x), t = tanh(softplus(x)) */
MG_INLINE V F(mish_slope)(V x) {
    const V b = F(clamp)(x, EXP_LOW - 10, -(EXP_LOW - 10)), e = F(exp)(-F(abs)(b)), sum = (S)2 + e;
    const I negative = x < 0;
    const V p = F(select)(negative, e * sum, F(fma)(C(2), e, C(1))), gap = F(select)(negative, C(2), (e + e) * e), q = p + gap;
    const V r = F(recip)(q), s = F(recip)((S)1 + e) * F(select)(negative, e, C(1));
    return F(fma)(b * s, (gap * r) * ((p + q) * r), p * r);
}

/* ---- logarithms: x = 2^k (1 + f), 3/4 <= 1 + f < 3/2 ---- */

/* log(1 + f) - f */
MG_INLINE V F(log_rest)(V f) {
#if MANTISSA == 23
    const V z = f * f;
    return F(fma)(z * f, POLY(f, F(log_c)), z * (S)-0.5);
#else /* fewer terms for a division */
    const V s = f * F(recip)((S)2 + f), z = s * s, half = f * f * (S)0.5;
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
    const V rest = F(log_rest)(f), main = f * (S)LOG2_E_HI, sum = k + main; /* |k| >= |main|, or k = 0 */
    const V low = F(fma)(f, C(LOG2_E_LO), F(product_rest)(f, C(LOG2_E_HI), main)) + ((k - sum) + main);
    return F(log_edges)(x, sum + F(fma)(rest, C(LOG2_E_HI), low));
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
MG_INLINE V F(log1p)(V x) { return F(or_sign)(F(log_edges)((S)1 + x, F(log1p_inside)(x)), x); }

MG_INLINE V F(softplus)(V x) { return F(select)(x > 0, x, C(0)) + F(log1p_inside)(F(exp)(-F(abs)(x))); }

/* ---- trigonometry ---- */

/* Lanes beyond TRIG_HIGH (and infinities) take the C library's function, one at a time. */
MG_INLINE V F(trig_far)(V x, V y, S (*libm)(S)) {
    const I far = F(abs)(x) > (S)TRIG_HIGH;
    if (__builtin_expect(F(any)(far), 0))
        for (int l = 0; l < (int)(sizeof(V) / sizeof(S)); l++)
            if (far[l]) y[l] = libm(x[l]);
    return y;
}

/* sin(x + turn pi) for turn 0 and 1/2, x >= 0: x + turn pi = k pi + r, |r| <= pi/2, so that x = (k - turn) pi + r. The first parts of pi
 * are subtracted exactly, at least where r is small. */
MG_INLINE V F(sine)(V x, S turn) {
    static const S parts[] = {PI_PARTS};
    const V magic = F(fma)(x, C(0.318309886183790671538), C(turn)) + (S)MAGIC, half_turns = (magic - (S)MAGIC) - turn;
    enum { PARTS = (int)(sizeof parts / sizeof *parts) };
    V r = F(fma)(half_turns, C(-parts[0]), x);
    if (MG_FMA) {
        for (int i = 1; i < PARTS; i++) r = F(fma)(half_turns, C(-parts[i]), r);
    } else { /* products are exact, but r would be rounded for each part */
        const V product = half_turns * parts[1], most = r - product;
        V rest = (r - most) - product;
        for (int i = 2; i < PARTS; i++) rest = F(fma)(half_turns, C(-parts[i]), rest);
        r = most + rest;
    }
    return F(xor)(ODD(r, r * r, F(sin_c)), (V)((U)magic << (8 * sizeof(S) - 1)));
}
MG_INLINE V F(sin)(V x) { return F(trig_far)(x, F(xor)(F(sine)(F(abs)(x), 0), F(sign_bit)(x)), LIBM(sin)); }
MG_INLINE V F(cos)(V x) { return F(trig_far)(x, F(sine)(F(abs)(x), (S)0.5), LIBM(cos)); }

/* x = n pi/2 + r + rest, |r| <= pi/4, |rest| tiny; the lowest bit of n counts. */
MG_INLINE V F(quarter_turns)(V x, V *rest, U *n) {
    static const S parts[] = {PIO2_PARTS};
    enum { LAST = (int)(sizeof parts / sizeof *parts) - 1, EXACT = MG_FMA ? 1 : LAST - 2 };
    const V magic = x * (S)0.636619772367581343076 + (S)MAGIC, whole = magic - (S)MAGIC;
    *n = (U)magic;
    for (int i = 0; i < EXACT; i++) x = F(fma)(whole, C(-parts[i]), x);
    /* Where x and the product nearly cancel, their difference is exact; where they do not, what rounding takes from it is. */
    const V product = whole * parts[EXACT], r = x - product;
    *rest = (x - r) - product;
    if (MG_FMA) *rest -= F(product_rest)(whole, C(parts[EXACT]), product);
    for (int i = EXACT + 1; i <= LAST; i++) *rest = F(fma)(whole, C(-parts[i]), *rest);
    return r;
}

/* tan(r), or -1 / tan(r) */
MG_INLINE V F(tan)(V x) {
    U n;
    V rest, r = F(quarter_turns)(F(abs)(x), &rest, &n);
    const V z = r * r, more = F(fma)(r * z, POLY(z, F(tan_c)), F(fma)(rest, z, rest)), t = r + more, t_low = (r - t) + more;
    const V c = F(recip)(t), y = -F(fma)(c, F(minus_product)(F(fma)(-c, t_low, C(1)), c, t), c);
    return F(trig_far)(x, F(xor)(F(select)((n & 1) != 0, y, t), F(sign_bit)(x)), LIBM(tan));
}

/* ---- error function and normal distribution ---- */

#if MANTISSA == 23
MG_INLINE V F(erf)(V x) {
    const V a = F(at_most)(F(abs)(x), ERF_HIGH), z = a * a;
    const V near = F(fma)(a, POLY(z, F(erf_c)), a), far = (S)1 - F(exp)(POLY(a, F(erf_far_c)));
    return F(or_sign)(F(select)(a < 1, near, far), x);
}
#else /* a longer polynomial, which mostly is enough */
MG_INLINE V F(erf)(V x) {
    const V a = F(at_most)(F(abs)(x), ERF_HIGH);
    const I beyond = a >= 2;
    V y = a * POLY(F(fma)(a, a, C(-2)), F(erf_c));
    if (F(any)(beyond)) y = F(select)(beyond, (S)1 - F(exp)(POLY(a, F(erf_far_c))), y);
    return F(or_sign)(y, x);
}
#endif

/* factor exp(-(s + rest)) d P(1 - 2 k d), d = 1 / (a + k), to much more than the last place; a, s >= 0. The power of two comes last, so
 * that subnormal results are rounded once. */
MG_INLINE V F(tail)(V factor, V s, V rest, V a, S k, const S *table, int terms) {
    const V u = a + k, d = F(recip)(u), d_low = d * (F(minus_product)(C(1), d, u) - d * (a - (u - k)));
    const V t = F(fma)(d, C(-2 * k), C(1)), q = F(poly)(t, table + 1, terms - 1), p = F(fma)(t, q, C(table[0]));
    const V p_low = F(fma)(d_low, C(-2 * k * table[1]), -F(minus_product)(p - table[0], t, q)); /* table[1]: about the slope of P */
    const V h = factor * d, h_low = F(fma)(factor, d_low, F(product_rest)(factor, d, h)), e = h * p;
    const V e_low = F(fma)(h, p_low, F(fma)(h_low, p, F(product_rest)(h, p, e)));
    V n, more, power = F(exp_parts)(-s, -rest, &more, &n);
    return F(ldexp)(e + F(fma)(e, power, F(fma)(e, more, F(fma)(e_low, power, e_low))), n);
}
#define TAIL(factor, s, rest, a, k, table) F(tail)(factor, s, rest, a, k, table, (int)(sizeof table / sizeof *table))

MG_INLINE V F(erfc)(V x) {
    const V a = F(at_most)(F(abs)(x), ERFC_HIGH), z = a * a;
    const V y = TAIL(C(1), z, F(product_rest)(a, a, z), a, (S)ERFC_SHIFT, F(erfc_c)); /* of |x| */
    return F(select)(x < 0, (S)2 - y, y);
}

/* x Phi(x) */
#if MANTISSA == 23
/* Phi(-a) = (m + *low) 2^n, returned m, by 2^(-b^2) P(a - middle) with b linear in a: nothing divides, and b^2 is reduced nearly exactly.
 * n stands in the low bits of *magic. */
MG_INLINE V F(normal_power)(V a, S rate, S shift, S middle, const S *table, int terms, V *low, V *magic) {
    const V b = F(fma)(a, C(rate), C(shift)), excess = F(minus_product)(F(fma)(b, C(2), C(-2 * shift)), a, C(2 * rate)); /* twice b's */
    *magic = F(fnma)(b, b, C(MAGIC));
    const V r = F(fma)(b, excess, F(minus_product)((S)MAGIC - *magic, b, b));
    const V t = a - middle, first = C(table[0]), q = F(poly2)(t, table + 1, terms - 1), p = F(fma)(t, q, first);
    const V more = F(fma)(t, q, p * r * POLY(r, F(half_power_c))), high = first + more; /* p 2^r - first */
    *low = (first - high) + more;
    return high;
}
#define NORMAL_POWER(a, name, table, low, magic) \
    F(normal_power)(a, name##_RATE, name##_SHIFT, name##_MIDDLE, table, (int)(sizeof table / sizeof *table), low, magic)

/* x - a (m + low) for an x that is 0 or at least twice the product */
MG_INLINE V F(minus_product_of_two)(V x, V a, V m, V low) {
    if (MG_FMA) return F(fnma)(a, m, F(fnma)(a, low, x));
    const V product = a * m;
    return (x - product) - F(fma)(a, low, F(product_rest)(a, m, product));
}

/* For x >= -V_GELU_NEAR: max(x, 0) - a Phi(-a). */
MG_INLINE V F(gelu_near)(V x) {
    const V a = F(at_most)(F(abs)(x), GELU_ONE);
    V low, magic, m = NORMAL_POWER(a, GELU, F(gelu_c), &low, &magic);
    const V power = (V)((U)C(1) + ((U)magic << MANTISSA)), y = F(minus_product_of_two)(F(max_raw)(C(0), x), a * power, m, low);
    return F(or_sign)(y, x); /* the sign is for zeros */
}
/* For x < -V_GELU_NEAR. The power of two comes last, so that subnormal results are rounded once. */
MG_INLINE V F(gelu_far)(V x) {
    const V a = F(at_most)(F(abs)(x), GELU_HIGH);
    V low, magic, m = NORMAL_POWER(a, GELU_FAR, F(gelu_far_c), &low, &magic);
    return F(ldexp)(F(minus_product_of_two)(C(0), a, m, low), magic - (S)MAGIC);
}
#undef NORMAL_POWER
#else
MG_INLINE V F(gelu)(V x) {
    const V a = F(at_most)(F(abs)(x), GELU_HIGH), s = a * a;
    const V y = TAIL(-a, s * (S)0.5, F(product_rest)(a, a, s) * (S)0.5, a, (S)NORMAL_SHIFT, F(normal_c)); /* -|x| Phi(-|x|) */
    const V both = F(or_sign)(F(select)(x >= 0, x + y, y), x);                                            /* the sign is for zeros */
    return MG_FMA ? both : F(select)(a < (S)TINY, x * (S)0.5, both); /* products of subnormal numbers have no exact rest there */
}
#endif
/* Phi(x) + x phi(x); a sum of terms near 1, which need no more than their rounding */
MG_INLINE V F(gelu_slope)(V x) {
    const V a = F(at_most)(F(abs)(x), GELU_HIGH), d = F(recip)(a + (S)NORMAL_SHIFT);
    const V tail = d * POLY(F(fma)(d, C(-2 * (S)NORMAL_SHIFT), C(1)), F(normal_c));
    const V below =
        F(exp)(a * a * (S)-0.5) * F(fma)(a, C(-0.398942280401432677940), tail); /* of -|x|; the slopes of x and -x add up to 1 */
    return F(select)(x > 0, (S)1 - below, below);
}

/* x (1 + tanh(u)) / 2 = x sigmoid(2 u), 2 u = x (A + B x^2), A = 2 sqrt(2 / pi). Where the exponential is tiny, an error of its argument
 * counts many times: it is computed to twice the precision. */
#define GELU_A 1.5957691216057307117597842397375L
#define GELU_B (GELU_A * 0.044715L)
MG_INLINE V F(gelu_tanh)(V x) {
    const S A = (S)GELU_A, B = (S)GELU_B, A_LOW = (S)(GELU_A - (S)GELU_A), B_LOW = (S)(GELU_B - (S)GELU_B);
    const V b = F(clamp)(x, -GELU_HIGH, GELU_HIGH), z = b * b, w = z * B, p = w + A, part = p - A;
    const V w_low = F(fma)(z, C(B_LOW), F(fma)(F(product_rest)(b, b, z), C(B), F(product_rest)(z, C(B), w)));
    const V p_low = ((A - (p - part)) + (w - part)) + (w_low + A_LOW), u = b * p;
    const V low = F(fma)(b, p_low, F(product_rest)(b, p, u));
    return F(times_sigmoid)(F(select)(x < 0, b, x), u, low);
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
#undef TAIL
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
#undef PI_PARTS
#undef ERFC_SHIFT
#undef NORMAL_SHIFT
