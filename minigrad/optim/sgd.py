"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import minigrad as mg  # noqa: F401  (doctests)
from minigrad._core import Tensor, with_gradients

from .multi_tensor import launch
from .optimizer import Group, Optimizer, State, descend, new_state
from .settings import NONNEGATIVE, settings


class SGD(Optimizer):
    """p -= lr * d with d the gradient, plus weight_decay * p; with momentum, d is the running sum buf = momentum * buf +
    (1 - dampening) * d (at the first step buf = d), or with `nesterov` d + momentum * buf.

    Args: maximize: climb instead; foreach, fused: accepted, and mean nothing, since a step always is one kernel call;
          differentiable: record the step, so that gradients flow through it (also to an `lr` that is a tensor).
    >>> p = mg.tensor([1.0], requires_grad=True)
    >>> p.grad = mg.tensor([2.0])
    >>> SGD([p], lr=0.25).step()
    >>> p.tolist()
    [0.5]
    """

    ranges: ClassVar = {"lr": NONNEGATIVE, "momentum": NONNEGATIVE, "weight_decay": NONNEGATIVE}
    complex_as_real = False

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
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        super().__init__(params, settings(locals()))

    def start(self, p: Tensor, group: Group) -> State:
        return {"momentum_buffer": None} if group["momentum"] else {}

    def update(self, p: Tensor, grad: Tensor, state: State, group: Group) -> None:
        momentum = group["momentum"]
        if momentum:
            buffer = state.get("momentum_buffer")
            if buffer is None:
                buffer = state["momentum_buffer"] = grad.clone()
            else:
                buffer.mul_(momentum).add_(grad, alpha=1 - group["dampening"])
            grad = grad.add(buffer, alpha=momentum) if group["nesterov"] else buffer
        descend(p, grad, group["lr"])

    def _step(self, group: Group) -> None:
        if self._by_ops:
            super()._step(group)
            return
        momentum = float(group["momentum"])
        values = (float(group["lr"]), momentum, float(group["dampening"]), float(group["weight_decay"]))
        flags = (int(group["nesterov"]), int(group["maximize"]))
        name = type(self).__name__
        params, grads = with_gradients(group["params"])
        if not momentum:
            launch(name, "sgd", [params, grads, None], *values, *flags, 0)
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
        launch(name, "sgd", started, *values, *flags, 0)
        if fresh[0]:
            launch(name, "sgd", fresh, *values, *flags, 1)
