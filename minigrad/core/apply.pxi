# Calling an op, by family: promotion, broadcasting, allocation, launch, recording.

cdef extern from *:
    """
    static _Thread_local int mg_grad_mode = 1;
    """
    int mg_grad_mode


cdef inline bint requires_grad(Tensor t):
    return t.wants_grad or t.node is not None or (t.base is not None and grad_edge(t) is not None)


cdef inline bint wants_recording(tuple arrays):
    if mg_grad_mode:
        for x in arrays:
            if isinstance(x, Tensor) and requires_grad(<Tensor>x):
                return True
    return False


# ---- elementwise ----

cdef Tensor unary(Op op, Tensor x):
    """An elementwise op of one tensor and no parameters."""
    cdef mg_array a[2]
    cdef mg_kernel kernel
    cdef Tensor y
    if x.batch is not None:
        return batched_elementwise(op, (x,), ())
    cdef bint whole = op.result == SAME or op.result == MODULUS or (op.result == INTEGRAL and CATEGORY[x.dtype_] <= INTEGER) or (op.result == FLOAT and CATEGORY[x.dtype_] >= FLOATING)
    if not whole or op.row == NULL or op.row[x.dtype_] == NULL:
        return elementwise(op, (x,), (), None)
    y = new_like(x, x.dtype_)
    describe_flat(&a[0], y)
    if x.contiguous_:
        describe_flat(&a[1], x)
    else:
        describe(&a[0], y)
        describe(&a[1], x)
    launch_kernel(op.row[x.dtype_], a, NULL, x.size_, op.name)
    if mg_grad_mode and requires_grad(x):
        record(op, (x,), (), y)
    return y


cdef object binary(Op op, object left, object right):
    """An elementwise op of two arguments and no parameters; NotImplemented if one is no number or array."""
    cdef mg_array a[3]
    cdef Tensor x, z, y
    if isinstance(left, Tensor) and isinstance(right, Tensor):
        x, z = <Tensor>left, <Tensor>right
        if x.batch is not None or z.batch is not None:
            return batched_elementwise(op, (x, z), ())
        if (x.dtype_ == z.dtype_ and x.contiguous_ and z.contiguous_ and same_shape(x, z) and op.row != NULL
                and op.row[x.dtype_] != NULL and (op.result == SAME or op.result == TRUTH
                                                  or (op.result == FLOAT and CATEGORY[x.dtype_] >= FLOATING))):
            y = new_like(x, MG_BOOL if op.result == TRUTH else x.dtype_)
            describe_flat(&a[0], y)
            describe_flat(&a[1], x)
            describe_flat(&a[2], z)
            launch_kernel(op.row[x.dtype_], a, NULL, x.size_, op.name)
            if mg_grad_mode and (requires_grad(x) or requires_grad(z)) and op.rules:
                record(op, (x, z), (), y)
            return y
    elif isinstance(left, Tensor) and (type(right) is float or type(right) is int):
        return with_number(op, <Tensor>left, right, left, right, 1)
    elif isinstance(right, Tensor) and (type(left) is float or type(left) is int):
        return with_number(op, <Tensor>right, left, left, right, 0)
    return elementwise(op, (left, right), (), None)


cdef object with_number(Op op, Tensor x, object number, object left, object right, int place):
    """A contiguous float tensor and a Python number (argument `place`): no promotion, one flat launch."""
    cdef mg_array a[3]
    cdef char value[16]
    cdef int64_t zero = 0
    cdef Tensor y
    if x.batch is not None or not x.contiguous_ or CATEGORY[x.dtype_] != FLOATING or op.row == NULL or op.row[x.dtype_] == NULL or op.result == INTEGRAL:
        return elementwise(op, (left, right), (), None)
    y = new_like(x, MG_BOOL if op.result == TRUTH else x.dtype_)
    put_scalar(number, x.dtype_, value)
    describe_flat(&a[0], y)
    describe_flat(&a[2 - place], x)
    a[1 + place].data, a[1 + place].shape, a[1 + place].strides, a[1 + place].ndim, a[1 + place].dtype = value, &y.size_, &zero, 1, x.dtype_
    launch_kernel(op.row[x.dtype_], a, NULL, x.size_, op.name)
    if mg_grad_mode and op.rules and requires_grad(x):
        record(op, (left, right), (), y)
    return y


cdef object as_operand(object x):
    """A Tensor or Python number for an argument of an elementwise op; None if it is neither nor can become one."""
    if isinstance(x, (Tensor, float, int, complex)):
        return x
    if isinstance(x, (np.ndarray, np.generic)):
        return from_numpy(np.array(x))
    return None


cdef int promoted(tuple args, int first) except -2:
    """The dtype that the arguments from `first` on have in common."""
    cdef int dims = -1, zeros = -1, numbers = -1, code
    for i in range(first, len(args)):
        x = args[i]
        if isinstance(x, Tensor):
            code = (<Tensor>x).dtype_
            if (<Tensor>x).ndim_ > 0:
                dims = code if dims < 0 else promote_same_kind(dims, code)
            else:
                zeros = code if zeros < 0 else promote_same_kind(zeros, code)
        else:
            code = scalar_code(x)
            numbers = code if numbers < 0 else promote_same_kind(numbers, code)
    return combine(combine(dims, zeros), numbers)


def result_type(*tensors):
    """The dtype that an op on these tensors and numbers computes in."""
    return DTYPES[promoted(tensors, 0)]


cdef int broadcast_shape(str op, tuple args, int64_t *shape) except -1:
    """The shape that all tensors among `args` broadcast to; returns its ndim."""
    cdef int ndim = 0, lead
    cdef Tensor t
    for x in args:
        if isinstance(x, Tensor) and (<Tensor>x).ndim_ > ndim:
            ndim = (<Tensor>x).ndim_
    for d in range(ndim):
        shape[d] = 1
    for x in args:
        if not isinstance(x, Tensor):
            continue
        t = <Tensor>x
        lead = ndim - t.ndim_
        for d in range(t.ndim_):
            if t.shape_[d] != 1:
                if shape[lead + d] != 1 and shape[lead + d] != t.shape_[d]:
                    shapes = " and ".join(str((<Tensor>y).shape) for y in args if isinstance(y, Tensor))
                    raise ShapeError(f"{op}: shapes {shapes} cannot be broadcast together: dimension {lead + d - ndim} "
                                     f"has sizes {shape[lead + d]} and {t.shape_[d]}")
                shape[lead + d] = t.shape_[d]
    return ndim


