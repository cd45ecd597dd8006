"""The Laplace distribution."""

from __future__ import annotations

from typing import Any

from .. import finfo
from .._core import Tensor
from . import constraints
from .distribution import Distribution
from .utils import uniform

__all__ = ["Laplace"]


class Laplace(Distribution):
    """The Laplace distribution: exp(-|x - loc| / scale) / (2 * scale).

    Shapes: loc and scale broadcast to the batch's.
    >>> mg.distributions.Laplace(0.0, mg.tensor([1.0, 2.0])).log_prob(mg.zeros(2))
    tensor([-0.6931, -1.3863])
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True
    loc: Tensor
    scale: Tensor

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self._declare(validate_args, loc=loc, scale=scale)

    @property
    def mean(self) -> Tensor:
        return self.loc

    mode = mean

    @property
    def variance(self) -> Tensor:
        return 2 * self.scale.pow(2)

    @property
    def stddev(self) -> Tensor:
        return 2**0.5 * self.scale

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        eps = finfo(self.loc.dtype).eps
        return self.icdf(uniform(self._extended_shape(sample_shape), self.loc.dtype).clamp(min=eps / 2))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return -(2 * self.scale).log() - (value - self.loc).abs() / self.scale

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        away = value - self.loc
        return 0.5 - 0.5 * away.sign() * (-away.abs() / self.scale).expm1()

    def icdf(self, value: Tensor) -> Tensor:
        away = value - 0.5
        return self.loc - self.scale * away.sign() * (-2 * away.abs()).log1p()

    def entropy(self) -> Tensor:
        return 1 + (2 * self.scale).log()
