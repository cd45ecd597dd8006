# Written from the registry by tools/stubs.py.
import builtins
from collections import abc
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, TypeAlias, overload
from minigrad import _core
from minigrad._core import Operand, Tensor as Tensor, dtype as DType

_int: TypeAlias = builtins.int
_float: TypeAlias = builtins.float
_bool: TypeAlias = builtins.bool
_complex: TypeAlias = builtins.complex
from minigrad.errors import LinAlgError as LinAlgError

def cholesky(A: Tensor, *, upper: _bool = False) -> Tensor:
    """Lower triangular L with A = L L^H for a symmetric positive definite A (upper: U with A = U^H U)."""
def cholesky_ex(A: Tensor, *, upper: _bool = False, check_errors: _bool = False) -> _core.CholeskyEx:
    """`linalg.cholesky` that raises nothing: a named tuple (L, info), info 0 or the size of the leading part that is not positive definite."""
def cond(A: Tensor, p: str | _float | None = None) -> Tensor:
    """Condition number: norm of A times norm of its inverse; p (default 2) as ord of `matrix_norm`. Singular matrices have inf."""
def cross(input: Tensor, other: Operand, *, dim: _int = -1, axis: _int = ...) -> Tensor:
    """Cross product of vectors of 3 entries along `dim`. Shapes: of equal rank, broadcast. Dtypes: numbers."""
def det(input: Tensor) -> Tensor:
    """Determinant. Shapes: (..., n, n) gives (...). The gradient is right for singular matrices too; the second"""
def diagonal(A: Tensor, *, offset: _int = 0, dim1: _int = -2, dim2: _int = -1) -> Tensor:
    """`mg.diagonal` of the last two dimensions; a view."""
def eig(A: Tensor) -> _core.Eig:
    """A = V diag(w) V^-1: eigenvalues in no order, eigenvectors of length 1 as columns. A named tuple (eigenvalues, eigenvectors)."""
def eigh(A: Tensor, UPLO: str = 'L') -> _core.Eigh:
    """A = V diag(w) V^H for symmetric A: eigenvalues rising, orthonormal eigenvectors as columns. A named tuple (eigenvalues, eigenvectors)."""
def eigvals(A: Tensor) -> Tensor:
    """Eigenvalues of square matrices, complex, in no order. Shapes: (..., n, n) gives (..., n). The gradient needs linearly independent"""
def eigvalsh(A: Tensor, UPLO: str = 'L') -> Tensor:
    """Eigenvalues of symmetric matrices, rising. Shapes: (..., n, n) gives (..., n)."""
def householder_product(input: Tensor, tau: Tensor) -> Tensor:
    """First n columns of the product of reflections I - tau[i] v v^H; v is column i of input below its diagonal, with 1 on it and 0 above."""
def inv(A: Tensor) -> Tensor:
    """Inverse of a matrix. Prefer `solve` to multiplying with it. Shapes: (..., n, n). Raises LinAlgError for a singular matrix."""
def inv_ex(A: Tensor, *, check_errors: _bool = False) -> _core.InvEx:
    """`linalg.inv` that raises nothing: a named tuple (inverse, info), info 0 or the position of a pivot that is 0, the inverse then NaN."""
def ldl_factor(A: Tensor, *, hermitian: _bool = False) -> _core.LDL:
    """Factors of P^T A P = L D L^T (hermitian: L D L^H) for symmetric A that need not be definite; D has blocks of one and of two rows."""
def ldl_factor_ex(A: Tensor, *, hermitian: _bool = False, check_errors: _bool = False) -> _core.LDLEx:
    """`linalg.ldl_factor` and info: 0, or the position of the first element of D that is 0. A named tuple (LD, pivots, info)."""
def ldl_solve(LD: Tensor, pivots: Tensor, B: Tensor, *, hermitian: _bool = False) -> Tensor:
    """X of A X = B, given `ldl_factor(A)`. Shapes: LD (..., n, n), pivots (..., n), B (..., n, k), broadcast. Gradient: of B."""
def lstsq(A: Tensor, B: Tensor, rcond: _float | None = None, *, driver: str | None = None) -> _core.Lstsq:
    """The smallest X for which |A X - B| is smallest, through the pseudo-inverse."""
def lu(A: Tensor, *, pivot: _bool = True) -> _core.LU:
    """A = P L U: a permutation, a lower triangle with ones on the diagonal, an upper triangle. A named tuple (P, L, U)."""
def lu_factor(A: Tensor, *, pivot: _bool = True) -> _core.Factor:
    """L and U of A = P L U in one matrix, and the exchanges of rows: pivots[i] is the row (from 1) that row i + 1 changed places with."""
def lu_factor_ex(A: Tensor, *, pivot: _bool = True, check_errors: _bool = False) -> _core.FactorEx:
    """`linalg.lu_factor` and info: 0, or the position of the first pivot that is 0. A named tuple (LU, pivots, info)."""
