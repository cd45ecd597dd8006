"""Diagonals and triangles; and tensors with a part of them replaced."""

from __future__ import annotations

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import ErrorSample, Sample, composite, defop
from .elementwise import _choose
from .shape import ALL, _copy_slices, _dim, as_strided, clone, reshape

# ---- diagonals ----


def _diagonal_plan(input, offset, dim1, dim2):
    a, b = _dim("diagonal", dim1, input.ndim), _dim("diagonal", dim2, input.ndim)
    if a == b or input.ndim < 2:
        raise ShapeError(f"diagonal: expected two different dimensions of shape {input.shape}, got {dim1} and {dim2}")
    shape, stride = input.shape, input.stride()
    n = max(min(shape[a] + min(offset, 0), shape[b] - max(offset, 0)), 0)
    start = (offset * stride[b] if offset > 0 else -offset * stride[a]) if n else 0
    rest = [d for d in range(input.ndim) if d not in (a, b)]
    return _core.window_of(input, (*(shape[d] for d in rest), n), (*(stride[d] for d in rest), stride[a] + stride[b]), start)


@defop(family="view", plan=_diagonal_plan, linear_in=("input",), dtypes=ALL,
       vjp={"input": lambda g, input_shape, offset, dim1, dim2: _diagonal_zeros(g, input_shape, offset, dim1, dim2)},
       samples=lambda r: [Sample(r(3, 5), id="main"), Sample(r(3, 5), offset=3, id="above"), Sample(r(2, 5, 3), offset=-1, dim1=1, dim2=-1, id="below-batch"),
                          Sample(r(2, 4, 3), dim1=2, dim2=0, id="swapped"), Sample(r(3, 4), offset=9, id="outside"), Sample(r(0, 3), id="empty")],
       errors=[ErrorSample(np.ones((2, 3)), 0, 1, 1, error=ValueError, match="diagonal: expected two different dimensions"),
               ErrorSample(np.ones(3), error=IndexError, match="diagonal: dimension 1 is out of range")])  # fmt: skip
