"""Matrices: the four functions of the main namespace, and the extension `linalg`."""

from __future__ import annotations

from typing import Any

import minigrad as mg

from ..ops import load
from . import statistics
from .dtypes import promoted

load()

__all__ = ["cholesky", "cross", "det", "diagonal", "eigh", "eigvalsh", "inv", "matmul", "matrix_norm", "matrix_power", "matrix_rank",
           "matrix_transpose", "outer", "pinv", "qr", "slogdet", "solve", "svd", "svdvals", "tensordot", "trace", "vecdot", "vector_norm"]  # fmt: skip


def matmul(x1: Any, x2: Any, /) -> Any:
    return mg.matmul(*promoted(x1, x2))


def matrix_transpose(x: Any, /) -> Any:
    """The last two axes swapped."""
    return x.mT


def tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    a, b = promoted(x1, x2)
    return mg.tensordot(a, b, dims=axes)


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """Sum of conj(x1) * x2 along an axis, the other axes broadcast."""
    x1, x2 = promoted(x1, x2)
    n = max(x1.ndim, x2.ndim)
    x1, x2 = (x.reshape((1,) * (n - x.ndim) + tuple(x.shape)) for x in (x1, x2))
    if x1.shape[axis] != x2.shape[axis]:
        raise ValueError(f"vecdot: expected one size of axis {axis}, got shapes {tuple(x1.shape)} and {tuple(x2.shape)}")
    x1, x2 = mg.broadcast_tensors(x1, x2)
    return mg.matmul(mg.conj(x1).movedim(axis, -1).unsqueeze(-2), x2.movedim(axis, -1).unsqueeze(-1)).squeeze((-2, -1))


def cholesky(x: Any, /, *, upper: bool = False) -> Any:
    return mg.linalg.cholesky(x, upper=upper)


def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return mg.linalg.cross(*mg.broadcast_tensors(*promoted(x1, x2)), dim=axis)


def det(x: Any, /) -> Any:
    return mg.linalg.det(x)


def diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """The diagonals of the last two axes."""
    return mg.linalg.diagonal(x, offset=offset)


def eigh(x: Any, /) -> Any:
    return mg.linalg.eigh(x)


def eigvalsh(x: Any, /) -> Any:
    return mg.linalg.eigvalsh(x)


def inv(x: Any, /) -> Any:
    return mg.linalg.inv(x)


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    return mg.linalg.matrix_norm(x, ord=ord, keepdim=keepdims)


def matrix_power(x: Any, n: int, /) -> Any:
    return mg.linalg.matrix_power(x, n)


def matrix_rank(x: Any, /, *, rtol: Any = None) -> Any:
    """The number of singular values above rtol times the largest; by default max(M, N) units in the last place."""
    return mg.linalg.matrix_rank(x, rtol=rtol)


def outer(x1: Any, x2: Any, /) -> Any:
    return mg.outer(*promoted(x1, x2))


def pinv(x: Any, /, *, rtol: Any = None) -> Any:
    return mg.linalg.pinv(x, rtol=rtol)


def qr(x: Any, /, *, mode: str = "reduced") -> Any:
    return mg.linalg.qr(x, mode=mode)


def slogdet(x: Any, /) -> Any:
    return mg.linalg.slogdet(x)


def solve(x1: Any, x2: Any, /) -> Any:
    """y with x1 @ y == x2, which is one vector if it has one dimension, and otherwise a stack of matrices."""
    x1, x2 = promoted(x1, x2)
    if x2.ndim == 1:
        return mg.linalg.solve(x1, x2.unsqueeze(-1)).squeeze(-1)
    for _ in range(x1.ndim - x2.ndim):  # with fewer dimensions PyTorch's takes x2 for a stack of vectors
        x2 = x2.unsqueeze(0)
    return mg.linalg.solve(x1, x2)


def svd(x: Any, /, *, full_matrices: bool = True) -> Any:
    return mg.linalg.svd(x, full_matrices=full_matrices)


def svdvals(x: Any, /) -> Any:
    return mg.linalg.svdvals(x)


def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """Sums of the diagonals of the last two axes."""
    return statistics.sum(mg.linalg.diagonal(x, offset=offset), axis=-1, dtype=dtype)


def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    if axis == ():  # each element alone; to PyTorch all axes
        x, axis, keepdims = x.unsqueeze(-1), -1, False
    return mg.linalg.vector_norm(x, ord=ord, dim=axis, keepdim=keepdims)
