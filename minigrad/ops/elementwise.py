"""Arithmetic, comparison and mathematical functions: one value at a time, broadcast."""

from __future__ import annotations

import functools
import math

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import NONDIFF, Draw, ErrorSample, Sample, composite, defop
from ._samples import ALL, COMPLEX, FLOATS, NO_BROADCAST, NO_NUMBER, NUMBERS, away, normal, one, pairs, positive

BINARY_ERRORS = [NO_BROADCAST, NO_NUMBER]


def zero_gradient(g):
    """The rule of steps, which are flat between: 0 even where g is infinite, unlike g * 0."""
    return _core.full_of(g.shape, 0, g.dtype)


def _with_alpha(function):
    """Give add and sub PyTorch's `alpha`, a factor on `other`."""

    @functools.wraps(function)
    def scaled(input, other, *, alpha=1, **out):
        return function(input, other if alpha == 1 else mul(other, alpha), **out)

    del scaled.__wrapped__  # so that `inspect` shows alpha
    return scaled


# ---- arithmetic ----


@defop(kernel="add", wrap=_with_alpha, vjp={"input": lambda g: g, "other": lambda g: g}, linear_in=("input", "other"), samples=pairs(),
       dtypes=ALL + COMPLEX, errors=BINARY_ERRORS)  # fmt: skip
def add(input, other):
    """input + alpha * other.

    Shapes: any that broadcast. Dtypes: all; on bool it is `or`.
    >>> mg.add(mg.tensor([1.0, 2.0]), 10)
    tensor([11., 12.])
    """
    return np.add(input, other)


@defop(aliases=("subtract",), kernel="sub", wrap=_with_alpha, vjp={"input": lambda g: g, "other": lambda g: neg(g)}, linear_in=("input", "other"), samples=pairs(),
       dtypes=NUMBERS + COMPLEX, errors=BINARY_ERRORS)  # fmt: skip
def sub(input, other):
    """input - alpha * other.

    Shapes: any that broadcast. Dtypes: all but bool.
    >>> mg.sub(mg.tensor([1.0, 2.0]), 10)
    tensor([-9., -8.])
    """
    return np.subtract(input, other)


@defop(aliases=("multiply",), kernel="mul", vjp={"input": lambda g, other: g * other, "other": lambda g, input: g * input}, linear_in=("input", "other"),
       samples=pairs(), dtypes=ALL + COMPLEX, errors=BINARY_ERRORS, holomorphic=True)  # fmt: skip
def mul(input, other):
    """input * other.

    Shapes: any that broadcast. Dtypes: all; on bool it is `and`.
    >>> mg.mul(mg.tensor([1.0, 2.0]), 10)
    tensor([10., 20.])
    """
    return np.multiply(input, other)


@defop(title="div", kernel="div", result="float", samples=pairs(second=away), errors=BINARY_ERRORS, dtypes=FLOATS + COMPLEX, holomorphic=True,
       vjp={"input": lambda g, other: _true_div(g, other), "other": lambda g, other, y: neg(_true_div(g * y, other))})  # fmt: skip
def _true_div(input, other):
    """input / other"""
    return np.true_divide(input, other)


@composite(aliases=("divide", "true_divide"), arrays="input other", samples=pairs(second=away), errors=BINARY_ERRORS, inplace=True)
def div(input, other, *, rounding_mode=None):
    """input / other; `rounding_mode` "floor" or "trunc" rounds the quotient.

    Shapes: any that broadcast. Dtypes: all; integers are divided as floats unless rounded. Raises ValueError for another mode.
    >>> mg.div(mg.tensor([7, -7]), 2), mg.div(mg.tensor([7, -7]), 2, rounding_mode="trunc")
    (tensor([ 3.5000, -3.5000]), tensor([ 3, -3]))
    """
    if rounding_mode is None:
        return _true_div(input, other)
    if rounding_mode == "floor":
        return floor_divide(input, other)
    if rounding_mode != "trunc":
        raise ValueError(f'div: rounding_mode must be None, "floor" or "trunc", got {rounding_mode!r}')
    dtype = _core.result_type(input, other)
    if dtype.is_floating_point:
        return trunc(_true_div(input, other))
    return (input - fmod(input, other)).floor_divide(other)


def _nonzero(r, *shape):
    return np.where(r.bools(*shape), 1, -1) * r.between(0.6, 2.9, *shape)


