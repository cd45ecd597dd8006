"""Convolution of volumes: images of the depth taps, convolved in two dimensions.

What a window sees of one plane after the other becomes channels, so that a volume is a batch of images, one for each output depth,
and all the arithmetic is conv2d's. That step only copies; it and its adjoint are each other's gradients.
"""

from __future__ import annotations

import numpy as np

from .. import _core
from ..errors import ShapeError
from ..registry import Draw, ErrorSample, Sample, composite, defop
from ._geometry import batched, check_batch, counts, sizes
from .conv import _check, _conv2d, _resolve_padding


def _depths(depth, out, kernel, stride, padding, dilation):
    """(tap, output depths, input depths) as slices, for each tap that meets the volume at all; the others see padding alone."""
    for k in range(kernel):
        first = k * dilation - padding
        low, high = max(-(first // stride), 0), min((depth - 1 - first) // stride + 1, out)
        if low < high:
            yield k, slice(low, high), slice(first + low * stride, first + (high - 1) * stride + 1, stride)


def _tap_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r(2, 3, 7, 4, 5), out=3, kernel=2, stride=3, padding=1, dilation=2, id="leftover"),
        Sample(r(1, 2, 2, 3, 4), out=8, kernel=3, stride=1, padding=4, dilation=1, id="padding-alone"),
    ]


@defop(family="general", kernel="depth_taps", where="", cost=0, samples=_tap_samples, linear_in=("input",),
       plan=lambda input, out, kernel, stride, padding, dilation: _core.Plan(
           (len(input) * out, input.shape[1] * kernel, *input.shape[3:]), params=(out, kernel, stride, padding, dilation)),
       vjp={"input": lambda g, input_shape, out, kernel, stride, padding, dilation: depth_taps_backward(
           g, input_shape[0], input_shape[2], kernel, stride, padding, dilation)})  # fmt: skip
def depth_taps(input, out, kernel, stride, padding, dilation):
    """Volumes as images, one for each of `out` depths, whose channels are what the taps of a window see there.

    Shapes: input (N, C, D, H, W); returns (N*out, C*kernel, H, W). Dtypes: floats.
    """
    n, c, depth, h, w = input.shape
    images = np.zeros((n, out, c, kernel, h, w), input.dtype)
    for k, to, of in _depths(depth, out, kernel, stride, padding, dilation):
        images[:, to, :, k] = input[:, :, of].swapaxes(1, 2)
    return images.reshape(n * out, c * kernel, h, w)


def _tap_backward_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r(2 * 3, 3 * 2, 4, 5), n=2, depth=7, kernel=2, stride=3, padding=1, dilation=2, id="leftover"),
        Sample(r(4, 2 * 3, 4, 3), n=1, depth=6, kernel=3, stride=1, padding=0, dilation=1, id="overlap"),
    ]


@defop(family="general", kernel="depth_taps_backward", where="", cost=lambda grad: grad.size, samples=_tap_backward_samples, linear_in=("grad",),
       plan=lambda grad, n, depth, kernel, stride, padding, dilation: _core.Plan(
           (n, grad.shape[1] // kernel, depth, *grad.shape[2:]), params=(len(grad) // max(n, 1), kernel, stride, padding, dilation)),
       vjp={"grad": lambda g, grad_shape, n, kernel, stride, padding, dilation: depth_taps(
           g, grad_shape[0] // max(n, 1), kernel, stride, padding, dilation)})  # fmt: skip
def depth_taps_backward(grad, n, depth, kernel, stride, padding, dilation):
    """Images of depth taps added back into `n` volumes of `depth` planes: the adjoint of depth_taps.

    Shapes: grad (N*OD, C*kernel, H, W); returns (N, C, depth, H, W). Dtypes: floats.
    """
    (_, channels, h, w), out = grad.shape, grad.shape[0] // max(n, 1)
    taken = grad.reshape(n, out, channels // kernel, kernel, h, w)
    volumes = np.zeros((n, channels // kernel, depth, h, w), grad.dtype)
    for k, of, to in _depths(depth, out, kernel, stride, padding, dilation):
        volumes[:, :, to] += taken[:, of, :, k].swapaxes(1, 2)
    return volumes


def flat_filters(weight):
    """(O, C, KD, KH, KW) filters as those of the images that depth_taps makes."""
    o, c, kd, kh, kw = weight.shape
    return weight.reshape(o, c * kd, kh, kw)


def _conv3d_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r(2, 3, 5, 4, 6), r(4, 3, 2, 3, 1), r(4), id="leftover", stride=(2, 1, 3), padding=(1, 1, 0), dilation=(2, 1, 1)),
        Sample(r(2, 4, 3, 4, 5), r(6, 2, 2, 1, 3), None, id="groups", groups=2),
        Sample(r(3, 3, 4, 5), r(2, 3, 2, 3, 2), r(2), id="unbatched-same", padding="same"),
    ]


@composite(arrays="input weight bias", where="mg F", samples=_conv3d_samples, linear_in=("input", "weight", "bias"), errors=[
    ErrorSample(np.ones((2, 3, 4, 5, 6)), np.ones((4, 2, 3, 3, 3)), error=ShapeError, match=(
        r"conv3d: input has 3 channels but weight expects 2: input\.shape=\(2, 3, 4, 5, 6\) \(N, C, D, H, W\)")),
    ErrorSample(np.ones((2, 3, 2, 5, 6)), np.ones((4, 3, 3, 3, 3)), error=ShapeError, match=r"conv3d: kernel does not fit axis D: 2"),
    ErrorSample(np.ones((3, 4, 5)), np.ones((4, 3, 3, 3, 3)), error=ShapeError, match=r"input must be \(N, C, D, H, W\) or \(C, D, H, W\)"),
])  # fmt: skip
def conv3d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Cross-correlate a batch of volumes with a bank of filters.

    Shapes: input (N, C, D, H, W) or (C, D, H, W); weight (O, C/groups, KD, KH, KW); bias (O,) or None; returns (N, O, OD, OH, OW)
        or (O, OD, OH, OW), OD = (D + 2*pz - dz*(KD-1) - 1) // sz + 1, likewise OH and OW.
    stride, padding, dilation: an int, or (z, y, x); padding also "valid" or "same", as in conv2d.
    Dtypes: floats, the same for all arguments. Raises ShapeError, DTypeError as conv2d.
    >>> mg.conv3d(mg.ones(1, 1, 2, 3, 2), mg.ones(1, 1, 2, 2, 2)).shape
    (1, 1, 1, 2, 1)
    """
    check_batch("conv3d", input, 3)
    return batched(lambda x: _conv3d_of(x, weight, bias, stride, padding, dilation, groups), input, 5)


def _conv3d_of(input, weight, bias, stride, padding, dilation, groups):
    _check("conv3d", input, weight, bias, groups, "(N, C, D, H, W)", "(O, C, KD, KH, KW)")
    kernel = weight.shape[2:]
    stride, dilation = sizes("conv3d", "stride", stride, 3, 1), sizes("conv3d", "dilation", dilation, 3, 1)
    input, padding = _resolve_padding("conv3d", input, padding, stride, kernel, dilation)
    out = counts("conv3d", input.shape, kernel, stride, padding, dilation)
    images = depth_taps(input, out[0], kernel[0], stride[0], padding[0], dilation[0])
    maps = _conv2d(images, flat_filters(weight), bias, stride[1:], padding[1:], dilation[1:], groups)
    return maps.reshape(input.shape[0], out[0], weight.shape[0], *out[1:]).transpose(1, 2).contiguous()
