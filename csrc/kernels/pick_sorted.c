/* pick_sorted.c: what order statistics take out of sorted rows.
 *   pick_sorted  a[0] out (rows,), a[1] i64 its index (rows,), a[2] in (rows, n), sorted, a[3] i64 index of each (rows, n), n > 0
 *     p: what it is (0: entry k; 1: the lower median, or the first NaN; 2: the lower median of what is not NaN; 3: of the longest runs of
 *     equal entries the first one's last entry), k
 * NaN comes last in a sorted row, and equals nothing. */
#include "loops.h"

#define GRAIN (1 << 14) /* elements */

typedef struct {
    void *out;
    const void *in;
    int64_t *at;
    const int64_t *order;
    int64_t n, what, k;
} job;

#define PICK(dtype, _)                                                                                                            \
    static int64_t mode_##dtype(const t_##dtype *x, int64_t n) {                                                                  \
        int64_t best = 0, longest = 1;                                                                                            \
        for (int64_t i = 1, run = 1; i < n; i++) {                                                                                \
            run = x[i] == x[i - 1] ? run + 1 : 1;                                                                                 \
            if (run > longest) longest = run, best = i;                                                                           \
        }                                                                                                                         \
        return best;                                                                                                              \
    }                                                                                                                             \
    static int64_t median_##dtype(const t_##dtype *x, int64_t n, bool ignore_nan) {                                               \
        int64_t known = n;                                                                                                        \
        while (known > 0 && x[known - 1] != x[known - 1]) known--;                                                                \
        return known < n && !ignore_nan ? known : known ? (known - 1) / 2 : 0;                                                    \
    }                                                                                                                             \
    static void pick_##dtype(void *ctx, int64_t begin, int64_t end) {                                                             \
        const job *q = ctx;                                                                                                       \
        for (int64_t r = begin; r < end; r++) {                                                                                   \
            const t_##dtype *x = (const t_##dtype *)q->in + r * q->n;                                                             \
            const int64_t i = q->what == 0 ? q->k : q->what == 3 ? mode_##dtype(x, q->n) : median_##dtype(x, q->n, q->what == 2); \
            ((t_##dtype *)q->out)[r] = x[i];                                                                                      \
            q->at[r] = q->order[r * q->n + i];                                                                                    \
        }                                                                                                                         \
    }                                                                                                                             \
    mg_status MG_FN(pick_sorted, dtype)(const mg_array *a, const mg_param *p) {                                                   \
        job q = {a[0].data, a[2].data, a[1].data, a[3].data, a[2].shape[1], p[0].i, p[1].i};                                      \
        mg_parallel(a[2].shape[0], 1 + GRAIN / (q.n + 1), pick_##dtype, &q);                                                      \
        return MG_OK;                                                                                                             \
    }
FOR_NUMBERS(PICK, _)
