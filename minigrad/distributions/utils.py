"""What distributions share: parameters of one shape, probabilities and their logits, properties that are computed once."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Number
from typing import Any

from .. import _core, arange, broadcast_tensors, finfo, rand, randn, tensor, where
from .._core import Tensor
from ..special import xlogy

euler_constant = 0.57721566490153286060


def broadcast_all(*values: Any) -> tuple[Tensor, ...]:
    """Tensors and numbers as tensors of one shape; numbers take the dtype of the first tensor, or the default one.

    >>> from minigrad.distributions.utils import broadcast_all
    >>> [x.shape for x in broadcast_all(1.0, mg.zeros(2, 1), mg.zeros(3))]
    [(2, 3), (2, 3), (2, 3)]
    """
    for value in values:
        if not isinstance(value, (Tensor, Number)):
            raise ValueError(f"broadcast_all: expected tensors and numbers, got {type(value).__name__}")
    dtype = next((v.dtype for v in values if isinstance(v, Tensor)), _core.get_default_dtype())
    tensors = [v if isinstance(v, Tensor) else tensor(v, dtype=dtype) for v in values]
    shapes = {t.shape for t in tensors}
    return tuple(tensors) if len(shapes) == 1 else tuple(broadcast_tensors(*tensors))


def all_true(valid: Tensor) -> bool:
    """Whether everything holds; under vmap, for every example."""
    return bool(_core.whole(valid.detach()).all())


def sum_rightmost(value: Tensor, dims: int) -> Tensor:
    """The sum over so many last dimensions."""
    return value.sum(tuple(range(-dims, 0))) if dims else value


def logits_to_probs(logits: Tensor, is_binary: bool = False) -> Tensor:
    """Probabilities of log-odds, or along the last dimension of logarithms that need not be normalised."""
    return logits.sigmoid() if is_binary else logits.softmax(-1)


def clamp_probs(probs: Tensor) -> Tensor:
    """Probabilities kept as far from 0 and 1 as the dtype can tell from 1."""
    eps = finfo(probs.dtype).eps
    return probs.clamp(eps, 1 - eps)


def probs_to_logits(probs: Tensor, is_binary: bool = False) -> Tensor:
    """Log-odds of probabilities, or their logarithms; of probabilities 0 and 1 the nearest finite ones."""
    kept = clamp_probs(probs)
    return kept.log() - (-kept).log1p() if is_binary else kept.log()


def replaced(x: Tensor, mask: Tensor, value: float) -> Tensor:
    """x, but `value` where the mask holds."""
    return where(mask, _core.full_of((), value, x.dtype), x)


def x_log_x(x: Tensor) -> Tensor:
    """x * log(x), 0 at 0."""
    return xlogy(x, x)


class lazy_property:
    """A property that is computed, with its gradient, when it is first asked for, and kept."""

    def __init__(self, wrapped: Callable[[Any], Any]) -> None:
        self.wrapped, self.__doc__ = wrapped, wrapped.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        with _core.enable_grad():
            value = instance.__dict__[self.name] = self.wrapped(instance)
        return value


def tril_matrix_to_vec(mat: Tensor, diag: int = 0) -> Tensor:
    """The elements of (..., n, n) on and below a diagonal, row by row, as (..., k)."""
    n = mat.shape[-1]
    if not -n <= diag < n:
        raise ValueError(f"tril_matrix_to_vec: expected diag from {-n} to {n - 1}, got {diag}")
    return mat[..., _below(n, diag)]


def vec_to_tril_matrix(vec: Tensor, diag: int = 0) -> Tensor:
    """The lower triangular (..., n, n) whose elements on and below a diagonal are (..., k), row by row."""
    k, n = vec.shape[-1], max(-diag, 0)
    while _count(n, diag) < k:
        n += 1
    if _count(n, diag) != k:
        raise ValueError(f"vec_to_tril_matrix: no square matrix has {k} elements on and below diagonal {diag}")
    mat = vec.new_zeros((*vec.shape[:-1], n, n))
    mat[..., _below(n, diag)] = vec
    return mat


def _count(n: int, diag: int) -> int:
    return sum(min(max(i + diag + 1, 0), n) for i in range(n))


def _below(n: int, diag: int) -> Tensor:
    i = arange(n)
    return i < i.reshape(-1, 1) + (diag + 1)


def standard_normal(shape: Any, dtype: Any) -> Tensor:
    return randn(tuple(shape), dtype=dtype)


def uniform(shape: Any, dtype: Any) -> Tensor:
    return rand(tuple(shape), dtype=dtype)
