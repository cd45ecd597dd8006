"""Using a model without leaving traces."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from minigrad.nn import Module


@contextmanager
def evaluation(model: Callable[..., Any]) -> Iterator[None]:
    """Within it every module of `model` is in evaluation mode; after it in the mode it had. Any other function is left alone.

    >>> import minigrad as mg
    >>> model = mg.nn.Sequential(mg.nn.Linear(2, 2), mg.nn.Dropout().eval())
    >>> with evaluation(model):
    ...     model.training
    False
    >>> model.training, model[1].training
    (True, False)
    """
    modes = [(module, module.training) for module in model.modules()] if isinstance(model, Module) else []
    try:
        if isinstance(model, Module):
            model.eval()
        yield
    finally:
        for module, mode in modes:
            module.training = mode
