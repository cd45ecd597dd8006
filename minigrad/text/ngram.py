"""A language model that counts: what a network that reads must be better than."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from minigrad._core import Tensor


class NGram:
    """The probability of a token after the `order - 1` before it, from counts, smoothed by Witten and Bell's method.

    A history with few different followers is trusted, one with many gives part of its weight to the shorter history, and so on down to
    all tokens alike: p(x | h) = (count(hx) + kinds(h) p(x | shorter h)) / (count(h) + kinds(h)). Nothing is to be tuned.

    Args:   order: 1 counts single tokens, 3 is a trigram model. tokens: how many different ones there are; they are 0 to tokens - 1.
    Source: Witten & Bell, "The zero-frequency problem" (1991).

    >>> import numpy as np
    >>> model = NGram(2, 3).fit([np.array([0, 1, 0, 1, 0])])
    >>> model.probabilities([np.array([0, 1, 2])]).round(3)
    array([0.762, 0.794, 0.032])
    """

    def __init__(self, order: int, tokens: int) -> None:
        if order < 1 or tokens < 1 or (tokens + 1) ** order >= 2**63:
            raise ValueError(
                f"NGram: order and tokens must be at least 1 and (tokens + 1) ** order below 2 ** 63, got {order} and {tokens}"
            )
        self.order, self.tokens = order, tokens
        # For each length: n-grams and how often they came; histories, how often they came, and how many different tokens came after.
        self._tables: list[tuple[np.ndarray, ...]] = []

    def fit(self, texts: Iterable[Any]) -> NGram:
        """Count texts, arrays or Tensors of integers; none continues another."""
        self._tables = []
        for grams in self._grams(texts):
            found, counts = np.unique(grams, return_counts=True)
            histories, first, kinds = np.unique(found // (self.tokens + 1), return_index=True, return_counts=True)
            self._tables.append((found, counts, histories, np.add.reduceat(counts, first) if len(first) else counts, kinds))
        return self

    def probabilities(self, texts: Iterable[Any]) -> np.ndarray:
        """Of each token of the texts, one after the other, float64: -log2 of them, in the mean, is the bits per token."""
        if not self._tables:
            raise ValueError("NGram: nothing was counted yet; call fit")
        p: Any = 1 / self.tokens
        for grams, (found, counts, histories, totals, kinds) in zip(self._grams(texts), self._tables, strict=True):
            before = grams // (self.tokens + 1)
            total, kind = _look_up(histories, totals, before), _look_up(histories, kinds, before)
            p = (_look_up(found, counts, grams) + np.where(total, kind, 1) * p) / np.where(total, total + kind, 1)
        return p

    def after(self, histories: Any) -> np.ndarray:
        """The probabilities of all tokens to come next, float64 (N, tokens), to draw from.

        histories: integers (N, length), the tokens before, the last one last; -1 stands for what is before the text.
        """
        if not self._tables:
            raise ValueError("NGram: nothing was counted yet; call fit")
        past = np.asarray(histories.numpy() if isinstance(histories, Tensor) else histories, np.int64)
        if past.ndim != 2 or (past.size and not -1 <= past.min() <= past.max() < self.tokens):
            raise ValueError(f"NGram: histories must be (N, length), of integers from -1 to {self.tokens - 1}")
        base, before = self.tokens + 1, np.zeros(len(past), np.int64)
        p = np.full((len(past), self.tokens), 1 / self.tokens)
        for n, (found, counts, known, totals, kinds) in enumerate(self._tables):
            if 0 < n <= past.shape[1]:
                before = before + (past[:, -n] + 1) * base ** (n - 1)
            total, kind = (_look_up(known, values, before)[:, None] for values in (totals, kinds))
            grams = before[:, None] * base + np.arange(1, base)
            p = (_look_up(found, counts, grams) + np.where(total, kind, 1) * p) / np.where(total, total + kind, 1)
        return p

    def _grams(self, texts: Iterable[Any]) -> list[np.ndarray]:
        """The n-grams that end at each token, as numbers, for n = 1 to order. Token i is the digit i + 1; 0 is what stands before a text."""
        pad = np.zeros(self.order - 1, np.int64)
        parts = []
        for text in texts:
            numbers = np.asarray(text.numpy() if isinstance(text, Tensor) else text)
            if numbers.ndim != 1 or (
                numbers.size and (numbers.dtype.kind not in "iu" or numbers.min() < 0 or numbers.max() >= self.tokens)
            ):
                raise ValueError(f"NGram: texts must be one-dimensional, of integers from 0 to {self.tokens - 1}")
            parts += [pad, numbers.astype(np.int64) + 1]
        joined = np.concatenate([*parts, pad[:0]])
        here = np.flatnonzero(joined)
        grams = [joined[here]]
        for n in range(1, self.order):
            grams.append(joined[here - n] * (self.tokens + 1) ** n + grams[-1])
        return grams


def _look_up(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The values of `wanted` among sorted `keys`, 0 where there is none."""
    if not len(keys):
        return np.zeros(wanted.shape, np.int64)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], 0)
