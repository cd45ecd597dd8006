"""Activations, normalisations, losses, attention and embeddings against PyTorch, over their options: values and gradients in float64."""

from __future__ import annotations

import itertools

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


def both(name, *arrays, constants=(), **options):
    """One function of both libraries, with the same options."""
    compare(lambda *a: getattr(F, name)(*a, **options), lambda *a: getattr(TF, name)(*a, **options), *arrays, constants=constants)


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
    # Gradients at NaN are PyTorch's but for these. silu's and mish's limits are right here, where PyTorch has NaN.
    no_nan = ("relu", "hardshrink", "softshrink", "celu")
    special = SPECIAL[~np.isnan(SPECIAL)] if name in no_nan else SPECIAL[~np.isinf(SPECIAL)] if name in ("silu", "mish") else SPECIAL
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


# ---- normalisation ----


@given(st.integers(1, 3), st.integers(1, 4), st.sampled_from([(5,), (2, 3), (2, 1, 3)]), st.booleans(), st.booleans(), seeds)
def test_instance_norm(n, c, rest, own, affine, seed):
    rng = np.random.default_rng(seed)
    x, weight, bias = array(seed, n, c, *rest), *((array(seed + 1, c), array(seed + 2, c)) if affine else (None, None))
    running = [rng.standard_normal(c), rng.uniform(0.5, 2, c)]
    ours, theirs = [mg.from_numpy(v.copy()) for v in running], [torch.from_numpy(v.copy()) for v in running]
    compare(
        lambda x, w, b: F.instance_norm(x, *ours, w, b, own, 0.3, 1e-3),
        lambda x, w, b: TF.instance_norm(x, *theirs, w, b, own, 0.3, 1e-3),
        x,
        weight,
        bias,
    )
    for got, want in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(got.numpy(), want.numpy(), 1e-10)
    top = (weight, bias, None, None, True, 0.1, 1e-5, False)
    compare(lambda x: mg.instance_norm(x, *[mg.from_numpy(v) if isinstance(v, np.ndarray) else v for v in top]),
            lambda x: torch.instance_norm(x, *[torch.from_numpy(v) if isinstance(v, np.ndarray) else v for v in top]), x)  # fmt: skip


@given(
    st.sampled_from([((3, 5), (5,)), ((2, 3, 4), (3, 4)), ((4,), (4,)), ((0, 3), (3,))]),
    st.booleans(),
    st.sampled_from([None, 1e-3]),
    seeds,
)
def test_rms_norm(shape, with_weight, eps, seed):
    weight = array(seed + 1, *shape[1]) if with_weight else None
    compare(lambda x, w: F.rms_norm(x, shape[1], w, eps), lambda x, w: TF.rms_norm(x, shape[1], w, eps), array(seed, *shape[0]), weight)


@given(st.sampled_from([(2, 3, 4), (1, 6, 2, 3), (2, 1, 3), (2, 4, 2, 1, 3)]), st.integers(1, 6), seeds)
def test_local_response_norm(shape, size, seed):
    both("local_response_norm", array(seed, *shape), size=size, alpha=0.3, beta=0.6, k=1.5)


@given(st.sampled_from([(3, 4), (2, 3, 5)]), st.sampled_from([1.0, 2.0, 3.0, 0.5, float("inf")]), st.integers(-2, 1), seeds)
def test_normalize(shape, p, dim, seed):
    both("normalize", array(seed, *shape), p=p, dim=dim)


def test_normalize_of_zeros():
    both("normalize", np.zeros((2, 3)))
    both("cosine_similarity", np.array([[0.0, 0.0], [1.0, 2.0]]), np.array([[1.0, 2.0], [0.0, 0.0]]))
    out = mg.empty(2, 3)
    assert F.normalize(mg.ones(2, 3), out=out) is out and np.allclose(out.numpy(), 3**-0.5)


