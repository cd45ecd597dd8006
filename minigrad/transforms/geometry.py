"""Transforms that move pixels about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import minigrad as mg
from minigrad._core import Tensor
from minigrad.errors import ShapeError

from . import functional as F
from ._colour import blurred
from ._images import batch, choice, integers, pair, uniform
from ._space import pad_to
from ._warp import INTERPOLATIONS
from .transform import Geometric, share, span


class Pad(Geometric):
    """functional.pad; masks get 0 where images get `fill`.

    >>> mg.transforms.Pad(1)(mg.ones(2, 1, 4, 5)).shape
    (2, 1, 6, 7)
    """

    def __init__(self, padding: int | Sequence[int], fill: Any = 0, padding_mode: str = "constant") -> None:
        self.padding, self.fill, self.padding_mode = padding, fill, padding_mode

    def transform(self, inpt: Tensor, params: dict[str, Any]) -> Tensor:
        return F.pad(inpt, self.padding, self.fill, self.padding_mode)

    def transform_mask(self, inpt: Tensor, params: dict[str, Any]) -> Tensor:
        return F.pad(inpt, self.padding, 0, self.padding_mode)


class CenterCrop(Geometric):
    """functional.center_crop.

    >>> mg.transforms.CenterCrop(4)(mg.ones(1, 6, 7)).shape
    (1, 4, 4)
    """

    def __init__(self, size: int | Sequence[int]) -> None:
        self.size = pair("CenterCrop", "size", size)

    def transform(self, inpt: Tensor, params: dict[str, Any]) -> Tensor:
        return F.center_crop(inpt, self.size)


class Resize(Geometric):
    """functional.resize; masks take the nearest pixel.

    >>> mg.transforms.Resize((8, 8))(mg.ones(1, 6, 7)).shape
    (1, 8, 8)
    """

    def __init__(self, size: int | Sequence[int], interpolation: str = "bilinear", antialias: bool = True) -> None:
        self.size, self.interpolation, self.antialias = size, interpolation, antialias

    def transform(self, inpt: Tensor, params: dict[str, Any]) -> Tensor:
        return F.resize(inpt, self.size, self.interpolation, self.antialias)

    def transform_mask(self, inpt: Tensor, params: dict[str, Any]) -> Tensor:
        return F.resize(inpt, self.size, "nearest")


class RandomCrop(Geometric):
    """A part of `size` (height, width) at a random place, after padding, if any is asked for.

    Args:    padding, fill, padding_mode: see functional.pad. pad_if_needed: also pad what is smaller than `size`.
    Raises:  ShapeError for images smaller than `size`.
    >>> mg.transforms.RandomCrop(28, padding=2)(mg.ones(64, 1, 28, 28)).shape
    (64, 1, 28, 28)
    """

    def __init__(
        self,
        size: int | Sequence[int],
        padding: int | Sequence[int] | None = None,
        pad_if_needed: bool = False,
        fill: Any = 0,
        padding_mode: str = "constant",
        generator: Any = None,
    ) -> None:
        self.size, self.padding, self.pad_if_needed = pair("RandomCrop", "size", size), padding, pad_if_needed
        self.fill, self.padding_mode, self.generator = fill, padding_mode, generator

    def padded(self, inpt: Tensor, fill: Any) -> Tensor:
        if self.padding is not None:
            inpt = F.pad(inpt, self.padding, fill, self.padding_mode)
        return pad_to("RandomCrop", inpt, *self.size, fill, self.padding_mode) if self.pad_if_needed else inpt

    def make_params(self, images: Tensor) -> dict[str, Any]:
        n, room = len(images), [have - want for have, want in zip(self.padded(images[:1], self.fill).shape[2:], self.size)]
        if min(room) < 0:
            raise ShapeError(f"RandomCrop: size {self.size} must fit into the padded image, got an image of shape {images.shape[1:]}")
        return {"top": integers(0, room[0], n, self.generator), "left": integers(0, room[1], n, self.generator)}

    def transform(self, inpt: Tensor, params: dict[str, Any]) -> Tensor:
        return F.crop(self.padded(inpt, self.fill), params["top"], params["left"], *self.size)

    def transform_mask(self, inpt: Tensor, params: dict[str, Any]) -> Tensor:
        return F.crop(self.padded(inpt, 0), params["top"], params["left"], *self.size)


class RandomHorizontalFlip(Geometric):
    """Left and right exchanged with probability p.

    >>> mg.transforms.RandomHorizontalFlip(p=1.0)(mg.tensor([[[1, 2, 3]]]))
    tensor([[[3, 2, 1]]])
    """

    axis = -1

    def __init__(self, p: float = 0.5, generator: Any = None) -> None:
        self.p, self.generator = share(type(self).__name__, "p", p), generator

    def make_params(self, images: Tensor) -> dict[str, Any]:
        return {"rows": np.flatnonzero(uniform(len(images), 0, 1, self.generator) < self.p)}

    def transform(self, inpt: Tensor, params: dict[str, Any]) -> Tensor:
        x = batch(type(self).__name__, inpt)
        y = x.copy()
        y[params["rows"]] = np.flip(x[params["rows"]], self.axis)
        return mg.from_numpy(y)


class RandomVerticalFlip(RandomHorizontalFlip):
    """Top and bottom exchanged with probability p.

    >>> mg.transforms.RandomVerticalFlip(p=1.0)(mg.tensor([[[1], [2]]]))[0, 0]
    tensor([2])
    """

    axis = -2


class RandomRotation(Geometric):
    """functional.rotate by an angle between -degrees and degrees, or between two.

    >>> mg.transforms.RandomRotation((90, 90))(mg.tensor([[[1, 2], [3, 4]]]))
    tensor([[[2, 4],
             [1, 3]]])
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        interpolation: str = "nearest",
        *,
        center: Sequence[float] | None = None,
        fill: Any = 0,
        generator: Any = None,
    ) -> None:
        choice("RandomRotation", "interpolation", interpolation, INTERPOLATIONS)
        self.degrees, self.interpolation = span("RandomRotation", "degrees", degrees, around=0.0), interpolation
        self.center, self.fill, self.generator = center, fill, generator

    def make_params(self, images: Tensor) -> dict[str, Any]:
        return {"angle": uniform(len(images), *self.degrees, self.generator)}

    def transform(self, inpt: Tensor, params: dict[str, Any]) -> Tensor:
        return F.rotate(inpt, params["angle"], self.interpolation, self.center, self.fill)

    def transform_mask(self, inpt: Tensor, params: dict[str, Any]) -> Tensor:
        return F.rotate(inpt, params["angle"], "nearest", self.center)


