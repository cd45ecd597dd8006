"""Distributions of a choice among categories, as an index."""

from __future__ import annotations

import math
from typing import Any

from .. import _core, arange, broadcast_tensors, finfo, full, multinomial
from .._core import Tensor
from . import constraints
from ._either import Either

__all__ = ["Categorical"]


class Categorical(Either):
    """One of n categories, by its index.

    Shapes: probs, normalised to sum 1, or logits, whose exp is, batch_shape + (n,); exactly one of them is given. Samples are int64.
    >>> d = mg.distributions.Categorical(mg.tensor([1.0, 3.0]))
    >>> d.probs, d.log_prob(mg.tensor([0, 1, 1])).exp(), d.entropy()
    (tensor([0.2500, 0.7500]), tensor([0.2500, 0.7500, 0.7500]), tensor(0.5623))
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    has_enumerate_support = True
    _is_binary = False

    def __init__(self, probs: Tensor | None = None, logits: Tensor | None = None, validate_args: bool | None = None) -> None:
        ((name, given),) = self._one_of(probs, logits).items()
        if given.ndim < 1:
            raise ValueError(f"{type(self).__name__}: expected {name} of at least one dimension, got a 0-d tensor")
        norm = given.sum(-1, keepdim=True) if name == "probs" else given.logsumexp(-1, keepdim=True)
        self.__dict__[name] = given / norm if name == "probs" else given - norm
        self._parameters = {name: 1}
        self._num_events = given.shape[-1]
        super().__init__(given.shape[:-1], (), validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Any:
        return constraints.integer_interval(0, self._num_events - 1)

    @property
    def mean(self) -> Tensor:
        return full(self._extended_shape(), math.nan, dtype=self._param.dtype)

    variance = mean

    @property
    def mode(self) -> Tensor:
        return self._param.detach().argmax(-1)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        sample_shape = tuple(sample_shape)
        with _core.no_grad():
            rows = self.probs.reshape(-1, self._num_events)
            return multinomial(rows, math.prod(sample_shape), True).T.reshape(self._extended_shape(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        index, log_pmf = broadcast_tensors(_core.cast(value, _core.int64).unsqueeze(-1), self.logits)
        return log_pmf.gather(-1, index[..., :1]).squeeze(-1)

    def entropy(self) -> Tensor:
        return -(self.logits.clamp(min=finfo(self._param.dtype).min) * self.probs).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        return self._enumerated(arange(self._num_events), expand)
