/* batch_norm.c: normalisation of every channel of (n, c, s) over n and s, forward and backward; s is the size of a plane.
 * Channels are independent and are what threads share. A channel of large planes is done alone, plane by plane, all passes in a row, so
 * that the later ones find it in cache. Where planes are short (s = 1 above all), as many channels as make COLUMNS columns of the matrix
 * (n, c * s) are done together, with the values of a channel spread over its columns. */
#ifndef MG_BODY
#define MG_BODY "batch_norm.c"
#include "norm.h"
#define COLUMNS 512
#define SHORT_PLANE 64
#define FEW_ROWS 4
#include "floats.h"
#else
#include "norm_rows.inc"

typedef struct {
    real *y, *gw, *gb;
    real *mean, *rstd; /* outputs if `own` in forward */
    const real *g, *x, *weight, *bias;
    int64_t rows, c, s, step; /* step: from row to row */
    double count, eps;
    bool own; /* mean and rstd are statistics of x itself */
} FN(batch_args);

/* Run `planes` over channels, or `columns` over blocks of channels where planes are short and rows enough to spread a channel's values for.
 */
static mg_status FN(batch_run)(FN(batch_args) * q, const mg_array *x, mg_task planes, mg_task columns) {
    q->rows = x->shape[0], q->c = x->shape[1], q->s = x->shape[2];
    q->step = q->c * q->s, q->count = (double)(q->rows * q->s);
    if (q->s >= SHORT_PLANE || (q->s >= LANES && q->rows < FEW_ROWS))
        mg_parallel(q->c, 1 + NORM_GRAIN / (q->rows * q->s + 1), planes, q);
    else if (q->s)
        mg_parallel(q->c, COLUMNS / q->s, columns, q);
    return MG_OK;
}

static real FN(scale_of)(const FN(batch_args) * q, int64_t c) { return q->rstd[c] * (q->weight ? q->weight[c] : 1); }
static real FN(shift_of)(const FN(batch_args) * q, int64_t c) { return q->bias ? q->bias[c] : 0; }

/* Give the s columns of each channel from `begin` on the channel's value. */
#define SPREAD(column, value_of_c)                                         \
    for (int64_t c = begin, j = 0; c < end; c++) {                         \
        const real value = value_of_c;                                     \
        for (const int64_t next = j + s; j < next; j++) column[j] = value; \
    }

/* ---- sums over the rows of a block of columns ---- */

/* Every NORM_ROWS rows, and after the last: add the sums of these into doubles. */
MG_INLINE void FN(column_flush)(double *sum, real *part, int64_t i, int64_t rows, int64_t cols) {
    if ((i + 1) % NORM_ROWS && i + 1 < rows) return;
    for (int64_t j = 0; j < cols; j++) sum[j] += part[j], part[j] = 0;
}

/* sum[c] of the s columns of channel c, in place. */
static void FN(column_join)(double *sum, int64_t channels, int64_t s) {
    for (int64_t c = 0; c < channels && s > 1; c++) {
        double total = 0;
        for (int64_t j = 0; j < s; j++) total += sum[c * s + j];
        sum[c] = total;
    }
}

/* Per channel: the sum of x, or of squares of x - mean where mean (of columns) is not NULL. */
static void FN(column_sums)(const FN(batch_args) * q, double *sum, const real *x, const real *mean, int64_t channels) {
    const int64_t n = channels * q->s;
    real part[COLUMNS];
    for (int64_t j = 0; j < n; j++) sum[j] = 0, part[j] = 0;
    for (int64_t i = 0; i < q->rows; i++, x += q->step) {
        if (mean)
            ROW(n, {
                const vreal d = GET(x) - GET(mean);
                PUT(part, V(fma)(d, d, GET(part)));
            });
        else
            ROW(n, { PUT(part, GET(part) + GET(x)); });
        FN(column_flush)(sum, part, i, q->rows, n);
    }
    FN(column_join)(sum, channels, q->s);
}

