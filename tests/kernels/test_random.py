"""Random kernels: the generator against its published vectors, independence of the split, and the distributions' shapes."""

from __future__ import annotations

import math

import numpy as np
import pytest
import raw
from hypothesis import given
from hypothesis import strategies as st

isas = pytest.mark.parametrize("isa", raw.isas())
N = 200_000
KS = 1.95  # sqrt(n) * D above this has a chance of 1e-3; seeds are fixed, so this is no source of flakiness


def philox(block: int, seed: int) -> list[int]:
    """Philox4x32-10 as published: four words of a block."""
    c = [block & 0xFFFFFFFF, block >> 32, 0, 0]
    k = [seed & 0xFFFFFFFF, seed >> 32]
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & 0xFFFFFFFF, (p0 >> 32) ^ c[3] ^ k[1], p0 & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def draw(name: str, dtype: str, n: int, *p: float, seed: int = 7, offset: int = 0, isa: str | None = None) -> np.ndarray:
    out = raw.guarded((n,), {"f32": "float32", "f64": "float64", "i64": "int64", "i32": "int32"}[dtype])
    assert raw.run(name, dtype, [out], [seed, offset, *p], isa) == 0
    raw.check_guards(out)
    return out


def ks(sample: np.ndarray, cdf) -> float:
    x = np.sort(sample.astype(float))
    f = np.array([cdf(v) for v in x[:: max(len(x) // 5000, 1)]])
    at = np.arange(len(x))[:: max(len(x) // 5000, 1)] / len(x)
    return float(np.abs(f - at).max() * math.sqrt(len(x)))


def test_reference_matches_the_published_vector() -> None:
    assert philox(0, 0) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]


@isas
def test_bits_are_philox(isa: str) -> None:
    seed, offset = 0x0123456789ABCDEF, 2**37 + 5
    got = draw("random_bits", "i64", 70, seed=seed, offset=offset, isa=isa).view(np.uint64)
    for i, bits in enumerate(got):
        j = offset + i
        words = philox(16 * (j // 32) + j % 16, seed)
        h = j % 32 // 16
        assert int(bits) == words[2 * h] | words[2 * h + 1] << 32
    u = draw("uniform", "f32", 200, 0.0, 1.0, seed=seed, offset=offset, isa=isa)
    for i, v in enumerate(u):
        j = offset + i
        assert v == np.float32(philox(16 * (j // 64) + j % 16, seed)[j % 64 // 16] >> 8) * np.float32(2**-24)


CASES = [("uniform", "f32", (-1.0, 2.0)), ("uniform", "f64", (-1.0, 2.0)), ("normal", "f32", (0.5, 2.0)), ("normal", "f64", (0.5, 2.0))]
CASES += [
    ("randint", "i64", (-5, 100)),
    ("randint", "i32", (-5, 100)),
    ("bernoulli", "f32", (0.3,)),
    ("bernoulli", "f64", (0.3,)),
    ("random_bits", "i64", ()),
]


@given(
    st.sampled_from(CASES),
    st.integers(0, 2**63 - 1),
    st.integers(0, 2**40),
    st.integers(0, 3000),
    st.integers(0, 300),
    st.sampled_from(raw.isas()),
)
def test_a_number_depends_only_on_seed_and_position(case: tuple, seed: int, offset: int, start: int, n: int, isa: str) -> None:
    name, dtype, p = case
    whole = draw(name, dtype, start + n, *p, seed=seed, offset=offset, isa=isa)
    part = draw(name, dtype, n, *p, seed=seed, offset=offset + start, isa=isa)
    np.testing.assert_array_equal(whole[start:], part)


@pytest.mark.parametrize("name, dtype, p", CASES)
def test_instruction_sets_agree(name: str, dtype: str, p: tuple) -> None:
    first, *rest = (draw(name, dtype, 5000, *p, isa=isa) for isa in raw.isas())
    for other in rest:
        if name == "normal":  # a fused multiply-add rounds once
            np.testing.assert_allclose(other, first, rtol=0, atol=40 * np.finfo(first.dtype).eps)
        else:
            np.testing.assert_array_equal(other, first)


@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_uniform(dtype: str) -> None:
    x = draw("uniform", dtype, N, -1.0, 2.0)
    assert x.min() >= -1 and x.max() < 2
    assert ks(x, lambda v: (v + 1) / 3) < KS
    assert abs(np.corrcoef(x[1:], x[:-1])[0, 1]) < 5 / math.sqrt(N)
    assert draw("uniform", dtype, N, 1.0, 1 + 2e-7).max() < np.dtype(x.dtype).type(1 + 2e-7)


@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_normal(dtype: str) -> None:
    x = draw("normal", dtype, N, 0.0, 1.0).astype(float)
    assert np.isfinite(x).all()
    assert ks(x, lambda v: 0.5 * math.erfc(-v / math.sqrt(2))) < KS
    for moment, want, variance in [(1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)]:
        assert abs((x**moment).mean() - want) < 4 * math.sqrt(variance / N)
    pairs = x.reshape(-1, 2, 16)
    for a, b in [(x[1:], x[:-1]), (pairs[:, 0].ravel(), pairs[:, 1].ravel()), (pairs[:, 0].ravel() ** 2, pairs[:, 1].ravel() ** 2)]:
        assert abs(np.corrcoef(a, b)[0, 1]) < 5 / math.sqrt(len(a))
    y = draw("normal", dtype, N, 3.0, 0.5).astype(float)
    np.testing.assert_allclose(y, 3 + 0.5 * x, atol=1e-5 if dtype == "f32" else 1e-13)


@pytest.mark.parametrize("dtype", ["i64", "i32"])
def test_randint(dtype: str) -> None:
    x = draw("randint", dtype, N, -3, 8)
    counts = np.bincount(x + 3, minlength=11)
    assert len(counts) == 11
    assert ((counts - N / 11) ** 2 / (N / 11)).sum() < 30  # chi square with 10 degrees: 1e-3
    if dtype == "i64":
        wide = draw("randint", dtype, 1000, -(2**63), 2**63 - 1)
        assert (wide < -(2**61)).any() and (wide > 2**61).any()


@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("probability", [0.0, 0.25, 0.9, 1.0])
def test_bernoulli_and_dropout(dtype: str, probability: float) -> None:
    b = draw("bernoulli", dtype, N, probability)
    assert set(np.unique(b)) <= {0.0, 1.0}
    assert abs(b.mean() - probability) <= 4 * math.sqrt(probability * (1 - probability) / N)
    if probability == 1.0:
        return
    x = np.random.default_rng(0).normal(size=N).astype(b.dtype)
    x[::100] = np.nan
    y, mask = raw.guarded(x.shape, x.dtype.name), raw.guarded(x.shape, "bool")
    assert raw.run("dropout", dtype, [y, mask, x], [7, 0, probability]) == 0
    raw.check_guards(y), raw.check_guards(mask)
    np.testing.assert_array_equal(mask, b == 0)
    np.testing.assert_array_equal(y, x * np.where(mask, x.dtype.type(1 / (1 - probability)), 0))


@pytest.mark.parametrize("name, dtype, p", CASES)
def test_threads_do_not_change_numbers(name: str, dtype: str, p: tuple) -> None:
    try:
        results = []
        for threads in (1, 2, 3):
            raw.lib.mg_set_num_threads(threads)
            results.append(draw(name, dtype, 150_001, *p, offset=11))
    finally:
        raw.lib.mg_set_num_threads(raw.lib.mg_available_cpus())
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


# ---- random_gamma.c ----

SHAPES = [0.02, 0.3, 0.999, 1.0, 2.5, 40.0, 1e5]


def log_gamma(alpha: np.ndarray, seed: int = 7, offset: int = 0, isa: str | None = None) -> np.ndarray:
    out = raw.guarded(alpha.shape, str(alpha.dtype))
    assert raw.run("log_gamma_numbers", {"float32": "f32", "float64": "f64"}[str(alpha.dtype)], [out, alpha], [seed, offset], isa) == 0
    raw.check_guards(out)
    return out


@isas
@pytest.mark.parametrize("alpha", SHAPES)
def test_gamma_numbers_have_their_distribution(alpha: float, isa: str) -> None:
    special = pytest.importorskip("scipy.special")
    n = 20_000
    z = np.sort(log_gamma(np.full(n, alpha), isa=isa))
    with np.errstate(under="ignore"):
        # Far down P(a, x) = x**a / gamma(a + 1), which does not underflow
        f = np.where(z < -700, np.exp(alpha * np.minimum(z, -700) - special.gammaln(alpha + 1)), special.gammainc(alpha, np.exp(z)))
    at = np.arange(n) / n
    assert max(np.abs(f - at).max(), np.abs(f - at - 1 / n).max()) * math.sqrt(n) < KS


@given(st.sampled_from(["float32", "float64"]), st.integers(0, 2**63 - 1), st.integers(0, 2**60), st.integers(0, 150), st.integers(1, 150),
       st.sampled_from(raw.isas()))  # fmt: skip
def test_a_gamma_number_depends_only_on_seed_position_and_concentration(dtype, seed, offset, start, n, isa) -> None:
    alpha = np.resize(np.array(SHAPES, dtype), start + n)
    whole, part = log_gamma(alpha, seed, offset, isa), log_gamma(alpha[start:].copy(), seed, offset + start, isa)
    np.testing.assert_array_equal(whole[start:], part)
    alone = log_gamma(np.full(1, alpha[-1], dtype), seed, offset + start + n - 1, isa)
    np.testing.assert_array_equal(alone, whole[-1:])
    wide = log_gamma(alpha.astype("float64"), seed, offset)
    np.testing.assert_allclose(whole, wide, 1e-6 if dtype == "float32" else 1e-12, 1e-6 if dtype == "float32" else 1e-12)


@isas
def test_gamma_numbers_of_no_concentration(isa: str) -> None:
    z = log_gamma(np.array([0.0, np.inf, -1.0, np.nan, -np.inf, 1.0, 5e-324]), isa=isa)
    assert z[0] == -np.inf and z[1] == np.inf and np.isnan(z[2:5]).all() and np.isfinite(z[5]) and z[6] < -1e300
    log_gamma(np.zeros(0), isa=isa)


def test_neighbours_of_gamma_numbers_are_independent() -> None:
    z = log_gamma(np.full(N, 3.0))
    z = (z - z.mean()) / z.std()
    for lag in (1, 4, 8, 16, 64):
        assert abs((z[lag:] * z[:-lag]).mean()) < 5 / math.sqrt(N)
    other = log_gamma(np.full(N, 3.0), seed=8)
    assert abs(np.corrcoef(z, other)[0, 1]) < 5 / math.sqrt(N)
    normal = draw("normal", "f64", N, 0.0, 1.0)
    assert abs(np.corrcoef(z, normal)[0, 1]) < 5 / math.sqrt(N), "the common stream of the same seed is another"


def slope(alpha: np.ndarray, z: np.ndarray, isa: str | None = None) -> np.ndarray:
    out = raw.guarded(alpha.shape, str(alpha.dtype))
    assert raw.run("log_gamma_slope", {"float32": "f32", "float64": "f64"}[str(alpha.dtype)], [out, alpha, z], [], isa) == 0
    raw.check_guards(out)
    return out


@isas
def test_slope_of_gamma_numbers_is_that_of_each_alone(isa: str) -> None:
    """Series, fraction and expansion side by side in one vector: each lane goes its own way, and ends where it would end alone."""
    alpha = np.resize(np.array([0.01, 0.7, 3.0, 50.0, 1e4, 1e7]), 61)
    z = log_gamma(alpha, seed=3)
    z[::5] = np.log(alpha[::5] + 4 * np.sqrt(alpha[::5]) + 4)  # where the fraction is taken
    whole = slope(alpha, z, isa)
    np.testing.assert_array_equal(whole, [slope(a, b, isa)[0] for a, b in zip(alpha[:, None].copy(), z[:, None].copy(), strict=True)])
    np.testing.assert_allclose(slope(alpha.astype("float32"), z.astype("float32"), isa), whole, 3e-4)
    np.testing.assert_allclose(whole, slope(alpha, z), 1e-12)
    odd = slope(np.array([np.nan, 1.0, 0.0, np.inf, 2.0, 1.0]), np.array([0.0, np.nan, 0.0, 1.0, np.inf, -np.inf]), isa)
    assert np.isnan(odd[:2]).all()  # and what the others are matters less than that they end


def test_gamma_numbers_are_the_same_for_any_number_of_threads() -> None:
    import minigrad as mg

    before, found = mg.get_num_threads(), []
    alpha = mg.full((20_000,), 1.5, requires_grad=True)
    try:
        for threads in (1, 2, 5):
            mg.set_num_threads(threads)
            mg.manual_seed(5)
            x = mg.distributions.Gamma(alpha, 2.0).rsample()
            (g,) = mg.autograd.grad(x.sum(), [alpha])
            found.append((x.detach().numpy(), g.numpy()))
    finally:
        mg.set_num_threads(before)
    for x, g in found[1:]:
        np.testing.assert_array_equal(x, found[0][0])
        np.testing.assert_array_equal(g, found[0][1])
