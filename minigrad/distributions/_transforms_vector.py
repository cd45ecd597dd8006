"""Transforms of vectors and matrices: to the simplex, to triangular, correlation and positive definite matrices."""

from __future__ import annotations

import math

from .. import arange, eye, finfo, linalg
from .._core import Tensor
from ..nn.functional import logsigmoid, pad, softplus
from . import constraints
from ._transform import Elementary, Shape
from ._transforms_elementwise import clipped_sigmoid
from .utils import tril_matrix_to_vec, vec_to_tril_matrix


class SoftmaxTransform(Elementary):
    """exp(x), normalised to sum 1; not bijective: a constant added to x changes nothing."""

    domain, codomain = constraints.real_vector, constraints.simplex

    def _call(self, x: Tensor) -> Tensor:
        return x.softmax(-1)

    def _inverse(self, y: Tensor) -> Tensor:
        return y.log()

    def forward_shape(self, shape: Shape) -> Shape:
        self._at_least(shape, 1)
        return shape

    inverse_shape = forward_shape


class StickBreakingTransform(Elementary):
    """n real numbers to n + 1 that are positive and sum to 1: each breaks a part off what the ones before it left.

    Source: Stan Reference Manual, "Unit simplex".
    >>> from minigrad.distributions import transforms
    >>> transforms.StickBreakingTransform()(mg.zeros(2))
    tensor([0.3333, 0.3333, 0.3333])
    """

    domain, codomain, bijective = constraints.real_vector, constraints.simplex, True

    def _call(self, x: Tensor) -> Tensor:
        z = clipped_sigmoid(x - _left(x).log())
        return pad(z, (0, 1), value=1.0) * pad((1 - z).cumprod(-1), (1, 0), value=1.0)

    def _inverse(self, y: Tensor) -> Tensor:
        first = y[..., :-1]
        rest = (1 - first.cumsum(-1)).clamp(min=finfo(y.dtype).tiny)
        return first.log() - rest.log() + _left(first).log()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        x = x - _left(x).log()
        return (logsigmoid(x) - x + y[..., :-1].log()).sum(-1)

    def forward_shape(self, shape: Shape) -> Shape:
        self._at_least(shape, 1)
        return (*shape[:-1], shape[-1] + 1)

    def inverse_shape(self, shape: Shape) -> Shape:
        self._at_least(shape, 1)
        return (*shape[:-1], shape[-1] - 1)


def _left(x: Tensor) -> Tensor:
    """How many pieces are to come after each of x."""
    return arange(x.shape[-1], 0, -1, dtype=x.dtype)


class LowerCholeskyTransform(Elementary):
    """A matrix to its lower triangle, with exp of the diagonal."""

    domain, codomain = constraints.independent(constraints.real, 2), constraints.lower_cholesky

    def _call(self, x: Tensor) -> Tensor:
        return x.tril(-1) + x.diagonal(dim1=-2, dim2=-1).exp().diag_embed()

    def _inverse(self, y: Tensor) -> Tensor:
        return y.tril(-1) + y.diagonal(dim1=-2, dim2=-1).log().diag_embed()


class PositiveDefiniteTransform(Elementary):
    """A matrix to L @ L.mT, L being what LowerCholeskyTransform makes of it."""

    domain, codomain = constraints.independent(constraints.real, 2), constraints.positive_definite

    def _call(self, x: Tensor) -> Tensor:
        factor = LowerCholeskyTransform()(x)
        return factor @ factor.mT

    def _inverse(self, y: Tensor) -> Tensor:
        return LowerCholeskyTransform().inv(linalg.cholesky(y))


class CorrCholeskyTransform(Elementary):
    """D (D - 1) / 2 real numbers to the Cholesky factor of a D x D correlation matrix: rows of length 1, broken like sticks.

    Source: Stan Reference Manual, "Cholesky factors of correlation matrices".
    """

    domain, codomain, bijective = constraints.real_vector, constraints.corr_cholesky, True

    def _call(self, x: Tensor) -> Tensor:
        eps = finfo(x.dtype).eps
        r = vec_to_tril_matrix(x.tanh().clamp(-1 + eps, 1 - eps), -1)
        rest = (1 - r * r).sqrt().cumprod(-1)
        return (r + eye(r.shape[-1], dtype=r.dtype)) * pad(rest[..., :-1], (1, 0), value=1.0)

    def _inverse(self, y: Tensor) -> Tensor:
        rest = pad((1 - (y * y).cumsum(-1))[..., :-1], (1, 0), value=1.0)
        return (tril_matrix_to_vec(y, -1) / tril_matrix_to_vec(rest, -1).sqrt()).atanh()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        rest = 1 - (y * y).cumsum(-1)
        broken = tril_matrix_to_vec(rest, -2).log().sum(-1)
        return 0.5 * broken - 2 * (x + softplus(-2 * x) - math.log(2)).sum(-1)

    def forward_shape(self, shape: Shape) -> Shape:
        self._at_least(shape, 1)
        n = round((0.25 + 2 * shape[-1]) ** 0.5 + 0.5)
        if n * (n - 1) // 2 != shape[-1]:
            raise ValueError(f"CorrCholeskyTransform: expected D (D - 1) / 2 numbers, got {shape[-1]}")
        return (*shape[:-1], n, n)

    def inverse_shape(self, shape: Shape) -> Shape:
        self._at_least(shape, 2)
        if shape[-2] != shape[-1]:
            raise ValueError(f"CorrCholeskyTransform: expected square matrices, got shape {tuple(shape)}")
        return (*shape[:-2], shape[-1] * (shape[-1] - 1) // 2)
