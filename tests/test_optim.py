"""Optimizers and schedules: steps by hand, and whole trajectories against PyTorch where it is installed."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.optim import lr_scheduler as sched


def parameter(*values: float) -> mg.Tensor:
    return mg.tensor(list(values), requires_grad=True)


def test_sgd_by_hand():
    p = parameter(1.0, -2.0)
    opt = optim.SGD([p], lr=0.1, momentum=0.9, weight_decay=0.5)
    p.grad = mg.tensor([1.0, 1.0])
    opt.step()
    np.testing.assert_allclose(p.detach().numpy(), [1 - 0.1 * 1.5, -2 - 0.1 * 0.0], rtol=1e-6)
    p.grad = mg.tensor([0.0, 0.0])
    opt.step()
    d = 0.9 * 1.5 + 0.5 * 0.85
    np.testing.assert_allclose(p.detach().numpy()[0], 0.85 - 0.1 * d, rtol=1e-6)


def test_adam_by_hand():
    p = parameter(1.0)
    opt = optim.Adam([p], lr=0.1, eps=0.0)
    p.grad = mg.tensor([3.0])
    opt.step()
    assert p.item() == pytest.approx(0.9, rel=1e-6)  # the first step is lr * sign(grad)
    assert opt.state[p]["step"] == 1 and opt.state[p]["exp_avg"].item() == pytest.approx(0.3, rel=1e-6)


def test_parameters_without_gradient_are_left_alone():
    p, q = parameter(1.0), parameter(2.0)
    opt = optim.Adam([p, q])
    p.grad = mg.tensor([1.0])
    opt.step()
    assert q.item() == 2.0 and q not in opt.state
    q.grad, p.grad = mg.tensor([1.0]), None
    opt.step()
    assert opt.state[p]["step"] == 1 and opt.state[q]["step"] == 1 and q.item() == pytest.approx(2 - 1e-3, abs=1e-6)


def test_steps_are_seen_by_backward():
    p = parameter(2.0)
    loss = (p * p).sum()
    p.grad = mg.tensor([1.0])
    optim.SGD([p], lr=0.1).step()
    with pytest.raises(mg.errors.GradError):
        loss.backward()


@pytest.mark.parametrize("make", [lambda ps: optim.SGD(ps, 0.1, momentum=0.9), lambda ps: optim.Adam(ps, 0.1)], ids=["SGD", "Adam"])
def test_awkward_parameters_take_the_same_step(make):
    """A transposed parameter, a transposed gradient, float64 and float16, together in one group."""
    start = np.arange(6, dtype=np.float32).reshape(2, 3) / 4
    plain = mg.tensor(start, requires_grad=True)
    turned = mg.tensor(np.ascontiguousarray(start.T)).t().requires_grad_()
    wide = mg.tensor(start.astype(np.float64), requires_grad=True)
    half = mg.tensor(start.astype(np.float16), requires_grad=True)
    assert not turned.is_contiguous()
    opt = make([plain, turned, wide, half])
    grad = np.array([[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]], np.float32)
    for _ in range(3):
        plain.grad = mg.tensor(np.ascontiguousarray(grad.T)).t()
        turned.grad = mg.tensor(grad)
        wide.grad = mg.tensor(grad.astype(np.float64))
        half.grad = mg.tensor(grad.astype(np.float16))
        opt.step()
    np.testing.assert_allclose(turned.detach().numpy(), plain.detach().numpy(), rtol=1e-6)
    np.testing.assert_allclose(wide.detach().numpy(), plain.detach().numpy(), rtol=1e-5)
    np.testing.assert_allclose(half.detach().numpy().astype(np.float32), plain.detach().numpy(), rtol=5e-3, atol=2e-3)
    assert half.dtype == mg.float16


def test_a_gradient_of_another_shape_is_refused():
    p = parameter(1.0, 2.0, 3.0)
    p.grad = mg.ones(3)
    p.data = mg.ones(2)
    for opt in (optim.SGD([p], lr=1.0), optim.Adam([p])):
        with pytest.raises(mg.errors.ShapeError, match=r"step: a parameter has shape \(2,\) but its gradient \(3,\)"):
            opt.step()
    p.grad = mg.ones(2)
    opt.state[p] = {"step": 1, "exp_avg": mg.ones(3), "exp_avg_sq": mg.ones(3)}
    with pytest.raises(mg.errors.ShapeError, match="the state of a parameter does not fit it"):
        opt.step()


def test_bad_arguments_are_named():
    p = parameter(1.0)
    for make, text in [
        (lambda: optim.SGD(p), "should be an iterable of Tensors or dicts"),
        (lambda: optim.SGD([]), "empty parameter list"),
        (lambda: optim.SGD([3]), "SGD: can only optimize Tensors, got int"),
        (lambda: optim.SGD([p * 2]), "non-leaf"),
        (lambda: optim.SGD([p], lr=-1), "SGD: lr must be at least 0, got -1"),
        (lambda: optim.Adam([p], lr=math.nan), "Adam: lr must be at least 0"),
        (lambda: optim.AdamW([p], betas=(0.9, 1.0)), r"AdamW: betas[1] must be in [0, 1), got 1.0"),
        (lambda: optim.SGD([p], nesterov=True), "Nesterov momentum requires"),
        (lambda: optim.SGD([p, p]), "twice"),
        (lambda: optim.SGD([{"params": [p]}, {"params": [p]}]), "more than one parameter group"),
        (lambda: optim.SGD([{"params": {p}}]), "fixed order"),
        (lambda: optim.SGD([mg.tensor([1])]), "floating-point"),
    ]:
        with pytest.raises((ValueError, TypeError)) as caught:
            make()
        assert text in str(caught.value)


def test_groups_closure_zero_grad_and_repr():
    p, q = parameter(1.0), parameter(1.0)
    opt = optim.SGD([{"params": p}, {"params": [q], "lr": 1.0}], lr=0.5)

    def closure():
        opt.zero_grad()
        loss = (p + q).sum()
        loss.backward()
        return loss

    with mg.no_grad():
        assert opt.step(closure).item() == 2.0
    assert p.item() == 0.5 and q.item() == 0.0
    opt.zero_grad(set_to_none=False)
    assert p.grad.item() == 0
    opt.zero_grad()
    assert p.grad is None
    assert repr(opt).startswith("SGD (\nParameter Group 0\n    dampening: 0\n")


def test_load_state_dict_checks_before_it_changes():
    p, q = parameter(1.0, 2.0), parameter(1.0)
    opt = optim.Adam([p, q])
    p.grad, q.grad = mg.ones(2), mg.ones(1)
    opt.step()
    state = opt.state_dict()
    with pytest.raises(ValueError, match="different number of parameter groups"):
        opt.load_state_dict({"state": {}, "param_groups": []})
    with pytest.raises(ValueError, match="size of optimizer's group"):
        optim.Adam([p]).load_state_dict(state)
    other = optim.Adam([parameter(1.0), parameter(1.0)], lr=5)
    with pytest.raises(ValueError, match=r"parameter 0: exp_avg has shape \(2,\), expected \(1,\)"):
        other.load_state_dict(state)
    assert not other.state and other.param_groups[0]["lr"] == 5


def test_a_network_learns():
    mg.manual_seed(0)
    rng = np.random.default_rng(0)
    x = mg.tensor(rng.uniform(-1, 1, (256, 2)).astype(np.float32))
    y = (x[:, 0] * x[:, 1] > 0).long()
    net = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))
    opt = optim.AdamW(net.parameters(), lr=0.05)
    schedule = sched.OneCycleLR(opt, 0.05, total_steps=150)
    for _ in range(150):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        opt.step()
        schedule.step()
    assert (net(x).argmax(1) == y).float().mean().item() > 0.97
