"""Right and wrong classes, counted: all of these are functions of the confusion matrix, but for accuracy among the k best.

Arguments, as everywhere here: preds are classes (integers, of target's shape), probabilities of class 1 (floats, of target's shape), or
scores of each class (floats, (N, C, ...) for target (N, ...)), of which the highest counts and of equal ones the first.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ._inputs import array, labels, scores_by_class

AVERAGES = ("binary", "micro", "macro", "weighted", None)


def confusion_matrix(
    preds: Any,
    target: Any,
    *,
    num_classes: int | None = None,
    normalize: str | None = None,
    threshold: float = 0.5,
    ignore_index: int | None = None,
) -> np.ndarray:
    """How often class i (row: what it is) was taken for class j (column: what was said).

    Shapes:  preds and target (...), or preds (N, C, ...) and target (N, ...); returns (C, C), int64, or float64 where normalised.
    Args:    num_classes: by default C, two for probabilities, else the largest class found and one. normalize: "true" (each row sums to 1),
             "pred" (each column), "all"; what there is none of stays 0. threshold: a probability above it says class 1.
             ignore_index: a class of target that is left out, such as padding.
    Raises:  ShapeError, DTypeError, ValueError (classes out of range, NaN), as all metrics of classes.
    >>> confusion_matrix([0, 1, 1, 2], [0, 1, 2, 2])
    array([[1, 0, 0],
           [0, 1, 0],
           [0, 1, 1]])
    """
    counts = _counts("confusion_matrix", preds, target, threshold, num_classes, ignore_index)
    if normalize is None:
        return counts
    if normalize not in ("true", "pred", "all"):
        raise ValueError(f'confusion_matrix: normalize must be "true", "pred", "all" or None, got {normalize!r}')
    total = counts.sum({"true": 1, "pred": 0, "all": None}[normalize], keepdims=True)
    return counts / np.maximum(total, 1)


def accuracy(
    preds: Any, target: Any, *, top_k: int = 1, threshold: float = 0.5, num_classes: int | None = None, ignore_index: int | None = None
) -> float:
    """The share of elements whose class is right, or among the `top_k` with the highest scores; NaN of nothing.

    Shapes:  preds and target (...), or preds (N, C, ...) and target (N, ...). top_k > 1 needs scores; of equal scores the first come first.
    >>> accuracy(mg.tensor([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]]), mg.tensor([1, 1]))
    0.5
    >>> accuracy([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]], [1, 1], top_k=2)
    1.0
    """
    if top_k < 1:
        raise ValueError(f"accuracy: top_k must be at least 1, got {top_k}")
    if top_k == 1:
        p, t, _ = labels("accuracy", preds, target, threshold, num_classes, ignore_index)
        return float((p == t).mean()) if t.size else float("nan")
    if array("accuracy", "preds", preds).dtype.kind != "f":
        raise ValueError(f"accuracy: top_k={top_k} needs scores of each class, got classes")
    scores, t = scores_by_class("accuracy", preds, target, ignore_index)
    if not t.size:
        return float("nan")
    own = scores[np.arange(len(t)), t, None]
    before = (scores > own) | ((scores == own) & (np.arange(scores.shape[1]) < t[:, None]))
    return float((before.sum(1) < top_k).mean())


def balanced_accuracy(
    preds: Any, target: Any, *, threshold: float = 0.5, num_classes: int | None = None, ignore_index: int | None = None
) -> float:
    """The mean recall of the classes that are there: what accuracy would be if they were equally frequent. NaN of nothing.

    Shapes:  as accuracy.
    >>> balanced_accuracy([0, 0, 0, 0], [0, 0, 0, 1])
    0.5
    """
    counts = _counts("balanced_accuracy", preds, target, threshold, num_classes, ignore_index)
    there = counts.sum(1) > 0
    return float((counts.diagonal()[there] / counts.sum(1)[there]).mean()) if there.any() else float("nan")


def precision(
    preds: Any,
    target: Any,
    *,
    average: str | None = "binary",
    threshold: float = 0.5,
    num_classes: int | None = None,
    ignore_index: int | None = None,
    zero_division: float = 0.0,
) -> Any:
    """Of what was said to be a class, the share that is: TP / (TP + FP).

    Shapes:  as accuracy; returns a number, or with average=None one for each class, (C,).
    Args:    average: "binary", of class 1 of two; None, of each class; "macro", their mean; "weighted", their mean weighted by how often each
             class occurs in target; "micro", of all counts together, which for one class per element is the accuracy. The means leave
             classes out that neither occur nor were said. zero_division: the value where there is nothing to divide by.
    >>> precision([1, 1, 0, 1], [1, 0, 0, 1])
    0.6666666666666666
    >>> precision([0, 2, 1, 2], [0, 1, 1, 2], average=None)
    array([1. , 1. , 0.5])
    """
    counts = _counts("precision", preds, target, threshold, num_classes, ignore_index)
    return averaged("precision", counts, average, (0.0, 1.0, 0.0), zero_division)


def recall(
    preds: Any,
    target: Any,
    *,
    average: str | None = "binary",
    threshold: float = 0.5,
    num_classes: int | None = None,
    ignore_index: int | None = None,
    zero_division: float = 0.0,
) -> Any:
    """Of what is a class, the share that was found, also called sensitivity: TP / (TP + FN). Arguments: see precision.

    >>> recall([1, 0, 0, 1], [1, 1, 0, 1])
    0.6666666666666666
    >>> recall([0, 2, 1, 2], [0, 1, 1, 2], average="macro")
    0.8333333333333334
    """
    counts = _counts("recall", preds, target, threshold, num_classes, ignore_index)
    return averaged("recall", counts, average, (0.0, 0.0, 1.0), zero_division)


def f1_score(
    preds: Any,
    target: Any,
    *,
    average: str | None = "binary",
    threshold: float = 0.5,
    num_classes: int | None = None,
    ignore_index: int | None = None,
    zero_division: float = 0.0,
) -> Any:
    """The harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN). Arguments: see precision.

    >>> f1_score(mg.tensor([0.9, 0.4, 0.1, 0.8]), mg.tensor([1, 1, 0, 1]))
    0.8
    """
    counts = _counts("f1_score", preds, target, threshold, num_classes, ignore_index)
    return averaged("f1_score", counts, average, (1.0, 1.0, 1.0), zero_division)


def dice_score(
    preds: Any,
    target: Any,
    *,
    average: str | None = "binary",
    threshold: float = 0.5,
    num_classes: int | None = None,
    ignore_index: int | None = None,
    zero_division: float = 1.0,
) -> Any:
    """Overlap of segmentations, 2 |A and B| / (|A| + |B|), of all pixels given together. Arguments: see precision.

    It is the F1 score of pixels, but for `zero_division`: where there is nothing to find and nothing was found, all is well.
    Source:  Dice, "Measures of the amount of ecologic association between species", 1945.
    >>> dice_score(mg.tensor([[[0, 1], [1, 1]]]), mg.tensor([[[0, 0], [1, 1]]]))
    0.8
    """
    counts = _counts("dice_score", preds, target, threshold, num_classes, ignore_index)
    return averaged("dice_score", counts, average, (1.0, 1.0, 1.0), zero_division)


def jaccard_index(
    preds: Any,
    target: Any,
    *,
    average: str | None = "binary",
    threshold: float = 0.5,
    num_classes: int | None = None,
    ignore_index: int | None = None,
    zero_division: float = 1.0,
) -> Any:
    """Intersection over union (IoU) of segmentations, |A and B| / |A or B|, of all pixels given together. Arguments: see precision.

    With average="macro" it is the mean IoU. `zero_division`: as in dice_score.
    Source:  Jaccard, "The distribution of the flora in the alpine zone", 1912.
    >>> jaccard_index(mg.tensor([[[0, 1], [1, 1]]]), mg.tensor([[[0, 0], [1, 1]]]), average=None)
    array([0.5       , 0.66666667])
    """
    counts = _counts("jaccard_index", preds, target, threshold, num_classes, ignore_index)
    return averaged("jaccard_index", counts, average, (0.0, 1.0, 1.0), zero_division)


def _counts(metric: str, preds: Any, target: Any, threshold: float, num_classes: int | None, ignore_index: int | None) -> np.ndarray:
    p, t, c = labels(metric, preds, target, threshold, num_classes, ignore_index)
    return np.bincount(t * c + p, minlength=c * c).reshape(c, c)


def averaged(metric: str, counts: np.ndarray, average: str | None, weights: tuple[float, float, float], zero_division: float) -> Any:
    """(1 + a) TP / ((1 + a) TP + b FP + c FN), for weights (a, b, c), of each class of a confusion matrix or averaged over them."""
    if average not in AVERAGES:
        raise ValueError(f"{metric}: average must be one of {', '.join(map(repr, AVERAGES))}, got {average!r}")
    if average == "binary" and len(counts) > 2:
        raise ValueError(f'{metric}: average="binary" is for two classes, got {len(counts)}; choose "macro", "micro", "weighted" or None')
    a, b, c = weights
    right, said, true = counts.diagonal(), counts.sum(0), counts.sum(1)
    if average == "micro":
        right, said, true = (np.array([n.sum()]) for n in (right, said, true))
    above = (1 + a) * right
    below = above + b * (said - right) + c * (true - right)
    shares = np.divide(above, below, out=np.full(len(right), float(zero_division)), where=below > 0)
    if average is None:
        return shares
    if average == "binary":
        return float(shares[1]) if len(shares) == 2 else float(zero_division)
    there = said + true > 0
    if not there.any():
        return float("nan")
    weight = true[there] if average == "weighted" else None
    return float(np.average(shares[there], weights=weight))
