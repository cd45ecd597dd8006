"""The kernels `recurrent` and `recurrent_backward` against the references of their ops in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import raw
from hypothesis import example, given, settings
from hypothesis import strategies as st

from minigrad.ops.recurrent_gates import gru_gates, gru_gates_backward, lstm_gates, lstm_gates_backward
from minigrad.ops.recurrent_layer import _BIASES, _GATES, _KEPT, _KINDS, recurrent_layer, recurrent_layer_backward

ISAS = raw.isas()
FLOATS = {"f32": np.float32, "f64": np.float64}


def close(got: np.ndarray, want: np.ndarray, ulps: float) -> None:
    scale = np.abs(want).max(initial=np.finfo(got.dtype).tiny)
    assert got.shape == want.shape
    assert np.abs(got - want).max(initial=0) <= ulps * np.finfo(got.dtype).eps * scale


def layer(kind: str, sizes: list[int], inputs: int, units: int, bias: bool, dtype: str, seed: int = 0) -> list[Any]:
    """input, h0, c0, w_ih, w_hh, bias; weights small enough for the state to stay away from the ends of its range."""
    rng, rows, n = np.random.default_rng(seed), sum(sizes), sizes[0] if sizes else 2
    gates = _GATES[kind][0] * units
    scale = 1 / np.sqrt(units + inputs + 1)
    shapes = [
        (rows, inputs),
        (n, units),
        (n, units) if kind == "lstm" else None,
        (gates, inputs),
        (gates, units),
        (_BIASES[kind] * units,) if bias else None,
    ]
    scales = [1, 1, 1, scale, scale, 1]
    return [None if s is None else (rng.standard_normal(s) * k).astype(FLOATS[dtype]) for s, k in zip(shapes, scales, strict=True)]


def run(name: str, shapes: list[Any], inputs: list[Any], kind: str, reverse: bool, dtype: str, isa: str) -> list[Any]:
    outs = [None if s is None else raw.guarded(s, FLOATS[dtype]) for s in shapes]
    assert raw.run(name, dtype, [*outs, *inputs], [_KINDS[kind], int(reverse)], isa) == 0
    for y in outs:
        if y is not None:
            raw.check_guards(y)
    return outs


def forward(kind: str, arrays: list[Any], sizes: list[int] | None, reverse: bool, keep: bool, dtype: str, isa: str) -> list[Any]:
    (rows, _), (n, units) = arrays[0].shape, arrays[1].shape
    shapes = [
        (rows, units),
        (n, units),
        None if arrays[2] is None else (n, units),
        (rows, _KEPT[kind] * units) if keep and kind in _KEPT else None,
    ]
    return run("recurrent", shapes, [*arrays, None if sizes is None else np.array(sizes, np.int64)], kind, reverse, dtype, isa)


def backward(kind: str, grads: list[Any], arrays: list[Any], y: np.ndarray, kept: Any, sizes: list[int] | None, reverse: bool, mask: tuple[bool, ...], dtype: str, isa: str) -> list[Any]:  # fmt: skip
    shapes = [a.shape if m else None for a, m in zip(arrays, mask, strict=True)]
    return run(
        "recurrent_backward",
        shapes,
        [*grads, *arrays[:5], y, kept, None if sizes is None else np.array(sizes, np.int64)],
        kind,
        reverse,
        dtype,
        isa,
    )


def wide(arrays: list[Any]) -> list[Any]:
    return [None if a is None else a.astype(np.float64) for a in arrays]


def check(kind: str, sizes: list[int], packed: bool, inputs: int, units: int, bias: bool, reverse: bool, mask: tuple[bool, ...], given: tuple[bool, ...], dtype: str, isa: str) -> None:  # fmt: skip
    """Both kernels at one geometry, the second with the first one's own results."""
    arrays = layer(kind, sizes, inputs, units, bias, dtype)
    q: dict[str, Any] = {"kind": kind, "sizes": tuple(sizes) if packed else None, "reverse": reverse}
    y, h, c, kept = forward(kind, arrays, sizes if packed else None, reverse, True, dtype, isa)
    for got, want in zip((y, h, c, kept), recurrent_layer.op.ref(*wide(arrays), keep=True, **q), strict=True):
        if got is not None:
            close(got, want, 64)
    again = forward(kind, arrays, sizes if packed else None, reverse, False, dtype, isa)
    assert again[3] is None and np.array_equal(again[0], y) and np.array_equal(again[1], h)

    rng = np.random.default_rng(1)
    grads = [
        rng.standard_normal(s).astype(FLOATS[dtype]) if wanted else None
        for s, wanted in zip((y.shape, h.shape, h.shape), given, strict=True)
    ]
    mask = tuple(m and a is not None for m, a in zip(mask, arrays, strict=True))
    found = backward(kind, grads, arrays, y, kept, sizes if packed else None, reverse, mask, dtype, isa)
    zeros = wide([np.zeros(y.shape) if grads[0] is None else grads[0], *grads[1:]])
    expected = recurrent_layer_backward.op.ref(*zeros, *wide(arrays[:5]), *wide([y, kept]), mask=mask, **q)
    for got, want in zip(found, expected, strict=True):
        if got is not None:
            close(got, want, 128 + 8 * np.sqrt(len(y)))


