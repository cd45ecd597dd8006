"""Distances and likenesses of texts: edits, and n-grams in common. A corpus is a list of strings; shares are from 0 to 1."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from minigrad._core import Tensor
from minigrad.errors import ShapeError

References = Sequence["str | Sequence[str]"]


def edit_distance(preds: Any, target: Any) -> int:
    """How many insertions, deletions and substitutions make `preds` of `target` (Levenshtein).

    preds, target: strings, lists of anything that can be compared and hashed, or one-dimensional Tensors or arrays of integers.
    Source:  Myers, "A fast bit-vector algorithm for approximate string matching", 1999, in the form of Hyyrö, "Explaining and extending the
             bit-parallel approximate string matching algorithm of Myers", 2001.
    >>> edit_distance("kitten", "sitting")
    3
    >>> edit_distance(mg.tensor([3, 1, 4]), mg.tensor([3, 4]))
    1
    """
    a, b = _sequence("preds", preds), _sequence("target", target)
    if len(a) < len(b):  # one step for each element of b, and a word of as many bits as a has elements
        a, b = b, a
    if not b:
        return len(a)
    # A column of the table of distances, as bits: where it goes up by one from element to element of a, and where down.
    places: dict[Any, int] = {}
    for i, item in enumerate(a):
        places[item] = places.get(item, 0) | 1 << i
    every, last = (1 << len(a)) - 1, 1 << len(a) - 1
    up, down, distance = every, 0, len(a)
    for item in b:
        same = places.get(item, 0)
        diagonal = (((same & up) + up) ^ up) | same | down
        right_up, right_down = down | (every & ~(diagonal | up)), up & diagonal
        distance += bool(right_up & last) - bool(right_down & last)
        right_up = right_up << 1 | 1
        up = (right_down << 1 | ~(diagonal | right_up)) & every
        down = right_up & diagonal & every
    return distance


def char_error_rate(preds: str | Sequence[str], target: str | Sequence[str]) -> float:
    """Edits of characters in all pairs together, divided by the number of characters in target. It can exceed 1.

    preds, target: a string each, or as many strings. Of empty targets: 0 if preds are empty too, else infinity.
    >>> char_error_rate(["cat", "dog"], ["cut", "dog"])
    0.16666666666666666
    """
    return _error_rate("char_error_rate", preds, target, list)


def word_error_rate(preds: str | Sequence[str], target: str | Sequence[str]) -> float:
    """Edits of words in all pairs together, divided by the number of words in target. Words are what white space separates.

    preds, target: as char_error_rate.
    >>> word_error_rate("the cat sat", "the cat sat down")
    0.25
    """
    return _error_rate("word_error_rate", preds, target, str.split)


def bleu_score(preds: str | Sequence[str], target: str | References, *, n_gram: int = 4, smooth: bool = False) -> float:
    """BLEU of a corpus: the geometric mean of the clipped precisions of 1 to `n_gram` words, times a penalty for being short.

    preds: strings; target: as many, each a string or a list of strings that are all right. Words are what white space separates: split
    punctuation off before, to compare with others' figures. smooth: add one to both counts of the orders above 1 (Lin & Och 2004),
    for single sentences; without it, no match of some order is a score of 0. The length compared with is that of the nearest reference,
    of equally near ones the shorter.
    Source:  Papineni et al., "BLEU: a method for automatic evaluation of machine translation", 2002.
    >>> round(bleu_score(["the cat is on the mat"], [["there is a cat on the mat", "a cat is on the mat"]]), 4)
    0.7598
    """
    _check_order("bleu_score", "n_gram", n_gram, 1)
    right, said = np.zeros(n_gram), np.zeros(n_gram)
    length = wanted = 0
    for text, references in _corpus("bleu_score", preds, target):
        words, others = text.split(), [r.split() for r in references]
        length += len(words)
        wanted += min((abs(len(r) - len(words)), len(r)) for r in others)[1]
        for n in range(1, n_gram + 1):
            found = _grams(words, n)
            most: Counter[Any] = Counter()
            for r in others:
                most |= _grams(r, n)
            right[n - 1] += (found & most).total()
            said[n - 1] += found.total()
    if smooth:
        right[1:], said[1:] = right[1:] + 1, said[1:] + 1
    if not (right > 0).all():
        return 0.0
    return float(np.exp(np.log(right / said).mean() + min(0.0, 1 - wanted / length)))


def chrf_score(
    preds: str | Sequence[str], target: str | References, *, n_char_order: int = 6, n_word_order: int = 0, beta: float = 2.0
) -> float:
    """chrF of a corpus: the F score of character n-grams, recall counting `beta` times as much as precision; by default chrF2.

    preds, target: as bleu_score; of several references that with the best score counts. White space is no character. Precision and recall are
    the means over the orders 1 to `n_char_order` of characters, and 1 to `n_word_order` of words (2 of them: chrF++), as far as both texts are
    long enough. 0 of nothing. torchmetrics gives n_word_order=2 by default; sacrebleu the score times 100.
    Source:  Popović, "chrF: character n-gram F-score for automatic MT evaluation", 2015; "chrF++", 2017. Corpus counts as sacrebleu's.
    >>> round(chrf_score(["the cat"], ["the hat"]), 4)
    0.2806
    """
    _check_order("chrf_score", "n_char_order", n_char_order, 1)
    _check_order("chrf_score", "n_word_order", n_word_order, 0)
    total = np.zeros((3, n_char_order + n_word_order))
    for text, references in _corpus("chrf_score", preds, target):
        found = _all_grams(text, n_char_order, n_word_order)
        each = [_matches(found, _all_grams(r, n_char_order, n_word_order)) for r in references]
        total += max(each, key=lambda counts: _f_score(counts, beta))
    return _f_score(total, beta)


# ---- n-grams ----


def _grams(items: Sequence[Any], n: int) -> Counter[Any]:
    return Counter(tuple(items[i : i + n]) for i in range(len(items) - n + 1))


def _all_grams(text: str, char_order: int, word_order: int) -> list[Counter[Any]]:
    words = text.split()
    characters = "".join(words)
    if word_order:
        words = [part for word in words for part in _without_punctuation(word)]
    chars = [Counter(characters[i : i + n] for i in range(len(characters) - n + 1)) for n in range(1, char_order + 1)]
    return [*chars, *(_grams(words, n) for n in range(1, word_order + 1))]


def _without_punctuation(word: str) -> tuple[str, ...]:
    """chrF++ takes one mark at the end of a word, or else at its beginning, for a word of its own."""
    marks = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
    if len(word) > 1 and word[-1] in marks:
        return word[:-1], word[-1]
    if len(word) > 1 and word[0] in marks:
        return word[0], word[1:]
    return (word,)


def _matches(found: list[Counter[Any]], wanted: list[Counter[Any]]) -> np.ndarray:
    """(3, orders): n-grams said, in the reference, and in both; those said do not count where the reference has none so long."""
    return np.array([[f.total() if w else 0, w.total(), (f & w).total()] for f, w in zip(found, wanted)]).T


def _f_score(counts: np.ndarray, beta: float) -> float:
    said, true, both = counts[:, (counts[0] > 0) & (counts[1] > 0)]
    if not both.any():
        return 0.0
    p, r = (both / said).mean(), (both / true).mean()
    return float((1 + beta**2) * p * r / (beta**2 * p + r))


# ---- arguments ----


def _sequence(argument: str, x: Any) -> Sequence[Any]:
    if isinstance(x, Tensor | np.ndarray):
        if x.ndim != 1:
            raise ShapeError(f"edit_distance: {argument} must have one dimension, got shape {tuple(x.shape)}")
        return x.tolist()
    if not isinstance(x, Iterable):
        raise TypeError(f"edit_distance: {argument} must be a sequence, got {type(x).__name__}")
    return x if isinstance(x, str) else list(x)


def _error_rate(metric: str, preds: Any, target: Any, split: Callable[[str], list[str]]) -> float:
    pairs = _corpus(metric, preds, target)
    if any(len(references) != 1 for _, references in pairs):
        raise ValueError(f"{metric}: expected one reference for each string of preds")
    edits = sum(edit_distance(split(p), split(t)) for p, (t,) in pairs)
    length = sum(len(split(t)) for _, (t,) in pairs)
    return edits / length if length else math.inf if edits else 0.0


def _corpus(metric: str, preds: Any, target: Any) -> list[tuple[str, list[str]]]:
    """Pairs of a string and its references."""
    preds, target = ([x] if isinstance(x, str) else list(x) for x in (preds, target))
    if len(preds) != len(target):
        raise ValueError(f"{metric}: preds and target must be as many, got {len(preds)} and {len(target)}")
    pairs = [(p, [t] if isinstance(t, str) else list(t)) for p, t in zip(preds, target)]
    for p, references in pairs:
        if not references or not all(isinstance(s, str) for s in (p, *references)):
            raise TypeError(f"{metric}: expected strings, and at least one in target for each of preds, got {p!r} and {references!r}")
    return pairs


def _check_order(metric: str, argument: str, n: int, least: int) -> None:
    if n < least:
        raise ValueError(f"{metric}: {argument} must be at least {least}, got {n}")
