"""Activations in pieces: thresholds, shrinkage, leaky slopes, and what approximates smooth functions by straight lines.

All are sums and choices of others. Where pieces meet, gradients are PyTorch's: which parts they are made of decides that, since
relu and hardtanh pass no gradient on their bounds, and clamp does.
"""

from __future__ import annotations

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import NONDIFF, Draw, ErrorSample, Sample, composite, defop
from ._samples import NUMBERS, away, normal, one, pairs
from .activation import elu, leaky_relu, relu
from .elementwise import _choose, clamp, div, expm1, gt, le, mul
from .generator import _drawn
from .shape import reshape


def _apart(*kinks):
    return lambda r, *shape: r.away(*shape, kinks=kinks)


def _maybe_in_place(op, function, input, inplace):
    return _core.inplace_by(function, op, input) if inplace else function(input)


def _with(samples, **params):
    """The same samples with parameters."""
    return lambda r: [Sample(*s.arrays, id=s.id, **params) for s in samples(r)]


@defop(kernel="threshold_backward", where="", inplace=False, linear_in=("grad",), kinks=(0.4,), pack=lambda dtype, threshold: (float(threshold),),
       samples=_with(pairs(normal, _apart(0.4)), threshold=0.4),
       vjp={"grad": lambda g, input, threshold: threshold_backward(g, input, threshold), "input": NONDIFF})  # fmt: skip
def threshold_backward(grad, input, threshold):
    """0 where input is not above `threshold`, otherwise grad.

    Shapes: the same for both. Dtypes: floats.
    """
    return np.where(np.asarray(input) <= threshold, 0, grad)


@defop(kernel="threshold", result="only_float", where="", inplace=False, kinks=(0.4,), samples=one(_apart(0.4), threshold=0.4, value=1.5),
       pack=lambda dtype, threshold, value: (float(threshold), float(value)),
       vjp={"input": lambda g, input, threshold: threshold_backward(g, input, threshold)})  # fmt: skip
def _threshold(input, threshold, value):
    """input where it is above `threshold`, otherwise `value`"""
    x = np.asarray(input)
    return np.where(x <= threshold, np.asarray(value, x.dtype), x)


@composite(where="mg F", kinks=(0.4,), dtypes=NUMBERS,
           samples=lambda r: [Sample(r.away(*s, kinks=(0.4,)), threshold=0.4, value=1.5, id=i) for i, s in (("matrix", (3, 4)), ("0-d", ()), ("empty", (0, 2)))],
           errors=[ErrorSample(np.ones(3, bool), 0.0, 1.0, error=DTypeError, match="threshold: expected numbers, got dtype bool")])  # fmt: skip
def threshold(input, threshold, value, inplace=False):
    """input where it is above `threshold`, otherwise `value`; NaN stays.

    Shapes: any. Dtypes: all but bool; both numbers are converted to it.
    >>> mg.nn.functional.threshold(mg.tensor([-1.0, 0.5, 2.0]), 0.5, 20.0)
    tensor([20., 20.,  2.])
    """
    if input.dtype is _core.bool_:
        raise DTypeError("threshold: expected numbers, got dtype bool")
    if not input.is_floating_point():
        threshold, value = int(threshold), int(value)
    function = _threshold if input.is_floating_point() else lambda x, threshold, value: _choose(le(x, threshold), value, x)
    return _maybe_in_place("threshold", lambda x: function(x, threshold, value), input, inplace)


@composite(where="mg F", samples=one(away, training=False), kinks=(0.0,), errors=[
    ErrorSample(np.ones(3), 0.5, 0.2, error=ValueError, match=r"rrelu: lower must not be above upper, got 0.5 and 0.2"),
    ErrorSample(np.ones(3, np.int64), error=DTypeError, match="rrelu: expected a floating-point tensor, got dtype int64")])  # fmt: skip
