"""Softmax over many classes, of which few are frequent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import minigrad as mg
from minigrad._core import Tensor
from minigrad.errors import ShapeError

from . import functional as F
from .containers import ModuleList, Sequential
from .linear import Linear
from .module import Module


class AdaptiveLogSoftmaxOutput(NamedTuple):
    output: Tensor  # log-probability of each target
    loss: Tensor  # minus their mean


class AdaptiveLogSoftmaxWithLoss(Module):
    """Log-softmax of classes ordered by frequency: the frequent ones in the head, the others in clusters that the head chooses, each of
    which has a smaller projection than the one before.

    Shapes:  input (N, in_features) or (in_features,); target (N,) or () of class indices; returns (output (N,) or (), loss ()).
    Args:    cutoffs: the first class of each cluster, in increasing order; cluster i is computed in in_features / div_value**(i+1)
             dimensions.
    Source:  Grave et al., "Efficient softmax approximation for GPUs", arXiv:1609.04309.
    >>> layer = AdaptiveLogSoftmaxWithLoss(8, 20, cutoffs=[4, 10])
    >>> layer(mg.zeros(3, 8), mg.tensor([0, 5, 19])).output.shape
    (3,)
    >>> round(layer.log_prob(mg.randn(1, 8)).exp().sum().item(), 5)
    1.0
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        starts = [int(c) for c in cutoffs]
        if not starts or starts != list(cutoffs) or starts != sorted(set(starts)) or starts[0] <= 0 or starts[-1] > n_classes - 1:
            raise ValueError(
                "AdaptiveLogSoftmaxWithLoss: cutoffs should be a sequence of unique, positive integers sorted in an increasing order, "
                f"where each value is between 1 and n_classes-1, got {list(cutoffs)} with n_classes={n_classes}"
            )
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*starts, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = starts[0]
        self.n_clusters = len(starts)
        self.head_size = self.shortlist_size + self.n_clusters
        like = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.head_size, bias=head_bias, **like)
        self.tail = ModuleList()
        for i in range(self.n_clusters):
            hidden = int(in_features // div_value ** (i + 1))
            classes = self.cutoffs[i + 1] - self.cutoffs[i]
            self.tail.append(Sequential(Linear(in_features, hidden, bias=False, **like), Linear(hidden, classes, bias=False, **like)))

    def reset_parameters(self) -> None:
        for module in self.modules():
            if isinstance(module, Linear):
                module.reset_parameters()

    def forward(self, input: Tensor, target: Tensor) -> AdaptiveLogSoftmaxOutput:
        if (input.dim(), target.dim()) not in ((2, 1), (1, 0)) or tuple(input.shape[:-1]) != tuple(target.shape):
            raise ShapeError(
                "AdaptiveLogSoftmaxWithLoss: expected input (N, in_features) and target (N,), or both without N, "
                f"got shapes {tuple(input.shape)} and {tuple(target.shape)}"
            )
        if target.numel() and not (0 <= target.min().item() and target.max().item() < self.n_classes):
            raise RuntimeError(
                f"AdaptiveLogSoftmaxWithLoss: target values should be in [0, {self.n_classes - 1}], "
                f"but values in range [{target.min().item()}, {target.max().item()}] were found"
            )
        rows, classes = (input, target) if input.dim() == 2 else (input.unsqueeze(0), target.unsqueeze(0))
        head = F.log_softmax(self.head(rows), dim=1)
        chosen, within = classes.clone(), mg.zeros(classes.shape, dtype=input.dtype)
        for i, cluster in enumerate(self.tail):
            members = ((classes >= self.cutoffs[i]) & (classes < self.cutoffs[i + 1])).nonzero().squeeze(1)
            if members.numel():
                chosen[members] = self.shortlist_size + i
                log_prob = F.log_softmax(cluster(rows[members]), dim=1)
                place = (classes[members] - self.cutoffs[i]).unsqueeze(1)
                within = within.index_put((members,), log_prob.gather(1, place).squeeze(1))
        output = head.gather(1, chosen.unsqueeze(1)).squeeze(1) + within
        return AdaptiveLogSoftmaxOutput(output.reshape(target.shape), -output.mean())

    def log_prob(self, input: Tensor) -> Tensor:
        """The log-probabilities of all classes: input (N, in_features), returns (N, n_classes)."""
        head = F.log_softmax(self.head(input), dim=1)
        parts = [head[:, : self.shortlist_size]]
        for i, cluster in enumerate(self.tail):
            at = self.shortlist_size + i
            parts.append(F.log_softmax(cluster(input), dim=1) + head[:, at : at + 1])
        return mg.cat(parts, dim=1)

    def predict(self, input: Tensor) -> Tensor:
        """The class of highest probability: input (N, in_features), returns (N,). Clusters are computed only for the rows whose head
        chooses one."""
        best = self.head(input).argmax(dim=1)
        rare = (best >= self.shortlist_size).nonzero().squeeze(1)
        if rare.numel():
            best[rare] = self.log_prob(input[rare]).argmax(dim=1)
        return best
