"""Numbers over time: metrics of a training, a series with its prediction, and how values are distributed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad import nn
from minigrad.viz.style import COLORS, FAINT, INK, SMALL, array, axes_of, color, dress, figure_of, legend, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STEP_KEYS = ("epoch", "step", "iteration", "episode", "time", "seconds")  # what a row is about, or costs, not what it measures
MARKED = 40  # lines of at most so many points have markers


def columns(history: Any) -> dict[str, np.ndarray]:
    """The columns of rows of numbers, or of lists by name, as floats: NaN where a row has none. What is no number is left out."""
    if isinstance(history, Mapping):
        return {str(name): np.asarray(array(values), float) for name, values in history.items()}
    rows = list(history)
    names = dict.fromkeys(name for row in rows for name, value in row.items() if is_number(value))
    return {name: np.array([float(row[name]) if is_number(row.get(name)) else np.nan for row in rows]) for name in names}


def is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def curves(
    history: Iterable[Mapping[str, Any]] | Mapping[str, Any],
    keys: Sequence[str] | None = None,
    *,
    x: str | None = None,
    smooth: float = 0.0,
    log: bool = False,
    percent: bool = False,
    title: str | None = None,
    ylabel: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Lines of the columns `keys` of a history over its epochs.

    Args: history: rows as dicts, as a training loop appends them (a value may be missing), or lists by name. keys: which columns; None:
          all but the epoch, step and time. x: the column to draw over; None: epoch or step if there is one, else 1, 2, 3...
          smooth: weight of the past in a running mean, drawn over the faint raw line. log: logarithmic scale. percent: shares of 1.
    >>> mg.viz.curves([{"epoch": 1, "loss": 2.0}, {"epoch": 2, "loss": 1.0}]).axes[0].get_xlabel()
    'epoch'
    """
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    ax = axes_of(ax, (5.6, 3.8))
    data = columns(history)
    x = x or next((name for name in ("epoch", "step", "iteration", "episode") if name in data), None)
    shown = [name for name in data if name not in STEP_KEYS and name != x] if keys is None else list(keys)
    if missing := [name for name in [*shown, *([x] if x else [])] if name not in data]:
        raise KeyError(f"curves: no column {missing[0]!r}; there are {', '.join(data)}")
    for i, name in enumerate(shown):
        places = data[x] if x else np.arange(1, len(data[name]) + 1)
        there = np.isfinite(data[name])
        xs, ys = places[there], data[name][there]
        marker: dict[str, Any] = dict(marker="osD^vPX*<>"[i % 10], markersize=4) if len(xs) <= MARKED and not smooth else {}
        if smooth:
            ax.plot(xs, ys, color=color(i), alpha=0.25, linewidth=0.8)
        ax.plot(xs, running_mean(ys, smooth), color=color(i), linewidth=1.8, label=name.replace("_", " "), **marker)
    dress(ax, title, x or "epoch", ylabel if ylabel is not None else (shown[0].replace("_", " ") if len(shown) == 1 else None))
    whole = all(float(v).is_integer() for v in (data[x] if x else [])[:100])
    ax.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=whole))
    if log:
        ax.set_yscale("log")
    if percent:
        ax.yaxis.set_major_formatter(PercentFormatter(1))
    if len(shown) > 1:
        legend(ax)
    return figure_of(ax)


def running_mean(values: np.ndarray, smooth: float) -> np.ndarray:
    """Exponential running mean; the first values weigh as many as there are, so that it does not start at zero."""
    if not smooth:
        return values
    if not 0 < smooth < 1:
        raise ValueError(f"curves: smooth={smooth}, expected 0 <= smooth < 1")
    total = weight = 0.0
    means = np.empty(len(values))
    for i, value in enumerate(values):
        total, weight = smooth * total + value, smooth * weight + 1
        means[i] = total / weight
    return means


