/* walk.c: the driver of elementwise kernels.
 *
 * 1. Everything contiguous and small: call the chunk and return.
 * 2. Otherwise plan: drop axes of size 1, make the output's strides positive and descending, merge axes that every array walks as
 *    one. The last axis becomes the columns of a tile and another one the rows:
 *      - all arrays contiguous along long columns: tiles of one long row, nothing is packed;
 *      - short columns: as many whole rows as fill a buffer, so that a bias row is packed once, repeated, and used by every tile;
 *      - an array that runs along another axis (a transpose): tiles over both, so that its cache lines are used whole, while the
 *        others are still walked in long runs; only the transposed ones are packed, and the chunk is called for each row.
 * 3. For each tile pack the inputs that are not contiguous there, call the chunk, unpack the output if it is not. A packed input is
 *    kept as long as the next tile has the same source (stride 0).
 * Tiles are independent, so threads take them in any order. */
#include <stdlib.h>
#include <string.h>

#include "kernels/elementwise.h"

#define MAX_AXES (MG_MAX_DIMS + 1)
#define TILE_BYTES 16384      /* of the largest packed tile; they should stay in the first-level cache */
#define LINE 64               /* bytes that are read together: the side of a tile along a transposed array */
#define LONG_ROW 192          /* columns from which a row is worth a call of its own */
#define BY_ROW 32             /* columns from which rows of a tile over a transpose are worth a call of their own */
#define SPLAT 256             /* columns for which one value is repeated in a buffer */
#define SMALL 64              /* elements for which planning costs more than the work */
#define DIRECT_TILE (1 << 14) /* elements of a tile when nothing is packed */
#define GRAIN (1 << 16)       /* additions of a piece of work for a thread */

typedef struct {
    mg_chunk chunk;
    const mg_param *p;
    int narrays, nout, ndim; /* the last two axes are rows and columns */
    bool by_row;             /* a tile is a call for each row, not one for all */
    int64_t shape[MAX_AXES], tiles[MAX_AXES], rows, cols;
    int64_t size[MG_WALK_ARRAYS], stride[MG_WALK_ARRAYS][MAX_AXES]; /* in bytes */
    char *data[MG_WALK_ARRAYS];
} plan;

static inline int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }

static bool is_contiguous(const mg_array *a, const int64_t *shape) {
    int64_t step = 1;
    for (int d = a->ndim - 1; d >= 0; d--) {
        if (a->strides[d] != step && shape[d] != 1) return false;
        step *= shape[d];
    }
    return true;
}

/* Axes of size above 1, in the order of the output's strides, largest first. */
static void plan_axes(plan *w, const mg_array *a) {
    int order[MG_MAX_DIMS], n = 0;
    for (int d = 0; d < a->ndim; d++) {
        if (a->shape[d] == 1) continue;
        int at = n++;
        while (at > 0 && llabs(a->strides[order[at - 1]]) < llabs(a->strides[d])) order[at] = order[at - 1], at--;
        order[at] = d;
    }
    for (int k = 0; k < w->narrays; k++) w->data[k] = a[k].data, w->size[k] = (int64_t)mg_dtype_size(a[k].dtype);
    w->ndim = 0;
    for (int i = 0; i < n; i++) {
        const int d = order[i], flip = a->strides[d] < 0;
        int64_t step[MG_WALK_ARRAYS];
        bool merge = w->ndim > 0;
        for (int k = 0; k < w->narrays; k++) {
            step[k] = a[k].strides[d] * w->size[k];
            if (flip) w->data[k] += step[k] * (a->shape[d] - 1), step[k] = -step[k];
            merge = merge && w->stride[k][w->ndim - 1] == step[k] * a->shape[d];
        }
        if (!merge) w->shape[w->ndim++] = 1;
        w->shape[w->ndim - 1] *= a->shape[d];
        for (int k = 0; k < w->narrays; k++) w->stride[k][w->ndim - 1] = step[k];
    }
}

