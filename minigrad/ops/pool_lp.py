"""Power-average pooling: the p-norm of each window."""

from __future__ import annotations

import math

import numpy as np

from ..errors import ShapeError
from ..registry import Draw, ErrorSample, Sample, composite
from ._geometry import sizes
from .pool import avg_pool, max_pool


def _lp_pool(op, n, input, norm_type, kernel_size, stride, ceil_mode):
    """A window that ceil_mode lets reach over the edge counts as full: its mean stands for what is missing (as in PyTorch)."""
    if norm_type == math.inf:
        return max_pool(op, n, input.abs(), kernel_size, stride, 0, 1, ceil_mode, False)
    if norm_type == -math.inf:
        return -max_pool(op, n, -input.abs(), kernel_size, stride, 0, 1, ceil_mode, False)
    means = avg_pool(op, n, input.pow(norm_type), kernel_size, stride, 0, ceil_mode, True)
    total = means.sign() * means.abs().relu() * math.prod(sizes(op, "kernel_size", kernel_size, n, 1))
    return total.pow(1.0 / norm_type)


@composite(where="F", samples=lambda r: [
    Sample(r.between(0.3, 2, 2, 3, 8), norm_type=3, kernel_size=3, stride=2, id="overlap"),
    Sample(r.away(3, 7), norm_type=2, kernel_size=2, ceil_mode=True, id="unbatched-ceil"),
    Sample(r.distinct(3, 7), norm_type=math.inf, kernel_size=2, id="maximum"),
], errors=[ErrorSample(np.ones((1, 2, 3)), 2, 4, error=ShapeError, match="lp_pool1d: kernel does not fit axis L: 3")])  # fmt: skip
def lp_pool1d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """The `norm_type`-norm of each window of a signal, (sum of x**norm_type) ** (1/norm_type).

    Shapes: input (N, C, L) or (C, L); returns (N, C, OL) or (C, OL), sizes as in avg_pool1d. As in PyTorch, powers are those of x,
        not of its magnitude: odd norms of negative values are NaN; the gradient of a window of zeros is 0.
    Dtypes: floats. Raises ShapeError if a window exceeds the input.
    >>> mg.nn.functional.lp_pool1d(mg.tensor([[3.0, 4.0, 0.0, 2.0]]), 2, 2)
    tensor([[5., 2.]])
    """
    return _lp_pool("lp_pool1d", 1, input, norm_type, kernel_size, stride, ceil_mode)


@composite(where="F", samples=lambda r: [
    Sample(r.between(0.3, 2, 2, 3, 6, 8), norm_type=3, kernel_size=(2, 3), stride=(1, 2), id="overlap"),
    Sample(r.away(2, 5, 7), norm_type=2, kernel_size=2, ceil_mode=True, id="unbatched-ceil"),
    Sample(r.distinct(2, 5, 7), norm_type=-math.inf, kernel_size=2, id="minimum"),
], errors=[ErrorSample(np.ones((1, 2, 3, 5)), 2, 4, error=ShapeError, match="lp_pool2d: kernel does not fit axis H: 3")])  # fmt: skip
def lp_pool2d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """The `norm_type`-norm of each window of an image.

    Shapes: input (N, C, H, W) or (C, H, W); returns (N, C, OH, OW) or (C, OH, OW), sizes as in avg_pool2d; otherwise as lp_pool1d.
    >>> mg.nn.functional.lp_pool2d(mg.tensor([[[1.0, 1.0], [3.0, 5.0]]]), 2, 2)
    tensor([[[6.]]])
    """
    return _lp_pool("lp_pool2d", 2, input, norm_type, kernel_size, stride, ceil_mode)


def _samples3d(r: Draw) -> list[Sample]:
    return [
        Sample(r.between(0.3, 2, 2, 3, 4, 3, 6), norm_type=3, kernel_size=(2, 1, 3), stride=(1, 2, 2), id="overlap"),
        Sample(r.away(2, 3, 4, 5), norm_type=2, kernel_size=2, ceil_mode=True, id="unbatched-ceil"),
    ]


@composite(where="F", samples=_samples3d,
           errors=[ErrorSample(np.ones((1, 2, 3, 5, 6)), 2, 4, error=ShapeError, match="lp_pool3d: kernel does not fit axis D: 3")])  # fmt: skip
def lp_pool3d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """The `norm_type`-norm of each window of a volume.

    Shapes: input (N, C, D, H, W) or (C, D, H, W); returns (N, C, OD, OH, OW) or (C, OD, OH, OW); otherwise as lp_pool1d.
    >>> mg.nn.functional.lp_pool3d(mg.full((1, 2, 2, 1), 3.0), 2, (2, 2, 1))
    tensor([[[[6.]]]])
    """
    return _lp_pool("lp_pool3d", 3, input, norm_type, kernel_size, stride, ceil_mode)
