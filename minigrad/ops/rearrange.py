"""Elements in another arrangement: rolled, turned, repeated, in windows, broadcast against each other."""

from __future__ import annotations

import math

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import ErrorSample, Sample, composite, defop
from ._examples import by_numpy
from ._geometry import check_tensor
from .shape import ALL, _dim, cat, clone, expand, flip, movedim, narrow, reshape, transpose, unsqueeze


def _tensors(op, given):
    """The tensors of `f(a, b)` or of `f([a, b])`."""
    if len(given) == 1 and isinstance(given[0], (list, tuple)):
        given = given[0]
    for x in given:
        if not isinstance(x, _core.Tensor):
            raise TypeError(f"{op}: expected Tensors, got {type(x).__name__}")
    return tuple(given)


# ---- the same elements under other names of dimensions ----


@composite(samples=lambda r: [Sample(r(2, 3, 4), dim0=0, dim1=2, id="ends")], dtypes=ALL)
def swapdims(input, dim0, dim1):
    """`transpose` under another name.

    >>> mg.swapdims(mg.zeros(2, 3), 0, 1).shape
    (3, 2)
    """
    return transpose(input, dim0, dim1)


@composite(samples=lambda r: [Sample(r(2, 3, 4), id="all"), Sample(r(), id="0-d")], dtypes=ALL)
def ravel(input):
    """All elements in one dimension; a view where possible.

    >>> mg.ravel(mg.tensor([[1, 2], [3, 4]]))
    tensor([1, 2, 3, 4])
    """
    return reshape(input, (-1,)) if input.numel() else reshape(input, (0,))


@composite(samples=lambda r: [Sample(r(2, 3, 4), id="batch"), Sample(r(), id="0-d")],
           errors=[ErrorSample(np.ones(3), error=ValueError, match="adjoint: expected a matrix")])  # fmt: skip
def adjoint(input):
    """The last two dimensions swapped, and complex numbers conjugated. Shapes: (..., M, N); 0-d tensors stay.

    >>> mg.adjoint(mg.zeros(4, 2, 3)).shape
    (4, 3, 2)
    """
    if input.ndim == 1:
        raise ShapeError(f"adjoint: expected a matrix or a stack of matrices, got shape {input.shape}")
    y = transpose(input, -2, -1) if input.ndim else input
    return y.conj() if y.is_complex() else y


def _hermitian(self):
    """The adjoint of a matrix."""
    if self.ndim != 2 and self.ndim != 0:
        raise ShapeError(f"H: expected a matrix, got shape {self.shape}; use mH for stacks of matrices")
    return adjoint(self)


_core.attach("mH", property(lambda self: adjoint(self), doc="The last two dimensions swapped, and complex numbers conjugated; a view."))
_core.attach("H", property(_hermitian))


@composite(samples=lambda r: [Sample(r(2, 3), id="matrix")], dtypes=ALL)
def resolve_neg(input):
    """The tensor itself: negation is never put off here.

    >>> mg.resolve_neg(mg.tensor([1.0]))
    tensor([1.])
    """
    return input


@composite(samples=lambda r: [Sample(r(2, 3), id="matrix")], dtypes=ALL)
def resolve_conj(input):
    """The tensor itself: conjugation is never put off here.

    >>> mg.resolve_conj(mg.tensor([1.0]))
    tensor([1.])
    """
    return input


@composite(
    unbatched="gives a Python bool",
    where="mg Tensor",
    arrays="input other",
    samples=lambda r: [Sample(r(2, 3), r(2, 3), id="same"), Sample(r(2, 3), r(3, 2), id="not")],
    errors=[ErrorSample(np.ones(3), (3,), error=TypeError, match="is_same_size: expected a Tensor, got tuple")],
)
def is_same_size(input, other):
    """Whether two tensors have the same shape.

    >>> mg.is_same_size(mg.zeros(2, 3), mg.zeros(3, 2))
    False
    """
    check_tensor("is_same_size", input)
    check_tensor("is_same_size", other)
    return input.shape == other.shape


