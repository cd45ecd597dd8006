/* elementwise_logic.c: comparisons, tests, bits and selection. a[0] out, a[1..] in, any strides. Comparisons and tests write bool; a
 * comparison with NaN is false, except ne. */
#include <math.h>

#include "loops.h"

TEST2(ALL, eq, x == y)
TEST2(ALL, ne, x != y)
TEST2(ALL, lt, x < y)
TEST2(ALL, le, x <= y)
TEST2(ALL, gt, x > y)
TEST2(ALL, ge, x >= y)
TEST1(ALL, logical_not, x == 0)
TEST2(ALL, logical_and, (x != 0) & (y != 0))
TEST2(ALL, logical_or, (x != 0) | (y != 0))
TEST2(ALL, logical_xor, (x != 0) ^ (y != 0))
TEST1(FLOATS, isnan, x != x)
TEST1(FLOATS, isinf, (x == (T)INFINITY) | (x == -(T)INFINITY))
TEST1(FLOATS, isfinite, (x < (T)INFINITY) & (x > -(T)INFINITY))

BINARY(BITS, bitwise_and, 1, x &y)
BINARY(BITS, bitwise_or, 1, x | y)
BINARY(BITS, bitwise_xor, 1, x ^ y)
UNARY(INTS, bitwise_not, 1, ~x)
UNARY(BOOL, bitwise_not, 1, !x)

/* where: a[0] out, a[1] condition (bool), a[2] where it holds, a[3] where not. The dtype is that of a[0], a[2] and a[3]. Bits are chosen by
 * a mask: gcc would make a branch of a ? b : c here, slow where the condition is irregular. */
#define WHERE(dtype, bits)                                                       \
    static void where_##dtype(int64_t n, void *const *data, const mg_param *p) { \
        typedef uint##bits##_t __attribute__((may_alias)) U;                     \
        (void)p;                                                                 \
        U *out = data[0];                                                        \
        const uint8_t *condition = data[1];                                      \
        const U *x = data[2], *y = data[3];                                      \
        MG_IVDEP for (int64_t i = 0; i < n; i++) {                               \
            const U mask = (U)(0 - (U)(condition[i] != 0));                      \
            out[i] = (x[i] & mask) | (y[i] & ~mask);                             \
        }                                                                        \
    }                                                                            \
    mg_status MG_FN(where, dtype)(const mg_array *a, const mg_param *p) { return mg_walk(a, 4, where_##dtype, p, 1); }
WHERE(f32, 32)
WHERE(f64, 64)
WHERE(i64, 64)
WHERE(i32, 32)
WHERE(u8, 8)
WHERE(bool, 8)

/* fill: a[0] out, any strides; p[0] the value, .f for floats and .i for the others. */
#define FILL(dtype, field)                                                      \
    static void fill_##dtype(int64_t n, void *const *data, const mg_param *p) { \
        t_##dtype *out = data[0];                                               \
        const t_##dtype value = (t_##dtype)p[0].field;                          \
        for (int64_t i = 0; i < n; i++) out[i] = value;                         \
    }                                                                           \
    mg_status MG_FN(fill, dtype)(const mg_array *a, const mg_param *p) { return mg_walk(a, 1, fill_##dtype, p, 1); }
FOR_FLOATS(FILL, f)
FOR_BITS(FILL, i)
