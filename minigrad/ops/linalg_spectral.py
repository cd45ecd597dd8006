"""Factors of matrices: QR, singular values, eigenvalues. mg.linalg, batched over leading dimensions.

The factors are determined up to signs only. LAPACK's choice of them does not change with a small change of the matrix, so that gradients
of the factors themselves exist; where singular values or eigenvalues coincide they do not, and come out as infinities or NaN.
"""

from __future__ import annotations

import collections

import numpy as np

from .. import _core
from ..errors import GradError
from ..registry import NONDIFF, Draw, ErrorSample, Sample, composite, defop
from .diagonal import diag_embed, diagonal, triu
from .elementwise import _choose
from .linalg_solve import (
    FIELDS,
    NO_MATRIX,
    NOT_SQUARE,
    _cholesky,
    _even,
    _eye_like,
    _lapack,
    _matrix,
    _phase_free,
    _solve_triangular,
    _symmetric,
    regular,
)  # fmt: skip
from .shape import cat, flip, unsqueeze

# ---- samples ----


def spread(r: Draw, *shape: int) -> np.ndarray:
    """Matrices whose singular values lie well apart."""
    m, n = shape[-2:]
    k = min(m, n)
    u, _ = np.linalg.qr(r(*shape[:-2], m, k))
    v, _ = np.linalg.qr(r(*shape[:-2], n, k))
    return (u * (np.arange(k) + 1.0 + r.between(0, 0.3, *shape[:-2], 1, k))) @ np.swapaxes(v, -1, -2)


def symmetric(r: Draw, *shape: int) -> np.ndarray:
    """Symmetric matrices whose eigenvalues lie well apart, of both signs."""
    q, _ = np.linalg.qr(r(*shape))
    values = np.arange(shape[-1]) - 1.4 + r.between(0, 0.3, *shape[:-2], 1, shape[-1])  # none near 0
    return (q * values) @ np.swapaxes(q, -1, -2)


def _rectangles(draw=spread, **params):
    return lambda r: [
        Sample(draw(r, 3, 3), id="square", **params),
        Sample(draw(r, 2, 3, 5), id="wide", **params),
        Sample(draw(r, 4, 2), id="tall", **params),
    ]


def _squares(draw):
    return lambda r: [
        Sample(draw(r, 3, 3), id="matrix"),
        Sample(draw(r, 2, 4, 4), id="stack"),
        Sample(draw(r, 1, 1), id="one"),
        Sample(r(0, 3, 3), id="empty"),
    ]


# ---- QR ----

QR = collections.namedtuple("QR", "Q R")


def _qr_vjp(g, y0, y1):
    """(gQ + Q sym(triu(gR R^H - Q^H gQ))) R^-H, of at least as many rows as columns (Walter, Lehmann, Lamour, 2012)."""
    inner = 0
    if g[1] is not None:
        inner = inner + g[1] @ y1.mH
    if g[0] is not None:
        inner = inner - y0.mH @ g[0]
    inner = triu(inner)
    inner = inner + inner.mH
    inner = inner - inner * _eye_like(inner) / 2
    left = y0 @ inner if g[0] is None else g[0] + y0 @ inner
    return _solve_triangular(y1, left.mH, True, False).mH


@defop(
    family="general",
    outputs=2,
    where="",
    ulp=64,
    dtypes=FIELDS,
    vjp={"input": _qr_vjp},
    samples=lambda r: [Sample(regular(r, 3, 3), id="square"), Sample(r(2, 4, 3), id="tall")],
)
def _qr(input):
    """Orthonormal columns and an upper triangle, of at least as many rows as columns"""
    return _lapack("qr", np.linalg.qr, input)


@defop(family="general", outputs=2, where="", ulp=64, dtypes=FIELDS, vjp={"input": NONDIFF}, samples=lambda r: [Sample(r(4, 2), id="tall")])
def _qr_complete(input):
    """Q square"""
    return _lapack("qr", np.linalg.qr, input, "complete")


@composite(arrays="A", where="linalg", samples=lambda r: [*_rectangles()(r), Sample(spread(r, 3, 5), mode="complete", id="complete"), Sample(r(0, 3), id="empty")],
           errors=[NO_MATRIX, ErrorSample(np.ones((2, 2)), mode="full", error=ValueError, match="linalg.qr: mode must be 'reduced', 'complete' or 'r', got 'full'")])  # fmt: skip
