"""The error function's inverse and scaled form, the normal distribution, entropy."""

from __future__ import annotations

import math

import numpy as np

from .. import _core
from ..registry import composite, defop
from . import _tables
from ._samples import NO_BROADCAST, away, one, pairs, positive
from ._series import chebyshev, double, polynomial, regions
from .elementwise import _choose, eq, erfc, exp, le, log, log1p, logical_and, mul, neg, square

SQRT_HALF = math.sqrt(0.5)
TWO_OVER_SQRT_PI = 2 / math.sqrt(math.pi)

# Quotients of polynomials for the quantiles of the normal distribution: M. J. Wichura, Algorithm AS 241, PPND16, Applied Statistics 37
# (1988): the centre, in r = 0.180625 - q**2; and two pieces of the tail, in r = sqrt(-log p).
CENTRE = ((3.3871328727963666080, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4, 4.5921953931549871457e4,
           6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3),
          (1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3, 2.1213794301586595867e4,
           3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3))  # fmt: skip
NEAR = ((1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550, 3.64784832476320460504, 1.27045825245236838258,
         2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4),
        (1.0, 2.05319162663775882187, 1.67638483018380384940, 6.89767334985100004550e-1, 1.48103976427480074590e-1,
         1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9))  # fmt: skip
FAR = ((6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580, 2.96560571828504891230e-1, 2.65321895265761230930e-2,
        1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7),
       (1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2, 7.86869131145613259100e-4,
        1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15))  # fmt: skip


def _quantile(q, p):
    """The point whose lower tail is 1/2 + q; p is the smaller of both tails."""
    tail = -np.log(np.where(p > 0, p, 1.0))
    r = np.sqrt(tail)

    def ratio(pair, x):
        return polynomial(pair[0], x) / polynomial(pair[1], x)

    size = regions(
        (np.abs(q), p, r),
        (np.isnan(q) | (np.abs(q) > 0.5), lambda q, p, r: q * np.nan),
        (np.abs(q) <= 0.425, lambda q, p, r: q * ratio(CENTRE, 0.180625 - q * q)),
        (p <= 0, lambda q, p, r: q * np.inf),
        (r <= 5, lambda q, p, r: ratio(NEAR, r - 1.6)),
        (r > 5, lambda q, p, r: ratio(FAR, r - 5)),
    )
    return np.where(q < 0, -size, size)


@defop(kernel="erfinv", result="float", samples=one(lambda r, *s: r.between(-0.95, 0.95, *s)), where="mg Tensor special",
       vjp={"input": lambda g, y: g * exp(square(y)) * (1 / TWO_OVER_SQRT_PI)})  # fmt: skip
def erfinv(input):
    """The number whose error function is `input`; infinite at -1 and 1, NaN beyond.

    By Wichura's quotients (AS 241). Shapes: any. Dtypes: floats; integers are converted.
    >>> mg.erfinv(mg.tensor([0.0, 0.5]))
    tensor([0.0000, 0.4769])
    """
    x = double(input)
    return _quantile(x / 2, (1 - np.abs(x)) / 2) * SQRT_HALF


@defop(result="float", samples=one(lambda r, *s: r.between(0.01, 0.99, *s)), where="special",
       vjp={"input": lambda g, y: g * exp(square(y) * 0.5) * math.sqrt(2 * math.pi)})  # fmt: skip
def special_ndtri(input):
    """The quantile of the standard normal distribution: where its distribution function is `input`.

    By Wichura's quotients (AS 241). Shapes: any. Dtypes: floats; integers are converted. NaN outside [0, 1].
    >>> mg.special.ndtri(mg.tensor([0.5, 0.975]))
    tensor([0.0000, 1.9600])
    """
    p = double(input)
    return _quantile(p - 0.5, np.minimum(p, 1 - p))


def _erfcx_positive(x):
    return chebyshev(_tables.ERFCX, (x - 3.75) / (x + 3.75)) / (1 + 2 * x)


