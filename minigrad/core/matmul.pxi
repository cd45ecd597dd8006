# matmul and linear: the shapes and strides of the `matmul` kernel, without Python on the way.

ACTIVATIONS = (None, "relu", "tanh", "sigmoid")  # by their numbers in gemm.h

cdef inline int launch_products(mg_kernel kernel, const mg_array *a, const mg_param *p, int64_t products, str name) except -1:
    """`launch_kernel` of a kernel that multiplies and adds this often: a profile counts it."""
    if profile is None:
        return launch_kernel(kernel, a, p, products, name)
    profile.begin(name)
    profile.running[-1][3] = 2.0 * products
    try:
        return timed_launch(kernel, a, p, name)
    finally:
        profile.end()


cdef Tensor contract(Op op, Tensor a, Tensor b, Tensor bias, bint transpose_b, int activation=0):
    """a @ b (b transposed: a @ b.mT), plus a bias of one row, through an activation; NumPy's rules for 1-D and stacked operands.
    Not recorded."""
    cdef mg_array arr[4]
    cdef mg_param p[1]
    cdef int64_t shape[8]
    cdef int64_t sa[8]
    cdef int64_t sb[8]
    cdef int64_t sc[8]
    cdef int64_t ta[8]
    cdef int64_t tb[8]
    cdef int64_t tc[8]
    cdef int64_t tbias[8]
    cdef int64_t m, k, kb, n, ma, kka, kkb, nb, size = 1
    cdef int na = a.ndim_ - 2 if a.ndim_ > 2 else 0, nbd = b.ndim_ - 2 if b.ndim_ > 2 else 0, batch, ndim, d, e
    cdef Tensor c
    if a.batch is not None or b.batch is not None:
        raise_batched(a, op.name)
    if a.dtype_ != b.dtype_ or (bias is not None and bias.dtype_ != a.dtype_):
        raise DTypeError(f"{op.name}: expected one dtype for all arguments, got {a.dtype.name} and {b.dtype.name}"
                         + ("" if bias is None else f" (bias {bias.dtype.name})"))
    if is_half(a.dtype_):
        c = contract(op, converted(a, MG_F32), converted(b, MG_F32), None if bias is None else converted(bias, MG_F32), transpose_b, activation)
        return converted(c, a.dtype_)
    if a.ndim_ == 0 or b.ndim_ == 0:
        raise ShapeError(f"{op.name}: expected tensors of at least 1 dimension, got shapes {a.shape} and {b.shape}")
    m = a.shape_[a.ndim_ - 2] if a.ndim_ > 1 else 1
    k = a.shape_[a.ndim_ - 1]
    ma, kka = (a.strides_[a.ndim_ - 2] if a.ndim_ > 1 else 0), a.strides_[a.ndim_ - 1]
    if b.ndim_ == 1:
        kb, n, kkb, nb = b.shape_[0], 1, b.strides_[0], 0
    elif transpose_b:
        kb, n, kkb, nb = b.shape_[b.ndim_ - 1], b.shape_[b.ndim_ - 2], b.strides_[b.ndim_ - 1], b.strides_[b.ndim_ - 2]
    else:
        kb, n, kkb, nb = b.shape_[b.ndim_ - 2], b.shape_[b.ndim_ - 1], b.strides_[b.ndim_ - 2], b.strides_[b.ndim_ - 1]
    if k != kb:
        if transpose_b:
            raise ShapeError(f"{op.name}: input has {k} features in its last dimension but weight expects {kb}: "
                             f"input.shape={a.shape}, weight.shape={b.shape} (out, in)")
        raise ShapeError(f"{op.name}: shapes {a.shape} and {b.shape} do not fit: {k} columns against {kb} rows")
    batch = na if na > nbd else nbd
    for d in range(batch):
        e = d - (batch - na)
        ta[d] = a.strides_[e] if e >= 0 else 0
        sa[d] = a.shape_[e] if e >= 0 else 1
        e = d - (batch - nbd)
        tb[d] = b.strides_[e] if e >= 0 else 0
        sb[d] = b.shape_[e] if e >= 0 else 1
        if sa[d] != sb[d] and sa[d] != 1 and sb[d] != 1:
            raise ShapeError(f"{op.name}: batch dimensions of shapes {a.shape} and {b.shape} cannot be broadcast together")
        shape[d] = sb[d] if sa[d] == 1 else sa[d]
        if sa[d] != shape[d]:
            ta[d] = 0
        if sb[d] != shape[d]:
            tb[d] = 0
        sa[d] = sb[d] = sc[d] = shape[d]
    # A stack of a's against one b is one tall a, when a's batch and rows lie in order.
    if batch and nbd == 0 and a.contiguous_:
        for d in range(batch):
            m *= shape[d]
        ma = k
        sa[0], sa[1], ta[0], ta[1] = m, k, ma, kka
        sb[0], sb[1], tb[0], tb[1] = k, n, kkb, nb
        sc[0], sc[1], tc[0], tc[1] = m, n, n, 1
        ndim = 2
    else:
        sa[batch], sa[batch + 1], ta[batch], ta[batch + 1] = m, k, ma, kka
        sb[batch], sb[batch + 1], tb[batch], tb[batch + 1] = k, n, kkb, nb
        sc[batch], sc[batch + 1] = m, n
        ndim = batch + 2
        for d in range(ndim - 1, -1, -1):
            tc[d] = size
            size *= sc[d]
    # Shape of the result: a's row dimension and b's column dimension are there only if a and b have them.
    d = batch
    if a.ndim_ > 1:
        shape[d] = a.shape_[a.ndim_ - 2]
        d += 1
    if b.ndim_ > 1:
        shape[d] = n
        d += 1
    if d > MG_MAX_DIMS or ndim > MG_MAX_DIMS:
        raise ShapeError(f"{op.name}: the product of {a.shape} and {b.shape} has more than {MG_MAX_DIMS} dimensions")
    c = new_tensor(a.dtype_, d, shape)
    if c.size_ == 0:
        return c
    if op.row[a.dtype_] == NULL:
        by_reference(op, (a, b) if op is MATMUL else (a, b, bias), () if activation == 0 else (ACTIVATIONS[activation],), c)
        return c
    arr[0].data, arr[0].shape, arr[0].strides, arr[0].ndim, arr[0].dtype = c.ptr, sc, tc, ndim, c.dtype_
    arr[1].data, arr[1].shape, arr[1].strides, arr[1].ndim, arr[1].dtype = a.ptr, sa, ta, ndim, a.dtype_
    arr[2].data, arr[2].shape, arr[2].strides, arr[2].ndim, arr[2].dtype = b.ptr, sb, tb, ndim, b.dtype_
    arr[3].data, arr[3].shape, arr[3].strides, arr[3].ndim, arr[3].dtype = NULL, sc, tbias, ndim, a.dtype_
    if bias is not None:
        for d in range(ndim):
            tbias[d] = 0
        if bias.shape_[0] != 1:
            tbias[ndim - 1] = bias.strides_[0]
        arr[3].data = bias.ptr
    p[0].i = activation
    launch_products(op.row[a.dtype_], arr, p, c.size_ * k, op.name)
    return c


