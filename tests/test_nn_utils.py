"""Computed, normalised, folded and pruned weights; against PyTorch where it is installed."""

from __future__ import annotations

import copy
import pickle
import warnings

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.nn.utils import parametrizations, parametrize, prune


def array(t):
    return np.asarray(t.detach())


def load_same(ours, theirs):
    """Give both modules the same random state."""
    import torch

    rng = np.random.default_rng(5)
    state = {k: rng.standard_normal(tuple(v.shape)) for k, v in theirs.state_dict().items()}
    theirs.load_state_dict({k: torch.tensor(v) for k, v in state.items()})
    ours.load_state_dict(state)


def same_step(ours, theirs, shape, training=True):
    """Outputs, gradients and the state after a call are the same."""
    import torch

    x, g = np.random.default_rng(0).standard_normal(shape), np.random.default_rng(1)
    a, b = mg.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    ours.train(training), theirs.train(training)
    y, z = ours(a), theirs(b)
    np.testing.assert_allclose(array(y), array(z), 1e-10, 1e-12)
    g = g.standard_normal(tuple(z.shape))
    y.backward(mg.tensor(g)), z.backward(torch.tensor(g))
    np.testing.assert_allclose(array(a.grad), array(b.grad), 1e-9, 1e-11)
    for (name, p), (other, q) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        assert name == other
        np.testing.assert_allclose(array(p.grad), array(q.grad), 1e-9, 1e-11, err_msg=name)
    for (name, p), (other, q) in zip(ours.state_dict().items(), theirs.state_dict().items(), strict=True):
        assert name == other
        np.testing.assert_allclose(array(p), array(q), 1e-10, 1e-12, err_msg=name)


# ---- parametrize ----


class Symmetric(nn.Module):
    def forward(self, x):
        return x.triu() + x.triu(1).T

    def right_inverse(self, a):
        return a.triu()


class RankOne(nn.Module):
    def forward(self, x, y):
        return x.unsqueeze(-1) @ y.unsqueeze(-2)

    def right_inverse(self, z):
        u, s, v = mg.linalg.svd(z, full_matrices=False)
        root = s[0].sqrt()
        return u[:, 0] * root, v[0] * root


class Double(nn.Module):
    def forward(self, x):
        return 2 * x

    def right_inverse(self, x):
        return x / 2


def test_a_parametrized_weight_is_computed_trained_and_assigned():
    layer = nn.Linear(3, 3)
    start = layer.weight.clone()
    parametrize.register_parametrization(layer, "weight", Symmetric())
    assert mg.equal(layer.weight, start.triu() + start.triu(1).T) and type(layer).__name__ == "ParametrizedLinear"
    assert isinstance(layer, nn.Linear) and parametrize.is_parametrized(layer, "weight") and not parametrize.is_parametrized(layer, "bias")
    assert [n for n, _ in layer.named_parameters()] == ["bias", "parametrizations.weight.original"]
    layer(mg.ones(1, 3)).sum().backward()
    assert layer.parametrizations.weight.original.grad is not None
    wanted = start + start.T
    layer.weight = wanted
    assert mg.allclose(layer.weight, wanted)
    parametrize.register_parametrization(layer, "weight", Double())
    assert mg.allclose(layer.weight, 2 * wanted) and len(layer.parametrizations.weight) == 2
    parametrize.remove_parametrizations(layer, "weight")
    assert type(layer) is nn.Linear and mg.allclose(layer.weight, 2 * wanted) and isinstance(layer.weight, nn.Parameter)


def test_several_tensors_make_one():
    layer = parametrize.register_parametrization(nn.Linear(4, 4), "weight", RankOne())
    assert mg.linalg.matrix_rank(layer.weight).item() == 1
    assert sorted(layer.state_dict()) == ["bias", "parametrizations.weight.original0", "parametrizations.weight.original1"]
    value = layer.weight.detach().clone()
    with pytest.raises(ValueError, match="Cannot leave unparametrized"):
        parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
    parametrize.remove_parametrizations(layer, "weight")
    assert mg.equal(layer.weight, value)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"])
