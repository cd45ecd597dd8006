"""How good a classifier is: confusions, the trade between hits and false alarms, and whether its probabilities can be believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad import metrics
from minigrad.viz.style import FAINT, HEAT, INK, SMALL, TEXT, array, axes_of, color, dress, figure_of, legend, names_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NUMBERED = 26  # classes: the cells of more are too small for numbers


def confusion_matrix(
    preds: Any,
    target: Any = None,
    *,
    labels: Sequence[Any] | None = None,
    title: str | None = None,
    xlabel: str = "predicted",
    ylabel: str = "true",
    ax: Axes | None = None,
) -> Figure:
    """How many examples of each class, a row, were taken for which, a column.

    Args: preds, target: as for `metrics.confusion_matrix`; or, without target, its counts or shares (classes, classes). labels: names.
    Colour is the share of the row on a root scale, or single confusions would not be seen beside the diagonal.
    >>> [text.get_text() for text in mg.viz.confusion_matrix([0, 1, 1], [0, 0, 1]).axes[0].texts]
    ['1', '1', '1']
    """
    if target is None:
        counts = array(preds)
        if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
            raise ValueError(f"confusion_matrix: counts of shape {counts.shape}, expected (classes, classes); or give preds and target")
    else:
        counts = metrics.confusion_matrix(preds, target, num_classes=None if labels is None else len(labels))
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


def by_name(preds: Any) -> dict[str, Any]:
    return dict(preds) if isinstance(preds, Mapping) else {"": preds}


def entry(name: str, text: str) -> str:
    return f"{name}: {text}" if name else text


def roc(preds: Any, target: Any, *, title: str | None = None, ax: Axes | None = None) -> Figure:
    """Share of positives found over share of negatives that are taken for positives, for every threshold; with the area under it.

    Args: preds (N,): scores, larger for positives, or those of several models by name. target (N,): 0 and 1, both of them.
    >>> mg.viz.roc([0.1, 0.4, 0.3, 0.8], [0, 0, 1, 1]).axes[0].lines[1].get_label()
    'area 0.750'
    """
    ax = axes_of(ax, (4.4, 4.3))
    ax.plot([0, 1], [0, 1], color=FAINT, linewidth=1, linestyle=":", label="chance")
    for i, (name, scores) in enumerate(by_name(preds).items()):
        false, true, _ = metrics.roc(scores, target)
        if np.isnan(false).any() or np.isnan(true).any():
            raise ValueError("roc: expected a target with both 0 and 1 in it")
        ax.plot(false, true, color=color(i), linewidth=1.8, label=entry(name, f"area {metrics.auroc(scores, target):.3f}"), clip_on=False)
    unit_square(ax, title, "false positive rate", "true positive rate")
    legend(ax, loc="lower right")
    return figure_of(ax)


def precision_recall(preds: Any, target: Any, *, title: str | None = None, ax: Axes | None = None) -> Figure:
    """Precision over recall, for every threshold; with the average precision, and the share of positives, which chance would reach.

    Args: preds (N,): scores, larger for positives, or those of several models by name. target (N,): 0 and 1.
    >>> mg.viz.precision_recall([0.1, 0.4, 0.3, 0.8], [0, 0, 1, 1]).axes[0].lines[1].get_label()
    'average precision 0.833'
    """
    ax = axes_of(ax, (4.4, 4.3))
    share = float(array(target).mean())
    ax.axhline(share, color=FAINT, linewidth=1, linestyle=":", label=f"chance: {share:.2g}")
    for i, (name, scores) in enumerate(by_name(preds).items()):
        precision, recall, _ = metrics.precision_recall_curve(scores, target)
        there = recall > 0  # before the first hit there is no curve
        if not there.any():
            raise ValueError("precision_recall: expected a target with positives")
        precision, recall = precision[there][::-1], recall[there][::-1]
        text = entry(name, f"average precision {metrics.average_precision(scores, target):.3f}")
        steps = np.append(0, recall), np.append(precision[0], precision)
        ax.plot(*steps, color=color(i), linewidth=1.8, drawstyle="steps-pre", label=text, clip_on=False)
    unit_square(ax, title, "recall", "precision")
    legend(ax, loc="lower left")
    return figure_of(ax)


def calibration(preds: Any, target: Any, *, n_bins: int = 10, title: str | None = None, ax: Axes | None = None) -> Figure:
    """How often it was so, over how sure the model was. On the diagonal probabilities can be believed; below it the model is too sure.

    Args: preds: probabilities (N,) of class 1, or (N, classes): then it is about the most probable class; or those of several models by
          name. target (N,): classes. A point stands for a bin, the larger the more examples are in it; `error`: their mean distance from
          the diagonal (expected calibration error).
    Source: Guo, Pleiss, Sun, Weinberger, On calibration of modern neural networks, 2017.
    >>> mg.viz.calibration([0.2, 0.8, 0.8, 0.9], [0, 1, 1, 1]).axes[0].lines[1].get_label()
    'error 0.175'
    """
    ax = axes_of(ax, (4.4, 4.3))
    ax.plot([0, 1], [0, 1], color=FAINT, linewidth=1, linestyle=":", label="perfect")
    several = False
    for i, (name, probabilities) in enumerate(by_name(preds).items()):
        several = several or array(probabilities).ndim == 2
        sure, right, count = metrics.calibration_curve(probabilities, target, n_bins=n_bins)
        there = count > 0
        error = metrics.calibration_error(probabilities, target, n_bins=n_bins)
        ax.plot(sure[there], right[there], color=color(i), linewidth=1.4, label=entry(name, f"error {error:.3f}"))
        area = 15 + 150 * np.sqrt(count[there] / count.sum())
        ax.scatter(sure[there], right[there], s=area, color=color(i), edgecolor="white", linewidth=0.8, zorder=3, clip_on=False)
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
