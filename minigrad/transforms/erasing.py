"""Transforms that hide a part of each image; masks stay as they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

import minigrad as mg
from minigrad._core import Tensor

from . import functional as F
from ._images import integers, uniform
from .transform import Transform, share, span

TRIES = 10


class RandomErasing(Transform):
    """A box at a random place painted over, with probability p.

    Args:    scale: the box's share of the image, and ratio: of its height to its width, each between two numbers. value: of the box: a number,
             one for each channel, or "random" for random pixels, normal ones or of uint8 any. A box that does not fit is drawn again, up to ten times.
    Source:  Zhong et al., "Random erasing data augmentation", arXiv:1708.04896.
    >>> mg.transforms.RandomErasing(p=1.0)(mg.ones(8, 1, 28, 28)).shape
    (8, 1, 28, 28)
    """

    def __init__(
        self,
        p: float = 0.5,
        scale: Sequence[float] = (0.02, 0.33),
        ratio: Sequence[float] = (0.3, 3.3),
        value: Any = 0,
        generator: Any = None,
    ) -> None:
        op = "RandomErasing"
        self.p, self.scale, self.ratio = share(op, "p", p), span(op, "scale", scale, 0.0), span(op, "ratio", ratio, 0.0)
        if self.scale[1] > 1 or self.ratio[0] == 0:
            raise ValueError(f"{op}: scale must be within 0 to 1 and ratio positive, got {scale!r} and {ratio!r}")
        if isinstance(value, str) and value != "random":
            raise ValueError(f'{op}: value must be numbers or "random", got {value!r}')
        self.value, self.generator = value, generator

    def make_params(self, images: Tensor) -> dict[str, Any]:
        n, _, height, width = images.shape
        g = self.generator
        chosen = uniform(n, 0, 1, g) < self.p
        area = height * width * uniform((n, TRIES), *self.scale, g)
        ratio = np.exp(uniform((n, TRIES), math.log(self.ratio[0]), math.log(self.ratio[1]), g))
        h, w = np.rint(np.sqrt(area * ratio)), np.rint(np.sqrt(area / ratio))
        fits = (h < height) & (w < width)
        first = np.arange(n), fits.argmax(1)
        shown = chosen & fits.any(1)
        h, w = np.where(shown, h[first], 0), np.where(shown, w[first], 0)
        return {"i": integers(0, height - h, n, g), "j": integers(0, width - w, n, g), "h": h, "w": w}

    def transform(self, inpt: Tensor, params: dict[str, Any]) -> Tensor:
        value = self.value
        if isinstance(value, str):
            g = self.generator
            bytes_ = inpt.dtype is mg.uint8
            value = (
                mg.randint(256, inpt.shape, dtype=mg.uint8, generator=g) if bytes_ else mg.randn(inpt.shape, dtype=mg.float32, generator=g)
            )
        return F.erase(inpt, **params, v=value)


class Cutout(Transform):
    """A square of `size` pixels painted over, centred on a random pixel: at the border a part of it is outside.

    Source:  DeVries & Taylor, "Improved regularization of convolutional neural networks with cutout", arXiv:1708.04552.
    >>> int((mg.transforms.Cutout(3)(mg.ones(1, 28, 28)) == 0).sum()) in range(4, 10)
    True
    """

    def __init__(self, size: int, value: Any = 0, generator: Any = None) -> None:
        if not isinstance(size, int) or size < 1:
            raise ValueError(f"Cutout: size must be an integer of at least 1, got {size!r}")
        self.size, self.value, self.generator = size, value, generator

    def make_params(self, images: Tensor) -> dict[str, Any]:
        n, _, height, width = images.shape
        i, j = integers(0, height - 1, n, self.generator), integers(0, width - 1, n, self.generator)
        return {"i": i - self.size // 2, "j": j - self.size // 2, "h": self.size, "w": self.size}

    def transform(self, inpt: Tensor, params: dict[str, Any]) -> Tensor:
        return F.erase(inpt, **params, v=self.value)
