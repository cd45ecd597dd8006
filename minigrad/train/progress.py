"""How a loop shows itself: a live bar through rich on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Protocol


class Watch(Protocol):
    """Whoever shows the progress of a loop."""

    def begin(self, done: int) -> None:
        """A round begins; `done` are behind us."""

    def within(self, share: float) -> None:
        """So much of the round is done."""

    def row(self, done: int, row: Mapping[str, float]) -> None:
        """A round has ended with these numbers."""

    def end(self) -> None:
        """The loop is left."""


def watch(total: int, unit: str, every: int = 1) -> Watch:
    """The bar where there is a terminal and rich, else lines."""
    if sys.stdout.isatty():
        try:
            return Bar(total, unit)
        except ImportError:
            pass
    return Lines(total, unit, every)


def shown(name: str, value: float) -> str:
    """`value` as it is read: a share in per cent where the name says that it is one."""
    share = name.split()[-1] in ("accuracy", "error", "share", "dice") and 0 <= value <= 1
    return f"{name} {value:.2%}" if share else f"{name} {value:.4g}"


def duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}" if minutes >= 60 else f"{minutes}:{seconds:02}"


class Clock:
    """How long the rest will take, from the rounds since the loop was (re)started."""

    def __init__(self, total: int) -> None:
        self.total, self.first, self.start = total, -1, 0.0

    def begin(self, done: int) -> None:
        if self.first < 0:
            self.first, self.start = done, time.perf_counter()

    def left(self, done: float) -> float:
        return (time.perf_counter() - self.start) * (self.total - done) / max(done - self.first, 1e-9)


class Lines:
    def __init__(self, total: int, unit: str, every: int) -> None:
        self.total, self.unit, self.every = total, unit, every
        self.clock = Clock(total)

    def begin(self, done: int) -> None:
        if done and self.clock.first < 0:
            print(f"goes on after {self.unit} {done}", flush=True)
        self.clock.begin(done)

    def within(self, share: float) -> None:
        pass

    def row(self, done: int, row: Mapping[str, float]) -> None:
        if done % self.every == 0 or done == self.total:
            parts = [f"{self.unit} {done:{len(str(self.total))}}/{self.total}", *(shown(*item) for item in row.items())]
            print("  ".join([*parts, f"{duration(self.clock.left(done))} left"]), flush=True)

    def end(self) -> None:
        pass


class Bar:
    def __init__(self, total: int, unit: str) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self.total, self.unit, self.done = total, unit, 0
        self.clock = Clock(total)
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[numbers]}"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
        )
        self.task = self.progress.add_task(unit, total=total, numbers="", left="")

    def begin(self, done: int) -> None:
        self.clock.begin(done)
        self.done = done
        self.progress.start()
        self.progress.update(self.task, completed=done, description=f"{self.unit} {done + 1}/{self.total}")

    def within(self, share: float) -> None:
        self.progress.update(self.task, completed=self.done + share, left=f"{duration(self.clock.left(self.done + share))} left")

    def row(self, done: int, row: Mapping[str, float]) -> None:
        numbers = "  ".join(shown(*item) for item in row.items())
        self.progress.update(self.task, completed=done, numbers=numbers, left=f"{duration(self.clock.left(done))} left")

    def end(self) -> None:
        self.progress.stop()
