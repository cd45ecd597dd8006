/* nll_loss.c: the entries of log-probabilities that class targets choose, negative; and their gradient.
 *   nll_loss            a[0] loss (n, ...), a[1] logp (n, classes, ...), a[2] target (n, ...) i64, a[3] weight (classes,) or NULL
 *   nll_loss_backward   a[0] gx (n, classes, ...), a[1] g (n, ...), a[2] target, a[3] weight or NULL
 *   p = ignore_index; the loss is -weight[t] * logp[t], and 0 where t is ignored. Another target that is no class is MG_BAD_INDEX.
 * The backward pass is mostly zeros: rows are filled and then touched in few places while they are in a cache. */
#include <string.h>

#include "kernels.h"

#define GRAIN (1 << 16)

typedef struct {
    void *out;
    const void *in, *weight;
    const int64_t *target;
    int64_t classes, inner, ignore;
} job;

static mg_status run(const mg_array *a, const mg_array *big, int64_t ignore, bool all, mg_task rows) {
    job q = {a[0].data, a[1].data, a[3].data, a[2].data, big->shape[1], 1, ignore};
    for (int d = 2; d < big->ndim; d++) q.inner *= big->shape[d];
    const int64_t work = all ? q.classes * q.inner : q.inner;
    const int64_t count = mg_numel(&a[2]);
    for (int64_t i = 0; i < count; i++)
        if (q.target[i] != ignore && (uint64_t)q.target[i] >= (uint64_t)q.classes) return MG_BAD_INDEX;
    mg_parallel(big->shape[0], 1 + GRAIN / (work + 1), rows, &q);
    return MG_OK;
}

#define LOSS(dtype, T)                                                                                                            \
    static void loss_##dtype(void *ctx, int64_t begin, int64_t end) {                                                             \
        const job *q = ctx;                                                                                                       \
        const T *x = q->in, *w = q->weight;                                                                                       \
        T *y = q->out;                                                                                                            \
        for (int64_t o = begin; o < end; o++)                                                                                     \
            for (int64_t i = 0; i < q->inner; i++) {                                                                              \
                const int64_t at = o * q->inner + i, t = q->target[at];                                                           \
                y[at] = t == q->ignore ? 0 : -x[(o * q->classes + t) * q->inner + i] * (w ? w[t] : 1);                            \
            }                                                                                                                     \
    }                                                                                                                             \
    static void adjoint_##dtype(void *ctx, int64_t begin, int64_t end) {                                                          \
        const job *q = ctx;                                                                                                       \
        const T *g = q->in, *w = q->weight;                                                                                       \
        for (int64_t o = begin; o < end; o++) {                                                                                   \
            T *gx = (T *)q->out + o * q->classes * q->inner;                                                                      \
            memset(gx, 0, (size_t)(q->classes * q->inner) * sizeof(T));                                                           \
            for (int64_t i = 0; i < q->inner; i++) {                                                                              \
                const int64_t at = o * q->inner + i, t = q->target[at];                                                           \
                if (t != q->ignore) gx[t * q->inner + i] = -g[at] * (w ? w[t] : 1);                                               \
            }                                                                                                                     \
        }                                                                                                                         \
    }                                                                                                                             \
    mg_status MG_FN(nll_loss, dtype)(const mg_array *a, const mg_param *p) { return run(a, &a[1], p[0].i, false, loss_##dtype); } \
    mg_status MG_FN(nll_loss_backward, dtype)(const mg_array *a, const mg_param *p) { return run(a, &a[0], p[0].i, true, adjoint_##dtype); }
LOSS(f32, float)
LOSS(f64, double)
