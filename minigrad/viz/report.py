"""One picture of a training: curves, filters, what each layer sees in a digit, confusions and the worst mistakes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from minigrad import Tensor, explain, nn
from minigrad.viz.curves import columns, curves
from minigrad.viz.images import feature_maps, filters, images
from minigrad.viz.scores import confusion_matrix
from minigrad.viz.style import INK, bare, blank

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MISTAKES = 12


def training_report(
    model: nn.Sequential,
    history: Iterable[Mapping[str, float]],
    sample: Tensor,
    pictures: np.ndarray,
    labels: np.ndarray,
    probabilities: np.ndarray,
) -> Figure:
    """The picture of a reader of digits.

    Args: history: rows, an epoch each: "loss", and shares of 1 "accuracy" and "test accuracy". sample: one digit as the network takes it,
          (1, 1, H, W). pictures (N, H, W), labels (N,) and probabilities (N, classes) of the test set.
    """
    read = probabilities.argmax(1)
    whole = blank((18, 13.5))
    top, middle, bottom = whole.subfigures(3, 1, height_ratios=[5, 4.6, 2.6], hspace=0.04)  # type: ignore[misc]
    whole.suptitle(f"Handwritten digits: {(read == labels).mean():.2%} of {len(labels):,} test digits read rightly", fontsize=17, color=INK)

    loss, accuracy, confusions = top.subplots(1, 3)
    numbers = columns(history)
    curves({"loss": numbers["loss"]}, title="Loss", ax=loss)
    shares = {"training (images shifted)": numbers["accuracy"], "test": numbers["test accuracy"]}
    curves(shares, percent=True, title=f"Accuracy: {shares['test'][-1]:.2%} on the test digits", ax=accuracy)
    accuracy.set_ylim(min(0.9, min(map(min, shares.values())) - 0.01), 1.002)
    title = "Confusions: how many digits were read as what"
    confusion_matrix(read, labels, labels=range(probabilities.shape[1]), title=title, xlabel="read as", ylabel="is", ax=confusions)

    weight = next(iter(model.parameters()))
    layers = list(explain.activations(model, sample, [m for m in model if isinstance(m, nn.Conv2d | nn.Linear)]).values())[:-1]
    middle.suptitle("What the network has learned: blue below zero, red above", fontsize=13, x=0.01, ha="left", color=INK)
    image, first, *rest = middle.subplots(1, 2 + len(layers), width_ratios=[0.7, *[1] * (1 + len(layers))])
    image.imshow(sample.numpy()[0, 0], cmap="gray")
    bare(image, "a test digit")
    filters(weight, size=tuple(sample.shape[-2:]), most=len(weight), ax=first)  # type: ignore[arg-type]
    first.set_title(f"first layer: {first.get_title()}", fontsize=11, color=INK)
    for i, (place, maps) in enumerate(zip(rest, layers)):
        feature_maps({f"layer {i + 1} on that digit": maps}, most=maps.shape[1], ax=place)

    wrong = np.flatnonzero(read != labels)
    worst = wrong[np.argsort(probabilities[wrong, labels[wrong]], kind="stable")][:MISTAKES]
    bottom.suptitle(f"Worst mistakes: {len(worst)} of {len(wrong)}", fontsize=13, x=0.01, ha="left", color=INK)
    place = bottom.subplots()
    bare(place)
    if len(worst):
        captions = [f"is {labels[i]}, read {read[i]}\n{probabilities[i, read[i]]:.0%} sure" for i in worst]
        images(pictures[worst], captions, columns=MISTAKES, ax=place)
    return whole
