"""Two threads against one, of the same library: on a quiet machine, and beside a process that keeps a core busy.

A worker for each library and number of threads; wall time; the rounds interleave them as everywhere. The busy process is pinned nowhere:
the system gives it what share of the cores it likes, as it would a neighbour. Threads that spin and wait for one that is off its core lose
much more than that share."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from benchmarks.cases import Case
from benchmarks.report import processor_time
from benchmarks.runner import Worker, calibrate

LIBRARIES = ("torch",)  # beside minigrad
PAUSE = 0.02  # until the threads of whoever ran before have stopped to spin
TRIES = 4  # to find a moment in which the host of a virtual machine gives both cores
NEIGHBOUR_GOAL = 1.5  # most time of two threads beside a busy process, in times of one thread beside it


@dataclass(frozen=True)
class Scaling:
    """Wall seconds of each round, by library: of one thread and of `threads`."""

    case: Case
    threads: int
    busy: bool
    seconds: dict[str, tuple[list[float], list[float]]]

    def ratio(self, library: str) -> tuple[float, float, float]:
        """Time of one thread over that of several; beside a busy process the other way round: how much slower. Median and quartiles."""
        one, several = (np.array(s) for s in self.seconds[library])
        low, middle, high = np.percentile(several / one if self.busy else one / several, (25, 50, 75))
        return float(middle), float(low), float(high)

    @property
    def goal(self) -> float | None:
        return NEIGHBOUR_GOAL if self.busy else self.case.scales

    @property
    def met(self) -> bool:
        reached = self.ratio("minigrad")[0]
        return self.goal is None or (reached <= self.goal if self.busy else reached >= self.goal)

    def as_json(self) -> dict[str, Any]:
        ratios = {n: dict(zip(("median", "q25", "q75"), self.ratio(n))) for n in self.seconds}
        names = {"case": self.case.name, "threads": self.threads, "busy": self.busy, "goal": self.goal}
        return names | {"ratios": ratios, "seconds": {n: {"one": a, "several": b} for n, (a, b) in self.seconds.items()}}


@contextlib.contextmanager
def neighbour() -> Iterator[None]:
    """A process that computes for nobody."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def undisturbed(run: Callable[[], float]) -> float:
    """The time of a run during which the host took nothing of the processors, or of the one of a few during which it took least."""
    least, best = 0, 0.0
    for number in range(TRIES):
        time.sleep(PAUSE)
        before = processor_time()[1]
        taken = run()
        stolen = processor_time()[1] - before
        if number == 0 or stolen < least:
            least, best = stolen, taken
        if stolen == 0:
            break
    return best


def measure(
    cases: Iterable[Case],
    pythons: dict[str, str],
    threads: int,
    rounds: int,
    seconds: float,
    busy: bool,
    show: Callable[[Scaling], None] = lambda _: None,
) -> list[Scaling]:
    """Of all cases that all libraries can do; `pythons` as in runner.run, minigrad among them or not."""
    everyone = {"minigrad": sys.executable} | pythons
    workers = {(name, n): Worker(name, n, python) for name, python in everyone.items() for n in (1, threads)}
    workers = {key: w for key, w in workers.items() if not w.missing or w.close()}
    results = []
    try:
        with neighbour() if busy else contextlib.nullcontext():
            for case in cases:
                ready = {key for key, w in workers.items() if w.setup(case)[0].status == "ok"}
                names = [n for n in everyone if {(n, 1), (n, threads)} <= ready]
                if "minigrad" not in names:
                    continue
                keys = [(n, t) for n in names for t in (1, threads)]
                calls = {key: calibrate(workers[key], "wall", seconds) for key in keys}
                taken: dict[tuple[str, int], list[float]] = {key: [] for key in keys}
                for number in range(rounds):
                    for key in keys if number % 2 else reversed(keys):
                        taken[key].append(undisturbed(partial(workers[key].run, calls[key], "wall")) / calls[key])
                found = Scaling(case, threads, busy, {n: (taken[n, 1], taken[n, threads]) for n in names})
                results.append(found)
                show(found)
    finally:
        for worker in workers.values():
            worker.close()
    return results


def line(found: Scaling) -> str:
    parts = []
    for name in found.seconds:
        middle, low, high = found.ratio(name)
        parts.append(f"{name} {middle:5.2f} ({low:.2f}-{high:.2f})")
    verdict = "" if found.goal is None else f"  {'ok' if found.met else 'MISSED'} {found.goal:g}"
    return f"{found.case.name:58} {'  '.join(parts)}{verdict}"
