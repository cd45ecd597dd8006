"""Indexing: what `x[...]` is made of, and gathering and scattering along a dimension. Index tensors are int64."""

from __future__ import annotations

import math

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import NONDIFF, ErrorSample, Sample, composite, defop
from ._examples import by_numpy
from .elementwise import _choose
from .shape import _dim, movedim, permute, reshape

ALL = ("float32", "float64", "int64", "int32", "uint8", "bool", "float16", "complex64")
SUMS = ("float32", "float64", "complex64")

# ---- slices ----


@defop(family="view", plan=_core.plan_slice, vjp={"input": lambda g, input_shape, entries: _slice_backward(g, input_shape, entries)},
       linear_in=("input",), dtypes=ALL,
       samples=lambda r: [Sample(r(4, 5), entries=((1, 2, 2), 3), id="step"), Sample(r(4, 5), entries=(None, (3, -1, 3), (0, 1, 5)), id="reverse")])  # fmt: skip
def _slice(input, entries):
    """x[...] for parsed entries: None, an int, or (start, step, count) for each dimension"""
    return input[_numpy_key(entries)]


def _numpy_key(entries):
    """The same entries as NumPy's index; the indices of a slice are written out, since its end may lie before 0."""
    key = []
    for e in entries:
        if isinstance(e, tuple):
            start, step, n = e
            stop = start + step * n
            key.append(slice(start, None if stop < 0 else stop, step))
        else:
            key.append(e)
    return tuple(key)


@defop(family="general", plan=lambda g, shape, entries: _core.slice_scatter_zeros(g, shape, entries), linear_in=("g_",), dtypes=ALL,
       vjp={"g_": lambda g, entries: _slice(g, entries)},
       samples=lambda r: [Sample(r(2), shape=(4, 5), entries=((1, 2, 2), 3), id="step")])  # fmt: skip
def _slice_backward(g_, shape, entries):
    """Zeros of a shape with g at the entries"""
    out = np.zeros(shape, np.asarray(g_).dtype)
    out[_numpy_key(entries)] = g_
    return out


# ---- along a dimension ----


def _index(op, index, dims):
    if not isinstance(index, _core.Tensor) or index.dtype.is_floating_point or index.dtype is _core.bool_:
        raise DTypeError(
            f"{op}: expected an integer index tensor, got {getattr(getattr(index, 'dtype', None), 'name', type(index).__name__)}"
        )
    if dims is not None and index.ndim not in dims:
        raise ShapeError(f"{op}: expected an index of {' or '.join(map(str, dims))} dimensions, got shape {index.shape}")
    return index if index.dtype is _core.int64 else _core.cast(index, _core.int64)


def _counted_up(index, n, message):
    """An index whose negative entries, which count from the end, count from the start; IndexError for what is beyond n."""
    if not index.numel():
        return index
    every = _core.whole(index).numpy(force=True)
    low, high = every.min(), every.max()
    if low < -n or high >= n:
        raise IndexError(message)
    return _choose(index < 0, index + n, index) if low < 0 else index


def _three(shape, d):
    """`shape` as (outer, n, inner) around dimension d."""
    return int(np.prod(shape[:d])), shape[d], int(np.prod(shape[d + 1 :]))


def _select_plan(input, index, dim):
    shape = (*input.shape[:dim], index.shape[0], *input.shape[dim + 1 :])
    outer, n, inner = _three(input.shape, dim)
    flat = _core.contiguous(input.detach()).view((outer, n, inner))
    out = _core.empty((outer, index.shape[0], inner), input.dtype)
    if n == 0 and index.shape[0]:
        raise IndexError("index_select: the dimension has no entries")
    if out.numel():
        _core.launch_as("index_select", input.dtype, [out, flat, _core.contiguous(index)])
    return out.view(shape)


@defop(family="general", plan=_select_plan, linear_in=("input",), dtypes=ALL, where="",
       vjp={"input": lambda g, index, input_shape, dim: _index_add(_core.full_of(input_shape, 0, g.dtype), index, g, dim), "index": NONDIFF},
       samples=lambda r: [Sample(r(4, 3), r.ints(0, 3, 5), dim=1, id="columns"), Sample(r(4, 3), r.ints(0, 4, 6), dim=0, id="rows")])  # fmt: skip
def _index_select(input, index, dim):
    """Entries of a dimension, by index"""
    return np.take(input, index, dim)


