/* random.c: random numbers from a counter. a[0] out, C-contiguous; p[0] seed, p[1] offset, then the kernel's own parameters.
 *
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", 2011) turns a key (the seed) and a counter
 * (the number of a block) into four words of 32 bits. Element i depends on the seed and on offset + i alone, so any split over calls,
 * threads or instruction sets gives the same numbers. Where element j = offset + i finds its bits:
 *
 *   32 bits: a group is 64 elements = 16 blocks;  element j is word (j % 64) / 16 of block 16 (j / 64) + j % 16
 *   64 bits: a group is 32 elements = 16 blocks;  element j is words 2h, 2h + 1 of block 16 (j / 32) + j % 16, h = (j % 32) / 16
 *
 * so that vectors of blocks are stored as they come, whatever the number of lanes. Work goes in batches of whole groups: bits into a
 * buffer, then the kernel's loop over the part that is asked for. */
#include "vecmath.h"

#include "loops.h"
#include "philox.h"

#define GROUP_BLOCKS 16
#define BATCH 32 /* groups: 8 KB of bits */
#define BATCH_BYTES (BATCH * GROUP_BLOCKS * 16)
#define GRAIN 512 /* groups of a piece of work for a thread */

static void bits_32(uint64_t seed, uint64_t group, int64_t groups, uint32_t *out) {
    const vu64 lanes = lane_numbers();
    for (int64_t g = 0; g < groups; g++, out += 4 * GROUP_BLOCKS)
        for (int b = 0; b < GROUP_BLOCKS; b += MG_F32_LANES) {
            const vu64 first = 2 * lanes + ((group + (uint64_t)g) * GROUP_BLOCKS + (uint64_t)b);
            vu64 even[4], odd[4]; /* blocks, so that one shift joins them in order */
            philox(first, seed, even);
            philox(first + 1, seed, odd);
            for (int w = 0; w < 4; w++) {
                const vu64 both = (even[w] & 0xffffffffu) | (odd[w] << 32);
                memcpy(out + w * GROUP_BLOCKS + b, &both, sizeof both);
            }
        }
}

static void bits_64(uint64_t seed, uint64_t group, int64_t groups, uint64_t *out) {
    const vu64 lanes = lane_numbers();
    for (int64_t g = 0; g < groups; g++, out += 2 * GROUP_BLOCKS)
        for (int b = 0; b < GROUP_BLOCKS; b += MG_F64_LANES) {
            vu64 word[4];
            philox(lanes + ((group + (uint64_t)g) * GROUP_BLOCKS + (uint64_t)b), seed, word);
            for (int h = 0; h < 2; h++) {
                const vu64 both = (word[2 * h] & 0xffffffffu) | (word[2 * h + 1] << 32);
                memcpy(out + h * GROUP_BLOCKS + b, &both, sizeof both);
            }
        }
}

/* ---- batches ---- */

typedef struct emit emit;
struct emit {
    void (*body)(const emit *e, const void *bits, int64_t skip, int64_t groups, int64_t i, int64_t n);
    const mg_array *a;
    const mg_param *p;
    int64_t n;
    int width; /* bits of an element: 32 or 64 */
};

/* `bits` are those of whole groups; elements i..i+n of the output are those from the `skip`-th on. */
static void run_batches(void *ctx, int64_t begin, int64_t end) {
    const emit *e = ctx;
    const uint64_t seed = (uint64_t)e->p[0].i, offset = (uint64_t)e->p[1].i;
    const int64_t size = GROUP_BLOCKS * 128 / e->width;
    const int64_t lead = (int64_t)(offset % (uint64_t)size); /* elements of the first group that are not ours */
    _Alignas(64) char bits[BATCH_BYTES];
    for (int64_t g = begin; g < end; g += BATCH) {
        const int64_t groups = end - g < BATCH ? end - g : BATCH;
        const int64_t first = g * size - lead, last = first + groups * size;
        const int64_t i = first < 0 ? 0 : first, stop = last < e->n ? last : e->n;
        if (e->width == 32)
            bits_32(seed, offset / (uint64_t)size + (uint64_t)g, groups, (uint32_t *)bits);
        else
            bits_64(seed, offset / (uint64_t)size + (uint64_t)g, groups, (uint64_t *)bits);
        e->body(e, bits, i - first, groups, i, stop - i);
    }
}

static mg_status for_batches(const mg_array *a, const mg_param *p, int width,
                             void (*body)(const emit *, const void *, int64_t, int64_t, int64_t, int64_t)) {
    emit e = {.body = body, .a = a, .p = p, .n = mg_numel(a), .width = width};
    const int64_t size = GROUP_BLOCKS * 128 / width, lead = (int64_t)((uint64_t)p[1].i % (uint64_t)size);
    if (e.n) mg_parallel((lead + e.n + size - 1) / size, GRAIN, run_batches, &e);
    return MG_OK;
}

