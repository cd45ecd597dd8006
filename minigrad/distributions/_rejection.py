"""Random numbers that no inverse gives: standard gamma, with the gradient of its implicit function, and von Mises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _core
from .._core import Tensor
from ..autograd import Function
from ..autograd.function import once_differentiable
from ..ops._examples import by_numpy
from ..ops.distributions import _elementwise, _inside, _uniforms
from ..ops.gamma import digamma_of
from ..ops.generator import _drawn


def _until_accepted(count: int, propose: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """propose(which) says what the elements `which` become, and which of that stands; the others draw again."""
    out, left = np.empty(count), np.arange(count)
    while left.size:
        values, accepted = propose(left)
        out[left[accepted]] = values[accepted]
        left = left[~accepted]
    return out


def _draw(op: str, *shape: int) -> np.ndarray:
    return _inside(_uniforms(op, shape, None).numpy())


# ---- gamma ----


def _log_gamma_numbers(alpha: np.ndarray) -> np.ndarray:
    flat = np.where((alpha >= 0) & (alpha < np.inf), alpha, 1.0).reshape(-1)  # what is no concentration would never be accepted
    small = flat < 1
    d = np.where(small, flat + 1, flat) - 1 / 3
    c = 1 / np.sqrt(9 * d)

    def propose(i: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x = _drawn("standard_gamma", "normal", (i.size,), _core.float64, None, 0.0, 1.0).numpy()
        root = 1 + c[i] * x
        log_v = 3 * np.log(np.maximum(root, 1e-300))
        bound = 0.5 * x * x + d[i] * (1 - root**3 + log_v)
        return np.log(d[i]) + log_v, (root > 0) & (np.log(_draw("standard_gamma", i.size)) < bound)

    out = _until_accepted(flat.size, propose)
    if small.any():  # G(a) = G(a + 1) * U ** (1 / a)
        with np.errstate(divide="ignore", over="ignore"):
            out[small] += np.log(_draw("standard_gamma", int(small.sum()))) / flat[small]
    return np.where(alpha == np.inf, np.inf, np.where(alpha >= 0, out.reshape(alpha.shape), np.nan))


def _by_series(a: np.ndarray, z: np.ndarray) -> np.ndarray:
    """By the series of P(a, x) = density * x / a * the sum of x**n / ((a + 1) ... (a + n)), and its derivative by a, term for term."""
    x = np.exp(z)
    total, slope, term, harmonic = np.ones_like(a), np.zeros_like(a), np.ones_like(a), np.zeros_like(a)
    n = a.copy()
    while True:
        for _ in range(BETWEEN):
            n += 1
            term *= x / n
            harmonic += 1 / n
            total += term
            slope -= term * harmonic
        if not (term * (1 + harmonic) > 1e-17 * total).any():
            return -(total * (z - digamma_of(a + 1)) + slope) / a


def _by_fraction(a: np.ndarray, z: np.ndarray) -> np.ndarray:
    """By Legendre's continued fraction h of Q(a, x) = density * x * h, with its derivative by a carried along (Lentz's algorithm)."""
    x = np.exp(z)
    b = x + 1 - a
    c, c_slope = np.full_like(x, 1e300), np.zeros_like(x)
    d = 1 / b
    d_slope = d * d
    h, h_slope = d.copy(), d_slope.copy()
    i = 0
    while True:
        for _ in range(BETWEEN):
            i += 1
            step = i * (a - i)
            b += 2
            d_next = 1 / (step * d + b)
            d_slope = -d_next * d_next * (i * d + step * d_slope - 1)
            c_slope = (i * c - step * c_slope) / c / c - 1
            d, c = d_next, b + step / c
            factor, factor_slope = d * c, d_slope * c + d * c_slope
            h, h_slope = h * factor, h_slope * factor + h * factor_slope
        if not (np.abs(factor - 1) + np.abs(h * factor_slope) / np.abs(h_slope) >= 1e-14).any():
            return h * (z - digamma_of(a)) + h_slope


def _by_expansion(a: np.ndarray, z: np.ndarray) -> np.ndarray:
    """By the first terms of the expansion of Cornish and Fisher, whose rest is below a ** -1.5 of it; the others take about sqrt(a) terms."""
    m = np.exp(z) / a - 1
    return (1 + m / 2 - (m * m - 1 / a) / 6) / np.exp(z)


BETWEEN = 8  # terms between two looks at whether they still matter


def log_gamma_slope(alpha: np.ndarray, z: np.ndarray) -> np.ndarray:
    """dz / dalpha at a constant value of the distribution function, for z the logarithm of a standard gamma number.

    Two standard deviations above the mean the fraction begins to converge as fast as the series, which begins to cancel.
    """
    a, z = np.asarray(alpha, np.float64), np.asarray(z, np.float64)
    out = np.empty(a.shape)
    with np.errstate(all="ignore"):
        above, large = np.exp(z) >= a + 2 * np.sqrt(a) + 3, a > 1e6
        for where, method in ((~above & ~large, _by_series), (above & ~large, _by_fraction), (large, _by_expansion)):
            if where.any():
                out[where] = method(a[where], z[where])
    return out


class LogGamma(Function):
    """Logarithms of standard gamma random numbers, which do not underflow where the numbers do.

    The gradient is that of the inverse distribution function, by the theorem of implicit functions, exact to rounding.
    Sources: Marsaglia & Tsang, "A simple method for generating gamma variables", 2000; Figurnov, Mohamed & Mnih, "Implicit
    reparameterization gradients", arXiv:1805.08498.
    """

    @staticmethod
    def forward(ctx: Any, alpha: Tensor) -> Tensor:
        own = _core.cast(_elementwise("standard_gamma", alpha)[0], _core.float64)
        z = by_numpy(_log_gamma_numbers, own)
        ctx.save_for_backward(own, z)
        return _core.cast(z, alpha.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor) -> Tensor:
        alpha, z = ctx.saved_tensors
        return g * _core.cast(by_numpy(log_gamma_slope, alpha, z), g.dtype)


def log_gamma(alpha: Tensor) -> Tensor:
    """See LogGamma."""
    return LogGamma.apply(alpha)


# ---- von Mises ----


def _von_mises_numbers(kappa: np.ndarray) -> np.ndarray:
    flat = kappa.reshape(-1)
    narrow = flat > 1e8  # where normal numbers are as good, and c below is lost to cancellation
    k = np.where((flat > 1e-300) & ~narrow, flat, 1e-300)
    tau = 1 + np.sqrt(1 + 4 * k * k)
    tiny = k < 1e-5  # rho would be lost to cancellation
    rho = np.where(tiny, 1.0, (tau - np.sqrt(2 * tau)) / (2 * k))
    r = np.where(tiny, 1 / k + k, (1 + rho * rho) / (2 * rho))

    def propose(i: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        u = _draw("von_mises", 3, i.size)
        z = np.cos(np.pi * u[0])
        f = np.clip((1 + r[i] * z) / (r[i] + z), -1, 1)
        c = k[i] * (r[i] - f)
        accepted = (c * (2 - c) > u[1]) | (np.log(c / u[1]) + 1 - c >= 0)
        return np.where(u[2] < 0.5, -1, 1) * np.arccos(f), accepted

    out = _until_accepted(k.size, propose)
    if narrow.any():
        out[narrow] = _drawn("von_mises", "normal", (int(narrow.sum()),), _core.float64, None, 0.0, 1.0).numpy() / np.sqrt(flat[narrow])
    return np.where(flat >= 0, out, np.nan).reshape(kappa.shape)


def von_mises(concentration: Tensor) -> Tensor:
    """Angles around 0 in [-pi, pi], float64. Source: Best & Fisher, "Efficient simulation of the von Mises distribution", 1979."""
    return by_numpy(_von_mises_numbers, _core.cast(_elementwise("von_mises", concentration)[0], _core.float64))
