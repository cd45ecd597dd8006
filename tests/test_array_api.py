"""`minigrad.array_api` is the array API standard 2024.12: all its names with their signatures; values and dtypes are those of NumPy,
whose own namespace conforms; SciPy and scikit-learn compute with Tensors."""

from __future__ import annotations

import doctest
import importlib.util
import inspect
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import minigrad as mg
from minigrad import array_api as xp

UNARY = """abs acos acosh asin asinh atan atanh bitwise_invert ceil conj cos cosh exp expm1 floor imag isfinite isinf isnan log log1p log2 log10
logical_not negative positive real reciprocal round sign signbit sin sinh square sqrt tan tanh trunc""".split()
BINARY = """add atan2 bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor copysign divide equal floor_divide greater
greater_equal hypot less less_equal logaddexp logical_and logical_or logical_xor maximum minimum multiply nextafter not_equal pow remainder
subtract""".split()
DTYPE, LIKE = "*, dtype=None, device=None", "x, /, *, dtype=None, device=None"
REDUCED = "x, /, *, axis=None, keepdims=False"
MAIN = dict.fromkeys(UNARY, "x, /") | dict.fromkeys(BINARY, "x1, x2, /") | {
    "clip": "x, /, min=None, max=None",
    "arange": f"start, /, stop=None, step=1, {DTYPE}", "asarray": f"obj, /, {DTYPE}, copy=None", "empty": f"shape, {DTYPE}",
    "empty_like": LIKE, "eye": f"n_rows, n_cols=None, /, *, k=0, {DTYPE[3:]}", "from_dlpack": "x, /, *, device=None, copy=None",
    "full": f"shape, fill_value, {DTYPE}", "full_like": "x, /, fill_value, *, dtype=None, device=None",
    "linspace": f"start, stop, /, num, {DTYPE}, endpoint=True", "meshgrid": "*arrays, indexing='xy'", "ones": f"shape, {DTYPE}",
    "ones_like": LIKE, "tril": "x, /, *, k=0", "triu": "x, /, *, k=0", "zeros": f"shape, {DTYPE}", "zeros_like": LIKE,
    "astype": "x, dtype, /, *, copy=True, device=None", "can_cast": "from_, to, /", "finfo": "type, /", "iinfo": "type, /",
    "isdtype": "dtype, kind", "result_type": "*arrays_and_dtypes",
    "take": "x, indices, /, *, axis=None", "take_along_axis": "x, indices, /, *, axis=-1",
    "matmul": "x1, x2, /", "matrix_transpose": "x, /", "tensordot": "x1, x2, /, *, axes=2", "vecdot": "x1, x2, /, *, axis=-1",
    "broadcast_arrays": "*arrays", "broadcast_to": "x, /, shape", "concat": "arrays, /, *, axis=0", "expand_dims": "x, /, *, axis=0",
    "flip": "x, /, *, axis=None", "moveaxis": "x, source, destination, /", "permute_dims": "x, /, axes",
    "repeat": "x, repeats, /, *, axis=None", "reshape": "x, /, shape, *, copy=None", "roll": "x, /, shift, *, axis=None",
    "squeeze": "x, /, axis", "stack": "arrays, /, *, axis=0", "tile": "x, repetitions, /", "unstack": "x, /, *, axis=0",
    "argmax": REDUCED, "argmin": REDUCED, "count_nonzero": REDUCED, "nonzero": "x, /",
    "searchsorted": "x1, x2, /, *, side='left', sorter=None", "where": "condition, x1, x2, /",
    "unique_all": "x, /", "unique_counts": "x, /", "unique_inverse": "x, /", "unique_values": "x, /",
    "argsort": "x, /, *, axis=-1, descending=False, stable=True", "sort": "x, /, *, axis=-1, descending=False, stable=True",
    "cumulative_sum": "x, /, *, axis=None, dtype=None, include_initial=False",
    "cumulative_prod": "x, /, *, axis=None, dtype=None, include_initial=False",
    "max": REDUCED, "mean": REDUCED, "min": REDUCED, "prod": "x, /, *, axis=None, dtype=None, keepdims=False",
    "std": "x, /, *, axis=None, correction=0.0, keepdims=False", "sum": "x, /, *, axis=None, dtype=None, keepdims=False",
    "var": "x, /, *, axis=None, correction=0.0, keepdims=False", "all": REDUCED, "any": REDUCED,
    "diff": "x, /, *, axis=-1, n=1, prepend=None, append=None", "__array_namespace_info__": "",
}  # fmt: skip
LINALG = dict.fromkeys(("det", "eigh", "eigvalsh", "inv", "matrix_transpose", "slogdet", "svdvals"), "x, /") | {
    "cholesky": "x, /, *, upper=False", "cross": "x1, x2, /, *, axis=-1", "diagonal": "x, /, *, offset=0", "matmul": "x1, x2, /",
    "matrix_norm": "x, /, *, keepdims=False, ord='fro'", "matrix_power": "x, n, /", "matrix_rank": "x, /, *, rtol=None",
    "outer": "x1, x2, /", "pinv": "x, /, *, rtol=None", "qr": "x, /, *, mode='reduced'", "solve": "x1, x2, /",
    "svd": "x, /, *, full_matrices=True", "tensordot": "x1, x2, /, *, axes=2", "trace": "x, /, *, offset=0, dtype=None",
    "vecdot": "x1, x2, /, *, axis=-1", "vector_norm": "x, /, *, axis=None, keepdims=False, ord=2",
}  # fmt: skip
ONE, SEVERAL = "x, /, *, n=None, axis=-1, norm='backward'", "x, /, *, s=None, axes=None, norm='backward'"
FFT = dict.fromkeys(("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"), ONE) | dict.fromkeys(("fftn", "ifftn", "rfftn", "irfftn"), SEVERAL) | {
    "fftfreq": "n, /, *, d=1.0, dtype=None, device=None", "rfftfreq": "n, /, *, d=1.0, dtype=None, device=None",
    "fftshift": "x, /, *, axes=None", "ifftshift": "x, /, *, axes=None",
}  # fmt: skip
ALL = [(xp, n, s) for n, s in MAIN.items()] + [(xp.linalg, n, s) for n, s in LINALG.items()] + [(xp.fft, n, s) for n, s in FFT.items()]

