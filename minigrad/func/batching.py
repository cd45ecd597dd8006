"""Batching rules of general ops: how an op of examples is an op of their batch.

A rule is called `rule(op, size, mapped, arrays, params)`: `mapped` says which of the arrays have the batch as their first dimension, `size` is
how many examples it holds. It returns what the op returns, batch first. Elementwise ops, reductions, views and products need none: see
minigrad/core/vmap.pxi. An op without a rule raises BatchError under vmap; no rule loops over examples.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _core, ops
from .._core import BatchError, Tensor
from ..registry import OPS

Rule = Callable[..., Any]


def _call(op: Any, arrays: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
    return _core.apply(op, arrays, params)


def _all_mapped(size: int, mapped: tuple[bool, ...], arrays: tuple[Any, ...]) -> tuple[Any, ...]:
    """Every array with the batch in front."""
    return tuple(a if m or a is None else a.unsqueeze(0).expand((size, *a.shape)) for m, a in zip(mapped, arrays, strict=True))


def _only(op: Any, mapped: tuple[bool, ...], allowed: tuple[int, ...]) -> None:
    for i, m in enumerate(mapped):
        if m and i not in allowed:
            raise BatchError(f"vmap: {op.name} has no batching rule for its argument {i}")


def along_rows(op: Any, size: int, mapped: tuple[bool, ...], arrays: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
    """The op counts its dimensions from the end, and has nothing to do with those in front."""
    return _call(op, _all_mapped(size, mapped, arrays), params)


def along_dim(at: int = 0, variadic: bool = False) -> Rule:
    """The op works along one dimension, its parameter number `at`, and takes all others as they come."""

    def rule(op: Any, size: int, mapped: tuple[bool, ...], arrays: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
        dim = params[at]
        values = tuple(dim + 1 if i == at and dim >= 0 else p for i, p in enumerate(params))
        arrays = _all_mapped(size, mapped, arrays)
        if any(a is not None and a.ndim == 1 for a in arrays):  # examples without dimensions count as having one
            raise BatchError(f"vmap: {op.name} of examples without dimensions")
        return _call(op, arrays, values)

    return rule


def with_shapes(change: Callable[..., tuple[Any, ...]]) -> Rule:
    """The op's parameters are shapes and positions in every dimension; `change(size, *params)` puts the batch's in front."""

    def rule(op: Any, size: int, mapped: tuple[bool, ...], arrays: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
        return _call(op, _all_mapped(size, mapped, arrays), change(size, *params))

    return rule


def into_rows(*shared: int, change: Callable[..., tuple[Any, ...]] | None = None) -> Rule:
    """The first dimension of arrays and outputs is a batch already, and becomes longer; arguments `shared` have none."""

    def rule(op: Any, size: int, mapped: tuple[bool, ...], arrays: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
        _only(op, mapped, tuple(i for i in range(len(arrays)) if i not in shared))
        rows = tuple(i for i in range(len(arrays)) if i not in shared)
        whole = _all_mapped(size, tuple(m or i in shared for i, m in enumerate(mapped)), arrays)
        merged = tuple(a.reshape((size * a.shape[1], *a.shape[2:])) if i in rows and a is not None else a for i, a in enumerate(whole))
        result = _call(op, merged, params if change is None else change(size, *params))
        return _map(lambda y: y.reshape((size, y.shape[0] // size, *y.shape[1:])), result)

    return rule


def _map(function: Callable[[Tensor], Tensor], result: Any) -> Any:
    return tuple(None if y is None else function(y) for y in result) if isinstance(result, tuple) else function(result)


def _to_channels(x: Tensor | None) -> Any:
    """(B, N, C, ...) as (N, B * C, ...)."""
    if x is None:
        return None
    x = x.movedim(0, 1)
    return x.reshape((x.shape[0], x.shape[1] * x.shape[2], *x.shape[3:]))


def _from_channels(y: Tensor, size: int) -> Tensor:
    return y.reshape((y.shape[0], size, y.shape[1] // size, *y.shape[2:])).movedim(1, 0)


def _flat(x: Tensor | None) -> Any:
    """(B, C, ...) as (B * C, ...)."""
    return None if x is None else x.reshape((x.shape[0] * x.shape[1], *x.shape[2:]))


def convolution(op: Any, size: int, mapped: tuple[bool, ...], arrays: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
    """Filters for all examples: more images. Filters of each example: groups of channels."""
    groups = params[-1]
    if op.name != "conv2d_backward_weight" and not any(mapped[1:]):
        return into_rows(*range(1, len(arrays)))(op, size, mapped, arrays, params)
    x, w, *bias = _all_mapped(size, mapped, arrays)
    values = (*params[:-1], groups * size)
    if op.name == "conv2d_backward_weight":
        gw = _call(op, (_to_channels(x), _to_channels(w)), values)
        return gw.reshape((size, gw.shape[0] // size, *gw.shape[1:]))
    return _from_channels(_call(op, (_to_channels(x), _flat(w), *(_flat(b) for b in bias)), values), size)


def batch_norm(op: Any, size: int, mapped: tuple[bool, ...], arrays: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
    """Statistics of each example: its channels beside those of the others."""
    images = 2 if op.name == "batch_norm_backward" else 1
    whole = _all_mapped(size, mapped, arrays)
    result = _call(op, tuple(_to_channels(a) if i < images else _flat(a) for i, a in enumerate(whole)), params)
    if not isinstance(result, tuple):
        return _from_channels(result, size)
    first, *others = result
    return (None if first is None else _from_channels(first, size), *(None if y is None else y.reshape((size, -1)) for y in others))


def layer_norm(op: Any, size: int, mapped: tuple[bool, ...], arrays: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
    """Rows of all examples at once; weights of each example come after."""
    x, weight, bias = arrays
    if not (mapped[1] or mapped[2]):
        return into_rows(1, 2)(op, size, mapped, arrays, params)
    y, *statistics = into_rows(1, 2)(op, size, (mapped[0], False, False), (x, None, None), params)
    if weight is not None:
        y = y * (weight.unsqueeze(1) if mapped[1] else weight)
    if bias is not None:
        y = y + (bias.unsqueeze(1) if mapped[2] else bias)
    return (y, *statistics)


def layer_norm_backward(op: Any, size: int, mapped: tuple[bool, ...], arrays: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
    """Rows of all examples at once; sums over rows for each example."""
    grad, x, mean, rstd, weight = _all_mapped(size, mapped, arrays)
    eps, mask = params
    normal = (x - mean.reshape((*x.shape[:-1], 1))) * rstd.reshape((*x.shape[:-1], 1)) if mask[1] else None
    scaled = grad if weight is None else grad * weight.unsqueeze(1)
    gx = None
    if mask[0]:
        rows = tuple(_flat(a) for a in (scaled, x, mean, rstd))
        gx = _call(op, (*rows, None), (eps, (True, False, False)))[0].reshape(x.shape)
    return gx, (grad * normal).sum(1) if mask[1] else None, grad.sum(1) if mask[2] else None


def embedding(op: Any, size: int, mapped: tuple[bool, ...], arrays: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
    """A table for all examples takes any indices; tables of each are put one below the other."""
    if not mapped[0]:
        return _call(op, arrays, params)
    if params[0] is not None or params[1]:
        raise BatchError(f"vmap: {op.name} has no batching rule for tables of each example with padding_idx or scale_grad_by_freq")
    table, index = _all_mapped(size, mapped, arrays)
    first = _core.from_numpy(np.arange(size) * table.shape[1]).reshape((size, *(1,) * (index.ndim - 1)))
    return _call(op, (_flat(table), index + first), params)


def index_select(op: Any, size: int, mapped: tuple[bool, ...], arrays: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
    """Indices for all examples, along one dimension further."""
    _only(op, mapped, (0, 2))
    first = _all_mapped(size, (mapped[0],), arrays[:1])
    rest = arrays[1:2] + (_all_mapped(size, mapped[2:], arrays[2:]) if len(arrays) > 2 else ())
    dim = params[0]
    return _call(op, (*first, *rest), (dim + 1 if dim >= 0 else dim,))


_rows: tuple[Rule, tuple[str, ...]] = along_rows, (
    "_max_with_index", "_min_with_index", "_cumsum", "_cumprod", "_cummax", "_cummin", "_logcumsumexp", "_linear_scan", "_kthvalue", "_median", "_mode",
    "_softmax", "softmax_backward", "_log_softmax", "log_softmax_backward", "_frexp",
    "_inv", "_cholesky", "_cofactors", "_det", "_slogdet", "_qr", "_qr_complete", "_svd", "_svdvals", "_eigh", "_eig", "_eigvals", "_pinv", "_exp",
    "_solve", "_solve_triangular", "_lu", "_exchange_rows", "_ldl", "_ldl_solve",
)  # fmt: skip
_dims: tuple[Rule, tuple[str, ...]] = (
    along_dim(),
    ("_cat", "_gather", "_scatter_add", "_scatter_values", "_scatter_reduce", "_sort", "bin_max"),
)
RULES: dict[str, Rule] = {name: rule for rule, names in (_rows, _dims) for name in names} | {
    "_topk": along_dim(1),
    "_slice_backward": with_shapes(lambda size, shape, entries: ((size, *shape), ((0, 1, size), *entries))),
    "_pad_constant": with_shapes(lambda size, shape, entries, value: ((size, *shape), ((0, 1, size), *entries), value)),
    "_index_select": index_select,
    "_index_add": index_select,
    "_embedding": embedding,
    "_conv2d": convolution,
    "conv2d_backward_input": convolution,
    "conv2d_backward_weight": convolution,
    "im2col": into_rows(),
    "col2im": into_rows(),
    "_max_pool2d": into_rows(),
    "max_pool2d_backward": into_rows(),
    "_avg_pool2d": into_rows(),
    "avg_pool2d_backward": into_rows(),
    "_adaptive_avg_pool2d": into_rows(),
    "adaptive_avg_pool2d_backward": into_rows(),
    "_attention": into_rows(),
    "attention_backward": into_rows(),
    "_cross_entropy": into_rows(2),
    "cross_entropy_backward": into_rows(4),
    "native_layer_norm": layer_norm,
    "layer_norm_backward": layer_norm_backward,
    "native_batch_norm": batch_norm,
    "batch_norm_apply": batch_norm,
    "batch_norm_backward": batch_norm,
}


def install() -> None:
    """Give the ops their rules."""
    ops.load()
    for name, rule in RULES.items():
        OPS[name].engine.vmap = rule
