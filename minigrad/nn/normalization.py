"""Normalisation by batch statistics and by the statistics of each sample."""

from __future__ import annotations

from operator import index
from typing import Any

import minigrad as mg
from minigrad._core import Tensor
from minigrad.errors import ShapeError

from . import functional as F
from . import init
from ._shapes import size
from .module import Module
from .parameter import Parameter


def _normalized(shape: Any, layer: str) -> tuple[int, ...]:
    """One int or several, as a tuple."""
    try:
        return (index(shape),)
    except TypeError:
        return tuple(size(n, layer, "normalized_shape") for n in shape)


class _NormBase(Module):
    """What batch and instance normalisation share: weight, bias and running statistics, of one number for each channel."""

    _version = 2  # 1 had no num_batches_tracked
    ranks: tuple[int, ...]
    expected: str

    weight: Parameter | None
    bias: Parameter | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features = size(num_features, type(self).__name__, "num_features")
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        like = {"device": device, "dtype": dtype}
        self.register_parameter("weight", Parameter(mg.empty(num_features, **like)) if affine else None)
        self.register_parameter("bias", Parameter(mg.empty(num_features, **like)) if affine and bias else None)
        self.register_buffer("running_mean", mg.zeros(num_features, **like) if track_running_stats else None)
        self.register_buffer("running_var", mg.ones(num_features, **like) if track_running_stats else None)
        self.register_buffer("num_batches_tracked", mg.tensor(0, dtype=mg.int64) if track_running_stats else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        if self.running_mean is not None and self.running_var is not None and self.num_batches_tracked is not None:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def _check_rank(self, input: Tensor) -> None:
        if input.dim() not in self.ranks:
            raise ShapeError(
                f"{type(self).__name__}: expected {self.expected} input (got {input.dim()}D input, shape {tuple(input.shape)})"
            )

    def _upgrade_state(self, state: dict[str, Any], prefix: str, version: int | None) -> None:
        key = prefix + "num_batches_tracked"
        if (version is None or version < 2) and self.num_batches_tracked is not None and key not in state:
            state[key] = self.num_batches_tracked

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(_NormBase):
    """What batch normalisation is over any number of axes; the subclasses say how many."""

    def forward(self, input: Tensor) -> Tensor:
        self._check_rank(input)
        average = 0.0 if self.momentum is None else self.momentum
        if self.training and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:  # cumulative moving average
                average = 1.0 / self.num_batches_tracked.item()
        tracking = not self.training or self.track_running_stats
        return F.batch_norm(
            input,
            self.running_mean if tracking else None,
            self.running_var if tracking else None,
            self.weight,
            self.bias,
            self.training or self.running_mean is None,
            average,
            self.eps,
        )


class BatchNorm1d(_BatchNorm):
    """Normalise each feature over the batch: (input - mean) / sqrt(var + eps) * weight + bias.

    In training the statistics are the batch's, and running averages of them (`momentum` is the share of the new; None: plain mean
    over all batches) are kept for evaluation.

    Shapes: input (N, num_features) or (N, num_features, L); weight, bias, running_mean, running_var (num_features,); returns input's.
    >>> BatchNorm1d(3)(mg.randn(8, 3)).shape
    (8, 3)
    """

    ranks = (2, 3)
    expected = "2D or 3D"


class BatchNorm2d(_BatchNorm):
    """Normalise each channel over the batch and the image, as `BatchNorm1d` does.

    Shapes: input (N, num_features, H, W); weight, bias, running_mean, running_var (num_features,); returns input's.
    >>> BatchNorm2d(3)(mg.randn(4, 3, 5, 6)).shape
    (4, 3, 5, 6)
    """

    ranks = (4,)
    expected = "4D"


class BatchNorm3d(_BatchNorm):
    """Normalise each channel over the batch and the volume, as `BatchNorm1d` does.

    Shapes: input (N, num_features, D, H, W); weight, bias, running_mean, running_var (num_features,); returns input's.
    >>> BatchNorm3d(3)(mg.randn(4, 3, 5, 6, 7)).shape
    (4, 3, 5, 6, 7)
    """

    ranks = (5,)
    expected = "5D"


class _InstanceNorm(_NormBase):
    """Normalise each channel of each sample over its places."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def forward(self, input: Tensor) -> Tensor:
        self._check_rank(input)
        if input.shape[-self.ranks[0]] != self.num_features and self.affine:
            raise ShapeError(
                f"{type(self).__name__}: expected {self.num_features} channels (num_features), got input of shape {tuple(input.shape)}"
            )
        single = input.dim() == self.ranks[0]
        output = F.instance_norm(
            input.unsqueeze(0) if single else input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            0.0 if self.momentum is None else self.momentum,
            self.eps,
        )
        return output.squeeze(0) if single else output


class InstanceNorm1d(_InstanceNorm):
    """Normalise each channel of each sample over its places: (input - mean) / sqrt(var + eps), times weight plus bias with `affine`.

    With `track_running_stats` running averages are kept in training and used in evaluation.

    Shapes: input (N, num_features, L) or (num_features, L); weight, bias (num_features,) or None; returns input's.
    Source: Ulyanov et al., "Instance Normalization", arXiv:1607.08022.
    >>> InstanceNorm1d(3)(mg.randn(4, 3, 5)).shape
    (4, 3, 5)
    """

    ranks = (2, 3)
    expected = "2D or 3D"


class InstanceNorm2d(_InstanceNorm):
    """Normalise each channel of each image, as `InstanceNorm1d` does.

    Shapes: input (N, num_features, H, W) or (num_features, H, W); returns input's.
    >>> InstanceNorm2d(3)(mg.randn(4, 3, 5, 6)).shape
    (4, 3, 5, 6)
    """

    ranks = (3, 4)
    expected = "3D or 4D"


class InstanceNorm3d(_InstanceNorm):
    """Normalise each channel of each volume, as `InstanceNorm1d` does.

    Shapes: input (N, num_features, D, H, W) or (num_features, D, H, W); returns input's.
    >>> InstanceNorm3d(3)(mg.randn(4, 3, 5, 6, 7)).shape
    (4, 3, 5, 6, 7)
    """

    ranks = (4, 5)
    expected = "4D or 5D"


class LayerNorm(Module):
    """Normalise each sample over its last axes: (input - mean) / sqrt(var + eps) * weight + bias.

    Shapes: input (*, *normalized_shape); weight, bias normalized_shape; returns input's.
    >>> LayerNorm(10)(mg.randn(4, 7, 10)).shape
    (4, 7, 10)
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _normalized(normalized_shape, "LayerNorm")
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        like = {"device": device, "dtype": dtype}
        self.register_parameter("weight", Parameter(mg.empty(self.normalized_shape, **like)) if elementwise_affine else None)
        self.register_parameter("bias", Parameter(mg.empty(self.normalized_shape, **like)) if elementwise_affine and bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"


class RMSNorm(Module):
    """Scale each sample by the root mean square of its last axes: input / sqrt(mean(input**2) + eps) * weight.

    Shapes: input (*, *normalized_shape); weight normalized_shape or None; returns input's. `eps` None: the dtype's epsilon.
    Source: Zhang and Sennrich, "Root Mean Square Layer Normalization", arXiv:1910.07467.
    >>> RMSNorm(10)(mg.randn(4, 7, 10)).shape
    (4, 7, 10)
    """

    weight: Parameter | None

    def __init__(
        self, normalized_shape: Any, eps: float | None = None, elementwise_affine: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.normalized_shape = _normalized(normalized_shape, "RMSNorm")
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self.register_parameter(
            "weight", Parameter(mg.empty(self.normalized_shape, device=device, dtype=dtype)) if elementwise_affine else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, input: Tensor) -> Tensor:
        return F.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(Module):
    """Normalise each sample over groups of its channels: (input - mean) / sqrt(var + eps) * weight + bias.

    Shapes: input (N, num_channels, *); weight, bias (num_channels,) or None; returns input's.
    >>> GroupNorm(2, 6)(mg.randn(4, 6, 5)).shape
    (4, 6, 5)
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_groups = size(num_groups, "GroupNorm", "num_groups", 1)
        self.num_channels = size(num_channels, "GroupNorm", "num_channels")
        if num_channels % num_groups:
            raise ValueError(f"GroupNorm: num_channels must be divisible by num_groups, got {num_channels} and {num_groups}")
        self.eps = eps
        self.affine = affine
        like = {"device": device, "dtype": dtype}
        self.register_parameter("weight", Parameter(mg.empty(num_channels, **like)) if affine else None)
        self.register_parameter("bias", Parameter(mg.empty(num_channels, **like)) if affine and bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, bias={self.bias is not None}"
