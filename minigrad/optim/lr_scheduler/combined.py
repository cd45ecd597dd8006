"""Schedules made of schedules."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import minigrad as mg  # noqa: F401  (doctests)
from minigrad.optim.optimizer import Optimizer

from .base import LRScheduler, set_rate
from .decay import ExponentialLR, LinearLR  # noqa: F401  (doctests)
from .plateau import ReduceLROnPlateau


def _check(name: str, schedulers: Sequence[LRScheduler], optimizer: Optimizer) -> None:
    for i, scheduler in enumerate(schedulers):
        if not hasattr(scheduler, "optimizer"):
            raise TypeError(f"{name}: expected schedulers, got {type(scheduler).__name__} at index {i}, which has no `optimizer`")
        if isinstance(scheduler, ReduceLROnPlateau):
            raise ValueError(f"{name} does not support `ReduceLROnPlateau`, whose step needs a metric, but got one at index {i}")
        if scheduler.optimizer is not optimizer:
            raise ValueError(f"{name} expects all schedulers to belong to the same optimizer, but scheduler {i} has another one.")


class SequentialLR(LRScheduler):
    """One schedule after the other: the next takes over at each of `milestones`, and counts from 0.

    >>> opt = mg.optim.SGD([mg.zeros(1, requires_grad=True)], lr=1.0)
    >>> warm, decay = LinearLR(opt, 0.5, total_iters=2), ExponentialLR(opt, 0.5)
    >>> schedule = SequentialLR(opt, [warm, decay], milestones=[2])
    >>> [(opt.step(), schedule.step(), opt.param_groups[0]["lr"])[2] for _ in range(4)]
    [0.75, 1.0, 0.5, 0.25]
    """

    def __init__(self, optimizer: Optimizer, schedulers: list[LRScheduler], milestones: list[int], last_epoch: int = -1) -> None:
        self._attach(optimizer)
        if len(schedulers) < 1:
            raise ValueError("SequentialLR expects at least one scheduler to be chained, but got no scheduler.")
        _check(type(self).__name__, schedulers, optimizer)
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(f"SequentialLR expects one scheduler more than milestones, got {len(schedulers)} and {len(milestones)}")
        self._schedulers = schedulers
        self._milestones = milestones
        # Making the schedules has stepped each of them once: take that back, and begin with the first alone.
        for group in optimizer.param_groups:
            set_rate(group, group["initial_lr"])
        self.recursive_undo()
        self.last_epoch = last_epoch + 1
        first = schedulers[bisect_right(milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def recursive_undo(self) -> None:
        for scheduler in self._schedulers:
            scheduler.recursive_undo()

    def step(self) -> None:  # type: ignore[override]
        self.last_epoch += 1
        at = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[at]
        if at > 0 and self._milestones[at - 1] == self.last_epoch:
            scheduler._update_lr(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()

    def state_dict(self) -> dict[str, Any]:
        state = {key: value for key, value in self.__dict__.items() if key not in ("optimizer", "_schedulers")}
        return {**state, "_schedulers": [scheduler.state_dict() for scheduler in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.__dict__.update({key: value for key, value in state_dict.items() if key != "_schedulers"})
        for scheduler, state in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            scheduler.load_state_dict(state)


class ChainedScheduler(LRScheduler):
    """All schedules at each step, each on the rates that the one before left."""

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        if len(schedulers) < 1:
            raise ValueError("ChainedScheduler expects at least one scheduler to be chained, but got no scheduler.")
        self._attach(optimizer or getattr(schedulers[0], "optimizer", None))  # type: ignore[arg-type]
        _check(type(self).__name__, schedulers, self.optimizer)
        self._schedulers = list(schedulers)
        self._last_lr = self._rates

    def step(self) -> None:  # type: ignore[override]
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = self._rates

    recursive_undo = SequentialLR.recursive_undo
    state_dict = SequentialLR.state_dict
    load_state_dict = SequentialLR.load_state_dict
