"""`minigrad.array_api` against array-api-strict: every function of its namespace of version 2024.12, with arguments drawn by what its
signature calls them. What array-api-strict computes, minigrad computes to the same shape, dtype and values; what the standard leaves open,
array-api-strict refuses, and those draws say nothing.
"""

from __future__ import annotations

import inspect
import operator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import minigrad as mg
from minigrad import array_api as xp

strict = pytest.importorskip("array_api_strict")
pytestmark = pytest.mark.filterwarnings("ignore")

EXAMPLES = max(12, settings().max_examples // 8)
REAL, COMPLEX = ["float32", "float64"], ["complex64", "complex128"]
INTEGERS = ["uint8", "int8", "int16", "int32", "int64"]  # those that minigrad has
KINDS = [["bool"], INTEGERS, REAL, [*REAL, *COMPLEX]]
DTYPES = ["bool", *INTEGERS, *REAL, *COMPLEX]
SPECIAL = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan]
# Of the standard there is nothing to compare: memory that nobody wrote, and settings of array-api-strict itself.
APART = {"empty", "empty_like", "from_dlpack", "__array_namespace_info__", "ArrayAPIStrictFlags", "Device", "get_array_api_strict_flags",
         "set_array_api_strict_flags", "reset_array_api_strict_flags"}  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def version():
    strict.set_array_api_strict_flags(api_version="2024.12")
    yield
    strict.reset_array_api_strict_flags()


def functions(module):
    """Names of a namespace's functions in the version in use."""
    strict.set_array_api_strict_flags(api_version="2024.12")
    found = []
    for name in module.__all__:
        f = getattr(module, name)
        if name in APART or not callable(f) or isinstance(f, type) or isinstance(f, strict._dtypes.DType):
            continue
        try:
            f()
        except RuntimeError as later:
            assert "requires API version" in str(later)
            continue
        except Exception:
            pass
        found.append(name)
    strict.reset_array_api_strict_flags()
    return found


CASES = [
    *(("", n) for n in functions(strict)),
    *(("linalg", n) for n in functions(strict.linalg)),
    *(("fft", n) for n in functions(strict.fft)),
]
assert len(CASES) > 150


# ---- what is drawn: NumPy arrays, names of dtypes, Python values; each library makes its own of them ----


class DType(str):
    """Name of a dtype."""


def given_to(module, value):
    if isinstance(value, DType):
        return getattr(module, value)
    if isinstance(value, np.ndarray):
        return module.asarray(value.copy())
    if isinstance(value, dict):
        return {k: given_to(module, v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(given_to(module, v) for v in value)
    return value


def elements(dtype):
    if dtype == "bool":
        return st.booleans()
    if dtype in INTEGERS:
        return st.integers(0 if dtype == "uint8" else -4, 6)
    real = st.one_of(st.integers(-8, 8).map(lambda v: v / 2), st.sampled_from(SPECIAL), st.integers(-8, 8).map(lambda v: v / 2))
    return real if dtype in REAL else st.builds(complex, st.integers(-6, 6).map(lambda v: v / 2), st.integers(-6, 6).map(lambda v: v / 2))


def arrays(dtypes=DTYPES, shapes=npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)):
    return st.sampled_from(dtypes).flatmap(lambda d: npst.arrays(d, shapes, elements=elements(d)))


def matrices(draw, name):
    """What the factorizations and inverses of linalg can be given: far from singular, symmetric or positive where they have to be."""
    dtype, n = draw(st.sampled_from([*REAL, *COMPLEX])), draw(st.integers(1, 4))
    shape = (
        *draw(st.sampled_from([(), (2,)])),
        n,
        n if name not in ("pinv", "qr", "svd", "svdvals", "matrix_rank") else draw(st.integers(1, 4)),
    )
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    a = rng.standard_normal(shape) + (1j * rng.standard_normal(shape) if dtype in COMPLEX else 0)
    if name in ("eigh", "eigvalsh"):
        a = a + np.swapaxes(a.conj(), -1, -2)
    elif name == "cholesky":
        a = a @ np.swapaxes(a.conj(), -1, -2) + np.eye(n)
    elif shape[-1] == n:
        a = a + 3 * np.eye(n)
    return a.astype(dtype)


def pairs(draw, module, name):
    """Two operands of dtypes that may meet, either of them a Python number at times."""
    kind = draw(st.sampled_from(KINDS))
    if module == "linalg" and name == "solve":
        a = matrices(draw, "inv")
        b = draw(npst.arrays(a.dtype, (a.shape[-1], 2), elements=elements("complex128" if a.dtype.kind == "c" else "int64")))
        return a, b.astype(a.dtype)
    if name in ("matmul", "tensordot", "vecdot", "outer", "cross", "searchsorted"):
        m, k, n = (draw(st.integers(1, 3)) for _ in range(3))
        kind = draw(st.sampled_from(KINDS[1:]))
        k = 3 if name == "cross" else k
        shapes = {"matmul": [((m, k), (k, n)), ((k,), (2, k, n)), ((2, m, k), (k,))], "tensordot": [((m, k, n), (k, n, 2)), ((m,), (n,))],
                  "vecdot": [((m, k), (k,)), ((m, k), (m, k))], "outer": [((m,), (n,))], "cross": [((m, k), (k,)), ((k,), (k,))],
                  "searchsorted": [((m,), (2, n)), ((m,), ())]}[name]  # fmt: skip
        one, two = draw(st.sampled_from(shapes))
        x1, x2 = (draw(npst.arrays(d, s, elements=st.integers(0, 4).map(np.dtype(d).type)))
                  for d, s in zip(draw(st.tuples(*[st.sampled_from(kind)] * 2)), (one, two), strict=True))  # fmt: skip
        return (np.sort(x1), x2) if name == "searchsorted" else (x1, x2)
    shape = draw(npst.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3, min_side=0))
    x1, x2 = (draw(arrays(kind, st.just(s))) for s in shape.input_shapes)
    number = draw(st.sampled_from([None, None, None, 0, 1]))
    if number is not None:
        value = draw(elements(kind[-1] if kind is not INTEGERS else "uint8"))
        return (value, x2) if number == 0 else (x1, value)
    return x1, x2