# ---- windows ----


def _unfold_plan(input, dimension, size, step):
    d = _dim("unfold", dimension, input.ndim)
    n = input.shape[d] if input.ndim else 1
    if size < 0 or size > n or step <= 0:
        raise ShapeError(f"unfold: windows of {size} entries at steps of {step} do not fit dimension {d} of size {n}")
    shape, stride = list(input.shape), list(input.stride())
    if not input.ndim:
        return _core.window_of(input, (size,), (1,))
    shape[d], inner = (n - size) // step + 1, stride[d]
    stride[d] *= step
    return _core.window_of(input, (*shape, size), (*stride, inner))


def _unfold_vjp(g, input_shape, dimension, size, step):
    """Every window is added back where it came from."""
    if not input_shape:
        return g.sum()
    d = dimension % len(input_shape)
    windows = (input_shape[d] - size) // step + 1
    g = movedim(g, -1, d + 1)
    g = reshape(g, (*g.shape[:d], windows * size, *g.shape[d + 2 :]))
    index = (np.arange(windows)[:, None] * step + np.arange(size)).reshape(-1)
    return _core.full_of(input_shape, 0, g.dtype).index_add(d, _core.from_numpy(index), g)


@defop(family="view", plan=_unfold_plan, where="Tensor", name="Tensor_unfold", vjp={"input": _unfold_vjp}, linear_in=("input",), dtypes=ALL,
       samples=lambda r: [Sample(r(7), dimension=0, size=3, step=2, id="overlapping"), Sample(r(2, 7, 3), dimension=-2, size=2, step=3, id="gaps"),
                          Sample(r(2, 3), dimension=1, size=3, step=1, id="whole"), Sample(r(), dimension=0, size=1, step=1, id="0-d"),
                          Sample(r(0, 5), dimension=1, size=2, step=2, id="empty")],
       errors=[ErrorSample(np.ones(3), 0, 4, 1, error=ValueError, match="unfold: windows of 4 entries at steps of 1 do not fit dimension 0 of size 3"),
               ErrorSample(np.ones(3), 0, 2, 0, error=ValueError, match="unfold: windows")])  # fmt: skip
def unfold(input, dimension, size, step):
    """Windows of `size` entries along a dimension, every `step` entries; a view, whose last dimension is the window.

    Shapes: (..., n, ...) gives (..., (n - size) // step + 1, ..., size). Dtypes: all.
    >>> mg.arange(5).unfold(0, 3, 2)
    tensor([[0, 1, 2],
            [2, 3, 4]])
    """
    x = np.asarray(input)
    if not x.ndim:
        return x.reshape(1)[:size]
    d = dimension % x.ndim
    starts = range(0, x.shape[d] - size + 1, step)
    return np.stack([np.moveaxis(np.take(x, range(s, s + size), d), d, -1) for s in starts], d)


@composite(samples=lambda r: [Sample(r(3, 5), dim=1, start=1, length=3, id="middle")], dtypes=ALL)
def narrow_copy(input, dim, start, length):
    """A copy of `narrow`.

    >>> mg.narrow_copy(mg.arange(5), 0, 1, 3)
    tensor([1, 2, 3])
    """
    return clone(narrow(input, dim, start, length))


# ---- order along a dimension ----


@composite(samples=lambda r: [Sample(r(3, 5), id="matrix"), Sample(r(2, 3, 4), id="3-d")], dtypes=ALL,
           errors=[ErrorSample(np.ones(3), error=ValueError, match="fliplr: expected at least 2 dimensions")])  # fmt: skip
def fliplr(input):
    """Columns (dimension 1) in reverse order; a copy.

    >>> mg.fliplr(mg.tensor([[1, 2], [3, 4]]))
    tensor([[2, 1],
            [4, 3]])
    """
    if input.ndim < 2:
        raise ShapeError(f"fliplr: expected at least 2 dimensions, got shape {input.shape}")
    return flip(input, 1)