def lu_solve(LU: Tensor, pivots: Tensor, B: Tensor, *, left: _bool = True, adjoint: _bool = False) -> Tensor:
    """X of A X = B, given `lu_factor(A)`; left=False: of X A = B; adjoint: with A^H in the place of A."""
def matmul(input: Tensor, other: Operand) -> Tensor:
    """`mg.matmul`."""
def matrix_exp(input: Tensor) -> Tensor:
    """Exponential of square matrices. Shapes: (..., n, n)."""
def matrix_norm(A: Tensor, ord: str | _float = 'fro', dim: Sequence[_int] = ..., keepdim: _bool = False, *, dtype: DType | None = None, axis: Sequence[_int] = ..., keepdims: _bool = ...) -> Tensor:
    """Norm of matrices: "fro" (of all elements), "nuc" (sum of the singular values), 2 and -2 (the largest, the smallest of them), 1 and -1"""
def matrix_power(input: Tensor, n: _int) -> Tensor:
    """Integer power of square matrices, by repeated squaring; of a negative n, of the inverse. Shapes: (..., m, m)."""
def matrix_rank(A: Tensor, *, atol: _float | None = None, rtol: _float | None = None, hermitian: _bool = False) -> Tensor:
    """How many singular values are larger than max(atol, rtol * the largest); rtol is eps * max(m, n) by default. int64, no gradient."""
def multi_dot(tensors: Sequence[Tensor]) -> Tensor:
    """The product of matrices, in the order that takes the fewest multiplications; the first and the last may be vectors."""
def norm(A: Tensor, ord: str | _float | None = None, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, dtype: DType | None = None, axis: _int | Sequence[_int] | None = ..., keepdims: _bool = ...) -> Tensor:
    """`vector_norm` or `matrix_norm`: of vectors if dim is one dimension, of matrices if it is two; without dim and ord, of all elements."""
def pinv(A: Tensor, *, atol: _float | None = None, rtol: _float | None = None, hermitian: _bool = False) -> Tensor:
    """Moore-Penrose inverse: the matrix that gives the smallest least-squares solution."""
def qr(A: Tensor, mode: str = 'reduced') -> _core.QR:
    """A = Q R: orthonormal columns, an upper triangle. A named tuple (Q, R)."""
def slogdet(A: Tensor) -> _core.Slogdet:
    """Sign and logarithm of the absolute value of the determinant: a named tuple (sign, logabsdet), where the determinant would overflow."""
def solve(A: Tensor, B: Tensor, *, left: _bool = True) -> Tensor:
    """X of A X = B (left=False: of X A = B), by LU with pivoting."""
def solve_ex(A: Tensor, B: Tensor, *, left: _bool = True, check_errors: _bool = False) -> _core.Info:
    """`linalg.solve` that raises nothing: a named tuple (result, info), info 0 or the position of a pivot that is 0, the result then NaN."""
def solve_triangular(A: Tensor, B: Tensor, *, upper: _bool, left: _bool = True, unitriangular: _bool = False) -> Tensor:
    """X of A X = B (left=False: of X A = B) for triangular A, of which only the `upper` or lower triangle is read."""
def svd(A: Tensor, full_matrices: _bool = True, *, driver: str | None = None) -> _core.SVD:
    """A = U diag(S) Vh, singular values falling. A named tuple (U, S, Vh)."""
def svdvals(A: Tensor, *, driver: str | None = None) -> Tensor:
    """Singular values, falling. Shapes: (..., m, n) gives (..., min(m, n))."""
def tensorinv(A: Tensor, ind: _int = 2) -> Tensor:
    """Inverse of A seen as a matrix, whose rows are the first `ind` dimensions. Shapes: (a..., b...) gives (b..., a...), equal products."""
def tensorsolve(A: Tensor, B: Tensor, dims: _int | Sequence[_int] | None = None) -> Tensor:
    """X of tensordot(A, X, X.ndim) = B. dims: dimensions of A that are moved to its end first. Shapes: (b..., x...) and (b...) give (x...)."""
def vander(x: Tensor, *, N: _int | None = None) -> Tensor:
    """Vandermonde matrices: the rising powers 0 to N - 1 (default: as many as entries) of every entry. Shapes: (..., n) gives (..., n, N)."""
def vecdot(x: Tensor, y: Tensor, *, dim: _int = -1, axis: _int = ...) -> Tensor:
    """Products of vectors along `dim`, x conjugated if it is complex. Shapes: broadcast. Dtypes: numbers."""
def vector_norm(x: Tensor, ord: _float = 2, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, dtype: DType | None = None, axis: _int | Sequence[_int] | None = ..., keepdims: _bool = ...) -> Tensor:
    """p-norm over `dim` (None: all elements): sum(|x|^ord)^(1/ord); the largest or smallest |x| for inf, -inf; for 0 how many are not 0."""
