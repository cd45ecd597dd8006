"""`vmap`: a function of one example as a function of a batch."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from .. import _core
from .._core import BatchError, Tensor
from ..errors import ShapeError
from ..ops._examples import set_vmaps, vmaps
from . import batching
from .tree import leaves, tree_map, unflatten

batching.install()


def _dims_of(op: str, in_dims: Any, args: tuple[Any, ...]) -> list[int | None]:
    """A dimension, or None, for every leaf of the arguments."""

    def spread(dims: Any, tree: Any) -> list[int | None]:
        if dims is None or isinstance(dims, int):
            return [dims if isinstance(x, Tensor) else None for x in leaves(tree)]
        if isinstance(tree, dict):
            return [d for k, v in tree.items() for d in spread(dims[k], v)]
        if not isinstance(dims, (tuple, list)) or len(dims) != len(tree):
            raise ValueError(f"{op}: in_dims {in_dims} does not have the structure of the arguments")
        return [d for one, v in zip(dims, tree, strict=True) for d in spread(one, v)]

    if isinstance(in_dims, int):
        return spread(in_dims, args)
    if not isinstance(in_dims, (tuple, list)) or len(in_dims) != len(args):
        raise ValueError(f"{op}: in_dims must be an int or have one entry for each of the {len(args)} arguments, got {in_dims!r}")
    return [d for one, v in zip(in_dims, args, strict=True) for d in spread(one, v)]


def vmap(
    func: Callable[..., Any], in_dims: Any = 0, out_dims: Any = 0, randomness: str = "error", *, chunk_size: int | None = None
) -> Callable[..., Any]:
    """A function that maps `func` over a dimension of its arguments, without a loop: every op works on all examples at once.

    in_dims: which dimension of each argument is mapped, None for an argument that is the same for all; nested as the arguments are.
    out_dims: where that dimension goes in the outputs. chunk_size: at most so many examples at a time. Keyword arguments are mapped over
    dimension 0. randomness: what drawing random numbers inside means (dropout does, too): "error" refuses it, "same" draws once for
    all examples, "different" for each of them.

    Raises BatchError for an op that has no batching rule, or that asks for one example's values (`item`, `numpy`, `if x > 0`).
    >>> vmap(lambda a, b: (a * b).sum())(mg.tensor([[1.0, 2.0], [3.0, 4.0]]), mg.ones(2, 2))
    tensor([3., 7.])
    """
    if randomness not in ("error", "same", "different"):
        raise ValueError(f'vmap: randomness must be "error", "same" or "different", got {randomness!r}')

    @functools.wraps(func)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        dims = _dims_of("vmap", in_dims, args) + [0 if isinstance(x, Tensor) else None for x in leaves(kwargs)]
        values = leaves((args, kwargs))
        sizes = set()
        for x, d in zip(values, dims, strict=True):
            if d is not None:
                if not isinstance(x, Tensor) or not -x.ndim <= d < x.ndim:
                    raise ShapeError(
                        f"vmap: in_dims has {d} for {f'a tensor of shape {x.shape}' if isinstance(x, Tensor) else type(x).__name__}"
                    )
                sizes.add(x.shape[d])
        if len(sizes) != 1:
            raise ShapeError(f"vmap: the mapped dimensions have sizes {sorted(sizes)}" if sizes else "vmap: no argument is mapped")
        (size,) = sizes
        fronts = [x if d is None else x.movedim(d, 0) for x, d in zip(values, dims, strict=True)]
        if chunk_size is None or chunk_size >= size:
            return _run(func, (args, kwargs), fronts, dims, (size, randomness), out_dims)
        from ..ops.shape import cat

        parts = []
        for start in range(0, size, chunk_size):
            n = min(chunk_size, size - start)
            piece = [x if d is None else x[start : start + n] for x, d in zip(fronts, dims, strict=True)]
            parts.append(_run(func, (args, kwargs), piece, dims, (n, randomness), 0))
        return _placed(tree_map(lambda *ys: cat(ys), parts[0], *parts[1:]), out_dims)

    return wrapped


def _run(func: Callable[..., Any], structure: Any, fronts: list[Any], dims: list[int | None], here: tuple[int, str], out_dims: Any) -> Any:
    """func of the examples; `here` is the number of examples, and what random numbers are for them."""
    outside = vmaps()
    level = len(outside) + 1
    inner_args, inner_kwargs = unflatten(
        structure, [x if d is None else _core.make_batched(x, level) for x, d in zip(fronts, dims, strict=True)]
    )
    set_vmaps((*outside, here))
    try:
        out = func(*inner_args, **inner_kwargs)
    finally:
        set_vmaps(outside)

    def whole(y: Any) -> Tensor:
        if not isinstance(y, Tensor):
            raise TypeError(f"vmap: the function must return Tensors, got {type(y).__name__}")
        if _core.level_of(y) > level:
            raise BatchError("vmap: a tensor of an inner vmap left it")
        batch = _core.batch_of(y, level)
        return y.unsqueeze(0).expand((here[0], *y.shape)) if batch is None else batch

    return _placed(tree_map(whole, out), out_dims)


def _placed(out: Any, out_dims: Any) -> Any:
    """Outputs with their first dimension where `out_dims` wants it."""
    if isinstance(out_dims, int):
        return out if out_dims == 0 else tree_map(lambda y: y.movedim(0, out_dims), out)
    if isinstance(out, Tensor):
        raise ValueError(f"vmap: out_dims {out_dims!r} for one output")
    return type(out)(_placed(y, d) for y, d in zip(out, out_dims, strict=True))