cdef object elementwise(Op op, tuple args, tuple params, Tensor out):
    """Any elementwise op. `out`, if given, is written in place and has the result's shape; NotImplemented for foreign arguments."""
    cdef mg_array a[8]
    cdef mg_param p[8]
    cdef char numbers[8][16]
    cdef int64_t strides[8][8]
    cdef int64_t shape[8]
    cdef int first = 1 if op.condition else 0
    cdef int n = len(args), ndim, compute, result, lead
    cdef bint spread = False
    cdef Tensor t, y
    cdef list inputs = list(args)
    for i in range(n):
        x = as_operand(inputs[i])
        if x is None:
            return NotImplemented
        inputs[i] = x
    arrays = tuple(inputs)
    if top_level(arrays):
        if out is not None:
            raise_shared(op.name + "_")
        return batched_elementwise(op, arrays, params)
    compute = promoted(arrays, first)
    if op.result == FLOAT and CATEGORY[compute] < FLOATING:
        compute = default_float
    elif op.result == ONLY_FLOAT and CATEGORY[compute] < FLOATING:
        raise DTypeError(f"{op.name}: expected a floating-point tensor, got dtype {DTYPES[compute].name}")
    elif op.result == INTEGRAL and CATEGORY[compute] > INTEGER:
        raise DTypeError(f"{op.name}: expected integers or bool, got dtype {DTYPES[compute].name}")
    if CATEGORY[compute] == COMPLEX and not op.takes_complex:
        raise not_complex(op, compute)
    result = MG_BOOL if op.result == TRUTH else real_of(compute) if op.result == MODULUS else compute
    for i in range(first, n):
        if isinstance(inputs[i], Tensor) and (<Tensor>inputs[i]).dtype_ != compute:
            inputs[i] = cast_to(<Tensor>inputs[i], compute)
    if op.condition:
        if not isinstance(inputs[0], Tensor):
            inputs[0] = full((), bool(inputs[0]), MG_BOOL)
        elif (<Tensor>inputs[0]).dtype_ != MG_BOOL:
            if (<Tensor>inputs[0]).dtype_ != MG_U8:
                raise DTypeError(f"{op.name}: expected a bool condition, got dtype {DTYPES[(<Tensor>inputs[0]).dtype_].name}")
            inputs[0] = cast_to(<Tensor>inputs[0], MG_BOOL)
    arrays = tuple(inputs)
    if is_half(compute) and (op.row == NULL or op.row[compute] == NULL):
        y = <Tensor>elementwise(op, widened(arrays, compute), params, out)
        if out is None:
            y = <Tensor>narrowed(y, compute)
            if op.rules and wants_recording(arrays):
                record(op, arrays, params, y)
        return y
    ndim = broadcast_shape(op.name, arrays, shape)
    if out is None:
        y = new_tensor(result, ndim, shape)
    else:
        for d in range(ndim):
            if ndim > out.ndim_ or (shape[d] != 1 and shape[d] != out.shape_[out.ndim_ - ndim + d]):
                raise ShapeError(f"{op.name}_: the result has shape {int_tuple(shape, ndim)}, which does not fit in place into {out.shape}")
        if CATEGORY[result] > CATEGORY[out.dtype_]:
            raise DTypeError(f"{op.name}_: the result has dtype {DTYPES[result].name}, which does not fit in place into {out.dtype.name}")
        ndim = out.ndim_
        memcpy(shape, out.shape_, sizeof(int64_t) * ndim)
        y = out if out.dtype_ == result else new_like(out, result)
    if op.row == NULL or op.row[compute] == NULL:
        by_reference(op, arrays, params, y)
    else:
        describe(&a[0], y)
        for i in range(n):
            a[1 + i].shape, a[1 + i].ndim = y.shape_, ndim
            if isinstance(inputs[i], Tensor):
                t = <Tensor>inputs[i]
                lead = ndim - t.ndim_
                for d in range(ndim):
                    strides[i][d] = t.strides_[d - lead] if d >= lead and t.shape_[d - lead] == shape[d] else 0
                a[1 + i].data, a[1 + i].dtype = t.ptr, t.dtype_
            else:
                put_scalar(inputs[i], compute, &numbers[i][0])
                for d in range(ndim):
                    strides[i][d] = 0
                a[1 + i].data, a[1 + i].dtype = &numbers[i][0], compute
            a[1 + i].strides = strides[i]
        if op.pack is not None:
            read_params(op.pack(DTYPES[compute], *params), p, 8)
        launch_kernel(op.row[compute], a, p, y.size_, op.name)
    if out is not None and y is not out:
        write_into(out, y)
    if out is None and op.rules and wants_recording(arrays):
        record(op, arrays, params, y)
    return y


cdef object not_complex(Op op, int code):
    return DTypeError(f"{op.name}: not defined for {DTYPES[code].name}")


cdef tuple widened(tuple arrays, int code):
    """What an op computes on instead of arrays of the half dtype `code`: the same in float32. Nothing is recorded: that is done of the
    op as a whole, between tensors in half precision, once its result is rounded to it (`narrowed`)."""
    return tuple([converted(<Tensor>x, MG_F32) if isinstance(x, Tensor) and (<Tensor>x).dtype_ == code else x for x in arrays])


cdef object narrowed(object result, int code):
    """Results computed in float32, rounded to `code`; those of other dtypes as they are."""
    if isinstance(result, tuple):
        return tuple([narrowed(y, code) for y in result])
    return converted(<Tensor>result, code) if result is not None and (<Tensor>result).dtype_ == MG_F32 else result


cdef int by_reference(Op op, tuple arrays, tuple params, Tensor y) except -1:
    if profile is None:
        return computed_by_reference(op, arrays, params, y)
    cdef Profile watched = profile
    watched.begin(op.name)
    try:
        return computed_by_reference(op, arrays, params, y)
    finally:
        watched.end()


