/* vec.h: vectors of the width that the instruction set has. The only file with #if on the instruction set.
 *
 * Types are GCC vector extensions (gcc and clang), so arithmetic, comparison (giving integer masks) and shifts are
 * operators; only what they cannot say stands here. MG_F32_LANES is 4 (SSE2, NEON, plain), 8 (AVX2) or 16 (AVX-512).
 * The build forbids contraction (-ffp-contract=off): a fused multiply-add happens where vf32_fma says so and nowhere else. On an
 * instruction set without it, vf32_fma rounds twice. */
#ifndef MG_VEC_H
#define MG_VEC_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__)
#include <immintrin.h>
#define MG_VEC_BYTES 64
#elif defined(__AVX2__)
#include <immintrin.h>
#define MG_VEC_BYTES 32
#else
#define MG_VEC_BYTES 16
#if defined(__ARM_NEON)
#include <arm_neon.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif
#endif

/* Vector registers: what a tile of accumulators may use. */
#if defined(__AVX512F__) || defined(__aarch64__)
#define MG_VEC_REGISTERS 32
#else
#define MG_VEC_REGISTERS 16
#endif

#define MG_F32_LANES (MG_VEC_BYTES / 4)
#define MG_F64_LANES (MG_VEC_BYTES / 8)

typedef float vf32 __attribute__((vector_size(MG_VEC_BYTES)));
typedef double vf64 __attribute__((vector_size(MG_VEC_BYTES)));
typedef int32_t vi32 __attribute__((vector_size(MG_VEC_BYTES)));
typedef int64_t vi64 __attribute__((vector_size(MG_VEC_BYTES)));
typedef uint32_t vu32 __attribute__((vector_size(MG_VEC_BYTES)));
typedef uint64_t vu64 __attribute__((vector_size(MG_VEC_BYTES)));

#define MG_INLINE static inline __attribute__((always_inline))

#define MG_VEC_MEMORY(V, T)                                                                            \
    typedef T V##_unaligned __attribute__((vector_size(MG_VEC_BYTES), aligned(sizeof(T)), may_alias)); \
    MG_INLINE V V##_load(const T *p) { return (V)(*(const V##_unaligned *)p); }                        \
    MG_INLINE void V##_store(T *p, V x) { *(V##_unaligned *)p = (V##_unaligned)x; }                    \
    MG_INLINE V V##_set1(T x) { return x - (V){0}; } /* a bare broadcast: x - 0 is x, while x + 0 is not for x = -0 */
MG_VEC_MEMORY(vf32, float)
MG_VEC_MEMORY(vf64, double)
MG_VEC_MEMORY(vi32, int32_t)
MG_VEC_MEMORY(vi64, int64_t)
#undef MG_VEC_MEMORY

/* The first n lanes, 0 <= n <= lanes; the others read as zero and are not written. */
#if defined(__AVX512F__)
MG_INLINE vf32 vf32_load_n(const float *p, int64_t n) { return (vf32)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p); }
MG_INLINE void vf32_store_n(float *p, vf32 x, int64_t n) { _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)x); }
MG_INLINE vf64 vf64_load_n(const double *p, int64_t n) { return (vf64)_mm512_maskz_loadu_pd((__mmask8)((1u << n) - 1), p); }
MG_INLINE void vf64_store_n(double *p, vf64 x, int64_t n) { _mm512_mask_storeu_pd(p, (__mmask8)((1u << n) - 1), (__m512d)x); }
#elif defined(__AVX2__)
MG_INLINE __m256i mg_mask32(int64_t n) { return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)); }
MG_INLINE __m256i mg_mask64(int64_t n) { return _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), _mm256_setr_epi64x(0, 1, 2, 3)); }
MG_INLINE vf32 vf32_load_n(const float *p, int64_t n) { return (vf32)_mm256_maskload_ps(p, mg_mask32(n)); }
MG_INLINE void vf32_store_n(float *p, vf32 x, int64_t n) { _mm256_maskstore_ps(p, mg_mask32(n), (__m256)x); }
MG_INLINE vf64 vf64_load_n(const double *p, int64_t n) { return (vf64)_mm256_maskload_pd(p, mg_mask64(n)); }
MG_INLINE void vf64_store_n(double *p, vf64 x, int64_t n) { _mm256_maskstore_pd(p, mg_mask64(n), (__m256d)x); }
#else
MG_INLINE vf32 vf32_load_n(const float *p, int64_t n) {
    vf32 x = {n > 0 ? p[0] : 0, n > 1 ? p[1] : 0, n > 2 ? p[2] : 0, n > 3 ? p[3] : 0};
    return x;
}
MG_INLINE void vf32_store_n(float *p, vf32 x, int64_t n) {
    if (n > 0) p[0] = x[0];
    if (n > 1) p[1] = x[1];
    if (n > 2) p[2] = x[2];
    if (n > 3) p[3] = x[3];
}
MG_INLINE vf64 vf64_load_n(const double *p, int64_t n) {
    vf64 x = {n > 0 ? p[0] : 0, n > 1 ? p[1] : 0};
    return x;
}
MG_INLINE void vf64_store_n(double *p, vf64 x, int64_t n) {
    if (n > 0) p[0] = x[0];
    if (n > 1) p[1] = x[1];
}
#endif

