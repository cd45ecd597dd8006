"""An autoencoder that has seen only normal readings of the space shuttle's sensors raises the alarm at those that are not.

Nine numbers are squeezed through four and restored. The network learns it on normal rows alone, so what it restores badly is
unlike anything it has seen: the error of restoration is the alarm. It never sees an anomaly, nor is told what one would be like. The
simple method it is compared with takes normal rows for a normal distribution, and gives the alarm by Mahalanobis' distance.

Data: nine sensors of the space shuttle, 49,097 readings (Statlog).

Source: Hawkins, He, Williams & Baxter, "Outlier detection using replicator neural networks" (2002).
"""

import numpy as np

import minigrad as mg
from minigrad import datasets, metrics, nn, optim, transforms, viz
from minigrad.nn import functional as F
from minigrad.train import EarlyStopping, Run, predict
from minigrad.utils.data import DataLoader, TensorDataset


def mahalanobis(normal: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The squared distance of rows from the mean of normal ones, by their covariance."""
    away = rows - normal.mean(0)
    return (away @ np.linalg.pinv(np.cov(normal, rowvar=False)) * away).sum(1)


def main(run: Run) -> None:
    table = datasets.shuttle(data_dir=run.data, synthetic=run.quick)
    train, test = (table.rows(index) for index in datasets.holdout(len(table)))
    normal = train.x[train.y == 0]
    scale = transforms.Standardize().fit(mg.tensor(normal))

    def squash(rows: np.ndarray) -> mg.Tensor:
        return mg.asinh(scale(mg.tensor(rows)))  # readings far out are pulled in, so that a few of them do not rule

    count = len(normal) * 9 // 10  # the rest tells when to stop
    fitted, rest = squash(normal)[:count], squash(normal)[count:]

    model = nn.Sequential(nn.Linear(9, 32), nn.Tanh(), nn.Linear(32, 4), nn.Tanh(), nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 9))
    epochs = run.pick(full=40, quick=2)
    batches = DataLoader(TensorDataset(fitted, fitted), batch_size=256, shuffle=True)
    optimizer = optim.Adam(model.parameters(), lr=1e-2)
    best = EarlyStopping("valid loss", "min", patience=epochs, model=model)
    run.fit(model, batches, F.mse_loss, optimizer, epochs, callbacks=[best], valid=[(rest, rest)])
    run.save(model)

    readings = squash(test.x)
    error = (predict(model, readings) - readings).square().mean(1).numpy()
    simple = mahalanobis(normal, test.x)
    run.result(
        "area under the ROC curve",
        metrics.auroc(error, test.y),
        baseline=metrics.auroc(simple, test.y),
        baseline_name="Mahalanobis",
        floor=0.997,
    )
    precision = [metrics.average_precision(score, test.y) for score in (error, simple)]
    run.result("average precision", precision[0], baseline=precision[1], baseline_name="Mahalanobis")

    figure, (left, middle, right) = viz.figure(1, 3, size=(16, 4.6))
    bins = np.geomspace(max(error.min(), 1e-7), error.max(), 60)
    for kind, name in enumerate(("normal", "anomaly")):
        left.hist(error[test.y == kind], bins, alpha=0.6, label=name, color=viz.COLORS[kind])
    left.set(xscale="log", yscale="log", xlabel="error of restoration", ylabel="rows", title="How badly rows are restored")
    left.legend()
    viz.roc({"autoencoder": error, "Mahalanobis": simple}, test.y, title="Alarms: found, and false", ax=middle)
    viz.precision_recall({"autoencoder": error, "Mahalanobis": simple}, test.y, title="Alarms: right, and found", ax=right)
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
