"""The gamma distribution."""

from __future__ import annotations

from typing import Any

from .. import finfo, xlogy
from .._core import Tensor
from ..special import gammainc
from . import constraints
from ._rejection import log_gamma
from .exp_family import ExponentialFamily

__all__ = ["Gamma"]


class Gamma(ExponentialFamily):
    """The gamma distribution of shape `concentration` and `rate`: x ** (concentration - 1) * exp(-rate * x), normalised.

    Shapes: concentration and rate broadcast to the batch's. Gradients of samples are those of the implicit function
    (Figurnov et al., arXiv:1805.08498); `cdf` has a gradient with respect to value and rate.
    >>> d = mg.distributions.Gamma(mg.tensor([1.0, 3.0]), 2.0)
    >>> d.mean, d.mode
    (tensor([0.5000, 1.5000]), tensor([0., 1.]))
    """

    arg_constraints = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True
    _mean_carrier_measure: Any = 0
    concentration: Tensor
    rate: Tensor

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        self._declare(validate_args, concentration=concentration, rate=rate)

    @property
    def mean(self) -> Tensor:
        return self.concentration / self.rate

    @property
    def mode(self) -> Tensor:
        return ((self.concentration - 1) / self.rate).clamp(min=0)

    @property
    def variance(self) -> Tensor:
        return self.concentration / self.rate.pow(2)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        z = log_gamma(self.concentration.expand(self._extended_shape(sample_shape)))
        return (z.exp() / self.rate).clamp(min=finfo(z.dtype).tiny)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        weighted = xlogy(self.concentration, self.rate) + xlogy(self.concentration - 1, value)
        return weighted - self.rate * value - self.concentration.lgamma()

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return gammainc(self.concentration, self.rate * value)

    def entropy(self) -> Tensor:
        a = self.concentration
        return a - self.rate.log() + a.lgamma() + (1 - a) * a.digamma()

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return self.concentration - 1, -self.rate

    def _log_normalizer(self, x: Tensor, y: Tensor) -> Tensor:
        return (x + 1).lgamma() - (x + 1) * (-y).log()
