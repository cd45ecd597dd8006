# Written from the registry by tools/stubs.py.
import builtins
from collections import abc
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, TypeAlias, overload
from minigrad import _core
from minigrad._core import Operand, Tensor as Tensor, dtype as DType

_int: TypeAlias = builtins.int
_float: TypeAlias = builtins.float
_bool: TypeAlias = builtins.bool
_complex: TypeAlias = builtins.complex
from minigrad.ops.fft_nd import fftfreq as fftfreq
from minigrad.ops.fft_nd import rfftfreq as rfftfreq

def fft(input: Tensor, n: _int | None = None, dim: _int = -1, norm: str | None = None, *, axis: _int = ...) -> Tensor:
    """The discrete Fourier transform along one dimension: y[k] = sum over j of x[j] exp(-2 pi i j k / n)."""
def fft2(input: Tensor, s: _int | Sequence[_int] | None = None, dim: Sequence[_int] = ..., norm: str | None = None, *, axis: Sequence[_int] = ...) -> Tensor:
    """The discrete Fourier transform over the two dimensions of `dim`."""
def fftn(input: Tensor, s: _int | Sequence[_int] | None = None, dim: Sequence[_int] | None = None, norm: str | None = None, *, axis: Sequence[_int] | None = ...) -> Tensor:
    """The discrete Fourier transform over the dimensions of `dim` (default: all, or the last ones that `s` gives sizes for)."""
def fftshift(input: Tensor, dim: _int | Sequence[_int] | None = None, *, axis: _int | Sequence[_int] | None = ...) -> Tensor:
    """The entries of the given dimensions (default: all) reordered so that frequency 0 stands in the middle."""
def hfft(input: Tensor, n: _int | None = None, dim: _int = -1, norm: str | None = None, *, axis: _int = ...) -> Tensor:
    """The Fourier transform of a Hermitian signal, given by its first half: n real numbers (default: 2 * (entries - 1))."""
def hfft2(input: Tensor, s: _int | Sequence[_int] | None = None, dim: Sequence[_int] = ..., norm: str | None = None, *, axis: Sequence[_int] = ...) -> Tensor:
    """The Fourier transform of a Hermitian signal, given by half of it along the last dimension, over the two dimensions of `dim`."""
def hfftn(input: Tensor, s: _int | Sequence[_int] | None = None, dim: Sequence[_int] | None = None, norm: str | None = None, *, axis: Sequence[_int] | None = ...) -> Tensor:
    """The Fourier transform of a Hermitian signal, given by half of it along the last dimension, over the dimensions of `dim` (default: all, or the last ones that `s` gives sizes for)."""
def ifft(input: Tensor, n: _int | None = None, dim: _int = -1, norm: str | None = None, *, axis: _int = ...) -> Tensor:
    """The inverse of `fft`."""
def ifft2(input: Tensor, s: _int | Sequence[_int] | None = None, dim: Sequence[_int] = ..., norm: str | None = None, *, axis: Sequence[_int] = ...) -> Tensor:
    """The inverse of the discrete Fourier transform over the two dimensions of `dim`."""
def ifftn(input: Tensor, s: _int | Sequence[_int] | None = None, dim: Sequence[_int] | None = None, norm: str | None = None, *, axis: Sequence[_int] | None = ...) -> Tensor:
    """The inverse of the discrete Fourier transform over the dimensions of `dim` (default: all, or the last ones that `s` gives sizes for)."""
def ifftshift(input: Tensor, dim: _int | Sequence[_int] | None = None, *, axis: _int | Sequence[_int] | None = ...) -> Tensor:
    """The inverse of `fftshift`."""
def ihfft(input: Tensor, n: _int | None = None, dim: _int = -1, norm: str | None = None, *, axis: _int = ...) -> Tensor:
    """The inverse of `hfft`: the first half of the Hermitian signal whose transform the real input is."""
def ihfft2(input: Tensor, s: _int | Sequence[_int] | None = None, dim: Sequence[_int] = ..., norm: str | None = None, *, axis: Sequence[_int] = ...) -> Tensor:
    """The inverse of `hfft2`: half of the Hermitian signal whose transform the real input is, over the two dimensions of `dim`."""
def ihfftn(input: Tensor, s: _int | Sequence[_int] | None = None, dim: Sequence[_int] | None = None, norm: str | None = None, *, axis: Sequence[_int] | None = ...) -> Tensor:
    """The inverse of `hfftn`: half of the Hermitian signal whose transform the real input is, over the dimensions of `dim` (default: all, or the last ones that `s` gives sizes for)."""
def irfft(input: Tensor, n: _int | None = None, dim: _int = -1, norm: str | None = None, *, axis: _int = ...) -> Tensor:
    """The inverse of `rfft`: n real numbers (default: 2 * (entries - 1)) from half a spectrum."""
def irfft2(input: Tensor, s: _int | Sequence[_int] | None = None, dim: Sequence[_int] = ..., norm: str | None = None, *, axis: Sequence[_int] = ...) -> Tensor:
    """Real numbers from half a spectrum (of the last dimension): the inverse of `rfft2`, over the two dimensions of `dim`."""
def irfftn(input: Tensor, s: _int | Sequence[_int] | None = None, dim: Sequence[_int] | None = None, norm: str | None = None, *, axis: Sequence[_int] | None = ...) -> Tensor:
    """Real numbers from half a spectrum (of the last dimension): the inverse of `rfftn`, over the dimensions of `dim` (default: all, or the last ones that `s` gives sizes for)."""
def rfft(input: Tensor, n: _int | None = None, dim: _int = -1, norm: str | None = None, *, axis: _int = ...) -> Tensor:
    """The Fourier transform of real numbers: the first n // 2 + 1 entries, the others being their conjugates."""
def rfft2(input: Tensor, s: _int | Sequence[_int] | None = None, dim: Sequence[_int] = ..., norm: str | None = None, *, axis: Sequence[_int] = ...) -> Tensor:
    """The Fourier transform of real numbers, half of the spectrum along the last dimension, over the two dimensions of `dim`."""
def rfftn(input: Tensor, s: _int | Sequence[_int] | None = None, dim: Sequence[_int] | None = None, norm: str | None = None, *, axis: Sequence[_int] | None = ...) -> Tensor:
    """The Fourier transform of real numbers, half of the spectrum along the last dimension, over the dimensions of `dim` (default: all, or the last ones that `s` gives sizes for)."""
