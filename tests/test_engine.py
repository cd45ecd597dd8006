"""The engine by hand: graphs, modes, hooks, in-place changes, memory, threads, the outside world."""

from __future__ import annotations

import copy
import gc
import mmap
import pickle
import threading
import weakref
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad import autograd
from minigrad.testing import gradcheck, gradgradcheck


def leaf(*values, dtype=mg.float64):
    return mg.tensor(list(values), dtype=dtype, requires_grad=True)


# ---- graphs ----


def test_diamond():
    x = leaf(3.0)
    a = x * 2
    (a * a + a).sum().backward()  # 4x^2 + 2x
    assert x.grad.tolist() == [8 * 3 + 2]


def test_reuse_of_what_was_added_to_itself():
    """b = a + a; c = b + b: wrong where the order is not topological (micrograd PR #64)."""
    a = leaf(1.0)
    b = a + a
    c = b + b
    c.sum().backward()
    assert a.grad.tolist() == [4.0]


def test_both_arguments_are_one_tensor():
    x = leaf(3.0, -2.0)
    (x * x).sum().backward()
    assert x.grad.tolist() == [6.0, -4.0]


def test_long_and_short_ways_meet():
    x = leaf(0.5)
    y = x
    for _ in range(50):
        y = y * 1.0 + x
    y.sum().backward()
    assert x.grad.tolist() == [51.0]


def test_gradients_accumulate_over_runs():
    x = leaf(2.0)
    for n in range(1, 4):
        (x * 3).sum().backward()
        assert x.grad.tolist() == [3.0 * n]
    x.grad = None
    (x * 3).sum().backward()
    assert x.grad.tolist() == [3.0]


def test_parts_of_a_split_share_one_gradient():
    """Values to second order, with parts that overlap and steps; and no tensor of zeros for each part."""
    x = mg.from_numpy(np.random.default_rng(0).standard_normal((4, 6))).requires_grad_()
    gradcheck(lambda x: (x[:, :3] * x[:, 3:] + x[1:4:2, 4:1:-1].sum()) * x[0, 2], (x,))
    gradgradcheck(lambda x: (x[:, :3] * x[:, 3:] + x[1:4:2, 4:1:-1].sum()) * x[0, 2], (x,))
    big = mg.ones(1, requires_grad=True).expand(300, 1000) * 2
    seen = []
    big.register_hook(seen.append)
    parts = big.split(10, 1)
    loss = sum(p.sum() * i for i, p in enumerate(parts))
    mg._core.memory_peak(reset=True)
    before = mg._core.memory_in_use()
    loss.backward()
    assert mg._core.memory_peak() - before < 3 * 300 * 1000 * 4
    np.testing.assert_array_equal(seen[0].numpy(), np.broadcast_to(np.arange(1000) // 10, (300, 1000)))


def test_accumulated_gradient_does_not_alias():
    """What backward hands to two leaves, and to the caller, is not one piece of memory."""
    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    g = mg.ones(2, dtype=mg.float64)
    (a + b).backward(g)
    a.grad.mul_(5)
    assert b.grad.tolist() == [1.0, 1.0] and g.tolist() == [1.0, 1.0]


def test_a_million_nodes():
    """Built, run backward and freed without recursion."""
    x = mg.ones(1, requires_grad=True)
    y = x
    for _ in range(1_000_000):
        y = y + 1
    y.backward(mg.ones(1))
    assert x.grad.tolist() == [1.0]
    del y
    for _ in range(300_000):
        x = x * 1.0
    del x  # freed without having run


def test_second_order_through_a_long_chain():
    x = leaf(0.999)
    y = x
    for _ in range(3000):
        y = y * x
    (g,) = autograd.grad(y.sum(), x, create_graph=True)
    g.sum().backward()
    assert abs(x.grad.item() / (3001 * 3000 * 0.999**2999) - 1) < 1e-9


def test_no_gradient_where_none_is_wanted():
    x, c = leaf(1.0), mg.ones(1, dtype=mg.float64)
    y = x * c
    y.sum().backward()
    assert c.grad is None and not c.requires_grad and y.requires_grad and not y.is_leaf and x.is_leaf


def test_integers_carry_no_gradient():
    with pytest.raises(mg.GradError, match="only floating-point tensors can have gradients, got dtype int64"):
        mg.tensor([1, 2], requires_grad=True)
    with pytest.raises(mg.GradError, match="only floating-point tensors"):
        mg.ones(2, dtype=mg.int32).requires_grad_()
    x = leaf(1.5)
    assert not x.to(mg.int64).requires_grad and not (x > 1).requires_grad and not x.argmax().requires_grad


def test_gradient_comes_in_the_dtype_of_the_leaf():
    x = mg.ones(2, requires_grad=True)
    (x.double() * 3).sum().backward()
    assert x.grad.dtype is mg.float32 and x.grad.tolist() == [3.0, 3.0]


def test_where_keeps_nan_out_of_the_branch_not_taken():
    """sqrt(0) has an infinite slope; the branch is not taken, so nothing of it may arrive (autograd issue #802)."""
    x = leaf(0.0, 4.0)
    mg.where(x > 0, x.sqrt(), 0.0).sum().backward()
    # The slope of sqrt at 0 is inf, and inf * 0 is NaN: the rule of sqrt sees a zero gradient there, as in PyTorch.
    torch = pytest.importorskip("torch")
    t = torch.tensor([0.0, 4.0], dtype=torch.float64, requires_grad=True)
    torch.where(t > 0, t.sqrt(), 0.0).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), t.grad.numpy())


