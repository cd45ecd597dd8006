"""Layer, group and batch normalisation.

All have one form: x is centred and scaled by its own statistics over some axes, then by a weight and a bias. With z the
normalised x, r = 1 / sqrt(var + eps), m(.) the mean over those axes and h = g * weight, the gradient of x is r * P(h), where

    P(h) = h - m(h) - z * m(h * z)

projects on what the statistics let through; P is its own adjoint. The fused backward kernels compute that. Their own gradient,
which only second order needs, is the formula in `_second_order`, written with ordinary ops, so that all higher orders follow.
"""

from __future__ import annotations

import math

import numpy as np

from .. import _core
from ..errors import DTypeError, GradError, ShapeError
from ..registry import NONDIFF, Draw, ErrorSample, Sample, composite, defop
from .elementwise import rsqrt
from .shape import reshape


def _ones(*shape):
    return np.ones(shape, np.float32)


def _second_order(cotangents, g, x, weight, eps, axes, shape, statistics=None):
    """Gradients for (g, x, weight) of the three results of a backward pass: gx = r * P(g * weight), gw = sum(g * z), gb = sum(g).

    axes: what the statistics are over. shape: weight's, spread over x. statistics: (mean, r) if they are constants; then P is 1.
    """
    a, b, c = cotangents
    if statistics is None:
        centred = x - x.mean(axes, True)
        r = rsqrt((centred * centred).mean(axes, True) + eps)
    else:
        centred, r = x - statistics[0], statistics[1]
    z = centred * r
    w = None if weight is None else reshape(weight, shape)

    def project(v):
        return v if statistics is not None else v - v.mean(axes, True) - z * (v * z).mean(axes, True)

    passed = r * project(a)
    to_g = passed if w is None else passed * w
    to_w = None if w is None else g * passed
    to_z = None
    if b is not None:
        b = reshape(b, shape)
        to_g = to_g + z * b
        to_z = g * b
    if c is not None:
        to_g = to_g + reshape(c, shape)
    if statistics is None:
        h = g if w is None else g * w
        through = r * (a * (h * z).mean(axes, True) + h * (a * z).mean(axes, True))
        to_z = -through if to_z is None else to_z - through
        # r itself depends on x: d r / d x = -r**2 * z / n
        to_x = r * project(to_z) - r * z * (a * (r * project(h))).mean(axes, True)
    else:
        to_x = None if to_z is None else to_z * r
    if to_w is not None:
        to_w = reshape(_core.sum_to(to_w, shape), weight.shape)
    return to_g, to_x, to_w


def _np_statistics(x, axes, eps):
    """mean and 1 / sqrt(var + eps), the biased variance, in float64 and kept as size 1."""
    x = np.asarray(x, np.result_type(x, np.float64))
    mean = x.mean(axes, keepdims=True)
    return mean, 1 / np.sqrt(np.square(x - mean).mean(axes, keepdims=True) + eps)


def _np_backward(g, x, mean, rstd, w, axes, others, training=True):
    """(gx, gw, gb) in float64; `others` are the axes that weight does not have."""
    z = (x - mean) * rstd
    h = g * w
    gx = rstd * (h - h.mean(axes, keepdims=True) - z * (h * z).mean(axes, keepdims=True)) if training else rstd * h
    return gx, (g * z).sum(others), g.sum(others)


def _check_affine(op, names, tensors, dtype, shape, what):
    """Refuse a weight, bias or running statistic of another dtype (unless None) or shape."""
    for name, t in zip(names, tensors, strict=True):
        if t is None:
            continue
        if not isinstance(t, _core.Tensor):
            raise TypeError(f"{op}: expected a Tensor or None as {name}, got {type(t).__name__}")
        if t.shape != shape:
            raise ShapeError(f"{op}: {name} must have shape {shape}, {what}, got {t.shape}")
        if dtype is not None and t.dtype is not dtype:
            raise DTypeError(f"{op}: expected one dtype for all arguments, got input {dtype.name}, {name} {t.dtype.name}")


def _check_input(op, input):
    if not isinstance(input, _core.Tensor):
        raise TypeError(f"{op}: expected a Tensor, got {type(input).__name__}")
    if not input.is_floating_point():
        raise DTypeError(f"{op}: expected a floating-point tensor, got dtype {input.dtype.name}")


# ---- layer norm ----