@composite(samples=lambda r: [Sample(r(3, 5), id="matrix"), Sample(r(4), id="vector")], dtypes=ALL,
           errors=[ErrorSample(np.ones(()), error=ValueError, match="flipud: expected at least 1 dimension")])  # fmt: skip
def flipud(input):
    """Rows (dimension 0) in reverse order; a copy.

    >>> mg.flipud(mg.tensor([[1, 2], [3, 4]]))
    tensor([[3, 4],
            [1, 2]])
    """
    if input.ndim < 1:
        raise ShapeError(f"flipud: expected at least 1 dimension, got shape {input.shape}")
    return flip(input, 0)


@composite(samples=lambda r: [Sample(r(2, 3), id="once"), Sample(r(2, 3, 4), k=-1, dims=(1, 2), id="back"), Sample(r(2, 3), k=6, id="half")], dtypes=ALL,
           errors=[ErrorSample(np.ones((2, 3)), 1, (0, 0), error=ValueError, match="rot90: expected two different dimensions"),
                   ErrorSample(np.ones(3), error=ValueError, match="rot90: expected at least 2 dimensions")])  # fmt: skip
def rot90(input, k=1, dims=(0, 1)):
    """Turned by k quarters in the plane of two dimensions, from the first towards the second; a copy.

    Shapes: at least 2-d. Dtypes: all.
    >>> mg.rot90(mg.tensor([[1, 2], [3, 4]]))
    tensor([[2, 4],
            [1, 3]])
    """
    if input.ndim < 2:
        raise ShapeError(f"rot90: expected at least 2 dimensions, got shape {input.shape}")
    a, b = (_dim("rot90", d, input.ndim) for d in dims)
    if a == b:
        raise ShapeError(f"rot90: expected two different dimensions, got {tuple(dims)}")
    k %= 4
    if k == 0:
        return clone(input)
    if k == 2:
        return flip(input, (a, b))
    return transpose(flip(input, b), a, b) if k == 1 else flip(transpose(input, a, b), b)


@composite(samples=lambda r: [Sample(r(2, 5), shifts=3, dims=1, id="one"), Sample(r(3, 5), shifts=(-1, 7), dims=(0, 1), id="two"), Sample(r(3, 4), shifts=5, id="flat"),
                              Sample(r(0, 3), shifts=1, dims=0, id="empty")], dtypes=ALL,
           errors=[ErrorSample(np.ones((2, 3)), (1, 2), 0, error=ValueError, match="roll: 2 shifts for 1 dimension")])  # fmt: skip
def roll(input, shifts, dims=()):
    """Entries moved on by `shifts` along `dims`; what leaves at the end comes in at the start. Without dims, in C order of all elements.

    Shapes: any. Dtypes: all.
    >>> mg.roll(mg.tensor([1, 2, 3, 4]), 1)
    tensor([4, 1, 2, 3])
    """
    shifts = (shifts,) if isinstance(shifts, int) else tuple(shifts)
    dims = () if dims is None else (dims,) if isinstance(dims, int) else tuple(dims)
    if not dims and len(shifts) == 1:
        return reshape(roll(ravel(input), shifts, 0), input.shape)
    if len(shifts) != len(dims):
        raise ShapeError(f"roll: {len(shifts)} shifts for {len(dims)} dimension{'s' * (len(dims) != 1)}")
    for s, d in zip(shifts, dims, strict=True):
        d = _dim("roll", d, input.ndim)
        n = input.shape[d] if input.ndim else 1
        s = s % n if n else 0
        input = cat([narrow(input, d, n - s, s), narrow(input, d, 0, n - s)], d) if s else clone(input)
    return input


# ---- repetition ----


@composite(samples=lambda r: [Sample(r(2, 3), dims=(2,), id="last"), Sample(r(3), dims=(2, 1, 2), id="new"), Sample(r(2, 3), dims=(2, 0), id="nothing")],
           star="dims", dtypes=ALL)  # fmt: skip
