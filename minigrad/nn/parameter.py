"""`Parameter`: a tensor that belongs to a module."""

from __future__ import annotations

from typing import Any

import minigrad as mg
from minigrad._core import Tensor


class Parameter(Tensor):
    """A tensor that registers itself when it is assigned to a module, and that optimizers update.

    It shares storage with `data` and starts as a leaf that requires grad.

    Shapes: data any; the parameter has the same.
    >>> Parameter(mg.zeros(2, 3)).requires_grad
    True
    """

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Parameter:
        if data is None:
            data = mg.empty(0)
        elif not isinstance(data, Tensor):
            raise TypeError(f"Parameter: data must be a Tensor, got {type(data).__name__} (mg.tensor(...) makes one)")
        return Tensor._make_subclass(cls, data, requires_grad)

    def __init__(self, data: Tensor | None = None, requires_grad: bool = True) -> None:
        """Nothing is left to do: `__new__` made the whole of it."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        """A parameter of its own memory; unlike a tensor's, its gradient is not copied."""
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.detach().clone(), self.requires_grad)
        return memo[id(self)]
