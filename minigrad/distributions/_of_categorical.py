"""What distributions share that wrap a Categorical."""

from __future__ import annotations

from typing import Any

from .._core import Tensor
from . import constraints
from .categorical import Categorical
from .distribution import Distribution


class OfCategorical(Distribution):
    """Base of distributions of vectors with one element for each category of `_categorical`."""

    arg_constraints: Any = {"probs": constraints.simplex, "logits": constraints.real_vector}
    _parts = ("_categorical",)

    def __init__(self, probs: Tensor | None, logits: Tensor | None, validate_args: bool | None) -> None:
        if (probs is None) == (logits is None):
            raise ValueError(f"{type(self).__name__}: expected either probs or logits, got {'neither' if probs is None else 'both'}")
        self._categorical = Categorical._as_part(probs, logits, validate_args=validate_args)
        super().__init__(self._categorical.batch_shape, self._categorical.param_shape[-1:], validate_args)

    @property
    def probs(self) -> Tensor:
        """Probabilities of the categories."""
        return self._categorical.probs

    @property
    def logits(self) -> Tensor:
        """Logarithms of the probabilities."""
        return self._categorical.logits

    @property
    def _param(self) -> Tensor:
        return self._categorical._param

    @property
    def param_shape(self) -> tuple[int, ...]:
        """Shape of the parameter."""
        return self._categorical.param_shape
