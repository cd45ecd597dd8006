"""What programs ask before they use a GPU, answered: there is none. Calls that only matter to a GPU do nothing; the others raise."""

from __future__ import annotations

import sys
from typing import Any

from . import amp

sys.modules[f"{__name__}.amp"] = amp  # from minigrad.cuda.amp import autocast


def is_available() -> bool:
    """Whether there is a GPU: False.

    >>> mg.cuda.is_available()
    False
    """
    return False


def device_count() -> int:
    """The number of GPUs: 0."""
    return 0


def is_initialized() -> bool:
    """False."""
    return False


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """False."""
    return False


def _nothing(name: str) -> Any:
    def call(*args: Any, **kwargs: Any) -> None:
        pass

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"Does nothing: there is no GPU whose {name.replace('_', ' ')} could matter."
    return call


manual_seed, manual_seed_all = _nothing("manual_seed"), _nothing("manual_seed_all")
seed, seed_all = _nothing("seed"), _nothing("seed_all")
empty_cache, synchronize, ipc_collect = _nothing("empty_cache"), _nothing("synchronize"), _nothing("ipc_collect")
reset_peak_memory_stats, reset_max_memory_allocated = _nothing("reset_peak_memory_stats"), _nothing("reset_max_memory_allocated")


def _zero(name: str) -> Any:
    def call(device: Any = None) -> int:
        return 0

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"0 bytes: there is no GPU. ({name.replace('_', ' ')})"
    return call


memory_allocated, max_memory_allocated = _zero("memory_allocated"), _zero("max_memory_allocated")
memory_reserved, max_memory_reserved = _zero("memory_reserved"), _zero("max_memory_reserved")


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(f"cuda.{name}: minigrad computes on the CPU only; ask cuda.is_available() first")

    refuse.__name__ = refuse.__qualname__ = name
    return refuse
