"""Convolution and transposed convolution over signals, images and volumes."""

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


class _ConvNd(Module):
    """What convolution layers share: settings, checks, initial values."""

    axes: int
    function: str
    transposed = False

    weight: Parameter
    bias: Parameter | None

    def _build(self, channels: tuple[int, int], windows: dict[str, Any], groups: int, bias: bool, mode: str, like: dict[str, Any]) -> None:
        """Keep and check the settings, and make the parameters; `windows` are kernel_size, stride and so on."""
        name = type(self).__name__
        self.in_channels = size(channels[0], name, "in_channels", 1)
        self.out_channels = size(channels[1], name, "out_channels", 1)
        self.groups = size(groups, name, "groups", 1)
        for side, count in ("in_channels", self.in_channels), ("out_channels", self.out_channels):
            if count % groups:
                raise ValueError(f"{name}: {side} must be divisible by groups, got {side}={count}, groups={groups}")
        least = {"padding": 0, "output_padding": 0}
        for key, value in windows.items():
            setattr(self, key, sizes(value, self.axes, name, key, least.get(key, 1)))
        self.padding_mode = mode
        rows, columns = (self.in_channels, self.out_channels) if self.transposed else (self.out_channels, self.in_channels)
        self.weight = Parameter(mg.empty((rows, columns // groups, *self.kernel_size), **like))
        self.register_parameter("bias", Parameter(mg.empty(self.out_channels, **like)) if bias else None)
        self.reset_parameters()

    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: Any

    def reset_parameters(self) -> None:
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(math.prod(self.weight.shape[1:]))
            init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        s = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        if isinstance(self.padding, str) or any(self.padding):
            s += f", padding={self.padding}"
        if any(d != 1 for d in self.dilation):
            s += f", dilation={self.dilation}"
        if any(getattr(self, "output_padding", ())):
            s += f", output_padding={self.output_padding}"
        if self.groups != 1:
            s += f", groups={self.groups}"
        if self.bias is None:
            s += ", bias=False"
        if self.padding_mode != "zeros":
            s += f", padding_mode={self.padding_mode}"
        return s


class _Conv(_ConvNd):
    """Convolution: padding by number or by name, and with other things than zeros."""

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
        if padding_mode not in ("zeros", "reflect", "replicate", "circular"):
            raise ValueError(f"{name}: padding_mode must be 'zeros', 'reflect', 'replicate' or 'circular', got {padding_mode!r}")
        windows = {"kernel_size": kernel_size, "stride": stride, "dilation": dilation}
        if isinstance(padding, str):
            if padding not in ("same", "valid"):
                raise ValueError(f"{name}: padding must be 'same', 'valid', an int or one for each axis, got {padding!r}")
            if padding == "same" and any(s != 1 for s in sizes(stride, self.axes, name, "stride", 1)):
                raise ValueError(f"{name}: padding='same' needs stride 1, got stride={sizes(stride, self.axes, name, 'stride', 1)}")
            self.padding = padding
        else:
            windows["padding"] = padding
        self._build((in_channels, out_channels), windows, groups, bias, padding_mode, {"device": device, "dtype": dtype})
        self._padding, self._pad = self._split_padding()

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

    def forward(self, input: Tensor) -> Tensor:
        if self._pad is not None:
            input = F.pad(input, self._pad, mode="constant" if self.padding_mode == "zeros" else self.padding_mode)
        return getattr(F, self.function)(input, self.weight, self.bias, self.stride, self._padding, self.dilation, self.groups)


class _ConvTransposeNd(_ConvNd):
    """The gradient of convolution with respect to its input, as a layer of its own."""

    transposed = True
    output_padding: tuple[int, ...]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if padding_mode != "zeros":
            raise ValueError(f'{type(self).__name__}: only "zeros" padding mode is supported, got {padding_mode!r}')
        windows = {"kernel_size": kernel_size, "stride": stride, "dilation": dilation, "padding": padding, "output_padding": output_padding}
        self._build((in_channels, out_channels), windows, groups, bias, padding_mode, {"device": device, "dtype": dtype})

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        extra = self.output_padding if output_size is None else self._output_padding(input, tuple(output_size))
        return getattr(F, self.function)(input, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation)

    def _output_padding(self, input: Tensor, wanted: tuple[int, ...]) -> tuple[int, ...]:
        """What to add at the far end so that the output has the wanted size."""
        if len(wanted) == input.dim():
            wanted = wanted[-self.axes :]
        name = type(self).__name__
        if len(wanted) != self.axes:
            raise ValueError(f"{name}: output_size must have {self.axes} or {input.dim()} elements (got {len(wanted)})")
        settings = zip(self.stride, self.padding, self.dilation, self.kernel_size, strict=True)
        least = [(n - 1) * s - 2 * p + d * (k - 1) + 1 for n, (s, p, d, k) in zip(input.shape[-self.axes :], settings, strict=True)]
        extra = tuple(w - m for w, m in zip(wanted, least, strict=True))
        if any(not 0 <= e < max(s, d) for e, s, d in zip(extra, self.stride, self.dilation, strict=True)):
            most = [m + max(s, d) - 1 for m, s, d in zip(least, self.stride, self.dilation, strict=True)]
            raise ValueError(f"{name}: requested an output size of {wanted}, but valid sizes range from {least} to {most} for this input")
        return extra


class Conv1d(_Conv):
    """Cross-correlate signals with a bank of filters.

    Shapes:  input (N, in_channels, L) or (in_channels, L); weight (out_channels, in_channels/groups, K); bias (out_channels,) or None;
             returns (N, out_channels, OL), OL = (L + 2*padding - dilation*(K-1) - 1) // stride + 1.
    Args and initial values: as of `Conv2d`, with one number for each size.
    >>> Conv1d(3, 8, 5, padding=2)(mg.zeros(2, 3, 10)).shape
    (2, 8, 10)
    """

    axes = 1
    function = "conv1d"


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
    function = "conv2d"


class Conv3d(_Conv):
    """Cross-correlate volumes with a bank of filters.

    Shapes:  input (N, in_channels, D, H, W) or (in_channels, D, H, W); weight (out_channels, in_channels/groups, KD, KH, KW); bias
             (out_channels,) or None; returns (N, out_channels, OD, OH, OW), OD = (D + 2*padding - dilation*(KD-1) - 1) // stride + 1,
             likewise OH and OW.
    Args and initial values: as of `Conv2d`, with triples of sizes.
    >>> Conv3d(3, 8, 3, padding=1)(mg.zeros(2, 3, 4, 5, 6)).shape
    (2, 8, 4, 5, 6)
    """

    axes = 3
    function = "conv3d"


class ConvTranspose1d(_ConvTransposeNd):
    """Convolution turned round over signals: each input place adds its multiple of the filter to the output.

    Shapes:  input (N, in_channels, L) or (in_channels, L); weight (in_channels, out_channels/groups, K); bias (out_channels,) or None;
             returns (N, out_channels, (L-1)*stride - 2*padding + dilation*(K-1) + output_padding + 1).
    Args and initial values: as of `ConvTranspose2d`.
    >>> ConvTranspose1d(3, 8, 4, stride=2, padding=1)(mg.zeros(2, 3, 10)).shape
    (2, 8, 20)
    """

    axes = 1
    function = "conv_transpose1d"


class ConvTranspose2d(_ConvTransposeNd):
    """Convolution turned round over images: each input pixel adds its multiple of the filter to the output.

    Shapes:  input (N, in_channels, H, W) or (in_channels, H, W); weight (in_channels, out_channels/groups, KH, KW); bias
             (out_channels,) or None;
             returns (N, out_channels, OH, OW), OH = (H-1)*stride - 2*padding + dilation*(KH-1) + output_padding + 1, likewise OW.
    Args:    sizes are ints or (y, x) pairs; the call takes `output_size`, one of the sizes that the stride leaves open.
    Initial: weight and bias uniform in +-1/sqrt(out_channels/groups * KH * KW).
    >>> ConvTranspose2d(3, 8, 4, stride=2, padding=1)(mg.zeros(2, 3, 10, 12)).shape
    (2, 8, 20, 24)
    """

    axes = 2
    function = "conv_transpose2d"


class ConvTranspose3d(_ConvTransposeNd):
    """Convolution turned round over volumes: each input place adds its multiple of the filter to the output.

    Shapes:  input (N, in_channels, D, H, W) or (in_channels, D, H, W); weight (in_channels, out_channels/groups, KD, KH, KW); bias
             (out_channels,) or None; returns (N, out_channels, OD, OH, OW), sizes as of `ConvTranspose2d`.
    Args and initial values: as of `ConvTranspose2d`, with triples of sizes.
    >>> ConvTranspose3d(3, 8, 2, stride=2)(mg.zeros(2, 3, 4, 5, 6)).shape
    (2, 8, 8, 10, 12)
    """

    axes = 3
    function = "conv_transpose3d"
