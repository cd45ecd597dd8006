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
    mg_status status;
} FN(pooling);

/* ---- max ---- */

/* One output row of 2x2 windows with stride 2, the common case: a vector of outputs from the even and the odd pixels of two rows. */
static void FN(max_row_2x2)(real *restrict y, int64_t *restrict index, const real *restrict top, int64_t w, int64_t at, int64_t ow) {
    const vint even = 2 * VI(iota)(), odd = even + 1;
    for (int64_t o = 0; o < ow; o += LANES) {
        const int64_t n = ow - o < LANES ? ow - o : LANES, more = 2 * n > LANES ? 2 * n - LANES : 0; /* pixels in the second vector */
        const real *upper_row = top + 2 * o, *lower_row = upper_row + w;
        const vreal u0 = V(load_to)(upper_row, 2 * n), u1 = V(load_to)(upper_row + (more ? LANES : 0), more);
        const vreal l0 = V(load_to)(lower_row, 2 * n), l1 = V(load_to)(lower_row + (more ? LANES : 0), more);
        const vreal x0 = V(shuffle)(u0, u1, even), x1 = V(shuffle)(u0, u1, odd);
        const vreal x2 = V(shuffle)(l0, l1, even), x3 = V(shuffle)(l0, l1, odd);
        const vint right = (x1 > x0) | (x1 != x1), lower_right = (x3 > x2) | (x3 != x3);
        const vreal upper = V(select)(right, x1, x0), lower = V(select)(lower_right, x3, x2);
        const vint down = (lower > upper) | (lower != lower);
        V(store_to)(y + o, V(select)(down, lower, upper), n);
        const vint place = even + ((down & (VI(set1)(w) - lower_right)) - (~down & right)); /* true is -1 */
        for (int64_t i = 0; i < n; i++) index[o + i] = at + 2 * o + place[i];
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
                        2 * oh <= h && 2 * ow <= w && w < 1 << 30;
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
    FN(pooling) t = {.a = a, .window = mg_window_of(p[0].i, p[1].i, p + 2)};
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
    uint64_t signs = 0; /* the sign bit comes up where index < -1 or index >= size */
    for (int64_t o = 0; o < outputs; o++) signs |= ((uint64_t)index[o] + 1) | ((uint64_t)size - 1 - (uint64_t)index[o]);
    if (signs >> 63) return MG_BAD_INDEX;
    FN(pooling) t = {.a = a};
    mg_parallel(a[0].shape[0] * a[0].shape[1], mg_plane_grain(size), FN(max_backward_planes), &t);
    return MG_OK;
}

/* ---- average ---- */

static int64_t FN(clip)(int64_t x, int64_t lo, int64_t hi) { return x < lo ? lo : x > hi ? hi : x; }

/* Of `k` taps from `at` on, those that count along an axis. PyTorch counts padding, but nothing beyond it where ceil_mode lets a window
 * reach further. */
static int64_t FN(counted)(const FN(pooling) * t, int64_t at, int64_t k, int64_t size, int64_t padding) {
    const int64_t end = FN(clip)(at + k, at, size + padding);
    return t->count_padding ? end - at : FN(clip)(end, 0, size) - FN(clip)(at, 0, size);
}

/* What divides the windows of a row is by_row * by_column[ox]. */
static real FN(by_row)(const FN(pooling) * t, int64_t h, int64_t oy) {
    const mg_window *q = &t->window;
    return t->divisor ? (real)t->divisor : (real)FN(counted)(t, oy * q->sy - q->py, q->kh, h, q->py);
}
static real *FN(by_column)(FN(pooling) * t, int64_t w, int64_t ow, real **row) {
    const mg_window *q = &t->window;
    real *counts = mg_scratch(2, (size_t)(2 * ow) * sizeof(real));
    if (!counts) {
        __atomic_store_n(&t->status, MG_NO_MEMORY, __ATOMIC_RELAXED);
        return NULL;
    }
    for (int64_t o = 0; o < ow; o++) counts[o] = t->divisor ? 1 : (real)FN(counted)(t, o * q->sx - q->px, q->kw, w, q->px);
    *row = counts + ow;
    return counts;
}

static void FN(avg_planes)(void *ctx, int64_t begin, int64_t end) {
    FN(pooling) *t = ctx;
    const mg_window *q = &t->window;
    const int64_t oh = t->a[0].shape[2], ow = t->a[0].shape[3], h = t->a[1].shape[2], w = t->a[1].shape[3];
    real *unused, *restrict by_column = FN(by_column)(t, w, ow, &unused);
    for (int64_t k = begin; by_column && k < end; k++) {
        const real *restrict x = (const real *)t->a[1].data + k * h * w;
        for (int64_t oy = 0; oy < oh; oy++) {
            real *restrict y = (real *)t->a[0].data + (k * oh + oy) * ow;
            const real by_row = FN(by_row)(t, h, oy);
            for (int64_t o = 0; o < ow; o++) y[o] = 0;
            for (int64_t i = 0; i < q->kh; i++) {
                const int64_t iy = oy * q->sy + i - q->py;
                if (iy < 0 || iy >= h) continue;
                for (int64_t j = 0; j < q->kw; j++) {
                    const real *restrict row = x + iy * w + j - q->px;
                    const mg_range in = mg_inside(j - q->px, q->sx, w, ow);
                    if (q->sx == 1)
                        for (int64_t o = in.lo; o < in.hi; o++) y[o] += row[o];
                    else if (q->sx == 2)
                        for (int64_t o = in.lo; o < in.hi; o++) y[o] += row[2 * o];
                    else
                        for (int64_t o = in.lo; o < in.hi; o++) y[o] += row[o * q->sx];
                }
            }
            for (int64_t o = 0; o < ow; o++) y[o] /= by_row * by_column[o];
        }
    }
}

static void FN(avg_backward_planes)(void *ctx, int64_t begin, int64_t end) {
    FN(pooling) *t = ctx;
    const mg_window *q = &t->window;
    const int64_t h = t->a[0].shape[2], w = t->a[0].shape[3], oh = t->a[1].shape[2], ow = t->a[1].shape[3];
    real *restrict share, *restrict by_column = FN(by_column)(t, w, ow, (real **)&share);
    for (int64_t k = begin; by_column && k < end; k++) {
        real *restrict gx = (real *)t->a[0].data + k * h * w;
        memset(gx, 0, (size_t)(h * w) * sizeof(real));
        for (int64_t oy = 0; oy < oh; oy++) {
            const real *restrict g = (const real *)t->a[1].data + (k * oh + oy) * ow;
            const real by_row = FN(by_row)(t, h, oy);
            for (int64_t o = 0; o < ow; o++) share[o] = g[o] / (by_row * by_column[o]);
            for (int64_t i = 0; i < q->kh; i++) {
                const int64_t iy = oy * q->sy + i - q->py;
                if (iy < 0 || iy >= h) continue;
                for (int64_t j = 0; j < q->kw; j++) {
                    real *restrict row = gx + iy * w + j - q->px;
                    const mg_range in = mg_inside(j - q->px, q->sx, w, ow);
                    if (q->sx == 1)
                        for (int64_t o = in.lo; o < in.hi; o++) row[o] += share[o];
                    else
                        for (int64_t o = in.lo; o < in.hi; o++) row[o * q->sx] += share[o];
                }
            }
        }
    }
}

static FN(pooling) FN(avg_of)(const mg_array *a, const mg_param *p) {
    const mg_window q = {p[0].i, p[1].i, p[2].i, p[3].i, p[4].i, p[5].i, 1, 1};
    return (FN(pooling)){a, q, p[6].i != 0, p[7].i, MG_OK};
}

mg_status FN(avg_pool2d)(const mg_array *a, const mg_param *p) {
    if (mg_numel(&a[0]) == 0) return MG_OK;
    FN(pooling) t = FN(avg_of)(a, p);
    const int64_t *s = a[0].shape;
    mg_parallel(s[0] * s[1], mg_plane_grain(s[2] * s[3] * t.window.kh * t.window.kw), FN(avg_planes), &t);
    return t.status;
}

mg_status FN(avg_pool2d_backward)(const mg_array *a, const mg_param *p) {
    if (mg_numel(&a[0]) == 0) return MG_OK;
    FN(pooling) t = FN(avg_of)(a, p);
    const int64_t *s = a[1].shape;
    mg_parallel(s[0] * s[1], mg_plane_grain(s[2] * s[3] * t.window.kh * t.window.kw), FN(avg_backward_planes), &t);
    return t.status;
}

/* ---- adaptive average ---- */

static mg_range FN(bin)(int64_t o, int64_t size, int64_t count) {
    if (count == 1) return (mg_range){0, size}; /* spares the most common case two divisions */
    return (mg_range){o * size / count, ((o + 1) * size + count - 1) / count};
}

static real FN(sum_run)(const real *x, int64_t n) {
    vreal s = {0}, t = {0};
    int64_t i = 0;
    for (; i + 2 * LANES <= n; i += 2 * LANES) s += V(load)(x + i), t += V(load)(x + i + LANES);
    for (; i < n; i += LANES) s += V(load_to)(x + i, n - i);
    return V(total)(s + t);
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
