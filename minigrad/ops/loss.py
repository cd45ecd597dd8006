"""Losses. Input and target must have one shape: a loss never broadcasts silently.

`reduction` is "mean" (over all elements), "sum" or "none" everywhere; `size_average` and `reduce` are PyTorch's old spelling of it.
"""

from __future__ import annotations

import math

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import NONDIFF, Cost, Draw, ErrorSample, Sample, composite, defop
from ._samples import NO_BROADCAST, pairs, small
from .activation import _softplus, log_softmax, softmax, softmax_backward
from .elementwise import _choose, clamp, eq, log, log1p, lt, mul, ne, neg, sub
from .index import _index_select
from .shape import movedim, reshape, unsqueeze


def _ones(*shape):
    return np.ones(shape, np.float32)


def _reduction(op, reduction, size_average, reduce):
    if size_average is not None or reduce is not None:
        reduction = "none" if reduce is False else "sum" if size_average is False else "mean"
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f'{op}: reduction must be "none", "mean" or "sum", got {reduction!r}')
    return reduction


_reduced, _check_pair = _core.reduce_loss, _core.check_pair


PAIR_ERRORS = [
    ErrorSample(_ones(3, 1), _ones(3), error=ShapeError, match=r"input and target must have the same shape, got \(3, 1\) and \(3,\)"),
    ErrorSample(
        _ones(3), _ones(3), reduction="average", error=ValueError, match='reduction must be "none", "mean" or "sum", got \'average\''
    ),
]


def _pair_samples(first=lambda r, *s: r(*s), second=lambda r, *s: r(*s), **params):
    def samples(r: Draw) -> list[Sample]:
        return [
            Sample(first(r, 3, 4), second(r, 3, 4), id="mean", **params),
            Sample(first(r, 5), second(r, 5), id="sum", reduction="sum", **params),
            Sample(first(r, 2, 3, 2), second(r, 2, 3, 2), id="none", reduction="none", **params),
        ]

    return samples


# ---- of two tensors ----


@defop(kernel="squared_difference_backward", where="", inplace=False, cost=3,
       samples=lambda r: [Sample(r(3, 4), r(3, 4), r(3, 4), id="same"), Sample(r(1), r(2, 5), r(2, 5), id="one-gradient")],
       vjp={"grad": lambda g, input, target: squared_difference_backward(g, input, target),
            "input": lambda g, grad: g * grad * 2, "target": lambda g, grad: neg(g * grad * 2)})  # fmt: skip
def squared_difference_backward(grad, input, target):
    """2 * grad * (input - target): the gradient of `(input - target)**2`.

    Shapes: any that broadcast. Dtypes: floats.
    """
    return 2 * grad * (input - target)


@defop(kernel="squared_difference", where="", samples=pairs(), errors=[NO_BROADCAST],
       vjp={"input": squared_difference_backward, "target": lambda g, input, target: squared_difference_backward(g, target, input)})  # fmt: skip
def _squared_difference(input, target):
    """(input - target)**2"""
    return np.square(input - target)


@composite(arrays="input target", where="F", samples=_pair_samples(), errors=PAIR_ERRORS)
def mse_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """(input - target)**2, times `weight`, reduced.

    Shapes: the same for both; returns () unless reduction="none". Dtypes: floats. Raises ShapeError on different shapes.
    >>> mg.nn.functional.mse_loss(mg.zeros(2), mg.tensor([1.0, 3.0]))
    tensor(5.)
    """
    if size_average is not None or reduce is not None or reduction not in ("none", "mean", "sum"):
        reduction = _reduction("mse_loss", reduction, size_average, reduce)
    _check_pair("mse_loss", input, target, weight)
    loss = _squared_difference(input, target)
    return _reduced(loss, reduction) if weight is None else _weighted(loss, weight, reduction)


