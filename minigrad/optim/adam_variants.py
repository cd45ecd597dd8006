"""Variants of Adam: NAdam, RAdam, Adamax."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import minigrad as mg
from minigrad._core import Tensor

from .adam import moments
from .optimizer import Group, Optimizer, State, descend, new_state
from .settings import BELOW_ONE, NONNEGATIVE, settings

RANGES = {"lr": NONNEGATIVE, "eps": NONNEGATIVE, "weight_decay": NONNEGATIVE, "betas": BELOW_ONE}


class NAdam(Optimizer):
    """Adam with Nesterov's momentum (Dozat 2016): the step looks ahead, with a momentum that grows from betas[0] / 2 towards betas[0]
    as fast as `momentum_decay` says.

    Args: decoupled_weight_decay: take weight decay off the parameter, not add it to the gradient; maximize: climb instead;
          differentiable: record the step; foreach, capturable: accepted, and mean nothing here.
    >>> p = mg.tensor([1.0], requires_grad=True)
    >>> p.grad = mg.tensor([2.0])
    >>> NAdam([p], lr=0.25).step()
    >>> round(p.item(), 4)
    0.7359
    """

    ranges: ClassVar = {**RANGES, "momentum_decay": NONNEGATIVE}
    elementwise = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(params, settings(locals()))

    def start(self, p: Tensor, group: Group) -> State:
        return {"step": 0, "mu_product": mg.ones((), dtype=mg.get_default_dtype()), "exp_avg": new_state(p), "exp_avg_sq": new_state(p)}

    def update(self, p: Tensor, grad: Tensor, state: State, group: Group) -> None:
        beta2 = group["betas"][1]
        count = state["step"]
        mean, square = moments(grad, state, group)
        mu, mu_next = self._momentum(count, group), self._momentum(count + 1, group)
        product = (state["mu_product"] * mu).item()  # a float32 scalar, as in PyTorch, for equal trajectories
        ahead = grad * ((1 - mu) / (1 - product)) + mean * (mu_next / (1 - product * mu_next))
        descend(p, ahead / ((square / (1 - beta2**count)).sqrt() + group["eps"]), group["lr"])

    def finish(self, state: State, group: Group) -> None:
        state["mu_product"].mul_(self._momentum(state["step"], group))

    @staticmethod
    def _momentum(count: int, group: Group) -> float:
        return float(group["betas"][0] * (1 - 0.5 * 0.96 ** (count * group["momentum_decay"])))


class RAdam(Optimizer):
    """Rectified Adam (Liu et al. 2019): while too few gradients were seen for their variance to mean anything, it takes steps of plain
    momentum; then Adam's, scaled up to full size as the estimate of the variance becomes good.

    Args: decoupled_weight_decay: take weight decay off the parameter, not add it to the gradient; maximize: climb instead;
          differentiable: record the step; foreach, capturable: accepted, and mean nothing here.
    >>> p = mg.tensor([1.0], requires_grad=True)
    >>> p.grad = mg.tensor([2.0])
    >>> RAdam([p], lr=0.25).step()
    >>> round(p.item(), 4)
    0.5
    """

    ranges: ClassVar = RANGES
    elementwise = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(params, settings(locals()))

    def start(self, p: Tensor, group: Group) -> State:
        return {"step": 0, "exp_avg": new_state(p), "exp_avg_sq": new_state(p)}

    def update(self, p: Tensor, grad: Tensor, state: State, group: Group) -> None:
        beta1, beta2 = group["betas"]
        count = state["step"]
        mean, square = moments(grad, state, group)
        direction = mean * (1 / (1 - beta1**count))
        correction = 1 - beta2**count
        most = 2 / (1 - beta2) - 1  # how many gradients the mean of squares takes in: in the end, and by now
        now = most - 2 * count * beta2**count / correction
        if now > 5:
            rectified = ((now - 4) * (now - 2) * most / ((most - 4) * (most - 2) * now)) ** 0.5
            direction = direction * (rectified * correction**0.5) / (square.sqrt() + group["eps"])
        descend(p, direction, group["lr"])


class Adamax(Optimizer):
    """Adam with the largest gradient, fading with betas[1], in place of the root of the mean square (Kingma and Ba 2014, section 7).

    Args: maximize: climb instead; differentiable: record the step; foreach, capturable: accepted, and mean nothing here.
    >>> p = mg.tensor([1.0], requires_grad=True)
    >>> p.grad = mg.tensor([2.0])
    >>> Adamax([p], lr=0.25).step()
    >>> p.tolist()
    [0.75]
    """

    ranges: ClassVar = RANGES
    elementwise = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        super().__init__(params, settings(locals()))

    def start(self, p: Tensor, group: Group) -> State:
        return {"step": 0, "exp_avg": new_state(p), "exp_inf": new_state(p)}

    def update(self, p: Tensor, grad: Tensor, state: State, group: Group) -> None:
        beta1, beta2 = group["betas"]
        mean = state["exp_avg"].mul_(beta1).add_(grad, alpha=1 - beta1)
        largest = mg.maximum(state["exp_inf"] * beta2, grad.abs() + group["eps"])
        state["exp_inf"].copy_(largest)
        descend(p, mean * (1 / (1 - beta1 ** state["step"])) / largest, group["lr"])
