"""`LRScheduler`: the base of the schedules."""

from __future__ import annotations

import functools
import types
import warnings
from collections.abc import Sequence
from typing import Any

import minigrad as mg  # noqa: F401  (doctests)
from minigrad._core import Tensor
from minigrad.optim.optimizer import Optimizer

EPOCH_IS_DEPRECATED = (
    "The epoch parameter in `scheduler.step()` is deprecated, as it is in PyTorch: call `step()` without it. "
    "The closed form of the schedule is used, where it has one."
)


class LRScheduler:
    """Base of the schedules: `get_lr` gives the rate of each group at the count `last_epoch`, which starts at 0 and grows by one
    with each `step()`.

    Most are chainable: they compute the next rate from the present one, so that several can act on one optimizer. A subclass may
    besides have `_get_closed_form_lr`, the same by the count alone, for `step(epoch)`. While the first step runs, which making the
    schedule is, `_is_initial` is True.

    To resume training at count n without a state_dict, pass `last_epoch=n - 1`; the groups must then have "initial_lr".
    """

    _get_lr_called_within_step: bool = False
    _is_initial: bool = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "get_lr" in vars(cls):
            cls.get_lr = _warned_outside_of_step(cls.get_lr)  # type: ignore[method-assign]

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self._attach(optimizer)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", plain(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(f"param 'initial_lr' is not specified in param_groups[{i}] when resuming scheduler with last_epoch >= 0")
        self.base_lrs = [plain(group["initial_lr"]) for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._initial_step()

    def _attach(self, optimizer: Optimizer) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(self).__name__}: expected an Optimizer, got {type(optimizer).__name__}")
        self.optimizer = optimizer

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def get_lr(self) -> list[float]:
        """The rate of each group at `last_epoch`, from the present ones."""
        raise NotImplementedError(f"{type(self).__name__} does not say what the rates are")

    def get_last_lr(self) -> list[float]:
        """The rates that the last step set."""
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """Go on to the next count (or to `epoch`, which is deprecated) and set the rates."""
        if self._step_count == 1 and not self.optimizer._opt_called:
            warnings.warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`: call them in the opposite order, "
                "or the first value of the schedule is skipped.",
                UserWarning,
                stacklevel=2,
            )
        self._step_count += 1
        if epoch is not None:
            warnings.warn(EPOCH_IS_DEPRECATED, UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        self._get_lr_called_within_step = True
        try:
            if epoch is None:
                self.last_epoch += 1
                values = self.get_lr()
            else:
                self.last_epoch = epoch
                closed_form = getattr(self, "_get_closed_form_lr", self.get_lr)
                values = closed_form()
        finally:
            self._get_lr_called_within_step = False
        self._set(values)

    def recursive_undo(self) -> None:
        """Take back the step that making the schedule was."""
        self.last_epoch -= 1

    def _set(self, values: Sequence[float]) -> None:
        for group, value in zip(self.optimizer.param_groups, values, strict=True):
            set_rate(group, value)
        self._last_lr = self._rates

    @property
    def _rates(self) -> list[float]:
        return [plain(group["lr"]) for group in self.optimizer.param_groups]

    def _scaled(self, factor: float) -> list[float]:
        return [rate * factor for rate in self._rates]

    def _spread(self, name: str, value: Any) -> list[Any]:
        """One value per group, from one for all or from a list of as many."""
        count = len(self.optimizer.param_groups)
        values = list(value) if isinstance(value, list | tuple) else [value] * count
        if len(values) != count:
            raise ValueError(f"{type(self).__name__}: expected {count} values for {name}, got {len(values)}")
        return values

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer."""
        return {key: value for key, value in self.__dict__.items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.__dict__.update(state_dict)


_LRScheduler = LRScheduler  # its name in older programs


def plain(rate: Any) -> float:
    """A rate as a number."""
    return rate if isinstance(rate, int | float) else float(rate)


def set_rate(group: dict[str, Any], value: float) -> None:
    """Set the rate of a group; a tensor keeps being that tensor."""
    if isinstance(group["lr"], Tensor):
        group["lr"].detach().fill_(float(value))
    else:
        group["lr"] = value


def _warned_outside_of_step(get_lr: Any) -> Any:
    @functools.wraps(get_lr)
    def wrapped(self: LRScheduler) -> Any:
        if not self._get_lr_called_within_step:
            warnings.warn("To get the last learning rate computed by the scheduler, please use `get_last_lr()`.", UserWarning, stacklevel=2)
        return get_lr(self)

    return wrapped


def saved_function(function: Any) -> dict[str, Any] | None:
    """What a state_dict keeps of a function of the user: the attributes of a callable object, nothing of a plain function."""
    return None if isinstance(function, types.FunctionType) or not hasattr(function, "__dict__") else function.__dict__.copy()
