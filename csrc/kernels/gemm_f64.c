/* gemm_f64.c: products of double matrices; all of it is in gemm_float.inc. */
#include "gemm.h"
#include "vec.h"

#define DTYPE f64
#define T double
#define V vf64
#define VI vi64
#define VF(op) vf64_##op
#define L MG_F64_LANES
#define VI_IOTA vi64_iota()

#include "gemm_float.inc"
