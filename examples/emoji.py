"""A small residual network sorts emoji into Unicode's groups, from few pictures, by seeing each in ever new ways.

There are 1,098 pictures to learn from and eight groups: smileys, people, animals, food, places, activities, objects, symbols. Without more
a network of any size knows them by heart after a few epochs and has learnt little. So each picture comes mirrored, turned, moved, larger or
smaller, in changed colours, and mixed with another whose group it is then said to be a part of. In a residual block the layers only add
to what comes in, so the gradient finds its way through all of them. At the end each picture is judged as it is and mirrored, by an average
of the weights.

Data: Noto Color Emoji in Unicode's groups.

Source: He, Zhang, Ren & Sun, "Identity mappings in deep residual networks" (2016); Zhang et al., "mixup" (2018).
"""

import minigrad as mg
from minigrad import datasets, nn, optim, viz
from minigrad import transforms as T
from minigrad.metrics import accuracy
from minigrad.nn import functional as F
from minigrad.train import Averaging, Run, logistic_regression, predict
from minigrad.utils.data import DataLoader

PREPARE = T.Compose([T.ToDtype(mg.float32, scale=True), T.Normalize(0.75, 0.3)])
AUGMENT = T.Compose(
    [
        T.RandomHorizontalFlip(),
        T.RandomAffine(15, translate=(0.1, 0.1), scale=(0.8, 1.2), shear=8, interpolation="bilinear", fill=255),
        T.ColorJitter(brightness=0.2, contrast=0.2, saturation=0.3),
        PREPARE,
        T.Cutout(8),
    ]
)
MIX = T.MixUp(alpha=0.3, num_classes=len(datasets.EMOJI_GROUPS))


class Block(nn.Module):
    """Two convolutions, whose result is added to what came in."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.BatchNorm2d(inputs), nn.BatchNorm2d(outputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.shortcut = None if stride == 1 and inputs == outputs else nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x: mg.Tensor) -> mg.Tensor:
        y = F.relu(self.norm1(x))
        short = x if self.shortcut is None else self.shortcut(y)
        return short + self.conv2(F.relu(self.norm2(self.conv1(y))))


def network(width: int) -> nn.Sequential:
    sizes = (width, 2 * width, 4 * width)
    blocks = [nn.Conv2d(3, width, 3, padding=1, bias=False)]
    for inputs, outputs in zip((width, *sizes), sizes):
        blocks += [Block(inputs, outputs, 1 if outputs == width else 2), Block(outputs, outputs)]
    head = [nn.BatchNorm2d(sizes[-1]), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(sizes[-1], len(datasets.EMOJI_GROUPS))]
    return nn.Sequential(*blocks, *head)


def judged(model: nn.Module, pictures: mg.Tensor) -> mg.Tensor:
    """Probabilities (N, groups): of each picture as it is and in the mirror."""
    x = PREPARE(pictures)
    return (predict(model, x).softmax(1) + predict(model, x.flip(3)).softmax(1)) / 2


def main(run: Run) -> None:
    train, test = (datasets.emoji(part, data_dir=run.data, synthetic=run.quick) for part in (True, False))
    run.note(data=f"{len(train):,} pictures to learn from, {len(test)} to test on")
    model = network(run.pick(full=16, quick=4))
    epochs = run.pick(full=100, quick=2)
    batches = DataLoader(train, batch_size=64, shuffle=True, drop_last=True)
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=1e-3)
    averaging = Averaging(model, decay=0.99)
    history = run.fit(
        model,
        batches,
        F.cross_entropy,
        optimizer,
        epochs,
        averaging=averaging,
        prepare=lambda batch: MIX(AUGMENT(batch[0]), batch[1]),
    )
    pictures, groups = test.tensors
    shares = judged(averaging.average, pictures)
    right, seen = accuracy(shares, groups), shares.argmax(1)
    run.save(averaging.average)

    line = logistic_regression(PREPARE(train.tensors[0]).flatten(1), train.tensors[1], l2=0.1, iterations=run.pick(full=100, quick=3))
    simple = accuracy(line(PREPARE(pictures).flatten(1)), groups)
    run.result("test accuracy", right, baseline=simple, baseline_name="linear", floor=0.63, percent=True)

    names = [name.split(" & ")[0] for name in datasets.EMOJI_GROUPS]
    figure, (loss, confusions, samples) = viz.figure(1, 3, size=(17, 5.6))
    viz.curves(history, ["loss"], title="Loss, of mixed pictures", ax=loss)
    viz.confusion_matrix(seen, groups, labels=names, title=f"{right:.1%} of {len(groups)} test pictures right", ax=confusions)
    captions = [names[b] if a == b else f"{names[b]}\n(is {names[a]})" for a, b in zip(groups.tolist(), seen.tolist())]
    every = slice(None, None, max(len(pictures) // 28, 1))  # of all groups, in which they are ordered
    viz.images(pictures[every][:28], captions[every][:28], columns=7, title="Test pictures, and what they are taken for", ax=samples)
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
