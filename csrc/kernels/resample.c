/* resample.c: a sparse matrix times the middle dimension, as interpolation needs it: each output a weighted sum of a few inputs.
 *
 * resample
 *   a[0] out  y (outer, m, inner)
 *   a[1] in   x (outer, n, inner)
 *   a[2] in   start (m + 1,) int64, a[3] index (k,) int64, a[4] weight (k,)
 *   y[., o, .] = sum of weight[j] * x[., index[j], .] for j from start[o] up to start[o + 1], added in that order; 0 for an empty row
 * A table that reaches outside x or itself gives MG_BAD_INDEX before anything is written.
 * Rows of `inner` elements are added as vectors. With inner = 1 the outputs of one x are written in order, and x stays in the first cache;
 * tables of two and four entries in every row (linear and cubic interpolation) have a loop of their own: the length of a sum that is not
 * known costs more than the sum. */
#ifndef MG_BODY
#include "kernels.h"
#include "window.h"

typedef struct {
    const mg_array *a;
    int64_t m, n, inner, taps; /* taps: entries of every row, 0 where they differ */
    const int64_t *start, *index;
} resampling;

static bool table_fits(resampling *t, int64_t k) {
    bool good = t->start[0] >= 0 && t->start[t->m] <= k;
    t->taps = t->m > 0 ? t->start[1] - t->start[0] : 0;
    for (int64_t o = 0; o < t->m; o++) {
        good &= t->start[o] <= t->start[o + 1];
        if (t->start[o + 1] - t->start[o] != t->taps) t->taps = 0;
    }
    for (int64_t j = 0; j < k; j++) good &= t->index[j] >= 0 && t->index[j] < t->n;
    return good;
}

#define MG_BODY "resample.c"
#include "floats.h"
#else

/* Items are the rows of y. */
static void FN(resample_rows)(void *ctx, int64_t begin, int64_t end) {
    const resampling *t = ctx;
    const real *weight = t->a[4].data;
    const int64_t inner = t->inner;
    for (int64_t r = begin; r < end; r++) {
        real *restrict y = (real *)t->a[0].data + r * inner;
        const real *x = (const real *)t->a[1].data + r / t->m * t->n * inner;
        int64_t j = t->start[r % t->m];
        const int64_t last = t->start[r % t->m + 1];
        if (j == last) {
            memset(y, 0, (size_t)inner * sizeof(real));
            continue;
        }
        const real *restrict first = x + t->index[j] * inner;
        const real by = weight[j++];
        for (int64_t i = 0; i < inner; i++) y[i] = by * first[i];
        for (; j + 1 < last; j += 2) {
            const real *restrict u = x + t->index[j] * inner, *restrict v = x + t->index[j + 1] * inner;
            const real a = weight[j], b = weight[j + 1];
            for (int64_t i = 0; i < inner; i++) y[i] = (y[i] + a * u[i]) + b * v[i];
        }
        if (j < last) {
            const real *restrict u = x + t->index[j] * inner;
            const real a = weight[j];
            for (int64_t i = 0; i < inner; i++) y[i] += a * u[i];
        }
    }
}

/* Items are the lines of x, inner = 1. */
static void FN(resample_lines)(void *ctx, int64_t begin, int64_t end) {
    const resampling *t = ctx;
    const int64_t m = t->m, *start = t->start;
    const real *weight = t->a[4].data;
    for (int64_t r = begin; r < end; r++) {
        real *restrict y = (real *)t->a[0].data + r * m;
        const real *restrict x = (const real *)t->a[1].data + r * t->n;
        const real *w = weight + start[0];
        const int64_t *at = t->index + start[0];
        if (t->taps == 2)
            for (int64_t o = 0; o < m; o++, w += 2, at += 2) y[o] = w[0] * x[at[0]] + w[1] * x[at[1]];
        else if (t->taps == 4)
            for (int64_t o = 0; o < m; o++, w += 4, at += 4)
                y[o] = ((w[0] * x[at[0]] + w[1] * x[at[1]]) + w[2] * x[at[2]]) + w[3] * x[at[3]];
        else
            for (int64_t o = 0; o < m; o++) {
                real sum = 0;
                for (int64_t j = start[o]; j < start[o + 1]; j++) sum += weight[j] * x[t->index[j]];
                y[o] = sum;
            }
    }
}

mg_status FN(resample)(const mg_array *a, const mg_param *p) {
    (void)p;
    const int64_t *s = a[0].shape, k = a[3].shape[0];
    resampling t = {.a = a, .m = s[1], .n = a[1].shape[1], .inner = s[2], .start = a[2].data, .index = a[3].data};
    if (!table_fits(&t, k)) return MG_BAD_INDEX;
    if (mg_numel(&a[0]) == 0) return MG_OK;
    if (t.inner == 1)
        mg_parallel(s[0], mg_plane_grain(k + t.m), FN(resample_lines), &t);
    else
        mg_parallel(s[0] * t.m, mg_plane_grain((k / t.m + 1) * t.inner / 4), FN(resample_rows), &t);
    return MG_OK;
}
#endif
