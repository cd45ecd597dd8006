"""Every optimizer against PyTorch: 100 steps from the same state, over options drawn by Hypothesis, and on from each other's state.

Where PyTorch is not installed the cases of `RECORDED` run against the values in references/optim.json, which
MINIGRAD_WRITE_REFERENCES=1 pytest tests/test_optim_trajectories.py writes.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from optim_cases import COMPLEX, NESTEROV, OPTIONS, RECORDED, Problem

import minigrad as mg
from minigrad import optim

REFERENCE = Path(__file__).parent / "references" / "optim.json"
CHECKED = (1, 10, 100)  # steps after which a trajectory is recorded
DRAWS = settings.default.max_examples

# Rounding grows along a trajectory: the figures are relative to the size of the parameters, which climb where `maximize`.
TOLERANCE = {"float32": 1e-5, "float64": 1e-10, "complex64": 1e-5, "complex128": 1e-10}
# Muon rounds to bfloat16, where the order of a sum can decide to which side: after that two trajectories differ by a share of a step.
ROUNDED = {"Muon": 0.02}


def run(lib, optimizers, name, options, dtype, steps, seed=0):
    problem = Problem(lib, name, dtype, seed)
    optimizer = getattr(optimizers, name)(problem.groups(), **options)
    for _ in range(steps):
        problem.step(optimizer)
    return problem, optimizer


def close(ours, theirs, tolerance):
    scale = max(1.0, np.abs(theirs).max())
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance * scale)


def converted(lib, value):
    """A state_dict of one library with the tensors of the other."""
    if hasattr(value, "detach"):
        return lib.tensor(value.detach().numpy())
    if isinstance(value, dict):
        return {k: converted(lib, v) for k, v in value.items()}
    return [converted(lib, v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", OPTIONS)
def test_trajectories_equal_pytorchs(name):
    torch = pytest.importorskip("torch")

    @settings(max_examples=max(6, DRAWS // 12), deadline=None)
    @given(
        options=st.fixed_dictionaries({}, optional=OPTIONS[name]),
        dtype=st.sampled_from(sorted(TOLERANCE) if name in COMPLEX else ["float32", "float64"]),
        seed=st.integers(0, 99),
    )
    def check(options, dtype, seed):
        theirs, optimizer_t = run(torch, torch.optim, name, options, dtype, 60, seed)
        ours, optimizer = run(mg, optim, name, options, dtype, 60, seed)
        tolerance = ROUNDED.get(name, TOLERANCE[dtype])
        close(ours.values(), theirs.values(), tolerance)

        a, b = optimizer_t.state_dict(), optimizer.state_dict()
        assert a["param_groups"] == b["param_groups"]
        assert a["state"].keys() == b["state"].keys()
        for i in a["state"]:
            assert set(a["state"][i]) == set(b["state"][i])
            for key, value in a["state"][i].items():
                assert b["state"][i][key].numpy().dtype == value.numpy().dtype
                close(b["state"][i][key].numpy(), value.numpy(), 10 * tolerance)

        # Each goes on from the other's state.
        optimizer_t = getattr(torch.optim, name)(theirs.groups(), lr=1.0)
        optimizer = getattr(optim, name)(ours.groups(), lr=1.0)
        optimizer_t.load_state_dict(converted(torch, b))
        optimizer.load_state_dict(a)
        for _ in range(40):
            theirs.step(optimizer_t), ours.step(optimizer)
        close(ours.values(), theirs.values(), 3 * tolerance)

    if name == "SGD":
        check = example(options=NESTEROV, dtype="float32", seed=0)(check)
    check()


@pytest.mark.parametrize("case", range(len(RECORDED)), ids=[f"{name}-{i}" for i, (name, _) in enumerate(RECORDED)])
def test_trajectories_equal_the_recorded(case):
    name, options = RECORDED[case]
    if os.environ.get("MINIGRAD_WRITE_REFERENCES"):
        _record(case)
    recorded = json.loads(REFERENCE.read_text())[case]
    assert recorded["name"] == name and recorded["options"] == json.loads(json.dumps(options)), "write the references anew"
    for dtype in "float32", "float64":
        for steps, values in zip(CHECKED, recorded["values"], strict=True):
            problem, _ = run(mg, optim, name, options, dtype, steps)
            # 11 digits are recorded. A float32 problem begins from, and is pulled by, rounded numbers: that is all that differs.
            close(problem.values(), np.array(values), ROUNDED.get(name, 1e-10 if dtype == "float64" else 1e-4))


def _record(case):
    torch = pytest.importorskip("torch")
    known = json.loads(REFERENCE.read_text()) if REFERENCE.exists() else []
    name, options = RECORDED[case]
    values = [
        [float(f"{v:.11g}") for v in run(torch, torch.optim, name, options, "float64", steps)[0].values().tolist()] for steps in CHECKED
    ]
    known[case : case + 1] = [{"name": name, "options": options, "values": values}]
    REFERENCE.write_text("[\n" + ",\n".join(json.dumps(entry) for entry in known) + "\n]\n")


def test_muon_rounds_as_pytorch_does():
    torch = pytest.importorskip("torch")
    from torch.optim._muon import _zeropower_via_newtonschulz

    from minigrad.optim.muon import orthogonalized

    constants = ((3.4445, -4.775, 2.0315), 5, 1e-7)
    equal = 0
    for seed in range(30):
        matrix = np.random.default_rng(seed).standard_normal((3 + seed % 5, 4)).astype(np.float32)
        ours = orthogonalized(mg.tensor(matrix), *constants).numpy()
        equal += np.array_equal(ours, _zeropower_via_newtonschulz(torch.tensor(matrix), *constants).float().numpy())
        values = np.linalg.svd(ours, compute_uv=False)
        assert values.max() < 1.3 and np.median(values) > 0.6
    assert equal > 20  # but for sums that fall just between two values of bfloat16
