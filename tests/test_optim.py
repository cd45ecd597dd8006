"""Optimizers and schedules: steps by hand, and whole trajectories against PyTorch where it is installed."""

from __future__ import annotations

import math
import warnings

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


# ---- against PyTorch ----

OPTIMIZERS = [
    ("SGD", {"lr": 0.05}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "dampening": 0.1, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.002, "momentum": 0.9, "nesterov": True, "maximize": True}),  # uphill: errors grow with the loss
    ("Adam", {"lr": 0.01}),
    ("Adam", {"lr": 0.01, "betas": (0.8, 0.95), "weight_decay": 0.1, "amsgrad": True}),
    ("Adam", {"lr": 0.01, "maximize": True, "eps": 1e-4}),
    ("AdamW", {"lr": 0.01}),
    ("AdamW", {"lr": 0.01, "weight_decay": 0.2, "amsgrad": True}),
]


def _problem(lib, modules):
    rng = np.random.default_rng(0)
    net = modules.Sequential(modules.Linear(4, 5), modules.Tanh(), modules.Linear(5, 2))
    for p in net.parameters():
        p.data = lib.tensor(rng.standard_normal(tuple(p.shape)).astype(np.float32))
    x, y = (lib.tensor(rng.standard_normal(s).astype(np.float32)) for s in ((8, 4), (8, 2)))

    def step(opt):
        opt.zero_grad()
        ((net(x) - y) ** 2).mean().backward()
        opt.step()

    return net, step


def _compare(a, b, rtol=1e-4):
    for p, q in zip(a.parameters(), b.parameters(), strict=True):
        np.testing.assert_allclose(q.detach().numpy(), p.detach().numpy(), rtol=rtol, atol=1e-5)