def tile(input, dims):
    """`repeat`, with dimensions that `dims` does not name repeated once, as np.tile.

    >>> mg.tile(mg.tensor([[1, 2]]), (2,))
    tensor([[1, 2, 1, 2]])
    """
    dims = tuple(dims)
    return input.repeat((1,) * (input.ndim - len(dims)) + dims)


@composite(dtypes=ALL, arrays="input",
           samples=lambda r: [Sample(r(2, 3), repeats=2, dim=1, id="columns"), Sample(r(2, 3), repeats=3, id="flat"),
                              Sample(r(3, 2), repeats=np.array([2, 0, 3]), dim=0, id="each"), Sample(r(3, 2), repeats=np.array([2]), dim=-1, id="one")],
           errors=[ErrorSample(np.ones((2, 3)), np.array([1, 2]), 1, error=ValueError, match="repeat_interleave: 2 counts for dimension 1 of size 3"),
                   ErrorSample(np.ones(2), np.array([1, -2]), error=ValueError, match="repeat_interleave: counts must not be negative")])  # fmt: skip
def repeat_interleave(input, repeats=None, dim=None, *, output_size=None):
    """Every entry of dimension `dim` (None: of the flattened tensor) repeated; `repeats` is a number or a 1-d tensor of one count for each.

    With one argument, a 1-d tensor of counts, its positions each repeated so often.
    Shapes: (..., n, ...) gives (..., sum of counts, ...). Dtypes: all. Raises ShapeError for counts that do not fit.
    >>> mg.repeat_interleave(mg.tensor([1, 2]), 2)
    tensor([1, 1, 2, 2])
    >>> mg.repeat_interleave(mg.tensor([0, 3, 1]))
    tensor([1, 1, 1, 2])
    """
    if repeats is None:
        input, repeats = _core.from_numpy(np.arange(input.numel())), input
    if dim is None:
        input, dim = ravel(input), 0
    d = _dim("repeat_interleave", dim, input.ndim)
    if input.ndim == 0:
        input = reshape(input, (1,))
    n = input.shape[d]
    counts = repeats.numpy(force=True).reshape(-1) if isinstance(repeats, _core.Tensor) else np.array([repeats])
    if counts.dtype.kind not in "iu":
        raise DTypeError(f"repeat_interleave: expected integer counts, got dtype {counts.dtype}")
    if counts.size not in (1, n):
        raise ShapeError(f"repeat_interleave: {counts.size} counts for dimension {d} of size {n}")
    if counts.size and counts.min() < 0:
        raise ShapeError(f"repeat_interleave: counts must not be negative, got {counts.min()}")
    if output_size is not None and output_size != (counts.sum() if counts.size == n else n * int(counts[0])):
        raise ShapeError(f"repeat_interleave: the counts do not add up to output_size {output_size}")
    if counts.size == 1:
        k = int(counts[0])
        wide = expand(unsqueeze(input, d + 1), (*input.shape[: d + 1], k, *input.shape[d + 1 :]))
        return reshape(wide.clone(), (*input.shape[:d], n * k, *input.shape[d + 1 :]))
    return input.index_select(d, _core.from_numpy(np.repeat(np.arange(n), counts)))


# ---- shapes that fit one another ----


@composite(arrays="tensors", where="mg", dtypes=ALL,
           samples=lambda r: [Sample([r(3, 1), r(2, 1, 4)], id="both"), Sample([r(), r(3)], id="0-d")],
           errors=[ErrorSample([np.ones(2), np.ones(3)], error=ValueError, match=r"broadcast_tensors: shapes \(2,\) and \(3,\) cannot be broadcast")])  # fmt: skip
def broadcast_tensors(*tensors):
    """All tensors expanded to the shape that they broadcast to; views.

    >>> [x.shape for x in mg.broadcast_tensors(mg.zeros(3, 1), mg.zeros(4))]
    [(3, 4), (3, 4)]
    """
    tensors = _tensors("broadcast_tensors", tensors)
    shape = _common("broadcast_tensors", [x.shape for x in tensors])
    return tuple(x.expand(shape) for x in tensors)


