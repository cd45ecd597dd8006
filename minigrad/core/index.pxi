# x[...]: the basic part is a view; index tensors and masks go on to minigrad/ops/index.py.

cdef tuple expand_key(Tensor x, object key):
    """The key as a tuple with one entry for each dimension (masks stand for several), Ellipsis filled in."""
    cdef int used = 0
    cdef bint dots = False
    if not isinstance(key, tuple):
        key = (key,)
    for k in key:
        if k is Ellipsis:
            if dots:
                raise IndexError("index: an index can hold only one ellipsis ('...')")
            dots = True
        elif k is None or isinstance(k, bool):
            pass
        elif is_mask(k):
            used += np.ndim(k) if not isinstance(k, Tensor) else (<Tensor>k).ndim_
        else:
            used += 1
    if used > x.ndim_:
        raise IndexError(f"index: {used} indices for a tensor of {x.ndim_} dimensions")
    fill_in = (slice(None),) * (x.ndim_ - used)
    if not dots:
        return key + fill_in
    out = []
    for k in key:
        if k is Ellipsis:
            out.extend(fill_in)
        else:
            out.append(k)
    return tuple(out)


cdef bint is_mask(object k):
    if isinstance(k, Tensor):
        return (<Tensor>k).dtype_ == MG_BOOL or ((<Tensor>k).dtype_ == MG_U8)
    if isinstance(k, (list, np.ndarray)):
        return np.asarray(k).dtype == np.bool_
    return isinstance(k, np.bool_)


cdef tuple parse_key(Tensor x, object key):
    """(entries of the basic part, [(dimension of the resulting view, index tensor), ...])."""
    cdef int d = 0, out = 0
    cdef int64_t i, n, start, stop, step
    cdef list entries = [], advanced = []
    for k in expand_key(x, key):
        if k is None:
            entries.append(None)
            out += 1
        elif isinstance(k, slice):
            n = x.shape_[d]
            try:
                start, stop, step = k.indices(n)
            except TypeError:
                raise TypeError(f"index: slice bounds must be integers or None, got {k}") from None
            if step > 0:
                n = (stop - start + step - 1) // step if stop > start else 0
            else:
                n = (start - stop - step - 1) // -step if start > stop else 0
            entries.append((start if n else 0, step, n))
            d, out = d + 1, out + 1
        elif isinstance(k, (bool, np.bool_)):
            entries.append(None)
            advanced.append((out, from_numpy(np.zeros(1 if k else 0, np.int64))))
            out += 1
        elif is_mask(k):
            mask = (<Tensor>k).numpy(force=True) if isinstance(k, Tensor) else np.asarray(k)
            if mask.shape != x.shape[d:d + mask.ndim]:
                raise IndexError(f"index: a mask of shape {mask.shape} does not fit dimensions {d} to {d + mask.ndim - 1} of shape {x.shape}")
            if mask.ndim == 0:
                entries.append(None)
                advanced.append((out, from_numpy(np.zeros(1 if mask else 0, np.int64))))
                out += 1
            for found in np.nonzero(mask) if mask.ndim else ():
                entries.append((0, 1, x.shape_[d]))
                advanced.append((out, from_numpy(np.array(found, np.int64))))
                d, out = d + 1, out + 1
        elif isinstance(k, (list, np.ndarray)) or (isinstance(k, Tensor) and (<Tensor>k).ndim_ > 0):
            if not isinstance(k, Tensor):
                k = np.asarray(k)
                if k.size == 0:
                    k = k.astype(np.int64)
                if k.dtype.kind not in "iu":
                    raise IndexError(f"index: index arrays must be integers or bool, got dtype {k.dtype}")
                k = from_numpy(np.array(k, np.int64))
            elif CATEGORY[(<Tensor>k).dtype_] != INTEGER:
                raise IndexError(f"index: index tensors must be integers or bool, got dtype {k.dtype.name}")
            entries.append((0, 1, x.shape_[d]))
            advanced.append((out, cast_to(<Tensor>k, MG_I64)))
            d, out = d + 1, out + 1
        else:
            try:
                i = k.__index__()
            except (AttributeError, TypeError):
                raise IndexError(f"index: expected integers, slices, '...', None, index tensors or masks, got {type(k).__name__}") from None
            if i < -x.shape_[d] or i >= x.shape_[d]:
                raise IndexError(f"index: {i} is out of range for dimension {d} of size {x.shape_[d]}")
            entries.append(i + x.shape_[d] if i < 0 else i)
            d += 1
    return tuple(entries), advanced


