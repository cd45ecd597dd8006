"""Values written to, or reduced into, chosen places: the index_*, scatter_reduce, put and masked_scatter families. Index tensors are integers."""

from __future__ import annotations

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import NONDIFF, ErrorSample, Sample, composite, defop
from .elementwise import _choose, eq
from .index import (
    ALL,
    _counted_up,
    _fit,
    _gather,
    _index_add,
    _index_put,
    _index_select,
    _put,
    _scatter_add,
    _scatter_values,
)  # fmt: skip
from .shape import _dim, expand, narrow

# ---- reductions into the places that an index names ----


def _identity(reduce, dtype):
    """What changes nothing in a product, a maximum or a minimum."""
    if reduce == "prod":
        return 1
    low = reduce == "amax"
    if dtype.kind == "f":
        return -np.inf if low else np.inf
    if dtype.kind == "b":
        return not low
    return np.iinfo(dtype).min if low else np.iinfo(dtype).max


def _ones(shape, x):
    return _core.full_of(tuple(shape), 1, x.dtype)


def _cut(x, index):
    """The part of the source that the index reaches."""
    return x if x.shape == index.shape else _core.slice_view(x, tuple((0, 1, s) for s in index.shape))


def _hits(index, shape, dim, value=None):
    """Which elements of `shape` the index names."""
    return _scatter_values(_core.full_of(tuple(shape), False, _core.bool_), index, _core.full_of(index.shape, True, _core.bool_), dim)


def _scatter_reduce_vjp(g, y, input, index, source, dim, reduce, include_self):
    src, kept = _cut(source, index), None if include_self else ~_hits(index, input.shape, dim)
    to_input, to_source = (_prod_vjp if reduce == "prod" else _extreme_vjp)(g, y, input, index, src, dim, kept)
    if kept is not None:  # what was hit counts for nothing; where nothing was, the value is the input's
        to_input = _choose(kept, g, 0)
    return to_input, _fit(to_source, source.shape)


def _prod_vjp(g, y, input, index, src, dim, kept):
    """The product of all the others: y / x; where one factor alone is 0, the product of the rest."""
    ones = _ones(index.shape, src)
    rest = input if kept is None else _choose(kept, input, 1)
    zero = eq(rest, 0)
    to_input = _choose(zero, _scatter_reduce(_ones(input.shape, input), index, src, dim, "prod", True), y / _choose(zero, 1, rest))
    nothing = eq(src, 0)
    count = _scatter_add(_core.full_of(input.shape, 0, input.dtype), index, nothing.to(input.dtype), dim)
    alone = nothing & eq(_gather(count, index, dim), 1)
    without = _scatter_reduce(rest, index, _choose(alone, ones, src), dim, "prod", True)
    others = _choose(alone, _gather(without, index, dim), _gather(y, index, dim) / _choose(nothing, 1, src))
    return g * to_input, _gather(g, index, dim) * others


def _extreme_vjp(g, y, input, index, src, dim, kept):
    """Ties share the gradient equally."""
    mine, theirs = eq(input, y), eq(src, _gather(y, index, dim))
    if kept is not None:
        mine = mine & kept
    share = g / _scatter_add(mine.to(g.dtype), index, theirs.to(g.dtype), dim)
    return _choose(mine, share, 0), _choose(theirs, _gather(share, index, dim), 0)


def _reduce_samples(r):
    index, rows = r.ints(0, 5, 4, 3), np.array([[2, 0], [2, 1], [0, 1]])
    return [
        Sample(r.distinct(4, 5), index, 3 * r.distinct(4, 3), dim=1, reduce=reduce, include_self=whole, id=f"{reduce}-{'with' if whole else 'without'}")
        for reduce in ("prod", "amax", "amin") for whole in (True, False)
    ] + [Sample(r.away(4, 3), rows, r.away(5, 2), dim=0, reduce="prod", include_self=True, id="rows")]  # fmt: skip