def axes_of(draw, ndim, allowed):
    """What the annotation allows: one axis, None, several."""
    one = st.integers(-ndim, ndim - 1) if ndim else st.just(0)
    several = st.lists(one, max_size=ndim, unique=True).map(tuple)
    return draw(
        st.one_of(one, *([st.none()] if "None" in allowed else []), *([several] if "tuple" in allowed or "Sequence" in allowed else []))
    )


def number(draw, dtype=None):
    return draw(elements(dtype or draw(st.sampled_from(["int64", "float64"]))))


def arguments(draw, module, name, signature):
    """(args, kwargs) for a function, by the names of its parameters."""
    names = list(signature.parameters)
    got = {}
    if "x1" in names and "x2" in names:
        got["x1"], got["x2"] = pairs(draw, module, name)
    for p, parameter in signature.parameters.items():
        if p in got:
            continue
        x = next((got[k] for k in ("x", "x1", "arrays") if k in got), None)
        if isinstance(x, list):
            x = x[0] if x else None
        ndim, shape = np.ndim(x), np.shape(x)
        optional = parameter.default is not inspect.Parameter.empty
        creates = "device" in names and "x" not in names  # the default dtype is each library's own
        if (
            parameter.kind is inspect.Parameter.KEYWORD_ONLY
            and optional
            and not (p == "dtype" and creates)
            and draw(st.integers(0, 2)) == 0
        ):
            continue
        if p == "x":
            linear = module == "linalg" and name not in ("diagonal", "trace", "matrix_norm", "vector_norm", "matrix_transpose")
            kinds = (
                DTYPES
                if module != "fft"
                else REAL
                if name in ("rfft", "rfftn", "ihfft")
                else COMPLEX
                if name in ("hfft", "irfft", "irfftn")
                else [*REAL, *COMPLEX]
            )
            kinds = (
                [*REAL, *COMPLEX]
                if name in ("matrix_norm", "vector_norm", "trace")
                else REAL
                if name in ("std", "var", "mean")
                else COMPLEX
                if name == "imag"
                else kinds
            )
            least = (
                2
                if name in ("matrix_norm", "trace", "diagonal", "matrix_transpose", "tril", "triu")
                else 1
                if module == "fft" or name in ("diff", "sort", "argsort", "squeeze", "take", "cumulative_sum", "cumulative_prod")
                else 0
            )
            sizes = npst.array_shapes(
                min_dims=least,
                max_dims=3,
                min_side=int(module == "fft" or name in ("matrix_norm", "take")),
                max_side=4 if name != "squeeze" else 1,
            )
            got[p] = matrices(draw, name) if linear else draw(arrays(kinds, sizes))
            if module == "fft":  # which elements infinities reach depends on the order of work
                got[p] = np.nan_to_num(got[p], posinf=3, neginf=-2)
        elif p == "arrays":
            shape = draw(npst.array_shapes(max_dims=3, min_side=0, max_side=3))
            kind = draw(st.sampled_from(KINDS))
            some = [
                draw(arrays(kind, npst.array_shapes(max_dims=1) if name == "meshgrid" else st.just(shape)))
                for _ in range(draw(st.integers(1, 3)))
            ]
            got[p] = some
        elif p == "arrays_and_dtypes":
            got[p] = draw(
                st.lists(
                    st.one_of(st.sampled_from(DTYPES).map(DType), arrays(), st.sampled_from([True, 1, 1.0, 1j])), min_size=1, max_size=3
                )
            )
        elif p in ("dtype", "to", "from_", "type"):
            got[p] = DType(draw(st.sampled_from(REAL if name.endswith("fftfreq") else DTYPES)))
        elif p == "kind":
            one = st.sampled_from(
                [
                    "bool",
                    "signed integer",
                    "unsigned integer",
                    "integral",
                    "real floating",
                    "complex floating",
                    "numeric",
                    *map(DType, DTYPES),
                ]
            )
            got[p] = draw(st.one_of(one, st.tuples(one, one)))
        elif p in ("axis", "axes") and name == "permute_dims":
            got[p] = tuple(draw(st.permutations(range(ndim))))
        elif p == "axes" and name == "tensordot":
            got[p] = draw(st.integers(0, min(ndim, np.ndim(got["x2"]))))
        elif p in ("axis", "axes"):
            got[p] = axes_of(draw, ndim + (name in ("stack", "expand_dims")), str(parameter.annotation))
        elif p in ("source", "destination"):
            got[p] = draw(st.integers(-ndim, max(ndim - 1, 0)))
        elif p in ("shape", "repetitions"):
            if name == "reshape":
                got[p] = draw(st.sampled_from([(-1,), shape[::-1], (1, *shape), (x.size,)]))
            elif name == "broadcast_to":
                got[p] = (draw(st.integers(0, 3)), *shape)
            else:
                got[p] = draw(st.lists(st.integers(0, 3), max_size=3).map(tuple))
        elif p == "indices":
            size = shape[draw(st.integers(0, ndim - 1))] if ndim else 0
            where = st.integers(-size, size - 1) if size and name == "take" else st.integers(0, max(size - 1, 0))
            at = npst.array_shapes(max_dims=1, max_side=4) if name == "take" else st.just(shape)
            got[p] = draw(npst.arrays("int64", at, elements=where)) if size or name != "take" else np.zeros(0, np.int64)
        elif p == "repeats":
            got[p] = draw(st.integers(0, 3))
        elif p == "shift":
            got[p] = draw(st.integers(-5, 5))
        elif p == "condition":
            got[p] = draw(arrays(["bool"], st.sampled_from([(), *(np.shape(got[k]) for k in ("x1", "x2"))])))
        elif p in ("min", "max"):
            kind = str(x.dtype)
            got[p] = draw(st.one_of(st.none(), elements(kind), arrays([kind], st.sampled_from([shape, ()]))))
        elif p in ("prepend", "append"):
            got[p] = draw(st.one_of(st.none(), arrays([str(x.dtype)], st.just(shape))))
        elif p == "sorter":
            got[p] = None
        elif p in ("start", "stop", "fill_value"):
            got[p] = draw(st.one_of(st.integers(-5, 5), st.integers(-9, 9).map(lambda v: v / 2)))
        elif p == "step":
            got[p] = draw(st.sampled_from([1, 2, -1, 0.5]))
        elif p == "num":
            got[p] = draw(st.integers(0, 6))
        elif p in ("n_rows", "n_cols"):
            got[p] = draw(st.integers(0, 4))
        elif p == "n":
            got[p] = draw(st.integers(1, 5) if module != "linalg" else st.integers(-3, 4)) if name != "diff" else draw(st.integers(0, 3))
        elif p in ("k", "offset"):
            got[p] = draw(st.integers(-3, 3))
        elif p == "s":
            got[p] = None
        elif p == "d":
            got[p] = draw(st.sampled_from([1.0, 0.5, 2.0]))
        elif p == "ord":
            got[p] = draw(
                st.sampled_from(
                    [1, 2, -1, -2, np.inf, -np.inf, "fro", "nuc"] if name == "matrix_norm" else [0, 1, 2, 3, -1, np.inf, -np.inf, 0.5]
                )
            )
        elif p in ("correction",):
            got[p] = draw(st.sampled_from([0.0, 1.0, 0.5]))
        elif p == "norm":
            got[p] = draw(st.sampled_from(["backward", "ortho", "forward"]))
        elif p == "indexing":
            got[p] = draw(st.sampled_from(["xy", "ij"]))
        elif p == "side":
            got[p] = draw(st.sampled_from(["left", "right"]))
        elif p == "mode":
            got[p] = draw(st.sampled_from(["reduced", "complete"]))
        elif p == "rtol":
            got[p] = draw(st.sampled_from([None, 1e-3, 0.5]))
        elif p == "obj":
            got[p] = draw(st.one_of(arrays(), st.lists(st.integers(-3, 3), max_size=3), st.booleans(), st.floats(-2, 2, width=16)))
        elif p in ("keepdims", "descending", "upper", "full_matrices", "endpoint", "include_initial", "copy", "stable"):
            got[p] = draw(st.booleans()) if p not in ("stable", "copy") else True
        elif p != "device":
            raise AssertionError(f"{name}: nobody said what to draw for {p!r}")
    args, kwargs = [], {}
    for p, parameter in signature.parameters.items():
        if p in got:
            if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
                args += got[p]
            elif parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
                args.append(got[p])
            else:
                kwargs[p] = got[p]
    return args, kwargs


