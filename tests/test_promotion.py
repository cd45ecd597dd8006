"""Type promotion: every pair of dtypes, as tensors with dimensions, 0-d tensors and Python numbers, against PyTorch."""

from __future__ import annotations

import itertools
import operator

import numpy as np
import pytest

import minigrad as mg

torch = pytest.importorskip("torch")

# torch.complex32, which float16 and complex make there, has no counterpart here or in NumPy.
DTYPES = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "complex64", "complex128")
NUMBERS = {"True": True, "3": 3, "2.5": 2.5, "1j": 1j}
ARITHMETIC = {"add": operator.add, "mul": operator.mul, "truediv": operator.truediv, "lt": operator.lt, "eq": operator.eq}


def both(dtype: str, ndim: int):
    """The same values in both libraries."""
    a = np.ones((2,) * ndim, dtype)
    return mg.from_numpy(a.copy()), torch.from_numpy(a.copy())


def same(ours, theirs) -> None:
    assert f"torch.{ours.dtype.name}" == str(theirs.dtype), f"{ours.dtype.name}, torch has {theirs.dtype}"


PAIRS = [(a, b) for a, b in itertools.product(DTYPES, DTYPES) if not ("float16" in (a, b) and "complex" in a + b)]


@pytest.mark.parametrize("a, b", PAIRS)
def test_pairs(a, b):
    """Tensors with dimensions decide over 0-d ones of the same kind; result_type and the ops agree."""
    assert mg.promote_types(getattr(mg, a), getattr(mg, b)) is getattr(
        mg, str(torch.promote_types(getattr(torch, a), getattr(torch, b)))[6:]
    )
    for n, m in itertools.product((0, 1), (0, 1)):
        (x, t), (y, u) = both(a, n), both(b, m)
        assert mg.result_type(x, y) is getattr(mg, str(torch.result_type(t, u))[6:]), (n, m)
        same(x + y, t + u)
        same(x * y, t * u)
        if a[:7] != "complex" and b[:7] != "complex":
            same(x < y, t < u)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("a", DTYPES)
def test_numbers(a, number):
    """A Python number changes the kind of a result, not the width."""
    value = NUMBERS[number]
    if a == "float16" and number == "1j":
        return
    for n in (0, 1):
        x, t = both(a, n)
        assert mg.result_type(x, value) is getattr(mg, str(torch.result_type(t, value))[6:])
        same(x + value, t + value)
        same(value * x, value * t)


@pytest.mark.parametrize("op", ARITHMETIC)
def test_operators(op):
    for a, b in itertools.product(("bool", "uint8", "int32", "int64", "float32", "float64"), repeat=2):
        (x, t), (y, u) = both(a, 1), both(b, 1)
        ours, theirs = ARITHMETIC[op](x, y), ARITHMETIC[op](t, u)
        same(ours, theirs)
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_three_arguments():
    """where: the condition takes no part."""
    for a, b in itertools.product(("uint8", "int64", "float32", "float64"), repeat=2):
        (x, t), (y, u) = both(a, 1), both(b, 0)
        same(mg.where(x > 0, x, y), torch.where(t > 0, t, u))
        same(mg.where(x > 0, x, 2.5), torch.where(t > 0, t, 2.5))


def test_defaults():
    """Python's ints become int64, floats the default dtype, which can be changed."""
    assert mg.tensor(1).dtype is mg.int64 and mg.tensor([True]).dtype is mg.bool and mg.tensor(1.5).dtype is mg.float32
    assert (mg.tensor([1]) / 2).dtype is mg.float32 and mg.zeros(2).dtype is mg.float32 and mg.arange(3).dtype is mg.int64
    mg.set_default_dtype(mg.float64)
    try:
        assert (
            mg.tensor(1.5).dtype is mg.float64 and (mg.tensor([1]) / 2).dtype is mg.float64 and (mg.tensor([1]) + 0.5).dtype is mg.float64
        )
        assert (mg.ones(1, dtype=mg.float32) + 0.5).dtype is mg.float32
    finally:
        mg.set_default_dtype(mg.float32)
    with pytest.raises(TypeError):
        mg.set_default_dtype(mg.int64)


@pytest.mark.parametrize("a, b", list(itertools.product(("int32", "int64", "uint8", "bool", "float32", "float64"), repeat=2)))
def test_in_place_keeps_the_dtype_or_refuses(a, b):
    x, t = both(a, 1)
    y, u = both(b, 1)
    try:
        t += u
    except RuntimeError:
        with pytest.raises(mg.DTypeError, match="does not fit in place"):
            x += y
    else:
        x += y
        same(x, t)
        np.testing.assert_array_equal(x.numpy(), t.numpy())


@pytest.mark.parametrize("a, b", list(itertools.product(DTYPES, DTYPES)))
def test_casts(a, b):
    """Every dtype to every other, of values that both can hold."""
    values = np.array([0, 1, 3, 100]).astype(a)
    if a[:7] == "complex" and b[:7] != "complex":
        return  # torch warns that the imaginary part goes
    np.testing.assert_array_equal(mg.from_numpy(values.copy()).to(getattr(mg, b)).numpy(), values.astype(b), strict=True)


@pytest.mark.parametrize("a, b", list(itertools.combinations(("float16", "float32", "float64"), 2)))
def test_casts_are_differentiable(a, b):
    x = mg.ones(3, dtype=getattr(mg, b)).requires_grad_()
    (x.to(getattr(mg, a)) * 2).sum().backward()
    assert x.grad.dtype is x.dtype and x.grad.tolist() == [2.0] * 3
