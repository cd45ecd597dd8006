# Tensor: a storage, a window onto it (shape, strides, first element), and its place in the graph.
from cpython.buffer cimport PyObject_GetBuffer, PyBuffer_Release, PyBUF_FORMAT, PyBUF_RECORDS, PyBUF_RECORDS_RO, PyBUF_STRIDES, PyBUF_WRITABLE, Py_buffer
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.tuple cimport PyTuple_New, PyTuple_SET_ITEM
from cpython.weakref cimport PyWeakref_NewRef
from libc.stdlib cimport free, malloc, realloc

cdef extern from "Python.h":
    void PyType_Modified(type t)
    int Py_REFCNT(object o)

cdef int64_t ONE = 1  # the stride of a flat array


cdef class Node

cdef object make_tensor = None  # what PyTorch's old constructor does


def install_constructor(make):
    """Hand over what `Tensor(...)` makes of its arguments."""
    global make_tensor
    make_tensor = make


cdef object load_rest = None
cdef object write_text = None  # repr of a tensor


def install_loader(load):
    """Hand over what declares the rest of the ops."""
    global load_rest
    load_rest = load


@cython.freelist(256)  # no trashcan: every chain of tensors passes through nodes, which have one
cdef class Tensor:
    """An n-dimensional array (at most 8 dimensions) that records what is done to it.

    Made by `mg.tensor`, `mg.zeros`, `mg.from_numpy` and the like. Its operators and methods have PyTorch's names and
    meanings; each is also a function of the same name, where its documentation is.
    """
    cdef mg_storage *storage
    cdef char *ptr
    cdef int dtype_
    cdef int ndim_
    cdef int64_t size_       # number of elements
    cdef bint contiguous_    # C order without gaps
    cdef bint wants_grad     # a leaf that accumulates .grad
    cdef int slot            # which output of its node
    cdef int64_t shape_[8]
    cdef int64_t strides_[8]  # in elements
    cdef Node node           # producer; for a leaf that wants grad its accumulator, made when first needed
    cdef object grad_
    cdef Tensor batch        # under vmap: the tensor of all examples, of which this one shows a single one; and which vmap it is
    cdef int level
    cdef Tensor base         # of a view: the tensor whose storage it looks into
    cdef int64_t rebased     # how often the node was replaced by an in-place change; of a view: of its base, when last looked at
    cdef object __weakref__

    def __init__(self, *args, **kwargs):
        """PyTorch's old constructor: `Tensor(2, 3)` is memory of that shape, `Tensor([2, 3])` holds these values as the default dtype."""
        if kwargs or make_tensor is None:
            raise TypeError("Tensor: make one with minigrad.tensor(data), zeros(shape), from_numpy(array), ...")
        self.data = make_tensor(args)

    def __dealloc__(self):
        if self.storage != NULL:
            mg_storage_decref(self.storage)

    # ---- geometry ----

    @property
    def shape(self):
        """Size of each dimension, a tuple."""
        return int_tuple(self.shape_, self.ndim_)

    def size(self, dim=None):
        """The shape, or the size of one dimension."""
        if dim is None:
            return int_tuple(self.shape_, self.ndim_)
        return self.shape_[wrap_dim("size", dim, self.ndim_)]

    def stride(self, dim=None):
        """Elements from one entry to the next, for each dimension or for one."""
        if dim is None:
            return int_tuple(self.strides_, self.ndim_)
        return self.strides_[wrap_dim("stride", dim, self.ndim_)]

    def storage_offset(self):
        """Elements between the start of the storage and the first element."""
        return (self.ptr - <char *>self.storage.data) // <int64_t>SIZE[self.dtype_]

    @property
    def ndim(self):
        """Number of dimensions."""
        return self.ndim_

    def dim(self):
        """Number of dimensions."""
        return self.ndim_

    def ndimension(self):
        """Number of dimensions."""
        return self.ndim_

    def numel(self):
        """Number of elements."""
        return self.size_

    def nelement(self):
        """Number of elements."""
        return self.size_

    def element_size(self):
        """Bytes of one element."""
        return SIZE[self.dtype_]

    @property
    def itemsize(self):
        """Bytes of one element."""
        return SIZE[self.dtype_]

    @property
    def nbytes(self):
        """Bytes of all elements."""
        return self.size_ * SIZE[self.dtype_]

    def is_contiguous(self):
        """Whether the elements lie in C order without gaps."""
        return self.contiguous_

    def data_ptr(self):
        """Address of the first element."""
        return <size_t>self.ptr

    @property
    def dtype(self):
        """Element type."""
        return DTYPES[self.dtype_]

    @property
    def device(self):
        """Always the CPU: minigrad has no other."""
        return CPU

    def is_floating_point(self):
        return CATEGORY[self.dtype_] == FLOATING

    def is_complex(self):
        return CATEGORY[self.dtype_] == COMPLEX

    @property
    def _version(self):
        """How often the storage was changed in place."""
        return self.storage.version

    def _bump_version(self):
        self.storage.version += 1

    def __len__(self):
        if self.ndim_ == 0:
            raise TypeError("len() of a 0-d tensor")
        return self.shape_[0]

    def __hash__(self):
        return (<size_t><PyObject *>self) >> 4

    # ---- values ----

    def item(self):
        """The only element, as a Python number."""
        if self.size_ != 1:
            raise ShapeError(f"item: expected a tensor of one element, got shape {self.shape}")
        if self.batch is not None:
            raise_batched(self, "item")
        return get_scalar(self.dtype_, self.ptr)

    def tolist(self):
        """The elements as nested lists of Python numbers."""
        return converted(self.detach(), MG_F32 if self.dtype_ == MG_BF16 else self.dtype_).numpy().tolist()

    def __bool__(self):
        if self.size_ != 1:
            raise ShapeError(f"bool: a tensor of {self.size_} elements is neither true nor false; use .any() or .all()")
        if self.batch is not None:
            raise_batched(self, "bool")
        return bool(get_scalar(self.dtype_, self.ptr))

    def __float__(self):
        return float(self.item())

    def __int__(self):
        return int(self.item())

    def __complex__(self):
        return complex(self.item())

    def __index__(self):
        if CATEGORY[self.dtype_] > INTEGER:
            raise TypeError(f"only integer tensors of one element can be an index, got dtype {DTYPES[self.dtype_].name}")
        return int(self.item())

    def __getattr__(self, str name):
        # A method of an op that is not declared yet (minigrad/ops/__init__.py). Only names that are not there come here.
        if not name.startswith("__") and load_rest is not None and load_rest() and hasattr(Tensor, name):
            return getattr(self, name)
        why = reason(name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}" + (f"; {why}" if why else ""), name=name, obj=self)

    def __contains__(self, value):
        return bool((self == value).any())

    def __format__(self, spec):
        return format(self.item(), spec) if self.ndim_ == 0 else format(str(self), spec)

    def __repr__(self):
        if self.batch is not None:
            return f"tensor(shape={self.shape}, one example of the batch {self.batch!r})"
        global write_text
        if write_text is None:
            from minigrad.printing import text as write_text  # when something is printed, which few programs do first
        return write_text(self)

    # ---- operators ----

    def __add__(self, other):
        return binary(ADD, self, other)

    def __radd__(self, other):
        return binary(ADD, other, self)

    def __iadd__(self, other):
        return in_place_operator(ADD, self, other)

    def __sub__(self, other):
        return binary(SUB, self, other)

    def __rsub__(self, other):
        return binary(SUB, other, self)

    def __isub__(self, other):
        return in_place_operator(SUB, self, other)

    def __mul__(self, other):
        return binary(MUL, self, other)

    def __rmul__(self, other):
        return binary(MUL, other, self)

    def __imul__(self, other):
        return in_place_operator(MUL, self, other)

    def __truediv__(self, other):
        return binary(DIV, self, other)

    def __rtruediv__(self, other):
        return binary(DIV, other, self)

    def __itruediv__(self, other):
        return in_place_operator(DIV, self, other)

    def __floordiv__(self, other):
        return binary(FLOOR_DIVIDE, self, other)

    def __rfloordiv__(self, other):
        return binary(FLOOR_DIVIDE, other, self)

    def __ifloordiv__(self, other):
        return in_place_operator(FLOOR_DIVIDE, self, other)

    def __mod__(self, other):
        return binary(REMAINDER, self, other)

    def __rmod__(self, other):
        return binary(REMAINDER, other, self)

    def __imod__(self, other):
        return in_place_operator(REMAINDER, self, other)

    def __pow__(self, other, modulo):
        return binary(POW, self, other)

    def __rpow__(self, other, modulo):
        return binary(POW, other, self)

    def __ipow__(self, other):
        return in_place_operator(POW, self, other)

    def __and__(self, other):
        return binary(AND, self, other)

    def __rand__(self, other):
        return binary(AND, other, self)

    def __iand__(self, other):
        return in_place_operator(AND, self, other)

    def __or__(self, other):
        return binary(OR, self, other)

    def __ror__(self, other):
        return binary(OR, other, self)

    def __ior__(self, other):
        return in_place_operator(OR, self, other)

    def __xor__(self, other):
        return binary(XOR, self, other)

    def __rxor__(self, other):
        return binary(XOR, other, self)

    def __ixor__(self, other):
        return in_place_operator(XOR, self, other)

    def __lshift__(self, other):
        return binary(LSHIFT, self, other)

    def __rlshift__(self, other):
        return binary(LSHIFT, other, self)

    def __ilshift__(self, other):
        return in_place_operator(LSHIFT, self, other)

    def __rshift__(self, other):
        return binary(RSHIFT, self, other)

    def __rrshift__(self, other):
        return binary(RSHIFT, other, self)

    def __irshift__(self, other):
        return in_place_operator(RSHIFT, self, other)

    def __lt__(self, other):
        return binary(LT, self, other)

    def __le__(self, other):
        return binary(LE, self, other)

    def __gt__(self, other):
        return binary(GT, self, other)

    def __ge__(self, other):
        return binary(GE, self, other)

    def __eq__(self, other):
        return binary(EQ, self, other)

    def __ne__(self, other):
        return binary(NE, self, other)

    def __neg__(self):
        return unary(NEG, self)

    def __abs__(self):
        return unary(ABS, self)

    def __invert__(self):
        return unary(NOT, self)

    def __pos__(self):
        return self

    def __matmul__(self, other):
        return matmul(self, other) if isinstance(other, Tensor) else NotImplemented

    def __rmatmul__(self, other):
        return NotImplemented

    def __getitem__(self, key):
        return get_item(self, key)

    def __setitem__(self, key, value):
        set_item(self, key, value)

    def __iter__(self):
        if self.ndim_ == 0:
            raise TypeError("iteration over a 0-d tensor")
        return iter([get_item(self, i) for i in range(self.shape_[0])])

    @property
    def T(self):
        """All dimensions in reverse order; a view."""
        return view(PERMUTE, self, (tuple(range(self.ndim_ - 1, -1, -1)),))

    @property
    def mT(self):
        """The last two dimensions swapped; a view. Raises ShapeError below two dimensions."""
        if self.ndim_ < 2:
            raise ShapeError(f"mT: expected at least 2 dimensions, got shape {self.shape}")
        return view(TRANSPOSE, self, (-2, -1))

    # ---- NumPy, DLPack, pickle ----

    def numpy(self, *, bint force=False):
        """The elements as a NumPy array that shares memory.

        Raises GradError if the tensor requires grad, and DTypeError for bfloat16, unless `force`: then that is copied to float32.
        """
        if self.batch is not None:
            raise_batched(self, "numpy")
        if requires_grad(self) and not force:
            raise GradError("numpy: the tensor requires grad; use tensor.detach().numpy()")
        if self.dtype_ == MG_BF16:
            if force:
                return converted(self, MG_F32).numpy(force=True)
            raise DTypeError("numpy: NumPy has no bfloat16; cast with .float() first")
        if self.size_ == 0:
            return np.empty(self.shape, DTYPES[self.dtype_].numpy)
        return np.asarray(memoryview(alias(self) if requires_grad(self) else self))

    def __array__(self, dtype=None, copy=None):
        x = self.numpy()
        if dtype is not None and x.dtype != dtype:
            if copy is False:
                raise ValueError(f"__array__: a change of dtype to {dtype} needs a copy")
            return x.astype(dtype)
        return x.copy() if copy else x

    __array_priority__ = 1000

    def __dlpack__(self, **kwargs):
        return self.numpy().__dlpack__(**kwargs)

    def __dlpack_device__(self):
        return (1, 0)

    def __getbuffer__(self, Py_buffer *buffer, int flags):
        cdef Py_ssize_t *sizes
        cdef dtype kind
        if self.dtype_ == MG_BF16 or self.batch is not None:
            raise BufferError("the buffer protocol has no bfloat16, and no batches under vmap")
        if requires_grad(self):  # NumPy then asks __array__, which says so
            raise BufferError("the tensor requires grad; use tensor.detach()")
        if not (flags & PyBUF_STRIDES) == PyBUF_STRIDES and not self.contiguous_:
            raise BufferError("the tensor is not contiguous")
        sizes = <Py_ssize_t *>PyMem_Malloc(2 * MG_MAX_DIMS * sizeof(Py_ssize_t))
        if sizes == NULL:
            raise MemoryError()
        for d in range(self.ndim_):
            sizes[d] = self.shape_[d]
            sizes[MG_MAX_DIMS + d] = self.strides_[d] * <int64_t>SIZE[self.dtype_]
        buffer.buf, buffer.obj, buffer.len, buffer.readonly = self.ptr, self, self.size_ * SIZE[self.dtype_], 0
        buffer.itemsize, buffer.ndim = SIZE[self.dtype_], self.ndim_
        if flags & PyBUF_FORMAT:
            kind = <dtype>DTYPES[self.dtype_]  # lives as long as the module, and its format with it
            buffer.format = kind.format
        else:
            buffer.format = NULL
        buffer.shape, buffer.strides, buffer.suboffsets, buffer.internal = sizes, sizes + MG_MAX_DIMS, NULL, sizes

    def __releasebuffer__(self, Py_buffer *buffer):
        PyMem_Free(buffer.internal)

    def __reduce_ex__(self, protocol):
        if self.node is not None and not self.wants_grad:
            raise GradError("pickle: only leaves can be pickled; use .detach() first")
        state = getattr(self, "__dict__", None)
        plain = bits_of(self, int16) if self.dtype_ == MG_BF16 else self.detach()
        array = np.ascontiguousarray(plain.numpy()).reshape(self.shape)
        return rebuild, (type(self), array, self.wants_grad, state or None, *((self.dtype,) if self.dtype_ == MG_BF16 else ()))

    def __deepcopy__(self, memo):
        if self.node is not None and not self.wants_grad:
            raise GradError("deepcopy: only leaves can be copied deeply; use .detach() first")
        t = self._make_subclass(type(self), copied(self.detach()), self.wants_grad)
        memo[id(self)] = t
        if self.grad_ is not None:
            (<Tensor>t).grad_ = copied((<Tensor>self.grad_).detach())
        if state := getattr(self, "__dict__", None):
            import copy
            t.__dict__.update(copy.deepcopy(state, memo))
        return t

    @staticmethod
    def _make_subclass(cls, Tensor data, bint requires_grad=False):
        """A leaf of class `cls` that shares `data`'s memory; how Parameter makes itself."""
        cdef Tensor t = alias_as(cls, data)
        if requires_grad:
            t.requires_grad = True
        return t

    # ---- autograd ----

    @property
    def requires_grad(self):
        """Whether gradients flow to this tensor. Can be set on leaves of floating dtype."""
        return requires_grad(self)

    @requires_grad.setter
    def requires_grad(self, bint value):
        if value and CATEGORY[self.dtype_] < FLOATING:
            raise GradError(f"requires_grad: only floating-point tensors can have gradients, got dtype {DTYPES[self.dtype_].name}")
        if not self.is_leaf:
            if not value:
                raise GradError("requires_grad: can only be switched off on leaves; use tensor.detach()")
            return
        self.wants_grad = value
        if not value:
            self.node = None

    def requires_grad_(self, bint requires_grad=True):
        """Set `requires_grad` in place; returns self."""
        self.requires_grad = requires_grad
        return self

    @property
    def is_leaf(self):
        """Whether no recorded op produced it."""
        return self.wants_grad or grad_edge(self) is None

    @property
    def grad_fn(self):
        """The node that produced this tensor; None for a leaf."""
        return None if self.wants_grad else grad_edge(self)

    @property
    def output_nr(self):
        return self.slot

    @property
    def grad(self):
        """Gradient that backward accumulated, of the same shape and dtype, or None."""
        return self.grad_

    @grad.setter
    def grad(self, value):
        cdef Tensor g
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(f"grad: expected a Tensor or None, got {type(value).__name__}")
            g = value
            if not same_shape(self, g) or g.dtype_ != self.dtype_:
                raise ShapeError(f"grad: expected shape {self.shape} and dtype {self.dtype.name}, got {g.shape} and {g.dtype.name}")
        self.grad_ = value

    @grad.deleter
    def grad(self):
        self.grad_ = None

    @property
    def data(self):
        """The same memory outside the graph; assigning makes this tensor look at another's memory."""
        return alias(self)

    @data.setter
    def data(self, Tensor value):
        if self.wants_grad and CATEGORY[value.dtype_] < FLOATING:
            raise DTypeError(f"data: a tensor that requires grad cannot hold dtype {DTYPES[value.dtype_].name}")
        mg_storage_incref(value.storage)
        if self.storage != NULL:
            mg_storage_decref(self.storage)
        self.storage, self.ptr, self.dtype_, self.ndim_ = value.storage, value.ptr, value.dtype_, value.ndim_
        self.size_, self.contiguous_ = value.size_, value.contiguous_
        memcpy(self.shape_, value.shape_, sizeof(int64_t) * value.ndim_)
        memcpy(self.strides_, value.strides_, sizeof(int64_t) * value.ndim_)

    def detach(self):
        """The same memory outside the graph: no gradient flows through the result."""
        cdef Tensor y = alias(self)
        if y.batch is not None:
            y.batch = y.batch.detach()
        return y

    def detach_(self):
        """Leave the graph; returns self."""
        if self.base is not None:
            raise GradError("detach_: a view cannot leave the graph in place; use detach()")
        self.node, self.wants_grad = None, False
        return self

    def backward(self, gradient=None, retain_graph=None, bint create_graph=False, inputs=None):
        """Accumulate d self / d leaf into `.grad` of every leaf (or of `inputs`) that this tensor depends on.

        `gradient` is d loss / d self, and may be left out for a tensor of one element. `create_graph` records the
        backward computation itself, for higher derivatives; `retain_graph` (default: create_graph) keeps what it needs.
        Raises GradError if nothing was recorded, the graph was freed, or a tensor it needs was changed in place.
        """
        if inputs is None:
            run_backward("backward", (self,), (gradient,), create_graph if retain_graph is None else bool(retain_graph), create_graph, None)
        else:
            backward(self, gradient, retain_graph, create_graph, inputs)

    def register_hook(self, hook):
        """Call `hook(grad)` whenever this tensor's gradient is computed; what it returns, unless None, replaces it.

        Returns a handle with `remove()`.
        """
        if not requires_grad(self):
            raise GradError("register_hook: the tensor does not require grad")
        return add_hook(gradient_node(self), self.slot, hook)

    def register_post_accumulate_grad_hook(self, hook):
        """Call `hook(tensor)` whenever backward has added to this leaf's `.grad`; what it returns is ignored.

        An optimizer can step and forget the gradient there, before the next one is computed. Returns a handle with `remove()`.
        """
        if not self.wants_grad:
            raise GradError("register_post_accumulate_grad_hook: the tensor is not a leaf that requires grad")
        return add_hook(gradient_node(self), -1, hook)

    def retain_grad(self):
        """Let backward fill `.grad` although this tensor is no leaf."""
        if self.wants_grad:
            return
        if not requires_grad(self):
            raise GradError("retain_grad: the tensor does not require grad")
        gradient_node(self).retain(self)

    @property
    def retains_grad(self):
        return not self.wants_grad and self.node is not None and self.node.retained is not None and self.slot in self.node.retained

    def is_inference(self):
        return False


