"""Accuracy of the mathematical kernels in units of the last place, special values, and independence of an element's place. Samples here;
exhaustive.py tries every float32."""

from __future__ import annotations

import math

import numpy as np
import pytest
import raw
from kernels.exhaustive import REFERENCES, worst

isas = pytest.mark.parametrize("isa", raw.isas())

# Largest error in ulp; in float64, base has no fused multiply-add, and rounds twice where others do once.
LIMIT, BASE_LIMIT = 2.0, 2.5
FUNCTIONS = [name for name in REFERENCES if name != "gelu_tanh"]


def limit(isa: str) -> float:
    return BASE_LIMIT if isa == "base" else LIMIT


SPECIAL = [
    0.0,
    -0.0,
    np.inf,
    -np.inf,
    np.nan,
    1.0,
    -1.0,
    0.5,
    -0.5,
    2.0,
    5e-324,
    -5e-324,
    1e-310,
    1e-45,
    -1e-45,
    1e-39,
    88.7,
    89.5,
    -88,
    -104,
    709.7,
    711,
    -745,
    -746,
]


def run(name: str, x: np.ndarray, isa: str, *p: float) -> np.ndarray:
    out = raw.guarded(x.shape, x.dtype.name)
    assert raw.run(name, {"float32": "f32", "float64": "f64"}[x.dtype.name], [out, x], p or (0,), isa) == 0
    raw.check_guards(out)
    return out


@isas
@pytest.mark.parametrize("name", FUNCTIONS)
def test_float32(name: str, isa: str) -> None:
    for start in (0, 12345):
        bits = np.arange(start, 2**32, 33331, dtype=np.uint64).astype(np.uint32)
        error, at = worst(name, bits, isa)
        assert error <= LIMIT, f"{name} {isa}: {error} ulp at {at!r}"
    x = np.random.default_rng(0).uniform(-4, 4, 50_000).astype(np.float32)
    error, at = worst(name, x.view(np.uint32), isa)
    assert error <= LIMIT, f"{name} {isa}: {error} ulp at {at!r}"
    with np.errstate(all="ignore"):
        error, at = worst(name, np.array(SPECIAL, np.float32).view(np.uint32), isa)
    assert error <= LIMIT, f"{name} {isa}: {error} ulp at {at!r}"


def reference64(name: str, x: np.ndarray) -> np.ndarray:
    """In extended precision where NumPy has it (then these are right to a thousandth of an ulp), else libm's."""
    wide = x.astype(np.longdouble)
    if name in ("erf", "erfc"):
        return np.array([getattr(math, name)(v) for v in x], np.longdouble)
    if name == "gelu":
        return wide * np.array([math.erfc(v) for v in np.maximum(-x * math.sqrt(0.5), -40)]) / 2
    return REFERENCES[name](wide)


@isas
@pytest.mark.parametrize("name", [f for f in FUNCTIONS if f not in ("gelu", "lgamma", "digamma", "erfinv", "mish")])
def test_float64(name: str, isa: str) -> None:
    rng = np.random.default_rng(0)
    x = np.concatenate(
        [
            rng.uniform(-4, 4, 4000),
            rng.normal(size=4000) * np.exp2(rng.integers(-60, 20, 4000)),
            rng.integers(0, 2**63, 4000).view(float),
            SPECIAL,
        ]
    )
    with np.errstate(all="ignore"):
        want = reference64(name, x)
        got = run(name, x, isa)
        nearest = want.astype(float)
        usual = np.isfinite(nearest) & (nearest != 0)
        error = (np.abs(got - want)[usual] / np.spacing(np.abs(nearest[usual]))).astype(float)
    allowed = limit(isa) + (1.5 if name == "erfc" else 0) + (0.5 if name in ("erf", "erfc") or np.finfo(np.longdouble).nmant == 52 else 0)
    assert error.max() <= allowed, f"{name} {isa}: {error.max()} ulp at {x[usual][np.argmax(error)]!r}"
    edge = (~usual) & ~((np.abs(got) <= 5e-324) & (want != 0)) & ~(np.abs(got) == np.finfo(float).max)
    np.testing.assert_array_equal(got[edge], nearest[edge])
    zero = edge & (nearest == 0)
    np.testing.assert_array_equal(np.signbit(got[zero]), np.signbit(nearest[zero]))


@isas
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gelu_by_tanh(dtype: str, isa: str) -> None:
    """In the tail the argument of the exponential, rounded, makes the relative error grow with it."""
    x = np.linspace(-12, 12, 20001).astype(dtype)
    u = 2 * np.sqrt(2 / np.pi) * (x.astype(np.longdouble) + 0.044715 * x.astype(np.longdouble) ** 3)
    want = x / (1 + np.exp(-u))
    got = run("gelu", x, isa, 1)
    assert (np.abs(got - want) <= np.finfo(dtype).eps * np.abs(want) * (4 + 2 * np.abs(u)) + np.finfo(dtype).tiny).all()
    special = run("gelu", np.array([np.inf, -np.inf, np.nan, 0.0, -0.0], dtype), isa, 1)
    np.testing.assert_array_equal(special, [np.inf, 0, np.nan, 0, 0])


