"""An epoch from worker processes.

Each worker has two pipes and a file in memory of its own, so there are no locks: one that is killed leaves none held, and its pipe
ends. Tasks go round; as a worker answers in the order it was asked, the next batch is always the next answer of a known worker, and
the order is that of a single process. The parent never waits in order to write: what a pipe does not take stays here until it
does, so the two cannot wait for each other.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import select
import signal
import struct
import threading
import time
import warnings
import weakref
from collections import deque
from collections.abc import Callable, Iterable
from itertools import cycle
from typing import Any

from . import worker
from .shared import Reader, SharedFile

_LOOK_AFTER = 1.0  # seconds between looks at whether a silent worker is alive (its pipe may be held open by a child of its own)

_workers: weakref.WeakSet[Worker] = weakref.WeakSet()


class Worker:
    """The parent's view of a worker process."""

    def __init__(self, plan: worker.Plan, number: int, context: Any) -> None:
        file = self._file = SharedFile()
        tasks, self._tasks = context.Pipe(duplex=False)
        self._results, results = context.Pipe(duplex=False)
        os.set_blocking(self._tasks.fileno(), False)
        self.reader = Reader(file)
        self.outstanding = 0
        self.active = True  # in this epoch
        self._unsent = bytearray()
        lent = SharedFile(os.dup(file.fd))
        self.process = context.Process(target=worker.run, args=(plan, number, tasks, results, lent), daemon=True)
        _workers.add(self)
        try:
            _start(self.process)
        except BaseException:
            self.close()
            raise
        finally:
            for end in (tasks, results, lent):
                end.close()

    def ask(self, task: int | None, indices: Any = None) -> None:
        data = pickle.dumps((task, indices, self.reader.take_returned()), 5)
        self._unsent += struct.pack("!i", len(data)) + data  # as Connection.recv_bytes reads it
        self.flush()

    def flush(self) -> None:
        """Write what the pipe takes without waiting."""
        with contextlib.suppress(BlockingIOError):
            try:
                while self._unsent:
                    del self._unsent[: os.write(self._tasks.fileno(), self._unsent)]
            except BrokenPipeError:
                self._unsent.clear()  # it died: seen when its answer is asked for

    def watch(self, poller: Any) -> int:
        """Register what to wake up for; where results come in."""
        if self._unsent:
            poller.register(self._tasks.fileno(), select.POLLOUT)
        poller.register(self._results.fileno(), select.POLLIN)
        return self._results.fileno()

    def answer(self) -> Any:
        """The next message: task, stream, places; None if the worker has ended."""
        try:
            return pickle.loads(self._results.recv_bytes())
        except (EOFError, OSError):
            self.process.join(_LOOK_AFTER)
            return None

    def ended(self) -> RuntimeError:
        """The error that says how."""
        code, pid = self.process.exitcode, self.process.pid
        if code is not None and code < 0:
            return RuntimeError(f"DataLoader worker (pid {pid}) is killed by signal: {signal.strsignal(-code)} (exit code {code})")
        return RuntimeError(
            f"DataLoader worker (pid {pid}) exited unexpectedly with exit code {code}. Details are lost due to multiprocessing. "
            "Rerunning with num_workers=0 may give better error trace."
        )

    def readable(self) -> bool:
        poller = select.poll()
        poller.register(self._results.fileno(), select.POLLIN)
        return bool(poller.poll(0))

    def close(self) -> None:
        """Close this process's ends, which ends the worker."""
        self._tasks.close()
        self._results.close()
        self._file.close()


def _forked() -> None:
    """A process forked from this one, worker or not, must not hold the ends of pipes by which workers see that this one is gone."""
    for each in list(_workers):
        each.close()


os.register_at_fork(after_in_child=_forked)


def _start(process: Any) -> None:
    with warnings.catch_warnings():
        if threading.active_count() == 1:
            # Python 3.12 warns of forks of processes with threads. The only ones here are those of the kernels, which see to forks.
            warnings.filterwarnings("ignore", ".*fork", DeprecationWarning)
        process.start()


