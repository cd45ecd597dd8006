"""Samples into batches."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

import minigrad as mg
from minigrad._core import ShapeError, Tensor
from minigrad.ops.shape import stack

FnMap = dict[type | tuple[type, ...], Callable[..., Any]]


def default_convert(data: Any) -> Any:
    """Arrays and NumPy numbers as tensors, inside any mapping or sequence; everything else as it is.

    >>> default_convert({"x": np.zeros((2, 3)), "name": "a"})["x"].shape
    (2, 3)
    """
    if isinstance(data, np.ndarray | np.generic):
        # Strings, bytes, objects, records and dates have no tensor.
        return data if data.dtype.kind not in "biufc" else mg.from_numpy(data if isinstance(data, np.ndarray) else np.array(data))
    if isinstance(data, Mapping):
        return _like_mapping(data, {key: default_convert(value) for key, value in data.items()})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*map(default_convert, data))
    if isinstance(data, tuple):
        return [default_convert(value) for value in data]
    if isinstance(data, Sequence) and not isinstance(data, str | bytes):
        return _like_sequence(data, [default_convert(value) for value in data])
    return data


def collate(batch: Sequence[Any], *, collate_fn_map: FnMap | None = None) -> Any:
    """`default_collate` with functions of one's own: `collate_fn_map` has, by class of sample, functions
    `f(batch, *, collate_fn_map)`. The sample's own class is looked up first, then the first class that it is an instance of.
    Mappings and sequences whose class is not in the map are gone into.

    >>> from minigrad.utils.data.collate import collate
    >>> collate([(1, 2), (3, 4)], collate_fn_map={int: lambda batch, *, collate_fn_map: sum(batch)})
    [4, 6]
    """
    first = batch[0]
    if collate_fn_map is not None:
        known = collate_fn_map.get(type(first))
        if known is None:
            known = next((fn for kind, fn in collate_fn_map.items() if isinstance(first, kind)), None)
        if known is not None:
            return known(batch, collate_fn_map=collate_fn_map)

    def together(samples: Sequence[Any]) -> Any:
        return collate(samples, collate_fn_map=collate_fn_map)

    if isinstance(first, Mapping):
        return _like_mapping(first, {key: together([sample[key] for sample in batch]) for key in first})
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*(together(column) for column in zip(*batch, strict=False)))
    if isinstance(first, Sequence):
        if any(len(sample) != len(first) for sample in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        columns = [together(column) for column in zip(*batch, strict=True)]
        return columns if isinstance(first, tuple) else _like_sequence(first, columns)
    raise TypeError(_FOUND.format(type(first)))


def default_collate(batch: Sequence[Any]) -> Any:
    """A list of samples as one batch: tensors, arrays and numbers are stacked along a new first axis; mappings, lists and
    namedtuples keep their class and are batched inside, tuples become lists; strings and bytes stay a list. Python floats
    become float64. `default_collate_fn_map` may be given functions for further classes.

    >>> default_collate([(1, mg.zeros(3)), (2, mg.ones(3))])[1].shape
    (2, 3)
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)


_FOUND = "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"


def _like_mapping(old: Mapping[Any, Any], items: dict[Any, Any]) -> Any:
    """`items` in a mapping of `old`'s class, with what else it carries (the factory of a defaultdict); a dict if it cannot be made."""
    try:
        if not isinstance(old, MutableMapping):
            return type(old)(items)  # type: ignore[call-arg]
        new = copy.copy(old)
        new.update(items)
    except TypeError:
        return items
    return new


def _like_sequence(old: Sequence[Any], values: list[Any]) -> Any:
    """`values` in a sequence of `old`'s class; a list if it cannot be made (a range)."""
    try:
        if not isinstance(old, MutableSequence):
            return type(old)(values)  # type: ignore[call-arg]
        new = copy.copy(old)
        for i, value in enumerate(values):
            new[i] = value
    except TypeError:
        return values
    return new


def _tensors(batch: Sequence[Tensor], *, collate_fn_map: FnMap | None = None) -> Tensor:
    shapes = {tuple(t.shape) for t in batch}
    if len(shapes) > 1:
        raise ShapeError(
            f"default_collate: the samples of a batch must have one shape, got {sorted(shapes)}; pass a collate_fn that pads or groups them"
        )
    return stack(list(batch))


def _arrays(batch: Sequence[Any], *, collate_fn_map: FnMap | None = None) -> Any:
    if batch[0].dtype.kind not in "biufc":
        raise TypeError(_FOUND.format(batch[0].dtype))
    if (collate_fn_map or {}).get(Tensor) is _tensors and len({(array.shape, array.dtype) for array in batch}) == 1:
        return mg.from_numpy(np.asarray(np.stack(batch)))  # at once, what is left to be done below one by one
    return collate([mg.from_numpy(np.array(array)) for array in batch], collate_fn_map=collate_fn_map)


def _numpy_numbers(batch: Sequence[Any], *, collate_fn_map: FnMap | None = None) -> Tensor:
    return mg.from_numpy(np.array(batch))


def _floats(batch: Sequence[float], *, collate_fn_map: FnMap | None = None) -> Tensor:
    return mg.tensor(list(batch), dtype=mg.float64)


def _ints(batch: Sequence[int], *, collate_fn_map: FnMap | None = None) -> Tensor:
    return mg.tensor(list(batch))


def _unchanged(batch: Iterable[Any], *, collate_fn_map: FnMap | None = None) -> Any:
    return batch


default_collate_fn_map: FnMap = {
    Tensor: _tensors,
    np.ndarray: _arrays,
    (np.bool_, np.number): _numpy_numbers,
    float: _floats,
    int: _ints,
    str: _unchanged,
    bytes: _unchanged,
}
