/* floats.h: compile a body once for float and once for double, from one text. A file of kernels that wants it looks like this:
 *
 *     #ifndef MG_BODY
 *     #define MG_BODY "this_file.c"
 *     #include "floats.h"
 *     #else
 *     ...body, where `real` is the type, FN(name) a function's name for it, vreal, V(op) and LANES the vector of it, vint
 *     and VI(op) the vector of integers of its size
 *     #endif
 */
#include "kernels.h"
#include "vec.h"

#define real float
#define vreal vf32
#define vint vi32
#define LANES MG_F32_LANES
#define V(op) vf32_##op
#define VI(op) vi32_##op
#define FN(name) MG_FN(name, f32)
#include MG_BODY
#undef real
#undef vreal
#undef vint
#undef LANES
#undef V
#undef VI
#undef FN

#define real double
#define vreal vf64
#define vint vi64
#define LANES MG_F64_LANES
#define V(op) vf64_##op
#define VI(op) vi64_##op
#define FN(name) MG_FN(name, f64)
#include MG_BODY
