"""Where does a gene's text begin and end? A convolutional network and a Transformer find splice sites in DNA.

Genes of animals are written in pieces, exons, between which are introns that are cut out before a protein is made. Of 60 letters of DNA the
networks say whether an exon ends in their middle (EI), one begins there (IE), or neither (N). Cells know introns by the letters they begin
and end with, GT and AG, but those are everywhere: what stands around them must tell. A convolution looks for short motifs at every place, a
Transformer lets each letter look at all others, and the mean of what both say is better than either. While they learn, one letter in ten is
hidden, so that none is relied on alone. The pieces are cut into five parts, each of which is tested on once. Integrated gradients, drawn as
letters of that height, show what was found: GT and AG at the border, and before AG the many C and T that every textbook has.

Data: pieces of primate genes of Genbank, 3,190 (UCI).

Sources: Towell, Noordewier & Shavlik (1991), who collected the pieces; Schneider & Stephens, "Sequence logos" (1990).
"""

import numpy as np

import minigrad as mg
from minigrad import datasets, explain, nn, optim, viz
from minigrad.metrics import accuracy
from minigrad.nn import functional as F
from minigrad.train import Averaging, Run, logistic_regression, predict
from minigrad.utils.data import DataLoader, TensorDataset

LENGTH, PARTS, CLASSES = 60, 5, datasets.SPLICE_CLASSES
ONE_HOT = mg.cat([mg.eye(4), mg.full((1, 4), 0.25)])  # what is not known could be any of the four


