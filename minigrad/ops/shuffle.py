"""Channels rearranged: into pixels, out of pixels, and among groups."""

from __future__ import annotations

import numpy as np

from ..errors import ShapeError
from ..registry import ErrorSample, Sample, composite
from ._geometry import check_tensor

ALL = ("float32", "float64", "int64", "int32", "uint8", "bool")


def _check(op, input, factor):
    check_tensor(op, input)
    if input.ndim < 3:
        raise ShapeError(f"{op}: input must be (..., C, H, W), got shape {input.shape}")
    if factor < 1:
        raise ShapeError(f"{op}: the factor must be at least 1, got {factor}")


@composite(where="mg F", dtypes=ALL, linear_in=("input",), samples=lambda r: [
    Sample(r(2, 8, 3, 4), upscale_factor=2, id="batch"), Sample(r(9, 2, 1), upscale_factor=3, id="unbatched"),
    Sample(r(2, 2, 4, 3, 5), upscale_factor=2, id="more-dimensions"), Sample(r(0, 4, 3, 2), upscale_factor=2, id="empty"),
], errors=[ErrorSample(np.ones((2, 6, 3, 4)), 2, error=ShapeError, match="pixel_shuffle: 6 channels cannot be divided by 4, the square of upscale_factor"),
           ErrorSample(np.ones((6, 4)), 2, error=ShapeError, match=r"pixel_shuffle: input must be \(..., C, H, W\)")])  # fmt: skip
def pixel_shuffle(input, upscale_factor):
    """Channels as the pixels between pixels: a block of factor**2 channels gives one channel that is `upscale_factor` as high and wide.

    Shapes: input (..., C*r*r, H, W); returns (..., C, H*r, W*r). Dtypes: all. Raises ShapeError if the channels cannot be divided.
    Source: Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel CNN", arXiv:1609.05158.
    >>> mg.pixel_shuffle(mg.arange(4).reshape(4, 1, 1), 2)
    tensor([[[0, 1],
             [2, 3]]])
    """
    _check("pixel_shuffle", input, upscale_factor)
    (*lead, c, h, w), r = input.shape, upscale_factor
    if c % (r * r):
        raise ShapeError(f"pixel_shuffle: {c} channels cannot be divided by {r * r}, the square of upscale_factor")
    n = len(lead)
    blocks = input.reshape(*lead, c // (r * r), r, r, h, w)
    return blocks.permute(*range(n + 1), n + 3, n + 1, n + 4, n + 2).reshape(*lead, c // (r * r), h * r, w * r)


@composite(where="mg F", dtypes=ALL, linear_in=("input",), samples=lambda r: [
    Sample(r(2, 2, 6, 4), downscale_factor=2, id="batch"), Sample(r(1, 6, 3), downscale_factor=3, id="unbatched"),
], errors=[ErrorSample(np.ones((2, 6, 3, 4)), 2, error=ShapeError, match=r"pixel_unshuffle: height and width \(3, 4\) cannot be divided by 2")])  # fmt: skip
def pixel_unshuffle(input, downscale_factor):
    """Blocks of pixels as channels: the reverse of pixel_shuffle.

    Shapes: input (..., C, H*r, W*r); returns (..., C*r*r, H, W). Dtypes: all. Raises ShapeError if the sides cannot be divided.
    >>> mg.pixel_unshuffle(mg.arange(4).reshape(1, 2, 2), 2).flatten()
    tensor([0, 1, 2, 3])
    """
    _check("pixel_unshuffle", input, downscale_factor)
    (*lead, c, h, w), r = input.shape, downscale_factor
    if h % r or w % r:
        raise ShapeError(f"pixel_unshuffle: height and width {(h, w)} cannot be divided by {r}")
    n = len(lead)
    blocks = input.reshape(*lead, c, h // r, r, w // r, r)
    return blocks.permute(*range(n + 1), n + 2, n + 4, n + 1, n + 3).reshape(*lead, c * r * r, h // r, w // r)


@composite(where="mg F", aliases=("native_channel_shuffle",), dtypes=ALL, linear_in=("input",), samples=lambda r: [
    Sample(r(2, 6, 3, 4), groups=2, id="images"), Sample(r(2, 6, 5), groups=3, id="signals"), Sample(r(0, 6, 5), groups=3, id="empty"),
], errors=[ErrorSample(np.ones((2, 6, 3, 4)), 4, error=ShapeError, match="channel_shuffle: 6 channels cannot be divided into 4 groups"),
           ErrorSample(np.ones((2, 6)), 2, error=ShapeError, match=r"channel_shuffle: input must be \(N, C, ...\)")])  # fmt: skip
def channel_shuffle(input, groups):
    """The channels of `groups` groups dealt out in turn: the first of each, then the second of each...

    Shapes: input (N, C, ...), at least 3 dimensions; returns the same. Dtypes: all. Raises ShapeError if C cannot be divided.
    Source: Zhang et al., "ShuffleNet", arXiv:1707.01083.
    >>> mg.channel_shuffle(mg.arange(6).reshape(1, 6, 1), 2).flatten()
    tensor([0, 3, 1, 4, 2, 5])
    """
    check_tensor("channel_shuffle", input)
    if input.ndim < 3:
        raise ShapeError(f"channel_shuffle: input must be (N, C, ...), got shape {input.shape}")
    n, c, *rest = input.shape
    if groups < 1 or c % groups:
        raise ShapeError(f"channel_shuffle: {c} channels cannot be divided into {groups} groups")
    return input.reshape(n, groups, c // groups, *rest).transpose(1, 2).reshape(n, c, *rest)
