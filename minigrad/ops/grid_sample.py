"""Images read at any places: an affine grid of places, and interpolation there.

Places are (x, y) or (x, y, z) in [-1, 1] from one side of the image to the other: of the outermost pixels' centres with `align_corners`,
of their outer edges without.
"""

from __future__ import annotations

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import OPS, Draw, ErrorSample, Sample, composite
from ._examples import merged, of_stacks
from ._geometry import check_tensor
from .pool import check_float
from .resample import resample

# ---- the grid ----


def _theta_samples(r: Draw) -> list[Sample]:
    return [
        Sample(r(2, 2, 3), size=(2, 3, 4, 5), align_corners=False, id="images"),
        Sample(r(2, 2, 3), size=(2, 1, 1, 3), align_corners=True, id="one-row"),
        Sample(r(1, 3, 4), size=(1, 2, 2, 3, 4), align_corners=True, id="volumes"),
    ]


@composite(arrays="theta", where="F", samples=_theta_samples, errors=[
    ErrorSample(np.ones((2, 3, 4)), (2, 3, 4, 5), error=ShapeError, match=r"affine_grid: theta must be \(N, 2, 3\) for size \(2, 3, 4, 5\), got shape \(2, 3, 4\)"),
    ErrorSample(np.ones((2, 2, 3)), (2, 3, 4), error=ShapeError, match=r"affine_grid: size must be \(N, C, H, W\) or \(N, C, D, H, W\)"),
    ErrorSample(np.ones((2, 2, 3)), (2, 3, 0, 4), error=ShapeError, match=r"affine_grid: sizes must be positive"),
    ErrorSample(np.ones((2, 2, 3), np.int64), (2, 3, 4, 5), error=DTypeError, match="affine_grid: expected a floating-point tensor"),
])  # fmt: skip
def affine_grid(theta, size, align_corners=None):
    """Where an affine map takes the pixels of an image: the grid that grid_sample reads at.

    Shapes: theta (N, 2, 3) and size (N, C, H, W), returns (N, H, W, 2); or (N, 3, 4) and (N, C, D, H, W), returns (N, D, H, W, 3).
        The last axis is x, y(, z) in [-1, 1]: theta times (x, y(, z), 1). align_corners: as in grid_sample; default False.
    Dtypes: floats. Raises ShapeError where theta and size do not fit.
    >>> mg.nn.functional.affine_grid(mg.tensor([[[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]]), (1, 1, 2, 3), align_corners=True)[0, 1]
    tensor([[ 1., -1.],
            [ 1.,  0.],
            [ 1.,  1.]])
    """
    check_tensor("affine_grid", theta)
    check_float("affine_grid", theta)
    n = len(size) - 2
    if n not in (2, 3):
        raise ShapeError(f"affine_grid: size must be (N, C, H, W) or (N, C, D, H, W), got {tuple(size)}")
    if theta.ndim != 3 or theta.shape[1:] != (n, n + 1) or theta.shape[0] != size[0]:
        raise ShapeError(f"affine_grid: theta must be (N, {n}, {n + 1}) for size {tuple(size)}, got shape {theta.shape}")
    if min(size) < 1:
        raise ShapeError(f"affine_grid: sizes must be positive, got {tuple(size)}")
    base = np.ones((*size[2:], n + 1))
    for d, m in enumerate(size[2:]):
        line = np.linspace(-1, 1, m) * (1 if align_corners else (m - 1) / m) if m > 1 else np.zeros(1)
        base[..., n - 1 - d] = line.reshape(-1, *(1,) * (n - 1 - d))
    places = _core.from_numpy(base.reshape(-1, n + 1)).to(theta.dtype)
    return (places @ theta.transpose(1, 2)).reshape(size[0], *size[2:], n)


# ---- coordinates ----


def _pixels(place, size, align_corners):
    """Places in [-1, 1] as pixels."""
    return (place + 1) * ((size - 1) / 2) if align_corners else ((place + 1) * size - 1) / 2


def _clipped(x, size):
    """x inside the image. What is not has no gradient; the border itself has none either, as in PyTorch."""
    at = x.numpy(force=True)
    inside, border = (at > 0) & (at < size - 1), np.where(at >= size - 1, size - 1, 0).astype(at.dtype)
    return OPS["where"].function(_core.from_numpy(inside), x, _core.from_numpy(border))


