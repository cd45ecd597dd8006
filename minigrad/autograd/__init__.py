"""Differentiation: `backward`, `grad`, the grad modes, custom functions, and looking into the graph."""

from .._core import (
    Node,
    backward,
    enable_grad,
    grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)
from ..missing import missing
from . import functional, graph
from .anomaly import detect_anomaly, is_anomaly_enabled, set_detect_anomaly
from .function import Function, once_differentiable
from .variable import Variable

__all__ = [
    "Function",
    "Node",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "functional",
    "grad",
    "graph",
    "inference_mode",
    "is_anomaly_enabled",
    "is_grad_enabled",
    "no_grad",
    "once_differentiable",
    "set_detect_anomaly",
    "set_grad_enabled",
]


def __getattr__(name: str) -> object:
    if name in ("gradcheck", "gradgradcheck"):  # which need the parts that tests need
        from .. import testing

        return getattr(testing, name)
    if name == "profiler":
        import importlib

        return importlib.import_module(".profiler", __name__)
    raise missing(__name__, name, lambda: __all__)
