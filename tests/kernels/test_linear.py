"""The kernel `linear_backward`: three gradients of a dense layer against NumPy, exact on whole numbers."""

from __future__ import annotations

import numpy as np
import pytest
import raw

SIZES = [(1, 1, 1), (5, 3, 4), (32, 16, 16), (33, 17, 15), (7, 1, 40), (130, 70, 90)]  # m, n, k
DTYPES = {"f32": np.float32, "f64": np.float64}


@pytest.mark.parametrize("isa", raw.isas())
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("m, n, k", SIZES, ids=str)
@pytest.mark.parametrize("wanted", [(1, 1, 1), (0, 1, 1), (1, 0, 0), (0, 1, 0)], ids=str)
@pytest.mark.parametrize("transposed", [False, True], ids=["plain", "transposed"])
def test_gradients_without_activation(isa, dtype, m, n, k, wanted, transposed):
    rng = np.random.default_rng([m, n, k])

    def whole(*shape: int) -> np.ndarray:
        x = rng.integers(-4, 5, shape[::-1] if transposed else shape).astype(DTYPES[dtype])
        return x.T if transposed else x

    g, x, w = whole(m, n), whole(m, k), whole(n, k)
    shapes = [(m, k), (n, k), (n,)]
    out = [raw.guarded(s, g.dtype.name) if want else None for s, want in zip(shapes, wanted, strict=True)]
    assert raw.run("linear_backward", dtype, [*out, g, x, w, None], [0], isa) == 0
    for got, want in zip(out, [g @ w, g.T @ x, g.sum(0)], strict=True):
        if got is not None:
            raw.check_guards(got)
            np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("isa", raw.isas())
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "code, slope", [(1, lambda y: y > 0), (2, lambda y: 1 - y * y), (3, lambda y: y * (1 - y))], ids=["relu", "tanh", "sigmoid"]
)
@pytest.mark.parametrize("m, n, k", SIZES, ids=str)
def test_gradients_through_an_activation(isa, dtype, code, slope, m, n, k):
    """The outputs of the activation are chosen so that slopes are multiples of 1/16: still exact."""
    rng = np.random.default_rng([m, n, k, code])
    g, x, w = (rng.integers(-4, 5, s).astype(DTYPES[dtype]) for s in ((m, n), (m, k), (n, k)))
    y = rng.choice(np.array([0, 0.25, 0.5, 0.75], DTYPES[dtype]), (m, n))
    out = [raw.guarded(s, g.dtype.name) for s in ((m, k), (n, k), (n,))]
    assert raw.run("linear_backward", dtype, [*out, g, x, w, y], [code], isa) == 0
    inner = g * slope(y).astype(g.dtype)
    for got, want in zip(out, [inner @ w, inner.T @ x, inner.sum(0)], strict=True):
        raw.check_guards(got)
        np.testing.assert_array_equal(got, want)
