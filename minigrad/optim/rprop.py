"""Resilient backpropagation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import minigrad as mg
from minigrad._core import Tensor

from .optimizer import Group, Optimizer, State, new_state
from .settings import NONNEGATIVE, settings
from .state import state_dtype


class Rprop(Optimizer):
    """Steps of a size of its own for each element, in the direction of the gradient's sign (Riedmiller and Braun 1993): the size grows by
    etas[1] where the sign is that of the last step, and shrinks by etas[0] where it changed, where the element then pauses for a step.
    For whole batches; the gradient's size plays no part.

    Args: lr: the first size; step_sizes: the smallest and the largest; maximize: climb instead; differentiable: record the step
          (signs have gradient 0); foreach, capturable: accepted, and mean nothing here.
    >>> p = mg.tensor([1.0], requires_grad=True)
    >>> p.grad = mg.tensor([2.0])
    >>> Rprop([p], lr=0.25).step()
    >>> p.tolist()
    [0.75]
    """

    ranges: ClassVar = {"lr": NONNEGATIVE}
    elementwise = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Rprop: etas must be a number in (0, 1) and one above 1, got {etas[0]}, {etas[1]}")
        super().__init__(params, settings(locals()))

    def start(self, p: Tensor, group: Group) -> State:
        size = float(group["lr"])
        sizes = mg.full(p.shape, complex(size, size) if p.is_complex() else size, dtype=state_dtype(p))
        return {"step": 0, "prev": new_state(p), "step_size": sizes}

    def update(self, p: Tensor, grad: Tensor, state: State, group: Group) -> None:
        shrink, grow = group["etas"]
        agreement = grad * state["prev"].clone()
        turned = agreement < 0
        factor = mg.ones_like(agreement).masked_fill(agreement > 0, grow).masked_fill(turned, shrink)
        size = (state["step_size"] * factor).clamp(*group["step_sizes"])
        grad = grad.masked_fill(turned, 0)
        p.sub_(grad.sign() * size)
        state["step_size"].copy_(size)
        state["prev"].copy_(grad)
