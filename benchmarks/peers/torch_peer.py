"""PyTorch, eager."""

import torch

from benchmarks.peers.torchlike import TorchLike


class Peer(TorchLike):
    def __init__(self, threads: int) -> None:
        super().__init__(torch, threads)
        torch.set_num_interop_threads(1)
