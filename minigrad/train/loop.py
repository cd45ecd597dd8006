"""A loop that can be interrupted and goes on where it was."""

from __future__ import annotations

import copy
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

import minigrad as mg
from minigrad.errors import FormatError

from .history import History
from .progress import watch

SECONDS = 5.0  # between checkpoints, since a quick epoch should not wait for the disk

T = TypeVar("T")


class Loop:
    """Count to `total`, showing how it goes, and keep `state` in a checkpoint.

    Args:
        total: how many rounds (epochs, steps, episodes) there are.
        checkpoint: a file to keep the state in (`.npz`; None: nowhere). If it exists, the loop goes on from it.
        callbacks: called with the loop after each round, in order; those with a `state_dict` are part of the state.
        unit: what a round is called.
        every: rounds from one line of progress to the next, where the output is no terminal.
        state: whatever changes from round to round: modules, optimizers, schedules and all that has a `state_dict` and a
            `load_state_dict`; generators of minigrad, NumPy and Python; tensors and arrays; lists and dicts of plain values or tensors.
            minigrad's own generator is always part of it.

    The file is written, atomically, at most every few seconds, after the last round and after `stop`. A round that was interrupted is
    done again from its beginning, so that the result is the same as without the interruption, to the bit, if the rounds depend on
    nothing but the state. Iterating over a loop that is at its end does nothing but restore its state.

    >>> model = mg.nn.Linear(2, 1)
    >>> optimizer = mg.optim.SGD(model.parameters(), lr=0.1)
    >>> loop = Loop(3, progress=False, model=model, optimizer=optimizer)
    >>> for epoch in loop:
    ...     loss = model(mg.ones(4, 2)).square().mean()
    ...     optimizer.zero_grad(); loss.backward(); optimizer.step()
    ...     loop.log(loss=loss)
    >>> len(loop.history)
    3
    """

    def __init__(
        self,
        total: int,
        checkpoint: str | Path | None = None,
        /,
        *,
        callbacks: Iterable[Callable[[Loop], Any]] = (),
        unit: str = "epoch",
        every: int = 1,
        progress: bool = True,
        **state: Any,
    ) -> None:
        self.total, self.unit = total, unit
        self.checkpoint = None if checkpoint is None else Path(checkpoint)
        self.history = History()
        self.done = 0  # rounds that are behind us
        self.seconds = 0.0  # that they took
        self.earlier = 0.0  # of these, in runs that were interrupted
        self.interrupt_after: int | None = None  # rounds after which to raise KeyboardInterrupt, for tests of what then happens
        self._callbacks = list(callbacks)
        self._state = dict(state, **{f"callback {i}": c for i, c in enumerate(self._callbacks) if hasattr(c, "state_dict")})
        for name, value in self._state.items():
            _check(name, value)
        self.stopped = False
        self._row: dict[str, float] = {}
        self._saved_at = time.monotonic()
        self._watch = watch(total, unit, every) if progress else None

    def __iter__(self) -> Iterator[int]:
        if self.checkpoint is not None and self.checkpoint.exists():
            self._restore(self.checkpoint)
        try:
            while self.done < self.total and not self.stopped:
                if self._watch:
                    self._watch.begin(self.done)
                self._row = {}
                start = time.perf_counter()
                yield self.done
                self.seconds += time.perf_counter() - start
                self._finish()
        finally:
            if self._watch:
                self._watch.end()

    def log(self, **values: Any) -> None:
        """Numbers (or tensors of one element) of this round, for the history, the progress and the callbacks."""
        self._row.update({name.replace("_", " "): float(value) for name, value in values.items()})

    def batches(self, items: Iterable[T], total: int | None = None) -> Iterator[T]:
        """`items`, with the progress within the round shown. `total`: their number, where `len` does not tell."""
        if total is None and isinstance(items, Sized):
            total = len(items)
        for i, item in enumerate(items, 1):
            yield item
            if self._watch and total:
                self._watch.within(i / total)

    def stop(self) -> None:
        """Let this round be the last."""
        self.stopped = True

    def _finish(self) -> None:
        self.done += 1
        if self._row:
            self.history.append(self._row)
        for callback in self._callbacks:
            callback(self)
        if self._watch:
            self._watch.row(self.done, self.history[-1] if self._row else {})
        interrupted = self.done == self.interrupt_after
        last = self.stopped or self.done >= self.total
        if self.checkpoint is not None and (last or interrupted or time.monotonic() - self._saved_at >= SECONDS):
            self.save(self.checkpoint)
        if interrupted and not last:
            raise KeyboardInterrupt

    def save(self, path: str | Path) -> None:
        """Write the state of all that the loop was given."""
        mg.save(
            {
                "done": self.done,
                "seconds": self.seconds,
                "stopped": self.stopped,
                "history": self.history.state_dict(),
                "generator": mg.get_rng_state(),
                "state": {name: _get(value) for name, value in self._state.items()},
            },
            path,
            format="npz",
        )
        self._saved_at = time.monotonic()

    def _restore(self, path: Path) -> None:
        saved = mg.load(path)
        if not isinstance(saved, dict) or not {"done", "stopped", "history", "generator", "state"} <= saved.keys():
            raise FormatError(f"Loop: {path} is not a checkpoint of a loop")
        state = saved["state"]
        if state.keys() != self._state.keys():
            ours, theirs = ", ".join(sorted(self._state)), ", ".join(sorted(state))
            raise FormatError(f"Loop: {path} holds the state of {theirs}, and the program has {ours}: remove it to start anew")
        parts = [(name, value, state[name]) for name, value in self._state.items()]
        parts += [("history", self.history, saved["history"]), ("random numbers", mg.default_generator, saved["generator"])]
        before = copy.deepcopy([_get(value) for _, value, _ in parts])
        for name, value, new in parts:
            try:
                _set(value, new)
            except (KeyError, RuntimeError, TypeError, ValueError) as error:
                for (_, other, _), old in zip(parts, before):
                    _set(other, old)
                raise FormatError(f"Loop: {path}: its {name} is that of another program: {error}; remove it to start anew") from error
        self.done, self.stopped = saved["done"], saved["stopped"]
        self.seconds = self.earlier = saved.get("seconds", 0.0)


