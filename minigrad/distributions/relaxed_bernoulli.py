"""Continuous relaxations of the Bernoulli distribution."""

from __future__ import annotations

from typing import Any

from .._core import Tensor
from . import constraints
from ._either import Either
from .transformed_distribution import TransformedDistribution
from .transforms import SigmoidTransform
from .utils import broadcast_all, clamp_probs, uniform

__all__ = ["LogitRelaxedBernoulli", "RelaxedBernoulli"]


class LogitRelaxedBernoulli(Either):
    """The logit of a RelaxedBernoulli number.

    >>> mg.distributions.relaxed_bernoulli.LogitRelaxedBernoulli(mg.tensor(0.5), 0.5).log_prob(mg.zeros(2))
    tensor([-2.0794, -2.0794])
    """

    support = constraints.real
    has_rsample = True

    def __init__(self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        (self.temperature,) = broadcast_all(temperature)
        self._declare(validate_args, **self._one_of(probs, logits))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        probs = clamp_probs(self.probs)
        u = clamp_probs(uniform(self._extended_shape(sample_shape), probs.dtype))
        return (u.log() - (-u).log1p() + probs.log() - (-probs).log1p()) / self.temperature

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        away = logits - value * self.temperature
        return self.temperature.log() + away - 2 * away.exp().log1p()


class RelaxedBernoulli(TransformedDistribution):
    """Numbers in (0, 1) that come near 0 and 1 as `temperature` falls, differentiable in probs or logits.

    Source: Maddison, Mnih & Teh, "The concrete distribution", arXiv:1611.00712.
    >>> mg.distributions.RelaxedBernoulli(mg.tensor(0.5), mg.tensor([0.1, 0.9])).log_prob(mg.tensor(0.5))
    tensor([-1.7148, -1.7148])
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        base = LogitRelaxedBernoulli._as_part(temperature, probs, logits, validate_args=validate_args)
        super().__init__(base, SigmoidTransform(), validate_args)

    @property
    def temperature(self) -> Tensor:
        """How far from 0 and 1 samples stay."""
        return self.base_dist.temperature

    @property
    def probs(self) -> Tensor:
        """Probabilities of 1."""
        return self.base_dist.probs

    @property
    def logits(self) -> Tensor:
        """Log-odds of 1."""
        return self.base_dist.logits
