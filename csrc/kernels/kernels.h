/* kernels.h: what every file of kernels/ includes: the dtypes, and the full name of a kernel. MG_ISA (base, avx2, avx512) is defined by the
 * build. */
#ifndef MG_KERNELS_H
#define MG_KERNELS_H

#include "../minigrad.h"

/* Groups of dtypes that a line of kernels.def may name. */
#define MG_EACH_F32(X, name) X(name, f32)
#define MG_EACH_FLOATS(X, name) X(name, f32) X(name, f64)
#define MG_EACH_I64(X, name) X(name, i64)
#define MG_EACH_LONGS(X, name) X(name, i64) X(name, i32)
#define MG_EACH_SIGNED(X, name) MG_EACH_FLOATS(X, name) X(name, i64) X(name, i32)
#define MG_EACH_INTS(X, name) X(name, i64) X(name, i32) X(name, u8)
#define MG_EACH_NUMBERS(X, name) MG_EACH_FLOATS(X, name) MG_EACH_INTS(X, name)
#define MG_EACH_ALL(X, name) MG_EACH_NUMBERS(X, name) X(name, bool)
#define MG_EACH_BITS(X, name) MG_EACH_INTS(X, name) X(name, bool)
#define MG_EACH_REAL(X, name) MG_EACH_ALL(X, name) X(name, i8) X(name, i16) X(name, f16) X(name, bf16)
#define MG_EACH_ANY(X, name) MG_EACH_REAL(X, name) X(name, c64) X(name, c128)

enum {
    MG_DTYPE_bool = MG_BOOL,
    MG_DTYPE_u8 = MG_U8,
    MG_DTYPE_i8 = MG_I8,
    MG_DTYPE_i16 = MG_I16,
    MG_DTYPE_i32 = MG_I32,
    MG_DTYPE_i64 = MG_I64,
    MG_DTYPE_f16 = MG_F16,
    MG_DTYPE_bf16 = MG_BF16,
    MG_DTYPE_f32 = MG_F32,
    MG_DTYPE_f64 = MG_F64,
    MG_DTYPE_c64 = MG_C64,
    MG_DTYPE_c128 = MG_C128,
};

#ifdef MG_ISA
#define MG_PASTE_(name, dtype, isa) mg_##name##_##dtype##_##isa
#define MG_PASTE(name, dtype, isa) MG_PASTE_(name, dtype, isa)
/* The full name of a kernel in this instruction set: MG_FN(add, f32) is mg_add_f32_avx2. */
#define MG_FN(name, dtype) MG_PASTE(name, dtype, MG_ISA)
#endif

#endif
