/* recurrent_backward.c: gradients of one layer of an RNN, GRU or LSTM in one direction: back through time.
 *
 * Span of steps by span of steps, against the order of recurrent.c. First step by step: the gradients of the gates from that of the state,
 * and of the state before by a product with w_hh, which is packed once. Then, while the gates' gradients of the span are in cache, what
 * they make of the inputs and weights, in three products over all rows of the span. Threads take parts of the batch in the steps, and
 * of the results in the products; spans do not depend on them.
 *
 * recurrent_backward; outputs that are NULL are not wanted
 *   a[0] gx (rows, I), a[1] gh0 (N, H), a[2] gc0 (N, H), a[3] gw_ih (G * H, I), a[4] gw_hh (G * H, H), a[5] gbias (B * H,)
 *   a[6] gy (rows, H), a[7] ghn (N, H), a[8] gcn (N, H): NULL stands for zeros
 *   a[9] x, a[10] h0, a[11] c0, a[12] w_ih, a[13] w_hh, a[14] y, a[15] kept, a[16] sizes or NULL: as in recurrent.c
 *   p    kind, reverse */
#ifndef MG_BODY
#define MG_BODY "recurrent_backward.c"
#include "vecmath.h"

#include "recurrent.h"

enum { DEPTH = 256 }; /* rows of w_hh that a product takes at a time */

#include "floats.h"
#else
#include "recurrent_gates.inc"

typedef struct {
    mg_recurrent q;
    mg_span span;
    bool up;
    const real *gy, *h0, *c0, *y, *kept;
    real *gh, *gc; /* of the state; rows ldh apart */
    real *slopes;  /* of the gates, for the rows of the span, lds apart */
    real *before;  /* the states before, for the rows of the span, if lengths differ; else they are rows of y, and this is NULL */
    real *strips;  /* w_hh */
    int64_t ldh, lds;
} FN(layer);

/* Where the states before step t lie: row by row from here on, the first `rows` of them; the others are as at the beginning. */
static inline int64_t FN(row_before)(const mg_recurrent *q, mg_moment t, int64_t *rows) {
    const mg_moment s = mg_next_moment(q, t, q->reverse);
    *rows = MIN(s.n, t.n);
    return s.row;
}

/* m rows of step t from `first` of the batch on: slopes, and what of the state's gradient does not pass through w_hh. */
static void FN(retreat)(const FN(layer) * l, mg_moment t, int64_t first, int64_t m) {
    const mg_recurrent *q = &l->q;
    const int64_t h = q->units, kept = q->kept * h;
    int64_t present;
    const int64_t earlier = FN(row_before)(q, t, &present);
    for (int64_t i = first; i < first + m; i++) {
        const int64_t row = t.row + i;
        const real *y = l->y + row * h, *gy = l->gy ? l->gy + row * h : NULL, *k = l->kept + row * kept;
        const real *before = i < present ? l->y + (earlier + i) * h : l->h0 + i * h;
        real *gh = l->gh + i * l->ldh, *s = l->slopes + (row - l->span.row) * l->lds;
        if (l->before) memcpy(l->before + (row - l->span.row) * h, before, (size_t)h * sizeof(real));
        switch (q->kind) {
        case MG_LSTM: {
            const real *c = i < present ? l->kept + (earlier + i) * kept + 4 * h : l->c0 + i * h;
            real *gc = l->gc + i * l->ldh;
            ROW(h, {
                const FN(lstm) a = {.i = GET(k), .f = GET(k + h), .g = GET(k + 2 * h), .o = GET(k + 3 * h), .c = GET(k + 4 * h)};
                const FN(lstm) d = FN(lstm_slope)(a, GET(c), gy ? GET(gh) + GET(gy) : GET(gh), GET(gc));
                PUT(s, d.i);
                PUT(s + h, d.f);
                PUT(s + 2 * h, d.g);
                PUT(s + 3 * h, d.o);
                PUT(gc, d.c);
            });
            break;
        }
        case MG_GRU:
            ROW(h, {
                const FN(gru) a = {.r = GET(k), .z = GET(k + h), .n = GET(k + 2 * h), .m = GET(k + 3 * h)};
                const FN(gru) d = FN(gru_slope)(a, GET(before), gy ? GET(gh) + GET(gy) : GET(gh));
                PUT(s, d.r);
                PUT(s + h, d.z);
                PUT(s + 2 * h, d.m);
                PUT(s + 3 * h, d.n);
                PUT(gh, d.h);
            });
            break;
        case MG_RNN_TANH:
            ROW(h, { PUT(s, (gy ? GET(gh) + GET(gy) : GET(gh)) * (1 - GET(y) * GET(y))); });
            break;
        default:
            ROW(h, { PUT(s, V(select)(GET(y) > 0, gy ? GET(gh) + GET(gy) : GET(gh), (vreal){0})); });
        }
    }
}

