"""`device`: there is one, the CPU; others can be named, as PyTorch programs do, and are refused where they would be used."""

from __future__ import annotations

from typing import Any

from .errors import DeviceError

KINDS = ("cpu", "cuda", "mps", "xpu", "meta", "hip", "xla", "hpu", "mtia", "vulkan", "ipu")


class device(str):
    """The name of a device, "cpu" or for example "cuda:1", with its `type` and `index`; equal to the string.

    As a context manager it sets where tensors are made, which can only be the CPU.

    >>> mg.device("cuda", 1), mg.device("cpu").type
    (device(type='cuda', index=1), 'cpu')
    >>> mg.zeros(2).device == "cpu"
    True
    """

    type: str
    index: int | None  # type: ignore[assignment]

    def __new__(cls, type: Any, index: int | None = None) -> device:
        kind, _, number = str(type).partition(":")
        if kind not in KINDS or (number and not number.isdigit()) or (number and index is not None):
            raise RuntimeError(f"device: expected one of {', '.join(KINDS)}, with ':' and a number or without, got {type!r}")
        if number:
            index = int(number)
        self = super().__new__(cls, kind if index is None else f"{kind}:{index}")
        self.type, self.index = kind, index
        return self

    def __repr__(self) -> str:
        return f"device(type='{self.type}'" + (")" if self.index is None else f", index={self.index})")

    def __reduce__(self) -> Any:
        return device, (self.type, self.index)

    def __enter__(self) -> device:
        on_cpu(self)
        return self

    def __exit__(self, *exc: object) -> None:
        """Nothing was changed."""


CPU = device("cpu")


def on_cpu(wanted: Any, where: str = "device") -> None:
    """Raise DeviceError unless `wanted` is the CPU or None."""
    if wanted is not None and str(wanted).partition(":")[0] != "cpu":
        raise DeviceError(f"{where}: minigrad computes on the CPU only, got device {str(wanted)!r}; use 'cpu', or leave it out")


def get_default_device() -> device:
    """Where tensors are made: the CPU.

    >>> mg.get_default_device()
    device(type='cpu')
    """
    return CPU


def set_default_device(device: Any) -> None:
    """Accepts the CPU (or None). Raises DeviceError for any other device.

    >>> mg.set_default_device("cpu")
    """
    on_cpu(device, "set_default_device")
