/* elementwise_cast.c: change of dtype, and copies. a[0] out, a[1] in, any strides. */
#include "loops.h"

typedef _Float16 t_f16;

/* cast: the table's dtype is the input's; a[0].dtype says which one is made. Rules of C: towards zero from floats to integers (unspecified,
 * but harmless, if it does not fit), modulo 2^n between integers, x != 0 to bool, to nearest (even) to a narrower float. */
#define CAST(to, from)                                                                \
    static void cast_##from##_##to(int64_t n, void *const *data, const mg_param *p) { \
        (void)p;                                                                      \
        t_##to *out = data[0];                                                        \
        const t_##from *in = data[1];                                                 \
        for (int64_t i = 0; i < n; i++) out[i] = (t_##to)in[i];                       \
    }
#define CAST_FROM_(from)                                                            \
    FOR_CAST(CAST, from)                                                            \
    mg_status MG_FN(cast, from)(const mg_array *a, const mg_param *p) {             \
        static const mg_chunk chunks[MG_NUM_DTYPES] = {FOR_CAST(CAST_ENTRY, from)}; \
        if (!chunks[a->dtype]) return MG_NO_KERNEL;                                 \
        return mg_walk(a, 2, chunks[a->dtype], p, 1);                               \
    }
#define CAST_ENTRY(to, from) [MG_DTYPE_##to] = cast_##from##_##to,
#define FOR_CAST(X, from) \
    X(bool, from) X(u8, from) X(i8, from) X(i16, from) X(i32, from) X(i64, from) X(f16, from) X(f32, from) X(f64, from)
CAST_FROM_(bool)
CAST_FROM_(u8)
CAST_FROM_(i8)
CAST_FROM_(i16)
CAST_FROM_(i32)
CAST_FROM_(i64)
CAST_FROM_(f16)
CAST_FROM_(f32)
CAST_FROM_(f64)

/* copy: any dtype; only the size of an element matters (walk.c, copy.c). */
#define COPY(name, dtype)                                                \
    mg_status MG_FN(name, dtype)(const mg_array *a, const mg_param *p) { \
        (void)p;                                                         \
        return mg_copy(&a[0], &a[1]);                                    \
    }
MG_EACH_ANY(COPY, copy)