cdef Tensor matmul(Tensor a, Tensor b):
    cdef Tensor c
    if a.batch is not None or b.batch is not None:
        return batched_matmul(MATMUL, a, b)
    c = contract(MATMUL, a, b, None, False)
    if mg_grad_mode and (requires_grad(a) or requires_grad(b)):
        record(MATMUL, (a, b), (), c)
    return c


def apply_matmul(input, other):
    """`matmul`, with NumPy's rules for 1-D and stacked operands."""
    if not isinstance(input, Tensor) or not isinstance(other, Tensor):
        raise TypeError(f"matmul: expected Tensors, got {type(input).__name__} and {type(other).__name__}")
    return matmul(<Tensor>input, <Tensor>other)


def apply_linear(input, weight, bias=None):
    """input @ weight.T + bias in one kernel."""
    return linear(LINEAR, input, weight, bias, 0)


def apply_linear_activation(input, weight, bias=None, activation="relu"):
    """The same through an activation."""
    if activation not in ACTIVATIONS[1:]:
        raise ValueError(f"linear_activation: activation must be one of {', '.join(map(repr, ACTIVATIONS[1:]))}, got {activation!r}")
    return linear(LINEAR_ACTIVATION, input, weight, bias, ACTIVATIONS.index(activation))


cdef Tensor linear(Op op, object input, object weight, object bias, int activation):
    cdef Tensor x, w, b = None, y
    if not isinstance(input, Tensor) or not isinstance(weight, Tensor) or not (bias is None or isinstance(bias, Tensor)):
        raise TypeError(f"{op.name}: expected Tensors, got {type(input).__name__}, {type(weight).__name__}, {type(bias).__name__}")
    x, w = <Tensor>input, <Tensor>weight
    if w.ndim_ > 2 or w.ndim_ == 0:
        raise ShapeError(f"{op.name}: expected a weight of shape (out, in) or (in,), got {w.shape}")
    if bias is not None:
        b = <Tensor>bias
        if b.ndim_ > 1 or (w.ndim_ == 1 and b.ndim_ == 1) or (b.ndim_ == 1 and b.shape_[0] != w.shape_[0] and b.shape_[0] != 1):
            raise ShapeError(f"{op.name}: expected a bias of shape {w.shape[:-1]} for weight {w.shape}, got {b.shape}")
        if b.ndim_ == 0:
            b = view(UNSQUEEZE, b, (0,))
    if x.batch is not None or w.batch is not None or (b is not None and b.batch is not None):
        y = matmul(x, w.mT if w.ndim_ == 2 else w)
        return activated(y if b is None else y + b, activation)
    if activation and (op.row[x.dtype_] == NULL or CATEGORY[x.dtype_] != FLOATING):
        return activated(linear(LINEAR, x, w, b, 0), activation)
    y = contract(op, x, w, b, True, activation)
    if mg_grad_mode and (requires_grad(x) or requires_grad(w) or (b is not None and requires_grad(b))):
        record(op, (x, w, b), () if activation == 0 else (ACTIVATIONS[activation],), y)
    return y


