"""Affine and bilinear layers."""

from __future__ import annotations

import math
from typing import Any

import minigrad as mg
from minigrad._core import Tensor

from . import functional as F
from . import init
from ._shapes import size
from .module import Module
from .parameter import Parameter


class Identity(Module):
    """Give the input back; any arguments are accepted and ignored.

    >>> Identity(54, unused=True)(mg.ones(2)).shape
    (2,)
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        return input


class Linear(Module):
    """`input @ weight.T + bias`.

    Shapes:  input (*, in_features); weight (out_features, in_features); bias (out_features,) or None; returns (*, out_features).
    Initial: weight and bias uniform in +-1/sqrt(in_features).
    >>> Linear(20, 30)(mg.zeros(128, 20)).shape
    (128, 30)
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.in_features = size(in_features, "Linear", "in_features")
        self.out_features = size(out_features, "Linear", "out_features")
        self.weight = Parameter(mg.empty((self.out_features, self.in_features), device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(mg.empty(self.out_features, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features > 0 else 0.0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Bilinear(Module):
    """input1 @ weight[k] @ input2 + bias[k], for each output k.

    Shapes:  input1 (*, in1_features); input2 (*, in2_features); weight (out_features, in1_features, in2_features); bias
             (out_features,) or None; returns (*, out_features).
    Initial: weight and bias uniform in +-1/sqrt(in1_features).
    >>> Bilinear(20, 30, 40)(mg.zeros(128, 20), mg.zeros(128, 30)).shape
    (128, 40)
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self, in1_features: int, in2_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.in1_features = size(in1_features, "Bilinear", "in1_features", 1)
        self.in2_features = size(in2_features, "Bilinear", "in2_features")
        self.out_features = size(out_features, "Bilinear", "out_features")
        like = {"device": device, "dtype": dtype}
        self.weight = Parameter(mg.empty((self.out_features, self.in1_features, self.in2_features), **like))
        self.register_parameter("bias", Parameter(mg.empty(self.out_features, **like)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        bound = 1 / math.sqrt(self.in1_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        sizes = f"in1_features={self.in1_features}, in2_features={self.in2_features}, out_features={self.out_features}"
        return f"{sizes}, bias={self.bias is not None}"