# ---- what is compared ----


def same(got, want, rtol, at=""):
    if isinstance(want, strict._array_object.Array):
        assert isinstance(got, mg.Tensor), (at, type(got))
        w = np.asarray(want._array)
        assert tuple(got.shape) == w.shape, (at, tuple(got.shape), w.shape)
        name = str(w.dtype)
        assert got.dtype.name == ("int64" if name == "uint64" else name), (at, got.dtype, w.dtype)  # sums of bytes: minigrad has no uint64
        eps = rtol * (1 if w.dtype.kind not in "fc" else np.finfo(w.dtype).eps / np.finfo(np.float64).eps)
        np.testing.assert_allclose(got.numpy(), w, eps, eps, err_msg=str(at))
        if w.dtype.kind == "f":
            g, both = got.numpy(), (w == 0) & (got.numpy() == 0)
            assert (np.signbit(g) == np.signbit(w))[both].all() or rtol > EXACT, (at, "sign of zero")
    elif isinstance(want, (tuple, list)):
        assert len(got) == len(want), at
        for i, (g, w) in enumerate(zip(got, want, strict=True)):
            same(g, w, rtol, (at, i))
    elif isinstance(want, strict._dtypes.DType):
        assert got is getattr(xp, str(want).rpartition(".")[2].strip("'>")), (at, got, want)
    elif type(want).__name__.startswith(("finfo", "iinfo")):
        for field in ("bits", "eps", "max", "min", "smallest_normal", "dtype"):
            if hasattr(want, field):
                same(getattr(got, field), getattr(want, field), rtol, field)
    else:
        assert got == want and isinstance(got, type(want)), (at, got, want)


