"""Maximum pooling to a fraction of the size, over windows whose distances are drawn at random.

Source: Benjamin Graham, "Fractional Max-Pooling", arXiv:1412.6071 (windows that may overlap, pseudo-random).
"""

from __future__ import annotations

import math

import numpy as np

from ..errors import ShapeError
from ..registry import Draw, ErrorSample, Sample, composite
from ._examples import by_numpy
from ._geometry import batched, check_batch, check_tensor, sizes
from .pool import check_float
from .random import rand


def _starts(u, size, out, k):
    """First entry of every window along one axis, for offsets `u` (N, C): (N, C, out). Rounded in the dtype of `u`, as PyTorch does."""
    u = u[..., None]
    alpha = u.dtype.type(size - k) / u.dtype.type(max(out - 1, 1))
    starts = ((np.arange(out, dtype=u.dtype) + u) * alpha).astype(np.int64) - (u * alpha).astype(np.int64)
    starts[..., -1] = size - k
    return starts


def _positions(shape, kernel, out, samples):
    """What each window reads, as positions in the flattened image: (N, C, prod(out), prod(kernel))."""
    n = len(kernel)
    order = (1, 0) if n == 2 else (0, 1, 2)  # PyTorch's: of images the first offset is that of x
    total = np.zeros((1,) * (2 + 2 * n), np.int64)
    for d, k in enumerate(kernel):
        along = _starts(samples[..., order[d]], shape[d], out[d], k)[..., None] + np.arange(k)
        at = [1] * (2 * n)
        at[d], at[n + d] = out[d], k
        total = total * shape[d] + along.reshape(*along.shape[:2], *at)
    return total.reshape(*total.shape[:2], math.prod(out), math.prod(kernel))


def _output_size(op, n, input, kernel, output_size, output_ratio):
    if output_size is None and output_ratio is None:
        raise ValueError(f"{op}: give output_size or output_ratio")
    if output_size is None:
        ratio = tuple(output_ratio) if isinstance(output_ratio, (tuple, list)) else (output_ratio,) * n
        if len(ratio) != n:
            raise ValueError(f"{op}: output_ratio must be a number or {n} numbers, got {output_ratio!r}")
        output_size = tuple(int(s * r) for s, r in zip(input.shape[-n:], ratio))
    out = sizes(op, "output_size", output_size, n, 1)
    if any(o + k - 1 > s for o, k, s in zip(out, kernel, input.shape[-n:])):
        raise ShapeError(f"{op}: {out} windows of {kernel} need more than the input's size {input.shape[-n:]}")
    return out


def _fractional(op, n, input, kernel_size, output_size, output_ratio, samples):
    check_batch(op, input, n)
    check_float(op, input)
    kernel = sizes(op, "kernel_size", kernel_size, n, 1)
    out = _output_size(op, n, input, kernel, output_size, output_ratio)

    def of(x):
        shape = (*x.shape[:2], n)
        drawn = rand(*shape, dtype=x.dtype) if samples is None else samples
        check_tensor(op, drawn)
        if drawn.shape != shape or drawn.dtype is not x.dtype:
            raise ShapeError(
                f"{op}: _random_samples must have shape {shape} and dtype {x.dtype.name}, got {drawn.shape} and {drawn.dtype.name}"
            )
        flat, size = x.flatten(2), x.shape[2:]

        def best(drawn, values):
            """Where the largest value of each window is."""
            windows = _positions(size, kernel, out, drawn.reshape(-1, *shape[1:]))
            apart = windows.reshape(*windows.shape[:2], -1)
            seen = np.take_along_axis(values.reshape(*apart.shape[:2], -1), apart, -1).reshape(windows.shape)
            found = np.take_along_axis(windows, seen.argmax(-1)[..., None], -1)[..., 0]
            return found.reshape(*values.shape[:-1], -1)

        index = by_numpy(best, drawn, flat)
        return flat.gather(2, index).reshape(*shape[:2], *out), index.reshape(*shape[:2], *out)

    return batched(of, input, n + 2)


def _samples2d(r: Draw) -> list[Sample]:
    return [
        Sample(r.distinct(2, 3, 8, 7), kernel_size=(2, 3), output_size=(4, 3), _random_samples=r.between(0, 1, 2, 3, 2), id="size"),
        Sample(r.distinct(2, 9, 7), kernel_size=2, output_ratio=(0.5, 0.5), _random_samples=r.between(0, 1, 1, 2, 2), id="unbatched-ratio"),
    ]


