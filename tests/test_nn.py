"""Modules: registration, state, calls, settings and initial values; against PyTorch where it is installed."""

from __future__ import annotations

import copy
import gc
import math
import pickle
import weakref
from collections import OrderedDict

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.nn import functional as F


class Block(nn.Module):
    def __init__(self, width: int = 3) -> None:
        super().__init__()
        self.fc = nn.Linear(width, width)
        self.scale = nn.Parameter(mg.ones(width))
        self.register_buffer("seen", mg.zeros(1))
        self.register_buffer("cache", mg.zeros(2), persistent=False)
        self.register_parameter("absent", None)

    def forward(self, x):
        return self.fc(x) * self.scale


# ---- registration and attributes ----


def test_registration_order_and_names():
    net = Block()
    assert [name for name, _ in net.named_parameters()] == ["scale", "fc.weight", "fc.bias"]
    assert [name for name, _ in net.named_buffers()] == ["seen", "cache"]
    assert list(net.state_dict()) == ["scale", "seen", "fc.weight", "fc.bias"]
    assert [name for name, _ in net.named_modules()] == ["", "fc"]
    assert net.absent is None and "absent" in net._parameters


def test_views_of_members_write_through():
    net = Block()
    new = nn.Linear(3, 3)
    net._modules["fc"] = new
    assert net.fc is new
    del net._parameters["scale"]
    assert not hasattr(net, "scale") and "scale" not in net.state_dict()
    net._buffers["extra"] = mg.ones(1)
    assert net.extra is net._buffers["extra"] and "extra" in net.state_dict()
    assert dict(net._buffers).keys() == {"seen", "cache", "extra"}


def test_attribute_errors_are_pytorchs():
    net = Block()
    with pytest.raises(AttributeError, match=r"^'Block' object has no attribute 'missing'"):
        net.missing  # noqa: B018
    with pytest.raises(TypeError, match=r"cannot assign 'int' as parameter 'scale' \(minigrad.nn.Parameter or None expected\)"):
        net.scale = 3
    with pytest.raises(TypeError, match=r"cannot assign 'str' as child module 'fc'"):
        net.fc = "x"
    with pytest.raises(TypeError, match=r"cannot assign 'float' as buffer 'seen'"):
        net.seen = 1.0
    with pytest.raises(KeyError, match=r"attribute 'fc' already exists"):
        net.register_buffer("fc", mg.zeros(1))
    with pytest.raises(KeyError, match="contain"):
        net.register_buffer("a.b", mg.zeros(1))
    with pytest.raises(KeyError, match="be empty string"):
        net.add_module("", nn.ReLU())
    with pytest.raises(TypeError, match="is not a Module subclass"):
        net.add_module("x", 3)
    with pytest.raises(ValueError, match="non-leaf"):
        net.register_parameter("y", None if not net.scale.requires_grad else _non_leaf())
    with pytest.raises(NotImplementedError, match="forward"):
        nn.Module()(1)


def _non_leaf():
    p = nn.Parameter(mg.ones(2))
    q = p * 2
    assert not isinstance(q, nn.Parameter)

    class Fake(nn.Parameter):
        grad_fn = q.grad_fn

    return Fake(mg.ones(2))


def test_assignment_before_init_is_refused():
    class Early(nn.Module):
        def __init__(self, value):
            self.x = value

    with pytest.raises(AttributeError, match=r"cannot assign module before Module.__init__\(\) call"):
        Early(nn.ReLU())
    with pytest.raises(AttributeError, match=r"cannot assign parameter before Module.__init__\(\) call"):
        Early(nn.Parameter(mg.ones(1)))


def test_reassigning_changes_the_kind():
    net = Block()
    net.scale = None
    assert "scale" not in dict(net.named_parameters())
    net.scale = nn.Parameter(mg.zeros(3))
    assert "scale" in dict(net.named_parameters())
    net.fc = nn.Parameter(mg.zeros(1))
    assert list(net.named_modules()) == [("", net)] and "fc" in dict(net.named_parameters())
    net.plain = 3
    net.plain = nn.ReLU()
    assert list(net._modules) == ["plain"]
    del net.plain
    assert not hasattr(net, "plain") and not net._modules