@defop(family="general", where="", samples=_reduce_samples, vjp={("input", "source"): _scatter_reduce_vjp, "index": NONDIFF}, ulp=16)
def _scatter_reduce(input, index, source, dim, reduce, include_self):
    """input with the product, maximum or minimum of what the index brings there from source"""
    out, index = np.array(input), np.asarray(index)
    where = list(np.indices(index.shape, sparse=True))
    where[dim] = index
    if not include_self:
        out[tuple(where)] = _identity(reduce, out.dtype)
    update = {"prod": np.multiply, "amax": np.maximum, "amin": np.minimum}[reduce]
    update.at(out, tuple(where), np.asarray(source)[tuple(slice(s) for s in index.shape)])
    return out


_REDUCE = ("sum", "prod", "mean", "amax", "amin")


def _reduced(op, input, dim, index, src, reduce, include_self, names=_REDUCE):
    if reduce not in names:
        raise ValueError(f"{op}: reduce must be {', '.join(map(repr, names[:-1]))} or {names[-1]!r}, got {reduce!r}")
    index, d = _core.check_along(op, input, dim, index, src)
    if src.dtype is not input.dtype:
        raise DTypeError(f"{op}: expected a source of dtype {input.dtype.name}, got {src.dtype.name}")
    if input.ndim == 0:
        return _core.reshape(
            _reduced(op, _core.reshape(input, (1,)), 0, _core.reshape(index, (1,)), _core.reshape(src, (1,)), reduce, include_self, names),
            (),
        )
    if not index.numel():
        return input.clone()
    if reduce not in ("sum", "mean"):
        return _scatter_reduce(input, index, src, d, reduce, include_self)
    if not include_self:
        input = _choose(_hits(index, input.shape, d), False, input)
    if input.dtype is _core.bool_:
        return _scatter_reduce(input, index, src, d, "amax" if reduce == "sum" else "amin", True)
    total = _scatter_add(input, index, src, d)
    if reduce == "sum":
        return total
    start = _core.full_of(input.shape, int(include_self), input.dtype)
    count = _scatter_add(start, index, _ones(index.shape, input), d)
    count = count if include_self else _choose(eq(count, 0), 1, count)
    return total / count if input.is_floating_point() else total // count


def _scatter_reduce_samples(r):
    index = r.ints(0, 5, 4, 3)
    return [
        Sample(r.distinct(4, 5), dim=-1, index=index, src=3 * r.distinct(4, 3), reduce=reduce, include_self=whole, id=f"{reduce}-{'with' if whole else 'without'}")
        for reduce in _REDUCE for whole in (True, False)
    ]  # fmt: skip


@composite(own_errors=True, arrays="input", dtypes=ALL[:5], inplace=True, samples=_scatter_reduce_samples,
           errors=[ErrorSample(np.ones((2, 3)), 1, np.zeros((2, 1), np.int64), np.ones((2, 1)), "max", error=ValueError, match="scatter_reduce: reduce must be 'sum'"),
                   ErrorSample(np.ones((2, 3)), 1, np.full((2, 1), 3), np.ones((2, 1)), "amax", error=IndexError, match="out of bounds"),
                   ErrorSample(np.ones((2, 3)), 1, np.zeros((2, 2), np.int64), np.ones((2, 1)), "sum", error=ValueError, match="larger than source")])  # fmt: skip
def scatter_reduce(input, dim, index, src, reduce, *, include_self=True):
    """input with src reduced into it: with dim=1, out[i][index[i][j]] is the reduction of all src[i][j] that go there.

    reduce: "sum", "prod", "mean", "amax" or "amin". include_self: input's own value counts too; without, it stays only where nothing goes.
    Shapes: as scatter. Dtypes: numbers, one for both; a mean of integers is rounded down. Ties of amax and amin share the gradient.
    >>> mg.zeros(3).scatter_reduce(0, mg.tensor([0, 0, 2]), mg.tensor([1.0, 3.0, 5.0]), "mean", include_self=False)
    tensor([2., 0., 5.])
    """
    return _reduced("scatter_reduce", input, dim, index, src, reduce, include_self)


