"""How warm will tomorrow be? A recurrent network gives a number, and says how sure it is.

A GRU reads the last four weeks of Seattle's weather, day by day, and gives the middle and the width of a Laplace distribution of the
change from today's highest temperature to tomorrow's. The likelihood of that distribution is what it learns by, so the middle becomes the
median, which makes the mean absolute error small, and the width tells changeable days from steady ones: four of five highs should lie in
the band that is drawn. Three years are learnt from, the fourth is forecast, each day from those before. Weather holds little that one
station's past knows of tomorrow: the gain over "as today" and over ridge regression is small, as it must be.

Data: Seattle's weather, each day of 2012 to 2015 (NOAA).
"""

import numpy as np

import minigrad as mg
from minigrad import datasets, nn, optim, viz
from minigrad.metrics import mean_absolute_error
from minigrad.train import Averaging, Run, fit, predict
from minigrad.utils.data import DataLoader, TensorDataset

MEMORY, MEMBERS = 28, 4
FIRST_TEST = np.datetime64("2015-01-01")
BAND = np.log(5)  # widths to either side: a Laplace distribution has four fifths of its weight there


class Forecaster(nn.Module):
    """Days (N, 28, features) to the middle of tomorrow's change and the logarithm of its width, (N, 2)."""

    def __init__(self, features: int, width: int = 32) -> None:
        super().__init__()
        self.gru = nn.GRU(features, width, batch_first=True)
        self.out = nn.Sequential(nn.Dropout(0.2), nn.Linear(width, 2))

    def forward(self, days: mg.Tensor) -> mg.Tensor:
        return self.out(self.gru(days)[0][:, -1])


def laplace_loss(guess: mg.Tensor, change: mg.Tensor) -> mg.Tensor:
    """-log of the density of the change, but for a constant."""
    middle, log_width = guess.unbind(1)
    return ((change - middle).abs() / log_width.exp() + log_width).mean()


def features_of(series: datasets.Series) -> np.ndarray:
    """(days, 6): rain as a logarithm, highest and lowest temperature, wind, and the season as a point on a circle."""
    rain, high, low, wind = series.values.T.astype(np.float64)
    day = (series.time - series.time.astype("datetime64[Y]")).astype(int)
    angle = 2 * np.pi * day / 365.25
    return np.column_stack([np.log1p(rain), high, low, wind, np.sin(angle), np.cos(angle)])


def ridge(x: np.ndarray, y: np.ndarray, strength: float = 1.0) -> np.ndarray:
    """Weights for scaled features; the last column, of ones, is not held down."""
    hold = strength * np.eye(x.shape[1])
    hold[-1, -1] = 0
    return np.linalg.solve(x.T @ x + hold, x.T @ y)


def main(run: Run) -> None:
    series = datasets.weather(data_dir=run.data, synthetic=run.quick)
    features, high = features_of(series), series.values[:, 1].astype(np.float64)
    past = series.time[MEMORY:] < FIRST_TEST  # by the day that is forecast
    mean, std = (f(features[series.time < FIRST_TEST], 0) for f in (np.mean, np.std))
    days = (features - mean) / std
    windows = np.lib.stride_tricks.sliding_window_view(days, MEMORY, 0)[:-1].transpose(0, 2, 1)  # (N, 28, 6)
    today, tomorrow = high[MEMORY - 1 : -1], high[MEMORY:]
    x, change = mg.tensor(windows.astype(np.float32)), mg.tensor((tomorrow - today).astype(np.float32))

    rows = np.flatnonzero(past)[run.pick(full=0, quick=-200) :]
    batches = DataLoader(TensorDataset(x[rows], change[rows]), batch_size=64, shuffle=True)
    epochs, guesses = run.pick(full=40, quick=2), []
    for member in range(1, run.pick(full=MEMBERS, quick=1) + 1):
        model = Forecaster(x.shape[2])
        averaging = Averaging(model, decay=0.99)
        optimizer = optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.05)
        schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * len(batches))
        loop = run.loop(
            epochs, f"member-{member}", unit=f"member {member}: epoch", every=10, model=model, averaging=averaging, optimizer=optimizer, schedule=schedule
        )  # fmt: skip
        fit(model, batches, laplace_loss, optimizer, loop, schedule=schedule, max_norm=1.0, after_step=averaging.update)
        run.save(averaging.average, f"weights-{member}")
        guesses.append(predict(averaging.average, x[~past]).numpy())
    middle, log_width = np.mean(guesses, 0).T
    guess, width = today[~past] + middle, np.exp(log_width)

    flat = np.column_stack([windows[:, -7:].reshape(len(windows), -1), np.ones(len(windows))])
    line = today[~past] + flat[~past] @ ridge(flat[past], (tomorrow - today)[past])
    truth = tomorrow[~past]
    error, linear = (mean_absolute_error(g, truth) for g in (guess, line))
    inside = np.abs(truth - guess) <= BAND * width
    run.result("mean absolute error, Celsius", error, baseline=linear, baseline_name="ridge", floor=linear, better="lower")
    run.result("days inside the band of 80 %", inside.mean(), percent=True)
    run.note(persistence=mean_absolute_error(today[~past], truth))

    figure, (upper, lower) = viz.figure(2, 1, size=(11, 7))
    days_of = series.time[MEMORY:][~past]
    shown = slice(90, 210)
    band = guess[shown] - BAND * width[shown], guess[shown] + BAND * width[shown]
    viz.forecast(
        truth[shown],
        {"network": guess[shown]},
        x=days_of[shown],
        band=band,
        ylabel="highest temperature, °C",
        title="Tomorrow, told today, with the band that should hold 80 %",
        ax=upper,
    )
    order = np.argsort(width)
    parts = np.array_split(order, 8)
    lower.bar(range(8), [np.abs(truth - guess)[p].mean() for p in parts], color=viz.COLORS[0], label="error that was made")
    lower.plot(range(8), [width[p].mean() for p in parts], "o-", color=viz.COLORS[2], label="error that was expected")
    lower.set(
        title="It knows which days it does not know",
        xlabel="days, from the surest eighth to the least sure",
        ylabel="mean absolute error, °C",
        xticks=[],
    )
    lower.legend()
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
