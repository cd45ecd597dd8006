"""Functions of matrices: inverses of any rank, least squares, powers, the exponential; tensors as matrices. mg.linalg, batched."""

from __future__ import annotations

import collections
import math

import numpy as np

from .. import _core
from ..errors import ShapeError
from ..registry import ErrorSample, Sample, composite, defop
from ._examples import by_numpy
from .linalg_solve import (
    FIELDS,
    NO_MATRIX,
    NOT_SQUARE,
    SINGULAR,
    _even,
    _eye_like,
    _inv,
    _lapack,
    _matrix,
    _symmetric,
    linalg_inv,
    linalg_solve,
    regular,
)
from .linalg_spectral import _rectangles, _squares, spread, symmetric
from .shape import cat, expand, reshape, unsqueeze

# ---- inverses of any rank ----


def _cutoff(largest, shape, dtype, atol, rtol):
    """Singular values up to max(atol, rtol * largest) count as 0; rtol is eps * max(m, n) unless given (or atol is)."""
    atol, rtol = (x.numpy(force=True) if isinstance(x, _core.Tensor) else x for x in (atol, rtol))
    if rtol is None:
        given = atol is not None and np.any(np.asarray(atol) > 0)
        rtol = 0.0 if given else np.finfo(dtype).eps * max(shape[-2:])
    return np.maximum(0.0 if atol is None else atol, np.asarray(rtol) * largest)


def _pinv_vjp(g, y, input):
    """Golub and Pereyra, SIAM J. Numer. Anal. 10 (1973), for constant rank."""
    gh, ph = g.mH, y.mH
    K = gh @ y
    Kph = K @ ph
    return Kph - (y @ K).mH - input @ (y @ Kph) + ph @ (y @ (gh - K @ input))


@defop(family="general", where="", ulp=256, dtypes=FIELDS, samples=lambda r: _rectangles(atol=None, rtol=None)(r), vjp={"input": _pinv_vjp})
def _pinv(input, atol, rtol):
    """Moore-Penrose inverse"""
    u, s, vh = _lapack("pinv", np.linalg.svd, input, full_matrices=False)
    top = s[..., :1] if s.shape[-1] else np.zeros((*s.shape[:-1], 1))
    cut = _cutoff(top, np.shape(input), s.dtype, *(np.asarray(x)[..., None] if np.ndim(x) else x for x in map(_array, (atol, rtol))))
    keep = s > cut
    scale = np.where(keep, 1 / np.where(keep, s, 1), 0).astype(s.dtype)
    return np.conj(np.swapaxes((u * scale[..., None, :]) @ vh, -1, -2))


def _array(x):
    return x.numpy(force=True) if isinstance(x, _core.Tensor) else x


@composite(arrays="A", where="linalg", samples=lambda r: [*_rectangles()(r), Sample(symmetric(r, 3, 3), hermitian=True, id="symmetric"), Sample(spread(r, 3, 2), rtol=1e-3, id="rtol")],
           errors=[NO_MATRIX])  # fmt: skip
def linalg_pinv(A, *, atol=None, rtol=None, hermitian=False):
    """Moore-Penrose inverse: the matrix that gives the smallest least-squares solution.

    Singular values up to max(atol, rtol * the largest) count as 0; rtol is eps * max(m, n) by default. hermitian: A is symmetric (its
    symmetric part is taken). Shapes: (..., m, n) gives (..., n, m). Gradients need a rank that does not change nearby.
    >>> mg.linalg.pinv(mg.tensor([[2.0], [0.0]])).tolist()
    [[0.5, 0.0]]
    """
    _matrix("linalg.pinv", A, hermitian)
    return _pinv(_even(A) if hermitian else A, atol, rtol)


@composite(own_errors=True, samples=_rectangles(), errors=[NO_MATRIX])
def pinverse(input, rcond=1e-15):
    """`linalg.pinv` under its older name. Shapes: (..., m, n) gives (..., n, m).

    >>> mg.pinverse(mg.tensor([[4.0]]))
    tensor([[0.2500]])
    """
    return linalg_pinv(input, rtol=rcond)


@composite(
    arrays="A",
    where="linalg",
    samples=lambda r: [*_rectangles()(r), Sample(np.ones((3, 2)), id="one"), Sample(spread(r, 3, 3), rtol=0.5, id="rtol")],
    errors=[NO_MATRIX],
)
def linalg_matrix_rank(A, *, atol=None, rtol=None, hermitian=False):
    """How many singular values are larger than max(atol, rtol * the largest); rtol is eps * max(m, n) by default. int64, no gradient.

    >>> mg.linalg.matrix_rank(mg.tensor([[1.0, 2.0], [2.0, 4.0]]))
    tensor(1)
    """

    def rank(a):
        s = np.sort(np.abs(np.linalg.eigvalsh(_symmetric(a))))[..., ::-1] if hermitian else np.linalg.svd(a, compute_uv=False)
        return _rank(s, a.shape, atol, rtol)

    return by_numpy(rank, _matrix("linalg.matrix_rank", A, hermitian))


