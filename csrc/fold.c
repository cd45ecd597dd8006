/* fold.c: the loop around reductions. */
#include "kernels/fold.h"

#include <stdlib.h>
#include <string.h>

#define GRAIN (1 << 17) /* elements that are worth a thread */

typedef struct {
    int64_t len, x, out; /* length, step in the input, step in the output (kept axes) */
} axis;

typedef enum { SHORT_ROWS, LONG_ROWS, COLUMNS } walk;

typedef struct {
    const mg_fold *fold;
    const mg_array *out;
    const mg_param *p;
    const char *x;
    size_t size; /* of an element */
    walk walk;
    int64_t count; /* reduced elements of an output */
    /* Outputs: tiles of up to `width` along `tile`, for every index of the `nkept` other kept axes. */
    axis kept[MG_MAX_DIMS], tile;
    int nkept;
    int64_t width, tiles_along, tiles;
    /* Reduced elements: for every index of the `nouter` outer axes, batches along `mid`; rows have also a run each. */
    axis outer[MG_MAX_DIMS], mid, run;
    int nouter;
    int64_t tail;                 /* elements after mid * run: the rest of a long run (LONG_ROWS) */
    int64_t batch;                /* steps of `mid` in one batch */
    int64_t batches_mid, batches; /* batches along mid (with that of the tail); of everything */
} plan;

/* ---- axes ---- */

static int64_t magnitude(int64_t stride) { return stride == 0 ? INT64_MAX : llabs(stride); } /* a broadcast axis goes outside */

static void sort_by_stride(axis *a, int n) {
    for (int i = 1; i < n; i++)
        for (int j = i; j > 0 && magnitude(a[j - 1].x) < magnitude(a[j].x); j--) {
            axis t = a[j];
            a[j] = a[j - 1], a[j - 1] = t;
        }
}

/* Drop axes of length 1 and merge neighbours that are one run of memory, in the input and in the output. */
static int merge(axis *a, int n) {
    int m = 0;
    for (int i = 0; i < n; i++) {
        if (a[i].len == 1) continue;
        if (m && a[m - 1].x == a[i].x * a[i].len && a[m - 1].out == a[i].out * a[i].len)
            a[m - 1] = (axis){a[m - 1].len * a[i].len, a[i].x, a[i].out};
        else
            a[m++] = a[i];
    }
    return m;
}

/* The offset of flat index i over `axes`; *out gets that in the output. */
static int64_t offset(const axis *axes, int n, int64_t i, int64_t *out) {
    int64_t x = 0, o = 0;
    for (int d = n - 1; d >= 0; d--) {
        int64_t k = d ? i % axes[d].len : i;
        i /= axes[d].len;
        x += k * axes[d].x, o += k * axes[d].out;
    }
    *out = o;
    return x;
}

