"""Arithmetic of two and three arguments beyond the operators, and the parts of floating-point numbers."""

from __future__ import annotations

import collections

import numpy as np

from .. import _core
from ..errors import DTypeError
from ..registry import NONDIFF, Draw, ErrorSample, Sample, composite, defop
from ._samples import ALL, COMPLEX, FLOATS, INTEGER_ERRORS, INTEGERS, NO_BROADCAST, NO_NUMBER, NUMBERS, away, normal, one, pairs
from .activation import sigmoid
from .elementwise import (
    _choose,
    _true_div,
    add,
    clamp,
    eq,
    ge,
    isfinite,
    isnan,
    le,
    logical_and,
    logical_or,
    lt,
    mul,
    neg,
    pow,
    sub,
    trunc,
    zero_gradient,
)

BINARY_ERRORS = [NO_BROADCAST, NO_NUMBER]
LOG_2 = 0.6931471805599453

# ---- sums and products of three ----


def _threes(first=normal, second=normal, third=normal, **params):
    def samples(r: Draw) -> list[Sample]:
        return [Sample(first(r, 3, 4), second(r, 3, 4), third(r, 3, 4), id="same-shape", **params),
                Sample(first(r, 2, 1, 5), second(r, 3, 1), third(r, 5), id="broadcast", **params),
                Sample(first(r), second(r), third(r), id="0-d", **params),
                Sample(first(r, 0, 2), second(r, 2), third(r, 0, 1), id="empty", **params)]  # fmt: skip

    return samples


TERNARY_ERRORS = [
    ErrorSample(np.ones((2, 3)), np.ones(3), np.ones((4, 3)), error=ValueError, match=r"shapes \(2, 3\).* cannot be broadcast")
]


@composite(own_errors=True, arrays="input tensor1 tensor2", samples=_threes(value=1.5), dtypes=NUMBERS, inplace=True, errors=TERNARY_ERRORS,
           linear_in=("input", "tensor1", "tensor2"))  # fmt: skip
def addcmul(input, tensor1, tensor2, *, value=1):
    """input + value * tensor1 * tensor2.

    Shapes: any that broadcast. Dtypes: all but bool.
    >>> mg.addcmul(mg.tensor([1.0, 1.0]), mg.tensor([2.0, 3.0]), mg.tensor([4.0, 5.0]), value=0.5)
    tensor([5.0000, 8.5000])
    """
    return add(input, mul(tensor1, tensor2), alpha=value)


@composite(own_errors=True, arrays="input tensor1 tensor2", samples=_threes(third=away, value=1.5), inplace=True,
           errors=[*TERNARY_ERRORS, ErrorSample(np.ones(3), np.ones(3, np.int64), np.ones(3, np.int64), error=DTypeError, match="addcdiv: expected floating-point")])  # fmt: skip
def addcdiv(input, tensor1, tensor2, *, value=1):
    """input + value * tensor1 / tensor2.

    Shapes: any that broadcast. Dtypes: floats; raises DTypeError where two integers would be divided.
    >>> mg.addcdiv(mg.tensor([1.0, 1.0]), mg.tensor([2.0, 3.0]), mg.tensor([4.0, 6.0]), value=2)
    tensor([2., 2.])
    """
    if not (tensor1.is_floating_point() or tensor2.is_floating_point() or tensor1.is_complex() or tensor2.is_complex()):
        raise DTypeError(f"addcdiv: expected floating-point tensors to divide, got {tensor1.dtype.name} and {tensor2.dtype.name}")
    return add(input, _true_div(tensor1, tensor2), alpha=value)


@defop(samples=_threes(third=lambda r, *s: r.between(-0.5, 1.5, *s)), result="only_float", inplace=True, linear_in=("input", "end"), errors=TERNARY_ERRORS,
       dtypes=FLOATS + COMPLEX, holomorphic=True, ulp=16, vjp={"input": lambda g, weight: g * (1 - weight), "end": lambda g, weight: g * weight, "weight": lambda g, input, end: g * sub(end, input)})  # fmt: skip