cdef int computed_by_reference(Op op, tuple arrays, tuple params, Tensor y) except -1:
    """Compute an elementwise op or a reduction by its NumPy reference, for dtypes without a kernel."""
    with np.errstate(all="ignore"):
        try:
            value = op.ref(*[(<Tensor>x).numpy(force=True) if isinstance(x, Tensor) else x for x in arrays], *params)
        except TypeError as e:  # NumPy's ufuncs have no loop for it
            raise DTypeError(f"{op.name}: not defined for dtype {next(x for x in arrays if isinstance(x, Tensor)).dtype.name}") from e
        if y.size_:
            y.numpy(force=True)[...] = value  # a float64 value may overflow here
    return 0


# ---- copies and casts ----

cdef int move(str kernel, Tensor to, Tensor source) except -1:
    """Run `copy` or `cast` from `source`, broadcast to the shape of `to`."""
    cdef mg_array a[2]
    cdef int64_t strides[8]
    cdef int lead = to.ndim_ - source.ndim_
    cdef const mg_kernel *row = COPY_ROW if kernel == "copy" else CAST_ROW
    for d in range(to.ndim_):
        strides[d] = source.strides_[d - lead] if d >= lead and source.shape_[d - lead] == to.shape_[d] else 0
    if row[source.dtype_] == NULL or (kernel == "cast" and row[to.dtype_] == NULL):  # complex on one side or both
        if source.dtype_ == MG_BF16 or to.dtype_ == MG_BF16:
            return move(kernel, to, converted(source, MG_F32))
        value = source.numpy(force=True)
        to.numpy(force=True)[...] = value if CATEGORY[to.dtype_] == COMPLEX or to.dtype_ == MG_BOOL else value.real
        return 0
    if to.contiguous_ and source.contiguous_ and to.size_ == source.size_:
        describe_flat(&a[0], to)
        describe_flat(&a[1], source)
    else:
        describe(&a[0], to)
        describe(&a[1], to)
        a[1].data, a[1].strides, a[1].dtype = source.ptr, strides, source.dtype_
    return launch_kernel(row[source.dtype_], a, NULL, to.size_, kernel)

cdef const mg_kernel *COPY_ROW = mg_kernel_row(mg_kernel_id("copy"))
cdef const mg_kernel *CAST_ROW = mg_kernel_row(mg_kernel_id("cast"))
cdef const mg_kernel *FILL_ROW = mg_kernel_row(mg_kernel_id("fill"))


cdef int write_into(Tensor to, Tensor source) except -1:
    """Set the elements of `to`, cast and broadcast; not recorded, no version is bumped. Overlapping memory is allowed."""
    if source.level > to.level:
        raise_shared("a change in place")
    if to.batch is not None:
        assign(to.batch, with_rank(source, to.ndim_, to.level) if source.level == to.level else source)  # recorded outside the vmap
        return 0
    if to.size_ == 0:
        return 0
    if source.storage == to.storage and not same_geometry(to, source):
        source = copied(source)
    return move("copy" if to.dtype_ == source.dtype_ else "cast", to, source)


cdef Tensor copied(Tensor x):
    """A contiguous copy; not recorded."""
    cdef Tensor y
    if x.batch is not None:
        return batched(copied(x.batch), x.level)
    y = new_like(x, x.dtype_)
    if x.size_:
        move("copy", y, x)
    return y


cdef inline Tensor dense(Tensor x):
    """x itself if it is contiguous, otherwise a copy; not recorded."""
    return x if x.contiguous_ else copied(x)


cdef Tensor full(tuple shape, object value, int code):
    cdef Tensor y = empty_of(shape, code)
    fill(y, value)
    return y


cdef int fill(Tensor y, object value) except -1:
    if y.batch is not None:
        assign(y.batch, value)
        return 0
    cdef mg_array a[2]
    cdef mg_param p[1]
    cdef char number[16]
    cdef int64_t strides[8]
    if y.size_ == 0:
        return 0
    if FILL_ROW[y.dtype_] == NULL:  # one element, copied everywhere
        put_scalar(value, y.dtype_, number)
        memset(strides, 0, sizeof(strides))
        describe(&a[0], y)
        describe(&a[1], y)
        a[1].data, a[1].strides = number, strides
        return launch_kernel(COPY_ROW[y.dtype_], a, NULL, y.size_, "fill")
    if CATEGORY[y.dtype_] == FLOATING:
        p[0].f = value
    else:
        p[0].i = bool(value) if y.dtype_ == MG_BOOL else int(value)
    if y.contiguous_:
        describe_flat(&a[0], y)
    else:
        describe(&a[0], y)
    return launch_kernel(FILL_ROW[y.dtype_], a, p, y.size_, "fill")


# The ops that the engine itself calls; the registry hands them over as they are declared.
cdef Op ADD = None
cdef Op SUB = None
cdef Op MUL = None
cdef Op DIV = None
cdef Op FLOOR_DIVIDE = None
cdef Op REMAINDER = None
cdef Op POW = None
cdef Op AND = None
cdef Op OR = None
cdef Op XOR = None
cdef Op LSHIFT = None
cdef Op RSHIFT = None
cdef Op LT = None
cdef Op LE = None
cdef Op GT = None
cdef Op GE = None
cdef Op EQ = None
cdef Op NE = None
cdef Op NEG = None
cdef Op ABS = None
cdef Op NOT = None
cdef Op PERMUTE = None
cdef Op TRANSPOSE = None
cdef Op MATMUL = None
cdef Op LINEAR = None
cdef Op LINEAR_ACTIVATION = None
cdef Op RELU = None
cdef Op TANH = None
cdef Op SIGMOID = None
cdef Op UNSQUEEZE = None
cdef Op CAST = None
cdef Op CLONE = None
cdef Op ASSIGN = None
cdef Op AS_STRIDED = None
cdef Op COPY_SLICES = None
cdef Op SLICE = None
cdef Op SUM = None
cdef Op MEAN = None
cdef Op VIEW_OP = None
cdef Op CONJ = None
cdef object advanced_get = None
cdef object advanced_set = None


