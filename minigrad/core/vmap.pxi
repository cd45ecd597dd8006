# Batched tensors: what vmap shows to a function of one example.
#
# A batched tensor has the shape of one example; `batch` is the tensor of all of them, along its first dimension. Every way into an op asks
# for `batch`: an op of batched tensors is an op of their batches, found by the op's family:
#   elementwise   dimensions of one are put behind the batch's, so that examples broadcast among themselves
#   reduction     over the same dimensions, one further on
#   view          the same window in every example: its strides and offset, with the batch's stride in front
#   matmul        a stack of products
#   general       the op's batching rule (minigrad/func/batching.py); the ops that it is fused of; or BatchError
# A change in place is computed aside and written into the batch. Nested vmaps are batches of batches; the innermost (the highest level) is taken apart first. A batched tensor has a place in the graph of
# its own, for derivatives taken inside vmap; those taken outside see the ops on the batches.

class BatchError(RuntimeError):
    """Under vmap: an op that has no batching rule, or that asks for one example's values."""


cdef int raise_batched(Tensor t, str name) except -1:
    raise BatchError(f"vmap: {name} is not possible on a tensor of shape {t.shape} that stands for one example of a batch")


cdef int raise_shared(str name) except -1:
    raise BatchError(f"vmap: {name} cannot write values of each example into a tensor that is the same for all of them; make it from one of each, as zeros_like does")


cdef Tensor batched(Tensor physical, int level):
    """One example's tensor, for all along the first dimension of `physical`."""
    cdef Tensor t = Tensor.__new__(Tensor)
    t.storage, t.dtype_, t.ndim_, t.ptr = physical.storage, physical.dtype_, physical.ndim_ - 1, physical.ptr
    mg_storage_incref(t.storage)
    memcpy(t.shape_, physical.shape_ + 1, sizeof(int64_t) * t.ndim_)
    memcpy(t.strides_, physical.strides_ + 1, sizeof(int64_t) * t.ndim_)
    find_contiguous(t)
    t.batch, t.level = physical, level
    return t


def make_batched(Tensor physical, int level):
    """`batched`, for vmap."""
    if physical.ndim_ == 0 or physical.shape_[0] == 0:
        raise ShapeError(f"vmap: expected a batch of at least one along the mapped dimension, got shape {physical.shape}")
    return batched(physical, level)


def batch_of(x, int level):
    """The tensor of all examples, or None if x is the same for all at this level."""
    return (<Tensor>x).batch if isinstance(x, Tensor) and (<Tensor>x).level == level else None


def whole(Tensor x):
    """All examples of x: for checks of values, which hold for each."""
    while x.batch is not None:
        x = x.batch
    return x


def level_of(x):
    """The vmap that x is an example of, 0 for an ordinary tensor."""
    return (<Tensor>x).level if isinstance(x, Tensor) else 0


cdef int top_level(tuple arrays) noexcept:
    cdef int level = 0
    for x in arrays:
        if isinstance(x, Tensor) and (<Tensor>x).level > level:
            level = (<Tensor>x).level
    return level


cdef inline object physical(object x, int level):
    return (<Tensor>x).batch if isinstance(x, Tensor) and (<Tensor>x).level == level else x


cdef int64_t batch_size(tuple arrays, int level) noexcept:
    for x in arrays:
        if isinstance(x, Tensor) and (<Tensor>x).level == level:
            return (<Tensor>x).batch.shape_[0]
    return 0


cdef Tensor with_rank(Tensor x, int ndim, int level):
    """The batch of x, its examples with 1s in front up to `ndim` dimensions."""
    cdef Tensor p = x.batch
    if x.ndim_ >= ndim:
        return p
    return view(VIEW_OP, p, ((p.shape_[0],) + (1,) * (ndim - x.ndim_) + int_tuple(p.shape_ + 1, p.ndim_ - 1),))


cdef object finish_batched(Op op, tuple arrays, tuple params, object result, int level):
    """Results of an op on batches as batched tensors, recorded for derivatives inside vmap."""
    if isinstance(result, tuple):
        result = tuple([None if y is None else batched(<Tensor>y, level) for y in result])
    else:
        result = batched(<Tensor>result, level)
    if op.rules and wants_recording(arrays):
        record(op, arrays, params, result)
    return result


cdef object batched_elementwise(Op op, tuple arrays, tuple params):
    cdef int level = top_level(arrays), ndim = 0
    cdef list inputs = []
    cdef int first = 1 if op.condition else 0, code = promoted(arrays, first)
    cdef list cast = list(arrays)
    for i in range(first, len(arrays)):
        if isinstance(cast[i], Tensor) and (<Tensor>cast[i]).dtype_ != code and CATEGORY[(<Tensor>cast[i]).dtype_] >= FLOATING:
            cast[i] = cast_to(<Tensor>cast[i], code)  # recorded, so that its gradient is cast back
    arrays = tuple(cast)
    for x in arrays:
        if isinstance(x, Tensor) and (<Tensor>x).ndim_ > ndim:
            ndim = (<Tensor>x).ndim_
    for x in arrays:
        inputs.append(with_rank(<Tensor>x, ndim, level) if isinstance(x, Tensor) and (<Tensor>x).level == level else x)
    if promoted(tuple(inputs), first) != code:  # a 0-d example counts less than a batch of them
        for i in range(first, len(inputs)):
            if isinstance(inputs[i], Tensor):
                inputs[i] = cast_to(<Tensor>inputs[i], code)
    return finish_batched(op, arrays, params, elementwise(op, tuple(inputs), params, None), level)