class Convolutions(nn.Module):
    """Letters (N, 60, 4) to scores (N, 3). What is found counts by its place: the border is always in the middle."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(4, width, 7, padding=3),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.Conv1d(width, width, 5, padding=2),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.MaxPool1d(2),
            nn.Flatten(),
            nn.Dropout(0.5),
            nn.Linear(width * LENGTH // 2, 64),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(64, len(CLASSES)),
        )

    def forward(self, letters: mg.Tensor) -> mg.Tensor:
        return self.layers(letters.transpose(1, 2))


class Transformer(nn.Module):
    """Letters (N, 60, 4) to scores (N, 3). Each letter knows its place; in the end all of them are asked."""

    def __init__(self, width: int, layers: int = 2) -> None:
        super().__init__()
        self.letter = nn.Linear(4, width)
        self.place = nn.Parameter(0.1 * mg.randn(LENGTH, width))
        layer = nn.TransformerEncoderLayer(width, 4, 2 * width, dropout=0.2, batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, layers, norm=nn.LayerNorm(width), enable_nested_tensor=False)
        self.score = nn.Sequential(nn.Linear(width, 8), nn.ReLU(), nn.Flatten(), nn.Dropout(0.5), nn.Linear(8 * LENGTH, len(CLASSES)))

    def forward(self, letters: mg.Tensor) -> mg.Tensor:
        return self.score(self.layers(self.letter(letters) + self.place))


def hidden(batch: tuple) -> tuple[mg.Tensor, mg.Tensor]:
    """A batch in which one letter in ten is not known."""
    letters, labels = batch
    unknown = mg.rand(letters.shape) < 0.1
    return ONE_HOT[mg.where(unknown, 4, letters.long())], labels


def learn(run: Run, name: str, model: nn.Module, train: TensorDataset, test: tuple, epochs: int, rate: float) -> tuple[nn.Module, list]:
    """The model with the average of its last weights, and a row for each epoch."""
    averaging = Averaging(model, decay=0.99)
    batches = DataLoader(train, batch_size=64, shuffle=True, drop_last=True)
    optimizer = optim.AdamW(model.parameters(), lr=rate, weight_decay=0.05)
    options = {"prepare": hidden, "max_norm": 1.0, "valid": [test], "metrics": {"accuracy": accuracy}}
    history = run.fit(model, batches, F.cross_entropy, optimizer, epochs, name, averaging=averaging, every=5, **options)
    return averaging.average, history


def reasons(model: nn.Module, x: mg.Tensor, kind: int, count: int) -> np.ndarray:
    """What each letter at each place adds, in the mean of pieces that the model gives to a class, to its score over that of the others."""
    of_kind = x[predict(model, x).argmax(1) == kind][:count]
    if not len(of_kind):
        return np.zeros(x.shape[1:])
    return explain.integrated_gradients(model, of_kind, lambda y: y[:, kind] - y.mean(1), baseline=0.25, steps=8).mean(0).numpy()


def main(run: Run) -> None:
    letters, labels = datasets.splice_sites(None, data_dir=run.data, synthetic=run.quick).tensors
    x = ONE_HOT[letters.long()]
    kinds = {
        "convolutions": (lambda: Convolutions(run.pick(full=48, quick=4)), run.pick(full=25, quick=2), 2e-3),
        "Transformer": (lambda: Transformer(run.pick(full=32, quick=8)), run.pick(full=20, quick=2), 2e-3),
    }
    chances = {name: mg.zeros(len(x), len(CLASSES)) for name in (*kinds, "logistic regression")}
    curves, models, new = {}, [], np.zeros(len(x), bool)
    for part, (rows, held_out) in enumerate(datasets.folds(labels.numpy(), PARTS)[: run.pick(full=PARTS, quick=1)], 1):
        train, test = TensorDataset(letters[rows], labels[rows]), (x[held_out], labels[held_out])
        for kind, (make, epochs, rate) in kinds.items():
            model, history = learn(run, f"{kind}-{part}", make(), train, test, epochs, rate)
            run.save(model, f"weights-{kind}-{part}")
            models.append((model, held_out))
            curves.setdefault(kind, history["valid accuracy"])
            chances[kind][held_out] = F.softmax(predict(model, x[held_out]), 1)
        line = logistic_regression(x[rows].flatten(1), labels[rows], l2=3e-3, iterations=run.pick(full=100, quick=10))
        chances["logistic regression"][held_out] = F.softmax(line(x[held_out].flatten(1)), 1)
        seen = {piece.tobytes() for piece in letters[rows].numpy()}
        new[held_out] = [piece.tobytes() not in seen for piece in letters[held_out].numpy()]
    chances["both"] = (chances["convolutions"] + chances["Transformer"]) / 2
    tested = chances["both"].sum(1) > 0  # in a quick run not all are
    chances, labels, new = {name: p[tested] for name, p in chances.items()}, labels[tested], mg.tensor(new)[tested]

    right = {name: accuracy(p, labels) for name, p in chances.items()}
    options = dict(baseline=right["logistic regression"], baseline_name="logistic regression", percent=True)
    run.result("accuracy of both together, five-fold", right["both"], floor=0.96, **options)
    for kind in kinds:
        run.result(f"accuracy, {kind}", right[kind], **options)
    fresh = {name: accuracy(chances[name][new], labels[new]) for name in ("both", "logistic regression")}
    run.result("accuracy on pieces not learnt from", fresh["both"], **{**options, "baseline": fresh["logistic regression"]})
    run.note(pieces=f"{len(x):,}, {len(labels) - int(new.sum())} of which were in the training part too")

    figure, (*logos, left, confusions) = viz.figure(2, 2, size=(16, 8))
    for ax, kind, title in zip(logos, ("EI", "IE"), ("an exon ends in the middle", "an exon begins in the middle")):
        places = [place for place in range(-LENGTH // 2, LENGTH // 2 + 1) if place]
        heights = [reasons(model, x[held_out], CLASSES.index(kind), run.pick(full=32, quick=4)) for model, held_out in models]
        viz.logo(np.mean(heights, 0), x=places, title=f"{kind}: {title}", ylabel="adds to the score", ax=ax)
        ax.axvline(0, color="0.5", linestyle=":", linewidth=1)
    longest = max(map(len, curves.values()))
    padded = {name: [*values, *[np.nan] * (longest - len(values))] for name, values in curves.items()}
    viz.curves(padded, percent=True, title="Test accuracy, first of five parts", ylabel="", ax=left)
    left.axhline(right["logistic regression"], color="0.4", linestyle="--", label="logistic regression")
    left.set_ylim(run.pick(full=0.85, quick=0), 1)
    left.legend()
    viz.confusion_matrix(chances["both"], labels, labels=CLASSES, title="What both say together", ax=confusions)
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
