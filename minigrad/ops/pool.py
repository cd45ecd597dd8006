"""Pooling over windows of images: maximum, average, and both with a given output size.

The average is linear, so it and its adjoint are each other's gradients. The gradient of the maximum scatters to the positions
that forward chose; they are constants for every higher order.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import NONDIFF, Cost, Draw, ErrorSample, Sample, composite, defop
from ._geometry import Pair, batched, check_batch, counts, pair, taps


def _ones(*shape):
    return np.ones(shape, np.float32)


def _traffic(*arrays):
    return Cost(flops=0.0, bytes=4.0 * sum(int(np.prod(s)) for s in arrays))


def _window(op, kernel_size, stride, padding):
    """Checked (kernel, stride, padding); the stride is the kernel's size unless given."""
    kernel = pair(op, "kernel_size", kernel_size, 1)
    step = kernel if stride is None or stride == () or stride == [] else pair(op, "stride", stride, 1)
    pad = pair(op, "padding", padding, 0)
    if 2 * pad[0] > kernel[0] or 2 * pad[1] > kernel[1]:
        raise ShapeError(f"{op}: padding must be at most half the kernel size, got padding={pad} and kernel_size={kernel}")
    return kernel, step, pad


# ---- maximum ----


def _max_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r.distinct(2, 3, 8, 7), kernel=(3, 2), stride=(2, 3), padding=(1, 0), dilation=(1, 2), size=(4, 2), id="leftover"),
        Sample(r.distinct(1, 2, 5, 6), kernel=(2, 3), stride=(2, 2), padding=(0, 1), dilation=(1, 1), size=(3, 3), id="ceil"),
        Sample(r.distinct(1, 2, 4, 6), kernel=(2, 2), stride=(2, 2), padding=(0, 0), dilation=(1, 1), size=(2, 3), id="2x2"),
        Sample(r.distinct(0, 2, 5, 6), kernel=(2, 3), stride=(1, 1), padding=(0, 1), dilation=(1, 1), size=(4, 6), id="empty-batch"),
    ]


@defop(family="general", kernel="max_pool2d", outputs=2, where="", samples=_max_samples,
       plan=lambda input, kernel, stride, padding, dilation, size: _core.Plan(
           (*input.shape[:2], *size), (*input.shape[:2], *size), dtypes=(None, _core.int64), params=(*kernel, *stride, *padding, *dilation)),
       cost=lambda input, kernel, stride, padding, dilation, size: Cost(
           flops=float(np.prod(input.shape[:2]) * np.prod(size) * np.prod(kernel)), bytes=4.0 * np.prod(input.shape)),
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


@defop(family="general", kernel="max_pool2d_backward", where="", linear_in=("grad",),
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
    check_batch("max_pool2d", input, 2)
    kernel, step, pad = _window("max_pool2d", kernel_size, stride, padding)
    gaps = pair("max_pool2d", "dilation", dilation, 1)
    size = counts("max_pool2d", input.shape, kernel, step, pad, gaps, ceil_mode)
    values, index = batched(lambda x: _max_pool2d(x, kernel, step, pad, gaps, size), input)
    return (values, index) if return_indices else values


# ---- average ----


def _divisors(size, out, kernel, stride, padding, count_include_pad, divisor):
    """What each window's sum is divided by, (OH, OW). Padding counts if asked for; what ceil_mode adds beyond it never does."""
    if divisor:
        return np.full(out, divisor)
    lengths = []
    for d in (0, 1):
        start = np.arange(out[d]) * stride[d] - padding[d]
        stop = np.minimum(start + kernel[d], size[d] + padding[d])
        lengths.append(stop - start if count_include_pad else np.minimum(stop, size[d]) - np.maximum(start, 0))
    return lengths[0][:, None] * lengths[1][None, :]


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
       cost=lambda input, out, kernel, **q: Cost(flops=float(np.prod(input.shape[:2]) * np.prod(out) * np.prod(kernel)),
                                                 bytes=4.0 * np.prod(input.shape)),
       vjp={"input": lambda g, input_shape, kernel, stride, padding, count_include_pad, divisor: avg_pool2d_backward(
           g, input_shape[2:], kernel, stride, padding, count_include_pad, divisor)})  # fmt: skip
def _avg_pool2d(input, out, kernel, stride, padding, count_include_pad, divisor):
    """avg_pool2d of checked arguments"""
    padded = np.pad(input, ((0, 0), (0, 0), *_reach(input.shape[2:], out, kernel, stride, padding)))
    total = sum(padded[..., rows, columns] for _, _, rows, columns in taps(kernel, stride, (1, 1), out))
    return (total / _divisors(input.shape[2:], out, kernel, stride, padding, count_include_pad, divisor)).astype(input.dtype)


@defop(family="general", kernel="avg_pool2d_backward", where="", samples=_avg_backward_samples,
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
    ErrorSample(np.ones((1, 2, 8, 8), np.int64), 2, error=DTypeError, match="expected a floating-point tensor, got dtype int64"),
])  # fmt: skip
def avg_pool2d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
    """Mean of each window; zeros of the padding count, unless `count_include_pad` is False.

    Shapes: input (N, C, H, W) or (C, H, W); returns (N, C, OH, OW) or (C, OH, OW), sizes as in max_pool2d.
    `divisor_override` divides every window's sum instead of its size. Dtypes: floats.
    Raises: ShapeError if a window exceeds the padded input; ValueError for a divisor of 0.
    >>> mg.nn.functional.avg_pool2d(mg.tensor([[[1.0, 2.0, 5.0], [4.0, 3.0, 0.0]]]), (2, 1))
    tensor([[[2.5, 2.5, 2.5]]])
    """
    check_batch("avg_pool2d", input, 2)
    _check_float("avg_pool2d", input)
    if divisor_override == 0:
        raise ValueError("avg_pool2d: divisor_override must not be 0")
    kernel, step, pad = _window("avg_pool2d", kernel_size, stride, padding)
    out = counts("avg_pool2d", input.shape, kernel, step, pad, (1, 1), ceil_mode)
    return batched(lambda x: _avg_pool2d(x, out, kernel, step, pad, bool(count_include_pad), divisor_override or 0), input)


