"""LU factors; and the forms of factorizations that give a number in the place of an error. mg.linalg, batched over leading dimensions."""

from __future__ import annotations

import collections

import numpy as np

from .. import _core
from ..errors import LinAlgError
from ..registry import ErrorSample, Sample, composite, defop
from .diagonal import diagonal, tril, triu
from .elementwise import _choose
from .linalg_solve import (
    NO_MATRIX,
    SINGULAR,
    _cholesky,
    _eye_like,
    _inv,
    _matrix,
    _solve,
    _solve_triangular,
    _square_samples,
    _symmetric,
    _system,
    _system_samples,
    positive_definite,
    regular,
)  # fmt: skip
from .shape import cat, reshape, unsqueeze

# ---- LU ----


def _eliminate(a, pivot):
    """L and U in one array, and the rows that changed places, for a stack of matrices (right-looking, one column at a time)."""
    a = np.array(a)
    m, n = a.shape[-2:]
    flat = a.reshape(-1, m, n)
    swaps = np.tile(np.arange(min(m, n)), (len(flat), 1))
    every = np.arange(len(flat))
    for k in range(min(m, n)):
        if pivot:
            at = k + np.argmax(np.abs(flat[:, k:, k]), 1)
            swaps[:, k] = at
            flat[every, k], flat[every, at] = flat[every, at].copy(), flat[every, k].copy()
        with np.errstate(all="ignore"):
            scale = flat[:, k, k, None]
            flat[:, k + 1 :, k] = np.where(scale == 0, 0, flat[:, k + 1 :, k] / np.where(scale == 0, 1, scale))
        flat[:, k + 1 :, k + 1 :] -= flat[:, k + 1 :, k, None] * flat[:, None, k, k + 1 :]
    return a, swaps.reshape(*a.shape[:-2], min(m, n))


def _order_of(swaps, m):
    """The order of rows that a sequence of exchanges leaves."""
    flat = swaps.reshape(-1, swaps.shape[-1])
    order, every = np.tile(np.arange(m), (len(flat), 1)), np.arange(len(flat))
    for k in range(flat.shape[1]):
        at = flat[:, k]
        order[every, k], order[every, at] = order[every, at].copy(), order[every, k].copy()
    return order.reshape(*swaps.shape[:-1], m)


def _lu_vjp(g, y0, y1):
    """L^-H (tril(L^H gL, -1) + triu(gU U^H)) U^-H"""
    inner = 0
    if g[0] is not None:
        inner = inner + tril(y0.mH @ g[0], -1)
    if g[1] is not None:
        inner = inner + triu(g[1] @ y1.mH)
    left = _solve_triangular(y0.mH, inner, True, True)
    return _solve_triangular(y1, left.mH, True, False).mH


@defop(family="general", outputs=2, where="", ulp=64, samples=_square_samples(), vjp={"input": _lu_vjp})
def _lu_square(input):
    """L and U of square matrices, without exchange of rows"""
    a, _ = _eliminate(input, False)
    return np.tril(a, -1) + np.eye(a.shape[-1], dtype=a.dtype), np.triu(a)


def _lu(op, A, pivot):
    """(L, U, exchanges): square parts by elimination, what is left over by triangular systems."""
    _matrix(op, A)
    m, n = A.shape[-2:]
    k = min(m, n)
    swaps = _eliminate(A.numpy(force=True), pivot)[1] if pivot else np.tile(np.arange(k), (*A.shape[:-2], 1))
    if pivot:
        order = _core.from_numpy(_order_of(swaps, m))
        A = A.take_along_dim(unsqueeze(order, -1), -2)
    L, U = _lu_square(A[..., :k, :k])
    if m > k:
        L = cat([L, _solve_triangular(U.mT, A[..., k:, :].mT, False, False).mT], -2)
    if n > k:
        U = cat([U, _solve_triangular(L, A[..., k:], False, True)], -1)
    return L, U, swaps


LU = collections.namedtuple("LU", "P L U")
Factor = collections.namedtuple("Factor", "LU pivots")


