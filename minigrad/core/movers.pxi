# What moves data along one dimension: joining, splitting, picking and placing. Plans of ops in minigrad/ops/shape.py and index.py, and the
# arguments' checks: at small sizes the geometry is most of the work.

def dimension(str op, dim, int ndim):
    """`dim` counted from the front; IndexError if there is none."""
    return wrap_dim(op, dim, ndim)


# ---- views ----

cdef tuple entries_at(Tensor x, int d, object chosen):
    """Entries of a basic index that is `chosen` in dimension d and all of every other."""
    cdef list entries = [(0, 1, n) for n in x.shape]
    entries[d] = chosen
    return tuple(entries)


cdef Tensor cut(Tensor x, int d, int64_t start, int64_t count):
    """`count` entries of dimension d from `start` on; a recorded view."""
    cdef int64_t shape[8]
    cdef Tensor y
    memcpy(shape, x.shape_, sizeof(shape))
    shape[d] = count
    y = window(x, x.ndim_, shape, x.strides_, start * x.strides_[d] if count else 0)
    if x.batch is None and not (mg_grad_mode and requires_grad(x)):
        y.base = x if x.base is None else x.base
        y.rebased = y.base.rebased
        return y
    return recorded_view(SLICE, x, (entries_at(x, d, (start, 1, count)),), y)


def narrow(Tensor x, dim, int64_t start, int64_t length):
    """`length` entries of dimension `dim` from `start` on; a view."""
    cdef int d = wrap_dim("narrow", dim, x.ndim_)
    cdef int64_t n = x.shape_[d] if x.ndim_ else 0, first = start + n if start < 0 else start
    if x.ndim_ == 0:
        raise ShapeError("narrow: a 0-d tensor has no dimension to cut")
    if first < 0 or length < 0 or first + length > n:
        raise ShapeError(f"narrow: {length} entries from {start} on reach outside dimension {d} of size {n}")
    return cut(x, d, first, length)


def split_sizes(Tensor x, int d, sizes):
    """Views of consecutive parts of dimension d; the sizes are known to add up to what there is."""
    cdef int64_t at = 0, size
    cdef list parts = []
    for s in sizes:
        size = s
        parts.append(cut(x, d, at, size))
        at += size
    return tuple(parts)


def split_evenly(Tensor x, int d, int64_t size):
    """Views of parts of one size along dimension d; the last may be smaller."""
    cdef int64_t n = x.shape_[d], at = 0
    cdef list parts = []
    if n == 0:
        return (cut(x, d, 0, 0),)
    while at < n:
        parts.append(cut(x, d, at, min(size, n - at)))
        at += size
    return tuple(parts)


cdef Tensor entry(Tensor x, int d, int64_t index):
    """Entry `index` of dimension d, which goes; a recorded view."""
    cdef int64_t shape[8]
    cdef int64_t strides[8]
    cdef int n = 0
    cdef Tensor y
    for i in range(x.ndim_):
        if i != d:
            shape[n], strides[n] = x.shape_[i], x.strides_[i]
            n += 1
    y = window(x, n, shape, strides, index * x.strides_[d])
    return recorded_view(SLICE, x, (entries_at(x, d, index),), y)


def select(Tensor x, dim, index):
    """Entry `index` of dimension `dim`, which goes; a view."""
    cdef int d = wrap_dim("select", dim, x.ndim_)
    cdef int64_t i
    try:
        i = index
    except TypeError:
        i = index.__index__()
    if x.ndim_ == 0:
        raise IndexError("select: a 0-d tensor has no entries")
    if i < -x.shape_[d] or i >= x.shape_[d]:
        raise IndexError(f"select: {i} is out of range for dimension {d} of size {x.shape_[d]}")
    return entry(x, d, i + x.shape_[d] if i < 0 else i)


def unbind(Tensor x, dim):
    """A tuple of views: the entries of dimension `dim`."""
    cdef int d = wrap_dim("unbind", dim, x.ndim_)
    if x.ndim_ == 0:
        raise ShapeError("unbind: a 0-d tensor has no entries")
    return tuple([entry(x, d, i) for i in range(x.shape_[d])])


# ---- joining ----

