"""LU factors; and the forms of factorizations that give a number in the place of an error. mg.linalg, batched over leading dimensions."""

from __future__ import annotations

import collections
import math

import numpy as np

from .. import _core
from ..errors import LinAlgError
from ..registry import NONDIFF, ErrorSample, Sample, composite, defop
from ._examples import by_numpy
from .diagonal import tril, triu
from .elementwise import _choose
from .linalg_solve import (
    FIELDS,
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
from .shape import cat, expand, reshape

# ---- LU ----


def _eliminate(a, pivot):
    """L and U in one array, and the exchanges of rows as LAPACK counts them, for a stack of matrices: right-looking, one column at a time."""
    a = np.array(a)
    m, n = a.shape[-2:]
    flat = a.reshape(-1, m, n)
    swaps = np.tile(np.arange(min(m, n)), (len(flat), 1))
    every = np.arange(len(flat))
    for k in range(min(m, n)):
        if pivot:
            column = flat[:, k:, k]
            at = k + np.argmax(np.abs(column.real) + np.abs(column.imag), 1)  # LAPACK's magnitude of complex numbers
            swaps[:, k] = at
            flat[every, k], flat[every, at] = flat[every, at].copy(), flat[every, k].copy()
        scale = flat[:, k, k, None]
        flat[:, k + 1 :, k] = np.where(scale == 0, 0, flat[:, k + 1 :, k] / np.where(scale == 0, 1, scale))
        flat[:, k + 1 :, k + 1 :] -= flat[:, k + 1 :, k, None] * flat[:, None, k, k + 1 :]
    return a, np.asarray(swaps.reshape(*a.shape[:-2], min(m, n)) + 1, np.int32)


def _order_of(pivots, m):
    """The order of rows that a sequence of exchanges leaves."""
    flat = pivots.reshape(-1, pivots.shape[-1])
    orders = []
    for row in flat.tolist():
        order = list(range(m))
        for k, at in enumerate(row):
            order[k], order[at - 1] = order[at - 1], order[k]
        orders.append(order)
    return np.array(orders, np.int64).reshape(*pivots.shape[:-1], m)


@defop(family="general", where="", dtypes=FIELDS, linear_in=("input",),
       vjp={"input": lambda g, pivots, back: _exchange_rows(g, pivots, not back), "pivots": NONDIFF},
       samples=lambda r: [Sample(r(2, 4, 2), np.array([[2, 3, 3], [1, 2, 3]], np.int32), back=False, id="stack"), Sample(r(4, 3), np.array([4, 2, 3], np.int32), back=True, id="back")])  # fmt: skip
def _exchange_rows(input, pivots, back):
    """The rows of `input` after the exchanges that pivots name; or before them"""
    order = _order_of(np.asarray(pivots), np.shape(input)[-2])
    if back:
        order = order.argsort(-1)
    return np.take(input, order, 0) if order.ndim == 1 and np.ndim(input) == 2 else np.take_along_axis(input, order[..., None], -2)


def _lu_plan(input, pivot):
    *lead, m, n = input.shape
    return _core.Plan(input.shape, (*lead, min(m, n)), dtypes=(None, _core.int32), params=(int(pivot),))


def _lu_vjp(g, y0, y1):
    """Of a square A: P L^-H (tril(L^H gL, -1) + triu(gU U^H)) U^-H. What a rectangle has besides is L2 = A2 U^-1, or U2 = L^-1 A2."""
    m, n = y0.shape[-2:]
    k = min(m, n)
    square, whole = y0[..., :k, :k], g[0]
    gl, gu, rest = tril(whole[..., :k, :k], -1), triu(whole[..., :k, :k]), None
    if m > k:
        rest = _solve_triangular(square, whole[..., k:, :].mH, True, False).mH
        gu = gu - y0[..., k:, :].mH @ rest
    elif n > k:
        rest = _solve_triangular(square, whole[..., k:], False, True, True)
        gl = gl - rest @ y0[..., k:].mH
    lower, upper = tril(square, -1) + _eye_like(square), triu(square)
    inner = tril(lower.mH @ gl, -1) + triu(gu @ upper.mH)
    left = _solve_triangular(square, inner, False, True, True)
    ga = _solve_triangular(square, left.mH, True, False).mH
    if rest is not None:
        ga = cat([ga, rest], -2 if m > k else -1)
    return _exchange_rows(ga, y1, True)


def _rectangles(r):
    return [Sample(r(3, 3), id="square"), Sample(r(2, 3, 5), id="wide"), Sample(r(4, 2), id="tall")]


def _factor_samples(r):
    return [*(Sample(*s.arrays, pivot=True, id=s.id) for s in _rectangles(r)), Sample(regular(r, 3, 3), pivot=False, id="no-pivot"), Sample(r(0, 3, 3), pivot=True, id="empty")]  # fmt: skip


def _elimination(input):
    """Each of the k columns is divided, and what is below and right of it is changed by an outer product."""
    m, n = input.shape[-2:]
    steps = [(m - i - 1) * (2 * (n - i - 1) + 1) for i in range(min(m, n))]
    return math.prod(input.shape[:-2]) * sum(steps)


@defop(family="general", kernel="lu", plan=_lu_plan, cost=_elimination, outputs=2, where="", ulp=64, dtypes=FIELDS, samples=_factor_samples, vjp={"input": _lu_vjp}, auxiliary=1)  # fmt: skip
def _lu(input, pivot):
    """L and U in one matrix, and the exchanges of rows"""
    return _eliminate(input, pivot)


LU = collections.namedtuple("LU", "P L U")
Factor = collections.namedtuple("Factor", "LU pivots")


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
    packed, pivots = _lu(_matrix("linalg.lu", A), pivot)
    return lu_unpack(packed, pivots, unpack_pivots=pivot)


@composite(arrays="A", where="linalg", samples=_rectangles, errors=[NO_MATRIX])
def linalg_lu_factor(A, *, pivot=True):
    """L and U of A = P L U in one matrix, and the exchanges of rows: pivots[i] is the row (from 1) that row i + 1 changed places with.

    A named tuple (LU, pivots), for `lu_solve`. Shapes: (..., m, n) and (..., min(m, n)), int32.
    >>> mg.linalg.lu_factor(mg.tensor([[0.0, 2.0], [1.0, 0.0]])).pivots
    tensor([2, 2], dtype=minigrad.int32)
    """
    return Factor(*_lu(_matrix("linalg.lu_factor", A), pivot))


@composite(own_errors=True, arrays="A", samples=_rectangles, errors=[NO_MATRIX])
def lu(A, pivot=True, get_infos=False):
    """`linalg.lu_factor`, with get_infos `linalg.lu_factor_ex`, under an older name.

    >>> mg.lu(mg.tensor([[0.0, 2.0], [1.0, 0.0]])).pivots
    tensor([2, 2], dtype=minigrad.int32)
    """
    return linalg_lu_factor_ex(A, pivot=pivot) if get_infos else linalg_lu_factor(A, pivot=pivot)


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
    if pivots.shape != LU.shape[:-1]:
        pivots = expand(pivots, LU.shape[:-1])
    if adjoint:
        Y = _solve_triangular(LU, _solve_triangular(LU, B, True, False, True), False, True, True)
        return _exchange_rows(Y, pivots, True)
    return _solve_triangular(LU, _solve_triangular(LU, _exchange_rows(B, pivots, False), False, True), True, False)


@composite(own_errors=True, arrays="b LU_data LU_pivots", constants=("LU_pivots",), samples=lambda r: [Sample(r(3, 2), regular(r, 3, 3), np.array([2, 3, 3], np.int32), id="matrix")],
           errors=[ErrorSample(np.ones((2, 1)), np.eye(3), np.array([1, 2, 3], np.int32), error=ValueError, match="do not fit")])  # fmt: skip
def lu_solve(b, LU_data, LU_pivots):
    """`linalg.lu_solve` under its older name, arguments exchanged.

    >>> mg.lu_solve(mg.tensor([[2.0]]), *mg.linalg.lu_factor(mg.tensor([[4.0]])))
    tensor([[0.5000]])
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
        P = _permutation(LU_pivots, m, LU_data.dtype)
    if unpack_data:
        L, U = tril(LU_data[..., :k], -1), triu(LU_data[..., :k, :])
        L = L + _eye_like(L)
    return LU(P, L, U)


def _permutation(pivots, m, dtype):
    """P of A = P L U."""
    one = _core.from_numpy(np.eye(m, dtype=dtype.numpy))
    return _exchange_rows(expand(one, (*pivots.shape[:-1], m, m)) if pivots.ndim > 1 else one, pivots, True)


# ---- the same with a number in the place of an error ----

Info = collections.namedtuple("Info", "result info")
InvEx = collections.namedtuple("InvEx", "inverse info")
CholeskyEx = collections.namedtuple("CholeskyEx", "L info")
FactorEx = collections.namedtuple("FactorEx", "LU pivots info")


def _singular_at(A):
    """For each matrix 0, or the position (from 1) of the first pivot that is 0."""
    return _first_zero(_lu(A.detach(), True)[0])


def _first_zero(packed):
    """For each matrix of factors 0, or the position (from 1) of the first 0 on the diagonal."""
    return by_numpy(lambda a: _first_true(np.diagonal(a, 0, -2, -1) == 0), packed)


def _first_true(rows):
    """For each row 0, or the position (from 1) of the first truth."""
    return np.asarray(np.where(rows.any(-1), rows.argmax(-1) + 1, 0) if rows.shape[-1] else np.zeros(rows.shape[:-1]), np.int32)


def _indefinite_at(A):
    """For each matrix 0, or the size of the first leading part that is not positive definite."""
    return by_numpy(_indefinite, A)


def _indefinite(a):
    a = _symmetric(a)
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
        bad = info != 0
        mask = reshape(bad, (*bad.shape, 1, 1))
        result = solve(_choose(mask, _eye_like(A), A))
        return _choose(reshape(bad, (*bad.shape, *(1,) * (result.ndim - bad.ndim))), float("nan"), result), info


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
        info = _singular_at(alone)
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
    info = _first_zero(packed)
    if check_errors and _core.whole(info).any():
        raise LinAlgError("linalg.lu_factor_ex: a matrix is singular")
    return FactorEx(packed, pivots, info)
