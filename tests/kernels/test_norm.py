"""Layer and batch normalisation against formulas in long double."""

from __future__ import annotations

import numpy as np
import pytest
import raw

ISAS = raw.isas()
FLOATS = {"f32": np.float32, "f64": np.float64}
EPS = 1e-5


def run(name: str, dtype: str, inputs: list, shapes: list, isa: str, *params: float) -> list:
    """Outputs of the given shapes; None where no output is wanted."""
    outs = [None if s is None else raw.guarded(s, FLOATS[dtype]) for s in shapes]
    assert raw.run(name, dtype, [*outs, *inputs], params, isa) == 0
    for y in outs:
        if y is not None:
            raw.check_guards(y)
    return outs


def close(got: np.ndarray, want: np.ndarray, scale: np.ndarray | float, ulps: float) -> None:
    err = np.abs(got - want) / (np.finfo(got.dtype).eps * (scale + np.finfo(got.dtype).tiny))
    assert got.shape == want.shape and (err <= ulps).all(), err.max()


def normalise(x: np.ndarray, axes: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    mean, var = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    return (x - mean) / np.sqrt(var + EPS), mean, 1 / np.sqrt(var + EPS)


def backward(g: np.ndarray, z: np.ndarray, rstd: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    return rstd * (g - g.mean(axes, keepdims=True) - z * (g * z).mean(axes, keepdims=True))


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (4, 16), (70, 17), (130, 33), (2, 2100), (1100, 3), (0, 4)])
@pytest.mark.parametrize("affine", [True, False])
def test_layer_norm(affine: bool, shape: tuple[int, int], dtype: str, isa: str) -> None:
    rng = np.random.default_rng(1)
    kind, (rows, n) = FLOATS[dtype], shape
    x, g = (rng.standard_normal(shape) + 2).astype(kind), rng.standard_normal(shape).astype(kind)
    w, b = (rng.uniform(0.5, 2, n).astype(kind), rng.standard_normal(n).astype(kind)) if affine else (None, None)
    lx, lg, lw = x.astype(np.longdouble), g.astype(np.longdouble), np.ones(n) if w is None else w.astype(np.longdouble)
    z, mean, rstd = normalise(lx, (1,))
    y, m, r = run("layer_norm", dtype, [x, w, b], [shape, (rows,), (rows,)], isa, EPS)
    slack = np.abs(lx).max(1, keepdims=True, initial=0) * rstd  # what the rounding of the mean costs
    close(m, mean[:, 0], np.abs(lx).mean(1), 4)
    close(r, rstd[:, 0], rstd[:, 0] * (1 + slack[:, 0] ** 2 * np.finfo(kind).eps), 16)
    close(y, z * lw + (0 if b is None else b), (np.abs(z) + slack) * lw + (0 if b is None else np.abs(b)), 16)
    gx, gw, gb = run("layer_norm_backward", dtype, [g, x, m, r, w], [shape, (n,), (n,)], isa)
    h = lg * lw
    size = rstd * (
        np.abs(h) + np.abs(h).mean(1, keepdims=True) + (np.abs(z) + slack) * (np.abs(h) * (np.abs(z) + slack)).mean(1, keepdims=True)
    )
    close(gx, backward(h, z, rstd, (1,)), size, 32)
    close(gb, lg.sum(0), np.abs(lg).sum(0), 40)
    close(gw, (lg * z).sum(0), (np.abs(lg) * (np.abs(z) + slack)).sum(0), 40)
    again, none, _ = run("layer_norm_backward", dtype, [g, x, m, r, w], [shape, None, None], isa)
    assert none is None and np.array_equal(again, gx)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    "shape",
    [
        (5, 3, 1),
        (1, 2, 7),
        (70, 17, 1),
        (3, 600, 1),
        (4, 5, 3),
        (6, 80, 9),
        (3, 4, 16),
        (5, 2, 49),
        (1, 4, 49),
        (3, 70, 17),
        (2, 3, 1500),
        (4, 0, 3),
    ],
)
@pytest.mark.parametrize("affine", [True, False])
def test_batch_norm(affine: bool, shape: tuple[int, int, int], dtype: str, isa: str) -> None:
    rng = np.random.default_rng(1)
    kind, (_, c, _) = FLOATS[dtype], shape
    x, g = (rng.standard_normal(shape) + np.arange(c)[:, None] % 4).astype(kind), rng.standard_normal(shape).astype(kind)
    w, b = (rng.uniform(0.5, 2, c).astype(kind), rng.standard_normal(c).astype(kind)) if affine else (None, None)
    lx, lg = x.astype(np.longdouble), g.astype(np.longdouble)
    lw, lb = np.ones((c, 1)) if w is None else w.astype(np.longdouble)[:, None], np.zeros((c, 1)) if b is None else b[:, None]
    z, mean, rstd = normalise(lx, (0, 2))
    y, m, r = run("batch_norm", dtype, [x, w, b], [shape, (c,), (c,)], isa, EPS)
    slack = np.abs(lx).max((0, 2), keepdims=True, initial=0) * rstd
    close(m, mean.ravel(), np.abs(lx).mean((0, 2)), 4)
    close(r, rstd.ravel(), (rstd * (1 + slack**2 * np.finfo(kind).eps)).ravel(), 16)
    close(y, z * lw + lb, (np.abs(z) + slack) * lw + np.abs(lb), 16)
    assert np.array_equal(run("batch_norm_apply", dtype, [x, m, r, w, b], [shape], isa)[0], y)

    gx, gw, gb = run("batch_norm_backward", dtype, [g, x, m, r, w], [shape, (c,), (c,)], isa, 1)
    size = (
        rstd
        * lw
        * (
            np.abs(lg)
            + np.abs(lg).mean((0, 2), keepdims=True)
            + (np.abs(z) + slack) * (np.abs(lg) * (np.abs(z) + slack)).mean((0, 2), keepdims=True)
        )
    )
    close(gx, backward(lg, z, rstd, (0, 2)) * lw, size, 32)
    close(gb, lg.sum((0, 2)), np.abs(lg).sum((0, 2)), 40)
    close(gw, (lg * z).sum((0, 2)), (np.abs(lg) * (np.abs(z) + slack)).sum((0, 2)), 40)
    gx, gw2, none = run("batch_norm_backward", dtype, [g, x, m, r, w], [shape, (c,), None], isa, 0)
    close(gx, lg * rstd * lw, np.abs(lg) * rstd * lw, 24)
    assert none is None and np.array_equal(gw2, gw)


