"""The default generator, under the names of `torch.random`.

Streams are seeded, restorable, and the same for any number of threads; their numbers are not those that PyTorch has for a seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .ops.generator import Generator, default_generator, get_rng_state, initial_seed, manual_seed, seed, set_rng_state

__all__ = ["Generator", "default_generator", "fork_rng", "get_rng_state", "initial_seed", "manual_seed", "seed", "set_rng_state"]


@contextmanager
def fork_rng(devices: Any = None, enabled: bool = True) -> Iterator[None]:
    """A block after which the default generator goes on as if nothing had been drawn in it.

    >>> g = mg.manual_seed(1)
    >>> with mg.random.fork_rng():
    ...     x = mg.rand(3)
    >>> bool((mg.rand(3) == x).all())
    True
    """
    if not enabled:
        yield
        return
    state = get_rng_state()
    try:
        yield
    finally:
        set_rng_state(state)
