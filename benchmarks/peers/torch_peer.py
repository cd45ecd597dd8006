"""PyTorch, eager."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from benchmarks.peers import Lacks
from benchmarks.peers.torchlike import TorchLike


class Peer(TorchLike):
    def __init__(self, threads: int) -> None:
        super().__init__(torch, threads)
        torch.set_num_interop_threads(1)

    def setup(self, case: dict[str, Any]) -> tuple[Callable[[int], Any], list[np.ndarray]]:
        try:
            return super().setup(case)
        except (RuntimeError, IndexError, TypeError) as error:  # what minigrad takes beyond PyTorch, like negative indices
            if case["kind"] == "network":
                raise
            raise Lacks(f"refuses these arguments: {str(error).splitlines()[0][:100]}") from error
