"""Tensors made from numbers alone: ranges, index grids, and the windows of signal processing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import _core
from .._core import Tensor, from_numpy
from ..device import on_cpu
from ..errors import DTypeError, ShapeError
from .creation import _finish

__all__ = [
    "bartlett_window", "blackman_window", "broadcast_shapes", "empty_strided", "hamming_window", "hann_window", "kaiser_window", "logspace",
    "scalar_tensor", "tril_indices", "triu_indices",
]  # fmt: skip


def _number(x: Any) -> Any:
    return x.item() if isinstance(x, Tensor) else x


def _made(values: np.ndarray, dtype: Any, requires_grad: bool) -> Tensor:
    target = _core.as_dtype(dtype or _core.get_default_dtype())
    return _finish(_core.cast(from_numpy(np.ascontiguousarray(values)), target), requires_grad)


def broadcast_shapes(*shapes: Any) -> tuple[int, ...]:
    """The shape that tensors of these shapes broadcast to. Raises ShapeError if there is none.

    >>> mg.broadcast_shapes((3, 1), (4,))
    (3, 4)
    """
    from .rearrange import _common

    return tuple(int(n) for n in _common("broadcast_shapes", [(s,) if isinstance(s, int) else tuple(s) for s in shapes]))


def scalar_tensor(s: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A 0-d tensor of a number, of the default dtype.

    >>> mg.scalar_tensor(3)
    tensor(3.)
    """
    if device is not None:
        on_cpu(device, "scalar_tensor")
    return _finish(_core.full_of((), _number(s), dtype or _core.get_default_dtype()), requires_grad)


def empty_strided(size: Any, stride: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """An uninitialised tensor of these sizes and strides (in elements).

    >>> mg.empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    if device is not None:
        on_cpu(device, "empty_strided")
    size, stride = tuple(size), tuple(stride)
    if any(s < 0 for s in stride) or len(size) != len(stride):
        raise ShapeError(f"empty_strided: expected one stride, not negative, for each of the sizes {size}, got {stride}")
    room = 0 if 0 in size else 1 + sum((n - 1) * s for n, s in zip(size, stride, strict=True))
    return _finish(_core.window_of(_core.empty((room,), dtype), size, stride).detach(), requires_grad)


def logspace(
    start: Any, end: Any, steps: int, base: float = 10.0, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """`steps` powers of `base`, their exponents evenly from start to end, both included.

    >>> mg.logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    if device is not None:
        on_cpu(device, "logspace")
    if steps < 0:
        raise ShapeError(f"logspace: expected at least 0 steps, got {steps}")
    with np.errstate(all="ignore"):
        return _made(np.power(float(base), np.linspace(_number(start), _number(end), steps)), dtype, requires_grad)


# ---- indices of triangles ----


def _triangle(op: str, row: int, col: int, dtype: Any, inside: Any) -> Tensor:
    if row < 0 or col < 0:
        raise ShapeError(f"{op}: expected sizes that are not negative, got {row} and {col}")
    found = np.nonzero(inside(np.arange(col) - np.arange(row)[:, None]))
    return _core.cast(from_numpy(np.stack(found)), dtype or _core.int64)


def tril_indices(row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Where the lower triangle of a row x col matrix is, up to diagonal `offset`: rows and columns of its elements, as (2, count).

    >>> mg.tril_indices(2, 2).tolist()
    [[0, 1, 1], [0, 0, 1]]
    """
    if device is not None:
        on_cpu(device, "tril_indices")
    return _triangle("tril_indices", row, col, dtype, lambda above: above <= offset)


def triu_indices(row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Where the upper triangle of a row x col matrix is, from diagonal `offset` on: rows and columns of its elements, as (2, count).

    >>> mg.triu_indices(2, 2).tolist()
    [[0, 0, 1], [0, 1, 1]]
    """
    if device is not None:
        on_cpu(device, "triu_indices")
    return _triangle("triu_indices", row, col, dtype, lambda above: above >= offset)


# ---- windows: one period of a shape that falls off to both sides ----


def _window(op: str, n: int, periodic: bool, shape: Any, dtype: Any, requires_grad: bool) -> Tensor:
    """`shape` of the positions k / N; a periodic window is one entry longer, which is left out."""
    if n < 0:
        raise ShapeError(f"{op}: expected a length that is not negative, got {n}")
    if dtype is not None and not _core.as_dtype(dtype).is_floating_point:
        raise DTypeError(f"{op}: expected a floating-point dtype, got {_core.as_dtype(dtype).name}")
    span = n if periodic else n - 1
    return _made(shape(np.arange(n) / span) if n > 1 else np.ones(n), dtype, requires_grad)


def _cosines(*weights: float) -> Any:
    return lambda x: sum(w * np.cos(2 * math.pi * k * x) for k, w in enumerate(weights))


def hann_window(window_length: int, periodic: bool = True, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Hann window: 0.5 - 0.5 cos(2 pi k / N). periodic: for use with an FFT, N is the length; otherwise symmetric, N is the length - 1.

    >>> mg.hann_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    if device is not None:
        on_cpu(device, "hann_window")
    return _window("hann_window", window_length, periodic, _cosines(0.5, -0.5), dtype, requires_grad)


def hamming_window(
    window_length: int, periodic: bool = True, alpha: float = 0.54, beta: float = 0.46, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Hamming window: alpha - beta cos(2 pi k / N); `periodic` as in hann_window.

    >>> mg.hamming_window(4)
    tensor([0.0800, 0.5400, 1.0000, 0.5400])
    """
    if device is not None:
        on_cpu(device, "hamming_window")
    return _window("hamming_window", window_length, periodic, _cosines(alpha, -beta), dtype, requires_grad)


def blackman_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Blackman window: 0.42 - 0.5 cos(2 pi k / N) + 0.08 cos(4 pi k / N); `periodic` as in hann_window.

    >>> mg.blackman_window(5, periodic=False)[2]
    tensor(1.)
    """
    if device is not None:
        on_cpu(device, "blackman_window")
    return _window("blackman_window", window_length, periodic, _cosines(0.42, -0.5, 0.08), dtype, requires_grad)


def bartlett_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Bartlett window: a triangle, 1 - |2 k / N - 1|; `periodic` as in hann_window.

    >>> mg.bartlett_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    if device is not None:
        on_cpu(device, "bartlett_window")
    return _window("bartlett_window", window_length, periodic, lambda x: 1 - np.abs(2 * x - 1), dtype, requires_grad)


def kaiser_window(
    window_length: int, periodic: bool = True, beta: float = 12.0, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Kaiser window: I0(beta sqrt(1 - (2 k / N - 1)^2)) / I0(beta); `periodic` as in hann_window.

    >>> mg.kaiser_window(3, periodic=False)[1]
    tensor(1.)
    """

    if device is not None:
        on_cpu(device, "kaiser_window")

    def shape(x: np.ndarray) -> np.ndarray:
        return np.i0(beta * np.sqrt(np.maximum(1 - (2 * x - 1) ** 2, 0))) / np.i0(beta)

    return _window("kaiser_window", window_length, periodic, shape, dtype, requires_grad)
