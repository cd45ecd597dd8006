"""Linear algebra, as torch.linalg: `mg.linalg.solve`, `mg.linalg.svd`... Declared in minigrad/ops/linalg_*.py; LAPACK comes with NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import ops, registry  # noqa: F401 (the ops fill the registry)
from .errors import LinAlgError  # noqa: F401

_functions = registry.names("linalg")

__all__ = sorted([*_functions, "LinAlgError"])  # noqa: PLE0605

globals().update(_functions)

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any: ...
