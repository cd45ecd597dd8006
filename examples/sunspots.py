"""Next year's sunspots: a recurrent network beside a line, against the classic autoregression of eleven years.

The sun's spots come and go in about eleven years, high and low cycles follow each other without a rule, and there are only 220 years to
learn from. So the network is small and starts from the line: a straight line through the last eleven years plus what a GRU, which reads
the last 33, makes of them. Both are fitted together, on square roots, in which the error is the same for quiet and for busy years. Eight
such networks learn from the years up to 1919, each without one stretch of years, which tells it when to stop; their mean is the forecast.
Each year from 1920 on is forecast from the years before it. Most of what is gained over the classic comes from the square roots: the
same autoregression of roots, whose error `result.json` notes, is about as good as the network.

Sources: Yule, "On a method of investigating periodicities in disturbed series" (1927), for the autoregression; Lai, Chang, Yang & Liu,
arXiv:1703.07015, for a network beside a line.
"""

import numpy as np

import minigrad as mg
from minigrad import datasets, nn, optim, viz
from minigrad.metrics import mean_absolute_error
from minigrad.nn import functional as F
from minigrad.train import EarlyStopping, Run, fit, predict

MEMORY, ORDER, FIRST_TEST = 33, 11, 1920
SCALE, SHIFT = 3.0, 6.5  # of square roots of the numbers up to 1919: about their deviation and mean


class LineAndNetwork(nn.Module):
    """(N, 33) years to the next one, (N,)."""

    def __init__(self, width: int = 12) -> None:
        super().__init__()
        self.line = nn.Linear(ORDER, 1)
        self.gru = nn.GRU(1, width, batch_first=True)
        self.out = nn.Linear(width, 1)
        nn.init.zeros_(self.out.weight)  # at first there is the line only

    def forward(self, years: mg.Tensor) -> mg.Tensor:
        seen, _ = self.gru(years[:, :, None])
        return (self.line(years[:, -ORDER:]) + self.out(seen[:, -1]))[:, 0]


def least_squares(windows: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The weights of the autoregression, the last one the constant."""
    return np.linalg.lstsq(np.column_stack([windows[:, -ORDER:], np.ones(len(windows))]), targets, rcond=None)[0]


def follow(windows: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return windows[:, -ORDER:] @ weights[:-1] + weights[-1]


def main(run: Run) -> None:
    series = datasets.sunspots(data_dir=run.data, synthetic=run.quick)
    spots = series.values[:, 0].astype(np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(spots, MEMORY)[:-1]
    targets = spots[MEMORY:]
    past = series.time[MEMORY:] < FIRST_TEST
    now = ~past

    def scaled(x: np.ndarray) -> mg.Tensor:
        return mg.tensor(((np.sqrt(x) - SHIFT) / SCALE).astype(np.float32))

    x, y = scaled(windows), scaled(targets)
    members, epochs = run.pick(full=8, quick=2), run.pick(full=150, quick=2)
    blocks = np.array_split(np.flatnonzero(past), members)
    forecasts = []
    for member, kept_back in enumerate(blocks):
        rows = np.setdiff1d(np.flatnonzero(past), kept_back)
        model = LineAndNetwork()
        line = least_squares(x[rows].numpy(), y[rows].numpy())
        with mg.no_grad():
            model.line.weight.copy_(mg.tensor(line[None, :-1]))
            model.line.bias.copy_(mg.tensor(line[-1:]))
        optimizer = optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.02)
        stop = EarlyStopping("valid loss", "min", patience=25, model=model)
        loop = run.loop(
            epochs, f"member-{member + 1}", unit=f"member {member + 1}: epoch", every=25, callbacks=[stop], model=model, optimizer=optimizer
        )
        everything = [(x[rows][i::6], y[rows][i::6]) for i in range(6)]
        fit(model, everything, F.mse_loss, optimizer, loop, max_norm=1.0, valid=[(x[kept_back], y[kept_back])])
        run.save(model, f"weights-{member + 1}")
        forecasts.append(predict(model, x[now]).numpy())
    guess = (np.mean(forecasts, 0) * SCALE + SHIFT) ** 2

    line = follow(windows[now], least_squares(windows[past], targets[past]))
    autoregression = mean_absolute_error(line, targets[now])
    error = mean_absolute_error(guess, targets[now])
    run.result("mean absolute error", error, baseline=autoregression, baseline_name="AR(11)", floor=autoregression, better="lower")
    roots = (follow(np.sqrt(windows[now]), least_squares(np.sqrt(windows[past]), np.sqrt(targets[past])))) ** 2
    run.note(
        persistence=mean_absolute_error(windows[now][:, -1], targets[now]), autoregression_of_roots=mean_absolute_error(roots, targets[now])
    )

    figure, (ax,) = viz.figure(size=(11, 4.2))
    begin = len(spots) - 130
    viz.forecast(
        spots[begin:], {"network beside a line": guess, "AR(11)": line}, x=series.time[begin:], xlabel="year", ylabel="sunspots",
        title=f"Each year from {FIRST_TEST} on, forecast from the years before", ax=ax,
    )  # fmt: skip
    ax.axvline(FIRST_TEST, color="0.6", linewidth=0.8)
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
