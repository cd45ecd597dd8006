"""Rows by number: embedding tables, and one-hot vectors."""

from __future__ import annotations

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import NONDIFF, Cost, Draw, ErrorSample, Sample, composite, defop
from .elementwise import eq, mul, ne
from .index import _index_add
from .shape import reshape, unsqueeze


def _check_index(op, index):
    if not isinstance(index, _core.Tensor):
        raise TypeError(f"{op}: expected a Tensor of indices, got {type(index).__name__}")
    if index.is_floating_point() or index.is_complex() or index.dtype is _core.bool_:
        raise DTypeError(f"{op}: expected an integer index tensor, got dtype {index.dtype.name}")
    return _core.cast(index, _core.int64)


def _lookup(weight, index, padding_idx):
    n, width = weight.shape
    out = _core.empty((1, index.numel(), width), weight.dtype)
    if index.numel():
        if index.min().item() < 0:  # the kernel would count them from the end
            raise IndexError(f"embedding: index {index.min().item()} is out of range for {n} rows")
        if n == 0:
            raise IndexError("embedding: the table has no rows")
        _core.launch_as(
            "index_select", weight.dtype, [out, _core.contiguous(weight.detach()).view((1, n, width)), _core.contiguous(index).view((-1,))]
        )
    return out.view((*index.shape, width))


def _embedding_vjp(g, weight_shape, index, padding_idx):
    """Rows of g added to the rows that they came from; the row at padding_idx gets nothing."""
    width = weight_shape[1]
    if padding_idx is not None:
        g = mul(g, ne(unsqueeze(index, -1), padding_idx).to(g.dtype))
    rows = reshape(g, (index.numel(), width))
    return _index_add(_core.full_of(weight_shape, 0, g.dtype), reshape(index, (-1,)), rows, 0)


@defop(family="general", plan=_lookup, where="", linear_in=("weight",), vjp={"weight": _embedding_vjp, "index": NONDIFF},
       samples=lambda r: [Sample(r(5, 3), r.ints(0, 5, 2, 4), padding_idx=None, id="matrix"), Sample(r(5, 3), r.ints(0, 4, 7), padding_idx=4, id="padding")],
       cost=lambda weight, index, padding_idx: Cost(flops=0.0, bytes=8.0 * index.size * weight.shape[1]))  # fmt: skip
def _embedding(weight, index, padding_idx):
    """rows of weight by index"""
    return weight[index]


def _embedding_samples(r: Draw) -> list[Sample]:
    return [Sample(r.ints(0, 5, 2, 4), r(5, 3), id="matrix"), Sample(r.ints(0, 4, 7), r(5, 3), padding_idx=-1, id="padding")]


@composite(arrays="input weight", where="F", samples=_embedding_samples, errors=[
    ErrorSample(np.array([3]), np.ones((3, 2)), error=IndexError, match="out of range"),
    ErrorSample(np.array([-1]), np.ones((3, 2)), error=IndexError, match="embedding: index -1 is out of range for 3 rows"),
    ErrorSample(np.array([0.5]), np.ones((3, 2)), error=DTypeError, match="expected an integer index tensor, got dtype float64"),
    ErrorSample(np.array([0]), np.ones(3), error=ShapeError, match=r"embedding: weight must be \(rows, width\), got shape \(3,\)"),
    ErrorSample(np.array([0]), np.ones((3, 2)), 3, error=ValueError, match="padding_idx must be between -3 and 2, got 3"),
])  # fmt: skip
def embedding(input, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False):
    """Rows of `weight`, by the numbers in `input`.

    The row at `padding_idx`, if given, gets no gradient. `max_norm`: rows in use that are longer (by `norm_type`) are first shrunk to
    it, in place. `sparse` is accepted and changes nothing.
    Shapes: input any, of integers; weight (rows, width); returns (*input.shape, width). Dtypes: weight all.
    Raises: IndexError for a row that does not exist; NotImplementedError for `scale_grad_by_freq`.
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
    n = weight.shape[0]
    if padding_idx is not None:
        if not -n <= padding_idx < n:
            raise ValueError(f"embedding: padding_idx must be between {-n} and {n - 1}, got {padding_idx}")
        padding_idx %= n
    if scale_grad_by_freq:
        raise NotImplementedError("embedding: scale_grad_by_freq is not supported")
    if max_norm is not None:
        _shrink(weight, index, max_norm, norm_type)
    return _embedding(weight, index, padding_idx)


def _shrink(weight, index, max_norm, norm_type):
    """Shorten the rows in use that are longer than max_norm."""
    with _core.no_grad():
        used = np.unique(index.numpy())
        if used.size and 0 <= used[0] and used[-1] < weight.shape[0]:
            table = weight.detach().numpy()
            lengths = np.linalg.norm(table[used], norm_type, 1)
            long = lengths > max_norm
            if long.any():
                table[used[long]] *= (max_norm / (lengths[long] + 1e-7))[:, None].astype(table.dtype)
                weight._bump_version()


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
    low, high = (index.min().item(), index.max().item()) if index.numel() else (0, 0)
    if num_classes == -1:
        num_classes = high + 1
    if low < 0 or high >= num_classes:
        raise ValueError(f"one_hot: expected classes from 0 to {num_classes - 1}, got values from {low} to {high}")
    classes = _core.from_numpy(np.arange(num_classes))
    return eq(unsqueeze(index, -1), classes).to(_core.int64)