def _rank(s, shape, atol, rtol):
    """How many of the singular values s count."""
    cut = _cutoff(s.max(-1, initial=0.0), shape, s.dtype, atol, rtol)
    return np.asarray((s > np.asarray(cut)[..., None]).sum(-1), np.int64)


Lstsq = collections.namedtuple("Lstsq", "solution residuals rank singular_values")
_DRIVERS = (None, "gels", "gelsy", "gelsd", "gelss")


@composite(own_errors=True, arrays="A B", where="linalg", samples=lambda r: [Sample(spread(r, 4, 2), r(4, 3), id="tall"), Sample(spread(r, 2, 4), r(2, 3), id="wide"), Sample(spread(r, 2, 4, 3), r(2, 4, 1), id="stack")],
           errors=[ErrorSample(np.ones((3, 2)), np.ones((2, 1)), error=ValueError, match="linalg.lstsq: matrices of shape .* do not fit"),
                   ErrorSample(np.ones((3, 2)), np.ones((3, 1)), driver="qr", error=ValueError, match="linalg.lstsq: driver must be")])  # fmt: skip
def linalg_lstsq(A, B, rcond=None, *, driver=None):
    """The smallest X for which |A X - B| is smallest, through the pseudo-inverse.

    A named tuple (solution, residuals, rank, singular_values). residuals: squared, for each column of B, if A is tall and of full rank
    and a driver other than "gelsy", the default, is named; otherwise empty. rank is empty for driver "gels", singular values for all but "gelsd" and "gelss". rcond: singular values up to rcond *
    the largest count as 0 (default eps * max(m, n)). Shapes: A (..., m, n), B (..., m, k) or a vector for each matrix. Gradients: of solution and residuals.
    >>> mg.linalg.lstsq(mg.tensor([[1.0], [1.0]]), mg.tensor([[1.0], [3.0]])).solution
    tensor([[2.0000]])
    """
    m, n = _matrix("linalg.lstsq", A).shape[-2:]
    if driver not in _DRIVERS:
        raise ValueError(f"linalg.lstsq: driver must be {', '.join(map(repr, _DRIVERS[1:]))}, got {driver!r}")
    vector = B.ndim == 1 or (B.ndim == A.ndim - 1 and B.shape == A.shape[:-1])
    rhs = unsqueeze(B, -1) if vector else B
    if rhs.shape[-2] != m:
        raise ShapeError(f"linalg.lstsq: matrices of shape {A.shape} and right-hand sides of shape {B.shape} do not fit")
    X = _pinv(A, None, rcond) @ rhs
    s = by_numpy(lambda a: np.linalg.svd(a, compute_uv=False), A)
    rank = by_numpy(lambda s: _rank(s, A.shape, None, rcond), s)
    nothing = _core.empty((0,), A.dtype.to_real())
    residuals = (
        ((A @ X - rhs).abs() ** 2).sum(-2) if m > n and driver not in (None, "gelsy") and (_core.whole(rank) == n).all() else nothing
    )
    known = _core.empty((0,), _core.int64) if driver == "gels" else rank
    values = s if driver in ("gelsd", "gelss") else nothing
    return Lstsq(X.squeeze(-1) if vector else X, residuals, known, values)


# ---- powers and the exponential ----


@composite(own_errors=True, where="mg Tensor linalg", samples=lambda r: [Sample(regular(r, 3, 3), n=n, id=f"power-{n}") for n in (0, 1, 5, -2)] + [Sample(regular(r, 2, 3, 3), n=3, id="stack")],
           errors=[ErrorSample(np.ones((2, 3)), 2, error=ValueError, match="expected square matrices"),
                   ErrorSample(SINGULAR, -1, error=RuntimeError, match="the matrix is singular")])  # fmt: skip
def matrix_power(input, n):
    """Integer power of square matrices, by repeated squaring; of a negative n, of the inverse. Shapes: (..., m, m).

    >>> mg.matrix_power(mg.tensor([[1.0, 1.0], [0.0, 1.0]]), 3)
    tensor([[1., 3.],
            [0., 1.]])
    """
    _matrix("linalg.matrix_power", input, True)
    if n < 0:
        input, n = _inv(input), -n
    if n == 0:
        return expand(_eye_like(input), input.shape).clone()
    result = None
    while True:
        if n & 1:
            result = input if result is None else result @ input
        n >>= 1
        if not n:
            return result.clone() if result is input else result
        input = input @ input


_PADE = (64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000, 10559470521600, 670442572800,
         33522128640, 1323241920, 40840800, 960960, 16380, 182, 1)  # fmt: skip


def _exp_vjp(g, input):
    """The upper right block of the exponential of [[A^H, G], [0, A^H]] (Mathias, SIAM J. Matrix Anal. Appl. 17, 1996)."""
    n, a = input.shape[-1], input.mH
    block = cat([cat([a, g], -1), cat([_core.full_of(a.shape, 0, a.dtype), a], -1)], -2)
    return _exp(block)[..., :n, n:]


