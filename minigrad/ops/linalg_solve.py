"""Linear systems: inverses, solutions, determinants, and the Cholesky and LU factors that they come from. mg.linalg, batched over leading dimensions.

Matrices that have to be symmetric (Hermitian) are taken as (A + A^H) / 2, as JAX does: the value is PyTorch's for a symmetric matrix, and
the gradient is symmetric, and right for any change of the input.
"""

from __future__ import annotations

import collections

import numpy as np

from .. import _core
from ..errors import DTypeError, GradError, LinAlgError, ShapeError
from ..registry import Draw, ErrorSample, Sample, composite, defop
from ._samples import COMPLEX, FLOATS
from .diagonal import tril, triu
from .elementwise import _choose
from .shape import expand, unsqueeze

# ---- arguments ----


def _matrix(op, x, square=False):
    """x, a floating-point matrix or a stack of them; otherwise an error."""
    if not isinstance(x, _core.Tensor):
        raise TypeError(f"{op}: expected a Tensor, got {type(x).__name__}")
    if not (x.is_floating_point() or x.is_complex()) or x.dtype in (_core.float16, _core.bfloat16):
        raise DTypeError(f"{op}: expected dtype float32, float64, complex64 or complex128, got {x.dtype.name}")
    if x.ndim < 2:
        raise ShapeError(f"{op}: expected a matrix or a stack of matrices, got shape {x.shape}")
    if square and x.shape[-1] != x.shape[-2]:
        raise ShapeError(f"{op}: expected square matrices, got shape {x.shape}")
    return x


def _lapack(op, function, *args, **options):
    """What NumPy's LAPACK gives; its failure under our name."""
    try:
        return function(*args, **options)
    except np.linalg.LinAlgError as error:
        text = (
            "the matrix is singular"
            if "Singular" in str(error)
            else "the matrix is not positive definite"
            if "positive" in str(error)
            else str(error)
        )
        raise LinAlgError(f"linalg.{op}: {text}") from None


def _symmetric(x):
    return (x + np.conj(np.swapaxes(x, -1, -2))) / 2


def _even(x):
    """The symmetric part of a gradient."""
    return (x + x.mH) / 2


def _phase_free(op, turning, along):
    """Refuse a gradient that depends on the phase of complex vectors, which is arbitrary: `turning` is what it has in that direction."""
    worst, scale = (_core.whole(x.detach().abs()).amax().item() if turning.numel() else 0.0 for x in (turning, along))
    if worst > 0.01 * max(1.0, scale):
        raise GradError(f"{op}: the loss depends on the phase of complex vectors, which is arbitrary: there is no gradient")


def regular(r: Draw, *shape: int) -> np.ndarray:
    """Random matrices that are far from singular."""
    return r(*shape) + 2 * np.sqrt(shape[-1]) * np.eye(shape[-2], shape[-1])


def positive_definite(r: Draw, *shape: int) -> np.ndarray:
    x = r(*shape)
    return x @ np.swapaxes(x, -1, -2) / shape[-1] + np.eye(shape[-1])


FIELDS = FLOATS + COMPLEX  # what LAPACK computes with


def _square_samples(draw=regular):
    return lambda r: [
        Sample(draw(r, 3, 3), id="matrix"),
        Sample(draw(r, 2, 2, 2), id="stack"),
        Sample(draw(r, 1, 1), id="one"),
        Sample(r(0, 3, 3), id="empty"),
    ]


SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]])
NOT_SQUARE = ErrorSample(np.ones((2, 3)), error=ValueError, match=r"expected square matrices, got shape \(2, 3\)")
NO_MATRIX = ErrorSample(np.ones(3), error=ValueError, match=r"expected a matrix or a stack of matrices, got shape \(3,\)")
NO_FLOATS = ErrorSample(
    np.ones((2, 2), np.int64), error=TypeError, match="expected dtype float32, float64, complex64 or complex128, got int64"
)

# ---- inverse ----


@defop(family="general", where="", ulp=64, dtypes=FIELDS, samples=_square_samples(), vjp={"input": lambda g, y: -(y.mH @ g @ y.mH)})
def _inv(input):
    """Inverse matrices"""
    return _lapack("inv", np.linalg.inv, input)


@composite(arrays="A", where="linalg", samples=_square_samples(),
           errors=[ErrorSample(SINGULAR, error=RuntimeError, match="linalg.inv: the matrix is singular"), NOT_SQUARE, NO_MATRIX, NO_FLOATS])  # fmt: skip
