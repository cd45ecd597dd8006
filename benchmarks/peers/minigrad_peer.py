"""minigrad itself. It also has the ops that are nobody's but the registry's."""

from collections.abc import Callable
from typing import Any

import minigrad
from benchmarks.peers.torchlike import TorchLike


class Peer(TorchLike):
    def __init__(self, threads: int) -> None:
        super().__init__(minigrad, threads)

    def find(self, name: str, where: list[str]) -> Callable[..., Any]:
        minigrad.ops.load()
        return minigrad.registry.OPS[name].function