def _reflected(x, size, align_corners):
    """x thrown back at the centres (align_corners) or the edges of the outermost pixels, as often as it takes."""
    low, span = (0.0, size - 1) if align_corners else (-0.5, size)
    if span == 0:
        return x * 0
    away = (x - low).abs()
    rest = away.fmod(span)
    odd = np.floor(away.numpy(force=True) / span) % 2 == 1
    return OPS["where"].function(_core.from_numpy(odd), span - rest, rest) + low


def _padded(x, size, padding_mode, align_corners):
    if padding_mode == "zeros":
        return x
    return _clipped(_reflected(x, size, align_corners) if padding_mode == "reflection" else x, size)


def _near(t):
    return (1.25 * t - 2.25) * t * t + 1


def _far(t):
    return ((-0.75 * t + 3.75) * t - 6) * t + 3


def _taps(place, size, mode, padding_mode, align_corners):
    """[(pixel, weight)] along one axis: float arrays, and Tensors that depend on the place (None: weight 1)."""
    x = _pixels(place, size, align_corners)
    if mode == "bicubic":
        first = np.floor(x.numpy(force=True))
        t = x - _core.from_numpy(first)
        pixels = (_padded(_core.from_numpy(first + k), size, padding_mode, align_corners).numpy() for k in (-1, 0, 1, 2))
        return list(zip(pixels, (_far(t + 1), _near(t), _near(1 - t), _far(2 - t))))
    x = _padded(x, size, padding_mode, align_corners)
    if mode == "nearest":
        return [(np.rint(x.numpy(force=True)), None)]
    first = np.floor(x.numpy(force=True))
    t = x - _core.from_numpy(first)
    return [(first, 1 - t), (first + 1, t)]


# ---- sampling ----


def _grid_sample(op, input, grid, mode, padding_mode, align_corners):
    _check(op, input, grid, mode, padding_mode)
    if input.dtype in (_core.float16, _core.bfloat16):  # the weights are not rounded
        return _grid_sample(op, input.float(), grid.float(), mode, padding_mode, align_corners).to(input.dtype)

    def one(input, grid):
        return _sampled(input, grid, mode, padding_mode, align_corners)

    def many(inputs, grids):
        y = one(merged(inputs), merged(grids))
        return y.reshape((*inputs.shape[:2], *y.shape[1:]))

    return of_stacks(one, many, input, grid)


def _sampled(input, grid, mode, padding_mode, align_corners):
    """Values at the places of the grid, by a table of the pixels that each one reads."""
    (n, c, *size), shape = input.shape, grid.shape[1:-1]
    axes = [_taps(grid[..., len(size) - 1 - d], m, mode, padding_mode, align_corners) for d, m in enumerate(size)]
    at, inside = np.arange(n).reshape(n, *(1,) * len(shape), 1), np.ones((n, *shape, 1), bool)
    weights: list = [None]
    for taps, m in zip(axes, size):  # every combination of the taps so far with those of this axis
        pixels = np.stack([pixel for pixel, _ in taps], -1)[..., None, :]
        within = (pixels >= 0) & (pixels < m)
        at, inside = at[..., None] * m + np.where(within, pixels, 0).astype(np.int64), inside[..., None] & within
        together = (n, *shape, len(weights) * len(taps))
        at, inside = at.reshape(together), inside.reshape(together)
        weights = [w if v is None else v if w is None else v * w for v in weights for _, w in taps]
    pixels = input.permute(0, *range(2, input.ndim), 1).reshape(n * int(np.prod(size)), c)
    weight = grid.new_ones(at.shape) if weights[0] is None else OPS["stack"].function(weights, -1)
    table = (np.concatenate([[0], np.cumsum(inside.sum(-1))]), at[inside])  # what lies outside has no entry
    entries = weight.reshape(-1).index_select(0, _core.from_numpy(np.flatnonzero(inside)))
    found = resample(pixels, *map(_core.from_numpy, table), entries, 0)
    return found.reshape(n, *shape, c).permute(0, len(shape) + 1, *range(1, len(shape) + 1)).contiguous()


