"""The generalised Pareto distribution."""

from __future__ import annotations

import math
from typing import Any

from .. import where
from .._core import Tensor
from . import constraints
from .distribution import Distribution
from .utils import replaced, uniform

__all__ = ["GeneralizedPareto"]


class GeneralizedPareto(Distribution):
    """Tails of distributions: the probability of more than x is (1 + concentration * z) ** (-1 / concentration), z = (x - loc) / scale,
    or its limit exp(-z) at concentration 0.

    >>> mg.distributions.GeneralizedPareto(0.0, 2.0, mg.tensor([0.0, 0.5])).mean
    tensor([2., 4.])
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive, "concentration": constraints.real}
    has_rsample = True
    loc: Tensor
    scale: Tensor
    concentration: Tensor

    def __init__(self, loc: Any, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self._declare(validate_args, loc=loc, scale=scale, concentration=concentration)

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Any:
        bounded = self.concentration < 0
        upper = self.loc - self.scale / where(bounded, self.concentration, -1.0)
        return constraints.interval(self.loc, replaced(upper, ~bounded, math.inf))

    @property
    def _limit(self) -> tuple[Tensor, Tensor]:
        """Where the concentration is about 0, and a concentration to compute with elsewhere."""
        none = self.concentration.abs() <= 1e-8
        return none, where(none, 1.0, self.concentration)

    @property
    def mean(self) -> Tensor:
        finite = self.concentration < 1
        c = where(finite, self.concentration, 0.5)
        return replaced(self.loc + self.scale / (1 - c), ~finite, math.nan)

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        finite = self.concentration < 0.5
        c = where(finite, self.concentration, 0.25)
        return replaced(self.scale.pow(2) / ((1 - c).pow(2) * (1 - 2 * c)), ~finite, math.nan)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return self.icdf(uniform(self._extended_shape(sample_shape), self.loc.dtype))

    def log_survival_function(self, value: Tensor) -> Tensor:
        """Logarithm of the probability of more than this value."""
        self._validate_sample(value)
        z = (value - self.loc) / self.scale
        none, c = self._limit
        return where(none, -z, -(c * z).log1p() / c)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        z = (value - self.loc) / self.scale
        none, c = self._limit
        power = 1 / c + 1
        return -self.scale.log() - where(none, z, where(power == 0, 0.0, power * (c * z).log1p()))

    def log_cdf(self, value: Tensor) -> Tensor:
        """Logarithm of the distribution function."""
        return (-self.log_survival_function(value).exp()).log1p()

    def cdf(self, value: Tensor) -> Tensor:
        return -self.log_survival_function(value).expm1()

    def icdf(self, value: Tensor) -> Tensor:
        none, c = self._limit
        log_rest = (-value).log1p()
        return self.loc + self.scale * where(none, -log_rest, (-c * log_rest).expm1() / c)

    def entropy(self) -> Tensor:
        return self.scale.log() + self.concentration + 1
