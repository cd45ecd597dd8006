"""Batching rules of general ops: how an op of examples is an op of their batch.

A rule is called `rule(op, size, mapped, arrays, params)`: `mapped` says which of the arrays have the batch as their first dimension, `size` is
how many examples it holds. It returns what the op returns, batch first. Elementwise ops, reductions, views and products need none: see
minigrad/core/vmap.pxi. A fused op without a rule is computed by its oracle, whose ops have theirs; any other op without one raises
BatchError under vmap. No rule loops over examples.
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


def _after(dim: int) -> int:
    """A dimension of an example as one of the batch."""
    return dim + 1 if dim >= 0 else dim


def _spread(index: Tensor, shape: tuple[int, ...], dim: int) -> Tensor:
    """Indices (B, k) of each example into dimension `dim` of the batch, for gather: as large as `shape`."""
    return index.reshape((index.shape[0], *(1,) * (dim - 1), -1, *(1,) * (len(shape) - dim - 1))).expand(shape)


def _op(of: str, *args: Any) -> Any:
    """An op by its name in the registry."""
    return OPS[of].function(*args)


def embedding(op: Any, size: int, mapped: tuple[bool, ...], arrays: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
    """A table for all examples takes any indices; tables of each are put one below the other."""
    if not mapped[0]:
        return _call(op, arrays, params)
    padding, by_frequency = params
    if by_frequency:
        raise BatchError(f"vmap: {op.name} has no batching rule for scale_grad_by_freq and tables of each example")
    table, index = _all_mapped(size, mapped, arrays)
    rows = _call(op, (_flat(table), index + _offsets(size, table.shape[1], index.ndim)), (None, False))
    return rows if padding is None else _op("_choose", index.unsqueeze(-1) == padding, rows.detach(), rows)


def _offsets(size: int, step: int, ndim: int) -> Tensor:
    """Where the examples begin, one behind the other: 0, step, 2 step..., along the first of `ndim` dimensions."""
    return _core.from_numpy(np.arange(size) * step).reshape((size, *(1,) * (ndim - 1)))


def index_select(op: Any, size: int, mapped: tuple[bool, ...], arrays: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
    """Along one dimension further; indices of each example are those of gather and scatter."""
    dim = params[0] + 1
    index = arrays[1]
    x, *source = _all_mapped(size, (mapped[0], *mapped[2:]), (arrays[0], *arrays[2:]))
    if not mapped[1]:
        return _call(op, (x, index, *source), (dim,))
    shape = source[0].shape if source else (*x.shape[:dim], index.shape[1], *x.shape[dim + 1 :])
    return _op("_scatter_add" if source else "_gather", x, _spread(index, shape, dim), *source, dim)


def index_put(op: Any, size: int, mapped: tuple[bool, ...], arrays: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
    """Along one dimension further; indices of each example are those of scatter."""
    dim = params[0] + 1
    x, index, source = _all_mapped(size, mapped, arrays)
    if mapped[1]:
        return _op("_scatter_values", x, _spread(index, source.shape, dim), source, dim)
    return _call(op, (x, arrays[1], source), (dim,))


def index_sum(op: Any, size: int, mapped: tuple[bool, ...], arrays: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
    """Along one dimension further; indices of each example are those of scatter."""
    dim, n = params
    source, index = _all_mapped(size, mapped, arrays)
    if not mapped[1]:
        return _call(op, (source, arrays[1]), (dim + 1, n))
    shape = (*source.shape[: dim + 1], n, *source.shape[dim + 2 :])
    return _op("_scatter_sum", source, _spread(index, source.shape, dim + 1), dim + 1, shape)


def scatter_sum(op: Any, size: int, mapped: tuple[bool, ...], arrays: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
    """Into zeros for every example."""
    dim, shape = params
    return _call(op, _all_mapped(size, mapped, arrays), (dim + 1, (size, *shape)))


def nll_loss(op: Any, size: int, mapped: tuple[bool, ...], arrays: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
    """Rows of all examples. With weights of each example's classes, those of the targets are factors."""
    if not mapped[2]:
        return into_rows(2)(op, size, mapped, arrays, params)
    x, target, weight = _all_mapped(size, mapped, arrays)
    ignored = params[-1]
    place = _op("_choose", target == ignored, 0, target).reshape((size, -1))
    factors = _op("_gather", weight, place, 1).reshape(target.shape)
    rows = into_rows(2)
    if op.name == "nll_loss":
        return factors * rows(op, size, (True, True, False), (x, target, None), params)
    return rows(op, size, (True, True, False), (x * factors, target, None), params)