def linalg_qr(A, mode="reduced"):
    """A = Q R: orthonormal columns, an upper triangle. A named tuple (Q, R).

    mode: "reduced": Q (..., m, k), R (..., k, n), k = min(m, n); "complete": Q (..., m, m), R (..., m, n); "r": R alone, Q is empty.
    Gradients need linearly independent first k columns; "r", and "complete" of a tall matrix, have none: GradError.
    >>> mg.linalg.qr(mg.tensor([[3.0], [4.0]])).R.abs()
    tensor([[5.]])
    """
    _matrix("linalg.qr", A)
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(f"linalg.qr: mode must be 'reduced', 'complete' or 'r', got {mode!r}")
    m, n = A.shape[-2:]
    recording = A.requires_grad and _core.is_grad_enabled()
    if mode == "complete" and m > n:
        if recording:
            raise GradError(
                "linalg.qr: mode 'complete' of a tall matrix is not differentiable: its last columns are arbitrary; detach() it"
            )
        return QR(*_qr_complete(A))
    if mode == "r" and recording:
        raise GradError("linalg.qr: mode 'r' is not differentiable, its gradient needs Q; use 'reduced'")
    if m < n:  # the left square part, and what it makes of the rest
        Q, R = _qr(A[..., :m])
        R = cat([R, Q.mH @ A[..., m:]], -1)
    else:
        Q, R = _qr(A)
    return QR(_core.empty((0,), A.dtype), R) if mode == "r" else QR(Q, R)


@composite(own_errors=True, samples=lambda r: [Sample(spread(r, 4, 3), id="tall")], errors=[NO_MATRIX])
def qr(input, some=True):
    """`linalg.qr` under its older name; some=False is mode "complete".

    >>> mg.qr(mg.tensor([[2.0]])).R.abs()
    tensor([[2.]])
    """
    return linalg_qr(input, "reduced" if some else "complete")


# ---- singular values ----

SVD = collections.namedtuple("SVD", "U S Vh")
OldSVD = collections.namedtuple("OldSVD", "U S V")


def _gaps(values):
    """values_j - values_i, with ones on the diagonal."""
    gap = unsqueeze(values, -2) - unsqueeze(values, -1)
    return _choose(_diagonal_mask(values.shape[-1]), 1.0, gap)


def _diagonal_mask(n):
    return _core.from_numpy(np.eye(n, dtype=bool))


def _svd_vjp(g, y0, y1, y2):
    """Townsend, "Differentiating the singular value decomposition" (2016); what full_matrices adds to the factors takes no part."""
    S, k = y1, y1.shape[-1]
    U, Vh = y0[..., :k], y2[..., :k, :]
    V = Vh.mH
    gap = _gaps(S * S)
    inner = None
    gu = g[0][..., :k] if g[0] is not None else None
    gv = g[2][..., :k, :].mH if g[2] is not None else None

    def add(x, z):
        return z if x is None else x + z

    def skew(x):  # X - X^H without its diagonal, which is the phase of a vector
        return _choose(_diagonal_mask(k), 0.0, (x - x.mH) / gap)

    left = U.mH @ gu if gu is not None else None
    right = V.mH @ gv if gv is not None else None
    if left is not None:
        inner = add(inner, skew(left) * unsqueeze(S, -2))
    if right is not None:
        inner = add(inner, unsqueeze(S, -1) * skew(right))
    if U.is_complex() and (left is not None or right is not None):
        phases = [diagonal(x, 0, -2, -1).imag for x in (left, right) if x is not None]
        _phase_free("linalg.svd", sum(phases), left if right is None else right if left is None else cat([left, right], -1))
        if left is not None:
            inner = inner + diag_embed(phases[0] * 1j / S)
    out = 0
    if inner is not None:
        out = U @ inner @ Vh
    if g[1] is not None:
        out = out + (U * unsqueeze(g[1], -2)) @ Vh
    if gu is not None and U.shape[-2] > k:
        scaled = gu / unsqueeze(S, -2)
        out = out + (scaled - U @ (U.mH @ scaled)) @ Vh
    if gv is not None and V.shape[-2] > k:
        scaled = gv / unsqueeze(S, -2)
        out = out + U @ (scaled - V @ (V.mH @ scaled)).mH
    return out


