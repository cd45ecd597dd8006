"""Molecules as chemists draw them: bonds as lines, carbon where they meet, other atoms by their symbols."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.viz.style import FAINT, INK, SIGNED, array, axes_of, bare, figure_of, inches

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

AROMATIC = 4
ZIGZAG = np.sqrt(3) / 2  # what a bond adds to the length of a chain
COLORS = {"N": "#1f4fbd", "O": "#bd1f01", "S": "#9a7a00", "P": "#c05a00", "F": "#2a7d2a", "Cl": "#2a7d2a", "Br": "#7a2f16", "I": "#5b2d86"}


def molecule(
    atoms: Sequence[str],
    bonds: Any,
    values: Any = None,
    *,
    limit: float | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """The structural formula of a molecule; its places in the plane are found from the bonds alone.

    Args: atoms: how each is written ("C", "OH", "NH2", "O-"), as `datasets.smiles_graph` or `Molecule.labels` have them. bonds (B, 3):
          two atoms and the order, 1 to 3, or 4 for aromatic. values (A,): what to colour atoms by, blue below zero and red above.
          limit: the value of the full colour; None: the largest of these.
    >>> from minigrad.datasets import smiles_graph
    >>> figure = mg.viz.molecule(*smiles_graph("CC(=O)O"))
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['O', 'OH']
    """
    table = np.asarray(array(bonds), np.int64).reshape(-1, 3)
    if len(table) and not 0 <= table[:, :2].min() <= table[:, :2].max() < len(atoms):
        raise ValueError(f"molecule: bonds name atoms from {table[:, :2].min()} to {table[:, :2].max()}, expected 0 to {len(atoms) - 1}")
    if values is not None and len(values) != len(atoms):
        raise ValueError(f"molecule: {len(values)} values for {len(atoms)} atoms")
    if not len(atoms):
        raise ValueError("molecule: no atoms")
    places = layout(len(atoms), table)
    low, high = places.min(0) - 0.7, places.max(0) + 0.7
    across, down = high - low
    ax = axes_of(ax, (float(np.clip(0.45 * across, 2, 9)), float(np.clip(0.45 * down, 1.6, 7))))
    bare(ax, title)
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
    width, height = inches(ax)
    unit = 72 * min(width / across, height / down)  # points to a bond, about
    if values is not None:
        from matplotlib import colormaps
        from matplotlib.patches import Circle

        v = array(values).astype(float)
        shades = colormaps[SIGNED](0.5 + 0.5 * np.clip(v / (limit or max(np.abs(v).max(), 1e-12)), -1, 1))
        for place, shade in zip(places, shades):
            ax.add_patch(Circle((place[0], place[1]), 0.42, color=(*shade[:3], 0.6), linewidth=0, zorder=1))
    degree = np.bincount(table[:, :2].reshape(-1), minlength=len(atoms))
    written = [label != "C" or not degree[i] for i, label in enumerate(atoms)]
    line = float(np.clip(0.055 * unit, 0.5, 1.6))
    for a, b, order in table:
        draw_bond(ax, places[a], places[b], int(order), bool(written[a]), bool(written[b]), line)
    for i, label in enumerate(atoms):
        if written[i]:
            symbol = re.match(r"[A-Z][a-z]?", label)
            color = INK if values is not None else COLORS.get(symbol[0] if symbol else "", INK)
            size = float(np.clip(0.4 * unit, 3.5, 12))
            ax.text(
                float(places[i, 0]), float(places[i, 1]), formula(label), ha="center", va="center", fontsize=size, color=color, zorder=4
            )
    return figure_of(ax)


def formula(label: str) -> str:
    """Numbers below, charges above the line.

    >>> formula("NH2"), formula("O-")
    ('NH$_{2}$', 'O$^{-}$')
    """
    body, charge = re.fullmatch(r"(.*?)(\d*[+-])?", label).groups()  # type: ignore[union-attr]
    return re.sub(r"(\d+)", r"$_{\1}$", body) + (f"$^{{{charge}}}$" if charge else "")


def draw_bond(ax: Axes, start: np.ndarray, end: np.ndarray, order: int, cut_start: bool, cut_end: bool, width: float) -> None:
    """Parallel lines, which leave room for the letters at their ends."""
    way = end - start
    length = max(float(np.hypot(*way)), 1e-9)
    way = way / length
    start, end = start + 0.3 * cut_start * way, end - 0.3 * cut_end * way
    aside = np.array([-way[1], way[0]])
    for shift in {1: (0.0,), 2: (-0.08, 0.08), 3: (-0.14, 0.0, 0.14), AROMATIC: (-0.08, 0.08)}.get(order, (0.0,)):
        a, b = start + shift * aside, end + shift * aside
        dashed = order == AROMATIC and shift > 0
        ax.plot(
            [a[0], b[0]],
            [a[1], b[1]],
            color=FAINT if dashed else INK,
            linewidth=width,
            linestyle=(0, (2, 1.4)) if dashed else "-",
            zorder=3,
        )


def layout(atoms: int, bonds: np.ndarray, starts: int = 6) -> np.ndarray:
    """Places in the plane, float64 (A, 2): bonds have length 1, chains are zigzags, rings regular polygons, as far as that can be.

    The distance that each pair of atoms should have follows from the steps between them. Stress, the squared errors of all distances,
    those of near pairs weighing most, is made small by majorization; of several beginnings the best is kept, and laid on its side.
    Source: Gansner, Koren & North, "Graph drawing by stress majorization" (2004).
    """
    if atoms == 1:
        return np.zeros((1, 2))
    wanted, weights = distances(atoms, bonds)
    laplacian = np.diag(weights.sum(1)) - weights
    inverse = np.linalg.pinv(laplacian, hermitian=True)
    generator = np.random.RandomState(0)  # whose stream never changes, so a molecule always looks the same
    best, least = np.zeros((atoms, 2)), np.inf
    for start in range(starts):
        x = scaled(wanted) + 1e-2 * generator.normal(size=(atoms, 2)) if start == 0 else generator.normal(size=(atoms, 2)) * np.sqrt(atoms)
        for _ in range(150 if atoms < 60 else 60):
            now = np.sqrt(((x[:, None] - x[None]) ** 2).sum(-1))
            ratio = -weights * wanted / np.maximum(now, 1e-9)
            np.fill_diagonal(ratio, 0)
            np.fill_diagonal(ratio, -ratio.sum(1))
            x = inverse @ ratio @ x
        now = np.sqrt(((x[:, None] - x[None]) ** 2).sum(-1))
        stress = (weights * (now - wanted) ** 2).sum()
        if stress < 0.999 * least:
            best, least = x, stress
    best = best - best.mean(0)
    axes = np.linalg.svd(best, full_matrices=False)[2]
    return best @ (axes * np.sign(axes.sum(1, keepdims=True))).T


def distances(atoms: int, bonds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far apart each pair should be, and how much that weighs, both (A, A)."""
    beside = np.zeros((atoms, atoms), np.int64)
    beside[bonds[:, 0], bonds[:, 1]] = beside[bonds[:, 1], bonds[:, 0]] = 1
    steps = shortest(beside)
    apart = steps == np.inf
    k = np.where(apart, np.max(steps, where=~apart, initial=0) + 2, steps)
    wanted = np.hypot(ZIGZAG * k, 0.5 * (k % 2))
    ways = np.linalg.matrix_power(beside, 3)
    wanted[(k == 3) & (ways > 1)] = 2.0  # opposite in a ring of six
    for middle in range(atoms):  # angles in rings of three to five
        near = np.flatnonzero(beside[middle])
        without = beside.copy()
        without[middle] = without[:, middle] = 0
        around = shortest(without)[np.ix_(near, near)] + 2
        for size in (4, 5):
            i, j = np.nonzero(around == size)
            wanted[near[i], near[j]] = np.where(
                k[near[i], near[j]] == 2, 2 * np.sin(np.pi * (size - 2) / (2 * size)), wanted[near[i], near[j]]
            )
    np.fill_diagonal(wanted, 0)
    weights = np.where(k <= 2, 4.0, 1.0) / np.maximum(k, 1) ** 2
    weights[apart] *= 0.1
    np.fill_diagonal(weights, 0)
    return wanted, weights


def shortest(beside: np.ndarray) -> np.ndarray:
    """The number of steps between each two atoms (Floyd and Warshall), inf where there is no way."""
    steps = np.where(beside > 0, 1.0, np.inf)
    np.fill_diagonal(steps, 0)
    for i in range(len(steps)):
        steps = np.minimum(steps, steps[:, i : i + 1] + steps[i])
    return steps


def scaled(wanted: np.ndarray) -> np.ndarray:
    """Classical scaling: the plane that keeps most of the distances."""
    centre = np.eye(len(wanted)) - 1 / len(wanted)
    values, vectors = np.linalg.eigh(-0.5 * centre @ wanted**2 @ centre)
    return vectors[:, -2:] * np.sqrt(np.maximum(values[-2:], 1e-3))