def lerp(input, end, weight):
    """input + weight * (end - input), which is exactly `end` at weight 1; weight is a number or a tensor.

    Shapes: any that broadcast. Dtypes: floats.
    >>> mg.lerp(mg.tensor([1.0, 2.0]), mg.tensor([11.0, 12.0]), 0.5)
    tensor([6., 7.])
    """
    step = np.subtract(end, input)
    rest = 1 - np.asarray(weight, step.dtype)
    # From the nearer end, so that both ends are exact.
    if np.ndim(weight) == 0:
        return input + weight * step if np.abs(weight) < 0.5 else end - step * rest
    return np.where(np.abs(weight) < 0.5, input + weight * step, end - step * rest)


@composite(arrays="input", samples=lambda r: [Sample(r(3, 4), r(3, 4), id="tensors"), Sample(r(3, 4), 2.5, alpha=3, id="number")], where="mg",
           dtypes=NUMBERS)  # fmt: skip
def rsub(input, other, *, alpha=1):
    """other - alpha * input.

    Shapes: any that broadcast. Dtypes: all but bool.
    >>> mg.rsub(mg.tensor([1.0, 2.0]), 10, alpha=2)
    tensor([8., 6.])
    """
    return sub(other, input, alpha=alpha)


@composite(samples=one(), dtypes=NUMBERS, linear_in=("input",))
def positive(input):
    """The tensor itself.

    Shapes: any. Dtypes: all but bool (DTypeError).
    >>> mg.positive(mg.tensor([1.0, -2.0]))
    tensor([ 1., -2.])
    """
    if input.dtype is _core.bool_:
        raise DTypeError("positive: not defined for dtype bool")
    return input


# ---- the larger and the smaller ----


def _bound_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r.away(3, 4, kinks=(0.4,)), 0.4, id="number"),
        Sample(r(2, 1, 5), r(3, 1), id="tensor"),
        Sample(r(0, 2), 0.0, id="empty"),
    ]


@composite(samples=_bound_samples, arrays="input", inplace=True, dtypes=NUMBERS)
def clamp_min(input, min):
    """input, or `min` where it is below that; NaN of either stays. Where both are equal the gradient is input's.

    Shapes: `min` is a number or a tensor that broadcasts. Dtypes: all but bool.
    >>> mg.clamp_min(mg.tensor([-2.0, 0.5, 3.0]), 1)
    tensor([1., 1., 3.])
    """
    return clamp(input, min=min)


@composite(samples=_bound_samples, arrays="input", inplace=True, dtypes=NUMBERS)
def clamp_max(input, max):
    """input, or `max` where it is above that; NaN of either stays. Where both are equal the gradient is input's.

    Shapes: `max` is a number or a tensor that broadcasts. Dtypes: all but bool.
    >>> mg.clamp_max(mg.tensor([-2.0, 0.5, 3.0]), 1)
    tensor([-2.0000,  0.5000,  1.0000])
    """
    return clamp(input, max=max)


def _first_is_max(input, other):
    return logical_or(ge(input, other), isnan(other) if isinstance(other, _core.Tensor) else other != other)


def _first_is_min(input, other):
    return logical_or(le(input, other), isnan(other) if isinstance(other, _core.Tensor) else other != other)


def _if_first(choice):
    return {"input": lambda g, input, other: _choose(choice(input, other), g, 0), "other": lambda g, input, other: _choose(choice(input, other), 0, g)}  # fmt: skip


@defop(vjp=_if_first(_first_is_max), samples=pairs(), dtypes=ALL, errors=BINARY_ERRORS, inplace=False)
def fmax(input, other):
    """The larger of two; a NaN counts only if both are. The gradient of a tie is the first's.

    Shapes: any that broadcast. Dtypes: all.
    >>> mg.fmax(mg.tensor([1.0, float("nan")]), mg.tensor([3.0, 2.0]))
    tensor([3., 2.])
    """
    return np.fmax(input, other)


