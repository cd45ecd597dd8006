"""Where the time goes, op by op: `with profile() as prof: ...` and then `print(prof)`.

Every op that has a kernel or a NumPy reference is noted on the way to it, in the forward and the backward pass and in optimizers alike. An
op's time is its own, without that of other ops within it; what is left of the whole is Python and the engine between the ops. Noting an op
costs about a microsecond, so that of many small ops the rest is seen larger than it is.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

import minigrad as mg

from . import _core, registry

__all__ = ["EventList", "FunctionEventAvg", "ProfilerActivity", "profile", "record_function", "schedule"]


class ProfilerActivity(Enum):
    """What PyTorch's profiler can look at; here there is the CPU."""

    CPU = 0
    CUDA = 1


class FunctionEventAvg(NamedTuple):
    """One line of the table: an op with all its calls. Times in microseconds."""

    key: str
    count: int  # type: ignore[assignment]
    cpu_time_total: float  # with what ran within it
    self_cpu_time_total: float
    flops: float  # operations, where the op declares its cost; else 0

    @property
    def cpu_time(self) -> float:
        """Time of one call, on average."""
        return self.cpu_time_total / self.count

    @property
    def gflops(self) -> float:
        """Billions of operations in a second of the op's own time."""
        return self.flops / self.self_cpu_time_total / 1e3 if self.self_cpu_time_total else 0.0


class EventList(list):
    """The lines of a profile, and the time from its beginning to its end in microseconds."""

    def __init__(self, rows: list[FunctionEventAvg], elapsed: float) -> None:
        super().__init__(rows)
        self.elapsed = elapsed

    def table(self, sort_by: str = "self_cpu_time_total", row_limit: int = 100) -> str:
        """The lines as text, the longest first; `sort_by` is a field of `FunctionEventAvg`."""
        if sort_by not in (*FunctionEventAvg._fields, "cpu_time", "gflops"):
            raise ValueError(f"table: sort_by must be one of {', '.join(FunctionEventAvg._fields)}, cpu_time or gflops, got {sort_by!r}")
        rows = sorted(self, key=lambda row: getattr(row, sort_by), reverse=sort_by != "key")
        best = peak()
        inside = sum(row.self_cpu_time_total for row in self)
        lines = [f"{'op':<32} {'calls':>7} {'self ms':>10} {'share':>7} {'us a call':>10} {'GFLOP/s':>8} {'of best':>8}"]
        for row in rows[: row_limit if row_limit > 0 else None]:
            rate = f"{row.gflops:8.1f} {row.gflops / best:8.0%}" if row.flops else f"{'':>8} {'':>8}"
            share = row.self_cpu_time_total / self.elapsed if self.elapsed else 0
            lines.append(
                f"{row.key[:32]:<32} {row.count:>7} {row.self_cpu_time_total / 1e3:>10.3f} {share:>7.1%} {row.cpu_time:>10.1f} {rate}"
            )
        rest = self.elapsed - inside
        lines.append(f"{'between the ops':<32} {'':>7} {rest / 1e3:>10.3f} {rest / max(self.elapsed, 1e-9):>7.1%}")
        lines.append(
            f"{self.elapsed / 1e3:.3f} ms in all; best: {best:.1f} GFLOP/s, a float32 matrix product on {mg.get_num_threads()} threads"
        )
        return "\n".join(line.rstrip() for line in lines)

    __str__ = table


def peak() -> float:
    """GFLOP/s of a float32 product of 384 x 384 matrices: the best of a few, measured when it is first asked for."""
    threads = mg.get_num_threads()
    if threads not in _peaks:
        n = 384
        a, b, best = mg.ones(n, n), mg.ones(n, n), 0.0
        with mg.no_grad():
            for _ in range(8):
                start = time.perf_counter()
                a @ b
                best = max(best, 2 * n**3 / (time.perf_counter() - start) / 1e9)
        _peaks[threads] = best
    return _peaks[threads]


_peaks: dict[int, float] = {}


def _operations(name: str, arrays: tuple[Any, ...], params: tuple[Any, ...], result: Any) -> float | None:
    """What a general op's declaration says of its cost."""
    # The engine calls an op by its name without underscores; the function that users call may have the same.
    op = next((op for op in map(registry.OPS.get, (f"_{name}", name)) if op is not None and callable(op.cost)), None)
    if op is None:
        return None
    try:
        given = [a.numpy(force=True) if isinstance(a, mg.Tensor) else a for a in arrays]
        work = op.work(registry.Sample(*given, **dict(zip(op.params, params, strict=False))), result)
    except Exception:  # a profile goes on without a number
        return None
    return None if work is None else work.flops


