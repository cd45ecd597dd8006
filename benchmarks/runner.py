"""Run cases on workers: the same inputs for all, equality before timing, then interleaved rounds.

Time is processor time with one thread (on a busy machine, time in which others ran is not ours), and wall time with more.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import peers, wire
from benchmarks.cases import Case

ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Timing:
    """Of one peer in one case. Seconds for each call, one value a round."""

    status: str = "ok"  # or why there is no time: "missing", "lacks", "differs", "error"
    reason: str = ""
    calls: int = 0  # in one round
    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return float(np.median(self.seconds))


@dataclass
class Result:
    case: Case
    threads: int
    timings: dict[str, Timing]
    bytes: float = 0  # inputs and outputs, once each

    def ratio(self, peer: str) -> tuple[float, float, float] | None:
        """How many times the peer's time is ours: median over the rounds, and its quartiles."""
        ours, theirs = self.timings["minigrad"], self.timings.get(peer)
        if theirs is None or theirs.status != "ok" or ours.status != "ok":
            return None
        ratios = np.array(theirs.seconds) / np.array(ours.seconds)
        low, middle, high = np.percentile(ratios, (25, 50, 75))
        return float(middle), float(low), float(high)

    def as_json(self) -> dict[str, Any]:
        case = self.case
        return {
            "case": case.name, "op": case.op, "kind": case.kind, "family": case.family, "backward": case.backward, "threads": self.threads,
            "flops": case.flops, "bytes": self.bytes, "goals": case.goals,
            "timings": {n: asdict(t) | ({"median": t.median} if t.seconds else {}) for n, t in self.timings.items()},
            "ratios": {n: dict(zip(("median", "q25", "q75"), r)) for n in self.timings if n != "minigrad" and (r := self.ratio(n))},
        }  # fmt: skip


class Worker:
    """A peer in its own process."""

    def __init__(self, name: str, threads: int, python: str = sys.executable) -> None:
        self.name, self.threads, self.python = name, threads, python
        self.start()

    def start(self) -> None:
        # Whoever tuned OpenBLAS for this machine by hand tuned one peer only.
        env = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")} | peers.environment(self.threads)
        self.stderr = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [self.python, "-m", "benchmarks.worker", self.name, str(self.threads)],
            cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.stderr,
        )  # fmt: skip
        hello = self.hear()
        self.version, self.missing = hello.get("version", ""), hello.get("missing") or hello.get("error", "")

    def hear(self) -> dict[str, Any]:
        try:
            return wire.receive(self.process.stdout)
        except wire.Closed:
            self.stderr.seek(0)
            last = self.stderr.read().decode(errors="replace").strip().splitlines()[-1:]
            return {"error": f"the process ended: {last[0] if last else 'no message'}"}

    def ask(self, **message: Any) -> dict[str, Any]:
        if self.process.poll() is not None:
            self.close()
            self.start()
        try:
            wire.send(self.process.stdin, message)
        except wire.Closed:
            pass
        return self.hear()

    def setup(self, case: Case) -> tuple[Timing, list[np.ndarray]]:
        if self.missing:
            return Timing("missing", self.missing), []
        reply = self.ask(do="setup", case=case.message())
        if "outputs" in reply:
            return Timing(), reply["outputs"]
        status = "lacks" if "lacks" in reply else "error"
        return Timing(status, reply.get(status, "")), []

    def run(self, n: int, clock: str) -> float:
        reply = self.ask(do="run", n=n)
        if clock not in reply:
            raise RuntimeError(reply.get("error", "no answer"))
        return max(reply[clock], 1e-9)

    def close(self) -> None:
        with contextlib.suppress(BrokenPipeError):  # it may have ended by itself
            self.process.stdin.close()
        if self.process.poll() is None:
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()
        self.stderr.close()


