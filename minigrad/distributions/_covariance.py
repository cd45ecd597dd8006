"""What distributions have in common that are given by a covariance matrix, its inverse or its Cholesky factor."""

from __future__ import annotations

from .. import eye, linalg
from .._core import Tensor
from .distribution import Distribution
from .utils import lazy_property


def _of_precision(precision: Tensor) -> Tensor:
    """The Cholesky factor of the inverse: the inverse of an upper factor, transposed."""
    upper = linalg.cholesky(precision.flip((-2, -1))).flip((-2, -1))
    return linalg.solve_triangular(upper.mT, eye(precision.shape[-1], dtype=precision.dtype), upper=False)


def log_diagonal(factor: Tensor) -> Tensor:
    """Half the logarithm of the determinant of factor @ factor.mT."""
    return factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)


class ByCovariance(Distribution):
    """Distributions of vectors or matrices of size n by one of three matrices; `_unbroadcasted_scale_tril` is what it is brought to."""

    _unbroadcasted_scale_tril: Tensor

    def _given(self, **matrices: Tensor | None) -> tuple[str, Tensor]:
        """The only matrix that is given, and its name."""
        given = {name: m for name, m in matrices.items() if m is not None}
        if len(given) != 1:
            raise ValueError(f"{type(self).__name__}: expected exactly one of {', '.join(matrices)}, got {', '.join(given) or 'none'}")
        ((name, matrix),) = given.items()
        if matrix.ndim < 2:
            raise ValueError(f"{type(self).__name__}: expected {name} of at least two dimensions, got shape {tuple(matrix.shape)}")
        return name, matrix

    def _take_factor(self, name: str, matrix: Tensor) -> None:
        if name == "scale_tril":
            self._unbroadcasted_scale_tril = matrix
        else:
            self._unbroadcasted_scale_tril = linalg.cholesky(matrix) if name == "covariance_matrix" else _of_precision(matrix)

    def _expanded(self, matrix: Tensor) -> Tensor:
        return matrix.expand(self._batch_shape + self._event_shape[-1:] * 2)

    @lazy_property
    def scale_tril(self) -> Tensor:
        """The lower Cholesky factor of the covariance."""
        return self._expanded(self._unbroadcasted_scale_tril)

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """The covariance matrix."""
        return self._expanded(self._unbroadcasted_scale_tril @ self._unbroadcasted_scale_tril.mT)

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariance matrix."""
        factor = self._unbroadcasted_scale_tril
        inverse = linalg.solve_triangular(factor, eye(factor.shape[-1], dtype=factor.dtype), upper=False)
        return self._expanded(inverse.mT @ inverse)

    @property
    def _half_log_det(self) -> Tensor:
        return log_diagonal(self._unbroadcasted_scale_tril)
