"""Activations, normalisations, losses, attention and embeddings against PyTorch, over their options: values and gradients in float64."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from torch_oracle import array, compare, torch

import minigrad as mg
import minigrad.nn.functional as F

TF = torch.nn.functional
seeds = st.integers(0, 2**32 - 1)
shapes = st.sampled_from([(), (5,), (3, 4), (2, 3, 5), (0, 3)])
reductions = st.sampled_from(["none", "mean", "sum"])


def both(name, *arrays, **options):
    """One function of both libraries, with the same options."""
    compare(lambda *a: getattr(F, name)(*a, **options), lambda *a: getattr(TF, name)(*a, **options), *arrays)


# ---- activations ----

ACTIVATIONS = {
    "threshold": [{"threshold": 0.3, "value": -2.0}], "rrelu": [{}, {"lower": 0.1, "upper": 0.5}], "selu": [{}], "celu": [{}, {"alpha": 0.75}, {"alpha": 1.5}],
    "hardshrink": [{}, {"lambd": 1.2}], "softshrink": [{}, {"lambd": 0.0}], "hardsigmoid": [{}], "hardswish": [{}], "mish": [{}], "softsign": [{}],
    "tanhshrink": [{}], "logsigmoid": [{}], "relu": [{}], "relu6": [{}], "leaky_relu": [{"negative_slope": 0.3}], "elu": [{"alpha": 0.6}], "silu": [{}],
    "hardtanh": [{"min_val": -0.4, "max_val": 0.9}], "softplus": [{}, {"beta": 2.0, "threshold": 3.0}],
}  # fmt: skip


@pytest.mark.parametrize("name", ACTIVATIONS)
@given(shapes, seeds)
def test_activation(name, shape, seed):
    for options in ACTIVATIONS[name]:
        x, rtol = np.asarray(3 * array(seed, *shape)), 1e-7 if name == "hardsigmoid" else 1e-9  # PyTorch's 1 / 6 is float32's
        compare(lambda a: getattr(F, name)(a, **options), lambda a: getattr(TF, name)(a, **options), x, grad_rtol=rtol)


SPECIAL = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 3.0, -3.0, 0.5, -0.5, 6.0, 1.0, -1.0, 0.3, 800.0, -800.0, 1e300])


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_at_kinks_and_ends(name):
    """The value and the subgradient that PyTorch has, NaN included."""
    # relu's gradient at NaN is 0 here. silu's limits are right here, where PyTorch has NaN.
    special = SPECIAL[~np.isnan(SPECIAL)] if name == "relu" else SPECIAL[~np.isinf(SPECIAL)] if name == "silu" else SPECIAL
    for options in ACTIVATIONS[name]:
        at = [np.array(v) for v in options.values()]
        values = np.concatenate([special, *(v.reshape(1) for v in at), *(-v.reshape(1) for v in at)])
        x, t = mg.from_numpy(values.copy()).requires_grad_(), torch.from_numpy(values.copy()).requires_grad_()
        y, want = getattr(F, name)(x, **options), getattr(TF, name)(t, **options)
        np.testing.assert_allclose(y.detach().numpy(), want.detach().numpy(), 1e-12)
        y.sum().backward()
        want.sum().backward()
        np.testing.assert_allclose(x.grad.numpy(), t.grad.numpy(), 1e-7, 1e-300, err_msg=f"gradient of {name}")


@pytest.mark.parametrize("name, args", [("relu_", ()), ("elu_", (0.7,)), ("selu_", ()), ("celu_", (1.5,)), ("hardtanh_", (-0.3, 0.2)), ("leaky_relu_", (0.2,)),
                                        ("rrelu_", (0.2, 0.4)), ("threshold_", (0.1, 5.0))])  # fmt: skip
def test_overwriting_forms(name, args):
    values = array(1, 3, 4)
    x, t = mg.from_numpy(values.copy()), torch.from_numpy(values.copy())
    assert getattr(F, name)(x, *args) is x
    getattr(TF, name)(t, *args)
    np.testing.assert_allclose(x.numpy(), t.numpy(), 1e-12)
    compare(lambda a: getattr(F, name)(a * 1, *args), lambda a: getattr(TF, name)(a * 1, *args), values)
    flagged = name[:-1]
    compare(lambda a: getattr(F, flagged)(a * 1, *args, inplace=True), lambda a: getattr(TF, flagged)(a * 1, *args, inplace=True), values)


@given(st.sampled_from([(4,), (2, 6), (2, 4, 5), (3, 2, 2, 4)]), st.integers(-4, 3), seeds)
def test_glu(shape, dim, seed):
    assume(-len(shape) <= dim < len(shape) and shape[dim] % 2 == 0)
    both("glu", array(seed, *shape), dim=dim)


@given(
    st.sampled_from([((2, 3, 4), (3,)), ((5, 2), (1,)), ((3,), (1,)), ((), (1,)), ((4,), ()), ((2, 3, 2, 2), (3,)), ((0, 3), (3,))]), seeds
)
def test_prelu(shape, seed):
    both("prelu", array(seed, *shape[0]), array(seed + 1, *shape[1]))


def test_rrelu_in_training():
    """A random slope for each element that is not positive, uniform between the bounds, and its gradient is that slope."""
    mg.manual_seed(3)
    x = mg.from_numpy(np.concatenate([np.full(20_000, -1.0), np.full(50, 2.0)])).requires_grad_()
    y = F.rrelu(x, 0.1, 0.5, training=True)
    slopes = -y.detach().numpy()[:20_000]
    assert 0.1 <= slopes.min() < 0.101 and 0.499 < slopes.max() < 0.5 and abs(slopes.mean() - 0.3) < 0.005
    assert (y.detach().numpy()[20_000:] == 2).all()
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy()[:20_000], slopes, 1e-12)
    assert F.rrelu_(mg.full((3,), -1.0), 0.5, 0.5, True).tolist() == [-0.5] * 3


@given(st.sampled_from([(4,), (2, 6), (2, 3, 5)]), st.sampled_from([0, -1]), seeds)
def test_softmin_and_dtype(shape, dim, seed):
    both("softmin", array(seed, *shape), dim=dim)
    x = array(seed, *shape).astype(np.float32)
    for name in ("softmax", "log_softmax", "softmin"):
        got = getattr(F, name)(mg.from_numpy(x), dim, dtype=mg.float64)
        want = getattr(TF, name)(torch.from_numpy(x), dim, dtype=torch.float64)
        np.testing.assert_allclose(got.numpy(), want.numpy(), 1e-12, strict=True)


def test_gumbel_softmax():
    """Classes come with the probabilities softmax(logits); hard samples are one-hot and have the gradient of soft ones."""
    mg.manual_seed(1)
    logits = np.log(np.array([0.1, 0.6, 0.3]))
    rows = mg.from_numpy(np.tile(logits, (20_000, 1)))
    hard = F.gumbel_softmax(rows, tau=0.7, hard=True).numpy()
    np.testing.assert_allclose(np.sort(hard, 1), np.tile([0.0, 0.0, 1.0], (20_000, 1)), atol=1e-12)
    np.testing.assert_allclose(hard.mean(0), np.exp(logits), atol=0.015)
    soft = F.gumbel_softmax(rows, tau=0.7).numpy()
    np.testing.assert_allclose(soft.sum(1), 1, 1e-12)
    np.testing.assert_allclose(np.bincount(soft.argmax(1)) / 20_000, np.exp(logits), atol=0.015)
    g = mg.from_numpy(array(0, 4, 3))
    gradients = []
    for is_hard in (True, False):
        x = mg.from_numpy(array(1, 4, 3)).requires_grad_()
        mg.manual_seed(5)
        F.gumbel_softmax(x, tau=2.0, hard=is_hard, dim=0).backward(g)
        gradients.append(x.grad.numpy())
    np.testing.assert_allclose(*gradients, 1e-12)
    assert F.gumbel_softmax(mg.zeros(3, dtype=mg.float32)).dtype is mg.float32
