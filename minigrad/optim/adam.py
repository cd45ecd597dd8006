"""Adam and AdamW."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import minigrad as mg
from minigrad._core import Tensor

from .multi_tensor import launch
from .optimizer import Group, Optimizer, State, descend, new_state
from .settings import BELOW_ONE, NONNEGATIVE, settings


class Adam(Optimizer):
    """Adaptive moments (Kingma and Ba 2014): p -= lr * m / (sqrt(v) + eps), m and v being running means (`betas`) of the gradient
    and its square, corrected for their start at zero.

    Weight decay is added to the gradient, or with `decoupled_weight_decay` taken off the parameter before (AdamW). `amsgrad`
    divides by the largest v so far (Reddi et al. 2018).

    Args: maximize: climb instead; foreach, fused, capturable: accepted, and mean nothing, since a step always is one kernel call;
          differentiable: record the step, so that gradients flow through it (also to an `lr` that is a tensor).
    >>> p = mg.tensor([1.0], requires_grad=True)
    >>> p.grad = mg.tensor([2.0])
    >>> Adam([p], lr=0.25).step()
    >>> p.tolist()
    [0.75]
    """

    ranges: ClassVar = {"lr": NONNEGATIVE, "eps": NONNEGATIVE, "weight_decay": NONNEGATIVE, "betas": BELOW_ONE}

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        super().__init__(params, settings(locals()))

    def start(self, p: Tensor, group: Group) -> State:
        state = {"step": 0, "exp_avg": new_state(p), "exp_avg_sq": new_state(p)}
        return {**state, "max_exp_avg_sq": new_state(p)} if group["amsgrad"] else state

    def update(self, p: Tensor, grad: Tensor, state: State, group: Group) -> None:
        mean, square = moments(grad, state, group)
        beta1, beta2 = group["betas"]
        count = state["step"]
        if group["amsgrad"]:
            largest = mg.maximum(state["max_exp_avg_sq"].clone(), square.clone())
            state["max_exp_avg_sq"].copy_(largest)
            square = largest
        scale = (1 - beta2**count) ** 0.5
        descend(p, mean * (1 / (1 - beta1**count)) / (square.sqrt() / scale + group["eps"]), group["lr"])

    def _step(self, group: Group) -> None:
        if self._by_ops:
            super()._step(group)
            return
        amsgrad = bool(group["amsgrad"])
        by_count: dict[int, list[list[Any]]] = {}  # nearly always one: all parameters have taken as many steps
        for p in group["params"]:
            g = p.grad
            if g is None:
                continue
            state = self.state[p]
            if not state:
                state.update(self.start(p, group))
            state["step"] = count = state["step"] + 1
            columns = by_count.get(count)
            if columns is None:
                columns = by_count[count] = [[], [], [], [], []]
            columns[0].append(p)
            columns[1].append(g)
            columns[2].append(state["exp_avg"])
            columns[3].append(state["exp_avg_sq"])
            if amsgrad:
                columns[4].append(state["max_exp_avg_sq"])
        beta1, beta2 = group["betas"]
        values = (float(group["lr"]), float(beta1), float(beta2), float(group["eps"]), float(group["weight_decay"]))
        flags = (int(group["decoupled_weight_decay"]), int(amsgrad), int(group["maximize"]))
        for count, columns in by_count.items():
            launch(type(self).__name__, "adam", columns if amsgrad else [*columns[:4], None], *values, count, *flags)


class AdamW(Adam):
    """Adam with weight decay taken off the parameters themselves, not added to the gradients (Loshchilov and Hutter 2017).

    >>> p = mg.tensor([1.0], requires_grad=True)
    >>> p.grad = mg.tensor([0.0])
    >>> AdamW([p], lr=0.5, weight_decay=0.5).step()
    >>> p.tolist()
    [0.75]
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(params, decoupled_weight_decay=True, **settings(locals()))


def moments(grad: Tensor, state: State, group: Group) -> tuple[Tensor, Tensor]:
    """The running means of the gradient and of its square, moved on by one step."""
    beta1, beta2 = group["betas"]
    mean = state["exp_avg"].mul_(beta1).add_(grad, alpha=1 - beta1)
    return mean, state["exp_avg_sq"].mul_(beta2).add_(grad * grad, alpha=1 - beta2)