@defop(
    kernel="floor_divide", vjp={"input": NONDIFF, "other": NONDIFF}, samples=pairs(second=_nonzero), dtypes=NUMBERS, errors=BINARY_ERRORS
)
def floor_divide(input, other):
    """Quotient rounded towards minus infinity; dividing integers by zero gives 0.

    Shapes: any that broadcast. Dtypes: all but bool.
    >>> mg.floor_divide(mg.tensor([7, -7]), 2)
    tensor([ 3, -4])
    """
    return np.floor_divide(input, other)


@defop(kernel="remainder", vjp={"input": lambda g: g, "other": lambda g, input, other: neg(g * floor_divide(input, other))},
       samples=pairs(second=_nonzero), dtypes=NUMBERS, errors=BINARY_ERRORS)  # fmt: skip
def remainder(input, other):
    """input - other * floor(input / other): the sign is the divisor's, as in Python.

    Shapes: any that broadcast. Dtypes: all but bool.
    >>> mg.remainder(mg.tensor([7, -7]), 3)
    tensor([1, 2])
    """
    return np.remainder(input, other)


@defop(kernel="fmod", vjp={"input": lambda g: g, "other": lambda g, input, other: neg(g * trunc(_true_div(input, other)))},
       samples=pairs(second=_nonzero), dtypes=NUMBERS, errors=BINARY_ERRORS)  # fmt: skip
def fmod(input, other):
    """input - other * trunc(input / other): the sign is the dividend's, as in C.

    Shapes: any that broadcast. Dtypes: all but bool.
    >>> mg.fmod(mg.tensor([7, -7]), 3)
    tensor([ 1, -1])
    """
    return np.fmod(input, other)


def _pow_vjp_input(g, input, other):
    # 0 where the exponent is 0, as PyTorch has it: 0 * inf must not make a NaN at input == 0.
    if not isinstance(other, _core.Tensor):
        return g * (input ** (other - 1) * other) if other != 0 else zero_gradient(g)
    return g * where(eq(other, 0), 0.0, other * pow(input, other - 1))


def _pow_vjp_other(g, input, other, y):
    base = input if isinstance(input, _core.Tensor) else _core.full_of((), float(input), y.dtype)
    exponent = other if not isinstance(other, _core.Tensor) or not other.is_complex() else other.real
    zero = logical_and(eq(base, 0), ge(exponent, 0))
    return g * where(zero, 0.0, y * log(base))


@defop(kernel="pow", vjp={"input": _pow_vjp_input, "other": _pow_vjp_other}, samples=pairs(positive, normal), errors=BINARY_ERRORS,
       dtypes=FLOATS + COMPLEX, holomorphic=True)  # fmt: skip
def pow(input, other):
    """input to the power of other.

    Shapes: any that broadcast. Dtypes: all. Raises ValueError for an integer to a negative integer number.
    >>> mg.pow(mg.tensor([1.0, 2.0, 3.0]), 2)
    tensor([1., 4., 9.])
    """
    return np.power(input, other)


@defop(kernel="maximum", vjp={"input": lambda g, input, other: g * _share(input, other), "other": lambda g, input, other: g * _share(other, input)},
       samples=pairs(), dtypes=ALL, errors=BINARY_ERRORS)  # fmt: skip
def maximum(input, other):
    """The larger of two; NaN if either is. Ties share the gradient equally.

    Shapes: any that broadcast. Dtypes: all.
    >>> mg.maximum(mg.tensor([1.0, 5.0]), mg.tensor([3.0, 2.0]))
    tensor([3., 5.])
    """
    return np.maximum(input, other)


@defop(kernel="minimum", vjp={"input": lambda g, input, other: g * _share(other, input), "other": lambda g, input, other: g * _share(input, other)},
       samples=pairs(), dtypes=ALL, errors=BINARY_ERRORS)  # fmt: skip
def minimum(input, other):
    """The smaller of two; NaN if either is. Ties share the gradient equally.

    Shapes: any that broadcast. Dtypes: all.
    >>> mg.minimum(mg.tensor([1.0, 5.0]), mg.tensor([3.0, 2.0]))
    tensor([1., 2.])
    """
    return np.minimum(input, other)


