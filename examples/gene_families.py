"""To which of seven families does a human gene belong? A network reads it as a bag of words, in two languages.

A gene has no words, so all pieces of eight letters are taken for words, 65,536 of them, and the pieces of three amino acids of the protein
that it stands for, which stay the same when letters change without consequence. The network learns a vector for each word; the mean of
a gene's vectors, however long it is, goes through a small network that names the family. While it learns, it sees another stretch of each
gene every time, so that no single word decides. The model to beat counts pieces of four letters.

A word of warning: genes of a family are copies of common ancestors, many are here in several versions, and some twice, so that part of the
test is memory. The figure shows how often the network is right for genes by how much of them is in the training part too.

Data: a set called Human DNA Sequences, 4,380 genes.

Sources: Joulin, Grave, Bojanowski & Mikolov, "Bag of tricks for efficient text classification" (2016).
"""

import numpy as np

import minigrad as mg
from minigrad import datasets, explain, nn, optim, viz
from minigrad.metrics import accuracy
from minigrad.nn import functional as F
from minigrad.train import Averaging, Run, logistic_regression
from minigrad.utils.data import DataLoader

# The amino acid of each of 64 triplets, in the order of T, C, A, G; * ends the protein.
CODE = np.frombuffer(b"FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG", np.uint8)
AMINO_ACIDS, FOUND = np.unique(CODE, return_inverse=True)
AMINO_ACID = FOUND.reshape(4, 4, 4)[np.ix_(*[[2, 1, 3, 0]] * 3)].reshape(-1)  # in the order of A, C, G, T
DNA, PROTEIN = 8, 3  # letters, and amino acids, in a word


def words(letters: np.ndarray, length: int, kinds: int) -> np.ndarray:
    """The number of each piece of so many letters, those with an unknown letter left out: (T - length + 1,) at most."""
    if len(letters) < length:
        return np.zeros(0, np.int64)
    pieces = np.lib.stride_tricks.sliding_window_view(letters, length)
    known = (pieces < kinds).all(1)
    return pieces[known].astype(np.int64) @ kinds ** np.arange(length)[::-1]