@defop(vjp=_if_first(_first_is_min), samples=pairs(), dtypes=ALL, errors=BINARY_ERRORS, inplace=False)
def fmin(input, other):
    """The smaller of two; a NaN counts only if both are. The gradient of a tie is the first's.

    Shapes: any that broadcast. Dtypes: all.
    >>> mg.fmin(mg.tensor([1.0, float("nan")]), mg.tensor([3.0, 2.0]))
    tensor([1., 2.])
    """
    return np.fmin(input, other)


@defop(vjp={"input": NONDIFF, "values": NONDIFF}, samples=pairs(), dtypes=ALL, errors=BINARY_ERRORS)
def heaviside(input, values):
    """0 below zero, 1 above, `values` at zero (0 for NaN).

    Shapes: any that broadcast. Dtypes: all.
    >>> mg.heaviside(mg.tensor([-2.0, 0.0, 3.0]), mg.tensor(0.5))
    tensor([0.0000, 0.5000, 1.0000])
    """
    return np.where(np.equal(input, 0), values, np.greater(input, 0))


# ---- powers and logarithms ----


@composite(own_errors=True, arrays="input exponent", samples=lambda r: pairs(lambda r, *s: r.between(0.2, 3, *s), normal)(r)[:2], inplace=True, dtypes=ALL,
           errors=[NO_BROADCAST])  # fmt: skip
def float_power(input, exponent):
    """input to the power of exponent, computed in float64 and given as float64; complex128 if one of them is complex.

    Shapes: any that broadcast; either may be a number. Dtypes: all.
    >>> mg.float_power(mg.tensor([2, 3]), 2)
    tensor([4., 9.], dtype=minigrad.float64)
    """
    if any(x.is_complex() if isinstance(x, _core.Tensor) else isinstance(x, complex) for x in (input, exponent)):
        return pow(*(x.to(_core.complex128) if isinstance(x, _core.Tensor) else complex(x) for x in (input, exponent)))
    return pow(*(x.to(_core.float64) if isinstance(x, _core.Tensor) else float(x) for x in (input, exponent)))


@defop(result="only_float", samples=pairs(), errors=BINARY_ERRORS, inplace=False,
       vjp={"input": lambda g, input, other: g * sigmoid(sub(input, other)), "other": lambda g, input, other: g * sigmoid(sub(other, input))})  # fmt: skip
def logaddexp(input, other):
    """log(exp(input) + exp(other)) without overflow.

    Shapes: any that broadcast. Dtypes: floats.
    >>> mg.logaddexp(mg.tensor([1000.0, 0.0]), mg.tensor([1000.0, -200.0]))
    tensor([1000.6932,    0.0000])
    """
    return np.logaddexp(input, other, dtype=np.float64)  # near a zero of the result, float32 would keep few digits


@defop(result="only_float", samples=pairs(), errors=BINARY_ERRORS, inplace=False,
       vjp={"input": lambda g, input, other: g * sigmoid(sub(input, other) * LOG_2),
            "other": lambda g, input, other: g * sigmoid(sub(other, input) * LOG_2)})  # fmt: skip
def logaddexp2(input, other):
    """Logarithm to base 2 of 2**input + 2**other, without overflow.

    Shapes: any that broadcast. Dtypes: floats.
    >>> mg.logaddexp2(mg.tensor([1000.0, 3.0]), mg.tensor([1000.0, 3.0]))
    tensor([1001.,    4.])
    """
    return np.logaddexp2(input, other, dtype=np.float64)


def _xlogy_vjp_input(g, input, other):
    return _choose(logical_and(eq(input, 0), le(other, 0)), 0, xlogy(g, other))


@defop(result="float", samples=pairs(away, lambda r, *s: r.between(0.2, 3, *s)), errors=BINARY_ERRORS, where="mg Tensor special",
       vjp={"input": _xlogy_vjp_input, "other": lambda g, input, other: g * input / other})  # fmt: skip
