"""LDL factors of symmetric and Hermitian matrices that need not be definite (Bunch and Kaufman, Math. Comp. 31, 1977), as LAPACK packs them."""

from __future__ import annotations

import collections
import math

import numpy as np

from .. import _core
from ..errors import LinAlgError
from ..registry import NONDIFF, ErrorSample, Sample, composite, defop
from ._examples import by_numpy
from .linalg_lu import _first_true
from .linalg_solve import FIELDS, NO_FLOATS, NO_MATRIX, NOT_SQUARE, _matrix, _system

LDL = collections.namedtuple("LDL", "LD pivots")
LDLEx = collections.namedtuple("LDLEx", "LD pivots info")


def _size(x):
    """LAPACK's magnitude of complex numbers."""
    return np.abs(x.real) + np.abs(x.imag)


def _factor(a, hermitian):
    """The lower factors of one matrix in place of it, and the pivots: p > 0, rows p and this one changed places before a step of one
    column; -p twice, rows p and the second one before a step of two."""
    conj = np.conj if hermitian else np.asarray
    n, k = len(a), 0
    pivots = np.zeros(n, np.int32)
    alpha = (1 + math.sqrt(17)) / 8  # bounds the growth of elements over both kinds of steps
    while k < n:
        diagonal = abs(a[k, k].real) if hermitian else _size(a[k, k])
        below = _size(a[k + 1 :, k])
        far = k + 1 + int(below.argmax()) if below.size else k
        most = below.max() if below.size else 0.0
        step, at = 1, k
        if max(diagonal, most) > 0 and diagonal < alpha * most:
            row = max([_size(a[far, k:far]).max(), *([_size(a[far + 1 :, far]).max()] if far + 1 < n else [])])
            own = abs(a[far, far].real) if hermitian else _size(a[far, far])
            if diagonal < alpha * most * (most / row):
                at = far
                step = 1 if own >= alpha * row else 2
        new = k + step - 1
        if at != new:
            a[at + 1 :, [new, at]] = a[at + 1 :, [at, new]]
            middle = a[new + 1 : at, new].copy()
            a[new + 1 : at, new] = conj(a[at, new + 1 : at])
            a[at, new + 1 : at] = conj(middle)
            if hermitian:
                a[at, new] = np.conj(a[at, new])
            a[new, new], a[at, at] = a[at, at], a[new, new]
            a[[new, at], k:new] = a[[at, new], k:new]
        if hermitian:
            a[range(k, k + step), range(k, k + step)] = a[range(k, k + step), range(k, k + step)].real
        rest = a[k + step :, k + step :]
        block = _block(a, k, step, hermitian)
        column = a[k + step :, k : k + step].copy()
        if block.any() and column.size:
            a[k + step :, k : k + step] = np.linalg.solve(block.T, column.T).T if step == 2 else column / block[0, 0]
            rest -= np.tril(a[k + step :, k : k + step] @ conj(column).T)
        pivots[k : k + step] = at + 1 if step == 1 else -(at + 1)
        k += step
    return a, pivots


def _block(a, k, step, hermitian):
    """The part of D that a step of one or two columns leaves."""
    block = a[k : k + step, k : k + step].copy()
    if step == 2:
        block[0, 1] = np.conj(block[1, 0]) if hermitian else block[1, 0]
    return block


def _steps(pivots):
    """(first column, how many, the row that changed places with the last of them) of each step."""
    k = 0
    while k < len(pivots):
        step = 1 if pivots[k] > 0 else 2
        yield k, step, abs(pivots[k]) - 1
        k += step


def _solved(ld, pivots, b, hermitian):
    """X of A X = B for one matrix, in place of b."""
    conj = np.conj if hermitian else np.asarray
    steps = list(_steps(pivots.tolist()))
    for k, step, at in steps:
        last = k + step - 1
        if at != last:
            b[[last, at]] = b[[at, last]]
        b[k + step :] -= ld[k + step :, k : k + step] @ b[k : k + step]
        block = _block(ld, k, step, hermitian)
        b[k : k + step] = b[k : k + step] / block[0, 0] if step == 1 else np.linalg.solve(block, b[k : k + step])
    for k, step, at in reversed(steps):
        last = k + step - 1
        b[k : k + step] -= conj(ld[k + step :, k : k + step]).T @ b[k + step :]
        if at != last:
            b[[last, at]] = b[[at, last]]
    return b


def indefinite(r, *shape):
    """Symmetric matrices that need steps of two columns."""
    x = r(*shape)
    return (x + np.swapaxes(x, -1, -2)) * (1 - 0.95 * np.eye(shape[-1]))


@defop(family="general", outputs=2, where="", ulp=256, dtypes=FIELDS, vjp={"input": NONDIFF}, samples=lambda r: [Sample(indefinite(r, 2, 5, 5), hermitian=True, id="stack")])  # fmt: skip
def _ldl(input, hermitian):
    """LDL factors in one matrix, and pivots"""
    a = np.tril(input)
    pivots = np.zeros(a.shape[:-1], np.int32)
    for at in np.ndindex(*a.shape[:-2]):
        a[at], pivots[at] = _factor(a[at], hermitian)
    return a, pivots


