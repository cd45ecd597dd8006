"""Order: sorting, the largest elements, searching in what is sorted, distinct elements."""

from __future__ import annotations

import collections

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import Draw, ErrorSample, Sample, composite, defop
from ._examples import by_numpy, rows_of
from .elementwise import ne
from .index import ALL, scatter_zeros
from .shape import _dim, reshape

Sorted = collections.namedtuple("Sorted", "values indices")

# ---- sorting ----


def _order(x, dim, descending):
    """Indices that sort stably; NaN is the largest."""
    if not descending:
        return np.argsort(x, axis=dim, kind="stable")
    # Backwards, so that of equal elements the first stays the first.
    return np.flip(x.shape[dim] - 1 - np.argsort(np.flip(x, dim), axis=dim, kind="stable"), dim)


def _values_vjp(g, y1, input_shape, dim):
    return scatter_zeros(g[0], dim, y1, input_shape)


def _sort_samples(r: Draw) -> list[Sample]:
    return [Sample(r.distinct(3, 5), dim=1, descending=False, id="rows"), Sample(r.distinct(4, 3), dim=0, descending=True, id="columns-descending"),
            Sample(r.distinct(2, 0), dim=1, descending=False, id="empty")]  # fmt: skip


@defop(family="general", plan=_core.plan_sort, outputs=2, where="", dtypes=ALL, samples=_sort_samples, vjp={"input": _values_vjp})
def _sort(input, dim, descending):
    """Elements in order along dim, and where they were"""
    order = _order(np.asarray(input), dim, descending)
    return np.take_along_axis(np.asarray(input), order, dim), order


_BAD_DIM = ErrorSample(np.ones((2, 3)), dim=2, error=IndexError, match="sort: dimension 2 is out of range")


@composite(dtypes=ALL, samples=lambda r: [
    Sample(r.distinct(3, 5), id="rows"), Sample(r.distinct(4, 3), dim=0, descending=True, id="columns-descending"), Sample(r(), id="0-d"),
    Sample(r.distinct(2, 3, 4), dim=1, stable=True, id="middle")], errors=[_BAD_DIM])  # fmt: skip
def sort(input, dim=-1, descending=False, stable=False):
    """Elements in order along `dim`: a named tuple of values and indices (int64). Equal elements keep their order always; NaN is the largest.

    Shapes: any. Dtypes: all.
    >>> mg.sort(mg.tensor([3, 1, 2]))
    Sorted(values=tensor([1, 2, 3]), indices=tensor([1, 2, 0]))
    """
    d = _dim("sort", dim, input.ndim)
    if input.ndim == 0:
        return Sorted(input.clone(), _core.full_of((), 0, _core.int64))
    return Sorted(*_sort(input, d, bool(descending)))


@composite(
    dtypes=ALL,
    samples=lambda r: [Sample(r.distinct(3, 5), id="rows"), Sample(r.distinct(4, 3), dim=0, descending=True, stable=True, id="columns")],
)
def argsort(input, dim=-1, descending=False, stable=False):
    """Indices (int64) that put the elements in order along `dim`; the second part of `sort`.

    >>> mg.argsort(mg.tensor([3, 1, 2]), descending=True)
    tensor([0, 2, 1])
    """
    return sort(input.detach(), dim, descending, stable).indices


@composite(dtypes=ALL, samples=lambda r: [Sample(r.distinct(4, 3), id="matrix"), Sample(r.distinct(5), id="vector")])
def msort(input):
    """Elements in order along dimension 0.

    >>> mg.msort(mg.tensor([[3, 1], [2, 4]]))
    tensor([[2, 1],
            [3, 4]])
    """
    return sort(input, 0).values


@defop(family="general", plan=_core.plan_topk, outputs=2, where="", dtypes=ALL, vjp={"input": _values_vjp}, samples=lambda r: [
    Sample(r.distinct(3, 7), k=2, dim=1, largest=True, id="largest"), Sample(r.distinct(6, 4), k=3, dim=0, largest=False, id="smallest")])  # fmt: skip
