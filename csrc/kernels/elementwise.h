/* elementwise.h: the driver of elementwise kernels (walk.c): broadcasting, strides and threads, once for all of them.
 *
 * An elementwise kernel is a chunk: a function over n contiguous elements. Everything else is mg_walk's: it merges axes, cuts the
 * arrays into tiles, hands the chunk the arrays themselves where a tile is contiguous and a packed copy in a small buffer where it is
 * not, and splits large work over the pool. So there is one loop per kernel, and an element's value cannot depend on layout. */
#ifndef MG_ELEMENTWISE_H
#define MG_ELEMENTWISE_H

#include "../minigrad.h"

#define MG_WALK_ARRAYS 6 /* at most, outputs included */

/* data[k]: n contiguous elements of array k, not aligned. An input may be the very memory of the output. */
typedef void (*mg_chunk)(int64_t n, void *const *data, const mg_param *p);

/* a[0] is the output and gives the shape; all arrays have that shape, and any strides (0 along broadcast axes of inputs). An input may
 * be the output itself: same data, same strides. `cost` is the price of an element, in additions: it decides when threads pay. */
mg_status mg_walk(const mg_array *a, int narrays, mg_chunk chunk, const mg_param *p, int cost);
/* The same with the first `nout` arrays being outputs. */
mg_status mg_walk_many(const mg_array *a, int nout, int narrays, mg_chunk chunk, const mg_param *p, int cost);

/* dst and src have one shape, element size and any strides; they do not overlap. */
mg_status mg_copy(const mg_array *dst, const mg_array *src);
/* copy.c: a rows x cols piece; strides in bytes, size is that of an element: 1, 2, 4, 8 or 16. */
void mg_copy_tile(char *dst, int64_t drs, int64_t dcs, const char *src, int64_t srs, int64_t scs, int64_t rows, int64_t cols, int64_t size);

#endif
