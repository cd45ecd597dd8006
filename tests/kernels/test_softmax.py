"""Softmax and cross entropy against float64, at the edges of vectors and of floating point."""

from __future__ import annotations

import numpy as np
import pytest
import raw

ISAS = raw.isas()
FLOATS = {"f32": np.float32, "f64": np.float64}
SHAPES = [(1, 1), (3, 2), (5, 10), (4, 16), (4, 17), (3, 64), (2, 3, 31), (2, 1000), (7,), (0, 4), (4, 0)]


def run(name: str, dtype: str, inputs: list, shapes: list, isa: str, *params: float) -> list[np.ndarray]:
    outs = [raw.guarded(s, FLOATS[dtype]) for s in shapes]
    assert raw.run(name, dtype, [*outs, *inputs], params, isa) == 0
    for y in outs:
        raw.check_guards(y)
    return outs


def log_softmax(x: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        z = x.astype(np.longdouble)
        z = z - z.max(-1, keepdims=True, initial=-np.inf)
        return z - np.log(np.exp(z).sum(-1, keepdims=True))


def assert_close(got: np.ndarray, want: np.ndarray, scale: np.ndarray | float, ulps: float) -> None:
    eps = np.finfo(got.dtype).eps
    assert np.array_equal(np.isnan(got), np.isnan(want))
    with np.errstate(invalid="ignore"):
        bad = np.abs(got - want) > ulps * eps * scale + np.finfo(got.dtype).tiny
    assert not bad.any(), (got[bad], np.broadcast_to(want, got.shape)[bad])


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("spread", [1.0, 30.0])
def test_softmax_and_log_softmax(spread: float, shape: tuple[int, ...], dtype: str, isa: str) -> None:
    rng = np.random.default_rng(1)
    x = (spread * rng.standard_normal(shape)).astype(FLOATS[dtype])
    g = rng.standard_normal(shape).astype(FLOATS[dtype])
    want = log_softmax(x)
    (y,) = run("softmax", dtype, [x], [shape], isa)
    assert_close(y, np.exp(want), np.exp(want) * (1 + spread * 6), 8)
    (ly,) = run("log_softmax", dtype, [x], [shape], isa)
    assert_close(ly, want, 1 + np.abs(want) + np.abs(x), 4)
    (gx,) = run("softmax_backward", dtype, [g, y], [shape], isa)
    w, d = y.astype(np.longdouble), g.astype(np.longdouble)
    assert_close(gx, w * (d - (w * d).sum(-1, keepdims=True)), w * (np.abs(d) + (w * np.abs(d)).sum(-1, keepdims=True)), 16)
    (gx,) = run("log_softmax_backward", dtype, [g, ly], [shape], isa)
    q = np.exp(ly.astype(np.longdouble))
    assert_close(gx, d - q * d.sum(-1, keepdims=True), np.abs(d) + q * np.abs(d).sum(-1, keepdims=True), 70)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("n", [1, 2, 5, 16, 33, 100])
def test_infinite_and_huge_logits(n: int, dtype: str, isa: str) -> None:
    big = float(np.finfo(FLOATS[dtype]).max)
    x = np.zeros((8, n), FLOATS[dtype])
    x[1] = -np.inf  # nothing possible: NaN, as in PyTorch
    x[2, n // 2] = np.inf
    x[3, -1] = np.nan
    x[4, 0] = -np.inf
    x[5] = big
    x[6] = -big
    x[7, 0] = big
    want = log_softmax(x)
    (y,), (ly,) = run("softmax", dtype, [x], [x.shape], isa), run("log_softmax", dtype, [x], [x.shape], isa)
    assert_close(y, np.exp(want), 1, 8)
    finite = np.isfinite(want)
    assert np.array_equal(np.isnan(ly), np.isnan(want)) and np.array_equal(ly == -np.inf, want < -big)
    assert_close(ly[finite & (want >= -big)], want[finite & (want >= -big)].astype(x.dtype), 1 + np.abs(want[finite & (want >= -big)]), 4)


def cross_entropy(x: np.ndarray, t: np.ndarray, w: np.ndarray | None, ignore: int, e: float) -> tuple[np.ndarray, np.ndarray]:
    """Loss of every row and its gradient."""
    n = x.shape[1]
    v = np.ones(n) if w is None else w.astype(np.longdouble)
    lp = log_softmax(x)
    q = np.exp(lp)
    live = t != ignore
    hot = np.eye(n)[np.where(live, t, 0)]
    hit = (1 - e) * (hot @ v)
    loss = hit * -(hot * lp).sum(1) + e / n * -(lp @ v)
    grad = hit[:, None] * (q - hot) + e / n * (q * v.sum() - v)
    return np.where(live, loss, 0), np.where(live[:, None], grad, 0)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", [(1, 1), (6, 2), (64, 10), (5, 16), (5, 37), (3, 1000), (0, 3)])
@pytest.mark.parametrize("weighted, smoothing", [(False, 0.0), (True, 0.0), (False, 0.1), (True, 0.3)])
@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_cross_entropy(offset: float, weighted: bool, smoothing: float, shape: tuple[int, int], dtype: str, isa: str) -> None:
    rng = np.random.default_rng(2)
    kind, (rows, n) = FLOATS[dtype], shape
    x = (3 * rng.standard_normal(shape) + offset).astype(kind)
    t = rng.integers(0, n, rows)
    t[rows // 2 :: 5] = -100
    w = rng.uniform(0.5, 2, n).astype(kind) if weighted else None
    g = rng.standard_normal(rows).astype(kind)
    want, slope = cross_entropy(x, t, w, -100, smoothing)
    loss, lse = run("cross_entropy", dtype, [x, t, w], [(rows,), (rows,)], isa, -100, smoothing)
    assert_close(loss, want, 4 + 2 * np.abs(want), 8)
    assert_close(lse, np.log(np.exp(x.astype(np.longdouble) - offset).sum(1)) + offset, 4 + abs(offset), 4)
    (gx,) = run("cross_entropy_backward", dtype, [g, x, lse, t, w], [shape], isa, -100, smoothing)
    assert_close(gx, g[:, None] * slope, np.abs(g[:, None]) * (np.abs(slope) + 1 / n + (np.arange(n) == t[:, None])), 40)


@pytest.mark.parametrize("isa", ISAS)
def test_cross_entropy_refuses_targets(isa: str) -> None:
    x = np.zeros((3, 4), np.float32)
    for bad in (-1, 4, 2**40, -(2**63)):
        t = np.array([0, bad, 2])
        loss, lse, gx = raw.guarded((3,), np.float32), raw.guarded((3,), np.float32), raw.guarded((3, 4), np.float32)
        assert raw.run("cross_entropy", "f32", [loss, lse, x, t, None], [-100, 0.0], isa) == 2
        assert raw.run("cross_entropy_backward", "f32", [gx, x[:, 0].copy(), x, x[:, 0].copy(), t, None], [-100, 0.0], isa) == 2
        assert np.isnan(loss).all() and np.isnan(gx).all()
        assert raw.run("cross_entropy", "f32", [loss, lse, x, t, None], [bad, 0.0], isa) == 0
        assert loss[1] == 0
