"""What convolution and pooling share: sizes for each axis, batches of one image, and counting windows."""

from __future__ import annotations

from collections.abc import Callable
from operator import index
from typing import Any

from .. import _core
from ..errors import ShapeError

Pair = tuple[int, int]


LAYOUTS = {1: "L", 2: "H, W", 3: "D, H, W"}  # how messages and documentation name the spatial axes
_EACH = {1: "an int or (int,)", 2: "an int or a pair of ints (y, x)", 3: "an int or 3 ints (z, y, x)"}


def sizes(op: str, name: str, value: Any, n: int, low: int) -> tuple[int, ...]:
    """`value`, an int for all axes or one int for each of `n`, as n ints not below `low`."""
    if type(value) is int and value >= low:
        return (value,) * n
    if type(value) is tuple and len(value) == n:  # as modules give it
        for v in value:
            if type(v) is not int or v < low:
                break
        else:
            return value
    try:
        values = tuple(map(index, value)) if isinstance(value, (tuple, list)) else (index(value),)
    except TypeError:
        values = ()
    if len(values) == 1:
        values *= n
    if len(values) != n:
        raise TypeError(f"{op}: {name} must be {_EACH[n]}, got {value!r}")
    if min(values) < low:
        raise ShapeError(f"{op}: {name} must be at least {low}, got {value!r}")
    return values


def pair(op: str, name: str, value: Any, low: int) -> Pair:
    """`sizes` for the two axes of an image."""
    return sizes(op, name, value, 2, low)  # type: ignore[return-value]


def check_tensor(op: str, input: Any) -> None:
    if not isinstance(input, _core.Tensor):
        raise TypeError(f"{op}: expected a Tensor, got {type(input).__name__}")


def check_batch(op: str, input: Any, n: int) -> None:
    """Refuse what is no batch of signals, images or volumes (n = 1, 2, 3), and no single one."""
    check_tensor(op, input)
    if input.ndim not in (n + 1, n + 2):
        raise ShapeError(f"{op}: input must be (N, C, {LAYOUTS[n]}) or (C, {LAYOUTS[n]}), got shape {input.shape}")


def batched(function: Callable[[Any], Any], input: Any, ndim: int = 4) -> Any:
    """function(input); an input that lacks the batch axis gets one, and the results lose it again."""
    if input.ndim == ndim:
        return function(input)
    result = function(input.unsqueeze(0))
    return tuple(r.squeeze(0) for r in result) if isinstance(result, tuple) else result.squeeze(0)


def count(op: str, axis: str, size: int, k: int, stride: int, padding: int, dilation: int = 1, ceil: bool = False) -> int:
    """How many windows fit along one axis. With `ceil` the last may reach over the edge, if it begins inside or in the near padding."""
    span = dilation * (k - 1) + 1
    if size + 2 * padding < span:
        raise ShapeError(
            f"{op}: kernel does not fit axis {axis}: {size} + 2*{padding} padding = {size + 2 * padding} < {span} = dilation*(k-1)+1 "
            f"with k={k}, dilation={dilation}"
        )
    n = (size + 2 * padding - span + (stride - 1 if ceil else 0)) // stride + 1
    return n - 1 if ceil and (n - 1) * stride >= size + padding else n


def counts(op: str, shape: Any, kernel: Any, stride: Any, padding: Any, dilation: Any = (1, 1, 1), ceil: bool = False) -> tuple[int, ...]:
    """`count` for each of the last axes of `shape`, as many as `kernel` has."""
    n = len(kernel)
    return tuple(
        count(op, LAYOUTS[n][3 * i], shape[i - n], kernel[i], stride[i], padding[i], dilation[i], ceil) for i in range(n)
    )  # fmt: skip


def taps(kernel: Any, stride: Any, dilation: Any, size: Any) -> list[tuple[int, int, slice, slice]]:
    """(i, j, rows, columns) for each tap of a kernel: the pixels of the padded image that it meets, one for each of `size` outputs."""
    return [
        (i, j, slice(i * dilation[0], i * dilation[0] + stride[0] * (size[0] - 1) + 1, stride[0]),
         slice(j * dilation[1], j * dilation[1] + stride[1] * (size[1] - 1) + 1, stride[1]))
        for i in range(kernel[0]) for j in range(kernel[1])
    ]  # fmt: skip
