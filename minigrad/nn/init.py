"""Initial values: fill a tensor in place, outside the graph, from minigrad's seeded generator, and give it back."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import minigrad as mg
from minigrad._core import Tensor

__all__ = [
    "calculate_gain",
    "constant_",
    "dirac_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "sparse_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Tensor:
    """Uniform in [a, b).

    Shapes: tensor any.
    >>> bool((uniform_(mg.empty(100), 2, 3) >= 2).all())
    True
    """
    with mg.no_grad():
        return tensor.uniform_(a, b, generator=generator)


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Tensor:
    """Normal with the given mean and standard deviation.

    Shapes: tensor any.
    >>> normal_(mg.empty(2, 3)).shape
    (2, 3)
    """
    with mg.no_grad():
        return tensor.normal_(mean, std, generator=generator)


def trunc_normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Any = None) -> Tensor:
    """Normal, cut off to [a, b] (values, not multiples of `std`): uniform numbers through the inverse of the distribution function.

    Shapes: tensor any.
    >>> bool((trunc_normal_(mg.empty(100), std=5.0).abs() <= 2).all())
    True
    """
    if not a <= b:
        raise ValueError(f"trunc_normal_: a must not exceed b, got a={a}, b={b}")
    low, high = ((1 + math.erf((edge - mean) / std / math.sqrt(2))) / 2 for edge in (a, b))
    with mg.no_grad():
        u = mg.empty(tensor.shape, dtype=mg.float64).uniform_(2 * low - 1, 2 * high - 1, generator=generator)
        u = u.clamp(-1 + 2**-53, 1 - 2**-53)
        return tensor.copy_((u.erfinv() * (std * math.sqrt(2)) + mean).clamp(a, b))


def constant_(tensor: Tensor, val: float) -> Tensor:
    """All elements `val`.

    Shapes: tensor any.
    >>> constant_(mg.empty(2), 0.5).tolist()
    [0.5, 0.5]
    """
    with mg.no_grad():
        return tensor.fill_(val)


def ones_(tensor: Tensor) -> Tensor:
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    return constant_(tensor, 0.0)


def eye_(tensor: Tensor) -> Tensor:
    """The identity matrix.

    Shapes: tensor (n, m).
    >>> eye_(mg.empty(2, 2)).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    if tensor.dim() != 2:
        raise ValueError(f"eye_: only tensors with 2 dimensions are supported, got shape {tuple(tensor.shape)}")
    return _set(tensor, np.eye(tensor.shape[0], tensor.shape[1]))


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Filters that pass each channel on unchanged: 1 at the centre where output channel = input channel, in each group.

    Shapes: tensor (O, C, *kernel) with one to three axes of kernel.
    >>> dirac_(mg.empty(1, 1, 3))[0, 0].tolist()
    [0.0, 1.0, 0.0]
    """
    if tensor.dim() not in (3, 4, 5):
        raise ValueError(f"dirac_: only tensors with 3, 4 or 5 dimensions are supported, got shape {tuple(tensor.shape)}")
    out, channels, *kernel = tensor.shape
    if out % groups:
        raise ValueError(f"dirac_: the first axis ({out}) must be divisible by groups ({groups})")
    filters = np.zeros(tensor.shape)
    per_group = out // groups
    for group in range(groups):
        for d in range(min(per_group, channels)):
            at = (group * per_group + d, d, *(k // 2 for k in kernel))
            filters[at] = 1
    return _set(tensor, filters)


def _set(tensor: Tensor, values: np.ndarray) -> Tensor:
    with mg.no_grad():
        return tensor.copy_(mg.from_numpy(np.ascontiguousarray(values)))


def _fans(tensor: Tensor) -> tuple[int, int]:
    """(fan_in, fan_out): inputs that reach one output, and the converse."""
    if tensor.dim() < 2:
        raise ValueError(f"Fan in and fan out can not be computed for tensor with fewer than 2 dimensions, got shape {tuple(tensor.shape)}")
    out, channels, *kernel = tensor.shape
    field = math.prod(kernel)
    return channels * field, out * field


_calculate_fan_in_and_fan_out = _fans  # as PyTorch programs import it


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much weights must grow to keep the variance through `nonlinearity`.

    >>> calculate_gain("relu") == 2 ** 0.5
    True
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, int | float):
            raise ValueError(f"negative_slope {slope} not a valid number")
        return math.sqrt(2.0 / (1 + slope**2))
    gains = {"tanh": 5.0 / 3, "relu": math.sqrt(2.0), "selu": 3.0 / 4, "sigmoid": 1.0, "linear": 1.0}
    gains |= dict.fromkeys((f"conv{'_transpose' * t}{n}d" for t in (0, 1) for n in (1, 2, 3)), 1.0)
    if nonlinearity not in gains:
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}; known are leaky_relu, {', '.join(gains)}")
    return gains[nonlinearity]


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Uniform in +-gain * sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010).

    Shapes: tensor (out, in, *kernel).
    >>> bool((xavier_uniform_(mg.empty(3, 3)).abs() <= 1).all())
    True
    """
    bound = gain * math.sqrt(6.0 / (sum(_fans(tensor)) or 1))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Normal with deviation gain * sqrt(2 / (fan_in + fan_out)) (Glorot and Bengio 2010).

    Shapes: tensor (out, in, *kernel).
    >>> xavier_normal_(mg.empty(3, 4)).shape
    (3, 4)
    """
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / (sum(_fans(tensor)) or 1)), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    fan = _fans(tensor)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def kaiming_uniform_(tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None) -> Tensor:
    """Uniform in +-gain * sqrt(3 / fan), `a` being the slope of the leaky ReLU that follows (He et al. 2015).

    Shapes: tensor (out, in, *kernel); left alone if it has no elements.
    >>> kaiming_uniform_(mg.empty(3, 4)).shape
    (3, 4)
    """
    if 0 in tensor.shape:
        return tensor
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None) -> Tensor:
    """Normal with deviation gain / sqrt(fan), `a` being the slope of the leaky ReLU that follows (He et al. 2015).

    Shapes: tensor (out, in, *kernel); left alone if it has no elements.
    >>> kaiming_normal_(mg.empty(3, 4)).shape
    (3, 4)
    """
    if 0 in tensor.shape:
        return tensor
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Any = None) -> Tensor:
    """A (semi-)orthogonal matrix, uniformly distributed, times gain; axes after the first count as one (Saxe et al. 2013).

    Shapes: tensor (rows, *columns), two axes or more.
    >>> w = orthogonal_(mg.empty(3, 5))
    >>> bool(((w @ w.T - mg.eye(3)).abs() < 1e-5).all())
    True
    """
    if tensor.dim() < 2:
        raise ValueError(f"orthogonal_: only tensors with 2 or more dimensions are supported, got shape {tuple(tensor.shape)}")
    if tensor.numel() == 0:
        return tensor
    rows = tensor.shape[0]
    flat = normal_(mg.empty((rows, tensor.numel() // rows), dtype=mg.float64), generator=generator).numpy()
    q, r = np.linalg.qr(flat.T if rows < flat.shape[1] else flat)
    q = q * np.sign(np.diagonal(r))  # the sign that QR leaves open decides whether the distribution is uniform
    return _set(tensor, gain * (q.T if rows < flat.shape[1] else q).reshape(tensor.shape))


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Any = None) -> Tensor:
    """Normal, with the share `sparsity` of each column set to zero (Martens 2010).

    Shapes: tensor (n, m).
    >>> int((sparse_(mg.empty(10, 3), 0.3) == 0).sum())
    9
    """
    if tensor.dim() != 2:
        raise ValueError(f"sparse_: only tensors with 2 dimensions are supported, got shape {tuple(tensor.shape)}")
    rows, cols = tensor.shape
    zeros = math.ceil(sparsity * rows)
    normal_(tensor, 0.0, std, generator)
    keep = np.ones((rows, cols))
    for col in range(cols):
        keep[mg.randperm(rows, generator=generator)[:zeros].numpy(), col] = 0
    with mg.no_grad():
        return tensor.mul_(mg.from_numpy(keep).to(tensor.dtype))


def _deprecated(new: Callable[..., Tensor]) -> Callable[..., Tensor]:
    old = new.__name__.removesuffix("_")

    def function(*args: Any, **kwargs: Any) -> Tensor:
        warnings.warn(f"`nn.init.{old}` is now deprecated in favor of `nn.init.{old}_`.", FutureWarning, stacklevel=2)
        return new(*args, **kwargs)

    function.__name__ = function.__qualname__ = old
    function.__doc__ = f"Old name of `{old}_`."
    return function


uniform, normal, constant, eye, dirac = (_deprecated(f) for f in (uniform_, normal_, constant_, eye_, dirac_))
xavier_uniform, xavier_normal = (_deprecated(f) for f in (xavier_uniform_, xavier_normal_))
kaiming_uniform, kaiming_normal = (_deprecated(f) for f in (kaiming_uniform_, kaiming_normal_))
orthogonal, sparse = (_deprecated(f) for f in (orthogonal_, sparse_))
