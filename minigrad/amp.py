"""Mixed precision as PyTorch programs ask for it. On a CPU without it nothing is gained: float32 kernels are the fastest here, so `autocast`
changes nothing, and results are those of float32. bfloat16 and float16 tensors still save memory: `.bfloat16()` makes them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import minigrad as mg

from ._core import Tensor, bfloat16, dtype

F = TypeVar("F", bound=Callable[..., Any])

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd", "is_autocast_available"]


class autocast:
    """A context manager and decorator that is accepted and changes nothing: everything is computed in the dtype of its arguments.

    >>> with mg.autocast("cpu", dtype=mg.bfloat16):
    ...     (mg.ones(2, 2) @ mg.ones(2, 2)).dtype
    minigrad.float32
    """

    def __init__(
        self, device_type: str = "cpu", dtype: dtype | None = None, enabled: bool = True, cache_enabled: bool | None = None
    ) -> None:
        if not isinstance(device_type, str):
            raise ValueError(f"autocast: expected device_type of type str, got {type(device_type).__name__}")
        self.device, self.fast_dtype, self.enabled = device_type, dtype or bfloat16, enabled

    def __enter__(self) -> autocast:
        return self

    def __exit__(self, *exc: object) -> None:
        """Nothing was changed."""

    def __call__(self, function: F) -> F:
        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return wrapped  # type: ignore[return-value]


def is_autocast_available(device_type: str) -> bool:
    """False: `autocast` changes nothing."""
    return False


def custom_fwd(fwd: Any = None, *, device_type: str = "cpu", cast_inputs: Any = None) -> Any:
    """The forward of a custom function, as it is."""
    return fwd if fwd is not None else lambda function: function


def custom_bwd(bwd: Any = None, *, device_type: str = "cpu") -> Any:
    """The backward of a custom function, as it is."""
    return bwd if bwd is not None else lambda function: function


class GradScaler:
    """What loops for half precision call around the optimizer. The scale is 1, since gradients are float32; what stays is that a step whose
    gradients are not finite is left out.

    >>> p = mg.ones(1, requires_grad=True)
    >>> optimizer, scaler = mg.optim.SGD([p], lr=0.5), mg.amp.GradScaler()
    >>> scaler.scale((p * p).sum()).backward()
    >>> scaler.step(optimizer); scaler.update(); p.item()
    0.0
    """

    def __init__(
        self,
        device: str = "cpu",
        init_scale: float = 65536.0,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        self._enabled = enabled

    def scale(self, outputs: Any) -> Any:
        """The loss or losses, as they are."""
        return outputs

    def unscale_(self, optimizer: Any) -> None:
        """Gradients are not scaled."""

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """`optimizer.step()`, unless a gradient holds an infinity or NaN; then None."""
        if self._enabled and not _finite(p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None):
            return None
        return optimizer.step(*args, **kwargs)

    def update(self, new_scale: float | Tensor | None = None) -> None:
        """The scale stays 1."""

    def get_scale(self) -> float:
        """1."""
        return 1.0

    def is_enabled(self) -> bool:
        return self._enabled

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Nothing is kept: scales of other programs do not matter here."""


def _finite(tensors: Iterable[Tensor]) -> bool:
    with mg.no_grad():
        return all(bool(t.isfinite().all()) for t in tensors)