@defop(family="general", outputs=3, where="", ulp=256, dtypes=FIELDS, samples=_rectangles(full=False), vjp={"input": _svd_vjp})
def _svd(input, full):
    """Singular value decomposition"""
    return _lapack("svd", np.linalg.svd, input, full)


@composite(arrays="A", where="linalg", samples=lambda r: _rectangles(full_matrices=False)(r), errors=[NO_MATRIX])
def linalg_svd(A, full_matrices=True, *, driver=None):
    """A = U diag(S) Vh, singular values falling. A named tuple (U, S, Vh).

    Shapes: A (..., m, n), S (..., k), k = min(m, n), U (..., m, m), Vh (..., n, n); full_matrices=False: U (..., m, k), Vh (..., k, n).
    Gradients of U and Vh need distinct singular values, none of them 0 unless A is square; those of the columns that full_matrices adds
    count as 0.
    >>> mg.linalg.svd(mg.tensor([[3.0, 0.0], [0.0, 4.0]])).S
    tensor([4., 3.])
    """
    return SVD(*_svd(_matrix("linalg.svd", A), bool(full_matrices)))


@defop(family="general", where="", ulp=256, dtypes=FIELDS, samples=_rectangles(), vjp={"input": NONDIFF})
def _svdvals(input):
    """Singular values alone, which take less work"""
    return _lapack("svdvals", np.linalg.svd, input, compute_uv=False)


@composite(arrays="A", where="linalg", samples=_rectangles(), errors=[NO_MATRIX])
def linalg_svdvals(A, *, driver=None):
    """Singular values, falling. Shapes: (..., m, n) gives (..., min(m, n)).

    >>> mg.linalg.svdvals(mg.tensor([[3.0, 0.0], [0.0, 4.0]]))
    tensor([4., 3.])
    """
    _matrix("linalg.svdvals", A)
    if A.requires_grad and _core.is_grad_enabled():
        return _svd(A, False)[1]
    return _svdvals(A)


@composite(own_errors=True, samples=_rectangles(), errors=[NO_MATRIX])
def svd(input, some=True, compute_uv=True):
    """`linalg.svd` under its older name, with V in the place of Vh; some=False is full_matrices=True.

    >>> mg.svd(mg.tensor([[3.0, 0.0], [0.0, 4.0]])).S
    tensor([4., 3.])
    """
    U, S, Vh = linalg_svd(input, not some)
    if not compute_uv:
        m, n = input.shape[-2:]
        zeros = [_core.full_of((*input.shape[:-2], s, s), 0, input.dtype) for s in (m, n)]
        return OldSVD(zeros[0], S, zeros[1])
    return OldSVD(U, S, Vh.mH)


# ---- eigenvalues of symmetric matrices ----

Eigh = collections.namedtuple("Eigh", "eigenvalues eigenvectors")


def _eigh_vjp(g, y0, y1):
    """V (diag(gw) + (V^H gV) / gaps) V^H (Giles, 2008)."""
    out = 0
    if g[0] is not None:
        out = (y1 * unsqueeze(g[0], -2)) @ y1.mH
    if g[1] is not None:
        turn = y1.mH @ g[1]
        if y1.is_complex():
            _phase_free("linalg.eigh", diagonal(turn, 0, -2, -1).imag, turn)
        out = out + y1 @ _choose(_diagonal_mask(y0.shape[-1]), 0.0, turn / _gaps(y0)) @ y1.mH
    return _even(out)


@defop(family="general", outputs=2, where="", ulp=256, dtypes=FIELDS, samples=_squares(symmetric), vjp={"input": _eigh_vjp})
def _eigh(input):
    """Eigenvalues and eigenvectors of the symmetric part"""
    return _lapack("eigh", np.linalg.eigh, _symmetric(input))


def _uplo(op, UPLO):
    if UPLO.upper() not in ("L", "U"):
        raise ValueError(f"{op}: UPLO must be 'L' or 'U', got {UPLO!r}")


