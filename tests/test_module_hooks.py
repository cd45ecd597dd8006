"""Hooks of modules, their extra state and their whole-module conversions; against PyTorch where it is installed."""

from __future__ import annotations

import multiprocessing

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn


def libraries():
    return [(mg, mg.nn), *([(torch, torch.nn)] if (torch := _torch()) else [])]


def _torch():
    try:
        import torch
    except ImportError:
        return None
    return torch


def both(test):
    """Run with each library; what `test` returns must be the same."""
    results = [test(lib, nn) for lib, nn in libraries()]
    for other in results[1:]:
        assert str(other) == str(results[0])
    return results[0]


def numbers(value):
    if value is None:
        return None
    if isinstance(value, tuple):
        return tuple(numbers(v) for v in value)
    return np.asarray(value.detach()).round(4).tolist()


def linear(lib, nn):
    layer = nn.Linear(2, 2).double()
    layer.load_state_dict({"weight": lib.tensor([[1.0, 2.0], [3.0, 4.0]]).double(), "bias": lib.zeros(2).double()})
    return layer


@pytest.mark.filterwarnings("ignore:Full backward hook is firing")
@pytest.mark.parametrize("wants_input", [True, False])
@pytest.mark.parametrize("replace", [False, True])
def test_backward_hooks(wants_input, replace):
    def run(lib, nn):
        seen, layer = [], linear(lib, nn)

        def pre(module, grads):
            seen.append(("pre", numbers(grads)))
            return (grads[0] * 2,) if replace else None

        def post(module, ins, outs):
            seen.append(("post", numbers(ins), numbers(outs)))
            return (ins[0] * 10,) if replace and wants_input else None

        layer.register_full_backward_pre_hook(pre)
        handle = layer.register_full_backward_hook(post)
        x = lib.tensor([[1.0, -1.0]], dtype=lib.float64, requires_grad=wants_input)
        layer(x).backward(lib.tensor([[1.0, 0.5]], dtype=lib.float64))
        seen += [numbers(x.grad), numbers(layer.weight.grad)]
        handle.remove()
        layer(x).sum().backward()
        return seen

    seen = both(run)
    assert [entry[0] for entry in seen if isinstance(entry, tuple)] == ["pre", "post", "pre"]


def test_backward_hooks_of_several_inputs_and_outputs():
    def run(lib, nn):
        class Swap(nn.Module):
            def forward(self, x, n, y):
                return y * n, x * 3

        seen, module = [], Swap()
        module.register_full_backward_hook(lambda m, i, o: seen.append((numbers(i), numbers(o))))
        x, y = (lib.tensor([v], requires_grad=True) for v in (1.0, 2.0))
        a, b = module(x, 5, y)
        (a + 2 * b).backward()
        return seen

    both(run)


def test_a_backward_hook_with_the_wrong_number_of_gradients():
    layer = nn.Linear(2, 2)
    layer.register_full_backward_hook(lambda m, i, o: (i[0], i[0]))
    with pytest.raises(RuntimeError, match="backward hook returned an invalid number of gradients: got 2, but expected 1"):
        layer(mg.ones(1, 2, requires_grad=True)).sum().backward()


def test_hooks_of_the_state():
    def run(lib, nn):
        seen, net = [], nn.Sequential(linear(lib, nn))
        net[0].register_state_dict_pre_hook(lambda m, prefix, keep: seen.append((prefix, keep)))
        net[0].register_state_dict_post_hook(lambda m, state, prefix, meta: state.update({prefix + "more": lib.ones(1)}))
        state = net.state_dict()
        seen.append(list(state))

        def before(module, state, prefix, meta, strict, missing, unexpected, errors):
            seen.append((prefix, meta, strict, missing, unexpected, errors))
            del state[prefix + "more"]
            state[prefix + "weight"] = state[prefix + "weight"] * 2

        net[0].register_load_state_dict_pre_hook(before)
        net.register_load_state_dict_post_hook(lambda m, keys: seen.append((tuple(keys), numbers(m[0].weight))))
        seen.append(str(net.load_state_dict(state)))
        return seen

    both(run)


def test_a_post_hook_may_excuse_keys_and_a_refused_load_changes_nothing():
    layer = nn.Linear(2, 2)
    before = layer.weight.clone()
    seen = []
    handle = layer.register_load_state_dict_post_hook(lambda m, keys: seen.append(m.weight.sum().item()))
    with pytest.raises(RuntimeError, match=r'Missing key\(s\) in state_dict: "bias"'):
        layer.load_state_dict({"weight": mg.ones(2, 2)})
    assert seen == [4.0] and mg.equal(layer.weight, before)
    handle.remove()
    layer.register_load_state_dict_post_hook(lambda m, keys: keys.missing_keys.clear())
    layer.load_state_dict({"weight": mg.ones(2, 2)})
    assert layer.weight.sum().item() == 4


