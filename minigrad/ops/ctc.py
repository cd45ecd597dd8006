"""Connectionist temporal classification: the loss of a sequence of labels whose alignment with the input is not known.

A label sequence l of length S is stretched to 2 S + 1 states, blank before, between and behind the labels. An alignment is a walk
through the states, one step of time each: stay, go on, or leave out a blank between different labels. The probability of l is the
sum over all walks, which the forward recursion computes, in logarithms; with the backward recursion it gives the probability
that a walk is in a state at a time (the posterior), and that, negative and summed over the states of a label, is the gradient.

Source: Graves, Fernandez, Gomez & Schmidhuber, "Connectionist temporal classification", ICML 2006.
"""

from __future__ import annotations

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import NONDIFF, Draw, ErrorSample, Sample, composite, defop
from ._examples import of_stacks
from .elementwise import _choose, clamp, div
from .index import _gather
from .reduce import logsumexp
from .shape import cat, narrow, reshape, select, stack

FAR = -1e30  # a logarithm of 0 that can be subtracted from itself


class _States:
    """The states of a batch of label sequences, padded to the longest."""

    def __init__(self, targets, target_lengths, blank):
        n, width = len(target_lengths), 2 * targets.shape[1] + 1
        self.labels = np.full((n, width), blank, np.int64)
        self.labels[:, 1::2] = targets
        self.skips = np.zeros((n, width), bool)  # may be entered from two states before
        self.skips[:, 2:] = (self.labels[:, 2:] != blank) & (self.labels[:, 2:] != self.labels[:, :-2])
        self.count = 2 * target_lengths + 1
        self.real = np.arange(width) < self.count[:, None]
        last = np.arange(width) >= self.count[:, None] - 2
        self.ends = self.real & last  # a walk may end in the last label or the last blank


def _shift(a, by):
    """a moved `by` states up (or down, if negative), log(0) coming in."""
    out = np.full_like(a, -np.inf)
    if by > 0:
        out[:, by:] = a[:, :-by]
    else:
        out[:, :by] = a[:, -by:]
    return out


def _forward(emit, states, lengths):
    """log-probability of all walks that reach a state at a time, (T, N, states), and of whole walks, (N,)."""
    steps, n, width = emit.shape
    alpha = np.full((steps, n, width), -np.inf)
    total = np.where(states.count == 1, 0.0, -np.inf)  # of no time at all
    for t in range(steps):
        if t == 0:
            a = np.where(np.arange(width) < 2, emit[0], -np.inf)
        else:
            a = np.logaddexp(alpha[t - 1], _shift(alpha[t - 1], 1))
            a = np.logaddexp(a, np.where(states.skips, _shift(alpha[t - 1], 2), -np.inf)) + emit[t]
        alpha[t] = np.where(states.real, a, -np.inf)
        done = np.logaddexp.reduce(np.where(states.ends, alpha[t], -np.inf), 1, initial=-np.inf)
        total = np.where(lengths == t + 1, done, total)
    return alpha, total


def _backward(emit, states, lengths):
    """log-probability of the walks that go on from a state at a time, to the end, without that time itself."""
    steps, n, width = emit.shape
    beta = np.full((steps, n, width), -np.inf)
    skips = np.zeros((n, width), bool)  # may be left to two states behind
    skips[:, :-2] = states.skips[:, 2:]
    for t in range(steps - 1, -1, -1):
        if t + 1 < steps:
            b = beta[t + 1] + emit[t + 1]
            on = np.logaddexp(b, _shift(b, -1)) if width > 1 else b
            beta[t] = np.logaddexp(on, np.where(skips, _shift(b, -2), -np.inf)) if width > 2 else on
        ended = (lengths == t + 1)[:, None]
        beta[t] = np.where(ended, np.where(states.ends, 0.0, -np.inf), np.where((lengths > t + 1)[:, None], beta[t], -np.inf))
    return beta


def _ctc_samples(r: Draw) -> list[Sample]:
    def log_probs(*shape):
        x = r(*shape)
        return x - np.log(np.exp(x).sum(-1, keepdims=True))

    targets = np.array([[1, 2, 2, 0], [3, 1, 1, 1], [3, 3, 3, 3]])
    return [
        Sample(log_probs(6, 3, 5), targets, np.array([6, 4, 5]), np.array([3, 2, 0]), blank=0, id="lengths"),
        Sample(log_probs(4, 2, 3), np.array([[0], [1]]), np.array([4, 4]), np.array([1, 1]), blank=2, id="last-blank"),
    ]


