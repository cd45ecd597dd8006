"""Which classes, besides tensors and plain values, `load` may make: those that the program itself vouches for, by PyTorch's names.

Nothing else in a file is ever called; a class named here is, with what the file gives it, so name those alone whose construction from
any values is harmless. What reaches the system (os, sys, subprocess..., built-in functions) is refused even here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .io import _trusted, load, save

__all__ = ["add_safe_globals", "clear_safe_globals", "get_safe_globals", "load", "safe_globals", "save"]


def _named(classes: Iterable[Any]) -> dict[str, Any]:
    """Classes and functions by their full names; (class, name) is one under another name."""
    found = {}
    for entry in classes:
        value, name = entry if isinstance(entry, tuple) else (entry, None)
        if name is None:
            name = f"{value.__module__}.{value.__qualname__}" if callable(value) and hasattr(value, "__qualname__") else None
        if not isinstance(name, str) or not callable(value):
            raise TypeError(f"safe_globals: expected classes, functions or (class, name), got {entry!r}")
        found[name] = value
    return found


def add_safe_globals(safe_globals: Iterable[Any]) -> None:
    """Let `load` make instances of these classes, or call these functions, where a file names them.

    >>> import argparse
    >>> add_safe_globals([argparse.Namespace])
    >>> get_safe_globals()
    [<class 'argparse.Namespace'>]
    >>> clear_safe_globals()
    """
    _trusted.update(_named(safe_globals))


def get_safe_globals() -> list[Any]:
    """The classes and functions that were added."""
    return list(_trusted.values())


def clear_safe_globals() -> None:
    """Take back all that was added."""
    _trusted.clear()


class safe_globals:
    """`add_safe_globals` for the length of a `with` block."""

    def __init__(self, safe_globals: Iterable[Any]) -> None:
        self._added = _named(safe_globals)

    def __enter__(self) -> None:
        self._before = dict(_trusted)
        _trusted.update(self._added)

    def __exit__(self, *exc: object) -> None:
        _trusted.clear()
        _trusted.update(self._before)
