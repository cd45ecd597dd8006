"""A recurrent network learns to write molecules as chemists do, in strings, and invents new ones.

A molecule can be written as a line of text, SMILES: "CC(=O)O" is vinegar, brackets hold branches, equal numbers mark atoms that are bonded
to close a ring. A GRU reads some thousands of small molecules token by token, says what may come next, and then writes by drawing from what
it expects. Nobody tells it the grammar, nor how many bonds an atom has: what it writes is a molecule only if it found out both, and keeps
each open bracket and ring in mind. A model that counts what follows the last five tokens writes too, and shows how much of that is memory.
Checked are grammar and bonds, not whether a chemist could make the thing. Molecules count as the same if their graphs do, however written.

Data: small molecules of the National Cancer Institute and of ChEMBL, as strings.

Sources: Segler, Kogej, Tyrchan & Waller, "Generating focused molecule libraries for drug discovery with recurrent neural networks" (2018);
Weisfeiler & Leman (1968), for telling graphs apart.
"""

import re
import zlib

import numpy as np

import minigrad as mg
from minigrad import datasets, nn, optim, viz
from minigrad.datasets import smiles_graph, smiles_problem, smiles_tokens
from minigrad.datasets.formats.bonds import hydrogens
from minigrad.metrics import Mean
from minigrad.nn import functional as F
from minigrad.text import NGram, Vocabulary
from minigrad.train import Run, evaluate

LONGEST = 40  # tokens of a molecule
END = 0  # stands before and behind a molecule
NOTHING = -100  # behind the end, where there is nothing to guess
BITS = np.log2(np.e)


def read(run: Run) -> list[list[str]]:
    """The tokens of all molecules of one part that are small, without directions in space and without rare atoms; each once."""
    strings = [s for kind in ("nci", "drugs", "samples") for s in datasets.smiles(kind, data_dir=run.data, synthetic=run.quick)]
    plain = [re.sub(r"\[C@{0,2}H?\]", "C", re.sub(r"[/\\]", "", s)) for s in strings]
    found = [smiles_tokens(s) for s in dict.fromkeys(plain) if "." not in s and not smiles_problem(s)]
    tokens, counts = np.unique([token for molecule in found for token in set(molecule)], return_counts=True)
    common = set(tokens[counts >= 20])
    return [molecule for molecule in found if len(molecule) <= LONGEST and common.issuperset(molecule)]


class Batches:
    """Batches of (inputs, targets), (N, T), of molecules that are about equally long; each time others, in another order."""

    def __init__(self, texts: list[mg.Tensor], size: int) -> None:
        self.texts, self.size = texts, size
        self.lengths = mg.tensor([float(len(text)) for text in texts])

    def __len__(self) -> int:
        return (len(self.texts) + self.size - 1) // self.size

    def __iter__(self):
        order = (self.lengths + 4 * mg.rand(len(self.texts))).argsort().split(self.size)
        for i in mg.randperm(len(order)).tolist():
            yield joined([self.texts[j] for j in order[i].tolist()])


def joined(texts: list[mg.Tensor]) -> tuple[mg.Tensor, mg.Tensor]:
    inputs = nn.utils.rnn.pad_sequence([F.pad(text, (1, 0), value=END) for text in texts], batch_first=True, padding_value=END)
    targets = nn.utils.rnn.pad_sequence([F.pad(text, (0, 1), value=END) for text in texts], batch_first=True, padding_value=NOTHING)
    return inputs, targets


class Writer(nn.Module):
    """Scores of the next token (N, T, tokens), and the state of the recurrent layers."""

    def __init__(self, tokens: int, width: int) -> None:
        super().__init__()
        self.token = nn.Embedding(tokens, 32)
        self.rnn = nn.GRU(32, width, num_layers=2, dropout=0.2, batch_first=True)
        self.score = nn.Sequential(nn.Dropout(0.2), nn.Linear(width, tokens))

    def read(self, numbers: mg.Tensor, state=None):
        seen, state = self.rnn(self.token(numbers), state)
        return self.score(seen), state

    def forward(self, numbers: mg.Tensor) -> mg.Tensor:
        return self.read(numbers)[0]

    @mg.no_grad()
    def write(self, count: int, temperature: float = 1.0) -> list[np.ndarray]:
        """Molecules as numbers, all at once. A low temperature keeps to what is likely."""
        self.eval()
        column, state, columns = mg.zeros(count, 1, dtype=mg.int64), None, []
        for _ in range(LONGEST + 10):
            scores, state = self.read(column, state)
            column = mg.multinomial(F.softmax(scores[:, 0] / temperature, -1), 1)
            columns.append(column)
        return until_end(mg.cat(columns, 1).numpy())


def until_end(rows: np.ndarray) -> list[np.ndarray]:
    return [row[: np.argmax(row == END)] if (row == END).any() else row for row in rows]


def write_by_counting(model: NGram, count: int) -> list[np.ndarray]:
    written = np.full((count, model.order - 1), -1)
    for _ in range(LONGEST + 10):
        chances = mg.tensor(model.after(written[:, 1 - model.order :]))
        written = np.hstack([written, mg.multinomial(chances, 1).numpy()])
    return until_end(written[:, model.order - 1 :])


def bits(scores: mg.Tensor, targets: mg.Tensor) -> mg.Tensor:
    return F.cross_entropy(scores.flatten(0, 1), targets.flatten(), ignore_index=NOTHING) * BITS


class BitsPerToken(Mean):
    """Over all tokens, not over batches, which have more of them or fewer."""

    def update(self, scores: mg.Tensor, targets: mg.Tensor) -> None:
        super().update(bits(scores, targets).item(), weight=int((targets != NOTHING).sum()))


