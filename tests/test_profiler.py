"""The profiler: what it counts, and that it leaves things as they were."""

from __future__ import annotations

import json
import threading

import pytest

import minigrad as mg
from minigrad import nn
from minigrad.profiler import EventList, profile, record_function, schedule


def net_step():
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 3))
    optimizer = mg.optim.Adam(net.parameters())
    x, t = mg.randn(5, 1, 8, 8), mg.tensor([0, 1, 2, 0, 1])

    def step():
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), t).backward()
        optimizer.step()

    return step


def test_counts_forward_backward_and_optimizer():
    step = net_step()
    with profile() as prof:
        for _ in range(3):
            step()
    rows = {row.key: row for row in prof.key_averages()}
    for name in ("conv2d", "conv2d_backward_weight", "relu", "relu_backward", "linear", "linear_backward", "cross_entropy", "adam"):
        assert rows[name].count == 3, name
    assert rows["conv2d"].flops == 3 * 2 * (5 * 4 * 36) * 9 and rows["linear"].flops == 3 * 2 * 5 * 3 * 144
    assert all(0 <= row.self_cpu_time_total <= row.cpu_time_total for row in rows.values())
    inside = sum(row.self_cpu_time_total for row in rows.values())
    assert 0 < inside <= prof.key_averages().elapsed
    text = str(prof)
    assert "between the ops" in text and text.splitlines()[1].split()[0] == max(rows.values(), key=lambda r: r.self_cpu_time_total).key
    step()
    assert sum(row.count for row in prof.key_averages()) == sum(row.count for row in rows.values())  # nothing after the end


def test_same_numbers_with_and_without():
    mg.manual_seed(1)
    x = mg.randn(6, 5, requires_grad=True)

    def run():
        x.grad = None
        y = (x.softmax(1) @ x.T).tanh().logsumexp(1).cumsum(0).prod() + mg.linalg.det(x[:5])
        y.backward()
        return y.item(), x.grad.clone()

    plain = run()
    with profile():
        noted = run()
    assert plain[0] == noted[0] and mg.equal(plain[1], noted[1])


def test_parts_nest_and_errors_end_them():
    with profile() as prof:
        with record_function("outer"), record_function("inner"):
            mg.ones(100) + 1
        with pytest.raises(mg.ShapeError):
            mg.ones(2, 3) @ mg.ones(2, 3)
        with pytest.raises(ValueError, match="channels"), record_function("failing"):
            nn.functional.conv2d(mg.ones(1, 2, 3, 3), mg.ones(1, 1, 3, 3))
        mg.ones(3) + 1
    rows = {row.key: row for row in prof.key_averages()}
    assert rows["outer"].cpu_time_total >= rows["inner"].cpu_time_total >= rows["add"].self_cpu_time_total / 2
    assert rows["add"].count == 2 and rows["failing"].count == 1


def test_profiles_nest_and_threads_are_seen():
    with profile() as outer:
        mg.ones(2) + 1
        with profile() as inner:
            mg.ones(2) * 2
        thread = threading.Thread(target=lambda: mg.ones(2).exp())
        thread.start()
        thread.join()
    assert [r.key for r in inner.key_averages() if r.key in ("add", "mul")] == ["mul"]
    assert {"add", "exp"} <= {r.key for r in outer.key_averages()} and "mul" not in {r.key for r in outer.key_averages()}


def test_schedule_and_trace(tmp_path):
    seen = []
    with profile(activities=[mg.profiler.ProfilerActivity.CPU], schedule=schedule(wait=1, warmup=1, active=2, repeat=1),
                 on_trace_ready=seen.append, record_shapes=True) as prof:  # fmt: skip
        for _ in range(6):
            mg.ones(2) + 1
            prof.step()
    assert seen == [prof] and {row.key: row.count for row in prof.key_averages()}["add"] == 2
    prof.export_chrome_trace(tmp_path / "trace.json")
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert sum(e["name"] == "add" for e in events) == 2 and all(e["dur"] >= 0 for e in events)
    with pytest.raises(ValueError, match="sort_by must be one of key, count"):
        EventList([], 1.0).table(sort_by="colour")
    assert "key" not in prof.key_averages().table(sort_by="key", row_limit=1)
