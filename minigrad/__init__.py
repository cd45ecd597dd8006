"""minigrad: reverse-mode autograd for small networks on a CPU. PyTorch's names, kernels in C, NumPy the only dependency.

>>> import minigrad as mg
>>> x = mg.tensor([1.0, 2.0, 3.0], requires_grad=True)
>>> (x * x).sum().backward()
>>> x.grad
tensor([2., 4., 6.])
"""

import math as _math
from typing import Any

from . import autograd, backends, ops, random, registry
from ._core import (
    Tensor,
    bfloat16,
    bool_ as bool,
    complex64,
    complex128,
    dtype,
    enable_grad,
    float16,
    float32,
    float64,
    from_numpy,
    get_default_dtype,
    get_num_threads,
    inference_mode,
    int8,
    int16,
    int32,
    int64,
    is_grad_enabled,
    no_grad,
    promote_types,
    result_type,
    set_default_dtype,
    set_grad_enabled,
    set_num_threads,
    uint8,
)
from .device import device, get_default_device, set_default_device
from .dtypes import finfo, iinfo
from .errors import DTypeError, FormatError, GradError, ShapeError
from .io import load, save
from .legacy import *  # noqa: F403
from .ops.creation import *  # noqa: F403
from .ops.random import *  # noqa: F403
from .settings import *  # noqa: F403

__version__ = "0.1.0"

float = float32
double = float64
cfloat = complex64
cdouble = complex128
half = float16
int = int32
long = int64
short = int16

e, pi, inf, nan, newaxis = _math.e, _math.pi, _math.inf, _math.nan, None

# Submodules that not every program needs: imported when they are first asked for.
_LATER = (
    "amp",
    "array_api",
    "cuda",
    "datasets",
    "distributions",
    "explain",
    "fft",
    "func",
    "games",
    "linalg",
    "metrics",
    "models",
    "nn",
    "optim",
    "profiler",
    "serialization",
    "special",
    "testing",
    "text",
    "train",
    "transforms",
    "utils",
    "version",
    "viz",
)
# And names out of such submodules.
_HELD = {"autocast": "amp", "set_printoptions": "printing", "vmap": "func"}
_find, _names = ops.namespace(globals(), "mg")


def __dir__() -> list[str]:
    return sorted({*_names(), *_LATER, *_HELD})


def __getattr__(name: str) -> Any:
    if name in _LATER or name in _HELD:
        import importlib

        module = importlib.import_module(f".{_HELD.get(name, name)}", __name__)
        return module if name in _LATER else getattr(module, name)
    return _find(name)
