/* conv_direct.c: convolution and its gradient for the image, in float, straight from padded planes (conv_direct.h).
 *
 * Both are one computation: `out` channels from `in` channels, a sum over (channel, tap). Which microkernel sums depends on the shape:
 * conv_pixels.c, conv_lanes.c or conv_rows.c.
 *
 *   for each image, and group:              threads share these; a few images are split by blocks of output channels as well
 *     copy the channels into planes         slot 2, once
 *     for each pass, tile of pixels:        the tile's rows of all planes stay in L1 or L2
 *       for each block of output channels:  packed weights stream from L2
 *         microkernel
 *
 * A forward convolution is one pass. The gradient for the image runs over g with flipped, transposed weights; with a stride, the pixels of
 * gx whose row and column have the same remainder see the same taps: each such phase is a pass of its own over the same planes. */
#include "conv_direct.h"

enum { LANES = MG_F32_LANES };

/* ---- passes ---- */

/* A grid of outputs that see the same taps. Its pixel (u, v) is element first + u * row_step + v * column_step of the output's plane. */
typedef struct {
    int64_t rows, columns, first, row_step, column_step;
    int64_t k; /* in * taps */
    const float *w;
    const int32_t *offset, *place;
    const mg_run *run;
    int64_t vectors;
} pass;

typedef struct {
    int64_t n, groups, in, out; /* channels per group */
    int64_t plane;              /* elements of a channel of the output */
    mg_planes planes;
    pass *pass;
    int64_t passes, taps; /* all passes' taps */
    bool lanes;           /* output channels are lanes (conv_lanes.c) */
    bool rows;            /* nothing is shared between output channels (conv_rows.c) */
    int64_t blocks;       /* of output channels, in a group */
    int64_t parts;        /* into which the blocks of all groups are split, to be computed apart */
    int64_t at_once;      /* images that a block of weights meets while it is in L2 */
    const float *x, *bias;
    float *y;
    bool relu;
    mg_status status;
} correlation;

static int64_t share(int64_t i, int64_t total, int64_t parts) { return i * total / parts; } /* where part i of an even split begins */

/* Where block b of a group's output channels begins. */
static int64_t block_start(const correlation *d, int64_t b) {
    if (!d->lanes) return share(b, d->out, d->blocks);
    return b * 2 * LANES < d->out ? b * 2 * LANES : d->out;
}
static int64_t packed_channels(const correlation *d, int64_t channels) {
    return d->lanes ? (channels + LANES - 1) / LANES * LANES : channels;
}

/* One pass over a group of some images (one if lanes are pixels), for some blocks of its output channels. */
static void run_pass(const correlation *d, const pass *s, const float *planes, int64_t image, int64_t images, int64_t group,
                     int64_t first_block, int64_t count) {
    const float *w = s->w + group * packed_channels(d, d->out) * s->k;
    const int64_t channel = group * d->out;
    const float *bias = d->bias ? d->bias + channel : NULL;
    float *y = d->y + (image * d->groups * d->out + channel) * d->plane + s->first;
    if (d->rows) {
        for (int64_t b = first_block; b < first_block + count; b++)
            MG_FN(conv_rows, f32)(&(mg_rows){.x = planes,
                                             .pitch = d->planes.pitch,
                                             .rows = s->rows,
                                             .columns = s->columns,
                                             .offset = s->offset,
                                             .k = s->k,
                                             .w = w + b * s->k,
                                             .bias = bias ? bias[b] : 0,
                                             .y = y + b * d->plane,
                                             .row_step = s->row_step,
                                             .column_step = s->column_step,
                                             .relu = d->relu});
        return;
    }
    if (d->lanes) {
        for (int64_t b = first_block; b < first_block + count; b++)
            for (int64_t j = 0; j < images; j++) {
                const int64_t o = block_start(d, b);
                MG_FN(conv_lanes, f32)(&(mg_lanes){.x = planes + j * d->in * d->planes.size,
                                                   .pitch = d->planes.pitch,
                                                   .rows = s->rows,
                                                   .columns = s->columns,
                                                   .offset = s->offset,
                                                   .k = s->k,
                                                   .w = w + o * s->k,
                                                   .channels = block_start(d, b + 1) - o,
                                                   .bias = bias ? bias + o : NULL,
                                                   .y = y + (j * d->groups * d->out + o) * d->plane,
                                                   .plane = d->plane,
                                                   .row_step = s->row_step,
                                                   .column_step = s->column_step,
                                                   .relu = d->relu});
            }
        return;
    }
    const int64_t tiles = (s->vectors + MG_PIXELS_VECTORS - 1) / MG_PIXELS_VECTORS;
    for (int64_t j = 0; j < tiles; j++) {
        const int64_t v = share(j, s->vectors, tiles), vectors = share(j + 1, s->vectors, tiles) - v;
        for (int64_t b = first_block; b < first_block + count; b++) {
            const int64_t o = block_start(d, b), rows = block_start(d, b + 1) - o;
            MG_FN(conv_pixels, f32)(&(mg_pixels){.x = planes + v * LANES,
                                                 .w = w + o * s->k,
                                                 .offset = s->offset,
                                                 .k = s->k,
                                                 .bias = bias ? bias + o : NULL,
                                                 .y = y + o * d->plane,
                                                 .plane = d->plane,
                                                 .run = s->run + v,
                                                 .place = s->place,
                                                 .relu = d->relu},
                                    rows, vectors);
        }
    }
}