cdef const mg_kernel *CAT_ROW = mg_kernel_row(mg_kernel_id("cat"))


def join(Op op, tensors, dim, bint stacked):
    """`cat` (or, stacked, `stack`) of a list: what is joined has been checked and has one dtype."""
    cdef Tensor x, first
    cdef int d, code = -1
    cdef list kept = []
    name = "stack" if stacked else "cat"
    for t in tensors:
        if not isinstance(t, Tensor):
            raise TypeError(f"{name}: expected Tensors, got {type(t).__name__}")
        kept.append(t)
    if not kept:
        raise ShapeError(f"{name}: expected at least one tensor")
    if stacked:
        first = kept[0]
        d = wrap_dim("stack", dim, first.ndim_ + 1)
        for t in kept:
            if not same_shape(<Tensor>t, first):
                raise ShapeError(f"stack: expected tensors of one shape, got {first.shape} and {(<Tensor>t).shape}")
        kept = [view(UNSQUEEZE, <Tensor>t, (d,)) for t in kept]
    else:  # vectors of no elements fit to everything, as in PyTorch
        kept = [t for t in kept if (<Tensor>t).ndim_ != 1 or (<Tensor>t).shape_[0] != 0] or kept[:1]
        first = kept[0]
        if first.ndim_ == 0:
            raise ShapeError("cat: 0-d tensors cannot be joined; use stack()")
        d = wrap_dim("cat", dim, first.ndim_)
    for t in kept:
        code = (<Tensor>t).dtype_ if code < 0 else promote_same_kind(code, (<Tensor>t).dtype_)
    for i in range(len(kept)):
        if (<Tensor>kept[i]).dtype_ != code:
            kept[i] = cast_to(<Tensor>kept[i], code)
    return general(op, tuple(kept), (d,))


def plan_cat(*args):
    cdef mg_array stack[MG_MAX_ARGS]
    cdef mg_array *a = stack
    cdef int n = len(args) - 1, d
    cdef int64_t shape[8]
    cdef int64_t inner = 1, at = 0
    cdef Tensor first = args[0], x, y
    cdef bint whole = True
    d = wrap_dim("cat", args[n], first.ndim_)
    memcpy(shape, first.shape_, sizeof(shape))
    shape[d] = 0
    for i in range(n):
        x = <Tensor>args[i]
        fits = x.ndim_ == first.ndim_
        for j in range(first.ndim_ if fits else 0):
            fits = fits and (j == d or x.shape_[j] == first.shape_[j])
        if not fits:
            raise ShapeError(f"cat: shapes {', '.join([str((<Tensor>t).shape) for t in args[:n]])} differ in more than dimension {d}")
        shape[d] += x.shape_[d]
        whole = whole and x.contiguous_
    y = new_tensor(first.dtype_, first.ndim_, shape)
    if y.size_ == 0:
        return y
    if not whole:  # each is copied into its place as it lies
        for i in range(n):
            x = <Tensor>args[i]
            memcpy(shape, x.shape_, sizeof(shape))
            if x.size_:
                write_into(window(y, y.ndim_, shape, y.strides_, at * y.strides_[d]), x)
            at += x.shape_[d]
        return y
    for j in range(d, first.ndim_):
        inner *= y.shape_[j]
    if n + 1 > MG_MAX_ARGS:
        a = <mg_array *>malloc((n + 1) * sizeof(mg_array))
        if a == NULL:
            raise MemoryError()
    cdef mg_param p[2]
    try:
        describe_flat(&a[0], y)
        for i in range(n):
            describe_flat(&a[1 + i], <Tensor>args[i])
        p[0].i, p[1].i = n, y.size_ // inner
        launch_kernel(CAT_ROW[y.dtype_], a, p, y.size_, "cat")
    finally:
        if a != stack:
            free(a)
    return y


# ---- picking and placing by index ----

cdef struct Around:  # a contiguous tensor as (outer, n, inner) around one of its dimensions
    int64_t shape[3]
    int64_t strides[3]