def _weighted(loss, weight, reduction):
    """The mean of a weighted loss is that of its weights, as in PyTorch's losses of two tensors."""
    if weight is None:
        return _reduced(loss, reduction)
    loss = loss * weight
    return loss.sum() / weight.expand(loss.shape).sum() if reduction == "mean" else _reduced(loss, reduction)


@composite(arrays="input target", where="F", samples=_pair_samples(), errors=PAIR_ERRORS, kinks=(0.0,))
def l1_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """|input - target|, times `weight`, reduced.

    Shapes: the same for both; returns () unless reduction="none". Dtypes: floats. Raises ShapeError on different shapes.
    >>> mg.nn.functional.l1_loss(mg.zeros(2), mg.tensor([1.0, 3.0]))
    tensor(2.)
    """
    reduction = _reduction("l1_loss", reduction, size_average, reduce)
    _check_pair("l1_loss", input, target, weight)
    return _weighted((input - target).abs(), weight, reduction)


@composite(arrays="input target", where="F", samples=_pair_samples(beta=0.7), errors=[
    *PAIR_ERRORS, ErrorSample(_ones(3), _ones(3), beta=-1.0, error=ValueError, match="beta must not be negative, got -1.0")])  # fmt: skip
def smooth_l1_loss(input, target, size_average=None, reduce=None, reduction="mean", beta=1.0):
    """0.5 * d**2 / beta for differences d below `beta`, |d| - 0.5 * beta above, reduced.

    Shapes: the same for both; returns () unless reduction="none". Dtypes: floats. Raises ShapeError, ValueError for beta < 0.
    >>> mg.nn.functional.smooth_l1_loss(mg.zeros(2), mg.tensor([1.0, 3.0]))
    tensor(1.5000)
    """
    reduction = _reduction("smooth_l1_loss", reduction, size_average, reduce)
    _check_pair("smooth_l1_loss", input, target)
    if beta < 0:
        raise ValueError(f"smooth_l1_loss: beta must not be negative, got {beta}")
    d = (input - target).abs()
    return _reduced(d if beta == 0 else _choose(lt(d, beta), mul(d * d, 0.5 / beta), sub(d, 0.5 * beta)), reduction)


@composite(arrays="input target", where="F", samples=_pair_samples(delta=0.7), errors=[
    *PAIR_ERRORS, ErrorSample(_ones(3), _ones(3), delta=0.0, error=ValueError, match="delta must be positive, got 0.0")])  # fmt: skip
def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
    """0.5 * d**2 for differences d below `delta`, delta * (|d| - 0.5 * delta) above, times `weight`, reduced.

    Shapes: the same for both; returns () unless reduction="none". Dtypes: floats. Raises ShapeError, ValueError for delta <= 0.
    >>> mg.nn.functional.huber_loss(mg.zeros(2), mg.tensor([1.0, 3.0]), delta=2.0)
    tensor(2.2500)
    """
    reduction = _reduction("huber_loss", reduction, None, None)
    _check_pair("huber_loss", input, target, weight)
    if delta <= 0:
        raise ValueError(f"huber_loss: delta must be positive, got {delta}")
    d = (input - target).abs()
    return _weighted(_choose(lt(d, delta), mul(d * d, 0.5), mul(sub(d, 0.5 * delta), delta)), weight, reduction)


# ---- probabilities ----


def _inside(r, *shape):
    return r.between(0.1, 0.9, *shape)


def _bce_vjp_input(g, input, target):
    return g * (input - target) / clamp(input * (1 - input), min=1e-12)


@defop(samples=lambda r: [Sample(_inside(r, 3, 4), _inside(r, 3, 4), id="matrix")], result="only_float",
       vjp={"input": _bce_vjp_input, "target": lambda g, input: g * (clamp(log1p(neg(input)), min=-100) - clamp(log(input), min=-100))})  # fmt: skip
