"""p-norms of vectors and tensors, distances, and rescaling by norm."""

from __future__ import annotations

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import OPS, ErrorSample, Sample, composite
from ._samples import NO_BROADCAST, away
from .elementwise import _choose, eq, gt, mul, sign, sub
from .reduce import BAD_DIM, amax, amin
from .reduce import sum as _sum
from .shape import _dim

INF = float("inf")


def _p_norm(x, p, dim, keepdim):
    if p == 2:
        total = _sum(x * x, dim, keepdim)
    elif p == INF:
        return amax(x.abs(), () if dim is None else dim, keepdim)
    elif p == -INF:
        return amin(x.abs(), () if dim is None else dim, keepdim)
    elif p == 1:
        return _sum(x.abs(), dim, keepdim)
    elif p == 0:
        return _sum(sign(x).abs(), dim, keepdim)  # a gradient, which is 0
    elif p < 2:  # the slope of |x|^p at 0 is infinite, or its curvature: such elements get no gradient
        zero = eq(x, 0)
        total = _sum(_choose(zero, 0.0 if p > 0 else INF, _choose(zero, 1.0, x).abs() ** p), dim, keepdim)
    else:
        total = _sum(x.abs() ** p, dim, keepdim)
    zero = eq(total, 0)
    root = _choose(zero, 1.0, total) if total.requires_grad else total
    root = root.sqrt() if p == 2 else root ** (1.0 / p)
    return _choose(zero, 0.0 if p > 0 else INF, root) if total.requires_grad else root


@composite(own_errors=True, samples=lambda r: [Sample(away(r, 3, 5), id="all"), Sample(away(r, 3, 5), p=1, dim=1, id="l1"), Sample(r.distinct(3, 5), p=INF, dim=0, id="max"),
                              Sample(r.distinct(3, 5) + 9, p=-INF, dim=(0,), id="min"), Sample(away(r, 3, 5), p=0, dim=0, id="count"),
                              Sample(away(r, 3, 5), p=3, dim=1, keepdim=True, id="l3"), Sample(away(r, 3, 4, 2), p=0.5, dim=(0, 2), id="half")],
           errors=[BAD_DIM, ErrorSample(np.arange(3), error=DTypeError, match="norm: expected a floating-point tensor, got dtype int64"),
                   ErrorSample(np.ones(3), p="max", error=ValueError, match="norm: p must be a number")])  # fmt: skip
def norm(input, p="fro", dim=None, keepdim=False, out=None, dtype=None):
    """p-norm of the elements, sum(|x|**p) ** (1/p), as of one long vector; inf: the largest, -inf: the smallest, 0: how many are not 0.

    "fro" and None mean 2, "nuc" the sum of the singular values of matrices. The gradient is 0 where the norm is 0.
    Shapes: any; `dim` is one dimension, several, or None for all. Dtypes: floats; `dtype` casts first.
    >>> mg.norm(mg.tensor([3.0, 4.0])), mg.norm(mg.tensor([3.0, -4.0]), p=1)
    (tensor(5.), tensor(7.))
    """
    x = input if dtype is None else _core.cast(input, dtype)
    if not x.is_floating_point() and not x.is_complex():
        raise DTypeError(f"norm: expected a floating-point tensor, got dtype {x.dtype.name}")
    if p == "nuc":
        y = OPS["linalg_matrix_norm"].function(x, "nuc", (-2, -1) if dim is None else dim, keepdim)
    elif isinstance(p, str) and p != "fro":
        raise ValueError(f'norm: p must be a number, "fro" or "nuc", got {p!r}')
    else:
        y = _p_norm(x.abs() if x.is_complex() else x, 2 if p is None or p == "fro" else p, dim, keepdim)
    return y if out is None else _core.write_out("norm", out, y)


@composite(own_errors=True, arrays="input other", errors=[NO_BROADCAST],
           samples=lambda r: [Sample(r(3, 5), r(3, 5), id="l2"), Sample(r(3, 5), r(5), p=1, id="l1"), Sample(r(3, 1), r(4), p=3.5, id="broadcast")])  # fmt: skip
def dist(input, other, p=2):
    """p-norm of input - other.

    Shapes: any that broadcast; gives a number. Dtypes: floats.
    >>> mg.dist(mg.tensor([3.0, 4.0]), mg.tensor([0.0, 0.0]))
    tensor(5.)
    """
    return norm(sub(input, other), p)


@composite(inplace=True, samples=lambda r: [Sample(r(3, 5), 2, 0, 1.5, id="rows"), Sample(r(3, 4, 2), 1, -2, 2.0, id="middle")],
           errors=[ErrorSample(np.ones(3), 2, 0, 1.0, error=ShapeError, match="renorm: expected at least 2 dimensions, got shape"),
                   ErrorSample(np.ones((2, 3)), -1, 0, 1.0, error=ValueError, match="renorm: p must be positive and maxnorm not negative")])  # fmt: skip
def renorm(input, p, dim, maxnorm):
    """input with each slice along `dim` whose p-norm exceeds `maxnorm` scaled down to it.

    Shapes: at least two dimensions. Dtypes: floats.
    >>> mg.renorm(mg.tensor([[3.0, 4.0], [0.3, 0.4]]), 2, 0, 1.0)
    tensor([[0.6000, 0.8000],
            [0.3000, 0.4000]])
    """
    if input.ndim < 2:
        raise ShapeError(f"renorm: expected at least 2 dimensions, got shape {input.shape}")
    if p <= 0 or maxnorm < 0:
        raise ValueError(f"renorm: p must be positive and maxnorm not negative, got {p} and {maxnorm}")
    d = _dim("renorm", dim, input.ndim)
    size = norm(input, p, tuple(i for i in range(input.ndim) if i != d), True)
    large = gt(size, maxnorm)
    return mul(input, _choose(large, maxnorm / (_choose(large, size, 1.0) + 1e-7), 1.0))
