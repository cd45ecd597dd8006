"""What the loaders return where a TensorDataset does not fit: tables with names of columns, and sequences of different lengths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of numbers, and a class for each.

    x: float32 (N, F), not scaled. y: int64 (N,). columns: the F names. classes: a name for each value of y.
    """

    x: np.ndarray
    y: np.ndarray
    columns: tuple[str, ...]
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, i: int) -> tuple[np.ndarray, np.int64]:
        """A row and its class, as a DataLoader wants them."""
        return self.x[i], self.y[i]

    def rows(self, index: np.ndarray) -> Table:
        """The table of these rows only."""
        return Table(self.x[index], self.y[index], self.columns, self.classes)


@dataclass(frozen=True, eq=False)
class Sequences:
    """Sequences of different lengths, and a class for each.

    x: N arrays whose first axis is time. y: int64 (N,). classes: a name for each value of y.
    """

    x: list[np.ndarray]
    y: np.ndarray
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, i: int) -> tuple[np.ndarray, np.int64]:
        """A sequence and its class, as a DataLoader wants them (with a `collate_fn` that pads)."""
        return self.x[i], self.y[i]

    def rows(self, index: np.ndarray) -> Sequences:
        """These sequences only."""
        return Sequences([self.x[i] for i in index], self.y[index], self.classes)
