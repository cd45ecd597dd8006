"""t-SNE: points of many dimensions on a map, neighbours beside each other. The exact algorithm, for up to a few thousand points."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.explain.pca import PCA, matrix

EXAGGERATION = 12.0  # of the attraction in the first quarter of the steps: clusters move through each other while they are tight
MOMENTUM = 0.5, 0.8  # during that, and after it
BLOCK = 128  # rows at a time: their distances stay in the cache
DIMENSIONS = 50  # of the data: more are reduced by PCA first, as van der Maaten and Hinton did


def tsne(data: Any, dimensions: int = 2, *, perplexity: float = 30.0, steps: int = 750, seed: int = 0) -> np.ndarray:
    """A map of the data: points that are neighbours there are neighbours here. Distances between far clusters mean little.

    Each point's neighbourhood is a Gaussian with `perplexity` effective neighbours, found by bisection; the map's is Student's t; the
    Kullback-Leibler divergence between them is brought down by gradient descent with momentum, early exaggeration and gains.
    Shapes:  data (N, ...) -> float32 (N, dimensions). N * N distances: a thousand points take seconds, more than 5,000 are refused.
    Args:    perplexity: below (N - 1) / 3, else it is lowered to that. The result depends on data, settings and `seed` alone.
    Source:  van der Maaten, Hinton, Visualizing data using t-SNE, 2008; learning rate by Belkina et al., 2019.
    >>> rng = np.random.default_rng(0)
    >>> data = np.concatenate([rng.normal(0, 1, (20, 5)), rng.normal(20, 1, (20, 5))])
    >>> map = mg.explain.tsne(data, steps=300)
    >>> map.shape, bool(np.linalg.norm(map[:20].mean(0) - map[20:].mean(0)) > 3 * map[:20].std())
    ((40, 2), True)
    """
    rows = matrix("tsne", data)
    n = len(rows)
    if not 4 <= n <= 5000:
        raise ValueError(f"tsne: {n:,} points, expected 4 to 5,000: draw some of them")
    if perplexity <= 0 or steps < 1:
        raise ValueError(f"tsne: perplexity {perplexity} and {steps} steps, expected positive numbers")
    if rows.shape[1] > DIMENSIONS:
        rows = PCA(rows, min(DIMENSIONS, n)).transform(rows)
    p = affinities(rows.astype(np.float64), min(perplexity, (n - 1) / 3)).astype(np.float32)
    y = np.random.default_rng(seed).normal(0, 1e-4, (n, dimensions)).astype(np.float32)
    velocity, gains = np.zeros_like(y), np.ones_like(y)
    early = min(250, steps // 3)
    for step in range(steps):
        exaggeration = EXAGGERATION if step < early else 1.0
        g = gradient(p, y, exaggeration)
        # A coordinate that keeps its direction goes faster (Jacobs' delta-bar-delta).
        gains = np.maximum(np.where(np.sign(g) == np.sign(velocity), gains * 0.8, gains + 0.2), 0.01, dtype=np.float32)
        velocity = MOMENTUM[step >= early] * velocity - max(n / EXAGGERATION / 4, 50.0) * gains * g
        y += velocity
        y -= y.mean(0)
    return y


def affinities(rows: np.ndarray, perplexity: float) -> np.ndarray:
    """Joint probabilities (N, N): symmetric, diagonal 0, sum 1. Each row's conditional distribution has this perplexity."""
    n = len(rows)
    squares = (rows * rows).sum(1)
    distances = np.maximum(squares[:, None] + squares - 2 * rows @ rows.T, 0)
    np.fill_diagonal(distances, np.inf)
    distances -= distances.min(1, keepdims=True)  # changes no probability, and the nearest neighbour's never underflows
    np.fill_diagonal(distances, 0)
    others = 1 - np.eye(n)
    low, high = np.zeros((n, 1)), np.full((n, 1), np.inf)
    mean = distances.sum(1, keepdims=True) / (n - 1)
    beta = 1 / np.where(mean > 0, mean, 1)  # precision of each Gaussian, to be found; points that are all the same have any
    for _ in range(64):
        p = np.exp(-distances * beta) * others
        total = p.sum(1, keepdims=True)
        entropy = np.log(total) + beta * (distances * p).sum(1, keepdims=True) / total
        wide = entropy > np.log(perplexity)
        low, high = np.where(wide, beta, low), np.where(wide, high, beta)
        beta = np.where(np.isinf(high), beta * 2, (low + high) / 2)
        if np.abs(entropy - np.log(perplexity)).max() < 1e-5:
            break
    p /= total
    return (p + p.T) / (2 * n)


def gradient(p: np.ndarray, y: np.ndarray, exaggeration: float) -> np.ndarray:
    """d KL(exaggeration * p, q) / d y: attraction by p, repulsion by q, both weighted by Student's kernel."""
    squares = (y * y).sum(1)
    attraction, repulsion, total = np.empty_like(y), np.empty_like(y), 0.0
    for start in range(0, len(y), BLOCK):
        block = slice(start, start + BLOCK)
        kernel = y[block] @ (-2 * y.T)
        kernel += squares
        kernel += squares[block, None] + 1
        np.reciprocal(np.maximum(kernel, 1, out=kernel), out=kernel)
        total += float(kernel.sum()) - len(kernel)  # without the diagonal, which is 1
        weights = p[block] * kernel
        attraction[block] = weights.sum(1)[:, None] * y[block] - weights @ y
        np.multiply(kernel, kernel, out=kernel)
        repulsion[block] = kernel.sum(1)[:, None] * y[block] - kernel @ y
    return 4 * (exaggeration * attraction - repulsion / max(total, 1e-12))
