/* sort.c: rows in order.
 *   sort   a[0] out (rows, n), a[1] i64 index of each (rows, n), a[2] in (rows, n); p: descending
 *   topk   a[0] out (rows, k), a[1] i64 index of each (rows, k), a[2] in (rows, n), 0 < k <= n; p: largest
 * Equal elements keep their order, and NaN is the largest.
 *
 * An element becomes a key, an unsigned number of the same order (-0 and 0 get the same one, and so do all NaNs; descending means its
 * complement), beside its index; keys are sorted, and at last the elements are fetched by index, so that they come out bit by bit as they
 * were. Keys of at most 32 bits share a word with the index: such words are all different, and any way to sort them is stable. Short rows
 * are sorted by insertion, others by radix, from the lowest digit up; a digit that is the same in all keys costs nothing, which is common
 * in integers. topk for small k keeps the best k so far, in order: most elements of a long row are refused by one comparison, sixteen at a
 * time. */
#include <string.h>

#include "kernels.h"
#include "vec.h"

#define SHORT 40        /* elements up to which insertion is fastest */
#define FEW 64          /* the largest k that topk keeps in order while it reads */
#define BLOCK 16        /* elements that topk compares together */
#define GRAIN (1 << 14) /* elements of a piece of work for a thread */
#define MAX_DIGITS 8
#define MAX_BUCKETS 2048

typedef uint64_t narrow; /* key, then index */
typedef struct {
    uint64_t key, at;
} wide;

static inline int64_t narrow_at(narrow e) { return (int64_t)(e & 0xffffffff); }
static inline int64_t wide_at(wide e) { return (int64_t)e.at; }
static inline uint64_t narrow_key(narrow e) { return e >> 32; }
static inline uint64_t wide_key(wide e) { return e.key; }
static inline narrow narrow_of(uint64_t key, int64_t at) { return key << 32 | (uint64_t)at; }
static inline wide wide_of(uint64_t key, int64_t at) { return (wide){key, (uint64_t)at}; }