def _rectangles(r):
    return [Sample(r(3, 3), id="square"), Sample(r(2, 3, 5), id="wide"), Sample(r(4, 2), id="tall")]


@composite(
    arrays="A",
    where="linalg",
    samples=lambda r: [*_rectangles(r), Sample(regular(r, 3, 3), pivot=False, id="no-pivot")],
    errors=[NO_MATRIX],
)
def linalg_lu(A, *, pivot=True):
    """A = P L U: a permutation, a lower triangle with ones on the diagonal, an upper triangle. A named tuple (P, L, U).

    Shapes: A (..., m, n), P (..., m, m), L (..., m, k), U (..., k, n), k = min(m, n). pivot=False: no rows are exchanged, and P is empty.
    >>> mg.linalg.lu(mg.tensor([[0.0, 2.0], [1.0, 0.0]])).U
    tensor([[1., 0.],
            [0., 2.]])
    """
    L, U, swaps = _lu("linalg.lu", A, pivot)
    if not pivot:
        return LU(_core.empty((0,), A.dtype), L, U)
    return LU(_permutation(swaps, A.shape[-2], A.dtype), L, U)


@composite(arrays="A", where="linalg", samples=_rectangles, errors=[NO_MATRIX])
def linalg_lu_factor(A, *, pivot=True):
    """L and U of A = P L U in one matrix, and the exchanges of rows: pivots[i] is the row (from 1) that row i + 1 changed places with.

    A named tuple (LU, pivots), for `lu_solve`. Shapes: (..., m, n) and (..., min(m, n)), int32.
    >>> mg.linalg.lu_factor(mg.tensor([[0.0, 2.0], [1.0, 0.0]])).pivots
    tensor([2, 2], dtype=minigrad.int32)
    """
    L, U, swaps = _lu("linalg.lu_factor", A, pivot)
    m, n = A.shape[-2:]
    k = min(m, n)
    packed = tril(L[..., :k, :], -1) + U[..., :k]
    packed = cat([packed, L[..., k:, :]], -2) if m > k else cat([packed, U[..., k:]], -1) if n > k else packed
    return Factor(packed, _core.from_numpy((swaps + 1).astype(np.int32)))


@composite(arrays="LU pivots B", constants=("pivots",), where="linalg", samples=lambda r: [
    Sample(regular(r, 3, 3), np.array([2, 3, 3], np.int32), r(3, 2), id="matrix"), Sample(regular(r, 3, 3), np.array([2, 2, 3], np.int32), r(2, 3), left=False, id="right"),
    Sample(regular(r, 3, 3), np.array([3, 3, 3], np.int32), r(3, 2), adjoint=True, id="adjoint")],
    errors=[ErrorSample(np.eye(3), np.array([1, 2, 3], np.int32), np.ones((2, 1)), error=ValueError, match="do not fit")])  # fmt: skip
def linalg_lu_solve(LU, pivots, B, *, left=True, adjoint=False):
    """X of A X = B, given `lu_factor(A)`; left=False: of X A = B; adjoint: with A^H in the place of A.

    Shapes: LU (..., n, n), pivots (..., n), B (..., n, k), broadcast.
    >>> mg.linalg.lu_solve(*mg.linalg.lu_factor(mg.tensor([[0.0, 2.0], [1.0, 0.0]])), mg.tensor([[2.0], [3.0]])).tolist()
    [[3.0], [1.0]]
    """
    if not left:
        return linalg_lu_solve(LU, pivots, B.mH, adjoint=not adjoint).mH
    LU, B, _ = _system("linalg.lu_solve", LU, B, True)
    order = _order_of(pivots.numpy().astype(np.int64) - 1, LU.shape[-1])
    order = unsqueeze(_core.from_numpy(np.broadcast_to(order, LU.shape[:-1]).copy()), -1)
    if adjoint:
        Y = _solve_triangular(LU.mH, _solve_triangular(LU.mH, B, False, False), True, True)
        return Y.take_along_dim(order.argsort(-2), -2)
    return _solve_triangular(LU, _solve_triangular(LU, B.take_along_dim(order, -2), False, True), True, False)


