"""Explanations of networks: what each method promises, on models whose answer is known and on small networks."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
from minigrad import explain, nn


@pytest.fixture
def net():
    mg.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(), nn.Dropout(0.5), nn.Linear(4 * 3 * 4, 3)
    ).double()


@pytest.fixture
def x():
    return mg.tensor(np.random.default_rng(1).normal(size=(5, 2, 6, 8)))


def scores(net, x, target):
    net.eval()
    with mg.no_grad():
        return net(x).numpy()[np.arange(len(x)), target]


METHODS = {
    "saliency": explain.saliency,
    "smooth_grad": lambda *a: explain.smooth_grad(*a, samples=3),
    "integrated_gradients": lambda *a: explain.integrated_gradients(*a, steps=4),
    "occlusion": lambda *a: explain.occlusion(*a, patch=3, stride=2),
    "grad_cam": lambda net, x, target=None: explain.grad_cam(net, x, "2", target),
}


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_the_model_is_left_as_it_was(net, x, method):
    net[5].eval()
    state = {k: v.numpy().copy() for k, v in net.state_dict().items()}
    modes = [m.training for m in net.modules()]
    net[0].requires_grad_(False)
    first = method(net, x)
    with mg.no_grad():
        again = method(net, x)
    np.testing.assert_array_equal(first.numpy(), again.numpy())  # nothing random but by the seed, recording on or off
    assert not first.requires_grad and x.grad is None and not x.requires_grad
    assert [m.training for m in net.modules()] == modes and all(p.grad is None for p in net.parameters())
    assert all((v.numpy() == state[k]).all() for k, v in net.state_dict().items())
    assert all(m._hooks is None or not m._hooks.post for m in net.modules() if hasattr(m, "_hooks"))


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_targets(net, x, method):
    net.eval()
    best = net(x).argmax(1)
    chosen = method(net, x, best.tolist())
    np.testing.assert_array_equal(method(net, x).numpy(), chosen.numpy())  # None: the highest class
    np.testing.assert_array_equal(method(net, x, best).numpy(), chosen.numpy())
    rows = [method(net, x[i : i + 1], int(best[i])).numpy()[0] for i in range(len(x))]  # each example by itself
    if method is not METHODS["smooth_grad"]:  # whose noise goes by the place in the batch
        np.testing.assert_allclose(np.stack(rows), chosen.numpy(), atol=1e-12)
    margin = method(net, x, lambda y: y[:, 0] - y[:, 1]).numpy()
    if method is not METHODS["grad_cam"]:  # which is cut off at 0
        np.testing.assert_allclose(margin, method(net, x, 0).numpy() - method(net, x, 1).numpy(), atol=1e-12)
    for wrong in (3, -1, [0, 1], [0, 0, 0, 0, 9]):
        with pytest.raises(ValueError, match="a class from 0 to 2"):
            method(net, x, wrong)


def test_saliency_is_the_gradient(net, x):
    expected = np.empty(x.shape)
    net.eval()
    flat = x.numpy().reshape(len(x), -1)
    for i in range(flat.shape[1]):
        step = np.zeros_like(flat)
        step[:, i] = 1e-5
        up, down = (scores(net, mg.tensor((flat + s).reshape(x.shape)), 1) for s in (step, -step))
        expected.reshape(len(x), -1)[:, i] = (up - down) / 2e-5
    np.testing.assert_allclose(explain.saliency(net, x, 1).numpy(), expected, atol=1e-9)


def test_smooth_grad_is_the_mean_over_noise():
    def model(x):
        return (x**3).sum(1)  # E[3 (x + n)^2] = 3 x^2 + 3 s^2

    x = mg.tensor([[1.0, 3.0], [0.0, 10.0]], dtype=mg.float64)
    got = explain.smooth_grad(model, x, samples=4000, noise=0.2).numpy()
    s = 0.2 * np.array([[2.0], [10.0]])
    np.testing.assert_allclose(got, 3 * x.numpy() ** 2 + 3 * s**2, rtol=0.05, atol=0.6)
    np.testing.assert_array_equal(explain.smooth_grad(model, x, noise=0).numpy(), explain.smooth_grad(model, x, noise=0, seed=1).numpy())
    assert (explain.smooth_grad(model, x).numpy() != explain.smooth_grad(model, x, seed=1).numpy()).all()


@pytest.mark.parametrize("baseline", [0.0, "noise"])
def test_integrated_gradients_are_complete(net, x, baseline):
    if baseline == "noise":
        baseline = mg.tensor(np.random.default_rng(2).normal(size=(2, 6, 8)))
    target = [0, 1, 2, 1, 0]
    got = explain.integrated_gradients(net, x, target, baseline=baseline).numpy()
    rise = scores(net, x, target) - scores(net, mg.zeros_like(x) + baseline, target)
    np.testing.assert_allclose(got.sum((1, 2, 3)), rise, atol=1e-10)
    coarse = explain.integrated_gradients(net, x, target, baseline=baseline, steps=1).numpy()
    assert np.abs(coarse.sum((1, 2, 3)) - rise).max() > 1e-3  # so the test can fail


def test_integrated_gradients_of_a_kinked_network(x):
    mg.manual_seed(3)
    net = nn.Sequential(nn.Flatten(), nn.Linear(96, 20), nn.ReLU(), nn.Linear(20, 1)).double()
    got = explain.integrated_gradients(net, x, steps=200).numpy().sum((1, 2, 3))
    rise = (net(x) - net(mg.zeros_like(x))).detach().numpy()[:, 0]
    np.testing.assert_allclose(got, rise, atol=5e-3)


def test_grad_cam_by_hand(net, x):
    """A linear head: the gradient of a class's score in the pooled maps is its row of the weight."""
    cam = explain.grad_cam(net, x, "3", 2, upsample=False).numpy()
    maps = explain.activations(net, x, ["3"])["3"].numpy()
    weight = net[6].weight.detach().numpy()[2].reshape(4, 3, 4)
    np.testing.assert_allclose(cam, np.maximum((weight.mean((1, 2))[:, None, None] * maps).sum(1), 0), atol=1e-12)
    assert cam.max() > 0 and explain.grad_cam(net, x, net[3], 2).shape == (5, 6, 8)
    large = explain.grad_cam(net, x, "3", 2).numpy()
    np.testing.assert_allclose(large, nn.functional.interpolate(mg.tensor(cam[:, None]), size=(6, 8), mode="bilinear").numpy()[:, 0])