def _samples3d(r: Draw) -> list[Sample]:
    return [
        Sample(r.distinct(2, 3, 5, 4, 7), kernel_size=(2, 1, 3), output_size=(3, 2, 4), _random_samples=r.between(0, 1, 2, 3, 3), id="size"),
        Sample(r.distinct(2, 5, 6, 4), kernel_size=2, output_ratio=(0.5, 0.6, 0.7), _random_samples=r.between(0, 1, 1, 2, 3), id="unbatched-ratio"),
    ]  # fmt: skip


@composite(where="F", samples=_samples2d, errors=[
    ErrorSample(np.ones((1, 8, 7)), 2, error=ValueError, match="fractional_max_pool2d: give output_size or output_ratio"),
    ErrorSample(np.ones((1, 8, 7)), 3, (7, 2), error=ShapeError, match=r"\(7, 2\) windows of \(3, 3\) need more than the input's size \(8, 7\)"),
    ErrorSample(np.ones((1, 8, 7)), 2, 3, _random_samples=np.ones((1, 2, 2)), error=ShapeError, match=r"_random_samples must have shape \(1, 1, 2\)"),
])  # fmt: skip
def fractional_max_pool2d(input, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None):
    """Maxima of `output_size` windows whose distances are drawn at random; with `return_indices` also their positions in the plane.

    Shapes: input (N, C, H, W) or (C, H, W); returns (N, C, OH, OW) or (C, OH, OW), the output_size, or input size times output_ratio.
    _random_samples: (N, C, 2) in [0, 1), of the input's dtype, instead of random numbers: where windows begin, x first.
    Dtypes: floats. Raises ShapeError if the windows need more than there is, ValueError if no size is given.
    Source: Graham, "Fractional Max-Pooling", arXiv:1412.6071.
    >>> mg.nn.functional.fractional_max_pool2d(mg.rand(3, 9, 7), 2, output_ratio=0.6).shape
    (3, 5, 4)
    """
    values, index = _fractional("fractional_max_pool2d", 2, input, kernel_size, output_size, output_ratio, _random_samples)
    return (values, index) if return_indices else values


@composite(where="F", samples=_samples3d, errors=[
    ErrorSample(np.ones((1, 8, 7, 6)), 2, output_ratio=(0.5, 0.5), error=ValueError, match="output_ratio must be a number or 3 numbers"),
])  # fmt: skip
def fractional_max_pool3d(input, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None):
    """fractional_max_pool2d of volumes.

    Shapes: input (N, C, D, H, W) or (C, D, H, W); returns (N, C, OD, OH, OW) or (C, OD, OH, OW); _random_samples (N, C, 3), z first.
    >>> mg.nn.functional.fractional_max_pool3d(mg.rand(3, 9, 7, 8), 2, output_size=4).shape
    (3, 4, 4, 4)
    """
    values, index = _fractional("fractional_max_pool3d", 3, input, kernel_size, output_size, output_ratio, _random_samples)
    return (values, index) if return_indices else values


@composite(where="F", samples=_samples2d)
def fractional_max_pool2d_with_indices(input, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None):
    """fractional_max_pool2d, which gives values and positions, whatever `return_indices` says.

    >>> [x.shape for x in mg.nn.functional.fractional_max_pool2d_with_indices(mg.rand(3, 9, 7), 2, output_size=3)]
    [(3, 3, 3), (3, 3, 3)]
    """
    return _fractional("fractional_max_pool2d_with_indices", 2, input, kernel_size, output_size, output_ratio, _random_samples)


@composite(where="F", samples=_samples3d)
def fractional_max_pool3d_with_indices(input, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None):
    """fractional_max_pool3d, which gives values and positions, whatever `return_indices` says.

    >>> [x.shape for x in mg.nn.functional.fractional_max_pool3d_with_indices(mg.rand(3, 9, 7, 8), 2, output_size=3)]
    [(3, 3, 3, 3), (3, 3, 3, 3)]
    """
    return _fractional("fractional_max_pool3d_with_indices", 3, input, kernel_size, output_size, output_ratio, _random_samples)
