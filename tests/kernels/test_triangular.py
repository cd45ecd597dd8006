"""Triangular systems and LU factors: backward errors against what the elimination allows, in long double."""

from __future__ import annotations

import numpy as np
import pytest
import raw

ISAS = raw.isas()
FLOATS = {"f32": np.float32, "f64": np.float64}
SIZES = [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 24, 31, 33, 64, 70]


def launch(name: str, dtype: str, outs: list, inputs: list, isa: str, *params: int) -> None:
    assert raw.run(name, dtype, [*outs, *inputs], params, isa) == 0
    for y in outs:
        raw.check_guards(y)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("unit", [False, True])
@pytest.mark.parametrize("transposed", [False, True])
def test_solve_triangular(transposed: bool, unit: bool, upper: bool, dtype: str, isa: str) -> None:
    """|A X - B| stays below n eps |A| |X|, element by element (Higham, Accuracy and Stability, theorem 8.5)."""
    kind, rng = FLOATS[dtype], np.random.default_rng(1)
    for n in SIZES:
        for k in (0, 1, 5, 33):
            a = rng.uniform(-1, 1, (2, n, n)).astype(kind) / max(1, n) ** 0.5
            a[:, range(n), range(n)] = rng.uniform(0.5, 2, (2, n))
            whole = (np.triu if upper else np.tril)(a)
            a[whole == 0] = np.nan  # the other triangle is not read
            if unit:
                whole[:, range(n), range(n)], a[:, range(n), range(n)] = 1, np.nan
            b = (
                rng.standard_normal((2, k, n)).astype(kind).swapaxes(-1, -2)
                if transposed
                else rng.standard_normal((1, n, k)).astype(kind).repeat(2, 0)
            )
            given = np.ascontiguousarray(a.swapaxes(-1, -2)).swapaxes(-1, -2) if transposed else a
            x = raw.guarded((2, n, k), kind)
            launch("solve_triangular", dtype, [x], [given, b], isa, upper, unit)
            size = np.abs(whole.astype(np.longdouble)) @ np.abs(x)
            error = np.abs(whole.astype(np.longdouble) @ x - b)
            assert (error <= 4 * (n + 1) * np.finfo(kind).eps * (size + np.abs(b))).all(), (n, k)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("pivot", [True, False])
def test_lu(pivot: bool, dtype: str, isa: str) -> None:
    """|L U - P A| stays below n eps |L| |U|; with exchanges no multiplier is larger than 1."""
    kind, rng = FLOATS[dtype], np.random.default_rng(1)
    for m in SIZES:
        for n in {m, max(0, m - 3), m + 5, 1, 40}:
            a = rng.standard_normal((2, m, n)).astype(kind)
            if not pivot:
                a[:, range(min(m, n)), range(min(m, n))] += 3 * np.sqrt(max(m, n))
            y, pivots = raw.guarded(a.shape, kind), raw.guarded((2, min(m, n)), np.int32)
            launch("lu", dtype, [y, pivots], [a], isa, pivot)
            for lu, swaps, rows in zip(y, pivots, a.astype(np.longdouble), strict=True):
                for i, at in enumerate(swaps):
                    assert i + 1 <= at <= m
                    rows[[i, at - 1]] = rows[[at - 1, i]]
                k = min(m, n)
                lower, upper = np.tril(lu[:, :k], -1).astype(np.longdouble) + np.eye(m, k), np.triu(lu[:k]).astype(np.longdouble)
                assert pivot is False or (np.abs(lower) <= 1).all()
                assert (np.abs(lower @ upper - rows) <= 4 * (k + 1) * np.finfo(kind).eps * (np.abs(lower) @ np.abs(upper))).all(), (m, n)


@pytest.mark.parametrize("isa", ISAS)
def test_lu_of_special_values(isa: str) -> None:
    """A column of zeros stays; NaN is a pivot, as the largest of all; equal sizes: the first one."""
    y, pivots = raw.guarded((3, 3), np.float64), raw.guarded((3,), np.int32)
    launch("lu", "f64", [y, pivots], [np.array([[0.0, 2, 1], [0, -2, 3], [0, 1, 1]])], isa, 1)
    assert pivots.tolist() == [1, 2, 3] and y[:, 0].tolist() == [0, 0, 0] and y[1, 1] == -2
    launch("lu", "f64", [y, pivots], [np.array([[1.0, 2, 1], [np.nan, -2, 3], [7, 1, 1]])], isa, 1)
    assert pivots[0] == 2 and np.isnan(y[:, 0]).all()
