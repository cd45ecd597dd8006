"""Special functions: PyTorch's `torch.special`, those included that have another name elsewhere (`expit` is `mg.sigmoid`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import ops, registry

_functions = registry.names("special") | {
    n: registry.OPS[op].function for n, op in {"expit": "sigmoid"}.items()
}  # fmt: skip

__all__ = sorted(_functions)  # noqa: PLE0605

globals().update(_functions)

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any: ...


del ops  # imported to fill the registry
