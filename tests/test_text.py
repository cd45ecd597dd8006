"""Vocabularies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad.text import Vocabulary


@given(st.text("ab ß€\n", max_size=12))
def test_decoding_takes_encoding_back(text):
    v = Vocabulary.build([text], specials=["<pad>"])
    assert v.decode(v.encode(text)) == text and len(v) == len(set(text)) + 1


def test_words(tmp_path):
    v = Vocabulary.build(["a rose is a rose".split(), ["is"]], ["<pad>", "<s>", "</s>", "<unk>"], "<unk>", max_size=6)
    assert v.tokens[4:] == ["a", "is"] and v["is"] == 5 and "rose" not in v
    ids = v.encode(["<s>", "a", "rose", "</s>"])
    assert ids.dtype is mg.int64 and ids.tolist() == [1, 4, 3, 2]
    assert v.decode(ids, sep=" ") == "a" and v.decode(ids, sep=" ", specials=True) == "<s> a <unk> </s>"
    assert Vocabulary.build(["aab"], min_count=2).tokens == ["a"] and v.encode([]).shape == (0,)
    mg.save(v.state_dict(), tmp_path / "v.pt")
    other = Vocabulary([])
    other.load_state_dict(mg.load(tmp_path / "v.pt"))
    assert other.tokens == v.tokens and other.encode(["?"]).tolist() == [3] and repr(other) == repr(v)


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: Vocabulary("aa"), ValueError, "Vocabulary: every token must be there once, got 'a' twice"),
        (lambda: Vocabulary("a", unknown="?"), ValueError, r"Vocabulary: unknown must be one of the specials \[\], got '\?'"),
        (lambda: Vocabulary("a").encode("b"), KeyError, "Vocabulary.encode: no token 'b' here"),
        (lambda: Vocabulary("a")["b"], KeyError, "no token 'b' here"),
        (lambda: Vocabulary("a").decode([1]), IndexError, "Vocabulary.decode: numbers must be 0 to 0, got 1"),
        (lambda: Vocabulary("a").decode(mg.zeros(1, 1)), ValueError, r"Vocabulary.decode: expected numbers \(length,\), got shape \(1, 1\)"),
        (lambda: Vocabulary("a").load_state_dict({}), KeyError, "Vocabulary.load_state_dict: expected"),
    ],
)  # fmt: skip
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
