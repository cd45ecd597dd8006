"""Fourier transforms: the extension `fft`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import fft as transforms
from .dtypes import check_device

__all__ = ["fft", "fftfreq", "fftn", "fftshift", "hfft", "ifft", "ifftn", "ifftshift", "ihfft", "irfft", "irfftn", "rfft", "rfftfreq", "rfftn"]  # fmt: skip


def _along_one(op: Callable[..., Any]) -> Callable[..., Any]:
    def function(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
        return op(x, n=n, dim=axis, norm=norm)

    function.__name__ = function.__qualname__ = op.__name__.removeprefix("fft_")
    return function


def _along_several(op: Callable[..., Any]) -> Callable[..., Any]:
    def function(x: Any, /, *, s: Any = None, axes: Any = None, norm: str = "backward") -> Any:
        return op(x, s=s, dim=axes, norm=norm)

    function.__name__ = function.__qualname__ = op.__name__.removeprefix("fft_")
    return function


fft = _along_one(transforms.fft)
ifft = _along_one(transforms.ifft)
rfft = _along_one(transforms.rfft)
irfft = _along_one(transforms.irfft)
hfft = _along_one(transforms.hfft)
ihfft = _along_one(transforms.ihfft)
fftn = _along_several(transforms.fftn)
ifftn = _along_several(transforms.ifftn)
rfftn = _along_several(transforms.rfftn)
irfftn = _along_several(transforms.irfftn)


def fftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
    """Frequencies of the bins of `fft` of n samples that lie d apart."""
    check_device(device)
    return transforms.fftfreq(n, d=d, dtype=dtype)


def rfftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
    """Frequencies of the bins of `rfft` of n samples that lie d apart."""
    check_device(device)
    return transforms.rfftfreq(n, d=d, dtype=dtype)


def fftshift(x: Any, /, *, axes: Any = None) -> Any:
    """Frequency zero in the middle."""
    return transforms.fftshift(x, dim=axes)


def ifftshift(x: Any, /, *, axes: Any = None) -> Any:
    """The inverse of `fftshift`."""
    return transforms.ifftshift(x, dim=axes)