EVERYTHING = (True,) * 6


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize(
    "inputs, units, n, steps", [(5, 3, 2, 3), (1, 1, 1, 1), (17, 16, 7, 2), (3, 33, 15, 2), (20, 100, 5, 3), (2, 4, 3, 200)]
)
def test_equal_lengths(inputs: int, units: int, n: int, steps: int, kind: str, dtype: str, isa: str) -> None:
    """Sizes around vectors and tiles; more rows than a span; several blocks of rows of w_hh."""
    check(kind, [n] * steps, False, inputs, units, True, False, EVERYTHING, (True, True, kind == "lstm"), dtype, isa)
    check(kind, [n] * steps, False, inputs, units, False, True, EVERYTHING, (True, False, False), dtype, isa)


@st.composite
def lengths(draw: st.DrawFn) -> list[int]:
    """Sizes of steps, never more than the one before."""
    return sorted(draw(st.lists(st.integers(1, 9), min_size=1, max_size=7)), reverse=True)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("kind", _KINDS)
@settings(max_examples=15, deadline=None)
@given(sizes=lengths(), inputs=st.integers(0, 9), units=st.integers(1, 40), bias=st.booleans(), reverse=st.booleans(),
       mask=st.tuples(*[st.booleans()] * 6), given_=st.tuples(*[st.booleans()] * 3), dtype=st.sampled_from(sorted(FLOATS)))  # fmt: skip
@example([300, 299, 1], 3, 5, True, True, EVERYTHING, (True, True, True), "f32")
def test_packed(kind: str, isa: str, sizes: list[int], inputs: int, units: int, bias: bool, reverse: bool, mask: tuple[bool, ...],
                given_: tuple[bool, ...], dtype: str) -> None:  # fmt: skip
    check(kind, sizes, True, inputs, units, bias, reverse, mask, (*given_[:2], given_[2] and kind == "lstm"), dtype, isa)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("kind", _KINDS)
def test_no_rows(kind: str, isa: str) -> None:
    """No step at all: the state stays, and weights get zeros."""
    arrays = layer(kind, [], 3, 5, True, "f32")
    y, h, c, kept = forward(kind, arrays, [], False, True, "f32", isa)
    assert y.shape == (0, 5) and np.array_equal(h, arrays[1]) and (c is None or np.array_equal(c, arrays[2]))
    mask = tuple(a is not None for a in arrays)
    grads = [y, h, h if kind == "lstm" else None]
    found = backward(kind, grads, arrays, y, kept, [], False, mask, "f32", isa)
    assert np.array_equal(found[1], h) and all((g == 0).all() for g in found[3:])


@pytest.mark.parametrize("kind", _KINDS)
def test_any_number_of_threads_gives_the_same_bits(kind: str) -> None:
    sizes = [70] * 5 + [69, 40, 3]
    arrays = layer(kind, sizes, 40, 96, True, "f32")
    g = np.random.default_rng(1).standard_normal((sum(sizes), 96)).astype(np.float32)
    mask = tuple(a is not None for a in arrays)
    results, before = [], raw.lib.mg_num_threads()
    for threads in (1, 2, 3, 7):
        raw.lib.mg_set_num_threads(threads)
        y, h, c, kept = forward(kind, arrays, sizes, True, True, "f32", ISAS[-1])
        results.append([y, h, c, kept, *backward(kind, [g, h, c], arrays, y, kept, sizes, True, mask, "f32", ISAS[-1])])
    raw.lib.mg_set_num_threads(before)
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            assert (a is None and b is None) or np.array_equal(a, b)


# ---- cells ----


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("rows, units", [(1, 1), (3, 7), (2, 16), (5, 33), (0, 4), (400, 50)])
@pytest.mark.parametrize(
    "op, back, gates, states, keeps", [(lstm_gates, lstm_gates_backward, 4, 2, 5), (gru_gates, gru_gates_backward, 3, 1, 4)]
)
def test_cells(op: Any, back: Any, gates: int, states: int, keeps: int, rows: int, units: int, dtype: str, isa: str) -> None:
    rng = np.random.default_rng(2)
    kind = FLOATS[dtype]
    shapes = [(rows, gates * units), (rows, gates * units), (rows, units)]
    arrays = [rng.standard_normal(s).astype(kind) for s in shapes]
    kept = None
    for keep in (True, False):
        outs = [raw.guarded((rows, units), kind) for _ in range(states)] + [raw.guarded((rows, keeps * units), kind) if keep else None]
        assert raw.run(op.op.name, dtype, [*outs, *arrays], (), isa) == 0
        for got, want in zip(outs, op.op.ref(*wide(arrays), keep=keep), strict=True):
            if got is not None:
                raw.check_guards(got)
                close(got, want, 16)
        kept = outs[-1] if keep else kept
    for some in (True, False)[:states]:
        grads: list[Any] = [rng.standard_normal((rows, units)).astype(kind) for _ in range(states)]
        if not some:
            grads[1] = None
        found = [raw.guarded(s, kind) for s in ([shapes[0], shapes[2]] if states == 2 else shapes)]
        assert raw.run(back.op.name, dtype, [*found, *grads, arrays[2], kept], (), isa) == 0
        for got, want in zip(found, back.op.ref(*wide([*grads, arrays[2], kept])), strict=True):
            raw.check_guards(got)
            close(got, want, 32)
