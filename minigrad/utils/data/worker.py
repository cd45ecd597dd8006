"""What runs in a worker process: take the indices of a batch, send the batch, until the parent closes the pipe or is gone."""

from __future__ import annotations

import os
import pickle
import random
import select
import signal
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

import minigrad as mg

from . import info
from .dataset import IterableDataset
from .fetch import fetcher
from .info import WorkerInfo
from .shared import SharedFile, Writer

GRACE = 5.0  # seconds that a worker has to finish its sample when it is to end


@dataclass(frozen=True)
class Plan:
    """What a worker is to do, the same for all workers of a loader."""

    dataset: Any
    batched: bool
    collate_fn: Callable[[Any], Any]
    drop_last: bool
    init_fn: Callable[[int], None] | None
    num_workers: int
    base_seed: int


class EndOfSamples:
    """The worker's answer to a task when its IterableDataset has no more."""


class _Message(str):
    """An argument of KeyError that is printed as it is: KeyError prints the repr, newlines as backslash n."""

    def __repr__(self) -> str:
        return str(self)


class Failure:
    """An exception on its way to the parent, which raises one of the same type with the worker's traceback as its text."""

    def __init__(self, error: BaseException, where: str) -> None:
        name, trace = type(error).__name__, "".join(traceback.format_exception(error))
        self.text = f"Caught {name} {where}.\nOriginal {trace}"
        # A class that the parent cannot import, and StopIteration, which would end the parent's loop without a word, are RuntimeErrors.
        self.kind: type[BaseException] = RuntimeError if isinstance(error, StopIteration) else type(error)
        try:
            pickle.dumps(self.kind)
        except Exception:
            self.kind = RuntimeError

    def error(self) -> BaseException:
        try:
            return self.kind(_Message(self.text) if self.kind is KeyError else self.text)
        except Exception:  # it takes other arguments
            return RuntimeError(self.text)


def run(plan: Plan, number: int, tasks: Connection, results: Connection, file: SharedFile) -> None:
    """The life of worker `number`."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # not a handler of the parent's: it would be meant for the parent
    try:
        threading.Thread(target=_end_with_parent, args=(tasks.fileno(),), daemon=True).start()
        _seed(plan, number)
        _serve(plan, number, tasks, results, Writer(file))
    except (KeyboardInterrupt, EOFError, BrokenPipeError, ConnectionResetError):
        pass  # Ctrl-C goes to the parent too, which answers it; and a parent that closed its ends wants no more


def _end_with_parent(tasks: int) -> None:
    """A worker that is busy does not notice that its parent closed the pipe, or died; this thread does."""
    poller = select.poll()
    poller.register(tasks, 0)  # no data, only the other end closed
    poller.poll()
    time.sleep(GRACE)
    os._exit(1)


def _seed(plan: Plan, number: int) -> None:
    mg.set_num_threads(1)  # the workers are the threads
    seed = plan.base_seed + number
    random.seed(seed)
    mg.manual_seed(seed)
    # Python and NumPy have one algorithm: from the same seed they would draw the same numbers.
    np.random.seed(np.random.SeedSequence([number, plan.base_seed]).generate_state(4))  # noqa: NPY002
    info.enter(WorkerInfo(number, plan.num_workers, seed, plan.dataset))


def _serve(plan: Plan, number: int, tasks: Connection, results: Connection, writer: Writer) -> None:
    where = f"in DataLoader worker process {number}"
    failed = None
    if plan.init_fn is not None:
        try:
            plan.init_fn(number)
        except Exception as error:
            failed = Failure(error, where)
    fetch: Any = None
    while True:
        task, indices, regions = pickle.loads(tasks.recv_bytes())
        writer.give_back(regions)
        if task is None:  # a new epoch
            fetch = None
            continue
        if fetch is EndOfSamples:
            continue
        try:
            if failed is None and fetch is None:
                fetch = fetcher(plan.dataset, plan.batched, plan.collate_fn, plan.drop_last)
            value = failed or fetch(indices)
        except Exception as error:
            if isinstance(error, StopIteration) and isinstance(plan.dataset, IterableDataset):
                value = fetch = EndOfSamples
            else:
                value = Failure(error, where)
        try:
            message = writer.message(value)
        except Exception as error:  # a batch that cannot be pickled
            message = writer.message(Failure(error, where))
        del value
        results.send_bytes(pickle.dumps((task, *message), 5))
