/* copy.c: a two-dimensional piece of memory from any layout to any other. */
#include <string.h>

#include "kernels/elementwise.h"

typedef uint8_t __attribute__((may_alias)) w8;
typedef uint16_t __attribute__((may_alias)) w16;
typedef uint32_t __attribute__((may_alias)) w32;
typedef uint64_t __attribute__((may_alias)) w64;
typedef struct {
    w64 lo, hi;
} __attribute__((may_alias)) w128;

/* One element type: contiguous rows, one value for a row, or a step on either side. */
#define COPY(T)                                                                                                                        \
    static void copy_##T(char *dst, int64_t drs, int64_t dcs, const char *src, int64_t srs, int64_t scs, int64_t rows, int64_t cols) { \
        for (int64_t r = 0; r < rows; r++, dst += drs, src += srs) {                                                                   \
            if (dcs == sizeof(T) && scs == sizeof(T)) {                                                                                \
                memcpy(dst, src, (size_t)cols * sizeof(T));                                                                            \
            } else if (dcs == sizeof(T) && scs == 0) {                                                                                 \
                const T v = *(const T *)src;                                                                                           \
                for (int64_t c = 0; c < cols; c++) ((T *)dst)[c] = v;                                                                  \
            } else if (dcs == sizeof(T) && scs == 2 * (int64_t)sizeof(T)) { /* every second one: vectors out of pairs of vectors */    \
                for (int64_t c = 0; c < cols; c++) ((T *)dst)[c] = ((const T *)src)[2 * c];                                            \
            } else if (dcs == sizeof(T) && scs == -(int64_t)sizeof(T)) { /* backwards: vectors whose lanes are reversed */             \
                for (int64_t c = 0; c < cols; c++) ((T *)dst)[c] = ((const T *)src)[-c];                                               \
            } else {                                                                                                                   \
                for (int64_t c = 0; c < cols; c++) *(T *)(dst + c * dcs) = *(const T *)(src + c * scs);                                \
            }                                                                                                                          \
        }                                                                                                                              \
    }
COPY(w8)
COPY(w16)
COPY(w32)
COPY(w64)
COPY(w128)

typedef w32 __attribute__((vector_size(16))) four32;
typedef w32 __attribute__((vector_size(16), aligned(4))) four32_unaligned;

/* A transpose, 4 x 4 at a time: columns lie contiguous in src, rows in dst. A cache line of src holds 16 rows of a column: they are all
 * taken before the next four columns are, whose lines would, a power of two apart, fall into the same few places of the cache. */
static void transpose_w32(char *dst, int64_t drs, const char *src, int64_t scs, int64_t rows, int64_t cols) {
    const int64_t whole_rows = rows & ~(int64_t)3, whole_cols = cols & ~(int64_t)3;
    for (int64_t c = 0; c < whole_cols; c += 4)
        for (int64_t r = 0; r < whole_rows; r += 4) {
            const char *from = src + r * 4 + c * scs;
            char *to = dst + r * drs + c * 4;
            const four32 a = *(const four32_unaligned *)from, b = *(const four32_unaligned *)(from + scs);
            const four32 d = *(const four32_unaligned *)(from + 2 * scs), e = *(const four32_unaligned *)(from + 3 * scs);
            const four32 ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), AB = __builtin_shufflevector(a, b, 2, 6, 3, 7);
            const four32 de = __builtin_shufflevector(d, e, 0, 4, 1, 5), DE = __builtin_shufflevector(d, e, 2, 6, 3, 7);
            *(four32_unaligned *)to = __builtin_shufflevector(ab, de, 0, 1, 4, 5);
            *(four32_unaligned *)(to + drs) = __builtin_shufflevector(ab, de, 2, 3, 6, 7);
            *(four32_unaligned *)(to + 2 * drs) = __builtin_shufflevector(AB, DE, 0, 1, 4, 5);
            *(four32_unaligned *)(to + 3 * drs) = __builtin_shufflevector(AB, DE, 2, 3, 6, 7);
        }
    copy_w32(dst + whole_cols * 4, drs, 4, src + whole_cols * scs, 4, scs, whole_rows, cols - whole_cols);
    copy_w32(dst + whole_rows * drs, drs, 4, src + whole_rows * 4, 4, scs, rows - whole_rows, cols);
}

/* One row, packed `rows` times: each copy doubles what is there. */
static void repeat_row(char *dst, const char *src, int64_t scs, int64_t rows, int64_t cols, int64_t size) {
    const int64_t row = cols * size;
    mg_copy_tile(dst, row, size, src, 0, scs, 1, cols, size);
    for (int64_t have = 1; have < rows; have *= 2) memcpy(dst + have * row, dst, (size_t)((rows - have < have ? rows - have : have) * row));
}

void mg_copy_tile(char *dst, int64_t drs, int64_t dcs, const char *src, int64_t srs, int64_t scs, int64_t rows, int64_t cols,
                  int64_t size) {
    if (srs == 0 && rows > 1 && dcs == size && drs == cols * size) {
        repeat_row(dst, src, scs, rows, cols, size);
        return;
    }
    switch (size) {
    case 1:
        copy_w8(dst, drs, dcs, src, srs, scs, rows, cols);
        break;
    case 2:
        copy_w16(dst, drs, dcs, src, srs, scs, rows, cols);
        break;
    case 4:
        if (dcs == 4 && srs == 4 && scs != 4)
            transpose_w32(dst, drs, src, scs, rows, cols);
        else if (drs == 4 && scs == 4 && dcs != 4) /* the same, seen from the other side */
            transpose_w32(dst, dcs, src, srs, cols, rows);
        else
            copy_w32(dst, drs, dcs, src, srs, scs, rows, cols);
        break;
    case 8:
        copy_w64(dst, drs, dcs, src, srs, scs, rows, cols);
        break;
    default:
        copy_w128(dst, drs, dcs, src, srs, scs, rows, cols);
        break;
    }
}