@composite(arrays="input", dtypes=ALL,
           samples=lambda r: [Sample(r(4, 3), dim=1, index=r.ints(-3, 3, 5), id="columns"), Sample(r(4, 3), dim=0, index=r.ints(0, 4, 0), id="none")],
           errors=[ErrorSample(np.ones((2, 3)), 1, np.array([3]), error=IndexError, match="index_select: an index is out of range")])  # fmt: skip
def index_select(input, dim, index):
    """Entries of dimension `dim` in the order that the 1-d `index` gives; negative indices count from the end.

    Shapes: input (..., n, ...), index (k,); gives (..., k, ...). Dtypes: all. Raises IndexError out of range.
    >>> mg.index_select(mg.tensor([[1, 2], [3, 4]]), 1, mg.tensor([1, 1, 0]))
    tensor([[2, 2, 1],
            [4, 4, 3]])
    """
    index = _index("index_select", index, (0, 1))
    d = _dim("index_select", dim, input.ndim)
    if input.ndim == 0:
        return reshape(_index_select(reshape(input, (1,)), reshape(index, (-1,)), 0), ())
    return _index_select(input, reshape(index, (-1,)), d)


def _index_add_plan(input, index, source, dim):
    if input.dtype is _core.bool_:
        return None  # a sum of truth values is "or", which the reference does
    out = input.detach().clone()
    outer, n, inner = _three(input.shape, dim)
    if source.numel():
        _core.launch_as(
            "index_add",
            input.dtype,
            [out.view((outer, n, inner)), _core.contiguous(source.detach()).view((outer, -1, inner)), _core.contiguous(index)],
        )
    return out


@defop(family="general", plan=_index_add_plan, dtypes=SUMS, linear_in=("input", "source"), where="",
       vjp={"input": lambda g: g, "index": NONDIFF, "source": lambda g, index, dim: _index_select(g, index, dim)},
       samples=lambda r: [Sample(r(4, 3), r.ints(0, 3, 5), r(4, 5), dim=1, id="columns")])  # fmt: skip
def _index_add(input, index, source, dim):
    """input with the entries of source added at index"""
    out = np.array(input)
    np.add.at(np.moveaxis(out, dim, 0), index, np.moveaxis(np.asarray(source), dim, 0))
    return out


@composite(arrays="input", inplace=True, linear_in=("input",),
           samples=lambda r: [Sample(r(4, 3), dim=1, index=r.ints(0, 3, 5), source=r(4, 5), id="columns")])  # fmt: skip
def index_add(input, dim, index, source, *, alpha=1):
    """input with alpha * source added to the entries of dimension `dim` that `index` names; repeated indices add up.

    Shapes: input (..., n, ...), index (k,), source (..., k, ...). Raises IndexError out of range.
    >>> mg.zeros(3).index_add(0, mg.tensor([0, 2, 0]), mg.ones(3))
    tensor([2., 0., 1.])
    """
    index = reshape(_index("index_add", index, (0, 1)), (-1,))
    d = _dim("index_add", dim, input.ndim)
    want = (*input.shape[:d], index.shape[0], *input.shape[d + 1 :])
    if source.shape != want:
        raise ShapeError(
            f"index_add: expected a source of shape {want} for input {input.shape}, dim {dim} and {index.shape[0]} indices, got {source.shape}"
        )
    return _index_add(input, index, source if alpha == 1 else source * alpha, d)


def _aligned(x, shape, dim):
    """x cut to `shape` in every dimension but `dim`, as gather reads it."""
    return _core.slice_view(x.detach(), tuple((0, 1, x.shape[d] if d == dim else s) for d, s in enumerate(shape)))


def _gathered(input, index, dim):
    outer, k, inner = _three(index.shape, dim)
    flat = _core.contiguous(_aligned(input, index.shape, dim)).view((outer, input.shape[dim], inner))
    out = _core.empty((outer, k, inner), input.dtype)
    if out.numel():
        _core.launch_as("gather", input.dtype, [out, flat, _core.contiguous(index).view((outer, k, inner))])
    return out.view(index.shape)


@defop(family="general", plan=_gathered, linear_in=("input",), dtypes=ALL, where="",
       vjp={"input": lambda g, index, input_shape, dim: _scatter_add(_core.full_of(input_shape, 0, g.dtype), index, g, dim), "index": NONDIFF},
       samples=lambda r: [Sample(r(4, 3), r.ints(0, 3, 2, 5), dim=1, id="columns"), Sample(r(4, 3), r.ints(0, 4, 6, 2), dim=0, id="rows")])  # fmt: skip
def _gather(input, index, dim):
    """out[i][j] = input[i][index[i][j]] (dim 1)"""
    index = np.asarray(index)
    cut = np.asarray(input)[tuple(slice(None) if d == dim else slice(s) for d, s in enumerate(index.shape))]
    return np.take_along_axis(cut, index, dim)


