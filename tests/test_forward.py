"""Every op against its reference, over dtypes and layouts; elementwise ops and reductions over random shapes too."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from ops import all_samples, xfail_if_known

import minigrad as mg
from minigrad.registry import OPS, Draw
from minigrad.testing import LAYOUTS, arrays_of, check_close, check_value, laid_out, tensors_of


@pytest.mark.parametrize("op, sample", all_samples())
def test_op_matches_reference(op, sample, request):
    """Values, shapes, integer dtypes; arguments stay as they are."""
    xfail_if_known(op, "values", request)
    for dtype in op.dtypes:
        for layout in LAYOUTS if not op.dense else ("contiguous",):
            check_value(op, sample, dtype, layout)


ELEMENTWISE = [op for op in OPS.values() if op.family == "elementwise" and not op.params and "mg" in op.where]
REDUCTIONS = [op for op in OPS.values() if op.family == "reduction" and "mg" in op.where]
CANCEL = {"digamma", "lgamma"}  # below 0 two terms cancel near the zeros: the error is one of the terms
POSITIVE = {"log", "log2", "log10", "log1p", "sqrt", "rsqrt", "pow"}


@pytest.mark.parametrize("op", ELEMENTWISE, ids=lambda op: op.name)
@given(data=st.data())
def test_elementwise_broadcasting(op, data):
    """Any shapes that broadcast, in any layout, expanded ones among them."""
    n = len(op.arrays)
    shapes = data.draw(hnp.mutually_broadcastable_shapes(num_shapes=n, max_dims=4, max_side=3, min_side=0))
    dtype = data.draw(st.sampled_from(op.dtypes))
    draw = Draw(data.draw(st.integers(0, 2**32 - 1)))
    tensors, arrays = [], []
    for i, shape in enumerate(shapes.input_shapes):
        kind = np.dtype(dtype).kind
        values = draw.between(0.5, 3, *shape) if op.name in POSITIVE else draw.between(0.3, 3, *shape) * np.where(draw.bools(*shape), 1, -1)
        values = (
            draw.bools(*shape)
            if kind == "b"
            else np.asarray(np.round(values * 9) if kind == "i" else np.abs(np.round(values * 9)) + 1 if kind == "u" else values)
        )
        t = laid_out(np.asarray(values).astype(dtype), data.draw(st.sampled_from(list(LAYOUTS))))
        if t.ndim and t.shape[0] == 1 and data.draw(st.booleans()) and shapes.result_shape[-t.ndim] not in (0, 1):
            t = t.expand(shapes.result_shape[-t.ndim], *t.shape[1:])
        tensors.append(t)
        arrays.append(np.array(t.numpy()))
    got = op.function(*tensors)
    with np.errstate(all="ignore"):
        want = np.asarray(op.ref(*arrays))
    assert got.shape == shapes.result_shape
    check_close(got.numpy(), want, 2 * op.ulp, f"{op.name} {dtype} {shapes.input_shapes}", float(op.name in CANCEL))


@pytest.mark.parametrize("op", REDUCTIONS, ids=lambda op: op.name)
@given(data=st.data())
def test_reduction_over_random_dims(op, data):
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=5))
    single = op.name in ("argmax", "argmin", "prod")
    dims = data.draw(
        st.lists(
            st.integers(-len(shape), len(shape) - 1), min_size=1, max_size=1 if single else len(shape), unique_by=lambda d: d % len(shape)
        )
    )
    keepdim, dtype = data.draw(st.booleans()), data.draw(st.sampled_from(op.dtypes))
    draw = Draw(data.draw(st.integers(0, 2**32 - 1)))
    values = draw.ints(0, 4, *shape).astype(dtype) if np.dtype(dtype).kind != "f" else draw(*shape).astype(dtype)
    t = laid_out(values, data.draw(st.sampled_from(list(LAYOUTS))))
    dim = dims[0] if single or (len(dims) == 1 and data.draw(st.booleans())) else tuple(dims)
    got = op.function(t, dim=dim, keepdim=keepdim)
    want = np.asarray(op.ref(values, dim=dim, keepdim=keepdim))
    assert got.shape == want.shape
    size = float(np.abs(values).astype(float).sum()) if op.name in ("sum", "mean") else None
    check_close(got.numpy(), want, op.ulp, f"{op.name} {dtype} {shape} {dim}", size)


@given(data=st.data())
def test_matmul_shapes(data):
    """1-D, 2-D, stacks, broadcast stacks, transposed operands; exact, since the values are small integers."""
    m, k, n = (data.draw(st.integers(0, 5)) for _ in range(3))
    batch = data.draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=2, max_side=3))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    a = rng.integers(-4, 5, (*batch.input_shapes[0], m, k))
    b = rng.integers(-4, 5, (*batch.input_shapes[1], k, n))
    if data.draw(st.booleans()):
        a = a.reshape(-1, k)[0] if a.size else np.ones(k, np.int64)
    if data.draw(st.booleans()):
        b = b.reshape(-1, k)[0] if b.size else np.ones(k, np.int64)
    dtype = data.draw(st.sampled_from(["float32", "float64", "int64", "int32"]))
    x, y = (laid_out(v.astype(dtype), data.draw(st.sampled_from(list(LAYOUTS)))) for v in (a, b))
    np.testing.assert_array_equal(mg.matmul(x, y).numpy(), np.matmul(a, b).astype(dtype), strict=True)


def test_read_only_arrays():
    """They cannot be shared, but they can be operands, and be copied."""
    a = np.arange(4.0)
    a.flags.writeable = False
    x = mg.ones(4, dtype=mg.float64)
    np.testing.assert_array_equal((x + a).numpy(), a + 1)
    np.testing.assert_array_equal(mg.tensor(a).numpy(), a)
    with pytest.raises(ValueError, match="read-only"):
        mg.from_numpy(a)
    x[:] = a
    np.testing.assert_array_equal(x.numpy(), a)


@pytest.mark.parametrize("op", [op for op in OPS.values() if op.oracle is not None], ids=lambda op: op.name)
def test_fused_op_has_the_gradient_of_its_oracle(op):
    for sample in op.samples(Draw(0)):
        results = []
        for function in (op.function, op.oracle):
            arrays = [tensors_of(a, "float64", requires_grad=True) for a in sample.arrays]
            leaves = [a for a in arrays if isinstance(a, mg.Tensor) and a.requires_grad]
            y = function(*arrays, **{k: tensors_of(v, "float64") for k, v in sample.params.items()})
            y = y[0] if isinstance(y, tuple) else y
            g = mg.from_numpy(np.asarray(np.random.default_rng(1).standard_normal(y.shape)))
            results.append([arrays_of(v) for v in mg.autograd.grad(y, leaves, g, allow_unused=True)])
        for got, want in zip(*results, strict=True):
            assert (got is None) == (want is None)
            if got is not None:
                np.testing.assert_allclose(got, want, 1e-9, 1e-11)
