"""Defects on brick, gravel and grass: one network is shown examples of them, another has only ever seen good material.

Scratches and spots are painted on real textures, with the brightness and the size left to chance; joints between bricks look much like
scratches, which makes it hard. The first network is told of each patch whether it is defective. In a factory defects are rare, and none
is like the last, so the second knows no defect at all. It is given good patches on which blots were made up, of any shape, brighter or
darker, and learns to clean them: to say of each pixel whether something was added, and what, to be taken away. Of a real defect it then
says the same: that is a map of it. It has seen neither a scratch nor a disc, but what does not belong to brick, gravel or grass. Where
that is it tells well; how much is to be taken away it judges too low, so that the cleaned surface of the figure still shows the spots.

The simple method for both is how far the brightness is from the local mean. Everything is measured on the right third of the pictures,
which neither network has seen. Sources: Zavrtanik, Kristan & Skočaj, "DRAEM: a discriminatively trained reconstruction embedding for
surface anomaly detection" (2021); Kascenas, Pugeault & O'Neil, "Denoising autoencoders for unsupervised anomaly detection in brain MRI"
(2022).

Data: photographs of brick, gravel and grass (scikit-image).
"""

import numpy as np

import minigrad as mg
from minigrad import datasets, nn, optim, viz
from minigrad import transforms as T
from minigrad.metrics import accuracy, auroc
from minigrad.models import UNet
from minigrad.nn import functional as F
from minigrad.train import Averaging, Run, logistic_regression, predict

SIZE = 48  # pixels of a patch


def good(rng: np.random.Generator, textures: np.ndarray, count: int) -> np.ndarray:
    """Patches (count, SIZE, SIZE) from anywhere on the textures, 0 to 1, some mirrored."""
    kinds = rng.integers(0, len(textures), count)
    tops, lefts = (rng.integers(0, n - SIZE + 1, count) for n in textures.shape[1:])
    cut = [textures[k, t : t + SIZE, x : x + SIZE][:: 1 if rng.random() < 0.5 else -1] for k, t, x in zip(kinds, tops, lefts)]
    return np.stack(cut).astype(np.float32) / 255


def damaged(rng: np.random.Generator, patches: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The patches with a scratch or a spot on each, and where it is (bool)."""
    y, x = np.mgrid[:SIZE, :SIZE]
    out, masks = patches.copy(), np.zeros(patches.shape, bool)
    for patch, mask in zip(out, masks):
        cy, cx = rng.uniform(10, SIZE - 10, 2)
        if rng.random() < 0.5:
            angle, length, width = rng.uniform(0, np.pi), rng.uniform(6, 16), rng.uniform(0.7, 1.5)
            along, across = (x - cx) * np.cos(angle) + (y - cy) * np.sin(angle), (y - cy) * np.cos(angle) - (x - cx) * np.sin(angle)
            mask |= (np.abs(along) < length) & (np.abs(across) < width)
        else:
            mask |= (x - cx) ** 2 + (y - cy) ** 2 < rng.uniform(2, 4) ** 2
        shift = rng.uniform(0.15, 0.35) * rng.choice([-1, 1])
        patch[mask] = np.clip(patch[mask] + shift, 0, 1)
    return out, masks


def mixed(rng: np.random.Generator, textures: np.ndarray, count: int) -> tuple[mg.Tensor, mg.Tensor, mg.Tensor]:
    """Patches (count, 1, SIZE, SIZE), every second with a defect; whether, (count,); and where."""
    patches, masks = good(rng, textures, count), np.zeros((count, SIZE, SIZE), bool)
    patches[::2], masks[::2] = damaged(rng, patches[::2])
    return mg.tensor(patches[:, None]), mg.tensor(masks.any((1, 2)).astype(np.int64)), mg.tensor(masks)


def classifier(width: int) -> nn.Sequential:
    def stage(inputs: int, outputs: int) -> list[nn.Module]:
        return [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]

    layers = [
        *stage(1, width),
        *stage(width, width),
        nn.MaxPool2d(2),
        *stage(width, 2 * width),
        nn.MaxPool2d(2),
        *stage(2 * width, 4 * width),
    ]
    # A defect is somewhere: of each map only its highest place counts.
    return nn.Sequential(*layers, nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(4 * width, 2))


def blots(rng: np.random.Generator, count: int) -> mg.Tensor:
    """Made-up damage (count, 1, SIZE, SIZE), to be added: where smooth noise is highest one brightness, elsewhere 0, and in a third all 0."""
    grains = rng.choice([8, 12, 16, 24])
    noise = mg.tensor(rng.standard_normal((count, 1, grains, grains)).astype(np.float32))
    noise = T.functional.resize(noise, [SIZE, SIZE], antialias=False).numpy()
    shift = rng.uniform(0.1, 0.4, (count, 1, 1, 1)) * rng.choice([-1, 0, 1], (count, 1, 1, 1))
    return mg.tensor((shift * (noise > rng.uniform(1.0, 1.8, (count, 1, 1, 1)))).astype(np.float32))


def blur(x: mg.Tensor, deviation: float) -> mg.Tensor:
    return T.functional.gaussian_blur(x, 2 * round(3 * deviation) + 1, deviation)


def unevenness(patches: mg.Tensor) -> mg.Tensor:
    """How far each pixel is from the mean around it, (N, SIZE, SIZE)."""
    return blur((patches - blur(patches, 4.0)).abs(), 1.0)[:, 0]


def train(run: Run, name: str, model: nn.Module, rounds: int, steps: int, loss_of, lr: float) -> tuple[nn.Module, list[float]]:
    """The average of the model's weights over the last steps, and the losses. `loss_of(model)` draws its own batch."""
    optimizer = optim.AdamW(model.parameters(), lr=lr, weight_decay=0.01)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=lr, total_steps=rounds * steps)
    averaging = Averaging(model, decay=0.99)
    loop = run.loop(
        rounds, name, unit=f"{name}: round", model=model, optimizer=optimizer, schedule=schedule, averaging=averaging, rng=run.rng
    )
    for _ in loop:
        model.train()
        losses = []
        for _ in loop.batches(range(steps)):
            loss = loss_of(model)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            averaging.update()
            losses.append(loss.item())
        loop.log(loss=np.mean(losses))
    return averaging.average, loop.history["loss"]


