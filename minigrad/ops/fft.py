"""Fourier transforms, by numpy.fft. Three of them are ops (complex to complex, real to complex, complex to real); the rest are made of these.

Gradients: the transforms are linear, and the adjoint of an unnormalised transform is the unnormalised one in the other direction. Where
half a spectrum stands for the whole one, its entries that stand for two count twice on the way back.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import ErrorSample, Sample, composite, defop
from ._samples import COMPLEX, FLOATS
from .complex import _numbers
from .pad import _pad_constant
from .shape import _dim


def _transform(function: Any, x: Any, scale: float, **options: Any) -> np.ndarray:
    """A transform of NumPy's without its norm (which is put on one side or the other), in the precision of x."""
    x = np.asarray(x)
    y = function(x, **options)
    if x.dtype in (np.float32, np.complex64):  # NumPy 1 computes in double precision
        y = y.astype(np.complex64 if y.dtype.kind == "c" else np.float32, copy=False)
    return y if scale == 1 else y * y.real.dtype.type(scale)


def _spectrum(r):
    return [
        Sample(_numbers(r, 3, 5), dim=(1,), scale=1.0, inverse=False, id="forward"),
        Sample(_numbers(r, 2, 3, 4), dim=(0, 2), scale=0.25, inverse=True, id="inverse"),
    ]


@defop(family="general", dtypes=COMPLEX, ulp=16, samples=_spectrum,
       vjp={"input": lambda g, dim, scale, inverse: _fft_c2c(g, dim, scale, not inverse)}, kernel=None, where="")  # fmt: skip
def _fft_c2c(input, dim, scale, inverse):
    """The Fourier transform of complex numbers over some dimensions, times a scale"""
    if inverse:
        return _transform(np.fft.ifftn, input, scale, axes=dim, norm="forward")
    return _transform(np.fft.fftn, input, scale, axes=dim)


def _r2c_vjp(g, input_shape, dim, scale):
    """The entries that were left out got no gradient; of what the inverse transform makes of the others, the input saw the real part."""
    return _fft_c2c(_resized(g, dim[-1], input_shape[dim[-1]]), dim, scale, True).real


@defop(family="general", dtypes=FLOATS, ulp=16, vjp={"input": _r2c_vjp}, where="",
       samples=lambda r: [Sample(r(3, 5), dim=(1,), scale=1.0, id="odd"), Sample(r(3, 4, 2), dim=(0, 1), scale=0.5, id="even")])  # fmt: skip
def _fft_r2c(input, dim, scale):
    """The Fourier transform of real numbers: of the last of the dimensions, the first half of the spectrum"""
    return _transform(np.fft.rfftn, input, scale, axes=dim)


