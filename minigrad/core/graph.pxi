# The graph: one Node class for all ops, recording, grad modes, and backward.

@cython.final
@cython.freelist(256)
@cython.trashcan(True)
cdef class Node:
    """One recorded application of an op: where its inputs came from and what its gradient rules need.

    A leaf's accumulator is a node without op. `next_functions` are the producers of its inputs, `saved` can be looked at, not changed.
    """
    cdef Op op                # None: accumulates into a leaf
    cdef Node edge0           # producers of the first arrays; the others in `edges`
    cdef Node edge1
    cdef Node edge2
    cdef list edges
    cdef int slot0, slot1, slot2  # which output of the producer
    cdef list slots
    cdef int count            # edges
    cdef int outputs
    cdef tuple saved          # arrays, then outputs, as far as the rules need them; None: nothing, or freed
    cdef int64_t versions[10]  # of the saved tensors
    cdef bint freed
    cdef tuple params
    cdef tuple shapes         # of the arrays, if a rule or broadcasting needs them
    cdef tuple out_meta       # ((shape, dtype), ...) of the outputs, None for what is no tensor; of a node with one output None: see below
    cdef int out_dtype, out_ndim
    cdef int64_t out_shape[8]
    cdef object trace         # under set_detect_anomaly: where it was recorded
    cdef object leaf          # weak reference to the leaf
    cdef dict hooks           # {output: {id: function}}; of an accumulator under -1 those that run after it
    cdef dict retained        # {output: weak reference to the tensor whose .grad is filled}
    cdef int64_t run          # the backward run that visited it last, and its place in that run's order
    cdef int64_t place
    cdef object __weakref__

    cdef inline Node edge(self, int i):
        return self.edge0 if i == 0 else self.edge1 if i == 1 else self.edge2 if i == 2 else <Node>self.edges[i - 3]

    cdef inline int slot(self, int i):
        return self.slot0 if i == 0 else self.slot1 if i == 1 else self.slot2 if i == 2 else self.slots[i - 3]

    cdef int link(self, int i, int count, Node producer, int slot) except -1:
        """Let input i, of `count`, come from output `slot` of `producer` (None: it has no gradient)."""
        self.count = count
        if i == 0:
            self.edge0, self.slot0 = producer, slot
        elif i == 1:
            self.edge1, self.slot1 = producer, slot
        elif i == 2:
            self.edge2, self.slot2 = producer, slot
        else:
            if self.edges is None:
                self.edges, self.slots = [None] * (count - 3), [0] * (count - 3)
            self.edges[i - 3], self.slots[i - 3] = producer, slot
        return 0

    cdef int retain(self, Tensor t) except -1:
        if self.retained is None:
            self.retained = {}
        self.retained[t.slot] = PyWeakref_NewRef(t, None)
        return 0

    @property
    def name(self):
        """Name of the op."""
        return "accumulate_grad" if self.op is None else self.op.name

    @property
    def next_functions(self):
        """((node or None, which of its outputs), ...) for each input."""
        return tuple([(self.edge(i), self.slot(i)) for i in range(self.count)])

    @property
    def variable(self):
        """The leaf of an accumulator."""
        return self.leaf() if self.leaf is not None else None

    @property
    def _input_metadata(self):
        """((shape, dtype), ...) of the gradients that backward brings here: those of the op's outputs; None for what is no tensor."""
        if self.op is None:
            leaf = self.variable
            return () if leaf is None else ((leaf.shape, leaf.dtype),)
        described = [output_of(self, k) for k in range(max(self.outputs, 1))]
        return tuple([None if meta is None else (meta[0], DTYPES[<int>meta[1]]) for meta in described])

    def __repr__(self):
        return f"<{self.name}>"


cdef Node accumulator(Tensor leaf):
    if leaf.node is None:
        leaf.node = Node.__new__(Node)
        leaf.node.leaf = PyWeakref_NewRef(leaf, None)
        leaf.node.outputs = 1
        leaf.slot = 0
    return leaf.node


cdef inline Node grad_edge(Tensor t):
    """The node that t came from: None for leaves that want no gradient."""
    if t.base is not None:
        while t.base.base is not None:  # the base has become a view itself (become_view)
            t.base = t.base.base
        if t.rebased != t.base.rebased:
            refresh_view(t)
    return t.node


