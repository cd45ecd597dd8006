/* minigrad.h: what the C side of minigrad is, in one page.
 *
 * The C side knows no Python. It offers storage (storage.c), a thread pool (pool.c) with scratch memory per thread (scratch.c) and a
 * table of kernels (dispatch.c), one table per instruction set, chosen once at start by what the CPU can do.
 *
 * THE KERNEL CONTRACT
 *   mg_status kernel(const mg_array *a, const mg_param *p)
 *   - `a` holds the outputs, then the inputs; what each is stands in the comment above the kernel. An optional array that
 *     was not given has data == NULL. `p` holds the parameters in the order that the same comment gives.
 *   - Strides count elements, not bytes, and may be zero (broadcast) or negative. Unless its comment says "any strides",
 *     a kernel may rely on C-contiguous arrays: the caller copies others first. Zero-size arrays are legal everywhere.
 *   - Outputs never overlap inputs, except where the comment says "in place"; they arrive uninitialised and are written in
 *     full. Nothing outside an array's elements is read or written.
 *   - The caller has validated shapes and dtypes; the kernel only asserts. What depends on the data (an index out of
 *     range) is checked before anything is written, and returned as a status.
 *   - No malloc, stdio, errno or mutable globals; work memory comes from mg_scratch. The floating-point state stays as it was.
 *   - NaN and infinity propagate as in the op's NumPy reference.
 *   - Results are the same bits for every number of threads: work is split over independent outputs, or a reduction into
 *     blocks of a size that does not depend on the number of threads, combined in a fixed order.
 *
 * TO ADD A KERNEL: write its body in a file of kernels/, under the name MG_FN(name, dtype), and its line in kernels/kernels.def.
 * Every file of kernels/ is compiled once per instruction set (setup.py says with which flags).
 */
#ifndef MINIGRAD_H
#define MINIGRAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MG_MAX_DIMS 8  /* of a tensor */
#define MG_MAX_ARGS 16 /* arrays of one launch, except where the kernel takes a list */

typedef enum { MG_BOOL, MG_U8, MG_I8, MG_I16, MG_I32, MG_I64, MG_F16, MG_BF16, MG_F32, MG_F64, MG_C64, MG_C128, MG_NUM_DTYPES } mg_dtype;

typedef enum {
    MG_OK = 0,
    MG_NO_MEMORY, /* scratch memory could not be had */
    MG_BAD_INDEX, /* an index array holds a value outside the axis it indexes */
    MG_NO_KERNEL, /* the table has no entry for this kernel and dtype */
} mg_status;

typedef struct {
    void *data; /* first element; NULL: optional array not given */
    const int64_t *shape;
    const int64_t *strides; /* in elements */
    int32_t ndim;
    int32_t dtype; /* mg_dtype */
} mg_array;

typedef union {
    int64_t i;
    double f;
} mg_param;

typedef mg_status (*mg_kernel)(const mg_array *a, const mg_param *p);

static inline int64_t mg_numel(const mg_array *a) {
    int64_t n = 1;
    for (int32_t d = 0; d < a->ndim; d++) n *= a->shape[d];
    return n;
}

/* ---- dispatch.c: the table ---- */

/* Fill the table for the best instruction set that the CPU has; `isa` names another one ("base", "avx2", "avx512"), NULL
 * means the best. Returns the name of the table in use, or NULL if `isa` is unknown or the CPU lacks it (the table is then as before).
 * Not to be called while kernels run. */
const char *mg_init(const char *isa);
int mg_num_isas(void);              /* tables that this build holds and this CPU can run */
const char *mg_isa_name(int index); /* best last */
const char *mg_isa(void);           /* the one in use */

int mg_kernel_id(const char *name); /* -1 if there is none */
int mg_num_kernels(void);
const char *mg_kernel_name(int id);
/* Row of a kernel: MG_NUM_DTYPES entries, NULL where there is no kernel for the dtype. It stays valid and follows mg_init. */
const mg_kernel *mg_kernel_row(int id);

size_t mg_dtype_size(int dtype);

/* ---- storage.c: reference-counted, 64-byte aligned memory; per-thread free lists by size class ---- */

typedef struct mg_storage {
    void *data;       /* 64-byte aligned when ours */
    size_t nbytes;    /* as asked for */
    int64_t refcount; /* atomic */
    int64_t version;  /* counts in-place changes; shared by all views */
    void *owner;      /* foreign memory: passed to `release` when the last reference goes */
    void (*release)(void *owner);
    size_t block; /* size class, private to storage.c */
} mg_storage;

mg_storage *mg_storage_new(size_t nbytes); /* uninitialised; NULL if out of memory */
/* Foreign memory: kept alive until `release(owner)`. */
mg_storage *mg_storage_wrap(void *data, size_t nbytes, void *owner, void (*release)(void *owner));
void mg_storage_free(mg_storage *s); /* private: called by the last mg_storage_decref */
static inline void mg_storage_incref(mg_storage *s) { __atomic_fetch_add(&s->refcount, 1, __ATOMIC_RELAXED); }
static inline void mg_storage_decref(mg_storage *s) {
    /* Nobody can take another reference while we hold the only one: no atomic subtraction then, which costs more than all the rest. */
    const bool only = __atomic_load_n(&s->refcount, __ATOMIC_ACQUIRE) == 1;
    if (only || __atomic_sub_fetch(&s->refcount, 1, __ATOMIC_ACQ_REL) == 0) mg_storage_free(s);
}
size_t mg_memory_in_use(void); /* bytes in live storages of ours; of other threads to within 256 KB each */
size_t mg_memory_peak(void);   /* highest mg_memory_in_use since the last reset */
void mg_memory_reset_peak(void);
void mg_memory_trim(void); /* give the large free blocks of the calling thread back to the system */

/* ---- pool.c: threads ---- */

#define MG_MAX_THREADS 256
int mg_num_threads(void);       /* at first MINIGRAD_NUM_THREADS of the environment, else mg_available_cpus() */
void mg_set_num_threads(int n); /* 1 means: no worker is used */
int mg_available_cpus(void);    /* cpus.c: by affinity and cgroup quota */
/* The quota alone, 0 if there is none; `table` is "/proc/self/cgroup" and `mount` "/sys/fs/cgroup", except in tests. */
int mg_cgroup_cpus(const char *table, const char *mount);

/* Run fn(ctx, begin, end) over [0, n) in pieces of `grain` (the last may be shorter); the caller takes part. Pieces are handed
 * out dynamically, so fn must not care which thread runs which piece or in what order; but a thread begins with neighbouring pieces,
 * and with those at the same part of the range in every call: what it wrote there is still in its cache. Serial when n <= grain, with one
 * thread, or when called from inside a piece. A grain should be worth at least some 50 us of work. */
typedef void (*mg_task)(void *ctx, int64_t begin, int64_t end);
void mg_parallel(int64_t n, int64_t grain, mg_task fn, void *ctx);
int mg_thread(void); /* inside a piece: the number of this thread, below MG_MAX_THREADS; no other runs pieces of the call under it */

/* ---- scratch.c: work memory ---- */

/* Work memory of the calling thread, 64-byte aligned, kept between calls, grown on demand and freed when the thread ends. Slots are
 * independent; a pointer is valid until the same thread asks for the same slot again. NULL if out of memory.
 * Slots 0 and 1 belong to gemm (callers of gemm must not use them across the call), 2 and 3 to everybody else, 4 and 5 to kernels that
 * call other kernels meanwhile. */
#define MG_SCRATCH_SLOTS 6
void *mg_scratch(int slot, size_t nbytes);

#endif
