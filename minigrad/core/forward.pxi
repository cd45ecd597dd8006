# The graph read in the other direction: forward-mode derivatives, what else a result depends on, and custom functions as nodes.
#
# jvp walks a recorded graph from its inputs to its outputs and carries tangents along. No op needs a rule of its own for that:
#   an elementwise op's gradient rule multiplies by a diagonal, so the rule applied to a tangent is the tangent of the output;
#   a view's tangent is the same view of the tangent;
#   every other rule is linear in g, a map J^T; the tangent is J t, which is the gradient of <J^T u, t> with respect to u, for any u.
# Of complex tensors <a, b> is the real part of conj(a) b, and the gradient the adjoint; the rule of a holomorphic op is the transpose, so
# that conjugates go round it, as in backward. Rules of others, and casts, are no diagonal of the output's dtype: they take the last way.

cdef Tensor sum_of(object a, Tensor b):
    return b if a is None else <Tensor>binary(ADD, a, b)


cdef tuple output_of(Node node, int k):
    """(shape, dtype) of output k."""
    if node.out_meta is not None:
        return node.out_meta[k]
    return int_tuple(node.out_shape, node.out_ndim), node.out_dtype


cdef Tensor along(Op op, Tensor g, Tensor t):
    """The tangent t as the cotangent of what a rule returned, before that is summed to the input's shape."""
    if op.family == ELEMENTWISE and not same_shape(g, t):
        t = t.expand(g.shape)
    return conj(t) if op.holomorphic else t


cdef list node_jvp(Node node, list tangents, list asked):
    """Tangents of a node's outputs from those of its inputs (None: zero), of those outputs that something depends on (`asked`)."""
    global mg_grad_mode
    cdef Op op = node.op
    cdef Rule rule
    cdef list total = [None] * (node.outputs if node.outputs > 1 else 1)
    cdef list arguments, results, us
    cdef int mode = mg_grad_mode, i, k, need
    cdef bint plain
    if node.freed:
        raise GradError(f"jvp: the graph of {op.name} was freed by an earlier backward")
    if op.family == VIEW and node.count == 1:
        try:
            total[0] = view(op, <Tensor>tangents[0], node.params)
        except ShapeError:  # the tangent lies otherwise in memory than the input does
            total[0] = view(op, contiguous(<Tensor>tangents[0]), node.params)
        return total
    for r in op.rules:
        rule = <Rule>r
        serves = range(node.count) if op.variadic else rule.serves
        given = [k for k in serves if tangents[k] is not None]
        if not given:
            continue
        plain = op.family == ELEMENTWISE and len(rule.serves) == 1 and not op.variadic
        if plain and not op.holomorphic:
            k = (<Tensor>tangents[rule.serves[0]]).dtype_
            plain = CATEGORY[k] != COMPLEX and k == output_of(node, 0)[1]
        us = []
        for k in range(len(total)):
            meta = output_of(node, k)
            unused = k and not asked[k]  # rules count on the first
            us.append(None if unused or meta is None or CATEGORY[<int>meta[1]] < FLOATING else full(meta[0], 0, meta[1]))
            if us[k] is not None:
                (<Tensor>us[k]).wants_grad = True
        arguments = []
        for i in range(rule.count):
            need = rule.needs[i]
            if need == GRAD:
                arguments.append(tangents[rule.serves[0]] if plain else us[0] if len(us) == 1 else tuple(us))
            elif need == MASK:
                arguments.append(tuple([tangents[k] is not None for k in serves]))
            else:
                arguments.append(argument(node, need, None, mode))
        if plain:
            t = rule.fn(*arguments)
            meta = output_of(node, 0)
            if t.shape != meta[0]:  # the input was broadcast
                t = t.expand(meta[0])
            total[0] = sum_of(total[0], t)
            continue
        mg_grad_mode = True
        try:
            result = rule.fn(*arguments)
            results = list(result) if op.variadic or len(rule.serves) > 1 else [result]
            pairs = [(g, along(op, <Tensor>g, <Tensor>tangents[k])) for g, k in zip(results, serves) if g is not None and tangents[k] is not None
                     and requires_grad(<Tensor>g)]
            if not pairs:
                continue
            wanted = [u for u in us if u is not None]
            found = run_backward("jvp", tuple([p[0] for p in pairs]), tuple([p[1] for p in pairs]), True, bool(mode), tuple(wanted))
        finally:
            mg_grad_mode = mode
        at = 0
        for k in range(len(total)):
            if us[k] is not None:
                if found[at] is not None:
                    total[k] = sum_of(total[k], conj(<Tensor>found[at]) if op.holomorphic else <Tensor>found[at])
                at += 1
    return total


