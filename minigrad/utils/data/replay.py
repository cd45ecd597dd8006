"""What an agent remembers: rows that come one by one, the oldest of which are forgotten, and batches drawn from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import minigrad as mg


class ReplayBuffer:
    """The last `capacity` rows that were added, as Tensors in batches drawn at random.

    A row is a tuple of numbers or arrays; the first one settles how many there are, their shapes and their dtypes (Python's floats become
    float32). The state of the buffer, its rows included, can be part of a checkpoint. Source: Lin, "Self-improving reactive agents based
    on reinforcement learning, planning and teaching" (1992).

    >>> buffer = ReplayBuffer(1000)
    >>> for i in range(5):
    ...     buffer.add(np.full(3, i, np.float32), i)
    >>> x, i = buffer.sample(4)
    >>> x.shape, i.dtype, len(buffer)
    ((4, 3), minigrad.int64, 5)
    >>> bool((x[:, 0] == i).all())
    True
    """

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError(f"ReplayBuffer: capacity must be at least 1, got {capacity}")
        self.capacity = capacity
        self.added = 0  # rows so far, forgotten ones included
        self._columns: list[np.ndarray] = []

    def __len__(self) -> int:
        return min(self.added, self.capacity)

    def add(self, *row: Any) -> None:
        """Remember a row, and forget the oldest if there is no room."""
        self.extend(*(_array(item)[None] for item in row))

    def extend(self, *columns: Any) -> None:
        """Remember many rows: each argument has them along its first dimension."""
        arrays = [_array(column) for column in columns]
        if not arrays or any(a.ndim == 0 or len(a) != len(arrays[0]) for a in arrays):
            raise ValueError(f"ReplayBuffer: the columns must have equally many rows, got shapes {[a.shape for a in arrays]}")
        shapes = [a.shape[1:] for a in arrays]
        if not self._columns:
            self._columns = [np.zeros((self.capacity, *a.shape[1:]), a.dtype) for a in arrays]
        elif (expected := [c.shape[1:] for c in self._columns]) != shapes:
            raise ValueError(f"ReplayBuffer: a row must have the shapes of the first, {expected}, got {shapes}")
        count = len(arrays[0])
        kept = min(count, self.capacity)
        at = np.arange(self.added + count - kept, self.added + count) % self.capacity
        for column, a in zip(self._columns, arrays):
            column[at] = a[count - kept :]
        self.added += count

    def sample(self, count: int, generator: mg.Generator | None = None) -> tuple[mg.Tensor, ...]:
        """`count` rows, each drawn from all with the same probability: one Tensor (count, ...) for each item of a row."""
        if not self.added:
            raise IndexError("ReplayBuffer: nothing to draw from, no row was added")
        at = mg.randint(0, len(self), (count,), generator=generator).numpy()
        return tuple(mg.from_numpy(column[at]) for column in self._columns)

    def state_dict(self) -> dict[str, Any]:
        return {"added": self.added, "columns": [column[: len(self)] for column in self._columns]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Raises ValueError if more rows were kept than this buffer has room for."""
        arrays = [np.asarray(column) for column in state["columns"]]
        kept = len(arrays[0]) if arrays else 0
        if kept != min(state["added"], self.capacity):
            raise ValueError(
                f"ReplayBuffer: a state of {kept} rows of {state['added']} is not that of a buffer with room for {self.capacity}"
            )
        self.added = state["added"]
        self._columns = [np.zeros((self.capacity, *a.shape[1:]), a.dtype) for a in arrays]
        for column, a in zip(self._columns, arrays):
            column[:kept] = a


def _array(item: Any) -> np.ndarray:
    a = np.asarray(item.detach().numpy() if isinstance(item, mg.Tensor) else item)
    return a.astype(np.float32) if a.dtype == np.float64 and not isinstance(item, (np.ndarray, np.generic, mg.Tensor)) else a
