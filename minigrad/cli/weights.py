"""Weights together with the name of their architecture, so that `predict` needs nothing but the file."""

from __future__ import annotations

from pathlib import Path

import minigrad as mg
from minigrad import nn
from minigrad.cli.networks import ARCHITECTURES

ARCH = "architecture"


def save_network(model: nn.Module, arch: str, path: Path) -> None:
    # Beside the tensors, not around them: their names in the file stay those of the state_dict, for any other program.
    mg.save({**model.state_dict(), ARCH: arch}, path)


def load_network(path: Path) -> nn.Sequential:
    """The network in `path`. Raises OSError or ValueError, naming the file, if it holds none."""
    state = mg.load(path)
    arch = state.pop(ARCH, None) if isinstance(state, dict) else None
    if not isinstance(arch, str) or arch not in ARCHITECTURES:
        raise ValueError(f"{path}: not written by `minigrad train digits`: it names no known architecture")
    model = ARCHITECTURES[arch]()
    try:
        model.load_state_dict(state)
    except (RuntimeError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: its tensors are not those of the architecture {arch}") from error
    return model