def difference(ours: list[np.ndarray], theirs: list[np.ndarray], case: Case) -> str:
    """Where two lists of outputs differ, or nothing. A value is measured against the largest of its array, but not against less than
    a hundredth of the largest of all: where a gradient cancels to nothing, what remains is rounding."""
    if len(ours) != len(theirs):
        return f"{len(theirs)} outputs instead of {len(ours)}"
    everywhere = max((largest(a) for a in ours), default=0.0)
    for i, (a, b) in enumerate(zip(ours, theirs)):
        if a.shape != b.shape:
            return f"output {i} has shape {b.shape} instead of {a.shape}"
        if not case.exact or not a.size:
            continue
        a, b = a.astype(np.float64), b.astype(np.float64)
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        if same.all():
            continue
        scale = max(largest(a), everywhere / 100)
        with np.errstate(invalid="ignore"):
            error = float(np.where(same, 0, np.abs(a - b)).max())
        if not error <= case.tolerance * scale:
            return f"output {i} differs by {error:.1e}, its largest value is {scale:.1e}"
    return ""


def largest(a: np.ndarray) -> float:
    a = a.astype(np.float64)
    return float(np.abs(a[np.isfinite(a)]).max(initial=0))


def calibrate(worker: Worker, clock: str, seconds: float) -> int:
    """How many calls take about `seconds`."""
    worker.run(1, clock)
    n = 1
    while (took := worker.run(n, clock)) < seconds / 2:
        n = min(max(2 * n, int(n * seconds / took)), 16 * n)
    return max(1, round(n * seconds / took)) if took > seconds else n


def measure(case: Case, workers: dict[str, Worker], threads: int, rounds: int, seconds: float) -> Result | None:
    """None where the case does not exist for minigrad itself: the backward of what has no gradient."""
    clock = "cpu" if threads == 1 else "wall"
    ours, expected = workers["minigrad"].setup(case)
    if ours.status == "lacks":
        return None
    result = Result(case, threads, {"minigrad": ours})
    if ours.status != "ok":
        return result
    result.bytes = case.bytes or size(case.arrays) + size(list(case.params.values())) + size(expected)
    for name, worker in workers.items():
        if name != "minigrad":
            timing, got = worker.setup(case)
            if timing.status == "ok" and (why := difference(expected, got, case)):
                timing = Timing("differs", why)
            result.timings[name] = timing
    for name, timing in result.timings.items():
        if timing.status == "ok":
            try:
                timing.calls = calibrate(workers[name], clock, seconds)
            except RuntimeError as error:
                timing.status, timing.reason = "error", str(error)
    names = [name for name, timing in result.timings.items() if timing.status == "ok"]
    for number in range(rounds):
        for name in names if number % 2 else reversed(names):
            timing = result.timings[name]
            timing.seconds.append(workers[name].run(timing.calls, clock) / timing.calls)
    return result


def size(value: Any) -> int:
    if isinstance(value, (list, tuple)):
        return sum(size(v) for v in value)
    return value.nbytes if isinstance(value, np.ndarray) else 0


def run(
    cases: Iterable[Case],
    pythons: dict[str, str],
    threads: int,
    rounds: int,
    seconds: float,
    show: Callable[[Result, dict[str, Worker]], None],
) -> tuple[list[Result], dict[str, str]]:
    """All cases with one number of threads; the results, and the version of each peer or why it is missing."""
    workers = {"minigrad": Worker("minigrad", threads)}
    try:
        if workers["minigrad"].missing:
            raise SystemExit(f"benchmarks: minigrad does not start: {workers['minigrad'].missing}")
        workers |= {name: Worker(name, threads, python) for name, python in pythons.items()}
        results = []
        for case in cases:
            result = measure(case, workers, threads, rounds, seconds)
            if result is not None:
                results.append(result)
                show(result, workers)
        return results, {name: w.version or f"missing: {w.missing}" for name, w in workers.items()}
    finally:
        for worker in workers.values():
            worker.close()
