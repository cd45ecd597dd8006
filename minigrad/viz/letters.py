"""Sequences of letters: what stands where, and how much it counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.viz.style import FAINT, array, axes_of, color, dress, figure_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BASE_COLORS = {"A": "#2a8c2a", "C": "#1f4fbd", "G": "#e08a00", "T": "#bd1f01", "U": "#bd1f01"}  # as geneticists have them


def logo(
    heights: Any,
    letters: Sequence[str] = "ACGT",
    *,
    x: Sequence[float] | None = None,
    title: str | None = None,
    xlabel: str | None = "position",
    ylabel: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """A sequence logo: at each place the letters one upon the other, each as high as its number; what is below zero hangs down.

    Args: heights (places, letters): bits, probabilities, attributions... letters: of the columns. x: the places; None: 0, 1, 2...
    Source: Schneider & Stephens, "Sequence logos: a new way to display consensus sequences" (1990).
    >>> figure = mg.viz.logo([[0.9, 0.0, 0.1, 0.0], [-0.2, 0.5, 0.0, 0.0]])
    >>> len(figure.axes[0].patches)
    4
    """
    from matplotlib.patches import PathPatch
    from matplotlib.textpath import TextPath
    from matplotlib.transforms import Affine2D

    h = array(heights).astype(float)
    if h.ndim != 2 or h.shape[1] != len(letters):
        raise ValueError(f"logo: heights of shape {h.shape}, expected (places, {len(letters)})")
    places = np.arange(len(h)) if x is None else np.asarray(x, float)
    ax = axes_of(ax, (float(np.clip(0.22 * len(h), 3.0, 14.0)), 2.4))
    outlines = []
    for letter in letters:
        path = TextPath((0, 0), letter, size=1, prop={"weight": "bold", "family": "DejaVu Sans"})  # type: ignore[arg-type]
        box = path.get_extents()
        outlines.append(Affine2D().translate(-box.x0, -box.y0).scale(0.94 / box.width, 1 / box.height).transform_path(path))
    for place, column in zip(places, h):
        for sign in (1, -1):
            level = 0.0
            for i in np.argsort(sign * column):  # the largest outermost
                if sign * column[i] > 0:
                    bottom = level if sign > 0 else level + column[i]
                    shape = Affine2D().scale(1, abs(column[i])).translate(place - 0.47, bottom).transform_path(outlines[i])
                    ax.add_patch(PathPatch(shape, color=BASE_COLORS.get(letters[i], color(i)), linewidth=0))
                    level += column[i]
    low, high = np.minimum(h, 0).sum(1).min(initial=0), np.maximum(h, 0).sum(1).max(initial=0)
    dress(ax, title, xlabel, ylabel, grid=False)
    ax.axhline(0, color=FAINT, linewidth=0.8)
    if len(h):
        ax.set(xlim=(places.min() - 0.7, places.max() + 0.7), ylim=(1.04 * low, 1.04 * high) if low < high else (0, 1))
    return figure_of(ax)