def test_extra_state():
    def run(lib, nn):
        class Counting(nn.Module):
            def __init__(self):
                super().__init__()
                self.w, self.calls = nn.Parameter(lib.ones(1)), 0

            def get_extra_state(self):
                return {"calls": self.calls}

            def set_extra_state(self, state):
                self.calls = state["calls"]

        net = nn.Sequential(Counting(), nn.Linear(1, 1))
        net[0].calls = 3
        state, other = net.state_dict(), nn.Sequential(Counting(), nn.Linear(1, 1))
        other.load_state_dict(state)
        del state["0._extra_state"]
        result = other.load_state_dict(state, strict=False)
        return list(net.state_dict()), other[0].calls, str(result)

    assert both(run)[1] == 3


def test_set_submodule():
    net = nn.Sequential(nn.Linear(1, 1), nn.Sequential(nn.ReLU()))
    net.set_submodule("1.0", nn.Tanh())
    net.set_submodule("1.new", nn.ELU())
    assert isinstance(net[1][0], nn.Tanh) and isinstance(net.get_submodule("1.new"), nn.ELU)
    with pytest.raises(AttributeError, match="has no attribute `other`"):
        net.set_submodule("1.other", nn.Tanh(), strict=True)
    with pytest.raises(AttributeError, match="`weight` is not an nn.Module"):
        net.set_submodule("0.weight", nn.Tanh())
    with pytest.raises(ValueError, match="found <class 'int'>"):
        net.set_submodule("0", 3)


def test_conversions():
    net = nn.BatchNorm1d(3)
    assert net.bfloat16().weight.dtype is mg.bfloat16 and net.num_batches_tracked.dtype is mg.int64
    assert net.type(mg.float64).num_batches_tracked.dtype is mg.float64
    weight = net.weight
    assert net.to_empty(device="cpu").weight is weight and net.compile() is None


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="this system cannot fork")
def test_shared_memory_is_seen_by_forked_processes():
    layer = nn.Linear(3, 2).share_memory()
    values = layer.weight.detach().numpy().copy()

    def train():
        with mg.no_grad():
            layer.weight.add_(1)

    child = multiprocessing.get_context("fork").Process(target=train)
    child.start()
    child.join()
    assert child.exitcode == 0
    np.testing.assert_allclose(layer.weight.detach().numpy(), values + 1)


# ---- of all modules ----


def _all_modules(library):
    """What hooks of all modules see, in order, while a small network runs; and the gradient of its input."""
    module = library.nn.modules.module
    seen = []
    handles = [
        module.register_module_forward_pre_hook(lambda m, args: seen.append(("pre", type(m).__name__, len(args)))),
        module.register_module_forward_hook(lambda m, args, out: seen.append(("post", type(m).__name__))),
        module.register_module_full_backward_pre_hook(lambda m, out: seen.append(("backward pre", type(m).__name__))),
        module.register_module_full_backward_hook(lambda m, given, out: seen.append(("backward", type(m).__name__, len(given)))),
        module.register_module_parameter_registration_hook(lambda m, name, p: seen.append(("parameter", name))),
        module.register_module_buffer_registration_hook(lambda m, name, b: seen.append(("buffer", name))),
        module.register_module_module_registration_hook(lambda m, name, c: seen.append(("module", name))),
    ]
    try:
        net = library.nn.Sequential(library.nn.Linear(2, 3), library.nn.ReLU(), library.nn.BatchNorm1d(3))
        net[1].register_forward_hook(lambda m, args, out: seen.append("own"))
        net[1].register_forward_pre_hook(lambda m, args: seen.append("own pre"))
        net(library.ones(4, 2, requires_grad=True)).sum().backward()
    finally:
        for handle in handles:
            handle.remove()
    count = len(seen)
    library.nn.Sequential(library.nn.Linear(2, 3), library.nn.ReLU())(library.ones(1, 2))
    assert len(seen) == count, "removed hooks run no more"
    return seen


def test_hooks_of_all_modules():
    torch = pytest.importorskip("torch")
    assert _all_modules(mg) == _all_modules(torch)


def test_hooks_of_all_modules_replace():
    from minigrad.nn.modules import module

    with module.register_module_forward_hook(lambda m, args, out: out + 1):
        assert mg.nn.Sequential(mg.nn.Identity(), mg.nn.Identity())(mg.zeros(1)).item() == 3
        calls = []
        with module.register_module_forward_hook(lambda m, a, kw, out: calls.append(kw), with_kwargs=True, always_call=True):
            with pytest.raises(TypeError):
                mg.nn.Identity()(mg.zeros(1), nonsense=1)
            assert calls == [{"nonsense": 1}]
    with module.register_module_parameter_registration_hook(lambda m, name, p: mg.nn.Parameter(p.detach() * 0)):
        net = mg.nn.Module()
        net.weight = mg.nn.Parameter(mg.ones(2))
        assert not net.weight.any()
    assert mg.nn.Identity()(mg.zeros(1)).item() == 0


def test_hooks_can_be_counted_and_cleared():
    net = mg.nn.Linear(2, 2)
    assert not net._forward_hooks and net._hooks is None
    net.register_forward_hook(lambda *a: 3)
    net.register_forward_pre_hook(lambda *a: None)
    assert (len(net._forward_hooks), len(net._forward_pre_hooks), len(net._backward_hooks), len(net._backward_pre_hooks)) == (1, 1, 0, 0)
    assert net(mg.ones(1, 2)) == 3
    net._forward_hooks.clear()
    assert net(mg.ones(1, 2)).shape == (1, 2)
