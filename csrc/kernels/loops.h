/* loops.h: an elementwise kernel in one line. Included by elementwise_*.c.
 *
 *   UNARY(FLOATS, floor, 1, floor(x))        y = f(x), of x's dtype
 *   BINARY(NUMBERS, add, 1, (W)x + (W)y)     of two arrays
 *   TERNARY(FLOATS, fma, 1, x * y + z)       of three
 *   TEST1(FLOATS, isnan, x != x)             results of type bool
 *   TEST2(ALL, lt, x < y)
 *
 * The first argument is a group of dtypes, the third the price of an element in additions (see mg_walk). In the expression x, y and z are
 * elements of type T; W is T, or for integers the unsigned type in which arithmetic wraps instead of being undefined. p holds the kernel's
 * parameters. The compiler vectorises the loop; MG_IVDEP tells it that an input may be the output itself but never overlaps it otherwise.
 */
#ifndef MG_LOOPS_H
#define MG_LOOPS_H

#include "elementwise.h"
#include "kernels.h"
#include "vec.h"

#if defined(__clang__)
#define MG_IVDEP _Pragma("clang loop vectorize(assume_safety)")
#pragma clang diagnostic ignored "-Wpass-failed" /* a loop that calls libm cannot be vectorised: so be it */
#else
#define MG_IVDEP _Pragma("GCC ivdep")
#endif

#define FOR_FLOATS(X, ...) X(f32, __VA_ARGS__) X(f64, __VA_ARGS__)
#define FOR_SIGNED(X, ...) X(i64, __VA_ARGS__) X(i32, __VA_ARGS__)
#define FOR_U8(X, ...) X(u8, __VA_ARGS__)
#define FOR_INTS(X, ...) FOR_SIGNED(X, __VA_ARGS__) X(u8, __VA_ARGS__)
#define FOR_NUMBERS(X, ...) FOR_FLOATS(X, __VA_ARGS__) FOR_INTS(X, __VA_ARGS__)
#define FOR_BOOL(X, ...) X(bool, __VA_ARGS__)
#define FOR_BITS(X, ...) FOR_INTS(X, __VA_ARGS__) X(bool, __VA_ARGS__)
#define FOR_ALL(X, ...) FOR_NUMBERS(X, __VA_ARGS__) X(bool, __VA_ARGS__)

/* t_<dtype>: the element. w_<dtype>: the type for arithmetic. (stdbool.h makes bool a macro, so the name arrives as _Bool.) */
typedef float t_f32, w_f32;
typedef double t_f64, w_f64;
typedef int64_t t_i64;
typedef uint64_t w_i64;
typedef int32_t t_i32;
typedef uint32_t w_i32;
typedef int16_t t_i16;
typedef int8_t t_i8;
typedef uint8_t t_u8, w_u8;
typedef bool t_bool, w_bool, t__Bool, w__Bool;

