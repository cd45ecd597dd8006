"""PyTorch's paths to the modules, for programs that spell them out: `nn.modules.conv.Conv2d`, `from minigrad.nn.modules import Linear`.

The files here are cut otherwise than PyTorch's, so a path stands for the names of one file or of several.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

from ..missing import missing
from . import (
    activation,
    adaptive,
    attention,
    containers,
    conv,
    distance,
    dropout,
    flatten,
    hooks,
    lazy,
    linear,
    loss,
    margin_loss,
    module,
    normalization,
    padding,
    pooling,
    rnn,
    rnn_cells,
    sparse,
    transformer,
    vision,
)
from .module import Module as Module


def _ntuple(n: int) -> Callable[[Any], tuple[Any, ...]]:
    """A function that makes a tuple of what is iterable, and repeats what is not n times."""
    return lambda x: tuple(x) if isinstance(x, Iterable) else (x,) * n


_FILES: dict[str, tuple[ModuleType, ...]] = {
    "activation": (activation, attention),
    "adaptive": (adaptive,),
    "batchnorm": (normalization, lazy),
    "channelshuffle": (vision,),
    "container": (containers,),
    "conv": (conv, lazy),
    "distance": (distance,),
    "dropout": (dropout,),
    "flatten": (flatten,),
    "fold": (vision,),
    "instancenorm": (normalization, lazy),
    "lazy": (lazy,),
    "linear": (linear, lazy),
    "loss": (loss, margin_loss),
    "module": (module, hooks),
    "normalization": (normalization, vision),
    "padding": (padding,),
    "pixelshuffle": (vision,),
    "pooling": (pooling,),
    "rnn": (rnn, rnn_cells),
    "sparse": (sparse,),
    "transformer": (transformer,),
    "upsampling": (vision,),
    "utils": (),
}

for _name, _files in _FILES.items():
    _path = ModuleType(f"{__name__}.{_name}", f"PyTorch's path to classes of minigrad.nn: {__name__}.{_name}.")
    for _file in _files:
        vars(_path).update((name, value) for name, value in vars(_file).items() if not name.startswith("__"))
    globals()[_name] = sys.modules[_path.__name__] = _path
vars(sys.modules[f"{__name__}.utils"]).update(
    _ntuple=_ntuple, _single=_ntuple(1), _pair=_ntuple(2), _triple=_ntuple(3), _quadruple=_ntuple(4)
)
vars(sys.modules[f"{__name__}.lazy"])["LazyModuleMixin"] = lazy.LazyModule


def __getattr__(name: str) -> Any:
    import minigrad.nn as nn

    if name in nn.__all__ and not name.islower():
        return getattr(nn, name)
    raise missing(nn.__name__, name, lambda: [*_FILES, *nn.__all__])
