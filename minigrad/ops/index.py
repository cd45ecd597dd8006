"""Indexing: what `x[...]` is made of, and gathering and scattering along a dimension. Index tensors are int64."""

from __future__ import annotations

import math

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import NONDIFF, ErrorSample, Sample, composite, defop
from ._examples import by_numpy
from .elementwise import _choose
from .shape import _dim, movedim, permute

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


def _counted_up(index, n, message):
    """An index whose negative entries, which count from the end, count from the start; IndexError for what is beyond n."""
    if not index.numel():
        return index
    every = _core.whole(index).numpy(force=True)
    low, high = every.min(), every.max()
    if low < -n or high >= n:
        raise IndexError(message)
    return _choose(index < 0, index + n, index) if low < 0 else index


@defop(family="general", plan=_core.plan_index_select, linear_in=("input",), dtypes=ALL, where="",
       vjp={"input": lambda g, index, input_shape, dim: _index_sum(g, index, dim, input_shape[dim]), "index": NONDIFF},
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
    index = _core.check_vector("index_select", index)
    d = _dim("index_select", dim, input.ndim)
    if input.ndim == 0:
        return _core.reshape(_index_select(_core.reshape(input, (1,)), index, 0), ())
    return _index_select(input, index, d)


@defop(family="general", plan=_core.plan_index_sum, dtypes=SUMS, linear_in=("source",), where="",
       vjp={"source": lambda g, index, dim: _index_select(g, index, dim), "index": NONDIFF},
       samples=lambda r: [Sample(r(4, 5), r.ints(0, 3, 5), dim=1, n=3, id="columns")])  # fmt: skip
def _index_sum(source, index, dim, n):
    """Zeros, n along dim, with the entries of source added at index: the gradient of picking entries"""
    source = np.asarray(source)
    out = np.zeros((*source.shape[:dim], n, *source.shape[dim + 1 :]), source.dtype)
    np.add.at(np.moveaxis(out, dim, 0), index, np.moveaxis(source, dim, 0))
    return out


def _index_add_plan(input, index, source, dim):
    if input.dtype is _core.bool_:
        return None  # a sum of truth values is "or", which the reference does
    return _core.plan_index_add(input, index, source, dim)


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
    index = _core.check_vector("index_add", index)
    d = _dim("index_add", dim, input.ndim)
    want = (*input.shape[:d], index.shape[0], *input.shape[d + 1 :])
    if source.shape != want:
        raise ShapeError(
            f"index_add: expected a source of shape {want} for input {input.shape}, dim {dim} and {index.shape[0]} indices, got {source.shape}"
        )
    return _index_add(input, index, source if alpha == 1 else source * alpha, d)


@defop(family="general", plan=_core.plan_gather, linear_in=("input",), dtypes=ALL, where="",
       vjp={"input": lambda g, index, input_shape, dim: _scatter_sum(g, index, dim, input_shape), "index": NONDIFF},
       samples=lambda r: [Sample(r(4, 3), r.ints(0, 3, 2, 5), dim=1, id="columns"), Sample(r(4, 3), r.ints(0, 4, 6, 2), dim=0, id="rows")])  # fmt: skip
def _gather(input, index, dim):
    """out[i][j] = input[i][index[i][j]] (dim 1)"""
    index = np.asarray(index)
    cut = np.asarray(input)[tuple(slice(None) if d == dim else slice(s) for d, s in enumerate(index.shape))]
    return np.take_along_axis(cut, index, dim)


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
    index, d = _core.check_along("gather", input, dim, index)
    return _gather(input, index, d) if input.ndim else input.clone()


def _scatter_add_plan(input, index, source, dim):
    return None if input.dtype is _core.bool_ else _core.plan_scatter_add(input, index, source, dim)


def _scatter_samples(r):
    return [
        Sample(r(4, 5), np.argsort(r(4, 5), 1)[:, :3], r(4, 3), dim=1, id="columns"),
        Sample(r(5, 3), np.argsort(r(5, 2), 0)[:4], r(4, 3), dim=0, id="rows"),
    ]


@defop(family="general", plan=_scatter_add_plan, dtypes=SUMS, linear_in=("input", "source"), where="", samples=_scatter_samples,
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


@defop(family="general", plan=_core.plan_scatter, linear_in=("input", "source"), where="", samples=_scatter_samples, dtypes=ALL,
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
    index, d = _core.check_along("scatter", input, dim, index, src)
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
    index, d = _core.check_along("scatter_add", input, dim, index, src)
    return _scatter_add(input, index, src, d)


@defop(family="general", plan=_core.plan_scatter_sum, dtypes=SUMS, linear_in=("source",), where="",
       samples=lambda r: [Sample(r(4, 3), r.ints(0, 5, 4, 3), dim=1, shape=(4, 5), id="columns"),
                          Sample(r(4, 3), r.ints(0, 6, 4, 2), dim=0, shape=(6, 3), id="narrower")],
       vjp={"source": lambda g, index, dim, source_shape: _fit(_gather(g, index, dim), source_shape), "index": NONDIFF})  # fmt: skip
def _scatter_sum(source, index, dim, shape):
    """Zeros of `shape` with source added along dim: the gradient of picking single entries"""
    out, index, source = np.zeros(shape, np.asarray(source).dtype), np.asarray(index), np.asarray(source)
    where = list(np.indices(index.shape))
    where[dim] = index
    np.add.at(out, tuple(where), source[tuple(slice(s) for s in index.shape)])
    return out


def scatter_zeros(g, dim, index, shape):
    """Zeros of `shape` with g scattered along `dim`: the gradient of picking single entries."""
    return _scatter_sum(g, index, dim % len(shape), tuple(shape))


# ---- x[...] with index tensors ----


def _linear(sizes, indices):
    """`_combined` for index tensors of each example."""
    shape = np.broadcast_shapes(*(i.shape for i in indices))

    def flat_of(*arrays):
        flat = np.zeros(arrays[0].shape, np.int64)
        for d, a in enumerate(arrays):
            n = sizes[d]
            if a.size and (a.min() < -n or a.max() >= n):
                raise IndexError(
                    f"index: an index tensor holds {a.min() if a.min() < -n else a.max()}, out of range for a dimension of size {n}"
                )
            flat = flat * n + np.where(a < 0, a + n, a)
        return flat

    return _core.reshape(by_numpy(flat_of, *(i if i.shape == shape else i.expand(shape) for i in indices)), (math.prod(shape),)), shape


def _split_dims(view, advanced):
    """Dimensions with an index tensor, the others, and where the result's index dimensions go (NumPy's rule)."""
    dims = [d for d, _ in advanced]
    rest = [d for d in range(view.ndim) if d not in dims]
    together = dims == list(range(dims[0], dims[0] + len(dims)))
    return dims, rest, (dims[0] if together else 0)


def _in_front(x, dims, rest):
    return x if dims == list(range(len(dims))) else permute(x, (*dims, *rest))


def _combined(sizes, advanced):
    """The index tensors of dimensions of these sizes as one into the flattened dimensions, and their common shape."""
    if any(_core.level_of(i) for _, i in advanced):
        return _linear(sizes, [i for _, i in advanced])
    try:
        return _core.linear_index(sizes, tuple(i for _, i in advanced))
    except ShapeError:
        raise IndexError(
            f"index: index tensors of shapes {', '.join(str(i.shape) for _, i in advanced)} cannot be broadcast together"
        ) from None


def advanced_get(view, advanced):
    """view[...] for index tensors at some of its dimensions; a copy."""
    if len(advanced) == 1:
        return _core.pick(view, *advanced[0])
    dims, rest, at = _split_dims(view, advanced)
    x = _in_front(view, dims, rest)
    index, shape = _combined(x.shape[: len(dims)], advanced)
    inner = x.shape[len(dims) :]
    picked = _index_select(_core.reshape(x, (math.prod(x.shape[: len(dims)]), math.prod(inner))), index, 0)
    out = _core.reshape(picked, (*shape, *inner))
    return movedim(out, tuple(range(len(shape))), tuple(range(at, at + len(shape)))) if at and shape else out


def advanced_set(view, advanced, value):
    """view[...] = value for index tensors at some of its dimensions."""
    if not isinstance(value, _core.Tensor):
        value = _core.from_numpy(np.array(value, None if isinstance(value, np.ndarray) else view.dtype.numpy))
    if value.dtype is not view.dtype:
        value = _core.cast(value, view.dtype)
    _core.inplace_by(lambda x: _put(x, advanced, value, _index_put), "index_put", view)


def _put(x, advanced, value, write):
    """x with value at the places of the index tensors; `write` (_index_put, _index_add) does it for entries of one dimension."""
    if len(advanced) == 1:
        d, index = advanced[0]
        value = _expanded(value, (*x.shape[:d], *index.shape, *x.shape[d + 1 :]))
        if index.ndim != 1:
            value = _core.reshape(value, (*x.shape[:d], index.numel(), *x.shape[d + 1 :]))
            index = _core.reshape(index, (-1,))
        try:
            return write(x, index, value, d)
        except IndexError:
            _core.pick(x.detach(), d, index)  # which says what is wrong
            raise
    dims, rest, at = _split_dims(x, advanced)
    moved = _in_front(x, dims, rest)
    index, shape = _combined(moved.shape[: len(dims)], advanced)
    inner = [x.shape[d] for d in rest]
    value = _expanded(value, (*inner[:at], *shape, *inner[at:]))
    value = movedim(value, tuple(range(at, at + len(shape))), tuple(range(len(shape)))) if at and shape else value
    rows, width = math.prod(moved.shape[: len(dims)]), math.prod(inner)
    filled = write(_core.reshape(moved, (rows, width)), index, _core.reshape(value, (index.shape[0], width)), 0)
    filled = _core.reshape(filled, moved.shape)
    return filled if dims == list(range(len(dims))) else permute(filled, tuple(sorted(range(x.ndim), key=(*dims, *rest).__getitem__)))


def _expanded(value, shape):
    if value.shape == shape:
        return value
    try:
        return value.expand(shape)
    except ShapeError:
        raise ShapeError(f"index: a value of shape {value.shape} cannot be written where the index selects shape {tuple(shape)}") from None


@defop(family="general", plan=_core.plan_index_put, linear_in=("input", "source"), dtypes=ALL, where="",
       vjp={"input": lambda g, index, source_shape, dim: _index_put(g, index, _core.full_of(source_shape, 0, g.dtype), dim), "index": NONDIFF,
            "source": lambda g, index, dim: _index_select(g, index, dim)},
       samples=lambda r: [Sample(r(5, 3), np.array([3, 0, 4, 1]), r(4, 3), dim=0, id="rows"), Sample(r(2, 5), np.array([3, 0, 4]), r(2, 3), dim=1, id="columns")])  # fmt: skip
def _index_put(input, index, source, dim):
    """input with the entries of dim at index replaced by those of source"""
    out = np.array(input)
    np.moveaxis(out, dim, 0)[np.asarray(index)] = np.moveaxis(np.asarray(source), dim, 0)
    return out


@composite(arrays="input", where="mg Tensor", samples=lambda r: [Sample(r(3, 4), mask=r.bools(3, 4), id="matrix")])
def masked_select(input, mask):
    """The elements where `mask` holds, in a 1-d tensor.

    >>> mg.masked_select(mg.tensor([1, 2, 3]), mg.tensor([True, False, True]))
    tensor([1, 3])
    """
    if mask.dtype is not _core.bool_:
        raise DTypeError(f"masked_select: expected a mask of bool, got {mask.dtype.name}")
    if input.shape != mask.shape:
        shape = np.broadcast_shapes(input.shape, mask.shape)
        input, mask = input.expand(shape), mask.expand(shape)
    return _index_select(_core.reshape(input, (-1,)), _core.nonzero_flat(mask), 0)


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
    if not as_tuple:
        return _core.nonzero(input)
    return _core.unbind(_core.nonzero(input if input.ndim else _core.reshape(input, (1,))), 1)


_core.install_movers(_index_select.op.engine)