def test_grad_cam_and_activations_refuse(net, x):
    with pytest.raises(ValueError, match="expected maps"):
        explain.grad_cam(net, x, "6")
    with pytest.raises(ValueError, match="no part of the model"):
        explain.activations(net, x, [nn.ReLU()])
    with pytest.raises(AttributeError):
        explain.activations(net, x, ["nowhere"])


def test_activations_in_the_order_of_calls(net, x):
    found = explain.activations(net, x)
    assert {k: tuple(v.shape) for k, v in found.items()} == {"0": (5, 4, 6, 8), "1": (5, 4, 6, 8), "6": (5, 3)}
    net.eval()
    np.testing.assert_array_equal(found["6"].numpy(), net(x).detach().numpy())
    gru = nn.Sequential(nn.GRU(3, 4, batch_first=True))
    assert explain.activations(gru, mg.zeros(2, 5, 3))["0"].shape == (2, 5, 4)


def test_attention_weights_are_those_that_are_used():
    mg.manual_seed(0)
    model = nn.Transformer(8, 2, 1, 1, 16, batch_first=True)
    source, target = mg.randn(3, 5, 8), mg.randn(3, 4, 8)
    mask = nn.Transformer.generate_square_subsequent_mask(4)
    found = explain.attention_weights(model, source, target, tgt_mask=mask)
    assert {path: tuple(w.shape) for path, w in found.items()} == {
        "encoder.layers.0.self_attn": (3, 2, 5, 5),
        "decoder.layers.0.self_attn": (3, 2, 4, 4),
        "decoder.layers.0.multihead_attn": (3, 2, 4, 5),
    }
    model.eval()
    attention = model.encoder.layers[0].self_attn
    np.testing.assert_array_equal(
        found["encoder.layers.0.self_attn"].numpy(), attention(source, source, source, average_attn_weights=False)[1].detach().numpy()
    )
    assert (np.triu(found["decoder.layers.0.self_attn"].numpy(), 1) == 0).all()  # nobody looks ahead
    for weights in found.values():
        np.testing.assert_allclose(weights.numpy().sum(-1), 1, rtol=1e-5)
    assert attention(source, source, source, need_weights=False)[1] is None  # as before