cdef inline Node gradient_node(Tensor t):
    """Where t's gradient goes: its producer or its accumulator; None if it needs none."""
    return accumulator(t) if t.wants_grad else grad_edge(t)


cdef Node make_node(Op op, tuple arrays, tuple params, object result):
    """Record that `op` of `arrays` gave `result` (a Tensor or a tuple of them); only what the rules in use need is saved."""
    cdef Node node = Node.__new__(Node), producer
    cdef Rule rule
    cdef Tensor t, y
    cdef object x
    cdef int n = len(arrays), m = op.outputs, i
    cdef unsigned int linked = 0, save = 0, save_outputs = 0, shapes = 0  # by array, as bits; of a variadic op all or nothing
    cdef tuple kept
    node.op, node.params, node.count, node.outputs = op, params, n, m
    for i in range(n):
        x = arrays[i]
        if not isinstance(x, Tensor):
            continue
        t = <Tensor>x
        if op.variadic or op.rule_of[i] is not None:
            if CATEGORY[t.dtype_] >= FLOATING and requires_grad(t):
                node.link(i, n, gradient_node(t), t.slot)
                linked |= <unsigned int>1 << (0 if op.variadic else i)
        if op.family == ELEMENTWISE and not same_shape(t, <Tensor>result):
            shapes = 0xffffffff  # what was broadcast is summed over
    for r in op.rules:
        rule = <Rule>r
        if op.variadic or linked & rule.served:
            save, save_outputs, shapes = save | rule.arrays, save_outputs | rule.outputs, shapes | rule.shapes
    if save | save_outputs:
        kept = PyTuple_New(n + m)
        for i in range(n):
            x = arrays[i] if save >> i & 1 else None
            if isinstance(x, Tensor):
                node.versions[i] = (<Tensor>x).storage.version
                if packing:
                    x = packed(<Tensor>x)
            Py_INCREF(x)
            PyTuple_SET_ITEM(kept, i, x)
        for i in range(m):
            y = None
            if save_outputs >> i & 1:
                y = <Tensor>result if m == 1 else <Tensor>(<tuple>result)[i]
                if y is not None:
                    y = alias(y)
                    node.versions[n + i] = y.storage.version
            x = packed(y) if packing and y is not None else y
            Py_INCREF(x)
            PyTuple_SET_ITEM(kept, n + i, x)
        node.saved = kept
    if shapes:
        kept = PyTuple_New(n)
        for i in range(n):
            x = arrays[i]
            x = int_tuple((<Tensor>x).shape_, (<Tensor>x).ndim_) if isinstance(x, Tensor) and shapes >> (i if i < 32 else 31) & 1 else None
            Py_INCREF(x)
            PyTuple_SET_ITEM(kept, i, x)
        node.shapes = kept
    if m > 1:
        node.out_meta = describe_outputs(<tuple>result)
    else:
        y = <Tensor>result
        node.out_dtype, node.out_ndim = y.dtype_, y.ndim_
        memcpy(node.out_shape, y.shape_, y.ndim_ * sizeof(int64_t))
    if watching:
        watch_forward(node, arrays, result)
    return node


cdef tuple describe_outputs(tuple outputs):
    return tuple([None if o is None else ((<Tensor>o).shape, (<Tensor>o).dtype_) for o in outputs])


cdef int record(Op op, tuple arrays, tuple params, object result) except -1:
    cdef Node node = make_node(op, arrays, params, result)
    cdef Tensor y
    cdef int i
    if node.edge0 is None and node.edge1 is None and node.edge2 is None and node.edges is None:
        return 0
    if op.outputs == 1:
        y = <Tensor>result
        if CATEGORY[y.dtype_] >= FLOATING:
            y.node = node
        return 0
    for i, o in enumerate(<tuple>result):
        if o is not None and CATEGORY[(<Tensor>o).dtype_] >= FLOATING:
            y = <Tensor>o
            y.node, y.slot = node, i
    return 0


# ---- grad modes ----

