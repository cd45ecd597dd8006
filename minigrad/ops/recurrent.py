"""Recurrent layers as functions: one step (a cell), or a whole sequence through several layers in one or both directions.

The input's part of all steps is one matrix product; the loop over time adds what depends on the state. Sequences of different
lengths come packed, longest first: step t has the first batch_sizes[t] of them. Padded input is the case of equal sizes.
"""

from __future__ import annotations

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import Draw, ErrorSample, Sample, composite
from .dropout import dropout
from .matmul import linear
from .recurrent_gates import gru_gates, lstm_gates
from .recurrent_layer import _GATES, _run, recurrent_layer
from .shape import cat, narrow, reshape, squeeze, stack, transpose, unsqueeze

# ---- cells ----


def _cell_samples(gates, states=1):
    def samples(r: Draw) -> list[Sample]:
        def hidden(*shape):
            return r(*shape) if states == 1 else [r(*shape) for _ in range(states)]

        return [
            Sample(r(2, 5), hidden(2, 3), r(3 * gates, 5), r(3 * gates, 3), r(3 * gates), r(3 * gates), id="batch"),
            Sample(r(5), hidden(3), r(3 * gates, 5), r(3 * gates, 3), id="one-no-bias"),
        ]

    return samples


def _cell_errors(op, gates, states=1):
    ones = lambda *s: np.ones(s, np.float32)  # noqa: E731
    hx = [ones(2, 3)] * states if states > 1 else ones(2, 3)
    return [
        ErrorSample(ones(2, 5), hx, ones(3 * gates, 4), ones(3 * gates, 3), error=ShapeError, match=rf"{op}: w_ih must have shape \({3 * gates}, 5\), got \({3 * gates}, 4\)"),
        ErrorSample(ones(2, 5), hx, ones(3 * gates, 5), ones(3 * gates, 4), error=ShapeError, match=rf"{op}: w_hh must have shape \({3 * gates}, 3\), got \({3 * gates}, 4\)"),
        ErrorSample(ones(2, 5), hx, ones(3 * gates, 5), ones(3 * gates, 3), ones(2), error=ShapeError, match=rf"{op}: b_ih must have shape \({3 * gates},\), got \(2,\)"),
    ]  # fmt: skip


def _cell(op, kind, input, state, w_ih, w_hh, b_ih, b_hh):
    gates, step = _GATES[kind]
    for name, t in (("input", input), ("hx", state[0])):
        if not isinstance(t, _core.Tensor):
            raise TypeError(f"{op}: expected a Tensor as {name}, got {type(t).__name__}")
    rows = gates * state[0].shape[-1]
    wanted = (
        ("w_ih", w_ih, (rows, input.shape[-1])),
        ("w_hh", w_hh, (rows, state[0].shape[-1])),
        ("b_ih", b_ih, (rows,)),
        ("b_hh", b_hh, (rows,)),
    )
    for name, t, shape in wanted:
        if t is not None and t.shape != shape:
            raise ShapeError(f"{op}: {name} must have shape {shape}, got {t.shape}")
    x, h = linear(input, w_ih, b_ih), linear(state[0], w_hh, b_hh)
    if kind not in ("lstm", "gru"):
        return step(x, h, state)
    keep = _core.is_grad_enabled() and any(t.requires_grad for t in (x, h, state[-1]))
    return (lstm_gates if kind == "lstm" else gru_gates)(x, h, state[-1], keep)[: len(state)]