def _as(lib, value):
    """A state_dict of one library with the tensors of the other."""
    if hasattr(value, "detach"):
        return lib.tensor(value.detach().numpy())
    if isinstance(value, dict):
        return {k: _as(lib, v) for k, v in value.items()}
    return [_as(lib, v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name, kwargs", OPTIMIZERS, ids=[f"{n}-{i}" for i, (n, _) in enumerate(OPTIMIZERS)])
def test_trajectory_and_state_equal_pytorchs(name, kwargs):
    torch = pytest.importorskip("torch")
    (net_t, step_t), (net, step) = _problem(torch, torch.nn), _problem(mg, nn)
    theirs, ours = getattr(torch.optim, name)(net_t.parameters(), **kwargs), getattr(optim, name)(net.parameters(), **kwargs)
    assert repr(theirs) == repr(ours)
    for _ in range(50):
        step_t(theirs), step(ours)
    _compare(net_t, net)

    a, b = theirs.state_dict(), ours.state_dict()
    assert a["param_groups"] == b["param_groups"]
    assert a["state"].keys() == b["state"].keys()
    for i in a["state"]:
        assert list(a["state"][i]) == list(b["state"][i])
        for key, value in a["state"][i].items():
            np.testing.assert_allclose(b["state"][i][key].numpy(), value.numpy(), rtol=1e-3, atol=1e-5, err_msg=key)
            assert b["state"][i][key].numpy().dtype == value.numpy().dtype

    # Each goes on from the other's state.
    theirs2, ours2 = getattr(torch.optim, name)(net_t.parameters(), lr=1.0), getattr(optim, name)(net.parameters(), lr=1.0)
    theirs2.load_state_dict(_as(torch, b))
    ours2.load_state_dict(a)
    for _ in range(20):
        step_t(theirs2), step(ours2)
    _compare(net_t, net)


SCHEDULES = [
    ("LambdaLR", lambda lib: ([lambda n: 0.9**n, lambda n: 1 / (n + 1)],), {}),
    ("MultiplicativeLR", lambda lib: (lambda n: 0.9,), {}),
    ("StepLR", lambda lib: (4,), {"gamma": 0.5}),
    ("MultiStepLR", lambda lib: ([2, 5, 5, 11],), {"gamma": 0.3}),
    ("ConstantLR", lambda lib: (), {"factor": 0.25, "total_iters": 3}),
    ("LinearLR", lambda lib: (), {"start_factor": 0.2, "end_factor": 0.7, "total_iters": 6}),
    ("ExponentialLR", lambda lib: (0.9,), {}),
    ("PolynomialLR", lambda lib: (), {"total_iters": 7, "power": 2.0}),
    ("CosineAnnealingLR", lambda lib: (5,), {"eta_min": 0.01}),
    ("CosineAnnealingWarmRestarts", lambda lib: (3,), {"T_mult": 2, "eta_min": 0.01}),
    ("OneCycleLR", lambda lib: ([1.0, 0.5],), {"total_steps": 20}),
    (
        "OneCycleLR",
        lambda lib: (1.0,),
        {"epochs": 5, "steps_per_epoch": 4, "three_phase": True, "anneal_strategy": "linear", "pct_start": 0.2},
    ),
]


@pytest.mark.parametrize("name, args, kwargs", SCHEDULES, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(SCHEDULES)])
@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_schedule_equals_pytorchs(name, args, kwargs, optimizer):
    torch = pytest.importorskip("torch")
    traces = []
    for lib, opts in ((torch, torch.optim), (mg, optim)):
        p, q = (lib.zeros(1, requires_grad=True) for _ in range(2))
        extra = {"momentum": 0.9} if optimizer == "SGD" else {}
        opt = getattr(opts, optimizer)([{"params": [p]}, {"params": [q], "lr": 0.3}], lr=0.1, **extra)
        schedule = getattr(opts.lr_scheduler, name)(opt, *args(lib), **kwargs)
        trace = []
        for i in range(19):
            trace += [(g["lr"], g.get("momentum"), g.get("betas")) for g in opt.param_groups]
            assert schedule.get_last_lr() == [g["lr"] for g in opt.param_groups]
            opt.step()
            schedule.step()
            if i == 9 and name != "MultiplicativeLR":  # on from a saved state
                state, resumed = (schedule.state_dict(), [dict(g) for g in opt.param_groups])
                schedule = getattr(opts.lr_scheduler, name)(opt, *args(lib), **kwargs)
                schedule.load_state_dict(state)
                for group, saved in zip(opt.param_groups, resumed, strict=True):
                    group.update(saved)
        traces.append(trace)
    for a, b in zip(*traces, strict=True):
        assert a[0] == pytest.approx(b[0], rel=1e-12, abs=1e-15) and a[1] == pytest.approx(b[1]) and a[2] == pytest.approx(b[2])


def test_chained_schedules_equal_pytorchs():
    torch = pytest.importorskip("torch")
    traces = []
    for lib, opts in ((torch, torch.optim), (mg, optim)):
        s = opts.lr_scheduler
        opt = opts.SGD([lib.zeros(1, requires_grad=True)], lr=1.0)
        inner = s.SequentialLR(opt, [s.LinearLR(opt, 0.1, total_iters=3), s.ExponentialLR(opt, 0.8), s.CosineAnnealingLR(opt, 6)], [3, 7])
        trace = []
        for _ in range(15):
            trace.append(opt.param_groups[0]["lr"])
            opt.step()
            inner.step()
        opt = opts.SGD([lib.zeros(1, requires_grad=True)], lr=1.0)
        chain = s.ChainedScheduler([s.ConstantLR(opt, 0.5, 4), s.StepLR(opt, 3, 0.1)])
        for _ in range(9):
            trace.append(opt.param_groups[0]["lr"])
            opt.step()
            chain.step()
        opt = opts.SGD([lib.zeros(1, requires_grad=True)], lr=1.0)
        plateau = s.ReduceLROnPlateau(opt, mode="max", factor=0.5, patience=2, cooldown=1, min_lr=0.05, threshold_mode="abs", threshold=0.1)
        for metric in [1, 1.05, 2, 2, 2, 2, 1, 1, 1, 1, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3]:
            plateau.step(metric)
            trace.append(opt.param_groups[0]["lr"])
        traces.append(trace)
    np.testing.assert_allclose(traces[1], traces[0], rtol=1e-12)


def test_schedule_errors_and_warnings():
    opt = optim.SGD([parameter(1.0)], lr=1.0)
    schedule = sched.StepLR(opt, 2)
    with pytest.warns(UserWarning, match=r"before `optimizer.step\(\)`"):
        schedule.step()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        opt.step()
        sched.ExponentialLR(opt, 0.5).step()
    short = sched.OneCycleLR(optim.Adam([parameter(1.0)]), 1.0, total_steps=2)
    short.optimizer.step()
    short.step(), short.step()
    with pytest.raises(ValueError, match="Tried to step 3 times"):
        short.step()
    with pytest.raises(ValueError, match="total_steps OR"):
        sched.OneCycleLR(opt, 1.0)
    with pytest.raises(TypeError, match="StepLR: expected an Optimizer, got int"):
        sched.StepLR(3, 2)
    with pytest.raises(KeyError, match="initial_lr"):
        sched.StepLR(optim.SGD([parameter(1.0)]), 2, last_epoch=4)
    with pytest.raises(ValueError, match="expected 1 lr_lambdas, but got 2"):
        sched.LambdaLR(opt, [lambda n: 1, lambda n: 1])


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