class _GradMode:
    """A context manager and decorator that sets whether ops are recorded."""
    mode = True

    def __enter__(self):
        global mg_grad_mode
        self.__dict__.setdefault("previous", []).append(mg_grad_mode)
        mg_grad_mode = self.mode
        return self

    def __exit__(self, *exc):
        global mg_grad_mode
        mg_grad_mode = self.previous.pop()

    def __call__(self, function):
        import functools
        if getattr(getattr(function, "__code__", None), "co_flags", 0) & 0x20:  # what inspect.isgeneratorfunction asks; its import is dear
            raise TypeError(f"{type(self).__name__}: cannot decorate the generator {function.__name__}; use it as a context manager inside")

        @functools.wraps(function)
        def wrapped(*args, **kwargs):
            with type(self)(*self.args()):
                return function(*args, **kwargs)
        return wrapped

    def args(self):
        return ()


class no_grad(_GradMode):
    """Within it nothing is recorded: results do not require grad. A context manager and a decorator.

    >>> x = full_of((2,), 1.0, float32).requires_grad_()
    >>> with no_grad():
    ...     (x + x).requires_grad
    False
    """
    mode = False

    def __new__(cls, function=None):
        self = super().__new__(cls)
        return self if function is None else self(function)


class enable_grad(_GradMode):
    """Within it ops are recorded, also inside `no_grad`. A context manager and a decorator."""

    def __new__(cls, function=None):
        self = super().__new__(cls)
        return self if function is None else self(function)


class inference_mode(_GradMode):
    """`no_grad` under the name that PyTorch programs use for inference; `inference_mode(False)` changes nothing."""

    def __init__(self, mode=True):
        self.mode = bool(mg_grad_mode) and not mode
        self.flag = mode

    def args(self):
        return (self.flag,)


class set_grad_enabled(_GradMode):
    """Switch recording on or off at once; as a context manager, until it is left."""

    def __init__(self, mode):
        global mg_grad_mode
        self.mode = bool(mode)
        self.previous = [mg_grad_mode]
        mg_grad_mode = self.mode

    def __enter__(self):
        return self

    def args(self):
        return (self.mode,)

    def __call__(self, function):
        self.__exit__()
        self.previous = [mg_grad_mode]
        return super().__call__(function)


def is_grad_enabled():
    """Whether ops are recorded in this thread."""
    return bool(mg_grad_mode)


# ---- hooks ----

class RemovableHandle:
    """What `register_hook` returns: `remove()` takes the hook away."""

    def __init__(self, hooks, id):
        self.hooks, self.id = hooks, id

    def remove(self):
        self.hooks.pop(self.id, None)


cdef int64_t hook_count = 0


cdef object add_hook(Node node, int slot, object hook):
    global hook_count
    if node.hooks is None:
        node.hooks = {}
    hooks = node.hooks.setdefault(slot, {})
    hook_count += 1
    hooks[hook_count] = hook
    return RemovableHandle(hooks, hook_count)


cdef int call_accumulated(Node node, object leaf) except -1:
    """The hooks that want to see a leaf when its .grad is new."""
    if node.hooks is not None and -1 in node.hooks:
        for hook in list(node.hooks[-1].values()):
            hook(leaf)
    return 0


# ---- backward ----

cdef enum:
    SMALL = 48  # nodes up to which a backward run needs no memory but the stack

cdef struct Order:
    PyObject **nodes   # in the order of a depth-first post-order: producers before their users
    int64_t *slots     # where the gradients of a node's outputs begin in `grads`
    int64_t *needed    # whether the node leads to something that is asked for
    int64_t *targets   # for every edge of every node in turn: the slot that its gradient goes to; -1: nowhere
    int64_t *edges     # where a node's edges begin in `targets`
    int64_t count
    int64_t capacity
    PyObject *small_nodes[48]
    int64_t small_slots[49]
    int64_t small_needed[48]
    int64_t small_targets[96]
    int64_t small_edges[49]
    PyObject *small_grads[96]
    PyObject *small_stack[48]
    int small_positions[48]

cdef int64_t run_count = 0


cdef void begin(Order *order) noexcept:
    order.nodes, order.slots, order.needed = order.small_nodes, order.small_slots, order.small_needed
    order.targets, order.edges = order.small_targets, order.small_edges
    order.count, order.capacity, order.slots[0] = 0, SMALL, 0