cdef Tensor activated(Tensor x, int activation):
    return x if activation == 0 else unary((RELU, TANH, SIGMOID)[activation - 1], x)


# ---- gradients of linear: if nothing is recorded, the products without views and calls in between ----

def linear_input(Tensor g, Tensor weight):
    if weight.ndim_ == 1:
        return g.unsqueeze(-1) * weight
    return matmul(g, weight) if mg_grad_mode or g.batch is not None or weight.batch is not None else contract(MATMUL, g, weight, None, False)


def linear_weight(Tensor g, Tensor input, weight_shape):
    cdef int64_t shape[2]
    cdef int64_t strides[2]
    if len(weight_shape) == 1:
        return (g.reshape(-1, 1) * input.reshape(-1, input.shape_[input.ndim_ - 1])).sum(0)
    if mg_grad_mode or g.batch is not None or input.batch is not None:
        if g.ndim_ == 1:
            return g.unsqueeze(-1) * input
        return g.reshape(-1, g.shape_[g.ndim_ - 1]).mT @ input.reshape(-1, input.shape_[input.ndim_ - 1])
    if input.ndim_ != 2:
        g, input = as_rows(g), as_rows(input)
    shape[0], shape[1], strides[0], strides[1] = g.shape_[1], g.shape_[0], g.strides_[1], g.strides_[0]
    return contract(MATMUL, window(g, 2, shape, strides, 0), input, None, False)


def linear_bias(Tensor g, tuple bias_shape):
    return sum_to(g, bias_shape)