static void correlate_images(void *ctx, int64_t begin, int64_t end) {
    correlation *d = ctx;
    const mg_planes *q = &d->planes;
    const int64_t size = d->in * q->size, elements = d->at_once * size + LANES; /* the last vector may reach past its plane */
    float *planes = mg_scratch(2, (size_t)elements * sizeof(float));
    if (!planes) {
        __atomic_store_n(&d->status, MG_NO_MEMORY, __ATOMIC_RELAXED);
        return;
    }
    memset(planes, 0, (size_t)elements * sizeof(float));
    for (int64_t i = begin, images; i < end; i += images) {
        images = end - i < d->at_once ? end - i : d->at_once;
        const int64_t image = i / d->parts, last = share(i % d->parts + 1, d->groups * d->blocks, d->parts);
        for (int64_t unit = share(i % d->parts, d->groups * d->blocks, d->parts); unit < last;) {
            const int64_t group = unit / d->blocks, first_block = unit % d->blocks;
            const int64_t count = last - unit < d->blocks - first_block ? last - unit : d->blocks - first_block;
            unit += count;
            for (int64_t j = 0; j < images; j++)
                MG_FN(conv_fill_planes, f32)(q, planes + j * size, d->x + ((image + j) * d->groups + group) * d->in * q->h * q->w, d->in);
            for (const pass *s = d->pass; s < d->pass + d->passes; s++) run_pass(d, s, planes, image, images, group, first_block, count);
        }
    }
}

/* ---- setting up ---- */

/* Cut the next n elements of size `size` from scratch memory. */
static void *cut(char **memory, int64_t n, size_t size) {
    void *p = *memory;
    *memory += ((size_t)n * size + 63) & ~(size_t)63;
    return p;
}

static size_t setup_bytes(const correlation *d, int64_t pixels) {
    const int64_t k = d->in * d->taps, vectors = d->passes * (d->planes.rows * d->planes.pitch / LANES + 2);
    return (size_t)(d->groups * packed_channels(d, d->out) * k) * sizeof(float) + (size_t)(k + pixels) * sizeof(int32_t) +
           (size_t)vectors * sizeof(mg_run) + (size_t)d->taps * sizeof(mg_tap) + (size_t)d->passes * (sizeof(pass) + 5 * 64) + 64 * 2;
}

