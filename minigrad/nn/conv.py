"""Convolution over signals and images."""

from __future__ import annotations

import math
from typing import Any

import minigrad as mg
from minigrad._core import Tensor

from . import functional as F
from . import init
from ._shapes import size, sizes
from .module import Module
from .parameter import Parameter


class _Conv(Module):
    """What convolution layers of one and of two axes share: settings, checks, initial values, padding."""

    axes: int

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        self.in_channels = size(in_channels, name, "in_channels", 1)
        self.out_channels = size(out_channels, name, "out_channels", 1)
        self.groups = size(groups, name, "groups", 1)
        for side, channels in ("in_channels", in_channels), ("out_channels", out_channels):
            if channels % groups:
                raise ValueError(f"{name}: {side} must be divisible by groups, got {side}={channels}, groups={groups}")
        self.kernel_size = sizes(kernel_size, self.axes, name, "kernel_size", 1)
        self.stride = sizes(stride, self.axes, name, "stride", 1)
        self.dilation = sizes(dilation, self.axes, name, "dilation", 1)
        if isinstance(padding, str):
            if padding not in ("same", "valid"):
                raise ValueError(f"{name}: padding must be 'same', 'valid', an int or one for each axis, got {padding!r}")
            if padding == "same" and any(s != 1 for s in self.stride):
                raise ValueError(f"{name}: padding='same' needs stride 1, got stride={self.stride}")
            self.padding: Any = padding
        else:
            self.padding = sizes(padding, self.axes, name, "padding")
        if padding_mode not in ("zeros", "reflect", "replicate", "circular"):
            raise ValueError(f"{name}: padding_mode must be 'zeros', 'reflect', 'replicate' or 'circular', got {padding_mode!r}")
        self.padding_mode = padding_mode

        self._padding, self._pad = self._split_padding()
        self.weight = Parameter(mg.empty((out_channels, in_channels // groups, *self.kernel_size), device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(mg.empty(out_channels, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def _split_padding(self) -> tuple[tuple[int, ...], list[int] | None]:
        """(what the function pads itself, what F.pad must add before: last axis first, both sides, or None)."""
        if self.padding == "same":
            total = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size, strict=True)]
            sides = [(t // 2, t - t // 2) for t in total]
        else:
            sides = [(p, p) for p in ((0,) * self.axes if self.padding == "valid" else self.padding)]
        if self.padding_mode == "zeros" and all(before == after for before, after in sides):
            return tuple(before for before, _ in sides), None
        return (0,) * self.axes, [p for side in reversed(sides) for p in side]

    def reset_parameters(self) -> None:
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(math.prod(self.weight.shape[1:]))
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        if self._pad is not None:
            input = F.pad(input, self._pad, mode="constant" if self.padding_mode == "zeros" else self.padding_mode)
        return self._convolve(input)

    def _convolve(self, input: Tensor) -> Tensor:
        raise NotImplementedError

    def extra_repr(self) -> str:
        s = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        if self.padding == "valid" or any(self.padding):
            s += f", padding={self.padding}"
        if any(d != 1 for d in self.dilation):
            s += f", dilation={self.dilation}"
        if self.groups != 1:
            s += f", groups={self.groups}"
        if self.bias is None:
            s += ", bias=False"
        if self.padding_mode != "zeros":
            s += f", padding_mode={self.padding_mode}"
        return s


class Conv1d(_Conv):
    """Cross-correlate signals with a bank of filters.

    Shapes:  input (N, in_channels, L) or (in_channels, L); weight (out_channels, in_channels/groups, K); bias (out_channels,) or None;
             returns (N, out_channels, OL), OL = (L + 2*padding - dilation*(K-1) - 1) // stride + 1.
    Args and initial values: as of `Conv2d`, with one number for each size.
    >>> Conv1d(3, 8, 5, padding=2)(mg.zeros(2, 3, 10)).shape
    (2, 8, 10)
    """

    axes = 1

    def _convolve(self, input: Tensor) -> Tensor:
        return F.conv1d(input, self.weight, self.bias, self.stride, self._padding, self.dilation, self.groups)


class Conv2d(_Conv):
    """Cross-correlate images with a bank of filters.

    Shapes:  input (N, in_channels, H, W) or (in_channels, H, W); weight (out_channels, in_channels/groups, KH, KW); bias
             (out_channels,) or None;
             returns (N, out_channels, OH, OW), OH = (H + 2*padding - dilation*(KH-1) - 1) // stride + 1, likewise OW.
    Args:    sizes are ints or (y, x) pairs; padding may be "valid" (none) or "same" (output as large as the input, stride 1 only);
             padding_mode "zeros", "reflect", "replicate" or "circular".
    Initial: weight and bias uniform in +-1/sqrt(in_channels/groups * KH * KW).
    >>> Conv2d(3, 8, (3, 5), padding=(1, 2))(mg.zeros(2, 3, 10, 12)).shape
    (2, 8, 10, 12)
    """

    axes = 2

    def _convolve(self, input: Tensor) -> Tensor:
        return F.conv2d(input, self.weight, self.bias, self.stride, self._padding, self.dilation, self.groups)
