"""The loops of supervised learning: over batches, and over all data at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import minigrad as mg
from minigrad import nn, optim
from minigrad.metrics import Mean, Metric
from minigrad.utils.modes import evaluation

from .history import History
from .loop import Loop

Function = Callable[[Any, Any], Any]  # of outputs and targets


def fit(
    model: nn.Module,
    batches: Iterable[Any],
    loss: Function,
    optimizer: Any,
    loop: Loop | int,
    *,
    schedule: Any = None,
    max_norm: float | None = None,
    prepare: Callable[[Any], Any] | None = None,
    valid: Iterable[Any] | None = None,
    metrics: Mapping[str, Function | Metric] | None = None,
    after_step: Callable[[], Any] | None = None,
) -> History:
    """Train `model` on batches of (inputs, targets), and log its loss, that of `valid`, and metrics of `valid`.

    Args:
        batches: what is iterated over once an epoch: a DataLoader, or any list of (inputs, targets).
        loss: of outputs and targets, to be made small; a mean over the batch.
        optimizer: has the model's parameters.
        loop: a number of epochs, or a Loop that was given model, optimizer and schedule.
        schedule: a learning rate schedule, stepped after each batch.
        max_norm: gradients are clipped to this norm.
        prepare: applied to a batch of training, for augmentation.
        valid: batches to be evaluated after each epoch. metrics: by name, see evaluate.
        after_step: called after each step of the optimizer, e.g. `Averaging.update`.

    >>> x = mg.linspace(-1, 1, 64)[:, None]
    >>> model = mg.nn.Linear(1, 1)
    >>> optimizer = mg.optim.SGD(model.parameters(), lr=0.5)
    >>> history = fit(model, [(x, 2 * x + 1)], mg.nn.functional.mse_loss, optimizer, Loop(50, progress=False))
    >>> history["loss"][-1] < 1e-3
    True
    """
    loop = Loop(loop, model=model, optimizer=optimizer) if isinstance(loop, int) else loop
    for _ in loop:
        model.train()
        total, count = 0.0, 0
        for batch in loop.batches(batches):
            inputs, targets = prepare(batch) if prepare else batch
            value = loss(model(inputs), targets)
            optimizer.zero_grad()
            value.backward()
            if max_norm is not None:
                nn.utils.clip_grad_norm_(model.parameters(), max_norm)
            optimizer.step()
            if schedule is not None:
                schedule.step()
            if after_step is not None:
                after_step()
            total += value.item() * len(targets)
            count += len(targets)
        row = {"loss": total / max(count, 1)}
        if valid is not None:
            row |= {f"valid {name}": value for name, value in evaluate(model, valid, {"loss": loss, **(metrics or {})}).items()}
        loop.log(**row)
    return loop.history


def descend(loss: Callable[[], mg.Tensor], optimizer: optim.Optimizer, steps: int) -> float:
    """Make a loss of all data small, whose gradient is taken anew at every step: for so little data that batches would only add noise.

    The learning rate sinks to 0 along a cosine. Returns: the loss before the last step; nan without one.
    Args: loss: called without arguments, once a step; gives a scalar that depends on the optimizer's parameters.

    Source: Loshchilov & Hutter, "SGDR: stochastic gradient descent with warm restarts", arXiv:1608.03983, without the restarts.

    >>> x = mg.zeros(3, requires_grad=True)
    >>> descend(lambda: (x - 1).square().sum(), mg.optim.Adam([x], lr=0.1), steps=50) < 1e-2
    True
    """
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    value = mg.tensor(float("nan"))
    for _ in range(steps):
        value = loss()
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        schedule.step()
    return value.item()


def evaluate(model: nn.Module, batches: Iterable[Any], metrics: Mapping[str, Function | Metric]) -> dict[str, float]:
    """Metrics of outputs and targets over all examples: functions that give the mean of a batch, whose mean is taken, and those of
    minigrad.metrics that look at all batches, such as Collect(auroc).

    The model is in evaluation mode meanwhile, and nothing is recorded.
    """
    means = {name: Mean() for name, metric in metrics.items() if not isinstance(metric, Metric)}
    for metric in metrics.values():
        if isinstance(metric, Metric):
            metric.reset()
    with evaluation(model), mg.no_grad():
        for inputs, targets in batches:
            outputs = model(inputs)
            for name, metric in metrics.items():
                if isinstance(metric, Metric):
                    metric.update(outputs, targets)
                else:
                    means[name].update(float(metric(outputs, targets)), weight=len(targets))
    return {name: float(metric.compute() if isinstance(metric, Metric) else means[name].compute()) for name, metric in metrics.items()}


def predict(model: nn.Module, inputs: mg.Tensor, batch_size: int = 256) -> mg.Tensor:
    """The outputs for all inputs, (N, ...), taken in batches, in evaluation mode and unrecorded.

    >>> predict(mg.nn.Identity(), mg.ones(5, 2), batch_size=2).shape
    (5, 2)
    """
    with evaluation(model), mg.no_grad():
        return mg.cat([model(inputs[i : i + batch_size]) for i in range(0, len(inputs), batch_size)])
