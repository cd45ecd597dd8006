"""Kullback-Leibler divergences: what is registered for which pairs of classes, and the closed forms between two of a kind.

Those of different kinds are in _kl_cross.py.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

from .. import broadcast_shapes
from .._core import Tensor
from ..nn.functional import softplus
from .bernoulli import Bernoulli
from .beta import Beta
from .binomial import Binomial
from .categorical import Categorical
from .cauchy import Cauchy
from .continuous_bernoulli import ContinuousBernoulli
from .dirichlet import Dirichlet
from .distribution import Distribution
from .exp_family import ExponentialFamily
from .exponential import Exponential
from .gamma import Gamma
from .geometric import Geometric
from .gumbel import Gumbel
from .half_normal import HalfNormal
from .independent import Independent
from .laplace import Laplace
from .lowrank_multivariate_normal import LowRankMultivariateNormal
from .multivariate_normal import MultivariateNormal
from .normal import Normal
from .one_hot_categorical import OneHotCategorical
from .pareto import Pareto
from .poisson import Poisson
from .transformed_distribution import TransformedDistribution
from .uniform import Uniform
from .utils import all_true, euler_constant, replaced, sum_rightmost

__all__ = ["kl_divergence", "register_kl"]

_registered: dict[tuple[type, type], Callable[[Any, Any], Tensor]] = {}
_found: dict[tuple[type, type], Callable[[Any, Any], Tensor] | None] = {}  # by the classes that were asked for


def register_kl(type_p: type, type_q: type) -> Callable[[Callable[[Any, Any], Tensor]], Callable[[Any, Any], Tensor]]:
    """Decorator of a function of (p, q) that gives `kl_divergence` for these classes and their subclasses.

    The nearest classes win; where p's and q's nearest are registered with different functions, a RuntimeWarning says so.
    """
    for name, cls in (("type_p", type_p), ("type_q", type_q)):
        if not (isinstance(cls, type) and issubclass(cls, Distribution)):
            raise TypeError(f"register_kl: expected {name} as a subclass of Distribution, got {cls!r}")

    def decorate(function: Callable[[Any, Any], Tensor]) -> Callable[[Any, Any], Tensor]:
        _registered[type_p, type_q] = function
        _found.clear()
        return function

    return decorate


def _find(type_p: type, type_q: type) -> Callable[[Any, Any], Tensor] | None:
    """The function of the nearest classes, whether p's or q's is looked at first."""
    near_p, near_q = type_p.__mro__, type_q.__mro__
    matches = [(near_p.index(p), near_q.index(q), p, q) for p, q in _registered if p in near_p and q in near_q]
    if not matches:
        return None
    left, right = min(matches, key=lambda m: (m[0], m[1])), min(matches, key=lambda m: (m[1], m[0]))
    function = _registered[left[2:]]
    if function is not _registered[right[2:]]:
        warnings.warn(
            f"kl_divergence: what is registered for ({type_p.__name__}, {type_q.__name__}) is ambiguous; "
            f"register_kl({left[2].__name__}, {right[3].__name__}) would decide",
            RuntimeWarning,
            stacklevel=3,
        )
    return function


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """The Kullback-Leibler divergence of q from p, the mean under p of log p - log q, of shape batch_shape.

    Raises NotImplementedError for classes that nothing is registered for.
    >>> D = mg.distributions
    >>> D.kl_divergence(D.Normal(0.0, 1.0), D.Normal(mg.tensor([0.0, 1.0]), 1.0))
    tensor([0.0000, 0.5000])
    """
    key = (type(p), type(q))
    if key not in _found:
        _found[key] = _find(*key)
    function = _found[key]
    if function is None:
        raise NotImplementedError(f"kl_divergence: nothing is registered for {key[0].__name__} and {key[1].__name__}")
    return function(p, q)


# ---- two of a kind ----


@register_kl(Bernoulli, Bernoulli)
def _bernoulli(p: Any, q: Any) -> Tensor:
    one = replaced(p.probs * (softplus(-q.logits) - softplus(-p.logits)), q.probs == 0, math.inf)
    zero = replaced((1 - p.probs) * (softplus(q.logits) - softplus(p.logits)), q.probs == 1, math.inf)
    return replaced(one, p.probs == 0, 0.0) + replaced(zero, p.probs == 1, 0.0)


@register_kl(Binomial, Binomial)
def _binomial(p: Any, q: Any) -> Tensor:
    if not all_true(p.total_count >= q.total_count):
        raise NotImplementedError("kl_divergence: Binomial with more trials in q than in p has no closed form")
    each = p.probs * (p.logits - q.logits) + (-p.probs).log1p() - (-q.probs).log1p()
    return replaced(p.total_count * each, p.total_count > q.total_count, math.inf)


@register_kl(Categorical, Categorical)
def _categorical(p: Any, q: Any) -> Tensor:
    terms = replaced(p.probs * (p.logits - q.logits), q.probs == 0, math.inf)
    return replaced(terms, p.probs == 0, 0.0).sum(-1)


@register_kl(OneHotCategorical, OneHotCategorical)
def _one_hot_categorical(p: Any, q: Any) -> Tensor:
    return _categorical(p._categorical, q._categorical)


@register_kl(Geometric, Geometric)
def _geometric(p: Any, q: Any) -> Tensor:
    return -p.entropy() - (-q.probs).log1p() / p.probs - q.logits


@register_kl(Poisson, Poisson)
def _poisson(p: Any, q: Any) -> Tensor:
    return p.rate * (p.rate.log() - q.rate.log()) - (p.rate - q.rate)


@register_kl(Beta, Beta)
def _beta(p: Any, q: Any) -> Tensor:
    total, other = p.concentration1 + p.concentration0, q.concentration1 + q.concentration0
    result = total.lgamma() - other.lgamma() + (other - total) * total.digamma()
    for a, b in ((p.concentration1, q.concentration1), (p.concentration0, q.concentration0)):
        result = result + b.lgamma() - a.lgamma() + (a - b) * a.digamma()
    return result


@register_kl(Dirichlet, Dirichlet)
def _dirichlet(p: Any, q: Any) -> Tensor:
    a, b = p.concentration, q.concentration
    norms = a.sum(-1).lgamma() - b.sum(-1).lgamma() + (b.lgamma() - a.lgamma()).sum(-1)
    return norms + ((a - b) * (a.digamma() - a.sum(-1, keepdim=True).digamma())).sum(-1)


@register_kl(ContinuousBernoulli, ContinuousBernoulli)
def _continuous_bernoulli(p: Any, q: Any) -> Tensor:
    norms = p._cont_bern_log_norm() - q._cont_bern_log_norm()
    return p.mean * (p.logits - q.logits) + norms + (-p.probs).log1p() - (-q.probs).log1p()


@register_kl(Exponential, Exponential)
def _exponential(p: Any, q: Any) -> Tensor:
    ratio = q.rate / p.rate
    return ratio - 1 - ratio.log()


@register_kl(Gamma, Gamma)
def _gamma(p: Any, q: Any) -> Tensor:
    a, b = p.concentration, q.concentration
    norms = b * (p.rate / q.rate).log() + b.lgamma() - a.lgamma()
    return norms + (a - b) * a.digamma() + (q.rate - p.rate) * (a / p.rate)


@register_kl(Gumbel, Gumbel)
def _gumbel(p: Any, q: Any) -> Tensor:
    ratio, away = p.scale / q.scale, (p.loc - q.loc) / q.scale
    return away - ratio.log() + (ratio - 1) * euler_constant + ((1 + ratio).lgamma() - away).exp() - 1


@register_kl(Laplace, Laplace)
def _laplace(p: Any, q: Any) -> Tensor:
    ratio, away = p.scale / q.scale, (p.loc - q.loc).abs()
    return away / q.scale + ratio * (-away / p.scale).exp() - ratio.log() - 1


@register_kl(Cauchy, Cauchy)
def _cauchy(p: Any, q: Any) -> Tensor:
    """Chyzak & Nielsen, arXiv:1905.10965."""
    return ((p.scale + q.scale).pow(2) + (p.loc - q.loc).pow(2)).log() - (4 * p.scale * q.scale).log()


@register_kl(Normal, Normal)
def _normal(p: Any, q: Any) -> Tensor:
    ratio = (p.scale / q.scale).pow(2)
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale).pow(2) - 1 - ratio.log())


@register_kl(HalfNormal, HalfNormal)
def _half_normal(p: Any, q: Any) -> Tensor:
    return _normal(p.base_dist, q.base_dist)


@register_kl(Pareto, Pareto)
def _pareto(p: Any, q: Any) -> Tensor:
    ratio = q.alpha / p.alpha
    result = q.alpha * (p.scale / q.scale).log() - ratio.log() + ratio - 1
    return replaced(result, p.scale < q.scale, math.inf)


@register_kl(Uniform, Uniform)
def _uniform(p: Any, q: Any) -> Tensor:
    result = ((q.high - q.low) / (p.high - p.low)).log()
    return replaced(result, (q.low > p.low) | (q.high < p.high), math.inf)


@register_kl(MultivariateNormal, MultivariateNormal)
@register_kl(MultivariateNormal, LowRankMultivariateNormal)
@register_kl(LowRankMultivariateNormal, MultivariateNormal)
@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
def _multivariate_normal(p: Any, q: Any) -> Tensor:
    """The trace of q's inverse covariance with p's is the sum of q's squared distances of the columns of p's factor."""
    if p.event_shape != q.event_shape:
        raise ValueError(f"kl_divergence: expected normal distributions of one event_shape, got {p.event_shape} and {q.event_shape}")
    batch = broadcast_shapes(p.batch_shape, q.batch_shape)
    factor = p._factor.expand((*batch, *p._factor.shape[-2:]))  # its columns are a dimension in front of q's whole batch
    trace = q._mahalanobis(factor.movedim(-1, 0)).sum(0)
    squares = q._mahalanobis(q.loc - p.loc)
    return q._half_log_det - p._half_log_det + 0.5 * (trace + squares - p.event_shape[0])


# ---- of whole families ----


@register_kl(ExponentialFamily, ExponentialFamily)
def _exponential_family(p: Any, q: Any) -> Tensor:
    if type(p) is not type(q):
        raise NotImplementedError(f"kl_divergence: nothing is registered for {type(p).__name__} and {type(q).__name__}")
    params, normalizer, means = p._mean_statistics()
    result = q._log_normalizer(*q._natural_params) - normalizer
    for a, b, mean in zip(params, q._natural_params, means, strict=True):
        result = result - sum_rightmost((b - a) * mean, mean.ndim - len(p.batch_shape))
    return result


@register_kl(TransformedDistribution, TransformedDistribution)
def _transformed(p: Any, q: Any) -> Tensor:
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        raise NotImplementedError("kl_divergence: transformed distributions need the same transforms and event_shape")
    return kl_divergence(p.base_dist, q.base_dist)


@register_kl(Independent, Independent)
def _independent(p: Any, q: Any) -> Tensor:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError("kl_divergence: Independent distributions need the same reinterpreted_batch_ndims")
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)