def _check_float(op, input):
    if not input.is_floating_point():
        raise DTypeError(f"{op}: expected a floating-point tensor, got dtype {input.dtype.name}")


# ---- a given output size ----


def _bins(size, out):
    """[start, stop) of each output's inputs along one axis: they cover it, and may overlap by one."""
    return [(i * size // out, -(-(i + 1) * size // out)) for i in range(out)]


def _bin_matrix(size, out):
    """(out, size): the weight of each input in each output's mean."""
    m = np.zeros((out, size))
    for row, (start, stop) in zip(m, _bins(size, out)):
        row[start:stop] = 1 / (stop - start)
    return m


@defop(family="general", kernel="adaptive_avg_pool2d", where="",
       samples=lambda r: [Sample(r(2, 3, 8, 7), out=(3, 2), id="overlap"), Sample(r(1, 2, 3, 4), out=(5, 4), id="larger")],
       plan=lambda input, out: _core.Plan((*input.shape[:2], *out)),
       cost=lambda input, out: Cost(flops=float(np.prod(input.shape)), bytes=4.0 * np.prod(input.shape)),
       vjp={"input": lambda g, input_shape: adaptive_avg_pool2d_backward(g, input_shape[2:])})  # fmt: skip
def _adaptive_avg_pool2d(input, out):
    """adaptive_avg_pool2d of checked arguments"""
    rows, columns = _bin_matrix(input.shape[2], out[0]), _bin_matrix(input.shape[3], out[1])
    return np.einsum("nchw,yh,xw->ncyx", input, rows, columns).astype(input.dtype)


@defop(family="general", kernel="adaptive_avg_pool2d_backward", where="",
       samples=lambda r: [Sample(r(2, 3, 3, 2), size=(8, 7), id="overlap"), Sample(r(1, 2, 5, 4), size=(3, 4), id="larger")],
       plan=lambda grad, size: _core.Plan((*grad.shape[:2], *size)),
       vjp={"grad": lambda g, grad_shape: _adaptive_avg_pool2d(g, grad_shape[2:])})  # fmt: skip
def adaptive_avg_pool2d_backward(grad, size):
    """Each output's gradient spread over its inputs, in images of `size` (H, W): the adjoint of adaptive_avg_pool2d.

    Shapes: grad (N, C, OH, OW); returns (N, C, H, W). Dtypes: floats.
    """
    rows, columns = _bin_matrix(size[0], grad.shape[2]), _bin_matrix(size[1], grad.shape[3])
    return np.einsum("ncyx,yh,xw->nchw", grad, rows, columns).astype(grad.dtype)


def _output_size(op, input, output_size):
    """The size asked for; None keeps the input's."""
    sizes = list(output_size) if isinstance(output_size, (tuple, list)) else [output_size] * 2
    return pair(op, "output_size", [have if want is None else want for want, have in zip(sizes, input.shape[-2:])] + sizes[2:], 1)


def _adaptive_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r.distinct(2, 3, 8, 7), output_size=(3, 2), id="overlap"),
        Sample(r.distinct(2, 6, 4), output_size=(3, None), id="unbatched"),
        Sample(r.distinct(1, 2, 6, 4), output_size=1, id="global"),
    ]


