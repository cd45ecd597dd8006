"""`Parameter` and `Buffer`: tensors that belong to a module; and those whose shape is not known yet."""

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

    __getattribute__ = object.__getattribute__  # Tensor's, inherited, is found by a detour that takes longer than the attribute

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


class Buffer(Tensor):
    """A tensor that registers itself as a buffer when it is assigned to a module; kept out of state_dict if not `persistent`.

    Shapes: data any; the buffer has the same.
    >>> Buffer(mg.zeros(2)).requires_grad
    False
    """

    persistent: bool
    __getattribute__ = object.__getattribute__

    def __new__(cls, data: Tensor | None = None, *, persistent: bool = True) -> Buffer:
        buffer = Tensor._make_subclass(cls, mg.empty(0) if data is None else data.detach())
        buffer.persistent = persistent
        return buffer

    def __init__(self, data: Tensor | None = None, *, persistent: bool = True) -> None:
        """Nothing is left to do: `__new__` made the whole of it."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Buffer:
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.detach().clone(), persistent=self.persistent)
        return memo[id(self)]


class _Uninitialized:
    """No elements and no shape yet; `materialize` gives both, in place."""

    def materialize(self, value: Tensor) -> None:
        """Become a tensor with the memory of `value`, in this one's dtype."""
        self.data = value.detach().to(self.dtype)  # type: ignore[attr-defined]
        self.__class__ = type(self).__mro__[2]

    @property
    def shape(self) -> Any:
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer: call the module with an input first, or load its state"
        )

    def __reduce_ex__(self, protocol: Any) -> Any:
        return type(self), (self.requires_grad, None, self.dtype)  # type: ignore[attr-defined]

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


def is_lazy(param: Any) -> bool:
    """Whether a parameter or buffer waits for its shape.

    >>> is_lazy(UninitializedParameter()), is_lazy(Parameter())
    (True, False)
    """
    return isinstance(param, _Uninitialized)


class UninitializedParameter(_Uninitialized, Parameter):
    """A parameter of a lazy module before its first call.

    >>> UninitializedParameter()
    <UninitializedParameter>
    """

    def __new__(cls, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> UninitializedParameter:
        return Tensor._make_subclass(cls, mg.empty(0, device=device, dtype=dtype), requires_grad)

    def __init__(self, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> None:
        """Nothing is left to do: `__new__` made the whole of it."""

    def __deepcopy__(self, memo: dict[int, Any]) -> UninitializedParameter:
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.requires_grad, dtype=self.dtype)
        return memo[id(self)]


class UninitializedBuffer(_Uninitialized, Buffer):
    """A buffer of a lazy module before its first call.

    >>> UninitializedBuffer()
    <UninitializedBuffer>
    """

    def __new__(cls, requires_grad: bool = False, device: Any = None, dtype: Any = None, persistent: bool = True) -> UninitializedBuffer:
        buffer = Tensor._make_subclass(cls, mg.empty(0, device=device, dtype=dtype), requires_grad)
        buffer.persistent = persistent
        return buffer

    def __init__(self, requires_grad: bool = False, device: Any = None, dtype: Any = None, persistent: bool = True) -> None:
        """Nothing is left to do: `__new__` made the whole of it."""

    def __deepcopy__(self, memo: dict[int, Any]) -> UninitializedBuffer:
        if id(self) not in memo:
            memo[id(self)] = type(self)(dtype=self.dtype, persistent=self.persistent)
        return memo[id(self)]