def test_shared_parameters_and_modules_are_listed_once():
    fc = nn.Linear(2, 2)
    net = nn.Sequential(fc, fc)
    assert len(list(net.parameters())) == 2 and len(list(net.modules())) == 2
    assert list(net.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    tied = nn.Module()
    tied.a, tied.b = nn.Linear(2, 2), nn.Linear(2, 2)
    tied.b.weight = tied.a.weight
    assert [n for n, _ in tied.named_parameters()] == ["a.weight", "a.bias", "b.bias"]
    assert len(list(tied.named_parameters(remove_duplicate=False))) == 4


def test_get_by_path():
    net = nn.Sequential(Block(), nn.ReLU())
    assert net.get_submodule("0.fc") is net[0].fc and net.get_submodule("") is net
    assert net.get_parameter("0.fc.weight") is net[0].fc.weight
    assert net.get_buffer("0.seen") is net[0].seen
    with pytest.raises(AttributeError, match="Block has no attribute `nope`"):
        net.get_submodule("0.nope")
    with pytest.raises(AttributeError, match="not an nn.Parameter"):
        net.get_parameter("0.seen")


def test_modules_are_freed_without_the_garbage_collector():
    gc.disable()
    try:
        net = nn.Sequential(Block(), nn.Linear(3, 3))
        net(mg.ones(1, 3))
        alive = weakref.ref(net[0])
        del net
        assert alive() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"])
def test_copies_are_whole_and_independent(duplicate):
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    net[1].weight = nn.Parameter(net[0].bias.detach().clone())
    net[0].bias = net[1].weight  # tied
    other = duplicate(net)
    assert other[0].bias is other[1].weight and isinstance(other[0].weight, nn.Parameter)
    assert repr(other) == repr(net)
    for (k, a), (_, b) in zip(net.state_dict().items(), other.state_dict().items(), strict=True):
        assert np.array_equal(a.numpy(), b.numpy()), k
    with mg.no_grad():
        other[0].weight.fill_(7)
    assert not (net[0].weight == 7).any()


# ---- modes, conversions, gradients ----


def test_train_eval_apply_and_zero_grad():
    net = nn.Sequential(Block(), nn.Dropout(0.5))
    assert net.eval() is net and not net[0].fc.training
    assert net.train().training and net[1].training
    seen = []
    net.apply(lambda m: seen.append(type(m).__name__))
    assert seen == ["Linear", "Block", "Dropout", "Sequential"]
    with pytest.raises(ValueError, match="boolean"):
        net.train(1)
    net(mg.ones(2, 3)).sum().backward()
    assert all(p.grad is not None for p in net.parameters())
    net.zero_grad(set_to_none=False)
    assert all((p.grad == 0).all() for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())
    assert not any(p.requires_grad for p in net.requires_grad_(False).parameters())


def test_to_keeps_parameters_and_converts_floats_only():
    net = nn.BatchNorm1d(3)
    weight = net.weight
    assert net.to("cpu") is net and net.cpu() is net
    net.double()
    assert net.weight is weight and weight.dtype == mg.float64 and net.running_var.dtype == mg.float64
    assert net.num_batches_tracked.dtype == mg.int64
    assert net.to(mg.zeros(1)).weight.dtype == mg.float32
    with pytest.raises(TypeError, match="floating point"):
        net.to(mg.int64)
    with pytest.raises(RuntimeError, match="CPU only"):
        net.to("cuda:0")
    with pytest.raises(RuntimeError, match="CPU only"):
        net.cuda()
    with pytest.raises(TypeError, match="unexpected argument 'color'"):
        net.to(color=1)


# ---- calls ----


def test_arguments_reach_forward():
    class Two(nn.Module):
        def forward(self, a=1, b=2, *, c=3):
            return a, b, c

    net = Two()
    assert (
        net() == (1, 2, 3) and net(5) == (5, 2, 3) and net(5, 6, c=7) == (5, 6, 7) and net(b=0) == (1, 0, 3) and net(None) == (None, 2, 3)
    )


def test_forward_hooks():
    net, calls = nn.Linear(2, 2), []
    h1 = net.register_forward_pre_hook(lambda m, args: (args[0] * 0,))
    h2 = net.register_forward_hook(lambda m, args, out: calls.append(tuple(out.shape)))
    h3 = net.register_forward_hook(lambda m, args, kwargs, out: out + 1, with_kwargs=True, prepend=True)
    out = net(mg.ones(1, 2))
    assert np.allclose(out.detach().numpy(), net.bias.detach().numpy() + 1) and calls == [(1, 2)]
    for h in (h1, h2, h3):
        h.remove()
    assert not np.allclose(net(mg.ones(1, 2)).detach().numpy(), out.detach().numpy()) and calls == [(1, 2)]


def test_always_called_hook_sees_a_failed_forward():
    net, calls = nn.Linear(2, 2), []
    net.register_forward_hook(lambda *a: calls.append(a[2]), always_call=True)
    with pytest.raises(Exception):  # noqa: B017
        net("no tensor")
    assert calls == [None]


def test_shape_errors_name_the_path():
    inner = nn.Sequential(nn.ReLU(), nn.Linear(3, 4))
    net = nn.Sequential(OrderedDict(features=inner, head=nn.Linear(4, 2)))
    with pytest.raises(mg.errors.ShapeError, match=r"^features\.1 \(Linear\): linear: ") as caught:
        net(mg.ones(2, 5))
    assert "(2, 5)" in str(caught.value)
    with pytest.raises(mg.errors.ShapeError, match=r"^linear: "):
        inner[1](mg.ones(2, 5))


def test_index_errors_name_the_path():
    net = nn.ModuleDict({"words": nn.Sequential(nn.Embedding(4, 2))})
    net.forward = lambda x: net["words"](x)
    with pytest.raises(IndexError, match=r"^words\.0 \(Embedding\): \w+: "):
        net(mg.tensor([1, 9]))


def test_errors_of_others_pass_unchanged():
    class Odd(nn.Module):
        def forward(self, x):
            raise KeyError("mine")

    with pytest.raises(KeyError) as caught:
        nn.Sequential(Odd())(1)
    assert caught.value.args == ("mine",)


def test_parameter():
    p = nn.Parameter(mg.ones(2))
    assert p.requires_grad and p.is_leaf and isinstance(p, mg.Tensor) and repr(p).startswith("Parameter containing:\ntensor(")
    assert type(p + 1) is mg.Tensor and nn.Parameter(mg.ones(2), requires_grad=False).requires_grad is False
    assert nn.Parameter().shape == (0,)
    with pytest.raises(TypeError, match="Parameter: data must be a Tensor, got list"):
        nn.Parameter([1.0])


# ---- state_dict ----


def test_load_state_dict_reports_everything_and_changes_nothing():
    net = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    before = {k: v.numpy().copy() for k, v in net.state_dict().items()}
    bad = {"0.weight": mg.ones(3, 4), "0.bias": mg.ones(4), "1.weight": "text", "extra": mg.ones(1)}
    with pytest.raises(RuntimeError) as caught:
        net.load_state_dict(bad)
    text = str(caught.value)
    assert text.startswith("Error(s) in loading state_dict for Sequential:")
    for part in (
        'Missing key(s) in state_dict: "1.bias"',
        'Unexpected key(s) in state_dict: "extra"',
        "size mismatch for 0.weight",
        "1.weight: expected a tensor",
    ):
        assert part in text
    assert all(np.array_equal(before[k], v.numpy()) for k, v in net.state_dict().items())
    with pytest.raises(TypeError, match="dict-like"):
        net.load_state_dict([1])


def test_load_state_dict_not_strict_and_assign():
    net = nn.Linear(3, 2)
    result = net.load_state_dict({"weight": np.full((2, 3), 2.0), "other": 1.0}, strict=False)
    assert result.missing_keys == ["bias"] and result.unexpected_keys == ["other"]
    assert net.weight.dtype == mg.float32 and (net.weight == 2).all()
    given = {"weight": mg.ones(2, 3, dtype=mg.float64), "bias": mg.ones(2, dtype=mg.float64)}
    net.load_state_dict(given, assign=True)
    assert net.weight.dtype == mg.float64 and isinstance(net.weight, nn.Parameter)
    assert repr(net.load_state_dict(net.state_dict())) == "<All keys matched successfully>"


def test_state_dict_shares_memory_and_old_batchnorm_loads():
    net = nn.BatchNorm1d(2)
    state = net.state_dict()
    assert not state["weight"].requires_grad
    state["weight"].fill_(5)
    assert (net.weight == 5).all()
    assert state._metadata[""]["version"] == 2
    del state["num_batches_tracked"]
    net.load_state_dict(dict(state))
    with pytest.raises(RuntimeError, match="num_batches_tracked"):
        net.load_state_dict(state)  # it says that it is of version 2


# ---- containers ----


def test_sequential_is_a_list():
    a, b, c = nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2)
    net = nn.Sequential(a, b)
    assert net[0] is a and net[-1] is b and len(net) == 2 and isinstance(net[:1], nn.Sequential)
    net.append(c)
    net.insert(0, b)
    assert list(net) == [b, a, b, c] and list(net._modules) == ["0", "1", "2", "3"]
    del net[0]
    assert net.pop(-1) is c and list(net._modules) == ["0", "1"]
    net[1] = c
    assert net[1] is c and len(net + nn.Sequential(b)) == 3
    with pytest.raises(IndexError, match="out of range"):
        net[2]
    named = nn.Sequential(OrderedDict(x=a, y=b))
    del named[0]
    assert list(named._modules) == ["y"]


