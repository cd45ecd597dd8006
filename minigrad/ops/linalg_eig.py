"""Eigenvalues of any square matrix, complex as they are in general. mg.linalg, batched over leading dimensions."""

from __future__ import annotations

import collections

import numpy as np

from .. import _core
from ..registry import NONDIFF, Draw, ErrorSample, Sample, composite, defop
from .diagonal import diag_embed, diagonal
from .elementwise import _choose
from .linalg_solve import FIELDS, NO_FLOATS, NO_MATRIX, NOT_SQUARE, _lapack, _matrix, _solve
from .linalg_spectral import _diagonal_mask, _gaps
from .shape import unsqueeze

Eig = collections.namedtuple("Eig", "eigenvalues eigenvectors")


def turning(r: Draw, *shape: int) -> np.ndarray:
    """Matrices with a complex pair of eigenvalues, all of them well apart."""
    n = shape[-1]
    a = np.triu(0.3 * r(*shape), 1) + np.diag(np.arange(n) + 1.0)
    if n > 1:
        a[..., 1, 0], a[..., 0, 1] = 2.0, -1.5
    q, _ = np.linalg.qr(r(*shape))
    return q @ a @ np.swapaxes(q, -1, -2)


def _eig_vjp(g, y0, y1, input):
    """V^-H (diag(gw) + (V^H gV - V^H V diag(Re V^H gV)) / conj(gaps)) V^H (Boeddeker et al., arXiv:1701.00392); columns of V have length 1.

    That is for losses that the phase of an eigenvector does not change. With its largest element v_k kept positive, a change dv of the
    eigenvector means dv - i v Im(dv_k) / v_k, whose adjoint goes before.
    """
    inner = diag_embed(g[0]) if g[0] is not None else None
    if g[1] is not None:
        gv = g[1]
        at = y1.detach().abs().argmax(-2, keepdim=True)
        largest = _choose(_core.from_numpy(np.arange(y1.shape[-1])[:, None]) == at, y1, 0.0)
        turning = (y1.conj() * gv).sum(-2, keepdim=True).imag
        gv = gv - largest / (largest.abs() ** 2).sum(-2, keepdim=True) * turning * 1j
        turn = y1.mH @ gv
        turn = (turn - y1.mH @ (y1 * unsqueeze(diagonal(turn, 0, -2, -1).real, -2))) / _gaps(y0).conj()
        turn = _choose(_diagonal_mask(y0.shape[-1]), 0.0, turn)
        inner = turn if inner is None else inner + turn
    out = _solve(y1.mH, inner @ y1.mH)
    return out if input.is_complex() else out.real


def _complex_of(x):
    return np.complex64 if np.asarray(x).dtype in (np.float32, np.complex64) else np.complex128


@defop(family="general", outputs=2, where="", ulp=256, dtypes=FIELDS, vjp={"input": _eig_vjp}, samples=lambda r: [Sample(turning(r, 3, 3), id="matrix"), Sample(turning(r, 2, 4, 4), id="stack")])  # fmt: skip
def _eig(input):
    """Eigenvalues and eigenvectors, whose largest element is positive"""
    values, vectors = (x.astype(_complex_of(input)) for x in _lapack("eig", np.linalg.eig, input))
    if vectors.size:
        largest = np.take_along_axis(vectors, np.abs(vectors).argmax(-2)[..., None, :], -2)
        vectors *= np.conj(largest) / np.abs(largest)
    return values, vectors


@defop(family="general", where="", ulp=256, dtypes=FIELDS, vjp={"input": NONDIFF}, samples=lambda r: [Sample(turning(r, 2, 4, 4), id="stack")])  # fmt: skip
def _eigvals(input):
    """Eigenvalues alone, which take less work"""
    return _lapack("eigvals", np.linalg.eigvals, input).astype(_complex_of(input))


_SAMPLES = lambda r: [  # noqa: E731
    Sample(turning(r, 3, 3), id="matrix"), Sample(turning(r, 2, 4, 4), id="stack"), Sample(r(1, 1), id="one"), Sample(r(0, 3, 3), id="empty")]  # fmt: skip
_NAN = ErrorSample(np.full((2, 2), np.nan), error=RuntimeError, match="linalg.eig: Array must not contain infs or NaNs")


@composite(arrays="A", where="linalg", samples=_SAMPLES, errors=[NOT_SQUARE, NO_MATRIX, NO_FLOATS, _NAN])
def linalg_eig(A):
    """A = V diag(w) V^-1: eigenvalues in no order, eigenvectors of length 1 as columns. A named tuple (eigenvalues, eigenvectors).

    Shapes: (..., n, n) gives (..., n) and (..., n, n). Dtypes: floats and complex; the results are complex. Of the factors of
    magnitude 1 that an eigenvector may have, it has the one that makes its largest element positive (LAPACK and so PyTorch take any that
    makes it real): every loss has a gradient, if the eigenvalues are distinct.
    >>> mg.linalg.eig(mg.tensor([[0.0, -4.0], [1.0, 0.0]])).eigenvalues
    tensor([0.+2.j, 0.-2.j])
    """
    return Eig(*_eig(_matrix("linalg.eig", A, True)))


@composite(arrays="A", where="linalg", samples=_SAMPLES, errors=[NOT_SQUARE, NO_MATRIX, NO_FLOATS])
def linalg_eigvals(A):
    """Eigenvalues of square matrices, complex, in no order. Shapes: (..., n, n) gives (..., n). The gradient needs linearly independent
    eigenvectors.

    >>> mg.linalg.eigvals(mg.tensor([[0.0, -4.0], [1.0, 0.0]]))
    tensor([0.+2.j, 0.-2.j])
    """
    _matrix("linalg.eigvals", A, True)
    if A.requires_grad and _core.is_grad_enabled():
        return _eig(A)[0]
    return _eigvals(A)
