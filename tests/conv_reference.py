"""Convolutions as data, their values and gradients in float64, and the kernels to compare with them: for the tests of convolution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import raw

DTYPES = {"f32": "float32", "f64": "float64"}


@dataclass(frozen=True)
class Conv:
    n: int
    c: int
    h: int
    w: int
    o: int
    k: tuple[int, int]
    s: tuple[int, int] = (1, 1)
    p: tuple[int, int] = (0, 0)
    d: tuple[int, int] = (1, 1)
    groups: int = 1

    @property
    def out(self) -> tuple[int, int]:
        return tuple(
            (size + 2 * p - d * (k - 1) - 1) // s + 1
            for size, k, s, p, d in zip((self.h, self.w), self.k, self.s, self.p, self.d, strict=True)
        )

    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Of x, w, y."""
        return (self.n, self.c, self.h, self.w), (self.o, self.c // self.groups, *self.k), (self.n, self.o, *self.out)

    def params(self, relu: bool = False, winograd: bool = False) -> list[int]:
        return [*self.s, *self.p, *self.d, self.groups, int(relu), int(winograd)]


def windows(x: np.ndarray, q: Conv) -> np.ndarray:
    """(n, c, kh, kw, oh, ow): what each tap reads."""
    padded = np.pad(x, ((0, 0), (0, 0), (q.p[0],) * 2, (q.p[1],) * 2))
    oh, ow = q.out
    out = np.empty((*x.shape[:2], *q.k, oh, ow), x.dtype)
    for i, j in np.ndindex(*q.k):
        out[:, :, i, j] = padded[:, :, i * q.d[0] :, j * q.d[1] :][:, :, : q.s[0] * oh : q.s[0], : q.s[1] * ow : q.s[1]]
    return out


def fold(cols: np.ndarray, q: Conv) -> np.ndarray:
    """Adjoint of windows."""
    oh, ow = q.out
    padded = np.zeros((*cols.shape[:2], q.h + 2 * q.p[0], q.w + 2 * q.p[1]), cols.dtype)
    for i, j in np.ndindex(*q.k):
        padded[:, :, i * q.d[0] :, j * q.d[1] :][:, :, : q.s[0] * oh : q.s[0], : q.s[1] * ow : q.s[1]] += cols[:, :, i, j]
    return padded[:, :, q.p[0] : q.p[0] + q.h, q.p[1] : q.p[1] + q.w]


def split(a: np.ndarray, axis: int, groups: int) -> np.ndarray:
    return a.reshape(*a.shape[:axis], groups, a.shape[axis] // groups, *a.shape[axis + 1 :])


def reference(x: np.ndarray, w: np.ndarray, g: np.ndarray, q: Conv) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """y, gx, gw in float64."""
    x, w, g = (a.astype(np.float64) for a in (x, w, g))
    cols, wg, gg = split(windows(x, q), 1, q.groups), split(w, 0, q.groups), split(g, 1, q.groups)
    y = np.einsum("ngcijyx,gocij->ngoyx", cols, wg, optimize=True).reshape(g.shape)
    gcols = np.einsum("ngoyx,gocij->ngcijyx", gg, wg, optimize=True).reshape(q.n, q.c, *q.k, *q.out)
    gw = np.einsum("ngoyx,ngcijyx->gocij", gg, cols, optimize=True).reshape(w.shape)
    return y, fold(gcols, q), gw


def compute(
    q: Conv, dtype: str, isa: str | None, x, w, g, bias=None, relu: bool = False, winograd: bool = False
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    y, gx, gw = (raw.guarded(a.shape, DTYPES[dtype]) for a in (g, x, w))
    assert raw.run("conv2d", dtype, [y, x, w, bias], q.params(relu, winograd), isa) == 0
    assert raw.run("conv2d_backward_input", dtype, [gx, g, w], q.params(winograd=winograd), isa) == 0
    assert raw.run("conv2d_backward_weight", dtype, [gw, g, x], q.params(winograd=winograd), isa) == 0
    for a in (y, gx, gw):
        raw.check_guards(a)
    return y, gx, gw
