/* pool3d.c: maxima over windows of volumes, which images and signals are of one plane or row.
 *   max_pool3d            p: kd kh kw sd sy sx pd py px dd dy dx
 *   adaptive_max_pool3d   no p: output o covers the inputs floor(o*n/out) up to ceil((o+1)*n/out) of each axis
 *   a[0] out y (volumes, od, oh, ow), a[1] out index i64, a[2] in x (volumes, d, h, w)
 * index is a position in the d*h*w volume: of the first maximum, or of the last NaN, which wins over every number (as in PyTorch). Padding
 * is never chosen; a window that meets nothing else gives -inf and index -1.
 * What a window covers is a product of one range for each axis; those of the last axis, asked for again and again, stand in a table. */
#include <math.h>
#include <stdbool.h>

#include "kernels.h"

typedef struct {
    int64_t first, end, step;
} range;

typedef struct {
    const mg_array *a;
    int64_t kernel[3], stride[3], padding[3], dilation[3];
    bool adaptive, no_memory;
} pooling;

/* Inputs of output o along one axis. */
static range inputs(const pooling *q, int axis, int64_t o) {
    const int64_t n = q->a[2].shape[1 + axis], out = q->a[0].shape[1 + axis];
    if (q->adaptive) return (range){o * n / out, ((o + 1) * n + out - 1) / out, 1};
    const int64_t step = q->dilation[axis], before = q->padding[axis] - o * q->stride[axis];
    const int64_t skip = before > 0 ? (before + step - 1) / step : 0, end = (q->kernel[axis] - 1) * step + 1 - before;
    return (range){skip * step - before, end < n ? end : n, step};
}

#define POOL(dtype, T)                                                                                                                     \
    static void max_##dtype(void *ctx, int64_t begin, int64_t stop) {                                                                      \
        pooling *q = ctx;                                                                                                                  \
        const int64_t *in = q->a[2].shape, *out = q->a[0].shape;                                                                           \
        const int64_t d = in[1], h = in[2], w = in[3], od = out[1], oh = out[2], ow = out[3];                                              \
        range *columns = mg_scratch(2, (size_t)ow * sizeof(range));                                                                        \
        if (!columns) {                                                                                                                    \
            __atomic_store_n(&q->no_memory, true, __ATOMIC_RELAXED);                                                                       \
            return;                                                                                                                        \
        }                                                                                                                                  \
        for (int64_t o = 0; o < ow; o++) columns[o] = inputs(q, 2, o);                                                                     \
        for (int64_t k = begin; k < stop; k++) {                                                                                           \
            const T *x = (const T *)q->a[2].data + k * d * h * w;                                                                          \
            T *y = (T *)q->a[0].data + k * od * oh * ow;                                                                                   \
            int64_t *index = (int64_t *)q->a[1].data + k * od * oh * ow;                                                                   \
            for (int64_t oz = 0; oz < od; oz++) {                                                                                          \
                const range zs = inputs(q, 0, oz);                                                                                         \
                for (int64_t oy = 0; oy < oh; oy++) {                                                                                      \
                    const range ys = inputs(q, 1, oy);                                                                                     \
                    for (int64_t o = 0; o < ow; o++) {                                                                                     \
                        const range xs = columns[o];                                                                                       \
                        T best = -(T)INFINITY;                                                                                             \
                        int64_t at = -1;                                                                                                   \
                        for (int64_t z = zs.first; z < zs.end; z += zs.step)                                                               \
                            for (int64_t r = ys.first; r < ys.end; r += ys.step)                                                           \
                                for (int64_t c = xs.first, row = (z * h + r) * w; c < xs.end; c += xs.step) {                              \
                                    const T v = x[row + c];                                                                                \
                                    const bool better = (v > best) | (v != v) | (at < 0);                                                  \
                                    best = better ? v : best, at = better ? row + c : at;                                                  \
                                }                                                                                                          \
                        *y++ = best, *index++ = at;                                                                                        \
                    }                                                                                                                      \
                }                                                                                                                          \
            }                                                                                                                              \
        }                                                                                                                                  \
    }                                                                                                                                      \
    static mg_status pool_##dtype(pooling *q) {                                                                                            \
        const int64_t volume = q->a[2].shape[1] * q->a[2].shape[2] * q->a[2].shape[3];                                                     \
        if (mg_numel(q->a)) mg_parallel(q->a[0].shape[0], 1 + (1 << 15) / (volume + 1), max_##dtype, q);                                   \
        return q->no_memory ? MG_NO_MEMORY : MG_OK;                                                                                        \
    }                                                                                                                                      \
    mg_status MG_FN(max_pool3d, dtype)(const mg_array *a, const mg_param *p) {                                                             \
        pooling q = {.a = a};                                                                                                              \
        for (int i = 0; i < 3; i++) q.kernel[i] = p[i].i, q.stride[i] = p[3 + i].i, q.padding[i] = p[6 + i].i, q.dilation[i] = p[9 + i].i; \
        return pool_##dtype(&q);                                                                                                           \
    }                                                                                                                                      \
    mg_status MG_FN(adaptive_max_pool3d, dtype)(const mg_array *a, const mg_param *p) {                                                    \
        (void)p;                                                                                                                           \
        return pool_##dtype(&(pooling){.a = a, .adaptive = true});                                                                         \
    }
POOL(f32, float)
POOL(f64, double)
