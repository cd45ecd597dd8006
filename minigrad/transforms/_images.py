"""Images as arrays (N, C, H, W) and back, and what else every transform does with its arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import minigrad as mg
from minigrad._core import Tensor
from minigrad.errors import DTypeError, GradError, ShapeError

LARGEST = {mg.uint8: 255.0}  # what white is, by dtype; 1 for floats


def batch(op: str, image: Any) -> np.ndarray:
    """The pixels of an image (C, H, W) or a batch (N, C, H, W), always with four axes; not a copy."""
    if not isinstance(image, Tensor):
        raise TypeError(f"{op}: expected a Tensor (C, H, W) or (N, C, H, W), got {type(image).__name__}; to_image makes one of an array")
    if image.ndim not in (3, 4):
        raise ShapeError(f"{op}: expected an image (C, H, W) or a batch (N, C, H, W), got shape {image.shape}")
    if image.is_complex() or image.dtype is mg.bfloat16:
        raise DTypeError(f"{op}: expected real pixels that NumPy knows, got {image.dtype.name}")
    if image.requires_grad and mg.is_grad_enabled():
        raise GradError(f"{op}: transforms record no gradients, and the image requires one; use detach(), or nn.functional's grid_sample")
    pixels = image.detach().numpy()
    return pixels if image.ndim == 4 else pixels[None]


def like(image: Tensor, pixels: np.ndarray) -> Tensor:
    """The Tensor of pixels (N, C, H, W), rounded to the image's dtype, with its number of axes."""
    return mg.from_numpy(np.ascontiguousarray(rounded(pixels, image.detach().numpy().dtype))).reshape(pixels.shape[4 - image.ndim :])


def rounded(pixels: np.ndarray, dtype: Any) -> np.ndarray:
    """Computed pixels in an image's dtype: integers are rounded, and kept in its range."""
    if pixels.dtype == dtype:
        return pixels
    if np.dtype(dtype).kind in "iu" and pixels.dtype.kind == "f":
        info = np.iinfo(dtype)
        pixels = np.clip(np.rint(pixels), info.min, info.max)
    return pixels.astype(dtype)


def floats(pixels: np.ndarray) -> np.ndarray:
    """Pixels to compute with: float64 stays, all else is float32."""
    return pixels if pixels.dtype in (np.float32, np.float64) else pixels.astype(np.float32)


def white(op: str, image: Tensor) -> float:
    """The brightest value there is: 255 of uint8, 1 of floats."""
    if image.dtype is not mg.uint8 and not image.is_floating_point():
        raise DTypeError(f"{op}: expected uint8 or floating-point pixels, got {image.dtype.name}")
    return LARGEST.get(image.dtype, 1.0)


def per_image(op: str, argument: str, value: Any, count: int) -> np.ndarray:
    """A number, or one for each image, as float64 (1,) or (N,)."""
    found = np.atleast_1d(np.asarray(value.detach().numpy() if isinstance(value, Tensor) else value, np.float64))
    if found.shape not in ((1,), (count,)):
        raise ShapeError(f"{op}: {argument} must be a number or one for each of {count} images, got shape {found.shape}")
    if not np.isfinite(found).all():
        raise ValueError(f"{op}: {argument} must be finite, got {found[~np.isfinite(found)][0]}")
    return found


def pair(op: str, argument: str, value: Any, least: int = 1) -> tuple[int, int]:
    """(height, width) from one integer or two."""
    both = (value, value) if isinstance(value, int) else tuple(value) if isinstance(value, Sequence) else ()
    if len(both) == 1:
        both *= 2
    if len(both) != 2 or not all(isinstance(n, int) and n >= least for n in both):
        raise ValueError(f"{op}: {argument} must be an integer of at least {least}, or two (height, width), got {value!r}")
    return both


def per_channel(op: str, argument: str, value: Any, channels: int, dtype: Any = np.float64) -> np.ndarray:
    """A number, or one for each channel, as an array (1 or C, 1, 1)."""
    found = np.atleast_1d(np.asarray(value.detach().numpy() if isinstance(value, Tensor) else value, dtype))
    if found.shape not in ((1,), (channels,)):
        raise ShapeError(f"{op}: {argument} must be a number or one for each of {channels} channels, got {value!r}")
    return found.reshape(-1, 1, 1)


def choice(op: str, argument: str, value: Any, known: Sequence[str]) -> None:
    if value not in known:
        raise ValueError(f"{op}: {argument} must be one of {', '.join(map(repr, known))}, got {value!r}")


# ---- random numbers ----


def uniform(shape: int | tuple[int, ...], low: float, high: float, generator: Any) -> np.ndarray:
    """Uniform float64 in [low, high), from minigrad's generator."""
    size = (shape,) if isinstance(shape, int) else shape
    return low + (high - low) * mg.rand(size, dtype=mg.float64, generator=generator).numpy()


def integers(low: Any, high: Any, count: int, generator: Any) -> np.ndarray:
    """`count` uniform integers from low to high, both included; these are numbers, or arrays (count,)."""
    span = np.asarray(high) - low + 1
    return np.minimum(low + np.floor(uniform(count, 0, 1, generator) * span), high).astype(np.int64)
