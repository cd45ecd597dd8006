"""Scans along a dimension: running products, extremes, log-sum-exp; and what takes differences of neighbours.

The gradients of products and of logcumsumexp are one first-order recurrence run backwards, y[i] = x[i] * y[i-1] + b[i]: linear time,
no division, so that zeros are as good as any number. Its own gradient is again such a recurrence, hence every order.
"""

from __future__ import annotations

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import ErrorSample, Sample, composite, defop
from ._samples import ALL, COMPLEX, FLOATS, NUMBERS
from .elementwise import _choose, add, div, eq, exp, mul, ne, sub
from .index import scatter_zeros
from .reduce import BAD_DIM, Extreme
from .reduce import sum as _sum
from .shape import _dim, cat, clone, flip, movedim, narrow, reshape


def _previous(x, first):
    """x moved on by one along the last dimension, `first` in front."""
    front = _core.full_of((*x.shape[:-1], 1), first, x.dtype)
    return cat([front, narrow(x, -1, 0, x.shape[-1] - 1)], -1) if x.shape[-1] else x


def _backwards(x, b):
    """y[i] = x[i + 1] * y[i + 1] + b[i]."""
    return flip(_linear_scan(_previous(flip(x, (-1,)), 0), flip(b, (-1,))), (-1,))


def _linear_scan_vjp(g, x, y, mask):
    gb = _backwards(x, g)
    return gb * _previous(y, 0) if mask[0] else None, gb if mask[1] else None


@defop(family="general", plan=_core.plan_linear_scan, vjp={("x", "b"): _linear_scan_vjp}, where="", ulp=16, dtypes=FLOATS + COMPLEX, holomorphic=True,
       samples=lambda r: [Sample(r(3, 5), r(3, 5), id="rows"), Sample(r(2, 1, 4), r(2, 1, 4), id="cube"), Sample(r(2, 0), r(2, 0), id="empty")])  # fmt: skip
def _linear_scan(x, b):
    """y[i] = x[i] * y[i - 1] + b[i] along the last dimension, y[0] = b[0]"""
    x, y = np.moveaxis(np.asarray(x), -1, 0), np.array(np.moveaxis(np.asarray(b), -1, 0))
    for i in range(1, len(y)):
        y[i] += x[i] * y[i - 1]
    return np.ascontiguousarray(np.moveaxis(y, 0, -1))


def _last(op, input, dim, function):
    """function of `input` with `dim` moved to the end, and back."""
    d = _dim(op, dim, input.ndim)
    if input.ndim == 0:
        return reshape(function(reshape(input, (1,))), ())
    return function(input) if d == input.ndim - 1 else movedim(function(movedim(input, d, -1)), -1, d)


# ---- products ----


def _cumprod_vjp(g, input, y, dim):
    g, x, y = (movedim(v, dim, -1) for v in (g, input, y))
    return movedim(_previous(y, 1) * _backwards(x, g), -1, dim)


@defop(family="general", plan=_core.plan_cumprod, vjp={"input": _cumprod_vjp}, dtypes=NUMBERS + COMPLEX, holomorphic=True, where="", ulp=16,
       samples=lambda r: [Sample(r(3, 5), dim=1, id="rows"), Sample(r(3, 5, 2), dim=1, id="middle"),
                          Sample(r(3, 4) * np.array([1, 0, 2, 0]), dim=1, id="zeros"), Sample(r(2, 0), dim=1, id="empty")])  # fmt: skip
def _cumprod(input, dim):
    """Running product along dim"""
    return np.cumprod(input, dim, dtype=np.int64 if np.asarray(input).dtype.kind in "biu" else None)


@composite(samples=lambda r: [Sample(r(3, 5), dim=1, id="rows"), Sample(r(3, 5, 2), dim=-2, id="middle"), Sample(r(), dim=0, id="0-d")],
           dtypes=NUMBERS, errors=[BAD_DIM], inplace=True)  # fmt: skip
def cumprod(input, dim, *, dtype=None):
    """Running product along `dim`.

    Shapes: any. Dtypes: all; integers and bool are multiplied as int64; `dtype` casts first.
    >>> mg.cumprod(mg.tensor([2, 3, 4]), 0)
    tensor([ 2,  6, 24])
    """
    x = input if dtype is None else _core.cast(input, dtype)
    d = _dim("cumprod", dim, x.ndim)
    return _cumprod(x, d) if x.ndim else reshape(_cumprod(reshape(x, (1,)), 0), ())


