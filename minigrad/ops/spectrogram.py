"""Short-time Fourier transforms: the spectra of windows that move along a signal, and the signal back from them."""

from __future__ import annotations

import numpy as np

from .. import _core
from ..errors import DTypeError, ShapeError
from ..registry import ErrorSample, Sample, composite
from .complex import _numbers, view_as_real
from .fft import _floating, fft_fft, fft_ifft, fft_irfft, fft_rfft
from .pad import pad
from .rearrange import unfold
from .shape import reshape, transpose

FLOATS = ("float32", "float64")


def _lengths(op, n_fft, hop_length, win_length, window):
    """hop_length, win_length, the window filled up to n_fft (None: ones), checked."""
    hop = n_fft // 4 if hop_length is None else hop_length
    width = n_fft if win_length is None else win_length
    if n_fft <= 0:
        raise ShapeError(f"{op}: expected n_fft > 0, got {n_fft}")
    if hop <= 0:
        raise ShapeError(f"{op}: expected hop_length > 0, got {hop}")
    if not 0 < width <= n_fft:
        raise ShapeError(f"{op}: expected 0 < win_length <= n_fft={n_fft}, got {width}")
    if window is not None and window.shape != (width,):
        raise ShapeError(f"{op}: expected a window of shape ({width},), which win_length says, got {window.shape}")
    return hop, width


def _window(op, window, n_fft, width, dtype):
    """The window in the middle of n_fft entries; without one, ones."""
    if window is None:
        window = _core.full_of((width,), 1, dtype)
    elif not window.is_floating_point() and not window.is_complex():
        window = window.to(dtype)
    left = (n_fft - width) // 2
    return pad(window, (left, n_fft - width - left)) if width < n_fft else window


@composite(where="mg Tensor", dtypes=FLOATS, ulp=32,
           samples=lambda r: [Sample(r(2, 20), n_fft=6, hop_length=2, window=r.between(0.3, 1, 5), win_length=5, return_complex=True, id="window"),
                              Sample(r(23), n_fft=7, normalized=True, pad_mode="constant", return_complex=True, id="odd"),
                              Sample(_numbers(r, 16), n_fft=4, center=False, id="complex"), Sample(r(12), n_fft=4, onesided=False, return_complex=False, id="pairs")],
           errors=[ErrorSample(np.ones(20), 8, error=TypeError, match="stft: return_complex must be given for real input"),
                   ErrorSample(np.ones(20), 8, win_length=9, return_complex=True, error=ValueError, match="expected 0 < win_length <= n_fft=8, got 9"),
                   ErrorSample(np.ones(20), 8, 0, return_complex=True, error=ValueError, match="expected hop_length > 0, got 0"),
                   ErrorSample(np.ones(20), 8, window=np.ones(5), return_complex=True, error=ValueError, match=r"expected a window of shape \(8,\)"),
                   ErrorSample(np.ones(5), 8, center=False, return_complex=True, error=ValueError, match="the signal of 5 entries is shorter than n_fft=8")])  # fmt: skip
