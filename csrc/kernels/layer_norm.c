/* layer_norm.c: normalisation over the last axis, forward and backward. Rows are independent; one stays in cache for all its passes. */
#ifndef MG_BODY
#define MG_BODY "layer_norm.c"
#include "norm.h"
#include "floats.h"
#else
#include "norm_rows.inc"

typedef struct {
    real *y, *mean, *rstd;
    const real *g, *x, *weight, *bias;
    int64_t rows, n, block; /* block: rows of a block of backward */
    double eps;
    real *parts; /* backward: sums of g * z and of g of every block, 2 * n each; NULL if not wanted */
    mg_status status;
} FN(layer_args);

/* layer_norm: y = (x - mean) * rstd * weight + bias, rstd = 1 / sqrt(var + eps)
 *   a[0] y (rows, n), a[1] mean (rows,), a[2] rstd (rows,)
 *   a[3] x (rows, n), a[4] weight (n,) or NULL, a[5] bias (n,) or NULL
 *   p    eps (.f) */
static void FN(layer_rows)(void *ctx, int64_t begin, int64_t end) {
    const FN(layer_args) *q = ctx;
    const int64_t n = q->n;
    const real *weight = q->weight, *bias = q->bias;
    for (int64_t i = begin; i < end; i++) {
        const real *x = q->x + i * n;
        real *y = q->y + i * n;
        const real mean = (real)(FN(run_sum)(x, n) / (double)n);
        const real rstd = (real)(1 / sqrt(FN(run_squares)(x, mean, n) / (double)n + q->eps));
        q->mean[i] = mean, q->rstd[i] = rstd;
        if (weight && bias)
            ROW(n, { PUT(y, (GET(x) - mean) * rstd * GET(weight) + GET(bias)); });
        else if (weight)
            ROW(n, { PUT(y, (GET(x) - mean) * rstd * GET(weight)); });
        else if (bias)
            ROW(n, { PUT(y, (GET(x) - mean) * rstd + GET(bias)); });
        else
            ROW(n, { PUT(y, (GET(x) - mean) * rstd); });
    }
}
mg_status FN(layer_norm)(const mg_array *a, const mg_param *p) {
    FN(layer_args) q = {.y = a[0].data, .mean = a[1].data, .rstd = a[2].data, .x = a[3].data, .weight = a[4].data, .bias = a[5].data};
    q.n = a[0].shape[a[0].ndim - 1], q.eps = p[0].f;
    mg_parallel(mg_numel(a + 1), 1 + NORM_GRAIN / (q.n + 1), FN(layer_rows), &q);
    return MG_OK;
}

/* layer_norm_backward
 *   a[0] gx (rows, n), a[1] gw (n,) or NULL, a[2] gb (n,) or NULL
 *   a[3] g (rows, n), a[4] x (rows, n), a[5] mean (rows,), a[6] rstd (rows,), a[7] weight (n,) or NULL
 * With h = g * weight and z = (x - mean) * rstd: gx = rstd * (h - mean(h) - z * mean(h * z)); gw is the sum of g * z and gb that of g over
 * rows. Rows go in at most 32 blocks; a block sums its gw and gb into its own part, through groups of NORM_ROWS rows, and the parts are
 * added as a tree. */
static void FN(layer_adjoint)(void *ctx, int64_t begin, int64_t end) {
    FN(layer_args) *q = ctx;
    const int64_t n = q->n;
    const real *weight = q->weight;
    real *group = q->parts ? mg_scratch(2, (size_t)(2 * n) * sizeof(real)) : NULL, *group_b = group + n;
    if (q->parts && !group) {
        __atomic_store_n(&q->status, MG_NO_MEMORY, __ATOMIC_RELAXED);
        return;
    }
    for (int64_t b = begin; b < end; b++) {
        real *part = q->parts + b * 2 * n;
        const int64_t last = MIN(q->rows, (b + 1) * q->block);
        if (group) {
            memset(part, 0, (size_t)(2 * n) * sizeof(real));
            memset(group, 0, (size_t)(2 * n) * sizeof(real));
        }
        for (int64_t i = b * q->block; i < last; i++) {
            const real *g = q->g + i * n, *x = q->x + i * n, mean = q->mean[i], rstd = q->rstd[i];
            real *gx = q->y + i * n;
            double h = 0, hx = 0;
            if (weight)
                FN(run_products)(g, x, weight, mean, n, &h, &hx);
            else
                FN(run_products)(g, x, NULL, mean, n, &h, &hx);
            const real mean_h = (real)(h / (double)n), slope = (real)(hx / (double)n * rstd);
            if (!group) {
                ROW(n, { PUT(gx, ((weight ? GET(g) * GET(weight) : GET(g)) - mean_h - (GET(x) - mean) * rstd * slope) * rstd); });
                continue;
            }
            ROW(n, {
                const vreal gj = GET(g);
                const vreal z = (GET(x) - mean) * rstd;
                PUT(gx, ((weight ? gj * GET(weight) : gj) - mean_h - z * slope) * rstd);
                PUT(group, V(fma)(gj, z, GET(group)));
                PUT(group_b, GET(group_b) + gj);
            });
            if ((i + 1) % NORM_ROWS == 0 || i + 1 == last)
                for (int64_t j = 0; j < 2 * n; j++) part[j] += group[j], group[j] = 0;
        }
    }
}
mg_status FN(layer_norm_backward)(const mg_array *a, const mg_param *p) {
    (void)p;
    real *gw = a[1].data, *gb = a[2].data;
    FN(layer_args) q = {.y = a[0].data, .g = a[3].data, .x = a[4].data, .mean = a[5].data, .rstd = a[6].data, .weight = a[7].data};
    q.rows = mg_numel(a + 5), q.n = a[0].shape[a[0].ndim - 1], q.block = NORM_ROWS;
    const int64_t n = q.n;
    while (q.block * 32 < q.rows) q.block *= 2;
    int64_t blocks = (q.rows + q.block - 1) / q.block;
    if ((gw || gb) && !(q.parts = mg_scratch(3, (size_t)(blocks * 2 * n + 1) * sizeof(real)))) return MG_NO_MEMORY;
    mg_parallel(blocks, 1 + NORM_GRAIN / (q.block * n + 1), FN(layer_adjoint), &q);
    if (q.status != MG_OK || !q.parts) return q.status;
    for (; blocks > 1; blocks -= blocks / 2) {
        const real *from = q.parts + (blocks - blocks / 2) * 2 * n;
        for (int64_t j = 0; j < blocks / 2 * 2 * n; j++) q.parts[j] += from[j];
    }
    for (int64_t j = 0; j < n; j++) {
        if (gw) gw[j] = q.rows ? q.parts[j] : 0;
        if (gb) gb[j] = q.rows ? q.parts[n + j] : 0;
    }
    return MG_OK;
}

#endif