/* Put axis `from` at `to`, shifting the ones between. */
static void move_axis(plan *w, int from, int to) {
    for (int d = from; d < to; d++) {
        int64_t n = w->shape[d];
        w->shape[d] = w->shape[d + 1], w->shape[d + 1] = n;
        for (int k = 0; k < w->narrays; k++) {
            int64_t s = w->stride[k][d];
            w->stride[k][d] = w->stride[k][d + 1], w->stride[k][d + 1] = s;
        }
    }
}

/* The axis other than the last along which some array runs in steps shorter than along the last, -1 if none does. */
static int transposed_axis(const plan *w) {
    const int last = w->ndim - 1;
    for (int k = 0; k < w->narrays; k++) {
        int64_t best = llabs(w->stride[k][last]);
        int axis = -1;
        for (int d = 0; d < last; d++) {
            const int64_t s = llabs(w->stride[k][d]);
            if (s && s < best && w->shape[d] >= 4) best = s, axis = d;
        }
        if (axis >= 0) return axis;
    }
    return -1;
}

/* Also where both sides have steps or a transpose lies between them it pays to pack first: memory is then written in long runs. */
static void copy_chunk(int64_t n, void *const *data, const mg_param *p) { memcpy(data[0], data[1], (size_t)(n * p[0].i)); }

static void plan_tiles(plan *w) {
    int64_t widest = 1;
    bool direct = true, splat = false;
    while (w->ndim < 2) { /* rows of one element each, so that there always are rows and columns */
        for (int k = 0; k < w->narrays; k++) w->stride[k][w->ndim] = w->size[k];
        w->shape[w->ndim++] = 1;
        if (w->ndim == 2) move_axis(w, 0, 1);
    }
    const int last = w->ndim - 1;
    for (int k = 0; k < w->narrays; k++) {
        if (w->size[k] > widest) widest = w->size[k];
        direct = direct && w->stride[k][last] == w->size[k];
        splat = splat || w->stride[k][last] == 0;
    }
    const int64_t room = TILE_BYTES / (widest < 4 ? 4 : widest), columns = w->shape[last];
    w->by_row = false;
    const int across = direct ? -1 : transposed_axis(w);
    if (across >= 0) {
        move_axis(w, across, last - 1);
        w->rows = min64(w->shape[last - 1], LINE / widest);
        w->cols = min64(columns, room / w->rows);
        w->by_row = w->cols >= BY_ROW;
    } else if (direct && columns >= LONG_ROW) {
        w->rows = 1;
        w->cols = min64(columns, DIRECT_TILE);
    } else if (splat && columns >= SPLAT) { /* evenly, so that the same buffer serves the whole row */
        w->rows = 1;
        w->cols = (columns + (columns - 1) / SPLAT) / ((columns - 1) / SPLAT + 1);
    } else {
        w->cols = min64(columns, room / 2);
        w->rows = min64(w->shape[last - 1], room / 2 / w->cols);
        w->by_row = direct && w->chunk == copy_chunk; /* a copy of short rows is one for each, and nothing to pack */
    }
    for (int d = 0; d < last - 1; d++) w->tiles[d] = w->shape[d];
    w->tiles[last - 1] = (w->shape[last - 1] + w->rows - 1) / w->rows;
    w->tiles[last] = (columns + w->cols - 1) / w->cols;
}

