/* conv_weight_lanes.c: the gradient of conv_weight.c turned round: lanes are output channels, and pixels of x are broadcast one by one
 * against g, transposed to (pixels, channels). Like conv_lanes.c it computes nothing for the gaps of the planes and no load crosses a cache
 * line; the price is the transpose of g, which many (channel, tap) pairs share.
 *
 *   for each block of images, and part of the blocks of output channels:  threads share these
 *     for each group, and a few images at a time, or some rows of one:    as many pixels as keep transposed g in L1
 *       copy x into planes, transpose g's channels                        slot 2
 *       for each tile of (channel, tap):                                  x streams from L2
 *         microkernel, adds to the block's sum, (k, channels)             slot 3
 *   sum of the blocks in order, transposed to gw
 * Blocks of images and the stretches of pixels depend on the shapes alone. A stretch is one chain of additions of some hundred. */
#include "conv_direct.h"

enum {
    LANES = MG_F32_LANES,
    BLOCK = 2 * LANES, /* output channels */
#if MG_VEC_REGISTERS >= 32
    MAX_TAPS = 9,
#else
    MAX_TAPS = 5,
#endif
    STRETCH = 256, /* pixels */
};

/* ---- microkernel ---- */

typedef struct {
    const float *x;        /* planes, at the stretch's first pixel */
    const float *g;        /* (images, rows, columns, width) */
    const int32_t *offset; /* of the tile's taps in x */
    int64_t images, x_image, rows, pitch, columns;
    float *sum; /* (taps, width) */
} tile;

#define TAPS_1(X) X(0)
#define TAPS_2(X) TAPS_1(X) X(1)
#define TAPS_3(X) TAPS_2(X) X(2)
#define TAPS_4(X) TAPS_3(X) X(3)
#define TAPS_5(X) TAPS_4(X) X(4)
#define TAPS_6(X) TAPS_5(X) X(5)
#define TAPS_7(X) TAPS_6(X) X(6)
#define TAPS_8(X) TAPS_7(X) X(7)
#define TAPS_9(X) TAPS_8(X) X(8)

#define INIT_1(k) vf32 a##k = {0};
#define INIT_2(k) vf32 a##k = {0}, b##k = {0};
#define POINT(k) const float *x##k = x + t->offset[k];
#define STEP_1(k) a##k = vf32_fma(vf32_set1(x##k[v]), g0, a##k);
#define STEP_2(k)                              \
    {                                          \
        const vf32 pixel = vf32_set1(x##k[v]); \
        a##k = vf32_fma(pixel, g0, a##k);      \
        b##k = vf32_fma(pixel, g1, b##k);      \
    }
#define ADD(p, v) vf32_store(p, vf32_load(p) + v);
#define FINISH_1(k) ADD(t->sum + k * LANES, a##k)
#define FINISH_2(k) ADD(t->sum + k * BLOCK, a##k) ADD(t->sum + k * BLOCK + LANES, b##k)
#define KERNEL(N, T)                                                                                                  \
    static void tile_##N##x##T(const tile *t) {                                                                       \
        const float *g = t->g;                                                                                        \
        TAPS_##T(INIT_##N) for (int64_t image = 0; image < t->images; image++) {                                      \
            const float *x = t->x + image * t->x_image;                                                               \
            TAPS_##T(POINT) for (int64_t row = 0, v = 0; row < t->rows;                                               \
                                 row++, v += t->pitch - t->columns) for (const int64_t end = v + t->columns; v < end; \
                                                                         v++, g += N * LANES) {                       \
                const vf32 g0 = vf32_load(g), g1 = vf32_load(g + (N - 1) * LANES);                                    \
                TAPS_##T(STEP_##N)(void) g1;                                                                          \
            }                                                                                                         \
        }                                                                                                             \
        TAPS_##T(FINISH_##N)                                                                                          \
    }
#define KERNELS(T) KERNEL(1, T) KERNEL(2, T)
KERNELS(1)
KERNELS(2)
KERNELS(3)
KERNELS(4)
KERNELS(5)
#if MG_VEC_REGISTERS >= 32
KERNELS(6)
KERNELS(7)
KERNELS(8)
KERNELS(9)
#endif
#define NAMES(T) {tile_1x##T, tile_2x##T},
static void (*const kernels[MAX_TAPS][2])(const tile *) = {NAMES(1) NAMES(2) NAMES(3) NAMES(4) NAMES(5)
#if MG_VEC_REGISTERS >= 32
                                                               NAMES(6) NAMES(7) NAMES(8) NAMES(9)
#endif
};

