"""Features of digits without labels: two views of a picture should look alike, and unlike all others (SimCLR).

Each picture of a batch is distorted twice. The network gives each view a direction; which of all other views has the same origin is a
question of classification that needs no label. To answer it the network has to see what stays when a digit is turned, moved, stretched and
partly painted over: which digit it is. How well it does is asked by a linear probe: logistic regression from its features to labels, all
that labels are ever used for. The same probe on the pixels, and on an untrained network of the same shape, is what it is compared with.

Source: Chen, Kornblith, Norouzi & Hinton, "A simple framework for contrastive learning of visual representations" (2020).
"""

import minigrad as mg
from minigrad import datasets, explain, metrics, nn, optim, transforms, viz
from minigrad import transforms as T
from minigrad.nn import functional as F
from minigrad.train import Run, logistic_regression, predict

TEMPERATURE = 0.2
DISTORT = T.Compose([T.RandomAffine(25, translate=(0.12, 0.12), scale=(0.75, 1.25), shear=20, interpolation="bilinear"), T.Cutout(9)])


def encoder() -> nn.Sequential:
    parts: list[nn.Module] = []
    for inputs, outputs, size in ((1, 32, 5), (32, 64, 3), (64, 128, 3)):
        parts += [nn.Conv2d(inputs, outputs, size, stride=2, padding=size // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
    return nn.Sequential(*parts, nn.Flatten(), nn.Linear(128 * 16, 128))


def contrast(views: mg.Tensor) -> mg.Tensor:
    """The loss of 2 N views, (2 N, D), view i and view N + i of one origin: which of the others belongs to me?"""
    count = len(views) // 2
    views = F.normalize(views, dim=1)
    alike = (views @ views.T / TEMPERATURE).masked_fill(mg.eye(2 * count, dtype=mg.bool), -1e9)
    return F.cross_entropy(alike, mg.arange(2 * count).roll(count))


def learn(run: Run, model: nn.Module, images: mg.Tensor) -> None:
    epochs, batch = run.pick(full=20, quick=2), run.pick(full=256, quick=32)
    head = nn.Sequential(nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 64))  # thrown away afterwards
    steps = len(images) // batch
    optimizer = optim.AdamW([*model.parameters(), *head.parameters()], lr=2e-3, weight_decay=1e-4)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=2e-3, total_steps=epochs * steps)
    for _ in (loop := run.loop(epochs, model=model, head=head, optimizer=optimizer, schedule=schedule)):
        model.train()
        total = 0.0
        for rows in loop.batches(mg.randperm(len(images))[: steps * batch].split(batch)):
            loss = contrast(head(model(mg.cat([DISTORT(images[rows]), DISTORT(images[rows])]))))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() / steps
        loop.log(loss=total)


def probe(features: mg.Tensor, labels: mg.Tensor, tested: mg.Tensor, truth: mg.Tensor) -> float:
    """The accuracy of logistic regression on features."""
    scale = transforms.Standardize().fit(features)
    return metrics.accuracy(logistic_regression(scale(features), labels, l2=1e-3)(scale(tested)), truth)


def main(run: Run) -> None:
    train, test = (datasets.all_digits(part, data_dir=run.data, synthetic=run.quick).tensors for part in (True, False))
    images, tested, truth = train[0].float() / 255, test[0].float() / 255, test[1]
    learned_from = images[: run.pick(full=20_000, quick=128)]
    probed = slice(0, run.pick(full=10_000, quick=100))  # pictures that the probe learns from, with their labels
    run.note(data=f"{len(learned_from):,} digits of MNIST without labels, the probe from {len(images[probed]):,}")

    model, untrained = encoder(), encoder()
    learn(run, model, learned_from)
    run.save(model)
    features, seen = predict(model, images[probed]), predict(model, tested)
    labels = train[1][probed]
    share = probe(features, labels, seen, truth)
    pixels = probe(images[probed].flatten(1), labels, tested.flatten(1), truth)
    run.result("accuracy of a linear probe", share, baseline=pixels, baseline_name="on pixels", floor=0.95, percent=True)
    chance = probe(predict(untrained, images[probed]), labels, predict(untrained, tested), truth)
    run.result("the same", share, baseline=chance, baseline_name="on an untrained network", percent=True)
    nearest = metrics.knn_accuracy(features, labels, seen, truth, metric="cosine")
    by_pixels = metrics.knn_accuracy(images[probed].flatten(1), labels, tested.flatten(1), truth)
    run.result("accuracy of 5 nearest neighbours", nearest, baseline=by_pixels, baseline_name="on pixels", percent=True)

    figure, (left, middle, right) = viz.figure(1, 3, size=(17, 5.4))
    some = images[:8]
    viz.images(mg.cat([some, *(DISTORT(some) for _ in range(5))]), columns=8, title="Pictures, and views of them", ax=left)
    few = slice(0, run.pick(full=1500, quick=60))
    flat = explain.tsne(F.normalize(seen[few], dim=1), steps=run.pick(full=750, quick=10))
    viz.embedding(flat, truth[few], title="Test digits by their features, in the plane (t-SNE)", ax=middle)
    like = F.normalize(seen[:8], dim=1) @ F.normalize(features, dim=1).T
    rows = [mg.cat([tested[i : i + 1], images[probed][like[i].topk(7)[1]]]) for i in range(8)]
    viz.images(mg.cat(rows), columns=8, title="A test digit, and those that are nearest", ax=right)
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
