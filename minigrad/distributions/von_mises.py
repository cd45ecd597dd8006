"""The von Mises distribution."""

from __future__ import annotations

import math
from typing import Any

from .. import _core
from .._core import Tensor
from ..special import i0e, i1e
from . import constraints
from ._rejection import von_mises
from .distribution import Distribution

__all__ = ["VonMises"]


class VonMises(Distribution):
    """The von Mises distribution of angles: exp(concentration * cos(x - loc)), normalised; values count modulo 2 pi.

    Shapes: loc and concentration broadcast to the batch's. Mean and variance are circular. Bessel functions are exact to rounding.
    >>> d = mg.distributions.VonMises(mg.tensor(0.0), mg.tensor(2.0))
    >>> d.log_prob(mg.zeros(())), d.variance
    (tensor(-0.6619), tensor(0.3022))
    """

    arg_constraints = {"loc": constraints.real, "concentration": constraints.positive}
    support = constraints.real
    loc: Tensor
    concentration: Tensor

    def __init__(self, loc: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self._declare(validate_args, loc=loc, concentration=concentration)

    @property
    def mean(self) -> Tensor:
        return self.loc

    mode = mean

    @property
    def variance(self) -> Tensor:
        return 1 - i1e(self.concentration) / i0e(self.concentration)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with _core.no_grad():
            x = von_mises(self.concentration.expand(self._extended_shape(sample_shape)))
            return _core.cast((x + math.pi + self.loc) % (2 * math.pi) - math.pi, self.loc.dtype)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return self.concentration * ((value - self.loc).cos() - 1) - math.log(2 * math.pi) - i0e(self.concentration).log()
