"""Data sets that come with minigrad, and readers for those that do not."""

from minigrad.datasets.digits import digits
from minigrad.datasets.idx import read_idx

__all__ = ["digits", "read_idx"]
