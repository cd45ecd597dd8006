"""Dropout of elements and of whole channels."""

from __future__ import annotations

import minigrad as mg  # noqa: F401  (doctests)
from minigrad._core import Tensor

from . import functional as F
from .module import Module


class _DropoutNd(Module):
    """What all dropouts share: the probability, and that they act in training only."""

    function: str

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"{type(self).__name__}: dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return getattr(F, self.function)(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_DropoutNd):
    """In training, set each element to zero with probability `p` and scale the others by 1/(1-p); otherwise do nothing.

    Shapes: input any; returns the same.
    Source: Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", JMLR 15 (2014).
    >>> Dropout(0.5).eval()(mg.ones(3)).tolist()
    [1.0, 1.0, 1.0]
    """

    function = "dropout"


class Dropout1d(_DropoutNd):
    """In training, set whole channels to zero with probability `p` and scale the others by 1/(1-p).

    Shapes: input (N, C, L) or (C, L); returns the same.
    >>> sorted({tuple(row) for row in Dropout1d()(mg.ones(1, 20, 2))[0].tolist()})
    [(0.0, 0.0), (2.0, 2.0)]
    """

    function = "dropout1d"


class Dropout2d(_DropoutNd):
    """In training, set whole channels of images to zero with probability `p` and scale the others by 1/(1-p).

    Shapes: input (N, C, H, W) or (C, H, W); returns the same. Source: Tompson et al., arXiv:1411.4280.
    >>> Dropout2d().eval()(mg.ones(1, 2, 3, 3)).sum().item()
    18.0
    """

    function = "dropout2d"


class Dropout3d(_DropoutNd):
    """In training, set whole channels of volumes to zero with probability `p` and scale the others by 1/(1-p).

    Shapes: input (N, C, D, H, W) or (C, D, H, W); returns the same.
    >>> Dropout3d().eval()(mg.ones(1, 2, 3, 3, 3)).sum().item()
    54.0
    """

    function = "dropout3d"


class AlphaDropout(_DropoutNd):
    """Dropout that keeps mean and variance where the input has mean 0 and variance 1: for networks of `SELU`.

    Shapes: input any; returns the same. Source: Klambauer et al., "Self-Normalizing Neural Networks", arXiv:1706.02515.
    >>> AlphaDropout().eval()(mg.ones(3)).tolist()
    [1.0, 1.0, 1.0]
    """

    function = "alpha_dropout"


class FeatureAlphaDropout(_DropoutNd):
    """`AlphaDropout` of whole channels.

    Shapes: input (N, C, *); returns the same.
    >>> FeatureAlphaDropout().eval()(mg.ones(1, 3, 1)).sum().item()
    3.0
    """

    function = "feature_alpha_dropout"
