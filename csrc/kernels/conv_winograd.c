/* conv_winograd.c: 3x3 convolution of stride 1, and its gradient for the image, in float, by Winograd's algorithm (conv_winograd.h).
 *
 *   the filters at all points (points, in, out)                       slot 3, once
 *   for each chunk of tiles:                                          threads share these
 *     the pixels of each image with channels innermost, then those
 *       of each tile at all points (points, tiles, in)                slot 2
 *     36 matrix products: (points, tiles, out)
 *     outputs of each tile; bias and relu; back to planes of pixels
 *
 * Few tiles for many filters would wait for memory, to which the filters at all points go and from which they come back. Then the tiles at
 * all points are what is kept (slot 3), and threads share blocks of filters, each made, multiplied by all tiles and forgotten in cache
 * (slot 2).
 *
 * The gradient for the image is the same with filters turned by half a turn and channels exchanged.
 *
 * A value that is not finite would spoil all 16 outputs of its tiles, also those whose windows do not hold it. It spoils at least one,
 * always; so when an output is not finite the whole is computed again by the direct kernels. */
#include "conv_winograd.h"
#include "gemm.h"

enum { LANES = MG_F32_LANES };

/* ---- pixels ---- */

void MG_FN(conv_gather, f32)(float *to, const float *x, int64_t channels, int64_t h, int64_t w, int64_t top, int64_t left, int64_t rows,
                             int64_t columns) {
    const int64_t width = mg_whole_lanes(channels), line = columns * width;
    const mg_range r = mg_inside(top, 1, h, rows), c = mg_inside(left, 1, w, columns);
    memset(to, 0, (size_t)(r.lo * line) * sizeof(float));
    memset(to + r.hi * line, 0, (size_t)((rows - r.hi) * line) * sizeof(float));
    for (int64_t i = r.lo; i < r.hi; i++) {
        memset(to + i * line, 0, (size_t)(c.lo * width) * sizeof(float));
        memset(to + i * line + c.hi * width, 0, (size_t)((columns - c.hi) * width) * sizeof(float));
    }
    /* As many whole rows as fill a vector, or a part of one; what lies left and right of the columns wanted is transposed in vain. */
    const int64_t together = w < LANES ? LANES / w : 1;
    for (int64_t k = 0; k < channels; k += LANES)
        for (int64_t i = r.lo, rs; i < r.hi; i += rs) {
            rs = r.hi - i < together ? r.hi - i : together;
            for (int64_t p = 0; p < w; p += LANES) {
                const int64_t n = w - p < LANES ? w - p : LANES;
                const float *from = x + (k * h + i + top) * w + p;
                vf32 v[LANES];
                for (int64_t j = 0; j < LANES; j++) v[j] = k + j < channels ? vf32_load_n(from + j * h * w, rs * n) : (vf32){0};
                vf32_transpose(v);
                const int64_t lo = c.lo + left > p ? c.lo + left - p : 0, hi = c.hi + left < p + n ? c.hi + left - p : n;
                for (int64_t j = 0; j < rs; j++)
                    for (int64_t a = lo; a < hi; a++) vf32_store(to + (i + j) * line + (p + a - left) * width + k, v[j * n + a]);
            }
        }
}

void MG_FN(conv_see, f32)(float *v, float *pixels, const mg_tiling *t, const mg_chunk *c, const float *x, int64_t channels, int64_t h,
                          int64_t w, int64_t top, int64_t left) {
    const int64_t width = mg_whole_lanes(channels), step = mg_point_step(c->tiles, width);
    const int64_t rows = MG_TILE * c->rows + 2, columns = MG_TILE * t->tiles_x + 2;
    for (int64_t image = c->image; image < c->image + c->images; image++) {
        MG_FN(conv_gather, f32)(pixels, x + image * channels * h * w, channels, h, w, top + MG_TILE * c->row, left, rows, columns);
        for (int64_t i = 0; i < c->rows; i++)
            for (int64_t j = 0; j < t->tiles_x; j++, v += width) {
                const float *from = pixels + (i * columns + j) * MG_TILE * width;
                for (int64_t k = 0; k < width; k += LANES)
                    mg_pixels_to_points_2d(v + k, MG_SEEN * step, step, from + k, columns * width, width);
            }
    }
}