def xlogy(input, other):
    """input * log(other), which is 0 where input is 0, unless other is NaN.

    Shapes: any that broadcast; either may be a number. Dtypes: floats; integers are converted.
    >>> mg.xlogy(mg.tensor([0.0, 2.0]), mg.tensor([0.0, 1.0]))
    tensor([0., 0.])
    """
    return np.where(np.equal(input, 0) & ~np.isnan(other), 0, input * np.log(other))


# ---- integers ----


def _whole(r, *shape):
    return r.ints(-20, 100, *shape)


@defop(result="integral", vjp={"input": NONDIFF, "other": NONDIFF}, samples=pairs(_whole), dtypes=INTEGERS[:3],
       errors=INTEGER_ERRORS)  # fmt: skip
def gcd(input, other):
    """Greatest common divisor; of 0 and x, |x|.

    Shapes: any that broadcast. Dtypes: integers.
    >>> mg.gcd(mg.tensor([12, -9, 0]), mg.tensor([18, 6, 5]))
    tensor([6, 3, 5])
    """
    return np.gcd(input, other)


@defop(result="integral", vjp={"input": NONDIFF, "other": NONDIFF}, samples=pairs(_whole), dtypes=INTEGERS[:3],
       errors=INTEGER_ERRORS)  # fmt: skip
def lcm(input, other):
    """Least common multiple, not negative; of 0 and anything, 0.

    Shapes: any that broadcast. Dtypes: integers.
    >>> mg.lcm(mg.tensor([4, 0]), mg.tensor([6, 5]))
    tensor([12,  0])
    """
    return np.lcm(input, other)


# ---- parts of a number ----


@defop(result="float", vjp={"input": lambda g, input, y: _choose(eq(input, 0), 0, g * (y / _choose(eq(input, 0), 1.0, input))), "other": zero_gradient},
       samples=pairs(away), errors=BINARY_ERRORS)  # fmt: skip
def copysign(input, other):
    """|input| with the sign of other, that of a zero too; the gradient at input 0 is 0.

    Shapes: any that broadcast. Dtypes: floats; integers are converted.
    >>> mg.copysign(mg.tensor([1.0, -2.0]), mg.tensor([-0.0, 3.0]))
    tensor([-1.,  2.])
    """
    return np.copysign(input, other)


@defop(result="only_float", inplace=True, samples=pairs(), errors=BINARY_ERRORS,
       vjp={"input": lambda g, input, other: g * input.ne(other), "other": NONDIFF})  # fmt: skip
def nextafter(input, other):
    """The next representable number after input in the direction of other.

    Shapes: any that broadcast. Dtypes: floats.
    >>> (mg.nextafter(mg.tensor(1.0), mg.tensor(2.0)) - 1).item() == 2**-23
    True
    """
    return np.nextafter(input, other)


@composite(arrays="input", inplace=True,
           samples=lambda r: [Sample(r(3, 4), other=r.ints(-4, 5, 3, 4), id="integers"), Sample(r(2, 1, 5), other=r.ints(0, 3, 4, 1), id="broadcast")])  # fmt: skip
def ldexp(input, other):
    """input * 2**other.

    Shapes: any that broadcast. Dtypes: floats; integers are converted.
    >>> mg.ldexp(mg.tensor([1.0, 3.0]), mg.tensor([3, -1]))
    tensor([8.0000, 1.5000])
    """
    return mul(input, pow(2.0, other))


Frexp = collections.namedtuple("Frexp", "mantissa exponent")


@defop(family="general", outputs=2, vjp={"input": lambda g, y1: ldexp(g[0], neg(y1))},
       samples=lambda r: [Sample(r.away(3, 4) * 7, id="matrix"), Sample(r.away(), id="0-d"), Sample(r(0, 2), id="empty")])  # fmt: skip
def _frexp(input):
    """(mantissa in [0.5, 1), exponent as int32) of every element"""
    return np.frexp(input)


@composite(samples=lambda r: [Sample(r.away(3, 4) * 7, id="matrix"), Sample(r.away(), id="0-d")],
           errors=[ErrorSample(np.arange(3), error=DTypeError, match="frexp: expected a floating-point tensor, got dtype int64")])  # fmt: skip
