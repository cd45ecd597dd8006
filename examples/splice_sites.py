"""Where does a gene's text begin and end? A convolutional network and a Transformer find splice sites in DNA.

Genes of animals are written in pieces, exons, between which are introns that are cut out before a protein is made. Of 60 letters of DNA
the networks say whether an exon ends in their middle (EI), one begins there (IE), or neither (N). Cells know introns by the letters they
begin and end with, GT and AG, but those are everywhere: what stands around them must tell. A convolution looks for short motifs at every
place, a Transformer lets each letter look at all others; of both, three networks are averaged, and at last all six. While they learn, one
letter in ten is hidden, so that none is relied on alone. Integrated gradients, drawn as letters of that height, show what was found: GT and
AG at the border, and before AG the many C and T that every textbook has.

Sources: Towell, Noordewier & Shavlik (1991), who collected the pieces; Schneider & Stephens, "Sequence logos" (1990).
"""

import numpy as np

import minigrad as mg
from minigrad import datasets, explain, nn, optim, viz
from minigrad.metrics import accuracy
from minigrad.nn import functional as F
from minigrad.train import Averaging, Run, fit, logistic_regression, predict
from minigrad.utils.data import DataLoader, TensorDataset

LENGTH, CLASSES = 60, datasets.SPLICE_CLASSES
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
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=rate, total_steps=epochs * len(batches))
    loop = run.loop(
        epochs, name, unit=f"{name}: epoch", every=5, model=model, averaging=averaging, optimizer=optimizer, schedule=schedule
    )  # fmt: skip
    history = fit(
        model,
        batches,
        F.cross_entropy,
        optimizer,
        loop,
        schedule=schedule,
        max_norm=1.0,
        prepare=hidden,
        valid=[test],
        metrics={"accuracy": accuracy},
        after_step=averaging.update,
    )
    return averaging.average, history


def reasons(models: list, x: mg.Tensor, kind: int) -> np.ndarray:
    """What each letter at each place adds, in the mean, to the score of the class over that of the others, (60, 4)."""
    return np.mean(
        [explain.integrated_gradients(m, x, lambda y: y[:, kind] - y.mean(1), baseline=0.25, steps=8).mean(0) for m in models], 0
    )


def main(run: Run) -> None:
    train, test = (datasets.splice_sites(part, data_dir=run.data, synthetic=run.quick) for part in (True, False))
    letters, labels = test.tensors
    x = ONE_HOT[letters.long()]
    kinds = {
        "convolutions": (lambda: Convolutions(run.pick(full=48, quick=4)), run.pick(full=25, quick=2), 2e-3),
        "Transformer": (lambda: Transformer(run.pick(full=32, quick=8)), run.pick(full=20, quick=2), 2e-3),
    }
    chances, curves, models = {}, {}, {}
    for kind, (make, epochs, rate) in kinds.items():
        members = []
        for member in range(1, run.pick(full=3, quick=1) + 1):
            model, history = learn(run, f"{kind}-{member}", make(), train, (x, labels), epochs, rate)
            run.save(model, f"weights-{kind}-{member}")
            members.append(model)
            if member == 1:
                curves[kind] = history["valid accuracy"]
        chances[kind] = mg.stack([F.softmax(predict(model, x), 1) for model in members]).mean(0)
        models[kind] = members
    together = (chances["convolutions"] + chances["Transformer"]) / 2

    line = logistic_regression(
        ONE_HOT[train.tensors[0].long()].flatten(1), train.tensors[1], l2=3e-3, iterations=run.pick(full=200, quick=10)
    )
    simple = accuracy(line(x.flatten(1)), labels)
    options = dict(baseline=simple, baseline_name="logistic regression", percent=True)
    run.result("accuracy, all networks", accuracy(together, labels), floor=0.96, **options)
    for kind in kinds:
        run.result(f"accuracy, {kind}", accuracy(chances[kind], labels), **options)
    seen = {row.tobytes() for row in train.tensors[0].numpy()}
    new = np.array([row.tobytes() not in seen for row in letters.numpy()])
    run.result(
        "accuracy on pieces that are not in the training part too", accuracy(together[mg.tensor(new)], labels[mg.tensor(new)]), percent=True
    )
    run.note(pieces=f"{len(train):,} to learn from, {len(labels)} to test, {(~new).sum()} of which are in both")

    figure, (*logos, left, right) = viz.figure(2, 2, size=(16, 8))
    members = [model for group in models.values() for model in group]
    for ax, kind, title in zip(logos, ("EI", "IE"), ("an exon ends in the middle", "an exon begins in the middle")):
        of_kind = mg.tensor(np.flatnonzero(labels.numpy() == CLASSES.index(kind))[: run.pick(full=64, quick=4)])
        places = [place for place in range(-LENGTH // 2, LENGTH // 2 + 1) if place]
        viz.logo(reasons(members, x[of_kind], CLASSES.index(kind)), x=places, title=f"{kind}: {title}", ylabel="adds to the score", ax=ax)
        ax.axvline(0, color="0.5", linestyle=":", linewidth=1)
    longest = max(map(len, curves.values()))
    padded = {name: [*values, *[np.nan] * (longest - len(values))] for name, values in curves.items()}
    viz.curves(padded, percent=True, title="Test accuracy of the first network of each kind", ylabel="", ax=left)
    left.axhline(simple, color="0.4", linestyle="--", label="logistic regression")
    left.set_ylim(run.pick(full=0.85, quick=0), 1)
    left.legend()
    viz.confusion_matrix(together, labels, labels=CLASSES, title="What all networks say together", ax=right)
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
