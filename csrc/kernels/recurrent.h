/* recurrent.h: what recurrent.c and recurrent_backward.c share: the geometry of one layer in one direction, and its walk through time.
 *
 * Sequences of different lengths are packed, longest first: step t has the first sizes[t] of them, and the rows of the steps lie one
 * behind the other. So what a step reads and writes is one block of rows, and a sequence keeps its place in the state. A sequence that
 * has ended, or that a walk backwards has not reached, is simply left alone: the state in its place is its last, or its first.
 *
 * Gates stand side by side, each `units` wide, in PyTorch's order:
 *     kind        weights    kept for backward    gradient of
 *     RNN         h          nothing but y        h
 *     GRU         r z n      r z n m              r z m n      m: what the state adds to n before r scales it
 *     LSTM        i f g o    i f g o c            i f g o
 * The bias has one value for each column of the gradient, that of a GRU in the order r z n m. */
#ifndef MG_RECURRENT_H
#define MG_RECURRENT_H

#include "gemm.h"
#include "rows.h"

#include <string.h>

enum { MG_RNN_TANH, MG_RNN_RELU, MG_GRU, MG_LSTM };

#define MIN(x, y) ((x) < (y) ? (x) : (y))
#define MAX(x, y) ((x) > (y) ? (x) : (y))
#define CEIL(x, y) (((x) + (y) - 1) / (y))

typedef struct {
    int kind;
    bool reverse;
    int64_t steps, batch, rows, inputs, units;
    const int64_t *sizes;        /* NULL: all are `batch` */
    int64_t gates, kept, slopes; /* columns of a weight's rows, of what is kept, of gradients, counted in `units` */
} mg_recurrent;

static inline mg_recurrent mg_recurrent_of(const mg_array *x, const mg_array *state, const mg_array *sizes, const mg_param *p) {
    static const int64_t gates[] = {1, 1, 3, 4}, kept[] = {0, 0, 4, 5}, slopes[] = {1, 1, 4, 4};
    mg_recurrent q = {.kind = (int)p[0].i, .reverse = p[1].i != 0, .sizes = sizes->data};
    q.rows = x->shape[0], q.inputs = x->shape[1], q.batch = state->shape[0], q.units = state->shape[1];
    q.steps = q.sizes ? sizes->shape[0] : q.batch ? q.rows / q.batch : 0;
    q.gates = gates[q.kind], q.kept = kept[q.kind], q.slopes = slopes[q.kind];
    return q;
}

/* A step: its time, its first row, its rows. */
typedef struct {
    int64_t t, row, n;
} mg_moment;

static inline int64_t mg_size_at(const mg_recurrent *q, int64_t t) { return q->sizes ? q->sizes[t] : q->batch; }
static inline mg_moment mg_first_moment(const mg_recurrent *q, bool up) {
    if (up) return (mg_moment){0, 0, q->steps ? mg_size_at(q, 0) : 0};
    const int64_t n = q->steps ? mg_size_at(q, q->steps - 1) : 0;
    return (mg_moment){q->steps - 1, q->rows - n, n};
}
static inline mg_moment mg_next_moment(const mg_recurrent *q, mg_moment m, bool up) {
    const int64_t t = up ? m.t + 1 : m.t - 1, n = t >= 0 && t < q->steps ? mg_size_at(q, t) : 0;
    return (mg_moment){t, up ? m.row + m.n : m.row - n, n};
}

/* Consecutive steps that are worked on together: as many as have about MG_SPAN rows, so that what they share stays in the second cache. */
enum { MG_SPAN = 256 };
typedef struct {
    mg_moment first;
    int64_t steps, row, rows;
} mg_span;
static inline mg_span mg_span_from(const mg_recurrent *q, mg_moment m, bool up, mg_moment *next) {
    mg_span s = {m, 0, m.row, 0};
    do {
        s.row = MIN(s.row, m.row), s.rows += m.n, s.steps++;
        m = mg_next_moment(q, m, up);
    } while (m.t >= 0 && m.t < q->steps && s.rows + m.n <= MG_SPAN);
    *next = m;
    return s;
}

/* Rows of a piece of the batch: each thread takes a part of them through all steps of a span, if the work is worth it. */
static inline int64_t mg_recurrent_grain(const mg_recurrent *q, int64_t steps) {
    const int64_t threads = mg_num_threads(), work = steps * q->batch * q->gates * q->units * q->units;
    return work < 1 << 20 ? MAX(q->batch, 1) : MAX(CEIL(q->batch, threads), 4);
}

#endif