def _check_rows(op, input, dim, index, source):
    """(index as a vector of int64, dimension) of the ops index_*; errors where they and the source do not fit."""
    index = _core.check_vector(op, index)
    d = _dim(op, dim, input.ndim)
    if not isinstance(source, _core.Tensor):
        raise TypeError(f"{op}: expected a Tensor as source, got {type(source).__name__}")
    if source.dtype is not input.dtype:
        raise DTypeError(f"{op}: expected a source of dtype {input.dtype.name}, got {source.dtype.name}")
    want = (*input.shape[:d], index.shape[0], *input.shape[d + 1 :])
    if source.shape != want and not (input.ndim == 0 and source.numel() == index.numel() == 1):
        raise ShapeError(f"{op}: expected a source of shape {want} for input {input.shape}, dim {dim} and {index.shape[0]} indices, got {source.shape}")  # fmt: skip
    return index, d


def _along(op, input, dim, index, source):
    """The same, with indices in range and from the start."""
    index, d = _check_rows(op, input, dim, index, source)
    n = input.shape[d] if input.ndim else 1
    return _counted_up(index, n, f"{op}: an index is out of range for dimension {d} of size {n}"), d


def _spread(index, shape, d):
    return expand(_core.reshape(index, (1,) * d + (-1,) + (1,) * (len(shape) - d - 1)), shape)


@composite(arrays="input", dtypes=ALL[:5], inplace=True, samples=lambda r: [
    Sample(r.distinct(4, 3), dim=1, index=np.array([2, 0, 2, 2, 0]), source=3 * r.distinct(4, 5), reduce=reduce, include_self=whole,
           id=f"{reduce}-{'with' if whole else 'without'}") for reduce in _REDUCE[1:] for whole in (True, False)],
    errors=[ErrorSample(np.ones((2, 3)), 1, np.array([0]), np.ones((2, 1)), "sum", error=ValueError, match="index_reduce: reduce must be 'prod'"),
            ErrorSample(np.ones((2, 3)), 1, np.array([0]), np.ones((2, 2)), "prod", error=ValueError, match=r"index_reduce: expected a source of shape \(2, 1\)"),
            ErrorSample(np.ones((2, 3)), 1, np.array([3]), np.ones((2, 1)), "prod", error=IndexError, match="index_reduce: an index is out of range")])  # fmt: skip
def index_reduce(input, dim, index, source, reduce, *, include_self=True):
    """input with the entries of source reduced into the entries of dimension `dim` that `index` names.

    reduce: "prod", "mean", "amax" or "amin"; the rest as scatter_reduce. Shapes: input (..., n, ...), index (k,), source (..., k, ...).
    >>> mg.ones(3).index_reduce(0, mg.tensor([0, 2, 0]), mg.tensor([2.0, 3.0, 4.0]), "prod")
    tensor([8., 1., 3.])
    """
    if reduce not in _REDUCE[1:]:
        raise ValueError(f"index_reduce: reduce must be 'prod', 'mean', 'amax' or 'amin', got {reduce!r}")
    index, d = _along("index_reduce", input, dim, index, source)
    source = _core.reshape(source, ()) if input.ndim == 0 else source
    return _reduced(
        "index_reduce", input, d, _spread(index, source.shape, d) if input.ndim else _core.reshape(index, ()), source, reduce, include_self
    )


# ---- values in the place of others ----


@composite(arrays="input", dtypes=ALL, inplace=True, linear_in=("input",), samples=lambda r: [
    Sample(r(4, 3), dim=1, index=np.array([2, 0]), source=r(4, 2), id="columns"), Sample(r(4, 3), dim=0, index=np.array([-1]), source=r(1, 3), id="negative")],
    errors=[ErrorSample(np.ones((2, 3)), 1, np.array([0]), np.ones((2, 2)), error=ValueError, match=r"index_copy: expected a source of shape \(2, 1\)"),
            ErrorSample(np.ones((2, 3)), 1, np.array([3]), np.ones((2, 1)), error=IndexError, match="index_copy: an index is out of range")])  # fmt: skip
