/* reduce_arg.c: the place of the largest and smallest element: argmax argmin max_with_index min_with_index.
 *   argmax, argmin:       a[0] index (i64)            a[1] in
 *   max_, min_with_index: a[0] value, a[1] index      a[2] in
 *   outputs (kept...) contiguous; in (kept..., reduced...) any strides; p: number of reduced axes
 * The index counts in C order over the reduced axes; of equal elements the first wins, and NaN wins over numbers. No elements: refused by
 * the caller. Order of work: fold.h. */
#include "fold.h"
#include "kernels.h"
#include "vec.h"

#include <math.h>

#define NAME argmax
#define WITH_INDEX max_with_index
#define BEATS(a, b) ((a) > (b))
#define PICK max
#define WORST -INFINITY
#include "fold_arg.inc"

#define NAME argmin
#define WITH_INDEX min_with_index
#define BEATS(a, b) ((a) < (b))
#define PICK min
#define WORST INFINITY
#include "fold_arg.inc"