def test_modulelist_moduledict_parameterlist():
    rows = nn.ModuleList(nn.Linear(2, 2) for _ in range(3))
    rows.insert(1, nn.ReLU())
    rows.extend([nn.ReLU()])
    assert len(rows) == 5 and isinstance(rows[1:3], nn.ModuleList) and list(rows[1:3]._modules) == ["0", "1"]
    del rows[1:3]
    assert len(rows) == 3 and len(rows + [nn.ReLU()]) == 4
    table = nn.ModuleDict({"a": nn.ReLU()})
    table["b"] = nn.Linear(1, 1)
    assert list(table) == ["a", "b"] and "a" in table and table.pop("a") is not None and len(table) == 1
    assert isinstance(dict(table.items())["b"], nn.Linear)
    plist = nn.ParameterList([mg.ones(2), nn.Parameter(mg.zeros(3))])
    plist.append(mg.ones(1))
    assert len(plist) == 3 and [n for n, _ in plist.named_parameters()] == ["0", "1", "2"] and plist[-1].shape == (1,)


# ---- layers: values by hand ----


def test_initial_values():
    mg.manual_seed(0)
    fc = nn.Linear(100, 200)
    bound = 1 / math.sqrt(100)
    w = fc.weight.detach().numpy()
    assert (
        abs(w).max() <= bound
        and abs(w).max() > 0.98 * bound
        and abs(w.mean()) < 0.01 * bound * 3
        and abs(w.std() - bound / math.sqrt(3)) < 0.01 * bound
    )
    assert abs(fc.bias.detach().numpy()).max() <= bound
    conv = nn.Conv2d(8, 16, (3, 5), groups=2)
    bound = 1 / math.sqrt(4 * 15)
    assert conv.weight.shape == (16, 4, 3, 5) and 0.9 * bound < abs(conv.weight.detach().numpy()).max() <= bound
    table = nn.Embedding(400, 50, padding_idx=-1)
    assert table.padding_idx == 399 and (table.weight[399] == 0).all() and abs(table.weight.detach().numpy()[:399].std() - 1) < 0.02
    mg.manual_seed(7)
    first = nn.Linear(3, 3).weight.detach().numpy().copy()
    mg.manual_seed(7)
    assert np.array_equal(first, nn.Linear(3, 3).weight.detach().numpy())


