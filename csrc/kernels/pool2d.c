/* pool2d.c: pooling over windows of images. The size of the output comes from the arrays, so the caller decides on ceil_mode; then the last
 * windows may reach over the far edge.
 *
 * max_pool2d                                    max_pool2d_backward
 *   a[0] out  y     (n, c, oh, ow)                a[0] out  gx    (n, c, h, w)
 *   a[1] out  index (n, c, oh, ow) i64            a[1] in   g     (n, c, oh, ow)
 *   a[2] in   x     (n, c, h, w)                  a[2] in   index (n, c, oh, ow) i64
 *   p         kh kw sy sx py px dy dx
 * avg_pool2d, avg_pool2d_backward: (y, x), (gx, g)    p  kh kw sy sx py px count_include_pad divisor_override (0: none)
 * adaptive_avg_pool2d, .._backward: (y, x), (gx, g)   no p: output o averages the inputs floor(o*h/oh) up to ceil((o+1)*h/oh)
 *
 * index is a position in the h*w plane: of the first maximum, or of the last NaN, which wins over every number (as in PyTorch). Padding is
 * never chosen; a window whose taps all lie in it (dilation can do that) gives -inf and index -1, which backward skips. Every output row is
 * made from whole rows of the input, one tap at a time, so the inner loops run along the row and vectorise; threads share the planes.
 * Windows' sums are in (kh, kw) order. */
#ifndef MG_BODY
#include "window.h"
#include <math.h>
#define MG_BODY "pool2d.c"
#include "floats.h"
#else

typedef struct {
    const mg_array *a;
    mg_window window;
    bool count_padding;
    int64_t divisor; /* 0: the window's own size */
} FN(pooling);

/* ---- max ---- */

/* One output row of 2x2 windows with stride 2, the common case: no range to look up and one pass over two input rows. */
static void FN(max_row_2x2)(real *restrict y, int64_t *restrict index, const real *restrict top, int64_t w, int64_t at, int64_t ow) {
    const real *restrict bottom = top + w;
    for (int64_t o = 0; o < ow; o++) {
        const real x0 = top[2 * o], x1 = top[2 * o + 1], x2 = bottom[2 * o], x3 = bottom[2 * o + 1];
        const bool c1 = (x1 > x0) | (x1 != x1), c3 = (x3 > x2) | (x3 != x3);
        const real upper = c1 ? x1 : x0, lower = c3 ? x3 : x2;
        const bool c = (lower > upper) | (lower != lower);
        y[o] = c ? lower : upper;
        index[o] = at + 2 * o + (c ? w + c3 : c1);
    }
}

static void FN(max_row)(real *restrict y, int64_t *restrict index, const real *restrict x, int64_t h, int64_t w, int64_t oy, int64_t ow,
                        const mg_window *q) {
    for (int64_t o = 0; o < ow; o++) y[o] = -(real)INFINITY, index[o] = -1;
    for (int64_t i = 0; i < q->kh; i++) {
        const int64_t iy = oy * q->sy + i * q->dy - q->py;
        if (iy < 0 || iy >= h) continue;
        for (int64_t j = 0; j < q->kw; j++) {
            const int64_t left = j * q->dx - q->px, at = iy * w + left;
            const mg_range in = mg_inside(left, q->sx, w, ow);
            for (int64_t o = in.lo; o < in.hi; o++) {
                const real v = x[at + o * q->sx], best = y[o];
                const bool better = (index[o] < 0) | (v > best) | (v != v);
                y[o] = better ? v : best;
                index[o] = better ? at + o * q->sx : index[o];
            }
        }
    }
}

static void FN(max_planes)(void *ctx, int64_t begin, int64_t end) {
    const FN(pooling) *t = ctx;
    const mg_window *q = &t->window;
    const int64_t oh = t->a[0].shape[2], ow = t->a[0].shape[3], h = t->a[2].shape[2], w = t->a[2].shape[3];
    const bool simple = q->kh == 2 && q->kw == 2 && q->sy == 2 && q->sx == 2 && q->py == 0 && q->px == 0 && q->dy == 1 && q->dx == 1 &&
                        2 * oh <= h && 2 * ow <= w;
    for (int64_t k = begin; k < end; k++) {
        real *y = (real *)t->a[0].data + k * oh * ow;
        int64_t *index = (int64_t *)t->a[1].data + k * oh * ow;
        const real *x = (const real *)t->a[2].data + k * h * w;
        for (int64_t oy = 0; oy < oh; oy++)
            if (simple)
                FN(max_row_2x2)(y + oy * ow, index + oy * ow, x + 2 * oy * w, w, 2 * oy * w, ow);
            else
                FN(max_row)(y + oy * ow, index + oy * ow, x, h, w, oy, ow, q);
    }
}

mg_status FN(max_pool2d)(const mg_array *a, const mg_param *p) {
    if (mg_numel(&a[0]) == 0) return MG_OK;
    FN(pooling) t = {a, mg_window_of(p[0].i, p[1].i, p + 2), false, 0};
    const int64_t *s = a[0].shape;
    mg_parallel(s[0] * s[1], mg_plane_grain(s[2] * s[3] * t.window.kh * t.window.kw), FN(max_planes), &t);
    return MG_OK;
}