@given(
    st.sampled_from([((3, 4), (3, 4)), ((3, 4), (1, 4)), ((2, 1, 4), (3, 4)), ((3, 4), (4,)), ((3, 1), (3, 5))]),
    st.sampled_from([1.0, 2.0, 3.0]),
    st.booleans(),
    seeds,
)
def test_similarities(pair, p, keepdim, seed):
    x, y = array(seed, *pair[0]), array(seed + 1, *pair[1])
    both("cosine_similarity", x, y, dim=-1)
    both("cosine_similarity", x, y, dim=0, eps=0.5, constants=(0, 1))  # PyTorch's gradient below eps is not that of its value
    both("pairwise_distance", x, y, p=p, keepdim=keepdim, eps=1e-3)


# ---- losses ----


def signs(seed, *shape):
    return np.where(np.random.default_rng(seed).random(shape) < 0.5, 1.0, -1.0)


@given(shapes, reductions, st.floats(0.1, 2), seeds)
def test_losses_of_signs(shape, reduction, margin, seed):
    x, y = array(seed, *shape), signs(seed + 1, *shape)
    both("hinge_embedding_loss", x, y, margin=margin, reduction=reduction)
    both("soft_margin_loss", np.asarray(5 * x), y, reduction=reduction, constants=(1,))
    both("margin_ranking_loss", x, array(seed + 2, *shape), y, margin=margin, reduction=reduction)


@given(st.sampled_from([(4,), (3, 5), (1, 2)]), reductions, st.floats(-0.9, 0.9), seeds)
def test_cosine_embedding_loss(shape, reduction, margin, seed):
    target = signs(seed + 2, *shape[:-1])
    compare(lambda a, b: F.cosine_embedding_loss(a, b, mg.from_numpy(target), margin, reduction=reduction),
            lambda a, b: TF.cosine_embedding_loss(a, b, torch.from_numpy(target), margin, reduction=reduction), array(seed, *shape), array(seed + 1, *shape))  # fmt: skip


@given(st.integers(1, 4), st.integers(1, 5), st.booleans(), st.booleans(), st.sampled_from([1, 2]), st.floats(0.1, 2), reductions, seeds)
def test_multi_margin_loss(n, c, batched, weighted, p, margin, reduction, seed):
    rng = np.random.default_rng(seed)
    target = np.asarray(rng.integers(0, c, (n,) if batched else ()))
    weight = rng.uniform(0.5, 2, c) if weighted else None
    compare(lambda x: F.multi_margin_loss(x, mg.from_numpy(target), p, margin, None if weight is None else mg.from_numpy(weight), reduction=reduction),
            lambda x: TF.multi_margin_loss(x, torch.from_numpy(target), p, margin, None if weight is None else torch.from_numpy(weight), reduction=reduction),
            array(seed, *((n, c) if batched else (c,))))  # fmt: skip


@given(st.integers(1, 4), st.integers(1, 5), st.booleans(), reductions, seeds)
def test_multilabel_margin_loss(n, c, batched, reduction, seed):
    target = np.random.default_rng(seed).integers(-1, c, (n, c) if batched else (c,))
    compare(lambda x: F.multilabel_margin_loss(x, mg.from_numpy(target), reduction=reduction),
            lambda x: TF.multilabel_margin_loss(x, torch.from_numpy(target), reduction=reduction), array(seed, *target.shape))  # fmt: skip


@given(st.sampled_from([(4,), (3, 5), (2, 3, 4)]), st.booleans(), reductions, seeds)
def test_multilabel_soft_margin_loss(shape, weighted, reduction, seed):
    target, weight = np.random.default_rng(seed).random(shape), array(seed + 1, shape[-1]) if weighted else None
    compare(lambda x, y: F.multilabel_soft_margin_loss(x, y, None if weight is None else mg.from_numpy(weight), reduction=reduction),
            lambda x, y: TF.multilabel_soft_margin_loss(x, y, None if weight is None else torch.from_numpy(weight), reduction=reduction),
            np.asarray(3 * array(seed, *shape)), target)  # fmt: skip


