"""A step of all parameters of a group by one kernel call: Python's share of it is a short loop that collects them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import minigrad as mg
from minigrad._core import launch_columns
from minigrad.errors import ShapeError

from .state import state_dtype


def launch(optimizer: str, kernel: str, columns: Sequence[list[Any] | None], *values: float) -> None:
    """Run a multi-tensor kernel on `columns`: parameters, gradients, then each kind of state (None: not given)."""
    if not launch_columns(kernel, list(columns), values):
        rows = len(columns[0] or ())
        for row in zip(*(column or [None] * rows for column in columns), strict=True):
            _launch_one(optimizer, kernel, row, values)


def _launch_one(optimizer: str, kernel: str, row: tuple[Any, ...], values: tuple[float, ...]) -> None:
    """The same for one parameter, whatever its layout and dtype (a transposed view, float16, a group of mixed dtypes): through
    contiguous copies, so that there is one implementation of each formula."""
    param, grad, *states = row
    if tuple(grad.shape) != tuple(param.shape):
        raise ShapeError(f"{optimizer}.step: a parameter has shape {tuple(param.shape)} but its gradient {tuple(grad.shape)}")
    dtype = state_dtype(param)
    fresh = param.detach().to(dtype).contiguous()
    work = [[fresh], [grad.detach().to(dtype).contiguous()], *(None if s is None else [s] for s in states)]
    if not launch_columns(kernel, work, values):
        raise ShapeError(f"{optimizer}.step: the state of a parameter does not fit it, shape {tuple(param.shape)}, dtype {dtype}")
    if fresh.data_ptr() != param.data_ptr():
        with mg.no_grad():
            param.copy_(fresh)
