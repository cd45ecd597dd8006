"""Derivatives as functions."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from .. import _core
from .._core import Tensor
from ..errors import GradError
from .tree import leaves, tensors, tree_map, unflatten


def _fresh(x: Any) -> Any:
    """x as a leaf of this transformation's own, which in the graph still comes from x."""
    if not isinstance(x, Tensor) or not (x.is_floating_point() or x.is_complex()):
        return x
    return x.view(x.shape) if x.requires_grad and _core.is_grad_enabled() else _core.fresh_leaf(x)


def _closed(x: Any, open: bool) -> Any:
    """x without the graph, unless something outside depends on it."""
    return x.detach() if isinstance(x, Tensor) and not open else x


def _argnums(op: str, argnums: int | tuple[int, ...], args: tuple[Any, ...]) -> tuple[int, ...]:
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    for n in numbers:
        if not -len(args) <= n < len(args):
            raise ValueError(f"{op}: argnums {argnums} is out of range for {len(args)} arguments")
    return tuple(n % len(args) for n in numbers)


class _Run:
    """One call of a function with fresh leaves in the arguments `numbers`."""

    def __init__(
        self, op: str, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], numbers: tuple[int, ...], aux: bool
    ):
        self.op, self.numbers = op, numbers
        self.own = tuple(tree_map(_fresh, args[n]) for n in numbers)
        for n in numbers:
            for x in tensors(op, f"argument {n}", args[n]):
                if not (x.is_floating_point() or x.is_complex()):
                    raise GradError(f"{op}: argument {n} has dtype {x.dtype.name}; derivatives are of floating-point tensors")
        self.leaves = [x for tree in self.own for x in leaves(tree)]
        changed = list(args)
        for n, tree in zip(numbers, self.own, strict=True):
            changed[n] = tree
        with _core.enable_grad():
            out = func(*changed, **kwargs)
        if aux and not (isinstance(out, tuple) and len(out) == 2):
            raise ValueError(f"{op}: with has_aux the function must return (output, aux)")
        self.out: Any
        self.aux: Any
        self.out, self.aux = out if aux else (out, None)
        self.outs = tensors(op, "output of the function", self.out)
        self.open = _core.depends_on_others([y for y in self.outs if y.requires_grad], self.leaves)
        if aux:
            self.aux = tree_map(lambda x: _closed(x, self.open), self.aux)

    def value(self) -> Any:
        return tree_map(lambda y: _closed(y, self.open), self.out)

    def pull(self, cotangents: list[Tensor], retain: bool) -> list[Tensor]:
        """Gradients of the fresh leaves."""
        pairs = [(y, g) for y, g in zip(self.outs, cotangents, strict=True) if y.requires_grad]
        grads: Any = [None] * len(self.leaves)
        if pairs:
            create = self.open or any(g.requires_grad for _, g in pairs)
            grads = _core.grad([p[0] for p in pairs], self.leaves, [p[1] for p in pairs], retain_graph=retain or create,
                               create_graph=create, allow_unused=True)  # fmt: skip
        return [_core.zeros_of(x) if g is None else g for g, x in zip(grads, self.leaves, strict=True)]

    def push(self, tangents: list[Tensor], strict: bool = False) -> list[Tensor]:
        """Tangents of the outputs; zeros for those that do not depend on the leaves."""
        create = self.open or any(t.requires_grad for t in tangents)
        found = _core.jvp(self.outs, self.leaves, tangents, create)
        for i, t in enumerate(found):
            if t is None and strict:
                raise GradError(f"{self.op}: strict=True, but output {i} does not depend on the inputs")
        return [_core.zeros_of(y) if t is None else t for t, y in zip(found, self.outs, strict=True)]


def _same_structure(op: str, what: str, tree: Any, values: list[Tensor], given: Any) -> list[Tensor]:
    found = tensors(op, what, given)
    if len(found) != len(values):
        raise ValueError(f"{op}: expected {len(values)} tensors as {what}, got {len(found)}")
    for a, b in zip(found, values, strict=True):
        if a.shape != b.shape:
            raise ValueError(f"{op}: expected {what} of shape {b.shape}, got {a.shape}")
    return found


