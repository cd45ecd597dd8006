"""Making tensors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import _core
from .._core import Tensor, from_numpy
from ..device import on_cpu
from ..errors import DTypeError, ShapeError

__all__ = [
    "arange", "as_tensor", "asarray", "empty", "empty_like", "eye", "from_dlpack", "full", "full_like", "linspace", "ones", "ones_like", "tensor", "zeros",
    "zeros_like",
]  # fmt: skip


def _numpy(data: Any) -> np.ndarray:
    """`data` as an array, tensors inside lists included; ragged nesting and foreign objects raise."""
    if isinstance(data, (list, tuple)) and any(isinstance(x, Tensor) for x in data):
        data = [x.numpy(force=True) if isinstance(x, Tensor) else x for x in data]
    try:
        return np.asarray(data)
    except ValueError as error:
        raise ShapeError(f"tensor: the nested lists are ragged: {error}") from None


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False) -> Tensor:
    """A new tensor that copies `data`: a number, nested lists, a NumPy array or a Tensor.

    Python floats become the default dtype (float32), integers int64; arrays keep their dtype.
    Raises DTypeError for what is no number, ShapeError for ragged lists.

    >>> mg.tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    """
    if device is not None:
        on_cpu(device, "tensor")
    if isinstance(data, Tensor):
        out = data.detach().clone()
    else:
        array = _numpy(data)
        if array.dtype.kind not in "biufc":
            raise DTypeError(f"tensor: expected numbers, got {type(data).__name__} of dtype {array.dtype}")
        if not isinstance(data, (np.ndarray, np.generic)) and array.dtype.kind in "fc":
            scalars = array.dtype == np.float64 or array.dtype == np.complex128
            if scalars and dtype is None:
                dtype = _core.get_default_dtype()
                dtype = dtype if array.dtype.kind == "f" else dtype.to_complex()
        if dtype is None and array.dtype.kind in "iu" and array.size == 0 and not isinstance(data, np.ndarray):
            dtype = _core.get_default_dtype()
        if array.dtype.kind == "u" and array.dtype.itemsize > 1:
            array = array.astype(np.int64)
        target = None if dtype is None else _core.as_dtype(dtype)
        if target is not None and target.numpy is not None:
            array = array.astype(target.numpy)
        out = from_numpy(np.array(array, dtype=array.dtype.newbyteorder("="), order="C"))
    if dtype is not None:
        out = _core.cast(out, dtype)
    return out.requires_grad_() if requires_grad else out


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """`data` as a Tensor, sharing memory where it can (tensors and writable arrays of the right dtype).

    >>> a = np.zeros(2); mg.as_tensor(a)[0] = 5; a.tolist()
    [5.0, 0.0]
    """
    if device is not None:
        on_cpu(device, "as_tensor")
    if isinstance(data, Tensor):
        return data if dtype is None else _core.cast(data, dtype)
    if isinstance(data, np.ndarray) and data.flags.writeable and data.dtype.kind in "bifc" and data.dtype.isnative:
        return from_numpy(data) if dtype is None else _core.cast(from_numpy(data), dtype)
    return tensor(data, dtype=dtype)


asarray = as_tensor


def from_dlpack(x: Any) -> Tensor:
    """A tensor that shares memory with an object that has `__dlpack__` (NumPy, PyTorch, JAX... on the CPU).

    >>> mg.from_dlpack(np.arange(3.0)).shape
    (3,)
    """
    array = np.from_dlpack(x)
    return from_numpy(array) if array.flags.writeable else from_numpy(array.copy())


def _shape(size: tuple) -> tuple:
    if len(size) == 1 and not isinstance(size[0], int):
        return tuple(size[0])
    return size


def _of(values: np.ndarray, dtype: Any) -> Tensor:
    """An array that is nobody else's, as a tensor of `dtype` (None: the default one), bfloat16 too, which NumPy lacks."""
    target = _core.as_dtype(dtype or _core.get_default_dtype())
    return from_numpy(values.astype(target.numpy)) if target.numpy is not None else _core.cast(from_numpy(values), target)


def _finish(out: Tensor, requires_grad: bool) -> Tensor:
    return out.requires_grad_() if requires_grad else out