def diagonal(input, offset=0, dim1=0, dim2=1):
    """The diagonal of two dimensions, as a new last dimension; a view. offset > 0 is above the main diagonal, < 0 below.

    Shapes: at least 2-d. Dtypes: all.
    >>> mg.diagonal(mg.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    return np.diagonal(input, offset, dim1, dim2)


def _diagonal_zeros_plan(g, shape, offset, dim1, dim2):
    out = _core.full_of(tuple(shape), 0, g.dtype)
    _core.copy_(_diagonal_plan(out, offset, dim1, dim2), g.detach())
    return out


@defop(family="general", plan=_diagonal_zeros_plan, linear_in=("input",), dtypes=ALL,
       vjp={"input": lambda g, offset, dim1, dim2: diagonal(g, offset, dim1, dim2)},
       samples=lambda r: [Sample(r(2, 3), shape=(2, 5, 3), offset=-1, dim1=1, dim2=2, id="batch")])  # fmt: skip
def _diagonal_zeros(input, shape, offset, dim1, dim2):
    """Zeros of a shape with input on a diagonal"""
    out = np.zeros(shape, np.asarray(input).dtype)
    a, b = dim1 % len(shape), dim2 % len(shape)
    window, n = np.moveaxis(out, (a, b), (-2, -1)), np.shape(input)[-1]
    window[..., np.arange(n) + max(-offset, 0), np.arange(n) + max(offset, 0)] = input
    return out


@composite(dtypes=ALL, linear_in=("input",), samples=lambda r: [
    Sample(r(3), id="vector"), Sample(r(2, 3), offset=1, dim1=0, dim2=2, id="between"), Sample(r(2, 3), offset=-2, id="below"), Sample(r(0), id="empty")],
    errors=[ErrorSample(np.ones(3), 0, 1, 1, error=ValueError, match="diag_embed: expected two different dimensions")])  # fmt: skip
def diag_embed(input, offset=0, dim1=-2, dim2=-1):
    """The last dimension as a diagonal of two new dimensions, zeros elsewhere.

    Shapes: (..., n) gives (..., n + |offset|, n + |offset|), the new dimensions at dim1 and dim2 of the result. Dtypes: all.
    >>> mg.diag_embed(mg.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    if input.ndim == 0:
        raise ShapeError("diag_embed: expected at least 1 dimension, got a 0-d tensor")
    a, b = (_dim("diag_embed", d, input.ndim + 1) for d in (dim1, dim2))
    if a == b:
        raise ShapeError(f"diag_embed: expected two different dimensions, got {dim1} and {dim2}")
    n = input.shape[-1] + abs(offset)
    rest = iter(input.shape[:-1])
    return _diagonal_zeros(input, tuple(n if d in (a, b) else next(rest) for d in range(input.ndim + 1)), offset, a, b)


@composite(dtypes=ALL, samples=lambda r: [Sample(r(3), diagonal=-1, id="vector"), Sample(r(3, 4), diagonal=1, id="matrix")],
           errors=[ErrorSample(np.ones((2, 3, 4)), error=ValueError, match="diag: expected a vector or a matrix")])  # fmt: skip
def diag(input, diagonal=0):
    """The matrix with a vector as its diagonal; the diagonal of a matrix, copied.

    >>> mg.diag(mg.tensor([[1, 2], [3, 4]]), 1)
    tensor([2])
    """
    if input.ndim not in (1, 2):
        raise ShapeError(f"diag: expected a vector or a matrix, got shape {input.shape}")
    return diag_embed(input, diagonal) if input.ndim == 1 else clone(_diagonal(input, diagonal))


_diagonal = diagonal


@composite(dtypes=ALL, samples=lambda r: [Sample(r(2, 3), id="matrix"), Sample(r(3), offset=-1, id="vector"), Sample(r(), id="0-d")])
def diagflat(input, offset=0):
    """The matrix with all elements as its diagonal.

    >>> mg.diagflat(mg.tensor([[1], [2]]))
    tensor([[1, 0],
            [0, 2]])
    """
    return diag_embed(reshape(input, (input.numel(),)), offset)


@composite(dtypes=ALL, samples=lambda r: [Sample(r(3, 4), id="wide"), Sample(r(4, 2), id="tall")],
           errors=[ErrorSample(np.ones(3), error=ValueError, match="trace: expected a matrix")])  # fmt: skip
def trace(input):
    """Sum of the diagonal of a matrix; integers and bool as int64.

    >>> mg.trace(mg.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor(5.)
    """
    if input.ndim != 2:
        raise ShapeError(f"trace: expected a matrix, got shape {input.shape}")
    return diagonal(input).sum()


def _fill_diagonal_(self, fill_value, wrap=False):
    """Set the main diagonal to one value; returns the tensor. All dimensions of more than two must be equal.

    wrap: in a tall matrix the diagonal begins anew below each square, after a row without.
    """
    shape, stride = self.shape, self.stride()
    if len(shape) < 2:
        raise ShapeError(f"fill_diagonal_: expected at least 2 dimensions, got shape {shape}")
    if len(shape) > 2 and len(set(shape)) > 1:
        raise ShapeError(f"fill_diagonal_: expected dimensions of one size, got shape {shape}")
    n = min(shape)
    _core.copy_(as_strided(self, (n,), (sum(stride),)), fill_value)
    if wrap and len(shape) == 2 and shape[0] > shape[1] + 1 and n:
        for row in range(n + 1, shape[0], n + 1):
            _core.copy_(as_strided(self, (min(n, shape[0] - row),), (sum(stride),), row * stride[0]), fill_value)
    return self


_fill_diagonal_.__name__ = _fill_diagonal_.__qualname__ = "fill_diagonal_"
_core.attach("fill_diagonal_", _fill_diagonal_)

# ---- triangles ----


def _triangle(op, input, keep):
    if input.ndim < 2:
        raise ShapeError(f"{op}: expected at least 2 dimensions, got shape {input.shape}")
    return _choose(_core.from_numpy(keep(np.arange(input.shape[-1]) - np.arange(input.shape[-2])[:, None])), input, False)


def _triangle_samples(r):
    return [
        Sample(r(3, 4), id="wide"),
        Sample(r(2, 5, 3), diagonal=-1, id="batch-below"),
        Sample(r(3, 5), diagonal=2, id="above"),
        Sample(r(0, 3), id="empty"),
    ]


@composite(dtypes=ALL, linear_in=("input",), inplace=True, samples=_triangle_samples,
           errors=[ErrorSample(np.ones(3), error=ValueError, match="tril: expected at least 2 dimensions")])  # fmt: skip
def tril(input, diagonal=0):
    """The lower triangle of every matrix, up to a diagonal (> 0: above the main one), zeros elsewhere.

    Shapes: (..., M, N). Dtypes: all.
    >>> mg.tril(mg.tensor([[1, 2], [3, 4]]))
    tensor([[1, 0],
            [3, 4]])
    """
    return _triangle("tril", input, lambda above: above <= diagonal)


@composite(dtypes=ALL, linear_in=("input",), inplace=True, samples=_triangle_samples,
           errors=[ErrorSample(np.ones(3), error=ValueError, match="triu: expected at least 2 dimensions")])  # fmt: skip
def triu(input, diagonal=0):
    """The upper triangle of every matrix, from a diagonal on (> 0: above the main one), zeros elsewhere.

    Shapes: (..., M, N). Dtypes: all.
    >>> mg.triu(mg.tensor([[1, 2], [3, 4]]))
    tensor([[1, 2],
            [0, 4]])
    """
    return _triangle("triu", input, lambda above: above >= diagonal)


# ---- a part replaced ----


def _replaced(op, input, src, window):
    """input with what `window` shows of it replaced by src."""
    input = _core.contiguous(input)
    part = window(input.detach())
    if src.dtype is not input.dtype:
        raise DTypeError(f"{op}: expected a src of dtype {input.dtype.name}, got {src.dtype.name}")
    if src.shape != part.shape:
        raise ShapeError(f"{op}: expected a src of shape {part.shape}, got {src.shape}")
    offset = (part.data_ptr() - input.data_ptr()) // input.itemsize if part.numel() else 0
    return _copy_slices(input, src, part.shape, part.stride(), offset)


@composite(dtypes=ALL, arrays="input src", linear_in=("input", "src"), samples=lambda r: [
    Sample(r(3, 5), r(3), id="main"), Sample(r(2, 5, 3), r(2, 3), offset=-1, dim1=1, dim2=2, id="below-batch"), Sample(r(3, 4), r(0), offset=9, id="outside")],
    errors=[ErrorSample(np.ones((2, 3)), np.ones(3), error=ValueError, match=r"diagonal_scatter: expected a src of shape \(2,\), got \(3,\)")])  # fmt: skip
def diagonal_scatter(input, src, offset=0, dim1=0, dim2=1):
    """A copy whose diagonal is `src`. Shapes: src as diagonal(input, offset, dim1, dim2). Dtypes: one for both.

    >>> mg.diagonal_scatter(mg.zeros(2, 2), mg.ones(2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    return _replaced("diagonal_scatter", input, src, lambda x: diagonal(x, offset, dim1, dim2))


@composite(dtypes=ALL, arrays="input src", linear_in=("input", "src"), samples=lambda r: [
    Sample(r(3, 5), r(3), dim=1, index=2, id="column"), Sample(r(3, 5), r(5), dim=0, index=-1, id="row")],
    errors=[ErrorSample(np.ones((2, 3)), np.ones(3), 1, 0, error=ValueError, match=r"select_scatter: expected a src of shape \(2,\), got \(3,\)")])  # fmt: skip
def select_scatter(input, src, dim, index):
    """A copy whose entry `index` along `dim` is `src`. Shapes: src as select(input, dim, index). Dtypes: one for both.

    >>> mg.select_scatter(mg.zeros(2, 2), mg.ones(2), 0, 1)
    tensor([[0., 0.],
            [1., 1.]])
    """
    return _replaced("select_scatter", input, src, lambda x: x.select(dim, index))


@composite(dtypes=ALL, arrays="input src", linear_in=("input", "src"), samples=lambda r: [
    Sample(r(3, 6), r(3, 2), dim=1, start=1, end=5, step=2, id="columns"), Sample(r(3, 5), r(2, 5), start=-2, id="tail"), Sample(r(3, 5), r(0, 5), start=2, end=1, id="none")],
    errors=[ErrorSample(np.ones((2, 3)), np.ones(3), error=ValueError, match=r"slice_scatter: expected a src of shape \(2, 3\), got \(3,\)"),
            ErrorSample(np.ones((2, 3)), np.ones((2, 3)), 0, 0, 1, 0, error=ValueError, match="slice_scatter: expected a positive step")])  # fmt: skip
def slice_scatter(input, src, dim=0, start=None, end=None, step=1):
    """A copy whose slice start:end:step along `dim` is `src`. Shapes: src as that slice. Dtypes: one for both.

    >>> mg.slice_scatter(mg.zeros(4), mg.ones(2), 0, 0, 4, 2)
    tensor([1., 0., 1., 0.])
    """
    d = _dim("slice_scatter", dim, input.ndim)
    if step <= 0:
        raise ShapeError(f"slice_scatter: expected a positive step, got {step}")
    return _replaced("slice_scatter", input, src, lambda x: x[(slice(None),) * d + (slice(start, end, step),)])


@composite(dtypes=ALL, dense=True, arrays="input src", linear_in=("input", "src"), samples=lambda r: [
    Sample(r(3, 4), r(2, 3), size=(2, 3), stride=(1, 4), storage_offset=1, id="transposed")],
    errors=[ErrorSample(np.ones((2, 3)), np.ones(3), (2,), (1,), error=ValueError, match=r"as_strided_scatter: expected a src of shape \(2,\), got \(3,\)")])  # fmt: skip
def as_strided_scatter(input, src, size, stride, storage_offset=0):
    """A copy in whose memory the window of these sizes and strides holds `src`. Dtypes: one for both.

    Raises ShapeError if src does not fit, or the window reaches outside.
    >>> mg.as_strided_scatter(mg.zeros(2, 2), mg.ones(2), (2,), (3,))
    tensor([[1., 0.],
            [0., 1.]])
    """
    return _replaced("as_strided_scatter", input, src, lambda x: as_strided(x, tuple(size), tuple(stride), storage_offset or 0))
