"""Means with variances, reductions that leave NaN out, covariance, counting."""

from __future__ import annotations

import collections
import math

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import ErrorSample, Sample, composite
from ._examples import by_numpy, rows_of
from ._samples import ALL, INTEGERS, NUMBERS
from .complex import complex, conj
from .elementwise import _choose, clamp, div, isnan, logical_not, mul, sqrt, sub
from .matmul import matmul
from .reduce import BAD_DIM, NOTHING, _variance, amax, amin, distinct, mean, reduced
from .reduce import _correction as correction_of
from .reduce import std as _std
from .reduce import sum as _sum
from .shape import reshape, transpose, unsqueeze
from .sort import _search_rows

Aminmax = collections.namedtuple("Aminmax", "min max")
Histogram = collections.namedtuple("Histogram", "hist bin_edges")
HistogramDD = collections.namedtuple("HistogramDD", "hist bin_edges")

# ---- several at once ----


@composite(own_errors=True, samples=lambda r: [s for s in reduced(dims=((0, 2),))(r) if s.id != "0-d"], where="mg", errors=[BAD_DIM])
def var_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """(variance, mean), as `var` and `mean` give them.

    Shapes: any. Dtypes: floats.
    >>> mg.var_mean(mg.tensor([1.0, 2.0, 6.0]))
    (tensor(7.), tensor(3.))
    """
    dim, correction = correction_of("var_mean", dim, unbiased, correction)
    return _variance(input, dim, correction, keepdim), mean(input, dim, keepdim)


@composite(own_errors=True, samples=lambda r: [s for s in reduced(dims=((0, 2),))(r) if s.id != "0-d"], where="mg", errors=[BAD_DIM])
def std_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """(standard deviation, mean), as `std` and `mean` give them.

    Shapes: any. Dtypes: floats.
    >>> mg.std_mean(mg.tensor([1.0, 2.0, 3.0]))
    (tensor(1.), tensor(2.))
    """
    dim, correction = correction_of("std_mean", dim, unbiased, correction)
    return _std(input, dim, None, keepdim, correction=correction), mean(input, dim, keepdim)


@composite(own_errors=True, samples=reduced(distinct, dims=()), dtypes=ALL, errors=[BAD_DIM, NOTHING])
def aminmax(input, *, dim=None, keepdim=False):
    """(min, max) of all elements, or along `dim`. Ties share the gradient equally.

    Shapes: any; not over nothing. Dtypes: all.
    >>> mg.aminmax(mg.tensor([3.0, 1.0, 2.0]))
    Aminmax(min=tensor(1.), max=tensor(3.))
    """
    dim = () if dim is None else dim
    return Aminmax(amin(input, dim, keepdim), amax(input, dim, keepdim))


# ---- without NaN ----


@composite(own_errors=True, samples=reduced(dims=((0, 2),)), dtypes=NUMBERS, linear_in=("input",), errors=[BAD_DIM])
def nansum(input, dim=None, keepdim=False, *, dtype=None):
    """Sum of the elements that are not NaN.

    Shapes: any. Dtypes: all; integers and bool are summed as int64; `dtype` casts first.
    >>> mg.nansum(mg.tensor([1.0, float("nan"), 2.0]))
    tensor(3.)
    """
    x = input if dtype is None else _core.cast(input, dtype)
    return _sum(_choose(isnan(x), 0, x) if x.is_floating_point() else x, dim, keepdim)


@composite(own_errors=True, samples=reduced(dims=((0, 2),)), linear_in=("input",),
           errors=[BAD_DIM, ErrorSample(np.arange(3), error=DTypeError, match="nanmean: expected a floating-point tensor, got dtype int64")])  # fmt: skip