def _binary_cross_entropy(input, target):
    """-(target * log(input) + (1 - target) * log(1 - input)), logarithms not below -100"""
    return -(target * np.maximum(np.log(input), -100) + (1 - target) * np.maximum(np.log1p(-input), -100))


@composite(arrays="input target", where="F", samples=_pair_samples(_inside, _inside), errors=[
    *PAIR_ERRORS,
    ErrorSample(2 * _ones(3), _ones(3), error=ValueError, match=r"binary_cross_entropy: input must be probabilities between 0 and 1, got values from 2.0 to 2.0"),
])  # fmt: skip
def binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    """-(target * log(input) + (1 - target) * log(1 - input)) for probabilities, times `weight`, reduced.

    Logarithms are not below -100. binary_cross_entropy_with_logits is more accurate where there are logits.
    Shapes: the same for both; weight broadcasts to it; returns () unless reduction="none". Dtypes: floats.
    Raises: ShapeError on different shapes, ValueError for an input outside 0 to 1.
    >>> mg.nn.functional.binary_cross_entropy(mg.tensor([0.5, 0.25]), mg.tensor([1.0, 1.0]))
    tensor(1.0397)
    """
    reduction = _reduction("binary_cross_entropy", reduction, size_average, reduce)
    _check_pair("binary_cross_entropy", input, target, weight)
    if input.numel():
        values = _core.whole(input.detach())
        low, high = values.min().item(), values.max().item()
        if low < 0 or high > 1:
            raise ValueError(f"binary_cross_entropy: input must be probabilities between 0 and 1, got values from {low} to {high}")
    loss = _binary_cross_entropy(input, target)
    return _reduced(loss if weight is None else loss * weight, reduction)


@composite(arrays="input target", where="F", errors=PAIR_ERRORS, samples=lambda r: [
    *_pair_samples(second=_inside)(r), Sample(r(3, 4), _inside(r, 3, 4), weight=_inside(r, 3, 1), pos_weight=_inside(r, 4), id="weights")])  # fmt: skip
def binary_cross_entropy_with_logits(input, target, weight=None, size_average=None, reduce=None, reduction="mean", pos_weight=None):
    """binary_cross_entropy of sigmoid(input), without its loss of accuracy, times `weight`, reduced.

    `pos_weight` multiplies the part of the loss that target weighs.
    Shapes: input and target the same; weights broadcast to it; returns () unless reduction="none". Dtypes: floats.
    Raises: ShapeError on different shapes.
    >>> mg.nn.functional.binary_cross_entropy_with_logits(mg.tensor([0.0, 100.0]), mg.tensor([1.0, 1.0]))
    tensor(0.3466)
    """
    reduction = _reduction("binary_cross_entropy_with_logits", reduction, size_average, reduce)
    _check_pair("binary_cross_entropy_with_logits", input, target, weight)
    tail = _softplus(neg(input))
    if pos_weight is not None:
        tail = tail * ((pos_weight - 1) * target + 1)
    loss = (1 - target) * input + tail
    return _reduced(loss if weight is None else loss * weight, reduction)


@composite(arrays="input target", where="F", samples=lambda r: [
    *_pair_samples(small, _inside)(r), Sample(r(3, 4), r(3, 4), reduction="batchmean", log_target=True, id="log-target")], errors=PAIR_ERRORS[:1])  # fmt: skip
def kl_div(input, target, size_average=None, reduce=None, reduction="mean", log_target=False):
    """target * (log(target) - input), input being log-probabilities, reduced; "batchmean" is the sum over the batch's size.

    With `log_target` target too is log-probabilities. Shapes: the same for both; returns () unless reduction="none".
    Dtypes: floats. Raises ShapeError on different shapes.
    >>> mg.nn.functional.kl_div(mg.tensor([-1.0, -2.0]), mg.tensor([0.0, 1.0]), reduction="sum")
    tensor(2.)
    """
    batchmean = reduction == "batchmean" and size_average is None and reduce is None
    reduction = "sum" if batchmean else _reduction("kl_div", reduction, size_average, reduce)
    _check_pair("kl_div", input, target)
    if log_target:
        loss = target.exp() * (target - input)
    else:
        # 0 * log(0) is 0, and the logarithm that is not taken must not bring NaN into the gradient.
        loss = target * (log(_choose(eq(target, 0), 1.0, target)) - input)
    return loss.sum() / (input.shape[0] if input.ndim else 1) if batchmean else _reduced(loss, reduction)