def install(*, get_advanced, set_advanced, **ops):
    """Hand the engine the declared ops and functions that operators, indexing and backward need."""
    global advanced_get, advanced_set, SUM, MEAN, VIEW_OP, CONJ, LINEAR_ACTIVATION, RELU, TANH, SIGMOID
    global UNSQUEEZE, ADD, SUB, MUL, DIV, FLOOR_DIVIDE, REMAINDER, POW, AND, OR, XOR, LSHIFT, RSHIFT, LT, LE, GT, GE, EQ
    global NE, NEG, ABS, NOT, PERMUTE, TRANSPOSE, MATMUL, LINEAR, CAST, CLONE, ASSIGN, AS_STRIDED, COPY_SLICES, SLICE
    advanced_get, advanced_set = get_advanced, set_advanced
    CONJ = ops["CONJ"]
    SUM = ops["SUM"]
    MEAN = ops["MEAN"]
    VIEW_OP = ops["VIEW"]
    ADD = ops["ADD"]
    SUB = ops["SUB"]
    MUL = ops["MUL"]
    DIV = ops["DIV"]
    FLOOR_DIVIDE = ops["FLOOR_DIVIDE"]
    REMAINDER = ops["REMAINDER"]
    POW = ops["POW"]
    AND = ops["AND"]
    OR = ops["OR"]
    XOR = ops["XOR"]
    LSHIFT = ops["LSHIFT"]
    RSHIFT = ops["RSHIFT"]
    LT = ops["LT"]
    LE = ops["LE"]
    GT = ops["GT"]
    GE = ops["GE"]
    EQ = ops["EQ"]
    NE = ops["NE"]
    NEG = ops["NEG"]
    ABS = ops["ABS"]
    NOT = ops["NOT"]
    PERMUTE = ops["PERMUTE"]
    TRANSPOSE = ops["TRANSPOSE"]
    MATMUL = ops["MATMUL"]
    LINEAR = ops["LINEAR"]
    LINEAR_ACTIVATION = ops["LINEAR_ACTIVATION"]
    RELU = ops["RELU"]
    TANH = ops["TANH"]
    SIGMOID = ops["SIGMOID"]
    UNSQUEEZE = ops["UNSQUEEZE"]
    CAST = ops["CAST"]
    CLONE = ops["CLONE"]
    ASSIGN = ops["ASSIGN"]
    AS_STRIDED = ops["AS_STRIDED"]
    COPY_SLICES = ops["COPY_SLICES"]
    SLICE = ops["SLICE"]


def attach(str name, value):
    """Make `value` (a function or property) an attribute of Tensor: how declared ops become methods."""
    (<dict>(<PyTypeObject *>Tensor).tp_dict)[name] = value
    PyType_Modified(Tensor)


cdef extern from "Python.h":
    ctypedef struct PyTypeObject:
        PyObject *tp_dict


cdef object plain_new = Tensor.__new__


def _new(cls, *args, **kwargs):
    """An empty tensor for whoever calls `Tensor.__new__` from Python; the engine itself fills what it makes."""
    cdef Tensor t = plain_new(cls)
    t.data = empty((0,))
    return t


attach("__new__", staticmethod(_new))


cdef object in_place_operator(Op op, Tensor x, object other):
    y = apply_inplace(op, x, (other,), ())
    return NotImplemented if y is None else y


cdef Tensor converted(Tensor x, int code):
    """x in another dtype, not recorded; x itself if it has it."""
    cdef Tensor y
    if x.dtype_ == code:
        return x
    y = new_like(x, code)
    if x.size_:
        move("cast", y, x)
    return y


cdef Tensor cast_to(Tensor x, int code):
    """x in another dtype, recorded if both are of floating kind; x itself if it has the dtype."""
    cdef Tensor y
    if x.dtype_ == code:
        return x
    if x.batch is not None:
        return finish_batched(CAST, (x,), (DTYPES[code], DTYPES[x.dtype_]), cast_to(x.batch, code), x.level)
    y = converted(x, code)
    if CATEGORY[code] >= FLOATING and mg_grad_mode and requires_grad(x):
        record(CAST, (x,), (DTYPES[code], DTYPES[x.dtype_]), y)
    return y


def cast(Tensor x, d):
    """x as dtype `d`; differentiable between floating dtypes."""
    return cast_to(x, as_code(d))


def conj(Tensor x):
    """The conjugate of a complex tensor; a real one itself. Differentiable."""
    return unary(CONJ, x) if CATEGORY[x.dtype_] == COMPLEX else x


def clone(Tensor x):
    """A contiguous copy; differentiable."""
    cdef Tensor y
    if x.batch is not None:
        return finish_batched(CLONE, (x,), (), clone(x.batch), x.level)
    y = copied(x)
    if mg_grad_mode and requires_grad(x):
        record(CLONE, (x,), (), y)
    return y


def contiguous(Tensor x):
    """x itself if its elements lie in C order, otherwise a copy; differentiable."""
    return x if x.contiguous_ else clone(x)


def full_of(tuple shape, value, d):
    """A tensor of one value."""
    return full(shape, value, as_code(d))


# ---- reductions ----

cdef int reduced_dims(Op op, Tensor x, object dim, bint *mask) except -1:
    """Mark the dimensions that `dim` (None, an int, a sequence) names; returns how many."""
    cdef int n = 0, d
    for i in range(8):
        mask[i] = False
    if dim is None or (isinstance(dim, (tuple, list)) and len(dim) == 0):
        for i in range(x.ndim_):
            mask[i] = True
        return x.ndim_
    for v in (dim if isinstance(dim, (tuple, list)) else (dim,)):
        d = wrap_dim(op.name, v, x.ndim_)
        if mask[d]:
            raise ShapeError(f"{op.name}: dimension {d} is named twice in {dim}")
        mask[d] = True
        n += 1
    return n if x.ndim_ else 0