REAL = ["float32", "float64"]
INTEGERS = ["uint8", "int8", "int16", "int32", "int64"]
SMALL = npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)


def values(dtype, low=-6, high=6):
    """Whole and half numbers, which every sum is exact of; ties and zeros are among them."""
    if dtype == "bool":
        return st.booleans()
    whole = st.integers(0 if dtype == "uint8" else low, high)
    return whole if dtype in INTEGERS else whole.map(lambda v: v / 2)


@st.composite
def arrays(draw, dtypes=(*REAL, *INTEGERS), shape=SMALL, **limits):
    dtype = draw(st.sampled_from(dtypes))
    return draw(npst.arrays(dtype, shape, elements=values(dtype, **limits)))


def same(got, want, dtype=True, rtol=1e-6):
    """Tensor and NumPy array, or sequences of them."""
    if isinstance(want, (tuple, list)):
        assert len(got) == len(want)
        for g, w in zip(got, want):
            same(g, w, dtype, rtol)
        return
    want = np.asarray(want)
    assert isinstance(got, mg.Tensor) and tuple(got.shape) == want.shape
    assert not dtype or got.dtype.name == want.dtype.name.replace("uint64", "int64")
    np.testing.assert_allclose(got.detach().numpy(), want, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("module, name, signature", ALL, ids=lambda v: v if isinstance(v, str) else "")
def test_signature(module, name, signature):
    found = inspect.signature(getattr(module, name))
    plain = found.replace(
        parameters=[p.replace(annotation=inspect.Parameter.empty) for p in found.parameters.values()],
        return_annotation=inspect.Signature.empty,
    )
    assert str(plain) == f"({signature})"


def test_names_and_constants():
    assert set(xp.__all__) <= {*MAIN, *"e inf nan newaxis pi bool linalg fft".split(), *INTEGERS, *REAL, "complex64", "complex128"}
    assert (xp.e, xp.pi, xp.inf, xp.newaxis) == (np.e, np.pi, np.inf, None) and np.isnan(xp.nan)
    assert set(xp.linalg.__all__) == set(LINALG) and set(xp.fft.__all__) == set(FFT)


@pytest.mark.parametrize("name", ["creation", "dtypes", "elementwise", "indexing", "info", "linalg", "manipulation", "searching", "statistics", ""])  # fmt: skip
def test_examples(name):
    module = importlib.import_module(f"minigrad.array_api.{name}".rstrip("."))
    assert not doctest.testmod(module, extraglobs={"xp": xp}).failed


@pytest.mark.parametrize("name", [n for n in UNARY if n not in ("bitwise_invert", "logical_not")])
@given(data=st.data())
def test_unary(name, data):
    exact = name in "abs conj positive negative square sign".split()
    low, high = {"acosh": (2, 6), "acos": (-2, 2), "asin": (-2, 2), "atanh": (-1, 1)}.get(name, (1, 6) if name in "log log2 log10 log1p sqrt reciprocal".split() else (-6, 6))  # fmt: skip
    x = data.draw(arrays(dtypes=tuple(REAL + (INTEGERS if exact else [])), low=low, high=high))
    same(getattr(xp, name)(xp.asarray(x)), getattr(np, name)(x))


COMPLEX = "abs acos acosh asin asinh atan atanh conj cos cosh exp expm1 imag isfinite isnan log log1p log2 log10 real reciprocal round sign sin sinh square sqrt tan tanh"


@pytest.mark.parametrize("name", COMPLEX.split())
def test_complex(name):
    x = np.array([[2 + 1j, 1.5 + 0.5j, -0.5 - 2j], [0.3j + 0.1, 3.5 - 1j, -1.2 + 0.4j]])
    same(getattr(xp, name)(xp.asarray(x)), getattr(np, name)(x))


def test_no_axes_reduce_nothing():
    x = np.array([[2.0, 0.0], [1.0, 3.0]])
    for name in ("sum", "prod", "max", "min", "mean", "std", "var", "all", "any"):
        same(getattr(xp, name)(xp.asarray(x), axis=()), getattr(np, name)(x, axis=()))


@pytest.mark.parametrize("name", BINARY)
@given(data=st.data())
def test_binary(name, data):
    dtypes = ["bool"] if name.startswith("logical") else INTEGERS if name.startswith("bitwise") else REAL
    if name in ("add", "subtract", "multiply", "maximum", "minimum", "equal", "less", "greater_equal"):
        dtypes = data.draw(st.sampled_from([REAL, INTEGERS]))
    low, high = (1, 6) if name in ("pow", "divide", "floor_divide", "remainder") or "shift" in name else (-6, 6)
    shapes = data.draw(npst.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=4)).input_shapes
    x, y = (data.draw(arrays(dtypes=tuple(dtypes), shape=s, low=low, high=high)) for s in shapes)
    same(getattr(xp, name)(xp.asarray(x), xp.asarray(y)), getattr(np, name)(x, y))


