"""Two networks play against each other until one of them writes digits: a generative adversarial network.

The generator makes a picture of random numbers and of the digit it is asked for; the critic learns to tell such pictures from real
ones of that digit, and the generator learns to be taken for real. Neither is ever told what a digit looks like. Left to itself, the
generator finds one three that passes and makes no other. So the critic sees pictures of a digit in packs of four: four that are alike
are not real. Spectral normalisation keeps it from changing too fast, the hinge loss from caring about what it already knows.

What comes out is judged by a third network, which reads real digits: is it the digit that was asked for, and are its features distributed
as those of real digits? It is compared with a normal distribution of pixels for each digit, whose blurs are read well enough, since each is
near the mean of its digit; but that is not how digits are distributed.

Sources: Goodfellow et al., "Generative adversarial nets" (2014); Miyato & Koyama, "cGANs with projection discriminator" (2018); Miyato
et al., "Spectral normalization for generative adversarial networks" (2018); Lin et al., "PacGAN: the power of two samples in
generative adversarial networks" (2018).
"""

import minigrad as mg
from minigrad import datasets, nn, optim, viz
from minigrad.nn import functional as F
from minigrad.nn.utils.parametrizations import spectral_norm
from minigrad.train import Averaging, History, Judge, Run

NOISE = 64
PACK = 4  # pictures that the critic sees at a time


class Generator(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.label = nn.Embedding(10, NOISE)
        self.net = nn.Sequential(
            nn.Linear(2 * NOISE, 2 * width * 49, bias=False),
            nn.BatchNorm1d(2 * width * 49),
            nn.ReLU(),
            nn.Unflatten(1, (2 * width, 7, 7)),
            nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.ConvTranspose2d(width, 1, 4, stride=2, padding=1),
            nn.Sigmoid(),
        )

    def forward(self, noise: mg.Tensor, digits: mg.Tensor) -> mg.Tensor:
        return self.net(mg.cat([noise, self.label(digits)], 1))


class Critic(nn.Module):
    """How real a pack of pictures of one digit is, and how like the digit: the projection of its features on the digit's vector."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.features = nn.Sequential(
            spectral_norm(nn.Conv2d(PACK, width, 4, stride=2, padding=1)),
            nn.LeakyReLU(0.1),
            spectral_norm(nn.Conv2d(width, 2 * width, 4, stride=2, padding=1)),
            nn.LeakyReLU(0.1),
            nn.Flatten(),
            spectral_norm(nn.Linear(2 * width * 49, 128)),
            nn.LeakyReLU(0.1),
        )
        self.real, self.digit = spectral_norm(nn.Linear(128, 1)), spectral_norm(nn.Embedding(10, 128))

    def forward(self, packs: mg.Tensor, digits: mg.Tensor) -> mg.Tensor:
        found = self.features(packs)
        return self.real(found)[:, 0] + (found * self.digit(digits)).sum(1)


class Packs:
    """Real pictures of the digits that are asked for, `PACK` of each: (N, PACK, 28, 28)."""

    def __init__(self, images: mg.Tensor, labels: mg.Tensor) -> None:
        self.images, self.order = images[:, 0], labels.argsort()
        self.counts = mg.bincount(labels, minlength=10)
        self.starts = self.counts.cumsum(0) - self.counts

    def __call__(self, digits: mg.Tensor) -> mg.Tensor:
        places = (mg.rand(len(digits), PACK) * self.counts[digits][:, None]).long() + self.starts[digits][:, None]
        return self.images[self.order[places]]


def play(run: Run, generator: Generator, critic: Critic, averaging: Averaging, real: Packs) -> History:
    """Turn about: the critic learns from packs of both kinds, then the generator from what the critic says."""
    rounds, steps, count = run.pick(full=40, quick=2), run.pick(full=110, quick=3), run.pick(full=32, quick=8)
    makers = optim.Adam(generator.parameters(), betas=(0.0, 0.99))
    critics = optim.Adam(critic.parameters(), betas=(0.0, 0.99))
    state = {"generator": generator, "critic": critic, "makers": makers, "critics": critics, "averaging": averaging}
    for done in (loop := run.loop(rounds, unit="round", **state)):
        calm = min(1, 2 * (1 - done / rounds))  # from the middle on they learn more and more slowly
        makers.param_groups[0]["lr"], critics.param_groups[0]["lr"] = 5e-4 * calm, 5e-4 * calm
        losses = mg.zeros(2)
        for _ in loop.batches(range(steps)):
            digits = mg.randint(0, 10, (count,))
            made = generator(mg.randn(count * PACK, NOISE), digits.repeat_interleave(PACK)).reshape(count, PACK, 28, 28)
            loss = F.relu(1 - critic(real(digits), digits)).mean() + F.relu(1 + critic(made.detach(), digits)).mean()
            critics.zero_grad()
            loss.backward()
            critics.step()

            critic.requires_grad_(False)
            fooled = -critic(made, digits).mean()
            makers.zero_grad()
            fooled.backward()
            makers.step()
            critic.requires_grad_(True)
            averaging.update()
            losses += mg.stack([loss.detach(), fooled.detach()]) / steps
        loop.log(critic_loss=losses[0], generator_loss=losses[1])
    return loop.history


def main(run: Run) -> None:
    train, test = (datasets.all_digits(part, data_dir=run.data, synthetic=run.quick).tensors for part in (True, False))
    images, labels, tested = train[0].float() / 255, train[1], test[0].float() / 255
    run.note(data="MNIST" if len(images) == 60_000 else f"{len(images):,} digits of MNIST")
    width = run.pick(full=24, quick=4)
    generator, critic = Generator(width), Critic(width)
    averaging = Averaging(generator, decay=0.999)
    history = play(run, generator, critic, averaging, Packs(images, labels))
    run.save(averaging.average)

    judge = Judge()
    judge.learn(run, images, labels, epochs=run.pick(full=4, quick=2))
    digits = mg.arange(10).repeat(run.pick(full=500, quick=2))
    with mg.no_grad():
        made = mg.cat([averaging.average(mg.randn(len(part), NOISE), part) for part in digits.split(500)])
    judge.report(run, made, digits, images, labels, tested)

    figure, (left, right) = viz.figure(1, 2, size=(13, 6))
    viz.images(made[:100], columns=10, title="Digits that never were, 0 to 9", ax=left)
    viz.curves(history, ["critic loss", "generator loss"], title="The game", ylabel="loss", ax=right)
    right.set_xlabel("round")
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