static void FN(max_backward_planes)(void *ctx, int64_t begin, int64_t end) {
    const FN(pooling) *t = ctx;
    const int64_t size = t->a[0].shape[2] * t->a[0].shape[3], outputs = t->a[1].shape[2] * t->a[1].shape[3];
    for (int64_t k = begin; k < end; k++) {
        real *restrict gx = (real *)t->a[0].data + k * size;
        const real *restrict g = (const real *)t->a[1].data + k * outputs;
        const int64_t *restrict index = (const int64_t *)t->a[2].data + k * outputs;
        memset(gx, 0, (size_t)size * sizeof(real));
        for (int64_t o = 0; o < outputs; o++)
            if (index[o] >= 0) gx[index[o]] += g[o];
    }
}

mg_status FN(max_pool2d_backward)(const mg_array *a, const mg_param *p) {
    (void)p;
    if (mg_numel(&a[0]) == 0) return MG_OK;
    const int64_t size = a[0].shape[2] * a[0].shape[3], outputs = mg_numel(&a[1]);
    const int64_t *index = a[2].data;
    bool bad = false;
    for (int64_t o = 0; o < outputs; o++) bad |= (index[o] < -1) | (index[o] >= size);
    if (bad) return MG_BAD_INDEX;
    FN(pooling) t = {.a = a};
    mg_parallel(a[0].shape[0] * a[0].shape[1], mg_plane_grain(size), FN(max_backward_planes), &t);
    return MG_OK;
}

/* ---- average ---- */

static int64_t FN(clip)(int64_t x, int64_t lo, int64_t hi) { return x < lo ? lo : x > hi ? hi : x; }

/* What divides the sum of the window (oy, ox). PyTorch counts padding, but nothing beyond it where ceil_mode lets a window reach further.
 */
static real FN(divisor)(const FN(pooling) * t, int64_t h, int64_t w, int64_t oy, int64_t ox) {
    if (t->divisor) return (real)t->divisor;
    const mg_window *q = &t->window;
    const int64_t top = oy * q->sy - q->py, left = ox * q->sx - q->px;
    const int64_t bottom = FN(clip)(top + q->kh, top, h + q->py), right = FN(clip)(left + q->kw, left, w + q->px);
    if (t->count_padding) return (real)((bottom - top) * (right - left));
    return (real)((FN(clip)(bottom, 0, h) - FN(clip)(top, 0, h)) * (FN(clip)(right, 0, w) - FN(clip)(left, 0, w)));
}

static void FN(avg_planes)(void *ctx, int64_t begin, int64_t end) {
    const FN(pooling) *t = ctx;
    const mg_window *q = &t->window;
    const int64_t oh = t->a[0].shape[2], ow = t->a[0].shape[3], h = t->a[1].shape[2], w = t->a[1].shape[3];
    for (int64_t k = begin; k < end; k++) {
        const real *restrict x = (const real *)t->a[1].data + k * h * w;
        for (int64_t oy = 0; oy < oh; oy++) {
            real *restrict y = (real *)t->a[0].data + (k * oh + oy) * ow;
            for (int64_t o = 0; o < ow; o++) y[o] = 0;
            for (int64_t i = 0; i < q->kh; i++) {
                const int64_t iy = oy * q->sy + i - q->py;
                if (iy < 0 || iy >= h) continue;
                for (int64_t j = 0; j < q->kw; j++) {
                    const real *restrict row = x + iy * w + j - q->px;
                    const mg_range in = mg_inside(j - q->px, q->sx, w, ow);
                    for (int64_t o = in.lo; o < in.hi; o++) y[o] += row[o * q->sx];
                }
            }
            for (int64_t o = 0; o < ow; o++) y[o] /= FN(divisor)(t, h, w, oy, o);
        }
    }
}

static void FN(avg_backward_planes)(void *ctx, int64_t begin, int64_t end) {
    const FN(pooling) *t = ctx;
    const mg_window *q = &t->window;
    const int64_t h = t->a[0].shape[2], w = t->a[0].shape[3], oh = t->a[1].shape[2], ow = t->a[1].shape[3];
    for (int64_t k = begin; k < end; k++) {
        real *restrict gx = (real *)t->a[0].data + k * h * w;
        const real *restrict g = (const real *)t->a[1].data + k * oh * ow;
        memset(gx, 0, (size_t)(h * w) * sizeof(real));
        for (int64_t oy = 0; oy < oh; oy++)
            for (int64_t ox = 0; ox < ow; ox++) {
                const real share = g[oy * ow + ox] / FN(divisor)(t, h, w, oy, ox);
                const int64_t top = oy * q->sy - q->py, left = ox * q->sx - q->px;
                const int64_t first = FN(clip)(left, 0, w), last = FN(clip)(left + q->kw, 0, w);
                for (int64_t iy = FN(clip)(top, 0, h); iy < FN(clip)(top + q->kh, 0, h); iy++)
                    for (int64_t ix = first; ix < last; ix++) gx[iy * w + ix] += share;
            }
    }
}

