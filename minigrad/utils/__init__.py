"""What surrounds training: data, checkpointing, a network told layer by layer."""

from ..missing import missing
from . import data

__all__ = ["checkpoint", "data", "hooks", "summary", "tensorboard"]


def __getattr__(name: str) -> object:
    import importlib

    if name == "summary":
        return importlib.import_module(".model_summary", __name__).summary
    if name in ("checkpoint", "hooks", "tensorboard"):
        return importlib.import_module(f".{name}", __name__)
    raise missing(__name__, name, lambda: __all__)