def jvp(outputs, inputs, tangents, bint create_graph=False):
    """Directional derivatives of `outputs`, which were computed from `inputs`, along `tangents` (one per input): a tuple, None for an
    output that does not depend on the inputs. With `create_graph` they can be differentiated again.

    Raises GradError for an input that does not require grad, ShapeError for a tangent of another shape.
    """
    global run_count, mg_grad_mode
    cdef tuple outs = as_tensors("jvp", outputs), ins = as_tensors("jvp", inputs), ts = as_tensors("jvp", tangents)
    cdef Order order
    cdef Node node, producer
    cdef Tensor t
    cdef dict along = {}  # {(place of the node, output): tangent}
    cdef dict places = {}  # {id of a node: its place}; node.place is not ours for long: the passes within node_jvp walk the same nodes
    cdef set used = set()  # (place, output) that something depends on
    cdef list result = [], incoming
    cdef int mode = mg_grad_mode, k
    cdef int64_t run, i
    if len(ins) != len(ts):
        raise GradError(f"jvp: {len(ins)} inputs but {len(ts)} tangents")
    begin(&order)
    run_count += 1
    run = run_count
    try:
        for x in outs:
            node = gradient_node(<Tensor>x)
            if node is not None:
                visit(&order, node, run)
        for k in range(len(ins)):
            t = <Tensor>ins[k]
            node = gradient_node(t)
            if node is None:
                raise GradError(f"jvp: input {k} (shape {t.shape}) does not require grad")
            if not same_shape(t, <Tensor>ts[k]):
                raise ShapeError(f"jvp: expected a tangent of shape {t.shape} for input {k}, got {ts[k].shape}")
            if node.run == run:
                at = (node.place, t.slot)
                along[at] = sum_of(along.get(at), cast_to(<Tensor>ts[k], t.dtype_))
        fixed = set(along)
        for i in range(order.count):
            node = <Node>order.nodes[i]
            places[id(node)] = i
            for k in range(node.count):
                producer = node.edge(k) if (k < 3 or node.edges is not None) else None
                if producer is not None:
                    used.add((producer.place, node.slot(k)))
        for x in outs:
            node = gradient_node(<Tensor>x)
            if node is not None:
                used.add((node.place, (<Tensor>x).slot))
        mg_grad_mode = create_graph
        for i in range(order.count):
            node = <Node>order.nodes[i]
            if node.op is None:
                continue
            incoming = [None] * node.count
            found = False
            for k in range(node.count):
                producer = node.edge(k) if (k < 3 or node.edges is not None) else None
                if producer is not None:
                    incoming[k] = along.get((places[id(producer)], node.slot(k)))
                    found = found or incoming[k] is not None
            if not found:
                continue
            for k, tangent in enumerate(node_jvp(node, incoming, [(i, k) in used for k in range(max(node.outputs, 1))])):
                if tangent is not None and (i, k) not in fixed:
                    along[(i, k)] = tangent
        for x in outs:
            t = <Tensor>x
            node = gradient_node(t)
            result.append(None if node is None else along.get((places[id(node)], t.slot)))
    finally:
        mg_grad_mode = mode
        end(&order)
    return tuple(result)


def depends_on_others(outputs, leaves):
    """Whether `outputs` depend on a leaf that requires grad and is none of `leaves`, be it through one of `leaves` that is none itself."""
    cdef set seen = set()
    cdef list stack = []
    cdef Node node, producer
    own = {id(gradient_node(<Tensor>x)) for x in leaves}
    for x in outputs:
        if (<Tensor>x).batch is not None and depends_on_others(((<Tensor>x).batch,), leaves):  # outside the vmap
            return True
        node = gradient_node(<Tensor>x)
        if node is not None:
            stack.append(node)
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.op is None:
            if id(node) in own:
                continue
            return True
        for k in range(node.count):
            producer = node.edge(k) if (k < 3 or node.edges is not None) else None
            if producer is not None:
                stack.append(producer)
    return False


# ---- custom functions ----

def record_custom(Op op, tuple tensors, context, tuple outputs, set non_differentiable, set changed):
    """Let `outputs` (Tensors or None) come from a node of `op` whose rule gets `context`; its inputs are `tensors`.

    `changed` are ids of inputs that were written in place and are among the outputs. Returns whether anything was recorded.
    """
    cdef Node node
    cdef Tensor y
    cdef int i, k
    if not wants_recording(tensors):
        return False
    node = Node.__new__(Node)
    node.op, node.params, node.count, node.outputs = op, (context,), <int>len(tensors), <int>len(outputs)
    for i in range(len(tensors)):
        y = <Tensor>tensors[i]
        if CATEGORY[y.dtype_] >= FLOATING and requires_grad(y):
            node.link(i, node.count, gradient_node(y), y.slot)
    node.saved = (context,)
    node.out_meta = describe_outputs(outputs)
    if watching:
        watch_forward(node, tensors, outputs)
    for k in range(len(outputs)):
        o = outputs[k]
        if o is None or CATEGORY[(<Tensor>o).dtype_] < FLOATING or id(o) in non_differentiable:
            continue
        y = <Tensor>o
        if id(o) in changed:
            finish_inplace(y, node, k)
        else:
            y.node, y.slot = node, k
    return True


def output_alias(Tensor y):
    """`y` as a custom function keeps it: the same memory and version, without the graph, so that no cycle arises."""
    return alias(y)


def connect_output(Tensor kept, node, int slot):
    """`kept` as output `slot` of `node`: what a custom function's saved output is when its backward is recorded."""
    cdef Tensor z = alias(kept)
    z.node, z.slot = <Node>node, slot
    return z


def gradient_edge(Tensor x):
    """The node that x's gradient goes to."""
    return gradient_node(x)


def zeros_of(Tensor x):
    """Zeros of x's shape and dtype."""
    return full(x.shape, 0, x.dtype_)


def ones_like_of(Tensor x):
    """Ones of x's shape and dtype."""
    return full(x.shape, 1, x.dtype_)


def units_of(Tensor x):
    """The unit vectors of x's space: shape (numel, *x.shape)."""
    cdef Tensor y = full((x.size_, *x.shape), 0, x.dtype_)
    cdef Tensor diagonal
    cdef int64_t step = x.size_ + 1
    if x.size_:
        diagonal = window(y, 1, &x.size_, &step, 0)
        fill(diagonal, 1)
    return y


def version_of(Tensor x):
    """How often x's memory was changed in place."""
    return x.storage.version
