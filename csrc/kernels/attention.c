/* attention.c: softmax(scale * Q K^T + mask) V without the matrix of all scores.
 *
 * attention
 *   a[0] y    (batch, l, heads, f)   contiguous: the heads of one position side by side, which is what the next layer takes
 *   a[1] lse  (batch, heads, l)      log of the sum of exp(score); +inf for a query that sees nothing, whose weights exp(score - lse) are 0
 *   a[2] q    (batch, heads, l, e)   a[3] k (batch, groups, s, e)   a[4] v (batch, groups, s, f)   any strides
 *   a[5] mask (batch, heads, l, s)   bool (true: seen), the dtype of q (added), or NULL; any strides, 0 where it is broadcast
 *   p    scale (.f), causal: query i sees keys 0 to i
 * heads is a multiple of groups: each head of k and v serves as many neighbouring heads of q.
 *
 * tiles   The softmax is taken online (Milakov & Gimelshein, arXiv:1805.02867; as in FlashAttention, arXiv:2205.14135): a block of BR
 * queries meets the keys BC at a time and keeps, for each query, the largest score so far and the sum of exp(score - largest). When a
 * larger score comes, what y has so far fades by exp(old - new). The end divides by the sum. A short sequence is one tile. rows    Fewer
 * queries than fill half a vector (one, when text is generated) would leave the lanes of a tile empty: then lanes are keys, and all scores
 * of a query, one row, are there at once. Where the heads of a group share keys and values, each head's query is a row of one matrix, so
 * that keys and values pass by once for all of them.
 *
 * Threads share blocks of queries; the keys of one query are never split. */
#ifndef MG_BODY
#define MG_BODY "attention.c"
#include "attention.h"
#include "floats.h"
#else
#include "attention_tile.inc"
#include "softmax_rows.inc"

/* ---- tiles ---- */

/* One step of the online softmax: scores of m keys become exp(score - largest); `fade` is for what was there before. */
static void FN(soften)(real *tile, int64_t m, int64_t n, real *largest, real *sum, real *fade) {
    for (int64_t i = 0; i < n; i += LANES) {
        real *x = tile + i;
        const vreal old = V(load)(largest + i), zero = {0};
        vreal a = old, b = old, s = zero, t = zero;
        int64_t j = 0;
        for (; j + 2 <= m; j += 2) a = V(max)(a, V(load)(x + j * BR)), b = V(max)(b, V(load)(x + (j + 1) * BR));
        if (j < m) a = V(max)(a, V(load)(x + j * BR));
        const vreal top = V(max)(a, b), from = V(select)(top == (real)-INFINITY, zero, top);
        /* Four at a time, because each exp is one long chain of dependent instructions. */
        for (j = 0; j + 4 <= m; j += 4) {
            real *r = x + j * BR;
            const vreal e0 = FN(weight)(V(load)(r) - from), e1 = FN(weight)(V(load)(r + BR) - from);
            const vreal e2 = FN(weight)(V(load)(r + 2 * BR) - from), e3 = FN(weight)(V(load)(r + 3 * BR) - from);
            V(store)(r, e0), V(store)(r + BR, e1), V(store)(r + 2 * BR, e2), V(store)(r + 3 * BR, e3);
            s += e0 + e1, t += e2 + e3;
        }
        for (; j < m; j++) {
            const vreal e = FN(weight)(V(load)(x + j * BR) - from);
            V(store)(x + j * BR, e);
            s += e;
        }
        const vreal f = FN(weight)(old - from);
        V(store)(fade + i, f);
        V(store)(sum + i, V(fma)(V(load)(sum + i), f, s + t));
        V(store)(largest + i, top);
    }
}

/* Blocks of queries, numbered through all heads. */
static void FN(attention_tiles)(void *ctx, int64_t begin, int64_t end) {
    FN(attention_job) *w = ctx;
    const int64_t blocks = CEIL(w->l, w->block);
    real *qt = mg_scratch(2, sizeof(real) * (size_t)(BR * (w->e + BC + 3)));
    if (!qt) {
        FN(fail)(w, MG_NO_MEMORY);
        return;
    }
    real *tile = qt + BR * w->e, *largest = tile + BR * BC, *sum = largest + BR, *fade = sum + BR;
    for (int64_t t = begin; t < end; t++) {
        const int64_t b = t / blocks / w->heads, h = t / blocks % w->heads, i0 = t % blocks * w->block, n = MIN(w->block, w->l - i0);
        const int64_t keys = FN(keys_of)(w, i0, n);
        real *y = FN(row_of)(&w->y, b, h, i0), *lse = w->lse + (b * w->heads + h) * w->l + i0;
        FN(transposed)(qt, &w->q, b, h, i0, n, w->e, w->scale);
        for (int64_t i = 0; i < BR; i++) largest[i] = (real)-INFINITY, sum[i] = 0;
        int64_t j0 = 0;
        do { /* once at least: without keys y is zero */
            const int64_t m = MIN(BC, keys - j0);
            FN(fail)(w, FN(scores)(w, b, h, i0, n, j0, m, qt, tile));
            FN(soften)(tile, m, n, largest, sum, fade);
            if (j0 > 0)
                for (int64_t i = 0; i < n; i++)
                    if (fade[i] != 1) FN(scale_row)(y + i * w->y.r, w->f, fade[i]);
            mg_gemm g = {.m = n, .n = w->f, .k = m, .a = tile, .rsa = 1, .csa = BR, .rsb = w->v.r, .csb = w->v.c, .c = y, .ldc = w->y.r};
            g.b = FN(row_of)(&w->v, b, h / w->group, j0), g.accumulate = j0 > 0;
            FN(fail)(w, FN(gemm)(&g));
            j0 += m;
        } while (j0 < keys);
        for (int64_t i = 0; i < n; i++) {
            FN(scale_row)(y + i * w->y.r, w->f, sum[i] == 0 ? 0 : 1 / sum[i]);
            lse[i] = sum[i] == 0 ? (real)INFINITY : largest[i] + (real)log((double)sum[i]);
        }
    }
}

