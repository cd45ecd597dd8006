"""The gamma function and its relatives: lgamma, digamma, polygamma, zeta, the incomplete gamma functions."""

from __future__ import annotations

import math

import numpy as np

from ..errors import DTypeError
from ..registry import NONDIFF, ErrorSample, Sample, composite, defop
from . import _tables
from ._samples import NO_BROADCAST, one, pairs
from ._series import chebyshev, double, polynomial, regions
from .elementwise import exp, log, mul, neg, sub

# B(2k) / (2k (2k - 1)), of Stirling's series, and B(2k) / 2k, of digamma's.
STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400, 43867 / 244188, -174611 / 125400)
DIGAMMA = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12, -3617 / 8160, 43867 / 14364)
# (2k)! / B(2k), of the remainder of the zeta series.
ZETA = (12.0, -720.0, 30240.0, -1209600.0, 47900160.0, -1.8924375803183791606e9, 7.47242496e10, -2.950130727918164224e12, 1.1646782814350067249e14,
        -4.5979787224074726105e15, 1.8152105401943546773e17, -7.1661652561756670113e18)  # fmt: skip

POLES = (0.0, -1.0, -2.0, -3.0)


def _between(low, high):
    return lambda r, *shape: r.between(low, high, *shape)


def _regular(r, *shape):
    """Both signs, away from the poles and from the zeros at 1 and 2."""
    return r.away(*shape, kinks=(*POLES, 1.0, 2.0), gap=0.1)


def _stirling_rest(x):
    return polynomial(STIRLING, 1 / (x * x)) / x


def _lgamma_large(x):
    return (x - 0.5) * (np.log(x) - 1) + 0.5 * (math.log(2 * math.pi) - 1) + _stirling_rest(x)


def _lgamma_middle(x):
    """Down to [2, 3] by the recurrence."""
    product = np.ones_like(x)
    for _ in range(7):
        above = x >= 3
        x = np.where(above, x - 1, x)
        product = np.where(above, product * x, product)
    return np.log(product) + (x - 1) * (x - 2) * chebyshev(_tables.LGAMMA, x - 2)


def _lgamma_positive(x):
    return regions(
        x,
        (np.isinf(x), lambda x: x),
        (x >= 10, _lgamma_large),
        (x >= 3, _lgamma_middle),
        (x >= 1, lambda x: (1 - x) * (2 - x) * chebyshev(_tables.LGAMMA, x - 2)),
        (x >= 0, lambda x: x * (x - 1) * chebyshev(_tables.LGAMMA, x - 1) - np.log(x)),  # by lgamma(x + 1), whose zeros are exact in x
    )


def _lgamma_negative(x):
    return np.log(math.pi / np.abs(x * np.sin(math.pi * (x - np.rint(x))))) - _lgamma_positive(-x)


def lgamma_of(x):
    """log |gamma(x)| of float64."""
    return regions(x, (x > 0, _lgamma_positive), (x == np.floor(x), lambda x: np.full_like(x, np.inf)), (x < 0, _lgamma_negative))


@defop(
    kernel="lgamma",
    result="float",
    samples=one(_regular),
    ulp=64,  # below 0 two logarithms cancel near the zeros
    vjp={"input": lambda g, input: g * digamma(input)},
)
def lgamma(input):
    """Logarithm of the absolute value of the gamma function; inf at 0, -1, -2...

    From Stirling's series above 10, below from a Chebyshev series on [1, 3] with the zeros taken out, by recurrence and reflection.
    Shapes: any. Dtypes: floats; integers are converted.
    >>> mg.lgamma(mg.tensor([5.0, 0.5]))
    tensor([3.1781, 0.5724])
    """
    return lgamma_of(double(input))


