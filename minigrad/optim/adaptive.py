"""Rates per element from the squares of past gradients: Adagrad, Adadelta, RMSprop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import minigrad as mg
from minigrad._core import Tensor

from .optimizer import Group, Optimizer, State, descend, new_state
from .settings import NONNEGATIVE, UP_TO_ONE, settings
from .state import state_dtype


class Adagrad(Optimizer):
    """p -= lr / (1 + (step - 1) * lr_decay) * g / (sqrt(sum of all g * g so far) + eps) (Duchi, Hazan and Singer 2011).

    Args: initial_accumulator_value: what the sum starts from; maximize: climb instead; differentiable: record the step;
          foreach, fused: accepted, and mean nothing here.
    >>> p = mg.tensor([1.0], requires_grad=True)
    >>> p.grad = mg.tensor([2.0])
    >>> Adagrad([p], lr=0.25).step()
    >>> p.tolist()
    [0.75]
    """

    ranges: ClassVar = dict.fromkeys(("lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps"), NONNEGATIVE)
    elementwise = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(params, settings(locals()))
        for group in self.param_groups:  # there before the first step, as in PyTorch
            for p in group["params"]:
                self.state[p] = self.start(p, group)

    def start(self, p: Tensor, group: Group) -> State:
        value = group["initial_accumulator_value"]
        return {"step": 0, "sum": mg.full(p.shape, complex(value, value) if p.is_complex() else value, dtype=state_dtype(p))}

    def share_memory(self) -> None:
        """Nothing to do: PyTorch moves the state to memory that processes share."""

    def update(self, p: Tensor, grad: Tensor, state: State, group: Group) -> None:
        total = state["sum"].add_(grad * grad)
        descend(p, grad / (total.sqrt() + group["eps"]), group["lr"] / (1 + (state["step"] - 1) * group["lr_decay"]))


class Adadelta(Optimizer):
    """Each step is the gradient times the ratio of two running root mean squares, of the steps and of the gradients, so that the step has
    the parameter's unit (Zeiler 2012).

    Args: rho: how slowly both means fade; maximize: climb instead; differentiable: record the step;
          foreach, capturable: accepted, and mean nothing here.
    >>> p = mg.tensor([1.0], requires_grad=True)
    >>> p.grad = mg.tensor([2.0])
    >>> Adadelta([p], lr=100.0).step()
    >>> round(p.item(), 4)
    0.6838
    """

    ranges: ClassVar = {"lr": NONNEGATIVE, "rho": UP_TO_ONE, "eps": NONNEGATIVE, "weight_decay": NONNEGATIVE}
    elementwise = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(params, settings(locals()))

    def start(self, p: Tensor, group: Group) -> State:
        return {"step": 0, "square_avg": new_state(p), "acc_delta": new_state(p)}

    def update(self, p: Tensor, grad: Tensor, state: State, group: Group) -> None:
        rho, eps = group["rho"], group["eps"]
        square = state["square_avg"].mul_(rho).add_(grad * grad, alpha=1 - rho)
        delta = (state["acc_delta"] + eps).sqrt() / (square + eps).sqrt() * grad
        state["acc_delta"].mul_(rho).add_(delta * delta, alpha=1 - rho)
        descend(p, delta, group["lr"])


class RMSprop(Optimizer):
    """p -= lr * g / (sqrt(v) + eps), v being a running mean of g * g that fades with `alpha` (Tieleman and Hinton 2012), or of the
    variance of g where `centered` (Graves 2013); with momentum, that quotient goes into a running sum first.

    Args: maximize: climb instead; differentiable: record the step; foreach, capturable: accepted, and mean nothing here.
    >>> p = mg.tensor([1.0], requires_grad=True)
    >>> p.grad = mg.tensor([2.0])
    >>> RMSprop([p], lr=0.05).step()
    >>> round(p.item(), 4)
    0.5
    """

    ranges: ClassVar = dict.fromkeys(("lr", "alpha", "eps", "weight_decay", "momentum"), NONNEGATIVE)
    elementwise = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(params, settings(locals()))

    def start(self, p: Tensor, group: Group) -> State:
        state = {"step": 0, "square_avg": new_state(p)}
        if group["momentum"] > 0:
            state["momentum_buffer"] = new_state(p)
        if group["centered"]:
            state["grad_avg"] = new_state(p)
        return state

    def update(self, p: Tensor, grad: Tensor, state: State, group: Group) -> None:
        alpha, momentum = group["alpha"], group["momentum"]
        square = state["square_avg"].mul_(alpha).add_(grad * grad, alpha=1 - alpha)
        if group["centered"]:
            mean = state["grad_avg"].mul_(alpha).add_(grad, alpha=1 - alpha).clone()
            square = square - mean * mean
        direction = grad / (square.sqrt() + group["eps"])
        if momentum > 0:
            direction = state["momentum_buffer"].mul_(momentum).add_(direction)
        descend(p, direction, group["lr"])