cdef inline int around(mg_array *a, Around *w, Tensor x, int d) except -1:
    describe(a, x)
    w.shape[0] = w.shape[2] = 1
    w.shape[1] = x.shape_[d]
    for i in range(d):
        w.shape[0] *= x.shape_[i]
    for i in range(d + 1, x.ndim_):
        w.shape[2] *= x.shape_[i]
    w.strides[0], w.strides[1], w.strides[2] = w.shape[1] * w.shape[2], w.shape[2], 1
    a.shape, a.strides, a.ndim = w.shape, w.strides, 3
    return 0


cdef const mg_kernel *SELECT_ROW = mg_kernel_row(mg_kernel_id("index_select"))
cdef const mg_kernel *INDEX_ADD_ROW = mg_kernel_row(mg_kernel_id("index_add"))
cdef const mg_kernel *GATHER_ROW = mg_kernel_row(mg_kernel_id("gather"))
cdef const mg_kernel *SCATTER_ROW = mg_kernel_row(mg_kernel_id("scatter"))
cdef const mg_kernel *SCATTER_ADD_ROW = mg_kernel_row(mg_kernel_id("scatter_add"))


cdef Tensor indices(str op, object index):
    """An index tensor as int64."""
    cdef Tensor i
    if not isinstance(index, Tensor) or CATEGORY[(<Tensor>index).dtype_] != INTEGER:
        found = (<Tensor>index).dtype.name if isinstance(index, Tensor) else type(index).__name__
        raise DTypeError(f"{op}: expected an integer index tensor, got {found}")
    return <Tensor>index if (<Tensor>index).dtype_ == MG_I64 else cast_to(<Tensor>index, MG_I64)


def check_index(str op, index):
    """An index tensor as int64; DTypeError for anything else."""
    return indices(op, index)


def check_vector(str op, index):
    """The same, as a vector; ShapeError for more than one dimension."""
    cdef Tensor i = indices(op, index)
    if i.ndim_ > 1:
        raise ShapeError(f"{op}: expected an index of 0 or 1 dimensions, got shape {i.shape}")
    return i if i.ndim_ == 1 else view(VIEW_OP, i, ((1,),))


def check_along(str op, Tensor input, dim, index, source=None):
    """(index as int64, dimension) of gather and its kin; ShapeError where they do not fit to `input`."""
    cdef Tensor i = indices(op, index)
    cdef int d = wrap_dim(op, dim, input.ndim_)
    if i.ndim_ != input.ndim_:
        raise ShapeError(f"{op}: index {i.shape} and input {input.shape} must have the same number of dimensions")
    for j in range(i.ndim_):
        if j != d and i.shape_[j] > input.shape_[j]:
            raise ShapeError(f"{op}: index {i.shape} is larger than input {input.shape} in dimension {j}")
    if source is not None:
        if (<Tensor?>source).ndim_ != i.ndim_:
            raise ShapeError(f"{op}: index {i.shape} and source {source.shape} must have the same number of dimensions")
        for j in range(i.ndim_):
            if i.shape_[j] > (<Tensor>source).shape_[j]:
                raise ShapeError(f"{op}: index {i.shape} is larger than source {source.shape}")
    return i, d


cdef Tensor corner(Tensor x, Tensor like, int d):
    """x cut to the sizes of `like`, in every dimension but d (-1: in all); not recorded."""
    cdef int64_t shape[8]
    cdef bint same = True
    for i in range(x.ndim_):
        shape[i] = x.shape_[i] if i == d else like.shape_[i]
        same = same and shape[i] == x.shape_[i]
    return x if same else window(x, x.ndim_, shape, x.strides_, 0)


def plan_index_select(Tensor input, Tensor index, int dim):
    cdef mg_array a[3]
    cdef Around w[2]
    cdef int64_t shape[8]
    cdef Tensor y
    memcpy(shape, input.shape_, sizeof(shape))
    shape[dim] = index.size_
    if input.shape_[dim] == 0 and index.size_:
        raise IndexError("index_select: the dimension has no entries")
    y = new_tensor(input.dtype_, input.ndim_, shape)
    if y.size_:
        input, index = dense(input), dense(index)
        around(&a[0], &w[0], y, dim)
        around(&a[1], &w[1], input, dim)
        describe(&a[2], index)
        launch_kernel(SELECT_ROW[y.dtype_], a, NULL, 4 * (y.size_ + index.size_), "index_select")
    return y


