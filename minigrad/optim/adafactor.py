"""Adafactor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import minigrad as mg
from minigrad._core import Tensor

from .optimizer import Group, Optimizer, State, new_state
from .settings import AT_LEAST_ONE, NONNEGATIVE, NONPOSITIVE, settings
from .state import state_dtype


class Adafactor(Optimizer):
    """Adam's second moment of a matrix kept as the product of a column and a row, so that the state takes next to no memory (Shazeer and
    Stern 2018); no first moment. The step is relative to the size of the parameter, at most lr, and clipped at a root mean
    square of `d`.

    Args: beta2_decay: the mean of squares takes in a share step ** beta2_decay of the newest; eps: the least mean square (None: the
          smallest step of the dtype) and the least size of a parameter; weight_decay: taken off the parameters; maximize: climb
          instead; foreach: accepted, and means nothing here.
    Dtypes: floats; complex parameters are refused.
    >>> p = mg.tensor([[1.0, 1.0]], requires_grad=True)
    >>> p.grad = mg.tensor([[2.0, 2.0]])
    >>> Adafactor([p], lr=0.25).step()
    >>> p.tolist()
    [[0.75, 0.75]]
    """

    ranges: ClassVar = {"lr": NONNEGATIVE, "beta2_decay": NONPOSITIVE, "eps": NONNEGATIVE, "d": AT_LEAST_ONE, "weight_decay": NONNEGATIVE}
    decays_itself = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, settings(locals()))

    def add_param_group(self, param_group: Group) -> None:
        super().add_param_group(param_group)
        if any(p.is_complex() for p in self.param_groups[-1]["params"]):
            self.param_groups.pop()
            raise RuntimeError("Adafactor does not support complex parameters")

    def start(self, p: Tensor, group: Group) -> State:
        if p.ndim < 2:
            return {"step": 0, "variance": new_state(p)}
        *batch, rows, columns = p.shape
        dtype = state_dtype(p)
        return {"step": 0, "row_var": mg.zeros(*batch, rows, 1, dtype=dtype), "col_var": mg.zeros(*batch, 1, columns, dtype=dtype)}

    def update(self, p: Tensor, grad: Tensor, state: State, group: Group) -> None:
        lr, (least, size) = float(group["lr"]), group["eps"]
        least = mg.finfo(p.dtype).eps if least is None else least
        count = state["step"]
        share = count ** group["beta2_decay"]
        relative = max(size, _root_mean_square(p)) * min(lr, count**-0.5)
        if group["weight_decay"]:
            p.mul_(1 - lr * group["weight_decay"])
        squares = grad * grad
        if p.ndim < 2:
            variance = state["variance"].mul_(1 - share).add_(squares, alpha=share)
        else:
            row = state["row_var"].mul_(1 - share).add_(squares.mean(-1, keepdim=True), alpha=share)
            column = state["col_var"].mul_(1 - share).add_(squares.mean(-2, keepdim=True), alpha=share)
            variance = row @ column / row.mean(-2, keepdim=True).clamp(min=least)
        step = grad * variance.clamp(min=least * least).rsqrt()
        clipped = max(1.0, _root_mean_square(step) / group["d"])
        p.add_(step, alpha=-relative / clipped)


def _root_mean_square(t: Tensor) -> float:
    return float(t.norm().item()) / max(1, t.numel()) ** 0.5
