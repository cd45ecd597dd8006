"""Layers that learn the size of their input from the first input they see."""

from __future__ import annotations

import inspect
from typing import Any, ClassVar

import minigrad as mg  # noqa: F401  (doctests)
from minigrad._core import Tensor
from minigrad.errors import ShapeError

from . import conv, linear, normalization
from .module import Module
from .parameter import UninitializedBuffer, UninitializedParameter


class LazyModule(Module):
    """Mixin of layers that take all arguments of the layer `ready` but its first, the size of the input.

    Parameters and buffers have no shape before the first call (or before values are loaded). It makes them, in place, so that
    optimizers made before keep working, and turns the layer into an ordinary `ready`.
    """

    ready: ClassVar[Any]  # the class of the layer
    axis: ClassVar[int]  # of the input that holds the size
    _shapeless = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        bound = inspect.signature(self.ready).bind(1, *args, **kwargs)
        # Settings are checked now; the smallest legal size stands for the one to come.
        self.ready.__init__(self, bound.arguments.get("groups", 1), *args, **kwargs)
        self.__dict__["_settings"] = (args, kwargs)
        self.__dict__[next(iter(bound.arguments))] = 0
        for name, value in [*self._parameters.items(), *self._buffers.items()]:
            if value is not None and value.dim():
                kind = UninitializedParameter if name in self._parameter_names else UninitializedBuffer
                self.__dict__[name] = kind(dtype=value.dtype)

    def reset_parameters(self) -> None:
        """There is nothing to draw yet."""

    def reset_running_stats(self) -> None:
        """There is nothing to forget yet."""

    def has_uninitialized_params(self) -> bool:
        return True

    def initialize_parameters(self, input: Tensor) -> None:
        """Become a layer for inputs like this one."""
        if input.dim() <= max(self.axis, -1 - self.axis):
            raise ShapeError(f"{type(self).__name__}: input of shape {tuple(input.shape)} has no dimension {self.axis} that gives its size")
        self._become_ready(input.shape[self.axis])

    def size_of(self, weight: Tensor) -> int:
        """The input's size that a given weight (or for a normalisation anything else that it holds) is made for."""
        return weight.shape[0]

    def _become_ready(self, size: int) -> None:
        args, kwargs = self._settings
        made, own = self.ready(size, *args, **kwargs), self.__dict__
        for name, parameter in made._parameters.items():
            if parameter is not None:
                own[name].materialize(parameter)
        for name, buffer in made._buffers.items():
            if buffer is not None:
                own[name] = buffer.to(own[name].dtype)
        members = [*made._parameter_names, *made._buffer_names]
        kept = {*members, "training", "_hooks"}
        own.update((key, value) for key, value in made.__dict__.items() if key not in kept)
        del own["_settings"]
        self.__class__ = self.ready

    def forward(self, *input: Any, **kwargs: Any) -> Any:
        self.initialize_parameters(input[0])
        return self.forward(*input, **kwargs)  # that of the class it has become


class LazyLinear(LazyModule, linear.Linear):
    """`Linear` whose in_features is the last size of its first input.

    Shapes: input (*, in_features); returns (*, out_features).
    >>> layer = LazyLinear(4)
    >>> layer(mg.zeros(2, 3)).shape, layer
    ((2, 4), Linear(in_features=3, out_features=4, bias=True))
    """

    ready = linear.Linear
    axis = -1

    def size_of(self, weight: Tensor) -> int:
        return weight.shape[1]


class _LazyConv(LazyModule):
    def size_of(self, weight: Tensor) -> int:
        return weight.shape[0] if self.transposed else weight.shape[1] * self.groups


class LazyConv1d(_LazyConv, conv.Conv1d):
    """`Conv1d` whose in_channels is the number of channels of its first input.

    Shapes: input (N, C, L) or (C, L); returns as `Conv1d`.
    >>> LazyConv1d(4, 3)(mg.zeros(2, 3, 5)).shape
    (2, 4, 3)
    """

    ready = conv.Conv1d
    axis = -2


class LazyConv2d(_LazyConv, conv.Conv2d):
    """`Conv2d` whose in_channels is the number of channels of its first input.

    Shapes: input (N, C, H, W) or (C, H, W); returns as `Conv2d`.
    >>> LazyConv2d(4, 3)(mg.zeros(2, 3, 5, 6)).shape
    (2, 4, 3, 4)
    """

    ready = conv.Conv2d
    axis = -3