/* p[0], p[stride], p[2 * stride]... */
MG_INLINE vf32 vf32_load_stride(const float *p, int64_t stride) {
    vf32 x;
    for (int i = 0; i < MG_F32_LANES; i++) x[i] = p[i * stride];
    return x;
}
MG_INLINE vf64 vf64_load_stride(const double *p, int64_t stride) {
    vf64 x;
    for (int i = 0; i < MG_F64_LANES; i++) x[i] = p[i * stride];
    return x;
}

/* A vector from pieces of 16 bytes: rows[0] + at, rows[step] + at, rows[2 * step] + at and so on. */
#if defined(__AVX512F__)
MG_INLINE vf32 vf32_load_pieces(const float *const *rows, int step, int64_t at) {
    __m512 x = _mm512_castps128_ps512(_mm_loadu_ps(rows[0] + at));
    x = _mm512_insertf32x4(x, _mm_loadu_ps(rows[step] + at), 1);
    x = _mm512_insertf32x4(x, _mm_loadu_ps(rows[2 * step] + at), 2);
    return (vf32)_mm512_insertf32x4(x, _mm_loadu_ps(rows[3 * step] + at), 3);
}
MG_INLINE vf64 vf64_load_pieces(const double *const *rows, int step, int64_t at) {
    __m512d x = _mm512_castpd128_pd512(_mm_loadu_pd(rows[0] + at));
    x = _mm512_insertf64x2(x, _mm_loadu_pd(rows[step] + at), 1);
    x = _mm512_insertf64x2(x, _mm_loadu_pd(rows[2 * step] + at), 2);
    return (vf64)_mm512_insertf64x2(x, _mm_loadu_pd(rows[3 * step] + at), 3);
}
#elif defined(__AVX2__)
MG_INLINE vf32 vf32_load_pieces(const float *const *rows, int step, int64_t at) {
    return (vf32)_mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(rows[0] + at)), _mm_loadu_ps(rows[step] + at), 1);
}
MG_INLINE vf64 vf64_load_pieces(const double *const *rows, int step, int64_t at) {
    return (vf64)_mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_loadu_pd(rows[0] + at)), _mm_loadu_pd(rows[step] + at), 1);
}
#else
MG_INLINE vf32 vf32_load_pieces(const float *const *rows, int step, int64_t at) { return (void)step, vf32_load(rows[0] + at); }
MG_INLINE vf64 vf64_load_pieces(const double *const *rows, int step, int64_t at) { return (void)step, vf64_load(rows[0] + at); }
#endif

/* a * b + c and c - a * b. MG_FMA: whether they round once. */
#if defined(__AVX512F__)
#define MG_FMA 1
MG_INLINE vf32 vf32_fma(vf32 a, vf32 b, vf32 c) { return (vf32)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c); }
MG_INLINE vf64 vf64_fma(vf64 a, vf64 b, vf64 c) { return (vf64)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c); }
MG_INLINE vf32 vf32_fnma(vf32 a, vf32 b, vf32 c) { return (vf32)_mm512_fnmadd_ps((__m512)a, (__m512)b, (__m512)c); }
MG_INLINE vf64 vf64_fnma(vf64 a, vf64 b, vf64 c) { return (vf64)_mm512_fnmadd_pd((__m512d)a, (__m512d)b, (__m512d)c); }
#elif defined(__AVX2__)
#define MG_FMA 1
MG_INLINE vf32 vf32_fma(vf32 a, vf32 b, vf32 c) { return (vf32)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c); }
MG_INLINE vf64 vf64_fma(vf64 a, vf64 b, vf64 c) { return (vf64)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c); }
MG_INLINE vf32 vf32_fnma(vf32 a, vf32 b, vf32 c) { return (vf32)_mm256_fnmadd_ps((__m256)a, (__m256)b, (__m256)c); }
MG_INLINE vf64 vf64_fnma(vf64 a, vf64 b, vf64 c) { return (vf64)_mm256_fnmadd_pd((__m256d)a, (__m256d)b, (__m256d)c); }
#elif defined(__ARM_NEON) && defined(__aarch64__)
#define MG_FMA 1
MG_INLINE vf32 vf32_fma(vf32 a, vf32 b, vf32 c) { return (vf32)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b); }
MG_INLINE vf64 vf64_fma(vf64 a, vf64 b, vf64 c) { return (vf64)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b); }
MG_INLINE vf32 vf32_fnma(vf32 a, vf32 b, vf32 c) { return (vf32)vfmsq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b); }
MG_INLINE vf64 vf64_fnma(vf64 a, vf64 b, vf64 c) { return (vf64)vfmsq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b); }
#else
#define MG_FMA 0
MG_INLINE vf32 vf32_fma(vf32 a, vf32 b, vf32 c) { return a * b + c; }
MG_INLINE vf64 vf64_fma(vf64 a, vf64 b, vf64 c) { return a * b + c; }
MG_INLINE vf32 vf32_fnma(vf32 a, vf32 b, vf32 c) { return c - a * b; }
MG_INLINE vf64 vf64_fnma(vf64 a, vf64 b, vf64 c) { return c - a * b; }
#endif

