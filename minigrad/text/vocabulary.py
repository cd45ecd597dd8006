"""Text as numbers: a vocabulary of characters, words or any other strings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import minigrad as mg
from minigrad._core import Tensor
from minigrad.errors import ShapeError


class Vocabulary:
    """Numbers for tokens: the specials first, then the tokens, in the order given.

    Args:    tokens: strings, each once. specials: strings such as "<pad>", which stand for no text. unknown: the special that stands for any
             token that is not here; without it, such a token is an error.
    `encode` takes a string as its characters, any other sequence as tokens: "some words".split() for a vocabulary of words. len(v), token in v,
    v[token], v.tokens. state_dict and load_state_dict carry all of it.
    Raises:  ValueError for a token twice; KeyError, naming it, for a token that is not here; IndexError for a number that is none.

    >>> v = mg.text.Vocabulary.build(["hello", "hold"], specials=["<pad>", "<unk>"], unknown="<unk>")
    >>> v.tokens
    ['<pad>', '<unk>', 'l', 'h', 'o', 'd', 'e']
    >>> v.encode("help")
    tensor([3, 6, 2, 1])
    >>> v.decode(v.encode("hello"))
    'hello'
    """

    def __init__(self, tokens: Iterable[str], specials: Sequence[str] = (), unknown: str | None = None) -> None:
        self.specials, self.unknown = list(specials), unknown
        self.tokens = [*self.specials, *tokens]
        self.numbers = {token: i for i, token in enumerate(self.tokens)}
        if len(self.numbers) != len(self.tokens):
            twice = next(token for token, count in Counter(self.tokens).items() if count > 1)
            raise ValueError(f"Vocabulary: every token must be there once, got {twice!r} twice")
        if unknown is not None and unknown not in self.specials:
            raise ValueError(f"Vocabulary: unknown must be one of the specials {self.specials}, got {unknown!r}")

    @classmethod
    def build(
        cls,
        texts: Iterable[Iterable[str]],
        specials: Sequence[str] = (),
        unknown: str | None = None,
        min_count: int = 1,
        max_size: int | None = None,
    ) -> Vocabulary:
        """The tokens of texts (strings, as their characters, or lists of tokens), the most frequent first, equal ones by alphabet.

        min_count: those that are rarer are left out. max_size: how many there are at most, with the specials.
        """
        counts = Counter(token for text in texts for token in text)
        for special in specials:
            del counts[special]
        tokens = [t for t in sorted(counts, key=lambda t: (-counts[t], t)) if counts[t] >= min_count]
        return cls(tokens if max_size is None else tokens[: max(max_size - len(specials), 0)], specials, unknown)

    def encode(self, text: Iterable[str]) -> Tensor:
        """The numbers of the tokens, int64 (length,)."""
        other = None if self.unknown is None else self.numbers[self.unknown]
        try:
            found = [self.numbers[t] if other is None else self.numbers.get(t, other) for t in text]
        except KeyError as error:
            raise KeyError(f"Vocabulary.encode: no token {error.args[0]!r} here, and no unknown to stand for it") from None
        return mg.tensor(found, dtype=mg.int64)

    def decode(self, numbers: Any, sep: str = "", specials: bool = False) -> str:
        """The tokens of numbers (a Tensor, array or list, one-dimensional), with `sep` between; specials only if asked for."""
        if isinstance(numbers, Tensor):
            if numbers.ndim != 1:
                raise ShapeError(f"Vocabulary.decode: expected numbers (length,), got shape {numbers.shape}")
            numbers = numbers.tolist()
        skipped = 0 if specials else len(self.specials)
        for i in numbers:
            if not 0 <= i < len(self.tokens):
                raise IndexError(f"Vocabulary.decode: numbers must be 0 to {len(self.tokens) - 1}, got {i}")
        return sep.join(self.tokens[i] for i in numbers if i >= skipped)

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: object) -> bool:
        return token in self.numbers

    def __getitem__(self, token: str) -> int:
        if token not in self.numbers:
            raise KeyError(f"Vocabulary: no token {token!r} here")
        return self.numbers[token]

    def state_dict(self) -> dict[str, Any]:
        return {"tokens": self.tokens[len(self.specials) :], "specials": self.specials, "unknown": self.unknown}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        if set(state_dict) != {"tokens", "specials", "unknown"}:
            raise KeyError(f"Vocabulary.load_state_dict: expected tokens, specials and unknown, got {sorted(state_dict)}")
        self.__init__(**state_dict)  # type: ignore[misc]

    def __repr__(self) -> str:
        return f"Vocabulary({len(self.tokens)} tokens, specials={self.specials})"
