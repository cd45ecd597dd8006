"""Small networks tell malignant from benign cells, and how sure they are: probabilities that can be believed.

Each of 569 samples is 30 measures of cell nuclei. They are cut into five parts, each of which is tested on once. For each test part
five networks learn, each from four fifths of the rest; the fifth that a network has not seen tells how far its certainty can be trusted:
one number, the temperature, divides all logits so that the probabilities of those rows fit best. The five are then asked together. The
table compares them with logistic regression on the same parts.

Sources: Street, Wolberg & Mangasarian, "Nuclear feature extraction for breast tumor diagnosis" (1993); Guo, Pleiss, Sun & Weinberger, "On
calibration of modern neural networks" (2017).
"""

import numpy as np

import minigrad as mg
from minigrad import datasets, metrics, nn, optim, transforms, viz
from minigrad.nn import functional as F
from minigrad.train import Run, logistic_regression

PARTS = 5


def network() -> nn.Sequential:
    return nn.Sequential(nn.Linear(30, 32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, 1))


def logits_of(model: nn.Module, x: mg.Tensor) -> np.ndarray:
    model.eval()
    with mg.no_grad():
        return model(x)[:, 0].double().numpy()


def train(model: nn.Module, x: mg.Tensor, y: mg.Tensor, steps: int) -> float:
    """All rows at every step; the loss at the end."""
    optimizer = optim.AdamW(model.parameters(), lr=5e-3, weight_decay=0.1)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    model.train()
    for _ in range(steps):
        loss = F.binary_cross_entropy_with_logits(model(x)[:, 0], y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return loss.item()


def temperature(logits: np.ndarray, y: np.ndarray) -> float:
    """What to divide logits by, so that their probabilities have the least log loss."""
    candidates = np.geomspace(0.2, 5, 200)
    return candidates[np.argmin([metrics.log_loss(probability(logits / t), y) for t in candidates])]


def probability(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits))


def main(run: Run) -> None:
    table = datasets.breast_cancer(data_dir=run.data, synthetic=run.quick)
    outer = datasets.folds(table.y, PARTS)
    inner = [datasets.folds(table.y[rest], PARTS) for rest, _ in outer]
    scaled = []
    for rest, _ in outer:
        scale = transforms.Standardize().fit(mg.tensor(table.x[rest]))
        scaled.append(scale(mg.tensor(table.x)))

    models = nn.ModuleList([network() for _ in range(PARTS * PARTS)])
    for i in (loop := run.loop(len(models), unit="network", models=models)):
        part, member = divmod(i, PARTS)
        rows = outer[part][0][inner[part][member][0]]
        loop.log(loss=train(models[i], scaled[part][rows], mg.tensor(table.y[rows]).float(), run.pick(full=300, quick=5)))
    run.save(models)

    raw, sure, simple = (np.zeros(len(table)) for _ in range(3))
    for part, (rest, test) in enumerate(outer):
        x, members = scaled[part], models[part * PARTS : (part + 1) * PARTS]
        unseen = np.zeros(len(rest))  # logits of each row, by the network that did not learn from it
        for model, (_, left_out) in zip(members, inner[part]):
            unseen[left_out] = logits_of(model, x[rest[left_out]])
        raw[test] = np.mean([logits_of(model, x[test]) for model in members], 0)
        sure[test] = raw[test] / temperature(unseen, table.y[rest])
        scores = logistic_regression(x[rest], mg.tensor(table.y[rest]), l2=1e-2)(x[test]).numpy()
        simple[test] = scores[:, 1] - scores[:, 0]

    chances = {"networks": probability(sure), "logistic regression": probability(simple)}
    for name, metric, options in (
        ("accuracy, five-fold", metrics.accuracy, {"floor": 0.975, "percent": True}),
        ("area under the ROC curve", metrics.auroc, {}),
        ("log loss", metrics.log_loss, {"better": "lower"}),
    ):
        found, baseline = (metric(p, table.y) for p in chances.values())
        run.result(name, found, baseline=baseline, baseline_name="logistic regression", **options)
    error, before = (metrics.calibration_error(probability(logits), table.y, n_bins=10) for logits in (sure, raw))
    run.result("calibration error", error, baseline=before, baseline_name="without a temperature", better="lower", percent=True)

    figure, (left, middle, right) = viz.figure(1, 3, size=(15, 4.8))
    viz.roc(chances, table.y, title="Malignant: found, and false alarms", ax=left)
    viz.calibration(
        {"networks": chances["networks"], "without a temperature": probability(raw)}, table.y, title="Are the chances right?", ax=middle
    )
    viz.confusion_matrix(chances["networks"] > 0.5, table.y, labels=table.classes, title="Diagnoses of the networks", ax=right)
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
