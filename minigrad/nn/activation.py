"""Activations as layers: each is the function of the same name in `minigrad.nn.functional`, with its settings kept.

Those that networks call most have a forward of their own; the others are declared by their settings (`FunctionLayer`).
"""

from __future__ import annotations

from typing import Any

import minigrad as mg
from minigrad._core import Tensor
from minigrad.errors import ShapeError

from . import functional as F
from . import init
from ._shapes import size
from .function_layer import FunctionLayer
from .module import Module
from .parameter import Parameter


class _Inplace(Module):
    """An activation whose only setting is whether it overwrites its input."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class ReLU(_Inplace):
    """max(input, 0).

    Shapes: input any; returns the same.
    >>> ReLU()(mg.tensor([-1.0, 2.0])).tolist()
    [0.0, 2.0]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.relu(input, self.inplace)


class ReLU6(_Inplace):
    """input between 0 and 6.

    Shapes: input any; returns the same.
    >>> ReLU6()(mg.tensor([-1.0, 2.0, 8.0])).tolist()
    [0.0, 2.0, 6.0]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.relu6(input, inplace=self.inplace)


class SiLU(_Inplace):
    """input * sigmoid(input).

    Shapes: input any; returns the same.
    >>> SiLU()(mg.zeros(2)).tolist()
    [0.0, 0.0]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.silu(input, inplace=self.inplace)


class LeakyReLU(Module):
    """input where positive, negative_slope * input elsewhere.

    Shapes: input any; returns the same.
    >>> LeakyReLU(0.5)(mg.tensor([-1.0, 2.0])).tolist()
    [-0.5, 2.0]
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope}{', inplace=True' if self.inplace else ''}"


class Hardtanh(Module):
    """input between min_val and max_val.

    Shapes: input any; returns the same.
    >>> Hardtanh()(mg.tensor([-3.0, 0.5])).tolist()
    [-1.0, 0.5]
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        if not max_val > min_val:
            raise ValueError(f"Hardtanh: max_val must be larger than min_val, got min_val={min_val}, max_val={max_val}")
        self.min_val = min_val
        self.max_val = max_val
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        return f"min_val={self.min_val}, max_val={self.max_val}{', inplace=True' if self.inplace else ''}"


class ELU(Module):
    """input where positive, alpha * (exp(input) - 1) elsewhere.

    Shapes: input any; returns the same.
    >>> ELU()(mg.tensor([0.0, 2.0])).tolist()
    [0.0, 2.0]
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}{', inplace=True' if self.inplace else ''}"


class GELU(Module):
    """input * Phi(input), Phi being the normal distribution function; approximate="tanh" for the older formula.

    Shapes: input any; returns the same.
    >>> GELU()(mg.zeros(2)).tolist()
    [0.0, 0.0]
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class Sigmoid(Module):
    """1 / (1 + exp(-input)).

    Shapes: input any; returns the same.
    >>> Sigmoid()(mg.zeros(2)).tolist()
    [0.5, 0.5]
    """

    def forward(self, input: Tensor) -> Tensor:
        return input.sigmoid()


class Tanh(Module):
    """tanh(input).

    Shapes: input any; returns the same.
    >>> Tanh()(mg.zeros(2)).tolist()
    [0.0, 0.0]
    """

    def forward(self, input: Tensor) -> Tensor:
        return input.tanh()


class LogSigmoid(Module):
    """log(sigmoid(input)), also where sigmoid underflows.

    Shapes: input any; returns the same.
    >>> LogSigmoid()(mg.tensor([-1000.0])).tolist()
    [-1000.0]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.logsigmoid(input)


class Softplus(Module):
    """log(1 + exp(beta * input)) / beta, and input itself where beta * input > threshold.

    Shapes: input any; returns the same.
    >>> Softplus()(mg.tensor([100.0])).tolist()
    [100.0]
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


def _legacy_dim(input: Tensor) -> int:
    """The axis that PyTorch takes where none was given; old programs rely on it."""
    return 0 if input.dim() in (0, 1, 3) else 1