def _topk(input, k, dim, largest):
    """The k largest or smallest elements along dim, in order, and where they were"""
    x = np.asarray(input)
    n = x.shape[dim]
    if 0 < k < n // 4:  # a partition is linear; then only its k elements are sorted
        part = np.argpartition(x, n - k if largest else k - 1, axis=dim)
        part = np.sort(np.take(part, range(n - k, n) if largest else range(k), dim), dim)
        order = np.take_along_axis(part, _order(np.take_along_axis(x, part, dim), dim, largest), dim)
    else:
        order = np.take(_order(x, dim, largest), range(k), dim)
    return np.take_along_axis(x, order, dim), order


@composite(dtypes=ALL, samples=lambda r: [
    Sample(r.distinct(3, 5), k=2, id="rows"), Sample(r.distinct(4, 3), k=3, dim=0, largest=False, id="smallest"), Sample(r(), k=1, id="0-d"),
    Sample(r.distinct(2, 3), k=0, id="none")],
    errors=[ErrorSample(np.ones((2, 3)), 4, error=ValueError, match="topk: 4 elements out of the 3 of dimension 1")])  # fmt: skip
def topk(input, k, dim=-1, largest=True, sorted=True):
    """The k largest (or smallest) elements along `dim`, in order: a named tuple of values and indices (int64). NaN is the largest.

    Shapes: (..., n, ...) gives (..., k, ...). Dtypes: all. Linear in n for small k.
    >>> mg.topk(mg.tensor([3, 1, 2]), 2)
    Sorted(values=tensor([3, 2]), indices=tensor([0, 2]))
    """
    d = _dim("topk", -1 if dim is None else dim, input.ndim)
    n = input.shape[d] if input.ndim else 1
    if not 0 <= k <= n:
        raise ShapeError(f"topk: {k} elements out of the {n} of dimension {d}")
    if input.ndim == 0:
        return Sorted(*(reshape(v, () if k else (0,)) for v in _topk(reshape(input, (1,)), k, 0, True)))
    return Sorted(*_topk(input, int(k), d, bool(largest)))


# ---- searching ----


def _side(op, right, side):
    if side not in (None, "left", "right"):
        raise ValueError(f'{op}: side must be "left" or "right", got {side!r}')
    if side == "left" and right:
        raise ValueError(f'{op}: side "left" and right=True exclude each other')
    return "right" if right or side == "right" else "left"


@composite(arrays="sorted_sequence input", where="mg", dtypes=ALL[:5],
           samples=lambda r: [Sample(np.sort(r.distinct(7)), r(3, 4), id="vector"), Sample(np.sort(r.distinct(2, 7), 1), r(2, 3), right=True, id="rows"),
                              Sample(r.distinct(5), r(4), side="right", sorter=np.arange(5), out_int32=True, id="sorter")],
           errors=[ErrorSample(np.ones((2, 3)), np.ones((3, 3)), error=ValueError, match=r"searchsorted: sequences \(2, 3\) and values \(3, 3\) differ"),
                   ErrorSample(np.ones(3), np.ones(3), side="up", error=ValueError, match='side must be "left" or "right"'),
                   ErrorSample(np.ones(3), np.ones(3, np.float32), error=TypeError, match="searchsorted: expected one dtype")])  # fmt: skip
