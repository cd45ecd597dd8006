"""The functions that layers are made of: every op that PyTorch has in `torch.nn.functional`, under its name there."""

from __future__ import annotations

from minigrad.ops import *  # noqa: F403
