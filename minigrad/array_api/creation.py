"""Arrays from nothing, from Python's and NumPy's values, and from other libraries."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg

from .._core import Tensor
from .dtypes import check_device, promoted


def asarray(obj: Any, /, *, dtype: Any = None, device: Any = None, copy: bool | None = None) -> Tensor:
    """An array of the values: Tensors and NumPy arrays as they are (their memory is shared) unless `copy=True` or another dtype asks for a copy.

    Raises ValueError if `copy=False` and a copy is necessary, as it is for numbers and lists.
    >>> xp.asarray([[1, 2], [3, 4]], dtype=xp.float64)
    tensor([[1., 2.],
            [3., 4.]], dtype=minigrad.float64)
    """
    check_device(device)
    if isinstance(obj, np.generic):  # np.float64 is a float, which would be taken for a Python number and get the default dtype
        obj = np.array(obj)
    if not isinstance(obj, (Tensor, np.ndarray)):
        if copy is False:
            raise ValueError(f"asarray: a {type(obj).__name__} cannot become an array without a copy")
        return _nested(obj, dtype)
    x = obj if isinstance(obj, Tensor) else mg.tensor(obj) if copy else mg.as_tensor(obj)
    if dtype is not None and x.dtype != dtype:
        if copy is False:
            raise ValueError(f"asarray: {x.dtype.name} cannot become {dtype.name} without a copy")
        return x.to(dtype)
    return mg.clone(x) if copy and x is obj else x


def _nested(obj: Any, dtype: Any) -> Tensor:
    """Of Python numbers, or of sequences, in which there may be arrays."""
    if isinstance(obj, (list, tuple)) and any(isinstance(v, (Tensor, np.ndarray, list, tuple)) for v in obj):
        rows = [asarray(v, dtype=dtype) for v in obj]
        return mg.stack(promoted(*rows)) if dtype is None else mg.stack(rows)
    if isinstance(obj, (list, tuple, bool, int, float, complex)):
        return mg.tensor(obj, dtype=dtype)
    return asarray(np.asarray(obj), dtype=dtype, copy=True)


def arange(start: Any, /, stop: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Evenly spaced values in [start, stop), or in [0, start) if that is all there is; none if `step` leads away from `stop`."""
    check_device(device)
    start, stop = (0, start) if stop is None else (start, stop)
    if (stop - start) * step < 0:  # PyTorch's raises an error here
        stop = start
    return mg.arange(start, stop, step, dtype=dtype)


def linspace(start: Any, stop: Any, /, num: int, *, dtype: Any = None, device: Any = None, endpoint: bool = True) -> Tensor:
    """`num` evenly spaced values from start to stop, which is left out if `endpoint=False`."""
    check_device(device)
    if dtype is None and (isinstance(start, complex) or isinstance(stop, complex)):
        dtype = mg.promote_types(mg.get_default_dtype(), mg.complex64)
    if dtype is not None and dtype.is_complex:
        steps = linspace(0.0, 1.0, num, dtype=dtype.to_real(), endpoint=endpoint)
        return steps * (stop - start) + mg.tensor(start, dtype=dtype)
    return mg.linspace(start, stop, num, dtype=dtype) if endpoint else mg.linspace(start, stop, num + 1, dtype=dtype)[:-1]


def eye(n_rows: int, n_cols: int | None = None, /, *, k: int = 0, dtype: Any = None, device: Any = None) -> Tensor:
    """Ones on the k-th diagonal, zeros elsewhere."""
    check_device(device)
    n_cols = n_rows if n_cols is None else n_cols
    on = mg.arange(n_rows).unsqueeze(1) + k == mg.arange(n_cols)
    return on.to(dtype or mg.get_default_dtype())


def full(shape: Any, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    check_device(device)
    return mg.full(_sizes(shape), fill_value, dtype=dtype)


def full_like(x: Tensor, /, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    check_device(device)
    return mg.full(x.shape, fill_value, dtype=dtype or x.dtype)


def empty(shape: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    check_device(device)
    return mg.empty(_sizes(shape), dtype=dtype)


def empty_like(x: Tensor, /, *, dtype: Any = None, device: Any = None) -> Tensor:
    check_device(device)
    return mg.empty(x.shape, dtype=dtype or x.dtype)


def ones(shape: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    check_device(device)
    return mg.ones(_sizes(shape), dtype=dtype)


def ones_like(x: Tensor, /, *, dtype: Any = None, device: Any = None) -> Tensor:
    check_device(device)
    return mg.ones(x.shape, dtype=dtype or x.dtype)


def zeros(shape: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    check_device(device)
    return mg.zeros(_sizes(shape), dtype=dtype)


def zeros_like(x: Tensor, /, *, dtype: Any = None, device: Any = None) -> Tensor:
    check_device(device)
    return mg.zeros(x.shape, dtype=dtype or x.dtype)


def meshgrid(*arrays: Tensor, indexing: str = "xy") -> list[Tensor]:
    """Coordinate arrays of one-dimensional coordinates."""
    return list(mg.meshgrid(*arrays, indexing=indexing)) if arrays else []


def tril(x: Tensor, /, *, k: int = 0) -> Tensor:
    """The lower triangles of the last two dimensions, up to the k-th diagonal."""
    return mg.tril(x, diagonal=k)


def triu(x: Tensor, /, *, k: int = 0) -> Tensor:
    """The upper triangles of the last two dimensions, from the k-th diagonal."""
    return mg.triu(x, diagonal=k)


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """The array of another library, its memory shared unless `copy=True`."""
    check_device(device)
    y = mg.from_dlpack(x)
    return mg.clone(y) if copy else y


def _sizes(shape: Any) -> tuple[int, ...]:
    return (shape,) if isinstance(shape, int) else tuple(shape)
