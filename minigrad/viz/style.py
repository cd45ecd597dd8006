"""What all pictures have in common: figures without pyplot, one palette, one look for axes, and files written whole or not at all."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 120
TEXT, SMALL = 10.0, 8.5  # points
INK, FAINT = "#222222", "#8a8a8a"
# Ten colours that stay apart for colour-blind eyes too: Petroff, Accessible color sequences for data visualization, 2021.
COLORS = ("#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6", "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd")
MARKERS = "osD^vPX*<>"
SIGNED = "RdBu_r"  # blue below zero, red above
HEAT = "Blues"  # from nothing, white, to much


def figure(
    rows: int = 1, columns: int = 1, *, size: tuple[float, float] | None = None, widths: Sequence[float] | None = None
) -> tuple[Figure, list[Axes]]:
    """A figure and its Axes, row by row, for pictures side by side; `size` in inches, `widths` of the columns, to each other.

    What is drawn on the Axes by hand has the look and the colours of this module's pictures.

    >>> figure, axes = mg.viz.figure(1, 2)
    >>> mg.viz.curves({"loss": [2.0, 1.0]}, ax=axes[0]) is figure, len(axes)
    (True, 2)
    """
    made = blank(size or (4.8 * columns, 3.6 * rows))
    axes = list(made.subplots(rows, columns, squeeze=False, width_ratios=widths).flat)
    for ax in axes:
        dress(ax)
        ax.set_prop_cycle(color=COLORS)
    return made, axes


def blank(size: tuple[float, float]) -> Figure:
    """A figure with nothing on it."""
    try:
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine
    except ImportError as error:
        raise ImportError("minigrad.viz draws with matplotlib, which is not installed: pip install 'minigrad[demo]'") from error
    room = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08, wspace=0.03, hspace=0.03)  # inches round each picture, shares between them
    return Figure(figsize=size, dpi=DPI, layout=room, facecolor="white")


def save(figure: Figure, path: str | Path) -> Path:
    """Write a figure in the format of the path's suffix (.png, .svg, .pdf) and return the path; folders are made.

    The file appears whole or not at all: a failure leaves an older one as it was.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        figure.savefig(part, format=path.suffix[1:] or "png")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


# ---- for the modules beside this one ----


def array(values: Any) -> np.ndarray:
    """A Tensor, array or list as an array; half precisions become float32."""
    a = np.asarray(values.detach().numpy(force=True) if hasattr(values, "detach") else values)
    return a.astype(np.float32) if a.dtype == np.float16 or a.dtype.kind == "V" else a


def listed(values: Any) -> list[str]:
    """Captions, names, tokens: a list, Tensor or array of anything as texts."""
    return [str(value) for value in (array(values).tolist() if hasattr(values, "detach") or isinstance(values, np.ndarray) else values)]


def axes_of(ax: Axes | None, size: tuple[float, float]) -> Axes:
    """The Axes to draw in: those given, or those of a new figure of that size in inches."""
    return figure(size=size)[1][0] if ax is None else ax


def panels(ax: Axes | None, rows: int, columns: int, size: tuple[float, float]) -> list[Axes]:
    """Axes row by row: a new figure's, or the place of `ax` divided."""
    if ax is None:
        return figure(rows, columns, size=size)[1]
    if rows == columns == 1:
        return [ax]
    ax.set_axis_off()
    place = ax.get_subplotspec()
    if place is None:  # put there by hand
        return [ax.inset_axes((j / columns, 1 - (i + 1) / rows, 0.9 / columns, 0.9 / rows)) for i in range(rows) for j in range(columns)]
    inner = place.subgridspec(rows, columns)
    return [ax.get_figure().add_subplot(inner[i, j]) for i in range(rows) for j in range(columns)]  # type: ignore[union-attr]


def figure_of(ax: Axes) -> Figure:
    """The whole figure, also from within a part of it."""
    return ax.figure.figure


def inches(ax: Axes) -> tuple[float, float]:
    """Width and height, before the layout is settled."""
    box = ax.get_window_extent()
    dpi = figure_of(ax).dpi
    return box.width / dpi, box.height / dpi


def color(i: int) -> str:
    return COLORS[i % len(COLORS)]


def dress(ax: Axes, title: str | None = None, x: str | None = None, y: str | None = None, *, grid: bool = True) -> None:
    """The look of axes with scales."""
    ax.set_facecolor("white")
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(FAINT)
    ax.tick_params(labelsize=SMALL, color=FAINT, labelcolor=INK)
    ax.grid(False)  # of `figure`, unless it is drawn anew
    if grid:
        ax.grid(alpha=0.25, linewidth=0.6)
    ax.set_axisbelow(True)
    if title:
        ax.set_title(title, fontsize=fitting(ax, title, TEXT + 1), color=INK)
    if x:
        ax.set_xlabel(x, fontsize=TEXT, color=INK)
    if y:
        ax.set_ylabel(y, fontsize=TEXT, color=INK)


def bare(ax: Axes, title: str | None = None) -> None:
    """The look of axes that hold images: no scales."""
    ax.set_axis_off()
    if title:
        ax.set_title(title, fontsize=fitting(ax, title, TEXT + 1), color=INK)


def fitting(ax: Axes, title: str, points: float) -> float:
    """The size of letters with which a title is no wider than its picture: a letter is about 0.53 of its height wide."""
    return float(np.clip(inches(ax)[0] * 72 / (0.53 * max(map(len, title.split("\n")))), 6, points))


def legend(ax: Axes, **options: Any) -> None:
    ax.legend(fontsize=SMALL, frameon=True, framealpha=0.85, edgecolor="none", labelcolor=INK, **options)


def near_square(count: int, aspect: float = 1.0) -> int:
    """How many columns let `count` tiles, `aspect` times as high as wide, fill about a square; few stand in one row."""
    return count if count <= 6 else math.ceil(math.sqrt(count * aspect))


def names_of(labels: Sequence[Any] | None, classes: int) -> list[str]:
    if labels is not None and len(labels) != classes:
        raise ValueError(f"{len(labels)} names for {classes} classes")
    return listed(range(classes) if labels is None else labels)
