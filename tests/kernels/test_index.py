"""Kernels that take index arrays, against loops in NumPy: repeated, negative and bad indices, empty axes, every element size."""

from __future__ import annotations

import numpy as np
import pytest
import raw
from hypothesis import given, settings
from hypothesis import strategies as st

isas = pytest.mark.parametrize("isa", raw.isas())
NAMES = {
    "bool": "bool",
    "u8": "uint8",
    "i8": "int8",
    "i16": "int16",
    "i32": "int32",
    "i64": "int64",
    "f16": "float16",
    "f32": "float32",
    "f64": "float64",
}
NUMBERS = ["f32", "f64", "i64", "i32", "u8"]
BAD_INDEX = 2


def random(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    x = raw.guarded(shape, NAMES[dtype])
    x[...] = rng.integers(0, 2 if dtype == "bool" else 100, shape)
    return x


def copy(x: np.ndarray) -> np.ndarray:
    y = raw.guarded(x.shape, x.dtype.name)
    y[...] = x
    return y


def add(out: np.ndarray, at, x: np.ndarray) -> None:
    with np.errstate(over="ignore"):
        np.add.at(out, at, x)


@st.composite
def rows(draw):
    """outer, n, k, inner, idx (k,) and a dtype."""
    outer, n, k, inner = draw(st.integers(0, 4)), draw(st.integers(0, 9)), draw(st.integers(0, 12)), draw(st.integers(0, 40))
    k = k if n else 0
    idx = draw(st.lists(st.integers(-n, n - 1), min_size=k, max_size=k)) if n else []
    return outer, n, k, inner, np.array(idx, "int64"), draw(st.sampled_from(list(NAMES)))


settings_ = settings(deadline=None, max_examples=60)


@isas
@settings_
@given(case=rows(), seed=st.integers(0, 99))
def test_rows(isa: str, case, seed: int) -> None:
    outer, n, k, inner, idx, dtype = case
    rng = np.random.default_rng(seed)
    x = random(rng, (outer, n, inner), dtype)
    out = raw.guarded((outer, k, inner), NAMES[dtype])
    assert raw.run("index_select", dtype, [out, x, idx], (), isa) == 0
    np.testing.assert_array_equal(out, x[:, idx])
    assert raw.run("embedding", dtype, [out, x, idx], (), isa) == (BAD_INDEX if (idx < 0).any() else 0)
    raw.check_guards(out)

    src = random(rng, (outer, k, inner), dtype)
    if dtype in NUMBERS:
        got, want = copy(x), x.copy()
        assert raw.run("index_add", dtype, [got, src, idx], (), isa) == 0
        for o in range(outer):
            add(want[o], idx, src[o])
        np.testing.assert_array_equal(got, want)
        raw.check_guards(got)
    got, want = copy(x), x.copy()
    assert raw.run("index_put", dtype, [got, idx, src], (), isa) == 0
    for j in range(k):
        want[:, idx[j]] = src[:, j]
    np.testing.assert_array_equal(got, want)
    raw.check_guards(got)


@isas
@settings_
@given(case=rows(), seed=st.integers(0, 99))
def test_elements(isa: str, case, seed: int) -> None:
    o, n, k, i, _, dtype = case
    rng = np.random.default_rng(seed)
    idx = rng.integers(-n, n, (o, k, i)) if n else np.zeros((o, 0, i), "int64")
    wide, narrow = random(rng, (o, n, i), dtype), random(rng, (o, k, i), dtype)
    out = raw.guarded(narrow.shape, NAMES[dtype])
    assert raw.run("gather", dtype, [out, wide, idx], (), isa) == 0
    np.testing.assert_array_equal(out, np.take_along_axis(wide, idx, 1))
    raw.check_guards(out)

    got, want = copy(wide), wide.copy()
    assert raw.run("scatter", dtype, [got, narrow, idx], (), isa) == 0
    for cell in np.ndindex(o, k, i):
        want[cell[0], idx[cell], cell[2]] = narrow[cell]
    np.testing.assert_array_equal(got, want)
    raw.check_guards(got)
    if dtype in NUMBERS:
        got, want = copy(wide), wide.copy()
        assert raw.run("scatter_add", dtype, [got, narrow, idx], (), isa) == 0
        a, _, c = np.ogrid[:o, :k, :i]
        add(want, (a, idx, c), narrow)
        np.testing.assert_array_equal(got, want)
        raw.check_guards(got)


def test_complex_elements_move() -> None:
    x = (np.arange(24) + 1j).reshape(2, 4, 3)
    idx = np.array([3, 0, -1])
    for dtype in ("complex64", "complex128"):
        source, out = x.astype(dtype), np.empty((2, 3, 3), dtype)
        raw_dtype = {"complex64": "c64", "complex128": "c128"}[dtype]
        raw.CODES.setdefault(raw_dtype, raw.DTYPES[dtype])
        assert raw.run("index_select", raw_dtype, [out, source, idx]) == 0
        np.testing.assert_array_equal(out, source[:, idx])
        wide = np.broadcast_to(idx[None, :, None], (2, 3, 3)).copy()
        assert raw.run("gather", raw_dtype, [out, source, wide]) == 0
        np.testing.assert_array_equal(out, source[:, idx])


CALLS = {  # name: shapes of the outputs and inputs other than the index, and where that stands
    "index_select": ((2, 3, 4), (2, 5, 4), "idx"),
    "embedding": ((2, 3, 4), (2, 5, 4), "idx"),
    "index_add": ((2, 5, 4), (2, 3, 4), "idx"),
    "index_put": ((2, 5, 4), "idx", (2, 3, 4)),
    "gather": ((2, 3, 4), (2, 5, 4), "cells"),
    "scatter": ((2, 5, 4), (2, 3, 4), "cells"),
    "scatter_add": ((2, 5, 4), (2, 3, 4), "cells"),
}


@isas
@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("bad", [5, -6, 2**63 - 1, -(2**63), 2**32, -(2**62)])
def test_bad_index_writes_nothing(isa: str, name: str, bad: int) -> None:
    for place in range(3):
        arrays = []
        for shape in CALLS[name]:
            if isinstance(shape, str):
                x = np.zeros((3,) if shape == "idx" else (2, 3, 4), "int64")
                x.reshape(-1)[place * (x.size - 1) // 2] = bad
            else:
                x = random(np.random.default_rng(0), shape, "f32")
            arrays.append(x)
        before = arrays[0].copy()
        assert raw.run(name, "f32", arrays, (), isa) == BAD_INDEX
        np.testing.assert_array_equal(arrays[0], before)


@isas
def test_an_index_into_an_empty_axis_is_bad(isa: str) -> None:
    idx = np.zeros(1, "int64")
    assert raw.run("index_select", "f32", [np.ones((1, 1, 2), "float32"), np.ones((1, 0, 2), "float32"), idx], (), isa) == BAD_INDEX
    assert (
        raw.run("gather", "f32", [np.ones((1, 1, 1), "float32"), np.ones((1, 0, 1), "float32"), idx.reshape(1, 1, 1)], (), isa) == BAD_INDEX
    )


@pytest.mark.parametrize("shape", [(1, 1000, 9000, 64), (1, 50, 200_000, 1), (40, 30, 2500, 3), (3, 70, 900, 130)])
def test_same_bits_for_any_number_of_threads(shape: tuple[int, int, int, int]) -> None:
    """Sums in float32 with many meetings: their order must not depend on who adds them."""
    outer, n, k, inner = shape
    rng = np.random.default_rng(5)
    idx, cells = rng.integers(-n, n, k), rng.integers(-n, n, (outer, k, inner))
    src, start = rng.standard_normal((outer, k, inner), "float32"), rng.standard_normal((outer, n, inner), "float32")
    want = start.copy()
    for o in range(outer):
        np.add.at(want[o], idx, src[o])
    results = []
    for threads in (1, 2, 3, 7):
        raw.lib.mg_set_num_threads(threads)
        summed, scattered, moved, put = start.copy(), start.copy(), start.copy(), start.copy()
        picked, gathered = np.empty_like(src), np.empty_like(src)
        for name, arrays in {
            "index_add": [summed, src, idx],
            "scatter_add": [scattered, src, cells],
            "scatter": [moved, src, cells],
            "index_put": [put, idx, src],
            "index_select": [picked, start, idx],
            "gather": [gathered, start, cells],
        }.items():
            assert raw.run(name, "f32", arrays) == 0
        results.append([x.tobytes() for x in (summed, scattered, moved, put, picked, gathered)])
    raw.lib.mg_set_num_threads(raw.lib.mg_available_cpus())
    np.testing.assert_array_equal(summed, want)
    assert all(r == results[0] for r in results)


@isas
@given(n=st.integers(1, 9), width=st.integers(0, 70), lengths=st.lists(st.integers(0, 12), max_size=5), mean=st.booleans(),
       dtype=st.sampled_from(["f32", "f64"]), seed=st.integers(0, 99))  # fmt: skip
def test_embedding_bag(isa: str, n: int, width: int, lengths: list[int], mean: bool, dtype: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    table, start = random(rng, (n, width), dtype), np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)
    idx = rng.integers(0, n, start[-1])
    out, want = raw.guarded((len(lengths), width), NAMES[dtype]), np.zeros((len(lengths), width), NAMES[dtype])
    add(want, np.repeat(np.arange(len(lengths)), lengths), table[idx])
    if mean:
        want /= np.maximum(lengths, 1).reshape(-1, 1).astype(want.dtype)
    assert raw.run("embedding_bag", dtype, [out, table, idx, start], [int(mean)], isa) == 0
    raw.check_guards(out)
    np.testing.assert_array_equal(out, want)
    for bad in (n, -1, 2**63 - 1):
        assert raw.run("embedding_bag", dtype, [out, table, np.append(idx, bad), start], [int(mean)], isa) == BAD_INDEX
