"""csrc/kernels/join.c, nonzero.c, nll_loss.c, pool3d.c against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import raw
from hypothesis import given
from hypothesis import strategies as st

isas = pytest.mark.parametrize("isa", raw.isas())
KINDS = {"bool": np.bool_, "i16": np.int16, "f32": np.float32, "f64": np.float64, "c128": np.complex128}


@isas
@given(outer=st.sampled_from([1, 2, 5, 700]), widths=st.lists(st.sampled_from([0, 1, 2, 3, 8, 100]), min_size=1, max_size=20),
       dtype=st.sampled_from([*KINDS]), seed=st.integers(0, 99))  # fmt: skip
def test_cat(isa: str, outer: int, widths: list[int], dtype: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    parts = [rng.integers(0, 100, (outer, w)).astype(KINDS[dtype]) for w in widths]
    out = raw.guarded((outer, sum(widths)), KINDS[dtype])
    assert raw.run("cat", dtype, [out, *parts], [len(parts), outer], isa) == 0
    raw.check_guards(out)
    np.testing.assert_array_equal(out, np.concatenate(parts, 1))


@isas
@given(
    shape=st.lists(st.sampled_from([0, 1, 2, 3, 7, 8, 9, 17, 40]), max_size=3),
    density=st.sampled_from([0, 0.05, 0.5, 1]),
    seed=st.integers(0, 99),
)
def test_nonzero(isa: str, shape: list[int], density: float, seed: int) -> None:
    mask = np.asarray(np.random.default_rng(seed).random(shape) < density)
    want = np.argwhere(mask)
    rows, flat = raw.guarded(want.shape, np.int64), raw.guarded((len(want),), np.int64)
    for out, expected in ((rows, want), (flat, np.flatnonzero(mask))):
        assert raw.run("nonzero", "i64", [out, mask], (), isa) == 0
        raw.check_guards(out)
        np.testing.assert_array_equal(out, expected)


@isas
@given(n=st.integers(0, 4), classes=st.integers(1, 5), inner=st.integers(0, 4), weighted=st.booleans(), dtype=st.sampled_from(["f32", "f64"]),
       seed=st.integers(0, 99))  # fmt: skip
def test_nll_loss(isa: str, n: int, classes: int, inner: int, weighted: bool, dtype: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, g = (rng.integers(-9, 9, s).astype(KINDS[dtype]) for s in ((n, classes, inner), (n, inner)))
    weight = rng.integers(1, 4, classes).astype(KINDS[dtype]) if weighted else None
    target = rng.integers(-1, classes, (n, inner))
    hits = target[:, None] == np.arange(classes)[:, None]
    scale = (np.ones(classes) if weight is None else weight)[:, None]
    loss, gx = raw.guarded((n, inner), x.dtype), raw.guarded(x.shape, x.dtype)
    assert raw.run("nll_loss", dtype, [loss, x, target, weight], [-1], isa) == 0
    assert raw.run("nll_loss_backward", dtype, [gx, g, target, weight], [-1], isa) == 0
    raw.check_guards(loss)
    raw.check_guards(gx)
    np.testing.assert_array_equal(loss, -(hits * scale * x).sum(1))
    np.testing.assert_array_equal(gx, -(hits * scale * g[:, None]))


@isas
@pytest.mark.parametrize("bad", [3, -2, 2**63 - 1, -(2**63)])
def test_nll_loss_of_no_class(isa: str, bad: int) -> None:
    target = np.array([[0], [bad]])
    assert raw.run("nll_loss", "f32", [np.zeros((2, 1), "f4"), np.zeros((2, 3, 1), "f4"), target, None], [-1], isa) == 2
    assert raw.run("nll_loss_backward", "f32", [np.zeros((2, 3, 1), "f4"), np.zeros((2, 1), "f4"), target, None], [-1], isa) == 2


def best(x: np.ndarray, cells: list[int]) -> int:
    """The first largest of some cells, or the last NaN; -1 for none."""
    if not cells:
        return -1
    nan = [c for c in cells if np.isnan(x.flat[c])]
    return nan[-1] if nan else cells[int(np.argmax(x.flat[cells]))]


def check_pool(
    isa: str, name: str, dtype: str, x: np.ndarray, out: tuple[int, int, int], axes: list[list[range]], params: list[int]
) -> None:
    values, index = raw.guarded((len(x), *out), x.dtype), raw.guarded((len(x), *out), np.int64)
    assert raw.run(name, dtype, [values, index, x], params, isa) == 0
    raw.check_guards(values)
    raw.check_guards(index)
    place = np.arange(x[0].size).reshape(x.shape[1:])
    for k, volume in enumerate(x):
        for o in np.ndindex(*out):
            cells = place[np.ix_(*(list(a[i]) for a, i in zip(axes, o)))].reshape(-1).tolist()
            at = best(volume, cells)
            assert index[(k, *o)] == at
            np.testing.assert_array_equal(values[(k, *o)], -np.inf if at < 0 else volume.flat[at])


@isas
@given(
    shape=st.tuples(*[st.integers(1, 6)] * 3),
    out=st.tuples(*[st.integers(1, 5)] * 3),
    dtype=st.sampled_from(["f32", "f64"]),
    seed=st.integers(0, 99),
)
def test_adaptive_max_pool3d(isa: str, shape: tuple[int, int, int], out: tuple[int, int, int], dtype: str, seed: int) -> None:
    x = np.random.default_rng(seed).choice(np.array([0, 1, 2, np.nan], KINDS[dtype]), (2, *shape), p=[0.4, 0.3, 0.25, 0.05])
    axes = [[range(i * n // o, -(-(i + 1) * n // o)) for i in range(o)] for n, o in zip(shape, out)]
    check_pool(isa, "adaptive_max_pool3d", dtype, x, out, axes, [])


@isas
@given(shape=st.tuples(*[st.integers(1, 6)] * 3), data=st.data(), dtype=st.sampled_from(["f32", "f64"]), seed=st.integers(0, 99))
def test_max_pool3d(isa: str, shape: tuple[int, int, int], data: st.DataObject, dtype: str, seed: int) -> None:
    kernel = [data.draw(st.integers(1, 3)) for _ in shape]
    stride = [data.draw(st.integers(1, 3)) for _ in shape]
    padding = [data.draw(st.integers(0, k // 2)) for k in kernel]
    dilation = [data.draw(st.integers(1, 2)) for _ in shape]
    out = tuple(max((n + 2 * p - d * (k - 1) - 1) // s + 1, 0) for n, k, s, p, d in zip(shape, kernel, stride, padding, dilation))
    x = np.random.default_rng(seed).choice(np.array([0, 1, 2, np.nan], KINDS[dtype]), (2, *shape), p=[0.4, 0.3, 0.25, 0.05])
    axes = [
        [[i for i in (o * s - p + j * d for j in range(k)) if 0 <= i < n] for o in range(m)]
        for n, k, s, p, d, m in zip(shape, kernel, stride, padding, dilation, out)
    ]
    check_pool(isa, "max_pool3d", dtype, x, out, axes, [*kernel, *stride, *padding, *dilation])  # type: ignore[arg-type]
