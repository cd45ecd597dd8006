/* triangular.c: triangular systems, and LU factors with exchange of rows.
 *
 *   solve_triangular   a[0] out X (..., n, k) contiguous;  a[1] in A (..., n, n), a[2] in B (..., n, k), both any strides
 *                      p  upper, unit: A X = B with the upper or lower triangle of A, whose diagonal counts as ones
 *   lu                 a[0] out LU (..., m, n), a[1] out pivots int32 (..., min(m, n)), a[2] in A (..., m, n)
 *                      p  pivot: rows may change places; pivots[i] is the row, counted from 1, that row i + 1 changed with
 *
 * Both halve the problem until BASE rows or columns are left, so that nearly all of the work is products:
 *
 *   A11 X1 = B1, B2 -= A21 X1, A22 X2 = B2             (upper: from the end)
 *   [A11; A21] = L1 U11, U12 = L11^-1 A12, A22 -= L21 U12, A22 = L22 U22     (Toledo, SIAM J. Matrix Anal. Appl. 18, 1997)
 *
 * gemm adds a product and these subtract one: the factor at hand is copied with its sign turned, into contiguous memory.
 * Elements run along rows: an exchange of rows is one pass over two rows, and the smallest systems are sums of multiples of rows.
 * A pivot is the first element of largest magnitude, or the first NaN. A column of zeros is left as it is, and its pivot is 0.
 * Threads share the matrices of a stack; the products of a single large one share themselves. */
#ifndef MG_BODY
#define MG_BODY "triangular.c"
#include "gemm.h"

enum {
    BASE = 8,        /* rows or columns that are not halved further */
    SMALL = 1 << 12, /* multiply-adds below which a product is not worth gemm's beginning */
    GRAIN = 1 << 17, /* multiply-adds of a piece for a thread */
    ALONE = 1 << 22, /* multiply-adds from which on a matrix has work for all threads */
};

/* Where matrix i of a stack begins, in elements. */
static int64_t offset_of(const mg_array *a, int64_t i) {
    int64_t at = 0;
    for (int d = a->ndim - 3; d >= 0; d--) at += i % a->shape[d] * a->strides[d], i /= a->shape[d];
    return at;
}

static int64_t count_of(const mg_array *a) {
    int64_t n = 1;
    for (int d = a->ndim - 3; d >= 0; d--) n *= a->shape[d];
    return n;
}

typedef struct {
    const mg_array *a;
    bool flags[2];
    mg_status status; /* of a matrix that failed */
} stack;

static mg_status over_stack(stack *s, int64_t work, mg_task matrices) {
    const int64_t count = count_of(s->a);
    if (mg_numel(s->a) == 0) return MG_OK;
    if (work >= ALONE)
        matrices(s, 0, count);
    else
        mg_parallel(count, 1 + GRAIN / (work + 64), matrices, s);
    return s->status;
}

#include "floats.h"
#else

/* y[0:n] -= sum over p of f[p * sf] x[p * ldx + 0:n] */
static void FN(subtract_rows)(real *y, const real *f, int64_t sf, const real *x, int64_t ldx, int64_t count, int64_t n) {
    int64_t j = 0;
    for (; j + 4 * LANES <= n; j += 4 * LANES) {
        vreal s0 = V(load)(y + j), s1 = V(load)(y + j + LANES), s2 = V(load)(y + j + 2 * LANES), s3 = V(load)(y + j + 3 * LANES);
        for (int64_t p = 0; p < count; p++) {
            const vreal w = V(set1)(-f[p * sf]);
            const real *r = x + p * ldx + j;
            s0 = V(fma)(w, V(load)(r), s0), s1 = V(fma)(w, V(load)(r + LANES), s1);
            s2 = V(fma)(w, V(load)(r + 2 * LANES), s2), s3 = V(fma)(w, V(load)(r + 3 * LANES), s3);
        }
        V(store)(y + j, s0), V(store)(y + j + LANES, s1), V(store)(y + j + 2 * LANES, s2), V(store)(y + j + 3 * LANES, s3);
    }
    for (; j < n; j += LANES) {
        const int64_t left = n - j < LANES ? n - j : LANES;
        vreal s = V(load_n)(y + j, left);
        for (int64_t p = 0; p < count; p++) s = V(fma)(V(set1)(-f[p * sf]), V(load_n)(x + p * ldx + j, left), s);
        V(store_n)(y + j, s, left);
    }
}

