"""Student's t-distribution."""

from __future__ import annotations

import math
from typing import Any

from .. import where
from .._core import Tensor
from . import constraints
from .chi2 import Chi2
from .distribution import Distribution
from .utils import replaced, standard_normal

__all__ = ["StudentT"]


class StudentT(Distribution):
    """Student's t-distribution of `df` degrees of freedom, moved by `loc` and stretched by `scale`.

    Shapes: df, loc and scale broadcast to the batch's. The mean is NaN for df <= 1, the variance infinite for df <= 2.
    >>> mg.distributions.StudentT(mg.tensor([1.0, 4.0])).variance
    tensor([nan, 2.])
    """

    arg_constraints = {"df": constraints.positive, "loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True
    df: Tensor
    loc: Tensor
    scale: Tensor

    def __init__(self, df: Any, loc: Any = 0.0, scale: Any = 1.0, validate_args: bool | None = None) -> None:
        self._declare(validate_args, df=df, loc=loc, scale=scale)

    @property
    def mean(self) -> Tensor:
        return replaced(self.loc, self.df <= 1, math.nan)

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        df = where(self.df > 2, self.df, 3.0)  # the branch that is not taken must not bring NaN into the gradient
        finite = replaced(self.scale.pow(2) * df / (df - 2), self.df <= 2, math.inf)
        return replaced(finite, self.df <= 1, math.nan)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        x = standard_normal(self._extended_shape(sample_shape), self.df.dtype)
        z = Chi2(self.df, validate_args=False).rsample(sample_shape)
        return self.loc + self.scale * x * (z / self.df).rsqrt()

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        y = (value - self.loc) / self.scale
        normalizer = self.scale.log() + 0.5 * (self.df * math.pi).log() + (0.5 * self.df).lgamma() - (0.5 * self.df + 0.5).lgamma()
        return -0.5 * (self.df + 1) * (y.pow(2) / self.df).log1p() - normalizer

    def entropy(self) -> Tensor:
        a, b = 0.5 * self.df, 0.5 * self.df + 0.5
        log_beta = a.lgamma() + math.lgamma(0.5) - b.lgamma()
        return self.scale.log() + b * (b.digamma() - a.digamma()) + 0.5 * self.df.log() + log_beta
