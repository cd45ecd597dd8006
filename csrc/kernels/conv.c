/* conv.c: 2-D convolution (cross-correlation) of batches of images, and its gradients: the entries.
 *
 * conv2d                                        conv2d_backward_input             conv2d_backward_weight
 *   a[0] out  y    (n, o, oh, ow)                 a[0] out  gx (n, c, h, w)         a[0] out  gw (o, c/groups, kh, kw)
 *   a[1] in   x    (n, c, h, w)                   a[1] in   g  (n, o, oh, ow)       a[1] in   g  (n, o, oh, ow)
 *   a[2] in   w    (o, c/groups, kh, kw)          a[2] in   w  as left              a[2] in   x  (n, c, h, w)
 *   a[3] in   bias (o,) or none
 *   p         sy sx py px dy dx groups activation (0 none, 1 relu; forward only) winograd (whether it may be used)
 * Windows that do not fit at the far edge are dropped; pixels under no window get zero gradient. The gradient of the bias is a sum of g. */
#ifndef MG_BODY
#include "conv_winograd.h"
#define MG_BODY "conv.c"
#include "floats.h"
#else

/* The geometry from a[image] (x or gx), a[maps] (y or g) and a[kernel] (w or gw). */
static mg_conv FN(conv_of)(const mg_array *image, const mg_array *maps, const mg_array *kernel, const mg_param *p) {
    const int64_t *x = image->shape, *y = maps->shape, *k = kernel->shape;
    return (mg_conv){.n = x[0],
                     .c = x[1],
                     .h = x[2],
                     .w = x[3],
                     .o = y[1],
                     .oh = y[2],
                     .ow = y[3],
                     .groups = p[6].i,
                     .window = mg_window_of(k[2], k[3], p),
                     .relu = p[7].i == 1,
                     .winograd = p[8].i != 0};
}

mg_status FN(conv2d)(const mg_array *a, const mg_param *p) {
    const mg_conv t = FN(conv_of)(&a[1], &a[0], &a[2], p);
    if (mg_numel(&a[0]) == 0) return MG_OK;
    if (sizeof(real) == sizeof(float) && MG_FN(conv_is_winograd, f32)(&t))
        return MG_FN(conv_winograd, f32)(&t, a[0].data, a[1].data, a[2].data, a[3].data);
    if (sizeof(real) == sizeof(float) && MG_FN(conv_is_direct, f32)(&t))
        return MG_FN(conv_direct, f32)(&t, a[0].data, a[1].data, a[2].data, a[3].data);
    return FN(conv_general)(&t, a[0].data, a[1].data, a[2].data, a[3].data);
}

mg_status FN(conv2d_backward_input)(const mg_array *a, const mg_param *p) {
    const mg_conv t = FN(conv_of)(&a[0], &a[1], &a[2], p);
    if (mg_numel(&a[0]) == 0) return MG_OK;
    if (sizeof(real) == sizeof(float) && MG_FN(conv_is_winograd, f32)(&t))
        return MG_FN(conv_winograd_input, f32)(&t, a[0].data, a[1].data, a[2].data);
    if (sizeof(real) == sizeof(float) && MG_FN(conv_is_direct, f32)(&t))
        return MG_FN(conv_direct_input, f32)(&t, a[0].data, a[1].data, a[2].data);
    return FN(conv_general_input)(&t, a[0].data, a[1].data, a[2].data);
}

mg_status FN(conv2d_backward_weight)(const mg_array *a, const mg_param *p) {
    const mg_conv t = FN(conv_of)(&a[2], &a[1], &a[0], p);
    if (mg_numel(&a[0]) == 0) return MG_OK;
    if (sizeof(real) == sizeof(float) && MG_FN(conv_is_winograd, f32)(&t))
        return MG_FN(conv_winograd_weight, f32)(&t, a[0].data, a[1].data, a[2].data);
    if (sizeof(real) == sizeof(float) && MG_FN(conv_is_direct, f32)(&t))
        return MG_FN(conv_direct_weight, f32)(&t, a[0].data, a[1].data, a[2].data);
    return FN(conv_general_weight)(&t, a[0].data, a[1].data, a[2].data);
}
#endif
