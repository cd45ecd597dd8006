"""A feed-forward network reads handwritten digits: 784 inputs, three hidden layers, 10 outputs.

Each image is one vector of 784 pixels; the network knows nothing of their neighbourhood. With `--data DIR`, a folder with MNIST's four
files, it learns from all 60,000 images, otherwise from 4,000 of the 5,000 that come with the package.
"""

import minigrad as mg
from minigrad import datasets, nn, optim, viz
from minigrad.nn import functional as F
from minigrad.train import Run, fit, predict
from minigrad.utils.data import DataLoader

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


def main(run: Run) -> None:
    train, test = datasets.digits(True, run.data), datasets.digits(False, run.data)
    epochs = run.pick(full=30, quick=2)
    batches = DataLoader(train, batch_size=64, shuffle=True, drop_last=True)

    model = network()
    optimizer = optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.05)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=2e-3, total_steps=epochs * len(batches))
    images, labels = test.tensors

    def accuracy(outputs, targets):
        return (outputs.argmax(1) == targets).float().mean()

    history = fit(
        model,
        batches,
        F.cross_entropy,
        optimizer,
        run.loop(epochs, model=model, optimizer=optimizer, schedule=schedule),
        schedule=schedule,
        prepare=lambda batch: (prepare(batch[0]), batch[1]),
        valid=[(prepare(images), labels)],
        metrics={"accuracy": accuracy},
    )
    scores = predict(model, prepare(images))
    right = accuracy(scores, labels).item()
    run.save(model)
    figure, (curves, confusions) = viz.figure(1, 2)
    viz.curves(history, ["loss", "valid loss"], log=True, ax=curves, title="Loss")
    viz.confusion_matrix(scores.argmax(1), labels, ax=confusions, title=f"Test digits: {right:.2%} right")
    run.figure(figure)
    run.result("test accuracy", right, floor=0.98 if run.data else 0.94, percent=True)


if __name__ == "__main__":
    Run.start(main)
