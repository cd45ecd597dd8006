"""Index ops and sorting against PyTorch and NumPy: dtypes, options, ties, NaN, gradients."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from test_shape_ops import DTYPES, array, compare, several

import minigrad as mg

NUMBERS = DTYPES[1:]
seeds = st.integers(0, 2**32 - 1)


def both(torch, name, args, options, dtype, smooth=True):
    """One op of both libraries, its floating arrays (the first, and those marked by being floats) cast to dtype."""
    floats = [i for i, a in enumerate(args) if isinstance(a, np.ndarray) and a.dtype.kind == "f"]

    def call(space, make):
        def function(*values):
            full = list(args)
            for i, v in zip(floats, values, strict=True):
                full[i] = v
            full = [make(a.copy()) if isinstance(a, np.ndarray) else tuple(map(make, a)) if isinstance(a, list) else a for a in full]
            given = {k: make(v.copy()) if isinstance(v, np.ndarray) else v for k, v in options.items()}
            return getattr(space, name)(*full, **given)

        return function

    compare(torch, call(mg, mg.from_numpy), call(torch, torch.from_numpy), [args[i] for i in floats], dtype, smooth)


def i(*values):
    return np.array(values, np.int64)


X, COLUMNS = array(4, 5), np.array([[0, 2, 2], [4, 0, 1], [1, 1, 1], [3, 4, 3]])
INDEXED = [
    *[("scatter_reduce", (X, 1, COLUMNS, 3 * array(4, 3, seed=1), r), {"include_self": s}) for r in ("sum", "prod", "mean", "amax", "amin") for s in (True, False)],
    *[("scatter_reduce", (X, 0, COLUMNS[:2] % 4, array(3, 4, seed=1), r), {}) for r in ("sum", "prod", "mean", "amax", "amin")],
    *[("index_reduce", (X, 1, i(2, 0, 2), array(4, 3, seed=1), r), {"include_self": s}) for r in ("prod", "mean", "amax", "amin") for s in (True, False)],
    ("scatter_reduce", (np.array(2.0), 0, np.array(0), np.array(3.0), "prod"), {}), ("scatter_reduce", (X, 1, np.zeros((4, 0), np.int64), X, "amax"), {}),
    *[("index_copy", (X, d, v, array(*s, seed=1)), {}) for d, v, s in [(0, i(3, 0), (2, 5)), (-1, i(1), (4, 1)), (1, i(), (4, 0))]],
    *[("index_fill", (X, d, v, 2), {}) for d, v in [(0, i(3, 0)), (1, i(2, 2)), (0, i())]], ("index_fill", (X, 1, i(1, 4), np.array(3.0)), {}),
    *[("index_add", (X, 0, i(3, 0, 3), array(3, 5, seed=1)), o) for o in ({}, {"alpha": 2})],
    *[("index_put", (X, [i(3, 0, 2), i(1, 1, 1)], array(3, seed=1)), o) for o in ({}, {"accumulate": True})],
    ("index_put", (X, [i(0, 0, 2)], array(3, 5, seed=1), True), {}), ("index_put", (X, [np.array([True, False, True, False])], array(5, seed=1)), {}),
    ("index_put", (X, [X > 0], array(1, seed=1)), {}),
    *[("take", (X, v), {}) for v in (i(0, 19, -1), np.array([[3, 3]]), i())], ("take_along_dim", (X, COLUMNS, 1), {}), ("take_along_dim", (X, i(0, 19)), {}),
    ("take_along_dim", (X, np.array([[0, 3, 1, 2, 0]]), 0), {}), ("take_along_dim", (X[:1], np.array([[0], [4]]), 1), {}),
    *[("put", (X, v, array(*v.shape, seed=1)), o) for v, o in ((i(0, 19, -2), {}), (np.array([[3, 3]]), {"accumulate": True}))],
    ("masked_scatter", (X, X > 0, array(4, 5, seed=1)), {}), ("masked_scatter", (X, np.array([True, False, True, False, True]), array(30, seed=1)), {}),
    ("masked_select", (X, X > 0), {}), ("masked_select", (X, np.array([True, False, True, False, True])), {}), ("masked_fill", (X, X > 0, 2), {}),
    ("gather", (X, 1, COLUMNS), {}), ("gather", (X, 0, COLUMNS[:2] % 4), {}), ("index_select", (X, 1, i(4, 0, 0)), {}), ("index_select", (np.array(3.0), 0, i(0)), {}),
    ("scatter", (X, 0, COLUMNS[:2] % 4, array(3, 4, seed=1)), {}), ("scatter", (X, 1, COLUMNS, 2), {}), ("scatter_add", (X, 1, COLUMNS, array(4, 3, seed=1)), {}),
    *[("scatter", (X, 1, COLUMNS, array(4, 3, seed=1)), {"reduce": r}) for r in ("add", "multiply")], ("scatter", (X, 1, COLUMNS, 2), {"reduce": "add"}),
]  # fmt: skip
# Repeated places: which value stays is open, and torch sends a gradient to all. torch's gradient of these cannot be had at all.
NO_GRADIENT = ("scatter",)


@pytest.mark.parametrize("name, args, options", INDEXED, ids=lambda v: v if isinstance(v, str) else "")
def test_index_op_is_torchs(name, args, options):
    torch = pytest.importorskip("torch")
    for dtype in DTYPES if name not in ("put",) else NUMBERS:
        fits = name != "scatter_reduce" or args[2].shape == args[3].shape  # torch fails at the gradient of a src larger than the index
        both(torch, name, args, options, dtype, fits and name not in NO_GRADIENT)


@pytest.mark.parametrize(
    "name, args, options", [c for c in INDEXED if hasattr(mg.Tensor, c[0] + "_")], ids=lambda v: v if isinstance(v, str) else ""
)
def test_in_place_is_the_same(name, args, options):
    wrapped = [
        mg.from_numpy(a.copy()) if isinstance(a, np.ndarray) else tuple(mg.from_numpy(v) for v in a) if isinstance(a, list) else a
        for a in args
    ]
    want = getattr(mg, name)(*wrapped, **options).numpy()
    assert getattr(wrapped[0], f"{name}_")(*wrapped[1:], **options) is wrapped[0]
    np.testing.assert_array_equal(wrapped[0].numpy(), want)


def test_products_with_zeros():
    """Gradients of products of which one or several factors are 0, to first order as torch; and the second by differences."""
    torch = pytest.importorskip("torch")
    x, src = np.array([2.0, 0.0, 3.0, 0.0]), np.array([0.0, 4.0, 5.0, 0.0, 0.0, 6.0, 7.0])
    index = i(0, 0, 1, 2, 2, 3, 3)
    for s in (True, False):
        both(torch, "scatter_reduce", (x, 0, index, src, "prod"), {"include_self": s}, "float64")


# ---- order ----

VALUES = np.array([[3.0, 1.0, 2.0, 1.0, -0.5], [0.0, 2.0, 2.0, 5.0, -1.0], [1.0, 1.0, 1.0, 0.0, 9.0]])
SORTED = [
    *[("sort", (VALUES,), {"dim": d, "descending": g, "stable": True}) for d in (0, 1, -1) for g in (False, True)],
    *[("argsort", (VALUES,), {"dim": d, "descending": g, "stable": True}) for d in (0, 1) for g in (False, True)],
    ("msort", (VALUES,), {}), ("sort", (np.array(3.0),), {}), ("sort", (np.zeros((0, 3)),), {"dim": 0, "stable": True}),
    *[("topk", (np.argsort(np.argsort(array(3, 23), 1), 1) + 0.0, k, 1), {"largest": g}) for k in (0, 1, 3, 23) for g in (True, False)],
    ("topk", (np.argsort(array(9, 2), 0) + 0.0, 2, 0), {}), ("topk", (np.array(3.0), 1), {}),
    *[(n, (np.round(VALUES), ), {"return_inverse": a, "return_counts": b}) for n in ("unique", "unique_consecutive") for a in (True, False) for b in (True, False)],
    *[(n, (np.array([[1.0, 2.0], [0.0, 5.0], [1.0, 2.0], [1.0, 2.0]]).repeat(2, 1),), {"return_inverse": True, "return_counts": True, "dim": d})
      for n in ("unique", "unique_consecutive") for d in (0, 1, -1)],
    ("unique", (np.array(2.0),), {"return_inverse": True}), ("unique", (np.zeros((0,)),), {}), ("argwhere", (VALUES,), {}), ("argwhere", (np.array(2.0),), {}),
    ("nonzero", (VALUES,), {}), ("nonzero", (VALUES,), {"as_tuple": True}), ("nonzero", (np.array(0.0),), {}), ("nonzero", (np.array(2.0),), {"as_tuple": True}),
]  # fmt: skip


@pytest.mark.parametrize("name, args, options", SORTED, ids=lambda v: v if isinstance(v, str) else "")
def test_order_is_torchs(name, args, options):
    torch = pytest.importorskip("torch")
    for dtype in DTYPES:
        if name == "topk" and dtype in ("bool", "uint8"):
            continue  # ties
        both(torch, name, args, options, dtype, not name.startswith("unique"))


def test_named_tuples():
    for y in (mg.sort(mg.tensor([2, 1])), mg.topk(mg.tensor([2, 1]), 1)):
        assert y.values is y[0] and y.indices is y[1]


@pytest.mark.parametrize("descending", [False, True])
def test_nan_is_the_largest(descending):
    torch = pytest.importorskip("torch")
    x = np.array([1.0, np.nan, -np.inf, 0.0, np.nan, np.inf] * 4)
    got, want = mg.sort(mg.from_numpy(x), descending=descending), torch.sort(torch.from_numpy(x), descending=descending, stable=True)
    np.testing.assert_array_equal(got.values.numpy(), want.values.numpy())
    np.testing.assert_array_equal(got.indices.numpy(), want.indices.numpy())
    got, want = mg.topk(mg.from_numpy(x), 3, largest=descending), torch.topk(torch.from_numpy(x), 3, largest=descending)
    np.testing.assert_array_equal(got.values.numpy(), want.values.numpy())
    assert mg.unique(mg.from_numpy(x)).shape == tuple(torch.unique(torch.from_numpy(x)).shape)


@given(hnp.array_shapes(min_dims=1, max_dims=3, max_side=9), seeds, st.booleans(), st.booleans(), st.data())
def test_sort_is_numpys(shape, seed, descending, float_, data):
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    x = np.random.default_rng(seed).integers(-3, 3, shape).astype(np.float32 if float_ else np.int64)
    got = mg.sort(mg.from_numpy(x), dim, descending)
    order = np.argsort(-x if descending else x, axis=dim, kind="stable")
    np.testing.assert_array_equal(got.indices.numpy(), order, strict=True)
    np.testing.assert_array_equal(got.values.numpy(), np.take_along_axis(x, order, dim), strict=True)
    k = data.draw(st.integers(0, shape[dim]))
    top = mg.topk(mg.from_numpy(x), k, dim, descending)
    np.testing.assert_array_equal(top.values.numpy(), np.take(got.values.numpy(), range(k), dim))
    np.testing.assert_array_equal(np.take_along_axis(x, top.indices.numpy(), dim), top.values.numpy())


@given(seeds, st.sampled_from([(), (3,), (2, 4)]), st.booleans(), st.booleans(), st.sampled_from(["int64", "float32", "float64", "int32"]))
def test_searchsorted_is_torchs(seed, shape, right, out_int32, dtype):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(seed)
    for rows in ((6,), (2, 6), (0,)):
        if len(rows) == 2 and len(shape) != 2:
            continue
        a, v = rng.integers(-4, 4, rows).astype(dtype), rng.integers(-6, 6, shape).astype(dtype)
        sorter = np.argsort(a, -1, kind="stable")
        for options, b in (({}, np.sort(a, -1)), ({"sorter": sorter}, a)):
            want = torch.searchsorted(
                torch.from_numpy(b),
                torch.from_numpy(v),
                right=right,
                out_int32=out_int32,
                **{k: torch.from_numpy(s) for k, s in options.items()},
            )
            got = mg.searchsorted(
                mg.from_numpy(b), mg.from_numpy(v), right=right, out_int32=out_int32, **{k: mg.from_numpy(s) for k, s in options.items()}
            )
            np.testing.assert_array_equal(got.numpy(), want.numpy(), strict=True)
        if len(rows) == 1:
            want = torch.bucketize(torch.from_numpy(v), torch.from_numpy(np.sort(a)), right=right)
            np.testing.assert_array_equal(
                mg.bucketize(mg.from_numpy(v), mg.from_numpy(np.sort(a)), right=right).numpy(), want.numpy(), strict=True
            )


def test_bucketize_a_number():
    assert mg.bucketize(3, mg.tensor([1, 3, 5])).item() == 1
    assert mg.searchsorted(mg.tensor([1.0, 3.0]), 2.0, side="right").item() == 1
    assert several(mg.bucketize(mg.tensor([1]), mg.tensor([0.5, 1.5])))[0].tolist() == [1]


@given(hnp.array_shapes(min_dims=1, max_dims=3, max_side=4), seeds, st.data())
def test_unique_is_numpys(shape, seed, data):
    dim = data.draw(st.one_of(st.none(), st.integers(0, len(shape) - 1)))
    x = np.random.default_rng(seed).integers(0, 2, shape)
    want = np.unique(x, return_inverse=True, return_counts=True, axis=dim)
    got = mg.unique(mg.from_numpy(x), return_inverse=True, return_counts=True, dim=dim)
    for g, w in zip(got, want, strict=True):
        np.testing.assert_array_equal(g.numpy().reshape(w.shape), w)
    values, inverse = mg.unique_consecutive(mg.from_numpy(x), return_inverse=True, dim=dim)
    np.testing.assert_array_equal(np.take(values.numpy(), inverse.numpy(), 0 if dim is None else dim), x)


# ---- gather and scatter undo each other ----


@given(
    hnp.array_shapes(min_dims=1, max_dims=3, max_side=4),
    seeds,
    st.sampled_from(["sum", "prod", "mean", "amax", "amin"]),
    st.booleans(),
    st.data(),
)
def test_scatter_reduce_is_torchs(shape, seed, reduce, include_self, data):
    torch = pytest.importorskip("torch")
    dim = data.draw(st.integers(0, len(shape) - 1))
    rng = np.random.default_rng(seed)
    part = tuple(data.draw(st.integers(0, n if d != dim else 5)) for d, n in enumerate(shape))
    wide = tuple(n + data.draw(st.integers(0, 1)) for n in part)
    x, src, index = rng.integers(-2, 3, shape) + 0.0, rng.integers(-2, 3, wide) + 0.0, rng.integers(0, shape[dim], part)
    smooth = part == wide and (reduce not in ("amax", "amin") or include_self)
    both(torch, "scatter_reduce", (x, dim, index, src, reduce), {"include_self": include_self}, "float64", smooth)


@given(seeds, st.booleans())
def test_index_put_is_numpys(seed, accumulate):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 5, 3))
    count = rng.integers(1, 4)
    key = tuple(rng.integers(-n, n, count) for n in shape[: rng.integers(1, 4)])
    x = rng.integers(-9, 9, shape)
    value = rng.integers(-9, 9, x[key].shape if accumulate else (1,) * x[key].ndim)
    want = x.copy()
    np.add.at(want, key, value) if accumulate else want.__setitem__(key, value)
    got = mg.index_put(mg.from_numpy(x.copy()), tuple(map(mg.from_numpy, key)), mg.from_numpy(value), accumulate)
    np.testing.assert_array_equal(got.numpy(), want)