@pytest.mark.parametrize("name", ["sum", "prod", "max", "min", "mean", "std", "var", "all", "any", "count_nonzero"])
@given(data=st.data())
def test_reductions(name, data):
    shape = data.draw(npst.array_shapes(min_dims=0, max_dims=3, max_side=4))
    x = data.draw(arrays(dtypes=tuple(REAL if name in ("mean", "std", "var") else REAL + INTEGERS), shape=shape))
    axis = data.draw(st.none() | npst.valid_tuple_axes(len(shape), min_size=1) if shape else st.none())
    options = {"axis": axis, "keepdims": data.draw(st.booleans())}
    if name == "std" or name == "var":
        options["correction"] = data.draw(st.sampled_from([0, 0.5]))
    same(getattr(xp, name)(xp.asarray(x), **options), getattr(np, name)(x, **options), rtol=1e-5)


@given(data=st.data(), x=arrays(shape=npst.array_shapes(min_dims=1, max_dims=3, max_side=4)))
def test_along_an_axis(data, x):
    """Scans, order and indexing."""
    axis, t = data.draw(st.integers(-x.ndim, x.ndim - 1)), xp.asarray(x)
    n = x.shape[axis]
    same(xp.cumulative_sum(t, axis=axis, include_initial=True), np.cumulative_sum(x, axis=axis, include_initial=True))
    same(xp.cumulative_prod(t, axis=axis), np.cumulative_prod(x, axis=axis))
    same(xp.argmax(t, axis=axis, keepdims=True), np.argmax(x, axis=axis, keepdims=True))
    same(xp.argmin(t, axis=axis), np.argmin(x, axis=axis))
    same(xp.sort(t, axis=axis), np.sort(x, axis=axis))
    same(xp.argsort(t, axis=axis), np.argsort(x, axis=axis, stable=True))
    same(xp.sort(t, axis=axis, descending=True), np.flip(np.sort(x, axis=axis), axis=axis))
    same(xp.diff(t, axis=axis), np.diff(x, axis=axis))
    indices = data.draw(npst.arrays("int64", st.integers(0, 5), elements=st.integers(-n, n - 1)))
    same(xp.take(t, xp.asarray(indices), axis=axis), np.take(x, indices, axis=axis))
    order = np.argsort(-x.astype("float64"), axis=axis)
    same(xp.take_along_axis(t, xp.asarray(order - n), axis=axis), np.take_along_axis(x, order, axis=axis))