def stft(input, n_fft, hop_length=None, win_length=None, window=None, center=True, pad_mode="reflect", normalized=False, onesided=None, return_complex=None,
         align_to_window=None):  # fmt: skip
    """The short-time Fourier transform: the spectra of windows of n_fft entries, hop_length apart (default: n_fft // 4).

    window: win_length (default: n_fft) factors, in the middle of the n_fft entries; default: ones. center: the signal is padded
    (pad_mode as in `pad`) so that window t has entry t * hop_length in its middle; without it, align_to_window lets the first window's
    factors, not its n_fft entries, begin with the signal. normalized: divided by sqrt(n_fft). onesided (default for real input): half
    spectra, n_fft // 2 + 1 entries. return_complex: must be given for real input; False gives pairs in a last dimension.
    Shapes: (L,) or (B, L) gives (N, T) or (B, N, T). Dtypes: floats and complex. Raises ShapeError, TypeError.
    >>> mg.stft(mg.ones(8), 4, return_complex=True).shape
    (3, 9)
    """
    x = _floating("stft", input, False)
    complex = x.is_complex() or (window is not None and window.is_complex())
    if return_complex is None:
        if not complex:
            raise TypeError("stft: return_complex must be given for real input")
        return_complex = True
    if onesided is None:
        onesided = not complex
    elif onesided and complex:
        raise DTypeError("stft: the spectrum of complex numbers has no redundant half; onesided must be False")
    if x.ndim not in (1, 2):
        raise ShapeError(f"stft: expected a signal of shape (L,) or (B, L), got {x.shape}")
    hop, width = _lengths("stft", n_fft, hop_length, win_length, window)
    if center:
        if align_to_window is not None:
            raise ValueError("stft: align_to_window means something only with center=False")
        rows = reshape(x, (1, -1, x.shape[-1])) if x.ndim == 2 else reshape(x, (1, 1, -1))
        x = reshape(pad(rows, (n_fft // 2, n_fft // 2), mode=pad_mode), (*x.shape[:-1], x.shape[-1] + n_fft // 2 * 2))
    elif align_to_window and width < n_fft:
        left = (n_fft - width) // 2
        x = pad(x, (left, n_fft - width - left))
    if x.shape[-1] < n_fft:
        raise ShapeError(f"stft: the signal of {x.shape[-1]} entries is shorter than n_fft={n_fft}")
    frames = unfold(x, -1, n_fft, hop)
    if window is not None or width < n_fft:
        frames = frames * _window("stft", window, n_fft, width, x.dtype.to_real())
    norm = "ortho" if normalized else None
    y = transpose(fft_rfft(frames, norm=norm) if onesided else fft_fft(frames, norm=norm), -1, -2)
    return y if return_complex else view_as_real(y)


def _overlapped(frames, hop):
    """(..., T, n) added up into one signal, each frame `hop` entries after the one before."""
    count, n = frames.shape[-2:]
    index = (np.arange(count)[:, None] * hop + np.arange(n)).reshape(-1)
    size = n + hop * (count - 1)
    zeros = _core.full_of((*frames.shape[:-2], size), 0, frames.dtype)
    return zeros.index_add(zeros.ndim - 1, _core.from_numpy(index), reshape(frames, (*frames.shape[:-2], count * n)))


@composite(where="mg Tensor", dtypes=FLOATS, ulp=64,
           samples=lambda r: [Sample(_numbers(r, 2, 4, 5), n_fft=6, hop_length=2, window=r.between(0.3, 1, 6), id="window"),
                              Sample(_numbers(r, 4, 6), n_fft=7, normalized=True, length=7, id="odd"),
                              Sample(_numbers(r, 4, 5), n_fft=4, center=False, onesided=False, return_complex=True, id="complex")],
           errors=[ErrorSample(np.ones((4, 5)), 6, error=TypeError, match="istft: expected a complex tensor"),
                   ErrorSample(np.ones((3, 5), np.complex64), 6, error=ValueError, match=r"istft: expected 4 frequencies for n_fft=6, got shape \(3, 5\)"),
                   ErrorSample(np.ones((4, 5), np.complex64), 6, 7, error=ValueError, match="istft: expected hop_length <= win_length=6, got 7"),
                   ErrorSample(np.ones((4, 5), np.complex64), 6, window=np.zeros(6, np.float32), error=ValueError, match="istft: the windows leave entries of the signal out")])  # fmt: skip
def istft(
    input,
    n_fft,
    hop_length=None,
    win_length=None,
    window=None,
    center=True,
    normalized=False,
    onesided=None,
    length=None,
    return_complex=False,
):
    """The inverse of `stft`: the signal whose windows' spectra are nearest to the given ones.

    Arguments as `stft`, with which they should agree. length: of the signal, to cut or fill it up to (default: what the windows cover).
    return_complex: a complex signal, from whole spectra.
    Shapes: (N, T) or (B, N, T) gives (L,) or (B, L). Dtypes: complex. Raises ShapeError where the windows, squared and added up, are
    zero within the signal: it cannot be known there.
    >>> x = mg.arange(16.0)
    >>> mg.istft(mg.stft(x, 8, return_complex=True), 8).allclose(x, atol=1e-4)
    True
    """
    if not isinstance(input, _core.Tensor) or not input.is_complex():
        raise DTypeError(
            f"istft: expected a complex tensor, as stft with return_complex=True gives it, got {getattr(input, 'dtype', type(input))}"
        )
    x = input
    if x.ndim not in (2, 3) or not x.numel():
        raise ShapeError(f"istft: expected spectra of shape (N, T) or (B, N, T), not empty, got {x.shape}")
    hop, width = _lengths("istft", n_fft, hop_length, win_length, window)
    if hop > width:
        raise ShapeError(f"istft: expected hop_length <= win_length={width}, got {hop}")
    if onesided is None:
        onesided = x.shape[-2] != n_fft
    entries = n_fft // 2 + 1 if onesided else n_fft
    if x.shape[-2] != entries:
        raise ShapeError(f"istft: expected {entries} frequencies for n_fft={n_fft}, got shape {x.shape}")
    if return_complex and onesided:
        raise DTypeError("istft: half spectra stand for a real signal; return_complex needs onesided=False")
    if not return_complex and window is not None and window.is_complex():
        raise DTypeError("istft: a complex window needs return_complex=True")
    factors = _window("istft", window, n_fft, width, x.dtype.to_real())
    norm = "ortho" if normalized else None
    spectra = transpose(x, -1, -2)
    frames = fft_ifft(spectra, norm=norm) if return_complex else fft_irfft(spectra, n=n_fft, norm=norm)
    y = _overlapped(frames * factors, hop)
    covered = _overlapped((factors * factors).expand((spectra.shape[-2], n_fft)), hop)
    start = n_fft // 2 if center else 0
    end = start + length if length is not None else y.shape[-1] - (n_fft // 2 if center else 0)
    have = min(end, y.shape[-1])
    y, covered = y[..., start:have], covered[start:have]
    if not covered.numel() or not float(_core.whole(covered.detach()).abs().min()) > 1e-11:
        raise ShapeError("istft: the windows leave entries of the signal out: squared and added up, they are zero there")
    y = y / covered
    return pad(y, (0, end - have)) if end > have else y
