"""Transforms that change what pixels are; masks stay as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import minigrad as mg
from minigrad._core import Tensor

from . import functional as F
from ._images import uniform
from .transform import Transform, is_mask, span, together


class ToImage:
    """functional.to_image: arrays with channels last as Tensors with channels first.

    >>> mg.transforms.ToImage()(np.zeros((4, 5, 3), np.uint8)).shape
    (3, 4, 5)
    """

    def __call__(self, *inputs: Any) -> Any:
        return together(F.to_image(x) for x in inputs)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class ToTensor(ToImage):
    """ToImage, and uint8 as float32 from 0 to 1: what training begins with. Floats keep their values; masks are not touched.

    >>> mg.transforms.ToTensor()(np.full((1, 1, 3), 255, np.uint8)).flatten()
    tensor([1., 1., 1.])
    """

    def __call__(self, *inputs: Any) -> Any:
        images = [F.to_image(x) for x in inputs]
        return together(F.to_dtype(x, mg.float32, scale=True) if x.dtype is mg.uint8 else x for x in images)


class ToDtype(Transform):
    """functional.to_dtype of images; masks keep theirs.

    >>> mg.transforms.ToDtype(mg.float32, scale=True)(mg.full((1, 1, 2), 255, dtype=mg.uint8))
    tensor([[[1., 1.]]])
    """

    def __init__(self, dtype: Any = None, scale: bool = False) -> None:
        self.dtype, self.scale = mg.float32 if dtype is None else dtype, scale

    def __call__(self, *inputs: Tensor) -> Any:
        return together(x if i and is_mask(x) else F.to_dtype(x, self.dtype, self.scale) for i, x in enumerate(inputs))


class Normalize(Transform):
    """functional.normalize: (image - mean) / std.

    >>> mg.transforms.Normalize([0.5], [0.25])(mg.tensor([[[0.0, 1.0]]]))
    tensor([[[-2.,  2.]]])
    """

    def __init__(self, mean: Any, std: Any) -> None:
        self.mean, self.std = mean, std

    def transform(self, inpt: Tensor, params: dict[str, Any]) -> Tensor:
        return F.normalize(inpt, self.mean, self.std)


class Grayscale(Transform):
    """functional.rgb_to_grayscale.

    >>> mg.transforms.Grayscale()(mg.ones(3, 4, 5)).shape
    (1, 4, 5)
    """

    def __init__(self, num_output_channels: int = 1) -> None:
        self.num_output_channels = num_output_channels

    def transform(self, inpt: Tensor, params: dict[str, Any]) -> Tensor:
        return F.rgb_to_grayscale(inpt, self.num_output_channels)


class ColorJitter(Transform):
    """Random brightness, contrast and saturation, in an order that is drawn anew for each call.

    Args:    each a number v, for factors from max(0, 1 - v) to 1 + v, or two factors. Factors are drawn for each image.
    >>> mg.transforms.ColorJitter(brightness=0.2, contrast=0.2, saturation=0.2)(mg.rand(8, 3, 4, 5)).shape
    (8, 3, 4, 5)
    """

    def __init__(
        self,
        brightness: float | Sequence[float] = 0,
        contrast: float | Sequence[float] = 0,
        saturation: float | Sequence[float] = 0,
        generator: Any = None,
    ) -> None:
        self.brightness, self.contrast, self.saturation = (
            span("ColorJitter", name, value, 0.0, around=1.0)
            for name, value in [("brightness", brightness), ("contrast", contrast), ("saturation", saturation)]
        )
        self.generator = generator

    def make_params(self, images: Tensor) -> dict[str, Any]:
        order = mg.randperm(3, generator=self.generator).tolist()
        spans = (self.brightness, self.contrast, self.saturation)
        return {"order": order, "factors": [uniform(len(images), *s, self.generator) for s in spans]}

    def transform(self, inpt: Tensor, params: dict[str, Any]) -> Tensor:
        for i in params["order"]:
            if (self.brightness, self.contrast, self.saturation)[i] != (1.0, 1.0):
                inpt = (F.adjust_brightness, F.adjust_contrast, F.adjust_saturation)[i](inpt, params["factors"][i])
        return inpt


class GaussianNoise(Transform):
    """functional.gaussian_noise. sigma: a number, or two to draw from between for each image.

    >>> mg.transforms.GaussianNoise(sigma=0.1)(mg.rand(8, 1, 4, 5)).shape
    (8, 1, 4, 5)
    """

    def __init__(self, mean: float = 0.0, sigma: float | Sequence[float] = 0.1, clip: bool = True, generator: Any = None) -> None:
        self.mean, self.clip, self.generator = mean, clip, generator
        self.sigma = span("GaussianNoise", "sigma", (sigma, sigma) if isinstance(sigma, int | float) else sigma, 0.0)

    def make_params(self, images: Tensor) -> dict[str, Any]:
        return {"sigma": uniform(len(images), *self.sigma, self.generator)}

    def transform(self, inpt: Tensor, params: dict[str, Any]) -> Tensor:
        return F.gaussian_noise(inpt, self.mean, params["sigma"], self.clip, self.generator)


class GaussianBlur(Transform):
    """functional.gaussian_blur. sigma: a number, or two to draw from between for each image.

    >>> mg.transforms.GaussianBlur(3)(mg.rand(8, 1, 4, 5)).shape
    (8, 1, 4, 5)
    """

    def __init__(self, kernel_size: int | Sequence[int], sigma: float | Sequence[float] = (0.1, 2.0), generator: Any = None) -> None:
        self.kernel_size, self.generator = kernel_size, generator
        self.sigma = span(
            "GaussianBlur", "sigma", (sigma, sigma) if isinstance(sigma, int | float) else sigma, float(np.finfo(np.float32).tiny)
        )

    def make_params(self, images: Tensor) -> dict[str, Any]:
        return {"sigma": uniform(len(images), *self.sigma, self.generator)}

    def transform(self, inpt: Tensor, params: dict[str, Any]) -> Tensor:
        return F.gaussian_blur(inpt, self.kernel_size, params["sigma"])
