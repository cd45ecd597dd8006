"""Convolution, and windows as columns (im2col) with its adjoint.

conv2d is linear in each of input and weight, so three primitives are one another's gradients: the product itself, and its
adjoint in either argument. That closes the set: every order of derivative comes from these three.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from .. import _core
from ..backends import conv as conv_switches
from ..errors import DTypeError, ShapeError
from ..registry import OPS, Draw, ErrorSample, Sample, composite, defop
from ._geometry import Pair, batched, check_batch, check_tensor, counts, pair, sizes, taps

# ---- the three products ----


def _flops(maps: Any, kernel: Any) -> float:
    """2 operations for each product of a tap and a pixel."""
    (n, _, oh, ow), (o, c, kh, kw) = maps, kernel
    return 2.0 * n * o * oh * ow * c * kh * kw


def _params(stride: Pair, padding: Pair, dilation: Pair, groups: int) -> tuple[int, ...]:
    return (*stride, *padding, *dilation, groups, 0, int(conv_switches.winograd))


def _padded(x: np.ndarray, padding: Pair) -> np.ndarray:
    return np.pad(x, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))


def _conv2d_plan(input, weight, bias, stride, padding, dilation, groups):
    return _planned(input.shape, weight.shape, stride, padding, dilation, groups, bool(conv_switches.winograd))


@functools.lru_cache(256)  # a network asks the same at every step, and small images are convolved faster
def _planned(image, filters, stride, padding, dilation, groups, winograd):
    oh, ow = counts("conv2d", image, filters[2:], stride, padding, dilation)
    return _core.Plan((image[0], filters[0], oh, ow), params=_params(stride, padding, dilation, groups))


class _Geometry(NamedTuple):
    id: str
    n: int
    c: int
    h: int
    w: int
    o: int
    k: Pair
    stride: Pair
    padding: Pair
    dilation: Pair
    groups: int


_GEOMETRIES = [
    _Geometry(id="leftover", n=2, c=3, h=8, w=7, o=4, k=(3, 2), stride=(2, 3), padding=(1, 0), dilation=(1, 2), groups=1),
    _Geometry(id="groups", n=2, c=4, h=5, w=6, o=6, k=(2, 3), stride=(1, 1), padding=(0, 1), dilation=(2, 1), groups=2),
    _Geometry(id="depthwise", n=1, c=3, h=7, w=9, o=3, k=(3, 3), stride=(1, 2), padding=(1, 2), dilation=(1, 1), groups=3),
    _Geometry(id="1x1", n=3, c=5, h=4, w=3, o=2, k=(1, 1), stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1),
    _Geometry(id="empty-batch", n=0, c=2, h=5, w=4, o=3, k=(2, 3), stride=(1, 1), padding=(0, 1), dilation=(1, 1), groups=1),
]


def _settings(q: _Geometry) -> dict[str, Any]:
    return {"stride": q.stride, "padding": q.padding, "dilation": q.dilation, "groups": q.groups}


def _shapes(q: _Geometry) -> tuple[tuple[int, ...], ...]:
    """Of input, weight and output."""
    image, kernel = (q.n, q.c, q.h, q.w), (q.o, q.c // q.groups, *q.k)
    size = counts("sample", image, q.k, q.stride, q.padding, q.dilation)
    return image, kernel, (q.n, q.o, *size)


def _conv_samples(r: Draw) -> list[Sample]:
    made = []
    for i, q in enumerate(_GEOMETRIES):
        image, kernel, _ = _shapes(q)
        made.append(Sample(r(*image), r(*kernel), r(q.o) if i % 2 == 0 else None, id=q.id, **_settings(q)))
    return made


@defop(family="general", kernel="conv2d", plan=_conv2d_plan, where="", samples=_conv_samples, linear_in=("input", "weight", "bias"),
       cost=lambda weight, y: _flops(y.shape, weight.shape),
       vjp={"input": lambda g, input_shape, weight, stride, padding, dilation, groups: conv2d_backward_input(
                g, weight, input_shape[2:], stride, padding, dilation, groups),
            "weight": lambda g, input, weight_shape, stride, padding, dilation, groups: conv2d_backward_weight(
                g, input, weight_shape[2:], stride, padding, dilation, groups),
            "bias": lambda g: g.sum((0, 2, 3))})  # fmt: skip
def _conv2d(input, weight, bias, stride, padding, dilation, groups):
    """conv2d of checked arguments"""
    (n, c, _, _), (o, _, *kernel) = input.shape, weight.shape
    size = counts("conv2d", input.shape, kernel, stride, padding, dilation)
    padded = _padded(input, padding).reshape(n, groups, c // groups, input.shape[2] + 2 * padding[0], input.shape[3] + 2 * padding[1])
    filters = weight.reshape(groups, o // groups, c // groups, *kernel)
    y = np.zeros((n, groups, o // groups, *size), np.result_type(input, weight))
    for i, j, rows, columns in taps(kernel, stride, dilation, size):
        y += np.einsum("ngchw,goc->ngohw", padded[..., rows, columns], filters[..., i, j])
    y = y.reshape(n, o, *size)
    return y if bias is None else y + bias.reshape(-1, 1, 1)


def _backward_input_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r(*maps), r(*kernel), size=image[2:], id=q.id, **_settings(q)) for q in _GEOMETRIES for image, kernel, maps in [_shapes(q)]
    ]


@defop(family="general", kernel="conv2d_backward_input", where="", samples=_backward_input_samples, linear_in=("grad", "weight"),
       plan=lambda grad, weight, size, stride, padding, dilation, groups: _core.Plan(
           (grad.shape[0], weight.shape[1] * groups, *size), params=_params(stride, padding, dilation, groups)),
       cost=lambda grad, weight: _flops(grad.shape, weight.shape),
       vjp={"grad": lambda g, weight, stride, padding, dilation, groups: _conv2d(g, weight, None, stride, padding, dilation, groups),
            "weight": lambda g, grad, weight_shape, stride, padding, dilation, groups: conv2d_backward_weight(
                grad, g, weight_shape[2:], stride, padding, dilation, groups)})  # fmt: skip
def conv2d_backward_input(grad, weight, size, stride, padding, dilation, groups):
    """Gradient of conv2d for an input of `size` (H, W): the adjoint of conv2d in its input.

    Shapes: grad (N, O, OH, OW); weight (O, C/groups, KH, KW); returns (N, C, H, W). Dtypes: floats.
    """
    (n, o, *counted), (_, c, *kernel) = grad.shape, weight.shape
    filters = weight.reshape(groups, o // groups, c, *kernel)
    maps = grad.reshape(n, groups, o // groups, *counted)
    padded = np.zeros((n, groups, c, size[0] + 2 * padding[0], size[1] + 2 * padding[1]), np.result_type(grad, weight))
    for i, j, rows, columns in taps(kernel, stride, dilation, counted):
        padded[..., rows, columns] += np.einsum("ngohw,goc->ngchw", maps, filters[..., i, j])
    inside = padded[..., padding[0] : padding[0] + size[0], padding[1] : padding[1] + size[1]]
    return inside.reshape(n, groups * c, *size)


def _backward_weight_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r(*maps), r(*image), kernel=kernel[2:], id=q.id, **_settings(q)) for q in _GEOMETRIES for image, kernel, maps in [_shapes(q)]
    ]


@defop(family="general", kernel="conv2d_backward_weight", where="", samples=_backward_weight_samples, linear_in=("grad", "input"),
       plan=lambda grad, input, kernel, stride, padding, dilation, groups: _core.Plan(
           (grad.shape[1], input.shape[1] // groups, *kernel), params=_params(stride, padding, dilation, groups)),
       cost=lambda grad, y: _flops(grad.shape, y.shape),
       vjp={"grad": lambda g, input, stride, padding, dilation, groups: _conv2d(input, g, None, stride, padding, dilation, groups),
            "input": lambda g, grad, input_shape, stride, padding, dilation, groups: conv2d_backward_input(
                grad, g, input_shape[2:], stride, padding, dilation, groups)})  # fmt: skip
def conv2d_backward_weight(grad, input, kernel, stride, padding, dilation, groups):
    """Gradient of conv2d for a weight of size `kernel` (KH, KW): the adjoint of conv2d in its weight.

    Shapes: grad (N, O, OH, OW); input (N, C, H, W); returns (O, C/groups, KH, KW). Dtypes: floats.
    """
    (n, o, *counted), c = grad.shape, input.shape[1] // groups
    maps = grad.reshape(n, groups, o // groups, *counted)
    padded = _padded(input, padding).reshape(n, groups, c, input.shape[2] + 2 * padding[0], input.shape[3] + 2 * padding[1])
    filters = np.empty((groups, o // groups, c, *kernel), np.result_type(grad, input))
    for i, j, rows, columns in taps(kernel, stride, dilation, counted):
        filters[..., i, j] = np.einsum("ngohw,ngchw->goc", maps, padded[..., rows, columns])
    return filters.reshape(o, c, *kernel)


# ---- what users call ----


def _check(op, input, weight, bias, groups, layout, kernel_layout):
    """Refuse what does not fit together; `input` is batched."""
    if not isinstance(weight, _core.Tensor) or not (bias is None or isinstance(bias, _core.Tensor)):
        raise TypeError(f"{op}: expected Tensors, got {type(weight).__name__} as weight and {type(bias).__name__} as bias")
    if weight.ndim != input.ndim:
        raise ShapeError(f"{op}: weight must be {kernel_layout}, got shape {weight.shape}")
    if input.dtype is not weight.dtype or (bias is not None and bias.dtype is not input.dtype):
        dtypes = f"input {input.dtype.name}, weight {weight.dtype.name}" + ("" if bias is None else f", bias {bias.dtype.name}")
        raise DTypeError(f"{op}: expected one dtype for all arguments, got {dtypes}")
    if not isinstance(groups, int) or groups < 1:
        raise ShapeError(f"{op}: groups must be a positive int, got {groups!r}")
    c, expected = input.shape[1], weight.shape[1] * groups
    if c != expected or weight.shape[0] % groups:
        shapes = f"input.shape={input.shape} {layout}, weight.shape={weight.shape} {kernel_layout}"
        if c != expected:
            by = f" with groups={groups}" if groups > 1 else ""
            raise ShapeError(f"{op}: input has {c} channels but weight expects {expected}{by}: {shapes}")
        raise ShapeError(f"{op}: {weight.shape[0]} output channels cannot be divided into groups={groups}: {shapes}")
    if 0 in weight.shape[2:]:
        raise ShapeError(f"{op}: the kernel is empty: weight.shape={weight.shape} {kernel_layout}")
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ShapeError(f"{op}: bias must have shape ({weight.shape[0]},), one value for each output channel, got {bias.shape}")


def _resolve_padding(op, input, padding, stride, kernel, dilation):
    """(input, padding) with "valid" and "same" worked out; where "same" is uneven, the far side is padded here."""
    if not isinstance(padding, str):
        return input, sizes(op, "padding", padding, len(kernel), 0)
    if padding == "valid":
        return input, (0,) * len(kernel)
    if padding != "same":
        raise ValueError(f'{op}: padding must be ints, "valid" or "same", got {padding!r}')
    if max(stride) > 1:
        raise ValueError(f'{op}: padding="same" needs stride 1, got {stride}')
    total = [d * (k - 1) for d, k in zip(dilation, kernel)]
    if any(t % 2 for t in total):
        input = OPS["pad"].function(input, tuple(p for t in reversed(total) for p in (0, t % 2)))
    return input, tuple(t // 2 for t in total)


def _public_samples(r: Draw) -> list[Sample]:
    return [
        *_conv_samples(r)[:3],
        Sample(r(2, 5, 6), r(3, 2, 3, 2), r(3), id="unbatched-same", padding="same"),
        Sample(r(1, 2, 6, 5), r(3, 2, 2, 3), r(3), id="valid", padding="valid", stride=2),
    ]


def _ones(*shape: int, dtype: Any = None) -> Any:
    return np.ones(shape, dtype or np.float32)


@composite(arrays="input weight bias", where="mg F", samples=_public_samples, errors=[
    ErrorSample(_ones(2, 3, 8, 8), _ones(4, 2, 3, 3), error=ShapeError, match=(
        r"conv2d: input has 3 channels but weight expects 2: input\.shape=\(2, 3, 8, 8\) \(N, C, H, W\), weight\.shape=\(4, 2, 3, 3\) \(O, C, KH, KW\)")),
    ErrorSample(_ones(1, 4, 8, 8), _ones(3, 2, 3, 3), groups=2, error=ShapeError, match=r"3 output channels cannot be divided into groups=2"),
    ErrorSample(_ones(1, 1, 2, 8), _ones(1, 1, 3, 3), error=ShapeError, match=(
        r"kernel does not fit axis H: 2 \+ 2\*0 padding = 2 < 3 = dilation\*\(k-1\)\+1 with k=3, dilation=1")),
    ErrorSample(_ones(1, 1, 4, 4), _ones(1, 1, 3, 3, dtype=np.float64), error=DTypeError, match=r"expected one dtype .* input float32, weight float64"),
    ErrorSample(_ones(4, 4), _ones(1, 1, 3, 3), error=ShapeError, match=r"input must be \(N, C, H, W\) or \(C, H, W\), got shape \(4, 4\)"),
    ErrorSample(_ones(1, 1, 4, 4), _ones(2, 1, 3, 3), _ones(3), error=ShapeError, match=r"bias must have shape \(2,\).*got \(3,\)"),
    ErrorSample(_ones(1, 1, 4, 4), _ones(2, 1, 3, 3), padding="full", error=ValueError, match='padding must be ints, "valid" or "same"'),
    ErrorSample(_ones(1, 1, 4, 4), _ones(2, 1, 3, 3), padding="same", stride=2, error=ValueError, match='"same" needs stride 1'),
    ErrorSample(_ones(1, 1, 4, 4), _ones(2, 1, 3, 3), stride=0, error=ShapeError, match="stride must be at least 1, got 0"),
    ErrorSample(_ones(1, 1, 4, 4), _ones(2, 1, 3, 3), stride=(1, 2, 3), error=TypeError, match="stride must be an int or a pair of ints"),
])  # fmt: skip
def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Cross-correlate a batch of images with a bank of filters.

    Shapes: input (N, C, H, W) or (C, H, W); weight (O, C/groups, KH, KW); bias (O,) or None; returns (N, O, OH, OW) or
        (O, OH, OW), OH = (H + 2*py - dy*(KH-1) - 1) // sy + 1, likewise OW.
    stride, padding, dilation: an int, or a pair (y, x), in pixels. Padding is zeros; "valid" is none, "same" keeps H and W
        (stride 1; where it is uneven the far side gets one more). Windows that do not fit at the far edge are dropped.
    Dtypes: floats, the same for all arguments. Raises ShapeError if channels, groups or bias do not fit or a kernel exceeds the
        padded input; DTypeError on mixed dtypes.
    Source: Dumoulin & Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285.
    >>> mg.conv2d(mg.ones(1, 1, 3, 4), mg.ones(1, 1, 2, 2))
    tensor([[[[4., 4., 4.],
              [4., 4., 4.]]]])
    """
    check_batch("conv2d", input, 2)
    return batched(lambda x: _conv2d_of(x, weight, bias, stride, padding, dilation, groups), input)


