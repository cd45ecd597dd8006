"""A graph network predicts from the structure of a molecule how well it dissolves in water.

A molecule is a graph: atoms, and the bonds between them. Each atom begins with what it is (its element, bonds, hydrogen, charge), then
atoms send messages along bonds, which depend on the sender and on the kind of bond, add up what arrives, and change. After four rounds an
atom knows its surroundings four bonds far. Sum and mean over all atoms give the solubility. Integrated gradients share it out among the
atoms again, and show which parts of a molecule draw it into water and which keep it out: nobody told the network that oxygen does the one
and chlorine the other. Molecules of a batch are one large graph of many parts. Five networks are averaged. The model to beat weighs how
many atoms of each element there are.

Data: RDKit's solubility set, 1,025 molecules to learn from, 257 to test on.

Sources: Gilmer et al., "Neural message passing for quantum chemistry" (2017); Sundararajan, Taly & Yan, "Axiomatic
attribution for deep networks" (2017).
"""

from typing import NamedTuple

import numpy as np

import minigrad as mg
from minigrad import datasets, explain, nn, optim, viz
from minigrad.metrics import r2_score, root_mean_squared_error
from minigrad.nn import functional as F
from minigrad.train import Averaging, Run, fit
from minigrad.utils.data import DataLoader

ELEMENTS = len(datasets.ELEMENTS)
KINDS = 4  # of bonds: single, double, triple; alternating in a ring, where it is by chance which are drawn double


class Graph(NamedTuple):
    """One molecule or several. Bonds are here twice, once in each direction."""

    atoms: mg.Tensor  # (A, features)
    bonds: mg.Tensor  # (B, features)
    start: mg.Tensor  # (B,), of each bond
    end: mg.Tensor  # (B,)
    owner: mg.Tensor  # (A,): the molecule of each atom
    molecules: int


def one_hot(numbers: np.ndarray, count: int) -> np.ndarray:
    return np.eye(count, dtype=np.float32)[np.clip(numbers, 0, count - 1)]


def arrays(molecule: datasets.Molecule) -> tuple[np.ndarray, ...]:
    """Features of atoms and of bonds, and the ends of bonds."""
    count, bonds, ring = len(molecule.atoms), molecule.bonds, molecule.in_rings
    ends = np.concatenate([bonds[:, :2], bonds[:, 1::-1]])
    orders, ring = np.tile(bonds[:, 2], 2), np.tile(ring, 2)
    degree = np.bincount(ends[:, 0], minlength=count)
    in_ring = np.bincount(ends[:, 0], ring, count) > 0
    double = np.bincount(ends[:, 0], ring & (orders > 1), count) > 0  # within a ring
    kinds = np.where(ring & double[ends].all(1), KINDS - 1, orders - 1)
    atoms = [one_hot(molecule.atoms, ELEMENTS), one_hot(degree, 5), one_hot(molecule.hydrogens, 5)]
    atoms += [np.column_stack([in_ring, double, molecule.charges]).astype(np.float32)]
    return np.hstack(atoms), np.hstack([one_hot(kinds, KINDS), ring[:, None].astype(np.float32)]), ends


def joined(examples: list) -> tuple[Graph, mg.Tensor]:
    """Molecules as one graph, and their targets."""
    (atoms, bonds, ends), targets = zip(*(parts for parts, _ in examples)), [target for _, target in examples]
    sizes = [len(a) for a in atoms]
    first = np.cumsum([0, *sizes[:-1]])
    start, end = np.concatenate([e + place for e, place in zip(ends, first)]).T
    owner = np.repeat(np.arange(len(sizes)), sizes)
    tensors = [mg.tensor(np.ascontiguousarray(a)) for a in (np.concatenate(atoms), np.concatenate(bonds), start, end, owner)]
    return Graph(*tensors, len(sizes)), mg.tensor(targets, dtype=mg.float32)


