"""Distances of predicted numbers from true ones, over all elements."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigrad.errors import ShapeError

from ._inputs import alike, real


def mean_squared_error(preds: Any, target: Any) -> float:
    """The mean of (preds - target)^2 over all elements; NaN of nothing.

    Shapes:  preds and target (...), the same. Raises ShapeError, DTypeError, ValueError (NaN), as all of this module.
    >>> mean_squared_error(mg.tensor([1.0, 2.0]), mg.tensor([1.0, 4.0]))
    2.0
    """
    p, t = _pair("mean_squared_error", preds, target)
    return float(((p - t) ** 2).mean()) if p.size else math.nan


def root_mean_squared_error(preds: Any, target: Any) -> float:
    """The square root of mean_squared_error, in the unit of the target.

    >>> root_mean_squared_error([1.0, 2.0], [1.0, 4.0])
    1.4142135623730951
    """
    return math.sqrt(mean_squared_error(*_pair("root_mean_squared_error", preds, target)))


def mean_absolute_error(preds: Any, target: Any) -> float:
    """The mean of |preds - target| over all elements; NaN of nothing.

    >>> mean_absolute_error([1.0, 2.0], [1.0, 4.0])
    1.0
    """
    p, t = _pair("mean_absolute_error", preds, target)
    return float(np.abs(p - t).mean()) if p.size else math.nan


def r2_score(preds: Any, target: Any) -> float:
    """The share of the target's variance that is explained: 1 - sum (preds - target)^2 / sum (target - mean)^2. It can be negative.

    Shapes:  preds and target (N,), or (N, K): the mean over the columns. Of a target that does not vary it is 1 where preds are exact, else 0,
             as in scikit-learn. NaN of fewer than two samples.
    >>> r2_score([2.5, 0.0, 2.0, 8.0], [3.0, -0.5, 2.0, 7.0])
    0.9486081370449679
    """
    p, t = _pair("r2_score", preds, target)
    if p.ndim not in (1, 2):
        raise ShapeError(f"r2_score: expected preds and target (N,) or (N, K), got {p.shape}")
    if len(p) < 2:
        return math.nan
    p, t = p.reshape(len(p), -1), t.reshape(len(t), -1)
    left, all_of_it = ((t - p) ** 2).sum(0), ((t - t.mean(0)) ** 2).sum(0)
    share = np.divide(left, all_of_it, out=(left > 0).astype(np.float64), where=all_of_it > 0)
    return float((1 - share).mean())


def _pair(metric: str, preds: Any, target: Any) -> tuple[np.ndarray, np.ndarray]:
    p, t = real(metric, "preds", preds), real(metric, "target", target)
    alike(metric, p, t)
    return p, t
