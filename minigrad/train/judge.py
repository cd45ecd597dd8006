"""How good generated pictures are: a network that learnt to read real ones judges them."""

from __future__ import annotations

import minigrad as mg
from minigrad import metrics, nn, optim
from minigrad.errors import ShapeError
from minigrad.utils.data import DataLoader, TensorDataset

from .fit import predict
from .history import History
from .run import Run


class Judge(nn.Module):
    """A small convolutional network that reads pictures; once it has learnt from real ones, it says how good those are that another made.

    What it says of a picture is only as good as its reading: `share` of real pictures is the most that can be asked for.

    Shapes: pictures (N, channels, size, size) -> logits (N, classes); `features` gives (N, width), what its last layer reads.

    >>> judge = Judge(classes=3, size=8, width=4)
    >>> judge(mg.zeros(2, 1, 8, 8)).shape, judge.features(mg.zeros(2, 1, 8, 8)).shape
    ((2, 3), (2, 4))
    """

    def __init__(self, classes: int = 10, channels: int = 1, size: int = 28, width: int = 64) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inputs, outputs in ((channels, 16), (16, 32)):
            layers += [nn.Conv2d(inputs, outputs, 5, stride=2, padding=2), nn.ReLU()]
        self.features = nn.Sequential(*layers, nn.Flatten(), nn.Linear(32 * (-(-size // 4)) ** 2, width), nn.ReLU())
        self.classify = nn.Linear(width, classes)

    def forward(self, pictures: mg.Tensor) -> mg.Tensor:
        return self.classify(self.features(pictures))

    def learn(self, run: Run, images: mg.Tensor, labels: mg.Tensor, epochs: int = 5) -> History:
        """Learn to read, in the loop "judge" of the program."""
        batches = DataLoader(TensorDataset(images, labels), batch_size=64, shuffle=True)
        optimizer = optim.Adam(self.parameters(), lr=4e-3)
        return run.fit(self, batches, nn.functional.cross_entropy, optimizer, epochs, "judge")

    def share(self, pictures: mg.Tensor, labels: mg.Tensor) -> float:
        """The share of pictures that are read as what they should be."""
        return metrics.accuracy(predict(self, pictures), labels)

    def distance(self, pictures: mg.Tensor, real: mg.Tensor) -> float:
        """The Fréchet distance between the features of pictures and those of real ones; see metrics.frechet_distance."""
        return metrics.frechet_distance(predict(self.features, pictures), predict(self.features, real))

    def report(self, run: Run, made: mg.Tensor, asked: mg.Tensor, images: mg.Tensor, labels: mg.Tensor, tested: mg.Tensor) -> None:
        """The results of a program whose generator made pictures of the classes that were `asked` for, beside those of `normal_pictures`
        of the images that it learnt from, and what real images reach. The distance is that to `tested`."""
        normal, name = normal_pictures(images, labels, asked), "normal distributions"
        share, simple = self.share(made, asked), self.share(normal, asked)
        run.result("read as what was asked for", share, baseline=simple, baseline_name=name, percent=True)
        far, simple = self.distance(made, tested), self.distance(normal, tested)
        run.result("Fréchet distance to test pictures", far, baseline=simple, baseline_name=name, better="lower")
        run.note(distance_of_real_pictures=round(self.distance(images[: len(made)], tested), 2))


def normal_pictures(images: mg.Tensor, labels: mg.Tensor, asked: mg.Tensor) -> mg.Tensor:
    """Pictures drawn from a normal distribution for each class, with the mean and the covariance of its images: what a generator of
    labelled pictures has to beat. Values outside 0 to 1 are cut off.

    Shapes: images (N, ...) of 0 to 1; labels int64 (N,); asked int64 (M,), classes that have images. Returns: (M, ...).

    >>> normal_pictures(mg.ones(4, 1, 2, 2), mg.tensor([0, 0, 1, 1]), mg.tensor([1, 0, 1])).shape
    (3, 1, 2, 2)
    """
    if labels.shape != (len(images),) or asked.ndim != 1:
        raise ShapeError(
            f"normal_pictures: expected images (N, ...), labels (N,) and asked (M,), got {images.shape}, {labels.shape} and {asked.shape}"
        )
    drawn = mg.empty(len(asked), images[0].numel(), dtype=images.dtype)
    for label in asked.unique():
        rows = images[labels == label].flatten(1)
        if not len(rows):
            raise ValueError(f"normal_pictures: no images of class {label.item()}, which is asked for")
        places = asked == label
        # Sums of deviations with independent weights have their covariance, and none has to be decomposed.
        weights = mg.randn(int(places.sum().item()), len(rows), dtype=images.dtype) / len(rows) ** 0.5
        drawn[places] = rows.mean(0) + weights @ (rows - rows.mean(0))
    return drawn.clamp(0, 1).reshape(len(asked), *images.shape[1:])
