"""PyTorch's paths to the modules, for programs that spell them out: `nn.modules.conv.Conv2d`."""

from . import (
    activation,
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
from . import containers as container
from . import normalization as batchnorm
from . import normalization as instancenorm
from . import vision as fold
from . import vision as pixelshuffle
from . import vision as upsampling
from .module import Module

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
