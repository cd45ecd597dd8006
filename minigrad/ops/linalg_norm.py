"""Norms of vectors and matrices, condition numbers; and what linalg has of ops that live elsewhere."""

from __future__ import annotations

import math

import numpy as np

from .. import _core
from ..errors import DTypeError, LinAlgError, ShapeError
from ..registry import ErrorSample, Sample, composite
from ._samples import away
from .diagonal import diagonal
from .elementwise import _choose, eq, ne
from .join import powers
from .linalg_solve import NO_MATRIX, _matrix, linalg_inv, regular
from .linalg_spectral import linalg_svdvals, spread
from .matmul import matmul
from .reduce import amax, amin
from .shape import _dim, movedim, reshape, unsqueeze

# ---- vectors ----


def _norm(op, x, p, dim, keepdim, dtype):
    if not isinstance(x, _core.Tensor):
        raise TypeError(f"{op}: expected a Tensor, got {type(x).__name__}")
    if dtype is not None:
        x = _core.cast(x, dtype)
    if not (x.is_floating_point() or x.is_complex()):
        raise DTypeError(f"{op}: expected a floating-point tensor, got dtype {x.dtype.name}")
    if not isinstance(p, (int, float)):
        raise ValueError(f"{op}: expected a number as ord of vectors, got {p!r}")
    dim = tuple(dim) if isinstance(dim, list) else dim
    if x.is_complex():
        x = x.abs()
    if p == 2:
        total = (x * x).sum(dim, keepdim)
    elif p == 1:
        return x.abs().sum(dim, keepdim)
    elif p == 0:
        return _choose(ne(x, 0), 1.0, x.abs()).sum(dim, keepdim)
    elif math.isinf(p):
        return (amax if p > 0 else amin)(x.abs(), () if dim is None else dim, keepdim)
    else:
        total = (x.abs() ** p).sum(dim, keepdim)
    zero = eq(total, 0)
    if p < 0:
        return total ** (1.0 / p)
    safe = _choose(zero, 1.0, total)
    return _choose(zero, 0.0, safe.sqrt() if p == 2 else safe ** (1.0 / p))


@composite(arrays="x", where="linalg", samples=lambda r: [
    *(Sample(away(r, 3, 4), ord=p, dim=1, id=f"ord-{p}") for p in (1, 2, 3.5, -1.5, 0)), *(Sample(r.distinct(3, 4), ord=p, dim=0, keepdim=True, id=f"ord-{p}") for p in (math.inf, -math.inf)),
    Sample(r(2, 3, 4), id="all"), Sample(r(2, 3, 4), dim=(0, 2), id="dims"), Sample(r(), id="0-d")],
    errors=[ErrorSample(np.ones(3), "fro", error=ValueError, match="linalg.vector_norm: expected a number as ord of vectors, got 'fro'"),
            ErrorSample(np.ones(3, np.int64), error=TypeError, match="linalg.vector_norm: expected a floating-point tensor, got dtype int64")])  # fmt: skip
def linalg_vector_norm(x, ord=2, dim=None, keepdim=False, *, dtype=None):
    """p-norm over `dim` (None: all elements): sum(|x|^ord)^(1/ord); the largest or smallest |x| for inf, -inf; for 0 how many are not 0.

    The gradient at 0 is 0. Shapes: any. Dtypes: floats; `dtype` casts first.
    >>> mg.linalg.vector_norm(mg.tensor([3.0, 4.0]))
    tensor(5.)
    """
    return _norm("linalg.vector_norm", x, ord, dim, keepdim, dtype)


# ---- matrices ----