@given(st.sampled_from([(4,), (3, 5), (2, 3, 4)]), st.sampled_from([1, 2, 3]), st.booleans(), st.floats(0.1, 2), reductions, seeds)
def test_triplet_losses(shape, p, swap, margin, reduction, seed):
    triple = [array(seed + i, *shape) for i in range(3)]
    both("triplet_margin_loss", *triple, p=p, swap=swap, margin=margin, eps=1e-3, reduction=reduction)
    both("triplet_margin_with_distance_loss", *triple, swap=swap, margin=margin, reduction=reduction)
    q = {"distance_function": lambda a, b: ((a - b) ** 2).sum(-1), "swap": swap, "reduction": reduction}
    both("triplet_margin_with_distance_loss", *triple, **q)


@given(st.sampled_from([(), (4,), (3, 5)]), st.booleans(), st.booleans(), reductions, seeds)
def test_poisson_nll_loss(shape, log_input, full, reduction, seed):
    rng = np.random.default_rng(seed)
    x, target = np.asarray(rng.uniform(0.1, 2, shape)), np.asarray(rng.poisson(2.0, shape).astype(float))
    both(
        "poisson_nll_loss", x, target, log_input=log_input, full=full, reduction=reduction, constants=(1,) if full else ()
    )  # PyTorch: NaN at 0


@given(st.sampled_from(["same", "row", "kept", "number"]), st.booleans(), reductions, seeds)
def test_gaussian_nll_loss(how, full, reduction, seed):
    rng = np.random.default_rng(seed)
    shape = {"same": (3, 4), "row": (3,), "kept": (3, 1), "number": ()}[how]
    var = rng.uniform(0, 2, shape) * (rng.random(shape) < 0.8) if how != "number" else 0.7
    both("gaussian_nll_loss", array(seed, 3, 4), array(seed + 1, 3, 4), var, full=full, eps=1e-2, reduction=reduction)


def test_old_spelling_of_reduction():
    x, y = array(0, 3, 4), signs(1, 3, 4)
    for q in ({"size_average": False}, {"reduce": False}, {"size_average": True, "reduce": True}):
        with pytest.warns(UserWarning, match="reduction"):
            both("soft_margin_loss", x, y, constants=(1,), **q)


@pytest.mark.filterwarnings("ignore:reduction")
@given(st.sampled_from([(4,), (3, 5), (2, 3, 4)]), st.booleans(), st.sampled_from(["none", "mean", "sum", "batchmean"]), seeds)
def test_kl_div(shape, log_target, reduction, seed):
    target = np.random.default_rng(seed).random(shape)
    target = np.log(target + 0.1) if log_target else np.where(target < 0.2, 0, target)
    compare(lambda x, t: F.kl_div(x, t, reduction=reduction, log_target=log_target),
            lambda x, t: TF.kl_div(x, t, reduction=reduction, log_target=log_target), array(seed, *shape), target, check_grad=log_target)  # fmt: skip


@given(st.sampled_from([(4,), (3, 5)]), st.booleans(), st.booleans(), reductions, seeds)
def test_binary_cross_entropies(shape, weighted, positive, reduction, seed):
    rng = np.random.default_rng(seed)
    x, y, w = 4 * array(seed, *shape), rng.random(shape), rng.uniform(0.5, 2, shape[-1:]) if weighted else None
    pos = rng.uniform(0.5, 2, shape[-1:]) if positive else None

    def of(f, to, logits):
        extra = {"pos_weight": None if pos is None else to(pos)} if logits else {}
        name = "binary_cross_entropy_with_logits" if logits else "binary_cross_entropy"
        return lambda a, b: getattr(f, name)(
            a if logits else 1 / (1 + (-a).exp()), b, None if w is None else to(w), reduction=reduction, **extra
        )

    for logits in (True, False):
        compare(of(F, mg.from_numpy, logits), of(TF, torch.from_numpy, logits), x, y)


@given(st.sampled_from([((4, 5), (3, 5), (4,)), ((5,), (3, 5), ()), ((4, 5), (3, 2, 6, 5), (4, 2, 6)), ((4, 5), (3, 2, 5), (4, 2))]), st.booleans(), st.booleans(),
       st.sampled_from([0.0, 0.2]), reductions, seeds)  # fmt: skip
