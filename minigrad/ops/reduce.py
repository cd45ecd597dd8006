"""Reductions over some or all dimensions. `dim` is None (all), an int or a tuple; `axis` and `keepdims` are accepted for `dim` and `keepdim`."""

from __future__ import annotations

import collections
import functools

import numpy as np

from .. import _core
from ..errors import ShapeError
from ..registry import NONDIFF, Draw, ErrorSample, Sample, composite, defop
from ._samples import ALL, COMPLEX, FLOATS, NUMBERS
from .elementwise import _choose, eq, exp, ne
from .index import scatter_zeros
from .shape import _dim, flip, movedim, reshape, unsqueeze

Extreme = collections.namedtuple("Extreme", "values indices")


def _axes(dim):
    return None if dim is None or dim == () or dim == [] else tuple(dim) if isinstance(dim, list) else dim


def reduced(draw=lambda r, *shape: r(*shape), dims=((0, 2),), whole=None, **params):
    """All, an inner, an outer dimension, several, kept, of nothing left over."""

    def samples(r: Draw) -> list[Sample]:
        out = [
            Sample(draw(r, 3, 4), id="all", **({} if whole is None else {"dim": whole}), **params),
            Sample(draw(r, 3, 5), dim=1, id="rows", **params),
            Sample(draw(r, 3, 5), dim=0, keepdim=True, id="columns-kept", **params),
            Sample(draw(r, 0, 3), dim=1, id="empty", **params),
            Sample(draw(r), dim=0, id="0-d", **params),
        ]
        return out + [Sample(draw(r, 2, 3, 4), dim=d, id=f"dims-{len(d)}", **params) for d in dims]

    return samples


def _keep(x, shape, dim):
    """x, reduced from `shape` over `dim` without keepdim, with the reduced dimensions as size 1."""
    dim = _axes(dim)
    n = len(shape)
    dims = set(range(n)) if dim is None else {d % n for d in ((dim,) if isinstance(dim, int) else dim)} if n else set()
    return x.view(tuple(1 if d in dims else s for d, s in enumerate(shape)))


def _count(shape, dim):
    dim = _axes(dim)
    if not shape:
        return 1
    dims = range(len(shape)) if dim is None else (dim,) if isinstance(dim, int) else dim
    return functools.reduce(lambda n, d: n * shape[d], dims, 1)


BAD_DIM = ErrorSample(np.ones((2, 3)), dim=2, error=IndexError, match="dimension 2 is out of range for a tensor of 2 dimensions")
TWICE = ErrorSample(np.ones((2, 3)), dim=(1, -1), error=ValueError, match="dimension 1 is named twice")
NOTHING = ErrorSample(np.ones((0, 3)), dim=0, error=ValueError, match="nothing to reduce")


@defop(family="reduction", kernel="sum", result="accumulate", linear_in=("input",), dtypes=ALL + COMPLEX, samples=reduced(), errors=[BAD_DIM, TWICE],
       vjp={"input": _core.sum_input})  # fmt: skip
def sum(input, dim=None, keepdim=False, *, dtype=None):
    """Sum of the elements; of none, 0.

    Shapes: any. Dtypes: all; integers and bool are summed as int64; `dtype` casts first.
    >>> mg.sum(mg.tensor([[1.0, 2.0], [3.0, 4.0]]), 1)
    tensor([3., 7.])
    """
    x = np.asarray(input)
    return np.sum(x, axis=_axes(dim) if x.ndim else None, keepdims=keepdim, dtype=np.int64 if x.dtype.kind in "biu" else None)


@defop(family="reduction", kernel="mean", result="only_float", linear_in=("input",), dtypes=FLOATS + COMPLEX, samples=reduced(dims=((0, 2), (0, 1, 2))), errors=[BAD_DIM],
       vjp={"input": _core.mean_input})  # fmt: skip
