"""A convolutional network reads handwritten digits: what was learnt in one place of an image holds in all others.

Three layers of small filters, each looking at what the one before it found in a wider neighbourhood, then one linear layer that weighs
what was found where. A digit that is turned, stretched or moved a little is still the same digit, and the network is told so: at every
epoch it sees each image in another position. It learns from the 60,000 images of MNIST where they are found (`minigrad data fetch mnist`),
and in any case from 4,000 of the 5,000 that come with the package, which make it read a little worse.

Source: LeCun, Bottou, Bengio & Haffner, "Gradient-based learning applied to document recognition" (1998).
"""

import minigrad as mg
from minigrad import datasets, nn, optim, viz
from minigrad import transforms as T
from minigrad.metrics import accuracy
from minigrad.nn import functional as F
from minigrad.train import Run, logistic_regression, predict
from minigrad.utils.data import DataLoader, TensorDataset

PREPARE = T.Compose([T.ToDtype(mg.float32, scale=True), T.Normalize(0.1307, 0.3081)])
AUGMENT = T.RandomAffine(10, translate=(0.07, 0.07), scale=(0.9, 1.1), shear=5, interpolation="bilinear")


def network() -> nn.Sequential:
    def stage(inputs: int, outputs: int, size: int) -> nn.Sequential:
        return nn.Sequential(nn.Conv2d(inputs, outputs, size, padding=size // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())

    return nn.Sequential(
        stage(1, 16, 5),
        nn.MaxPool2d(2),
        stage(16, 32, 5),
        nn.MaxPool2d(2),
        stage(32, 64, 3),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(64 * 3 * 3, 10),
    )


def learn(run: Run, data: TensorDataset, epochs: int, name: str = "", test: TensorDataset | None = None) -> tuple[nn.Sequential, list]:
    """The trained network, and a row for each epoch. test: is watched only; nothing is chosen by it."""
    model = network()
    batches = DataLoader(data, batch_size=64, shuffle=True, drop_last=True)
    optimizer = optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.02)
    images, labels = test.tensors if test else (mg.empty(0), mg.empty(0))
    history = run.fit(
        model,
        batches,
        F.cross_entropy,
        optimizer,
        epochs,
        name,
        prepare=lambda batch: (PREPARE(AUGMENT(batch[0])), batch[1]),
        valid=[(PREPARE(images[i : i + 500]), labels[i : i + 500]) for i in range(0, len(images), 500)] if test else None,
        metrics={"accuracy": accuracy},
    )
    return model, history


def measure(
    run: Run, train: TensorDataset, test: TensorDataset, metric: str, *, epochs: int, floor: float, name: str = ""
) -> tuple[nn.Sequential, list, mg.Tensor]:
    """Learn, and tell how many of the test digits are then read rightly: the network, a row for each epoch, and what it says of them."""
    model, history = learn(run, train, run.pick(full=epochs, quick=2), name, test)
    images, labels = test.tensors
    scores = predict(model, PREPARE(images))
    first = slice(10_000)
    line = logistic_regression(PREPARE(train.tensors[0][first]).flatten(1), train.tensors[1][first], iterations=run.pick(full=50, quick=5))
    simple = accuracy(line(PREPARE(images).flatten(1)), labels)
    run.result(metric, accuracy(scores, labels), baseline=simple, baseline_name="linear", floor=floor, percent=True)
    return model, history, scores


def main(run: Run) -> None:
    train, test = (datasets.all_digits(part, data_dir=run.data, synthetic=run.quick) for part in (True, False))
    full = len(train) == 60_000
    run.note(data=f"{len(train):,} of MNIST's images" if full else f"{len(train):,} of the package's digits: MNIST is not here")
    model, history, scores = measure(run, train, test, "test accuracy", epochs=10 if full else 60, floor=0.992 if full else 0.983)
    run.save(model)
    if full:
        few, few_test = datasets.digits(True), datasets.digits(False)
        measure(run, few, few_test, "from 4,000 digits of the package alone", epochs=60, floor=0.983, name="few")

    (images, labels), read = test.tensors, scores.argmax(1)
    title = f"{accuracy(scores, labels):.2%} of {len(labels):,} test digits read rightly"
    figure, (curves, confusions, mistakes) = viz.figure(1, 3, size=(15, 4.8))
    viz.curves({"loss": history["loss"], "test loss": history["valid loss"]}, log=True, title="Loss", ax=curves)
    viz.confusion_matrix(read, labels, title=title, ax=confusions)
    wrong = (read != labels).nonzero()[:24, 0]
    if len(wrong):
        captions = [f"{a} read {b}" for a, b in zip(labels[wrong].tolist(), read[wrong].tolist())]
        viz.images(images[wrong], captions, columns=6, title="Mistakes", ax=mistakes)
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
