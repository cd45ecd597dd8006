"""The Dirichlet distribution."""

from __future__ import annotations

from typing import Any

from .. import finfo, where, xlogy
from .._core import Tensor
from ..nn.functional import one_hot
from . import constraints
from ._rejection import log_gamma
from .exp_family import ExponentialFamily

__all__ = ["Dirichlet"]


def mode_of(concentration: Tensor) -> Tensor:
    """The likeliest point; the corner of the largest concentration where all are below 1."""
    above = (concentration - 1).clamp(min=0)
    corner = one_hot(above.detach().argmax(-1), above.shape[-1]).to(above.dtype)
    none = (concentration < 1).all(-1, keepdim=True)
    return where(none, corner, above / where(none, 1.0, above.sum(-1, keepdim=True)))


class Dirichlet(ExponentialFamily):
    """The Dirichlet distribution over points of the simplex.

    Shapes: concentration batch_shape + (n,), positive; events are (n,). Samples are gamma numbers divided by their sum, computed from
    logarithms, so that small concentrations do not underflow.
    >>> d = mg.distributions.Dirichlet(mg.tensor([1.0, 2.0, 5.0]))
    >>> d.mean, d.event_shape
    (tensor([0.1250, 0.2500, 0.6250]), (3,))
    """

    arg_constraints = {"concentration": constraints.independent(constraints.positive, 1)}
    support = constraints.simplex
    has_rsample = True
    _mean_carrier_measure: Any = 0
    _parameters = {"concentration": 1}
    concentration: Tensor

    def __init__(self, concentration: Tensor, validate_args: bool | None = None) -> None:
        if not concentration.ndim:
            raise ValueError("Dirichlet: expected a concentration of at least one dimension, got a 0-d tensor")
        self.concentration = concentration
        super().__init__(concentration.shape[:-1], concentration.shape[-1:], validate_args)

    @property
    def mean(self) -> Tensor:
        return self.concentration / self.concentration.sum(-1, keepdim=True)

    @property
    def mode(self) -> Tensor:
        return mode_of(self.concentration)

    @property
    def variance(self) -> Tensor:
        total = self.concentration.sum(-1, keepdim=True)
        return self.concentration * (total - self.concentration) / (total.pow(2) * (total + 1))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        z = log_gamma(self.concentration.expand(self._extended_shape(sample_shape)))
        return z.softmax(-1).clamp(min=finfo(z.dtype).tiny)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        a = self.concentration
        return xlogy(a - 1, value).sum(-1) + a.sum(-1).lgamma() - a.lgamma().sum(-1)

    def entropy(self) -> Tensor:
        a, total = self.concentration, self.concentration.sum(-1)
        spread = (a.shape[-1] - total) * total.digamma() + ((a - 1) * a.digamma()).sum(-1)
        return a.lgamma().sum(-1) - total.lgamma() - spread

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return (self.concentration - 1,)

    def _log_normalizer(self, x: Tensor) -> Tensor:
        return (x + 1).lgamma().sum(-1) - (x + 1).sum(-1).lgamma()
