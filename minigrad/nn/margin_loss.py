"""Losses of margins, ranks and distributions as layers; declared by their settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import minigrad as mg  # noqa: F401  (doctests)
from minigrad._core import Tensor

from . import functional as F
from .distance import PairwiseDistance
from .function_layer import FunctionLayer
from .loss import _WeightedLoss, reduction_of


class _FunctionLoss(FunctionLayer):
    """A loss that is a function with its settings kept."""

    shown = ()

    def check(self) -> None:
        average, reduce = [self.__dict__.pop(name, None) for name in ("size_average", "reduce")]
        self.__dict__["reduction"] = reduction_of(self, average, reduce, self.__dict__["reduction"])

    def forward(self, *input: Any) -> Tensor:
        members = self.__dict__
        return getattr(F, self.function)(*input, **{name: members[name] for name in self._fields if name in members})


class SoftMarginLoss(_FunctionLoss):
    """log(1 + exp(-target * input)), averaged; the target is 1 or -1.

    Shapes: input and target the same; returns () unless reduction="none".
    >>> round(SoftMarginLoss()(mg.zeros(2), mg.ones(2)).item(), 4)
    0.6931
    """

    function = "soft_margin_loss"
    size_average: bool | None = None
    reduce: bool | None = None
    reduction: str = "mean"


class MultiLabelMarginLoss(_FunctionLoss):
    """Hinge loss between every class of a sample and every other; the target lists the sample's classes up to the first -1.

    Shapes: input (N, C) or (C,); target the same, of integers; returns () unless reduction="none".
    >>> round(MultiLabelMarginLoss()(mg.tensor([0.1, 0.2, 0.4, 0.8]), mg.tensor([3, 0, -1, 1])).item(), 4)
    0.85
    """

    function = "multilabel_margin_loss"
    size_average: bool | None = None
    reduce: bool | None = None
    reduction: str = "mean"


class HingeEmbeddingLoss(_FunctionLoss):
    """input where the target is 1, max(0, margin - input) where it is -1, averaged.

    Shapes: input (a distance) and target the same; returns () unless reduction="none".
    >>> HingeEmbeddingLoss()(mg.tensor([0.5, 0.5]), mg.tensor([1.0, -1.0])).item()
    0.5
    """

    function = "hinge_embedding_loss"
    margin: float = 1.0
    size_average: bool | None = None
    reduce: bool | None = None
    reduction: str = "mean"


class CosineEmbeddingLoss(_FunctionLoss):
    """1 - cos(input1, input2) where the target is 1, max(0, cos - margin) where it is -1, averaged.

    Shapes: input1 and input2 (N, D) or (D,); target (N,) or (); returns () unless reduction="none".
    >>> CosineEmbeddingLoss()(mg.tensor([[1.0, 0.0]]), mg.tensor([[0.0, 1.0]]), mg.tensor([1.0])).item()
    1.0
    """

    function = "cosine_embedding_loss"
    margin: float = 0.0
    size_average: bool | None = None
    reduce: bool | None = None
    reduction: str = "mean"


class MarginRankingLoss(_FunctionLoss):
    """max(0, -target * (input1 - input2) + margin), averaged: target 1 where input1 should be the larger, -1 otherwise.

    Shapes: input1, input2 and target (N,) or (); returns () unless reduction="none".
    >>> MarginRankingLoss()(mg.tensor([1.0]), mg.tensor([3.0]), mg.tensor([1.0])).item()
    2.0
    """

    function = "margin_ranking_loss"
    margin: float = 0.0
    size_average: bool | None = None
    reduce: bool | None = None
    reduction: str = "mean"


class TripletMarginLoss(_FunctionLoss):
    """max(0, |anchor - positive| - |anchor - negative| + margin) in the p-norm, averaged.

    With `swap` the distance from positive to negative counts where it is the smaller.

    Shapes: anchor, positive, negative (N, D) or (D,); returns () unless reduction="none".
    Source: Balntas et al., "Learning local feature descriptors with triplets and shallow convolutional neural networks" (2016).
    >>> round(TripletMarginLoss()(mg.zeros(1, 2), mg.zeros(1, 2), mg.zeros(1, 2)).item(), 4)
    1.0
    """

    function = "triplet_margin_loss"
    margin: float = 1.0
    p: float = 2.0
    eps: float = 1e-6
    swap: bool = False
    size_average: bool | None = None
    reduce: bool | None = None
    reduction: str = "mean"

    def check(self) -> None:
        super().check()
        if self.margin <= 0:
            raise ValueError(f"TripletMarginLoss: expected margin to be greater than 0, got {self.margin} instead")


class TripletMarginWithDistanceLoss(_FunctionLoss, kw_only=True):
    """`TripletMarginLoss` with a distance of one's own: a function of two tensors (N, D) that gives (N,).

    Shapes: anchor, positive, negative (N, *); returns () unless reduction="none".
    >>> loss = TripletMarginWithDistanceLoss(distance_function=lambda a, b: (a - b).abs().sum(1))
    >>> loss(mg.zeros(1, 2), mg.ones(1, 2), mg.zeros(1, 2)).item()
    3.0
    """

    function = "triplet_margin_with_distance_loss"
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None
    margin: float = 1.0
    swap: bool = False
    reduction: str = "mean"

    def check(self) -> None:
        super().check()
        if self.distance_function is None:
            self.distance_function = PairwiseDistance()
        if self.margin <= 0:
            raise ValueError(f"TripletMarginWithDistanceLoss: expected margin to be greater than 0, got {self.margin} instead")


class PoissonNLLLoss(_FunctionLoss):
    """-log of the Poisson probability of the target, without its factorial unless `full`, averaged; input is the log of the rate,
    or with log_input=False the rate.

    Shapes: input and target the same; returns () unless reduction="none".
    >>> PoissonNLLLoss()(mg.zeros(2), mg.zeros(2)).item()
    1.0
    """

    function = "poisson_nll_loss"
    log_input: bool = True
    full: bool = False
    size_average: bool | None = None
    eps: float = 1e-8
    reduce: bool | None = None
    reduction: str = "mean"


class GaussianNLLLoss(_FunctionLoss, kw_only=True):
    """(log(var) + (input - target)**2 / var) / 2, averaged; with `full` the constant too; var is at least `eps`.

    Shapes: input and target the same; var the same, or with 1 in or without the last axis; returns () unless reduction="none".
    >>> GaussianNLLLoss()(mg.zeros(2), mg.ones(2), mg.ones(2)).item()
    0.5
    """

    function = "gaussian_nll_loss"
    full: bool = False
    eps: float = 1e-6
    reduction: str = "mean"


class CTCLoss(_FunctionLoss):
    """-log of the probability that a sequence of frames reads as the target, over all alignments with blanks between.

    Shapes: log_probs (T, N, C) or (T, C); targets (N, S) or (sum of lengths,); input_lengths and target_lengths (N,);
            returns () unless reduction="none".
    Args:   blank: the class that separates; zero_infinity: zero loss and gradient for targets that do not fit into their frames.
    Source: Graves et al., "Connectionist Temporal Classification" (2006).
    >>> loss = CTCLoss()(mg.zeros(1, 1, 2).log_softmax(2), mg.tensor([[1]]), mg.tensor([1]), mg.tensor([1]))
    >>> round(loss.item(), 4)
    0.6931
    """

    function = "ctc_loss"
    blank: int = 0
    reduction: str = "mean"
    zero_infinity: bool = False


class MultiLabelSoftMarginLoss(_WeightedLoss):
    """Binary cross entropy of sigmoid(input), averaged over the classes, then over the samples.

    Shapes: input and target (N, C) or (C,); weight (C,) or None; returns () unless reduction="none".
    >>> round(MultiLabelSoftMarginLoss()(mg.zeros(1, 2), mg.ones(1, 2)).item(), 4)
    0.6931
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.multilabel_soft_margin_loss(input, target, weight=self.weight, reduction=self.reduction)


class MultiMarginLoss(_WeightedLoss):
    """max(0, margin - input[target] + input[i])**p over the other classes i, divided by their number, averaged.

    Shapes: input (N, C) or (C,); target (N,) or () of integers; weight (C,) or None; returns () unless reduction="none".
    >>> round(MultiMarginLoss()(mg.tensor([[0.1, 0.2, 0.4, 0.8]]), mg.tensor([3])).item(), 4)
    0.325
    """

    def __init__(
        self,
        p: int = 1,
        margin: float = 1.0,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        if p not in (1, 2):
            raise ValueError(f"MultiMarginLoss: only p == 1 and p == 2 supported, got {p}")
        if weight is not None and weight.dim() != 1:
            raise ValueError(f"MultiMarginLoss: weight must be None or have 1 dimension, got shape {tuple(weight.shape)}")
        self.p = p
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.multi_margin_loss(input, target, p=self.p, margin=self.margin, weight=self.weight, reduction=self.reduction)
