/* conv_planes.c: copy channels of an image into padded planes (conv_direct.h), once for all that reads them. */
#include "conv_direct.h"

enum { LANES = MG_F32_LANES };

static inline void copy_row(float *to, const float *from, int64_t n) {
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) vf32_store(to + i, vf32_load(from + i));
    if (i < n) vf32_store_n(to + i, vf32_load_n(from + i, n - i), n - i);
}

void MG_FN(conv_fill_planes, f32)(const mg_planes *q, float *planes, const float *x, int64_t channels) {
    for (int64_t c = 0; c < channels; c++, x += q->h * q->w)
        for (int64_t a = 0; a < q->phases_y; a++) {
            const mg_range rows = mg_inside(q->y0 + a, q->sy, q->h, q->rows);
            for (int64_t b = 0; b < q->phases_x; b++, planes += q->phase) {
                const mg_range columns = mg_inside(q->x0 + b, q->sx, q->w, q->pitch);
                const int64_t n = columns.hi - columns.lo;
                for (int64_t r = rows.lo; r < rows.hi; r++) {
                    float *restrict to = planes + r * q->pitch + columns.lo;
                    const float *restrict from = x + (r * q->sy + a + q->y0) * q->w + columns.lo * q->sx + b + q->x0;
                    if (q->sx == 1)
                        copy_row(to, from, n);
                    else if (q->sx == 2)
                        for (int64_t i = 0; i < n; i++) to[i] = from[2 * i];
                    else
                        for (int64_t i = 0; i < n; i++) to[i] = from[i * q->sx];
                }
            }
        }
}
