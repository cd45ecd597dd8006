"""`SummaryWriter` for TensorBoard, through the package tensorboardX, which has to be installed."""

from __future__ import annotations

from typing import Any

from .._core import Tensor

try:
    from tensorboardX import SummaryWriter as _Writer
except ImportError as error:
    raise ImportError("utils.tensorboard needs the package tensorboardX: pip install tensorboardX") from error


def _plain(value: Any) -> Any:
    """Tensors as NumPy arrays, also inside lists and dicts."""
    if isinstance(value, Tensor):
        return value.numpy(force=True)
    if isinstance(value, dict):
        return {key: _plain(v) for key, v in value.items()}
    return type(value)(map(_plain, value)) if type(value) in (list, tuple) else value


class SummaryWriter(_Writer):
    """tensorboardX's writer, whose `add_scalar`, `add_histogram`, `add_image` and so on take tensors.

    >>> writer = SummaryWriter("runs/example")  # doctest: +SKIP
    """

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        if not name.startswith("add_") or name in ("add_graph", "add_onnx_graph"):
            return value
        return lambda *args, **kwargs: value(*map(_plain, args), **{k: _plain(v) for k, v in kwargs.items()})