cdef object reduction(Op op, Tensor x, tuple params):
    cdef mg_array a[2]
    cdef mg_param p[8]
    cdef bint mask[8]
    cdef int64_t kept_shape[8]
    cdef int64_t kept_strides[8]
    cdef int64_t shape[8]
    cdef int64_t strides[8]
    cdef int64_t out_shape[8]
    cdef int kept = 0, at, ndim = 0, compute = x.dtype_, result
    cdef int64_t count = 1
    if x.batch is not None:
        return batched_reduction(op, x, params)
    cdef bint keepdim = params[op.keepdim_at] if op.keepdim_at >= 0 else False
    cdef int reduced = reduced_dims(op, x, params[op.dim_at], mask)
    cdef Tensor source = x, y
    if CATEGORY[compute] == COMPLEX and not op.takes_complex:
        raise not_complex(op, compute)
    if is_half(compute) and (op.row == NULL or op.row[compute] == NULL):
        y = <Tensor>narrowed(reduction(op, converted(x, MG_F32), params), compute)
        if op.rules and mg_grad_mode and requires_grad(x):
            record(op, (x,), params, y)
        return y
    if op.result == ONLY_FLOAT and CATEGORY[compute] < FLOATING:
        raise DTypeError(f"{op.name}: expected a floating-point tensor, got dtype {DTYPES[compute].name}")
    if op.result == FLOAT and CATEGORY[compute] < FLOATING:
        compute = default_float
        source = cast_to(x, compute)
    result = real_of(compute) if op.result == MODULUS else compute
    if op.result == ACCUMULATE and CATEGORY[compute] < FLOATING:
        result = MG_I64
    elif op.result == TRUTH:
        result = MG_BOOL
    elif op.result == INDEX:
        result = MG_I64
    for d in range(x.ndim_):
        if mask[d]:
            count *= x.shape_[d]
            if keepdim:
                out_shape[ndim] = 1
                ndim += 1
        else:
            shape[kept], strides[kept] = source.shape_[d], source.strides_[d]
            kept_shape[kept] = source.shape_[d]
            out_shape[ndim] = source.shape_[d]
            kept, ndim = kept + 1, ndim + 1
    at = kept
    for d in range(x.ndim_):
        if mask[d]:
            shape[at], strides[at] = source.shape_[d], source.strides_[d]
            at += 1
    y = new_tensor(result, ndim, out_shape)
    if y.size_:
        if count == 0 and not op.identity:
            raise ShapeError(f"{op.name}: nothing to reduce in shape {x.shape} over dim {params[op.dim_at]}: {op.name} of no elements has no value")
        if op.row == NULL or op.row[compute] == NULL:
            by_reference(op, (source,), params, y)
        else:
            count = 1
            for d in range(kept - 1, -1, -1):
                kept_strides[d] = count
                count *= kept_shape[d]
            describe(&a[0], y)
            a[0].shape, a[0].strides, a[0].ndim = kept_shape, kept_strides, kept
            describe(&a[1], source)
            a[1].shape, a[1].strides = shape, strides
            p[0].i = at - kept
            if op.pack is not None:
                read_params(op.pack(DTYPES[compute], *params), &p[1], 7)
            launch_kernel(op.row[compute], a, p, x.size_, op.name)
    if op.rules and mg_grad_mode and requires_grad(source):
        record(op, (source,), params, y)
    return y


def sum_to(Tensor g, tuple shape):
    """The gradient of broadcasting: g summed over the dimensions along which `shape` was repeated to g's shape."""
    cdef int lead = g.ndim_ - len(shape), d
    cdef list dims = []
    for d in range(g.ndim_):
        if d < lead or (g.shape_[d] != 1 and shape[d - lead] == 1):
            dims.append(d)
    if dims:
        g = reduction(SUM, g, (tuple(dims), True, None))
    return view(VIEW_OP, g, (shape,)) if lead else g


def spread(Tensor g, tuple shape, dim):
    """The gradient of a sum: g, reduced from `shape` over `dim` with or without keepdim, repeated over `shape`. Not recorded."""
    cdef int64_t sizes[8]
    cdef int64_t strides[8]
    cdef bint mask[8]
    cdef int n = len(shape), d, v, at = 0
    cdef bint kept = g.ndim_ == n
    for d in range(n):
        sizes[d], strides[d], mask[d] = shape[d], 0, dim is None
    if dim is not None:
        dims = dim if isinstance(dim, (tuple, list)) else (dim,)
        for v in (dims if len(dims) else range(n)):
            if n:
                mask[v + n if v < 0 else v] = True
    for d in range(n):
        if not mask[d]:
            strides[d] = g.strides_[d if kept else at]
            at += 1
    return window(g, n, sizes, strides, 0)


def sum_input(Tensor g, tuple input_shape, dim, keepdim):
    """The gradient of a sum."""
    cdef Tensor y = spread(g, input_shape, dim)
    return y if not mg_grad_mode or (not requires_grad(g) and g.batch is None) else recorded_spread(g, y, input_shape, dim)


def mean_input(Tensor g, tuple input_shape, dim, keepdim):
    """The gradient of a mean."""
    cdef Tensor y = spread(g, input_shape, dim)
    return sum_input(<Tensor>binary(DIV, g, <double>y.size_ / (g.size_ if g.size_ else 1)), input_shape, dim, keepdim)


cdef object recorded_spread(Tensor g, Tensor y, tuple shape, dim):
    """What `spread` gave, by ops that can be differentiated again."""
    if g.ndim_ != y.ndim_:  # dimensions that were reduced come back as 1: those along which y does not move
        dims = range(y.ndim_) if dim is None else [d % y.ndim_ for d in (dim if isinstance(dim, (tuple, list)) and len(dim) else (dim,) if isinstance(dim, int) else range(y.ndim_))]
        g = g.view(tuple([1 if d in dims else s for d, s in enumerate(shape)]))
    return g.expand(shape)


# ---- views and general ops ----

cdef Tensor view(Op op, Tensor x, tuple params):
    """Another window onto x's storage, which the plan gives."""
    return recorded_view(op, x, params, <Tensor?>op.plan(x, *params))


cdef inline Tensor recorded_view(Op op, Tensor x, tuple params, Tensor y):
    if x.batch is not None:
        return recorded_batched_view(op, x, params, y)
    y.base = x if x.base is None else x.base
    y.rebased = y.base.rebased
    if mg_grad_mode and requires_grad(x):
        record(op, (x,), params, y)
    return y


