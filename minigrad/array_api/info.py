"""What this namespace can do, asked by a program: `__array_namespace_info__`."""

from __future__ import annotations

from typing import Any

import minigrad as mg

from .dtypes import KINDS, check_device


class __array_namespace_info__:
    """Capabilities, devices, dtypes and defaults.

    >>> xp.__array_namespace_info__().dtypes(kind="unsigned integer")
    {'uint8': minigrad.uint8}
    """

    def capabilities(self) -> dict[str, Any]:
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 8}  # MG_MAX_DIMS of the kernels

    def default_device(self) -> str:
        return "cpu"

    def devices(self) -> list[str]:
        return ["cpu"]

    def default_dtypes(self, *, device: Any = None) -> dict[str, Any]:
        check_device(device)
        real = mg.get_default_dtype()
        wide = real == mg.float64
        return {
            "real floating": real,
            "complex floating": mg.complex128 if wide else mg.complex64,
            "integral": mg.int64,
            "indexing": mg.int64,
        }

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, Any]:
        check_device(device)
        if kind is None:
            kind = ("bool", "numeric")
        elif isinstance(kind, str):
            kind = (kind,)
        unknown = [k for k in kind if k not in KINDS]
        if unknown:
            raise ValueError(f"dtypes: expected kinds among {list(KINDS)}, got {unknown[0]!r}")
        return {d.name: d for k in kind for d in KINDS[k]}