class Messages(nn.Module):
    """One round: what neighbours send is added up, and each atom changes."""

    def __init__(self, width: int, bond_features: int, dropout: float) -> None:
        super().__init__()
        self.send, self.along = nn.Linear(width, width), nn.Linear(bond_features, width, bias=False)
        self.change = nn.Sequential(nn.Linear(2 * width, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, width))
        self.norm = nn.LayerNorm(width)

    def forward(self, atoms: mg.Tensor, graph: Graph) -> mg.Tensor:
        seen = self.norm(atoms)
        sent = F.relu(self.send(seen)[graph.start] + self.along(graph.bonds))
        arrived = mg.zeros_like(seen).index_add(0, graph.end, sent)
        return atoms + self.change(mg.cat([seen, arrived], 1))


class Network(nn.Module):
    """A graph to a number for each molecule, in deviations of the targets from their mean."""

    def __init__(self, atom_features: int, bond_features: int, width: int, rounds: int = 4, dropout: float = 0.1) -> None:
        super().__init__()
        self.begin = nn.Linear(atom_features, width)
        self.rounds = nn.ModuleList([Messages(width, bond_features, dropout) for _ in range(rounds)])
        self.norm = nn.LayerNorm(width)
        self.end = nn.Sequential(nn.Linear(2 * width, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, 1))

    def atoms(self, graph: Graph) -> mg.Tensor:
        """What each atom knows in the end, (A, width)."""
        atoms = self.begin(graph.atoms)
        for messages in self.rounds:
            atoms = messages(atoms, graph)
        return self.norm(atoms)

    def read(self, atoms: mg.Tensor, graph: Graph) -> mg.Tensor:
        """The answer for each molecule, from the sum over its atoms, which knows how large it is, and from their mean."""
        total = mg.zeros(graph.molecules, atoms.shape[1]).index_add(0, graph.owner, atoms)
        size = graph.owner.bincount(minlength=graph.molecules)[:, None].float()
        return self.end(mg.cat([total / 10, total / size], 1))[:, 0]

    def forward(self, graph: Graph) -> mg.Tensor:
        return self.read(self.atoms(graph), graph)


def answers(model: Network, graph: Graph) -> np.ndarray:
    with mg.no_grad():
        return model(graph).numpy()


def shares(model: Network, graph: Graph) -> np.ndarray:
    """What each atom adds to the answer for its molecule, (A,): integrated gradients from a molecule of which nothing is known."""
    with mg.no_grad():
        atoms = model.atoms(graph)
    return explain.integrated_gradients(lambda known: model.read(known, graph), atoms, steps=16).sum(1).numpy()


def loss(guess: mg.Tensor, target: mg.Tensor) -> mg.Tensor:
    return F.smooth_l1_loss(guess, target, beta=0.3)  # some measurements are far off, and squares would see nothing else


def learn(run: Run, member: int, train: list, test: list) -> tuple[nn.Module, list]:
    """A network, its weights averaged over the last steps, and a row for each epoch."""
    epochs = run.pick(full=60, quick=2)
    (atoms, bonds, _), _ = train[0]
    model = Network(atoms.shape[1], bonds.shape[1], width=run.pick(full=64, quick=16))
    averaging = Averaging(model, decay=0.99)
    batches = DataLoader(train, batch_size=32, shuffle=True, collate_fn=joined)
    optimizer = optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.02)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=2e-3, total_steps=epochs * len(batches))
    loop = run.loop(
        epochs, f"network-{member}", unit=f"network {member}: epoch", every=10, model=model, averaging=averaging, optimizer=optimizer, schedule=schedule
    )  # fmt: skip
    history = fit(
        model,
        batches,
        loss,
        optimizer,
        loop,
        schedule=schedule,
        max_norm=2.0,
        valid=[joined(test)],
        metrics={"RMSE": root_mean_squared_error},
        after_step=averaging.update,
    )
    return averaging.average, history


def atom_counts(molecules: list) -> np.ndarray:
    return np.array([[*np.bincount(m.atoms, minlength=ELEMENTS), m.hydrogens.sum(), 1] for m in molecules], np.float64)


