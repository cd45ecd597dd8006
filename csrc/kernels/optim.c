/* optim.c: optimizer steps over all parameters of a model in one call, in place.
 *
 * A launch takes a list of arrays in groups of p[0].i = n tensors: all parameters, then all gradients, then each kind of state. Tensor t of
 * every group has the same number of elements. A group of state that is not used has data == NULL throughout.
 *
 * sgd    a  params, grads, momentum buffers (NULL: without momentum)                                 written: params, buffers
 *        p  n  lr momentum dampening weight_decay  nesterov(i) maximize(i) first_step(i)
 *        The first step takes the gradient as the buffer, whose contents are not read.
 * adam   a  params, grads, exp_avg, exp_avg_sq, max_exp_avg_sq (NULL: without amsgrad)               written: all but grads
 *        p  n  lr beta1 beta2 eps weight_decay  step(i) decoupled(i) amsgrad(i) maximize(i)
 *        step counts from 1. decoupled: AdamW, the decay shrinks the parameter and leaves the moments alone.
 * sum_of_squares   a[0] out f64 (1,), then n arrays in
 * scale_           n arrays, in place, each times p[1].f
 *
 * The formulas and their order are PyTorch's; constants are computed in double and rounded once. Two differences, each of a rounding: Adam
 * multiplies by 1 / sqrt(1 - beta2^step) instead of dividing by the root, and applies lr / (1 - beta1^step) to m / denom.
 *
 * Each element is read and written once; a step is bound by memory, so the loops are plain C and the compiler's vectors are enough
 * (estimates with Newton steps in place of Adam's root and quotient gained a tenth within the second-level cache and nothing beyond).
 * The tensors count as one long array, cut into pieces of a fixed number of elements wherever that falls: a model of many small tensors
 * is split as well as one large one, and sum_of_squares adds the same numbers in the same order for any number of threads: lane by lane
 * within a piece, in double, then the pieces one after another. */
#ifndef MG_BODY
#include <math.h>

#include "loops.h"
#include "vec.h"

#define PIECE (1 << 15) /* elements */

typedef struct {
    const mg_array *a; /* the first group */
    const mg_param *p;
    int64_t n, total;
    const int64_t *start; /* n + 1 numbers: where tensor t begins in the long array */
    double *partial;      /* sum_of_squares: one per piece */
} lists;

/* Fill in all but `partial`. Uses scratch slot 2. */
static inline mg_status mg_lists(lists *l, const mg_array *a, const mg_param *p) {
    int64_t *start = mg_scratch(2, (size_t)(p[0].i + 1) * sizeof *start);
    if (!start) return MG_NO_MEMORY;
    *l = (lists){.a = a, .p = p, .n = p[0].i, .start = start};
    start[0] = 0;
    for (int64_t t = 0; t < l->n; t++) start[t + 1] = start[t] + mg_numel(&a[t]);
    l->total = start[l->n];
    return MG_OK;
}

