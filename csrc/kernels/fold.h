/* fold.h: the loop around reductions (fold.c): axes, blocks, order of combination and threads, once for all of them.
 *
 * A reduction ("fold") is four small functions over accumulators of acc_size bytes, described by an mg_fold. mg_fold_run takes a strided
 * input (kept axes..., reduced axes...), merges what can be merged and walks it in one of three ways:
 *   short rows   the reduced axes are one run in memory: `rows` over many outputs at once;
 *   long rows    the same, or several runs: blocks of MG_FOLD_RUN elements, MG_FOLD_ROWS of them a batch, combined as a balanced tree;
 *   columns      a kept axis is the contiguous one: `cols` over MG_FOLD_COLS_ROWS rows of it at a time.
 * Results of batches are combined like a binary counter, so that a sum of n floats goes through about log2(n) roundings plus a constant,
 * and in an order that only the shape decides: the bits do not depend on threads. */
#ifndef MG_FOLD_H
#define MG_FOLD_H

#include "../minigrad.h"

#define MG_FOLD_RUN 1024      /* elements of one run */
#define MG_FOLD_ROWS 64       /* runs of one batch */
#define MG_FOLD_COLS_ROWS 128 /* rows of one batch, in the column form */
#define MG_FOLD_ACC_MAX 16    /* largest accumulator in bytes */

/* What a fold may want to know of the elements at hand, besides their values. Row or column k has
 *   pivot[k * pivot_step], the result of the pass before for its output (an accumulator of mg_fold.before), and
 *   index + k * index_step (rows) or index + i (row i of cols), its place among the reduced elements in C order. */
typedef struct {
    const void *pivot;
    int64_t pivot_step;
    int64_t index, index_step;
} mg_fold_at;

typedef struct mg_fold mg_fold;
struct mg_fold {
    size_t acc_size;
    bool ordered; /* the place of an element matters: reduced axes may not be reordered */
    /* acc[i] = fold of x[i * stride + (0 .. n-1)], i < rows; n <= MG_FOLD_RUN; n = 0 gives the fold of nothing. */
    void (*rows)(void *acc, const void *x, int64_t rows, int64_t stride, int64_t n, const mg_fold_at *at);
    /* acc[j] = fold over 0 < n <= MG_FOLD_COLS_ROWS rows of x[i * stride + j], j < cols. */
    void (*cols)(void *acc, const void *x, int64_t n, int64_t stride, int64_t cols, const mg_fold_at *at);
    /* acc[i] = acc[i] with other[i], i < n. */
    void (*combine)(void *acc, const void *other, int64_t n);
    /* Write n results, element first + i * step of every output; count is the number of reduced elements. */
    void (*finish)(const mg_array *out, int64_t first, int64_t step, const void *acc, const void *pivot, int64_t n, int64_t count,
                   const mg_param *p);
    /* A fold to run first, over the same elements; `pivot` turns its accumulators into what at->pivot shows. */
    const mg_fold *before;
    void (*pivot)(void *acc, int64_t n, int64_t count);
};

/* Fold array `in` over its last `reduced` axes into the outputs (contiguous, of the kept axes). */
mg_status mg_fold_run(const mg_fold *fold, const mg_array *out, const mg_array *in, int64_t reduced, const mg_param *p);

#endif