cdef void end(Order *order) noexcept:
    cdef int64_t i
    for i in range(order.count):
        Py_DECREF(<object>order.nodes[i])
    if order.nodes != order.small_nodes:
        free(order.nodes)
    if order.slots != order.small_slots:
        free(order.slots)
    if order.needed != order.small_needed:
        free(order.needed)
    if order.targets != order.small_targets:
        free(order.targets)
    if order.edges != order.small_edges:
        free(order.edges)


cdef void *grown(void *old, const void *small, size_t used, size_t wanted) except NULL:
    """A larger block with the same beginning; `small` is the one that is part of the Order and is never freed."""
    cdef void *block
    if old == small:
        block = malloc(wanted)
        if block != NULL:
            memcpy(block, old, used)
    else:
        block = realloc(old, wanted)
    if block == NULL:
        raise MemoryError()
    return block


cdef int visit(Order *order, Node node, int64_t run) except -1:
    """Put `node` behind its producers. Iterative: graphs are millions of nodes deep."""
    cdef PyObject **stack = order.small_stack
    cdef int *position = order.small_positions
    cdef int64_t depth = 0, room = SMALL
    cdef Node top, next
    cdef int i
    if node.run == run:
        return 0
    try:
        node.run = run
        stack[0], position[0], depth = <PyObject *>node, 0, 1
        while depth:
            top = <Node>stack[depth - 1]
            i = position[depth - 1]
            if i < top.count:
                position[depth - 1] = i + 1
                next = top.edge(i) if (i < 3 or top.edges is not None) else None
                if next is not None and next.run != run:
                    next.run = run
                    if depth == room:
                        stack = <PyObject **>grown(stack, order.small_stack, depth * sizeof(PyObject *), 2 * room * sizeof(PyObject *))
                        position = <int *>grown(position, order.small_positions, depth * sizeof(int), 2 * room * sizeof(int))
                        room *= 2
                    stack[depth], position[depth] = <PyObject *>next, 0
                    depth += 1
                continue
            depth -= 1
            append_node(order, top)
    finally:
        if stack != order.small_stack:
            free(stack)
        if position != order.small_positions:
            free(position)
    return 0


cdef int append_node(Order *order, Node node) except -1:
    cdef int64_t n = order.count, room = 2 * order.capacity
    if n == order.capacity:
        order.nodes = <PyObject **>grown(order.nodes, order.small_nodes, n * sizeof(PyObject *), room * sizeof(PyObject *))
        order.slots = <int64_t *>grown(order.slots, order.small_slots, (n + 1) * sizeof(int64_t), (room + 1) * sizeof(int64_t))
        order.needed = <int64_t *>grown(order.needed, order.small_needed, n * sizeof(int64_t), room * sizeof(int64_t))
        order.capacity = room
    node.place = n
    order.nodes[n] = <PyObject *>node
    Py_INCREF(node)
    order.slots[n + 1] = order.slots[n] + (node.outputs if node.outputs > 1 else 1)
    order.needed[n] = 1
    order.count += 1
    return 0


cdef Tensor ones_of(Tensor x):
    return full(x.shape, 1, x.dtype_)


cdef Tensor seed(Tensor output, object gradient, str name):
    """The gradient to start from for one output."""
    cdef Tensor g
    if gradient is None:
        if CATEGORY[output.dtype_] == COMPLEX:
            raise GradError(f"{name}: the gradient can be left out only for a real tensor, got dtype {output.dtype.name}")
        if output.size_ != 1:
            raise GradError(f"{name}: the gradient can be left out only for a tensor of one element, got shape {output.shape}")
        return ones_of(output)
    if not isinstance(gradient, Tensor):
        raise TypeError(f"{name}: expected a Tensor as gradient, got {type(gradient).__name__}")
    g = gradient
    if not same_shape(g, output):
        raise ShapeError(f"{name}: expected a gradient of shape {output.shape}, got {g.shape}")
    return cast_to(g, output.dtype_)


cdef object as_tensors(str name, object x):
    if isinstance(x, Tensor):
        return (x,)
    x = tuple(x)
    for t in x:
        if not isinstance(t, Tensor):
            raise TypeError(f"{name}: expected Tensors, got {type(t).__name__}")
    return x