/* C -= A B for C (m, n), A (m, k), B (k, n); rows of C and B lie contiguous. */
static mg_status FN(subtract_product)(real *c, int64_t ldc, const real *a, int64_t rsa, int64_t csa, const real *b, int64_t ldb, int64_t m,
                                      int64_t n, int64_t k) {
    if (n > 1 && m * n * k < SMALL) {
        for (int64_t i = 0; i < m; i++) FN(subtract_rows)(c + i * ldc, a + i * rsa, csa, b, ldb, k, n);
        return MG_OK;
    }
    const bool left = m <= n; /* the smaller factor is copied */
    real *minus = mg_scratch(2, sizeof(real) * (size_t)(left ? m : n) * (size_t)k);
    if (!minus) return MG_NO_MEMORY;
    mg_gemm g = {
        .m = m, .n = n, .k = k, .a = a, .rsa = rsa, .csa = csa, .b = b, .rsb = ldb, .csb = 1, .c = c, .ldc = ldc, .accumulate = true};
    if (left) {
        for (int64_t i = 0; i < m; i++)
            for (int64_t p = 0; p < k; p++) minus[i * k + p] = -a[i * rsa + p * csa];
        g.a = minus, g.rsa = k, g.csa = 1;
    } else {
        for (int64_t p = 0; p < k; p++)
            for (int64_t j = 0; j < n; j++) minus[p * n + j] = -b[p * ldb + j];
        g.b = minus, g.rsb = n;
    }
    return FN(gemm)(&g);
}

/* ---- triangular systems ---- */

static mg_status FN(substitute)(real *x, int64_t ldx, const real *a, int64_t rs, int64_t cs, int64_t n, int64_t k, bool upper, bool unit) {
    if (n <= BASE) {
        for (int64_t s = 0; s < n; s++) {
            const int64_t i = upper ? n - 1 - s : s, first = upper ? i + 1 : 0;
            FN(subtract_rows)(x + i * ldx, a + i * rs + first * cs, cs, x + first * ldx, ldx, s, k);
            if (unit) continue;
            const real d = a[i * rs + i * cs];
            for (int64_t j = 0; j < k; j++) x[i * ldx + j] /= d;
        }
        return MG_OK;
    }
    const int64_t h = (n / 2 + BASE - 1) / BASE * BASE;
    const int64_t from = upper ? h : 0, to = upper ? 0 : h, known = upper ? n - h : h, open = n - known;
    mg_status status = FN(substitute)(x + from * ldx, ldx, a + from * (rs + cs), rs, cs, known, k, upper, unit);
    if (status == MG_OK)
        status = FN(subtract_product)(x + to * ldx, ldx, a + to * rs + from * cs, rs, cs, x + from * ldx, ldx, open, k, known);
    return status != MG_OK ? status : FN(substitute)(x + to * ldx, ldx, a + to * (rs + cs), rs, cs, open, k, upper, unit);
}

static void FN(systems)(void *ctx, int64_t begin, int64_t end) {
    stack *s = ctx;
    const mg_array *X = s->a, *A = X + 1, *B = X + 2;
    const int d = X->ndim - 2;
    const int64_t n = X->shape[d], k = X->shape[d + 1];
    for (int64_t i = begin; i < end; i++) {
        real *x = (real *)X->data + i * n * k;
        const real *b = (const real *)B->data + offset_of(B, i);
        for (int64_t r = 0; r < n; r++)
            for (int64_t j = 0; j < k; j++) x[r * k + j] = b[r * B->strides[d] + j * B->strides[d + 1]];
        const mg_status status =
            FN(substitute)(x, k, (const real *)A->data + offset_of(A, i), A->strides[d], A->strides[d + 1], n, k, s->flags[0], s->flags[1]);
        if (status != MG_OK) __atomic_store_n(&s->status, status, __ATOMIC_RELAXED);
    }
}