# ---- extremes ----


def _running(name, accumulate, word):
    def ref(input, dim):
        x = np.moveaxis(np.asarray(input), dim, -1)
        values = accumulate(x, -1)
        at = np.where((x == values) | (x != x), np.arange(x.shape[-1]), 0)
        return np.moveaxis(values, -1, dim), np.moveaxis(np.maximum.accumulate(at, -1), -1, dim)

    ref.__name__ = f"_{name}"
    ref.__doc__ = f"(running {word}, its index) along dim"
    op = defop(
        family="general", plan=getattr(_core, f"plan_{name}"), outputs=2, dtypes=ALL, where="",
        vjp={"input": lambda g, y1, input_shape, dim: scatter_zeros(g[0], dim, y1, input_shape)},
        samples=lambda r: [Sample(r.distinct(3, 5), dim=1, id="rows"), Sample(r.distinct(3, 5, 2), dim=1, id="middle"), Sample(r.distinct(2, 0), dim=1, id="empty")],
    )(ref)  # fmt: skip

    def function(input, dim):
        d = _dim(name, dim, input.ndim)
        if input.ndim == 0:
            return Extreme(input.clone(), _core.full_of((), 0, _core.int64))
        return Extreme(*op(input, d))

    function.__name__ = name
    function.__module__ = __name__
    found = "[1., 3., 3.]" if name == "cummax" else "[1., 1., 1.]"
    function.__doc__ = f"""(values, indices): the {word} of the elements up to each along `dim`, and the index of the last that equals it.

    NaN stays. The gradient goes to the element at the index. Shapes: any. Dtypes: all; indices are int64.
    >>> mg.{name}(mg.tensor([1.0, 3.0, 2.0]), 0).values
    tensor({found})
    """
    return composite(
        samples=lambda r: [Sample(r.distinct(3, 5), dim=1, id="rows"), Sample(r.distinct(3, 5, 2), dim=-2, id="middle")],
        dtypes=ALL, errors=[BAD_DIM],
    )(function)  # fmt: skip


cummax = _running("cummax", np.maximum.accumulate, "largest")
cummin = _running("cummin", np.minimum.accumulate, "smallest")

# ---- sums of exponentials ----


def _logcumsumexp_vjp(g, input, y):
    # d[i] = sum over k >= i of g[k] * exp(y[i] - y[k]): no factor is above 1.
    y = _choose(eq(y, -float("inf")), 0.0, y)
    return exp(input - y) * _backwards(exp(_previous(y, 0) - y), g)


@defop(family="general", vjp={"input": _logcumsumexp_vjp}, where="", ulp=8,
       samples=lambda r: [Sample(r(3, 5), id="rows"), Sample(r(2, 0), id="empty")])  # fmt: skip
def _logcumsumexp(input):
    """log(cumsum(exp(input))) along the last dimension"""
    return np.logaddexp.accumulate(input, -1) if np.size(input) else np.array(input)


@composite(samples=lambda r: [Sample(r(3, 5), dim=1, id="rows"), Sample(r(3, 5, 2) * 200, dim=-2, id="large"), Sample(r(), dim=0, id="0-d")],
           errors=[BAD_DIM, ErrorSample(np.arange(3), 0, error=DTypeError, match="logcumsumexp: expected a floating-point tensor, got dtype int64")])  # fmt: skip
def logcumsumexp(input, dim):
    """log(cumsum(exp(input))) along `dim`, without overflow.

    Shapes: any. Dtypes: floats.
    >>> mg.logcumsumexp(mg.tensor([1000.0, 1000.0]), 0)
    tensor([1000.0000, 1000.6932])
    """
    if not input.is_floating_point():
        raise DTypeError(f"logcumsumexp: expected a floating-point tensor, got dtype {input.dtype.name}")
    return _last("logcumsumexp", input, dim, _logcumsumexp)


# ---- differences of neighbours ----


def _ends(x, d):
    """x without its first, and without its last entry of dimension d."""
    n = x.shape[d]
    return narrow(x, d, 1, n - 1), narrow(x, d, 0, n - 1)


