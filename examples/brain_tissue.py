"""A U-Net divides slices of a brain into grey matter, white matter and the rest, however unevenly they are lit.

Skull and scalp have been taken off this picture, and its brightness tells the tissues apart nearly by itself: the simple method, which
gives each brightness the tissue that it most often is in training, is hard to beat. But the scanner's coils receive better here than
there, and nobody promises that white matter is as bright tomorrow. So the slices are tested on twice: as they are, and shaded by smooth
random fields. In training the network sees ever other shadings, and learns to go by what is beside what.

The slices are those of one brain, the mean of 152 (the template of the Montreal Neurological Institute); those held out have neighbours
among those learnt from, so the figures flatter: another scanner's picture of another head would be read worse.

Data: the brain template of the Montreal Neurological Institute (ICBM 152).

Source: Ronneberger, Fischer & Brox, "U-Net" (2015).
"""

import numpy as np

import minigrad as mg
from minigrad import datasets, optim, viz
from minigrad import transforms as T
from minigrad.metrics import dice_score
from minigrad.models import UNet
from minigrad.nn import functional as F
from minigrad.train import Run, predict
from minigrad.utils.data import DataLoader

# Left and right are the first of a slice's axes. No pixels are mixed, so that each keeps the brightness of its tissue.
AUGMENT = T.Compose([T.RandomVerticalFlip(), T.RandomAffine(8, translate=(0.04, 0.04), scale=(0.93, 1.07), interpolation="nearest")])
SHADE = 0.15  # how strong the shading of the test is; in training it is up to that
HEIGHT, WIDTH = 104, 120  # pixels of a slice


def prepare(slices: mg.Tensor) -> mg.Tensor:
    return slices.float() / 64 - 1


def shading(count: int, strength: mg.Tensor | float, generator: mg.Generator | None = None) -> mg.Tensor:
    """Smooth random gains (count, 1, H, W) about 1: exponentials of polynomials of second degree. strength: one, or (count, 1)."""
    y, x = mg.linspace(-1, 1, HEIGHT)[:, None], mg.linspace(-1, 1, WIDTH)
    basis = mg.stack([term.expand(HEIGHT, WIDTH) for term in (mg.ones(1, 1), x, y, x * y, x * x, y * y)])
    weights = mg.randn(count, len(basis), generator=generator) * strength
    return mg.exp(mg.einsum("nk,khw->nhw", weights, basis))[:, None]


def by_brightness(slices: mg.Tensor, tissue: mg.Tensor) -> np.ndarray:
    """For each of the 256 grey levels the tissue that it most often is."""
    classes = len(datasets.TISSUES)
    pairs = slices.numpy().astype(np.int64).ravel() * classes + tissue.numpy().ravel()
    return np.bincount(pairs, minlength=256 * classes).reshape(256, classes).argmax(1)


def main(run: Run) -> None:
    train, test = (datasets.brain_slices(part, data_dir=run.data, synthetic=run.quick) for part in (True, False))
    run.note(data=f"{len(train)} slices to learn from, {len(test)} to test on, of one brain")
    model = UNet(1, len(datasets.TISSUES), width=run.pick(full=12, quick=2))
    epochs = run.pick(full=50, quick=2)
    batches = DataLoader(train, batch_size=run.pick(full=4, quick=8), shuffle=True, drop_last=True)
    optimizer = optim.AdamW(model.parameters(), lr=5e-3, weight_decay=0.01)

    def augment(batch):
        slices, tissue = AUGMENT(*batch)
        return prepare((slices.float() * shading(len(slices), SHADE * mg.rand(len(slices), 1))).clamp(0, 255)), tissue

    history = run.fit(model, batches, F.cross_entropy, optimizer, epochs, prepare=augment)

    slices, truth = test.tensors
    levels = mg.tensor(by_brightness(*train.tensors))
    shaded = (slices.float() * shading(len(slices), SHADE, mg.Generator().manual_seed(1234))).clamp(0, 255)
    run.save(model)
    figure, (loss, *places) = viz.figure(1, 3, size=(17, 9))
    viz.curves(history, ["loss"], log=True, title="Loss", ax=loss)
    loss.set_box_aspect(0.8)
    shown = list(range(len(slices) // 8, len(slices), max(len(slices) // 4, 1)))[:4]
    for name, seen in (("as they are", slices), ("shaded", shaded)):
        found = predict(model, prepare(seen), batch_size=8).argmax(1)
        simple = levels[seen.long()[:, 0]]
        dice, base = (dice_score(preds, truth, average=None) for preds in (found, simple))
        for k in (1, 2):
            against = {"baseline": base[k], "baseline_name": "brightness alone"}
            run.result(f"Dice, {datasets.TISSUES[k]}, {name}", dice[k], floor=0.91 if seen is slices else None, **against)
    for place, (name, preds, score) in zip(places, (("U-Net", found, dice), ("brightness alone", simple, base))):
        title = f"{name}, shaded: Dice {score[1]:.3f} grey, {score[2]:.3f} white"
        viz.segmentation(shaded[shown], truth[shown], preds[shown], labels=datasets.TISSUES, title=title, ax=place)
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