/* Sort e[0, n) by key, given a buffer of the same size; returns which of the two holds the result. Keys have `bits` bits. */
#define SORTER(E)                                                                                     \
    static E *E##_sort(E *e, E *buffer, int64_t n, int bits) {                                        \
        if (n <= SHORT) {                                                                             \
            for (int64_t i = 1; i < n; i++) {                                                         \
                const E x = e[i];                                                                     \
                int64_t j = i;                                                                        \
                for (; j > 0 && E##_key(e[j - 1]) > E##_key(x); j--) e[j] = e[j - 1];                 \
                e[j] = x;                                                                             \
            }                                                                                         \
            return e;                                                                                 \
        }                                                                                             \
        const int width = n < 4096 || bits < 32 ? 8 : 11, digits = (bits + width - 1) / width;        \
        const uint64_t mask = (1u << width) - 1;                                                      \
        int64_t count[MAX_DIGITS][MAX_BUCKETS];                                                       \
        for (int d = 0; d < digits; d++) memset(count[d], 0, sizeof(int64_t) << width);               \
        for (int64_t i = 0; i < n; i++) {                                                             \
            uint64_t key = E##_key(e[i]);                                                             \
            for (int d = 0; d < digits; d++, key >>= width) count[d][key & mask]++;                   \
        }                                                                                             \
        for (int d = 0; d < digits; d++) {                                                            \
            const int shift = d * width;                                                              \
            if (count[d][E##_key(e[0]) >> shift & mask] == n) continue;                               \
            int64_t sum = 0;                                                                          \
            for (uint64_t b = 0; b <= mask; b++) {                                                    \
                const int64_t c = count[d][b];                                                        \
                count[d][b] = sum, sum += c;                                                          \
            }                                                                                         \
            for (int64_t i = 0; i < n; i++) buffer[count[d][E##_key(e[i]) >> shift & mask]++] = e[i]; \
            E *const t = e;                                                                           \
            e = buffer, buffer = t;                                                                   \
        }                                                                                             \
        return e;                                                                                     \
    }
SORTER(narrow)
SORTER(wide)

/* ---- keys ---- */

static inline uint32_t key_f32(float x) {
    uint32_t u;
    const float y = x + 0.0f; /* -0 becomes 0 */
    memcpy(&u, &y, sizeof u);
    u ^= (uint32_t)((int32_t)u >> 31) | 0x80000000u;
    return x == x ? u : 0xffffffffu;
}
static inline uint64_t key_f64(double x) {
    uint64_t u;
    const double y = x + 0.0;
    memcpy(&u, &y, sizeof u);
    u ^= (uint64_t)((int64_t)u >> 63) | 0x8000000000000000u;
    return x == x ? u : 0xffffffffffffffffu;
}
static inline uint64_t key_i64(int64_t x) { return (uint64_t)x ^ 0x8000000000000000u; }
static inline uint32_t key_i32(int32_t x) { return (uint32_t)x ^ 0x80000000u; }
static inline uint32_t key_u8(uint8_t x) { return x; }

typedef struct {
    void *y;
    int64_t *index;
    const void *x;
    int64_t n, k;
    uint64_t flip; /* all bits of a key where the largest comes first */
    bool no_memory;
} job;

#define ROWS(dtype, T, K, E, bits)                                                                                        \
    static void sort_##dtype(void *ctx, int64_t begin, int64_t end) {                                                     \
        job *q = ctx;                                                                                                     \
        const int64_t n = q->n, k = q->k;                                                                                 \
        const K flip = (K)q->flip;                                                                                        \
        E *keys = mg_scratch(2, (size_t)n * sizeof(E)), *buffer = mg_scratch(3, (size_t)n * sizeof(E));                   \
        if (!keys || !buffer) {                                                                                           \
            __atomic_store_n(&q->no_memory, true, __ATOMIC_RELAXED);                                                      \
            return;                                                                                                       \
        }                                                                                                                 \
        for (int64_t r = begin; r < end; r++) {                                                                           \
            const T *x = (const T *)q->x + r * n;                                                                         \
            T *y = (T *)q->y + r * k;                                                                                     \
            int64_t *index = q->index + r * k;                                                                            \
            for (int64_t i = 0; i < n; i++) keys[i] = E##_of((K)(key_##dtype(x[i]) ^ flip), i);                           \
            const E *sorted = E##_sort(keys, buffer, n, bits);                                                            \
            for (int64_t i = 0; i < k; i++) {                                                                             \
                const int64_t at = E##_at(sorted[i]);                                                                     \
                index[i] = at, y[i] = x[at];                                                                              \
            }                                                                                                             \
        }                                                                                                                 \
    }                                                                                                                     \
    static void few_##dtype(void *ctx, int64_t begin, int64_t end) {                                                      \
        const job *q = ctx;                                                                                               \
        const int64_t n = q->n, k = q->k;                                                                                 \
        const K flip = (K)q->flip;                                                                                        \
        K best[FEW];                                                                                                      \
        int64_t place[FEW];                                                                                               \
        for (int64_t r = begin; r < end; r++) {                                                                           \
            const T *x = (const T *)q->x + r * n;                                                                         \
            int64_t have = 0;                                                                                             \
            for (int64_t i = 0; i < n; i += BLOCK) {                                                                      \
                const int64_t last = n - i < BLOCK ? n : i + BLOCK;                                                       \
                if (have == k && last == i + BLOCK) {                                                                     \
                    const K worst = best[k - 1];                                                                          \
                    K any = 0;                                                                                            \
                    for (int64_t j = 0; j < BLOCK; j++) any |= (K)((K)(key_##dtype(x[i + j]) ^ flip) < worst);            \
                    if (!any) continue;                                                                                   \
                }                                                                                                         \
                for (int64_t j = i; j < last; j++) {                                                                      \
                    const K key = (K)(key_##dtype(x[j]) ^ flip);                                                          \
                    if (have == k && key >= best[k - 1]) continue;                                                        \
                    int64_t at = have < k ? have++ : k - 1;                                                               \
                    for (; at > 0 && best[at - 1] > key; at--) best[at] = best[at - 1], place[at] = place[at - 1];        \
                    best[at] = key, place[at] = j;                                                                        \
                }                                                                                                         \
            }                                                                                                             \
            for (int64_t i = 0; i < k; i++) q->index[r * k + i] = place[i], ((T *)q->y)[r * k + i] = x[place[i]];         \
        }                                                                                                                 \
    }                                                                                                                     \
    static mg_status order_##dtype(const mg_array *a, bool down, mg_task rows) {                                          \
        const int64_t k = a[0].shape[1], n = a[2].shape[1];                                                               \
        job q = {a[0].data, a[1].data, a[2].data, n, k, down ? ~(uint64_t)0 : 0, false};                                  \
        if (k) mg_parallel(a[0].shape[0], 1 + GRAIN / n, rows, &q);                                                       \
        return q.no_memory ? MG_NO_MEMORY : MG_OK;                                                                        \
    }                                                                                                                     \
    mg_status MG_FN(sort, dtype)(const mg_array *a, const mg_param *p) { return order_##dtype(a, p[0].i, sort_##dtype); } \
    mg_status MG_FN(topk, dtype)(const mg_array *a, const mg_param *p) {                                                  \
        return order_##dtype(a, p[0].i, a[0].shape[1] <= FEW ? few_##dtype : sort_##dtype);                               \
    }

ROWS(f32, float, uint32_t, narrow, 32)
ROWS(f64, double, uint64_t, wide, 64)
ROWS(i64, int64_t, uint64_t, wide, 64)
ROWS(i32, int32_t, uint32_t, narrow, 32)
ROWS(u8, uint8_t, uint8_t, narrow, 8)
