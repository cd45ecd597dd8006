"""How training shows itself: a live bar through rich on a terminal, one line an epoch elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

SMOOTHING = 0.05  # weight of the newest batch in the loss and accuracy of the bar


def watcher(epochs: int, images: int) -> Lines | Bar:
    """The bar where there is a terminal and rich, else lines. `images`: in all epochs together."""
    if sys.stdout.isatty():
        try:
            return Bar(epochs, images)
        except ImportError:
            pass
    return Lines(epochs, images)


class Lines:
    def __init__(self, epochs: int, images: int) -> None:
        self.epochs, self.images, self.seen = epochs, images, 0

    def __enter__(self) -> Lines:
        self.start = time.perf_counter()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        return None

    def batch(self, images: int, loss: float, accuracy: float) -> None:
        self.seen += images

    def epoch(self, number: int, loss: float, accuracy: float, test_accuracy: float) -> None:
        seconds = time.perf_counter() - self.start
        rate = self.seen / seconds
        print(
            f"epoch {number:{len(str(self.epochs))}}/{self.epochs}  loss {loss:.4f}  accuracy {accuracy:7.2%}  test {test_accuracy:7.2%}"
            f"  {rate:6,.0f} images/s  {(self.images - self.seen) / rate:4.0f} s left",
            flush=True,
        )


class Bar:
    def __init__(self, epochs: int, images: int) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self.epochs, self.done = epochs, 0
        self.loss = self.accuracy = self.test = float("nan")
        self.progress = Progress(
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(),
            TextColumn("loss {task.fields[loss]:.3f}  accuracy {task.fields[accuracy]:.1%}  test {task.fields[test]}"),
            TextColumn("{task.fields[rate]:,.0f} images/s"),
            TimeRemainingColumn(compact=True),
        )
        self.task = self.progress.add_task("", total=images, **self.fields())

    def fields(self) -> dict[str, Any]:
        test = "-" if self.test != self.test else f"{self.test:.1%}"
        speed = self.progress.tasks[0].speed if self.progress.tasks else None
        return {
            "epoch": f"{min(self.done + 1, self.epochs)}/{self.epochs}",
            "loss": self.loss,
            "accuracy": self.accuracy,
            "test": test,
            "rate": speed or 0,
        }

    def __enter__(self) -> Bar:
        self.progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.progress.stop()

    def batch(self, images: int, loss: float, accuracy: float) -> None:
        for name, value in (("loss", loss), ("accuracy", accuracy)):
            old = getattr(self, name)
            setattr(self, name, value if old != old else old + SMOOTHING * (value - old))
        self.progress.update(self.task, advance=images, **self.fields())

    def epoch(self, number: int, loss: float, accuracy: float, test_accuracy: float) -> None:
        self.done, self.test = number, test_accuracy
        self.progress.update(self.task, **self.fields())