/* Per channel: the sums of g and of g * (x - mean). */
static void FN(column_products)(const FN(batch_args) * q, double *sum_g, double *sum_gx, const real *g, const real *x, const real *mean,
                                int64_t channels) {
    const int64_t n = channels * q->s;
    real part_g[COLUMNS], part_gx[COLUMNS];
    for (int64_t j = 0; j < n; j++) sum_g[j] = sum_gx[j] = 0, part_g[j] = part_gx[j] = 0;
    for (int64_t i = 0; i < q->rows; i++, g += q->step, x += q->step) {
        ROW(n, {
            PUT(part_g, GET(part_g) + GET(g));
            PUT(part_gx, V(fma)(GET(g), GET(x) - GET(mean), GET(part_gx)));
        });
        FN(column_flush)(sum_g, part_g, i, q->rows, n);
        FN(column_flush)(sum_gx, part_gx, i, q->rows, n);
    }
    FN(column_join)(sum_g, channels, q->s);
    FN(column_join)(sum_gx, channels, q->s);
}

/* ---- forward ---- */

static void FN(batch_planes)(void *ctx, int64_t begin, int64_t end) {
    const FN(batch_args) *q = ctx;
    const int64_t s = q->s;
    for (int64_t c = begin; c < end; c++) {
        const real *x0 = q->x + c * s;
        real *y0 = q->y + c * s;
        if (q->own) {
            double sum = 0, squares = 0;
            for (int64_t i = 0; i < q->rows; i++) sum += FN(run_sum)(x0 + i * q->step, s);
            q->mean[c] = (real)(sum / q->count);
            for (int64_t i = 0; i < q->rows; i++) squares += FN(run_squares)(x0 + i * q->step, q->mean[c], s);
            q->rstd[c] = (real)(1 / sqrt(squares / q->count + q->eps));
        }
        const real mean = q->mean[c], scale = FN(scale_of)(q, c), shift = FN(shift_of)(q, c);
        for (int64_t i = 0; i < q->rows; i++) {
            const real *x = x0 + i * q->step;
            real *y = y0 + i * q->step;
            ROW(s, { PUT(y, (GET(x) - mean) * scale + shift); });
        }
    }
}

static void FN(batch_columns)(void *ctx, int64_t begin, int64_t end) {
    const FN(batch_args) *q = ctx;
    const int64_t s = q->s, channels = end - begin, n = channels * s;
    const real *x = q->x + begin * s;
    real *y = q->y + begin * s;
    real mean[COLUMNS], scale[COLUMNS], shift[COLUMNS];
    double sum[COLUMNS];
    if (q->own) {
        FN(column_sums)(q, sum, x, NULL, channels);
        for (int64_t c = 0; c < channels; c++) q->mean[begin + c] = (real)(sum[c] / q->count);
    }
    SPREAD(mean, q->mean[c]);
    if (q->own) {
        FN(column_sums)(q, sum, x, mean, channels);
        for (int64_t c = 0; c < channels; c++) q->rstd[begin + c] = (real)(1 / sqrt(sum[c] / q->count + q->eps));
    }
    SPREAD(scale, FN(scale_of)(q, c));
    SPREAD(shift, FN(shift_of)(q, c));
    for (int64_t i = 0; i < q->rows; i++, x += q->step, y += q->step) ROW(n, { PUT(y, (GET(x) - GET(mean)) * GET(scale) + GET(shift)); });
}

/* batch_norm: y = (x - mean) * rstd * weight + bias with the statistics of x, which it gives out too
 *   a[0] y (n, c, s), a[1] mean (c,), a[2] rstd (c,) = 1 / sqrt(var + eps), var biased
 *   a[3] x (n, c, s), a[4] weight (c,) or NULL, a[5] bias (c,) or NULL
 *   p    eps (.f) */
mg_status FN(batch_norm)(const mg_array *a, const mg_param *p) {
    FN(batch_args) q = {.y = a[0].data, .mean = a[1].data, .rstd = a[2].data, .x = a[3].data, .weight = a[4].data, .bias = a[5].data};
    q.eps = p[0].f, q.own = true;
    return FN(batch_run)(&q, a + 3, FN(batch_planes), FN(batch_columns));
}

/* batch_norm_apply: the same with given statistics
 *   a[0] y (n, c, s)
 *   a[1] x (n, c, s), a[2] mean (c,), a[3] rstd (c,), a[4] weight (c,) or NULL, a[5] bias (c,) or NULL */
