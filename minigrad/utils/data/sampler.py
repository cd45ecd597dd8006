"""The order in which the samples of a data set are visited."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any, Generic, TypeVar

import numpy as np

import minigrad as mg
from minigrad._core import Tensor
from minigrad.ops.shape import cat

T = TypeVar("T", covariant=True)


def _count(value: Any, sampler: str, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise ValueError(f"{sampler}: {name} should be a positive integer value, but got {name}={value}")
    return value


class Sampler(Generic[T]):
    """Something that yields indices (or, as a batch sampler, lists of indices); each `iter` begins an epoch."""

    def __init__(self, data_source: Any = None) -> None:
        """Nothing to keep."""

    def __iter__(self) -> Iterator[T]:
        raise NotImplementedError(f"{type(self).__name__} does not define __iter__")


class SequentialSampler(Sampler[int]):
    """0, 1, 2, ..."""

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)

    def order(self) -> Tensor:
        """The indices of an epoch as one tensor, for whole batches that are looked up at once."""
        return mg.arange(len(self.data_source))


class RandomSampler(Sampler[int]):
    """A new random order each epoch, from `generator` (None: minigrad's own, see `manual_seed`); `num_samples` indices, with or
    without `replacement`.

    >>> sorted(RandomSampler(range(4)))
    [0, 1, 2, 3]
    """

    def __init__(self, data_source: Sized, replacement: bool = False, num_samples: int | None = None, generator: Any = None) -> None:
        if not isinstance(replacement, bool):
            raise TypeError(f"RandomSampler: replacement should be a boolean value, but got replacement={replacement}")
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = None if num_samples is None else _count(num_samples, "RandomSampler", "num_samples")
        self.generator = generator
        _count(self.num_samples, "RandomSampler", "num_samples")

    @property
    def num_samples(self) -> int:
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        return iter(self.order().tolist())

    def __len__(self) -> int:
        return self.num_samples

    def order(self) -> Tensor:
        """The indices of a new epoch as one tensor, for whole batches that are looked up at once."""
        n, wanted = len(self.data_source), self.num_samples
        if self.replacement:
            return mg.randint(0, n, (wanted,), generator=self.generator)
        orders = [mg.randperm(n, generator=self.generator) for _ in range(-(-wanted // n))]
        return orders[0] if wanted == n else cat(orders)[:wanted]


class SubsetRandomSampler(Sampler[int]):
    """The given indices in a new random order each epoch."""

    def __init__(self, indices: Sequence[int], generator: Any = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        return (self.indices[i] for i in mg.randperm(len(self.indices), generator=self.generator).tolist())

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """`num_samples` indices, each with a probability proportional to its weight.

    >>> list(WeightedRandomSampler([0.0, 2.0, 0.0], 3))
    [1, 1, 1]
    """

    def __init__(self, weights: Sequence[float], num_samples: int, replacement: bool = True, generator: Any = None) -> None:
        self.weights = mg.as_tensor(weights, dtype=mg.float64)
        values = self.weights.numpy()
        if values.ndim != 1 or not np.isfinite(values).all() or (values < 0).any() or not values.any():
            raise ValueError(f"WeightedRandomSampler: weights should be a 1d sequence of numbers >= 0, not all 0, got shape {values.shape}")
        self.num_samples = _count(num_samples, "WeightedRandomSampler", "num_samples")
        if not isinstance(replacement, bool):
            raise ValueError(f"replacement should be a boolean value, but got replacement={replacement}")
        if not replacement and num_samples > (possible := int((values > 0).sum())):
            raise ValueError(
                f"WeightedRandomSampler: cannot draw {num_samples} samples without replacement from {possible} with a weight above 0"
            )
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        weights = self.weights.numpy()
        if self.replacement:
            ends = np.cumsum(weights)
            at = mg.rand(self.num_samples, dtype=mg.float64, generator=self.generator).numpy() * ends[-1]
            # An interval of width 0 is never hit: searchsorted steps over it. The minimum is for at == ends[-1] after rounding.
            chosen = np.minimum(np.searchsorted(ends, at, side="right"), np.flatnonzero(weights)[-1])
        else:
            # The smallest of exponential clocks of rate w: their order is that of drawing one after the other without replacement.
            u = 1.0 - mg.rand(len(weights), dtype=mg.float64, generator=self.generator).numpy()
            with np.errstate(divide="ignore", invalid="ignore"):
                clocks = np.where(weights > 0, -np.log(u) / weights, np.inf)
            chosen = np.argsort(clocks, kind="stable")[: self.num_samples]
        return iter(chosen.tolist())

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """Groups the indices of another sampler into lists of `batch_size`; the last may be shorter, unless `drop_last`.

    >>> list(BatchSampler(SequentialSampler(range(5)), 2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler = sampler
        self.batch_size = _count(batch_size, "BatchSampler", "batch_size")
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        batch = []
        for index in self.sampler:
            batch.append(index)
            if len(batch) == self.batch_size:
                yield batch
                batch = []
        if batch and not self.drop_last:
            yield batch

    def __len__(self) -> int:
        n = len(self.sampler)  # type: ignore[arg-type]
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)
