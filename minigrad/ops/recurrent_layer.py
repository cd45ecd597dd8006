"""One layer of an RNN, GRU or LSTM in one direction, over whole sequences: fused, and as ordinary ops.

Sequences of different lengths come packed, longest first: step t has the first sizes[t] of them, and the rows of the steps lie one
behind the other. Padded input is the case of equal sizes.

The fused op keeps the gates, and its backward op goes through time once. Where the gradient is to be differentiated again, the layer is
computed once more, by ordinary ops, and the gradient is theirs: it has derivatives of every order.
"""

from __future__ import annotations

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import NONDIFF, Draw, ErrorSample, Sample, defop
from .activation import relu, sigmoid, tanh
from .matmul import linear
from .shape import cat, chunk, narrow, split, view

# ---- steps: (gates of the input, gates of the state, state) -> state ----


def _tanh_step(x, h, state):
    return (tanh(x + h),)


def _relu_step(x, h, state):
    return (relu(x + h),)


def _gru_step(x, h, state):
    (xr, xz, xn), (hr, hz, hn) = chunk(x, 3, -1), chunk(h, 3, -1)
    z = sigmoid(xz + hz)
    n = tanh(xn + sigmoid(xr + hr) * hn)
    return (n + z * (state[0] - n),)


def _lstm_step(x, h, state):
    i, f, g, o = chunk(x + h, 4, -1)
    c = sigmoid(f) * state[1] + sigmoid(i) * tanh(g)
    return sigmoid(o) * tanh(c), c


_GATES = {"rnn_tanh": (1, _tanh_step), "rnn_relu": (1, _relu_step), "gru": (3, _gru_step), "lstm": (4, _lstm_step)}


_KINDS = {"rnn_tanh": 0, "rnn_relu": 1, "gru": 2, "lstm": 3}  # as in csrc/kernels/recurrent.h
_BIASES = {"rnn_tanh": 1, "rnn_relu": 1, "gru": 4, "lstm": 4}  # columns of the bias, in units: r, z, n and m of a GRU (see recurrent_layer)
_KEPT = {"gru": 4, "lstm": 5}

# ---- by ordinary ops ----


def _run(kind, xs, sizes, state, weights, backward):
    """One direction of one layer: (outputs of all steps, in order, at the end one behind the other; last states).

    xs: the input's rows of all steps, one behind the other. sizes: how many rows each step has, never more than the one before.
    """
    _, step = _GATES[kind]
    w_ih, w_hh, b_ih, b_hh, w_hr = weights
    parts = split(linear(xs, w_ih, b_ih), sizes, 0)
    first, outputs, finished = state, [None] * len(sizes), []
    state = [narrow(s, 0, 0, sizes[-1]) for s in state] if backward else list(state)
    for t in reversed(range(len(sizes))) if backward else range(len(sizes)):
        rows = state[0].shape[0]
        if sizes[t] < rows:  # sequences that have ended
            finished.append([narrow(s, 0, sizes[t], rows - sizes[t]) for s in state])
            state = [narrow(s, 0, 0, sizes[t]) for s in state]
        elif sizes[t] > rows:  # backward: sequences whose end is here
            state = [cat([s, narrow(f, 0, rows, sizes[t] - rows)], 0) for s, f in zip(state, first, strict=True)]
        state = list(step(parts[t], linear(state[0], w_hh, b_hh), state))
        if w_hr is not None:
            state[0] = linear(state[0], w_hr)
        outputs[t] = state[0]
    if finished:
        state = [cat([s, *[f[i] for f in reversed(finished)]], 0) for i, s in enumerate(state)]
    return cat(outputs, 0), state