def test_init_functions():
    mg.manual_seed(0)
    big = mg.empty(64, 96)
    assert abs(nn.init.xavier_normal_(big).numpy().std() - math.sqrt(2 / 160)) < 0.003
    assert abs(nn.init.kaiming_normal_(big, nonlinearity="relu", mode="fan_out").numpy().std() - math.sqrt(2 / 64)) < 0.005
    assert abs(nn.init.xavier_uniform_(big, gain=2.0).numpy()).max() <= 2 * math.sqrt(6 / 160)
    cut = nn.init.trunc_normal_(mg.empty(20000), mean=1.0, std=2.0, a=0.0, b=2.0).numpy()
    assert cut.min() >= 0 and cut.max() <= 2 and abs(cut.mean() - 1) < 0.02
    q = nn.init.orthogonal_(mg.empty(5, 3, 2), gain=2.0).numpy().reshape(5, 6)
    assert np.allclose(q @ q.T, 4 * np.eye(5), atol=1e-5)
    assert np.array_equal(nn.init.eye_(mg.empty(2, 3)).numpy(), np.eye(2, 3))
    x = mg.rand(1, 4, 5, 6)
    w = nn.init.dirac_(mg.empty(4, 4, 3, 3))
    assert np.allclose(F.conv2d(x, w, padding=1).numpy(), x.numpy())
    assert (nn.init.sparse_(mg.empty(10, 4), 0.5).numpy() == 0).sum(0).tolist() == [5] * 4
    assert nn.init.calculate_gain("leaky_relu", 1) == 1 and nn.init.calculate_gain("conv_transpose2d") == 1
    with pytest.raises(ValueError, match="Unsupported nonlinearity"):
        nn.init.calculate_gain("nope")
    with pytest.raises(ValueError, match="fewer than 2 dimensions"):
        nn.init.xavier_normal_(mg.empty(3))
    with pytest.warns(FutureWarning, match="deprecated"):
        nn.init.constant(big, 1)
    p = nn.Parameter(mg.empty(2, 2))
    assert nn.init.ones_(p) is p and p.grad_fn is None