/* ---- filters ---- */

/* u (points, in, out rounded up), points mg_point_step apart, from w[o * out_step + i * in_step + tap]; `packed` is work memory for 9 * in
 * * out values. */
static void see_filters(float *u, float *packed, const float *w, int64_t in, int64_t out, int64_t out_step, int64_t in_step, bool turned) {
    mg_tap taps[9];
    for (int64_t i = 0; i < 9; i++) taps[i] = (mg_tap){.index = i};
    MG_FN(conv_pack_lanes, f32)(packed, w, out, in, 9, out_step, in_step, taps);
    const int64_t width = mg_whole_lanes(out), step = mg_point_step(in, width);
    /* Channel by channel of the input: what is written lies in runs, at all points. */
    for (int64_t i = 0; i < in; i++)
        for (int64_t o = 0; o < width; o += LANES) {
            const int64_t block = o / (2 * LANES) * 2 * LANES, lanes = out - block > LANES ? 2 * LANES : LANES;
            const float *from = packed + (block * in + i * lanes) * 9 + o - block;
            float *to = u + i * width + o;
            if (turned)
                mg_taps_to_points_2d(to, MG_SEEN * step, step, from + 8 * lanes, -3 * lanes, -lanes);
            else
                mg_taps_to_points_2d(to, MG_SEEN * step, step, from, 3 * lanes, lanes);
        }
}

/* ---- outputs ---- */

typedef struct {
    mg_tiling tiling;
    int64_t in, out, h, w, oh, ow;
    int64_t top, left; /* where in the image tile (0, 0) begins */
    const float *x, *taps, *bias;
    int64_t out_step, in_step; /* of taps */
    bool turned;
    const float *u; /* all filters at all points */
    float *v, *y;   /* v: all tiles at all points */
    bool relu, spoilt;
    mg_status status;
} winograd;

/* Channels [first, first + count) of the rows of tiles of one image from what the products left at all points. `strip` is work memory for a
 * row of tiles, (4 * ow, LANES) and a little more. Adds zero times every output to `probe`. */
static vf32 put_outputs(const winograd *d, const mg_chunk *c, int64_t first, int64_t count, const float *m, int64_t image, float *strip,
                        vf32 probe) {
    const int64_t width = mg_whole_lanes(count), step = mg_point_step(c->tiles, width), across = d->tiling.tiles_x;
    for (int64_t o = 0; o < count; o += LANES) {
        const int64_t channels = count - o < LANES ? count - o : LANES;
        const vf32 bias = d->bias ? vf32_load_to(d->bias + first + o, channels) : (vf32){0};
        for (int64_t i = 0; i < c->rows; i++) {
            const int64_t top = (c->row + i) * MG_TILE, pixels = (d->oh - top < MG_TILE ? d->oh - top : MG_TILE) * d->ow;
            for (int64_t j = across - 1; j >= 0;
                 j--) /* what passes the end of a row is the start of the next, written later by another tile */
                mg_points_to_outputs_2d(strip + j * MG_TILE * LANES, d->ow * LANES, LANES, m + (i * across + j) * width + o, MG_SEEN * step,
                                        step);
            float *to = d->y + ((image * d->out + first + o) * d->oh + top) * d->ow;
            for (int64_t p = 0; p < pixels; p += LANES) {
                const int64_t n = pixels - p < LANES ? pixels - p : LANES;
                vf32 r[LANES];
                for (int64_t k = 0; k < LANES; k++) {
                    r[k] = (k < n ? vf32_load(strip + (p + k) * LANES) : (vf32){0}) + bias;
                    probe = vf32_fma(r[k], (vf32){0}, probe);
                    if (d->relu) r[k] = (vf32)((vi32)r[k] & ~(r[k] < 0)); /* keeps NaN */
                }
                vf32_transpose(r);
                for (int64_t k = 0; k < LANES; k++)
                    if (k < channels) vf32_store_to(to + k * d->oh * d->ow + p, r[k], n);
            }
        }
    }
    return probe;
}

static void finish(winograd *d, vf32 probe, mg_status status) {
    if (vf32_any(probe != 0)) __atomic_store_n(&d->spoilt, true, __ATOMIC_RELAXED);
    if (status != MG_OK) __atomic_store_n(&d->status, status, __ATOMIC_RELAXED);
}

