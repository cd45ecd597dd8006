"""Rows by number: embedding tables, and one-hot vectors."""

from __future__ import annotations

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import NONDIFF, Cost, Draw, ErrorSample, Sample, composite, defop
from ._examples import by_numpy, rows_of
from .elementwise import _choose, div, eq, mul, ne
from .index import _gather, _index_select, _index_sum
from .shape import reshape, unsqueeze


def _check_index(op, index):
    if not isinstance(index, _core.Tensor):
        raise TypeError(f"{op}: expected a Tensor of indices, got {type(index).__name__}")
    if index.is_floating_point() or index.is_complex() or index.dtype is _core.bool_:
        raise DTypeError(f"{op}: expected an integer index tensor, got dtype {index.dtype.name}")
    return _core.cast(index, _core.int64)


def _in_table(op, index, n):
    """Refuse numbers of rows that do not exist; the kernel would count negative ones from the end."""
    if index.numel():
        index = _core.whole(index)
        low, high = index.min().item(), index.max().item()
        if low < 0 or high >= n:
            raise IndexError(f"{op}: index {low if low < 0 else high} is out of range for {n} rows")


def _lookup(weight, index, padding_idx, scale_grad_by_freq):
    try:
        return _core.plan_embedding(weight, index)
    except IndexError:
        _in_table("embedding", index, weight.shape[0])  # which says what is wrong
        raise


def _embedding_vjp(g, weight_shape, index, padding_idx, scale_grad_by_freq):
    """Rows of g added to the rows that they came from; the row at padding_idx gets nothing."""
    width = weight_shape[1]
    if padding_idx is not None:
        g = mul(g, ne(unsqueeze(index, -1), padding_idx).to(g.dtype))
    if scale_grad_by_freq and index.numel():
        g = div(g, _core.cast(unsqueeze(reshape(by_numpy(_occurrences, reshape(index, (-1,))), index.shape), -1), g.dtype))
    rows = _core.reshape(g, (index.numel(), width))
    return _index_sum(rows, _core.reshape(index, (-1,)), 0, weight_shape[0])


def _occurrences(index):
    """How often each number of a row occurs in it."""
    rows = index.reshape(-1, index.shape[-1])
    apart = rows + np.arange(len(rows))[:, None] * (rows.max() + 1)
    return np.bincount(apart.reshape(-1))[apart].reshape(index.shape)


def _lookup_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r(5, 3), r.ints(0, 5, 2, 4), padding_idx=None, scale_grad_by_freq=False, id="matrix"),
        Sample(r(5, 3), r.ints(0, 4, 7), padding_idx=4, scale_grad_by_freq=False, id="padding"),
    ]


# scale_grad_by_freq makes a gradient that is not the derivative; it is compared with PyTorch's instead (tests/test_functional.py).
@defop(family="general", plan=_lookup, where="", linear_in=("weight",), vjp={"weight": _embedding_vjp, "index": NONDIFF}, samples=_lookup_samples,
       cost=lambda index, y: Cost(flops=0.0, bytes=index.nbytes + 2.0 * y.nbytes))  # fmt: skip
def _embedding(weight, index, padding_idx, scale_grad_by_freq):
    """rows of weight by index"""
    return weight[index]


def _embedding_samples(r: Draw) -> list[Sample]:
    return [Sample(r.ints(0, 5, 2, 4), r(5, 3), id="matrix"), Sample(r.ints(0, 4, 7), r(5, 3), padding_idx=-1, id="padding")]


