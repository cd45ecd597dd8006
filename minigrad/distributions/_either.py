"""What distributions share that are given either by probabilities or by logits."""

from __future__ import annotations

from typing import Any

from .._core import Tensor
from . import constraints
from .distribution import Distribution
from .utils import lazy_property, logits_to_probs, probs_to_logits


class Either(Distribution):
    """Base of distributions of which one of `probs` and `logits` is given and the other one follows."""

    _is_binary = True
    arg_constraints: Any = {"probs": constraints.unit_interval, "logits": constraints.real}

    def _one_of(self, probs: Any, logits: Any) -> dict[str, Any]:
        if (probs is None) == (logits is None):
            raise ValueError(f"{type(self).__name__}: expected either probs or logits, got {'neither' if probs is None else 'both'}")
        return {"probs": probs} if logits is None else {"logits": logits}

    @lazy_property
    def logits(self) -> Tensor:
        """Log-odds, or logarithms of the probabilities."""
        return probs_to_logits(self.probs, self._is_binary)

    @lazy_property
    def probs(self) -> Tensor:
        """Probabilities."""
        return logits_to_probs(self.logits, self._is_binary)

    @property
    def _param(self) -> Tensor:
        return self.__dict__["probs" if "probs" in self._parameters else "logits"]

    @property
    def param_shape(self) -> tuple[int, ...]:
        """Shape of the parameter."""
        return tuple(self._param.shape)
