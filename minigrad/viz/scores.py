"""How good a classifier is: confusions, the trade between hits and false alarms, and whether its probabilities can be believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.viz.style import FAINT, HEAT, INK, SMALL, TEXT, array, axes_of, color, dress, figure_of, legend, names_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NUMBERED = 26  # classes: the cells of more are too small for numbers


def confusion_matrix(
    truth: Any,
    predicted: Any = None,
    *,
    labels: Sequence[Any] | None = None,
    title: str | None = None,
    xlabel: str = "predicted",
    ylabel: str = "true",
    ax: Axes | None = None,
) -> Figure:
    """How many examples of each class, a row, were taken for which, a column.

    Args: truth, predicted: classes (N,), from 0; or, without predicted, the counts themselves (classes, classes). labels: names.
    Colour is the share of the row on a root scale, or single confusions would not be seen beside the diagonal.
    >>> [text.get_text() for text in mg.viz.confusion_matrix([0, 0, 1], [0, 1, 1]).axes[0].texts]
    ['1', '1', '1']
    """
    if predicted is None:
        counts = array(truth)
        if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
            raise ValueError(f"confusion_matrix: counts of shape {counts.shape}, expected (classes, classes); or give classes as predicted")
    else:
        t, p = array(truth).astype(int), array(predicted).astype(int)
        if t.shape != p.shape or t.ndim != 1 or (t.size and min(t.min(), p.min()) < 0):
            raise ValueError(f"confusion_matrix: classes of shapes {t.shape} and {p.shape}, expected (N,) twice, from 0")
        size = len(labels) if labels is not None else int(max(t.max(initial=0), p.max(initial=0))) + 1
        counts = np.zeros((size, size), int)
        np.add.at(counts, (t, p), 1)
    classes = len(counts)
    side = float(np.clip(1.6 + 0.42 * classes, 3.4, 10))
    ax = axes_of(ax, (side + 0.3, side))
    names = names_of(labels, classes)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    ax.imshow(np.sqrt(shares), cmap=HEAT, vmin=0, vmax=1)
    if classes <= NUMBERED:
        points = float(np.clip(72 * min(side - 1.2, 7) / classes * 0.28, 5, TEXT))
        for (i, j), count in np.ndenumerate(counts):
            if count:
                ax.text(j, i, f"{count:g}", ha="center", va="center", fontsize=points, color="white" if shares[i, j] > 0.3 else INK)
    dress(ax, title, xlabel, ylabel, grid=False)
    step = -(-classes // 40)
    long = max(map(len, names)) > 3
    ax.set_xticks(
        range(0, classes, step), names[::step], rotation=45 if long else 0, ha="right" if long else "center", rotation_mode="anchor"
    )
    ax.set_yticks(range(0, classes, step), names[::step])
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    return figure_of(ax)


def binary(name: str, truth: Any, scores: Any) -> tuple[np.ndarray, np.ndarray]:
    t, s = array(truth).reshape(-1), array(scores).reshape(-1).astype(float)
    if t.shape != s.shape or not np.isin(t, (0, 1)).all() or not np.isfinite(s).all() or t.min(initial=1) == t.max(initial=0):
        raise ValueError(
            f"{name}: {t.size} labels and {s.size} scores, expected as many, labels 0 and 1 with both among them, finite scores"
        )
    return t.astype(int), s


def thresholds(truth: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """True and false positives when all from each score upwards count as positive, from none to all; equal scores fall together."""
    order = np.argsort(-scores, kind="stable")
    hits = truth[order].cumsum()
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    return np.append(0, hits[last]), np.append(0, last + 1 - hits[last])


def named_scores(scores: Any) -> dict[str, Any]:
    return dict(scores) if isinstance(scores, Mapping) else {"": scores}


def roc(truth: Any, scores: Any, *, title: str | None = None, ax: Axes | None = None) -> Figure:
    """Share of positives found over share of negatives that are taken for positives, for every threshold; with the area under it.

    Args: truth (N,) of 0 and 1; scores (N,), larger for positives, or several by name.
    >>> mg.viz.roc([0, 0, 1, 1], [0.1, 0.4, 0.3, 0.8]).axes[0].lines[1].get_label()
    'area 0.750'
    """
    ax = axes_of(ax, (4.4, 4.3))
    ax.plot([0, 1], [0, 1], color=FAINT, linewidth=1, linestyle=":", label="chance")
    for i, (name, values) in enumerate(named_scores(scores).items()):
        t, s = binary("roc", truth, values)
        hits, false = thresholds(t, s)
        found, alarms = hits / hits[-1], false / false[-1]
        area = float(((alarms[1:] - alarms[:-1]) * (found[1:] + found[:-1])).sum() / 2)
        ax.plot(
            alarms, found, color=color(i), linewidth=1.8, label=f"{name}: area {area:.3f}" if name else f"area {area:.3f}", clip_on=False
        )
    unit_square(ax, title, "false positive rate", "true positive rate")
    legend(ax, loc="lower right")
    return figure_of(ax)


def precision_recall(truth: Any, scores: Any, *, title: str | None = None, ax: Axes | None = None) -> Figure:
    """Precision over recall, for every threshold; with the average precision, and the share of positives, which chance would reach.

    Args: truth (N,) of 0 and 1; scores (N,), larger for positives, or several by name.
    >>> mg.viz.precision_recall([0, 0, 1, 1], [0.1, 0.4, 0.3, 0.8]).axes[0].lines[1].get_label()
    'average precision 0.833'
    """
    ax = axes_of(ax, (4.4, 4.3))
    share = float(array(truth).mean())
    ax.axhline(share, color=FAINT, linewidth=1, linestyle=":", label=f"chance: {share:.2g}")
    for i, (name, values) in enumerate(named_scores(scores).items()):
        t, s = binary("precision_recall", truth, values)
        hits, false = thresholds(t, s)
        recall, precision = hits / hits[-1], hits[1:] / (hits[1:] + false[1:])
        average = float((np.diff(recall) * precision).sum())
        text = f"{name}: average precision {average:.3f}" if name else f"average precision {average:.3f}"
        first = int(np.argmax(hits > 0)) - 1  # before the first hit there is no curve
        recall, precision = np.append(0, recall[1 + first :]), np.append(precision[first], precision[first:])
        ax.plot(recall, precision, color=color(i), linewidth=1.8, drawstyle="steps-pre", label=text, clip_on=False)
    unit_square(ax, title, "recall", "precision")
    legend(ax, loc="lower left")
    return figure_of(ax)


def calibration(truth: Any, probabilities: Any, *, bins: int = 10, title: str | None = None, ax: Axes | None = None) -> Figure:
    """How often it was so, over how sure the model was. On the diagonal probabilities can be believed; below it the model is too sure.

    Args: truth (N,) of 0 and 1 with probabilities (N,) of 1; or classes (N,) with probabilities (N, classes): then of the most probable
          class. Several models by name. A point stands for a bin, the larger the more examples are in it; `error`: their mean distance
          from the diagonal (expected calibration error).
    Source: Guo, Pleiss, Sun, Weinberger, On calibration of modern neural networks, 2017.
    >>> mg.viz.calibration([0, 1, 1, 1], [0.2, 0.8, 0.8, 0.9]).axes[0].lines[1].get_label()
    'error 0.175'
    """
    ax = axes_of(ax, (4.4, 4.3))
    ax.plot([0, 1], [0, 1], color=FAINT, linewidth=1, linestyle=":", label="perfect")
    several = False
    for i, (name, values) in enumerate(named_scores(probabilities).items()):
        p, t = array(values).astype(float), array(truth).reshape(-1)
        if p.ndim == 2:
            several = True
            t, p = (p.argmax(1) == t).astype(float), p.max(1)
        p = p.reshape(-1)
        if t.shape != p.shape or not p.size or not ((p >= 0) & (p <= 1)).all() or not np.isin(t, (0, 1)).all():
            raise ValueError(
                f"calibration: {t.size} labels and {p.size} probabilities, expected as many; labels 0 and 1, probabilities within"
            )
        place = np.minimum((p * bins).astype(int), bins - 1)
        count = np.bincount(place, minlength=bins)
        sure, right = (np.bincount(place, weights=w, minlength=bins)[count > 0] / count[count > 0] for w in (p, t))
        weight = count[count > 0] / len(p)
        error = float((weight * np.abs(sure - right)).sum())
        text = f"{name}: error {error:.3f}" if name else f"error {error:.3f}"
        ax.plot(sure, right, color=color(i), linewidth=1.4, label=text)
        ax.scatter(sure, right, s=15 + 150 * np.sqrt(weight), color=color(i), edgecolor="white", linewidth=0.8, zorder=3, clip_on=False)
    unit_square(
        ax, title, "confidence" if several else "predicted probability", "share that was right" if several else "share of positives"
    )
    legend(ax, loc="upper left")
    return figure_of(ax)


def unit_square(ax: Axes, title: str | None, x: str, y: str) -> None:
    dress(ax, title, x, y)
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
    ax.set_xticks(np.linspace(0, 1, 6))
    ax.set_yticks(np.linspace(0, 1, 6))
    ax.set_aspect("equal")
    ax.tick_params(labelsize=SMALL)