def _check(op, input, grid, mode, padding_mode):
    check_tensor(op, input)
    check_tensor(op, grid)
    n = input.ndim - 2
    if n not in (2, 3) or grid.ndim != input.ndim or grid.shape[-1] != n or grid.shape[0] != input.shape[0]:
        raise ShapeError(f"{op}: expected input (N, C, H, W) and grid (N, OH, OW, 2), or (N, C, D, H, W) and (N, OD, OH, OW, 3), "
                         f"got shapes {input.shape} and {grid.shape}")  # fmt: skip
    check_float(op, input)
    if input.dtype is not grid.dtype:
        raise DTypeError(f"{op}: expected one dtype for both, got input {input.dtype.name} and grid {grid.dtype.name}")
    if 0 in input.shape[1:]:
        raise ShapeError(f"{op}: nothing to sample in shape {input.shape}")
    if mode not in ("bilinear", "nearest", "bicubic"):
        raise ValueError(f'{op}: mode must be "bilinear", "nearest" or "bicubic", got {mode!r}')
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(f'{op}: padding_mode must be "zeros", "border" or "reflection", got {padding_mode!r}')
    if mode == "bicubic" and n == 3:
        raise NotImplementedError(f"{op}: bicubic sampling is for images only, got shape {input.shape}")


def _between_pixels(r: Draw, size, align_corners, *lead):
    """Places some of which lie outside, none of them on a pixel or halfway between two (in pixels: a third, a fifth... off)."""
    n = len(size)
    pixels = np.stack([r.rng.integers(-2, m + 2, lead) + r.rng.choice([0.2, 0.35, 0.65, 0.8], lead) for m in reversed(size)], -1)
    m = np.array(size[::-1], float).reshape(*(1,) * len(lead), n)
    return pixels * 2 / (m - 1) - 1 if align_corners else (pixels * 2 + 1) / m - 1


def _samples(r: Draw) -> list[Sample]:
    made = []
    for mode, padding, align in [("bilinear", "zeros", False), ("bilinear", "border", True), ("bilinear", "reflection", False), ("nearest", "zeros", True),
                                 ("nearest", "reflection", True), ("bicubic", "zeros", True), ("bicubic", "border", False), ("bicubic", "reflection", True)]:  # fmt: skip
        options: dict = {"mode": mode, "padding_mode": padding, "align_corners": align, "id": f"{mode}-{padding}"}
        made.append(Sample(r(2, 3, 4, 5), _between_pixels(r, (4, 5), align, 2, 3, 4), **options))
    for mode, padding in [("bilinear", "zeros"), ("bilinear", "border"), ("nearest", "reflection")]:
        options = {"mode": mode, "padding_mode": padding, "align_corners": False, "id": f"volume-{mode}-{padding}"}
        made.append(Sample(r(1, 2, 3, 4, 5), _between_pixels(r, (3, 4, 5), False, 1, 2, 1, 4), **options))
    return [*made, Sample(r(0, 2, 3, 4), r(0, 3, 5, 2), align_corners=False, id="empty")]


@composite(arrays="input grid", where="F", samples=_samples, errors=[
    ErrorSample(np.ones((2, 3, 4, 5)), np.ones((2, 3, 4, 3)), error=ShapeError, match=(
        r"grid_sample: expected input \(N, C, H, W\) and grid \(N, OH, OW, 2\).*got shapes \(2, 3, 4, 5\) and \(2, 3, 4, 3\)")),
    ErrorSample(np.ones((2, 3, 0, 5)), np.ones((2, 3, 4, 2)), error=ShapeError, match="nothing to sample"),
    ErrorSample(np.ones((2, 3, 4, 5)), np.ones((2, 3, 4, 2)), mode="cubic", error=ValueError, match="mode must be"),
    ErrorSample(np.ones((2, 3, 4, 5)), np.ones((2, 3, 4, 2)), padding_mode="constant", error=ValueError, match="padding_mode must be"),
    ErrorSample(np.ones((2, 3, 4, 5)), np.ones((2, 3, 4, 2), np.float32), error=DTypeError, match="expected one dtype for both"),
    ErrorSample(np.ones((2, 3, 4, 5, 6)), np.ones((2, 3, 4, 5, 3)), mode="bicubic", error=NotImplementedError, match="bicubic sampling is for images only"),
])  # fmt: skip
def grid_sample(input, grid, mode="bilinear", padding_mode="zeros", align_corners=None):
    """Values of images at the places of a grid, interpolated between pixels.

    Shapes: input (N, C, H, W) and grid (N, OH, OW, 2), returns (N, C, OH, OW); or (N, C, D, H, W) and (N, OD, OH, OW, 3). The grid's
        last axis is x, y(, z); -1 and 1 are the centres of the outermost pixels with `align_corners`, their outer edges without (default).
    mode: "bilinear" (trilinear in volumes), "nearest" (halfway to the even pixel; no gradient for the grid), "bicubic" (images only).
    padding_mode: outside are "zeros", the pixel at the "border", or the image's "reflection".
    Gradient: input and grid. Dtypes: floats, both the same. Raises ShapeError, DTypeError, ValueError.
    Source: Jaderberg et al., "Spatial Transformer Networks", arXiv:1506.02025.
    >>> image, places = mg.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]), mg.tensor([[[[0.0, 0.0], [-0.5, 0.5]]]])
    >>> mg.nn.functional.grid_sample(image, places, align_corners=False)
    tensor([[[[2.5000, 3.0000]]]])
    """
    return _grid_sample("grid_sample", input, grid, mode, padding_mode, align_corners)


