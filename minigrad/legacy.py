"""Names that PyTorch programs still use and that have newer ones: `FloatTensor(...)`, `Tensor(...)`, `Size`, `set_default_tensor_type`."""

from __future__ import annotations

from typing import Any

from . import _core
from ._core import Tensor
from .ops.creation import empty, tensor

__all__ = [
    "BFloat16Tensor", "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor", "IntTensor", "LongTensor",
    "ShortTensor", "Size", "set_default_tensor_type",
]  # fmt: skip


def _make(dtype: _core.dtype, args: tuple[Any, ...]) -> Tensor:
    """`FloatTensor(2, 3)`: memory of that shape; `FloatTensor([2, 3])`: these values; `FloatTensor(other)`: the same memory."""
    if all(isinstance(n, int) and not isinstance(n, bool) for n in args):
        return empty(args, dtype=dtype) if args else empty(0, dtype=dtype)
    if len(args) != 1:
        raise TypeError(f"Tensor: expected sizes or one argument of data, got {', '.join(type(a).__name__ for a in args)}")
    if isinstance(args[0], Tensor):
        if args[0].dtype is not dtype:
            raise TypeError(f"Tensor: expected a tensor of {dtype}, got {args[0].dtype}; use .to(dtype)")
        return args[0].detach()
    return _core.cast(tensor(args[0]), dtype)


class _Kind(type):
    """The class of `FloatTensor` and its like: calling one makes a tensor, and `isinstance` asks for the dtype."""

    dtype: _core.dtype

    def __call__(cls, *args: Any) -> Tensor:
        return _make(cls.dtype, args)

    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, Tensor) and value.dtype is cls.dtype

    def __repr__(cls) -> str:
        return f"<class 'minigrad.{cls.__name__}'>"


def _kind(name: str, dtype: _core.dtype) -> Any:
    doc = f"`minigrad.tensor(data, dtype={dtype})`, or memory of the given sizes; `isinstance` asks whether a tensor has that dtype."
    return _Kind(name, (), {"dtype": dtype, "__doc__": doc, "__module__": "minigrad"})


FloatTensor = _kind("FloatTensor", _core.float32)
DoubleTensor = _kind("DoubleTensor", _core.float64)
HalfTensor = _kind("HalfTensor", _core.float16)
BFloat16Tensor = _kind("BFloat16Tensor", _core.bfloat16)
LongTensor = _kind("LongTensor", _core.int64)
IntTensor = _kind("IntTensor", _core.int32)
ShortTensor = _kind("ShortTensor", _core.int16)
CharTensor = _kind("CharTensor", _core.int8)
ByteTensor = _kind("ByteTensor", _core.uint8)
BoolTensor = _kind("BoolTensor", _core.bool_)

_NAMES = {f"minigrad.{name}": kind.dtype for name, kind in list(globals().items()) if isinstance(kind, _Kind)}
_NAMES |= {"minigrad.ComplexFloatTensor": _core.complex64, "minigrad.ComplexDoubleTensor": _core.complex128}


def type_name(d: _core.dtype) -> str:
    """The older name of a dtype, as PyTorch's `x.type()` gives it."""
    return next(name for name, known in _NAMES.items() if known is d)


def dtype_of(kind: Any) -> _core.dtype:
    """The dtype that is meant by one, by `FloatTensor`, or by its name, "minigrad.FloatTensor"."""
    return _NAMES.get(kind) or _core.as_dtype(kind) if isinstance(kind, str) else _core.as_dtype(getattr(kind, "dtype", kind))


def set_default_tensor_type(t: Any) -> None:
    """`set_default_dtype` by an older name of a dtype: `mg.FloatTensor`, `mg.DoubleTensor` or what their `type()` says.

    >>> mg.set_default_tensor_type("minigrad.FloatTensor")
    """
    _core.set_default_dtype(dtype_of(t))


_core.install_constructor(lambda args: _make(_core.get_default_dtype(), args))


class _SizeKind(type):
    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, tuple)


class Size(tuple, metaclass=_SizeKind):
    """A shape. Shapes of tensors are plain tuples, which count as instances.

    >>> mg.Size([2, 3]).numel(), isinstance(mg.zeros(2).shape, mg.Size)
    (6, True)
    """

    def numel(self) -> int:
        """The number of elements of a tensor of this shape."""
        n = 1
        for size in self:
            n *= size
        return n

    def __repr__(self) -> str:
        return f"minigrad.Size({list(self)})"