class LazyConv3d(_LazyConv, conv.Conv3d):
    """`Conv3d` whose in_channels is the number of channels of its first input.

    Shapes: input (N, C, D, H, W) or (C, D, H, W); returns as `Conv3d`.
    >>> LazyConv3d(4, 3)(mg.zeros(2, 3, 5, 6, 7)).shape
    (2, 4, 3, 4, 5)
    """

    ready = conv.Conv3d
    axis = -4


class LazyConvTranspose1d(_LazyConv, conv.ConvTranspose1d):
    """`ConvTranspose1d` whose in_channels is the number of channels of its first input.

    Shapes: input (N, C, L) or (C, L); returns as `ConvTranspose1d`.
    >>> LazyConvTranspose1d(4, 3)(mg.zeros(2, 3, 5)).shape
    (2, 4, 7)
    """

    ready = conv.ConvTranspose1d
    axis = -2


class LazyConvTranspose2d(_LazyConv, conv.ConvTranspose2d):
    """`ConvTranspose2d` whose in_channels is the number of channels of its first input.

    Shapes: input (N, C, H, W) or (C, H, W); returns as `ConvTranspose2d`.
    >>> LazyConvTranspose2d(4, 3)(mg.zeros(2, 3, 5, 6)).shape
    (2, 4, 7, 8)
    """

    ready = conv.ConvTranspose2d
    axis = -3


class LazyConvTranspose3d(_LazyConv, conv.ConvTranspose3d):
    """`ConvTranspose3d` whose in_channels is the number of channels of its first input.

    Shapes: input (N, C, D, H, W) or (C, D, H, W); returns as `ConvTranspose3d`.
    >>> LazyConvTranspose3d(4, 3)(mg.zeros(2, 3, 5, 6, 7)).shape
    (2, 4, 7, 8, 9)
    """

    ready = conv.ConvTranspose3d
    axis = -4


class LazyBatchNorm1d(LazyModule, normalization.BatchNorm1d):
    """`BatchNorm1d` whose num_features is the number of channels of its first input.

    Shapes: input (N, C) or (N, C, L); returns the same.
    >>> LazyBatchNorm1d()(mg.randn(2, 3, 5)).shape
    (2, 3, 5)
    """

    ready = normalization.BatchNorm1d
    axis = 1


class LazyBatchNorm2d(LazyModule, normalization.BatchNorm2d):
    """`BatchNorm2d` whose num_features is the number of channels of its first input.

    Shapes: input (N, C, H, W); returns the same.
    >>> LazyBatchNorm2d()(mg.randn(2, 3, 5, 6)).shape
    (2, 3, 5, 6)
    """

    ready = normalization.BatchNorm2d
    axis = 1


class LazyBatchNorm3d(LazyModule, normalization.BatchNorm3d):
    """`BatchNorm3d` whose num_features is the number of channels of its first input.

    Shapes: input (N, C, D, H, W); returns the same.
    >>> LazyBatchNorm3d()(mg.randn(2, 3, 5, 6, 7)).shape
    (2, 3, 5, 6, 7)
    """

    ready = normalization.BatchNorm3d
    axis = 1


class LazyInstanceNorm1d(LazyModule, normalization.InstanceNorm1d):
    """`InstanceNorm1d` whose num_features is the number of channels of its first input.

    Shapes: input (N, C, L) or (C, L); returns the same.
    >>> LazyInstanceNorm1d()(mg.randn(2, 3, 5)).shape
    (2, 3, 5)
    """

    ready = normalization.InstanceNorm1d
    axis = -2


class LazyInstanceNorm2d(LazyModule, normalization.InstanceNorm2d):
    """`InstanceNorm2d` whose num_features is the number of channels of its first input.

    Shapes: input (N, C, H, W) or (C, H, W); returns the same.
    >>> LazyInstanceNorm2d()(mg.randn(2, 3, 5, 6)).shape
    (2, 3, 5, 6)
    """

    ready = normalization.InstanceNorm2d
    axis = -3


class LazyInstanceNorm3d(LazyModule, normalization.InstanceNorm3d):
    """`InstanceNorm3d` whose num_features is the number of channels of its first input.

    Shapes: input (N, C, D, H, W) or (C, D, H, W); returns the same.
    >>> LazyInstanceNorm3d()(mg.randn(2, 3, 5, 6, 7)).shape
    (2, 3, 5, 6, 7)
    """

    ready = normalization.InstanceNorm3d
    axis = -4
