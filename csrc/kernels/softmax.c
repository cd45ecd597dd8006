/* softmax.c: softmax and log-softmax over the last axis, forward and backward.
 * Rows are independent and are what threads share; a row is worked on in a few passes while it is in cache. The maximum is subtracted
 * before exp, so that no finite logit overflows; a row of nothing but -inf, or with +inf or NaN, gives NaN, as in PyTorch. */
#ifndef MG_BODY
#define MG_BODY "softmax.c"
#include "softmax.h"
#include "floats.h"
#else
#include "softmax_rows.inc"

typedef struct {
    real *y;
    const real *x, *g;
    int64_t n;
} FN(softmax_args);

static mg_status FN(softmax_run)(const mg_array *a, const real *x, const real *g, mg_task rows) {
    const int64_t numel = mg_numel(a), n = a->ndim ? a->shape[a->ndim - 1] : 1;
    if (numel) mg_parallel(numel / n, 1 + SOFTMAX_GRAIN / n, rows, &(FN(softmax_args)){a->data, x, g, n});
    return MG_OK;
}

/* softmax: a[0] y, a[1] x, both (..., n). */
static void FN(softmax_forward)(void *ctx, int64_t begin, int64_t end) {
    const FN(softmax_args) *q = ctx;
    const int64_t n = q->n;
    for (int64_t i = begin; i < end; i++) {
        const real *x = q->x + i * n;
        real *y = q->y + i * n;
        const real scale = 1 / FN(row_exp)(y, x, FN(row_max)(x, n), n);
        ROW(n, { PUT(y, GET(y) * scale); });
    }
}
mg_status FN(softmax)(const mg_array *a, const mg_param *p) {
    (void)p;
    return FN(softmax_run)(a, a[1].data, NULL, FN(softmax_forward));
}

/* log_softmax: a[0] y, a[1] x, both (..., n). */
static void FN(log_softmax_forward)(void *ctx, int64_t begin, int64_t end) {
    const FN(softmax_args) *q = ctx;
    const int64_t n = q->n;
    for (int64_t i = begin; i < end; i++) {
        const real *x = q->x + i * n;
        real *y = q->y + i * n;
        const real top = FN(row_max)(x, n), rest = (real)log((double)FN(row_exp)(NULL, x, top, n));
        ROW(n, { PUT(y, GET(x) - top - rest); });
    }
}
mg_status FN(log_softmax)(const mg_array *a, const mg_param *p) {
    (void)p;
    return FN(softmax_run)(a, a[1].data, NULL, FN(log_softmax_forward));
}

/* softmax_backward: a[0] gx = y * (g - sum(g * y)), a[1] g, a[2] y, all (..., n). */
static void FN(softmax_adjoint)(void *ctx, int64_t begin, int64_t end) {
    const FN(softmax_args) *q = ctx;
    const int64_t n = q->n;
    for (int64_t i = begin; i < end; i++) {
        const real *g = q->g + i * n, *y = q->x + i * n;
        real *gx = q->y + i * n;
        vreal s = {0};
        ROW(n, { s += GET(g) * GET(y); });
        const real dot = V(total)(s);
        ROW(n, { PUT(gx, GET(y) * (GET(g) - dot)); });
    }
}
mg_status FN(softmax_backward)(const mg_array *a, const mg_param *p) {
    (void)p;
    return FN(softmax_run)(a, a[2].data, a[1].data, FN(softmax_adjoint));
}

/* log_softmax_backward: a[0] gx = g - exp(y) * sum(g), a[1] g, a[2] y, all (..., n). */
static void FN(log_softmax_adjoint)(void *ctx, int64_t begin, int64_t end) {
    const FN(softmax_args) *q = ctx;
    const int64_t n = q->n;
    for (int64_t i = begin; i < end; i++) {
        const real *g = q->g + i * n, *y = q->x + i * n;
        real *gx = q->y + i * n;
        vreal s = {0};
        ROW(n, { s += GET(g); });
        const real sum = V(total)(s);
        ROW(n, { PUT(gx, GET(g) - V(exp)(GET(y)) * sum); });
    }
}
mg_status FN(log_softmax_backward)(const mg_array *a, const mg_param *p) {
    (void)p;
    return FN(softmax_run)(a, a[2].data, a[1].data, FN(log_softmax_adjoint));
}

#endif
