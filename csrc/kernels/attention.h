/* attention.h: what attention.c and attention_backward.c share; attention_tile.inc has the part that is typed. */
#ifndef MG_ATTENTION_H
#define MG_ATTENTION_H

#include "gemm.h"
#include "kernels.h"
#include "rows.h"
#include "vec.h"
#include "vecmath.h"

#include <math.h>

#define ATTENTION_GRAIN 400000 /* multiply-adds that are worth a thread */
/* Queries and keys of a tile: four vectors of the widest instruction set, and 32 kB in all for float, so that two tiles and what passes by
 * stay in the second cache. */
#define BR (256 / (int64_t)sizeof(real))
#define BC 128

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define CEIL(a, b) (((a) + (b) - 1) / (b))

#endif
