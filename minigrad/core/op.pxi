# Op: what the engine needs of a declaration (minigrad/registry.py makes them), and launch, the only way to data.

cdef enum Family:
    ELEMENTWISE  # broadcast, one value at a time
    REDUCTION    # over some dimensions
    VIEW         # another window onto the same storage
    GENERAL      # what its plan says

cdef enum Result:  # dtype of an elementwise op or a reduction, from the promoted dtype of its inputs
    SAME        # that dtype
    FLOAT       # integers become the default float dtype
    TRUTH       # bool
    ACCUMULATE  # integers and bool become int64
    ONLY_FLOAT  # refuse integers
    INDEX       # int64
    INTEGRAL    # refuse floats
    MODULUS     # complex becomes real

# What an argument of a gradient rule is; arrays, their shapes and dtypes, outputs and parameters count from these codes.
cdef enum Need:
    GRAD = 0
    MASK = 1    # which of the arrays that the rule serves need a gradient
    SHAPES = 2  # of all arrays, for ops that take a list
    ARRAY = 100
    SHAPE = 200
    DTYPE = 300
    OUTPUT = 400
    PARAM = 500


cdef class Op


@cython.final
cdef class Rule:
    """The gradient of an op for one array argument, or for several at once: a function of what its parameter names ask for."""
    cdef object fn
    cdef Op direct         # fn is this elementwise op without parameters: it can be called without Python on the way
    cdef unsigned int served    # `serves` as bits
    cdef unsigned int arrays    # bits of the arrays that it asks for,
    cdef unsigned int outputs   # of the outputs,
    cdef unsigned int shapes    # and of the arrays whose shapes it asks for
    cdef tuple serves      # indices of the array arguments
    cdef int count
    cdef int needs[16]
    cdef readonly tuple names

    def __init__(self, fn, tuple serves, tuple names, needs):
        if len(needs) > 16:
            raise TypeError("a gradient rule takes at most 16 arguments")
        self.fn, self.serves, self.names, self.count = fn, serves, names, len(needs)
        for i, need in enumerate(needs):
            self.needs[i] = need
            if need == SHAPES:
                self.shapes = 0xffffffff
            elif ARRAY <= need < SHAPE:
                self.arrays |= <unsigned int>1 << (need - ARRAY)
            elif SHAPE <= need < DTYPE:
                self.shapes |= <unsigned int>1 << (need - SHAPE)
            elif OUTPUT <= need < PARAM:
                self.outputs |= <unsigned int>1 << (need - OUTPUT)
        for i in serves:
            self.served |= <unsigned int>1 << i
        declared = getattr(getattr(fn, "op", None), "engine", None)
        if declared is not None and (<Op>declared).family == ELEMENTWISE and (<Op>declared).arrays == len(needs):
            self.direct = declared


