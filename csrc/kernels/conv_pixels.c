/* conv_pixels.c: the microkernel of conv_direct.c that has pixels as lanes. A tile of output channels x vectors of pixels stays in
 * registers; a step of its sum broadcasts one packed weight per output channel against vectors loaded at the tap's offset. Bias, relu and
 * the removal of the pixels in the gap between rows happen in the store. */
#include "conv_direct.h"

enum { LANES = MG_F32_LANES };

static __attribute__((noinline)) void scatter(float *y, vf32 x, const mg_run *r, const int32_t *place) {
    float t[LANES];
    vf32_store(t, vf32_compress(x, r->lanes));
    for (int i = 0; i < r->count; i++) y[place[i]] = t[i];
}

#define ROWS_1(X, a) X(0, a)
#define ROWS_2(X, a) ROWS_1(X, a) X(1, a)
#define ROWS_3(X, a) ROWS_2(X, a) X(2, a)
#define ROWS_4(X, a) ROWS_3(X, a) X(3, a)
#define ROWS_5(X, a) ROWS_4(X, a) X(4, a)
#define ROWS_6(X, a) ROWS_5(X, a) X(5, a)
#define ROWS_7(X, a) ROWS_6(X, a) X(6, a)
#define ROWS_8(X, a) ROWS_7(X, a) X(7, a)
#define VECTORS_1(X, a) X(a, 0)
#define VECTORS_2(X, a) VECTORS_1(X, a) X(a, 1)
#define VECTORS_3(X, a) VECTORS_2(X, a) X(a, 2)

/* Accumulators are scalars by name, c<row><vector>: gcc keeps an array of them in memory. */
#define INIT(m, v) vf32 c##m##v = vf32_set1(t->bias ? t->bias[m] : 0);
#define INIT_ROW(m, N) VECTORS_##N(INIT, m)
#define LOAD(_, v) const vf32 x##v = vf32_load(x + v * LANES);
#define MULTIPLY(m, v) c##m##v = vf32_fma(weight, x##v, c##m##v);
#define MULTIPLY_ROW(m, N)                   \
    {                                        \
        const vf32 weight = vf32_set1(w[m]); \
        VECTORS_##N(MULTIPLY, m)             \
    }
#define RELU(m, v) c##m##v = (vf32)((vi32)c##m##v & ~(c##m##v < 0)); /* keeps NaN */
#define RELU_ROW(m, N) VECTORS_##N(RELU, m)
#define STORE(m, v) vf32_store(y + m * t->plane, c##m##v);
#define STORE_SOME(m, v) vf32_store_n(y + m * t->plane, vf32_compress(c##m##v, r->lanes), r->count);
#define SCATTER(m, v) scatter(t->y + m * t->plane, c##m##v, r, t->place + r->first);
#define FINISH(M, v)                    \
    {                                   \
        const mg_run *r = &t->run[v];   \
        float *y = t->y + r->first;     \
        if (t->place) {                 \
            ROWS_##M(SCATTER, v)        \
        } else if (r->count == LANES) { \
            ROWS_##M(STORE, v)          \
        } else {                        \
            ROWS_##M(STORE_SOME, v)     \
        }                               \
    }
#define KERNEL(M, N)                                                       \
    static void tile_##M##x##N(const mg_pixels *t) {                       \
        const float *w = t->w;                                             \
        ROWS_##M(INIT_ROW, N) for (int64_t k = 0; k < t->k; k++, w += M) { \
            const float *x = t->x + t->offset[k];                          \
            VECTORS_##N(LOAD, ) ROWS_##M(MULTIPLY_ROW, N)                  \
        }                                                                  \
        if (t->relu) {                                                     \
            ROWS_##M(RELU_ROW, N)                                          \
        }                                                                  \
        VECTORS_##N(FINISH, M)                                             \
    }
#define KERNELS(M) KERNEL(M, 1) KERNEL(M, 2) KERNEL(M, 3)
#define NAMES(M) {tile_##M##x1, tile_##M##x2, tile_##M##x3},

KERNELS(1)
KERNELS(2)
KERNELS(3)
KERNELS(4)
#if MG_VEC_REGISTERS >= 32
KERNELS(5)
KERNELS(6)
KERNELS(7)
KERNELS(8)
#endif
static void (*const kernels[MG_PIXELS_ROWS][MG_PIXELS_VECTORS])(const mg_pixels *) = {NAMES(1) NAMES(2) NAMES(3) NAMES(4)
#if MG_VEC_REGISTERS >= 32
                                                                                          NAMES(5) NAMES(6) NAMES(7) NAMES(8)
#endif
};

void MG_FN(conv_pixels, f32)(const mg_pixels *t, int64_t rows, int64_t vectors) { kernels[rows - 1][vectors - 1](t); }
