"""Small networks tell malignant from benign cells, and how sure they are: probabilities that can be believed.

Each of 569 samples is 30 measures of cell nuclei. They are cut into five parts, each of which is tested on once. With so few samples a
network must be held back, and how much (weight decay) is itself learnt, from the other four parts: these are cut into five again, and
the decay is taken whose networks are least surprised by the fifth they have not seen. Networks that are held back are too modest in what
they say; one number, the temperature, by which all logits are divided, can mend that. It is fitted to the same unseen rows, and kept if
it makes those of one fifth less surprising that were not there when it was fitted. Then five networks learn from all four parts, and the
mean of their logits is the diagnosis. Logistic regression, which is such a network without a hidden layer, has its decay chosen likewise.

Data: Wisconsin Diagnostic Breast Cancer, 569 samples.

Sources: Street, Wolberg & Mangasarian, "Nuclear feature extraction for breast tumor diagnosis" (1993); Guo, Pleiss, Sun & Weinberger, "On
calibration of modern neural networks" (2017).
"""

import numpy as np

import minigrad as mg
from minigrad import datasets, metrics, nn, optim, transforms, viz
from minigrad.nn import functional as F
from minigrad.train import Run, descend, logistic_regression

PARTS = 5
MEMBERS = 5  # networks that are asked together
DECAYS = (0.002, 0.006, 0.012, 0.024)


def network() -> nn.Sequential:
    return nn.Sequential(nn.Linear(30, 32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, 1))


def train(model: nn.Module, x: mg.Tensor, y: np.ndarray, decay: float, steps: int) -> nn.Module:
    """All rows at every step."""
    optimizer = optim.Adam(model.parameters(), lr=1e-2, weight_decay=decay)
    truth = mg.tensor(y).float()
    model.train()
    descend(lambda: F.binary_cross_entropy_with_logits(model(x)[:, 0], truth), optimizer, steps)
    return model.eval()


@mg.no_grad()
def together(models, x: mg.Tensor) -> np.ndarray:
    """The mean of the models' logits."""
    return np.mean([model(x)[:, 0].double().numpy() for model in models], 0)


def line(x: mg.Tensor, y: np.ndarray, decay: float, asked: mg.Tensor) -> np.ndarray:
    """Logits by logistic regression."""
    scores = logistic_regression(x, mg.tensor(y), l2=decay)(asked).double().numpy()
    return scores[:, 1] - scores[:, 0]


def surprise(logits: np.ndarray, y: np.ndarray) -> float:
    return metrics.log_loss(probability(logits), y)


def probability(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits))


def temperature(logits: np.ndarray, y: np.ndarray) -> float:
    """What to divide logits by, so that their probabilities surprise least."""
    candidates = np.geomspace(0.2, 5, 200)
    return candidates[np.argmin([surprise(logits / t, y) for t in candidates])]


def cooled(logits: np.ndarray, y: np.ndarray, inner: list) -> np.ndarray:
    """The logits of each inner part, divided by the temperature that is best for the others."""
    out = logits.copy()
    for others, part in inner:
        out[part] /= temperature(logits[others], y[others])
    return out


def choose(logits: np.ndarray, y: np.ndarray, inner: list) -> tuple[int, float]:
    """Which decay and which temperature, 1 for none, surprise least on rows that neither was fitted to. logits: (decays, rows)."""
    plain, mended = np.array([[surprise(row, y), surprise(cooled(row, y, inner), y)] for row in logits]).T
    k = int(np.minimum(plain, mended).argmin())
    return k, temperature(logits[k], y) if mended[k] < plain[k] else 1.0


def main(run: Run) -> None:
    table = datasets.breast_cancer(data_dir=run.data, synthetic=run.quick)
    steps, members, decays = run.pick(full=200, quick=3), run.pick(full=MEMBERS, quick=1), run.pick(full=DECAYS, quick=DECAYS[:2])
    outer = datasets.folds(table.y, PARTS)
    inner = [datasets.folds(table.y[rest], PARTS) for rest, _ in outer]
    x = []  # for each test part all rows, by the scale of the others
    for rest, _ in outer:
        scale = transforms.Standardize().fit(mg.tensor(table.x[rest]))
        x.append(scale(mg.tensor(table.x)))

    # For each test part and decay the logits of all other rows, by networks and by lines that have not learnt from them.
    unseen, straight = np.zeros((2, PARTS, len(decays), len(table)))
    choices = [(part, k) for part in range(PARTS) for k in range(len(decays))]
    for i in (loop := run.loop(len(choices), "choice", unit="choice", every=5, unseen=unseen, straight=straight)):
        part, k = choices[i]
        rest = outer[part][0]
        for some, others in inner[part]:
            some, others = rest[some], rest[others]
            models = [train(network(), x[part][some], table.y[some], decays[k], steps) for _ in range(members)]
            unseen[part, k, others] = together(models, x[part][others])
            straight[part, k, others] = line(x[part][some], table.y[some], decays[k], x[part][others])
        loop.log(surprise=surprise(unseen[part, k, rest], table.y[rest]))

    chosen = [choose(unseen[part][:, rest], table.y[rest], inner[part]) for part, (rest, _) in enumerate(outer)]
    models = nn.ModuleList([network() for _ in range(PARTS * members)])
    for i in (loop := run.loop(len(models), "test", unit="network", every=5, models=models)):
        rest, _ = outer[i // members]
        train(models[i], x[i // members][rest], table.y[rest], decays[chosen[i // members][0]], steps)
        loop.log(decay=decays[chosen[i // members][0]])
    run.save(models)

    raw, sure, simple = np.zeros((3, len(table)))
    for part, (rest, test) in enumerate(outer):
        raw[test] = together(models[part * members : (part + 1) * members], x[part][test])
        sure[test] = raw[test] / chosen[part][1]
        k = np.argmin([surprise(row, table.y[rest]) for row in straight[part][:, rest]])
        simple[test] = line(x[part][rest], table.y[rest], decays[k], x[part][test])
    run.note(decays=[decays[k] for k, _ in chosen], temperatures=[round(t, 2) for _, t in chosen])

    chances = {"networks": probability(sure), "logistic regression": probability(simple)}
    for name, metric, options in (
        ("accuracy, five-fold", metrics.accuracy, {"floor": 0.975, "percent": True}),
        ("area under the ROC curve", metrics.auroc, {}),
        ("log loss", metrics.log_loss, {"better": "lower"}),
        ("calibration error", lambda p, y: metrics.calibration_error(p, y, n_bins=10), {"better": "lower", "percent": True}),
    ):
        found, baseline = (metric(p, table.y) for p in chances.values())
        run.result(name, found, baseline=baseline, baseline_name="logistic regression", **options)

    figure, (left, middle, right) = viz.figure(1, 3, size=(15, 4.8))
    viz.roc(chances, table.y, title="Malignant: found, and false alarms", ax=left)
    viz.calibration({**chances, "networks, no temperature": probability(raw)}, table.y, title="Are the chances right?", ax=middle)
    viz.confusion_matrix(chances["networks"] > 0.5, table.y, labels=table.classes, title="Diagnoses of the networks", ax=right)
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
