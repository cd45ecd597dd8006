"""Normalisations that are made of others: instance, root mean square, local response, and vectors of length one.

instance_norm is the layer norm of each channel of each item, so that it has that kernel's accuracy and gradients.
"""

from __future__ import annotations

import math

import numpy as np

from .. import _core
from ..errors import ShapeError
from ..registry import Draw, ErrorSample, Sample, composite
from ._samples import NO_BROADCAST, away
from .elementwise import clamp, rsqrt, square
from .magnitude import norm
from .norm import _check_affine, _check_input, _check_shared, _ones, batch_norm, native_layer_norm
from .pad import pad
from .shape import narrow, reshape

# ---- by statistics ----


def _instance_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r(2, 3, 5, 4), None, None, r(3), r(3), id="images"),
        Sample(r(3, 2, 7), None, None, eps=1e-3, id="plain"),
        Sample(r(2, 3, 5), r(3), r.between(0.5, 2, 3), r(3), None, use_input_stats=False, id="running"),
    ]


@composite(arrays="input running_mean running_var weight bias", constants=("running_mean", "running_var"), where="F", samples=_instance_samples, errors=[
    ErrorSample(_ones(2, 3), error=ShapeError, match=r"instance_norm: input must be \(N, C, \.\.\.\) with at least one more dimension, got shape \(2, 3\)"),
    ErrorSample(_ones(2, 3, 1), error=ShapeError, match=r"instance_norm: expected more than 1 value per channel, got shape \(2, 3, 1\)"),
    ErrorSample(_ones(2, 3, 4), None, None, _ones(2), error=ShapeError, match=r"instance_norm: weight must have shape \(3,\)"),
    ErrorSample(_ones(2, 3, 4), use_input_stats=False, error=ValueError, match="instance_norm: running_mean and running_var are needed"),
])  # fmt: skip
def instance_norm(input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, momentum=0.1, eps=1e-5):
    """Each channel of each item normalised by its own mean and biased variance, then times weight plus bias, by channel.

    Running statistics, unless None, move in place by `momentum` towards the mean over the batch, the variance as the unbiased one.
    With use_input_stats=False they are used, as constants.
    Shapes: input (N, C, ...), three dimensions at least; the others (C,) or None; returns input's. Dtypes: floats.
    Raises: ShapeError for what does not fit, or one value per channel; ValueError without statistics.
    Source: Ulyanov, Vedaldi & Lempitsky, "Instance normalization", arXiv:1607.08022.
    >>> mg.nn.functional.instance_norm(mg.tensor([[[1.0, 3.0], [2.0, 6.0]]]))
    tensor([[[-1.0000,  1.0000],
             [-1.0000,  1.0000]]])
    """
    _check_input("instance_norm", input)
    if input.ndim < 3:
        raise ShapeError(f"instance_norm: input must be (N, C, ...) with at least one more dimension, got shape {input.shape}")
    n, c = input.shape[:2]
    affine = ("weight", "bias", "running_mean", "running_var")
    given = (weight, bias, running_mean, running_var)
    _check_affine("instance_norm", affine[:2], given[:2], input.dtype, (c,), "one value for each channel")
    _check_affine("instance_norm", affine[2:], given[2:], None, (c,), "one value for each channel")
    if not use_input_stats:
        if running_mean is None or running_var is None:
            raise ValueError("instance_norm: running_mean and running_var are needed without use_input_stats")
        return batch_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)
    count = math.prod(input.shape[2:])
    if count <= 1:
        raise ShapeError(f"instance_norm: expected more than 1 value per channel, got shape {input.shape}")
    y, mean, rstd = native_layer_norm(reshape(input, (n * c, count)), None, None, eps)
    _check_shared("instance_norm", mean, running_mean, running_var)
    with _core.no_grad():
        if running_mean is not None:
            running_mean.mul_(1 - momentum).add_(reshape(mean.detach(), (n, c)).mean(0) * momentum)
        if running_var is not None:
            var = (square(rstd.detach()).reciprocal() - eps) * (count / (count - 1))
            running_var.mul_(1 - momentum).add_(reshape(var, (n, c)).mean(0) * momentum)
    y, each = reshape(y, input.shape), (c,) + (1,) * (input.ndim - 2)
    y = y if weight is None else y * reshape(weight, each)
    return y if bias is None else y + reshape(bias, each)


