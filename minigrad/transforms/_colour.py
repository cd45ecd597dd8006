"""What pixels are: dtypes and scales, brightness, contrast and saturation, noise and blur."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import minigrad as mg
from minigrad._core import Tensor
from minigrad.errors import DTypeError, ShapeError

from ._images import LARGEST, batch, floats, like, per_channel, per_image, white

GREY = np.array([0.2989, 0.587, 0.114], np.float32)  # ITU-R BT.601, in torchvision's rounding


def to_image(inpt: Any) -> Tensor:
    """An image as other software has it, channels last, as a Tensor with channels first: a copy of the same dtype.

    Shapes:  array or Pillow image (H, W) or (H, W, C), returns (C, H, W); a batch (N, H, W, C), returns (N, C, H, W). A Tensor stays what it is.
    >>> to_image(np.zeros((4, 5, 3), np.uint8)).shape
    (3, 4, 5)
    """
    if isinstance(inpt, Tensor):
        return inpt
    pixels = np.asarray(inpt)
    if pixels.dtype.kind not in "biuf":
        raise TypeError(f"to_image: expected an array of numbers or a Pillow image, got {type(inpt).__name__}")
    if pixels.ndim not in (2, 3, 4):
        raise ShapeError(f"to_image: expected (H, W), (H, W, C) or (N, H, W, C), got shape {pixels.shape}")
    return mg.tensor(np.ascontiguousarray(pixels[None] if pixels.ndim == 2 else np.moveaxis(pixels, -1, -3)))


def to_dtype(inpt: Tensor, dtype: Any = None, scale: bool = False) -> Tensor:
    """Pixels in another dtype, float32 by default; with `scale`, between 0 to 255 of uint8 and 0 to 1 of floats, rounded to the nearest.

    Shapes:  any. Raises DTypeError with scale for other dtypes.
    >>> to_dtype(mg.tensor([[[0, 51, 255]]], dtype=mg.uint8), scale=True)
    tensor([[[0.0000, 0.2000, 1.0000]]])
    """
    dtype = mg.float32 if dtype is None else dtype
    if not scale or dtype is inpt.dtype:
        return inpt.to(dtype)
    for d in (inpt.dtype, dtype):
        if d is not mg.uint8 and not d.is_floating_point:
            raise DTypeError(f"to_dtype: scale=True is for uint8 and floating-point dtypes, got {d.name}")
    factor = LARGEST.get(dtype, 1.0) / LARGEST.get(inpt.dtype, 1.0)
    with mg.no_grad():
        if dtype is mg.uint8:
            return (inpt * factor).round().clamp(0, 255).to(dtype)
        return inpt.to(dtype) if factor == 1 else inpt.to(dtype) * factor


def normalize(inpt: Tensor, mean: Any, std: Any) -> Tensor:
    """(inpt - mean) / std, with numbers or one for each channel.

    Shapes:  inpt (C, H, W) or (N, C, H, W), floating-point. Raises DTypeError for integers, ValueError for a std of 0.
    >>> normalize(mg.tensor([[[0.0, 1.0]]]), 0.5, 0.25)
    tensor([[[-2.,  2.]]])
    """
    x = batch("normalize", inpt)
    if not inpt.is_floating_point():
        raise DTypeError(f"normalize: expected floating-point pixels, got {inpt.dtype.name}; to_dtype(image, scale=True) makes them")
    middle, spread = (per_channel("normalize", name, value, x.shape[1], x.dtype) for name, value in [("mean", mean), ("std", std)])
    if not (spread != 0).all():
        raise ValueError(f"normalize: std must not be 0, got {std!r}")
    return like(inpt, (x - middle) / spread)


def rgb_to_grayscale(inpt: Tensor, num_output_channels: int = 1) -> Tensor:
    """Grey levels 0.2989 R + 0.587 G + 0.114 B, in 1 channel or 3 equal ones; of one channel, itself.

    Shapes:  inpt (3 or 1, H, W) or (N, 3 or 1, H, W).
    >>> rgb_to_grayscale(mg.tensor([[[1.0]], [[0.5]], [[0.0]]]))
    tensor([[[0.5924]]])
    """
    x = batch("rgb_to_grayscale", inpt)
    if num_output_channels not in (1, 3):
        raise ValueError(f"rgb_to_grayscale: num_output_channels must be 1 or 3, got {num_output_channels}")
    return like(inpt, np.repeat(_grey("rgb_to_grayscale", x), num_output_channels, axis=1))


def adjust_brightness(inpt: Tensor, brightness_factor: Any) -> Tensor:
    """Pixels times a factor (a number, or one for each image), kept within black and white: 0 is black, 1 changes nothing.

    >>> adjust_brightness(mg.tensor([[[0.25, 0.75]]]), 2.0)
    tensor([[[0.5000, 1.0000]]])
    """
    return _blended("adjust_brightness", "brightness_factor", inpt, brightness_factor, lambda x: np.zeros((1, 1, 1, 1), x.dtype))


def adjust_contrast(inpt: Tensor, contrast_factor: Any) -> Tensor:
    """Distances from the image's mean grey times a factor (a number, or one for each image): 0 is grey, 1 changes nothing.

    >>> adjust_contrast(mg.tensor([[[0.25, 0.75]]]), 0.5)
    tensor([[[0.3750, 0.6250]]])
    """

    def grey(x: np.ndarray) -> np.ndarray:
        return _grey("adjust_contrast", x).mean((1, 2, 3), keepdims=True, dtype=np.float64).astype(x.dtype)

    return _blended("adjust_contrast", "contrast_factor", inpt, contrast_factor, grey)


def adjust_saturation(inpt: Tensor, saturation_factor: Any) -> Tensor:
    """Distances from each pixel's grey times a factor (a number, or one for each image): 0 is grey, 1 changes nothing.

    >>> adjust_saturation(mg.tensor([[[1.0]], [[0.5]], [[0.0]]]), 0.0)[:, 0, 0]
    tensor([0.5924, 0.5924, 0.5924])
    """
    return _blended("adjust_saturation", "saturation_factor", inpt, saturation_factor, lambda x: _grey("adjust_saturation", x))


def _grey(op: str, x: np.ndarray) -> np.ndarray:
    if x.shape[1] == 1:
        return x
    if x.shape[1] != 3:
        raise ShapeError(f"{op}: expected 1 or 3 channels, got shape {x.shape}")
    return np.tensordot(GREY.astype(floats(x[:0]).dtype), floats(x), (0, 1))[:, None]


def _blended(op: str, argument: str, inpt: Tensor, factor: Any, other: Any) -> Tensor:
    top = white(op, inpt)
    x = batch(op, inpt)
    share = per_image(op, argument, factor, len(x))
    if (share < 0).any():
        raise ValueError(f"{op}: {argument} must not be negative, got {share[share < 0][0]:g}")
    pixels = floats(x)
    share = share.astype(pixels.dtype).reshape(-1, 1, 1, 1)
    return like(inpt, np.clip(pixels * share + other(pixels) * (1 - share), 0, top))


def gaussian_noise(inpt: Tensor, mean: float = 0.0, sigma: Any = 0.1, clip: bool = True, generator: Any = None) -> Tensor:
    """Pixels plus normal random numbers, on the scale of 0 to 1 (of uint8 too); sigma: a number, or one for each image.

    Shapes:  inpt (C, H, W) or (N, C, H, W). clip: keep within black and white.
    >>> gaussian_noise(mg.full((1, 2, 2), 0.5), sigma=0.0)
    tensor([[[0.5000, 0.5000],
             [0.5000, 0.5000]]])
    """
    top = white("gaussian_noise", inpt)
    x = batch("gaussian_noise", inpt)
    spread = per_image("gaussian_noise", "sigma", sigma, len(x)).reshape(-1, 1, 1, 1)
    if (spread < 0).any():
        raise ValueError(f"gaussian_noise: sigma must not be negative, got {spread.min():g}")
    pixels = floats(x)
    noise = mg.randn(x.shape, dtype=mg.float64 if pixels.dtype == np.float64 else mg.float32, generator=generator).numpy()
    noise *= top * spread.astype(noise.dtype)
    noise += pixels
    noise += top * mean
    return like(inpt, np.clip(noise, 0, top, out=noise) if clip else noise)


def gaussian_blur(inpt: Tensor, kernel_size: int | Sequence[int], sigma: Any = None) -> Tensor:
    """Means with Gaussian weights over `kernel_size` pixels, reflected at the border.

    Shapes:  inpt (C, H, W) or (N, C, H, W). kernel_size: odd, or (along x, along y). sigma: in pixels, a number or one for each image; by default
             0.15 * kernel_size + 0.35.
    Two products with band matrices: one way for all sizes, each image with weights of its own.
    >>> gaussian_blur(mg.tensor([[[0.0, 0.0, 1.0, 0.0, 0.0]]]), (3, 1), 1.0)
    tensor([[[0.0000, 0.2741, 0.4519, 0.2741, 0.0000]]])
    """
    x = batch("gaussian_blur", inpt)
    sizes = (kernel_size, kernel_size) if isinstance(kernel_size, int) else tuple(kernel_size)
    if len(sizes) != 2 or not all(isinstance(k, int) and k > 0 and k % 2 for k in sizes):
        raise ValueError(f"gaussian_blur: kernel_size must be odd and positive, one or two (along x, along y), got {kernel_size!r}")
    across, down = (per_image("gaussian_blur", "sigma", 0.15 * k + 0.35 if sigma is None else sigma, len(x)) for k in sizes)
    if (across <= 0).any():
        raise ValueError(f"gaussian_blur: sigma must be positive, got {across.min():g}")
    return like(inpt, blurred(floats(x), sizes, (across, down)))


def blurred(x: np.ndarray, sizes: tuple[int, ...], sigmas: tuple[np.ndarray, ...]) -> np.ndarray:
    """Means over sizes and with deviations (along x, along y), as new pixels of x's dtype."""
    across, down = (band(m, size, sigma, x.dtype) for m, size, sigma in zip(x.shape[:1:-1], sizes, sigmas))
    with mg.no_grad():  # minigrad's products are the same for any number of threads
        y = _along_rows(mg.from_numpy(np.ascontiguousarray(x)), mg.from_numpy(across))
        return _along_rows(y.transpose(2, 3).contiguous(), mg.from_numpy(down)).transpose(2, 3).numpy()


def _along_rows(x: Tensor, weights: Tensor) -> Tensor:
    """x (N, C, H, W) times the transposed weights (1 or N, 1, W, W): one product if all images have the same."""
    if len(weights) != 1:
        return x @ weights.mT
    return (x.reshape(-1, x.shape[3]) @ weights[0, 0].T).reshape(x.shape)


def band(length: int, size: int, sigma: np.ndarray, dtype: Any) -> np.ndarray:
    """(1 or N, 1, length, length): row i weighs the pixels around i, those beyond an end reflected."""
    offset = np.arange(size) - size // 2
    weight = np.exp(-0.5 * (offset / sigma[:, None]) ** 2)
    weight /= weight.sum(1, keepdims=True)
    there = np.abs(np.arange(length)[:, None] + offset) % max(2 * (length - 1), 1)
    there = np.minimum(there, 2 * (length - 1) - there)
    # The place of each weight in the flat result; where reflected pixels meet, bincount adds them up.
    at = np.arange(len(sigma))[:, None, None] * length**2 + np.arange(length)[:, None] * length + there
    made = np.bincount(at.ravel(), np.broadcast_to(weight[:, None], at.shape).ravel(), len(sigma) * length**2)
    return made.reshape(-1, 1, length, length).astype(dtype)
