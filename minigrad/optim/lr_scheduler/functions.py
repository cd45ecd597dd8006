"""Schedules by functions of the count."""

from __future__ import annotations

from typing import Any

import minigrad as mg  # noqa: F401  (doctests)
from minigrad.optim.optimizer import Optimizer

from .base import LRScheduler, saved_function


class _LambdaBase(LRScheduler):
    """Schedules by functions, one for all groups or one each. Functions are not saved in the state_dict; the attributes of callable
    objects are."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int = -1) -> None:
        self._attach(optimizer)
        count = len(optimizer.param_groups)
        self.lr_lambdas = list(lr_lambda) if isinstance(lr_lambda, list | tuple) else [lr_lambda] * count
        if len(self.lr_lambdas) != count:
            raise ValueError(f"{type(self).__name__}: expected {count} lr_lambdas, but got {len(self.lr_lambdas)}")
        for function in self.lr_lambdas:
            if not callable(function):
                raise TypeError(f"{type(self).__name__}: lr_lambda should be a function, but got {type(function).__name__}")
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        state = super().state_dict()
        state["lr_lambdas"] = [saved_function(f) for f in self.lr_lambdas]
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict({key: value for key, value in state_dict.items() if key != "lr_lambdas"})
        for function, state in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=True):
            if state is not None:
                function.__dict__.update(state)


class LambdaLR(_LambdaBase):
    """Initial rate times lr_lambda(count).

    >>> opt = mg.optim.SGD([mg.zeros(1, requires_grad=True)], lr=8.0)
    >>> LambdaLR(opt, lambda n: 0.5 ** (n + 1)).get_last_lr()
    [4.0]
    """

    def get_lr(self) -> list[float]:
        return [base * f(self.last_epoch) for base, f in zip(self.base_lrs, self.lr_lambdas, strict=True)]


class MultiplicativeLR(_LambdaBase):
    """Present rate times lr_lambda(count)."""

    def get_lr(self) -> list[float]:
        if self._is_initial:
            return self._rates
        return [rate * f(self.last_epoch) for rate, f in zip(self._rates, self.lr_lambdas, strict=True)]
