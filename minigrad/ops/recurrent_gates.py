"""What an LSTM's or GRU's cell does between its two products and its new state, fused: see recurrent_layer.py, which these resemble."""

from __future__ import annotations

import numpy as np

from .. import _core
from ..errors import ShapeError
from ..registry import NONDIFF, Draw, ErrorSample, Sample, defop
from .recurrent_layer import _check_dtypes, _gradients, _gru_step, _lstm_step, _np_sigmoid, _np_slopes


def _samples(gates):
    def samples(r: Draw) -> list[Sample]:
        return [
            Sample(r(2, gates * 3), r(2, gates * 3), r(2, 3), keep=True, id="batch"),
            Sample(r(gates * 19), r(gates * 19), r(19), keep=False, id="one-not-kept"),
            Sample(r(0, gates * 3), r(0, gates * 3), r(0, 3), keep=True, id="empty"),
        ]

    return samples


def _errors(op, gates):
    ones = lambda *s: np.ones(s, np.float32)  # noqa: E731
    return [
        ErrorSample(ones(2, 5), ones(2, gates * 3), ones(2, 3), False, error=ShapeError, match=rf"{op}: input_gates must have shape \(2, {gates * 3}\), got \(2, 5\)"),
        ErrorSample(ones(2, gates * 3), ones(1, gates * 3), ones(2, 3), False, error=ShapeError, match=rf"{op}: hidden_gates must have shape \(2, {gates * 3}\)"),
    ]  # fmt: skip


def _check(op, gates, input_gates, hidden_gates, state):
    shape = (*state.shape[:-1], gates * state.shape[-1])
    for name, t in (("input_gates", input_gates), ("hidden_gates", hidden_gates)):
        if t.shape != shape:
            raise ShapeError(f"{op}: {name} must have shape {shape}, got {t.shape}")
    _check_dtypes(op, input_gates, hidden_gates, state)


def _wide(shape, times):
    return (*shape[:-1], times * shape[-1])


def _of_kept(op, sample, count):
    """Samples of a backward op: gradients of the first `count` outputs, the state before, and what forward kept."""
    return [*op.op.ref(*sample.arrays, keep=True)[:count]], sample.arrays[2], op.op.ref(*sample.arrays, keep=True)[-1]


# ---- LSTM ----


def lstm_gates_by_ops(input_gates, hidden_gates, c0, keep=False):
    """(h, c) of lstm_gates."""
    return _lstm_step(input_gates, hidden_gates, (None, c0))


def _lstm_plan(input_gates, hidden_gates, c0, keep):
    _check("lstm_gates", 4, input_gates, hidden_gates, c0)
    return _core.Plan(c0.shape, c0.shape, _wide(c0.shape, 5) if keep else None)


def _lstm_vjp(g, input_gates, hidden_gates, c0, y2, mask):
    if y2 is None or _core.is_grad_enabled():
        return _gradients(lstm_gates_by_ops, (input_gates, hidden_gates, c0), g[:2], mask)
    gates, before = lstm_gates_backward(g[0], g[1], c0, y2)
    return gates, gates, before


@defop(family="general", kernel="lstm_gates", outputs=3, auxiliary=1, where="", samples=_samples(4), errors=_errors("lstm_gates", 4), plan=_lstm_plan,
       cost=lambda c0: 13 * c0.size, oracle=lstm_gates_by_ops, ulp=32, vjp={("input_gates", "hidden_gates", "c0"): _lstm_vjp})  # fmt: skip
def lstm_gates(input_gates, hidden_gates, c0, keep):
    """(h, c, kept) of an LSTM's cell: the gates i, f, g, o are the sums of both arguments.

    Shapes: input_gates and hidden_gates (..., 4 * H); c0 (..., H); returns (..., H) twice and, with keep, (..., 5 * H).
    Dtypes: floats, the same for all. Raises ShapeError, DTypeError for what does not fit.
    """
    i, f, g, o = np.split(input_gates + hidden_gates, 4, -1)
    i, f, g, o = _np_sigmoid(i), _np_sigmoid(f), np.tanh(g), _np_sigmoid(o)
    c = f * c0 + i * g
    return o * np.tanh(c), c, np.concatenate([i, f, g, o, c], -1) if keep else None


def _lstm_backward_samples(r: Draw) -> list[Sample]:
    out = []
    for s in _samples(4)(r):
        (h, c), before, kept = _of_kept(lstm_gates, s, 2)
        out.append(Sample(r(*h.shape), r(*c.shape) if s.params["keep"] else None, before, kept, id=s.id))
    return out