/* ---- many tiles ---- */

static void correlate_chunks(void *ctx, int64_t begin, int64_t end) {
    winograd *d = ctx;
    const mg_tiling *t = &d->tiling;
    const int64_t in = mg_whole_lanes(d->in), out = mg_whole_lanes(d->out), pixels = mg_seen_pixels(t, d->in);
    const int64_t seen = MG_POINTS * mg_point_step(t->most, in), made = MG_POINTS * mg_point_step(t->most, out);
    const int64_t strip = (MG_TILE * d->ow + MG_TILE + LANES) * LANES;
    float *memory = mg_scratch(2, (size_t)(pixels + seen + made + strip) * sizeof(float));
    mg_status status = memory ? MG_OK : MG_NO_MEMORY;
    vf32 probe = {0}; /* stays zero while all is finite */
    for (int64_t i = begin; i < end && status == MG_OK; i++) {
        const mg_chunk c = mg_chunk_of(t, i);
        float *v = memory + pixels, *m = v + seen;
        MG_FN(conv_see, f32)(v, memory, t, &c, d->x, d->in, d->h, d->w, d->top, d->left);
        for (int64_t p = 0; p < MG_POINTS && status == MG_OK; p++)
            status = MG_FN(gemm, f32)(&(mg_gemm){.m = c.tiles,
                                                 .n = out,
                                                 .k = d->in,
                                                 .a = v + p * mg_point_step(c.tiles, in),
                                                 .rsa = in,
                                                 .csa = 1,
                                                 .b = d->u + p * mg_point_step(d->in, out),
                                                 .rsb = out,
                                                 .csb = 1,
                                                 .c = m + p * mg_point_step(c.tiles, out),
                                                 .ldc = out});
        for (int64_t j = 0; j < c.images; j++)
            probe = put_outputs(d, &c, 0, d->out, m + j * c.rows * t->tiles_x * out, c.image + j, m + made, probe);
    }
    finish(d, probe, status);
}

/* ---- few tiles ---- */

static void see_images(void *ctx, int64_t begin, int64_t end) {
    winograd *d = ctx;
    const mg_tiling *t = &d->tiling;
    mg_chunk c = mg_chunk_of(t, 0);
    float *pixels = mg_scratch(2, (size_t)mg_seen_pixels(t, d->in) * sizeof(float));
    if (!pixels) {
        finish(d, (vf32){0}, MG_NO_MEMORY);
        return;
    }
    c.image = begin, c.images = end - begin;
    MG_FN(conv_see, f32)(d->v + begin * t->tiles_y * t->tiles_x * mg_whole_lanes(d->in), pixels, t, &c, d->x, d->in, d->h, d->w, d->top,
                         d->left);
}

static void correlate_filters(void *ctx, int64_t begin, int64_t end) {
    winograd *d = ctx;
    const mg_tiling *t = &d->tiling;
    const mg_chunk c = mg_chunk_of(t, 0);
    const int64_t in = mg_whole_lanes(d->in), points = MG_POINTS * mg_point_step(MG_DEPTH, MG_FILTERS),
                  made = MG_POINTS * mg_point_step(c.tiles, MG_FILTERS);
    const int64_t strip = (MG_TILE * d->ow + MG_TILE + LANES) * LANES;
    float *u = mg_scratch(2, (size_t)(points + 9 * MG_DEPTH * MG_FILTERS + made + strip) * sizeof(float));
    if (!u) {
        finish(d, (vf32){0}, MG_NO_MEMORY);
        return;
    }
    float *packed = u + points, *m = packed + 9 * MG_DEPTH * MG_FILTERS;
    vf32 probe = {0};
    for (int64_t o = begin * MG_FILTERS; o < end * MG_FILTERS && o < d->out; o += MG_FILTERS) {
        const int64_t count = d->out - o < MG_FILTERS ? d->out - o : MG_FILTERS, out = mg_whole_lanes(count);
        for (int64_t i = 0; i < d->in; i += MG_DEPTH) {
            const int64_t depth = d->in - i < MG_DEPTH ? d->in - i : MG_DEPTH;
            see_filters(u, packed, d->taps + o * d->out_step + i * d->in_step, depth, count, d->out_step, d->in_step, d->turned);
            for (int64_t p = 0; p < MG_POINTS; p++) {
                float *to = m + p * mg_point_step(c.tiles, out);
                MG_FN(gemm_strip, f32)(c.tiles, depth, d->v + p * mg_point_step(c.tiles, in) + i, in, u + p * mg_point_step(depth, out),
                                       (int)(out / LANES), to, out, i ? to : NULL, out);
            }
        }
        for (int64_t j = 0; j < c.images; j++)
            probe = put_outputs(d, &c, o, count, m + j * t->tiles_y * t->tiles_x * out, j, m + made, probe);
    }
    finish(d, probe, MG_OK);
}

