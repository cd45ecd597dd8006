/* gemm.c: the entry for matrix products. */
#include "gemm.h"

#define ENTRY(name, dtype) \
    mg_status MG_FN(name, dtype)(const mg_gemm *g) { return MG_FN(gemm_plain, dtype)(g); }
MG_EACH_INTS(ENTRY, gemm)