@composite(arrays="input", where="F mg", samples=lambda r: [
    Sample(r(3, 5), normalized_shape=(5,), id="rows"), Sample(r(2, 3, 4), normalized_shape=[3, 4], weight=r(3, 4), eps=1e-3, id="two-dims")], errors=[
    ErrorSample(_ones(2, 3), (2,), error=ShapeError, match=r"rms_norm: input of shape \(2, 3\) does not end in normalized_shape \(2,\)"),
    ErrorSample(_ones(2, 3), (3,), _ones(2), error=ShapeError, match=r"rms_norm: weight must have shape \(3,\)")])  # fmt: skip
def rms_norm(input, normalized_shape, weight=None, eps=None):
    """input / sqrt(mean(input**2) + eps) * weight, the mean over the last dimensions; eps None is the dtype's machine epsilon.

    Shapes: input (..., *normalized_shape); weight normalized_shape or None; returns input's. Dtypes: floats, the same for both.
    Raises: ShapeError for what does not fit. Source: Zhang & Sennrich, arXiv:1910.07467.
    >>> mg.nn.functional.rms_norm(mg.tensor([[1.0, 7.0]]), (2,))
    tensor([[0.2000, 1.4000]])
    """
    _check_input("rms_norm", input)
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not shape or input.shape[-len(shape) :] != shape:
        raise ShapeError(f"rms_norm: input of shape {input.shape} does not end in normalized_shape {shape}")
    _check_affine("rms_norm", ("weight",), (weight,), input.dtype, shape, "that of normalized_shape")
    if eps is None:
        eps = 2.0**-7 if input.dtype is _core.bfloat16 else float(np.finfo(input.dtype.numpy).eps)
    dims = tuple(range(-len(shape), 0))
    y = input * rsqrt(square(input).mean(dims, True) + eps)
    return y if weight is None else y * weight


# PyTorch has batch_norm and instance_norm at its top too, with the arguments in another order.


@composite(arrays="input weight bias running_mean running_var", constants=("running_mean", "running_var"), where="mg",
           samples=lambda r: [Sample(r(4, 3, 5), r(3), r(3), None, None, training=True, momentum=0.1, eps=1e-5, cudnn_enabled=False, id="training")],
           errors=[ErrorSample(_ones(3), None, None, None, None, True, 0.1, 1e-5, False, error=ShapeError, match="batch_norm: input must be")])  # fmt: skip
def mg_batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps, cudnn_enabled):
    """nn.functional.batch_norm with the arguments in the order of `torch.batch_norm`; cudnn_enabled is of no effect.

    >>> mg.batch_norm(mg.tensor([[1.0], [3.0]]), None, None, None, None, True, 0.1, 1e-5, False)
    tensor([[-1.0000],
            [ 1.0000]])
    """
    return batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


@composite(arrays="input weight bias running_mean running_var", constants=("running_mean", "running_var"), where="mg",
           samples=lambda r: [Sample(r(2, 3, 5), r(3), r(3), None, None, use_input_stats=True, momentum=0.1, eps=1e-5, cudnn_enabled=False, id="own")],
           errors=[ErrorSample(_ones(3), None, None, None, None, True, 0.1, 1e-5, False, error=ShapeError, match="instance_norm: input must be")])  # fmt: skip
def mg_instance_norm(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, cudnn_enabled):
    """nn.functional.instance_norm with the arguments in the order of `torch.instance_norm`; cudnn_enabled is of no effect.

    >>> mg.instance_norm(mg.tensor([[[1.0, 3.0]]]), None, None, None, None, True, 0.1, 1e-5, False)
    tensor([[[-1.0000,  1.0000]]])
    """
    return instance_norm(input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps)


@composite(where="F", samples=lambda r: [Sample(r(2, 5, 3, 4), size=3, alpha=0.5, id="images"), Sample(r(2, 3, 4), size=4, alpha=0.2, beta=0.5, k=2.0, id="even"),
                                         Sample(r(2, 0, 3), size=2, id="empty")],
           errors=[ErrorSample(_ones(2, 3), 2, error=ShapeError, match=r"local_response_norm: input must be \(N, C, \.\.\.\) with at least one more"),
                   ErrorSample(_ones(2, 3, 4), 0, error=ValueError, match="local_response_norm: size must be at least 1, got 0")])  # fmt: skip