@composite(arrays="A", where="linalg", samples=_squares(symmetric), errors=[
    NOT_SQUARE, NO_MATRIX, ErrorSample(np.eye(2), "X", error=ValueError, match="linalg.eigh: UPLO must be 'L' or 'U', got 'X'")])  # fmt: skip
def linalg_eigh(A, UPLO="L"):
    """A = V diag(w) V^H for symmetric A: eigenvalues rising, orthonormal eigenvectors as columns. A named tuple (eigenvalues, eigenvectors).

    Of a matrix that is not symmetric the symmetric part is taken, whatever UPLO says. Shapes: (..., n, n) gives (..., n) and (..., n, n).
    Gradients of eigenvectors need distinct eigenvalues.
    >>> mg.linalg.eigh(mg.tensor([[2.0, 1.0], [1.0, 2.0]])).eigenvalues
    tensor([1., 3.])
    """
    _uplo("linalg.eigh", UPLO)
    return Eigh(*_eigh(_matrix("linalg.eigh", A, True)))


@composite(own_errors=True, arrays="A", where="linalg", samples=_squares(symmetric), errors=[NOT_SQUARE, NO_MATRIX])
def linalg_eigvalsh(A, UPLO="L"):
    """Eigenvalues of symmetric matrices, rising. Shapes: (..., n, n) gives (..., n).

    >>> mg.linalg.eigvalsh(mg.tensor([[2.0, 1.0], [1.0, 2.0]]))
    tensor([1., 3.])
    """
    return linalg_eigh(A, UPLO).eigenvalues


# ---- the largest of them ----


def _definite(r):
    a = np.diag(np.arange(9) + 2.0) + 0.3 * symmetric(r, 9, 9)
    return a


@composite(own_errors=True, arrays="A", where="mg", samples=lambda r: [Sample(_definite(r), k=2, id="largest"), Sample(_definite(r), k=3, largest=False, id="smallest"),
                                                                 Sample(_definite(r), k=2, B=_definite(r), id="generalised")], errors=[
    NO_MATRIX, NOT_SQUARE, ErrorSample(np.eye(3), k=4, error=ValueError, match="lobpcg: k must be from 1 to 3, got 4")])  # fmt: skip
def lobpcg(A, k=None, B=None, X=None, n=None, iK=None, niter=None, tol=None, largest=None, method=None, tracker=None, ortho_iparams=None,
           ortho_fparams=None, ortho_bparams=None):  # fmt: skip
    """The k largest (or smallest) eigenvalues of symmetric matrices, largest (smallest) first, and their eigenvectors: A x = lambda B x.

    Unlike PyTorch's there are no iterations: matrices are dense here, and `linalg.eigh` decomposes them whole. So what steers iterations
    (X but for its width, iK, niter, tol, method, ortho_*) changes nothing, n may be any size, and `tracker` is refused. The largest
    component of an eigenvector is positive.
    Shapes: A (..., n, n), B the same or None, positive definite; gives (..., k), (..., n, k). k: default the columns of X, or 1.
    >>> mg.lobpcg(mg.tensor([[2.0, 0.0], [0.0, 3.0]]))[0]
    tensor([3.])
    """
    m = _matrix("lobpcg", A, True).shape[-1]
    k = (1 if X is None else X.shape[-1]) if k is None else k
    if not 0 < k <= m:
        raise ValueError(f"lobpcg: k must be from 1 to {m}, got {k}")
    if tracker is not None:
        raise TypeError("lobpcg: there are no iterations that a tracker could follow")
    L = None if B is None else _cholesky(B)
    if L is not None:
        A = _solve_triangular(L, _solve_triangular(L, A, False, False).mH, False, False).mH
    values, vectors = _eigh(A)
    if L is not None:
        vectors = _solve_triangular(L, vectors, False, False, True)
    if largest is None or largest:
        values, vectors = flip(values, (-1,)), flip(vectors, (-1,))
    vectors = vectors[..., :k]
    if not vectors.is_complex():  # LAPACK's signs may change with the least change of A
        plain = vectors.detach()
        vectors = vectors * plain.gather(-2, plain.abs().argmax(-2, True)).sign()
    return values[..., :k], vectors