def _common(op, shapes):
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise ShapeError(f"{op}: shapes {' and '.join(str(tuple(s)) for s in shapes)} cannot be broadcast together") from None


def _at_least(name, n, grow):
    """atleast_1d and its like: `grow` gives a tensor of fewer dimensions more of them."""

    def body(*tensors):
        if len(tensors) == 1 and isinstance(tensors[0], _core.Tensor):
            return grow(tensors[0])
        return tuple(grow(x) for x in _tensors(name, tensors))

    shapes = {
        1: "0-d becomes (1,)",
        2: "() becomes (1, 1), (n,) becomes (1, n)",
        3: "() becomes (1, 1, 1), (n,) (1, n, 1), (m, n) (m, n, 1)",
    }
    body.__name__ = body.__qualname__ = name
    body.__doc__ = (f"Views of at least {n} dimension{'s' * (n > 1)}: {shapes[n]}. Of several tensors, a tuple.\n\n"
                    f"    >>> mg.{name}(mg.tensor(5)).shape\n    {(1,) * n}\n    ")  # fmt: skip
    renamed = body.__code__.replace(co_name=name)
    body.__code__ = renamed
    return composite(arrays="tensors", where="mg", dtypes=ALL, samples=lambda r: [
        Sample(r(), id="0-d"), Sample(r(4), id="vector"), Sample(r(2, 3), id="matrix"), Sample([r(2, 3, 4, 5), r(3)], id="several")])(body)  # fmt: skip


atleast_1d = _at_least("atleast_1d", 1, lambda x: x if x.ndim else reshape(x, (1,)))
atleast_2d = _at_least("atleast_2d", 2, lambda x: x if x.ndim > 1 else reshape(x, (1, -1)) if x.numel() else reshape(x, (1, 0)))


def _at_least_3(x):
    if x.ndim == 2:
        return unsqueeze(x, -1)
    return x if x.ndim > 2 else reshape(x, (1, x.numel(), 1))


atleast_3d = _at_least("atleast_3d", 3, _at_least_3)


@composite(arrays="tensors", where="mg", dtypes=ALL,
           samples=lambda r: [Sample([r(2), r(3)], indexing="ij", id="ij"), Sample([r(2), r(3), r(4)], indexing="xy", id="xy"), Sample([r(), r(3)], id="0-d")],
           errors=[ErrorSample([np.ones((2, 3))], error=ValueError, match="meshgrid: expected vectors or 0-d tensors"),
                   ErrorSample([np.ones(2)], indexing="no", error=ValueError, match='indexing must be "ij" or "xy"')])  # fmt: skip