def test_linear_cross_entropy(shapes, biased, probabilities, smoothing, reduction, seed):
    rng = np.random.default_rng(seed)
    x, w, t = shapes
    target = rng.random((*t[:1], 3, *t[1:])) if probabilities else np.asarray(rng.integers(0, 3, t))
    bias, weight = (
        (rng.standard_normal(3) if biased and len(w) == 2 else rng.standard_normal(w[:-1]) if biased else None),
        rng.uniform(0.5, 2, 3),
    )

    def of(f, to):
        q = {"weight": to(weight), "label_smoothing": smoothing, "reduction": reduction}
        return lambda a, b, c: f.linear_cross_entropy(a, b, to(np.array(target)), linear_bias=c, **q)

    compare(of(F, mg.from_numpy), of(TF, torch.from_numpy), array(seed, *x), array(seed + 1, *w), bias)


# ---- dropout of channels ----


@pytest.mark.parametrize("name, shape", [("dropout1d", (200, 30, 4)), ("dropout2d", (200, 30, 2, 3)), ("dropout2d", (200, 30, 5)), ("dropout3d", (200, 30, 1, 2, 2)),
                                         ("dropout1d", (6000, 4)), ("dropout3d", (6000, 1, 2, 2))])  # fmt: skip
def test_channel_dropout(name, shape):
    """All of a channel, or nothing; the rest scaled; the gradient is the same mask."""
    mg.manual_seed(0)
    x = mg.ones(*shape, dtype=mg.float64).requires_grad_()
    y = getattr(F, name)(x, 0.3)
    channels = y.detach().numpy().reshape(6000, -1)
    assert (channels == channels[:, :1]).all()
    assert abs((channels[:, 0] == 0).mean() - 0.3) < 0.02 and np.allclose(channels[channels != 0], 1 / 0.7)
    y.sum().backward()
    assert (x.grad == y).all()
    z = mg.ones(*shape)
    assert getattr(F, name)(z, 0.5, inplace=True) is z and (z == 0).any()


@pytest.mark.parametrize("name", ["alpha_dropout", "feature_alpha_dropout"])
def test_alpha_dropout(name):
    """Mean 0 and variance 1 stay; what is dropped becomes one value, of whole channels or not."""
    mg.manual_seed(1)
    x = mg.randn(20_000, 3, 4, dtype=mg.float64).requires_grad_()
    y = getattr(F, name)(x, 0.2, training=True)
    values = y.detach().numpy()
    assert abs(values.mean()) < 0.02 and abs(values.var() - 1) < 0.03
    low, count = np.unique(values, return_counts=True)
    dropped = values == low[count.argmax()]
    assert abs(dropped.mean() - 0.2) < 0.01
    assert (dropped == dropped[..., :1]).all() == (name == "feature_alpha_dropout")
    y.sum().backward()
    assert ((x.grad == 0).numpy() == dropped).all()
    # The same slope, intercept and floor as PyTorch's: two points on each of the lines.
    torch.manual_seed(0)
    t = getattr(TF, name)(torch.from_numpy(np.ones((500, 3, 4))), 0.2, training=True).numpy()
    np.testing.assert_allclose(
        np.unique(getattr(F, name)(mg.ones(500, 3, 4, dtype=mg.float64), 0.2, training=True).numpy()), np.unique(t), 1e-12
    )


# ---- embeddings ----


@given(st.sampled_from([(), (4,), (2, 3), (0,)]), st.sampled_from([None, 0, -1]), st.booleans(), seeds)
def test_embedding(shape, padding, by_frequency, seed):
    index = np.asarray(np.random.default_rng(seed).integers(0, 5, shape))
    q = {"padding_idx": padding, "scale_grad_by_freq": by_frequency}
    compare(lambda w: F.embedding(mg.from_numpy(index), w, **q), lambda w: TF.embedding(torch.from_numpy(index), w, **q), array(seed, 5, 3))


