/* rows.h: loops over the vectors of a row, for the bodies of floats.h.
 *
 * ROW(n, {...}) runs the block for j = 0, LANES, 2 * LANES... below n; the last time it may have fewer than LANES elements left. In the
 * block GET(x)          is x[j], x[j + 1]..., zeros after the end of the row PUT(y, v)       stores v there, and nothing after the end
 *   ONLY(v, other)  is v, and other after the end
 * The block is compiled twice, for full vectors and for the rest. */
#ifndef MG_ROWS_H
#define MG_ROWS_H

#define ROW(n, ...)                                                         \
    do {                                                                    \
        int64_t j = 0;                                                      \
        for (const int64_t m = LANES; j + LANES <= (n); j += m) __VA_ARGS__ \
        const int64_t m = (n) - j;                                          \
        if (m) __VA_ARGS__                                                  \
    } while (0)
#define GET(x) (m == LANES ? V(load)((x) + j) : V(load_n)((x) + j, m))
#define PUT(y, v)                      \
    do {                               \
        if (m == LANES)                \
            V(store)((y) + j, v);      \
        else                           \
            V(store_n)((y) + j, v, m); \
    } while (0)
#define ONLY(v, other) (m == LANES ? (v) : V(first_n)(v, other, m))

#endif
