"""The binomial distribution."""

from __future__ import annotations

from typing import Any

from .. import _core, arange, binomial, minimum
from .._core import Tensor
from . import constraints
from ._either import Either

__all__ = ["Binomial"]


def log_partition(logits: Tensor) -> Tensor:
    """log(1 + exp(logits)), linear in neither tail by approximation."""
    positive = (logits.clamp(min=0) + logits - logits.clamp(max=0)) / 2  # whose slope at 0 is 1/2
    return positive + (-logits.abs()).exp().log1p()


class Binomial(Either):
    """How many of `total_count` independent trials succeed; exactly one of probs and logits, the log-odds, is given.

    Shapes: total_count, a number or a tensor, broadcasts with probs or logits to the batch's.
    >>> d = mg.distributions.Binomial(4, mg.tensor([0.25, 0.5]))
    >>> d.mean, d.log_prob(mg.tensor(2.0)).exp()
    (tensor([1., 2.]), tensor([0.2109, 0.3750]))
    """

    arg_constraints = {**Either.arg_constraints, "total_count": constraints.nonnegative_integer}
    has_enumerate_support = True
    total_count: Tensor

    def __init__(self, total_count: Any = 1, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._declare(validate_args, **self._one_of(probs, logits), total_count=total_count)
        self.total_count = self.total_count.to(self._param.dtype)

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Any:
        return constraints.integer_interval(0, self.total_count)

    @property
    def mean(self) -> Tensor:
        return self.total_count * self.probs

    @property
    def mode(self) -> Tensor:
        return minimum(((self.total_count + 1) * self.probs).floor(), self.total_count)

    @property
    def variance(self) -> Tensor:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        with _core.no_grad():
            return binomial(self.total_count.expand(shape), self.probs.expand(shape))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        n = self.total_count
        ways = (n + 1).lgamma() - (value + 1).lgamma() - (n - value + 1).lgamma()
        return value * self.logits - n * log_partition(self.logits) + ways

    def _values(self, what: str) -> Tensor:
        most = int(self.total_count.max())
        if int(self.total_count.min()) != most:
            raise NotImplementedError(f"Binomial does not implement {what} of a batch with different total_count")
        return arange(most + 1, dtype=self._param.dtype)

    def entropy(self) -> Tensor:
        log_prob = self.log_prob(self._enumerated(self._values("entropy"), False))
        return -(log_prob.exp() * log_prob).sum(0)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        return self._enumerated(self._values("enumerate_support"), expand)