cdef const mg_kernel *EMBEDDING_ROW = mg_kernel_row(mg_kernel_id("embedding"))


def plan_embedding(Tensor weight, Tensor index):
    """Rows of a table, in index's shape; an index that is negative is out of range."""
    cdef mg_array a[3]
    cdef Around w[1]
    cdef int64_t flat[3]
    cdef int64_t strides[3]
    cdef int64_t shape[8]
    cdef Tensor y
    memcpy(shape, index.shape_, sizeof(shape))
    if index.ndim_ >= 8:
        raise ShapeError(f"embedding: at most 7 dimensions of indices, got {index.ndim_}")
    shape[index.ndim_] = weight.shape_[1]
    y = new_tensor(weight.dtype_, index.ndim_ + 1, shape)
    if index.size_:
        weight, index = dense(weight), dense(index)
        describe(&a[0], y)
        flat[0], flat[1], flat[2] = 1, index.size_, weight.shape_[1]
        strides[0], strides[1], strides[2] = y.size_, weight.shape_[1], 1
        a[0].shape, a[0].strides, a[0].ndim = flat, strides, 3
        around(&a[1], &w[0], weight, 0)
        describe(&a[2], index)
        launch_kernel(EMBEDDING_ROW[y.dtype_], a, NULL, 4 * (y.size_ + index.size_), "embedding")
    return y


cdef int add_rows(Tensor y, Tensor index, Tensor source, int dim) except -1:
    cdef mg_array a[3]
    cdef Around w[2]
    if INDEX_ADD_ROW[y.dtype_] == NULL:
        raise NoKernel(f"index_add: no kernel for {y.dtype.name}")
    if source.size_:
        source, index = dense(source), dense(index)
        around(&a[0], &w[0], y, dim)
        around(&a[1], &w[1], source, dim)
        describe(&a[2], index)
        launch_kernel(INDEX_ADD_ROW[y.dtype_], a, NULL, 4 * (source.size_ + index.size_), "index_add")
    return 0


def plan_index_add(Tensor input, Tensor index, Tensor source, int dim):
    cdef Tensor y = copied(input)
    add_rows(y, index, source, dim)
    return y


def plan_index_sum(Tensor source, Tensor index, int dim, int64_t n):
    cdef int64_t shape[8]
    cdef Tensor y
    memcpy(shape, source.shape_, sizeof(shape))
    shape[dim] = n
    y = new_tensor(source.dtype_, source.ndim_, shape)
    fill(y, 0)
    add_rows(y, index, source, dim)
    return y


def plan_gather(Tensor input, Tensor index, int dim):
    cdef mg_array a[3]
    cdef Around w[3]
    cdef Tensor y = new_like(index, input.dtype_)
    if y.size_:
        input, index = dense(corner(input, index, dim)), dense(index)
        around(&a[0], &w[0], y, dim)
        around(&a[1], &w[1], input, dim)
        around(&a[2], &w[2], index, dim)
        launch_kernel(GATHER_ROW[y.dtype_], a, NULL, 4 * y.size_, "gather")
    return y


cdef int place(const mg_kernel *row, str name, Tensor y, Tensor index, Tensor source, int dim) except -1:
    """Scatter source into y, which is contiguous."""
    cdef mg_array a[3]
    cdef Around w[3]
    cdef Tensor part
    if row[y.dtype_] == NULL:
        raise NoKernel(f"{name}: no kernel for {y.dtype.name}")
    if index.size_ == 0:
        return 0
    part = dense(corner(y, index, dim))
    source, index = dense(corner(source, index, -1)), dense(index)
    around(&a[0], &w[0], part, dim)
    around(&a[1], &w[1], source, dim)
    around(&a[2], &w[2], index, dim)
    launch_kernel(row[y.dtype_], a, NULL, 4 * index.size_, name)
    if part.storage != y.storage:
        write_into(corner(y, index, dim), part)
    return 0


def plan_scatter(Tensor input, Tensor index, Tensor source, int dim):
    cdef Tensor y = copied(input)
    place(SCATTER_ROW, "scatter", y, index, source, dim)
    return y


def plan_scatter_add(Tensor input, Tensor index, Tensor source, int dim):
    cdef Tensor y = copied(input)
    place(SCATTER_ADD_ROW, "scatter_add", y, index, source, dim)
    return y


