"""Beam search: the text that a model finds likely as a whole, not token by token."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import minigrad as mg
from minigrad._core import Tensor


@mg.no_grad()
def beam_search(
    scores: Callable[[Tensor, Tensor], Tensor], count: int, start: int, end: int, width: int = 4, longest: int = 100, penalty: float = 0.6
) -> list[list[int]]:
    """For each of `count` sources the tokens of a text that is likely, without start and end.

    At every step the `width` best beginnings of each source are kept. Those that have come to their end are compared by the logarithm of
    their probability divided by ((5 + length) / 6) ** penalty, or short texts would win.

    Args:   scores: of beginnings (n, t) int64, which have `start` in front, and the sources (n,) they belong to, the logarithms of the
            probabilities (n, tokens) of what comes next. width: 1 is greedy search. longest: a text of so many tokens is cut off.
    Source: Wu et al., "Google's neural machine translation system", arXiv:1609.08144 (the penalty).

    >>> import minigrad as mg
    >>> table = mg.tensor([[0.0, 0.0, 0.5, 0.5], [0.0, 0.0, 0.0, 0.0], [0.0, 0.4, 0.3, 0.3], [0.0, 0.9, 0.1, 0.0]]).log()
    >>> [beam_search(lambda texts, sources: table[texts[:, -1]], 1, start=0, end=1, width=width) for width in (1, 2)]
    [[[2]], [[3]]]
    """
    if count < 0 or width < 1 or longest < 1:
        raise ValueError(f"beam_search: count must not be negative, width and longest at least 1, got {count}, {width}, {longest}")
    best: list[tuple[float, list[int]]] = [(-np.inf, [])] * count
    texts = np.full((count, 1), start, np.int64)
    sources, sums = np.arange(count), np.zeros(count)
    for length in range(1, longest + 1):
        if not len(texts):
            break
        likely = scores(mg.tensor(texts), mg.tensor(sources)).numpy().astype(np.float64) + sums[:, None]
        kept: list[tuple[int, int, float]] = []  # beginning, token, sum
        scale = ((5 + length) / 6) ** penalty
        for source in np.unique(sources):
            rows = np.flatnonzero(sources == source)
            flat = likely[rows].ravel()
            order = largest(flat, 2 * width)  # twice, as half of them at most come to their end
            beams = 0
            for place, (row, token) in zip(order, zip(*np.unravel_index(order, (len(rows), likely.shape[1])))):
                if beams == width or flat[place] == -np.inf:
                    break
                done = token == end
                if done or length == longest:
                    text = [*texts[rows[row], 1:].tolist(), *([] if done else [int(token)])]
                    best[source] = max(best[source], (flat[place] / scale, text), key=lambda pair: pair[0])
                if not done:
                    kept.append((int(rows[row]), int(token), float(flat[place])))
                    beams += 1
        # What cannot become better than the best that is at its end is given up: sums only fall, and the divisor has a largest value.
        most = ((5 + longest) / 6) ** max(penalty, 0)
        kept = [k for k in kept if k[2] / most > best[sources[k[0]]][0]]
        at = np.array([k[0] for k in kept], np.int64)
        texts = np.concatenate([texts[at], np.array([[k[1]] for k in kept], np.int64).reshape(-1, 1)], 1)
        sources, sums = sources[at], np.array([k[2] for k in kept])
    return [text for _, text in best]


def largest(values: np.ndarray, count: int) -> np.ndarray:
    """The places of the largest values, the largest first, of equal ones the first: all are not to be sorted.

    >>> largest(np.array([1.0, 3.0, 2.0, 3.0]), 3)
    array([1, 3, 2])
    """
    places = np.arange(len(values)) if len(values) <= count else np.flatnonzero(values >= np.partition(values, -count)[-count])
    return places[np.argsort(-values[places], kind="stable")][:count]
