"""A U-Net finds cell nuclei under the microscope, having seen half of one picture.

A pathologist marked 125 nuclei in a picture; on its left half the network learns which pixels belong to one, on the right half it is
tested. That so little is enough is due to patches: they are cut anywhere, turned, mirrored, stretched, lit brighter or darker, so that none
comes twice. The simple method is Otsu's threshold (1979): the grey level that best divides the picture into dark and bright pixels. It
misses what is dimmer than the rest, and the network does not.

Data: a picture of the 2018 Data Science Bowl.

Source: Ronneberger, Fischer & Brox, "U-Net" (2015); the picture is of the 2018 Data Science Bowl.
"""

import numpy as np

import minigrad as mg
from minigrad import datasets, optim, viz
from minigrad import transforms as T
from minigrad.metrics import dice_score, jaccard_index
from minigrad.models import UNet
from minigrad.nn import functional as F
from minigrad.train import Averaging, Run, predict

PATCH = 64  # pixels across


def otsu(levels: np.ndarray) -> float:
    """The threshold with the largest variance between what is below it and what is above."""
    counts, edges = np.histogram(levels, 256)
    middles = (edges[:-1] + edges[1:]) / 2
    below = counts.cumsum() / levels.size
    sums = (counts * middles).cumsum() / levels.size
    between = (sums[-1] * below - sums) ** 2 / np.maximum(below * (1 - below), 1e-12)
    return float(middles[between.argmax()])


def patches(rng: np.random.Generator, image: mg.Tensor, mask: mg.Tensor, count: int) -> tuple[mg.Tensor, mg.Tensor]:
    """Patches (count, 1, PATCH, PATCH) from anywhere, and the classes of their pixels."""
    tops, lefts = (rng.integers(0, size - PATCH + 1, count) for size in image.shape)
    cut = [(slice(top, top + PATCH), slice(left, left + PATCH)) for top, left in zip(tops.tolist(), lefts.tolist())]
    return mg.stack([image[place] for place in cut])[:, None], mg.stack([mask[place] for place in cut])


def loss_of(scores: mg.Tensor, mask: mg.Tensor) -> mg.Tensor:
    """Cross entropy looks at each pixel, the soft Dice coefficient at how far the regions agree."""
    share = mg.softmax(scores, 1)[:, 1]
    dice = (2 * (share * mask).sum() + 1) / (share.sum() + mask.sum() + 1)
    return F.cross_entropy(scores, mask) + 1 - dice


def main(run: Run) -> None:
    (image, mask), (test_image, test_nuclei) = (
        (mg.tensor(a), mg.tensor(b)) for a, b in (datasets.nuclei(part, data_dir=run.data, synthetic=run.quick) for part in (True, False))
    )
    mask, truth = (mask > 0).long(), (test_nuclei > 0).long()
    run.note(data="one picture of 512 x 512 pixels, left half to learn from, right half to test on")
    mean, deviation = image.mean(), image.std()
    augment = T.Compose(
        [T.RandomAffine(180, scale=(0.8, 1.25), shear=10, interpolation="bilinear", fill=float(image.median())), T.RandomVerticalFlip()]
    )

    def prepare(images: mg.Tensor) -> mg.Tensor:
        return (images - mean) / deviation

    model = UNet(1, 2, width=run.pick(full=16, quick=4))
    steps, rounds = run.pick(full=20, quick=2), run.pick(full=20, quick=2)
    optimizer = optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=3e-3, total_steps=rounds * steps)
    averaging = Averaging(model, decay=0.98)
    loop = run.loop(rounds, model=model, optimizer=optimizer, schedule=schedule, averaging=averaging, rng=run.rng)
    for _ in loop:
        model.train()
        losses = []
        for _ in loop.batches(range(steps)):
            x, y = augment(*patches(run.rng, image, mask, run.pick(full=16, quick=4)))
            gain = mg.exp(0.2 * mg.randn(len(x), 1, 1, 1))  # as if lit otherwise
            loss = loss_of(model(prepare(x) * gain + 0.2 * mg.randn(len(x), 1, 1, 1)), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            averaging.update()
            losses.append(loss.item())
        loop.log(loss=np.mean(losses))

    found = predict(averaging.average, prepare(test_image)[None, None]).argmax(1)[0]
    level = otsu(image.numpy())
    simple = (test_image > level).long()
    scores = {name: dice_score(preds, truth) for name, preds in (("U-Net", found), ("Otsu", simple))}
    run.save(averaging.average)
    run.figure(draw(test_image, truth, {"U-Net": found, "Otsu's threshold": simple}, loop.history))
    run.result("Dice", scores["U-Net"], baseline=scores["Otsu"], baseline_name="Otsu", floor=0.94)
    run.result("intersection over union", jaccard_index(found, truth), baseline=jaccard_index(simple, truth), baseline_name="Otsu")


def draw(image: mg.Tensor, truth: mg.Tensor, found: dict[str, mg.Tensor], history):
    figure, (seen, loss) = viz.figure(1, 2, size=(17, 7.6))
    part = slice(0, image.shape[1])  # a square of the picture is enough to see
    bright = image.clamp(0, float(np.quantile(image.numpy(), 0.995)))
    pictures, truths, preds = (mg.stack(list(each))[:, part] for each in ([bright] * 2, [truth] * 2, found.values()))
    title = ", ".join(f"{row}: {name} (Dice {dice_score(p, truth):.3f})" for row, (name, p) in zip(("above", "below"), found.items()))
    viz.segmentation(pictures, truths, preds, labels=["background", "nucleus"], title=title, ax=seen)
    viz.curves(history, ["loss"], title="Loss: cross entropy + 1 - Dice", ax=loss)
    loss.set_box_aspect(0.8)
    return figure


if __name__ == "__main__":
    Run.start(main)
