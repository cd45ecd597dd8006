"""A U-Net divides slices of a brain into grey matter, white matter and the rest.

In a magnetic resonance picture the tissues differ in brightness, but not by that alone: scalp and fat are as bright as white matter,
and muscle as grey. What a pixel is depends on where it lies, and how far around one must look is for the network to find. The simple
method gives each brightness the tissue that it most often is in training: it must take the scalp for brain.

The slices are those of one brain, the mean of 152 (the template of the Montreal Neurological Institute); those held out have neighbours
among those learnt from, so the figures flatter: another scanner's picture of another head would be read worse.

Source: Ronneberger, Fischer & Brox, "U-Net" (2015).
"""

import numpy as np

import minigrad as mg
from minigrad import datasets, optim, viz
from minigrad import transforms as T
from minigrad.metrics import dice_score
from minigrad.models import UNet
from minigrad.nn import functional as F
from minigrad.train import Run, fit, predict
from minigrad.utils.data import DataLoader

AUGMENT = T.RandomAffine(8, translate=(0.04, 0.04), scale=(0.93, 1.07), interpolation="bilinear")


def prepare(slices: mg.Tensor) -> mg.Tensor:
    return slices.float() / 64 - 1


def by_brightness(slices: mg.Tensor, tissue: mg.Tensor) -> np.ndarray:
    """For each of the 256 grey levels the tissue that it most often is."""
    classes = len(datasets.TISSUES)
    pairs = slices.numpy().astype(np.int64).ravel() * classes + tissue.numpy().ravel()
    return np.bincount(pairs, minlength=256 * classes).reshape(256, classes).argmax(1)


def main(run: Run) -> None:
    train, test = (datasets.brain_slices(part, data_dir=run.data, synthetic=run.quick) for part in (True, False))
    run.note(data=f"{len(train)} slices to learn from, {len(test)} to test on, of one brain")
    model = UNet(1, len(datasets.TISSUES), width=run.pick(full=12, quick=2))
    epochs = run.pick(full=25, quick=2)
    batches = DataLoader(train, batch_size=8, shuffle=True)
    optimizer = optim.AdamW(model.parameters(), lr=5e-3, weight_decay=0.01)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=5e-3, total_steps=epochs * len(batches))

    def augment(batch):
        slices, tissue = AUGMENT(*batch)
        gain = mg.exp(0.1 * mg.randn(len(slices), 1, 1, 1))  # scanners differ in brightness
        return prepare(slices) * gain, tissue

    loop = run.loop(epochs, model=model, optimizer=optimizer, schedule=schedule)
    history = fit(model, batches, F.cross_entropy, optimizer, loop, schedule=schedule, prepare=augment)

    slices, truth = test.tensors
    found = predict(model, prepare(slices), batch_size=8).argmax(1)
    simple = mg.tensor(by_brightness(*train.tensors)[slices.numpy()[:, 0]])
    dice, base = (dice_score(preds, truth, average=None) for preds in (found, simple))
    run.save(model)
    for k in (1, 2):
        run.result(f"Dice, {datasets.TISSUES[k]}", dice[k], baseline=base[k], baseline_name="brightness alone", floor=0.91)

    shown = list(range(len(slices) // 8, len(slices), max(len(slices) // 4, 1)))[:4]
    figure, (loss, *places) = viz.figure(1, 3, size=(17, 9))
    viz.curves(history, ["loss"], log=True, title="Loss", ax=loss)
    for place, (name, preds, score) in zip(places, (("U-Net", found, dice), ("brightness alone", simple, base))):
        title = f"{name}: Dice {score[1]:.3f} grey, {score[2]:.3f} white"
        viz.segmentation(slices[shown], truth[shown], preds[shown], labels=datasets.TISSUES, title=title, ax=place)
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