def backward(tensors, grad_tensors=None, retain_graph=None, bint create_graph=False, inputs=None):
    """Accumulate the gradients of `tensors` into the leaves (or into `inputs`); see `Tensor.backward`."""
    outputs = as_tensors("backward", tensors)
    seeds = (None,) * len(outputs) if grad_tensors is None else (grad_tensors,) if isinstance(grad_tensors, Tensor) else tuple(grad_tensors)
    if len(seeds) != len(outputs):
        raise GradError(f"backward: {len(outputs)} tensors but {len(seeds)} gradients")
    keep = create_graph if retain_graph is None else bool(retain_graph)
    if inputs is None:
        run_backward("backward", outputs, seeds, keep, create_graph, None)
        return
    inputs = as_tensors("backward", inputs)
    if not inputs:
        raise GradError("backward: inputs is empty")
    for x, g in zip(inputs, run_backward("backward", outputs, seeds, keep, create_graph, inputs)):
        if g is not None:
            accumulate_into(<Tensor>x, <Tensor>g, create_graph)
            if (<Tensor>x).node is not None and (<Tensor>x).wants_grad:
                call_accumulated((<Tensor>x).node, x)


def grad(outputs, inputs, grad_outputs=None, retain_graph=None, bint create_graph=False, bint allow_unused=False,
         bint materialize_grads=False):
    """Gradients of `outputs` with respect to `inputs`, as a tuple; no `.grad` is touched.

    Raises GradError for an input that the outputs do not depend on, unless `allow_unused` (then None) or
    `materialize_grads` (then zeros).
    """
    outs = as_tensors("grad", outputs)
    ins = as_tensors("grad", inputs)
    seeds = (None,) * len(outs) if grad_outputs is None else (grad_outputs,) if isinstance(grad_outputs, Tensor) else tuple(grad_outputs)
    if len(seeds) != len(outs):
        raise GradError(f"grad: {len(outs)} outputs but {len(seeds)} grad_outputs")
    keep = create_graph if retain_graph is None else bool(retain_graph)
    result = run_backward("grad", outs, seeds, keep, create_graph, ins)
    for i, g in enumerate(result):
        if g is None and materialize_grads:
            result[i] = full((<Tensor>ins[i]).shape, 0, (<Tensor>ins[i]).dtype_)
        elif g is None and not allow_unused:
            raise GradError(f"grad: input {i} (shape {ins[i].shape}) was not used in the graph; pass allow_unused=True if that is meant")
    return tuple(result)


cdef list run_backward(str name, tuple outputs, tuple seeds, bint keep, bint create, object inputs):
    """The engine: order the graph, then walk it from the outputs, one gradient slot per node output.

    With `inputs`, returns their gradients and accumulates nothing else. Marks on nodes are not looked at once gradients are
    computed, so that hooks and other threads may run backward on the same graph meanwhile.
    """
    global run_count, mg_grad_mode
    cdef Order order
    cdef PyObject **grads = NULL
    cdef Node node, producer
    cdef Tensor t
    cdef int64_t run, total, at, i
    cdef int k, mode = mg_grad_mode
    cdef list captured = None
    cdef dict wanted = None  # {slot: [index into inputs]}
    cdef list starts = []
    begin(&order)
    for at in range(len(outputs)):
        s = seeds[at]
        t = <Tensor>outputs[at]
        node = gradient_node(t)
        if node is None:
            raise GradError(f"{name}: the tensor (shape {t.shape}) does not require grad and has no grad_fn")
        starts.append((node, t.slot, seed(t, s, name)))
    run_count += 1
    run = run_count
    try:
        for start in starts:
            visit(&order, <Node>(<tuple>start)[0], run)
        total = order.slots[order.count]
        grads = order.small_grads
        if total > 2 * SMALL:
            grads = <PyObject **>malloc(total * sizeof(PyObject *))
            if grads == NULL:
                raise MemoryError()
        memset(grads, 0, total * sizeof(PyObject *))
        for start in starts:
            node = <Node>(<tuple>start)[0]
            k = (<tuple>start)[1]
            add_gradient(&grads[order.slots[node.place] + k], <Tensor>(<tuple>start)[2], create)
        if inputs is not None:
            captured = [None] * len(inputs)
            wanted = {}
            memset(order.needed, 0, order.count * sizeof(int64_t))
            for j, x in enumerate(inputs):
                t = <Tensor>x
                node = gradient_node(t)
                if node is None:
                    raise GradError(f"{name}: input {j} (shape {t.shape}) does not require grad")
                if node.run == run:
                    wanted.setdefault(order.slots[node.place] + t.slot, []).append(j)
                    order.needed[node.place] = 1
            for i in range(order.count):  # producers first: a node leads to an input if one of its producers does
                node = <Node>order.nodes[i]
                for k in range(node.count):
                    producer = node.edge(k) if (k < 3 or node.edges is not None) else None
                    if producer is not None and producer.run == run and order.needed[producer.place]:
                        order.needed[i] = 1
        find_targets(&order, run)
        mg_grad_mode = create
        for i in range(order.count - 1, -1, -1):
            node = <Node>order.nodes[i]
            step(&order, i, node, grads, create, keep, captured, wanted)
    finally:
        mg_grad_mode = mode
        if grads != NULL:
            for i in range(order.slots[order.count]):
                if grads[i] != NULL:
                    Py_DECREF(<object>grads[i])
            if grads != order.small_grads:
                free(grads)
        end(&order)
    return captured


