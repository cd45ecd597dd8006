# What the engine uses of csrc/minigrad.h; the comments are there.
from libc.stdint cimport int32_t, int64_t

cdef extern from "minigrad.h" nogil:
    enum: MG_MAX_DIMS
    enum: MG_MAX_ARGS
    enum: MG_BOOL, MG_U8, MG_I8, MG_I16, MG_I32, MG_I64, MG_F16, MG_BF16, MG_F32, MG_F64, MG_C64, MG_C128, MG_NUM_DTYPES
    enum: MG_OK, MG_NO_MEMORY, MG_BAD_INDEX, MG_NO_KERNEL

    ctypedef struct mg_array:
        void *data
        const int64_t *shape
        const int64_t *strides
        int32_t ndim
        int32_t dtype

    ctypedef union mg_param:
        int64_t i
        double f

    ctypedef int (*mg_kernel)(const mg_array *a, const mg_param *p) noexcept nogil

    const char *mg_init(const char *isa)
    int mg_num_isas()
    const char *mg_isa_name(int index)
    const char *mg_isa()
    int mg_kernel_id(const char *name)
    int mg_num_kernels()
    const char *mg_kernel_name(int id)
    const mg_kernel *mg_kernel_row(int id)
    size_t mg_dtype_size(int dtype)

    ctypedef struct mg_storage:
        void *data
        size_t nbytes
        int64_t refcount
        int64_t version

    mg_storage *mg_storage_new(size_t nbytes)
    mg_storage *mg_storage_wrap(void *data, size_t nbytes, void *owner, void (*release)(void *) noexcept nogil)
    void mg_storage_incref(mg_storage *s)
    void mg_storage_decref(mg_storage *s)
    size_t mg_memory_in_use()
    size_t mg_memory_peak()
    void mg_memory_reset_peak()
    void mg_memory_trim()

    int mg_num_threads()
    void mg_set_num_threads(int n)
    int mg_available_cpus()
