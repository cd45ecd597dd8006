"""Shape and order of arrays."""

from __future__ import annotations

import math
from typing import Any

import minigrad as mg

from .dtypes import promoted


def broadcast_arrays(*arrays: Any) -> list[Any]:
    return list(mg.broadcast_tensors(*arrays))


def broadcast_to(x: Any, /, shape: Any) -> Any:
    return mg.broadcast_to(x, tuple(shape))


def concat(arrays: Any, /, *, axis: int | None = 0) -> Any:
    """Arrays in a row along an axis; flattened first if axis is None."""
    arrays = promoted(*arrays)
    return mg.cat([a.reshape(-1) for a in arrays], 0) if axis is None else mg.cat(arrays, axis)


def stack(arrays: Any, /, *, axis: int = 0) -> Any:
    return mg.stack(promoted(*arrays), axis)


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    return tuple(mg.unbind(x, axis))


def expand_dims(x: Any, /, *, axis: int = 0) -> Any:
    """A new axis of size 1 at `axis` of the result."""
    return mg.unsqueeze(x, axis)


def squeeze(x: Any, /, axis: Any) -> Any:
    """Without axes of size 1. Raises ValueError for an axis of another size."""
    axes = axis if isinstance(axis, tuple) else (axis,)
    for a in axes:
        if x.shape[a] != 1:
            raise ValueError(f"squeeze: expected size 1 of axis {a}, got shape {tuple(x.shape)}")
    return mg.squeeze(x, axes) if axes else x


def flip(x: Any, /, *, axis: Any = None) -> Any:
    return mg.flip(x, tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,))


def moveaxis(x: Any, source: Any, destination: Any, /) -> Any:
    return mg.moveaxis(x, source, destination)


def permute_dims(x: Any, /, axes: Any) -> Any:
    return mg.permute(x, tuple(axes))


def repeat(x: Any, repeats: Any, /, *, axis: int | None = None) -> Any:
    """Every element so many times; `repeats` is a number or an array of one for each element, or one for all."""
    if axis is None:
        x, axis = x.reshape(-1), 0
    if isinstance(repeats, mg.Tensor):
        repeats = mg.broadcast_to(repeats.to(mg.int64), (x.shape[axis],))
    return mg.repeat_interleave(x, repeats, dim=axis)


def reshape(x: Any, /, shape: Any, *, copy: bool | None = None) -> Any:
    """The elements in another shape. Raises ValueError if `copy=False` and they would have to be copied."""
    if copy:
        return mg.clone(x.reshape(tuple(shape)))
    y = x.reshape(tuple(shape))
    if copy is False and y.data_ptr() != x.data_ptr():
        raise ValueError(f"reshape: shape {tuple(x.shape)} with strides {x.stride()} cannot become {tuple(shape)} without a copy")
    return y


def roll(x: Any, /, shift: Any, *, axis: Any = None) -> Any:
    """Elements moved along axes, those that fall off come in on the other side; along the flattened array if axis is None."""
    if isinstance(axis, tuple) and isinstance(shift, int):
        shift = (shift,) * len(axis)
    return mg.roll(x, shift) if axis is None else mg.roll(x, shift, axis)


def tile(x: Any, repetitions: Any, /) -> Any:
    return mg.tile(x, tuple(repetitions)) if math.prod(x.shape) or repetitions else x
