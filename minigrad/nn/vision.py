"""Rearranging and resizing images as layers."""

from __future__ import annotations

from typing import Any

import minigrad as mg  # noqa: F401  (doctests)

from .function_layer import FunctionLayer


class PixelShuffle(FunctionLayer):
    """Make images `upscale_factor` = r times as large from groups of r*r channels.

    Shapes: input (*, C*r*r, H, W); returns (*, C, H*r, W*r). Source: Shi et al., arXiv:1609.05158.
    >>> PixelShuffle(3)(mg.zeros(1, 9, 4, 4)).shape
    (1, 1, 12, 12)
    """

    function = "pixel_shuffle"
    upscale_factor: int


class PixelUnshuffle(FunctionLayer):
    """The opposite of `PixelShuffle`: `downscale_factor` = r.

    Shapes: input (*, C, H*r, W*r); returns (*, C*r*r, H, W).
    >>> PixelUnshuffle(3)(mg.zeros(1, 1, 12, 12)).shape
    (1, 9, 4, 4)
    """

    function = "pixel_unshuffle"
    downscale_factor: int


class ChannelShuffle(FunctionLayer):
    """Deal the channels of `groups` groups out in turn.

    Shapes: input (N, C, *) with C a multiple of groups; returns the same. Source: Zhang et al., "ShuffleNet", arXiv:1707.01083.
    >>> ChannelShuffle(2)(mg.arange(4.0).reshape(1, 4, 1, 1)).flatten().tolist()
    [0.0, 2.0, 1.0, 3.0]
    """

    function = "channel_shuffle"
    groups: int


class Unfold(FunctionLayer):
    """The windows of images as columns.

    Shapes: input (N, C, H, W) or (C, H, W); returns (N, C*KH*KW, windows).
    >>> Unfold((2, 3))(mg.zeros(2, 5, 3, 4)).shape
    (2, 30, 4)
    """

    function = "unfold"
    kernel_size: Any
    dilation: Any = 1
    padding: Any = 0
    stride: Any = 1


class Fold(FunctionLayer):
    """Add columns of windows up to images: what `Unfold` gives, and sums where windows overlap.

    Shapes: input (N, C*KH*KW, windows) or without N; returns (N, C, *output_size).
    >>> Fold((4, 5), (2, 2))(mg.zeros(1, 12, 12)).shape
    (1, 3, 4, 5)
    """

    function = "fold"
    output_size: Any
    kernel_size: Any
    dilation: Any = 1
    padding: Any = 0
    stride: Any = 1


class Upsample(FunctionLayer):
    """Resize signals, images or volumes to `size`, or by `scale_factor`.

    Shapes: input (N, C, L), (N, C, H, W) or (N, C, D, H, W); returns (N, C, *size).
    Args:   mode "nearest", "linear" (3-D input), "bilinear", "bicubic" (4-D) or "trilinear" (5-D); align_corners as in
            `nn.functional.interpolate`.
    >>> Upsample(scale_factor=2)(mg.zeros(1, 3, 4, 5)).shape
    (1, 3, 8, 10)
    """

    function = "interpolate"
    size: Any = None
    scale_factor: Any = None
    mode: str = "nearest"
    align_corners: bool | None = None
    recompute_scale_factor: bool | None = None

    def check(self) -> None:
        if self.scale_factor is not None:
            many = isinstance(self.scale_factor, tuple | list)
            self.scale_factor = tuple(float(s) for s in self.scale_factor) if many else float(self.scale_factor)

    def extra_repr(self) -> str:
        how = f"size={self.size!r}" if self.scale_factor is None else f"scale_factor={self.scale_factor!r}"
        return f"{how}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """`Upsample` of images by the nearest pixel.

    Shapes: input (N, C, H, W); returns (N, C, *size).
    >>> UpsamplingNearest2d(scale_factor=2)(mg.zeros(1, 3, 4, 5)).shape
    (1, 3, 8, 10)
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, "nearest")


class UpsamplingBilinear2d(Upsample):
    """`Upsample` of images by bilinear interpolation with aligned corners.

    Shapes: input (N, C, H, W); returns (N, C, *size).
    >>> UpsamplingBilinear2d(size=(8, 10))(mg.zeros(1, 3, 4, 5)).shape
    (1, 3, 8, 10)
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, "bilinear", True)


class LocalResponseNorm(FunctionLayer):
    """Divide by the energy of the `size` channels around: input / (k + alpha * mean of squares)**beta.

    Shapes: input (N, C, *); returns the same. Source: Krizhevsky et al., "ImageNet Classification with Deep CNNs" (2012), 3.3.
    >>> LocalResponseNorm(2)(mg.zeros(1, 4, 2, 2)).shape
    (1, 4, 2, 2)
    """

    function = "local_response_norm"
    size: int
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 1.0

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
