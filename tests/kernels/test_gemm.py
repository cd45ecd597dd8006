"""The kernels `matmul` and `matmul_plain`, and the internal entry gemm.

Whole numbers make every product and sum exact in any order, so most comparisons are for equality, in float32 too; the error bound of
rounding, k * eps * (|A| @ |B|), is tested apart."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
import raw
from hypothesis import given, settings
from hypothesis import strategies as st

ISAS = raw.isas()
SUFFIX = {"float32": "f32", "float64": "f64", "int64": "i64", "int32": "i32", "uint8": "u8"}
FLOATS = ["float32", "float64"]
LAYOUTS = [("plain", "plain"), ("transposed", "plain"), ("plain", "transposed"), ("transposed", "transposed"), ("stepped", "backwards")]

# m, n, k: around the rows of a tile (6, 14) and the lanes of vectors (2, 4, 8, 16), skinny, empty
SMALL = [
    (1, 1, 1), (2, 3, 5), (1, 70, 33), (70, 1, 33), (1, 70, 3), (70, 1, 3), (33, 29, 1), (5, 7, 0), (0, 4, 3), (4, 0, 3), (13, 31, 9), (14, 32, 8),
    (15, 33, 40), (29, 65, 17), (64, 10, 32), (64, 48, 127), (3, 17, 100), (17, 3, 100), (8, 9, 64), (21, 8, 50), (4, 150, 30), (7, 65, 600), (30, 200, 4),
]  # fmt: skip
# around the blocks: 256 of k (doubles 128), twice as many where B is narrow, 1056 columns, and what is read without packing
LARGE = [
    (130, 100, 400),
    (170, 560, 97),
    (49, 53, 1700),
    (2070, 48, 50),
    (48, 2100, 49),
    (300, 40, 120),
    (20, 700, 120),
    (9, 1000, 130),
    (110, 70, 1030),
]


def whole(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    return rng.integers(0 if dtype == "uint8" else -8, 9, shape).astype(dtype)


def laid_out(x: np.ndarray, how: str) -> np.ndarray:
    """The same values in another layout."""
    if how == "transposed":
        return np.ascontiguousarray(x.swapaxes(-1, -2)).swapaxes(-1, -2)
    if how == "stepped":
        big = np.zeros((*x.shape[:-2], x.shape[-2] * 2, x.shape[-1] * 3), x.dtype)
        big[..., ::2, ::3] = x
        return big[..., ::2, ::3]
    if how == "backwards":
        return np.ascontiguousarray(x[..., ::-1, ::-1])[..., ::-1, ::-1]
    return np.ascontiguousarray(x)


def matmul(
    a: np.ndarray, b: np.ndarray, bias: np.ndarray | None = None, act: int = 0, isa: str | None = None, name: str = "matmul"
) -> np.ndarray:
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a, b = np.broadcast_to(a, batch + a.shape[-2:]), np.broadcast_to(b, batch + b.shape[-2:])
    c = raw.guarded((*batch, a.shape[-2], b.shape[-1]), a.dtype.name)
    if bias is not None:
        bias = np.broadcast_to(bias, c.shape)
    assert raw.run(name, SUFFIX[a.dtype.name], [c, a, b, bias], [act], isa) == 0
    raw.check_guards(c)
    return c


class Gemm(ctypes.Structure):
    """mg_gemm of gemm.h."""

    _fields_ = [(n, ctypes.c_int64) for n in ("m", "n", "k")]
    _fields_ += [("a", ctypes.c_void_p), ("rsa", ctypes.c_int64), ("csa", ctypes.c_int64), ("b", ctypes.c_void_p), ("rsb", ctypes.c_int64)]
    _fields_ += [
        ("csb", ctypes.c_int64),
        ("c", ctypes.c_void_p),
        ("ldc", ctypes.c_int64),
        ("bias", ctypes.c_void_p),
        ("rsbias", ctypes.c_int64),
    ]
    _fields_ += [("csbias", ctypes.c_int64), ("accumulate", ctypes.c_bool), ("activation", ctypes.c_int)]


def gemm(c: np.ndarray, a: np.ndarray, b: np.ndarray, bias: np.ndarray | None, accumulate: bool, act: int, isa: str) -> None:
    def where(x: np.ndarray | None) -> tuple:
        return (None, 0, 0) if x is None else (x.ctypes.data, x.strides[0] // x.itemsize, x.strides[1] // x.itemsize)

    g = Gemm(*a.shape[:1], b.shape[1], a.shape[1], *where(a), *where(b), *where(c)[:2], *where(bias), accumulate, act)
    assert raw.call(f"mg_gemm_{SUFFIX[a.dtype.name]}_{isa}", g, memory=[c, a, b, bias]) == 0


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", SUFFIX)
def test_exact_on_whole_numbers(isa, dtype):
    rng = np.random.default_rng(0)
    for m, n, k in SMALL:
        a, b = whole(rng, (m, k), dtype), whole(rng, (k, n), dtype)
        want = a @ b
        for how_a, how_b in LAYOUTS:
            got = matmul(laid_out(a, how_a), laid_out(b, how_b), isa=isa)
            assert np.array_equal(got, want), (m, n, k, how_a, how_b)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", FLOATS)
def test_exact_across_blocks(isa, dtype):
    rng = np.random.default_rng(1)
    for m, n, k in LARGE:
        a, b = whole(rng, (m, k), dtype), whole(rng, (k, n), dtype)
        want = a @ b
        for how_a, how_b in LAYOUTS:
            assert np.array_equal(matmul(laid_out(a, how_a), laid_out(b, how_b), isa=isa), want), (m, n, k, how_a, how_b)


@pytest.mark.parametrize("dtype", SUFFIX)
def test_plain_is_the_definition(dtype):
    rng = np.random.default_rng(2)
    a, b = whole(rng, (2, 1, 5, 7), dtype), whole(rng, (3, 7, 4), dtype)
    bias = whole(rng, (4,), dtype)
    want = np.maximum(a @ b + bias, 0)
    assert np.array_equal(matmul(a, b, bias, act=1, name="matmul_plain"), want)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", SUFFIX)
def test_bias_relu_accumulate(isa, dtype):
    """Every form of the bias, with and without what was in C, through every path; rows of C apart, nothing written between them."""
    rng = np.random.default_rng(3)
    for m, n, k in [(3, 5, 4), (1, 40, 3), (40, 1, 60), (40, 1, 3), (2, 33, 90), (20, 35, 6), (30, 200, 2), (165, 170, 161), (5, 6, 0)]:
        a, b, full = whole(rng, (m, k), dtype), whole(rng, (k, n), dtype), whole(rng, (m, n), dtype)
        forms = [None, full, full[:1], full[:, :1], full[:1, :1], laid_out(full, "transposed")]
        for bias in forms:
            spread = None if bias is None else np.broadcast_to(bias, (m, n))
            for accumulate in (False, True):
                big = np.full((m, n + 3), 77, dtype)
                c = big[:, :n]
                start = whole(rng, (m, n), dtype)
                c[...] = start
                gemm(c, a, b, spread, accumulate, 1, isa)
                want = a @ b
                if bias is not None:
                    want = want + bias
                if accumulate:
                    want = want + start
                assert np.array_equal(c, np.maximum(want.astype(dtype), 0)), (m, n, k, None if bias is None else bias.shape, accumulate)
                assert (big[:, n:] == 77).all()


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", FLOATS)
def test_rounding_error_is_bounded(isa, dtype):
    rng = np.random.default_rng(4)
    for m, n, k in [(20, 30, 40), (1, 50, 1000), (50, 2, 1000), (200, 180, 500), (65, 64, 63)]:
        a, b = rng.standard_normal((m, k)).astype(dtype), rng.standard_normal((k, n)).astype(dtype)
        for how_a, how_b in LAYOUTS[:4]:
            got = matmul(laid_out(a, how_a), laid_out(b, how_b), isa=isa)
            want = a.astype(np.longdouble) @ b.astype(np.longdouble)
            assert (abs(got - want) <= k * np.finfo(dtype).eps * (abs(a) @ abs(b))).all(), (m, n, k)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", SUFFIX)
def test_batches(isa, dtype):
    rng = np.random.default_rng(5)
    cases = [
        ((6, 5, 7), (6, 7, 4)), ((5, 7), (3, 7, 4)), ((3, 5, 7), (7, 4)), ((2, 1, 5, 7), (3, 7, 4)), ((2, 3, 1, 7), (7, 9)), ((0, 5, 7), (7, 4)),
        ((4, 3, 8, 16), (4, 3, 16, 8)), ((2, 20, 30), (30, 40)),
    ]  # fmt: skip
    for sa, sb in cases:
        a, b = whole(rng, sa, dtype), whole(rng, sb, dtype)
        bias = whole(rng, (sb[-1],), dtype)
        for how_a, how_b in LAYOUTS:
            assert np.array_equal(matmul(laid_out(a, how_a), laid_out(b, how_b), bias, isa=isa), a @ b + bias), (sa, sb)
        row = whole(rng, (sa[-2], 1), dtype)
        assert np.array_equal(matmul(a, b, row, isa=isa), a @ b + row), (sa, sb)


@pytest.mark.parametrize("dtype", SUFFIX)
def test_same_bits_for_any_number_of_threads(dtype):
    rng = np.random.default_rng(6)
    shapes = [
        (1, 1200, 1000),
        (1200, 1, 1000),
        (200, 210, 220),
        (64, 784, 128),
        (1000, 30, 40),
        (40, 1000, 30),
        (700, 600, 2),
        (600, 3, 700),
    ]
    before = raw.lib.mg_num_threads()
    try:
        for m, n, k in shapes if dtype in FLOATS else shapes[3:4]:
            a, b = rng.standard_normal((m, k)) * 50, rng.standard_normal((k, n)) * 50
            a, b = a.astype(dtype), b.astype(dtype)
            for how_a, how_b in [("plain", "plain"), ("transposed", "transposed")]:
                results = []
                for threads in (1, 2, 3):
                    raw.lib.mg_set_num_threads(threads)
                    results.append(matmul(laid_out(a, how_a), laid_out(b, how_b)).tobytes())
                assert results[0] == results[1] == results[2], (m, n, k, how_a)
        a, b = rng.standard_normal((50, 30, 20)).astype(dtype), rng.standard_normal((50, 20, 30)).astype(dtype)
        results = []
        for threads in (1, 2, 3):
            raw.lib.mg_set_num_threads(threads)
            results.append(matmul(a, b).tobytes())
        assert results[0] == results[1] == results[2]
    finally:
        raw.lib.mg_set_num_threads(before)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", FLOATS)
def test_nan_and_infinity_propagate(isa, dtype):
    for m, n, k in [(3, 5, 4), (1, 40, 30), (40, 1, 30), (20, 35, 6)]:
        a, b = np.ones((m, k), dtype), np.ones((k, n), dtype)
        a[0, 1], b[2, 0] = np.nan, np.inf
        got = matmul(a, b, act=1, isa=isa)
        assert np.isnan(got[0]).all()
        assert np.isposinf(got[1:, 0]).all()
        assert (got[1:, 1:] == k).all()
        assert (matmul(-b[:1], b[:1].T @ b[:1] * 0 + 1, act=1, isa=isa)[0] == 0).all() or not np.isfinite(b[:1]).all()


@pytest.mark.parametrize("isa", ISAS)
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_strides(isa, data):
    """Views with any steps, unaligned, of any small size."""
    m, n, k = (data.draw(st.integers(1, 40), label=name) for name in "mnk")
    dtype = data.draw(st.sampled_from(list(SUFFIX)))
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))

    def view(rows: int, cols: int) -> np.ndarray:
        step = st.sampled_from([1, 1, 2, -1, -3])
        sr, sc = data.draw(step), data.draw(step)
        base = whole(rng, (rows * abs(sr), cols * abs(sc) + 1), dtype)[:, 1:][::sr, ::sc]
        return base if data.draw(st.booleans()) else whole(rng, (cols, rows), dtype).T

    a, b = view(m, k), view(k, n)
    assert np.array_equal(matmul(a, b, isa=isa), a @ b)