def searchsorted(sorted_sequence, input, *, out_int32=False, right=False, side=None, sorter=None):
    """Where each value would have to be put into the sorted sequence (along its last dimension) so that it stays sorted.

    right (or side="right"): behind equal elements, not before. sorter: indices that sort a sequence that is not.
    Shapes: a vector and values of any shape; or (..., n) and (..., k) with equal leading dimensions. Gives the values' shape, int64
    (int32 with out_int32). Dtypes: one for both, or a number as value.
    >>> mg.searchsorted(mg.tensor([1, 3, 5]), mg.tensor([3, 4]))
    tensor([1, 2])
    """
    side = _side("searchsorted", right, side)
    shape = sorted_sequence.shape
    if not isinstance(input, _core.Tensor):
        input = _core.full_of((), input, sorted_sequence.dtype)
    if input.dtype is not sorted_sequence.dtype:
        raise DTypeError(f"searchsorted: expected one dtype, got {sorted_sequence.dtype.name} and {input.dtype.name}")
    if not shape or (len(shape) > 1 and shape[:-1] != input.shape[:-1]):
        raise ShapeError(f"searchsorted: sequences {shape} and values {input.shape} differ in a leading dimension")
    if sorter is not None:
        if sorter.shape != shape:
            raise ShapeError(f"searchsorted: expected a sorter of shape {shape}, got {sorter.shape}")
        sorted_sequence = sorted_sequence.detach().gather(-1, sorter)
    kind = np.int32 if out_int32 else np.int64
    if len(shape) == 1 and not _core.level_of(sorted_sequence):
        row = sorted_sequence.numpy(force=True)
        return by_numpy(lambda v: np.searchsorted(row, v, side).astype(kind), input)
    return by_numpy(lambda a, v: _search_rows(rows_of(a), v, side).astype(kind), sorted_sequence, input)


def _search_rows(rows, values, side):
    """np.searchsorted of each row with its share of the values, by bisection of all at once; NaN is the largest, as there."""
    v = values.reshape(len(rows), values.size // max(len(rows), 1))
    low, high = np.zeros(v.shape, np.int64), np.full(v.shape, rows.shape[1], np.int64)
    for _ in range(rows.shape[1].bit_length()):
        middle = (low + high) // 2
        at = np.take_along_axis(rows, np.minimum(middle, rows.shape[1] - 1), 1)
        before = (at < v) | ((v != v) & (at == at)) if side == "left" else ~((v < at) | ((at != at) & (v == v)))
        before &= low < high
        low, high = np.where(before, middle + 1, low), np.where(before, high, middle)
    return low.reshape(values.shape)


@composite(arrays="input boundaries", where="mg", dtypes=ALL[:5],
           samples=lambda r: [Sample(r(3, 4), np.sort(r.distinct(5)), id="matrix"), Sample(r(4), np.sort(r.distinct(5)), right=True, out_int32=True, id="right")],
           errors=[ErrorSample(np.ones(3), np.ones((2, 3)), error=ValueError, match="bucketize: expected a vector of boundaries")])  # fmt: skip
def bucketize(input, boundaries, *, out_int32=False, right=False):
    """Which bucket each value is in: bucket i reaches from boundaries[i - 1] to boundaries[i], which belongs to it (right: to the next).

    Shapes: any, and a sorted vector of boundaries. Gives int64 (int32 with out_int32).
    >>> mg.bucketize(mg.tensor([0.5, 1.0, 9.0]), mg.tensor([1.0, 2.0]))
    tensor([0, 0, 2])
    """
    if boundaries.ndim != 1:
        raise ShapeError(f"bucketize: expected a vector of boundaries, got shape {boundaries.shape}")
    if isinstance(input, _core.Tensor) and input.dtype is not boundaries.dtype:
        wide = _core.promote_types(input.dtype, boundaries.dtype)
        input, boundaries = _core.cast(input, wide), _core.cast(boundaries, wide)
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


# ---- distinct elements ----


def _answer(parts, wanted):
    found = [_core.from_numpy(np.array(p)) for p, w in zip(parts, (True, *wanted), strict=True) if w]
    return found[0] if len(found) == 1 else tuple(found)


@composite(unbatched="its size depends on the values", dtypes=ALL, constants=("input",), samples=lambda r: [
    Sample(r.ints(0, 4, 3, 5), id="all"), Sample(r.ints(0, 2, 6, 2), return_inverse=True, return_counts=True, dim=0, id="rows"), Sample(r(), id="0-d"),
    Sample(np.array([2.0, 1.0, 2.0]), return_counts=True, id="counts")])  # fmt: skip
def unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None):
    """The distinct elements in order; with `dim`, the distinct entries of that dimension. Not differentiable.

    return_inverse adds for each element (entry) its place among the distinct ones; return_counts how often each occurs. NaNs are all
    distinct. Dtypes: all.
    >>> mg.unique(mg.tensor([3, 1, 3]), return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))
    """
    x = input.numpy(force=True)
    d = None if dim is None else _dim("unique", dim, input.ndim)
    if (d is not None and x.shape[d] == 0) or (d is not None and not x.size):
        if x.shape[d]:
            x = x.take([0], d)
            return _answer((x, np.zeros(input.shape[d], np.int64), np.array([input.shape[d]])), (return_inverse, return_counts))
        return _answer((x, np.zeros(0, np.int64), np.zeros(0, np.int64)), (return_inverse, return_counts))
    values, inverse, counts = np.unique(x, return_inverse=True, return_counts=True, axis=d if x.ndim else None, equal_nan=False)
    shape = x.shape if d is None else (x.shape[d],)
    return _answer((values, inverse.reshape(shape).astype(np.int64), counts.astype(np.int64)), (return_inverse, return_counts))


