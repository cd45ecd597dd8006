"""What PyTorch programs set or ask of the whole library, and small questions about tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ._core import Tensor

F = TypeVar("F", bound=Callable[..., Any])

__all__ = [
    "are_deterministic_algorithms_enabled",
    "compile",
    "get_float32_matmul_precision",
    "get_num_interop_threads",
    "is_autocast_enabled",
    "is_deterministic_algorithms_warn_only_enabled",
    "is_storage",
    "is_tensor",
    "numel",
    "set_float32_matmul_precision",
    "set_flush_denormal",
    "set_num_interop_threads",
    "typename",
    "use_deterministic_algorithms",
]


def is_tensor(obj: Any) -> bool:
    """Whether something is a Tensor.

    >>> mg.is_tensor(mg.ones(2)), mg.is_tensor([1, 2])
    (True, False)
    """
    return isinstance(obj, Tensor)


def is_storage(obj: Any) -> bool:
    """False: the memory of tensors is no object of its own.

    >>> mg.is_storage(mg.ones(2))
    False
    """
    return False


def numel(input: Tensor) -> int:
    """The number of elements.

    >>> mg.numel(mg.ones(2, 3))
    6
    """
    return input.numel()


def typename(obj: Any) -> str:
    """The name of an object's type, with the dtype of a tensor.

    >>> mg.typename(mg.ones(2))
    'minigrad.FloatTensor'
    """
    if isinstance(obj, Tensor):
        from .legacy import type_name

        return type_name(obj.dtype)
    kind = type(obj)
    return f"{kind.__module__}.{kind.__qualname__}"


def compile(model: F | None = None, **options: Any) -> Any:
    """The model or function itself: nothing is compiled at run time. Also as a decorator, with or without options.

    >>> f = lambda x: x + 1
    >>> mg.compile(f) is f, mg.compile(mode="reduce-overhead")(f) is f
    (True, True)
    """
    return (lambda inner: inner) if model is None else model


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Accepted: results are always the same, on any number of threads.

    >>> mg.use_deterministic_algorithms(True)
    """


def are_deterministic_algorithms_enabled() -> bool:
    """True, always.

    >>> mg.are_deterministic_algorithms_enabled()
    True
    """
    return True


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """False.

    >>> mg.is_deterministic_algorithms_warn_only_enabled()
    False
    """
    return False


def set_float32_matmul_precision(precision: str) -> None:
    """Accepts "highest", "high" and "medium": matrix products are always computed in their own dtype.

    >>> mg.set_float32_matmul_precision("high")
    """
    if precision not in ("highest", "high", "medium"):
        raise RuntimeError(f"set_float32_matmul_precision: expected 'highest', 'high' or 'medium', got {precision!r}")


def get_float32_matmul_precision() -> str:
    """ "highest", always.

    >>> mg.get_float32_matmul_precision()
    'highest'
    """
    return "highest"


def set_num_interop_threads(num: int) -> None:
    """Accepted: ops run one after the other, each on `get_num_threads()` threads.

    >>> mg.set_num_interop_threads(1)
    """


def get_num_interop_threads() -> int:
    """1.

    >>> mg.get_num_interop_threads()
    1
    """
    return 1


def is_autocast_enabled(device_type: str = "cpu") -> bool:
    """False: `autocast` changes nothing.

    >>> mg.is_autocast_enabled()
    False
    """
    return False


def set_flush_denormal(mode: bool) -> bool:
    """Whether denormal numbers can be set to zero: no, kernels compute with them.

    >>> mg.set_flush_denormal(True)
    False
    """
    return False
