"""What the references of the special functions share: double precision, Chebyshev series, polynomials, computing by regions."""

from __future__ import annotations

import numpy as np


def double(x):
    """x as float64: float32 results are then rounded once. Complex numbers are refused."""
    x = np.asarray(x)
    if x.dtype.kind == "c":
        raise TypeError("not defined for complex numbers")
    return x.astype(np.float64)


def chebyshev(coefficients, t):
    """Sum of c[n] * T_n(t), by Clenshaw's recurrence."""
    b1 = b2 = np.zeros_like(t)
    for c in coefficients[:0:-1]:
        b1, b2 = 2 * t * b1 - b2 + c, b1
    return t * b1 - b2 + coefficients[0]


def polynomial(coefficients, x):
    """Sum of c[n] * x**n, by Horner's rule."""
    y = np.full_like(x, coefficients[-1])
    for c in coefficients[-2::-1]:
        y = y * x + c
    return y


def regions(x, *cases, otherwise=np.nan):
    """Each (condition, function) computed only where its condition is the first to hold; arrays may be several (a tuple that broadcasts)."""
    xs = np.broadcast_arrays(*(x if isinstance(x, tuple) else (x,)))
    y = np.full(xs[0].shape, otherwise, np.float64)
    left = np.ones(xs[0].shape, bool)
    for condition, function in cases:
        here = left & condition
        left &= ~here
        if here.any():
            y[here] = function(*(v[here] for v in xs))
    return y