def _end(owner: int, workers: list[Worker]) -> None:
    """End the workers and wait for them."""
    if os.getpid() != owner:
        return
    for each in workers:
        each.close()
    deadline = time.monotonic() + worker.GRACE + 1
    for each in workers:
        each.process.join(max(0.0, deadline - time.monotonic()))
        if each.process.exitcode is None:
            each.process.kill()
            each.process.join()
        each.process.close()
    workers.clear()


class ParallelIterator:
    """The batches of an epoch; with persistent workers, `reset` begins the next."""

    def __init__(
        self,
        plan: worker.Plan,
        batches: Iterable[Any],
        *,
        context: Any,
        prefetch_factor: int,
        timeout: float,
        in_order: bool,
        persistent: bool,
    ) -> None:
        self._timeout, self._in_order, self._persistent, self._prefetch = timeout, in_order, persistent, prefetch_factor
        self._workers: list[Worker] = []
        self.close: Callable[[], Any] = weakref.finalize(self, _end, os.getpid(), self._workers)
        try:
            for number in range(plan.num_workers):
                self._workers.append(Worker(plan, number, context or multiprocessing.get_context()))
        except BaseException:
            self.close()
            raise
        self._next_task = 0
        self._begin(batches)

    def reset(self, batches: Iterable[Any]) -> ParallelIterator:
        """Begin an epoch with the same workers. Answers to tasks of the one before are thrown away when they come."""
        for each in self._workers:
            each.active, each.outstanding = True, 0
            each.ask(None)
        self._begin(batches)
        return self

    @property
    def alive(self) -> bool:
        return bool(self._workers)

    def _begin(self, batches: Iterable[Any]) -> None:
        self._batches = iter(batches)
        self._turn = cycle(self._workers)
        self._first_task = self._next_task
        self._due: deque[Worker] = deque()  # in the order of their tasks
        for _ in range(self._prefetch * len(self._workers)):
            self._assign()

    def _assign(self) -> None:
        """Give the next task to the worker whose turn it is; out of order, to one that has room for it."""
        active = sum(each.active for each in self._workers)
        room = self._prefetch * len(self._workers) // max(active, 1)
        for _ in self._workers:
            each = next(self._turn)
            if each.active and (self._in_order or each.outstanding < room):
                break
        else:
            return
        try:
            indices = next(self._batches)
        except StopIteration:
            return
        each.ask(self._next_task, indices)
        each.outstanding += 1
        self._next_task += 1
        self._due.append(each)

    def __iter__(self) -> ParallelIterator:
        return self

    def __next__(self) -> Any:
        while self._due:
            each = self._ready(list(dict.fromkeys(self._due)) if not self._in_order else [self._due[0]])
            try:
                answer = each.answer()
            except BaseException as error:  # Ctrl-C while half a message was read
                raise self._over(error) from None
            if answer is None:
                raise self._over(each.ended())
            task, stream, places = answer
            if task < self._first_task:
                each.reader.discard(places)
                continue
            value = each.reader.value(stream, places)
            each.outstanding -= 1
            self._due.remove(each)
            if value is worker.EndOfSamples:
                each.active = False
                self._due = deque(other for other in self._due if other is not each)
                self._assign()
                continue
            self._assign()
            if isinstance(value, worker.Failure):
                raise value.error()
            return value
        if not self._persistent:
            self.close()
        raise StopIteration

    def _ready(self, candidates: list[Worker]) -> Worker:
        """One of them that has an answer, or has ended."""
        deadline = time.monotonic() + self._timeout
        while True:
            poller = select.poll()
            where = {each.watch(poller): each for each in candidates}
            wait = min(_LOOK_AFTER, deadline - time.monotonic()) if self._timeout > 0 else _LOOK_AFTER
            events = poller.poll(max(wait, 0.0) * 1000)
            for fd, _ in events:
                if fd in where:
                    return where[fd]
            for each in candidates:
                each.flush()
                if not events and each.process.exitcode is not None and not each.readable():
                    raise self._over(each.ended())
            if self._timeout > 0 and time.monotonic() >= deadline:
                raise self._over(RuntimeError(f"DataLoader timed out after {self._timeout} seconds"))

    def _over(self, error: BaseException) -> BaseException:
        self._due.clear()
        self.close()
        return error