@composite(arrays="b LU_data LU_pivots", constants=("LU_pivots",), samples=lambda r: [Sample(r(3, 2), regular(r, 3, 3), np.array([2, 3, 3], np.int32), id="matrix")],
           errors=[ErrorSample(np.ones((2, 1)), np.eye(3), np.array([1, 2, 3], np.int32), error=ValueError, match="do not fit")])  # fmt: skip
def lu_solve(b, LU_data, LU_pivots):
    """`linalg.lu_solve` under its older name, arguments exchanged.

    >>> mg.lu_solve(mg.tensor([[2.0]]), *mg.linalg.lu_factor(mg.tensor([[4.0]])))
    tensor([[0.5]])
    """
    return linalg_lu_solve(LU_data, LU_pivots, b)


@composite(arrays="LU_data LU_pivots", where="mg", constants=("LU_pivots",), samples=lambda r: [
    Sample(r(3, 3), np.array([2, 3, 3], np.int32), id="square"), Sample(r(2, 3, 5), np.array([[2, 3, 3], [1, 2, 3]], np.int32), id="wide"), Sample(r(4, 2), np.array([4, 3], np.int32), id="tall")],
    errors=[ErrorSample(np.ones(3), np.ones(3, np.int32), error=ValueError, match="lu_unpack: expected a matrix")])  # fmt: skip
