"""`DataLoader`: an epoch of batches for each `iter`.

Where the data set is tensors and the batches are made in the default way, a batch is one `index_select` per tensor and no sample is
ever touched from Python.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import minigrad as mg
from minigrad._core import Tensor

from .collate import default_collate, default_convert
from .dataset import Dataset, IterableDataset, Subset, TensorDataset
from .sampler import BatchSampler, RandomSampler, SequentialSampler


class DataLoader:
    """Iterate over batches of a data set.

    Args: shuffle: a new random order each epoch, from `generator` (None: minigrad's own, see `manual_seed`). sampler,
          batch_sampler: an order of one's own.
          collate_fn: makes a batch of a list of samples. drop_last: leave out a last batch that is not full. batch_size=None:
          samples, not batches.
          pin_memory and the settings of worker processes are accepted; num_workers must be 0.
    >>> data = TensorDataset(mg.arange(10), mg.zeros(10, 3))
    >>> [tuple(x.shape) for _, x in DataLoader(data, batch_size=4)]
    [(4, 3), (4, 3), (2, 3)]
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[int] | None = None,
        batch_sampler: Iterable[Any] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Any = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        if num_workers < 0:
            raise ValueError(f"DataLoader: num_workers must not be negative, got {num_workers}; use num_workers=0 to load in this process")
        if num_workers > 0:
            raise ValueError(f"DataLoader: worker processes are not supported yet, got num_workers={num_workers}; use num_workers=0")
        if timeout < 0:
            raise ValueError("timeout option should be non-negative")
        if prefetch_factor is not None:
            raise ValueError(
                "prefetch_factor option could only be specified in multiprocessing. Let num_workers > 0 to enable multiprocessing."
            )
        if persistent_workers:
            raise ValueError("persistent_workers option needs num_workers > 0")
        iterable = isinstance(dataset, IterableDataset)
        if iterable and (shuffle or sampler is not None or batch_sampler is not None):
            raise ValueError("DataLoader: an IterableDataset comes in its own order: leave out shuffle, sampler and batch_sampler")
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError("batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last")
            batch_size, drop_last = None, False
        elif batch_size is None:
            if drop_last:
                raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")
        elif isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size <= 0:
            raise ValueError(f"DataLoader: batch_size should be a positive integer value, but got batch_size={batch_size}")
        self.dataset = dataset
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.num_workers = num_workers
        self.prefetch_factor = prefetch_factor
        self.pin_memory = pin_memory
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.persistent_workers = persistent_workers
        self.generator = generator
        if sampler is None and not iterable:
            # An empty data set has an order too: none of its samples. RandomSampler would refuse it.
            sampler = RandomSampler(dataset, generator=generator) if shuffle and len(dataset) else SequentialSampler(dataset)
        self.sampler = sampler
        if batch_sampler is None and batch_size is not None and sampler is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_sampler = batch_sampler
        batched = batch_sampler is not None or batch_size is not None
        self.collate_fn = collate_fn if collate_fn is not None else default_collate if batched else default_convert

    def __iter__(self) -> Iterator[Any]:
        if isinstance(self.dataset, IterableDataset):
            return self._from_iterable()
        if self.batch_sampler is None:
            return (self.collate_fn(self.dataset[i]) for i in self.sampler)  # type: ignore[union-attr]
        columns = _columns(self.dataset) if self.collate_fn is default_collate else None
        return self._from_samples() if columns is None else self._from_tensors(*columns)

    def __len__(self) -> int:
        if isinstance(self.dataset, IterableDataset):
            n = len(self.dataset)  # type: ignore[arg-type]
            if self.batch_size is None:
                return n
            return n // self.batch_size if self.drop_last else -(-n // self.batch_size)
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)  # type: ignore[arg-type]

    def _from_iterable(self) -> Iterator[Any]:
        samples = iter(self.dataset)
        if self.batch_size is None:
            for sample in samples:
                yield self.collate_fn(sample)
            return
        while batch := list(islice(samples, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield self.collate_fn(batch)

    def _from_samples(self) -> Iterator[Any]:
        dataset, collate = self.dataset, self.collate_fn
        fetch = getattr(dataset, "__getitems__", None)
        for indices in self.batch_sampler:  # type: ignore[union-attr]
            yield collate(fetch(indices) if fetch is not None else [dataset[i] for i in indices])

    def _from_tensors(self, tensors: tuple[Tensor, ...], index_map: Tensor | None) -> Iterator[list[Tensor]]:
        for indices in self._index_batches():
            if index_map is not None:
                indices = index_map.index_select(0, indices)
            yield [t.index_select(0, indices) for t in tensors]

    def _index_batches(self) -> Iterator[Tensor]:
        batches = self.batch_sampler
        if type(batches) is BatchSampler and type(batches.sampler) in (SequentialSampler, RandomSampler):
            order, size = batches.sampler.order(), batches.batch_size  # type: ignore[attr-defined]
            n = order.shape[0]
            for begin in range(0, n - size + 1 if batches.drop_last else n, size):
                yield order[begin : begin + size]
        else:  # any order of the user's own, which may be endless
            for indices in batches:  # type: ignore[union-attr]
                yield mg.tensor(indices, dtype=mg.int64)


def _columns(dataset: Dataset[Any]) -> tuple[tuple[Tensor, ...], Tensor | None] | None:
    """The tensors of a TensorDataset, and which of their rows count if it is a Subset of one; None for any other data set."""
    if type(dataset) is TensorDataset:
        return dataset.tensors, None
    if type(dataset) is Subset and (inner := _columns(dataset.dataset)) is not None:
        tensors, index_map = inner
        rows = dataset.indices if isinstance(dataset.indices, Tensor) else mg.tensor(list(dataset.indices), dtype=mg.int64)
        return tensors, rows if index_map is None else index_map.index_select(0, rows)
    return None


def get_worker_info() -> None:
    """In a worker process, what it must know; there are none yet, so always None."""
