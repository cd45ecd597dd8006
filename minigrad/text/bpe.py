"""Words in pieces: frequent ones whole, rare ones letter by letter."""

from __future__ import annotations

import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Iterable

WORD = re.compile(r" ?\w+| ?[^\w\s]+|\s+")
Pair = tuple[str, str]


class BytePairs:
    """Cuts text into pieces that occur often: letters at first, of which the most frequent pair is joined again and again.

    A piece keeps the space before it, so that joining pieces gives the text back, to the letter; no piece goes over the end of a word.

    Args:   merges: the pairs that are joined, the first first: what `learn` returns has them in `merges`.
    Source: Sennrich, Haddow & Birch, "Neural machine translation of rare words with subword units" (2016).

    >>> pieces = BytePairs.learn(["low lower lowest", "new newer newest"], 8)
    >>> pieces.split("the newest")
    ['t', 'h', 'e', ' newe', 'st']
    """

    def __init__(self, merges: Iterable[Pair]) -> None:
        self.merges = list(merges)
        self._rank = {pair: i for i, pair in enumerate(self.merges)}
        self._known: dict[str, list[str]] = {}

    @classmethod
    def learn(cls, texts: Iterable[str], count: int) -> BytePairs:
        """At most `count` merges, the most frequent pair first, of equal ones the first by alphabet; a pair that comes once is not joined."""
        words = [(list(word), times) for word, times in Counter(w for text in texts for w in WORD.findall(text)).items()]
        counts: Counter[Pair] = Counter()
        places: defaultdict[Pair, set[int]] = defaultdict(set)  # the words that have, or once had, the pair
        for i, (parts, times) in enumerate(words):
            for pair in zip(parts, parts[1:]):
                counts[pair] += times
                places[pair].add(i)
        # A count that has changed since is not taken off the heap, but passed over when it comes to the top.
        heap = [(-number, pair) for pair, number in counts.items()]
        heapq.heapify(heap)
        merges: list[Pair] = []
        while len(merges) < count and heap:
            number, best = heapq.heappop(heap)
            if -number != counts[best]:
                continue
            if -number < 2:
                break
            merges.append(best)
            changed: set[Pair] = set()
            for i in places.pop(best):
                parts, times = words[i]
                joined = join(parts, best)
                if len(joined) == len(parts):
                    continue
                before, after = list(zip(parts, parts[1:])), list(zip(joined, joined[1:]))
                changed.update(before, after)
                for pair in before:
                    counts[pair] -= times
                for pair in after:
                    counts[pair] += times
                    places[pair].add(i)
                words[i] = joined, times
            for pair in changed:
                heapq.heappush(heap, (-counts[pair], pair))
        return cls(merges)

    def split(self, text: str) -> list[str]:
        """The pieces of a text; "".join gives it back."""
        return [piece for word in WORD.findall(text) for piece in self._pieces(word)]

    def _pieces(self, word: str) -> list[str]:
        if word not in self._known:
            parts = list(word)
            while len(parts) > 1:
                best = min(zip(parts, parts[1:]), key=lambda pair: self._rank.get(pair, len(self._rank)))
                if best not in self._rank:
                    break
                parts = join(parts, best)
            self._known[word] = parts
        return self._known[word]


def join(parts: list[str], pair: Pair) -> list[str]:
    """The parts, with each such pair in one.

    >>> join(["a", "b", "a", "b"], ("a", "b"))
    ['ab', 'ab']
    """
    joined: list[str] = []
    for part in parts:
        if joined and (joined[-1], part) == pair and len(joined[-1]) == len(pair[0]):
            joined[-1] += part
        else:
            joined.append(part)
    return joined
