"""Data sets, the order in which they are visited, and batches of them. Names and behaviour are PyTorch's."""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from ...missing import refuser as _refuser
from .collate import default_collate, default_convert
from .dataloader import DataLoader
from .dataset import ChainDataset, ConcatDataset, Dataset, IterableDataset, StackDataset, Subset, TensorDataset, random_split
from .info import WorkerInfo, get_worker_info
from .replay import ReplayBuffer
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler, SubsetRandomSampler, WeightedRandomSampler

__all__ = [
    "BatchSampler",
    "ChainDataset",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "IterableDataset",
    "RandomSampler",
    "ReplayBuffer",
    "Sampler",
    "SequentialSampler",
    "StackDataset",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "WeightedRandomSampler",
    "WorkerInfo",
    "default_collate",
    "default_convert",
    "get_worker_info",
    "random_split",
]

if not _TYPE_CHECKING:
    __getattr__ = _refuser(globals())