@st.composite
def bags(draw):
    """(indices, offsets or None, include_last_offset)"""
    rng = np.random.default_rng(draw(seeds))
    if draw(st.booleans()):
        return rng.integers(0, 5, (draw(st.integers(0, 3)), draw(st.integers(1, 4)))), None, False
    sizes = draw(st.lists(st.integers(0, 3), min_size=1, max_size=5))
    starts = np.cumsum([0, *sizes])
    last = draw(st.booleans())
    return rng.integers(0, 5, starts[-1]), starts if last else starts[:-1], last


@given(bags(), st.sampled_from(["sum", "mean", "max"]), st.sampled_from([None, 0, -2]), st.booleans(), seeds)
def test_embedding_bag(bag, mode, padding, weighted, seed):
    index, offsets, last = bag
    factors = array(seed, *index.shape) if weighted and mode == "sum" else None
    q = {"mode": mode, "padding_idx": padding, "include_last_offset": last}

    def of(f, to):
        return lambda w, s: f.embedding_bag(to(index), w, None if offsets is None else to(offsets), per_sample_weights=s, **q)

    compare(of(F, mg.from_numpy), of(TF, torch.from_numpy), array(seed, 5, 3), factors)


def test_embedding_bag_scales_by_frequency_as_embedding():
    """Not as PyTorch 2.13, which divides the gradient of row 2 of [0, 0, 0, 2] by 3 and that of row 0 by 1."""
    index, weight = mg.tensor([[0, 0, 0, 2]]), mg.zeros(3, 1, requires_grad=True)
    F.embedding_bag(index, weight, mode="sum", scale_grad_by_freq=True).sum().backward()
    assert weight.grad.tolist() == [[1.0], [0.0], [1.0]]


def test_embedding_bag_with_max_norm():
    table, index = 3 * array(0, 5, 3), np.array([[0, 1], [3, 0]])
    ours, theirs = mg.from_numpy(table.copy()), torch.from_numpy(table.copy())
    got = F.embedding_bag(mg.from_numpy(index), ours, max_norm=1.5, norm_type=1)
    want = TF.embedding_bag(torch.from_numpy(index), theirs, max_norm=1.5, norm_type=1)
    np.testing.assert_allclose(got.numpy(), want.numpy(), 1e-6)
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), 1e-6)


# ---- connectionist temporal classification ----


@st.composite
def alignments(draw):
    """(T, N, C, targets, input lengths, target lengths, blank), some of them impossible."""
    rng = np.random.default_rng(draw(seeds))
    steps, n, c, longest = draw(st.integers(1, 6)), draw(st.integers(1, 3)), draw(st.integers(2, 4)), draw(st.integers(0, 4))
    blank = draw(st.sampled_from([0, c - 1]))
    labels = np.array([k for k in range(c) if k != blank])
    targets = labels[rng.integers(0, c - 1, (n, longest))] if longest else np.zeros((n, 0), np.int64)
    return steps, n, c, targets, rng.integers(1, steps + 1, n), rng.integers(0, longest + 1, n), blank


@given(alignments(), st.booleans(), reductions, seeds)
def test_ctc_loss(case, concatenated, reduction, seed):
    steps, n, c, targets, times, sizes, blank = case
    if concatenated:
        targets = np.concatenate([row[:k] for row, k in zip(targets, sizes, strict=True)])
    q = {"blank": blank, "reduction": reduction, "zero_infinity": True}
    compare(lambda x: F.ctc_loss(x.log_softmax(-1), mg.from_numpy(targets), mg.from_numpy(times), tuple(sizes.tolist()), **q),
            lambda x: TF.ctc_loss(x.log_softmax(-1), torch.from_numpy(targets), torch.from_numpy(times), torch.from_numpy(sizes), **q), array(seed, steps, n, c))  # fmt: skip
    if n == 1:
        row = targets.reshape(-1)[: sizes[0]]
        compare(lambda x: F.ctc_loss(x.log_softmax(-1), mg.from_numpy(row), mg.tensor(times[0]), mg.tensor(sizes[0]), **q),
                lambda x: TF.ctc_loss(x.log_softmax(-1), torch.from_numpy(row), torch.tensor(times[0]), torch.tensor(sizes[0]), **q), array(seed, steps, c))  # fmt: skip


