/* copy.c: copies between any two layouts. */
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

void mg_copy_tile(char *dst, int64_t drs, int64_t dcs, const char *src, int64_t srs, int64_t scs, int64_t rows, int64_t cols,
                  int64_t size) {
    switch (size) {
    case 1:
        copy_w8(dst, drs, dcs, src, srs, scs, rows, cols);
        break;
    case 2:
        copy_w16(dst, drs, dcs, src, srs, scs, rows, cols);
        break;
    case 4:
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
