"""Fixed splits for sets that come without one. They are the same on every machine and for every release of NumPy."""

from __future__ import annotations

import numpy as np


def holdout(count: int, share: float = 0.2, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Rows to train on and rows to test on: a permutation of `count` rows, the last `share` of which is held out. Both are sorted.

    >>> from minigrad.datasets import holdout
    >>> train, test = holdout(10)
    >>> train.tolist(), test.tolist()
    ([1, 2, 3, 4, 6, 7, 8, 9], [0, 5])
    """
    order = permutation(count, seed)
    cut = count - round(share * count)
    return np.sort(order[:cut]), np.sort(order[cut:])


def folds(labels: np.ndarray, k: int = 5, seed: int = 0) -> list[tuple[np.ndarray, np.ndarray]]:
    """k times rows to train on and rows to test on. Each row is tested on once; every class is spread evenly over the folds.

    >>> from minigrad.datasets import folds
    >>> [test.tolist() for train, test in folds(np.array([0, 0, 0, 0, 1, 1]), k=2)]
    [[2, 3, 5], [0, 1, 4]]
    """
    labels = np.asarray(labels)
    order = permutation(len(labels), seed)
    order = order[np.argsort(labels[order], kind="stable")]  # class by class, at random within one
    fold = np.empty(len(labels), np.int64)
    fold[order] = np.arange(len(labels)) % k
    return [(np.flatnonzero(fold != i), np.flatnonzero(fold == i)) for i in range(k)]


def part(train: bool | None, count: int) -> np.ndarray:
    """The rows that a loader's argument `train` asks for: those of `holdout`, or all if it is None."""
    return np.arange(count) if train is None else holdout(count)[0 if train else 1]


def permutation(count: int, seed: int) -> np.ndarray:
    # RandomState, not Generator: NumPy promises that its stream never changes.
    return np.random.RandomState(seed).permutation(count)
