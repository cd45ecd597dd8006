/* index.c: elements chosen by index arrays. All arrays C-contiguous, idx int64.
 *
 * Rows, idx (k,): the same for every `outer`
 *   index_select  a[0] out (outer, k, inner)   a[1] in  (outer, n, inner)   a[2] idx     out[o, j, :] = in[o, idx[j], :]
 *   embedding     the same; a negative index is an error
 *   index_add     a[0] in place (outer, n, inner)   a[1] src (outer, k, inner)   a[2] idx     out[o, idx[j], :] += src[o, j, :]
 *   index_put     a[0] in place (outer, n, inner)   a[1] idx   a[2] src (outer, k, inner)     out[o, idx[j], :] = src[o, j, :]
 * Elements, idx (o, k, i)
 *   gather        a[0] out (o, k, i)        a[1] in  (o, n, i)   a[2] idx     out[o, j, i] = in[o, idx[o, j, i], i]
 *   scatter       a[0] in place (o, n, i)   a[1] src (o, k, i)   a[2] idx     out[o, idx[o, j, i], i] = src[o, j, i]
 *   scatter_add   the same with +=
 *
 * An index counts from the end if negative. One outside [-n, n) gives MG_BAD_INDEX before anything is written.
 * Where several j meet in one destination they act in the order of j: the last write stays, sums are added from the first on. To keep that
 * with threads, a thread has destinations of its own (an `outer`, a range of rows, a range of columns) and passes over the others' indices.
 * Kernels that only move data depend on the size of an element alone. */
#include <string.h>

#include "loops.h"

#define CHECK_PIECE (1 << 16) /* indices */
#define AHEAD 6               /* rows */
#define GRAIN (1 << 16)       /* elements, or 8 bytes of a row, of a piece of work for a thread */

typedef struct {
    char *out;
    const char *in; /* or src */
    const int64_t *idx;
    int64_t outer, n, k, inner, size; /* of the whole; size of an element */
    int64_t split;                    /* destinations (rows or columns) of a piece */
} job;

