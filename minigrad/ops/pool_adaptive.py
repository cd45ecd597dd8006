"""Pooling to a given output size. Bin i of n covers floor(i*L/n) up to ceil((i+1)*L/n) of an axis of length L: bins may share an entry."""

from __future__ import annotations

import math

import numpy as np

from .. import _core
from ..errors import ShapeError
from ..registry import Draw, ErrorSample, Sample, composite, defop
from ._geometry import batched, check_batch, sizes
from .pool import _max_pool2d, check_float, volume_scatter


def _bins(size, out):
    """[start, stop) of each output's inputs along one axis."""
    return [(i * size // out, -(-(i + 1) * size // out)) for i in range(out)]


def _bin_matrix(size, out):
    """(out, size): the weight of each input in each output's mean."""
    m = np.zeros((out, size))
    for row, (start, stop) in zip(m, _bins(size, out)):
        row[start:stop] = 1 / (stop - start)
    return m


def _bin_sizes(op, input, output_size, n):
    """The size asked for, checked; None keeps the input's."""
    check_batch(op, input, n)
    if 0 in input.shape[-n:]:
        raise ShapeError(f"{op}: nothing to pool in shape {input.shape}")
    given = list(output_size) if isinstance(output_size, (tuple, list)) else [output_size] * n
    given = [have if want is None else want for want, have in zip(given, input.shape[-n:])] + given[n:]
    return sizes(op, "output_size", given, n, 0)


# ---- means ----


@defop(family="general", kernel="adaptive_avg_pool2d", where="",
       samples=lambda r: [Sample(r(2, 3, 8, 7), out=(3, 2), id="overlap"), Sample(r(1, 2, 3, 4), out=(5, 4), id="larger")],
       plan=lambda input, out: _core.Plan((*input.shape[:2], *out)),
       cost=1,
       vjp={"input": lambda g, input_shape: adaptive_avg_pool2d_backward(g, input_shape[2:])})  # fmt: skip
def _adaptive_avg_pool2d(input, out):
    """adaptive_avg_pool2d of checked arguments"""
    rows, columns = _bin_matrix(input.shape[2], out[0]), _bin_matrix(input.shape[3], out[1])
    return np.einsum("nchw,yh,xw->ncyx", input, rows, columns).astype(input.dtype)


@defop(family="general", kernel="adaptive_avg_pool2d_backward", where="", cost=1,
       samples=lambda r: [Sample(r(2, 3, 3, 2), size=(8, 7), id="overlap"), Sample(r(1, 2, 5, 4), size=(3, 4), id="larger")],
       plan=lambda grad, size: _core.Plan((*grad.shape[:2], *size)),
       vjp={"grad": lambda g, grad_shape: _adaptive_avg_pool2d(g, grad_shape[2:])})  # fmt: skip
def adaptive_avg_pool2d_backward(grad, size):
    """Each output's gradient spread over its inputs, in images of `size` (H, W): the adjoint of adaptive_avg_pool2d.

    Shapes: grad (N, C, OH, OW); returns (N, C, H, W). Dtypes: floats.
    """
    rows, columns = _bin_matrix(size[0], grad.shape[2]), _bin_matrix(size[1], grad.shape[3])
    return np.einsum("ncyx,yh,xw->nchw", grad, rows, columns).astype(grad.dtype)


def _avg1d(input, out):
    return _adaptive_avg_pool2d(input.unsqueeze(2), (1, *out)).squeeze(2)


def _avg3d(input, out):
    """Of each plane, then along the depth."""
    n, c, depth, h, w = input.shape
    planes = _adaptive_avg_pool2d(input.reshape(n * c, depth, h, w), out[1:])
    pixels = out[1] * out[2]
    return _adaptive_avg_pool2d(planes.reshape(n * c, 1, depth, pixels), (out[0], pixels)).reshape(n, c, *out)


_MEANS = {1: _avg1d, 2: _adaptive_avg_pool2d, 3: _avg3d}


def _adaptive_avg(op, n, input, output_size):
    out = _bin_sizes(op, input, output_size, n)
    check_float(op, input)
    return batched(lambda x: _MEANS[n](x, out), input, n + 2)


def _samples1d(r: Draw) -> list[Sample]:
    return [
        Sample(r.distinct(2, 3, 8), output_size=3, id="overlap"),
        Sample(r.distinct(3, 5), output_size=7, id="unbatched-larger"),
        Sample(r.distinct(2, 3, 4), output_size=0, id="none"),
    ]


def _samples2d(r: Draw) -> list[Sample]:
    return [
        Sample(r.distinct(2, 3, 8, 7), output_size=(3, 2), id="overlap"),
        Sample(r.distinct(2, 6, 4), output_size=(3, None), id="unbatched"),
        Sample(r.distinct(1, 2, 6, 4), output_size=1, id="global"),
        Sample(r.distinct(1, 2, 6, 4), output_size=(0, 2), id="none"),
    ]


def _samples3d(r: Draw) -> list[Sample]:
    return [
        Sample(r.distinct(2, 3, 5, 4, 7), output_size=(3, 2, 4), id="overlap"),
        Sample(r.distinct(2, 3, 6, 4), output_size=(2, None, 2), id="unbatched"),
    ]


def _errors(n: int) -> list[ErrorSample]:
    x = np.ones((1, 2, 3, 8, 9)[: n + 2])
    return [
        ErrorSample(x, -1, error=ShapeError, match="output_size must be at least 0, got"),
        ErrorSample(x, (1,) * (n + 1), error=TypeError, match="output_size must be an int or"),
        ErrorSample(np.ones(3), 1, error=ShapeError, match=r"input must be \(N, C, "),
        ErrorSample(x[:, :, :0], 1, error=ShapeError, match="nothing to pool in shape"),
    ]


@composite(where="mg F", linear_in=("input",), samples=_samples1d, errors=_errors(1))
def adaptive_avg_pool1d(input, output_size):
    """Means over `output_size` bins of a signal.

    Shapes: input (N, C, L) or (C, L); returns (N, C, OL) or (C, OL); otherwise as adaptive_avg_pool2d.
    >>> mg.adaptive_avg_pool1d(mg.tensor([[1.0, 2.0, 6.0]]), 2)
    tensor([[1.5000, 4.0000]])
    """
    return _adaptive_avg("adaptive_avg_pool1d", 1, input, output_size)


@composite(where="F", linear_in=("input",), samples=_samples2d, errors=_errors(2))
def adaptive_avg_pool2d(input, output_size):
    """Means over a grid of `output_size` (y, x) bins: bin i of n covers floor(i*H/n) up to ceil((i+1)*H/n).

    Shapes: input (N, C, H, W) or (C, H, W); returns (N, C, OH, OW) or (C, OH, OW). An int means both axes, None the input's
        size. Dtypes: floats. Raises ShapeError for images without pixels.
    >>> mg.nn.functional.adaptive_avg_pool2d(mg.tensor([[[1.0, 2.0, 6.0], [4.0, 3.0, 2.0]]]), 1)
    tensor([[[3.]]])
    """
    return _adaptive_avg("adaptive_avg_pool2d", 2, input, output_size)


@composite(where="F", linear_in=("input",), samples=_samples3d, errors=_errors(3))
def adaptive_avg_pool3d(input, output_size):
    """Means over a grid of `output_size` (z, y, x) bins of a volume.

    Shapes: input (N, C, D, H, W) or (C, D, H, W); returns (N, C, OD, OH, OW) or (C, OD, OH, OW); otherwise as adaptive_avg_pool2d.
    >>> mg.nn.functional.adaptive_avg_pool3d(mg.arange(12.0).reshape(1, 2, 2, 3), 1)
    tensor([[[[5.5000]]]])
    """
    return _adaptive_avg("adaptive_avg_pool3d", 3, input, output_size)


# ---- maxima ----


@defop(family="general", kernel="adaptive_max_pool3d", outputs=2, where="", cost=1,
       plan=lambda input, out: _core.Plan((input.shape[0], *out), (input.shape[0], *out), dtypes=(None, _core.int64)),
       samples=lambda r: [Sample(r.distinct(3, 5, 4, 7), out=(3, 2, 4), id="overlap"), Sample(r.distinct(2, 1, 3, 2), out=(1, 5, 3), id="larger")],
       vjp={"input": lambda g, y1, input_shape: volume_scatter(g[0], y1, input_shape)})  # fmt: skip
def _adaptive_max_pool3d(input, out):
    """Largest value of each bin of volumes (N, D, H, W), and its position in the volume"""
    n, *size = input.shape
    values, index = np.empty((n, *out), input.dtype), np.empty((n, *out), np.int64)
    place = np.arange(math.prod(size)).reshape(size)
    bins = [_bins(s, o) for s, o in zip(size, out)]
    for z, y, x in np.ndindex(*out):
        part = tuple(slice(*b[i]) for b, i in zip(bins, (z, y, x)))
        rows = input[(slice(None),) + part].reshape(n, -1)
        at = rows.argmax(1)
        values[:, z, y, x] = np.take_along_axis(rows, at[:, None], 1)[:, 0]
        index[:, z, y, x] = place[part].reshape(-1)[at]
    return values, index


def _adaptive_max(op, n, input, output_size, with_indices):
    """Signals and images are volumes of one row or plane."""
    out = _bin_sizes(op, input, output_size, n)
    lead = input.shape[: input.ndim - n]
    if n == 2 and 0 not in out and not input.shape[-2] % out[0] and not input.shape[-1] % out[1]:  # bins are windows
        kernel = (input.shape[-2] // out[0], input.shape[-1] // out[1])
        values, index = batched(lambda x: _max_pool2d(x, kernel, kernel, (0, 0), (1, 1), out), input)
        return (values, index) if with_indices else values
    ones = (1,) * (3 - n)
    found = _adaptive_max_pool3d(_core.reshape(input, (math.prod(lead), *ones, *input.shape[input.ndim - n :])), (*ones, *out))
    values = _core.reshape(found[0], (*lead, *out))
    return (values, _core.reshape(found[1], (*lead, *out))) if with_indices else values


@composite(where="F", samples=_samples1d, errors=_errors(1))
def adaptive_max_pool1d(input, output_size, return_indices=False):
    """Maxima over the bins of adaptive_avg_pool1d; with `return_indices` also their positions.

    Shapes: input (N, C, L) or (C, L); returns (N, C, OL) or (C, OL). Dtypes: floats and integers.
    Raises: ShapeError for signals of no length.
    >>> mg.nn.functional.adaptive_max_pool1d(mg.tensor([[1.0, 2.0, 6.0]]), 2)
    tensor([[2., 6.]])
    """
    return _adaptive_max("adaptive_max_pool1d", 1, input, output_size, return_indices)


@composite(where="F", samples=_samples2d, errors=_errors(2))
def adaptive_max_pool2d(input, output_size, return_indices=False):
    """Maxima over the bins of adaptive_avg_pool2d; with `return_indices` also their positions in the (H, W) plane.

    Shapes: input (N, C, H, W) or (C, H, W); returns (N, C, OH, OW) or (C, OH, OW). Dtypes: floats and integers.
    Raises: ShapeError for images without pixels.
    >>> mg.nn.functional.adaptive_max_pool2d(mg.tensor([[[1.0, 2.0, 6.0], [4.0, 3.0, 2.0]]]), (1, 3))
    tensor([[[4., 3., 6.]]])
    """
    return _adaptive_max("adaptive_max_pool2d", 2, input, output_size, return_indices)


@composite(where="F", samples=_samples3d, errors=_errors(3))
def adaptive_max_pool3d(input, output_size, return_indices=False):
    """Maxima over the bins of adaptive_avg_pool3d; with `return_indices` also their positions among all voxels.

    Shapes: input (N, C, D, H, W) or (C, D, H, W); returns (N, C, OD, OH, OW) or (C, OD, OH, OW). Dtypes: floats and integers.
    Raises: ShapeError for volumes without voxels.
    >>> mg.nn.functional.adaptive_max_pool3d(mg.arange(12.0).reshape(1, 2, 2, 3), (1, 1, 2))
    tensor([[[[10., 11.]]]])
    """
    return _adaptive_max("adaptive_max_pool3d", 3, input, output_size, return_indices)


@composite(where="F", samples=_samples1d)
def adaptive_max_pool1d_with_indices(input, output_size, return_indices=False):
    """adaptive_max_pool1d, which gives values and positions, whatever `return_indices` says.

    >>> mg.nn.functional.adaptive_max_pool1d_with_indices(mg.tensor([[1.0, 2.0, 6.0]]), 2)
    (tensor([[2., 6.]]), tensor([[1, 2]]))
    """
    return _adaptive_max("adaptive_max_pool1d_with_indices", 1, input, output_size, True)


@composite(where="F", samples=_samples2d)
def adaptive_max_pool2d_with_indices(input, output_size, return_indices=False):
    """adaptive_max_pool2d, which gives values and positions, whatever `return_indices` says.

    >>> mg.nn.functional.adaptive_max_pool2d_with_indices(mg.tensor([[[1.0, 2.0, 6.0], [4.0, 3.0, 2.0]]]), (1, 3))
    (tensor([[[4., 3., 6.]]]), tensor([[[3, 4, 2]]]))
    """
    return _adaptive_max("adaptive_max_pool2d_with_indices", 2, input, output_size, True)


@composite(where="F", samples=_samples3d)
def adaptive_max_pool3d_with_indices(input, output_size, return_indices=False):
    """adaptive_max_pool3d, which gives values and positions, whatever `return_indices` says.

    >>> mg.nn.functional.adaptive_max_pool3d_with_indices(mg.arange(12.0).reshape(1, 2, 2, 3), (1, 1, 2))
    (tensor([[[[10., 11.]]]]), tensor([[[[10, 11]]]]))
    """
    return _adaptive_max("adaptive_max_pool3d_with_indices", 3, input, output_size, True)
