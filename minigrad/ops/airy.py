"""Airy's function Ai and its derivative, by Chebyshev series: near 0 of themselves, far from it of what their oscillation or decay leaves."""

from __future__ import annotations

import math

import numpy as np

from ..registry import defop
from . import _tables
from ._samples import one
from ._series import chebyshev, double, regions

NEAR, FAR = 2 / 3 * 2**1.5, 2 / 3 * 7**1.5  # zeta = 2 / 3 x**1.5, of 2 and of 7
AI = (_tables.AIRY_SMALL, _tables.AIRY_LARGE, _tables.AIRY_NEGATIVE, _tables.AIRY_P, _tables.AIRY_Q)
AI_PRIME = (
    _tables.AIRY_PRIME_SMALL, _tables.AIRY_PRIME_LARGE, _tables.AIRY_PRIME_NEGATIVE, _tables.AIRY_PRIME_P, _tables.AIRY_PRIME_Q
)  # fmt: skip


def _airy(x, tables, power):
    """Ai (power -1/4) or Ai' (power 1/4), which is how the amplitude grows."""
    small, large, negative, p, q = tables

    def decays(x):
        zeta = 2 / 3 * x**1.5
        y = chebyshev(large, 2 * NEAR / zeta - 1) * np.exp(-zeta) * x**power / (2 * math.sqrt(math.pi))
        return -y if power > 0 else y

    def oscillates(x):
        x = -x
        zeta = 2 / 3 * x * np.sqrt(x)
        t = 2 * (FAR / zeta) ** 2 - 1
        a, b = chebyshev(p, t), chebyshev(q, t)
        a, b = (a / zeta, b) if power > 0 else (a, b / zeta)
        s, c = np.sin(zeta), np.cos(zeta)  # of zeta - pi / 4, times sqrt(2): s - c and c + s
        return (a * (c + s) + b * (s - c)) * x**power / math.sqrt(2 * math.pi)

    return regions(
        x,
        (np.isposinf(x), np.zeros_like),
        (x > 2, decays),
        (x >= 0, lambda x: chebyshev(small, x - 1)),
        (x >= -7, lambda x: chebyshev(negative, -x / 3.5 - 1)),
        (np.isneginf(x), lambda x: x * 0 if power > 0 else np.zeros_like(x)),  # Ai' oscillates ever higher
        (x < -7, oscillates),
    )


@defop(result="float", where="special", samples=one(lambda r, *s: r.between(-9, 4, *s)),
       vjp={"input": lambda g, input: g * _airy_ai_prime(input)}, ulp=16)  # fmt: skip
def special_airy_ai(input):
    """Airy's function Ai, the solution of y'' = x * y that vanishes for large x.

    Near its zeros, all of them negative, the absolute error is small, not the relative one.
    Shapes: any. Dtypes: floats; integers are converted.
    >>> mg.special.airy_ai(mg.tensor([0.0, 1.0]))
    tensor([0.3550, 0.1353])
    """
    return _airy(double(input), AI, -0.25)


@defop(
    result="float",
    where="",
    samples=one(lambda r, *s: r.between(-9, 4, *s)),
    vjp={"input": lambda g, input: g * input * special_airy_ai(input)},
    ulp=16,
)
def _airy_ai_prime(input):
    """The derivative of Airy's function"""
    return _airy(double(input), AI_PRIME, 0.25)
