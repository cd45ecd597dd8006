"""Complex tensors: values and gradients against PyTorch, whose convention is that of a real loss: dL/dRe + i dL/dIm."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad.registry import OPS, Draw
from minigrad.testing import gradcheck, gradgradcheck, tensors_of

PARTS = {"float32": "complex64", "float64": "complex128"}


def numbers(rng, *shape, dtype="complex128"):
    a = rng.standard_normal(shape)
    return np.asarray(a + 1j * rng.standard_normal(shape) if dtype[:7] == "complex" else a).astype(dtype)


def compare(torch, f, *arrays, rtol=1e-10, **options):
    """f(library, *tensors) in both: value, dtype, gradients for a random cotangent, and gradients of those for another one."""
    results = []
    for library, make in ((mg, mg.from_numpy), (torch, torch.from_numpy)):
        xs = [make(a.copy()).requires_grad_() if a.dtype.kind in "fc" else make(a.copy()) for a in arrays]
        leaves = [x for x, a in zip(xs, arrays, strict=True) if a.dtype.kind in "fc"]
        y = f(library, *xs)
        found = [y]
        if y.requires_grad:
            kind = "complex128" if y.is_complex() else "float64"
            g = make(numbers(np.random.default_rng(1), *y.shape, dtype=kind)).to(y.dtype)
            first = library.autograd.grad(y, leaves, g, create_graph=True, allow_unused=True)
            found += first
            again = [v for v in first if v is not None and v.requires_grad]
            if again:
                seeds = [
                    make(numbers(np.random.default_rng(2), *v.shape, dtype="complex128" if v.is_complex() else "float64")).to(v.dtype)
                    for v in again
                ]
                found += library.autograd.grad(again, leaves, seeds, allow_unused=True)
        results.append(found)
    ours, theirs = results
    assert len(ours) == len(theirs)
    for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        if a is None or b is None:
            for v in (a, b):
                assert v is None or not v.detach().abs().max() > 0, f"result {i}: one is missing"
            continue
        assert a.dtype.name == str(b.dtype)[6:], f"result {i}"
        np.testing.assert_allclose(
            a.detach().numpy(), b.detach().resolve_conj().resolve_neg().numpy(), rtol, atol=rtol, err_msg=f"result {i}"
        )


UNARY = {
    "neg": lambda m, z: -z, "abs": lambda m, z: z.abs(), "angle": lambda m, z: z.angle(), "sgn": lambda m, z: m.sgn(z), "conj": lambda m, z: z.conj() * z,
    "real": lambda m, z: z.real * 2, "imag": lambda m, z: z.imag * 2, "view_as_real": lambda m, z: m.view_as_real(z) ** 2, "exp": lambda m, z: z.exp(),
    "log": lambda m, z: z.log(), "log2": lambda m, z: z.log2(), "log10": lambda m, z: z.log10(), "log1p": lambda m, z: z.log1p(), "sqrt": lambda m, z: z.sqrt(),
    "rsqrt": lambda m, z: z.rsqrt(), "reciprocal": lambda m, z: z.reciprocal(), "sin": lambda m, z: z.sin(), "cos": lambda m, z: z.cos(), "tan": lambda m, z: z.tan(),
    "sinh": lambda m, z: z.sinh(), "cosh": lambda m, z: z.cosh(), "square": lambda m, z: z.square(), "cube": lambda m, z: z**3, "root": lambda m, z: z**0.5,
    "power": lambda m, z: z ** (1 + 2j), "sum": lambda m, z: z.sum(), "sum-dim": lambda m, z: z.sum(0) ** 2, "mean": lambda m, z: z.mean(1) ** 2,
    "prod": lambda m, z: z.prod(0), "cumsum": lambda m, z: z.cumsum(1) ** 2, "transpose": lambda m, z: z.T * z.T, "adjoint": lambda m, z: z.mH @ z,
    "reshape": lambda m, z: z.reshape(2, 6).sum(1) ** 2, "slice": lambda m, z: z[1:, ::2] ** 2, "index": lambda m, z: z[[0, 2, 0]] ** 2,
    "flip": lambda m, z: z.flip(1) * z, "number": lambda m, z: 2j * z + 1 - z / (1 + 1j), "rsub": lambda m, z: (1 - z) / z, "where": lambda m, z: m.where(z.real > 0, z, z * z),
    "gather": lambda m, z: m.gather(z, 1, m.tensor([[0, 0], [1, 2], [3, 0]])) ** 2, "scatter": lambda m, z: m.zeros_like(z).scatter_add(1, m.tensor([[0, 0], [1, 2], [3, 0]]), z[:, :2]) ** 2,
    "index_select": lambda m, z: z.index_select(1, m.tensor([0, 0, 3])) ** 2, "expand": lambda m, z: z.expand(2, 3, 4) * z, "pad": lambda m, z: m.nn.functional.pad(z, (1, 2)) ** 2,
    "stack": lambda m, z: m.stack([z, z * z]).sum(1), "cat": lambda m, z: m.cat([z, z.real]) ** 2, "to-real-and-back": lambda m, z: m.complex(z.imag, z.real * 2) * z,
    "polar": lambda m, z: m.polar(z.real.abs(), z.imag), "diag": lambda m, z: m.diagonal(z) ** 2, "tril": lambda m, z: m.tril(z) @ z.T, "roll": lambda m, z: m.roll(z, 1, 0) * z,
    "cast": lambda m, z: z.to(m.complex64).to(m.complex128) * 2 if z.dtype is m.complex128 else z * 2, "vector": lambda m, z: z.reshape(-1) @ z.reshape(-1),
    "in-place": lambda m, z: (z * 1).mul_(z).add_(1j), "fill-part": lambda m, z: _filled(m, z), "einsum": lambda m, z: m.einsum("ij,kj->ik", z, z.conj()),
    "norm": lambda m, z: (z * z.conj()).real.sum().sqrt(), "outer": lambda m, z: z[0].outer(z[1]), "exp2": lambda m, z: z.exp2(), "tanh": lambda m, z: z.tanh(),
    "sigmoid": lambda m, z: z.sigmoid(), "silu": lambda m, z: m.nn.functional.silu(z) if m is mg else z * z.sigmoid(), "sinc": lambda m, z: z.sinc(), "acos": lambda m, z: z.acos(),
    "asin": lambda m, z: z.asin(), "atan": lambda m, z: z.atan(), "acosh": lambda m, z: z.acosh(), "asinh": lambda m, z: z.asinh(), "atanh": lambda m, z: z.atanh(),
    "var": lambda m, z: z.var(), "var-dim": lambda m, z: z.var(1, correction=0) ** 2, "std": lambda m, z: z.std(0), "var_mean": lambda m, z: m.var_mean(z, 1)[0],
    "logsumexp": lambda m, z: z.logsumexp(1), "lerp": lambda m, z: m.lerp(z, z * z, 0.3), "lerp-complex": lambda m, z: m.lerp(z[0], z[1], z[2]),
    "cov": lambda m, z: m.cov(z), "cov-weighted": lambda m, z: m.cov(z, aweights=m.tensor([0.2, 1.5, 0.4, 2]).to(z.real.dtype)), "corrcoef": lambda m, z: m.corrcoef(z),
    "float_power": lambda m, z: m.float_power(z, 1.5).to(z.dtype), "isclose": lambda m, z: m.isclose(z, z * (1 + 1e-4j), rtol=2e-4),
}  # fmt: skip


def _filled(m, z):
    y = z * 2
    y[1] = z[0] * z[0]
    y[:, 2] = 1j
    return y


@pytest.mark.parametrize("name", UNARY)
def test_one_argument(name):
    torch = pytest.importorskip("torch")
    compare(torch, UNARY[name], numbers(np.random.default_rng(0), 3, 4), rtol=1e-6 if name == "cast" else 1e-9)
    if name != "cast":
        compare(torch, UNARY[name], numbers(np.random.default_rng(0), 3, 4, dtype="complex64"), rtol=2e-3)


BINARY = {
    "add": lambda m, x, y: (x + y) ** 2, "sub": lambda m, x, y: (x - y) ** 2, "mul": lambda m, x, y: x * y, "div": lambda m, x, y: x / y,
    "matmul": lambda m, x, y: x @ y.mT if x.dtype == y.dtype else x * y, "conj": lambda m, x, y: x * y.conj() if y.is_complex() else x * y,
    "alpha": lambda m, x, y: m.add(x, y, alpha=2) * x, "abs": lambda m, x, y: (x * y).abs(), "eq": lambda m, x, y: (x == y) | (x != x), "row": lambda m, x, y: x * y[0],
    "column": lambda m, x, y: x[:, :1] / y,
}  # fmt: skip


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("a, b", [p for p in itertools.product(("float64", "complex128"), repeat=2) if "complex128" in p])
def test_two_arguments(name, a, b):
    """A real argument that meets a complex one gets the real part of its gradient."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    compare(torch, BINARY[name], numbers(rng, 3, 4, dtype=a), numbers(rng, 3, 4, dtype=b))