def layer_by_ops(input, h0, c0, w_ih, w_hh, bias, kind, sizes, reverse, keep=False):
    """(y, last h, last c) of recurrent_layer."""
    steps = list(sizes) if sizes is not None else [h0.shape[0]] * (input.shape[0] // h0.shape[0])
    b_hh, units = None, h0.shape[1]
    if bias is not None and kind == "gru":
        zeros = _core.full_of((2 * units,), 0, bias.dtype)
        bias, b_hh = narrow(bias, 0, 0, 3 * units), cat([zeros, narrow(bias, 0, 3 * units, units)])
    state = (h0,) if c0 is None else (h0, c0)
    y, last = _run(kind, input, steps, state, (w_ih, w_hh, bias, b_hh, None), reverse)
    return y, last[0], last[1] if c0 is not None else None


def _gradients(function, arrays, cotangents, mask):
    """Gradients of function(*arrays) for the arrays in `mask`, recorded if gradients are."""
    again = _core.is_grad_enabled()
    with _core.enable_grad():
        own = [view(a, a.shape) if m else a for a, m in zip(arrays, mask, strict=True)]  # what they have in common stays outside
        pairs = [(y, g) for y, g in zip(function(*own), cotangents, strict=True) if g is not None]
        wanted = [a for a, m in zip(own, mask, strict=True) if m]
        found = iter(_core.grad([y for y, _ in pairs], wanted, [g for _, g in pairs], create_graph=again, allow_unused=True))
    return tuple(next(found) if m else None for m in mask)


# ---- the reference ----


def _np_sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _np_walk(rows, sizes, n, reverse):
    """(first row, number of rows) of every step, in the order in which they are computed."""
    sizes = [n] * (rows // n if n else 0) if sizes is None else sizes
    starts = np.cumsum([0, *sizes])[:-1]
    walk = [(int(at), int(size)) for at, size in zip(starts, sizes, strict=True)]
    return walk[::-1] if reverse else walk


def _np_step(kind, x, h, c, w_hh, bias):
    """(new h, new c, kept); x has the inputs' part of the gates, with their bias."""
    if kind == "gru":
        r, z, n = np.split(x, 3, 1)
        hr, hz, m = np.split(h @ w_hh.T, 3, 1)
        m = m if bias is None else m + bias[-h.shape[1] :]
        r, z = _np_sigmoid(r + hr), _np_sigmoid(z + hz)
        n = np.tanh(n + r * m)
        return n + z * (h - n), None, np.concatenate([r, z, n, m], 1)
    x = x + h @ w_hh.T
    if kind != "lstm":
        return np.tanh(x) if kind == "rnn_tanh" else np.where(x > 0, x, 0), None, None
    i, f, g, o = np.split(x, 4, 1)
    i, f, g, o = _np_sigmoid(i), _np_sigmoid(f), np.tanh(g), _np_sigmoid(o)
    c = f * c + i * g
    return o * np.tanh(c), c, np.concatenate([i, f, g, o, c], 1)


# ---- the ops ----


def _layer_samples(r: Draw) -> list[Sample]:
    def layer(kind, rows, n, inputs, units, bias=True, id="", **q):
        gates = _GATES[kind][0]
        arrays = (r(rows, inputs), r(n, units), r(n, units) if kind == "lstm" else None, r(gates * units, inputs), r(gates * units, units),
                  r(_BIASES[kind] * units) if bias else None)  # fmt: skip
        return Sample(*arrays, id=f"{kind}{id}", **{"kind": kind, "sizes": None, "reverse": False, "keep": True, **q})

    packed = {"sizes": (4, 3, 1, 1), "id": "-packed"}
    return [
        layer("lstm", 6, 2, 5, 3), layer("gru", 6, 2, 5, 3), layer("rnn_tanh", 6, 2, 5, 3), layer("rnn_relu", 6, 2, 5, 3),
        layer("lstm", 9, 4, 2, 3, reverse=True, **packed), layer("gru", 9, 4, 2, 3, reverse=True, **packed),
        layer("rnn_tanh", 9, 4, 2, 3, bias=False, **packed), layer("lstm", 4, 2, 3, 17, bias=False, keep=False, id="-not-kept"),
    ]  # fmt: skip


def _layer_plan(input, h0, c0, w_ih, w_hh, bias, kind, sizes, reverse, keep):
    rows, (n, units) = input.shape[0], h0.shape
    gates = _GATES[kind][0] * units
    wanted = (
        ("w_ih", w_ih, (gates, input.shape[1])),
        ("w_hh", w_hh, (gates, units)),
        ("bias", bias, (_BIASES[kind] * units,)),
        ("c0", c0, (n, units)),
    )
    for name, t, shape in wanted:
        if t is not None and t.shape != shape:
            raise ShapeError(f"recurrent_layer: {name} must have shape {shape}, got {t.shape}")
    _check_dtypes("recurrent_layer", input, h0, c0, w_ih, w_hh, bias)
    if (sizes[0], sum(sizes)) != (n, rows) if sizes else rows and (not n or rows % n):
        raise ShapeError(f"recurrent_layer: {rows} rows are no steps of {n} sequences, sizes={sizes}")
    kept = (rows, _KEPT[kind] * units) if keep and kind in _KEPT else None
    return _core.Plan((rows, units), h0.shape, None if c0 is None else h0.shape, kept, params=(_KINDS[kind], int(reverse)),
                      arrays=(input, h0, c0, w_ih, w_hh, bias, _as_array(sizes)))  # fmt: skip


def _check_dtypes(op, *arrays):
    found = {t.dtype.name for t in arrays if t is not None}
    if len(found) > 1:
        raise DTypeError(f"{op}: expected one dtype for all arguments, got {', '.join(sorted(found))}")


def _as_array(sizes):
    return None if sizes is None else _core.from_numpy(np.array(sizes, np.int64))


def _layer_products(input, w_ih, w_hh):
    return 2 * len(input) * (w_ih.size + w_hh.size)


def _layer_vjp(g, input, h0, c0, w_ih, w_hh, bias, y0, y3, kind, sizes, reverse, mask):
    if _core.is_grad_enabled() or (y3 is None and kind in _KEPT):
        by_ops = lambda x, h, c, wi, wh, b: layer_by_ops(x, h, c, wi, wh, b, kind, sizes, reverse)  # noqa: E731
        return _gradients(by_ops, (input, h0, c0, w_ih, w_hh, bias), g[:3], mask)
    return recurrent_layer_backward(g[0], g[1], g[2], input, h0, c0, w_ih, w_hh, y0, y3, kind, sizes, reverse, mask)


@defop(family="general", kernel="recurrent", outputs=4, auxiliary=1, where="", samples=_layer_samples, plan=_layer_plan, cost=_layer_products,
       oracle=layer_by_ops, ulp=64, vjp={("input", "h0", "c0", "w_ih", "w_hh", "bias"): _layer_vjp}, errors=[
    ErrorSample(np.ones((4, 5)), np.ones((2, 3)), None, np.ones((9, 4)), np.ones((9, 3)), None, "gru", None, False, False, error=ShapeError,
                match=r"recurrent_layer: w_ih must have shape \(9, 5\), got \(9, 4\)"),
    ErrorSample(np.ones((5, 5)), np.ones((2, 3)), None, np.ones((9, 5)), np.ones((9, 3)), None, "gru", None, False, False, error=ShapeError,
                match=r"recurrent_layer: 5 rows are no steps of 2 sequences"),
])  # fmt: skip
def recurrent_layer(input, h0, c0, w_ih, w_hh, bias, kind, sizes, reverse, keep):
    """(y, last h, last c, kept): `input` through a layer of `kind` "rnn_tanh", "rnn_relu", "gru" or "lstm".

    bias: the sum of both biases; of a GRU that of r and z, then those of n, the inputs' and the state's (m). sizes: rows of each step,
    None for those of h0 in each. keep: whether `kept`, which backward works from, is wanted: i f g o c of an LSTM, r z n m of a GRU.
    Shapes: input (rows, I); h0 (N, H); c0 likewise, of an LSTM; w_ih (G * H, I), w_hh (G * H, H); bias (H,) or (4 * H,) or None; returns
    (rows, H), (N, H), (N, H) or None, (rows, K * H) or None. Dtypes: floats, the same for all.
    Raises ShapeError, DTypeError for what does not fit.
    """
    x = input @ w_ih.T
    if bias is not None:
        x = x + bias[: x.shape[1]]
    h, c, pieces = h0.copy(), None if c0 is None else c0.copy(), {}
    dtype = np.result_type(x, h)
    h = h.astype(dtype)
    c = None if c is None else c.astype(dtype)
    for at, n in _np_walk(len(input), sizes, len(h0), reverse):
        new, state, kept = _np_step(kind, x[at : at + n], h[:n], None if c is None else c[:n], w_hh, bias)
        h[:n] = new
        if c is not None:
            c[:n] = state
        pieces[at] = new, kept
    order = sorted(pieces)
    empty = np.zeros((0, h.shape[1]), dtype)
    y = np.concatenate([empty, *(pieces[at][0] for at in order)])
    kept = (
        np.concatenate([np.zeros((0, _KEPT[kind] * h.shape[1])), *(pieces[at][1] for at in order)]).astype(dtype)
        if keep and kind in _KEPT
        else None
    )
    return y, h, c, kept


def _layer_backward_samples(r: Draw) -> list[Sample]:
    out = []
    for s in _layer_samples(r):
        input, h0, c0, w_ih, w_hh, bias = s.arrays
        y, hn, _, kept = recurrent_layer.op.ref(*s.arrays, **{**s.params, "keep": True})
        q = {k: s.params[k] for k in ("kind", "sizes", "reverse")}
        mask = (True, True, c0 is not None, True, True, bias is not None)
        some = r(*hn.shape) if s.params["keep"] else None
        out.append(
            Sample(r(*y.shape), some, None if c0 is None else r(*c0.shape), input, h0, c0, w_ih, w_hh, y, kept, id=s.id, mask=mask, **q)
        )
    return out


def _masked(mask, *values):
    return tuple(v if m else None for v, m in zip(values, mask, strict=True))


def _layer_backward_plan(grad, grad_h, grad_c, input, h0, c0, w_ih, w_hh, y, kept, kind, sizes, reverse, mask):
    shapes = (input.shape, h0.shape, h0.shape, w_ih.shape, w_hh.shape, (_BIASES[kind] * h0.shape[1],))
    return _core.Plan(*_masked(mask, *shapes), params=(_KINDS[kind], int(reverse)), dtypes=(input.dtype,) * 6,
                      arrays=(grad, grad_h, grad_c, input, h0, c0, w_ih, w_hh, y, kept, _as_array(sizes)))  # fmt: skip


def _np_slopes(kind, kept, y, before, c_before, gh, gc):
    """(slopes in the order of the bias, what of h's gradient goes past the gates, that of the c before)."""
    if kind == "gru":
        r, z, n, m = np.split(kept, 4, 1)
        sn = gh * (1 - z) * (1 - n * n)
        return np.concatenate([sn * m * r * (1 - r), gh * (before - n) * z * (1 - z), sn, sn * r], 1), gh * z, None
    if kind != "lstm":
        return gh * (1 - y * y) if kind == "rnn_tanh" else gh * (y > 0), 0, None
    i, f, g, o, c = np.split(kept, 5, 1)
    t = np.tanh(c)
    gc = gc + gh * o * (1 - t * t)
    slopes = np.concatenate([gc * g * i * (1 - i), gc * c_before * f * (1 - f), gc * i * (1 - g * g), gh * t * o * (1 - o)], 1)
    return slopes, 0, gc * f


@defop(family="general", kernel="recurrent_backward", outputs=6, where="", second_order_of="recurrent_layer", samples=_layer_backward_samples,
       unbatched="under vmap a layer is computed by its ops, and so is its gradient", ulp=128,
       plan=_layer_backward_plan, cost=lambda input, w_ih, w_hh: 2 * _layer_products(input, w_ih, w_hh),
       vjp=dict.fromkeys(("grad", "grad_h", "grad_c", "input", "h0", "c0", "w_ih", "w_hh", "y", "kept"), NONDIFF))  # fmt: skip
def recurrent_layer_backward(grad, grad_h, grad_c, input, h0, c0, w_ih, w_hh, y, kept, kind, sizes, reverse, mask):
    """Gradients of recurrent_layer for input, h0, c0, w_ih, w_hh and bias, as far as `mask` asks, from those of y, the last h and the last c,
    of which the two last may be None; y and kept are what it gave. It is not differentiable itself: see the module.

    Shapes: as recurrent_layer. Dtypes: floats.
    """
    units = h0.shape[1]
    wide = np.result_type(grad, np.float64)
    gh = np.zeros(h0.shape, wide) if grad_h is None else grad_h.astype(wide)
    gc = None if c0 is None else np.zeros(h0.shape, wide) if grad_c is None else grad_c.astype(wide)
    slopes, earlier = np.zeros((len(input), _BIASES[kind] * units), wide), np.zeros(y.shape, wide)
    walk = _np_walk(len(input), sizes, len(h0), reverse)
    for k in reversed(range(len(walk))):
        at, n = walk[k]
        before, c_before = h0[:n].astype(wide), None if c0 is None else c0[:n].astype(wide)
        if k:
            from_, known = walk[k - 1][0], min(n, walk[k - 1][1])
            before[:known] = y[from_ : from_ + known]
            if c_before is not None:
                c_before[:known] = kept[from_ : from_ + known, 4 * units :]
        rows = slice(at, at + n)
        step, past, state = _np_slopes(
            kind, None if kept is None else kept[rows], y[rows], before, c_before, gh[:n] + grad[rows], None if gc is None else gc[:n]
        )
        seen = np.concatenate([step[:, : 2 * units], step[:, 3 * units :]], 1) if kind == "gru" else step
        gh[:n] = past + seen @ w_hh
        if gc is not None:
            gc[:n] = state
        slopes[rows], earlier[rows] = step, before
    of_inputs = slopes[:, : w_ih.shape[0]]
    of_state = np.concatenate([slopes[:, : 2 * units], slopes[:, 3 * units :]], 1) if kind == "gru" else slopes
    found = (of_inputs @ w_ih, gh, gc, of_inputs.T @ input, of_state.T @ earlier, slopes.sum(0))
    return tuple(None if v is None else v.astype(input.dtype) for v in _masked(mask, *found))