def _share(a, b):
    """1 where a > b, 1/2 where equal, 0 elsewhere, in the dtype of the two."""
    return (where(gt(a, b), 1.0, 0.0) + where(eq(a, b), 0.5, 0.0)).to(_core.result_type(a, b))


def _no_complex(r, *shape):
    return r.between(0.3, 2, *shape)


def _squares(input, other):
    """input**2 + other**2, but 1 at the origin, where the gradient of the angle is 0."""
    squares = input * input + other * other
    return _choose(eq(squares, 0), 1, squares)


@defop(aliases=("arctan2",), kernel="atan2", result="float", samples=pairs(away, away), errors=BINARY_ERRORS,
       vjp={"input": lambda g, input, other: g * other / _squares(input, other),
            "other": lambda g, input, other: neg(g * input / _squares(input, other))})  # fmt: skip
def atan2(input, other):
    """Angle of the point (x=other, y=input) in radians, -pi to pi.

    Shapes: any that broadcast. Dtypes: floats; integers are converted.
    >>> mg.atan2(mg.tensor(1.0), mg.tensor(-1.0))
    tensor(2.3562)
    """
    return np.arctan2(input, other)


# ---- of one argument ----


@defop(aliases=("negative",), kernel="neg", vjp={"input": lambda g: neg(g)}, linear_in=("input",), samples=one(), dtypes=NUMBERS + COMPLEX)
def neg(input):
    """-input.

    Shapes: any. Dtypes: all but bool.
    >>> mg.neg(mg.tensor([1.0, -2.0]))
    tensor([-1.,  2.])
    """
    return np.negative(input)


@defop(aliases=("absolute",), kernel="abs", result="modulus", vjp={"input": lambda g, input: g * (sgn if input.is_complex() else sign)(input)}, samples=one(away),
       kinks=(0.0,), dtypes=NUMBERS + COMPLEX)  # fmt: skip
def abs(input):
    """Absolute value; the gradient at 0 is 0.

    Shapes: any. Dtypes: all but bool; of complex numbers it is real.
    >>> mg.abs(mg.tensor([1.0, -2.0]))
    tensor([1., 2.])
    """
    return np.absolute(input)


@defop(kernel="sign", vjp={"input": zero_gradient}, samples=one(away), kinks=(0.0,), dtypes=NUMBERS)
def sign(input):
    """-1, 0 or 1; 0 for NaN.

    Shapes: any. Dtypes: all but bool.
    >>> mg.sign(mg.tensor([3.0, 0.0, -2.0]))
    tensor([ 1.,  0., -1.])
    """
    return np.where(np.isnan(input), 0, np.sign(input))


def _sgn_vjp(g, input, y):
    """Of z / |z| only the part of g across z passes, divided by |z|; of a real number none."""
    if not input.is_complex():
        return zero_gradient(g)
    size = abs(input)
    along = (g * _core.conj(y)).real
    return _choose(eq(size, 0), 0, (g - y * along) / _choose(eq(size, 0), 1, size))


@defop(kernel="sign", vjp={"input": _sgn_vjp}, samples=one(away), kinks=(0.0,), dtypes=NUMBERS + COMPLEX)
def sgn(input):
    """input / |input|, 0 at 0: `sign`, of complex numbers too.

    Shapes: any. Dtypes: all but bool.
    >>> mg.sgn(mg.tensor([3.0 + 4.0j, 0.0]))
    tensor([0.6000+0.8000j, 0.0000+0.0000j])
    """
    size = np.abs(input)
    return input / np.where(size == 0, 1, size) if np.iscomplexobj(input) else np.where(np.isnan(input), 0, np.sign(input))


@defop(kernel="square", vjp={"input": lambda g, input: g * (input * 2)}, samples=one(), dtypes=NUMBERS + COMPLEX, holomorphic=True)
def square(input):
    """input * input.

    Shapes: any. Dtypes: all but bool.
    >>> mg.square(mg.tensor([3.0, -2.0]))
    tensor([9., 4.])
    """
    return np.square(input)


