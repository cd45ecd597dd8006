"""float16, bfloat16 and the small integers: storage, rounding, arithmetic in float32, gradients, promotion, files."""

from __future__ import annotations

import copy
import itertools
import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
import minigrad.nn.functional as F
from minigrad.registry import OPS, Draw
from minigrad.testing import tensors_of

HALVES = ("float16", "bfloat16")
EVERY = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64", "complex64", "complex128")


def both(torch, array, dtype):
    """The same values in both libraries, rounded to `dtype` by each."""
    return mg.from_numpy(array.copy()).to(getattr(mg, dtype)), torch.from_numpy(array.copy()).to(getattr(torch, dtype))


def equal(ours, theirs) -> None:
    """The same dtype and the same bits; any NaN equals any other."""
    assert f"torch.{ours.dtype.name}" == str(theirs.dtype)
    a, b = (x.detach().float() if x.dtype in (mg.bfloat16, mg.float16) else x.detach() for x in (ours, ours))
    a, b = a.numpy(), (theirs.detach().float() if theirs.dtype.itemsize == 2 and theirs.is_floating_point() else theirs.detach()).numpy()
    np.testing.assert_array_equal(a, b)


# ---- casts ----


@given(st.lists(st.floats(width=32), min_size=1, max_size=20))
def test_rounding_to_bfloat16(values):
    """To nearest, ties to even, overflow to infinity, NaN to NaN: PyTorch's bits."""
    torch = pytest.importorskip("torch")
    x, t = both(torch, np.array(values, np.float32), "bfloat16")
    equal(x, t)
    equal(x.float(), t.float())
    for value in values:
        equal(mg.full((1,), value, dtype=mg.bfloat16), torch.full((1,), value, dtype=torch.bfloat16))


def test_bits_of_bfloat16():
    bits = {
        1.0: 0x3F80,
        -2.0: 0xC000,
        1 + 2**-8: 0x3F80,
        1 + 3 * 2**-8: 0x3F82,
        3.4e38: 0x7F80,
        3.38e38: 0x7F7E,
        float("nan"): 0x7FC0,
        1e-45: 0,
        2.0**-133: 1,
    }
    x = mg.tensor(list(bits), dtype=mg.float32).bfloat16()
    assert [v & 0xFFFF for v in mg._core.bits_of(x, mg.int16).tolist()] == list(bits.values())
    assert x.element_size() == 2 and x.nbytes == 2 * len(bits)


@pytest.mark.parametrize("a, b", list(itertools.product(EVERY, EVERY)))
def test_every_cast(a, b):
    """Values that both hold; the imaginary part goes where there is no room for it, without a word."""
    x = mg.tensor([0, 1, 3, 100]).to(getattr(mg, a))
    y = x.to(getattr(mg, b))
    assert y.dtype is getattr(mg, b)
    want = [False, True, True, True] if "bool" in (a, b) else [0, 1, 3, 100]
    assert y.tolist() == [type(v)(w) for v, w in zip(y.tolist(), want, strict=True)]
    assert x.T.to(getattr(mg, b)).tolist() == y.tolist()
    assert mg.full((2,), 1, dtype=getattr(mg, b)).tolist() == [1, 1]
    z = mg.zeros(2, dtype=getattr(mg, b))
    z[...] = x[1:3]
    assert z.tolist() == y[1:3].tolist()


@pytest.mark.parametrize("a, b", list(itertools.product((*HALVES, "float32", "float64", "int16", "int8"), HALVES)))
def test_promotion(a, b):
    torch = pytest.importorskip("torch")
    for n, m in itertools.product((0, 1), (0, 1)):
        (x, t), (y, u) = (both(torch, np.ones((2,) * k), d) for k, d in ((n, a), (m, b)))
        equal(x + y, t + u)
        equal(x / y, t / u)
    for number in (2, 2.5, True):
        equal(y * number, u * number)


# ---- arithmetic ----