def test_batchnorm_statistics():
    net = nn.BatchNorm1d(2)
    x = mg.tensor([[1.0, 2.0], [3.0, 8.0]])
    y = net(x)
    assert np.allclose(y.detach().numpy(), [[-1, -1], [1, 1]], atol=1e-4)
    assert np.allclose(net.running_mean.numpy(), [0.2, 0.5]) and np.allclose(net.running_var.numpy(), [0.9 + 0.2, 0.9 + 1.8])
    assert net.num_batches_tracked.item() == 1
    average = nn.BatchNorm1d(2, momentum=None)
    average(x), average(x + 2)
    assert np.allclose(average.running_mean.numpy(), [3, 6])
    free = nn.BatchNorm1d(2, affine=False, track_running_stats=False).eval()
    assert list(free.state_dict()) == [] and np.allclose(free(x).numpy(), [[-1, -1], [1, 1]], atol=1e-4)
    with pytest.raises(ValueError, match=r"BatchNorm2d: expected 4D input \(got 2D"):
        nn.BatchNorm2d(2)(x)


def test_dropout_and_embedding():
    x = mg.ones(1000)
    drop = nn.Dropout(0.25)
    y = drop(x).numpy()
    assert set(np.unique(y.round(4))) == {0.0, np.float32(1.3333)} and 180 < (y == 0).sum() < 320
    assert np.array_equal(drop.eval()(x).numpy(), x.numpy())
    with pytest.raises(ValueError, match="between 0 and 1, but got 1.5"):
        nn.Dropout(1.5)
    table = nn.Embedding(5, 3, padding_idx=0)
    table(mg.tensor([[0, 2], [2, 4]])).sum().backward()
    assert table.weight.grad.numpy().sum(1).tolist() == [0, 0, 6, 0, 3]
    capped = nn.Embedding(4, 3, max_norm=1.0, _weight=mg.full((4, 3), 2.0))
    assert np.allclose(np.linalg.norm(capped(mg.tensor([1, 1])).detach().numpy(), axis=1), 1, atol=1e-5) and (capped.weight[0] == 2).all()
    with pytest.raises(ValueError, match="padding_idx must be within"):
        nn.Embedding(3, 2, padding_idx=3)


def test_bad_settings_are_named():
    for make, text in [
        (lambda: nn.Linear(-1, 2), "Linear: in_features must be at least 0, got -1"),
        (lambda: nn.Linear(2.5, 2), "Linear: in_features must be an int, got 2.5"),
        (lambda: nn.Conv2d(3, 4, 0), "Conv2d: kernel_size must be at least 1, got 0"),
        (lambda: nn.Conv2d(3, 4, (1, 2, 3)), "Conv2d: kernel_size must be an int or 2 of them"),
        (lambda: nn.Conv2d(3, 4, 3, groups=2), "Conv2d: in_channels must be divisible by groups"),
        (lambda: nn.Conv2d(3, 4, 3, padding="full"), "Conv2d: padding must be"),
        (lambda: nn.Conv2d(3, 4, 3, padding="same", stride=2), "needs stride 1"),
        (lambda: nn.Conv2d(3, 4, 3, padding_mode="odd"), "Conv2d: padding_mode must be"),
        (lambda: nn.MSELoss(reduction="all"), "MSELoss: reduction must be one of 'none', 'mean', 'sum', got 'all'"),
    ]:
        with pytest.raises((ValueError, TypeError)) as caught:
            make()
        assert text in str(caught.value)


# ---- utils ----


def test_clip_grad():
    ps = [nn.Parameter(mg.zeros(3)), nn.Parameter(mg.zeros(2, 2)), nn.Parameter(mg.zeros(1))]
    ps[0].grad, ps[1].grad = mg.tensor([1.0, 2.0, 2.0]), mg.full((2, 2), 2.0)
    assert nn.utils.clip_grad_norm_(ps, 10.0).item() == 5.0 and ps[0].grad.tolist() == [1.0, 2.0, 2.0]
    assert nn.utils.clip_grad_norm_(iter(ps), 2.5).item() == 5.0
    assert np.allclose(ps[1].grad.numpy(), 1.0, atol=1e-5)
    assert nn.utils.clip_grad_norm_(ps, 100, norm_type="inf").item() == pytest.approx(1.0, abs=1e-5)
    assert nn.utils.clip_grad_norm_(ps, 100, norm_type=1).item() == pytest.approx(6.5, abs=1e-4)
    ps[1].grad = mg.arange(4.0).reshape(2, 2).t() * 1.0
    ps[1].grad = ps[1].grad.t()
    assert nn.utils.clip_grad_norm_(ps[1], 1.0).item() == pytest.approx(math.sqrt(14))
    assert ps[1].grad.norm().item() == pytest.approx(1, abs=1e-5) if hasattr(ps[1].grad, "norm") else True
    nn.utils.clip_grad_value_(ps, 0.25)
    assert max(abs(p.grad.numpy()).max() for p in ps[:2]) == 0.25
    ps[0].grad = mg.tensor([1.0, math.nan, 1.0])
    with pytest.raises(RuntimeError, match="non-finite"):
        nn.utils.clip_grad_norm_(ps, 1.0, error_if_nonfinite=True)
    assert math.isnan(nn.utils.clip_grad_norm_(ps, 1.0).item()) and np.isnan(ps[0].grad.numpy()).all()
    assert math.isnan(nn.utils.clip_grad_norm_(ps, 1.0, norm_type=math.inf).item())
    assert nn.utils.clip_grad_norm_([], 1.0).item() == 0
    with pytest.raises(ValueError, match="norm_type must be positive"):
        nn.utils.clip_grad_norm_(ps, 1.0, norm_type=-1)


