"""Optimizer kernels against the formulas written out in float64, for lists of tensors of every awkward size."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import raw
from hypothesis import given, settings
from hypothesis import strategies as st

isas = pytest.mark.parametrize("isa", raw.isas())
floats = pytest.mark.parametrize("dtype", ["f32", "f64"])
NAMES = {"f32": "float32", "f64": "float64"}
SIZES = [3, 0, 1, 17, (5, 7), 64, 0, 1000, 33]
PIECE = 1 << 15


def tensors(rng: np.random.Generator, sizes, dtype: str, positive: bool = False) -> list[np.ndarray]:
    out = []
    for size in sizes:
        x = raw.guarded(size if isinstance(size, tuple) else (size,), NAMES[dtype])
        x[...] = rng.standard_normal(x.shape) ** (2 if positive else 1)
        out.append(x)
    return out


def copies(group: list[np.ndarray]) -> list[np.ndarray]:
    out = [raw.guarded(x.shape, x.dtype.name) for x in group]
    for new, old in zip(out, group, strict=True):
        new[...] = old
    return out


def close(got: list[np.ndarray], want: list[np.ndarray], scale: float = 1.0, ulps: float = 8) -> None:
    """Within some roundings at the magnitude of the numbers that were added (`scale`)."""
    for g, w in zip(got, want, strict=True):
        raw.check_guards(g)
        assert np.all(np.abs(g - w) <= ulps * np.finfo(g.dtype).eps * (np.abs(w) + scale)), np.abs(g - w).max()


def sgd_reference(w, g, b, lr, momentum, dampening, decay, nesterov, maximize, first):
    w, g = w.astype("f8"), -g.astype("f8") if maximize else g.astype("f8")
    g = g + decay * w
    if b is not None:
        b = g if first else momentum * b.astype("f8") + (1 - dampening) * g
        g = g + momentum * b if nesterov else b
    return w - lr * g, b


@isas
@floats
@pytest.mark.parametrize("momentum", [False, True])
def test_sgd(isa: str, dtype: str, momentum: bool) -> None:
    rng = np.random.default_rng(1)
    w0, grads, b0 = (tensors(rng, SIZES, dtype) for _ in range(3))
    n = len(SIZES)
    for nesterov, maximize, first, decay in itertools.product((0, 1), (0, 1), (0, 1), (0.0, 0.25)):
        rule = (0.125, 0.9, 0.0 if nesterov else 0.3, decay, nesterov, maximize, first)
        w, b = copies(w0), [raw.guarded(x.shape, x.dtype.name) for x in b0] if first else copies(b0)  # NaN: must not be read
        assert raw.run("sgd", dtype, [*w, *grads, *(b if momentum else [None] * n)], [n, *rule], isa) == 0
        want = [sgd_reference(w0[t], grads[t], b0[t] if momentum else None, *rule) for t in range(n)]
        close(w, [x for x, _ in want])
        if momentum:
            close(b, [x for _, x in want])
        for g in grads:
            raw.check_guards(g)


def adam_reference(w, g, m, v, top, lr, beta1, beta2, eps, decay, step, decoupled, amsgrad, maximize):
    w, g, m, v, top = (x.astype("f8") for x in (w, g, m, v, top))
    g = -g if maximize else g
    if decoupled:
        w = w * (1 - lr * decay)
    else:
        g = g + decay * w
    m = m + (1 - beta1) * (g - m)
    v = v * beta2 + (1 - beta2) * g * g
    if amsgrad:
        top = np.maximum(top, v)
    denominator = np.sqrt(top if amsgrad else v) / np.sqrt(1 - beta2**step) + eps
    return w - lr / (1 - beta1**step) * m / denominator, m, v, top


@isas
@floats
@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.0, 0.5), (0.25, 0.0)])
def test_adam(isa: str, dtype: str, betas: tuple[float, float]) -> None:
    rng = np.random.default_rng(2)
    w0, grads, m0 = (tensors(rng, SIZES, dtype) for _ in range(3))
    v0, top0 = (tensors(rng, SIZES, dtype, positive=True) for _ in range(2))
    n = len(SIZES)
    for decoupled, amsgrad, maximize, decay, step in itertools.product((0, 1), (0, 1), (0, 1), (0.0, 0.25), (1, 1000)):
        rule = (0.125, *betas, 1e-3, decay, step, decoupled, amsgrad, maximize)
        w, m, v, top = copies(w0), copies(m0), copies(v0), copies(top0)
        assert raw.run("adam", dtype, [*w, *grads, *m, *v, *(top if amsgrad else [None] * n)], [n, *rule], isa) == 0
        want = [adam_reference(*state, *rule) for state in zip(w0, grads, m0, v0, top0, strict=True)]
        close(m, [x[1] for x in want])
        close(v, [x[2] for x in want], ulps=16)
        if amsgrad:
            close(top, [x[3] for x in want], ulps=16)
        for t in range(n):  # the update may be far larger than the parameter: a relative error of it is fair
            close([w[t]], [want[t][0]], scale=np.abs(want[t][0] - w0[t]) + 1, ulps=32)


@isas
def test_adam_zero_state(isa: str) -> None:
    """First step with zero gradients moves nothing (0 / eps), and one with gradients moves by lr, whatever their size."""
    for size in (1, 40):
        w, g, m, v = (np.zeros(size, "float32") for _ in range(4))
        g[::2] = 1e-6
        g[1::4] = -3e8
        assert raw.run("adam", "f32", [w, g, m, v, None], [1, 0.5, 0.9, 0.999, 1e-12, 0.0, 1, 0, 0, 0], isa) == 0
        np.testing.assert_allclose(w, -0.5 * np.sign(g), rtol=1e-5)


@isas
def test_nan_and_infinity_reach_the_parameter(isa: str) -> None:
    w, m, v, top = (np.ones(40, "float32") for _ in range(4))
    g = np.ones(40, "float32")
    g[3], g[20], top[30] = np.nan, np.inf, np.nan
    assert raw.run("adam", "f32", [w, g, m, v, top], [1, 0.5, 0.9, 0.999, 1e-8, 0.0, 1, 0, 1, 0], isa) == 0
    assert np.flatnonzero(np.isnan(w)).tolist() == [3, 20, 30] and np.isnan(top[[3, 30]]).all() and np.isinf(v[20])
    w = np.ones(40, "float32")
    assert raw.run("sgd", "f32", [w, g, None], [1, 0.5, 0.0, 0.0, 0.0, 0, 0, 0], isa) == 0
    assert np.isnan(w[3]) and np.isneginf(w[20]) and np.isfinite(np.delete(w, [3, 20])).all()


@isas
@floats
def test_sum_of_squares(isa: str, dtype: str) -> None:
    rng = np.random.default_rng(3)
    for sizes in ([], [0, 0], SIZES, [PIECE - 1, 2, PIECE, 3 * PIECE + 5]):
        group = tensors(rng, sizes, dtype)
        out = raw.guarded((1,), "float64")
        assert raw.run("sum_of_squares", dtype, [out, *group], [len(group)], isa) == 0
        raw.check_guards(out)
        want = sum(float(np.square(x.astype(np.longdouble)).sum()) for x in group)
        assert abs(out[0] - want) <= 1e-14 * want


@isas
def test_sum_of_squares_does_not_overflow_in_float32(isa: str) -> None:
    out = np.zeros(1)
    assert raw.run("sum_of_squares", "f32", [out, np.full(9, 1e30, "float32")], [1], isa) == 0
    assert out[0] == pytest.approx(9e60, rel=1e-6)


@isas
@floats
def test_scale(isa: str, dtype: str) -> None:
    before = tensors(np.random.default_rng(4), SIZES, dtype)
    after = copies(before)
    assert raw.run("scale_", dtype, after, [len(SIZES), 0.3], isa) == 0
    for x, y in zip(before, after, strict=True):
        raw.check_guards(y)
        np.testing.assert_array_equal(y, x * x.dtype.type(0.3))


@settings(deadline=None, max_examples=25)
@given(
    sizes=st.lists(st.sampled_from([0, 1, 15, 1000, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE + 7]), max_size=6),
    shift=st.integers(0, 3),
    threads=st.sampled_from([2, 3, 7]),
    seed=st.integers(0, 2**32 - 1),
)
def test_same_bits_for_any_number_of_threads(sizes: list[int], shift: int, threads: int, seed: int) -> None:
    """And for any alignment: a step of one thread over aligned copies is the reference."""
    rng = np.random.default_rng(seed)
    n = len(sizes)
    values = [[rng.standard_normal(size).astype("float32") for size in sizes] for _ in range(4)]
    values[3] = [x * x for x in values[3]]
    results = []
    for count, offset in ((1, 0), (threads, shift)):
        state = [[np.pad(x, (offset, 1))[offset:-1] for x in group] for group in values]
        norm = np.zeros(1)
        raw.lib.mg_set_num_threads(count)
        assert raw.run("sum_of_squares", "f32", [norm, *state[1]], [n]) == 0
        assert raw.run("scale_", "f32", state[1], [n, 0.7]) == 0
        assert raw.run("adam", "f32", [*itertools.chain(*state), *[None] * n], [n, 0.01, 0.9, 0.99, 1e-8, 0.1, 3, 1, 0, 0]) == 0
        assert raw.run("sgd", "f32", [*state[0], *state[1], *state[2]], [n, 0.01, 0.9, 0.0, 0.1, 1, 0, 0]) == 0
        results.append(norm.tobytes() + b"".join(x.tobytes() for group in state for x in group))
    raw.lib.mg_set_num_threads(raw.lib.mg_available_cpus())
    assert results[0] == results[1]