def _conv2d_of(input, weight, bias, stride, padding, dilation, groups):
    _check("conv2d", input, weight, bias, groups, "(N, C, H, W)", "(O, C, KH, KW)")
    stride, dilation = pair("conv2d", "stride", stride, 1), pair("conv2d", "dilation", dilation, 1)
    input, padding = _resolve_padding("conv2d", input, padding, stride, weight.shape[2:], dilation)
    return _conv2d(input, weight, bias, stride, padding, dilation, groups)


def _conv1d_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r(2, 3, 8), r(4, 3, 3), r(4), id="leftover", stride=3, padding=1),
        Sample(r(4, 7), r(2, 2, 2), None, id="unbatched-groups-same", padding="same", groups=2),
    ]


@composite(arrays="input weight bias", where="mg F", samples=_conv1d_samples, errors=[
    ErrorSample(_ones(2, 3, 8), _ones(4, 2, 3), error=ShapeError, match=r"conv1d: input has 3 channels but weight expects 2"),
    ErrorSample(_ones(2, 3, 2), _ones(4, 3, 3), error=ShapeError, match=r"conv1d: kernel does not fit axis L: 2"),
    ErrorSample(_ones(2, 3, 8, 2), _ones(4, 3, 3), error=ShapeError, match=r"conv1d: input must be \(N, C, L\) or \(C, L\)"),
])  # fmt: skip
def conv1d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Cross-correlate a batch of signals with a bank of filters; conv2d of images that are one row high.

    Shapes: input (N, C, L) or (C, L); weight (O, C/groups, K); bias (O,) or None; returns (N, O, OL) or (O, OL),
        OL = (L + 2*padding - dilation*(K-1) - 1) // stride + 1.
    Dtypes: floats, the same for all arguments. Raises ShapeError, DTypeError as conv2d.
    >>> mg.conv1d(mg.ones(1, 1, 4), mg.ones(1, 1, 3))
    tensor([[[3., 3.]]])
    """
    check_batch("conv1d", input, 1)
    return batched(lambda x: _conv1d_of("conv1d", x, weight, bias, stride, padding, dilation, groups), input, 3)


def _conv1d_of(op, input, weight, bias, stride, padding, dilation, groups):
    _check(op, input, weight, bias, groups, "(N, C, L)", "(O, C, K)")
    stride, dilation = sizes(op, "stride", stride, 1, 1), sizes(op, "dilation", dilation, 1, 1)
    input, padding = _resolve_padding(op, input, padding, stride, weight.shape[2:], dilation)
    counts(op, input.shape, weight.shape[2:], stride, padding, dilation)
    return _conv2d(input.unsqueeze(2), weight.unsqueeze(2), bias, (1, *stride), (0, *padding), (1, *dilation), groups).squeeze(2)


@composite(arrays="input weight bias", where="mg F", linear_in=("input", "weight", "bias"),
           samples=lambda r: [Sample(r(6, 2, 3), r(3, 3, 4), r(4), pad=1, id="padded"), Sample(r(5, 1, 3), r(2, 3, 2), r(2), id="valid")],
           errors=[ErrorSample(_ones(6, 2, 3), _ones(3, 2, 4), _ones(4), error=ShapeError, match="conv_tbc: input has 3 channels but weight expects 2"),
                   ErrorSample(_ones(6, 2), _ones(3, 2, 4), _ones(4), error=ShapeError, match=r"conv_tbc: input must be \(T, N, C\)")])  # fmt: skip
def conv_tbc(input, weight, bias, pad=0):
    """conv1d of sequences whose first axis is time.

    Shapes: input (T, N, C); weight (K, C, O); bias (O,); returns (T + 2*pad - K + 1, N, O). Dtypes and errors as conv1d.
    >>> mg.conv_tbc(mg.ones(4, 1, 2), mg.ones(3, 2, 1), mg.zeros(1)).flatten()
    tensor([6., 6.])
    """
    if input.ndim != 3 or weight.ndim != 3:
        raise ShapeError(f"conv_tbc: input must be (T, N, C) and weight (K, C, O), got shapes {input.shape} and {weight.shape}")
    y = _conv1d_of("conv_tbc", input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, 1, pad, 1, 1)
    return y.permute(2, 0, 1).contiguous()


# ---- windows as columns ----


def _im2col_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r(2, 3, 8, 7), kernel=(3, 2), stride=(2, 3), padding=(1, 0), dilation=(1, 2), id="leftover"),
        Sample(r(0, 3, 5, 4), kernel=(2, 3), stride=(1, 1), padding=(0, 1), dilation=(1, 1), id="empty-batch"),
    ]


def _im2col_plan(input, kernel, stride, padding, dilation):
    oh, ow = counts("unfold", input.shape, kernel, stride, padding, dilation)
    n, c = input.shape[:2]
    return _core.Plan((n, c * kernel[0] * kernel[1], oh * ow), params=(*kernel, *stride, *padding, *dilation))


@defop(family="general", kernel="im2col", plan=_im2col_plan, where="", cost=0, samples=_im2col_samples, linear_in=("input",),
       vjp={"input": lambda g, input_shape, kernel, stride, padding, dilation: col2im(g, input_shape[2:], kernel, stride, padding, dilation)})  # fmt: skip
def im2col(input, kernel, stride, padding, dilation):
    """Windows of images as the columns of a matrix.

    Shapes: input (N, C, H, W); returns (N, C*KH*KW, OH*OW): row (c, i, j) is what tap (i, j) of channel c reads. Dtypes: floats.
    """
    n, c = input.shape[:2]
    size = counts("unfold", input.shape, kernel, stride, padding, dilation)
    padded = _padded(input, padding)
    y = np.empty((n, c, *kernel, *size), input.dtype)
    for i, j, rows, columns in taps(kernel, stride, dilation, size):
        y[:, :, i, j] = padded[:, :, rows, columns]
    return y.reshape(n, c * kernel[0] * kernel[1], size[0] * size[1])


def _col2im_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r(2, 3 * 6, 4 * 2), size=(8, 7), kernel=(3, 2), stride=(2, 3), padding=(1, 0), dilation=(1, 2), id="leftover"),
        Sample(r(1, 2 * 6, 4 * 4), size=(5, 4), kernel=(2, 3), stride=(1, 1), padding=(0, 1), dilation=(1, 1), id="overlap"),
    ]


@defop(family="general", kernel="col2im", where="", cost=lambda columns: columns.size, samples=_col2im_samples, linear_in=("columns",),
       plan=lambda columns, size, kernel, stride, padding, dilation: _core.Plan(
           (columns.shape[0], columns.shape[1] // (kernel[0] * kernel[1]), *size), params=(*kernel, *stride, *padding, *dilation)),
       vjp={"columns": lambda g, kernel, stride, padding, dilation: im2col(g, kernel, stride, padding, dilation)})  # fmt: skip
def col2im(columns, size, kernel, stride, padding, dilation):
    """Columns added back into images; the adjoint of im2col.

    Shapes: columns (N, C*KH*KW, OH*OW); returns (N, C, H, W). Dtypes: floats.
    """
    n, c = columns.shape[0], columns.shape[1] // (kernel[0] * kernel[1])
    counted = counts("fold", size, kernel, stride, padding, dilation)
    taken = columns.reshape(n, c, *kernel, *counted)
    padded = np.zeros((n, c, size[0] + 2 * padding[0], size[1] + 2 * padding[1]), columns.dtype)
    for i, j, rows, cols in taps(kernel, stride, dilation, counted):
        padded[:, :, rows, cols] += taken[:, :, i, j]
    return padded[:, :, padding[0] : padding[0] + size[0], padding[1] : padding[1] + size[1]]


def _window(op, kernel_size, dilation, padding, stride):
    return (pair(op, "kernel_size", kernel_size, 1), pair(op, "stride", stride, 1), pair(op, "padding", padding, 0),
            pair(op, "dilation", dilation, 1))  # fmt: skip


def _unfold_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r(2, 3, 8, 7), kernel_size=(3, 2), stride=(2, 3), padding=(1, 0), dilation=(1, 2), id="leftover"),
        Sample(r(2, 5, 4), kernel_size=2, id="unbatched"),
    ]


@composite(where="F", samples=_unfold_samples, errors=[
    ErrorSample(_ones(1, 2, 3, 8), 4, error=ShapeError, match=r"unfold: kernel does not fit axis H: 3"),
    ErrorSample(_ones(3, 8), 2, error=ShapeError, match=r"unfold: input must be \(N, C, H, W\)"),
])  # fmt: skip
def unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    """Windows of images as the columns of a matrix (im2col).

    Shapes: input (N, C, H, W) or (C, H, W); returns (N, C*KH*KW, L) or (C*KH*KW, L), L windows in C order.
    Dtypes: floats. Raises ShapeError if the kernel exceeds the padded input.
    >>> mg.nn.functional.unfold(mg.ones(1, 2, 3, 4), (2, 3)).shape
    (1, 12, 4)
    """
    check_batch("unfold", input, 2)
    window = _window("unfold", kernel_size, dilation, padding, stride)
    return batched(lambda x: im2col(x, *window), input)


def _fold_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r(2, 3 * 6, 4 * 2), output_size=(8, 7), kernel_size=(3, 2), stride=(2, 3), padding=(1, 0), dilation=(1, 2), id="leftover"),
        Sample(r(2 * 4, 12), output_size=(5, 4), kernel_size=2, id="unbatched"),
    ]


@composite(where="F", samples=_fold_samples, errors=[
    ErrorSample(_ones(1, 7, 4), 4, 2, error=ShapeError, match=r"fold: 7 rows cannot be divided by the 4 taps of kernel_size \(2, 2\)"),
    ErrorSample(_ones(1, 8, 4), 4, 2, error=ShapeError, match=r"fold: expected 9 columns, 3 by 3 windows of \(2, 2\) in \(4, 4\), got 4"),
    ErrorSample(_ones(1, 2, 8, 4), 4, 2, error=ShapeError, match=r"fold: input must be \(N, C\*KH\*KW, L\)"),
])  # fmt: skip
def fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Columns added back into images of `output_size` (col2im); overlaps are summed: the adjoint of unfold.

    Shapes: input (N, C*KH*KW, L) or (C*KH*KW, L); returns (N, C, H, W) or (C, H, W).
    Dtypes: floats. Raises ShapeError if rows or L do not fit.
    >>> mg.nn.functional.fold(mg.ones(1, 4, 2), (2, 3), 2)
    tensor([[[[1., 2., 1.],
              [1., 2., 1.]]]])
    """
    check_tensor("fold", input)
    if input.ndim not in (2, 3):
        raise ShapeError(f"fold: input must be (N, C*KH*KW, L) or (C*KH*KW, L), got shape {input.shape}")
    size = pair("fold", "output_size", output_size, 1)
    kernel, *window = _window("fold", kernel_size, dilation, padding, stride)
    oh, ow = counts("fold", size, kernel, *window)
    if input.shape[-2] % (kernel[0] * kernel[1]):
        raise ShapeError(f"fold: {input.shape[-2]} rows cannot be divided by the {kernel[0] * kernel[1]} taps of kernel_size {kernel}")
    if input.shape[-1] != oh * ow:
        raise ShapeError(f"fold: expected {oh * ow} columns, {oh} by {ow} windows of {kernel} in {size}, got {input.shape[-1]}")
    return batched(lambda x: col2im(x, size, kernel, *window), input, 3)
