"""Parameters as one vector and back."""

from __future__ import annotations

from collections.abc import Iterable

import minigrad as mg  # noqa: F401  (doctests)
from minigrad._core import Tensor
from minigrad.ops.shape import cat


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All elements of all parameters, one after the other.

    Shapes: returns (total number of elements,).
    >>> parameters_to_vector(mg.nn.Linear(3, 2).parameters()).shape
    (8,)
    """
    return cat([p.reshape(-1) for p in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Make the parameters look at the parts of `vec`: the inverse of `parameters_to_vector`.

    Shapes: vec (total number of elements,).
    >>> net = mg.nn.Linear(1, 1)
    >>> vector_to_parameters(mg.tensor([2.0, 5.0]), net.parameters())
    >>> net(mg.tensor([[3.0]])).item()
    11.0
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected Tensor, but got: {type(vec).__name__}")
    parameters = list(parameters)
    total = sum(p.numel() for p in parameters)
    if vec.dim() != 1 or vec.numel() != total:
        raise ValueError(f"vector_to_parameters: vec must have shape ({total},), got {tuple(vec.shape)}")
    at = 0
    for p in parameters:
        p.data = vec[at : at + p.numel()].reshape(p.shape).data
        at += p.numel()