def test_power_of_two_tensors():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    compare(torch, lambda m, x, y: x**y, numbers(rng, 3, 4), numbers(rng, 4))


@pytest.mark.parametrize(
    "shapes", [((3, 4), (4, 5)), ((2, 3, 4), (4, 5)), ((4,), (4, 5)), ((3, 4), (4,)), ((2, 1, 3, 4), (3, 4, 2)), ((4,), (4,))]
)
def test_matmul(shapes):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    compare(torch, lambda m, x, y: x @ y, *(numbers(rng, *s) for s in shapes))
    if len(shapes[0]) > 1 and len(shapes[1]) == 2:
        compare(
            torch, lambda m, x, w, b: m.nn.functional.linear(x, w.T, b), *(numbers(rng, *s) for s in shapes), numbers(rng, shapes[1][1])
        )


@given(data=st.data())
def test_any_expression(data):
    """Chains of holomorphic and other functions, over shapes that broadcast."""
    torch = pytest.importorskip("torch")
    steps = [lambda m, x, y: x * y, lambda m, x, y: x + y.conj(), lambda m, x, y: x / (y.abs() + 1), lambda m, x, y: m.sin(x) - y, lambda m, x, y: x.real * y,
             lambda m, x, y: m.complex(x.imag, y.real.expand(x.shape)), lambda m, x, y: x * 1j, lambda m, x, y: x * m.polar(y.real.abs(), y.imag)]  # fmt: skip
    chosen = data.draw(st.lists(st.sampled_from(steps), min_size=1, max_size=4))
    rng = np.random.default_rng(data.draw(st.integers(0, 999)))
    shape = data.draw(st.sampled_from([(), (3,), (1, 3), (2, 3)]))

    def f(m, x, y):
        for step in chosen:
            x = step(m, x, y)
        return x

    compare(torch, f, numbers(rng, 2, 3), numbers(rng, *shape), rtol=1e-7)