@composite(arrays="input weight", where="F", samples=_embedding_samples, errors=[
    ErrorSample(np.array([3]), np.ones((3, 2)), error=IndexError, match="embedding: index 3 is out of range for 3 rows"),
    ErrorSample(np.array([-1]), np.ones((3, 2)), error=IndexError, match="embedding: index -1 is out of range for 3 rows"),
    ErrorSample(np.array([0.5]), np.ones((3, 2)), error=DTypeError, match="expected an integer index tensor, got dtype float64"),
    ErrorSample(np.array([0]), np.ones(3), error=ShapeError, match=r"embedding: weight must be \(rows, width\), got shape \(3,\)"),
    ErrorSample(np.array([0]), np.ones((3, 2)), 3, error=ValueError, match="padding_idx must be between -3 and 2, got 3"),
])  # fmt: skip
def embedding(input, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False):
    """Rows of `weight`, by the numbers in `input`.

    The row at `padding_idx`, if given, gets no gradient. `max_norm`: rows in use that are longer (by `norm_type`) are first shrunk to
    it, in place. `scale_grad_by_freq`: a row's gradient is divided by how often it occurs. `sparse` is accepted; gradients are dense.
    Shapes: input any, of integers; weight (rows, width); returns (*input.shape, width). Dtypes: weight all.
    Raises: IndexError for a row that does not exist.
    >>> mg.nn.functional.embedding(mg.tensor([1, 0, 1]), mg.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[3., 4.],
            [1., 2.],
            [3., 4.]])
    """
    index = _check_index("embedding", input)
    if not isinstance(weight, _core.Tensor):
        raise TypeError(f"embedding: expected a Tensor as weight, got {type(weight).__name__}")
    if weight.ndim != 2:
        raise ShapeError(f"embedding: weight must be (rows, width), got shape {weight.shape}")
    padding_idx = _padding("embedding", padding_idx, weight.shape[0])
    if max_norm is not None:
        _shrink(weight, index, max_norm, norm_type)
    return _embedding(weight, index, padding_idx, scale_grad_by_freq)


def _padding(op, padding_idx, n):
    if padding_idx is None:
        return None
    if not -n <= padding_idx < n:
        raise ValueError(f"{op}: padding_idx must be between {-n} and {n - 1}, got {padding_idx}")
    return padding_idx % n


def _shrink(weight, index, max_norm, norm_type):
    """Shorten the rows in use that are longer than max_norm."""
    with _core.no_grad():
        used = np.unique(_core.whole(index).numpy())
        if used.size and 0 <= used[0] and used[-1] < weight.shape[0]:
            table = weight.detach().numpy()
            lengths = np.linalg.norm(table[used], norm_type, 1)
            long = lengths > max_norm
            if long.any():
                table[used[long]] *= (max_norm / (lengths[long] + 1e-7))[:, None].astype(table.dtype)
                weight._bump_version()


def _whose(start):
    """The bag of each row, given where bags begin and, last, where the last one ends."""
    rows = start.reshape(-1, start.shape[-1])
    return np.stack([np.repeat(np.arange(len(s) - 1), np.diff(s)) for s in rows]).reshape(*start.shape[:-1], -1)


def _embedding_bag_vjp(g, weight_shape, index, start, mean):
    if mean:
        g = div(g, unsqueeze(_core.cast((start[1:] - start[:-1]).clamp(min=1), g.dtype), -1))
    return _index_sum(_index_select(g, by_numpy(_whose, start), 0), index, 0, weight_shape[0])


@defop(family="general", kernel="embedding_bag", where="", linear_in=("weight",),
       cost=lambda index, y: Cost(flops=float(index.size * y.shape[1]), bytes=index.nbytes + (index.size + y.shape[0]) * y.shape[1] * y.nbytes / max(y.size, 1)),
       samples=lambda r: [Sample(r(5, 3), r.ints(0, 5, 7), np.array([0, 2, 2, 7]), mean=mean, id=i) for mean, i in ((False, "sum"), (True, "mean"))],
       plan=lambda weight, index, start, mean: _core.Plan((start.shape[0] - 1, weight.shape[1]), params=(int(mean),)),
       vjp={"weight": _embedding_bag_vjp, "index": NONDIFF, "start": NONDIFF})  # fmt: skip
def _embedding_bag(weight, index, start, mean):
    """Sums or means of rows of weight; bag b is those that index[start[b]:start[b + 1]] names, and start ends with index's length."""
    out = np.zeros((len(start) - 1, weight.shape[1]), weight.dtype)
    np.add.at(out, _whose(start), weight[index])
    return out / np.maximum(np.diff(start), 1)[:, None].astype(weight.dtype) if mean else out