def _check_along(op, input, dim, index, source=None):
    index = _index(op, index, None)
    d = _dim(op, dim, input.ndim)
    if index.ndim != input.ndim:
        raise ShapeError(f"{op}: index {index.shape} and input {input.shape} must have the same number of dimensions")
    for i, (n, m) in enumerate(zip(index.shape, input.shape, strict=True)):
        if i != d and n > m:
            raise ShapeError(f"{op}: index {index.shape} is larger than input {input.shape} in dimension {i}")
    if source is not None and any(n > m for n, m in zip(index.shape, source.shape, strict=True)):
        raise ShapeError(f"{op}: index {index.shape} is larger than source {source.shape}")
    return index, d


@composite(arrays="input", dtypes=ALL,
           samples=lambda r: [Sample(r(4, 3), dim=1, index=r.ints(0, 3, 4, 5), id="columns"), Sample(r(4, 3), dim=0, index=r.ints(0, 4, 6, 2), id="rows")],
           errors=[ErrorSample(np.ones((2, 3)), 1, np.full((2, 1), 3), error=IndexError, match="gather: an index is out of range"),
                   ErrorSample(np.ones((2, 3)), 1, np.zeros(2, np.int64), error=ValueError, match="same number of dimensions")])  # fmt: skip
def gather(input, dim, index):
    """Values picked along a dimension: out[i][j] = input[i][index[i][j]] for dim=1.

    Shapes: index has input's rank, and is not larger except in `dim`; gives index's shape. Dtypes: all.
    >>> mg.gather(mg.tensor([[1, 2], [3, 4]]), 1, mg.tensor([[0, 0], [1, 0]]))
    tensor([[1, 1],
            [4, 3]])
    """
    index, d = _check_along("gather", input, dim, index)
    return _gather(input, index, d) if input.ndim else input.clone()


def _scatter(kernel):
    def plan(input, index, source, dim):
        if kernel == "scatter_add" and input.dtype is _core.bool_:
            return None
        out = input.detach().clone()
        if not index.numel():
            return out
        cut = _aligned(out, index.shape, dim)
        flat = cut.clone()
        outer, k, inner = _three(index.shape, dim)
        part = _core.slice_view(source.detach(), tuple((0, 1, s) for s in index.shape))
        _core.launch_as(kernel, input.dtype, [flat.view((outer, input.shape[dim], inner)), _core.contiguous(part).view((outer, k, inner)),
                                              _core.contiguous(index).view((outer, k, inner))])  # fmt: skip
        _core.copy_(cut, flat)
        return out

    return plan


def _scatter_samples(r):
    return [
        Sample(r(4, 5), np.argsort(r(4, 5), 1)[:, :3], r(4, 3), dim=1, id="columns"),
        Sample(r(5, 3), np.argsort(r(5, 2), 0)[:4], r(4, 3), dim=0, id="rows"),
    ]


@defop(family="general", plan=_scatter("scatter_add"), dtypes=SUMS, linear_in=("input", "source"), where="", samples=_scatter_samples,
       vjp={"input": lambda g: g, "index": NONDIFF,
            "source": lambda g, index, dim, source_shape: _fit(_gather(g, index, dim), source_shape)})  # fmt: skip
def _scatter_add(input, index, source, dim):
    """input with source[i][j] added at input[i][index[i][j]] (dim 1)"""
    out, index = np.array(input), np.asarray(index)
    where = list(np.indices(index.shape))
    where[dim] = index
    np.add.at(out, tuple(where), np.asarray(source)[tuple(slice(s) for s in index.shape)])
    return out


def _fit(g, shape):
    """g in the corner of zeros: the part of the source that the index did not reach has no gradient."""
    return g if g.shape == tuple(shape) else _slice_backward(g, tuple(shape), tuple((0, 1, s) for s in g.shape))


@defop(family="general", plan=_scatter("scatter"), linear_in=("input", "source"), where="", samples=_scatter_samples, dtypes=ALL,
       vjp={"input": lambda g, index, dim: _scatter_values(g, index, _core.full_of(index.shape, 0, g.dtype), dim), "index": NONDIFF,
            "source": lambda g, index, dim, source_shape: _fit(_gather(g, index, dim), source_shape)})  # fmt: skip