_ORDS = ("fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf)


def _matrix_norm(op, A, ord, dim, keepdim, dtype):
    if dtype is not None:
        A = _core.cast(A, dtype)
    _matrix(op, A)
    if ord not in _ORDS:
        raise ValueError(f"{op}: ord of matrices must be 'fro', 'nuc', 1, -1, 2, -2, inf or -inf, got {ord!r}")
    if len(dim) != 2:
        raise ShapeError(f"{op}: expected two dimensions, got {tuple(dim)}")
    a, b = (_dim(op, d, A.ndim) for d in dim)
    if a == b:
        raise ShapeError(f"{op}: expected two different dimensions, got {tuple(dim)}")
    if ord == "fro":
        return _norm(op, A, 2, (a, b), keepdim, None)
    if ord in ("nuc", 2, -2):
        s = linalg_svdvals(movedim(A, (a, b), (-2, -1)))
        y = s.sum(-1) if ord == "nuc" else (amax if ord == 2 else amin)(s, -1)
    else:
        rows, columns = (a, b) if ord in (1, -1) else (b, a)
        sums = A.abs().sum(rows)
        y = (amax if ord > 0 else amin)(sums, columns - (columns > rows))
    if not keepdim:
        return y
    for d in sorted((a, b)):
        y = unsqueeze(y, d)
    return y


@composite(arrays="A", where="linalg", samples=lambda r: [
    *(Sample(spread(r, 2, 3, 4), ord=p, id=f"ord-{p}") for p in _ORDS), Sample(spread(r, 3, 4), ord=2, keepdim=True, id="kept"), Sample(r(3, 2, 4), ord=1, dim=(2, 0), id="dims")],
    errors=[ErrorSample(np.ones((2, 3)), 3, error=ValueError, match="linalg.matrix_norm: ord of matrices must be"), NO_MATRIX])  # fmt: skip
def linalg_matrix_norm(A, ord="fro", dim=(-2, -1), keepdim=False, *, dtype=None):
    """Norm of matrices: "fro" (of all elements), "nuc" (sum of the singular values), 2 and -2 (the largest, the smallest of them), 1 and -1
    (the largest, the smallest sum of magnitudes of a column), inf and -inf (of a row).

    Shapes: `dim` names the rows and the columns; the others stay. Dtypes: floats; `dtype` casts first.
    >>> mg.linalg.matrix_norm(mg.tensor([[3.0, 0.0], [0.0, 4.0]]), 2)
    tensor(4.)
    """
    return _matrix_norm("linalg.matrix_norm", A, ord, dim, keepdim, dtype)


@composite(where="mg", samples=lambda r: [Sample(spread(r, 3, 4), id="matrix"), Sample(spread(r, 2, 3, 4), dim=(1, 2), keepdim=True, id="stack")],
           errors=[ErrorSample(np.ones(3), error=ValueError, match="nuclear_norm: expected a matrix")])  # fmt: skip
def nuclear_norm(input, dim=(-2, -1), keepdim=False):
    """Sum of the singular values: `linalg.matrix_norm` with "nuc".

    >>> mg.nuclear_norm(mg.tensor([[3.0, 0.0], [0.0, 4.0]]))
    tensor(7.)
    """
    return _matrix_norm("nuclear_norm", input, "nuc", dim, keepdim, None)


@composite(arrays="A", where="linalg", samples=lambda r: [
    Sample(r(2, 3, 4), id="all"), Sample(spread(r, 3, 4), ord="nuc", id="matrix"), Sample(away(r, 5), ord=3, id="vector"), Sample(r(3, 4), dim=1, keepdim=True, id="rows"),
    Sample(r(2, 3, 4), ord="fro", dim=(0, 2), id="dims"), Sample(r(2, 3, 4), ord=math.inf, dim=(0, 2), keepdim=True, id="dims-kept")],
    errors=[ErrorSample(np.ones((2, 3, 4)), 2, error=ValueError, match="linalg.norm: ord without dim needs a vector or a matrix")])  # fmt: skip
def linalg_norm(A, ord=None, dim=None, keepdim=False, *, dtype=None):
    """`vector_norm` or `matrix_norm`: of vectors if dim is one dimension, of matrices if it is two; without dim and ord, of all elements.

    >>> mg.linalg.norm(mg.tensor([3.0, 4.0]))
    tensor(5.)
    """
    if dim is None:
        if ord is None:
            return _norm("linalg.norm", A, 2, None, keepdim, dtype)
        if A.ndim not in (1, 2):
            raise ShapeError(f"linalg.norm: ord without dim needs a vector or a matrix, got shape {A.shape}")
        dim = (0,) if A.ndim == 1 else (0, 1)
    dims = (dim,) if isinstance(dim, int) else tuple(dim)
    if len(dims) == 2 and ord is not None:
        return _matrix_norm("linalg.norm", A, ord, dims, keepdim, dtype)
    return _norm("linalg.norm", A, 2 if ord is None else ord, dims, keepdim, dtype)


@composite(own_errors=True, arrays="A", where="linalg", samples=lambda r: [
    *(Sample(spread(r, 3, 3), p=p, id=f"p-{p}") for p in (None, *_ORDS)), Sample(spread(r, 2, 3, 4), id="wide")],
    errors=[ErrorSample(np.ones((2, 3)), 1, error=ValueError, match="linalg.cond: expected square matrices"),
            ErrorSample(np.ones((2, 2)), 3, error=ValueError, match="linalg.cond: p must be")])  # fmt: skip
def linalg_cond(A, p=None):
    """Condition number: norm of A times norm of its inverse; p (default 2) as ord of `matrix_norm`. Singular matrices have inf.

    Shapes: (..., m, n) for p None, 2 and -2, otherwise (..., n, n); gives (...).
    >>> mg.linalg.cond(mg.tensor([[1.0, 0.0], [0.0, 4.0]]))
    tensor(4.)
    """
    if p is not None and p not in _ORDS:
        raise ValueError(f"linalg.cond: p must be None, 'fro', 'nuc', 1, -1, 2, -2, inf or -inf, got {p!r}")
    _matrix("linalg.cond", A, p not in (None, 2, -2))
    if p in (None, 2, -2):
        s = linalg_svdvals(A)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    try:
        return _matrix_norm("linalg.cond", A, p, (-2, -1), False, None) * _matrix_norm(
            "linalg.cond", linalg_inv(A), p, (-2, -1), False, None
        )
    except LinAlgError:
        flat = reshape(A.detach(), (-1, *A.shape[-2:]))
        if flat.shape[0] == 1:
            return _core.full_of(A.shape[:-2], math.inf, A.dtype)
        return reshape(_core.from_numpy(np.array([linalg_cond(a, p).item() for a in flat], A.dtype.numpy)), A.shape[:-2])


# ---- ops of other places ----


@composite(own_errors=True, arrays="A", where="linalg", samples=lambda r: [Sample(r(3, 4), id="matrix"), Sample(r(2, 4, 3), offset=-1, id="stack")], errors=[
    ErrorSample(np.ones(3), error=IndexError, match="diagonal: dimension -2 is out of range")])  # fmt: skip
def linalg_diagonal(A, *, offset=0, dim1=-2, dim2=-1):
    """`mg.diagonal` of the last two dimensions; a view.

    >>> mg.linalg.diagonal(mg.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    return diagonal(A, offset, dim1, dim2)


@composite(own_errors=True, arrays="input other", where="linalg", samples=lambda r: [Sample(regular(r, 2, 3, 3), r(3, 4), id="stack")],
           errors=[ErrorSample(np.ones((2, 3)), np.ones((2, 3)), error=ValueError, match="do not fit: 3 columns against 2 rows")])  # fmt: skip
def linalg_matmul(input, other):
    """`mg.matmul`.

    >>> mg.linalg.matmul(mg.ones(1, 2), mg.ones(2, 1))
    tensor([[2.]])
    """
    return matmul(input, other)


@composite(arrays="x", where="linalg", samples=lambda r: [Sample(r(2, 3), id="stack"), Sample(r(3), N=5, id="five")],
           errors=[ErrorSample(np.ones(()), error=ValueError, match="linalg.vander: expected at least 1 dimension")])  # fmt: skip
def linalg_vander(x, *, N=None):
    """Vandermonde matrices: the rising powers 0 to N - 1 (default: as many as entries) of every entry. Shapes: (..., n) gives (..., n, N).

    >>> mg.linalg.vander(mg.tensor([2, 3])).tolist()
    [[1, 2], [1, 3]]
    """
    if x.ndim == 0:
        raise ShapeError("linalg.vander: expected at least 1 dimension, got a 0-d tensor")
    return powers(x, x.shape[-1] if N is None else N)
