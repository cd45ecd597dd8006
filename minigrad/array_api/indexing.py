"""Elements by arrays of indices."""

from __future__ import annotations

from typing import Any

import minigrad as mg


def take(x: Any, indices: Any, /, *, axis: int | None = None) -> Any:
    """The slices along an axis that a one-dimensional array of indices names; the axis can be left out if there is one only."""
    if axis is None:
        if x.ndim != 1:
            raise ValueError(f"take: axis can be left out for one dimension only, got {x.ndim}")
        axis = 0
    return x[(slice(None),) * (axis % x.ndim) + (indices,)]


def take_along_axis(x: Any, indices: Any, /, *, axis: int = -1) -> Any:
    """One element for each index, x and indices broadcast against each other but for the axis."""
    indices = indices.to(mg.int64)
    return mg.take_along_dim(x, mg.where(indices < 0, indices + x.shape[axis], indices), axis)