def test_occlusion_of_a_linear_model():
    """What a pixel's patch adds to a sum is what hiding it takes away."""
    rng = np.random.default_rng(0)
    weight, x = rng.normal(size=(3, 7, 5)), rng.normal(size=(2, 3, 7, 5))

    def model(x):
        return (x * mg.tensor(weight)).sum((1, 2, 3))

    got = explain.occlusion(model, mg.tensor(x), patch=1, stride=1, batch_size=7).numpy()
    np.testing.assert_allclose(got, (x * weight).sum(1), atol=1e-12)
    got = explain.occlusion(model, mg.tensor(x), patch=3, stride=2, fill=0.5).numpy()
    corner = ((x - 0.5) * weight)[:, :, :3, :3].sum((1, 2, 3))
    np.testing.assert_allclose(got[:, 0, 0], corner, atol=1e-12)  # one patch covers the corner
    assert (got != 0).all()  # 5 and 7 end in a patch
    with pytest.raises(ValueError, match="patch 6"):
        explain.occlusion(model, mg.tensor(x), patch=6)


def test_maximize_finds_what_a_filter_looks_for():
    """The image that excites a matched filter most is its pattern."""
    rng = np.random.default_rng(0)
    patterns = rng.normal(size=(3, 1, 8, 8)).astype(np.float32)
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    with mg.no_grad():
        net[1].weight[:] = mg.tensor(patterns.reshape(3, 64))
    found = explain.maximize(net, (1, 8, 8), [2, 0], jitter=0, blur=0).numpy()
    cosine = [np.corrcoef(a.ravel(), patterns[unit].ravel())[0, 1] for a, unit in zip(found, (2, 0))]
    assert min(cosine) > 0.99
    assert np.abs(explain.maximize(net, (1, 8, 8), 1, limits=(0, 1)).numpy() - 0.5).max() <= 0.5
    repeated = [explain.maximize(net, (1, 8, 8), [1], seed=s, steps=8).numpy() for s in (0, 0, 1)]
    np.testing.assert_array_equal(*repeated[:2])
    assert (repeated[0] != repeated[2]).any() and net.training and net[1].weight.grad is None
    with pytest.raises(ValueError, match="units"):
        explain.maximize(net, (1, 8, 8), 3)
    with pytest.raises(ValueError, match="jitter"):
        explain.maximize(net, (64,), 0)


def test_maximize_of_a_layer_and_the_blur(net):
    image = explain.maximize(net.float(), (2, 6, 8), range(4), layer="2", steps=30)
    assert image.shape == (4, 2, 6, 8)
    means = explain.activations(net, image, ["2"])["2"].numpy().mean((2, 3))
    before = explain.activations(net, explain.maximize(net, (2, 6, 8), range(4), layer="2", steps=0), ["2"])["2"].numpy().mean((2, 3))
    assert (means.diagonal() > before.diagonal() + 0.3).all()
    from minigrad.explain.maximize import gaussian_blur

    spot = mg.zeros(1, 2, 15, 15)
    spot[0, 1, 7, 7] = 1.0
    soft = gaussian_blur(spot, 1.5).numpy()[0]
    assert soft[0].max() == 0 and soft[1].sum() == pytest.approx(1, abs=1e-5)
    y = np.arange(15) - 7
    assert (soft[1] * (y**2)[:, None]).sum() == pytest.approx(1.5**2, rel=0.1)
    np.testing.assert_allclose(gaussian_blur(mg.ones(1, 1, 4, 4), 2.0).numpy(), 1, rtol=1e-6)  # borders stay as bright