# Those that mean something on complex numbers.
_HOLOMORPHIC = ("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "rsqrt", "reciprocal", "sin", "cos", "tan", "sinh", "cosh")


def _float_function(name, ref, rule, samples, doc, **options):
    """Declare a function of one float argument; integers are converted to the default dtype."""

    def reference(input):
        return ref(input)

    reference.__name__ = name
    reference.__doc__ = f"{doc}\n\nShapes: any. Dtypes: floats; integers are converted.\n" + options.pop("example", "")
    reference.__module__ = __name__
    if name in _HOLOMORPHIC:
        options |= {"holomorphic": True, "dtypes": FLOATS + COMPLEX}
    return defop(kernel=options.pop("kernel", name), result="float", vjp={"input": rule}, samples=samples, **options)(reference)


def _rounding(name, ref, doc, kinks, aliases=(), **options):
    """Declare a function to whole numbers, which leaves integers as they are."""

    def reference(input):
        x = np.asarray(input)
        if x.dtype.kind == "b":
            raise TypeError(name)
        return x if x.dtype.kind in "iu" else ref(x)

    reference.__name__ = name
    reference.__doc__ = f"{doc}\n\nShapes: any. Dtypes: all but bool; integers stay as they are.\n" + options.pop("example", "")
    reference.__module__ = __name__
    return defop(kernel=name.lstrip("_"), vjp={"input": zero_gradient}, samples=one(lambda r, *s: r.away(*s, kinks=kinks)), dtypes=NUMBERS,
                 aliases=aliases, kinks=tuple(kinks), **options)(reference)  # fmt: skip


def _exp2_reference(x):
    return np.exp2(x) if np.asarray(x).dtype.kind != "c" else np.exp(math.log(2) * x)


def _erf_reference(x):
    return np.vectorize(math.erf, otypes=[np.result_type(x, np.float32)])(x)


def _erfc_reference(x):
    return np.vectorize(math.erfc, otypes=[np.result_type(x, np.float32)])(x)


exp = _float_function("exp", np.exp, lambda g, y: g * y, one(), "e to the power of input.",
                      example=">>> mg.exp(mg.tensor([0.0, 1.0]))\ntensor([1.0000, 2.7183])")  # fmt: skip
exp2 = _float_function("exp2", _exp2_reference, lambda g, y: g * y * math.log(2), one(), "2 to the power of input.",
                       example=">>> mg.exp2(mg.tensor([0.0, 3.0]))\ntensor([1., 8.])")  # fmt: skip
expm1 = _float_function("expm1", np.expm1, lambda g, y: g * (y + 1), one(), "exp(input) - 1, exact near 0.",
                        example=">>> mg.expm1(mg.tensor([0.0, 1.0]))\ntensor([0.0000, 1.7183])")  # fmt: skip
log = _float_function("log", np.log, lambda g, input: g / input, one(positive), "Natural logarithm; NaN below 0, -inf at 0.",
                      example=">>> mg.log(mg.tensor([1.0, 10.0]))\ntensor([0.0000, 2.3026])")  # fmt: skip
log2 = _float_function("log2", np.log2, lambda g, input: g / (input * math.log(2)), one(positive), "Logarithm to base 2.",
                       example=">>> mg.log2(mg.tensor([1.0, 8.0]))\ntensor([0., 3.])")  # fmt: skip
log10 = _float_function("log10", np.log10, lambda g, input: g / (input * math.log(10)), one(positive), "Logarithm to base 10.",
                        example=">>> mg.log10(mg.tensor([1.0, 100.0]))\ntensor([0., 2.])")  # fmt: skip
log1p = _float_function("log1p", np.log1p, lambda g, input: g / (input + 1), one(positive), "log(1 + input), exact near 0.",
                        example=">>> mg.log1p(mg.tensor([0.0, 1.0]))\ntensor([0.0000, 0.6931])")  # fmt: skip
sqrt = _float_function("sqrt", np.sqrt, lambda g, y: g / (y * 2), one(positive), "Square root; NaN below 0.",
                       example=">>> mg.sqrt(mg.tensor([4.0, 9.0]))\ntensor([2., 3.])")  # fmt: skip
rsqrt = _float_function("rsqrt", lambda x: 1 / np.sqrt(x), lambda g, y: g * (y * y * y) * -0.5, one(positive), "1 / sqrt(input).",
                        example=">>> mg.rsqrt(mg.tensor([4.0, 16.0]))\ntensor([0.5000, 0.2500])")  # fmt: skip
reciprocal = _float_function("reciprocal", lambda x: 1 / x, lambda g, y: neg(g * (y * y)), one(away), "1 / input.",
                             example=">>> mg.reciprocal(mg.tensor([4.0, 0.5]))\ntensor([0.2500, 2.0000])")  # fmt: skip
sin = _float_function("sin", np.sin, lambda g, input: g * cos(input), one(), "Sine of an angle in radians.",
                      example=">>> mg.sin(mg.tensor([0.0, 1.0]))\ntensor([0.0000, 0.8415])")  # fmt: skip
cos = _float_function("cos", np.cos, lambda g, input: neg(g * sin(input)), one(), "Cosine of an angle in radians.",
                      example=">>> mg.cos(mg.tensor([0.0, 1.0]))\ntensor([1.0000, 0.5403])")  # fmt: skip
tan = _float_function("tan", np.tan, lambda g, y: g * (y * y + 1), one(lambda r, *s: r.between(-1, 1, *s)), "Tangent of an angle in radians.",
                      example=">>> mg.tan(mg.tensor([0.0, 1.0]))\ntensor([0.0000, 1.5574])")  # fmt: skip
sinh = _float_function("sinh", np.sinh, lambda g, input: g * cosh(input), one(), "Hyperbolic sine.",
                       example=">>> mg.sinh(mg.tensor([0.0, 1.0]))\ntensor([0.0000, 1.1752])")  # fmt: skip
cosh = _float_function("cosh", np.cosh, lambda g, input: g * sinh(input), one(), "Hyperbolic cosine.",
                       example=">>> mg.cosh(mg.tensor([0.0, 1.0]))\ntensor([1.0000, 1.5431])")  # fmt: skip
erf = _float_function("erf", _erf_reference, lambda g, input: g * exp(neg(input * input)) * (2 / math.sqrt(math.pi)), one(),
                      "Error function.", example=">>> mg.erf(mg.tensor([0.0, 1.0]))\ntensor([0.0000, 0.8427])")  # fmt: skip
erfc = _float_function("erfc", _erfc_reference, lambda g, input: g * exp(neg(input * input)) * (-2 / math.sqrt(math.pi)), one(),
                       "1 - erf(input), exact in the tail.", example=">>> mg.erfc(mg.tensor([0.0, 1.0]))\ntensor([1.0000, 0.1573])")  # fmt: skip
floor = _rounding("floor", np.floor, "Largest integer not above input.", range(-4, 5),
                  example=">>> mg.floor(mg.tensor([1.5, -1.5]))\ntensor([ 1., -2.])")  # fmt: skip
ceil = _rounding("ceil", np.ceil, "Smallest integer not below input.", range(-4, 5),
                 example=">>> mg.ceil(mg.tensor([1.5, -1.5]))\ntensor([ 2., -1.])")  # fmt: skip
trunc = _rounding("trunc", np.trunc, "Integer part.", range(-4, 5), aliases=("fix",),
                  example=">>> mg.trunc(mg.tensor([1.5, -1.5]))\ntensor([ 1., -1.])")  # fmt: skip
_round = _rounding("_round", np.round, "Nearest integer, halves to even.", [k + 0.5 for k in range(-4, 4)])


def _round_samples(r: Draw) -> list[Sample]:
    halves = [k + 0.5 for k in range(-4, 4)]
    return [Sample(r.away(3, 4, kinks=halves), id="whole"), Sample(r.away(5, kinks=[k / 20 for k in range(-61, 61, 2)], gap=0.004), decimals=1, id="tenths"),
            Sample(r.away(2, 3, kinks=(-0.5, 0.5)) * 10, decimals=-1, id="tens")]  # fmt: skip


@composite(samples=_round_samples, inplace=True, where="mg Tensor special")
def round(input, *, decimals=0):
    """Nearest multiple of 10 ** -decimals, halves to even.

    Shapes: any. Dtypes: all but bool; integers stay as they are. Raises DTypeError for integers with other decimals than 0.
    >>> mg.round(mg.tensor([0.5, 1.5, -1.7])), mg.round(mg.tensor([12.345]), decimals=1)
    (tensor([ 0.,  2., -2.]), tensor([12.3000]))
    """
    if decimals == 0:
        return _round(input)
    if not input.is_floating_point():
        raise DTypeError(f"round: decimals={decimals} needs a floating-point tensor, got dtype {input.dtype.name}")
    scale = 10.0**decimals if decimals > 0 else 10.0**-decimals
    return _true_div(_round(mul(input, scale)), scale) if decimals > 0 else mul(_round(_true_div(input, scale)), scale)


# ---- comparison and logic ----


def _comparison(name, ref, doc, *aliases):
    def reference(input, other):
        return ref(input, other)

    reference.__name__ = name
    reference.__module__ = __name__
    reference.__doc__ = (
        f"{doc}, elementwise; comparisons with NaN are false (ne: true).\n\nShapes: any that broadcast. Dtypes: all; gives bool.\n"
        f">>> mg.{name}(mg.tensor([1.0, 2.0, 3.0]), 2).dtype\nminigrad.bool\n"
    )
    return defop(kernel=name, result="truth", vjp={"input": NONDIFF, "other": NONDIFF}, samples=pairs(), dtypes=ALL + COMPLEX if name in ("eq", "ne") else ALL, errors=BINARY_ERRORS,
                 aliases=aliases, inplace=True)(reference)  # fmt: skip


eq = _comparison("eq", np.equal, "Whether input == other")
ne = _comparison("ne", np.not_equal, "Whether input != other", "not_equal")
lt = _comparison("lt", np.less, "Whether input < other", "less")
le = _comparison("le", np.less_equal, "Whether input <= other", "less_equal")
gt = _comparison("gt", np.greater, "Whether input > other", "greater")
ge = _comparison("ge", np.greater_equal, "Whether input >= other", "greater_equal")


def _test(name, ref, doc, kernel=None):
    def reference(input):
        return ref(input)

    reference.__name__ = name
    reference.__module__ = __name__
    reference.__doc__ = (
        f"{doc}.\n\nShapes: any. Dtypes: all; gives bool.\n>>> mg.{name}(mg.tensor([1.0, float('nan')])).dtype\nminigrad.bool\n"
    )
    return defop(
        kernel=kernel, result="truth", vjp={"input": NONDIFF}, samples=one(), dtypes=NUMBERS + COMPLEX, inplace=name == "logical_not"
    )(reference)


isnan = _test("isnan", np.isnan, "Whether each element is NaN", "isnan")
isinf = _test("isinf", np.isinf, "Whether each element is infinite", "isinf")
isfinite = _test("isfinite", np.isfinite, "Whether each element is neither infinite nor NaN", "isfinite")
logical_not = _test("logical_not", np.logical_not, "Whether each element is zero", "logical_not")


def _logic(name, ref, doc):
    def reference(input, other):
        return ref(input, other)

    reference.__name__ = name
    reference.__module__ = __name__
    reference.__doc__ = (
        f"{doc}, of truth values (nonzero is true).\n\nShapes: any that broadcast. Dtypes: all; gives bool.\n"
        f">>> mg.{name}(mg.tensor([True, False]), mg.tensor([True, True])).dtype\nminigrad.bool\n"
    )
    return defop(kernel=name, result="truth", vjp={"input": NONDIFF, "other": NONDIFF}, samples=pairs(), dtypes=ALL + COMPLEX, errors=BINARY_ERRORS,
                 inplace=True)(reference)  # fmt: skip


logical_and = _logic("logical_and", np.logical_and, "Both")
logical_or = _logic("logical_or", np.logical_or, "Either")
logical_xor = _logic("logical_xor", np.logical_xor, "Exactly one")


# ---- choosing ----


def _where_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r.bools(3, 4), r(3, 4), r(3, 4), id="same-shape"),
        Sample(r.bools(2, 1, 1), r(3, 1), r(4), id="broadcast"),
        Sample(r.bools(5), r(5), 0.5, id="number"),
        Sample(r.bools(0, 2), r(0, 2), r(2), id="empty"),
    ]


