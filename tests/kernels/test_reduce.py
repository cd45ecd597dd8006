"""Reductions against NumPy in higher precision, over every way of the walk (short rows, long rows, columns) and every dtype."""

from __future__ import annotations

import numpy as np
import pytest
import raw
from hypothesis import given, settings
from hypothesis import strategies as st

ISAS = raw.isas()
FLOATS = {"f32": np.float32, "f64": np.float64}
INTS = {"i64": np.int64, "i32": np.int32, "u8": np.uint8, "bool": np.bool_}
ALL = {**FLOATS, **INTS}

# shape, order of axes as the kernel sees them (None: as stored), how many of the last are reduced, and step of the last stored axis
CASES = {
    "full": ((37, 41), None, 2, 1),
    "row": ((7, 33), None, 1, 1),
    "row-of-one": ((5, 1), None, 1, 1),
    "long-row": ((3, 5000), None, 1, 1),
    "run-exactly": ((2, 2048), None, 1, 1),
    "many-rows": ((700, 9), None, 1, 1),
    "columns": ((300, 37), (1, 0), 1, 1),
    "wide-columns": ((5, 2100), (1, 0), 1, 1),
    "channels": ((6, 5, 7, 9), (1, 0, 2, 3), 3, 1),
    "middle": ((9, 131, 18), (0, 2, 1), 1, 1),
    "outer-and-middle": ((4, 3, 70, 5), (1, 3, 0, 2), 2, 1),
    "transposed-full": ((33, 70), (1, 0), 2, 1),
    "stepped-row": ((4, 1203), None, 1, 3),
    "stepped-long-row": ((2, 3 * 1500), None, 1, 3),
    "stepped-columns": ((140, 300), (1, 0), 1, 2),
    "reversed": ((11, 77), None, 1, -1),
    "scalar": ((), None, 0, 1),
    "nothing-reduced": ((5, 4), (1, 0), 0, 1),
    "empty-out": ((0, 4), None, 1, 1),
}