def protein(letters: np.ndarray) -> np.ndarray:
    """Amino acids, read from the first letter on; what is not known is 21."""
    triplets = letters[: len(letters) // 3 * 3].reshape(-1, 3).astype(np.int64)
    return np.where((triplets < 4).all(1), AMINO_ACID[triplets @ [16, 4, 1] % 64], len(AMINO_ACIDS))


def both(letters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return words(letters, DNA, 4), words(protein(letters), PROTEIN, len(AMINO_ACIDS))


class Bags:
    """Joins genes to a batch: for each language all words one after the other, and where each gene begins; and the families.

    stretch: the least share of a gene that is taken, at random.
    """

    def __init__(self, stretch: float = 1.0) -> None:
        self.stretch = stretch

    def __call__(self, examples: list) -> tuple[list[tuple[mg.Tensor, mg.Tensor]], mg.Tensor]:
        chance = mg.rand(2, len(examples)).numpy() if self.stretch < 1 else np.zeros((2, len(examples)))
        shares = self.stretch + (1 - self.stretch) * chance[0]
        bags = []
        for language in zip(*(gene for gene, _ in examples)):
            sizes = [int(np.ceil(share * len(gene))) for gene, share in zip(language, shares)]
            firsts = [int(place * (len(gene) - size)) for gene, size, place in zip(language, sizes, chance[1])]
            parts = [gene[first : first + size] for gene, first, size in zip(language, firsts, sizes)]
            bags.append((mg.tensor(np.concatenate(parts)), mg.tensor(np.cumsum([0, *sizes[:-1]]))))
        return bags, mg.tensor([family for _, family in examples])


class Reader(nn.Module):
    """Bags of words to scores of the families (N, 7)."""

    def __init__(self, width: int, families: int) -> None:
        super().__init__()
        self.vectors = nn.ModuleList([nn.EmbeddingBag(4**DNA, width), nn.EmbeddingBag(len(AMINO_ACIDS) ** PROTEIN, width)])
        for table in self.vectors:
            nn.init.normal_(table.weight, std=0.1)
        self.norm = nn.BatchNorm1d(2 * width)
        self.decide = nn.Sequential(nn.Dropout(0.3), nn.Linear(2 * width, 64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, families))

    def gene(self, bags: list) -> mg.Tensor:
        """The vector of each gene, (N, 2 width)."""
        return self.norm(mg.cat([table(*bag) for table, bag in zip(self.vectors, bags)], 1))

    def forward(self, bags: list) -> mg.Tensor:
        return self.decide(self.gene(bags))


def learn(run: Run, train: list, test: list, families: int) -> tuple[nn.Module, list]:
    """The network with the average of its last weights, and a row for each epoch."""
    epochs = run.pick(full=15, quick=2)
    model = Reader(run.pick(full=32, quick=2), families)
    averaging = Averaging(model, decay=0.98)
    batches = DataLoader(train, batch_size=64, shuffle=True, collate_fn=Bags(stretch=0.3), drop_last=True)
    optimizer = optim.AdamW(model.parameters(), lr=5e-3, weight_decay=0.01)
    tested = DataLoader(test, batch_size=128, collate_fn=Bags())
    history = run.fit(
        model, batches, F.cross_entropy, optimizer, epochs, averaging=averaging, valid=tested, metrics={"accuracy": accuracy}
    )  # fmt: skip
    return averaging.average, history


def shared_with(known: list[np.ndarray], genes: list[np.ndarray], length: int = 16) -> np.ndarray:
    """Which share of each gene's pieces of 16 letters the known ones have too, (N,): so long a piece is in both by descent, not by chance."""
    there = np.unique(np.concatenate([words(gene, length, 4) for gene in known]))
    pieces = [words(gene, length, 4) for gene in genes]
    everything = np.concatenate(pieces)
    found = there[np.minimum(np.searchsorted(there, everything), len(there) - 1)] == everything
    ends = np.cumsum([len(piece) for piece in pieces])
    return np.array([part.mean() if len(part) else 0.0 for part in np.split(found, ends[:-1])])


def main(run: Run) -> None:
    train, test = (datasets.gene_families(part, data_dir=run.data, synthetic=run.quick) for part in (True, False))
    examples = [[(both(letters), int(family)) for letters, family in zip(part.x, part.y)] for part in (train, test)]
    model, history = learn(run, *examples, len(train.classes))
    run.save(model)

    scores, vectors = [], []
    with mg.no_grad():
        for bags, _ in DataLoader(examples[1], batch_size=128, collate_fn=Bags()):
            vectors.append(model.gene(bags))
            scores.append(model.decide(vectors[-1]))
    answers = mg.cat(scores).argmax(1).numpy()
    right = answers == test.y

    counts = [mg.tensor(np.array([np.bincount(words(x, 4, 4), minlength=256) for x in part.x], np.float32)) for part in (train, test)]
    shares = [F.normalize(c, p=1, dim=1) for c in counts]
    scale = shares[0].mean(0), shares[0].std(0) + 1e-6
    line = logistic_regression((shares[0] - scale[0]) / scale[1], mg.tensor(train.y), l2=1e-3, iterations=run.pick(full=200, quick=5))
    said = line((shares[1] - scale[0]) / scale[1]).argmax(1).numpy()
    simple = said == test.y
    known = {letters.tobytes() for letters in train.x}
    new = np.array([letters.tobytes() not in known for letters in test.x])
    shared = shared_with(train.x, test.x)
    strange = shared < 0.5
    options = dict(baseline_name="pieces of four, logistic", percent=True)
    run.result("accuracy", right.mean(), baseline=simple.mean(), floor=0.8, **options)
    run.result("accuracy on genes that are not in the training part too", right[new].mean(), baseline=simple[new].mean(), **options)
    if strange.any():
        run.result("accuracy on genes of which less than half is known", right[strange].mean(), baseline=simple[strange].mean(), **options)
    run.note(
        genes=f"{len(train):,} to learn from, {len(test)} to test: {(~new).sum()} are in both, of {(~strange).sum()} half or more is known"
    )

    figure, (curve, bars, confusions, plane) = viz.figure(2, 2, size=(14, 11))
    rows = [{"training": row["loss"], "test": row["valid loss"], "epoch": i} for i, row in enumerate(history, 1)]
    viz.curves(rows, log=True, title="Loss", ylabel="cross entropy", ax=curve)
    groups = [
        (f"{low:.0%} to {high:.0%}", (shared >= low) & (shared <= high)) for low, high in ((0, 0.01), (0.01, 0.5), (0.5, 0.99), (0.99, 1))
    ]
    groups = [(f"{name}\n{of.sum()} genes", of) for name, of in groups if of.any()]
    places = np.arange(len(groups))
    for shift, name, hits in ((-0.2, "network", right), (0.2, "pieces of four", simple)):
        bars.bar(places + shift, [hits[of].mean() for _, of in groups], 0.38, label=name, color=viz.COLORS[shift > 0])
    bars.set_xticks(places, [name for name, _ in groups])
    bars.set(title="Right, by how much of a gene the training part has", ylabel="share of genes", ylim=(0, 1.15))
    bars.legend(loc="upper left", ncols=2)
    names = [
        name.replace("G protein coupled receptor", "receptor").replace("transcription factor", "transcription") for name in test.classes
    ]
    viz.confusion_matrix(answers, test.y, labels=names, title=f"{right.mean():.1%} of {len(test)} test genes", ax=confusions)
    points = explain.tsne(mg.cat(vectors), steps=run.pick(full=500, quick=10))
    viz.embedding(points, test.y, names=names, title="Test genes by their vectors, t-SNE", ax=plane)
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
