"""Finding the few web pages that deceive among many honest ones, where accuracy tells nothing: precision and recall.

First with the data as it is, where nearly half of the pages deceive. Then as it would be in earnest: all but one in fifteen of them is
taken away from training and test, so that one page in twenty-five deceives, and who always says "honest" is right in 96 of 100. A ROC
curve hardly changes; how many alarms are false does. So few pages are left that each draw of them is luck: what is told is of the pages
of several draws together.

How much a network can add to logistic regression depends on how many examples there are. So it begins as logistic regression, with a
network beside it that is silent at first, and how much it is held back (weight decay) is chosen by five inner folds of the pages to learn
from, by their log loss. From all pages it learns what no line knows; from some thirty that deceive there is little more to be learnt than
a line, and it is to notice that. Weights for the rare class, often recommended, made the order of the pages worse in the inner folds.

Data: Website Phishing of UCI, 1,250 pages.

Sources: Abdelhamid, Ayesh & Thabtah, "Phishing detection based associative classification data mining" (2014); Saito & Rehmsmeier, "The
precision-recall plot is more informative than the ROC plot when evaluating binary classifiers on imbalanced datasets" (2015).
"""

import numpy as np

import minigrad as mg
from minigrad import datasets, metrics, nn, optim, viz
from minigrad.nn import functional as F
from minigrad.train import Run, descend, logistic_regression

RARE = 1 / 15  # the share of pages that deceive which is kept
PARTS = 5
DECAYS, DECAY_OF_LINE = (3e-4, 1e-3, 2e-3, 5e-3), 1e-3


class Beside(nn.Module):
    """Logits of deceit, (N,), by a line and a network."""

    def __init__(self) -> None:
        super().__init__()
        self.line = nn.Linear(9, 1)
        self.network = nn.Sequential(nn.Linear(9, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 1))
        nn.init.zeros_(self.network[-1].weight)
        nn.init.zeros_(self.network[-1].bias)

    def forward(self, x: mg.Tensor) -> mg.Tensor:
        return (self.line(x) + self.network(x))[:, 0]


def train(line: nn.Linear, x: mg.Tensor, y: mg.Tensor, decay: float, steps: int) -> Beside:
    """All rows at every step, from logistic regression on."""
    model = Beside()
    with mg.no_grad():
        model.line.weight.copy_(line.weight[1:] - line.weight[:1])
        model.line.bias.copy_(line.bias[1:] - line.bias[:1])
    groups = [{"params": model.line.parameters(), "weight_decay": DECAY_OF_LINE}]
    optimizer = optim.Adam([*groups, {"params": model.network.parameters(), "weight_decay": decay}], lr=1e-2)
    truth = y.float()
    descend(lambda: F.binary_cross_entropy_with_logits(model(x), truth), optimizer, steps)
    return model.eval()


@mg.no_grad()
def together(models: list[Beside], x: mg.Tensor) -> np.ndarray:
    """The mean of the models' logits."""
    return np.mean([model(x).numpy() for model in models], 0)


def logistic(x: mg.Tensor, y: mg.Tensor) -> nn.Linear:
    return logistic_regression(x, y, l2=DECAY_OF_LINE)


def choose(x: mg.Tensor, y: mg.Tensor, steps: int, members: int) -> float:
    """The decay whose networks are least surprised by rows that they have not learnt from."""
    unseen = np.zeros((len(DECAYS), len(y)))
    for some, others in datasets.folds(y.numpy(), PARTS):
        line = logistic(x[some], y[some])
        for row, decay in zip(unseen, DECAYS):
            row[others] = together([train(line, x[some], y[some], decay, steps) for _ in range(members)], x[others])
    return DECAYS[int(np.argmin([metrics.log_loss(1 / (1 + np.exp(-row)), y.numpy()) for row in unseen]))]


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
    decays = np.zeros((len(worlds), PARTS))
    steps, members = run.pick(full=(200, 5), quick=(2, 1))
    models = nn.ModuleList([Beside() for _ in range(members)])  # those of the last part
    loop = run.loop(len(jobs), unit="part", every=5, scores=scores, simple=simple, decays=decays, models=models)
    for i in loop:
        world, rest, test = jobs[i]
        rest, test = worlds[world][rest], worlds[world][test]
        x, y, asked = mg.tensor(table.x[rest]), mg.tensor(table.y[rest]), mg.tensor(table.x[test])
        decay = decays[world, i % PARTS] = choose(x, y, steps, run.pick(full=2, quick=1))
        line = logistic(x, y)
        for model in models:
            model.load_state_dict(train(line, x, y, decay, steps).state_dict())
        models.eval()
        scores[world, test] = together(models, asked)
        simple[world, test] = line(asked).softmax(1)[:, 1].numpy()
        loop.log(decay=decay)
    run.save(models)

    def few(array: np.ndarray) -> np.ndarray:
        return np.concatenate([row[rows] for row, rows in zip(np.broadcast_to(array, scores.shape)[1:], worlds[1:])])

    common = {"baseline_name": "logistic regression"}
    labels = few(table.y)
    run.note(honest=int((table.y == 0).sum()), deceiving=int(table.y.sum()), deceiving_when_rare=int(table.y[worlds[1]].sum()))
    run.note(decays_all_pages=decays[0].tolist(), decay_when_rare=float(np.median(decays[1:])))
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
