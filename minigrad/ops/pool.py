"""Pooling over windows: maximum and average of images, and of signals and volumes by way of them.

The average is linear, so it and its adjoint are each other's gradients. The gradient of the maximum scatters to the positions
that forward chose; they are constants for every higher order.
"""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import NONDIFF, OPS, Cost, Draw, ErrorSample, Sample, composite, defop
from ._geometry import Pair, batched, check_batch, counts, sizes, taps


def _ones(*shape):
    return np.ones(shape, np.float32)


def _traffic(*arrays):
    return Cost(flops=0.0, bytes=4.0 * sum(int(np.prod(s)) for s in arrays))


def window(op, n, kernel_size, stride, padding):
    """Checked (kernel, stride, padding) of `n` axes; the stride is the kernel's size unless given."""
    kernel = sizes(op, "kernel_size", kernel_size, n, 1)
    step = kernel if stride is None or stride == () or stride == [] else sizes(op, "stride", stride, n, 1)
    pad = sizes(op, "padding", padding, n, 0)
    if any(2 * p > k for p, k in zip(pad, kernel)):
        raise ShapeError(f"{op}: padding must be at most half the kernel size, got padding={pad} and kernel_size={kernel}")
    return kernel, step, pad


def _layout(op, shape, kernel_size, stride, padding, dilation, ceil_mode):
    """Checked (kernel, stride, padding, dilation, output size) of pooling over axes of these sizes."""
    n = len(shape)
    kernel, step, pad = window(op, n, kernel_size, stride, padding)
    gaps = sizes(op, "dilation", dilation, n, 1)
    return kernel, step, pad, gaps, counts(op, shape, kernel, step, pad, gaps, ceil_mode)


_remembered = functools.lru_cache(256, typed=True)(
    _layout
)  # a network asks the same thing at every step, and small images are pooled faster


def layout(op, shape, *window):
    """`_layout`, remembered for integers: of equal tuples one may hold what is none."""
    for v in window:
        if type(v) is tuple:
            for i in v:
                if type(i) is not int:
                    return _layout(op, shape, *window)
        elif type(v) is list:
            return _layout(op, shape, *window)
    return _remembered(op, shape, *window)


# ---- maximum ----


@functools.lru_cache(256)
def _max_plan(planes, kernel, stride, padding, dilation, size):
    shape = (*planes, *size)
    return _core.Plan(shape, shape, dtypes=(None, _core.int64), params=(*kernel, *stride, *padding, *dilation))


def _max_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r.distinct(2, 3, 8, 7), kernel=(3, 2), stride=(2, 3), padding=(1, 0), dilation=(1, 2), size=(4, 2), id="leftover"),
        Sample(r.distinct(1, 2, 5, 6), kernel=(2, 3), stride=(2, 2), padding=(0, 1), dilation=(1, 1), size=(3, 3), id="ceil"),
        Sample(r.distinct(1, 2, 4, 6), kernel=(2, 2), stride=(2, 2), padding=(0, 0), dilation=(1, 1), size=(2, 3), id="2x2"),
        Sample(r.distinct(0, 2, 5, 6), kernel=(2, 3), stride=(1, 1), padding=(0, 1), dilation=(1, 1), size=(4, 6), id="empty-batch"),
    ]


@defop(family="general", kernel="max_pool2d", outputs=2, where="", samples=_max_samples,
       plan=lambda input, kernel, stride, padding, dilation, size: _max_plan(input.shape[:2], kernel, stride, padding, dilation, size),
       cost=lambda kernel, y: y.size * math.prod(kernel),
       vjp={"input": lambda g, y1, input_shape: max_pool2d_backward(g[0], y1, input_shape[2:])})  # fmt: skip
