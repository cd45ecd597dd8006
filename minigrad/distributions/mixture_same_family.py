"""Mixtures of distributions of one kind."""

from __future__ import annotations

from typing import Any

from .. import _core
from .._core import Tensor
from . import constraints
from .categorical import Categorical
from .distribution import Distribution

__all__ = ["MixtureSameFamily"]


class MixtureSameFamily(Distribution):
    """A mixture: `mixture_distribution`, a Categorical, chooses along the last batch dimension of `component_distribution`.

    Shapes: the component's batch_shape is batch_shape + (k,); the mixture's is batch_shape or broadcasts to it, with k categories.
    >>> weights = mg.distributions.Categorical(mg.tensor([0.25, 0.75]))
    >>> d = mg.distributions.MixtureSameFamily(weights, mg.distributions.Normal(mg.tensor([0.0, 4.0]), 1.0))
    >>> d.mean, d.variance
    (tensor(3.), tensor(4.))
    """

    arg_constraints: Any = {}

    def __init__(self, mixture_distribution: Categorical, component_distribution: Distribution, validate_args: bool | None = None) -> None:
        self._mixture_distribution, self._component_distribution = mixture_distribution, component_distribution
        if not isinstance(mixture_distribution, Categorical):
            raise ValueError(
                f"MixtureSameFamily: expected mixture_distribution as a Categorical, got {type(mixture_distribution).__name__}"
            )
        if not isinstance(component_distribution, Distribution):
            got = type(component_distribution).__name__
            raise ValueError(f"MixtureSameFamily: expected component_distribution as a Distribution, got {got}")
        shape, mixture = component_distribution.batch_shape, mixture_distribution.batch_shape
        if any(i != j and 1 not in (i, j) for i, j in zip(reversed(mixture), reversed(shape[:-1]), strict=False)):
            raise ValueError(f"MixtureSameFamily: batch_shape {mixture} of the mixture does not fit {shape} of the component")
        k = mixture_distribution.param_shape[-1]
        if not shape or shape[-1] != k:
            raise ValueError(f"MixtureSameFamily: the mixture has {k} categories, but the component has batch_shape {shape}")
        super().__init__(shape[:-1], component_distribution.event_shape, validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, _instance)
        new._component_distribution = self._component_distribution.expand((*new.batch_shape, self._mixture_distribution.param_shape[-1]))
        new._mixture_distribution = self._mixture_distribution.expand(new.batch_shape)
        return new

    @property
    def mixture_distribution(self) -> Categorical:
        """What chooses among the components."""
        return self._mixture_distribution

    @property
    def component_distribution(self) -> Distribution:
        """The components, along its last batch dimension."""
        return self._component_distribution

    @constraints.dependent_property
    def support(self) -> Any:
        return constraints.MixtureSameFamilyConstraint(self._component_distribution.support)

    def _pad(self, x: Tensor) -> Tensor:
        """x with a dimension for the components."""
        return x.unsqueeze(-1 - len(self._event_shape))

    def _average(self, x: Tensor) -> Tensor:
        """Mean over the components, of what has event dimensions."""
        probs = self._mixture_distribution.probs
        probs = probs.reshape((*probs.shape, *[1] * len(self._event_shape)))
        return (probs * x).sum(-1 - len(self._event_shape))

    @property
    def mean(self) -> Tensor:
        return self._average(self._component_distribution.mean)

    @property
    def variance(self) -> Tensor:
        component = self._component_distribution
        return self._average(component.variance) + self._average((component.mean - self._pad(self.mean)).pow(2))

    def cdf(self, x: Tensor) -> Tensor:
        return (self._component_distribution.cdf(self._pad(x)) * self._mixture_distribution.probs).sum(-1)

    def log_prob(self, x: Tensor) -> Tensor:
        self._validate_sample(x)
        log_prob = self._component_distribution.log_prob(self._pad(x))
        return (log_prob + self._mixture_distribution.logits.log_softmax(-1)).logsumexp(-1)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with _core.no_grad():
            dim = len(sample_shape) + len(self._batch_shape)
            choice = self._mixture_distribution.expand(self._batch_shape).sample(sample_shape)
            values = self._component_distribution.sample(sample_shape)
            index = choice.reshape((*choice.shape, 1, *[1] * len(self._event_shape)))
            return values.gather(dim, index.expand((*choice.shape, 1, *self._event_shape))).squeeze(dim)

    def __repr__(self) -> str:
        return f"MixtureSameFamily(\n  {self._mixture_distribution},\n  {self._component_distribution})"