# ---- under torch's other names, with numbers for modes ----

_MODES, _PADDINGS = ("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection")


def _numbered(op, input, grid, interpolation_mode, padding_mode, align_corners):
    if interpolation_mode not in (0, 1, 2) or padding_mode not in (0, 1, 2):
        raise ValueError(f"{op}: modes are 0, 1 and 2, for {_MODES} and {_PADDINGS}, got {interpolation_mode} and {padding_mode}")
    return _grid_sample(op, input, grid, _MODES[interpolation_mode], _PADDINGS[padding_mode], align_corners)


def _numbered_samples(r: Draw) -> list[Sample]:
    places = _between_pixels(r, (4, 5), False, 2, 3, 4)
    return [Sample(r(2, 3, 4, 5), places, interpolation_mode=0, padding_mode=1, align_corners=False, id="bilinear-border")]


def _numbered_volumes(r: Draw) -> list[Sample]:
    places = _between_pixels(r, (3, 4, 5), False, 1, 2, 1, 4)
    return [Sample(r(1, 2, 3, 4, 5), places, interpolation_mode=0, padding_mode=0, align_corners=False, id="trilinear-zeros")]


_NUMBER = [ErrorSample(np.ones((2, 3, 4, 5)), np.ones((2, 3, 4, 2)), 3, 0, False, error=ValueError, match="modes are 0, 1 and 2")]


@composite(arrays="input grid", where="mg", samples=_numbered_samples, errors=_NUMBER)
def grid_sampler(input, grid, interpolation_mode, padding_mode, align_corners):
    """`nn.functional.grid_sample` with numbers for modes: 0 bilinear, 1 nearest, 2 bicubic; padding 0 zeros, 1 border, 2 reflection.

    >>> mg.grid_sampler(mg.tensor([[[[1.0, 2.0]]]]), mg.tensor([[[[0.0, 0.0]]]]), 0, 0, False)
    tensor([[[[1.5000]]]])
    """
    return _numbered("grid_sampler", input, grid, interpolation_mode, padding_mode, align_corners)


@composite(arrays="input grid", where="mg", samples=_numbered_samples, errors=_NUMBER)
def grid_sampler_2d(input, grid, interpolation_mode, padding_mode, align_corners):
    """grid_sampler of images.

    >>> mg.grid_sampler_2d(mg.tensor([[[[1.0, 2.0]]]]), mg.tensor([[[[0.0, 0.0]]]]), 0, 0, False)
    tensor([[[[1.5000]]]])
    """
    return _numbered("grid_sampler_2d", input, grid, interpolation_mode, padding_mode, align_corners)


@composite(arrays="input grid", where="mg", samples=_numbered_volumes, errors=_NUMBER)
def grid_sampler_3d(input, grid, interpolation_mode, padding_mode, align_corners):
    """grid_sampler of volumes.

    >>> mg.grid_sampler_3d(mg.tensor([[[[[1.0, 2.0]]]]]), mg.zeros(1, 1, 1, 1, 3), 0, 0, False)
    tensor([[[[[1.5000]]]]])
    """
    return _numbered("grid_sampler_3d", input, grid, interpolation_mode, padding_mode, align_corners)


@composite(arrays="theta", where="mg", samples=lambda r: [Sample(r(2, 2, 3), size=(2, 3, 4, 5), align_corners=False, id="images")])
def affine_grid_generator(theta, size, align_corners):
    """`nn.functional.affine_grid` under another name.

    >>> mg.affine_grid_generator(mg.ones(1, 2, 3), (1, 1, 4, 5), False).shape
    (1, 4, 5, 2)
    """
    return affine_grid(theta, size, align_corners)