cdef object general(Op op, tuple arrays, tuple params):
    """A general op: its plan and its kernel or reference, unrecorded; then one node for the whole."""
    global mg_grad_mode
    cdef int mode = mg_grad_mode
    if top_level(arrays):
        return batched_general(op, arrays, params)
    mg_grad_mode = 0
    try:
        result = run_general(op, arrays, params) if profile is None else profiled(op, arrays, params)
    finally:
        mg_grad_mode = mode
    if op.rules and wants_recording(arrays):
        record(op, arrays, params, result)
    return result


cdef object profiled(Op op, tuple arrays, tuple params):
    cdef Profile watched = profile
    watched.begin(op.name)
    try:
        result = run_general(op, arrays, params)
        watched.count(op.name, arrays, params, result)
        return result
    finally:
        watched.end()


cdef object run_general(Op op, tuple arrays, tuple params):
    cdef mg_array stack[MG_MAX_ARGS]
    cdef mg_array *a = stack
    cdef mg_param p[24]
    cdef Plan plan
    cdef Tensor t, y
    cdef list outs = [], keep = []
    cdef int n, code = -1, half = -1  # the dtype of all floating arrays, if it is one
    cdef int64_t work = 0
    cdef bint empty = True
    for x in arrays:
        if isinstance(x, Tensor) and CATEGORY[(<Tensor>x).dtype_] >= FLOATING:
            n = (<Tensor>x).dtype_
            if CATEGORY[n] == COMPLEX and not op.takes_complex:
                raise not_complex(op, n)
            half = n if half < 0 or half == n else MG_F64
    if half >= 0 and is_half(half) and not (op.native_half and op.plan is not None) and (op.row == NULL or op.row[half] == NULL):
        return narrowed(run_general(op, widened(arrays, half), params), half)
    try:
        made = op.plan(*arrays, *params) if op.plan is not None else None
    except NoKernel:
        made = None
    if made is None or type(made) is not Plan:
        outs = reference_outputs(op, arrays, params) if made is None else list(made if isinstance(made, tuple) else (made,))
    else:
        plan = made
        inputs = plan.arrays if plan.arrays is not None else arrays
        for x in inputs:
            if isinstance(x, Tensor):
                code = (<Tensor>x).dtype_
                break
        if plan.row is not True and plan.row is not None:
            code = as_code(plan.row)
        if plan.row is None or op.row == NULL or code < 0 or op.row[code] == NULL:
            outs = reference_outputs(op, arrays, params)
        else:
            for i, shape in enumerate(plan.shapes):
                if shape is None:
                    outs.append(None)
                    continue
                y = empty_of(shape, code if plan.dtypes is None or plan.dtypes[i] is None else as_code(plan.dtypes[i]))
                empty = empty and y.size_ == 0
                outs.append(y)
            if isinstance(plan.start, Tensor):
                write_into(outs[0], <Tensor>plan.start)
            elif plan.start is not None:
                fill(outs[0], plan.start)
            if not empty:
                n = len(outs) + len(inputs)
                if n > MG_MAX_ARGS:
                    a = <mg_array *>malloc(n * sizeof(mg_array))
                    if a == NULL:
                        raise MemoryError()
                try:
                    n = 0
                    for x in outs + list(inputs):
                        if x is None:
                            memset(&a[n], 0, sizeof(mg_array))
                        else:
                            t = <Tensor>x if op.strided else dense(<Tensor>x)
                            keep.append(t)
                            describe(&a[n], t)
                            work += t.size_
                        n += 1
                    read_params(plan.params, p, 24)
                    launch_kernel(op.row[code], a, p, 16 * work, op.name)
                finally:
                    if a != stack:
                        free(a)
    return outs[0] if op.outputs == 1 else tuple(outs)


cdef list reference_outputs(Op op, tuple arrays, tuple params):
    """Compute a general op by its NumPy reference."""
    inputs = [None if x is None else (<Tensor>x).numpy(force=True) if isinstance(x, Tensor) else x for x in arrays]
    with np.errstate(all="ignore"):
        values = op.ref(inputs, *params) if op.variadic else op.ref(*inputs, *params)
    return [None if v is None else from_numpy(np.array(v)) for v in (values if op.outputs != 1 else (values,))]


def apply(Op op, tuple arrays, tuple params):
    """Call any op. What the functions that the registry makes call."""
    if op.family == ELEMENTWISE:
        result = elementwise(op, arrays, params, None)
        if result is NotImplemented:
            bad = next(x for x in arrays if as_operand(x) is None)
            raise TypeError(f"{op.name}: expected tensors or numbers, got {type(bad).__name__}")
        return result
    if op.family == GENERAL:
        for x in arrays:
            if x is not None and not isinstance(x, Tensor):
                raise TypeError(f"{op.name}: expected a Tensor, got {type(x).__name__}")
        return general(op, arrays, params)
    x = arrays[0]
    if not isinstance(x, Tensor):
        raise TypeError(f"{op.name}: expected a Tensor, got {type(x).__name__}")
    return reduction(op, <Tensor>x, params) if op.family == REDUCTION else view(op, <Tensor>x, params)


cdef changed_inplace(Op op, Tensor x):
    return inplace(op, x, (), ())


# The functions that users call for ops of the plainest kinds: a closure here costs half a Python function that calls `apply`.

def unary_function(Op op):
    """The function of an elementwise op of one array and no parameters."""
    def function(input, *, out=None):
        y = unary(op, <Tensor>input) if isinstance(input, Tensor) else apply(op, (input,), ())
        return y if out is None else write_out(op.name, out, <Tensor>y)
    return function


def unary_function_inplace(Op op):
    """The same with `inplace=True`, as functions of nn.functional have it."""
    def function(input, inplace=False, *, out=None):
        if inplace:
            return changed_inplace(op, input)
        y = unary(op, <Tensor>input) if isinstance(input, Tensor) else apply(op, (input,), ())
        return y if out is None else write_out(op.name, out, <Tensor>y)
    return function


