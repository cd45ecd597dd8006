"""Adam and AdamW."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import minigrad as mg  # noqa: F401  (doctests)

from .optimizer import Group, Optimizer, at_least_zero, new_state


class Adam(Optimizer):
    """Adaptive moments (Kingma and Ba 2014): p -= lr * m / (sqrt(v) + eps), m and v being running means (`betas`) of the gradient
    and its square, corrected for their start at zero.

    Weight decay is added to the gradient, or with `decoupled_weight_decay` taken off the parameter before (AdamW). `amsgrad`
    divides by the largest v so far.

    Args: maximize: climb instead; foreach, fused, capturable: accepted, and mean nothing, since a step always is one kernel call;
          differentiable: not supported.
    >>> p = mg.tensor([1.0], requires_grad=True)
    >>> p.grad = mg.tensor([2.0])
    >>> Adam([p], lr=0.25).step()
    >>> p.tolist()
    [0.75]
    """

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
        name = type(self).__name__
        at_least_zero(name, lr=lr, eps=eps, weight_decay=weight_decay)
        for i, beta in enumerate(betas):
            if not 0.0 <= float(beta) < 1.0:
                raise ValueError(f"{name}: betas[{i}] must be in [0, 1), got {beta}")
        if differentiable:
            raise NotImplementedError(f"{name}: differentiable=True is not supported; write the step as tensor expressions")
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)

    def _step(self, group: Group) -> None:
        amsgrad = bool(group["amsgrad"])
        by_count: dict[int, list[list[Any]]] = {}  # nearly always one: all parameters have taken as many steps
        for p in group["params"]:
            g = p.grad
            if g is None:
                continue
            state = self.state[p]
            if not state:
                state["step"] = 0
                state["exp_avg"] = new_state(p)
                state["exp_avg_sq"] = new_state(p)
                if amsgrad:
                    state["max_exp_avg_sq"] = new_state(p)
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
            self._launch("adam", columns if amsgrad else [*columns[:4], None], *values, count, *flags)


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
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )
