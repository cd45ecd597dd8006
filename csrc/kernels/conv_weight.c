/* conv_weight.c: gradient of a convolution's weights, in float, straight from padded planes (conv_direct.h).
 *
 * gw[o, (c, tap)] is the product of g's channel o with x's channel c, seen through the tap, over all pixels of all images. With g laid out
 * in rows of the planes' pitch (zeros in the gaps) both factors of a run of pixels are contiguous loads; the microkernel keeps one vector
 * of partial sums for each of some output channels x some (channel, tap), runs along the pixels of several images, and adds up lanes at the
 * end.
 *
 *   for each block of images, and part of the output channels:   threads share these
 *     for each group:
 *       for a few images at a time:                              so many that adding up lanes costs little and L2 holds them
 *         copy x and g into planes                               slot 2
 *         for each tile of output channels:                      g's rows stay in L1
 *           for each tile of (channel, tap):                     x streams from L2
 *             microkernel
 *
 * Blocks of images depend on the shapes alone and their sums are added in order (the first in gw, the others in slot 3). A sum over pixels
 * runs in LANES separate chains, so errors grow like those of a sum LANES times shorter. Gaps multiply zeros of g with pixels that the tap
 * does not see. That adds nothing, unless such a pixel is not finite: a result that is not finite is therefore computed once more, by
 * conv_general. */
#include "conv_direct.h"

enum {
    LANES = MG_F32_LANES,
#if MG_VEC_REGISTERS >= 32
    MAX_ROWS = 6, /* output channels of a tile */
#else
    MAX_ROWS = 3,
#endif
    MAX_TAPS = 4,
    STRETCH = 64, /* vectors of pixels that a tile runs along: long beside adding up lanes, short enough for L1 to hold g's rows */
};

/* ---- microkernel ---- */

typedef struct {
    const float *x, *g;               /* planes of the first image */
    const int32_t *offset;            /* of the tile's taps in x */
    int64_t images, x_image, g_image; /* elements between images */
    int64_t n, channel;               /* elements to run along, and from one channel of g to the next */
    float *out;                       /* (rows, taps), rows apart by `row` */
    int64_t row;
    bool add; /* to what `out` holds */
} tile;

#define ROWS_1(X, a) X(0, a)
#define ROWS_2(X, a) ROWS_1(X, a) X(1, a)
#define ROWS_3(X, a) ROWS_2(X, a) X(2, a)
#define ROWS_4(X, a) ROWS_3(X, a) X(3, a)
#define ROWS_5(X, a) ROWS_4(X, a) X(4, a)
#define ROWS_6(X, a) ROWS_5(X, a) X(5, a)
#define TAPS_1(X, a) X(a, 0)
#define TAPS_2(X, a) TAPS_1(X, a) X(a, 1)
#define TAPS_3(X, a) TAPS_2(X, a) X(a, 2)
#define TAPS_4(X, a) TAPS_3(X, a) X(a, 3)

#define INIT(m, k) vf32 c##m##k = {0};
#define INIT_ROW(m, N) TAPS_##N(INIT, m)
#define OFFSET(_, k) const int64_t offset##k = t->offset[k];
#define POINT(_, k) const float *x##k = x + offset##k;
#define LOAD(m, _) const vf32 g##m = vf32_load(g + m * t->channel + i);
#define MULTIPLY(m, _) c##m##_ = vf32_fma(g##m, pixels, c##m##_);
#define TAP(M, k)                                \
    {                                            \
        const vf32 pixels = vf32_load(x##k + i); \
        ROWS_##M(MULTIPLY, k)                    \
    }
#define FINISH(m, k) out[k] = vf32_total(c##m##k) + (t->add ? out[k] : 0);
#define FINISH_ROW(m, N) TAPS_##N(FINISH, m) out += t->row;
#define KERNEL(M, N)                                                                                          \
    static void tile_##M##x##N(const tile *t) {                                                               \
        ROWS_##M(INIT_ROW, N) TAPS_##N(OFFSET, ) for (int64_t image = 0; image < t->images; image++) {        \
            const float *x = t->x + image * t->x_image, *g = t->g + image * t->g_image;                       \
            TAPS_##N(POINT, ) for (int64_t i = 0; i < t->n; i += LANES) { ROWS_##M(LOAD, ) TAPS_##N(TAP, M) } \
        }                                                                                                     \
        float *out = t->out;                                                                                  \
        ROWS_##M(FINISH_ROW, N)                                                                               \
    }