def _scatter_values(input, index, source, dim):
    """input with input[i][index[i][j]] = source[i][j] (dim 1)"""
    out, index = np.array(input), np.asarray(index)
    np.put_along_axis(cut := out[tuple(slice(None) if d == dim else slice(s) for d, s in enumerate(index.shape))], index,
                      np.asarray(source)[tuple(slice(s) for s in index.shape)], dim)  # fmt: skip
    del cut
    return out


@composite(
    arrays="input", inplace=True, dtypes=ALL[:5],
    samples=lambda r: [Sample(r(4, 5), dim=1, index=np.argsort(r(4, 5), 1)[:, :3], src=r(4, 3), id="columns"),
                       Sample(r(4, 5), dim=1, index=r.ints(0, 5, 4, 3), src=r(4, 3), reduce="add", id="add"), Sample(r(4, 5), dim=0, index=r.ints(0, 4, 3, 5), value=2, id="number")],
    errors=[ErrorSample(np.ones((2, 3)), 1, np.zeros((2, 1), np.int64), np.ones((2, 1)), reduce="max", error=ValueError, match='scatter: reduce must be "add" or "multiply"'),
            ErrorSample(np.ones((2, 3)), 1, np.zeros((2, 1), np.int64), error=TypeError, match="scatter: expected src or value")])  # fmt: skip
def scatter(input, dim, index, src=None, *, value=None, reduce=None):
    """input with values written along a dimension: out[i][index[i][j]] = src[i][j] for dim=1; `value` (or a number as src) writes one number.

    Of repeated indices the last wins, unless `reduce` is "add" or "multiply": then all go into what is there. Shapes: as `gather`; src
    not smaller than index. Dtypes: all.
    >>> mg.zeros(2, 3).scatter(1, mg.tensor([[2], [0]]), value=1.0)
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """
    if src is None and value is None:
        raise TypeError("scatter: expected src or value")
    if not isinstance(src, _core.Tensor):
        src = _core.full_of(index.shape, value if src is None else src, input.dtype)
    if reduce is not None:
        if reduce not in ("add", "multiply"):
            raise ValueError(f'scatter: reduce must be "add" or "multiply", got {reduce!r}')
        return input.scatter_reduce(dim, index, src, "sum" if reduce == "add" else "prod")
    index, d = _check_along("scatter", input, dim, index, src)
    if src.dtype is not input.dtype:
        raise DTypeError(f"scatter: expected a src of dtype {input.dtype.name}, got {src.dtype.name}")
    return _scatter_values(input, index, src, d)


@composite(arrays="input", inplace=True, samples=lambda r: [Sample(r(4, 3), dim=1, index=r.ints(0, 3, 4, 5), src=r(4, 5), id="columns")])
def scatter_add(input, dim, index, src):
    """input with src added along a dimension: out[i][index[i][j]] += src[i][j] for dim=1; repeated indices add up.

    Shapes: as `scatter`. Dtypes: numbers.
    >>> mg.zeros(1, 3).scatter_add(1, mg.tensor([[2, 2]]), mg.ones(1, 2))
    tensor([[0., 0., 2.]])
    """
    index, d = _check_along("scatter_add", input, dim, index, src)
    return _scatter_add(input, index, src, d)


def scatter_zeros(g, dim, index, shape):
    """Zeros of `shape` with g scattered along `dim`: the gradient of picking single entries."""
    return _scatter_add(_core.full_of(shape, 0, g.dtype), index, g, dim % len(shape))


# ---- x[...] with index tensors ----


def _linear(x, indices):
    """One index into the flattened first dimensions of x for several index tensors, which broadcast; and their common shape."""
    shape = np.broadcast_shapes(*(i.shape for i in indices))

    def flat_of(*arrays):
        flat = np.zeros(arrays[0].shape, np.int64)
        for d, a in enumerate(arrays):
            n = x.shape[d]
            if a.size and (a.min() < -n or a.max() >= n):
                raise IndexError(
                    f"index: an index tensor holds {a.min() if a.min() < -n else a.max()}, out of range for a dimension of size {n}"
                )
            flat = flat * n + np.where(a < 0, a + n, a)
        return flat

    return reshape(by_numpy(flat_of, *(i if i.shape == shape else i.expand(shape) for i in indices)), (math.prod(shape),)), shape


def _split_dims(view, advanced):
    """Dimensions with an index tensor, the others, and where the result's index dimensions go (NumPy's rule)."""
    dims = [d for d, _ in advanced]
    rest = [d for d in range(view.ndim) if d not in dims]
    together = dims == list(range(dims[0], dims[0] + len(dims)))
    return dims, rest, (dims[0] if together else 0)


