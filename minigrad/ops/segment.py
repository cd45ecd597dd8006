"""Reductions of stretches of neighbours."""

from __future__ import annotations

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import ErrorSample, Sample, composite
from ._examples import by_numpy, rows_of
from .elementwise import _choose, div, eq
from .scatter import scatter_reduce
from .shape import _dim, expand, narrow, reshape

_REDUCE = {"sum": 0.0, "mean": 0.0, "prod": 1.0, "max": -float("inf"), "min": float("inf")}


def _samples(r):
    ends = {"lengths": np.array([2, 0, 3]), "axis": 0}
    return [Sample(r(5, 4), reduce="sum", **ends, id="sum"), Sample(r(5, 4), reduce="prod", **ends, id="prod"), Sample(r(5, 4), reduce="mean", **ends, initial=1.5, id="mean"),
            Sample(r.distinct(5, 4), reduce="min", lengths=np.array([2, 1, 2]), id="min"), Sample(r.distinct(2, 5, 3), reduce="max", lengths=np.array([[2, 3], [4, 1]]), axis=1, id="max"),
            Sample(r(6), reduce="sum", offsets=np.array([0, 4, 4, 6]), initial=2.0, id="offsets")]  # fmt: skip


def _places(lengths, offsets, n, unsafe):
    """Which segment each of n neighbours belongs to; those of none to one more."""

    def table(ends):
        segments = ends.shape[-1] - (lengths is None)
        rows = rows_of(ends)
        if lengths is None:
            starts, stops = rows[:, :-1], rows[:, 1:]
        else:
            stops = np.cumsum(rows, 1)
            starts = stops - rows
            if not unsafe and ((rows < 0).any() or (rows.sum(1) != n).any()):
                raise ValueError(f"segment_reduce: expected lengths that are not negative and sum to {n}, got {rows.tolist()}")
        if (starts > stops).any() or (starts < 0).any() or (stops > n).any():
            raise ValueError(f"segment_reduce: expected segments in order and within {n} elements, got {rows.tolist()}")
        place = np.full((len(rows), n), segments)
        for row, first, last in zip(place, starts, stops, strict=True):
            for s, (a, b) in enumerate(zip(first, last, strict=True)):
                row[a:b] = s
        return place.reshape(*ends.shape[:-1], n)

    return by_numpy(table, offsets if lengths is None else lengths)


@composite(own_errors=True, arrays="data", where="mg", samples=_samples, errors=[
    ErrorSample(np.ones((3, 2)), "max", error=ValueError, match="segment_reduce: expected either lengths or offsets"),
    ErrorSample(np.ones((3, 2)), "median", lengths=np.array([3]), error=ValueError, match="segment_reduce: reduce must be one of 'sum', 'mean', 'prod', 'max', 'min'"),
    ErrorSample(np.ones((3, 2)), "sum", lengths=np.array([1, 1]), error=ValueError, match="expected lengths that are not negative and sum to 3"),
    ErrorSample(np.ones((3, 2)), "sum", lengths=np.array([3]), axis=1, error=ValueError, match=r"expected lengths of shape \(3, segments\)")])  # fmt: skip
def segment_reduce(data, reduce, *, lengths=None, indices=None, offsets=None, axis=0, unsafe=False, initial=None):
    """Sum, mean, product, maximum or minimum of each segment of neighbours along `axis`, of which lengths or offsets (where they begin, and
    the end) are given.

    initial: counts with each segment, and is what an empty one gives; its default, what changes nothing (of a mean: NaN).
    Shapes: data (..., n, ...), lengths (..., segments), offsets (..., segments + 1), the dimensions before `axis` in front. Dtypes: floats.
    >>> mg.segment_reduce(mg.tensor([1.0, 5.0, 2.0, 7.0]), "max", lengths=mg.tensor([3, 1]))
    tensor([5., 7.])
    """
    if reduce not in _REDUCE:
        raise ValueError(f"segment_reduce: reduce must be one of {', '.join(map(repr, _REDUCE))}, got {reduce!r}")
    if indices is not None or (lengths is None) == (offsets is None):
        raise ValueError("segment_reduce: expected either lengths or offsets")
    if not data.is_floating_point():
        raise DTypeError(f"segment_reduce: expected a floating-point tensor, got dtype {data.dtype.name}")
    d = _dim("segment_reduce", axis, data.ndim)
    n, ends = data.shape[d], lengths if offsets is None else offsets
    if ends.ndim != d + 1 or ends.shape[:d] != data.shape[:d]:
        what = "lengths" if offsets is None else "offsets"
        raise ShapeError(
            f"segment_reduce: expected {what} of shape ({', '.join(map(str, (*data.shape[:d], 'segments')))}), got {ends.shape}"
        )
    segments = ends.shape[d] - (offsets is not None)
    place = _places(lengths, offsets, n, unsafe)
    column = (*data.shape[:d], -1, *(1,) * (data.ndim - d - 1))
    shape = (*data.shape[:d], segments + 1, *data.shape[d + 1 :])
    start = _core.full_of(shape, _REDUCE[reduce] if initial is None else initial, data.dtype)
    kind = {"mean": "sum", "max": "amax", "min": "amin"}.get(reduce, reduce)
    y = narrow(scatter_reduce(start, d, expand(reshape(place, column), data.shape), data, kind), d, 0, segments)
    if reduce != "mean":
        return y
    size = lengths if offsets is None else narrow(offsets, d, 1, segments) - narrow(offsets, d, 0, segments)
    size = expand(reshape(size.to(data.dtype), column), y.shape)
    empty = eq(size, 0)
    return _choose(empty, float("nan") if initial is None else initial, div(y, _choose(empty, 1.0, size)))
