"""What the tests of distributions are run on: for each class of `minigrad.distributions` its parameters and values of its support."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
CASES: dict[str, Case] = {}


@dataclass(frozen=True)
class Case:
    """`parameters` are drawn for a shape; `build(D, **tensors)` makes the distribution; `value` draws of its support."""

    parameters: dict[str, Draw]
    build: Callable[..., Any]
    value: Callable[..., np.ndarray]  # (rng, shape of the batch with sample dimensions, parameters)
    events: int = 0  # last dimensions of the parameters that every one of them must have in full
    rtol: float = 1e-9
    without_gradient: tuple[str, ...] = ()  # PyTorch's has none
    differs: tuple[str, ...] = ()  # not compared with PyTorch's


def add(
    name: str,
    value: Any,
    *,
    build: Any = None,
    events: int = 0,
    rtol: float = 1e-9,
    without_gradient: Any = (),
    differs: Any = (),
    **parameters: Any,
) -> None:
    cls = name.partition("/")[0]
    make = build or (lambda D, **p: getattr(D, cls)(**p))
    CASES[name] = Case(parameters, make, value, events, rtol, without_gradient, differs)


def real(rng, shape):
    return rng.standard_normal(shape)


def between(low, high):
    return lambda rng, shape: rng.uniform(low, high, shape)


positive, unit = between(0.4, 3.0), between(0.1, 0.9)


def on(draw):
    return lambda rng, shape, p: draw(rng, shape)


def counts(high):
    return lambda rng, shape, p: rng.integers(0, high, shape).astype(float)


def simplex(rng, shape):
    x = rng.uniform(0.1, 1.0, shape)
    return x / x.sum(-1, keepdims=True)


def vectors(draw, n):
    return lambda rng, shape, p=None: draw(rng, (*shape, n))


def one_hot(n):
    return lambda rng, shape, p: np.eye(n)[rng.integers(0, n, shape)]


def triangular(rng, shape):
    return np.tril(rng.standard_normal((*shape, 3)), -1) + np.eye(3) * rng.uniform(0.5, 2, (*shape, 1))


def definite(rng, shape):
    factor = triangular(rng, shape)
    return factor @ np.swapaxes(factor, -1, -2)


def correlation(n):
    def draw(rng, shape, p):
        factor = np.tril(rng.standard_normal((*shape, n, n)), -1) + np.eye(n) * rng.uniform(0.5, 2, (*shape, n, 1))
        return factor / np.linalg.norm(factor, axis=-1, keepdims=True)

    return draw


add("Normal", on(real), loc=real, scale=positive)
add("Laplace", on(real), loc=real, scale=positive)
add("Cauchy", on(real), loc=real, scale=positive)
add("Gumbel", on(real), loc=real, scale=positive)
add("LogNormal", on(positive), loc=real, scale=positive)
add("HalfNormal", on(positive), scale=positive)
add("HalfCauchy", on(positive), scale=positive)
add("StudentT", on(real), df=between(0.5, 6), loc=real, scale=positive)
add("Uniform", on(between(-0.4, 0.4)), low=between(-2, -0.5), high=between(0.5, 2))
add("Uniform/inside", on(between(0.4, 0.6)), low=between(0.1, 0.3), high=between(0.7, 0.9))
add("Exponential", on(positive), rate=positive)
add("Gamma", on(positive), concentration=positive, rate=positive, without_gradient=("cdf",))
add("InverseGamma", on(positive), concentration=between(0.5, 4), rate=positive, without_gradient=("cdf",))
add("Chi2", on(positive), df=positive, without_gradient=("cdf",))
add("Beta", on(unit), concentration1=positive, concentration0=positive)
add("Dirichlet", lambda rng, shape, p: simplex(rng, (*shape, 3)), concentration=vectors(positive, 3), events=1)
add("FisherSnedecor", on(positive), df1=between(0.5, 6), df2=between(0.5, 9))
add("Pareto", lambda rng, shape, p: p["scale"] + rng.uniform(0.1, 2, shape), scale=positive, alpha=positive)
add("GeneralizedPareto", lambda rng, shape, p: p["loc"] + p["scale"] * rng.uniform(0.1, 0.9, shape), loc=real, scale=positive,
    concentration=between(-1, 1))  # fmt: skip
add("Weibull", on(positive), scale=positive, concentration=between(1.1, 3))
# PyTorch's formula of the mode is NaN nearly everywhere.
add("Kumaraswamy", on(unit), concentration1=between(0.5, 3), concentration0=between(0.5, 3), differs=("mode",))
# PyTorch's Bessel functions are polynomials of single precision.
add("VonMises", on(real), loc=real, concentration=positive, rtol=1e-5)
add("ContinuousBernoulli", on(unit), probs=between(0.05, 0.45))
add("ContinuousBernoulli/near", on(unit), probs=between(0.4995, 0.5005))
add("ContinuousBernoulli/logits", on(unit), logits=between(0.2, 2))
add("Bernoulli", counts(2), probs=unit)
add("Bernoulli/logits", counts(2), logits=real)
add("Geometric", counts(5), probs=unit)
add("Geometric/logits", counts(5), logits=real)
add("Poisson", counts(7), rate=positive)
add("Binomial", counts(5), probs=unit, build=lambda D, probs: D.Binomial(4, probs))
add("Binomial/logits", counts(5), logits=real, build=lambda D, logits: D.Binomial(4, logits=logits))
add("NegativeBinomial", counts(6), total_count=positive, probs=unit)
add("NegativeBinomial/logits", counts(6), total_count=positive, logits=real)
add("Categorical", counts(3), probs=vectors(unit, 3), events=1)
add("Categorical/logits", counts(3), logits=vectors(real, 3), events=1)
add("OneHotCategorical", one_hot(3), probs=vectors(unit, 3), events=1)
add("OneHotCategorical/logits", one_hot(3), logits=vectors(real, 3), events=1)
add("OneHotCategoricalStraightThrough", one_hot(3), probs=vectors(unit, 3), events=1)
# Its entropy is in part of single precision in PyTorch.
add("Multinomial", lambda rng, shape, p: rng.multinomial(4, [0.2, 0.3, 0.5], shape).astype(float), probs=vectors(unit, 3), events=1,
    build=lambda D, probs: D.Multinomial(4, probs), rtol=1e-7)  # fmt: skip
add("Multinomial/logits", lambda rng, shape, p: rng.multinomial(5, [0.2, 0.3, 0.5], shape).astype(float), logits=vectors(real, 3), events=1,
    build=lambda D, logits: D.Multinomial(5, logits=logits), rtol=1e-7)  # fmt: skip
add("RelaxedBernoulli", on(unit), probs=unit, temperature=lambda rng, shape: positive(rng, ()))
add("RelaxedBernoulli/logits", on(unit), logits=real, temperature=lambda rng, shape: positive(rng, ()))
add("RelaxedOneHotCategorical", lambda rng, shape, p: simplex(rng, (*shape, 3)), probs=vectors(unit, 3), events=1,
    temperature=lambda rng, shape: positive(rng, ()))  # fmt: skip
add("LogisticNormal", lambda rng, shape, p: simplex(rng, (*shape, 4)), loc=vectors(real, 3), scale=vectors(positive, 3), events=1)
add("MultivariateNormal", vectors(real, 3), loc=vectors(real, 3), scale_tril=lambda rng, shape: triangular(rng, (*shape, 3)), events=1)
add("MultivariateNormal/covariance", vectors(real, 3), loc=vectors(real, 3), events=1,
    covariance_matrix=lambda rng, shape: definite(rng, (*shape, 3)))  # fmt: skip
add("MultivariateNormal/precision", vectors(real, 3), loc=vectors(real, 3), events=1,
    precision_matrix=lambda rng, shape: definite(rng, (*shape, 3)))  # fmt: skip
add("LowRankMultivariateNormal", vectors(real, 3), loc=vectors(real, 3), cov_factor=lambda rng, shape: real(rng, (*shape, 3, 2)),
    cov_diag=vectors(positive, 3), events=1)  # fmt: skip
# PyTorch's gradient of cholesky_solve goes to the other triangle too.
add("Wishart", on(lambda rng, shape: definite(rng, (*shape, 3))), df=between(3.5, 8), scale_tril=lambda rng, shape: triangular(rng, (*shape, 3)),
    build=lambda D, df, scale_tril: D.Wishart(df, scale_tril=scale_tril.tril()))  # fmt: skip
add("Wishart/covariance", on(lambda rng, shape: definite(rng, (*shape, 3))), df=between(3.5, 8),
    covariance_matrix=lambda rng, shape: definite(rng, (*shape, 3)))  # fmt: skip
add("Wishart/precision", on(lambda rng, shape: definite(rng, (*shape, 3))), df=between(3.5, 8),
    precision_matrix=lambda rng, shape: definite(rng, (*shape, 3)))  # fmt: skip
add("LKJCholesky", correlation(3), concentration=positive, build=lambda D, concentration: D.LKJCholesky(3, concentration))
add("Independent", vectors(real, 3), loc=vectors(real, 3), scale=vectors(positive, 3), events=1,
    build=lambda D, **p: D.Independent(D.Normal(**p), 1))  # fmt: skip
add("TransformedDistribution", on(real), low=real, scale=positive,
    build=lambda D, low, scale: D.TransformedDistribution(
        D.Uniform(scale * 0, scale * 0 + 1), [D.SigmoidTransform().inv, D.AffineTransform(low, -scale)]))  # fmt: skip
add("TransformedDistribution/vectors", vectors(positive, 2), loc=vectors(real, 2), scale_tril=lambda rng, shape: triangular(rng, (*shape, 3))[..., :2, :2],
    build=lambda D, **p: D.TransformedDistribution(D.MultivariateNormal(**p), [D.ExpTransform()]), events=1)  # fmt: skip
add("MixtureSameFamily", on(real), probs=vectors(unit, 3), loc=vectors(real, 3), scale=vectors(positive, 3), events=1,
    build=lambda D, probs, **p: D.MixtureSameFamily(D.Categorical(probs), D.Normal(**p)))  # fmt: skip
add("MixtureSameFamily/vectors", vectors(real, 2), probs=vectors(unit, 3), loc=lambda rng, shape: real(rng, (*shape, 3, 2)), events=1,
    build=lambda D, probs, loc: D.MixtureSameFamily(D.Categorical(probs), D.Independent(D.Normal(loc, loc * 0 + 0.5), 1)))  # fmt: skip

ABSTRACT = {"Distribution", "ExponentialFamily"}


def parameters(name: str, batch: tuple[int, ...], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Parameters that broadcast to the batch; the first has it all, others may have fewer dimensions, or dimensions of size 1.

    (But what is made of other distributions has their batch shapes as they are.)
    """
    found = {}
    for i, (key, draw) in enumerate(CASES[name].parameters.items()):
        shape = batch
        if i and not name.startswith(("TransformedDistribution", "MixtureSameFamily")):
            shape = tuple(1 if rng.random() < 0.3 else n for n in batch[rng.integers(0, len(batch) + 1) :])
        found[key] = draw(rng, shape)
    return found
