/* reduce.c: reductions to one number: sum prod mean max min any all var logsumexp.
 *   a[0] out   (kept...)               contiguous
 *   a[1] in    (kept..., reduced...)   any strides
 *   p          number of reduced axes; var: correction (.f)
 * The order of work, and with it accuracy and threads, is that of fold.h: a sum of n floats errs by about (10 + log2(n)) eps of the sum of
 * magnitudes at most. Integers and bool are summed and multiplied in int64 (which wraps); the output is then int64.
 * NaN wins in max and min. Over no elements: sum 0, prod 1, mean and var NaN, any false, all true, logsumexp -inf; max and min
 * are refused by the caller. */
#include "fold.h"
#include "kernels.h"
#include "vec.h"
#include "vecmath.h"

#include <math.h>

#define ADD(a, b) ((a) + (b))
#define MULTIPLY(a, b) ((a) * (b))
#define ITSELF(x, pivot) (x)

/* ---- floats ---- */

#define NAME sum
#define OP ADD
#define EMPTY 0
#define MAP ITSELF
#define RESULT(a, pivot, n) (a)
#include "fold_float.inc"

#define NAME prod
#define OP MULTIPLY
#define EMPTY 1
#define MAP ITSELF
#define RESULT(a, pivot, n) (a)
#include "fold_float.inc"

#define NAME mean
#define OP ADD
#define EMPTY 0
#define MAP ITSELF
#define RESULT(a, pivot, n) ((a) / (T)(n))
#include "fold_float.inc"

#define NAME max
#define OP VEC(max)
#define EMPTY (T)(-INFINITY)
#define MAP ITSELF
#define RESULT(a, pivot, n) (a)
#include "fold_float.inc"

#define NAME min
#define OP VEC(min)
#define EMPTY (T) INFINITY
#define MAP ITSELF
#define RESULT(a, pivot, n) (a)
#include "fold_float.inc"

/* The mean first, then squares of differences from it: no cancellation however large the mean. */
#define NAME var
#define OP ADD
#define EMPTY 0
#define BEFORE sum
#define PIVOT(a, n) ((a) / (T)(n))
#define MAP(x, pivot) (((x) - (pivot)) * ((x) - (pivot)))
#define RESULT(a, pivot, n) ((a) / (T)fmax((double)(n) - p[1].f, 0))
#include "fold_float.inc"

/* log(sum(exp(x - m))) + m with m the maximum, or 0 where that is infinite. */
#define NAME logsumexp
#define OP ADD
#define EMPTY 0
#define BEFORE max
#define PIVOT(a, n) (isinf(a) ? 0 : (a))
#define MAP(x, pivot) VEC(exp)((x) - (pivot))
#define RESULT(a, pivot, n) ((T)log((double)(a)) + (pivot))
#include "fold_float.inc"

/* ---- integers and bool ---- */

#define NAME sum
#define ACC uint64_t
#define OP ADD
#define EMPTY 0
#define MAP(x) ((ACC)(x))
#include "fold_plain.inc"

#define NAME prod
#define ACC uint64_t
#define OP MULTIPLY
#define EMPTY 1
#define MAP(x) ((ACC)(x))
#include "fold_plain.inc"

#define NAME max
#define ACC T
#define OP(a, b) ((a) > (b) ? (a) : (b))
#define EMPTY LEAST
#define MAP(x) (x)
#include "fold_plain.inc"

#define NAME min
#define ACC T
#define OP(a, b) ((a) < (b) ? (a) : (b))
#define EMPTY GREATEST
#define MAP(x) (x)
#include "fold_plain.inc"

#define FLOATS
#define NAME any
#define ACC uint8_t
#define OP(a, b) ((a) | (b))
#define EMPTY 0
#define MAP(x) ((ACC)((x) != 0))
#include "fold_plain.inc"

#define FLOATS
#define NAME all
#define ACC uint8_t
#define OP(a, b) ((a) & (b))
#define EMPTY 1
#define MAP(x) ((ACC)((x) != 0))
#include "fold_plain.inc"
