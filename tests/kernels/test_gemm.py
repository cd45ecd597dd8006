"""The kernels `matmul` and `matmul_plain`, and through them the internal entry gemm.

Whole numbers make every product and sum exact in any order, so most comparisons are for equality, in float32 too; the error bound of
rounding, k * eps * (|A| @ |B|), is tested apart."""

from __future__ import annotations

import numpy as np
import pytest
import raw

ISAS = raw.isas()
SUFFIX = {"float32": "f32", "float64": "f64", "int64": "i64", "int32": "i32", "uint8": "u8"}
# m, n, k: around the rows of a tile (6, 14) and the lanes of vectors (4, 8, 16), skinny, empty
SHAPES = [
    (1, 1, 1), (2, 3, 5), (1, 70, 33), (70, 1, 33), (33, 29, 1), (5, 7, 0), (0, 4, 3), (4, 0, 3), (13, 31, 9), (14, 32, 8), (15, 33, 40), (29, 65, 17),
    (64, 10, 32), (64, 48, 127), (130, 100, 70),
]  # fmt: skip


def whole(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    return rng.integers(0 if dtype == "uint8" else -8, 9, shape).astype(dtype)


def laid_out(x: np.ndarray, how: str) -> np.ndarray:
    """The same values in another layout."""
    if how == "transposed":
        return np.ascontiguousarray(x.swapaxes(-1, -2)).swapaxes(-1, -2)
    if how == "stepped":
        big = np.zeros((*x.shape[:-2], x.shape[-2] * 2, x.shape[-1] * 3), x.dtype)
        big[..., ::2, ::3] = x
        return big[..., ::2, ::3]
    if how == "backwards":
        return np.ascontiguousarray(x[..., ::-1, ::-1])[..., ::-1, ::-1]
    return np.ascontiguousarray(x)


def matmul(a: np.ndarray, b: np.ndarray, bias: np.ndarray | None = None, act: int = 0, isa: str | None = None, name: str = "matmul") -> np.ndarray:
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a, b = np.broadcast_to(a, batch + a.shape[-2:]), np.broadcast_to(b, batch + b.shape[-2:])
    c = raw.guarded((*batch, a.shape[-2], b.shape[-1]), a.dtype.name)
    if bias is not None:
        bias = np.broadcast_to(bias, c.shape)
    assert raw.run(name, SUFFIX[a.dtype.name], [c, a, b, bias], [act], isa) == 0
    raw.check_guards(c)
    return c


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", SUFFIX)
@pytest.mark.parametrize("name", ["matmul", "matmul_plain"])
def test_exact_on_whole_numbers(isa, dtype, name):
    rng = np.random.default_rng(0)
    for m, n, k in SHAPES:
        a, b = whole(rng, (m, k), dtype), whole(rng, (k, n), dtype)
        want = a @ b
        for how_a, how_b in [("plain", "plain"), ("transposed", "plain"), ("plain", "transposed"), ("transposed", "transposed"), ("stepped", "backwards")]:
            got = matmul(laid_out(a, how_a), laid_out(b, how_b), isa=isa, name=name)
            assert np.array_equal(got, want), (m, n, k, how_a, how_b)
