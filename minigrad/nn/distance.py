"""Distances between vectors as layers."""

from __future__ import annotations

import minigrad as mg  # noqa: F401  (doctests)

from .function_layer import FunctionLayer


class CosineSimilarity(FunctionLayer):
    """x1 . x2 / (|x1| |x2|) along `dim`, the norms being at least `eps`.

    Shapes: x1 and x2 broadcastable; returns their shape without `dim`.
    >>> CosineSimilarity(dim=0)(mg.tensor([3.0, 0.0]), mg.tensor([0.0, 2.0])).item()
    0.0
    """

    function = "cosine_similarity"
    shown = ()
    dim: int = 1
    eps: float = 1e-8


class PairwiseDistance(FunctionLayer):
    """The p-norm of x1 - x2 + eps along the last axis.

    Shapes: x1 (N, D) or (D,), x2 likewise; returns (N,) or (), or (N, 1) with `keepdim`.
    >>> round(PairwiseDistance()(mg.zeros(1, 2), mg.tensor([[3.0, 4.0]])).item(), 4)
    5.0
    """

    function = "pairwise_distance"
    shown = ()
    p: float = 2.0
    eps: float = 1e-6
    keepdim: bool = False
