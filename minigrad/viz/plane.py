"""Pictures with two axes of their own kind: who looks at whom, points on a map, and a classifier's regions in the plane."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import minigrad as mg
from minigrad import Tensor
from minigrad.viz.style import (
    HEAT,
    INK,
    MARKERS,
    SMALL,
    TEXT,
    array,
    axes_of,
    color,
    dress,
    figure_of,
    inches,
    legend,
    listed,
    names_of,
    panels,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMED = 20  # classes that are written beside their points; more have no names
CHUNK = 4096  # points of the plane that a classifier gets at a time


def attention(
    weights: Any,
    queries: Sequence[Any] | None = None,
    keys: Sequence[Any] | None = None,
    *,
    title: str | None = None,
    xlabel: str = "looks at",
    ylabel: str = "position",
    ax: Axes | None = None,
) -> Figure:
    """How much each position looks at each other: a row for each query, which adds up to 1; a panel for each head.

    Args: weights: (queries, keys), (heads, queries, keys) or (1, heads, queries, keys). queries, keys: their tokens; keys None: the same.
    >>> figure = mg.viz.attention(mg.rand(2, 3, 3).softmax(-1), ["the", "cat", "sat"])
    >>> [ax.get_title() for ax in figure.axes], [tick.get_text() for tick in figure.axes[0].get_xticklabels()]
    (['head 1', 'head 2'], ['the', 'cat', 'sat'])
    """
    w = array(weights).astype(float)
    w = w[0] if w.ndim == 4 and len(w) == 1 else w
    w = w[None] if w.ndim == 2 else w
    if w.ndim != 3 or not w.size:
        raise ValueError(f"attention: weights of shape {array(weights).shape}, expected (heads, queries, keys) of one example")
    heads, rows, cols = w.shape
    keys = queries if keys is None and rows == cols else keys
    for kind, tokens, count in (("queries", queries, rows), ("keys", keys, cols)):
        if tokens is not None and len(tokens) != count:
            raise ValueError(f"attention: {len(tokens)} tokens for {count} {kind}")
    across = min(heads, 4)
    down = -(-heads // across)
    cell = float(np.clip(4.0 / max(rows, cols), 0.16, 0.5))
    turned = max(map(len, listed(keys)), default=0) if keys is not None else 0  # letters of what stands upright below
    below = 0.085 * turned if turned > 2 else 0.15
    beside = 0.085 * max(map(len, listed(queries)), default=0) if queries is not None else 0.3
    size = (across * (cols * cell + 0.2) + beside + 0.5, down * (rows * cell + below + 0.7) + 0.4 * bool(title))
    places = panels(ax, down, across, (min(max(size[0], 3.4), 16), min(max(size[1], 3.0), 16)))
    for i, place in enumerate(places):
        if i >= heads:
            place.set_axis_off()
            continue
        place.imshow(w[i], cmap=HEAT, vmin=0, vmax=max(float(w[i].max()), 1e-12), aspect="equal", interpolation="nearest")
        # The rows and the heads share their labels: only the outer ones have them.
        dress(
            place,
            f"head {i + 1}" if heads > 1 else title,
            xlabel if i >= heads - across else None,
            ylabel if i % across == 0 else None,
            grid=False,
        )
        place.spines[:].set_visible(False)
        letters = float(np.clip(min(inches(place)[0] / cols, inches(place)[1] / rows) * 72 * 0.75, 4.5, SMALL))
        place.tick_params(length=0, labelsize=letters)
        if keys is not None:
            place.set_xticks(range(cols), listed(keys), rotation=90 if turned > 2 else 0)
        if queries is not None:
            place.set_yticks(range(rows), listed(queries) if i % across == 0 else [""] * rows)
    if title and heads > 1:
        places[0].figure.suptitle(title, fontsize=13, color=INK)
    return figure_of(places[0])


def embedding(
    points: Any,
    labels: Any = None,
    *,
    names: Sequence[Any] | None = None,
    title: str | None = None,
    xlabel: str | None = None,
    ylabel: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Points (N, 2) of a map, coloured by class, whose name stands in the middle of its points; or by a number, with a scale.

    Args: labels (N,): whole numbers from 0 are classes, others numbers. names: of the classes.
    >>> [t.get_text() for t in mg.viz.embedding(mg.rand(6, 2), [0, 0, 1, 1, 2, 2], names="abc").axes[0].texts]
    ['a', 'b', 'c']
    """
    from matplotlib.patheffects import withStroke

    xy = array(points)
    if xy.ndim != 2 or xy.shape[1] != 2:
        raise ValueError(f"embedding: points of shape {xy.shape}, expected (N, 2)")
    ax = axes_of(ax, (5.6, 5.2))
    dots: dict[str, Any] = dict(s=float(np.clip(6000 / max(len(xy), 1), 5, 40)), linewidth=0, alpha=0.8)
    if labels is None:
        ax.scatter(xy[:, 0], xy[:, 1], color=color(0), **dots)
    else:
        label = array(labels).reshape(-1)
        if len(label) != len(xy):
            raise ValueError(f"embedding: {len(label)} labels for {len(xy)} points")
        if label.dtype.kind == "f":
            shown = ax.scatter(xy[:, 0], xy[:, 1], c=label, cmap="viridis", **dots)
            bar = ax.get_figure().colorbar(shown, ax=ax, shrink=0.8)  # type: ignore[union-attr]
            bar.ax.tick_params(labelsize=SMALL)
        else:
            label = label.astype(int)
            classes = len(names) if names is not None else int(label.max(initial=0)) + 1
            texts = names_of(names, classes)
            for k in np.unique(label):
                marker = MARKERS[k // 10 % len(MARKERS)]  # the second time round the colours
                own = xy[label == k]
                ax.scatter(own[:, 0], own[:, 1], color=color(k), marker=marker, label=texts[k], **dots)
            if classes <= NAMED:
                for k in np.unique(label):
                    middle = np.median(xy[label == k], 0)
                    halo = [withStroke(linewidth=3, foreground="white")]
                    ax.text(
                        float(middle[0]),
                        float(middle[1]),
                        texts[k],
                        ha="center",
                        va="center",
                        fontsize=TEXT + 2,
                        weight="bold",
                        color=INK,
                        path_effects=halo,
                    )
    dress(ax, title, xlabel, ylabel, grid=False)
    if xlabel is None and ylabel is None:  # the axes of such a map mean nothing
        ax.set_xticks([])
        ax.set_yticks([])
        ax.spines[:].set_visible(True)
        ax.spines[:].set_color("#dddddd")
    return figure_of(ax)


def decision_boundary(
    predict: Callable[[Tensor], Tensor],
    points: Any,
    labels: Any = None,
    *,
    names: Sequence[Any] | None = None,
    threshold: float = 0.0,
    steps: int = 200,
    title: str | None = None,
    xlabel: str | None = None,
    ylabel: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Which class a classifier gives each place of the plane, with data points over it. The paler, the less sure.

    Args: predict: points (M, 2) -> scores (M, classes), whose softmax is the probability, or (M,) or (M, 1): a score of class 1, logits
          with threshold 0. points (N, 2), labels (N,). names: of the classes. steps: places along each axis.
    >>> figure = mg.viz.decision_boundary(lambda x: x[:, 0] - x[:, 1], [[0.0, 1.0], [1.0, 0.0]], [0, 1])
    >>> [text.get_text() for text in figure.axes[0].get_legend().texts]
    ['0', '1']
    """
    from matplotlib.colors import to_rgb

    xy = array(points).astype(np.float32)
    if xy.ndim != 2 or xy.shape[1] != 2 or not len(xy):
        raise ValueError(f"decision_boundary: points of shape {xy.shape}, expected (N, 2)")
    low, high = xy.min(0), xy.max(0)
    margin = 0.08 * np.maximum(high - low, 1e-6)
    (left, bottom), (right, top) = low - margin, high + margin
    xs, ys = np.linspace(left, right, steps, dtype=np.float32), np.linspace(bottom, top, steps, dtype=np.float32)
    places = np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2)
    with mg.no_grad():
        scores = np.concatenate([array(predict(mg.tensor(places[i : i + CHUNK]))) for i in range(0, len(places), CHUNK)])
    scores = scores.astype(float).reshape(len(places), -1)
    if scores.shape[1] == 1:
        scores = np.concatenate([np.zeros_like(scores), scores - threshold], 1)
    e = np.exp(scores - scores.max(1, keepdims=True))
    probability = e / e.sum(1, keepdims=True)
    classes = scores.shape[1]
    best = probability.argmax(1).reshape(steps, steps)
    sure = ((probability.max(1) - 1 / classes) / (1 - 1 / classes)).reshape(steps, steps, 1)
    tones = np.array([to_rgb(color(k)) for k in range(classes)])
    ax = axes_of(ax, (5.2, 4.8))
    pixels = 1 - (1 - tones[best]) * (0.08 + 0.32 * sure)
    ax.imshow(pixels, extent=(left, right, bottom, top), origin="lower", aspect="auto", interpolation="bilinear")
    for k in range(1 if classes == 2 else 0, classes):
        if 0 < (best == k).sum() < best.size:
            others = np.delete(scores, k, 1).max(1)
            ax.contour(xs, ys, (scores[:, k] - others).reshape(steps, steps), levels=[0.0], colors=INK, linewidths=1.0)
    if labels is None:
        ax.scatter(xy[:, 0], xy[:, 1], s=14, color=INK, linewidth=0)
    else:
        label = array(labels).reshape(-1).astype(int)
        texts = names_of(names, max(classes, int(label.max(initial=0)) + 1))
        size = float(np.clip(5000 / len(xy), 10, 36))
        for k in np.unique(label):
            own: Any = xy[label == k].T
            ax.scatter(own[0], own[1], s=size, color=color(k), marker=MARKERS[k % 10], edgecolor="white", linewidth=0.6, label=texts[k])
        legend(ax)
    dress(ax, title, xlabel, ylabel, grid=False)
    ax.set_xlim(left, right)
    ax.set_ylim(bottom, top)
    return figure_of(ax)