@composite(arrays="input prepend append", dtypes=ALL,
           samples=lambda r: [Sample(r(3, 5), id="last"), Sample(r(3, 5, 2), n=2, dim=1, id="twice"), Sample(r(3, 2), n=4, dim=0, id="none-left")],
           errors=[ErrorSample(np.ones((2, 3)), dim=2, error=IndexError, match="dimension 2 is out of range"),
                   ErrorSample(np.ones(()), error=ShapeError, match="diff: expected a tensor of at least one dimension")])  # fmt: skip
def diff(input, n=1, dim=-1, prepend=None, append=None):
    """Differences of neighbours along `dim`, taken `n` times; of bool, whether they differ. prepend, append: what to put before and after.

    Shapes: input (..., k, ...) gives (..., k - n, ...). Dtypes: all. Raises ShapeError for a 0-d tensor, ValueError for n < 0.
    >>> mg.diff(mg.tensor([1, 4, 9]))
    tensor([3, 5])
    """
    if input.ndim == 0:
        raise ShapeError("diff: expected a tensor of at least one dimension")
    if n < 0:
        raise ValueError(f"diff: n must not be negative, got {n}")
    d = _dim("diff", dim, input.ndim)
    if n == 0:
        return clone(input)
    parts = [x for x in (prepend, input, append) if x is not None]
    if len(parts) > 1:
        input = cat(parts, d)
    for _ in range(min(n, input.shape[d])):
        right, left = _ends(input, d)
        input = ne(right, left) if input.dtype is _core.bool_ else sub(right, left)
    return input


def _panels(op, y, x, dx, dim):
    """Twice the area between each two neighbours, and the dimension."""
    d = _dim(op, dim, y.ndim)
    if x is None:
        right, left = _ends(y, d)
        return mul(add(left, right), 1 if dx is None else dx), d
    if dx is not None:
        raise TypeError(f"{op}: x and dx exclude each other")
    if x.ndim == 1:
        if x.shape[0] != y.shape[d]:
            raise ShapeError(f"{op}: expected x of size {y.shape[d]}, as dimension {d} of y {y.shape}, got {x.shape}")
        x = reshape(x, tuple(-1 if i == d else 1 for i in range(y.ndim)))
    elif x.ndim < y.ndim:
        x = reshape(x, (1,) * (y.ndim - x.ndim) + tuple(x.shape))
    (right, left), (x_right, x_left) = _ends(y, d), _ends(x, d)
    return mul(add(left, right), sub(x_right, x_left)), d


def _area_samples(r):
    return [Sample(r(3, 5), id="unit"), Sample(r(3, 5), dx=0.5, dim=0, id="step"), Sample(r(3, 5), np.cumsum(r.between(0.1, 1, 5)), id="points"),
            Sample(r(3, 5, 2), r(3, 5, 2), dim=1, id="different-points")]  # fmt: skip


POINTS = ErrorSample(np.ones((2, 3)), np.ones(4), error=ShapeError, match="expected x of size 3, as dimension 1 of y")


@composite(arrays="y x", samples=_area_samples, aliases=("trapz",), where="mg", linear_in=("y",), errors=[POINTS])
def trapezoid(y, x=None, *, dx=None, dim=-1):
    """Integral of `y` along `dim` by the trapezoidal rule, at points `x` or in steps of `dx` (default 1).

    Shapes: y any; x of one dimension, or one that broadcasts to y. Dtypes: floats; integers are converted.
    >>> mg.trapezoid(mg.tensor([1.0, 5.0, 10.0]), mg.tensor([0.0, 1.0, 3.0]))
    tensor(18.)
    """
    d = _dim("trapezoid", dim, y.ndim)
    if y.shape[d] == 0:
        return div(_sum(y, d), 2)
    areas, d = _panels("trapezoid", y, x, dx, d)
    return div(_sum(areas, d), 2)


@composite(arrays="y x", samples=_area_samples, where="mg", linear_in=("y",), errors=[POINTS])
def cumulative_trapezoid(y, x=None, *, dx=None, dim=-1):
    """Running integral of `y` along `dim` by the trapezoidal rule: one entry less than y.

    Shapes: as `trapezoid`, y (..., n, ...) gives (..., n - 1, ...). Dtypes: floats; integers are converted.
    >>> mg.cumulative_trapezoid(mg.tensor([1.0, 5.0, 10.0]))
    tensor([ 3.0000, 10.5000])
    """
    from .reduce import cumsum

    areas, d = _panels("cumulative_trapezoid", y, x, dx, dim)
    return div(cumsum(areas, d), 2)