def copy_slices(op: Any, size: int, mapped: tuple[bool, ...], arrays: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
    """The same window in every example, which lie one behind the other."""
    x, other = _all_mapped(size, mapped, arrays)
    x = x.contiguous()
    shape, stride, offset = params
    return _call(op, (x, other), ((size, *shape), (x.stride()[0], *stride), offset))


def resample(op: Any, size: int, mapped: tuple[bool, ...], arrays: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
    """One table serves all examples; tables of each make one table of all, for rows of examples one behind the other."""
    dim = _after(params[0])
    if not any(mapped[1:]):
        return _call(op, arrays, (dim,))
    x, start, index, weight = _all_mapped(size, mapped, arrays)
    x = x.movedim(dim, 1)
    index = index + _offsets(size, x.shape[1], 2)
    start = start + _offsets(size, index.shape[1], 2)
    ends = _op("cat", [start[:, :-1].reshape((-1,)), start[-1:, -1]], 0)
    y = _call(op, (_flat(x), ends, index.reshape((-1,)), weight.reshape((-1,))), (0,))
    return y.reshape((size, start.shape[1] - 1, *x.shape[2:])).movedim(1, dim)


def embedding_bag(op: Any, size: int, mapped: tuple[bool, ...], arrays: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
    """The bags of all examples, one behind the other, of one table of all rows."""
    weight, index, start = _all_mapped(size, mapped, arrays)
    start = start + _offsets(size, index.shape[1], 2)
    ends = _op("cat", [start[:, :-1].reshape((-1,)), start[-1:, -1]], 0)
    y = _call(op, (_flat(weight), (index + _offsets(size, weight.shape[1], 2)).reshape((-1,)), ends), params)
    return y.reshape((size, start.shape[1] - 1, weight.shape[-1]))


def dropout(op: Any, size: int, mapped: tuple[bool, ...], arrays: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
    """The same random bits, hence the same mask, for every example."""
    (x,) = arrays
    keep = _call(op, (_core.full_of(x.shape[1:], 1, x.dtype),), params)[1]
    return _op("_choose", keep, x * (1 / (1 - params[0])), 0), keep.unsqueeze(0).expand(x.shape)


def cross_entropy(op: Any, size: int, mapped: tuple[bool, ...], arrays: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
    """Rows of all examples. With weights of each example's classes, the definition: what a class counts in a row, times -log(softmax)."""
    last = len(arrays) - 1
    if not mapped[last]:
        return into_rows(last)(op, size, mapped, arrays, params)
    *front, target, weight = _all_mapped(size, mapped, arrays)
    ignored, smoothing = params
    x = front[-2] if len(front) > 1 else front[0]
    classes = x.shape[-1]
    kept = (target != ignored).unsqueeze(-1)
    place = target.unsqueeze(-1)
    if _core.whole(kept & ((place < 0) | (place >= classes))).any():
        raise IndexError("cross_entropy: an index is out of range")
    hit = (place == _core.from_numpy(np.arange(classes))).to(x.dtype)
    counts = _op("_choose", kept, (hit * (1 - smoothing) + smoothing / classes) * weight.unsqueeze(1), 0)
    if len(front) == 1:
        lse = _op("logsumexp", x, -1, False)
        return _op("_choose", counts != 0, counts * (lse.unsqueeze(-1) - x), 0).sum(-1), lse
    grad, _, lse = front
    slope = counts.sum(-1, True) * (x - lse.unsqueeze(-1)).exp() - counts
    return grad.unsqueeze(-1) * _op("_choose", (counts != 0).any(-1, True), slope, 0)


_shifted = with_shapes(lambda size, dims, *rest: (tuple(map(_after, dims)), *rest))
_planes = into_rows()
_FAMILIES: tuple[tuple[Rule, str], ...] = (
    (along_rows, "_max_with_index _min_with_index _logcumsumexp _linear_scan _kthvalue _median _median_of_rows _mode "
        "_softmax softmax_backward _log_softmax log_softmax_backward _frexp "
        "_inv _cholesky _cofactors _det _slogdet _qr _qr_complete _svd _svdvals _eigh _eig _eigvals _pinv _exp "
        "_solve _solve_triangular _lu _exchange_rows _ldl _ldl_solve"),
    (along_dim(), "_cumsum _cumprod _cummax _cummin _cat _gather _scatter_add _scatter_values _scatter_reduce _sort"),
    (along_dim(1), "_topk"),
    (_shifted, "_fft_c2c _fft_r2c _fft_c2r"),
    (with_shapes(lambda size, shape, entries, *value: ((size, *shape), ((0, 1, size), *entries), *value)), "_slice_backward _pad_constant"),
    (with_shapes(lambda size, shape, offset, a, b: ((size, *shape), offset, _after(a), _after(b))), "_diagonal_zeros"),
    (index_select, "_index_select _index_add"),
    (index_put, "_index_put"),
    (index_sum, "_index_sum"),
    (scatter_sum, "_scatter_sum"),
    (nll_loss, "_nll_loss nll_loss_backward"),
    (copy_slices, "_copy_slices"),
    (resample, "resample"),
    (embedding, "_embedding"),
    (embedding_bag, "_embedding_bag"),
    (dropout, "_dropout"),
    (convolution, "_conv2d conv2d_backward_input conv2d_backward_weight"),
    (_planes, "_attention attention_backward im2col col2im _max_pool2d max_pool2d_backward _volumes_max _adaptive_max_pool3d _avg_pool2d avg_pool2d_backward _adaptive_avg_pool2d adaptive_avg_pool2d_backward depth_taps"),
    (into_rows(change=lambda size, n, *rest: (size * n, *rest)), "depth_taps_backward"),
    (cross_entropy, "_cross_entropy cross_entropy_backward"),
    (layer_norm, "native_layer_norm"),
    (layer_norm_backward, "layer_norm_backward"),
    (batch_norm, "native_batch_norm batch_norm_apply batch_norm_backward"),
)  # fmt: skip
RULES: dict[str, Rule] = {name: rule for rule, names in _FAMILIES for name in names.split()}


def install() -> None:
    """Give the ops their rules."""
    ops.load()
    for op in OPS.values():
        if op.engine is not None and op.family == "general":
            op.engine.vmap, op.engine.unfused = RULES.get(op.name), op.oracle