def _layer_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r(3, 5), r(5), r(5), eps=1e-5, id="rows"),
        Sample(r(2, 3, 37), None, None, eps=1e-3, id="plain"),
        Sample(r(4, 6), r(6), None, eps=1e-5, id="no-bias"),
        Sample(r(0, 4), r(4), r(4), eps=1e-5, id="no-rows"),
    ]


def _layer_vjp(g, input, weight, y1, y2, eps, mask):
    if g[1] is not None or g[2] is not None:
        return _layer_with_statistics(g, input, weight, eps)
    gx, gw, gb = layer_norm_backward(g[0], input, y1, y2, weight, eps, mask)
    return gx, gw, gb


def _layer_with_statistics(g, input, weight, eps):
    """The gradient where mean and rstd were used as well, from the definition."""
    n = input.shape[-1]
    mean = input.mean(-1, True)
    centred = input - mean
    r = rsqrt((centred * centred).mean(-1, True) + eps)
    z = centred * r
    h = g[0] if weight is None else g[0] * weight
    gx = r * (h - h.mean(-1, True) - z * (h * z).mean(-1, True))
    if g[1] is not None:
        gx = gx + g[1] / n
    if g[2] is not None:
        gx = gx - g[2] * (r * r) * z / n
    rows = tuple(range(input.ndim - 1))
    return gx, (g[0] * z).sum(rows) if rows else g[0] * z, g[0].sum(rows) if rows else g[0]


@defop(family="general", kernel="layer_norm", outputs=3, where="", samples=_layer_samples, cost=8, ulp=32,
       plan=lambda input, weight, bias, eps: _core.Plan(input.shape, (*input.shape[:-1], 1), (*input.shape[:-1], 1), params=(float(eps),)),
       vjp={("input", "weight", "bias"): _layer_vjp})  # fmt: skip
def native_layer_norm(input, weight, bias, eps):
    """layer_norm over the last dimension, with its statistics.

    Shapes: input (..., n); weight and bias (n,) or None; returns y (..., n), mean and 1 / sqrt(var + eps), both (..., 1).
    Dtypes: floats, the same for all.
    """
    mean, rstd = _np_statistics(input, -1, eps)
    y = (input - mean) * rstd
    y = y if weight is None else y * weight
    return tuple(v.astype(input.dtype) for v in (y if bias is None else y + bias, mean, rstd))


def _layer_backward_samples(r: Draw) -> list[Sample]:
    out = []
    for s in _layer_samples(r)[:3]:
        x, weight, _ = s.arrays
        mean, rstd = _np_statistics(x, -1, s.params["eps"])
        mask = (True, weight is not None, weight is not None)
        out.append(Sample(r(*x.shape), x, mean, rstd, weight, eps=s.params["eps"], mask=mask, id=s.id))
    return out


def _wanted(mask, gx, gw, gb):
    return gx, gw if mask[1] else None, gb if mask[2] else None


@defop(family="general", kernel="layer_norm_backward", outputs=3, where="", second_order_of="native_layer_norm", samples=_layer_backward_samples, cost=12, ulp=32,
       plan=lambda grad, input, mean, rstd, weight, eps, mask: _core.Plan(*_wanted(mask, input.shape, input.shape[-1:], input.shape[-1:])),
       vjp={("grad", "input", "weight"): lambda g, grad, input, weight, eps: _second_order(
           g, grad, input, weight, eps, -1, (1,) * (input.ndim - 1) + input.shape[-1:]), "mean": NONDIFF, "rstd": NONDIFF})  # fmt: skip
def layer_norm_backward(grad, input, mean, rstd, weight, eps, mask):
    """Gradients of layer_norm for input, weight and bias, as far as `mask` asks; mean and rstd are those of input.

    Shapes: as native_layer_norm. Dtypes: floats.
    """
    w = 1 if weight is None else weight
    rows = tuple(range(input.ndim - 1))
    gx, gw, gb = _np_backward(grad.astype(np.result_type(grad, np.float64)), input, mean, rstd, w, -1, rows)
    return _wanted(mask, *(v.astype(input.dtype) for v in (gx, gw, gb)))


