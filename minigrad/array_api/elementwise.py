"""Elementwise functions: minigrad's ops, with two arguments brought to their common dtype first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import minigrad as mg

from .dtypes import promoted


def unary(op: Callable[..., Any], name: str = "") -> Callable[[Any], Any]:
    def function(x: Any, /) -> Any:
        return op(x)

    return _named(function, op, name)


def binary(op: Callable[..., Any], name: str = "") -> Callable[[Any, Any], Any]:
    def function(x1: Any, x2: Any, /) -> Any:
        return op(*promoted(x1, x2))

    return _named(function, op, name)


def _named(function: Any, op: Any, name: str) -> Any:
    function.__name__ = function.__qualname__ = name or op.__name__
    function.__doc__ = op.__doc__.split("\n")[0] if op.__doc__ else None
    return function


abs = unary(mg.abs)
acos = unary(mg.acos)
acosh = unary(mg.acosh)
add = binary(mg.add)
asin = unary(mg.asin)
asinh = unary(mg.asinh)
atan = unary(mg.atan)
atan2 = binary(mg.atan2)
atanh = unary(mg.atanh)
bitwise_and = binary(mg.bitwise_and)
bitwise_invert = unary(mg.bitwise_not, "bitwise_invert")
bitwise_left_shift = binary(mg.bitwise_left_shift)
bitwise_or = binary(mg.bitwise_or)
bitwise_right_shift = binary(mg.bitwise_right_shift)
bitwise_xor = binary(mg.bitwise_xor)
ceil = unary(mg.ceil)
conj = unary(mg.conj)
copysign = binary(mg.copysign)
cos = unary(mg.cos)
cosh = unary(mg.cosh)
divide = binary(mg.div, "divide")
equal = binary(mg.eq, "equal")
exp = unary(mg.exp)
expm1 = unary(mg.expm1)
floor = unary(mg.floor)
floor_divide = binary(mg.floor_divide)
greater = binary(mg.gt, "greater")
greater_equal = binary(mg.ge, "greater_equal")
hypot = binary(mg.hypot)
isfinite = unary(mg.isfinite)
isinf = unary(mg.isinf)
isnan = unary(mg.isnan)
less = binary(mg.lt, "less")
less_equal = binary(mg.le, "less_equal")
log = unary(mg.log)
log10 = unary(mg.log10)
log1p = unary(mg.log1p)
log2 = unary(mg.log2)
logaddexp = binary(mg.logaddexp)
logical_and = binary(mg.logical_and)
logical_not = unary(mg.logical_not)
logical_or = binary(mg.logical_or)
logical_xor = binary(mg.logical_xor)
maximum = binary(mg.maximum)
minimum = binary(mg.minimum)
multiply = binary(mg.mul, "multiply")
negative = unary(mg.neg, "negative")
nextafter = binary(mg.nextafter)
not_equal = binary(mg.ne, "not_equal")
positive = unary(mg.positive)
pow = binary(mg.pow)
real = unary(mg.real)
reciprocal = unary(mg.reciprocal)
signbit = unary(mg.signbit)
sin = unary(mg.sin)
sinh = unary(mg.sinh)
sqrt = unary(mg.sqrt)
square = unary(mg.square)
subtract = binary(mg.sub, "subtract")
tan = unary(mg.tan)
tanh = unary(mg.tanh)
trunc = unary(mg.trunc)


def clip(x: Any, /, min: Any = None, max: Any = None) -> Any:
    """x between min and max, numbers or arrays that broadcast with it; the dtype is always x's."""
    if min is None and max is None:
        return mg.clone(x)
    low, high = (v if v is None or isinstance(v, mg.Tensor) else mg.tensor(v, dtype=x.dtype) for v in (min, max))
    y = mg.clamp(x, low, high)
    return y.to(x.dtype)


def imag(x: Any, /) -> Any:
    """The imaginary parts; zeros of real numbers."""
    return mg.imag(x) if x.dtype.is_complex else mg.zeros_like(x)


def remainder(x1: Any, x2: Any, /) -> Any:
    """x1 - floor(x1 / x2) * x2, of the sign of x2, and so is a zero."""
    x1, x2 = promoted(x1, x2)
    y = mg.remainder(x1, x2)
    return mg.where(y == 0, mg.copysign(y, x2), y) if y.dtype.is_floating_point else y  # PyTorch's zero has x1's sign


def round(x: Any, /) -> Any:
    """To the nearest integer, halves to even ones; of complex numbers both parts."""
    return mg.complex(mg.round(mg.real(x)), mg.round(mg.imag(x))) if x.dtype.is_complex else mg.round(x)


def sign(x: Any, /) -> Any:
    """-1, 0 or 1; of complex numbers x / abs(x), and NaN of NaN."""
    y = mg.sgn(x)
    return mg.where(mg.isnan(x), x, y) if x.dtype.is_floating_point else y  # PyTorch's sign of NaN is 0