# ---- the state of a thing ----


def _check(name: str, value: Any) -> None:
    kinds = (mg.Generator, np.random.Generator, random.Random, mg.Tensor, np.ndarray, list, dict)
    if not isinstance(value, kinds) and not (hasattr(value, "state_dict") and hasattr(value, "load_state_dict")):
        raise TypeError(
            f"Loop: {name} must have state_dict and load_state_dict, or be a generator, a tensor, an array, a list or a dict, got {type(value).__name__}"
        )


def _get(value: Any) -> Any:
    if isinstance(value, mg.Generator):
        return value.get_state()
    if isinstance(value, np.random.Generator):
        return value.bit_generator.state
    if isinstance(value, random.Random):
        return list(value.getstate())
    if isinstance(value, mg.Tensor):
        return value.detach()
    return value if isinstance(value, (np.ndarray, list, dict)) else value.state_dict()


def _set(value: Any, state: Any) -> None:
    if isinstance(value, mg.Generator):
        value.set_state(state)
    elif isinstance(value, np.random.Generator):
        value.bit_generator.state = state
    elif isinstance(value, random.Random):
        version, numbers, gauss = state
        value.setstate((version, tuple(numbers), gauss))
    elif isinstance(value, mg.Tensor):
        _check_shape(state, value)
        with mg.no_grad():
            value.copy_(state)
    elif isinstance(value, np.ndarray):
        _check_shape(state, value)
        value[...] = state.numpy() if isinstance(state, mg.Tensor) else state
    elif isinstance(value, list):
        value[:] = state
    elif isinstance(value, dict):
        value.clear()
        value.update(state)
    else:
        value.load_state_dict(state)


def _check_shape(state: Any, value: Any) -> None:
    if tuple(state.shape) != tuple(value.shape):
        raise ValueError(f"shape {tuple(state.shape)}, expected {tuple(value.shape)}")
