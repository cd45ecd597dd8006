"""Comparisons beyond the six: nearly equal, members of a set, kinds of numbers."""

from __future__ import annotations

import numpy as np

from .. import _core
from ..errors import DTypeError
from ..registry import NONDIFF, Draw, ErrorSample, Sample, composite, defop
from ._examples import by_numpy
from ._geometry import check_tensor
from ._samples import ALL, COMPLEX, NO_BROADCAST, NUMBERS, one, pairs
from .elementwise import add, eq, isfinite, isnan, le, logical_and, logical_or, mul, sub


def _close_samples(r: Draw) -> list[Sample]:
    x = r(3, 4)
    return [Sample(x, x + 1e-6 * r(3, 4), id="near"), Sample(x, r(4), rtol=0.5, atol=0.1, equal_nan=True, id="broadcast")]


DIFFERENT_DTYPES = ErrorSample(
    np.ones(2), np.ones(2, np.int64), error=DTypeError, match="expected tensors of one dtype, got float64 and int64"
)


NO_TENSOR = ErrorSample(np.ones(3), 1.0, error=TypeError, match="equal: expected a Tensor, got float")


def _one_dtype(op, input, other):
    if input.dtype is not other.dtype:
        raise DTypeError(f"{op}: expected tensors of one dtype, got {input.dtype.name} and {other.dtype.name}")


@composite(own_errors=True, arrays="input other", samples=_close_samples, dtypes=ALL, errors=[NO_BROADCAST, DIFFERENT_DTYPES])
def isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether |input - other| <= atol + rtol * |other|; infinities are close to themselves, NaN to NaN if `equal_nan`.

    Shapes: any that broadcast. Dtypes: all, the same for both; gives bool. Raises ValueError for negative tolerances.
    >>> mg.isclose(mg.tensor([1.0, 2.0]), mg.tensor([1.000001, 2.1])).tolist()
    [True, False]
    """
    _one_dtype("isclose", input, other)
    if rtol < 0 or atol < 0:
        raise ValueError(f"isclose: rtol and atol must not be negative, got {rtol} and {atol}")
    close = eq(input, other)
    if (rtol == 0 and atol == 0) or input.dtype is _core.bool_:
        pass
    elif input.is_floating_point() or input.is_complex():
        difference = sub(input.detach(), other.detach()).abs()
        bound = add(mul(other.detach(), rtol).abs(), atol)
        close = logical_or(close, logical_and(isfinite(difference), le(difference, bound)))
    else:
        bound = add(mul(other.to(_core.float64), rtol).abs(), atol)
        close = logical_or(close, le(sub(input.to(_core.int64), other.to(_core.int64)).abs().to(_core.float64), bound))
    return logical_or(close, logical_and(isnan(input), isnan(other))) if equal_nan else close


@composite(own_errors=True, unbatched="gives a Python bool", arrays="input other", samples=_close_samples, dtypes=ALL,
           errors=[NO_BROADCAST, DIFFERENT_DTYPES])  # fmt: skip
def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether `isclose` holds for all elements; a Python bool.

    Shapes: any that broadcast. Dtypes: all, the same for both.
    >>> mg.allclose(mg.tensor([1.0, 2.0]), mg.tensor([1.000001, 2.0]))
    True
    """
    return bool(isclose(input, other, rtol, atol, equal_nan).all().item())


@composite(unbatched="gives a Python bool", arrays="input other", samples=pairs(), dtypes=ALL, errors=[NO_TENSOR])
def equal(input, other):
    """Whether two tensors have the same shape and equal elements; a Python bool. NaN is not equal to itself.

    Shapes: any. Dtypes: all.
    >>> mg.equal(mg.tensor([1.0, 2.0]), mg.tensor([1.0, 2.0]))
    True
    """
    check_tensor("equal", input)
    check_tensor("equal", other)
    return input.shape == other.shape and bool(eq(input, other).all().item())


@defop(result="truth", vjp={"input": NONDIFF}, samples=one(), dtypes=ALL)
def isneginf(input):
    """Whether each element is minus infinity.

    Shapes: any. Dtypes: all; gives bool.
    >>> mg.isneginf(mg.tensor([-float("inf"), 1.0])).tolist()
    [True, False]
    """
    return np.equal(input, -np.inf)


@defop(result="truth", vjp={"input": NONDIFF}, samples=one(), dtypes=ALL)
def isposinf(input):
    """Whether each element is plus infinity.

    Shapes: any. Dtypes: all; gives bool.
    >>> mg.isposinf(mg.tensor([float("inf"), 1.0])).tolist()
    [True, False]
    """
    return np.equal(input, np.inf)


@defop(result="truth", vjp={"input": NONDIFF}, samples=one(), dtypes=NUMBERS + COMPLEX)
def isreal(input):
    """Whether the imaginary part of each element is zero: always, but for complex numbers.

    Shapes: any. Dtypes: all; gives bool.
    >>> mg.isreal(mg.tensor([1.0, 2.0])).tolist()
    [True, True]
    """
    return np.isreal(input)


@composite(arrays="elements", where="mg", dtypes=ALL,
           samples=lambda r: [Sample(r.ints(0, 9, 3, 5), r.ints(0, 9, 4), id="matrix"), Sample(r.ints(0, 9, 3, 5), 3, invert=True, id="number")])  # fmt: skip
def isin(elements, test_elements, *, assume_unique=False, invert=False):
    """Whether each element is one of `test_elements` (`invert`: is none of them); either may be a number.

    Shapes: any; gives that of `elements`. Dtypes: all; gives bool.
    >>> mg.isin(mg.tensor([1, 2, 3, 4]), mg.tensor([2, 4])).tolist()
    [False, True, False, True]
    """
    if not isinstance(elements, _core.Tensor) and not isinstance(test_elements, _core.Tensor):
        raise TypeError("isin: at least one of elements and test_elements must be a Tensor")
    if isinstance(test_elements, _core.Tensor) and _core.level_of(test_elements):  # each example has a set of its own
        left = elements if isinstance(elements, _core.Tensor) else _core.full_of((), elements, test_elements.dtype)
        found = eq(left.unsqueeze(-1), test_elements.reshape((-1,))).any(-1)
        return ~found if invert else found
    right = test_elements.numpy(force=True) if isinstance(test_elements, _core.Tensor) else np.asarray(test_elements)
    left = elements if isinstance(elements, _core.Tensor) else _core.from_numpy(np.asarray(elements))
    return by_numpy(lambda x: np.isin(x, right, assume_unique=assume_unique, invert=invert), left)
