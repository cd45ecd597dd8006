"""The memory that a tensor shows: another part of it, more of it, or somebody else's."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import _core
from .._core import Tensor, from_numpy
from ..errors import DTypeError, GradError, ShapeError

__all__ = ["frombuffer"]


def frombuffer(buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False) -> Tensor:
    """A 1-d tensor on the memory of a writable buffer (bytearray, mmap, array...), from byte `offset` on; all of it, or `count` elements.

    Memory that cannot be written, such as that of bytes, is copied. Raises ValueError if the elements do not fit into the buffer.
    >>> data = bytearray(8)
    >>> mg.frombuffer(data, dtype=mg.float32)[1] = 1.0
    >>> data.hex()
    '000000000000803f'
    """
    d = _core.as_dtype(dtype)
    view = memoryview(buffer).cast("B")
    if not view.nbytes:
        raise ValueError("frombuffer: the buffer is empty")
    if not 0 <= offset < view.nbytes:
        raise ValueError(f"frombuffer: expected an offset within the {view.nbytes} bytes of the buffer, got {offset}")
    if count < 0:
        if (view.nbytes - offset) % d.itemsize:
            raise ValueError(
                f"frombuffer: the {view.nbytes - offset} bytes from {offset} on are no multiple of {d.itemsize}, the size of {d.name}"
            )
        count = (view.nbytes - offset) // d.itemsize
    if count == 0 or count * d.itemsize > view.nbytes - offset:
        raise ValueError(f"frombuffer: {count} elements of {d.itemsize} bytes from {offset} on do not fit into {view.nbytes} bytes")
    part: np.ndarray = np.frombuffer(view, np.uint8, count * d.itemsize, offset)
    if view.readonly or part.ctypes.data % d.itemsize:
        part = part.copy()
    return _core.bits_of(from_numpy(part), d).requires_grad_(requires_grad)


class UntypedStorage:
    """What can be asked of a tensor's memory: where it begins, and its size in bytes.

    >>> x = mg.zeros(4)
    >>> x.untyped_storage().nbytes(), x[2:].untyped_storage().data_ptr() == x.data_ptr()
    (16, True)
    """

    def __init__(self, address: int, size: int) -> None:
        self._address, self._size = address, size

    def data_ptr(self) -> int:
        """The address of its first byte."""
        return self._address

    def nbytes(self) -> int:
        """Its size in bytes."""
        return self._size

    __len__ = size = nbytes


def untyped_storage(self: Tensor) -> UntypedStorage:
    """The memory of which this tensor shows a part."""
    return UntypedStorage(*_core.storage_of(self))


def _sizes(op: str, size: tuple[Any, ...]) -> tuple[int, ...]:
    sizes = tuple(size[0]) if len(size) == 1 and not isinstance(size[0], int) else size
    if any(n < 0 for n in sizes):
        raise ShapeError(f"{op}: sizes must not be negative, got {sizes}")
    return sizes


def resize_(self: Tensor, *size: Any) -> Tensor:
    """Show the same memory in another shape, row by row; returns the tensor itself.

    If it is too small, the tensor moves to more memory, without its views: old elements first, then some without particular values.
    Raises GradError for a tensor that requires grad.
    >>> mg.arange(6).resize_(2, 2)
    tensor([[0, 1],
            [2, 3]])
    """
    sizes = _sizes("resize_", size)
    if self.requires_grad:
        raise GradError("resize_: a tensor that requires grad cannot change its size; use reshape or F.pad")
    if sizes == self.shape:
        return self
    wanted, offset = math.prod(sizes), self.storage_offset()
    held = _core.storage_of(self)[1] // self.element_size() - offset
    flat = _core.window_of(self.data, (min(wanted, held),), (1,))
    if wanted > held:
        more = _core.empty((wanted,), self.dtype)
        _core.copy_(_core.window_of(more, (held,), (1,)), flat)
        flat = more
    self.data = flat.view(sizes)
    self._bump_version()
    return self


def resize_as_(self: Tensor, the_template: Tensor) -> Tensor:
    """`resize_` to the shape of another tensor."""
    return resize_(self, the_template.shape)


def set_(self: Tensor, source: Tensor | None = None, storage_offset: int = 0, size: Any = None, stride: Any = None) -> Tensor:
    """Show the memory of another tensor from now on, all that it shows or a part of its memory; without one, none. Returns the tensor itself.

    Raises DTypeError for a tensor of another dtype, GradError for one that requires grad.
    >>> x, y = mg.zeros(2), mg.arange(4.0)
    >>> x.set_(y)[0] = 7
    >>> y
    tensor([7., 1., 2., 3.])
    """
    if self.requires_grad and _core.is_grad_enabled():
        raise GradError("set_: the tensor requires grad; assign to .data, or use no_grad()")
    if source is None:
        source = _core.empty((0,), self.dtype)
    if source.dtype is not self.dtype:
        raise DTypeError(f"set_: expected a tensor of {self.dtype.name}, got {source.dtype.name}")
    part = source.data
    if size is not None:
        sizes = _sizes("set_", (size,))
        steps = tuple(math.prod(sizes[d + 1 :]) for d in range(len(sizes))) if stride is None else tuple(stride)
        part = _core.window_of(part, sizes, steps, storage_offset - part.storage_offset())
    self.data = part
    self._bump_version()
    return self


for _method in (untyped_storage, resize_, resize_as_, set_):
    _core.attach(_method.__name__, _method)
