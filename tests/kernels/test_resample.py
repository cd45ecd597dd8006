"""Resampling against a dense matrix product; exact, since the values are small integers."""

from __future__ import annotations

import numpy as np
import pytest
import raw
from hypothesis import given, settings
from hypothesis import strategies as st

DTYPES = {"f32": "float32", "f64": "float64"}
BAD_INDEX = 2  # MG_BAD_INDEX


def table(rng: np.random.Generator, m: int, n: int, taps: int, dtype: str) -> list[np.ndarray]:
    """start, index, weight: `taps` entries in every row, or up to 5 if 0; entries of a row may meet in one input."""
    count = np.full(m, taps) if taps else rng.integers(0, 6, m)
    start = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    return [start, rng.integers(0, n, start[-1]), rng.integers(-3, 4, start[-1]).astype(DTYPES[dtype])]


@pytest.mark.parametrize("isa", raw.isas())
@pytest.mark.parametrize("dtype", DTYPES)
@given(st.integers(0, 3), st.integers(0, 9), st.integers(1, 9), st.sampled_from([1, 2, 3, 17, 40]), st.sampled_from([0, 1, 2, 3, 4]),
       st.integers(0, 2**32 - 1))  # fmt: skip
@settings(max_examples=60)
def test_resample(isa, dtype, outer, m, n, inner, taps, seed):
    rng = np.random.default_rng(seed)
    start, index, weight = table(rng, m, n, taps, dtype)
    x = rng.integers(-4, 5, (outer, n, inner)).astype(DTYPES[dtype])
    matrix = np.zeros((m, n))
    np.add.at(matrix, (np.repeat(np.arange(m), np.diff(start)), index), weight)
    y = raw.guarded((outer, m, inner), DTYPES[dtype])
    assert raw.run("resample", dtype, [y, x, start, index, weight], (), isa) == 0
    raw.check_guards(y)
    np.testing.assert_array_equal(y, np.einsum("mn,oni->omi", matrix, x))


@pytest.mark.parametrize("start, index", [([0, 2], [0, 3]), ([0, 2], [-1, 0]), ([0, 3], [0, 1]), ([1, 0], [0, 1]), ([-1, 2], [0, 1])])
def test_tables_that_reach_outside(start, index):
    y, x = np.full((1, 1, 2), 7.0), np.ones((1, 3, 2))
    assert raw.run("resample", "f64", [y, x, np.array(start), np.array(index), np.ones(2)]) == BAD_INDEX
    assert (y == 7).all()
