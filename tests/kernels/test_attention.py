"""Attention, forward and backward, against its formula in long double: all tables, masks, odd sizes around tiles and vectors, any strides."""

from __future__ import annotations

import numpy as np
import pytest
import raw

ISAS = raw.isas()
FLOATS = {"f32": np.float32, "f64": np.float64}
# batch, heads, groups, l, s, e, f
SIZES = [
    (1, 1, 1, 1, 1, 1, 1), (2, 3, 3, 5, 7, 4, 3), (1, 2, 1, 17, 15, 8, 5), (1, 1, 1, 65, 129, 3, 2), (2, 4, 2, 1, 37, 16, 33), (1, 2, 2, 3, 300, 5, 4),
    (1, 1, 1, 130, 40, 17, 9), (1, 6, 2, 33, 257, 2, 1), (1, 2, 1, 4, 0, 3, 2), (1, 2, 1, 0, 4, 3, 2), (0, 2, 1, 3, 4, 3, 2), (2, 2, 2, 9, 3, 0, 2), (1, 1, 1, 9, 3, 2, 0),
]  # fmt: skip
MASKS = ["none", "causal", "bool", "keys", "numbers", "broadcast"]


def draw(seed: int, dtype: str, sizes: tuple[int, ...], mask: str, layout: str) -> tuple[list[np.ndarray], np.ndarray | None]:
    """q, k, v, g and the mask. layout: how (batch, heads, rows, columns) lies in memory."""
    rng = np.random.default_rng(seed)
    b, h, groups, n, s, e, f = sizes
    order = {"rows": (0, 1, 2, 3), "heads last": (0, 2, 1, 3), "columns": (3, 0, 1, 2)}[layout]
    arrays = []
    for shape in ((b, h, n, e), (b, groups, s, e), (b, groups, s, f), (b, h, n, f)):
        x = rng.standard_normal([2 * shape[i] if i == 3 else shape[i] for i in order]).astype(FLOATS[dtype])
        x = x.transpose(np.argsort(order))
        arrays.append(x[..., : shape[3]] if layout != "columns" else x[..., ::2])
    seen = rng.random((b, h, n, s)) < 0.7
    seen[:, :, n // 2 : n // 2 + 1] = False  # sees nothing
    if mask == "bool":
        return arrays, seen
    if mask == "keys":
        return arrays, np.broadcast_to(seen[:, :1, :1], seen.shape) if n else seen
    if mask == "numbers":
        return arrays, np.where(seen, rng.standard_normal(seen.shape), -np.inf).astype(FLOATS[dtype])
    if mask == "broadcast":
        return arrays, np.broadcast_to(rng.standard_normal((n, 1)).astype(FLOATS[dtype]) + np.arange(s, dtype=FLOATS[dtype]), seen.shape)
    return arrays, None


def formula(q, k, v, g, mask, scale, causal):
    """y, lse and the gradients, and the size of the largest terms of each, in long double."""
    group = q.shape[1] // k.shape[1]
    q, k, v, g = (np.asarray(x, np.longdouble) for x in (q, k, v, g))
    k, v = np.repeat(k, group, 1), np.repeat(v, group, 1)
    scores = scale * (q @ k.swapaxes(2, 3))
    if causal:
        scores = np.where(np.tri(*scores.shape[2:], dtype=bool), scores, -np.inf)
    if mask is not None:
        scores = np.where(mask, scores, -np.inf) if mask.dtype == bool else scores + mask
    top = scores.max(-1, keepdims=True, initial=-np.inf)
    p = np.exp(scores - np.where(np.isinf(top), 0, top))
    total = p.sum(-1, keepdims=True)
    with np.errstate(divide="ignore"):
        lse = np.where(total > 0, np.where(np.isinf(top), 0, top) + np.log(total), np.inf)[..., 0]
    p /= np.where(total > 0, total, 1)

    def gradients(v, g, p, q, k, sign):
        dp = g @ v.swapaxes(2, 3)
        d = scale * p * (dp + sign * (p * dp).sum(-1, keepdims=True))
        gk, gv = d.swapaxes(2, 3) @ q, p.swapaxes(2, 3) @ g
        shared = [x.reshape(x.shape[0], x.shape[1] // group, group, *x.shape[2:]).sum(2) for x in (gk, gv)]
        return [x.swapaxes(1, 2) for x in (d @ k, *shared)]

    values = [(p @ v).swapaxes(1, 2), lse, *gradients(v, g, p, q, k, -1)]
    sizes = [(p @ np.abs(v)).swapaxes(1, 2), 1 + np.abs(np.where(np.isinf(lse), 0, lse)), *gradients(*map(np.abs, (v, g, p, q, k)), 1)]
    return values, sizes


def run(dtype, arrays, mask, scale, causal, isa, wanted=(True, True, True)):
    q, k, v, g = arrays
    b, h, n, e = q.shape
    groups, s, f = k.shape[1], k.shape[2], v.shape[3]
    y, lse = raw.guarded((b, n, h, f), FLOATS[dtype]), raw.guarded((b, h, n), FLOATS[dtype])
    assert raw.run("attention", dtype, [y, lse, q, k, v, mask], [float(scale), int(causal)], isa) == 0
    grads = [
        raw.guarded(shape, FLOATS[dtype]) if w else None
        for w, shape in zip(wanted, ((b, n, h, e), (b, s, groups, e), (b, s, groups, f)), strict=True)
    ]
    g = g.swapaxes(1, 2)
    assert raw.run("attention_backward", dtype, [*grads, g, q, k, v, mask, y, lse], [float(scale), int(causal)], isa) == 0
    for x in (y, lse, *grads):
        if x is not None:
            raw.check_guards(x)
    return [y, lse, *grads]


def check(results, values, sizes, dtype, slack):
    for name, got, want, size in zip(("y", "lse", "gq", "gk", "gv"), results, values, sizes, strict=True):
        same = np.isinf(want) & (got == want)
        with np.errstate(invalid="ignore"):
            error = np.where(same, 0, np.abs(got - want))
        info = np.finfo(FLOATS[dtype])  # weights below the smallest normal number are none
        assert got.shape == want.shape and (error <= slack * (info.eps * size + 2 * info.tiny)).all(), (name, error.max())


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_values_and_gradients(sizes: tuple[int, ...], mask: str, dtype: str, isa: str) -> None:
    layout = ("rows", "heads last", "columns")[(len(mask) + sizes[3]) % 3]
    arrays, m = draw(1, dtype, sizes, mask, layout)
    values, scales = formula(*arrays, m, 0.4, mask == "causal")
    # A score is off by some eps times the sum of its terms' sizes; exp makes that a relative error of a weight.
    spread = 0.4 * float((np.abs(arrays[0]) @ np.repeat(np.abs(arrays[1]), sizes[1] // sizes[2] if sizes[2] else 1, 1).swapaxes(2, 3)).max(initial=0)) + (sizes[4] if mask == "broadcast" else 2)  # fmt: skip
    check(run(dtype, arrays, m, 0.4, mask == "causal", isa), values, scales, dtype, 16 + 6 * spread)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("order", ["rising", "falling"])
def test_scores_that_grow_from_block_to_block(order: str, isa: str) -> None:
    """The online softmax where each block of keys outweighs, or is outweighed by, all before it, beyond what exp can hold."""
    (q, k, v, g), _ = draw(2, "f32", (1, 2, 2, 20, 700, 4, 3), "none", "rows")
    q[..., 0] = 1
    k[..., 0] = np.linspace(-200, 200, 700)[:: 1 if order == "rising" else -1]
    values, sizes = formula(q, k, v, g, None, 1.0, False)
    check(run("f32", [q, k, v, g], None, 1.0, False, isa), values, sizes, "f32", 2000)


@pytest.mark.parametrize("isa", ISAS)
def test_what_is_hidden_has_no_say(isa: str) -> None:
    """NaN in keys that a query must not see reaches neither its weights nor its gradients; NaN that it sees does."""
    for n in (2, 9):
        (q, k, v, g), _ = draw(3, "f32", (1, 1, 1, n, 40, 4, 3), "none", "rows")
        k[0, 0, 20:] = np.nan
        seen = np.broadcast_to(np.arange(40) < 20, (1, 1, n, 40))
        for mask, causal in ((seen, False), (None, True)):
            y, lse, gq, *_ = run("f32", [q, k, v, g], mask, 1.0, causal, isa)
            assert np.isfinite(y).all() and np.isfinite(lse).all()
        assert np.isnan(run("f32", [q, k, v, g], None, 1.0, False, isa)[0]).all()


@pytest.mark.parametrize("isa", ISAS)
def test_only_what_is_wanted(isa: str) -> None:
    arrays, mask = draw(4, "f32", (2, 4, 2, 70, 140, 8, 5), "bool", "heads last")
    whole = run("f32", arrays, mask, 0.5, False, isa)
    for wanted in ((True, False, False), (False, True, False), (False, False, True)):
        for got, want in zip(run("f32", arrays, mask, 0.5, False, isa, wanted), whole, strict=True):
            assert got is None or np.array_equal(got, want)


def test_same_bits_for_every_number_of_threads() -> None:
    cases = [((3, 4, 2, 130, 300, 32, 32), "causal"), ((1, 2, 1, 500, 200, 16, 24), "bool"), ((2, 8, 2, 1, 900, 64, 64), "none")]
    try:
        for sizes, mask in cases:
            arrays, m = draw(5, "f32", sizes, mask, "heads last")
            raw.lib.mg_set_num_threads(1)
            want = run("f32", arrays, m, 0.2, mask == "causal", None)
            for threads in (2, 3, 7):
                raw.lib.mg_set_num_threads(threads)
                for got, first in zip(run("f32", arrays, m, 0.2, mask == "causal", None), want, strict=True):
                    assert np.array_equal(got, first)
    finally:
        raw.lib.mg_set_num_threads(1)
