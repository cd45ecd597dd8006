"""What numbers a dtype can hold: `finfo` of floating and complex dtypes, `iinfo` of integers."""

from __future__ import annotations

from typing import Any

from . import _core


class finfo:
    """Properties of a floating-point dtype; of a complex one, those of its parts. Default: the default dtype.

    bits, eps (from 1 to the next number), max, min (-max), tiny = smallest_normal, smallest_subnormal, resolution, dtype (its name).
    Raises TypeError for other dtypes.
    >>> mg.finfo(mg.bfloat16).eps, mg.finfo(mg.complex64).dtype
    (0.0078125, 'float32')
    """

    def __init__(self, type: Any = None) -> None:
        d = (_core.get_default_dtype() if type is None else _core.as_dtype(type)).to_real()
        if not d.is_floating_point:
            raise TypeError(f"finfo: expected a floating-point or complex dtype, got {d.name}; use iinfo")
        fraction, lowest, highest, digits = _FORMATS[d.name]
        self.dtype, self.bits = d.name, 8 * d.itemsize
        self.eps = 2.0**-fraction
        self.max = (2.0 - self.eps) * 2.0**highest
        self.min = -self.max
        self.tiny = self.smallest_normal = 2.0**lowest
        self.smallest_subnormal = 2.0 ** (lowest - fraction)
        self.resolution = float(f"1e-{digits}")

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
            f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})"
        )


# Bits of the fraction, smallest and largest exponent of two, decimal digits that survive.
_FORMATS = {"float16": (10, -14, 15, 3), "bfloat16": (7, -126, 127, 2), "float32": (23, -126, 127, 6), "float64": (52, -1022, 1023, 15)}


class iinfo:
    """Properties of an integer dtype: bits, min, max, dtype (its name). Raises TypeError for other dtypes, bool too.

    >>> mg.iinfo(mg.int8)
    iinfo(min=-128, max=127, dtype=int8)
    """

    def __init__(self, type: Any) -> None:
        d = _core.as_dtype(type)
        if d.is_floating_point or d.is_complex or d is _core.bool_:
            raise TypeError(f"iinfo: expected an integer dtype, got {d.name}")
        self.dtype, self.bits = d.name, 8 * d.itemsize
        self.min = -(2 ** (self.bits - 1)) if d.is_signed else 0
        self.max = 2 ** (self.bits - 1) - 1 if d.is_signed else 2**self.bits - 1

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"
