"""testing.assert_close passes and fails where PyTorch's does, and says what differs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad.testing import assert_close

DTYPES = ["float16", "bfloat16", "float32", "float64", "complex64", "int64", "uint8", "bool"]
NUMBERS = st.sampled_from(
    [0.0, 1.0, 1.0 + 1e-6, 1.0 + 2e-6, 1.0 + 1e-8, 1.001, 1.01, 2.0, -1.0, 1e-6, 1e6, float("nan"), float("inf"), -float("inf")]
)


def outcome(lib, close, make, arguments):
    try:
        close(*make(lib), **arguments)
    except (AssertionError, TypeError, ValueError) as error:
        return type(error)
    return None


@settings(deadline=None)
@given(
    st.lists(st.tuples(NUMBERS, NUMBERS), max_size=4),
    st.sampled_from(DTYPES),
    st.sampled_from(DTYPES),
    st.fixed_dictionaries({}, optional={"equal_nan": st.booleans(), "check_dtype": st.booleans(), "check_stride": st.booleans()}),
    st.sampled_from([{}, {}, {"rtol": 0.0, "atol": 0.0}, {"rtol": 1e-2, "atol": 0.0}, {"rtol": 0.0, "atol": 1.5}, {"rtol": 0.1}]),
    st.sampled_from(["tensor", "nest", "array"]),
)
def test_passes_and_fails_as_pytorchs(pairs, first, second, flags, tolerances, kind):
    torch = pytest.importorskip("torch")
    columns = [[p[i] for p in pairs] for i in (0, 1)]
    if not {first, second} <= {"float16", "bfloat16", "float32", "float64", "complex64"}:
        columns = [[v if np.isfinite(v) and v >= 0 else 3.0 for v in c] for c in columns]

    def make(lib):
        tensors = [lib.tensor(c, dtype=lib.float64).to(getattr(lib, d)) for c, d in zip(columns, (first, second))]
        if kind == "array" and "bfloat16" not in (first, second):
            return [t.numpy() for t in tensors]
        return [{"a": [t], "b": (1, None)} for t in tensors] if kind == "nest" else tensors

    results = [outcome(lib, lib.testing.assert_close, make, {**flags, **tolerances}) for lib in (torch, mg)]
    assert results[0] == results[1]


@pytest.mark.parametrize("actual, expected, error, message", [
    (mg.tensor([1.0, 2.0, 3.0]), mg.tensor([1.0, 2.1, 4.0]), AssertionError, r"2 of 3 elements differ; .* 1 \(up to .* at \(2,\): 3.0, expected 4.0"),
    (mg.ones(2), mg.ones(3), AssertionError, r"the shapes differ: \(2,\), expected \(3,\)"),
    (mg.ones(2), mg.ones(2).double(), AssertionError, "the dtypes differ: .*float32, expected .*float64"),
    ({"a": [1.0]}, {"a": [2.0]}, AssertionError, r"^at \['a'\]\[0\]: 1 of 1"),
    ({"a": 1}, {"b": 1}, AssertionError, r"missing \['b'\], additional \['a'\]"),
    ([1], [1, 2], AssertionError, "the lengths differ: 1, expected 2"),
    (1, 1.0, AssertionError, "the types differ: int, expected float"),
    (None, 1, AssertionError, "None, expected 1"),
    (True, 1, TypeError, "cannot compare bool with int"),
    ("a", "a", TypeError, "cannot compare str with str"),
    (mg.ones(2), 1.0, TypeError, "cannot compare Tensor with float"),
])  # fmt: skip
def test_says_what_differs(actual, expected, error, message):
    with pytest.raises(error, match=message):
        assert_close(actual, expected)
    assert_close(actual, actual) if not isinstance(actual, str) else None


def test_messages_and_tolerances():
    with pytest.raises(AssertionError, match="^mine$"):
        assert_close(1.0, 2.0, msg="mine")
    with pytest.raises(AssertionError, match="^mine: 1 of 1"):
        assert_close(1.0, 2.0, msg=lambda report: f"mine: {report}")
    with pytest.raises(ValueError, match="expected both rtol and atol"):
        assert_close(1.0, 1.0, rtol=1e-3)
    assert_close(mg.ones(2, requires_grad=True), mg.ones(2), rtol=0, atol=0)
    with pytest.raises(TypeError, match="cannot compare"):
        assert_close(mg.nn.Parameter(mg.ones(2)), mg.ones(2), allow_subclasses=False)