@cython.final
cdef class Op:
    """The engine's side of a declaration. Made by `minigrad.registry`; not for users."""
    cdef readonly str name
    cdef Family family
    cdef Result result
    cdef readonly object ref      # NumPy reference: the declared function
    cdef readonly object plan     # general and view ops: shapes and kernel parameters from the arguments
    cdef readonly object pack     # elementwise ops and reductions: kernel parameters from the op's parameters
    cdef const mg_kernel *row     # by dtype; NULL: no kernel
    cdef readonly str kernel
    cdef readonly int arrays      # number of array arguments
    cdef readonly int outputs
    cdef readonly object identity  # whether a reduction of nothing has a value
    cdef readonly bint strided    # the kernel takes any strides
    cdef tuple rules              # of Rule
    cdef list rule_of             # by array argument: Rule or None (not differentiable)
    cdef readonly bint variadic   # takes a list of arrays, served by one rule
    cdef readonly bint condition  # the first array is a truth value that takes no part in promotion
    cdef public object vmap       # batching rule of a general op, see minigrad/func/batching.py
    cdef public object unfused    # of a fused op without one: the same by ops that have theirs
    cdef int dim_at, keepdim_at   # where these stand among the parameters of a reduction
    cdef readonly bint takes_complex  # defined for complex tensors
    cdef readonly bint holomorphic  # its rules are the complex derivative: the engine conjugates round them
    cdef readonly bint native_half  # its plan takes float16 and bfloat16 as they are

    def __init__(self, str name, str family, *, ref=None, plan=None, pack=None, str kernel=None, int arrays=1, int outputs=1,
                 str result="same", identity=True, bint strided=False, rules=(), bint variadic=False, bint condition=False,
                 int dim_at=-1, int keepdim_at=-1, bint takes_complex=False, bint holomorphic=False, bint native_half=False):
        self.name, self.ref, self.plan, self.pack, self.kernel = name, ref, plan, pack, kernel
        self.variadic, self.condition, self.dim_at, self.keepdim_at = variadic, condition, dim_at, keepdim_at
        self.takes_complex, self.holomorphic, self.native_half = takes_complex or holomorphic or family == "view", holomorphic, native_half
        self.family = {"elementwise": ELEMENTWISE, "reduction": REDUCTION, "view": VIEW, "general": GENERAL}[family]
        self.result = {"same": SAME, "float": FLOAT, "truth": TRUTH, "accumulate": ACCUMULATE, "only_float": ONLY_FLOAT, "index": INDEX,
                       "integral": INTEGRAL, "modulus": MODULUS}[result]
        self.arrays, self.outputs, self.identity, self.strided = arrays, outputs, identity, strided
        self.row = NULL
        if kernel is not None:
            id = mg_kernel_id(kernel.encode())
            if id < 0:
                raise LookupError(f"defop({name}): no kernel named {kernel!r} in csrc/kernels/kernels.def")
            self.row = mg_kernel_row(id)
        if holomorphic and outputs > 1:
            raise TypeError(f"defop({name}): a holomorphic op has one output")
        if rules and arrays + outputs > 10:  # what a node can keep
            raise TypeError(f"defop({name}): at most 10 arrays and outputs together")
        self.rules = tuple(rules)
        self.rule_of = [None] * arrays
        for rule in self.rules:
            for i in (<Rule>rule).serves:
                self.rule_of[i] = rule

    def __repr__(self):
        return f"<op {self.name}>"


@cython.final
cdef class Plan:
    """What a general op computes: `Plan(shape, ...)`, one shape per output.

    params: kernel parameters, ints or floats in the kernel's order. dtypes: of the outputs (default: of the first array).
    start: what the output holds before the kernel runs, None (uninitialised), 0, or a Tensor to copy.
    row: dtype whose kernel is taken (default: that of the first array); None when the op has to go through its reference.
    arrays: the kernel's inputs, where they are not the op's arguments as they stand.
    """
    cdef tuple shapes, params, arrays
    cdef object dtypes, start, row

    def __init__(self, *shapes, tuple params=(), dtypes=None, start=None, row=True, tuple arrays=None):
        self.shapes, self.params, self.dtypes, self.start, self.row, self.arrays = shapes, params, dtypes, start, row, arrays


cdef int check(int status, str name) except -1:
    if status == MG_OK:
        return 0
    if status == MG_BAD_INDEX:
        raise IndexError(f"{name}: an index is out of range")
    if status == MG_NO_MEMORY:
        raise MemoryError(f"{name}: no work memory")
    raise RuntimeError(f"{name}: kernel status {status}")


class NoKernel(DTypeError):
    """A plan that launches kernels itself met a dtype that they do not exist for: the engine then computes by the reference."""


from time import perf_counter_ns


@cython.final
cdef class Profile:
    """What ran while it was installed: (name, start, end, own time, operations) of every op and kernel, times in nanoseconds. An op's own
    time is without that of the ops and kernels of other names within it."""
    cdef readonly list events
    cdef list running  # [name, start, time of what is inside, operations], innermost last
    cdef object cost   # function of (op name, arrays, parameters, result) that gives operations, or None

    def __init__(self, cost):
        self.events, self.running, self.cost = [], [], cost

    cdef int begin(self, str name) except -1:
        self.running.append([name, perf_counter_ns(), 0, 0.0])
        return 0

    cdef int end(self) except -1:
        cdef list entry = self.running.pop()
        now = perf_counter_ns()
        whole = now - entry[1]
        self.events.append((entry[0], entry[1], now, whole - entry[2], entry[3]))
        if self.running:
            self.running[-1][2] += whole
        return 0

    cdef int count(self, str name, tuple arrays, tuple params, result) except -1:
        """Note the operations of the innermost op; the time that this takes is nobody's."""
        start = perf_counter_ns()
        entry = self.running[-1]
        entry[3] += self.cost(name, arrays, params, result) or 0.0
        entry[2] += perf_counter_ns() - start
        return 0

    def end_part(self):
        """End what `begin_part` began."""
        self.end()

    cdef bint inside(self, str name):
        return bool(self.running) and self.running[-1][0] == name


