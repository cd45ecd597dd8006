"""Transposed convolution: the adjoint of convolution in its input, as an op of its own. Its filters keep convolution's layout,
(in, out/groups, ...), where "in" is what convolution would put out.
"""

from __future__ import annotations

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import OPS, Draw, ErrorSample, Sample, composite
from ._geometry import LAYOUTS, batched, check_batch, sizes
from .conv import conv2d_backward_input
from .conv3d import depth_taps_backward, flat_filters


def _check(op, n, input, weight, bias, groups):
    if not isinstance(weight, _core.Tensor) or not (bias is None or isinstance(bias, _core.Tensor)):
        raise TypeError(f"{op}: expected Tensors, got {type(weight).__name__} as weight and {type(bias).__name__} as bias")
    layout, kernel = f"(N, C, {LAYOUTS[n]})", f"(C, O, {', '.join('K' + axis for axis in LAYOUTS[n].split(', ') if n > 1) or 'K'})"
    if weight.ndim != n + 2 or 0 in weight.shape[2:]:
        raise ShapeError(f"{op}: weight must be {kernel}, not empty, got shape {weight.shape}")
    if input.dtype is not weight.dtype or (bias is not None and bias.dtype is not input.dtype):
        dtypes = f"input {input.dtype.name}, weight {weight.dtype.name}" + ("" if bias is None else f", bias {bias.dtype.name}")
        raise DTypeError(f"{op}: expected one dtype for all arguments, got {dtypes}")
    if not isinstance(groups, int) or groups < 1:
        raise ShapeError(f"{op}: groups must be a positive int, got {groups!r}")
    shapes = f"input.shape={input.shape} {layout}, weight.shape={weight.shape} {kernel}"
    if input.shape[1] != weight.shape[0]:
        raise ShapeError(f"{op}: input has {input.shape[1]} channels but weight expects {weight.shape[0]}: {shapes}")
    if weight.shape[0] % groups:
        raise ShapeError(f"{op}: {weight.shape[0]} input channels cannot be divided into groups={groups}: {shapes}")
    if bias is not None and bias.shape != (weight.shape[1] * groups,):
        raise ShapeError(f"{op}: bias must have shape ({weight.shape[1] * groups},), one value for each output channel, got {bias.shape}")