def storage_of(Tensor x):
    """(address, bytes) of the memory of which a tensor shows a part."""
    return <size_t>x.storage.data, x.storage.nbytes


def bits_of(Tensor x, d):
    """The same memory as elements of another dtype, along the last dimension if they are larger or smaller; not recorded.

    >>> bits_of(full_of((2,), 1.0, bfloat16), int16).tolist() == [0x3f80] * 2
    True
    """
    cdef int code = as_code(d), n = x.ndim_ - 1
    cdef int64_t old = SIZE[x.dtype_], new = SIZE[code], many = max(old, new) // min(old, new)
    cdef Tensor t = alias(x)
    if t.batch is not None:
        t.batch = bits_of(t.batch, d)
    t.dtype_ = code
    if old == new:
        return t
    if n < 0:
        raise ShapeError(f"view: a 0-d tensor of {x.dtype.name} cannot be seen as {as_dtype(d).name}, whose elements have another size")
    if x.strides_[n] != 1 and x.shape_[n] != 1:
        raise ShapeError(f"view: the elements of the last dimension must lie together to be seen as {as_dtype(d).name}, got stride {x.strides_[n]}")
    if old > new:
        t.shape_[n] *= many
        for i in range(n):
            t.strides_[i] *= many
    else:
        if x.shape_[n] % many or any([x.strides_[i] % many for i in range(n)]) or (x.ptr - <char *>x.storage.data) % new:
            raise ShapeError(
                f"view: {x.dtype.name} of shape {x.shape}, strides {x.stride()} and offset {x.storage_offset()} cannot be seen as {as_dtype(d).name}: "
                f"the last size, the other strides and the offset must be multiples of {many}")
        t.shape_[n] //= many
        for i in range(n):
            t.strides_[i] //= many
    t.strides_[n] = 1
    find_contiguous(t)
    return t