/* ---- around it ---- */

typedef struct {
    const mg_conv *t;
    int64_t in, out, k; /* channels per group; k = in * taps */
    int64_t blocks;     /* of output channels, in a group */
    int64_t padded;     /* output channels of a group, the last block rounded up to vectors */
    mg_planes planes;
    const int32_t *offset; /* k */
    int64_t block;         /* images of a block */
    int64_t parts;         /* into which the groups' blocks of output channels are split */
    int64_t at_once;       /* images of a stretch */
    int64_t stretches;     /* of rows, in an image */
    const float *x, *g;
    float *sums; /* (blocks of images, groups, blocks of channels, k, width) */
    mg_status status;
} gradient;

static int64_t share(int64_t i, int64_t total, int64_t parts) { return i * total / parts; }
static int64_t channels_of(const gradient *d, int64_t b) { return d->out - b * BLOCK < BLOCK ? d->out - b * BLOCK : BLOCK; }

/* `channels` planes, `plane` apart, from pixel `g` on, to (pixels, width). */
static void transpose_maps(float *to, const float *g, int64_t plane, int64_t pixels, int64_t channels, int64_t width) {
    for (int64_t c = 0; c < channels; c += LANES)
        for (int64_t p = 0; p < pixels; p += LANES) {
            const int64_t n = pixels - p < LANES ? pixels - p : LANES;
            vf32 r[LANES];
            for (int64_t i = 0; i < LANES; i++) r[i] = c + i < channels ? vf32_load_n(g + (c + i) * plane + p, n) : (vf32){0};
            vf32_transpose(r);
            for (int64_t i = 0; i < n; i++) vf32_store(to + (p + i) * width + c, r[i]);
        }
}

/* One stretch: rows [row, last) of `images` images, whose x planes are filled, into the sum of one block of output channels. */
static void add_stretch(const gradient *d, const float *x, const float *g, float *sum, int64_t images, int64_t row, int64_t last,
                        int64_t width) {
    const int64_t tiles = (d->k + MAX_TAPS - 1) / MAX_TAPS;
    for (int64_t j = 0; j < tiles; j++) {
        const int64_t k = share(j, d->k, tiles), taps = share(j + 1, d->k, tiles) - k;
        kernels[taps - 1][width / LANES - 1](&(tile){.x = x + row * d->planes.pitch,
                                                     .g = g,
                                                     .offset = d->offset + k,
                                                     .images = images,
                                                     .x_image = d->in * d->planes.size,
                                                     .rows = last - row,
                                                     .pitch = d->planes.pitch,
                                                     .columns = d->t->ow,
                                                     .sum = sum + k * width});
    }
}

static void gradient_pieces(void *ctx, int64_t begin, int64_t end) {
    gradient *d = ctx;
    const mg_conv *t = d->t;
    const int64_t x_size = d->at_once * d->in * d->planes.size, pixels = t->oh * t->ow, units = t->groups * d->blocks;
    float *x = mg_scratch(2, (size_t)(x_size + d->at_once * pixels * BLOCK) * sizeof(float)), *g = x + x_size;
    if (!x) {
        __atomic_store_n(&d->status, MG_NO_MEMORY, __ATOMIC_RELAXED);
        return;
    }
    memset(x, 0, (size_t)x_size * sizeof(float));
    for (int64_t i = begin; i < end; i++) {
        const int64_t block = i / d->parts, last_image = (block + 1) * d->block < t->n ? (block + 1) * d->block : t->n;
        const int64_t first = share(i % d->parts, units, d->parts), last = share(i % d->parts + 1, units, d->parts);
        for (int64_t unit = first, stop; unit < last; unit = stop) {
            const int64_t group = unit / d->blocks;
            stop = (group + 1) * d->blocks < last ? (group + 1) * d->blocks : last;
            float *sum = d->sums + (block * t->groups + group) * d->padded * d->k;
            memset(sum + unit % d->blocks * BLOCK * d->k, 0,
                   (size_t)((stop == (group + 1) * d->blocks ? d->padded : stop % d->blocks * BLOCK) - unit % d->blocks * BLOCK) *
                       (size_t)d->k * sizeof(float));
            for (int64_t image = block * d->block, images; image < last_image; image += images) {
                images = last_image - image < d->at_once ? last_image - image : d->at_once;
                for (int64_t j = 0; j < images; j++)
                    MG_FN(conv_fill_planes, f32)(&d->planes, x + j * d->in * d->planes.size,
                                                 d->x + ((image + j) * t->c + group * d->in) * t->h * t->w, d->in);
                for (int64_t s = 0; s < d->stretches; s++) {
                    const int64_t row = share(s, t->oh, d->stretches), end_row = share(s + 1, t->oh, d->stretches);
                    for (int64_t u = unit; u < stop; u++) {
                        const int64_t b = u % d->blocks, channels = channels_of(d, b), width = channels > LANES ? BLOCK : LANES;
                        const float *maps = d->g + (image * t->o + group * d->out + b * BLOCK) * pixels + row * t->ow;
                        for (int64_t j = 0; j < images; j++)
                            transpose_maps(g + j * (end_row - row) * t->ow * width, maps + j * t->o * pixels, pixels,
                                           (end_row - row) * t->ow, channels, width);
                        add_stretch(d, x, g, sum + b * BLOCK * d->k, images, row, end_row, width);
                    }
                }
            }
        }
    }
}