def test_copies_of_parametrized_modules(duplicate):
    layer = parametrize.register_parametrization(nn.Linear(3, 3), "weight", Symmetric())
    other = duplicate(layer)
    assert mg.equal(other.weight, layer.weight) and other.parametrizations is not layer.parametrizations
    other.weight = mg.eye(3)
    assert not mg.equal(other.weight, layer.weight) and type(other) is not type(layer)


def test_cached_values_buffers_and_transfer():
    layer = parametrize.register_parametrization(nn.Linear(3, 3), "weight", Symmetric())
    assert layer.weight is not layer.weight
    with parametrize.cached():
        assert layer.weight is layer.weight
    assert parametrize.type_before_parametrizations(layer) is nn.Linear
    other = parametrize.transfer_parametrizations_and_params(layer, nn.Linear(3, 3))
    assert mg.equal(other.weight, layer.weight)
    norm = parametrize.register_parametrization(nn.BatchNorm1d(2), "running_var", Double())
    assert "parametrizations.running_var.original" in dict(norm.named_buffers())


@pytest.mark.parametrize("act, match", [
    (lambda m: parametrize.register_parametrization(m, "wieght", Double()), "does not have a parameter, a buffer, or a parametrized"),
    (lambda m: parametrize.register_parametrization(m, "weight", nn.Flatten(0)), r"may not change the shape .* it was \(3, 2\) and becomes \(6,\)"),
    (lambda m: parametrize.remove_parametrizations(m, "weight"), "does not have a parametrization on weight"),
    (lambda m: parametrizations.spectral_norm(m, "nothing"), "has no parameter or buffer with name 'nothing'"),
    (lambda m: parametrizations.spectral_norm(m, n_power_iterations=0), "Expected n_power_iterations to be positive"),
    (lambda m: parametrizations.orthogonal(m, "bias"), "Expected a matrix or batch of matrices"),
    (lambda m: parametrizations.orthogonal(m, orthogonal_map="qr"), "orthogonal_map has to be one of"),
])  # fmt: skip
def test_what_is_refused_changes_nothing(act, match):
    layer = nn.Linear(2, 3)
    with pytest.raises(ValueError, match=match):
        act(layer)
    assert type(layer) is nn.Linear and list(layer.state_dict()) == ["weight", "bias"]


# ---- normalised and orthogonal weights ----


@pytest.mark.parametrize("dim", [0, 1, None])
@pytest.mark.parametrize("older", [False, True])
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_weight_norm(dim, older):
    torch = pytest.importorskip("torch")
    where, theirs_in = (nn.utils, torch.nn.utils) if older else (parametrizations, torch.nn.utils.parametrizations)
    ours, theirs = (
        where.weight_norm(nn.Conv1d(2, 3, 2).double(), dim=dim),
        theirs_in.weight_norm(torch.nn.Conv1d(2, 3, 2).double(), dim=dim),
    )
    load_same(ours, theirs)
    same_step(ours, theirs, (2, 2, 5))
    if not older:
        old = torch.nn.utils.weight_norm(torch.nn.Conv1d(2, 3, 2).double(), dim=dim)
        ours.load_state_dict(old.state_dict())
        np.testing.assert_allclose(array(ours.weight), array(old.weight), 1e-12)
    else:
        before = ours.weight
        nn.utils.remove_weight_norm(ours)
        assert mg.allclose(ours.weight, before) and list(ours.state_dict()) == ["bias", "weight"]