def meshgrid(*tensors, indexing=None):
    """Coordinates of a grid: one tensor for each vector, which varies along its own dimension only; views.

    indexing: "ij" (default): dimension k belongs to vector k. "xy": the first two change places, as pictures have them.
    Shapes: vectors of n0, n1, ... entries give tensors (n0, n1, ...). Dtypes: one for all.
    >>> mg.meshgrid(mg.tensor([1, 2]), mg.tensor([3, 4, 5]), indexing="ij")[0]
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    tensors = _tensors("meshgrid", tensors)
    if indexing not in (None, "ij", "xy"):
        raise ValueError(f'meshgrid: indexing must be "ij" or "xy", got {indexing!r}')
    for x in tensors:
        if x.ndim > 1:
            raise ShapeError(f"meshgrid: expected vectors or 0-d tensors, got shape {x.shape}")
        if x.dtype is not tensors[0].dtype:
            raise DTypeError(f"meshgrid: expected one dtype, got {tensors[0].dtype.name} and {x.dtype.name}")
    if not tensors:
        raise ShapeError("meshgrid: expected at least one tensor")
    n = len(tensors)
    shape = tuple(x.numel() for x in tensors)
    grids = [reshape(x, (1,) * i + (shape[i],) + (1,) * (n - 1 - i)).expand(shape) for i, x in enumerate(tensors)]
    return tuple(transpose(g, 0, 1) for g in grids) if indexing == "xy" and n > 1 else tuple(grids)


@composite(where="Tensor", star="size", samples=lambda r: [Sample(r(2, 3, 4), size=(3, 1), id="both"), Sample(r(2, 3), size=(2, 3), id="same")],
           errors=[ErrorSample(np.ones((2, 3)), (2, 2), error=ValueError, match=r"sum_to_size: shape \(2, 3\) is no broadcast of \(2, 2\)")])  # fmt: skip
def sum_to_size(input, size):
    """Summed to a shape that broadcasts to this one: what undoes `expand`.

    >>> mg.ones(2, 3).sum_to_size(1, 3)
    tensor([[2., 2., 2.]])
    """
    size, lead = tuple(size), input.ndim - len(size)
    if lead < 0 or any(s not in (1, n) for s, n in zip(size, input.shape[lead:], strict=True)):
        raise ShapeError(f"sum_to_size: shape {input.shape} is no broadcast of {size}")
    return _core.sum_to(input, size) if input.shape != size else input


@composite(samples=lambda r: [Sample(r.ints(0, 24, 5), shape=(2, 3, 4), id="vector"), Sample(r.ints(-6, 6, 2, 3), shape=(6,), id="one")], dtypes=("float32",), where="mg",
           errors=[ErrorSample(np.array([6]), (2, 3), error=ValueError, match=r"unravel_index: 6 is no index into a tensor of shape \(2, 3\)")])  # fmt: skip
def unravel_index(indices, shape):
    """Indices into the flattened tensor as indices into each dimension of `shape`; a tuple of int64 tensors. Negative ones count from the end.

    >>> mg.unravel_index(mg.tensor([4, 5]), (2, 3))
    (tensor([1, 1]), tensor([1, 2]))
    """
    shape = (shape,) if isinstance(shape, int) else tuple(int(s) for s in shape)
    if indices.is_floating_point() or indices.dtype is _core.bool_:
        raise DTypeError(f"unravel_index: expected integer indices, got {indices.dtype.name}")
    n = math.prod(shape)

    def along_each(flat):
        flat = flat.astype(np.int64)
        bad = flat[(flat < -n) | (flat >= n)]
        if bad.size:
            raise ShapeError(f"unravel_index: {bad[0]} is no index into a tensor of shape {shape}")
        flat, found = np.where(flat < 0, flat + n, flat), []
        for s in reversed(shape):
            flat, at = np.divmod(flat, s) if s else (flat, flat)
            found.append(at)
        return tuple(reversed(found))

    return by_numpy(along_each, indices)


@composite(
    arrays="input other",
    samples=lambda r: [Sample(r(2, 3), r(4, 2), id="matrices"), Sample(r(3), r(2, 4), id="ranks"), Sample(r(), r(3), id="0-d")],
    errors=[ErrorSample(np.ones(3), 2.0, error=TypeError, match="kron: expected a Tensor, got float")],
)
def kron(input, other):
    """Kronecker product: every element of `input` times all of `other`, as blocks.

    Shapes: the product of sizes, dimension by dimension; the smaller rank is filled up in front with 1. Dtypes: promoted.
    >>> mg.kron(mg.tensor([1, 10]), mg.tensor([1, 2]))
    tensor([ 1,  2, 10, 20])
    """
    check_tensor("kron", input)
    check_tensor("kron", other)
    n = max(input.ndim, other.ndim)
    a, b = (1,) * (n - input.ndim) + input.shape, (1,) * (n - other.ndim) + other.shape
    left = reshape(input, tuple(v for s in a for v in (s, 1)))
    right = reshape(other, tuple(v for s in b for v in (1, s)))
    return reshape(left * right, tuple(s * t for s, t in zip(a, b, strict=True)))
