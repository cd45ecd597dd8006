"""Finding the op that made a NaN."""

from __future__ import annotations

from typing import Any

from .. import _core


class set_detect_anomaly:
    """Look for NaN in everything that is recorded and in every gradient; at once, or as a context manager until it is left.

    An op that makes NaN out of numbers raises GradError with its name and the line of the program that called it; a gradient that is NaN
    raises with the op whose rule gave it and the line that recorded that op. Slow: for debugging. Only what is recorded is looked at.
    >>> with set_detect_anomaly(True):
    ...     mg.tensor([-1.0], requires_grad=True).log()  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    minigrad.errors.GradError: log: made NaN out of numbers at ...
    """

    def __init__(self, mode: bool = True, check_nan: bool = True) -> None:
        self.before = _core.watch(bool(mode) and bool(check_nan))

    def __enter__(self) -> None:
        return None

    def __exit__(self, *exc: Any) -> None:
        _core.watch(self.before)


class detect_anomaly(set_detect_anomaly):
    """`set_detect_anomaly(True)` for the block that it heads."""

    def __init__(self, check_nan: bool = True) -> None:
        super().__init__(True, check_nan)


def is_anomaly_enabled() -> bool:
    """Whether NaN is looked for in this thread."""
    return _core.is_watching()