# ---- without PyTorch ----


def test_convention():
    """L = |z|^2 has the gradient 2 z: the direction of steepest ascent."""
    z = mg.tensor([1 + 2j, -3j], requires_grad=True)
    (z * z.conj()).real.sum().backward()
    assert z.grad.tolist() == [2 + 4j, -6j]
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    ((x * 1j).imag * 3).sum().backward()
    assert x.grad.dtype is mg.float32 and x.grad.tolist() == [3.0, 3.0]


def test_gradcheck_sees_a_missing_conj():
    z = mg.from_numpy(numbers(np.random.default_rng(0), 3)).requires_grad_()
    assert gradcheck(lambda z: z * z.abs(), (z,)) and gradgradcheck(lambda z: z * z.abs(), (z,))

    def without_conj(z):
        y = z * 1
        if y.requires_grad:
            y.register_hook(lambda g: -g)  # the gradient of 2j * z is -2j * g
        return y * 2j

    with pytest.raises(mg.GradError, match="is wrong along direction"):
        gradcheck(without_conj, (z,))
    with pytest.raises(ValueError, match="finite differences mean something only in float64"):
        gradcheck(lambda z: z, (mg.ones(2).cfloat().requires_grad_(),))


def test_gradient_of_a_complex_loss_must_be_given():
    z = mg.tensor(1j, requires_grad=True)
    with pytest.raises(mg.GradError, match="can be left out only for a real tensor, got dtype complex64"):
        (z * z).backward()
    (z * z).backward(mg.tensor(1 + 0j))
    assert z.grad.item() == -2j


def test_views_share_memory():
    z = mg.tensor([1 + 2j, 3 + 4j])
    pairs = mg.view_as_real(z)
    pairs[0, 1] = 7
    z.imag[1] = 9
    z.real = mg.tensor([5.0, 6.0])
    assert z.tolist() == [5 + 7j, 6 + 9j]
    assert mg.view_as_complex(pairs).data_ptr() == z.data_ptr() == z.real.data_ptr() and z.imag.data_ptr() == z.data_ptr() + 4
    assert z.real.stride() == (2,) and mg.real(pairs) is pairs
    with pytest.raises(mg.ShapeError, match="view_as_complex: the pairs do not lie together"):
        mg.view_as_complex(mg.ones(2, 3).T)
    with pytest.raises(mg.ShapeError, match="view_as_complex: the pairs do not lie together"):
        mg.view_as_complex(mg.ones(5)[1:].view(2, 2))
    x = mg.ones(2).cfloat().requires_grad_()
    y = x * 2
    with pytest.raises(mg.GradError, match="a view of another dtype cannot be changed in place"):
        y.real.mul_(3)
    part = y.real
    y.mul_(2)
    with pytest.raises(mg.GradError, match="make the view again"):
        part.sum().backward()


