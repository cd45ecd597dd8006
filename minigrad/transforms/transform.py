"""What all transforms have in common, and those that are made of others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import minigrad as mg
from minigrad._core import Tensor
from minigrad.errors import ShapeError

from ._images import batch, uniform


class Transform:
    """A transform of images: `t(image)` for (C, H, W) or (N, C, H, W), or `t(image, mask, ...)` for several things that belong together.

    Each image of a batch has random parameters of its own, and what is given together has the same. Tensors of integers other than uint8, and
    of booleans, are masks, with an axis for channels or without: they move with their image, by its nearest pixels, and keep their values.

    A subclass draws in `make_params` and computes in `transform`, both for batches (N, C, H, W); where masks are to change too, it also has
    `transform_mask`. Random numbers come from `generator`, or from minigrad's own.

    >>> class Invert(mg.transforms.Transform):
    ...     def transform(self, inpt, params):
    ...         return 1 - inpt
    >>> Invert()(mg.tensor([[[0.25, 1.0]]]))
    tensor([[[0.7500, 0.0000]]])
    """

    generator: Any = None

    def make_params(self, images: Tensor) -> dict[str, Any]:
        """Random parameters for these images: arrays with one for each, as a rule."""
        return {}

    def transform(self, inpt: Tensor, params: dict[str, Any]) -> Tensor:
        """The images, by these parameters."""
        raise NotImplementedError(f"{type(self).__name__}: transform is to be written")

    def transform_mask(self, inpt: Tensor, params: dict[str, Any]) -> Tensor:
        """The masks, by these parameters; by default as they are."""
        return inpt

    def __call__(self, *inputs: Tensor) -> Any:
        batches, restore = lifted(type(self).__name__, inputs)
        params = self.make_params(batches[0])
        return restore([(self.transform_mask if i and is_mask(x) else self.transform)(x, params) for i, x in enumerate(batches)])

    def __repr__(self) -> str:
        shown = (f"{name}={value!r}" for name, value in vars(self).items() if value is not None)
        return f"{type(self).__name__}({', '.join(shown)})"


class Geometric(Transform):
    """A transform that moves pixels about: masks go the same way."""

    def transform_mask(self, inpt: Tensor, params: dict[str, Any]) -> Tensor:
        return self.transform(inpt, params)


class Compose:
    """Transforms, or any functions, one after the other.

    >>> t = mg.transforms
    >>> t.Compose([t.ToDtype(scale=True), t.Normalize(0.5, 0.5)])(mg.tensor([[[0, 255]]], dtype=mg.uint8))
    tensor([[[-1.,  1.]]])
    """

    def __init__(self, transforms: Sequence[Callable[..., Any]]) -> None:
        self.transforms = [callable_("Compose", t) for t in transforms]

    def __call__(self, *inputs: Any) -> Any:
        for t in self.transforms:
            made = t(*inputs)
            inputs = made if isinstance(made, tuple) else (made,)
        return together(inputs)

    def __repr__(self) -> str:
        return f"Compose({self.transforms})"


class Lambda(Transform):
    """A function of the images as a transform; masks stay as they are.

    >>> mg.transforms.Lambda(lambda x: x * 2)(mg.ones(1, 1, 2))
    tensor([[[2., 2.]]])
    """

    def __init__(self, lambd: Callable[[Tensor], Tensor]) -> None:
        self.lambd = callable_("Lambda", lambd)

    def __call__(self, *inputs: Tensor) -> Any:
        return together(x if i and is_mask(x) else self.lambd(x) for i, x in enumerate(inputs))


class RandomApply:
    """A transform, or several in a row, with probability p: chosen for each image of a batch.

    >>> mg.transforms.RandomApply(mg.transforms.RandomVerticalFlip(1.0), p=0.0)(mg.tensor([[[1], [2]]]))[0, 0]
    tensor([1])
    """

    def __init__(self, transforms: Callable[..., Any] | Sequence[Callable[..., Any]], p: float = 0.5, generator: Any = None) -> None:
        self.inner = callable_("RandomApply", transforms) if callable(transforms) else Compose(transforms)
        self.p, self.generator = share("RandomApply", "p", p), generator

    def __call__(self, *inputs: Tensor) -> Any:
        batches, restore = lifted("RandomApply", inputs)
        chosen = uniform(len(batches[0]), 0, 1, self.generator) < self.p
        return restore(by_group("RandomApply", batches, chosen.astype(np.int64), [lambda *x: together(x), self.inner]))

    def __repr__(self) -> str:
        return f"RandomApply({self.inner!r}, p={self.p})"


class RandomChoice:
    """One of several transforms, chosen for each image of a batch: with equal probability, or in proportion to `p`.

    >>> t = mg.transforms
    >>> t.RandomChoice([t.RandomHorizontalFlip(1.0), t.RandomVerticalFlip(1.0)])(mg.ones(2, 1, 3, 3)).shape
    (2, 1, 3, 3)
    """

    def __init__(self, transforms: Sequence[Callable[..., Any]], p: Sequence[float] | None = None, generator: Any = None) -> None:
        self.transforms = [callable_("RandomChoice", t) for t in transforms]
        weights = np.ones(len(self.transforms)) if p is None else np.asarray(p, np.float64)
        if not self.transforms or weights.shape != (len(self.transforms),) or not (weights >= 0).all() or not 0 < weights.sum() < np.inf:
            raise ValueError(f"RandomChoice: p must be a weight for each of {len(self.transforms)} transforms, at least one, got {p!r}")
        self.p, self.generator = (weights / weights.sum()).tolist(), generator

    def __call__(self, *inputs: Tensor) -> Any:
        batches, restore = lifted("RandomChoice", inputs)
        drawn = uniform(len(batches[0]), 0, 1, self.generator)
        group = np.minimum(np.searchsorted(np.cumsum(self.p), drawn, side="right"), len(self.p) - 1)
        return restore(by_group("RandomChoice", batches, group, self.transforms))

    def __repr__(self) -> str:
        return f"RandomChoice({self.transforms}, p={self.p})"


# ---- inputs ----


def is_mask(x: Any) -> bool:
    """Whether a Tensor holds classes rather than colours."""
    return isinstance(x, Tensor) and not x.is_floating_point() and x.dtype is not mg.uint8


def together(outputs: Any) -> Any:
    found = tuple(outputs)
    return found[0] if len(found) == 1 else found


def lifted(op: str, inputs: Sequence[Tensor]) -> tuple[list[Tensor], Callable[[Sequence[Tensor]], Any]]:
    """All inputs as batches (N, C, H, W), and the function that gives results the axes that the inputs have."""
    if not inputs:
        raise TypeError(f"{op}: expected at least one image")
    first = inputs[0]
    n, _, h, w = batch(op, first).shape
    batches = []
    for i, x in enumerate(inputs):
        if i and not isinstance(x, Tensor):
            raise TypeError(f"{op}: input {i} must be a Tensor, got {type(x).__name__}")
        flat = i and is_mask(x) and x.ndim == first.ndim - 1  # a mask without an axis for channels
        if not flat and x.ndim != first.ndim:
            raise ShapeError(f"{op}: input {i} must be an image or a mask of the first, of shape {first.shape}, got {x.shape}")
        x = x.unsqueeze(-3) if flat else x
        x = x.unsqueeze(0) if x.ndim == 3 else x
        if (len(x), *x.shape[2:]) != (n, h, w):
            raise ShapeError(f"{op}: input {i} must have the size of the first, {first.shape}, got {inputs[i].shape}")
        batches.append(x)

    def restore(outputs: Sequence[Tensor]) -> Any:
        found = []
        for x, y in zip(inputs, outputs):
            if is_mask(x) and x.ndim == first.ndim - 1:
                y = y.squeeze(1)
            found.append(y.squeeze(0) if first.ndim == 3 else y)
        return together(found)

    return batches, restore


def by_group(op: str, batches: list[Tensor], group: np.ndarray, transforms: Sequence[Callable[..., Any]]) -> list[Tensor]:
    """Each image by the transform of its group, in one call for each group."""
    made: list[Any] = [None] * len(batches)
    for g, t in enumerate(transforms):
        rows = np.flatnonzero(group == g)
        if not len(rows):
            continue
        parts = t(*(b if len(rows) == len(group) else mg.from_numpy(b.detach().numpy()[rows]) for b in batches))
        for i, part in enumerate(parts if isinstance(parts, tuple) else (parts,)):
            if len(rows) == len(group):
                made[i] = part
                continue
            if made[i] is None:
                made[i] = np.empty((len(group), *part.shape[1:]), part.numpy().dtype)
            if made[i].shape[1:] != part.shape[1:] or made[i].dtype != part.numpy().dtype:
                raise ShapeError(
                    f"{op}: images of one batch must come out alike, got {made[i].shape[1:]} {made[i].dtype} and {part.shape[1:]} {part.dtype.name}"
                )
            made[i][rows] = part.numpy()
    if made[0] is None:
        return batches
    return [x if isinstance(x, Tensor) else mg.from_numpy(x) for x in made]


# ---- arguments ----


def callable_(op: str, t: Any) -> Callable[..., Any]:
    if not callable(t):
        raise TypeError(f"{op}: expected transforms, got {type(t).__name__}")
    return t


def share(op: str, argument: str, p: Any) -> float:
    if not isinstance(p, int | float) or not 0 <= p <= 1:
        raise ValueError(f"{op}: {argument} must be a probability from 0 to 1, got {p!r}")
    return float(p)


def span(op: str, argument: str, value: Any, least: float = -np.inf, around: float | None = None) -> tuple[float, float]:
    """(low, high) from two numbers, or from one: around - value to around + value, cut off at `least`."""
    if isinstance(value, int | float) and around is not None:
        if not value >= 0:
            raise ValueError(f"{op}: {argument} must not be negative, got {value!r}")
        value = (max(around - value, least), around + value)
    ends = tuple(value) if isinstance(value, Sequence) else ()
    if len(ends) != 2 or not all(isinstance(v, int | float) for v in ends) or not least <= ends[0] <= ends[1] < np.inf:
        bound = "" if least == -np.inf else f" of at least {least:g}"
        single = "" if around is None else "a number or "
        raise ValueError(f"{op}: {argument} must be {single}two numbers{bound}, the lower first, got {value!r}")
    return float(ends[0]), float(ends[1])