def rebuild(cls, array, requires_grad, state, d=None):
    """Undo `Tensor.__reduce_ex__`. `d` is the dtype that NumPy does not have."""
    data = from_numpy(np.array(array))
    t = Tensor._make_subclass(cls, data if d is None else bits_of(data, d), requires_grad)
    if state:
        t.__dict__.update(state)
    return t


# ---- making tensors ----

cdef inline tuple int_tuple(const int64_t *values, int n):
    cdef tuple t = PyTuple_New(n)
    cdef object v
    for i in range(n):
        v = values[i]
        Py_INCREF(v)
        PyTuple_SET_ITEM(t, i, v)
    return t


cdef inline bint same_shape(Tensor a, Tensor b) noexcept:
    if a.ndim_ != b.ndim_:
        return False
    for d in range(a.ndim_):
        if a.shape_[d] != b.shape_[d]:
            return False
    return True


cdef inline bint same_geometry(Tensor a, Tensor b) noexcept:
    """Whether element i of one lies where element i of the other lies."""
    if a.ptr != b.ptr or a.dtype_ != b.dtype_ or not same_shape(a, b):
        return False
    for d in range(a.ndim_):
        if a.strides_[d] != b.strides_[d] and a.shape_[d] > 1:
            return False
    return True


cdef int set_contiguous(Tensor t) except -1:
    """Fill size_ and C-order strides from the shape; refuse sizes whose bytes overflow."""
    cdef int64_t size = 1, limit = (<int64_t>1 << 62) // 16
    cdef bint empty = False
    for d in range(t.ndim_ - 1, -1, -1):
        t.strides_[d] = size
        if t.shape_[d] == 0:
            empty = True
        elif t.shape_[d] > limit // size:
            raise ShapeError(f"the element count of shape {t.shape} is too large")
        else:
            size *= t.shape_[d]
    t.size_, t.contiguous_ = (0 if empty else size), True
    return 0