# ---- classes ----


def _class_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r(4, 5), r.ints(0, 5, 4), None, ignore_index=-100, label_smoothing=0.0, id="plain"),
        Sample(r(6, 3), np.array([0, 2, -1, 1, 1, -1]), r.between(0.5, 2, 3), ignore_index=-1, label_smoothing=0.1, id="all-options"),
        Sample(3 * r(3, 37), r.ints(0, 37, 3), r.between(0.5, 2, 37), ignore_index=7, label_smoothing=0.0, id="weights"),
    ]


def _np_class_weights(logits, target, weight, ignore_index, label_smoothing):
    """(rows, C): what each row's loss weighs every -log-probability with; IndexError for a target that is no class."""
    n = logits.shape[1]
    kept = target != ignore_index
    if ((target < 0) | (target >= n))[kept].any():
        raise IndexError("cross_entropy: an index is out of range")
    w = np.ones(n, logits.dtype) if weight is None else weight
    hit = np.arange(n) == np.where(kept, target, 0)[:, None]
    return np.where(kept[:, None], (1 - label_smoothing) * hit * w + label_smoothing / max(n, 1) * w, 0)


def _np_lse(x):
    top = np.max(x, -1, keepdims=True, initial=-np.inf)
    return (top + np.log(np.exp(x - top).sum(-1, keepdims=True)))[:, 0]


@defop(family="general", kernel="cross_entropy", outputs=2, auxiliary=1, where="", samples=_class_samples, ulp=32,
       plan=lambda input, target, weight, ignore_index, label_smoothing: _core.Plan(
           input.shape[:1], input.shape[:1], params=(ignore_index, float(label_smoothing))),
       cost=5,
       vjp={"input": lambda g, input, y1, target, weight, ignore_index, label_smoothing: cross_entropy_backward(
                g[0], input, y1, target, weight, ignore_index, label_smoothing),
            "target": NONDIFF, "weight": NONDIFF})  # fmt: skip
def _cross_entropy(input, target, weight, ignore_index, label_smoothing):
    """cross entropy of every row for class indices, and log(sum(exp(row)))"""
    weights, lse = _np_class_weights(input, target, weight, ignore_index, label_smoothing), _np_lse(input)
    return np.where(weights != 0, weights * (lse[:, None] - input), 0).sum(1).astype(input.dtype), lse.astype(input.dtype)


def _class_backward_samples(r: Draw) -> list[Sample]:
    return [Sample(r(len(s.arrays[1])), s.arrays[0], _np_lse(s.arrays[0]), *s.arrays[1:], id=s.id, **s.params) for s in _class_samples(r)]


def _class_second_order(g, grad, input, lse, target, weight, ignore_index, label_smoothing):
    """Gradients for grad and input. A row's gradient is grad * (s * softmax(row) - w), w its class weights and s their sum."""
    slope = cross_entropy_backward(_core.full_of(grad.shape, 1, grad.dtype), input, lse, target, weight, ignore_index, label_smoothing)
    total = _row_totals(input, target, weight, ignore_index, label_smoothing) * grad
    return (g * slope).sum(1), softmax_backward(g, softmax(input, 1)) * unsqueeze(total, 1)


