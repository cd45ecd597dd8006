"""csrc/kernels/sort.c, pick_sorted.c: order of rows, their largest elements and order statistics, against NumPy's stable sort."""

from __future__ import annotations

import numpy as np
import pytest
import raw
from hypothesis import given
from hypothesis import strategies as st

isas = pytest.mark.parametrize("isa", raw.isas())
DTYPES = {"f32": np.float32, "f64": np.float64, "i64": np.int64, "i32": np.int32, "u8": np.uint8}
# Around the lengths at which the way to sort changes, and the blocks of topk.
lengths = st.sampled_from([1, 2, 15, 16, 17, 39, 40, 41, 63, 64, 65, 300])


def rows(rng: np.random.Generator, shape: tuple[int, int], dtype: str, few: bool) -> np.ndarray:
    """Numbers with many equal ones, or of all magnitudes; floats with NaNs, infinities and both zeros among them."""
    kind = DTYPES[dtype]
    if dtype in ("f32", "f64"):
        x = (
            rng.integers(-3, 4, shape).astype(kind)
            if few
            else (rng.standard_normal(shape) * 10.0 ** rng.integers(-30, 30, shape)).astype(kind)
        )
        special = np.array([np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0], kind)
        return np.where(rng.random(shape) < 0.2, rng.choice(special, shape), x)
    info = np.iinfo(kind)
    return rng.integers(0, 4, shape).astype(kind) if few else rng.integers(info.min, info.max, shape, dtype=kind, endpoint=True)


def order(x: np.ndarray, down: bool) -> np.ndarray:
    if not down:
        return np.argsort(x, 1, kind="stable")
    return np.flip(x.shape[1] - 1 - np.argsort(np.flip(x, 1), 1, kind="stable"), 1)


def same_bits(a: np.ndarray, b: np.ndarray) -> None:
    np.testing.assert_array_equal(np.ascontiguousarray(a).view(np.uint8), np.ascontiguousarray(b).view(np.uint8))


@isas
@given(count=st.integers(0, 3), n=lengths, dtype=st.sampled_from([*DTYPES]), down=st.booleans(), few=st.booleans(), seed=st.integers(0, 99))
def test_sort(isa: str, count: int, n: int, dtype: str, down: bool, few: bool, seed: int) -> None:
    x = rows(np.random.default_rng(seed), (count, n), dtype, few)
    values, index = raw.guarded(x.shape, x.dtype), raw.guarded(x.shape, np.int64)
    assert raw.run("sort", dtype, [values, index, x], [int(down)], isa) == 0
    raw.check_guards(values)
    raw.check_guards(index)
    want = order(x, down)
    np.testing.assert_array_equal(index, want)
    same_bits(values, np.take_along_axis(x, want, 1))


@isas
@given(count=st.integers(0, 3), n=lengths, k=st.integers(1, 70), dtype=st.sampled_from([*DTYPES]), down=st.booleans(), few=st.booleans(),
       seed=st.integers(0, 99))  # fmt: skip
def test_topk(isa: str, count: int, n: int, k: int, dtype: str, down: bool, few: bool, seed: int) -> None:
    x, k = rows(np.random.default_rng(seed), (count, n), dtype, few), min(k, n)
    values, index = raw.guarded((count, k), x.dtype), raw.guarded((count, k), np.int64)
    assert raw.run("topk", dtype, [values, index, x], [int(down)], isa) == 0
    raw.check_guards(values)
    raw.check_guards(index)
    want = order(x, down)[:, :k]
    np.testing.assert_array_equal(index, want)
    same_bits(values, np.take_along_axis(x, want, 1))


@isas
@pytest.mark.parametrize("dtype", DTYPES)
def test_long_rows(isa: str, dtype: str) -> None:
    """Where a digit of 11 bits replaces one of 8."""
    x = rows(np.random.default_rng(1), (2, 5000), dtype, False)
    values, index = np.empty_like(x), np.empty(x.shape, np.int64)
    assert raw.run("sort", dtype, [values, index, x], [0], isa) == 0
    np.testing.assert_array_equal(index, order(x, False))


def statistic(x: np.ndarray, what: int, k: int) -> int:
    """The place in a sorted row."""
    known = len(x) - int(np.isnan(x).sum())
    if what == 0:
        return k
    if what == 3:
        values, counts = np.unique(x, equal_nan=False, return_counts=True)
        most = values[np.argmax(counts)]
        return int(np.flatnonzero(x == most)[-1]) if known else 0
    return known if what == 1 and known < len(x) else max(known - 1, 0) // 2


@isas
@given(
    count=st.integers(0, 3), n=lengths, what=st.integers(0, 3), dtype=st.sampled_from([*DTYPES]), few=st.booleans(), seed=st.integers(0, 99)
)
def test_pick_sorted(isa: str, count: int, n: int, what: int, dtype: str, few: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, index, k = np.sort(rows(rng, (count, n), dtype, few), 1), rng.integers(0, 1000, (count, n)), int(rng.integers(n))
    values, at = raw.guarded((count,), x.dtype), raw.guarded((count,), np.int64)
    assert raw.run("pick_sorted", dtype, [values, at, x, index], [what, k], isa) == 0
    raw.check_guards(values)
    raw.check_guards(at)
    want = np.array([statistic(row, what, k) for row in x], np.int64)[:, None]
    np.testing.assert_array_equal(at, np.take_along_axis(index, want, 1)[:, 0])
    same_bits(values, np.take_along_axis(x, want, 1)[:, 0])