def linalg_inv(A):
    """Inverse of a matrix. Prefer `solve` to multiplying with it. Shapes: (..., n, n). Raises LinAlgError for a singular matrix.

    >>> mg.linalg.inv(mg.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    return _inv(_matrix("linalg.inv", A, True))


@composite(own_errors=True, samples=_square_samples(), errors=[ErrorSample(SINGULAR, error=RuntimeError, match="the matrix is singular")])
def inverse(input):
    """`linalg.inv` under its older name.

    >>> mg.inverse(mg.tensor([[2.0]]))
    tensor([[0.5000]])
    """
    return linalg_inv(input)


# ---- solve ----


@defop(family="general", where="", ulp=64, dtypes=FIELDS, samples=lambda r: [Sample(regular(r, 3, 3), r(3, 2), id="matrix"), Sample(regular(r, 2, 3, 3), r(2, 3, 4), id="stack")],
       vjp={("A", "B"): lambda g, y, A: _solve_vjp(g, y, A)})  # fmt: skip
def _solve(A, B):
    """X of A X = B"""
    return _lapack("solve", np.linalg.solve, A, B)


def _solve_vjp(g, y, A):
    gb = _solve(A.mH, g)
    return -(gb @ y.mH), gb


def _system(op, A, B, left):
    """A and B with equal leading dimensions, B as matrices; and whether B was a vector (a stack of vectors)."""
    _matrix(op, A, True)
    if not isinstance(B, _core.Tensor) or B.dtype is not A.dtype:
        raise DTypeError(f"{op}: expected B of dtype {A.dtype.name}, got {getattr(getattr(B, 'dtype', None), 'name', type(B).__name__)}")
    vector = B.ndim == 1 or (B.ndim == A.ndim - 1 and B.shape == A.shape[:-1])
    if vector:
        if not left:
            raise ShapeError(f"{op}: left=False needs matrices as B, got shape {B.shape}")
        B = unsqueeze(B, -1)
    if B.shape[-2 if left else -1] != A.shape[-1]:
        raise ShapeError(f"{op}: matrices of shape {A.shape} and right-hand sides of shape {B.shape} do not fit")
    if A.shape[:-2] == B.shape[:-2]:
        return A, B, vector
    try:
        lead = np.broadcast_shapes(A.shape[:-2], B.shape[:-2])
    except ValueError:
        raise ShapeError(f"{op}: leading dimensions of shapes {A.shape} and {B.shape} cannot be broadcast together") from None
    return expand(A, (*lead, *A.shape[-2:])), expand(B, (*lead, *B.shape[-2:])), vector


def _system_samples(r):
    return [
        Sample(regular(r, 3, 3), r(3, 2), id="matrix"), Sample(regular(r, 3, 3), r(3), id="vector"), Sample(regular(r, 2, 3, 3), r(2, 3), id="vectors"),
        Sample(regular(r, 2, 1, 3, 3), r(4, 3, 2), id="broadcast"), Sample(regular(r, 3, 3), r(2, 3), left=False, id="right"),
    ]  # fmt: skip


_NO_FIT = ErrorSample(
    np.eye(3), np.ones((2, 1)), error=ValueError, match=r"matrices of shape \(3, 3\) and right-hand sides of shape \(2, 1\) do not fit"
)


@composite(arrays="A B", where="linalg", samples=_system_samples, errors=[
    ErrorSample(SINGULAR, np.ones(2), error=RuntimeError, match="linalg.solve: the matrix is singular"), _NO_FIT,
    ErrorSample(np.eye(2), np.ones(2, np.float32), error=TypeError, match="linalg.solve: expected B of dtype float64, got float32")])  # fmt: skip
def linalg_solve(A, B, *, left=True):
    """X of A X = B (left=False: of X A = B), by LU with pivoting.

    Shapes: A (..., n, n); B (..., n, k), or (n,), or A's shape without its last dimension: a vector for each matrix. Leading dimensions
    broadcast. Raises LinAlgError for a singular matrix.
    >>> mg.linalg.solve(mg.tensor([[2.0, 0.0], [0.0, 4.0]]), mg.tensor([2.0, 2.0]))
    tensor([1.0000, 0.5000])
    """
    A, B, vector = _system("linalg.solve", A, B, left)
    X = _solve(A, B) if left else _solve(A.mT, B.mT).mT
    return X.squeeze(-1) if vector else X


# ---- triangular systems ----


def _substitute(A, B, unitriangular):
    """X of A X = B, of the upper triangle of A: from the last row up."""
    n = A.shape[-1]
    if n > 128:  # most of the work is a product
        h = n // 2
        low = _substitute(A[..., h:, h:], B[..., h:, :], unitriangular)
        top = _substitute(A[..., :h, :h], B[..., :h, :] - A[..., :h, h:] @ low, unitriangular)
        return np.concatenate([top, low], -2)
    A = np.triu(A, 1) + np.eye(n, dtype=A.dtype) if unitriangular else np.triu(A)
    if n > 8 and (np.diagonal(A, 0, -2, -1) != 0).all():
        return np.linalg.solve(A, B)  # which finds nothing to eliminate and substitutes
    X = np.array(B, np.result_type(A, B))
    with np.errstate(all="ignore"):
        for i in reversed(range(n)):
            X[..., i, :] = (X[..., i, :] - (A[..., i : i + 1, i + 1 :] @ X[..., i + 1 :, :])[..., 0, :]) / A[..., i, i, None]
    return X


def _triangular_plan(A, B, upper, unitriangular, adjoint=False):
    """The kernel takes any strides: an adjoint of real numbers is A read along its columns."""
    return _core.Plan(B.shape, params=(int(upper != adjoint), int(unitriangular)), arrays=(A.mT if adjoint else A, B))


@defop(family="general", kernel="solve_triangular", plan=_triangular_plan, strided=True, where="", cost=lambda A, y: y.size * A.shape[-1], ulp=64, dtypes=FIELDS,
       vjp={("A", "B"): lambda g, y, A, upper, unitriangular, adjoint: _triangular_vjp(g, y, A, upper, unitriangular, adjoint)},
       samples=lambda r: [Sample(regular(r, 3, 3), r(3, 2), upper=u, unitriangular=n, adjoint=a, id=f"{'upper' if u else 'lower'}{'-unit' * n}{'-adjoint' * a}")
                          for u in (True, False) for n in (True, False) for a in (True, False)])  # fmt: skip
def _solve_triangular(A, B, upper, unitriangular, adjoint=False):
    """X of A X = B, or of A^H X = B, by substitution; only the upper or lower triangle of A is read"""
    if adjoint:
        A, upper = np.conj(np.swapaxes(A, -1, -2)), not upper
    if upper:
        return _substitute(np.asarray(A), np.asarray(B), unitriangular)
    back = _substitute(np.flip(A, (-2, -1)), np.flip(B, -2), unitriangular)  # seen from its end it is an upper triangle
    return np.flip(back, -2)


def _triangular_vjp(g, y, A, upper, unitriangular, adjoint):
    gb = _solve_triangular(A, g, upper, unitriangular, not adjoint)
    ga = -(y @ gb.mH if adjoint else gb @ y.mH)
    return (triu(ga, int(unitriangular)) if upper else tril(ga, -int(unitriangular))), gb


@composite(arrays="A B", where="linalg", errors=[ErrorSample(np.eye(3), np.ones((2, 1)), upper=True, error=ValueError, match="do not fit")],
           samples=lambda r: [Sample(regular(r, 3, 3), r(3, 2), upper=True, id="upper"), Sample(regular(r, 2, 3, 3), r(3, 2), upper=False, unitriangular=True, id="unit"),
                              Sample(regular(r, 3, 3), r(2, 3), upper=False, left=False, id="right")])  # fmt: skip
def linalg_solve_triangular(A, B, *, upper, left=True, unitriangular=False):
    """X of A X = B (left=False: of X A = B) for triangular A, of which only the `upper` or lower triangle is read.

    unitriangular: the diagonal counts as ones. Zeros on the diagonal give infinities. Shapes: A (..., n, n), B (..., n, k), broadcast.
    >>> mg.linalg.solve_triangular(mg.tensor([[2.0, 0.0], [2.0, 1.0]]), mg.tensor([[2.0], [3.0]]), upper=False).tolist()
    [[1.0], [1.0]]
    """
    if isinstance(B, _core.Tensor) and B.ndim < 2:
        raise ShapeError(f"linalg.solve_triangular: expected matrices as B, got shape {B.shape}")
    if isinstance(A, _core.Tensor) and isinstance(B, _core.Tensor) and B.shape == A.shape[:-1]:
        B = expand(B, (*A.shape[:-2], *B.shape[-2:]))  # a matrix, never a stack of vectors
    A, B, _ = _system("linalg.solve_triangular", A, B, left)
    return _solve_triangular(A, B, upper, unitriangular) if left else _solve_triangular(A.mT, B.mT, not upper, unitriangular).mT


Triangular = collections.namedtuple("Triangular", "solution cloned_coefficient")


@composite(
    own_errors=True,
    arrays="b A",
    samples=lambda r: [
        Sample(r(3, 2), regular(r, 3, 3), id="upper"),
        Sample(r(3, 2), regular(r, 3, 3), upper=False, transpose=True, id="lower-transposed"),
    ],
    errors=[
        ErrorSample(
            np.ones((3, 2)), np.ones((4, 4)), error=ShapeError, match=r"of shape \(4, 4\) and right-hand sides of shape \(3, 2\) do not fit"
        )
    ],
)
def triangular_solve(b, A, upper=True, transpose=False, unitriangular=False):
    """`linalg.solve_triangular` under its older name, arguments exchanged; gives (solution, a copy of A's triangle).

    >>> mg.triangular_solve(mg.tensor([[2.0]]), mg.tensor([[4.0]])).solution
    tensor([[0.5000]])
    """
    solution = linalg_solve_triangular(A.mT if transpose else A, b, upper=upper != transpose, unitriangular=unitriangular)
    return Triangular(solution, A.clone())


# ---- Cholesky ----


def _cholesky_vjp(g, y):
    """L^-H sym(phi(L^H g)) L^-1, where phi takes the lower triangle and half of the diagonal (Murray, arXiv:1602.07527)."""
    phi = tril(y.mH @ g)
    phi = phi - phi * _eye_like(phi) / 2
    return _even(_solve_triangular(y, _solve_triangular(y, phi.mH, False, False, True).mH, False, False, True))


def _eye_like(x):
    return _core.from_numpy(np.eye(x.shape[-2], x.shape[-1], dtype=x.dtype.numpy))


@defop(family="general", where="", ulp=64, dtypes=FIELDS, samples=_square_samples(positive_definite), vjp={"input": _cholesky_vjp})
def _cholesky(input):
    """L of A = L L^H"""
    return _lapack("cholesky", np.linalg.cholesky, _symmetric(input))


_INDEFINITE = ErrorSample(
    np.array([[1.0, 2.0], [2.0, 1.0]]), error=RuntimeError, match="^(linalg.)?cholesky: the matrix is not positive definite"
)


@composite(arrays="A", where="linalg", samples=lambda r: [*_square_samples(positive_definite)(r), Sample(positive_definite(r, 3, 3), upper=True, id="upper")],
           errors=[_INDEFINITE, NOT_SQUARE, NO_MATRIX])  # fmt: skip
def linalg_cholesky(A, *, upper=False):
    """Lower triangular L with A = L L^H for a symmetric positive definite A (upper: U with A = U^H U).

    Of a matrix that is not symmetric the symmetric part is taken. Shapes: (..., n, n). Raises LinAlgError if A is not positive definite.
    >>> mg.linalg.cholesky(mg.tensor([[4.0, 2.0], [2.0, 5.0]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    y = _cholesky(_matrix("linalg.cholesky", A, True))
    return y.mH if upper else y


@composite(
    own_errors=True,
    samples=lambda r: [Sample(positive_definite(r, 3, 3), id="lower"), Sample(positive_definite(r, 3, 3), upper=True, id="upper")],
    errors=[_INDEFINITE],
)
def cholesky(input, upper=False):
    """`linalg.cholesky` under its older name.

    >>> mg.cholesky(mg.tensor([[4.0]]))
    tensor([[2.]])
    """
    return linalg_cholesky(input, upper=upper)


@composite(arrays="B L", samples=lambda r: [Sample(r(3, 2), regular(r, 3, 3), id="lower"), Sample(r(3, 2), regular(r, 3, 3), upper=True, id="upper")],
           errors=[ErrorSample(np.ones((2, 1)), np.eye(3), error=ValueError, match="do not fit")])  # fmt: skip
def cholesky_solve(B, L, upper=False):
    """X of A X = B, given the Cholesky factor of A. Shapes: B (..., n, k), L (..., n, n), broadcast.

    >>> mg.cholesky_solve(mg.tensor([[4.0]]), mg.tensor([[2.0]]))
    tensor([[1.]])
    """
    L, B, _ = _system("cholesky_solve", L, B, True)
    return _solve_triangular(L, _solve_triangular(L, B, upper, False, upper), upper, False, not upper)


@composite(
    own_errors=True,
    arrays="L",
    samples=lambda r: [Sample(regular(r, 3, 3), id="lower"), Sample(regular(r, 2, 3, 3), upper=True, id="upper")],
)
def cholesky_inverse(L, upper=False):
    """Inverse of A, given its Cholesky factor. Shapes: (..., n, n).

    >>> mg.cholesky_inverse(mg.tensor([[2.0]]))
    tensor([[0.2500]])
    """
    return cholesky_solve(expand(_eye_like(_matrix("cholesky_inverse", L, True)), L.shape), L, upper)


# ---- determinants ----


def _no_second(g):
    raise GradError("det: of a singular matrix only the first derivative is known")


@defop(
    family="general",
    where="",
    ulp=256,
    dtypes=FIELDS,
    samples=lambda r: [Sample(regular(r, 3, 3), id="matrix")],
    vjp={"input": _no_second},
    second_order_of="det",
)
def _cofactors(input):
    """Gradient of the determinant, of singular matrices too: conj(det(U V)) U diag(products of the other singular values) V"""
    u, s, vh = np.linalg.svd(input)
    n = s.shape[-1]
    others = np.stack([np.prod(np.delete(s, i, -1), -1) for i in range(n)], -1) if n else s
    return np.conj(np.linalg.det(u) * np.linalg.det(vh))[..., None, None] * ((u * others[..., None, :]) @ vh)


def _det_vjp(g, y, input):
    g = unsqueeze(unsqueeze(g, -1), -1)
    if (_core.whole(y.detach()) != 0).all().item():
        return g * unsqueeze(unsqueeze(y.conj(), -1), -1) * _inv(input).mH
    return g * _cofactors(input)


@defop(family="general", where="", ulp=64, dtypes=FIELDS, samples=_square_samples(), vjp={"input": _det_vjp})
def _det(input):
    """Determinants"""
    return np.asarray(np.linalg.det(input), np.asarray(input).dtype)


@composite(own_errors=True, where="mg Tensor linalg", samples=_square_samples(), errors=[NOT_SQUARE, NO_MATRIX, NO_FLOATS])
def det(input):
    """Determinant. Shapes: (..., n, n) gives (...). The gradient is right for singular matrices too; the second
    raises GradError for them.

    >>> mg.det(mg.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor(-2.)
    """
    return _det(_matrix("linalg.det", input, True))


Slogdet = collections.namedtuple("Slogdet", "sign logabsdet")


def _slogdet_vjp(g, y0, input):
    """With t = tr(A^-1 dA), d log|det A| = Re t and d sign = i sign Im t: the sign of a real determinant stays where it is."""
    along = g[1]
    if g[0] is not None and input.is_complex():
        turn = (g[0].conj() * y0).imag * -1j
        along = turn if along is None else along + turn
    return input * 0 if along is None else unsqueeze(unsqueeze(along, -1), -1) * _inv(input).mH


@defop(family="general", outputs=2, where="", ulp=64, dtypes=FIELDS, samples=_square_samples(), vjp={"input": _slogdet_vjp})
def _slogdet(input):
    """Sign and logarithm of the absolute value of determinants"""
    sign, value = np.linalg.slogdet(input)
    return sign, value


@composite(where="mg Tensor linalg", arrays="A", samples=_square_samples(), errors=[NOT_SQUARE, NO_MATRIX])
def slogdet(A):
    """Sign and logarithm of the absolute value of the determinant: a named tuple (sign, logabsdet), where the determinant would overflow.

    Shapes: (..., n, n) gives twice (...). A singular matrix gives 0 and -inf; its gradient raises LinAlgError.
    >>> mg.slogdet(mg.tensor([[0.0, 1.0], [1.0, 0.0]])).sign
    tensor(-1.)
    """
    sign, value = _slogdet(_matrix("linalg.slogdet", A, True))
    return Slogdet(sign, value)


@composite(own_errors=True, samples=_square_samples(positive_definite), errors=[NOT_SQUARE])
def logdet(input):
    """Logarithm of the determinant; NaN if that is real and negative, -inf if it is 0. Shapes: (..., n, n) gives (...).

    >>> mg.logdet(mg.tensor([[1.0]]))
    tensor(0.)
    """
    sign, value = slogdet(input)
    return sign.log() + value if sign.is_complex() else _choose(sign < 0, float("nan"), value)
