"""The multivariate normal distribution whose covariance is a diagonal and a matrix of low rank."""

from __future__ import annotations

import math
from typing import Any

from .. import broadcast_shapes, cat, eye, linalg
from .._core import Tensor
from . import constraints
from ._covariance import log_diagonal
from .distribution import Distribution
from .multivariate_normal import mahalanobis
from .utils import lazy_property, standard_normal

__all__ = ["LowRankMultivariateNormal"]


class LowRankMultivariateNormal(Distribution):
    """Normal vectors of mean `loc` and covariance cov_factor @ cov_factor.mT + diag(cov_diag).

    Shapes: loc (..., n), cov_factor (..., n, rank), cov_diag (..., n). Determinant and inverse are those of a rank x rank matrix, by
    the lemmas of Woodbury and of the determinant.
    >>> d = mg.distributions.LowRankMultivariateNormal(mg.zeros(2), mg.tensor([[1.0], [0.0]]), mg.ones(2))
    >>> d.variance, d.log_prob(mg.zeros(2))
    (tensor([2., 1.]), tensor(-2.1845))
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }
    support = constraints.real_vector
    has_rsample = True
    _parameters = {"loc": 1, "cov_factor": 2, "cov_diag": 1}
    loc: Tensor
    cov_factor: Tensor
    cov_diag: Tensor

    def __init__(self, loc: Tensor, cov_factor: Tensor, cov_diag: Tensor, validate_args: bool | None = None) -> None:
        if loc.ndim < 1:
            raise ValueError("LowRankMultivariateNormal: expected loc of at least one dimension, got a 0-d tensor")
        n = loc.shape[-1]
        if cov_factor.ndim < 2 or cov_factor.shape[-2] != n:
            raise ValueError(f"LowRankMultivariateNormal: expected cov_factor (..., {n}, rank), got shape {tuple(cov_factor.shape)}")
        if cov_diag.ndim < 1 or cov_diag.shape[-1] != n:
            raise ValueError(f"LowRankMultivariateNormal: expected cov_diag (..., {n}), got shape {tuple(cov_diag.shape)}")
        batch_shape = tuple(broadcast_shapes(loc.shape[:-1], cov_factor.shape[:-2], cov_diag.shape[:-1]))
        self.loc, self.cov_diag = loc.expand((*batch_shape, n)), cov_diag.expand((*batch_shape, n))
        self.cov_factor = cov_factor.expand((*batch_shape, n, cov_factor.shape[-1]))
        self._unbroadcasted_cov_factor, self._unbroadcasted_cov_diag = cov_factor, cov_diag
        super().__init__(batch_shape, (n,), validate_args)

    @lazy_property
    def _weighted(self) -> Tensor:
        """W.mT @ D^-1, (..., rank, n)."""
        return self._unbroadcasted_cov_factor.mT / self._unbroadcasted_cov_diag.unsqueeze(-2)

    @lazy_property
    def _capacitance_tril(self) -> Tensor:
        """The Cholesky factor of I + W.mT @ D^-1 @ W."""
        inner = self._weighted @ self._unbroadcasted_cov_factor
        return linalg.cholesky(inner + eye(inner.shape[-1], dtype=inner.dtype))

    def _mahalanobis(self, x: Tensor) -> Tensor:
        inner = (self._weighted @ x.unsqueeze(-1)).squeeze(-1)
        return (x.pow(2) / self._unbroadcasted_cov_diag).sum(-1) - mahalanobis(self._capacitance_tril, inner)

    @property
    def _half_log_det(self) -> Tensor:
        return log_diagonal(self._capacitance_tril) + 0.5 * self._unbroadcasted_cov_diag.log().sum(-1)

    @property
    def _factor(self) -> Tensor:
        """A matrix whose product with its transpose is the covariance."""
        return cat([self.cov_factor, self.cov_diag.sqrt().diag_embed()], -1)

    def _expanded(self, matrix: Tensor) -> Tensor:
        return matrix.expand(self._batch_shape + self._event_shape * 2)

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """The covariance matrix."""
        factor = self._unbroadcasted_cov_factor
        return self._expanded(factor @ factor.mT + self._unbroadcasted_cov_diag.diag_embed())

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariance matrix."""
        inner = linalg.solve_triangular(self._capacitance_tril, self._weighted, upper=False)
        return self._expanded((1 / self._unbroadcasted_cov_diag).diag_embed() - inner.mT @ inner)

    @lazy_property
    def scale_tril(self) -> Tensor:
        """The lower Cholesky factor of the covariance matrix."""
        root = self._unbroadcasted_cov_diag.sqrt().unsqueeze(-1)
        inner = self._unbroadcasted_cov_factor / root  # I + inner @ inner.mT has no eigenvalue below 1
        return self._expanded(root * linalg.cholesky(inner @ inner.mT + eye(inner.shape[-2], dtype=inner.dtype)))

    @property
    def mean(self) -> Tensor:
        return self.loc

    mode = mean

    @property
    def variance(self) -> Tensor:
        variance = self._unbroadcasted_cov_factor.pow(2).sum(-1) + self._unbroadcasted_cov_diag
        return variance.expand(self._batch_shape + self._event_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        common = standard_normal((*shape[:-1], self.cov_factor.shape[-1]), self.loc.dtype)
        own = standard_normal(shape, self.loc.dtype)
        spread = (self._unbroadcasted_cov_factor @ common.unsqueeze(-1)).squeeze(-1)
        return self.loc + spread + self._unbroadcasted_cov_diag.sqrt() * own

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        squares = self._mahalanobis(value - self.loc)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + squares) - self._half_log_det

    def entropy(self) -> Tensor:
        entropy = 0.5 * self._event_shape[0] * (1 + math.log(2 * math.pi)) + self._half_log_det
        return entropy.expand(self._batch_shape)