cdef int find_targets(Order *order, int64_t run) except -1:
    cdef int64_t total = 0, at = 0, i
    cdef int k
    cdef Node node, producer
    for i in range(order.count):
        total += (<Node>order.nodes[i]).count
    if total > 2 * SMALL:
        order.targets = <int64_t *>malloc(total * sizeof(int64_t))
    if order.count > SMALL:
        order.edges = <int64_t *>malloc(order.count * sizeof(int64_t))
    if order.targets == NULL or order.edges == NULL:
        raise MemoryError()
    for i in range(order.count):
        node = <Node>order.nodes[i]
        order.edges[i] = at
        for k in range(node.count):
            producer = node.edge(k) if (k < 3 or node.edges is not None) else None
            order.targets[at] = -1
            if producer is not None and producer.run == run and order.needed[producer.place]:
                order.targets[at] = order.slots[producer.place] + node.slot(k)
            at += 1
    return 0


cdef int step(Order *order, int64_t i, Node node, PyObject **grads, bint create, bint keep, list captured, dict wanted) except -1:
    """Let one node pass its gradient on."""
    cdef int64_t first = order.slots[i]
    cdef int outputs = <int>(order.slots[i + 1] - first), k
    cdef bint arrived = False
    cdef object g, x
    cdef list several
    for k in range(outputs):
        if grads[first + k] == NULL:
            continue
        arrived = True
        if node.hooks is not None and k in node.hooks:
            for hook in list(node.hooks[k].values()):
                g = hook(<object>grads[first + k])
                if g is not None:
                    if not isinstance(g, Tensor) or not same_shape(<Tensor>g, <Tensor>grads[first + k]):
                        raise GradError(f"hook: expected None or a Tensor of shape {(<Tensor>grads[first + k]).shape}, got {g!r}")
                    Py_INCREF(g)
                    Py_DECREF(<object>grads[first + k])
                    grads[first + k] = <PyObject *>g
        if node.retained is not None and k in node.retained:
            x = node.retained[k]()
            if x is not None:
                accumulate_into(<Tensor>x, <Tensor>grads[first + k], create)
        if wanted is not None and first + k in wanted:
            for j in wanted[first + k]:
                captured[j] = <object>grads[first + k]
    if not arrived:
        return 0
    if node.op is None:
        g = <object>grads[first]
        Py_DECREF(g)
        grads[first] = NULL
        if captured is None:
            x = node.leaf()
            if x is not None:
                accumulate_into(<Tensor>x, <Tensor>g, create)
                if node.hooks is not None:
                    call_accumulated(node, x)
        return 0
    if order.needed[i]:
        if outputs == 1:
            g = <object>grads[first]
        else:
            several = [None if grads[first + k] == NULL else <object>grads[first + k] for k in range(outputs)]
            if several[0] is None and not node.op.variadic:
                shape, code = node.out_meta[0]
                several[0] = full(shape, 0, code)
            g = tuple(several)
        run_rules(node, g, order.targets + order.edges[i], grads, create)
    for k in range(outputs):
        if grads[first + k] != NULL:
            x = <object>grads[first + k]
            grads[first + k] = NULL
            Py_DECREF(x)
    if not keep and node.saved is not None:
        node.saved, node.freed = None, True
        if node.op.variadic:
            node.params = ()  # what a custom function keeps
    return 0