def nanmean(input, dim=None, keepdim=False, *, dtype=None):
    """Mean of the elements that are not NaN; of none, NaN.

    Shapes: any. Dtypes: floats (`dtype` casts first).
    >>> mg.nanmean(mg.tensor([1.0, float("nan"), 2.0]))
    tensor(1.5000)
    """
    x = input if dtype is None else _core.cast(input, dtype)
    if not x.is_floating_point():
        raise DTypeError(f"nanmean: expected a floating-point tensor, got dtype {x.dtype.name}")
    count = _sum(logical_not(isnan(x)), dim, keepdim).to(x.dtype)
    return div(nansum(x, dim, keepdim), count)


# ---- covariance ----


def _weights(op, name, w, n, floating):
    if w.ndim != 1 or w.shape[0] != n:
        raise ShapeError(f"{op}: expected {name} of shape ({n},), one for each observation, got {w.shape}")
    if w.is_floating_point() is not floating:
        raise DTypeError(f"{op}: expected {name} of {'floats' if floating else 'integers'}, got dtype {w.dtype.name}")
    return w


@composite(errors=[ErrorSample(np.ones((2, 3, 4)), error=ShapeError, match="cov: expected at most 2 dimensions, got shape"),
                   ErrorSample(np.ones((2, 3)), fweights=np.ones(2, np.int64), error=ShapeError, match=r"expected fweights of shape \(3,\)")],
           samples=lambda r: [Sample(r(3, 5), id="matrix"), Sample(r(7), correction=0, id="vector"),
                              Sample(r(3, 5), fweights=r.ints(1, 4, 5), aweights=r.between(0.2, 2, 5), id="weighted")])  # fmt: skip