# ---- maps of features ----


@pytest.mark.parametrize("shape", [(30, 7), (7, 30), (12, 3, 4)])
def test_pca_is_the_svd(shape):
    data = np.random.default_rng(0).normal(size=shape) * np.arange(1, shape[-1] + 1)
    rows = data.reshape(len(data), -1)
    pca = explain.PCA(data, 4)
    values, vectors = np.linalg.eigh(np.cov(rows.T))
    np.testing.assert_allclose(pca.variance, values[::-1][:4])
    np.testing.assert_allclose(pca.share, values[::-1][:4] / values.sum())
    np.testing.assert_allclose(np.abs((pca.components * vectors.T[::-1][:4]).sum(1)), 1)
    np.testing.assert_allclose(pca.components @ pca.components.T, np.eye(4), atol=1e-12)
    assert (pca.components[np.arange(4), np.abs(pca.components).argmax(1)] > 0).all()
    coordinates = pca.transform(data)
    np.testing.assert_allclose(np.cov(coordinates.T), np.diag(pca.variance), atol=1e-8)
    whole = explain.PCA(data)
    np.testing.assert_allclose(whole.inverse(whole.transform(data)), rows, atol=1e-10)
    assert "4 of" in repr(pca) and explain.PCA(mg.tensor(data).float()).components.dtype == np.float32
    with pytest.raises(ValueError, match="components"):
        explain.PCA(data, 31)


def test_affinities_have_the_perplexity_asked_for():
    from minigrad.explain.tsne import affinities

    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(0, 1e-3, (40, 3)), rng.normal(50, 10, (40, 3)), np.full((5, 3), 7.0)])  # dense, sparse, all the same
    p = affinities(rows, 4.0)
    np.testing.assert_allclose(p, p.T)
    assert p.sum() == pytest.approx(1) and (p.diagonal() == 0).all() and (p >= 0).all()
    # Undo the symmetry for points that choose each other alone: of a whole block, entropy is near that asked for.
    q = p[:40, :40] / p[:40, :40].sum(1, keepdims=True)
    perplexity = np.exp(-(q * np.log(np.maximum(q, 1e-300))).sum(1))
    assert 4 <= perplexity.mean() < 8


def test_gradient_of_tsne():
    from minigrad.explain.tsne import affinities, gradient

    rng = np.random.default_rng(0)
    p, y = affinities(rng.normal(size=(150, 3)), 10.0), rng.normal(size=(150, 2))

    def divergence(y):
        kernel = 1 / (1 + mg.cdist(y, y) ** 2) * (1 - mg.eye(150, dtype=mg.float64))
        q = kernel / kernel.sum()
        there = mg.tensor(p) > 0
        return (mg.tensor(p)[there] * (mg.tensor(p)[there].log() - q[there].log())).sum()

    variable = mg.tensor(y, requires_grad=True)
    divergence(variable).backward()
    np.testing.assert_allclose(gradient(p, y, 1.0), variable.grad.numpy(), atol=1e-10)


def test_tsne_keeps_clusters_and_its_seed():
    rng = np.random.default_rng(0)
    label = np.repeat(np.arange(4), 30)
    data = rng.normal(0, 1, (120, 60)) + 12 * rng.normal(size=(4, 60))[label]
    maps = [explain.tsne(data, steps=300, seed=s) for s in (0, 0, 1)]
    np.testing.assert_array_equal(*maps[:2])
    assert (maps[0] != maps[2]).any() and maps[0].dtype == np.float32
    for y in maps[1:]:
        distances = ((y[:, None] - y) ** 2).sum(2) + 1e9 * np.eye(len(y))
        assert (label[distances.argmin(1)] == label).mean() > 0.98
    same = explain.tsne(np.ones((10, 3)), steps=20)
    assert np.isfinite(same).all()
    for wrong, text in ((np.zeros((3, 2)), "3 points"), (np.full((10, 2), np.nan), "NaN")):
        with pytest.raises(ValueError, match=text):
            explain.tsne(wrong)
