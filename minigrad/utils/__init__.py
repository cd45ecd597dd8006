"""What surrounds training: data, checkpointing."""

from . import data

__all__ = ["checkpoint", "data"]


def __getattr__(name: str) -> object:
    if name == "checkpoint":
        import importlib

        return importlib.import_module(".checkpoint", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
