"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import minigrad as mg  # noqa: F401  (doctests)
from minigrad._core import with_gradients

from .optimizer import Group, Optimizer, at_least_zero, new_state


class SGD(Optimizer):
    """p -= lr * d with d the gradient, plus weight_decay * p; with momentum, d is the running sum buf = momentum * buf + (1 -
    dampening) * d
    (at the first step buf = d), or with `nesterov` d + momentum * buf.

    Args: maximize: climb instead; foreach, fused: accepted, and mean nothing, since a step always is one kernel call;
          differentiable: not supported.
    >>> p = mg.tensor([1.0], requires_grad=True)
    >>> p.grad = mg.tensor([2.0])
    >>> SGD([p], lr=0.25).step()
    >>> p.tolist()
    [0.5]
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        at_least_zero("SGD", lr=lr, momentum=momentum, weight_decay=weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        if differentiable:
            raise NotImplementedError("SGD: differentiable=True is not supported; write the step as tensor expressions")
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)

    def _step(self, group: Group) -> None:
        momentum = float(group["momentum"])
        values = (float(group["lr"]), momentum, float(group["dampening"]), float(group["weight_decay"]))
        flags = (int(group["nesterov"]), int(group["maximize"]))
        params, grads = with_gradients(group["params"])
        if not momentum:
            self._launch("sgd", [params, grads, None], *values, *flags, 0)
            return
        started: list[list[Any]] = [[], [], []]  # parameters, gradients, momentum buffers
        fresh: list[list[Any]] = [[], [], []]  # the same of parameters at their first step
        for p, g in zip(params, grads, strict=True):
            state = self.state[p]
            buffer = state.get("momentum_buffer")
            column = started if buffer is not None else fresh
            if buffer is None:
                buffer = state["momentum_buffer"] = new_state(p)
            for row, tensor in zip(column, (p, g, buffer), strict=True):
                row.append(tensor)
        self._launch("sgd", started, *values, *flags, 0)
        if fresh[0]:
            self._launch("sgd", fresh, *values, *flags, 1)