cdef bint linear_backward(Node node, Tensor g, const int64_t *targets, PyObject **grads) except -1:
    """All gradients of `linear` and `linear_activation` in one kernel, where there is one; False if the rules have to do it."""
    cdef mg_array a[7]
    cdef mg_param p[1]
    cdef int64_t shape[8]
    cdef int64_t sizes[5][2]
    cdef int64_t strides[5][2]
    cdef int64_t m, n, k
    cdef Tensor x = None, w = None, y = None, gx = None, gw = None, gb = None
    if node.op.row[g.dtype_] == NULL or CATEGORY[g.dtype_] != FLOATING or g.batch is not None or g.ndim_ == 0 or g.size_ == 0:
        return False
    if targets[1] >= 0 and len(<tuple>node.shapes[1]) != 2:
        return False
    n = g.shape_[g.ndim_ - 1]
    if targets[0] >= 0:
        w = saved_array(node, 1)
        if w.ndim_ != 2 or w.batch is not None:
            return False
        k = w.shape_[1]
    if targets[1] >= 0:
        x = saved_array(node, 0)
        if x.batch is not None:
            return False
        k = x.shape_[x.ndim_ - 1]
    elif targets[0] < 0:  # of the bias alone
        return False
    if targets[2] >= 0 and node.shapes[2] != (n,):
        return False
    if k == 0:
        return False
    m = g.size_ // n
    p[0].i = 0
    memset(a, 0, sizeof(a))
    if node.op is LINEAR_ACTIVATION:
        p[0].i = ACTIVATIONS.index(node.params[0])
        y = matrix(dense(saved_output(node, 0, False)), m, n, &a[6], sizes[2], strides[2])
    g = matrix(g, m, n, &a[3], sizes[3], strides[3])
    if x is not None:
        x = matrix(x, m, k, &a[4], sizes[4], strides[4])
    else:  # the kernel reads the size from here
        sizes[4][0], sizes[4][1] = m, k
        a[4].shape = sizes[4]
    if w is not None:
        describe(&a[5], w)
    if targets[0] >= 0:
        memcpy(shape, node.out_shape, node.out_ndim * sizeof(int64_t))
        shape[node.out_ndim - 1] = k
        gx = new_tensor(g.dtype_, node.out_ndim, shape)
        describe(&a[0], gx)
    if targets[1] >= 0:
        shape[0], shape[1] = n, k
        gw = new_tensor(g.dtype_, 2, shape)
        describe(&a[1], gw)
    if targets[2] >= 0:
        gb = new_tensor(g.dtype_, 1, &n)
        describe(&a[2], gb)
    launch_products(LINEAR_BACKWARD_ROW[g.dtype_], a, p, 2 * m * n * k, "linear_backward")
    if gx is not None:
        deliver(node, 0, gx, &grads[targets[0]], False)
    if gw is not None:
        deliver(node, 1, gw, &grads[targets[1]], False)
    if gb is not None:
        deliver(node, 2, gb, &grads[targets[2]], False)
    return True

cdef const mg_kernel *LINEAR_BACKWARD_ROW = mg_kernel_row(mg_kernel_id("linear_backward"))


cdef Tensor matrix(Tensor x, int64_t rows, int64_t columns, mg_array *a, int64_t *shape, int64_t *strides):
    """Describe x, or a copy of it, as a matrix; returns what was described."""
    if x.ndim_ != 2:
        x = dense(x)
    shape[0], shape[1] = rows, columns
    if x.ndim_ == 2:
        strides[0], strides[1] = x.strides_[0], x.strides_[1]
    else:
        strides[0], strides[1] = columns, 1
    a.data, a.shape, a.strides, a.ndim, a.dtype = x.ptr, shape, strides, 2, x.dtype_
    return x


cdef Tensor as_rows(Tensor x):
    """x as a matrix of its last dimension's rows; not recorded."""
    cdef int64_t shape[2]
    cdef int64_t strides[2]
    x = dense(x)
    shape[1], strides[0], strides[1] = x.shape_[x.ndim_ - 1], x.shape_[x.ndim_ - 1], 1
    shape[0] = 1
    for d in range(x.ndim_ - 1):
        shape[0] *= x.shape_[d]
    return window(x, 2, shape, strides, 0)