def mean(input, dim=None, keepdim=False, *, dtype=None):
    """Arithmetic mean; of no elements, NaN.

    Shapes: any. Dtypes: floats (`dtype` casts first). Raises DTypeError for integers.
    >>> mg.mean(mg.tensor([1.0, 2.0, 6.0]))
    tensor(3.)
    """
    return np.mean(input, axis=_axes(dim) if np.ndim(input) else None, keepdims=keepdim)


def _prod_vjp(g, input, dim, keepdim):
    """Product of all the others, without division."""
    x = input
    if dim is None:
        return reshape(_prod_vjp(reshape(g, (1,)), x.reshape(-1), 0, True), x.shape)
    if x.ndim == 0:
        return g
    dim %= x.ndim
    g = g if keepdim else unsqueeze(g, dim)
    if x.dtype in (_core.float32, _core.float64) and not (_core.is_grad_enabled() or _core.level_of(x) or _core.level_of(g)):
        return _core.plan_prod_backward(g, x, dim)
    return g * _others(x, dim)


def _others(x, dim):
    """Products of all elements along dim but each itself: running products from both sides. What the kernel does, in ops."""
    from .scan import _cumprod, _previous

    rows = movedim(x, dim, -1)
    last = rows.ndim - 1
    others = _previous(_cumprod(rows, last), 1) * flip(_previous(_cumprod(flip(rows, (-1,)), last), 1), (-1,))
    return movedim(others, -1, dim)


@defop(
    family="reduction",
    kernel="prod",
    result="accumulate",
    dtypes=NUMBERS + COMPLEX,
    holomorphic=True,
    samples=reduced(dims=()),
    errors=[BAD_DIM],
    vjp={"input": _prod_vjp},
    ulp=16,
)
def prod(input, dim=None, keepdim=False, *, dtype=None):
    """Product of the elements; of none, 1.

    Shapes: any; `dim` is one dimension or None. Dtypes: all; integers and bool are multiplied as int64.
    >>> mg.prod(mg.tensor([2, 3, 4]))
    tensor(24)
    """
    x = np.asarray(input)
    return np.prod(x, axis=_axes(dim) if x.ndim else None, keepdims=keepdim, dtype=np.int64 if x.dtype.kind in "biu" else None)


def _var_pack(dtype, dim, correction, keepdim):
    return (float(correction),)


def _var_vjp(g, input, dim, correction, keepdim):
    n = _count(input.shape, dim)
    g = g if keepdim or g.ndim == input.ndim else _keep(g, input.shape, dim)
    return g * (input - mean(input, dim, keepdim=True)) * (2.0 / (n - correction) if n != correction else float("nan"))


@defop(family="reduction", kernel="var", pack=_var_pack, cost=4, result="only_float", samples=reduced(dims=((0, 2),), correction=1), errors=[BAD_DIM], vjp={"input": _var_vjp},
       ulp=16)  # fmt: skip
def _var(input, dim=None, correction=1, keepdim=False):
    """Sum of squared deviations from the mean, divided by n - correction"""
    return np.var(input, axis=_axes(dim) if np.ndim(input) else None, keepdims=keepdim, ddof=correction)


def _correction(op, dim, unbiased, correction):
    if isinstance(dim, bool):  # var(x, False) means unbiased=False
        dim, unbiased = None, dim
    if unbiased is not None and correction is not None:
        raise TypeError(f"{op}: unbiased and correction exclude each other")
    return dim, (1 if unbiased is None or unbiased else 0) if correction is None else correction


def _variance(input, dim, correction, keepdim):
    """Of complex numbers: of both parts together."""
    if input.is_complex():
        return _var(input.real, dim, correction, keepdim) + _var(input.imag, dim, correction, keepdim)
    return _var(input, dim, correction, keepdim)


