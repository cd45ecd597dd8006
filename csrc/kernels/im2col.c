/* im2col.c: windows of an image as the columns of a matrix, and the adjoint of that.
 *
 * im2col
 *   a[0] out  cols (n, c*kh*kw, oh*ow)       row (c, i, j) holds what tap (i, j) of channel c reads for every output pixel; 0 outside
 *   a[1] in   x    (n, c, h, w)
 *   p         kh kw sy sx py px dy dx
 * col2im
 *   a[0] out  gx   (n, c, h, w)
 *   a[1] in   cols (n, c*kh*kw, oh*ow)
 *   p         the same
 * im2col writes its rows in order, so writes stream and reads stay in one plane. col2im reads in that order and adds into one plane, zeroed
 * first: a pixel's sum is always in (kh, kw) order, pixels that no window covers stay 0. Threads share the planes (n, c). */
#ifndef MG_BODY
#include "conv.h"
#define MG_BODY "im2col.c"
#include "floats.h"
#else

void FN(im2col_plane)(real *cols, const real *x, int64_t h, int64_t w, int64_t oh, int64_t ow, const mg_window *q) {
    for (int64_t i = 0; i < q->kh; i++)
        for (int64_t j = 0; j < q->kw; j++) {
            const int64_t top = i * q->dy - q->py, left = j * q->dx - q->px;
            const mg_range in = mg_inside(left, q->sx, w, ow);
            for (int64_t y = 0; y < oh; y++, cols += ow) {
                const int64_t iy = y * q->sy + top;
                if (iy < 0 || iy >= h || in.lo == in.hi) {
                    memset(cols, 0, (size_t)ow * sizeof(real));
                    continue;
                }
                const real *row = x + iy * w + left;
                for (int64_t o = 0; o < in.lo; o++) cols[o] = 0;
                if (q->sx == 1)
                    memcpy(cols + in.lo, row + in.lo, (size_t)(in.hi - in.lo) * sizeof(real));
                else
                    for (int64_t o = in.lo; o < in.hi; o++) cols[o] = row[o * q->sx];
                for (int64_t o = in.hi; o < ow; o++) cols[o] = 0;
            }
        }
}

void FN(col2im_plane)(real *gx, const real *cols, int64_t h, int64_t w, int64_t oh, int64_t ow, const mg_window *q) {
    memset(gx, 0, (size_t)(h * w) * sizeof(real));
    for (int64_t i = 0; i < q->kh; i++)
        for (int64_t j = 0; j < q->kw; j++) {
            const int64_t top = i * q->dy - q->py, left = j * q->dx - q->px;
            const mg_range in = mg_inside(left, q->sx, w, ow);
            for (int64_t y = 0; y < oh; y++, cols += ow) {
                const int64_t iy = y * q->sy + top;
                if (iy < 0 || iy >= h) continue;
                real *row = gx + iy * w + left;
                if (q->sx == 1)
                    for (int64_t o = in.lo; o < in.hi; o++) row[o] += cols[o];
                else
                    for (int64_t o = in.lo; o < in.hi; o++) row[o * q->sx] += cols[o];
            }
        }
}

typedef struct {
    const mg_array *a;
    mg_window window;
    int64_t oh, ow;
} FN(columns);

static FN(columns) FN(columns_of)(const mg_array *a, const mg_array *image, const mg_param *p) {
    const mg_window q = mg_window_of(p[0].i, p[1].i, p + 2);
    return (FN(columns)){a, q, mg_outputs(image->shape[2], q.kh, q.sy, q.py, q.dy), mg_outputs(image->shape[3], q.kw, q.sx, q.px, q.dx)};
}

static void FN(im2col_planes)(void *ctx, int64_t begin, int64_t end) {
    const FN(columns) *t = ctx;
    const int64_t h = t->a[1].shape[2], w = t->a[1].shape[3], rows = t->window.kh * t->window.kw * t->oh * t->ow;
    for (int64_t k = begin; k < end; k++)
        FN(im2col_plane)((real *)t->a[0].data + k * rows, (const real *)t->a[1].data + k * h * w, h, w, t->oh, t->ow, &t->window);
}

mg_status FN(im2col)(const mg_array *a, const mg_param *p) {
    FN(columns) t = FN(columns_of)(a, &a[1], p);
    if (mg_numel(&a[0]) == 0) return MG_OK;
    mg_parallel(a[1].shape[0] * a[1].shape[1], mg_plane_grain(t.window.kh * t.window.kw * t.oh * t.ow), FN(im2col_planes), &t);
    return MG_OK;
}

static void FN(col2im_planes)(void *ctx, int64_t begin, int64_t end) {
    const FN(columns) *t = ctx;
    const int64_t h = t->a[0].shape[2], w = t->a[0].shape[3], rows = t->window.kh * t->window.kw * t->oh * t->ow;
    for (int64_t k = begin; k < end; k++)
        FN(col2im_plane)((real *)t->a[0].data + k * h * w, (const real *)t->a[1].data + k * rows, h, w, t->oh, t->ow, &t->window);
}

mg_status FN(col2im)(const mg_array *a, const mg_param *p) {
    FN(columns) t = FN(columns_of)(a, &a[0], p);
    if (mg_numel(&a[0]) == 0) return MG_OK;
    mg_parallel(a[0].shape[0] * a[0].shape[1], mg_plane_grain(t.window.kh * t.window.kw * t.oh * t.ow), FN(col2im_planes), &t);
    return MG_OK;
}
#endif