@given(data=st.data(), x=arrays(shape=npst.array_shapes(min_dims=1, max_dims=3, max_side=4)))
def test_manipulation(data, x):
    t, axis = xp.asarray(x), data.draw(st.integers(-x.ndim, x.ndim - 1))
    same(xp.flip(t), np.flip(x))
    same(xp.flip(t, axis=axis), np.flip(x, axis=axis))
    same(xp.roll(t, 2, axis=axis), np.roll(x, 2, axis=axis))
    same(xp.roll(t, 1), np.roll(x, 1))
    same(xp.expand_dims(t, axis=axis), np.expand_dims(x, axis=axis))
    same(xp.squeeze(xp.expand_dims(t, axis=axis), axis=axis), x)
    same(xp.repeat(t, 2, axis=axis), np.repeat(x, 2, axis=axis))
    same(xp.repeat(t, 3), np.repeat(x, 3))
    same(xp.tile(t, (2, 1)), np.tile(x, (2, 1)))
    same(xp.unstack(t, axis=axis), np.unstack(x, axis=axis))
    same(xp.stack([t, t], axis=axis), np.stack([x, x], axis=axis))
    same(xp.concat([t, t], axis=None), np.concat([x, x], axis=None))
    same(xp.permute_dims(t, range(x.ndim)[::-1]), x.T)
    same(xp.moveaxis(t, axis, 0), np.moveaxis(x, axis, 0))
    same(xp.nonzero(t), np.nonzero(x))
    same(xp.broadcast_to(t, (2, *x.shape)), np.broadcast_to(x, (2, *x.shape)))


@given(x=arrays(shape=SMALL))
def test_unique(x):
    if x.size and x.dtype.kind == "f":
        x.flat[-1] = np.nan
        x = np.concatenate([x.ravel(), [np.nan]]).astype(x.dtype)
    for name in ("unique_all", "unique_counts", "unique_inverse"):
        same(getattr(xp, name)(xp.asarray(x)), tuple(getattr(np, name)(x)))
    same(xp.unique_values(xp.asarray(x)), np.sort(np.unique(x, equal_nan=False)))