def _digamma_positive(x):
    """Above 10 by the asymptotic series, in [1, 2] by a series in which the root is exact, to which the recurrence leads."""
    total = np.zeros_like(x)
    for _ in range(8):
        middle = (x > 2) & (x < 10)
        x = np.where(middle, x - 1, x)
        total = np.where(middle, total + 1 / x, total)
    low = x < 1
    total = np.where(low, -1 / x, total)
    x = np.where(low, x + 1, x)
    high, rest = _tables.DIGAMMA_ROOT
    z = 1 / (x * x)
    return total + regions(
        (x, z),
        (x <= 2, lambda x, _: ((x - high) - rest) * chebyshev(_tables.DIGAMMA, 2 * x - 3)),
        (x > 2, lambda x, z: np.log(x) - 0.5 / x - z * polynomial(DIGAMMA, z)),
    )


def _digamma_negative(x):
    r = x - np.rint(x)
    return np.where(r == 0, np.nan, _digamma_positive(1 - x) - math.pi / np.tan(math.pi * np.where(r == 0, 0.5, r)))


def digamma_of(x):
    return regions(x, (x == 0, lambda x: -np.copysign(np.inf, x)), (x > 0, _digamma_positive), (np.isneginf(x), lambda x: x * np.nan), (x < 0, _digamma_negative))  # fmt: skip


@defop(kernel="digamma", result="float", samples=one(_regular), where="mg Tensor special",
       vjp={"input": lambda g, input: g * _polygamma(input, 1)})  # fmt: skip
def digamma(input):
    """Derivative of lgamma; -inf at 0, NaN at -1, -2...

    Shapes: any. Dtypes: floats; integers are converted.
    >>> mg.digamma(mg.tensor([1.0, 0.5]))
    tensor([-0.5772, -1.9635])
    """
    return digamma_of(double(input))


def zeta_of(s, q):
    """Sum of (q + k) ** -s: the first terms one by one, the others by Euler and Maclaurin (as in Cephes, S. Moshier)."""
    s, q = (np.array(v) for v in np.broadcast_arrays(s, q))
    good = (s > 1) & np.isfinite(s) & ((q > 0) | ((q != np.floor(q)) & (s == np.floor(s)) & (q > -1e5)))
    s0, a = np.where(good, s, 2.0), np.where(good, q, 1.0)
    total = np.zeros_like(a)
    enough = np.minimum(10 + s0, 40)  # the remainder's series is good to full precision from there on
    while (below := a < enough).any():
        total += np.where(below, a**-s0, 0)
        a = np.where(below, a + 1, a)
    power = a**-s0
    total += a * power / (s0 - 1) + 0.5 * power
    factor, k = np.ones_like(a), 0.0
    for divisor in ZETA:
        factor = factor * (s0 + k)
        power = power / a
        total += factor * power / divisor
        factor, power, k = factor * (s0 + k + 1), power / a, k + 2
    total = np.where(np.isinf(a), 0.0, total)
    pole = (s == 1) | ((s > 1) & (q <= 0) & (q == np.floor(q)))
    limit = np.where(np.isposinf(s) & (q > 0), np.where(q > 1, 0.0, np.where(q == 1, 1.0, np.inf)), np.nan)
    return np.where(good, total, np.where(pole & ~np.isnan(q), np.inf, limit))


@defop(result="float", samples=pairs(_between(1.5, 6), _between(0.3, 12)), where="special", errors=[NO_BROADCAST],
       vjp={"input": NONDIFF, "other": lambda g, input, other: neg(g * input) * special_zeta(input + 1, other)})  # fmt: skip
def special_zeta(input, other):
    """Hurwitz's zeta function, the sum over k >= 0 of (other + k) ** -input; no gradient with respect to input.

    Shapes: any that broadcast; either may be a number. Dtypes: floats; integers are converted.
    >>> mg.special.zeta(mg.tensor([2.0, 4.0]), 1.0)
    tensor([1.6449, 1.0823])
    """
    return zeta_of(double(input), double(other))


def _polygamma_reference(x, n):
    """By the zeta function; left of 0, for n = 1, by reflection, since there the sum of zeta would begin far from where it converges."""
    direct = -((-1.0) ** n) * math.factorial(n) * zeta_of(np.float64(n + 1), np.where(x <= 0, 1.0, x) if n == 1 else x)
    if n != 1 or not (x <= 0).any():
        return direct
    r = x - np.rint(x)
    with np.errstate(divide="ignore"):
        return np.where(x > 0, direct, (math.pi / np.sin(math.pi * r)) ** 2 - zeta_of(np.float64(2), 1 - x))


