/* norm.h: what layer_norm.c and batch_norm.c share; norm_rows.inc has the part that is typed.
 *
 * Statistics take two passes (the mean, then squares of differences from it) over data that is in cache by the second, so a large mean
 * costs no accuracy. Sums run in vector lanes over at most NORM_RUN elements or NORM_ROWS rows, and then enter a double (a part of their
 * own for sums over rows in layer_norm): they do not degrade with size. */
#ifndef MG_NORM_H
#define MG_NORM_H

#include "kernels.h"
#include "rows.h"
#include "vec.h"

#include <math.h>

#define NORM_RUN 1024
#define NORM_ROWS 32
#define NORM_GRAIN (1 << 15) /* elements that are worth a thread */

#define MIN(a, b) ((a) < (b) ? (a) : (b))

#endif
