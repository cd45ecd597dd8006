"""Hyperparameters: what a constructor takes, and the range that each must be in."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from minigrad._core import Tensor


class Range(NamedTuple):
    """Which values a hyperparameter may have, as a test and in words."""

    holds: Callable[[float], bool]
    words: str


NONNEGATIVE = Range(lambda v: v >= 0.0, "at least 0")
NONPOSITIVE = Range(lambda v: v <= 0.0, "at most 0")
AT_LEAST_ONE = Range(lambda v: v >= 1.0, "at least 1")
BELOW_ONE = Range(lambda v: 0.0 <= v < 1.0, "in [0, 1)")
UP_TO_ONE = Range(lambda v: 0.0 <= v <= 1.0, "in [0, 1]")


class _Required:
    def __repr__(self) -> str:
        return "<required parameter>"


required = _Required()  # as a default: every group has to set it


def settings(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The `locals()` of a constructor as the defaults of an optimizer: all of its arguments but the parameters."""
    return {name: value for name, value in arguments.items() if name not in ("self", "params", "__class__")}


def check(optimizer: str, values: Mapping[str, Any], ranges: Mapping[str, Range]) -> None:
    """Raise ValueError for the first value out of its range (NaN is), TypeError for what is no number; of a tuple, each is in the same
    range, or None."""
    for name, limit in ranges.items():
        value = values.get(name, required)
        if value is required:
            continue
        several = isinstance(value, tuple | list)
        for i, v in enumerate(value if several else [value]):
            shown = f"{name}[{i}]" if several else name
            if isinstance(v, Tensor):
                if v.numel() != 1:
                    raise ValueError(f"{optimizer}: {shown} must be a number or a tensor of one element, got one of shape {tuple(v.shape)}")
            elif v is None and several:
                continue
            elif not isinstance(v, numbers.Real):
                raise TypeError(f"{optimizer}: {shown} must be a number, got {type(v).__name__}")
            if not limit.holds(float(v)):
                raise ValueError(f"{optimizer}: {shown} must be {limit.words}, got {v}")


def check_flags(optimizer: str, values: Mapping[str, Any]) -> None:
    """Refuse the combinations of flags that contradict each other."""
    if values.get("fused"):
        for other in "differentiable", "foreach":
            if values.get(other):
                raise RuntimeError(f"{optimizer}: `fused` and `{other}` cannot both be True")
