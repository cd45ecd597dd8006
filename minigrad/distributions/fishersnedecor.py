"""The F-distribution."""

from __future__ import annotations

import math
from typing import Any

from .. import finfo, where
from .._core import Tensor
from . import constraints
from .distribution import Distribution
from .gamma import Gamma
from .utils import replaced

__all__ = ["FisherSnedecor"]


class FisherSnedecor(Distribution):
    """The F-distribution of `df1` and `df2` degrees of freedom: of the ratio of two chi-squared numbers, each divided by its own.

    Shapes: df1 and df2 broadcast to the batch's. The mean is NaN for df2 <= 2, the variance for df2 <= 4.
    >>> mg.distributions.FisherSnedecor(mg.tensor(2.0), mg.tensor([2.0, 4.0])).mean
    tensor([nan, 2.])
    """

    arg_constraints = {"df1": constraints.positive, "df2": constraints.positive}
    support = constraints.positive
    has_rsample = True
    df1: Tensor
    df2: Tensor

    def __init__(self, df1: Any, df2: Any, validate_args: bool | None = None) -> None:
        self._declare(validate_args, df1=df1, df2=df2)

    @property
    def mean(self) -> Tensor:
        df2 = where(self.df2 > 2, self.df2, 3.0)
        return replaced(df2 / (df2 - 2), self.df2 <= 2, math.nan)

    @property
    def mode(self) -> Tensor:
        mode = (self.df1 - 2) / self.df1 * self.df2 / (self.df2 + 2)
        return replaced(mode, self.df1 <= 2, math.nan)

    @property
    def variance(self) -> Tensor:
        df2 = where(self.df2 > 4, self.df2, 5.0)
        variance = 2 * df2.pow(2) * (self.df1 + df2 - 2) / (self.df1 * (df2 - 2).pow(2) * (df2 - 4))
        return replaced(variance, self.df2 <= 4, math.nan)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        over, under = (Gamma(0.5 * df, df, validate_args=False).rsample(sample_shape) for df in (self.df1, self.df2))
        return (over / under).clamp(min=finfo(over.dtype).tiny)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        a, b, ratio = 0.5 * self.df1, 0.5 * self.df2, self.df1 / self.df2
        normalizer = a.lgamma() + b.lgamma() - (a + b).lgamma()
        return a * ratio.log() + (a - 1) * value.log() - (a + b) * (ratio * value).log1p() - normalizer
