"""The continuous Bernoulli distribution."""

from __future__ import annotations

import math
from typing import Any

from .. import where
from .._core import Tensor
from ..nn.functional import binary_cross_entropy_with_logits
from . import constraints
from ._either import Either
from .exp_family import ExponentialFamily
from .utils import broadcast_all, clamp_probs, lazy_property, uniform

__all__ = ["ContinuousBernoulli"]


class ContinuousBernoulli(Either, ExponentialFamily):
    """Numbers in [0, 1] with density proportional to probs ** x * (1 - probs) ** (1 - x); exactly one of probs and logits is given.

    Within `lims` about 1/2 the normaliser is a Taylor polynomial.
    Source: Loaiza-Ganem & Cunningham, "The continuous Bernoulli", arXiv:1907.06845.
    >>> mg.distributions.ContinuousBernoulli(mg.tensor([0.25, 0.5])).mean
    tensor([0.4102, 0.5000])
    """

    support = constraints.unit_interval
    has_rsample = True
    _mean_carrier_measure: Any = 0

    def __init__(
        self, probs: Any = None, logits: Any = None, lims: tuple[float, float] = (0.499, 0.501), validate_args: bool | None = None
    ) -> None:
        self._lims = lims
        self._declare(validate_args, **self._one_of(probs, logits))
        if "probs" in self._parameters:
            self.__dict__["probs"] = clamp_probs(self.probs)

    @lazy_property
    def probs(self) -> Tensor:
        """What the density is made of."""
        return clamp_probs(self.logits.sigmoid())

    def _near(self) -> Tensor:
        """Where probs is so near 1/2 that the formulas cancel."""
        return (self.probs > self._lims[0]) & (self.probs <= self._lims[1])

    def _apart(self) -> Tensor:
        """probs, but a number away from 1/2 where it is near."""
        return where(self._near(), self._lims[0], self.probs)

    def _cont_bern_log_norm(self) -> Tensor:
        p = self._apart()
        far = (((-p).log1p() - p.log()) / (1 - 2 * p)).log()
        x = (self.probs - 0.5).pow(2)
        return where(self._near(), math.log(2) + (4 / 3 + 104 / 45 * x) * x, far)

    @property
    def mean(self) -> Tensor:
        p = self._apart()
        far = p / (2 * p - 1) + 1 / ((-p).log1p() - p.log())
        x = self.probs - 0.5
        return where(self._near(), 0.5 + (1 / 3 + 16 / 45 * x.pow(2)) * x, far)

    @property
    def variance(self) -> Tensor:
        p = self._apart()
        far = p * (p - 1) / (1 - 2 * p).pow(2) + ((-p).log1p() - p.log()).pow(-2)
        x = (self.probs - 0.5).pow(2)
        return where(self._near(), 1 / 12 - (1 / 15 - 128 / 945 * x) * x, far)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return self.icdf(uniform(self._extended_shape(sample_shape), self.probs.dtype))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        return self._cont_bern_log_norm() - binary_cross_entropy_with_logits(logits, value, reduction="none")

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        p = self._apart()
        far = (p.pow(value) * (1 - p).pow(1 - value) + p - 1) / (2 * p - 1)
        return where(value <= 0, 0.0, where(value >= 1, 1.0, where(self._near(), value, far)))

    def icdf(self, value: Tensor) -> Tensor:
        p = self._apart()
        far = ((value * (2 * p - 1) - p).log1p() - (-p).log1p()) / (p.log() - (-p).log1p())
        return where(self._near(), value, far)

    def entropy(self) -> Tensor:
        rest = (-self.probs).log1p()
        return self.mean * (rest - self.probs.log()) - self._cont_bern_log_norm() - rest
