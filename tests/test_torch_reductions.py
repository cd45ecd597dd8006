"""Reductions, scans, order statistics and counting with their options, compared with PyTorch: values, dtypes, gradients."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg

torch = pytest.importorskip("torch")
NAN, INF = float("nan"), float("inf")


def flat(value):
    return list(value) if isinstance(value, (tuple, list)) else [value]


def compare(name, *arrays, gradients=True, index=True, rtol=1e-11, **params):
    """Call both with tensors for arrays, here and in params."""
    both = []
    for library, wrap in ((mg, lambda a: mg.from_numpy(np.array(a))), (torch, lambda a: torch.from_numpy(np.array(a)))):
        args = [wrap(a) if isinstance(a, np.ndarray) else a for a in arrays]
        kwargs = {k: wrap(v) if isinstance(v, np.ndarray) else [wrap(x) if isinstance(x, np.ndarray) else x for x in v] if isinstance(v, list) else v
                  for k, v in params.items()}  # fmt: skip
        leaf = args[0]
        if gradients and leaf.is_floating_point():
            leaf.requires_grad_()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            out = flat(getattr(library, name)(*args, **kwargs))
        both.append((leaf, out))
    (ours, got), (theirs, want) = both
    assert len(got) == len(want)
    for i, (a, b) in enumerate(zip(got, want, strict=True)):
        assert f"torch.{a.dtype.name}" == str(b.dtype) and a.shape == tuple(b.shape), (name, params, a.shape, b.shape)
        if i == 0 or index or a.dtype.is_floating_point:
            tolerance = max(rtol, 1e-6) if b.dtype == torch.float32 else rtol  # as integers give
            np.testing.assert_allclose(a.numpy(force=True), b.detach().numpy(), tolerance, 1e-13, err_msg=f"{name} {params}")
    if gradients and ours.requires_grad and want[0].requires_grad:
        seed = np.random.default_rng(0).standard_normal(want[0].shape)
        p = mg.autograd.grad([got[0]], [ours], [mg.from_numpy(np.asarray(seed)).to(got[0].dtype)])[0].numpy()
        e = torch.autograd.grad([want[0]], [theirs], [torch.tensor(seed).to(want[0].dtype)], allow_unused=True)[0]
        e = np.zeros(p.shape) if e is None else e.detach().numpy()
        np.testing.assert_allclose(p, e, 1e-9, 1e-12, err_msg=f"gradient of {name} {params}")


R = np.random.default_rng(1)
X = R.standard_normal((4, 5, 3))
HOLES = np.where(R.random((4, 5, 3)) < 0.3, NAN, X)
TIES = R.integers(-2, 3, (4, 5, 3)).astype(float)
WHOLE = R.integers(-3, 4, (4, 5, 3))


@pytest.mark.parametrize("name", ["cumsum", "cumprod", "cummax", "cummin", "logcumsumexp"])
@pytest.mark.parametrize("dim", [0, 1, -1])
def test_scans(name, dim):
    for x in (X, TIES, X.astype(np.float32)):
        compare(name, x, dim=dim, rtol=1e-11 if x.dtype == np.float64 else 1e-5, gradients=x.dtype == np.float64)
    compare(name, np.where(R.random(X.shape) < 0.1, NAN, X), dim=dim, gradients=False)
    if name != "logcumsumexp":
        for dtype in ("int64", "int32", "uint8", "bool"):
            compare(name, np.abs(WHOLE).astype(dtype), dim=dim)
    else:
        compare(name, np.where(R.random(X.shape) < 0.2, -INF, X * 300), dim=dim, gradients=False)
    compare(name, np.array(0.7), dim=0)
    compare(name, np.zeros((2, 0)), dim=1)


@pytest.mark.parametrize("dim", [None, 0, 1, -1])
@pytest.mark.parametrize("keepdim", [False, True])
def test_prod_with_zeros(dim, keepdim):
    params = {} if dim is None else {"dim": dim, "keepdim": keepdim}
    for zeros in (0, 1, 2):
        x = X.copy()
        x.reshape(-1)[R.permutation(60)[:zeros]] = 0
        compare("prod", x, **params)


@pytest.mark.parametrize(
    "name", ["nansum", "nanmean", "aminmax", "var_mean", "std_mean", "std", "var", "all", "any", "amax", "amin", "logsumexp"]
)
@pytest.mark.parametrize("dim", [None, 0, -2, (0, 2), (1,), (0, 1, 2)])
@pytest.mark.parametrize("keepdim", [False, True])
def test_reductions(name, dim, keepdim):
    if isinstance(dim, tuple) and name == "aminmax" or dim is None and name == "logsumexp":
        pytest.skip("torch has it along one dimension")
    params = {"keepdim": keepdim} | ({} if dim is None else {"dim": dim})
    if dim is None and keepdim and name in ("all", "any"):
        return
    for x in (X, TIES):
        compare(name, x, **params)
    compare(name, HOLES, **params, gradients=name == "nansum")
    if name in ("nansum", "aminmax", "all", "any"):
        compare(name, WHOLE, **params)


def test_variances():
    for name, args in itertools.product(
        ("var", "std", "var_mean", "std_mean"), ((False,), (True,), (1,), (1, False), ((0, 2), True, True))
    ):
        compare(name, X, *args)
    for correction in (0, 1, 2, 1.5):
        compare("var_mean", X, dim=1, correction=correction)
    compare("std", np.ones((3, 4)), dim=1)  # the gradient at 0


@pytest.mark.parametrize("p", [2, "fro", None, 1, 0, 3, 0.5, 1.5, -1, INF, -INF])
@pytest.mark.parametrize("dim", [None, 0, (0, 2), [1]])
def test_norm(p, dim):
    for keepdim in (False, True):
        if p is None or (p == "fro" and dim is None and keepdim):
            continue
        compare("norm", X, p=p, dim=dim, keepdim=keepdim)
        if p != -1 and p != -INF:
            compare("norm", np.where(X > 0.5, 0, X), p=p, dim=dim, keepdim=keepdim)
    compare("norm", np.zeros((2, 3)), **({} if p is None else {"p": p}), gradients=p not in (-1, -INF))
    compare("norm", X.astype(np.float32), **({} if p is None else {"p": p}), dtype=None, rtol=1e-5, gradients=False)


@pytest.mark.parametrize("p", [0, 1, 2, 3.5, INF])
def test_dist(p):
    compare("dist", X, X[:, :1], p)


@pytest.mark.parametrize("p, dim, maxnorm", [(2, 0, 1.0), (1, 1, 2.0), (3, -1, 0.5), (2, 1, 100.0)])
def test_renorm(p, dim, maxnorm):
    compare("renorm", X, p, dim, maxnorm)


@pytest.mark.parametrize("name", ["median", "nanmedian", "mode", "kthvalue"])
@pytest.mark.parametrize("dim", [None, 0, 1, -1])
@pytest.mark.parametrize("keepdim", [False, True])
def test_order(name, dim, keepdim):
    args = (2,) if name == "kthvalue" else ()
    params = {} if dim is None else {"dim": dim, "keepdim": keepdim}
    compare(name, X, *args, **params)
    if name.endswith("median"):
        compare(name, HOLES, *args, index=False, gradients=dim is None, **params)  # which NaN it is, torch leaves open
    compare(name, TIES, *args, index=False, gradients=False, **params)
    compare(name, WHOLE, *args, index=False, **params)
    compare(name, np.array(2.5), *(1,) * len(args))
    if name.endswith("median"):
        compare(name, np.full((3, 2), NAN), gradients=False)


@given(st.data())
def test_quantiles(data):
    n = data.draw(st.integers(1, 9))
    dtype = data.draw(st.sampled_from(["float32", "float64"]))
    x = np.random.default_rng(data.draw(st.integers(0, 999))).standard_normal((3, n, 2)).astype(dtype)
    x[np.random.default_rng(0).random(x.shape) < data.draw(st.sampled_from([0, 0, 0.3, 1]))] = NAN
    q = data.draw(
        st.one_of(
            st.sampled_from([0.0, 0.25, 0.5, 1.0, 0.3]), st.lists(st.sampled_from([0.0, 0.1, 0.5, 0.77, 1.0]), min_size=1, max_size=4)
        )
    )
    compare(data.draw(st.sampled_from(["quantile", "nanquantile"])), x, np.array(q, dtype) if isinstance(q, list) else q,
            dim=data.draw(st.sampled_from([None, 0, 1, -1])), keepdim=data.draw(st.booleans()), rtol=1e-11 if dtype == "float64" else 1e-5,
            interpolation=data.draw(st.sampled_from(["linear", "lower", "higher", "midpoint", "nearest"])), gradients=dtype == "float64" and not np.isnan(x).any())  # fmt: skip


def test_diff():
    for n, dim in itertools.product((0, 1, 2, 7), (0, 1, -1)):
        compare("diff", X, n=n, dim=dim)
    compare("diff", X, dim=1, prepend=X[:, :2], append=X[:, :1])
    compare("diff", WHOLE > 0, n=2)
    compare("diff", WHOLE.astype("uint8"))


def test_trapezoids():
    for name, dim in itertools.product(("trapezoid", "trapz", "cumulative_trapezoid"), (0, 1, -1)):
        compare(name, X, dim=dim)
        compare(name, X, np.cumsum(R.random(X.shape[dim])), dim=dim)
        compare(name, X, X + 1, dim=dim)
        compare(name, WHOLE, dim=dim)
        if name != "trapz":
            compare(name, X, dx=0.5, dim=dim)


def test_gradient():
    points = [np.cumsum(R.random(n) + 0.1) for n in X.shape]
    for order in (1, 2):
        compare("gradient", X, edge_order=order)
        compare("gradient", X, spacing=0.5, edge_order=order)
        compare("gradient", X, spacing=[0.5, 2.0], dim=(0, 2), edge_order=order)
        compare("gradient", X, spacing=points, edge_order=order)
        compare("gradient", X, spacing=points[1:2], dim=1, edge_order=order)
    compare("gradient", np.array([1.0, 4.0]), spacing=[np.array([0.0, 3.0])])


def test_covariance():
    m = R.standard_normal((3, 6))
    counts, importance = R.integers(1, 4, 6), R.random(6)
    for correction in (0, 1, 2):
        compare("cov", m, correction=correction)
        compare("cov", m, correction=correction, fweights=counts)
        compare("cov", m, correction=correction, aweights=importance)
        compare("cov", m, correction=correction, fweights=counts, aweights=importance)
    compare("cov", m[0])
    compare("cov", WHOLE[0])
    compare("corrcoef", m)
    compare("corrcoef", m[0])


def test_counting():
    n = R.integers(0, 9, 30)
    compare("bincount", n)
    compare("bincount", n.astype("uint8"), minlength=12)
    for dtype in ("float32", "float64", "int64"):
        compare("bincount", n, weights=(R.random(30) * 5).astype(dtype), rtol=1e-6)
    compare("bincount", n[:0], minlength=3)
    compare("count_nonzero", WHOLE, dim=1)
    compare("count_nonzero", WHOLE, dim=(0, 2))


@pytest.mark.parametrize(
    "points",
    [R.standard_normal((60, 2)), np.ones((4, 2)), np.zeros((0, 2)), R.integers(0, 4, (3, 10, 2)).astype(float)],
    ids=lambda x: x.shape,
)
@pytest.mark.parametrize(
    "params", [{"bins": [3, 4]}, {"bins": 2, "density": True}, {"bins": [2, 3], "range": [0.25, 0.25, -1.0, 1.0]}], ids=str
)
def test_histograms_of_points(points, params):
    for weight in ({}, {"weight": R.random(points.shape[:-1])}):
        got, want = (f.histogramdd(f.from_numpy(points), **params, **{k: f.from_numpy(v) for k, v in weight.items()}) for f in (mg, torch))
        for a, b in zip((got.hist, *got.bin_edges), (want.hist, *want.bin_edges), strict=True):
            np.testing.assert_allclose(a.numpy(), b.numpy(), 1e-12, strict=True)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_histograms(dtype):
    x = np.concatenate([R.standard_normal(200), np.arange(-4, 5) / 2]).astype(dtype)
    for params in ({}, {"bins": 7}, {"bins": 8, "min": -2, "max": 2}, {"bins": 5, "min": 0, "max": 0.5}):
        compare("histc", x, gradients=False, **params)
    compare("histc", np.ones(3, dtype), bins=4, gradients=False)
    compare("histc", np.zeros(0, dtype), bins=4, gradients=False)
    weight = R.random(x.shape).astype(dtype)
    for density in (False, True):
        compare("histogram", x, 8, range=(-2.0, 2.0), density=density, gradients=False, rtol=1e-5)
        compare("histogram", x, 9, density=density, weight=weight, gradients=False, rtol=1e-5)
        compare("histogram", np.ones(4, dtype), 2, density=density, gradients=False)
        compare("histogram", x, 2, range=(0.25, 0.25), density=density, gradients=False)
        compare("histogram", x, np.array([-1, -0.5, 0, 0.1, 1.5], dtype), density=density, gradients=False, rtol=1e-5)