def binary_function(Op op):
    """The function of an elementwise op of two arrays and no parameters."""
    def function(input, other, *, out=None):
        y = binary(op, input, other)
        if y is NotImplemented:
            bad = input if as_operand(input) is None else other
            raise TypeError(f"{op.name}: expected tensors or numbers, got {type(bad).__name__}")
        return y if out is None else write_out(op.name, out, <Tensor>y)
    return function


# ---- losses ----

def check_pair(str op, input, target, weight=None):
    """What losses of two tensors ask of their arguments: tensors of one shape, since a loss never broadcasts silently."""
    if not isinstance(input, Tensor):
        raise TypeError(f"{op}: expected a Tensor as input, got {type(input).__name__}")
    if not isinstance(target, Tensor):
        raise TypeError(f"{op}: expected a Tensor as target, got {type(target).__name__}")
    if not same_shape(<Tensor>input, <Tensor>target):
        raise ShapeError(f"{op}: input and target must have the same shape, got {input.shape} and {target.shape}")
    if weight is not None and not isinstance(weight, Tensor):
        raise TypeError(f"{op}: expected a Tensor or None as weight, got {type(weight).__name__}")


cdef tuple EVERYWHERE = (None, False, None)  # dim, keepdim, dtype of a full reduction


def reduce_loss(Tensor loss, str how):
    """The elements of a loss, reduced: "mean", "sum" or "none"."""
    return reduction(MEAN, loss, EVERYWHERE) if how == "mean" else reduction(SUM, loss, EVERYWHERE) if how == "sum" else loss


# ---- in place ----

cdef Tensor prepare_inplace(str name, Tensor x, tuple others, bint recording):
    """Refuse what cannot be changed in place; returns a stand-in for x as it is in the graph before the change."""
    cdef Tensor old
    if recording:
        grad_edge(x)  # looks for the base
        if x.base is not None and x.base.dtype_ != x.dtype_:
            raise GradError(f"{name}: a view of another dtype cannot be changed in place while gradients are recorded; clone it first")
        if x.wants_grad:
            raise GradError(f"{name}: a leaf that requires grad cannot be changed in place; do it under no_grad()")
        if x.base is not None and x.base.wants_grad:
            raise GradError(f"{name}: a view of a leaf that requires grad cannot be changed in place; do it under no_grad()")
        if x.base is not None and not x.base.contiguous_:
            raise GradError(f"{name}: a view of a non-contiguous tensor cannot be changed in place while gradients are recorded; clone it first")
    for d in range(x.ndim_):
        if x.strides_[d] == 0 and x.shape_[d] > 1:
            raise ShapeError(f"{name}: several elements of the tensor share one place in memory (expanded dimension {d}); clone it first")
    old = alias(x)
    old.node, old.slot = grad_edge(x), x.slot
    return old


cdef int finish_inplace(Tensor x, Node node, int slot) except -1:
    """x was written by `node`: it, its base and the base's other views now come after that."""
    cdef Node copy
    cdef Tensor base = x.base
    if base is None:
        x.node, x.slot = node, slot
        x.rebased += 1
        return 0
    offset = (x.ptr - base.ptr) // <int64_t>SIZE[x.dtype_]
    geometry = (x.shape, x.stride(), offset)
    copy = Node.__new__(Node)
    copy.op, copy.params = COPY_SLICES, geometry
    copy.link(0, 2, grad_edge(base), base.slot)
    copy.link(1, 2, node, slot)
    copy.shapes = (base.shape, x.shape)
    copy.out_dtype, copy.out_ndim = base.dtype_, base.ndim_
    memcpy(copy.out_shape, base.shape_, base.ndim_ * sizeof(int64_t))
    base.node, base.slot = copy, 0
    base.rebased += 1
    refresh_view(x)
    return 0


cdef bint inside(Tensor x, Tensor base) noexcept:
    """Whether x can be given by sizes, strides and an offset in the elements of base in order."""
    cdef int64_t last = (x.ptr - base.ptr) // <int64_t>SIZE[x.dtype_]
    if not base.contiguous_ or last < 0:
        return False
    for d in range(x.ndim_):
        last += (x.shape_[d] - 1) * x.strides_[d]
    return x.size_ == 0 or last < base.size_


