"""Averaged stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import minigrad as mg
from minigrad._core import Tensor

from .optimizer import Group, Optimizer, State, new_state
from .settings import NONNEGATIVE, settings


class ASGD(Optimizer):
    """Stochastic gradient descent that keeps the average of the parameters from step `t0` on as `state[p]["ax"]` (Polyak and Juditsky
    1992); the rate falls as lr / (1 + lambd * lr * step) ** alpha, and lambd also decays the parameters.

    Args: maximize: climb instead; differentiable: record the step; foreach, capturable: accepted, and mean nothing here.
    >>> p = mg.tensor([1.0], requires_grad=True)
    >>> p.grad = mg.tensor([2.0])
    >>> ASGD([p], lr=0.25, lambd=0.0).step()
    >>> p.tolist()
    [0.5]
    """

    ranges: ClassVar = {"lr": NONNEGATIVE, "weight_decay": NONNEGATIVE}
    elementwise = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        super().__init__(params, settings(locals()))

    def start(self, p: Tensor, group: Group) -> State:
        dtype = mg.get_default_dtype()  # of the rate and the weight, as in PyTorch, for equal trajectories
        eta = mg.tensor(float(group["lr"]), dtype=dtype)
        return {"step": 0, "eta": eta, "mu": mg.ones((), dtype=dtype), "ax": new_state(p)}

    def update(self, p: Tensor, grad: Tensor, state: State, group: Group) -> None:
        lambd = group["lambd"]
        eta, mu, average = state["eta"].item(), state["mu"].item(), state["ax"]
        p.mul_(1 - lambd * eta).add_(grad, alpha=-eta)
        if mu == 1:
            average.copy_(p)
        else:
            average.add_(p - average, alpha=mu)

    def finish(self, state: State, group: Group) -> None:
        lr, lambd = float(group["lr"]), group["lambd"]
        state["eta"].copy_(mg.tensor(lr / (1 + lambd * lr * state["step"]) ** group["alpha"]))
        state["mu"].copy_(mg.tensor(1 / max(1, state["step"] - group["t0"])))
