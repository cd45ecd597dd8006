/* gemm.h: matrix products for other kernels. C = activation(A B + bias), or activation(C + A B + bias) when `accumulate` is set.
 *
 * One descriptor for all dtypes; the entry's name says which: MG_FN(gemm, f32)(&(mg_gemm){.m = m, .n = n, .k = k, ...}).
 * It splits large products over the pool and is serial inside a piece of mg_parallel. It uses scratch slots 0 and 1 of the threads
 * that take part, none for small products. For each element of C the order of the sum over k depends on (m, n, k) and the
 * strides alone, never on the number of threads. With k = 0 the sum is zero. */
#ifndef MG_GEMM_H
#define MG_GEMM_H

#include "kernels.h"

enum { MG_ACT_NONE, MG_ACT_RELU, MG_ACT_TANH, MG_ACT_SIGMOID }; /* relu keeps NaN; gemm itself knows the first two */

typedef struct {
    int64_t m, n, k;
    const void *a; /* (m, k), any strides (in elements) */
    int64_t rsa, csa;
    const void *b; /* (k, n), any strides */
    int64_t rsb, csb;
    void *c; /* (m, n), rows ldc >= n apart; overlaps nothing else. Without `accumulate` it is not read */
    int64_t ldc;
    const void *bias; /* NULL or (m, n), any strides: 0, 1 for one value per column, 1, 0 for one per row */
    int64_t rsbias, csbias;
    bool accumulate;
    int activation;
} mg_gemm;

#ifdef MG_ISA
#define MG_DECLARE_GEMM(name, dtype) mg_status MG_FN(name, dtype)(const mg_gemm *g);
MG_EACH_NUMBERS(MG_DECLARE_GEMM, gemm)
MG_EACH_NUMBERS(MG_DECLARE_GEMM, gemm_plain) /* the same by three plain loops, serial: what the others are tested against */
#undef MG_DECLARE_GEMM

/* For kernels that multiply by the same matrix again and again: strips of it, packed once, and products with a strip, serial. */
#define MG_DECLARE_STRIP(T, dtype)                                                                                                     \
    /* dst[p * ld + i] = src[i * si + p * sp], 0 <= i < w, 0 <= p < k: columns of a strip. Whole vectors are written, so ld has to */  \
    /* be a multiple of one, and what lies between w and the next multiple of a vector is junk. */                                     \
    void MG_FN(gemm_pack, dtype)(T * dst, int64_t ld, int64_t w, int64_t k, const T *src, int64_t si, int64_t sp);                     \
    /* C (m, nv vectors) = init + A (m, k) B; rows of A are contiguous, lda apart; B (k, nv vectors), 1 <= nv <= 4, is contiguous. */  \
    /* Rows of init are ldinit apart, 0 for a single one; NULL means zeros. It may be C itself. */                                     \
    void MG_FN(gemm_strip, dtype)(int64_t m, int64_t k, const T *a, int64_t lda, const T *b, int nv, T *c, int64_t ldc, const T *init, \
                                  int64_t ldinit);
MG_DECLARE_STRIP(float, f32)
MG_DECLARE_STRIP(double, f64)
#undef MG_DECLARE_STRIP
#endif

#endif
