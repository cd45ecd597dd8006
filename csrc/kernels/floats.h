/* floats.h: compile a body once for float and once for double, from one text. A file of kernels that wants it looks like this:
 *
 *     #ifndef MG_BODY
 *     #define MG_BODY "this_file.c"
 *     #include "floats.h"
 *     #else
 *     ...body, where `real` is the type, FN(name) a function's name for it, vreal, V(op) and LANES the vector of it
 *     #endif
 */
#include "kernels.h"
#include "vec.h"

#define real float
#define vreal vf32
#define LANES MG_F32_LANES
#define V(op) vf32_##op
#define FN(name) MG_FN(name, f32)
#include MG_BODY
#undef real
#undef vreal
#undef LANES
#undef V
#undef FN

#define real double
#define vreal vf64
#define LANES MG_F64_LANES
#define V(op) vf64_##op
#define FN(name) MG_FN(name, f64)
#include MG_BODY