cdef int refresh_view(Tensor x) except -1:
    """Let a view whose base was replaced in the graph come from the new base."""
    cdef Tensor base = x.base
    cdef Node node
    if base.dtype_ != x.dtype_:
        raise GradError("the tensor of which this is a view of another dtype was changed in place; make the view again")
    if base.node is not None and not inside(x, base):
        raise GradError("the tensor of which this is a view got another layout and was changed in place; make the view again")
    x.rebased = base.rebased
    if base.node is None:
        x.node = None
        return 0
    node = Node.__new__(Node)
    node.op, node.params = AS_STRIDED, (x.shape, x.stride(), (x.ptr - base.ptr) // <int64_t>SIZE[x.dtype_])
    node.link(0, 1, base.node, base.slot)
    node.shapes = (base.shape,)
    node.out_dtype, node.out_ndim = x.dtype_, x.ndim_
    memcpy(node.out_shape, x.shape_, x.ndim_ * sizeof(int64_t))
    x.node, x.slot = node, 0
    return 0


cdef Tensor apply_inplace(Op op, Tensor x, tuple others, tuple params):
    """x op= others, for an elementwise op."""
    cdef bint recording = wants_recording((x, *others))
    cdef Tensor old = prepare_inplace(op.name + "_", x, others, recording)
    cdef Rule rule
    cdef Tensor y
    # What shares memory with x is read before it changes, and what a rule keeps of it stays as it was.
    others = tuple([(o.clone() if recording or x.batch is not None else copied(<Tensor>o))
                    if isinstance(o, Tensor) and (<Tensor>o).storage == x.storage and (recording or x.batch is not None or not same_geometry(<Tensor>o, x))
                    else o for o in others])
    if x.batch is not None:
        result = elementwise(op, (old.clone(), *others), params, None)
        return None if result is NotImplemented else overwrite(op.name + "_", x, <Tensor>result)
    if recording:
        for r in op.rules:
            rule = r
            for i in range(rule.count):
                if rule.needs[i] == ARRAY:
                    y = copied(old)
                    y.node, y.slot = old.node, old.slot
                    old = y
                    break
    result = elementwise_into(op, (old, *others), params, x)
    if result is NotImplemented:
        return None
    x.storage.version += 1
    if recording:
        finish_inplace(x, make_node(op, (old, *others), params, x), 0)
    return x


cdef object elementwise_into(Op op, tuple args, tuple params, Tensor out):
    global mg_grad_mode
    cdef int mode = mg_grad_mode
    mg_grad_mode = 0
    try:
        return elementwise(op, args, params, out)
    finally:
        mg_grad_mode = mode


def inplace(Op op, Tensor x, tuple others, tuple params):
    """The `name_` method of an elementwise op."""
    y = apply_inplace(op, x, others, params)
    if y is None:
        raise TypeError(f"{op.name}_: expected tensors or numbers, got {', '.join(type(o).__name__ for o in others)}")
    return y


def inplace_by(function, str name, Tensor x, *args, **kwargs):
    """The `name_` method of any other op: compute aside, then write."""
    cdef Tensor old = prepare_inplace(name, x, args, wants_recording((x, *[a for a in args if isinstance(a, Tensor)])))
    cdef Tensor y
    if x.batch is not None:
        y = old.clone()
    else:
        y = copied(old)
        y.node, y.slot = old.node, old.slot
    return overwrite(name, x, <Tensor>function(y, *args, **kwargs))


cdef Tensor overwrite(str name, Tensor x, Tensor y):
    """Let x, which was prepared for that, hold what was computed from it."""
    cdef bint recording = mg_grad_mode
    if not same_shape(x, y):
        raise ShapeError(f"{name}: the result has shape {y.shape}, which does not fit in place into {x.shape}")
    if CATEGORY[y.dtype_] > CATEGORY[x.dtype_]:
        raise DTypeError(f"{name}: the result has dtype {y.dtype.name}, which does not fit in place into {x.dtype.name}")
    y = cast_to(y, x.dtype_)
    write_into(x, y)
    x.storage.version += 1
    if recording and (y.node is not None or requires_grad(x)):
        finish_inplace(x, y.node, y.slot)
    return x


def become_view(function, str name, Tensor x, *args, **kwargs):
    """The `name_` method of a view op: x looks at its memory another way, and in the graph comes after what it was."""
    global mg_grad_mode
    cdef int mode = mg_grad_mode
    cdef Tensor old = alias(x), y
    if mode and x.wants_grad:
        raise GradError(f"{name}: a leaf that requires grad cannot be changed in place; do it under no_grad()")
    if not x.wants_grad:
        old.node, old.slot = grad_edge(x), x.slot
    old.base, old.rebased = x.base, x.rebased
    old.batch, old.level = x.batch, x.level
    if mode and x.base is not None and x.base.wants_grad:
        raise GradError(f"{name}: a view of a leaf that requires grad cannot be changed in place; do it under no_grad()")
    mg_grad_mode = old.node is not None or x.batch is not None  # under no_grad() too: gradients of the old shape would not fit
    try:
        y = function(old, *args, **kwargs)
    finally:
        mg_grad_mode = mode
    x.storage.version += 1
    if y is old:
        return x
    x.ptr, x.ndim_, x.size_, x.contiguous_, x.batch = y.ptr, y.ndim_, y.size_, y.contiguous_, y.batch
    memcpy(x.shape_, y.shape_, sizeof(int64_t) * y.ndim_)
    memcpy(x.strides_, y.strides_, sizeof(int64_t) * y.ndim_)
    if old.node is not None:
        x.node, x.slot = y.node, y.slot
        if x.base is None and old.contiguous_:
            x.base = old  # so that changes in place of x, and of other views of what it was, reach one another
    return x


cdef Tensor assign(Tensor x, object value):
    """x[...] = value: broadcast, cast, recorded."""
    cdef Tensor source
    cdef int64_t shape[8]
    cdef int ndim
    cdef bint recording
    if not isinstance(value, Tensor):
        if scalar_code(value) >= 0:
            recording = wants_recording((x,))
            prepare_inplace("fill_", x, (), recording)
            if CATEGORY[scalar_code(value)] == COMPLEX > CATEGORY[x.dtype_]:
                raise DTypeError(f"fill_: {value!r} does not fit into dtype {x.dtype.name}")
            fill(x, value)
            x.storage.version += 1
            if recording:
                finish_inplace(x, make_node(ASSIGN, (x, value), (), x), 0)
            return x
        value = from_numpy(np.array(value, dtype=None if isinstance(value, np.ndarray) else x.dtype.numpy))
    source = <Tensor>value
    recording = wants_recording((x, source))
    prepare_inplace("copy_", x, (source,), recording)
    ndim = broadcast_shape("copy_", (x, source), shape)
    if ndim != x.ndim_ or memcmp(shape, x.shape_, ndim * sizeof(int64_t)) != 0:
        raise ShapeError(f"copy_: a value of shape {source.shape} cannot be written into shape {x.shape}")
    write_into(x, source)
    x.storage.version += 1
    if recording:
        if source.dtype_ != x.dtype_ and CATEGORY[source.dtype_] >= FLOATING:
            source = cast_to(source, x.dtype_)
        finish_inplace(x, make_node(ASSIGN, (x, source), (), x), 0)
    return x


def copy_(Tensor x, source):
    """Set the elements of x to those of `source`, cast and broadcast; returns x."""
    return assign(x, source)




def write_out(str name, out, Tensor result):
    """What `out=` does: the result is computed, then written, cast; returns `out`."""
    if not isinstance(out, Tensor):
        raise TypeError(f"{name}: expected a Tensor as out, got {type(out).__name__}")
    if mg_grad_mode and (result.node is not None or requires_grad(<Tensor>out)):
        raise GradError(f"{name}: out= is not recorded; call it without, or under no_grad()")
    if not same_shape(<Tensor>out, result):
        raise ShapeError(f"{name}: expected out of shape {result.shape}, got {(<Tensor>out).shape}")
    if CATEGORY[result.dtype_] > CATEGORY[(<Tensor>out).dtype_]:
        raise DTypeError(f"{name}: the result has dtype {result.dtype.name}, which does not fit into out of {(<Tensor>out).dtype.name}")
    return assign(<Tensor>out, result)
