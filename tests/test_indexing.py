"""x[...]: reading and writing against NumPy over random keys; gradients against finite differences and PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import minigrad as mg
from minigrad.testing import LAYOUTS, gradcheck, gradgradcheck, laid_out

shapes = hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=5)
layouts = st.sampled_from(list(LAYOUTS))


@st.composite
def basic(draw):
    """A shape and a basic key for it: ints, slices of any step, one ellipsis, None."""
    shape = draw(shapes)
    key = draw(hnp.basic_indices(shape, max_dims=6, allow_newaxis=True, allow_ellipsis=True))
    return shape, key


@st.composite
def advanced(draw):
    """A shape and a key with index arrays, masks, slices, ints and None in any order."""
    shape = draw(shapes)
    count = draw(hnp.array_shapes(min_dims=0, max_dims=2, min_side=1, max_side=3)) if draw(st.booleans()) else (draw(st.integers(0, 3)),)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    key, d, masked = [], 0, False
    while d < len(shape):
        kind = draw(st.sampled_from(["array", "array", "slice", "int", "mask", "none", "stop"]))
        n = shape[d]
        if kind == "array":
            part = count if draw(st.booleans()) else (1,) * len(count) if 0 not in count else count
            key.append(rng.integers(-n, n, part))
            d += 1
        elif kind == "slice":
            start, stop = draw(st.integers(-n - 1, n + 1)), draw(st.integers(-n - 1, n + 1))
            key.append(slice(start, stop, draw(st.sampled_from([None, 1, 2, -1, -2]))))
            d += 1
        elif kind == "int":
            key.append(draw(st.integers(-n, n - 1)))
            d += 1
        elif kind == "mask" and not masked and len(key) == 0:
            ranks = draw(st.integers(1, len(shape) - d))
            key.append(rng.random(shape[d : d + ranks]) < 0.5)
            d, masked = d + ranks, True
            # Index arrays beside a mask would have to broadcast with however many it selects.
            return shape, tuple(key) + (slice(None, None, -1),) * draw(st.integers(0, len(shape) - d))
        elif kind == "none" and sum(k is None for k in key) < 2:
            key.append(None)
        elif kind == "stop":
            break
    if draw(st.booleans()):
        # At an end: between two index arrays NumPy takes even an ellipsis that stands for nothing as a separation, PyTorch and we do not.
        key.insert(0 if d == len(shape) and draw(st.booleans()) else len(key), Ellipsis)
    return shape, tuple(key)


def ours(key):
    """The key with tensors in the place of arrays."""
    change = lambda k: mg.from_numpy(k.copy()) if isinstance(k, np.ndarray) and k.ndim else k  # noqa: E731
    return tuple(map(change, key)) if isinstance(key, tuple) else change(key)


def separated(key) -> bool:
    """Whether ints and arrays are mixed so that NumPy and PyTorch put the index dimensions in different places."""
    return any(isinstance(k, (int, np.integer)) for k in key) and any(isinstance(k, np.ndarray) for k in key)


@given(basic(), layouts)
def test_basic_read(case, layout):
    shape, key = case
    a = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    x = laid_out(a, layout)
    if a[key].ndim <= 8:
        got = x[key]
        np.testing.assert_array_equal(got.numpy(), a[key], strict=True)
        assert not got.numel() or np.shares_memory(got.numpy(), x.numpy())


@given(basic(), layouts, st.integers(0, 2**32 - 1), st.sampled_from(["number", "whole", "broadcast", "array"]))
def test_basic_write(case, layout, seed, kind):
    shape, key = case
    a = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    x = laid_out(a, layout)
    part = np.shape(a[key])
    if len(part) > 8:
        return
    rng = np.random.default_rng(seed)
    value = rng.standard_normal(part[1:] if kind == "broadcast" else part)
    value = 7.5 if kind == "number" else np.asarray(value)
    x[key] = mg.from_numpy(value.copy()) if isinstance(value, np.ndarray) and kind != "array" else value
    a[key] = value
    np.testing.assert_array_equal(x.numpy(), a)


@given(advanced(), layouts)
def test_advanced_read(case, layout):
    shape, key = case
    a = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    if separated(key):
        torch = pytest.importorskip("torch")
        if any(isinstance(k, slice) and (k.step or 1) < 0 for k in key):
            return  # torch has no negative steps
        want = torch.from_numpy(a)[tuple(torch.from_numpy(k.copy()) if isinstance(k, np.ndarray) else k for k in key)].numpy()
    else:
        want = a[key]
    np.testing.assert_array_equal(laid_out(a, layout)[ours(key)].numpy(), want, strict=True)


@given(advanced(), layouts, st.sampled_from(["number", "whole", "broadcast"]), st.integers(0, 2**32 - 1))
def test_advanced_write(case, layout, kind, seed):
    shape, key = case
    if separated(key):
        return
    a = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    part = a[key].shape
    # Of an element that is named twice the last write wins in NumPy; write the same everywhere where that can be.
    indices = [k for k in key if isinstance(k, np.ndarray) and k.dtype != bool]
    value = (
        7.5
        if kind == "number" or indices
        else np.asarray(np.random.default_rng(seed).standard_normal(part[1:] if kind == "broadcast" else part))
    )
    x = laid_out(a, layout)
    x[ours(key)] = value if isinstance(value, float) else mg.from_numpy(value.copy())
    a[key] = value
    np.testing.assert_array_equal(x.numpy(), a)


@given(advanced(), st.integers(0, 2**32 - 1))
def test_gradient_of_reading(case, seed):
    shape, key = case
    x = mg.from_numpy(np.random.default_rng(seed).standard_normal(shape)).requires_grad_()
    gradcheck(lambda x: x[ours(key)] * 1.0, (x,), directions=1)


@given(advanced(), st.integers(0, 2**32 - 1))
def test_gradient_of_writing(case, seed):
    shape, key = case
    chosen = np.arange(np.prod(shape)).reshape(shape)[key]
    if len(np.unique(chosen)) < chosen.size:
        return  # what was written first and then overwritten gets a gradient all the same, as in PyTorch, which calls it undefined
    rng = np.random.default_rng(seed)
    x = mg.from_numpy(rng.standard_normal(shape)).requires_grad_()
    v = mg.from_numpy(np.asarray(rng.standard_normal(()))).requires_grad_()

    def function(x, v):
        y = x * 1
        y[ours(key)] = v
        return y * y

    gradcheck(function, (x, v), directions=1)


def test_second_order():
    x = mg.randn(3, 4, dtype=mg.float64, requires_grad=True)
    v = mg.randn(2, dtype=mg.float64, requires_grad=True)
    index = mg.tensor([2, 0])

    def function(x, v):
        y = x * 1
        y[index, 1] = v * x[0, :2]
        y[:, 2:] = y[:, :2].clone() * 2
        return y[1:, index] * y[0, 0]

    assert gradgradcheck(function, (x, v))


def test_repeated_indices_add_up_in_the_gradient():
    x = mg.ones(3, requires_grad=True)
    x[[0, 0, 2, 0]].sum().backward()
    assert x.grad.tolist() == [3.0, 0.0, 1.0]


@pytest.mark.parametrize(
    "key, error, match",
    [
        (5, IndexError, "5 is out of range for dimension 0 of size 3"),
        ((0, -5), IndexError, "-5 is out of range for dimension 1 of size 4"),
        ([0, 3], IndexError, "an index tensor holds 3, out of range for a dimension of size 3"),
        ([-4], IndexError, "an index tensor holds -4"),
        (([0, 1], [0, 1, 2]), IndexError, r"index tensors of shapes \(2,\), \(3,\) cannot be broadcast together"),
        (np.ones((2, 4), bool), IndexError, r"a mask of shape \(2, 4\) does not fit"),
        ([0.5], IndexError, "index arrays must be integers or bool"),
        ((0, 0, 0), IndexError, "3 indices for a tensor of 2 dimensions"),
        ("a", IndexError, "expected integers, slices"),
        (slice("a", None), TypeError, "slice"),
    ],
)
def test_bad_keys(key, error, match):
    x = mg.zeros(3, 4)
    with pytest.raises(error, match=match):
        x[key]
    with pytest.raises(error, match=match):
        x[key] = 1.0
    assert x.sum().item() == 0.0 and x._version == 0


def test_bad_values():
    x = mg.zeros(3, 4)
    with pytest.raises(
        mg.ShapeError, match=r"copy_: a value of shape \(3,\) cannot be written into shape \(4,\)|cannot be broadcast together"
    ):
        x[0] = mg.ones(3)
    with pytest.raises(mg.ShapeError, match=r"a value of shape \(3,\) cannot be written where the index selects shape \(2, 4\)"):
        x[[0, 1]] = mg.ones(3)
    with pytest.raises((TypeError, ValueError)):
        x[0] = "text"
    assert x.sum().item() == 0.0


def test_numpy_integers_and_zero_d_tensors_are_indices():
    x = mg.arange(12).view(3, 4)
    assert x[np.int64(1), mg.tensor(2)].item() == 6
    assert x[mg.tensor([True, False, True])].tolist() == [[0, 1, 2, 3], [8, 9, 10, 11]]
    assert x[True].shape == (1, 3, 4) and x[False].shape == (0, 3, 4)
    assert [row.tolist() for row in x][2] == [8, 9, 10, 11]
    assert 7 in x and 99 not in x
