"""A Transformer learns to translate English into Spanish from 11,000 verses of the Bible, and shows where it looks.

The encoder reads a verse, the decoder writes its translation, piece by piece, and at each piece looks back at the verse. Pieces are words
or parts of words, as frequent ones are joined from letters (byte pairs), the same for both languages, so that a name can be copied and the
ending of a verb be learnt. Of the translations that come to mind, the one is chosen that is likely as a whole (beam search). Verses of the
King James Version and of Reina-Valera, of at most twenty words, are learnt from, and none of the Gospel of John, on which it is tested.
chrF, from 0 to 1, counts the runs of one to six letters that a translation has in common with that of the book; the English verse itself,
copied, is to be beaten. So little text makes no interpreter: the words are often right, the sense is often not.

Data: the King James Version and the Reina-Valera of 1909.

Sources: Vaswani et al., "Attention is all you need" (2017); Sennrich, Haddow & Birch, "Neural machine translation of rare words with
subword units" (2016); Popović, "chrF" (2015).
"""

import textwrap
from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.figure import Figure

import minigrad as mg
from minigrad import datasets, explain, nn, optim, viz
from minigrad.metrics import chrf_score
from minigrad.text import BytePairs, Translator, Vocabulary
from minigrad.train import Run

WORDS = 20  # in a verse, at most, in either language
PAD, START, END, UNKNOWN = SPECIALS = ["<pad>", "<start>", "<end>", "<unknown>"]


