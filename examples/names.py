"""A recurrent network learns how names are made, letter by letter, and invents new ones.

It reads a name and says at every letter which one comes next, or that the name ends here. What it says of names it never saw is
measured in nats per letter: the less it is surprised, the better. The model to beat looks at the last two letters only, and counts.
An LSTM and a GRU are compared, on first names (a few thousand, where the art is not to learn them by heart) and on surnames. Then each
letter is drawn from what the network expects, and names come out that nobody may ever have borne.

Data: names of the United States' census of 1990: 5,163 first names, 88,799 surnames.

Sources: Hochreiter & Schmidhuber, "Long short-term memory" (1997); Cho et al., arXiv:1406.1078 (the GRU).
"""

import string

import numpy as np

import minigrad as mg
from minigrad import datasets, nn, optim, viz
from minigrad.nn import functional as F
from minigrad.text import NGram, Vocabulary
from minigrad.train import EarlyStopping, Run, evaluate
from minigrad.utils.data import DataLoader, TensorDataset

LETTERS = Vocabulary(string.ascii_lowercase, specials=["."])  # the full stop, number 0, stands before and behind a name
NOTHING = -100  # behind the end, where there is nothing to guess


class Reader(nn.Module):
    """Scores of the next letter (N, length, 27), and the state of the recurrent layers."""

    def __init__(self, kind: type, width: int, dropout: float) -> None:
        super().__init__()
        self.letter = nn.Embedding(len(LETTERS), 32)
        self.rnn = kind(32, width, num_layers=2, dropout=dropout, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.score = nn.Linear(width, len(LETTERS))

    def read(self, numbers: mg.Tensor, state=None):
        seen, state = self.rnn(self.letter(numbers), state)
        return self.score(self.dropout(seen)), state

    def forward(self, numbers: mg.Tensor) -> mg.Tensor:
        return self.read(numbers)[0]

    @mg.no_grad()
    def invent(self, count: int, longest: int = 20) -> list[str]:
        """New names, all at once: each letter is drawn from what the network expects after those before it."""
        self.eval()
        letters, state, columns = mg.zeros(count, 1, dtype=mg.int64), None, []
        for _ in range(longest):
            scores, state = self.read(letters, state)
            letters = mg.multinomial(F.softmax(scores[:, 0], -1), 1)
            columns.append(letters)
        return [LETTERS.decode(row, specials=True).split(".")[0] for row in mg.cat(columns, 1)]


def data(names: list[str]) -> TensorDataset:
    """What is read, ".ann" and what comes next, "ann.", of each name; all as long as the longest."""
    shape = len(names), max(map(len, names)) + 1
    inputs, targets = np.zeros(shape, np.int64), np.full(shape, NOTHING)
    for i, name in enumerate(names):
        numbers = LETTERS.encode(name).numpy()
        inputs[i, 1 : len(name) + 1] = targets[i, : len(name)] = numbers
        targets[i, len(name)] = 0
    return TensorDataset(mg.tensor(inputs), mg.tensor(targets))


def nats(scores: mg.Tensor, targets: mg.Tensor) -> mg.Tensor:
    return F.cross_entropy(scores.flatten(0, 1), targets.flatten(), ignore_index=NOTHING)


class NatsPerLetter(mg.metrics.Mean):
    """Over all letters, not over batches, which have more of them or fewer."""

    def update(self, scores: mg.Tensor, targets: mg.Tensor) -> None:
        super().update(nats(scores, targets).item(), weight=int((targets != NOTHING).sum()))


def learn(run: Run, name: str, model: Reader, train: list[str], epochs: int):
    """Until names that were kept back for it surprise the network no less than before."""
    rows, kept_back = datasets.holdout(len(train), share=0.1, seed=1)
    valid = DataLoader(data([train[i] for i in kept_back]), batch_size=512)
    batches = DataLoader(
        data([train[i] for i in rows]), batch_size=run.pick(full=64 if len(train) < 10_000 else 256, quick=64), shuffle=True
    )
    optimizer = optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.01)
    stop = EarlyStopping("valid nats", "min", patience=6, model=model)
    measures = {"nats": NatsPerLetter()}
    return run.fit(model, batches, nats, optimizer, epochs, name, callbacks=[stop], max_norm=1.0, valid=valid, metrics=measures)


def main(run: Run) -> None:
    figure, axes = viz.figure(1, 3, size=(15, 4.6))
    for kind, ax, epochs in (("first", axes[0], 40), ("last", axes[1], 12)):
        names = datasets.names(kind, data_dir=run.data, synthetic=run.quick)
        train, test = ([names[i] for i in part] for part in datasets.holdout(len(names)))
        model_of_counts = NGram(3, len(LETTERS)).fit([LETTERS.encode(name + ".") for name in train])
        trigram = -np.log(model_of_counts.probabilities([LETTERS.encode(name + ".") for name in test])).mean()
        curves = {}
        for cell in (nn.LSTM, nn.GRU):
            model = Reader(cell, run.pick(full=128, quick=16), dropout=0.4 if kind == "first" else 0.15)
            history = learn(run, f"{kind}-{cell.__name__}", model, train, run.pick(full=epochs, quick=2))
            curves[cell.__name__] = history["valid nats"]
            surprise = evaluate(model, DataLoader(data(test), batch_size=512), {"nats": NatsPerLetter()})["nats"]
            run.result(
                f"{kind} names, {cell.__name__}: nats per letter", surprise, baseline=trigram, baseline_name="trigram", floor=trigram, better="lower"
            )  # fmt: skip
        longest = max(map(len, curves.values()))
        viz.curves({name: [*values, *[np.nan] * (longest - len(values))] for name, values in curves.items()}, ax=ax)
        ax.axhline(trigram, color="0.4", linestyle="--", label="trigram, on the test names")
        ax.set(title=f"{kind.capitalize()} names", ylabel="nats per letter, names kept back")
        ax.legend()
    invented = model.invent(run.pick(full=2000, quick=100))
    known = set(names)
    new = sorted({name for name in invented if 1 < len(name) < 13 and name not in known}, key=invented.index)
    run.result("invented surnames that are new", sum(name not in known for name in invented) / len(invented), percent=True)
    run.note(new_surnames=new[:30])
    axes[2].set(title="Surnames that the GRU invented", xticks=[], yticks=[])
    for i, name in enumerate(new[:30]):
        axes[2].text(0.04 + 0.33 * (i // 10), 0.93 - 0.096 * (i % 10), name, va="center", fontsize=12)
    run.figure(figure)
    run.save(model)


if __name__ == "__main__":
    Run.start(main)