@composite(arrays="input", where="F mg", samples=lambda r: [
    Sample(r(3, 5), normalized_shape=(5,), id="rows"), Sample(r(2, 3, 4), normalized_shape=(3, 4), id="two-dims")], errors=[
    ErrorSample(_ones(2, 3), (2,), error=ShapeError, match=r"layer_norm: input of shape \(2, 3\) does not end in normalized_shape \(2,\)"),
    ErrorSample(_ones(2, 3), (3,), _ones(2), error=ShapeError, match=r"layer_norm: weight must have shape \(3,\), that of normalized_shape, got \(2,\)"),
    ErrorSample(np.ones((2, 3), np.int64), (3,), error=DTypeError, match="expected a floating-point tensor, got dtype int64"),
    ErrorSample(_ones(2, 3), (3,), np.ones(3), error=DTypeError, match="got input float32, weight float64"),
])  # fmt: skip
def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    """(input - mean) / sqrt(var + eps) * weight + bias, statistics over the last dimensions, the biased variance.

    Shapes: input (..., *normalized_shape); weight and bias normalized_shape or None; returns input's. An int means one dimension.
    Dtypes: floats, the same for all. Raises ShapeError, DTypeError for what does not fit.
    Source: Ba, Kiros & Hinton, "Layer normalization", arXiv:1607.06450.
    >>> mg.nn.functional.layer_norm(mg.tensor([[1.0, 3.0]]), (2,))
    tensor([[-1.0000,  1.0000]])
    """
    _check_input("layer_norm", input)
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not shape or input.shape[-len(shape) :] != shape:
        raise ShapeError(f"layer_norm: input of shape {input.shape} does not end in normalized_shape {shape}")
    _check_affine("layer_norm", ("weight", "bias"), (weight, bias), input.dtype, shape, "that of normalized_shape")
    if len(shape) == 1:
        return native_layer_norm(input, weight, bias, eps)[0]
    flat = reshape(input, (*input.shape[: -len(shape)], math.prod(shape)))
    weight, bias = (None if t is None else reshape(t, (-1,)) for t in (weight, bias))
    return reshape(native_layer_norm(flat, weight, bias, eps)[0], input.shape)


# ---- group norm ----


@composite(arrays="input", where="F mg", samples=lambda r: [Sample(r(2, 6, 3, 2), num_groups=3, id="images"), Sample(r(3, 4), num_groups=2, id="vectors")],
           errors=[ErrorSample(_ones(2, 3, 4), 2, error=ShapeError, match=r"group_norm: 3 channels cannot be divided into num_groups=2"),
                   ErrorSample(_ones(3), 1, error=ShapeError, match=r"group_norm: input must be \(N, C, \.\.\.\), got shape \(3,\)")])  # fmt: skip
def group_norm(input, num_groups, weight=None, bias=None, eps=1e-5):
    """Normalised over the elements of each group of channels, then times weight plus bias, by channel.

    Shapes: input (N, C, ...); weight and bias (C,) or None; returns input's. Dtypes: floats, the same for all.
    Raises: ShapeError if the channels cannot be divided. Source: Wu & He, "Group normalization", arXiv:1803.08494.
    >>> mg.nn.functional.group_norm(mg.tensor([[1.0, 3.0, 2.0, 6.0]]), 2)
    tensor([[-1.0000,  1.0000, -1.0000,  1.0000]])
    """
    _check_input("group_norm", input)
    if input.ndim < 2:
        raise ShapeError(f"group_norm: input must be (N, C, ...), got shape {input.shape}")
    n, c = input.shape[:2]
    if num_groups < 1 or c % num_groups:
        raise ShapeError(f"group_norm: {c} channels cannot be divided into num_groups={num_groups}")
    _check_affine("group_norm", ("weight", "bias"), (weight, bias), input.dtype, (c,), "one value for each channel")
    size = math.prod(input.shape[2:]) * (c // num_groups)
    y = reshape(native_layer_norm(reshape(input, (n * num_groups, size)), None, None, eps)[0], input.shape)
    each = (c,) + (1,) * (input.ndim - 2)
    y = y if weight is None else y * reshape(weight, each)
    return y if bias is None else y + reshape(bias, each)


# ---- batch norm ----


def _batch_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r(4, 3, 5), r(3), r(3), eps=1e-5, id="planes"),
        Sample(r(7, 2, 1), r(2), r(2), eps=1e-3, id="columns"),
        Sample(r(2, 3, 37), None, None, eps=1e-5, id="plain"),
    ]