@composite(arrays="input hx w_ih w_hh b_ih b_hh", where="mg", samples=_cell_samples(1), errors=_cell_errors("rnn_tanh_cell", 1))
def rnn_tanh_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """tanh(w_ih @ input + b_ih + w_hh @ hx + b_hh).

    Shapes: input (N, I), hx (N, H), or both without N; w_ih (H, I), w_hh (H, H), b (H,) or None; returns hx's. Dtypes: floats.
    >>> mg.rnn_tanh_cell(mg.ones(1, 1), mg.zeros(1, 1), mg.ones(1, 1), mg.ones(1, 1))
    tensor([[0.7616]])
    """
    return _cell("rnn_tanh_cell", "rnn_tanh", input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


@composite(arrays="input hx w_ih w_hh b_ih b_hh", where="mg", samples=_cell_samples(1), errors=_cell_errors("rnn_relu_cell", 1))
def rnn_relu_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """relu(w_ih @ input + b_ih + w_hh @ hx + b_hh).

    Shapes: as rnn_tanh_cell. Dtypes: floats.
    >>> mg.rnn_relu_cell(mg.ones(1, 1), mg.ones(1, 1), mg.ones(1, 1), mg.ones(1, 1))
    tensor([[2.]])
    """
    return _cell("rnn_relu_cell", "rnn_relu", input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


@composite(arrays="input hx w_ih w_hh b_ih b_hh", where="mg", samples=_cell_samples(3), errors=_cell_errors("gru_cell", 3))
def gru_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """(1 - z) * n + z * hx, with gates r and z, sigmoids, and n = tanh(its part of the input + r * its part of hx).

    Shapes: input (N, I), hx (N, H), or both without N; w_ih (3 H, I), w_hh (3 H, H), b (3 H,) or None, rows r, z, n; returns hx's.
    Dtypes: floats. Source: Cho et al., arXiv:1406.1078, with the reset behind the product.
    >>> mg.gru_cell(mg.ones(1, 1), mg.zeros(1, 1), mg.ones(3, 1), mg.ones(3, 1))
    tensor([[0.2048]])
    """
    return _cell("gru_cell", "gru", input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


@composite(arrays="input hx w_ih w_hh b_ih b_hh", where="mg", samples=_cell_samples(4, 2), errors=_cell_errors("lstm_cell", 4, 2))
def lstm_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """(h, c) out of hx = (h, c): c = f * c + i * g, h = o * tanh(c), with gates i, f, o, sigmoids, and g, a tanh.

    Shapes: input (N, I), h and c (N, H), or all without N; w_ih (4 H, I), w_hh (4 H, H), b (4 H,) or None, rows i, f, g, o.
    Dtypes: floats. Source: Hochreiter & Schmidhuber, "Long short-term memory", 1997, with the forget gate of Gers et al., 2000.
    >>> mg.lstm_cell(mg.ones(1, 1), (mg.zeros(1, 1), mg.zeros(1, 1)), mg.ones(4, 1), mg.ones(4, 1))
    (tensor([[0.3696]]), tensor([[0.5568]]))
    """
    return _cell("lstm_cell", "lstm", input, tuple(hx), w_ih, w_hh, b_ih, b_hh)


# ---- sequences ----


def _direction(kind, xs, sizes, state, weights, reverse):
    """One direction of one layer: (outputs of all steps, last states)."""
    w_ih, w_hh, b_ih, b_hh, w_hr = weights
    if w_hr is not None:
        return _run(kind, xs, sizes, state, weights, reverse)
    if b_ih is None:
        bias = None
    elif kind == "gru":
        units = state[0].shape[1]
        both = b_ih + b_hh
        bias = cat([narrow(both, 0, 0, 2 * units), narrow(b_ih, 0, 2 * units, units), narrow(b_hh, 0, 2 * units, units)])
    else:
        bias = b_ih + b_hh
    arrays = (xs, state[0], state[1] if kind == "lstm" else None, w_ih, w_hh, bias)
    keep = _core.is_grad_enabled() and any(t is not None and t.requires_grad for t in arrays)
    y, h, c, _ = recurrent_layer(*arrays, kind, None if sizes[0] == sizes[-1] else tuple(sizes), reverse, keep)
    return y, (h,) if c is None else (h, c)


def _check_weights(op, kind, k, xs, states, weights):
    """Refuse weights of direction k that do not fit the state or one another."""
    w_ih, w_hh, b_ih, b_hh, w_hr = weights
    rows = _GATES[kind][0] * states[-1].shape[2]
    wanted = [
        ("w_ih", w_ih, (rows, xs.shape[1])),
        ("w_hh", w_hh, (rows, states[0].shape[2])),
        ("b_ih", b_ih, (rows,)),
        ("b_hh", b_hh, (rows,)),
    ]
    if w_hr is not None:
        wanted.append(("w_hr", w_hr, (states[0].shape[2], states[-1].shape[2])))
    for name, t, shape in wanted:
        if t is not None and t.shape != shape:
            raise ShapeError(f"{op}: {name} of direction {k} must have shape {shape}, got {t.shape}")
        if t is not None and t.dtype is not xs.dtype:
            raise DTypeError(f"{op}: expected one dtype, got input {xs.dtype.name}, {name} of direction {k} {t.dtype.name}")


def _layers(op, kind, xs, sizes, states, params, has_biases, num_layers, p, train, bidirectional):
    """All layers: (output rows of the last, final states, each (layers * directions, N, H))."""
    directions = 2 if bidirectional else 1
    each, left = divmod(len(params), num_layers * directions)
    projected = kind == "lstm" and each == (5 if has_biases else 3)
    if left or each != (4 if has_biases else 2) + projected:
        wanted = num_layers * directions * (4 if has_biases else 2)
        raise ValueError(f"{op}: expected {wanted} tensors in params for num_layers={num_layers}, has_biases={has_biases}, "
                         f"bidirectional={bidirectional}, got {len(params)}")  # fmt: skip
    for s in states:
        if s.ndim != 3 or s.shape[:2] != (num_layers * directions, sizes[0]):
            raise ShapeError(f"{op}: hx must have shape ({num_layers * directions}, {sizes[0]}, H), got {s.shape}")
    last = []
    for layer in range(num_layers):
        if layer and train and p:
            xs = dropout(xs, p)
        outputs = []
        for direction in range(directions):
            k = layer * directions + direction
            own = list(params[k * each : (k + 1) * each])
            weights = [*own[:2], *(own[2:4] if has_biases else (None, None)), own[-1] if projected else None]
            rows = weights[0].shape
            if rows[1] != xs.shape[1]:
                raise ShapeError(f"{op}: layer {layer} gets {xs.shape[1]} features, but its w_ih has shape {rows}")
            _check_weights(op, kind, k, xs, states, weights)
            y, state = _direction(kind, xs, sizes, [s[k] for s in states], weights, direction == 1)
            outputs.append(y)
            last.append(state)
        xs = outputs[0] if directions == 1 else cat(outputs, 1)
    return xs, [stack([state[i] for state in last], 0) for i in range(len(states))]


def _sequence(op, kind, input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first):
    """Both forms of a sequence function: padded, and packed, which has batch_sizes in the place of hx, and all others one further."""
    if isinstance(has_biases, (list, tuple)):
        sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional = (
            hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first)  # fmt: skip
        states = [hx] if isinstance(hx, _core.Tensor) else list(hx)
        sizes = sizes.tolist()
        if not sizes or any(a < b for a, b in zip(sizes, sizes[1:], strict=False)) or sum(sizes) != input.shape[0]:
            raise ShapeError(f"{op}: batch_sizes must not rise, and have the sum {input.shape[0]}, got {sizes}")
        y, last = _layers(op, kind, input, sizes, states, params, has_biases, num_layers, dropout, train, bidirectional)
        return (y, *last)
    states = [hx] if isinstance(hx, _core.Tensor) else list(hx)
    for name, t in (("input", input), *(("hx", s) for s in states)):
        if not isinstance(t, _core.Tensor):
            raise TypeError(f"{op}: expected a Tensor as {name}, got {type(t).__name__}")
        if t.dtype is not input.dtype:
            raise DTypeError(f"{op}: expected one dtype, got input {input.dtype.name}, {name} {t.dtype.name}")
    if input.ndim not in (2, 3):
        raise ShapeError(f"{op}: input must be (T, N, I), (N, T, I) with batch_first, or (T, I), got shape {input.shape}")
    one = input.ndim == 2
    x = unsqueeze(input, 1) if one else transpose(input, 0, 1) if batch_first else input
    states = [unsqueeze(s, 1) for s in states] if one else states
    steps, n, width = x.shape
    if not steps:
        raise ShapeError(f"{op}: input must have at least one step, got shape {input.shape}")
    rows = reshape(x, (steps * n, width))
    y, last = _layers(op, kind, rows, [n] * steps, states, params, has_biases, num_layers, dropout, train, bidirectional)
    y = reshape(y, (steps, n, y.shape[1]))
    if one:
        return (squeeze(y, 1), *(squeeze(s, 1) for s in last))
    return (transpose(y, 0, 1) if batch_first else y, *last)


def _sequence_samples(gates, states=1):
    def samples(r: Draw) -> list[Sample]:
        def hidden(*shape):
            return r(*shape) if states == 1 else [r(*shape) for _ in range(states)]

        def layer(width, h):
            return [r(h * gates, width), r(h * gates, h), r(h * gates), r(h * gates)]

        same = {"dropout": 0.0, "train": False}
        return [
            Sample(r(3, 2, 5), hidden(4, 2, 3), [*layer(5, 3), *layer(5, 3), *layer(6, 3), *layer(6, 3)], id="two-layers-both-ways",
                   has_biases=True, num_layers=2, bidirectional=True, batch_first=False, **same),
            Sample(r(2, 3, 4), hidden(1, 2, 3), layer(4, 3)[:2], id="batch-first", has_biases=False, num_layers=1, bidirectional=False, batch_first=True, **same),
        ]  # fmt: skip

    return samples


def _sequence_errors(op, gates, states=1):
    ones = lambda *s: np.ones(s, np.float32)  # noqa: E731

    def hx(*shape):
        return [ones(*shape)] * states if states > 1 else ones(*shape)

    layer = [ones(3 * gates, 5), ones(3 * gates, 3)]
    q = {"has_biases": False, "num_layers": 1, "dropout": 0.0, "train": False, "bidirectional": False, "batch_first": False}
    return [
        ErrorSample(ones(4, 2, 5), hx(1, 3, 3), layer, error=ShapeError, match=rf"{op}: hx must have shape \(1, 2, H\), got \(1, 3, 3\)", **q),
        ErrorSample(ones(4, 2, 6), hx(1, 2, 3), layer, error=ShapeError, match=rf"{op}: layer 0 gets 6 features, but its w_ih has shape \({3 * gates}, 5\)", **q),
        ErrorSample(ones(4, 2, 5), hx(1, 2, 3), layer * 3, error=ValueError, match=f"{op}: expected 2 tensors in params", **q),
        ErrorSample(ones(4), hx(1, 2, 3), layer, error=ShapeError, match=rf"{op}: input must be \(T, N, I\)", **q),
    ]  # fmt: skip


@composite(arrays="input hx params", where="mg", samples=_sequence_samples(1), errors=_sequence_errors("rnn_tanh", 1))
def rnn_tanh(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first):
    """A sequence through layers of rnn_tanh_cell: (output, last state).

    params: w_ih, w_hh and, with has_biases, b_ih, b_hh of each direction of each layer. dropout: between layers, if train.
    Packed: rnn_tanh(data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional).
    Shapes: input (T, N, I), with batch_first (N, T, I), or (T, I); hx (layers * directions, N, H); output (T, N, directions * H).
    Dtypes: floats, the same for all. Raises ShapeError, ValueError for what does not fit.
    >>> w = mg.ones(1, 1)
    >>> mg.rnn_tanh(mg.ones(2, 1, 1), mg.zeros(1, 1, 1), [w, w], False, 1, 0.0, False, False, False)[1]
    tensor([[[0.9427]]])
    """
    return _sequence("rnn_tanh", "rnn_tanh", input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first)


@composite(arrays="input hx params", where="mg", samples=_sequence_samples(1), errors=_sequence_errors("rnn_relu", 1))
def rnn_relu(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first):
    """A sequence through layers of rnn_relu_cell: (output, last state). Arguments, shapes and errors: as rnn_tanh.

    >>> w = mg.ones(1, 1)
    >>> mg.rnn_relu(mg.ones(2, 1, 1), mg.zeros(1, 1, 1), [w, w], False, 1, 0.0, False, False, False)[1]
    tensor([[[2.]]])
    """
    return _sequence("rnn_relu", "rnn_relu", input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first)


@composite(arrays="input hx params", where="mg", samples=_sequence_samples(3), errors=_sequence_errors("gru", 3))
def gru(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first):
    """A sequence through layers of gru_cell: (output, last state). Arguments, shapes and errors: as rnn_tanh, with 3 H rows.

    >>> w = mg.ones(3, 1)
    >>> mg.gru(mg.ones(2, 1, 1), mg.zeros(1, 1, 1), [w, w], False, 1, 0.0, False, False, False)[0].shape
    (2, 1, 1)
    """
    return _sequence("gru", "gru", input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first)


@composite(arrays="input hx params", where="mg", samples=_sequence_samples(4, 2), errors=_sequence_errors("lstm", 4, 2))
def lstm(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first):
    """A sequence through layers of lstm_cell: (output, last h, last c); hx is (h, c).

    Arguments, shapes and errors: as rnn_tanh, with 4 H rows. One more tensor in each direction's params, w_hr (P, H), projects h.
    >>> w = mg.ones(4, 1)
    >>> mg.lstm(mg.ones(2, 1, 1), (mg.zeros(1, 1, 1), mg.zeros(1, 1, 1)), [w, w], False, 1, 0.0, False, False, False)[0].shape
    (2, 1, 1)
    """
    return _sequence("lstm", "lstm", input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first)