/* The steps of the span, for the batch's rows [begin, end). */
static void FN(retrace_steps)(void *ctx, int64_t begin, int64_t end) {
    const FN(layer) *l = ctx;
    const mg_recurrent *q = &l->q;
    const int64_t depth = q->gates * q->units;
    mg_moment t = l->span.first;
    for (int64_t s = 0; s < l->span.steps; s++, t = mg_next_moment(q, t, l->up)) {
        const int64_t m = MIN(end, t.n) - begin;
        if (m <= 0) continue;
        FN(retreat)(l, t, begin, m);
        const real *slopes = l->slopes + (t.row - l->span.row + begin) * l->lds;
        real *gh = l->gh + begin * l->ldh;
        for (int64_t j = 0; j < l->ldh; j += 4 * LANES) {
            const int nv = (int)MIN(4, (l->ldh - j) / LANES);
            for (int64_t p = 0; p < depth; p += DEPTH)
                FN(gemm_strip)(m, MIN(DEPTH, depth - p), slopes + p, l->lds, l->strips + j * depth + p * nv * LANES, nv, gh + j, l->ldh,
                               p || q->kind == MG_GRU ? gh + j : NULL, l->ldh);
        }
    }
}

/* C (m, n) += A (k, m)^T B (k, n) */
static mg_status FN(add_products)(int64_t m, int64_t n, int64_t k, const real *a, int64_t lda, const real *b, real *c) {
    return FN(gemm)(
        &(mg_gemm){.m = m, .n = n, .k = k, .a = a, .rsa = 1, .csa = lda, .b = b, .rsb = n, .csb = 1, .c = c, .ldc = n, .accumulate = true});
}

/* What the slopes of the span make of w_hh. */
static mg_status FN(add_states)(const FN(layer) * l, real *gw) {
    const mg_recurrent *q = &l->q;
    const int64_t h = q->units, m = q->gates * h, row = l->span.row;
    if (l->before) return FN(add_products)(m, h, l->span.rows, l->slopes, l->lds, l->before, gw);
    const int64_t shift = q->reverse ? q->batch : -q->batch, initial = q->reverse ? q->rows - q->batch : 0;
    const int64_t begin = MAX(row, -shift), end = MIN(row + l->span.rows, q->rows - shift);
    mg_status status = MG_OK;
    if (begin < end)
        status = FN(add_products)(m, h, end - begin, l->slopes + (begin - row) * l->lds, l->lds, l->y + (begin + shift) * h, gw);
    if (status == MG_OK && end - begin < l->span.rows)
        status = FN(add_products)(m, h, q->batch, l->slopes + (initial - row) * l->lds, l->lds, l->h0, gw);
    return status;
}

