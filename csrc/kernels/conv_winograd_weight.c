/* conv_winograd_weight.c: the gradient of a 3x3 convolution's weights, in float: the adjoint of conv_winograd.c in its filters.
 *
 *   for each block of images:                                         threads share these
 *     for each chunk of tiles:
 *       the pixels of each tile at all points (points, tiles, in), and
 *       the gradients of its outputs at all points (points, tiles, out)   slot 2
 *       36 matrix products add to the block's (points, in, out)       slot 3
 *   sum of the blocks in order; from points to taps, to gw
 *
 * If tiles are few for many filters (conv_winograd.c), all pixels and gradients are taken to the points first (slot 3). Then threads share
 * blocks of filters, of which the products and the way back to taps pass in cache (slot 2).
 *
 * Blocks and chunks depend on the shapes alone. As many blocks as there are threads are in hand at a time, and then added to the total.
 * What is not finite is computed again by the direct kernel, as in conv_winograd.c. */
#include "conv_winograd.h"
#include "gemm.h"

enum { LANES = MG_F32_LANES, TAPS = (9 + LANES - 1) / LANES * LANES };

typedef struct {
    const mg_conv *t;
    int64_t block; /* images of a block */
    int64_t first; /* block in hand */
    const float *x, *g;
    float *total, *sums; /* (points, in, out rounded up) of the first block and all that are added, and of each that is in hand */
    int64_t size;
    float *v, *m; /* few tiles: their pixels and outputs at all points */
    float *gw;
    bool spoilt; /* few tiles: something is not finite */
    mg_status status;
} gradient;

/* What the outputs of each tile get, at all points, as conv_see. */
static void see_maps(float *v, float *pixels, const mg_tiling *t, const mg_chunk *c, const float *g, int64_t channels, int64_t oh,
                     int64_t ow) {
    const int64_t width = mg_whole_lanes(channels), step = mg_point_step(c->tiles, width), columns = MG_TILE * t->tiles_x;
    for (int64_t image = c->image; image < c->image + c->images; image++) {
        MG_FN(conv_gather, f32)(pixels, g + image * channels * oh * ow, channels, oh, ow, MG_TILE * c->row, 0, MG_TILE * c->rows, columns);
        for (int64_t i = 0; i < c->rows; i++)
            for (int64_t j = 0; j < t->tiles_x; j++, v += width) {
                const float *from = pixels + (i * columns + j) * MG_TILE * width;
                for (int64_t k = 0; k < width; k += LANES)
                    mg_outputs_to_points_2d(v + k, MG_SEEN * step, step, from + k, columns * width, width);
            }
    }
}

/* gw (out, in, 9), filters out_step apart, from its values at all points. False if any is not finite. */
static bool put_taps(float *gw, int64_t out_step, const float *sum, int64_t in, int64_t out) {
    const int64_t width = mg_whole_lanes(out), step = mg_point_step(in, width);
    vf32 probe = {0};
    for (int64_t o = 0; o < out; o += LANES)
        for (int64_t c = 0; c < in; c++) {
            float to[TAPS * LANES] = {0};
            mg_points_to_taps_2d(to, 3 * LANES, LANES, sum + c * width + o, MG_SEEN * step, step);
            for (int64_t k = 0; k < TAPS; k += LANES) {
                vf32 taps[LANES];
                for (int64_t i = 0; i < LANES; i++) {
                    taps[i] = vf32_load(to + (k + i) * LANES);
                    probe = vf32_fma(taps[i], (vf32){0}, probe);
                }
                vf32_transpose(taps);
                for (int64_t i = 0; i < LANES && o + i < out; i++) vf32_store_to(gw + (o + i) * out_step + c * 9 + k, taps[i], 9 - k);
            }
        }
    return !vf32_any(probe != 0);
}

/* ---- many tiles ---- */