def identity(smiles: str) -> tuple[int, ...]:
    """What is the same for two strings of one molecule: its atoms by all that is four bonds around them."""
    atoms, bonds = smiles_graph(smiles)
    beside: list[list[int]] = [[] for _ in atoms]
    for a, b, _ in bonds.tolist():
        beside[a].append(b)
        beside[b].append(a)
    kinds = [zlib.crc32(f"{atom} {count}".encode()) for atom, count in zip(atoms, hydrogens(atoms, bonds))]
    for _ in range(4):
        kinds = [zlib.crc32(repr((kind, sorted(kinds[j] for j in near))).encode()) for kind, near in zip(kinds, beside)]
    return tuple(sorted(kinds))


def atoms_of(smiles: str) -> int:
    return len(smiles_graph(smiles)[0])


def rings_of(smiles: str) -> int:
    """A tree has one bond less than atoms; each bond more closes a ring."""
    atoms, bonds = smiles_graph(smiles)
    return len(bonds) - len(atoms) + 1


def shares(strings: list[str], known: set) -> tuple[dict[str, float], list[str]]:
    """How many are molecules, how many of these are new and of these different; and the new ones, each once."""
    valid = [s for s in strings if not smiles_problem(s)]
    new = [(identity(s), s) for s in valid]
    new = [(key, s) for key, s in new if key not in known]
    different = dict(new)
    counts = [len(strings), len(valid), len(new), len(different)]
    return {name: b / max(a, 1) for name, a, b in zip(("valid", "new", "different"), counts, counts[1:])}, list(different.values())


def main(run: Run) -> None:
    molecules = read(run)
    vocabulary = Vocabulary.build(molecules, specials=["."])
    texts = [vocabulary.encode(molecule) for molecule in molecules]
    train, test = ([texts[i] for i in part] for part in datasets.holdout(len(texts), share=0.1))
    epochs = run.pick(full=30, quick=2)
    model = Writer(len(vocabulary), run.pick(full=128, quick=8))
    batches, held_out = Batches(train, 64), [joined(test)]
    optimizer = optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
    history = run.fit(model, batches, bits, optimizer, epochs, max_norm=1.0, valid=held_out, metrics={"bits": BitsPerToken()})
    run.save(model)

    counting = NGram(6, len(vocabulary)).fit([F.pad(text, (0, 1), value=END) for text in train])
    surprise = -np.log2(counting.probabilities([F.pad(text, (0, 1), value=END) for text in test])).mean()
    strings = ["".join(vocabulary.decode(text)) for text in train]
    known = {identity(s) for s in strings}
    count = run.pick(full=2000, quick=30)
    spelt = lambda rows: [vocabulary.decode(row) for row in rows]  # noqa: E731
    ours, invented = shares(spelt(model.write(count)), known)
    theirs, _ = shares(spelt(write_by_counting(counting, count)), known)
    options = dict(baseline_name="six tokens, counted", percent=True)
    run.result("strings that are molecules", ours["valid"], baseline=theirs["valid"], floor=theirs["valid"], **options)
    run.result("of these, not among those it read", ours["new"], baseline=theirs["new"], **options)
    run.result("of these, different ones", ours["different"], baseline=theirs["different"], **options)
    told = evaluate(model, held_out, {"bits": BitsPerToken()})["bits"]
    run.result(
        "bits per token of molecules kept back",
        told,
        baseline=surprise,
        baseline_name="six tokens, counted",
        floor=surprise,
        better="lower",
    )
    run.note(molecules=f"{len(train):,} to learn from, {len(test)} to test", invented=invented[:20])

    figure, axes = viz.figure(3, 4, size=(16, 9.5))
    rows = [{"training": row["loss"], "kept back": row["valid bits"], "epoch": i} for i, row in enumerate(history, 1)]
    viz.curves(rows, title="Bits per token", ylabel="bits", ax=axes[0])
    axes[0].axhline(surprise, color="0.4", linestyle="--", label="six tokens, counted")
    axes[0].legend()
    heats = [0.6, 0.8, 1.0, 1.2]
    found = [shares(spelt(model.write(run.pick(full=400, quick=10), heat)), known)[0] for heat in heats]
    curves = {
        label: [share[name] for share in found]
        for name, label in (("valid", "molecules"), ("new", "new ones"), ("different", "different ones"))
    }
    viz.curves({**curves, "temperature": heats}, x="temperature", percent=True, title="Bold or careful", ylabel="share", ax=axes[1])
    real = [strings[i] for i in run.rng.permutation(len(strings))[: len(invented)]]
    sizes, rings = ([[f(s) for s in group] for group in (real, invented)] for f in (atoms_of, rings_of))
    for ax, counts, title in ((axes[2], sizes, "Atoms, without hydrogen"), (axes[3], rings, "Rings")):
        edges = np.arange(max(map(max, counts), default=0) + 2) - 0.5 if all(counts) else np.arange(3) - 0.5
        for values, name, color in zip(counts, ("read", "invented"), viz.COLORS):
            ax.hist(values, edges[:: 2 if len(edges) > 20 else 1], density=True, alpha=0.55, label=name, color=color)
        ax.set(title=title, ylabel="share of molecules")
        ax.legend()
    shown = sorted(invented[:200], key=lambda s: abs(atoms_of(s) - 16))[: len(axes) - 4]
    for ax, smiles in zip(axes[4:], shown):
        viz.molecule(*smiles_graph(smiles), title=smiles, ax=ax)
    for ax in axes[4 + len(shown) :]:
        ax.set_axis_off()
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
