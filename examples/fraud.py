"""Finding the few web pages that deceive among many honest ones, where accuracy tells nothing: precision and recall.

First with the data as it is, where nearly half of the pages deceive. Then as it would be in earnest: all but one in fifteen of them is
taken away from training and test, so that one page in twenty-five deceives, and who always says "honest" is right in 96 of 100. A ROC
curve hardly changes; how many alarms are false does. So few pages are left that each draw of them is luck: what is told is of the pages
of several draws together. The network counts a page that deceives as often as it is rarer (weighted loss).

Sources: Abdelhamid, Ayesh & Thabtah, "Phishing detection based associative classification data mining" (2014); Saito & Rehmsmeier, "The
precision-recall plot is more informative than the ROC plot when evaluating binary classifiers on imbalanced datasets" (2015).
"""

import numpy as np

import minigrad as mg
from minigrad import datasets, metrics, nn, optim, viz
from minigrad.nn import functional as F
from minigrad.train import Run, logistic_regression

RARE = 1 / 15  # the share of pages that deceive which is kept
PARTS = 5


def network() -> nn.Sequential:
    return nn.Sequential(nn.Linear(9, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 1))


def train(model: nn.Module, x: mg.Tensor, y: mg.Tensor, steps: int) -> float:
    """All rows at every step; both classes weigh the same."""
    optimizer = optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.05)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    weight = (len(y) - y.sum()) / y.sum()
    model.train()
    for _ in range(steps):
        loss = F.binary_cross_entropy_with_logits(model(x)[:, 0], y, pos_weight=weight)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    model.eval()
    return loss.item()


def draws(y: np.ndarray, count: int, seed: int) -> list[np.ndarray]:
    """All rows; then `count` times all honest ones, and a few of the others, each time others."""
    honest, deceiving = np.flatnonzero(y == 0), np.random.default_rng(seed).permutation(np.flatnonzero(y == 1))
    few = max(int(len(deceiving) * RARE), 2 * PARTS)
    return [np.arange(len(y))] + [np.concatenate([honest, deceiving[i * few : (i + 1) * few]]) for i in range(count)]


def main(run: Run) -> None:
    table = datasets.phishing(data_dir=run.data, synthetic=run.quick)
    worlds = draws(table.y, run.pick(full=10, quick=1), run.seed)
    jobs = [(w, *part) for w, rows in enumerate(worlds) for part in datasets.folds(table.y[rows], PARTS)]
    scores, simple = (np.full((len(worlds), len(table)), np.nan) for _ in range(2))
    model = network()
    loop = run.loop(len(jobs), unit="network", every=10, scores=scores, simple=simple, model=model)
    for i in loop:
        world, rest, test = jobs[i]
        rest, test = worlds[world][rest], worlds[world][test]
        x, y, asked = mg.tensor(table.x[rest]), mg.tensor(table.y[rest]), mg.tensor(table.x[test])
        for layer in model:
            if isinstance(layer, nn.Linear):
                layer.reset_parameters()
        loop.log(loss=train(model, x, y.float(), run.pick(full=200, quick=5)))
        with mg.no_grad():
            scores[world, test] = model(asked)[:, 0].numpy()
            simple[world, test] = logistic_regression(x, y)(asked).softmax(1)[:, 1].numpy()
    run.save(model)

    def few(array: np.ndarray) -> np.ndarray:
        return np.concatenate([row[rows] for row, rows in zip(np.broadcast_to(array, scores.shape)[1:], worlds[1:])])

    common = {"baseline_name": "logistic regression"}
    labels = few(table.y)
    run.note(honest=int((table.y == 0).sum()), deceiving=int(table.y.sum()), deceiving_when_rare=int(table.y[worlds[1]].sum()))
    run.result("ROC area, all pages", metrics.auroc(scores[0], table.y), baseline=metrics.auroc(simple[0], table.y), floor=0.964, **common)
    run.result("ROC area, deceit rare", metrics.auroc(few(scores), labels), baseline=metrics.auroc(few(simple), labels), **common)
    found, baseline = (metrics.average_precision(few(s), labels) for s in (scores, simple))
    run.result("average precision, deceit rare", found, baseline=baseline, **common)

    figure, (left, middle, right) = viz.figure(1, 3, size=(16, 4.8))
    viz.roc({"all pages": scores[0]}, table.y, title="All pages: found, and false alarms", ax=left)
    rare = {"network": few(scores), "logistic regression": few(simple)}
    viz.roc(rare, labels, title="Deceit is rare: it looks as good", ax=middle)
    viz.precision_recall(rare, labels, title="... but more alarms are false", ax=right)
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
