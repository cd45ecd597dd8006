/* conv_general.c: convolution as matrix products over columns (im2col): any stride, padding, dilation and groups, in float and double. It
 * is what the other ways are tested against, and the way of 1x1 kernels, where an image is its own matrix of columns.
 *
 * With cols = im2col(x) for one image and group, (k, m) with k = c/groups * kh * kw and m = oh * ow:
 *   forward          y  = w cols + bias      (o/groups, m)
 *   backward_input   gx = col2im(w^T g)
 *   backward_weight  gw = sum over images of g cols^T
 * The columns of one image and group exist at a time, in scratch slot 2. Threads share the images; when there are too few of them,
 * the product itself is split (gemm.h). The sum over images runs in at most eight fixed blocks, added in order. */
#ifndef MG_BODY
#include "conv.h"
#include "gemm.h"
#define MG_BODY "conv_general.c"
#include "floats.h"
#else

typedef struct {
    const mg_conv *t;
    real *out;
    const real *in, *w, *bias;
    int64_t k, m;   /* rows and columns of cols */
    int64_t block;  /* images in a block (backward_weight) */
    real *partial;  /* sums of the blocks but the first, which goes to `out` */
    bool pointwise; /* cols is the image itself */
    mg_status status;
} FN(product);

static FN(product) FN(product_of)(const mg_conv *t, real *out, const real *in, const real *w, const real *bias) {
    const mg_window *q = &t->window;
    return (FN(product)){
        .t = t,
        .out = out,
        .in = in,
        .w = w,
        .bias = bias,
        .k = t->c / t->groups * q->kh * q->kw,
        .m = t->oh * t->ow,
        .pointwise = q->kh == 1 && q->kw == 1 && q->sy == 1 && q->sx == 1 && q->py == 0 && q->px == 0,
    };
}

static void FN(fail)(FN(product) * d, mg_status status) {
    if (status != MG_OK) __atomic_store_n(&d->status, status, __ATOMIC_RELAXED);
}

/* Images of one task. A few of them leave the threads to gemm, which must then not be called from inside a piece. */
static mg_status FN(over_images)(FN(product) * d, mg_task task) {
    const int64_t n = d->t->n * d->t->groups;
    if (n < 4 || mg_num_threads() == 1)
        task(d, 0, n);
    else
        mg_parallel(n, mg_plane_grain(d->k * d->m * d->t->o / d->t->groups / 32), task, d);
    return d->status;
}

/* The columns of image and group i = n * groups + g. NULL: out of memory. */
static const real *FN(columns_of_image)(const FN(product) * d, const real *x, int64_t i) {
    const mg_conv *t = d->t;
    const int64_t channels = t->c / t->groups, plane = t->h * t->w;
    x += i * channels * plane;
    if (d->pointwise) return x;
    real *cols = mg_scratch(2, (size_t)(d->k * d->m + 1) * sizeof(real));
    for (int64_t c = 0; cols && c < channels; c++)
        FN(im2col_plane)(cols + c * (d->k / channels) * d->m, x + c * plane, t->h, t->w, t->oh, t->ow, &t->window);
    return cols;
}

static void FN(forward_images)(void *ctx, int64_t begin, int64_t end) {
    FN(product) *d = ctx;
    const mg_conv *t = d->t;
    const int64_t o = t->o / t->groups;
    for (int64_t i = begin; i < end; i++) {
        const real *cols = FN(columns_of_image)(d, d->in, i);
        const int64_t first = i % t->groups * o;
        FN(fail)(d, !cols ? MG_NO_MEMORY
                          : FN(gemm)(&(mg_gemm){.m = o,
                                                .n = d->m,
                                                .k = d->k,
                                                .a = d->w + first * d->k,
                                                .rsa = d->k,
                                                .csa = 1,
                                                .b = cols,
                                                .rsb = d->m,
                                                .csb = 1,
                                                .c = d->out + i * o * d->m,
                                                .ldc = d->m,
                                                .bias = d->bias ? d->bias + first : NULL,
                                                .rsbias = 1,
                                                .csbias = 0,
                                                .activation = t->relu ? MG_ACT_RELU : MG_ACT_NONE}));
    }
}