def _broadcastable(advanced):
    try:
        np.broadcast_shapes(*(i.shape for _, i in advanced))
    except ValueError:
        raise IndexError(
            f"index: index tensors of shapes {', '.join(str(i.shape) for _, i in advanced)} cannot be broadcast together"
        ) from None


def advanced_get(view, advanced):
    """view[...] for index tensors at some of its dimensions; a copy."""
    _broadcastable(advanced)
    dims, rest, at = _split_dims(view, advanced)
    x = permute(view, (*dims, *rest))
    index, shape = _linear(x, [i for _, i in advanced])
    inner = x.shape[len(dims) :]
    picked = _index_select(reshape(x, (int(np.prod(x.shape[: len(dims)])), int(np.prod(inner)))), index, 0)
    out = reshape(picked, (*shape, *inner))
    return movedim(out, tuple(range(len(shape))), tuple(range(at, at + len(shape)))) if at and shape else out


def advanced_set(view, advanced, value):
    """view[...] = value for index tensors at some of its dimensions."""
    if not isinstance(value, _core.Tensor):
        value = _core.from_numpy(np.array(value, None if isinstance(value, np.ndarray) else view.dtype.numpy))
    if value.dtype is not view.dtype:
        value = _core.cast(value, view.dtype)
    _core.inplace_by(lambda x: _put(x, advanced, value, _index_put), "index_put", view)


def _put(x, advanced, value, write):
    """x with value at the places of the index tensors; `write` (_index_put, _index_add) does it for rows."""
    _broadcastable(advanced)
    dims, rest, at = _split_dims(x, advanced)
    shape = np.broadcast_shapes(*(i.shape for _, i in advanced))
    inner = [x.shape[d] for d in rest]
    target = (*inner[:at], *shape, *inner[at:])
    try:
        value = value.expand(target)
    except ShapeError:
        raise ShapeError(f"index: a value of shape {value.shape} cannot be written where the index selects shape {tuple(target)}") from None
    value = movedim(value, tuple(range(at, at + len(shape))), tuple(range(len(shape)))) if at and shape else value
    moved = permute(x, (*dims, *rest))
    index, _ = _linear(moved, [i for _, i in advanced])
    rows, width = int(np.prod(moved.shape[: len(dims)])), int(np.prod(inner))
    source = reshape(value, (index.shape[0], width))
    args = (index, source) if write is _index_put else (index, source, 0)
    filled = write(reshape(moved, (rows, width)), *args)
    return permute(reshape(filled, moved.shape), tuple(sorted(range(x.ndim), key=(*dims, *rest).__getitem__)))


def _index_put_plan(input, index, source):
    out = input.detach().clone()
    if source.numel():
        _core.launch_as("index_put", input.dtype, [out, _core.contiguous(index), _core.contiguous(source.detach())])
    return out


@defop(family="general", plan=_index_put_plan, linear_in=("input", "source"), dtypes=ALL,
       vjp={"input": lambda g, index, source_shape: _index_put(g, index, _core.full_of(source_shape, 0, g.dtype)), "index": NONDIFF,
            "source": lambda g, index: _index_select(g, index, 0)},
       samples=lambda r: [Sample(r(5, 3), np.array([3, 0, 4, 1]), r(4, 3), id="rows")])  # fmt: skip
def _index_put(input, index, source):
    """input (n, inner) with its rows at index replaced by those of source"""
    out = np.array(input)
    out[np.asarray(index)] = source
    return out


@composite(arrays="input", where="mg Tensor", samples=lambda r: [Sample(r(3, 4), mask=r.bools(3, 4), id="matrix")])
def masked_select(input, mask):
    """The elements where `mask` holds, in a 1-d tensor.

    >>> mg.masked_select(mg.tensor([1, 2, 3]), mg.tensor([True, False, True]))
    tensor([1, 3])
    """
    shape = np.broadcast_shapes(input.shape, mask.shape)
    return input.expand(shape)[mask.expand(shape)]


@composite(
    unbatched="how many rows it gives depends on the values",
    samples=lambda r: [Sample(r.bools(3, 4).astype(float), id="matrix")],
    dtypes=ALL,
)
def nonzero(input, *, as_tuple=False):
    """Indices of the elements that are not zero: (count, ndim), or one tensor a dimension.

    >>> mg.nonzero(mg.tensor([0, 5, 0, 6])).tolist()
    [[1], [3]]
    """
    found = np.nonzero(np.atleast_1d(input.numpy(force=True)))
    if as_tuple:
        return tuple(_core.from_numpy(i.astype(np.int64)) for i in found)
    return _core.from_numpy(np.stack(found, 1).astype(np.int64)[:, : input.ndim])
