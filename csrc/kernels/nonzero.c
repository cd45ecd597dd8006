/* nonzero.c: where a mask is true.
 *   nonzero   a[0] out i64 (k, ndim) or, flat, (k,); a[1] in bool, contiguous, with k true elements
 *             rows of coordinates, or positions, in order
 * The mask is read eight elements at a time, and where all are false no further. In the (k, ndim) form that is done row by row along the
 * last axis, the other coordinates being those of the row. */
#include <string.h>

#include "kernels.h"

/* The elements of mask[0, n) that are true, eight at a time where all are false: `hit` is done for each index i. */
#define FOR_TRUE(mask, n, i, hit)                               \
    for (int64_t first = 0; first < (n); first += 8) {          \
        const int64_t last = (n) - first < 8 ? (n) : first + 8; \
        uint64_t word = 0;                                      \
        memcpy(&word, (mask) + first, (size_t)(last - first));  \
        if (!word) continue;                                    \
        for (int64_t i = first; i < last; i++)                  \
            if ((mask)[i]) hit;                                 \
    }

mg_status MG_FN(nonzero, i64)(const mg_array *a, const mg_param *p) {
    (void)p;
    int64_t *out = a[0].data;
    const bool *mask = a[1].data;
    const int ndim = a[1].ndim;
    if (a[0].ndim == 1) {
        FOR_TRUE(mask, mg_numel(&a[1]), i, *out++ = i)
        return MG_OK;
    }
    if (ndim == 0) return MG_OK;
    const int64_t n = a[1].shape[ndim - 1], rows = n ? mg_numel(&a[1]) / n : 0;
    int64_t at[MG_MAX_DIMS] = {0};
    for (int64_t r = 0; r < rows; r++, mask += n) {
        FOR_TRUE(mask, n, i, {
            memcpy(out, at, sizeof(int64_t) * (size_t)(ndim - 1));
            out[ndim - 1] = i;
            out += ndim;
        })
        for (int d = ndim - 2; d >= 0 && ++at[d] == a[1].shape[d]; d--) at[d] = 0;
    }
    return MG_OK;
}
