/* elementwise.h: the loop around elementwise kernels (walk.c): broadcasting, strides and threads, once for all of them.
 *
 * An elementwise kernel is a chunk function over one dimension and an entry that calls mg_walk. All arrays of a launch have the same
 * ndim and shape (that of a[0]); broadcast axes have stride 0. mg_walk merges axes, gives the chunk the longest runs it can, and splits
 * large work over the pool. */
#ifndef MG_ELEMENTWISE_H
#define MG_ELEMENTWISE_H

#include "../minigrad.h"

/* n elements; data[k] is the first element of array k and stride[k] its step in elements (1: contiguous, 0: one value for all). */
typedef void (*mg_chunk)(int64_t n, void *const *data, const int64_t *stride, const mg_param *p);

/* `cost` is the rough price of an element, in units of one addition: it decides when threads pay. */
mg_status mg_walk(const mg_array *a, int narrays, mg_chunk chunk, const mg_param *p, int cost);

#endif
