"""Samples: their shapes, what they are distributed like, and the gradients that pass through them."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

import minigrad as mg
import minigrad.distributions as D
from minigrad.distributions._rejection import log_gamma_slope
from tests.distribution_cases import CASES, parameters
from tests.test_distributions import made

N = 2000
SIGMAS = 5  # about one wrong alarm in a million; the seeds are fixed
by_name = pytest.mark.parametrize("name", CASES)


def drawn(name, batch=(2,), seed=3):
    """A distribution, and N samples of it."""
    _, d = made(mg, name, batch, np.random.default_rng(seed))
    mg.manual_seed(seed)
    return d, d.sample((N,)).numpy()


@by_name
def test_shapes_are_pytorchs(name):
    torch = pytest.importorskip("torch")
    (_, d), (_, want) = (made(library, name, (3, 2), np.random.default_rng(0)) for library in (mg, torch))
    assert (d.has_rsample, d.has_enumerate_support) == (want.has_rsample, want.has_enumerate_support)
    for shape in ((), (4,), (2, 1)):
        x = d.sample(shape)
        assert not x.requires_grad
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyTorch takes samples of Wishart that are proper for singular ones (2.13)
            theirs = want.sample(shape)
        assert (x.shape, x.dtype.name) == (tuple(theirs.shape), str(theirs.dtype).rpartition(".")[2])
        if d.has_rsample:
            assert d.rsample(shape).shape == x.shape and d.rsample(shape).requires_grad
        else:
            with pytest.raises(NotImplementedError):
                d.rsample(shape)


@by_name
def test_seeded(name):
    _, d = made(mg, name, (2,), np.random.default_rng(0))
    draws = []
    for seed in (1, 1, 2):
        mg.manual_seed(seed)
        draws.append(d.sample((20,)).numpy())
    assert np.array_equal(draws[0], draws[1]) and not np.array_equal(draws[0], draws[2])


@by_name
def test_samples_lie_in_the_support(name):
    d, x = drawn(name)
    assert bool(d.support.check(mg.tensor(x)).all())
    assert np.isfinite(d.log_prob(mg.tensor(x)).detach().numpy()).all()


@by_name
def test_moments(name):
    d, x = drawn(name)
    if name.startswith("VonMises"):
        pytest.skip("its mean and variance are circular")
    try:
        mean, variance = d.mean.detach().numpy(), d.variance.detach().numpy()
    except NotImplementedError:
        pytest.skip("has no moments")
    heavy = name.partition("/")[0] in ("StudentT", "Pareto", "InverseGamma", "FisherSnedecor", "GeneralizedPareto")  # no fourth moment
    known = np.isfinite(mean) & np.isfinite(variance)
    if not known.any():
        pytest.skip("has no finite moments")
    error = np.sqrt(np.where(known, variance, 1) / N)
    assert (np.abs(x.mean(0) - mean)[known] <= SIGMAS * error[known] + 1e-12).all()
    if not heavy:
        squares = (x - mean) ** 2
        error = squares.std(0) / math.sqrt(N)
        assert (np.abs(squares.mean(0) - variance)[known] <= SIGMAS * error[known] + 1e-12).all()


SCIPY = {
    "Beta": lambda stats, p: stats.beta(p["concentration1"], p["concentration0"]),
    "StudentT": lambda stats, p: stats.t(p["df"], p["loc"], p["scale"]),
    "FisherSnedecor": lambda stats, p: stats.f(p["df1"], p["df2"]),
    "VonMises": lambda stats, p: stats.vonmises(p["concentration"], p["loc"]),
}


@by_name
def test_distribution_of_samples(name):
    """Kolmogorov's and Smirnov's test where there is a distribution function, frequencies where values are whole."""
    stats = pytest.importorskip("scipy.stats")
    d, x = drawn(name)
    if d.event_shape:
        pytest.skip("of vectors")
    if d.support.is_discrete:
        for k in range(5):
            if not bool(d.support.check(mg.full(d.batch_shape, float(k))).all()):
                continue
            p = d.log_prob(mg.full(d.batch_shape, float(k), dtype=mg.float64)).exp().detach().numpy()
            assert (np.abs((x == k).mean(0) - p) <= SIGMAS * np.sqrt(p * (1 - p) / N)).all()
        return
    cls = name.partition("/")[0]
    if cls in SCIPY:
        p = parameters(name, (2,), np.random.default_rng(3))
        if cls == "VonMises":
            x = p["loc"] + (x - p["loc"] + np.pi) % (2 * np.pi) - np.pi
        u = SCIPY[cls](stats, p).cdf(x)
    else:
        try:
            u = d.cdf(mg.tensor(x)).detach().numpy()
        except NotImplementedError:
            pytest.skip("has no distribution function")
    for column in u.T:
        assert stats.kstest(column, "uniform").pvalue > 1e-5


@pytest.mark.parametrize("name", [n for n, c in CASES.items() if not c.events and "cdf" not in c.without_gradient])
def test_gradients_of_samples(name):
    """A sample x moves with a parameter as the theorem of implicit functions says: by -dF/dparameter / density."""
    leaves, d = made(mg, name, (2,), np.random.default_rng(1))
    if not d.has_rsample:
        pytest.skip("has no rsample")
    mg.manual_seed(1)
    x = d.rsample((5,))
    try:
        cdf = d.cdf(x.detach())
    except NotImplementedError:
        pytest.skip("has no cdf")
    wrt, weights = list(leaves.values()), mg.randn(5, 2, dtype=mg.float64)
    got = mg.autograd.grad(x, wrt, weights, allow_unused=True, retain_graph=True)
    want = mg.autograd.grad(cdf, wrt, -weights / d.log_prob(x.detach()).exp().detach(), allow_unused=True)
    for a, b in zip(got, want):
        a, b = (np.zeros(()) if g is None else g.numpy() for g in (a, b))
        np.testing.assert_allclose(a, b, 1e-6, 1e-8)


def test_gradient_of_gamma_samples():
    """Against differences of the inverse distribution function, of the tail that is the smaller."""
    special = pytest.importorskip("scipy.special")
    a = np.repeat([0.01, 0.1, 0.5, 1.0, 2.5, 10.0, 300.0], 7)
    u = np.tile([1e-6, 0.01, 0.3, 0.5, 0.7, 0.99, 1 - 1e-6], 7)
    z = np.log(np.maximum(special.gammaincinv(a, u), 1e-300))
    lower = lambda a: np.log(special.gammaincinv(a, u))  # noqa: E731
    upper = lambda a: np.log(special.gammainccinv(a, 1 - u))  # noqa: E731
    h = 1e-4 * a
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = [(8 * (f(a + h) - f(a - h)) - (f(a + 2 * h) - f(a - 2 * h))) / (12 * h) for f in (lower, upper)]
    want = np.where(u < 0.5, *slopes)
    known = np.isfinite(want)
    assert known.sum() > 40
    np.testing.assert_allclose(log_gamma_slope(a, z)[known], want[known], 1e-7)


def test_gradient_of_large_gamma_samples():
    """The expansion, which is taken above 1e6, joins what is summed up to there."""
    a = np.full(7, 1e6)
    z = np.log(a + 1e3 * np.arange(-3, 4))
    np.testing.assert_allclose(log_gamma_slope(np.nextafter(a, 2e6), z), log_gamma_slope(a, z), 1e-8)


def test_gamma_samples_carry_that_gradient():
    concentration = mg.tensor([0.3, 2.0, 40.0], dtype=mg.float64, requires_grad=True)
    mg.manual_seed(0)
    x = D.Gamma(concentration, 2.0).rsample((6,))
    (got,) = mg.autograd.grad(x.sum(), [concentration])
    a = np.broadcast_to(concentration.detach().numpy(), (6, 3))
    values = x.detach().numpy()
    np.testing.assert_allclose(got.numpy(), (values * log_gamma_slope(a, np.log(values * 2))).sum(0), 1e-9)


@pytest.mark.parametrize("make, size", [(lambda a: D.Beta(a[..., 0], a[..., 1]), ()), (D.Dirichlet, (2,))])
def test_gradients_of_means_of_samples(make, size):
    """The mean gradient of x ** 2 is the gradient of the mean of x ** 2, within the error of the mean."""
    for concentration in ([0.2, 0.7], [3.0, 1.5]):
        mg.manual_seed(2)
        a = mg.tensor(concentration, dtype=mg.float64).expand(4000, 2).clone().requires_grad_()
        x = make(a).rsample()
        x = x[..., 0] if size else x
        (each,) = mg.autograd.grad((x * x).sum(), [a])
        b = mg.tensor(concentration, dtype=mg.float64, requires_grad=True)
        d = make(b)
        mean, variance = (m[..., 0] if size else m for m in (d.mean, d.variance))
        (want,) = mg.autograd.grad(mean * mean + variance, [b])
        each = each.numpy()
        assert (np.abs(each.mean(0) - want.numpy()) < SIGMAS * each.std(0) / math.sqrt(4000)).all()


def test_straight_through_gradient():
    probs = mg.tensor([0.2, 0.3, 0.5], requires_grad=True)
    d = D.OneHotCategoricalStraightThrough(probs)
    x = d.rsample()
    assert sorted(x.tolist()) == pytest.approx([0, 0, 1])
    weights = mg.tensor([1.0, 2.0, 3.0])
    (got,) = mg.autograd.grad((x * weights).sum(), [probs], retain_graph=True)
    (want,) = mg.autograd.grad((d.probs * weights).sum(), [probs])
    assert got.tolist() == want.tolist()


def test_small_concentrations_do_not_underflow():
    """Gamma numbers of concentration 1e-3 are mostly below what float32 holds; a Dirichlet vector is none the worse for it."""
    mg.manual_seed(0)
    x = D.Dirichlet(mg.full((3,), 1e-3)).sample((200,)).numpy()
    assert np.isfinite(x).all() and np.allclose(x.sum(-1), 1, atol=1e-5)
    assert (x.max(-1) > 0.9).mean() > 0.9 and len(set(x.argmax(-1))) == 3


@pytest.mark.parametrize("make", [
    lambda: D.Normal(mg.zeros(3), 1.0), lambda: D.Gamma(mg.full((3,), 2.0), 1.0), lambda: D.Bernoulli(mg.full((3,), 0.5)),
    lambda: D.Categorical(mg.ones(3, 4)), lambda: D.Exponential(mg.ones(3)), lambda: D.VonMises(mg.zeros(3), 2.0)])  # fmt: skip
def test_float32_and_empty(make):
    d = make()
    if not isinstance(d, D.Categorical):  # multinomial draws at least one
        assert d.sample((0,)).shape == (0, 3)
    assert d.sample().dtype in (mg.float32, mg.int64)
    assert d.log_prob(d.sample()).dtype is mg.float32


@pytest.mark.parametrize("make", [lambda a: D.Gamma(a, 1.0, validate_args=False), lambda a: D.VonMises(0.0, a, validate_args=False)])
def test_what_is_no_concentration(make):
    """Nothing waits for ever for a number that is accepted."""
    a = mg.tensor([mg.nan, -1.0, 0.0, 1e-310, 1e300, mg.inf, 2.0], dtype=mg.float64, requires_grad=True)
    d = make(a)
    x = d.sample((3,)).numpy()
    assert np.isnan(x[:, :2]).all() and not np.isnan(x[:, 2:]).any()
    if d.has_rsample:
        (slope,) = mg.autograd.grad(d.rsample()[[4, 6]].sum(), [a])
        assert slope[4].item() == pytest.approx(1) and np.isfinite(slope[6].item())


def test_narrow_von_mises():
    stats = pytest.importorskip("scipy.stats")
    mg.manual_seed(0)
    for kappa in (1e-7, 1e7, 1e9):
        x = D.VonMises(mg.tensor(0.0, dtype=mg.float64), kappa).sample((1000,)).numpy()
        cdf = stats.uniform(-np.pi, 2 * np.pi).cdf if kappa < 1 else stats.norm(0, kappa**-0.5).cdf
        assert stats.kstest(x, cdf).pvalue > 1e-4