def _bag_samples(r: Draw) -> list[Sample]:
    offsets = np.array([0, 2, 2, 5])
    return [
        Sample(r.ints(0, 5, 2, 4), r(5, 3), mode="sum", id="matrix"),
        Sample(r.ints(0, 4, 7), r(5, 3), offsets, padding_idx=4, id="mean"),
        Sample(r.ints(0, 5, 7), r.distinct(5, 3), offsets, mode="max", id="max"),
        Sample(
            r.ints(0, 5, 7), r(5, 3), np.array([0, 2, 2, 7]), mode="sum", per_sample_weights=r(7), include_last_offset=True, id="weights"
        ),
    ]


@composite(arrays="input weight", where="F", samples=_bag_samples, errors=[
    ErrorSample(np.array([0, 3]), np.ones((3, 2)), np.array([0]), error=IndexError, match="embedding_bag: index 3 is out of range for 3 rows"),
    ErrorSample(np.array([0, 1]), np.ones((3, 2)), error=ValueError, match="embedding_bag: offsets must be given for an input of 1 dimension"),
    ErrorSample(np.array([[0, 1]]), np.ones((3, 2)), np.array([0]), error=ValueError, match="embedding_bag: offsets cannot be given for an input of 2"),
    ErrorSample(np.array([0, 1]), np.ones((3, 2)), np.array([1]), error=ValueError, match="embedding_bag: offsets must begin with 0, not fall"),
    ErrorSample(np.array([0, 1]), np.ones((3, 2)), np.array([0, 3]), error=ValueError, match="not exceed the 2 indices"),
    ErrorSample(np.array([[0, 1]]), np.ones((3, 2)), mode="median", error=ValueError, match='embedding_bag: mode must be "sum", "mean" or "max", got \'median\''),
    ErrorSample(np.array([[0, 1]]), np.ones((3, 2)), per_sample_weights=np.ones((1, 2)), error=ValueError, match='per_sample_weights need mode="sum"'),
    ErrorSample(np.array([[0, 1]]), np.ones((3, 2)), mode="sum", per_sample_weights=np.ones(2), error=ShapeError, match="per_sample_weights must have input's shape"),
    ErrorSample(np.array([[[0]]]), np.ones((3, 2)), error=ShapeError, match="embedding_bag: input must have 1 or 2 dimensions"),
])  # fmt: skip
def embedding_bag(
    input, weight, offsets=None, max_norm=None, norm_type=2, scale_grad_by_freq=False, mode="mean", sparse=False, per_sample_weights=None,
    include_last_offset=False, padding_idx=None,
):  # fmt: skip
    """Sum, mean or maximum of the rows of `weight` in each bag of numbers; 0 for an empty bag.

    A bag is a row of a 2-d input; or, of a 1-d input, the numbers from its entry in `offsets` to the next (include_last_offset: the
    last entry is only the end). Numbers equal to padding_idx are in no bag. per_sample_weights: factors for a sum.
    max_norm, scale_grad_by_freq, sparse: as embedding.
    Shapes: input (B, n) or (n,) with offsets (B,); weight (rows, width); returns (B, width). Dtypes: weight floats.
    Raises: IndexError for a row that does not exist, ValueError, ShapeError for what does not fit.
    >>> mg.nn.functional.embedding_bag(mg.tensor([0, 1, 1]), mg.tensor([[1.0, 2.0], [3.0, 4.0]]), mg.tensor([0, 1]), mode="sum")
    tensor([[1., 2.],
            [6., 8.]])
    """
    op = "embedding_bag"
    index = _check_index(op, input)
    if not isinstance(weight, _core.Tensor):
        raise TypeError(f"{op}: expected a Tensor as weight, got {type(weight).__name__}")
    if weight.ndim != 2:
        raise ShapeError(f"{op}: weight must be (rows, width), got shape {weight.shape}")
    if mode not in ("sum", "mean", "max"):
        raise ValueError(f'{op}: mode must be "sum", "mean" or "max", got {mode!r}')
    plain = padding_idx is None and max_norm is None and per_sample_weights is None and not scale_grad_by_freq and mode != "max"
    if plain and not _core.level_of(index) and not (isinstance(offsets, _core.Tensor) and _core.level_of(offsets)):
        index, start = _starts(op, index, offsets, include_last_offset)
        try:
            return _embedding_bag(weight, index, start, mode == "mean")
        except IndexError:
            _in_table(op, index, weight.shape[0])  # which says what is wrong
            raise
    count, bags = _bags(op, index, offsets, include_last_offset)
    if per_sample_weights is not None:
        if mode != "sum":
            raise ValueError(f'{op}: per_sample_weights need mode="sum", got {mode!r}')
        if per_sample_weights.shape != index.shape:
            raise ShapeError(f"{op}: per_sample_weights must have input's shape {index.shape}, got {per_sample_weights.shape}")
        per_sample_weights = _core.reshape(per_sample_weights, (-1,))
    _in_table(op, index, weight.shape[0])
    padding_idx = _padding(op, padding_idx, weight.shape[0])
    flat = reshape(index, (index.numel(),))
    if padding_idx is not None:
        bags = _choose(eq(flat, padding_idx), count, bags)
    if max_norm is not None:
        _shrink(weight, index, max_norm, norm_type)
    rows = _embedding(weight, flat, None, scale_grad_by_freq)
    if per_sample_weights is not None:
        rows = rows * unsqueeze(per_sample_weights, 1)
    return _pooled(rows, bags, count, mode)