def test_parameters_as_a_vector():
    net = nn.Linear(3, 2)
    vector = nn.utils.parameters_to_vector(net.parameters())
    nn.utils.vector_to_parameters(vector.detach() * 2, net.parameters())
    assert np.allclose(nn.utils.parameters_to_vector(net.parameters()).detach().numpy(), 2 * vector.detach().numpy())
    with pytest.raises(ValueError, match=r"must have shape \(8,\), got \(7,\)"):
        nn.utils.vector_to_parameters(mg.zeros(7), net.parameters())


# ---- against PyTorch ----

LAYERS = [
    ("Linear", (5, 3), {}, (4, 5)),
    ("Linear", (5, 3), {"bias": False}, (2, 4, 5)),
    ("Conv2d", (4, 6, (3, 2)), {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": 2}, (2, 4, 8, 7)),
    ("Conv2d", (3, 4, 3), {"padding": "same", "bias": False}, (2, 3, 6, 7)),
    ("Conv2d", (3, 4, (4, 2)), {"padding": "same", "dilation": (1, 3)}, (2, 3, 6, 7)),
    ("Conv2d", (3, 4, 3), {"padding": "valid"}, (3, 6, 7)),
    ("Conv2d", (2, 2, 3), {"padding": (1, 2), "padding_mode": "reflect"}, (2, 2, 6, 7)),
    ("Conv2d", (2, 2, 3), {"padding": (1, 2), "padding_mode": "circular"}, (2, 2, 6, 7)),
    ("Conv2d", (2, 2, 3), {"padding": (1, 2), "padding_mode": "replicate"}, (2, 2, 6, 7)),
    ("Conv1d", (4, 6, 3), {"stride": 2, "padding": 2, "dilation": 2, "groups": 2}, (2, 4, 11)),
    ("Conv1d", (2, 3, 4), {"padding": "same", "padding_mode": "circular"}, (2, 2, 9)),
    ("GroupNorm", (2, 6), {}, (3, 6, 4, 5)),
    ("GroupNorm", (3, 6), {"affine": False}, (3, 6)),
    ("ReLU6", (), {}, (3, 4)),
    ("Hardtanh", (-0.5, 0.7), {"inplace": True}, (3, 4)),
    ("LogSigmoid", (), {}, (3, 4)),
    ("MaxPool2d", ((3, 2),), {"stride": 2, "padding": 1, "ceil_mode": True}, (2, 3, 8, 7)),
    ("MaxPool2d", (2,), {"dilation": 2}, (2, 3, 8, 7)),
    ("AvgPool2d", ((3, 2),), {"stride": 2, "padding": 1, "count_include_pad": False}, (2, 3, 8, 7)),
    ("AvgPool2d", (2,), {"ceil_mode": True, "divisor_override": 3}, (2, 3, 7, 5)),
    ("AdaptiveAvgPool2d", ((2, None),), {}, (2, 3, 7, 5)),
    ("BatchNorm1d", (4,), {}, (5, 4)),
    ("BatchNorm1d", (4,), {"momentum": None}, (5, 4, 3)),
    ("BatchNorm2d", (3,), {"eps": 1e-3, "momentum": 0.3}, (4, 3, 5, 2)),
    ("BatchNorm2d", (3,), {"affine": False}, (4, 3, 5, 2)),
    ("BatchNorm2d", (3,), {"bias": False}, (4, 3, 5, 2)),
    ("LayerNorm", (6,), {}, (2, 3, 6)),
    ("LayerNorm", ((3, 6),), {"bias": False}, (2, 3, 6)),
    ("LayerNorm", ([6],), {"elementwise_affine": False, "eps": 0.1}, (2, 3, 6)),
    ("ReLU", (), {"inplace": True}, (3, 4)),
    ("LeakyReLU", (0.2,), {}, (3, 4)),
    ("ELU", (), {"alpha": 0.7}, (3, 4)),
    ("GELU", (), {}, (3, 4)),
    ("GELU", (), {"approximate": "tanh"}, (3, 4)),
    ("SiLU", (), {}, (3, 4)),
    ("Sigmoid", (), {}, (3, 4)),
    ("Tanh", (), {}, (3, 4)),
    ("Softplus", (), {"beta": 2.0, "threshold": 1.0}, (3, 4)),
    ("Softmax", (1,), {}, (3, 4, 2)),
    ("LogSoftmax", (), {"dim": -1}, (3, 4)),
    ("Flatten", (), {"start_dim": 2}, (2, 3, 4, 5)),
    ("Unflatten", (-1, (2, -1)), {}, (3, 6)),
    ("Identity", (3,), {"x": 1}, (2,)),
    ("Dropout", (0.0,), {}, (3, 4)),
    ("Embedding", (7, 3), {"padding_idx": 2}, None),
]


def _pair(name, args, kwargs):
    """The same layer of both libraries, with the same random state, in training mode."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(3)
    theirs = getattr(torch.nn, name)(*args, **kwargs)
    ours = getattr(nn, name)(*args, **kwargs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for p in theirs.parameters():
        torch.nn.init.uniform_(p, 0.5, 1.5)
    ours.load_state_dict(theirs.state_dict())
    return torch, theirs, ours


@pytest.mark.filterwarnings("ignore:Using padding=.same.")
@pytest.mark.parametrize("name, args, kwargs, shape", LAYERS, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(LAYERS)])
def test_layer_equals_pytorchs(name, args, kwargs, shape):
    torch, theirs, ours = _pair(name, args, kwargs)
    assert repr(ours) == repr(theirs)
    rng = np.random.default_rng(0)
    array = rng.integers(0, 7, (3, 4)) if shape is None else rng.standard_normal(shape).astype(np.float32)
    for mode in (True, True, False):
        a, b = torch.tensor(array), mg.tensor(array)
        if shape is not None:
            a.requires_grad_(), b.requires_grad_()
        theirs.train(mode), ours.train(mode)
        x, y = (a * 1, b * 1) if shape is not None else (a, b)  # in-place activations may not touch a leaf
        u, v = theirs(x), ours(y)
        assert tuple(u.shape) == tuple(v.shape)
        np.testing.assert_allclose(v.detach().numpy(), u.detach().numpy(), rtol=2e-5, atol=2e-5)
        g = rng.standard_normal(tuple(u.shape)).astype(np.float32)
        u.backward(torch.tensor(g)), v.backward(mg.tensor(g))
        if shape is not None:
            np.testing.assert_allclose(b.grad.numpy(), a.grad.numpy(), rtol=1e-4, atol=1e-4)
    for (key, p), q in zip(theirs.named_parameters(), ours.parameters(), strict=True):
        np.testing.assert_allclose(q.grad.numpy(), p.grad.numpy(), rtol=1e-4, atol=1e-4, err_msg=key)
    for (key, p), q in zip(theirs.state_dict().items(), ours.state_dict().values(), strict=True):
        np.testing.assert_allclose(q.numpy(), p.numpy(), rtol=1e-5, atol=1e-6, err_msg=key)
    theirs.load_state_dict({k: torch.tensor(v.numpy()) for k, v in ours.state_dict().items()})


LOSSES = [
    ("MSELoss", {}, "same"),
    ("MSELoss", {"reduction": "sum"}, "same"),
    ("L1Loss", {}, "same"),
    ("SmoothL1Loss", {"beta": 0.5}, "same"),
    ("HuberLoss", {"delta": 0.5, "reduction": "none"}, "same"),
    ("KLDivLoss", {"reduction": "batchmean"}, "probability"),
    ("BCEWithLogitsLoss", {}, "probability"),
    ("BCEWithLogitsLoss", {"pos_weight": np.array([1.0, 2.0, 0.5, 3.0], np.float32)}, "probability"),
    ("BCELoss", {}, "squashed"),
    ("CrossEntropyLoss", {}, "class"),
    ("CrossEntropyLoss", {"weight": np.array([1.0, 2.0, 0.5, 3.0], np.float32), "label_smoothing": 0.1, "ignore_index": 1}, "class"),
    ("CrossEntropyLoss", {"reduction": "none"}, "class"),
    ("NLLLoss", {"ignore_index": 2}, "class"),
]


@pytest.mark.parametrize("name, kwargs, kind", LOSSES, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(LOSSES)])
def test_loss_equals_pytorchs(name, kwargs, kind):
    torch = pytest.importorskip("torch")
    results = []
    for lib, modules in ((torch, torch.nn), (mg, nn)):
        rng = np.random.default_rng(1)
        made = {k: lib.tensor(v) if isinstance(v, np.ndarray) else v for k, v in kwargs.items()}
        loss = getattr(modules, name)(**made)
        x = lib.tensor(rng.standard_normal((6, 4)).astype(np.float32), requires_grad=True)
        target = rng.integers(0, 4, 6) if kind == "class" else rng.random((6, 4)).astype(np.float32)
        y = loss(x.sigmoid() if kind == "squashed" else x, lib.tensor(target))
        y.backward(lib.ones_like(y))
        results.append((repr(loss), y.detach().numpy(), x.grad.numpy()))
    assert results[0][0] == results[1][0]
    for want, got in zip(results[0][1:], results[1][1:], strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


def test_losses_do_not_broadcast():
    for loss in (nn.MSELoss(), nn.L1Loss(), nn.BCEWithLogitsLoss()):
        with pytest.raises(mg.errors.ShapeError):
            loss(mg.zeros(4, 1), mg.zeros(4))


def test_reprs_of_containers_equal_pytorchs():
    torch = pytest.importorskip("torch")

    def build(nn, lib):
        return [
            nn.Sequential(),
            nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.ReLU(), nn.Tanh())),
            nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2), nn.Sequential(nn.ReLU(), nn.Tanh()), nn.Linear(2, 2)]),
            nn.ModuleList(),
            nn.ModuleDict({"a": nn.ReLU(), "b": nn.Identity()}),
            nn.Conv2d(1, 2, 3, padding=1, bias=False),
        ]

    for a, b in zip(build(torch.nn, torch), build(nn, mg), strict=True):
        assert repr(a) == repr(b)


class TestFusedRow:
    """nn.Sequential runs a Linear and the activation behind it as one op, and nobody can tell."""

    @pytest.mark.parametrize("activation", [nn.ReLU, nn.Tanh, nn.Sigmoid])
    @pytest.mark.parametrize("shape", [(3,), (5, 3), (2, 5, 3)], ids=str)
    @pytest.mark.parametrize("bias", [True, False])
    def test_same_as_one_by_one(self, activation, shape, bias):
        linear, act = nn.Linear(3, 4, bias=bias), activation()
        x = mg.randn(*shape).requires_grad_()
        leaves = [x, *linear.parameters()]
        fused, apart = nn.Sequential(linear, act)(x), act(linear(x))
        assert fused.grad_fn.name == "linear_activation"
        g = mg.randn(*fused.shape)
        assert mg.equal(fused, apart)
        for a, b in zip(mg.autograd.grad(fused, leaves, g), mg.autograd.grad(apart, leaves, g), strict=True):
            assert mg.allclose(a, b, rtol=1e-5, atol=1e-6)

    def test_second_order(self):
        model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2), nn.Sigmoid()).double()
        inputs = [mg.randn(5, 3, dtype=mg.float64).requires_grad_(), *model.parameters()]
        assert mg.testing.gradcheck(lambda x, *parameters: model(x), inputs)
        assert mg.testing.gradgradcheck(lambda x, *parameters: model(x), inputs)

    def test_hooks_see_both(self):
        model, seen = nn.Sequential(nn.Linear(3, 4), nn.ReLU()), []
        x = mg.randn(2, 3)
        handles = [m.register_forward_hook(lambda m, args, y: seen.append((type(m).__name__, y))) for m in model]
        y = model(x)
        assert [name for name, _ in seen] == ["Linear", "ReLU"]
        assert mg.equal(seen[1][1], y) and mg.equal(seen[0][1], model[0](x))
        for handle in handles:
            handle.remove()

    def test_own_forwards_are_called(self):
        class Twice(nn.Linear):
            def forward(self, input):
                return 2 * super().forward(input)

        model = nn.Sequential(Twice(3, 4), nn.ReLU())
        x = mg.randn(2, 3)
        assert mg.equal(model(x), (2 * nn.functional.linear(x, model[0].weight, model[0].bias)).relu())
        model = nn.Sequential(nn.Linear(3, 4), nn.Tanh())
        model[1].forward = lambda input: input * 0
        assert not model(x).any()
        model[0].forward = lambda input: mg.ones(1)
        assert model(x).tolist() == [0.0]

    def test_errors_name_the_module(self):
        with pytest.raises(ValueError, match=r"^0 \(Linear\): linear_activation: input has 3 features"):
            nn.Sequential(nn.Linear(5, 4), nn.ReLU())(mg.ones(2, 3))

    def test_other_dtypes_and_vmap(self):
        model = nn.Sequential(nn.Linear(3, 4), nn.Tanh())
        x = mg.randn(6, 3)
        assert mg.allclose(mg.func.vmap(model)(x), model(x), atol=1e-6)
        half = mg.nn.functional.linear(x.half(), model[0].weight.half(), model[0].bias.half()).tanh()
        assert mg.equal(model.half()(x.half()), half)