def test_where_gives_no_gradient_to_nan_values():
    x, bad = leaf(1.0, 2.0), leaf(float("nan"), float("nan"))
    mg.where(mg.tensor([True, True]), x * 3, bad * x).sum().backward()
    assert bad.grad.tolist()[0] == 0.0 or np.isnan(bad.grad.numpy()).sum() == 0
    y = leaf(1.0, 2.0)
    mg.where(mg.tensor([True, True]), y, bad.detach()).sum().backward()
    assert y.grad.tolist() == [1.0, 1.0]


# ---- backward and grad ----


def test_backward_needs_a_gradient_unless_scalar():
    with pytest.raises(mg.GradError, match=r"can be left out only for a tensor of one element, got shape \(2,\)"):
        (leaf(1.0, 2.0) * 2).backward()
    with pytest.raises(mg.ShapeError, match=r"expected a gradient of shape \(2,\), got \(3,\)"):
        (leaf(1.0, 2.0) * 2).backward(mg.ones(3))
    with pytest.raises(TypeError, match="expected a Tensor as gradient, got float"):
        (leaf(1.0) * 2).backward(1.0)


def test_backward_without_a_graph():
    with pytest.raises(mg.GradError, match="does not require grad and has no grad_fn"):
        mg.ones(1).backward()


@pytest.mark.parametrize("function", [lambda x: x * x, lambda x: x.exp(), lambda x: x.sigmoid() @ x])
def test_freed_graph(function):
    x = leaf(1.0, 2.0)
    y = function(x).sum()
    y.backward()
    with pytest.raises(mg.GradError, match="was freed by an earlier backward; pass retain_graph=True"):
        y.backward()


def test_retain_graph():
    x = leaf(3.0)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [12.0]
    with pytest.raises(mg.GradError, match="freed"):
        y.backward()


def test_create_graph_and_third_order():
    x = leaf(2.0)
    (g1,) = autograd.grad((x**4).sum(), x, create_graph=True)
    (g2,) = autograd.grad(g1.sum(), x, create_graph=True)
    (g3,) = autograd.grad(g2.sum(), x)
    assert (g1.item(), g2.item(), g3.item()) == (32.0, 48.0, 48.0)
    assert not g3.requires_grad


def test_backward_with_create_graph_leaves_a_graph_in_grad():
    x = leaf(2.0)
    (x**3).sum().backward(create_graph=True)
    first = x.grad
    x.grad = None
    first.sum().backward()
    assert x.grad.tolist() == [12.0]


def test_grad_leaves_grads_alone():
    x, w = leaf(2.0), leaf(5.0)
    (g,) = autograd.grad((x * w).sum(), x)
    assert g.tolist() == [5.0] and x.grad is None and w.grad is None


def test_grad_of_inner_tensors():
    x = leaf(2.0)
    y = x * 3
    z = (y * y).sum()
    gy, gx = autograd.grad(z, [y, x])
    assert gy.tolist() == [12.0] and gx.tolist() == [36.0]


def test_grad_with_unused_inputs():
    x, unused = leaf(2.0), leaf(1.0, 1.0)
    with pytest.raises(mg.GradError, match=r"input 1 \(shape \(2,\)\) was not used in the graph; pass allow_unused=True"):
        autograd.grad((x * 3).sum(), [x, unused])
    assert autograd.grad((x * 3).sum(), [x, unused], allow_unused=True)[1] is None
    assert autograd.grad((x * 3).sum(), [x, unused], materialize_grads=True)[1].tolist() == [0.0, 0.0]
    with pytest.raises(mg.GradError, match="input 0 .* does not require grad"):
        autograd.grad((x * 3).sum(), mg.ones(1))


def test_grad_of_several_outputs():
    x = leaf(2.0)
    (g,) = autograd.grad([(x * 3).sum(), x * x], [x], [None, mg.tensor([10.0], dtype=mg.float64)])
    assert g.tolist() == [43.0]
    with pytest.raises(mg.GradError, match="2 outputs but 1 grad_outputs"):
        autograd.grad([x * 2, x * 3], x, [None])


def test_backward_into_chosen_inputs():
    x, w = leaf(2.0), leaf(3.0)
    (x * w).sum().backward(inputs=[x])
    assert x.grad.tolist() == [3.0] and w.grad is None


# ---- hooks ----


