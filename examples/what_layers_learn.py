"""What two networks have learnt of digits, layer by layer: strokes first, then parts of digits, then the digits.

Both readers of digits, the one of dense layers and the convolutional one, are trained (or given: --mlp and --cnn name their weights.npz)
and then asked, without changing them:

- What excites a unit most? An image is changed by gradient ascent until the unit can be no more excited (Erhan et al., 2009). Of a
  convolutional unit only the part that it sees is drawn.
- What do the layers make of a digit? The filters, and the maps of a test digit.
- Which pixels count? The gradient of the score (Simonyan et al., 2013), its integral on the way from an empty image, which adds up to
  the score (Sundararajan et al., 2017), and where the last layer of maps found what it speaks of (Grad-CAM: Selvaraju et al., 2016).
- Which digits are neighbours in a layer? t-SNE maps of activations (van der Maaten & Hinton, 2008): a heap in the pixels, ten islands
  before the output. The share of digits that their five nearest neighbours would name rightly says the same in a number.

That the pixels found do count is tested by erasing them, against erasing as many pixels of ink at random.
"""

import digits_cnn
import digits_mlp
import numpy as np
from matplotlib.figure import Figure

import minigrad as mg
from minigrad import datasets, explain, nn, viz
from minigrad.metrics import accuracy, knn_accuracy
from minigrad.train import Run, predict

DENSE = {"hidden 1": "2", "hidden 2": "4", "hidden 3": "6"}  # after the activation
STAGES = {"stage 1": "0", "stage 2": "2", "stage 3": "4"}
SEES = {"stage 1": 5, "stage 2": 14, "stage 3": 24}  # pixels across, of the image
BLACK, WHITE = float(digits_mlp.prepare(mg.tensor(0.0))), float(digits_mlp.prepare(mg.tensor(255.0)))


