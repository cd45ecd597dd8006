"""`ExponentialFamily`: entropies and divergences by the derivative of the logarithm of the normaliser."""

from __future__ import annotations

from typing import Any

from .. import _core
from .._core import Tensor
from .distribution import Distribution
from .utils import sum_rightmost

__all__ = ["ExponentialFamily"]


class ExponentialFamily(Distribution):
    """Distributions with density exp(<t(x), θ> - F(θ) + k(x)): `_natural_params` are θ, `_log_normalizer(*θ)` is F, and
    `_mean_carrier_measure` the mean of k.

    Source: Nielsen & Nock, "Entropies and cross-entropies of exponential families", 2010.
    """

    @property
    def _mean_carrier_measure(self) -> Any:
        raise self._missing("entropy")

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        raise self._missing("_natural_params")

    def _log_normalizer(self, *args: Any, **kwargs: Any) -> Tensor:  # its arguments are the natural parameters
        raise self._missing("_log_normalizer")

    def _mean_statistics(self) -> tuple[tuple[Tensor, ...], Tensor, tuple[Tensor, ...]]:
        """θ, F(θ) and its gradient, the means of t(x), all differentiable if the parameters ask for it."""
        with _core.enable_grad():
            params = self._natural_params
            wanted = any(p.requires_grad for p in params)
            own = tuple(p * 1 if p.requires_grad else p.detach().requires_grad_() for p in params)
            value = self._log_normalizer(*own)
            means = _core.grad([value.sum()], list(own), create_graph=wanted)
        return (own, value, tuple(means)) if wanted else (params, value.detach(), tuple(m.detach() for m in means))

    def entropy(self) -> Tensor:
        params, normalizer, means = self._mean_statistics()
        result = normalizer - self._mean_carrier_measure
        for p, m in zip(params, means, strict=True):
            result = result - sum_rightmost(p * m, m.ndim - len(self._batch_shape))
        return result