EXACT = 8 * float(np.finfo(np.float64).eps)
LOOSE = 4096 * float(np.finfo(np.float64).eps)


def whole(name, result):
    """Factors, of which signs are open, put together again; a result of which the order is open, in order."""
    if name == "qr":
        return [result[0] @ result[1], *(tuple(r.shape) for r in result)]
    if name == "svd":
        k = result[1].shape[-1]
        return [(result[0][..., :k] * result[1][..., None, :]) @ result[2][..., :k, :], result[1], *(tuple(r.shape) for r in result)]
    if name == "eigh":
        return [result[0], tuple(result[1].shape)]
    return result


@pytest.mark.parametrize("module, name", CASES, ids=lambda v: v)
def test_function(module, name):
    theirs = getattr(getattr(strict, module) if module else strict, name)
    ours = getattr(getattr(xp, module) if module else xp, name)
    signature = inspect.signature(theirs)
    computed = 0

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), deadline=None)
    @given(st.data())
    def check(data):
        nonlocal computed
        args, kwargs = arguments(data.draw, module, name, signature)
        try:
            want = theirs(*given_to(strict, args), **given_to(strict, kwargs))
        except Exception:
            return
        computed += 1
        got = ours(*given_to(xp, args), **given_to(xp, kwargs))
        if name in ("qr", "svd", "eigh"):
            assert type(got)._fields == type(want)._fields
            got, want = whole(name, got), whole(name, want)
        same(got, want, LOOSE if module else EXACT, (name, args, kwargs))

    check()
    assert computed >= EXAMPLES // 6, f"{name}: of {EXAMPLES} draws array-api-strict computed {computed}"