class Middle(nn.Module):
    def forward(self, maps: mg.Tensor) -> mg.Tensor:
        return maps[:, :, maps.shape[2] // 2, maps.shape[3] // 2]


def exciting(model: nn.Module, units: int, steps: int, **options) -> np.ndarray:
    """Images (units, 28, 28) that excite the first units most."""
    found = explain.maximize(model, (1, 28, 28), range(units), steps=steps, limits=(BLACK, WHITE), **options)
    return found[:, 0].numpy()


def draw_excitement(part: Figure, mlp: nn.Sequential, cnn: nn.Sequential, units: int, steps: int) -> None:
    # What goes into the activations is made large: behind a ReLU that gives 0 there is no gradient to begin with.
    part.suptitle("What excites a unit most", fontsize=15, x=0.01, ha="left")
    above, below = part.subplots(2, 4)
    for place, (name, layer) in zip(above, DENSE.items()):
        viz.images(
            exciting(mlp, units, steps, layer=mlp[int(layer) - 1]), columns=6, limits="each", title=f"dense network, {name}", ax=place
        )
    for place, (name, layer) in zip(below, STAGES.items()):
        unit = nn.Sequential(*cnn[: int(layer)], *cnn[int(layer)][:-1], Middle())
        found = exciting(unit, units, steps, jitter=0, blur=0.5)
        middle, size = 14, SEES[name]  # the pixel of the image over the middle of the map
        first = max(middle - size // 2, 0)
        seen = found[:, first : first + size, first : first + size]
        viz.images(seen, columns=6, limits="each", title=f"convolutional, {name}: {size} x {size} pixels", ax=place)
    viz.images(exciting(mlp, 10, steps, jitter=1), range(10), columns=5, limits="each", title="dense network, the ten outputs", ax=above[3])
    viz.images(exciting(cnn, 10, steps), range(10), columns=5, limits="each", title="convolutional, the ten outputs", ax=below[3])


def draw_layers(part: Figure, mlp: nn.Sequential, cnn: nn.Sequential, digit: mg.Tensor) -> None:
    part.suptitle("Filters of the first layers, and what the convolutional layers make of a digit", fontsize=15, x=0.01, ha="left")
    dense, first, image, *places = part.subplots(1, 6)
    viz.filters(mlp[1].weight, size=(28, 28), most=36, title="dense network: 36 of 256 filters", ax=dense)
    viz.filters(cnn[0][0].weight, title="convolutional: 16 filters of 5x5", ax=first)
    viz.images(digit, limits="each", title="a test digit", ax=image)
    for place, (name, maps) in zip(places, explain.activations(cnn, digit, STAGES.values()).items()):
        viz.feature_maps(maps, most=36, title=f"stage {1 + list(STAGES.values()).index(name)} of that digit", ax=place)


def draw_attribution(part: Figure, mlp: nn.Sequential, cnn: nn.Sequential, images: mg.Tensor) -> None:
    part.suptitle("Which pixels count: red for the digit that is read, blue against it", fontsize=15, x=0.01, ha="left")
    methods = {
        "dense network: gradient": explain.saliency(mlp, images),
        "dense network: integrated gradients": explain.integrated_gradients(mlp, images, baseline=BLACK),
        "dense network: covering": explain.occlusion(mlp, images, fill=BLACK),
        "convolutional: gradient": explain.saliency(cnn, images),
        "convolutional: integrated gradients": explain.integrated_gradients(cnn, images, baseline=BLACK),
        "convolutional: Grad-CAM of stage 3": explain.grad_cam(cnn, images, STAGES["stage 3"]),
    }
    for place, (name, heat) in zip(part.subplots(2, 3).flat, methods.items()):
        viz.overlay(images, heat, columns=len(images), title=name, ax=place)


def draw_neighbours(part: Figure, layers: dict[str, np.ndarray], labels: np.ndarray, steps: int) -> dict[str, float]:
    """A map for each layer; the share of digits that five neighbours would tell right."""
    part.suptitle("Which digits are neighbours: t-SNE maps of each layer", fontsize=15, x=0.01, ha="left")
    half = len(labels) // 2
    shares = {name: knn_accuracy(a[:half], labels[:half], a[half:], labels[half:]) for name, a in layers.items()}
    for place, (name, values) in zip(part.subplots(1, len(layers)), layers.items()):
        points = explain.tsne(values[:500], steps=steps)
        viz.embedding(points, labels[:500], title=f"{name}\n{shares[name]:.1%} by neighbours", ax=place)
    return shares


def erased(model: nn.Module, images: mg.Tensor, labels: mg.Tensor, order: np.ndarray, count: int) -> float:
    """The share of digits that are still read right when the first `count` pixels of `order` (N, 784) are made empty."""
    flat = images.flatten(1).numpy().copy()
    np.put_along_axis(flat, order[:, :count], BLACK, 1)
    return accuracy(predict(model, mg.tensor(flat).reshape(images.shape)), labels)


def main(run: Run, mlp: str = "", cnn: str = "") -> None:
    train, test = (datasets.all_digits(part, data_dir=run.data, synthetic=run.quick) for part in (True, False))
    run.note(data=f"{len(train):,} digits")
    models = []
    for name, program, path in (("mlp", digits_mlp, mlp), ("cnn", digits_cnn, cnn)):
        if path:
            model = program.network()
            model.load_state_dict(mg.load(path))
        else:
            model, _ = program.learn(run, train, run.pick(full=6 if len(train) == 60_000 else 30, quick=2), name)
        models.append(model.eval())
    dense, convolutional = models
    images, labels = (part[: run.pick(full=1000, quick=20)] for part in test.tensors)
    images = digits_mlp.prepare(images)

    figure = Figure(figsize=(22, 17.5), layout="constrained")
    parts = figure.subfigures(4, 1, height_ratios=[5.6, 4.4, 3.3, 4.0], hspace=0.02)
    draw_excitement(parts[0], dense, convolutional, *run.pick(full=(12, 200), quick=(1, 2)))
    draw_layers(parts[1], dense, convolutional, images[:1])
    draw_attribution(parts[2], dense, convolutional, images[: run.pick(full=8, quick=1)])
    layers = {"pixels": images.flatten(1).numpy()}
    layers |= {f"dense, hidden {i}": a.numpy() for i, a in enumerate(explain.activations(dense, images, DENSE.values()).values(), 1)}
    maps = explain.activations(convolutional, images, STAGES.values()).values()
    layers |= {f"convolutional, stage {i}": a.flatten(1).numpy() for i, a in enumerate(maps, 1)}
    shares = draw_neighbours(parts[3], layers, labels.numpy(), run.pick(full=600, quick=5))
    run.figure(figure, dpi=run.pick(full=80, quick=20))
    run.save(nn.ModuleDict({"mlp": dense, "cnn": convolutional}))

    near = {"baseline": shares["pixels"], "baseline_name": "pixels", "percent": True}
    run.result("told by neighbours, hidden 3 of dense network", shares["dense, hidden 3"], **near)
    run.result("told by neighbours, stage 3 of convolutional", shares["convolutional, stage 3"], **near)
    count = 40
    heat = explain.integrated_gradients(convolutional, images, labels, baseline=BLACK, steps=run.pick(full=16, quick=2)).flatten(1).numpy()
    ink = (images.flatten(1).numpy() > BLACK) * run.rng.random((len(images), 784))
    left, chance = (erased(convolutional, images, labels, np.argsort(-order, 1), count) for order in (heat, ink))
    run.result(
        f"read right without the {count} pixels that count", left, baseline=chance, baseline_name="random ink", better="lower", percent=True
    )


if __name__ == "__main__":
    Run.start(main)