def empty(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """An uninitialised tensor. Raises ShapeError for negative and overflowing sizes, MemoryError.

    >>> mg.empty(2, 3).shape
    (2, 3)
    """
    if device is not None:
        on_cpu(device, "empty")
    return _finish(_core.empty(_shape(size), dtype), requires_grad)


def zeros(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of zeros.

    >>> mg.zeros(2)
    tensor([0., 0.])
    """
    if device is not None:
        on_cpu(device, "zeros")
    return full(_shape(size), 0, dtype=dtype or _core.get_default_dtype(), requires_grad=requires_grad)


def ones(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of ones.

    >>> mg.ones(2)
    tensor([1., 1.])
    """
    if device is not None:
        on_cpu(device, "ones")
    return full(_shape(size), 1, dtype=dtype or _core.get_default_dtype(), requires_grad=requires_grad)


def full(size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of one value, whose type gives the dtype unless `dtype` does.

    >>> mg.full((2,), 7)
    tensor([7, 7])
    """
    if device is not None:
        on_cpu(device, "full")
    if isinstance(fill_value, Tensor):
        fill_value = fill_value.item()
    if dtype is None:
        dtype = _core.result_type(fill_value)
    size = (size,) if isinstance(size, int) else tuple(size)
    return _finish(_core.full_of(size, fill_value, dtype), requires_grad)


def _for_each(y: Tensor, like: Tensor) -> Tensor:
    """y; under vmap one for every example that `like` is one of, in memory of its own."""
    level = _core.level_of(like)
    if not level:
        return y
    every = _core.batch_of(like, level)
    y = _for_each(y, every).unsqueeze(0)
    return _core.make_batched(y.expand((every.shape[0], *y.shape[1:])).clone(), level)


def empty_like(input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """An uninitialised tensor of the same shape and dtype.

    >>> mg.empty_like(mg.zeros(2, 3)).shape
    (2, 3)
    """
    if device is not None:
        on_cpu(device, "empty_like")
    return _finish(_for_each(_core.empty(input.shape, dtype or input.dtype), input), requires_grad)


def zeros_like(input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros of the same shape and dtype.

    >>> mg.zeros_like(mg.tensor([1, 2]))
    tensor([0, 0])
    """
    if device is not None:
        on_cpu(device, "zeros_like")
    return _finish(_for_each(_core.full_of(input.shape, 0, dtype or input.dtype), input), requires_grad)


def ones_like(input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones of the same shape and dtype.

    >>> mg.ones_like(mg.tensor([1, 2]))
    tensor([1, 1])
    """
    if device is not None:
        on_cpu(device, "ones_like")
    return _finish(_for_each(_core.full_of(input.shape, 1, dtype or input.dtype), input), requires_grad)


def full_like(input: Tensor, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """One value in the same shape and dtype.

    >>> mg.full_like(mg.tensor([1, 2]), 5)
    tensor([5, 5])
    """
    if device is not None:
        on_cpu(device, "full_like")
    return _finish(_for_each(_core.full_of(input.shape, fill_value, dtype or input.dtype), input), requires_grad)


def arange(start: Any, end: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """start, start + step, ... below end. Integers give int64, a float anywhere the default dtype.

    >>> mg.arange(1, 2.5, 0.5)
    tensor([1.0000, 1.5000, 2.0000])
    """
    if device is not None:
        on_cpu(device, "arange")
    if end is None:
        start, end = 0, start
    start, end, step = (x.item() if isinstance(x, Tensor) else x for x in (start, end, step))
    if step == 0 or not all(math.isfinite(x) for x in (start, end, step)):
        raise ValueError(f"arange: expected finite bounds and a step that is not 0, got {start}, {end}, {step}")
    if (end - start) * step < 0:
        raise ValueError(f"arange: the step {step} leads away from {end}, counted from {start}")
    if dtype is None:
        dtype = _core.int64 if all(isinstance(x, int) for x in (start, end, step)) else _core.get_default_dtype()
    target = _core.as_dtype(dtype)
    count = math.ceil((end - start) / step)
    _core.empty((0, count), target)  # refuses counts that overflow
    values = start + step * np.arange(count) if not all(isinstance(x, int) for x in (start, end, step)) else np.arange(start, end, step)
    return _finish(_of(values, target), requires_grad)


def linspace(start: float, end: float, steps: int, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """`steps` values evenly from start to end, both included.

    >>> mg.linspace(0, 1, 3)
    tensor([0.0000, 0.5000, 1.0000])
    """
    if device is not None:
        on_cpu(device, "linspace")
    if steps < 0:
        raise ShapeError(f"linspace: expected at least 0 steps, got {steps}")
    return _finish(_of(np.linspace(start, end, steps), dtype), requires_grad)


def eye(n: int, m: int | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones on the diagonal of an n x m matrix.

    >>> mg.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    if device is not None:
        on_cpu(device, "eye")
    return _finish(_of(np.eye(n, m), dtype), requires_grad)


def _new(name: str, function: Any) -> None:
    def method(self: Tensor, *size: Any, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
        if device is not None:
            on_cpu(device)
        return _finish(_for_each(function(*size, dtype=dtype or self.dtype), self), requires_grad)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"`mg.{name[4:]}` with this tensor's dtype."
    _core.attach(name, method)


for _name, _function in {"new_zeros": zeros, "new_ones": ones, "new_empty": empty, "new_full": full, "new_tensor": tensor}.items():
    _new(_name, _function)
