"""Weights with the name of their architecture in the file's metadata, so that `predict` needs nothing but the file."""

from __future__ import annotations

from pathlib import Path

import minigrad as mg
from minigrad import nn
from minigrad.cli.networks import ARCHITECTURES


def save_network(model: nn.Module, arch: str, path: Path) -> None:
    mg.save(model.state_dict(), path, metadata={"arch": arch})


def load_network(path: Path) -> nn.Sequential:
    """The network in `path`. Raises OSError or ValueError, naming the file, if there is none."""
    arch = mg.load_metadata(path).get("arch")
    if arch not in ARCHITECTURES:
        raise ValueError(f"{path}: not weights of `minigrad train digits`: no known architecture in its metadata")
    model = ARCHITECTURES[arch]()
    try:
        model.load_state_dict(mg.load(path))
    except (RuntimeError, KeyError) as error:
        raise ValueError(f"{path}: weights do not fit the architecture {arch}: {error}") from error
    return model
