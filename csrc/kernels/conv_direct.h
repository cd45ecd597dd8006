/* conv_direct.h: the layout in which the direct kernels find their pixels, and the entries of those kernels.
 *
 * An image's channel is copied once into a padded plane. Output pixels are numbered along the rows of that plane, j = row * pitch + column,
 * so what tap (i, k) reads for a run of outputs is a run of the plane that begins at j plus an offset of the tap's own: a contiguous load,
 * at any padding and dilation, and no matrix of columns is built. Numbers past the width of the output are computed too and thrown away;
 * they are few, because the zeros to the right of a row are those to the left of the next. A stride splits the plane into sy * sx phases,
 * one for each remainder of row and column, so that steps of one phase are steps of one. */
#ifndef MG_CONV_DIRECT_H
#define MG_CONV_DIRECT_H

#include "conv.h"
#include "vec.h"

typedef struct {
    int64_t h, w;               /* of the image */
    int64_t y0, x0;             /* the image's pixel in the plane's corner; negative: that much padding */
    int64_t sy, sx;             /* stride: row r of phase a is the image's row y0 + a + r * sy */
    int64_t phases_y, phases_x; /* phases kept: the first ones */
    int64_t rows, pitch;        /* of a phase */
    int64_t phase, size;        /* elements of a phase, of a channel */
} mg_planes;

/* Planes for a grid of (rows, columns) outputs whose taps reach `reach_y`, `reach_x` rows and columns of a phase further. */
static inline mg_planes mg_planes_for(int64_t h, int64_t w, int64_t y0, int64_t x0, int64_t sy, int64_t sx, int64_t phases_y,
                                      int64_t phases_x, int64_t rows, int64_t columns, int64_t reach_y, int64_t reach_x) {
    int64_t pitch = columns + reach_x, shared = 0;
    if (sx == 1) { /* columns of zeros on the right that the next row has on its left */
        const int64_t left = x0 < 0 ? -x0 : 0, right = x0 + pitch > w ? x0 + pitch - w : 0;
        shared = left < right ? left : right;
        if (shared > reach_x) shared = reach_x;
    }
    pitch -= shared;
    const int64_t phase = (rows + reach_y) * pitch + shared;
    return (mg_planes){h, w, y0, x0, sy, sx, phases_y, phases_x, rows + reach_y, pitch, phase, phase * phases_y * phases_x};
}

/* Planes of x for t's windows, and where in a channel of them a tap finds the pixel of output 0. */
static inline mg_planes mg_planes_of(const mg_conv *t) {
    const mg_window *q = &t->window;
    const int64_t reach_y = (q->kh - 1) * q->dy, reach_x = (q->kw - 1) * q->dx; /* in pixels of the image */
    return mg_planes_for(t->h, t->w, -q->py, -q->px, q->sy, q->sx, q->sy < reach_y + 1 ? q->sy : reach_y + 1,
                         q->sx < reach_x + 1 ? q->sx : reach_x + 1, t->oh, t->ow, reach_y / q->sy, reach_x / q->sx);
}
static inline int64_t mg_tap_offset(const mg_conv *t, const mg_planes *planes, int64_t i, int64_t j) {
    const mg_window *q = &t->window;
    const int64_t y = i * q->dy, x = j * q->dx, phase = y % q->sy * planes->phases_x + x % q->sx;
    return phase * planes->phase + y / q->sy * planes->pitch + x / q->sx;
}

/* Output channels as lanes, or pixels? Whichever leaves fewer lanes idle. Pixels also pay for loads across cache lines, channels for
 * transposes, which only long sums make up for. */
static inline bool mg_channels_as_lanes(const mg_planes *q, int64_t rows, int64_t columns, int64_t channels) {
    const int64_t padded = (channels + MG_F32_LANES - 1) / MG_F32_LANES * MG_F32_LANES;
    const int64_t pixels = ((rows - 1) * q->pitch + columns + MG_F32_LANES - 1) / MG_F32_LANES * MG_F32_LANES;
    return columns >= 4 && (double)padded / (double)channels < 1.08 * (double)pixels / (double)(rows * columns);
}

/* The square matrix of which r[i] is row i, in place, by swapping the two blocks off the diagonal, of halves, then of quarters and so on.
 */
