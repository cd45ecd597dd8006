"""What the graph saves, and how it is put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .. import _core
from .._core import Node, Tensor
from ..missing import refuser as _refuser


class saved_tensors_hooks:
    """Within it, `pack(tensor)` is kept in place of every tensor that an op saves for its gradient; backward calls `unpack` on that.

    Keep what pack makes wherever you like: on disk, in half precision, or nowhere, to be computed again.
    >>> kept = []
    >>> x = mg.tensor([3.0], requires_grad=True)
    >>> with saved_tensors_hooks(lambda t: kept.append(t.numpy(force=True)) or len(kept) - 1, lambda i: mg.tensor(kept[i])):
    ...     y = x * x
    >>> y.backward()
    >>> x.grad, len(kept)
    (tensor([6.]), 2)
    """

    def __init__(self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Tensor]) -> None:
        self.hooks = pack_hook, unpack_hook

    def __enter__(self) -> None:
        _core.push_saved_hooks(*self.hooks)

    def __exit__(self, *exc: Any) -> None:
        _core.pop_saved_hooks()


class save_on_cpu(saved_tensors_hooks):
    """Accepted: what is saved is on the CPU."""

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        super().__init__(lambda tensor: tensor, lambda tensor: tensor)


def increment_version(tensor: Tensor | Iterable[Tensor]) -> None:
    """Say that tensors were changed in place behind the engine's back, through their NumPy arrays say, so that backward can tell.

    >>> x = mg.ones(2)
    >>> increment_version(x)
    >>> x._version
    1
    """
    for t in (tensor,) if isinstance(tensor, Tensor) else tensor:
        t._bump_version()


def get_gradient_edge(tensor: Tensor) -> tuple[Node, int]:
    """The node that makes this tensor's gradient, and which of its outputs the tensor is.

    Raises ValueError if the tensor does not require grad.
    """
    if not tensor.requires_grad:
        raise ValueError("get_gradient_edge: the tensor does not require grad")
    return _core.gradient_edge(tensor), tensor.output_nr


__all__ = ["Node", "get_gradient_edge", "increment_version", "save_on_cpu", "saved_tensors_hooks"]
__getattr__ = _refuser(globals())
