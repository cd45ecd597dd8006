"""Winograd's way to compute 3x3 convolutions: within the error bound that its transforms imply, exact about what is not finite, and never
taken where it was not allowed."""

from __future__ import annotations

import numpy as np
import pytest
import raw
from conv_reference import Conv, compute, reference
from hypothesis import given, settings
from hypothesis import strategies as st

EPS = float(np.finfo(np.float32).eps)


def transforms() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """B' (pixels to points), G (taps to points), A' (points to outputs) by interpolation at five points and infinity."""
    points = [0, 0.625, -0.625, 1.5, -1.5]
    whole = np.poly(points)[::-1]  # lowest power first
    pixels = np.array([[*np.poly([q for q in points if q != p])[::-1], 0] for p in points] + [whole])
    taps = np.array([[p**k / np.prod([p - q for q in points if q != p]) for k in range(3)] for p in points] + [[0, 0, 1]])
    outputs = np.array([[p**k for p in points] + [float(k == 3)] for k in range(4)])
    return pixels, taps, outputs


def tiles(x: np.ndarray, q: Conv, top: int, left: int, side: int, rows: int, columns: int) -> np.ndarray:
    """(n, c, tiles down, tiles across, side, side) of pixels from (top, left) on, one tile every four."""
    down, across = -(-rows // 4), -(-columns // 4)
    big = np.zeros((*x.shape[:2], 4 * down + 16, 4 * across + 16))
    big[:, :, 8 : 8 + x.shape[2], 8 : 8 + x.shape[3]] = x
    return np.stack([np.stack([big[:, :, 8 + top + 4 * i :, 8 + left + 4 * j :][:, :, :side, :side] for j in range(across)], 2)
                     for i in range(down)], 2)  # fmt: skip


def put(y: np.ndarray, rows: int, columns: int) -> np.ndarray:
    n, c, down, across = y.shape[:4]
    return y.transpose(0, 1, 2, 4, 3, 5).reshape(n, c, 4 * down, 4 * across)[:, :, :rows, :columns]


def winograd(x: np.ndarray, w: np.ndarray, g: np.ndarray, q: Conv, of=lambda a: a) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """y, gx, gw by the definition in float64; with of=abs, what bounds their rounding errors, in units of eps and number of roundings."""
    b, t, a = (of(m) for m in transforms())
    x, w, g = (of(v.astype(np.float64)) for v in (x, w, g))
    oh, ow = q.out
    at_points = b @ tiles(x, q, -q.p[0], -q.p[1], 6, oh, ow) @ b.T
    y = a @ np.einsum("ncijuv,ocuv->noijuv", at_points, t @ w @ t.T) @ a.T
    back = b @ tiles(g, q, q.p[0] - 2, q.p[1] - 2, 6, q.h, q.w) @ b.T
    gx = a @ np.einsum("noijuv,ocuv->ncijuv", back, t @ w[:, :, ::-1, ::-1] @ t.T) @ a.T
    maps = a.T @ tiles(g, q, 0, 0, 4, oh, ow) @ a
    gw = t.T @ np.einsum("noijuv,ncijuv->ocuv", maps, at_points) @ t
    return put(y, oh, ow), put(gx, q.h, q.w), gw


def random(q: Conv, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x, w, g = (rng.standard_normal(shape).astype(np.float32) for shape in q.shapes())
    return x, w, g


def differ(a, b) -> list[bool]:
    return [bool((p != q).any()) for p, q in zip(a, b, strict=True)]


# Large enough to be computed this way; sides around multiples of four, bands of an image, several images at a time, few tiles for many filters.
CASES = [
    Conv(4, 16, 16, 16, 16, (3, 3), p=(1, 1)),
    Conv(3, 17, 27, 25, 33, (3, 3), p=(1, 0)),
    Conv(18, 16, 7, 8, 20, (3, 3), p=(1, 1)),
    Conv(1, 19, 57, 40, 16, (3, 3), p=(0, 2)),
    Conv(17, 40, 7, 6, 24, (3, 3), p=(2, 2)),
    Conv(60, 16, 3, 4, 16, (3, 3), p=(1, 1)),
    Conv(7, 70, 7, 6, 130, (3, 3), p=(1, 1)),
    Conv(2, 129, 9, 12, 75, (3, 3), p=(0, 2)),
]


@pytest.mark.parametrize("q", CASES[:2], ids=str)
def test_definition(q: Conv) -> None:
    """The transforms that the bound is made of are convolution."""
    x, w, g = random(q, 0)
    for a, b in zip(winograd(x, w, g, q), reference(x, w, g, q), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-10)


def check_bound(q: Conv, isa: str, seed: int, scale: float) -> list[bool]:
    x, w, g = random(q, seed)
    rng = np.random.default_rng(seed)
    x, g = (v * np.exp(rng.uniform(-scale, scale, v.shape)).astype(np.float32) for v in (x, g))  # large beside small
    got, want, bound = compute(q, "f32", isa, x, w, g, winograd=True), reference(x, w, g, q), winograd(x, w, g, q, abs)
    count = q.n * -(-q.out[0] // 4) * -(-q.out[1] // 4)
    for name, a, b, most, terms in zip(("y", "gx", "gw"), got, want, bound, (q.c, q.o, count), strict=True):
        excess = abs(a - b) - (terms + 32) * EPS * most
        assert (excess <= 0).all(), f"{name} of {q}: {excess.max()}"
    return differ(got, compute(q, "f32", isa, x, w, g))


@pytest.mark.parametrize("isa", raw.isas())
@pytest.mark.parametrize("q", CASES, ids=str)
def test_error_bound(q: Conv, isa: str) -> None:
    """|error| <= roundings * eps * (the same transforms, of absolute values)."""
    assert any(check_bound(q, isa, 1, 0.0)), "computed directly: this tests nothing"


@pytest.mark.parametrize("isa", raw.isas())
@given(st.data())
@settings(max_examples=10, deadline=None)
def test_error_bound_of_any_geometry(isa: str, data: st.DataObject) -> None:
    draw = data.draw
    h, w = draw(st.integers(3, 30)), draw(st.integers(3, 30))
    n = draw(st.integers(1, 3)) + 50 * 16 // (h * w)
    c, o = draw(st.integers(16, 35)), draw(st.integers(16, 35))
    q = Conv(n, c, h, w, o, (3, 3), p=(draw(st.integers(0, 2)), draw(st.integers(0, 2))))
    check_bound(q, isa, draw(st.integers(0, 2**32 - 1)), draw(st.sampled_from([0.0, 3.0])))


def test_errors_are_some_times_those_of_the_direct_sum() -> None:
    """What the documentation of mg.backends.conv says."""
    q = Conv(4, 64, 28, 28, 64, (3, 3), p=(1, 1))
    x, w, g = random(q, 2)
    want = reference(x, w, g, q)
    for winograd_too, most in ((True, 4e-6), (False, 2e-6)):
        for a, b in zip(compute(q, "f32", None, x, w, g, winograd=winograd_too), want, strict=True):
            assert abs(a - b).max() <= most * abs(b).max()


@pytest.mark.parametrize("isa", raw.isas())
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38])
def test_what_is_not_finite_is_computed_directly(value: float, isa: str) -> None:
    q = CASES[0]
    for seed, place in enumerate([(0, 0, 0, 0), (3, 15, 15, 15), (1, 7, 6, 9), (2, 3, 3, 0)]):
        x, w, g = random(q, seed)
        x[place] = g[place] = value
        allowed, direct = compute(q, "f32", isa, x, w, g, winograd=True), compute(q, "f32", isa, x, w, g)
        for a, b in zip(allowed, direct, strict=True):
            if not np.isfinite(value):
                np.testing.assert_array_equal(a, b)
            assert not np.isnan(a[np.isfinite(b)]).any()


@pytest.mark.parametrize("isa", raw.isas())
def test_relu_and_bias(isa: str) -> None:
    q = CASES[1]
    x, w, g = random(q, 3)
    bias = np.linspace(-9, 9, q.o, dtype=np.float32)
    plain = compute(q, "f32", isa, x, w, g, bias, winograd=True)[0]
    np.testing.assert_array_equal(compute(q, "f32", isa, x, w, g, bias, relu=True, winograd=True)[0], np.maximum(plain, 0))
    bare = compute(q, "f32", isa, x, w, g, winograd=True)[0]
    np.testing.assert_array_equal(plain, bare + bias[:, None, None])


def test_never_in_double_nor_beyond_3x3() -> None:
    q = CASES[0]
    x, w, g = (v.astype(np.float64) for v in random(q, 4))
    assert not any(differ(compute(q, "f64", None, x, w, g, winograd=True), compute(q, "f64", None, x, w, g)))
    for other in (
        Conv(4, 16, 16, 16, 16, (3, 3), (2, 2), (1, 1)),
        Conv(4, 16, 16, 16, 16, (3, 3), p=(2, 2), d=(2, 2)),
        Conv(4, 32, 16, 16, 32, (3, 3), p=(1, 1), groups=2),
        Conv(4, 16, 16, 16, 16, (5, 3), p=(1, 1)),
        Conv(4, 16, 16, 16, 16, (3, 3), p=(3, 1)),
    ):
        data = random(other, 5)
        assert not any(differ(compute(other, "f32", None, *data, winograd=True), compute(other, "f32", None, *data)))


@pytest.mark.parametrize("isa", raw.isas())
@pytest.mark.parametrize("q", CASES, ids=str)
def test_same_bits_for_every_number_of_threads(q: Conv, isa: str) -> None:
    data = random(q, 6)
    before = raw.lib.mg_num_threads()
    try:
        results = []
        for threads in (1, 2, 3):
            raw.lib.mg_set_num_threads(threads)
            results.append(compute(q, "f32", isa, *data, winograd=True))
    finally:
        raw.lib.mg_set_num_threads(before)
    assert not any(differ(results[0], results[1])) and not any(differ(results[0], results[2]))
