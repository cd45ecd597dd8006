"""The half-normal distribution."""

from __future__ import annotations

import math
from typing import Any

from .._core import Tensor
from ._half import Half
from .normal import Normal

__all__ = ["HalfNormal"]


class HalfNormal(Half):
    """|x| of a normal x of mean 0 and standard deviation `scale`.

    >>> mg.distributions.HalfNormal(mg.tensor([1.0, 2.0])).mean
    tensor([0.7979, 1.5958])
    """

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Normal(0, scale, False), validate_args)

    @property
    def mean(self) -> Tensor:
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def variance(self) -> Tensor:
        return self.scale.pow(2) * (1 - 2 / math.pi)
