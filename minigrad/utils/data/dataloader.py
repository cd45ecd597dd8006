"""`DataLoader`: an epoch of batches for each `iter`, from this process or from worker processes.

Where the data set is tensors and the batches are made in the default way, a batch is one `index_select` per tensor and no sample is
ever touched from Python.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any, Generic

import minigrad as mg
from minigrad._core import Tensor

from .collate import default_collate, default_convert
from .dataset import Dataset, IterableDataset, T
from .fetch import columns, fetcher, select
from .sampler import BatchSampler, RandomSampler, SequentialSampler

if TYPE_CHECKING:  # imported where they are used: most programs need no processes, and `import minigrad` no multiprocessing
    from multiprocessing.context import BaseContext

    from .parallel import ParallelIterator

_FIXED = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")


class DataLoader(Generic[T]):
    """Iterate over batches of a data set.

    Args: shuffle: a new random order each epoch, from `generator` (None: minigrad's own, see `manual_seed`). sampler,
          batch_sampler: an order of one's own.
          collate_fn: makes a batch of a list of samples. drop_last: leave out a last batch that is not full. batch_size=None:
          samples, not batches.
          num_workers: processes that make the batches; 0: this one. prefetch_factor: batches that each makes ahead (2).
          persistent_workers: keep them between epochs. worker_init_fn: called in each with its number, after it was seeded.
          multiprocessing_context: how they are started: "fork", "spawn", "forkserver" or a context. timeout: seconds to wait for a
          batch, 0 for ever. in_order=False: batches as they are made. pin_memory is ignored.
    >>> data = mg.utils.data.TensorDataset(mg.arange(10), mg.zeros(10, 3))
    >>> [tuple(x.shape) for _, x in DataLoader(data, batch_size=4)]
    [(4, 3), (4, 3), (2, 3)]
    >>> [tuple(x.shape) for _, x in DataLoader(data, batch_size=4, num_workers=2)]
    [(4, 3), (4, 3), (2, 3)]
    """

    def __init__(
        self,
        dataset: Dataset[T] | Sequence[T],
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
            raise ValueError(f"num_workers option should be non-negative, got {num_workers}; use num_workers=0 to disable multiprocessing.")
        if timeout < 0:
            raise ValueError("timeout option should be non-negative")
        if num_workers == 0:
            if prefetch_factor is not None:
                raise ValueError(
                    "prefetch_factor option could only be specified in multiprocessing."
                    "let num_workers > 0 to enable multiprocessing, otherwise set prefetch_factor to None."
                )
            if persistent_workers:
                raise ValueError("persistent_workers option needs num_workers > 0")
            if timeout > 0:
                raise ValueError(f"timeout option needs num_workers > 0, got timeout={timeout}")
        elif prefetch_factor is None:
            prefetch_factor = 2
        elif prefetch_factor <= 0:
            raise ValueError(f"prefetch_factor option should be non-negative, and more than 0 to get anything, got {prefetch_factor}")
        iterable = isinstance(dataset, IterableDataset)
        if iterable:
            for name, value in (("shuffle", shuffle or None), ("sampler", sampler), ("batch_sampler", batch_sampler)):
                if value is not None:
                    raise ValueError(
                        f"DataLoader with IterableDataset: expected unspecified {name} option, but got {name}={value} "
                        "(an IterableDataset comes in its own order)"
                    )
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
        self.dataset: Any = dataset
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.num_workers = num_workers
        self.prefetch_factor = prefetch_factor
        self.pin_memory = pin_memory
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.in_order = in_order
        self.pin_memory_device = pin_memory_device
        self.persistent_workers = persistent_workers
        self.generator = generator
        if sampler is None and not iterable:
            # An empty data set has an order too: none of its samples. RandomSampler would refuse it.
            sampler = RandomSampler(dataset, generator=generator) if shuffle and len(dataset) else SequentialSampler(dataset)  # type: ignore[arg-type]
        self.sampler = sampler
        if batch_sampler is None and batch_size is not None and sampler is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_sampler = batch_sampler
        self._batched = batch_sampler is not None or batch_size is not None
        self.collate_fn = collate_fn if collate_fn is not None else default_collate if self._batched else default_convert
        self._promised: int | None = None  # the length of an IterableDataset, once it was asked for
        self._iterator: ParallelIterator | None = None  # that of persistent workers
        self._initialized = True

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _FIXED and "_initialized" in self.__dict__:
            raise ValueError(f"{name} attribute should not be set after {type(self).__name__} is initialized")
        super().__setattr__(name, value)

    @property
    def multiprocessing_context(self) -> BaseContext | None:
        return self._context

    @multiprocessing_context.setter
    def multiprocessing_context(self, context: Any) -> None:
        self._context: BaseContext | None = None
        if context is None:
            return
        if self.num_workers == 0:
            raise ValueError("multiprocessing_context can only be used with multi-process loading (num_workers > 0), but got num_workers=0")
        import multiprocessing

        if isinstance(context, str):
            known = multiprocessing.get_all_start_methods()
            if context not in known:
                raise ValueError(
                    f"multiprocessing_context option should specify a valid start method in {known!r}, "
                    f"but got multiprocessing_context={context!r}"
                )
            context = multiprocessing.get_context(context)
        if not isinstance(context, multiprocessing.context.BaseContext):
            raise TypeError(
                "multiprocessing_context option should be a valid context object or a string specifying the start method, "
                f"but got multiprocessing_context={context}"
            )
        self._context = context

    def __iter__(self) -> Iterator[Any]:
        # Drawn for a single process too, so that the order of an epoch does not depend on num_workers.
        base_seed = int(mg.randint(1 << 62, (), generator=self.generator))
        if self.num_workers == 0:
            batches = self._here()
        elif self._iterator is not None and self._iterator.alive:
            batches = self._iterator.reset(self._indices())
        else:
            batches = self._elsewhere(base_seed)
        return batches if self._promised is None else self._counted(batches, self._promised)

    def __len__(self) -> int:
        if isinstance(self.dataset, IterableDataset):
            n = self._promised = len(self.dataset)  # type: ignore[arg-type]
            if self.batch_size is None:
                return n
            return n // self.batch_size if self.drop_last else -(-n // self.batch_size)
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)  # type: ignore[arg-type]

    def _here(self) -> Iterator[Any]:
        """An epoch made in this process."""
        batches = self.batch_sampler
        if (
            self.collate_fn is default_collate
            and type(batches) is BatchSampler
            and type(batches.sampler) in (SequentialSampler, RandomSampler)
            and (found := columns(self.dataset)) is not None
        ):
            for rows in _row_batches(batches):
                yield select(found, rows)
            return
        fetch = fetcher(self.dataset, self._batched, self.collate_fn, self.drop_last)
        for indices in self._indices():
            try:
                batch = fetch(indices)
            except StopIteration:
                if isinstance(self.dataset, IterableDataset):
                    return
                raise
            yield batch

    def _elsewhere(self, base_seed: int) -> ParallelIterator:
        """An epoch made in worker processes."""
        from .parallel import ParallelIterator
        from .worker import Plan

        plan = Plan(self.dataset, self._batched, self.collate_fn, self.drop_last, self.worker_init_fn, self.num_workers, base_seed)
        batches = ParallelIterator(
            plan,
            self._indices(),
            context=self.multiprocessing_context,
            prefetch_factor=self.prefetch_factor or 1,
            timeout=self.timeout,
            in_order=self.in_order,
            persistent=self.persistent_workers,
        )
        if self.persistent_workers:
            self._iterator = batches
        return batches

    def _indices(self) -> Iterable[Any]:
        """What each batch is made of; of an IterableDataset only how many samples."""
        if isinstance(self.dataset, IterableDataset):
            return repeat(None if self.batch_size is None else range(self.batch_size))
        return self.sampler if self.batch_sampler is None else self.batch_sampler  # type: ignore[return-value]

    def _counted(self, batches: Iterator[Any], promised: int) -> Iterator[Any]:
        """The batches, with a warning when they are more than the data set said."""
        batch_count = len(self)
        for i, batch in enumerate(batches, 1):
            if i == batch_count + 1:
                warnings.warn(
                    f"Length of IterableDataset {self.dataset} was reported to be {promised} (when accessing len(dataloader)), but more "
                    f"than {batch_count} batches have been fetched. With worker processes, each must yield its share only: see "
                    "get_worker_info.",
                    stacklevel=2,
                )
            yield batch


def _row_batches(batches: BatchSampler) -> Iterator[Tensor]:
    order, size = batches.sampler.order(), batches.batch_size  # type: ignore[attr-defined]
    n = order.shape[0]
    for begin in range(0, n - size + 1 if batches.drop_last else n, size):
        yield order[begin : begin + size]
