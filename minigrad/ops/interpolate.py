"""Images in another size: interpolation, axis by axis.

Along one axis every output is a weighted sum of a few inputs: a sparse matrix, whose rows a table lists, and which `resample` applies.
"""

from __future__ import annotations

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import OPS, Draw, ErrorSample, Sample, composite
from ._geometry import LAYOUTS, check_tensor
from .resample import resample

# ---- the tables ----
# Numbers are rounded as PyTorch rounds them: in the tensor's dtype (`real`), products and sums at once, and pixels in float32.


def _step(size, out, scale, align_corners, real):
    """Distance of two output pixels, in input pixels."""
    if align_corners:
        return real(size - 1) / real(out - 1) if out > 1 else real(0)
    return real(1 / scale) if scale else real(size) / real(out)


def _places(size, out, scale, align_corners, real):
    """Where each output lies among the inputs."""
    step, i = np.float64(_step(size, out, scale, align_corners, real)), np.arange(out)
    return (step * i if align_corners else step * (i + 0.5) - 0.5).astype(real)


def _nearest(size, out, scale, exact, real, small):
    """The pixel that each output copies. Where rounding decides, PyTorch has two ways: one for `small` images, always in float32, that
    knows sizes that stay and that double; and one in the tensor's dtype."""
    i = np.arange(out)
    if small and not exact and out in (size, 2 * size):
        return i // (out // size)
    if small or not exact:
        at = (i + 0.5 * exact) * np.float64(_step(size, out, scale, False, np.float32 if small else real))
        at = at.astype(np.float32 if small else real)
    else:
        at = np.maximum(_places(size, out, scale, False, real), 0).astype(np.float64) + 0.5
    return np.minimum(np.floor(at.astype(np.float32)).astype(np.int64), size - 1)


def _before(at, size):
    pixel = np.minimum(np.floor(at.astype(np.float32)).astype(np.int64), size - 1)
    return pixel, np.clip(at - pixel, 0, 1).astype(at.dtype)


def _rows(index, weight):
    """The table of a matrix that has as many entries in every row."""
    return np.arange(len(index) + 1) * index.shape[1], index.reshape(-1), weight.reshape(-1)


def _linear(size, out, scale, align_corners, real):
    pixel, t = _before(np.maximum(_places(size, out, scale, align_corners, real), real(0)), size)
    return _rows(np.stack([pixel, np.minimum(pixel + 1, size - 1)], 1), np.stack([1 - t, t], 1))


def _cubic(size, out, scale, align_corners, real):
    pixel, t = _before(_places(size, out, scale, align_corners, real), size)
    weight = [_convolution(np.abs(t - k), real(-0.75)) for k in (-1, 0, 1, 2)]
    return _rows(np.clip(pixel[:, None] + np.arange(-1, 3), 0, size - 1), np.stack(weight, 1).astype(real))


def _convolution(x, a):
    """The cubic convolution kernel. Source: Keys, "Cubic convolution interpolation for digital image processing", 1981."""
    near, far = ((a + 2) * x - (a + 3)) * x * x + 1, ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return np.where(x <= 1, near, np.where(x < 2, far, 0))


# Kernels of antialiasing, and how far they reach.
_FILTERS = {
    "bilinear": (1, lambda x: np.maximum(1 - x, 0)),
    "bicubic": (2, lambda x: _convolution(x, -0.5)),
    "lanczos": (3, lambda x: np.where(x < 3, np.sinc(x) * np.sinc(x / 3), 0)),
}


