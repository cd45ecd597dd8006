"""Pooling over windows of images."""

from __future__ import annotations

from typing import Any

import minigrad as mg  # noqa: F401  (doctests)
from minigrad._core import Tensor

from . import functional as F
from .module import Module


class MaxPool2d(Module):
    """The maximum of each window; the stride is the window's size unless given.

    Shapes: input (N, C, H, W) or (C, H, W); returns (N, C, OH, OW), OH = (H + 2*padding - dilation*(kernel_size-1) - 1) // stride + 1,
            rounded up with `ceil_mode`; with `return_indices` also the flat positions of the maxima.
    >>> MaxPool2d(2)(mg.zeros(4, 3, 8, 6)).shape
    (4, 3, 4, 3)
    """

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Any:
        return F.max_pool2d(
            input, self.kernel_size, self.stride, self.padding, self.dilation, ceil_mode=self.ceil_mode, return_indices=self.return_indices
        )

    def extra_repr(self) -> str:
        windows = f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"
        return f"{windows}, dilation={self.dilation}, ceil_mode={self.ceil_mode}"


class AvgPool2d(Module):
    """The mean of each window; the stride is the window's size unless given.

    Shapes: input (N, C, H, W) or (C, H, W); returns (N, C, OH, OW), OH = (H + 2*padding - kernel_size) // stride + 1, rounded up
            with `ceil_mode`.
    Args:   count_include_pad: padding counts as zeros in the mean; divisor_override: divide by this instead of the window's size.
    >>> AvgPool2d((2, 3))(mg.zeros(4, 3, 8, 6)).shape
    (4, 3, 4, 2)
    """

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        return F.avg_pool2d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad, self.divisor_override
        )

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AdaptiveAvgPool2d(Module):
    """The mean over as many windows as give the wanted size; None keeps an axis.

    Shapes: input (N, C, H, W) or (C, H, W); returns (N, C, *output_size).
    >>> AdaptiveAvgPool2d((1, None))(mg.zeros(4, 3, 8, 6)).shape
    (4, 3, 1, 6)
    """

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        return F.adaptive_avg_pool2d(input, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"