/* Both halves of 16 (8, 4) floats as doubles, and back. */
#if defined(__AVX512F__)
MG_INLINE vf64 vf32_low_half(vf32 x) { return (vf64)_mm512_cvtps_pd(_mm512_castps512_ps256((__m512)x)); }
MG_INLINE vf64 vf32_high_half(vf32 x) { return (vf64)_mm512_cvtps_pd(_mm512_extractf32x8_ps((__m512)x, 1)); }
MG_INLINE vf32 vf32_of_halves(vf64 low, vf64 high) {
    return (vf32)_mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps((__m512d)low)), _mm512_cvtpd_ps((__m512d)high), 1);
}
#elif defined(__AVX2__)
MG_INLINE vf64 vf32_low_half(vf32 x) { return (vf64)_mm256_cvtps_pd(_mm256_castps256_ps128((__m256)x)); }
MG_INLINE vf64 vf32_high_half(vf32 x) { return (vf64)_mm256_cvtps_pd(_mm256_extractf128_ps((__m256)x, 1)); }
MG_INLINE vf32 vf32_of_halves(vf64 low, vf64 high) {
    return (vf32)_mm256_insertf128_ps(_mm256_castps128_ps256(_mm256_cvtpd_ps((__m256d)low)), _mm256_cvtpd_ps((__m256d)high), 1);
}
#else
MG_INLINE vf64 vf32_low_half(vf32 x) { return (vf64){x[0], x[1]}; }
MG_INLINE vf64 vf32_high_half(vf32 x) { return (vf64){x[2], x[3]}; }
MG_INLINE vf32 vf32_of_halves(vf64 low, vf64 high) { return (vf32){(float)low[0], (float)low[1], (float)high[0], (float)high[1]}; }
#endif

/* Square root, correctly rounded. */
#if defined(__AVX512F__)
MG_INLINE vf32 vf32_sqrt(vf32 x) { return (vf32)_mm512_sqrt_ps((__m512)x); }
MG_INLINE vf64 vf64_sqrt(vf64 x) { return (vf64)_mm512_sqrt_pd((__m512d)x); }
#elif defined(__AVX2__)
MG_INLINE vf32 vf32_sqrt(vf32 x) { return (vf32)_mm256_sqrt_ps((__m256)x); }
MG_INLINE vf64 vf64_sqrt(vf64 x) { return (vf64)_mm256_sqrt_pd((__m256d)x); }
#elif defined(__SSE2__)
MG_INLINE vf32 vf32_sqrt(vf32 x) { return (vf32)_mm_sqrt_ps((__m128)x); }
MG_INLINE vf64 vf64_sqrt(vf64 x) { return (vf64)_mm_sqrt_pd((__m128d)x); }
#else
MG_INLINE vf32 vf32_sqrt(vf32 x) {
    for (int i = 0; i < MG_F32_LANES; i++) x[i] = __builtin_sqrtf(x[i]);
    return x;
}
MG_INLINE vf64 vf64_sqrt(vf64 x) {
    for (int i = 0; i < MG_F64_LANES; i++) x[i] = __builtin_sqrt(x[i]);
    return x;
}
#endif