/* Fill in a pass of which the grid is known. */
static void set_pass(const correlation *d, pass *s, const mg_tap *taps, int64_t count, const float *w, int64_t out_step, int64_t in_step,
                     char **memory) {
    const int64_t pitch = d->planes.pitch;
    s->k = d->in * count;
    int32_t *offset = cut(memory, s->k, sizeof *offset);
    for (int64_t c = 0; c < d->in; c++)
        for (int64_t i = 0; i < count; i++) offset[c * count + i] = (int32_t)(c * d->planes.size + taps[i].offset);
    s->offset = offset;

    float *packed = cut(memory, d->groups * packed_channels(d, d->out) * s->k, sizeof *packed);
    s->w = packed;
    const int64_t group_step = d->in * d->out * d->taps;
    for (int64_t g = 0; g < d->groups; g++) {
        if (d->lanes) {
            MG_FN(conv_pack_lanes, f32)(packed + g * packed_channels(d, d->out) * s->k, w + g * group_step, d->out, d->in, count, out_step,
                                        in_step, taps);
            continue;
        }
        for (int64_t b = 0; b < d->blocks; b++)
            for (int64_t c = 0; c < d->in; c++)
                for (int64_t i = 0; i < count; i++) {
                    const int64_t first = block_start(d, b), channels = block_start(d, b + 1) - first;
                    const float *from = w + g * group_step + first * out_step + c * in_step + taps[i].index;
                    for (int64_t o = 0; o < channels; o++) *packed++ = from[o * out_step];
                }
    }

    s->vectors = ((s->rows - 1) * pitch + s->columns + LANES - 1) / LANES;
    mg_run *r = cut(memory, s->vectors, sizeof *r);
    s->run = r;
    int32_t pixel = 0;
    for (int64_t v = 0, row = 0, column = 0; v < s->vectors; v++, r++) {
        *r = (mg_run){.first = pixel};
        for (int64_t lane = 0; lane < LANES; lane++) {
            if (row < s->rows && column < s->columns) r->lanes |= (uint16_t)(1u << lane), r->count++, pixel++;
            if (++column == pitch) column = 0, row++;
        }
    }
    s->place = NULL;
    if (s->column_step == 1 && (s->row_step == s->columns || s->rows == 1)) return;
    int32_t *place = cut(memory, s->rows * s->columns, sizeof *place);
    s->place = place;
    for (int64_t u = 0; u < s->rows; u++)
        for (int64_t v = 0; v < s->columns; v++) *place++ = (int32_t)(u * s->row_step + v * s->column_step);
}

/* For a grid of outputs of which a plane has the most. */
static void choose_way(correlation *d, const mg_conv *t, int64_t rows, int64_t columns) {
    d->rows = mg_is_depthwise(t) && d->out == 1;
    d->lanes = !d->rows && d->in * d->taps / d->passes >= 64 && mg_channels_as_lanes(&d->planes, rows, columns, d->out);
    const int64_t most = d->rows ? 1 : d->lanes ? 2 * LANES : MG_PIXELS_ROWS; /* output channels of a block */
    d->blocks = (d->out + most - 1) / most;
}

/* Images, or parts of images when there are few, that make a piece worth handing out. */
static mg_status run_correlation(correlation *d, int64_t pixels) {
    const int64_t work = d->in * d->out * d->groups * d->taps * pixels, units = d->groups * d->blocks; /* multiply-adds of an image */
    d->parts = 1;
    if (d->n < 8 && mg_num_threads() > 1) {
        const int64_t wanted = work / 2000000 + 1;
        d->parts = wanted < units ? wanted : units;
        if (d->parts > 8) d->parts = 8;
    }
    int64_t grain = 2000000 / (work / d->parts + 1) + 1;
    /* Weights that L2 cannot keep meet several images at a time, if their planes are small. */
    d->at_once = 1;
    const int64_t images = 131072 / (d->in * d->planes.size + 1), each = d->n / (2 * mg_num_threads());
    if (d->lanes && d->parts == 1 && d->in * d->out * d->taps > 131072 && images > 1) {
        d->at_once = images < d->n ? images : d->n;
        if (grain < d->at_once) grain = each < 1 ? 1 : each < d->at_once ? each : d->at_once;
    }
    mg_parallel(d->n * d->parts, grain, correlate_images, d);
    return d->status;
}

mg_status MG_FN(conv_direct, f32)(const mg_conv *t, float *y, const float *x, const float *w, const float *bias) {
    const mg_window *q = &t->window;
    correlation d = {
        .n = t->n,
        .groups = t->groups,
        .in = t->c / t->groups,
        .out = t->o / t->groups,
        .plane = t->oh * t->ow,
        .planes = mg_planes_of(t),
        .passes = 1,
        .taps = q->kh * q->kw,
        .x = x,
        .bias = bias,
        .y = y,
        .relu = t->relu,
    };
    choose_way(&d, t, t->oh, t->ow);
    char *memory = mg_scratch(3, setup_bytes(&d, t->oh * t->ow));
    if (!memory) return MG_NO_MEMORY;
    d.pass = cut(&memory, 1, sizeof *d.pass);
    mg_tap *taps = cut(&memory, d.taps, sizeof *taps), *next = taps;
    for (int64_t i = 0; i < q->kh; i++)
        for (int64_t j = 0; j < q->kw; j++) *next++ = (mg_tap){i * q->kw + j, mg_tap_offset(t, &d.planes, i, j)};
    *d.pass = (pass){.rows = t->oh, .columns = t->ow, .row_step = t->ow, .column_step = 1};
    set_pass(&d, d.pass, taps, d.taps, w, d.in * d.taps, d.taps, &memory);
    return run_correlation(&d, t->oh * t->ow);
}