cdef int run_rules(Node node, object g, const int64_t *targets, PyObject **grads, bint create) except -1:
    cdef Op op = node.op
    cdef Rule rule
    cdef PyObject *argv[16]
    cdef int n = node.count, need, served, a, i, k, at
    cdef object value, result
    if node.freed:
        raise GradError(f"backward: the graph of {op.name} was freed by an earlier backward; pass retain_graph=True to that one")
    if (op is LINEAR or op is LINEAR_ACTIVATION) and not create and linear_backward(node, <Tensor>g, targets, grads):
        return 0
    if op.holomorphic and CATEGORY[(<Tensor>g).dtype_] == COMPLEX:
        # The gradient of a real loss L is dL/dRe + i dL/dIm, which f'(z) multiplies by its conjugate. Rules multiply by f'(z):
        # conj(f'(z)) g = conj(f'(z) conj(g)), and `deliver` makes the outer conj.
        g = unary(CONJ, <Tensor>g)
    if op is SLICE and not create and add_slice(node, <Tensor>g, &grads[targets[0]]):
        return 0
    for r in op.rules:
        rule = <Rule>r
        if op.variadic:
            served = n
        else:
            served = 0
            for k in rule.serves:
                if targets[k] >= 0:
                    served += 1
        if served == 0:
            continue
        a = 0
        if rule.direct is not None:
            k = rule.serves[0]
            if rule.count == 2:
                value = binary(rule.direct, argument(node, rule.needs[0], g, create), argument(node, rule.needs[1], g, create))
            else:
                value = elementwise(rule.direct, tuple([argument(node, rule.needs[i], g, create) for i in range(rule.count)]), (), None)
            deliver(node, k, <Tensor>value, &grads[targets[k]], create)
            continue
        try:
            while a < rule.count:
                need = rule.needs[a]
                if need == MASK:
                    value = tuple([targets[k] >= 0 for k in (range(n) if op.variadic else rule.serves)])
                else:
                    value = argument(node, need, g, create)
                Py_INCREF(value)
                argv[a] = <PyObject *>value
                a += 1
            result = PyObject_Vectorcall(rule.fn, argv, rule.count, NULL)
        finally:
            for k in range(a):
                Py_DECREF(<object>argv[k])
        if op.variadic or len(rule.serves) > 1:
            for at, k in enumerate(range(n) if op.variadic else rule.serves):
                if targets[k] >= 0 and result[at] is not None:
                    deliver(node, k, <Tensor>result[at], &grads[targets[k]], create)
        elif result is not None:
            k = rule.serves[0]
            deliver(node, k, <Tensor>result, &grads[targets[k]], create)
    return 0


cdef object argument(Node node, int need, object g, bint create):
    """What a rule asks for by a code of Need."""
    if need == GRAD:
        return g
    if need >= PARAM:
        return node.params[need - PARAM]
    if need >= OUTPUT:
        return saved_output(node, need - OUTPUT, create)
    if need >= SHAPE:
        return node.shapes[need - SHAPE]
    if need >= ARRAY:
        return saved_array(node, need - ARRAY)
    return node.shapes


cdef extern from "Python.h":
    object PyObject_Vectorcall(object callable, PyObject **args, size_t n, PyObject *names)


cdef object saved_array(Node node, int i):
    x = node.saved[i]
    if type(x) is Packed:
        return (<Packed>x).unpacked()
    if isinstance(x, Tensor) and (<Tensor>x).storage.version != node.versions[i]:
        raise GradError(f"backward: input {i} of {node.op.name} (shape {(<Tensor>x).shape}) was changed in place after {node.op.name} saved it; "
                        "call .clone() before the change")
    return x


