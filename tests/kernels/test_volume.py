"""depth_taps and its adjoint against NumPy: volumes as images whose channels are what the taps of a window see."""

from __future__ import annotations

import numpy as np
import pytest
import raw
from hypothesis import given, settings
from hypothesis import strategies as st

DTYPES = {"f32": "float32", "f64": "float64"}


def taps(x: np.ndarray, out: int, k: int, stride: int, padding: int, dilation: int) -> np.ndarray:
    n, c, _, h, w = x.shape
    far = max((out - 1) * stride + (k - 1) * dilation + 1 - padding - x.shape[2], 0)
    padded = np.pad(x, ((0, 0), (0, 0), (padding, far), (0, 0), (0, 0)))
    each = [[padded[:, :, z * stride + i * dilation] for i in range(k)] for z in range(out)]
    return np.array(each).transpose(2, 0, 3, 1, 4, 5).reshape(n * out, c * k, h, w)


@pytest.mark.parametrize("isa", raw.isas())
@given(st.data())
@settings(max_examples=40, deadline=None)
def test_taps_and_adjoint(isa: str, data: st.DataObject) -> None:
    size = lambda low, high: data.draw(st.integers(low, high))  # noqa: E731
    n, c, depth, h, w = size(1, 3), size(1, 3), size(1, 7), size(1, 5), size(1, 6)
    out, k, stride, padding, dilation = q = size(1, 5), size(1, 4), size(1, 3), size(0, 4), size(1, 3)
    dtype = data.draw(st.sampled_from(list(DTYPES)))
    rng = np.random.default_rng(size(0, 2**32 - 1))
    x = rng.integers(-9, 10, (n, c, depth, h, w)).astype(DTYPES[dtype])
    want = taps(x, *q)
    images = raw.guarded(want.shape, DTYPES[dtype])
    assert raw.run("depth_taps", dtype, [images, x], q, isa) == 0
    np.testing.assert_array_equal(images, want)
    g, gx = rng.integers(-9, 10, want.shape).astype(DTYPES[dtype]), raw.guarded(x.shape, DTYPES[dtype])
    assert raw.run("depth_taps_backward", dtype, [gx, g], q, isa) == 0
    basis = np.eye(depth, dtype=x.dtype).reshape(depth, 1, depth, 1, 1)
    seen = taps(basis, *q).reshape(depth, out, k)  # of which plane what tap is
    np.testing.assert_array_equal(gx, np.einsum("nzckhw,dzk->ncdhw", g.reshape(n, out, c, k, h, w), seen))
    raw.check_guards(images)
    raw.check_guards(gx)


def test_nothing_to_do() -> None:
    empty = np.empty((0, 2, 3, 4, 5), np.float32)
    assert raw.run("depth_taps", "f32", [np.empty((0, 4, 4, 5), np.float32), empty], (3, 2, 1, 0, 1)) == 0
    assert raw.run("depth_taps_backward", "f32", [empty, np.empty((0, 4, 4, 5), np.float32)], (0, 2, 1, 0, 1)) == 0
