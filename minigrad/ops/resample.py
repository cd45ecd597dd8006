"""A sparse matrix applied to any dimension of a tensor: what interpolation on grids and between pixels comes down to.

It is linear in the tensor and in the matrix's entries, and its gradient is the same op with the transposed table, or a product of
gathered rows: every order of derivative comes from these two.
"""

from __future__ import annotations

import math

import numpy as np

from .. import _core
from ..errors import DTypeError
from ..registry import NONDIFF, Draw, Sample, defop
from ._examples import by_numpy, rows_of


def _input_vjp(g, start, index, weight, input_shape, dim):
    """The transposed table has a row for each input: sorted by input, the entries keep the order of their outputs."""
    n = input_shape[dim]

    def transposed(start, index):
        order = _sorted(index, n)
        counts = np.zeros((*index.shape[:-1], n + 1), np.int64)
        _add_ones(counts, index + 1)
        return np.cumsum(counts, -1), np.take_along_axis(_rows(start, index.shape[-1]), order, -1), order

    starts, rows, order = by_numpy(transposed, start, index)
    return resample(g, starts, rows, weight.index_select(0, order), dim)


def _sorted(at, n):
    """np.argsort(at, kind="stable") of values below n, by 16 bits at a time: those NumPy sorts by counting, several times as fast."""
    order = np.argsort(at.astype(np.uint16), -1, kind="stable")
    for shift in range(16, (n - 1).bit_length(), 16):
        digits = np.take_along_axis((at >> shift).astype(np.uint16), order, -1)
        order = np.take_along_axis(order, np.argsort(digits, -1, kind="stable"), -1)
    return order


def _add_ones(counts, at):
    """counts[..., at] += 1, as often as `at` says it."""
    rows, n = rows_of(at), counts.shape[-1]
    flat = (rows + np.arange(len(rows))[:, None] * n).reshape(-1)
    counts += np.bincount(flat, minlength=counts.size).reshape(counts.shape)


def _weight_vjp(g, input, start, index, dim):
    """Each entry's output gradient times its input."""
    rows = by_numpy(lambda s: _rows(s, index.shape[0]), start)
    terms = g.index_select(dim, rows) * input.index_select(dim, index)
    others = tuple(d for d in range(input.ndim) if d != dim)
    return terms.sum(others) if others else terms


def _rows(start, entries):
    """The row of each entry: how many of the others have begun by then."""
    begun = np.zeros((*start.shape[:-1], entries + 1), np.int64)
    _add_ones(begun, start[..., 1:-1])
    return np.cumsum(begun[..., :entries], -1)


def _resample_samples(r: Draw) -> list[Sample]:
    start, index = np.array([0, 2, 2, 5, 6]), np.array([0, 2, 1, 1, 0, 2])
    return [
        Sample(r(2, 3, 4), start, index, r(6), dim=1, id="middle"),
        Sample(r(4, 3), start, index, r(6), dim=1, id="last"),
        Sample(r(0, 3), start, index, r(6), dim=1, id="empty"),
    ]


def _resample_plan(input, start, index, weight, dim):
    if weight.dtype is not input.dtype:
        raise DTypeError(f"resample: expected one dtype for input and weight, got {input.dtype.name} and {weight.dtype.name}")
    shape, m = input.shape, start.shape[0] - 1
    outer, inner = math.prod(shape[:dim]), math.prod(shape[dim + 1 :])
    if not _core.has_kernel("resample", input.dtype):
        return _core.Plan((*shape[:dim], m, *shape[dim + 1 :]), row=None)
    out = _core.empty((outer, m, inner), input.dtype)
    table = (_core.contiguous(v.detach()) for v in (start, index, weight))
    _core.launch_as("resample", input.dtype, [out, _core.contiguous(input.detach()).view((outer, shape[dim], inner)), *table])
    return out.view((*shape[:dim], m, *shape[dim + 1 :]))


@defop(family="general", plan=_resample_plan, where="", linear_in=("input", "weight"), samples=_resample_samples,
       vjp={"input": _input_vjp, "start": NONDIFF, "index": NONDIFF, "weight": _weight_vjp})  # fmt: skip
def resample(input, start, index, weight, dim):
    """A sparse matrix times dimension `dim`: output o is the sum of weight[k] * input[index[k]] for k from start[o] up to start[o + 1].

    Shapes: input (..., n, ...), start (m + 1,), index and weight (K,); returns (..., m, ...). Dtypes: floats, the same for weight.
    """
    of, count = np.moveaxis(input, dim, 0), np.diff(start)
    out = np.zeros((len(count), *of.shape[1:]), np.result_type(input, weight))
    for k in range(count.max(initial=0)):
        rows = np.flatnonzero(count > k)
        at = start[rows] + k
        out[rows] += of[index[at]] * weight[at].reshape(-1, *(1,) * (of.ndim - 1))
    return np.moveaxis(out, 0, dim)
