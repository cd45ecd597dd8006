"""How well vectors keep classes apart, without training anything on them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigrad.errors import ShapeError

from ._inputs import integers, real

BLOCK = 4_000_000  # distances held at a time


def silhouette_score(x: Any, labels: Any) -> float:
    """The mean of (b - a) / max(a, b): a is a sample's mean Euclidean distance to its own class, b that to the nearest other class.

    Shapes:  x (N, D), labels (N,) integers. From -1 to 1; 0 for classes of one sample. NaN where there are fewer than two classes.
    Source:  Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of cluster analysis", 1987.
    >>> round(silhouette_score([[0.0], [1.0], [10.0], [11.0]], [0, 0, 1, 1]), 4)
    0.8997
    """
    points, given = _vectors("silhouette_score", "x", x, "labels", labels)
    _, group, sizes = np.unique(given, return_inverse=True, return_counts=True)
    if len(sizes) < 2:
        return math.nan
    points = points - points.mean(0)  # distances are differences of squares: small numbers lose less
    member = np.eye(len(sizes))[group]
    total = 0.0
    for rows in _blocks(len(points), len(points)):
        sums = np.sqrt(_squared(points[rows], points)) @ member
        own = np.arange(len(sums)), group[rows]
        alone = sizes[own[1]] == 1
        a = sums[own] / np.maximum(sizes[own[1]] - 1, 1)
        means = sums / sizes
        means[own] = np.inf
        b = means.min(1)
        most = np.maximum(a, b)
        total += float(np.where(alone | (most == 0), 0, (b - a) / np.where(most == 0, 1, most)).sum())
    return total / len(points)


def knn_accuracy(train_x: Any, train_labels: Any, x: Any, labels: Any, *, k: int = 5, metric: str = "euclidean") -> float:
    """The share of `x` whose class most of the `k` nearest vectors of `train_x` have.

    Shapes:  train_x (M, D) and train_labels (M,), x (N, D) and labels (N,); k at most M. metric: "euclidean" or "cosine". Of equally frequent
             classes that of the nearest vector counts; of equally near vectors the first. NaN of nothing.
    >>> knn_accuracy([[0.0], [1.0], [9.0]], [0, 0, 1], [[0.4], [7.0]], [0, 1], k=1)
    1.0
    """
    known, known_labels = _vectors("knn_accuracy", "train_x", train_x, "train_labels", train_labels)
    points, true = _vectors("knn_accuracy", "x", x, "labels", labels)
    if known.shape[1] != points.shape[1]:
        raise ShapeError(f"knn_accuracy: train_x and x must have as many columns, got {known.shape} and {points.shape}")
    if not 1 <= k <= len(known):
        raise ValueError(f"knn_accuracy: k must be from 1 to {len(known)}, the rows of train_x, got {k}")
    if metric not in ("euclidean", "cosine"):
        raise ValueError(f'knn_accuracy: metric must be "euclidean" or "cosine", got {metric!r}')
    if not len(points):
        return math.nan
    if metric == "cosine":
        known, points = (v / np.maximum(np.linalg.norm(v, axis=1, keepdims=True), 1e-12) for v in (known, points))
    else:
        known, points = known - known.mean(0), points - known.mean(0)
    right = 0
    for rows in _blocks(len(points), len(known)):
        far = _squared(points[rows], known)
        near = known_labels[np.argsort(far, axis=1, kind="stable")[:, :k]]
        # votes[i, j]: how many of sample i's neighbours are of the class of its j-th; the nearest of those with most votes wins.
        votes = (near[:, :, None] == near[:, None, :]).sum(2)
        said = near[np.arange(len(near)), votes.argmax(1)]
        right += int((said == true[rows]).sum())
    return right / len(points)


def _squared(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.maximum((a * a).sum(1)[:, None] + (b * b).sum(1) - 2 * (a @ b.T), 0)


def _blocks(rows: int, columns: int) -> list[slice]:
    step = max(1, BLOCK // max(columns, 1))
    return [slice(i, i + step) for i in range(0, rows, step)]


def _vectors(metric: str, x_name: str, x: Any, labels_name: str, labels: Any) -> tuple[np.ndarray, np.ndarray]:
    points, given = real(metric, x_name, x), integers(metric, labels_name, labels)
    if points.ndim != 2 or given.shape != points.shape[:1]:
        raise ShapeError(f"{metric}: expected {x_name} (N, D) and {labels_name} (N,), got {points.shape} and {given.shape}")
    return points, given


def frechet_distance(x: Any, y: Any) -> float:
    """The squared Frechet distance of two normal distributions with the means and covariances of two samples of features: what the FID is
    on the features of an Inception network. 0 for samples alike; it shrinks with their size, so that only equal sizes compare.

    Shapes:  x (N, D), y (M, D), two rows or more each. NaN for fewer.
    Source:  Heusel et al., "GANs trained by a two time-scale update rule converge to a local Nash equilibrium", 2017.
    >>> round(frechet_distance([[0.0], [2.0]], [[3.0], [5.0]]), 4)
    9.0
    """
    a, b = (np.asarray(real("frechet_distance", name, v), np.float64) for name, v in (("x", x), ("y", y)))
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ShapeError(f"frechet_distance: expected x (N, D) and y (M, D), got {a.shape} and {b.shape}")
    if len(a) < 2 or len(b) < 2:
        return math.nan
    first, second = (np.atleast_2d(np.cov(v, rowvar=False)) for v in (a, b))
    values, vectors = np.linalg.eigh(first)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    # The trace of (first second)^(1/2): the eigenvalues are those of a symmetric matrix.
    shared = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ second @ root), 0)).sum()
    return float(((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(first) + np.trace(second) - 2 * shared)