/* The tensor that holds element i of the long array. */
static inline int64_t mg_tensor_of(const lists *l, int64_t i) {
    int64_t low = 0, high = l->n;
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        if (l->start[middle] <= i)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* For each part of elements [begin, end) that lies in one tensor: tensor t, its elements [from, from + count). */
#define FOR_PARTS(l, begin, end)                                      \
    for (int64_t t = mg_tensor_of(l, begin), i_ = begin, from, count; \
         i_ < end && (from = i_ - l->start[t], count = (l->start[t + 1] < end ? l->start[t + 1] : end) - i_, true); i_ += count, t++)

#define MG_BODY "optim.c"
#include "floats.h"
#else

/* ---- sgd ---- */

typedef struct {
    real lr, momentum, undamped, decay, sign;
    bool nesterov;
} FN(sgd_rule);

/* `momentum` and `first` are constants where this is called. */
MG_INLINE void FN(sgd_part)(FN(sgd_rule) r, int64_t n, real *w, const real *grad, real *buffer, bool momentum, bool first) {
    MG_IVDEP
    for (int64_t i = 0; i < n; i++) {
        real g = r.sign * grad[i];
        if (r.decay != 0) g += r.decay * w[i];
        if (momentum) {
            const real b = first ? g : r.momentum * buffer[i] + r.undamped * g;
            buffer[i] = b;
            g = r.nesterov ? g + r.momentum * b : b;
        }
        w[i] -= r.lr * g;
    }
}

static void FN(sgd_piece)(void *ctx, int64_t begin, int64_t end) {
    const lists *l = ctx;
    const mg_param *p = l->p;
    const FN(sgd_rule) r = {(real)p[1].f, (real)p[2].f, (real)(1 - p[3].f), (real)p[4].f, p[6].i ? -1 : 1, p[5].i != 0};
    FOR_PARTS(l, begin, end) {
        real *w = (real *)l->a[t].data + from, *buffer = l->a[2 * l->n + t].data;
        const real *grad = (const real *)l->a[l->n + t].data + from;
        if (!buffer)
            FN(sgd_part)(r, count, w, grad, NULL, false, false);
        else if (p[7].i)
            FN(sgd_part)(r, count, w, grad, buffer + from, true, true);
        else
            FN(sgd_part)(r, count, w, grad, buffer + from, true, false);
    }
}

mg_status FN(sgd)(const mg_array *a, const mg_param *p) {
    lists l;
    if (mg_lists(&l, a, p) != MG_OK) return MG_NO_MEMORY;
    mg_parallel(l.total, PIECE, FN(sgd_piece), &l);
    return MG_OK;
}

/* ---- adam ---- */

typedef struct {
    real shrink, decay, sign;      /* of the parameter, of the gradient */
    real keep1, new1, keep2, new2; /* beta and 1 - beta */
    real step_size, scale, eps;    /* scale: 1 / sqrt(1 - beta2^step) */
} FN(adam_rule);

/* `amsgrad` is a constant where this is called. */
MG_INLINE void FN(adam_part)(FN(adam_rule) r, int64_t n, real *w, const real *grad, real *mean, real *square, real *most, bool amsgrad) {
    MG_IVDEP
    for (int64_t i = 0; i < n; i++) {
        real x = w[i] * r.shrink, g = r.sign * grad[i];
        if (r.decay != 0) g += r.decay * x;
        /* torch.lerp takes the nearer end as its origin, so that weights 0 and 1 are exact. */
        const real m = r.new1 < (real)0.5 ? mean[i] + r.new1 * (g - mean[i]) : g - (g - mean[i]) * r.keep1;
        const real v = square[i] * r.keep2 + r.new2 * g * g;
        real top = v;
        if (amsgrad) {
            top = most[i] > v || most[i] != most[i] ? most[i] : v;
            most[i] = top;
        }
        mean[i] = m;
        square[i] = v;
        w[i] = x - r.step_size * (m / ((real)(sizeof(real) == 4 ? sqrtf((float)top) : sqrt(top)) * r.scale + r.eps));
    }
}

static void FN(adam_piece)(void *ctx, int64_t begin, int64_t end) {
    const lists *l = ctx;
    const mg_param *p = l->p;
    const double lr = p[1].f, beta1 = p[2].f, beta2 = p[3].f, decay = p[5].f, step = (double)p[6].i;
    const bool decoupled = p[7].i != 0;
    const FN(adam_rule) r = {
        .shrink = (real)(decoupled ? 1 - lr * decay : 1),
        .decay = (real)(decoupled ? 0 : decay),
        .sign = p[9].i ? -1 : 1,
        .keep1 = (real)beta1,
        .new1 = (real)(1 - beta1),
        .keep2 = (real)beta2,
        .new2 = (real)(1 - beta2),
        .step_size = (real)(lr / (1 - pow(beta1, step))),
        .scale = (real)(1 / sqrt(1 - pow(beta2, step))),
        .eps = (real)p[4].f,
    };
    FOR_PARTS(l, begin, end) {
        real *w = (real *)l->a[t].data + from;
        const real *grad = (const real *)l->a[l->n + t].data + from;
        real *mean = (real *)l->a[2 * l->n + t].data + from, *square = (real *)l->a[3 * l->n + t].data + from;
        if (p[8].i)
            FN(adam_part)(r, count, w, grad, mean, square, (real *)l->a[4 * l->n + t].data + from, true);
        else
            FN(adam_part)(r, count, w, grad, mean, square, NULL, false);
    }
}

mg_status FN(adam)(const mg_array *a, const mg_param *p) {
    lists l;
    if (mg_lists(&l, a, p) != MG_OK) return MG_NO_MEMORY;
    mg_parallel(l.total, PIECE, FN(adam_piece), &l);
    return MG_OK;
}

/* ---- the norm of all gradients, and clipping by it ---- */

static double FN(squares)(const real *x, int64_t n) {
    typedef real part __attribute__((vector_size(MG_F64_LANES * sizeof(real)), aligned(sizeof(real)), may_alias));
    vf64 s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
    int64_t i = 0;
    for (; i + 4 * MG_F64_LANES <= n; i += 4 * MG_F64_LANES) {
        const part *v = (const part *)(x + i);
        const vf64 x0 = __builtin_convertvector(v[0], vf64), x1 = __builtin_convertvector(v[1], vf64);
        const vf64 x2 = __builtin_convertvector(v[2], vf64), x3 = __builtin_convertvector(v[3], vf64);
        s0 = vf64_fma(x0, x0, s0), s1 = vf64_fma(x1, x1, s1);
        s2 = vf64_fma(x2, x2, s2), s3 = vf64_fma(x3, x3, s3);
    }
    s0 = (s0 + s1) + (s2 + s3);
    double sum = 0;
    for (int k = 0; k < MG_F64_LANES; k++) sum += s0[k];
    for (; i < n; i++) sum += (double)x[i] * (double)x[i];
    return sum;
}

static void FN(squares_piece)(void *ctx, int64_t begin, int64_t end) {
    const lists *l = ctx;
    double sum = 0;
    FOR_PARTS(l, begin, end) sum += FN(squares)((const real *)l->a[t].data + from, count);
    l->partial[begin / PIECE] = sum;
}

mg_status FN(sum_of_squares)(const mg_array *a, const mg_param *p) {
    lists l;
    if (mg_lists(&l, a + 1, p) != MG_OK) return MG_NO_MEMORY;
    const int64_t pieces = (l.total + PIECE - 1) / PIECE;
    l.partial = mg_scratch(3, (size_t)pieces * sizeof(double));
    if (!l.partial) return MG_NO_MEMORY;
    mg_parallel(l.total, PIECE, FN(squares_piece), &l);
    double sum = 0;
    for (int64_t i = 0; i < pieces; i++) sum += l.partial[i];
    *(double *)a->data = sum;
    return MG_OK;
}

static void FN(scale_piece)(void *ctx, int64_t begin, int64_t end) {
    const lists *l = ctx;
    const real factor = (real)l->p[1].f;
    FOR_PARTS(l, begin, end) {
        real *x = (real *)l->a[t].data + from;
        for (int64_t i = 0; i < count; i++) x[i] *= factor;
    }
}

mg_status FN(scale_)(const mg_array *a, const mg_param *p) {
    lists l;
    if (mg_lists(&l, a, p) != MG_OK) return MG_NO_MEMORY;
    mg_parallel(l.total, PIECE, FN(scale_piece), &l);
    return MG_OK;
}
#endif
