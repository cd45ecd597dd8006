# The geometry of views: plans of the view ops in minigrad/ops/shape.py. Each gives an unrecorded window.

def plan_transpose(Tensor x, dim0, dim1):
    cdef int a = wrap_dim("transpose", dim0, x.ndim_), b = wrap_dim("transpose", dim1, x.ndim_)
    cdef int64_t shape[8]
    cdef int64_t strides[8]
    memcpy(shape, x.shape_, x.ndim_ * sizeof(int64_t))
    memcpy(strides, x.strides_, x.ndim_ * sizeof(int64_t))
    if x.ndim_:
        shape[a], shape[b] = x.shape_[b], x.shape_[a]
        strides[a], strides[b] = x.strides_[b], x.strides_[a]
    return window(x, x.ndim_, shape, strides, 0)


def plan_permute(Tensor x, dims):
    cdef int64_t shape[8]
    cdef int64_t strides[8]
    cdef int n = 0, d
    if len(dims) != x.ndim_:
        raise ShapeError(f"permute: expected {x.ndim_} dimensions for shape {x.shape}, got {tuple(dims)}")
    seen = 0
    for v in dims:
        d = wrap_dim("permute", v, x.ndim_)
        if seen >> d & 1:
            raise ShapeError(f"permute: dimension {d} is named twice in {tuple(dims)}")
        seen |= 1 << d
        shape[n], strides[n] = x.shape_[d], x.strides_[d]
        n += 1
    return window(x, n, shape, strides, 0)


def plan_expand(Tensor x, sizes):
    cdef int64_t shape[8]
    cdef int64_t strides[8]
    cdef int n = len(sizes), lead = n - x.ndim_
    if lead < 0 or n > MG_MAX_DIMS:
        raise ShapeError(f"expand: shape {x.shape} cannot be expanded to {tuple(sizes)}")
    for d in range(n):
        shape[d], strides[d] = sizes[d], 0
        if d >= lead:
            if shape[d] == -1 or shape[d] == x.shape_[d - lead]:
                shape[d], strides[d] = x.shape_[d - lead], x.strides_[d - lead]
                continue
            if x.shape_[d - lead] != 1:
                raise ShapeError(f"expand: shape {x.shape} cannot be expanded to {tuple(sizes)}: dimension {d - n} has size {x.shape_[d - lead]}")
        if shape[d] < 0:
            raise ShapeError(f"expand: negative size {sizes[d]} in {tuple(sizes)}")
    check_count("expand", n, shape)
    return window(x, n, shape, strides, 0)


cdef int resolve_shape(str op, Tensor x, object sizes, int64_t *shape) except -1:
    """A target shape with at most one -1, checked against the element count; returns its ndim."""
    cdef int n = 0, free = -1
    cdef int64_t count = 1
    if len(sizes) > MG_MAX_DIMS:
        raise ShapeError(f"{op}: at most {MG_MAX_DIMS} dimensions, got {tuple(sizes)}")
    for s in sizes:
        try:
            shape[n] = s
        except OverflowError:
            raise ShapeError(f"{op}: shape {x.shape} of {x.size_} elements cannot become {tuple(sizes)}") from None
        if shape[n] == -1 and free < 0:
            free = n
        elif shape[n] < 0:
            raise ShapeError(f"{op}: {'more than one -1' if shape[n] == -1 else 'negative size'} in shape {tuple(sizes)}")
        elif shape[n] and count > (<int64_t>1 << 62) // shape[n]:
            raise ShapeError(f"{op}: shape {x.shape} of {x.size_} elements cannot become {tuple(sizes)}")
        else:
            count *= shape[n]
        n += 1
    if free >= 0 and count > 0:
        shape[free] = x.size_ // count
        count *= shape[free]
    elif free >= 0:
        raise ShapeError(f"{op}: -1 is ambiguous in {tuple(sizes)} for a tensor of {x.size_} elements")
    if count != x.size_:
        raise ShapeError(f"{op}: shape {x.shape} of {x.size_} elements cannot become {tuple(sizes)}")
    return n


cdef bint reshape_strides(Tensor x, int n, const int64_t *shape, int64_t *strides) noexcept:
    """Strides that show x's elements, in order, in another shape of the same size; False if there are none."""
    cdef int64_t step = 1, run, need
    cdef int d = x.ndim_ - 1, k = n - 1
    if x.contiguous_:
        for k in range(n - 1, -1, -1):
            strides[k] = step
            step *= shape[k] if shape[k] else 1
        return True
    while d >= 0:
        step, run = x.strides_[d], x.shape_[d]
        while d > 0 and (x.shape_[d - 1] == 1 or x.shape_[d] == 1 or x.strides_[d - 1] == x.shape_[d] * x.strides_[d]):
            if x.shape_[d] == 1 and run == 1:
                step = x.strides_[d - 1]
            elif x.shape_[d - 1] != 1 and x.shape_[d] == 1 and x.strides_[d - 1] != run * step:
                break
            d -= 1
            run *= x.shape_[d]
        need = 1
        while k >= 0 and (need < run or shape[k] == 1):
            strides[k] = need * step
            need *= shape[k]
            k -= 1
        if need != run:
            return False
        d -= 1
    while k >= 0:
        strides[k] = 1
        k -= 1
    return True


