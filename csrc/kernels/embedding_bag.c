/* embedding_bag.c: sums and means of rows of a table, bag by bag, without the rows in between.
 *   embedding_bag  a[0] out (bags, width), a[1] table (n, width), a[2] idx (k,) i64, a[3] start (bags + 1,) i64, not falling, 0 to k
 *     p: whether it is the mean. Bag b holds the rows idx[start[b]] to idx[start[b + 1] - 1]; an empty one gives 0.
 * An index outside [0, n) is MG_BAD_INDEX. Rows are added in their order. They come from anywhere in a large table: they are asked for
 * early. */
#include "loops.h"

#define AHEAD 8         /* rows */
#define GRAIN (1 << 15) /* elements read, of a piece of work for a thread */

typedef struct {
    void *out;
    const void *table;
    const int64_t *idx, *start;
    int64_t width, count;
    bool mean;
} job;

#define BAGS(dtype, _)                                                                                     \
    static void bags_##dtype(void *ctx, int64_t begin, int64_t end) {                                      \
        typedef t_##dtype T;                                                                               \
        const job *q = ctx;                                                                                \
        const int64_t width = q->width;                                                                    \
        for (int64_t b = begin; b < end; b++) {                                                            \
            T *restrict y = (T *)q->out + b * width;                                                       \
            const int64_t from = q->start[b], to = q->start[b + 1];                                        \
            for (int64_t i = 0; i < width; i++) y[i] = 0;                                                  \
            for (int64_t j = from; j < to; j++) {                                                          \
                if (j + AHEAD < q->count) {                                                                \
                    const char *next = (const char *)((const T *)q->table + q->idx[j + AHEAD] * width);    \
                    for (int64_t line = 0; line < width * (int64_t)sizeof(T) && line < 4 * 64; line += 64) \
                        __builtin_prefetch(next + line);                                                   \
                }                                                                                          \
                const T *restrict x = (const T *)q->table + q->idx[j] * width;                             \
                for (int64_t i = 0; i < width; i++) y[i] += x[i];                                          \
            }                                                                                              \
            if (q->mean && to > from)                                                                      \
                for (int64_t i = 0; i < width; i++) y[i] /= (T)(to - from);                                \
        }                                                                                                  \
    }                                                                                                      \
    mg_status MG_FN(embedding_bag, dtype)(const mg_array *a, const mg_param *p) {                          \
        job q = {a[0].data, a[1].data, a[2].data, a[3].data, a[1].shape[1], a[2].shape[0], p[0].i != 0};   \
        const int64_t bags = a[0].shape[0], n = a[1].shape[0];                                             \
        for (int64_t j = 0; j < q.count; j++)                                                              \
            if ((uint64_t)q.idx[j] >= (uint64_t)n) return MG_BAD_INDEX;                                    \
        mg_parallel(bags, 1 + GRAIN / (q.width * (q.count / (bags + 1) + 1) + 1), bags_##dtype, &q);       \
        return MG_OK;                                                                                      \
    }
FOR_FLOATS(BAGS, _)
