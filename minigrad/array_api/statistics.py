"""Reductions and scans. Sums and products of integers are int64, of floats keep their dtype."""

from __future__ import annotations

from typing import Any

import minigrad as mg


def _float(x: Any) -> Any:
    """Means of integers, which the standard leaves open, are taken in the default dtype."""
    return x if x.dtype.is_floating_point or x.dtype.is_complex else x.to(mg.get_default_dtype())


def _total(op: Any, x: Any, axis: Any, dtype: Any, keepdims: bool) -> Any:
    if dtype is not None:
        x = x.to(dtype)
    if axis == ():  # to PyTorch all axes, to the standard none
        return x if dtype is not None or x.dtype.is_floating_point or x.dtype.is_complex else x.to(mg.int64)
    y = op(x, dim=axis, keepdim=keepdims)
    return y if dtype is None else y.to(dtype)


def sum(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    return _total(mg.sum, x, axis, dtype, keepdims)


def prod(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    return _total(mg.prod, x, axis, dtype, keepdims)


def max(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    return x if axis == () else mg.amax(x, dim=axis, keepdim=keepdims)


def min(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    return x if axis == () else mg.amin(x, dim=axis, keepdim=keepdims)


def mean(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    return _float(x) if axis == () else mg.mean(_float(x), dim=axis, keepdim=keepdims)


def var(x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """Variance; the sum of squares is divided by n - correction."""
    if axis == ():  # each element alone; to PyTorch all axes
        return mg.var(_float(x).unsqueeze(-1), dim=-1, correction=correction)
    return mg.var(_float(x), dim=axis, correction=correction, keepdim=keepdims)


def std(x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """Standard deviation, the square root of `var`."""
    if axis == ():
        return mg.sqrt(var(x, axis=axis, correction=correction))
    return mg.std(_float(x), dim=axis, correction=correction, keepdim=keepdims)


def all(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    return x.to(mg.bool) if axis == () else mg.all(x.to(mg.bool), dim=axis, keepdim=keepdims)


def any(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    return x.to(mg.bool) if axis == () else mg.any(x.to(mg.bool), dim=axis, keepdim=keepdims)


def cumulative_sum(x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Any:
    """Sums of the first 1, 2, ... elements along an axis, with `include_initial` of the first 0 too.

    >>> xp.cumulative_sum(xp.asarray([1, 2, 3]), include_initial=True)
    tensor([0, 1, 3, 6])
    """
    return _cumulative(mg.cumsum, 0, "cumulative_sum", x, axis, dtype, include_initial)


def cumulative_prod(x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Any:
    """Products of the first 1, 2, ... elements along an axis, with `include_initial` of the first 0 too."""
    return _cumulative(mg.cumprod, 1, "cumulative_prod", x, axis, dtype, include_initial)


def _cumulative(op: Any, initial: int, name: str, x: Any, axis: int | None, dtype: Any, include_initial: bool) -> Any:
    if axis is None:
        if x.ndim != 1:
            raise ValueError(f"{name}: axis can be left out for one dimension only, got {x.ndim}")
        axis = 0
    y = op(x, axis, dtype=dtype)
    if dtype is not None and y.dtype is not dtype:  # small integers are summed in int64
        y = y.to(dtype)
    if include_initial:
        shape = list(y.shape)
        shape[axis] = 1
        y = mg.cat([mg.full(tuple(shape), initial, dtype=y.dtype), y], axis)
    return y


def diff(x: Any, /, *, axis: int = -1, n: int = 1, prepend: Any = None, append: Any = None) -> Any:
    """Differences of neighbours along an axis, n times."""
    return mg.diff(x, n=n, dim=axis, prepend=prepend, append=append)
