"""conv2d, its two gradients, im2col and col2im against NumPy in float64: every option, every way that conv.c may take.

Most data are small integers, so that float32 sums are exact in any order and a result is either right or wrong."""

from __future__ import annotations

import numpy as np
import pytest
import raw
from conv_reference import DTYPES, Conv, compute, fold, reference, windows
from hypothesis import given, settings
from hypothesis import strategies as st


def integers(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    return rng.integers(-4, 5, shape).astype(DTYPES[dtype])


def check_exact(q: Conv, dtype: str, isa: str, seed: int = 0) -> None:
    rng = np.random.default_rng(seed)
    x, w, g = (integers(rng, shape, dtype) for shape in q.shapes())
    bias = integers(rng, (q.o,), dtype)
    y, gx, gw = reference(x, w, g, q)
    got = compute(q, dtype, isa, x, w, g, bias, relu=bool(seed % 2))
    y += bias[:, None, None]
    for name, a, want in zip(("y", "gx", "gw"), got, (np.maximum(y, 0) if seed % 2 else y, gx, gw), strict=True):
        np.testing.assert_array_equal(a, want, err_msg=f"{name} of {q}")


CASES = [
    Conv(2, 3, 8, 7, 5, (3, 2), (2, 3), (1, 0), (1, 2)),  # everything at once, with leftovers
    Conv(3, 4, 9, 11, 6, (3, 3), p=(1, 1)),
    Conv(2, 1, 28, 28, 32, (3, 3), p=(1, 1)),
    Conv(2, 3, 12, 17, 16, (5, 5), p=(2, 2)),
    Conv(9, 32, 7, 7, 33, (3, 3), p=(1, 1)),
    Conv(2, 17, 14, 13, 40, (3, 3), p=(1, 0)),
    Conv(1, 2, 40, 50, 3, (3, 3), p=(1, 2)),
    Conv(2, 8, 15, 14, 9, (3, 3), (2, 2), (1, 1)),
    Conv(2, 3, 31, 30, 8, (7, 7), (2, 2), (3, 3)),
    Conv(2, 3, 16, 15, 8, (4, 4), (4, 4)),  # patches
    Conv(2, 2, 9, 10, 3, (2, 2), (3, 4)),  # stride beyond the kernel: pixels that nobody reads
    Conv(2, 5, 10, 9, 7, (1, 1)),
    Conv(2, 5, 10, 9, 7, (1, 1), (2, 2)),
    Conv(2, 5, 6, 7, 7, (1, 1), p=(1, 2)),
    Conv(2, 6, 9, 8, 4, (3, 3), p=(1, 1), groups=2),
    Conv(2, 6, 13, 18, 6, (3, 3), p=(1, 1), groups=6),  # depthwise
    Conv(2, 6, 13, 18, 6, (5, 5), (2, 2), (2, 2), groups=6),
    Conv(2, 3, 9, 8, 6, (3, 3), p=(1, 1), groups=3),  # depthwise with a multiplier
    Conv(2, 4, 12, 13, 5, (3, 3), p=(2, 2), d=(2, 2)),
    Conv(2, 4, 12, 13, 5, (3, 3), (2, 2), p=(3, 2), d=(3, 2)),
    Conv(2, 3, 5, 6, 4, (3, 3), p=(4, 5)),  # windows that lie in the padding
    Conv(2, 3, 1, 64, 4, (1, 5), p=(0, 2)),  # one row
    Conv(2, 3, 64, 1, 4, (5, 1), p=(2, 0)),  # one column
    Conv(2, 4, 4, 5, 6, (4, 5)),  # one output
    Conv(1, 70, 6, 6, 130, (3, 3), p=(1, 1)),
    Conv(1, 2, 3, 300, 3, (3, 3), p=(1, 1)),
    Conv(3, 40, 7, 6, 36, (3, 3), p=(1, 1), groups=2),
    Conv(2, 16, 20, 23, 32, (3, 3), p=(1, 1)),  # several stretches of rows
    Conv(2, 33, 13, 12, 40, (3, 3), (2, 2), (1, 1)),
    Conv(0, 3, 8, 7, 5, (3, 3)),
    Conv(2, 0, 8, 7, 5, (3, 3)),
    Conv(2, 3, 8, 7, 0, (3, 3)),
    Conv(2, 3, 2, 7, 4, (3, 3)),  # no window fits
    Conv(5, 96, 5, 7, 160, (3, 3), p=(1, 1)),  # so many weights that images share them
    Conv(3, 96, 9, 13, 160, (3, 3), (2, 2), (1, 1)),
    Conv(2, 8, 12, 12, 32, (9, 9), p=(4, 4)),  # many taps
]


@pytest.mark.parametrize("isa", raw.isas())
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("q", CASES, ids=str)
def test_exact_on_integers(q: Conv, dtype: str, isa: str) -> None:
    check_exact(q, dtype, isa, seed=0)
    check_exact(q, dtype, isa, seed=1)


@st.composite
def axis(draw) -> tuple[int, int, int, int, int]:
    """Size, kernel, stride, padding, dilation with at least one window, leftovers common: the answer is drawn, the question built."""
    k, s, d, out = (draw(st.integers(1, top)) for top in (4, 3, 2, 20))
    span = d * (k - 1) + 1
    p, leftover = draw(st.integers(0, span)), draw(st.integers(0, s - 1))
    size = (out - 1) * s + span + leftover - 2 * p
    return (size if size > 0 else size + -(-(1 - size) // s) * s), k, s, p, d


@st.composite
def convs(draw) -> Conv:
    y, x = draw(axis()), draw(axis())
    groups = draw(st.sampled_from([1, 1, 1, 2, 3]))
    c, o = (groups * draw(st.integers(1, 9)) for _ in range(2))
    return Conv(draw(st.integers(1, 3)), c, y[0], x[0], o, *zip(y[1:], x[1:], strict=True), groups)


@pytest.mark.parametrize("isa", raw.isas())
@given(q=convs(), dtype=st.sampled_from(list(DTYPES)), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_any_geometry(isa: str, q: Conv, dtype: str, seed: int) -> None:
    check_exact(q, dtype, isa, seed)


@pytest.mark.parametrize("isa", raw.isas())
@pytest.mark.parametrize("dtype", DTYPES)
def test_error_is_bounded_by_the_length_of_the_sum(dtype: str, isa: str) -> None:
    """|error| <= k * eps * (|A| @ |B|), k the number of products in a sum."""
    q = Conv(5, 37, 15, 14, 19, (3, 3), p=(1, 1))
    rng = np.random.default_rng(3)
    x, w, g = (rng.standard_normal(shape).astype(DTYPES[dtype]) for shape in q.shapes())
    got, want, size = compute(q, dtype, isa, x, w, g), reference(x, w, g, q), reference(abs(x), abs(w), abs(g), q)
    for a, b, bound, k in zip(got, want, size, (37 * 9, 19 * 9, 5 * 15 * 14), strict=True):
        assert (abs(a - b) <= k * np.finfo(DTYPES[dtype]).eps * bound + 1e-300).all()


@pytest.mark.parametrize("isa", raw.isas())
def test_nan_stays_in_its_windows(isa: str) -> None:
    """A NaN reaches the outputs whose window holds it and no other: nothing is computed from neighbours or from padding."""
    q = Conv(1, 2, 9, 10, 3, (3, 3), p=(1, 1))
    rng = np.random.default_rng(0)
    x, w, g = (integers(rng, shape, "f32") for shape in q.shapes())
    x[0, 1, 4, 9] = np.nan
    y, _, _ = compute(q, "f32", isa, x, w, g)
    rows, columns = np.where(np.isnan(y[0, 0]))
    assert sorted(set(rows)) == [3, 4, 5] and sorted(set(columns)) == [8, 9] and len(rows) == 6
    g[0, 2, 0, 0] = np.inf
    _, gx, _ = compute(q, "f32", isa, np.nan_to_num(x), np.abs(w) + 1, g)
    assert sorted(zip(*np.where(np.isinf(gx[0, 0])), strict=True)) == [(0, 0), (0, 1), (1, 0), (1, 1)]


@pytest.mark.parametrize("isa", raw.isas())
def test_relu_keeps_nan_and_drops_negative_zero(isa: str) -> None:
    q = Conv(1, 1, 4, 20, 2, (1, 1))
    x = np.linspace(-3, 3, 80, dtype="float32").reshape(1, 1, 4, 20)
    x[0, 0, 2, 3] = np.nan
    w = np.array([1, -1], "float32").reshape(2, 1, 1, 1)
    y = raw.guarded((1, 2, 4, 20), "float32")
    assert raw.run("conv2d", "f32", [y, x, w, None], q.params(relu=True), isa) == 0
    np.testing.assert_array_equal(y[0, 0], np.maximum(x[0, 0], 0))
    np.testing.assert_array_equal(y[0, 1], np.maximum(-x[0, 0], 0))


@pytest.mark.parametrize("isa", raw.isas())
@pytest.mark.parametrize("q", [CASES[i] for i in (0, 1, 4, 8, 9, 10, 15, 18, 20, 26, 27, 33, 34)], ids=str)
def test_same_bits_for_every_number_of_threads(q: Conv, isa: str) -> None:
    rng = np.random.default_rng(5)
    q = Conv(17, q.c, q.h, q.w, q.o, q.k, q.s, q.p, q.d, q.groups)
    x, w, g = (rng.standard_normal(shape).astype("float32") for shape in q.shapes())
    before = raw.lib.mg_num_threads()
    try:
        results = []
        for threads in (1, 2, 3):
            raw.lib.mg_set_num_threads(threads)
            results.append(compute(q, "f32", isa, x, w, g))
    finally:
        raw.lib.mg_set_num_threads(before)
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("isa", raw.isas())
@given(q=convs(), dtype=st.sampled_from(list(DTYPES)), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_im2col_and_col2im(isa: str, q: Conv, dtype: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = integers(rng, q.shapes()[0], dtype)
    want = windows(x, q).reshape(q.n, q.c * q.k[0] * q.k[1], -1)
    params = [*q.k, *q.s, *q.p, *q.d]
    cols = raw.guarded(want.shape, DTYPES[dtype])
    assert raw.run("im2col", dtype, [cols, x], params, isa) == 0
    np.testing.assert_array_equal(cols, want)
    g, gx = integers(rng, want.shape, dtype), raw.guarded(x.shape, DTYPES[dtype])
    assert raw.run("col2im", dtype, [gx, g], params, isa) == 0
    np.testing.assert_array_equal(gx, fold(g.reshape(q.n, q.c, *q.k, *q.out), q))
    raw.check_guards(cols)
    raw.check_guards(gx)