MG_INLINE void vf32_transpose(vf32 *r) {
    const vi32 lane = vi32_iota();
#pragma GCC unroll 4
    for (int h = MG_F32_LANES / 2; h; h /= 2) {
        const vi32 odd = lane & h, second = odd * (MG_F32_LANES / h) - odd; /* lanes of odd blocks come from the second operand */
#pragma GCC unroll 16
        for (int i = 0; i < MG_F32_LANES; i++)
            if (!(i & h)) {
                const vf32 a = r[i], b = r[i + h];
                r[i] = vf32_shuffle(a, b, lane + second);
                r[i + h] = vf32_shuffle(a, b, lane + second + h);
            }
    }
}

#ifdef MG_ISA
/* Copy `channels` channels of an image into planes whose padding is zero already. */
void MG_FN(conv_fill_planes, f32)(const mg_planes *q, float *planes, const float *x, int64_t channels);

/* Compute some output channels on some vectors of pixels, pixels as lanes (conv_pixels.c). */
enum {
    MG_PIXELS_ROWS = MG_VEC_REGISTERS >= 32 ? 8 : 4, /* output channels of a tile, at most */
    MG_PIXELS_VECTORS = 3,
};
/* A vector of pixels in the output plane: its valid lanes are pixels first, first + 1, ... of the pass. */
typedef struct {
    int32_t first;
    uint16_t lanes, count;
} mg_run;

typedef struct {
    const float *x; /* planes, at the tile's first pixel */
    const float *w; /* (k, rows) */
    const int32_t *offset;
    int64_t k;
    const float *bias; /* of the block, or NULL */
    float *y;          /* plane of the block's first channel */
    int64_t plane;     /* elements between channels of y */
    const mg_run *run;
    const int32_t *place; /* where the pass's pixels lie in a plane of y; NULL: one after the other */
    bool relu;
} mg_pixels;
void MG_FN(conv_pixels, f32)(const mg_pixels *t, int64_t rows, int64_t vectors);

/* Compute one block of at most two vectors of output channels on a grid of pixels, channels as lanes (conv_lanes.c). */
typedef struct {
    const float *x; /* planes, at the grid's first pixel */
    int64_t pitch, rows, columns;
    const int32_t *offset;
    int64_t k;
    const float *w; /* (k, channels rounded up to vectors) */
    int64_t channels;
    const float *bias; /* of the block, or NULL */
    float *y;          /* the grid's first pixel in the first channel's plane */
    int64_t plane, row_step, column_step;
    bool relu;
} mg_lanes;
void MG_FN(conv_lanes, f32)(const mg_lanes *t);
/* Where a tap finds its operand, and its weight: w[group][out * out_step + in * in_step + index]. */
typedef struct {
    int64_t index, offset;
} mg_tap;
/* The weights of one group for conv_lanes: (blocks, (in, count of taps), channels rounded up to vectors). */
void MG_FN(conv_pack_lanes, f32)(float *packed, const float *w, int64_t out, int64_t in, int64_t count, int64_t out_step, int64_t in_step,
                                 const mg_tap *taps);

/* Compute one output channel on a grid of pixels from one input channel, pixels of a row as lanes (conv_rows.c). */
typedef struct {
    const float *x; /* planes, at the grid's first pixel */
    int64_t pitch, rows, columns;
    const int32_t *offset;
    int64_t k;
    const float *w; /* k */
    float bias;
    float *y; /* the grid's first pixel */
    int64_t row_step, column_step;
    bool relu;
} mg_rows;
void MG_FN(conv_rows, f32)(const mg_rows *t);
mg_status MG_FN(conv_rows_weight, f32)(const mg_conv *t, float *gw, const float *g, const float *x);
/* Whether channels are so few that nothing is shared between output channels. */
static inline bool mg_is_depthwise(const mg_conv *t) { return t->c == t->groups && t->o <= 4 * t->c && t->c > 1; }

bool MG_FN(conv_is_direct, f32)(const mg_conv *t); /* whether these are the way to go */
mg_status MG_FN(conv_direct, f32)(const mg_conv *t, float *y, const float *x, const float *w, const float *bias);
mg_status MG_FN(conv_direct_input, f32)(const mg_conv *t, float *gx, const float *g, const float *w);
mg_status MG_FN(conv_direct_weight, f32)(const mg_conv *t, float *gw, const float *g, const float *x);
mg_status MG_FN(conv_weight_lanes, f32)(const mg_conv *t, float *gw, const float *g, const float *x); /* the same, channels as lanes */
#endif

#endif
