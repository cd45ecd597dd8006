/* recurrent.c: one layer of an RNN, GRU or LSTM in one direction, over whole sequences.
 *
 * Both weights are packed once, into strips that hold all gates of a block of units side by side, so that a product with a strip leaves
 * in cache all that the nonlinearities of these units need. Then, span of steps by span of steps: what the inputs give to the gates, as
 * one product for all rows of the span; then step by step, block by block of units: what the state adds, the nonlinearities, the new
 * state. Threads take parts of the batch, which know nothing of one another.
 *
 * recurrent
 *   a[0] y (rows, H), a[1] hn (N, H), a[2] cn (N, H) LSTM only, a[3] kept (rows, K * H) or NULL (see recurrent.h)
 *   a[4] x (rows, I), a[5] h0 (N, H), a[6] c0 (N, H) LSTM only, a[7] w_ih (G * H, I), a[8] w_hh (G * H, H)
 *   a[9] bias (B * H,) or NULL, a[10] sizes (steps,) int64 or NULL: rows is steps * N
 *   p    kind, reverse
 * hn and cn are the state while the walk goes on. */
#ifndef MG_BODY
#define MG_BODY "recurrent.c"
#include "vecmath.h"

#include "recurrent.h"

/* Columns of a block: vectors of the strips, and of the block's sums, where x's strip begins at vector 0 and that of h at `state`.
 * A GRU needs both parts of n: its sums are n r z m; x has n r z, h has r z m. */
typedef struct {
    int units; /* vectors of units; more than one where there is but one gate */
    int strip; /* vectors of a strip */
    int sums;  /* vectors of a row of sums */
    int state;
    int64_t count; /* blocks */
} mg_blocks;

#include "floats.h"
#else
#include "recurrent_gates.inc"

typedef struct {
    mg_recurrent q;
    mg_blocks b;
    mg_span span;
    bool up;
    real *y, *h, *c, *kept;
    const real *x;
    real *w_ih, *w_hh, *start, *sums; /* strips, bias and sums, block by block */
} FN(layer);

/* Strips of a weight (G * H, k), its gates in the given order. */
static void FN(pack_strips)(real *to, const real *w, int64_t k, const mg_recurrent *q, const mg_blocks *b, const int *order) {
    const int64_t ld = b->strip * LANES;
    for (int64_t block = 0; block < b->count; block++, to += k * ld)
        for (int v = 0; v < b->strip; v++) {
            const int64_t unit = (block * b->units + v % b->units) * LANES, n = MIN(LANES, q->units - unit);
            if (n > 0)
                FN(gemm_pack)(to + v * LANES, ld, n, k, w + (order[v / b->units] * q->units + unit) * k, k, 1);
            else
                for (int64_t p = 0; p < k; p++) V(store)(to + p * ld + v * LANES, (vreal){0});
        }
}

static void FN(spread_bias)(real *to, const real *bias, const mg_recurrent *q, const mg_blocks *b, const int *order) {
    for (int64_t block = 0; block < b->count; block++)
        for (int v = 0; v < b->sums; v++, to += LANES) {
            const int64_t unit = (block * b->units + v % b->units) * LANES, n = MAX(MIN(LANES, q->units - unit), 0);
            V(store)(to, bias ? V(load_to)(bias + order[v / b->units] * q->units + MIN(unit, q->units), n) : (vreal){0});
        }
}

/* What the inputs give to the gates of rows [begin, end) of the span. */
static void FN(take_inputs)(void *ctx, int64_t begin, int64_t end) {
    const FN(layer) *l = ctx;
    const mg_recurrent *q = &l->q;
    const int64_t ld = l->b.sums * LANES, m = end - begin;
    for (int64_t block = 0; block < l->b.count; block++) {
        real *sums = l->sums + (block * l->span.rows + begin) * ld;
        const real *start = l->start + block * ld;
        FN(gemm_strip)(m, q->inputs, l->x + (l->span.row + begin) * q->inputs, q->inputs, l->w_ih + block * q->inputs * l->b.strip * LANES,
                       l->b.strip, sums, ld, start, 0);
        for (int v = l->b.strip; v < l->b.sums; v++)
            for (int64_t i = 0; i < m; i++) V(store)(sums + i * ld + v * LANES, V(load)(start + v * LANES));
    }
}

/* The block for each of m rows, vector by vector of their n units: constants stay in registers from row to row. */
#define EACH_VECTOR(...)                                   \
    for (int64_t j = 0; j < n; j += LANES) {               \
        if (n - j >= LANES) {                              \
            const int64_t m = LANES;                       \
            for (int64_t i = 0; i < rows; i++) __VA_ARGS__ \
        } else {                                           \
            const int64_t m = n - j;                       \
            for (int64_t i = 0; i < rows; i++) __VA_ARGS__ \
        }                                                  \
    }