def _batch_vjp(g, input, weight, y1, y2, eps, mask):
    if g[1] is not None or g[2] is not None:
        raise GradError("native_batch_norm: its statistics have no gradient; compute them with mean and var")
    return batch_norm_backward(g[0], input, y1, y2, weight, eps, True, mask)


@defop(family="general", kernel="batch_norm", outputs=3, auxiliary=2, where="", samples=_batch_samples, cost=8, ulp=32,
       plan=lambda input, weight, bias, eps: _core.Plan(input.shape, input.shape[1:2], input.shape[1:2], params=(float(eps),)),
       vjp={("input", "weight", "bias"): _batch_vjp})  # fmt: skip
def native_batch_norm(input, weight, bias, eps):
    """Batch norm with the batch's own statistics, and those.

    Shapes: input (N, C, S); weight and bias (C,) or None; returns y (N, C, S), mean (C,) and 1 / sqrt(var + eps) (C,), which are
    for the running statistics and take no gradient. Dtypes: floats, the same for all.
    """
    mean, rstd = _np_statistics(input, (0, 2), eps)
    y = _np_affine((input - mean) * rstd, weight, bias)
    return y.astype(input.dtype), mean.reshape(-1).astype(input.dtype), rstd.reshape(-1).astype(input.dtype)


def _np_affine(y, weight, bias):
    y = y if weight is None else y * weight[:, None]
    return y if bias is None else y + bias[:, None]


def _apply_samples(r: Draw) -> list[Sample]:
    return [
        Sample(s.arrays[0], r(s.arrays[0].shape[1]), r.between(0.5, 2, s.arrays[0].shape[1]), *s.arrays[1:], id=s.id)
        for s in _batch_samples(r)
    ]


@defop(family="general", kernel="batch_norm_apply", where="", samples=_apply_samples, cost=2, ulp=32,
       plan=lambda input, mean, rstd, weight, bias: _core.Plan(input.shape),
       vjp={("input", "weight", "bias"): lambda g, input, mean, rstd, weight, mask: batch_norm_backward(
                g, input, mean, rstd, weight, 0.0, False, mask), "mean": NONDIFF, "rstd": NONDIFF})  # fmt: skip
def batch_norm_apply(input, mean, rstd, weight, bias):
    """(input - mean) * rstd * weight + bias by channel, for given statistics.

    Shapes: input (N, C, S); the others (C,), weight and bias perhaps None. Dtypes: floats, the same for all.
    """
    return _np_affine((input - mean[:, None]) * rstd[:, None], weight, bias).astype(input.dtype)


def _batch_backward_samples(r: Draw) -> list[Sample]:
    out = []
    for s in _batch_samples(r):
        x, weight, _ = s.arrays
        mean, rstd = (v.reshape(-1) for v in _np_statistics(x, (0, 2), s.params["eps"]))
        for training in (True, False):
            mask = (True, weight is not None, weight is not None)
            if not training:
                mean, rstd = mean + 0.3, rstd * 1.2
            out.append(
                Sample(r(*x.shape), x, mean, rstd, weight, eps=s.params["eps"], training=training, mask=mask, id=f"{s.id}-{training}")
            )
    return out


def _batch_second_order(g, grad, input, mean, rstd, weight, eps, training):
    each = (1, input.shape[1], 1)
    constants = None if training else (reshape(mean, each), reshape(rstd, each))
    return _second_order(g, grad, input, weight, eps, (0, 2), each, constants)


@defop(family="general", kernel="batch_norm_backward", outputs=3, where="", second_order_of="native_batch_norm", samples=_batch_backward_samples, cost=12, ulp=32,
       plan=lambda grad, input, mean, rstd, weight, eps, training, mask: _core.Plan(
           *_wanted(mask, input.shape, input.shape[1:2], input.shape[1:2]), params=(int(training),)),
       vjp={("grad", "input", "weight"): _batch_second_order, "mean": NONDIFF, "rstd": NONDIFF})  # fmt: skip
def batch_norm_backward(grad, input, mean, rstd, weight, eps, training, mask):
    """Gradients of batch norm for input, weight and bias, as far as `mask` asks; in training mean and rstd are those of input.

    Shapes: grad and input (N, C, S); the others (C,). Dtypes: floats.
    """
    w = 1 if weight is None else weight[:, None]
    g = grad.astype(np.result_type(grad, np.float64))
    return _wanted(
        mask, *(v.astype(input.dtype) for v in _np_backward(g, input, mean[:, None], rstd[:, None], w, (0, 2), (0, 2), training))
    )