# ---- derivatives by differences ----


def _slope(x, h, d, edge_order):
    """Derivative along d; h is the step, or a 1-d tensor of coordinates."""
    n = x.shape[d]
    if n < edge_order + 1:
        raise ShapeError(f"gradient: dimension {d} of shape {x.shape} needs at least {edge_order + 1} entries")
    at = [narrow(x, d, i, 1) for i in (0, 1, n - 2, n - 1)]
    if not isinstance(h, _core.Tensor):
        middle = div(sub(narrow(x, d, 2, n - 2), narrow(x, d, 0, n - 2)), 2 * h)
        if edge_order == 1:
            first, last = div(sub(at[1], at[0]), h), div(sub(at[3], at[2]), h)
        else:
            first = div(sub(mul(at[1], 4), add(mul(at[0], 3), narrow(x, d, 2, 1))), 2 * h)
            last = div(sub(add(mul(at[3], 3), narrow(x, d, n - 3, 1)), mul(at[2], 4)), 2 * h)
        return cat([first, middle, last], d)
    if h.ndim != 1 or h.shape[0] != n:
        raise ShapeError(f"gradient: expected {n} coordinates for dimension {d} of shape {x.shape}, got shape {h.shape}")
    steps = reshape(sub(narrow(h, 0, 1, n - 1), narrow(h, 0, 0, n - 1)), tuple(-1 if i == d else 1 for i in range(x.ndim)))

    def parabola(i, j, a, b, where):
        """Slope of the parabolas through entries i... of x, j steps apart: at their first, middle or last point."""
        p, q, s = (narrow(x, d, i + k, j) for k in range(3))
        left, right = div(sub(q, p), a), div(sub(s, q), b)
        bend = div(sub(right, left), add(a, b))
        return sub(left, mul(bend, a)) if where == 0 else add(left, mul(bend, a)) if where == 1 else add(right, mul(bend, b))

    def step(i, count=1):
        return narrow(steps, d, i, count)

    if edge_order == 1:
        first, last = div(sub(at[1], at[0]), step(0)), div(sub(at[3], at[2]), step(n - 2))
    else:
        first = parabola(0, 1, step(0), step(1), 0)
        last = parabola(n - 3, 1, step(n - 3), step(n - 2), 2)
    return cat([first, parabola(0, n - 2, step(0, n - 2), step(1, n - 2), 1), last] if n > 2 else [first, last], d)


@composite(where="mg", linear_in=("input",),
           samples=lambda r: [Sample(r(3, 5), id="all"), Sample(r(4, 5), spacing=2.0, dim=1, edge_order=2, id="second-order"),
                              Sample(r(4, 5), spacing=[np.cumsum(r.between(0.5, 1, 4)), np.cumsum(r.between(0.5, 1, 5))], id="coordinates"),
                              Sample(r(4, 5), spacing=[np.cumsum(r.between(0.5, 1, 4))], dim=0, edge_order=2, id="coordinates-2")],
           errors=[ErrorSample(np.ones(1), error=ShapeError, match="needs at least 2 entries")])  # fmt: skip
def gradient(input, *, spacing=1, dim=None, edge_order=1):
    """Estimates of the derivatives along the dimensions `dim` (default: all), by central differences; a tuple of tensors.

    spacing: one step for all dimensions, a list of steps, or a list of 1-d tensors of coordinates. edge_order: 1 or 2, of the estimate at
    the ends. Shapes: each result has input's. Dtypes: floats. Raises ShapeError for dimensions with fewer than edge_order + 1 entries.
    >>> mg.gradient(mg.tensor([1.0, 4.0, 9.0, 16.0]))
    (tensor([3., 4., 6., 7.]),)
    """
    if edge_order not in (1, 2):
        raise ValueError(f"gradient: edge_order must be 1 or 2, got {edge_order}")
    dims = range(input.ndim) if dim is None else (dim,) if isinstance(dim, int) else dim
    dims = [_dim("gradient", d, input.ndim) for d in dims]
    steps = list(spacing) if isinstance(spacing, (list, tuple)) else [spacing] * len(dims)
    if len(steps) != len(dims):
        raise ValueError(f"gradient: expected a spacing for each of {len(dims)} dimensions, got {len(steps)}")
    return tuple(_slope(input, h, d, edge_order) for h, d in zip(steps, dims, strict=True))
