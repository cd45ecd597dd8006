"""The geometric distribution."""

from __future__ import annotations

from typing import Any

from .. import _core, finfo, where, zeros_like
from .._core import Tensor
from ..nn.functional import binary_cross_entropy_with_logits
from . import constraints
from ._either import Either
from .utils import all_true, broadcast_all, uniform

__all__ = ["Geometric"]


class Geometric(Either):
    """How many trials of probability `probs` fail before one succeeds: 0, 1, 2...

    (`Tensor.geometric_` counts the one that succeeds, too.) Exactly one of probs, in (0, 1], and logits, the log-odds, is given.
    >>> mg.distributions.Geometric(mg.tensor([0.25, 1.0])).mean
    tensor([3., 0.])
    """

    support = constraints.nonnegative_integer

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._declare(validate_args, **self._one_of(probs, logits))

    def _validate_parameters(self) -> None:
        super()._validate_parameters()
        if "probs" in self._parameters and not all_true(self.probs > 0):
            raise ValueError("Geometric: expected parameter probs to be positive, got 0.0: no trial would ever succeed")

    @property
    def mean(self) -> Tensor:
        return 1 / self.probs - 1

    @property
    def mode(self) -> Tensor:
        return zeros_like(self.probs.detach())

    @property
    def variance(self) -> Tensor:
        return (1 / self.probs - 1) / self.probs

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with _core.no_grad():
            u = uniform(self._extended_shape(sample_shape), self.probs.dtype).clamp(min=finfo(self.probs.dtype).tiny)
            return (u.log() / (-self.probs).log1p()).floor()

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        value, probs = broadcast_all(value, self.probs)
        sure = (probs == 1) & (value == 0)  # 0 * log(0)
        return value * (-where(sure, 0.0, probs)).log1p() + self.probs.log()

    def entropy(self) -> Tensor:
        return binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none") / self.probs