static FN(pooling) FN(avg_of)(const mg_array *a, const mg_param *p) {
    const mg_window q = {p[0].i, p[1].i, p[2].i, p[3].i, p[4].i, p[5].i, 1, 1};
    return (FN(pooling)){a, q, p[6].i != 0, p[7].i};
}

mg_status FN(avg_pool2d)(const mg_array *a, const mg_param *p) {
    if (mg_numel(&a[0]) == 0) return MG_OK;
    FN(pooling) t = FN(avg_of)(a, p);
    const int64_t *s = a[0].shape;
    mg_parallel(s[0] * s[1], mg_plane_grain(s[2] * s[3] * t.window.kh * t.window.kw), FN(avg_planes), &t);
    return MG_OK;
}

mg_status FN(avg_pool2d_backward)(const mg_array *a, const mg_param *p) {
    if (mg_numel(&a[0]) == 0) return MG_OK;
    FN(pooling) t = FN(avg_of)(a, p);
    const int64_t *s = a[1].shape;
    mg_parallel(s[0] * s[1], mg_plane_grain(s[2] * s[3] * t.window.kh * t.window.kw), FN(avg_backward_planes), &t);
    return MG_OK;
}

/* ---- adaptive average ---- */

static mg_range FN(bin)(int64_t o, int64_t size, int64_t count) {
    return (mg_range){o * size / count, ((o + 1) * size + count - 1) / count};
}

/* Eight running sums: faster and more accurate than one when a bin is a whole plane. */
static real FN(sum_run)(const real *x, int64_t n) {
    real s[8] = {0};
    int64_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int k = 0; k < 8; k++) s[k] += x[i + k];
    for (; i < n; i++) s[i % 8] += x[i];
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

static void FN(adaptive_planes)(void *ctx, int64_t begin, int64_t end) {
    const FN(pooling) *t = ctx;
    const int64_t oh = t->a[0].shape[2], ow = t->a[0].shape[3], h = t->a[1].shape[2], w = t->a[1].shape[3];
    for (int64_t k = begin; k < end; k++) {
        real *restrict y = (real *)t->a[0].data + k * oh * ow;
        const real *restrict x = (const real *)t->a[1].data + k * h * w;
        for (int64_t oy = 0; oy < oh; oy++)
            for (int64_t ox = 0; ox < ow; ox++) {
                const mg_range r = FN(bin)(oy, h, oh), c = FN(bin)(ox, w, ow);
                real sum = 0;
                if (c.hi - c.lo == w) /* the rows follow each other */
                    sum = FN(sum_run)(x + r.lo * w, (r.hi - r.lo) * w);
                else
                    for (int64_t iy = r.lo; iy < r.hi; iy++) sum += FN(sum_run)(x + iy * w + c.lo, c.hi - c.lo);
                y[oy * ow + ox] = sum / (real)((r.hi - r.lo) * (c.hi - c.lo));
            }
    }
}

static void FN(adaptive_backward_planes)(void *ctx, int64_t begin, int64_t end) {
    const FN(pooling) *t = ctx;
    const int64_t h = t->a[0].shape[2], w = t->a[0].shape[3], oh = t->a[1].shape[2], ow = t->a[1].shape[3];
    for (int64_t k = begin; k < end; k++) {
        real *restrict gx = (real *)t->a[0].data + k * h * w;
        const real *restrict g = (const real *)t->a[1].data + k * oh * ow;
        memset(gx, 0, (size_t)(h * w) * sizeof(real));
        for (int64_t oy = 0; oy < oh; oy++)
            for (int64_t ox = 0; ox < ow; ox++) {
                const mg_range r = FN(bin)(oy, h, oh), c = FN(bin)(ox, w, ow);
                const real share = g[oy * ow + ox] / (real)((r.hi - r.lo) * (c.hi - c.lo));
                for (int64_t iy = r.lo; iy < r.hi; iy++)
                    for (int64_t ix = c.lo; ix < c.hi; ix++) gx[iy * w + ix] += share;
            }
    }
}

mg_status FN(adaptive_avg_pool2d)(const mg_array *a, const mg_param *p) {
    (void)p;
    if (mg_numel(&a[0]) == 0) return MG_OK;
    FN(pooling) t = {.a = a};
    mg_parallel(a[0].shape[0] * a[0].shape[1], mg_plane_grain(a[1].shape[2] * a[1].shape[3]), FN(adaptive_planes), &t);
    return MG_OK;
}

mg_status FN(adaptive_avg_pool2d_backward)(const mg_array *a, const mg_param *p) {
    (void)p;
    if (mg_numel(&a[0]) == 0) return MG_OK;
    FN(pooling) t = {.a = a};
    mg_parallel(a[0].shape[0] * a[0].shape[1], mg_plane_grain(a[0].shape[2] * a[0].shape[3]), FN(adaptive_backward_planes), &t);
    return MG_OK;
}
#endif