cdef Profile profile = None


def install_profile(Profile new):
    """Note what runs from now on (None: no more); returns what was installed before."""
    global profile
    old, profile = profile, new
    return old


def begin_part(str name):
    """Begin a part of the program with a line of its own; returns the profile that runs, or None."""
    if profile is not None:
        profile.begin(name)
    return profile


cdef int timed_launch(mg_kernel kernel, const mg_array *a, const mg_param *p, str name) except -1:
    cdef bint part = profile.inside(name)  # of an op of that name: its time is the op's
    cdef int status
    if not part:
        profile.begin(name)
    with nogil:
        status = kernel(a, p)
    if not part:
        profile.end()
    return check(status, name) if status != MG_OK else 0


cdef inline int launch_kernel(mg_kernel kernel, const mg_array *a, const mg_param *p, int64_t work, str name) except -1:
    """Every computation goes through here. `work` is a rough number of operations; giving up the GIL pays above some microseconds."""
    cdef int status
    if profile is not None:
        return timed_launch(kernel, a, p, name)
    if work < 8192:
        status = kernel(a, p)
    else:
        with nogil:
            status = kernel(a, p)
    return check(status, name) if status != MG_OK else 0


cdef inline int describe(mg_array *a, Tensor t) except -1:
    if t.batch is not None:
        raise_batched(t, "this op")
    a.data, a.shape, a.strides, a.ndim, a.dtype = t.ptr, t.shape_, t.strides_, t.ndim_, t.dtype_
    return 0


cdef inline int describe_flat(mg_array *a, Tensor t) except -1:
    if t.batch is not None:
        raise_batched(t, "this op")
    a.data, a.shape, a.strides, a.ndim, a.dtype = t.ptr, &t.size_, &ONE, 1, t.dtype_
    return 0


cdef int read_params(tuple values, mg_param *to, int limit) except -1:
    cdef int n = 0
    if len(values) > limit:
        raise ValueError(f"at most {limit} kernel parameters, got {len(values)}")
    for v in values:
        if isinstance(v, float):
            to[n].f = v
        else:
            to[n].i = v
        n += 1
    return n


cdef dict KERNEL_IDS = {}  # by name; the C side searches a list


cdef int kernel_id(str kernel) except -2:
    id = KERNEL_IDS.get(kernel)
    if id is None:
        id = KERNEL_IDS[kernel] = mg_kernel_id(kernel.encode())
    return id


def launch_as(str kernel, d, list tensors, tuple params=()):
    """Run the kernel for dtype `d` on tensors (outputs first, None for an optional one not given). Nothing is checked or recorded:
    for ops and optimizers that know the kernel's contract. Raises DTypeError if there is no such kernel."""
    cdef int n = len(tensors), id = kernel_id(kernel), code = as_code(d)
    cdef mg_array stack[MG_MAX_ARGS]
    cdef mg_array *a = stack
    cdef mg_param p[24]
    cdef int64_t work = 0
    cdef Tensor t
    if id < 0 or mg_kernel_row(id)[code] == NULL:
        raise NoKernel(f"launch: no kernel {kernel!r} for {DTYPES[code].name}")
    read_params(params, p, 24)
    if n > MG_MAX_ARGS:
        a = <mg_array *>malloc(n * sizeof(mg_array))
        if a == NULL:
            raise MemoryError()
    try:
        for i in range(n):
            if tensors[i] is None:
                memset(&a[i], 0, sizeof(mg_array))
            else:
                t = tensors[i]
                describe(&a[i], t)
                work += t.size_
        launch_kernel(mg_kernel_row(id)[code], a, p, 16 * work, kernel)
    finally:
        if a != stack:
            free(a)