def _antialiased(mode, size, out, scale, align_corners, real):
    """Kernels as wide as the step where the image shrinks; rows have different lengths, and each adds up to 1."""
    reach, kernel = _FILTERS[mode]
    step = _step(size, out, scale, align_corners, real)
    width = max(step, real(1))
    center = step * (np.arange(out, dtype=real) + real(0.5))
    first = np.maximum((center - reach * width + real(0.5)).astype(np.int64), 0)
    last = np.minimum((center + reach * width + real(0.5)).astype(np.int64), size)
    index = first[:, None] + np.arange((last - first).max())
    weight = kernel(np.abs((index - center[:, None] + real(0.5)) / width))
    weight = np.where(index < last[:, None], weight, 0)
    weight = (weight / weight.sum(1, keepdims=True)).astype(real)
    used = index < last[:, None]
    return np.concatenate([[0], np.cumsum(last - first)]), index[used], weight[used]


# ---- what users call ----

_MODES = {"linear": (1,), "bilinear": (2,), "trilinear": (3,), "bicubic": (2,), "lanczos": (2,), "nearest": (1, 2, 3),
          "nearest-exact": (1, 2, 3), "area": (1, 2, 3)}  # fmt: skip


def _check(input, mode, align_corners, antialias):
    """Number of spatial dimensions."""
    check_tensor("interpolate", input)
    n = input.ndim - 2
    if n not in LAYOUTS:
        raise ShapeError(f"interpolate: input must be (N, C, L), (N, C, H, W) or (N, C, D, H, W), got shape {input.shape}")
    if mode not in _MODES:
        raise ValueError(f"interpolate: mode must be one of {', '.join(_MODES)}, got {mode!r}")
    if n not in _MODES[mode]:
        raise ShapeError(f'interpolate: mode="{mode}" needs (N, C, {LAYOUTS[_MODES[mode][0]]}), got shape {input.shape}')
    if align_corners is not None and len(_MODES[mode]) > 1:
        raise ValueError(f'interpolate: mode="{mode}" takes no align_corners')
    if antialias and mode not in _FILTERS:
        raise ValueError(f"interpolate: antialias is for {', '.join(_FILTERS)}, got mode={mode!r}")
    if mode == "lanczos" and (align_corners or not antialias):
        raise ValueError('interpolate: mode="lanczos" needs antialias=True, and takes no align_corners')
    if 0 in input.shape[1:]:
        raise ShapeError(f"interpolate: nothing to interpolate in shape {input.shape}")
    if not mode.startswith("nearest") and not input.is_floating_point():
        raise DTypeError(f'interpolate: mode="{mode}" needs a floating-point tensor, got dtype {input.dtype.name}')
    return n


def _each(name, value, n):
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,) * n
    if len(values) != n:
        raise ShapeError(f"interpolate: {name} must be one number or {n}, one for each spatial dimension, got {value!r}")
    return values


def _sizes(input, n, size, scale_factor, recompute):
    """(output sizes, scales to compute with or None)."""
    if (size is None) == (scale_factor is None):
        raise ValueError(f"interpolate: give either size or scale_factor, got size={size!r} and scale_factor={scale_factor!r}")
    if size is not None:
        if recompute:
            raise ValueError("interpolate: recompute_scale_factor needs scale_factor, not size")
        out: tuple = _each("size", size, n)
        if any(isinstance(m, bool) or not isinstance(m, (int, np.integer)) for m in out):
            raise TypeError(f"interpolate: size must be ints, got {size!r}")
        scales: tuple = (None,) * n
    else:
        scales = _each("scale_factor", scale_factor, n)
        out = tuple(int(m * s) for m, s in zip(input.shape[2:], scales))
        scales = (None,) * n if recompute else scales
    if min(out) < 1:
        raise ShapeError(f"interpolate: the output would have size {out} for input {input.shape}")
    return out, scales


def _table(mode, antialias, size, out, scale, align_corners, real):
    """None: the axis stays as it is, whatever the scale, as in PyTorch."""
    if mode == "bicubic" and not antialias:
        return _cubic(size, out, scale, align_corners, real)
    if size == out:
        return None
    return _antialiased(mode, size, out, scale, align_corners, real) if antialias else _linear(size, out, scale, align_corners, real)