def test_hooks_see_and_replace_gradients():
    x = leaf(2.0)
    y = x * 3
    seen = []
    handle = y.register_hook(lambda g: seen.append(g.tolist()))
    y.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: g + 1)
    y.sum().backward()
    assert seen == [[1.0]] and x.grad.tolist() == [31.0]
    handle.remove()
    (x * 3).sum().backward()
    assert len(seen) == 1
    with pytest.raises(mg.GradError, match="does not require grad"):
        mg.ones(1).register_hook(print)


def test_hook_sees_the_sum_of_all_ways():
    x = leaf(1.0)
    y = x * 1
    seen = []
    y.register_hook(lambda g: seen.append(g.item()))
    (y * 2 + y * 3).sum().backward()
    assert seen == [5.0]


def test_a_hook_that_returns_nonsense():
    x = leaf(2.0)
    y = x * 3
    y.register_hook(lambda g: 5)
    with pytest.raises(mg.GradError, match=r"hook: expected None or a Tensor of shape \(1,\), got 5"):
        y.sum().backward()


def test_an_error_in_a_hook_leaves_the_mode_alone():
    x = leaf(2.0)
    y = x * 3
    y.register_hook(lambda g: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        y.sum().backward()
    assert mg.is_grad_enabled() and (x * 2).requires_grad


def test_backward_within_a_hook():
    x = leaf(2.0)
    y = x * 3
    inner = []

    def hook(g):
        with mg.enable_grad():
            a = x.detach().requires_grad_()
            inner.append(autograd.grad((a * a).sum(), a)[0].item())

    y.register_hook(hook)
    y.sum().backward()
    assert x.grad.tolist() == [3.0] and inner == [4.0]


def test_retain_grad():
    x = leaf(2.0)
    y = x * 3
    y.retain_grad()
    assert y.retains_grad and not x.retains_grad
    (y * y).sum().backward()
    assert y.grad.tolist() == [12.0] and x.grad.tolist() == [36.0]


# ---- modes ----


def test_grad_modes():
    x = leaf(1.0)
    with mg.no_grad():
        assert not (x * 2).requires_grad and not mg.is_grad_enabled()
        with mg.enable_grad():
            assert (x * 2).requires_grad
        assert not (x * 2).requires_grad
    with mg.inference_mode():
        assert not (x * 2).requires_grad
    with mg.set_grad_enabled(False):
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad


@pytest.mark.parametrize("mode", [mg.no_grad, mg.no_grad(), mg.inference_mode()], ids=["class", "instance", "inference"])
def test_modes_decorate(mode):
    x = leaf(1.0)

    @mode
    def function(y):
        """doc"""
        return y * 2

    assert mg.is_grad_enabled()
    assert not function(x).requires_grad
    assert function.__doc__ == "doc" and function.__name__ == "function"
    assert mg.is_grad_enabled()


def test_modes_end_with_an_error():
    with pytest.raises(ZeroDivisionError), mg.no_grad():
        1 / 0
    assert mg.is_grad_enabled()


def test_mode_belongs_to_the_thread():
    seen = []
    with mg.no_grad():
        t = threading.Thread(target=lambda: seen.append(mg.is_grad_enabled()))
        t.start()
        t.join()
    assert seen == [True]


def test_parameters_made_without_grad_mode_still_want_gradients():
    with mg.no_grad():
        x = mg.ones(2, requires_grad=True)
    assert x.requires_grad and (x * 2).requires_grad


# ---- in place ----


def test_in_place_on_what_was_saved():
    x = leaf(1.0, 2.0)
    y = x * 1
    z = y * y
    y.add_(1)
    with pytest.raises(
        mg.GradError, match=r"input [01] of mul \(shape \(2,\)\) was changed in place after mul saved it; call .clone\(\) before"
    ):
        z.sum().backward()
    y = x.exp()
    z = y * 2
    y.mul_(3)
    with pytest.raises(mg.GradError, match="the output of exp .* was changed in place"):
        z.sum().backward()


def test_in_place_on_what_was_not_saved():
    x = leaf(1.0, 2.0)
    y = x + 1
    z = y * 2  # saves the number, not y
    y.mul_(5)
    (z.sum() + y.sum()).backward()
    assert x.grad.tolist() == [7.0, 7.0]


def test_change_through_a_view_is_noticed():
    x = leaf(1.0, 2.0)
    y = x * 1
    z = (y * y).sum()
    y[0] = 7.0
    with pytest.raises(mg.GradError, match="changed in place"):
        z.backward()


def test_change_of_data_under_no_grad_is_noticed():
    w = leaf(1.0, 2.0)
    z = (w * w).sum()
    with mg.no_grad():
        w.add_(1)
    with pytest.raises(mg.GradError, match="changed in place"):
        z.backward()


def test_in_place_on_leaves():
    x = leaf(1.0, 2.0)
    with pytest.raises(mg.GradError, match="add_: a leaf that requires grad cannot be changed in place; do it under no_grad"):
        x.add_(1)
    with pytest.raises(mg.GradError, match="a view of a leaf that requires grad"):
        x[0] = 1.0
    with mg.no_grad():
        x.add_(1)
        x[0] = 9.0
    assert x.tolist() == [9.0, 3.0] and x.requires_grad and x.is_leaf


def test_in_place_on_several_elements_at_one_place():
    with pytest.raises(mg.ShapeError, match=r"share one place in memory \(expanded dimension 0\)"):
        mg.ones(1, 2).expand(3, 2).add_(1)


def test_in_place_must_fit():
    with pytest.raises(mg.ShapeError, match=r"add_: the result has shape \(2, 3\), which does not fit in place into \(3,\)"):
        mg.ones(3).add_(mg.ones(2, 3))
    with pytest.raises(mg.DTypeError, match="div_"):
        mg.ones(3, dtype=mg.int64).div_(2)
    x = mg.ones(3, dtype=mg.int64)
    with pytest.raises(mg.DTypeError, match="which does not fit in place into int64"):
        x += 0.5
    assert x.tolist() == [1, 1, 1] and x._version == 0


def test_overlapping_in_place():
    x = mg.arange(5.0)
    x[1:] += x[:-1].clone()
    y = mg.arange(5.0)
    y[1:] += y[:-1]
    assert x.tolist() == y.tolist() == [0.0, 1.0, 3.0, 5.0, 7.0]
    z = mg.arange(5.0)
    z[:] = z.flip(0)
    assert z.tolist() == [4.0, 3.0, 2.0, 1.0, 0.0]
    z[1:] = z[:-1]
    assert z.tolist() == [4.0, 4.0, 3.0, 2.0, 1.0]


IN_PLACE = {
    "view, then base": lambda m, x: in_place(x * 2, lambda y: y[0].mul_(3)),
    "column": lambda m, x: in_place(x * 2, lambda y: y[:, 1].add_(y[:, 0].detach())),
    "row from row": lambda m, x: in_place(x * 2, lambda y: y[0].mul_(y[1] * 1)),
    "view of view": lambda m, x: in_place(x * 2, lambda y: y[1:].T[0].mul_(4)),
    "step": lambda m, x: in_place(x * 2, lambda y: y[:, ::2].exp_()),
    "transposed": lambda m, x: in_place(x * 2, lambda y: y.T.mul_(3)),
    "base after view": lambda m, x: view_after_base(x * 2),
    "base through reshape": lambda m, x: in_place(x * 2, lambda y: y.view(-1)[1:4].sqrt_()),
    "setitem number": lambda m, x: in_place(x * 2, lambda y: y.__setitem__((0, slice(1, None)), 5.0)),
    "setitem tensor": lambda m, x: in_place(x * 2, lambda y: y.__setitem__(1, x[0] * x[1])),
    "setitem broadcast": lambda m, x: in_place(x * 2, lambda y: y.__setitem__((slice(None), slice(0, 2)), x[:, 2:3] * 7)),
    "setitem index": lambda m, x: in_place(x * 2, lambda y: y.__setitem__(([1, 0], [2, 0]), x[0, :2] * 3)),
    "setitem mask": lambda m, x: in_place(x * 2, lambda y: y.__setitem__(m.tensor([[True, False, True], [False, False, True]]), x[0] * 3)),
    "setitem self": lambda m, x: in_place(x * 2, lambda y: y.__setitem__(0, y[1].clone() * y[0].clone())),
    "twice": lambda m, x: in_place(x * 2, lambda y: (y[0].mul_(3), y[:, 0].add_(1), y[0].mul_(y[1].detach().clone()))),
    "fill": lambda m, x: in_place(x * 2, lambda y: y[0].fill_(3.0)),
    "zero": lambda m, x: in_place(x * 2, lambda y: y[:, 1].zero_()),
    "copy": lambda m, x: in_place(x * 2, lambda y: y[0].copy_(x[1] * 3)),
    "clamp": lambda m, x: in_place(x * 2, lambda y: y[0].clamp_(min=0.9)),
    "masked_fill": lambda m, x: in_place(x * 2, lambda y: y.masked_fill_(x.detach() > 1, 3.0)),
    "chain": lambda m, x: in_place(x * 2, lambda y: y.mul_(2).add_(1).mul_(x)),
    "operators": lambda m, x: operators(x * 2, x),
    "two views": lambda m, x: two_views(x * 2),
    "itself": lambda m, x: in_place(x * 2, lambda y: y.mul_(y if m is mg else y.clone())),  # PyTorch asks for the clone
    "its own row": lambda m, x: in_place(x * 2, lambda y: y.mul_(y[1] if m is mg else y[1].clone())),
    "t_": lambda m, x: in_place(x * 2, lambda y: y.t_()),
    "unsqueeze_ and squeeze_": lambda m, x: in_place(x * 2, lambda y: y.unsqueeze_(1).mul_(x[:, None]).squeeze_(1).transpose_(0, 1)),
    "as_strided_": lambda m, x: in_place(x * 2, lambda y: y.as_strided_((2, 2), (3, 1), 1).add_(x[:, 1:])),
    "swapaxes_ of a view": lambda m, x: in_place(x * 2, lambda y: y[:, :2].swapaxes_(0, 1).mul_(3)),
    "unsqueeze_ of a view": lambda m, x: in_place(x * 2, lambda y: y[0].unsqueeze_(0).mul_(x[1])),
    "view of what t_ changes": lambda m, x: reshaped_below_a_view(x * 2, lambda y, v: None),
    "view changed after t_": lambda m, x: reshaped_below_a_view(x * 2, lambda y, v: v.mul_(3)),
    "base changed after t_": lambda m, x: reshaped_below_a_view(x * 2, lambda y, v: y.mul_(3)),
    "both changed after t_": lambda m, x: reshaped_below_a_view(x * 2, lambda y, v: (v.mul_(3), y.add_(1), y[1:].mul_(2), v.add_(2))),
}  # fmt: skip


def in_place(y, change):
    change(y)
    return y * y.sum()


def view_after_base(y):
    v = y[0]
    y.mul_(3)
    return v * 2 + y.sum()


def operators(y, x):
    y += x
    y *= 3
    y -= x * x
    y /= 2
    return y


def reshaped_below_a_view(y, change):
    v = y[0]
    y.t_()
    change(y, v)
    return y * v.sum() + v[0]


def two_views(y):
    a, b = y[0], y[:, 0]
    a.mul_(3)
    b.add_(1)
    return a * 2 + b.sum() + y.sum()


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place_on_views_and_bases_as_torch(name):
    torch = pytest.importorskip("torch")
    values = np.array([[0.5, 1.0, 1.5], [2.0, 0.7, 3.0]])
    results = []
    for module, make in ((mg, lambda a: mg.from_numpy(a.copy())), (torch, lambda a: torch.from_numpy(a.copy()))):
        x = make(values).requires_grad_()
        y = IN_PLACE[name](module, x)
        g = np.random.default_rng(0).standard_normal(tuple(y.shape))
        y.backward(make(g))
        results.append((y.detach().numpy(), x.grad.numpy()))
    for got, want in zip(*results, strict=True):
        np.testing.assert_allclose(got, want, 1e-12, strict=True)


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place_to_second_order(name):
    x = mg.tensor([[0.5, 1.0, 1.5], [2.0, 0.7, 3.0]], dtype=mg.float64, requires_grad=True)
    if ".detach()" not in name and name not in ("column", "twice", "masked_fill", "clamp"):
        gradcheck(lambda x: IN_PLACE[name](mg, x), (x,))
        gradgradcheck(lambda x: IN_PLACE[name](mg, x), (x,))


# ---- detach, data, views ----


def test_detach_shares_memory_and_version():
    x = leaf(1.0, 2.0)
    y = x * 1
    d = y.detach()
    assert not d.requires_grad and d.data_ptr() == y.data_ptr()
    z = (y * y).sum()
    d.add_(1)
    with pytest.raises(mg.GradError, match="changed in place"):
        z.backward()


def test_data():
    x = leaf(1.0, 2.0)
    x.data.mul_(3)
    assert x.tolist() == [3.0, 6.0]
    x.data = mg.zeros(3)
    assert x.shape == (3,) and x.requires_grad


def test_views_share_memory():
    x = mg.arange(12.0).view(3, 4)
    for v in (
        x.T,
        x[1:],
        x[:, ::2],
        x.expand(2, 3, 4),
        x.unsqueeze(0),
        x.view(4, 3),
        x.squeeze(),
        x[..., None],
        x.flatten(),
        x.narrow(1, 1, 2),
        x.unbind()[0],
    ):
        assert v.storage_offset() * 4 + x.data_ptr() == v.data_ptr()
    x[0, 0] = 99.0
    assert x.T[0, 0].item() == 99.0


# ---- memory ----


def step(model, x, y, optimizer):
    optimizer.zero_grad()
    loss = mg.nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


def test_no_leak_over_a_thousand_training_steps():
    mg.manual_seed(0)
    model = mg.nn.Sequential(mg.nn.Linear(4, 8), mg.nn.ReLU(), mg.nn.Linear(8, 8), mg.nn.Tanh(), mg.nn.Linear(8, 1))
    optimizer = mg.optim.Adam(model.parameters(), lr=1e-2)
    x, y = mg.randn(16, 4), mg.randn(16, 1)
    first = [step(model, x, y, optimizer) for _ in range(20)][0]
    gc.collect()
    bytes_before, objects_before = mg._core.memory_in_use(), len(gc.get_objects())
    for _ in range(1000):
        last = step(model, x, y, optimizer)
    assert mg._core.memory_in_use() <= bytes_before  # before the cycle collector: nothing waits for it
    gc.collect()
    assert abs(len(gc.get_objects()) - objects_before) < 50
    assert last < first / 2


def test_no_leak_by_errors():
    x = leaf(1.0, 2.0)

    def fail():
        for f in (lambda: x + mg.ones(3), lambda: x @ mg.ones(3, dtype=mg.float64), lambda: x[5], lambda: x.view(7), lambda: x.sum(4), lambda: x.add_(1),
                  lambda: mg.cat([x, mg.ones(2, 2)]), lambda: (x * 2).backward(), lambda: mg.ones(-1), lambda: x.index_select(0, mg.tensor([9]))):  # fmt: skip
            with pytest.raises(Exception):
                f()

    fail()
    gc.collect()
    before = mg._core.memory_in_use()
    for _ in range(20):
        fail()
    gc.collect()
    assert mg._core.memory_in_use() <= before


def test_freed_without_the_cycle_collector():
    gc.disable()
    try:
        before = mg._core.memory_in_use()
        x = mg.ones(1000, requires_grad=True)
        y = ((x * 2).relu() + 1).sum()
        y.backward()
        r = weakref.ref(x)
        del x, y
        assert r() is None and mg._core.memory_in_use() == before
    finally:
        gc.enable()


def test_cycles_are_collected():
    x = mg.ones(1000, requires_grad=True)
    (x * x).sum().backward(create_graph=True)  # x.grad refers to the graph, which refers to x
    r = weakref.ref(x)
    del x
    gc.collect()
    assert r() is None
    x = mg.ones(10, requires_grad=True)
    y = x * 2
    y.register_hook(lambda g, y=y: None)  # the hook refers to what it hangs on
    r = weakref.ref(y)
    del x, y
    gc.collect()
    assert r() is None


def test_saved_tensors_go_with_backward():
    x = mg.ones(1_000_000, requires_grad=True)
    y = x.exp().sum()
    held = mg._core.memory_in_use()
    y.backward()
    x.grad = None
    assert mg._core.memory_in_use() <= held - 4_000_000


# ---- threads ----


def test_threads_run_backward_at_once():
    """Each on its own graph, over shared leaves that are only read; and on one graph with retain_graph."""
    w = mg.from_numpy(np.random.default_rng(0).standard_normal((20, 20))).requires_grad_()
    shared = (w @ w).tanh().sum()
    want_own = autograd.grad((w * w).sum(), w)[0].numpy()
    want_shared = autograd.grad(shared, w, retain_graph=True)[0].numpy()
    errors = []

    def work():
        try:
            for _ in range(50):
                np.testing.assert_array_equal(autograd.grad((w * w).sum(), w)[0].numpy(), want_own)
                np.testing.assert_array_equal(autograd.grad(shared, w, retain_graph=True)[0].numpy(), want_shared)
        except BaseException as e:
            errors.append(e)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not errors, errors[0]


# ---- the outside world ----


def test_pickle():
    for x in (mg.arange(6.0).view(2, 3).T, mg.tensor(3), mg.zeros(0, 2), leaf(1.0, 2.0)):
        y = pickle.loads(pickle.dumps(x))
        assert y.shape == x.shape and y.dtype is x.dtype and y.tolist() == x.tolist() and y.requires_grad == x.requires_grad
    with pytest.raises(mg.GradError, match="only leaves can be pickled"):
        pickle.dumps(leaf(1.0) * 2)
    for d in (mg.float32, mg.bool, mg.bfloat16):
        assert pickle.loads(pickle.dumps(d)) is d


def double(x):
    return x * 2


def test_multiprocessing():
    import multiprocessing

    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(double, [mg.arange(3.0), mg.ones(2, 2)])[1].tolist() == [[2.0, 2.0], [2.0, 2.0]]


def test_deepcopy():
    x = leaf(1.0, 2.0)
    (x * x).sum().backward()
    y = copy.deepcopy({"a": x, "b": [x]})
    assert y["a"] is y["b"][0] and y["a"].data_ptr() != x.data_ptr() and y["a"].requires_grad
    assert y["a"].grad.tolist() == [2.0, 4.0] and y["a"].grad is not x.grad
    with pytest.raises(mg.GradError, match="only leaves can be copied deeply"):
        copy.deepcopy(x * 2)


@pytest.mark.parametrize(
    "dtype", ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "complex64", "complex128"]
)
def test_numpy_without_copies(dtype):
    a = (np.arange(24).reshape(2, 3, 4) % 5).astype(dtype)
    x = mg.from_numpy(a)
    assert x.dtype.name == dtype and x.shape == a.shape
    b = x[:, ::-1, ::2].numpy()
    np.testing.assert_array_equal(b, a[:, ::-1, ::2], strict=True)
    a[0, 2, 2] = 4
    assert b[0, 0, 1] == a.dtype.type(4)
    assert np.shares_memory(a, b)
    np.testing.assert_array_equal(np.asarray(x), a)
    np.testing.assert_array_equal(np.array(x), a)
    m = memoryview(x)
    assert m.shape == (2, 3, 4) and not m.readonly and m.nbytes == a.nbytes