@defop(family="general", where="", ulp=256, dtypes=FIELDS,
       vjp={"LD": NONDIFF, "pivots": NONDIFF, "B": lambda g, LD, pivots, hermitian: _ldl_solve(LD if hermitian else LD.conj(), pivots, g, hermitian)},
       samples=lambda r: [Sample(np.diag([2.0, -1, 3]) + np.tril(r(3, 3), -1), np.array([2, 2, 3], np.int32), r(3, 2), hermitian=False, id="matrix")])  # fmt: skip
def _ldl_solve(LD, pivots, B, hermitian):
    """X of A X = B"""
    x = np.array(B)
    for at in np.ndindex(*x.shape[:-2]):
        _solved(LD[at], pivots[at], x[at], hermitian)
    return x


_SAMPLES = lambda r: [Sample(indefinite(r, 4, 4), id="matrix"), Sample(indefinite(r, 2, 3, 3), hermitian=True, id="stack"), Sample(r(0, 3, 3), id="empty")]  # fmt: skip # noqa: E731
_ZERO = ErrorSample(np.zeros((2, 2)), check_errors=True, error=RuntimeError, match="linalg.ldl_factor_ex: element 1 of D is zero")


def _factored(op, A, hermitian, check):
    packed, pivots = _ldl(_matrix(op, A, True).detach(), hermitian)
    info = by_numpy(lambda a, p: _first_true((np.diagonal(a, 0, -2, -1) == 0) & (p > 0)), packed, pivots)
    found = _core.whole(info).numpy()
    if check and found.any():
        raise LinAlgError(f"{op}: element {found[found > 0].flat[0]} of D is zero: the matrix is singular")
    return packed, pivots, info


@composite(arrays="A", where="linalg", constants=("A",), samples=_SAMPLES, errors=[NOT_SQUARE, NO_MATRIX, NO_FLOATS,
    ErrorSample(np.zeros((2, 2)), error=RuntimeError, match="linalg.ldl_factor: element 1 of D is zero")])  # fmt: skip
def linalg_ldl_factor(A, *, hermitian=False):
    """Factors of P^T A P = L D L^T (hermitian: L D L^H) for symmetric A that need not be definite; D has blocks of one and of two rows.

    A named tuple (LD, pivots) as LAPACK's sytrf and hetrf pack them, for `ldl_solve`; only the lower triangle of A is read. Shapes:
    (..., n, n) and (..., n), int32. No gradient. Raises LinAlgError if an element of D is zero.
    >>> mg.linalg.ldl_factor(mg.tensor([[0.0, 1.0], [1.0, 0.0]])).pivots
    tensor([-2, -2], dtype=minigrad.int32)
    """
    return LDL(*_factored("linalg.ldl_factor", A, hermitian, True)[:2])


@composite(arrays="A", where="linalg", constants=("A",), samples=_SAMPLES, errors=[NOT_SQUARE, NO_MATRIX, _ZERO])
def linalg_ldl_factor_ex(A, *, hermitian=False, check_errors=False):
    """`linalg.ldl_factor` and info: 0, or the position of the first element of D that is 0. A named tuple (LD, pivots, info).

    >>> mg.linalg.ldl_factor_ex(mg.tensor([[0.0]])).info
    tensor(1, dtype=minigrad.int32)
    """
    return LDLEx(*_factored("linalg.ldl_factor_ex", A, hermitian, check_errors))


@composite(arrays="LD pivots B", constants=("LD", "pivots"), where="linalg", samples=lambda r: [
    Sample(np.diag([2.0, -1, 3]) + np.tril(r(3, 3), -1), np.array([2, 2, 3], np.int32), r(3, 2), id="matrix"),
    Sample(np.tril(r(2, 4, 4)) + 2 * np.eye(4), np.array([[-3, -3, 4, 4], [1, -4, -4, 4]], np.int32), r(4, 2), id="steps-of-two")],
    errors=[ErrorSample(np.eye(3), np.array([1, 2, 3], np.int32), np.ones((2, 1)), error=ValueError, match="linalg.ldl_solve: .* do not fit")])  # fmt: skip
def linalg_ldl_solve(LD, pivots, B, *, hermitian=False):
    """X of A X = B, given `ldl_factor(A)`. Shapes: LD (..., n, n), pivots (..., n), B (..., n, k), broadcast. Gradient: of B.

    >>> mg.linalg.ldl_solve(*mg.linalg.ldl_factor(mg.tensor([[0.0, 2.0], [2.0, 0.0]])), mg.tensor([[2.0], [4.0]])).tolist()
    [[2.0], [1.0]]
    """
    LD, B, _ = _system("linalg.ldl_solve", LD, B, True)
    if pivots.shape != LD.shape[:-1]:
        pivots = pivots.expand(LD.shape[:-1])
    return _ldl_solve(LD.detach(), pivots, B, hermitian)