def _samples(r: Draw) -> list[Sample]:
    return [
        Sample(r(2, 3, 4, 5), size=(7, 3), id="nearest"),
        Sample(r(2, 3, 4), scale_factor=2.6, mode="nearest-exact", id="nearest-exact"),
        Sample(r(2, 3, 4), size=6, mode="linear", id="linear"),
        Sample(r(2, 3, 4, 5), scale_factor=(2, 0.7), mode="bilinear", id="bilinear"),
        Sample(r(2, 3, 4, 5), size=(6, 3), mode="bilinear", align_corners=True, id="corners"),
        Sample(r(1, 2, 3, 4, 2), scale_factor=1.7, mode="trilinear", recompute_scale_factor=True, id="trilinear"),
        Sample(r(2, 3, 4, 5), size=(7, 3), mode="bicubic", id="bicubic"),
        Sample(r(1, 2, 8, 9), size=(3, 5), mode="bilinear", antialias=True, id="bilinear-antialias"),
        Sample(r(1, 2, 8, 9), scale_factor=(0.4, 1.5), mode="bicubic", antialias=True, id="bicubic-antialias"),
        Sample(r(1, 2, 8, 9), size=(3, 5), mode="lanczos", antialias=True, id="lanczos"),
        Sample(r(2, 3, 6, 7), scale_factor=0.5, mode="area", id="area"),
        Sample(r(0, 3, 4, 5), size=(7, 3), mode="bilinear", id="empty"),
    ]


@composite(where="F", linear_in=("input",), samples=_samples, errors=[
    ErrorSample(np.ones((2, 3, 4, 5)), error=ValueError, match="interpolate: give either size or scale_factor, got size=None and scale_factor=None"),
    ErrorSample(np.ones((2, 3, 4, 5)), 3, 2.0, error=ValueError, match="interpolate: give either size or scale_factor, got size=3"),
    ErrorSample(np.ones((3, 4)), 3, error=ShapeError, match=r"interpolate: input must be \(N, C, L\)"),
    ErrorSample(np.ones((2, 3, 4)), 3, mode="bilinear", error=ShapeError, match=r'mode="bilinear" needs \(N, C, H, W\), got shape \(2, 3, 4\)'),
    ErrorSample(np.ones((2, 3, 4)), 3, mode="cubic", error=ValueError, match="interpolate: mode must be one of linear, bilinear"),
    ErrorSample(np.ones((2, 3, 4)), (3, 4), error=ShapeError, match=r"size must be one number or 1, one for each spatial dimension, got \(3, 4\)"),
    ErrorSample(np.ones((2, 3, 4)), 0, error=ShapeError, match=r"the output would have size \(0,\)"),
    ErrorSample(np.ones((2, 3, 4)), 2.5, error=TypeError, match="size must be ints, got 2.5"),
    ErrorSample(np.ones((2, 3, 4)), 2, align_corners=True, error=ValueError, match='mode="nearest" takes no align_corners'),
    ErrorSample(np.ones((2, 3, 4)), 2, antialias=True, error=ValueError, match="antialias is for bilinear, bicubic, lanczos"),
    ErrorSample(np.ones((2, 3, 4)), 2, recompute_scale_factor=True, error=ValueError, match="recompute_scale_factor needs scale_factor"),
    ErrorSample(np.ones((2, 3, 4, 5)), 2, mode="lanczos", error=ValueError, match='mode="lanczos" needs antialias=True'),
    ErrorSample(np.ones((2, 3, 4), np.int64), 2, mode="linear", error=DTypeError, match="needs a floating-point tensor, got dtype int64"),
    ErrorSample(np.ones((2, 3, 0)), 2, error=ShapeError, match="nothing to interpolate"),
])  # fmt: skip
def interpolate(input, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None, antialias=False):
    """Signals, images or volumes in another size.

    Shapes: input (N, C, L), (N, C, H, W) or (N, C, D, H, W); returns the same with spatial `size`, or size times `scale_factor` rounded
        down; each a number, or one for each dimension.
    mode: "nearest" (the pixel whose edge is nearest, as older software does), "nearest-exact" (whose centre is), "linear", "bilinear",
        "trilinear", "bicubic" (images), "area" (means, as adaptive_avg_pool), "lanczos" (images, antialiased).
    align_corners: the centres of the outermost pixels stay where they are, rather than their outer edges.
    recompute_scale_factor: compute with output size over input size, where that was rounded, rather than with scale_factor.
    antialias: kernels as wide as the step where an image shrinks (bilinear, bicubic, lanczos).
    Dtypes: floats; with nearest all. Raises ShapeError, ValueError for arguments that exclude one another, DTypeError.
    >>> mg.nn.functional.interpolate(mg.tensor([[[1.0, 2.0, 4.0]]]), 5, mode="linear", align_corners=True)
    tensor([[[1.0000, 1.5000, 2.0000, 3.0000, 4.0000]]])
    """
    n = _check(input, mode, align_corners, antialias)
    if input.dtype in (_core.float16, _core.bfloat16):  # the weights are not rounded
        return interpolate(input.float(), size, scale_factor, mode, align_corners, recompute_scale_factor, antialias).to(input.dtype)
    out, scales = _sizes(input, n, size, scale_factor, recompute_scale_factor)
    if mode == "area":
        return OPS[f"adaptive_avg_pool{n}d"].function(input, out)
    result, real = input, np.float64 if input.dtype is _core.float64 else np.float32
    if input.is_floating_point() and real is np.float32:
        result = input.to(_core.float32)
    # What shrinks most comes first: the rest is less work.
    for d, m, o, s in sorted(zip(range(2, n + 2), input.shape[2:], out, scales), key=lambda q: q[2] / q[1]):
        if mode.startswith("nearest"):
            index = _nearest(m, o, s, mode == "nearest-exact", real, n == 2 and sum(out) <= 128)
            if m == o and (index == np.arange(m)).all():
                continue
            if not input.is_floating_point():
                result = result.index_select(d, _core.from_numpy(index))
                continue
            table = _rows(index[:, None], np.ones((o, 1), real))
        else:
            table = _table(mode, antialias, m, o, s, bool(align_corners), real)
        if table is not None:
            result = resample(result, *map(_core.from_numpy, table), d)
    return result.clone() if result is input else result.to(input.dtype)