mg_status FN(conv_general)(const mg_conv *t, real *y, const real *x, const real *w, const real *bias) {
    FN(product) d = FN(product_of)(t, y, x, w, bias);
    return FN(over_images)(&d, FN(forward_images));
}

static void FN(input_images)(void *ctx, int64_t begin, int64_t end) {
    FN(product) *d = ctx;
    const mg_conv *t = d->t;
    const int64_t o = t->o / t->groups, channels = t->c / t->groups, plane = t->h * t->w;
    for (int64_t i = begin; i < end; i++) {
        real *gx = d->out + i * channels * plane;
        real *cols = d->pointwise ? gx : mg_scratch(2, (size_t)(d->k * d->m + 1) * sizeof(real));
        if (!cols) {
            FN(fail)(d, MG_NO_MEMORY);
            continue;
        }
        FN(fail)(d, FN(gemm)(&(mg_gemm){.m = d->k,
                                        .n = d->m,
                                        .k = o,
                                        .a = d->w + i % t->groups * o * d->k,
                                        .rsa = 1,
                                        .csa = d->k,
                                        .b = d->in + i * o * d->m,
                                        .rsb = d->m,
                                        .csb = 1,
                                        .c = cols,
                                        .ldc = d->m}));
        for (int64_t c = 0; !d->pointwise && c < channels; c++)
            FN(col2im_plane)(gx + c * plane, cols + c * (d->k / channels) * d->m, t->h, t->w, t->oh, t->ow, &t->window);
    }
}

mg_status FN(conv_general_input)(const mg_conv *t, real *gx, const real *g, const real *w) {
    FN(product) d = FN(product_of)(t, gx, g, w, NULL);
    return FN(over_images)(&d, FN(input_images));
}

static void FN(weight_blocks)(void *ctx, int64_t begin, int64_t end) {
    FN(product) *d = ctx;
    const mg_conv *t = d->t;
    const int64_t o = t->o / t->groups, size = t->o * d->k;
    for (int64_t b = begin; b < end; b++) {
        real *sum = b == 0 ? d->out : d->partial + (b - 1) * size;
        const int64_t last = (b + 1) * d->block < t->n ? (b + 1) * d->block : t->n;
        for (int64_t i = b * d->block * t->groups; i < last * t->groups; i++) {
            const real *cols = FN(columns_of_image)(d, d->w, i);
            FN(fail)(d, !cols ? MG_NO_MEMORY
                              : FN(gemm)(&(mg_gemm){.m = o,
                                                    .n = d->k,
                                                    .k = d->m,
                                                    .a = d->in + i * o * d->m,
                                                    .rsa = d->m,
                                                    .csa = 1,
                                                    .b = cols,
                                                    .rsb = 1,
                                                    .csb = d->m,
                                                    .c = sum + i % t->groups * o * d->k,
                                                    .ldc = d->k,
                                                    .accumulate = i >= (b * d->block + 1) * t->groups}));
        }
    }
}

mg_status FN(conv_general_weight)(const mg_conv *t, real *gw, const real *g, const real *x) {
    FN(product) d = FN(product_of)(t, gw, g, x, NULL);
    const int64_t size = t->o * d.k;
    if (t->n == 0 || d.m == 0) {
        memset(gw, 0, (size_t)size * sizeof(real));
        return MG_OK;
    }
    const int64_t most = size > 65536 ? 1 : 8; /* large weights: no copies of them, gemm splits the product instead */
    d.block = (t->n + most - 1) / most;
    const int64_t blocks = (t->n + d.block - 1) / d.block;
    if (blocks == 1) {
        FN(weight_blocks)(&d, 0, 1);
        return d.status;
    }
    d.partial = mg_scratch(3, (size_t)((blocks - 1) * size + 1) * sizeof(real));
    if (!d.partial) return MG_NO_MEMORY;
    mg_parallel(blocks, 1, FN(weight_blocks), &d);
    for (int64_t b = 0; b < blocks - 1; b++)
        for (int64_t i = 0; i < size; i++) gw[i] += d.partial[b * size + i];
    return d.status;
}
#endif
