/* gemm_f32.c: products of float matrices; all of it is in gemm_float.inc. */
#include "gemm.h"
#include "vec.h"

#define DTYPE f32
#define T float
#define V vf32
#define VI vi32
#define VF(op) vf32_##op
#define L MG_F32_LANES
#define VI_IOTA vi32_iota()

#include "gemm_float.inc"