static inline int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t max64(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t from_start(int64_t i, int64_t n) { return i + (n & (i >> 63)); }

/* ---- checking ---- */

typedef struct {
    const int64_t *idx;
    uint64_t below, range; /* valid: -below <= index < range - below */
    bool bad;
} check;

static void check_piece(void *ctx, int64_t begin, int64_t end) {
    check *c = ctx;
    const uint64_t below = c->below, range = c->range;
    uint64_t bad = 0;
    for (int64_t i = begin; i < end; i++) bad |= (uint64_t)c->idx[i] + below >= range;
    if (bad) __atomic_store_n(&c->bad, true, __ATOMIC_RELAXED);
}
static bool in_range(const int64_t *idx, int64_t count, int64_t n, bool negative) {
    check c = {idx, negative ? (uint64_t)n : 0, (uint64_t)n * (negative ? 2 : 1), false};
    mg_parallel(count, CHECK_PIECE, check_piece, &c);
    return !c.bad;
}

/* ---- rows moved ---- */

#define ELEMENT_TYPES(X) X(uint8_t) X(uint16_t) X(uint32_t) X(uint64_t)

static void select_piece(void *ctx, int64_t begin, int64_t end) {
    const job *q = ctx;
    const int64_t row = q->inner * q->size;
    while (begin < end) { /* the part that lies in one `outer` */
        const int64_t o = begin / q->k, j = begin % q->k, count = min64(q->k - j, end - begin);
        char *out = q->out + begin * row;
        const char *in = q->in + o * q->n * row;
        const int64_t *idx = q->idx + j;
        begin += count;
#define ONE(T)                                                                                         \
    if (row == sizeof(T)) {                                                                            \
        for (int64_t i = 0; i < count; i++) ((T *)out)[i] = ((const T *)in)[from_start(idx[i], q->n)]; \
        continue;                                                                                      \
    }
        ELEMENT_TYPES(ONE)
#undef ONE
        for (int64_t i = 0; i < count; i++) {
            if (i + AHEAD < count) { /* rows come from anywhere: ask for them early */
                const char *next = in + from_start(idx[i + AHEAD], q->n) * row;
                for (int64_t line = 0; line < row && line < 4 * 64; line += 64) __builtin_prefetch(next + line);
            }
            memcpy(out + i * row, in + from_start(idx[i], q->n) * row, (size_t)row);
        }
    }
}

static mg_status select_rows(const mg_array *a, bool negative) {
    const job q = {
        a[0].data, a[1].data, a[2].data, a[0].shape[0], a[1].shape[1], a[0].shape[1], a[0].shape[2], (int64_t)mg_dtype_size(a->dtype), 0};
    if (!in_range(q.idx, q.k, q.n, negative)) return MG_BAD_INDEX;
    if (q.inner) mg_parallel(q.outer * q.k, max64(GRAIN / (q.inner * q.size / 8 + 1), 1), select_piece, (void *)&q);
    return MG_OK;
}

static void put_piece(void *ctx, int64_t begin, int64_t end) {
    const job *q = ctx;
    const int64_t row = q->inner * q->size;
    for (int64_t o = 0; o < q->outer; o++) {
        char *out = q->out + o * q->n * row;
        const char *in = q->in + o * q->k * row;
#define ONE(T)                                                                                           \
    if (row == sizeof(T) && end - begin == q->n) {                                                       \
        for (int64_t j = 0; j < q->k; j++) ((T *)out)[from_start(q->idx[j], q->n)] = ((const T *)in)[j]; \
        continue;                                                                                        \
    }
        ELEMENT_TYPES(ONE)
#undef ONE
        for (int64_t j = 0; j < q->k; j++) {
            const int64_t i = from_start(q->idx[j], q->n);
            if (i >= begin && i < end) memcpy(out + i * row, in + j * row, (size_t)row);
        }
    }
}

/* Rows of a piece when threads have ranges of destinations, given the work of all: each piece reads all indices, so few of them. */
static int64_t rows_per_piece(int64_t n, int64_t work) {
    const int64_t pieces = mg_num_threads() > 1 ? min64(4 * mg_num_threads(), work / GRAIN) : 1;
    return pieces > 1 ? (n + pieces - 1) / pieces : max64(n, 1);
}

static mg_status put_rows(const mg_array *a) {
    const job q = {
        a[0].data, a[2].data, a[1].data, a[0].shape[0], a[0].shape[1], a[1].shape[0], a[0].shape[2], (int64_t)mg_dtype_size(a->dtype), 0};
    if (!in_range(q.idx, q.k, q.n, true)) return MG_BAD_INDEX;
    const int64_t work = q.inner * q.size < 64 ? 0 : q.outer * q.k * q.inner * q.size / 8;
    if (q.inner) mg_parallel(q.n, rows_per_piece(q.n, work), put_piece, (void *)&q);
    return MG_OK;
}

/* ---- elements ---- */

/* A piece is a range of (outer, block of columns). */
static inline void columns(const job *q, int64_t piece, int64_t *o, int64_t *from, int64_t *to) {
    const int64_t blocks = (q->inner + q->split - 1) / q->split;
    *o = piece / blocks;
    *from = piece % blocks * q->split;
    *to = min64(*from + q->split, q->inner);
}
static mg_status by_columns(job *q, mg_task piece) {
    if (!in_range(q->idx, q->outer * q->k * q->inner, q->n, true)) return MG_BAD_INDEX;
    if (!q->k || !q->inner) return MG_OK;
    q->split = min64(q->inner, max64(GRAIN / q->k, 64));
    const int64_t blocks = (q->inner + q->split - 1) / q->split;
    mg_parallel(q->outer * blocks, max64(GRAIN / (q->k * q->split), 1), piece, q);
    return MG_OK;
}

/* Body of a loop over j and i of one block; with one column, a loop over j alone. `cell` is the place
 * among the (k, i) elements, `at` that among the (n, i) ones. */
#define FOR_CELLS(statement)                                                                       \
    for (; begin < end; begin++) {                                                                 \
        int64_t o, from, to;                                                                       \
        columns(q, begin, &o, &from, &to);                                                         \
        const int64_t n = q->n, inner = q->inner, k = q->k;                                        \
        const int64_t *restrict idx = q->idx + o * k * inner;                                      \
        if (inner == 1)                                                                            \
            for (int64_t j = 0; j < k; j++) {                                                      \
                const int64_t cell = j, at = from_start(idx[j], n);                                \
                statement;                                                                         \
            }                                                                                      \
        else                                                                                       \
            for (int64_t j = 0; j < k; j++)                                                        \
                for (int64_t i = from; i < to; i++) {                                              \
                    const int64_t cell = j * inner + i, at = from_start(idx[cell], n) * inner + i; \
                    statement;                                                                     \
                }                                                                                  \
    }

typedef struct {
    uint64_t half[2];
} two_words;

#define MOVERS(T, size)                                                                            \
    static void gather_##size(void *ctx, int64_t begin, int64_t end) {                             \
        const job *q = ctx;                                                                        \
        T *restrict out = (T *)q->out; /* `restrict`: the loads can go first, together */          \
        const T *restrict in = (const T *)q->in;                                                   \
        FOR_CELLS(out[o * k * inner + cell] = in[o * n * inner + at])                              \
    }                                                                                              \
    static void scatter_##size(void *ctx, int64_t begin, int64_t end) {                            \
        const job *q = ctx;                                                                        \
        FOR_CELLS(((T *)q->out + o * n * inner)[at] = ((const T *)q->in + o * q->k * inner)[cell]) \
    }
MOVERS(uint8_t, 1)
MOVERS(uint16_t, 2)
MOVERS(uint32_t, 4)
MOVERS(uint64_t, 8)
MOVERS(two_words, 16)

