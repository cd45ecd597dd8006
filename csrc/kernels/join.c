/* join.c: tensors one behind the other.
 *   cat   a[0] out, a[1]... a[n] in; p = n, outer: all are contiguous, and of shape (outer, the rest) each, the rest of any size
 *         out[o] = in1[o], in2[o], ... one behind the other
 * The output is written in order, in pieces: of rows, or, of a single one, of bytes. Rows go in blocks that stay in the first-level cache,
 * an input at a time, so that inputs whose part of a row is one element (stack of the last dimension) are a loop and no call for each. */
#include <string.h>

#include "kernels.h"

#define BLOCK (1 << 13) /* bytes of output that are filled together */
#define PIECE (1 << 18) /* bytes of a piece of work for a thread */

typedef struct {
    const mg_array *in;
    char *out;
    int64_t n, outer, row, size; /* bytes of a row of the output; of an element */
} job;

static inline int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t max64(int64_t a, int64_t b) { return a > b ? a : b; }

/* Rows of `bytes` bytes, contiguous in src, every `step` bytes in dst. */
static void spread(char *dst, int64_t step, const char *src, int64_t bytes, int64_t rows) {
#define ONE(T)                                                                                              \
    if (bytes == sizeof(T)) {                                                                               \
        for (int64_t r = 0; r < rows; r++) memcpy(dst + r * step, src + r * (int64_t)sizeof(T), sizeof(T)); \
        return;                                                                                             \
    }
    ONE(uint8_t)
    ONE(uint16_t)
    ONE(uint32_t)
    ONE(uint64_t)
#undef ONE
    for (int64_t r = 0; r < rows; r++) memcpy(dst + r * step, src + r * bytes, (size_t)bytes);
}

static void cat_rows(void *ctx, int64_t begin, int64_t end) {
    const job *q = ctx;
    const int64_t block = max64(BLOCK / q->row, 1);
    for (int64_t o = begin; o < end; o += block) {
        const int64_t rows = min64(block, end - o);
        char *to = q->out + o * q->row;
        for (int64_t i = 0; i < q->n; i++) {
            const int64_t bytes = mg_numel(&q->in[i]) / q->outer * q->size;
            spread(to, q->row, (const char *)q->in[i].data + o * bytes, bytes, rows);
            to += bytes;
        }
    }
}

/* Bytes [begin, end) of the only row. */
static void cat_bytes(void *ctx, int64_t begin, int64_t end) {
    const job *q = ctx;
    int64_t at = 0;
    for (int64_t i = 0; i < q->n && at < end; i++) {
        const int64_t bytes = mg_numel(&q->in[i]) * q->size, from = max64(begin, at), to = min64(end, at + bytes);
        if (from < to) memcpy(q->out + from, (const char *)q->in[i].data + (from - at), (size_t)(to - from));
        at += bytes;
    }
}

static mg_status cat(const mg_array *a, const mg_param *p) {
    job q = {a + 1, a[0].data, p[0].i, p[1].i, 0, (int64_t)mg_dtype_size(a->dtype)};
    const int64_t total = mg_numel(a) * q.size;
    if (total == 0) return MG_OK;
    q.row = total / q.outer;
    if (q.outer == 1)
        mg_parallel(total, PIECE, cat_bytes, &q);
    else
        mg_parallel(q.outer, max64(PIECE / q.row, 1), cat_rows, &q);
    return MG_OK;
}

#define ENTRY(_, dtype) \
    mg_status MG_FN(cat, dtype)(const mg_array *a, const mg_param *p) { return cat(a, p); }
MG_EACH_ANY(ENTRY, _)
