/* attention_backward.c: the gradients of attention.c, from the scores computed once more.
 *
 * attention_backward
 *   a[0] gq (batch, l, heads, e), a[1] gk (batch, s, groups, e), a[2] gv (batch, s, groups, f)   contiguous; NULL where not wanted
 *   a[3] g  (batch, l, heads, f)   any strides
 *   a[4] q, a[5] k, a[6] v, a[7] mask, and p: as in attention.c
 *   a[8] y, a[9] lse: what attention gave, any strides
 * With p = exp(score - lse), the weights, and delta the sum of g * y over a query's features:
 *     gv = p^T g,  d = scale * p * (g v^T - delta),  gq = d k,  gk = d^T q.
 *
 * One head of k and v is one piece of work: its queries, of all heads that it serves, pass in blocks, and each block meets the keys a tile
 * at a time. gk and gv grow by one block of queries after another, always in the same order. */
#ifndef MG_BODY
#define MG_BODY "attention_backward.c"
#include "attention.h"
#include "floats.h"
#else
#include "attention_tile.inc"

static void FN(clear)(const FN(stack) * x, int64_t b, int64_t h, int64_t rows, int64_t columns) {
    if (x->data)
        for (int64_t i = 0; i < rows; i++) memset(FN(row_of)(x, b, h, i), 0, (size_t)columns * sizeof(real));
}

/* delta of queries [i0, i0 + n). */
static void FN(deltas)(const FN(attention_job) * w, int64_t b, int64_t h, int64_t i0, int64_t n, real *delta) {
    for (int64_t i = 0; i < n; i++) {
        const real *g = FN(row_of)(&w->g, b, h, i0 + i), *y = FN(row_of)(&w->y, b, h, i0 + i);
        if (w->g.c == 1 && w->y.c == 1) {
            vreal s = {0};
            ROW(w->f, { s = V(fma)(GET(g), GET(y), s); });
            delta[i] = V(total)(s);
        } else {
            delta[i] = 0;
            for (int64_t c = 0; c < w->f; c++) delta[i] += g[c * w->g.c] * y[c * w->y.c];
        }
    }
}

/* Scores become weights, and slopes what the scores' gradients are. */
static void FN(slopes)(real *tile, real *slope, int64_t m, int64_t n, const real *lse, const real *delta, real scale) {
    for (int64_t i = 0; i < n; i += LANES) {
        const vreal least = V(load)(lse + i), d = V(load)(delta + i);
        for (int64_t j = 0; j < m; j += 4) {
#define STEP(u)                                                           \
    if (u == 0 || j + u < m) {                                            \
        real *x = tile + (j + u) * BR + i, *y = slope + (j + u) * BR + i; \
        const vreal e = FN(weight)(V(load)(x) - least);                   \
        V(store)(x, e), V(store)(y, e * ((V(load)(y) - d) * scale));      \
    }
            STEP(0) STEP(1) STEP(2) STEP(3)
#undef STEP
        }
    }
}

static void FN(attention_heads)(void *ctx, int64_t begin, int64_t end) {
    FN(attention_job) *w = ctx;
    const int64_t groups = w->heads / w->group;
    real *qt = mg_scratch(2, sizeof(real) * (size_t)(BR * (w->e + w->f + 2 * BC + 2)));
    if (!qt) {
        FN(fail)(w, MG_NO_MEMORY);
        return;
    }
    real *gt = qt + BR * w->e, *tile = gt + BR * w->f, *slope = tile + BR * BC, *delta = slope + BR * BC, *lse = delta + BR;
    for (int64_t t = begin; t < end; t++) {
        const int64_t b = t / groups, kv = t % groups;
        FN(clear)(&w->gk, b, kv, w->s, w->e), FN(clear)(&w->gv, b, kv, w->s, w->f);
        for (int64_t h = kv * w->group; h < (kv + 1) * w->group; h++) {
            FN(clear)(&w->gq, b, h, w->l, w->e);
            for (int64_t i0 = 0; i0 < w->l; i0 += w->block) {
                const int64_t n = MIN(w->block, w->l - i0), keys = FN(keys_of)(w, i0, n);
                FN(transposed)(qt, &w->q, b, h, i0, n, w->e, w->scale);
                FN(transposed)(gt, &w->g, b, h, i0, n, w->f, 1);
                FN(deltas)(w, b, h, i0, n, delta);
                const int64_t *at = w->lse_strides;
                for (int64_t i = 0; i < n; i++) lse[i] = w->lse[b * at[0] + h * at[1] + (i0 + i) * at[2]];
                for (int64_t j0 = 0; j0 < keys; j0 += BC) {
                    const int64_t m = MIN(BC, keys - j0);
                    FN(fail)(w, FN(scores)(w, b, h, i0, n, j0, m, qt, tile));
                    mg_gemm g = {
                        .m = m, .n = n, .k = w->f, .rsa = w->v.r, .csa = w->v.c, .b = gt, .rsb = BR, .csb = 1, .c = slope, .ldc = BR};
                    g.a = FN(row_of)(&w->v, b, kv, j0);
                    FN(fail)(w, FN(gemm)(&g));
                    FN(slopes)(tile, slope, m, n, lse, delta, w->scale);
                    if (w->gv.data) {
                        g = (mg_gemm){
                            .m = m, .n = w->f, .k = n, .a = tile, .rsa = BR, .csa = 1, .rsb = w->g.r, .csb = w->g.c, .accumulate = true};
                        g.b = FN(row_of)(&w->g, b, h, i0), g.c = FN(row_of)(&w->gv, b, kv, j0), g.ldc = w->gv.r;
                        FN(fail)(w, FN(gemm)(&g));
                    }
                    if (w->gk.data) {
                        g = (mg_gemm){
                            .m = m, .n = w->e, .k = n, .a = slope, .rsa = BR, .csa = 1, .rsb = w->q.r, .csb = w->q.c, .accumulate = true};
                        g.b = FN(row_of)(&w->q, b, h, i0), g.c = FN(row_of)(&w->gk, b, kv, j0), g.ldc = w->gk.r;
                        FN(fail)(w, FN(gemm)(&g));
                    }
                    if (w->gq.data) {
                        g = (mg_gemm){
                            .m = n, .n = w->e, .k = m, .a = slope, .rsa = 1, .csa = BR, .rsb = w->k.r, .csb = w->k.c, .accumulate = true};
                        g.b = FN(row_of)(&w->k, b, kv, j0), g.c = FN(row_of)(&w->gq, b, h, i0), g.ldc = w->gq.r;
                        FN(fail)(w, FN(gemm)(&g));
                    }
                }
            }
        }
    }
}

mg_status FN(attention_backward)(const mg_array *a, const mg_param *p) {
    FN(attention_job) w = FN(described)(a + 4, a + 5, a + 6, a + 7, p);
    w.gq = FN(rows_first)(a), w.gk = FN(rows_first)(a + 1), w.gv = FN(rows_first)(a + 2);
    w.g = FN(rows_first)(a + 3), w.y = FN(rows_first)(a + 8), w.lse = a[9].data, w.lse_strides = a[9].strides;
    const int64_t work = w.l * w.s * (3 * w.e + 2 * w.f) * w.group + 1;
    mg_parallel(w.batch * a[5].shape[1], 1 + ATTENTION_GRAIN / work, FN(attention_heads), &w);
    return w.status;
}

#endif
