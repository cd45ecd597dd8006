"""Random numbers: each distribution against its closed form, seeds and states, threads, errors. All with fixed seeds, so nothing flickers."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest

import minigrad as mg

N = 50_000


def generator(seed=20):
    return mg.Generator().manual_seed(seed)


def erf(x):
    return np.vectorize(math.erf)(x)


# ---- continuous: Kolmogorov and Smirnov ----

CONTINUOUS = {
    "rand": (lambda g, d: mg.rand(N, generator=g, dtype=d), lambda x: np.clip(x, 0, 1)),
    "uniform_": (lambda g, d: mg.empty(N, dtype=d).uniform_(-2, 3, generator=g), lambda x: (x + 2) / 5),
    "randn": (lambda g, d: mg.randn(N, generator=g, dtype=d), lambda x: (1 + erf(x / math.sqrt(2))) / 2),
    "normal_": (lambda g, d: mg.empty(N, dtype=d).normal_(1, 3, generator=g), lambda x: (1 + erf((x - 1) / math.sqrt(18))) / 2),
    "normal": (lambda g, d: mg.normal(mg.full((N,), 1.0, dtype=d), 0.5, generator=g), lambda x: (1 + erf((x - 1) * math.sqrt(2))) / 2),
    "log_normal_": (lambda g, d: mg.empty(N, dtype=d).log_normal_(0.5, 0.8, generator=g), lambda x: (1 + erf((np.log(x) - 0.5) / (0.8 * math.sqrt(2)))) / 2),
    "exponential_": (lambda g, d: mg.empty(N, dtype=d).exponential_(2.5, generator=g), lambda x: 1 - np.exp(-2.5 * x)),
    "cauchy_": (lambda g, d: mg.empty(N, dtype=d).cauchy_(1, 2, generator=g), lambda x: np.arctan((x - 1) / 2) / np.pi + 0.5),
}  # fmt: skip


@pytest.mark.parametrize("dtype", [mg.float32, mg.float64])
@pytest.mark.parametrize("name", CONTINUOUS)
def test_continuous_distribution(name, dtype):
    draw, distribution = CONTINUOUS[name]
    x = draw(generator(), dtype)
    assert x.dtype is dtype and x.shape == (N,)
    f = distribution(np.sort(x.numpy().astype(np.float64)))
    steps = np.arange(N + 1) / N
    distance = max(np.max(steps[1:] - f), np.max(f - steps[:-1]))
    assert distance * math.sqrt(N) < 1.95  # of correct generators one in 1000 is as far off


# ---- discrete: chi squared ----


def assert_frequencies(values, probability, note=""):
    """Counts of whole numbers against probability(k); rare ones are taken together."""
    values = np.asarray(values).astype(np.int64)
    low, high = values.min(), values.max()
    expected = np.array([probability(int(k)) for k in range(low, high + 1)]) * values.size
    seen = np.bincount(values - low, minlength=high - low + 1)
    common = expected >= 10
    seen, expected = np.append(seen[common], seen[~common].sum()), np.append(expected[common], values.size - expected[common].sum())
    if expected[-1] < 5:
        seen, expected = seen[:-1], expected[:-1]
    freedom = max(len(seen) - 1, 1)
    statistic = float(((seen - expected) ** 2 / expected).sum())
    critical = freedom * (1 - 2 / (9 * freedom) + 3.09 * math.sqrt(2 / (9 * freedom))) ** 3  # one in 1000 (Wilson and Hilferty)
    assert statistic < critical, f"{note}: chi squared {statistic:.1f}, expected below {critical:.1f}"


def poisson(mean):
    return lambda k: math.exp(k * math.log(mean) - mean - math.lgamma(k + 1))


def binomial(n, p):
    return lambda k: math.exp(math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) + k * math.log(p) + (n - k) * math.log1p(-p))


@pytest.mark.parametrize("mean", [0.03, 1.0, 4.5, 9.99, 10.0, 11.7, 40.0, 1000.0])
def test_poisson(mean):
    x = mg.poisson(mg.full((N,), mean), generator=generator(1))
    assert x.dtype is mg.float32
    assert_frequencies(x.numpy(), poisson(np.float32(mean)), mean)


@pytest.mark.parametrize(
    "n, p", [(1, 0.3), (7, 0.5), (20, 0.02), (40, 0.2), (40, 0.9), (25, 0.4), (200, 0.5), (1000, 0.01), (1000, 0.97), (100_000, 0.3)]
)
def test_binomial(n, p):
    x = mg.binomial(mg.full((N,), n, dtype=mg.float64), mg.full((N,), p, dtype=mg.float64), generator=generator(2)).numpy()
    assert x.min() >= 0 and x.max() <= n
    assert_frequencies(x, binomial(n, p), (n, p))


@pytest.mark.parametrize("p", [0.01, 0.3, 0.95])
@pytest.mark.parametrize("dtype", [mg.float32, mg.int64])
def test_geometric(p, dtype):
    x = mg.empty(N, dtype=dtype).geometric_(p, generator=generator(3))
    assert x.dtype is dtype and x.min().item() >= 1
    assert_frequencies(x.numpy(), lambda k: p * (1 - p) ** (k - 1), p)


def test_whole_numbers():
    g = generator(4)
    assert_frequencies(mg.randint(-3, 8, (N,), generator=g).numpy(), lambda k: 1 / 11)
    assert_frequencies(mg.empty(N, dtype=mg.uint8).random_(generator=g).numpy(), lambda k: 1 / 256)
    assert_frequencies(mg.empty(N).random_(5, 9, generator=g).numpy(), lambda k: 1 / 4)
    assert_frequencies(mg.bernoulli(mg.full((N,), 0.2), generator=g).numpy(), lambda k: (0.8, 0.2)[k])
    assert_frequencies(mg.empty(N, dtype=mg.bool).bernoulli_(0.7, generator=g).numpy(), lambda k: (0.3, 0.7)[k])
    assert_frequencies(mg.empty(N).bernoulli_(mg.tensor(0.4), generator=g).numpy(), lambda k: (0.6, 0.4)[k])


def test_orders_and_choices():
    g = generator(5)
    orders = np.stack([mg.randperm(4, generator=g).numpy() for _ in range(4000)])
    assert_frequencies(orders @ [64, 16, 4, 1] - 27, lambda k: float(k in codes) / 24 if (codes := _order_codes()) else 0)
    weights = mg.tensor([1.0, 0.0, 3.0, 6.0])
    assert_frequencies(mg.multinomial(weights, N, True, generator=g).numpy(), lambda k: (0.1, 0, 0.3, 0.6)[k])
    pairs = mg.multinomial(weights.expand(N, 4), 2, generator=g).numpy()
    # First k with probability w[k], then another one with its share of the rest.
    w = (0.1, 0, 0.3, 0.6)
    assert_frequencies(pairs @ [4, 1], lambda c: w[c // 4] * w[c % 4] / (1 - w[c // 4]) if c // 4 != c % 4 else 0)


def _order_codes():
    import itertools

    return {int(np.dot(p, [64, 16, 4, 1])) - 27 for p in itertools.permutations(range(4))}


def test_means_and_parameters_by_element():
    """Every element has its own parameter; all kinds of it in one call."""
    g = generator(6)
    means = mg.tensor([0.0, 0.5, 8.0, 30.0, 1e6], dtype=mg.float64)
    x = mg.poisson(means.expand(20_000, 5), generator=g).numpy()
    np.testing.assert_allclose(x.mean(0), means.numpy(), 0.03)
    np.testing.assert_allclose(x.var(0), means.numpy(), 0.05)
    n, p = mg.tensor([[3.0], [30.0], [3000.0]]), mg.tensor([0.0, 0.1, 0.5, 0.8, 1.0])
    x = mg.binomial(n.expand(20_000, 3, 1), p, generator=g).numpy()
    want = n.numpy() * p.numpy()
    np.testing.assert_allclose(x.mean(0), want, 0.02)
    np.testing.assert_allclose(x.var(0), want * (1 - p.numpy()), 0.05)
    x = mg.normal(mg.tensor([0.0, 5.0]).expand(20_000, 2), mg.tensor([1.0, 3.0]), generator=g).numpy()
    np.testing.assert_allclose(x.mean(0), [0, 5], atol=0.07)
    np.testing.assert_allclose(x.std(0), [1, 3], 0.03)


def test_elements_and_calls_do_not_depend_on_one_another():
    x = mg.randn(8, N // 8, generator=generator(7), dtype=mg.float64).numpy()
    assert np.abs(np.corrcoef(x) - np.eye(8)).max() < 0.05
    row = x.reshape(-1)
    assert all(abs(np.corrcoef(row[:-lag], row[lag:])[0, 1]) < 0.02 for lag in (1, 2, 16, 64))


# ---- seeds and states ----

DRAWS = {
    "rand": lambda g: mg.rand(5, generator=g), "randn": lambda g: mg.randn(5, generator=g), "randint": lambda g: mg.randint(100, (5,), generator=g),
    "randperm": lambda g: mg.randperm(9, generator=g), "normal": lambda g: mg.normal(mg.zeros(3), mg.ones(3), generator=g),
    "bernoulli": lambda g: mg.bernoulli(mg.full((40,), 0.5), generator=g), "multinomial": lambda g: mg.multinomial(mg.ones(30), 8, generator=g),
    "poisson": lambda g: mg.poisson(mg.full((5,), 50.0), generator=g), "binomial": lambda g: mg.binomial(mg.full((5,), 90.0), mg.full((5,), 0.5), generator=g),
    **{name: lambda g, name=name, args=args: getattr(mg.empty(40, dtype=mg.float64), name)(*args, generator=g) for name, args in
       {"uniform_": (), "normal_": (), "random_": (), "bernoulli_": (), "exponential_": (), "cauchy_": (), "log_normal_": (), "geometric_": (0.2,)}.items()},
}  # fmt: skip


@pytest.mark.parametrize("name", DRAWS)
def test_draws_are_seeded(name):
    """The same seed, the same numbers; from the default generator too; and every draw moves on."""
    draw = DRAWS[name]
    first = draw(generator(9))
    assert (draw(generator(9)) == first).all() and not (draw(generator(10)) == first).all()
    mg.manual_seed(9)
    assert (draw(None) == first).all()
    assert not (draw(None) == first).all()


@pytest.mark.parametrize("name", DRAWS)
def test_draws_do_not_depend_on_threads(name):
    before, draw, results = mg.get_num_threads(), DRAWS[name], []
    try:
        for threads in (1, 2):
            mg.set_num_threads(threads)
            results.append(draw(generator(11)))
    finally:
        mg.set_num_threads(before)
    assert (results[0] == results[1]).all()


def test_states():
    g = generator(12)
    mg.rand(3, generator=g)
    twin, again, revived = g.clone_state(), copy.deepcopy(g), pickle.loads(pickle.dumps(g))
    state, after = g.get_state(), mg.rand(4, generator=g)
    for other in (twin, again, revived, mg.Generator().set_state(state)):
        assert (mg.rand(4, generator=other) == after).all() and other.initial_seed() == 12
    assert g.seed() == g.initial_seed() != 12
    assert mg.random.manual_seed(3) is mg.default_generator and mg.initial_seed() == 3 == mg.random.initial_seed()
    state = mg.get_rng_state()
    x = mg.rand(3)
    mg.set_rng_state(state)
    assert (mg.rand(3) == x).all() and mg.seed() == mg.initial_seed()
    assert mg.Generator().initial_seed() == 67280421310721


def test_fork_rng():
    mg.manual_seed(4)
    with mg.random.fork_rng():
        inside = mg.rand(3)
        mg.manual_seed(99)
    assert mg.initial_seed() == 4 and (mg.rand(3) == inside).all()
    with pytest.raises(RuntimeError, match="stop"), mg.random.fork_rng():
        mg.manual_seed(99)
        raise RuntimeError("stop")
    assert mg.initial_seed() == 4
    with mg.random.fork_rng(enabled=False):
        mg.manual_seed(5)
    assert mg.initial_seed() == 5


# ---- forms and errors ----


def test_forms_of_the_arguments():
    assert mg.rand((2, 3)).shape == mg.rand([2, 3]).shape == mg.rand(size=(2, 3)).shape == mg.randn(2, 3).shape == (2, 3)
    assert mg.rand().shape == () and mg.rand(0, 2).shape == (0, 2)
    assert (
        mg.randint(5, (2,)).shape
        == mg.randint(5, size=(2,)).shape
        == mg.randint(1, 5, (2,)).shape
        == mg.randint(high=5, low=1, size=(2,)).shape
        == (2,)
    )
    for fill in (mg.rand, mg.randn):
        out = mg.empty(3, dtype=mg.float64)
        assert fill(3, out=out, generator=generator(1)) is out
        assert (out == fill(3, dtype=mg.float64, generator=generator(1))).all()
    out = mg.empty(4, dtype=mg.int64)
    assert mg.randperm(4, out=out) is out and sorted(out.tolist()) == [0, 1, 2, 3]
    assert mg.rand(2, requires_grad=True).requires_grad and mg.normal(0.0, 1.0, (2,), requires_grad=True).requires_grad
    assert (
        mg.rand_like(mg.zeros(2, dtype=mg.float64)).dtype is mg.float64 and mg.randn_like(mg.zeros(2), dtype=mg.float64).dtype is mg.float64
    )
    assert mg.randint_like(mg.zeros(2, 3), 2, 5).dtype is mg.float32
    assert mg.poisson(mg.ones(0, 3)).shape == (0, 3) and mg.binomial(mg.tensor(3.0), mg.tensor(0.5)).shape == ()
    assert mg.normal(mg.zeros(2, dtype=mg.float64), mg.ones(2)).dtype is mg.float64
    assert mg.ones(3).exponential_().dtype is mg.float32 and (mg.empty(1000).exponential_() > 0).all()


def test_filling_views_and_leaves():
    x = mg.zeros(4, 6)
    x[:, ::2].exponential_()
    assert (x[:, ::2] > 0).all() and (x[:, 1::2] == 0).all()
    leaf = mg.zeros(3, requires_grad=True)
    with pytest.raises(mg.GradError, match="leaf"):
        leaf.cauchy_()
    with mg.no_grad():
        leaf.log_normal_()
    assert (leaf > 0).all()


@pytest.mark.parametrize("call, error, match", [
    (lambda: mg.poisson(mg.tensor([-1.0])), ValueError, "poisson: expected means that are finite and not negative"),
    (lambda: mg.poisson(mg.tensor([1])), mg.DTypeError, "poisson: expected a floating-point tensor, got dtype int64"),
    (lambda: mg.binomial(mg.tensor([3.0]), mg.tensor([1.5])), ValueError, "binomial: expected counts"),
    (lambda: mg.binomial(mg.tensor([3.0]), mg.tensor([0.5], dtype=mg.float64)), mg.DTypeError, "binomial: expected one dtype, got count float32, prob float64"),
    (lambda: mg.zeros(2).exponential_(0), ValueError, "exponential_: lambd must be positive, got 0"),
    (lambda: mg.zeros(2).geometric_(1.0), ValueError, "geometric_: p must be between 0 and 1, got 1.0"),
    (lambda: mg.zeros(2).cauchy_(0, -1), ValueError, "cauchy_: sigma must be positive, got -1"),
    (lambda: mg.zeros(2).log_normal_(0, 0), ValueError, "log_normal_: std must be positive, got 0"),
    (lambda: mg.zeros(2, dtype=mg.int64).exponential_(), mg.DTypeError, "exponential_: expected a floating-point tensor, got dtype int64"),
    (lambda: mg.rand(2, size=(3,)), TypeError, "rand: size was given twice"),
    (lambda: mg.randint(3), TypeError, "randint: size must be given"),
])  # fmt: skip
def test_errors(call, error, match):
    with pytest.raises(error, match=match):
        call()


def test_the_tests_notice_what_is_off():
    """A mean or a spread that is wrong by a few percent does not pass."""
    x = mg.poisson(mg.full((N,), 10.3), generator=generator(1)).numpy()
    with pytest.raises(AssertionError, match="chi squared"):
        assert_frequencies(x, poisson(10.0))
    draw, _ = CONTINUOUS["normal_"]
    with pytest.raises(AssertionError):
        CONTINUOUS["off"] = (draw, lambda x: (1 + erf((x - 1) / math.sqrt(2) / 3.1)) / 2)
        try:
            test_continuous_distribution("off", mg.float64)
        finally:
            del CONTINUOUS["off"]
