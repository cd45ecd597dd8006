/* volume.c: volumes as batches of images, for convolution of volumes: what the taps of a window see of one plane after the other becomes
 * channels of an image, one image for each output depth.
 *
 * depth_taps
 *   a[0] out  images (n * od, c * k, h, w)    channel (c, i) of image (n, z) is plane z * stride + i * dilation - padding; 0 outside
 *   a[1] in   x      (n, c, d, h, w)
 *   p         od k stride padding dilation
 * depth_taps_backward
 *   a[0] out  gx     (n, c, d, h, w)          each plane the sum of the channels that were made of it, in order of the taps
 *   a[1] in   images as above
 *   p         the same
 * Both move whole planes. Threads share the planes of the output. */
#ifndef MG_BODY
#define MG_BODY "volume.c"
#include "floats.h"
#else

typedef struct {
    real *out;
    const real *in;
    int64_t channels, depth, plane; /* of a volume */
    int64_t od, k, stride, padding, dilation;
} FN(volume);

static FN(volume) FN(volume_of)(const mg_array *a, const mg_array *x, const mg_param *p) {
    return (FN(volume)){a[0].data, a[1].data, x->shape[1], x->shape[2], x->shape[3] * x->shape[4], p[0].i, p[1].i, p[2].i, p[3].i, p[4].i};
}

static void FN(take_planes)(void *ctx, int64_t begin, int64_t end) {
    const FN(volume) *t = ctx;
    for (int64_t i = begin; i < end; i++) {
        const int64_t tap = i % t->k, c = i / t->k % t->channels, z = i / t->k / t->channels % t->od, n = i / t->k / t->channels / t->od;
        const int64_t at = z * t->stride + tap * t->dilation - t->padding;
        real *to = t->out + i * t->plane;
        if (at < 0 || at >= t->depth)
            memset(to, 0, (size_t)t->plane * sizeof(real));
        else
            memcpy(to, t->in + ((n * t->channels + c) * t->depth + at) * t->plane, (size_t)t->plane * sizeof(real));
    }
}

mg_status FN(depth_taps)(const mg_array *a, const mg_param *p) {
    FN(volume) t = FN(volume_of)(a, &a[1], p);
    if (mg_numel(&a[0])) mg_parallel(a[0].shape[0] * a[0].shape[1], 1 + 100000 / t.plane, FN(take_planes), &t);
    return MG_OK;
}

static void FN(add_planes)(void *ctx, int64_t begin, int64_t end) {
    const FN(volume) *t = ctx;
    for (int64_t i = begin; i < end; i++) {
        const int64_t depth = i % t->depth, c = i / t->depth % t->channels, n = i / t->depth / t->channels;
        real *restrict to = t->out + i * t->plane;
        bool first = true;
        for (int64_t tap = 0; tap < t->k; tap++) {
            const int64_t at = depth + t->padding - tap * t->dilation, z = at / t->stride;
            if (at < 0 || at % t->stride || z >= t->od) continue;
            const real *restrict from = t->in + (((n * t->od + z) * t->channels + c) * t->k + tap) * t->plane;
            if (first)
                memcpy(to, from, (size_t)t->plane * sizeof(real));
            else
                for (int64_t j = 0; j < t->plane; j++) to[j] += from[j];
            first = false;
        }
        if (first) memset(to, 0, (size_t)t->plane * sizeof(real));
    }
}

mg_status FN(depth_taps_backward)(const mg_array *a, const mg_param *p) {
    FN(volume) t = FN(volume_of)(a, &a[0], p);
    if (mg_numel(&a[0])) mg_parallel(a[0].shape[0] * t.channels * t.depth, 1 + 100000 / (t.k * t.plane), FN(add_planes), &t);
    return MG_OK;
}
#endif
