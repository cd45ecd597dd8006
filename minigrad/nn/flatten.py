"""Reshaping as layers."""

from __future__ import annotations

from collections.abc import Sequence

import minigrad as mg  # noqa: F401  (doctests)
from minigrad._core import Tensor

from .module import Module


class Flatten(Module):
    """Merge the axes from `start_dim` to `end_dim` into one.

    Shapes: input (*, d_start, ..., d_end, *); returns (*, d_start * ... * d_end, *).
    >>> Flatten()(mg.zeros(5, 2, 3, 4)).shape
    (5, 24)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Tensor) -> Tensor:
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Split the axis `dim` into `unflattened_size`; one of its entries may be -1.

    Shapes: input (*, d, *); returns (*, *unflattened_size, *).
    >>> Unflatten(1, (2, 3, -1))(mg.zeros(5, 24)).shape
    (5, 2, 3, 4)
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        super().__init__()
        if isinstance(unflattened_size, str) or not all(isinstance(n, int) for n in unflattened_size):
            raise TypeError(f"Unflatten: unflattened_size must be a tuple of ints, got {unflattened_size!r}")
        self.dim = dim
        self.unflattened_size = tuple(unflattened_size)

    def forward(self, input: Tensor) -> Tensor:
        shape = tuple(input.shape)
        dim = self.dim % max(len(shape), 1)
        return input.reshape(shape[:dim] + self.unflattened_size + shape[dim + 1 :])

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