/* Product of the low halves of each lane. */
#if defined(__AVX512F__)
MG_INLINE vu64 vu64_mul_low32(vu64 a, vu64 b) { return (vu64)_mm512_mul_epu32((__m512i)a, (__m512i)b); }
#elif defined(__AVX2__)
MG_INLINE vu64 vu64_mul_low32(vu64 a, vu64 b) { return (vu64)_mm256_mul_epu32((__m256i)a, (__m256i)b); }
#elif defined(__SSE2__)
MG_INLINE vu64 vu64_mul_low32(vu64 a, vu64 b) { return (vu64)_mm_mul_epu32((__m128i)a, (__m128i)b); }
#else
MG_INLINE vu64 vu64_mul_low32(vu64 a, vu64 b) { return (a & 0xffffffff) * (b & 0xffffffff); }
#endif

/* Lane by lane: m ? a : b, for a mask as comparisons give it (all bits or none). */
MG_INLINE vf32 vf32_select(vi32 m, vf32 a, vf32 b) { return (vf32)((m & (vi32)a) | (~m & (vi32)b)); }
MG_INLINE vf64 vf64_select(vi64 m, vf64 a, vf64 b) { return (vf64)((m & (vi64)a) | (~m & (vi64)b)); }

/* 0 1 2 ... */
#if MG_VEC_BYTES == 64
MG_INLINE vi32 vi32_iota(void) { return (vi32){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}; }
MG_INLINE vi64 vi64_iota(void) { return (vi64){0, 1, 2, 3, 4, 5, 6, 7}; }
#elif MG_VEC_BYTES == 32
MG_INLINE vi32 vi32_iota(void) { return (vi32){0, 1, 2, 3, 4, 5, 6, 7}; }
MG_INLINE vi64 vi64_iota(void) { return (vi64){0, 1, 2, 3}; }
#else
MG_INLINE vi32 vi32_iota(void) { return (vi32){0, 1, 2, 3}; }
MG_INLINE vi64 vi64_iota(void) { return (vi64){0, 1}; }
#endif

/* The first n lanes of a and the other lanes of b. */
#if defined(__AVX512F__)
MG_INLINE vf32 vf32_first_n(vf32 a, vf32 b, int64_t n) {
    return (vf32)_mm512_mask_mov_ps((__m512)b, (__mmask16)((1u << n) - 1), (__m512)a);
}
MG_INLINE vf64 vf64_first_n(vf64 a, vf64 b, int64_t n) {
    return (vf64)_mm512_mask_mov_pd((__m512d)b, (__mmask8)((1u << n) - 1), (__m512d)a);
}
#else
MG_INLINE vf32 vf32_first_n(vf32 a, vf32 b, int64_t n) { return vf32_select(vi32_iota() < (int32_t)n, a, b); }
MG_INLINE vf64 vf64_first_n(vf64 a, vf64 b, int64_t n) { return vf64_select(vi64_iota() < n, a, b); }
#endif

/* Lane i of the result is lane at[i] of a followed by b. `at` is a constant once all is inlined and unrolled: one instruction then. */
#if defined(__clang__) /* has no builtin for it: it recognises the loop */
#define MG_VEC_SHUFFLE(V, I, lanes)                                                                                                    \
    MG_INLINE V V##_shuffle(V a, V b, I at) {                                                                                          \
        V x;                                                                                                                           \
        _Pragma("clang loop unroll(full)") for (int i = 0; i < lanes; i++) x[i] = at[i] & lanes ? b[at[i] % lanes] : a[at[i] % lanes]; \
        return x;                                                                                                                      \
    }
#else
#define MG_VEC_SHUFFLE(V, I, lanes) \
    MG_INLINE V V##_shuffle(V a, V b, I at) { return __builtin_shuffle(a, b, at); }
#endif
MG_VEC_SHUFFLE(vf32, vi32, MG_F32_LANES)
MG_VEC_SHUFFLE(vf64, vi64, MG_F64_LANES)
#undef MG_VEC_SHUFFLE

/* Lane i gets lane i ^ h, for a power of two h: the step of a reduction over the lanes of one vector. */
MG_INLINE vf32 vf32_swap(vf32 x, int h) { return vf32_shuffle(x, x, vi32_iota() ^ h); }
MG_INLINE vf64 vf64_swap(vf64 x, int h) { return vf64_shuffle(x, x, vi64_iota() ^ h); }

/* What is left of a row: load_n and store_n for n below the number of lanes, full vectors above it. */
MG_INLINE vf32 vf32_load_to(const float *p, int64_t n) { return n >= MG_F32_LANES ? vf32_load(p) : vf32_load_n(p, n); }
MG_INLINE vf64 vf64_load_to(const double *p, int64_t n) { return n >= MG_F64_LANES ? vf64_load(p) : vf64_load_n(p, n); }
MG_INLINE void vf32_store_to(float *p, vf32 x, int64_t n) {
    if (n >= MG_F32_LANES)
        vf32_store(p, x);
    else
        vf32_store_n(p, x, n);
}
MG_INLINE void vf64_store_to(double *p, vf64 x, int64_t n) {
    if (n >= MG_F64_LANES)
        vf64_store(p, x);
    else
        vf64_store_n(p, x, n);
}