def rrelu(input, lower=0.125, upper=0.3333333333333333, training=False, inplace=False):
    """input, where it is not positive times a slope: in training a random one between `lower` and `upper`, else their mean.

    Draws from the default generator. Shapes: any. Dtypes: floats. Raises ValueError if lower > upper.
    Source: Xu, Wang, Chen & Li, "Empirical evaluation of rectified activations", arXiv:1505.00853.
    >>> mg.nn.functional.rrelu(mg.tensor([-1.0, 2.0]), 0.25, 0.75)
    tensor([-0.5000,  2.0000])
    """
    if lower > upper:
        raise ValueError(f"rrelu: lower must not be above upper, got {lower} and {upper}")
    _check_float("rrelu", input)
    if not training:
        return leaky_relu(input, (lower + upper) / 2, inplace)
    slope = _drawn("rrelu", "uniform", input.shape, input.dtype, None, float(lower), float(upper))
    return _maybe_in_place("rrelu", lambda x: _choose(gt(x, 0), x, mul(x, slope)), input, inplace)


def _check_float(op, input):
    if not isinstance(input, _core.Tensor):
        raise TypeError(f"{op}: expected a Tensor, got {type(input).__name__}")
    if not input.is_floating_point():
        raise DTypeError(f"{op}: expected a floating-point tensor, got dtype {input.dtype.name}")


# alpha and scale that keep mean 0 and variance 1 from layer to layer (the paper's equation 14)
SELU_ALPHA, SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


@composite(where="mg F", samples=one(away), kinks=(0.0,))
def selu(input, inplace=False):
    """scale * elu(input, alpha), with the constants that let a network normalise itself.

    Shapes: any. Dtypes: floats. Source: Klambauer, Unterthiner, Mayr & Hochreiter, arXiv:1706.02515.
    >>> mg.nn.functional.selu(mg.tensor([-1.0, 2.0]))
    tensor([-1.1113,  2.1014])
    """
    return _maybe_in_place("selu", lambda x: mul(elu(x, SELU_ALPHA), SELU_SCALE), input, inplace)


@composite(where="mg F", samples=one(away, alpha=1.5), kinks=(0.0,), errors=[
    ErrorSample(np.ones(3), 0.0, error=ValueError, match="celu: alpha must not be 0")])  # fmt: skip
def celu(input, alpha=1.0, inplace=False):
    """input, or alpha * (exp(input / alpha) - 1) where it is negative: elu with a slope that has no jump.

    Shapes: any. Dtypes: floats. Raises ValueError for alpha 0. Source: Barron, arXiv:1704.07483.
    >>> mg.nn.functional.celu(mg.tensor([-1.0, 2.0]), 2.0)
    tensor([-0.7869,  2.0000])
    """
    if alpha == 0:
        raise ValueError("celu: alpha must not be 0")
    if alpha == 1:
        return elu(input, 1.0, inplace)
    _check_float("celu", input)
    # elu is exp(x) - 1 where x is negative, and has the exact gradient where that is -1 but for rounding.
    tail = elu if alpha > 0 else expm1
    return _maybe_in_place("celu", lambda x: relu(x) + mul(tail(div(clamp(x, max=0), alpha)), alpha), input, inplace)


@defop(kernel="prelu", result="only_float", where="", inplace=False, samples=pairs(away, normal), kinks=(0.0,), vjp={
    "input": lambda g, input, weight: _choose(gt(input, 0), g, g * weight), "weight": lambda g, input: _choose(gt(input, 0), 0, g * input)})  # fmt: skip
def _prelu(input, weight):
    """input, times `weight` where it is not positive"""
    x = np.asarray(input)
    return np.where(x > 0, x, x * weight)


def _prelu_samples(r: Draw) -> list[Sample]:
    return [Sample(away(r, 2, 3, 4), r(3), id="channels"), Sample(away(r, 5, 2), r(1), id="one"), Sample(away(r, 3), r(), id="0-d-weight"),
            Sample(away(r), r(1), id="0-d"), Sample(away(r, 0, 3), r(3), id="empty")]  # fmt: skip


