"""mg.linalg of complex matrices, and eigenvalues: values, gradients and those of gradients against PyTorch.

Factors that are determined up to phases are compared by what the phases do not change.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_complex import compare, numbers

import minigrad as mg

RNG = np.random.default_rng(3)


def regular(*shape, dtype="complex128"):
    return numbers(RNG, *shape, dtype=dtype) + 3 * np.eye(*shape[-2:])


def hermitian(*shape):
    z = numbers(RNG, *shape)
    return z + np.conj(np.swapaxes(z, -1, -2)) + np.diag(np.arange(shape[-1]) * 4.0)


def positive(*shape):
    z = numbers(RNG, *shape)
    return z @ np.conj(np.swapaxes(z, -1, -2)) + np.eye(shape[-1])


def even(z):
    return (z + z.mH) / 2


def parts(*values):
    """Several results as one vector."""
    return lambda m: m.cat([v.reshape(-1) for v in values])


S, P, W, B = regular(2, 3, 3), positive(2, 3, 3), numbers(RNG, 3, 5), numbers(RNG, 3, 2)
L = np.linalg.cholesky(positive(3, 3))
CASES = {
    "inv": (lambda m, z: m.linalg.inv(z), S), "inv_ex": (lambda m, z: m.linalg.inv_ex(z).inverse, S), "det": (lambda m, z: m.linalg.det(z), S),
    "logdet": (lambda m, z: m.logdet(z), P[0]), "slogdet": (lambda m, z: parts(*m.linalg.slogdet(z))(m), S), "logabsdet": (lambda m, z: m.slogdet(z).logabsdet, S),
    "sign": (lambda m, z: m.slogdet(z).sign, S), "solve": (lambda m, z, b: m.linalg.solve(z, b), S, B), "solve-right": (lambda m, z, b: m.linalg.solve(z, b.mT[None], left=False), S, B),
    "solve-vector": (lambda m, z, b: m.linalg.solve(z, b), S[0], B[:, 0]), "solve_triangular": (lambda m, z, b: m.linalg.solve_triangular(z, b, upper=True), S, B),
    "solve_triangular-unit": (lambda m, z, b: m.linalg.solve_triangular(z, b, upper=False, unitriangular=True), S, B),
    "cholesky": (lambda m, z: m.linalg.cholesky(even(z)), P), "cholesky-upper": (lambda m, z: m.linalg.cholesky(even(z), upper=True), P),
    "cholesky_solve": (lambda m, z, b: m.cholesky_solve(b, z.tril()), L, B), "cholesky_inverse": (lambda m, z: m.cholesky_inverse(z.tril()), L),
    "lu": (lambda m, z: parts(*m.linalg.lu(z)[1:])(m), S), "lu-wide": (lambda m, z: parts(*m.linalg.lu(z)[1:])(m), W), "lu-tall": (lambda m, z: parts(*m.linalg.lu(z.mT)[1:])(m), W),
    "lu_factor": (lambda m, z: m.linalg.lu_factor(z).LU, S), "lu_solve": (lambda m, z, b: m.linalg.lu_solve(*m.linalg.lu_factor(z), b), S, B),
    "lu_solve-adjoint": (lambda m, z, b: m.linalg.lu_solve(*m.linalg.lu_factor(z), b, adjoint=True), S, B),
    "qr": (lambda m, z: parts(*m.linalg.qr(z))(m), S), "qr-tall": (lambda m, z: parts(*m.linalg.qr(z.mT))(m), W),
    "svdvals": (lambda m, z: m.linalg.svdvals(z), W), "svd-projector": (lambda m, z: _projector(m, *m.linalg.svd(z, full_matrices=False)), W),
    "svd-projector-square": (lambda m, z: _projector(m, *m.linalg.svd(z)), S), "svd-left": (lambda m, z: m.linalg.svd(z, full_matrices=False).U.abs(), W.T.copy()),
    "eigh": (lambda m, z: m.linalg.eigh(even(z)).eigenvalues, hermitian(3, 3)), "eigvalsh": (lambda m, z: m.linalg.eigvalsh(even(z)), hermitian(2, 3, 3)),
    "eigh-vectors": (lambda m, z: _spectral(m, *m.linalg.eigh(even(z))), hermitian(2, 3, 3)),
    "pinv": (lambda m, z: m.linalg.pinv(z), W), "lstsq": (lambda m, z, b: m.linalg.lstsq(z, b).solution, W.T.copy(), numbers(RNG, 5, 2)),
    "matrix_exp": (lambda m, z: m.linalg.matrix_exp(z), numbers(RNG, 2, 3, 3)), "matrix_power": (lambda m, z: m.linalg.matrix_power(z, 5), S), "matrix_power-inverse": (lambda m, z: m.linalg.matrix_power(z, -2), S),
    "norm": (lambda m, z: m.linalg.norm(z), W), "vector_norm": (lambda m, z: m.linalg.vector_norm(z, 3, dim=1), W), "vector_norm-1": (lambda m, z: m.linalg.vector_norm(z, 1, dim=0), W),
    "vector_norm-inf": (lambda m, z: m.linalg.vector_norm(z, float("inf")), W), "nuc": (lambda m, z: m.linalg.matrix_norm(z, "nuc"), W), "spectral": (lambda m, z: m.linalg.matrix_norm(z, 2), W),
    "fro": (lambda m, z: m.linalg.matrix_norm(z), W), "norm-1": (lambda m, z: m.linalg.matrix_norm(z, 1), W), "cond": (lambda m, z: m.linalg.cond(z), S),
    "multi_dot": (lambda m, z, b: m.linalg.multi_dot([z.mT, z, z.mT, b]), W, B), "vecdot": (lambda m, z, b: m.linalg.vecdot(z[:, :2], b), W, B), "cross": (lambda m, z, b: m.linalg.cross(z.T, b[:, 0][None]), W, B),
    "vander": (lambda m, z: m.linalg.vander(z), W), "tensorinv": (lambda m, z: m.linalg.tensorinv(z), regular(6, 6).reshape(2, 3, 6)),
    "householder_product": (lambda m, z, t: m.linalg.householder_product(z, t), W.T.copy(), numbers(RNG, 2)),
    "eigvals": (lambda m, z: m.linalg.eigvals(z), S), "eigvals-real": (lambda m, x: m.linalg.eigvals(x), regular(4, 4, dtype="float64")),
    "eig": (lambda m, z: _spectral(m, *m.linalg.eig(z)), S), "eig-real": (lambda m, x: _spectral(m, *m.linalg.eig(x)), regular(2, 4, 4, dtype="float64")),
}  # fmt: skip


def _projector(m, U, S, Vh):
    k = S.shape[-1]
    return U[..., :k] @ (m.sin(S)[..., None] * Vh[..., :k, :])


def _spectral(m, values, vectors):
    """Projectors on each eigenvector, and the eigenvalues: their lengths and phases do not matter."""
    return m.cat([(vectors[..., None, :].abs() ** 2).reshape(-1), (values**2).reshape(-1)])


@pytest.mark.parametrize("name", CASES)
def test_value_and_gradients_are_torchs(name):
    torch = pytest.importorskip("torch")
    f, *arrays = CASES[name]
    compare(torch, f, *arrays, rtol=1e-7)
    compare(torch, f, *(a.astype("complex64" if a.dtype.kind == "c" else "float32") for a in arrays), rtol=0.02)


@given(st.integers(0, 2**32 - 1), st.integers(0, 5), st.sampled_from([(), (2,)]), st.booleans())
def test_eig_satisfies_its_equation(seed, n, lead, real):
    a = np.random.default_rng(seed).standard_normal((*lead, n, n)) + (
        0 if real else 1j * np.random.default_rng(seed + 1).standard_normal((*lead, n, n))
    )
    w, v = mg.linalg.eig(mg.from_numpy(a))
    assert w.dtype is v.dtype is mg.complex128
    np.testing.assert_allclose(a @ v.numpy(), v.numpy() * w.numpy()[..., None, :], atol=1e-8)
    np.testing.assert_allclose((v.abs() ** 2).sum(-2).numpy(), 1, 1e-9)
    np.testing.assert_allclose(
        np.sort_complex(mg.linalg.eigvals(mg.from_numpy(a)).numpy().ravel()), np.sort_complex(w.numpy().ravel()), 1e-6, 1e-8
    )


@pytest.mark.parametrize("name, of", [("eigh", lambda m, z: m.linalg.eigh(even(z)).eigenvectors), ("svd", lambda m, z: m.linalg.svd(z).U)])  # fmt: skip
def test_a_loss_that_sees_a_phase_has_no_gradient(name, of):
    z = mg.from_numpy(regular(3, 3)).requires_grad_()
    with pytest.raises(mg.GradError, match=f"linalg.{name}: the loss depends on the phase"):
        (of(mg, z) * (1 + 2j)).imag.sum().backward()


def test_each_example_of_a_batch():
    z = mg.from_numpy(S)
    for f in (mg.linalg.inv, mg.linalg.det, mg.linalg.eigvals, lambda z: mg.linalg.svd(z).S, lambda z: mg.linalg.slogdet(z).sign):
        np.testing.assert_allclose(mg.func.vmap(f)(z).numpy(), f(z).numpy(), 1e-9)
    x = mg.from_numpy(S.real.copy())
    got = mg.func.vmap(mg.func.grad(mg.linalg.det))(x)
    np.testing.assert_allclose(got.numpy(), np.stack([mg.func.grad(mg.linalg.det)(a).numpy() for a in x]), 1e-9)
    got = mg.func.vmap(mg.func.grad(lambda x: (mg.linalg.eig(x).eigenvectors.abs() ** 4).sum()))(x)
    np.testing.assert_allclose(got[0].numpy(), mg.func.grad(lambda x: (mg.linalg.eig(x).eigenvectors.abs() ** 4).sum())(x[0]).numpy(), 1e-7)


@given(st.integers(0, 2**32 - 1), st.integers(0, 7), st.sampled_from(["float64", "complex128"]), st.booleans())
def test_ldl_is_lapacks(seed, n, dtype, hermitian):
    """Factors, pivots and info equal PyTorch's, which are LAPACK's, and solve the system."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(seed)
    z = numbers(rng, 2, n, n, dtype=dtype) * (rng.random((2, n, n)) < 0.8)  # zeros, so that steps of two come
    a = z + np.swapaxes(z.conj() if hermitian else z, -1, -2)
    b = numbers(rng, 2, n, 3, dtype=dtype)
    got = mg.linalg.ldl_factor_ex(mg.from_numpy(a.copy()), hermitian=hermitian)
    want = torch.linalg.ldl_factor_ex(torch.from_numpy(a.copy()), hermitian=hermitian)
    assert got.pivots.tolist() == want.pivots.tolist() and got.info.tolist() == want.info.tolist()
    np.testing.assert_allclose(got.LD.numpy(), want.LD.numpy(), 1e-6, 1e-8)
    if n and not got.info.any() and np.linalg.cond(a).max() < 1e6:
        x = mg.from_numpy(b.copy()).requires_grad_()
        y = mg.linalg.ldl_solve(*got[:2], x, hermitian=hermitian)
        np.testing.assert_allclose(a @ y.detach().numpy(), b, 1e-6, 1e-6)
        g = numbers(rng, *b.shape, dtype=dtype)
        y.backward(mg.from_numpy(g))
        np.testing.assert_allclose(np.swapaxes(a.conj(), -1, -2) @ x.grad.numpy(), g, 1e-6, 1e-6)