def _transposed(op, n, input, weight, bias, stride, padding, output_padding, groups, dilation):
    """Transposed convolution of `n` spatial axes."""
    check_batch(op, input, n)
    stride, padding = sizes(op, "stride", stride, n, 1), sizes(op, "padding", padding, n, 0)
    extra, dilation = sizes(op, "output_padding", output_padding, n, 0), sizes(op, "dilation", dilation, n, 1)
    if any(e >= max(s, d) for e, s, d in zip(extra, stride, dilation)):
        raise ShapeError(
            f"{op}: output_padding must be smaller than stride or dilation, got {extra} for stride {stride} and dilation {dilation}"
        )

    def of(x):
        _check(op, n, x, weight, bias, groups)
        kernel = weight.shape[2:]
        size = tuple(
            (m - 1) * s - 2 * p + d * (k - 1) + e + 1 for m, s, p, d, k, e in zip(x.shape[2:], stride, padding, dilation, kernel, extra)
        )
        if min(size) < 1:
            raise ShapeError(f"{op}: the output would have size {size}: input {x.shape[2:]} is too small for padding {padding}")
        if any(e >= s for e, s in zip(extra, stride)):  # further than the last input reaches: zeros reach it
            x = OPS["pad"].function(x, tuple(z for e, s in zip(reversed(extra), reversed(stride)) for z in (0, e // s)))
        y = _PRODUCTS[n](x, weight, size, stride, padding, dilation, groups)
        return y if bias is None else y + bias.reshape(-1, *(1,) * n)

    return batched(of, input, n + 2)


def _product1d(x, weight, size, stride, padding, dilation, groups):
    y = conv2d_backward_input(x.unsqueeze(2), weight.unsqueeze(2), (1, *size), (1, *stride), (0, *padding), (1, *dilation), groups)
    return y.squeeze(2)


def _product3d(x, weight, size, stride, padding, dilation, groups):
    n, c, depth, h, w = x.shape
    images = x.transpose(1, 2).reshape(n * depth, c, h, w)
    taps = conv2d_backward_input(images, flat_filters(weight), size[1:], stride[1:], padding[1:], dilation[1:], groups)
    return depth_taps_backward(taps, n, size[0], weight.shape[2], stride[0], padding[0], dilation[0])


_PRODUCTS = {1: _product1d, 2: conv2d_backward_input, 3: _product3d}


def _samples1d(r: Draw) -> list[Sample]:
    return [
        Sample(r(2, 3, 5), r(3, 4, 3), r(4), id="stride", stride=3, padding=1, output_padding=2),
        Sample(r(4, 5), r(4, 3, 2), None, id="unbatched-groups", groups=2, dilation=2),
    ]


@composite(arrays="input weight bias", where="mg F", samples=_samples1d, linear_in=("input", "weight", "bias"), errors=[
    ErrorSample(np.ones((2, 3, 8)), np.ones((2, 3, 3)), error=ShapeError, match="conv_transpose1d: input has 3 channels but weight expects 2"),
    ErrorSample(np.ones((2, 3, 8)), np.ones((3, 3, 3)), output_padding=1, error=ShapeError, match="output_padding must be smaller than stride"),
])  # fmt: skip
def conv_transpose1d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Transposed convolution of signals: the adjoint of conv1d in its input.

    Shapes: input (N, C, L) or (C, L); weight (C, O/groups, K); bias (O,) or None; returns (N, O, OL) or (O, OL),
        OL = (L - 1)*stride - 2*padding + dilation*(K-1) + output_padding + 1.
    Dtypes: floats, the same for all arguments. Raises ShapeError, DTypeError as conv_transpose2d.
    >>> mg.conv_transpose1d(mg.tensor([[1.0, 2.0]]), mg.ones(1, 1, 3), stride=2)
    tensor([[1., 1., 3., 2., 2.]])
    """
    return _transposed("conv_transpose1d", 1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def _samples2d(r: Draw) -> list[Sample]:
    return [
        Sample(r(2, 3, 4, 5), r(3, 4, 3, 2), r(4), id="stride", stride=(2, 3), padding=(1, 0), output_padding=(1, 2), dilation=(1, 2)),
        Sample(r(2, 4, 3, 5), r(4, 3, 2, 3), None, id="groups", groups=2),
        Sample(r(2, 3, 4), r(2, 3, 2, 3), r(3), id="unbatched-beyond-stride", dilation=(3, 2), padding=(1, 0), output_padding=(2, 1)),
    ]


@composite(arrays="input weight bias", where="mg F", samples=_samples2d, linear_in=("input", "weight", "bias"), errors=[
    ErrorSample(np.ones((2, 3, 8, 7)), np.ones((2, 4, 3, 3)), error=ShapeError, match=(
        r"conv_transpose2d: input has 3 channels but weight expects 2: input\.shape=\(2, 3, 8, 7\) \(N, C, H, W\), "
        r"weight\.shape=\(2, 4, 3, 3\) \(C, O, KH, KW\)")),
    ErrorSample(np.ones((2, 3, 8, 7)), np.ones((3, 4, 3, 3)), groups=2, error=ShapeError, match="3 input channels cannot be divided into groups=2"),
    ErrorSample(np.ones((2, 2, 8, 7)), np.ones((2, 3, 3, 3)), np.ones(3), groups=2, error=ShapeError, match=r"bias must have shape \(6,\)"),
    ErrorSample(np.ones((2, 3, 2, 7)), np.ones((3, 4, 3, 3)), padding=2, error=ShapeError, match=r"the output would have size \(0, 5\)"),
    ErrorSample(np.ones((2, 3, 8, 7)), np.ones((3, 4, 3, 3), np.float32), error=DTypeError, match="expected one dtype for all arguments"),
    ErrorSample(np.ones((8, 7)), np.ones((3, 4, 3, 3)), error=ShapeError, match=r"input must be \(N, C, H, W\) or \(C, H, W\)"),
])  # fmt: skip
def conv_transpose2d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Transposed convolution of images: the adjoint of conv2d in its input.

    Shapes: input (N, C, H, W) or (C, H, W); weight (C, O/groups, KH, KW); bias (O,) or None; returns (N, O, OH, OW) or
        (O, OH, OW), OH = (H - 1)*sy - 2*py + dy*(KH-1) + output_padding + 1, likewise OW.
    stride, dilation, padding (cut off every side), output_padding (rows and columns at the far sides, fewer than stride or dilation,
        of the sizes that a strided convolution maps to the same one): an int, or a pair (y, x), in pixels.
    Dtypes: floats, the same for all arguments. Raises ShapeError if channels, groups, bias or output_padding do not fit, or if
        nothing is left; DTypeError on mixed dtypes.
    Source: Dumoulin & Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285.
    >>> mg.conv_transpose2d(mg.tensor([[[1.0, 2.0]]]), mg.ones(1, 1, 2, 2))
    tensor([[[1., 3., 2.],
             [1., 3., 2.]]])
    """
    return _transposed("conv_transpose2d", 2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def _samples3d(r: Draw) -> list[Sample]:
    return [
        Sample(r(2, 3, 2, 3, 4), r(3, 2, 3, 2, 1), r(2), id="stride", stride=(2, 1, 3), padding=(1, 0, 0), output_padding=(1, 0, 2)),
        Sample(r(4, 3, 2, 4), r(4, 3, 2, 3, 2), None, id="unbatched-groups", groups=2, dilation=(1, 2, 1)),
    ]


@composite(arrays="input weight bias", where="mg F", samples=_samples3d, linear_in=("input", "weight", "bias"), errors=[
    ErrorSample(np.ones((2, 3, 4, 5, 6)), np.ones((2, 3, 3, 3, 3)), error=ShapeError, match="conv_transpose3d: input has 3 channels"),
    ErrorSample(np.ones((2, 3, 4, 5)), np.ones((3, 2, 3, 3)), error=ShapeError, match=r"weight must be \(C, O, KD, KH, KW\)"),
])  # fmt: skip
def conv_transpose3d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Transposed convolution of volumes: the adjoint of conv3d in its input.

    Shapes: input (N, C, D, H, W) or (C, D, H, W); weight (C, O/groups, KD, KH, KW); bias (O,) or None; returns (N, O, OD, OH, OW)
        or (O, OD, OH, OW), sizes as in conv_transpose2d.
    Dtypes: floats, the same for all arguments. Raises ShapeError, DTypeError as conv_transpose2d.
    >>> mg.conv_transpose3d(mg.ones(1, 2, 3, 4), mg.ones(1, 1, 2, 2, 2), stride=2).shape
    (1, 4, 6, 8)
    """
    return _transposed("conv_transpose3d", 3, input, weight, bias, stride, padding, output_padding, groups, dilation)
