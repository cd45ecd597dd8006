"""Losses as layers. All raise where input and target would silently broadcast."""

from __future__ import annotations

import math
from typing import Any

import minigrad as mg  # noqa: F401  (doctests)
from minigrad._core import Tensor

from . import functional as F
from .linear import Linear
from .module import Module

REDUCTIONS = ("none", "mean", "sum")


def reduction_of(
    loss: Module, size_average: bool | None, reduce: bool | None, reduction: str, allowed: tuple[str, ...] = REDUCTIONS
) -> str:
    """How `loss` reduces its elements; the first two arguments are PyTorch's old spelling."""
    if size_average is not None or reduce is not None:
        reduction = "none" if reduce is False else "sum" if size_average is False else "mean"
    if reduction not in allowed:
        raise ValueError(f"{type(loss).__name__}: reduction must be one of {', '.join(map(repr, allowed))}, got {reduction!r}")
    return reduction


class _Loss(Module):
    """What losses share: how the elements are reduced."""

    reduction: str
    reductions: tuple[str, ...] = REDUCTIONS

    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = reduction_of(self, size_average, reduce, reduction, self.reductions)


class MSELoss(_Loss):
    """(input - target)**2, averaged.

    Shapes: input and target the same; returns () unless reduction="none".
    >>> MSELoss()(mg.zeros(2), mg.tensor([1.0, 3.0])).item()
    5.0
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.mse_loss(input, target, reduction=self.reduction)


class L1Loss(_Loss):
    """|input - target|, averaged.

    Shapes: input and target the same; returns () unless reduction="none".
    >>> L1Loss()(mg.zeros(2), mg.tensor([1.0, 3.0])).item()
    2.0
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(_Loss):
    """Quadratic for differences below `beta`, linear above: 0.5 * d**2 / beta, or d - 0.5 * beta.

    Shapes: input and target the same; returns () unless reduction="none".
    >>> SmoothL1Loss()(mg.zeros(2), mg.tensor([1.0, 3.0])).item()
    1.5
    """

    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(_Loss):
    """Quadratic for differences below `delta`, linear above: 0.5 * d**2, or delta * (d - 0.5 * delta).

    Shapes: input and target the same; returns () unless reduction="none".
    >>> HuberLoss()(mg.zeros(2), mg.tensor([1.0, 3.0])).item()
    1.5
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class KLDivLoss(_Loss):
    """target * (log(target) - input), input being log-probabilities, averaged; "batchmean" is the sum over the batch's size.

    Shapes: input and target the same; returns () unless reduction="none".
    >>> KLDivLoss(reduction="sum")(mg.zeros(2), mg.tensor([1.0, 0.0])).item()
    0.0
    """

    reductions = ("none", "mean", "sum", "batchmean")

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean", log_target: bool = False
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class _WeightedLoss(_Loss):
    weight: Tensor | None

    def __init__(
        self, weight: Tensor | None = None, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


class CrossEntropyLoss(_WeightedLoss):
    """-log softmax(input) at the target class, averaged; with class indices or with class probabilities as target.

    Shapes: input (C,) or (N, C, *); target () or (N, *) of integers, or input's shape of probabilities; weight (C,) or None;
            returns () unless reduction="none".
    >>> round(CrossEntropyLoss()(mg.zeros(2, 4), mg.tensor([0, 3])).item(), 4)
    1.3863
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(
            input,
            target,
            weight=self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class NLLLoss(_WeightedLoss):
    """-input at the target class, averaged: cross entropy of log-probabilities.

    Shapes: input (C,) or (N, C, *); target () or (N, *) of integers; weight (C,) or None; returns () unless reduction="none".
    >>> NLLLoss()(mg.tensor([[-1.0, -2.0]]), mg.tensor([1])).item()
    2.0
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.nll_loss(input, target, weight=self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class NLLLoss2d(NLLLoss):
    """`NLLLoss` of images under its older name.

    Shapes: input (N, C, H, W); target (N, H, W) of integers; returns () unless reduction="none".
    >>> NLLLoss2d()(mg.zeros(1, 2, 3, 3), mg.zeros(1, 3, 3, dtype=mg.int64)).item()
    0.0
    """


class LinearCrossEntropyLoss(_WeightedLoss):
    """Cross entropy of a linear layer's output, without that output being kept for all samples at once.

    Shapes: input (N, in_features) or (in_features,); target (N, *out_features) of integers, or probabilities (N, num_classes,
            *out_features); weight (num_classes,) or None; `linear` holds the weights (num_classes * out_features, in_features);
            returns () unless reduction="none".
    >>> LinearCrossEntropyLoss(5, 10)(mg.zeros(3, 5), mg.tensor([0, 1, 2])).item() - math.log(10) < 1e-6
    True
    """

    def __init__(
        self,
        in_features: int,
        num_classes: int,
        *,
        out_features: tuple[int, ...] = (),
        bias: bool = False,
        device: Any = None,
        dtype: Any = None,
        reduction: str = "mean",
        weight: Tensor | None = None,
        ignore_index: int | None = None,
        label_smoothing: float = 0.0,
        options: Any = None,
    ) -> None:
        super().__init__(weight, reduction=reduction)
        if weight is not None and tuple(weight.shape) != (num_classes,):
            raise RuntimeError(f"LinearCrossEntropyLoss: expected weight shape to be {(num_classes,)}, got {tuple(weight.shape)}")
        if not 0 <= label_smoothing <= 1:
            raise RuntimeError(f"LinearCrossEntropyLoss: expected label_smoothing to be in range [0, 1], got {label_smoothing}")
        self.num_classes = num_classes
        self.out_features = out_features
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing
        self.options = options
        self.linear = Linear(in_features, math.prod(out_features, start=num_classes), bias=bias, device=device, dtype=dtype)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        shape = (self.num_classes, *self.out_features)
        bias = self.linear.bias
        return F.linear_cross_entropy(
            input,
            self.linear.weight.reshape((*shape, self.linear.in_features)),
            target,
            linear_bias=None if bias is None else bias.reshape(shape),
            weight=self.weight,
            reduction=self.reduction,
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
            options=self.options,
        )

    def extra_repr(self) -> str:
        return (
            f"in_features={self.linear.in_features}, num_classes={self.num_classes}, out_features={self.out_features}, "
            f"bias={self.linear.bias is not None}, reduction={self.reduction}, ignore_index={self.ignore_index}, "
            f"label_smoothing={self.label_smoothing}, options={self.options}"
        )


class BCELoss(_WeightedLoss):
    """-(target * log(input) + (1 - target) * log(1 - input)), averaged; the logarithms are cut off at -100.

    Shapes: input and target the same, values in [0, 1]; weight broadcastable or None; returns () unless reduction="none".
    >>> round(BCELoss()(mg.tensor([0.5]), mg.tensor([1.0])).item(), 4)
    0.6931
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy(input, target, weight=self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_Loss):
    """Binary cross entropy of sigmoid(input), computed without overflow, averaged.

    Shapes: input and target the same; weight and pos_weight broadcastable or None; returns () unless reduction="none".
    >>> round(BCEWithLogitsLoss()(mg.tensor([0.0]), mg.tensor([1.0])).item(), 4)
    0.6931
    """

    weight: Tensor | None
    pos_weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(input, target, self.weight, pos_weight=self.pos_weight, reduction=self.reduction)
