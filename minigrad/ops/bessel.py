"""Bessel functions of orders 0 and 1, by Chebyshev series near 0 and far from it (C. W. Clenshaw, NPL Mathematical Tables 5, 1962).

Each series is of the function without its singular factor; minigrad/ops/_tables.py holds the coefficients. Near their zeros J and Y have
a small absolute error, not a small relative one.
"""

from __future__ import annotations

import math

import numpy as np

from ..registry import defop
from . import _tables
from ._samples import away, one, positive
from ._series import chebyshev, double, regions
from .elementwise import _choose, cos, eq, neg, sign

# ---- modified: I and K ----


def _i_scaled(x, order):
    """exp(-|x|) I(x)."""
    small, large = ((_tables.I0_SMALL, _tables.I0_LARGE), (_tables.I1_SMALL, _tables.I1_LARGE))[order]
    size = np.abs(x)
    y = regions(
        size,
        (size <= 8, lambda x: chebyshev(small, x / 4 - 1) * x**order),
        (np.isinf(size), np.zeros_like),
        (size > 8, lambda x: chebyshev(large, 16 / x - 1) / np.sqrt(x)),
    )
    return np.copysign(y, x) if order else y


def _i(x, order):
    half = np.exp(np.abs(x) / 2)  # twice half of it: the exponential overflows before the function does
    return np.where(np.isinf(x), np.copysign(np.inf, x) if order else np.inf, _i_scaled(x, order) * half * half)


def _k_scaled(x, order):
    """exp(x) K(x)."""
    small, large = ((_tables.K0_SMALL, _tables.K0_LARGE), (_tables.K1_SMALL, _tables.K1_LARGE))[order]

    def near(x):
        logarithm = np.log(x / 2) * _i(x, order)
        series = chebyshev(small, x * x / 2 - 1)
        return np.exp(x) * (logarithm + series / x if order else series - logarithm)

    return regions(
        x,
        (x == 0, lambda x: np.full_like(x, np.inf)),
        ((x > 0) & (x <= 2), near),
        (np.isposinf(x), np.zeros_like),
        (x > 2, lambda x: chebyshev(large, 4 / x - 1) / np.sqrt(x)),
    )


def _declare(name, reference, rule, doc, where="special", draw=away, example="", ulp=4):
    def ref(input):
        return reference(double(input))

    ref.__name__ = name
    ref.__module__ = __name__
    ref.__doc__ = f"{doc}\n\nShapes: any. Dtypes: floats; integers are converted.\n{example}"
    return defop(result="float", where=where, vjp={"input": rule}, samples=one(draw), ulp=ulp)(ref)


def _over(y, input, at_zero):
    """y / input, and its limit at 0."""
    zero = eq(input, 0)
    return _choose(zero, at_zero, y / _choose(zero, 1.0, input))


i0 = _declare("i0", lambda x: _i(x, 0), lambda g, input: g * special_i1(input), "Modified Bessel function of the first kind, order 0.",
              where="mg Tensor special", example=">>> mg.i0(mg.tensor([0.0, 1.0]))\ntensor([1.0000, 1.2661])")  # fmt: skip
special_i0e = _declare("special_i0e", lambda x: _i_scaled(x, 0), lambda g, input, y: g * (special_i1e(input) - sign(input) * y),
                       "exp(-|input|) * i0(input).", example=">>> mg.special.i0e(mg.tensor([0.0, 1.0]))\ntensor([1.0000, 0.4658])")  # fmt: skip
special_i1 = _declare("special_i1", lambda x: _i(x, 1), lambda g, input, y: g * (i0(input) - _over(y, input, 0.5)),
                      "Modified Bessel function of the first kind, order 1.",
                      example=">>> mg.special.i1(mg.tensor([0.0, 1.0]))\ntensor([0.0000, 0.5652])")  # fmt: skip
special_i1e = _declare("special_i1e", lambda x: _i_scaled(x, 1),
                       lambda g, input, y: g * (special_i0e(input) - sign(input) * y - _over(y, input, 0.5)),
                       "exp(-|input|) * i1(input).", example=">>> mg.special.i1e(mg.tensor([0.0, 1.0]))\ntensor([0.0000, 0.2079])")  # fmt: skip

special_modified_bessel_i0 = _declare(
    "special_modified_bessel_i0", lambda x: _i(x, 0), lambda g, input: g * special_i1(input), "The same as i0.",
    example=">>> mg.special.modified_bessel_i0(mg.tensor([1.0]))\ntensor([1.2661])")  # fmt: skip
special_modified_bessel_i1 = _declare(
    "special_modified_bessel_i1", lambda x: _i(x, 1), lambda g, input, y: g * (i0(input) - _over(y, input, 0.5)), "The same as i1.",
    example=">>> mg.special.modified_bessel_i1(mg.tensor([1.0]))\ntensor([0.5652])")  # fmt: skip
special_modified_bessel_k0 = _declare(
    "special_modified_bessel_k0", lambda x: _k_scaled(x, 0) * np.exp(-x), lambda g, input: neg(g * special_modified_bessel_k1(input)),
    "Modified Bessel function of the second kind, order 0; infinite at 0, NaN below.", draw=positive,
    example=">>> mg.special.modified_bessel_k0(mg.tensor([1.0]))\ntensor([0.4210])")  # fmt: skip
