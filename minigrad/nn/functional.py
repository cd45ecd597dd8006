"""The functions that layers are made of: every op that PyTorch keeps in `torch.nn.functional`, under its name there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minigrad import ops, registry

__all__ = sorted(registry.names("F"))  # noqa: PLE0605

globals().update(registry.names("F"))

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any: ...


del ops  # imported to fill the registry
