"""What is measured that is more than an op and less than a network: short programs, over the names that most libraries share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

PROGRAMS: dict[str, Callable[..., Any]] = {
    "tanh chain": lambda lib, x, a, b: lib.tanh(x * a + b) * x,
    "transposed copy": lambda lib, x: x.T.contiguous() if hasattr(x, "contiguous") else lib.asarray(x.T, order="C"),
}
