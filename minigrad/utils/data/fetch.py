"""How the indices of a batch become the batch: the same in this process and in a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import minigrad as mg
from minigrad._core import Tensor

from .collate import default_collate
from .dataset import Dataset, IterableDataset, Subset, TensorDataset


def fetcher(dataset: Any, batched: bool, collate_fn: Callable[[Any], Any], drop_last: bool) -> Callable[[Any], Any]:
    """A function from the indices of a batch (or, if not `batched`, from one index) to what the loader yields. For an
    IterableDataset the indices say only how many samples to take, and StopIteration ends the epoch."""
    if isinstance(dataset, IterableDataset):
        samples = iter(dataset)
        if not batched:
            return lambda index: collate_fn(next(samples))
        return lambda indices: collate_fn(_take(samples, len(indices), drop_last))
    if not batched:
        return lambda index: collate_fn(dataset[index])
    if collate_fn is default_collate and (found := columns(dataset)) is not None:
        return lambda indices: _rows(dataset, found, indices)
    if callable(many := getattr(dataset, "__getitems__", None)):
        return lambda indices: collate_fn(many(indices))
    return lambda indices: collate_fn([dataset[i] for i in indices])


def _take(samples: Iterator[Any], n: int, drop_last: bool) -> list[Any]:
    batch = [sample for _, sample in zip(range(n), samples, strict=False)]
    if not batch or (drop_last and len(batch) < n):
        raise StopIteration
    return batch


def columns(dataset: Dataset[Any]) -> tuple[tuple[Tensor, ...], Tensor | None] | None:
    """The tensors of a TensorDataset, and which of their rows count if it is a Subset of one; None for any other data set."""
    if type(dataset) is TensorDataset:
        return dataset.tensors, None
    if type(dataset) is Subset and (inner := columns(dataset.dataset)) is not None:
        tensors, index_map = inner
        n = len(dataset.dataset)  # type: ignore[arg-type]
        rows = _row_numbers(dataset.indices.tolist() if isinstance(dataset.indices, Tensor) else list(dataset.indices), n)
        if rows is not None:
            return tensors, rows if index_map is None else index_map.index_select(0, rows)
    return None


def select(found: tuple[tuple[Tensor, ...], Tensor | None], indices: Tensor) -> list[Tensor]:
    """A batch: one `index_select` for each tensor, which gives what stacking the samples would."""
    tensors, index_map = found
    if index_map is not None:
        indices = index_map.index_select(0, indices)
    return [t.index_select(0, indices) for t in tensors]


def _rows(dataset: Any, found: tuple[tuple[Tensor, ...], Tensor | None], indices: Any) -> Any:
    rows = _row_numbers(indices, len(dataset))
    return default_collate([dataset[i] for i in indices]) if rows is None else select(found, rows)


def _row_numbers(indices: Any, n: int) -> Tensor | None:
    """Indices of a list, which may count from the end, as row numbers; None if they are something else."""
    rows = np.array(indices)
    if rows.ndim != 1 or rows.dtype.kind not in "iu":
        return None
    rows = rows.astype(np.int64, copy=False)
    if rows.size and rows.min() < 0:
        rows = np.where(rows < 0, rows + n, rows)
        if rows.min() < 0:
            return None  # the data set itself says which index it does not have
    return mg.from_numpy(rows)