def cov(input, *, correction=1, fweights=None, aweights=None):
    """Covariance matrix of variables (rows) over observations (columns).

    correction: what is taken off the number of observations. fweights: how often each occurred, integers; aweights: its importance.
    Shapes: (variables, observations) gives (variables, variables); (observations,) gives (). Dtypes: floats and complex; integers are converted.
    >>> mg.cov(mg.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    if input.ndim > 2:
        raise ShapeError(f"cov: expected at most 2 dimensions, got shape {input.shape}")
    x = input if input.ndim == 2 else reshape(input, (1, -1))
    if not (x.is_floating_point() or x.is_complex()):
        x = x.to(_core.get_default_dtype())
    n = x.shape[1]
    weights = None
    for name, w, floating in (("fweights", fweights, False), ("aweights", aweights, True)):
        if w is not None:
            w = _weights("cov", name, w, n, floating)
            weights = w if weights is None else mul(weights, w)
    if weights is None:
        total, average = n, mean(x, 1, keepdim=True)
        scale = max(n - correction, 0)
    else:
        weights = weights.to(x.dtype.to_real())
        total = _sum(weights)
        average = div(_sum(mul(x, weights), 1, True), total)
        off = correction if aweights is None else div(_sum(mul(weights, aweights.to(weights.dtype))), total) * correction
        scale = clamp(sub(total, off), min=0)
    centered = sub(x, average)
    y = div(matmul(centered, conj(transpose(centered if weights is None else mul(centered, weights), 0, 1))), scale)
    return y if input.ndim == 2 else reshape(y, ())


@composite(own_errors=True, errors=[ErrorSample(np.ones((2, 3, 4)), error=ShapeError, match="expected at most 2 dimensions, got shape")],
           samples=lambda r: [Sample(r(3, 5), id="matrix"), Sample(r(7), id="vector")])  # fmt: skip
def corrcoef(input):
    """Pearson's correlation coefficients of variables (rows) over observations (columns), not beyond -1 and 1.

    Shapes: (variables, observations) gives (variables, variables); (observations,) gives (). Dtypes: floats and complex; integers are converted.
    >>> mg.corrcoef(mg.tensor([[0.0, 1.0, 2.0], [4.0, 2.0, 0.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    c = cov(input)
    if c.ndim == 0:
        return div(c, c)
    deviation = sqrt(c.diagonal())
    y = div(div(c, unsqueeze(deviation, 1)), unsqueeze(deviation, 0))
    return complex(clamp(y.real, -1, 1), clamp(y.imag, -1, 1)) if y.is_complex() else clamp(y, -1, 1)


# ---- counting ----


@composite(unbatched="its size depends on the values", arrays="input", constants=("input",), dtypes=INTEGERS[:3],
           samples=lambda r: [Sample(r.ints(0, 6, 20), id="counts"), Sample(r.ints(0, 6, 20), weights=r(20), minlength=9, id="weights"),
                              Sample(r.ints(0, 3, 0), minlength=2, id="empty")],
           errors=[ErrorSample(np.array([1, -1]), error=ValueError, match="bincount: expected no negative numbers, got -1"),
                   ErrorSample(np.ones((2, 3), np.int64), error=ShapeError, match=r"expected one dimension, got shape \(2, 3\)"),
                   ErrorSample(np.ones(3), error=DTypeError, match="bincount: expected integers, got dtype float64")])  # fmt: skip
def bincount(input, weights=None, minlength=0):
    """How often each of 0, 1, 2... occurs; with weights, the sum of those.

    Shapes: input (n,), weights (n,); gives (max(largest + 1, minlength),). Dtypes: integers; gives int64, or the dtype of float weights
    (float64 for integers). Raises ValueError for negative numbers. Has no gradient.
    >>> mg.bincount(mg.tensor([0, 1, 1, 3]))
    tensor([1, 2, 0, 1])
    """
    if input.ndim != 1:
        raise ShapeError(f"bincount: expected one dimension, got shape {input.shape}")
    if input.is_floating_point() or input.dtype is _core.bool_:
        raise DTypeError(f"bincount: expected integers, got dtype {input.dtype.name}")
    if minlength < 0:
        raise ValueError(f"bincount: minlength must not be negative, got {minlength}")
    x = input.numpy(force=True)
    if x.size and x.min() < 0:
        raise ValueError(f"bincount: expected no negative numbers, got {x.min()}")
    if weights is None:
        return _core.from_numpy(np.bincount(x, minlength=minlength))
    if weights.shape != input.shape:
        raise ShapeError(f"bincount: expected weights of shape {input.shape}, got {weights.shape}")
    if weights.is_complex():
        raise DTypeError(f"bincount: expected real weights, got dtype {weights.dtype.name}")
    sums = np.bincount(x.astype(np.int64), weights.numpy(force=True), minlength)
    return _core.from_numpy(sums.astype(np.float32) if weights.dtype is _core.float32 else sums.astype(np.float64))


def _range(op, rows, limits, margin):
    """The limits (rows, 1) of histograms: those given, or those of the values; `margin` to either side where they are one."""
    if limits is None:
        ends = (rows.min(1, keepdims=True), rows.max(1, keepdims=True)) if rows.size else (0, 1)
    elif limits[0] > limits[1]:
        raise ValueError(f"{op}: max must not be below min, got {limits[0]} and {limits[1]}")
    else:
        ends = limits
    low, high = (np.full((len(rows), 1), end, np.float64) for end in ends)
    bad = ~(np.isfinite(low) & np.isfinite(high))
    if bad.any():
        raise ValueError(f"{op}: the range [{low[bad][0]}, {high[bad][0]}] is not finite")
    same = low == high
    return np.where(same, low - margin, low), np.where(same, high + margin, high)


def _tally(place, inside, bins, weights=None):
    """How many of each row are in each bin, or how much they weigh; those not inside are left out."""
    at = (np.where(inside, place, 0) + np.arange(len(place))[:, None] * bins)[inside]
    return np.bincount(at, None if weights is None else weights[inside], len(place) * bins).reshape(len(place), bins)


@composite(constants=("input",), samples=lambda r: [Sample(r(3, 40), bins=7, id="own-range"), Sample(r(50), bins=5, min=-1, max=1, id="range")],
           errors=[ErrorSample(np.ones(3), bins=0, error=ValueError, match="histc: bins must be positive, got 0"),
                   ErrorSample(np.array([1, np.nan]), error=ValueError, match="histc: the range .* is not finite"),
                   ErrorSample(np.arange(3), error=DTypeError, match="histc: expected a floating-point tensor, got dtype int64")])  # fmt: skip
def histc(input, bins=100, min=0, max=0):
    """How many elements fall into each of `bins` equal parts of [min, max] (default: of the values' own range); others are left out.

    Shapes: any; gives (bins,). Dtypes: floats, and gives input's. Has no gradient.
    >>> mg.histc(mg.tensor([1.0, 2.0, 1.0]), bins=4, min=0, max=3)
    tensor([0., 2., 1., 0.])
    """
    if not input.is_floating_point():
        raise DTypeError(f"histc: expected a floating-point tensor, got dtype {input.dtype.name}")
    if bins <= 0:
        raise ValueError(f"histc: bins must be positive, got {bins}")

    def counts(x):
        rows = rows_of(x)
        low, high = _range("histc", rows, None if min == max else (min, max), 1)
        inside = (rows >= low) & (rows <= high)
        with np.errstate(invalid="ignore"):
            place = ((rows - low.astype(x.dtype)) * bins / (high - low).astype(x.dtype)).astype(np.int64)
        return _tally(np.minimum(place, bins - 1), inside, bins).astype(x.dtype).reshape(*x.shape[:-1], bins)

    return by_numpy(counts, input.reshape((input.numel(),)))


@composite(constants=("input",), samples=lambda r: [Sample(r(3, 40), 7, id="bins"), Sample(r(50), np.array([-1.0, -0.5, 0.2, 2]), density=True, id="edges"),
                              Sample(r(50), 5, range=(-1.0, 1.5), weight=r.between(0, 1, 50), id="weights")],
           errors=[ErrorSample(np.ones(3), 0, error=ValueError, match="histogram: bins must be positive, got 0"),
                   ErrorSample(np.arange(3), 2, error=DTypeError, match="histogram: expected a floating-point tensor, got dtype int64")])  # fmt: skip
def histogram(input, bins, *, range=None, weight=None, density=False):
    """(hist, bin_edges): how many elements, or how much `weight`, each bin holds; each bin without its right end, but for the last.

    bins: their number, in `range` (default: that of the values), or a 1-d tensor of increasing edges. density: scaled to integral 1.
    Shapes: any; weight has input's. Dtypes: floats. Has no gradient.
    >>> mg.histogram(mg.tensor([1.0, 2.0, 1.0]), 4, range=(0.0, 3.0)).hist
    tensor([0., 2., 1., 0.])
    """
    if not input.is_floating_point():
        raise DTypeError(f"histogram: expected a floating-point tensor, got dtype {input.dtype.name}")
    if isinstance(bins, _core.Tensor):
        if bins.ndim != 1 or bins.dtype is not input.dtype:
            raise ValueError(f"histogram: expected 1-d edges of dtype {input.dtype.name}, got shape {bins.shape} and {bins.dtype.name}")
    elif bins <= 0:
        raise ValueError(f"histogram: bins must be positive, got {bins}")

    def counts(x, edges, weights):
        rows = rows_of(x)
        if edges is None:
            low, high = (end[:, 0] for end in _range("histogram", rows, range, 0.5))
            edges = np.linspace(low, high, bins + 1, dtype=x.dtype, axis=-1)
        edges = rows_of(edges)
        place = _search_rows(edges, rows, "right") - 1
        place[rows == edges[:, -1:]] = edges.shape[1] - 2
        inside = (place >= 0) & (place < edges.shape[1] - 1) & ~np.isnan(rows)
        hist = _tally(place, inside, edges.shape[1] - 1, None if weights is None else weights.reshape(rows.shape)).astype(x.dtype)
        if density:
            hist = (hist / (hist.sum(1, keepdims=True) * np.diff(edges))).astype(x.dtype)
        return hist.reshape(*x.shape[:-1], hist.shape[1]), edges.reshape(*x.shape[:-1], edges.shape[1])

    n = input.numel()
    edges = bins if isinstance(bins, _core.Tensor) else None
    return Histogram(*by_numpy(counts, input.reshape((n,)), edges, None if weight is None else weight.reshape((n,))))


@composite(own_errors=True, where="mg", constants=("input",), samples=lambda r: [Sample(r(30, 2), [3, 4], id="bins"), Sample(r(5, 6, 3), 2, weight=r.between(0, 1, 5, 6), density=True, id="weights"),
                                                        Sample(r(30, 2), [3, 2], range=(-1.0, 1.5, -0.5, 2.0), id="range"), Sample(r(30, 2), [np.array([-1.0, 0.2, 2]), np.array([-2.0, 2])], id="edges")],
           errors=[ErrorSample(np.ones(3), 2, error=ValueError, match=r"histogramdd: expected points of shape \(..., coordinates\), got shape \(3,\)"),
                   ErrorSample(np.ones((3, 2)), [2], error=ValueError, match="histogramdd: expected bins of 2 coordinates, got 1"),
                   ErrorSample(np.ones((3, 2), np.int64), 2, error=DTypeError, match="histogramdd: expected a floating-point tensor, got dtype int64")])  # fmt: skip
def histogramdd(input, bins, *, range=None, weight=None, density=False):
    """(hist, bin_edges): how many points, or how much `weight`, each box holds; boxes are without their right ends, but for the last ones.

    bins: their number for each coordinate, one for all, or 1-d tensors of increasing edges. range: (low, high, low, high, ...), default that of
    the values; density: scaled to integral 1. Shapes: input (..., coordinates), weight (...). Dtypes: floats. Has no gradient.
    >>> mg.histogramdd(mg.tensor([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]]), 2).hist
    tensor([[0., 1.],
            [1., 1.]])
    """
    if input.ndim < 2:
        raise ShapeError(f"histogramdd: expected points of shape (..., coordinates), got shape {input.shape}")
    if not input.is_floating_point():
        raise DTypeError(f"histogramdd: expected a floating-point tensor, got dtype {input.dtype.name}")
    d = input.shape[-1]
    bins = [bins] * d if isinstance(bins, int) else list(bins)
    if len(bins) != d:
        raise ValueError(f"histogramdd: expected bins of {d} coordinates, got {len(bins)}")
    if range is not None and len(range) != 2 * d:
        raise ValueError(f"histogramdd: expected two limits for each of {d} coordinates, got {len(range)}")
    if weight is not None and weight.shape != input.shape[:-1]:
        raise ShapeError(f"histogramdd: expected weight of shape {input.shape[:-1]}, got {weight.shape}")
    count = math.prod(input.shape[:-1])
    points = reshape(input, (count, d))
    edges = [
        b
        if isinstance(b, _core.Tensor)
        else histogram(points[:, i], b, range=None if range is None else tuple(range[2 * i : 2 * i + 2])).bin_edges
        for i, b in enumerate(bins)
    ]
    boxes = [e.shape[0] - 1 for e in edges]

    def counts(x, weights, *edges):
        lead = x.shape[:-2]
        x = x.reshape(math.prod(lead), *x.shape[-2:])
        inside, place = np.ones(x.shape[:2], bool), np.zeros(x.shape[:2], np.int64)
        for i, (e, n) in enumerate(zip(edges, boxes, strict=True)):
            e, column = rows_of(e), np.ascontiguousarray(x[..., i])
            at = _search_rows(e, column, "right") - 1
            at[column == e[:, -1:]] = n - 1
            inside &= (at >= 0) & (at < n) & ~np.isnan(column)
            place = place * n + at
        hist = _tally(place, inside, math.prod(boxes), None if weights is None else weights.reshape(inside.shape))
        return hist.reshape(*lead, *boxes).astype(x.dtype)

    hist = by_numpy(counts, points, None if weight is None else reshape(weight, (count,)), *edges)
    if density:
        hist = div(hist, _sum(hist))
        for i, e in enumerate(edges):
            hist = div(hist, reshape(sub(e[1:], e[:-1]), (-1, *(1,) * (d - 1 - i))))
    return HistogramDD(hist, tuple(edges))