CALLS = {
    "add": lambda x, y: x + y, "mul": lambda x, y: x * y * 1.1, "div": lambda x, y: x / y, "pow": lambda x, y: x.abs() ** 1.5, "exp": lambda x, y: x.exp(),
    "tanh": lambda x, y: x.tanh(), "sum": lambda x, y: x.sum(), "mean": lambda x, y: x.mean(1), "amax": lambda x, y: x.amax(0),
    "matmul": lambda x, y: x @ y.T, "where": lambda x, y: (x > y) * x, "cat": lambda x, y: x.reshape(-1)[2:] * 3, "softmax": lambda x, y: x.softmax(-1),
    "sigmoid": lambda x, y: x.sigmoid(), "cumsum": lambda x, y: x.cumsum(1), "index": lambda x, y: x[[0, 2, 0]] + y[1],
}  # fmt: skip


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("name", CALLS)
def test_against_torch(name, dtype):
    """Values and gradients within an ulp or two of the storage dtype (PyTorch rounds some sums at other places)."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    pairs = [both(torch, rng.standard_normal((3, 4)), dtype) for _ in range(2)]
    xs, ts = [p[0].requires_grad_() for p in pairs], [p[1].requires_grad_() for p in pairs]
    y, want = CALLS[name](*xs), CALLS[name](*ts)
    assert y.dtype.name == dtype
    eps = mg.finfo(dtype).eps
    np.testing.assert_allclose(y.float().detach().numpy(), want.float().detach().numpy(), 2 * eps, atol=2 * eps)
    y.sum().backward()
    want.sum().backward()
    for x, t in zip(xs, ts, strict=True):
        assert (x.grad is None) == (t.grad is None)
        if x.grad is not None:
            assert x.grad.dtype is x.dtype
            np.testing.assert_allclose(x.grad.float().numpy(), t.grad.float().numpy(), 8 * eps, atol=8 * eps)


@pytest.mark.parametrize("dtype", HALVES)
@given(data=st.data())
def test_rounded_once(dtype, data):
    """What is computed in half precision is what float32 gives, rounded at the end."""
    shape = data.draw(st.sampled_from([(), (5,), (3, 4), (0, 2)]))
    draw = Draw(data.draw(st.integers(0, 999)))
    x, y = (mg.from_numpy(np.asarray(draw(*shape))).to(getattr(mg, dtype)) for _ in range(2))
    for f in (lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a / b, lambda a, b: mg.atan2(a, b), lambda a, b: a.sum(), lambda a, b: a.exp(),
              lambda a, b: 0.1 * a, lambda a, b: a.logsumexp(tuple(range(a.ndim)))):  # fmt: skip
        got, want = f(x, y), f(x.float(), y.float()).to(x.dtype)
        assert got.dtype is x.dtype
        np.testing.assert_array_equal(got.float().numpy(), want.float().numpy())


@pytest.mark.parametrize("dtype", HALVES)
def test_sums_do_not_stop(dtype):
    """4096 ones: a sum kept in half precision would stop at 2048 (float16) or 256 (bfloat16)."""
    x = mg.ones(4096, dtype=getattr(mg, dtype))
    assert x.sum().item() == 4096 and (x @ x).item() == 4096 and x.mean().item() == 1


@pytest.mark.parametrize("dtype", HALVES)
def test_in_place(dtype):
    x = mg.tensor([1.0, 2.0, 3.0], dtype=getattr(mg, dtype))
    x += 0.5
    x.mul_(2)
    x[1] = 7
    x.clamp_(max=6.5)
    assert x.dtype.name == dtype and x.tolist() == [3.0, 6.5, 6.5]
    y = x.clone().requires_grad_() * 1
    y[0] = 0
    y.sum().backward()
    z = mg.zeros(3)
    z += x
    assert z.dtype is mg.float32


def parts(value):
    return value if isinstance(value, (list, tuple)) else [value]


@pytest.mark.parametrize("dtype", HALVES)
def test_every_op_in_half_precision(dtype):
    """Each op that takes float32 either works on half precision, near its float32 result and with gradients, or refuses with a DTypeError."""
    refused = []
    for op in OPS.values():
        if op.name.startswith("_") or not op.where or op.second_order_of:
            continue
        sample = op.samples(Draw(0))[0]
        try:
            wide = [tensors_of(a, "float32") for a in sample.arrays]
            params = {k: tensors_of(v, "float32") for k, v in sample.params.items()}
        except (TypeError, ValueError):
            continue
        narrow = [_half(a, dtype) for a in wide]
        if not any(isinstance(t, mg.Tensor) and t.dtype.name == dtype for a in narrow for t in parts(a)):
            continue
        mg.manual_seed(0)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                got = parts(op.function(*narrow, **{k: _half(v, dtype, False) for k, v in params.items()}))
        except mg.DTypeError:
            refused.append(op.name)
            continue
        try:
            total = [y.float().sum() for y in got if isinstance(y, mg.Tensor) and y.requires_grad]
            if total:
                sum(total[1:], total[0]).backward()
        except mg.DTypeError as error:
            raise AssertionError(f"{op.name}: forward works, backward does not: {error}") from error
        for a in narrow:
            for t in parts(a):
                if isinstance(t, mg.Tensor) and t.grad is not None:
                    assert t.grad.dtype is t.dtype, op.name
    # As in PyTorch on a CPU: Fourier transforms, and what LAPACK does.
    known = ("fft_", "linalg_", "stft", "istft", "complex", "polar", "view_as_complex", "inverse", "triangular_solve", "cholesky", "det", "slogdet", "logdet",
             "qr", "svd", "pinverse", "nuclear_norm", "matrix_power", "matrix_exp", "lu", "lstsq", "geqrf", "orgqr", "ormqr", "lobpcg")  # fmt: skip
    assert not [n for n in refused if not n.startswith(known)]


def _half(value, dtype, requires_grad=True):
    if isinstance(value, list):
        return [_half(v, dtype, requires_grad) for v in value]
    if isinstance(value, mg.Tensor) and value.dtype is mg.float32:
        return value.to(getattr(mg, dtype)).requires_grad_(requires_grad)
    return value


def test_a_network_in_bfloat16():
    mg.manual_seed(0)
    x, w, b = (
        mg.randn(8, 3, 6, 6).bfloat16(),
        (mg.randn(4, 3, 3, 3) * 0.2).bfloat16().requires_grad_(),
        mg.zeros(4).bfloat16().requires_grad_(),
    )
    wide = [t.detach().float().requires_grad_() for t in (w, b)]
    losses = [F.cross_entropy(F.conv2d(v, *p).relu().mean((2, 3)), mg.arange(8) % 4) for v, p in ((x, (w, b)), (x.float(), wide))]
    assert losses[0].dtype is mg.bfloat16 and abs(losses[0].item() - losses[1].item()) < 0.02
    for loss in losses:
        loss.backward()
    assert w.grad.dtype is mg.bfloat16
    np.testing.assert_allclose(w.grad.float().numpy(), wide[0].grad.numpy(), atol=0.01)


def test_a_cast_returns_its_gradient_in_the_dtype_it_came_from():
    seen = []
    x = mg.ones(3, dtype=mg.float64).requires_grad_()
    h = x.half()
    h.register_hook(lambda g: seen.append(g.dtype))
    ((h * 2).float() * 3).sum().backward()
    assert seen == [mg.float16] and x.grad.dtype is mg.float64 and x.grad.tolist() == [6.0] * 3


# ---- the outside ----


def test_numpy_has_no_bfloat16():
    x = mg.ones(2, dtype=mg.bfloat16)
    with pytest.raises(TypeError, match=r"NumPy has no bfloat16; cast with \.float\(\) first"):
        x.numpy()
    with pytest.raises(TypeError):
        np.asarray(x)
    assert x.float().numpy().tolist() == [1, 1]
    assert repr(x) == "tensor([1., 1.], dtype=minigrad.bfloat16)" and x[0].item() == 1.0 and bool(x[0]) and float(x[0]) == 1.0
    assert repr(mg.ones(1).half()) == "tensor([1.], dtype=minigrad.float16)"


@pytest.mark.parametrize("dtype", EVERY)
def test_pickle_and_copy(dtype):
    x = mg.tensor([[1, 2, 3], [4, 5, 6]]).to(getattr(mg, dtype)).T
    for y in (pickle.loads(pickle.dumps(x)), copy.deepcopy(x)):
        assert y.dtype is x.dtype and y.shape == x.shape and y.tolist() == x.tolist()


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_files(tmp_path, suffix):
    if suffix == ".safetensors":
        pytest.importorskip("safetensors")
    path = tmp_path / f"x{suffix}"
    state = {d: mg.tensor([[1, 2], [3, 4]]).to(getattr(mg, d)) for d in ("float16", "bfloat16", "int8", "int16", "complex64")}
    mg.save({"state": state, "empty": mg.zeros(0, 2, dtype=mg.bfloat16)}, path)
    read = mg.load(path)
    assert {d: x.dtype.name for d, x in read["state"].items()} == {d: d for d in state}
    assert all(x.tolist() == state[d].tolist() for d, x in read["state"].items())
    assert read["empty"].dtype is mg.bfloat16 and read["empty"].shape == (0, 2)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64", "complex64", "complex128"])
def test_finfo(dtype):
    torch = pytest.importorskip("torch")
    ours, theirs = mg.finfo(getattr(mg, dtype)), torch.finfo(getattr(torch, dtype))
    for name in ("bits", "eps", "max", "min", "tiny", "smallest_normal", "resolution", "dtype"):
        assert getattr(ours, name) == pytest.approx(getattr(theirs, name), rel=1e-7) if name != "dtype" else ours.dtype == theirs.dtype


def test_iinfo():
    for dtype in ("uint8", "int8", "int16", "int32", "int64"):
        ours, theirs = mg.iinfo(getattr(mg, dtype)), np.iinfo(dtype)
        assert (ours.min, ours.max, ours.bits) == (theirs.min, theirs.max, theirs.bits)
    for bad in (mg.float32, mg.bool):
        with pytest.raises(TypeError, match="iinfo: expected an integer dtype"):
            mg.iinfo(bad)
    with pytest.raises(TypeError, match="finfo: expected a floating-point or complex dtype, got int32"):
        mg.finfo(mg.int32)
    assert mg.finfo().dtype == "float32"


def test_made_in_half_precision():
    for dtype in (mg.float16, mg.bfloat16):
        for x in (mg.arange(3, dtype=dtype), mg.linspace(0, 1, 3, dtype=dtype), mg.eye(2, dtype=dtype), mg.rand(2, dtype=dtype), mg.randn(2, dtype=dtype),
                  mg.zeros(2, dtype=dtype), mg.tensor([1, 2], dtype=dtype), mg.full((2,), 0.5, dtype=dtype), mg.ones(2).new_full((1,), 3, dtype=dtype)):  # fmt: skip
            assert x.dtype is dtype
        x = mg.rand(20000, dtype=dtype)
        assert float(x.max()) < 1 and float(x.min()) >= 0


# ---- small integers ----


@pytest.mark.parametrize("dtype", ["int8", "int16"])
def test_small_integers(dtype):
    torch = pytest.importorskip("torch")
    a, b = np.array([[100, -7, 3], [1, 2, -128]]).astype(dtype), np.array([[3, 2, -5], [7, -1, 4]]).astype(dtype)
    (x, t), (y, u) = both(torch, a, dtype), both(torch, b, dtype)
    index = np.array([1, 0, 1])
    for f in (lambda x, y, i: x + y, lambda x, y, i: x * y, lambda x, y, i: x - y, lambda x, y, i: x // y, lambda x, y, i: x % y, lambda x, y, i: x / y,
              lambda x, y, i: x & y, lambda x, y, i: x < y, lambda x, y, i: x.sum(), lambda x, y, i: x.sum(0), lambda x, y, i: x.prod(1), lambda x, y, i: x.amax(1),
              lambda x, y, i: x.argmax(0), lambda x, y, i: -x, lambda x, y, i: x.abs(), lambda x, y, i: x @ y.T, lambda x, y, i: x.exp(), lambda x, y, i: x.clamp(-5, 5),
              lambda x, y, i: x[i], lambda x, y, i: x.index_add(0, i, x[i]), lambda x, y, i: x.index_select(0, i), lambda x, y, i: x.flip(0), lambda x, y, i: x.cumsum(1),
              lambda x, y, i: x.bool(), lambda x, y, i: x.max(1)[0], lambda x, y, i: x.sort(1)[0], lambda x, y, i: x.reshape(-1)[1:] * 2):  # fmt: skip
        equal(f(x, y, mg.from_numpy(index)), f(t, u, torch.from_numpy(index)))