def _row_totals(input, target, weight, ignore_index, label_smoothing):
    """Sum of the class weights in each row's loss; 0 where the target is ignored."""
    kept = ne(target, ignore_index)
    if weight is None:
        return kept.to(input.dtype)
    picked = _index_select(weight, _choose(kept, target, 0), 0)
    return _choose(kept, picked * (1 - label_smoothing) + weight.sum() * (label_smoothing / max(input.shape[1], 1)), 0)


@defop(family="general", kernel="cross_entropy_backward", second_order_of="_cross_entropy", where="", samples=_class_backward_samples, ulp=32,
       plan=lambda grad, input, lse, target, weight, ignore_index, label_smoothing: _core.Plan(
           input.shape, params=(ignore_index, float(label_smoothing))),
       cost=4,
       vjp={("grad", "input"): _class_second_order, "lse": NONDIFF, "target": NONDIFF, "weight": NONDIFF})  # fmt: skip
def cross_entropy_backward(grad, input, lse, target, weight, ignore_index, label_smoothing):
    """Gradient of cross_entropy's rows for the logits; lse is log(sum(exp(row))).

    Shapes: grad and lse (rows,); input (rows, C); target (rows,) int64; weight (C,) or None; returns (rows, C). Dtypes: floats.
    """
    weights = _np_class_weights(input, target, weight, ignore_index, label_smoothing)
    slope = weights.sum(1, keepdims=True) * np.exp(input - lse[:, None]) - weights
    return (grad[:, None] * np.where(weights.any(1)[:, None], slope, 0)).astype(input.dtype)


_check_classes = _core.check_classes


def _check_weight(op, weight, c, dtype):
    if weight is None:
        return
    if not isinstance(weight, _core.Tensor):
        raise TypeError(f"{op}: expected a Tensor or None as weight, got {type(weight).__name__}")
    if weight.shape != (c,):
        raise ShapeError(f"{op}: weight must have shape ({c},), one value for each class, got {weight.shape}")
    if weight.dtype is not dtype:
        raise DTypeError(f"{op}: expected one dtype for input and weight, got {dtype.name} and {weight.dtype.name}")


def _rows_of(input, c):
    """(rows, C) out of (N, C, ...) or (C,)."""
    if input.ndim > 2:
        input = movedim(input, 1, -1)
    return input if input.ndim == 2 else reshape(input, (math.prod(input.shape[:-1]), c))


def _reduced_rows(loss, target, weight, ignore_index, reduction, batch):
    """The mean of row losses is weighted: the sum over that of the targets' weights, ignored ones left out."""
    if reduction == "none":
        return loss if loss.shape == batch else reshape(loss, batch)
    if reduction == "sum":
        return loss.sum()
    if weight is not None:
        target = _core.reshape(target, (-1,))
        kept = ne(target, ignore_index)
        return loss.sum() / _choose(kept, _index_select(weight.detach(), _choose(kept, target, 0), 0), 0).sum()
    if _core.level_of(target):  # under vmap every example has a number of its own
        return loss.sum() / ne(target, ignore_index).sum()
    count = _core.count_others(target, ignore_index)
    return _core.reduce_loss(loss, "mean") if count == loss.numel() else loss.sum() / count


_CLASS_ERRORS = [
    ErrorSample(
        _ones(2, 3),
        np.zeros(3, np.int64),
        error=ShapeError,
        match=r"target must have shape \(2,\) for input \(2, 3\) \(N, C, \.\.\.\), got \(3,\)",
    ),
    ErrorSample(_ones(2, 3), np.array([0, 3]), error=IndexError, match="an index is out of range"),
    ErrorSample(_ones(2, 3), np.array([0, -1]), error=IndexError, match="an index is out of range"),
    ErrorSample(
        _ones(2, 3),
        np.zeros(2, np.int64),
        _ones(2),
        error=ShapeError,
        match=r"weight must have shape \(3,\), one value for each class, got \(2,\)",
    ),
    ErrorSample(_ones(2, 3), np.zeros(2, np.int64), reduction="average", error=ValueError, match="reduction must be"),
]