/* The sum of all lanes, as a tree. */
MG_INLINE float vf32_total(vf32 x) {
    for (int h = MG_F32_LANES / 2; h; h /= 2) x += vf32_swap(x, h);
    return x[0];
}
MG_INLINE double vf64_total(vf64 x) {
    for (int h = MG_F64_LANES / 2; h; h /= 2) x += vf64_swap(x, h);
    return x[0];
}

/* The lanes whose bit is set, moved together to the front; what follows them is anything. */
#if defined(__AVX512F__)
MG_INLINE vf32 vf32_compress(vf32 x, uint32_t bits) { return (vf32)_mm512_maskz_compress_ps((__mmask16)bits, (__m512)x); }
#else
MG_INLINE vf32 vf32_compress(vf32 x, uint32_t bits) {
    float from[MG_F32_LANES], to[MG_F32_LANES + 1] = {0};
    vf32_store(from, x);
    for (int i = 0, n = 0; i < MG_F32_LANES; i++) to[n] = from[i], n += bits >> i & 1;
    return vf32_load(to);
}
#endif

/* Choice by a mask (lanes of all ones or zeros, as comparisons give), signs, and rounding of |x| < 2^22 (2^51) to the nearest integer. */
#define MG_VEC_BITS(V, I, T, magic)                                              \
    MG_INLINE V V##_sign_bit(V x) { return (V)((I)x & (I)V##_set1((T) - 0.0)); } \
    MG_INLINE V V##_abs(V x) { return (V)((I)x & ~(I)V##_set1((T) - 0.0)); }     \
    MG_INLINE V V##_or(V x, V y) { return (V)((I)x | (I)y); }                    \
    MG_INLINE V V##_xor(V x, V y) { return (V)((I)x ^ (I)y); }                   \
    MG_INLINE V V##_nearest(V x) { return (x + (T)magic) - (T)magic; }
MG_VEC_BITS(vf32, vi32, float, 0x1.8p23f)
MG_VEC_BITS(vf64, vi64, double, 0x1.8p52)
#undef MG_VEC_BITS

/* y, with its sign bit set where that of x is. */
#if defined(__AVX512F__)
MG_INLINE vf32 vf32_or_sign(vf32 y, vf32 x) {
    return (vf32)_mm512_ternarylogic_epi32((__m512i)y, (__m512i)x, (__m512i)vf32_set1(-0.0f), 0xF8); /* y | (x & -0) */
}
MG_INLINE vf64 vf64_or_sign(vf64 y, vf64 x) {
    return (vf64)_mm512_ternarylogic_epi64((__m512i)y, (__m512i)x, (__m512i)vf64_set1(-0.0), 0xF8);
}
#else
MG_INLINE vf32 vf32_or_sign(vf32 y, vf32 x) { return vf32_or(y, vf32_sign_bit(x)); }
MG_INLINE vf64 vf64_or_sign(vf64 y, vf64 x) { return vf64_or(y, vf64_sign_bit(x)); }
#endif

