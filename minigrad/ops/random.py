"""Tensors of random numbers: uniform, normal, integers, permutations. Other distributions are in distributions.py.

The numbers of a seed are not PyTorch's: the streams (generator.py) are this package's own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core
from .._core import Tensor
from ..device import on_cpu
from ..errors import DTypeError
from ._examples import by_numpy
from .generator import (
    Generator,
    _drawn,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)

__all__ = [
    "Generator",
    "default_generator",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "normal",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
    "seed",
    "set_rng_state",
]


def _size(op: str, positional: tuple, size: Any) -> tuple:
    if size is not None:
        if positional:
            raise TypeError(f"{op}: size was given twice")
        return (size,) if isinstance(size, int) else tuple(size)
    return tuple(positional[0]) if len(positional) == 1 and isinstance(positional[0], (tuple, list)) else positional


def _filled(op: str, kernel: str, shape: Any, dtype: Any, generator: Any, params: tuple, out: Tensor | None, requires_grad: bool) -> Tensor:
    if out is None:
        x = _drawn(op, kernel, shape, dtype, generator, *params)
        return x.requires_grad_() if requires_grad else x
    return _core.write_out(op, out, _drawn(op, kernel, shape, dtype or out.dtype, generator, *params))


def _floats(op: str, dtype: Any) -> Any:
    if dtype is not None and not _core.as_dtype(dtype).is_floating_point:
        raise DTypeError(f"{op}: expected a floating-point dtype, got {_core.as_dtype(dtype).name}")
    return dtype


def rand(*args: Any, size: Any = None, generator: Generator | None = None, out: Tensor | None = None, dtype: Any = None, device: Any = None,
         requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Uniform random numbers in [0, 1).

    >>> x = mg.rand(2, 3)
    >>> x.shape, bool(((x >= 0) & (x < 1)).all())
    ((2, 3), True)
    """
    if device is not None:
        on_cpu(device, "rand")
    return _filled("rand", "uniform", _size("rand", args, size), _floats("rand", dtype), generator, (0.0, 1.0), out, requires_grad)


def randn(*args: Any, size: Any = None, generator: Generator | None = None, out: Tensor | None = None, dtype: Any = None, device: Any = None,
          requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Standard normal random numbers.

    >>> mg.randn(2, 3, dtype=mg.float64).dtype
    minigrad.float64
    """
    if device is not None:
        on_cpu(device, "randn")
    return _filled("randn", "normal", _size("randn", args, size), _floats("randn", dtype), generator, (0.0, 1.0), out, requires_grad)


def randint(low: int, high: Any = None, size: Any = None, *, generator: Generator | None = None, out: Tensor | None = None, dtype: Any = None,
            device: Any = None, requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Random integers in [low, high); `randint(high, size)` begins at 0. int64 unless `dtype` says otherwise.

    Raises ValueError for an empty range.
    >>> x = mg.randint(3, 5, (4,))
    >>> x.dtype, bool(((x == 3) | (x == 4)).all())
    (minigrad.int64, True)
    """
    if device is not None:
        on_cpu(device, "randint")
    if isinstance(high, (tuple, list)):
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    if size is None:
        raise TypeError("randint: size must be given")
    params = _range("randint", low, high)
    return _filled(
        "randint", "randint", tuple(size), dtype or (_core.int64 if out is None else None), generator, params, out, requires_grad
    )


def _range(op: str, low: Any, high: Any) -> tuple[int, int]:
    low, high = int(low), int(high)
    if not -(1 << 63) <= low < high <= (1 << 63) - 1:
        raise ValueError(f"{op}: expected low < high, within 64 bits, got {low} and {high}")
    return low, high


def rand_like(
    input: Tensor, *, generator: Generator | None = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Uniform random numbers in [0, 1), of input's shape and dtype.

    >>> mg.rand_like(mg.zeros(2, 3)).shape
    (2, 3)
    """
    if device is not None:
        on_cpu(device, "rand_like")
    return rand(input.shape, generator=generator, dtype=dtype or input.dtype, requires_grad=requires_grad)


def randn_like(
    input: Tensor, *, generator: Generator | None = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Standard normal random numbers, of input's shape and dtype.

    >>> mg.randn_like(mg.zeros(2, 3)).shape
    (2, 3)
    """
    if device is not None:
        on_cpu(device, "randn_like")
    return randn(input.shape, generator=generator, dtype=dtype or input.dtype, requires_grad=requires_grad)


def randint_like(input: Tensor, low: int, high: int | None = None, *, generator: Generator | None = None, dtype: Any = None,
                 device: Any = None, requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Random integers in [low, high), or [0, low), of input's shape and dtype.

    >>> mg.randint_like(mg.zeros(2, 3), 4).dtype
    minigrad.float32
    """
    if device is not None:
        on_cpu(device, "randint_like")
    low, high = (0, low) if high is None else (low, high)
    return randint(low, high, input.shape, generator=generator, dtype=dtype or input.dtype, requires_grad=requires_grad)


def randperm(n: int, *, generator: Generator | None = None, out: Tensor | None = None, dtype: Any = None, device: Any = None,
             requires_grad: bool = False) -> Tensor:  # fmt: skip
    """The integers 0 to n-1 in random order: the order of n random keys.

    >>> mg.randperm(4).sum()
    tensor(6)
    """
    if device is not None:
        on_cpu(device, "randperm")
    if n < 0:
        raise ValueError(f"randperm: expected n >= 0, got {n}")
    # A key's low bits give way to its number, so that sorting is all: several times as fast as finding the order of the keys.
    bits = int(n).bit_length()

    def order_of(keys: np.ndarray) -> np.ndarray:
        return np.sort(((keys >> bits) << bits) | np.arange(n), -1) & ((1 << bits) - 1)

    order = by_numpy(order_of, _drawn("randperm", "random_bits", (n,), _core.int64, generator))
    if out is not None:
        return _core.write_out("randperm", out, _core.cast(order, dtype or out.dtype))
    order = _core.cast(order, dtype or _core.int64)
    return order.requires_grad_() if requires_grad else order


def normal(mean: Any = 0.0, std: Any = 1.0, size: Any = None, *, generator: Generator | None = None, out: Tensor | None = None, dtype: Any = None,
           device: Any = None, requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Normal random numbers: of `size` with numbers as mean and std, or one for each element where these are tensors.

    Raises ValueError for a negative std.
    >>> mg.normal(2.0, 0.0, (2,))
    tensor([2., 2.])
    """
    if device is not None:
        on_cpu(device, "normal")
    tensors = [t for t in (mean, std) if isinstance(t, Tensor)]
    if (_core.whole(std) < 0).any() if isinstance(std, Tensor) else not std >= 0:
        raise ValueError(f"normal: std must not be negative, got {std}")
    if not tensors:
        shape = (size,) if isinstance(size, int) else tuple(() if size is None else size)
        return _filled("normal", "normal", shape, _floats("normal", dtype), generator, (float(mean), float(std)), out, requires_grad)
    if size is not None:
        raise TypeError("normal: size can be given only where mean and std are numbers")
    shape = np.broadcast_shapes(*(t.shape for t in tensors))
    dtype = _floats("normal", dtype or _core.result_type(mean, std))
    with _core.no_grad():
        x = _drawn("normal", "normal", shape, dtype, generator, 0.0, 1.0) * std + mean
    return x if out is None else _core.write_out("normal", out, x)
