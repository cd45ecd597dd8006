"""Modules without initial values."""

from __future__ import annotations

from typing import Any

import minigrad as mg

from ..module import Module


def skip_init(module_cls: type[Module], *args: Any, **kwargs: Any) -> Module:
    """A module whose parameters have no particular values: for those that are loaded anyway. No random numbers are used up.

    >>> skip_init(mg.nn.Linear, 2, 3).weight.shape
    (3, 2)
    """
    if not issubclass(module_cls, Module):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    state = mg.get_rng_state()
    try:
        return module_cls(*args, **kwargs)
    finally:
        mg.set_rng_state(state)