@pytest.mark.parametrize("isa", ISAS)
def test_large_mean(isa: str) -> None:
    """Variance 1 beside a mean of 1000: E[x^2] - E[x]^2 in float32 would keep no digit of it."""
    rng = np.random.default_rng(4)
    x = (rng.standard_normal((40, 2, 100)) + 1000).astype(np.float32)
    _, _, r = run("batch_norm", "f32", [x, None, None], [x.shape, (2,), (2,)], isa, 0.0)
    assert np.allclose(r, 1 / x.astype(np.float64).std((0, 2)), rtol=1e-6)
    _, _, r = run("batch_norm", "f32", [x[:, :, :1].copy(), None, None], [(40, 2, 1), (2,), (2,)], isa, 0.0)
    assert np.allclose(r, 1 / x[:, :, 0].astype(np.float64).std(0), rtol=1e-6)
    _, _, r = run("layer_norm", "f32", [x[0], None, None], [(2, 100), (2,), (2,)], isa, 0.0)
    assert np.allclose(r, 1 / x[0].astype(np.float64).std(1), rtol=1e-6)


def test_same_bits_for_every_number_of_threads() -> None:
    rng = np.random.default_rng(6)
    x, g = (rng.standard_normal((1500, 64)).astype(np.float32) for _ in range(2))
    planes = (50, 20, 96)
    results: dict[int, list] = {}
    try:
        for threads in (1, 2, 3, 7):
            raw.lib.mg_set_num_threads(threads)
            y, m, r = run("layer_norm", "f32", [x, None, None], [x.shape, (1500,), (1500,)], ISAS[-1], EPS)
            outs = [y, *run("layer_norm_backward", "f32", [g, x, m, r, None], [x.shape, (64,), (64,)], ISAS[-1])]
            for shape in (planes, (150, 640, 1)):
                v, h = x.reshape(shape), g.reshape(shape)
                c = (shape[1],)
                y, m, r = run("batch_norm", "f32", [v, None, None], [shape, c, c], ISAS[-1], EPS)
                outs += [y, m, r, *run("batch_norm_backward", "f32", [h, v, m, r, None], [shape, c, c], ISAS[-1], 1)]
            results[threads] = [o.tobytes() for o in outs]
    finally:
        raw.lib.mg_set_num_threads(1)
    assert all(results[t] == results[1] for t in results)
