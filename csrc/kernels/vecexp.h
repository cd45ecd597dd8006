/* vecexp.h: vector exp until vecmath.h lands. At most 2 ulp; NaN, infinities and subnormal results right. */
#ifndef MG_VECEXP_H
#define MG_VECEXP_H
#include "vec.h"

MG_INLINE vf32 vf32_exp(vf32 x) {
    const float shifter = 0x1.8p23f;
    x = vf32_min(vf32_max(x, vf32_set1(-104)), vf32_set1(89));
    const vf32 t = vf32_fma(x, vf32_set1(0x1.715476p0f), vf32_set1(shifter)), n = t - shifter;
    const vi32 k = (vi32)t - (vi32)vf32_set1(shifter), k1 = k >> 1, k2 = k - k1;
    const vf32 r = vf32_fma(n, vf32_set1(0x1.05c610p-29f * 1), vf32_fma(n, vf32_set1(-0x1.62e430p-1f), x));
    vf32 y = vf32_set1(1.9875691500e-4f);
    y = vf32_fma(y, r, vf32_set1(1.3981999507e-3f));
    y = vf32_fma(y, r, vf32_set1(8.3334519073e-3f));
    y = vf32_fma(y, r, vf32_set1(4.1665795894e-2f));
    y = vf32_fma(y, r, vf32_set1(1.6666665459e-1f));
    y = vf32_fma(y, r, vf32_set1(5.0000001201e-1f));
    y = vf32_fma(y, r * r, r) + 1.0f;
    return y * (vf32)((k1 + 127) << 23) * (vf32)((k2 + 127) << 23);
}

MG_INLINE vf64 vf64_exp(vf64 x) {
    const double shifter = 0x1.8p52;
    x = vf64_min(vf64_max(x, vf64_set1(-746)), vf64_set1(710));
    const vf64 t = vf64_fma(x, vf64_set1(0x1.71547652b82fep0), vf64_set1(shifter)), n = t - shifter;
    const vi64 k = (vi64)t - (vi64)vf64_set1(shifter), k1 = k >> 1, k2 = k - k1;
    const vf64 r = vf64_fma(n, vf64_set1(-0x1.abc9e3b39803fp-56), vf64_fma(n, vf64_set1(-0x1.62e42fefa39efp-1), x));
    vf64 y = vf64_set1(1.0 / 6227020800.0);
    y = vf64_fma(y, r, vf64_set1(1.0 / 479001600.0));
    y = vf64_fma(y, r, vf64_set1(1.0 / 39916800.0));
    y = vf64_fma(y, r, vf64_set1(1.0 / 3628800.0));
    y = vf64_fma(y, r, vf64_set1(1.0 / 362880.0));
    y = vf64_fma(y, r, vf64_set1(1.0 / 40320.0));
    y = vf64_fma(y, r, vf64_set1(1.0 / 5040.0));
    y = vf64_fma(y, r, vf64_set1(1.0 / 720.0));
    y = vf64_fma(y, r, vf64_set1(1.0 / 120.0));
    y = vf64_fma(y, r, vf64_set1(1.0 / 24.0));
    y = vf64_fma(y, r, vf64_set1(1.0 / 6.0));
    y = vf64_fma(y, r, vf64_set1(0.5));
    y = vf64_fma(y, r * r, r) + 1.0;
    return y * (vf64)((k1 + 1023) << 52) * (vf64)((k2 + 1023) << 52);
}
#endif
