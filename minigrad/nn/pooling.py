"""Pooling over windows of signals, images and volumes."""

from __future__ import annotations

from typing import Any

import minigrad as mg  # noqa: F401  (doctests)
from minigrad._core import Tensor

from . import functional as F
from ._shapes import sizes
from .module import Module


class _Pool(Module):
    """What pools share: the function, and windows whose stride is their size unless given."""

    axes: int
    function: str

    kernel_size: Any
    stride: Any
    padding: Any

    def _windows(self, kernel_size: Any, stride: Any) -> None:
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class _MaxPoolNd(_Pool):
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
        self._windows(kernel_size, stride)
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Any:
        pool = getattr(F, self.function)
        return pool(input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, dilation={self.dilation}, ceil_mode={self.ceil_mode}"


class _AvgPoolNd(_Pool):
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
        self._windows(kernel_size, stride)
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        pool = getattr(F, self.function)
        return pool(input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad, self.divisor_override)


class _LPPoolNd(_Pool):
    def __init__(self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Tensor:
        return getattr(F, self.function)(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self) -> str:
        return f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, ceil_mode={self.ceil_mode}"


class _MaxUnpoolNd(_Pool):
    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        name = type(self).__name__
        self._windows(
            sizes(kernel_size, self.axes, name, "kernel_size", 1),
            None if stride is None else sizes(stride, self.axes, name, "stride", 1),
        )
        self.padding = sizes(padding, self.axes, name, "padding")

    def forward(self, input: Tensor, indices: Tensor, output_size: Any = None) -> Tensor:
        return getattr(F, self.function)(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class _AdaptiveAvgPoolNd(Module):
    function: str

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor) -> Any:
        return getattr(F, self.function)(input, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class _AdaptiveMaxPoolNd(_AdaptiveAvgPoolNd):
    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices

    def forward(self, input: Tensor) -> Any:
        return getattr(F, self.function)(input, self.output_size, self.return_indices)


class _FractionalMaxPool(Module):
    axes: int
    function: str

    def __init__(
        self, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = False, _random_samples: Any = None
    ) -> None:
        super().__init__()
        name = type(self).__name__
        if (output_size is None) == (output_ratio is None):
            raise ValueError(f"{name}: expected one of output_size and output_ratio, got {output_size!r} and {output_ratio!r}")
        self.kernel_size = sizes(kernel_size, self.axes, name, "kernel_size", 1)
        self.output_size = None if output_size is None else sizes(output_size, self.axes, name, "output_size", 1)
        self.output_ratio = (output_ratio,) * self.axes if isinstance(output_ratio, float) else output_ratio
        if self.output_ratio is not None and not all(0 < ratio < 1 for ratio in self.output_ratio):
            raise ValueError(f"{name}: output_ratio must be between 0 and 1 (got {output_ratio})")
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)

    def forward(self, input: Tensor) -> Any:
        pool = getattr(F, self.function)
        return pool(input, self.kernel_size, self.output_size, self.output_ratio, self.return_indices, self._random_samples)


class MaxPool1d(_MaxPoolNd):
    """The maximum of each window; the stride is the window's size unless given.

    Shapes: input (N, C, L) or (C, L); returns (N, C, OL), OL = (L + 2*padding - dilation*(kernel_size-1) - 1) // stride + 1,
            rounded up with `ceil_mode`; with `return_indices` also the flat positions of the maxima.
    >>> MaxPool1d(2)(mg.zeros(4, 3, 8)).shape
    (4, 3, 4)
    """

    axes = 1
    function = "max_pool1d"


class MaxPool2d(_MaxPoolNd):
    """The maximum of each window; the stride is the window's size unless given.

    Shapes: input (N, C, H, W) or (C, H, W); returns (N, C, OH, OW), OH = (H + 2*padding - dilation*(kernel_size-1) - 1) // stride + 1, likewise OW,
            rounded up with `ceil_mode`; with `return_indices` also the flat positions of the maxima.
    >>> MaxPool2d(2)(mg.zeros(4, 3, 8, 6)).shape
    (4, 3, 4, 3)
    """

    axes = 2
    function = "max_pool2d"


class MaxPool3d(_MaxPoolNd):
    """The maximum of each window; the stride is the window's size unless given.

    Shapes: input (N, C, D, H, W) or (C, D, H, W); returns (N, C, OD, OH, OW), OD = (D + 2*padding - dilation*(kernel_size-1) - 1) // stride + 1, likewise OH and OW,
            rounded up with `ceil_mode`; with `return_indices` also the flat positions of the maxima.
    >>> MaxPool3d(2)(mg.zeros(4, 3, 8, 6, 4)).shape
    (4, 3, 4, 3, 2)
    """

    axes = 3
    function = "max_pool3d"


class AvgPool1d(_Pool):
    """The mean of each window; the stride is the window's size unless given.

    Shapes: input (N, C, L) or (C, L); returns (N, C, OL), OL = (L + 2*padding - kernel_size) // stride + 1, rounded up with `ceil_mode`.
    Args:   count_include_pad: padding counts as zeros in the mean.
    >>> AvgPool1d(2)(mg.zeros(4, 3, 8)).shape
    (4, 3, 4)
    """

    axes = 1

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False, count_include_pad: bool = True
    ) -> None:
        super().__init__()
        self._windows(
            sizes(kernel_size, 1, "AvgPool1d", "kernel_size", 1), None if stride is None else sizes(stride, 1, "AvgPool1d", "stride", 1)
        )
        self.padding = sizes(padding, 1, "AvgPool1d", "padding")
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        return F.avg_pool1d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)


