"""The negative binomial distribution."""

from __future__ import annotations

from typing import Any

from .. import _core, poisson
from .._core import Tensor
from ..nn.functional import logsigmoid
from . import constraints
from ._either import Either
from .gamma import Gamma
from .utils import replaced

__all__ = ["NegativeBinomial"]


class NegativeBinomial(Either):
    """How many trials succeed, each with probability `probs`, before `total_count` of them failed; total_count need not be whole.

    Shapes: total_count broadcasts with probs, or logits, the log-odds of success, to the batch's.
    >>> mg.distributions.NegativeBinomial(3.0, mg.tensor([0.5, 0.75])).mean
    tensor([3., 9.])
    """

    arg_constraints = {
        "total_count": constraints.greater_than_eq(0),
        "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    }
    support = constraints.nonnegative_integer
    total_count: Tensor

    def __init__(self, total_count: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._declare(validate_args, **self._one_of(probs, logits), total_count=total_count)
        self.total_count = self.total_count.to(self._param.dtype)

    @property
    def mean(self) -> Tensor:
        return self.total_count * self.logits.exp()

    @property
    def mode(self) -> Tensor:
        return ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0)

    @property
    def variance(self) -> Tensor:
        return self.mean / (-self.logits).sigmoid()

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with _core.no_grad():
            rate = Gamma(self.total_count, (-self.logits).exp(), validate_args=False).sample(sample_shape)
            return poisson(rate)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        n = self.total_count
        powers = n * logsigmoid(-self.logits) + value * logsigmoid(self.logits)
        ways = (n + value).lgamma() - (value + 1).lgamma() - n.lgamma()
        return powers + replaced(ways, n + value == 0, 0.0)