#define KERNELS(M) KERNEL(M, 1) KERNEL(M, 2) KERNEL(M, 3) KERNEL(M, 4)
#define NAMES(M) {tile_##M##x1, tile_##M##x2, tile_##M##x3, tile_##M##x4},

KERNELS(1)
KERNELS(2)
KERNELS(3)
#if MG_VEC_REGISTERS >= 32
KERNELS(4)
KERNELS(5)
KERNELS(6)
#endif
static void (*const kernels[MAX_ROWS][MAX_TAPS])(const tile *) = {NAMES(1) NAMES(2) NAMES(3)
#if MG_VEC_REGISTERS >= 32
                                                                      NAMES(4) NAMES(5) NAMES(6)
#endif
};

/* ---- around it ---- */

typedef struct {
    const mg_conv *t;
    int64_t in, out, k;     /* channels per group; k = in * taps */
    mg_planes planes, maps; /* of x, of g */
    const int32_t *offset;  /* k */
    int64_t block;          /* images of a block */
    int64_t parts;          /* into which the output channels are split */
    int64_t at_once;        /* images copied together */
    const float *x, *g;
    float *gw, *partial;
    mg_status status;
} gradient;

static int64_t share(int64_t i, int64_t total, int64_t parts) { return i * total / parts; }

/* The product over `images` images, copied to x and g, for `out` output channels of a group. */
static void add_images(const gradient *d, const float *x, const float *g, int64_t images, int64_t out, float *gw, bool add) {
    const int64_t row_tiles = (out + MAX_ROWS - 1) / MAX_ROWS, tap_tiles = (d->k + MAX_TAPS - 1) / MAX_TAPS;
    const int64_t vectors = d->maps.size / LANES, stretches = vectors < STRETCH ? 1 : (vectors + STRETCH / 2) / STRETCH;
    for (int64_t s = 0; s < stretches; s++) {
        const int64_t begin = share(s, vectors, stretches) * LANES, end = share(s + 1, vectors, stretches) * LANES;
        for (int64_t i = 0; i < row_tiles; i++)
            for (int64_t j = 0; j < tap_tiles; j++) {
                const int64_t row = share(i, out, row_tiles), rows = share(i + 1, out, row_tiles) - row;
                const int64_t k = share(j, d->k, tap_tiles), taps = share(j + 1, d->k, tap_tiles) - k;
                kernels[rows - 1][taps - 1](&(tile){.x = x + begin,
                                                    .g = g + row * d->maps.size + begin,
                                                    .offset = d->offset + k,
                                                    .images = images,
                                                    .x_image = d->in * d->planes.size,
                                                    .g_image = out * d->maps.size,
                                                    .n = end - begin,
                                                    .channel = d->maps.size,
                                                    .out = gw + row * d->k + k,
                                                    .row = d->k,
                                                    .add = add || s > 0});
            }
    }
}

