"""What metrics take: Tensors, arrays and lists, as NumPy arrays that are checked once, here."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad._core import Tensor
from minigrad.errors import DTypeError, ShapeError


def array(metric: str, argument: str, x: Any) -> np.ndarray:
    """x as an array; of a Tensor its values, without its graph. Half precisions become float32."""
    if isinstance(x, Tensor):
        x = x.detach()
        return (x.float() if x.is_floating_point() and x.element_size() == 2 else x).numpy()
    found = np.asarray(x)
    if found.dtype.kind not in "biufc" and found.size:
        raise DTypeError(f"{metric}: {argument} must be numbers, got {found.dtype}")
    return found


def real(metric: str, argument: str, x: Any) -> np.ndarray:
    """x as float64. A score that is NaN has no rank and no class, so it is an error rather than a class by accident."""
    found = array(metric, argument, x)
    if found.dtype.kind == "c":
        raise DTypeError(f"{metric}: {argument} must be real numbers, got {found.dtype}")
    if found.dtype.kind == "f" and np.isnan(found).any():
        raise ValueError(f"{metric}: {argument} must not hold NaN, got {int(np.isnan(found).sum())} of {found.size}")
    return found.astype(np.float64)


def integers(metric: str, argument: str, x: Any) -> np.ndarray:
    """x as int64, from integers or booleans (or nothing), or from floats that are whole, as targets of losses of probabilities are."""
    found = array(metric, argument, x)
    if found.dtype.kind == "f" and not (whole := np.isfinite(found) & (found == np.rint(found))).all():
        raise DTypeError(f"{metric}: {argument} must be integers (numbers of classes), got {found.dtype} with {found[~whole][0]:g}")
    if found.dtype.kind == "c":
        raise DTypeError(f"{metric}: {argument} must be integers (numbers of classes), got {found.dtype}")
    return found.astype(np.int64)


def alike(metric: str, preds: np.ndarray, target: np.ndarray) -> None:
    if preds.shape != target.shape:
        raise ShapeError(f"{metric}: preds and target must have one shape, got {preds.shape} and {target.shape}")


def zeros_and_ones(metric: str, argument: str, x: np.ndarray) -> np.ndarray:
    if ((x != 0) & (x != 1)).any():
        raise ValueError(f"{metric}: {argument} must be 0 or 1, got {int(x[(x != 0) & (x != 1)][0])}")
    return x


def scores_by_class(metric: str, preds: Any, target: Any, ignore_index: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Scores (N, C, ...) and classes (N, ...) as rows (M, C) and (M,), without the elements whose target is `ignore_index`."""
    scores, t = real(metric, "preds", preds), integers(metric, "target", target)
    if scores.ndim != t.ndim + 1 or scores.ndim < 2 or (scores.shape[0], *scores.shape[2:]) != t.shape:
        raise ShapeError(f"{metric}: expected preds (N, C, ...) and target (N, ...), got {scores.shape} and {t.shape}")
    scores, t = np.moveaxis(scores, 1, -1).reshape(-1, scores.shape[1]), t.reshape(-1)
    if ignore_index is not None:
        kept = t != ignore_index
        scores, t = scores[kept], t[kept]
    return scores, in_range(metric, "target", t, scores.shape[1])


def in_range(metric: str, argument: str, labels: np.ndarray, count: int) -> np.ndarray:
    if labels.size and (labels.min() < 0 or labels.max() >= count):
        wrong = labels[(labels < 0) | (labels >= count)][0]
        raise ValueError(f"{metric}: {argument} must be 0 to {count - 1} for {count} classes, got {wrong}")
    return labels


def labels(
    metric: str, preds: Any, target: Any, threshold: float, num_classes: int | None, ignore_index: int | None
) -> tuple[np.ndarray, np.ndarray, int]:
    """Predicted and true classes (M,), and how many classes there are.

    preds of target's shape are classes where they are integers or booleans, probabilities of class 1 where they are floats; with one
    dimension more they are scores (N, C, ...), of which the highest counts, of equal ones the first.
    """
    p, t = array(metric, "preds", preds), integers(metric, "target", target)
    if p.ndim == t.ndim + 1 and p.dtype.kind == "f":
        scores, t = scores_by_class(metric, p, t, ignore_index)
        if not scores.shape[1]:
            raise ShapeError(f"{metric}: preds must have at least one class, got shape {p.shape}")
        if num_classes is not None and num_classes != scores.shape[1]:
            raise ShapeError(f"{metric}: preds must have num_classes={num_classes} columns, got shape {p.shape}")
        return scores.argmax(1), t, scores.shape[1]
    alike(metric, p, t)
    if p.dtype.kind == "f":
        p, num_classes = real(metric, "preds", p) > threshold, num_classes or 2
    p, t = integers(metric, "preds", p).reshape(-1), t.reshape(-1)
    if ignore_index is not None:
        kept = t != ignore_index
        p, t = p[kept], t[kept]
    if num_classes is None:
        num_classes = 1 + int(max(p.max(initial=-1), t.max(initial=-1)))
    return in_range(metric, "preds", p, num_classes), in_range(metric, "target", t, num_classes), num_classes
