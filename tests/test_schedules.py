"""Learning-rate schedules and averages of weights: every schedule's rates against PyTorch's, over arguments drawn by Hypothesis.

Where PyTorch is not installed the schedules of `RECORDED` run against references/schedules.json, which
MINIGRAD_WRITE_REFERENCES=1 pytest tests/test_schedules.py writes.
"""

from __future__ import annotations

import json
import os
import warnings
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad import nn, optim
from minigrad.optim import lr_scheduler as sched
from minigrad.optim import swa_utils

REFERENCE = Path(__file__).parent / "references" / "schedules.json"
COUNT, GAMMA, RATE, FLAG = st.integers(1, 8), st.sampled_from([0.5, 0.9, 1.0]), st.sampled_from([0.0, 0.01, 0.2]), st.booleans()


class Half:
    """A callable object, whose attributes a state_dict keeps."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, count):
        self.calls += 1
        return 0.5**count


FUNCTIONS = {"decay": lambda n: 0.9**n, "inverse": lambda n: 1 / (n + 1), "wave": lambda n: 1 + 0.5 * (n % 3)}
FUNCTION = st.sampled_from(sorted(FUNCTIONS)).map(FUNCTIONS.__getitem__)

ARGUMENTS = {
    "LambdaLR": {"lr_lambda": st.one_of(FUNCTION, st.lists(FUNCTION, min_size=2, max_size=2))},
    "MultiplicativeLR": {"lr_lambda": FUNCTION},
    "StepLR": {"step_size": COUNT, "gamma": GAMMA},
    "MultiStepLR": {"milestones": st.lists(COUNT, max_size=4), "gamma": GAMMA},
    "ConstantLR": {"factor": st.sampled_from([0.25, 1.0]), "total_iters": COUNT},
    "LinearLR": {"start_factor": st.sampled_from([0.2, 1.0]), "end_factor": st.sampled_from([0.0, 0.7, 1.0]), "total_iters": COUNT},
    "ExponentialLR": {"gamma": GAMMA},
    "PolynomialLR": {"total_iters": COUNT, "power": st.sampled_from([1.0, 2.0, 0.5])},
    "CosineAnnealingLR": {"T_max": COUNT, "eta_min": RATE},
    "CosineAnnealingWarmRestarts": {"T_0": COUNT, "T_mult": st.integers(1, 3), "eta_min": RATE},
    "CyclicLR": {"base_lr": st.sampled_from([0.01, [0.02, 0.1]]), "max_lr": st.sampled_from([1.0, [0.5, 2.0]]), "step_size_up": COUNT,
                 "step_size_down": st.one_of(st.none(), COUNT), "mode": st.sampled_from(["triangular", "triangular2", "exp_range"]), "gamma": GAMMA,
                 "scale_fn": st.one_of(st.none(), FUNCTION), "scale_mode": st.sampled_from(["cycle", "iterations"]), "cycle_momentum": FLAG},
    "OneCycleLR": {"max_lr": st.sampled_from([1.0, [0.5, 2.0]]), "total_steps": st.integers(22, 40), "pct_start": st.sampled_from([0.3, 0.2]),
                   "anneal_strategy": st.sampled_from(["cos", "linear"]), "three_phase": FLAG, "cycle_momentum": FLAG,
                   "div_factor": st.sampled_from([25.0, 4.0])},
    "SWALR": {"swa_lr": st.sampled_from([0.05, [0.5, 0.01]]), "anneal_epochs": st.integers(0, 6), "anneal_strategy": st.sampled_from(["cos", "linear"])},
}  # fmt: skip

RECORDED = [
    ("StepLR", {"step_size": 4, "gamma": 0.5}),
    ("MultiStepLR", {"milestones": [2, 5, 5, 11], "gamma": 0.3}),
    ("ConstantLR", {"factor": 0.25, "total_iters": 3}),
    ("LinearLR", {"start_factor": 0.2, "end_factor": 0.7, "total_iters": 6}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("PolynomialLR", {"total_iters": 7, "power": 2.0}),
    ("CosineAnnealingLR", {"T_max": 5, "eta_min": 0.01}),
    ("CosineAnnealingWarmRestarts", {"T_0": 3, "T_mult": 2, "eta_min": 0.01}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": [1.0, 0.5], "step_size_up": 3, "step_size_down": 5, "mode": "triangular2"}),
    ("OneCycleLR", {"max_lr": [1.0, 0.5], "total_steps": 22}),
    ("OneCycleLR", {"max_lr": 1.0, "total_steps": 25, "three_phase": True, "anneal_strategy": "linear", "pct_start": 0.2}),
    ("SWALR", {"swa_lr": 0.05, "anneal_epochs": 4}),
]


def optimizer_of(lib, kind, tensor_lr=False):
    p, q = (lib.zeros(1, requires_grad=True) for _ in range(2))
    options = {"momentum": 0.9} if kind == "SGD" else {}
    lr = lib.tensor(0.1, dtype=lib.float64) if tensor_lr else 0.1
    return getattr(lib.optim, kind)([{"params": [p]}, {"params": [q], "lr": 0.3}], lr=lr, **options)


def schedule_of(lib, name, optimizer, **arguments):
    return getattr(lib.optim.swa_utils if name == "SWALR" else lib.optim.lr_scheduler, name)(optimizer, **arguments)


def rates(optimizer):
    return [[float(g["lr"]), g.get("momentum", 0), g.get("betas", (0,))[0]] for g in optimizer.param_groups]


def trace(optimizer, schedule, steps):
    result = []
    for _ in range(steps):
        result.append(rates(optimizer))
        assert schedule.get_last_lr() == [g["lr"] for g in optimizer.param_groups]
        optimizer.step()
        schedule.step()
    return [*result, rates(optimizer)]


def plain(state):
    """A state_dict without what cannot be compared."""
    return {k: np.asarray(v).tolist() if k in ("base_lrs", "_last_lr") else v for k, v in state.items()}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_rates_equal_pytorchs(name):
    torch = pytest.importorskip("torch")

    @settings(max_examples=max(8, settings.default.max_examples // 4), deadline=None)
    @given(arguments=st.fixed_dictionaries(ARGUMENTS[name]), kind=st.sampled_from(["SGD", "Adam"]), tensor_lr=FLAG)
    def check(arguments, kind, tensor_lr):
        a, b = optimizer_of(torch, kind, tensor_lr), optimizer_of(mg, kind, tensor_lr)
        theirs, ours = schedule_of(torch, name, a, **arguments), schedule_of(mg, name, b, **arguments)
        np.testing.assert_allclose(trace(b, ours, 12), trace(a, theirs, 12), rtol=1e-10, atol=1e-12)
        state, expected = plain(ours.state_dict()), plain(theirs.state_dict())
        assert set(state) - {"_is_initial"} == set(expected) - {"_is_initial", "_scale_fn_ref"}

        # On from a state that PyTorch has saved, in PyTorch and here; and from the count alone.
        groups = [{k: v for k, v in g.items() if k != "params"} for g in b.param_groups]
        for lib, saved in (torch, state), (mg, expected):
            optimizer = optimizer_of(lib, kind)
            schedule = schedule_of(lib, name, optimizer, **arguments)
            schedule.load_state_dict(dict(saved))
            for group, values in zip(optimizer.param_groups, groups, strict=True):
                group.update({k: float(v) if k == "lr" else v for k, v in values.items()})
            optimizer.step()
            schedule.step()
            if lib is torch:
                after = rates(optimizer)
        np.testing.assert_allclose(rates(optimizer), after, rtol=1e-10, atol=1e-12)
        resumed = []
        for lib in torch, mg:
            optimizer = optimizer_of(lib, kind)
            for group, values in zip(optimizer.param_groups, groups, strict=True):
                group.update({k: float(v) if "lr" in k else v for k, v in values.items()})
            resumed.append(trace(optimizer, schedule_of(lib, name, optimizer, **arguments, last_epoch=12), 5))
        np.testing.assert_allclose(resumed[1], resumed[0], rtol=1e-10, atol=1e-12)

    check()


@pytest.mark.parametrize("name", [n for n in ARGUMENTS if n not in ("LambdaLR", "MultiplicativeLR", "OneCycleLR", "CyclicLR", "SWALR")])
def test_closed_forms_equal_pytorchs(name):
    torch = pytest.importorskip("torch")

    @settings(max_examples=8, deadline=None)
    @given(arguments=st.fixed_dictionaries(ARGUMENTS[name]), epochs=st.lists(st.integers(0, 20), min_size=1, max_size=4))
    def check(arguments, epochs):
        traces = []
        for lib in torch, mg:
            optimizer = optimizer_of(lib, "SGD")
            schedule = schedule_of(lib, name, optimizer, **arguments)
            optimizer.step()
            traces.append([])
            for epoch in epochs:
                with nullcontext() if "Warm" in name else pytest.warns(UserWarning, match="The epoch parameter"):
                    schedule.step(epoch)
                traces[-1].append(rates(optimizer))
        np.testing.assert_allclose(traces[1], traces[0], rtol=1e-10, atol=1e-12)

    check()


def test_fractions_of_epochs_equal_pytorchs():
    torch = pytest.importorskip("torch")
    traces = []
    for lib in torch, mg:
        optimizer = optimizer_of(lib, "SGD")
        schedule = lib.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 3, T_mult=2)
        traces.append([(schedule.step(e), rates(optimizer))[1] for e in (0, 0.5, 2.75, 3.25, 9.5, 20.25)])
    np.testing.assert_allclose(traces[1], traces[0], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("case", range(len(RECORDED)), ids=[f"{name}-{i}" for i, (name, _) in enumerate(RECORDED)])
def test_rates_equal_the_recorded(case):
    name, arguments = RECORDED[case]

    def run(lib):
        optimizer = optimizer_of(lib, "SGD")
        return [
            [float(f"{v:.12g}") for row in step for v in row[:2]]
            for step in trace(optimizer, schedule_of(lib, name, optimizer, **arguments), 20)
        ]

    if os.environ.get("MINIGRAD_WRITE_REFERENCES"):
        known = json.loads(REFERENCE.read_text()) if REFERENCE.exists() else []
        known[case : case + 1] = [{"name": name, "arguments": arguments, "rates": run(pytest.importorskip("torch"))}]
        REFERENCE.write_text("[\n" + ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in known) + "\n]\n")
    recorded = json.loads(REFERENCE.read_text())[case]
    assert (recorded["name"], recorded["arguments"]) == (name, arguments), "write the references anew"
    np.testing.assert_allclose(run(mg), recorded["rates"], rtol=1e-10, atol=1e-12)


@pytest.mark.filterwarnings("ignore:Detected call")  # by making a sequence of sequences, in PyTorch too
def test_schedules_of_schedules_equal_pytorchs():
    torch = pytest.importorskip("torch")
    traces = []
    for lib in torch, mg:
        s = lib.optim.lr_scheduler

        def rate_one(lib=lib):
            return lib.optim.SGD([lib.zeros(1, requires_grad=True)], lr=1.0)

        def warm(opt, s=s):
            return s.SequentialLR(opt, [s.LinearLR(opt, 0.1, total_iters=3), s.MultiplicativeLR(opt, lambda n: 0.8)], [3])

        def long(opt, s=s, warm=warm):
            return s.SequentialLR(opt, [warm(opt), s.CosineAnnealingLR(opt, 6), s.CosineAnnealingWarmRestarts(opt, 2)], [5, 9])

        def chained(opt, s=s):
            return s.ChainedScheduler([s.ConstantLR(opt, 0.5, 4), s.StepLR(opt, 3, 0.1)])

        collected = []
        for make in warm, long, chained:
            opt = rate_one()
            schedule = make(opt)
            collected += trace(opt, schedule, 8)
            state = schedule.state_dict()
            opt = rate_one()
            schedule = make(opt)
            schedule.load_state_dict(state)
            opt.param_groups[0]["lr"] = schedule.get_last_lr()[0]
            collected += trace(opt, schedule, 8)
        traces.append(collected)
    np.testing.assert_allclose(traces[1], traces[0], rtol=1e-10)


@settings(max_examples=30, deadline=None)
@given(
    metrics=st.lists(st.sampled_from([1.0, 1.05, 2.0, 0.5, 3.0]), min_size=10, max_size=30),
    arguments=st.fixed_dictionaries({
        "mode": st.sampled_from(["min", "max"]), "factor": st.sampled_from([0.1, 0.5]), "patience": st.integers(0, 3),
        "threshold": st.sampled_from([1e-4, 0.1]), "threshold_mode": st.sampled_from(["rel", "abs"]), "cooldown": st.integers(0, 2),
        "min_lr": st.sampled_from([0, 0.05, [0.01, 0.2]]), "eps": st.sampled_from([1e-8, 0.05]),
    }),
)  # fmt: skip
def test_plateaus_equal_pytorchs(metrics, arguments):
    torch = pytest.importorskip("torch")
    traces, states = [], []
    for lib in torch, mg:
        optimizer = optimizer_of(lib, "SGD")
        schedule = lib.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **arguments)
        traces.append([(schedule.step(m), rates(optimizer))[1] for m in metrics])
        states.append(schedule.state_dict())
    assert traces[0] == traces[1] and states[0] == states[1]


def test_plateaus_and_groups_that_are_added():
    opt = optimizer_of(mg, "SGD")
    common, listed = sched.ReduceLROnPlateau(opt, patience=0), sched.ReduceLROnPlateau(opt, patience=0, min_lr=[0, 0])
    opt.add_param_group({"params": [mg.zeros(1, requires_grad=True)], "lr": 1.0})
    common.step(1.0), common.step(mg.tensor(2.0))
    assert opt.param_groups[2]["lr"] == pytest.approx(0.1)
    listed.step(1.0)
    with pytest.raises(RuntimeError, match="has 3 parameter groups now, but min_lrs 2 values"):
        listed.step(2.0)
    with pytest.warns(UserWarning, match="The epoch parameter"):
        common.step(1.0, 5)


# ---- errors and warnings ----


ERRORS = [
    (lambda o: sched.StepLR(3, 2), TypeError, "StepLR: expected an Optimizer, got int"),
    (lambda o: sched.StepLR(o, 0), ValueError, "StepLR: step_size must be at least 1, got 0"),
    (lambda o: sched.StepLR(o, 2, last_epoch=4), KeyError, r"'initial_lr' is not specified in param_groups\[0\]"),
    (lambda o: sched.LambdaLR(o, [lambda n: 1]), ValueError, "LambdaLR: expected 2 lr_lambdas, but got 1"),
    (lambda o: sched.MultiplicativeLR(o, 0.5), TypeError, "lr_lambda should be a function, but got float"),
    (lambda o: sched.ConstantLR(o, 2.0), ValueError, r"ConstantLR: factor must be in \[0, 1\], got 2.0"),
    (lambda o: sched.LinearLR(o, 0.0), ValueError, r"LinearLR: start_factor must be in \(0, 1\], got 0.0"),
    (lambda o: sched.LinearLR(o, end_factor=2), ValueError, r"LinearLR: end_factor must be in \[0, 1\], got 2"),
    (lambda o: sched.CosineAnnealingWarmRestarts(o, 0), ValueError, "Expected positive integer T_0, but got 0"),
    (lambda o: sched.CosineAnnealingWarmRestarts(o, 1, 0.5), ValueError, "Expected integer T_mult >= 1, but got 0.5"),
    (lambda o: sched.CosineAnnealingWarmRestarts(o, 1, eta_min="0"), ValueError, "Expected float or int eta_min, but got 0 of type str"),
    (lambda o: sched.CosineAnnealingWarmRestarts(o, 1).step(-1), ValueError, "Expected non-negative epoch, but got -1"),
    (lambda o: sched.CyclicLR(o, 0.1, [1.0]), ValueError, "CyclicLR: expected 2 values for max_lr, got 1"),
    (lambda o: sched.CyclicLR(o, 0.1, 1.0, mode="sine"), ValueError, "CyclicLR: mode must be 'triangular', 'triangular2' or 'exp_range'"),
    (lambda o: sched.CyclicLR(o, 0.1, 1.0, 0), ValueError, "step_size_up and step_size_down must be positive, got 0 and None"),
    (lambda o: sched.CyclicLR(optim.Rprop(o.param_groups[0]["params"]), 0.1, 1.0), ValueError, "must support momentum or beta1"),
    (lambda o: sched.OneCycleLR(o, 1.0), ValueError, "total_steps OR"),
    (lambda o: sched.OneCycleLR(o, 1.0, total_steps=-1), ValueError, "Expected positive integer total_steps, but got -1"),
    (lambda o: sched.OneCycleLR(o, 1.0, epochs=2, steps_per_epoch=0), ValueError, "Expected positive integer steps_per_epoch, but got 0"),
    (lambda o: sched.OneCycleLR(o, 1.0, total_steps=9, pct_start=2.0), ValueError, "between 0 and 1 pct_start, but got 2.0"),
    (lambda o: sched.OneCycleLR(o, 1.0, total_steps=9, anneal_strategy="x"), ValueError, "one of 'cos' or 'linear', instead got x"),
    (lambda o: sched.SequentialLR(o, [], []), ValueError, "SequentialLR expects at least one scheduler"),
    (lambda o: sched.SequentialLR(o, [sched.StepLR(o, 1)], [3]), ValueError, "one scheduler more than milestones, got 1 and 1"),
    (lambda o: sched.SequentialLR(o, [sched.ReduceLROnPlateau(o)], []), ValueError, "does not support `ReduceLROnPlateau`"),
    (lambda o: sched.SequentialLR(o, [sched.StepLR(optimizer_of(mg, "SGD"), 1)], []), ValueError, "belong to the same optimizer"),
    (lambda o: sched.ChainedScheduler([3], o), TypeError, "ChainedScheduler: expected schedulers, got int at index 0"),
    (lambda o: sched.ReduceLROnPlateau(o, factor=1.0), ValueError, "ReduceLROnPlateau: factor must be less than 1, got 1.0"),
    (lambda o: sched.ReduceLROnPlateau(o, mode="up"), ValueError, "mode up is unknown!"),
    (lambda o: sched.ReduceLROnPlateau(o, min_lr=[0]), ValueError, "expected 2 values for min_lr, got 1"),
    (lambda o: swa_utils.SWALR(o, 0.1, anneal_epochs=-1), ValueError, "anneal_epochs must be equal or greater than 0, got -1"),
    (lambda o: swa_utils.SWALR(o, 0.1, anneal_strategy="x"), ValueError, "one of 'cos' or 'linear', instead got x"),
    (lambda o: swa_utils.get_ema_avg_fn(1.5), ValueError, r"get_ema_avg_fn: decay must be in \[0, 1\], got 1.5"),
    (lambda o: swa_utils.AveragedModel(nn.Linear(1, 1), avg_fn=max, multi_avg_fn=max), ValueError, "only one of avg_fn and multi_avg_fn"),
]


@pytest.mark.parametrize("make, kind, text", ERRORS, ids=[str(i) for i in range(len(ERRORS))])
def test_errors(make, kind, text):
    with pytest.raises(kind, match=text):
        make(optimizer_of(mg, "SGD"))


def test_a_factor_of_nothing_ends_too():
    opt = optimizer_of(mg, "SGD")
    assert [step[0][0] for step in trace(opt, sched.ConstantLR(opt, 0.0, 2), 3)] == [0.0, 0.0, 0.1, 0.1]


def test_one_cycle_ends():
    opt = optimizer_of(mg, "Adam")
    schedule = sched.OneCycleLR(opt, 1.0, total_steps=2)
    opt.step()
    schedule.step(), schedule.step()
    with pytest.raises(ValueError, match="Tried to step 3 times"):
        schedule.step()


def test_warnings():
    opt = optimizer_of(mg, "SGD")
    schedule = sched.StepLR(opt, 2)
    with pytest.warns(UserWarning, match=r"before `optimizer.step\(\)`"):
        schedule.step()
    with pytest.warns(UserWarning, match=r"please use `get_last_lr\(\)`"):
        schedule.get_lr()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        opt.step()
        sched.ExponentialLR(opt, 0.5).step()


def test_the_state_of_callable_objects():
    opt = optimizer_of(mg, "SGD")
    schedule = sched.LambdaLR(opt, [Half(), lambda n: 1.0])
    opt.step()
    schedule.step()
    state = schedule.state_dict()
    assert state["lr_lambdas"] == [{"calls": 2}, None]
    other = sched.LambdaLR(optimizer_of(mg, "SGD"), [Half(), lambda n: 1.0])
    other.load_state_dict(state)
    assert other.lr_lambdas[0].calls == 2 and other.last_epoch == 1


def test_a_schedule_written_for_pytorch():
    class Falling(sched._LRScheduler):
        def get_lr(self):
            if not self._get_lr_called_within_step:
                warnings.warn("outside", stacklevel=2)
            return [base / (1 + self.last_epoch) for base in self.base_lrs]

        def _get_closed_form_lr(self):
            return [base * 100 for base in self.base_lrs]

    opt = optim.SGD([mg.zeros(1, requires_grad=True)], lr=1.0)
    schedule = Falling(opt)
    opt.step(), schedule.step()
    assert schedule.get_last_lr() == [0.5]
    with pytest.warns(UserWarning, match="The epoch parameter"):
        schedule.step(3)
    assert opt.param_groups[0]["lr"] == 100.0


# ---- averages of weights ----


def models(lib):
    values = np.random.default_rng(0)
    net = lib.nn.Sequential(lib.nn.Linear(3, 4), lib.nn.BatchNorm1d(4), lib.nn.Linear(4, 1, bias=False))
    x = lib.tensor(values.standard_normal((6, 3)).astype(np.float32))

    def move():
        with lib.no_grad():
            for p in net.parameters():
                p.copy_(lib.tensor(values.standard_normal(tuple(p.shape)).astype(np.float32)))
        net(x)
        return net

    return move(), move, x


@pytest.mark.parametrize("use_buffers", [False, True])
@pytest.mark.parametrize("average", ["default", "swa", "ema", "swa_multi", "ema_multi"])
def test_averaged_models_equal_pytorchs(average, use_buffers):
    torch = pytest.importorskip("torch")
    results = []
    for lib in torch, mg:
        swa = lib.optim.swa_utils
        options = {
            "default": {}, "swa": {"avg_fn": swa.get_swa_avg_fn()}, "ema": {"avg_fn": swa.get_ema_avg_fn(0.8)},
            "swa_multi": {"multi_avg_fn": swa.get_swa_multi_avg_fn()}, "ema_multi": {"multi_avg_fn": swa.get_ema_multi_avg_fn(0.8)},
        }[average]  # fmt: skip
        net, move, x = models(lib)
        if use_buffers and average == "swa_multi":  # an integer mean, which PyTorch refuses
            net[1].num_batches_tracked = lib.tensor(1.0)
        averaged = swa.AveragedModel(net, use_buffers=use_buffers, **options)
        for _ in range(4):
            averaged.update_parameters(move())
        state = {k: v.numpy().copy() for k, v in averaged.state_dict().items()}
        swa.update_bn([x, (x * 2, None)], averaged)
        averaged.eval()
        results.append((state, averaged(x).detach().numpy(), {k: v.numpy() for k, v in averaged.state_dict().items()}))
    for theirs, ours in zip(*results, strict=True):
        if isinstance(theirs, dict):
            assert list(theirs) == list(ours)
            for key, value in theirs.items():
                np.testing.assert_allclose(ours[key], value, rtol=1e-4, atol=1e-5, err_msg=key)
        else:
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_update_bn_puts_things_back():
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3, momentum=0.3)).eval()

    def loader():
        yield mg.ones(4, 2)
        raise OSError("no more")

    with pytest.raises(OSError):
        swa_utils.update_bn(loader(), net)
    assert net[1].momentum == 0.3 and not net.training and not net[1].training
    plain_net = nn.Linear(2, 2)
    swa_utils.update_bn(loader(), plain_net)  # nothing to do: the loader is not touched


def test_a_saved_average_goes_on():
    net = nn.Linear(1, 1)
    averaged, other = swa_utils.AveragedModel(net), swa_utils.AveragedModel(net)
    for value in 1.0, 3.0:
        nn.init.constant_(net.weight, value)
        averaged.update_parameters(net)
    other.load_state_dict(averaged.state_dict())
    nn.init.constant_(net.weight, 8.0)
    other.update_parameters(net)
    assert other.module.weight.item() == pytest.approx(4.0) and other.n_averaged.item() == 3
