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
from benchmarks import cases, history, memory, pages, report, roofline, runner, scaling, wire
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
    assert 0 <= found["machine"]["stolen"] < 1


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
    assert "whole tables" in bench("--docs", "--quick").stderr


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


# ---- histories and comparisons ----


def a_run(commit="abc", **ratios):
    """One case; each peer's ratio as median, lower and upper quartile."""
    machine = {
        "processor": "Maker(R) Thing(TM) CPU 7 @ 2.0GHz",
        "cores": 2,
        "commit": commit,
        "date": "today",
        "load": 0.1,
        "python": "3.12",
    }
    timings = {"minigrad": {"status": "ok", "median": 1e-6}}
    ratios = {peer: dict(zip(("median", "q25", "q75"), r)) for peer, r in ratios.items()}
    return {"machine": machine, "rounds": 9, "results": [{"case": "x", "threads": 1, "timings": timings, "ratios": ratios}]}


def test_a_history_is_kept_and_found(tmp_path):
    for commit in ("abc", "def"):
        path = history.record(a_run(commit, torch=(2.0, 1.9, 2.1)), tmp_path)
    assert path.name == "maker-thing-7-2-cores.jsonl"
    for text, commit in ((f"{path}", "def"), (f"{path}:-2", "abc"), (f"{path}:0", "abc"), (f"{path}:ab", "abc")):
        run = history.load(text)
        assert run["machine"]["commit"] == commit and run["results"][0]["ratios"]["torch"]["median"] == 2.0
    with pytest.raises(ValueError, match="none of them"):
        history.load(f"{path}:xyz")


@pytest.mark.parametrize(
    "new, said",
    [
        ((2.5, 2.4, 2.6), "faster"),
        ((1.5, 1.4, 1.6), "SLOWER"),
        ((2.5, 1.9, 3.0), ""),  # quartiles that overlap say nothing
        ((2.04, 2.03, 2.05), ""),  # sure, but not worth a word
    ],
)
def test_a_change_counts_where_it_is_sure(new, said):
    lines, slower = history.compare(a_run(torch=(2.0, 1.99, 2.02)), a_run(torch=new, jax=(1.0, 1.0, 1.0)))
    (row,) = (line for line in lines if line.startswith("x "))
    assert row.endswith(said or f"{new[0] / 2:.2f}") and slower == (said == "SLOWER")


def test_runs_without_a_common_peer_are_not_compared():
    lines, slower = history.compare(a_run(torch=(2.0, 2.0, 2.0)), a_run(jax=(1.0, 1.0, 1.0)))
    assert "no case" in lines[-1] and not slower


# ---- roofline, threads, memory, pages ----


def test_roof_is_the_longer_of_two_times():
    machine = roofline.Machine(100.0, {1000: 200.0, 100000: 20.0})
    assert machine.bandwidth(10) == 200 and machine.bandwidth(1e9) == 20 and machine.bandwidth(10000) == pytest.approx(110)
    assert machine.least_seconds(1e9, 1000) == pytest.approx(0.01)
    assert machine.least_seconds(None, 100000) == pytest.approx(5e-6)
    result = runner.Result(cases.Case("x", "add", flops=1e6), 1, {"minigrad": runner.Timing(seconds=[2e-5])}, bytes=1000)
    assert roofline.share(machine, result) == pytest.approx(0.5)
    assert "50 % of the roof" in roofline.table(machine, [result])[0]


def test_probe_of_the_machine():
    machine = roofline.measure()
    if machine is None:
        pytest.skip("no C compiler")
    assert machine.flops > 0 and all(rate > 0 for rate in machine.bytes.values())


def test_scaling_by_the_ratios_of_rounds():
    case = cases.Case("x", "add", scales=1.8)
    seconds = {"minigrad": ([2.0, 2.0, 4.0], [1.0, 1.0, 2.0]), "torch": ([1.0, 1.0, 1.0], [2.0, 4.0, 3.0])}
    quiet, busy = (scaling.Scaling(case, 2, busy, seconds) for busy in (False, True))
    assert quiet.ratio("minigrad")[0] == 2 and quiet.met and busy.ratio("torch")[0] == 3
    assert busy.goal == scaling.NEIGHBOUR_GOAL and busy.met
    assert not scaling.Scaling(case, 2, True, {"minigrad": seconds["torch"]}).met
    assert "ok 1.8" in scaling.line(quiet) and "| x | 2.00 | 0.33 | 1.8 |" in pages.scaled([quiet])


def test_memory_of_steps():
    network = next(name for name, n in NETWORKS.items() if n.optimizer)
    found = memory.ask("minigrad", sys.executable, network, 20)
    if found is None and not Path("/proc/self/status").exists():
        pytest.skip("no /proc on this system")
    assert 0 < found.built <= found.peak
    assert memory.ask("abacus", sys.executable, network, 20) is None


def test_pages_are_written_between_their_marks(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{pages.BEGIN}\nold\n{pages.END}\nafter\n")
    pages.write(page, "new\n")
    assert page.read_text() == f"before\n{pages.BEGIN}\nnew\n{pages.END}\nafter\n"
    page.write_text("no marks")
    with pytest.raises(ValueError, match="no place"):
        pages.write(page, "new\n")
    for name in ("README.md", "docs/benchmarks.md"):
        assert (ROOT / name).read_text().count(pages.BEGIN) == 1


def test_pages_say_what_is_below_its_goal():
    timings = {"minigrad": [1e-3, 1e-3], "torch": [1.5e-3, 1.5e-3], "jax": [3e-3, 3e-3]}
    timings = {name: runner.Timing(seconds=seconds) for name, seconds in timings.items()}
    result = runner.Result(cases.Case("x", "add", goals={"torch": 2.0, "jax": 1.0}), 1, timings)
    assert "| x | 1 ms |  | 1.50, below | 3.00 | 2 torch, 1 jax |" in pages.ratios([result], ["torch", "jax"], 1)


def test_scaling_waits_for_the_host(monkeypatch):
    """Of the runs that the host disturbed the least disturbed counts, and none after one that it left alone."""
    monkeypatch.setattr(scaling, "PAUSE", 0)

    def timed(stolen: list[int]) -> tuple[float, int]:
        ticks, runs = iter(np.cumsum([x for pair in zip([0] * len(stolen), stolen) for x in pair])), []
        monkeypatch.setattr(scaling, "processor_time", lambda: (0, int(next(ticks))))

        def run() -> float:
            runs.append(None)
            return float(len(runs))

        return scaling.undisturbed(run), len(runs)

    assert timed([0]) == (1, 1)
    assert timed([3, 0, 9]) == (2, 2)
    assert timed([3, 2, 1, 2]) == (3, 4)