def test_creation():
    same(xp.arange(5), np.arange(5))
    same(xp.arange(5, 1), np.arange(5, 1))
    same(xp.arange(5, 1, -2, dtype=xp.float64), np.arange(5, 1, -2, dtype="float64"))
    for endpoint in (True, False):
        same(xp.linspace(0, 1, 5, dtype=xp.float64, endpoint=endpoint), np.linspace(0, 1, 5, endpoint=endpoint))
        same(xp.linspace(0, 1 + 2j, 5, dtype=xp.complex128, endpoint=endpoint), np.linspace(0, 1 + 2j, 5, endpoint=endpoint))
    for k in (-1, 0, 2):
        same(xp.eye(3, 4, k=k, dtype=xp.float64), np.eye(3, 4, k=k))
        same(xp.tril(xp.ones((3, 4), dtype=xp.int32), k=k), np.tril(np.ones((3, 4), "int32"), k=k))
    same(xp.asarray([xp.asarray([1, 2]), [3, 4]]), np.array([[1, 2], [3, 4]]))
    same(xp.asarray(np.float64(0.1)), np.array(0.1))
    x = xp.asarray([1.0])
    assert xp.asarray(x) is x and xp.asarray(x, copy=True) is not x and xp.astype(x, xp.float32, copy=False) is x
    for wrong in (lambda: xp.asarray([1.0], copy=False), lambda: xp.asarray(x, dtype=xp.float64, copy=False), lambda: xp.ones(2, device="gpu"),
                  lambda: xp.squeeze(xp.ones((2, 1)), axis=0), lambda: xp.nonzero(xp.ones(())), lambda: xp.take(xp.ones((2, 2)), xp.arange(1))):  # fmt: skip
        with pytest.raises(ValueError):
            wrong()


NAMES = ["bool", *INTEGERS, *REAL, "complex64", "complex128"]


@pytest.mark.parametrize("a", NAMES)
@pytest.mark.parametrize("b", NAMES)
def test_promotion(a, b):
    """The table of the standard, which leaves out bool with numbers and integers with floats."""
    kind = {**dict.fromkeys(INTEGERS, "i"), "bool": "b"}
    x, y = getattr(xp, a), getattr(xp, b)
    if kind.get(a) != kind.get(b):
        assert not xp.can_cast(x, y)
        return
    assert xp.can_cast(x, y) == np.can_cast(a, b)
    want = np.result_type(np.dtype(a), np.dtype(b)).name
    assert xp.result_type(x, y).name == want == xp.result_type(xp.ones((), dtype=x), xp.ones(2, dtype=y)).name
    assert xp.isdtype(x, y) == np.isdtype(np.dtype(a), np.dtype(b))
    for k in ("bool", "signed integer", "unsigned integer", "integral", "real floating", "complex floating", "numeric"):
        assert xp.isdtype(x, k) == np.isdtype(np.dtype(a), k)


def test_python_numbers_are_weak():
    x = xp.ones(2, dtype=xp.int8)
    assert xp.add(x, 1).dtype == xp.int8 and xp.maximum(0.5, xp.ones(2)).dtype == xp.float32
    assert xp.result_type(xp.float64, 1j) == xp.complex128 and xp.result_type(xp.float32, 1j, 2) == xp.complex64