def plan_scatter_sum(Tensor source, Tensor index, int dim, tuple shape):
    cdef Tensor y = full(shape, 0, source.dtype_)
    place(SCATTER_ADD_ROW, "scatter_add", y, index, source, dim)
    return y


# ---- masks ----

cdef const mg_kernel *NONZERO_ROW = mg_kernel_row(mg_kernel_id("nonzero"))


cdef Tensor positions(Tensor x, bint flat):
    """Where x is not zero: rows of coordinates (count, ndim), or, flat, positions (count,)."""
    cdef mg_array a[2]
    cdef int64_t shape[2]
    cdef int64_t count = 0
    cdef Tensor mask, y
    if x.batch is not None:
        raise_batched(x, "nonzero")
    mask = dense(x if x.dtype_ == MG_BOOL else <Tensor>elementwise_into(NE, (x, 0), (), None))
    if mask.size_:
        y = <Tensor>reduction(SUM, mask, EVERYWHERE)
        count = (<int64_t *>y.ptr)[0]
    shape[0], shape[1] = count, mask.ndim_
    y = new_tensor(MG_I64, 1 if flat else 2, shape)
    if y.size_:
        describe(&a[0], y)
        if flat:
            describe_flat(&a[1], mask)
        else:
            describe(&a[1], mask)
        launch_kernel(NONZERO_ROW[MG_I64], a, NULL, mask.size_, "nonzero")
    return y


def nonzero(Tensor x):
    """Coordinates of the elements that are not zero, as rows."""
    return positions(x, False)


def nonzero_flat(Tensor x):
    """Positions of the elements that are not zero, in the flattened tensor."""
    return positions(x, True)


# ---- x[...] with one index tensor or mask ----

cdef Op INDEX_SELECT = None


def install_movers(Op index_select):
    """Hand the engine the op that indexing needs."""
    global INDEX_SELECT
    INDEX_SELECT = index_select


cdef object out_of_range(Tensor index, int64_t n):
    values = whole(index).numpy(force=True)
    low, high = values.min(), values.max()
    return IndexError(f"index: an index tensor holds {low if low < -n else high}, out of range for a dimension of size {n}")


cdef Tensor flattened(Tensor index):
    index = dense(index)
    return index if index.ndim_ == 1 else view(VIEW_OP, index, ((index.size_,),))


cdef Tensor picked(Tensor x, int d, Tensor index):
    """x with dimension d replaced by those of an index tensor."""
    cdef Tensor y
    try:
        y = general(INDEX_SELECT, (x, flattened(index)), (d,))
    except IndexError:
        raise out_of_range(index, x.shape_[d]) from None
    shape = x.shape
    return y if index.ndim_ == 1 else view(VIEW_OP, y, (shape[:d] + index.shape + shape[d + 1:],))


def pick(Tensor x, int d, Tensor index):
    """x with dimension d replaced by those of an index tensor, of int64."""
    return picked(x, d, index)


cdef Tensor masked_rows(Tensor x, Tensor mask):
    """The entries of x's first dimensions where a mask over them is true."""
    if mask.ndim_ > 1:
        x = x.reshape((mask.size_,) + x.shape[mask.ndim_:])
    return general(INDEX_SELECT, (x, positions(mask, True)), (0,))


def mask_pick(Tensor x, Tensor mask):
    """The entries of x's first dimensions where a mask over them is true."""
    return masked_rows(x, mask)


cdef bint covers(Tensor mask, Tensor x) noexcept:
    """Whether a mask is one over x's first dimensions."""
    if mask.dtype_ != MG_BOOL or mask.ndim_ == 0 or mask.ndim_ > x.ndim_ or mask.batch is not None or x.batch is not None:
        return False
    return memcmp(mask.shape_, x.shape_, mask.ndim_ * sizeof(int64_t)) == 0