static int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
static int64_t min(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t max(int64_t a, int64_t b) { return a > b ? a : b; }

static void make_plan(plan *q, const mg_array *in, int reduced) {
    const int nkept = in->ndim - reduced;
    axis red[MG_MAX_DIMS];
    int64_t out_step = 1;
    q->count = 1;
    for (int d = nkept - 1; d >= 0; d--) {
        q->kept[d] = (axis){in->shape[d], in->strides[d], out_step};
        out_step *= in->shape[d];
    }
    for (int d = 0; d < reduced; d++) {
        red[d] = (axis){in->shape[nkept + d], in->strides[nkept + d], 0};
        q->count *= red[d].len;
    }
    sort_by_stride(q->kept, nkept);
    if (!q->fold->ordered) sort_by_stride(red, reduced);
    q->nkept = merge(q->kept, nkept);
    q->nouter = merge(red, reduced);
    memcpy(q->outer, red, sizeof red);
    const axis single = {1, 0, 0};
    q->tile = q->nkept ? q->kept[--q->nkept] : single;
    q->tail = 0;

    if (q->tile.len > 1 && (q->nouter == 0 || magnitude(q->tile.x) < magnitude(q->outer[q->nouter - 1].x))) {
        q->walk = COLUMNS;
        q->mid = q->nouter ? q->outer[--q->nouter] : single;
        q->batch = MG_FOLD_COLS_ROWS;
        q->width = q->tile.x == 1 ? 1024 : 64; /* others pass through a gathered block */
    } else {
        q->run = q->nouter ? q->outer[--q->nouter] : single;
        q->batch = MG_FOLD_ROWS;
        if (q->run.len > MG_FOLD_RUN) {
            q->tail = q->run.len % MG_FOLD_RUN;
            q->mid = (axis){q->run.len / MG_FOLD_RUN, q->run.x * MG_FOLD_RUN, 0};
            q->run.len = MG_FOLD_RUN;
        } else
            q->mid = q->nouter ? q->outer[--q->nouter] : single;
        q->walk = q->nouter == 0 && q->mid.len == 1 && q->tail == 0 ? SHORT_ROWS : LONG_ROWS;
        q->width = q->walk == SHORT_ROWS ? min(256, max(1, 16384 / max(1, q->run.len))) : 1;
    }
    q->batches_mid = ceil_div(q->mid.len, q->batch) + (q->tail > 0);
    q->batches = q->count ? q->batches_mid : 0;
    for (int d = 0; d < q->nouter; d++) q->batches *= q->outer[d].len;
    q->tiles_along = ceil_div(q->tile.len, q->width);
    q->tiles = q->tiles_along;
    for (int d = 0; d < q->nkept; d++) q->tiles *= q->kept[d].len;
}

/* ---- one batch ---- */

#define GATHER(T) \
    for (int64_t i = 0; i < n; i++) ((T *)to)[i] = ((const T *)x)[i * stride]
static void gather(void *restrict to, const void *restrict x, int64_t n, int64_t stride, size_t size) {
    if (size == 1)
        GATHER(uint8_t);
    else if (size == 4)
        GATHER(uint32_t);
    else
        GATHER(uint64_t);
}

/* fold->rows on runs of any step. */
static void fold_rows(const plan *q, char *acc, const char *x, int64_t rows, int64_t stride, int64_t n, mg_fold_at at) {
    if (q->run.x == 1 || n <= 1) {
        q->fold->rows(acc, x, rows, stride, n, &at);
        return;
    }
    uint64_t run[MG_FOLD_RUN];
    for (int64_t i = 0; i < rows; i++) {
        gather(run, x + i * stride * (int64_t)q->size, n, q->run.x, q->size);
        q->fold->rows(acc + i * q->fold->acc_size, run, 1, 0, n, &at);
        at.index += at.index_step;
        if (at.pivot) at.pivot = (const char *)at.pivot + at.pivot_step * q->fold->before->acc_size;
    }
}

static void fold_cols(const plan *q, char *acc, const char *x, int64_t rows, int64_t stride, int64_t cols, const mg_fold_at *at) {
    if (q->tile.x == 1) {
        q->fold->cols(acc, x, rows, stride, cols, at);
        return;
    }
    uint64_t block[MG_FOLD_COLS_ROWS * 64];
    for (int64_t i = 0; i < rows; i++)
        gather((char *)block + i * cols * q->size, x + i * stride * (int64_t)q->size, cols, q->tile.x, q->size);
    q->fold->cols(acc, block, rows, cols, cols, at);
}

/* acc[0 .. width) = fold of batch b of the outputs whose first element is x. */
static void fold_batch(const plan *q, char *acc, const char *x, int64_t width, int64_t b, const void *pivot) {
    const mg_fold *fold = q->fold;
    mg_fold_at at = {pivot, 1, 0, 0};
    if (q->walk == SHORT_ROWS) {
        fold_rows(q, acc, x, width, q->tile.x, q->run.len, at);
        return;
    }
    int64_t unused, o = b / q->batches_mid, m = b % q->batches_mid * q->batch;
    x += (offset(q->outer, q->nouter, o, &unused) + min(m, q->mid.len) * q->mid.x) * (int64_t)q->size;
    if (q->walk == COLUMNS) {
        at.index = o * q->mid.len + m;
        fold_cols(q, acc, x, min(q->batch, q->mid.len - m), q->mid.x, width, &at);
        return;
    }
    at.pivot_step = 0;
    at.index = o * (q->mid.len * q->run.len + q->tail) + min(m, q->mid.len) * q->run.len;
    at.index_step = q->run.len;
    if (q->tail && b % q->batches_mid == q->batches_mid - 1) {
        fold_rows(q, acc, x, 1, 0, q->tail, at);
        return;
    }
    _Alignas(64) char part[MG_FOLD_ROWS * MG_FOLD_ACC_MAX];
    int64_t k = min(q->batch, q->mid.len - m);
    fold_rows(q, part, x, k, q->mid.x, q->run.len, at);
    while (k > 1) {
        int64_t half = k / 2;
        fold->combine(part, part + (k - half) * fold->acc_size, half);
        k -= half;
    }
    memcpy(acc, part, fold->acc_size);
}

/* ---- the combination of batches, like a binary counter: level l holds the fold of 2^l batches ---- */

static int levels(int64_t batches) {
    int n = 1;
    while (batches >>= 1) n++;
    return n;
}

static void counter_add(const mg_fold *fold, char *level, int64_t done, char *acc, int64_t width) {
    const size_t bytes = (size_t)width * fold->acc_size;
    for (; done & 1; done >>= 1, level += bytes) {
        fold->combine(level, acc, width); /* what came first stays first */
        memcpy(acc, level, bytes);
    }
    memcpy(level, acc, bytes);
}

static void counter_total(const mg_fold *fold, const char *level, int64_t done, char *acc, int64_t width) {
    const size_t bytes = (size_t)width * fold->acc_size;
    bool first = true;
    for (; done; done >>= 1, level += bytes) {
        if (!(done & 1)) continue;
        if (first)
            memcpy(acc, level, bytes);
        else
            fold->combine(acc, level, width);
        first = false;
    }
}

/* ---- tiles of outputs ---- */

typedef struct {
    const plan *q;
    char *parts;
    const char *x;
    int64_t width;
    const void *pivot;
} batch_task;

static void run_batches(void *ctx, int64_t begin, int64_t end) {
    const batch_task *t = ctx;
    for (int64_t b = begin; b < end; b++) fold_batch(t->q, t->parts + b * t->width * t->q->fold->acc_size, t->x, t->width, b, t->pivot);
}

/* acc[0 .. width) = fold of everything. `work` has room for levels(batches) + 1 tiles, or for one of every batch as well if `split`. */
static void fold_tile(const plan *q, char *acc, const char *x, int64_t width, const void *pivot, char *work, bool split) {
    const mg_fold *fold = q->fold;
    const size_t bytes = (size_t)width * fold->acc_size;
    const mg_fold_at nowhere = {pivot, 1, 0, 0};
    char *level = work, *parts = work + (levels(q->batches) + 1) * bytes;
    if (q->batches == 0) {
        fold->rows(acc, x, width, 0, 0, &nowhere);
        return;
    }
    if (q->batches == 1) {
        fold_batch(q, acc, x, width, 0, pivot);
        return;
    }
    if (split) {
        const int64_t grain = max(1, GRAIN / max(1, q->count / q->batches * width));
        mg_parallel(q->batches, grain, run_batches, &(batch_task){q, parts, x, width, pivot});
    }
    for (int64_t b = 0; b < q->batches; b++) {
        if (split)
            memcpy(acc, parts + b * bytes, bytes);
        else
            fold_batch(q, acc, x, width, b, pivot);
        counter_add(fold, level, b, acc, width);
    }
    counter_total(fold, level, q->batches, acc, width);
}

typedef struct {
    plan main, before;
    bool split;
    mg_status status;
} fold_task;

static void run_tiles(void *ctx, int64_t begin, int64_t end) {
    fold_task *t = ctx;
    const plan *q = &t->main;
    const int64_t tiles = 2 + levels(q->batches) + 1 + (t->split ? q->batches : 0);
    const size_t bytes = (size_t)q->width * q->fold->acc_size; /* `before` has accumulators of the same size */
    char *work = mg_scratch(t->split ? 3 : 2, (size_t)tiles * bytes);
    if (!work) {
        __atomic_store_n(&t->status, MG_NO_MEMORY, __ATOMIC_RELAXED);
        return;
    }
    char *acc = work, *pivot = acc + bytes, *rest = pivot + bytes;
    for (int64_t i = begin; i < end; i++) {
        const int64_t first = i % q->tiles_along * q->width, width = min(q->width, q->tile.len - first);
        int64_t out;
        const int64_t at = offset(q->kept, q->nkept, i / q->tiles_along, &out) + first * q->tile.x;
        const char *x = q->x + at * (int64_t)q->size;
        if (q->fold->before) {
            fold_tile(&t->before, pivot, x, width, NULL, rest, t->split);
            q->fold->pivot(pivot, width, q->count);
        }
        fold_tile(q, acc, x, width, q->fold->before ? pivot : NULL, rest, t->split);
        q->fold->finish(q->out, out + first * q->tile.out, q->tile.out, acc, pivot, width, q->count, q->p);
    }
}

mg_status mg_fold_run(const mg_fold *fold, const mg_array *out, const mg_array *in, int64_t reduced, const mg_param *p) {
    fold_task t = {.status = MG_OK};
    t.main = (plan){.fold = fold, .out = out, .p = p, .x = in->data, .size = mg_dtype_size(in->dtype)};
    make_plan(&t.main, in, (int)reduced);
    if (t.main.tiles == 0) return MG_OK;
    t.before = t.main;
    t.before.fold = fold->before;
    /* Few tiles of much work each: their batches are what threads share, otherwise the tiles. */
    const int64_t cost = t.main.count * t.main.width;
    t.split = t.main.batches > 1 && t.main.tiles < 8 && cost > GRAIN;
    if (t.split)
        run_tiles(&t, 0, t.main.tiles);
    else
        mg_parallel(t.main.tiles, max(1, GRAIN / max(1, cost)), run_tiles, &t);
    return t.status;
}
