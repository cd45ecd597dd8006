/* softmax.h: what softmax.c and cross_entropy.c share; softmax_rows.inc has the part that is typed. */
#ifndef MG_SOFTMAX_H
#define MG_SOFTMAX_H

#include "kernels.h"
#include "rows.h"
#include "vec.h"
#include "vecmath.h"

#include <math.h>

#define SOFTMAX_GRAIN (1 << 15) /* elements that are worth a thread */

#endif
