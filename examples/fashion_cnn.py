"""A convolutional network tells garments apart, in pictures that are harder than digits and as small.

Fashion-MNIST has the format of MNIST and classes that overlap: what is a shirt, what a pullover and what a coat is not always seen in 28
by 28 pixels. The network has two convolutions at each size, the images are mirrored and moved by a pixel or two, a patch of each is
hidden at random, and the weights that are tested are the moving average of those of the last steps.

Source: Xiao, Rasul & Vollgraf, "Fashion-MNIST" (2017); the network after Simonyan & Zisserman (2015), the hidden patches by DeVries &
Taylor, "Cutout" (2017).
"""

import minigrad as mg
from minigrad import datasets, nn, optim, viz
from minigrad import transforms as T
from minigrad.metrics import accuracy
from minigrad.nn import functional as F
from minigrad.train import Averaging, Run, logistic_regression, predict
from minigrad.utils.data import DataLoader

PREPARE = T.Compose([T.ToDtype(mg.float32, scale=True), T.Normalize(0.286, 0.353)])
AUGMENT = T.Compose([T.RandomHorizontalFlip(), T.RandomCrop(28, padding=2), T.Cutout(8)])


def network() -> nn.Sequential:
    def convolution(inputs: int, outputs: int, size: int = 3) -> nn.Sequential:
        return nn.Sequential(nn.Conv2d(inputs, outputs, size, padding=size // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())

    return nn.Sequential(
        convolution(1, 16),
        convolution(16, 16),
        nn.MaxPool2d(2),
        convolution(16, 32),
        convolution(32, 32),
        nn.MaxPool2d(2),
        convolution(32, 64),
        convolution(64, 64),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(64 * 3 * 3, 10),
    )


def main(run: Run) -> None:
    train, test = (datasets.fashion_mnist(part, data_dir=run.data, synthetic=run.quick) for part in (True, False))
    run.note(data=f"{len(train):,} of Fashion-MNIST's images")
    epochs = run.pick(full=10, quick=2)
    batches = DataLoader(train, batch_size=64, shuffle=True, drop_last=True)
    model = network()
    optimizer = optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.02)
    averaging = Averaging(model, decay=0.998)
    images, labels = test.tensors
    history = run.fit(
        model,
        batches,
        F.cross_entropy,
        optimizer,
        epochs,
        averaging=averaging,
        prepare=lambda batch: (PREPARE(AUGMENT(batch[0])), batch[1]),
        valid=[(PREPARE(images[i : i + 500]), labels[i : i + 500]) for i in range(0, len(images), 500)],
        metrics={"accuracy": accuracy},
    )
    scores = predict(averaging.average, PREPARE(images))
    right, seen = accuracy(scores, labels), scores.argmax(1)
    run.save(averaging.average)

    figure, (curves, confusions, mistakes) = viz.figure(1, 3, size=(17, 5.4))
    viz.curves({"loss": history["loss"], "test loss": history["valid loss"]}, log=True, title="Loss", ax=curves)
    names = datasets.FASHION_CLASSES
    viz.confusion_matrix(seen, labels, labels=names, title=f"{right:.2%} of {len(labels):,} test images right", ax=confusions)
    wrong = (seen != labels).nonzero()[:16, 0]
    if len(wrong):
        captions = [f"{names[a]}\nas {names[b]}" for a, b in zip(labels[wrong].tolist(), seen[wrong].tolist())]
        viz.images(images[wrong], captions, columns=4, title="Mistakes: what it is, what it is taken for", ax=mistakes)
    run.figure(figure)

    first = slice(10_000)
    line = logistic_regression(PREPARE(train.tensors[0][first]).flatten(1), train.tensors[1][first], iterations=run.pick(full=50, quick=5))
    simple = accuracy(line(PREPARE(images).flatten(1)), labels)
    run.result("test accuracy", right, baseline=simple, baseline_name="linear", floor=0.92, percent=True)


if __name__ == "__main__":
    Run.start(main)