@defop(family="general", where="", ulp=256, dtypes=FIELDS, samples=_squares(lambda r, *shape: r(*shape)), vjp={"input": _exp_vjp})
def _exp(input):
    """Exponentials of matrices: scaling, the Pade approximant of degree 13, squaring (Higham, SIAM J. Matrix Anal. Appl. 26, 2005)"""
    a = np.asarray(input)
    if not a.size:
        return a.copy()
    size = np.abs(a).sum(-2).max(-1)
    finite = np.isfinite(size)
    times = np.where(finite, np.maximum(0, np.ceil(np.log2(np.maximum(np.where(finite, size, 1) / 5.371920351148152, 1e-30)))), 0).astype(
        int
    )
    x = (a / np.exp2(times)[..., None, None]).astype(a.dtype)
    one = np.eye(a.shape[-1], dtype=a.dtype)
    x2 = x @ x
    x4 = x2 @ x2
    x6 = x4 @ x2
    b = [np.asarray(c / _PADE[0], x.real.dtype) for c in _PADE]
    odd = x @ (x6 @ (b[13] * x6 + b[11] * x4 + b[9] * x2) + b[7] * x6 + b[5] * x4 + b[3] * x2 + b[1] * one)
    even = x6 @ (b[12] * x6 + b[10] * x4 + b[8] * x2) + b[6] * x6 + b[4] * x4 + b[2] * x2 + b[0] * one
    y = np.linalg.solve(even - odd, even + odd) if finite.all() else np.full_like(a, np.nan)
    for k in range(int(times.max(initial=0))):
        y = np.where((times > k)[..., None, None], y @ y, y)
    return y


@composite(where="mg Tensor linalg", samples=_squares(lambda r, *shape: r(*shape)), errors=[NOT_SQUARE, NO_MATRIX])
def matrix_exp(input):
    """Exponential of square matrices. Shapes: (..., n, n).

    >>> mg.matrix_exp(mg.tensor([[0.0, 1.0], [0.0, 0.0]]))
    tensor([[1., 1.],
            [0., 1.]])
    """
    return _exp(_matrix("linalg.matrix_exp", input, True))


# ---- tensors as matrices ----


@composite(own_errors=True, arrays="A", where="linalg", samples=lambda r: [Sample(regular(r, 6, 6).reshape(2, 3, 6), id="two"), Sample(regular(r, 4, 4).reshape(4, 2, 2), ind=1, id="one")],
           errors=[ErrorSample(np.ones((2, 3)), 1, error=ValueError, match="linalg.tensorinv: sizes .* do not multiply to the same"),
                   ErrorSample(np.eye(2), 0, error=ValueError, match="linalg.tensorinv: expected a positive ind")])  # fmt: skip
def linalg_tensorinv(A, ind=2):
    """Inverse of A seen as a matrix, whose rows are the first `ind` dimensions. Shapes: (a..., b...) gives (b..., a...), equal products.

    >>> mg.linalg.tensorinv(mg.ones(1, 1, 1)).shape
    (1, 1, 1)
    """
    if ind <= 0:
        raise ShapeError(f"linalg.tensorinv: expected a positive ind, got {ind}")
    first, last = A.shape[:ind], A.shape[ind:]
    m, n = math.prod(first), math.prod(last)
    if m != n:
        raise ShapeError(f"linalg.tensorinv: sizes {first} and {last} do not multiply to the same")
    return reshape(linalg_inv(reshape(A, (m, n))), (*last, *first))


@composite(own_errors=True, arrays="A B", where="linalg", samples=lambda r: [Sample(regular(r, 6, 6).reshape(2, 3, 6), r(2, 3), id="two"), Sample(regular(r, 6, 6).reshape(2, 6, 3), r(2, 3), dims=(1,), id="dims")],
           errors=[ErrorSample(np.ones((2, 3, 4)), np.ones((2, 3)), error=ValueError, match="linalg.tensorsolve: shapes .* do not fit")])  # fmt: skip
def linalg_tensorsolve(A, B, dims=None):
    """X of tensordot(A, X, X.ndim) = B. dims: dimensions of A that are moved to its end first. Shapes: (b..., x...) and (b...) give (x...).

    >>> mg.linalg.tensorsolve(mg.full((1, 1), 2.0), mg.tensor([4.0]))
    tensor([2.])
    """
    if dims is not None:
        dims = (dims,) if isinstance(dims, int) else tuple(dims)
        A = A.movedim(dims, tuple(range(A.ndim - len(dims), A.ndim)))
    shape = A.shape[B.ndim :]
    n = math.prod(shape)
    if A.numel() != n * B.numel() or n != B.numel():
        raise ShapeError(f"linalg.tensorsolve: shapes {A.shape} and {B.shape} do not fit")
    return reshape(linalg_solve(reshape(A, (n, n)), reshape(B, (n,))), shape)
