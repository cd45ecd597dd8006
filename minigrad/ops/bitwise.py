"""Integers as rows of bits: and, or, exclusive or, not, shifts."""

from __future__ import annotations

import numpy as np

from ..registry import NONDIFF, defop
from ._samples import INTEGER_ERRORS, INTEGERS, one, pairs


def _bits(r, *shape):
    return r.ints(0, 100, *shape)


def _bitwise(name, ref, doc):
    def reference(input, other):
        return ref(input, other)

    reference.__name__ = name
    reference.__module__ = __name__
    reference.__doc__ = (
        f"{doc}, bit by bit; on bool the logical one.\n\nShapes: any that broadcast. Dtypes: integers and bool.\n"
        f">>> mg.{name}(mg.tensor([6, 3]), 5).dtype\nminigrad.int64\n"
    )
    return defop(kernel=name, result="integral", vjp={"input": NONDIFF, "other": NONDIFF}, samples=pairs(_bits), dtypes=INTEGERS,
                 errors=INTEGER_ERRORS)(reference)  # fmt: skip


bitwise_and = _bitwise("bitwise_and", np.bitwise_and, "And")
bitwise_or = _bitwise("bitwise_or", np.bitwise_or, "Or")
bitwise_xor = _bitwise("bitwise_xor", np.bitwise_xor, "Exclusive or")


@defop(kernel="bitwise_not", result="integral", vjp={"input": NONDIFF}, samples=one(_bits), dtypes=INTEGERS)
def bitwise_not(input):
    """All bits inverted; on bool the logical not.

    Shapes: any. Dtypes: integers and bool.
    >>> mg.bitwise_not(mg.tensor([0, 5]))
    tensor([-1, -6])
    """
    return np.invert(input)


def _whole(r, *shape):
    return r.ints(-20, 100, *shape)


def _shift(r, *shape):
    return r.ints(0, 6, *shape)


def _shifted(function, input, other):
    if np.asarray(input).dtype.kind == "b":
        raise TypeError
    return function(input, other)


@defop(result="integral", vjp={"input": NONDIFF, "other": NONDIFF}, samples=pairs(_whole, _shift), dtypes=INTEGERS[:3],
       errors=INTEGER_ERRORS)  # fmt: skip
def bitwise_left_shift(input, other):
    """input * 2**other, bits that leave the type lost; 0 where `other` is negative or as large as the type.

    Shapes: any that broadcast. Dtypes: integers.
    >>> mg.bitwise_left_shift(mg.tensor([1, 3]), 2)
    tensor([ 4, 12])
    """
    return _shifted(np.left_shift, input, other)


@defop(result="integral", vjp={"input": NONDIFF, "other": NONDIFF}, samples=pairs(_whole, _shift), dtypes=INTEGERS[:3],
       errors=INTEGER_ERRORS)  # fmt: skip
def bitwise_right_shift(input, other):
    """input / 2**other rounded down; where `other` is negative or as large as the type, 0, or -1 for negative input.

    Shapes: any that broadcast. Dtypes: integers.
    >>> mg.bitwise_right_shift(mg.tensor([12, -5]), 1)
    tensor([ 6, -3])
    """
    return _shifted(np.right_shift, input, other)