static void gradient_blocks(void *ctx, int64_t begin, int64_t end) {
    gradient *d = ctx;
    const mg_conv *t = d->t;
    const int64_t in = mg_whole_lanes(t->c), out = mg_whole_lanes(t->o);
    mg_status status = MG_OK;
    for (int64_t i = begin; i < end && status == MG_OK; i++) {
        const int64_t image = (d->first + i) * d->block, images = t->n - image < d->block ? t->n - image : d->block;
        float *sums = d->first + i == 0 ? d->total : d->sums + i * d->size;
        const mg_tiling tiling = mg_tiling_of(images, t->oh, t->ow);
        const int64_t seen = MG_POINTS * mg_point_step(tiling.most, in), maps = MG_POINTS * mg_point_step(tiling.most, out);
        const int64_t pixels = mg_seen_pixels(&tiling, t->c > t->o ? t->c : t->o);
        float *v = mg_scratch(2, (size_t)(seen + maps + pixels) * sizeof(float)), *m = v + seen;
        if (!v) {
            status = MG_NO_MEMORY;
            break;
        }
        for (int64_t j = 0; j < tiling.chunks; j++) {
            const mg_chunk c = mg_chunk_of(&tiling, j);
            MG_FN(conv_see, f32)(v, m + maps, &tiling, &c, d->x + image * t->c * t->h * t->w, t->c, t->h, t->w, -t->window.py,
                                 -t->window.px);
            see_maps(m, m + maps, &tiling, &c, d->g + image * t->o * t->oh * t->ow, t->o, t->oh, t->ow);
            for (int64_t p = 0; p < MG_POINTS && status == MG_OK; p++)
                status = MG_FN(gemm, f32)(&(mg_gemm){.m = t->c,
                                                     .n = out,
                                                     .k = c.tiles,
                                                     .a = v + p * mg_point_step(c.tiles, in),
                                                     .rsa = 1,
                                                     .csa = in,
                                                     .b = m + p * mg_point_step(c.tiles, out),
                                                     .rsb = out,
                                                     .csb = 1,
                                                     .c = sums + p * mg_point_step(t->c, out),
                                                     .ldc = out,
                                                     .accumulate = j > 0});
        }
    }
    if (status != MG_OK) __atomic_store_n(&d->status, status, __ATOMIC_RELAXED);
}

/* ---- few tiles ---- */

static void see_images(void *ctx, int64_t begin, int64_t end) {
    gradient *d = ctx;
    const mg_conv *t = d->t;
    const mg_tiling tiling = mg_tiling_whole(t->n, t->oh, t->ow);
    float *pixels = mg_scratch(2, (size_t)mg_seen_pixels(&tiling, t->c > t->o ? t->c : t->o) * sizeof(float));
    if (!pixels) {
        __atomic_store_n(&d->status, MG_NO_MEMORY, __ATOMIC_RELAXED);
        return;
    }
    mg_chunk c = mg_chunk_of(&tiling, 0);
    c.image = begin, c.images = end - begin;
    const int64_t tile = begin * tiling.tiles_y * tiling.tiles_x;
    MG_FN(conv_see, f32)(d->v + tile * mg_whole_lanes(t->c), pixels, &tiling, &c, d->x, t->c, t->h, t->w, -t->window.py, -t->window.px);
    see_maps(d->m + tile * mg_whole_lanes(t->o), pixels, &tiling, &c, d->g, t->o, t->oh, t->ow);
}