#define LOOP1_(dtype, name, R, cost, expr)                                        \
    static void name##_##dtype(int64_t n, void *const *data, const mg_param *p) { \
        typedef t_##dtype T;                                                      \
        typedef w_##dtype W __attribute__((unused));                              \
        (void)p;                                                                  \
        R *out = data[0];                                                         \
        const T *in = data[1];                                                    \
        MG_IVDEP for (int64_t i = 0; i < n; i++) {                                \
            const T x = in[i];                                                    \
            out[i] = (R)(expr);                                                   \
        }                                                                         \
    }                                                                             \
    mg_status MG_FN(name, dtype)(const mg_array *a, const mg_param *p) { return mg_walk(a, 2, name##_##dtype, p, cost); }

#define LOOP2_(dtype, name, R, cost, expr)                                        \
    static void name##_##dtype(int64_t n, void *const *data, const mg_param *p) { \
        typedef t_##dtype T;                                                      \
        typedef w_##dtype W __attribute__((unused));                              \
        (void)p;                                                                  \
        R *out = data[0];                                                         \
        const T *in1 = data[1], *in2 = data[2];                                   \
        MG_IVDEP for (int64_t i = 0; i < n; i++) {                                \
            const T x = in1[i], y = in2[i];                                       \
            out[i] = (R)(expr);                                                   \
        }                                                                         \
    }                                                                             \
    mg_status MG_FN(name, dtype)(const mg_array *a, const mg_param *p) { return mg_walk(a, 3, name##_##dtype, p, cost); }

#define LOOP3_(dtype, name, R, cost, expr)                                        \
    static void name##_##dtype(int64_t n, void *const *data, const mg_param *p) { \
        typedef t_##dtype T;                                                      \
        typedef w_##dtype W __attribute__((unused));                              \
        (void)p;                                                                  \
        R *out = data[0];                                                         \
        const T *in1 = data[1], *in2 = data[2], *in3 = data[3];                   \
        MG_IVDEP for (int64_t i = 0; i < n; i++) {                                \
            const T x = in1[i], y = in2[i], z = in3[i];                           \
            out[i] = (R)(expr);                                                   \
        }                                                                         \
    }                                                                             \
    mg_status MG_FN(name, dtype)(const mg_array *a, const mg_param *p) { return mg_walk(a, 4, name##_##dtype, p, cost); }

#define UNARY(group, name, cost, expr) FOR_##group(LOOP1_, name, T, cost, expr)
#define BINARY(group, name, cost, expr) FOR_##group(LOOP2_, name, T, cost, expr)
#define TERNARY(group, name, cost, expr) FOR_##group(LOOP3_, name, T, cost, expr)
#define TEST1(group, name, expr) FOR_##group(LOOP1_, name, bool, 1, expr)
#define TEST2(group, name, expr) FOR_##group(LOOP2_, name, bool, 1, expr)

/* The same with an expression over vectors (x and y of type V), for the functions of vecmath.h. Four vectors go side by side, because each
 * is one long chain of dependent instructions; the rest go one by one, the last one masked. All run the same instructions, so an element's
 * result does not depend on its place. */
#define VROW1(dtype, name, expr)                                                                \
    MG_INLINE v##dtype name##_lanes_##dtype(v##dtype x, const mg_param *p) {                    \
        typedef t_##dtype T __attribute__((unused));                                            \
        (void)p;                                                                                \
        return expr;                                                                            \
    }                                                                                           \
    static void name##_##dtype(int64_t n, void *const *data, const mg_param *p) {               \
        enum { L = MG_VEC_BYTES / sizeof(t_##dtype) };                                          \
        t_##dtype *y = data[0];                                                                 \
        const t_##dtype *x = data[1];                                                           \
        int64_t i = 0;                                                                          \
        for (; i + 4 * L <= n; i += 4 * L) {                                                    \
            const v##dtype y0 = name##_lanes_##dtype(v##dtype##_load(x + i), p);                \
            const v##dtype y1 = name##_lanes_##dtype(v##dtype##_load(x + i + L), p);            \
            const v##dtype y2 = name##_lanes_##dtype(v##dtype##_load(x + i + 2 * L), p);        \
            const v##dtype y3 = name##_lanes_##dtype(v##dtype##_load(x + i + 3 * L), p);        \
            v##dtype##_store(y + i, y0), v##dtype##_store(y + i + L, y1);                       \
            v##dtype##_store(y + i + 2 * L, y2), v##dtype##_store(y + i + 3 * L, y3);           \
        }                                                                                       \
        for (; i < n; i += L) {                                                                 \
            const int64_t m = n - i < L ? n - i : L;                                            \
            v##dtype##_store_n(y + i, name##_lanes_##dtype(v##dtype##_load_n(x + i, m), p), m); \
        }                                                                                       \
    }
#define VLOOP1_(dtype, name, cost, expr) \
    VROW1(dtype, name, expr)             \
    mg_status MG_FN(name, dtype)(const mg_array *a, const mg_param *p) { return mg_walk(a, 2, name##_##dtype, p, cost); }

#define VLOOP2_(dtype, name, cost, expr)                                                                                     \
    MG_INLINE v##dtype name##_lanes_##dtype(v##dtype x, v##dtype y, const mg_param *p) {                                     \
        typedef t_##dtype T __attribute__((unused));                                                                         \
        (void)p;                                                                                                             \
        return expr;                                                                                                         \
    }                                                                                                                        \
    static void name##_##dtype(int64_t n, void *const *data, const mg_param *p) {                                            \
        enum { L = MG_VEC_BYTES / sizeof(t_##dtype) };                                                                       \
        t_##dtype *z = data[0];                                                                                              \
        const t_##dtype *x = data[1], *y = data[2];                                                                          \
        int64_t i = 0;                                                                                                       \
        for (; i + 2 * L <= n; i += 2 * L) {                                                                                 \
            const v##dtype z0 = name##_lanes_##dtype(v##dtype##_load(x + i), v##dtype##_load(y + i), p);                     \
            const v##dtype z1 = name##_lanes_##dtype(v##dtype##_load(x + i + L), v##dtype##_load(y + i + L), p);             \
            v##dtype##_store(z + i, z0), v##dtype##_store(z + i + L, z1);                                                    \
        }                                                                                                                    \
        for (; i < n; i += L) {                                                                                              \
            const int64_t m = n - i < L ? n - i : L;                                                                         \
            v##dtype##_store_n(z + i, name##_lanes_##dtype(v##dtype##_load_n(x + i, m), v##dtype##_load_n(y + i, m), p), m); \
        }                                                                                                                    \
    }                                                                                                                        \
    mg_status MG_FN(name, dtype)(const mg_array *a, const mg_param *p) { return mg_walk(a, 3, name##_##dtype, p, cost); }

#define VUNARY(group, name, cost, expr) FOR_##group(VLOOP1_, name, cost, expr)
#define VBINARY(group, name, cost, expr) FOR_##group(VLOOP2_, name, cost, expr)

#endif
