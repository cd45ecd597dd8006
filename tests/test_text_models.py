"""Counting, pieces of words, beam search, and a small translator."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad.nn import functional as F
from minigrad.testing import assert_close
from minigrad.text import BytePairs, NGram, Translator, beam_search
from minigrad.text.decoding import Decoding

TEXTS = st.lists(st.lists(st.integers(0, 3), max_size=8), min_size=1, max_size=5)


def by_hand(texts, history, token, tokens):
    """Witten-Bell, as its formula says it; history padded with -1."""
    lower = by_hand(texts, history[1:], token, tokens) if history else 1 / tokens
    after = Counter(
        t[i] for t in ([-1] * len(history) + t for t in texts) for i in range(len(history), len(t)) if t[i - len(history) : i] == history
    )
    total = sum(after.values())
    return (after[token] + len(after) * lower) / (total + len(after)) if total else lower


@given(TEXTS, st.lists(st.integers(0, 3), min_size=1, max_size=6), st.integers(1, 4))
def test_ngram(texts, text, order):
    model = NGram(order, 4).fit([np.array(t, np.int64) for t in texts])
    padded = [-1] * (order - 1) + text
    expected = [by_hand(texts, padded[i : i + order - 1], x, 4) for i, x in enumerate(text)]
    if not any(texts):
        expected = [0.25] * len(text)
    np.testing.assert_allclose(model.probabilities([mg.tensor(text)]), expected, rtol=1e-12)
    everything = sum(model.probabilities([np.array([*text[:-1], x])])[-1] for x in range(4))
    assert math.isclose(everything, 1)
    histories = [padded[i : i + order - 1] for i in range(len(text))]
    np.testing.assert_allclose(model.after(np.array(histories).reshape(len(text), -1))[range(len(text)), text], expected, rtol=1e-12)


@given(st.lists(st.text("ab c\n.é", max_size=12), max_size=4), st.text("ab c\n.é?", max_size=12))
def test_pieces_give_the_text_back(texts, text):
    pieces = BytePairs.learn(texts, 10)
    assert "".join(pieces.split(text)) == text and len(pieces.merges) <= 10


def test_pieces_join_the_most_frequent_first():
    assert BytePairs.learn(["aaab aaab"], 2).merges == [("a", "a"), ("a", "b")]
    pieces = BytePairs.learn(["abc abc abc abd"], 9).split("abc abd")  # of pairs that are as frequent the first by alphabet joins first
    assert pieces == ["ab", "c", " ab", "d"] and "".join(pieces) == "abc abd"


@pytest.mark.parametrize("penalty", [0.0, 0.6])
def test_a_wide_beam_finds_the_best_of_all(penalty):
    table = F.log_softmax(mg.tensor(np.random.default_rng(0).standard_normal((3, 2, 4)) * 2), -1)  # source, length & 1, token

    def scores(texts, sources):
        return table[sources, texts.shape[1] & 1] + 0.3 * F.one_hot(texts[:, -1], 4).float().flip(1)

    def value(source, text):
        total, path = 0.0, [0, *text]
        for i in range(1, len(path)):
            total += scores(mg.tensor([path[:i]]), mg.tensor([source]))[0, path[i]].item()
        return total / ((5 + len(text)) / 6) ** penalty

    found = beam_search(scores, 3, start=0, end=1, width=200, longest=4, penalty=penalty)
    texts = [[*t, 1] for n in range(4) for t in itertools.product([0, 2, 3], repeat=n)] + [
        list(t) for t in itertools.product([0, 2, 3], repeat=4)
    ]
    for source in range(3):
        best = max(texts, key=lambda text: value(source, text))
        assert found[source] == [t for t in best if t != 1]
    assert beam_search(scores, 0, 0, 1) == []


def test_translator_learns_to_turn_round():
    mg.manual_seed(0)
    model = Translator(8, 8, width=32, heads=2, layers=1, longest=8, dropout=0.0, shared=True)
    rng = np.random.default_rng(0)
    optimizer = mg.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(150):
        words = rng.integers(3, 8, (32, 3))
        target = np.concatenate([np.full((32, 1), 1), words[:, ::-1], np.full((32, 1), 2)], 1)
        loss = F.cross_entropy(model(mg.tensor(words), mg.tensor(target[:, :-1])).flatten(0, 1), mg.tensor(target[:, 1:].ravel()))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert model.translate(mg.tensor([[3, 4, 5], [7, 7, 3]]), 1, 2) == [[5, 4, 3], [3, 7, 7]] and model.training
    model.eval()
    source = mg.tensor([[3, 4, 5]])
    padded = mg.tensor([[3, 4, 5, 0, 0]])
    same = mg.allclose(model(source, mg.tensor([[1, 5]])), model(padded, mg.tensor([[1, 5, 0]]))[:, :2], atol=1e-5)
    assert same, "padding changes nothing"
    assert model.loss(source, mg.tensor([[1, 5, 4, 3, 2]])) < 0.05


def test_decoding_by_tokens_is_decoding_of_the_whole():
    mg.manual_seed(1)
    model = Translator(9, 7, width=16, heads=4, layers=2, longest=8).eval()
    source = mg.tensor([[3, 4, 5, 8], [7, 3, 0, 0], [6, 0, 0, 0]])
    # At each step some beginnings go on, some twice, some not, and they change places.
    steps = [([0, 1, 2], [[1], [1], [1]]), ([2, 0, 0], [[1, 6], [1, 5], [1, 2]]), ([0, 0, 2], [[1, 2, 3], [1, 5, 2], [1, 6, 6]])]
    with mg.no_grad():
        decoding = Decoding(model, source)
        for sources, texts in steps:
            whole = F.log_softmax(model(source[sources], mg.tensor(texts))[:, -1], -1)
            assert_close(decoding(mg.tensor(texts), mg.tensor(sources)), whole, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: NGram(0, 3), "NGram: order and tokens must be at least 1"),
        (lambda: NGram(2, 3).probabilities([np.array([0])]), "NGram: nothing was counted yet"),
        (lambda: NGram(2, 3).after([[0]]), "NGram: nothing was counted yet"),
        (lambda: NGram(2, 3).fit([[0]]).after([[3]]), "NGram: histories must be"),
        (lambda: NGram(2, 3).fit([np.array([3])]), "NGram: texts must be one-dimensional, of integers from 0 to 2"),
        (lambda: beam_search(lambda t, s: t, 1, 0, 1, width=0), "beam_search: count must not be negative, width"),
        (lambda: Translator(3, 4, shared=True), "Translator: shared=True needs as many tokens on both sides, got 3 and 4"),
        (lambda: Translator(3, 3, longest=2).encode(mg.tensor([[1, 1, 1]])), "Translator: at most 2 tokens, got 3"),
    ],
)  # fmt: skip
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