def test_info():
    info = xp.ones(1).__array_namespace__(api_version="2024.12").__array_namespace_info__()
    assert list(info.dtypes(kind=("unsigned integer", "bool"))) == ["uint8", "bool"] and info.devices() == [info.default_device()]
    assert info.default_dtypes()["real floating"] == xp.ones(1).dtype and info.capabilities()["boolean indexing"]
    assert len(info.dtypes()) == 10 and xp.ones(1).to_device("cpu").device == "cpu"
    xp.ones((1,) * info.capabilities()["max dimensions"])
    assert xp.finfo(xp.complex128).dtype == xp.float64 and xp.iinfo(xp.ones(1, dtype=xp.int16)).max == 32767
    with pytest.raises(ValueError, match="expected version 2024.12"):
        xp.ones(1).__array_namespace__(api_version="1999.12")


def test_linalg(seed=0):
    r = np.random.default_rng(seed)
    a, b, v = r.standard_normal((2, 3, 3)), r.standard_normal((3, 3)), r.standard_normal(3)
    s = a @ a.mT + np.eye(3)
    A, B, V, S = map(xp.asarray, (a, b, v, s))
    for name in ("det", "inv", "svdvals", "pinv", "matrix_rank", "trace", "diagonal", "matrix_norm", "vector_norm", "slogdet"):
        same(getattr(xp.linalg, name)(A), getattr(np.linalg, name)(a), dtype=name != "matrix_rank")
    same(xp.linalg.eigvalsh(S), np.linalg.eigvalsh(s))
    same(xp.linalg.cholesky(S, upper=True), np.linalg.cholesky(s, upper=True))
    for x, y, X, Y in ((a, v, A, V), (a, b, A, B), (b, a, B, A)):
        same(xp.linalg.solve(X, Y), np.linalg.solve(x, y))
        same(xp.matmul(X, Y), np.matmul(x, y))
        same(xp.vecdot(X, Y), np.vecdot(x, y))
    same(xp.linalg.cross(A, V), np.linalg.cross(a, v))
    same(xp.linalg.outer(V, V), np.linalg.outer(v, v))
    same(xp.tensordot(A, B, axes=((2,), (0,))), np.tensordot(a, b, axes=((2,), (0,))))
    same(xp.linalg.matrix_power(A, 3), np.linalg.matrix_power(a, 3))
    same(xp.vecdot(A, V[:, None], axis=-2), np.vecdot(a, v[:, None], axis=-2))
    Q, R = xp.linalg.qr(A)
    same(Q @ R, a)
    u, w, vh = xp.linalg.svd(A, full_matrices=False)
    same(u * w[..., None, :] @ vh, a)
    assert xp.linalg.eigh(S)._fields == ("eigenvalues", "eigenvectors")


@pytest.mark.parametrize(
    "name", ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft", "fftn", "ifftn", "rfftn", "irfftn", "fftshift", "ifftshift"]
)
def test_fft(name):
    x = np.random.default_rng(0).standard_normal((3, 4))
    if name in ("irfft", "irfftn", "hfft", "ifft"):
        x = x + 1j
    same(getattr(xp.fft, name)(xp.asarray(x)), getattr(np.fft, name)(x))
    if "shift" not in name:
        options = {"s": (3, 5), "axes": (0, 1)} if name[-1] == "n" else {"n": 5, "axis": 0}
        same(getattr(xp.fft, name)(xp.asarray(x), norm="ortho", **options), getattr(np.fft, name)(x, norm="ortho", **options))
    same(xp.fft.fftfreq(5, d=0.5, dtype=xp.float64), np.fft.fftfreq(5, d=0.5))
    same(xp.fft.rfftfreq(5, d=0.5, dtype=xp.float64), np.fft.rfftfreq(5, d=0.5))


def test_gradients_go_through():
    x = mg.tensor([3.0, 1.0, 3.0], requires_grad=True)
    (xp.sum(xp.unique_values(x)) + xp.var(x) + xp.clip(x, 2.0)[0]).backward()
    # 1 for where a unique value is first, 2 (x - mean) / 3, and 1
    np.testing.assert_allclose(x.grad.numpy(), [1 + 4 / 9 + 1, 1 - 8 / 9, 4 / 9], rtol=1e-6)