def frexp(input):
    """(mantissa, exponent): input = mantissa * 2**exponent, 0.5 <= |mantissa| < 1.

    Shapes: any. Dtypes: floats; the exponent is int32.
    >>> mg.frexp(mg.tensor([8.0, -3.0])).mantissa
    tensor([ 0.5000, -0.7500])
    """
    if not input.is_floating_point():
        raise DTypeError(f"frexp: expected a floating-point tensor, got dtype {input.dtype.name}")
    return Frexp(*_frexp(input))


@composite(samples=one(lambda r, *s: r.away(*s, kinks=range(-4, 5))), inplace=True,
           errors=[ErrorSample(np.arange(3), error=DTypeError, match="frac: expected a floating-point tensor, got dtype int64")])  # fmt: skip
def frac(input):
    """input - trunc(input): what is behind the point, with input's sign.

    Shapes: any. Dtypes: floats.
    >>> mg.frac(mg.tensor([1.5, -2.25]))
    tensor([ 0.5000, -0.2500])
    """
    if not input.is_floating_point():
        raise DTypeError(f"frac: expected a floating-point tensor, got dtype {input.dtype.name}")
    return sub(input, trunc(input))


@defop(result="truth", vjp={"input": NONDIFF}, samples=one(), dtypes=NUMBERS)
def signbit(input):
    """Whether the sign bit is set: below zero, and -0.0.

    Shapes: any. Dtypes: all; gives bool.
    >>> mg.signbit(mg.tensor([-0.0, 0.0, -3.0])).tolist()
    [True, False, True]
    """
    x = np.asarray(input)
    return np.signbit(x) if x.dtype.kind == "f" else np.less(x, 0)


@defop(samples=lambda r: [Sample(r(3, 4), nan=0.0, posinf=None, neginf=None, id="finite"), Sample(r(5), nan=1.0, posinf=2.0, neginf=-3.0, id="numbers")],
       vjp={"input": lambda g, input: _choose(isfinite(input), g, 0)}, dtypes=ALL)  # fmt: skip
def nan_to_num(input, nan=0.0, posinf=None, neginf=None):
    """input with NaN replaced by `nan`, infinities by `posinf` and `neginf` (default: the largest and smallest of the dtype).

    Shapes: any. Dtypes: all; integers stay as they are.
    >>> mg.nan_to_num(mg.tensor([1.0, float("nan"), float("inf")]), posinf=9)
    tensor([1., 0., 9.])
    """
    x = np.asarray(input)
    return np.nan_to_num(x, nan=0.0 if nan is None else nan, posinf=posinf, neginf=neginf) if x.dtype.kind in "fc" else x


def _logit_vjp(g, input, eps):
    if eps is None:
        return _choose(logical_or(lt(input, 0), lt(1, input)), float("nan"), g / (input * (1 - input)))
    return _choose(logical_and(ge(input, eps), le(input, 1 - eps)), g / (input * (1 - input)), 0)


@defop(result="float", vjp={"input": _logit_vjp}, where="mg Tensor special",
       samples=lambda r: [Sample(r.between(0.05, 0.95, 3, 4), eps=None, id="matrix"), Sample(r.away(37, kinks=(0.1, 0.9)), eps=0.1, id="clamped")])  # fmt: skip
def logit(input, eps=None):
    """log(p / (1 - p)), the inverse of sigmoid; NaN outside [0, 1], to which `eps` clamps: [eps, 1 - eps].

    Shapes: any. Dtypes: floats; integers are converted.
    >>> mg.logit(mg.tensor([0.5, 0.75]))
    tensor([0.0000, 1.0986])
    """
    p = np.asarray(input) if eps is None else np.clip(input, eps, 1 - eps)
    # 2 p - 1 is exact above 1/4, where the quotient would lose what distinguishes p from 1/2.
    return np.where(np.real(p) < 0.25, np.log(p) - np.log1p(-p), 2 * np.arctanh(2 * p - 1))
