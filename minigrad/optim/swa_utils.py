"""Averages of a model's weights along training: stochastic weight averaging, and exponential moving averages."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from typing import Any

import minigrad as mg
from minigrad._core import Tensor
from minigrad.nn.module import Module
from minigrad.nn.normalization import _BatchNorm

from .lr_scheduler import LRScheduler
from .optimizer import Optimizer
from .settings import UP_TO_ONE, check

__all__ = ["SWALR", "AveragedModel", "get_ema_avg_fn", "get_ema_multi_avg_fn", "get_swa_avg_fn", "get_swa_multi_avg_fn", "update_bn"]

Average = Callable[[Tensor, Tensor, Any], Tensor]
MultiAverage = Callable[[Sequence[Tensor], Sequence[Tensor], Any], None]


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """The function that moves an average by the share 1 - decay towards the newest value: `avg_fn` of an AveragedModel.

    >>> get_ema_avg_fn(0.75)(mg.tensor([0.0]), mg.tensor([4.0]), 1)
    tensor([1.])
    """
    check("get_ema_avg_fn", {"decay": decay}, {"decay": UP_TO_ONE})

    @mg.no_grad()
    def ema_update(ema_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        return decay * ema_param + (1 - decay) * current_param

    return ema_update


def get_swa_avg_fn() -> Average:
    """The function that takes one more value into a mean of `num_averaged`: `avg_fn` of an AveragedModel."""

    @mg.no_grad()
    def swa_update(averaged_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        return averaged_param + (current_param - averaged_param) / (num_averaged + 1)

    return swa_update


def get_ema_multi_avg_fn(decay: float = 0.999) -> MultiAverage:
    """`get_ema_avg_fn` for lists of tensors, in place: `multi_avg_fn` of an AveragedModel."""
    average = get_ema_avg_fn(decay)

    @mg.no_grad()
    def ema_update(averaged: Sequence[Tensor], current: Sequence[Tensor], num_averaged: Any) -> None:
        for kept, new in zip(averaged, current, strict=True):
            if kept.is_floating_point() or kept.is_complex():
                kept.mul_(decay).add_(new, alpha=1 - decay)  # two passes over memory where `average` takes four
            else:
                kept.copy_(average(kept, new, num_averaged))

    return ema_update


def get_swa_multi_avg_fn() -> MultiAverage:
    """`get_swa_avg_fn` for lists of tensors, in place: `multi_avg_fn` of an AveragedModel."""
    average = get_swa_avg_fn()

    @mg.no_grad()
    def swa_update(averaged: Sequence[Tensor], current: Sequence[Tensor], num_averaged: Any) -> None:
        for kept, new in zip(averaged, current, strict=True):
            kept.copy_(average(kept, new, num_averaged))

    return swa_update


class AveragedModel(Module):
    """A copy of a model, as `module`, whose weights are averages: call `update_parameters(model)` as training goes on, then use it in the
    model's place (Izmailov et al. 2018; Polyak and Juditsky 1992). By default the plain mean of all updates.

    Args: avg_fn: (average, new value, number of values so far) to the new average; multi_avg_fn: the same for lists, in place;
          use_buffers: average the buffers too (otherwise they are copied); device: where the copy is, which is the CPU.
    The first update copies. After training, `update_bn` computes batch norm's statistics for the averaged weights.
    >>> model = mg.nn.Linear(1, 1)
    >>> averaged = AveragedModel(model)
    >>> for value in 1.0, 2.0, 6.0:
    ...     _ = mg.nn.init.constant_(model.weight, value)
    ...     averaged.update_parameters(model)
    >>> averaged.module.weight.item(), averaged.n_averaged.item()
    (3.0, 3)
    """

    n_averaged: Tensor

    def __init__(
        self, model: Module, device: Any = None, avg_fn: Average | None = None, multi_avg_fn: MultiAverage | None = None, use_buffers: bool = False
    ) -> None:  # fmt: skip
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise ValueError("AveragedModel: only one of avg_fn and multi_avg_fn can be given, got both")
        self.module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", mg.tensor(0, dtype=mg.int64))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the present weights of `model` into the averages."""
        averaged, current = self._averaged_of(self.module), self._averaged_of(model)
        with mg.no_grad():
            if self.n_averaged.item() == 0:
                for kept, new in zip(averaged, current, strict=True):
                    kept.copy_(new)
            elif self.multi_avg_fn is not None:
                for dtype in dict.fromkeys(t.dtype for t in averaged):  # lists of one dtype, which is all that a function need expect
                    pairs = [pair for pair in zip(averaged, current, strict=True) if pair[0].dtype == dtype]
                    self.multi_avg_fn([pair[0] for pair in pairs], [pair[1] for pair in pairs], self.n_averaged)
            else:
                average = self.avg_fn or get_swa_avg_fn()
                for kept, new in zip(averaged, current, strict=True):
                    kept.copy_(average(kept, new, self.n_averaged))
            if not self.use_buffers:
                for kept, new in zip(self.module.buffers(), model.buffers(), strict=True):
                    kept.detach().copy_(new.detach())
            self.n_averaged += 1

    def _averaged_of(self, model: Module) -> list[Tensor]:
        buffers = model.buffers() if self.use_buffers else ()
        return [t.detach() for t in itertools.chain(model.parameters(), buffers)]


def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Compute the running statistics of all batch norm layers anew, as means over the batches of `loader`: tensors, or lists and tuples whose
    first element is passed to the model."""
    norms = [module for module in model.modules() if isinstance(module, _BatchNorm)]
    if not norms:
        return
    momenta = [module.momentum for module in norms]
    was_training = model.training
    model.train()
    try:
        for module in norms:
            module.reset_running_stats()
            module.momentum = None  # a plain mean
        with mg.no_grad():
            for batch in loader:
                batch = batch[0] if isinstance(batch, list | tuple) else batch
                model(batch if device is None else batch.to(device))
    finally:
        for module, momentum in zip(norms, momenta, strict=True):
            module.momentum = momentum
        model.train(was_training)


class SWALR(LRScheduler):
    """From the present rate to `swa_lr` in `anneal_epochs` steps, along half a cosine or a straight line ("linear"), and on at `swa_lr`.

    >>> opt = mg.optim.SGD([mg.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = SWALR(opt, swa_lr=0.5, anneal_epochs=2, anneal_strategy="linear")
    >>> [(opt.step(), schedule.step(), opt.param_groups[0]["lr"])[2] for _ in range(3)]
    [0.75, 0.5, 0.5]
    """

    def __init__(
        self, optimizer: Optimizer, swa_lr: float | Sequence[float], anneal_epochs: int = 10, anneal_strategy: str = "cos", last_epoch: int = -1
    ) -> None:  # fmt: skip
        self._attach(optimizer)
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        for rate, group in zip(self._spread("swa_lr", swa_lr), optimizer.param_groups, strict=True):
            group["swa_lr"] = rate
        self._anneal_strategy = anneal_strategy
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def _share(self, step: int) -> float:
        """How far the rate is on its way after so many steps."""
        t = max(0.0, min(1.0, step / max(1, self.anneal_epochs)))
        return (1 - math.cos(math.pi * t)) / 2 if self._anneal_strategy == "cos" else t

    def get_lr(self) -> list[float]:
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self._share(step - 1), self._share(step)
        rates = []
        for group, rate in zip(self.optimizer.param_groups, self._rates, strict=True):
            start = group["swa_lr"] if before == 1 else (rate - before * group["swa_lr"]) / (1 - before)  # chainable: from the present
            rates.append(group["swa_lr"] * now + start * (1 - now))
        return rates