cdef Tensor allocate(Tensor t):
    """Give `t`, whose shape and dtype are set, a storage of its own."""
    set_contiguous(t)
    t.storage = mg_storage_new(t.size_ * SIZE[t.dtype_])
    if t.storage == NULL:
        raise MemoryError(f"no memory for a tensor of shape {t.shape} and dtype {DTYPES[t.dtype_].name} ({t.size_ * SIZE[t.dtype_]} bytes)")
    t.ptr = <char *>t.storage.data
    return t


cdef Tensor new_tensor(int code, int ndim, const int64_t *shape):
    cdef Tensor t = Tensor.__new__(Tensor)
    t.dtype_, t.ndim_ = code, ndim
    for d in range(ndim):
        t.shape_[d] = shape[d]
    return allocate(t)


cdef inline Tensor new_like(Tensor x, int code):
    return new_tensor(code, x.ndim_, x.shape_)


cdef int read_shape(str op, object shape, int64_t *to) except -1:
    """A shape given as an int or a sequence of ints; returns ndim."""
    cdef int n = 0
    if isinstance(shape, int):
        shape = (shape,)
    if len(shape) > MG_MAX_DIMS:
        raise ShapeError(f"{op}: at most {MG_MAX_DIMS} dimensions, got {len(shape)}: {tuple(shape)}")
    for s in shape:
        try:
            to[n] = s
        except OverflowError:
            raise ShapeError(f"{op}: size {s} in shape {tuple(shape)} is too large") from None
        except TypeError:
            raise TypeError(f"{op}: expected integers as shape, got {s!r} in {tuple(shape)}") from None
        if to[n] < 0:
            raise ShapeError(f"{op}: negative size {s} in shape {tuple(shape)}")
        n += 1
    return n


