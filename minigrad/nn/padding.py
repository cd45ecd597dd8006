"""Padding as layers: what surrounds a signal, an image or a volume."""

from __future__ import annotations

import math
from typing import Any

import minigrad as mg  # noqa: F401  (doctests)
from minigrad._core import Tensor

from . import functional as F
from ._shapes import sizes
from .module import Module


class _Pad(Module):
    """Pad the last `axes` axes; `padding` is one int for all sides, or (left, right, top, bottom, front, back) as far as there are."""

    axes: int
    mode: str

    def __init__(self, padding: Any) -> None:
        super().__init__()
        self.padding = sizes(padding, 2 * self.axes, type(self).__name__, "padding", -math.inf)

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPad(_Pad):
    mode = "constant"

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, self.mode, self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class _ZeroPad(_ConstantPad):
    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ConstantPad1d(_ConstantPad):
    """A constant around a signal; negative sizes cut off.

    Shapes: input (N, C, L) or (C, L); returns (N, C, L + left + right) or without N.
    >>> ConstantPad1d(1, 3.5)(mg.zeros(1, 2, 4)).shape
    (1, 2, 6)
    """

    axes = 1


class ConstantPad2d(_ConstantPad):
    """A constant around an image; negative sizes cut off.

    Shapes: input (N, C, H, W) or (C, H, W); returns (N, C, H + top + bottom, W + left + right) or without N.
    >>> ConstantPad2d(1, 3.5)(mg.zeros(1, 2, 4, 5)).shape
    (1, 2, 6, 7)
    """

    axes = 2


class ConstantPad3d(_ConstantPad):
    """A constant around a volume; negative sizes cut off.

    Shapes: input (N, C, D, H, W) or (C, D, H, W); returns (N, C, D + front + back, H + top + bottom, W + left + right) or without N.
    >>> ConstantPad3d(1, 3.5)(mg.zeros(1, 2, 4, 5, 6)).shape
    (1, 2, 6, 7, 8)
    """

    axes = 3


class ZeroPad1d(_ZeroPad):
    """Zeros around a signal; negative sizes cut off.

    Shapes: input (N, C, L) or (C, L); returns (N, C, L + left + right) or without N.
    >>> ZeroPad1d(1)(mg.zeros(1, 2, 4)).shape
    (1, 2, 6)
    """

    axes = 1


class ZeroPad2d(_ZeroPad):
    """Zeros around an image; negative sizes cut off.

    Shapes: input (N, C, H, W) or (C, H, W); returns (N, C, H + top + bottom, W + left + right) or without N.
    >>> ZeroPad2d(1)(mg.zeros(1, 2, 4, 5)).shape
    (1, 2, 6, 7)
    """

    axes = 2


class ZeroPad3d(_ZeroPad):
    """Zeros around a volume; negative sizes cut off.

    Shapes: input (N, C, D, H, W) or (C, D, H, W); returns (N, C, D + front + back, H + top + bottom, W + left + right) or without N.
    >>> ZeroPad3d(1)(mg.zeros(1, 2, 4, 5, 6)).shape
    (1, 2, 6, 7, 8)
    """

    axes = 3


class ReflectionPad1d(_Pad):
    """The mirror image of a signal around it, without repeating the edge.

    Shapes: input (N, C, L) or (C, L); returns (N, C, L + left + right) or without N.
    >>> ReflectionPad1d(1)(mg.zeros(1, 2, 4)).shape
    (1, 2, 6)
    """

    axes = 1
    mode = "reflect"


class ReflectionPad2d(_Pad):
    """The mirror image of an image around it, without repeating the edge.

    Shapes: input (N, C, H, W) or (C, H, W); returns (N, C, H + top + bottom, W + left + right) or without N.
    >>> ReflectionPad2d(1)(mg.zeros(1, 2, 4, 5)).shape
    (1, 2, 6, 7)
    """

    axes = 2
    mode = "reflect"


class ReflectionPad3d(_Pad):
    """The mirror image of a volume around it, without repeating the edge.

    Shapes: input (N, C, D, H, W) or (C, D, H, W); returns (N, C, D + front + back, H + top + bottom, W + left + right) or without N.
    >>> ReflectionPad3d(1)(mg.zeros(1, 2, 4, 5, 6)).shape
    (1, 2, 6, 7, 8)
    """

    axes = 3
    mode = "reflect"


class ReplicationPad1d(_Pad):
    """The edge of a signal repeated around it.

    Shapes: input (N, C, L) or (C, L); returns (N, C, L + left + right) or without N.
    >>> ReplicationPad1d(1)(mg.zeros(1, 2, 4)).shape
    (1, 2, 6)
    """

    axes = 1
    mode = "replicate"


class ReplicationPad2d(_Pad):
    """The edge of an image repeated around it.

    Shapes: input (N, C, H, W) or (C, H, W); returns (N, C, H + top + bottom, W + left + right) or without N.
    >>> ReplicationPad2d(1)(mg.zeros(1, 2, 4, 5)).shape
    (1, 2, 6, 7)
    """

    axes = 2
    mode = "replicate"


class ReplicationPad3d(_Pad):
    """The edge of a volume repeated around it.

    Shapes: input (N, C, D, H, W) or (C, D, H, W); returns (N, C, D + front + back, H + top + bottom, W + left + right) or without N.
    >>> ReplicationPad3d(1)(mg.zeros(1, 2, 4, 5, 6)).shape
    (1, 2, 6, 7, 8)
    """

    axes = 3
    mode = "replicate"


class CircularPad1d(_Pad):
    """The other end of a signal around it.

    Shapes: input (N, C, L) or (C, L); returns (N, C, L + left + right) or without N.
    >>> CircularPad1d(1)(mg.zeros(1, 2, 4)).shape
    (1, 2, 6)
    """

    axes = 1
    mode = "circular"


class CircularPad2d(_Pad):
    """The other end of an image around it.

    Shapes: input (N, C, H, W) or (C, H, W); returns (N, C, H + top + bottom, W + left + right) or without N.
    >>> CircularPad2d(1)(mg.zeros(1, 2, 4, 5)).shape
    (1, 2, 6, 7)
    """

    axes = 2
    mode = "circular"


class CircularPad3d(_Pad):
    """The other end of a volume around it.

    Shapes: input (N, C, D, H, W) or (C, D, H, W); returns (N, C, D + front + back, H + top + bottom, W + left + right) or without N.
    >>> CircularPad3d(1)(mg.zeros(1, 2, 4, 5, 6)).shape
    (1, 2, 6, 7, 8)
    """

    axes = 3
    mode = "circular"