def test_ctc_loss_counts_every_alignment():
    """The sum over all sequences that collapse to the target, one by one."""
    x = mg.from_numpy(array(0, 5, 4)).log_softmax(-1)
    probabilities, target, total = x.exp().numpy(), [2, 2, 1], 0.0
    for walk in itertools.product(range(4), repeat=5):
        if [k for k, _ in itertools.groupby(walk) if k] == target:
            total += np.prod(probabilities[range(5), walk])
    loss = F.ctc_loss(x, mg.tensor([target]), (5,), (3,), reduction="sum")
    np.testing.assert_allclose(loss.item(), -np.log(total), 1e-12)


def test_ctc_loss_of_an_impossible_target():
    x = mg.from_numpy(array(0, 2, 2, 3)).requires_grad_()
    loss = F.ctc_loss(x.log_softmax(-1), mg.tensor([[1, 1], [1, 2]]), (2, 2), (2, 2), reduction="none")
    assert loss.isinf().tolist() == [True, False]
    loss.sum().backward()
    assert x.grad[:, 0].isnan().all() and x.grad[:, 1].isfinite().all()


# ---- attention ----


@st.composite
def attentions(draw):
    """Queries, keys, values of broadcast batches, and the options."""
    seed, (long, s, e, f) = draw(seeds), (draw(st.integers(1, 4)) for _ in range(4))
    batch = draw(st.sampled_from([(), (2,), (2, 3)]))
    mask = draw(st.sampled_from([None, "bool", "float", "causal", "row"]))
    rng = np.random.default_rng(seed)
    seen = rng.random((long, s)) < 0.6  # some rows see nothing
    masks = {
        "bool": seen,
        "float": np.where(seen, rng.standard_normal((long, s)), -np.inf),
        "row": rng.random((*batch[:1], *(1,) * len(batch[1:]), 1, s)) < 0.7,
    }
    q = {"scale": draw(st.sampled_from([None, 0.4])), "is_causal": mask == "causal"}
    return array(seed, *batch, long, e), array(seed + 1, *batch, s, e), array(seed + 2, *batch, s, f), masks.get(mask), q


def fixed(mask, to):
    return None if mask is None else to(np.array(mask))


@given(attentions())
def test_scaled_dot_product_attention(case):
    q, k, v, mask, options = case
    compare(lambda *a: F.scaled_dot_product_attention(*a, fixed(mask, mg.from_numpy), **options),
            lambda *a: TF.scaled_dot_product_attention(*a, fixed(mask, torch.from_numpy), **options), q, k, v)  # fmt: skip


@given(st.integers(1, 3), st.integers(1, 3), st.booleans(), seeds)
def test_grouped_queries(shared, groups, causal, seed):
    shapes = (2, shared * groups, 3, 4), (2, groups, 5, 4), (2, groups, 5, 2)
    both("scaled_dot_product_attention", *[array(seed + i, *s) for i, s in enumerate(shapes)], enable_gqa=True, is_causal=causal)


def test_attention_mask_has_a_gradient_and_nothing_to_see_gives_nothing():
    both("scaled_dot_product_attention", array(0, 2, 3, 4), array(1, 2, 5, 4), array(2, 2, 5, 4), array(3, 3, 5))
    empty = F.scaled_dot_product_attention(mg.ones(2, 3), mg.ones(0, 3), mg.ones(0, 4))
    assert empty.tolist() == [[0.0] * 4] * 2
    q, k, v = (mg.from_numpy(array(i, 3, 4)).requires_grad_() for i in range(3))
    F.scaled_dot_product_attention(q, k, v, mg.zeros(3, 3, dtype=mg.bool)).sum().backward()
    assert all((x.grad == 0).all() for x in (q, k, v))


def test_attention_dropout():
    """Weights are dropped and scaled, by the default generator."""
    mg.manual_seed(0)
    q, k, v = mg.zeros(200, 1), mg.zeros(100, 1), mg.ones(100, 1)
    y = F.scaled_dot_product_attention(q, k, v, dropout_p=0.25).numpy()
    assert abs(y.mean() - 1) < 0.02 and y.std() > 0.03