def main(run: Run) -> None:
    learnt, unseen = (datasets.textures(part, data_dir=run.data, synthetic=run.quick) for part in (True, False))
    if run.quick:  # the stand-in is narrower than a patch
        unseen = learnt
    run.note(data="columns 0 to 329 of three textures to learn from, 330 to 511 to test on; painted defects")
    batch, steps = run.pick(full=(32, 50), quick=(8, 2))

    def classify(model: nn.Module) -> mg.Tensor:
        patches, defective, _ = mixed(run.rng, learnt, batch)
        return F.cross_entropy(model(patches - 0.5), defective)

    def clean(model: nn.Module) -> mg.Tensor:
        patches = mg.tensor(good(run.rng, learnt, batch)[:, None])
        spoilt = (patches + blots(run.rng, batch)).clamp(0, 1)
        found = model(spoilt - 0.5)
        added, whether = spoilt - patches, (spoilt != patches).float()
        return F.binary_cross_entropy_with_logits(found[:, :1], whether) + (found[:, 1:] - added).abs().mean()

    width, rounds = run.pick(full=(16, 40), quick=(4, 2))
    judge, losses = train(run, "classifier", classifier(width), rounds, steps, classify, 5e-3)
    cleaner, missed = train(run, "cleaner", UNet(1, 2, width=width // 2), rounds, steps, clean, 3e-3)
    run.save(nn.ModuleDict({"classifier": judge, "cleaner": cleaner}))

    rng = np.random.default_rng(1234)
    patches, defective, where = mixed(rng, unseen, run.pick(full=1200, quick=16))
    shares = predict(judge, patches - 0.5).softmax(1)
    found = predict(cleaner, patches - 0.5)
    odd, taken = blur(found[:, :1].sigmoid(), 1.0)[:, 0], found[:, 1:] * (found[:, :1] > 0)
    plain = unevenness(patches)

    def features(patches: mg.Tensor) -> mg.Tensor:
        uneven = unevenness(patches).flatten(1)
        return mg.stack([uneven.amax(1), uneven.mean(1), patches.flatten(1).std(1)], 1) * 10

    known, known_defective, _ = mixed(run.rng, learnt, run.pick(full=1200, quick=16))
    line = logistic_regression(features(known), known_defective)
    right = accuracy(shares, defective)
    simple = accuracy(line(features(patches)), defective)
    run.result("defective or not: accuracy", right, baseline=simple, baseline_name="unevenness", floor=0.77, percent=True)
    bad = defective == 1
    areas = [auroc(score[bad].flatten(), where[bad].long().flatten()) for score in (odd, plain)]
    run.result("where: AUROC of pixels", areas[0], baseline=areas[1], baseline_name="unevenness")
    whole = auroc(odd.flatten(1).amax(1), defective)
    run.result(
        "good material only: AUROC of patches", whole, baseline=auroc(plain.flatten(1).amax(1), defective), baseline_name="unevenness"
    )

    figure, places = viz.figure(1, 3, size=(19, 6.6))
    viz.curves({"classifier": losses, "cleaner": missed}, log=True, title="Losses", ax=places[0])
    viz.roc(
        {"classifier": shares[:, 1], "cleaner": odd.flatten(1).amax(1), "unevenness": plain.flatten(1).amax(1)}, defective, ax=places[1]
    )
    shown = mg.tensor(np.flatnonzero(bad.numpy())[:6])
    grey = [patches[shown, 0].numpy(), where[shown].float().numpy(), (patches - taken)[shown, 0].clamp(0, 1).numpy()]
    rows = np.concatenate([grey[0], grey[2], odd[shown].numpy(), grey[1]])
    captions = [text for text in ("seen", "cleaned", "suspect", "defect") for _ in range(len(shown))]
    viz.images(rows, captions, columns=len(shown), limits=(0.0, 1.0), title="Found by one who has seen no defect", ax=places[2])
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
