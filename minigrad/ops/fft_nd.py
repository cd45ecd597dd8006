"""Fourier transforms over several dimensions, and what goes with them: shifts and frequencies."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core
from ..device import on_cpu
from ..errors import ShapeError
from ..registry import ErrorSample, Sample, composite
from .complex import _numbers
from .creation import _finish, _of
from .fft import _OPTIONS, _c2c, _c2r, _r2c, _real_numbers
from .rearrange import roll
from .shape import _dim


def _several(draw):
    def samples(r):
        return [
            Sample(draw(r, 3, 4), id="all"),
            Sample(draw(r, 2, 5, 3), s=(4, 4), dim=(0, 2), norm="ortho", id="sizes"),
            Sample(draw(r, 2, 3, 4), s=(-1, 5), dim=(-1, 1), norm="forward", id="kept-size"),
        ]

    return samples


def _planes(draw):
    def samples(r):
        return [Sample(draw(r, 2, 3, 4), id="last"), Sample(draw(r, 4, 2, 3), s=(5, 3), dim=(0, 2), norm="ortho", id="sizes")]

    return samples


_BAD = [
    ErrorSample(np.ones((2, 3)), s=(2, 2, 2), error=ValueError, match="3 sizes for"),
    ErrorSample(np.ones((2, 3)), dim=(0, 0), error=ValueError, match="a dimension is named twice"),
    ErrorSample(np.ones((2, 0)), error=ValueError, match="expected at least 1 entry in each transformed dimension"),
]


@composite(samples=_planes(_numbers), errors=_BAD[1:2], **_OPTIONS)
def fft_fft2(input, s=None, dim=(-2, -1), norm=None):
    """The discrete Fourier transform over the two dimensions of `dim`.

    s: sizes to cut or fill up to first, -1 for as it is. norm: as `fft`.
    Shapes: any. Dtypes: any; integers and real numbers become complex. Raises ShapeError for other than one size for a dimension.
    >>> mg.fft.fft2(mg.ones(2, 2))
    tensor([[4.+0.j, 0.+0.j],
            [0.+0.j, 0.+0.j]])
    """
    return _c2c("fft2", input, s, dim, norm, False)


@composite(samples=_planes(_numbers), errors=_BAD[1:2], **_OPTIONS)
def fft_ifft2(input, s=None, dim=(-2, -1), norm=None):
    """The inverse of the discrete Fourier transform over the two dimensions of `dim`.

    s: sizes to cut or fill up to first, -1 for as it is. norm: as `fft`.
    Shapes: any. Dtypes: any; integers and real numbers become complex. Raises ShapeError for other than one size for a dimension.
    >>> mg.fft.ifft2(mg.ones(2, 2))
    tensor([[1.+0.j, 0.+0.j],
            [0.+0.j, 0.+0.j]])
    """
    return _c2c("ifft2", input, s, dim, norm, True)


@composite(samples=_planes(_real_numbers), errors=_BAD[1:2], **_OPTIONS)
def fft_rfft2(input, s=None, dim=(-2, -1), norm=None):
    """The Fourier transform of real numbers, half of the spectrum along the last dimension, over the two dimensions of `dim`.

    s: sizes to cut or fill up to first, -1 for as it is. norm: as `fft`.
    Shapes: any. Dtypes: real; float32 gives complex64. Raises ShapeError for other than one size for a dimension.
    >>> mg.fft.rfft2(mg.ones(2, 3))
    tensor([[6.+0.j, 0.+0.j],
            [0.+0.j, 0.+0.j]])
    """
    return _r2c("rfft2", input, s, dim, norm)


@composite(samples=_planes(_numbers), errors=_BAD[1:2], **_OPTIONS)
def fft_irfft2(input, s=None, dim=(-2, -1), norm=None):
    """Real numbers from half a spectrum (of the last dimension): the inverse of `rfft2`, over the two dimensions of `dim`.

    s: sizes to cut or fill up to first, -1 for as it is; the last one counts the real numbers that come out. norm: as `fft`.
    Shapes: any. Dtypes: complex; complex64 gives float32. Raises ShapeError for other than one size for a dimension.
    >>> mg.fft.irfft2(mg.ones(2, 2))
    tensor([[1., 0.],
            [0., 0.]])
    """
    return _c2r("irfft2", input, s, dim, norm)


@composite(samples=_planes(_numbers), errors=_BAD[1:2], **_OPTIONS)
def fft_hfft2(input, s=None, dim=(-2, -1), norm=None):
    """The Fourier transform of a Hermitian signal, given by half of it along the last dimension, over the two dimensions of `dim`.

    s: sizes to cut or fill up to first, -1 for as it is; the last one counts the real numbers that come out. norm: as `fft`.
    Shapes: any. Dtypes: complex; complex64 gives float32. Raises ShapeError for other than one size for a dimension.
    >>> mg.fft.hfft2(mg.ones(2, 2))
    tensor([[4., 0.],
            [0., 0.]])
    """
    return _c2r("hfft2", input, s, dim, norm, False)


@composite(samples=_planes(_real_numbers), errors=_BAD[1:2], **_OPTIONS)
def fft_ihfft2(input, s=None, dim=(-2, -1), norm=None):
    """The inverse of `hfft2`: half of the Hermitian signal whose transform the real input is, over the two dimensions of `dim`.

    s: sizes to cut or fill up to first, -1 for as it is. norm: as `fft`.
    Shapes: any. Dtypes: real; float32 gives complex64. Raises ShapeError for other than one size for a dimension.
    >>> mg.fft.ihfft2(mg.ones(2, 3))
    tensor([[1.-0.j, 0.-0.j],
            [0.-0.j, 0.-0.j]])
    """
    return _r2c("ihfft2", input, s, dim, norm, True)


@composite(samples=_several(_numbers), errors=_BAD[0:2], **_OPTIONS)
def fft_fftn(input, s=None, dim=None, norm=None):
    """The discrete Fourier transform over the dimensions of `dim` (default: all, or the last ones that `s` gives sizes for).

    s: sizes to cut or fill up to first, -1 for as it is. norm: as `fft`.
    Shapes: any. Dtypes: any; integers and real numbers become complex. Raises ShapeError for other than one size for a dimension.
    >>> mg.fft.fftn(mg.ones(2, 2))
    tensor([[4.+0.j, 0.+0.j],
            [0.+0.j, 0.+0.j]])
    """
    return _c2c("fftn", input, s, dim, norm, False)


@composite(samples=_several(_numbers), errors=_BAD[0:2], **_OPTIONS)
def fft_ifftn(input, s=None, dim=None, norm=None):
    """The inverse of the discrete Fourier transform over the dimensions of `dim` (default: all, or the last ones that `s` gives sizes for).

    s: sizes to cut or fill up to first, -1 for as it is. norm: as `fft`.
    Shapes: any. Dtypes: any; integers and real numbers become complex. Raises ShapeError for other than one size for a dimension.
    >>> mg.fft.ifftn(mg.ones(2, 2))
    tensor([[1.+0.j, 0.+0.j],
            [0.+0.j, 0.+0.j]])
    """
    return _c2c("ifftn", input, s, dim, norm, True)


@composite(samples=_several(_real_numbers), errors=_BAD[0:2], **_OPTIONS)
def fft_rfftn(input, s=None, dim=None, norm=None):
    """The Fourier transform of real numbers, half of the spectrum along the last dimension, over the dimensions of `dim` (default: all, or the last ones that `s` gives sizes for).

    s: sizes to cut or fill up to first, -1 for as it is. norm: as `fft`.
    Shapes: any. Dtypes: real; float32 gives complex64. Raises ShapeError for other than one size for a dimension.
    >>> mg.fft.rfftn(mg.ones(2, 3))
    tensor([[6.+0.j, 0.+0.j],
            [0.+0.j, 0.+0.j]])
    """
    return _r2c("rfftn", input, s, dim, norm)


@composite(samples=_several(_numbers), errors=_BAD[0:2], **_OPTIONS)
def fft_irfftn(input, s=None, dim=None, norm=None):
    """Real numbers from half a spectrum (of the last dimension): the inverse of `rfftn`, over the dimensions of `dim` (default: all, or the last ones that `s` gives sizes for).

    s: sizes to cut or fill up to first, -1 for as it is; the last one counts the real numbers that come out. norm: as `fft`.
    Shapes: any. Dtypes: complex; complex64 gives float32. Raises ShapeError for other than one size for a dimension.
    >>> mg.fft.irfftn(mg.ones(2, 2))
    tensor([[1., 0.],
            [0., 0.]])
    """
    return _c2r("irfftn", input, s, dim, norm)


@composite(samples=_several(_numbers), errors=_BAD[0:2], **_OPTIONS)
def fft_hfftn(input, s=None, dim=None, norm=None):
    """The Fourier transform of a Hermitian signal, given by half of it along the last dimension, over the dimensions of `dim` (default: all, or the last ones that `s` gives sizes for).

    s: sizes to cut or fill up to first, -1 for as it is; the last one counts the real numbers that come out. norm: as `fft`.
    Shapes: any. Dtypes: complex; complex64 gives float32. Raises ShapeError for other than one size for a dimension.
    >>> mg.fft.hfftn(mg.ones(2, 2))
    tensor([[4., 0.],
            [0., 0.]])
    """
    return _c2r("hfftn", input, s, dim, norm, False)


@composite(samples=_several(_real_numbers), errors=_BAD[0:2], **_OPTIONS)
def fft_ihfftn(input, s=None, dim=None, norm=None):
    """The inverse of `hfftn`: half of the Hermitian signal whose transform the real input is, over the dimensions of `dim` (default: all, or the last ones that `s` gives sizes for).

    s: sizes to cut or fill up to first, -1 for as it is. norm: as `fft`.
    Shapes: any. Dtypes: real; float32 gives complex64. Raises ShapeError for other than one size for a dimension.
    >>> mg.fft.ihfftn(mg.ones(2, 3))
    tensor([[1.-0.j, 0.-0.j],
            [0.-0.j, 0.-0.j]])
    """
    return _r2c("ihfftn", input, s, dim, norm, True)


# ---- order of frequencies ----


def _shift(op, input, dim, sign):
    dims = range(input.ndim) if dim is None else [_dim(op, d, input.ndim) for d in ((dim,) if isinstance(dim, int) else dim)]
    if not input.ndim:
        return input.clone()
    return roll(input, tuple(input.shape[d] // 2 if sign > 0 else -(input.shape[d] // 2) for d in dims), tuple(dims))


def _shifted(r):
    return [Sample(r(4, 5), id="all"), Sample(r(4, 5, 2), dim=1, id="odd"), Sample(_numbers(r, 3, 4), dim=(0, 1), id="complex")]


@composite(samples=_shifted, where="fft", dtypes=("float32", "float64"))
def fft_fftshift(input, dim=None):
    """The entries of the given dimensions (default: all) reordered so that frequency 0 stands in the middle.

    Shapes: any. Dtypes: all.
    >>> mg.fft.fftshift(mg.tensor([0, 1, 2, -2, -1]))
    tensor([-2, -1,  0,  1,  2])
    """
    return _shift("fftshift", input, dim, 1)


@composite(samples=_shifted, where="fft", dtypes=("float32", "float64"))
def fft_ifftshift(input, dim=None):
    """The inverse of `fftshift`.

    Shapes: any. Dtypes: all.
    >>> mg.fft.ifftshift(mg.tensor([-2, -1, 0, 1, 2]))
    tensor([ 0,  1,  2, -2, -1])
    """
    return _shift("ifftshift", input, dim, -1)


def fftfreq(n: int, d: float = 1.0, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> _core.Tensor:
    """The frequencies of the entries that `fft` of n samples, d apart, gives: [0, 1, ..., -2, -1] / (n d).

    >>> mg.fft.fftfreq(4)
    tensor([ 0.0000,  0.2500, -0.5000, -0.2500])
    """
    if device is not None:
        on_cpu(device, "fftfreq")
    _positive("fftfreq", n)
    return _finish(_of(np.fft.fftfreq(n, d), dtype), requires_grad)


def rfftfreq(n: int, d: float = 1.0, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> _core.Tensor:
    """The frequencies of the entries that `rfft` of n samples, d apart, gives: [0, 1, ..., n // 2] / (n d).

    >>> mg.fft.rfftfreq(4)
    tensor([0.0000, 0.2500, 0.5000])
    """
    if device is not None:
        on_cpu(device, "rfftfreq")
    _positive("rfftfreq", n)
    return _finish(_of(np.fft.rfftfreq(n, d), dtype), requires_grad)


def _positive(op: str, n: int) -> None:
    if n < 1:
        raise ShapeError(f"{op}: expected at least 1 sample, got {n}")