def local_response_norm(input, size, alpha=1e-4, beta=0.75, k=1.0):
    """input / (k + alpha * m)**beta, m being the mean of the squares of `size` neighbouring channels, of which those outside are 0.

    An even window has one channel more before its own than behind it.
    Shapes: (N, C, ...), three dimensions at least. Dtypes: floats. Raises ShapeError, ValueError for size below 1.
    Source: Krizhevsky, Sutskever & Hinton, "ImageNet classification with deep convolutional neural networks", 2012.
    >>> mg.nn.functional.local_response_norm(mg.ones(1, 3, 1), 2, alpha=2.0, beta=1.0)
    tensor([[[0.5000],
             [0.3333],
             [0.3333]]])
    """
    _check_input("local_response_norm", input)
    if input.ndim < 3:
        raise ShapeError(f"local_response_norm: input must be (N, C, ...) with at least one more dimension, got shape {input.shape}")
    if size < 1:
        raise ValueError(f"local_response_norm: size must be at least 1, got {size}")
    if not input.numel():
        return input
    c = input.shape[1]
    squares = pad(square(input), (0, 0) * (input.ndim - 2) + (size // 2, (size - 1) // 2))
    total = narrow(squares, 1, 0, c)
    for i in range(1, size):
        total = total + narrow(squares, 1, i, c)
    return input / (total * (alpha / size) + k) ** beta


# ---- by length ----


@composite(own_errors=True, where="F", samples=lambda r: [Sample(r(3, 5), id="rows"), Sample(away(r, 2, 3, 4), p=3.0, dim=2, id="p3"), Sample(r(4), p=1.0, dim=0, id="p1")], errors=[
    ErrorSample(_ones(3), error=IndexError, match="dimension 1 is out of range")])  # fmt: skip
def normalize(input, p=2.0, dim=1, eps=1e-12, out=None):
    """input / max(its p-norm over `dim`, eps).

    Shapes: any; dim may be several. Dtypes: floats.
    >>> mg.nn.functional.normalize(mg.tensor([[3.0, 4.0], [0.0, 0.0]]))
    tensor([[0.6000, 0.8000],
            [0.0000, 0.0000]])
    """
    _check_input("normalize", input)
    y = input / clamp(norm(input, p, dim, True), min=eps)
    return y if out is None else _core.write_out("normalize", out, y)


def _vectors(r: Draw) -> list[Sample]:
    return [
        Sample(r(3, 5), r(3, 5), id="rows"),
        Sample(r(2, 3, 4), r(3, 1), dim=-1, id="broadcast"),
        Sample(r(4), r(4), dim=0, id="vectors"),
    ]


@composite(arrays="x1 x2", where="F mg", samples=_vectors, errors=[NO_BROADCAST])
def cosine_similarity(x1, x2, dim=1, eps=1e-8):
    """Cosine of the angle between vectors along `dim`: their product over that of their lengths, of which none counts as below eps.

    Shapes: any that broadcast; `dim` of that shape goes. Dtypes: floats.
    >>> mg.cosine_similarity(mg.tensor([[1.0, 1.0]]), mg.tensor([[0.0, 2.0]]))
    tensor([0.7071])
    """
    _check_input("cosine_similarity", x1)
    _check_input("cosine_similarity", x2)
    dtype = _core.result_type(x1, x2)
    x1, x2 = _core.cast(x1, dtype), _core.cast(x2, dtype)
    if x1.shape != x2.shape:
        try:
            shape = np.broadcast_shapes(x1.shape, x2.shape)
        except ValueError:
            raise ShapeError(f"cosine_similarity: shapes {x1.shape} and {x2.shape} cannot be broadcast") from None
        x1, x2 = x1.expand(shape), x2.expand(shape)
    x1, x2 = (x / clamp(norm(x, 2, dim, True), min=eps) for x in (x1, x2))
    return (x1 * x2).sum(dim)


@composite(own_errors=True, arrays="x1 x2", where="F mg", errors=[NO_BROADCAST], samples=lambda r: [
    Sample(r(3, 5), r(3, 5), id="rows"), Sample(r(2, 3, 4), r(3, 1), p=1.0, keepdim=True, id="broadcast"), Sample(r(4), r(4), p=3.0, id="vectors")])  # fmt: skip
def pairwise_distance(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    """p-norm of x1 - x2 + eps over the last dimension.

    Shapes: any that broadcast; the last dimension goes, or stays as 1 with `keepdim`. Dtypes: all; the result is a float.
    >>> mg.pairwise_distance(mg.tensor([[1.0, 2.0]]), mg.tensor([[4.0, 6.0]]))
    tensor([5.0000])
    """
    for t in (x1, x2):
        if not isinstance(t, _core.Tensor):
            raise TypeError(f"pairwise_distance: expected a Tensor, got {type(t).__name__}")
    return norm(x1 - x2 + eps, p, -1, keepdim)
