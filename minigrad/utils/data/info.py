"""What a worker process knows of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class WorkerInfo:
    """What a worker process knows of itself: its number, of how many, the seed of its random numbers, and its copy of the data set."""

    id: int
    num_workers: int
    seed: int
    dataset: Any


_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """In a worker process of a DataLoader, its `id`, `num_workers`, `seed` and `dataset`; in any other, None. An IterableDataset
    asks, so that each worker yields its own share.

    >>> class Count(mg.utils.data.IterableDataset):
    ...     def __iter__(self):
    ...         info = get_worker_info()
    ...         return iter(range(6)) if info is None else iter(range(info.id, 6, info.num_workers))
    >>> [batch.tolist() for batch in mg.utils.data.DataLoader(Count(), batch_size=2, num_workers=2)]
    [[0, 2], [1, 3], [4], [5]]
    """
    return _info


def enter(known: WorkerInfo) -> None:
    """This process is the worker that `known` says."""
    global _info
    _info = known