cdef Tensor empty_of(tuple shape, int code):
    cdef int64_t sizes[8]
    cdef int n = read_shape("empty", shape, sizes)
    return new_tensor(code, n, sizes)


def empty(shape, d=None):
    """An uninitialised tensor; what `mg.empty` and everything that fills comes from."""
    cdef int64_t sizes[8]
    cdef int n = read_shape("empty", shape, sizes)
    return new_tensor(default_float if d is None else as_code(d), n, sizes)


cdef extern from *:
    """
    static PyObject *mg_blank(PyObject *base, PyObject *cls, PyObject *args) {
        return ((PyTypeObject *)base)->tp_new((PyTypeObject *)cls, args, NULL);
    }
    """
    object mg_blank(object base, object cls, object args)


cdef Tensor alias_as(object cls, Tensor x):
    """A new leaf that shares the storage and geometry of `x`."""
    # Not `cls.__new__`, which gives whoever calls it from Python a tensor that has memory already.
    cdef Tensor t = Tensor.__new__(Tensor) if cls is Tensor else <Tensor>mg_blank(Tensor, cls, ())
    t.storage, t.ptr, t.dtype_, t.ndim_, t.size_, t.contiguous_ = x.storage, x.ptr, x.dtype_, x.ndim_, x.size_, x.contiguous_
    mg_storage_incref(t.storage)
    memcpy(t.shape_, x.shape_, sizeof(int64_t) * x.ndim_)
    memcpy(t.strides_, x.strides_, sizeof(int64_t) * x.ndim_)
    t.batch, t.level = x.batch, x.level
    return t


