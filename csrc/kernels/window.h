/* window.h: the geometry of a sliding window, shared by convolution, im2col and pooling. Along each axis, tap i of output o reads the
 * input at o * stride + i * dilation - padding, if there is one; what it reads outside the image is the op's padding value. */
#ifndef MG_WINDOW_H
#define MG_WINDOW_H

#include "../minigrad.h"

typedef struct {
    int64_t kh, kw, sy, sx, py, px, dy, dx;
} mg_window;

static inline mg_window mg_window_of(int64_t kh, int64_t kw, const mg_param *p) {
    return (mg_window){kh, kw, p[0].i, p[1].i, p[2].i, p[3].i, p[4].i, p[5].i};
}

/* Windows that fit an axis: what is left over at the far edge belongs to none. */
static inline int64_t mg_outputs(int64_t size, int64_t k, int64_t stride, int64_t padding, int64_t dilation) {
    const int64_t room = size + 2 * padding - dilation * (k - 1) - 1;
    return room < 0 ? 0 : room / stride + 1;
}

typedef struct {
    int64_t lo, hi;
} mg_range;

/* The outputs o, of `count`, for which 0 <= o * stride + offset < size: a range, perhaps empty (lo == hi). */
static inline mg_range mg_inside(int64_t offset, int64_t stride, int64_t size, int64_t count) {
    const int64_t lo = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
    const int64_t hi = offset >= size ? 0 : (size - 1 - offset) / stride + 1;
    const int64_t top = hi < count ? hi : count;
    return lo < top ? (mg_range){lo, top} : (mg_range){0, 0};
}

/* Pieces for mg_parallel: as many planes as make some 50 us of work, when a plane takes `elements` steps of about a nanosecond. */
static inline int64_t mg_plane_grain(int64_t elements) { return elements >= 50000 ? 1 : 50000 / (elements > 0 ? elements : 1); }

#endif