/* ---- rows ---- */

static void FN(attention_rows)(void *ctx, int64_t begin, int64_t end) {
    FN(attention_job) *w = ctx;
    const int64_t ld = CEIL(w->s, LANES) * LANES;
    real *q = mg_scratch(2, sizeof(real) * (size_t)(w->l * (w->e + ld))), *rows = q + w->l * w->e;
    if (!q) {
        FN(fail)(w, MG_NO_MEMORY);
        return;
    }
    for (int64_t t = begin; t < end; t++) {
        const int64_t b = t / w->heads, h = t % w->heads, kv = h / w->group;
        real *y = FN(row_of)(&w->y, b, h, 0), *lse = w->lse + t * w->l;
        for (int64_t i = 0; i < w->l; i++)
            for (int64_t c = 0; c < w->e; c++) q[i * w->e + c] = FN(row_of)(&w->q, b, h, i)[c * w->q.c] * w->scale;
        mg_gemm g = {.m = w->l, .n = w->s, .k = w->e, .a = q, .rsa = w->e, .csa = 1, .rsb = w->k.c, .csb = w->k.r, .c = rows, .ldc = ld};
        g.b = FN(row_of)(&w->k, b, kv, 0);
        if (w->mask && !w->truth) g.bias = FN(mask_at)(w, b, h, 0, 0), g.rsbias = w->mask_i, g.csbias = w->mask_j;
        FN(fail)(w, FN(gemm)(&g));
        for (int64_t i = 0; i < w->l; i++) {
            real *x = rows + i * ld;
            if (w->mask && w->truth) FN(hide)(x, 1, FN(mask_at)(w, b, h, i, 0), w->mask_j, w->s);
            for (int64_t j = FN(keys_of)(w, i, 1); j < w->s; j++) x[j] = (real)-INFINITY;
            const real top = FN(row_max)(x, w->s), sum = FN(row_exp)(x, x, top == (real)-INFINITY ? 0 : top, w->s);
            FN(scale_row)(x, w->s, sum == 0 ? 0 : 1 / sum);
            lse[i] = sum == 0 ? (real)INFINITY : top + (real)log((double)sum);
        }
        g = (mg_gemm){.m = w->l, .n = w->f, .k = w->s, .a = rows, .rsa = ld, .csa = 1, .rsb = w->v.r, .csb = w->v.c, .c = y, .ldc = w->y.r};
        g.b = FN(row_of)(&w->v, b, kv, 0);
        FN(fail)(w, FN(gemm)(&g));
    }
}

mg_status FN(attention)(const mg_array *a, const mg_param *p) {
    FN(attention_job) w = FN(described)(a + 2, a + 3, a + 4, a + 5, p);
    w.y = FN(rows_first)(a), w.lse = a[1].data;
    const int64_t work = w.s * (w.e + w.f) + 1;
    if (w.l == 1 && w.group > 1 && !w.causal) { /* the heads of a group as the rows of one */
        w.l = w.group, w.heads /= w.group, w.group = 1;
        w.q.r = w.q.h, w.q.h *= w.l, w.y.r = w.y.h, w.y.h *= w.l, w.mask_i = w.mask_h, w.mask_h *= w.l;
    }
    if (w.batch * w.heads * w.l == 0) return MG_OK;
    if (2 * w.l < LANES || w.l == 1)
        mg_parallel(w.batch * w.heads, 1 + ATTENTION_GRAIN / (work * w.l), FN(attention_rows), &w);
    else
        mg_parallel(w.batch * w.heads * CEIL(w.l, w.block), 1 + ATTENTION_GRAIN / (work * MIN(w.l, w.block)), FN(attention_tiles), &w);
    return w.status;
}

#endif