def index_copy(input, dim, index, source):
    """input with the entries of dimension `dim` that `index` names replaced by those of source; of repeated indices the last wins.

    Shapes: input (..., n, ...), index (k,), source (..., k, ...). Dtypes: one for both. Raises IndexError out of range.
    >>> mg.zeros(3).index_copy(0, mg.tensor([0, 2]), mg.tensor([4.0, 5.0]))
    tensor([4., 0., 5.])
    """
    index, d = _check_rows("index_copy", input, dim, index, source)
    return _replaced("index_copy", input, index, source, d)


def _replaced(op, input, index, source, d):
    """input with the entries of dimension d at index replaced."""
    if input.ndim == 0:
        return _core.reshape(_replaced(op, _core.reshape(input, (1,)), index, _core.reshape(source, (-1,)), 0), ())
    try:
        return _index_put(input, index, source, d)
    except IndexError:
        raise IndexError(f"{op}: an index is out of range for dimension {d} of size {input.shape[d]}") from None


@composite(arrays="input", dtypes=ALL, inplace=True, linear_in=(), samples=lambda r: [
    Sample(r(4, 3), dim=1, index=np.array([2, 0]), value=7, id="number"), Sample(r(4, 3), dim=0, index=np.array([1, -1]), value=r(), id="tensor")],
    errors=[ErrorSample(np.ones((2, 3)), 1, np.array([0]), np.ones(1), error=ValueError, match="index_fill: expected a number or a 0-d tensor"),
            ErrorSample(np.ones((2, 3)), 1, np.array([3]), 0, error=IndexError, match="index_fill: an index is out of range")])  # fmt: skip
def index_fill(input, dim, index, value):
    """input with the entries of dimension `dim` that `index` names set to one value, a number or a 0-d tensor.

    Shapes: input (..., n, ...), index (k,). Dtypes: all. Raises IndexError out of range.
    >>> mg.zeros(3).index_fill(0, mg.tensor([0, 2]), 7)
    tensor([7., 0., 7.])
    """
    if isinstance(value, _core.Tensor):
        if value.ndim:
            raise ShapeError(f"index_fill: expected a number or a 0-d tensor, got shape {value.shape}")
        value = _core.cast(value, input.dtype)
    else:
        value = _core.full_of((), value, input.dtype)
    index, d = _core.check_vector("index_fill", index), _dim("index_fill", dim, input.ndim)
    shape = (*input.shape[:d], index.numel(), *input.shape[d + 1 :]) if input.ndim else index.shape
    return _replaced("index_fill", input, index, expand(value, shape), d)


def _keyed(op, input, indices):
    """[(dimension, index tensor), ...] of a tuple of index tensors and masks, None for a whole dimension."""
    found, d = [], 0
    for k in indices:
        if k is None:
            d += 1
        elif not isinstance(k, _core.Tensor) or k.is_floating_point():
            raise IndexError(
                f"{op}: expected integer tensors and masks, got {getattr(getattr(k, 'dtype', None), 'name', type(k).__name__)}"
            )
        elif k.dtype in (_core.bool_, _core.uint8):
            if k.shape != input.shape[d : d + k.ndim]:
                raise IndexError(f"{op}: a mask of shape {k.shape} does not fit dimensions from {d} on of shape {input.shape}")
            for i in _core.unbind(_core.nonzero(k), 1):
                found.append((d, _core.contiguous(i)))
                d += 1
        else:
            found.append((d, _core.cast(k, _core.int64)))
            d += 1
    if d > input.ndim or not found:
        raise IndexError(f"{op}: {d} indices for a tensor of {input.ndim} dimensions")
    return found


@composite(arrays="input", dtypes=ALL[:5], inplace=True, samples=lambda r: [
    Sample(r(4, 3), indices=[np.array([3, 0, 2]), np.array([1, 1, -1])], values=r(3), id="elements"),
    Sample(r(4, 3), indices=[np.array([3, 0, 3])], values=r(3, 3), accumulate=True, id="rows-accumulated"),
    Sample(r(4, 3), indices=[np.array([[True, False, True]] * 4)], values=r(), id="mask")],
    errors=[ErrorSample(np.ones((2, 3)), (2.5,), np.ones(1), error=IndexError, match="index_put: expected integer tensors and masks, got float"),
            ErrorSample(np.ones((2, 3)), (), np.ones(1), error=IndexError, match="index_put: 0 indices")])  # fmt: skip