def _check_bags(op, index, offsets, include_last_offset):
    """The offsets of a 1-d input, or None for a 2-d one, whose rows are the bags."""
    if index.ndim == 2:
        if offsets is not None:
            raise ValueError(f"{op}: offsets cannot be given for an input of 2 dimensions, whose rows are the bags")
        return None
    if index.ndim != 1:
        raise ShapeError(f"{op}: input must have 1 or 2 dimensions, got shape {index.shape}")
    if offsets is None:
        raise ValueError(f"{op}: offsets must be given for an input of 1 dimension")
    offsets = _check_index(op, offsets)
    if offsets.ndim != 1 or (include_last_offset and not offsets.numel()):
        raise ShapeError(f"{op}: offsets must have 1 dimension, got shape {offsets.shape}")
    return offsets


def _check_starts(op, starts, n):
    if starts.shape[-1] and ((starts[..., 0] != 0).any() or (np.diff(starts) < 0).any() or (starts[..., -1] > n).any()):
        raise ValueError(f"{op}: offsets must begin with 0, not fall and not exceed the {n} indices, got {starts.tolist()}")


def _starts(op, index, offsets, include_last_offset):
    """The indices that are in a bag, and where each bag begins, and the last one ends, among them."""
    offsets = _check_bags(op, index, offsets, include_last_offset)
    if offsets is None:
        b, n = index.shape
        return _core.reshape(index, (b * n,)), _core.from_numpy(np.arange(b + 1) * n)
    starts = offsets.numpy()
    _check_starts(op, starts, index.shape[0])
    if include_last_offset:
        return index[: int(starts[-1])], offsets
    return index if len(starts) else index[:0], _core.from_numpy(np.append(starts, index.shape[0] if len(starts) else 0))


def _bags(op, index, offsets, include_last_offset):
    """How many bags there are, and which one each of the flattened indices is in; what is in none is in one more at the end."""
    offsets = _check_bags(op, index, offsets, include_last_offset)
    if offsets is None:
        b, n = index.shape
        return b, _core.from_numpy(np.repeat(np.arange(b), n))
    n = index.shape[0]

    def find(starts):
        _check_starts(op, starts, n)
        begun = np.zeros((*starts.shape[:-1], n + 1), np.int64)
        rows = begun.reshape(-1, n + 1)
        np.add.at(rows, (np.arange(len(rows))[:, None], starts.reshape(len(rows), -1)), 1)
        return np.cumsum(begun, -1)[..., :n] - 1

    return offsets.shape[0] - bool(include_last_offset), by_numpy(find, offsets)


