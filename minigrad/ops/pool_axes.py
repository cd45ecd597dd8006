"""Pooling of signals and volumes; and maximum pooling that always gives the positions."""

from __future__ import annotations

import numpy as np

from ..errors import DTypeError, ShapeError
from ..registry import Draw, ErrorSample, Sample, composite
from .pool import avg_pool, max_pool


def _max_samples1d(r: Draw) -> list[Sample]:
    return [
        Sample(r.distinct(2, 3, 8), kernel_size=3, stride=2, padding=1, dilation=2, id="leftover"),
        Sample(r.distinct(3, 7), kernel_size=2, ceil_mode=True, id="unbatched-ceil"),
    ]


def _max_samples3d(r: Draw) -> list[Sample]:
    return [
        Sample(r.distinct(2, 3, 5, 4, 7), kernel_size=(3, 2, 2), stride=(2, 1, 3), padding=(1, 1, 0), dilation=(1, 2, 1), id="leftover"),
        Sample(r.distinct(2, 3, 5, 4), kernel_size=2, ceil_mode=True, id="unbatched-ceil"),
    ]


@composite(where="mg F", samples=_max_samples1d, errors=[
    ErrorSample(np.ones((1, 2, 3)), 4, error=ShapeError, match="max_pool1d: kernel does not fit axis L: 3"),
    ErrorSample(np.ones((1, 2, 8)), 2, padding=2, error=ShapeError, match="padding must be at most half the kernel size"),
    ErrorSample(np.ones(8), 2, error=ShapeError, match=r"max_pool1d: input must be \(N, C, L\) or \(C, L\), got shape \(8,\)"),
    ErrorSample(np.ones((2, 8)), (2, 2), error=TypeError, match=r"kernel_size must be an int or \(int,\), got \(2, 2\)"),
])  # fmt: skip
def max_pool1d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """Largest value of each window of a signal; with `return_indices` also its position.

    Shapes: input (N, C, L) or (C, L); returns (N, C, OL) or (C, OL), sizes, options, dtypes and errors as in max_pool2d.
    >>> mg.max_pool1d(mg.tensor([[1.0, 4.0, 2.0, 3.0]]), 2)
    tensor([[4., 3.]])
    """
    return max_pool("max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@composite(where="mg F", samples=_max_samples3d, errors=[
    ErrorSample(np.ones((1, 2, 3, 4, 5)), 4, error=ShapeError, match="max_pool3d: kernel does not fit axis D: 3"),
    ErrorSample(np.ones((4, 5, 6)), 2, error=ShapeError, match=r"max_pool3d: input must be \(N, C, D, H, W\) or \(C, D, H, W\)"),
    ErrorSample(np.ones((1, 4, 5, 6)), (2, 2), error=TypeError, match=r"kernel_size must be an int or 3 ints \(z, y, x\), got \(2, 2\)"),
])  # fmt: skip
def max_pool3d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """Largest value of each window of a volume; with `return_indices` also its position among all voxels.

    Shapes: input (N, C, D, H, W) or (C, D, H, W); returns (N, C, OD, OH, OW) or (C, OD, OH, OW), sizes, options, dtypes and errors
        as in max_pool2d.
    >>> mg.max_pool3d(mg.arange(12.0).reshape(1, 2, 2, 3), 2)
    tensor([[[[10.]]]])
    """
    return max_pool("max_pool3d", 3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@composite(where="mg F", samples=_max_samples1d)
def max_pool1d_with_indices(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """max_pool1d, which gives values and positions, whatever `return_indices` says.

    >>> mg.nn.functional.max_pool1d_with_indices(mg.tensor([[1.0, 4.0, 2.0, 3.0]]), 2)
    (tensor([[4., 3.]]), tensor([[1, 3]]))
    """
    return max_pool("max_pool1d_with_indices", 1, input, kernel_size, stride, padding, dilation, ceil_mode)


def _max_samples2d(r: Draw) -> list[Sample]:
    return [Sample(r.distinct(2, 3, 8, 7), kernel_size=(3, 2), stride=(2, 3), padding=(1, 0), dilation=(1, 2), id="leftover")]


@composite(where="F", samples=_max_samples2d)
def max_pool2d_with_indices(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """max_pool2d, which gives values and positions, whatever `return_indices` says.

    >>> mg.nn.functional.max_pool2d_with_indices(mg.tensor([[[1.0, 2.0, 5.0], [4.0, 3.0, 0.0]]]), (2, 1))
    (tensor([[[4., 3., 5.]]]), tensor([[[3, 4, 2]]]))
    """
    return max_pool("max_pool2d_with_indices", 2, input, kernel_size, stride, padding, dilation, ceil_mode)


@composite(where="F", samples=_max_samples3d)
def max_pool3d_with_indices(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """max_pool3d, which gives values and positions, whatever `return_indices` says.

    >>> mg.nn.functional.max_pool3d_with_indices(mg.arange(12.0).reshape(1, 2, 2, 3), 2)
    (tensor([[[[10.]]]]), tensor([[[[10]]]]))
    """
    return max_pool("max_pool3d_with_indices", 3, input, kernel_size, stride, padding, dilation, ceil_mode)


def _avg_samples1d(r: Draw) -> list[Sample]:
    return [
        Sample(r(2, 3, 8), kernel_size=3, stride=2, padding=1, id="leftover"),
        Sample(r(3, 7), kernel_size=3, stride=2, padding=1, ceil_mode=True, count_include_pad=False, id="unbatched-ceil"),
    ]


@composite(where="mg F", linear_in=("input",), samples=_avg_samples1d, errors=[
    ErrorSample(np.ones((1, 2, 3)), 4, error=ShapeError, match="avg_pool1d: kernel does not fit axis L: 3"),
    ErrorSample(np.ones((2, 8), np.int32), 2, error=DTypeError, match="avg_pool1d: expected a tensor of floats or int64, got dtype int32"),
])  # fmt: skip
def avg_pool1d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
    """Mean of each window of a signal; zeros of the padding count, unless `count_include_pad` is False.

    Shapes: input (N, C, L) or (C, L); returns (N, C, OL) or (C, OL), sizes, dtypes and errors as in avg_pool2d.
    >>> mg.avg_pool1d(mg.tensor([[1.0, 4.0, 2.0, 3.0]]), 2)
    tensor([[2.5000, 2.5000]])
    """
    return avg_pool("avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad)


def _avg_samples3d(r: Draw) -> list[Sample]:
    return [
        Sample(r(2, 3, 5, 4, 7), kernel_size=(3, 2, 2), stride=(2, 1, 3), padding=(1, 1, 0), id="leftover"),
        Sample(r(2, 3, 5, 4), kernel_size=2, padding=1, ceil_mode=True, count_include_pad=False, id="unbatched-ceil"),
        Sample(r(1, 2, 4, 3, 5), kernel_size=2, divisor_override=3, id="divisor"),
    ]


@composite(where="F", linear_in=("input",), samples=_avg_samples3d, errors=[
    ErrorSample(np.ones((1, 2, 3, 4, 5)), 4, error=ShapeError, match="avg_pool3d: kernel does not fit axis D: 3"),
    ErrorSample(np.ones((1, 4, 5, 6)), 2, divisor_override=0, error=ValueError, match="divisor_override must not be 0"),
])  # fmt: skip
def avg_pool3d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
    """Mean of each window of a volume; zeros of the padding count, unless `count_include_pad` is False.

    Shapes: input (N, C, D, H, W) or (C, D, H, W); returns (N, C, OD, OH, OW) or (C, OD, OH, OW), sizes, dtypes and errors as in
        avg_pool2d.
    >>> mg.nn.functional.avg_pool3d(mg.arange(12.0).reshape(1, 2, 2, 3), 2)
    tensor([[[[5.]]]])
    """
    return avg_pool("avg_pool3d", 3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
