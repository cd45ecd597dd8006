"""The multivariate normal distribution."""

from __future__ import annotations

import math
from typing import Any

from .. import broadcast_shapes, linalg
from .._core import Tensor
from . import constraints
from ._covariance import ByCovariance
from .utils import standard_normal

__all__ = ["MultivariateNormal"]


def mahalanobis(factor: Tensor, x: Tensor) -> Tensor:
    """|factor^-1 @ x| ** 2 of vectors (..., n), for lower triangular factors (*batch, n, n).

    Dimensions of x in front of the batch's become columns of one system for each factor.
    """
    batch = factor.ndim - 2
    front, rest = tuple(x.shape)[: max(x.ndim - 1 - batch, 0)], tuple(x.shape)[max(x.ndim - 1 - batch, 0) :]
    columns = x.reshape((-1, *rest)).movedim(0, -1)
    squares = linalg.solve_triangular(factor, columns, upper=False).pow(2).sum(-2).movedim(-1, 0)
    return squares.reshape((*front, *squares.shape[1:]))


class MultivariateNormal(ByCovariance):
    """Normal vectors of mean `loc`, given by their covariance matrix, its inverse or its lower Cholesky factor: exactly one of them.

    Shapes: loc (..., n) and the matrix (..., n, n) broadcast to batch_shape + (n,). scale_tril is what the others are brought to.
    >>> d = mg.distributions.MultivariateNormal(mg.zeros(2), mg.tensor([[4.0, 0.0], [0.0, 1.0]]))
    >>> d.log_prob(mg.zeros(2)), d.scale_tril
    (tensor(-2.5310), tensor([[2., 0.],
            [0., 1.]]))
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True
    loc: Tensor

    def __init__(
        self,
        loc: Tensor,
        covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        if loc.ndim < 1:
            raise ValueError("MultivariateNormal: expected loc of at least one dimension, got a 0-d tensor")
        name, matrix = self._given(covariance_matrix=covariance_matrix, precision_matrix=precision_matrix, scale_tril=scale_tril)
        batch_shape = tuple(broadcast_shapes(matrix.shape[:-2], loc.shape[:-1]))
        self.loc = loc.expand((*batch_shape, -1))
        self.__dict__[name] = matrix.expand((*batch_shape, -1, -1))
        self._parameters = {"loc": 1, name: 2}
        super().__init__(batch_shape, self.loc.shape[-1:], validate_args)
        self._take_factor(name, matrix)

    @property
    def mean(self) -> Tensor:
        return self.loc

    mode = mean

    @property
    def variance(self) -> Tensor:
        return self._unbroadcasted_scale_tril.pow(2).sum(-1).expand(self._batch_shape + self._event_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        noise = standard_normal(self._extended_shape(sample_shape), self.loc.dtype)
        return self.loc + (self._unbroadcasted_scale_tril @ noise.unsqueeze(-1)).squeeze(-1)

    def _mahalanobis(self, x: Tensor) -> Tensor:
        return mahalanobis(self._unbroadcasted_scale_tril, x)

    @property
    def _factor(self) -> Tensor:
        """A matrix whose product with its transpose is the covariance."""
        return self._unbroadcasted_scale_tril

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        squares = self._mahalanobis(value - self.loc)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + squares) - self._half_log_det

    def entropy(self) -> Tensor:
        entropy = 0.5 * self._event_shape[0] * (1 + math.log(2 * math.pi)) + self._half_log_det
        return entropy.expand(self._batch_shape)
