"""Jacobians, Hessians and products with them, of functions of tensors. `minigrad.func` has the same as transformations of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import _core
from .._core import Tensor
from ..errors import GradError, ShapeError

Tensors = Any  # a Tensor or a tuple of them


def _tuple(op: str, what: str, value: Tensors) -> tuple[bool, tuple[Tensor, ...]]:
    """Whether `value` was one tensor, and the tensors."""
    single = isinstance(value, Tensor)
    values = (value,) if single else tuple(value)
    for v in values:
        if not isinstance(v, Tensor):
            raise TypeError(f"{op}: expected Tensors as {what}, got {type(v).__name__}")
    return single, values


def _leaves(inputs: tuple[Tensor, ...], create_graph: bool) -> tuple[Tensor, ...]:
    """The inputs as tensors of their own to differentiate by; with `create_graph` still connected to where they came from."""
    return tuple(
        x.view(x.shape) if create_graph and x.requires_grad and _core.is_grad_enabled() else x.detach().requires_grad_() if x.is_floating_point() or x.is_complex() else x
        for x in inputs
    )  # fmt: skip


def _call(op: str, func: Callable[..., Tensors], inputs: tuple[Tensor, ...]) -> tuple[bool, tuple[Tensor, ...]]:
    with _core.enable_grad():
        return _tuple(op, "outputs of func", func(*inputs))


def _seed(op: str, v: Tensors, like: tuple[Tensor, ...], what: str) -> tuple[Tensor, ...]:
    if v is None:
        if len(like) != 1 or like[0].numel() != 1:
            raise ValueError(f"{op}: v can be left out only for one {what} of one element")
        return (_core.full_of(like[0].shape, 1, like[0].dtype),)
    _, vs = _tuple(op, "v", v)
    if len(vs) != len(like):
        raise ValueError(f"{op}: expected {len(like)} tensors as v, got {len(vs)}")
    for a, b in zip(vs, like, strict=True):
        if a.shape != b.shape:
            raise ShapeError(f"{op}: expected v of shape {b.shape}, got {a.shape}")
    return vs


def _filled(op: str, grads: tuple[Tensor | None, ...], like: tuple[Tensor, ...], strict: bool, create_graph: bool) -> tuple[Tensor, ...]:
    """Zeros for what does not depend; an error if `strict`."""
    for i, g in enumerate(grads):
        if g is None and strict:
            raise GradError(f"{op}: strict=True, but the outputs do not depend on input {i}")
    found = tuple(_core.full_of(x.shape, 0, x.dtype) if g is None else g for g, x in zip(grads, like, strict=True))
    return found if create_graph else tuple(g.detach() for g in found)


def _packed(single: bool, values: tuple[Any, ...]) -> Any:
    return values[0] if single else values


def vjp(func: Callable[..., Tensors], inputs: Tensors, v: Tensors = None, create_graph: bool = False, strict: bool = False) -> Any:
    """`(func(*inputs), v^T J)`: the product of a vector with the Jacobian.

    >>> vjp(lambda x: x * x, mg.tensor([1.0, 3.0]), mg.ones(2))
    (tensor([1., 9.]), tensor([2., 6.]))
    """
    single, inputs = _tuple("vjp", "inputs", inputs)
    xs = _leaves(inputs, create_graph)
    single_out, ys = _call("vjp", func, xs)
    vs = _seed("vjp", v, ys, "output")
    pairs = [(y, w) for y, w in zip(ys, vs, strict=True) if y.requires_grad]
    grads: tuple[Tensor | None, ...] = (None,) * len(xs)
    if pairs:
        grads = _core.grad([p[0] for p in pairs], xs, [p[1] for p in pairs], create_graph=create_graph, allow_unused=True)
    outs = ys if create_graph else tuple(y.detach() for y in ys)
    return _packed(single_out, outs), _packed(single, _filled("vjp", grads, xs, strict, create_graph))


def jvp(func: Callable[..., Tensors], inputs: Tensors, v: Tensors = None, create_graph: bool = False, strict: bool = False) -> Any:
    """`(func(*inputs), J v)`: the directional derivative along v.

    >>> jvp(lambda x: x * x, mg.tensor([1.0, 3.0]), mg.tensor([1.0, 0.0]))
    (tensor([1., 9.]), tensor([2., 0.]))
    """
    _, inputs = _tuple("jvp", "inputs", inputs)
    xs = _leaves(inputs, create_graph)
    single_out, ys = _call("jvp", func, xs)
    tangents = _core.jvp(ys, xs, _seed("jvp", v, xs, "input"), create_graph)
    outs = ys if create_graph else tuple(y.detach() for y in ys)
    return _packed(single_out, outs), _packed(single_out, _filled("jvp", tangents, ys, strict, create_graph))


def jacobian(
    func: Callable[..., Tensors],
    inputs: Tensors,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """All derivatives of all outputs: for output y and input x a tensor of shape `y.shape + x.shape`, nested [outputs][inputs].

    strategy: "reverse-mode" takes a backward pass for each element of the outputs, "forward-mode" one sweep for each of the inputs.
    vectorize is accepted; `minigrad.func.jacrev` is the vectorised form.
    >>> jacobian(lambda x: x * x, mg.tensor([1.0, 3.0]))
    tensor([[2., 0.],
            [0., 6.]])
    """
    if strategy not in ("reverse-mode", "forward-mode"):
        raise ValueError(f'jacobian: strategy must be "reverse-mode" or "forward-mode", got {strategy!r}')
    single, inputs = _tuple("jacobian", "inputs", inputs)
    xs = _leaves(inputs, create_graph)
    single_out, ys = _call("jacobian", func, xs)
    if strategy == "forward-mode":
        columns = []  # [input][element][output]
        for i, x in enumerate(xs):
            rows = []
            for e in _units(x):
                along = tuple(e if k == i else _core.full_of(z.shape, 0, z.dtype) for k, z in enumerate(xs))
                rows.append(_filled("jacobian", _core.jvp(ys, xs, along, create_graph), ys, strict, create_graph))
            columns.append(rows)
        result = tuple(
            tuple(_stacked([row[k] for row in columns[i]], x, y).movedim(0, -1).reshape(*y.shape, *x.shape) for i, x in enumerate(xs))
            for k, y in enumerate(ys)
        )
    else:
        blocks = []
        for y in ys:
            rows = []
            for e in _units(y):
                grads: tuple[Tensor | None, ...] = (None,) * len(xs)
                if y.requires_grad:
                    grads = _core.grad(y, xs, e, retain_graph=True, create_graph=create_graph, allow_unused=True)
                rows.append(_filled("jacobian", grads, xs, strict, create_graph))
            blocks.append(tuple(_stacked([row[i] for row in rows], y, x).reshape(*y.shape, *x.shape) for i, x in enumerate(xs)))
        result = tuple(blocks)
    return _packed(single_out, tuple(_packed(single, row) for row in result))


def _units(x: Tensor) -> list[Tensor]:
    """The unit vectors of x's space, each of x's shape."""
    n = x.numel()
    eye = _core.full_of((n, n), 0, x.dtype)
    for i in range(n):
        eye[i, i] = 1
    return [eye[i].reshape(x.shape) for i in range(n)]


def _stacked(rows: list[Tensor], of: Tensor, each: Tensor) -> Tensor:
    from ..ops.shape import stack

    return stack(rows) if rows else _core.full_of((0, *each.shape), 0, each.dtype)


def hessian(
    func: Callable[..., Tensor],
    inputs: Tensors,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """Second derivatives of a function with one output of one element: nested [inputs][inputs].

    >>> hessian(lambda x: (x**3).sum(), mg.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    single, inputs = _tuple("hessian", "inputs", inputs)

    def gradient(*xs: Tensor) -> tuple[Tensor, ...]:
        y = func(*xs)
        if not isinstance(y, Tensor) or y.numel() != 1:
            raise ValueError("hessian: func must return one Tensor of one element")
        if not y.requires_grad:
            return tuple(_core.full_of(x.shape, 0, x.dtype) for x in xs)
        return _filled("hessian", _core.grad(y, xs, create_graph=True, allow_unused=True), xs, strict, True)

    result = jacobian(gradient, inputs, create_graph, strict, vectorize, outer_jacobian_strategy)
    return result[0][0] if single else result


def vhp(func: Callable[..., Tensor], inputs: Tensors, v: Tensors = None, create_graph: bool = False, strict: bool = False) -> Any:
    """`(func(*inputs), v^T H)`."""
    return _product("vhp", func, inputs, v, create_graph, strict)


def hvp(func: Callable[..., Tensor], inputs: Tensors, v: Tensors = None, create_graph: bool = False, strict: bool = False) -> Any:
    """`(func(*inputs), H v)`: forward over reverse.

    >>> hvp(lambda x: (x**3).sum(), mg.tensor([1.0, 2.0]), mg.ones(2))
    (tensor(9.), tensor([ 6., 12.]))
    """
    return _product("hvp", func, inputs, v, create_graph, strict)


def _product(op: str, func: Callable[..., Tensor], inputs: Tensors, v: Tensors, create_graph: bool, strict: bool) -> Any:
    single, inputs = _tuple(op, "inputs", inputs)
    xs = _leaves(inputs, create_graph)
    _, ys = _call(op, func, xs)
    if len(ys) != 1 or ys[0].numel() != 1:
        raise ValueError(f"{op}: func must return one Tensor of one element")
    vs = _seed(op, v, xs, "input")
    grads: tuple[Tensor | None, ...] = (None,) * len(xs)
    if ys[0].requires_grad:
        with _core.enable_grad():
            grads = _core.grad(ys[0], xs, create_graph=True, allow_unused=True)
    kept = [(g, w) for g, w in zip(grads, vs, strict=True) if g is not None and g.requires_grad]
    second: tuple[Tensor | None, ...] = (None,) * len(xs)
    if kept:  # H is symmetric: v^T H is the gradient of <gradient, v>
        second = _core.grad([k[0] for k in kept], xs, [k[1] for k in kept], create_graph=create_graph, allow_unused=True)
    y = ys[0] if create_graph else ys[0].detach()
    return y, _packed(single, _filled(op, second, xs, strict, create_graph))