/* a < b ? a : b and a > b ? a : b, so b where either is NaN. */
#if defined(__AVX512F__)
MG_INLINE vf32 vf32_min_raw(vf32 a, vf32 b) { return (vf32)_mm512_min_ps((__m512)a, (__m512)b); }
MG_INLINE vf32 vf32_max_raw(vf32 a, vf32 b) { return (vf32)_mm512_max_ps((__m512)a, (__m512)b); }
MG_INLINE vf64 vf64_min_raw(vf64 a, vf64 b) { return (vf64)_mm512_min_pd((__m512d)a, (__m512d)b); }
MG_INLINE vf64 vf64_max_raw(vf64 a, vf64 b) { return (vf64)_mm512_max_pd((__m512d)a, (__m512d)b); }
#elif defined(__AVX2__)
MG_INLINE vf32 vf32_min_raw(vf32 a, vf32 b) { return (vf32)_mm256_min_ps((__m256)a, (__m256)b); }
MG_INLINE vf32 vf32_max_raw(vf32 a, vf32 b) { return (vf32)_mm256_max_ps((__m256)a, (__m256)b); }
MG_INLINE vf64 vf64_min_raw(vf64 a, vf64 b) { return (vf64)_mm256_min_pd((__m256d)a, (__m256d)b); }
MG_INLINE vf64 vf64_max_raw(vf64 a, vf64 b) { return (vf64)_mm256_max_pd((__m256d)a, (__m256d)b); }
#elif defined(__SSE2__)
MG_INLINE vf32 vf32_min_raw(vf32 a, vf32 b) { return (vf32)_mm_min_ps((__m128)a, (__m128)b); }
MG_INLINE vf32 vf32_max_raw(vf32 a, vf32 b) { return (vf32)_mm_max_ps((__m128)a, (__m128)b); }
MG_INLINE vf64 vf64_min_raw(vf64 a, vf64 b) { return (vf64)_mm_min_pd((__m128d)a, (__m128d)b); }
MG_INLINE vf64 vf64_max_raw(vf64 a, vf64 b) { return (vf64)_mm_max_pd((__m128d)a, (__m128d)b); }
#else
MG_INLINE vf32 vf32_min_raw(vf32 a, vf32 b) { return vf32_select(a < b, a, b); }
MG_INLINE vf32 vf32_max_raw(vf32 a, vf32 b) { return vf32_select(a > b, a, b); }
MG_INLINE vf64 vf64_min_raw(vf64 a, vf64 b) { return vf64_select(a < b, a, b); }
MG_INLINE vf64 vf64_max_raw(vf64 a, vf64 b) { return vf64_select(a > b, a, b); }
#endif

/* The larger and the smaller; NaN if either is. */
#if defined(__AVX512F__)
MG_INLINE vf32 vf32_max(vf32 a, vf32 b) {
    return (vf32)_mm512_mask_max_ps((__m512)a, _mm512_cmp_ps_mask((__m512)a, (__m512)a, _CMP_ORD_Q), (__m512)a, (__m512)b);
}
MG_INLINE vf64 vf64_max(vf64 a, vf64 b) {
    return (vf64)_mm512_mask_max_pd((__m512d)a, _mm512_cmp_pd_mask((__m512d)a, (__m512d)a, _CMP_ORD_Q), (__m512d)a, (__m512d)b);
}
MG_INLINE vf32 vf32_min(vf32 a, vf32 b) {
    return (vf32)_mm512_mask_min_ps((__m512)a, _mm512_cmp_ps_mask((__m512)a, (__m512)a, _CMP_ORD_Q), (__m512)a, (__m512)b);
}
MG_INLINE vf64 vf64_min(vf64 a, vf64 b) {
    return (vf64)_mm512_mask_min_pd((__m512d)a, _mm512_cmp_pd_mask((__m512d)a, (__m512d)a, _CMP_ORD_Q), (__m512d)a, (__m512d)b);
}
#else
MG_INLINE vf32 vf32_max(vf32 a, vf32 b) { return vf32_select(a != a, a, vf32_max_raw(a, b)); }
MG_INLINE vf64 vf64_max(vf64 a, vf64 b) { return vf64_select(a != a, a, vf64_max_raw(a, b)); }
MG_INLINE vf32 vf32_min(vf32 a, vf32 b) { return vf32_select(a != a, a, vf32_min_raw(a, b)); }
MG_INLINE vf64 vf64_min(vf64 a, vf64 b) { return vf64_select(a != a, a, vf64_min_raw(a, b)); }
#endif

/* Whole numbers: to nearest (ties to even), towards zero, down, up. */
#if defined(__AVX512F__)
#define MG_VEC_ROUND(name, mode)                                                               \
    MG_INLINE vf32 vf32_##name(vf32 x) { return (vf32)_mm512_roundscale_ps((__m512)x, mode); } \
    MG_INLINE vf64 vf64_##name(vf64 x) { return (vf64)_mm512_roundscale_pd((__m512d)x, mode); }
#elif defined(__AVX2__)
#define MG_VEC_ROUND(name, mode)                                                          \
    MG_INLINE vf32 vf32_##name(vf32 x) { return (vf32)_mm256_round_ps((__m256)x, mode); } \
    MG_INLINE vf64 vf64_##name(vf64 x) { return (vf64)_mm256_round_pd((__m256d)x, mode); }