def test_buffers_keep_the_memory_alive():
    x = mg.arange(1000.0)
    b = x.numpy()[10:]
    del x
    gc.collect()
    mg.zeros(1000)
    assert b[0] == 10.0
    a = np.arange(1000.0)
    t = mg.from_numpy(a)
    r = weakref.ref(a)
    del a
    assert r() is not None and t[7].item() == 7.0
    del t
    assert r() is None


def test_numpy_of_what_requires_grad():
    with pytest.raises(mg.GradError, match=r"use tensor.detach\(\).numpy\(\)"):
        leaf(1.0).numpy()
    with pytest.raises(mg.GradError):
        np.asarray(leaf(1.0))
    assert leaf(1.0).detach().numpy().tolist() == [1.0]


def test_numpy_scalars_and_arrays_as_operands():
    x = mg.ones(2)
    for y in (np.float64(2) * x, x * np.float64(2), np.ones(2, np.float32) + x, x - np.int64(1)):
        assert isinstance(y, mg.Tensor)
    assert isinstance(x.numpy() * 2, np.ndarray)


def test_dlpack_with_numpy():
    x = mg.arange(6.0).view(2, 3)
    a = np.from_dlpack(x)
    assert np.shares_memory(a, x.numpy()) and a.shape == (2, 3)
    assert x.__dlpack_device__() == (1, 0)


