"""Checks and expansions of layer settings, with errors that name the layer and the argument."""

from __future__ import annotations

from collections.abc import Iterable
from operator import index
from typing import Any


def pair(value: Any, layer: str, name: str, least: int = 0) -> tuple[int, int]:
    """`value`, one int or two, as two ints of at least `least`."""
    items = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else (value, value)
    if len(items) != 2:
        raise ValueError(f"{layer}: {name} must be an int or a pair of ints, got {value!r}")
    return size(items[0], layer, name, least), size(items[1], layer, name, least)


def size(value: Any, layer: str, name: str, least: int = 0) -> int:
    """`value` as an int of at least `least`."""
    try:
        number = index(value)
    except TypeError:
        raise TypeError(f"{layer}: {name} must be an int, got {value!r} ({type(value).__name__})") from None
    if number < least:
        raise ValueError(f"{layer}: {name} must be at least {least}, got {number}")
    return number