def index_put(input, indices, values, accumulate=False):
    """A copy of input with input[indices] set to `values`, or with accumulate, with them added there (repeated places add up).

    indices: a tuple of index tensors and masks, as in x[...]; None is a whole dimension. Shapes: values broadcasts to what the
    indices select. Dtypes: one for both.
    >>> mg.zeros(3).index_put((mg.tensor([0, 0, 2]),), mg.ones(3), accumulate=True)
    tensor([2., 0., 1.])
    """
    if values.dtype is not input.dtype:
        raise DTypeError(f"index_put: expected values of dtype {input.dtype.name}, got {values.dtype.name}")
    return _put(input, _keyed("index_put", input, tuple(indices)), values, _index_add if accumulate else _index_put)


@composite(arrays="input", dtypes=ALL, samples=lambda r: [Sample(r(3, 4), index=r.ints(-12, 12, 2, 5), id="matrix"), Sample(r(3, 4), index=r.ints(0, 12, 0), id="empty")],
           errors=[ErrorSample(np.ones((2, 3)), np.array([6]), error=IndexError, match="take: an index is out of range for 6 elements")])  # fmt: skip
def take(input, index):
    """Elements of the flattened tensor. Shapes: index's. Dtypes: all.

    >>> mg.take(mg.tensor([[1, 2], [3, 4]]), mg.tensor([3, 0, -1]))
    tensor([4, 1, 4])
    """
    try:
        picked = _index_select(_core.reshape(input, (-1,)), _core.reshape(_core.check_index("take", index), (-1,)), 0)
    except IndexError:
        raise IndexError(f"take: an index is out of range for {input.numel()} elements") from None
    return picked if index.ndim == 1 else _core.reshape(picked, index.shape)


@composite(arrays="input", dtypes=ALL[:5], inplace=True, samples=lambda r: [
    Sample(r(3, 4), index=np.array([[0, 7], [-1, 2]]), source=r(2, 2), id="matrix"),
    Sample(r(3, 4), index=np.array([0, 7, 0]), source=r(3), accumulate=True, id="accumulated")],
    errors=[ErrorSample(np.ones((2, 3)), np.array([6]), np.ones(1), error=IndexError, match="put: an index is out of range for 6 elements"),
            ErrorSample(np.ones((2, 3)), np.array([0, 1]), np.ones(1), error=ValueError, match="put: 2 indices for 1 values")])  # fmt: skip
def put(input, index, source, accumulate=False):
    """A copy of input with elements of the flattened tensor set to those of source, or with accumulate, with those added.

    Shapes: as many elements in source as in index. Dtypes: one for both.
    >>> mg.put(mg.zeros(2, 2), mg.tensor([3, 0]), mg.tensor([5.0, 6.0]))
    tensor([[6., 0.],
            [0., 5.]])
    """
    if source.numel() != index.numel():
        raise ShapeError(f"put: {index.numel()} indices for {source.numel()} values")
    if source.dtype is not input.dtype:
        raise DTypeError(f"put: expected a source of dtype {input.dtype.name}, got {source.dtype.name}")
    flat, values = _core.reshape(_core.check_index("put", index), (-1,)), _core.reshape(source, (-1,))
    write = _index_add if accumulate else _index_put
    try:
        return _core.reshape(write(_core.reshape(input, (-1,)), flat, values, 0), input.shape)
    except IndexError:
        raise IndexError(f"put: an index is out of range for {input.numel()} elements") from None