cdef Tensor basic_window(Tensor x, tuple entries):
    cdef int64_t shape[8]
    cdef int64_t strides[8]
    cdef int64_t offset = 0
    cdef int d = 0, n = 0
    for e in entries:
        if n == MG_MAX_DIMS and (e is None or isinstance(e, tuple)):
            raise ShapeError(f"index: the result would have more than {MG_MAX_DIMS} dimensions")
        if e is None:
            shape[n], strides[n] = 1, 0
            n += 1
        elif isinstance(e, tuple):
            start, step, count = <tuple>e
            shape[n], strides[n] = count, x.strides_[d] * <int64_t>step
            offset += x.strides_[d] * <int64_t>start
            d, n = d + 1, n + 1
        else:
            offset += x.strides_[d] * <int64_t>e
            d += 1
    return window(x, n, shape, strides, offset)


cdef Tensor basic_view(Tensor x, tuple entries):
    return recorded_view(SLICE, x, (entries,), basic_window(x, entries))


def slice_view(Tensor x, tuple entries):
    """x[...] for parsed entries; a recorded view."""
    return basic_view(x, entries)


def slice_scatter_zeros(Tensor g, tuple shape, tuple entries):
    """Zeros of `shape` with g at the entries; not recorded."""
    cdef Tensor y = full(shape, 0, g.dtype_)
    write_into(basic_window(y, entries), g)
    return y


cdef object get_item(Tensor x, object key):
    cdef int64_t i
    cdef int64_t shape[8]
    if type(key) is int and x.ndim_ > 0:
        i = key
        if i < -x.shape_[0] or i >= x.shape_[0]:
            raise IndexError(f"index: {i} is out of range for dimension 0 of size {x.shape_[0]}")
        if i < 0:
            i += x.shape_[0]
        y = window(x, x.ndim_ - 1, x.shape_ + 1, x.strides_ + 1, i * x.strides_[0])
        if x.batch is None and (not mg_grad_mode or not requires_grad(x)):
            (<Tensor>y).base = x if x.base is None else x.base
            (<Tensor>y).rebased = (<Tensor>y).base.rebased
            return y
    if isinstance(key, Tensor) and x.ndim_ > 0:
        if (<Tensor>key).dtype_ == MG_I64 and (<Tensor>key).ndim_ > 0:
            return picked(x, 0, <Tensor>key)
        if covers(<Tensor>key, x):
            return masked_rows(x, <Tensor>key)
    entries, advanced = parse_key(x, key)
    y = basic_view(x, entries)
    return y if not advanced else advanced_get(y, advanced)


cdef int set_item(Tensor x, object key, object value) except -1:
    cdef Tensor y
    if isinstance(key, Tensor) and (<Tensor>key).ndim_ == x.ndim_ and covers(<Tensor>key, x) and -1 < scalar_code(value) <= MG_F64 and CATEGORY[scalar_code(value)] <= CATEGORY[x.dtype_]:
        x.masked_fill_(key, value)
        return 0
    entries, advanced = parse_key(x, key)
    y = basic_view(x, entries)
    if advanced:
        advanced_set(y, advanced, value)
        return 0
    if isinstance(value, Tensor) and (<Tensor>value).ndim_ > y.ndim_:
        value = value.reshape(value.shape[value.ndim - y.ndim_:]) if all(s == 1 for s in value.shape[:value.ndim - y.ndim_]) else value
    assign(y, value)
    return 0


def write(Tensor x, tuple entries, Tensor value):
    """x[...] = value for parsed entries; neither recorded nor versioned: for ops that fill their own result."""
    write_into(basic_window(x, entries), value)