static void gradient_filters(void *ctx, int64_t begin, int64_t end) {
    gradient *d = ctx;
    const mg_conv *t = d->t;
    const int64_t in = mg_whole_lanes(t->c), all = mg_whole_lanes(t->o), tiles = t->n * mg_tiles(t);
    float *sums = mg_scratch(2, (size_t)(MG_POINTS * mg_point_step(MG_DEPTH, MG_FILTERS)) * sizeof(float));
    mg_status status = sums ? MG_OK : MG_NO_MEMORY;
    bool finite = true;
    for (int64_t o = begin * MG_FILTERS; o < end * MG_FILTERS && o < t->o && status == MG_OK; o += MG_FILTERS) {
        const int64_t count = t->o - o < MG_FILTERS ? t->o - o : MG_FILTERS, out = mg_whole_lanes(count);
        for (int64_t i = 0; i < t->c && status == MG_OK; i += MG_DEPTH) {
            const int64_t depth = t->c - i < MG_DEPTH ? t->c - i : MG_DEPTH;
            for (int64_t p = 0; p < MG_POINTS && status == MG_OK; p++)
                status = MG_FN(gemm, f32)(&(mg_gemm){.m = depth,
                                                     .n = out,
                                                     .k = tiles,
                                                     .a = d->v + p * mg_point_step(tiles, in) + i,
                                                     .rsa = 1,
                                                     .csa = in,
                                                     .b = d->m + p * mg_point_step(tiles, all) + o,
                                                     .rsb = all,
                                                     .csb = 1,
                                                     .c = sums + p * mg_point_step(depth, out),
                                                     .ldc = out});
            finite = put_taps(d->gw + (o * t->c + i) * 9, t->c * 9, sums, depth, count) && finite;
        }
    }
    if (!finite) __atomic_store_n(&d->spoilt, true, __ATOMIC_RELAXED);
    if (status != MG_OK) __atomic_store_n(&d->status, status, __ATOMIC_RELAXED);
}

/* ---- the whole ---- */

static mg_status filter_by_filter(gradient *d) {
    const mg_conv *t = d->t;
    const int64_t tiles = t->n * mg_tiles(t), seen = MG_POINTS * mg_point_step(tiles, mg_whole_lanes(t->c));
    d->v = mg_scratch(3, (size_t)(seen + MG_POINTS * mg_point_step(tiles, mg_whole_lanes(t->o))) * sizeof(float));
    if (!d->v) return MG_NO_MEMORY;
    d->m = d->v + seen;
    mg_parallel(t->n, 1 + (1 << 16) / (mg_tiles(t) * MG_POINTS * (t->c + t->o)), see_images, d);
    if (d->status == MG_OK) mg_parallel((t->o + MG_FILTERS - 1) / MG_FILTERS, 1, gradient_filters, d);
    return d->status;
}

mg_status MG_FN(conv_winograd_weight, f32)(const mg_conv *t, float *gw, const float *g, const float *x) {
    gradient d = {.t = t, .x = x, .g = g, .gw = gw, .size = MG_POINTS * mg_point_step(t->c, mg_whole_lanes(t->o))};
    if (mg_tiles_are_few(t->n * mg_tiles(t), t->c, t->o)) {
        const mg_status status = filter_by_filter(&d);
        return d.spoilt && status == MG_OK ? MG_FN(conv_direct_weight, f32)(t, gw, g, x) : status;
    }
    /* At most eight blocks, of so many tiles that adding up their sums costs little. */
    const int64_t most = t->n * mg_tiles(t) / 96 < 8 ? t->n * mg_tiles(t) / 96 + 1 : 8;
    d.block = (t->n + most - 1) / most;
    const int64_t blocks = (t->n + d.block - 1) / d.block, at_once = mg_num_threads() < blocks ? mg_num_threads() : blocks;
    d.total = mg_scratch(3, (size_t)((at_once + 1) * d.size) * sizeof(float));
    if (!d.total) return MG_NO_MEMORY;
    d.sums = d.total + d.size;
    for (d.first = 0; d.first < blocks && d.status == MG_OK; d.first += at_once) {
        const int64_t n = blocks - d.first < at_once ? blocks - d.first : at_once;
        mg_parallel(n, 1, gradient_blocks, &d);
        for (int64_t b = d.first == 0; b < n; b++)
            for (int64_t i = 0; i < d.size; i++) d.total[i] += d.sums[b * d.size + i];
    }
    if (d.status != MG_OK) return d.status;
    return put_taps(gw, t->c * 9, d.total, t->c, t->o) ? MG_OK : MG_FN(conv_direct_weight, f32)(t, gw, g, x);
}