def _public_batch_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r(4, 3, 5, 2), None, None, r(3), r(3), training=True, id="images"),
        Sample(r(7, 2), None, None, training=True, eps=1e-3, id="vectors"),
        Sample(r(4, 3, 5), r(3), r.between(0.5, 2, 3), r(3), r(3), training=False, id="eval"),
    ]


@composite(arrays="input running_mean running_var weight bias", constants=("running_mean", "running_var"), where="F", samples=_public_batch_samples, errors=[
    ErrorSample(_ones(3), None, None, training=True, error=ShapeError, match=r"batch_norm: input must be \(N, C, \.\.\.\), got shape \(3,\)"),
    ErrorSample(_ones(1, 3), None, None, training=True, error=ShapeError, match=r"batch_norm: expected more than 1 value per channel when training, got shape \(1, 3\)"),
    ErrorSample(_ones(2, 3), None, None, error=ValueError, match="batch_norm: running_mean and running_var are needed when not training"),
    ErrorSample(_ones(2, 3), _ones(2), _ones(2), error=ShapeError, match=r"running_mean must have shape \(3,\), one value for each channel, got \(2,\)"),
])  # fmt: skip
def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    """(input - mean) / sqrt(var + eps) * weight + bias by channel.

    When training with the statistics of the batch, biased variance; running_mean and running_var, unless None, then move in
    place towards them by `momentum`, the variance as the unbiased one. Otherwise with the running statistics, as constants.
    Shapes: input (N, C, ...); the others (C,) or None; returns input's. Dtypes: floats.
    Raises: ShapeError for what does not fit, or one value per channel when training; ValueError without statistics.
    Source: Ioffe & Szegedy, "Batch normalization", arXiv:1502.03167.
    >>> mg.nn.functional.batch_norm(mg.tensor([[1.0], [3.0]]), None, None, training=True)
    tensor([[-1.0000],
            [ 1.0000]])
    """
    _check_input("batch_norm", input)
    if input.ndim < 2:
        raise ShapeError(f"batch_norm: input must be (N, C, ...), got shape {input.shape}")
    n, c = input.shape[:2]
    _check_affine("batch_norm", ("weight", "bias"), (weight, bias), input.dtype, (c,), "one value for each channel")
    _check_affine("batch_norm", ("running_mean", "running_var"), (running_mean, running_var), None, (c,), "one value for each channel")
    x = input if input.ndim == 3 else reshape(input, (n, c, math.prod(input.shape[2:])))
    if training:
        count = n * x.shape[2]
        if count <= 1:
            raise ShapeError(f"batch_norm: expected more than 1 value per channel when training, got shape {input.shape}")
        y, mean, rstd = native_batch_norm(x, weight, bias, eps)
        if running_mean is not None or running_var is not None:
            _check_shared("batch_norm", mean, running_mean, running_var)
            _follow(running_mean, running_var, mean, rstd, count, momentum, eps)
    else:
        if running_mean is None or running_var is None:
            raise ValueError("batch_norm: running_mean and running_var are needed when not training")
        mean, rstd = _core.cast(running_mean.detach(), input.dtype), _core.cast(rsqrt(running_var.detach() + eps), input.dtype)
        y = batch_norm_apply(x, mean, rstd, weight, bias)
    return y if input.ndim == 3 else reshape(y, input.shape)


def _check_shared(op, x, *statistics):
    """Refuse to move statistics that are the same for all examples under vmap towards those of each."""
    if any(s is not None and _core.level_of(s) < _core.level_of(x) for s in statistics):
        raise _core.BatchError(
            f"vmap: {op} cannot follow each example with running statistics that are the same for all; map over them, too, or pass None"
        )


def _follow(running_mean, running_var, mean, rstd, count, momentum, eps):
    """Move the running statistics towards those of the batch."""
    with _core.no_grad():
        mean, rstd = mean.detach(), rstd.detach()
        if running_mean is not None:
            running_mean.mul_(1 - momentum).add_(mean * momentum)
        if running_var is not None:
            var = (rstd * rstd).reciprocal() - eps
            running_var.mul_(1 - momentum).add_(var * (momentum * count / (count - 1)))
