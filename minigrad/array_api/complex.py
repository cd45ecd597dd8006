"""Elementary functions of complex numbers that minigrad's ops of the same name have for real ones only, out of logarithms, roots and exponentials.

Principal values. Odd functions are computed where the real part is not negative, so that sums do not cancel and exponentials stay small.
"""

from __future__ import annotations

import math
from typing import Any

import minigrad as mg


def _side(z: Any) -> Any:
    return mg.where(mg.real(z) < 0, -1.0, 1.0).to(mg.real(z).dtype)


def tanh(z: Any) -> Any:
    side = _side(z)
    w = -2 * side * z
    return -side * mg.expm1(w) / (mg.exp(w) + 1)


def asinh(z: Any) -> Any:
    side = _side(z)
    w = side * z
    return side * mg.log(w + mg.sqrt(w * w + 1))


def acosh(z: Any) -> Any:
    return mg.log(z + mg.sqrt(z + 1) * mg.sqrt(z - 1))


def atanh(z: Any) -> Any:
    return (mg.log1p(z) - mg.log1p(-z)) / 2


def asin(z: Any) -> Any:
    return -1j * asinh(1j * z)


def acos(z: Any) -> Any:
    return math.pi / 2 - asin(z)


def atan(z: Any) -> Any:
    return -1j * atanh(1j * z)


def round(z: Any) -> Any:
    """Both parts."""
    return mg.complex(mg.round(mg.real(z)), mg.round(mg.imag(z)))
