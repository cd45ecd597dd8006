/* conv_winograd.h: what the two files of Winograd's algorithm share: its transforms, and pixels with channels innermost.
 *
 * F(4x4, 3x3) (Lavin & Gray, "Fast Algorithms for Convolutional Neural Networks", arXiv:1509.09308): a tile of 4x4 outputs of a 3x3 kernel
 * sees 6x6 pixels. Along one axis pixels, taps and outputs are coefficients of polynomials; values at six points, one of them infinity,
 * determine the product. So
 *
 *   outputs = A' [ (G taps G') * (B' pixels B) ] A        * of 6x6 values, one by one
 *
 * takes 36 products for a pair of channels where the definition takes 144. Sums over channels are done between the brackets: they are 36
 * matrix products. The points are 0, +-5/8, +-3/2 and infinity, exact in binary; with 0, +-1, +-2 and infinity, where the transforms need
 * fewer multiplications, errors were five times as large (7e-6 against 1.4e-6 of the largest output, 64 channels of normal numbers).
 *
 * All that a transform touches has channels as lanes. */
#ifndef MG_CONV_WINOGRAD_H
#define MG_CONV_WINOGRAD_H

#include "conv_direct.h"

enum { MG_TILE = 4, MG_SEEN = 6, MG_POINTS = 36 }; /* outputs of a tile along an axis, pixels that they see, points of both axes */
/* Where tiles are few: filters that are worked on together, and their channels; at all points these take 300 kB. */
enum { MG_FILTERS = 2 * MG_F32_LANES, MG_DEPTH = 64 };

#define MG_A 0.625f
#define MG_B 1.5f
#define MG_AA (MG_A * MG_A)
#define MG_BB (MG_B * MG_B)
#define MG_AT_A (1 / (2 * MG_AA * (MG_AA - MG_BB))) /* one over the product of the distances from point a, or -a, to the others */
#define MG_AT_B (1 / (2 * MG_BB * (MG_BB - MG_AA)))

/* Each along one axis. */
MG_INLINE void mg_pixels_to_points(vf32 *v, const vf32 *d) {
    const vf32 sum = vf32_set1(-MG_AA - MG_BB), product = vf32_set1(MG_AA * MG_BB), a = vf32_set1(MG_A), b = vf32_set1(MG_B);
    const vf32 even_a = vf32_fma(d[2], vf32_set1(-MG_BB), d[4]), odd_a = vf32_fma(d[1], vf32_set1(-MG_BB), d[3]);
    const vf32 even_b = vf32_fma(d[2], vf32_set1(-MG_AA), d[4]), odd_b = vf32_fma(d[1], vf32_set1(-MG_AA), d[3]);
    v[0] = vf32_fma(d[0], product, vf32_fma(d[2], sum, d[4]));
    v[1] = vf32_fma(odd_a, a, even_a);
    v[2] = vf32_fma(odd_a, -a, even_a);
    v[3] = vf32_fma(odd_b, b, even_b);
    v[4] = vf32_fma(odd_b, -b, even_b);
    v[5] = vf32_fma(d[1], product, vf32_fma(d[3], sum, d[5]));
}
MG_INLINE void mg_taps_to_points(vf32 *u, const vf32 *w) {
    const vf32 even_a = vf32_fma(w[2], vf32_set1(MG_AA), w[0]) * MG_AT_A, odd_a = w[1] * (MG_A * MG_AT_A);
    const vf32 even_b = vf32_fma(w[2], vf32_set1(MG_BB), w[0]) * MG_AT_B, odd_b = w[1] * (MG_B * MG_AT_B);
    u[0] = w[0] * (1 / (MG_AA * MG_BB));
    u[1] = even_a + odd_a;
    u[2] = even_a - odd_a;
    u[3] = even_b + odd_b;
    u[4] = even_b - odd_b;
    u[5] = w[2];
}
MG_INLINE void mg_points_to_outputs(vf32 *y, const vf32 *m) {
    const vf32 sum_a = m[1] + m[2], sum_b = m[3] + m[4];
    const vf32 odd_a = (m[1] - m[2]) * MG_A, odd_b = (m[3] - m[4]) * MG_B;
    y[0] = m[0] + sum_a + sum_b;
    y[1] = odd_a + odd_b;
    y[2] = vf32_fma(sum_a, vf32_set1(MG_AA), sum_b * MG_BB);
    y[3] = vf32_fma(odd_a, vf32_set1(MG_AA), vf32_fma(odd_b, vf32_set1(MG_BB), m[5]));
}
/* The adjoints of the last two. */
MG_INLINE void mg_outputs_to_points(vf32 *m, const vf32 *y) {
    const vf32 even_a = vf32_fma(y[2], vf32_set1(MG_AA), y[0]), odd_a = vf32_fma(y[3], vf32_set1(MG_AA), y[1]) * MG_A;
    const vf32 even_b = vf32_fma(y[2], vf32_set1(MG_BB), y[0]), odd_b = vf32_fma(y[3], vf32_set1(MG_BB), y[1]) * MG_B;
    m[0] = y[0];
    m[1] = even_a + odd_a;
    m[2] = even_a - odd_a;
    m[3] = even_b + odd_b;
    m[4] = even_b - odd_b;
    m[5] = y[3];
}
MG_INLINE void mg_points_to_taps(vf32 *w, const vf32 *u) {
    const vf32 sum_a = (u[1] + u[2]) * MG_AT_A, sum_b = (u[3] + u[4]) * MG_AT_B;
    w[0] = vf32_fma(u[0], vf32_set1(1 / (MG_AA * MG_BB)), sum_a + sum_b);
    w[1] = vf32_fma(u[1] - u[2], vf32_set1(MG_A * MG_AT_A), (u[3] - u[4]) * (MG_B * MG_AT_B));
    w[2] = vf32_fma(sum_a, vf32_set1(MG_AA), vf32_fma(sum_b, vf32_set1(MG_BB), u[5]));
}

