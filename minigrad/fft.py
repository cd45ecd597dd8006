"""Fourier transforms, as torch.fft: `mg.fft.rfft`, `mg.fft.ifftn`, ... Declared in minigrad/ops/fft*.py."""

from __future__ import annotations

from . import ops

ops.load()
from .ops.fft_nd import fftfreq, rfftfreq  # noqa: E402, F401

__getattr__, __dir__ = ops.namespace(globals(), "fft")
__all__ = [n for n in __dir__() if n[0] != "_" and n not in ("annotations", "ops")]