@st.composite
def layers(draw):
    """All arguments of multi_head_attention_forward but dropout."""
    seed = draw(seeds)
    rng = np.random.default_rng(seed)
    heads, size, n, long = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 4))
    e, batched, own, separate = heads * size, draw(st.booleans()), draw(st.booleans()), draw(st.booleans())
    s = long if own else draw(st.integers(1, 4))
    ek, ev = (e, e) if own or not separate else (draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    n = n if batched else 1
    arrays = {
        name: rng.standard_normal((length, n, width) if batched else (length, width))
        for name, length, width in (("query", long, e), ("key", s, ek), ("value", s, ev))
    }
    biased, extra = draw(st.booleans()), draw(st.booleans())
    arrays |= {"in_proj_weight": None if separate else rng.standard_normal((3 * e, e)), "in_proj_bias": rng.standard_normal(3 * e) if biased else None,
               "bias_k": rng.standard_normal((1, 1, e)) if extra else None, "bias_v": rng.standard_normal((1, 1, e)) if extra else None,
               "out_proj_weight": rng.standard_normal((e, e)), "out_proj_bias": rng.standard_normal(e) if biased else None}  # fmt: skip
    if separate:
        arrays |= {
            "q_proj_weight": rng.standard_normal((e, e)),
            "k_proj_weight": rng.standard_normal((e, ek)),
            "v_proj_weight": rng.standard_normal((e, ev)),
        }
    if not extra and draw(st.booleans()):
        arrays |= {"static_k": rng.standard_normal((n * heads, s, size)), "static_v": rng.standard_normal((n * heads, s, size))}
    kind = draw(st.sampled_from([None, "2d", "3d"]))
    seen = rng.random((long, s) if kind == "2d" else (n * heads, long, s)) < 0.7
    seen[..., 0] = True  # PyTorch's weights of a query that sees nothing are NaN, ours as well
    hidden = rng.random((n, s) if batched else (s,)) < 0.3
    hidden[..., 0] = False
    as_float = draw(st.booleans())
    masks = {"attn_mask": None if kind is None else np.where(seen, 0.5, -np.inf) if as_float else ~seen,
             "key_padding_mask": (np.where(hidden, -np.inf, 0.0) if as_float else hidden) if draw(st.booleans()) else None}  # fmt: skip
    options = {"embed_dim_to_check": e, "num_heads": heads, "add_zero_attn": draw(st.booleans()), "dropout_p": 0.0, "use_separate_proj_weight": separate,
               "need_weights": draw(st.booleans()), "average_attn_weights": draw(st.booleans())}  # fmt: skip
    return arrays, masks, options, own


@given(layers())
def test_multi_head_attention_forward(case):
    arrays, masks, options, own = case
    names = list(arrays)

    def of(f, to):
        def call(*values):
            given_ = dict(zip(names, values, strict=True))
            if own:
                given_ |= {"key": given_["query"], "value": given_["query"]}
            y, weights = f.multi_head_attention_forward(**given_, **{k: fixed(m, to) for k, m in masks.items()}, **options)
            return y if weights is None else (y, weights)

        return call

    compare(of(F, mg.from_numpy), of(TF, torch.from_numpy), *arrays.values())


def test_multi_head_attention_with_the_causal_hint():
    e, x = 4, array(0, 5, 2, 4)
    layer = [array(1, 3 * e, e), None, None, None, False, 0.0, array(2, e, e), None]
    for need in (True, False):
        results = []
        for f, to in ((F, mg.from_numpy), (TF, torch.from_numpy)):
            args = [to(v) if isinstance(v, np.ndarray) else v for v in layer]
            mask = to(np.triu(np.ones((5, 5), bool), 1))
            results.append(
                f.multi_head_attention_forward(to(x), to(x), to(x), e, 2, *args, attn_mask=mask, is_causal=True, need_weights=need)[
                    0
                ].numpy()
            )
        np.testing.assert_allclose(*results, 1e-9)


# ---- recurrent layers ----

KINDS = st.sampled_from([("rnn_tanh", 1, 1), ("rnn_relu", 1, 1), ("gru", 3, 1), ("lstm", 4, 2)])


@given(KINDS, st.booleans(), seeds)
def test_cells(kind, biased, seed):
    (name, gates, states), h, batch = kind, 4, (3,)
    arrays = [
        array(seed, *batch, 5),
        *(array(seed + 1 + i, *batch, h) for i in range(states)),
        array(seed + 3, gates * h, 5),
        array(seed + 4, gates * h, h),
    ]
    arrays += [array(seed + 5, gates * h), array(seed + 6, gates * h)] if biased else []

    def of(lib):
        def call(x, *rest):
            hx = rest[0] if states == 1 else rest[:2]
            y = getattr(lib, f"{name}_cell")(x, hx, *rest[states:])
            return y if states == 1 else y[0] + 2 * y[1]

        return call

    compare(of(mg), of(torch), *arrays)


@given(KINDS, st.integers(1, 4), st.integers(1, 3), st.integers(1, 2), st.booleans(), st.booleans(), st.sampled_from(["padded", "batch_first", "packed"]),
       st.booleans(), seeds)  # fmt: skip
def test_sequences(kind, steps, n, layers, both_ways, biased, form, projected, seed):
    (name, gates, states), (width, h) = kind, (3, 4)
    projected = projected and name == "lstm"
    rng, directions = np.random.default_rng(seed), 1 + both_ways
    out = 2 if projected else h
    params = []
    for layer in range(layers):
        for _ in range(directions):
            params += [rng.standard_normal(s) for s in ((gates * h, width if layer == 0 else out * directions), (gates * h, out))]
            params += [rng.standard_normal(gates * h) for _ in range(2)] if biased else []
            params += [rng.standard_normal((out, h))] if projected else []
    sizes = np.sort(rng.integers(1, n + 1, steps))[::-1].copy()
    sizes[0] = n
    inputs = {"padded": (steps, n, width), "batch_first": (n, steps, width), "packed": (sizes.sum(), width)}
    hx = [rng.standard_normal((layers * directions, n, k)) for k in (out, h)[:states]]

    def of(lib):
        def call(x, *rest):
            state = rest[0] if states == 1 else tuple(rest[:2])
            settings = (list(rest[states:]), biased, layers, 0.0, False, both_ways)
            if form == "packed":
                return getattr(lib, name)(x, lib.from_numpy(sizes), state, *settings)
            return getattr(lib, name)(x, state, *settings, form == "batch_first")

        return lambda *a: tuple(call(*a))

    compare(of(mg), of(torch), rng.standard_normal(inputs[form]), *hx, *params)


def test_one_sequence_without_a_batch():
    x, h, c, w = (mg.from_numpy(array(i, *s)) for i, s in enumerate([(5, 3), (1, 4), (1, 4), (16, 3)]))
    settings = ([w, mg.from_numpy(array(4, 16, 4))], False, 1, 0.0, False, False, False)
    alone, batch = mg.lstm(x, (h, c), *settings), mg.lstm(x[:, None], (h[:, None], c[:, None]), *settings)
    assert all((a == b[:, 0]).all() for a, b in zip(alone, batch, strict=True))
    cell = mg.lstm_cell(x[0], (h[0], c[0]), *settings[0])
    np.testing.assert_allclose(cell[0].numpy(), alone[0][0].numpy(), 1e-12)


def test_dropout_between_layers():
    """Of the first layer's output, and in training only."""
    w = [mg.ones(1, 1), mg.zeros(1, 1)] * 2
    mg.manual_seed(0)
    run = lambda train: mg.rnn_relu(mg.ones(500, 1, 1), mg.zeros(2, 1, 1), w, False, 2, 0.5, train, False, False)[0]  # noqa: E731
    assert set(run(True).reshape(-1).tolist()) == {0.0, 2.0} and (run(False) == 1).all()
