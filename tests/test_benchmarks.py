"""The benchmarks run, compare before they time, and say who cannot take part. No time is asserted: that is for the benchmarks themselves."""

from __future__ import annotations

import json
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
if not (ROOT / "benchmarks").is_dir():
    pytest.skip("the benchmarks live in a checkout", allow_module_level=True)
sys.path.insert(0, str(ROOT))

import minigrad as mg
from benchmarks import cases, report, runner, wire
from benchmarks.networks import DEMO, NETWORKS
from benchmarks.peers.torchlike import NetworkRun
from minigrad.cli.networks import cnn
from minigrad.registry import OPS


def bench(*args):
    return subprocess.run([sys.executable, "-m", "benchmarks", *args], cwd=ROOT, capture_output=True, text=True, timeout=300)


def test_end_to_end(tmp_path):
    out = tmp_path / "results.json"
    done = bench("--quick", "--ops", "--filter", "mul 16 ,linear", "--peers", "numpy", "--out", str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(out.read_text())
    by_name = {r["case"]: r for r in found["results"]}
    forward, backward = by_name["mul 16 forward"], by_name["mul 16 forward+backward"]
    assert forward["timings"]["numpy"]["status"] == "ok" and forward["ratios"]["numpy"]["median"] > 0
    assert len(forward["timings"]["minigrad"]["seconds"]) == 3
    assert backward["timings"]["numpy"]["status"] == "lacks"
    assert by_name["linear 64x784x128 forward"]["timings"]["minigrad"]["status"] == "ok"
    assert found["machine"]["commit"] and "numpy" in found["versions"]


def test_every_op_has_a_case():
    assert set(OPS) == {c.op for c in cases.select([], True, False, False) if c.kind == "op"}


def test_all_cases_can_be_sent():
    for case in cases.select([], True, True, False):
        pipe = BytesIO()
        wire.send(pipe, {"case": case.message()})
        pipe.seek(0)
        got = wire.receive(pipe)["case"]
        assert got["op"] == case.op and len(got["arrays"]) == len(case.arrays)


def test_words_choose():
    assert {c.op for c in cases.select(["add"], True, True, False)} == {"add"}
    assert {c.kind for c in cases.select(["mlp 784"], True, True, False)} == {"network"}
    assert bench("--filter", "no-such-case").returncode == 2
    assert bench("--peers", "abacus").returncode == 2


def test_a_missing_peer_is_reported():
    case = cases.select(["mul 16 "], True, False, False)[0]
    results, versions = runner.run([case], {"abacus": sys.executable}, 1, 1, 1e-4, lambda *_: None)
    assert results[0].timings["abacus"].status == "missing" and "missing" in versions["abacus"]
    assert "missing" in report.line(results[0], ["abacus"])


def test_a_difference_is_found():
    case = cases.Case("x", "add")
    a = np.ones(3, np.float32)
    assert not runner.difference([a], [a + 1e-6], case)
    assert "differs" in runner.difference([a], [a + 1e-2], case)
    assert "differs" in runner.difference([a], [a * np.nan], case)
    assert "shape" in runner.difference([a], [a[:2]], case)
    assert "outputs" in runner.difference([a], [a, a], case)


def test_a_goal_is_against_a_peer():
    case = cases.Case("x", "add", goals={"torch": 2.0, "jax": 1.0, "tinygrad": 1.0})
    timings = {"minigrad": [1.0, 1.0], "torch": [1.9, 1.9], "jax": [1.1, 1.1], "numpy": [0.5, 0.5]}
    result = runner.Result(case, 1, {name: runner.Timing(seconds=seconds) for name, seconds in timings.items()})
    assert report.reached(result) == {"torch": False, "jax": True}
    assert report.verdict(result) == "BELOW 2 torch, ok 1 jax"


def test_demo_network_is_the_demo():
    want = {k: v.shape for k, v in cnn().named_parameters()}
    network = next(n for n in NETWORKS.values() if n.layers == DEMO and n.optimizer)
    assert {k: v.shape for k, v in network.parameters().items()} == want


@pytest.mark.parametrize("network", NETWORKS.values(), ids=lambda n: n.name)
def test_networks_have_the_parameters_that_they_name(network):
    made = dict(NetworkRun(mg, network).build().named_parameters())
    assert {k: v.shape for k, v in made.items()} == {k: v.shape for k, v in network.parameters().items()}