def _cross_entropy_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r(4, 5), r.ints(0, 5, 4), id="rows"),
        Sample(r(2, 3, 4), r.ints(0, 3, 2, 4), weight=r.between(0.5, 2, 3), ignore_index=1, reduction="none", id="pixels"),
        Sample(r(5), r.ints(0, 5), label_smoothing=0.2, id="one"),
        Sample(r(4, 3), _inside(r, 4, 3), weight=r.between(0.5, 2, 3), label_smoothing=0.1, id="probabilities"),
    ]


@composite(arrays="input target", where="F", samples=_cross_entropy_samples, errors=[
    *_CLASS_ERRORS,
    ErrorSample(_ones(2, 3), _ones(2), error=ShapeError, match=r"a target of class probabilities must have input's shape \(2, 3\), got \(2,\)"),
    ErrorSample(_ones(2, 3), np.zeros(2, np.int64), label_smoothing=1.5, error=ValueError, match="label_smoothing must be between 0 and 1, got 1.5"),
])  # fmt: skip
def cross_entropy(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean", label_smoothing=0.0):
    """-log(softmax(input))[target]: the loss of logits against classes, reduced.

    target: class indices, or probabilities for every class. weight: one factor for each class; a "mean" then is over the weights
    of the targets. Targets equal to `ignore_index` count nothing. label_smoothing: what part of the target is spread over all classes.
    Shapes: input (N, C, ...) or (C,); target (N, ...) or () of indices, or input's shape of probabilities; weight (C,);
        returns () unless reduction="none". Dtypes: floats; indices int64.
    Raises: ShapeError, DTypeError for what does not fit; IndexError for an index that is no class.
    >>> mg.nn.functional.cross_entropy(mg.tensor([[0.0, 0.0], [0.0, 100.0]]), mg.tensor([0, 1]))
    tensor(0.3466)
    """
    if size_average is not None or reduce is not None or reduction not in ("none", "mean", "sum"):
        reduction = _reduction("cross_entropy", reduction, size_average, reduce)
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"cross_entropy: label_smoothing must be between 0 and 1, got {label_smoothing}")
    if isinstance(target, _core.Tensor) and target.is_floating_point():
        return _probability_loss(input, target, weight, reduction, label_smoothing)
    c, batch = _check_classes("cross_entropy", input, target, weight)
    rows = _rows_of(input, c)
    target = _core.cast(target if target.ndim == 1 else reshape(target, (-1,)), _core.int64)
    loss = _cross_entropy(rows, target, weight, ignore_index, label_smoothing)[0]
    return _reduced_rows(loss, target, weight, ignore_index, reduction, batch)


def _probability_loss(input, target, weight, reduction, label_smoothing):
    if not isinstance(input, _core.Tensor):
        raise TypeError(f"cross_entropy: expected a Tensor as input, got {type(input).__name__}")
    if input.shape != target.shape:
        raise ShapeError(f"cross_entropy: a target of class probabilities must have input's shape {input.shape}, got {target.shape}")
    dim = 0 if input.ndim == 1 else 1
    c = input.shape[dim]
    _check_weight("cross_entropy", weight, c, input.dtype)
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / c
    if weight is not None:
        target = target * reshape(weight, (c,) + (1,) * max(input.ndim - 2, 0))
    loss = neg(log_softmax(input, dim) * target).sum(dim)
    return loss.sum() / loss.numel() if reduction == "mean" else _reduced(loss, reduction)


def _nll_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r(4, 5), r.ints(0, 5, 4), None, ignore_index=-100, id="rows"),
        Sample(r(2, 3, 4), r.ints(0, 3, 2, 4), r.between(0.5, 2, 3), ignore_index=1, id="pixels"),
    ]


def _nll_backward_samples(r: Draw) -> list[Sample]:
    return [Sample(r(*s.arrays[1].shape), *s.arrays[1:], classes=s.arrays[0].shape[1], id=s.id, **s.params) for s in _nll_samples(r)]