def linear_index(tuple sizes, tuple indices):
    """Index tensors of several dimensions, which broadcast, as one into the flattened dimensions of these sizes; and their common shape."""
    cdef int64_t shape[8]
    cdef int64_t strides[8]
    cdef int64_t n, i, v
    cdef int ndim = broadcast_shape("index", indices, shape), lead
    cdef Tensor y = new_tensor(MG_I64, ndim, shape), t
    cdef int64_t *to = <int64_t *>y.ptr
    cdef const int64_t *source
    fill(y, 0)
    for size, x in zip(sizes, indices):
        t, n = <Tensor>x, size
        if t.batch is not None:
            raise_batched(t, "indexing by its values")
        lead = ndim - t.ndim_
        for d in range(ndim):
            strides[d] = t.strides_[d - lead] if d >= lead and t.shape_[d - lead] == shape[d] else 0
        t = dense(window(t, ndim, shape, strides, 0))
        source = <const int64_t *>t.ptr
        for i in range(y.size_):
            v = source[i]
            if v < -n or v >= n:
                raise out_of_range(t, n)
            to[i] = to[i] * n + (v + n if v < 0 else v)
    return (y if ndim == 1 else view(VIEW_OP, y, ((y.size_,),))), int_tuple(shape, ndim)


cdef const mg_kernel *INDEX_PUT_ROW = mg_kernel_row(mg_kernel_id("index_put"))


cdef int put_rows(Tensor y, Tensor index, Tensor source, int dim) except -1:
    cdef mg_array a[3]
    cdef Around w[2]
    if source.size_:
        source, index = dense(source), dense(index)
        around(&a[0], &w[0], y, dim)
        describe(&a[1], index)
        around(&a[2], &w[1], source, dim)
        launch_kernel(INDEX_PUT_ROW[y.dtype_], a, NULL, 4 * (source.size_ + index.size_), "index_put")
    return 0


def plan_index_put(Tensor input, Tensor index, Tensor source, int dim):
    cdef Tensor y = copied(input)
    put_rows(y, index, source, dim)
    return y


# ---- scans and order ----

cdef const mg_kernel *CUMSUM_ROW = mg_kernel_row(mg_kernel_id("cumsum"))
cdef const mg_kernel *CUMPROD_ROW = mg_kernel_row(mg_kernel_id("cumprod"))
cdef const mg_kernel *CUMMAX_ROW = mg_kernel_row(mg_kernel_id("cummax"))
cdef const mg_kernel *CUMMIN_ROW = mg_kernel_row(mg_kernel_id("cummin"))
cdef const mg_kernel *LINEAR_SCAN_ROW = mg_kernel_row(mg_kernel_id("linear_scan"))
cdef const mg_kernel *PROD_BACKWARD_ROW = mg_kernel_row(mg_kernel_id("prod_backward"))
cdef const mg_kernel *SORT_ROW = mg_kernel_row(mg_kernel_id("sort"))
cdef const mg_kernel *TOPK_ROW = mg_kernel_row(mg_kernel_id("topk"))


cdef inline mg_kernel kernel_for(const mg_kernel *row, Tensor x, str name) except? NULL:
    if row[x.dtype_] == NULL:
        raise NoKernel(f"{name}: no kernel for {x.dtype.name}")
    return row[x.dtype_]


cdef Tensor accumulated(const mg_kernel *row, str name, Tensor x, int dim, bint reverse):
    cdef mg_array a[2]
    cdef Around w[2]
    cdef mg_param p[1]
    cdef mg_kernel kernel = kernel_for(row, x, name)
    cdef Tensor y = new_like(x, x.dtype_ if CATEGORY[x.dtype_] >= FLOATING else MG_I64)
    x = dense(x)
    around(&a[0], &w[0], y, dim)
    around(&a[1], &w[1], x, dim)
    p[0].i = reverse
    launch_kernel(kernel, a, p, 8 * x.size_, name)
    return y


def plan_cumsum(Tensor input, int dim, reverse):
    return accumulated(CUMSUM_ROW, "cumsum", input, dim, reverse)


def plan_cumprod(Tensor input, int dim):
    return accumulated(CUMPROD_ROW, "cumprod", input, dim, False)


cdef tuple running(const mg_kernel *row, str name, Tensor x, int dim):
    cdef mg_array a[3]
    cdef Around w[3]
    cdef mg_kernel kernel = kernel_for(row, x, name)
    cdef Tensor y = new_like(x, x.dtype_), i = new_like(x, MG_I64)
    x = dense(x)
    around(&a[0], &w[0], y, dim)
    around(&a[1], &w[1], i, dim)
    around(&a[2], &w[2], x, dim)
    launch_kernel(kernel, a, NULL, 8 * x.size_, name)
    return y, i


