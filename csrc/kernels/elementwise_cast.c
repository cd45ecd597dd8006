/* elementwise_cast.c: change of dtype, and copies. a[0] out, a[1] in, any strides. */
#include "loops.h"

#include <string.h>

typedef struct {
    uint16_t bits; /* the upper half of a float */
} t_bf16;

/* Compilers without _Float16; clang before 15 has its limits on x86 all the same. */
#if !defined(__FLT16_MANT_DIG__) || (defined(__clang__) && __clang_major__ < 15 && defined(__x86_64__))
typedef struct {
    uint16_t bits;
} t_f16;

/* As a subnormal float the number is 2^-112 of what it should be. */
static inline float from_f16(t_f16 x) {
    const uint32_t rest = x.bits & 0x7fff, sign = (uint32_t)(x.bits & 0x8000) << 16;
    uint32_t bits = rest << 13;
    float f;
    memcpy(&f, &bits, sizeof f);
    f *= 0x1p112f;
    memcpy(&bits, &f, sizeof bits);
    bits |= sign | (rest >= 0x7c00 ? 0x7f800000 : 0);
    memcpy(&f, &bits, sizeof f);
    return f;
}

/* To nearest, ties to even. Below 2^-14 the last place is 2^-24: that of the sum with 1.5 * 2^28. */
static inline t_f16 to_f16(double d) {
    uint64_t bits, shifted;
    memcpy(&bits, &d, sizeof bits);
    const uint64_t sign = bits >> 48 & 0x8000;
    const double size = d < 0 ? -d : d, sum = size + 0x1.8p28;
    bits &= ~((uint64_t)1 << 63);
    memcpy(&shifted, &sum, sizeof shifted);
    const uint64_t rounded = ((bits + (((uint64_t)1 << 41) - 1) + (bits >> 42 & 1)) >> 42) - (1008 << 10);
    const uint64_t half = size < 0x1p-14 ? shifted & 0x7ff : size < 65520 ? rounded : d != d ? 0x7e00 : 0x7c00;
    return (t_f16){(uint16_t)(sign | half)};
}
#define AS_f16(x) to_f16((double)(x))
#define OF_f16 from_f16
#else
typedef _Float16 t_f16;
#define AS_f16 (t_f16)
#define OF_f16
#endif

static inline float from_bf16(t_bf16 x) {
    const uint32_t bits = (uint32_t)x.bits << 16;
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

/* To nearest, ties to even; what rounds past the largest becomes infinity by the carry, and every NaN the quiet one. */
static inline t_bf16 to_bf16(float f) {
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    const uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    return (t_bf16){(uint16_t)(f != f ? 0x7fc0 : rounded)};
}

/* cast: the table's dtype is the input's; a[0].dtype says which one is made. Rules of C: towards zero from floats to integers (unspecified,
 * but harmless, if it does not fit), modulo 2^n between integers, x != 0 to bool, to nearest (even) to a narrower float. bfloat16
 * goes through float, as in PyTorch. */
#define CAST(to, from)                                                                \
    static void cast_##from##_##to(int64_t n, void *const *data, const mg_param *p) { \
        (void)p;                                                                      \
        t_##to *out = data[0];                                                        \
        const t_##from *in = data[1];                                                 \
        for (int64_t i = 0; i < n; i++) out[i] = AS_##to(OF_##from(in[i]));           \
    }
/* (stdbool.h makes bool a macro, so the name arrives as _Bool where it went through another macro.) */
#define AS_bool (t_bool)
#define AS_u8 (t_u8)
#define AS_i8 (t_i8)
#define AS_i16 (t_i16)
#define AS_i32 (t_i32)
#define AS_i64 (t_i64)
#define AS_bf16(x) to_bf16((float)(x))
#define AS_f32 (t_f32)
#define AS_f64 (t_f64)
#define OF__Bool
#define OF_u8
#define OF_i8
#define OF_i16
#define OF_i32
#define OF_i64
#define OF_bf16 from_bf16
#define OF_f32
#define OF_f64
#define CAST_FROM_(from)                                                            \
    FOR_CAST(CAST, from)                                                            \
    mg_status MG_FN(cast, from)(const mg_array *a, const mg_param *p) {             \
        static const mg_chunk chunks[MG_NUM_DTYPES] = {FOR_CAST(CAST_ENTRY, from)}; \
        if (!chunks[a->dtype]) return MG_NO_KERNEL;                                 \
        return mg_walk(a, 2, chunks[a->dtype], p, 1);                               \
    }
#define CAST_ENTRY(to, from) [MG_DTYPE_##to] = cast_##from##_##to,
#define FOR_CAST(X, from) \
    X(bool, from) X(u8, from) X(i8, from) X(i16, from) X(i32, from) X(i64, from) X(f16, from) X(bf16, from) X(f32, from) X(f64, from)
CAST_FROM_(bool)
CAST_FROM_(u8)
CAST_FROM_(i8)
CAST_FROM_(i16)
CAST_FROM_(i32)
CAST_FROM_(i64)
CAST_FROM_(f16)
CAST_FROM_(bf16)
CAST_FROM_(f32)
CAST_FROM_(f64)

/* copy: any dtype; only the size of an element matters (walk.c, copy.c). */
#define COPY(name, dtype)                                                \
    mg_status MG_FN(name, dtype)(const mg_array *a, const mg_param *p) { \
        (void)p;                                                         \
        return mg_copy(&a[0], &a[1]);                                    \
    }
MG_EACH_ANY(COPY, copy)