@defop(result="float", where="", samples=lambda r: [Sample(_regular(r, 3, 4), n=1, id="tri"), Sample(r.between(0.5, 15, 7), n=3, id="third"), Sample(r.between(0.5, 15, 2, 0), n=2, id="empty")],
       vjp={"input": lambda g, input, n: g * _polygamma(input, n + 1)})  # fmt: skip
def _polygamma(input, n):
    """The n-th derivative of digamma, n >= 1"""
    return _polygamma_reference(double(input), n)


@composite(arrays="n input", constants=("n",), inplace=True, where="mg Tensor special",
           samples=lambda r: [Sample(1, _regular(r, 3, 4), id="tri"), Sample(0, _regular(r, 5), id="digamma"), Sample(3, r.between(0.4, 4, 2, 3), id="third")],
           errors=[ErrorSample(-1, np.ones(3), error=ValueError, match="polygamma: n must not be negative, got -1")])  # fmt: skip
def polygamma(n, input):
    """The n-th derivative of digamma; as a method, `x.polygamma(n)`.

    Shapes: any. Dtypes: floats; integers are converted. Raises ValueError for n < 0.
    >>> mg.polygamma(1, mg.tensor([1.0, 0.5]))
    tensor([1.6449, 4.9348])
    """
    if not isinstance(n, int):
        n, input = input, n
    if n < 0:
        raise ValueError(f"polygamma: n must not be negative, got {n}")
    return _polygamma(input, n) if n else digamma(input)


@composite(samples=lambda r: [Sample(r.between(1.2, 9, 3, 4), p=3, id="matrix"), Sample(r.between(0.2, 0.8, 5), p=1, id="one")], inplace=True,
           errors=[ErrorSample(np.ones(3), 0, error=ValueError, match="mvlgamma: p must be at least 1, got 0"),
                   ErrorSample(np.ones(3, bool), 1, error=DTypeError, match="mvlgamma: not defined for dtype bool")])  # fmt: skip
def mvlgamma(input, p):
    """Logarithm of the multivariate gamma function of dimension p: p (p - 1) / 4 * log(pi) + the sum over j < p of lgamma(input - j / 2).

    Shapes: any. Dtypes: floats; integers are converted. Meant for input > (p - 1) / 2.
    >>> mg.mvlgamma(mg.tensor([2.0, 3.0]), 2)
    tensor([0.4516, 1.5502])
    """
    if p < 1:
        raise ValueError(f"mvlgamma: p must be at least 1, got {p}")
    if input.dtype.name == "bool":
        raise DTypeError("mvlgamma: not defined for dtype bool")
    y = lgamma(input) + p * (p - 1) / 4 * math.log(math.pi)
    for j in range(1, p):
        y = y + lgamma(sub(input, j / 2))
    return y


# ---- the incomplete gamma functions ----


def _phi(m, ratio):
    """m - log(ratio) for ratio = 1 + m, to full relative precision."""
    small = np.abs(m) < 0.4
    s = np.where(small, m / (2 + m), 0.0)  # log(1 + m) = 2 atanh(s)
    z = s * s
    return np.where(small, s * m - 2 * s * z * polynomial([1 / (2 * k + 3) for k in range(20)], z), m - np.log(ratio))


def _gamma_term(a, x):
    """x**a * exp(-x) / gamma(a + 1)."""
    large = a >= 10
    b = np.where(large, a, 10.0)
    with np.errstate(all="ignore"):
        far = np.exp(-b * _phi((x - b) / b, x / b) - _stirling_rest(b)) / np.sqrt(2 * math.pi * b)
        near = x**a * np.exp(-x / 2) * np.exp(-x / 2) / np.exp(lgamma_of(np.where(large, 1.0, a) + 1))
    return np.where(large, far, near)


