"""One picture of a training: curves, filters, what each layer sees in a digit, confusions and the worst mistakes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import MaxNLocator, PercentFormatter

import minigrad as mg
from minigrad import nn

MISTAKES = 12
GAP = 1  # pixels between the tiles of a montage


def training_report(
    path: Path,
    model: nn.Sequential,
    curves: Mapping[str, Sequence[float]],
    sample: mg.Tensor,
    images: np.ndarray,
    labels: np.ndarray,
    probabilities: np.ndarray,
) -> None:
    """Write the picture to `path` (PNG); a crash while writing leaves an older one as it was.

    Args:    curves: values per epoch: "loss", and shares of 1 "accuracy" and "test accuracy". sample: one digit as the network
             takes it, (1, 1, H, W). images (N, H, W), labels (N,) and probabilities (N, classes) of the test set.
    """
    figure = Figure(figsize=(18, 13.5), dpi=110, layout="constrained")
    figure.suptitle(
        f"Handwritten digits: {(probabilities.argmax(1) == labels).mean():.2%} of {len(labels):,} test digits read rightly", fontsize=17
    )
    top, middle, bottom = cast(list[SubFigure], figure.subfigures(3, 1, height_ratios=[5, 4.6, 2.6], hspace=0.04))

    loss, accuracy, confusions = top.subplots(1, 3)
    draw_curve(loss, {"training": curves["loss"]}, "Loss")
    draw_accuracy(accuracy, {"training (images shifted)": curves["accuracy"], "test": curves["test accuracy"]})
    draw_confusions(confusions, labels, probabilities.argmax(1), probabilities.shape[1])

    filters, layers = first_filters(model, sample.shape[-2:]), activations(model, sample)
    middle.suptitle("What the network has learned: blue below zero, red above", fontsize=13, x=0.01, ha="left")
    image, first, *rest = middle.subplots(1, 2 + len(layers), width_ratios=[0.7, *[1] * (1 + len(layers))])
    image.imshow(sample.numpy()[0, 0], cmap="gray")
    label(image, "a test digit")
    draw_montage(first, filters, f"first layer: {len(filters)} filters of {filters.shape[1]}x{filters.shape[2]}")
    for i, (axes, maps) in enumerate(zip(rest, layers)):
        what = f"{len(maps)} maps of {maps.shape[1]}x{maps.shape[2]}" if maps[0].size > 1 else f"{len(maps)} units"
        draw_montage(axes, maps, f"layer {i + 1} on that digit: {what}")

    draw_mistakes(bottom, images, labels, probabilities)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        figure.savefig(part, format="png")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def activations(model: nn.Sequential, sample: mg.Tensor) -> list[np.ndarray]:
    """What each layer with weights, but for the last, computes from `sample`: (channels, height, width), a unit being a map of one pixel."""
    found = []
    model.eval()
    with mg.no_grad():
        for layer in model:
            sample = layer(sample)
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                found.append(sample.numpy()[0].reshape(sample.shape[1], *(sample.shape[2:] or (1, 1))))
    return found[:-1]


def first_filters(model: nn.Sequential, size: tuple[int, ...]) -> np.ndarray:
    """The weights of the first layer as pictures (count, height, width): a kernel each, or what a unit weighs each pixel with."""
    weight = next(iter(model.parameters())).detach().numpy()
    return weight[:, 0] if weight.ndim == 4 else weight.reshape(-1, *size)


def draw_curve(axes: Axes, lines: dict[str, Sequence[float]], title: str) -> None:
    for (name, values), marker in zip(lines.items(), "os"):
        axes.plot(range(1, len(values) + 1), values, marker=marker, markersize=4, label=name)
    axes.set_title(title)
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    axes.legend()


def draw_accuracy(axes: Axes, lines: dict[str, Sequence[float]]) -> None:
    draw_curve(axes, lines, f"Accuracy: {lines['test'][-1]:.2%} on the test digits")
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.set_ylim(min(0.9, min(map(min, lines.values())) - 0.01), 1.002)


def draw_confusions(axes: Axes, labels: np.ndarray, read: np.ndarray, classes: int) -> None:
    """Counts as numbers; colour by share of the row on a root scale, or single confusions would not be seen beside the diagonal."""
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (labels, read), 1)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    axes.imshow(np.sqrt(shares), cmap="Blues", vmin=0, vmax=1)
    for (i, j), count in np.ndenumerate(counts):
        if count:
            axes.text(j, i, str(count), ha="center", va="center", fontsize=9, color="white" if shares[i, j] > 0.4 else "black")
    axes.set_title("Confusions: how many digits were read as what")
    axes.set_xlabel("read as")
    axes.set_ylabel("is")
    axes.set_xticks(range(classes))
    axes.set_yticks(range(classes))


def label(axes: Axes, title: str) -> None:
    axes.set_title(title, fontsize=11)
    axes.set_axis_off()


def draw_montage(axes: Axes, tiles: np.ndarray, title: str) -> None:
    """All `tiles` (count, height, width) in one near-square picture. Each tile has its own scale, for the weak ones to be seen; single pixels share one."""
    limits = np.abs(tiles).max((1, 2) if tiles[0].size > 1 else None, keepdims=True)
    axes.imshow(montage(tiles / np.maximum(limits, 1e-12)), cmap="RdBu_r", vmin=-1, vmax=1, interpolation="nearest")
    label(axes, title)


def montage(tiles: np.ndarray) -> np.ndarray:
    count, height, width = tiles.shape
    columns = int(np.ceil(np.sqrt(count)))
    lines = -(-count // columns)
    sheet = np.full((lines * (height + GAP) - GAP, columns * (width + GAP) - GAP), np.nan)
    for i, tile in enumerate(tiles):
        y, x = i // columns * (height + GAP), i % columns * (width + GAP)
        sheet[y : y + height, x : x + width] = tile
    return sheet


def draw_mistakes(figure: SubFigure, images: np.ndarray, labels: np.ndarray, probabilities: np.ndarray) -> None:
    """The test digits read wrongly, those first whose true class was given the least probability."""
    wrong = np.flatnonzero(probabilities.argmax(1) != labels)
    order = wrong[np.argsort(probabilities[wrong, labels[wrong]], kind="stable")][:MISTAKES]
    figure.suptitle(f"Worst mistakes: {len(order)} of {len(wrong)}", fontsize=13, x=0.01, ha="left")
    places = figure.subplots(1, MISTAKES)
    for axes in places:
        axes.set_axis_off()
    for axes, i in zip(places, order):
        read = probabilities[i].argmax()
        axes.imshow(images[i], cmap="gray")
        label(axes, f"is {labels[i]}, read {read}\n{probabilities[i, read]:.0%} sure")
