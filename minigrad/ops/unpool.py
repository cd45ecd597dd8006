"""Undoing maximum pooling: values put back where they came from, zeros elsewhere."""

from __future__ import annotations

import math

import numpy as np

from .. import _core
from ..errors import ShapeError
from ..registry import Draw, ErrorSample, Sample, composite
from ._geometry import check_batch, sizes
from .index import _scatter_values


def _size(op, n, input, kernel_size, stride, padding, output_size):
    """What was pooled: the smallest size that fits, or one given that pooling would have brought to the same."""
    kernel = sizes(op, "kernel_size", kernel_size, n, 1)
    step = kernel if stride is None else sizes(op, "stride", stride, n, 1)
    pad = sizes(op, "padding", padding, n, 0)
    natural = tuple((m - 1) * s + k - 2 * p for m, s, k, p in zip(input.shape[-n:], step, kernel, pad))
    if output_size is None:
        return natural
    size = tuple(output_size)[-n:]
    if len(output_size) not in (n, n + 2):
        raise ValueError(f"{op}: output_size must have {n} or {n + 2} entries, got {tuple(output_size)}")
    if any(not m - s < wanted < m + s for wanted, m, s in zip(size, natural, step)):
        raise ValueError(f"{op}: output_size must be less than one stride, {step}, away from {natural}, got {size}")
    return size


def _unpool(op, n, input, indices, kernel_size, stride, padding, output_size):
    check_batch(op, input, n)
    if not isinstance(indices, _core.Tensor) or indices.dtype is not _core.int64:
        raise TypeError(f"{op}: expected an int64 tensor of indices, got {getattr(indices, 'dtype', type(indices).__name__)}")
    if indices.shape != input.shape:
        raise ShapeError(f"{op}: indices must have the input's shape {input.shape}, got {indices.shape}")
    size = _size(op, n, input, kernel_size, stride, padding, output_size)
    lead, places, area = input.shape[:-n], math.prod(input.shape[-n:]), math.prod(size)
    at = _core.whole(indices).numpy()
    if at.size and not (0 <= at.min() and at.max() < area):
        raise IndexError(f"{op}: indices reach from {at.min()} to {at.max()}, but the output has {area} places, {size}")
    flat = _core.full_of((*lead, area), 0, input.dtype)
    filled = _scatter_values(flat, indices.reshape(*lead, places), input.reshape(*lead, places), len(lead))
    return filled.reshape(*lead, *size)


def _samples1d(r: Draw) -> list[Sample]:
    return [
        Sample(r(2, 3, 4), np.sort(r.rng.permuted(np.tile(np.arange(8), (2, 3, 1)), axis=-1)[..., :4]), kernel_size=2, id="pairs"),
        Sample(r(3, 2), np.array([[0, 5], [2, 4], [1, 3]]), kernel_size=3, stride=2, output_size=(6,), id="unbatched-size"),
    ]


@composite(arrays="input indices", constants=("indices",), where="F", linear_in=("input",), samples=_samples1d, errors=[
    ErrorSample(np.ones((2, 3)), np.full((2, 3), 6), 2, error=IndexError, match="max_unpool1d: indices reach from 6 to 6, but the output has 6"),
    ErrorSample(np.ones((2, 3)), np.zeros((2, 2), np.int64), 2, error=ShapeError, match=r"indices must have the input's shape \(2, 3\)"),
    ErrorSample(np.ones((2, 3)), np.zeros((2, 3)), 2, error=TypeError, match="expected an int64 tensor of indices"),
    ErrorSample(np.ones((2, 3)), np.zeros((2, 3), np.int64), 2, output_size=(8,), error=ValueError, match=r"less than one stride, \(2,\), away from \(6,\)"),
])  # fmt: skip
def max_unpool1d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Zeros with values at the positions that max_pool1d gave.

    Shapes: input and indices (N, C, L) or (C, L); returns the same with the length that was pooled: (L - 1)*stride - 2*padding +
        kernel_size, or `output_size`, less than a stride away from it. Of equal indices the last stays. Dtypes: all; indices int64.
    Raises: ShapeError, IndexError for indices outside the output, ValueError for an output_size that pooling cannot have had.
    >>> values, indices = mg.nn.functional.max_pool1d(mg.tensor([[1.0, 4.0, 3.0, 2.0]]), 2, return_indices=True)
    >>> mg.nn.functional.max_unpool1d(values, indices, 2)
    tensor([[0., 4., 3., 0.]])
    """
    return _unpool("max_unpool1d", 1, input, indices, kernel_size, stride, padding, output_size)


def _samples2d(r: Draw) -> list[Sample]:
    return [
        Sample(r(2, 1, 2, 3), r.rng.permuted(np.tile(np.arange(24), (2, 1, 1)), axis=-1)[..., :6].reshape(2, 1, 2, 3), kernel_size=2, id="pairs"),
        Sample(r(1, 1, 2), np.array([[[11, 7]]]), kernel_size=(2, 3), stride=(1, 2), output_size=(1, 1, 2, 6), id="unbatched-size"),
    ]  # fmt: skip


@composite(arrays="input indices", constants=("indices",), where="F", linear_in=("input",), samples=_samples2d, errors=[
    ErrorSample(np.ones((1, 1, 3)), np.full((1, 1, 3), -1), 2, error=IndexError, match="max_unpool2d: indices reach from -1 to -1"),
    ErrorSample(np.ones((1, 3)), np.zeros((1, 3), np.int64), 2, error=ShapeError, match=r"input must be \(N, C, H, W\)"),
])  # fmt: skip
def max_unpool2d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Zeros with values at the positions that max_pool2d gave.

    Shapes: input and indices (N, C, H, W) or (C, H, W); returns the same with the size that was pooled, as in max_unpool1d.
    >>> values, indices = mg.nn.functional.max_pool2d(mg.tensor([[[1.0, 4.0], [3.0, 2.0]]]), 2, return_indices=True)
    >>> mg.nn.functional.max_unpool2d(values, indices, 2)
    tensor([[[0., 4.],
             [0., 0.]]])
    """
    return _unpool("max_unpool2d", 2, input, indices, kernel_size, stride, padding, output_size)


def _samples3d(r: Draw) -> list[Sample]:
    return [
        Sample(
            r(1, 2, 1, 2, 3),
            r.rng.permuted(np.tile(np.arange(48), (1, 2, 1)), axis=-1)[..., :6].reshape(1, 2, 1, 2, 3),
            kernel_size=2,
            id="pairs",
        )
    ]


@composite(arrays="input indices", constants=("indices",), where="F", linear_in=("input",), samples=_samples3d, errors=[
    ErrorSample(np.ones((1, 1, 1, 3)), np.full((1, 1, 1, 3), 24), 2, error=IndexError, match="max_unpool3d: indices reach from 24 to 24"),
])  # fmt: skip
def max_unpool3d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Zeros with values at the positions that max_pool3d gave.

    Shapes: input and indices (N, C, D, H, W) or (C, D, H, W); returns the same with the size that was pooled, as in max_unpool1d.
    >>> mg.nn.functional.max_unpool3d(mg.ones(1, 1, 1, 1), mg.tensor([[[[3]]]]), (1, 2, 2))
    tensor([[[[0., 0.],
              [0., 1.]]]])
    """
    return _unpool("max_unpool3d", 3, input, indices, kernel_size, stride, padding, output_size)
