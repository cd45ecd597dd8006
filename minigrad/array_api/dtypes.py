"""Dtypes: what they hold, how they promote, and conversion."""

from __future__ import annotations

from typing import Any

import minigrad as mg

from .. import _core, dtypes

_SIGNED = (_core.int8, _core.int16, _core.int32, _core.int64)
_UNSIGNED = (_core.uint8,)
_REAL = (_core.float32, _core.float64)
_COMPLEX = (_core.complex64, _core.complex128)
KINDS = {
    "bool": (_core.bool_,),
    "signed integer": _SIGNED,
    "unsigned integer": _UNSIGNED,
    "integral": _SIGNED + _UNSIGNED,
    "real floating": _REAL,
    "complex floating": _COMPLEX,
    "numeric": _SIGNED + _UNSIGNED + _REAL + _COMPLEX,
}
_HALF = (_core.float16, _core.bfloat16)  # not of the standard; floating all the same


class finfo:
    """Properties of a floating-point dtype, or of an array's; of a complex one, those of its parts.

    >>> xp.finfo(xp.complex64).dtype
    minigrad.float32
    """

    def __init__(self, type: Any, /) -> None:
        found = dtypes.finfo(_dtype(type))
        self.bits, self.eps, self.max, self.min, self.smallest_normal = found.bits, found.eps, found.max, found.min, found.smallest_normal
        self.dtype = _dtype(type).to_real()

    def __repr__(self) -> str:
        return f"finfo(bits={self.bits}, eps={self.eps:g}, max={self.max:g}, min={self.min:g}, dtype={self.dtype.name})"


class iinfo:
    """Properties of an integer dtype, or of an array's."""

    def __init__(self, type: Any, /) -> None:
        found = dtypes.iinfo(_dtype(type))
        self.bits, self.max, self.min, self.dtype = found.bits, found.max, found.min, _dtype(type)

    def __repr__(self) -> str:
        return f"iinfo(bits={self.bits}, max={self.max}, min={self.min}, dtype={self.dtype.name})"


def isdtype(dtype: Any, kind: Any) -> bool:
    """Whether a dtype is of a kind: a name of the standard's, another dtype, or a tuple of such.

    >>> xp.isdtype(xp.int8, "integral"), xp.isdtype(xp.float32, (xp.float64, "bool"))
    (True, False)
    """
    if isinstance(kind, tuple):
        return any(isdtype(dtype, k) for k in kind)
    if isinstance(kind, str):
        if kind not in KINDS:
            raise ValueError(f"isdtype: expected one of {list(KINDS)}, got {kind!r}")
        return dtype in KINDS[kind] or (dtype in _HALF and kind in ("real floating", "numeric"))
    return dtype == kind


def can_cast(from_: Any, to: Any, /) -> bool:
    """Whether promotion leads from one dtype (or an array's) to the other; there is no promotion from integers or bool to floats.

    >>> xp.can_cast(xp.uint8, xp.int16), xp.can_cast(xp.int8, xp.uint8), xp.can_cast(xp.int8, xp.float64)
    (True, False, False)
    """
    from_ = _dtype(from_)
    return _inexact(from_) == _inexact(to) and (from_ == _core.bool_) == (to == _core.bool_) and _core.promote_types(from_, to) == to


def result_type(*arrays_and_dtypes: Any) -> Any:
    """The dtype that arrays, dtypes and Python numbers promote to. Arrays count by their dtype, whatever their number of dimensions; numbers
    only by their kind. Of integers with floats, which the standard leaves open, comes the floating-point dtype.

    >>> xp.result_type(xp.asarray([1.0]), xp.asarray(2.0, dtype=xp.float64))
    minigrad.float64
    """
    strong = [_dtype(a) for a in arrays_and_dtypes if not isinstance(a, (bool, int, float, complex))]
    if not strong:
        raise ValueError("result_type: expected at least one array or dtype, got only Python numbers")
    found = strong[0]
    for d in strong[1:]:
        found = _core.promote_types(found, d)
    for a in arrays_and_dtypes:
        if isinstance(a, complex) and not found.is_complex:
            found = _core.promote_types(found if found.is_floating_point else _core.get_default_dtype(), _core.complex64)
        elif isinstance(a, float) and not _inexact(found):
            found = _core.get_default_dtype()
        elif isinstance(a, int) and not isinstance(a, bool) and found == _core.bool_:
            found = _core.int64
    return found


def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    """The array in another dtype; with `copy=False` itself, if it has that dtype already."""
    check_device(device)
    return x.to(dtype) if x.dtype != dtype else mg.clone(x) if copy else x


def promoted(*arguments: Any) -> list[Any]:
    """Arrays and Python numbers as arrays of their common dtype: ops that get no other leave PyTorch's rules for 0-d tensors out of it."""
    dtype = result_type(*arguments)
    return [
        (a if a.dtype == dtype else a.to(dtype)) if isinstance(a, _core.Tensor) else mg.tensor(a, dtype=dtype) for a in arguments
    ]  # fmt: skip


def check_device(device: Any) -> None:
    if device is not None and device != "cpu":
        raise ValueError(f"expected device 'cpu', which is the only one, got {device!r}")


def _dtype(x: Any) -> Any:
    return x.dtype if isinstance(x, _core.Tensor) else _core.as_dtype(x)


def _inexact(dtype: Any) -> bool:
    return dtype.is_floating_point or dtype.is_complex
