"""The beta distribution."""

from __future__ import annotations

from typing import Any

from .. import finfo, stack, xlogy
from .._core import Tensor
from ..special import xlog1py
from . import constraints
from ._rejection import log_gamma
from .dirichlet import mode_of
from .exp_family import ExponentialFamily

__all__ = ["Beta"]


class Beta(ExponentialFamily):
    """The beta distribution: x ** (concentration1 - 1) * (1 - x) ** (concentration0 - 1), normalised.

    Shapes: both concentrations broadcast to the batch's. Samples are made of two gamma numbers, as are their gradients.
    >>> d = mg.distributions.Beta(mg.tensor([1.0, 2.0]), 2.0)
    >>> d.mean, d.log_prob(mg.tensor(0.5))
    (tensor([0.3333, 0.5000]), tensor([0.0000, 0.4055]))
    """

    arg_constraints = {"concentration1": constraints.positive, "concentration0": constraints.positive}
    support = constraints.unit_interval
    has_rsample = True
    _mean_carrier_measure: Any = 0
    concentration1: Tensor
    concentration0: Tensor

    def __init__(self, concentration1: Any, concentration0: Any, validate_args: bool | None = None) -> None:
        self._declare(validate_args, concentration1=concentration1, concentration0=concentration0)

    @property
    def _total(self) -> Tensor:
        return self.concentration1 + self.concentration0

    @property
    def mean(self) -> Tensor:
        return self.concentration1 / self._total

    @property
    def mode(self) -> Tensor:
        return mode_of(stack([self.concentration1, self.concentration0], -1))[..., 0]

    @property
    def variance(self) -> Tensor:
        total = self._total
        return self.concentration1 * self.concentration0 / (total.pow(2) * (total + 1))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        odds = log_gamma(self.concentration1.expand(shape)) - log_gamma(self.concentration0.expand(shape))
        info = finfo(odds.dtype)
        return odds.sigmoid().clamp(info.tiny, 1 - info.eps)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        a, b = self.concentration1, self.concentration0
        return xlogy(a - 1, value) + xlog1py(b - 1, -value) + (a + b).lgamma() - a.lgamma() - b.lgamma()

    def entropy(self) -> Tensor:
        a, b, total = self.concentration1, self.concentration0, self._total
        inner = (a - 1) * a.digamma() + (b - 1) * b.digamma() - (total - 2) * total.digamma()
        return a.lgamma() + b.lgamma() - total.lgamma() - inner

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return self.concentration1 - 1, self.concentration0 - 1

    def _log_normalizer(self, x: Tensor, y: Tensor) -> Tensor:
        return (x + 1).lgamma() + (y + 1).lgamma() - (x + y + 2).lgamma()
