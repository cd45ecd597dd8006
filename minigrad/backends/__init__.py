"""Switches of how results are computed, where there is a choice between faster and more exact; and those of PyTorch's backends, which
can be set and mean nothing here."""

from types import SimpleNamespace

from . import conv

cudnn = SimpleNamespace(
    enabled=False, benchmark=False, deterministic=True, allow_tf32=False, is_available=lambda: False, version=lambda: None
)
mps = SimpleNamespace(is_available=lambda: False, is_built=lambda: False)
cuda = SimpleNamespace(is_built=lambda: False, matmul=SimpleNamespace(allow_tf32=False))
mkldnn = SimpleNamespace(enabled=False, is_available=lambda: False)

__all__ = ["conv", "cuda", "cudnn", "mkldnn", "mps"]
