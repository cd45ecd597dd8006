"""PyTorch's paths to the modules, for programs that spell them out: `nn.modules.conv.Conv2d`."""

from types import SimpleNamespace as _SimpleNamespace

from . import activation as _activation
from . import containers as container
from . import (
    conv,
    distance,
    dropout,
    flatten,
    linear,
    loss,
    module,
    normalization,
    padding,
    pooling,
    rnn,
    sparse,
    transformer,
    utils,
)
from . import normalization as batchnorm
from . import normalization as instancenorm
from . import vision as fold
from . import vision as pixelshuffle
from . import vision as upsampling
from .attention import MultiheadAttention as _MultiheadAttention
from .module import Module

activation = _SimpleNamespace(**vars(_activation), MultiheadAttention=_MultiheadAttention)  # which PyTorch keeps there

__all__ = [
    "Module",
    "activation",
    "batchnorm",
    "container",
    "conv",
    "distance",
    "dropout",
    "flatten",
    "fold",
    "instancenorm",
    "linear",
    "loss",
    "module",
    "normalization",
    "padding",
    "pixelshuffle",
    "pooling",
    "rnn",
    "sparse",
    "transformer",
    "upsampling",
    "utils",
]
