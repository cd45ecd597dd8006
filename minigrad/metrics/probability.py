"""How good probabilities are: their likelihood, their squared error, and whether what is said to be 80 % sure is right in 80 % of cases.

Probabilities are taken as they are: (N,) of class 1, or (N, C, ...) of each class. Logits belong to perplexity and bits_per_character alone.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigrad.errors import ShapeError

from ._inputs import alike, array, integers, real, scores_by_class, zeros_and_ones


def log_loss(preds: Any, target: Any, *, eps: float | None = None) -> float:
    """The mean of -log of the probability that was given to the true class, in nats. NaN of nothing.

    Shapes:  preds (...) of class 1 and target (...) of 0 and 1, or preds (N, C, ...) and target (N, ...) of classes.
    Args:    eps: probabilities are kept within [eps, 1 - eps]; by default the machine epsilon of preds' dtype, as in scikit-learn.
    Raises:  ShapeError, DTypeError, ValueError (probabilities outside [0, 1], NaN, classes out of range), as all of this module.
    >>> round(log_loss([0.9, 0.2], [1, 0]), 4)
    0.1643
    """
    if eps is None:
        given = array("log_loss", "preds", preds).dtype
        eps = float(np.finfo(given).eps) if given.kind == "f" else float(np.finfo(np.float64).eps)
    p, t = _probabilities("log_loss", preds, target)
    own = np.where(t == 1, p, 1 - p) if p.ndim == 1 else p[np.arange(len(t)), t]
    return float(-np.log(np.clip(own, eps, 1 - eps)).mean()) if len(t) else math.nan


def brier_score(preds: Any, target: Any) -> float:
    """The mean squared error of probabilities: (p - y)^2 for two classes, from 0 to 1; summed over classes for (N, C), from 0 to 2.

    Shapes:  as log_loss. NaN of nothing. Two columns (1 - p, p) score twice what p alone does.
    Source:  Brier, "Verification of forecasts expressed in terms of probability", 1950.
    >>> brier_score([0.75, 0.5], [1, 0])
    0.15625
    """
    p, t = _probabilities("brier_score", preds, target)
    if not len(t):
        return math.nan
    error = (p - t) ** 2 if p.ndim == 1 else ((p - np.eye(p.shape[1])[t]) ** 2).sum(1)
    return float(error.mean())


def calibration_curve(preds: Any, target: Any, *, n_bins: int = 15) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The points of a reliability diagram: (confidence, accuracy, count) of each of `n_bins` equal parts of [0, 1].

    Shapes:  as log_loss; returns three arrays (n_bins,), NaN where a bin is empty. With (N, C) the confidence is the highest probability, and
             the accuracy how often it is right; with (N,) they are the probability of class 1 and how often it is class 1. A bin holds its
             upper bound, the first also 0.
    >>> calibration_curve([0.1, 0.3, 0.9, 0.8], [0, 1, 1, 1], n_bins=2)[:2]
    (array([0.2 , 0.85]), array([0.5, 1. ]))
    """
    return _bins("calibration_curve", preds, target, n_bins)


def calibration_error(preds: Any, target: Any, *, n_bins: int = 15, norm: str = "l1") -> float:
    """The expected calibration error (ECE): the mean distance of confidence and accuracy over `n_bins` equal parts of [0, 1], by count.

    Shapes:  as calibration_curve. norm: "l1", or "max" for the largest distance. NaN of nothing.
    Source:  Guo et al., "On calibration of modern neural networks", arXiv:1706.04599.
    >>> round(calibration_error([0.1, 0.3, 0.9, 0.8], [0, 1, 1, 1], n_bins=2), 4)
    0.225
    """
    if norm not in ("l1", "max"):
        raise ValueError(f'calibration_error: norm must be "l1" or "max", got {norm!r}')
    confidence, right, count = _bins("calibration_error", preds, target, n_bins)
    if not count.sum():
        return math.nan
    gap = np.abs(confidence - right)[count > 0]
    return float(gap.max() if norm == "max" else (gap * count[count > 0]).sum() / count.sum())


def perplexity(preds: Any, target: Any, *, ignore_index: int | None = None) -> float:
    """exp of the mean negative log-likelihood of the true tokens: among how many equally likely ones the model wavers. NaN of nothing.

    Shapes:  preds (..., C) logits, the classes last; target (...) of tokens. ignore_index: a token that does not count, such as padding.
    From a mean cross-entropy loss that is there already, it is math.exp(loss).
    >>> round(perplexity(mg.zeros(2, 5, 8), mg.zeros(2, 5, dtype=mg.int64)), 6)
    8.0
    """
    nats, count = _nats("perplexity", preds, target, ignore_index)
    return float(np.exp(nats / count)) if count else math.nan


def bits_per_character(preds: Any, target: Any, *, ignore_index: int | None = None, characters: int | None = None) -> float:
    """The negative log-likelihood of the true tokens in bits, divided by the number of characters. NaN of nothing.

    Shapes:  as perplexity. characters: how many the tokens stand for; by default one each.
    From a mean cross-entropy loss by character, it is loss / math.log(2).
    >>> round(bits_per_character(mg.zeros(5, 8), mg.zeros(5, dtype=mg.int64)), 6)
    3.0
    """
    nats, count = _nats("bits_per_character", preds, target, ignore_index)
    count = count if characters is None else characters
    return float(nats / count / math.log(2)) if count else math.nan


def _probabilities(metric: str, preds: Any, target: Any) -> tuple[np.ndarray, np.ndarray]:
    """(M,) and 0 or 1, or (M, C) and classes."""
    p, t = real(metric, "preds", preds), integers(metric, "target", target)
    if p.size and (p.min() < 0 or p.max() > 1):
        wrong = p[(p < 0) | (p > 1)][0]
        raise ValueError(f"{metric}: preds must be probabilities from 0 to 1, got {wrong:g}; put logits through sigmoid or softmax")
    if p.ndim == t.ndim + 1:
        return scores_by_class(metric, p, t)
    alike(metric, p, t)
    return p.reshape(-1), zeros_and_ones(metric, "target", t).reshape(-1)


def _bins(metric: str, preds: Any, target: Any, n_bins: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if n_bins < 1:
        raise ValueError(f"{metric}: n_bins must be at least 1, got {n_bins}")
    p, t = _probabilities(metric, preds, target)
    if p.ndim == 2:
        p, t = p.max(1, initial=0), p.argmax(1) == t if p.size else t
    bins = np.clip(np.ceil(p * n_bins).astype(np.int64) - 1, 0, n_bins - 1)
    count = np.bincount(bins, minlength=n_bins)
    with np.errstate(invalid="ignore"):
        return np.bincount(bins, p, n_bins) / count, np.bincount(bins, t, n_bins) / count, count


def _nats(metric: str, preds: Any, target: Any, ignore_index: int | None) -> tuple[float, int]:
    """The sum of the negative log-likelihoods, and of how many."""
    logits, t = real(metric, "preds", preds), integers(metric, "target", target)
    if logits.shape[:-1] != t.shape or logits.ndim < 1 or not logits.shape[-1]:
        raise ShapeError(f"{metric}: expected preds (..., C) and target (...), got {logits.shape} and {t.shape}")
    z, t = scores_by_class(metric, logits.reshape(-1, logits.shape[-1]), t.reshape(-1), ignore_index)
    if not len(t):
        return 0.0, 0
    z = z - z.max(1, keepdims=True)
    return float((np.log(np.exp(z).sum(1)) - z[np.arange(len(t)), t]).sum()), len(t)
