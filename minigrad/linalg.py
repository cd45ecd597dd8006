"""Linear algebra, as torch.linalg: `mg.linalg.solve`, `mg.linalg.svd`... Declared in minigrad/ops/linalg_*.py; LAPACK comes with NumPy."""

from __future__ import annotations

from . import ops as _ops  # noqa: F401 (fills the registry)
from . import registry
from .errors import LinAlgError

__all__ = ["LinAlgError"]

globals().update(registry.names("linalg"))