def _ctc_slope(log_probs, emit, states, alpha, total, lengths):
    """d loss / d log_probs, (T, N, C): minus the posteriors, summed over the states of each label."""
    steps, n, c = log_probs.shape
    posterior = np.exp(alpha + _backward(emit, states, lengths) - total[:, None])
    inside = np.arange(steps)[:, None] < lengths
    posterior = np.where(inside[:, :, None], posterior, 0)
    row = np.arange(steps * n).reshape(steps, n, 1) * c
    flat = np.bincount((row + states.labels).reshape(-1), posterior.reshape(-1), steps * n * c)
    return -flat.reshape(steps, n, c)


def _ctc_vjp(g, log_probs, y1, targets, input_lengths, target_lengths, blank):
    """g is of the losses and of their slope; the second is there in derivatives of higher order only."""
    gradient = None if g[0] is None else y1 * reshape(g[0], (1, -1, 1))
    if g[1] is None:
        return gradient
    with _core.enable_grad():  # the derivative of <slope, g> from the definition, whose steps have derivatives of every order
        loss = _ctc_by_ops(log_probs, targets, input_lengths, target_lengths, blank)
        ones = _core.full_of(loss.shape, 1, loss.dtype)
        (slope,) = _core.grad([loss], [log_probs], [ones], create_graph=True)
        if not slope.requires_grad:
            return gradient
        (curvature,) = _core.grad([slope], [log_probs], [g[1]], create_graph=True, allow_unused=True)
    if curvature is None:
        return gradient
    return curvature if gradient is None else gradient + curvature


@defop(family="general", outputs=2, auxiliary=1, where="", unbatched="ctc_loss makes one batch of its sequences first", samples=_ctc_samples, ulp=64,
       plan=None, cost=lambda log_probs, targets: 40.0 * len(log_probs) * targets.size,
       vjp={"log_probs": _ctc_vjp, "targets": NONDIFF, "input_lengths": NONDIFF, "target_lengths": NONDIFF})  # fmt: skip
def _ctc(log_probs, targets, input_lengths, target_lengths, blank):
    """losses (N,) of log_probs (T, N, C) and targets (N, S), and their slope (T, N, C)"""
    states = _States(targets, target_lengths, blank)
    wide = log_probs.astype(np.result_type(log_probs, np.float64))
    emit = np.take_along_axis(wide, np.broadcast_to(states.labels, (len(wide), *states.labels.shape)), 2)
    alpha, total = _forward(emit, states, input_lengths)
    slope = _ctc_slope(wide, emit, states, alpha, total, input_lengths)
    return (-total).astype(log_probs.dtype), slope.astype(log_probs.dtype)


def _ctc_by_ops(log_probs, targets, input_lengths, target_lengths, blank):
    """The losses by ops of the package: the forward recursion with FAR for log(0)."""
    states = _States(targets.numpy(), target_lengths.numpy(), blank)
    steps, n, _ = log_probs.shape
    width = states.labels.shape[1]
    lengths = input_lengths.numpy()
    index = np.broadcast_to(states.labels, (steps, n, width))
    emit = clamp(_gather(log_probs, _core.from_numpy(np.ascontiguousarray(index)), 2), min=FAR)
    real, skips, ends = (_core.from_numpy(v) for v in (states.real, states.skips, states.ends))
    total = _core.from_numpy(np.where(states.count == 1, 0.0, FAR)).to(log_probs.dtype)
    far = _core.full_of((n, 2), FAR, log_probs.dtype)
    a = _choose(_core.from_numpy(np.arange(width) < 2), select(emit, 0, 0), FAR) if steps else None
    for t in range(steps):
        if t:
            padded = cat([far, a], 1)
            skipped = _choose(skips, narrow(padded, 1, 0, width), FAR)
            a = logsumexp(stack([a, narrow(padded, 1, 1, width), skipped]), 0) + select(emit, 0, t)
        a = _choose(real, a, FAR)
        done = logsumexp(_choose(ends, a, FAR), 1)
        total = _choose(_core.from_numpy(lengths == t + 1), done, total)
    return -total


# ---- what users call ----


