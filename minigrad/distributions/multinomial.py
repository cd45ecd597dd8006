"""The multinomial distribution."""

from __future__ import annotations

import math
from typing import Any

from .. import _core, ones_like, where
from .._core import Tensor
from . import constraints
from ._of_categorical import OfCategorical
from .binomial import Binomial
from .utils import broadcast_all

__all__ = ["Multinomial"]


class Multinomial(OfCategorical):
    """How often each of n categories is chosen in `total_count` independent choices.

    Shapes: probs, normalised to sum 1, or logits batch_shape + (n,); exactly one of them is given. `log_prob` takes counts of any
    total up to total_count.
    >>> d = mg.distributions.Multinomial(4, mg.tensor([1.0, 3.0]))
    >>> d.mean, d.log_prob(mg.tensor([1.0, 3.0])).exp()
    (tensor([1., 3.]), tensor(0.4219))
    """

    def __init__(
        self, total_count: int = 1, probs: Tensor | None = None, logits: Tensor | None = None, validate_args: bool | None = None
    ) -> None:
        if not isinstance(total_count, int):
            raise NotImplementedError(f"Multinomial: expected total_count as an int, the same for all, got {type(total_count).__name__}")
        self.total_count = total_count
        super().__init__(probs, logits, validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=1)
    def support(self) -> Any:
        return constraints.multinomial(self.total_count)

    @property
    def mean(self) -> Tensor:
        return self.probs * self.total_count

    @property
    def variance(self) -> Tensor:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with _core.no_grad():
            chosen = self._categorical.sample((self.total_count, *sample_shape)).movedim(0, -1)
            counts = chosen.new_zeros(self._extended_shape(sample_shape))
            return counts.scatter_add(-1, chosen, ones_like(chosen)).to(self._param.dtype)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        logits = where((value == 0) & (logits == -math.inf), 0.0, logits)
        return (value.sum(-1) + 1).lgamma() - (value + 1).lgamma().sum(-1) + (logits * value).sum(-1)

    def entropy(self) -> Tensor:
        each = Binomial(self.total_count, self.probs, validate_args=False)
        counts = each.enumerate_support(expand=False)[1:]
        repeats = (each.log_prob(counts).exp() * (counts + 1).lgamma()).sum((0, -1))
        return self.total_count * self._categorical.entropy() - math.lgamma(self.total_count + 1) + repeats