@composite(arrays="input weight", where="mg Tensor F", samples=_prelu_samples, kinks=(0.0,), errors=[
    ErrorSample(np.ones((2, 3)), np.ones(2), error=ShapeError, match=r"prelu: weight must hold 1 value or one for each of 3 channels, got shape \(2,\)"),
    ErrorSample(np.ones((2, 3)), np.ones((1, 3)), error=ShapeError, match=r"prelu: weight must have at most 1 dimension, got shape \(1, 3\)"),
    ErrorSample(np.ones((2, 3), np.float32), np.ones(3), error=DTypeError, match="prelu: expected one dtype, got input float32, weight float64")])  # fmt: skip
def prelu(input, weight):
    """input, times `weight` where it is not positive: a leaky relu whose slope is learnt.

    Shapes: input (N, C, ...), or any if weight has one value; weight (C,), (1,) or (). Dtypes: floats, the same for both.
    Raises: ShapeError, DTypeError for what does not fit. Source: He, Zhang, Ren & Sun, arXiv:1502.01852.
    >>> mg.nn.functional.prelu(mg.tensor([[-1.0, -1.0, 2.0]]), mg.tensor([0.5, 0.25, 0.1]))
    tensor([[-0.5000, -0.2500,  2.0000]])
    """
    _check_float("prelu", input)
    if not isinstance(weight, _core.Tensor):
        raise TypeError(f"prelu: expected a Tensor as weight, got {type(weight).__name__}")
    if weight.dtype is not input.dtype:
        raise DTypeError(f"prelu: expected one dtype, got input {input.dtype.name}, weight {weight.dtype.name}")
    if weight.ndim > 1:
        raise ShapeError(f"prelu: weight must have at most 1 dimension, got shape {weight.shape}")
    if weight.numel() == 1:
        return _prelu(input, reshape(weight, ()))
    channels = input.shape[1] if input.ndim > 1 else 1
    if weight.numel() != channels:
        raise ShapeError(f"prelu: weight must hold 1 value or one for each of {channels} channels, got shape {weight.shape}")
    return _prelu(input, reshape(weight, (-1,) + (1,) * (input.ndim - 2)))


@defop(kernel="shrink_backward", where="", inplace=False, linear_in=("grad",), kinks=(-0.7, 0.7), pack=lambda dtype, lambd: (float(lambd),),
       samples=_with(pairs(normal, _apart(-0.7, 0.7)), lambd=0.7),
       vjp={"grad": lambda g, input, lambd: shrink_backward(g, input, lambd), "input": NONDIFF})  # fmt: skip
def shrink_backward(grad, input, lambd):
    """grad where input is outside [-lambd, lambd], otherwise 0.

    Shapes: the same for both. Dtypes: floats.
    """
    return np.where(np.abs(input) <= lambd, 0, grad)


@defop(kernel="hardshrink", result="only_float", where="F mg", inplace=False, out=False, pack=lambda dtype, lambd: (float(lambd),),
       samples=one(_apart(-0.7, 0.7), lambd=0.7), kinks=(-0.7, 0.7), vjp={"input": lambda g, input, lambd: shrink_backward(g, input, lambd)})  # fmt: skip
def hardshrink(input, lambd=0.5):
    """input where it is outside [-lambd, lambd], otherwise 0; NaN stays.

    Shapes: any. Dtypes: floats.
    >>> mg.nn.functional.hardshrink(mg.tensor([-2.0, 0.3, 0.6]))
    tensor([-2.0000,  0.0000,  0.6000])
    """
    return np.where(np.abs(input) <= lambd, np.zeros_like(input), input)


def _not_negative(dtype, lambd):
    if not lambd >= 0:
        raise ValueError(f"softshrink: lambd must not be negative, got {lambd}")
    return (float(lambd),)


