"""Random numbers under vmap: refused, the same for all examples, or different; and families of ops against torch.func."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad import func
from minigrad._core import BatchError

F = mg.nn.functional

# name -> what it draws for an example of 6 numbers between 0.2 and 0.8; none of them gives the same twice
DRAWN = {
    "rand": lambda x: mg.rand(6),
    "randn": lambda x: mg.randn(6, dtype=mg.float64),
    "randint": lambda x: mg.randint(1 << 40, (6,)),
    "randperm": lambda x: mg.randperm(40),
    "normal": lambda x: mg.normal(x, x),
    "bernoulli": lambda x: mg.bernoulli(x.repeat(10)),
    "multinomial": lambda x: x.repeat(8).multinomial(40),
    "multinomial-replacement": lambda x: x.multinomial(40, True),
    "dropout": lambda x: F.dropout(x.repeat(10)),
    "dropout1d": lambda x: F.dropout1d(x.repeat(10).view(1, 60, 1)),
    "alpha_dropout": lambda x: F.alpha_dropout(x.repeat(10), training=True),
    "rrelu": lambda x: F.rrelu(-x, training=True),
    "gumbel_softmax": lambda x: F.gumbel_softmax(x),
    "fractional_max_pool2d": lambda x: F.fractional_max_pool2d(mg.arange(900.0).view(1, 30, 30) * x[0], 2, 12),
    "attention": lambda x: F.scaled_dot_product_attention(*(x.view(3, 2),) * 3, dropout_p=0.5).reshape(6).repeat(3),
}  # fmt: skip
COUNTS = {"poisson": lambda x: mg.poisson(x.repeat(20) * 40), "binomial": lambda x: mg.binomial(x.repeat(20) * 0 + 50, x.repeat(20))}


def batch(n: int = 3) -> mg.Tensor:
    """The same example n times: what differs in the result is random."""
    return mg.linspace(0.2, 0.8, 6, dtype=mg.float64).expand(n, 6)


def rows_differ(y: mg.Tensor) -> bool:
    rows = y.numpy(force=True).reshape(y.shape[0], -1)
    return len({row.tobytes() for row in rows}) == len(rows)


@pytest.mark.parametrize("name", DRAWN | COUNTS)
def test_error_refuses_and_says_what_to_do(name):
    with pytest.raises(BatchError, match=r'vmap: \w+ draws random numbers; say vmap\(..., randomness="different"\)'):
        func.vmap((DRAWN | COUNTS)[name])(batch())


@pytest.mark.parametrize("name", DRAWN)
def test_same_is_what_one_example_gets(name):
    mg.manual_seed(3)
    got = func.vmap(DRAWN[name], randomness="same")(batch())
    mg.manual_seed(3)
    np.testing.assert_array_equal(got.numpy(), DRAWN[name](batch(1)[0]).expand(got.shape).numpy())


@pytest.mark.parametrize("name", DRAWN | COUNTS)
def test_different_is_different_and_seeded(name):
    f = (DRAWN | COUNTS)[name]
    for dims in (0, None):  # numbers differ even where the argument does not
        args = (batch() if dims == 0 else batch()[0], mg.zeros(3))

        def run(args=args, dims=dims):
            mg.manual_seed(4)
            return func.vmap(lambda x, _: f(x), (dims, 0), randomness="different")(*args)

        first = run()
        assert first.shape == (3, *f(batch()[0]).shape) and rows_differ(first)
        np.testing.assert_array_equal(first.numpy(), run().numpy())


def test_same_numbers_for_counts_of_examples_are_refused():
    for f in COUNTS.values():
        with pytest.raises(BatchError, match="has no random numbers that are the same for all"):
            func.vmap(f, randomness="same")(batch())


@given(st.sampled_from(["same", "different"]), st.sampled_from(["same", "different"]))
def test_nested(outer, inner):
    y = func.vmap(func.vmap(lambda x: mg.rand(5), randomness=inner), randomness=outer)(mg.zeros(2, 3)).numpy()
    assert (len({r.tobytes() for r in y[:, 0]}) == 2) == (outer == "different")
    assert (len({r.tobytes() for r in y[0]}) == 3) == (inner == "different")


def test_nothing_is_left_behind():
    """After vmap, and after an error in it, drawing is what it was."""
    with pytest.raises(BatchError):
        func.vmap(lambda x: mg.rand(2))(mg.zeros(3))
    assert mg.rand(2).shape == (2,)


def test_a_tensor_is_not_filled_with_numbers_of_each_example():
    for fill in ("normal_", "uniform_", "exponential_", "cauchy_", "geometric_", "bernoulli_", "log_normal_", "random_"):
        args = (0.5,) if fill == "geometric_" else ()
        with pytest.raises(BatchError, match=f"vmap: {fill} cannot fill a tensor that is the same for all examples"):
            func.vmap(lambda x, fill=fill, args=args: getattr(mg.zeros(2), fill)(*args) + x, randomness="different")(mg.zeros(3))
        y = func.vmap(lambda x, fill=fill, args=args: getattr(mg.zeros(2), fill)(*args) + x, randomness="same")(mg.zeros(3))
        assert (y == y[0]).all()


def test_gradient_of_dropout_of_each_example():
    x = mg.linspace(1, 2, 30, dtype=mg.float64).view(3, 10)
    slopes = func.vmap(func.grad(lambda x: F.dropout(x, 0.5).sum()), randomness="different")(x)
    assert set(slopes.unique().tolist()) == {0.0, 2.0} and rows_differ(slopes)


# ---- against torch.func ----

TORCH = {
    "fft": lambda t, x: t.fft.rfft(x).abs().sum(),
    "solve": lambda t, x: t.linalg.solve(x @ x.mT + t.eye(4, dtype=t.float64), x).sin().sum(),
    "cholesky": lambda t, x: t.linalg.cholesky(x @ x.mT + t.eye(4, dtype=t.float64)).sin().sum(),
    "svdvals": lambda t, x: (t.linalg.svdvals(x) ** 3).sum(),
    "eigh": lambda t, x: (t.linalg.eigh(x + x.mT)[0] ** 3).sum(),
    "qr": lambda t, x: t.linalg.qr(x)[1].abs().sum(),
    "slogdet": lambda t, x: t.linalg.slogdet(x)[1] ** 2,
    "det": lambda t, x: t.linalg.det(x) ** 2,
    "conv3d": lambda t, x: t.nn.functional.conv3d(x.reshape(1, 1, 2, 2, 4), x[:2].reshape(1, 1, 1, 2, 4), padding=1).sin().sum(),
    "grid_sample": lambda t, x: t.nn.functional.grid_sample(x.reshape(1, 1, 4, 4), x[:2].reshape(1, 2, 2, 2).tanh(), align_corners=True).sin().sum(),
    "interpolate": lambda t, x: t.nn.functional.interpolate(x.reshape(1, 1, 4, 4), (7, 3), mode="bilinear").sin().sum(),
    "cross_entropy": lambda t, x: t.nn.functional.cross_entropy(x, t.tensor([0, 3, 1, 1]), x[0].exp().detach(), label_smoothing=0.1),
    "select_scatter": lambda t, x: t.select_scatter(x, x[0].sin(), 1, 2).cos().sum(),
    "lstm_cell": lambda t, x: t.lstm_cell(x, (x[:, :1], x[:, 1:2]), t.ones(4, 4, dtype=t.float64) * 0.1, t.ones(4, 1, dtype=t.float64))[0].sum(),
    "instance_norm": lambda t, x: t.nn.functional.instance_norm(x.reshape(2, 2, 4)).sin().sum(),
    "sort": lambda t, x: (x.sort(0)[0] * t.arange(4.0, dtype=t.float64).unsqueeze(1)).sum(),
}  # fmt: skip


@pytest.mark.parametrize("name", TORCH)
def test_gradients_of_each_example_are_those_of_torch(name):
    torch = pytest.importorskip("torch")
    a = np.random.default_rng(7).standard_normal((3, 4, 4))
    with_torch = torch.func.vmap(torch.func.grad_and_value(lambda x: TORCH[name](torch, x)))(torch.tensor(a))
    ours = func.vmap(func.grad_and_value(lambda x: TORCH[name](mg, x)))(mg.tensor(a))
    for got, want in zip(ours, with_torch, strict=True):
        np.testing.assert_allclose(got.numpy(), want.detach().numpy(), 1e-8, 1e-10)
