"""Samples into batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import minigrad as mg
from minigrad._core import Tensor
from minigrad.ops.shape import stack


def default_convert(data: Any) -> Any:
    """Arrays and NumPy numbers as tensors, inside any dict, list or tuple; everything else as it is."""
    if isinstance(data, np.ndarray | np.generic):
        return data if data.dtype.kind in "USO" else mg.from_numpy(np.array(data))
    if isinstance(data, Mapping):
        return {key: default_convert(value) for key, value in data.items()}
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*map(default_convert, data))
    if isinstance(data, tuple | list):
        return [default_convert(value) for value in data]
    return data


def default_collate(batch: Sequence[Any]) -> Any:
    """A list of samples as one batch: tensors, arrays and numbers are stacked along a new first axis, dicts and tuples keep their
    structure,
    strings stay a list.

    >>> default_collate([(1, mg.zeros(3)), (2, mg.ones(3))])[1].shape
    (2, 3)
    """
    first = batch[0]
    if isinstance(first, Tensor):
        shapes = {tuple(t.shape) for t in batch}
        if len(shapes) > 1:
            raise ValueError(
                f"default_collate: the samples of a batch must have one shape, got {sorted(shapes)}; "
                "pass a collate_fn that pads or groups them"
            )
        return stack(list(batch))
    if isinstance(first, np.ndarray | np.generic):
        if first.dtype.kind in "USO":
            raise TypeError(f"default_collate: cannot make a tensor of dtype {first.dtype}")
        return default_collate([mg.from_numpy(np.array(x)) for x in batch])
    if isinstance(first, bool | int):
        return mg.tensor(batch)
    if isinstance(first, float):
        return mg.tensor(batch, dtype=mg.float64)
    if isinstance(first, str | bytes):
        return batch
    if isinstance(first, Mapping):
        return {key: default_collate([sample[key] for sample in batch]) for key in first}
    if isinstance(first, Sequence):
        if any(len(sample) != len(first) for sample in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        columns = [default_collate(column) for column in zip(*batch, strict=True)]
        return type(first)(*columns) if hasattr(first, "_fields") else columns
    raise TypeError(f"default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {type(first)}")
