/* cross_entropy.c: cross entropy of class targets from logits, forward and backward, without building log-softmax.
 * With logp = log_softmax(logits), e the label smoothing, w the class weights and t the target of a row of n classes, its loss is
 *     (1 - e) * w[t] * -logp[t] + e / n * sum(w * -logp)
 * and 0 where t == ignore_index. Another target outside 0 .. n-1 is MG_BAD_INDEX. Reduction over rows is the caller's. */
#ifndef MG_BODY
#define MG_BODY "cross_entropy.c"
#include "softmax.h"
#include "floats.h"
#else
#include "softmax_rows.inc"

typedef struct {
    real *y, *lse_out;
    const real *g, *x, *lse, *weight;
    const int64_t *target;
    int64_t n, ignore;
    real smoothing, weights; /* weights: the sum of all class weights */
} FN(loss_args);

static mg_status FN(loss_run)(FN(loss_args) * q, const mg_array *logits, const mg_param *p, mg_task rows) {
    const int64_t count = logits->shape[0];
    q->n = logits->shape[1], q->ignore = p[0].i, q->smoothing = (real)p[1].f;
    for (int64_t i = 0; i < count; i++)
        if (q->target[i] != q->ignore && (uint64_t)q->target[i] >= (uint64_t)q->n) return MG_BAD_INDEX;
    q->weights = (real)q->n;
    if (q->weight) {
        vreal s = {0};
        ROW(q->n, { s += GET(q->weight); });
        q->weights = V(total)(s);
    }
    mg_parallel(count, 1 + SOFTMAX_GRAIN / (q->n + 1), rows, q);
    return MG_OK;
}

/* cross_entropy
 *   a[0] loss (rows,), a[1] lse (rows,): log(sum(exp(logits))), for backward
 *   a[2] logits (rows, n), a[3] target (rows,) i64, a[4] weight (n,) or NULL
 *   p    ignore_index, label_smoothing (.f) */
static void FN(loss_rows)(void *ctx, int64_t begin, int64_t end) {
    const FN(loss_args) *q = ctx;
    const int64_t n = q->n;
    const real *weight = q->weight;
    for (int64_t i = begin; i < end; i++) {
        const real *x = q->x + i * n;
        const int64_t t = q->target[i];
        const real top = FN(row_max)(x, n), rest = (real)log((double)FN(row_exp)(NULL, x, top, n));
        q->lse_out[i] = isinf(top) ? top : top + rest;
        if (t == q->ignore) {
            q->y[i] = 0;
            continue;
        }
        real loss = (rest - (x[t] - top)) * (weight ? weight[t] : 1);
        if (q->smoothing > 0) {
            const vreal zero = {0};
            vreal s = zero;
            ROW(n, {
                vreal v = rest - (GET(x) - top);
                if (weight) v *= GET(weight);
                s += ONLY(v, zero);
            });
            loss = (1 - q->smoothing) * loss + q->smoothing / (real)n * V(total)(s);
        }
        q->y[i] = loss;
    }
}
mg_status FN(cross_entropy)(const mg_array *a, const mg_param *p) {
    FN(loss_args) q = {.y = a[0].data, .lse_out = a[1].data, .x = a[2].data, .target = a[3].data, .weight = a[4].data};
    return FN(loss_run)(&q, a + 2, p, FN(loss_rows));
}

/* cross_entropy_backward
 *   a[0] gx (rows, n)
 *   a[1] g (rows,), a[2] logits (rows, n), a[3] lse (rows,), a[4] target (rows,), a[5] weight (n,) or NULL; p as above
 * gx[j] = g * ((1 - e) * w[t] * (q[j] - [j == t]) + e / n * (q[j] * sum(w) - w[j])), with q = softmax(logits) = exp(logits - lse). Where
 * logits are large, lse carries their rounding: q is divided by its own sum, which takes that away again. */
static void FN(loss_adjoint)(void *ctx, int64_t begin, int64_t end) {
    const FN(loss_args) *q = ctx;
    const int64_t n = q->n;
    const real *weight = q->weight;
    for (int64_t i = begin; i < end; i++) {
        const real *x = q->x + i * n;
        real *gx = q->y + i * n;
        const int64_t t = q->target[i];
        if (t == q->ignore) {
            memset(gx, 0, (size_t)n * sizeof(real));
            continue;
        }
        const real hit = q->g[i] * (1 - q->smoothing) * (weight ? weight[t] : 1), spread = q->g[i] * q->smoothing / (real)n;
        const real scale = (hit + spread * q->weights) / FN(row_exp)(gx, x, q->lse[i], n);
        if (weight)
            ROW(n, { PUT(gx, GET(gx) * scale - GET(weight) * spread); });
        else
            ROW(n, { PUT(gx, GET(gx) * scale - spread); });
        gx[t] -= hit;
    }
}
mg_status FN(cross_entropy_backward)(const mg_array *a, const mg_param *p) {
    FN(loss_args) q = {.y = a[0].data, .g = a[1].data, .x = a[2].data, .lse = a[3].data, .target = a[4].data, .weight = a[5].data};
    return FN(loss_run)(&q, a, p, FN(loss_adjoint));
}

#endif
