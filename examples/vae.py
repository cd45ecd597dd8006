"""Autoencoders find short codes for digits: one removes noise, variational ones draw new digits.

An encoder makes a few numbers of a picture, a decoder makes the picture again. Trained to give the clean picture for a noisy one it
learns what digits look like, better than the best linear code of the same length (principal components). A variational autoencoder gives a
distribution of codes for each picture, and pays for each nat by which that differs from a standard normal one: so any code drawn
from a normal distribution is some digit. With two numbers the code is a map; with twenty its digits are sharper.

Sources: Vincent et al., "Extracting and composing robust features with denoising autoencoders" (2008); Kingma & Welling, "Auto-encoding
variational Bayes" (2014).
"""

import minigrad as mg
from minigrad import datasets, explain, metrics, nn, optim, viz
from minigrad.nn import functional as F
from minigrad.train import Run, predict
from minigrad.utils.data import DataLoader, TensorDataset

NOISE = 0.5  # standard deviation, where ink is 1


def layers(*sizes: int) -> nn.Sequential:
    parts: list[nn.Module] = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        parts += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*parts[:-1])


class Autoencoder(nn.Module):
    """Pictures (N, 784) to pictures, through `size` numbers."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.encoder, self.decoder = layers(784, 512, 256, size), layers(size, 256, 512, 784)

    def forward(self, pictures: mg.Tensor) -> mg.Tensor:
        return mg.sigmoid(self.decoder(self.encoder(pictures)))


class Variational(nn.Module):
    """Pictures to logits of pixels, with mean and logarithm of the variance of their codes."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.encoder, self.decoder = layers(784, 512, 256, 2 * size), layers(size, 256, 512, 784)

    def forward(self, pictures: mg.Tensor) -> tuple[mg.Tensor, mg.Tensor, mg.Tensor]:
        mean, log_variance = self.encoder(pictures).chunk(2, 1)
        code = mean + mg.exp(0.5 * log_variance) * mg.randn_like(mean)
        return self.decoder(code), mean, log_variance

    def draw(self, codes: mg.Tensor) -> mg.Tensor:
        with mg.no_grad():
            return mg.sigmoid(self.decoder(codes)).reshape(-1, 28, 28)


def bound(outputs: tuple[mg.Tensor, mg.Tensor, mg.Tensor], pictures: mg.Tensor) -> mg.Tensor:
    """The negative evidence lower bound, in nats a picture: what pixels cost given the code, and what the code costs."""
    logits, mean, log_variance = outputs
    pixels = F.binary_cross_entropy_with_logits(logits, pictures, reduction="sum")
    code = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum()
    return (pixels + code) / len(pictures)


def noisy(pictures: mg.Tensor) -> mg.Tensor:
    return pictures + NOISE * mg.randn_like(pictures)


def learn(run: Run, name: str, model: nn.Module, pictures: mg.Tensor, test: mg.Tensor, loss, prepare) -> None:
    epochs = run.pick(full=30, quick=2)
    batches = DataLoader(TensorDataset(pictures), batch_size=128, shuffle=True)
    optimizer = optim.Adam(model.parameters(), lr=2e-3)
    watched = [prepare((test,))]  # only so: nothing is chosen by it
    run.fit(model, batches, loss, optimizer, epochs, name, prepare=prepare, valid=watched)


def main(run: Run) -> None:
    train, test = (datasets.all_digits(part, data_dir=run.data, synthetic=run.quick) for part in (True, False))
    pictures, held_out = (part.tensors[0].flatten(1).float() / 255 for part in (train, test))
    full = len(train) == 60_000
    run.note(data="MNIST" if full else f"{len(train):,} digits of MNIST")

    size = run.pick(full=32, quick=4)
    denoiser, plane, wide = Autoencoder(size), Variational(2), Variational(run.pick(full=20, quick=4))
    learn(run, "denoising", denoiser, pictures, held_out, F.mse_loss, lambda batch: (noisy(batch[0]), batch[0]))
    learn(run, "map", plane, pictures, held_out, bound, lambda batch: (batch[0], batch[0]))
    learn(run, "variational", wide, pictures, held_out, bound, lambda batch: (batch[0], batch[0]))
    run.save(denoiser, "denoising")
    run.save(plane, "map")
    run.save(wide)

    mg.manual_seed(run.seed)
    spoilt = noisy(held_out)
    cleaned = predict(denoiser, spoilt)
    linear = explain.PCA(noisy(pictures[:10_000]), size)
    by_components = mg.tensor(linear.inverse(linear.transform(spoilt))).float()
    error, linear_error = (metrics.mean_squared_error(found, held_out) for found in (cleaned, by_components))
    run.result("squared error of a pixel, noise removed", error, baseline=linear_error, baseline_name=f"{size} components", better="lower")
    with mg.no_grad():
        nats = bound(wide(held_out), held_out).item()
        alone = pictures.mean(0).clamp(1e-3, 1 - 1e-3)
        baseline = len(alone) * F.binary_cross_entropy(alone.expand_as(held_out), held_out).item()
    run.result("bound of a digit, nats", nats, baseline=baseline, baseline_name="pixel by pixel", better="lower")

    figure, axes = viz.figure(2, 2, size=(13, 12.5))
    shown = mg.cat([part[:10] for part in (held_out, spoilt, by_components, cleaned)]).reshape(-1, 28, 28).clamp(0, 1)
    viz.images(shown, columns=10, title=f"Digits; with noise; by {size} components; by the denoising autoencoder", ax=axes[0])
    viz.images(
        wide.draw(mg.randn(run.pick(full=80, quick=10), wide.decoder[0].in_features)),
        columns=10,
        title="Drawn from random codes",
        ax=axes[1],
    )
    viz.latent_map(plane.draw, size=run.pick(full=20, quick=3), title="The map: what is drawn from codes of two numbers", ax=axes[2])
    with mg.no_grad():
        places = plane.encoder(held_out[:2000])[:, :2]
    viz.embedding(
        places, test.tensors[1][:2000], title="Where test digits are on the map", xlabel="first code", ylabel="second code", ax=axes[3]
    )
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
