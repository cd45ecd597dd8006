"""Errors of the mathematical functions in ulps, over given float32, for test_vecmath.py. (tools/exhaustive.py tries all of them.)

The reference is NumPy's function in float64, or, where NumPy has none, our own float64 kernel, which other tests hold against
mpmath. A result of infinity or NaN must be the reference's rounded to float32; zeros must have its sign.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import raw

Function = Callable[[np.ndarray], np.ndarray]


def ours(name: str, *p: int, isa: str | None = None) -> Function:
    def apply(x: np.ndarray) -> np.ndarray:
        y = np.empty_like(x)
        raw.run(name, "f32" if x.dtype == np.float32 else "f64", [y, x], p, isa)
        return y

    return apply


def sigmoid(x: np.ndarray) -> np.ndarray:
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


def silu(x: np.ndarray) -> np.ndarray:
    x = np.maximum(x, -800)
    return x * sigmoid(x)


def gelu(x: np.ndarray) -> np.ndarray:
    x = np.maximum(x, -30)
    return x * ours("erfc")(-x * np.sqrt(0.5)) / 2


def mish(x: np.ndarray) -> np.ndarray:
    return np.where(x < -800, -0.0, np.maximum(x, -800) * np.tanh(np.logaddexp(x, 0)))


def gelu_tanh(x: np.ndarray) -> np.ndarray:
    x = np.maximum(x, -30)
    return x * sigmoid(2 * np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))


REFERENCES: dict[str, Function] = {
    **{
        name: getattr(np, name)
        for name in ("exp", "exp2", "expm1", "log", "log1p", "log2", "log10", "sin", "cos", "tan", "tanh", "sinh", "cosh")
    },
    **{name: getattr(np, f"arc{name[1:]}") for name in ("asin", "acos", "atan")},
    "erf": ours("erf"),
    "erfc": ours("erfc"),
    "sigmoid": sigmoid,
    "silu": silu,
    "softplus": lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
    "gelu": gelu,
    "gelu_tanh": gelu_tanh,
    "mish": mish,
    **{name: ours(name) for name in ("lgamma", "digamma", "erfinv")},
}


def ulps(got: np.ndarray, want: np.ndarray) -> np.ndarray:
    """Errors in units of the last place of the float32 nearest to `want` (float64); infinity where got may not differ but does."""
    nearest = want.astype(np.float32)
    special = ~np.isfinite(nearest) | (nearest == 0)
    unit = np.spacing(np.abs(np.where(special, np.float32(1), nearest))).astype(np.float64)
    error = np.abs(got - want) / unit
    largest = np.isinf(nearest) & (np.abs(got) == np.finfo(np.float32).max)  # rounding may go either way at the end of the range
    smallest = (nearest == 0) & (np.abs(got) <= np.finfo(np.float32).smallest_subnormal) & (want != 0)
    same = np.where(np.isnan(want), np.isnan(got), (got == nearest) & (np.signbit(got) == np.signbit(want)))
    return np.where(special, np.where(same, 0.0, np.where(largest | smallest, 1.0, np.inf)), np.nan_to_num(error, nan=np.inf))


def worst(name: str, bits: np.ndarray, isa: str | None = None) -> tuple[float, np.float32]:
    """The largest error over the float32 with these bits, and where it is."""
    x = bits.view(np.float32)
    got = (ours("gelu", 1, isa=isa) if name == "gelu_tanh" else ours(name, 0, isa=isa))(x)
    with np.errstate(all="ignore"):
        error = ulps(got, REFERENCES[name](x.astype(np.float64)))
    at = int(np.argmax(error))
    return float(error[at]), x[at]
