"""Where values are, in order, and without repetition."""

from __future__ import annotations

import collections
from typing import Any

import numpy as np

import minigrad as mg

from .dtypes import promoted

UniqueAll = collections.namedtuple("UniqueAll", "values indices inverse_indices counts")
UniqueCounts = collections.namedtuple("UniqueCounts", "values counts")
UniqueInverse = collections.namedtuple("UniqueInverse", "values inverse_indices")


def argmax(x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> Any:
    return mg.argmax(x, dim=axis, keepdim=keepdims)


def argmin(x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> Any:
    return mg.argmin(x, dim=axis, keepdim=keepdims)


def count_nonzero(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    return (x != 0).to(mg.int64) if axis == () else mg.sum(x != 0, dim=axis, keepdim=keepdims)


def nonzero(x: Any, /) -> tuple[Any, ...]:
    """Indices of what is not zero, one array for each axis. Raises ValueError for an array without axes."""
    if x.ndim == 0:
        raise ValueError("nonzero: expected at least one dimension, got 0")
    return tuple(mg.nonzero(x, as_tuple=True))


def searchsorted(x1: Any, x2: Any, /, *, side: str = "left", sorter: Any = None) -> Any:
    """Where the values x2 would be put into the sorted x1: before equal ones (`side="left"`) or after them."""
    x1, x2 = promoted(x1, x2)
    return mg.searchsorted(x1, x2, side=side, sorter=None if sorter is None else sorter.to(mg.int64))


def where(condition: Any, x1: Any, x2: Any, /) -> Any:
    if not isinstance(x1, mg.Tensor) and not isinstance(x2, mg.Tensor):
        return mg.where(condition, x1, x2)
    return mg.where(condition, *promoted(x1, x2))


def sort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    return mg.sort(x, dim=axis, descending=descending, stable=stable)[0]


def argsort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    return mg.argsort(x, dim=axis, descending=descending, stable=stable)


def unique_all(x: Any, /) -> UniqueAll:
    """Sorted values, where each is first, where the values of x went, and how many there are; every NaN is one of its own.

    >>> xp.unique_all(xp.asarray([3, 1, 3])).indices
    tensor([1, 0])
    """
    found = np.unique_all(x.detach().numpy())
    indices = mg.tensor(found.indices.astype(np.int64))
    values = x.reshape(-1)[indices]  # and not found.values, for the gradient
    inverse = found.inverse_indices.astype(np.int64).reshape(tuple(x.shape))
    return UniqueAll(values, indices, mg.tensor(inverse), mg.tensor(found.counts.astype(np.int64)))


def unique_counts(x: Any, /) -> UniqueCounts:
    found = unique_all(x)
    return UniqueCounts(found.values, found.counts)


def unique_inverse(x: Any, /) -> UniqueInverse:
    found = unique_all(x)
    return UniqueInverse(found.values, found.inverse_indices)


def unique_values(x: Any, /) -> Any:
    return unique_all(x).values