def main(run: Run) -> None:
    train, test = (datasets.solubility(part, data_dir=run.data, synthetic=run.quick) for part in (True, False))
    known, truth = (np.array([m.target for m in part]) for part in (train, test))
    mean, deviation = known.mean(), known.std()
    examples = [[(arrays(m), (m.target - mean) / deviation) for m in part] for part in (train, test)]
    histories, models = [], []
    for member in range(1, run.pick(full=5, quick=2) + 1):
        model, history = learn(run, member, *examples)
        run.save(model, f"weights-{member}")
        models.append(model)
        histories.append(history)

    graph, _ = joined(examples[1])
    guesses = mean + deviation * np.array([answers(model, graph) for model in models])
    adds = deviation * np.mean([shares(model, graph) for model in models], 0)
    guess = guesses.mean(0)
    weights = np.linalg.lstsq(atom_counts(train), known, rcond=None)[0]
    simple = root_mean_squared_error(atom_counts(test) @ weights, truth)
    error = root_mean_squared_error(guess, truth)
    single = np.mean([root_mean_squared_error(g, truth) for g in guesses])
    options = dict(baseline=simple, baseline_name="atom counts", better="lower")
    run.result("RMSE of log10 mol/l, networks together", error, floor=0.6, **options)
    run.result("RMSE of one network, mean", single, **options)
    run.result("share of the variance explained", r2_score(guess, truth), percent=True)
    run.note(molecules=f"{len(train):,} to learn from, {len(test)} to test")
    run.figure(picture(test, guess, truth, adds, graph.owner.numpy(), [deviation * np.array(h["valid RMSE"]) for h in histories], simple))


def picture(test: list, guess: np.ndarray, truth: np.ndarray, adds: np.ndarray, owner: np.ndarray, errors: list, simple: float):
    figure, axes = viz.figure(2, 4, size=(16, 8))
    axes[0].plot(truth, guess, "o", markersize=4, alpha=0.5, color=viz.COLORS[0])
    ends = [min(truth.min(), guess.min()), max(truth.max(), guess.max())]
    axes[0].plot(ends, ends, color="0.4", linewidth=1)
    axes[0].set(title="Solubility of molecules never seen", xlabel="measured, log$_{10}$ mol/l", ylabel="predicted", aspect="equal")
    viz.curves({f"network {i}": error for i, error in enumerate(errors, 1)}, title="Error on the test part", ylabel="RMSE", ax=axes[1])
    axes[1].axhline(simple, color="0.4", linestyle="--", label="atom counts")
    axes[1].legend(fontsize=8)
    groups: dict[str, list[float]] = {}
    for label, value in zip([label for m in test for label in m.labels], adds):
        groups.setdefault(label, []).append(value)
    common = sorted(
        (label for label in groups if len(groups[label]) >= min(10, len(adds) // 20)), key=lambda label: np.median(groups[label])
    )
    marks = np.array([np.quantile(groups[label], [0.1, 0.25, 0.5, 0.75, 0.9]) for label in common]).T
    rows = np.arange(1, len(common) + 1)
    axes[2].hlines(rows, marks[0], marks[4], color=viz.COLORS[0], linewidth=1.5)
    axes[2].hlines(rows, marks[1], marks[3], color=viz.COLORS[0], linewidth=7)
    axes[2].plot(marks[2], rows, "o", color="white", markersize=4)
    axes[2].axvline(0, color="0.6", linewidth=1)
    axes[2].set_yticks(rows, common)
    axes[2].set(title="An atom adds: median, half, 4 of 5", xlabel="log$_{10}$ mol/l")
    sizes = np.array([len(m.atoms) for m in test])
    fit_for_print = np.flatnonzero((sizes >= min(12, np.median(sizes))) & (sizes <= 22))
    order = fit_for_print[np.argsort(truth[fit_for_print])]
    for place, i in zip(axes[3:], order[np.linspace(0, len(order) - 1, 5).astype(int)]):
        m = test[i]
        title = f"{m.name.replace('_', ' ')}\nmeasured {truth[i]:.1f}, predicted {guess[i]:.1f}"
        viz.molecule(m.labels, m.bonds, adds[owner == i], limit=0.6, title=title, ax=place)
    figure.supxlabel("Molecules: blue atoms keep it out of water, red ones draw it in; the full colour is a factor of four", fontsize=11)
    return figure


if __name__ == "__main__":
    Run.start(main)
