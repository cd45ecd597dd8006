"""kl_divergence: every pair that PyTorch has, against PyTorch; what is registered, and found."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import minigrad as mg
import minigrad.distributions as D
from minigrad.distributions import kl
from tests.distribution_cases import CASES
from tests.test_distributions import gradients, made, module_of

FAMILIES = {"ExponentialFamily", "Independent", "TransformedDistribution"}
PAIRS = sorted({(p.__name__, q.__name__) for p, q in kl._registered if not {p.__name__, q.__name__} & FAMILIES})
VARIANTS = {"Uniform": ["Uniform", "Uniform/inside"], "ContinuousBernoulli": ["ContinuousBernoulli", "ContinuousBernoulli/near"],
            "MultivariateNormal": ["MultivariateNormal", "MultivariateNormal/precision"]}  # fmt: skip
seeds = st.integers(0, 2**16)


def divergence(library, p, q, batch, seed):
    first, one = made(library, p, batch, np.random.default_rng(seed))
    second, other = made(library, q, batch, np.random.default_rng(seed + 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        y = module_of(library).kl_divergence(one, other)
    leaves = [*first.values(), *second.values()]
    return [y.detach().numpy(), *(gradients(library, y, leaves, seed) if y.requires_grad else [np.zeros(x.shape) for x in leaves])]


@pytest.mark.parametrize("p, q", PAIRS)
@settings(max_examples=max(2, settings.default.max_examples // 40))
@given(data=st.data(), batch=st.sampled_from([(), (2,), (3, 2)]), seed=seeds)
def test_equals_pytorchs(p, q, data, batch, seed):
    torch = pytest.importorskip("torch")
    p, q = (data.draw(st.sampled_from(VARIANTS.get(name, [name]))) for name in (p, q))
    try:
        want, *slopes = divergence(torch, p, q, batch, seed)
    except RuntimeError:  # PyTorch's cannot broadcast a diagonal whose batch is larger than its factor's
        assume("LowRankMultivariateNormal" not in (p, q))
        raise
    got, *own = divergence(mg, p, q, batch, seed)
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, 1e-9, 1e-9)
    for a, b in zip(own, slopes):
        if np.isfinite(got).all():  # beside an infinite one gradients mean nothing
            np.testing.assert_allclose(a, b, 1e-8, 1e-8)


@pytest.mark.parametrize("first, second", [((), (2,)), ((2,), ()), ((2, 1), (3,)), ((3,), (4, 3))])
def test_normal_distributions_of_other_batches(first, second):
    """A covariance without a batch against means with one, and batches that are broadcast."""
    rng = np.random.default_rng(0)

    def normal(batch, matrices):
        a = rng.standard_normal((*matrices, 3, 3))
        return D.MultivariateNormal(mg.tensor(rng.standard_normal((*batch, 3))), mg.tensor(a @ np.swapaxes(a, -1, -2) + np.eye(3)))

    for matrices, others in [((), ()), (first, second), ((), second), (first, ())]:
        p, q = normal(first, matrices), normal(second, others)
        batch = np.broadcast_shapes(first, second)
        got = D.kl_divergence(p, q)
        want = D.kl_divergence(p.expand(batch), q.expand(batch))
        one = D.kl_divergence(
            *(D.MultivariateNormal(d.loc.expand((*batch, 3)), d.covariance_matrix.expand((*batch, 3, 3))) for d in (p, q))
        )
        np.testing.assert_allclose(got.expand(batch).numpy(), one.numpy(), 1e-9)
        np.testing.assert_allclose(want.numpy(), one.numpy(), 1e-9)


def test_pairs_are_pytorchs():
    pytest.importorskip("torch")
    from torch.distributions import kl as theirs

    want = {(p.__name__, q.__name__) for p, q in theirs._KL_REGISTRY}
    assert want == {(p.__name__, q.__name__) for p, q in kl._registered}


FINITE = [("Normal", "Laplace"), ("Gamma", "Normal"), ("Beta", "Gamma"), ("Exponential", "Gumbel"), ("Uniform", "Normal"), ("Laplace", "Laplace"),
          ("Dirichlet", "Dirichlet"), ("Bernoulli", "Poisson"), ("Categorical", "Categorical"), ("MultivariateNormal", "MultivariateNormal"),
          ("Wishart", "Wishart/precision"),
          ("Uniform/inside", "Beta"), ("Uniform/inside", "ContinuousBernoulli"), ("Gumbel", "Normal"), ("Normal", "Gumbel")]  # fmt: skip


@pytest.mark.parametrize("p, q", FINITE)
def test_is_the_mean_of_the_difference_of_logarithms(p, q):
    (_, p), (_, q) = made(mg, p, (2,), np.random.default_rng(5)), made(mg, q, (2,), np.random.default_rng(6))
    mg.manual_seed(0)
    x = p.sample((4000,))
    difference = (p.log_prob(x) - q.log_prob(x)).detach().numpy()
    error = difference.std(0) / 4000**0.5
    assert (np.abs(difference.mean(0) - D.kl_divergence(p, q).detach().numpy()) < 5 * error + 1e-9).all()


@pytest.mark.parametrize("name", ["Normal", "Gamma", "Beta", "Exponential", "Dirichlet", "Bernoulli", "Poisson"])
def test_of_an_exponential_family(name):
    """The divergence of Bregman, by the derivative of the normaliser, is the closed form; gradients too."""
    (a, p), (b, q) = made(mg, name, (2,), np.random.default_rng(5)), made(mg, name, (2,), np.random.default_rng(6))
    leaves = [*a.values(), *b.values()]
    values = [kl._exponential_family(p, q), D.kl_divergence(p, q)]
    np.testing.assert_allclose(*(y.detach().numpy() for y in values), 1e-9)
    for x, y in zip(*(gradients(mg, y, leaves, 0) for y in values)):
        np.testing.assert_allclose(x, y, 1e-8, 1e-10)
    if name != "Poisson":  # whose carrier has no closed mean
        np.testing.assert_allclose(D.ExponentialFamily.entropy(p).detach().numpy(), p.entropy().detach().numpy(), 1e-9)


def test_of_wholes_and_transforms():
    p, q = D.Normal(mg.zeros(3, 2), 1.0), D.Normal(mg.ones(3, 2), 2.0)
    each = D.kl_divergence(p, q)
    assert D.kl_divergence(D.Independent(p, 1), D.Independent(q, 1)).tolist() == pytest.approx(each.sum(-1).tolist())
    wide = [D.TransformedDistribution(d, [D.ExpTransform(), D.AffineTransform(1.0, 2.0)]) for d in (p, q)]
    assert np.array_equal(D.kl_divergence(*wide).numpy(), each.numpy())
    assert np.array_equal(D.kl_divergence(D.LogNormal(mg.zeros(3, 2), 1.0), D.LogNormal(mg.ones(3, 2), 2.0)).numpy(), each.numpy())
    with pytest.raises(NotImplementedError, match="the same reinterpreted_batch_ndims"):
        D.kl_divergence(D.Independent(p, 1), D.Independent(q, 2))
    with pytest.raises(NotImplementedError, match="the same transforms"):
        D.kl_divergence(wide[0], D.TransformedDistribution(q, [D.ExpTransform()]))
    with pytest.raises(ValueError, match="one event_shape"):
        D.kl_divergence(D.MultivariateNormal(mg.zeros(2), mg.eye(2)), D.MultivariateNormal(mg.zeros(3), mg.eye(3)))


def test_supports_that_are_just_inside():
    """PyTorch has inf for these two."""
    unit = D.Uniform(mg.tensor(0.0), mg.tensor(1.0))
    q = D.ContinuousBernoulli(mg.tensor(0.3))
    assert D.kl_divergence(unit, q).item() == pytest.approx(-(q.log_prob(mg.linspace(0, 1, 1001)).mean().item()), abs=1e-3)
    assert D.kl_divergence(q, unit).item() == pytest.approx(-q.entropy().item(), abs=1e-6)


def test_register(monkeypatch):
    monkeypatch.setattr(kl, "_registered", dict(kl._registered))
    monkeypatch.setattr(kl, "_found", {})

    class Mine(D.Normal):
        pass

    p, q = Mine(0.0, 1.0), D.Normal(1.0, 1.0)
    assert D.kl_divergence(p, q).item() == 0.5
    D.register_kl(Mine, D.Normal)(lambda p, q: "mine")
    assert D.kl_divergence(p, q) == "mine" and D.kl_divergence(q, q).item() == 0
    D.register_kl(D.Normal, Mine)(lambda p, q: "other")
    with pytest.warns(RuntimeWarning, match=r"\(Mine, Mine\) is ambiguous; register_kl\(Mine, Mine\) would decide"):
        D.kl_divergence(p, p)
    with pytest.raises(TypeError, match="register_kl: expected type_q as a subclass of Distribution, got <class 'int'>"):
        D.register_kl(Mine, int)
    with pytest.raises(NotImplementedError, match="nothing is registered for Cauchy and Normal"):
        D.kl_divergence(D.Cauchy(0.0, 1.0), q)


def test_every_closed_form_has_cases():
    assert {name for pair in PAIRS for name in pair} <= set(CASES)
