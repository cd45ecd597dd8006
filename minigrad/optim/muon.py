"""Muon."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, ClassVar

import minigrad as mg
from minigrad._core import Tensor
from minigrad.ops.arithmetic import lerp
from minigrad.ops.matmul import addmm

from .optimizer import Group, Optimizer, State, new_state
from .settings import NONNEGATIVE, Range, settings

RATES = (None, "original", "match_rms_adamw")


class Muon(Optimizer):
    """Momentum whose step is made orthogonal: for the weight matrices of hidden layers (Jordan 2024). Other parameters, such as biases and
    embeddings, are for another optimizer.

    The mean of gradients is replaced by a matrix of the same singular vectors and singular values near 1, by `ns_steps` Newton-Schulz
    iterations X <- a X + (b A + c A A) X with A = X X^T and (a, b, c) = `ns_coefficients`, rounded to bfloat16.

    Args: momentum: how slowly the mean fades; nesterov: step along the mean as it would be one gradient later; adjust_lr_fn:
          "original" (or None) scales the rate by sqrt(max(1, rows / columns)), "match_rms_adamw" by 0.2 sqrt(max(rows, columns)), so that
          a rate and weight decay tuned for AdamW serve (Liu et al. 2025); weight_decay: taken off the parameters.
    Shapes: matrices only.
    >>> p = mg.tensor([[2.0, 0.0], [0.0, 2.0]], requires_grad=True)
    >>> p.grad = mg.tensor([[3.0, 0.0], [0.0, 0.5]])
    >>> Muon([p], lr=1.0, weight_decay=0.0).step()
    >>> (p < 1.4).tolist()
    [[True, True], [True, True]]
    """

    ranges: ClassVar = {
        "lr": NONNEGATIVE,
        "momentum": NONNEGATIVE,
        "weight_decay": NONNEGATIVE,
        "ns_steps": Range(lambda v: 0 <= v < 100, "below 100"),
    }
    decays_itself = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        if adjust_lr_fn not in RATES:
            raise ValueError(f"Muon: adjust_lr_fn must be one of {', '.join(map(repr, RATES))}, got {adjust_lr_fn!r}")
        if len(ns_coefficients) != 3:
            raise ValueError(f"Muon: ns_coefficients must be 3 numbers, got {len(ns_coefficients)}")
        super().__init__(params, settings(locals()))

    def add_param_group(self, param_group: Group) -> None:
        super().add_param_group(param_group)
        for p in self.param_groups[-1]["params"]:
            if p.ndim != 2 or p.is_complex():
                self.param_groups.pop()
                raise ValueError(f"Muon: only real matrices (2 dimensions) can be optimized, got shape {tuple(p.shape)}, {p.dtype}")

    def start(self, p: Tensor, group: Group) -> State:
        return {"momentum_buffer": new_state(p)}

    def update(self, p: Tensor, grad: Tensor, state: State, group: Group) -> None:
        lr, momentum = float(group["lr"]), group["momentum"]
        mean = state["momentum_buffer"].lerp_(grad, 1 - momentum)
        if group["nesterov"]:
            mean = lerp(grad, mean, momentum)
        step = orthogonalized(mean, group["ns_coefficients"], group["ns_steps"], group["eps"])
        if group["weight_decay"]:
            p.mul_(1 - lr * group["weight_decay"])
        p.add_(step.to(p.dtype), alpha=-lr * _rate(group["adjust_lr_fn"], *p.shape))


def orthogonalized(matrix: Tensor, coefficients: tuple[float, float, float], steps: int, eps: float) -> Tensor:
    """U V^T, about, of matrix = U S V^T; singular values far below the largest stay small.

    Each iteration is a polynomial of the singular values that fixes none of them but drives all into about [0.7, 1.2] in five steps.
    It tolerates bfloat16, to which PyTorch rounds every product: so do these float32 products, for equal trajectories.
    """
    a, b, c = coefficients
    tall = matrix.shape[0] > matrix.shape[1]
    x = _rounded(matrix)
    x = x.t() if tall else x
    x = _rounded(x / _rounded(x.norm()).clamp(min=eps))
    for _ in range(steps):
        gram = _rounded(x @ x.t())
        x = _rounded(addmm(x, _rounded(addmm(gram, gram, gram, beta=b, alpha=c)), x, beta=a))
    return x.t() if tall else x


def _rounded(t: Tensor) -> Tensor:
    return t.to(mg.bfloat16).to(mg.float32)


def _rate(adjustment: str | None, rows: int, columns: int) -> float:
    if adjustment == "match_rms_adamw":
        return 0.2 * math.sqrt(max(rows, columns))
    return math.sqrt(max(1.0, rows / columns)) if columns else 1.0