def _max_pool2d(input, kernel, stride, padding, dilation, size):
    """max_pool2d of checked arguments: values, and positions in the (H, W) plane (-1 where a window meets padding alone)"""
    low = np.full((), -np.inf if input.dtype.kind == "f" else np.iinfo(input.dtype).min, input.dtype)
    far = [max((size[d] - 1) * stride[d] + dilation[d] * (kernel[d] - 1) + 1 - input.shape[2 + d] - padding[d], 0) for d in (0, 1)]
    around = ((0, 0), (0, 0), (padding[0], far[0]), (padding[1], far[1]))
    plane = np.arange(input.shape[2] * input.shape[3], dtype=np.int64).reshape(1, 1, *input.shape[2:])
    values, places = np.pad(input, around, constant_values=low), np.pad(plane, around, constant_values=-1)
    best = np.full((*input.shape[:2], *size), low, input.dtype)
    index = np.full(best.shape, -1, np.int64)
    for _, _, rows, columns in taps(kernel, stride, dilation, size):
        value, place = values[..., rows, columns], places[..., rows, columns]
        wins = ((value > best) | np.isnan(value) | (index < 0)) & (place >= 0)
        best, index = np.where(wins, value, best), np.where(wins, place, index)
    return best, index


@defop(family="general", kernel="max_pool2d_backward", where="", cost=lambda grad: grad.size, linear_in=("grad",),
       samples=lambda r: [Sample(r(2, 3, 2, 4), r.ints(0, 5 * 6, 2, 3, 2, 4), size=(5, 6), id="repeats")],
       plan=lambda grad, index, size: _core.Plan((*grad.shape[:2], *size)),
       vjp={"grad": lambda g, index: _taken(g, index), "index": NONDIFF})  # fmt: skip
def max_pool2d_backward(grad, index, size):
    """Zero images of `size` (H, W) with grad added at the positions that max_pool2d chose.

    Shapes: grad and index (N, C, OH, OW); returns (N, C, H, W). Dtypes: floats; index int64.
    """
    n, c = grad.shape[:2]
    gx = np.zeros((n * c, size[0] * size[1] + 1), grad.dtype)  # the last place takes what index -1 sends
    np.add.at(gx, (np.arange(n * c)[:, None], index.reshape(n * c, -1)), grad.reshape(n * c, -1))
    return gx[:, :-1].reshape(n, c, *size)


def _taken(g, index):
    """The adjoint of max_pool2d_backward."""
    n, c, oh, ow = index.shape
    taken = g.reshape(n, c, math.prod(g.shape[2:])).gather(2, index.clamp(min=0).reshape(n, c, oh * ow)).reshape(n, c, oh, ow)
    return taken * (index >= 0).to(g.dtype)


def _max_public_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r.distinct(2, 3, 8, 7), kernel_size=(3, 2), stride=(2, 3), padding=(1, 0), dilation=(1, 2), id="leftover"),
        Sample(r.distinct(2, 5, 6), kernel_size=2, ceil_mode=True, id="unbatched-ceil"),
    ]


