"""Batches whose images are mixed with one another, and their labels in the same shares: `mix(images, labels)`, after batching.

Each image is mixed with the one before it, so batches are to be shuffled. The share is drawn once for a batch, as in torchvision.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import minigrad as mg
from minigrad._core import Tensor
from minigrad.errors import DTypeError, ShapeError

from ._images import batch, integers


class _Mix:
    def __init__(self, *, alpha: float = 1.0, num_classes: int | None = None, generator: Any = None) -> None:
        if not (isinstance(alpha, int | float) and 0 < alpha < math.inf):
            raise ValueError(f"{type(self).__name__}: alpha must be positive, got {alpha!r}")
        self.alpha, self.num_classes, self.generator = float(alpha), num_classes, generator

    def __call__(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        op = type(self).__name__
        if not isinstance(images, Tensor) or images.ndim != 4:
            raise ShapeError(f"{op}: expected a batch (N, C, H, W), got {getattr(images, 'shape', type(images).__name__)}")
        batch(op, images)
        if not images.is_floating_point():
            raise DTypeError(f"{op}: expected floating-point pixels, got {images.dtype.name}")
        with mg.no_grad():
            soft = self.soft(labels, images)
            # NumPy promises that RandomState never changes: what it draws follows from the number that minigrad's generator gives.
            seed = int(mg.randint(2**32, (1,), generator=self.generator).item())
            mixed, lam = self.mixed(images, images.roll(1, 0), np.random.RandomState(seed).beta(self.alpha, self.alpha))
            return mixed, soft * lam + soft.roll(1, 0) * (1 - lam)

    def soft(self, labels: Tensor, images: Tensor) -> Tensor:
        op = type(self).__name__
        if len(labels) != len(images) or labels.ndim not in (1, 2):
            raise ShapeError(f"{op}: labels must be (N,) or (N, classes) for {len(images)} images, got {labels.shape}")
        if labels.ndim == 2:
            return labels.to(images.dtype)
        if self.num_classes is None or labels.is_floating_point():
            raise ValueError(f"{op}: labels of shape {labels.shape} need num_classes, and integers, got {labels.dtype.name}")
        return mg.nn.functional.one_hot(labels.long(), self.num_classes).to(images.dtype)

    def mixed(self, x: Tensor, other: Tensor, lam: float) -> tuple[Tensor, float]:
        """The mixture, and the share of x in it."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}(alpha={self.alpha}, num_classes={self.num_classes})"


class MixUp(_Mix):
    """lam * image + (1 - lam) * another, and their labels alike, with lam from Beta(alpha, alpha).

    mix(images, labels): images (N, C, H, W), floating-point; labels (N,) integers, which need num_classes, or (N, classes) shares. Returns
    both, labels as (N, classes), which cross_entropy takes.
    Source:  Zhang et al., "mixup: beyond empirical risk minimization", arXiv:1710.09412.
    >>> x, y = mg.transforms.MixUp(alpha=0.2, num_classes=3)(mg.rand(4, 1, 5, 5), mg.tensor([0, 1, 2, 0]))
    >>> x.shape, y.sum(1)
    ((4, 1, 5, 5), tensor([1., 1., 1., 1.]))
    """

    def mixed(self, x: Tensor, other: Tensor, lam: float) -> tuple[Tensor, float]:
        return x * lam + other * (1 - lam), lam


class CutMix(_Mix):
    """A box of each image from another, its share of the area 1 - lam, with lam from Beta(alpha, alpha), and labels in the shares of the area.

    Arguments and result: as MixUp. What of a box is outside does not count.
    Source:  Yun et al., "CutMix: regularization strategy to train strong classifiers with localizable features", arXiv:1905.04899.
    >>> x, y = mg.transforms.CutMix(num_classes=3)(mg.rand(4, 1, 5, 5), mg.tensor([0, 1, 2, 0]))
    >>> x.shape, y.sum(1)
    ((4, 1, 5, 5), tensor([1., 1., 1., 1.]))
    """

    def mixed(self, x: Tensor, other: Tensor, lam: float) -> tuple[Tensor, float]:
        h, w = x.shape[2:]
        row, column = (int(integers(0, m - 1, 1, self.generator)[0]) for m in (h, w))
        half = 0.5 * math.sqrt(1 - lam)
        top, bottom, left, right = row - int(half * h), row + int(half * h), column - int(half * w), column + int(half * w)
        top, bottom, left, right = max(top, 0), min(bottom, h), max(left, 0), min(right, w)
        y = x.clone()
        y[:, :, top:bottom, left:right] = other[:, :, top:bottom, left:right]
        return y, 1 - (bottom - top) * (right - left) / (h * w)
