"""Kullback-Leibler divergences between different kinds: the mean of -log q under p, less p's entropy.

For each q, what the mean of -log q is made of are moments of p: of x and x ** 2, of log x, of exp(t x). So one function does for
every p that has them. Where q has no density on a part of p's support that p reaches, the divergence is infinite.
"""

from __future__ import annotations

import math
from typing import Any

from .. import full_like
from .._core import Tensor
from .bernoulli import Bernoulli
from .beta import Beta
from .binomial import Binomial
from .continuous_bernoulli import ContinuousBernoulli
from .exponential import Exponential
from .gamma import Gamma
from .gumbel import Gumbel
from .kl import register_kl
from .laplace import Laplace
from .normal import Normal
from .pareto import Pareto
from .poisson import Poisson
from .uniform import Uniform
from .utils import euler_constant, replaced, x_log_x


def _for(q: type, *ps: type) -> Any:
    def decorate(function: Any) -> Any:
        for p in ps:
            register_kl(p, q)(function)
        return function

    return decorate


# ---- moments ----


def _mean_log(p: Any) -> Tensor:
    """The mean of log x."""
    if isinstance(p, Beta):
        return p.concentration1.digamma() - (p.concentration1 + p.concentration0).digamma()
    if isinstance(p, Exponential):
        return -euler_constant - p.rate.log()
    if isinstance(p, Pareto):
        return p.scale.log() + 1 / p.alpha
    return (x_log_x(p.high) - x_log_x(p.low)) / (p.high - p.low) - 1  # Uniform


def _mean_log_rest(p: Uniform) -> Tensor:
    """The mean of log(1 - x)."""
    return (x_log_x(1 - p.low) - x_log_x(1 - p.high)) / (p.high - p.low) - 1


def _mean_exp(p: Any, t: Tensor) -> Tensor:
    """The mean of exp(-t x), for t > 0."""
    if isinstance(p, Exponential):
        return p.rate / (p.rate + t)
    if isinstance(p, Gamma):
        return (1 + t / p.rate).pow(-p.concentration)
    if isinstance(p, Normal):
        return (0.5 * (p.scale * t).pow(2) - p.loc * t).exp()
    return ((-p.low * t).exp() - (-p.high * t).exp()) / ((p.high - p.low) * t)  # Uniform


def _unbounded(p: Any, result: Tensor, moment: int) -> Tensor:
    """Infinite where p, a Pareto distribution, does not have that moment."""
    return replaced(result, p.alpha <= moment, math.inf) if isinstance(p, Pareto) else result


def _below_zero(p: Any, result: Tensor) -> Tensor:
    """Infinite where p, a Uniform distribution, reaches below 0."""
    return replaced(result, p.low < 0, math.inf) if isinstance(p, Uniform) else result


# ---- by the second distribution ----


@_for(Normal, Beta, ContinuousBernoulli, Exponential, Gamma, Gumbel, Laplace, Pareto, Uniform)
def _to_normal(p: Any, q: Any) -> Tensor:
    spread = (p.variance + (p.mean - q.loc).pow(2)) / (2 * q.scale.pow(2))
    return _unbounded(p, spread + q.scale.log() + 0.5 * math.log(2 * math.pi) - p.entropy(), 2)


@_for(Exponential, Beta, ContinuousBernoulli, Gamma, Pareto, Uniform)
def _to_exponential(p: Any, q: Any) -> Tensor:
    return _below_zero(p, _unbounded(p, q.rate * p.mean - q.rate.log() - p.entropy(), 1))


@_for(Gamma, Beta, Exponential, Pareto, Uniform)
def _to_gamma(p: Any, q: Any) -> Tensor:
    a = q.concentration
    result = a.lgamma() - a * q.rate.log() - (a - 1) * _mean_log(p) + q.rate * p.mean - p.entropy()
    return _below_zero(p, _unbounded(p, result, 1))


@_for(Gumbel, Exponential, Gamma, Normal, Uniform)
def _to_gumbel(p: Any, q: Any) -> Tensor:
    away = (p.mean - q.loc) / q.scale
    return away + q.scale.log() + (q.loc / q.scale).exp() * _mean_exp(p, 1 / q.scale) - p.entropy()


@_for(Beta, Uniform)
def _to_beta(p: Any, q: Any) -> Tensor:
    a, b = q.concentration1, q.concentration0
    result = a.lgamma() + b.lgamma() - (a + b).lgamma() - (a - 1) * _mean_log(p) - (b - 1) * _mean_log_rest(p) - p.entropy()
    return replaced(result, (p.low < 0) | (p.high > 1), math.inf)


@_for(ContinuousBernoulli, Beta, Uniform)
def _to_continuous_bernoulli(p: Any, q: Any) -> Tensor:
    result = -p.mean * q.logits - (-q.probs).log1p() - q._cont_bern_log_norm() - p.entropy()
    return replaced(result, (p.low < 0) | (p.high > 1), math.inf) if isinstance(p, Uniform) else result


@_for(Uniform, Beta, ContinuousBernoulli)
def _to_uniform(p: Any, q: Any) -> Tensor:
    return replaced((q.high - q.low).log() - p.entropy(), (q.low > 0) | (q.high < 1), math.inf)


@_for(Pareto, Uniform)
def _to_pareto(p: Any, q: Any) -> Tensor:
    result = (q.alpha + 1) * _mean_log(p) - q.alpha.log() - q.alpha * q.scale.log() - p.entropy()
    return replaced(result, p.low < q.scale, math.inf)


@_for(Laplace, Normal)
def _to_laplace(p: Any, q: Any) -> Tensor:
    away = p.loc - q.loc
    z = away / p.scale
    distance = math.sqrt(2 / math.pi) * p.scale * (-0.5 * z.pow(2)).exp() + away * (math.sqrt(0.5) * z).erf()
    return distance / q.scale + (2 * q.scale).log() - p.entropy()


@_for(Poisson, Bernoulli)
def _to_poisson(p: Any, q: Any) -> Tensor:
    return q.rate - p.probs * q.rate.log() - p.entropy()


# ---- infinite ----

_REAL = (Gumbel, Laplace, Normal)


@_for(Beta, Exponential, Gamma, Pareto, *_REAL)
@_for(ContinuousBernoulli, Exponential, Gamma, Pareto, *_REAL)
@_for(Uniform, Exponential, Gamma, Pareto, *_REAL)
@_for(Pareto, Beta, ContinuousBernoulli, Exponential, Gamma, *_REAL)
@_for(Exponential, *_REAL)
@_for(Gamma, *_REAL)
@_for(Bernoulli, Poisson)
@_for(Binomial, Poisson)
def _infinite(p: Any, q: Any) -> Tensor:
    return full_like((p.mean + q.mean).detach(), math.inf)