@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_spectral_norm(older, training):
    torch = pytest.importorskip("torch")
    where, theirs_in = (nn.utils, torch.nn.utils) if older else (parametrizations, torch.nn.utils.parametrizations)
    for name, args, shape in ("Linear", (4, 3), (2, 4)), ("ConvTranspose1d", (2, 3, 2), (2, 2, 5)):
        ours = where.spectral_norm(getattr(nn, name)(*args).double(), n_power_iterations=2)
        theirs = theirs_in.spectral_norm(getattr(torch.nn, name)(*args).double(), n_power_iterations=2)
        load_same(ours, theirs)
        same_step(ours, theirs, shape, training)


def test_two_calls_before_backward_as_gans_have_them():
    layer = parametrizations.spectral_norm(nn.Linear(3, 2))
    (layer(mg.ones(1, 3)) - layer(mg.zeros(1, 3))).sum().backward()
    assert layer.parametrizations.weight.original.grad is not None


@pytest.mark.parametrize("kind", ["matrix_exp", "cayley", "householder"])
@pytest.mark.parametrize("shape", [(4, 4), (5, 3), (3, 5)])
@pytest.mark.parametrize("trivialize", [True, False])
def test_orthogonal_weights_stay_orthogonal(kind, shape, trivialize):
    mg.manual_seed(0)
    layer = parametrizations.orthogonal(nn.Linear(shape[1], shape[0]).double(), orthogonal_map=kind, use_trivialization=trivialize)
    optimizer = mg.optim.SGD(layer.parameters(), lr=0.5)

    def defect():
        w = layer.weight.detach()
        w = w if shape[0] >= shape[1] else w.T
        return (w.T @ w - mg.eye(w.shape[1], dtype=mg.float64)).abs().max().item()

    assert defect() < 1e-12
    before = layer.weight.detach().clone()
    for _ in range(3):
        optimizer.zero_grad()
        layer(mg.randn(8, shape[1], dtype=mg.float64)).square().mul(mg.arange(shape[0])).sum().backward()
        optimizer.step()
        assert defect() < 1e-12
    assert not mg.allclose(layer.weight, before)
    if trivialize or kind == "householder":
        wanted = mg.linalg.qr(mg.randn(max(shape), min(shape), dtype=mg.float64))[0]
        wanted = wanted if shape[0] >= shape[1] else wanted.T
        layer.weight = wanted
        np.testing.assert_allclose(array(layer.weight), array(wanted), atol=1e-12)


# ---- folding and new modules without values ----


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("bias", [True, False])
def test_batch_norm_is_folded(affine, bias):
    layers = [
        (nn.Conv2d(4, 6, 3, groups=2, bias=bias), nn.BatchNorm2d(6, affine=affine), False, (2, 4, 5, 5)),
        (nn.ConvTranspose2d(3, 4, 2, bias=bias), nn.BatchNorm2d(4, affine=affine), True, (2, 3, 5, 5)),
    ]
    for conv, bn, transpose, shape in layers:
        conv, bn = conv.double(), bn.double()
        bn(mg.randn(8, bn.num_features, 3, 3, dtype=mg.float64))
        with pytest.raises(ValueError, match="fusion only for eval"):
            nn.utils.fuse_conv_bn_eval(conv, bn)
        x = mg.randn(shape, dtype=mg.float64)
        conv.eval(), bn.eval()
        assert mg.allclose(nn.utils.fuse_conv_bn_eval(conv, bn, transpose)(x), bn(conv(x)))
    linear, bn = nn.Linear(3, 4, bias=bias).double().eval(), nn.BatchNorm1d(4, affine=affine).double().eval()
    bn.running_mean.copy_(mg.randn(4)), bn.running_var.copy_(mg.rand(4) + 0.5)
    x = mg.randn(5, 3, dtype=mg.float64)
    assert mg.allclose(nn.utils.fuse_linear_bn_eval(linear, bn)(x), bn(linear(x)))


def test_skip_init_uses_no_random_numbers():
    mg.manual_seed(1)
    expected = mg.rand(3)
    mg.manual_seed(1)
    nn.utils.skip_init(nn.Linear, 50, 50)
    assert mg.equal(mg.rand(3), expected)


