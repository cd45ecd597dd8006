"""`Variable`, as programs had it before tensors recorded by themselves."""

from __future__ import annotations

from typing import Any

from .._core import Tensor


class _VariableKind(type):
    def __call__(cls, data: Tensor, requires_grad: bool = False, volatile: bool = False) -> Tensor:
        return data.detach().requires_grad_(requires_grad)

    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, Tensor)


class Variable(metaclass=_VariableKind):
    """A tensor: the same memory outside the graph. Tensors record by themselves; this is what programs did before.

    >>> Variable(mg.ones(2), requires_grad=True).requires_grad
    True
    """
