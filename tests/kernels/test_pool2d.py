"""Pooling against NumPy, one window at a time."""

from __future__ import annotations

import numpy as np
import pytest
import raw
from hypothesis import given, settings
from hypothesis import strategies as st

DTYPES = {"f32": "float32", "f64": "float64"}
BAD_INDEX = 2  # MG_BAD_INDEX
Pair = tuple[int, int]


@st.composite
def axis(draw, dilated: bool = True) -> tuple[int, int, int, int, int, int]:
    """Input, output, kernel, stride, padding, dilation; ceil_mode or not, every window begins inside the image or the near padding."""
    k, s, d = draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(1, 2)) if dilated else 1
    p = draw(st.integers(0, k // 2))
    size = draw(st.integers(max(1, d * (k - 1) + 1 - 2 * p), 40))
    room = size + 2 * p - d * (k - 1) - 1
    out = room // s + 1
    if draw(st.booleans()) and room % s and out * s < size + p:
        out += 1
    return size, out, k, s, p, d


def spans(size: int, out: int, k: int, s: int, p: int, d: int) -> list[list[int]]:
    """For each output, the inputs inside the image that it reads."""
    return [[i for i in range(o * s - p, o * s - p + k * d, d) if 0 <= i < size] for o in range(out)]


def values(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Small integers: many ties, exact sums."""
    return rng.integers(-3, 4, shape).astype(DTYPES[dtype])


def reference_max(x: np.ndarray, ys: list[list[int]], xs: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    y = np.empty((*x.shape[:2], len(ys), len(xs)), x.dtype)
    index = np.empty(y.shape, np.int64)
    for n, c, i, j in np.ndindex(y.shape):
        best, index[n, c, i, j] = None, -1
        for r in ys[i]:
            for s in xs[j]:
                v = x[n, c, r, s]
                if best is None or v > best or np.isnan(v):
                    best, index[n, c, i, j] = v, r * x.shape[3] + s
        y[n, c, i, j] = -np.inf if best is None else best
    return y, index


def check_max(shape: Pair, h, w, dtype: str, isa: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = values(rng, (*shape, h[0], w[0]), dtype)
    if seed % 2:
        x[rng.random(x.shape) < 0.1] = np.nan
        x[rng.random(x.shape) < 0.2] = -np.inf
    want, where = reference_max(x, spans(*h), spans(*w))
    y, index = raw.guarded(want.shape, DTYPES[dtype]), raw.guarded(want.shape, "int64")
    params = [v for pair in zip(h[2:], w[2:], strict=True) for v in pair]
    assert raw.run("max_pool2d", dtype, [y, index, x], params, isa) == 0
    np.testing.assert_array_equal(y, want)
    np.testing.assert_array_equal(index, where)
    g, gx = values(rng, want.shape, dtype), raw.guarded(x.shape, DTYPES[dtype])
    assert raw.run("max_pool2d_backward", dtype, [gx, g, index], [], isa) == 0
    expected = np.zeros((*shape, h[0] * w[0]))
    for n, c in np.ndindex(*shape):
        chosen = where[n, c] >= 0
        np.add.at(expected[n, c], where[n, c][chosen], g[n, c][chosen])
    np.testing.assert_array_equal(gx, expected.reshape(x.shape))
    for a in (y, index, gx):
        raw.check_guards(a)


@pytest.mark.parametrize("isa", raw.isas())
@given(h=axis(), w=axis(), dtype=st.sampled_from(list(DTYPES)), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_max_pool(isa: str, h, w, dtype: str, seed: int) -> None:
    check_max((1, 2), h, w, dtype, isa, seed)


@pytest.mark.parametrize("isa", raw.isas())
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("ow", [1, 2, 3, 7, 8, 14, 15, 16, 17, 31, 32, 33, 70])
def test_max_pool_2x2(ow: int, dtype: str, isa: str) -> None:
    """The special case, with and without a column and a row that belong to no window, around the widths of vectors."""
    for extra in (0, 1):
        check_max((2, 3), (6 + extra, 3, 2, 2, 0, 1), (2 * ow + extra, ow, 2, 2, 0, 1), dtype, isa, seed=ow * 2 + extra)


@pytest.mark.parametrize("isa", raw.isas())
def test_max_pool_backward_refuses_a_bad_index(isa: str) -> None:
    for bad in (-2, 20, 2**40):
        gx, g = np.full((1, 2, 4, 5), 7, "float32"), np.ones((1, 2, 2, 2), "float32")
        index = np.zeros(g.shape, np.int64)
        index[0, 1, 1, 0] = bad
        assert raw.run("max_pool2d_backward", "f32", [gx, g, index], [], isa) == BAD_INDEX
        assert (gx == 7).all()


@pytest.mark.parametrize("isa", raw.isas())
@given(
    h=axis(dilated=False),
    w=axis(dilated=False),
    dtype=st.sampled_from(list(DTYPES)),
    pad=st.booleans(),
    divisor=st.sampled_from([0, 0, 4]),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=40, deadline=None)
def test_avg_pool(isa: str, h, w, dtype: str, pad: bool, divisor: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = values(rng, (2, 1, h[0], w[0]), dtype)
    y, gx = raw.guarded((2, 1, h[1], w[1]), DTYPES[dtype]), raw.guarded(x.shape, DTYPES[dtype])
    g = values(rng, y.shape, dtype)
    want, gwant = np.zeros(y.shape), np.zeros(x.shape)
    counts = [[min(o * q[3] - q[4] + q[2], q[0] + q[4]) - (o * q[3] - q[4]) for o in range(q[1])] for q in (h, w)]
    for i, rows in enumerate(spans(*h)):
        for j, columns in enumerate(spans(*w)):
            count = divisor or (counts[0][i] * counts[1][j] if pad else len(rows) * len(columns))
            at = np.ix_((0, 1), (0,), rows, columns)
            want[:, :, i, j] = x[at].sum((2, 3), dtype=np.float64) / count
            gwant[at] += (g[:, :, i, j].astype(np.float64) / count)[:, :, None, None]
    params = [h[2], w[2], h[3], w[3], h[4], w[4], int(pad), divisor]
    assert raw.run("avg_pool2d", dtype, [y, x], params, isa) == 0
    assert raw.run("avg_pool2d_backward", dtype, [gx, g], params, isa) == 0
    eps = np.finfo(DTYPES[dtype]).eps
    np.testing.assert_allclose(y, want, rtol=eps, atol=0)  # the sum is exact, the division rounds once
    np.testing.assert_allclose(gx, gwant, rtol=0, atol=16 * 3 * 16 * eps)  # at most 16 shares of at most 3
    raw.check_guards(y)
    raw.check_guards(gx)


@pytest.mark.parametrize("isa", raw.isas())
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "size, out",
    [((7, 5), (3, 2)), ((6, 8), (3, 4)), ((2, 3), (5, 4)), ((7, 7), (1, 1)), ((56, 31), (1, 1)), ((9, 20), (4, 1)), ((1, 1), (1, 1))],
)
def test_adaptive_avg_pool(size: Pair, out: Pair, dtype: str, isa: str) -> None:
    rng = np.random.default_rng(0)
    x = values(rng, (2, 3, *size), dtype)
    y, gx = raw.guarded((2, 3, *out), DTYPES[dtype]), raw.guarded(x.shape, DTYPES[dtype])
    g = values(rng, y.shape, dtype)
    want, gwant = np.zeros(y.shape), np.zeros(x.shape)
    for i, j in np.ndindex(*out):
        r, c = (slice(o * s // n, -(-(o + 1) * s // n)) for o, s, n in zip((i, j), size, out, strict=True))
        want[:, :, i, j] = x[:, :, r, c].mean((2, 3), dtype=np.float64)
        gwant[:, :, r, c] += (g[:, :, i, j].astype(np.float64) / x[0, 0, r, c].size)[:, :, None, None]
    assert raw.run("adaptive_avg_pool2d", dtype, [y, x], [], isa) == 0
    assert raw.run("adaptive_avg_pool2d_backward", dtype, [gx, g], [], isa) == 0
    eps = np.finfo(DTYPES[dtype]).eps
    np.testing.assert_allclose(y, want, rtol=eps, atol=0)
    np.testing.assert_allclose(gx, gwant, rtol=0, atol=16 * 3 * eps)
    raw.check_guards(y)
    raw.check_guards(gx)


@pytest.mark.parametrize("isa", raw.isas())
def test_empty(isa: str) -> None:
    x = np.zeros((0, 3, 4, 4), "float32")
    y, index = np.zeros((0, 3, 2, 2), "float32"), np.zeros((0, 3, 2, 2), np.int64)
    assert raw.run("max_pool2d", "f32", [y, index, x], [2, 2, 2, 2, 0, 0, 1, 1], isa) == 0
    assert raw.run("avg_pool2d", "f32", [y, x], [2, 2, 2, 2, 0, 0, 1, 0], isa) == 0
    assert raw.run("adaptive_avg_pool2d", "f32", [y, x], [], isa) == 0
