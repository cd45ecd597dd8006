"""What is done after each epoch: any function of the loop, or one of these."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import minigrad as mg
from minigrad import nn

from .history import MODES
from .loop import Loop


class EarlyStopping:
    """Stop when a number of the history has not become better for `patience` rounds.

    Args:
        monitor: its name, as it was logged. mode: "min" or "max".
        patience: rounds to wait. min_delta: what is less than that is no improvement.
        model: if given, its weights are those of the best round when the loop ends, whether it was stopped or not.

    >>> loop = Loop(10, progress=False, callbacks=[EarlyStopping("loss", "min", patience=1)])
    >>> for epoch in loop:
    ...     loop.log(loss=abs(epoch - 2))
    >>> loop.history["loss"]
    [2.0, 1.0, 0.0, 1.0]
    """

    def __init__(self, monitor: str, mode: str, patience: int, min_delta: float = 0.0, model: nn.Module | None = None) -> None:
        if mode not in MODES:
            raise ValueError(f"EarlyStopping: mode must be 'min' or 'max', got {mode!r}")
        self.monitor, self.mode, self.patience, self.min_delta, self.model = monitor.replace("_", " "), mode, patience, min_delta, model
        self.best, self.best_round = math.inf if mode == "min" else -math.inf, 0
        self._weights: dict[str, mg.Tensor] = {}

    def __call__(self, loop: Loop) -> None:
        row = loop.history[-1] if len(loop.history) else {}
        if self.monitor not in row:
            raise KeyError(f"EarlyStopping: {self.monitor!r} was not logged in round {loop.done}; there are: {', '.join(row) or 'none'}")
        value = row[self.monitor]
        better = value < self.best - self.min_delta if self.mode == "min" else value > self.best + self.min_delta
        if better:
            self.best, self.best_round = value, loop.done
            if self.model is not None:
                self._weights = {name: tensor.detach().clone() for name, tensor in self.model.state_dict().items()}
        elif loop.done - self.best_round >= self.patience:
            loop.stop()
        if self.model is not None and self._weights and (loop.stopped or loop.done >= loop.total):
            self.model.load_state_dict(self._weights)

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "best_round": self.best_round, "weights": self._weights}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.best, self.best_round, self._weights = state["best"], state["best_round"], dict(state["weights"])


class Averaging:
    """An exponential moving average of a model's parameters, in `average`, a model of its own; its buffers are the model's.

    Called after an epoch as a callback, or after a step as `averaging.update()`. Source: Polyak & Juditsky (1992).
    Args: decay: the weight of the old average; in the first updates less, (1 + n) / (10 + n), so that the start is forgotten.

    >>> model = mg.nn.Linear(1, 1)
    >>> averaging = Averaging(model, decay=0.99)
    >>> with mg.no_grad():
    ...     _ = model.weight.add_(1)
    >>> averaging.update()
    >>> round((model.weight - averaging.average.weight).item(), 3)
    0.182
    """

    def __init__(self, model: nn.Module, decay: float = 0.999) -> None:
        import copy

        if not 0 <= decay < 1:
            raise ValueError(f"Averaging: decay must be in [0, 1), got {decay}")
        self.model, self.decay, self.updates = model, decay, 0
        self.average = copy.deepcopy(model).eval().requires_grad_(False)

    def __call__(self, loop: Loop) -> None:
        self.update()

    def update(self) -> None:
        """Take the model's present parameters into the average."""
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        with mg.no_grad():
            for average, parameter in zip(self.average.parameters(), self.model.parameters()):
                average.lerp_(parameter, 1 - decay)
            for copied, buffer in zip(self.average.buffers(), self.model.buffers()):
                copied.copy_(buffer)

    def state_dict(self) -> dict[str, Any]:
        return {"updates": self.updates, "average": self.average.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.average.load_state_dict(state["average"])
        self.updates = state["updates"]
