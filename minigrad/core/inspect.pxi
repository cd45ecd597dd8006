# Looking into the graph while it is made and walked: anomalies, and hooks on what is saved.

cdef extern from *:
    """
    static _Thread_local int mg_watching = 0;
    """
    int watching "mg_watching"


def watch(bint on):
    """Let recorded ops and backward look for NaN from now on, in this thread; returns what it was before."""
    global watching
    before = bool(watching)
    watching = on
    return before


def is_watching():
    """Whether anomalies are looked for."""
    return bool(watching)


cdef bint has_nan(object x):
    if not isinstance(x, Tensor) or CATEGORY[(<Tensor>x).dtype_] < FLOATING or (<Tensor>x).size_ == 0:
        return False
    return bool(np.isnan(cast_to(alias(<Tensor>x), MG_F32).numpy() if (<Tensor>x).dtype_ == MG_BF16 else (<Tensor>x).numpy(force=True)).any())


cdef str caller():
    """The line of the user's program that is running: the innermost outside this package."""
    import linecache
    import os
    import sys
    frame = sys._getframe(0)
    package = os.path.dirname(os.path.abspath(__file__)) + os.sep
    while frame is not None and frame.f_code.co_filename.startswith((package, "<minigrad")):
        frame = frame.f_back
    if frame is None:
        return "an unknown line"
    name, line = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(name, line).strip()
    return f"{name}:{line} in {frame.f_code.co_name}" + (f": {text}" if text else "")


cdef int watch_forward(Node node, tuple arrays, object result) except -1:
    global watching
    watching = 0
    try:
        node.trace = caller()
        for y in (result if isinstance(result, tuple) else (result,)):
            if has_nan(y) and not any([has_nan(x) for x in arrays]):
                raise GradError(f"{node.op.name}: made NaN out of numbers at {node.trace}")
    finally:
        watching = 1
    return 0


cdef int watch_backward(Node node, int i, Tensor g) except -1:
    global watching
    watching = 0
    try:
        if has_nan(g):
            raise GradError(f"backward: {node.op.name} gave NaN as the gradient of its input {i}; it was recorded at {node.trace or 'a line that was not watched'}")
    finally:
        watching = 1
    return 0


# ---- hooks on saved tensors ----

cdef extern from *:
    """
    static _Thread_local int mg_packing = 0;
    """
    int packing "mg_packing"  # whether this thread has hooks that are in force

from _thread import _local  # threading costs more to import than half of this package
cdef object hooks_of_thread = _local()


def push_saved_hooks(pack, unpack):
    """From now on, in this thread, `pack(tensor)` is kept in place of every tensor that a recorded op saves; backward calls `unpack` on it."""
    global packing
    hooks_of_thread.stack = [*getattr(hooks_of_thread, "stack", ()), (pack, unpack)]
    packing = 1


def pop_saved_hooks():
    """Undo the last `push_saved_hooks`."""
    global packing
    hooks_of_thread.stack.pop()
    packing = len(hooks_of_thread.stack) > 0


@cython.final
cdef class Packed:
    """What a hook made of a saved tensor."""
    cdef object value, unpack

    cdef Tensor unpacked(self):
        x = self.unpack(self.value)
        if not isinstance(x, Tensor):
            raise TypeError(f"saved_tensors_hooks: unpack must return a Tensor, got {type(x).__name__}")
        return <Tensor>x


cdef Packed packed(Tensor x):
    """What the innermost hook makes of x; ops inside the hook are not hooked themselves."""
    global packing
    cdef Packed p = Packed.__new__(Packed)
    pack, p.unpack = hooks_of_thread.stack[-1]
    packing = 0
    try:
        p.value = pack(x)
    finally:
        packing = 1
    return p