mg_status FN(batch_norm_apply)(const mg_array *a, const mg_param *p) {
    (void)p;
    FN(batch_args) q = {.y = a[0].data, .x = a[1].data, .mean = a[2].data, .rstd = a[3].data, .weight = a[4].data, .bias = a[5].data};
    return FN(batch_run)(&q, a + 1, FN(batch_planes), FN(batch_columns));
}

/* ---- backward ----
 * batch_norm_backward
 *   a[0] gx (n, c, s), a[1] gw (c,) or NULL, a[2] gb (c,) or NULL
 *   a[3] g (n, c, s), a[4] x (n, c, s), a[5] mean (c,), a[6] rstd (c,), a[7] weight (c,) or NULL
 *   p    1: mean and rstd are the statistics of x, 0: they are constants
 * With z = (x - mean) * rstd: gb = sum(g), gw = sum(g * z), gx = rstd * weight * (g - mean(g) - z * mean(g * z)), without the two means for
 * constants. */

/* gx = (g - shift - (x - mean) * slope) * scale; the sums of g and g * (x - mean) give shift and slope. */
static void FN(adjoint_of)(const FN(batch_args) * q, int64_t c, double sum_g, double sum_gx, real *shift, real *slope) {
    const double rstd = q->rstd[c];
    if (q->gb) q->gb[c] = (real)sum_g;
    if (q->gw) q->gw[c] = (real)(sum_gx * rstd);
    *shift = q->own ? (real)(sum_g / q->count) : 0;
    *slope = q->own ? (real)(sum_gx / q->count * rstd * rstd) : 0;
}

static void FN(adjoint_planes)(void *ctx, int64_t begin, int64_t end) {
    const FN(batch_args) *q = ctx;
    const int64_t s = q->s;
    for (int64_t c = begin; c < end; c++) {
        const real *g0 = q->g + c * s, *x0 = q->x + c * s, mean = q->mean[c], scale = FN(scale_of)(q, c);
        double sum_g = 0, sum_gx = 0;
        for (int64_t i = 0; i < q->rows; i++) FN(run_products)(g0 + i * q->step, x0 + i * q->step, NULL, mean, s, &sum_g, &sum_gx);
        real shift, slope;
        FN(adjoint_of)(q, c, sum_g, sum_gx, &shift, &slope);
        for (int64_t i = 0; i < q->rows; i++) {
            const real *g = g0 + i * q->step, *x = x0 + i * q->step;
            real *gx = q->y + c * s + i * q->step;
            ROW(s, { PUT(gx, (GET(g) - shift - (GET(x) - mean) * slope) * scale); });
        }
    }
}

static void FN(adjoint_columns)(void *ctx, int64_t begin, int64_t end) {
    const FN(batch_args) *q = ctx;
    const int64_t s = q->s, channels = end - begin, n = channels * s;
    const real *g = q->g + begin * s, *x = q->x + begin * s;
    real *gx = q->y + begin * s;
    real mean[COLUMNS], scale[COLUMNS], shift[COLUMNS], slope[COLUMNS];
    double sum_g[COLUMNS], sum_gx[COLUMNS];
    SPREAD(mean, q->mean[c]);
    SPREAD(scale, FN(scale_of)(q, c));
    FN(column_products)(q, sum_g, sum_gx, g, x, mean, channels);
    for (int64_t c = channels - 1; c >= 0; c--) {
        FN(adjoint_of)(q, begin + c, sum_g[c], sum_gx[c], shift + c * s, slope + c * s);
        for (int64_t j = 1; j < s; j++) shift[c * s + j] = shift[c * s], slope[c * s + j] = slope[c * s];
    }
    for (int64_t i = 0; i < q->rows; i++, g += q->step, x += q->step, gx += q->step)
        ROW(n, { PUT(gx, (GET(g) - GET(shift) - (GET(x) - GET(mean)) * GET(slope)) * GET(scale)); });
}

mg_status FN(batch_norm_backward)(const mg_array *a, const mg_param *p) {
    FN(batch_args)
    q = {.y = a[0].data, .gw = a[1].data, .gb = a[2].data, .g = a[3].data, .x = a[4].data, .mean = a[5].data, .rstd = a[6].data};
    q.weight = a[7].data, q.own = p[0].i != 0;
    return FN(batch_run)(&q, a + 4, FN(adjoint_planes), FN(adjoint_columns));
}

#undef SPREAD
#endif