def _c2r_vjp(g, dim, scale, n):
    """Entries 1 to (n - 1) // 2 stand for their conjugates at the other end, too."""
    y = _fft_r2c(g, dim, scale)
    d = dim[-1]
    twice = np.ones(y.shape[d], g.dtype.numpy)
    twice[1 : n - n // 2] = 2
    return y * _core.from_numpy(twice).view((-1, *(1,) * (y.ndim - d - 1)))


@defop(family="general", dtypes=COMPLEX, ulp=16, vjp={"input": _c2r_vjp}, where="",
       samples=lambda r: [Sample(_numbers(r, 4, 3), dim=(1,), scale=1.0, n=5, id="odd"), Sample(_numbers(r, 2, 3, 4), dim=(0, 1), scale=0.5, n=4, id="even")])  # fmt: skip
def _fft_c2r(input, dim, scale, n):
    """The inverse of _fft_r2c, without its scale: real numbers, n along the last of the dimensions"""
    shape = np.shape(input)
    return _transform(np.fft.irfftn, input, scale, axes=dim, s=[*(shape[d] for d in dim[:-1]), n], norm="forward")


# ---- arguments ----


def _resized(x, d, n):
    """x with n entries along dimension d: cut, or filled up with zeros."""
    size = x.shape[d]
    if n < size:
        return x.narrow(d, 0, n)
    if n == size:
        return x
    return _pad_constant(x, (*x.shape[:d], n, *x.shape[d + 1 :]), tuple((0, 1, s) for s in x.shape), 0)


def _scale(op: str, norm: str | None, n: int, inverse: bool) -> float:
    """What an unnormalised transform over n entries is multiplied by."""
    if norm not in (None, "backward", "forward", "ortho"):
        raise ValueError(f'{op}: norm must be "forward", "backward" or "ortho", got {norm!r}')
    if norm == "ortho":
        return 1 / math.sqrt(n)
    return 1 / n if (norm == "forward") != inverse else 1.0


def _floating(op: str, x: Any, complex: bool) -> Any:
    """x as float32, float64 (integers: the default) or the complex dtype of that precision."""
    if not isinstance(x, _core.Tensor):
        raise TypeError(f"{op}: expected a Tensor, got {type(x).__name__}")
    if x.dtype in (_core.float16, _core.bfloat16):
        raise DTypeError(f"{op}: not defined for {x.dtype.name}; cast to float32 first")
    if not x.is_floating_point() and not x.is_complex():
        x = x.to(_core.get_default_dtype())
    return x.to(x.dtype.to_complex()) if complex else x


def _sizes(op: str, x: Any, s: Any, dim: Any, last: bool = False) -> tuple[tuple[int, ...], list[int]]:
    """The dimensions of a transform and their sizes; `last`: the last one counts half a spectrum."""
    if s is not None:
        s = [s] if isinstance(s, int) else list(s)
    if dim is None:
        dims = tuple(range(x.ndim)) if s is None else tuple(range(x.ndim - len(s), x.ndim))
        if s is not None and len(s) > x.ndim:
            raise ShapeError(f"{op}: {len(s)} sizes for a tensor of {x.ndim} dimensions")
    else:
        dims = tuple(_dim(op, d, x.ndim) for d in ((dim,) if isinstance(dim, int) else dim))
        if len(set(dims)) != len(dims):
            raise ShapeError(f"{op}: a dimension is named twice in {tuple(dim)}")
    if s is not None and len(s) != len(dims):
        raise ShapeError(f"{op}: {len(s)} sizes for {len(dims)} dimensions")
    sizes = [x.shape[d] for d in dims]
    if last and sizes:
        sizes[-1] = 2 * (sizes[-1] - 1)
    if s is not None:
        sizes = [old if new == -1 else new for old, new in zip(sizes, s, strict=True)]
    for n in sizes:
        if n < 1:
            raise ShapeError(f"{op}: expected at least 1 entry in each transformed dimension, got {n} of shape {x.shape}")
    return dims, sizes


def _c2c(op: str, x: Any, s: Any, dim: Any, norm: str | None, inverse: bool) -> Any:
    x = _floating(op, x, True)
    dims, sizes = _sizes(op, x, s, dim)
    scale = _scale(op, norm, math.prod(sizes), inverse)
    for d, n in zip(dims, sizes, strict=True):
        x = _resized(x, d, n)
    return _fft_c2c(x, dims, scale, inverse) if dims else x


def _r2c(op: str, x: Any, s: Any, dim: Any, norm: str | None, inverse: bool = False) -> Any:
    x = _floating(op, x, False)
    if x.is_complex():
        raise DTypeError(f"{op}: expected a real tensor, got dtype {x.dtype.name}")
    dims, sizes = _sizes(op, x, s, dim)
    if not dims:
        raise ShapeError(f"{op}: at least one dimension must be transformed")
    scale = _scale(op, norm, math.prod(sizes), inverse)
    for d, n in zip(dims, sizes, strict=True):
        x = _resized(x, d, n)
    y = _fft_r2c(x, dims, scale)
    return y.conj() if inverse else y


def _c2r(op: str, x: Any, s: Any, dim: Any, norm: str | None, inverse: bool = True) -> Any:
    x = _floating(op, x, True)
    dims, sizes = _sizes(op, x, s, dim, last=True)
    if not dims:
        raise ShapeError(f"{op}: at least one dimension must be transformed")
    scale = _scale(op, norm, math.prod(sizes), inverse)
    for d, n in zip(dims[:-1], sizes[:-1], strict=True):
        x = _resized(x, d, n)
    x = _resized(x, dims[-1], sizes[-1] // 2 + 1)
    return _fft_c2r(x if inverse else x.conj(), dims, scale, sizes[-1])


# ---- the functions ----

_OPTIONS: dict[str, Any] = {"where": "fft", "dtypes": FLOATS, "ulp": 16}
_BAD = [
    ErrorSample(np.ones(4), norm="no", error=ValueError, match='norm must be "forward", "backward" or "ortho"'),
    ErrorSample(np.ones(4), dim=2, error=IndexError, match="dimension 2 is out of range"),
]


def _one(draw):
    """Samples of a transform of one dimension: as it is, cut, filled up, another dimension and norm."""

    def samples(r):
        return [
            Sample(draw(r, 3, 5), id="odd"),
            Sample(draw(r, 6), n=4, norm="ortho", id="cut"),
            Sample(draw(r, 5, 2), n=7, dim=0, norm="forward", id="padded"),
        ]

    return samples


def _real_numbers(r, *shape):
    return r(*shape)


@composite(samples=_one(_numbers), errors=_BAD, **_OPTIONS)
def fft_fft(input, n=None, dim=-1, norm=None):
    """The discrete Fourier transform along one dimension: y[k] = sum over j of x[j] exp(-2 pi i j k / n).

    n: cut or fill up with zeros to so many entries first. norm: "backward" (default: nothing here, the inverse divides by n),
    "forward" (divide by n here), "ortho" (by sqrt(n) on both sides).
    Shapes: any; `dim` has n entries afterwards. Dtypes: float32 gives complex64, float64 complex128; complex ones stay.
    Raises ShapeError for fewer than one entry.
    >>> mg.fft.fft(mg.tensor([1.0, 0.0, 0.0, 0.0]))
    tensor([1.+0.j, 1.+0.j, 1.+0.j, 1.+0.j])
    """
    return _c2c("fft", input, None if n is None else (n,), (dim,), norm, False)


@composite(samples=_one(_numbers), errors=_BAD, **_OPTIONS)
def fft_ifft(input, n=None, dim=-1, norm=None):
    """The inverse of `fft`.

    Arguments, shapes, dtypes and errors: as `fft`.
    >>> mg.fft.ifft(mg.tensor([4.0, 0.0, 0.0, 0.0]))
    tensor([1.+0.j, 1.+0.j, 1.+0.j, 1.+0.j])
    """
    return _c2c("ifft", input, None if n is None else (n,), (dim,), norm, True)


@composite(samples=_one(_real_numbers), **_OPTIONS,
           errors=[*_BAD, ErrorSample(np.ones(4, np.complex64), error=TypeError, match="rfft: expected a real tensor, got dtype complex64")])  # fmt: skip
def fft_rfft(input, n=None, dim=-1, norm=None):
    """The Fourier transform of real numbers: the first n // 2 + 1 entries, the others being their conjugates.

    Arguments and errors: as `fft`. Dtypes: real; float32 gives complex64.
    >>> mg.fft.rfft(mg.tensor([1.0, 2.0, 3.0, 4.0]))
    tensor([10.+0.j, -2.+2.j, -2.+0.j])
    """
    return _r2c("rfft", input, None if n is None else (n,), (dim,), norm)


@composite(samples=_one(_numbers), errors=_BAD, **_OPTIONS)
def fft_irfft(input, n=None, dim=-1, norm=None):
    """The inverse of `rfft`: n real numbers (default: 2 * (entries - 1)) from half a spectrum.

    Arguments and errors: as `fft`. Dtypes: complex64 gives float32. The imaginary part of the first entry (and, if n is even, of the
    last) means nothing.
    >>> mg.fft.irfft(mg.fft.rfft(mg.tensor([1.0, 2.0, 3.0, 4.0])))
    tensor([1., 2., 3., 4.])
    """
    return _c2r("irfft", input, None if n is None else (n,), (dim,), norm)


@composite(samples=_one(_numbers), errors=_BAD, **_OPTIONS)
def fft_hfft(input, n=None, dim=-1, norm=None):
    """The Fourier transform of a Hermitian signal, given by its first half: n real numbers (default: 2 * (entries - 1)).

    Arguments and errors: as `fft`. Dtypes: complex64 gives float32.
    >>> mg.fft.hfft(mg.tensor([1.0, 2.0, 3.0]))
    tensor([ 8., -2.,  0., -2.])
    """
    return _c2r("hfft", input, None if n is None else (n,), (dim,), norm, False)


@composite(samples=_one(_real_numbers), **_OPTIONS,
           errors=[*_BAD, ErrorSample(np.ones(4, np.complex64), error=TypeError, match="ihfft: expected a real tensor")])  # fmt: skip
def fft_ihfft(input, n=None, dim=-1, norm=None):
    """The inverse of `hfft`: the first half of the Hermitian signal whose transform the real input is.

    Arguments and errors: as `fft`. Dtypes: real; float32 gives complex64.
    >>> mg.fft.ihfft(mg.tensor([8.0, -2.0, 0.0, -2.0]))
    tensor([1.-0.j, 2.-0.j, 3.-0.j])
    """
    return _r2c("ihfft", input, None if n is None else (n,), (dim,), norm, True)
