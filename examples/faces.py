"""A network learns what a face is from 160 small patches, finds faces in a photograph, and is compared with eigenfaces.

To tell faces from other things, a small convolutional network learns from patches of 25 x 25 pixels, mirrored, moved, turned and lit
otherwise. A detector is then only a question asked everywhere: the same network goes over a photograph in windows of several sizes, and
where many of them agree there is a face. Patches of photographs without people teach it what else is no face; but among millions of
windows those that deceive are few, and drawn at random they are hardly ever met. So when it has learnt, it is sent over these photographs,
and learns on with the windows in which it saw faces (hard negatives: Sung & Poggio, 1998). How often it errs is counted in three other
photographs without people. With so few faces to learn from it stays credulous: on the astronaut's suit a badge may be taken for one, too,
though by fewer windows than her face. The simple method for patches is a linear classifier.

Eigenfaces (Turk & Pentland, 1991) are the directions in which faces vary most; a face is a mean face and a few numbers. An autoencoder with
as many numbers need not go straight ahead. Both are asked for faces that they have not seen.

Data: faces of Labeled Faces in the Wild, patches and photographs of scikit-image and scikit-learn.
"""

import numpy as np
from matplotlib.patches import Rectangle

import minigrad as mg
from minigrad import datasets, nn, optim, viz
from minigrad import transforms as T
from minigrad.explain import PCA
from minigrad.metrics import accuracy, mean_squared_error
from minigrad.nn import functional as F
from minigrad.train import Averaging, Run, fit, logistic_regression, predict
from minigrad.utils.data import DataLoader, TensorDataset

SIZE, CODE = 25, 16  # pixels of a patch; numbers for a face
SURE = 0.95  # from there on a window is said to show a face
OTHERS = ("chelsea", "china", "coffee", "flower", "hubble_deep_field", "motorcycle_left")  # photographs without people, to learn from
ALONE = ("ihc", "retina", "rocket")  # without people, to count false alarms
AUGMENT = T.Compose([T.RandomHorizontalFlip(), T.RandomAffine(10, (0.08, 0.08), (0.85, 1.15), interpolation="bilinear", fill=0.5)])
MOVE = T.Compose([T.RandomHorizontalFlip(), T.RandomAffine(3, (0.03, 0.03), (0.97, 1.03), interpolation="bilinear", fill=0.5)])


def standard(patches: mg.Tensor) -> mg.Tensor:
    """Each patch with mean 0 and deviation 1: the light it was taken in does not count."""
    flat = patches.flatten(1)
    mean, deviation = flat.mean(1)[:, None, None, None], flat.std(1)[:, None, None, None]
    return (patches - mean) / (deviation + 0.02)


def classifier(width: int) -> nn.Sequential:
    def stage(inputs: int, outputs: int) -> list[nn.Module]:
        return [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2)]

    layers = [*stage(1, width), *stage(width, 2 * width), *stage(2 * width, 4 * width)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.3), nn.Linear(4 * width * 9, 2))


def grey(photograph: np.ndarray) -> mg.Tensor:
    """(1, 1, H, W) of (H, W, 3), from 0 to 1."""
    return mg.tensor((photograph @ np.array([0.299, 0.587, 0.114]) / 255).astype(np.float32))[None, None]


def windows(picture: mg.Tensor, scale: float, stride: int = 2) -> tuple[mg.Tensor, np.ndarray]:
    """All windows (N, 1, SIZE, SIZE) of a picture made smaller by `scale`, and their boxes (N, 4): left, top, right, bottom."""
    height, width = (round(n / scale) for n in picture.shape[2:])
    small = T.functional.resize(picture, [height, width])[0, 0].numpy()
    cut = np.lib.stride_tricks.sliding_window_view(small, (SIZE, SIZE))[::stride, ::stride]
    tops, lefts = np.mgrid[: cut.shape[0], : cut.shape[1]].reshape(2, -1) * stride * scale
    return mg.tensor(cut.reshape(-1, 1, SIZE, SIZE).copy()), np.stack([lefts, tops, lefts + SIZE * scale, tops + SIZE * scale], 1)