def _exp_square(x):
    """exp(x**2): the square in two parts, since the exponential would magnify its rounding."""
    high = np.round(x * 32) / 32
    return np.exp(high * high) * np.exp((x - high) * (x + high))


def erfcx_of(x):
    return regions(
        x,
        (np.isposinf(x), np.zeros_like),
        (x >= 0, _erfcx_positive),
        (x < -27, lambda x: np.full_like(x, np.inf)),
        (x < 0, lambda x: 2 * _exp_square(x) - _erfcx_positive(-x)),
    )


@defop(result="float", samples=one(), where="special", vjp={"input": lambda g, input, y: g * (input * y * 2 - TWO_OVER_SQRT_PI)}, ulp=8)
def special_erfcx(input):
    """exp(input**2) * erfc(input), which does not underflow.

    By a Chebyshev series in (x - k) / (x + k), as Shepherd and Laframboise have it (Mathematics of Computation 36, 1981).
    Shapes: any. Dtypes: floats; integers are converted.
    >>> mg.special.erfcx(mg.tensor([0.0, 10.0]))
    tensor([1.0000, 0.0561])
    """
    return erfcx_of(double(input))


@composite(samples=one(), where="special")
def special_ndtr(input):
    """Distribution function of the standard normal distribution.

    Shapes: any. Dtypes: floats; integers are converted.
    >>> mg.special.ndtr(mg.tensor([0.0, 1.96]))
    tensor([0.5000, 0.9750])
    """
    return erfc(mul(input, -SQRT_HALF)) * 0.5


def _log_ndtr_reference(x):
    t = x * SQRT_HALF
    tail = _core.from_numpy(np.where(x < -1, 0.0, t).reshape(-1)).erfc().numpy().reshape(x.shape) / 2
    return np.where(x < -1, np.log(erfcx_of(np.where(x < -1, -t, 0.0)) / 2) - t * t, np.log1p(-tail))


@defop(result="float", samples=one(), where="special",
       vjp={"input": lambda g, input: g * math.sqrt(2 / math.pi) / special_erfcx(input * -SQRT_HALF)})  # fmt: skip
def special_log_ndtr(input):
    """Logarithm of the distribution function of the standard normal distribution, exact in the lower tail.

    Shapes: any. Dtypes: floats; integers are converted.
    >>> mg.special.log_ndtr(mg.tensor([0.0, -4.0]))
    tensor([ -0.6931, -10.3601])
    """
    return _log_ndtr_reference(double(input))


@defop(result="float", samples=one(positive), where="special", vjp={"input": lambda g, input: neg(g * (log(input) + 1))})
def special_entr(input):
    """-input * log(input): 0 at 0, -inf below.

    Shapes: any. Dtypes: floats; integers are converted.
    >>> mg.special.entr(mg.tensor([0.0, 0.5, 1.0]))
    tensor([0.0000, 0.3466, -0.0000])
    """
    x = double(input)
    return regions(x, (x > 0, lambda x: -x * np.log(x)), (x == 0, np.zeros_like), (x < 0, lambda x: np.full_like(x, -np.inf)))


def _xlog1py_vjp(g, input, other):
    return _choose(logical_and(eq(input, 0), le(other, -1)), 0, g * log1p(other))


@defop(result="float", samples=pairs(away, lambda r, *s: r.between(-0.8, 3, *s)), where="special", errors=[NO_BROADCAST],
       vjp={"input": _xlog1py_vjp, "other": lambda g, input, other: g * input / (other + 1)})  # fmt: skip
def special_xlog1py(input, other):
    """input * log(1 + other), which is 0 where input is 0, unless other is NaN.

    Shapes: any that broadcast; either may be a number. Dtypes: floats; integers are converted.
    >>> mg.special.xlog1py(mg.tensor([0.0, 2.0]), mg.tensor([-1.0, 1.0]))
    tensor([0.0000, 1.3863])
    """
    return np.where(np.equal(input, 0) & ~np.isnan(other), 0, input * np.log1p(other))