@defop(title="where", kernel="where", condition=True, samples=_where_samples, dtypes=ALL + COMPLEX, inplace=False, where="mg", linear_in=("input", "other"),
       vjp={"condition": NONDIFF, "input": lambda g, condition: _choose(condition, g, 0), "other": lambda g, condition: _choose(condition, 0, g)})  # fmt: skip
def _choose(condition, input, other):
    """input where condition holds, otherwise other"""
    return np.where(condition, input, other)


@composite(arrays="condition input other", samples=_where_samples, dtypes=ALL, where="mg",
           errors=[ErrorSample(np.ones(3, bool), np.ones((2, 3)), np.ones((4, 3)), error=ShapeError, match=r"shapes .* cannot be broadcast")])  # fmt: skip
def where(condition, input=None, other=None):
    """input where condition holds, otherwise other; with the condition alone, its nonzero indices, one tensor a dimension.

    The branch that is not taken gives no gradient, not even NaN.
    Shapes: any that broadcast. Dtypes: condition bool, the others any.
    >>> mg.where(mg.tensor([True, False]), mg.tensor([1.0, 2.0]), 0.0)
    tensor([1., 0.])
    """
    if input is None and other is None:
        return tuple(_core.from_numpy(i.astype(np.int64)) for i in np.nonzero(condition.numpy(force=True)))
    return _choose(condition, input, other)


