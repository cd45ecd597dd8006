"""Keeping gradients within bounds."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import minigrad as mg
from minigrad._core import Tensor, launch, launch_columns
from minigrad.ops.shape import stack


def _by_dtype(tensors: Iterable[Tensor]) -> tuple[dict[Any, list[Tensor]], list[Tensor]]:
    """Tensors that a multi-tensor kernel takes, by dtype, and the others."""
    fused: dict[Any, list[Tensor]] = {mg.float32: [], mg.float64: []}
    others: list[Tensor] = []
    for t in tensors:
        (fused[t.dtype] if t.dtype in fused and t.is_contiguous() else others).append(t)
    return {dtype: group for dtype, group in fused.items() if group}, others


def _total_norm(grads: list[Tensor], norm_type: float) -> float:
    if norm_type == 2:
        fused, others = _by_dtype(grads)
        total = sum(g.detach().square().sum().item() for g in others)
        for group in fused.values():
            out = mg.empty(1, dtype=mg.float64)
            launch("sum_of_squares", [out, *group], (len(group),))
            total += out.item()
        return math.sqrt(total)
    sizes = [g.detach().abs() for g in grads if g.numel()]
    if norm_type == math.inf:
        # A NaN must win, and Python's max() would not see to it.
        return stack([s.max().double() for s in sizes]).max().item() if sizes else 0.0
    total = sum((s.double() ** norm_type).sum().item() for s in sizes)
    return total ** (1.0 / norm_type)


def get_total_norm(
    tensors: Iterable[Tensor] | Tensor, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None
) -> Tensor:
    """The norm of all elements of all tensors taken together.

    >>> get_total_norm([mg.tensor([3.0]), mg.tensor([0.0, 4.0])]).item()
    5.0
    """
    tensors = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    return _checked(tensors, norm_type, error_if_nonfinite)


def _checked(grads: list[Tensor], norm_type: float, error_if_nonfinite: bool) -> Tensor:
    norm_type = float(norm_type)
    if norm_type <= 0 or math.isnan(norm_type):
        raise ValueError(f"clip_grad_norm_: norm_type must be positive (inf allowed), got {norm_type}")
    total = _total_norm(grads, norm_type) if grads else 0.0
    if error_if_nonfinite and not math.isfinite(total):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, so it cannot be clipped. "
            "To disable this error and scale the gradients by the non-finite norm anyway, set `error_if_nonfinite=False`"
        )
    return mg.tensor(total, dtype=grads[0].dtype if grads else None)


def _grads(parameters: Iterable[Tensor] | Tensor) -> list[Tensor]:
    parameters = [parameters] if isinstance(parameters, Tensor) else parameters
    return [p.grad for p in parameters if p.grad is not None]


def clip_grad_norm_(
    parameters: Iterable[Tensor] | Tensor,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale all gradients, in place and by one factor, so that their common norm is at most `max_norm`; returns the norm before.

    The norm and the scaling are one pass each over all gradients; `foreach` is accepted and means nothing.

    >>> p = mg.zeros(2, requires_grad=True)
    >>> p.grad = mg.tensor([3.0, 4.0])
    >>> clip_grad_norm_([p], 1.0).item()
    5.0
    >>> [round(g, 4) for g in p.grad.tolist()]
    [0.6, 0.8]
    """
    grads = _grads(parameters)
    norm = _checked(grads, norm_type, error_if_nonfinite)
    _scale(grads, max_norm, norm)
    return norm


def clip_grads_with_norm_(parameters: Iterable[Tensor] | Tensor, max_norm: float, total_norm: Tensor, foreach: bool | None = None) -> None:
    """Scale all gradients in place as `clip_grad_norm_` does where their common norm is `total_norm`.

    >>> p = mg.zeros(2, requires_grad=True)
    >>> p.grad = mg.tensor([3.0, 4.0])
    >>> clip_grads_with_norm_([p], 1.0, mg.tensor(10.0))
    >>> [round(g, 4) for g in p.grad.tolist()]
    [0.3, 0.4]
    """
    _scale(_grads(parameters), max_norm, total_norm)


def _scale(grads: list[Tensor], max_norm: float, norm: Tensor) -> None:
    factor = float(max_norm) / (norm.item() + 1e-6)
    if not factor >= 1.0:  # less, or NaN, which must be seen
        fused, others = _by_dtype(grads)
        for group in fused.values():
            launch_columns("scale_", [list(group)], (factor,))
        with mg.no_grad():
            for g in others:
                g.mul_(factor)


def clip_grad_value_(parameters: Iterable[Tensor] | Tensor, clip_value: float, foreach: bool | None = None) -> None:
    """Limit each element of each gradient, in place, to [-clip_value, clip_value].

    >>> p = mg.zeros(2, requires_grad=True)
    >>> p.grad = mg.tensor([-3.0, 0.5])
    >>> clip_grad_value_([p], 1.0)
    >>> p.grad.tolist()
    [-1.0, 0.5]
    """
    clip_value = float(clip_value)
    with mg.no_grad():
        for g in _grads(parameters):
            g.clamp_(-clip_value, clip_value)