/* Along both: from (from, from) vectors at x to (to, to) vectors at y. */
#define MG_BOTH_AXES(name, from, to)                                                                                       \
    MG_INLINE void name##_2d(float *y, int64_t y_row, int64_t y_column, const float *x, int64_t x_row, int64_t x_column) { \
        vf32 half[from][to], in[from], out[to];                                                                            \
        _Pragma("GCC unroll 6") for (int i = 0; i < from; i++) {                                                           \
            _Pragma("GCC unroll 6") for (int j = 0; j < from; j++) in[j] = vf32_load(x + i * x_row + j * x_column);        \
            name(half[i], in);                                                                                             \
        }                                                                                                                  \
        _Pragma("GCC unroll 6") for (int j = 0; j < to; j++) {                                                             \
            _Pragma("GCC unroll 6") for (int i = 0; i < from; i++) in[i] = half[i][j];                                     \
            name(out, in);                                                                                                 \
            _Pragma("GCC unroll 6") for (int i = 0; i < to; i++) vf32_store(y + i * y_row + j * y_column, out[i]);         \
        }                                                                                                                  \
    }
MG_BOTH_AXES(mg_pixels_to_points, 6, 6)
MG_BOTH_AXES(mg_taps_to_points, 3, 6)
MG_BOTH_AXES(mg_points_to_outputs, 6, 4)
MG_BOTH_AXES(mg_outputs_to_points, 4, 6)
MG_BOTH_AXES(mg_points_to_taps, 6, 3)
#undef MG_BOTH_AXES

static inline int64_t mg_whole_lanes(int64_t n) { return (n + MG_F32_LANES - 1) / MG_F32_LANES * MG_F32_LANES; }

/* The tiles that cover (rows, columns) outputs of each of n images, and the chunks in which they are worked on: some images, or a band of
 * one image, about as many tiles as `wanted`: enough for the products, few enough for L2 and for the first-level TLB, since what a
 * transform writes lies at 36 places. Chunks depend on the shapes alone. */
typedef struct {
    int64_t n, tiles_y, tiles_x;
    int64_t images; /* of a chunk; 1 if an image is several bands */
    int64_t bands, chunks;
    int64_t rows, most; /* rows of tiles in a band, tiles in a chunk: at most */
} mg_tiling;