mg_status FN(solve_triangular)(const mg_array *a, const mg_param *p) {
    const int64_t n = a->shape[a->ndim - 2], k = a->shape[a->ndim - 1];
    stack s = {.a = a, .flags = {p[0].i != 0, p[1].i != 0}, .status = MG_OK};
    return over_stack(&s, n * n * k / 2, FN(systems));
}

/* ---- LU ---- */

typedef struct {
    real *a; /* the whole matrix */
    int64_t m, ld;
    int32_t *pivots;
    bool pivot;
} FN(factor_args);

/* The first of the rows [i, m) whose element in column j is largest. */
static int64_t FN(pivot_of)(const FN(factor_args) * q, int64_t i, int64_t j) {
    int64_t best = i;
    real most = -1;
    for (; i < q->m; i++) {
        const real x = q->a[i * q->ld + j], size = x < 0 ? -x : x;
        if (!(size <= most)) {
            best = i, most = size;
            if (size != size) break;
        }
    }
    return best;
}

/* Columns [j0, j0 + n), of which the rows above j0 are done. */
static mg_status FN(factor)(const FN(factor_args) * q, int64_t j0, int64_t n) {
    real *a = q->a;
    const int64_t m = q->m, ld = q->ld, k = m - j0 < n ? m - j0 : n;
    if (n > BASE && k > 0) {
        const int64_t h = (n / 2 + BASE - 1) / BASE * BASE, done = k < h ? k : h, j1 = j0 + h;
        mg_status status = FN(factor)(q, j0, h);
        if (status == MG_OK) status = FN(substitute)(a + j0 * ld + j1, ld, a + j0 * ld + j0, ld, 1, done, n - h, false, true);
        if (status == MG_OK && m > j1)
            status = FN(subtract_product)(a + j1 * ld + j1, ld, a + j1 * ld + j0, ld, 1, a + j0 * ld + j1, ld, m - j1, n - h, h);
        return status != MG_OK || m <= j1 ? status : FN(factor)(q, j1, n - h);
    }
    for (int64_t j = j0; j < j0 + k; j++) {
        const int64_t at = q->pivot ? FN(pivot_of)(q, j, j) : j;
        q->pivots[j] = (int32_t)(at + 1);
        if (at != j)
            for (int64_t c = 0; c < ld; c++) {
                const real x = a[j * ld + c];
                a[j * ld + c] = a[at * ld + c], a[at * ld + c] = x;
            }
        const real d = a[j * ld + j];
        for (int64_t i = j + 1; i < m; i++) {
            real *row = a + i * ld;
            row[j] = d == 0 ? 0 : row[j] / d;
            FN(subtract_rows)(row + j + 1, row + j, 1, a + j * ld + j + 1, ld, 1, j0 + n - j - 1);
        }
    }
    return MG_OK;
}

static void FN(factors)(void *ctx, int64_t begin, int64_t end) {
    stack *s = ctx;
    const int d = s->a->ndim - 2;
    const int64_t m = s->a->shape[d], n = s->a->shape[d + 1], k = m < n ? m : n;
    real *lu = (real *)s->a[0].data + begin * m * n;
    const real *from = (const real *)s->a[2].data + begin * m * n;
    for (int64_t i = begin; i < end; i++, lu += m * n, from += m * n) {
        for (int64_t j = 0; j < m * n; j++) lu[j] = from[j];
        const FN(factor_args) q = {lu, m, n, (int32_t *)s->a[1].data + i * k, s->flags[0]};
        const mg_status status = FN(factor)(&q, 0, n);
        if (status != MG_OK) __atomic_store_n(&s->status, status, __ATOMIC_RELAXED);
    }
}

mg_status FN(lu)(const mg_array *a, const mg_param *p) {
    const int64_t m = a->shape[a->ndim - 2], n = a->shape[a->ndim - 1], k = m < n ? m : n;
    stack s = {.a = a, .flags = {p[0].i != 0}, .status = MG_OK};
    return over_stack(&s, m * n * k / 2, FN(factors));
}
#endif
