"""The half-Cauchy distribution."""

from __future__ import annotations

import math
from typing import Any

from .. import full_like
from .._core import Tensor
from ._half import Half
from .cauchy import Cauchy

__all__ = ["HalfCauchy"]


class HalfCauchy(Half):
    """|x| of a Cauchy-distributed x of median 0 and this `scale`.

    >>> mg.distributions.HalfCauchy(mg.tensor([1.0, 2.0])).icdf(mg.tensor(0.5))
    tensor([1., 2.])
    """

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Cauchy(0, scale, False), validate_args)

    @property
    def mean(self) -> Tensor:
        return full_like(self.scale.detach(), math.inf)

    @property
    def variance(self) -> Tensor:
        return self.base_dist.variance