/* Tap i contributes g's row (y + padding - i * dilation) / stride to row y of gx, if that is an integer: for y = phase + u * stride, row
 * u + shift. */
static bool shift_of(int64_t phase, int64_t i, int64_t stride, int64_t padding, int64_t dilation, int64_t *shift) {
    const int64_t at = phase + padding - i * dilation;
    *shift = at / stride;
    return at % stride == 0;
}

/* The least and the greatest shift of all taps and phases. */
static mg_range shifts(int64_t phases, int64_t k, int64_t stride, int64_t padding, int64_t dilation) {
    mg_range r = {INT32_MAX, INT32_MIN};
    for (int64_t phase = 0; phase < phases; phase++)
        for (int64_t i = 0, s; i < k; i++)
            if (shift_of(phase, i, stride, padding, dilation, &s)) r.lo = s < r.lo ? s : r.lo, r.hi = s > r.hi ? s : r.hi;
    return r.lo <= r.hi ? r : (mg_range){0, 0};
}

mg_status MG_FN(conv_direct_input, f32)(const mg_conv *t, float *gx, const float *g, const float *w) {
    const mg_window *q = &t->window;
    const int64_t phases_y = q->sy < t->h ? q->sy : t->h, phases_x = q->sx < t->w ? q->sx : t->w;
    const mg_range ry = shifts(phases_y, q->kh, q->sy, q->py, q->dy), rx = shifts(phases_x, q->kw, q->sx, q->px, q->dx);
    correlation d = {
        .n = t->n,
        .groups = t->groups,
        .in = t->o / t->groups,
        .out = t->c / t->groups,
        .plane = t->h * t->w,
        .planes = mg_planes_for(t->oh, t->ow, ry.lo, rx.lo, 1, 1, 1, 1, (t->h + q->sy - 1) / q->sy, (t->w + q->sx - 1) / q->sx,
                                ry.hi - ry.lo, rx.hi - rx.lo),
        .passes = phases_y * phases_x,
        .taps = q->kh * q->kw,
        .x = g,
        .y = gx,
    };
    choose_way(&d, t, (t->h + q->sy - 1) / q->sy, (t->w + q->sx - 1) / q->sx);
    char *memory = mg_scratch(3, setup_bytes(&d, t->h * t->w));
    if (!memory) return MG_NO_MEMORY;
    d.pass = cut(&memory, d.passes, sizeof *d.pass);
    mg_tap *taps = cut(&memory, d.taps, sizeof *taps);
    pass *s = d.pass;
    for (int64_t a = 0; a < phases_y; a++)
        for (int64_t b = 0; b < phases_x; b++, s++) {
            int64_t count = 0, u, v;
            for (int64_t i = 0; i < q->kh; i++)
                for (int64_t j = 0; j < q->kw; j++)
                    if (shift_of(a, i, q->sy, q->py, q->dy, &u) && shift_of(b, j, q->sx, q->px, q->dx, &v))
                        taps[count++] = (mg_tap){i * q->kw + j, (u - ry.lo) * d.planes.pitch + v - rx.lo};
            *s = (pass){.rows = (t->h - a + q->sy - 1) / q->sy,
                        .columns = (t->w - b + q->sx - 1) / q->sx,
                        .first = a * t->w + b,
                        .row_step = q->sy * t->w,
                        .column_step = q->sx};
            set_pass(&d, s, taps, count, w, d.taps, d.out * d.taps, &memory);
        }
    return run_correlation(&d, t->h * t->w / (q->sy * q->sx) + 1);
}

/* Not for empty arrays, nor for 1x1 kernels, which are matrix products; and offsets are 32-bit. */
bool MG_FN(conv_is_direct, f32)(const mg_conv *t) {
    const mg_window *q = &t->window;
    if (t->n * t->c * t->h * t->w * t->oh * t->ow == 0) return false;
    if (q->kh * q->kw == 1 && q->sy == 1 && q->sx == 1 && q->py == 0 && q->px == 0) return false;
    const int64_t rows = t->h + 2 * q->py + t->oh + q->dy * q->kh, columns = t->w + 2 * q->px + t->ow + q->dx * q->kw;
    return q->sy * q->sx <= 64 && (t->c > t->o ? t->c : t->o) * rows * columns < INT32_MAX;
}