@defop(family="general", kernel="lstm_gates_backward", outputs=2, where="", second_order_of="lstm_gates",
       unbatched="under vmap the gates are computed by their ops, and so is their gradient", samples=_lstm_backward_samples, cost=lambda c0: 23 * c0.size, ulp=32,
       plan=lambda grad_h, grad_c, c0, kept: _core.Plan(_wide(c0.shape, 4), c0.shape),
       vjp=dict.fromkeys(("grad_h", "grad_c", "c0", "kept"), NONDIFF))  # fmt: skip
def lstm_gates_backward(grad_h, grad_c, c0, kept):
    """Gradients of lstm_gates for either argument with gates, and for c0. It is not differentiable itself: see recurrent_layer.py.

    Shapes: as lstm_gates. Dtypes: floats.
    """
    rows = lambda x: None if x is None else x.reshape(-1, x.shape[-1])  # noqa: E731
    gc = np.zeros_like(c0) if grad_c is None else grad_c
    slopes, _, before = _np_slopes("lstm", rows(kept), None, None, rows(c0), rows(grad_h), rows(gc))
    return slopes.reshape(_wide(c0.shape, 4)), before.reshape(c0.shape)


# ---- GRU ----


def gru_gates_by_ops(input_gates, hidden_gates, h0, keep=False):
    """h of gru_gates."""
    return _gru_step(input_gates, hidden_gates, (h0,))


def _gru_plan(input_gates, hidden_gates, h0, keep):
    _check("gru_gates", 3, input_gates, hidden_gates, h0)
    return _core.Plan(h0.shape, _wide(h0.shape, 4) if keep else None)


def _gru_vjp(g, input_gates, hidden_gates, h0, y1, mask):
    if y1 is None or _core.is_grad_enabled():
        return _gradients(gru_gates_by_ops, (input_gates, hidden_gates, h0), g[:1], mask)
    return gru_gates_backward(g[0], h0, y1)


@defop(family="general", kernel="gru_gates", outputs=2, auxiliary=1, where="", samples=_samples(3), errors=_errors("gru_gates", 3), plan=_gru_plan,
       cost=lambda h0: 10 * h0.size, oracle=gru_gates_by_ops, ulp=32, vjp={("input_gates", "hidden_gates", "h0"): _gru_vjp})  # fmt: skip
def gru_gates(input_gates, hidden_gates, h0, keep):
    """(h, kept) of a GRU's cell with the gates r, z, n.

    Shapes: input_gates and hidden_gates (..., 3 * H); h0 (..., H); returns (..., H) and, with keep, (..., 4 * H).
    Dtypes: floats, the same for all. Raises ShapeError, DTypeError for what does not fit.
    """
    (r, z, n), (hr, hz, m) = np.split(input_gates, 3, -1), np.split(hidden_gates, 3, -1)
    r, z = _np_sigmoid(r + hr), _np_sigmoid(z + hz)
    n = np.tanh(n + r * m)
    return n + z * (h0 - n), np.concatenate([r, z, n, m], -1) if keep else None


def _gru_backward_samples(r: Draw) -> list[Sample]:
    out = []
    for s in _samples(3)(r):
        (h,), before, kept = _of_kept(gru_gates, s, 1)
        out.append(Sample(r(*h.shape), before, kept, id=s.id))
    return out


@defop(family="general", kernel="gru_gates_backward", outputs=3, where="", second_order_of="gru_gates",
       unbatched="under vmap the gates are computed by their ops, and so is their gradient", samples=_gru_backward_samples, cost=lambda h0: 16 * h0.size, ulp=32,
       plan=lambda grad, h0, kept: _core.Plan(_wide(h0.shape, 3), _wide(h0.shape, 3), h0.shape),
       vjp=dict.fromkeys(("grad", "h0", "kept"), NONDIFF))  # fmt: skip
def gru_gates_backward(grad, h0, kept):
    """Gradients of gru_gates for its arguments. It is not differentiable itself: see recurrent_layer.py.

    Shapes: as gru_gates. Dtypes: floats.
    """
    units = h0.shape[-1]
    rows = lambda x: x.reshape(-1, x.shape[-1])  # noqa: E731
    slopes, past, _ = _np_slopes("gru", rows(kept), None, rows(h0), None, rows(grad), None)
    of_state = np.concatenate([slopes[:, : 2 * units], slopes[:, 3 * units :]], 1)
    return slopes[:, : 3 * units].reshape(_wide(h0.shape, 3)), of_state.reshape(_wide(h0.shape, 3)), past.reshape(h0.shape)
