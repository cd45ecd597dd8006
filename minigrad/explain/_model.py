"""Choosing which of a model's outputs to explain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import minigrad as mg
from minigrad import Tensor

# Which output to explain: a class for all, one for each example, a function of the output that gives a score for each example, or None
# for the class with the highest score.
Target: TypeAlias = int | Sequence[int] | Tensor | Callable[[Tensor], Tensor] | None
Model: TypeAlias = Callable[[Tensor], Tensor]


def choose(name: str, output: Tensor, target: Target) -> Callable[[Tensor], Tensor]:
    """What makes a score for each example of an output: (N, classes) or, of a model with one output, (N,) or (N, 1) -> (N,).

    The highest class is settled here, by `output`, so that it stays the same while inputs are changed.
    """
    if callable(target) and not isinstance(target, Tensor):
        return target
    if output.ndim == 0 or output.ndim > 2:
        raise ValueError(
            f"{name}: the model's output has shape {tuple(output.shape)}, expected (N, classes); a function as target can choose"
        )
    count, classes = len(output), output.shape[1] if output.ndim == 2 else 1
    if classes == 1:
        return lambda y: y.reshape(len(y))
    if target is None:
        chosen = output.detach().argmax(1)
    elif isinstance(target, int):
        chosen = mg.full((count,), target, dtype=mg.int64)
    else:
        chosen = mg.tensor(target, dtype=mg.int64) if not isinstance(target, Tensor) else target.long()
    if tuple(chosen.shape) != (count,) or (count and not 0 <= int(chosen.min()) <= int(chosen.max()) < classes):
        raise ValueError(f"{name}: target {target!r}, expected None, a class from 0 to {classes - 1}, or {count} of them")
    return lambda y: y[mg.arange(len(y)), chosen if len(y) == count else chosen.repeat(len(y) // count)]


def input_gradient(model: Model, x: Tensor, score: Callable[[Tensor], Tensor]) -> Tensor:
    """d score / d x of each example. One backward pass serves the batch: in evaluation mode no example depends on another."""
    with mg.enable_grad():
        x = x.detach().requires_grad_()
        return mg.autograd.grad(score(model(x)).sum(), x)[0]


def prepared(name: str, model: Model, x: Tensor, target: Target) -> Callable[[Tensor], Tensor]:
    """The score to explain, for inputs x (N, ...)."""
    if x.ndim < 2 or not x.is_floating_point():
        raise ValueError(
            f"{name}: input of shape {tuple(x.shape)} and dtype {x.dtype}, expected a batch (N, ...) of floating-point numbers"
        )
    with mg.no_grad():
        return choose(name, model(x), target)