def plan_cummax(Tensor input, int dim):
    return running(CUMMAX_ROW, "cummax", input, dim)


def plan_cummin(Tensor input, int dim):
    return running(CUMMIN_ROW, "cummin", input, dim)


def plan_linear_scan(Tensor x, Tensor b):
    cdef mg_array a[3]
    cdef Around w[3]
    cdef mg_kernel kernel = kernel_for(LINEAR_SCAN_ROW, x, "linear_scan")
    cdef Tensor y = new_like(x, x.dtype_)
    x, b = dense(x), dense(b)
    around(&a[0], &w[0], y, y.ndim_ - 1)
    around(&a[1], &w[1], x, y.ndim_ - 1)
    around(&a[2], &w[2], b, y.ndim_ - 1)
    launch_kernel(kernel, a, NULL, 8 * x.size_, "linear_scan")
    return y


def plan_prod_backward(Tensor grad, Tensor input, int dim):
    """`grad` has a 1 in place of dimension `dim`."""
    cdef mg_array a[3]
    cdef Around w[3]
    cdef mg_kernel kernel = kernel_for(PROD_BACKWARD_ROW, input, "prod_backward")
    cdef Tensor y = new_like(input, input.dtype_)
    grad, input = dense(grad), dense(input)
    around(&a[0], &w[0], y, dim)
    around(&a[1], &w[1], grad, dim)
    around(&a[2], &w[2], input, dim)
    launch_kernel(kernel, a, NULL, 8 * input.size_, "prod_backward")
    return y


cdef Tensor with_last(Tensor x, int dim):
    """The window of x with `dim` and the last dimension exchanged."""
    return x if dim == x.ndim_ - 1 else plan_transpose(x, dim, x.ndim_ - 1)


cdef tuple ordered(const mg_kernel *row, str name, Tensor x, int64_t k, int dim, bint down):
    cdef mg_array a[3]
    cdef Around w[3]
    cdef mg_param p[1]
    cdef int64_t shape[8]
    cdef int last = x.ndim_ - 1
    cdef mg_kernel kernel = kernel_for(row, x, name)
    cdef Tensor values, i
    x = dense(with_last(x, dim))
    memcpy(shape, x.shape_, sizeof(shape))
    shape[last] = k
    values, i = new_tensor(x.dtype_, x.ndim_, shape), new_tensor(MG_I64, x.ndim_, shape)
    if values.size_:
        around(&a[0], &w[0], values, last)
        around(&a[1], &w[1], i, last)
        around(&a[2], &w[2], x, last)
        for t in range(3):
            a[t].ndim = 2
        p[0].i = down
        launch_kernel(kernel, a, p, 64 * x.size_, name)
    return dense(with_last(values, dim)), dense(with_last(i, dim))


def plan_sort(Tensor input, int dim, bint descending):
    return ordered(SORT_ROW, "sort", input, input.shape_[dim], dim, descending)


def plan_topk(Tensor input, int64_t k, int dim, bint largest):
    return ordered(TOPK_ROW, "topk", input, k, dim, largest)


cdef const mg_kernel *PICK_SORTED_ROW = mg_kernel_row(mg_kernel_id("pick_sorted"))


def plan_order_statistic(Tensor input, int64_t what, int64_t k):
    """(values, indices) that an order statistic takes out of the rows along the last dimension, which must not be empty; `what` as in
    kernels/pick_sorted.c."""
    cdef mg_array a[4]
    cdef Around w[2]
    cdef mg_param p[2]
    cdef int last = input.ndim_ - 1
    cdef mg_kernel kernel = kernel_for(PICK_SORTED_ROW, input, "pick_sorted")
    cdef Tensor values, order, y, i
    y, i = new_tensor(input.dtype_, last, input.shape_), new_tensor(MG_I64, last, input.shape_)
    if y.size_:
        values, order = ordered(SORT_ROW, "sort", input, input.shape_[last], last, 0)
        describe(&a[0], y)
        describe(&a[1], i)
        around(&a[2], &w[0], values, last)
        around(&a[3], &w[1], order, last)
        p[0].i, p[1].i = what, k
        launch_kernel(kernel, a, p, values.size_, "pick_sorted")
    return y, i