@composite(samples=reduced(dims=((0, 2),)))
def var(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """Variance: squared deviations from the mean, divided by n - correction (default 1; unbiased=False means 0).

    Shapes: any. Dtypes: floats and complex, of which it is real.
    >>> mg.var(mg.tensor([1.0, 2.0, 6.0]))
    tensor(7.)
    """
    dim, correction = _correction("var", dim, unbiased, correction)
    return _variance(input, dim, correction, keepdim)


@composite(samples=lambda r: [s for s in reduced(dims=((0, 2),))(r) if s.id != "0-d"])
def std(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """Standard deviation, the square root of `var`.

    Shapes: any. Dtypes: floats and complex, of which it is real.
    >>> mg.std(mg.tensor([1.0, 2.0, 3.0]))
    tensor(1.)
    """
    variance = var(input, dim, unbiased, keepdim, correction=correction)
    if not variance.requires_grad:
        return variance.sqrt()
    zero = eq(variance, 0)  # where the gradient is 0, as PyTorch has it
    return _choose(zero, 0.0, _choose(zero, 1.0, variance).sqrt())


def _extreme_vjp(g, input, y, dim, keepdim):
    """Ties share the gradient equally."""
    if not keepdim:
        g, y = _keep(g, input.shape, dim), _keep(y, input.shape, dim)
    hit = eq(input, y)
    return _choose(hit, g / sum(hit, dim, keepdim=True).to(g.dtype), 0)


def distinct(r, *shape):
    return r.distinct(*shape)


@defop(
    family="reduction",
    kernel="max",
    identity=False,
    dtypes=ALL,
    samples=reduced(distinct),
    errors=[BAD_DIM, NOTHING],
    vjp={"input": _extreme_vjp},
)
def amax(input, dim=(), keepdim=False):
    """Largest element; NaN if one is NaN. Ties share the gradient equally.

    Shapes: any; not over nothing. Dtypes: all.
    >>> mg.amax(mg.tensor([[1.0, 5.0], [3.0, 2.0]]), 1)
    tensor([5., 3.])
    """
    return np.max(input, axis=_axes(dim) if np.ndim(input) else None, keepdims=keepdim)


@defop(
    family="reduction",
    kernel="min",
    identity=False,
    dtypes=ALL,
    samples=reduced(distinct),
    errors=[BAD_DIM, NOTHING],
    vjp={"input": _extreme_vjp},
)
def amin(input, dim=(), keepdim=False):
    """Smallest element; NaN if one is NaN. Ties share the gradient equally.

    Shapes: any; not over nothing. Dtypes: all.
    >>> mg.amin(mg.tensor([[1.0, 5.0], [3.0, 2.0]]), 1)
    tensor([1., 2.])
    """
    return np.min(input, axis=_axes(dim) if np.ndim(input) else None, keepdims=keepdim)


def _arg_reference(function, input, dim, keepdim):
    x = np.asarray(input)
    if dim is None or x.ndim == 0:
        out = function(x)
        return np.reshape(out, (1,) * x.ndim) if keepdim else out
    return function(x, axis=dim, keepdims=keepdim)


@defop(family="reduction", kernel="argmax", result="index", identity=False, dtypes=ALL, samples=reduced(distinct, dims=()), errors=[BAD_DIM, NOTHING],
       vjp={"input": NONDIFF})  # fmt: skip
def argmax(input, dim=None, keepdim=False):
    """Index of the largest element (of the first of several, or of the first NaN), in the flattened tensor if `dim` is None.

    Shapes: any; not over nothing. Dtypes: all; gives int64.
    >>> mg.argmax(mg.tensor([[1.0, 5.0], [3.0, 2.0]]), 1)
    tensor([1, 0])
    """
    return _arg_reference(np.argmax, input, dim, keepdim)


@defop(family="reduction", kernel="argmin", result="index", identity=False, dtypes=ALL, samples=reduced(distinct, dims=()), errors=[BAD_DIM, NOTHING],
       vjp={"input": NONDIFF})  # fmt: skip
def argmin(input, dim=None, keepdim=False):
    """Index of the smallest element (of the first of several, or of the first NaN), in the flattened tensor if `dim` is None.

    Shapes: any; not over nothing. Dtypes: all; gives int64.
    >>> mg.argmin(mg.tensor([[1.0, 5.0], [3.0, 2.0]]), 1)
    tensor([0, 1])
    """
    return _arg_reference(np.argmin, input, dim, keepdim)


@defop(family="reduction", kernel="all", result="truth", dtypes=ALL + COMPLEX, samples=reduced(), vjp={"input": NONDIFF})
def all(input, dim=None, keepdim=False):
    """Whether all elements are nonzero; of none, True.

    Shapes: any. Dtypes: all; gives bool.
    >>> mg.all(mg.tensor([[True, False], [True, True]]), 1).tolist()
    [False, True]
    """
    return np.all(input, axis=_axes(dim) if np.ndim(input) else None, keepdims=keepdim)


@defop(family="reduction", kernel="any", result="truth", dtypes=ALL + COMPLEX, samples=reduced(), vjp={"input": NONDIFF})
def any(input, dim=None, keepdim=False):
    """Whether some element is nonzero; of none, False.

    Shapes: any. Dtypes: all; gives bool.
    >>> mg.any(mg.tensor([[True, False], [False, False]]), 1).tolist()
    [True, False]
    """
    return np.any(input, axis=_axes(dim) if np.ndim(input) else None, keepdims=keepdim)


def _logsumexp_vjp(g, input, y, dim, keepdim):
    if not keepdim:
        g, y = _keep(g, input.shape, dim), _keep(y, input.shape, dim)
    return g * exp(input - _choose(eq(y, -float("inf")), 0.0, y))


@defop(
    family="reduction",
    kernel="logsumexp",
    cost=4,
    result="float",
    where="mg Tensor special",
    samples=reduced(whole=(0, 1)),
    errors=[BAD_DIM],
    dtypes=FLOATS + COMPLEX,
    holomorphic=True,
    vjp={"input": _logsumexp_vjp},
    ulp=8,
)
def logsumexp(input, dim, keepdim=False):
    """log(sum(exp(input))) without overflow; of no elements, -inf.

    Shapes: any. Dtypes: floats; integers are converted.
    >>> mg.logsumexp(mg.tensor([1000.0, 0.0]), 0)
    tensor(1000.)
    """
    x = np.asarray(input)
    axes = _axes(dim) if x.ndim else None
    if x.size == 0:
        return np.log(np.sum(np.exp(x), axis=axes, keepdims=keepdim))
    top = np.max(np.real(x), axis=axes, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    out = np.log(np.sum(np.exp(x - top), axis=axes, keepdims=True)) + top
    return out if keepdim else np.squeeze(out, axes)


def _with_index(name, reference, kernel):
    def plan(input):
        if input.shape[-1] == 0:
            raise ShapeError(f"{name}: nothing to reduce in a dimension of size 0 of shape {input.shape}")
        return _core.Plan(input.shape[:-1], input.shape[:-1], params=(1,), dtypes=(None, _core.int64))

    def ref(input):
        i = reference(input, axis=-1)
        return np.take_along_axis(input, i[..., None], -1)[..., 0], i

    ref.__name__ = f"_{name}_with_index"
    ref.__doc__ = f"({name}, index of it) along the last dimension"
    return defop(
        family="general", kernel=kernel, plan=plan, outputs=2, strided=True, cost=1, dtypes=ALL,
        vjp={"input": lambda g, y1, input_shape: scatter_zeros(unsqueeze(g[0], -1), -1, unsqueeze(y1, -1), input_shape)},
        samples=lambda r: [Sample(r.distinct(3, 5), id="matrix"), Sample(r.distinct(2, 3, 4), id="cube")],
    )(ref)  # fmt: skip


_max_with_index = _with_index("max", np.argmax, "max_with_index")
_min_with_index = _with_index("min", np.argmin, "min_with_index")


def _extreme(name, op, whole, pairwise):
    def function(input, dim=None, keepdim=False, *, other=None):
        if isinstance(dim, _core.Tensor):
            dim, other = None, dim
        if other is not None:
            return pairwise(input, other)
        if dim is None:
            return whole(input)
        if input.ndim == 0:
            return Extreme(input.clone(), _core.full_of((), 0, _core.int64))
        d = _dim(name, dim, input.ndim)
        values, indices = op(movedim(input, d, -1))
        return Extreme(unsqueeze(values, d), unsqueeze(indices, d)) if keepdim else Extreme(values, indices)

    function.__name__ = name
    function.__module__ = __name__
    word = "largest" if name == "max" else "smallest"
    function.__doc__ = f"""The {word} of all elements; with `dim`, (values, indices) along it; with a tensor in its place, the {word} of two.

    Ties: the index is that of the first, which then gets the gradient; without `dim` ties share it. NaN wins.
    Shapes: any; not over nothing. Dtypes: all.
    >>> mg.{name}(mg.tensor([[1.0, 5.0], [3.0, 2.0]]), 1).indices
    tensor([{"1, 0" if name == "max" else "0, 1"}])
    """
    return composite(
        samples=lambda r: [Sample(r.distinct(3, 4), id="all"), Sample(r.distinct(3, 5), dim=1, id="rows"),
                           Sample(r.distinct(3, 5, 2), dim=1, keepdim=True, id="kept"), Sample(r.distinct(3, 5), dim=0, id="columns")],
        dtypes=ALL, errors=[BAD_DIM],
    )(function)  # fmt: skip


def _pairwise(name):
    from . import elementwise

    return getattr(elementwise, name)


max = _extreme("max", _max_with_index, amax, _pairwise("maximum"))
min = _extreme("min", _min_with_index, amin, _pairwise("minimum"))


@defop(family="general", plan=_core.plan_cumsum, linear_in=("input",), dtypes=NUMBERS + COMPLEX,
       vjp={"input": lambda g, dim, reverse: _cumsum(g, dim, not reverse)},
       samples=lambda r: [Sample(r(3, 5), dim=1, reverse=False, id="rows"), Sample(r(3, 5, 2), dim=1, reverse=True, id="reverse"),
                          Sample(r(2, 0), dim=1, reverse=False, id="empty")])  # fmt: skip
def _cumsum(input, dim, reverse):
    """Running sum along dim, or, reverse, from its end"""
    x = np.flip(input, dim) if reverse else np.asarray(input)
    y = np.cumsum(x, dim, dtype=np.int64 if x.dtype.kind in "biu" else None)
    return np.flip(y, dim) if reverse else y


@composite(samples=lambda r: [Sample(r(3, 5), dim=1, id="rows"), Sample(r(3, 5, 2), dim=-2, id="middle"), Sample(r(), dim=0, id="0-d")], dtypes=NUMBERS + COMPLEX,
           linear_in=("input",), errors=[BAD_DIM], inplace=True)  # fmt: skip
def cumsum(input, dim, *, dtype=None):
    """Running sum along `dim`.

    Shapes: any. Dtypes: all; integers and bool are summed as int64.
    >>> mg.cumsum(mg.tensor([1, 2, 3]), 0)
    tensor([1, 3, 6])
    """
    x = input if dtype is None else _core.cast(input, dtype)
    d = _dim("cumsum", dim, x.ndim)
    if x.ndim == 0:
        return _cumsum(x.view((1,)), 0, False).view(())
    return _cumsum(x, d, False)


@composite(samples=lambda r: [Sample(r(3, 5), id="all"), Sample(r(3, 5), dim=1, id="rows")], dtypes=ALL)
def count_nonzero(input, dim=None):
    """How many elements are not zero, as int64.

    >>> mg.count_nonzero(mg.tensor([1, 0, 2]))
    tensor(2)
    """
    return sum(ne(input, 0), dim)