class Softmax(Module):
    """exp(input) / sum of exp(input) along `dim`.

    Shapes: input any; returns the same.
    >>> Softmax(dim=1)(mg.zeros(1, 4)).tolist()
    [[0.25, 0.25, 0.25, 0.25]]
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        return F.softmax(input, _legacy_dim(input) if self.dim is None else self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class LogSoftmax(Module):
    """input - log of sum of exp(input) along `dim`.

    Shapes: input any; returns the same.
    >>> LogSoftmax(dim=0)(mg.zeros(1)).tolist()
    [0.0]
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        return F.log_softmax(input, _legacy_dim(input) if self.dim is None else self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmin(Module):
    """exp(-input) / sum of exp(-input) along `dim`.

    Shapes: input any; returns the same.
    >>> Softmin(dim=1)(mg.zeros(1, 4)).tolist()
    [[0.25, 0.25, 0.25, 0.25]]
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        return F.softmin(input, _legacy_dim(input) if self.dim is None else self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax2d(Module):
    """Softmax over the channels at each place of an image.

    Shapes: input (N, C, H, W) or (C, H, W); returns the same.
    >>> Softmax2d()(mg.zeros(1, 2, 1, 1)).flatten().tolist()
    [0.5, 0.5]
    """

    def forward(self, input: Tensor) -> Tensor:
        if input.dim() not in (3, 4):
            raise ShapeError(f"Softmax2d: expected input of 3 or 4 dimensions, got shape {tuple(input.shape)}")
        return F.softmax(input, -3)


class CELU(FunctionLayer):
    """max(0, input) + min(0, alpha * (exp(input / alpha) - 1)).

    Shapes: input any; returns the same. Source: Barron, "Continuously Differentiable Exponential Linear Units", arXiv:1704.07483.
    >>> CELU()(mg.tensor([0.0, 2.0])).tolist()
    [0.0, 2.0]
    """

    function = "celu"
    alpha: float = 1.0
    inplace: bool = False


class SELU(FunctionLayer):
    """ELU scaled so that layers keep mean 0 and variance 1.

    Shapes: input any; returns the same. Source: Klambauer et al., "Self-Normalizing Neural Networks", arXiv:1706.02515.
    >>> round(SELU()(mg.tensor([1.0])).item(), 4)
    1.0507
    """

    function = "selu"
    inplace: bool = False


class GLU(FunctionLayer):
    """One half of the input times the sigmoid of the other, split along `dim`.

    Shapes: input with an even size 2n along `dim`; returns n there. Source: Dauphin et al., arXiv:1612.08083.
    >>> GLU()(mg.tensor([3.0, 0.0])).tolist()
    [1.5]
    """

    function = "glu"
    dim: int = -1


class Mish(FunctionLayer):
    """input * tanh(softplus(input)).

    Shapes: input any; returns the same. Source: Misra, arXiv:1908.08681.
    >>> Mish()(mg.zeros(2)).tolist()
    [0.0, 0.0]
    """

    function = "mish"
    inplace: bool = False


class Hardswish(FunctionLayer):
    """input * relu6(input + 3) / 6.

    Shapes: input any; returns the same. Source: Howard et al., "Searching for MobileNetV3", arXiv:1905.02244.
    >>> Hardswish()(mg.tensor([0.0, 3.0])).tolist()
    [0.0, 3.0]
    """

    function = "hardswish"
    shown = ()
    inplace: bool = False


class Hardsigmoid(FunctionLayer):
    """relu6(input + 3) / 6.

    Shapes: input any; returns the same.
    >>> Hardsigmoid()(mg.tensor([-3.0, 0.0, 3.0])).tolist()
    [0.0, 0.5, 1.0]
    """

    function = "hardsigmoid"
    shown = ()
    inplace: bool = False


class Hardshrink(FunctionLayer):
    """input where its magnitude is above lambd, 0 elsewhere.

    Shapes: input any; returns the same.
    >>> Hardshrink()(mg.tensor([0.4, 2.0])).tolist()
    [0.0, 2.0]
    """

    function = "hardshrink"
    lambd: float = 0.5

    def extra_repr(self) -> str:
        return f"{self.lambd}"


class Softshrink(FunctionLayer):
    """input moved towards 0 by lambd, and 0 where its magnitude is at most lambd.

    Shapes: input any; returns the same.
    >>> Softshrink()(mg.tensor([0.4, 2.0])).tolist()
    [0.0, 1.5]
    """

    function = "softshrink"
    lambd: float = 0.5

    def extra_repr(self) -> str:
        return f"{self.lambd}"


class Softsign(FunctionLayer):
    """input / (1 + |input|).

    Shapes: input any; returns the same.
    >>> Softsign()(mg.tensor([-1.0, 3.0])).tolist()
    [-0.5, 0.75]
    """

    function = "softsign"


class Tanhshrink(FunctionLayer):
    """input - tanh(input).

    Shapes: input any; returns the same.
    >>> Tanhshrink()(mg.zeros(2)).tolist()
    [0.0, 0.0]
    """

    function = "tanhshrink"


class Threshold(FunctionLayer):
    """input where it is above `threshold`, `value` elsewhere.

    Shapes: input any; returns the same.
    >>> Threshold(1, 20)(mg.tensor([0.5, 3.0])).tolist()
    [20.0, 3.0]
    """

    function = "threshold"
    threshold: float
    value: float
    inplace: bool = False


class RReLU(FunctionLayer):
    """Leaky ReLU whose slope is drawn from [lower, upper] for each element in training, and the middle of it in evaluation.

    Shapes: input any; returns the same. Source: Xu et al., arXiv:1505.00853.
    >>> RReLU(0.25, 0.75).eval()(mg.tensor([-1.0, 2.0])).tolist()
    [-0.5, 2.0]
    """

    function = "rrelu"
    lower: float = 1.0 / 8
    upper: float = 1.0 / 3
    inplace: bool = False

    def forward(self, input: Tensor) -> Tensor:
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)


class PReLU(Module):
    """input where positive, weight * input elsewhere; the slope is learned, one for all or one for each channel.

    Shapes:  input (N, C, *) with C = num_parameters, or any where that is 1; weight (num_parameters,); returns input's.
    Initial: weight `init`. Source: He et al., "Delving Deep into Rectifiers", arXiv:1502.01852.
    >>> PReLU(init=0.5)(mg.tensor([-1.0, 2.0])).tolist()
    [-0.5, 2.0]
    """

    weight: Parameter

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.num_parameters = size(num_parameters, "PReLU", "num_parameters", 1)
        self.init = init
        self.weight = Parameter(mg.empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        init.constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"