def _where_method(self, condition, other):
    """self where condition holds, otherwise other."""
    return _choose(condition, self, other)


_core.attach("where", _where_method)


def _bounds(dtype, min, max):
    if dtype.is_floating_point:
        return (-math.inf if min is None else float(min), math.inf if max is None else float(max))
    low, high = (0, 255) if dtype.name == "uint8" else (-(1 << 63), (1 << 63) - 1) if dtype.name == "int64" else (-(1 << 31), (1 << 31) - 1)
    return (low if min is None else int(min), high if max is None else int(max))


def _inside(input, min, max):
    """1 where the gradient of a clamp passes: inside the bounds or on them."""
    inside = ge(input, min) if min is not None else None
    below = le(input, max) if max is not None else None
    return below if inside is None else inside if below is None else logical_and(inside, below)


def _beyond(compare, input, bound):
    return logical_or(compare(input, bound), isnan(bound)) if isinstance(bound, _core.Tensor) else compare(input, bound)


def _clamp_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r.away(3, 5, kinks=(-0.5, 0.7)), min=-0.5, max=0.7, id="both"),
        Sample(r.away(7, kinks=(0.3,)), min=0.3, max=None, id="min"),
        Sample(r.away(2, 0), min=None, max=1.5, id="max-empty"),
    ]