cdef inline Tensor alias(Tensor x):
    return alias_as(Tensor, x)


cdef int find_contiguous(Tensor t) noexcept:
    """Set size_ and contiguous_ from shape and strides."""
    cdef int64_t size = 1
    t.contiguous_ = True
    for d in range(t.ndim_ - 1, -1, -1):
        if t.shape_[d] != 1 and t.strides_[d] != size:
            t.contiguous_ = False
        size *= t.shape_[d]
    t.size_ = size
    if size == 0:
        t.contiguous_ = True
    return 0


cdef int check_count(str op, int n, const int64_t *shape) except -1:
    """Refuse shapes of more elements than can be counted: views need no memory for them."""
    cdef int64_t count = 1
    for d in range(n):
        if shape[d] and count > (<int64_t>1 << 62) // shape[d]:
            raise ShapeError(f"{op}: the element count of shape {int_tuple(shape, n)} is too large")
        count *= shape[d] if shape[d] else 1
    return 0


cdef Tensor window(Tensor x, int ndim, const int64_t *shape, const int64_t *strides, int64_t offset):
    """A view of x's storage, `offset` elements after x's first; not recorded. The caller knows that it stays inside."""
    cdef Tensor t = Tensor.__new__(Tensor)
    t.storage, t.dtype_, t.ndim_ = x.storage, x.dtype_, ndim
    mg_storage_incref(t.storage)
    t.ptr = x.ptr + offset * <int64_t>SIZE[x.dtype_]
    memcpy(t.shape_, shape, sizeof(int64_t) * ndim)
    memcpy(t.strides_, strides, sizeof(int64_t) * ndim)
    find_contiguous(t)
    if x.batch is not None:
        t.batch, t.level = window_of_batch(x.batch, t), x.level
    return t


