"""The Gumbel distribution."""

from __future__ import annotations

import math
from typing import Any

from .. import finfo, full_like
from .._core import Tensor
from . import constraints
from .transformed_distribution import TransformedDistribution
from .transforms import AffineTransform, ExpTransform
from .uniform import Uniform
from .utils import euler_constant

__all__ = ["Gumbel"]


class Gumbel(TransformedDistribution):
    """The Gumbel distribution, of largest values: its distribution function is exp(-exp(-(x - loc) / scale)).

    >>> mg.distributions.Gumbel(0.0, mg.tensor([1.0, 2.0])).cdf(mg.tensor(0.0))
    tensor([0.3679, 0.3679])
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    loc: Tensor
    scale: Tensor

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self._take(loc=loc, scale=scale)
        info, like = finfo(self.loc.dtype), self.loc.detach()
        base = Uniform(full_like(like, info.tiny), full_like(like, 1 - info.eps), validate_args)
        logarithm = ExpTransform().inv
        super().__init__(base, [logarithm, AffineTransform(0, -1), logarithm, AffineTransform(self.loc, -self.scale)], validate_args)

    @property
    def mean(self) -> Tensor:
        return self.loc + self.scale * euler_constant

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def stddev(self) -> Tensor:
        return math.pi / math.sqrt(6) * self.scale

    @property
    def variance(self) -> Tensor:
        return math.pi**2 / 6 * self.scale.pow(2)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        y = (self.loc - value) / self.scale
        return y - y.exp() - self.scale.log()

    def entropy(self) -> Tensor:
        return self.scale.log() + (1 + euler_constant)