/* The new state of n units from u on, in rows of a step that begin at `row` and, in the state, at `first`. */
static void FN(advance)(const FN(layer) * l, const real *sums, int64_t u, int64_t n, int64_t rows, int64_t row, int64_t first) {
    const int64_t h = l->q.units, lds = l->b.sums * LANES, ldk = l->q.kept * h, gate = l->b.units * LANES;
    real *y0 = l->y + row * h + u, *k0 = l->kept ? l->kept + row * ldk + u : NULL;
    switch (l->q.kind) {
    case MG_LSTM:
        EACH_VECTOR({
            const real *s = sums + i * lds + j;
            real *c = l->c + (first + i) * h + u, *y = y0 + i * h, *k = k0 + i * ldk;
            const FN(lstm) a = FN(lstm_step)(V(load)(s), V(load)(s + gate), V(load)(s + 2 * gate), V(load)(s + 3 * gate), GET(c));
            PUT(c, a.c);
            PUT(y, a.h);
            if (!k0) continue;
            PUT(k, a.i);
            PUT(k + h, a.f);
            PUT(k + 2 * h, a.g);
            PUT(k + 3 * h, a.o);
            PUT(k + 4 * h, a.c);
        })
        break;
    case MG_GRU:
        EACH_VECTOR({
            const real *s = sums + i * lds + j, *before = l->h + (first + i) * h + u;
            real *y = y0 + i * h, *k = k0 + i * ldk;
            const FN(gru) a = FN(gru_step)(V(load)(s + gate), V(load)(s + 2 * gate), V(load)(s), V(load)(s + 3 * gate), GET(before));
            PUT(y, a.h);
            if (!k0) continue;
            PUT(k, a.r);
            PUT(k + h, a.z);
            PUT(k + 2 * h, a.n);
            PUT(k + 3 * h, a.m);
        })
        break;
    case MG_RNN_TANH:
        EACH_VECTOR({
            real *y = y0 + i * h;
            PUT(y, FN(value)(FN(tanh_of)(V(load)(sums + i * lds + j))));
        })
        break;
    default:
        EACH_VECTOR({
            const vreal x = V(load)(sums + i * lds + j);
            real *y = y0 + i * h;
            PUT(y, V(select)(x < 0, (vreal){0}, x)); /* keeps NaN */
        })
    }
}
#undef EACH_VECTOR

/* The steps of the span, for the batch's rows [begin, end). */
static void FN(take_steps)(void *ctx, int64_t begin, int64_t end) {
    const FN(layer) *l = ctx;
    const mg_recurrent *q = &l->q;
    const int64_t ld = l->b.sums * LANES, h = q->units, wide = l->b.units * LANES;
    mg_moment t = l->span.first;
    for (int64_t s = 0; s < l->span.steps; s++, t = mg_next_moment(q, t, l->up)) {
        const int64_t m = MIN(end, t.n) - begin;
        if (m <= 0) continue;
        for (int64_t block = 0; block < l->b.count; block++) {
            real *sums = l->sums + (block * l->span.rows + t.row - l->span.row + begin) * ld;
            FN(gemm_strip)(m, h, l->h + begin * h, h, l->w_hh + block * h * l->b.strip * LANES, l->b.strip, sums + l->b.state * LANES, ld,
                           sums + l->b.state * LANES, ld);
            FN(advance)(l, sums, block * wide, MIN(wide, h - block * wide), m, t.row + begin, begin);
        }
        memcpy(l->h + begin * h, l->y + (t.row + begin) * h, (size_t)(m * h) * sizeof(real));
    }
}

mg_status FN(recurrent)(const mg_array *a, const mg_param *p) {
    static const int plain[] = {0, 1, 2, 3}, gru_inputs[] = {2, 0, 1}, gru_sums[] = {2, 0, 1, 3};
    FN(layer)
    l = {.q = mg_recurrent_of(a + 4, a + 5, a + 10, p), .y = a[0].data, .h = a[1].data, .c = a[2].data, .kept = a[3].data, .x = a[4].data};
    mg_recurrent *q = &l.q;
    const int64_t state = q->batch * q->units;
    if (state) memcpy(l.h, a[5].data, (size_t)state * sizeof(real));
    if (state && l.c) memcpy(l.c, a[6].data, (size_t)state * sizeof(real));
    if (!q->rows || !q->units) return MG_OK;

    const bool gru = q->kind == MG_GRU;
    const int64_t vectors = CEIL(q->units, LANES);
    l.b.count = q->gates > 1 ? vectors : CEIL(vectors, 4);
    l.b.units = (int)CEIL(vectors, l.b.count), l.b.strip = (int)q->gates * l.b.units;
    l.b.sums = l.b.strip + gru, l.b.state = gru;
    l.up = !q->reverse;

    const int64_t ld = l.b.count * l.b.sums * LANES, strips = l.b.count * l.b.strip * LANES, most = MAX(MG_SPAN, q->batch);
    real *work = mg_scratch(2, (size_t)(strips * (q->inputs + q->units) + ld + most * ld) * sizeof(real));
    if (!work) return MG_NO_MEMORY;
    l.w_ih = work, l.w_hh = l.w_ih + strips * q->inputs, l.start = l.w_hh + strips * q->units, l.sums = l.start + ld;
    FN(pack_strips)(l.w_ih, a[7].data, q->inputs, q, &l.b, gru ? gru_inputs : plain);
    FN(pack_strips)(l.w_hh, a[8].data, q->units, q, &l.b, plain);
    FN(spread_bias)(l.start, a[9].data, q, &l.b, gru ? gru_sums : plain);

    mg_moment t = mg_first_moment(q, l.up), next;
    while (t.t >= 0 && t.t < q->steps) {
        l.span = mg_span_from(q, t, l.up, &next);
        mg_parallel(l.span.rows, MAX(32, (1 << 19) / (q->inputs * strips + 1)), FN(take_inputs), &l);
        mg_parallel(q->batch, mg_recurrent_grain(q, l.span.steps), FN(take_steps), &l);
        t = next;
    }
    return MG_OK;
}

#endif
