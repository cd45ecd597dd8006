"""What was measured in a training run: one row of numbers an epoch."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

MODES = {"min": min, "max": max}


class History(Sequence[dict[str, float]]):
    """Rows of named numbers, in order. A row need not have all names.

    >>> history = History([{"loss": 2.0}, {"loss": 1.0, "accuracy": 0.5}])
    >>> history["loss"], history.best("loss", "min")
    ([2.0, 1.0], 1)
    """

    def __init__(self, rows: Iterable[Mapping[str, float]] = ()) -> None:
        self._rows = [dict(row) for row in rows]

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[dict[str, float]]:
        return iter(self._rows)

    @overload
    def __getitem__(self, at: str) -> list[float]: ...
    @overload
    def __getitem__(self, at: int) -> dict[str, float]: ...
    @overload
    def __getitem__(self, at: slice) -> list[dict[str, float]]: ...
    def __getitem__(self, at: Any) -> Any:
        """A row by number, or the column of a name: its values in the rows that have it. Raises KeyError if none has."""
        if not isinstance(at, str):
            return self._rows[at]
        column = [row[at] for row in self._rows if at in row]
        if not column:
            raise KeyError(f"History: no {at!r}; there are: {', '.join(self.names) or 'no rows yet'}")
        return column

    @property
    def names(self) -> list[str]:
        """All names, in the order in which they first came."""
        return list(dict.fromkeys(name for row in self._rows for name in row))

    def append(self, row: Mapping[str, float]) -> None:
        self._rows.append(dict(row))

    def best(self, name: str, mode: str) -> int:
        """The number of the row with the smallest ("min") or largest ("max") value of `name`; of equals the first.

        Raises ValueError for another mode, KeyError if no row has the name.
        """
        if mode not in MODES:
            raise ValueError(f"History.best: mode must be 'min' or 'max', got {mode!r}")
        chosen = MODES[mode](self[name])
        return next(i for i, row in enumerate(self._rows) if row.get(name) == chosen or (chosen != chosen and name in row))

    def to_csv(self, path: str | Path) -> None:
        """Write the rows as a table with a line of names."""
        with open(path, "w", newline="") as file:
            table = csv.DictWriter(file, self.names)
            table.writeheader()
            table.writerows(self._rows)

    def state_dict(self) -> dict[str, Any]:
        return {"rows": [dict(row) for row in self._rows]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._rows = [dict(row) for row in state["rows"]]

    def __repr__(self) -> str:
        last = ", ".join(f"{name}={value:.4g}" for name, value in self._rows[-1].items()) if self._rows else ""
        return f"History({len(self)} rows{'; last: ' + last if last else ''})"
