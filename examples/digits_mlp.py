"""A feed-forward network reads handwritten digits: 784 inputs, three hidden layers, 10 outputs.

Each image is one vector of 784 pixels, and the network knows nothing of their neighbourhood: shuffled in the same way in all images, the
pixels would do as well. Still it reads far better than a linear classifier, which can only weigh each pixel for or against a digit. It
learns from the 60,000 images of MNIST where they are found (`minigrad data fetch mnist`), and in any case from 4,000 of the 5,000 that come
with the package. The learning rate goes up and down once (Smith, "Super-convergence", 2018).
"""

import minigrad as mg
from minigrad import datasets, nn, optim, viz
from minigrad.metrics import accuracy
from minigrad.nn import functional as F
from minigrad.train import Run, logistic_regression, predict
from minigrad.utils.data import DataLoader, TensorDataset

MEAN, STD = 33.3, 78.6  # of MNIST's pixels, 0 to 255


def network() -> nn.Sequential:
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, 256),
        nn.ReLU(),
        nn.Linear(256, 128),
        nn.ReLU(),
        nn.Linear(128, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )


def prepare(images: mg.Tensor) -> mg.Tensor:
    return (images.float() - MEAN) / STD


def learn(run: Run, data: TensorDataset, epochs: int, name: str = "", test: TensorDataset | None = None) -> tuple[nn.Sequential, list]:
    """The trained network, and a row for each epoch. test: is watched only; nothing is chosen by it."""
    model = network()
    batches = DataLoader(data, batch_size=64, shuffle=True, drop_last=True)
    optimizer = optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.05)
    history = run.fit(
        model,
        batches,
        F.cross_entropy,
        optimizer,
        epochs,
        name,
        prepare=lambda batch: (prepare(batch[0]), batch[1]),
        valid=test and [(prepare(test.tensors[0]), test.tensors[1])],
        metrics={"accuracy": accuracy},
    )
    return model, history


def measure(
    run: Run, train: TensorDataset, test: TensorDataset, metric: str, *, epochs: int, floor: float, name: str = ""
) -> tuple[nn.Sequential, list, mg.Tensor]:
    """Learn, and tell how many of the test digits are then read rightly: the network, a row for each epoch, and what it says of them."""
    model, history = learn(run, train, run.pick(full=epochs, quick=2), name, test)
    images, labels = test.tensors
    scores = predict(model, prepare(images))
    first = slice(10_000)
    line = logistic_regression(prepare(train.tensors[0][first]).flatten(1), train.tensors[1][first], iterations=run.pick(full=50, quick=5))
    simple = accuracy(line(prepare(images).flatten(1)), labels)
    run.result(metric, accuracy(scores, labels), baseline=simple, baseline_name="linear", floor=floor, percent=True)
    return model, history, scores


def main(run: Run) -> None:
    train, test = (datasets.all_digits(part, data_dir=run.data, synthetic=run.quick) for part in (True, False))
    full = len(train) == 60_000
    run.note(data=f"{len(train):,} of MNIST's images" if full else f"{len(train):,} of the package's digits: MNIST is not here")
    model, history, scores = measure(run, train, test, "test accuracy", epochs=20 if full else 30, floor=0.98 if full else 0.94)
    run.save(model)
    if full:
        few, few_test = datasets.digits(True), datasets.digits(False)
        measure(run, few, few_test, "from 4,000 digits of the package alone", epochs=30, floor=0.94, name="few")

    labels = test.tensors[1]
    title = f"{accuracy(scores, labels):.2%} of {len(labels):,} test digits read rightly"
    figure, (curves, confusions) = viz.figure(1, 2, size=(11, 4.6))
    viz.curves({"loss": history["loss"], "test loss": history["valid loss"]}, log=True, title="Loss", ax=curves)
    viz.confusion_matrix(scores, labels, title=title, ax=confusions)
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