def test_made_and_shown():
    assert (
        mg.tensor([1j]).dtype is mg.complex64
        and mg.tensor(np.array([1j])).dtype is mg.complex128
        and mg.full((1,), 2j).dtype is mg.complex64
    )
    assert repr(mg.tensor([1 + 2j, -1j])) == "tensor([1.+2.j, -0.-1.j])"
    assert repr(mg.ones(1).cdouble()) == "tensor([1.+0.j], dtype=minigrad.complex128)"
    assert mg.tensor(3 + 4j).item() == 3 + 4j and complex(mg.tensor(1j)) == 1j and mg.ones(1).cfloat().dtype is mg.cfloat is mg.complex64
    assert (
        mg.zeros(2, dtype=mg.complex128).tolist() == [0j, 0j]
        and mg.complex64.to_real() is mg.float32
        and mg.float64.to_complex() is mg.complex128
    )
    with pytest.raises(mg.DTypeError, match="does not fit into dtype float32"):
        mg.ones(2).fill_(1j)
    with pytest.raises(mg.DTypeError, match="does not fit in place into float32"):
        x = mg.ones(2)
        x += 1j


def test_special_values():
    inf, nan = float("inf"), float("nan")
    z = mg.tensor([0j, complex(inf, 0), complex(nan, 1), -1 + 0j])
    assert (
        z.abs().tolist()[:2] == [0, inf]
        and z.isnan().tolist() == [False, False, True, False]
        and z.isinf().tolist() == [False, True, False, False]
    )
    assert (
        mg.sgn(z).tolist()[0] == 0 and z.angle().tolist()[3] == pytest.approx(np.pi) and mg.isreal(z).tolist() == [True, True, False, True]
    )
    assert mg.angle(mg.tensor([-2.0, 0.0, -0.0, 3.0])).tolist() == pytest.approx([np.pi, 0, 0, 0]) and mg.angle(
        mg.tensor([-1])
    ).item() == pytest.approx(np.pi)
    zero = mg.tensor(0j, requires_grad=True)
    (zero.abs() + zero.angle() + mg.sgn(zero).real).backward()
    assert zero.grad.item() == 0


def test_ops_of_complex_numbers_work_or_say_that_they_do_not():
    """Every op: what is not declared for complex tensors refuses them by name, and nothing drops an imaginary part."""
    refused = 0
    for op in OPS.values():
        if not op.where or op.second_order_of:
            continue
        sample = op.samples(Draw(0))[0]
        if not any(isinstance(a, np.ndarray) and a.dtype.kind == "f" and a.size for a in sample.arrays):
            continue
        arrays = [tensors_of(a, "complex64") for a in sample.arrays]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                op.function(*arrays, **{k: tensors_of(v, "complex64") for k, v in sample.params.items()})
            except (mg.DTypeError, mg.GradError):
                refused += 1
            except TypeError as error:
                assert "complex" in str(error) or "return_complex" in str(error), f"{op.name}: {error}"
                refused += 1
    assert refused > 100
    with pytest.raises(mg.DTypeError, match="floor: not defined for complex64"):
        mg.floor(mg.ones(2).cfloat())
    with pytest.raises(mg.DTypeError, match="lt: not defined for complex64"):
        mg.ones(2).cfloat() < 1
    with pytest.raises(mg.DTypeError, match="amax: not defined for complex64"):
        mg.ones(2).cfloat().amax()


@pytest.mark.parametrize(
    "name", ["abs", "angle", "sgn", "conj", "real", "exp", "prod", "outer", "cat", "where", "mean", "number", "adjoint", "cast"]
)
def test_forward_mode(name):
    """jvp and vjp agree: Re<u, J v> = Re<J^* u, v>."""
    rng = np.random.default_rng(0)
    z, v = (mg.from_numpy(numbers(rng, 3, 4)) for _ in range(2))
    z.requires_grad_()
    y = UNARY[name](mg, z)
    (t,) = mg._core.jvp((y,), (z,), (v,))
    u = mg.from_numpy(numbers(rng, *y.shape, dtype=y.dtype.name)) if y.shape else mg.ones((), dtype=y.dtype)
    assert t.dtype is y.dtype
    (g,) = mg.autograd.grad(y, z, u)
    left, right = ((a.detach().numpy().conj() * b.detach().numpy()).real.sum() for a, b in ((u, t), (g, v)))
    assert left == pytest.approx(right, rel=1e-6 if name == "cast" else 1e-10)
