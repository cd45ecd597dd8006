"""Schedules by a measure of progress."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import minigrad as mg  # noqa: F401  (doctests)
from minigrad.optim.optimizer import Optimizer

from .base import EPOCH_IS_DEPRECATED, LRScheduler, set_rate


class ReduceLROnPlateau(LRScheduler):
    """Times `factor` when `step(metric)` has seen no better metric for more than `patience` steps.

    Better means lower ("min") or higher ("max") by more than `threshold`, relative ("rel") or not ("abs"). After a reduction it
    waits `cooldown` steps.

    >>> opt = mg.optim.SGD([mg.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = ReduceLROnPlateau(opt, patience=1)
    >>> [(schedule.step(loss), opt.param_groups[0]["lr"])[1] for loss in (3.0, 3.0, 3.0)]
    [1.0, 1.0, 0.1]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | Sequence[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        self._attach(optimizer)
        if factor >= 1.0:
            raise ValueError(f"ReduceLROnPlateau: factor must be less than 1, got {factor}")
        if mode not in ("min", "max"):
            raise ValueError(f"mode {mode} is unknown!")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(f"threshold mode {threshold_mode} is unknown!")
        self.default_min_lr = None if isinstance(min_lr, list | tuple) else min_lr
        self.min_lrs = self._spread("min_lr", min_lr)
        self.mode = mode
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.cooldown = cooldown
        self.eps = eps
        self.last_epoch = 0
        self.mode_worse = math.inf if mode == "min" else -math.inf
        self._last_lr = self._rates
        self._reset()

    def _reset(self) -> None:
        self.best = self.mode_worse
        self.cooldown_counter = 0
        self.num_bad_epochs = 0

    @property
    def in_cooldown(self) -> bool:
        return self.cooldown_counter > 0

    def _is_better(self, a: float, best: float) -> bool:
        sign = 1 if self.mode == "max" else -1
        margin = best * (1 + sign * self.threshold) if self.threshold_mode == "rel" else best + sign * self.threshold
        return a > margin if self.mode == "max" else a < margin

    def step(self, metrics: Any, epoch: int | None = None) -> None:  # type: ignore[override]
        current = float(metrics)
        if epoch is not None:
            warnings.warn(EPOCH_IS_DEPRECATED, UserWarning, stacklevel=2)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self._is_better(current, self.best):
            self.best = current
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = self._rates

    def _reduce(self) -> None:
        groups = self.optimizer.param_groups
        if len(groups) != len(self.min_lrs):  # a group was added
            if self.default_min_lr is None:
                raise RuntimeError(
                    f"ReduceLROnPlateau: the optimizer has {len(groups)} parameter groups now, but min_lrs {len(self.min_lrs)} values; "
                    f"set `min_lrs` anew when a group is added"
                )
            self.min_lrs = [self.default_min_lr] * len(groups)
        for group, rate, least in zip(groups, self._rates, self.min_lrs, strict=True):
            reduced = max(rate * self.factor, least)
            if rate - reduced > self.eps:
                set_rate(group, reduced)