class Language:
    """Texts of both languages as numbers of pieces, and back."""

    def __init__(self, texts: Sequence[str], merges: int) -> None:
        self.pieces = BytePairs.learn(texts, merges)
        self.vocabulary = Vocabulary.build(map(self.pieces.split, texts), SPECIALS, unknown=UNKNOWN)

    def numbers(self, text: str) -> mg.Tensor:
        return self.vocabulary.encode([START, *self.pieces.split(text), END])

    def padded(self, texts: Sequence[str]) -> mg.Tensor:
        return nn.utils.rnn.pad_sequence([self.numbers(text) for text in texts], batch_first=True)

    def translate(self, model: Translator, texts: Sequence[str], width: int) -> list[str]:
        """In batches of texts that are about as long."""
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        found = [""] * len(texts)
        for first in range(0, len(order), 64):
            rows = order[first : first + 64]
            source = self.padded([texts[i] for i in rows])
            # Spanish needs about as many pieces: what goes on and on is cut off.
            longest = min(model.longest - 1, source.shape[1] * 3 // 2 + 5)
            for i, text in zip(rows, model.translate(source, *map(self.vocabulary.__getitem__, (START, END)), width, longest)):
                found[i] = self.vocabulary.decode(text).strip()
        return found


def batches(rng: np.random.Generator, lengths: np.ndarray, size: int) -> Iterator[np.ndarray]:
    """All rows once, in batches of pairs that are about as long, so that little of them is padding; the batches in any order."""
    order = np.argsort(lengths + 3 * rng.random(len(lengths)))
    parts = [order[i : i + size] for i in range(0, len(order), size)]
    return (parts[i] for i in rng.permutation(len(parts)))


def draw(language: Language, model: Translator, course: list[float], copied: float, verses: Sequence[tuple[str, str, str]]) -> Figure:
    """How it learnt, where it looks as it translates a verse, and some translations: of each verse, its translation, and the book's."""
    figure = Figure(figsize=(15, 10), layout="constrained")
    axes = figure.subplot_mosaic([["course", "looks"], ["text", "text"]], height_ratios=[1.25, 1], width_ratios=[1, 1.3])
    viz.curves({"translated": course}, title="Verses of the book kept back", ylabel="chrF", ax=axes["course"])
    axes["course"].axhline(copied, color="0.4", linestyle="--", label="English, copied")
    axes["course"].legend()

    def pieces(text: str) -> list[str]:
        return language.pieces.split(text)

    fit = [verse for verse in verses if 6 <= len(pieces(verse[0])) <= 16 and 2 <= len(pieces(verse[1])) <= 20] or verses[:1]
    source, target, _ = max(fit, key=lambda verse: chrf_score(verse[1], verse[2]))
    weights = explain.attention_weights(model, language.padded([source]), language.padded([target])[:, :-1])
    last = [weight for path, weight in weights.items() if path.endswith("multihead_attn")][-1]
    queries, keys = [*pieces(target), END], [START, *pieces(source), END]
    viz.attention(last[0].mean(0), queries, keys, title="Where it looks as it writes", ylabel="writes", ax=axes["looks"])

    lines = []
    for verse in verses[:: -(-len(verses) // 5)]:
        lines += [line for text in verse for line in textwrap.wrap(text, 160, initial_indent="    " if text != verse[0] else "")] + [""]
    axes["text"].set(title="Verses, their translations, and what the book has", xticks=[], yticks=[])
    axes["text"].text(0.01, 0.97, "\n".join(lines[:-1]), va="top", fontsize=10.5, transform=axes["text"].transAxes)
    return figure


def main(run: Run) -> None:
    pairs = datasets.verse_pairs(data_dir=run.data, synthetic=run.quick)
    pairs = [pair for pair in pairs if all(len(verse.text.split()) <= WORDS for verse in pair)]
    books = run.pick(full=("1Cor", "John"), quick=("Exod", "Matt"))  # to watch how it learns, and to test on
    parts = [[(a.text, b.text) for a, b in pairs if a.book == book] for book in books]
    valid, test = ([*zip(*part[: run.pick(full=None, quick=6)])] for part in parts)
    train = [(a.text, b.text) for a, b in pairs if a.book not in books]
    language = Language([text for pair in train for text in pair], run.pick(full=3000, quick=80))
    sources, targets = ([language.numbers(text) for text in texts] for texts in zip(*train))
    lengths = np.array([len(a) + len(b) for a, b in zip(sources, targets)])
    run.note(data=f"{len(train):,} pairs of verses, {len(test[0])} to test on")

    width, layers, longest = run.pick(full=(128, 2, 96), quick=(16, 1, 48))
    tokens = len(language.vocabulary)
    model = Translator(tokens, tokens, width, heads=4, layers=layers, longest=longest, dropout=0.1, shared=True)
    epochs, size, rate = run.pick(full=(9, 16, 1.5e-3), quick=(2, 8, 1e-3))
    optimizer = optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.98), weight_decay=0.01)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=rate, total_steps=epochs * -(-len(train) // size), pct_start=0.15)
    loop = run.loop(epochs, model=model, optimizer=optimizer, schedule=schedule, rng=run.rng)
    for _ in loop:
        model.train()
        total = count = 0
        for rows in loop.batches(batches(run.rng, lengths, size), -(-len(train) // size)):
            source, target = (nn.utils.rnn.pad_sequence([part[i] for i in rows], batch_first=True) for part in (sources, targets))
            loss = model.loss(source, target, label_smoothing=0.1)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total, count = total + loss.item(), count + 1
        loop.log(loss=total / count, chrF=chrf_score(language.translate(model, valid[0], 1), valid[1]))
    run.save(model)

    found = language.translate(model, test[0], run.pick(full=4, quick=2))
    copied, score = chrf_score(test[0], test[1]), chrf_score(found, test[1])
    run.result("chrF of a book never seen", score, baseline=copied, baseline_name="copy", floor=copied)
    greedy = chrf_score(language.translate(model, test[0], 1), test[1])
    run.result("chrF without beam search", greedy, baseline=copied, baseline_name="copy")
    run.figure(draw(language, model, loop.history["chrF"], chrf_score(*valid), [*zip(test[0], found, test[1])]))


if __name__ == "__main__":
    Run.start(main)