static void weight_pieces(void *ctx, int64_t begin, int64_t end) {
    gradient *d = ctx;
    const mg_conv *t = d->t;
    const int64_t x_size = d->at_once * d->in * d->planes.size + LANES;
    float *x = mg_scratch(2, (size_t)(x_size + d->at_once * d->out * d->maps.size) * sizeof(float)), *g = x + x_size;
    if (!x) {
        __atomic_store_n(&d->status, MG_NO_MEMORY, __ATOMIC_RELAXED);
        return;
    }
    memset(x, 0, (size_t)(x_size + d->at_once * d->out * d->maps.size) * sizeof(float));
    for (int64_t i = begin; i < end; i++) {
        const int64_t block = i / d->parts, first_image = block * d->block;
        const int64_t last_image = first_image + d->block < t->n ? first_image + d->block : t->n;
        float *gw = block ? d->partial + (block - 1) * t->o * d->k : d->gw;
        const int64_t first = share(i % d->parts, t->o, d->parts), last = share(i % d->parts + 1, t->o, d->parts);
        for (int64_t group = first / d->out; group * d->out < last; group++) {
            const int64_t from = group * d->out > first ? group * d->out : first;
            const int64_t to = (group + 1) * d->out < last ? (group + 1) * d->out : last;
            for (int64_t image = first_image, count; image < last_image; image += count) {
                count = last_image - image < d->at_once ? last_image - image : d->at_once;
                for (int64_t j = 0; j < count; j++) {
                    MG_FN(conv_fill_planes, f32)(&d->planes, x + j * d->in * d->planes.size,
                                                 d->x + ((image + j) * t->c + group * d->in) * t->h * t->w, d->in);
                    MG_FN(conv_fill_planes, f32)(&d->maps, g + j * (to - from) * d->maps.size,
                                                 d->g + ((image + j) * t->o + from) * t->oh * t->ow, to - from);
                }
                add_images(d, x, g, count, to - from, gw + from * d->k, image > first_image);
            }
        }
    }
}

static bool is_finite(const float *x, int64_t n) {
    float probe = 0; /* stays zero: x * 0 is NaN for NaN and infinity */
    for (int64_t i = 0; i < n; i++) probe += x[i] * 0;
    return probe == 0;
}

mg_status MG_FN(conv_direct_weight, f32)(const mg_conv *t, float *gw, const float *g, const float *x) {
    const mg_window *q = &t->window;
    gradient d = {.t = t, .in = t->c / t->groups, .out = t->o / t->groups, .planes = mg_planes_of(t), .x = x, .g = g, .gw = gw};
    const int64_t taps = q->kh * q->kw, size = t->o * d.in * taps;
    d.k = d.in * taps;
    if (mg_is_depthwise(t)) return MG_FN(conv_rows_weight, f32)(t, gw, g, x);
    if (d.k >= 128 && mg_channels_as_lanes(&d.planes, t->oh, t->ow, d.out)) return MG_FN(conv_weight_lanes, f32)(t, gw, g, x);
    const int64_t vectors = ((t->oh - 1) * d.planes.pitch + t->ow + LANES - 1) / LANES;
    d.maps = (mg_planes){t->oh, t->ow, 0, 0, 1, 1, 1, 1, t->oh, d.planes.pitch, vectors * LANES, vectors * LANES};

    d.at_once = (STRETCH + vectors / 2) / vectors;
    if (d.at_once < 1) d.at_once = 1;

    /* Eight pieces or more: blocks of images if copies of gw are small, otherwise parts of it. */
    const int64_t most = 1048576 / size + 1 < 8 ? 1048576 / size + 1 : 8;
    d.block = (t->n + most - 1) / most;
    const int64_t blocks = (t->n + d.block - 1) / d.block;
    d.parts = blocks >= 8 ? 1 : t->o / (2 * MAX_ROWS) + 1 < 8 / blocks ? t->o / (2 * MAX_ROWS) + 1 : 8 / blocks;
    if (mg_num_threads() == 1) d.parts = 1;

    char *memory = mg_scratch(3, (size_t)(d.k + (blocks - 1) * size + LANES) * sizeof(float));
    if (!memory) return MG_NO_MEMORY;
    d.partial = (float *)memory;
    int32_t *offset = (int32_t *)(d.partial + (blocks - 1) * size);
    d.offset = offset;
    for (int64_t c = 0; c < d.in; c++)
        for (int64_t i = 0; i < q->kh; i++)
            for (int64_t j = 0; j < q->kw; j++) *offset++ = (int32_t)(c * d.planes.size + mg_tap_offset(t, &d.planes, i, j));

    mg_parallel(blocks * d.parts, 1, weight_pieces, &d);
    if (d.status != MG_OK) return d.status;
    for (int64_t b = 0; b < blocks - 1; b++)
        for (int64_t i = 0; i < size; i++) gw[i] += d.partial[b * size + i];
    return is_finite(gw, size) ? MG_OK : MG_FN(conv_general_weight, f32)(t, gw, g, x);
}