static inline int64_t mg_tiles(const mg_conv *t) { /* of an image's outputs */
    return ((t->oh + MG_TILE - 1) / MG_TILE) * ((t->ow + MG_TILE - 1) / MG_TILE);
}

static inline mg_tiling mg_tiling_of(int64_t n, int64_t rows, int64_t columns) {
    mg_tiling t = {
        .n = n, .tiles_y = (rows + MG_TILE - 1) / MG_TILE, .tiles_x = (columns + MG_TILE - 1) / MG_TILE, .images = 1, .bands = 1};
    const int64_t wanted = 48, image = t.tiles_y * t.tiles_x;
    if (image > wanted) {
        const int64_t bands = (image + wanted - 1) / wanted;
        t.bands = bands < t.tiles_y ? bands : t.tiles_y;
    } else {
        const int64_t groups = (n * image + wanted - 1) / wanted;
        t.images = (n + groups - 1) / groups;
    }
    t.chunks = (n + t.images - 1) / t.images * t.bands;
    t.rows = (t.tiles_y + t.bands - 1) / t.bands;
    t.most = t.images * t.rows * t.tiles_x;
    return t;
}

/* All of them as one chunk. */
static inline mg_tiling mg_tiling_whole(int64_t n, int64_t rows, int64_t columns) {
    const int64_t y = (rows + MG_TILE - 1) / MG_TILE, x = (columns + MG_TILE - 1) / MG_TILE;
    return (mg_tiling){.n = n, .tiles_y = y, .tiles_x = x, .images = n, .bands = 1, .chunks = 1, .rows = y, .most = n * y * x};
}
/* Whether the filters at all points would leave L2, and the tiles take no more room. */
static inline bool mg_tiles_are_few(int64_t tiles, int64_t in, int64_t out) { return in * out > 1 << 13 && tiles <= out; }

typedef struct {
    int64_t image, images, row, rows; /* row, rows: of tiles */
    int64_t tiles;
} mg_chunk;
static inline mg_chunk mg_chunk_of(const mg_tiling *t, int64_t i) {
    mg_chunk c = {.image = i / t->bands * t->images, .row = i % t->bands * t->tiles_y / t->bands};
    c.images = t->n - c.image < t->images ? t->n - c.image : t->images;
    c.rows = (i % t->bands + 1) * t->tiles_y / t->bands - c.row;
    c.tiles = c.images * c.rows * t->tiles_x;
    return c;
}
/* Values between one point and the next: not a multiple of what would put all points of a tile into the same lines of a cache. */
static inline int64_t mg_point_step(int64_t tiles, int64_t width) { return tiles * width + MG_F32_LANES; }

#ifdef MG_ISA
/* `channels` channels (h, w), as (rows, columns, channels rounded up to vectors), from row `top` and column `left` on; zero outside. */
void MG_FN(conv_gather, f32)(float *to, const float *x, int64_t channels, int64_t h, int64_t w, int64_t top, int64_t left, int64_t rows,
                             int64_t columns);
/* The chunk's pixels at all points: v (points, tiles, channels rounded up). Tile (0, 0) begins at row `top`, column `left` of the image;
 * `pixels` is work memory for mg_seen_pixels values. */
void MG_FN(conv_see, f32)(float *v, float *pixels, const mg_tiling *t, const mg_chunk *c, const float *x, int64_t channels, int64_t h,
                          int64_t w, int64_t top, int64_t left);

bool MG_FN(conv_is_winograd, f32)(const mg_conv *t); /* whether this is the way to go */
mg_status MG_FN(conv_winograd, f32)(const mg_conv *t, float *y, const float *x, const float *w, const float *bias);
mg_status MG_FN(conv_winograd_input, f32)(const mg_conv *t, float *gx, const float *g, const float *w);
mg_status MG_FN(conv_winograd_weight, f32)(const mg_conv *t, float *gw, const float *g, const float *x);
#endif
static inline int64_t mg_seen_pixels(const mg_tiling *t, int64_t channels) {
    return (MG_TILE * t->rows + 2) * (MG_TILE * t->tiles_x + 2) * mg_whole_lanes(channels);
}

#endif