cdef object saved_output(Node node, int i, bint create):
    cdef Tensor y, z
    x = node.saved[node.count + i]
    if type(x) is Packed:
        y = (<Packed>x).unpacked()
    else:
        y = <Tensor>x
        if y is None:
            return None
        if y.storage.version != node.versions[node.count + i]:
            raise_changed(node, y)
    if not create:
        return y
    z = alias(y)
    z.node, z.slot = node, i
    return z


cdef int raise_changed(Node node, Tensor y) except -1:
    raise GradError(f"backward: the output of {node.op.name} (shape {y.shape}) was changed in place after {node.op.name} saved it; "
                    "call .clone() before the change")


cdef int deliver(Node node, int i, Tensor g, PyObject **slot, bint create) except -1:
    """Bring a gradient to input i's shape, and add it to what has arrived there."""
    if CATEGORY[g.dtype_] == COMPLEX and node.op.holomorphic:
        g = unary(CONJ, g)
    if node.op.family == ELEMENTWISE and node.shapes is not None:
        shape = node.shapes[i]
        if g.ndim_ != len(shape) or g.shape != shape:
            g = sum_to(g, shape)
    if watching:
        watch_backward(node, i, g)
    return add_gradient(slot, g, create)


cdef inline bint ours(Tensor g) noexcept:
    """Whether nobody else can see these elements; the caller knows that it holds the only reference to g."""
    return g.storage.refcount == 1 and g.contiguous_ and g.node is None and not g.wants_grad


cdef int add_gradient(PyObject **slot, Tensor g, bint create) except -1:
    cdef Tensor old, total
    if slot[0] == NULL:
        Py_INCREF(g)
        slot[0] = <PyObject *>g
        return 0
    alone = Py_REFCNT(<object>slot[0]) == 2  # the slot's, and the one of this very expression
    old = <Tensor>slot[0]
    if not create and alone and ours(old) and g.batch is None and old.dtype_ == g.dtype_ and same_shape(old, g):
        add_to(old, g)
        return 0
    total = <Tensor>binary(ADD, old, g)
    Py_INCREF(total)
    slot[0] = <PyObject *>total
    Py_DECREF(old)
    return 0


cdef bint add_slice(Node node, Tensor g, PyObject **slot) except -1:
    """Add a slice's gradient to what has arrived at the tensor it is of, in place: all parts of a split then share one tensor. False if
    nothing has arrived, or what has is not ours alone."""
    cdef Tensor old, window
    if slot[0] == NULL or watching:
        return False
    alone = Py_REFCNT(<object>slot[0]) == 2
    old = <Tensor>slot[0]
    if not alone or not ours(old) or g.batch is not None or old.batch is not None or old.dtype_ != g.dtype_:
        return False
    window = basic_window(old, node.params[0])
    elementwise_into(ADD, (window, g), (), window)
    return True


cdef int add_to(Tensor total, Tensor g) except -1:
    """total += g, unrecorded."""
    cdef mg_array a[3]
    if total.contiguous_ and g.contiguous_ and total.dtype_ == g.dtype_ and ADD.row[g.dtype_] != NULL and same_shape(total, g):
        describe_flat(&a[0], total)
        describe_flat(&a[1], total)
        describe_flat(&a[2], g)
        return launch_kernel(ADD.row[g.dtype_], a, NULL, g.size_, ADD.name)
    elementwise_into(ADD, (total, g), (), total)
    return 0


cdef int accumulate_into(Tensor leaf, Tensor g, bint create) except -1:
    """leaf.grad += g"""
    cdef Tensor old
    if g.level > leaf.level:
        raise_batched(g, "backward into a tensor that is the same for all examples")
    if g.dtype_ != leaf.dtype_: # an assignment to g would make a second reference, and the gradient would always be copied
        return accumulate_into(leaf, cast_to(g, leaf.dtype_), create)
    if leaf.grad_ is None:
        if create or (Py_REFCNT(g) == 1 and ours(g)):
            leaf.grad_ = g
        else:
            leaf.grad_ = copied(g)
    elif create:
        leaf.grad_ = binary(ADD, leaf.grad_, g)
    else:
        old = <Tensor>leaf.grad_
        add_to(old, g)
        old.storage.version += 1
    return 0
