"""Tensors as text: PyTorch's layout, and its options."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import _core
from ._core import Tensor

__all__ = ["set_printoptions"]

_PROFILES: dict[str, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}
_options: dict[str, Any] = {**_PROFILES["default"], "sci_mode": None}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Say how tensors are printed: digits after the point, from how many elements on only the first and last `edgeitems` of every
    dimension are shown, and the characters of a line.

    `profile` is "default", "short" or "full"; what else is given goes before it. `sci_mode` forces or forbids the scientific notation;
    None leaves it to the numbers.
    >>> mg.set_printoptions(precision=2)
    >>> mg.tensor([1.2345, 2.0])
    tensor([1.23, 2.00])
    >>> mg.set_printoptions(profile="default")
    """
    if profile is not None:
        if profile not in _PROFILES:
            raise ValueError(f"set_printoptions: profile must be one of {', '.join(_PROFILES)}, got {profile!r}")
        _options.update(_PROFILES[profile])
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    for name, value in given.items():
        if value is not None:
            if not value >= 0:
                raise ValueError(f"set_printoptions: {name} must not be negative, got {value}")
            _options[name] = value
    _options["sci_mode"] = sci_mode


class _Numbers:
    """How to write the elements of an array of one kind, all equally wide: those that are shown decide."""

    def __init__(self, shown: np.ndarray) -> None:
        self.floats, self.whole, self.scientific, self.width = shown.dtype.kind == "f", True, False, 1
        self.digits = _options["precision"]
        if not self.floats:
            self.width = max((len(str(v)) for v in shown.reshape(-1).tolist()), default=1)
            return
        finite = shown[np.isfinite(shown) & (shown != 0)].astype(np.float64)
        if finite.size:
            self.whole = bool((finite == np.ceil(finite)).all())
            high, low = np.abs(finite).max(), np.abs(finite).min()
            asked = _options["sci_mode"]
            self.scientific = bool(high / low > 1000 or high > 1e8 or low < 1e-4) if asked is None else asked
            self.width = max(len(self._number(v)) for v in finite.tolist())

    def _number(self, value: float) -> str:
        if self.scientific:
            return f"{value:.{self.digits}e}"
        if self.whole:
            return f"{value:.0f}." if math.isfinite(value) else f"{value:.0f}"
        return f"{value:.{self.digits}f}"

    def __call__(self, value: Any) -> str:
        return (self._number(value) if self.floats else str(value)).rjust(self.width)


def _writer(shown: np.ndarray) -> tuple[Callable[[Any], str], int]:
    """What writes an element, and the width of that."""
    if shown.dtype.kind != "c":
        numbers = _Numbers(shown)
        return numbers, numbers.width
    real, imaginary = _Numbers(shown.real), _Numbers(shown.imag)

    def write(value: complex) -> str:
        second = imaginary(value.imag).lstrip()
        return f"{real(value.real)}{'' if second[0] == '-' else '+'}{second}j"

    return write, real.width + imaginary.width + 1


def _edges(a: np.ndarray) -> np.ndarray:
    """The elements that are shown of an array that is abridged."""
    edge = _options["edgeitems"]
    for d, size in enumerate(a.shape):
        if size > 2 * edge:
            a = np.take(a, [*range(edge), *range(size - edge, size)], d)
    return a


def _text(a: np.ndarray, indent: int, abridged: bool, write: Callable[[Any], str], width: int) -> str:
    if not a.ndim:
        return write(a.item())
    edge = _options["edgeitems"]
    cut = abridged and len(a) > 2 * edge
    if a.ndim == 1:
        parts = [write(v) for v in (a[:edge] if cut else a).tolist()]
        if cut:
            parts += [" ..." if edge else "...", *(write(v) for v in a[len(a) - edge :].tolist())]
        row = max(1, int((_options["linewidth"] - indent) // (width + 2)))
        between = ",\n" + " " * (indent + 1)
        return f"[{between.join(', '.join(parts[i : i + row]) for i in range(0, len(parts), row))}]"
    rows = [*a[:edge], None, *a[len(a) - edge :]] if cut else [*a]
    inner = ["..." if row is None else _text(row, indent + 1, abridged, write, width) for row in rows]
    return f"[{(',' + chr(10) * (a.ndim - 1) + ' ' * (indent + 1)).join(inner)}]"


def _array(x: Tensor) -> np.ndarray:
    return (_core.cast(x, _core.float32) if x.dtype is _core.bfloat16 else x).numpy(force=True)


def text(x: Tensor) -> str:
    """`repr` of a tensor."""
    default = _core.get_default_dtype()
    name = "Parameter containing:\ntensor(" if type(x).__name__ == "Parameter" else "tensor("
    said = []
    if not x.numel():
        body = "[]"
        if x.ndim != 1:
            said.append(f"size={x.shape}")
        obvious: tuple[Any, ...] = (default,)
    else:
        a = _array(x)
        abridged = a.size > _options["threshold"]
        body = _text(a, len("tensor("), abridged, *_writer(_edges(a) if abridged else a))
        if not _options["edgeitems"]:
            said.append(f"size={x.shape}")
        obvious = (default, _core.int64, _core.bool_, default.to_complex())
    if x.dtype not in obvious:
        said.append(f"dtype={x.dtype!r}")
    if x.grad_fn is not None:
        said.append(f"grad_fn={x.grad_fn!r}")
    elif x.requires_grad:
        said.append("requires_grad=True")
    whole, column = f"tensor({body}", 7
    last = len(whole) - whole.rfind("\n") + 1
    for suffix in said:
        fits = last + len(suffix) + 2 <= _options["linewidth"]
        last = last + len(suffix) + 2 if fits else column + len(suffix)
        whole += f", {suffix}" if fits else f",\n{' ' * column}{suffix}"
    return f"{name.removesuffix('tensor(')}{whole})"