def chances(model: nn.Module, patches: mg.Tensor) -> np.ndarray:
    """Of a face in each patch."""
    return predict(model, standard(patches)).softmax(1)[:, 1].numpy()


def overlap(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """How much of the smaller of two boxes lies in the other."""
    sides = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    areas = [(b[..., 2] - b[..., 0]) * (b[..., 3] - b[..., 1]) for b in (box, boxes)]
    return sides.clip(0).prod(1) / np.minimum(*areas)


def detect(model: nn.Module, picture: mg.Tensor, scales: list[float]) -> list[tuple[int, np.ndarray]]:
    """Boxes with a face, those first on which most windows agree: a face is still one when the window is moved or made a little larger."""
    found = [windows(picture, scale) for scale in scales]
    boxes = np.concatenate([place for _, place in found])
    scores = [predict(model, standard(patches)) + predict(model, standard(patches).flip(3)) for patches, _ in found]  # and in the mirror
    boxes = boxes[(mg.cat(scores) / 2).softmax(1)[:, 1].numpy() > SURE]
    faces = []
    while len(boxes):
        together = np.stack([overlap(box, boxes) > 0.7 for box in boxes])
        best = together.sum(1).argmax()
        faces.append((int(together[best].sum()), boxes[together[best]].mean(0)))
        boxes = boxes[overlap(boxes[best], boxes) < 0.3]
    return faces


def learn(run: Run, name: str, model: nn.Module, faces: mg.Tensor, others: mg.Tensor, epochs: int) -> nn.Module:
    """The average of the weights over the last steps. Each face comes as often as makes them half as many as the others."""
    faces = mg.cat([faces] * max(1, len(others) // len(faces) // 2))
    y = mg.cat([mg.ones(len(faces), dtype=mg.int64), mg.zeros(len(others), dtype=mg.int64)])
    batches = DataLoader(TensorDataset(mg.cat([faces, others]), y), batch_size=64, shuffle=True, drop_last=True)
    optimizer = optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.05)
    averaging = Averaging(model, decay=0.98)
    run.fit(
        model,
        batches,
        F.cross_entropy,
        optimizer,
        epochs,
        name,
        averaging=averaging,
        prepare=lambda batch: (standard(AUGMENT(batch[0])), batch[1]),
    )
    return averaging.average


def main(run: Run) -> None:
    train, test = (datasets.faces(part, data_dir=run.data, synthetic=run.quick) for part in (True, False))
    photographs = datasets.photographs(data_dir=run.data, synthetic=run.quick)
    run.note(data=f"{len(train)} patches to learn from, {len(test)} to test on; {len(OTHERS)} photographs without people")
    patches, labels = train.tensors
    faces = patches[labels == 1]
    sizes = run.pick(full=(2.0, 3.0, 4.5, 6.5), quick=(2.5,))

    def scenery(names: tuple[str, ...], stride: int) -> mg.Tensor:
        return mg.cat([windows(grey(photographs[name]), scale, stride)[0] for name in names for scale in sizes])

    # First some windows of the photographs, then those in which it sees faces.
    some = scenery(OTHERS, 8)
    some = some[mg.tensor(run.rng.permutation(len(some))[: run.pick(full=4000, quick=40)])]
    others = mg.cat([patches[labels == 0], some])
    model = classifier(run.pick(full=16, quick=4))
    detector = learn(run, "detector", model, faces, others, run.pick(full=10, quick=2))
    alone = scenery(ALONE, 4)
    before = (chances(detector, alone) > SURE).mean()
    everywhere = scenery(OTHERS, run.pick(full=3, quick=8))
    alarming = chances(detector, everywhere)
    hard = np.argsort(-alarming, kind="stable")[: run.pick(full=2000, quick=20)]
    run.note(false_alarms=f"{(alarming > SURE).sum()} of {len(alarming)} windows of the photographs to learn from")
    detector = learn(run, "hard negatives", model, faces, mg.cat([others, everywhere[mg.tensor(hard)]]), run.pick(full=10, quick=2))
    right = accuracy(predict(detector, standard(test.tensors[0])), test.tensors[1])
    line = logistic_regression(standard(patches).flatten(1), labels, l2=0.1, iterations=run.pick(full=100, quick=5))
    simple = accuracy(line(standard(test.tensors[0]).flatten(1)), test.tensors[1])
    run.result("face or not: accuracy", right, baseline=simple, baseline_name="linear", floor=0.98, percent=True)

    alarms = 1000 * (chances(detector, alone) > SURE).mean()
    known = {"baseline": 1000 * before, "baseline_name": "without hard negatives"}
    run.result("false alarms in 1,000 windows of unseen photographs", alarms, better="lower", **known)

    # Faces as a few numbers: straight directions against a network.
    unseen = test.tensors[0][test.tensors[1] == 1]
    pca = PCA(faces, CODE)
    pixels = SIZE * SIZE
    width = run.pick(full=256, quick=16)
    coder = nn.Sequential(
        nn.Flatten(),
        nn.Linear(pixels, width),
        nn.GELU(),
        nn.Linear(width, CODE),
        nn.Linear(CODE, width),
        nn.GELU(),
        nn.Linear(width, pixels),
    )
    optimizer = optim.AdamW(coder.parameters(), lr=1e-3, weight_decay=0.01)
    epochs = run.pick(full=400, quick=2)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * -(-len(faces) // 20))
    fit(
        coder,
        DataLoader(TensorDataset(faces, faces), batch_size=20, shuffle=True),
        F.mse_loss,
        optimizer,
        run.loop(epochs, "autoencoder", every=100, model=coder, optimizer=optimizer, schedule=schedule),
        schedule=schedule,
        prepare=lambda batch: (moved := MOVE(batch[0]), moved.flatten(1)),
    )
    straight = mg.tensor(pca.inverse(pca.transform(unseen)).astype(np.float32)).reshape(unseen.shape)
    curved = predict(coder, unseen).reshape(unseen.shape)
    errors = [mean_squared_error(made, unseen) ** 0.5 for made in (curved, straight)]
    run.result(f"unseen faces from {CODE} numbers: error", errors[0], baseline=errors[1], baseline_name="eigenfaces", better="lower")
    run.save(nn.ModuleDict({"detector": detector, "autoencoder": coder}))

    astronaut = photographs["astronaut"]
    figure, places = viz.figure(2, 2, size=(14, 12))
    places[0].imshow(astronaut)
    scales = list(np.geomspace(2, run.pick(full=8, quick=2), run.pick(full=12, quick=1)))
    faces_found = detect(detector, grey(astronaut), scales)
    most = max((votes for votes, _ in faces_found), default=0)
    for votes, (left, top, end, bottom) in faces_found:
        if votes >= most / 3:  # a few windows that agree may err
            places[0].add_patch(Rectangle((left, top), end - left, bottom - top, fill=False, edgecolor="#ffd000", linewidth=2))
            places[0].text(left + 3, top + 3, f"{votes} windows", color="#ffd000", backgroundcolor="#00000080", fontsize=9, va="top")
    places[0].set(title=f"Found by windows of {len(scales)} sizes; test patches: {right:.1%} right", xticks=[], yticks=[])
    viz.images(
        [pca.mean.reshape(SIZE, SIZE), *pca.components.reshape(-1, SIZE, SIZE)[:14]],
        ["mean", *map(str, range(1, 15))],
        limits="each",
        columns=5,
        title="The mean face and the first eigenfaces",
        ax=places[1],
    )
    shown = slice(7)
    captions = ["unseen"] * 7 + ["eigenfaces"] * 7 + ["autoencoder"] * 7
    viz.images(
        mg.cat([unseen[shown], straight[shown], curved[shown]]),
        captions,
        limits=(0.0, 1.0),
        columns=len(unseen[shown]),
        title=f"Faces from {CODE} numbers: error {errors[1]:.3f} and {errors[0]:.3f}",
        ax=places[2],
    )
    seen = predict(detector, standard(test.tensors[0])).argmax(1).tolist()
    marks = [("face" if s else "none") + ("" if s == t else " (wrong)") for s, t in zip(seen, test.tensors[1].tolist())]
    viz.images(test.tensors[0], marks, columns=8, title="All test patches, and what the network says", ax=places[3])
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
