"""Elementwise kernels against NumPy: every dtype, layout and instruction set. Accuracy of the mathematical functions is test_vecmath.py's."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
import raw
from hypothesis import given
from hypothesis import strategies as st

NUMPY = {
    "f32": "float32",
    "f64": "float64",
    "i64": "int64",
    "i32": "int32",
    "u8": "uint8",
    "bool": "bool",
    "i8": "int8",
    "i16": "int16",
    "f16": "float16",
}
FLOATS = ["f32", "f64"]
SIGNED = [*FLOATS, "i64", "i32"]
INTS = ["i64", "i32", "u8"]
NUMBERS = [*FLOATS, *INTS]
BITS = [*INTS, "bool"]
ALL = [*NUMBERS, "bool"]
EVERY = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "complex64", "complex128"]

isas = pytest.mark.parametrize("isa", raw.isas())


def values(dtype: str, n: int, seed: int = 0) -> np.ndarray:
    """Ordinary and special values mixed; small integers often, so that equal pairs and zeros occur."""
    rng = np.random.default_rng([seed, n])
    d = np.dtype(NUMPY.get(dtype, dtype))
    if d.kind == "b":
        return rng.random(n) < 0.5
    if d.kind in "iu":
        info = np.iinfo(d)
        x = np.where(
            rng.random(n) < 0.5, rng.integers(0 if d.kind == "u" else -4, 5, n), rng.integers(info.min, info.max, n, dtype=d, endpoint=True)
        )
        x = x.astype(d)
        x[::17], x[1::19] = info.min, info.max
        return x
    x = np.where(rng.random(n) < 0.3, rng.integers(-3, 4, n), rng.normal(size=n) * np.exp2(rng.integers(-6, 7, n)))
    special = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5], float)
    x[:: 5 + seed] = rng.choice(special, len(x[:: 5 + seed]))
    with np.errstate(all="ignore"):
        return x.astype(d)


def bool_arithmetic(f: Callable, g: Callable) -> Callable:
    return lambda x, y: g(x, y) if x.dtype == bool else f(x, y)


def safe_integers(f: Callable) -> Callable:
    """NumPy's own result where the divisor is 0 or the least integer is divided by -1, spelled out (NumPy warns and differs by version)."""

    def apply(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        if x.dtype.kind == "f":
            return f(x, y)
        out = f(x, np.where((y == 0) | (y == -1 if x.dtype.kind == "i" else False), x.dtype.type(1), y))
        minus = 0 - x if f is np.floor_divide else x * 0
        out = np.where(y == -1, minus, out) if x.dtype.kind == "i" else out
        return np.where(y == 0, x.dtype.type(0), out)

    return apply


def floor_divide(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.where(y == 0, x / y, np.floor_divide(x, y)) if x.dtype.kind == "f" else np.floor_divide(x, y)


def integer_power(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    odd = (y & 1).astype(bool)
    negative = np.where(x == 1, 1, np.where(x == -1, np.where(odd, -1, 1), 0))
    return np.where(y < 0, negative, np.power(x, np.abs(y) * (y >= 0))).astype(x.dtype)


def clamp(x: np.ndarray, lo: float, hi: float) -> np.ndarray:
    return np.minimum(np.maximum(x, x.dtype.type(lo)), x.dtype.type(hi))


# name, dtypes, reference; each result must be exactly the reference's
UNARY: list[tuple[str, Sequence[str], Callable]] = [
    ("neg", NUMBERS, np.negative),
    ("abs", NUMBERS, np.abs),
    ("sign", NUMBERS, lambda x: np.where(x != x, 0, np.sign(x)).astype(x.dtype)),  # PyTorch's sign of NaN
    ("square", NUMBERS, np.square),
    ("reciprocal", FLOATS, np.reciprocal),
    ("sqrt", FLOATS, np.sqrt),
    ("rsqrt", FLOATS, lambda x: 1 / np.sqrt(x)),
    ("floor", FLOATS, np.floor),
    ("ceil", FLOATS, np.ceil),
    ("round", FLOATS, np.rint),
    ("trunc", FLOATS, np.trunc),
    ("relu", NUMBERS, lambda x: np.where(x > 0, x, np.where(x != x, x, x.dtype.type(0)))),
    ("logical_not", ALL, np.logical_not),
    ("isnan", FLOATS, np.isnan),
    ("isinf", FLOATS, np.isinf),
    ("isfinite", FLOATS, np.isfinite),
    ("bitwise_not", BITS, np.bitwise_not),
]
BINARY: list[tuple[str, Sequence[str], Callable]] = [
    ("add", ALL, np.add),
    ("sub", ALL, bool_arithmetic(np.subtract, np.logical_xor)),
    ("mul", ALL, np.multiply),
    ("div", FLOATS, np.divide),
    ("maximum", ALL, np.maximum),
    ("minimum", ALL, np.minimum),
    ("fmod", NUMBERS, safe_integers(np.fmod)),
    ("remainder", NUMBERS, safe_integers(np.remainder)),
    ("floor_divide", INTS, safe_integers(np.floor_divide)),
    ("floor_divide", FLOATS, floor_divide),
    ("pow", ["i64", "i32"], integer_power),
    ("eq", ALL, np.equal),
    ("ne", ALL, np.not_equal),
    ("lt", ALL, np.less),
    ("le", ALL, np.less_equal),
    ("gt", ALL, np.greater),
    ("ge", ALL, np.greater_equal),
    ("bitwise_and", BITS, np.bitwise_and),
    ("bitwise_or", BITS, np.bitwise_or),
    ("bitwise_xor", BITS, np.bitwise_xor),
    ("relu_backward", FLOATS, lambda g, y: np.where(y > 0, g, g.dtype.type(0))),
    ("tanh_backward", FLOATS, lambda g, y: g * (1 - y * y)),
    ("sigmoid_backward", FLOATS, lambda g, y: g * (y * (1 - y))),
]
SIZES = [0, 1, 2, 3, 7, 15, 16, 17, 31, 33, 63, 65, 127, 129, 1023, 1025, 5000]


def rows(table: list) -> list:
    return [pytest.param(name, dtype, ref, id=f"{name}-{dtype}") for name, dtypes, ref in table for dtype in dtypes]


def check(name: str, dtype: str, isa: str, ref: Callable, *inputs: np.ndarray, params: Sequence[int | float] = ()) -> None:
    with np.errstate(all="ignore"):
        want = np.asarray(ref(*inputs))
    out = raw.guarded(want.shape, want.dtype.name)
    assert raw.run(name, dtype, [out, *inputs], params, isa) == 0
    np.testing.assert_array_equal(out, want)
    raw.check_guards(out)


@isas
@pytest.mark.parametrize("name, dtype, ref", rows(UNARY))
def test_unary(name: str, dtype: str, ref: Callable, isa: str) -> None:
    for n in SIZES:
        check(name, dtype, isa, ref, values(dtype, n))
    x = values(dtype, 6000)
    check(name, dtype, isa, ref, x[::3])
    check(name, dtype, isa, ref, x[::-1])
    check(name, dtype, isa, ref, x.reshape(60, 100).T)


@isas
@pytest.mark.parametrize("name, dtype, ref", rows(BINARY))
def test_binary(name: str, dtype: str, ref: Callable, isa: str) -> None:
    for n in SIZES:
        check(name, dtype, isa, ref, values(dtype, n), values(dtype, n, 1))
    x, y = values(dtype, 5000), values(dtype, 5000, 1)
    for k in (0, 1, 2, 3):
        check(name, dtype, isa, ref, x, np.broadcast_to(y[k], x.shape))
        check(name, dtype, isa, ref, np.broadcast_to(y[k], x.shape), x)
    check(name, dtype, isa, ref, x[::-2], y[::2])


# ---- layouts: one kernel, every way to lie in memory ----


@st.composite
def layouts(draw: st.DrawFn, arrays: int) -> tuple[tuple[int, ...], list[tuple]]:
    """A shape, and for each array: an order of axes, a step and start per axis (the first array may not be broadcast)."""
    ndim = draw(st.integers(0, 5))
    top = {0: 1, 1: 3000, 2: 90, 3: 24, 4: 9, 5: 5}[ndim]
    shape = tuple(draw(st.one_of(st.integers(0, 3), st.integers(1, top))) for _ in range(ndim))
    how = []
    for k in range(arrays):
        order = tuple(draw(st.permutations(range(ndim))))
        step = tuple(draw(st.sampled_from([1, 1, 1, 2, -1, 3] + ([0, 0] if k else []))) for _ in range(ndim))
        how.append((order, step))
    return shape, how


def lay(shape: tuple[int, ...], order: tuple[int, ...], step: tuple[int, ...], dtype: str, seed: int) -> np.ndarray:
    """An array of `shape` whose axes lie in memory in `order`, with steps and broadcast axes."""
    full = [1 if s == 0 else max(n * abs(s), 1) for n, s in zip(shape, step, strict=True)]
    base = values(dtype, int(np.prod([full[d] for d in order])), seed).reshape([full[d] for d in order])
    x = base.transpose(np.argsort(order)) if order else base
    cut = tuple(slice(None) if s == 0 else slice(None, None, s) for s in step)
    x = x[cut]
    x = x[tuple(slice(0, 1 if s == 0 else n) for n, s in zip(shape, step, strict=True))]
    return np.broadcast_to(x, shape)


def writable(x: np.ndarray) -> np.ndarray:
    return np.lib.stride_tricks.as_strided(x, x.shape, x.strides, writeable=True)


@given(layouts(3), st.sampled_from(["f32", "f64", "i64", "u8", "bool"]), st.sampled_from(raw.isas()))
def test_any_layout(drawn: tuple, dtype: str, isa: str) -> None:
    shape, how = drawn
    out, x, y = (lay(shape, *h, dtype, seed) for seed, h in enumerate(how))
    whole = out
    while whole.base is not None:
        whole = whole.base
    out = writable(out)
    with np.errstate(all="ignore"):
        want = np.add(x, y)
    outside = np.ones(whole.nbytes, bool)  # bytes that are no element of out
    if out.size:
        at = out.__array_interface__["data"][0] - whole.__array_interface__["data"][0]
        offsets = at + sum(
            np.arange(n).reshape([-1 if d == i else 1 for i in range(out.ndim)]) * s
            for d, (n, s) in enumerate(zip(out.shape, out.strides, strict=True))
        )
        for byte in range(out.itemsize):
            outside[np.asarray(offsets + byte).ravel()] = False
    before = whole.view(np.uint8).ravel().copy() if whole.flags.c_contiguous and whole.ndim else None
    assert raw.run("add", dtype, [out, x, y], isa=isa) == 0
    np.testing.assert_array_equal(out, want)
    if before is not None:
        assert (whole.view(np.uint8).ravel()[outside] == before[outside]).all()


@given(layouts(2), st.sampled_from(EVERY), st.sampled_from(raw.isas()))
def test_copy_any_layout(drawn: tuple, dtype: str, isa: str) -> None:
    shape, (to, source) = drawn
    x = lay(shape, *source, dtype, 1)
    out = writable(lay(shape, *to, dtype, 2).copy("K"))
    code = {v: k for k, v in NUMPY.items()}.get(dtype)
    raw.CODES.update(c64=10, c128=11)
    assert raw.run("copy", code or {"complex64": "c64", "complex128": "c128"}[dtype], [out, x], isa=isa) == 0
    np.testing.assert_array_equal(out, x)


@isas
@pytest.mark.parametrize("itemsize", [1, 2, 4, 8, 16])
def test_copy_transposes(itemsize: int, isa: str) -> None:
    dtype = {1: "uint8", 2: "int16", 4: "float32", 8: "float64", 16: "complex128"}[itemsize]
    raw.CODES.update(c128=11)
    code = {1: "u8", 2: "i16", 4: "f32", 8: "f64", 16: "c128"}[itemsize]
    for shape in [(33, 65), (64, 64), (1, 70), (70, 1), (3, 1000), (1000, 3), (100, 131)]:
        x = np.arange(np.prod(shape)).astype(dtype).reshape(shape)
        for source in (x.T, x[::-1].T, x[:, ::-1].T):
            out = raw.guarded(source.shape, dtype)
            assert raw.run("copy", code, [out, source], isa=isa) == 0
            np.testing.assert_array_equal(out, source)
            raw.check_guards(out)
    x = np.arange(2 * 17 * 40 * 3).astype(dtype).reshape(2, 17, 40, 3)
    for axes in [(0, 3, 1, 2), (0, 2, 3, 1), (3, 2, 1, 0), (1, 0, 3, 2)]:
        out = raw.guarded(x.transpose(axes).shape, dtype)
        assert raw.run("copy", code, [out, x.transpose(axes)], isa=isa) == 0
        np.testing.assert_array_equal(out, x.transpose(axes))


@isas
@pytest.mark.parametrize("shape", [(16,), (5000,), (33, 65)])
def test_output_may_be_an_input(shape: tuple[int, ...], isa: str) -> None:
    for view in (lambda x: x, lambda x: x[::2], lambda x: x.T, lambda x: x[::-1]):
        x, y = values("f32", int(np.prod(shape))).reshape(shape), values("f32", int(np.prod(shape)), 1).reshape(shape)
        with np.errstate(all="ignore"):
            first, second = view(x.copy()) + view(y), view(y) - view(x.copy())
        a = x.copy()
        raw.run("add", "f32", [view(a), view(a), view(y)], isa=isa)
        np.testing.assert_array_equal(view(a), first)
        a = x.copy()
        raw.run("sub", "f32", [view(a), view(y), view(a)], isa=isa)
        np.testing.assert_array_equal(view(a), second)


# ---- kernels with parameters, mixed dtypes ----


@isas
@pytest.mark.parametrize("dtype", ALL)
def test_where_and_fill(dtype: str, isa: str) -> None:
    for n in SIZES:
        check("where", dtype, isa, np.where, values("bool", n), values(dtype, n), values(dtype, n, 1))
        out = raw.guarded((n,), NUMPY[dtype])
        assert raw.run("fill", dtype, [out], [1.5 if dtype in FLOATS else 1], isa) == 0
        assert (out == (1.5 if dtype in FLOATS else 1)).all()
        raw.check_guards(out)
    c, x, y = values("bool", 40), values(dtype, 1200), values(dtype, 30, 1)
    check("where", dtype, isa, np.where, np.broadcast_to(c[:, None], (40, 30)), x.reshape(30, 40).T, np.broadcast_to(y, (40, 30)))


@isas
def test_where_ignores_nan_of_the_other_branch(isa: str) -> None:
    x, y = np.array([1, np.nan], np.float32), np.array([np.nan, 2], np.float32)
    check("where", "f32", isa, np.where, np.array([True, False]), x, y)


@isas
@pytest.mark.parametrize("dtype", NUMBERS)
def test_clamp(dtype: str, isa: str) -> None:
    for lo, hi in [(1, 3), (2, 2), (3, 1)]:
        p = [float(lo), float(hi)] if dtype in FLOATS else [lo, hi]
        check("clamp", dtype, isa, lambda x, lo=lo, hi=hi: clamp(x, lo, hi), values(dtype, 1000), params=p)
    if dtype in FLOATS:
        check("clamp", dtype, isa, lambda x: clamp(x, -np.inf, 0.5), values(dtype, 1000), params=[-np.inf, 0.5])


@isas
@pytest.mark.parametrize("dtype", FLOATS)
def test_parameters_of_floats(dtype: str, isa: str) -> None:
    x = values(dtype, 3000)
    d = x.dtype.type
    check("leaky_relu", dtype, isa, lambda a: np.where(a > 0, a, a * d(0.01)), x, params=[0.01])


@isas
@pytest.mark.parametrize("source", NUMPY)
def test_cast(source: str, isa: str) -> None:
    for target in NUMPY.values():
        x = values(source, 3001)
        if x.dtype.kind == "f" and np.dtype(target).kind in "iu":
            x = np.clip(np.nan_to_num(x), 0 if target == "uint8" else -100, 100)
        for view in (x, x[::2], x[:3000].reshape(50, 60).T):
            check("cast", source, isa, lambda a, target=target: a.astype(target), view)


def test_cast_to_an_unknown_dtype_is_refused() -> None:
    assert raw.run("cast", "f32", [np.zeros(2, np.complex64), np.zeros(2, np.float32)]) != 0


@isas
@pytest.mark.parametrize("n", [100_003, 3_000_001])
def test_large(n: int, isa: str) -> None:
    x = np.arange(n, dtype=np.float32)
    check("add", "f32", isa, np.add, x, x[::-1])
    check("mul", "f32", isa, np.multiply, x, np.broadcast_to(np.float32(3), n))


@isas
@pytest.mark.parametrize("dtype", FLOATS)
def test_neg_turns_the_sign_of_zero(isa, dtype):
    x = np.array([0.0, -0.0] * 9, NUMPY[dtype])
    out = np.empty_like(x)
    assert raw.run("neg", dtype, [out, x], isa=isa) == 0
    assert (np.signbit(out) != np.signbit(x)).all()


def test_threads_do_not_change_results() -> None:
    x, y = values("f32", 1_200_000).reshape(1000, 1200), values("f32", 1_200_000, 1).reshape(1200, 1000)
    results = []
    try:
        for threads in (1, 2, 3):
            raw.lib.mg_set_num_threads(threads)
            outs = [np.empty_like(x) for _ in range(4)] + [np.empty_like(y)]
            raw.run("exp", "f32", [outs[0], x])
            raw.run("add", "f32", [outs[1], x, y.T])
            raw.run("mul", "f32", [outs[2], x, np.broadcast_to(y[0, :1], x.shape)])
            raw.run("sub", "f32", [outs[3], x, np.broadcast_to(y[:, 0], x.shape)])
            raw.run("copy", "f32", [outs[4], x.T])
            results.append(outs)
    finally:
        raw.lib.mg_set_num_threads(raw.lib.mg_available_cpus())
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(a, b)