# Comparing complex numbers has no meaning in the standard; `@=` is not there yet.
UNORDERED, NOT_YET = {"__lt__", "__le__", "__gt__", "__ge__"}, {"__imatmul__", "__rmatmul__"}
OPERATORS = sorted(n for n in dir(strict._array_object.Array) if n not in NOT_YET and n[:2] == "__" and not n.startswith(("__init", "__reduce", "__index", "__getitem", "__setitem"))
                   and (hasattr(operator, n) or n[2] in "ri" and hasattr(operator, f"__{n[3:]}")))  # fmt: skip
assert len(OPERATORS) > 35


@pytest.mark.parametrize("name", OPERATORS)
def test_operator(name):
    computed = 0

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), deadline=None)
    @given(st.data())
    def check(data):
        nonlocal computed
        alone = name in ("__abs__", "__invert__", "__neg__", "__pos__")
        one, two = (data.draw(arrays()), None) if alone else pairs(data.draw, "", "matmul" if "matmul" in name else name)
        if not isinstance(one, np.ndarray):
            one, two = two, one
        if name in UNORDERED and one.dtype.kind == "c":
            return
        if isinstance(two, np.ndarray) and two.dtype != one.dtype:
            two = two.astype(one.dtype)  # the operators of Tensor promote as PyTorch's do; the functions of xp as the standard says
        rest = () if alone else (two,)
        try:
            want = getattr(given_to(strict, one), name)(*given_to(strict, rest))
        except Exception:
            return
        if want is NotImplemented:
            return
        computed += 1
        got = getattr(given_to(xp, one), name)(*given_to(xp, rest))
        same(got, want, EXACT, (name, one, rest))

    check()
    assert computed >= 1


@settings(suppress_health_check=list(HealthCheck), deadline=None)
@given(st.data())
def test_indexing(data):
    x = data.draw(arrays())
    index = data.draw(
        npst.basic_indices(x.shape, allow_newaxis=True)
        | npst.arrays("bool", x.shape)
        | st.tuples(*[npst.arrays("int64", (2,), elements=st.integers(0, max(n - 1, 0))) for n in x.shape])
    )
    value = data.draw(elements(str(x.dtype)))
    try:
        a, b = given_to(strict, x), given_to(strict, x)
        want = a[given_to(strict, index)]
        b[given_to(strict, index)] = value
    except Exception:
        return
    ours = given_to(xp, x.copy())
    same(ours[given_to(xp, index)], want, EXACT, index)
    ours[given_to(xp, index)] = value
    same(ours, b, EXACT, (index, value))


@given(arrays(shapes=st.just(())))
def test_python_numbers(x):
    for kind in (bool, int, float, complex, operator.index):
        try:
            want = kind(strict.asarray(x))
        except Exception:
            continue
        got = kind(xp.asarray(x))
        assert got == want or (got != got and want != want)


def test_attributes_and_info():
    x = np.zeros((2, 3, 4), np.float32)
    got, want = xp.asarray(x), strict.asarray(x)
    assert (got.ndim, tuple(got.shape), got.mT.shape) == (want.ndim, want.shape, want.mT.shape)
    assert got.dtype is xp.float32 and got.__array_namespace__() is xp and got.to_device(got.device) is not None
    ours, theirs = xp.__array_namespace_info__(), strict.__array_namespace_info__()
    assert {n for n in dir(theirs) if n[0] != "_"} <= set(dir(ours))
    assert set(ours.capabilities()) >= set(theirs.capabilities())
    assert set(ours.default_dtypes()) == set(theirs.default_dtypes())
    for kind in (
        None,
        "bool",
        "signed integer",
        "unsigned integer",
        "integral",
        "real floating",
        "complex floating",
        "numeric",
        ("bool", "integral"),
    ):
        known = {n for n in theirs.dtypes(kind=kind) if n not in ("uint16", "uint32", "uint64")}
        assert set(ours.dtypes(kind=kind)) == known, kind
    for x in (strict.inf, strict.pi, strict.e):
        assert x in (xp.inf, xp.pi, xp.e)
    assert xp.newaxis is None and xp.nan != xp.nan
