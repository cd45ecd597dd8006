"""Dropout: of elements, of whole channels, and the kind that keeps mean and variance."""

from __future__ import annotations

import math

import numpy as np

from .. import _core
from .._core import Tensor
from ..errors import DTypeError, ShapeError
from ..registry import Draw, ErrorSample, Sample, composite, defop
from ._examples import drawing
from .elementwise import _choose
from .generator import _drawn, default_generator, philox_words
from .shape import squeeze, unsqueeze


@defop(family="general", kernel="dropout", outputs=2, where="",
       samples=lambda r: [Sample(r(3, 50), p=0.3, seed=5, offset=0, id="matrix"), Sample(r(7), p=0.9, seed=-2, offset=128, id="vector")],
       plan=lambda input, p, seed, offset: _core.Plan(input.shape, input.shape, dtypes=(None, _core.bool_), params=(seed, offset, p)),
       cost=20,
       vjp={"input": lambda g, y1, p: _choose(y1, g[0] * (1 / (1 - p)), 0)})  # fmt: skip
def _dropout(input, p, seed, offset):
    """dropout of given random bits: values, and which were kept"""
    mask = (philox_words(seed, offset, input.size) >= np.uint64(p * 2.0**32)).reshape(input.shape)
    return input * (mask * np.asarray(1 / (1 - p), input.dtype)), mask


def _dropout_samples(r: Draw) -> list[Sample]:
    return [Sample(r(3, 5), p=0.0, id="none"), Sample(r(3, 5), p=1.0, id="all"), Sample(r(3, 5), p=0.4, training=False, id="eval")]


@composite(where="F mg", samples=_dropout_samples, errors=[
    ErrorSample(np.ones(3), 1.5, error=ValueError, match="dropout: p must be a probability between 0 and 1, got 1.5"),
    ErrorSample(np.ones(3, np.int64), 0.5, error=DTypeError, match="dropout: expected a floating-point tensor, got dtype int64"),
])  # fmt: skip
def dropout(input, p=0.5, training=True, inplace=False):
    """When training, each element times 0 with probability `p`, otherwise times 1 / (1 - p); else input itself.

    Draws from the default generator (`mg.manual_seed`); results do not depend on the number of threads.
    Shapes: any. Dtypes: floats. Raises ValueError for p outside 0 to 1.
    Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 15, 2014.
    >>> mg.nn.functional.dropout(mg.ones(3), 1.0)
    tensor([0., 0., 0.])
    """
    return _noisy("dropout", _dropped, input, p, training, inplace)


def _noisy(op, function, input, p, training, inplace):
    """function(input, p) of checked arguments, where there is anything to do; perhaps in place."""
    if not isinstance(input, Tensor):
        raise TypeError(f"{op}: expected a Tensor, got {type(input).__name__}")
    if not 0 <= p <= 1:
        raise ValueError(f"{op}: p must be a probability between 0 and 1, got {p}")
    if not input.is_floating_point():
        raise DTypeError(f"{op}: expected a floating-point tensor, got dtype {input.dtype.name}")

    def noisy(x):
        return x if not training or p == 0 else x * 0 if p == 1 else function(x, p)

    return _core.inplace_by(noisy, op, input) if inplace else noisy(input)


def _dropped(input, p):
    if drawing("dropout"):  # under vmap, a mask for each example
        return _choose(_keep(input.shape, _core.bool_, p), input * (1 / (1 - p)), 0)
    return _dropout(input, float(p), *default_generator.take(input.numel()))[0]


# ---- whole channels ----


def _keep(shape, dtype, p):
    """1 with probability 1 - p, otherwise 0."""
    return _drawn("dropout", "bernoulli", shape, dtype, None, 1 - p)


def _channels(input):
    """The shape that has one value for each channel of each item of a batch."""
    return (*input.shape[:2], *(1,) * (input.ndim - 2))


def _channels_dropped(input, p):
    return input * (_keep(_channels(input), input.dtype, p) * (1 / (1 - p)))


def _channel_dropout(op, input, p, training, inplace, batched, unbatched):
    """Dropout of channels of an input of `batched` dimensions, or `unbatched` ones, to which a batch of one is added."""
    if isinstance(input, Tensor) and input.ndim not in (batched, unbatched):
        raise ShapeError(f"{op}: expected {unbatched} or {batched} dimensions, got shape {input.shape}")

    def dropped(x, p):
        return _channels_dropped(x, p) if x.ndim == batched else squeeze(_channels_dropped(unsqueeze(x, 0), p), 0)

    return _noisy(op, dropped, input, p, training, inplace)


def _channel_samples(*shape):
    return lambda r: [
        Sample(r(*shape), p=0.0, id="none"),
        Sample(r(*shape), p=1.0, id="all"),
        Sample(r(*shape[1:]), p=0.4, training=False, id="eval"),
    ]


@composite(where="F", samples=_channel_samples(2, 3, 5), errors=[
    ErrorSample(np.ones(3), error=ShapeError, match=r"dropout1d: expected 2 or 3 dimensions, got shape \(3,\)"),
    ErrorSample(np.ones((2, 3)), -0.1, error=ValueError, match="dropout1d: p must be a probability between 0 and 1, got -0.1")])  # fmt: skip
