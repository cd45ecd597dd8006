"""Tensors as text, against PyTorch's."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg

OPTIONS = [{}, {"precision": 2}, {"precision": 0}, {"sci_mode": True}, {"sci_mode": False}, {"threshold": 5, "edgeitems": 2}, {"linewidth": 30},
           {"profile": "short"}, {"profile": "full"}, {"threshold": 3, "edgeitems": 0}]  # fmt: skip
NUMBERS = st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, 1e-5, -3.25, 1e9, 12345.678, np.nan, np.inf, -np.inf, 2.0, 100.0, 1 / 3])


@pytest.fixture(autouse=True)
def defaults():
    yield
    mg.set_printoptions(profile="default")


def same(array: np.ndarray, options: dict) -> None:
    torch = pytest.importorskip("torch")
    try:
        mg.set_printoptions(**options)
        torch.set_printoptions(**options)
        mine, theirs = (
            re.sub(r",\s+dtype=\w+", ", dtype=", repr(library.tensor(array))) for library in (mg, torch)
        )  # names differ in length
        assert mine == theirs
    finally:
        mg.set_printoptions(profile="default")
        torch.set_printoptions(profile="default")


@given(
    st.lists(NUMBERS, min_size=1, max_size=12), st.sampled_from(["float32", "float64", "float16", "complex64"]), st.sampled_from(OPTIONS)
)
def test_numbers(values, dtype, options):
    with np.errstate(over="ignore"):
        array = np.array(values, dtype)
    if dtype == "complex64":
        array.imag = array.real[::-1]
    same(array, options)


@given(st.lists(st.integers(0, 5), max_size=4), st.sampled_from(["int64", "bool", "uint8", "float32"]), st.sampled_from(OPTIONS))
def test_shapes(shape, dtype, options):
    same((np.arange(np.prod(shape, dtype=int)) * 7 % 13).reshape(shape).astype(dtype), options)


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("shape", [(2000,), (60, 50), (3, 700), (11, 12, 13)])
def test_large(shape, options):
    if options.get("profile") != "full":
        same(np.linspace(-3, 4, int(np.prod(shape))).reshape(shape), options)


def test_what_is_said_of_a_tensor():
    x = mg.tensor([1.0, 2.5], requires_grad=True)
    assert repr(x) == "tensor([1.0000, 2.5000], requires_grad=True)"
    assert repr(x * 2) == "tensor([2., 5.], grad_fn=<mul>)"
    assert repr(mg.nn.Parameter(mg.ones(1))) == "Parameter containing:\ntensor([1.], requires_grad=True)"
    assert repr(mg.zeros(2, 0, dtype=mg.int64)) == "tensor([], size=(2, 0), dtype=minigrad.int64)"
    assert repr(mg.tensor([1.5], dtype=mg.bfloat16)) == "tensor([1.5000], dtype=minigrad.bfloat16)"
    assert repr(mg.arange(24.0, dtype=mg.float64)).endswith("23.],\n       dtype=minigrad.float64)")
    assert mg.vmap(lambda row: mg.tensor(repr(row).startswith("tensor(shape=(3,), one example of")))(mg.ones(2, 3)).all()


@pytest.mark.parametrize("options", [{"profile": "long"}, {"precision": -1}, {"linewidth": -1}])
def test_options_that_cannot_be(options):
    with pytest.raises(ValueError, match="set_printoptions: "):
        mg.set_printoptions(**options)