def case(name: str, dtype: type, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    shape, order, reduced, step = CASES[name]
    if dtype in FLOATS.values():
        x = np.asarray(rng.standard_normal(shape) + 0.5).astype(dtype)
    elif dtype is np.bool_:
        x = np.asarray(rng.integers(0, 9, shape) > 0)
    else:
        x = np.asarray(rng.integers(0 if dtype is np.uint8 else -50, 50, shape)).astype(dtype)
    if shape:
        x = x[..., ::step]
    return (x if order is None else x.transpose(order)), reduced


def axes_of(x: np.ndarray, reduced: int) -> tuple[int, ...]:
    return tuple(range(x.ndim - reduced, x.ndim))


def kept(x: np.ndarray, reduced: int) -> tuple[int, ...]:
    return x.shape[: x.ndim - reduced]


def flat(x: np.ndarray, reduced: int) -> np.ndarray:
    shape = kept(x, reduced)
    return np.ascontiguousarray(x).reshape(*shape, int(np.prod(x.shape[x.ndim - reduced :])))


def reduce(name: str, dtype: str, x: np.ndarray, reduced: int, isa: str, out: type, *params: float) -> np.ndarray:
    y = raw.guarded(kept(x, reduced), out)
    assert raw.run(name, dtype, [y, x], [reduced, *params], isa) == 0
    raw.check_guards(y)
    return y


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("name", CASES)
def test_float_reductions(name: str, isa: str) -> None:
    rng = np.random.default_rng(1)
    for dtype, kind in FLOATS.items():
        x, r = case(name, kind, rng)
        eps, wide, ax = np.finfo(kind).eps, x.astype(np.longdouble), axes_of(x, r)
        n = max(int(np.prod([x.shape[a] for a in ax])), 1)
        k = 10 + np.log2(n)
        mass = np.abs(wide).sum(ax)
        assert (np.abs(reduce("sum", dtype, x, r, isa, kind) - wide.sum(ax)) <= k * eps * mass).all()
        assert (np.abs(reduce("mean", dtype, x, r, isa, kind) - wide.mean(ax)) <= (k + 1) * eps * mass / n).all()
        assert np.array_equal(reduce("max", dtype, x, r, isa, kind), x.max(ax))
        assert np.array_equal(reduce("min", dtype, x, r, isa, kind), x.min(ax))
        assert np.array_equal(reduce("argmax", dtype, x, r, isa, np.int64), flat(x, r).argmax(-1))
        assert np.array_equal(reduce("argmin", dtype, x, r, isa, np.int64), flat(x, r).argmin(-1))
        small = np.asarray(1 + 0.01 * x).astype(kind)
        product = small.astype(np.longdouble).prod(ax)
        assert (np.abs(reduce("prod", dtype, small, r, isa, kind) - product) <= n * eps * np.abs(product)).all()
        if n > 1:
            var = wide.var(ax, ddof=1)
            assert (np.abs(reduce("var", dtype, x, r, isa, kind, 1.0) - var) <= (k + 4) * eps * (var + np.abs(wide).mean(ax) * eps)).all()
        lse = np.log(np.exp(wide).sum(ax))
        assert (np.abs(reduce("logsumexp", dtype, x, r, isa, kind) - lse) <= (k + 6) * eps * (1 + np.abs(lse))).all()


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("name", CASES)
def test_exact_reductions(name: str, isa: str) -> None:
    rng = np.random.default_rng(2)
    for dtype, kind in ALL.items():
        x, r = case(name, kind, rng)
        if dtype in FLOATS:
            x = np.asarray(np.where(x > -0.5, x, 0)).astype(kind, order="K")
        ax = axes_of(x, r)
        assert np.array_equal(reduce("any", dtype, x, r, isa, np.bool_), x.any(ax))
        assert np.array_equal(reduce("all", dtype, x, r, isa, np.bool_), x.all(ax))
        if dtype in FLOATS:
            continue
        assert np.array_equal(reduce("sum", dtype, x, r, isa, np.int64), x.sum(ax, dtype=np.int64))
        assert np.array_equal(reduce("prod", dtype, x, r, isa, np.int64), x.prod(ax, dtype=np.int64))
        for op, index in (("max", "argmax"), ("min", "argmin")):
            want, place = getattr(x, op)(ax), getattr(flat(x, r), index)(-1)
            assert np.array_equal(reduce(op, dtype, x, r, isa, kind), want)
            assert np.array_equal(reduce(index, dtype, x, r, isa, np.int64), place)
            value, where = raw.guarded(want.shape, kind), raw.guarded(want.shape, np.int64)
            assert raw.run(f"{op}_with_index", dtype, [value, where, x], [r], isa) == 0
            raw.check_guards(value), raw.check_guards(where)
            assert np.array_equal(value, want) and np.array_equal(where, place)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("n", [1, 3, 17, 64, 100, 1500])
@pytest.mark.parametrize("order", ["rows", "columns"])
def test_nan_and_infinity(order: str, n: int, dtype: str, isa: str) -> None:
    """A NaN at any place wins in max, min and their indices; the first of several is the one that is named."""
    rng = np.random.default_rng(n)
    x = rng.standard_normal((20, n)).astype(FLOATS[dtype])
    x[np.arange(20), rng.integers(0, n, 20)] = np.nan
    x[3, rng.integers(0, n)] = np.nan
    x[4] = -np.inf
    x[5] = np.inf
    x[6, n // 2] = np.inf
    x = np.ascontiguousarray(x) if order == "rows" else np.asfortranarray(x)
    kind = x.dtype.type
    for name in ("max", "min"):
        assert np.array_equal(reduce(name, dtype, x, 1, isa, kind), getattr(x, name)(1), equal_nan=True)
        assert np.array_equal(reduce(f"arg{name}", dtype, x, 1, isa, np.int64), getattr(x, f"arg{name}")(1))
    with np.errstate(invalid="ignore"):
        assert np.array_equal(np.isnan(reduce("sum", dtype, x, 1, isa, kind)), np.isnan(x.sum(1)))
    lse = reduce("logsumexp", dtype, x, 1, isa, kind)
    assert lse[4] == -np.inf and lse[5] == np.inf and np.isnan(lse[0])
    assert reduce("any", dtype, x, 1, isa, np.bool_).all() and reduce("all", dtype, x, 1, isa, np.bool_).all()


@pytest.mark.parametrize("isa", ISAS)
def test_over_no_elements(isa: str) -> None:
    for dtype, kind in ALL.items():
        for x in (np.empty((3, 0), kind), np.empty((2, 3, 0), kind)[0], np.empty((0, 3), kind).T):
            out = kind if dtype in FLOATS else np.int64
            assert (reduce("sum", dtype, x, 1, isa, out) == 0).all()
            assert (reduce("prod", dtype, x, 1, isa, out) == 1).all()
            assert not reduce("any", dtype, x, 1, isa, np.bool_).any()
            assert reduce("all", dtype, x, 1, isa, np.bool_).all()
            if dtype in FLOATS:
                assert np.isnan(reduce("mean", dtype, x, 1, isa, kind)).all()
                assert np.isnan(reduce("var", dtype, x, 1, isa, kind, 1.0)).all()
                assert (reduce("logsumexp", dtype, x, 1, isa, kind) == -np.inf).all()


def test_sum_error_does_not_grow() -> None:
    """2^22 times 0.1 in float32: adding one by one would be off by percents."""
    x = np.full(1 << 22, 0.1, np.float32)
    exact = float(np.float32(0.1)) * x.size
    for isa in ISAS:
        assert abs(float(reduce("sum", "f32", x, 1, isa, np.float32)) - exact) <= 1e-6 * exact
        assert (abs(reduce("sum", "f32", x.reshape(-1, 4).T, 1, isa, np.float32) - exact / 4) <= 1e-6 * exact).all()


@pytest.mark.parametrize("isa", ISAS)
def test_var_with_a_large_mean(isa: str) -> None:
    rng = np.random.default_rng(5)
    x = (rng.standard_normal((3, 4000)) + 1e4).astype(np.float32)
    assert np.allclose(reduce("var", "f32", x, 1, isa, np.float32, 0.0), x.astype(np.float64).var(1), rtol=1e-5)
    assert np.isnan(reduce("var", "f32", x[:, :1], 1, isa, np.float32, 1.0)).all()


@st.composite
def problems(draw: st.DrawFn) -> tuple[np.ndarray, int]:
    shape = draw(st.lists(st.integers(1, 6), min_size=0, max_size=5))
    x = np.arange(int(np.prod(shape)) * 4, dtype=np.int64).reshape(*shape, 4) * 7919 % 101
    x = x[..., :: draw(st.sampled_from([1, 2, -1]))]
    if draw(st.booleans()):
        x = np.broadcast_to(x, (3, *x.shape))
    return x.transpose(draw(st.permutations(range(x.ndim)))), draw(st.integers(0, x.ndim))


@settings(max_examples=60, deadline=None)
@given(problems(), st.sampled_from(ISAS))
def test_any_layout(problem: tuple[np.ndarray, int], isa: str) -> None:
    """Small integers, so that float sums are exact whatever the order."""
    x, r = problem
    f, ax = np.asarray(x.astype(np.float32)), axes_of(x, r)
    assert np.array_equal(reduce("sum", "i64", x, r, isa, np.int64), x.sum(ax))
    assert np.array_equal(reduce("sum", "f32", f, r, isa, np.float32), x.sum(ax))
    assert np.array_equal(reduce("max", "i64", x, r, isa, np.int64), x.max(ax))
    assert np.array_equal(reduce("argmin", "i64", x, r, isa, np.int64), flat(x, r).argmin(-1))


def test_same_bits_for_every_number_of_threads() -> None:
    rng = np.random.default_rng(6)
    x = rng.standard_normal((700, 900)).astype(np.float32)
    cases = [
        (x, 2),
        (x.T, 2),
        (x, 1),
        (x.T, 1),
        (x.reshape(-1, 2).T, 1),
        (x.reshape(2, -1), 1),
        (x.reshape(70, 9, 10, 100).transpose(1, 0, 2, 3), 3),
    ]
    results: dict[int, list] = {}
    try:
        for threads in (1, 2, 3, 7):
            raw.lib.mg_set_num_threads(threads)
            results[threads] = [
                reduce(name, "f32", v, r, ISAS[-1], np.float32, 1.0).tobytes() for v, r in cases for name in ("sum", "var", "logsumexp")
            ]
    finally:
        raw.lib.mg_set_num_threads(1)
    assert all(results[t] == results[1] for t in results)
