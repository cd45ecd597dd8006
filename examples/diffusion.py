"""A network learns to take noise away, and then makes digits of nothing else: a diffusion model.

A picture x and noise e are mixed, cos(a) x + sin(a) e: at the angle a = 0 that is the picture, at a quarter turn pure noise. The U-Net
sees the mixture, the angle and the digit, and guesses which way the mixture moves as the angle grows: v = cos(a) e - sin(a) x. To draw,
start from noise and turn back in small steps (DDIM: a step is a rotation in the plane of mixture and v, and nothing is random but the
start). In a tenth of the examples the network is not told the digit; so it can be asked what the digit changes, and that is overdone a
little (guidance).

What comes out is judged by a network that reads real digits: is it the digit that was asked for, and are its features
distributed as those of real ones? A normal distribution of pixels for each digit is what it is compared with: its blurred digits are
read well enough, but their distribution is another.

Sources: Ho, Jain & Abbeel, "Denoising diffusion probabilistic models" (2020); Song, Meng & Ermon, "Denoising diffusion implicit models"
(2020); Ho & Salimans, "Classifier-free diffusion guidance" (2021); Salimans & Ho, "Progressive distillation for fast sampling" (2022).
"""

import math

import minigrad as mg
from minigrad import datasets, nn, optim, viz
from minigrad.nn import functional as F
from minigrad.train import Averaging, History, Judge, Run

UNTOLD = 10  # the label of those whose digit is not told


class Block(nn.Module):
    """Two convolutions beside a short cut; what is told of angle and digit scales and shifts the channels between them."""

    def __init__(self, inputs: int, outputs: int, told: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.GroupNorm(4, inputs), nn.SiLU(), nn.Conv2d(inputs, outputs, 3, padding=1))
        self.norm, self.tell = nn.GroupNorm(4, outputs, affine=False), nn.Linear(told, 2 * outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.short = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: mg.Tensor, told: mg.Tensor) -> mg.Tensor:
        scale, shift = self.tell(told)[:, :, None, None].chunk(2, 1)
        return self.short(x) + self.second(F.silu(self.norm(self.first(x)) * (1 + scale) + shift))


class Denoiser(nn.Module):
    """A U-Net on 14 x 14 places of four pixels each: mixtures (N, 1, 28, 28), angles (N,), digits (N,) -> v (N, 1, 28, 28)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        told = 4 * width
        self.digit, self.angle = nn.Embedding(11, told), nn.Linear(32, told)
        self.told = nn.Sequential(nn.SiLU(), nn.Linear(told, told), nn.SiLU())
        self.enter = nn.Conv2d(4, width, 3, padding=1)
        self.fine, self.coarse = Block(width, width, told), Block(2 * width, 2 * width, told)
        self.down, self.up = nn.Conv2d(width, 2 * width, 2, stride=2), nn.ConvTranspose2d(2 * width, width, 2, stride=2)
        self.coarser, self.join = Block(2 * width, 2 * width, told), Block(2 * width, width, told)
        self.leave = nn.Sequential(nn.GroupNorm(4, width), nn.SiLU(), nn.Conv2d(width, 4, 3, padding=1))

    def forward(self, mixture: mg.Tensor, angles: mg.Tensor, digits: mg.Tensor) -> mg.Tensor:
        waves = angles[:, None] * mg.arange(1, 17)
        told = self.told(self.angle(mg.cat([waves.cos(), waves.sin()], 1)) + self.digit(digits))
        fine = self.fine(self.enter(F.pixel_unshuffle(mixture, 2)), told)
        coarse = self.coarser(self.coarse(self.down(fine), told), told)
        return F.pixel_shuffle(self.leave(self.join(mg.cat([fine, self.up(coarse)], 1), told)), 2)


def learn(run: Run, model: Denoiser, averaging: Averaging, images: mg.Tensor, labels: mg.Tensor) -> History:
    """Mean squared error of v, at random angles."""
    rounds, steps, batch = run.pick(full=40, quick=2), run.pick(full=50, quick=3), run.pick(full=64, quick=16)
    optimizer = optim.Adam(model.parameters(), lr=2e-3)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=3e-3, total_steps=rounds * steps, pct_start=0.1)
    loop = run.loop(rounds, unit="round", model=model, optimizer=optimizer, schedule=schedule, averaging=averaging)
    for _ in loop:
        total = 0.0
        for _ in loop.batches(range(steps)):
            rows = mg.randint(0, len(images), (batch,))
            angles = (mg.arange(batch) + mg.rand(batch)) / batch * (math.pi / 2)  # spread over all: the loss varies less
            cos, sin = (wave[:, None, None, None] for wave in (angles.cos(), angles.sin()))
            x, e = images[rows], mg.randn(batch, 1, 28, 28)
            digits = mg.where(mg.rand(batch) < 0.1, UNTOLD, labels[rows])
            loss = F.mse_loss(model(cos * x + sin * e, angles, digits), cos * e - sin * x)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            averaging.update()
            total += loss.item() / steps
        loop.log(loss=total)
    return loop.history


@mg.no_grad()
def draw(model: Denoiser, digits: mg.Tensor, steps: int, guidance: float) -> mg.Tensor:
    """Pictures of the digits, and all that they were on the way: (steps + 1, N, 1, 28, 28), from noise to picture."""
    z = mg.randn(len(digits), 1, 28, 28)
    way, step = [z], math.pi / 2 / steps
    both = mg.cat([digits, mg.full_like(digits, UNTOLD)])
    for left in range(steps, 0, -1):
        told, untold = model(mg.cat([z, z]), mg.full((len(both),), left * step), both).chunk(2)
        v = untold + guidance * (told - untold)
        z = math.cos(step) * z - math.sin(step) * v
        way.append(z)
    return mg.stack(way)


def main(run: Run) -> None:
    train, test = (datasets.all_digits(part, data_dir=run.data, synthetic=run.quick).tensors for part in (True, False))
    images, labels, tested = train[0].float() / 255, train[1], test[0].float() / 255
    run.note(data="MNIST" if len(images) == 60_000 else f"{len(images):,} digits of MNIST")
    model = Denoiser(run.pick(full=32, quick=4))
    averaging = Averaging(model, decay=0.995)
    history = learn(run, model, averaging, 2 * images - 1, labels)
    run.save(averaging.average)
    judge = Judge()
    judge.learn(run, images, labels, epochs=run.pick(full=4, quick=2))

    digits = mg.arange(10).repeat(run.pick(full=100, quick=2))
    ways = [draw(averaging.average, part, run.pick(full=24, quick=6), guidance=1.5) for part in digits.split(100)]
    made = mg.cat([(way[-1] + 1) / 2 for way in ways]).clamp(0, 1)
    judge.report(run, made, digits, images, labels, tested)

    figure, (left, middle, right) = viz.figure(1, 3, size=(17, 5.6))
    viz.images(made[:100], columns=10, title="Digits that never were, 0 to 9", ax=left)
    shown = ways[0][::3, :10].transpose(0, 1)
    viz.images(shown.flatten(0, 1), columns=shown.shape[1], limits=(-1, 1), title="The way from noise to digit", ax=middle)
    viz.curves(history, title="Error of the guess", ylabel="mean squared error", log=True, ax=right)
    right.set_xlabel("round")
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