class AvgPool2d(_AvgPoolNd):
    """The mean of each window; the stride is the window's size unless given.

    Shapes: input (N, C, H, W) or (C, H, W); returns (N, C, OH, OW), OH = (H + 2*padding - kernel_size) // stride + 1, likewise OW, rounded up
            with `ceil_mode`.
    Args:   count_include_pad: padding counts as zeros in the mean; divisor_override: divide by this instead of the window's size.
    >>> AvgPool2d(2)(mg.zeros(4, 3, 8, 6)).shape
    (4, 3, 4, 3)
    """

    axes = 2
    function = "avg_pool2d"


class AvgPool3d(_AvgPoolNd):
    """The mean of each window; the stride is the window's size unless given.

    Shapes: input (N, C, D, H, W) or (C, D, H, W); returns (N, C, OD, OH, OW), OD = (D + 2*padding - kernel_size) // stride + 1, likewise OH and OW, rounded up
            with `ceil_mode`.
    Args:   count_include_pad: padding counts as zeros in the mean; divisor_override: divide by this instead of the window's size.
    >>> AvgPool3d(2)(mg.zeros(4, 3, 8, 6, 4)).shape
    (4, 3, 4, 3, 2)
    """

    axes = 3
    function = "avg_pool3d"


class LPPool1d(_LPPoolNd):
    """The p-norm of each window, p being `norm_type`; the stride is the window's size unless given.

    Shapes: input (N, C, L) or (C, L); returns (N, C, OL), OL = (L - kernel_size) // stride + 1, rounded up with `ceil_mode`.
    >>> LPPool1d(2, 2)(mg.zeros(4, 3, 8)).shape
    (4, 3, 4)
    """

    axes = 1
    function = "lp_pool1d"


class LPPool2d(_LPPoolNd):
    """The p-norm of each window, p being `norm_type`; the stride is the window's size unless given.

    Shapes: input (N, C, H, W) or (C, H, W); returns (N, C, OH, OW), OH = (H - kernel_size) // stride + 1, likewise OW, rounded up with `ceil_mode`.
    >>> LPPool2d(2, 2)(mg.zeros(4, 3, 8, 6)).shape
    (4, 3, 4, 3)
    """

    axes = 2
    function = "lp_pool2d"


class LPPool3d(_LPPoolNd):
    """The p-norm of each window, p being `norm_type`; the stride is the window's size unless given.

    Shapes: input (N, C, D, H, W) or (C, D, H, W); returns (N, C, OD, OH, OW), OD = (D - kernel_size) // stride + 1, likewise OH and OW, rounded up with `ceil_mode`.
    >>> LPPool3d(2, 2)(mg.zeros(4, 3, 8, 6, 4)).shape
    (4, 3, 4, 3, 2)
    """

    axes = 3
    function = "lp_pool3d"


class MaxUnpool1d(_MaxUnpoolNd):
    """Put the maxima that `MaxPool1d(..., return_indices=True)` gave back to where they were, zeros elsewhere.

    Shapes: input and indices (N, C, L) or without N; returns the size before pooling, or `output_size` where several are possible.
    >>> pooled, where = MaxPool1d(2, return_indices=True)(mg.zeros(4, 3, 8))
    >>> MaxUnpool1d(2)(pooled, where).shape
    (4, 3, 8)
    """

    axes = 1
    function = "max_unpool1d"


