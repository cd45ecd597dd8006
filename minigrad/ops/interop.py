"""How other libraries find out what a Tensor is: the methods of the array API standard that are not PyTorch's too."""

from __future__ import annotations

from typing import Any

from .. import _core
from ..device import on_cpu


def array_namespace(self: Any, /, *, api_version: str | None = None) -> Any:
    """`minigrad.array_api`. Raises ValueError for a version of the standard other than 2024.12 and those it contains."""
    if api_version not in (None, "2021.12", "2022.12", "2023.12", "2024.12"):
        raise ValueError(f"__array_namespace__: expected version 2024.12 or one before it, got {api_version!r}")
    from .. import array_api

    return array_api


def to_device(self: Any, device: Any, /, *, stream: Any = None) -> Any:
    """The tensor itself: there is one device. Raises ValueError for another, or for a stream."""
    on_cpu(device, "to_device")
    if stream is not None:
        raise ValueError(f"to_device: expected no stream, got {stream!r}")
    return self


_core.attach("__array_namespace__", array_namespace)
_core.attach("to_device", to_device)