_ADAPTIVE_ERRORS = [
    ErrorSample(_ones(1, 2, 3, 8), 0, error=ShapeError, match="output_size must be at least 1, got"),
    ErrorSample(_ones(1, 2, 3, 8), (1, 2, 3), error=TypeError, match="output_size must be an int or a pair"),
    ErrorSample(_ones(3, 8), 1, error=ShapeError, match=r"input must be \(N, C, H, W\)"),
    ErrorSample(_ones(1, 2, 0, 8), 1, error=ShapeError, match=r"nothing to pool in shape \(1, 2, 0, 8\)"),
]


def _check_pixels(op, input):
    check_batch(op, input, 2)
    if 0 in input.shape[-2:]:
        raise ShapeError(f"{op}: nothing to pool in shape {input.shape}")


@composite(where="F", samples=_adaptive_samples, errors=_ADAPTIVE_ERRORS)
def adaptive_avg_pool2d(input, output_size):
    """Means over a grid of `output_size` (y, x) bins: bin i of n covers floor(i*H/n) up to ceil((i+1)*H/n).

    Shapes: input (N, C, H, W) or (C, H, W); returns (N, C, OH, OW) or (C, OH, OW). An int means both axes, None the input's
        size. Dtypes: floats. Raises ShapeError for images without pixels.
    >>> mg.nn.functional.adaptive_avg_pool2d(mg.tensor([[[1.0, 2.0, 6.0], [4.0, 3.0, 2.0]]]), 1)
    tensor([[[3.]]])
    """
    _check_pixels("adaptive_avg_pool2d", input)
    _check_float("adaptive_avg_pool2d", input)
    out = _output_size("adaptive_avg_pool2d", input, output_size)
    return batched(lambda x: _adaptive_avg_pool2d(x, out), input)


@defop(family="general", outputs=2, where="", samples=lambda r: [Sample(r.distinct(2, 3, 8, 7), out=(3, 2), id="overlap")],
       vjp={"input": lambda g, y1, input_shape: max_pool2d_backward(g[0], y1, input_shape[2:])})  # fmt: skip
def _adaptive_max_pool2d(input, out):
    """adaptive_max_pool2d of checked arguments, where the bins are no regular windows"""
    n, c, h, w = input.shape
    values, index = np.empty((n, c, *out), input.dtype), np.empty((n, c, *out), np.int64)
    for y, (top, bottom) in enumerate(_bins(h, out[0])):
        for x, (left, right) in enumerate(_bins(w, out[1])):
            bin = input[:, :, top:bottom, left:right].reshape(n, c, -1)
            best = bin.argmax(-1)  # NumPy too lets NaN win
            values[:, :, y, x] = np.take_along_axis(bin, best[..., None], -1)[..., 0]
            index[:, :, y, x] = (top + best // (right - left)) * w + left + best % (right - left)
    return values, index


@composite(where="F", samples=_adaptive_samples, errors=_ADAPTIVE_ERRORS)
def adaptive_max_pool2d(input, output_size, return_indices=False):
    """Maxima over the bins of adaptive_avg_pool2d; with `return_indices` also their positions in the (H, W) plane.

    Shapes: input (N, C, H, W) or (C, H, W); returns (N, C, OH, OW) or (C, OH, OW). Dtypes: floats and integers.
    Raises: ShapeError for images without pixels.
    >>> mg.nn.functional.adaptive_max_pool2d(mg.tensor([[[1.0, 2.0, 6.0], [4.0, 3.0, 2.0]]]), (1, 3))
    tensor([[[4., 3., 6.]]])
    """
    _check_pixels("adaptive_max_pool2d", input)
    out = _output_size("adaptive_max_pool2d", input, output_size)
    kernel = (input.shape[-2] // out[0], input.shape[-1] // out[1])
    if input.shape[-2] % out[0] or input.shape[-1] % out[1]:
        values, index = batched(lambda x: _adaptive_max_pool2d(x, out), input)
    else:
        values, index = batched(lambda x: _max_pool2d(x, kernel, kernel, (0, 0), (1, 1), out), input)
    return (values, index) if return_indices else values