@composite(where="mg F", samples=_max_public_samples, errors=[
    ErrorSample(_ones(1, 2, 3, 8), 4, error=ShapeError, match=r"max_pool2d: kernel does not fit axis H: 3"),
    ErrorSample(_ones(1, 2, 8, 8), 2, padding=2, error=ShapeError, match="padding must be at most half the kernel size"),
    ErrorSample(_ones(8, 8), 2, error=ShapeError, match=r"max_pool2d: input must be \(N, C, H, W\) or \(C, H, W\), got shape \(8, 8\)"),
    ErrorSample(_ones(1, 2, 8, 8), "2", error=TypeError, match="kernel_size must be an int or a pair of ints"),
])  # fmt: skip
def max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """Largest value of each window; NaN wins, padding never does. With `return_indices` also its position in the (H, W) plane.

    Shapes: input (N, C, H, W) or (C, H, W); returns (N, C, OH, OW) or (C, OH, OW), OH = (H + 2*py - dy*(KH-1) - 1) // sy + 1;
        with `ceil_mode` rounded up, as long as the last window begins inside the image or its near padding.
    kernel_size, stride (default: kernel_size), padding (at most half the kernel), dilation: an int, or a pair (y, x).
    Gradient: goes to the first maximum of each window. Dtypes: floats and integers; positions are int64.
    Raises: ShapeError if a window exceeds the padded input.
    >>> mg.max_pool2d(mg.tensor([[[1.0, 2.0, 5.0], [4.0, 3.0, 0.0]]]), (2, 1))
    tensor([[[4., 3., 5.]]])
    """
    return max_pool("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool(op, n, input, kernel_size, stride, padding, dilation, ceil_mode, with_indices=True):
    """Maxima of windows over `n` axes, and their positions if asked for."""
    check_batch(op, input, n)
    kernel, step, pad, gaps, size = layout(op, input.shape[-n:], kernel_size, stride, padding, dilation, ceil_mode)
    values, index = batched(lambda x: _MAXIMA[n](x, kernel, step, pad, gaps, size), input, n + 2)
    return (values, index) if with_indices else values


def _max_pool1d(input, kernel, stride, padding, dilation, size):
    """A signal is an image of one row."""
    values, index = _max_pool2d(input.unsqueeze(2), (1, *kernel), (1, *stride), (0, *padding), (1, *dilation), (1, *size))
    return values.squeeze(2), index.squeeze(2)


def volume_scatter(g, index, shape):
    """g added at the positions that pooling of volumes (N, D, H, W) chose: of planes, as far as scattering is concerned."""
    n, d, h, w = shape
    od, oh, ow = g.shape[1:]
    planes = max_pool2d_backward(_core.reshape(g, (n, 1, od * oh, ow)), _core.reshape(index, (n, 1, od * oh, ow)), (d * h, w))
    return _core.reshape(planes, shape)


def _volume_samples(r: Draw) -> list[Sample]:
    return [
        Sample(
            r.distinct(3, 5, 4, 7), kernel=(3, 2, 2), stride=(2, 1, 3), padding=(1, 1, 0), dilation=(1, 2, 1), size=(3, 4, 2), id="leftover"
        ),
        Sample(
            r.distinct(2, 3, 5, 4), kernel=(2, 2, 2), stride=(2, 2, 2), padding=(0, 0, 0), dilation=(1, 1, 1), size=(2, 3, 2), id="ceil"
        ),
    ]


@defop(family="general", kernel="max_pool3d", outputs=2, where="", cost=lambda kernel, y: y.size * math.prod(kernel), samples=_volume_samples,
       plan=lambda input, kernel, stride, padding, dilation, size: _core.Plan(
           (input.shape[0], *size), (input.shape[0], *size), dtypes=(None, _core.int64), params=(*kernel, *stride, *padding, *dilation)),
       vjp={"input": lambda g, y1, input_shape: volume_scatter(g[0], y1, input_shape)})  # fmt: skip
def _volumes_max(input, kernel, stride, padding, dilation, size):
    """Largest value of each window of volumes (N, D, H, W), and its position in the volume: of each plane, then along the depth"""
    n, depth, h, w = input.shape
    rest, pixels = [q[1:] for q in (kernel, stride, padding, dilation, size)], size[1] * size[2]
    planes, inside = _max_pool2d.op.ref(input, *rest)
    columns = ((q[0], other) for q, other in zip((kernel, stride, padding, dilation, size), (1, 1, 0, 1, pixels)))
    values, index = _max_pool2d.op.ref(planes.reshape(n, 1, depth, pixels), *columns)
    index = index.reshape(n, size[0] * pixels)
    inside = np.take_along_axis(inside.reshape(n, depth * pixels), np.maximum(index, 0), 1)
    position = np.where((index < 0) | (inside < 0), -1, index // max(pixels, 1) * (h * w) + inside)
    return values.reshape(n, *size), position.reshape(n, *size)


def _max_pool3d(input, kernel, stride, padding, dilation, size):
    n, c, *volume = input.shape
    values, index = _volumes_max(_core.reshape(input, (n * c, *volume)), kernel, stride, padding, dilation, size)
    return _core.reshape(values, (n, c, *size)), _core.reshape(index, (n, c, *size))


_MAXIMA = {1: _max_pool1d, 2: _max_pool2d, 3: _max_pool3d}


# ---- average ----


def _divisors(size, out, kernel, stride, padding, count_include_pad, divisor):
    """What each window's sum is divided by, (OH, OW) for images. Padding counts if asked for; what ceil_mode adds beyond it never does."""
    if divisor:
        return np.full(out, divisor)
    area = np.ones((), np.int64)
    for d in range(len(out)):
        start = np.arange(out[d]) * stride[d] - padding[d]
        stop = np.minimum(start + kernel[d], size[d] + padding[d])
        length = stop - start if count_include_pad else np.minimum(stop, size[d]) - np.maximum(start, 0)
        area = area[..., None] * length
    return area


def _reach(size, out, kernel, stride, padding):
    """Padding (near, far) of each axis that all windows need."""
    return [(padding[d], max((out[d] - 1) * stride[d] + kernel[d] - size[d] - padding[d], 0)) for d in (0, 1)]


class _Average(NamedTuple):
    size: Pair
    kernel: Pair
    stride: Pair
    padding: Pair
    count_include_pad: bool
    divisor: int
    out: Pair
    id: str


_AVERAGES = [
    _Average(size=(8, 7), kernel=(3, 2), stride=(2, 3), padding=(1, 0), count_include_pad=True, divisor=0, out=(4, 2), id="leftover"),
    _Average(size=(5, 6), kernel=(2, 3), stride=(2, 2), padding=(1, 1), count_include_pad=False, divisor=0, out=(3, 4), id="ceil"),
    _Average(size=(5, 8), kernel=(2, 3), stride=(2, 2), padding=(1, 1), count_include_pad=True, divisor=5, out=(3, 4), id="divisor"),
]


def _window_params(q: _Average) -> dict[str, Any]:
    return {name: value for name, value in q._asdict().items() if name not in ("size", "out")}


def _avg_samples(r: Draw) -> list[Sample]:
    return [Sample(r(2, 3, *q.size), out=q.out, **_window_params(q)) for q in _AVERAGES]


def _avg_backward_samples(r: Draw) -> list[Sample]:
    return [Sample(r(2, 3, *q.out), size=q.size, **_window_params(q)) for q in _AVERAGES]


def _avg_params(kernel, stride, padding, count_include_pad, divisor):
    return (*kernel, *stride, *padding, int(count_include_pad), divisor)


@defop(family="general", kernel="avg_pool2d", where="", samples=_avg_samples,
       plan=lambda input, out, *window: _core.Plan((*input.shape[:2], *out), params=_avg_params(*window)),
       cost=lambda kernel, y: y.size * math.prod(kernel),
       vjp={"input": lambda g, input_shape, kernel, stride, padding, count_include_pad, divisor: avg_pool2d_backward(
           g, input_shape[2:], kernel, stride, padding, count_include_pad, divisor)})  # fmt: skip
def _avg_pool2d(input, out, kernel, stride, padding, count_include_pad, divisor):
    """avg_pool2d of checked arguments"""
    padded = np.pad(input, ((0, 0), (0, 0), *_reach(input.shape[2:], out, kernel, stride, padding)))
    total = sum(padded[..., rows, columns] for _, _, rows, columns in taps(kernel, stride, (1, 1), out))
    return (total / _divisors(input.shape[2:], out, kernel, stride, padding, count_include_pad, divisor)).astype(input.dtype)


@defop(family="general", kernel="avg_pool2d_backward", where="", cost=lambda grad, kernel: grad.size * math.prod(kernel), samples=_avg_backward_samples,
       plan=lambda grad, size, *window: _core.Plan((*grad.shape[:2], *size), params=_avg_params(*window)),
       vjp={"grad": lambda g, grad_shape, kernel, stride, padding, count_include_pad, divisor: _avg_pool2d(
           g, grad_shape[2:], kernel, stride, padding, count_include_pad, divisor)})  # fmt: skip
def avg_pool2d_backward(grad, size, kernel, stride, padding, count_include_pad, divisor):
    """Each window's gradient spread evenly over images of `size` (H, W): the adjoint of avg_pool2d.

    Shapes: grad (N, C, OH, OW); returns (N, C, H, W). Dtypes: floats.
    """
    out = grad.shape[2:]
    (top, bottom), (left, right) = _reach(size, out, kernel, stride, padding)
    gx = np.zeros((*grad.shape[:2], top + size[0] + bottom, left + size[1] + right), grad.dtype)
    share = grad / _divisors(size, out, kernel, stride, padding, count_include_pad, divisor)
    for _, _, rows, columns in taps(kernel, stride, (1, 1), out):
        gx[..., rows, columns] += share
    return gx[..., top : top + size[0], left : left + size[1]]


def _avg_public_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r(2, 3, 8, 7), kernel_size=(3, 2), stride=(2, 3), padding=(1, 0), id="leftover"),
        Sample(r(2, 5, 6), kernel_size=(2, 3), stride=2, padding=1, ceil_mode=True, count_include_pad=False, id="unbatched-ceil"),
        Sample(r(1, 2, 5, 6), kernel_size=2, divisor_override=3, id="divisor"),
    ]


