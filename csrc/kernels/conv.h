/* conv.h: what the files of convolution share. conv.c has the kernels' entries and the choice between the ways to compute them. */
#ifndef MG_CONV_H
#define MG_CONV_H

#include "kernels.h"
#include "window.h"

typedef struct {
    int64_t n, c, h, w; /* x and gx */
    int64_t o, oh, ow;  /* y and g: (n, o, oh, ow) */
    int64_t groups;     /* w and gw: (o, c / groups, kh, kw); outputs of group k see the channels of group k alone */
    mg_window window;
    bool relu;     /* forward only */
    bool winograd; /* allowed */
} mg_conv;

#ifdef MG_ISA
#define MG_DECLARE_CONV(name, real, dtype)                                                                                          \
    void MG_FN(im2col_plane, dtype)(real * cols, const real *x, int64_t h, int64_t w, int64_t oh, int64_t ow, const mg_window *q);  \
    void MG_FN(col2im_plane, dtype)(real * gx, const real *cols, int64_t h, int64_t w, int64_t oh, int64_t ow, const mg_window *q); \
    mg_status MG_FN(name, dtype)(const mg_conv *t, real *y, const real *x, const real *w, const real *bias);                        \
    mg_status MG_FN(name##_input, dtype)(const mg_conv *t, real *gx, const real *g, const real *w);                                 \
    mg_status MG_FN(name##_weight, dtype)(const mg_conv *t, real *gw, const real *g, const real *x);
MG_DECLARE_CONV(conv_general, float, f32)
MG_DECLARE_CONV(conv_general, double, f64)
#endif

#endif