/* A kernel: its loop over elements k of one batch; `in` are the bits, `out` the output. */
#define RANDOM(name, dtype, width, setup, expr)                                                                       \
    static void name##_##dtype(const emit *e, const void *bits, int64_t skip, int64_t groups, int64_t i, int64_t n) { \
        typedef t_##dtype T;                                                                                          \
        const uint##width##_t *in = (const uint##width##_t *)bits + skip;                                             \
        T *out = (T *)e->a[0].data + i;                                                                               \
        const mg_param *p = e->p + 2;                                                                                 \
        (void)groups, (void)p;                                                                                        \
        setup;                                                                                                        \
        MG_IVDEP for (int64_t k = 0; k < n; k++) out[k] = (T)(expr);                                                  \
    }                                                                                                                 \
    mg_status MG_FN(name, dtype)(const mg_array *a, const mg_param *p) { return for_batches(a, p, width, name##_##dtype); }

/* random_bits: 64 bits. */
RANDOM(random_bits, i64, 64, , in[k])

/* uniform: p lo, hi. 24 (53) bits in [lo, hi); rounding must not reach hi. */
#define UNIFORM_SETUP(next)                                                    \
    const T lo = (T)p[0].f, scale = (T)p[1].f - lo, top = next((T)p[1].f, lo); \
    T v
RANDOM(uniform, f32, 32, UNIFORM_SETUP(nextafterf), (v = lo + scale * ((float)(in[k] >> 8) * 0x1p-24f), v < top ? v : top))
RANDOM(uniform, f64, 64, UNIFORM_SETUP(nextafter), (v = lo + scale * ((double)(in[k] >> 11) * 0x1p-53), v < top ? v : top))

/* randint: p lo, hi. [lo, hi), by the high half of bits * (hi - lo): no value's chance is off by more than 2^-64. */
#define RANGE const uint64_t lo = (uint64_t)p[0].i, range = (uint64_t)p[1].i - lo
RANDOM(randint, i64, 64, RANGE, lo + (uint64_t)(((__uint128_t)in[k] * range) >> 64))
RANDOM(randint, i32, 64, RANGE, lo + (uint64_t)(((__uint128_t)in[k] * range) >> 64))

/* bernoulli: p probability of 1. Both dtypes draw the same. */
#define THRESHOLD(x) ((x) >= 1 ? (uint64_t)1 << 32 : (uint64_t)((x) * 0x1p32))
RANDOM(bernoulli, f32, 32, const uint64_t t = THRESHOLD(p[0].f), (int32_t)(in[k] < t))
RANDOM(bernoulli, f64, 32, const uint64_t t = THRESHOLD(p[0].f), (int32_t)(in[k] < t))

/* dropout: a[0] y, a[1] mask (bool), a[2] x; p probability of dropping. y = x * (mask / (1 - p)). */
#define DROPOUT(dtype, name)                                                                                          \
    static void name##_##dtype(const emit *e, const void *bits, int64_t skip, int64_t groups, int64_t i, int64_t n) { \
        const uint32_t *in = (const uint32_t *)bits + skip;                                                           \
        t_##dtype *y = (t_##dtype *)e->a[0].data + i;                                                                 \
        bool *mask = (bool *)e->a[1].data + i;                                                                        \
        const t_##dtype *x = (const t_##dtype *)e->a[2].data + i;                                                     \
        const uint64_t t = THRESHOLD(e->p[2].f);                                                                      \
        const t_##dtype scale = (t_##dtype)(1 / (1 - e->p[2].f));                                                     \
        (void)groups;                                                                                                 \
        MG_IVDEP for (int64_t k = 0; k < n; k++) {                                                                    \
            const t_##dtype v = x[k] * (in[k] >= t ? scale : 0);                                                      \
            mask[k] = in[k] >= t;                                                                                     \
            y[k] = v;                                                                                                 \
        }                                                                                                             \
    }                                                                                                                 \
    mg_status MG_FN(name, dtype)(const mg_array *a, const mg_param *p) { return for_batches(a, p, 32, name##_##dtype); }
FOR_FLOATS(DROPOUT, dropout)

/* normal: p mean, std. Box-Muller: elements 16 apart in a group are the two coordinates of one point. The radius comes from all bits
 * plus one half, so that it is finite; the angle is a whole number of 2^-32 (2^-64) turns. */
#define NORMAL(dtype, name, width, turn)                                                                              \
    static void name##_##dtype(const emit *e, const void *bits, int64_t skip, int64_t groups, int64_t i, int64_t n) { \
        typedef t_##dtype T;                                                                                          \
        typedef v##dtype V;                                                                                           \
        const uint##width##_t *in = bits;                                                                             \
        T values[BATCH_BYTES / sizeof(T)];                                                                            \
        const T mean = (T)e->p[2].f, std = (T)e->p[3].f;                                                              \
        for (int64_t k = 0; k < groups * GROUP_BLOCKS * 128 / width; k += 2 * GROUP_BLOCKS)                           \
            for (int b = 0; b < GROUP_BLOCKS; b += MG_VEC_BYTES / (int)sizeof(T)) {                                   \
                vu##width first, second;                                                                              \
                memcpy(&first, in + k + b, sizeof first), memcpy(&second, in + k + b + GROUP_BLOCKS, sizeof second);  \
                const V u = (__builtin_convertvector(first, V) + (T)0.5) * (T)turn;                                   \
                const V angle = __builtin_convertvector((vi##width)second, V) * (T)(6.283185307179586477 * turn);     \
                const V r = v_sqrt(v_log(u) * (T) - 2) * std;                                                         \
                v##dtype##_store(values + k + b, r * v_cos(angle) + mean);                                            \
                v##dtype##_store(values + k + b + GROUP_BLOCKS, r * v_sin(angle) + mean);                             \
            }                                                                                                         \
        memcpy((T *)e->a[0].data + i, values + skip, (size_t)n * sizeof(T));                                          \
    }                                                                                                                 \
    mg_status MG_FN(name, dtype)(const mg_array *a, const mg_param *p) { return for_batches(a, p, width, name##_##dtype); }
NORMAL(f32, normal, 32, 0x1p-32)
NORMAL(f64, normal, 64, 0x1p-64)
