"""csrc/kernels/reduce_scan.c: running results, along the last axis and along others, from both ends."""

from __future__ import annotations

import numpy as np
import pytest
import raw
from hypothesis import given
from hypothesis import strategies as st

isas = pytest.mark.parametrize("isa", raw.isas())
FLOATS = {"f32": np.float32, "f64": np.float64}
INTS = {"i64": np.int64, "i32": np.int32, "u8": np.uint8}
shapes = st.tuples(st.integers(0, 4), st.integers(0, 9), st.sampled_from([0, 1, 2, 7, 31, 32, 33, 65]))


@isas
@given(shape=shapes, dtype=st.sampled_from([*FLOATS, *INTS]), reverse=st.booleans(), seed=st.integers(0, 99))
def test_sums_and_products(isa: str, shape: tuple[int, int, int], dtype: str, reverse: bool, seed: int) -> None:
    kind = (FLOATS | INTS)[dtype]
    x = np.random.default_rng(seed).integers(0, 4, shape).astype(kind)
    for name, reference in (("cumsum", np.cumsum), ("cumprod", np.cumprod)):
        y = raw.guarded(shape, kind if dtype in FLOATS else np.int64)
        assert raw.run(name, dtype, [y, x], [int(reverse)], isa) == 0
        raw.check_guards(y)
        want = reference(x[:, ::-1], axis=1, dtype=y.dtype)[:, ::-1] if reverse else reference(x, axis=1, dtype=y.dtype)
        np.testing.assert_array_equal(y, want)


@isas
@given(shape=shapes, dtype=st.sampled_from([*FLOATS]), seed=st.integers(0, 99))
def test_products_of_the_others(isa: str, shape: tuple[int, int, int], dtype: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, g = (rng.integers(-3, 4, s).astype(FLOATS[dtype]) for s in (shape, (shape[0], shape[2])))
    y = raw.guarded(shape, FLOATS[dtype])
    assert raw.run("prod_backward", dtype, [y, g, x], (), isa) == 0
    raw.check_guards(y)
    for j in range(shape[1]):
        np.testing.assert_array_equal(y[:, j], g * np.delete(x, j, 1).prod(1))


@isas
@given(shape=shapes, dtype=st.sampled_from([*FLOATS]), seed=st.integers(0, 99))
def test_recurrence(isa: str, shape: tuple[int, int, int], dtype: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, b = (rng.integers(-2, 3, shape).astype(FLOATS[dtype]) for _ in "xb")
    y = raw.guarded(shape, FLOATS[dtype])
    assert raw.run("linear_scan", dtype, [y, x, b], (), isa) == 0
    raw.check_guards(y)
    want = b.copy()
    for j in range(1, shape[1]):
        want[:, j] += x[:, j] * want[:, j - 1]
    np.testing.assert_array_equal(y, want)


@isas
@given(shape=shapes, dtype=st.sampled_from([*FLOATS, *INTS, "bool"]), seed=st.integers(0, 99))
def test_extremes_and_where_they_are(isa: str, shape: tuple[int, int, int], dtype: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    kind = (FLOATS | INTS | {"bool": np.bool_})[dtype]
    x = rng.integers(0, 4, shape).astype(kind)
    if dtype in FLOATS:
        x[rng.random(shape) < 0.1] = np.nan
    for name, ufunc in (("cummax", np.maximum), ("cummin", np.minimum)):
        y, index = raw.guarded(shape, kind), raw.guarded(shape, np.int64)
        assert raw.run(name, dtype, [y, index, x], (), isa) == 0
        raw.check_guards(y)
        raw.check_guards(index)
        want = ufunc.accumulate(x, 1)
        np.testing.assert_array_equal(y, want)
        hit = np.where((x == want) | (x != x), np.arange(shape[1])[:, None], 0)
        np.testing.assert_array_equal(index, np.maximum.accumulate(hit, 1))