special_modified_bessel_k1 = _declare(
    "special_modified_bessel_k1", lambda x: _k_scaled(x, 1) * np.exp(-x),
    lambda g, input, y: neg(g * (special_modified_bessel_k0(input) + y / input)),
    "Modified Bessel function of the second kind, order 1; infinite at 0, NaN below.", draw=positive,
    example=">>> mg.special.modified_bessel_k1(mg.tensor([1.0]))\ntensor([0.6019])")  # fmt: skip
special_scaled_modified_bessel_k0 = _declare(
    "special_scaled_modified_bessel_k0", lambda x: _k_scaled(x, 0), lambda g, input, y: g * (y - special_scaled_modified_bessel_k1(input)),
    "exp(input) * modified_bessel_k0(input).", draw=positive,
    example=">>> mg.special.scaled_modified_bessel_k0(mg.tensor([1.0]))\ntensor([1.1445])")  # fmt: skip
special_scaled_modified_bessel_k1 = _declare(
    "special_scaled_modified_bessel_k1", lambda x: _k_scaled(x, 1),
    lambda g, input, y: g * (y - special_scaled_modified_bessel_k0(input) - y / input),
    "exp(input) * modified_bessel_k1(input).", draw=positive,
    example=">>> mg.special.scaled_modified_bessel_k1(mg.tensor([1.0]))\ntensor([1.6362])")  # fmt: skip

# ---- of real frequency: J and Y ----


def _far(x, order, second):
    """Hankel's expansion. sqrt(2) cos(x - pi / 4) = cos(x) + sin(x), which needs no rounded pi."""
    p, q = ((_tables.P0, _tables.Q0), (_tables.P1, _tables.Q1))[order]
    t = 128 / (x * x) - 1
    p, q = chebyshev(p, t), chebyshev(q, t) * (8 / x)
    s, c = np.sin(x), np.cos(x)
    cosine, sine = (s - c, -s - c) if order else (c + s, s - c)
    return (p * sine + q * cosine if second else p * cosine - q * sine) / np.sqrt(math.pi * x)


def _j(x, order):
    near = (_tables.J0_SMALL, _tables.J1_SMALL)[order]
    size = np.abs(x)
    y = regions(
        size,
        (size <= 8, lambda x: chebyshev(near, x * x / 32 - 1) * x**order),
        (np.isinf(size), np.zeros_like),
        (size > 8, lambda x: _far(x, order, False)),
    )
    return np.where(x < 0, -y, y) if order else y


def _y(x, order):
    def near(x):
        t = x * x / 32 - 1
        if order:
            return chebyshev(_tables.Y1_SMALL, t) * x + 2 / math.pi * (np.log(x / 2) * _j(x, 1) - 1 / x)
        return chebyshev(_tables.Y0_SMALL, t) + 2 / math.pi * np.log(x / 2) * _j(x, 0)

    return regions(
        x,
        (x == 0, lambda x: np.full_like(x, -np.inf)),
        ((x > 0) & (x <= 8), near),
        (np.isposinf(x), np.zeros_like),
        (x > 8, lambda x: _far(x, order, True)),
    )


special_bessel_j0 = _declare("special_bessel_j0", lambda x: _j(x, 0), lambda g, input: neg(g * special_bessel_j1(input)),
                             "Bessel function of the first kind, order 0.",
                             example=">>> mg.special.bessel_j0(mg.tensor([0.0, 1.0]))\ntensor([1.0000, 0.7652])")  # fmt: skip
special_bessel_j1 = _declare("special_bessel_j1", lambda x: _j(x, 1),
                             lambda g, input, y: g * (special_bessel_j0(input) - _over(y, input, 0.5)),
                             "Bessel function of the first kind, order 1.",
                             example=">>> mg.special.bessel_j1(mg.tensor([0.0, 1.0]))\ntensor([0.0000, 0.4401])")  # fmt: skip
special_bessel_y0 = _declare("special_bessel_y0", lambda x: _y(x, 0), lambda g, input: neg(g * special_bessel_y1(input)),
                             "Bessel function of the second kind, order 0; -inf at 0, NaN below.", draw=positive,
                             example=">>> mg.special.bessel_y0(mg.tensor([1.0]))\ntensor([0.0883])")  # fmt: skip
special_bessel_y1 = _declare("special_bessel_y1", lambda x: _y(x, 1), lambda g, input, y: g * (special_bessel_y0(input) - y / input),
                             "Bessel function of the second kind, order 1; -inf at 0, NaN below.", draw=positive,
                             example=">>> mg.special.bessel_y1(mg.tensor([1.0]))\ntensor([-0.7812])")  # fmt: skip


def _spherical(x):
    return np.where(np.isinf(x), 0.0, np.where(x == 0, 1.0, np.sin(x) / np.where(x == 0, 1.0, x)))


special_spherical_bessel_j0 = _declare(
    "special_spherical_bessel_j0", _spherical, lambda g, input, y: g * _over(cos(input) - y, input, 0.0),
    "Spherical Bessel function of the first kind, order 0: sin(input) / input, 1 at 0.",
    example=">>> mg.special.spherical_bessel_j0(mg.tensor([0.0, 1.0]))\ntensor([1.0000, 0.8415])")  # fmt: skip
