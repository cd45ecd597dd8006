"""Distributions of a choice among categories, as a vector with a single 1."""

from __future__ import annotations

from typing import Any

from .. import eye
from .._core import Tensor
from ..nn.functional import one_hot
from . import constraints
from ._of_categorical import OfCategorical

__all__ = ["OneHotCategorical", "OneHotCategoricalStraightThrough"]


class OneHotCategorical(OfCategorical):
    """One of n categories, as a vector that is 1 there and 0 elsewhere.

    Shapes: probs, normalised to sum 1, or logits batch_shape + (n,); exactly one of them is given. Events are (n,), of its dtype.
    >>> d = mg.distributions.OneHotCategorical(mg.tensor([0.0, 2.0]))
    >>> d.sample(), d.mean
    (tensor([0., 1.]), tensor([0., 1.]))
    """

    support = constraints.one_hot
    has_enumerate_support = True

    def __init__(self, probs: Tensor | None = None, logits: Tensor | None = None, validate_args: bool | None = None) -> None:
        super().__init__(probs, logits, validate_args)

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def mode(self) -> Tensor:
        return self._vectors(self._categorical.mode)

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def _vectors(self, index: Tensor) -> Tensor:
        return one_hot(index, self._event_shape[0]).to(self._param.dtype)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        return self._vectors(self._categorical.sample(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return self._categorical.log_prob(value.argmax(-1))

    def entropy(self) -> Tensor:
        return self._categorical.entropy()

    def enumerate_support(self, expand: bool = True) -> Tensor:
        return self._enumerated(eye(self._event_shape[0], dtype=self._param.dtype), expand)


class OneHotCategoricalStraightThrough(OneHotCategorical):
    """OneHotCategorical whose samples have the gradient of its probabilities.

    Source: Bengio, Léonard & Courville, "Estimating or propagating gradients through stochastic neurons", arXiv:1308.3432.
    >>> p = mg.tensor([0.0, 1.0], requires_grad=True)
    >>> mg.distributions.OneHotCategoricalStraightThrough(p).rsample()
    tensor([0., 1.], grad_fn=<add>)
    """

    has_rsample = True

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return self.sample(sample_shape) + (self.probs - self.probs.detach())
