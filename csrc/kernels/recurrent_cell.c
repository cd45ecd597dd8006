/* recurrent_cell.c: what a cell does between its two products and its new state, forward and backward. Rows are independent.
 * `kept` and the gates are as in recurrent.h. */
#ifndef MG_BODY
#define MG_BODY "recurrent_cell.c"
#include "vecmath.h"

#include "recurrent.h"

enum { GATE_GRAIN = 1 << 14 }; /* units that are worth a thread */

#include "floats.h"
#else
#include "recurrent_gates.inc"

typedef struct {
    const mg_array *a;
    int64_t units;
} FN(gates);

static mg_status FN(over_rows)(const mg_array *a, const mg_array *state, mg_task rows) {
    FN(gates) q = {a, state->shape[state->ndim - 1]};
    mg_parallel(q.units ? mg_numel(state) / q.units : 0, 1 + GATE_GRAIN / (q.units + 1), rows, &q);
    return MG_OK;
}
/* Row i of an array with so many columns for each unit. */
#define AT(k, columns) ((real *)q->a[k].data + i * (columns) * n)

/* lstm_gates
 *   a[0] h, a[1] c (..., H), a[2] kept (..., 5 * H) or NULL
 *   a[3], a[4] gates of the input and of the state (..., 4 * H), a[5] c before */
static void FN(lstm_rows)(void *ctx, int64_t begin, int64_t end) {
    const FN(gates) *q = ctx;
    const int64_t n = q->units;
    for (int64_t i = begin; i < end; i++) {
        real *h = AT(0, 1), *c = AT(1, 1), *kept = q->a[2].data ? AT(2, 5) : NULL;
        const real *x = AT(3, 4), *s = AT(4, 4), *before = AT(5, 1);
        ROW(n, {
            const FN(lstm) y = FN(lstm_step)(GET(x) + GET(s), GET(x + n) + GET(s + n), GET(x + 2 * n) + GET(s + 2 * n),
                                             GET(x + 3 * n) + GET(s + 3 * n), GET(before));
            PUT(h, y.h);
            PUT(c, y.c);
            if (kept) {
                PUT(kept, y.i);
                PUT(kept + n, y.f);
                PUT(kept + 2 * n, y.g);
                PUT(kept + 3 * n, y.o);
                PUT(kept + 4 * n, y.c);
            }
        });
    }
}
mg_status FN(lstm_gates)(const mg_array *a, const mg_param *p) {
    (void)p;
    return FN(over_rows)(a, a + 5, FN(lstm_rows));
}

/* lstm_gates_backward
 *   a[0] gradient of either gates (..., 4 * H), a[1] that of the c before (..., H)
 *   a[2], a[3] those of h and c, or NULL; a[4] c before, a[5] kept */
static void FN(lstm_rows_back)(void *ctx, int64_t begin, int64_t end) {
    const FN(gates) *q = ctx;
    const int64_t n = q->units;
    const vreal zero = {0};
    for (int64_t i = begin; i < end; i++) {
        real *gates = AT(0, 4), *gb = AT(1, 1);
        const real *gh = q->a[2].data ? AT(2, 1) : NULL, *gc = q->a[3].data ? AT(3, 1) : NULL, *before = AT(4, 1), *kept = AT(5, 5);
        ROW(n, {
            const FN(lstm) y = {.i = GET(kept), .f = GET(kept + n), .g = GET(kept + 2 * n), .o = GET(kept + 3 * n), .c = GET(kept + 4 * n)};
            const FN(lstm) d = FN(lstm_slope)(y, GET(before), gh ? GET(gh) : zero, gc ? GET(gc) : zero);
            PUT(gates, d.i);
            PUT(gates + n, d.f);
            PUT(gates + 2 * n, d.g);
            PUT(gates + 3 * n, d.o);
            PUT(gb, d.c);
        });
    }
}
mg_status FN(lstm_gates_backward)(const mg_array *a, const mg_param *p) {
    (void)p;
    return FN(over_rows)(a, a + 4, FN(lstm_rows_back));
}

/* gru_gates
 *   a[0] h (..., H), a[1] kept (..., 4 * H) or NULL
 *   a[2], a[3] gates of the input and of the state (..., 3 * H), a[4] h before */
static void FN(gru_rows)(void *ctx, int64_t begin, int64_t end) {
    const FN(gates) *q = ctx;
    const int64_t n = q->units;
    for (int64_t i = begin; i < end; i++) {
        real *h = AT(0, 1), *kept = q->a[1].data ? AT(1, 4) : NULL;
        const real *x = AT(2, 3), *s = AT(3, 3), *before = AT(4, 1);
        ROW(n, {
            const FN(gru) y = FN(gru_step)(GET(x) + GET(s), GET(x + n) + GET(s + n), GET(x + 2 * n), GET(s + 2 * n), GET(before));
            PUT(h, y.h);
            if (kept) {
                PUT(kept, y.r);
                PUT(kept + n, y.z);
                PUT(kept + 2 * n, y.n);
                PUT(kept + 3 * n, y.m);
            }
        });
    }
}
mg_status FN(gru_gates)(const mg_array *a, const mg_param *p) {
    (void)p;
    return FN(over_rows)(a, a + 4, FN(gru_rows));
}

/* gru_gates_backward
 *   a[0], a[1] gradients of the gates of the input and of the state (..., 3 * H), a[2] that of the h before (..., H)
 *   a[3] that of h, a[4] h before, a[5] kept */
static void FN(gru_rows_back)(void *ctx, int64_t begin, int64_t end) {
    const FN(gates) *q = ctx;
    const int64_t n = q->units;
    for (int64_t i = begin; i < end; i++) {
        real *x = AT(0, 3), *s = AT(1, 3), *gb = AT(2, 1);
        const real *gh = AT(3, 1), *before = AT(4, 1), *kept = AT(5, 4);
        ROW(n, {
            const FN(gru) y = {.r = GET(kept), .z = GET(kept + n), .n = GET(kept + 2 * n), .m = GET(kept + 3 * n)};
            const FN(gru) d = FN(gru_slope)(y, GET(before), GET(gh));
            PUT(x, d.r);
            PUT(x + n, d.z);
            PUT(x + 2 * n, d.n);
            PUT(s, d.r);
            PUT(s + n, d.z);
            PUT(s + 2 * n, d.m);
            PUT(gb, d.h);
        });
    }
}
mg_status FN(gru_gates_backward)(const mg_array *a, const mg_param *p) {
    (void)p;
    return FN(over_rows)(a, a + 4, FN(gru_rows_back));
}

#undef AT
#endif