def test_dlpack_with_torch():
    torch = pytest.importorskip("torch")
    x = mg.arange(6.0).view(2, 3).T
    t = torch.from_dlpack(x)
    t[0, 1] = 77
    assert x[0, 1].item() == 77.0 and tuple(t.shape) == (3, 2)
    back = mg.from_dlpack(torch.arange(4.0))
    assert isinstance(back, mg.Tensor) and back.tolist() == [0.0, 1.0, 2.0, 3.0]
    source = torch.arange(4.0)
    shared = mg.from_dlpack(source)
    source[0] = 9
    assert shared[0].item() == 9.0


# ---- bad input ----


@pytest.mark.parametrize(
    "make, error, match",
    [
        (lambda: mg.zeros(1 << 40, 1 << 40), mg.ShapeError, "the element count of shape .* is too large"),
        (lambda: mg.zeros(1 << 62), mg.ShapeError, "too large"),
        (lambda: mg.zeros(1 << 70), mg.ShapeError, "too large"),
        (lambda: mg.zeros(-1), mg.ShapeError, "negative size -1"),
        (lambda: mg.ones(2, -3), mg.ShapeError, "negative size -3"),
        (lambda: mg.zeros(*[1] * 9), mg.ShapeError, "at most 8 dimensions"),
        (lambda: mg.zeros(1, 1 << 45, dtype=mg.uint8).expand(1 << 30, 1 << 45), (mg.ShapeError, MemoryError), None),
        (lambda: mg.ones(1).expand(1 << 40, 1 << 40), mg.ShapeError, "too large"),
        (lambda: mg.ones(1).expand(1 << 62, 8).clone(), (mg.ShapeError, MemoryError), None),
        (lambda: mg.ones(2, 3).sum(2), IndexError, "dimension 2 is out of range"),
        (lambda: mg.ones(2, 3).sum(-3), IndexError, "dimension -3 is out of range"),
        (lambda: mg.ones(2, 3).sum((0, 0)), mg.ShapeError, "named twice"),
        (lambda: mg.ones(2, 3).transpose(0, 5), IndexError, "out of range"),
        (lambda: mg.ones(2).sum("x"), TypeError, "expected an integer dimension, got 'x'"),
        (lambda: mg.ones(2, 3)[0, 0, 0], IndexError, "3 indices for a tensor of 2 dimensions"),
        (lambda: mg.ones(2)[2], IndexError, "2 is out of range for dimension 0 of size 2"),
        (lambda: mg.ones(2)["a"], IndexError, "expected integers, slices"),
        (lambda: mg.ones(2)[1.0], IndexError, "expected integers, slices"),
        (lambda: mg.ones(2)[::0], ValueError, "zero"),
        (lambda: mg.ones(2)[..., ...], IndexError, "only one ellipsis"),
        (lambda: mg.ones(2) + "a", TypeError, "unsupported operand|expected tensors"),
        (lambda: mg.ones(2) + None, TypeError, "unsupported operand|expected tensors"),
        (lambda: mg.ones(2) + object(), TypeError, "unsupported operand|expected tensors"),
        (lambda: mg.ones(2) + [1, 2], TypeError, "unsupported operand|expected tensors"),
        (lambda: mg.ones(2) @ 3, TypeError, "unsupported operand|expected Tensors"),
        (lambda: mg.add(mg.ones(2), "a"), TypeError, "expected tensors or numbers, got str"),
        (lambda: mg.ones(2).reshape(3), mg.ShapeError, r"shape \(2,\) of 2 elements cannot become \(3,\)"),
        (lambda: mg.ones(4).reshape(-1, -1), mg.ShapeError, "more than one -1"),
        (lambda: mg.ones(0).reshape(0, -1), mg.ShapeError, "-1 is ambiguous"),
        (lambda: mg.ones(4).reshape(1 << 40, 1 << 40), mg.ShapeError, "cannot become"),
        (lambda: mg.ones(4).reshape("x"), TypeError, None),
        (lambda: bool(mg.ones(2)), mg.ShapeError, "neither true nor false"),
        (lambda: mg.ones(2).item(), mg.ShapeError, "expected a tensor of one element"),
        (lambda: len(mg.tensor(1)), TypeError, "0-d"),
        (lambda: iter(mg.tensor(1)), TypeError, "0-d"),
        (lambda: range(10)[mg.tensor(1.0)], TypeError, "only integer tensors"),
        (lambda: mg.Tensor([1], [2]), TypeError, "expected sizes or one argument of data, got list, list"),
        (lambda: mg.tensor([[1, 2], [3]]), (ValueError, TypeError), None),
        (lambda: mg.tensor(["a"]), (ValueError, TypeError), None),
        (lambda: mg.tensor(object()), (ValueError, TypeError), None),
        (lambda: mg.from_numpy([1, 2]), TypeError, "expected a numpy.ndarray, got list"),
        (lambda: mg.from_numpy(np.array(["a"])), mg.DTypeError, "no minigrad dtype"),
        (lambda: mg.from_numpy(np.array([None])), mg.DTypeError, "no minigrad dtype"),
        (lambda: mg.zeros(2).to("cuda"), ValueError, "computes on the CPU only, got device 'cuda'"),
        (lambda: mg.set_num_threads(0), ValueError, "at least 1"),
        (lambda: mg.ones(2) ** mg.ones(3), mg.ShapeError, "cannot be broadcast together"),
        (lambda: mg.ones(2).max(5), IndexError, "out of range"),
        (lambda: mg.zeros(0).max(), mg.ShapeError, "nothing to reduce"),
        (lambda: mg.zeros(2, 0).argmax(1), mg.ShapeError, "nothing to reduce"),
        (lambda: mg.ones(2).as_strided((3,), (1 << 61,)), mg.ShapeError, None),
    ],
)
def test_bad_input_has_a_named_error(make, error, match):
    with pytest.raises(error, match=match):
        make()