def _lengths(op, name, lengths, n):
    """One length for each sequence, as an int64 tensor (n,)."""
    values = lengths if isinstance(lengths, _core.Tensor) else _core.from_numpy(np.array(lengths))
    if (values.is_floating_point() or values.dtype is _core.bool_) and values.numel():
        raise DTypeError(f"{op}: expected integers as {name}, got {values.dtype.name}")
    if values.ndim > 1 or values.numel() != n:
        raise ShapeError(f"{op}: {name} must have shape ({n},), one length for each sequence, got {values.shape}")
    return _core.cast(reshape(values, (n,)), _core.int64)


def _padded(targets, lengths, blank):
    """Targets (N, longest) out of padded or concatenated ones; what lies beyond a length is a blank, and is not read."""
    n, longest = len(lengths), int(lengths.max(initial=0))
    inside = np.arange(longest) < lengths[:, None]
    out = np.full((n, longest), blank, np.int64)
    out[inside] = targets if targets.ndim == 1 else targets[:, :longest][inside]
    return out


def _public_samples(r: Draw) -> list[Sample]:
    (x, targets, lengths, sizes), (y, *_) = (s.arrays for s in _ctc_samples(r))
    return [
        Sample(x, targets, lengths, sizes, id="padded"),
        Sample(x, np.array([1, 2, 2, 3, 1]), lengths, sizes, reduction="none", id="concatenated"),
        Sample(y[:, 0], np.array([0, 1]), np.array(4), np.array(2), blank=2, reduction="sum", id="one"),
    ]


_CTC = (np.full((4, 2, 3), -1.0), np.array([[1, 2], [2, 1]]), np.array([4, 4]), np.array([2, 1]))


@composite(arrays="log_probs targets input_lengths target_lengths", where="F", samples=_public_samples, errors=[
    ErrorSample(_CTC[0][0, 0], *_CTC[1:], error=ShapeError, match=r"ctc_loss: log_probs must be \(T, N, C\) or \(T, C\), got shape \(3,\)"),
    ErrorSample(*_CTC[:3], np.array([2]), error=ShapeError, match=r"ctc_loss: target_lengths must have shape \(2,\), one length for each sequence, got \(1,\)"),
    ErrorSample(*_CTC[:2], np.array([4, 5]), _CTC[3], error=ValueError, match="ctc_loss: input_lengths must be between 0 and T = 4, got 5"),
    ErrorSample(*_CTC[:3], np.array([3, 1]), error=ValueError, match=r"ctc_loss: target_lengths must be between 0 and 2, got 3"),
    ErrorSample(_CTC[0], np.array([1, 2, 1]), _CTC[2], np.array([2, 2]), error=ShapeError, match="ctc_loss: concatenated targets must be 4, the sum of target_lengths, got 3"),
    ErrorSample(_CTC[0], np.array([[1, 3], [1, 2]]), *_CTC[2:], error=IndexError, match="ctc_loss: label 3 is out of range for 3 classes"),
    ErrorSample(*_CTC, blank=3, error=IndexError, match="ctc_loss: blank 3 is out of range for 3 classes"),
    ErrorSample(*_CTC, reduction="average", error=ValueError, match='reduction must be "none", "mean" or "sum"')])  # fmt: skip
def ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False):
    """-log of the probability of label sequences, summed over all alignments with the input; "mean" divides by the targets' lengths first.

    An input that is too short for its target has an infinite loss, whose gradient is NaN; `zero_infinity` makes 0 of both.
    The gradient is the derivative by log_probs as they are given. PyTorch's is that plus exp(log_probs): the same for what comes
    before log_softmax, but not the derivative of this function.
    Shapes: log_probs (T, N, C) or (T, C), logarithms of probabilities; targets (N, S), or all one after the other, or (S,); lengths
        (N,) or (), tensors or tuples; returns () or, with reduction="none", (N,). Dtypes: log_probs floats, the others integers.
    Raises: ShapeError, ValueError for lengths that do not fit, IndexError for a label that is no class.
    Source: Graves, Fernandez, Gomez & Schmidhuber, "Connectionist temporal classification", ICML 2006.
    >>> x = mg.full((2, 1, 2), 0.5).log()
    >>> mg.nn.functional.ctc_loss(x, mg.tensor([[1]]), (2,), (1,)).exp()  # 3 of 4 walks say "1"
    tensor(1.3333)
    """
    op = "ctc_loss"
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f'{op}: reduction must be "none", "mean" or "sum", got {reduction!r}')
    for name, t in (("log_probs", log_probs), ("targets", targets)):
        if not isinstance(t, _core.Tensor):
            raise TypeError(f"{op}: expected a Tensor as {name}, got {type(t).__name__}")
    if not log_probs.is_floating_point():
        raise DTypeError(f"{op}: expected floating-point log_probs, got dtype {log_probs.dtype.name}")
    if log_probs.ndim not in (2, 3):
        raise ShapeError(f"{op}: log_probs must be (T, N, C) or (T, C), got shape {log_probs.shape}")
    if targets.is_floating_point() or targets.dtype is _core.bool_:
        raise DTypeError(f"{op}: expected integers as targets, got dtype {targets.dtype.name}")
    if not 0 <= blank < log_probs.shape[-1]:
        raise IndexError(f"{op}: blank {blank} is out of range for {log_probs.shape[-1]} classes")
    single = log_probs.ndim == 2
    shape = (log_probs.shape[0], 1, log_probs.shape[1]) if single else log_probs.shape

    def one(x, *tables):
        times, sizes, labels = (t.numpy(force=True) for t in tables)
        table = _tables(op, labels.reshape(1, -1) if single else labels, times, sizes, shape, blank)
        return _losses(x.reshape(shape), table, blank, zero_infinity)

    def many(x, *tables):
        """Sequences of all examples beside one another."""
        count = x.shape[0]
        times, sizes, labels = (t.numpy(force=True) for t in tables)
        made = [_tables(op, v.reshape(1, -1) if single else v, t, s, shape, blank) for v, t, s in zip(labels, times, sizes, strict=True)]
        longest = max(v.shape[1] for v, _, _ in made)
        wide = [np.pad(v, ((0, 0), (0, longest - v.shape[1])), constant_values=blank) for v, _, _ in made]
        table = (np.concatenate(wide), *(np.concatenate([m[i] for m in made]) for i in (1, 2)))
        rows = x.reshape((count, *shape)).movedim(0, 1).reshape((shape[0], count * shape[1], shape[2]))
        loss = _losses(rows, table, blank, zero_infinity)
        return loss.reshape((count, shape[1]))

    times, sizes = (_lengths(op, name, v, shape[1]) for name, v in (("input_lengths", input_lengths), ("target_lengths", target_lengths)))
    loss = of_stacks(one, many, log_probs, times, sizes, targets)
    if reduction == "mean":
        return div(loss, _core.cast(sizes.clamp(min=1), loss.dtype)).mean()
    return loss.sum() if reduction == "sum" else reshape(loss, ()) if single else loss


def _losses(x, tables, blank, zero_infinity):
    loss = _ctc(x, *map(_core.from_numpy, tables), blank)[0]
    return _finite(loss, x, tables, blank) if zero_infinity else loss


def _finite(loss, x, tables, blank):
    """0 for the infinite losses; they are left out before, since 0 times the NaN of their gradient would be NaN."""
    finite = np.isfinite(loss.detach().numpy())
    if finite.all():
        return loss
    kept = np.flatnonzero(finite)
    rows = x[:, _core.from_numpy(kept)]
    some = _ctc(rows, *(_core.from_numpy(np.ascontiguousarray(v[kept])) for v in tables), blank)[0]
    return _core.full_of(loss.shape, 0, loss.dtype).index_add(0, _core.from_numpy(kept), some)


def _tables(op, values, times, sizes, shape, blank):
    """(labels (N, longest), input lengths, target lengths), checked."""
    steps, n, c = shape
    if times.size and (times.min() < 0 or times.max() > steps):
        raise ValueError(f"{op}: input_lengths must be between 0 and T = {steps}, got {times.max() if times.min() >= 0 else times.min()}")
    if values.ndim not in (1, 2) or (values.ndim == 2 and len(values) != n):
        raise ShapeError(f"{op}: targets must be ({n}, S) or all in one dimension, got shape {values.shape}")
    longest = values.shape[1] if values.ndim == 2 else values.size
    if sizes.size and (sizes.min() < 0 or sizes.max() > longest):
        raise ValueError(f"{op}: target_lengths must be between 0 and {longest}, got {sizes.max() if sizes.min() >= 0 else sizes.min()}")
    if values.ndim == 1 and values.size != sizes.sum():
        raise ShapeError(f"{op}: concatenated targets must be {sizes.sum()}, the sum of target_lengths, got {values.size}")
    labels = _padded(values, sizes, blank)
    if labels.size and (labels.min() < 0 or labels.max() >= c):
        raise IndexError(f"{op}: label {labels.max() if labels.min() >= 0 else labels.min()} is out of range for {c} classes")
    return labels, times, sizes
