"""A crowd of small networks judges who will pay a credit back, and decides by what mistakes cost.

Of a thousand customers 300 did not pay. With so few rows one network learns much by heart; of twenty that each see another draw of the
rows (bagging), the mean knows better. All twenty learn at once: their weights are one tensor, and a layer is one batched
product. Who compiled the data also says what mistakes cost: a bad credit given is five times as dear as a good one refused. So the
bank should refuse where the chance of loss is above one in six, and cost is what counts in the end.

Data: German credit, 1,000 customers (Statlog).

Sources: Hofmann, "Statlog (German credit data)" (1994); Breiman, "Bagging predictors" (1996); Elkan, "The foundations of cost-sensitive
learning" (2001).
"""

import numpy as np

import minigrad as mg
from minigrad import datasets, metrics, nn, optim, transforms, viz
from minigrad.nn import functional as F
from minigrad.train import Run, descend, logistic_regression

GIVEN_BAD, REFUSED_GOOD = 5.0, 1.0  # what mistakes cost
REFUSE = REFUSED_GOOD / (REFUSED_GOOD + GIVEN_BAD)


class Crowd(nn.Module):
    """`members` networks with one hidden layer, side by side."""

    def __init__(self, members: int, inputs: int, hidden: int) -> None:
        super().__init__()
        self.first = nn.Parameter(mg.randn(members, inputs, hidden) / inputs**0.5)
        self.bias = nn.Parameter(mg.zeros(members, 1, hidden))
        self.second = nn.Parameter(mg.randn(members, hidden, 1) / hidden**0.5)
        self.last = nn.Parameter(mg.full((members, 1, 1), -0.8))  # about the logit of 30 %

    def forward(self, x: mg.Tensor) -> mg.Tensor:
        """Logits (members, N) of rows (N, inputs)."""
        hidden = F.dropout(mg.relu(x @ self.first + self.bias), 0.5, training=self.training)
        return (hidden @ self.second + self.last)[:, :, 0]


def train(run: Run, model: Crowd, x: mg.Tensor, y: mg.Tensor) -> float:
    """Each member learns from rows drawn with replacement; all of them at every step."""
    members, count, steps = len(model.first), len(y), run.pick(full=150, quick=5)
    drawn = mg.randint(0, count, (members, count))
    times = mg.stack([row.bincount(minlength=count) for row in drawn]).float()
    optimizer = optim.AdamW(model.parameters(), lr=5e-3, weight_decay=0.3)

    def loss() -> mg.Tensor:
        losses = F.binary_cross_entropy_with_logits(model(x), y.expand(members, -1), reduction="none")
        return (losses * times).mean(1).sum()  # a sum over members, none of which knows of the others

    model.train()
    last = descend(loss, optimizer, steps)
    model.eval()
    return last / members


def cost(chance: np.ndarray, bad: np.ndarray, refuse: float = REFUSE) -> float:
    """Mean cost of a customer, where credit is refused to those whose chance of not paying is `refuse` or more."""
    refused = chance >= refuse
    return float(np.where(refused, (1 - bad) * REFUSED_GOOD, bad * GIVEN_BAD).mean())


def main(run: Run) -> None:
    table = datasets.german_credit(data_dir=run.data, synthetic=run.quick)
    parts = datasets.folds(table.y)
    models = nn.ModuleList([Crowd(run.pick(full=20, quick=3), table.x.shape[1], 16) for _ in parts])
    chance, simple = np.zeros(len(table)), np.zeros(len(table))
    loop = run.loop(len(parts), unit="part", models=models, chance=chance, simple=simple)
    for i in loop:
        rest, test = parts[i]
        scale = transforms.Standardize().fit(mg.tensor(table.x[rest]))
        x, y = scale(mg.tensor(table.x[rest])), mg.tensor(table.y[rest])
        loop.log(loss=train(run, models[i], x, y.float()))
        asked = scale(mg.tensor(table.x[test]))
        with mg.no_grad():
            chance[test] = mg.sigmoid(models[i](asked)).mean(0).numpy()
            simple[test] = logistic_regression(x, y, l2=1e-2)(asked).softmax(1)[:, 1].numpy()
    run.save(models)

    for name, metric, options in (
        ("accuracy, five-fold", metrics.accuracy, {"floor": 0.753, "percent": True}),
        ("area under the ROC curve", metrics.auroc, {}),
        ("cost of a customer", cost, {"better": "lower"}),
    ):
        run.result(name, metric(chance, table.y), baseline=metric(simple, table.y), baseline_name="logistic regression", **options)

    figure, (left, middle, right) = viz.figure(1, 3, size=(15, 4.8))
    judges = {"crowd of networks": chance, "logistic regression": simple}
    viz.roc(judges, table.y, title="Who does not pay: found, and wrongly refused", ax=left)
    viz.calibration(judges, table.y, title="Are the chances right?", ax=middle)
    thresholds = np.linspace(0, 1, 101)
    for i, (name, chances) in enumerate(judges.items()):
        right.plot(thresholds, [cost(chances, table.y, t) for t in thresholds], color=viz.COLORS[i], label=name)
    right.axvline(REFUSE, color="0.5", ls=":", label="one in six")
    right.set(xlabel="credit is refused from this chance of loss on", ylabel="cost of a customer", title="What mistakes cost")
    right.legend()
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
