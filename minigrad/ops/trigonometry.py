"""Inverse trigonometric and hyperbolic functions, degrees, sinc, hypot."""

from __future__ import annotations

import math

import numpy as np

from ..registry import defop
from ._samples import COMPLEX, FLOATS, NO_BROADCAST, NO_NUMBER, away, normal, one, pairs
from .elementwise import _choose, cos, eq, neg, rsqrt

RADIAN = math.pi / 180


def _between(low, high):
    return lambda r, *shape: r.between(low, high, *shape)


def _inverse(ref, rule, doc, draw, *aliases, example, kernel=None):
    def reference(input):
        return ref(input)

    reference.__name__ = aliases[0].replace("arc", "a")
    reference.__module__ = __name__
    reference.__doc__ = f"{doc}\n\nShapes: any. Dtypes: floats; integers are converted.\n{example}"
    return defop(kernel=kernel, result="float", vjp={"input": rule}, samples=one(draw), aliases=aliases, dtypes=FLOATS + COMPLEX,
                 holomorphic=True)(reference)  # fmt: skip


acos = _inverse(np.arccos, lambda g, input: neg(g * rsqrt(1 - input * input)), "The angle in [0, pi] that has this cosine; NaN outside [-1, 1].",
                _between(-0.9, 0.9), "arccos", kernel="acos", example=">>> mg.acos(mg.tensor([1.0, 0.0]))\ntensor([0.0000, 1.5708])")  # fmt: skip
asin = _inverse(np.arcsin, lambda g, input: g * rsqrt(1 - input * input), "The angle in [-pi/2, pi/2] that has this sine; NaN outside [-1, 1].",
                _between(-0.9, 0.9), "arcsin", kernel="asin", example=">>> mg.asin(mg.tensor([0.0, 1.0]))\ntensor([0.0000, 1.5708])")  # fmt: skip
atan = _inverse(np.arctan, lambda g, input: g / (input * input + 1), "The angle in (-pi/2, pi/2) that has this tangent.",
                normal, "arctan", kernel="atan", example=">>> mg.atan(mg.tensor([0.0, 1.0]))\ntensor([0.0000, 0.7854])")  # fmt: skip
acosh = _inverse(np.arccosh, lambda g, input: g * (rsqrt(input - 1) * rsqrt(input + 1)), "The number >= 0 that has this hyperbolic cosine; NaN below 1.",
                 _between(1.2, 4), "arccosh", example=">>> mg.acosh(mg.tensor([1.0, 2.0]))\ntensor([0.0000, 1.3170])")  # fmt: skip
asinh = _inverse(np.arcsinh, lambda g, input: g * rsqrt(input * input + 1), "The number that has this hyperbolic sine.",
                 normal, "arcsinh", example=">>> mg.asinh(mg.tensor([0.0, 1.0]))\ntensor([0.0000, 0.8814])")  # fmt: skip
atanh = _inverse(np.arctanh, lambda g, input: g / (1 - input * input), "The number that has this hyperbolic tangent; NaN outside [-1, 1].",
                 _between(-0.9, 0.9), "arctanh", example=">>> mg.atanh(mg.tensor([0.0, 0.5]))\ntensor([0.0000, 0.5493])")  # fmt: skip


@defop(result="float", vjp={"input": lambda g: g * RADIAN}, samples=one(), linear_in=("input",))
def deg2rad(input):
    """Degrees as radians.

    Shapes: any. Dtypes: floats; integers are converted.
    >>> mg.deg2rad(mg.tensor([0.0, 180.0]))
    tensor([0.0000, 3.1416])
    """
    return np.multiply(input, RADIAN)


@defop(result="float", vjp={"input": lambda g: g / RADIAN}, samples=one(), linear_in=("input",))
def rad2deg(input):
    """Radians as degrees.

    Shapes: any. Dtypes: floats; integers are converted.
    >>> mg.rad2deg(mg.tensor([0.0, 1.0]))
    tensor([ 0.0000, 57.2958])
    """
    return np.multiply(input, 1 / RADIAN)


def _sinc_vjp(g, input, y):
    zero = eq(input, 0)
    x = _choose(zero, 1.0, input)
    return g * _choose(zero, 0.0, (cos(x * math.pi) - y) / x)


@defop(result="float", vjp={"input": _sinc_vjp}, samples=one(away), where="mg Tensor special", dtypes=FLOATS + COMPLEX, holomorphic=True)
def sinc(input):
    """sin(pi * input) / (pi * input), and 1 at 0.

    Shapes: any. Dtypes: floats; integers are converted.
    >>> mg.sinc(mg.tensor([0.0, 0.5]))
    tensor([1.0000, 0.6366])
    """
    x = np.asarray(input)
    if x.dtype.kind != "c":
        x = x.astype(np.float64)  # pi * x rounded to float32 would be a different angle
    n = np.rint(np.real(x))  # and in float64 too, for large x: only the distance to the nearest zero is multiplied
    return np.where(x == 0, 1, (1 - 2 * np.mod(n, 2)) * np.sin(math.pi * (x - n)) / (math.pi * np.where(x == 0, 1, x)))


@defop(kernel="hypot", result="only_float", inplace=True, samples=pairs(away, away), errors=[NO_BROADCAST, NO_NUMBER],
       vjp={"input": lambda g, input, y: g * (input / y), "other": lambda g, other, y: g * (other / y)})  # fmt: skip
def hypot(input, other):
    """sqrt(input**2 + other**2) without overflow.

    Shapes: any that broadcast. Dtypes: floats.
    >>> mg.hypot(mg.tensor([3.0]), mg.tensor([4.0]))
    tensor([5.])
    """
    return np.hypot(input, other)