@composite(arrays="input", dtypes=ALL, samples=lambda r: [
    Sample(r(4, 5), indices=np.argsort(r(4, 5), 1), dim=1, id="sorting"), Sample(r(4, 1), indices=np.array([[0, 3, 2]]), dim=0, id="broadcast"),
    Sample(r(3, 2), indices=np.array([5, 0]), id="flat")],
    errors=[ErrorSample(np.ones((2, 3)), np.array([0]), 1, error=ValueError, match="take_along_dim: indices .* and input .* must have the same number of dimensions")])  # fmt: skip
def take_along_dim(input, indices, dim=None):
    """Entries along `dim` picked for every place, as np.take_along_axis: what argsort and argmax give, put to use. dim None: both flattened.

    Shapes: indices and input broadcast in all other dimensions. Dtypes: all.
    >>> x = mg.tensor([[3, 1, 2]]); mg.take_along_dim(x, mg.argsort(x, 1), 1)
    tensor([[1, 2, 3]])
    """
    if dim is None:
        return _gather(_core.reshape(input, (-1,)), _core.reshape(_core.check_index("take_along_dim", indices), (-1,)), 0)
    if indices.ndim != input.ndim:
        raise ShapeError(f"take_along_dim: indices {indices.shape} and input {input.shape} must have the same number of dimensions")
    d = _dim("take_along_dim", dim, input.ndim)
    shape = list(np.broadcast_shapes((*input.shape[:d], 1, *input.shape[d + 1 :]), (*indices.shape[:d], 1, *indices.shape[d + 1 :])))
    shape[d] = input.shape[d]
    picked = expand(_core.check_index("take_along_dim", indices), (*shape[:d], indices.shape[d], *shape[d + 1 :]))
    return _gather(expand(input, tuple(shape)), picked, d)


@composite(arrays="input", dtypes=ALL, inplace=True, samples=lambda r: [
    Sample(r(3, 4), mask=r.bools(3, 4), source=r(13), id="matrix"), Sample(r(3, 1), mask=r.bools(4), source=r(4, 3), id="broadcast"),
    Sample(r(3), mask=np.zeros(3, bool), source=r(0), id="none")],
    errors=[ErrorSample(np.ones(3), np.ones(3, bool), np.ones(2), error=ValueError, match="masked_scatter: 3 places for 2 values"),
            ErrorSample(np.ones(3), np.ones(3), np.ones(3), error=TypeError, match="masked_scatter: expected a mask of bool")])  # fmt: skip
def masked_scatter(input, mask, source):
    """input with the elements where `mask` holds replaced, in order, by the first elements of source.

    Shapes: input and mask broadcast; source has at least as many elements as places. Dtypes: one for input and source.
    >>> mg.masked_scatter(mg.zeros(3), mg.tensor([True, False, True]), mg.tensor([4.0, 5.0]))
    tensor([4., 0., 5.])
    """
    if mask.dtype is not _core.bool_:
        raise DTypeError(f"masked_scatter: expected a mask of bool, got {mask.dtype.name}")
    if source.dtype is not input.dtype:
        raise DTypeError(f"masked_scatter: expected a source of dtype {input.dtype.name}, got {source.dtype.name}")
    if input.shape != mask.shape:
        shape = np.broadcast_shapes(input.shape, mask.shape)
        input, mask = expand(input, shape), expand(mask, shape)
    if _core.level_of(mask):  # every example has a number of places of its own
        order = _core.reshape(mask, (-1,)).cumsum(0)
        if mask.numel() and int(_core.whole(order)[..., -1].max().item()) > source.numel():
            raise ShapeError(f"masked_scatter: more places than {source.numel()} values")
        picked = _index_select(_core.reshape(source, (-1,)), (order - 1).clamp(min=0), 0) if source.numel() else input
        return _choose(mask, _core.reshape(picked, tuple(mask.shape)), input)
    places = _core.nonzero_flat(mask)
    count = places.numel()
    if count > source.numel():
        raise ShapeError(f"masked_scatter: {count} places for {source.numel()} values")
    return _core.reshape(_index_put(_core.reshape(input, (-1,)), places, narrow(_core.reshape(source, (-1,)), 0, 0, count), 0), input.shape)