@composite(where="F", samples=_avg_public_samples, errors=[
    ErrorSample(_ones(1, 2, 3, 8), 4, error=ShapeError, match=r"avg_pool2d: kernel does not fit axis H: 3"),
    ErrorSample(_ones(1, 2, 8, 8), 2, divisor_override=0, error=ValueError, match="divisor_override must not be 0"),
    ErrorSample(np.ones((1, 2, 8, 8), np.int32), 2, error=DTypeError, match="expected a tensor of floats or int64, got dtype int32"),
])  # fmt: skip
def avg_pool2d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
    """Mean of each window; zeros of the padding count, unless `count_include_pad` is False.

    Shapes: input (N, C, H, W) or (C, H, W); returns (N, C, OH, OW) or (C, OH, OW), sizes as in max_pool2d.
    `divisor_override` divides every window's sum instead of its size. Dtypes: floats; int64, whose quotients are cut off.
    Raises: ShapeError if a window exceeds the padded input; ValueError for a divisor of 0.
    >>> mg.nn.functional.avg_pool2d(mg.tensor([[[1.0, 2.0, 5.0], [4.0, 3.0, 0.0]]]), (2, 1))
    tensor([[[2.5000, 2.5000, 2.5000]]])
    """
    return avg_pool("avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def avg_pool(op, n, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override=None):
    """Means of windows over `n` axes."""
    check_batch(op, input, n)
    if not (input.is_floating_point() or input.dtype is _core.int64):
        raise DTypeError(f"{op}: expected a tensor of floats or int64, got dtype {input.dtype.name}")
    if divisor_override == 0:
        raise ValueError(f"{op}: divisor_override must not be 0")
    kernel, step, pad, _, out = layout(op, input.shape[-n:], kernel_size, stride, padding, 1, ceil_mode)
    divisor = divisor_override or 0
    if input.dtype is _core.int64:  # exact sums; quotients are cut off
        total = avg_pool(op, n, input.to(_core.float64), kernel_size, stride, padding, ceil_mode, True, 1)
        share = _divisors(input.shape[-n:], out, kernel, step, pad, count_include_pad, divisor)
        return OPS["div"].function(total, _core.from_numpy(share), rounding_mode="trunc").to(_core.int64)
    if input.ndim == n + 2:
        return _MEANS[n](input, out, kernel, step, pad, bool(count_include_pad), divisor)
    return batched(lambda x: _MEANS[n](x, out, kernel, step, pad, bool(count_include_pad), divisor), input, n + 2)


def _avg_pool1d(input, out, kernel, stride, padding, count_include_pad, divisor):
    """A signal is an image of one row."""
    window = ((1, *kernel), (1, *stride), (0, *padding))
    return _avg_pool2d(input.unsqueeze(2), (1, *out), *window, count_include_pad, divisor).squeeze(2)


def _avg_pool3d(input, out, kernel, stride, padding, count_include_pad, divisor):
    """Of each plane, then along the depth of those means: sizes of windows are products, even where padding is not counted."""
    n, c, depth, h, w = input.shape
    pixels, whole = out[1] * out[2], 1 if divisor else 0
    planes = _avg_pool2d(input.reshape(n * c, depth, h, w), out[1:], kernel[1:], stride[1:], padding[1:], count_include_pad, whole)
    columns = planes.reshape(n * c, 1, depth, pixels)
    means = _avg_pool2d(columns, (out[0], pixels), (kernel[0], 1), (stride[0], 1), (padding[0], 0), count_include_pad, divisor)
    return means.reshape(n, c, *out)


_MEANS = {1: _avg_pool1d, 2: _avg_pool2d, 3: _avg_pool3d}


def check_float(op, input):
    if not input.is_floating_point():
        raise DTypeError(f"{op}: expected a floating-point tensor, got dtype {input.dtype.name}")
