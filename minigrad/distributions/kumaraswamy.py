"""The Kumaraswamy distribution."""

from __future__ import annotations

import math
from typing import Any

from .. import ones_like, where, zeros_like
from .._core import Tensor
from . import constraints
from .transformed_distribution import TransformedDistribution
from .transforms import AffineTransform, PowerTransform
from .uniform import Uniform
from .utils import euler_constant, replaced

__all__ = ["Kumaraswamy"]


class Kumaraswamy(TransformedDistribution):
    """The Kumaraswamy distribution on (0, 1): its distribution function is 1 - (1 - x ** concentration1) ** concentration0.

    >>> mg.distributions.Kumaraswamy(mg.tensor(1.0), mg.tensor([1.0, 3.0])).mean
    tensor([0.5000, 0.2500])
    """

    arg_constraints = {"concentration1": constraints.positive, "concentration0": constraints.positive}
    support = constraints.unit_interval
    has_rsample = True
    concentration1: Tensor
    concentration0: Tensor

    def __init__(self, concentration1: Any, concentration0: Any, validate_args: bool | None = None) -> None:
        self._take(concentration1=concentration1, concentration0=concentration0)
        like = self.concentration0.detach()
        inverse = [PowerTransform(1 / self.concentration0), AffineTransform(1.0, -1.0), PowerTransform(1 / self.concentration1)]
        super().__init__(Uniform(zeros_like(like), ones_like(like), validate_args), inverse, validate_args)

    def _moment(self, n: int) -> Tensor:
        a, b = 1 + n / self.concentration1, self.concentration0
        return b * (a.lgamma() + b.lgamma() - (a + b).lgamma()).exp()

    @property
    def mean(self) -> Tensor:
        return self._moment(1)

    @property
    def mode(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        inside = (a >= 1) & (b >= 1) & (a * b > 1)  # elsewhere the density is largest at an end, or nowhere
        ratio = where(inside, a - 1, 1.0) / where(inside, a * b - 1, 1.0)
        return replaced(ratio.pow(1 / a), ~inside, math.nan)

    @property
    def variance(self) -> Tensor:
        return self._moment(2) - self.mean.pow(2)

    def entropy(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        return 1 - 1 / b + (1 - 1 / a) * ((b + 1).digamma() + euler_constant) - a.log() - b.log()
