"""Nested tuples, lists and dicts of tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._core import Tensor


def leaves(tree: Any) -> list[Any]:
    """What the containers hold, in order; dicts by the order of their keys."""
    if isinstance(tree, dict):
        return [x for v in tree.values() for x in leaves(v)]
    if isinstance(tree, (list, tuple)):
        return [x for v in tree for x in leaves(v)]
    return [tree]


def tree_map(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """The same containers with `function(leaf, ...)` in place of each leaf; `others` have the same structure."""
    if isinstance(tree, dict):
        return type(tree)((k, tree_map(function, v, *(o[k] for o in others))) for k, v in tree.items())
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(tree_map(function, *vs) for vs in zip(tree, *others, strict=True)))
    if isinstance(tree, (list, tuple)):
        return type(tree)(tree_map(function, *vs) for vs in zip(tree, *others, strict=True))
    return function(tree, *others)


def unflatten(tree: Any, values: list[Any]) -> Any:
    """The containers of `tree` around other leaves."""
    it = iter(values)
    return tree_map(lambda _: next(it), tree)


def tensors(op: str, what: str, tree: Any) -> list[Tensor]:
    """The leaves, which have to be Tensors."""
    found = leaves(tree)
    for x in found:
        if not isinstance(x, Tensor):
            raise TypeError(f"{op}: expected Tensors as {what}, got {type(x).__name__}")
    return found