#endif
#if defined(MG_VEC_ROUND)
MG_VEC_ROUND(round, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)
MG_VEC_ROUND(trunc, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC)
MG_VEC_ROUND(floor, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)
MG_VEC_ROUND(ceil, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC)
#undef MG_VEC_ROUND
#else
/* Numbers of 2^23 (2^52) and more are whole; below, nearest of |x|, then a step back where it overshot. */
#define MG_VEC_ROUND(V, T, whole)                                                                                   \
    MG_INLINE V V##_round(V x) {                                                                                    \
        const V a = V##_abs(x), r = (a + (T)whole) - (T)whole;                                                      \
        return V##_select(a < (T)whole, V##_or_sign(r, x), x);                                                      \
    }                                                                                                               \
    MG_INLINE V V##_trunc(V x) {                                                                                    \
        const V a = V##_abs(x), r = (a + (T)whole) - (T)whole, t = r - V##_select(r > a, V##_set1(1), V##_set1(0)); \
        return V##_select(a < (T)whole, V##_or_sign(t, x), x);                                                      \
    }                                                                                                               \
    MG_INLINE V V##_floor(V x) {                                                                                    \
        const V r = V##_round(x);                                                                                   \
        return V##_or_sign(r - V##_select(r > x, V##_set1(1), V##_set1(0)), x);                                     \
    }                                                                                                               \
    MG_INLINE V V##_ceil(V x) {                                                                                     \
        const V r = V##_round(x);                                                                                   \
        return V##_or_sign(r + V##_select(r < x, V##_set1(1), V##_set1(0)), x);                                     \
    }
MG_VEC_ROUND(vf32, float, 0x1p23f)
MG_VEC_ROUND(vf64, double, 0x1p52)
#undef MG_VEC_ROUND
#endif

/* x * 2^n for whole n, |n| below 250 (2000), rounded once. */
#if defined(__AVX512F__)
MG_INLINE vf32 vf32_ldexp(vf32 x, vf32 n) { return (vf32)_mm512_scalef_ps((__m512)x, (__m512)n); }
MG_INLINE vf64 vf64_ldexp(vf64 x, vf64 n) { return (vf64)_mm512_scalef_pd((__m512d)x, (__m512d)n); }
#else
/* In two steps, because 2^n need not be a normal number; the first one is exact unless the second rounds it away. */
MG_INLINE vf32 vf32_ldexp(vf32 x, vf32 n) {
    const vf32 magic = vf32_set1(0x1.8p23f), half = vf32_nearest(n * 0.5f);
    const vu32 bias = (vu32)magic - 127, one = (vu32)(half + magic) - bias, two = (vu32)(n - half + magic) - bias;
    return x * (vf32)(one << 23) * (vf32)(two << 23);
}
MG_INLINE vf64 vf64_ldexp(vf64 x, vf64 n) {
    const vf64 magic = vf64_set1(0x1.8p52), half = vf64_nearest(n * 0.5);
    const vu64 bias = (vu64)magic - 1023, one = (vu64)(half + magic) - bias, two = (vu64)(n - half + magic) - bias;
    return x * (vf64)(one << 52) * (vf64)(two << 52);
}
#endif

/* For logarithms: x = 2^k m, 3/4 <= m < 3/2, of any positive number; and y, the logarithm of x, with what it is where x is not positive
 * and finite put in. */
#if defined(__AVX512F__)
/* Where the class of x is, from the lowest digit: NaN x (twice), zero -infinity, one y, -infinity NaN, +infinity itself, negative NaN. */
#define MG_LOG_CASES 0x03530422
MG_INLINE vf32 vf32_log_split(vf32 x, vf32 *m) {
    const __m512 one = _mm512_set1_ps(1), k = _mm512_getexp_ps((__m512)x);
    *m = (vf32)_mm512_getmant_ps((__m512)x, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_src);
    return (vf32)_mm512_mask_add_ps(k, _mm512_cmp_ps_mask((__m512)*m, one, _CMP_LT_OQ), k, one);
}
MG_INLINE vf64 vf64_log_split(vf64 x, vf64 *m) {
    const __m512d one = _mm512_set1_pd(1), k = _mm512_getexp_pd((__m512d)x);
    *m = (vf64)_mm512_getmant_pd((__m512d)x, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_src);
    return (vf64)_mm512_mask_add_pd(k, _mm512_cmp_pd_mask((__m512d)*m, one, _CMP_LT_OQ), k, one);
}
MG_INLINE vf32 vf32_log_edges(vf32 x, vf32 y) { return (vf32)_mm512_fixupimm_ps((__m512)y, (__m512)x, _mm512_set1_epi32(MG_LOG_CASES), 0); }
MG_INLINE vf64 vf64_log_edges(vf64 x, vf64 y) {
    return (vf64)_mm512_fixupimm_pd((__m512d)y, (__m512d)x, _mm512_set1_epi64(MG_LOG_CASES), 0);
}
#else
#define MG_VEC_LOG(V, I, U, T, bits, one, three_quarters, least_normal, magic)                                   \
    MG_INLINE V V##_log_split(V x, V *m) {                                                                       \
        const I tiny = x < (T)least_normal;                                                                      \
        const U b = (U)V##_select(tiny, x * (T)((int64_t)1 << bits), x) + (one - three_quarters);                \
        *m = (V)((b & ((one & -one) - 1)) + three_quarters);                                                     \
        const V k = (V)((b >> bits) + (U)V##_set1(magic)) - ((T)magic + (T)(one >> bits));                       \
        return V##_select(tiny, k - (T)bits, k);                                                                 \
    }                                                                                                            \
    MG_INLINE V V##_log_edges(V x, V y) {                                                                        \
        const T inf = (T)__builtin_inf();                                                                        \
        const V edge = V##_select(x == 0, V##_set1(-inf), V##_select(x > 0, x, V##_set1((T)__builtin_nan("")))); \
        return V##_select((x > 0) & (x < inf), y, edge);                                                         \
    }