/* What the slopes of the span make of the inputs and weights. A GRU has those of the n that its inputs see in the last place. */
static mg_status FN(finish_span)(const FN(layer) * l, const mg_array *a) {
    const mg_recurrent *q = &l->q;
    const int64_t rows = l->span.rows, h = q->units, inputs = q->inputs, together = (q->kind == MG_GRU ? 2 : q->gates) * h;
    const real *x = (const real *)a[9].data + l->span.row * inputs, *w = a[12].data, *s = l->slopes;
    real *gx = a[0].data, *gw = a[3].data, *gbias = a[5].data;
    mg_status status = MG_OK;
    if (gx) {
        mg_gemm g = {
            .m = rows, .n = inputs, .k = together, .a = s, .rsa = l->lds, .csa = 1, .b = w, .rsb = inputs, .csb = 1, .ldc = inputs};
        g.c = gx + l->span.row * inputs;
        if ((status = FN(gemm)(&g)) != MG_OK) return status;
        g.a = s + 3 * h, g.b = w + together * inputs, g.k = h, g.accumulate = true;
        if (q->kind == MG_GRU && (status = FN(gemm)(&g)) != MG_OK) return status;
    }
    if (gw) {
        status = FN(add_products)(together, inputs, rows, s, l->lds, x, gw);
        if (status == MG_OK && q->kind == MG_GRU) status = FN(add_products)(h, inputs, rows, s + 3 * h, l->lds, x, gw + together * inputs);
    }
    if (status == MG_OK && a[4].data) status = FN(add_states)(l, a[4].data);
    for (int64_t k = 0; gbias && k < q->slopes; k++) {
        real *to = gbias + (q->kind == MG_GRU && k > 1 ? 5 - k : k) * h;
        ROW(h, {
            const real *from = s + k * h;
            vreal sum = {0};
            for (int64_t i = 0; i < rows; i++, from += l->lds) sum += GET(from);
            PUT(to, GET(to) + sum);
        });
    }
    return status;
}

static void FN(copy_state)(real *to, int64_t ldt, const real *from, int64_t ldf, int64_t batch, int64_t units) {
    for (int64_t i = 0; i < batch; i++) {
        if (from)
            memcpy(to + i * ldt, from + i * ldf, (size_t)units * sizeof(real));
        else
            memset(to + i * ldt, 0, (size_t)units * sizeof(real));
    }
}

mg_status FN(recurrent_backward)(const mg_array *a, const mg_param *p) {
    FN(layer)
    l = {.q = mg_recurrent_of(a + 9, a + 10, a + 16, p),
         .gy = a[6].data,
         .h0 = a[10].data,
         .c0 = a[11].data,
         .y = a[14].data,
         .kept = a[15].data};
    const mg_recurrent *q = &l.q;
    const int64_t h = q->units, depth = q->gates * h;
    for (int i = 3; i < 6; i++)
        if (a[i].data) memset(a[i].data, 0, (size_t)mg_numel(a + i) * sizeof(real));

    l.up = q->reverse;
    l.ldh = CEIL(h, LANES) * LANES, l.lds = q->slopes * h + LANES; /* not a power of two, whose rows would share places in the cache */
    const int64_t most = MIN(MAX(MG_SPAN, q->batch), q->rows),
                  parts[] = {depth * l.ldh, q->batch * l.ldh, q->batch * l.ldh, most * l.lds, most * h};
    int64_t total = 0;
    for (int i = 0; i < 5; i++) total += CEIL(parts[i], 16) * 16;
    real *work = mg_scratch(2, (size_t)total * sizeof(real)), *places[5];
    if (!work) return MG_NO_MEMORY;
    for (int i = 0; i < 5; work += CEIL(parts[i], 16) * 16, i++) places[i] = work;
    l.strips = places[0], l.gh = places[1], l.gc = places[2], l.slopes = places[3], l.before = a[4].data && q->sizes ? places[4] : NULL;

    for (int64_t j = 0; j < l.ldh; j += 4 * LANES) { /* what lies past the last unit is computed too, and never read */
        const int64_t nv = MIN(4, (l.ldh - j) / LANES);
        FN(gemm_pack)(l.strips + j * depth, nv * LANES, MIN(nv * LANES, h - j), depth, (const real *)a[13].data + j, 1, h);
    }
    FN(copy_state)(l.gh, l.ldh, a[7].data, h, q->batch, h);
    if (q->kind == MG_LSTM) FN(copy_state)(l.gc, l.ldh, a[8].data, h, q->batch, h);

    mg_moment t = mg_first_moment(q, l.up), next;
    while (t.t >= 0 && t.t < q->steps) {
        l.span = mg_span_from(q, t, l.up, &next);
        mg_parallel(q->batch, mg_recurrent_grain(q, l.span.steps), FN(retrace_steps), &l);
        const mg_status status = FN(finish_span)(&l, a);
        if (status != MG_OK) return status;
        t = next;
    }
    if (a[1].data) FN(copy_state)(a[1].data, h, l.gh, l.ldh, q->batch, h);
    if (a[2].data) FN(copy_state)(a[2].data, h, l.gc, l.ldh, q->batch, h);
    return MG_OK;
}

#endif