/* gw from the sums of blocks of images, in order. */
static void collect(const gradient *d, int64_t image_blocks, float *gw) {
    const int64_t size = d->t->groups * d->padded * d->k;
    for (int64_t b = 1; b < image_blocks; b++)
        for (int64_t i = 0; i < size; i++) d->sums[i] += d->sums[b * size + i];
    for (int64_t group = 0; group < d->t->groups; group++)
        for (int64_t b = 0; b < d->blocks; b++) {
            const int64_t channels = channels_of(d, b), width = channels > LANES ? BLOCK : LANES;
            const float *sum = d->sums + (group * d->padded + b * BLOCK) * d->k;
            float *to = gw + (group * d->out + b * BLOCK) * d->k;
            for (int64_t c = 0; c < channels; c += LANES)
                for (int64_t k = 0; k < d->k; k += LANES) {
                    const int64_t n = d->k - k < LANES ? d->k - k : LANES;
                    vf32 r[LANES];
                    for (int64_t i = 0; i < LANES; i++) r[i] = i < n ? vf32_load(sum + (k + i) * width + c) : (vf32){0};
                    vf32_transpose(r);
                    for (int64_t i = 0; i < LANES && c + i < channels; i++) vf32_store_n(to + (c + i) * d->k + k, r[i], n);
                }
        }
}

mg_status MG_FN(conv_weight_lanes, f32)(const mg_conv *t, float *gw, const float *g, const float *x) {
    const mg_window *q = &t->window;
    gradient d = {.t = t, .in = t->c / t->groups, .out = t->o / t->groups, .planes = mg_planes_of(t), .x = x, .g = g};
    d.k = d.in * q->kh * q->kw;
    d.blocks = (d.out + BLOCK - 1) / BLOCK;
    d.padded = (d.out + LANES - 1) / LANES * LANES;
    const int64_t pixels = t->oh * t->ow, size = t->groups * d.padded * d.k;
    d.at_once = pixels < STRETCH ? STRETCH / pixels : 1;
    d.stretches = pixels <= STRETCH ? 1 : (pixels + STRETCH / 2) / STRETCH;
    if (d.stretches > t->oh) d.stretches = t->oh;
    const int64_t most = 1048576 / size + 1 < 8 ? 1048576 / size + 1 : 8;
    d.block = (t->n + most - 1) / most;
    const int64_t image_blocks = (t->n + d.block - 1) / d.block, units = t->groups * d.blocks;
    d.parts = mg_num_threads() == 1 || image_blocks >= 8 ? 1 : units < 8 / image_blocks ? units : 8 / image_blocks;
    char *memory = mg_scratch(3, (size_t)(image_blocks * size + d.k) * sizeof(float));
    if (!memory) return MG_NO_MEMORY;
    d.sums = (float *)memory;
    int32_t *offset = (int32_t *)(d.sums + image_blocks * size);
    d.offset = offset;
    for (int64_t c = 0; c < d.in; c++)
        for (int64_t i = 0; i < q->kh; i++)
            for (int64_t j = 0; j < q->kw; j++) *offset++ = (int32_t)(c * d.planes.size + mg_tap_offset(t, &d.planes, i, j));
    mg_parallel(image_blocks * d.parts, 1, gradient_pieces, &d);
    if (d.status == MG_OK) collect(&d, image_blocks, gw);
    return d.status;
}
