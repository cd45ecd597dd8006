"""Losses as layers. All raise where input and target would silently broadcast."""

from __future__ import annotations

import minigrad as mg  # noqa: F401  (doctests)
from minigrad._core import Tensor

from . import functional as F
from .module import Module


class _Loss(Module):
    """What losses share: how the elements are reduced."""

    reduction: str
    reductions: tuple[str, ...] = ("none", "mean", "sum")

    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean") -> None:
        super().__init__()
        if size_average is not None or reduce is not None:  # PyTorch's old spelling
            reduction = "none" if reduce is False else "sum" if size_average is False else "mean"
        if reduction not in self.reductions:
            raise ValueError(f"{type(self).__name__}: reduction must be one of {', '.join(map(repr, self.reductions))}, got {reduction!r}")
        self.reduction = reduction


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
