"""Network ops against PyTorch: values and first gradients over their options; and what is ours alone: random numbers, errors."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from torch_oracle import array, compare

import minigrad as mg
from minigrad import registry
from minigrad.ops.generator import philox_words

torch = pytest.importorskip("torch")
TF = torch.nn.functional
F = type("F", (), {name: staticmethod(f) for name, f in registry.names("F").items()})
seeds = st.integers(0, 2**32 - 1)


# ---- convolution ----


@st.composite
def axis(draw, most_padding=None):
    """(size, kernel, stride, padding, dilation) of one axis where at least one window fits; leftovers are common."""
    k, s, d, out = (draw(st.integers(1, top)) for top in (3, 3, 2, 4))
    span = d * (k - 1) + 1
    p = draw(st.integers(0, span - 1 if most_padding is None else most_padding(k)))
    size = (out - 1) * s + span + draw(st.integers(0, s - 1)) - 2 * p
    while size < 1:
        size += s
    return size, k, s, p, d


@given(axis(), axis(), st.integers(0, 3), st.integers(1, 3), st.integers(1, 2), st.integers(1, 2), st.booleans(), seeds)
def test_conv2d(h, w, n, groups, c, o, with_bias, seed):
    x, weight = array(seed, n, groups * c, h[0], w[0]), array(seed + 1, groups * o, c, h[1], w[1])
    bias = array(seed + 2, groups * o) if with_bias else None
    q = {"stride": (h[2], w[2]), "padding": (h[3], w[3]), "dilation": (h[4], w[4]), "groups": groups}
    compare(lambda *a: F.conv2d(*a, **q), lambda *a: TF.conv2d(*a, **q), x, weight, bias)


@given(axis(), st.booleans(), st.integers(1, 2), seeds)
def test_conv1d(w, batched, groups, seed):
    x, weight = array(seed, *((2,) if batched else ()), 2 * groups, w[0]), array(seed + 1, 3 * groups, 2, w[1])
    q = {"stride": w[2], "padding": w[3], "dilation": w[4], "groups": groups}
    compare(lambda *a: F.conv1d(*a, **q), lambda *a: TF.conv1d(*a, **q), x, weight, array(seed, 3 * groups))


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("kernel, dilation", [((3, 3), 1), ((2, 3), 1), ((3, 2), (1, 3)), ((4, 2), 2)])
def test_conv2d_same_padding(kernel, dilation):
    q = {"padding": "same", "dilation": dilation}
    compare(lambda *a: F.conv2d(*a, **q), lambda *a: TF.conv2d(*a, **q), array(0, 2, 3, 6, 7), array(1, 4, 3, *kernel))
    q["padding"] = "valid"
    compare(lambda *a: F.conv2d(*a, **q), lambda *a: TF.conv2d(*a, **q), array(0, 2, 3, 9, 9), array(1, 4, 3, *kernel))


def test_winograd_can_be_switched_off(monkeypatch):
    x, weight = (mg.tensor(array(i, *shape).astype(np.float32)) for i, shape in enumerate([(4, 16, 16, 16), (16, 16, 3, 3)]))
    values = []
    for allowed in (True, False, False, True):
        monkeypatch.setattr(mg.backends.conv, "winograd", allowed)
        values.append(F.conv2d(x, weight, padding=1).numpy())
    np.testing.assert_array_equal(values[0], values[3])
    np.testing.assert_array_equal(values[1], values[2])
    assert (values[0] != values[1]).any() and abs(values[0] - values[1]).max() < 1e-5 * abs(values[1]).max()


def test_conv2d_unbatched_and_second_order():
    compare(lambda *a: F.conv2d(*a), lambda *a: TF.conv2d(*a), array(0, 3, 6, 7), array(1, 4, 3, 2, 3), array(2, 4))
    x, w = array(3, 2, 3, 6, 5), array(4, 4, 3, 3, 2)
    ours, theirs = [], []
    for lib, conv, out in ((mg, F.conv2d, ours), (torch, TF.conv2d, theirs)):
        a, b = (lib.from_numpy(np.array(v)).requires_grad_() for v in (x, w))
        ga, gb = lib.autograd.grad((conv(a, b, stride=2, padding=1) ** 3).sum(), (a, b), create_graph=True)
        ((ga**2).sum() + (gb**2).sum()).backward()
        out += [a.grad.numpy(), b.grad.numpy()]
    for got, want in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(got, want, 1e-9)


def test_conv2d_linear_exactly():
    """Small integers in float32: no rounding, so kernel and reference agree to the bit."""
    op = registry.OPS["_conv2d"]
    for s in op.samples(registry.Draw(1)):
        a = [None if v is None else np.round(4 * v).astype(np.float32) for v in s.arrays]
        got = op.function(*[None if v is None else mg.from_numpy(v) for v in a], **s.params).numpy()
        assert (got == op.ref(*a, **s.params)).all()


@given(axis(), axis(), seeds)
def test_unfold_and_fold(h, w, seed):
    q = {"kernel_size": (h[1], w[1]), "stride": (h[2], w[2]), "padding": (h[3], w[3]), "dilation": (h[4], w[4])}
    x = array(seed, 2, 3, h[0], w[0])
    compare(lambda a: F.unfold(a, **q), lambda a: TF.unfold(a, **q), x)
    columns = TF.unfold(torch.from_numpy(x), **q).numpy().copy()
    compare(lambda a: F.fold(a, (h[0], w[0]), **q), lambda a: TF.fold(a, (h[0], w[0]), **q), columns)


# ---- pooling ----


@given(axis(lambda k: k // 2), axis(lambda k: k // 2), st.booleans(), st.booleans(), seeds)
def test_max_pool2d(h, w, ceil, batched, seed):
    q = {
        "kernel_size": (h[1], w[1]),
        "stride": (h[2], w[2]),
        "padding": (h[3], w[3]),
        "dilation": (h[4], w[4]),
        "ceil_mode": ceil,
        "return_indices": True,
    }
    x = array(seed, *((2,) if batched else ()), 3, h[0], w[0])
    assume(not TF.max_pool2d(torch.from_numpy(x), **q)[0].isinf().any())  # a window of padding alone
    compare(lambda a: F.max_pool2d(a, **q), lambda a: TF.max_pool2d(a, **q), x)


@given(axis(lambda k: k // 2), axis(lambda k: k // 2), st.booleans(), st.booleans(), st.sampled_from([None, 3, -2]), seeds)
def test_avg_pool2d(h, w, ceil, include, divisor, seed):
    h, w = ((max(size, k - 2 * p), k, s, p) for size, k, s, p, _ in (h, w))
    q = {"kernel_size": (h[1], w[1]), "stride": (h[2], w[2]), "padding": (h[3], w[3]), "ceil_mode": ceil, "count_include_pad": include,
         "divisor_override": divisor}  # fmt: skip
    compare(lambda a: F.avg_pool2d(a, **q), lambda a: TF.avg_pool2d(a, **q), array(seed, 2, 3, h[0], w[0]))


@given(*[st.integers(1, 9)] * 4, seeds)
def test_adaptive_pools(h, w, oh, ow, seed):
    x = array(seed, 2, 3, h, w)
    compare(lambda a: F.adaptive_avg_pool2d(a, (oh, ow)), lambda a: TF.adaptive_avg_pool2d(a, (oh, ow)), x)
    compare(lambda a: F.adaptive_max_pool2d(a, (oh, ow), True), lambda a: TF.adaptive_max_pool2d(a, (oh, ow), True), x)


def test_pooling_of_nan_and_integers():
    x = np.array([[[1.0, np.nan, 3.0, 4.0]]])
    assert np.isnan(F.max_pool2d(mg.from_numpy(x), (1, 2)).numpy()).tolist() == [[[True, False]]]
    assert F.max_pool2d(mg.tensor([[[1, 5, 3, 4]]]), (1, 2)).tolist() == [[[5, 4]]]


# ---- activations ----

ACTIVATIONS = {
    "sigmoid": {}, "tanh": {}, "relu": {}, "relu6": {}, "silu": {}, "logsigmoid": {}, "leaky_relu": {"negative_slope": 0.3}, "elu": {"alpha": 1.3},
    "hardtanh": {"min_val": -0.5, "max_val": 0.8}, "softplus": {"beta": 2.0}, "gelu": {},
}  # fmt: skip


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_activations(name, dtype):
    x = (4 * array(0, 5, 37)).astype(dtype)
    q = ACTIVATIONS[name]
    y = getattr(F, name)(mg.from_numpy(x), **q)
    want = getattr(TF, name)(torch.from_numpy(x.astype(np.float64)), **q).numpy()
    np.testing.assert_allclose(y.numpy(), want, 1e-5 if dtype == "float32" else 1e-9, atol=1e-6 if dtype == "float32" else 1e-8)
    if dtype == "float64":
        compare(lambda a: getattr(F, name)(a, **q), lambda a: getattr(TF, name)(a, **q), x, rtol=1e-7)


def test_gelu_by_tanh_and_softplus_with_threshold():
    x = 3 * array(1, 4, 9)
    compare(lambda a: F.gelu(a, approximate="tanh"), lambda a: TF.gelu(a, approximate="tanh"), x)
    compare(lambda a: F.softplus(a, 2, 1.5), lambda a: TF.softplus(a, 2, 1.5), x)


def test_activations_at_the_ends():
    big = mg.tensor([-1e4, -100.0, 0.0, 100.0, 1e4], dtype=mg.float64).requires_grad_()
    for name in ACTIVATIONS:
        y = getattr(F, name)(big)
        want = getattr(TF, name)(torch.from_numpy(big.detach().numpy()))
        np.testing.assert_allclose(y.detach().numpy(), want.numpy(), 1e-7, atol=1e-40, err_msg=name)
        (g,) = mg.autograd.grad(y.sum(), big, create_graph=True)
        assert np.isfinite(g.detach().numpy()).all(), name
        if g.requires_grad:
            assert np.isfinite(mg.autograd.grad(g.sum(), big, allow_unused=True, materialize_grads=True)[0].numpy()).all(), name
    x = mg.tensor([0.0], requires_grad=True)
    F.relu(x).backward()
    assert x.grad.item() == 0  # the subgradient we choose


def test_inplace_flag():
    for name in ("relu", "relu6", "silu", "leaky_relu", "elu", "hardtanh"):
        leaf = mg.tensor([-2.0, -0.3, 0.4, 7.0], dtype=mg.float64, requires_grad=True)
        x = leaf * 1
        y = getattr(F, name)(x, inplace=True)
        assert y.data_ptr() == x.data_ptr()
        y.sum().backward()
        other = leaf.detach().requires_grad_()
        getattr(F, name)(other).sum().backward()
        assert leaf.grad.tolist() == other.grad.tolist(), name


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("shape, dim", [((3, 5), 1), ((3, 5), 0), ((2, 3, 4), 1), ((), 0), ((2, 17), -1), ((0, 3), 1), ((3, 0), 1)])
def test_softmax(name, shape, dim):
    compare(lambda a: getattr(F, name)(a, dim), lambda a: getattr(TF, name)(a, dim), np.asarray(3 * array(0, *shape)))


def test_softmax_options():
    x = mg.tensor([1, 2, 3])
    assert F.softmax(x, dim=0, dtype=mg.float64).dtype is mg.float64
    assert F.softmax(mg.zeros(2, 3), axis=1).tolist() == F.softmax(mg.zeros(2, 3), -1).tolist()
    assert F.softmax(mg.tensor([1000.0, -float("inf")]), 0).tolist() == [1.0, 0.0]


# ---- normalisation ----


@given(st.lists(st.integers(1, 6), min_size=1, max_size=4), st.integers(1, 4), st.booleans(), st.booleans(), seeds)
def test_layer_norm(shape, dims, with_weight, with_bias, seed):
    shape = tuple(shape)
    normalized = shape[-min(dims, len(shape)) :]
    assume(np.prod(normalized) > 1)
    weight, bias = array(seed + 1, *normalized) if with_weight else None, array(seed + 2, *normalized) if with_bias else None
    compare(
        lambda x, w, b: F.layer_norm(x, normalized, w, b, 1e-3),
        lambda x, w, b: TF.layer_norm(x, normalized, w, b, 1e-3),
        array(seed, *shape),
        weight,
        bias,
    )


@given(st.integers(2, 5), st.integers(1, 4), st.lists(st.integers(1, 5), max_size=3), st.booleans(), st.booleans(), seeds)
def test_batch_norm(n, c, rest, training, affine, seed):
    x = array(seed, n, c, *rest)
    weight, bias = (array(seed + 1, c), array(seed + 2, c)) if affine else (None, None)
    running = array(seed + 3, c), np.abs(array(seed + 4, c)) + 0.1
    mine, theirs = [mg.from_numpy(np.array(r)) for r in running], [torch.from_numpy(np.array(r)) for r in running]
    compare(
        lambda x, w, b: F.batch_norm(x, *mine, w, b, training, 0.3, 1e-3),
        lambda x, w, b: TF.batch_norm(x, *theirs, w, b, training, 0.3, 1e-3),
        x,
        weight,
        bias,
    )
    for a, b in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), 1e-9)
        assert not a.requires_grad


def test_batch_norm_keeps_the_accuracy_of_running_statistics():
    x = (1000 + 0.01 * array(0, 64, 3, 5)).astype(np.float32)
    mean, var = mg.zeros(3), mg.ones(3)
    F.batch_norm(mg.from_numpy(x), mean, var, training=True, momentum=1.0)
    np.testing.assert_allclose(mean.numpy(), x.mean((0, 2), dtype=np.float64), 1e-6)
    np.testing.assert_allclose(var.numpy(), x.astype(np.float64).var((0, 2), ddof=1), 0.02)


@pytest.mark.parametrize("groups", [1, 2, 6])
def test_group_norm(groups):
    compare(
        lambda x, w, b: F.group_norm(x, groups, w, b),
        lambda x, w, b: TF.group_norm(x, groups, w, b),
        array(0, 3, 6, 4, 5),
        array(1, 6),
        array(2, 6),
    )


@pytest.mark.parametrize("name, shape", [("layer_norm", (4, 7)), ("batch_norm", (5, 3, 4))])
def test_norm_third_order(name, shape):
    """The rules of the fused backward hold for every order: against PyTorch's gradients of the definition.

    (PyTorch's own norms take the statistics as constants from the second order on.)
    """
    axes, each = (-1, shape[1:]) if name == "layer_norm" else ((0, 2), (1, shape[1], 1))
    results = []
    for lib in (mg, torch):
        a, b = (lib.from_numpy(np.array(v)).requires_grad_() for v in (array(0, *shape), array(1, shape[1])))
        if lib is torch:
            d = a - a.mean(axes, keepdim=True)
            y = d / ((d**2).mean(axes, keepdim=True) + 1e-5).sqrt() * b.reshape(each)
        else:
            y = F.layer_norm(a, (7,), b) if name == "layer_norm" else F.batch_norm(a, None, None, b, training=True)
        (g,) = lib.autograd.grad((y**3).sum(), a, create_graph=True)
        (g2,) = lib.autograd.grad((g**2 * a.detach()).sum(), a, create_graph=True)
        (g2**2).sum().backward()
        results.append((a.grad.numpy(), b.grad.numpy()))
    for got, want in zip(*results, strict=True):
        np.testing.assert_allclose(got, want, 1e-7, atol=1e-9)


# ---- losses ----


@pytest.mark.filterwarnings("ignore:reduction")
@given(st.sampled_from(["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits", "kl_div"]),
       st.sampled_from(["mean", "sum", "none"]), st.lists(st.integers(1, 4), max_size=3), seeds)  # fmt: skip
def test_pair_losses(name, reduction, shape, seed):
    inside = np.random.default_rng(seed).uniform(0.05, 0.95, (2, *shape))
    target = np.asarray(inside[1])
    x = inside[0] if name in ("binary_cross_entropy", "kl_div") else 2 * array(seed, *shape)
    compare(
        lambda a, b: getattr(F, name)(a, b, reduction=reduction),
        lambda a, b: getattr(TF, name)(a, b, reduction=reduction),
        np.asarray(x),
        target,
    )


def test_pair_loss_options():
    x, t = 2 * array(0, 4, 3), np.random.default_rng(1).uniform(0.1, 0.9, (4, 3))
    weights = np.abs(array(2, 4, 1)), np.abs(array(3, 3))
    ours, theirs = [mg.from_numpy(w) for w in weights], [torch.from_numpy(w) for w in weights]
    compare(lambda a, b: F.binary_cross_entropy_with_logits(a, b, ours[0], pos_weight=ours[1]),
            lambda a, b: TF.binary_cross_entropy_with_logits(a, b, theirs[0], pos_weight=theirs[1]), x, t)  # fmt: skip
    compare(lambda a, b: F.binary_cross_entropy(a, b, ours[0]), lambda a, b: TF.binary_cross_entropy(a, b, theirs[0]), t, t[::-1].copy())
    compare(lambda a, b: F.smooth_l1_loss(a, b, beta=0.0), lambda a, b: TF.smooth_l1_loss(a, b, beta=0.0), x, t)
    compare(lambda a, b: F.huber_loss(a, b, delta=0.3), lambda a, b: TF.huber_loss(a, b, delta=0.3), x, t)
    compare(
        lambda a, b: F.kl_div(a, b, reduction="batchmean", log_target=True),
        lambda a, b: TF.kl_div(a, b, reduction="batchmean", log_target=True),
        x,
        -t,
    )
    zeros = np.array([0.0, 0.5, 1.0])
    compare(
        lambda a, b: F.kl_div(a, b, reduction="sum"), lambda a, b: TF.kl_div(a, b, reduction="sum"), array(4, 3), np.array([0.3, 0.5, 1.0])
    )
    got = F.kl_div(mg.zeros(3, dtype=mg.float64), mg.from_numpy(zeros), reduction="none")
    np.testing.assert_allclose(got.numpy(), TF.kl_div(torch.zeros(3).double(), torch.from_numpy(zeros), reduction="none").numpy())
    compare(
        lambda a, b: F.binary_cross_entropy(a, b),
        lambda a, b: TF.binary_cross_entropy(a, b),
        np.array([0.0, 1.0, 0.0, 1.0]),
        np.array([0.0, 0.0, 1.0, 1.0]),
        check_grad=False,
    )


@given(st.integers(1, 4), st.integers(2, 5), st.lists(st.integers(1, 3), max_size=2), st.booleans(), st.sampled_from([-100, 1]),
       st.sampled_from([0.0, 0.2]), st.sampled_from(["mean", "sum", "none"]), st.booleans(), seeds)  # fmt: skip
def test_cross_entropy(n, c, rest, with_weight, ignore, smoothing, reduction, probabilities, seed):
    r = np.random.default_rng(seed)
    x, w = 3 * r.standard_normal((n, c, *rest)), r.uniform(0.5, 2, c)
    target = r.uniform(0.1, 0.9, x.shape) if probabilities else r.integers(0, c, (n, *rest))
    if not probabilities:
        assume((target != ignore).any())
    q = {"ignore_index": ignore} if not probabilities else {}
    q |= {"label_smoothing": smoothing, "reduction": reduction}
    mine, theirs = (mg.from_numpy(w), torch.from_numpy(w)) if with_weight else (None, None)
    compare(lambda a, t: F.cross_entropy(a, t, mine, **q), lambda a, t: TF.cross_entropy(a, t, theirs, **q), x, target)
    if not probabilities:
        q.pop("label_smoothing")
        compare(lambda a, t: F.nll_loss(a, t, mine, **q), lambda a, t: TF.nll_loss(a, t, theirs, **q), x, target)


def test_cross_entropy_corners():
    compare(lambda a, t: F.cross_entropy(a, t), lambda a, t: TF.cross_entropy(a, t), array(0, 5), np.array(3))
    everything_ignored = F.cross_entropy(mg.zeros(2, 3), mg.full((2,), -100))
    assert np.isnan(everything_ignored.item())
    assert F.cross_entropy(mg.tensor([[1e4, -1e4]]), mg.tensor([1])).item() == 2e4
    with pytest.raises(IndexError, match="out of range"):
        F.nll_loss(mg.zeros(2, 3), mg.tensor([0, -1]))


# ---- embedding ----


@pytest.mark.parametrize("padding", [None, 2, -1])
def test_embedding(padding):
    index = np.random.default_rng(0).integers(0, 6, (3, 5))
    index[0, 0] = index[1, 1] = 2 if padding is None else padding % 6
    compare(
        lambda w: F.embedding(mg.from_numpy(index), w, padding), lambda w: TF.embedding(torch.from_numpy(index), w, padding), array(1, 6, 4)
    )


def test_embedding_max_norm():
    index, w = np.array([0, 2, 2]), 3 * array(1, 4, 5)
    mine, theirs = mg.from_numpy(np.array(w)), torch.from_numpy(np.array(w))
    got, want = F.embedding(mg.from_numpy(index), mine, max_norm=1.5), TF.embedding(torch.from_numpy(index), theirs, max_norm=1.5)
    np.testing.assert_allclose(got.numpy(), want.numpy(), 1e-6)
    np.testing.assert_allclose(mine.numpy(), theirs.numpy(), 1e-6)


def test_one_hot():
    index = np.array([[0, 3], [2, 1]])
    for n in (-1, 4, 6):
        assert (F.one_hot(mg.from_numpy(index), n).numpy() == TF.one_hot(torch.from_numpy(index), n).numpy()).all()


# ---- random numbers ----


def test_streams_are_seeded_restorable_and_never_shared():
    g = mg.Generator().manual_seed(11)
    first = mg.rand(100, generator=g)
    state = g.get_state()
    second, third = mg.rand(100, generator=g), mg.randn(10, generator=g, dtype=mg.float64)
    g.set_state(state)
    assert (mg.rand(100, generator=g) == second).all() and (mg.randn(10, generator=g, dtype=mg.float64) == third).all()
    assert not (first == second).any()
    g.manual_seed(11)
    assert (mg.rand(100, generator=g) == first).all() and g.initial_seed() == 11
    mg.manual_seed(5)
    a = mg.randn(7)
    assert mg.initial_seed() == 5 and (mg.manual_seed(5) and mg.randn(7) == a).all()


def test_bits_of_different_dtypes_do_not_overlap():
    g = mg.Generator().manual_seed(1)
    spans = [(o * w, o * w + n * w) for n, w in [(3, 1), (70, 2), (1, 1), (64, 2), (65, 1)] for _, o in [g.take(n, w)]]
    assert all(stop <= start for (_, stop), (start, _) in itertools.pairwise(spans))


def test_kernels_draw_the_reference_bits():
    got = mg.rand(200, generator=mg.Generator().manual_seed(-3)).numpy()
    assert (got == (philox_words(-3, 0, 200) >> np.uint64(8)).astype(np.float32) * np.float32(2**-24)).all()


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_random_numbers_do_not_depend_on_threads(threads):
    before = mg.get_num_threads()
    try:
        mg.set_num_threads(threads)
        x = mg.randn(200_000, generator=mg.Generator().manual_seed(4))
    finally:
        mg.set_num_threads(before)
    assert (x == mg.randn(200_000, generator=mg.Generator().manual_seed(4))).all()


def test_distributions():
    g = mg.Generator().manual_seed(2)
    n = 200_000
    draws = {
        "uniform": (mg.rand(n, generator=g), 1 / 2, 1 / 12), "normal": (mg.randn(n, generator=g), 0, 1), "randint": (mg.randint(10, (n,), generator=g), 4.5, 8.25),
        "float64": (mg.randn(n, generator=g, dtype=mg.float64), 0, 1), "bernoulli": (mg.empty(n).bernoulli_(0.3, generator=g), 0.3, 0.21),
        "shifted": (mg.empty(n).uniform_(-2, 4, generator=g), 1, 3), "scaled": (mg.normal(3.0, 2.0, (n,), generator=g), 3, 4),
        "probabilities": (mg.bernoulli(mg.full((n,), 0.2), generator=g), 0.2, 0.16), "uint8": (mg.randint(0, 4, (n,), generator=g, dtype=mg.uint8), 1.5, 1.25),
    }  # fmt: skip
    for name, (x, mean, var) in draws.items():
        v = x.numpy().astype(np.float64)
        assert abs(v.mean() - mean) < 5 * np.sqrt(var / n), name
        assert abs(v.var() / var - 1) < 0.02, name


def test_permutations_and_choices():
    mg.manual_seed(0)
    p = mg.randperm(1000)
    assert sorted(p.tolist()) == list(range(1000)) and p.tolist() != list(range(1000)) and mg.randperm(0).shape == (0,)
    w = mg.tensor([[0.0, 1.0, 3.0], [2.0, 0.0, 2.0]])
    picked = mg.multinomial(w, 20_000, replacement=True).numpy()
    assert abs((picked[0] == 2).mean() - 0.75) < 0.02 and set(picked[1]) == {0, 2}
    for row, possible in zip(mg.multinomial(w, 2).tolist(), ({1, 2}, {0, 2}), strict=True):
        assert set(row) == possible
    first = mg.multinomial(w.expand(2, 3)[:1].expand(20_000, 3), 1).numpy()
    assert abs((first == 2).mean() - 0.75) < 0.02


def test_inplace_fills():
    x = mg.zeros(4, 6)
    version = x._version
    assert x.uniform_(2, 3) is x and x._version == version + 1 and ((x >= 2) & (x < 3)).all()
    column = x[:, 1]
    column.normal_(100, 0.1)
    assert (x[:, 1] > 90).all() and (x[:, 0] < 3).all()
    leaf = mg.zeros(3, requires_grad=True)
    with pytest.raises(mg.GradError, match="leaf"):
        leaf.normal_()
    with mg.no_grad():
        leaf.normal_()
    y = leaf * 2
    y.uniform_()
    y.sum().backward()
    assert leaf.grad is None or not leaf.grad.numpy().any()
    assert set(mg.zeros(100, dtype=mg.int64).random_(3).tolist()) == {0, 1, 2}
    assert mg.zeros(50, dtype=mg.bool).bernoulli_(0.5).dtype is mg.bool


def test_dropout():
    mg.manual_seed(0)
    x = mg.ones(20_000, dtype=mg.float64).requires_grad_()
    y = F.dropout(x, 0.3)
    values = y.detach().numpy()
    assert abs((values == 0).mean() - 0.3) < 0.02 and np.allclose(values[values != 0], 1 / 0.7)
    y.sum().backward()
    assert (x.grad == y).all()
    assert F.dropout(x, 0.5, training=False) is x and F.dropout(x, 0) is x
    assert not F.dropout(x, 1.0).detach().numpy().any()
    state = mg.get_rng_state()
    a = F.dropout(x, 0.5)
    mg.set_rng_state(state)
    assert (F.dropout(x, 0.5) == a).all()
    z = mg.ones(100)
    assert F.dropout(z, 0.5, inplace=True) is z and (z == 0).any()
    assert F.dropout(mg.ones(64).to(mg.float16), 0.5).dtype is mg.float16


@pytest.mark.parametrize("call, error, match", [
    (lambda: mg.randint(3, 3, (2,)), ValueError, "expected low < high"),
    (lambda: mg.rand(2, dtype=mg.int64), mg.DTypeError, "rand: expected a floating-point dtype, got int64"),
    (lambda: mg.rand(-1), mg.ShapeError, "negative size"),
    (lambda: mg.normal(0.0, -1.0, (2,)), ValueError, "std must not be negative"),
    (lambda: mg.bernoulli(mg.tensor([1.5])), ValueError, "expected probabilities between 0 and 1, got values from 1.5 to 1.5"),
    (lambda: mg.multinomial(mg.tensor([1.0, 0.0]), 2), ValueError, "cannot draw 2 samples without replacement"),
    (lambda: mg.manual_seed(1 << 64), ValueError, "64 bits"),
    (lambda: mg.rand(2, generator=3), TypeError, "rand: expected a Generator or None, got int"),
    (lambda: mg.Generator().set_state(mg.zeros(16)), ValueError, "a state from get_state"),
    (lambda: mg.zeros(2).uniform_(1, 0), ValueError, "low <= high"),
    (lambda: mg.randperm(-1), ValueError, "n >= 0"),
])  # fmt: skip
def test_random_errors(call, error, match):
    with pytest.raises(error, match=match):
        call()
