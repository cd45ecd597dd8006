"""Losses that are negative log-likelihoods of a distribution, whose parameters the network predicts."""

from __future__ import annotations

import math

import numpy as np

from .. import _core
from ..errors import ShapeError
from ..registry import Draw, ErrorSample, Sample, composite
from ._samples import positive
from .elementwise import _choose, add, gt, log, lt, mul, square, sub
from .loss import PAIR_ERRORS, _check_pair, _ones, _reduced, _reduction, cross_entropy
from .matmul import linear
from .shape import reshape, unsqueeze


def _poisson_samples(r: Draw) -> list[Sample]:
    counts = np.array([[0.0, 1.5, 2.0, 5.0], [3.0, 0.3, 7.0, 4.0]])
    return [
        Sample(r(2, 4), counts, id="log-input"),
        Sample(positive(r, 2, 4), counts, log_input=False, reduction="sum", id="input"),
        Sample(r(2, 4), counts, full=True, reduction="none", id="full"),
    ]


@composite(arrays="input target", where="F mg", samples=_poisson_samples, errors=PAIR_ERRORS)
def poisson_nll_loss(input, target, log_input=True, full=False, size_average=None, eps=1e-8, reduce=None, reduction="mean"):
    """Negative log-likelihood of counts: exp(input) - target * input, or with log_input=False input - target * log(input + eps), reduced.

    full: with Stirling's approximation of log(target!), where target is above 1.
    Shapes: the same for both; returns () unless reduction="none". Dtypes: floats. Raises ShapeError on different shapes.
    >>> mg.nn.functional.poisson_nll_loss(mg.tensor([0.0, 1.0]), mg.tensor([2.0, 0.0]), reduction="none")
    tensor([1.0000, 2.7183])
    """
    reduction = _reduction("poisson_nll_loss", reduction, size_average, reduce)
    _check_pair("poisson_nll_loss", input, target)
    loss = input.exp() - target * input if log_input else input - target * log(add(input, eps))
    if full:
        many = gt(target, 1)
        n = _choose(many, target, 1.0)  # the logarithm that is not taken must not bring NaN into the gradient
        stirling = n * log(n) - n + mul(log(mul(n, 2 * math.pi)), 0.5)
        loss = loss + _choose(many, stirling, 0)
    return _reduced(loss, reduction)


def _gaussian_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r(3, 4), r(3, 4), positive(r, 3, 4), id="each"),
        Sample(r(3, 4), r(3, 4), positive(r, 3), full=True, reduction="sum", id="row"),
        Sample(r(2, 3, 4), r(2, 3, 4), positive(r, 2, 3, 1), reduction="none", id="kept"),
    ]


@composite(arrays="input target var", where="F", samples=_gaussian_samples, errors=[
    ErrorSample(_ones(3), _ones(3), -_ones(3), error=ValueError, match="gaussian_nll_loss: var must not be negative, got -1.0"),
    ErrorSample(_ones(3, 2), _ones(3, 2), _ones(2), error=ShapeError, match=r"gaussian_nll_loss: var must have shape \(3, 2\), \(3, 1\) or \(3,\), got \(2,\)"),
    ErrorSample(_ones(3), _ones(3), _ones(3), reduction="average", error=ValueError, match="reduction must be")])  # fmt: skip
