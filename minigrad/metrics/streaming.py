"""Metrics over batches: `update` with each, `compute` at any time, `reset` for the next epoch; a state_dict, to go on after a break."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import minigrad as mg
from minigrad._core import Tensor
from minigrad.errors import ShapeError

from ._inputs import array


class Metric(ABC):
    """What accumulates over batches. A subclass says what `reset` begins with, what `update` takes, and what `compute` makes of it.

    Its state are attributes; the names of those that a checkpoint needs are in `state`.
    """

    state: tuple[str, ...] = ()

    @abstractmethod
    def reset(self) -> None:
        """Forget all batches."""

    @abstractmethod
    def update(self, *args: Any, **kwargs: Any) -> None:
        """Take one batch in."""

    @abstractmethod
    def compute(self) -> Any:
        """The value over all batches since the last reset."""

    def state_dict(self) -> dict[str, Any]:
        """The state as plain values and Tensors, which `mg.save` writes."""
        return {name: getattr(self, name) for name in self.state}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave. Raises KeyError if it is that of another metric."""
        if set(state_dict) != set(self.state):
            raise KeyError(f"{type(self).__name__}.load_state_dict: expected {sorted(self.state)}, got {sorted(state_dict)}")
        for name in self.state:
            setattr(self, name, state_dict[name])


class Mean(Metric):
    """The weighted mean of all that it is given; NaN of nothing.

    update(value, weight=1): a number, or an array of them, each with the weight, or with one of its own. A batch's mean loss counts as it
    should with the size of the batch as weight.

    >>> loss = mg.metrics.Mean()
    >>> loss.update(2.0, weight=3)
    >>> loss.update(mg.tensor([4.0, 8.0]))
    >>> loss.compute(), loss.weight
    (3.6, 5.0)
    """

    state = ("total", "weight")

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.total, self.weight = 0.0, 0.0

    def update(self, value: Any, weight: Any = 1) -> None:
        values, weights = array("Mean.update", "value", value), array("Mean.update", "weight", weight)
        try:
            weights = np.broadcast_to(weights, values.shape)
        except ValueError:
            raise ShapeError(f"Mean.update: weight must fit value's shape {values.shape}, got {weights.shape}") from None
        if (weights < 0).any():
            raise ValueError(f"Mean.update: weight must not be negative, got {float(weights.min()):g}")
        # A weight of 0 leaves out what may not be a number.
        self.total += float((values * weights)[weights > 0].sum(dtype=np.float64))
        self.weight += float(weights.sum(dtype=np.float64))

    def compute(self) -> float:
        return self.total / self.weight if self.weight else math.nan

    def __repr__(self) -> str:
        return f"Mean({self.compute():.6g})"


class Collect(Metric):
    """Any metric over batches that is no mean of theirs: it keeps all arguments of `update`, joined, and calls `function` on them.

    update(*args): Tensors, arrays or numbers, joined along the first dimension, or lists of strings. options go to the function.

    >>> ranking = mg.metrics.Collect(mg.metrics.auroc)
    >>> ranking.update(mg.tensor([0.1, 0.4]), mg.tensor([0, 0]))
    >>> ranking.update(mg.tensor([0.35, 0.8]), mg.tensor([1, 1]))
    >>> ranking.compute()
    0.75
    """

    state = ("arguments",)

    def __init__(self, function: Callable[..., Any], **options: Any) -> None:
        self.function, self.options = function, options
        self.reset()

    def reset(self) -> None:
        self.arguments: list[list[Any]] = []

    def update(self, *args: Any) -> None:
        if self.arguments and len(args) != len(self.arguments):
            raise TypeError(f"Collect.update: expected {len(self.arguments)} arguments as before, got {len(args)}")
        # All are looked at before one is kept, so that an error leaves no half of a batch behind.
        new = [_kept(x) for x in args]
        self.arguments = self.arguments or [[] for _ in args]
        for kept, parts in zip(self.arguments, new):
            kept += parts

    def compute(self) -> Any:
        """The function of all that was collected. Raises ValueError before the first update."""
        if not self.arguments:
            raise ValueError("Collect.compute: nothing was collected")
        return self.function(*map(_joined, self.arguments), **self.options)

    def state_dict(self) -> dict[str, Any]:
        return {"arguments": [list(parts) for parts in self.arguments]}  # which later batches do not change

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        super().load_state_dict(state_dict)
        self.arguments = [list(parts) for parts in self.arguments]

    def __repr__(self) -> str:
        options = "".join(f", {k}={v!r}" for k, v in self.options.items())
        return f"Collect({getattr(self.function, '__name__', self.function)}{options})"


def _kept(x: Any) -> list[Any]:
    """What is kept of an argument: its strings (with their references), or one Tensor of its own memory."""
    if isinstance(x, str):
        return [x]
    if isinstance(x, list | tuple) and any(isinstance(item, str | list | tuple) for item in x):
        return list(x)
    values = np.atleast_1d(array("Collect.update", "an argument", x))
    return [mg.from_numpy(values.copy())]


def _joined(parts: list[Any]) -> Any:
    return np.concatenate([p.numpy() for p in parts]) if all(isinstance(p, Tensor) for p in parts) else parts