def value_and_grad(func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Callable[..., Any]:
    """A function that returns `(value, gradient)`; with `has_aux` `((value, aux), gradient)`.

    >>> value_and_grad(lambda x: (x * x).sum())(mg.tensor([1.0, 2.0]))
    (tensor(5.), tensor([2., 4.]))
    """

    @functools.wraps(func)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        run = _Run("grad", func, args, kwargs, _argnums("grad", argnums, args), has_aux)
        if len(run.outs) != 1 or run.outs[0].shape != ():
            raise GradError(f"grad: expected the function to return one Tensor of shape (), got {[y.shape for y in run.outs]}")
        grads = run.pull([_core.ones_like_of(run.outs[0])], False)
        trees = tuple(unflatten_at(run, grads))
        value = run.value()
        return ((value, run.aux) if has_aux else value), trees[0] if isinstance(argnums, int) else trees

    return wrapped


def unflatten_at(run: _Run, values: list[Tensor]) -> list[Any]:
    """Values for the leaves of each argument in turn, in the arguments' structures."""
    result, at = [], 0
    for tree in run.own:
        n = len(leaves(tree))
        result.append(unflatten(tree, values[at : at + n]))
        at += n
    return result


def grad_and_value(func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Callable[..., Any]:
    """`value_and_grad` with the gradient first, as PyTorch has it."""
    both = value_and_grad(func, argnums, has_aux)

    @functools.wraps(func)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        value, gradient = both(*args, **kwargs)
        return gradient, value

    return wrapped


def grad(func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The gradient of a function that returns a scalar, as a function; with `has_aux` it returns `(gradient, aux)`.

    `argnums` says by which arguments to differentiate; they may be nested tuples, lists and dicts of tensors, and so is the result.
    >>> grad(grad(lambda x: x**3))(mg.tensor(2.0))
    tensor(12.)
    """
    both = value_and_grad(func, argnums, has_aux)

    @functools.wraps(func)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        value, gradient = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return wrapped


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """`(func(*primals), pull)`, and aux if there is one; `pull(cotangents)` returns the gradients of the primals, as a tuple.

    >>> y, pull = vjp(lambda x: x * x, mg.tensor([1.0, 3.0]))
    >>> pull(mg.ones(2))
    (tensor([2., 6.]),)
    """
    run = _Run("vjp", func, primals, {}, tuple(range(len(primals))), has_aux)

    def pull(*cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None) -> tuple[Any, ...]:
        given = cotangents[0] if len(cotangents) == 1 and not isinstance(run.out, tuple) else cotangents
        if len(cotangents) == 1 and isinstance(run.out, tuple) and isinstance(cotangents[0], tuple):
            given = cotangents[0]
        return tuple(unflatten_at(run, run.pull(_same_structure("vjp", "cotangents", run.out, run.outs, given), retain_graph)))

    return (run.value(), pull, run.aux) if has_aux else (run.value(), pull)


def jvp(
    func: Callable[..., Any], primals: tuple[Any, ...], tangents: tuple[Any, ...], *, strict: bool = False, has_aux: bool = False
) -> Any:
    """`(func(*primals), tangent of the output)`, and aux if there is one: the directional derivative.

    Raises GradError with `strict` if an output does not depend on the primals; otherwise its tangent is zero.

    >>> jvp(lambda x: x.sin(), (mg.tensor(0.0),), (mg.tensor(2.0),))
    (tensor(0.), tensor(2.))
    """
    if not isinstance(primals, tuple) or not isinstance(tangents, tuple):
        raise TypeError("jvp: expected primals and tangents as tuples")
    run = _Run("jvp", func, primals, {}, tuple(range(len(primals))), has_aux)
    tangent = unflatten(run.out, run.push(_same_structure("jvp", "tangents", primals, run.leaves, tangents), strict))
    return (run.value(), tangent, run.aux) if has_aux else (run.value(), tangent)


def linearize(func: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """`(func(*primals), push)`: `push(*tangents)` is the tangent of the output, without computing `func` again."""
    run = _Run("linearize", func, primals, {}, tuple(range(len(primals))), False)

    def push(*tangents: Any) -> Any:
        return unflatten(run.out, run.push(_same_structure("linearize", "tangents", primals, run.leaves, tangents)))

    return run.value(), push


def _units(x: Tensor) -> Tensor:
    """All unit vectors of x's space: shape (numel, *x.shape)."""
    return _core.units_of(x)


def _jacobian(
    forward: bool,
    func: Callable[..., Any],
    argnums: int | tuple[int, ...],
    has_aux: bool,
    chunk_size: int | None,
    randomness: str = "error",
) -> Callable[..., Any]:
    op = "jacfwd" if forward else "jacrev"

    @functools.wraps(func)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        from .vmap import vmap

        run = _Run(op, func, args, kwargs, _argnums(op, argnums, args), has_aux)
        if forward:
            columns = []  # of each leaf: the tangents of all outputs, stacked along a first dimension
            for i, x in enumerate(run.leaves):

                def push(e: Tensor, i: int = i) -> tuple[Tensor, ...]:
                    return tuple(run.push([e if k == i else _core.zeros_of(z) for k, z in enumerate(run.leaves)]))

                columns.append([c.movedim(0, -1).reshape(*y.shape, *x.shape)
                                for c, y in zip(vmap(push, randomness=randomness, chunk_size=chunk_size)(_units(x)), run.outs, strict=True)])  # fmt: skip
            blocks = [[column[k] for column in columns] for k in range(len(run.outs))]
        else:
            blocks = []
            for k, y in enumerate(run.outs):

                def pull(e: Tensor, k: int = k) -> tuple[Tensor, ...]:
                    return tuple(run.pull([e if i == k else _core.zeros_of(z) for i, z in enumerate(run.outs)], True))

                blocks.append([c.reshape(*y.shape, *x.shape)
                               for c, x in zip(vmap(pull, chunk_size=chunk_size)(_units(y)), run.leaves, strict=True)])  # fmt: skip
        rows = []
        for block in blocks:
            trees = tuple(unflatten_at(run, block))
            rows.append(trees[0] if isinstance(argnums, int) else trees)
        result = unflatten(run.out, rows)
        return (result, run.aux) if has_aux else result

    return wrapped


def jacrev(
    func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, *, has_aux: bool = False, chunk_size: int | None = None
) -> Callable[..., Any]:
    """The Jacobian as a function, by one backward pass over all outputs at once (`vmap` over the unit cotangents).

    The result for output y and input x has shape `y.shape + x.shape`. `chunk_size` unit vectors at a time need less memory.
    >>> jacrev(lambda x: x * x)(mg.tensor([1.0, 3.0]))
    tensor([[2., 0.],
            [0., 6.]])
    """
    return _jacobian(False, func, argnums, has_aux, chunk_size)


def jacfwd(func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False, *, chunk_size: int | None = None,
           randomness: str = "error") -> Callable[..., Any]:  # fmt: skip
    """The Jacobian as a function, by forward sweeps: better than `jacrev` for few inputs and many outputs.

    `func` itself is called once; `randomness` is for the sweeps, as in `vmap`: a checkpoint inside draws its numbers again there.

    >>> jacfwd(lambda x: x * x)(mg.tensor([1.0, 3.0]))
    tensor([[2., 0.],
            [0., 6.]])
    """
    return _jacobian(True, func, argnums, has_aux, chunk_size, randomness)


def hessian(func: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """Second derivatives as a function: forward over reverse.

    >>> hessian(lambda x: (x**3).sum())(mg.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacfwd(jacrev(func, argnums), argnums)
