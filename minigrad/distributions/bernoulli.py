"""The Bernoulli distribution."""

from __future__ import annotations

import math
from typing import Any

from .. import _core, arange, bernoulli, where
from .._core import Tensor
from ..nn.functional import binary_cross_entropy_with_logits
from . import constraints
from ._either import Either
from .exp_family import ExponentialFamily
from .utils import broadcast_all

__all__ = ["Bernoulli"]


class Bernoulli(Either, ExponentialFamily):
    """1 with probability `probs`, otherwise 0; `logits` are the log-odds. Exactly one of them is given.

    >>> d = mg.distributions.Bernoulli(mg.tensor([0.25, 1.0]))
    >>> d.variance, d.log_prob(mg.ones(2)).exp()
    (tensor([0.1875, 0.0000]), tensor([0.2500, 1.0000]))
    """

    support = constraints.boolean
    has_enumerate_support = True
    _mean_carrier_measure: Any = 0

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._declare(validate_args, **self._one_of(probs, logits))

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def mode(self) -> Tensor:
        probs = self.probs.detach()
        return where(probs == 0.5, math.nan, (probs >= 0.5).to(probs.dtype))

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with _core.no_grad():
            return bernoulli(self.probs.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        return -binary_cross_entropy_with_logits(logits, value, reduction="none")

    def entropy(self) -> Tensor:
        return binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")

    def enumerate_support(self, expand: bool = True) -> Tensor:
        return self._enumerated(arange(2, dtype=self._param.dtype), expand)

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return (self.logits,)

    def _log_normalizer(self, x: Tensor) -> Tensor:
        return x.exp().log1p()