def plan_view(Tensor x, sizes):
    """The window of a new shape; raises ShapeError if the elements do not lie so."""
    cdef int64_t shape[8]
    cdef int64_t strides[8]
    cdef int n = resolve_shape("view", x, sizes, shape)
    if not reshape_strides(x, n, shape, strides):
        raise ShapeError(f"view: shape {x.shape} with strides {x.stride()} cannot be seen as {tuple(sizes)} without a copy; use reshape()")
    return window(x, n, shape, strides, 0)


def can_view(Tensor x, sizes):
    """Whether `view` to this shape needs no copy."""
    cdef int64_t shape[8]
    cdef int64_t strides[8]
    cdef int n = resolve_shape("reshape", x, sizes, shape)
    return reshape_strides(x, n, shape, strides)


def plan_unsqueeze(Tensor x, dim):
    cdef int64_t shape[8]
    cdef int64_t strides[8]
    cdef int d = wrap_dim("unsqueeze", dim, x.ndim_ + 1), at = 0
    if x.ndim_ == MG_MAX_DIMS:
        raise ShapeError(f"unsqueeze: the result would have more than {MG_MAX_DIMS} dimensions")
    for i in range(x.ndim_ + 1):
        if i == d:
            shape[i], strides[i] = 1, (x.strides_[at] * x.shape_[at] if at < x.ndim_ else 1)
        else:
            shape[i], strides[i] = x.shape_[at], x.strides_[at]
            at += 1
    return window(x, x.ndim_ + 1, shape, strides, 0)


def plan_squeeze(Tensor x, dim=None):
    cdef int64_t shape[8]
    cdef int64_t strides[8]
    cdef int n = 0
    cdef int chosen = 0
    if dim is not None:
        for v in (dim if isinstance(dim, (tuple, list)) else (dim,)):
            chosen |= 1 << wrap_dim("squeeze", v, x.ndim_)
    for d in range(x.ndim_):
        if x.shape_[d] == 1 and (dim is None or chosen >> d & 1):
            continue
        shape[n], strides[n] = x.shape_[d], x.strides_[d]
        n += 1
    return window(x, n, shape, strides, 0)


def plan_as_strided(Tensor x, size, stride, storage_offset=0):
    return window_of(x, size, stride, storage_offset)


def plan_slice(Tensor x, entries):
    return basic_window(x, entries)


# ---- complex numbers as pairs ----

cdef Tensor part(str op, Tensor x, int which):
    """The real (0) or imaginary (1) parts of a complex tensor."""
    cdef Tensor y = alias(x)
    if x.batch is not None:
        y.batch = part(op, x.batch, which)
    if CATEGORY[x.dtype_] != COMPLEX:
        raise DTypeError(f"{op}: expected a complex tensor, got dtype {x.dtype.name}")
    y.dtype_ = real_of(x.dtype_)
    y.ptr = x.ptr + which * <int64_t>SIZE[y.dtype_]
    for d in range(x.ndim_):
        y.strides_[d] = 2 * x.strides_[d]
    find_contiguous(y)
    return y


def plan_real(Tensor x):
    return part("real", x, 0)


def plan_imag(Tensor x):
    return part("imag", x, 1)


def plan_view_as_real(Tensor x):
    cdef Tensor y = part("view_as_real", x, 0)
    if x.ndim_ == MG_MAX_DIMS:
        raise ShapeError(f"view_as_real: the result would have more than {MG_MAX_DIMS} dimensions")
    y.shape_[x.ndim_], y.strides_[x.ndim_], y.ndim_ = 2, 1, x.ndim_ + 1
    if x.batch is not None:
        y.batch = plan_view_as_real(x.batch)
    find_contiguous(y)
    return y


def plan_view_as_complex(Tensor x):
    cdef Tensor y = alias(x)
    cdef int n = x.ndim_ - 1
    if x.dtype_ != MG_F32 and x.dtype_ != MG_F64:
        raise DTypeError(f"view_as_complex: expected float32 or float64, got {x.dtype.name}")
    if n < 0 or x.shape_[n] != 2:
        raise ShapeError(f"view_as_complex: expected a last dimension of size 2, got shape {x.shape}")
    odd = x.strides_[n] != 1 or ((x.ptr - <char *>x.storage.data) // <int64_t>SIZE[x.dtype_]) % 2
    y.dtype_, y.ndim_ = MG_C64 if x.dtype_ == MG_F32 else MG_C128, n
    for d in range(n):
        odd = odd or x.strides_[d] % 2
        y.strides_[d] = x.strides_[d] // 2
    if odd and x.size_:
        raise ShapeError(f"view_as_complex: the pairs do not lie together: strides {x.stride()}, offset {x.storage_offset()}; use contiguous()")
    if x.batch is not None:
        y.batch = plan_view_as_complex(x.batch)
    find_contiguous(y)
    return y
