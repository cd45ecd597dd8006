"""Products of Householder's reflections, as LAPACK keeps the Q of a QR factorization: geqrf, householder_product, ormqr."""

from __future__ import annotations

import collections

import numpy as np

from ..errors import ShapeError
from ..registry import ErrorSample, Sample, composite
from ._examples import by_numpy
from .linalg_solve import NO_MATRIX, _eye_like, _matrix
from .shape import expand, unsqueeze

Geqrf = collections.namedtuple("Geqrf", "a tau")


@composite(
    arrays="input",
    constants=("input",),
    samples=lambda r: [Sample(r(4, 3), id="tall"), Sample(r(2, 3, 5), id="wide"), Sample(r(0, 3), id="empty")],
    errors=[NO_MATRIX],
)
def geqrf(input):
    """QR factors as LAPACK keeps them: R on and above the diagonal of a, below it the reflections that `linalg.householder_product` makes Q of.

    A named tuple (a, tau). Shapes: (..., m, n) gives (..., m, n), (..., min(m, n)). Has no gradient, as in PyTorch: `linalg.qr` has.
    >>> a, tau = mg.geqrf(mg.tensor([[3.0], [4.0]]))
    >>> a[0], mg.linalg.householder_product(a, tau).squeeze(1)
    (tensor([-5.]), tensor([-0.6000, -0.8000]))
    """

    def factors(a):
        if a.size == 0:
            return a.copy(), np.zeros((*a.shape[:-2], min(a.shape[-2:])), a.dtype)
        packed, tau = np.linalg.qr(a, mode="raw")
        return np.swapaxes(packed, -1, -2), tau

    return Geqrf(*by_numpy(factors, _matrix("geqrf", input)))


def _reflect(V, tau, C, order):
    """The reflections I - tau v v^H applied to C in this order."""
    for i in order:
        v = V[..., i : i + 1]
        C = C - unsqueeze(unsqueeze(tau[..., i], -1), -1) * (v @ (v.mH @ C))
    return C


@composite(arrays="input tau", where="linalg", samples=lambda r: [Sample(r(4, 3), r.between(0.2, 1, 3), id="tall"), Sample(r(2, 3, 3), r.between(0.2, 1, 2, 2), id="stack")],
           errors=[ErrorSample(np.ones((2, 3)), np.ones(2), error=ValueError, match="linalg.householder_product: expected at least as many rows as columns")])  # fmt: skip
def linalg_householder_product(input, tau):
    """First n columns of the product of reflections I - tau[i] v v^H; v is column i of input below its diagonal, with 1 on it and 0 above.

    Shapes: input (..., m, n), m >= n; tau (..., k), k <= n; gives (..., m, n).
    >>> mg.linalg.householder_product(mg.tensor([[1.0], [0.0]]), mg.tensor([2.0])).tolist()
    [[-1.0], [0.0]]
    """
    m, n = _matrix("linalg.householder_product", input).shape[-2:]
    if m < n or tau.shape[-1] > n:
        raise ShapeError(f"linalg.householder_product: expected at least as many rows as columns, and as columns as reflections, got shapes {input.shape}, {tau.shape}")  # fmt: skip
    V = input.tril(-1) + _eye_like(input)
    return _reflect(V, tau, expand(_eye_like(input), input.shape), range(tau.shape[-1])[::-1])


@composite(own_errors=True, arrays="input tau", samples=lambda r: [Sample(r(4, 3), r.between(0.2, 1, 3), id="tall")], errors=[
    ErrorSample(np.ones((2, 3)), np.ones(2), error=ValueError, match="expected at least as many rows as columns")])  # fmt: skip
def orgqr(input, tau):
    """`linalg.householder_product` under its older name.

    >>> mg.orgqr(mg.tensor([[1.0], [0.0]]), mg.tensor([2.0])).tolist()
    [[-1.0], [0.0]]
    """
    return linalg_householder_product(input, tau)


def _product_samples(r):
    reflections = {"input": r(4, 3), "tau": r.between(0.2, 1, 3)}
    return [Sample(*reflections.values(), r(4, 2), left=True, transpose=False, id="left"), Sample(*reflections.values(), r(4, 2), left=True, transpose=True, id="left-transposed"),
            Sample(*reflections.values(), r(2, 4), left=False, transpose=False, id="right"), Sample(r(2, 4, 3), r.between(0.2, 1, 2, 3), r(2, 5, 4), left=False, transpose=True, id="stack")]  # fmt: skip


@composite(arrays="input tau other", samples=_product_samples, errors=[
    ErrorSample(np.ones((4, 3)), np.ones(3), np.ones((3, 2)), error=ValueError, match=r"ormqr: reflections of shape \(4, 3\) and a matrix of shape \(3, 2\) do not fit"),
    ErrorSample(np.ones((4, 3)), np.ones(4), np.ones((4, 2)), error=ValueError, match="ormqr: expected at most one reflection for each column")])  # fmt: skip
def ormqr(input, tau, other, left=True, transpose=False):
    """Q other, or with left=False other Q, for the square Q of reflections as `geqrf` gives them; transpose: with Q^H in its place.

    Shapes: input (..., n, k), tau (..., k), other (..., n, p), or (..., p, n) with left=False; gives other's.
    >>> a, tau = mg.geqrf(mg.tensor([[3.0], [4.0]]))
    >>> mg.ormqr(a, tau, mg.tensor([[3.0], [4.0]]), transpose=True).round()
    tensor([[-5.],
            [ 0.]])
    """
    n = _matrix("ormqr", input).shape[-2]
    if tau.shape[-1] > min(input.shape[-2:]):
        raise ShapeError(f"ormqr: expected at most one reflection for each column and row, got shapes {input.shape}, {tau.shape}")
    if _matrix("ormqr", other).shape[-2 if left else -1] != n:
        raise ShapeError(f"ormqr: reflections of shape {input.shape} and a matrix of shape {other.shape} do not fit")
    V = input.tril(-1) + _eye_like(input)
    steps = range(tau.shape[-1])
    if not left:  # C Q = (Q^H C^H)^H
        return _reflect(V, tau if transpose else tau.conj(), other.mH, steps[::-1] if transpose else steps).mH
    return _reflect(V, tau.conj() if transpose else tau, other, steps if transpose else steps[::-1])