# ---- copies ----

def flipped(Tensor x, dims):
    """A copy with the entries of some dimensions in reverse order."""
    cdef int64_t strides[8]
    cdef int64_t offset = 0
    cdef int seen = 0, d
    cdef Tensor y
    memcpy(strides, x.strides_, sizeof(strides))
    for v in dims:
        d = wrap_dim("flip", v, x.ndim_)
        if seen >> d & 1:
            raise ShapeError(f"flip: a dimension is named twice in {tuple(dims)}")
        seen |= 1 << d
        if x.ndim_ and x.shape_[d]:
            strides[d] = -x.strides_[d]
            offset += (x.shape_[d] - 1) * x.strides_[d]
    y = window(x, x.ndim_, x.shape_, strides, offset if x.size_ else 0)
    if x.batch is None and not (mg_grad_mode and requires_grad(x)):
        return copied(y)
    entries = [(0, 1, n) for n in x.shape]
    for d in range(x.ndim_):
        if seen >> d & 1 and x.shape_[d]:
            entries[d] = (x.shape_[d] - 1, -1, x.shape_[d])
    return clone(recorded_view(SLICE, x, (tuple(entries),), y))


def reshape(Tensor x, sizes):
    """The same elements in another shape: a view where possible, otherwise of a copy."""
    cdef int64_t shape[8]
    cdef int64_t strides[8]
    cdef int n = resolve_shape("reshape", x, sizes, shape)
    if not reshape_strides(x, n, shape, strides):
        return reshape(clone(x), sizes)
    return recorded_view(VIEW_OP, x, (sizes,), window(x, n, shape, strides, 0))


# ---- class targets ----

def check_classes(str op, input, target, weight):
    """(number of classes, shape of the loss) for class indices as target of logits (N, C, ...) or (C,)."""
    cdef Tensor x, t
    cdef int d
    cdef bint fits
    for name, v in (("input", input), ("target", target)):
        if not isinstance(v, Tensor):
            raise TypeError(f"{op}: expected a Tensor as {name}, got {type(v).__name__}")
    x, t = <Tensor>input, <Tensor>target
    if CATEGORY[x.dtype_] != FLOATING:
        raise DTypeError(f"{op}: expected a floating-point input, got dtype {x.dtype.name}")
    if x.ndim_ == 0:
        raise ShapeError(f"{op}: input must be (N, C, ...) or (C,), got shape ()")
    fits = t.ndim_ == x.ndim_ - 1
    for d in range(t.ndim_ if fits else 0):
        fits = fits and t.shape_[d] == x.shape_[d + 1 if d else 0]
    shape = x.shape
    batch = () if x.ndim_ == 1 else shape[:1] + shape[2:]
    if not fits:
        raise ShapeError(f"{op}: target must have shape {batch} for input {shape} (N, C, ...), got {t.shape}")
    if CATEGORY[t.dtype_] != INTEGER:
        raise DTypeError(f"{op}: target must hold class indices (int64), got dtype {t.dtype.name}")
    classes = x.shape_[0 if x.ndim_ == 1 else 1]
    if weight is not None:
        if not isinstance(weight, Tensor):
            raise TypeError(f"{op}: expected a Tensor or None as weight, got {type(weight).__name__}")
        if weight.shape != (classes,):
            raise ShapeError(f"{op}: weight must have shape ({classes},), one value for each class, got {weight.shape}")
        if (<Tensor>weight).dtype_ != x.dtype_:
            raise DTypeError(f"{op}: expected one dtype for input and weight, got {x.dtype.name} and {weight.dtype.name}")
    return classes, batch


def count_others(Tensor x, int64_t value):
    """How many elements of an int64 tensor are not `value`."""
    cdef int64_t n = 0, i, size = x.size_
    if x.batch is not None:
        raise_batched(x, "counting")
    x = dense(x)
    cdef const int64_t *at = <const int64_t *>x.ptr
    for i in range(size):
        n += at[i] != value
    return n
