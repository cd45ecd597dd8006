"""A hundred labels and thousands of digits without any: FixMatch against learning from the hundred alone.

A network that is sure of what a digit is when it is moved a little should say the same when it is turned, sheared and partly painted over.
So for each picture without a label it is first asked gently; where it is surer than 95 %, its answer is the label of the distorted picture.
At first it is sure of little; each thing learnt makes it sure of more. What is used in the end is an average of the weights over the last
steps. It is compared with the same network that learns from the same hundred pictures alone: as they are, which is plain supervised
learning, and moved a little at every step, which on digits is already worth most of the way.

Source: Sohn et al., "FixMatch: simplifying semi-supervised learning with consistency and confidence" (2020).
"""

import numpy as np

import minigrad as mg
from minigrad import datasets, nn, optim, viz
from minigrad import transforms as T
from minigrad.nn import functional as F
from minigrad.train import Averaging, History, Run, predict

SURE = 0.95
GENTLE = T.RandomAffine(0, translate=(0.07, 0.07))
STRONG = T.Compose([T.RandomAffine(30, translate=(0.12, 0.12), scale=(0.8, 1.2), shear=15, interpolation="bilinear"), T.Cutout(10)])


def network() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 32, 5, stride=2, padding=2, bias=False),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(128),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(128 * 16, 10),
    )


def choose(labels: mg.Tensor, each: int, rng: np.random.Generator) -> np.ndarray:
    """`each` rows of every class."""
    y = labels.numpy()
    return np.concatenate([rng.permutation(np.flatnonzero(y == digit))[:each] for digit in range(10)])


def learn(
    run: Run, name: str, images: mg.Tensor, labels: mg.Tensor, others: mg.Tensor | None, test: tuple[mg.Tensor, mg.Tensor], move=GENTLE
) -> tuple[nn.Module, History]:
    """Learn from labelled pictures, moved so, and, if there are any, from `others` without labels. Gives the averaged model."""
    rounds, steps = run.pick(full=30, quick=2), run.pick(full=50, quick=2)
    batch, ratio = run.pick(full=(64, 3), quick=(16, 2))
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=0.03, momentum=0.9, nesterov=True, weight_decay=5e-4)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, rounds * steps)
    averaging = Averaging(model, decay=0.99)
    loop = run.loop(rounds, name, unit=f"{name}: round", model=model, optimizer=optimizer, schedule=schedule, averaging=averaging)
    for _ in loop:
        model.train()
        used, losses = 0.0, 0.0
        for _ in range(steps):
            rows = mg.randint(0, len(images), (batch,))
            pictures, target = move(images[rows]), labels[rows]
            if others is None:
                loss = F.cross_entropy(model(pictures), target)
            else:
                plain = others[mg.randint(0, len(others), (ratio * batch,))]
                # One pass for all: batch normalisation should not tell pictures with labels from those without.
                outputs = model(mg.cat([pictures, GENTLE(plain), STRONG(plain)]))
                known, gentle, strong = outputs[:batch], outputs[batch : (1 + ratio) * batch], outputs[(1 + ratio) * batch :]
                chance, guess = F.softmax(gentle.detach(), dim=1).max(1)
                sure = (chance >= SURE).float()
                loss = F.cross_entropy(known, target) + (F.cross_entropy(strong, guess, reduction="none") * sure).mean()
                used += sure.mean().item() / steps
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            averaging.update()
            losses += loss.item() / steps
        right = accuracy(averaging.average, *test)
        loop.log(loss=losses, accuracy=right, **({} if others is None else {"share that is used": used}))
    return averaging.average, loop.history


def accuracy(model: nn.Module, images: mg.Tensor, labels: mg.Tensor) -> float:
    return (predict(model, images).argmax(1) == labels).float().mean().item()


def main(run: Run, labels: int = 10) -> None:
    """labels: how many of each class."""
    train, test = (datasets.all_digits(part, data_dir=run.data, synthetic=run.quick).tensors for part in (True, False))
    images, tested = train[0].float() / 255, (test[0].float() / 255, test[1])
    rows = choose(train[1], labels, run.rng)
    run.note(data=f"{len(images):,} digits of MNIST, {len(rows)} of them with labels")

    few = images[rows], train[1][rows]
    plain, still = learn(run, "labels alone", *few, None, tested, move=lambda pictures: pictures)
    moved, alone = learn(run, "labels alone, moved", *few, None, tested)
    model, history = learn(run, "FixMatch", *few, images, tested)
    first, second, third = (accuracy(m, *tested) for m in (plain, moved, model))
    run.save(model)
    run.result("test accuracy", third, baseline=first, baseline_name=f"{len(rows)} labels alone", percent=True)
    run.result("the same", third, baseline=second, baseline_name=f"{len(rows)} labels alone, moved", percent=True)
    run.result("points above supervised", 100 * (third - first), floor=10)
    run.result("points above supervised, moved", 100 * (third - second))

    figure, (left, middle, right) = viz.figure(1, 3, size=(16, 4.8))
    some = images[rows[::labels]]
    shown = mg.cat([some, GENTLE(some), STRONG(some), STRONG(some)])
    viz.images(shown, columns=10, title="Digits; moved gently; distorted, twice", ax=left)
    lines = {"FixMatch": history["accuracy"], "labels alone, moved": alone["accuracy"], "labels alone": still["accuracy"]}
    lines["share of pictures used"] = history["share that is used"]
    viz.curves(lines, percent=True, title="Accuracy on the test digits", ylabel="accuracy", ax=middle)
    middle.set_xlabel("round")
    viz.confusion_matrix(predict(model, tested[0]).argmax(1), tested[1], title="What FixMatch reads", ax=right)
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