def launch(str kernel, list tensors, tuple params=()):
    """`launch_as` for the dtype of the last tensor that is given."""
    for t in reversed(tensors):
        if t is not None:
            return launch_as(kernel, DTYPES[(<Tensor>t).dtype_], tensors, params)
    raise DTypeError(f"launch: no tensors for kernel {kernel!r}")


def launch_columns(str kernel, list columns, tuple values):
    """Run a multi-tensor kernel, which changes its tensors in place: `columns` are lists of as many tensors each (parameters, gradients,
    kinds of state), or None for what is not given; the kernel's first parameter is that number, `values` are the others.

    Returns False, and does nothing, unless all are contiguous, of one dtype that has the kernel, and row by row of one size.
    """
    cdef mg_array stack[MG_MAX_ARGS]
    cdef mg_array *a = stack
    cdef mg_param p[24]
    cdef list params = columns[0], column
    cdef int n = len(params), total = n * len(columns), id = kernel_id(kernel), code, at = 0
    cdef int64_t work = 0
    cdef Tensor t
    if n == 0:
        return True
    code = (<Tensor?>params[0]).dtype_
    if id < 0 or mg_kernel_row(id)[code] == NULL:
        return False
    if total > MG_MAX_ARGS:
        a = <mg_array *>malloc(total * sizeof(mg_array))
        if a == NULL:
            raise MemoryError()
    try:
        for c in columns:
            if c is None:
                memset(&a[at], 0, n * sizeof(mg_array))
                at += n
                continue
            column = c
            for i in range(n):
                t = <Tensor?>column[i]
                if t.dtype_ != code or not t.contiguous_ or t.size_ != (<Tensor>params[i]).size_:
                    return False
                describe(&a[at], t)
                work += t.size_
                at += 1
        p[0].i = n
        read_params(values, &p[1], 23)
        launch_kernel(mg_kernel_row(id)[code], a, p, 16 * work, kernel)
    finally:
        if a != stack:
            free(a)
    for i in range(n):  # gradients stay as they are, and nobody records what is done to states
        (<Tensor>params[i]).storage.version += 1
    return True


def with_gradients(params):
    """The tensors among `params` that have a gradient, and their gradients."""
    cdef list having = [], grads = []
    for p in params:
        if (<Tensor?>p).grad_ is not None:
            having.append(p)
            grads.append((<Tensor>p).grad_)
    return having, grads


def forget_gradients(params):
    """Set `.grad` of all to None."""
    for p in params:
        (<Tensor?>p).grad_ = None


def has_kernel(str kernel, d):
    """Whether csrc/ has this kernel for this dtype."""
    cdef int id = kernel_id(kernel)
    return id >= 0 and mg_kernel_row(id)[as_code(d)] != NULL


# ---- the machine ----

def isa():
    """Name of the instruction set whose kernels are in use."""
    return mg_isa().decode()


def isas():
    """Instruction sets whose kernels this CPU can run, best last."""
    return [mg_isa_name(i).decode() for i in range(mg_num_isas())]


def use_isa(name=None):
    """Use the kernels of another instruction set (None: the best). Raises ValueError if this CPU lacks it."""
    cdef bytes wanted = b"" if name is None else name.encode()
    if mg_init(NULL if name is None else <const char *>wanted) == NULL:
        raise ValueError(f"MINIGRAD_ISA: {name!r} is not one of {', '.join(isas())}")


def get_num_threads():
    """Threads that one op may use."""
    return mg_num_threads()


def set_num_threads(int n):
    """Let one op use up to `n` threads; results do not depend on it. Raises ValueError below 1."""
    if n < 1:
        raise ValueError(f"set_num_threads: expected at least 1, got {n}")
    mg_set_num_threads(n)


def available_cpus():
    """CPUs that this process may use, by affinity and cgroup quota."""
    return mg_available_cpus()


def memory_in_use():
    """Bytes held by tensors."""
    return mg_memory_in_use()


def memory_peak(bint reset=False):
    """Highest number of bytes held by tensors since the last reset."""
    peak = mg_memory_peak()
    if reset:
        mg_memory_reset_peak()
    return peak


import os as _os
use_isa(_os.environ.get("MINIGRAD_ISA") or None)