def schedule(*, wait: int = 0, warmup: int = 0, active: int, repeat: int = 0, skip_first: int = 0, **_: Any) -> Callable[[int], bool]:
    """Which steps a profile notes, for `profile(schedule=...)` and its `step()`: `active` of them after `wait + warmup`, `repeat` times (0:
    always).

    >>> [schedule(wait=1, warmup=1, active=2, repeat=1)(step) for step in range(5)]
    [False, False, True, True, False]
    """

    def active_at(step: int) -> bool:
        step -= skip_first
        cycle = wait + warmup + active
        return step >= 0 and (repeat == 0 or step < cycle * repeat) and step % cycle >= wait + warmup

    return active_at


class profile:
    """Note every op that runs in the `with` block, in this thread and others.

    Args: schedule: which steps to note, each ended by `step()`; on_trace_ready: called with the profile at the end. PyTorch's other
          arguments are accepted.
    >>> with mg.profiler.profile() as prof:
    ...     y = mg.ones(64, 64) @ mg.ones(64, 64)
    >>> [(row.key, row.count, int(row.flops)) for row in prof.key_averages() if row.key == "matmul"]
    [('matmul', 1, 524288)]
    """

    def __init__(
        self,
        *,
        activities: Any = None,
        schedule: Callable[[int], Any] | None = None,
        on_trace_ready: Callable[[profile], Any] | None = None,
        record_shapes: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_flops: bool = False,
        with_modules: bool = False,
        **_: Any,
    ) -> None:
        self._schedule, self._ready = schedule, on_trace_ready
        self._profile = _core.Profile(_operations)
        self._before: Any = None
        self._on, self._step, self._started, self._elapsed = False, 0, 0, 0

    def __enter__(self) -> profile:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin; the `with` statement calls it."""
        mg.ops.load()
        self._switch(self._schedule is None or bool(self._schedule(0)))

    def stop(self) -> None:
        """End; the `with` statement calls it."""
        self._switch(False)
        if self._ready is not None:
            self._ready(self)

    def step(self) -> None:
        """End a step of the program, for `schedule`."""
        self._step += 1
        if self._schedule is not None:
            self._switch(bool(self._schedule(self._step)))

    def _switch(self, on: bool) -> None:
        if on and not self._on:
            self._before, self._started = _core.install_profile(self._profile), time.perf_counter_ns()
        elif self._on and not on:
            self._elapsed += time.perf_counter_ns() - self._started
            _core.install_profile(self._before)
        self._on = on

    def events(self) -> list[tuple[str, int, int, int, float]]:
        """(name, start, end, own time, operations) of every op in the order of their ends; times in nanoseconds."""
        return list(self._profile.events)

    def key_averages(self, *args: Any, **kwargs: Any) -> EventList:
        """The lines of the table: one for each name."""
        found: dict[str, list[float]] = {}
        for name, start, end, own, flops in self._profile.events:
            row = found.setdefault(name, [0, 0, 0, 0])
            row[0] += 1
            row[1] += (end - start) / 1e3
            row[2] += own / 1e3
            row[3] += flops
        return EventList([FunctionEventAvg(name, int(n), *rest) for name, (n, *rest) in found.items()], self._elapsed / 1e3)

    def __str__(self) -> str:
        return self.key_averages().table()

    def export_chrome_trace(self, path: Any) -> None:
        """Write the events as a timeline that chrome://tracing and Perfetto show."""
        events = [
            {"name": name, "ph": "X", "ts": start / 1e3, "dur": (end - start) / 1e3, "pid": 0, "tid": 0}
            for name, start, end, *_ in self._profile.events
        ]
        Path(path).write_text(json.dumps({"traceEvents": events}))


@contextmanager
def record_function(name: str, args: Any = None) -> Iterator[None]:
    """Give a part of the program a line of its own in the profile.

    >>> with mg.profiler.profile() as prof, mg.profiler.record_function("mine"):
    ...     y = mg.ones(3) + 1
    >>> "mine" in [row.key for row in prof.key_averages()]
    True
    """
    running = _core.begin_part(name)
    try:
        yield
    finally:
        if running is not None:
            running.end_part()
