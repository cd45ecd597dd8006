"""Checks and expansions of layer settings, with errors that name the layer and the argument."""

from __future__ import annotations

from collections.abc import Iterable
from operator import index
from typing import Any


def sizes(value: Any, count: int, layer: str, name: str, least: float = 0) -> tuple[int, ...]:
    """`value`, one int or `count` of them, as `count` ints of at least `least`."""
    items = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else (value,) * count
    if len(items) != count:
        raise ValueError(f"{layer}: {name} must be an int or {count} of them, got {value!r}")
    return tuple(size(item, layer, name, least) for item in items)


def size(value: Any, layer: str, name: str, least: float = 0) -> int:
    """`value` as an int of at least `least`."""
    try:
        number = index(value)
    except TypeError:
        raise TypeError(f"{layer}: {name} must be an int, got {value!r} ({type(value).__name__})") from None
    if number < least:
        raise ValueError(f"{layer}: {name} must be at least {least}, got {number}")
    return number
