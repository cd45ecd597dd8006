"""The two networks that `minigrad train digits` trains. Both map images (N, 1, 28, 28) to scores (N, 10)."""

from __future__ import annotations

from collections.abc import Callable

import minigrad as mg
from minigrad import nn

# Mean and standard deviation of MNIST's pixels, 0 to 255.
MEAN, STD = 33.3, 78.6


def cnn() -> nn.Sequential:
    """Three convolutions. The first two pool before they normalise: as good, and a quarter of the pixels remain to be normalised."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 5, padding=2, bias=False),
        nn.MaxPool2d(2),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1, bias=False),
        nn.MaxPool2d(2),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3, padding=1, bias=False),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * 3 * 3, 10),
    )


def mlp() -> nn.Sequential:
    """The classic: 784 inputs, three hidden layers, 10 outputs."""
    sizes = [28 * 28, 128, 64, 32]
    hidden = [layer for a, b in zip(sizes, sizes[1:]) for layer in (nn.Linear(a, b), nn.ReLU())]
    return nn.Sequential(nn.Flatten(), *hidden, nn.Linear(sizes[-1], 10))


ARCHITECTURES: dict[str, Callable[[], nn.Sequential]] = {"cnn": cnn, "mlp": mlp}


def prepare(images: mg.Tensor) -> mg.Tensor:
    """Pixels 0 to 255 as a network takes them: float32 with mean 0 and deviation 1."""
    return (images.float() - MEAN) / STD
