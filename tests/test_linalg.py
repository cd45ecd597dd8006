"""mg.linalg against PyTorch: values, shapes, named tuples, gradients; and the defining equations of each factorization."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_shape_ops import array, compare, find

import minigrad as mg
from minigrad.ops.linalg_solve import positive_definite, regular
from minigrad.ops.linalg_spectral import spread, symmetric
from minigrad.registry import Draw
from minigrad.testing import gradcheck, gradgradcheck

INF = float("inf")
R = Draw(7)
SQUARES = [regular(R, 3, 3), regular(R, 2, 4, 4), regular(R, 1, 1), R(0, 3, 3), R(2, 0, 0)]
RECTANGLES = [spread(R, 3, 5), spread(R, 5, 3), spread(R, 2, 3, 3), spread(R, 1, 4)]
POSITIVE = [positive_definite(R, 3, 3), positive_definite(R, 2, 4, 4)]
SYMMETRIC = [symmetric(R, 3, 3), symmetric(R, 2, 4, 4)]
ORDS = ("fro", "nuc", 1, -1, 2, -2, INF, -INF)

CASES = [
    *[(n, [a], {}) for n in ("linalg.inv", "linalg.det", "linalg.slogdet", "det", "slogdet", "logdet", "inverse", "linalg.inv_ex", "linalg.matrix_exp") for a in SQUARES if a.size],
    *[(n, [a], {}) for n in ("linalg.det", "linalg.slogdet", "linalg.inv", "linalg.matrix_exp") for a in SQUARES if not a.size],
    *[(n, [regular(R, 3, 3), b], {}) for n in ("linalg.solve", "linalg.solve_ex") for b in (R(3, 2), R(3), R(2, 3, 1))],
    *[("linalg.solve", [regular(R, 2, 3, 3), b], {}) for b in (R(2, 3, 2), R(2, 3), R(3, 4))], ("linalg.solve", [regular(R, 2, 1, 3, 3), R(4, 3, 2)], {}),
    ("linalg.solve", [regular(R, 3, 3), R(2, 3)], {"left": False}),
    *[("linalg.solve_triangular", [regular(R, 3, 3), R(2, 3, 3)], {"upper": u, "left": s, "unitriangular": n}) for u in (True, False) for s in (True, False) for n in (True, False)],
    ("linalg.solve_triangular", [regular(R, 2, 3, 3), R(2, 3)[..., None].swapaxes(0, 1)[None].repeat(2, 0)[..., 0]], {"upper": True}),
    *[(n, [a], {"upper": u}) for n in ("linalg.cholesky", "cholesky", "linalg.cholesky_ex") for a in POSITIVE for u in (True, False)],
    *[("cholesky_solve", [R(3, 2), regular(R, 3, 3)], {"upper": u}) for u in (True, False)], *[("cholesky_inverse", [regular(R, 3, 3)], {"upper": u}) for u in (True, False)],
    *[(n, [a], {}) for n in ("linalg.svdvals", "linalg.pinv", "linalg.matrix_rank", "pinverse", "linalg.lu", "linalg.lu_factor", "linalg.lu_factor_ex") for a in RECTANGLES],
    ("linalg.pinv", [np.diag([3.0, 1.0, 1e-9])], {"rtol": 1e-5}), ("linalg.pinv", [np.diag([3.0, 1.0, 1e-9])], {"atol": 1e-5}),
    ("linalg.matrix_rank", [np.diag([3.0, 1.0, 1e-9])], {"rtol": 1e-5}), ("linalg.matrix_rank", [np.diag([3.0, -1.0, 1e-9])], {"atol": 2.0, "hermitian": True}), ("linalg.matrix_rank", [np.zeros((2, 3))], {}),
    *[("linalg.eigvalsh", [a], {}) for a in SYMMETRIC], ("linalg.lstsq", [spread(R, 5, 3), R(5, 2)], {}), ("linalg.lstsq", [spread(R, 2, 3, 5), R(2, 3, 2)], {}),
    ("linalg.lstsq", [spread(R, 5, 3), R(5, 2)], {"driver": "gels"}), ("linalg.lstsq", [spread(R, 5, 3), R(5, 2)], {"driver": "gelsd"}),
    *[(n, [a], {"n": k}) for n in ("linalg.matrix_power", "matrix_power") for a in SQUARES[:3] for k in (-3, -1, 0, 1, 2, 5)], ("matrix_exp", [9 * R(3, 3)], {}),
    *[("linalg.vector_norm", [array(2, 3, 4)], {"ord": p, "dim": d, "keepdim": k}) for p in (0, 0.5, 1, 2, 3, -1, INF, -INF) for d in (None, 1, (0, 2)) for k in (True, False)],
    *[("linalg.matrix_norm", [array(2, 3, 4)], {"ord": p, "dim": d, "keepdim": k}) for p in ORDS for d in ((-2, -1), (2, 0)) for k in (True, False)],
    *[("linalg.norm", [a], {"ord": p, "dim": d}) for a, p, d in [(array(2, 3), None, None), (array(2, 3), "nuc", None), (array(4), 3, None), (array(2, 3), 1, 1), (array(2, 3, 4), None, (0, 2)), (array(2, 3, 4), -2, (0, 2))]],
    ("linalg.norm", [array(2, 3)], {"keepdim": True}), *[("linalg.cond", [regular(R, 2, 3, 3)], {"p": p}) for p in (None, *ORDS)], ("linalg.cond", [spread(R, 3, 5)], {}),
    ("linalg.tensorinv", [regular(R, 6, 6).reshape(2, 3, 6)], {}), ("linalg.tensorinv", [regular(R, 6, 6).reshape(6, 2, 3)], {"ind": 1}),
    ("linalg.tensorsolve", [regular(R, 6, 6).reshape(2, 3, 6), R(2, 3)], {}), ("linalg.tensorsolve", [regular(R, 6, 6).reshape(2, 6, 3), R(2, 3)], {"dims": (1,)}),
    ("linalg.householder_product", [array(4, 3), np.array([0.5, 1.0, 1.5])], {}), ("linalg.vander", [array(2, 3)], {}), ("linalg.vander", [array(3)], {"N": 5}),
    ("linalg.diagonal", [array(2, 3, 4)], {"offset": 1}), ("linalg.multi_dot", None, {}),
]  # fmt: skip


@pytest.mark.parametrize("name, arrays, options", CASES, ids=lambda v: v if isinstance(v, str) else "")
def test_value_and_gradient_are_torchs(name, arrays, options):
    torch = pytest.importorskip("torch")
    if arrays is None:
        ours, theirs, arrays = (
            (lambda *x: mg.linalg.multi_dot(x)),
            (lambda *x: torch.linalg.multi_dot(x)),
            [array(3), array(3, 4), array(4, 2)],
        )
    else:
        ours, theirs = (lambda *x: find(mg, name)(*x, **options)), (lambda *x: find(torch, name)(*x, **options))
    # torch 2.13 cannot differentiate cond through the inverse.
    smooth = (
        name != "linalg.matrix_rank"
        and (name != "linalg.cond" or options.get("p") in (None, 2, -2))
        and not (name.endswith("matrix_power") and options["n"] == 0)
    )
    if name.startswith("cholesky_"):  # torch's gradient goes beyond the triangle that is read
        functions, half = (ours, theirs), "triu" if options["upper"] else "tril"
        ours, theirs = (lambda *x, f=f: f(*x[:-1], getattr(x[-1], half)()) for f in functions)
    for dtype in ("float64", "float32"):
        compare(
            torch, ours, theirs, arrays, dtype, smooth, rtol=1e-2 if dtype == "float32" else 1e-7, atol=1e-3 if dtype == "float32" else 1e-8
        )


def test_pinv_of_symmetric_matrices():
    a = SYMMETRIC[0]
    np.testing.assert_allclose(mg.linalg.pinv(mg.from_numpy(a), hermitian=True).numpy(), np.linalg.pinv(a, hermitian=True), 1e-9, 1e-12)


def test_named_tuples():
    torch = pytest.importorskip("torch")
    a = positive_definite(R, 3, 3)
    for name in ("slogdet", "qr", "svd", "eigh", "lu", "lu_factor", "inv_ex", "cholesky_ex", "lu_factor_ex"):
        got, want = getattr(mg.linalg, name)(mg.from_numpy(a.copy())), getattr(torch.linalg, name)(torch.from_numpy(a))
        for field in got._fields:
            assert getattr(got, field).shape == tuple(getattr(want, field).shape), (name, field)
            assert f"torch.{getattr(got, field).dtype.name}" == str(getattr(want, field).dtype), (name, field)
    for name, fields in (("lstsq", "solution residuals rank singular_values"), ("solve_ex", "result info")):
        assert getattr(mg.linalg, name)(mg.from_numpy(a.copy()), mg.from_numpy(a.copy()))._fields == tuple(fields.split())
    assert mg.triangular_solve(mg.ones(1, 1), mg.ones(1, 1))._fields == ("solution", "cloned_coefficient")


# ---- what is determined up to signs: the defining equations, and gradients of what the signs do not change ----

seeds = st.integers(0, 2**32 - 1)


def stack(draw, seed, *shape):
    return draw(Draw(seed), *shape)


@given(seeds, st.integers(1, 5), st.integers(1, 5), st.sampled_from([(), (2,)]), st.sampled_from(["reduced", "complete", "r"]))
def test_qr(seed, m, n, lead, mode):
    torch = pytest.importorskip("torch")
    a = Draw(seed)(*lead, m, n)
    Q, R = mg.linalg.qr(mg.from_numpy(a), mode)
    wants = torch.linalg.qr(torch.from_numpy(a), mode)
    assert (Q.shape, R.shape) == tuple(tuple(w.shape) for w in wants)
    np.testing.assert_allclose(R.numpy(), wants[1].numpy(), 1e-9, 1e-9)
    if mode != "r":
        np.testing.assert_allclose((Q @ R).numpy(), a, 1e-9, 1e-9)
        np.testing.assert_allclose((Q.mT @ Q).numpy(), np.broadcast_to(np.eye(Q.shape[-1]), (*lead, Q.shape[-1], Q.shape[-1])), 1e-9, 1e-9)


@given(seeds, st.integers(1, 5), st.integers(1, 5), st.booleans())
def test_svd(seed, m, n, full):
    a = Draw(seed)(2, m, n)
    U, S, Vh = mg.linalg.svd(mg.from_numpy(a), full_matrices=full)
    k = min(m, n)
    assert (U.shape, S.shape, Vh.shape) == ((2, m, m if full else k), (2, k), (2, n if full else k, n))
    np.testing.assert_allclose(((U[..., :k] * S.unsqueeze(-2)) @ Vh[..., :k, :]).numpy(), a, 1e-9, 1e-9)
    np.testing.assert_allclose(mg.linalg.svdvals(mg.from_numpy(a)).numpy(), S.numpy(), 1e-9)
    assert (np.diff(S.numpy()) <= 0).all()


@given(seeds, st.integers(1, 5))
def test_eigh(seed, n):
    a = Draw(seed)(2, n, n)
    a = a + a.swapaxes(-1, -2)
    w, V = mg.linalg.eigh(mg.from_numpy(a))
    np.testing.assert_allclose(((V * w.unsqueeze(-2)) @ V.mT).numpy(), a, 1e-8, 1e-9)
    np.testing.assert_allclose(w.numpy(), np.linalg.eigvalsh(a), 1e-9, 1e-12)


@given(seeds, st.integers(1, 5), st.integers(1, 5), st.booleans())
def test_lu(seed, m, n, pivot):
    a = regular(Draw(seed), 2, m, n) if not pivot else Draw(seed)(2, m, n)
    P, L, U = mg.linalg.lu(mg.from_numpy(a), pivot=pivot)
    np.testing.assert_allclose(((P @ L if pivot else L) @ U).numpy(), a, 1e-8, 1e-9)
    assert (L.triu(1) == 0).all() and (U.tril(-1) == 0).all()


@given(seeds, st.integers(1, 5), st.booleans(), st.booleans())
def test_lu_solve(seed, n, left, adjoint):
    r = Draw(seed)
    a, b = regular(r, 2, n, n), r(2, n, 3) if left else r(2, 3, n)
    X = mg.linalg.lu_solve(*mg.linalg.lu_factor(mg.from_numpy(a)), mg.from_numpy(b), left=left, adjoint=adjoint).numpy()
    A = a.swapaxes(-1, -2) if adjoint else a
    np.testing.assert_allclose(A @ X if left else X @ A, b, 1e-8, 1e-9)


@pytest.mark.parametrize("n", [5, 12, 300])
@pytest.mark.parametrize("upper", [True, False])
@pytest.mark.parametrize("unit", [True, False])
def test_triangular_systems_of_any_size(n, upper, unit):
    r = Draw(n)
    a, b = r(n, n) / n + 2 * np.eye(n), r(n, 3)
    half = np.triu(a, int(unit)) if upper else np.tril(a, -int(unit))
    x = mg.linalg.solve_triangular(mg.from_numpy(a), mg.from_numpy(b), upper=upper, unitriangular=unit).numpy()
    np.testing.assert_allclose((half + np.eye(n) * unit) @ x, b, 1e-10, 1e-12)
    singular = mg.linalg.solve_triangular(mg.from_numpy(half * (np.arange(n) > 0)), mg.from_numpy(b), upper=True)
    assert not singular.isfinite().all()


def test_lu_unpack():
    torch = pytest.importorskip("torch")
    for a in RECTANGLES:
        factor = mg.linalg.lu_factor(mg.from_numpy(a.copy()))
        for got, want in zip(mg.lu_unpack(*factor), torch.lu_unpack(*torch.linalg.lu_factor(torch.from_numpy(a))), strict=True):
            np.testing.assert_allclose(got.numpy(), want.numpy(), 1e-9, 1e-9, strict=True)
    assert [p.numel() for p in mg.lu_unpack(*factor, unpack_data=False)] == [1, 0, 0]


@given(seeds, st.integers(1, 4), st.floats(0.01, 30))
def test_matrix_exp(seed, n, size):
    """Against the eigenvalues, of symmetric matrices; and e^A e^-A = 1."""
    a = symmetric(Draw(seed), n, n) * size / n
    w, v = np.linalg.eigh((a + a.T) / 2)
    want = (v * np.exp(w)) @ v.T
    np.testing.assert_allclose(mg.matrix_exp(mg.from_numpy(a)).numpy(), want, 1e-8, 1e-9 * np.abs(want).max())


INVARIANT = {
    "eigh": (symmetric, (4, 4), lambda a: (lambda w, v: (v * w.exp().unsqueeze(-2)) @ v.mT)(*mg.linalg.eigh(a)), lambda t, a: t.matrix_exp((a + a.mT) / 2)),
    "svd": (spread, (4, 3), lambda a: (lambda u, s, v: u @ v)(*mg.linalg.svd(a, False)), lambda t, a: (lambda u, s, v: u @ v)(*t.linalg.svd(a, False))),
    "svd-full": (spread, (4, 3), lambda a: (lambda u, s, v: (u[..., :3] * s.unsqueeze(-2)) @ v)(*mg.linalg.svd(a, True)), lambda t, a: a * 1),
    "qr": (spread, (4, 3), lambda a: (lambda q, r: q @ r.exp())(*mg.linalg.qr(a)), lambda t, a: (lambda q, r: q @ r.exp())(*t.linalg.qr(a))),
    "qr-wide": (spread, (3, 5), lambda a: (lambda q, r: q @ r.exp())(*mg.linalg.qr(a)), lambda t, a: (lambda q, r: q @ r.exp())(*t.linalg.qr(a))),
    "eigh-both": (symmetric, (4, 4), lambda a: (lambda w, v: v**2 * w.unsqueeze(-2))(*mg.linalg.eigh(a)), lambda t, a: (lambda w, v: v**2 * w.unsqueeze(-2))(*t.linalg.eigh((a + a.mT) / 2))),
    "cholesky": (positive_definite, (4, 4), lambda a: mg.linalg.cholesky(a), lambda t, a: t.linalg.cholesky((a + a.mT) / 2)),
}  # fmt: skip


@pytest.mark.parametrize("name", INVARIANT)
def test_gradient_of_what_signs_do_not_change(name):
    """A function whose value no choice of signs changes: against torch, and by differences to second order."""
    torch = pytest.importorskip("torch")
    draw, shape, ours, theirs = INVARIANT[name]
    a = draw(Draw(3), *shape)
    compare(torch, ours, lambda t: theirs(torch, t), [a], "float64", rtol=1e-8, atol=1e-9)
    x = mg.from_numpy(a.copy()).requires_grad_()
    gradcheck(ours, (x,))
    gradgradcheck(ours, (x,))


def test_determinant_of_singular_matrices():
    """The gradient is the matrix of cofactors, at rank n - 1, where it is not 0, and below, where it is."""
    torch = pytest.importorskip("torch")
    for a in (np.outer([1.0, 2.0, 3.0], [1.0, 0.0, 2.0]) + np.diag([1.0, 0.0, 0.0]), np.ones((3, 3)), np.zeros((2, 2)), np.array([[0.0]])):
        x = mg.from_numpy(a.copy()).requires_grad_()
        mg.det(x).sum().backward()
        n = len(a)
        want = np.array([[(-1) ** (i + j) * np.linalg.det(np.delete(np.delete(a, i, 0), j, 1)) for j in range(n)] for i in range(n)])
        np.testing.assert_allclose(x.grad.numpy(), want, 1e-9, 1e-12)
    x = mg.ones(2, 2, requires_grad=True)
    (slope,) = mg.autograd.grad(mg.det(x), x, create_graph=True)
    with pytest.raises(mg.GradError, match="of a singular matrix only the first derivative is known"):
        slope.sum().backward()
    assert mg.slogdet(mg.zeros(2, 2)).logabsdet.item() == float(torch.slogdet(torch.zeros(2, 2)).logabsdet)
    assert mg.logdet(mg.tensor([[-1.0]])).isnan().item()


def test_singular_matrices_have_a_named_error():
    singular = mg.tensor([[1.0, 2.0], [2.0, 4.0]])
    for function in (mg.linalg.inv, mg.inverse, lambda a: mg.linalg.solve(a, a), lambda a: mg.linalg.matrix_power(a, -1)):
        with pytest.raises(mg.linalg.LinAlgError, match="the matrix is singular"):
            function(singular)
    with pytest.raises(np.linalg.LinAlgError):
        mg.linalg.cholesky(-mg.eye(2))
    stacked = mg.stack([mg.eye(2), singular])
    inverse, info = mg.linalg.inv_ex(stacked)
    assert info.tolist() == [0, 2] and inverse[0].tolist() == mg.eye(2).tolist() and inverse[1].isnan().all()
    assert mg.linalg.cholesky_ex(mg.stack([mg.eye(2), mg.tensor([[1.0, 2.0], [2.0, 1.0]])])).info.tolist() == [0, 2]
    assert mg.linalg.cond(stacked, 1).tolist() == [1.0, INF]
    assert mg.linalg.lu_factor_ex(stacked).info.tolist() == [0, 2]
    X, info = mg.linalg.solve_ex(stacked, mg.ones(2, 2, 1))
    assert X[0].tolist() == [[1.0], [1.0]] and X[1].isnan().all() and info.tolist() == [0, 2]


def test_what_has_no_gradient_says_so():
    x = mg.ones(3, 2, requires_grad=True)
    with pytest.raises(mg.GradError, match="mode 'complete' of a tall matrix is not differentiable"):
        mg.linalg.qr(x, "complete")
    with pytest.raises(mg.GradError, match="mode 'r' is not differentiable"):
        mg.linalg.qr(x, "r")
    assert mg.linalg.qr(x.detach(), "complete").Q.shape == (3, 3)


@pytest.mark.parametrize("largest", [True, False])
@pytest.mark.parametrize("generalised", [True, False])
def test_lobpcg_finds_what_pytorchs_iterations_find(largest, generalised):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    A, B = ((a := rng.standard_normal((9, 9))) @ a.T + shift * np.eye(9) for shift in (1, 9))
    B = B if generalised else None
    torch.manual_seed(0)
    t = (None if a is None else torch.from_numpy(a) for a in (A, B))
    m = [None if a is None else mg.from_numpy(a) for a in (A, B)]
    want = torch.lobpcg(next(t), k=3, B=next(t), largest=largest, niter=500, tol=1e-10)
    values, vectors = mg.lobpcg(m[0], k=3, B=m[1], largest=largest)
    np.testing.assert_allclose(values.numpy(), want[0].numpy(), 1e-8)
    np.testing.assert_allclose(abs(vectors.numpy()), abs(want[1].numpy()), 1e-4, 1e-4)
    right = vectors if B is None else m[1] @ vectors
    np.testing.assert_allclose((m[0] @ vectors).numpy(), (right * values).numpy(), 1e-9, 1e-9)


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize("shape", [(4, 3), (2, 3, 5), (3, 3)])
def test_householder_factors_put_together(dtype, shape):
    """geqrf's reflections are the Q of householder_product, and what ormqr multiplies with."""
    rng = np.random.default_rng(0)
    x = mg.from_numpy((rng.standard_normal(shape) + (1j * rng.standard_normal(shape) if dtype == "complex128" else 0)).astype(dtype))
    a, tau = mg.geqrf(x)
    k = min(shape[-2:])
    np.testing.assert_allclose(mg.ormqr(a, tau, a.triu()).numpy(), x.numpy(), 1e-9, 1e-9)
    Q = mg.linalg.householder_product(a[..., :k], tau)
    np.testing.assert_allclose((Q @ a.triu()[..., :k, :]).numpy(), x.numpy(), 1e-9, 1e-9)
    np.testing.assert_allclose(mg.ormqr(a, tau, x, transpose=True).numpy(), a.triu().numpy(), 1e-9, 1e-9)
    np.testing.assert_allclose(mg.ormqr(a, tau, x.mH, left=False).mH.numpy(), a.triu().numpy(), 1e-9, 1e-9)