def _resized(r: Draw) -> list[Sample]:
    return [Sample(r(2, 3, 4, 5), size=(7, 3), id="size"), Sample(r(2, 3, 4, 5), scale_factor=2, id="scale")]


@composite(where="F", linear_in=("input",), samples=_resized)
def upsample(input, size=None, scale_factor=None, mode="nearest", align_corners=None):
    """`interpolate` under its older name.

    >>> mg.nn.functional.upsample(mg.tensor([[[1.0, 2.0]]]), scale_factor=2)
    tensor([[[1., 1., 2., 2.]]])
    """
    return interpolate(input, size, scale_factor, mode, align_corners)


@composite(where="F", linear_in=("input",), samples=_resized)
def upsample_nearest(input, size=None, scale_factor=None):
    """`interpolate` by the nearest pixel.

    >>> mg.nn.functional.upsample_nearest(mg.tensor([[[1.0, 2.0]]]), scale_factor=2)
    tensor([[[1., 1., 2., 2.]]])
    """
    return interpolate(input, size, scale_factor, "nearest")


@composite(where="F", linear_in=("input",), samples=_resized)
def upsample_bilinear(input, size=None, scale_factor=None):
    """Bilinear `interpolate` of images with align_corners=True.

    >>> mg.nn.functional.upsample_bilinear(mg.tensor([[[[1.0, 2.0]]]]), (1, 3))
    tensor([[[[1.0000, 1.5000, 2.0000]]]])
    """
    return interpolate(input, size, scale_factor, "bilinear", True)
