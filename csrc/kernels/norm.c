/* norm.c: layer and batch normalisation, forward and backward. The bodies are in norm.inc.
 * Statistics take two passes (mean, then squares of differences from it) over data that is in cache by the second, so a large mean costs
 * no accuracy. Sums run in vector lanes over at most 1024 elements, which then enter a double: they do not degrade with size. */
#include "kernels.h"
#include "vec.h"

#include <math.h>

#define T float
#define V vf32
#define LANES MG_F32_LANES
#define DTYPE f32
#include "norm.inc"

#define T double
#define V vf64
#define LANES MG_F64_LANES
#define DTYPE f64
#include "norm.inc"