cdef Tensor window_of_batch(Tensor x, Tensor t):
    """The window t of one example in all examples x."""
    cdef int64_t shape[8]
    cdef int64_t strides[8]
    if t.ndim_ == MG_MAX_DIMS:
        raise ShapeError(f"vmap: examples have at most {MG_MAX_DIMS - 1} dimensions, got shape {t.shape}")
    shape[0], strides[0] = x.shape_[0], x.strides_[0]
    memcpy(shape + 1, t.shape_, sizeof(int64_t) * t.ndim_)
    memcpy(strides + 1, t.strides_, sizeof(int64_t) * t.ndim_)
    return window(x, t.ndim_ + 1, shape, strides, (t.ptr - x.ptr) // <int64_t>SIZE[x.dtype_])


def window_of(Tensor x, shape, strides, int64_t offset=0):
    """A view of x's memory with this shape, these strides and this offset (elements, from x's first element); not recorded.

    Raises ShapeError if an element would lie outside the storage.
    """
    cdef int64_t sizes[8]
    cdef int64_t steps[8]
    cdef object first, last  # Python's integers: these products may not fit into 64 bits
    cdef int n = read_shape("as_strided", shape, sizes)
    if len(strides) != n:
        raise ShapeError(f"as_strided: shape {tuple(shape)} and strides {tuple(strides)} have different lengths")
    check_count("as_strided", n, sizes)
    first = last = <object>((x.ptr - <char *>x.storage.data) // <int64_t>SIZE[x.dtype_]) + offset
    empty = False
    for d in range(n):
        steps[d] = strides[d]
        empty = empty or sizes[d] == 0
        if steps[d] > 0:
            last += (<object>sizes[d] - 1) * steps[d]
        else:
            first += (<object>sizes[d] - 1) * steps[d]
    if not empty and (first < 0 or last >= <int64_t>x.storage.nbytes // <int64_t>SIZE[x.dtype_]):
        raise ShapeError(f"as_strided: shape {tuple(shape)}, strides {tuple(strides)}, offset {offset} reach outside the storage")
    return window(x, n, sizes, steps, 0 if empty else offset)


cdef void release_buffer(void *owner) noexcept with gil:
    PyBuffer_Release(<Py_buffer *>owner)
    free(owner)


def from_numpy(array):
    """A tensor that shares memory with a NumPy array (or any writable buffer of a known dtype), which it keeps alive.

    Raises TypeError for what is not an array, DTypeError for an unknown dtype, ValueError for a read-only array.

    >>> a = np.zeros(3, np.float32); t = from_numpy(a); a[0] = 7; t[0].item()
    7.0
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy: expected a numpy.ndarray, got {type(array).__name__}")
    if not array.flags.writeable:
        raise ValueError("from_numpy: the array is read-only; pass array.copy(), or use minigrad.tensor(array)")
    d = DTYPE_OF_NUMPY.get(array.dtype)
    if d is None:
        raise DTypeError(f"from_numpy: no minigrad dtype for NumPy's {array.dtype}")
    if array.ndim > MG_MAX_DIMS:
        raise ShapeError(f"from_numpy: at most {MG_MAX_DIMS} dimensions, got {array.ndim}")
    cdef Tensor t
    cdef int64_t sizes[8]
    cdef Py_ssize_t low = 0, high = 0
    cdef int code = (<dtype>d).code
    cdef Py_buffer *buffer
    if array.size == 0 or any(s % array.itemsize for s in array.strides):
        array = np.array(array, order="C")
    if array.size == 0:
        return new_tensor(code, read_shape("from_numpy", array.shape, sizes), sizes)
    buffer = <Py_buffer *>malloc(sizeof(Py_buffer))
    if buffer == NULL:
        raise MemoryError()
    try:
        PyObject_GetBuffer(array, buffer, PyBUF_RECORDS)
    except BaseException:
        free(buffer)
        raise
    t = Tensor.__new__(Tensor)
    t.dtype_, t.ndim_ = code, buffer.ndim
    for d in range(buffer.ndim):
        t.shape_[d], t.strides_[d] = buffer.shape[d], buffer.strides[d] // buffer.itemsize
        if buffer.strides[d] < 0:
            low += (buffer.shape[d] - 1) * buffer.strides[d]
        else:
            high += (buffer.shape[d] - 1) * buffer.strides[d]
    t.storage = mg_storage_wrap(<char *>buffer.buf + low, high - low + buffer.itemsize, buffer, release_buffer)
    if t.storage == NULL:
        release_buffer(buffer)
        raise MemoryError()
    t.ptr = <char *>buffer.buf
    find_contiguous(t)
    return t


cdef int wrap_dim(str op, object dim, int ndim) except -1:
    """A dimension counted from either end, as 0 <= d < ndim; a 0-d tensor counts as having one."""
    cdef int n = ndim if ndim > 0 else 1
    cdef int64_t d
    try:
        d = dim
    except TypeError:
        raise TypeError(f"{op}: expected an integer dimension, got {dim!r}") from None
    if d < -n or d >= n:
        raise IndexError(f"{op}: dimension {d} is out of range for a tensor of {ndim} dimensions (expected {-n} to {n - 1})")
    return d + n if d < 0 else d
