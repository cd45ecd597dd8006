"""Next year's sunspots: small networks beside a line, against the classic autoregression of eleven years.

The sun's spots come and go in about eleven years, high and low cycles follow each other without a rule, and there are only 220 years to
learn from. Two things are known to help. One is old: to forecast square roots, in which an error is the same for quiet and for busy
years; a straight line through the roots of eleven years is the method to beat. The other is not to replace that line, but to put a small
network beside it, which adds what no line can see: that cycles rise faster than they fall. Whether it is a recurrent network (GRU) or a
dense one, and how many of the last years it reads, is chosen on the years up to 1919, cut into eight stretches: each kind of network
learns eight times without one of them, and forecasts it. The mean of the best kind's networks forecasts each year from 1920 on from the
years before it. Reading fewer years than the line is better: with so few examples a network of eleven inputs learns them by heart.

Data: sunspots of each year, 1700 to 2008 (NOAA).

Sources: Yule, "On a method of investigating periodicities in disturbed series" (1927), for the autoregression; Lai, Chang, Yang & Liu,
arXiv:1703.07015, for a network beside a line.
"""

import numpy as np

import minigrad as mg
from minigrad import datasets, nn, optim, viz
from minigrad.metrics import mean_absolute_error
from minigrad.nn import functional as F
from minigrad.train import Run

ORDER, FIRST_TEST = 11, 1920
SCALE, SHIFT = 3.0, 6.5  # of square roots of the numbers up to 1919: about their deviation and mean
KINDS = [(cell, years) for cell in ("dense", "GRU") for years in (3, 5, 8, 11)]
STRETCHES, COPIES = 8, 3  # of training years; networks that learn without the same stretch


class Beside(nn.Module):
    """(N, 11) years to the next one, (N,): a line through all, and what a network makes of the last of them."""

    def __init__(self, cell: str, years: int) -> None:
        super().__init__()
        self.cell, self.years = cell, years
        self.line = nn.Linear(ORDER, 1)
        self.network = nn.GRU(1, 16, batch_first=True) if cell == "GRU" else nn.Sequential(nn.Linear(years, 16), nn.Tanh())
        self.out = nn.Linear(16, 1)
        nn.init.zeros_(self.out.weight)  # at first there is the line only

    def forward(self, years: mg.Tensor) -> mg.Tensor:
        last = years[:, -self.years :]
        seen = self.network(last[:, :, None])[0][:, -1] if self.cell == "GRU" else self.network(last)
        return (self.line(years) + self.out(seen))[:, 0]


def train(model: Beside, x: mg.Tensor, y: mg.Tensor, steps: int) -> float:
    """All years at every step, from the line of least squares on; errors count by their size, small ones by their square."""
    line = mg.tensor(least_squares(x.numpy(), y.numpy())).float()
    with mg.no_grad():
        model.line.weight.copy_(line[None, :-1])
        model.line.bias.copy_(line[-1:])
    optimizer = optim.Adam(model.parameters(), lr=1e-2, weight_decay=1e-3)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        loss = F.smooth_l1_loss(model(x), y, beta=0.3)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return loss.item()


def least_squares(windows: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The weights of the autoregression, the last one the constant."""
    return np.linalg.lstsq(np.column_stack([windows, np.ones(len(windows))]), targets, rcond=None)[0]


def follow(windows: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return windows @ weights[:-1] + weights[-1]


def scaled(spots: np.ndarray) -> mg.Tensor:
    return mg.tensor(((np.sqrt(spots) - SHIFT) / SCALE).astype(np.float32))


def spots_of(scaled: np.ndarray) -> np.ndarray:
    return (scaled * SCALE + SHIFT).clip(0) ** 2


def main(run: Run) -> None:
    series = datasets.sunspots(data_dir=run.data, synthetic=run.quick)
    spots = series.values[:, 0].astype(np.float64)
    windows, targets = np.lib.stride_tricks.sliding_window_view(spots, ORDER)[:-1], spots[ORDER:]
    past = series.time[ORDER:] < FIRST_TEST
    now = ~past
    x, y, asked = scaled(windows[past]), scaled(targets[past]), scaled(windows[now])

    kinds, copies = run.pick(full=KINDS, quick=KINDS[::4]), run.pick(full=COPIES, quick=1)
    stretches = np.array_split(np.arange(len(x)), STRETCHES)
    jobs = [(k, stretch) for k in range(len(kinds)) for stretch in stretches]
    models = nn.ModuleList([Beside(*kinds[k]) for k, _ in jobs for _ in range(copies)])
    unseen, forecasts = np.zeros((len(kinds), len(x))), np.zeros((len(kinds), int(now.sum())))
    for i in (loop := run.loop(len(jobs), unit="stretch", every=8, models=models, unseen=unseen, forecasts=forecasts)):
        k, stretch = jobs[i]
        rows = np.setdiff1d(np.arange(len(x)), stretch)
        for model in models[i * copies : (i + 1) * copies]:
            loss = train(model, x[rows], y[rows], run.pick(full=300, quick=3))
            with mg.no_grad():
                unseen[k, stretch] += model(x[stretch]).numpy() / copies
                forecasts[k] += model(asked).numpy() / (copies * STRETCHES)
        loop.log(loss=loss)
    run.save(models)

    errors = [mean_absolute_error(spots_of(row), targets[past]) for row in unseen]
    best = int(np.argmin(errors))
    guess = spots_of(forecasts[best])
    line = follow(windows[now], least_squares(windows[past], targets[past]))
    roots = spots_of(follow(asked.numpy(), least_squares(x.numpy(), y.numpy())))
    error, simple, classic = (mean_absolute_error(f, targets[now]) for f in (guess, roots, line))
    persistence = mean_absolute_error(windows[now][:, -1], targets[now])
    run.result("mean absolute error", error, baseline=simple, baseline_name="AR(11) of roots", floor=classic, better="lower")
    run.result("of AR(11), without roots", classic, baseline=persistence, baseline_name="as last year", better="lower")
    names = [f"{cell}, {years} years" for cell, years in kinds]
    run.note(chosen=names[best], on_training_years={name: round(e, 2) for name, e in zip(names, errors)})

    straight = np.concatenate([follow(x[s].numpy(), least_squares(*(np.delete(a.numpy(), s, 0) for a in (x, y)))) for s in stretches])
    figure, (left, right) = viz.figure(1, 2, size=(16, 4.4), widths=[2.6, 1])
    begin = len(spots) - 130
    viz.forecast(
        spots[begin:], {"network beside a line": guess, "AR(11) of roots": roots}, x=series.time[begin:], xlabel="year", ylabel="sunspots",
        title=f"Each year from {FIRST_TEST} on, forecast from the years before", ax=left,
    )  # fmt: skip
    left.axvline(FIRST_TEST, color="0.6", linewidth=0.8)
    right.barh(names, errors, color=[viz.COLORS[1 if k == best else 0] for k in range(len(names))])
    right.axvline(mean_absolute_error(spots_of(straight), targets[past]), color="0.3", linestyle="--")
    right.set(title="Years up to 1919 (dashed: AR(11) of roots)", xlabel="mean absolute error")
    right.invert_yaxis()
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
