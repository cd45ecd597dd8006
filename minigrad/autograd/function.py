"""`Function`: an op of one's own, with its own gradient."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import Any

from .. import _core
from .._core import Tensor
from ..errors import GradError, ShapeError


class Context:
    """What `forward` leaves for `backward`: tensors through `save_for_backward`, anything else as attributes."""

    needs_input_grad: tuple[bool, ...]

    def __init__(self) -> None:
        self._to_save: tuple[Any, ...] = ()
        self._saved: list[tuple[Any, int, int]] = []  # tensor, its version then, and which output it is (-1: none)
        self._node: Any = None
        self._dirty: tuple[Tensor, ...] = ()
        self._constant: tuple[Tensor, ...] = ()
        self._materialize = True
        self._function: Any = None
        self._places: tuple[int, ...] = ()  # of the tensors among the arguments
        self._shapes: tuple[tuple[int, ...], ...] = ()
        self._outputs: tuple[Any, ...] = ()  # (shape, dtype) of each

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep arguments, outputs or other tensors (None stays None). A later change in place is noticed."""
        for t in tensors:
            if t is not None and not isinstance(t, Tensor):
                raise TypeError(f"save_for_backward: expected Tensors, got {type(t).__name__}; set other values as attributes of ctx")
        self._to_save = tensors

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Say which arguments `forward` changed in place; they have to be among what it returns."""
        self._dirty = tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Say which outputs have no gradient."""
        self._constant = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether outputs without gradient come to `backward` as zeros (default) or as None."""
        self._materialize = value

    @property
    def saved_tensors(self) -> tuple[Tensor, ...]:
        """What was saved. Raises GradError if one of them was changed in place since."""
        found = []
        for t, version, output in self._saved:
            if t is not None and _core.version_of(t) != version:
                raise GradError(f"saved_tensors: a tensor of shape {t.shape} was changed in place after it was saved; clone it first")
            recorded = output >= 0 and self._node is not None and _core.is_grad_enabled()
            found.append(_core.connect_output(t, self._node(), output) if recorded else t)
        return tuple(found)

    def _keep(self, outputs: tuple[Any, ...], node: Any) -> None:
        self._node = None if node is None else weakref.ref(node)  # which holds this context
        for t in self._to_save:
            output = next((i for i, y in enumerate(outputs) if y is t), -1) if t is not None else -1
            kept = _core.output_alias(t) if output >= 0 else t
            self._saved.append((kept, 0 if t is None else _core.version_of(t), output))
        self._to_save = ()


class Function:
    """Base of ops with their own gradient: static methods `forward(ctx, *args)` and `backward(ctx, *grad_outputs)`; call `apply`.

    Alternatively `forward(*args)` without ctx, and `setup_context(ctx, inputs, output)`. `backward` returns one gradient for each
    argument of `forward`, None for those that have none. It can be differentiated in turn if it is made of Tensor ops.
    >>> class Cube(Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x * x
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return 3 * x * x * g
    >>> x = mg.tensor([2.0], requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor([12.])
    """

    _op: Any = None

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the output; nothing in it is recorded."""
        raise NotImplementedError("Function: forward is missing")

    @staticmethod
    def setup_context(ctx: Context, inputs: tuple[Any, ...], output: Any) -> None:
        """Fill `ctx`, if `forward` does not take it."""
        raise NotImplementedError("Function: setup_context is missing")

    @staticmethod
    def backward(*args: Any, **kwargs: Any) -> Any:
        """Gradients of the arguments from those of the outputs."""
        raise NotImplementedError("Function: backward is missing")

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Call the function and record it."""
        ctx = Context()
        tensors = tuple(a for a in args if isinstance(a, Tensor))
        ctx.needs_input_grad = tuple(isinstance(a, Tensor) and a.requires_grad for a in args)
        separate = cls.setup_context is not Function.setup_context
        with _core.no_grad():
            result = cls.forward(*args) if separate else cls.forward(ctx, *args)
            if separate:
                cls.setup_context(ctx, args, result)
        single = not isinstance(result, tuple)
        outputs = (result,) if single else result
        dirty = {id(t) for t in ctx._dirty}
        for y in outputs:
            if y is not None and not isinstance(y, Tensor):
                raise TypeError(f"{cls.__name__}.forward: expected Tensors as outputs, got {type(y).__name__}")
        # An argument that is returned as it is must not become an output of this node itself.
        given = {id(t) for t in tensors}
        outputs = tuple(_core.output_alias(y) if y is not None and id(y) in given and id(y) not in dirty else y for y in outputs)
        if cls.__dict__.get("_op") is None:
            rule = _core.Rule(_rule, (), ("g", "mask", "ctx"), [0, 1, 500])
            cls._op = _core.Op(cls.__name__, "general", variadic=True, rules=[rule])
        ctx._function = cls
        ctx._places = tuple(i for i, a in enumerate(args) if isinstance(a, Tensor))
        ctx._shapes = tuple(t.shape for t in tensors)
        ctx._outputs = tuple(None if y is None else (y.shape, y.dtype) for y in outputs)
        _core.record_custom(cls._op, tensors, ctx, outputs, {id(t) for t in ctx._constant}, dirty)
        node = next((y.grad_fn for y in outputs if y is not None and y.grad_fn is not None), None)
        ctx._keep(outputs, node)
        return outputs[0] if single else outputs


def _rule(g: Any, mask: tuple[bool, ...], ctx: Any) -> list[Any]:
    """The gradient rule of every custom function."""
    cls, name = ctx._function, ctx._function.__name__
    grads = g if isinstance(g, tuple) else (g,)
    if ctx._materialize:
        grads = tuple(
            _core.full_of(meta[0], 0, meta[1]) if x is None and meta is not None else x for x, meta in zip(grads, ctx._outputs, strict=True)
        )
    result = cls.backward(ctx, *grads)
    result = result if isinstance(result, tuple) else (result,)
    while len(result) > len(ctx.needs_input_grad) and result[-1] is None:
        result = result[:-1]
    if len(result) != len(ctx.needs_input_grad):
        raise GradError(f"{name}.backward: returned {len(result)} gradients for {len(ctx.needs_input_grad)} arguments")
    found = []
    for k, i in enumerate(ctx._places):
        x = result[i]
        if x is not None and not isinstance(x, Tensor):
            raise TypeError(f"{name}.backward: expected a Tensor or None as gradient of argument {i}, got {type(x).__name__}")
        if x is not None and mask[k] and ctx._shapes[k] != x.shape:
            raise ShapeError(f"{name}.backward: the gradient of argument {i} has shape {x.shape}, expected {ctx._shapes[k]}")
        found.append(x if mask[k] else None)
    return found


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a `backward` that is not made of Tensor ops: differentiating it again raises GradError instead of giving nonsense."""

    @functools.wraps(backward)
    def wrapped(ctx: Context, *grads: Any) -> Any:
        with _core.no_grad():
            result = backward(ctx, *grads)
        if not _core.is_grad_enabled():
            return result
        causes = [t for t in (*grads, *ctx.saved_tensors) if t is not None]
        result = result if isinstance(result, tuple) else (result,)
        return tuple(None if x is None else _Once.apply(x, *causes) for x in result)

    return wrapped


class _Once(Function):
    """Stands for a gradient that cannot be differentiated: depends on `grads` in the graph, and refuses."""

    @staticmethod
    def forward(ctx: Context, x: Tensor, *grads: Tensor) -> Tensor:
        return x

    @staticmethod
    def backward(ctx: Context, *grad_outputs: Any) -> Any:
        raise GradError("once_differentiable: this backward cannot be differentiated again")
