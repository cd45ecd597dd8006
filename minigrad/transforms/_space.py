"""Where pixels are: padding, cutting, mirroring, other sizes, boxes painted over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import minigrad as mg
from minigrad._core import Tensor
from minigrad.errors import ShapeError

from ._images import batch, choice, floats, like, pair, per_channel, per_image, rounded

MODES = {"constant": "constant", "edge": "edge", "reflect": "reflect", "symmetric": "symmetric"}


def pad(inpt: Tensor, padding: int | Sequence[int], fill: Any = 0, padding_mode: str = "constant") -> Tensor:
    """Images with a border.

    Shapes:  inpt (C, H, W) or (N, C, H, W).
    Args:    padding: pixels on every side, or (left and right, top and bottom), or (left, top, right, bottom). fill: a number, or one for each
             channel. padding_mode: "constant", "edge" (the outermost pixel), "reflect" (without repeating it), "symmetric" (repeating it).
    >>> pad(mg.tensor([[[1, 2]]]), (1, 0), fill=9)
    tensor([[[9, 1, 2, 9]]])
    """
    x = batch("pad", inpt)
    choice("pad", "padding_mode", padding_mode, list(MODES))
    sides = (padding,) if isinstance(padding, int) else tuple(padding)
    if len(sides) not in (1, 2, 4) or not all(isinstance(n, int) and n >= 0 for n in sides):
        raise ValueError(f"pad: padding must be 1, 2 or 4 integers of at least 0, got {padding!r}")
    left, top, right, bottom = sides if len(sides) == 4 else (sides[0], sides[-1]) * 2
    widths = ((0, 0), (0, 0), (top, bottom), (left, right))
    if padding_mode != "constant":
        if 0 in x.shape[2:] and any(sides):
            raise ShapeError(f"pad: an image of shape {inpt.shape} has no pixels to repeat")
        return like(inpt, np.pad(x, widths, padding_mode))  # type: ignore[call-overload]
    n, c, h, w = x.shape
    out = np.empty((n, c, h + top + bottom, w + left + right), x.dtype)
    out[:] = per_channel("pad", "fill", fill, c)
    out[:, :, top : top + h, left : left + w] = x
    return like(inpt, out)


def crop(inpt: Tensor, top: Any, left: Any, height: int, width: int) -> Tensor:
    """The part of `height` x `width` whose upper left pixel is (top, left); these are numbers, or one for each image, (N,).

    Shapes:  inpt (C, H, W) or (N, C, H, W). Raises ShapeError if the part reaches beyond the image.
    >>> crop(mg.arange(12).reshape(1, 3, 4), 1, 2, 2, 2)
    tensor([[[ 6,  7],
             [10, 11]]])
    """
    x = batch("crop", inpt)
    n, (h, w) = len(x), x.shape[2:]
    rows, columns = (per_image("crop", name, value, n).astype(np.int64) for name, value in [("top", top), ("left", left)])
    if n and (min(rows.min(), columns.min(), height, width) < 0 or rows.max() + height > h or columns.max() + width > w):
        raise ShapeError(f"crop: {height}x{width} at rows {rows} and columns {columns} reaches beyond an image of {h}x{w}")
    if len(rows) == len(columns) == 1 and rows.size:
        y, z = int(rows[0]), int(columns[0])
        return like(inpt, x[:, :, y : y + height, z : z + width])
    windows = np.lib.stride_tricks.sliding_window_view(x, (height, width), (2, 3))
    return like(inpt, windows[np.arange(n), :, rows, columns])


def center_crop(inpt: Tensor, output_size: int | Sequence[int]) -> Tensor:
    """The middle of images; those that are smaller are padded with 0.

    >>> center_crop(mg.arange(5).reshape(1, 1, 5), (1, 3))
    tensor([[[1, 2, 3]]])
    """
    h, w = pair("center_crop", "output_size", output_size)
    inpt = pad_to("center_crop", inpt, h, w, 0, "constant")
    top, left = (round((have - want) / 2) for have, want in zip(inpt.shape[-2:], (h, w)))
    return crop(inpt, top, left, h, w)


def pad_to(op: str, inpt: Tensor, height: int, width: int, fill: Any, padding_mode: str) -> Tensor:
    """At least height x width, the image in the middle."""
    short = [max(want - have, 0) for want, have in zip((height, width), batch(op, inpt).shape[2:])]
    if not any(short):
        return inpt
    (top, left), (bottom, right) = (n // 2 for n in short), ((n + 1) // 2 for n in short)
    return pad(inpt, (left, top, right, bottom), fill, padding_mode)


def horizontal_flip(inpt: Tensor) -> Tensor:
    """Left and right exchanged.

    >>> horizontal_flip(mg.tensor([[[1, 2, 3]]]))
    tensor([[[3, 2, 1]]])
    """
    return like(inpt, batch("horizontal_flip", inpt)[..., ::-1])


def vertical_flip(inpt: Tensor) -> Tensor:
    """Top and bottom exchanged.

    >>> vertical_flip(mg.tensor([[[1], [2]]]))
    tensor([[[2],
             [1]]])
    """
    return like(inpt, batch("vertical_flip", inpt)[:, :, ::-1])


def resize(inpt: Tensor, size: int | Sequence[int], interpolation: str = "bilinear", antialias: bool = True) -> Tensor:
    """Images in another size, by nn.functional.interpolate.

    Shapes:  inpt (C, H, W) or (N, C, H, W). size: (height, width), or the length of the shorter side.
    Args:    interpolation: "nearest", "nearest-exact", "bilinear", "bicubic". antialias: no pixel is passed over where an image shrinks.
    >>> resize(mg.tensor([[[0.0, 4.0], [8.0, 12.0]]]), (1, 2))
    tensor([[[4., 8.]]])
    """
    x = batch("resize", inpt)
    choice("resize", "interpolation", interpolation, ("nearest", "nearest-exact", "bilinear", "bicubic"))
    if isinstance(size, int) or len(size) == 1:
        short = pair("resize", "size", size)[0]
        h, w = x.shape[2:]
        height, width = (short, int(short * w / max(h, 1))) if h <= w else (int(short * h / max(w, 1)), short)
    else:
        height, width = pair("resize", "size", size)
    if (height, width) == x.shape[2:]:
        return inpt
    near = interpolation.startswith("nearest")
    with mg.no_grad():
        pixels = mg.from_numpy(np.ascontiguousarray(x if near else floats(x)))
        found = mg.nn.functional.interpolate(pixels, (height, width), mode=interpolation, antialias=antialias and not near)
    return like(inpt, found.numpy())


def erase(inpt: Tensor, i: Any, j: Any, h: Any, w: Any, v: Any) -> Tensor:
    """A box painted over: from row i and column j, of h rows and w columns, with v. Box: numbers, or one for each image, (N,).

    Shapes:  inpt (C, H, W) or (N, C, H, W); v a number, one for each channel, or a Tensor of the images' shape to take the pixels from. What of a
             box is outside does not count.
    >>> erase(mg.ones(1, 2, 3), 0, 1, 1, 2, 0.5)
    tensor([[[1.0000, 0.5000, 0.5000],
             [1.0000, 1.0000, 1.0000]]])
    """
    x = batch("erase", inpt)
    top, left, height, width = (per_image("erase", name, value, len(x))[:, None] for name, value in zip("ijhw", (i, j, h, w)))
    rows, columns = np.arange(x.shape[2]), np.arange(x.shape[3])
    inside = ((rows >= top) & (rows < top + height))[:, None, :, None] & ((columns >= left) & (columns < left + width))[:, None, None, :]
    value = batch("erase", v) if isinstance(v, Tensor) and v.shape == inpt.shape else per_channel("erase", "v", v, x.shape[1])
    return like(inpt, np.where(inside, rounded(value, x.dtype), x))