def gaussian_nll_loss(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """Negative log-likelihood of target for normal distributions: 0.5 * (log(var) + (input - target)**2 / var), reduced.

    A var below `eps` counts as eps, and its gradient passes. full: with the constant 0.5 * log(2 * pi).
    Shapes: input and target the same; var too, or with 1 as its last dimension, or without that, or a number.
    Dtypes: floats. Raises ShapeError, ValueError for a negative var.
    >>> mg.nn.functional.gaussian_nll_loss(mg.tensor([1.0]), mg.tensor([3.0]), mg.tensor([4.0]), reduction="none")
    tensor([1.1931])
    """
    reduction = _reduction("gaussian_nll_loss", reduction, None, None)
    _check_pair("gaussian_nll_loss", input, target)
    if not isinstance(var, _core.Tensor):
        var = _core.full_of(input.shape, float(var), input.dtype)
    if var.shape != input.shape:
        if var.shape == input.shape[:-1]:
            var = unsqueeze(var, -1)
        elif var.shape != (*input.shape[:-1], 1):
            allowed = f"{input.shape}, {(*input.shape[:-1], 1)} or {input.shape[:-1]}"
            raise ShapeError(f"gaussian_nll_loss: var must have shape {allowed}, got {var.shape}")
    values = var.detach()
    if values.numel() and (least := _core.whole(values).min().item()) < 0:
        raise ValueError(f"gaussian_nll_loss: var must not be negative, got {least}")
    var = _choose(lt(values, eps), add(sub(var, values), eps), var)  # eps with the gradient of var
    loss = mul(log(var) + square(input - target) / var, 0.5)
    return _reduced(add(loss, 0.5 * math.log(2 * math.pi)) if full else loss, reduction)


# ---- of classes, from features ----


def _linear_samples(r: Draw) -> list[Sample]:
    some = np.array([2, 1, 0, 1])  # not drawn: a mean over none that count is NaN
    return [
        Sample(r(4, 5), r(3, 5), some, linear_bias=r(3), weight=positive(r, 3), ignore_index=1, id="indices"),
        Sample(r(4, 5), r(3, 5), r.between(0.1, 0.9, 4, 3), label_smoothing=0.2, reduction="none", id="probabilities"),
        Sample(r(4, 5), r(3, 2, 5), r.ints(0, 3, 4, 2), linear_bias=r(3), reduction="sum", id="several-losses"),
        Sample(r(5), r(3, 5), np.array(2), id="one"),
    ]


@composite(own_errors=True, arrays="input linear_weight target", where="F", samples=_linear_samples, errors=[
    ErrorSample(_ones(2, 4), _ones(3, 5), np.array([0, 1]), error=ShapeError, match="linear_cross_entropy: input has 4 features but linear_weight 5"),
    ErrorSample(_ones(2, 4), _ones(4), np.array([0, 1]), error=ShapeError, match=r"linear_weight must be \(C, \.\.\., features\), got shape \(4,\)"),
    ErrorSample(_ones(4), _ones(3, 2, 4), np.array([0, 1]), error=ShapeError, match=r"input must be \(N, features\), got shape \(4,\)"),
    ErrorSample(_ones(2, 4), _ones(3, 4), np.array([0, 3]), error=IndexError, match="an index is out of range")])  # fmt: skip
def linear_cross_entropy(
    input, linear_weight, target, *, linear_bias=None, weight=None, reduction="mean", ignore_index=None, label_smoothing=0.0, options=None
):
    """cross_entropy of linear(input, linear_weight, linear_bias) against target.

    options: accepted and of no effect; in PyTorch it saves memory.
    Shapes: input (N, in) or (in,); linear_weight (C, in), or (C, d1, ..., in) for a loss at each of d1, ...; linear_bias (C,) or
        linear_weight's without the last; target, weight and result as cross_entropy has them. Dtypes: floats, the same for all.
    Raises: ShapeError, DTypeError, IndexError as cross_entropy.
    >>> x, w = mg.ones(2, 3), mg.zeros(4, 3)
    >>> mg.nn.functional.linear_cross_entropy(x, w, mg.tensor([0, 3])).exp()
    tensor(4.)
    """
    op = "linear_cross_entropy"
    for name, t in (("input", input), ("linear_weight", linear_weight)):
        if not isinstance(t, _core.Tensor):
            raise TypeError(f"{op}: expected a Tensor as {name}, got {type(t).__name__}")
    if linear_weight.ndim < 2:
        raise ShapeError(f"{op}: linear_weight must be (C, ..., features), got shape {linear_weight.shape}")
    *outer, features = linear_weight.shape
    if input.ndim not in ((1, 2) if len(outer) == 1 else (2,)):
        raise ShapeError(f"{op}: input must be (N, features){' or (features,)' if len(outer) == 1 else ''}, got shape {input.shape}")
    if input.shape[-1] != features:
        raise ShapeError(f"{op}: input has {input.shape[-1]} features but linear_weight {features}")
    logits = linear(input, reshape(linear_weight, (-1, features)))
    if len(outer) > 1:
        logits = reshape(logits, (input.shape[0], *outer))
    if linear_bias is not None:
        logits = logits + (reshape(linear_bias, (-1, *(1,) * (len(outer) - 1))) if linear_bias.ndim == 1 else linear_bias)
    ignore_index = -100 if ignore_index is None else ignore_index
    return cross_entropy(logits, target, weight, ignore_index=ignore_index, reduction=reduction, label_smoothing=label_smoothing)