def _target_weights(target, weight, classes, ignore_index):
    """What each target's log-probability counts, and the targets with those that are ignored replaced."""
    kept = target != ignore_index
    place = np.where(kept, target, 0)
    if ((place < 0) | (place >= classes)).any():
        raise IndexError("nll_loss: an index is out of range")
    return np.where(kept, 1 if weight is None else weight[place], 0), place


@defop(family="general", kernel="nll_loss", where="", cost=lambda target, y: Cost(flops=2.0 * target.size, bytes=target.nbytes + 2.0 * y.nbytes), samples=_nll_samples, linear_in=("input",),
       plan=lambda input, target, weight, ignore_index: _core.Plan(target.shape, params=(ignore_index,)),
       vjp={"input": lambda g, target, weight, input_shape, ignore_index: nll_loss_backward(g, target, weight, input_shape[1], ignore_index),
            "target": NONDIFF, "weight": NONDIFF})  # fmt: skip
def _nll_loss(input, target, weight, ignore_index):
    """-weight * input at the targets, of log-probabilities (N, C, ...)"""
    counts, place = _target_weights(target, weight, input.shape[1], ignore_index)
    return (-counts * np.take_along_axis(input, place[:, None], 1)[:, 0]).astype(input.dtype)


@defop(family="general", kernel="nll_loss_backward", where="", cost=lambda target: 2 * target.size, samples=_nll_backward_samples, linear_in=("grad",),
       plan=lambda grad, target, weight, classes, ignore_index: _core.Plan((target.shape[0], classes, *target.shape[1:]), params=(ignore_index,)),
       vjp={"grad": lambda g, target, weight, ignore_index: _nll_loss(g, target, weight, ignore_index), "target": NONDIFF, "weight": NONDIFF})  # fmt: skip
def nll_loss_backward(grad, target, weight, classes, ignore_index):
    """The gradient of every picked log-probability in its place, zeros elsewhere.

    Shapes: grad and target (N, ...), weight (classes,) or None; returns (N, classes, ...). Dtypes: floats; target int64.
    """
    counts, place = _target_weights(target, weight, classes, ignore_index)
    out = np.zeros((target.shape[0], classes, *target.shape[1:]), grad.dtype)
    np.put_along_axis(out, place[:, None], (-counts * grad)[:, None].astype(grad.dtype), 1)
    return out


@composite(arrays="input target", where="F", samples=lambda r: [
    Sample(r(4, 5), r.ints(0, 5, 4), id="rows"),
    Sample(r(2, 3, 4), r.ints(0, 3, 2, 4), weight=r.between(0.5, 2, 3), ignore_index=1, reduction="sum", id="pixels")], errors=_CLASS_ERRORS)  # fmt: skip
def nll_loss(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"):
    """-input[target], input being log-probabilities: cross_entropy after log_softmax.

    Shapes: input (N, C, ...) or (C,); target (N, ...) or (), class indices; weight (C,) or None; returns () unless
        reduction="none". Dtypes: floats; indices int64. Raises ShapeError, DTypeError, IndexError as cross_entropy.
    >>> mg.nn.functional.nll_loss(mg.tensor([[-1.0, -2.0], [-3.0, -4.0]]), mg.tensor([0, 1]))
    tensor(2.5000)
    """
    if size_average is not None or reduce is not None or reduction not in ("none", "mean", "sum"):
        reduction = _reduction("nll_loss", reduction, size_average, reduce)
    c, batch = _check_classes("nll_loss", input, target, weight)
    target = _core.cast(target, _core.int64)
    if not batch:
        input, target = _core.reshape(input, (1, c)), _core.reshape(target, (1,))
    return _reduced_rows(_nll_loss(input, target, weight, ignore_index), target, weight, ignore_index, reduction, batch)
