"""Every op on arguments that Hypothesis draws: values, dtypes and layouts, one per array; gradients at other values than the samples'."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad.registry import OPS, Draw
from minigrad.testing import arrays_of, check_close, check_gradients, check_jvp, laid_out, op_arguments
from minigrad.testing.samples import magnitudes

# There are hundreds of ops: in CI a few examples of each; all that were asked for in the deep profile.
ASKED = settings.default.max_examples
DEEP = ASKED > 100
by_name = pytest.mark.parametrize("op", OPS.values(), ids=OPS)


def copied(value):
    """The same values, contiguous."""
    if isinstance(value, list):
        return [copied(v) for v in value]
    return laid_out(np.array(value.numpy()), "contiguous") if isinstance(value, mg.Tensor) else value


def tensors(value) -> list:
    return [y for y in (value if isinstance(value, (tuple, list)) else (value,)) if isinstance(y, mg.Tensor)]


@by_name
@pytest.mark.hypothesis
def test_layout_of_arguments_does_not_matter(op):
    @settings(max_examples=ASKED if DEEP else max(2, ASKED // 10))
    @given(op_arguments(op))  # not through st.data, which takes as long as the rest of an example
    def check(arguments):
        arrays, params = arguments
        plain, same = copied(arrays), {k: copied(v) for k, v in params.items()}
        mg.manual_seed(0)
        got = tensors(op.function(*arrays, **params))
        mg.manual_seed(0)
        want = tensors(op.function(*plain, **same))
        # The order of a sum is that of the memory, so its error is one of its terms.
        if op.name in ("std_mean", "var_mean"):  # the mean is a sum, though the op is not linear
            sizes = [None, max(float(np.abs(arrays_of(a)).max(initial=0)) for a in arrays)]
        else:
            sizes = magnitudes(op, arrays_of(arrays), {k: arrays_of(v) for k, v in params.items()})
        for y, w, size in zip(got, want, sizes or [None] * len(got), strict=True):
            assert y.dtype is w.dtype
            check_close(arrays_of(y), arrays_of(w), 2 * op.ulp, op.name, size)

    check()


@by_name
@settings(max_examples=ASKED // 10 if DEEP else 1)
@given(seed=st.integers(1, 2**32 - 1))
def test_derivatives_at_other_values(op, seed):
    for sample in op.samples(Draw(seed)):
        check_gradients(op, sample, seed)
        check_jvp(op, sample, seed)