def test_huge_but_legal():
    """More elements than memory, in no memory."""
    x = mg.ones(1).expand(1 << 40)
    assert x.numel() == 1 << 40 and x[-1].item() == 1.0
    with pytest.raises((MemoryError, mg.ShapeError)):
        x.clone()
    assert mg.zeros(0, 1 << 40).sum().item() == 0.0


def test_zero_sizes():
    x = mg.zeros(0, 3, requires_grad=True)
    y = (x * 2 + mg.ones(3)).exp().sum()
    y.backward()
    assert y.item() == 0.0 and x.grad.shape == (0, 3)
    assert (mg.zeros(2, 0) @ mg.zeros(0, 3)).tolist() == [[0.0] * 3] * 2
    assert mg.cat([mg.zeros(0, 3), mg.ones(2, 3)]).shape == (2, 3)
    assert repr(mg.zeros(0, 3)) == "tensor([], size=(0, 3))"


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="this system does not tell how much memory is resident")
def test_steps_leave_no_memory_behind():
    x, w = mg.randn(4, 8, requires_grad=True), mg.ones(8, requires_grad=True)

    def resident():
        gc.collect()
        return int(Path("/proc/self/statm").read_text().split()[1]) * mmap.PAGESIZE

    def steps(count):
        for _ in range(count):
            x.grad = w.grad = None
            y = mg.nn.functional.layer_norm(x, (8,), w).softmax(1)
            (y.max(1).values.sum() + y.view(8, 4).T.unbind(0)[0].sum() + y.detach().data.sum()).backward()

    steps(2000)
    before = resident()
    steps(10000)
    assert resident() - before < 1 << 20  # a leak of 100 bytes in each would be as much


def test_the_first_gradient_is_kept_and_not_copied():
    x = mg.ones(1 << 20, requires_grad=True)
    for scale in (1.0, 2.0):
        x.grad = None
        y = (x * scale).sum()
        mg._core.memory_peak(reset=True)
        before = mg._core.memory_in_use()
        y.backward()
        assert mg._core.memory_peak() - before < 1.5 * x.nbytes
        assert x.grad[0].item() == scale


def test_a_gradient_that_others_see_is_copied():
    x = mg.ones(3, requires_grad=True)
    g = mg.full((3,), 2.0)
    x.backward(g)
    g.mul_(5)
    assert x.grad.tolist() == [2, 2, 2]
    a, b = mg.ones(3, requires_grad=True), mg.ones(3, requires_grad=True)
    (a + b).backward(mg.ones(3))  # one gradient for both
    a.grad.mul_(7)
    assert b.grad.tolist() == [1, 1, 1]
