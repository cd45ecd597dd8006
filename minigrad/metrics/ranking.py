"""How well scores rank: curves over all thresholds, and the areas under them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.errors import ShapeError

from ._inputs import alike, in_range, integers, real, zeros_and_ones


def roc(preds: Any, target: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The receiver operating characteristic: (false positive rate, true positive rate, thresholds), one point for each distinct score.

    Shapes:  preds (...) scores, target (...) of 0 and 1; returns three arrays (distinct scores + 1,). The first point, at threshold infinity,
             is (0, 0); the others count what scores at least the threshold, so equal scores make one slanted step. A rate of a class that is
             absent is NaN.
    Raises:  ShapeError, DTypeError, ValueError (NaN, or a target other than 0 and 1), as average_precision and auroc.
    >>> roc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])[:2]
    (array([0. , 0. , 0.5, 0.5, 1. ]), array([0. , 0.5, 0.5, 1. , 1. ]))
    """
    above, right, thresholds = _steps("roc", *_binary("roc", preds, target))
    return (*_rates(above, right), np.concatenate([[np.inf], thresholds]))


def auroc(preds: Any, target: Any, *, average: str | None = "macro") -> Any:
    """The area under roc: how probable it is that a positive scores above a negative, ties counting half.

    Shapes:  preds (N,) and target (N,) of 0 and 1; preds (N, C) and target (N,) of classes, each of them against the rest; or both (N, C),
             target 0 and 1, for several labels at once.
    Args:    average: of several columns, "macro" (the mean of those that have positives and negatives) or None (each).
    Returns a number; NaN if one class is absent. float64 (C,) with average=None.
    Source:  Hanley & McNeil, "The meaning and use of the area under a ROC curve", 1982.
    >>> auroc(mg.tensor([0.1, 0.4, 0.35, 0.8]), mg.tensor([0, 0, 1, 1]))
    0.75
    """
    return _by_column("auroc", _area, preds, target, average)


def precision_recall_curve(preds: Any, target: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(precision, recall, thresholds) for each distinct score as threshold, from the lowest to the highest.

    Shapes:  preds (...) scores, target (...) of 0 and 1; returns arrays (distinct scores + 1,) twice, and (distinct scores,): the last point is
             (1, 0) by convention and has no threshold. What scores at least the threshold counts as positive. Without positives recall is NaN.
    >>> precision_recall_curve([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])[1]
    array([1. , 1. , 0.5, 0.5, 0. ])
    """
    above, right, thresholds = _steps("precision_recall_curve", *_binary("precision_recall_curve", preds, target))
    with np.errstate(invalid="ignore", divide="ignore"):
        shares, found = right / above, right / (right[-1] if len(right) else 0)
    return np.append(shares[::-1], 1.0), np.append(found[::-1], 0.0), thresholds[::-1]


def average_precision(preds: Any, target: Any, *, average: str | None = "macro") -> Any:
    """The area under the steps of precision over recall: sum of (recall_n - recall_n-1) * precision_n, not interpolated.

    Shapes and arguments:  as auroc. NaN without positives; a random ranking has the share of positives, not one half.
    >>> average_precision([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    0.8333333333333333
    """
    return _by_column("average_precision", _average_precision, preds, target, average)


def _binary(metric: str, preds: Any, target: Any) -> tuple[np.ndarray, np.ndarray]:
    scores, t = real(metric, "preds", preds), integers(metric, "target", target)
    alike(metric, scores, t)
    return scores.reshape(-1), zeros_and_ones(metric, "target", t).reshape(-1)


def _steps(metric: str, scores: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each distinct score, highest first: how many score at least that, how many of them are positive, and the score."""
    order = np.argsort(-scores, kind="stable")
    scores, found = scores[order], np.cumsum(target[order])
    last = np.flatnonzero(np.append(scores[1:] != scores[:-1], True)) if len(scores) else np.zeros(0, np.int64)
    return last + 1, found[last], scores[last]


def _rates(above: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    false, true = (np.concatenate([[0], n]).astype(np.float64) for n in (above - right, right))
    with np.errstate(invalid="ignore"):
        return false / false[-1], true / true[-1]


def _area(scores: np.ndarray, target: np.ndarray) -> float:
    false, true = _rates(*_steps("auroc", scores, target)[:2])
    return float(((true[1:] + true[:-1]) / 2 * np.diff(false)).sum()) if len(false) > 1 else float("nan")


def _average_precision(scores: np.ndarray, target: np.ndarray) -> float:
    above, right, _ = _steps("average_precision", scores, target)
    return float((np.diff(right, prepend=0) * (right / above)).sum() / right[-1]) if target.any() else float("nan")


def _by_column(metric: str, of: Callable[[np.ndarray, np.ndarray], float], preds: Any, target: Any, average: str | None) -> Any:
    if average not in ("macro", None):
        raise ValueError(f'{metric}: average must be "macro" or None, got {average!r}')
    scores, t = real(metric, "preds", preds), integers(metric, "target", target)
    if scores.ndim == 1 and t.shape == scores.shape:
        return of(scores, zeros_and_ones(metric, "target", t))
    if scores.ndim != 2 or t.shape not in (scores.shape, scores.shape[:1]):
        raise ShapeError(f"{metric}: expected preds (N,) or (N, C) and target (N,), or both (N, C), got {scores.shape} and {t.shape}")
    if t.ndim == 1:
        t = (in_range(metric, "target", t, scores.shape[1])[:, None] == np.arange(scores.shape[1])).astype(np.int64)
    values = np.array([of(s, y) for s, y in zip(scores.T, zeros_and_ones(metric, "target", t).T)])
    if average is None:
        return values
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")