# ---- pruning ----


def pruned_alike(*steps):
    """Apply the same pruning to both libraries' layers, then compare masks, a call and its gradients."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("torch.nn.utils.prune")
    ours, theirs = nn.Conv1d(4, 5, 3).double(), torch.nn.Conv1d(4, 5, 3).double()
    load_same(ours, theirs)
    for name, *args in steps:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            getattr(torch.nn.utils.prune, name)(theirs, "weight", *args)
        getattr(prune, name)(ours, "weight", *args)
        np.testing.assert_array_equal(array(ours.weight_mask), array(theirs.weight_mask))
    same_step(ours, theirs, (2, 4, 7))
    return ours


def test_pruning_by_magnitude():
    pruned_alike(("l1_unstructured", 0.3))
    pruned_alike(("l1_unstructured", 7), ("l1_unstructured", 0.5))
    pruned_alike(("ln_structured", 2, 2, 0))
    pruned_alike(("ln_structured", 0.5, 1, 1), ("l1_unstructured", 5))
    pruned_alike(("l1_unstructured", 0.4), ("ln_structured", 1, float("inf"), -1), ("ln_structured", 1, 2, 0))
    layer = pruned_alike(("identity",))
    assert prune.is_pruned(layer)
    weight = array(layer.weight)
    prune.remove(layer, "weight")
    assert not prune.is_pruned(layer) and list(layer.state_dict()) == ["bias", "weight"]
    np.testing.assert_array_equal(array(layer.weight), weight)


def test_pruning_at_random_and_globally():
    mg.manual_seed(0)
    layer = prune.random_unstructured(nn.Linear(6, 5), "weight", 12)
    assert layer.weight_mask.sum().item() == 18
    prune.random_unstructured(layer, "weight", 0.5)
    assert layer.weight_mask.sum().item() == 9
    rows = prune.random_structured(nn.Linear(6, 5), "weight", 0.4, dim=0).weight_mask.sum(1)
    assert sorted(rows.tolist()) == [0, 0, 6, 6, 6]
    net = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 1))
    prune.global_unstructured([(net[0], "weight"), (net[2], "weight")], prune.L1Unstructured, amount=20)
    masks = mg.cat([net[0].weight_mask.flatten(), net[2].weight_mask.flatten()])
    sizes = mg.cat([net[0].weight_orig.flatten(), net[2].weight_orig.flatten()]).abs()
    assert masks.sum().item() == 15 and sizes[masks == 0].max().item() < sizes[masks == 1].min().item()


@pytest.mark.parametrize("act, error, match", [
    (lambda m: prune.l1_unstructured(m, "weight", 7), ValueError, "amount=7 should be smaller than the number of parameters to prune=6"),
    (lambda m: prune.l1_unstructured(m, "weight", 1.5), ValueError, "float in the range"),
    (lambda m: prune.l1_unstructured(m, "weight", "x"), TypeError, "Must be int or float"),
    (lambda m: prune.ln_structured(m, "bias", 1, 2, 0), ValueError, "multidimensional"),
    (lambda m: prune.ln_structured(m, "weight", 1, 2, 5), IndexError, "Invalid index 5"),
    (lambda m: prune.l1_unstructured(m, "weight", 1, mg.ones(2)), mg.ShapeError, "importance_scores should have the same shape"),
    (lambda m: prune.remove(m, "weight"), ValueError, "has to be pruned before"),
    (lambda m: prune.global_unstructured([(m, "weight")], prune.LnStructured, amount=1, n=1), TypeError, "Only .unstructured."),
])  # fmt: skip
def test_refused_pruning_changes_nothing(act, error, match):
    layer = nn.Linear(2, 3)
    with pytest.raises(error, match=match):
        act(layer)
    assert list(layer.state_dict()) == ["weight", "bias"] and not prune.is_pruned(layer)
