"""The Wishart distribution."""

from __future__ import annotations

import math
import warnings
from typing import Any

from .. import arange, broadcast_shapes, cholesky_solve, full, linalg, mvlgamma, randn, where
from .._core import Tensor
from . import constraints
from ._covariance import ByCovariance, log_diagonal
from .chi2 import Chi2
from .exp_family import ExponentialFamily
from .utils import all_true

__all__ = ["Wishart"]

_LOG_2 = math.log(2)


def _mvdigamma(x: Tensor, n: int) -> Tensor:
    """The derivative of mvlgamma: the sum over j < n of digamma(x - j / 2)."""
    return (x.unsqueeze(-1) - arange(n, dtype=x.dtype) / 2).digamma().sum(-1)


class Wishart(ByCovariance, ExponentialFamily):
    """Sums of outer products of `df` normal vectors with mean 0, given by their covariance matrix, its inverse or its lower Cholesky factor.

    Shapes: df and the matrix (..., n, n) broadcast to the batch's; events are (n, n). df is any number above n - 1, not only a whole one.
    Sources: Bartlett, "On the theory of statistical regression", 1933 (samples); Sawyer, "Wishart distributions and inverse-Wishart
    sampling", 2007.
    >>> d = mg.distributions.Wishart(mg.tensor(5.0), mg.eye(2))
    >>> d.mean, d.log_prob(mg.eye(2))
    (tensor([[5., 0.],
            [0., 5.]]), tensor(-5.3228))
    """

    arg_constraints = {
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
        "df": constraints.greater_than(0),
    }
    support = constraints.positive_definite
    has_rsample = True
    _mean_carrier_measure: Any = 0
    df: Tensor

    def __init__(
        self,
        df: Any,
        covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        name, matrix = self._given(covariance_matrix=covariance_matrix, precision_matrix=precision_matrix, scale_tril=scale_tril)
        n = matrix.shape[-1]
        df = df if isinstance(df, Tensor) else full((), float(df), dtype=matrix.dtype)
        batch_shape = tuple(broadcast_shapes(df.shape, matrix.shape[:-2]))
        self.df = df.expand(batch_shape)
        self.__dict__[name] = matrix.expand((*batch_shape, -1, -1))
        self._parameters = {"df": 0, name: 2}
        super().__init__(batch_shape, matrix.shape[-2:], validate_args)
        if not all_true(self.df > n - 1):
            raise ValueError(f"Wishart: expected df above {n - 1}, the matrices' size less 1, got {self.df.tolist()}")
        if not all_true(self.df >= n):
            warnings.warn(f"Wishart: samples with df below {n}, the matrices' size, are likely to be singular", stacklevel=2)
        self._take_factor(name, matrix)

    @property
    def mean(self) -> Tensor:
        return self.df[..., None, None] * self.covariance_matrix

    @property
    def mode(self) -> Tensor:
        """The likeliest matrix; NaN where the density has no maximum, with df up to n + 1."""
        factor = self.df - self._event_shape[-1] - 1
        return where(factor > 0, factor, math.nan)[..., None, None] * self.covariance_matrix

    @property
    def variance(self) -> Tensor:
        v = self.covariance_matrix
        diagonal = v.diagonal(dim1=-2, dim2=-1)
        return self.df[..., None, None] * (v.pow(2) + diagonal.unsqueeze(-1) * diagonal.unsqueeze(-2))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        n, dtype = self._event_shape[-1], self._unbroadcasted_scale_tril.dtype
        squares = Chi2(self.df.unsqueeze(-1) - arange(n, dtype=dtype), validate_args=False).rsample(sample_shape)
        noise = randn(self._extended_shape(sample_shape), dtype=dtype).tril(-1) + squares.sqrt().diag_embed()
        factor = self._unbroadcasted_scale_tril @ noise
        return factor @ factor.mT

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        n = self._event_shape[-1]
        normalizer = self.df * (n * _LOG_2 / 2 + self._half_log_det) + mvlgamma(self.df / 2, n)
        trace = cholesky_solve(value, self._unbroadcasted_scale_tril).diagonal(dim1=-2, dim2=-1).sum(-1)
        return (self.df - n - 1) * log_diagonal(linalg.cholesky(value)) - trace / 2 - normalizer

    def entropy(self) -> Tensor:
        n, half = self._event_shape[-1], self.df / 2
        inner = (n + 1) * (n * _LOG_2 / 2 + self._half_log_det) + mvlgamma(half, n)
        return inner - (self.df - n - 1) / 2 * _mvdigamma(half, n) + self.df * n / 2

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return -self.precision_matrix / 2, (self.df - self._event_shape[-1] - 1) / 2

    def _log_normalizer(self, x: Tensor, y: Tensor) -> Tensor:
        n = self._event_shape[-1]
        half = y + (n + 1) / 2
        return half * (n * _LOG_2 - linalg.slogdet(-2 * x).logabsdet) + mvlgamma(half, n)