/* `wide` has shape (o, n, i) and `narrow` (o, k, i). */
static job element_job(const mg_array *a, const mg_array *wide, const mg_array *narrow) {
    return (job){
        a[0].data, a[1].data, a[2].data, wide->shape[0], wide->shape[1], narrow->shape[1], wide->shape[2], (int64_t)mg_dtype_size(a->dtype),
        0};
}
static mg_status gather(const mg_array *a) {
    job q = element_job(a, &a[1], &a[0]);
    return by_columns(&q, q.size == 1 ? gather_1 : q.size == 2 ? gather_2 : q.size == 4 ? gather_4 : q.size == 8 ? gather_8 : gather_16);
}
static mg_status scatter(const mg_array *a) {
    job q = element_job(a, &a[0], &a[1]);
    return by_columns(&q, q.size == 1   ? scatter_1
                          : q.size == 2 ? scatter_2
                          : q.size == 4 ? scatter_4
                          : q.size == 8 ? scatter_8
                                        : scatter_16);
}

#define ENTRY(_, dtype)                                                                                                  \
    mg_status MG_FN(index_select, dtype)(const mg_array *a, const mg_param *p) { return (void)p, select_rows(a, true); } \
    mg_status MG_FN(embedding, dtype)(const mg_array *a, const mg_param *p) { return (void)p, select_rows(a, false); }   \
    mg_status MG_FN(index_put, dtype)(const mg_array *a, const mg_param *p) { return (void)p, put_rows(a); }             \
    mg_status MG_FN(gather, dtype)(const mg_array *a, const mg_param *p) { return (void)p, gather(a); }                  \
    mg_status MG_FN(scatter, dtype)(const mg_array *a, const mg_param *p) { return (void)p, scatter(a); }
MG_EACH_ANY(ENTRY, _)

/* ---- sums ---- */

#define ADDERS(dtype, _)                                                                                                       \
    static void index_add_##dtype(void *ctx, int64_t begin, int64_t end) {                                                     \
        typedef t_##dtype T;                                                                                                   \
        typedef w_##dtype W;                                                                                                   \
        const job *q = ctx;                                                                                                    \
        const int64_t n = q->n, k = q->k, inner = q->inner, blocks = (n + q->split - 1) / q->split;                            \
        for (; begin < end; begin++) {                                                                                         \
            const int64_t o = begin / blocks, low = begin % blocks * q->split, high = min64(low + q->split, n);                \
            T *out = (T *)q->out + o * n * inner;                                                                              \
            const T *src = (const T *)q->in + o * k * inner;                                                                   \
            if (inner == 1 && blocks == 1) {                                                                                   \
                for (int64_t j = 0; j < k; j++) {                                                                              \
                    const int64_t at = from_start(q->idx[j], n);                                                               \
                    out[at] = (T)((W)out[at] + (W)src[j]);                                                                     \
                }                                                                                                              \
                continue;                                                                                                      \
            }                                                                                                                  \
            for (int64_t j = 0; j < k; j++) {                                                                                  \
                const int64_t at = from_start(q->idx[j], n);                                                                   \
                if (at < low || at >= high) continue;                                                                          \
                T *y = out + at * inner;                                                                                       \
                const T *x = src + j * inner;                                                                                  \
                MG_IVDEP for (int64_t i = 0; i < inner; i++) y[i] = (T)((W)y[i] + (W)x[i]);                                    \
            }                                                                                                                  \
        }                                                                                                                      \
    }                                                                                                                          \
    mg_status MG_FN(index_add, dtype)(const mg_array *a, const mg_param *p) {                                                  \
        (void)p;                                                                                                               \
        job q = element_job(a, &a[0], &a[1]);                                                                                  \
        if (!in_range(q.idx, q.k, q.n, true)) return MG_BAD_INDEX;                                                             \
        const int64_t work = q.inner < 8 || q.outer > 8 ? 0 : q.k * q.inner;                                                   \
        q.split = rows_per_piece(q.n, work);                                                                                   \
        const int64_t blocks = (q.n + q.split - 1) / q.split;                                                                  \
        const int64_t grain = blocks > 1 ? 1 : max64(GRAIN / (q.k * q.inner + 1), 1);                                          \
        mg_parallel(q.outer * blocks, grain, index_add_##dtype, &q);                                                           \
        return MG_OK;                                                                                                          \
    }                                                                                                                          \
    static void scatter_add_##dtype(void *ctx, int64_t begin, int64_t end) {                                                   \
        typedef t_##dtype T;                                                                                                   \
        typedef w_##dtype W;                                                                                                   \
        const job *q = ctx;                                                                                                    \
        FOR_CELLS(T *y = (T *)q->out + o * n * inner + at; *y = (T)((W) * y + (W)((const T *)q->in + o * q->k * inner)[cell])) \
    }                                                                                                                          \
    mg_status MG_FN(scatter_add, dtype)(const mg_array *a, const mg_param *p) {                                                \
        (void)p;                                                                                                               \
        job q = element_job(a, &a[0], &a[1]);                                                                                  \
        return by_columns(&q, scatter_add_##dtype);                                                                            \
    }
FOR_NUMBERS(ADDERS, _)
