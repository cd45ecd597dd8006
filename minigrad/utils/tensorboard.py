"""`SummaryWriter` for TensorBoard, through the package tensorboardX, which has to be installed."""

from __future__ import annotations

from typing import Any

from .._core import Tensor


def _plain(value: Any) -> Any:
    """Tensors as NumPy arrays, also inside lists and dicts."""
    if isinstance(value, Tensor):
        return value.numpy(force=True)
    if isinstance(value, dict):
        return {key: _plain(v) for key, v in value.items()}
    return type(value)(map(_plain, value)) if type(value) in (list, tuple) else value


class SummaryWriter:
    """tensorboardX's writer, with the same arguments; its `add_scalar`, `add_histogram`, `add_image` and so on take tensors.

    Raises ImportError if tensorboardX is not installed.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        try:
            from tensorboardX import SummaryWriter as Writer
        except ImportError as error:
            raise ImportError("SummaryWriter needs the package tensorboardX: pip install tensorboardX") from error
        self._writer = Writer(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.__dict__["_writer"], name)
        if not name.startswith("add_"):
            return value
        return lambda *args, **kwargs: value(*map(_plain, args), **{k: _plain(v) for k, v in kwargs.items()})

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(self, *exc: object) -> None:
        self._writer.close()
