"""Images read at other places: affine maps, rotations and elastic deformations, with parameters for all images or for each.

Places are pixels, (0, 0) the centre of the first. An image is put into a frame of `fill` first and places are kept within the frame, so no
read has to ask whether it is inside. For a batch of 64 digits this takes a fiftieth of the time of affine_grid and grid_sample, which
record gradients and have tables made for that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigrad._core import Tensor
from minigrad.errors import ShapeError

from ._images import batch, choice, floats, like, per_channel, per_image

INTERPOLATIONS = ("nearest", "bilinear")
BLOCK = 12_000  # pixels at a time
Places = Callable[[slice], tuple[np.ndarray, np.ndarray]]


def affine(
    inpt: Tensor,
    angle: Any,
    translate: Sequence[Any],
    scale: Any,
    shear: Any,
    interpolation: str = "nearest",
    fill: Any = 0,
    center: Sequence[float] | None = None,
) -> Tensor:
    """Images sheared, scaled and turned about `center`, then moved. Each parameter is a number for all images, or one for each, (N,).

    Shapes:  inpt (C, H, W) or (N, C, H, W), and so the result. Any dtype but complex and bfloat16.
    Args:    angle: degrees, clockwise. translate: (right, down) in pixels. scale: above 1 enlarges. shear: degrees along x, or (along x, along y).
             interpolation: "nearest" or "bilinear". fill: of what comes from outside: a number, or one for each channel. center: (x, y) from
             the upper left corner, by default the middle.
    Raises:  ShapeError, ValueError.
    >>> affine(mg.tensor([[[1, 2, 3], [4, 5, 6]]]), 0, (1, 0), 1.0, 0)
    tensor([[[0, 1, 2],
             [0, 4, 5]]])
    """
    x = batch("affine", inpt)
    if not isinstance(translate, Sequence | np.ndarray) or len(translate) != 2:
        raise ValueError(f"affine: translate must be two, (right, down), got {translate!r}")
    both = tuple(shear) if isinstance(shear, list | tuple) else (shear, 0.0)
    if len(both) != 2:
        raise ValueError(f"affine: shear must be a number or two, got {shear!r}")
    turn, right, down, size, shear_x, shear_y = (
        per_image("affine", name, value, len(x))
        for name, value in [("angle", angle), ("translate", translate[0]), ("translate", translate[1]), ("scale", scale), ("shear", both[0]), ("shear", both[1])]
    )  # fmt: skip
    if (size <= 0).any():
        raise ValueError(f"affine: scale must be positive, got {size[size <= 0][0]:g}")
    turn, shear_x, shear_y = np.deg2rad(turn), np.deg2rad(shear_x), np.deg2rad(shear_y)
    # The map from an output pixel back to the input, as torchvision has it: the inverse of rotation times shear times scale.
    a, c = np.cos(turn - shear_y) / np.cos(shear_y), np.sin(turn - shear_y) / np.cos(shear_y)
    b, d = -a * np.tan(shear_x) - np.sin(turn), -c * np.tan(shear_x) + np.cos(turn)
    return _mapped("affine", inpt, x, (d / size, -b / size, -c / size, a / size), (right, down), interpolation, fill, center)


def rotate(inpt: Tensor, angle: Any, interpolation: str = "nearest", center: Sequence[float] | None = None, fill: Any = 0) -> Tensor:
    """Images turned by `angle` degrees, counter-clockwise, in their own frame. Arguments: see affine.

    >>> rotate(mg.tensor([[[1, 2], [3, 4]]]), 90)
    tensor([[[2, 4],
             [1, 3]]])
    """
    x = batch("rotate", inpt)
    turn = np.deg2rad(per_image("rotate", "angle", angle, len(x)))
    cos, sin, still = np.cos(turn), np.sin(turn), np.zeros(1)
    return _mapped("rotate", inpt, x, (cos, -sin, sin, cos), (still, still), interpolation, fill, center)


def elastic(inpt: Tensor, displacement: Tensor, interpolation: str = "bilinear", fill: Any = 0) -> Tensor:
    """Images whose pixels come from where `displacement` says.

    Shapes:  inpt (C, H, W) or (N, C, H, W); displacement (1, H, W, 2) or (N, H, W, 2): how much further right and down to read, where the whole
             width, and the whole height, is 2, as in grid_sample.
    >>> elastic(mg.tensor([[[1.0, 2.0, 3.0, 4.0]]]), mg.tensor([0.5, 0.0]).expand(1, 1, 4, 2))
    tensor([[[2., 3., 4., 0.]]])
    """
    x = batch("elastic", inpt)
    n, _, h, w = x.shape
    if displacement.ndim != 4 or displacement.shape[0] not in (1, n) or displacement.shape[1:] != (h, w, 2):
        raise ShapeError(f"elastic: displacement must be (1 or {n}, {h}, {w}, 2), got {displacement.shape}")
    field = displacement.detach().numpy()
    columns, rows = np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32)[:, None]

    def places(part: slice) -> tuple[np.ndarray, np.ndarray]:
        shift = field[part] if len(field) > 1 else field
        return shift[..., 0] * (w / 2) + columns, shift[..., 1] * (h / 2) + rows

    return like(inpt, sample("elastic", x, places, interpolation, fill))


def _mapped(
    op: str,
    inpt: Tensor,
    x: np.ndarray,
    matrix: tuple[np.ndarray, ...],
    move: tuple[np.ndarray, ...],
    interpolation: str,
    fill: Any,
    center: Sequence[float] | None,
) -> Tensor:
    """Pixels read at matrix @ (pixel - center - move) + center."""
    h, w = x.shape[2:]
    if center is not None and len(center) != 2:
        raise ValueError(f"{op}: center must be two numbers, (x, y), got {center!r}")
    cx, cy = ((w - 1) / 2, (h - 1) / 2) if center is None else (center[0] - 0.5, center[1] - 0.5)
    dtype = np.float32 if x.dtype != np.float64 else np.float64
    columns, rows = (np.subtract.outer(-(c + t), -np.arange(m)) for c, t, m in [(cx, move[0], w), (cy, move[1], h)])
    xx, xy, yx, yy = (m[:, None] for m in matrix)
    # A place is a sum of what its column and what its row adds: only these sums, over all pixels, grow with the image.
    terms = [[(xx * columns + cx)[:, None, :], (xy * rows)[:, :, None]], [(yx * columns + cy)[:, None, :], (yy * rows)[:, :, None]]]
    terms = [[t.astype(dtype) for t in both] for both in terms]

    def places(part: slice) -> tuple[np.ndarray, np.ndarray]:
        sx, sy = (np.add(*(t[part] if len(t) > 1 else t for t in both)) for both in terms)
        return sx, sy

    return like(inpt, sample(op, x, places, interpolation, fill))


def sample(op: str, x: np.ndarray, places: Places, interpolation: str, fill: Any) -> np.ndarray:
    """Pixels of x (N, C, H, W) at places: for a slice of the images, new arrays (columns, rows), (1 or its length, H, W).

    A few images at a time: what lies in between stays in cache, and is too small to be fresh memory from the system, whose first use costs
    more than the arithmetic.
    """
    choice(op, "interpolation", interpolation, INTERPOLATIONS)
    n, c, h, w = x.shape
    background = per_channel(op, "fill", fill, c)
    if not (h and w):
        raise ShapeError(f"{op}: nothing to read in an image of shape {x.shape[1:]}")
    out = np.empty(x.shape, x.dtype if interpolation == "nearest" else floats(x[:0]).dtype)
    step = max(1, BLOCK // (h * w))
    for first in range(0, n, step):
        part = slice(first, first + step)
        read(out[part], x[part], *places(part), interpolation == "bilinear", background)
    return out


def read(out: np.ndarray, x: np.ndarray, sx: np.ndarray, sy: np.ndarray, between: bool, background: np.ndarray) -> None:
    """Fill `out` with x at places, which are overwritten: the nearest pixels, or what lies between four."""
    n, c, h, w = x.shape
    stride, plane = w + 3, (h + 3) * (w + 3)
    frame = np.empty((n, c, h + 3, w + 3), out.dtype)
    frame[:] = background
    frame[:, :, 1 : h + 1, 1 : w + 1] = x
    flat = frame.reshape(-1)
    np.clip(sx, -1, w, out=sx)
    np.clip(sy, -1, h, out=sy)
    x0, y0 = (np.floor(sx), np.floor(sy)) if between else (np.rint(sx), np.rint(sy))
    at = (y0 * stride + x0).astype(np.int64) if plane < 1 << 23 else y0.astype(np.int64) * stride + x0.astype(np.int64)
    at = at + (np.arange(n) * (c * plane) + stride + 1).reshape(n, 1, 1)
    if between:
        sx -= x0
        sy -= y0
    for k in range(c):
        pixels = flat[k * plane :]
        here = pixels.take(at)
        if between:
            below = pixels[stride:].take(at)
            right = pixels[1:].take(at)
            right -= here
            right *= sx
            here += right
            right = pixels[stride + 1 :].take(at)
            right -= below
            right *= sx
            below += right
            below -= here
            below *= sy
            here += below
        out[:, k] = here
