"""`assert_close`, as PyTorch's tests use it: tensors, arrays, numbers and nests of them, within the tolerance of their dtype."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

import minigrad as mg
from minigrad._core import Tensor

# (rtol, atol) by the name of the dtype; exact for every other.
_TOLERANCES = {
    "float16": (1e-3, 1e-5),
    "bfloat16": (1.6e-2, 1e-5),
    "float32": (1.3e-6, 1e-5),
    "float64": (1e-7, 1e-7),
    "complex64": (1.3e-6, 1e-5),
    "complex128": (1e-7, 1e-7),
}


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    """Raise AssertionError unless shapes and dtypes are equal and |actual - expected| <= atol + rtol * |expected| everywhere.

    Tensors, NumPy arrays, numbers, None, and sequences and mappings of these, whose items are compared one by one. By default `rtol` and
    `atol` follow from the dtype (the looser of two); both are given or neither. NaN equals NaN with `equal_nan`. `msg` stands in place
    of the report, or makes another of it. Device and layout are always the same here. TypeError: values that cannot be compared.

    >>> assert_close(mg.tensor([1.0, 2.0]), mg.tensor([1.0, 2.0 + 2e-6]))
    >>> assert_close({"a": [1.0]}, {"a": [1.5]})
    Traceback (most recent call last):
    AssertionError: at ['a'][0]: 1 of 1 elements differ; the largest difference is 0.5 (up to 2.5e-07 allowed), at (): 1.0, expected 1.5
    """
    if (rtol is None) != (atol is None):
        raise ValueError(f"assert_close: expected both rtol and atol, or neither, got rtol={rtol}, atol={atol}")

    def fail(place: str, report: str) -> None:
        report = f"at {place}: {report}" if place else report
        raise AssertionError(report if msg is None else msg(report) if callable(msg) else msg)

    def compare(a: Any, e: Any, place: str) -> None:
        if isinstance(a, Mapping) and isinstance(e, Mapping):
            if a.keys() != e.keys():
                fail(place, f"the keys differ: missing {[k for k in e if k not in a]}, additional {[k for k in a if k not in e]}")
            for key in e:
                compare(a[key], e[key], f"{place}[{key!r}]")
        elif all(isinstance(x, Sequence) and not isinstance(x, str | bytes) for x in (a, e)):
            if len(a) != len(e):
                fail(place, f"the lengths differ: {len(a)}, expected {len(e)}")
            for i, (x, y) in enumerate(zip(a, e)):
                compare(x, y, f"{place}[{i}]")
        elif a is None or e is None:
            if a is not e:
                fail(place, f"{a!r}, expected {e!r}")
        elif not _comparable(a, e, allow_subclasses):
            raise TypeError(f"assert_close: cannot compare {type(a).__name__} with {type(e).__name__}")
        else:
            values(a, e, place)

    def values(a: Any, e: Any, place: str) -> None:
        scalars = isinstance(e, numbers.Number)
        if check_dtype and scalars and type(a) is not type(e):
            fail(place, f"the types differ: {type(a).__name__}, expected {type(e).__name__}")
        a, e = (x.detach() if isinstance(x, Tensor) else mg.tensor(np.asarray(x)) for x in (a, e))
        for checked, name, got, wanted in (
            (True, "shape", tuple(a.shape), tuple(e.shape)),
            (check_dtype, "dtype", a.dtype, e.dtype),
            (check_stride, "stride", a.stride(), e.stride()),
        ):
            if checked and got != wanted:
                fail(place, f"the {name}s differ: {got}, expected {wanted}")
        defaults = [_TOLERANCES.get(str(x.dtype).rpartition(".")[2], (0.0, 0.0)) for x in (a, e)]
        relative, absolute = map(max, zip(*defaults)) if rtol is None or atol is None else (rtol, atol)
        x, y = _wide(a), _wide(e)
        with np.errstate(all="ignore"):
            difference = abs(x - y)
            allowed = absolute + relative * abs(y)
            close = (x == y) | ((difference <= allowed) & np.isfinite(y))
            if equal_nan:
                close |= (x != x) & (y != y)
        if not close.all():
            worst = np.unravel_index(np.where(close, -1.0, np.nan_to_num(difference, nan=np.inf, posinf=np.inf)).argmax(), close.shape)
            at = tuple(map(int, worst))
            report = f"{int((~close).sum())} of {close.size} elements differ; the largest difference is {float(difference[at]):.6g} "
            bound = float(np.broadcast_to(allowed, close.shape)[at])
            fail(place, report + f"(up to {bound:.3g} allowed), at {at}: {x[at].item()}, expected {y[at].item()}")

    compare(actual, expected, "")


def _comparable(a: Any, e: Any, allow_subclasses: bool) -> bool:
    if isinstance(a, bool) or isinstance(e, bool):
        return isinstance(a, bool) and isinstance(e, bool)
    if isinstance(a, numbers.Number) and isinstance(e, numbers.Number):
        return True
    if not allow_subclasses and type(a) is not type(e):
        return False
    return any(isinstance(a, kind) and isinstance(e, kind) for kind in (Tensor, np.ndarray))


def _wide(x: Tensor) -> np.ndarray:
    """The values in the widest dtype of their kind, in which differences are formed."""
    if x.dtype.is_complex:
        return x.to(mg.complex128).numpy()
    return x.to(mg.float64 if x.dtype.is_floating_point else mg.int64).numpy()
