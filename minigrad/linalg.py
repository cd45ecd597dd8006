"""Linear algebra, as torch.linalg: `mg.linalg.solve`, `mg.linalg.svd`... Declared in minigrad/ops/linalg_*.py; LAPACK comes with NumPy."""

from __future__ import annotations

from . import ops
from .errors import LinAlgError  # noqa: F401

ops.load()
__getattr__, __dir__ = ops.namespace(globals(), "linalg")
__all__ = [n for n in __dir__() if n[0] != "_" and n not in ("annotations", "ops")]