/* ---- the whole ---- */

static mg_status run(winograd *d) {
    const int64_t width = mg_whole_lanes(d->out), n = d->tiling.n;
    const mg_tiling whole = mg_tiling_whole(n, d->oh, d->ow);
    if (mg_tiles_are_few(whole.most, d->in, d->out)) {
        d->tiling = whole;
        d->v = mg_scratch(3, (size_t)(MG_POINTS * mg_point_step(whole.most, mg_whole_lanes(d->in))) * sizeof(float));
        if (!d->v) return MG_NO_MEMORY;
        mg_parallel(n, 1 + (1 << 16) / (whole.most / n * MG_POINTS * d->in + 1), see_images, d);
        if (d->status == MG_OK) mg_parallel((d->out + MG_FILTERS - 1) / MG_FILTERS, 1, correlate_filters, d);
        return d->status;
    }
    d->tiling = mg_tiling_of(n, d->oh, d->ow);
    const int64_t points = MG_POINTS * mg_point_step(d->in, width);
    float *u = mg_scratch(3, (size_t)(points + 9 * d->in * width) * sizeof(float));
    if (!u) return MG_NO_MEMORY;
    see_filters(u, u + points, d->taps, d->in, d->out, d->out_step, d->in_step, d->turned);
    d->u = u;
    mg_parallel(d->tiling.chunks, 1, correlate_chunks, d);
    return d->status;
}

mg_status MG_FN(conv_winograd, f32)(const mg_conv *t, float *y, const float *x, const float *w, const float *bias) {
    winograd d = {
        .tiling.n = t->n,
        .in = t->c,
        .out = t->o,
        .h = t->h,
        .w = t->w,
        .oh = t->oh,
        .ow = t->ow,
        .top = -t->window.py,
        .left = -t->window.px,
        .x = x,
        .taps = w,
        .bias = bias,
        .out_step = t->c * 9,
        .in_step = 9,
        .y = y,
        .relu = t->relu,
    };
    const mg_status status = run(&d);
    return d.spoilt && status == MG_OK ? MG_FN(conv_direct, f32)(t, y, x, w, bias) : status;
}

mg_status MG_FN(conv_winograd_input, f32)(const mg_conv *t, float *gx, const float *g, const float *w) {
    winograd d = {
        .tiling.n = t->n,
        .in = t->o,
        .out = t->c,
        .h = t->oh,
        .w = t->ow,
        .oh = t->h,
        .ow = t->w,
        .top = t->window.py - 2,
        .left = t->window.px - 2,
        .x = g,
        .taps = w,
        .out_step = 9,
        .in_step = t->c * 9,
        .turned = true,
        .y = gx,
    };
    const mg_status status = run(&d);
    return d.spoilt && status == MG_OK ? MG_FN(conv_direct_input, f32)(t, gx, g, w) : status;
}

/* Where it pays: outputs fill their tiles well enough for what it saves, and there are channels and tiles enough to make up for the
 * transforms, of tiles and of filters. */
bool MG_FN(conv_is_winograd, f32)(const mg_conv *t) {
    const mg_window *q = &t->window;
    if (!t->winograd || t->groups != 1 || q->kh != 3 || q->kw != 3) return false;
    if (q->sy != 1 || q->sx != 1 || q->dy != 1 || q->dx != 1 || q->py > 2 || q->px > 2) return false;
    if (t->w < MG_TILE || t->ow < MG_TILE) return false; /* see put_outputs */
    const int64_t tiles = mg_tiles(t);
    return t->c >= 16 && t->o >= 16 && t->n * tiles >= 16 && 9 * t->oh * t->ow >= 2 * MG_POINTS * tiles;
}
