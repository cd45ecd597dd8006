"""Order statistics: median, kthvalue, mode, quantiles. Values come with the index they were found at, to which the gradient goes."""

from __future__ import annotations

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import Draw, ErrorSample, Sample, composite, defop
from ._examples import by_numpy
from ._samples import NUMBERS
from .arithmetic import lerp
from .elementwise import _choose, eq, isnan, logical_and, logical_or
from .index import gather, scatter_zeros
from .reduce import BAD_DIM, Extreme
from .reduce import sum as _sum
from .shape import _dim, movedim, reshape, squeeze, unsqueeze

NO_ENTRIES = ErrorSample(np.ones((3, 0)), dim=1, error=ShapeError, match="no entries")


def _picked(x, at):
    """(values, indices): the element of each row that `at` names."""
    return np.take_along_axis(x, at[..., None], -1)[..., 0], at


def _spread_back(g, y1, input_shape):
    return scatter_zeros(unsqueeze(g[0], -1), -1, unsqueeze(y1, -1), input_shape)


def _distinct_rows(**params):
    return lambda r: [Sample(r.distinct(3, 5), id="rows", **params), Sample(r.distinct(2, 3, 4), id="cube", **params)]


def _kth_index(x, k):
    return np.argsort(x, -1, kind="stable")[..., k - 1]  # NaN counts as the largest, as in PyTorch


