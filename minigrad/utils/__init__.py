"""What surrounds training: data, checkpointing."""

from ..missing import missing
from . import data

__all__ = ["checkpoint", "data"]


def __getattr__(name: str) -> object:
    if name == "checkpoint":
        import importlib

        return importlib.import_module(".checkpoint", __name__)
    raise missing(__name__, name, lambda: __all__)
