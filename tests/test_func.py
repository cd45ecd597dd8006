"""Transformations of functions: derivatives of every order, vmap, their nesting; checkpoints."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad import func
from minigrad._core import BatchError
from minigrad.autograd import functional
from minigrad.errors import GradError, ShapeError
from minigrad.testing import gradcheck, gradgradcheck
from minigrad.utils.checkpoint import checkpoint, checkpoint_sequential


def draw(*shape: int, seed: int = 0, grad: bool = False) -> mg.Tensor:
    return mg.from_numpy(np.asarray(np.random.default_rng(seed).standard_normal(shape))).requires_grad_(grad)


def close(a, b) -> None:
    np.testing.assert_allclose(a.numpy(force=True), b.numpy(force=True), 1e-9, 1e-11)


# ---- derivatives ----


def test_orders():
    f, x = (lambda x: x**4), mg.tensor(2.0, dtype=mg.float64)
    for want in (32.0, 48.0, 48.0, 24.0, 0.0):
        f = func.grad(f)
        assert f(x).item() == want


def test_result_is_free_of_the_graph_unless_something_outside_depends_on_it():
    assert not func.grad(lambda x: (x * x).sum())(draw(3)).requires_grad
    w = draw(3, grad=True)
    g = func.grad(lambda x: (x * x * w).sum())(draw(3, seed=1))
    g.sum().backward()
    close(w.grad, 2 * draw(3, seed=1))


def test_gradient_flows_through_a_gradient():
    x = draw(3, grad=True)
    gradcheck(lambda x: func.grad(lambda y: (y**3).sum())(x), (x,))
    gradgradcheck(lambda x: func.grad(lambda y: (y**3).sum())(x), (x,))


def test_argnums_trees_and_aux():
    params = {"w": draw(2, 3), "b": [draw(2)]}
    (value, aux), (gp, gx) = func.value_and_grad(lambda p, x: (((p["w"] @ x + p["b"][0]) ** 2).sum(), x * 2), (0, 1), has_aux=True)(
        params, draw(3, seed=1)
    )
    r = params["w"] @ draw(3, seed=1) + params["b"][0]
    close(gp["w"], 2 * r.unsqueeze(1) * draw(3, seed=1))
    close(gp["b"][0], 2 * r)
    close(gx, params["w"].T @ (2 * r))
    assert not aux.requires_grad and value.shape == ()


def test_grad_refuses():
    with pytest.raises(GradError, match=r"grad: expected the function to return one Tensor of shape \(\)"):
        func.grad(lambda x: x)(draw(2))
    with pytest.raises(GradError, match="grad: argument 0 has dtype int64"):
        func.grad(lambda x: x.sum())(mg.tensor([1]))
    with pytest.raises(ValueError, match="argnums 3 is out of range for 1 arguments"):
        func.grad(lambda x: x.sum(), 3)(draw(2))
    with pytest.raises(TypeError, match="has_aux|Tensors as output"):
        func.grad(lambda x: (x.sum(), 1))(draw(2))


def f2(x, y):
    return x.sin() * y, (x * y).sum() * x.exp()


def test_jacobians_agree():
    x, y = draw(3), draw(3, seed=1)
    rev, fwd = func.jacrev(f2, (0, 1))(x, y), func.jacfwd(f2, (0, 1))(x, y)
    loop = functional.jacobian(f2, (x, y))
    ahead = functional.jacobian(f2, (x, y), strategy="forward-mode")
    for i in range(2):
        for j in range(2):
            for other in (fwd, loop, ahead):
                close(rev[i][j], other[i][j])


def test_hessians_agree():
    x = draw(4)

    def f(x):
        return (x.sin() * x.flip(0) ** 2).sum()

    h = func.hessian(f)(x)
    close(h, functional.hessian(f, x))
    close(h, h.T)
    close(h, func.jacrev(func.jacrev(f))(x))
    close(h, func.jacfwd(func.jacfwd(f))(x))
    v = draw(4, seed=2)
    close(functional.hvp(f, x, v)[1], h @ v)
    close(functional.vhp(f, x, v)[1], h @ v)


def test_products():
    x, v = draw(3), draw(3, seed=1)
    jac = functional.jacobian(lambda x: x.exp() * x.sum(), x)
    close(functional.jvp(lambda x: x.exp() * x.sum(), x, v)[1], jac @ v)
    close(functional.vjp(lambda x: x.exp() * x.sum(), x, v)[1], v @ jac)
    close(func.jvp(lambda x: x.exp() * x.sum(), (x,), (v,))[1], jac @ v)
    y, pull = func.vjp(lambda x: x.exp() * x.sum(), x)
    close(pull(v)[0], v @ jac)
    close(pull(v)[0], v @ jac)  # more than once
    y, push = func.linearize(lambda x: x.exp() * x.sum(), x)
    close(push(v), jac @ v)


def test_strict():
    with pytest.raises(GradError, match="output 1 does not depend"):
        func.jvp(lambda x: (x, draw(2)), (draw(2),), (draw(2),), strict=True)
    with pytest.raises(GradError, match="do not depend on input 1"):
        functional.vjp(lambda x, y: x.sum(), (draw(2), draw(2)), strict=True)


# ---- vmap ----

EXAMPLES = {
    "arithmetic": (lambda a, b: (a * 2 + b) / (1 + a * a) - 3, (3, 4), (3, 4)),
    "ranks": (lambda a, b: a * b + a.sum(), (3, 4), (4,)),
    "scalars": (lambda a, b: a * b, (), (3,)),
    "comparison": (lambda a, b: mg.where(a > b, a, b * 2), (3, 4), (3, 4)),
    "sum": (lambda a, b: a.sum() + b.sum(0) * a.mean(-1).sum(), (3, 4), (3, 4)),
    "keepdim": (lambda a, b: a.sum(1, keepdim=True) * b.amax((0, 1), keepdim=True), (3, 4), (3, 4)),
    "extremes": (lambda a, b: a.max(1).values + b.min(), (3, 4), (3, 4)),
    "views": (lambda a, b: a.T[1:, ::2].reshape(-1).unsqueeze(0) * b[0, 0] + a.permute(1, 0).flatten()[0], (3, 4), (3, 4)),
    "expand": (lambda a, b: a[0].expand(2, 4) + b.view(2, 6)[:, :4], (3, 4), (3, 4)),
    "matrix": (lambda a, b: a @ b, (3, 4), (4, 2)),
    "vector": (lambda a, b: a @ b, (3, 4), (4,)),
    "dot": (lambda a, b: a @ b, (4,), (4,)),
    "row": (lambda a, b: a @ b, (4,), (4, 3)),
    "softmax": (lambda a, b: a.softmax(0) + b.log_softmax(-1), (3, 4), (3, 4)),
    "cat": (lambda a, b: mg.cat([a, b], 1), (3, 4), (3, 2)),
    "stack": (lambda a, b: mg.stack([a, b], -1), (3, 4), (3, 4)),
    "cumsum": (lambda a, b: a.cumsum(0) * b.cumsum(-1), (3, 4), (3, 4)),
    "pad": (lambda a, b: mg.nn.functional.pad(a, (1, 2)).sum(0) * b.sum(), (3, 4), (3, 4)),
    "select": (lambda a, b: a.index_select(1, mg.tensor([2, 0])) + b.index_select(0, mg.tensor([1])).sum(), (3, 4), (3, 4)),
    "linear": (lambda a, b: mg.nn.functional.linear(a, b), (3, 4), (2, 4)),
    "activations": (lambda a, b: mg.nn.functional.gelu(a) * b.sigmoid() + mg.nn.functional.silu(a), (3, 4), (3, 4)),
    "losses": (lambda a, b: mg.nn.functional.mse_loss(a, b) + mg.nn.functional.cross_entropy(a, mg.tensor([0, 2, 1])), (3, 4), (3, 4)),
    "conv": (lambda a, b: mg.nn.functional.conv2d(a, b, padding=1), (2, 3, 5, 4), (4, 3, 3, 2)),
    "pool": (lambda a, b: mg.nn.functional.max_pool2d(a, 2) + mg.nn.functional.avg_pool2d(b, 2), (2, 3, 6, 4), (2, 3, 6, 4)),
    "layer_norm": (lambda a, b: mg.nn.functional.layer_norm(a, (4,), b[0], b[1]), (3, 4), (3, 4)),
}  # fmt: skip


def looped(f, a, b, dims):
    rows = [f(a[i] if dims[0] is not None else a, b[i] if dims[1] is not None else b) for i in range(5)]
    return mg.stack(rows)


@pytest.mark.parametrize("dims", [(0, 0), (0, None), (None, 0)], ids=str)
@pytest.mark.parametrize("name", EXAMPLES)
def test_vmap_is_the_loop(name, dims):
    """Values, gradients inside (of each example), outside (through vmap), and of second order."""
    f, sa, sb = EXAMPLES[name]
    a, b = (draw(*((5,) if d is not None else ()), *s, seed=i) for i, (d, s) in enumerate(zip(dims, (sa, sb), strict=True)))
    mapped = func.vmap(f, in_dims=dims)
    close(mapped(a, b), looped(f, a, b, dims))

    def scalar(x, y):
        return (f(x, y).sin() * 1.5).sum()

    inside = func.vmap(func.grad(scalar, (0, 1)), in_dims=dims)(a, b)
    for k in range(2):
        close(inside[k], looped(lambda x, y, k=k: func.grad(scalar, k)(x, y), a, b, dims))

    def through(x, y):
        return (mapped(x, y).cos() * 0.7).sum()

    outside = func.grad(through, (0, 1))(a, b)
    want = func.grad(lambda x, y: (looped(f, x, y, dims).cos() * 0.7).sum(), (0, 1))(a, b)
    for got, w in zip(outside, want, strict=True):
        close(got, w)
    second = func.grad(lambda x: (func.vmap(func.grad(scalar), in_dims=dims)(x, b) ** 2).sum())(a)
    close(second, func.grad(lambda x: (looped(func.grad(scalar), x, b, dims) ** 2).sum())(a))


def test_vmap_nested():
    a, b = draw(3, 4), draw(2, 4, seed=1)
    outer = func.vmap(func.vmap(lambda x, y: (x * y).sum(), in_dims=(None, 0)), in_dims=(0, None))
    close(outer(a, b), a @ b.T)
    g = func.grad(lambda a: (outer(a, b) ** 2).sum())(a)
    close(g, 2 * (a @ b.T) @ b)
    views = func.vmap(func.vmap(lambda x: x.T[0] * x[1].sum()))(draw(2, 3, 4, 5))
    close(views[1, 2], draw(2, 3, 4, 5)[1, 2].T[0] * draw(2, 3, 4, 5)[1, 2][1].sum())
    w = draw(2, 3, 4, 5, grad=True)
    gradcheck(lambda w: func.vmap(func.vmap(lambda x: x.T[0] * x[1].sum()))(w), (w,))


@given(st.integers(0, 2), st.integers(-3, 2), st.sampled_from([None, 1, 2, 5]))
def test_in_and_out_dims(source, target, chunk):
    x = draw(3, 3, 3)
    got = func.vmap(lambda a: a * 2, in_dims=source, out_dims=target, chunk_size=chunk)(x)
    close(got, (x * 2).movedim(source, 0).movedim(0, target))


def test_vmap_trees_and_keywords():
    got = func.vmap(lambda p, x, *, s: {"y": p["w"] @ x + s, "c": mg.ones(2)}, in_dims=({"w": None}, 1))(
        {"w": draw(2, 3)}, draw(3, 4), s=draw(4)
    )
    assert got["y"].shape == (4, 2) and got["c"].shape == (4, 2)


def test_vmap_refuses():
    with pytest.raises(BatchError, match="vmap: item is not possible on a tensor of shape"):
        func.vmap(lambda a: a * a.item())(mg.ones(3))
    with pytest.raises(BatchError, match="vmap: bool is not possible"):
        func.vmap(lambda a: a if a > 0 else -a)(mg.ones(3))
    with pytest.raises(BatchError, match="vmap: numpy is not possible"):
        func.vmap(lambda a: mg.from_numpy(a.numpy()))(mg.ones(3))
    with pytest.raises(BatchError, match="vmap: add_ cannot write values of each example into a tensor that is the same for all"):
        func.vmap(lambda a: mg.zeros(()).add_(a))(mg.ones(3))
    with pytest.raises(BatchError, match="vmap: ctc has no batching rule"):
        args = mg.zeros(4, 2, 3), *(mg.tensor(v) for v in ([[1], [2]], [4, 4], [1, 1]))
        func.vmap(lambda a: mg.registry.OPS["_ctc"].function(a, *args[1:], 0)[0], in_dims=-1)(args[0].unsqueeze(-1))
    with pytest.raises(BatchError, match="embedding has no batching rule for scale_grad_by_freq"):
        func.vmap(lambda w: mg.nn.functional.embedding(mg.tensor([0, 1]), w, scale_grad_by_freq=True))(mg.ones(3, 2, 2))
    with pytest.raises(ShapeError, match=r"the mapped dimensions have sizes \[2, 3\]"):
        func.vmap(lambda a, b: a)(mg.ones(2), mg.ones(3))
    with pytest.raises(ShapeError, match="no argument is mapped"):
        func.vmap(lambda a: a, in_dims=(None,))(mg.ones(2))
    with pytest.raises(ValueError, match='randomness must be "error", "same" or "different", got \'yes\''):
        func.vmap(lambda a: a, randomness="yes")
    with pytest.raises(TypeError, match="must return Tensors, got float"):
        func.vmap(lambda a: 1.0)(mg.ones(2))


def test_gradients_of_each_example_of_a_network():
    net = mg.nn.Sequential(mg.nn.Conv2d(1, 3, 3), mg.nn.ReLU(), mg.nn.Flatten(), mg.nn.Linear(3 * 24, 4)).double()
    params = {k: v.detach() for k, v in net.named_parameters()}
    x, y = draw(5, 1, 8, 6), mg.tensor([0, 1, 2, 3, 1])

    def loss(p, x, y):
        return mg.nn.functional.cross_entropy(func.functional_call(net, p, (x.unsqueeze(0),)), y.unsqueeze(0))

    each = func.vmap(func.grad(loss), in_dims=(None, 0, 0))(params, x, y)
    assert not any(g.requires_grad for g in each.values())
    for i in range(5):
        for k, g in func.grad(loss)(params, x[i], y[i]).items():
            close(each[k][i], g)


def test_ensemble():
    models = [mg.nn.Sequential(mg.nn.Linear(3, 4), mg.nn.Tanh(), mg.nn.Linear(4, 2)).double() for _ in range(3)]
    params, buffers = func.stack_module_state(models)
    x = draw(5, 3)
    got = func.vmap(lambda p: func.functional_call(models[0], p, (x,)))(params)
    for i, m in enumerate(models):
        close(got[i], m(x))


def test_functional_call_leaves_the_module_alone():
    net = mg.nn.Linear(2, 2)
    before = net.weight
    with pytest.raises(ValueError):
        func.functional_call(net, {"weight": mg.ones(3, 3)}, (mg.ones(1, 2),))
    assert net.weight is before
    with pytest.raises(KeyError, match="has no"):
        func.functional_call(net, {"nothing": mg.ones(1)}, (mg.ones(1, 2),))


# ---- custom functions ----


class Scale(mg.autograd.Function):
    @staticmethod
    def forward(ctx, x, y, factor):
        ctx.factor = factor
        out = x * y * factor
        ctx.save_for_backward(x, y, out)
        return out, x + y

    @staticmethod
    def backward(ctx, g, h):
        x, y, out = ctx.saved_tensors
        assert ctx.needs_input_grad[2] is False
        return g * y * ctx.factor + h, g * out / y + h, None


def test_function():
    x, y = draw(3, grad=True), draw(3, seed=1, grad=True)
    gradcheck(lambda x, y: Scale.apply(x, y, 2.0), (x, y))
    gradgradcheck(lambda x, y: Scale.apply(x, y, 2.0), (x, y))
    a, _ = Scale.apply(x, y, 2.0)
    assert repr(a.grad_fn) == "<Scale>"
    a.sum().backward()
    with pytest.raises(GradError, match="freed"):
        a.sum().backward()
    close(functional.jvp(lambda x: Scale.apply(x, y.detach(), 2.0)[0], x, mg.ones(3, dtype=mg.float64))[1], 2 * y)


def test_function_leaves_no_cycle():
    gc.collect()
    gc.disable()
    try:
        x = draw(3, grad=True)
        a, b = Scale.apply(x, x, 2.0)
        r = weakref.ref(a.grad_fn)
        del a, b
        assert r() is None
    finally:
        gc.enable()


def test_function_notices_a_change_in_place():
    x, y = draw(3, grad=True), draw(3, seed=1)
    a, _ = Scale.apply(x, y, 2.0)
    y.add_(1)
    with pytest.raises(GradError, match="was changed in place after it was saved"):
        a.sum().backward()


def test_function_with_setup_context_and_wrong_answers():
    class Wrong(mg.autograd.Function):
        @staticmethod
        def forward(x):
            return x * 2

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(output)

        @staticmethod
        def backward(ctx, g):
            return mg.ones(5)

    with pytest.raises(ShapeError, match=r"Wrong.backward: the gradient of argument 0 has shape \(5,\), expected \(3,\)"):
        Wrong.apply(draw(3, grad=True)).sum().backward()
    with pytest.raises(NotImplementedError, match="forward is missing"):
        mg.autograd.Function.apply(draw(3))


def test_once_differentiable():
    class Once(mg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @mg.autograd.once_differentiable
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return mg.from_numpy(2 * x.numpy(force=True) * g.numpy(force=True))

    x = draw(3, grad=True)
    (g,) = mg.autograd.grad(Once.apply(x).sum(), x, create_graph=True)
    close(g, 2 * x)
    with pytest.raises(GradError, match="cannot be differentiated again"):
        g.sum().backward()


def test_mark_dirty():
    class Double(mg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            x.mul_(2)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx, g):
            return g * 2

    x = draw(3, grad=True)
    y = x * 1
    z = Double.apply(y)
    assert z is y
    (y * 3).sum().backward()
    close(x.grad, mg.full((3,), 6.0, dtype=mg.float64))


# ---- anomalies, saved tensors, checkpoints ----


def test_anomaly_names_the_op_and_the_line():
    with mg.autograd.detect_anomaly():
        with pytest.raises(
            GradError, match=r"log: made NaN out of numbers at .*test_func.py:\d+ in test_anomaly_names_the_op_and_the_line: .*log\(\)"
        ):
            mg.tensor([-1.0], requires_grad=True).log()
        z = mg.tensor([0.0], requires_grad=True).sqrt() * 0
        with pytest.raises(
            GradError, match=r"backward: sqrt gave NaN as the gradient of its input 0; it was recorded at .*test_func.py:\d+"
        ):
            z.backward()
    assert not mg.autograd.is_anomaly_enabled()
    assert mg.tensor([-1.0], requires_grad=True).log().isnan().all()


def test_checkpoint():
    net = mg.nn.Sequential(mg.nn.Linear(3, 8), mg.nn.Tanh(), mg.nn.Dropout(0.5), mg.nn.Linear(8, 2))
    x = mg.randn(6, 3, requires_grad=True)
    results = []
    for run in (net, lambda x: checkpoint(net, x), lambda x: checkpoint_sequential(net, 2, x)):
        mg.manual_seed(3)
        x.grad = None
        net.zero_grad()
        run(x).square().sum().backward()
        results.append([x.grad.numpy().copy(), *(p.grad.numpy().copy() for p in net.parameters())])
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_checkpoint_keeps_nothing():
    x = draw(1000, grad=True)
    mg._core.memory_peak(reset=True)
    before = mg._core.memory_in_use()

    def many(x):
        for _ in range(20):
            x = x.sin()
        return x

    y = checkpoint(many, x)
    kept = mg._core.memory_in_use() - before
    z = many(x)
    assert kept < (mg._core.memory_in_use() - before - kept) / 4
    del y, z


def test_checkpoint_notices_another_function():
    runs = []

    def changing(x):
        runs.append(1)
        return x.sin() if len(runs) == 1 else x.sin().cos()

    with pytest.raises(GradError, match="must be deterministic"):
        checkpoint(changing, draw(3, grad=True)).sum().backward()


def test_graph_can_be_looked_at():
    x = draw(3, grad=True)
    y = (x * 2).sum()
    node = y.grad_fn
    assert node.name == "sum" and node.next_functions[0][0].name == "mul"
    assert node.next_functions[0][0].next_functions[0][0].variable is x
    assert mg.autograd.graph.get_gradient_edge(y)[0] is node


def test_func_is_the_first_import():
    """Rules are given to ops that nothing has asked for yet."""
    done = subprocess.run(
        [sys.executable, "-c", "from minigrad import func; func.vmap"], capture_output=True, text=True, cwd=Path(mg.__file__).parents[1]
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "name", ["linalg_inv", "linalg_pinv", "matrix_exp", "linalg_cholesky", "linalg_eigh", "linalg_svd", "linalg_qr", "det"]
)
@pytest.mark.parametrize("shape", [(3, 3), (2, 3, 3)])
def test_matrices_are_batched(name, shape):
    """Functions of matrices are those of a stack of them, in vmap as elsewhere."""
    function = mg.registry.OPS[name].function
    a = np.random.default_rng(0).normal(size=(5, *shape))
    x = mg.tensor(a @ np.swapaxes(a, -1, -2) + np.eye(3))

    def outputs(z):
        y = function(z)
        return y if isinstance(y, tuple) else (y,)

    for got, *want in zip(func.vmap(outputs)(x), *(outputs(x[i]) for i in range(5))):
        np.testing.assert_allclose(got.numpy(), mg.stack(want).numpy(), rtol=1e-10, atol=1e-12)
    if name in ("linalg_inv", "linalg_pinv", "matrix_exp"):
        gradient = func.grad(lambda z: (function(z) ** 2).sum())
        np.testing.assert_allclose(func.vmap(gradient)(x).numpy(), mg.stack([gradient(x[i]) for i in range(5)]).numpy(), rtol=1e-9)


def test_weights_of_zero_under_vmap():
    """A mean over targets whose weights are all 0 is 0 / 0, for one example as for several."""
    rng = np.random.default_rng(0)
    x, w = mg.from_numpy(rng.standard_normal((3, 2, 4))), mg.from_numpy(rng.standard_normal((5, 4)))
    target, weight = mg.tensor([[0, 1], [2, 2], [3, 3]]), mg.tensor([[1.0] * 5, [1, 1, 0, 1, 1], [0] * 5], dtype=mg.float64)
    F = mg.nn.functional
    for loss in (
        lambda x, t, c: F.linear_cross_entropy(x, w, t, weight=c),
        lambda x, t, c: F.cross_entropy(x @ w.T, t, c),
        lambda x, t, c: F.nll_loss(x @ w.T, t, c),
    ):
        want = [loss(*each).item() for each in zip(x, target, weight, strict=True)]
        np.testing.assert_allclose(func.vmap(loss)(x, target, weight).numpy(), want, 1e-12)
        assert np.isnan(want).tolist() == [False, True, True]