@defop(kernel="softshrink", result="only_float", where="F", inplace=False, pack=_not_negative, samples=one(_apart(-0.7, 0.7), lambd=0.7), kinks=(-0.7, 0.7),
       vjp={"input": lambda g, input, lambd: shrink_backward(g, input, lambd)}, errors=[
    ErrorSample(np.ones(3), -0.5, error=ValueError, match="softshrink: lambd must not be negative, got -0.5")])  # fmt: skip
def softshrink(input, lambd=0.5):
    """input - lambd above lambd, input + lambd below -lambd, otherwise 0.

    Shapes: any. Dtypes: floats. Raises ValueError for a negative lambd.
    >>> mg.nn.functional.softshrink(mg.tensor([-2.0, 0.3, 0.75]))
    tensor([-1.5000,  0.0000,  0.2500])
    """
    return input - np.clip(input, -lambd, lambd)


def _wide(r, *shape):
    return np.asarray(3 * r.away(*shape, kinks=(-1.0, 1.0)))


@defop(kernel="hardsigmoid_backward", where="", samples=pairs(normal, _wide), linear_in=("grad",), kinks=(-3.0, 3.0),
       vjp={"grad": lambda g, input: hardsigmoid_backward(g, input), "input": NONDIFF})  # fmt: skip
def hardsigmoid_backward(grad, input):
    """grad / 6 where input is between -3 and 3, otherwise 0.

    Shapes: the same for both. Dtypes: floats.
    """
    return np.where((np.asarray(input) > -3) & (np.asarray(input) < 3), grad / np.asarray(6, np.asarray(grad).dtype), 0)


@defop(kernel="hardsigmoid", result="only_float", flag="inplace", where="F", inplace=False, samples=one(_wide), kinks=(-3.0, 3.0),
       vjp={"input": lambda g, input: hardsigmoid_backward(g, input)})  # fmt: skip
def hardsigmoid(input):
    """input / 6 + 1/2, between 0 and 1.

    Shapes: any. Dtypes: floats.
    >>> mg.nn.functional.hardsigmoid(mg.tensor([-4.0, 0.0, 1.5]))
    tensor([0.0000, 0.5000, 0.7500])
    """
    return np.clip(input + np.asarray(3, np.asarray(input).dtype), 0, 6) / np.asarray(6, np.asarray(input).dtype)


@defop(kernel="hardswish_backward", where="", samples=pairs(normal, _wide), linear_in=("grad",), kinks=(-3.0, 3.0), ulp=8,
       vjp={"grad": lambda g, input: hardswish_backward(g, input),
            "input": lambda g, grad, input: hardsigmoid_backward(g * grad, input) * 2})  # fmt: skip
def hardswish_backward(grad, input):
    """grad times the slope of hardswish at input: 0 up to -3, input / 3 + 1/2, 1 from 3 on.

    Shapes: the same for both. Dtypes: floats.
    """
    x = np.asarray(input)
    return np.where(x <= -3, 0, np.where(x >= 3, grad, grad * ((x + x + 3) / np.asarray(6, x.dtype))))


@defop(kernel="hardswish", result="only_float", flag="inplace", where="F", inplace=False, samples=one(_wide), kinks=(-3.0, 3.0),
       vjp={"input": lambda g, input: hardswish_backward(g, input)})  # fmt: skip
def hardswish(input):
    """input * hardsigmoid(input).

    Shapes: any. Dtypes: floats. Source: Howard et al., "Searching for MobileNetV3", arXiv:1905.02244.
    >>> mg.nn.functional.hardswish(mg.tensor([-4.0, 1.0, 4.0]))
    tensor([-0.0000, 0.6667, 4.0000])
    """
    x = np.asarray(input)
    return x * np.clip(x + np.asarray(3, x.dtype), 0, 6) / np.asarray(6, x.dtype)
