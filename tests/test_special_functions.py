"""Special functions: against mpmath in float64, in units of the last place; against PyTorch at zeros, infinities and NaN."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
from minigrad.registry import OPS, Draw

mpmath = pytest.importorskip("mpmath")
R = np.random.default_rng(0)
NEAR, TO_60, WIDE = R.uniform(0, 3, 30), R.uniform(0, 60, 30), 10 ** R.uniform(-8, 2.5, 20)
POSITIVE = np.concatenate([NEAR, TO_60, WIDE])
UNIT = np.concatenate([R.uniform(0, 1, 60), 10 ** R.uniform(-300, -1, 40)])
ROOTS = np.concatenate([[1, 2, 1.4616321449683623][i] + R.standard_normal(10) * 10 ** R.uniform(-12, -1, 10) for i in range(3)])
m = mpmath.mp


def hurwitz(s, q, n=300):
    """By Euler and Maclaurin: mpmath's own is good to so many digits after the point, not of the value."""
    a = q + n
    return (
        m.fsum((q + k) ** -s for k in range(n))
        + a ** (1 - s) / (s - 1)
        + a**-s / 2
        + s * a ** (-s - 1) / 12
        - s * (s + 1) * (s + 2) * a ** (-s - 3) / 720
    )


# name: (reference, arguments, units in the last place). J and Y have absolute errors near their zeros.
FUNCTIONS = {
    "lgamma": (m.loggamma, [np.concatenate([POSITIVE, ROOTS, 10 ** R.uniform(0, 200, 20)])], 4),
    "digamma": (m.digamma, [np.concatenate([POSITIVE, ROOTS])], 4),
    "erfinv": (m.erfinv, [np.concatenate([R.uniform(-1, 1, 60), 1 - 10 ** R.uniform(-16, -1, 40)])], 4),
    "i0": (lambda x: m.besseli(0, x), [POSITIVE], 8),
    "special_i1": (lambda x: m.besseli(1, x), [POSITIVE], 16),
    "special_i0e": (lambda x: m.exp(-x) * m.besseli(0, x), [POSITIVE], 8),
    "special_i1e": (lambda x: m.exp(-x) * m.besseli(1, x), [POSITIVE], 16),
    "special_modified_bessel_k0": (lambda x: m.besselk(0, x), [POSITIVE], 8),
    "special_modified_bessel_k1": (lambda x: m.besselk(1, x), [POSITIVE], 8),
    "special_scaled_modified_bessel_k0": (lambda x: m.exp(x) * m.besselk(0, x), [POSITIVE], 8),
    "special_scaled_modified_bessel_k1": (lambda x: m.exp(x) * m.besselk(1, x), [POSITIVE], 8),
    "special_bessel_j0": (lambda x: m.besselj(0, x), [POSITIVE], 10),
    "special_bessel_j1": (lambda x: m.besselj(1, x), [POSITIVE], 10),
    "special_bessel_y0": (lambda x: m.bessely(0, x), [POSITIVE], 10),
    "special_bessel_y1": (lambda x: m.bessely(1, x), [POSITIVE], 10),
    "special_airy_ai": (m.airyai, [np.concatenate([R.uniform(0, 60, 60)])], 400),
    "special_erfcx": (lambda x: m.exp(x * x) * m.erfc(x), [np.concatenate([POSITIVE, -R.uniform(0, 26, 40)])], 6),
    "special_log_ndtr": (lambda x: m.log(m.erfc(-x / m.sqrt(2)) / 2), [np.concatenate([R.uniform(-40, 2, 60), -(10 ** R.uniform(1, 5, 10))])], 16),
    "special_entr": (lambda x: -x * m.log(x), [POSITIVE], 4),
    "sinc": (m.sincpi, [POSITIVE], 8),
    "special_zeta": (hurwitz, [R.uniform(1.5, 20, 8), R.uniform(0.01, 30, 8)], 16),
    "igamma": (lambda a, x: m.gammainc(a, 0, x, regularized=True), [np.repeat([0.01, 0.3, 1, 2.5, 9, 11, 80], 6), np.tile([0.02, 0.5, 2, 8, 12, 90], 7)], 200),
    "igammac": (lambda a, x: m.gammainc(a, x, m.inf, regularized=True), [np.repeat([0.01, 0.3, 1, 2.5, 9, 11, 80], 6), np.tile([0.02, 0.5, 2, 8, 12, 90], 7)], 200),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_accuracy(name):
    reference, arguments, ulp = FUNCTIONS[name]
    function = OPS[name].function
    got = function(*[mg.from_numpy(a) for a in arguments]).numpy()
    oscillates = name.startswith("special_bessel")
    with m.workdps(30):
        for i, point in enumerate(zip(*arguments, strict=True)):
            want = reference(*map(m.mpf, point))
            if name.startswith("igamma"):  # an exponential magnifies the rounding of its argument
                ulp = 8 * (1 + abs(float(m.log(want)))) if want else 1
            scale = max(abs(want), m.mpf(min(1.0, point[0], point[0] ** -0.5))) if oscillates else abs(want)
            assert abs(m.mpf(float(got[i])) - want) <= ulp * scale * m.mpf(2) ** -52 + m.mpf(2) ** -1070, (name, point, got[i], want)
    arguments = [np.minimum(a, 1e30) for a in arguments]
    with np.errstate(over="ignore"):
        single = function(*[mg.from_numpy(a.astype(np.float32)) for a in arguments]).numpy()
        rounded = function(*[mg.from_numpy(a.astype(np.float32).astype(float)) for a in arguments]).numpy().astype(np.float32)
    np.testing.assert_allclose(single, rounded, 1.2e-7, 1e-45)


def test_airy_of_negative_numbers():
    x = -R.uniform(0, 60, 60)
    for name, derivative in (("special_airy_ai", 0), ("_airy_ai_prime", 1)):
        want = np.array([float(m.airyai(v, derivative=derivative)) for v in x])
        np.testing.assert_allclose(OPS[name].function(mg.from_numpy(x)).numpy(), want, 0, 1e-13)


@pytest.mark.parametrize("n", [1, 2, 3, 6])
def test_polygamma_accuracy(n):
    x = np.concatenate([NEAR, TO_60, -R.uniform(0.1, 8, 30)])
    got = mg.polygamma(n, mg.from_numpy(x)).numpy()
    with m.workdps(40):
        want = np.array([float(m.polygamma(n, m.mpf(v))) for v in x])
    np.testing.assert_allclose(got, want, 1e-13)


@pytest.mark.parametrize("n", [0, 1, 2, 5, 9])
def test_polynomials(n):
    x = R.uniform(-2, 2, 20)
    t = mg.from_numpy(x)
    for name, reference in (("chebyshev_polynomial_t", m.chebyt), ("chebyshev_polynomial_u", m.chebyu), ("hermite_polynomial_h", m.hermite),
                            ("legendre_polynomial_p", m.legendre), ("laguerre_polynomial_l", lambda n, x: m.laguerre(n, 0, x))):  # fmt: skip
        want = np.array([float(reference(n, v)) for v in x])
        np.testing.assert_allclose(getattr(mg.special, name)(t, n).numpy(), want, 1e-11, 1e-11)
        np.testing.assert_allclose(getattr(mg.special, name)(t, mg.full((20,), n)).numpy(), want, 1e-11, 1e-11)


# ---- PyTorch ----

ODD = np.array([0.0, -0.0, 0.25, -0.25, 0.5, -0.5, 1.0, -1.0, 1.5, -2.5, 3.0, -7.0, 40.0, -40.0, 1e-300, np.inf, -np.inf, np.nan])
LEFT, RIGHT = (np.array(v) for v in zip(*[(a, b) for a in ODD for b in ODD], strict=True))
ONE = """digamma psi gammaln erf erfc erfcx erfinv exp2 expit expm1 log1p entr i0 i0e i1 i1e ndtr ndtri log_ndtr logit sinc round bessel_j0 bessel_j1
    bessel_y0 bessel_y1 modified_bessel_i0 modified_bessel_i1 modified_bessel_k0 modified_bessel_k1 scaled_modified_bessel_k0
    scaled_modified_bessel_k1 spherical_bessel_j0""".split()
POLYNOMIALS = [f"{s}chebyshev_polynomial_{k}" for s in ("", "shifted_") for k in "tuvw"] + [
    "hermite_polynomial_h", "hermite_polynomial_he", "laguerre_polynomial_l", "legendre_polynomial_p"]  # fmt: skip
# Where torch is not right, or not decided: I, J, K and Y of infinity are NaN there, J of numbers below -5 has eight good digits.
ELSEWHERE = {
    "i0": np.isinf, "i1": np.isinf, "i0e": np.isinf, "i1e": np.isinf, "bessel_j0": lambda x: np.isinf(x) | (x < -5), "bessel_j1": lambda x: np.isinf(x) | (x < -5), "bessel_y0": np.isinf,
    "bessel_y1": np.isinf, "modified_bessel_i0": np.isinf, "modified_bessel_i1": np.isinf, "modified_bessel_k0": np.isinf,
    "modified_bessel_k1": np.isinf, "scaled_modified_bessel_k0": np.isinf, "scaled_modified_bessel_k1": np.isinf,
    "spherical_bessel_j0": np.isinf,
}  # fmt: skip


def both(name, *arrays, gradient=True):
    torch = pytest.importorskip("torch")
    ours, theirs = [mg.from_numpy(np.array(a)) for a in arrays], [torch.tensor(a) for a in arrays]
    got, want = getattr(mg.special, name)(*ours), getattr(torch.special, name)(*theirs)
    assert f"torch.{got.dtype.name}" == str(want.dtype)
    return got.numpy(), want.numpy()


@pytest.mark.parametrize("name", ONE)
def test_torch_at_special_values(name):
    values = ODD[~ELSEWHERE.get(name, np.zeros_like)(ODD).astype(bool)]
    got, want = both(name, values)
    np.testing.assert_allclose(got, want, 1e-9, 1e-14)
    if name not in ("round", "bessel_y0", "bessel_y1"):
        whole = np.arange(1, 4)
        np.testing.assert_allclose(*both(name, whole), 1e-5, 1e-6)


@pytest.mark.parametrize("name", ["zeta", "xlogy", "xlog1py", "gammainc", "gammaincc"])
def test_torch_of_two(name):
    got, want = both(name, LEFT, RIGHT)
    here = np.ones(LEFT.shape, bool)
    if name in ("zeta", "gammainc", "gammaincc"):  # torch looks at other things before NaN; its zeta of infinity is NaN
        here = ~(np.isnan(LEFT) | np.isnan(RIGHT) | ((np.isinf(RIGHT) | np.isinf(LEFT)) if name == "zeta" else False))
    np.testing.assert_allclose(got[here], want[here], 1e-9, 1e-14)


@pytest.mark.parametrize("name", POLYNOMIALS)
def test_torch_polynomials(name):
    x = np.array([0.0, 0.3, -0.7, 1.0, -1.0, 1.7, 0.5])
    for n in range(-1, 6):
        np.testing.assert_allclose(*both(name, x, np.full(7, n)), 1e-11, 1e-12)


def test_every_function_of_torch_is_here():
    torch = pytest.importorskip("torch")
    missing = {n for n in dir(torch.special) if callable(getattr(torch.special, n)) and n not in dir(mg.special) and not n.startswith("_")}
    assert missing <= {"Tensor"}


def test_mvlgamma():
    torch = pytest.importorskip("torch")
    x = Draw(0).between(2, 9, 3, 4)
    for p in (1, 2, 4):
        np.testing.assert_allclose(mg.mvlgamma(mg.from_numpy(x), p).numpy(), torch.mvlgamma(torch.tensor(x), p).numpy(), 1e-12)
    np.testing.assert_array_equal(mg.special.multigammaln(mg.from_numpy(x), 2).numpy(), mg.mvlgamma(mg.from_numpy(x), 2).numpy())


@pytest.mark.parametrize("n", [0, 1, 2, 4])
def test_polygamma(n):
    torch = pytest.importorskip("torch")
    x = np.array([0.3, 1.0, 7.5, 40.0, 1e5, np.inf, np.nan][: 7 if n < 2 else 5])
    np.testing.assert_allclose(mg.polygamma(n, mg.tensor(x)).numpy(), torch.polygamma(n, torch.tensor(x)).numpy(), 1e-9)
    np.testing.assert_array_equal(mg.tensor(x).polygamma(n).numpy(), mg.special.polygamma(n, mg.tensor(x)).numpy())