cdef object batched_reduction(Op op, Tensor x, tuple params):
    cdef Tensor p = x.batch
    cdef int64_t count = p.shape_[0]
    cdef list changed = list(params)
    dim = params[op.dim_at]
    keepdim = bool(params[op.keepdim_at]) if op.keepdim_at >= 0 else False
    whole = dim is None or (isinstance(dim, (tuple, list)) and len(dim) == 0) or x.ndim_ == 0
    if whole:
        p = p.reshape((count, -1 if x.size_ else x.size_))
        changed[op.dim_at] = 1
        if keepdim:
            changed[op.keepdim_at] = False
    elif isinstance(dim, (tuple, list)):
        changed[op.dim_at] = tuple([d + 1 if d >= 0 else d for d in dim])
        for d in dim:
            wrap_dim(op.name, d, x.ndim_)
    else:
        wrap_dim(op.name, dim, x.ndim_)
        changed[op.dim_at] = dim + 1 if dim >= 0 else dim
    y = reduction(op, p, tuple(changed))
    if whole and keepdim:
        y = y.reshape((count,) + (1,) * x.ndim_)
    return finish_batched(op, (x,), params, y, x.level)


cdef object batched_general(Op op, tuple arrays, tuple params):
    cdef int level = top_level(arrays)
    if op.vmap is None:
        if op.unfused is None:
            raise BatchError(f"vmap: {op.name} has no batching rule")
        result = op.unfused(*arrays, *params)  # which is recorded as what it is
        if op.outputs == 1:
            return result
        result = result if isinstance(result, tuple) else (result,)
        return result + (None,) * (op.outputs - len(result))  # what only its own gradient needs
    inputs = tuple([physical(x, level) for x in arrays])
    flags = tuple([isinstance(x, Tensor) and (<Tensor>x).level == level for x in arrays])
    return finish_batched(op, arrays, params, op.vmap(op, batch_size(arrays, level), flags, inputs, params), level)


cdef Tensor batched_matmul(Op op, Tensor a, Tensor b):
    """Examples of at least two dimensions are stacks of products already; a vector becomes a row or column first."""
    cdef int level = a.level if a.level > b.level else b.level, ndim
    cdef bint row = a.ndim_ == 1, column = b.ndim_ == 1
    if a.ndim_ == 0 or b.ndim_ == 0:
        raise ShapeError(f"{op.name}: expected tensors of at least 1 dimension, got shapes {a.shape} and {b.shape}")
    x, y = physical(a, level), physical(b, level)
    if row:
        x = x.unsqueeze(-2)
    if column:
        y = y.unsqueeze(-1)
    ndim = max(a.ndim_ + row, b.ndim_ + column)
    if a.level == level and a.ndim_ + row < ndim:
        x = x.reshape((x.shape[0],) + (1,) * (ndim - a.ndim_ - row) + x.shape[1:])
    if b.level == level and b.ndim_ + column < ndim:
        y = y.reshape((y.shape[0],) + (1,) * (ndim - b.ndim_ - column) + y.shape[1:])
    z = x @ y
    if column:
        z = z.squeeze(-1)
    if row:
        z = z.squeeze(-1 if column else -2)
    return finish_batched(op, (a, b), (), z, level)


# A view of batched tensors is the window of window(); for derivatives outside vmap it comes from a node whose rule is vmap of the view's.

cdef Op VIEW_OF_BATCH = None


def _view_of_batch(g, context):
    op, shape, params, levels = context
    rule = <Rule>(<Op>op).rules[0]
    values = []
    one = g
    for level in levels:
        one = batched(<Tensor>one, level)
    for i in range(rule.count):
        need = rule.needs[i]
        values.append(one if need == GRAD else params[need - PARAM] if need >= PARAM else shape)
    result = rule.fn(*values)
    for level in reversed(levels):
        result = physical(result, level)
    return [result]

VIEW_OF_BATCH = Op("view_of_batch", "general", variadic=True, rules=[Rule(_view_of_batch, (), ("g", "context"), [GRAD, PARAM])])


cdef Tensor recorded_batched_view(Op op, Tensor x, tuple params, Tensor y):
    """y is the window of x that a view gave; both are batched."""
    cdef Tensor outer = x, window = y
    while outer is not None and window is not outer:
        window.base = outer if outer.base is None else outer.base
        window.rebased = window.base.rebased
        outer, window = outer.batch, window.batch
    outer, window = x.batch, y.batch
    levels = (x.level,)
    while mg_grad_mode and op.rules and outer is not None:
        record_custom(VIEW_OF_BATCH, (outer,), (op, x.shape, params, levels), (window,), set(), set())
        levels = (outer.level, *levels)
        outer, window = outer.batch, window.batch
    if mg_grad_mode and requires_grad(x):
        record(op, (x,), params, y)
    return y


def fresh_leaf(Tensor x):
    """x's values as a leaf of its own. A batched tensor's batch stays in the graph outside."""
    cdef Tensor y = alias(x)
    y.wants_grad = True
    return y