def dropout1d(input, p=0.5, training=True, inplace=False):
    """dropout of whole channels.

    Shapes: (N, C, L) or (C, L). Dtypes: floats. Raises ShapeError for other numbers of dimensions.
    Source: Tompson et al., "Efficient object localization using convolutional networks", arXiv:1411.4280.
    >>> mg.nn.functional.dropout1d(mg.ones(1, 2, 3), 1.0)
    tensor([[[0., 0., 0.],
             [0., 0., 0.]]])
    """
    return _channel_dropout("dropout1d", input, p, training, inplace, 3, 2)


@composite(where="F", samples=_channel_samples(2, 3, 5, 4), errors=[
    ErrorSample(np.ones((2, 3)), error=ShapeError, match=r"dropout2d: expected \(N, C, H, W\) or \(N, C, L\), got shape \(2, 3\)")])  # fmt: skip
def dropout2d(input, p=0.5, training=True, inplace=False):
    """dropout of whole channels.

    Shapes: (N, C, H, W), or (N, C, L): three dimensions are a batch here, as in PyTorch. Dtypes: floats. Raises ShapeError for
    other numbers of dimensions.
    >>> mg.nn.functional.dropout2d(mg.ones(1, 1, 2, 3), 1.0)
    tensor([[[[0., 0., 0.],
              [0., 0., 0.]]]])
    """
    if isinstance(input, Tensor) and input.ndim not in (3, 4):
        raise ShapeError(f"dropout2d: expected (N, C, H, W) or (N, C, L), got shape {input.shape}")
    return _noisy("dropout2d", _channels_dropped, input, p, training, inplace)


@composite(where="F", samples=_channel_samples(2, 3, 2, 5, 4), errors=[
    ErrorSample(np.ones((2, 3)), error=ShapeError, match=r"dropout3d: expected 4 or 5 dimensions, got shape \(2, 3\)")])  # fmt: skip
def dropout3d(input, p=0.5, training=True, inplace=False):
    """dropout of whole channels.

    Shapes: (N, C, D, H, W) or (C, D, H, W). Dtypes: floats. Raises ShapeError for other numbers of dimensions.
    >>> mg.nn.functional.dropout3d(mg.ones(1, 1, 1, 2, 3), 1.0).sum()
    tensor(0.)
    """
    return _channel_dropout("dropout3d", input, p, training, inplace, 5, 4)


# ---- with mean and variance kept ----

SELU_FLOOR = 1.7580993408473766  # what selu tends to far below 0, times -1: its scale times its alpha


def _alpha_dropped(input, p, shape):
    """Dropped elements become selu's lower limit; then a line that gives back mean 0 and variance 1."""
    slope = 1 / math.sqrt((SELU_FLOOR * SELU_FLOOR * p + 1) * (1 - p))
    keep = _keep(shape, input.dtype, p)
    return input * (keep * slope) + ((keep - 1) * (SELU_FLOOR * slope) + SELU_FLOOR * slope * p)


def _alpha_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r(3, 5), p=0.0, training=True, id="none"),
        Sample(r(3, 5), p=1.0, training=True, id="all"),
        Sample(r(3, 5), p=0.4, id="eval"),
    ]


@composite(where="F mg", samples=_alpha_samples, errors=[
    ErrorSample(np.ones(3), 1.5, error=ValueError, match="alpha_dropout: p must be a probability between 0 and 1, got 1.5")])  # fmt: skip
def alpha_dropout(input, p=0.5, training=False, inplace=False):
    """When training, elements are replaced with probability `p` by selu's lower limit, and all scaled so that mean and variance stay.

    Shapes: any. Dtypes: floats. Raises ValueError for p outside 0 to 1.
    Source: Klambauer, Unterthiner, Mayr & Hochreiter, "Self-normalizing neural networks", arXiv:1706.02515.
    >>> mg.nn.functional.alpha_dropout(mg.ones(3), 0.5, training=False)
    tensor([1., 1., 1.])
    """
    return _noisy("alpha_dropout", lambda x, p: _alpha_dropped(x, p, x.shape), input, p, training, inplace)


@composite(where="F mg", samples=_alpha_samples, errors=[
    ErrorSample(np.ones(3), training=True, error=ShapeError, match=r"feature_alpha_dropout: expected \(N, C, \.\.\.\), got shape \(3,\)")])  # fmt: skip
def feature_alpha_dropout(input, p=0.5, training=False, inplace=False):
    """alpha_dropout of whole channels.

    Shapes: (N, C, ...). Dtypes: floats. Raises ValueError for p outside 0 to 1, ShapeError below 2 dimensions.
    >>> mg.nn.functional.feature_alpha_dropout(mg.ones(1, 3), 0.5, training=False)
    tensor([[1., 1., 1.]])
    """
    if training and isinstance(input, Tensor) and input.ndim < 2:
        raise ShapeError(f"feature_alpha_dropout: expected (N, C, ...), got shape {input.shape}")
    return _noisy("feature_alpha_dropout", lambda x, p: _alpha_dropped(x, p, _channels(x)), input, p, training, inplace)