def _median_index(x, ignore_nan):
    n = x.shape[-1]
    nan = x != x
    if not nan.any():
        return _kth_index(x, (n + 1) // 2)
    if not ignore_nan:
        return np.where(nan.any(-1), np.argmax(nan, -1), _kth_index(x, (n + 1) // 2))
    k = np.maximum(n - nan.sum(-1) - 1, 0) // 2
    return np.take_along_axis(np.argsort(x, -1), k[..., None], -1)[..., 0]


def _mode_index(x):
    """The last place of the smallest of the most frequent values."""
    order = np.argsort(x, -1, kind="stable")
    values = np.take_along_axis(x, order, -1)
    places = np.arange(x.shape[-1])
    begins = np.concatenate([np.ones((*x.shape[:-1], 1), bool), values[..., 1:] != values[..., :-1]], -1)
    length = places - np.maximum.accumulate(np.where(begins, places, 0), -1)  # of the run of equals so far
    longest = length.max(-1, keepdims=True)
    return np.take_along_axis(order, np.argmax(length == longest, -1)[..., None], -1)[..., 0]


ENTRY, MEDIAN, MEDIAN_OF_KNOWN, MODE = range(4)  # what kernels/pick_sorted.c can find


def _found(input, what, k=0):
    """(values, indices) by sorting, None where there is nothing to find."""
    return _core.plan_order_statistic(input, what, k) if input.shape[-1] else None


def _median_plan(input, ignore_nan):
    return _found(input, MEDIAN_OF_KNOWN if ignore_nan else MEDIAN)


def _median_of_rows_plan(input, ignore_nan):
    found = _median_plan(input, ignore_nan)
    return None if found is None else found[0]


@defop(family="general", outputs=2, plan=lambda input, k: _found(input, ENTRY, k - 1),
       vjp={"input": _spread_back}, dtypes=NUMBERS, where="", samples=_distinct_rows(k=2))  # fmt: skip
def _kthvalue(input, k):
    """(k-th smallest, its index) along the last dimension"""
    return _picked(np.asarray(input), _kth_index(np.asarray(input), k))


@defop(family="general", outputs=2, plan=_median_plan, vjp={"input": _spread_back}, dtypes=NUMBERS, where="",
       samples=_distinct_rows(ignore_nan=False))  # fmt: skip
def _median(input, ignore_nan):
    """(lower median, its index) along the last dimension"""
    return _picked(np.asarray(input), _median_index(np.asarray(input), ignore_nan))


@defop(family="general", outputs=2, plan=lambda input: _found(input, MODE), vjp={"input": _spread_back}, dtypes=NUMBERS, where="",
       samples=_distinct_rows())  # fmt: skip
def _mode(input):
    """(most frequent value, its index) along the last dimension"""
    return _picked(np.asarray(input), _mode_index(np.asarray(input)))


def _along(op, input, dim, keepdim, function, *params):
    """(values, indices) of `function` along `dim`."""
    d = _dim(op, dim, input.ndim)
    if input.ndim == 0:
        return Extreme(input.clone(), _core.full_of((), 0, _core.int64))
    if input.shape[d] == 0:
        raise ShapeError(f"{op}: dimension {d} of shape {input.shape} has no entries")
    values, indices = function(input if d == input.ndim - 1 else movedim(input, d, -1), *params)
    return Extreme(unsqueeze(values, d), unsqueeze(indices, d)) if keepdim else Extreme(values, indices)


def _dim_samples(**params):
    return lambda r: [
        Sample(r.distinct(3, 5), dim=1, id="rows", **params),
        Sample(r.distinct(4, 5, 2), dim=0, keepdim=True, id="kept", **params),
    ]


@composite(samples=_dim_samples(k=2), dtypes=NUMBERS,
           errors=[ErrorSample(np.ones((2, 3)), 4, error=IndexError, match="kthvalue: k must lie in 1..3, got 4")])  # fmt: skip
def kthvalue(input, k, dim=-1, keepdim=False):
    """(values, indices): the k-th smallest along `dim`, counted from 1. NaN counts as the largest.

    Of equal elements any may be the one. Shapes: any. Dtypes: numbers; indices are int64. Raises IndexError for k out of range.
    >>> mg.kthvalue(mg.tensor([3.0, 1.0, 2.0]), 2).values
    tensor(2.)
    """
    d = _dim("kthvalue", dim, input.ndim)
    n = input.shape[d] if input.ndim else 1
    if not 1 <= k <= n:
        raise IndexError(f"kthvalue: k must lie in 1..{n}, got {k}")
    return _along("kthvalue", input, dim, keepdim, _kthvalue, k)


@composite(samples=_dim_samples(), dtypes=NUMBERS, errors=[BAD_DIM, NO_ENTRIES])
def mode(input, dim=-1, keepdim=False):
    """(values, indices): the most frequent value along `dim`, of several the smallest, and the index of its last place.

    Shapes: any. Dtypes: numbers; indices are int64.
    >>> mg.mode(mg.tensor([3, 1, 2, 1, 3]))
    Extreme(values=tensor(1), indices=tensor(3))
    """
    return _along("mode", input, dim, keepdim, _mode)


def _median_of_rows_vjp(g, input, y):
    """Equal elements share the gradient, as PyTorch has it."""
    y = unsqueeze(y, -1)
    hit = logical_or(eq(input, y), logical_and(isnan(input), isnan(y)))
    return _choose(hit, unsqueeze(g, -1) / _sum(hit, -1, True).to(g.dtype), 0)


@defop(
    family="general",
    plan=_median_of_rows_plan,
    vjp={"input": _median_of_rows_vjp},
    dtypes=NUMBERS,
    where="",
    samples=_distinct_rows(ignore_nan=True),
)
def _median_of_rows(input, ignore_nan):
    """Lower medians along the last dimension, without their indices; of no elements, NaN"""
    x = np.asarray(input)
    if not x.shape[-1]:
        return np.full(x.shape[:-1], np.nan, x.dtype)
    return _picked(x, _median_index(x, ignore_nan))[0]


def _median_samples(r: Draw) -> list[Sample]:
    return [Sample(r.distinct(3, 4), id="all"), *_dim_samples()(r)]


def _median_of(op, input, dim, keepdim, ignore_nan):
    if dim is not None:
        return _along(op, input, dim, keepdim, _median, ignore_nan)
    if input.numel() == 0 and not input.is_floating_point():
        raise ShapeError(f"{op}: shape {input.shape} has no entries")
    return _median_of_rows(input if input.ndim == 1 else _core.reshape(input, (input.numel(),)), ignore_nan)


@composite(samples=_median_samples, dtypes=NUMBERS, errors=[BAD_DIM, NO_ENTRIES])
def median(input, dim=None, keepdim=False):
    """The median of all elements; with `dim`, (values, indices) along it. Of an even number, the lower of the two. NaN wins.

    Shapes: any. Dtypes: numbers. Without `dim`, equal elements share the gradient.
    >>> mg.median(mg.tensor([3.0, 1.0, 2.0, 9.0]))
    tensor(2.)
    """
    return _median_of("median", input, dim, keepdim, False)


@composite(samples=_median_samples, dtypes=NUMBERS, errors=[BAD_DIM, NO_ENTRIES])
def nanmedian(input, dim=None, keepdim=False):
    """`median` that leaves NaN out; of nothing but NaN, NaN.

    Shapes: any. Dtypes: numbers.
    >>> mg.nanmedian(mg.tensor([3.0, float("nan"), 2.0, 9.0]))
    tensor(3.)
    """
    return _median_of("nanmedian", input, dim, keepdim, True)


# ---- quantiles ----

INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


def _ranks(rows, q, ignore_nan):
    """Sorting indices of the rows (..., n), and the fractional ranks (..., number of q) of the quantiles q, which broadcast to that."""
    n, nan = rows.shape[-1], np.isnan(rows)
    if ignore_nan:
        ranks = q * np.maximum(n - nan.sum(-1, keepdims=True) - 1, 0).astype(rows.dtype)
    else:
        ranks = np.broadcast_to(q * rows.dtype.type(n - 1), (*rows.shape[:-1], q.shape[-1]))
        ranks = np.where(nan.any(-1, keepdims=True), rows.dtype.type(n - 1), ranks)  # the last is NaN
    if nan.any() or 8 * q.size > n:
        return np.argsort(rows, -1), ranks
    places = np.unique(np.concatenate([np.floor(ranks).ravel(), np.ceil(ranks).ravel()]).astype(np.int64))
    return np.argpartition(rows, places, -1), ranks


def _neighbours(rows, q, interpolation, ignore_nan):
    """For each row and quantile: the indices of the elements below and above, and how far between them it lies."""
    q = q.reshape(*q.shape[:-1], *(1,) * (rows.ndim - q.ndim), q.shape[-1])
    order, ranks = _ranks(rows, q, ignore_nan)
    if interpolation == "nearest":
        ranks = np.round(ranks)
    low = np.ceil(ranks) if interpolation == "higher" else np.floor(ranks)
    between = np.where(ranks == low, 0, 0.5).astype(ranks.dtype) if interpolation == "midpoint" else ranks - low
    return *(np.take_along_axis(order, at.astype(np.int64), -1) for at in (low, np.ceil(ranks))), between


def _quantile(op, input, q, dim, keepdim, interpolation, ignore_nan):
    if interpolation not in INTERPOLATIONS:
        raise ValueError(f"{op}: interpolation must be one of {', '.join(INTERPOLATIONS)}, got {interpolation!r}")
    if not input.is_floating_point():
        raise DTypeError(f"{op}: expected a floating-point tensor, got dtype {input.dtype.name}")
    if isinstance(q, _core.Tensor):
        if q.ndim > 1 or q.dtype is not input.dtype:
            raise ValueError(
                f"{op}: expected q of at most one dimension and dtype {input.dtype.name}, got shape {q.shape} and {q.dtype.name}"
            )
        points = q.detach()
    else:
        points = _core.from_numpy(np.array(q, input.dtype.numpy))
    within = _core.whole(points)
    if not ((within >= 0) & (within <= 1)).all():
        raise ValueError(f"{op}: q must lie in [0, 1], got {q!r}")
    d = 0 if dim is None else _dim(op, dim, input.ndim)
    x = reshape(input, (-1,)) if dim is None or input.ndim == 0 else movedim(input, d, -1)
    if x.shape[-1] == 0:
        raise ShapeError(f"{op}: nothing to reduce in shape {input.shape}")
    low, high, between = by_numpy(
        lambda rows, q: _neighbours(rows, q, interpolation, ignore_nan), x.detach(), reshape(points, (points.numel(),))
    )
    y = gather(x, -1, low)
    if interpolation in ("linear", "midpoint"):
        y = lerp(y, gather(x, -1, high), between)
    y = movedim(y, -1, 0)
    if keepdim:
        shape = [1] * input.ndim if dim is None else [1 if i == d else n for i, n in enumerate(input.shape)]
        y = reshape(y, (y.shape[0], *shape))
    elif input.ndim == 0 and dim is not None:
        y = reshape(y, (y.shape[0],))
    return squeeze(y, 0) if points.ndim == 0 else y


def _quantile_samples(r: Draw) -> list[Sample]:
    q = r.between(0, 1, 3)
    return [Sample(r.distinct(3, 4), 0.3, id="all"), Sample(r.distinct(3, 5), 0.6, dim=1, id="rows"),
            Sample(r.distinct(5, 2, 3), q, dim=0, keepdim=True, id="several"),
            *(Sample(r.distinct(3, 6), 0.45, dim=1, interpolation=i, id=i) for i in INTERPOLATIONS[1:])]  # fmt: skip


QUANTILE_ERRORS = [
    ErrorSample(np.ones((2, 3)), 0.5, dim=2, error=IndexError, match="dimension 2 is out of range"),
    ErrorSample(np.ones((2, 3)), 1.5, error=ValueError, match=r"q must lie in \[0, 1\], got 1.5"),
    ErrorSample(np.ones((2, 3)), 0.5, interpolation="best", error=ValueError, match="interpolation must be one of linear, lower"),
    ErrorSample(np.arange(4), 0.5, error=DTypeError, match="expected a floating-point tensor, got dtype int64"),
]


@composite(samples=_quantile_samples, errors=QUANTILE_ERRORS)
def quantile(input, q, dim=None, keepdim=False, *, interpolation="linear"):
    """The quantiles `q` of all elements, or along `dim`; NaN where one is NaN.

    interpolation: what is between two elements: "linear", "lower", "higher", "midpoint" or "nearest".
    Shapes: q a number or 1-d tensor, whose entries are the first dimension of the result. Dtypes: floats.
    >>> mg.quantile(mg.tensor([1.0, 2.0, 3.0, 10.0]), 0.5)
    tensor(2.5000)
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation, False)


@composite(samples=_quantile_samples, errors=QUANTILE_ERRORS)
def nanquantile(input, q, dim=None, keepdim=False, *, interpolation="linear"):
    """`quantile` that leaves NaN out; of nothing but NaN, NaN.

    Shapes, dtypes: as `quantile`.
    >>> mg.nanquantile(mg.tensor([1.0, float("nan"), 3.0]), 0.5)
    tensor(2.)
    """
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation, True)