def _pooled(rows, bags, count, mode):
    """Sum, mean or maximum of the rows of each bag; `bags` says whose a row is, `count` that it is nobody's."""
    n, width = rows.shape
    if not n:
        return rows.sum(0, True).expand(count, width) * 0

    def sizes():
        return unsqueeze(_core.cast(by_numpy(lambda whose: _sizes(whose, count), bags), rows.dtype), 1)

    if mode == "max":
        at = by_numpy(lambda values, whose: _first_largest(values, whose, count), rows.detach(), bags)
        return _choose(sizes() > 0, _gather(rows, at, 0), 0)
    total = _index_sum(rows, bags, 0, count + 1)[:count]
    return div(total, sizes().clamp(min=1)) if mode == "mean" else total


def _sizes(bags, count):
    """How many are in each of `count` bags."""
    rows = rows_of(bags)
    apart = rows + np.arange(len(rows))[:, None] * (count + 1)
    found = np.bincount(apart.reshape(-1), minlength=len(rows) * (count + 1)).reshape(*bags.shape[:-1], count + 1)
    return found[..., :count]


def _first_largest(values, bags, count):
    """The first of the largest values of each bag, as PyTorch has it, by column; NaN is the largest. (..., n, width) and (..., n)."""
    *lead, n, width = values.shape
    flat = bags.reshape(-1, n)
    whose = (flat + np.arange(len(flat))[:, None] * (count + 1)).reshape(-1)
    order = np.argsort(whose, kind="stable")
    filled, first, lengths = np.unique(whose[order], return_index=True, return_counts=True)
    sorted_values = values.reshape(-1, width)[order]
    top = np.repeat(np.maximum.reduceat(sorted_values, first, 0), lengths, 0)
    hit = (sorted_values == top) | np.isnan(sorted_values)
    found = np.zeros((len(flat) * (count + 1), width), np.int64)
    found[filled] = np.minimum.reduceat(np.where(hit, (order % n)[:, None], n), first, 0)
    return found.reshape(*lead, count + 1, width)[..., :count, :]


@composite(where="F", samples=lambda r: [Sample(r.ints(0, 5, 2, 3), num_classes=5, id="matrix"), Sample(np.array([2, 0]), id="counted")], errors=[
    ErrorSample(np.array([0, 3]), 3, error=ValueError, match="one_hot: expected classes from 0 to 2, got values from 0 to 3"),
    ErrorSample(np.array([-1]), error=ValueError, match="one_hot: expected classes from 0"),
    ErrorSample(np.array([0.5]), error=DTypeError, match="expected an integer index tensor"),
    ErrorSample(np.zeros(0, np.int64), error=ValueError, match="one_hot: num_classes must be given for no elements"),
])  # fmt: skip
def one_hot(input, num_classes=-1):
    """Vectors that are 1 at input and 0 elsewhere, int64; num_classes -1 is the largest input plus 1.

    Shapes: input any; returns (*input.shape, num_classes). Raises ValueError for an input that is no class.
    >>> mg.nn.functional.one_hot(mg.tensor([2, 0]))
    tensor([[0, 0, 1],
            [1, 0, 0]])
    """
    index = _check_index("one_hot", input)
    if not index.numel() and num_classes <= 0:
        raise ValueError("one_hot: num_classes must be given for no elements")
    if num_classes == -1 and _core.level_of(index):
        raise _core.BatchError("vmap: one_hot needs num_classes: the largest index is another one in each example")
    every = _core.whole(index)
    low, high = (every.min().item(), every.max().item()) if index.numel() else (0, 0)
    if num_classes == -1:
        num_classes = high + 1
    if low < 0 or high >= num_classes:
        raise ValueError(f"one_hot: expected classes from 0 to {num_classes - 1}, got values from {low} to {high}")
    classes = _core.from_numpy(np.arange(num_classes))
    return eq(unsqueeze(index, -1), classes).to(_core.int64)