def lu_unpack(LU_data, LU_pivots, unpack_data=True, unpack_pivots=True):
    """(P, L, U) of what `linalg.lu_factor` gives; parts that are not asked for are empty.

    >>> mg.lu_unpack(*mg.linalg.lu_factor(mg.tensor([[0.0, 2.0], [1.0, 0.0]])))[0].tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    m, n = _matrix("lu_unpack", LU_data).shape[-2:]
    k = min(m, n)
    P = L = U = _core.empty((0,), LU_data.dtype)
    if unpack_pivots:
        P = _permutation(LU_pivots.numpy().astype(np.int64) - 1, m, LU_data.dtype)
    if unpack_data:
        L, U = tril(LU_data[..., :k], -1), triu(LU_data[..., :k, :])
        L = L + _eye_like(L)
    return LU(P, L, U)


def _permutation(swaps, m, dtype):
    """P of A = P L U."""
    return _core.from_numpy(np.ascontiguousarray(np.swapaxes(np.eye(m, dtype=dtype.numpy)[_order_of(swaps, m)], -1, -2)))


# ---- the same with a number in the place of an error ----

Info = collections.namedtuple("Info", "result info")
InvEx = collections.namedtuple("InvEx", "inverse info")
CholeskyEx = collections.namedtuple("CholeskyEx", "L info")
FactorEx = collections.namedtuple("FactorEx", "LU pivots info")


def _singular_at(A):
    """For each matrix 0, or the position (from 1) of the first pivot that is 0."""
    a = A.numpy(force=True)
    zero = np.diagonal(_eliminate(a, True)[0], 0, -2, -1) == 0
    return np.asarray(np.where(zero.any(-1), zero.argmax(-1) + 1, 0) if zero.shape[-1] else np.zeros(zero.shape[:-1]), np.int32)


def _indefinite_at(A):
    """For each matrix 0, or the size of the first leading part that is not positive definite."""
    a = _symmetric(A.numpy(force=True))
    found = np.zeros(a.shape[:-2], np.int32)
    for at in np.ndindex(*found.shape):
        for k in range(1, a.shape[-1] + 1):
            try:
                np.linalg.cholesky(a[at][:k, :k])
            except np.linalg.LinAlgError:
                found[at] = k
                break
    return found


def _ex(op, A, solve, where, check_errors):
    """solve(A) and zeros; or NaN for the matrices for which it fails, and `where` it does."""
    try:
        return solve(A), _core.full_of(A.shape[:-2], 0, _core.int32)
    except LinAlgError:
        if check_errors:
            raise LinAlgError(f"{op}: a matrix is singular or not positive definite") from None
        info = where(A)
        bad = _core.from_numpy(np.array(info != 0))
        mask = reshape(bad, (*bad.shape, 1, 1))
        result = solve(_choose(mask, _eye_like(A), A))
        return _choose(reshape(bad, (*bad.shape, *(1,) * (result.ndim - bad.ndim))), float("nan"), result), _core.from_numpy(info)


@composite(
    arrays="A",
    where="linalg",
    samples=_square_samples(),
    errors=[ErrorSample(SINGULAR, check_errors=True, error=RuntimeError, match="linalg.inv_ex: a matrix is singular")],
)
def linalg_inv_ex(A, *, check_errors=False):
    """`linalg.inv` that raises nothing: a named tuple (inverse, info), info 0 or the position of a pivot that is 0, the inverse then NaN.

    >>> mg.linalg.inv_ex(mg.tensor([[1.0, 2.0], [2.0, 4.0]])).info
    tensor(2, dtype=minigrad.int32)
    """
    return InvEx(*_ex("linalg.inv_ex", _matrix("linalg.inv_ex", A, True), _inv, _singular_at, check_errors))


@composite(arrays="A", where="linalg", samples=_square_samples(positive_definite),
           errors=[ErrorSample(-np.eye(2), check_errors=True, error=RuntimeError, match="linalg.cholesky_ex: a matrix is singular or not positive definite")])  # fmt: skip
def linalg_cholesky_ex(A, *, upper=False, check_errors=False):
    """`linalg.cholesky` that raises nothing: a named tuple (L, info), info 0 or the size of the leading part that is not positive definite.

    >>> mg.linalg.cholesky_ex(mg.tensor([[1.0, 2.0], [2.0, 1.0]])).info
    tensor(2, dtype=minigrad.int32)
    """
    y, info = _ex("linalg.cholesky_ex", _matrix("linalg.cholesky_ex", A, True), _cholesky, _indefinite_at, check_errors)
    return CholeskyEx(y.mH if upper else y, info)


@composite(arrays="A B", where="linalg", samples=_system_samples,
           errors=[ErrorSample(SINGULAR, np.ones(2), check_errors=True, error=RuntimeError, match="linalg.solve_ex: a matrix is singular")])  # fmt: skip
def linalg_solve_ex(A, B, *, left=True, check_errors=False):
    """`linalg.solve` that raises nothing: a named tuple (result, info), info 0 or the position of a pivot that is 0, the result then NaN.

    >>> mg.linalg.solve_ex(mg.tensor([[0.0]]), mg.tensor([1.0])).info
    tensor(1, dtype=minigrad.int32)
    """
    alone = A
    A, B, vector = _system("linalg.solve_ex", A, B, left)
    X, info = _ex("linalg.solve_ex", A, (lambda a: _solve(a, B)) if left else lambda a: _solve(a.mT, B.mT).mT, _singular_at, check_errors)
    if alone.shape != A.shape:  # a number for each matrix that was given
        info = _core.from_numpy(_singular_at(alone))
    return Info(X.squeeze(-1) if vector else X, info)


@composite(
    arrays="A",
    where="linalg",
    samples=_square_samples(),
    errors=[ErrorSample(SINGULAR, check_errors=True, error=RuntimeError, match="linalg.lu_factor_ex: a matrix is singular")],
)
def linalg_lu_factor_ex(A, *, pivot=True, check_errors=False):
    """`linalg.lu_factor` and info: 0, or the position of the first pivot that is 0. A named tuple (LU, pivots, info).

    >>> mg.linalg.lu_factor_ex(mg.tensor([[0.0]])).info
    tensor(1, dtype=minigrad.int32)
    """
    packed, pivots = linalg_lu_factor(A, pivot=pivot)
    zero = (diagonal(packed.detach(), 0, -2, -1) == 0).numpy()
    info = np.asarray(np.where(zero.any(-1), zero.argmax(-1) + 1, 0) if zero.shape[-1] else np.zeros(zero.shape[:-1]), np.int32)
    if check_errors and info.any():
        raise LinAlgError("linalg.lu_factor_ex: a matrix is singular")
    return FactorEx(packed, pivots, _core.from_numpy(info))