@defop(
    kernel="clamp", pack=_bounds, vjp={"input": lambda g, input, min, max: _choose(_inside(input, min, max), g, 0)}, samples=_clamp_samples
)
def _clamp(input, min, max):
    """input, not below min and not above max (numbers)"""
    return np.clip(input, min, max)


@composite(aliases=("clip",), samples=_clamp_samples, inplace=True, where="mg Tensor")
def clamp(input, min=None, max=None):
    """input, not below `min` and not above `max`; where min > max, max. NaN stays. The gradient passes on the bounds.

    Shapes: any; bounds are numbers or tensors that broadcast. Dtypes: all but bool. Raises ValueError without any bound.
    >>> mg.clamp(mg.tensor([-2.0, 0.5, 3.0]), 0, 1)
    tensor([0.0000, 0.5000, 1.0000])
    """
    if min is None and max is None:
        raise ValueError("clamp: at least one of min and max must be given")
    if isinstance(min, _core.Tensor) or isinstance(max, _core.Tensor):
        # Ties give the gradient to input, where maximum and minimum would share it.
        input = input if min is None else _choose(_beyond(lt, input, min), min, input)
        return input if max is None else _choose(_beyond(gt, input, max), max, input)
    if not input.is_floating_point() and (isinstance(min, float) or isinstance(max, float)):
        input = input.to(_core.get_default_dtype())
    return _clamp(input, min, max)


@composite(own_errors=True, samples=lambda r: [Sample(r(3, 4), r.bools(3, 4), 1.5, id="same"), Sample(r(2, 3, 4), r.bools(3, 1), 0.0, id="broadcast")],
           arrays="input mask", inplace=True, where="Tensor mg",
           errors=[ErrorSample(np.ones((2, 3)), np.ones((2, 3)), 0, error=DTypeError, match="masked_fill: expected a bool mask, got dtype float64")])  # fmt: skip
def masked_fill(input, mask, value):
    """input with `value`, a number or 0-d tensor, where `mask` holds.

    Shapes: mask broadcasts to input. Dtypes: mask bool; the result has input's dtype.
    >>> mg.masked_fill(mg.tensor([1.0, 2.0]), mg.tensor([True, False]), 0)
    tensor([0., 2.])
    """
    if mask.dtype is not _core.bool_:
        raise DTypeError(f"masked_fill: expected a bool mask, got dtype {mask.dtype.name}")
    return _choose(mask, value, input).to(input.dtype)