def test_search_and_choice():
    x, v = np.array([1.0, 2.0, 2.0, 5.0]), np.array([[0.0, 2.0], [5.0, 9.0]])
    for side in ("left", "right"):
        same(xp.searchsorted(xp.asarray(x), xp.asarray(v), side=side), np.searchsorted(x, v, side=side))
    same(xp.where(xp.asarray(v) > 1, xp.asarray(v), 0.0), np.where(v > 1, v, 0.0))
    same(xp.clip(xp.asarray(v), 1, xp.asarray([3.0, 4.0])), np.clip(v, 1, np.array([3.0, 4.0])).astype("float64"))
    same(xp.meshgrid(xp.asarray(x), xp.asarray(v[0])), np.meshgrid(x, v[0]))
    same(xp.reshape(xp.asarray(v), (4,), copy=False), v.ravel())
    with pytest.raises(ValueError, match="without a copy"):
        xp.reshape(xp.asarray(v).T, (4,), copy=False)


def test_array_api_compat():
    compat = pytest.importorskip("array_api_compat")
    x = xp.ones((2, 3))
    assert compat.is_array_api_obj(x) and compat.array_namespace(x, x) is xp and compat.size(x) == 6 and compat.device(x) == "cpu"


SCIPY = """
import numpy as np, scipy.special, scipy.stats, scipy.cluster.vq
import minigrad as mg
a = np.random.default_rng(0).uniform(0.1, 2, (5, 3))
x = mg.tensor(a)
def check(got, want):
    assert isinstance(got, mg.Tensor), type(got)
    np.testing.assert_allclose(got.numpy(), want, rtol=1e-7)
check(scipy.special.logsumexp(x, axis=1), scipy.special.logsumexp(a, axis=1))
check(scipy.stats.gmean(x, axis=0), scipy.stats.gmean(a, axis=0))
check(scipy.stats.kurtosis(x, axis=0), scipy.stats.kurtosis(a, axis=0))
check(scipy.cluster.vq.whiten(x), scipy.cluster.vq.whiten(a))
"""

SKLEARN = """
import numpy as np, sklearn
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import accuracy_score, r2_score
import minigrad as mg
r = np.random.default_rng(0)
labels = np.arange(60) % 3
data = r.standard_normal((60, 4)) + labels[:, None]
model = LinearDiscriminantAnalysis().fit(data, labels)
with sklearn.config_context(array_api_dispatch=True):
    x, y = mg.tensor(data), mg.tensor(labels)
    ours = LinearDiscriminantAnalysis().fit(x, y)
    assert isinstance(ours.coef_, mg.Tensor), type(ours.coef_)
    np.testing.assert_allclose(ours.coef_.numpy(), model.coef_, rtol=1e-6)
    predicted = ours.predict(x)
    assert isinstance(predicted, mg.Tensor) and (predicted.numpy() == model.predict(data)).all()
    assert abs(accuracy_score(y, predicted) - model.score(data, labels)) < 1e-6  # a mean of bool, in the default dtype
    score = r2_score(x[:, 0], x[:, 1])
assert abs(score - r2_score(data[:, 0], data[:, 1])) < 1e-12
"""


@pytest.mark.parametrize("package, program", [("scipy", SCIPY), ("sklearn", SKLEARN)])
def test_programs_of_others(package, program):
    """In a process of their own: SciPy reads SCIPY_ARRAY_API at its import."""
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    path = os.pathsep.join([os.path.dirname(os.path.dirname(mg.__file__)), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run([sys.executable, "-c", program], env={**os.environ, "SCIPY_ARRAY_API": "1", "PYTHONPATH": path}, capture_output=True, text=True)  # fmt: skip
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("name", ["cumulative_sum", "cumulative_prod"])
def test_cumulative_keeps_the_dtype_that_was_asked_for(name):
    assert getattr(xp, name)(xp.asarray([1, 2, 3]), dtype=xp.uint8).dtype is xp.uint8