def _lower_series(a, x):
    """P(a, x) = term * the sum of x**n / ((a + 1) ... (a + n)): for x below a + 1."""
    total, term, n = np.ones_like(x), np.ones_like(x), a.copy()
    for _ in range(200_000):
        n += 1
        term = term * (x / n)
        total += term
        if (term <= total * 1e-17).all():
            break
    return total * _gamma_term(a, x)


def _upper_fraction(a, x):
    """Q(a, x) by Legendre's continued fraction, evaluated as Lentz does (Press et al., Numerical Recipes, 6.2)."""
    b = x + 1 - a
    c, d = np.full_like(x, 1e300), 1 / b
    h = d.copy()
    for i in range(1, 200_000):
        an = i * (a - i)
        b = b + 2
        d, c = an * d + b, b + an / c
        d, c = 1 / np.where(np.abs(d) < 1e-300, 1e-300, d), np.where(np.abs(c) < 1e-300, 1e-300, c)
        step = d * c
        h = h * step
        if (np.abs(step - 1) < 3e-16).all():
            break
    return h * a * _gamma_term(a, x)


def _upper_small(a, x):
    """Q(a, x) for x <= 1.1 with a so small that P is near 1: 1 - x**a / gamma(a + 1) + what follows, each without cancellation."""
    log_x = np.log(x)
    u = -np.expm1(a * log_x - lgamma_of(a + 1))
    total, term = np.zeros_like(x), np.ones_like(x)
    for n in range(1, 60):
        term = term * (-x / n)
        total += term / (a + n)
    return u - np.exp(a * log_x - lgamma_of(a + 1)) * a * total


def _incomplete(a, x, upper):
    a, x = np.broadcast_arrays(double(a), double(x))
    zero, one = (1.0, 0.0) if upper else (0.0, 1.0)

    def value(own):
        return lambda v: v if own is upper else 1 - v

    small, below = (x <= 1.1) & (a < 0.8) & (a < np.maximum(x, 0.05) * 1.1) if upper else np.zeros(x.shape, bool), x < a + 1
    return regions(
        (a, x),
        ((a < 0) | (x < 0) | np.isnan(a) | np.isnan(x), lambda a, x: a * np.nan),
        ((a == 0) & (x == 0) | np.isinf(a) & np.isinf(x), lambda a, x: a * 0 + np.nan),
        ((a == 0) | np.isinf(x), lambda a, x: np.full_like(x, one)),
        ((x == 0) | np.isinf(a), lambda a, x: np.full_like(x, zero)),
        (small, _upper_small),
        (below, lambda a, x: value(False)(_lower_series(a, x))),
        (~below, lambda a, x: value(True)(_upper_fraction(a, x))),
    )


INCOMPLETE = pairs(_between(0.3, 9), _between(0.3, 12))


def _density(g, input, other):
    return g * exp(mul(sub(input, 1), log(other)) - other - lgamma(input))


@defop(vjp={"input": NONDIFF, "other": _density}, result="float", samples=INCOMPLETE, errors=[NO_BROADCAST], ulp=8)  # fmt: skip
def igamma(input, other):
    """The regularised lower incomplete gamma function P(a=input, x=other); no gradient with respect to input.

    By its series for x < a + 1, otherwise by a continued fraction; in both about sqrt(a) terms for x near a large a.
    Shapes: any that broadcast. Dtypes: floats. NaN for negative arguments.
    >>> mg.igamma(mg.tensor([1.0, 4.0]), mg.tensor([1.0, 4.0]))
    tensor([0.6321, 0.5665])
    """
    return _incomplete(input, other, False)


@defop(vjp={"input": NONDIFF, "other": lambda g, input, other: neg(_density(g, input, other))}, result="float", samples=INCOMPLETE, errors=[NO_BROADCAST], ulp=8)  # fmt: skip
def igammac(input, other):
    """The regularised upper incomplete gamma function Q = 1 - P, exact in its tail; no gradient with respect to input.

    Shapes: any that broadcast. Dtypes: floats. NaN for negative arguments.
    >>> mg.igammac(mg.tensor([1.0, 4.0]), mg.tensor([1.0, 4.0]))
    tensor([0.3679, 0.4335])
    """
    return _incomplete(input, other, True)