class MaxUnpool2d(_MaxUnpoolNd):
    """Put the maxima that `MaxPool2d(..., return_indices=True)` gave back to where they were, zeros elsewhere.

    Shapes: input and indices (N, C, H, W) or without N; returns the size before pooling, or `output_size` where several are possible.
    >>> pooled, where = MaxPool2d(2, return_indices=True)(mg.zeros(4, 3, 8, 6))
    >>> MaxUnpool2d(2)(pooled, where).shape
    (4, 3, 8, 6)
    """

    axes = 2
    function = "max_unpool2d"


class MaxUnpool3d(_MaxUnpoolNd):
    """Put the maxima that `MaxPool3d(..., return_indices=True)` gave back to where they were, zeros elsewhere.

    Shapes: input and indices (N, C, D, H, W) or without N; returns the size before pooling, or `output_size` where several are possible.
    >>> pooled, where = MaxPool3d(2, return_indices=True)(mg.zeros(4, 3, 8, 6, 4))
    >>> MaxUnpool3d(2)(pooled, where).shape
    (4, 3, 8, 6, 4)
    """

    axes = 3
    function = "max_unpool3d"


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """The mean over as many windows as give the wanted size.

    Shapes: input (N, C, L) or (C, L); returns (N, C, output_size).
    >>> AdaptiveAvgPool1d(2)(mg.zeros(4, 3, 8)).shape
    (4, 3, 2)
    """

    function = "adaptive_avg_pool1d"


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """The mean over as many windows as give the wanted size; None keeps an axis.

    Shapes: input (N, C, H, W) or (C, H, W); returns (N, C, *output_size).
    >>> AdaptiveAvgPool2d((2, None))(mg.zeros(4, 3, 8, 6)).shape
    (4, 3, 2, 6)
    """

    function = "adaptive_avg_pool2d"


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    """The mean over as many windows as give the wanted size; None keeps an axis.

    Shapes: input (N, C, D, H, W) or (C, D, H, W); returns (N, C, *output_size).
    >>> AdaptiveAvgPool3d((2, None, 1))(mg.zeros(4, 3, 8, 6, 4)).shape
    (4, 3, 2, 6, 1)
    """

    function = "adaptive_avg_pool3d"


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """The maximum over as many windows as give the wanted size; with `return_indices` also their places.

    Shapes: input (N, C, L) or (C, L); returns (N, C, output_size).
    >>> AdaptiveMaxPool1d(2)(mg.zeros(4, 3, 8)).shape
    (4, 3, 2)
    """

    function = "adaptive_max_pool1d"


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """The maximum over as many windows as give the wanted size; None keeps an axis; with `return_indices` also their places.

    Shapes: input (N, C, H, W) or (C, H, W); returns (N, C, *output_size).
    >>> AdaptiveMaxPool2d((2, None))(mg.zeros(4, 3, 8, 6)).shape
    (4, 3, 2, 6)
    """

    function = "adaptive_max_pool2d"


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """The maximum over as many windows as give the wanted size; None keeps an axis; with `return_indices` also their places.

    Shapes: input (N, C, D, H, W) or (C, D, H, W); returns (N, C, *output_size).
    >>> AdaptiveMaxPool3d((2, None, 1))(mg.zeros(4, 3, 8, 6, 4)).shape
    (4, 3, 2, 6, 1)
    """

    function = "adaptive_max_pool3d"


class FractionalMaxPool2d(_FractionalMaxPool):
    """The maximum of windows that begin at places drawn at random, so that the sizes need no common factor.

    Shapes: input (N, C, H, W) or (C, H, W); returns (N, C, *output_size), or the input's sizes times `output_ratio`.
    Source: Graham, "Fractional Max-Pooling", arXiv:1412.6071.
    >>> FractionalMaxPool2d(2, output_size=3)(mg.zeros(4, 3, 8, 6)).shape
    (4, 3, 3, 3)
    """

    axes = 2
    function = "fractional_max_pool2d"


class FractionalMaxPool3d(_FractionalMaxPool):
    """The maximum of windows that begin at places drawn at random, so that the sizes need no common factor.

    Shapes: input (N, C, D, H, W) or (C, D, H, W); returns (N, C, *output_size), or the input's sizes times `output_ratio`.
    Source: Graham, "Fractional Max-Pooling", arXiv:1412.6071.
    >>> FractionalMaxPool3d(2, output_size=3)(mg.zeros(4, 3, 8, 6, 5)).shape
    (4, 3, 3, 3, 3)
    """

    axes = 3
    function = "fractional_max_pool3d"