@composite(unbatched="its size depends on the values", dtypes=ALL, constants=("input",), samples=lambda r: [
    Sample(np.array([1, 1, 2, 2, 2, 1]), id="vector"), Sample(r.ints(0, 2, 6, 2), return_inverse=True, return_counts=True, dim=0, id="rows"), Sample(r(2, 3), id="flat")])  # fmt: skip
def unique_consecutive(input, return_inverse=False, return_counts=False, dim=None):
    """Each run of equal elements (with `dim`, of equal entries of that dimension) as one. Not differentiable.

    return_inverse and return_counts as in `unique`. Dtypes: all.
    >>> mg.unique_consecutive(mg.tensor([1, 1, 2, 1]))
    tensor([1, 2, 1])
    """
    x = input.numpy(force=True)
    d = 0 if dim is None else _dim("unique_consecutive", dim, input.ndim)
    rows = np.moveaxis(x.reshape(-1) if dim is None or not x.ndim else x, d, 0)
    n = rows.shape[0]
    first = np.ones(n, bool)
    if n > 1:
        first[1:] = (rows[1:] != rows[:-1]).reshape(n - 1, -1).any(1)
    starts = np.flatnonzero(first)
    inverse = (np.cumsum(first) - 1).reshape(x.shape if dim is None else (n,))
    values = np.moveaxis(rows[starts], 0, d) if x.ndim or dim is None else x.reshape(1)
    return _answer((values, inverse, np.diff(starts, append=n)), (return_inverse, return_counts))


@composite(
    unbatched="how many rows it gives depends on the values",
    dtypes=ALL,
    samples=lambda r: [Sample(r.bools(3, 4).astype(float), id="matrix"), Sample(r(), id="0-d")],
)
def argwhere(input):
    """Indices of the elements that are not zero, as rows of int64. Shapes: (..) gives (count, ndim).

    >>> mg.argwhere(mg.tensor([0, 5, 0, 6])).tolist()
    [[1], [3]]
    """
    return _core.from_numpy(np.argwhere(input.numpy(force=True)).astype(np.int64))


@composite(dtypes=ALL, samples=lambda r: [Sample(r.bools(3, 4).astype(float), size=20, id="padded"), Sample(r.bools(3, 4).astype(float), size=2, fill_value=7, id="cut")],
           errors=[ErrorSample(np.ones(3), size=-1, error=ValueError, match="nonzero_static: size must not be negative, got -1")])  # fmt: skip
def nonzero_static(input, *, size, fill_value=-1):
    """Indices of the first `size` elements that are not zero, as rows of int64; rows of fill_value where there are fewer.

    Shapes: (..) gives (size, ndim), whatever the values.
    >>> mg.nonzero_static(mg.tensor([0, 5, 6]), size=3).tolist()
    [[1], [2], [-1]]
    """
    if size < 0:
        raise ValueError(f"nonzero_static: size must not be negative, got {size}")
    ndim = input.ndim

    def rows(truth):
        lead = truth.shape[: truth.ndim - ndim]
        out = np.full((*lead, size, ndim), fill_value)
        for at in np.ndindex(lead):
            found = np.argwhere(truth[at])[:size]
            out[at][: len(found)] = found
        return out

    return by_numpy(rows, ne(input, 0))
