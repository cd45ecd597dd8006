"""The place of SparseAdam."""

from __future__ import annotations

from typing import Any


class SparseAdam:
    """Not available: it is for sparse gradients, and gradients here are dense. Raises NotImplementedError that names Adam."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError("SparseAdam is for sparse gradients, which minigrad does not have; use Adam")
