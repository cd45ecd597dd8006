/* softmax.c: softmax, log-softmax and cross entropy over the last axis, forward and backward.
 * Rows are independent and are what threads share; a row is worked on in a few passes while it is in cache. The maximum is subtracted
 * before exp, so that no finite logit overflows; a row of nothing but -inf, or with +inf or NaN, gives NaN, as in PyTorch.
 * The bodies are in softmax.inc. */
#include "kernels.h"
#include "vec.h"
#include "vecexp.h"

#include <math.h>

#define T float
#define V vf32
#define LANES MG_F32_LANES
#define DTYPE f32
#include "softmax.inc"

#define T double
#define V vf64
#define LANES MG_F64_LANES
#define DTYPE f64
#include "softmax.inc"