def training_curves(
    history: Iterable[Mapping[str, Any]] | Mapping[str, Any], *, x: str | None = None, title: str | None = None, ax: Axes | None = None
) -> Figure:
    """All metrics of a training, a panel for each kind: what ends in the same word ("loss", "val_loss") shares one.

    >>> rows = [{"epoch": 1, "loss": 2.0, "val_loss": 2.1, "val_accuracy": 0.4}, {"epoch": 2, "loss": 1.0, "val_loss": 1.4, "val_accuracy": 0.6}]
    >>> [ax.get_ylabel() for ax in mg.viz.training_curves(rows).axes]
    ['loss', 'accuracy']
    """
    data = columns(history)
    groups: dict[str, list[str]] = {}
    for name in data:
        if name not in STEP_KEYS and name != x:
            groups.setdefault(name.replace("_", " ").replace("/", " ").split()[-1], []).append(name)
    if not groups:
        raise ValueError("training_curves: the history has no metric")
    # Rows of two or three panels; the rest of the last row stays empty.
    across = min(len(groups), 3 if len(groups) not in (2, 4) else 2)
    down = -(-len(groups) // across)
    places = panels(ax, down, across, (4.6 * across, 3.5 * down))
    for (kind, names), place in zip(groups.items(), places):
        curves(data, names, x=x, ylabel=kind, ax=place)
    for place in places[len(groups) :]:
        place.set_axis_off()
    if title:
        places[0].figure.suptitle(title, fontsize=13, color=INK)
    return figure_of(places[0])


def forecast(
    observed: Any,
    predictions: Any,
    *,
    x: Any = None,
    start: int | None = None,
    band: tuple[Any, Any] | None = None,
    title: str | None = None,
    xlabel: str | None = None,
    ylabel: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """A time series and what was predicted of it.

    Args: observed (N,). predictions: an array (M,), or arrays by name. x (N or more,): the times; None: 0, 1, 2... start: the row of the
          first prediction; None: predictions end where the series ends. band: lower and upper limit of the first prediction.
    >>> figure = mg.viz.forecast([1.0, 2.0, 3.0, 4.0], {"network": [2.9, 4.2]})
    >>> figure.axes[0].lines[1].get_xdata().tolist()
    [2, 3]
    """
    ax = axes_of(ax, (8.0, 3.4))
    series = array(observed).reshape(-1)
    named = predictions if isinstance(predictions, Mapping) else {"prediction": predictions}
    ahead = {str(name): array(values).reshape(-1) for name, values in named.items()}
    begin = {name: len(series) - len(values) if start is None else start for name, values in ahead.items()}
    end = max([len(series), *(begin[name] + len(values) for name, values in ahead.items())])
    times = np.arange(end) if x is None else array(x)
    if min(begin.values(), default=0) < 0 or len(times) < end:
        raise ValueError(
            f"forecast: {len(series)} values and {len(times)} times, but predictions reach from {min(begin.values())} to {end}"
        )
    ax.plot(times[: len(series)], series, color=INK, linewidth=1.3, label="observed")
    for i, (name, values) in enumerate(ahead.items()):
        where = times[begin[name] : begin[name] + len(values)]
        if band is not None and i == 0:
            lower, upper = (array(limit).reshape(-1) for limit in band)
            ax.fill_between(where, lower, upper, color=color(0), alpha=0.2, linewidth=0)
        ax.plot(where, values, color=COLORS[(0, 2, 1, 4, 6)[i % 5]], linewidth=1.6, label=name)
    dress(ax, title, xlabel or ("time" if x is None else None), ylabel)
    legend(ax)
    return figure_of(ax)


def histogram(values: Any, *, bins: int = 60, title: str | None = None, xlabel: str | None = None, ax: Axes | None = None) -> Figure:
    """How values are distributed: an array, arrays by name, or a Module, whose parameters they are then. One panel each, one scale for all.

    >>> [ax.get_title() for ax in mg.viz.histogram(mg.nn.Linear(3, 2)).axes]
    ['weight', 'bias']
    """
    if isinstance(values, nn.Module):
        values = dict(values.named_parameters())
    named = (
        {str(name): array(v).reshape(-1) for name, v in values.items()} if isinstance(values, Mapping) else {"": array(values).reshape(-1)}
    )
    finite = {name: v[np.isfinite(v)].astype(float) for name, v in named.items()}
    everything = np.concatenate(list(finite.values())) if finite else np.empty(0)
    if not everything.size:
        raise ValueError("histogram: no finite values")
    low, high = float(everything.min()), float(everything.max())
    edges = np.linspace(low, high, bins + 1) if low < high else np.linspace(low - 0.5, high + 0.5, bins + 1)
    across = min(len(finite), 3)
    down = -(-len(finite) // across)
    places = panels(ax, down, across, (4.2 * across if across > 1 else 5.2, 2.4 * down if len(finite) > 1 else 3.4))
    for i, ((name, v), place) in enumerate(zip(finite.items(), places)):
        # Bins of its own within the common range: a narrow distribution beside a wide one is more than one bar. Few values get few.
        own = edges
        if v.size and v.min() < v.max():
            own = np.linspace(v.min(), v.max(), min(bins, 4 + int(2 * np.sqrt(v.size))) + 1)
        place.hist(v, own.tolist(), density=True, color=color(0), alpha=0.85)
        place.set_xlim(edges[0], edges[-1])
        place.set_yticks([])
        dress(place, name or title, xlabel if i >= len(finite) - across else None, "density" if i % across == 0 else None)
        bad = len(named[name]) - len(v)
        note = f"mean {v.mean():.3g}\ndeviation {v.std():.3g}" if v.size else "empty"
        note += f"\nzeros {(v == 0).mean():.0%}" if v.size and (v == 0).mean() > 0.01 else ""
        note += f"\n{bad} not finite" if bad else ""
        side = "right" if not v.size or np.median(v) <= (edges[0] + edges[-1]) / 2 else "left"  # where there is less
        place.text(
            0.98 if side == "right" else 0.02, 0.95, note, transform=place.transAxes, ha=side, va="top", fontsize=SMALL, color=COLORS[2] if bad else FAINT
        )  # fmt: skip
    for place in places[len(finite) :]:
        place.set_axis_off()
    if title and "" not in finite:
        places[0].figure.suptitle(title, fontsize=13, color=INK)
    return figure_of(places[0])