MG_VEC_LOG(vf32, vi32, vu32, float, 23, 0x3f800000, 0x3f400000, 0x1p-126f, 0x1.8p23f)
MG_VEC_LOG(vf64, vi64, vu64, double, 52, 0x3ff0000000000000, 0x3fe8000000000000, 0x1p-1022, 0x1.8p52)
#undef MG_VEC_LOG
#endif

/* What rounding took from the product ab = a * b; and c - a * b, rounded once, at least where a * b is near c. */
#if MG_FMA
#define MG_VEC_PRODUCT(V, I, low)                                               \
    MG_INLINE V V##_product_rest(V a, V b, V ab) { return V##_fma(a, b, -ab); } \
    MG_INLINE V V##_minus_product(V c, V a, V b) { return V##_fnma(a, b, c); }
#else
/* Dekker: halves of the factors multiply exactly (nearly, in double). */
#define MG_VEC_PRODUCT(V, I, low)                                                           \
    MG_INLINE V V##_product_rest(V a, V b, V ab) {                                          \
        const V ah = (V)((I)a & ~(low)), bh = (V)((I)b & ~(low)), al = a - ah, bl = b - bh; \
        return ((ah * bh - ab) + ah * bl + al * bh) + al * bl;                              \
    }                                                                                       \
    MG_INLINE V V##_minus_product(V c, V a, V b) {                                          \
        const V ab = a * b;                                                                 \
        return (c - ab) - V##_product_rest(a, b, ab);                                       \
    }
#endif
MG_VEC_PRODUCT(vf32, vi32, 0xfff)
MG_VEC_PRODUCT(vf64, vi64, 0x7ffffff)
#undef MG_VEC_PRODUCT

/* 1 / x within 0.6 ulp, for normal x whose reciprocal is normal too. Newton's steps from 14 bits are several times faster than
 * dividing 512 bits. */
#if defined(__AVX512F__)
MG_INLINE vf32 vf32_recip(vf32 x) {
    const vf32 r = (vf32)_mm512_rcp14_ps((__m512)x);
    return vf32_fma(r, vf32_fnma(x, r, vf32_set1(1)), r);
}
MG_INLINE vf64 vf64_recip(vf64 x) {
    const vf64 one = vf64_set1(1), r = (vf64)_mm512_rcp14_pd((__m512d)x), s = vf64_fma(r, vf64_fnma(x, r, one), r);
    return vf64_fma(s, vf64_fnma(x, s, one), s);
}
#else
MG_INLINE vf32 vf32_recip(vf32 x) { return 1 / x; }
MG_INLINE vf64 vf64_recip(vf64 x) { return 1 / x; }
#endif

/* Whether any lane of a mask is set. */
#if defined(__AVX512F__)
MG_INLINE bool vf32_any(vi32 mask) { return _mm512_test_epi32_mask((__m512i)mask, (__m512i)mask) != 0; }
MG_INLINE bool vf64_any(vi64 mask) { return vf32_any((vi32)mask); }
#elif defined(__AVX2__)
MG_INLINE bool vf32_any(vi32 mask) { return _mm256_movemask_epi8((__m256i)mask) != 0; }
MG_INLINE bool vf64_any(vi64 mask) { return vf32_any((vi32)mask); }
#elif defined(__SSE2__)
MG_INLINE bool vf32_any(vi32 mask) { return _mm_movemask_epi8((__m128i)mask) != 0; }
MG_INLINE bool vf64_any(vi64 mask) { return vf32_any((vi32)mask); }
#else
MG_INLINE bool vf64_any(vi64 mask) { return (mask[0] | mask[1]) != 0; }
MG_INLINE bool vf32_any(vi32 mask) { return vf64_any((vi64)mask); }
#endif

#endif