class RandomAffine(Geometric):
    """functional.affine with random parameters.

    Args:    degrees: the angle is between -degrees and degrees, or between two. translate: (a, b): moved by up to a * width and b * height, in
             whole pixels. scale: between two factors. shear: degrees along x between -shear and shear, or between two; four: along y too.
    >>> augment = mg.transforms.RandomAffine(10, translate=(0.1, 0.1), scale=(0.9, 1.1), interpolation="bilinear")
    >>> augment(mg.ones(64, 1, 28, 28)).shape
    (64, 1, 28, 28)
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        translate: Sequence[float] | None = None,
        scale: Sequence[float] | None = None,
        shear: float | Sequence[float] | None = None,
        interpolation: str = "nearest",
        fill: Any = 0,
        center: Sequence[float] | None = None,
        generator: Any = None,
    ) -> None:
        op = "RandomAffine"
        choice(op, "interpolation", interpolation, INTERPOLATIONS)
        self.degrees = span(op, "degrees", degrees, around=0.0)
        if translate is not None and (len(translate) != 2 or not all(0 <= v <= 1 for v in translate)):
            raise ValueError(f"{op}: translate must be two shares from 0 to 1, got {translate!r}")
        self.translate = None if translate is None else tuple(translate)
        self.scale = None if scale is None else span(op, "scale", scale, 0.0)
        if scale is not None and scale[0] == 0:
            raise ValueError(f"{op}: scale must be positive, got {scale!r}")
        both = [shear] if not isinstance(shear, Sequence) or len(shear) != 4 else [shear[:2], shear[2:]]
        self.shear = None if shear is None else [span(op, "shear", s, around=0.0) for s in both]
        self.interpolation, self.fill, self.center, self.generator = interpolation, fill, center, generator

    def make_params(self, images: Tensor) -> dict[str, Any]:
        n, sizes, g = len(images), (images.shape[3], images.shape[2]), self.generator
        move = [np.rint(uniform(n, -a * m, a * m, g)) for a, m in zip(self.translate, sizes)] if self.translate else [0.0, 0.0]
        shear = [uniform(n, *s, g) for s in self.shear] if self.shear else [0.0]
        return {
            "angle": uniform(n, *self.degrees, g),
            "translate": move,
            "scale": uniform(n, *self.scale, g) if self.scale else 1.0,
            "shear": (shear[0], shear[1] if len(shear) == 2 else 0.0),
        }

    def transform(self, inpt: Tensor, params: dict[str, Any]) -> Tensor:
        return F.affine(inpt, **params, interpolation=self.interpolation, fill=self.fill, center=self.center)

    def transform_mask(self, inpt: Tensor, params: dict[str, Any]) -> Tensor:
        return F.affine(inpt, **params, interpolation="nearest", center=self.center)


class ElasticTransform(Geometric):
    """Pixels moved by a smooth random field: what the muscles of a hand do to a digit.

    Args:    alpha: strength. sigma: smoothness, in pixels.
    Each pixel's shift is alpha / 2 times uniform numbers from -1 to 1 smoothed by a Gaussian, as in torchvision; so Simard's alpha is half of
    this one. For digits of 28x28, alpha=60 and sigma=4 are about 1.2 pixels.
    Source:  Simard, Steinkraus & Platt, "Best practices for convolutional neural networks applied to visual document analysis", 2003.
    >>> mg.transforms.ElasticTransform(alpha=60.0, sigma=4.0)(mg.ones(64, 1, 28, 28)).shape
    (64, 1, 28, 28)
    """

    def __init__(
        self,
        alpha: float = 50.0,
        sigma: float = 5.0,
        interpolation: str = "bilinear",
        fill: Any = 0,
        generator: Any = None,
    ) -> None:
        choice("ElasticTransform", "interpolation", interpolation, INTERPOLATIONS)
        for name, value in [("alpha", alpha), ("sigma", sigma)]:
            if not isinstance(value, int | float) or not 0 < value < np.inf:
                raise ValueError(f"ElasticTransform: {name} must be a positive number, got {value!r}")
        self.alpha, self.sigma = float(alpha), float(sigma)
        self.interpolation, self.fill, self.generator = interpolation, fill, generator

    def make_params(self, images: Tensor) -> dict[str, Any]:
        n, _, h, w = images.shape
        with mg.no_grad():
            noise = (mg.rand(n, 2, h, w, dtype=mg.float32, generator=self.generator) * 2 - 1).numpy()
        size, sigma = int(8 * self.sigma + 1) | 1, np.array([self.sigma])
        field = blurred(noise, (size, size), (sigma, sigma))
        field *= np.array([[[self.alpha / w]], [[self.alpha / h]]], np.float32)
        return {"displacement": mg.from_numpy(field).permute(0, 2, 3, 1)}

    def transform(self, inpt: Tensor, params: dict[str, Any]) -> Tensor:
        return F.elastic(inpt, params["displacement"], self.interpolation, self.fill)

    def transform_mask(self, inpt: Tensor, params: dict[str, Any]) -> Tensor:
        return F.elastic(inpt, params["displacement"], "nearest")