SLOPES = {
    "softplus_backward": lambda x: 1 / (1 + np.exp(-x)),
    "silu_backward": lambda x: (1 + x / (1 + np.exp(x))) / (1 + np.exp(-x)),
    "gelu_backward": lambda x: np.array([math.erfc(-v * math.sqrt(0.5)) for v in x]) / 2 + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi),
}


@isas
@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("name", [*SLOPES, "gelu_tanh_backward"])
def test_backward(name: str, dtype: str, isa: str) -> None:
    """Slopes are sums of terms near 1: their error is counted in units of 1's last place."""
    rng = np.random.default_rng(1)
    x, g = rng.normal(size=5003) * 4, rng.normal(size=5003)
    x, g = x.astype("f" if dtype == "f32" else "d"), g.astype("f" if dtype == "f32" else "d")
    out = raw.guarded(x.shape, x.dtype.name)
    if name == "gelu_tanh_backward":
        assert raw.run("gelu_backward", dtype, [out, g, x], [1], isa) == 0
        c = math.sqrt(2 / math.pi)
        t = np.tanh(c * (x + 0.044715 * x.astype(float) ** 3))
        slope = 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * c * (1 + 3 * 0.044715 * x.astype(float) ** 2)
    else:
        assert raw.run(name, dtype, [out, g, x], [0], isa) == 0
        slope = SLOPES[name](x.astype(float))
    raw.check_guards(out)
    assert (np.abs(out - g * slope) <= (16 if "tanh" in name else 6) * np.finfo(x.dtype).eps * np.abs(g)).all()


@isas
@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_elu(dtype: str, isa: str) -> None:
    x = np.random.default_rng(1).normal(size=1001).astype("f" if dtype == "f32" else "d")
    got = run("elu", x, isa, 0.7)
    np.testing.assert_allclose(got, np.where(x > 0, x, 0.7 * np.expm1(x.astype(float))), rtol=3 * np.finfo(x.dtype).eps)


@isas
@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("name", ["atan2", "pow", "fmod", "hypot"])
def test_two_arguments(name: str, dtype: str, isa: str) -> None:
    rng = np.random.default_rng(2)
    x, y = (rng.normal(size=4000) * np.exp2(rng.integers(-8, 8, 4000)) for _ in range(2))
    x[:400], y[:400] = rng.choice(SPECIAL, 400), rng.choice(SPECIAL, 400)
    d = "f" if dtype == "f32" else "d"
    with np.errstate(all="ignore"):
        x, y = x.astype(d), y.astype(d)
        functions = {"atan2": np.arctan2, "pow": np.power, "fmod": np.fmod, "hypot": np.hypot}
        want = functions[name](x.astype(np.longdouble), y.astype(np.longdouble)).astype(d)
    out = raw.guarded(x.shape, x.dtype.name)
    assert raw.run(name, dtype, [out, x, y], isa=isa) == 0
    np.testing.assert_allclose(out, want, rtol=2 * np.finfo(d).eps, atol=2 * np.finfo(d).smallest_subnormal)


@isas
@pytest.mark.parametrize("name", ["mish_backward", "elu_backward"])
def test_slopes_of_made_activations(name: str, isa: str) -> None:
    x = np.random.default_rng(5).normal(size=2003).astype(np.float32) * 6
    g, out = np.ones_like(x), raw.guarded(x.shape, "float32")
    assert raw.run(name, "f32", [out, g, x], [0.7], isa) == 0
    raw.check_guards(out)
    wide = x.astype(float)
    t, e = np.tanh(np.logaddexp(wide, 0)), np.exp(np.minimum(wide, 0))
    want = t + wide * (1 - t * t) / (1 + np.exp(-wide)) if name == "mish_backward" else np.where(x > 0, 1, 0.7 * e)
    np.testing.assert_allclose(out, want, rtol=4e-7, atol=4e-7)


@isas
@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_powers_of_two_and_three_are_products(dtype: str, isa: str) -> None:
    """And a lane's result is the same whether its neighbours are powers of another kind or not."""
    d = "f" if dtype == "f32" else "d"
    x = np.random.default_rng(6).normal(size=64).astype(d)
    for power in (2, 3):
        mixed, out = np.full(64, 1.5, d), np.empty(64, d)
        mixed[::3] = power
        assert raw.run("pow", dtype, [out, x, mixed], isa=isa) == 0
        np.testing.assert_array_equal(out[::3], (x * x * x if power == 3 else x * x)[::3])
        assert raw.run("pow", dtype, [out, x, np.full(64, power, d)], isa=isa) == 0
        np.testing.assert_array_equal(out, x * x * x if power == 3 else x * x)


@isas
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", [*FUNCTIONS, "floor", "sqrt"])
def test_result_does_not_depend_on_place(name: str, dtype: str, isa: str) -> None:
    rng = np.random.default_rng(3)
    x = (rng.normal(size=300) * np.exp2(rng.integers(-10, 14, 300))).astype(dtype)
    alone = np.array([run(name, x[i : i + 1], isa)[0] for i in range(300)])
    for view in (slice(None), slice(5, None), slice(0, 77), slice(None, None, 3), slice(None, None, -1)):
        np.testing.assert_array_equal(run(name, x[view], isa), alone[view])
    np.testing.assert_array_equal(run(name, x.reshape(20, 15).T, isa), alone.reshape(20, 15).T)
