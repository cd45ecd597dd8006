"""The LKJ distribution of correlation matrices."""

from __future__ import annotations

import math
from typing import Any

from .. import _core, arange, cat, finfo, mvlgamma, randn
from .._core import Tensor
from . import constraints
from .beta import Beta
from .distribution import Distribution
from .utils import broadcast_all

__all__ = ["LKJCholesky"]


class LKJCholesky(Distribution):
    """Cholesky factors of `dim` x `dim` correlation matrices M with density proportional to det(M) ** (concentration - 1).

    Shapes: concentration has the batch's; events are (dim, dim).
    Source: Lewandowski, Kurowicka & Joe, "Generating random correlation matrices based on vines and extended onion method", 2009.
    >>> d = mg.distributions.LKJCholesky(3, 2.0)
    >>> d.log_prob(mg.eye(3)), d.sample().shape
    (tensor(-0.6155), (3, 3))
    """

    arg_constraints = {"concentration": constraints.positive}
    support = constraints.corr_cholesky
    _parameters = {"concentration": 0}
    concentration: Tensor

    def __init__(self, dim: int, concentration: Any = 1.0, validate_args: bool | None = None) -> None:
        if dim < 2:
            raise ValueError(f"LKJCholesky: expected dim >= 2, got {dim}")
        self.dim = dim
        (self.concentration,) = broadcast_all(concentration)
        super().__init__(self.concentration.shape, (dim, dim), validate_args)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        shape, dtype = self._extended_shape(sample_shape), self.concentration.dtype
        with _core.no_grad():
            before = cat([arange(1, dtype=dtype), arange(self.dim - 1, dtype=dtype)])
            rest = (self.concentration + 0.5 * (self.dim - 2)).unsqueeze(-1) - 0.5 * before
            squares = Beta(before + 0.5, rest, validate_args=False).sample(sample_shape).unsqueeze(-1)
            normal = randn(shape, dtype=dtype).tril(-1)
            norm = normal.pow(2).sum(-1, keepdim=True).sqrt().clamp(min=finfo(dtype).tiny)  # of the first row 0
            below = squares.sqrt() * normal / norm
            diagonal = (1 - below.pow(2).sum(-1)).clamp(min=finfo(dtype).tiny).sqrt()
            return below + diagonal.diag_embed()

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        diagonal = value.diagonal(dim1=-2, dim2=-1)[..., 1:]
        order = 2 * (self.concentration - 1).unsqueeze(-1) + self.dim - arange(2, self.dim + 1)
        rows = self.dim - 1
        alpha = self.concentration + 0.5 * rows
        normalizer = 0.5 * rows * math.log(math.pi) + mvlgamma(alpha - 0.5, rows) - alpha.lgamma() * rows
        return (order * diagonal.log()).sum(-1) - normalizer