static void run_tiles(void *ctx, int64_t begin, int64_t end) {
    const plan *w = ctx;
    const int R = w->ndim - 2, C = w->ndim - 1;
    _Alignas(64) char buffer[MG_WALK_ARRAYS][TILE_BYTES];
    const char *packed[MG_WALK_ARRAYS] = {0};
    int64_t packed_rows = 0, packed_cols = 0, index[MAX_AXES];
    for (int64_t d = w->ndim - 1, t = begin; d >= 0; d--) index[d] = t % w->tiles[d], t /= w->tiles[d];
    for (int64_t t = begin; t < end; t++) {
        const int64_t y = index[R] * w->rows, x = index[C] * w->cols;
        const int64_t rows = min64(w->rows, w->shape[R] - y), cols = min64(w->cols, w->shape[C] - x);
        const bool same = rows == packed_rows && cols == packed_cols;
        void *data[MG_WALK_ARRAYS];
        char *source[MG_WALK_ARRAYS];
        int64_t step[MG_WALK_ARRAYS]; /* from row to row, in data */
        for (int k = 0; k < w->narrays; k++) {
            const int64_t *s = w->stride[k], size = w->size[k];
            char *at = w->data[k] + y * s[R] + x * s[C];
            for (int d = 0; d < R; d++) at += index[d] * s[d];
            source[k] = at;
            data[k] = at;
            step[k] = s[R];
            if (s[C] == size && (rows == 1 || w->by_row || s[R] == cols * size)) continue;
            step[k] = cols * size;
            data[k] = buffer[k];
            if (k < w->nout || (same && at == packed[k])) continue;
            mg_copy_tile(buffer[k], cols * size, size, at, s[R], s[C], rows, cols, size);
            packed[k] = at;
        }
        packed_rows = rows, packed_cols = cols;
        if (w->by_row) {
            void *row[MG_WALK_ARRAYS];
            for (int64_t r = 0; r < rows; r++) {
                for (int k = 0; k < w->narrays; k++) row[k] = (char *)data[k] + r * step[k];
                w->chunk(cols, row, w->p);
            }
        } else {
            w->chunk(rows * cols, data, w->p);
        }
        for (int k = 0; k < w->nout; k++)
            if (data[k] != source[k])
                mg_copy_tile(source[k], w->stride[k][R], w->stride[k][C], data[k], cols * w->size[k], w->size[k], rows, cols, w->size[k]);
        for (int d = C; d >= 0 && ++index[d] == w->tiles[d]; d--) index[d] = 0;
    }
}

/* A few elements, all arrays from `first` on contiguous or one value: false if they are not. */
static bool run_with_scalars(const mg_array *a, int64_t total, int narrays, int first, mg_chunk chunk, void **data, const mg_param *p) {
    _Alignas(16) char buffer[MG_WALK_ARRAYS][SMALL * 16];
    for (int k = first; k < narrays; k++) {
        data[k] = a[k].data;
        if (is_contiguous(&a[k], a->shape)) continue;
        for (int d = 0; d < a->ndim; d++)
            if (a[k].strides[d] != 0 && a->shape[d] != 1) return false;
        const int64_t size = (int64_t)mg_dtype_size(a[k].dtype);
        mg_copy_tile(buffer[k], 0, size, data[k], 0, 0, 1, total, size);
        data[k] = buffer[k];
    }
    chunk(total, data, p);
    return true;
}

mg_status mg_walk_many(const mg_array *a, int nout, int narrays, mg_chunk chunk, const mg_param *p, int cost) {
    const int64_t total = mg_numel(a);
    if (total == 0) return MG_OK;
    if (total * cost <= GRAIN) {
        void *data[MG_WALK_ARRAYS];
        int k = 0;
        while (k < narrays && is_contiguous(&a[k], a->shape)) data[k] = a[k].data, k++;
        if (k == narrays) {
            chunk(total, data, p);
            return MG_OK;
        }
        if (total <= SMALL && k >= nout && run_with_scalars(a, total, narrays, k, chunk, data, p)) return MG_OK;
    }
    plan w;
    w.chunk = chunk, w.p = p, w.narrays = narrays, w.nout = nout;
    plan_axes(&w, a);
    plan_tiles(&w);
    int64_t tiles = 1;
    for (int d = 0; d < w.ndim; d++) tiles *= w.tiles[d];
    const int64_t grain = GRAIN / (w.rows * w.cols * cost);
    mg_parallel(tiles, grain > 0 ? grain : 1, run_tiles, &w);
    return MG_OK;
}

mg_status mg_copy(const mg_array *dst, const mg_array *src) {
    const mg_array a[2] = {*dst, *src};
    const mg_param size = {.i = (int64_t)mg_dtype_size(dst->dtype)};
    return mg_walk_many(a, 1, 2, copy_chunk, &size, 1);
}

mg_status mg_walk(const mg_array *a, int narrays, mg_chunk chunk, const mg_param *p, int cost) {
    return mg_walk_many(a, 1, narrays, chunk, p, cost);
}
