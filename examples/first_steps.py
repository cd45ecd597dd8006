"""Five classics on one page: linear and logistic regression, XOR, a polynomial, spirals.

What a network is, from a line to a curve: a straight line through points; a straight border between two classes; XOR, which no straight
border can divide and a few hidden units can; a polynomial whose coefficients are found by gradient descent; two spirals, which need
layers. Line and polynomial are compared with the exact least squares.

Data: made by the program (points on and about lines, curves and spirals).
"""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes

import minigrad as mg
from minigrad import nn, optim, viz
from minigrad.nn import functional as F
from minigrad.train import Run


class Page:
    """The picture that the five share; the last panel has all their losses."""

    def __init__(self) -> None:
        self.figure, self.panels = viz.figure(2, 3, size=(15, 8.8))
        self.losses = self.panels.pop()
        self.losses.set(title="Losses", xlabel="step", xscale="log", yscale="log")


def descend(run: Run, name: str, model: nn.Module, loss: Callable[[], mg.Tensor], lr: float, page: Page) -> Axes:
    """Make `loss` small over the model's parameters, and draw it; gives the next free panel."""
    steps = run.pick(full=1000, quick=20)
    optimizer = optim.Adam(model.parameters(), lr=lr)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    loop = run.loop(steps, name, unit=f"{name}: step", every=500, model=model, optimizer=optimizer, schedule=schedule)
    for _ in loop:
        value = loss()
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        schedule.step()
        loop.log(loss=value)
    page.losses.plot(loop.history["loss"], label=name)
    page.losses.legend()
    return page.panels.pop(0)


def fitted(model: nn.Module, features: mg.Tensor, y: mg.Tensor) -> float:
    """How much larger the error is than that of the least squares."""
    best = mg.linalg.lstsq(features, y).solution
    with mg.no_grad():
        return (F.mse_loss(model(features), y) / F.mse_loss(features @ best, y)).item() - 1


def classified(model: nn.Module, x: mg.Tensor, y: mg.Tensor) -> float:
    with mg.no_grad():
        return ((model(x) > 0) == (y > 0.5)).float().mean().item()


def classifier(run: Run, name: str, model: nn.Module, x: mg.Tensor, y: mg.Tensor, page: Page) -> None:
    """Learn to tell the points with y = 1 from those with y = 0, and draw the border."""
    ax = descend(run, name, model, lambda: F.binary_cross_entropy_with_logits(model(x), y), 0.03, page)
    reach = float(x.abs().max()) * 1.1
    grid = np.linspace(-reach, reach, 200, dtype=np.float32)
    points = mg.tensor(np.stack(np.meshgrid(grid, grid), -1).reshape(-1, 2))
    with mg.no_grad():
        shade = mg.sigmoid(model(points)).reshape(200, 200).numpy()
    ax.contourf(grid, grid, shade, levels=np.linspace(0, 1, 11), cmap="RdBu_r", alpha=0.6)
    ax.scatter(*x.numpy().T, c=y.numpy()[:, 0], cmap="RdBu_r", edgecolors="black", linewidths=0.4, s=18)
    right = classified(model, x, y)
    ax.set(title=f"{name}: {right:.1%} right", xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
    run.result(f"{name}: accuracy", right, baseline=0.5, baseline_name="guessing", floor=0.95, percent=True)


def regression(run: Run, name: str, x: mg.Tensor, y: mg.Tensor, degree: int, page: Page) -> None:
    """Fit a polynomial, and draw it beside the points."""

    def powers(x: mg.Tensor) -> mg.Tensor:  # Chebyshev's polynomials: of the bare powers the higher are much alike, and descent is slow
        return mg.cat([mg.cos(k * mg.acos(x / 2)) for k in range(degree + 1)], 1)

    model = nn.Linear(degree + 1, 1, bias=False)
    ax = descend(run, name, model, lambda: F.mse_loss(model(powers(x)), y), 0.1, page)
    grid = mg.linspace(-1.999, 1.999, 200)[:, None]
    ax.plot(x.numpy(), y.numpy(), ".", label="points")
    ax.plot(grid.numpy(), model(powers(grid)).detach().numpy(), label=f"degree {degree}")
    ax.set(title=name, xlabel="x", ylabel="y")
    ax.legend()
    run.result(f"{name}: error above the least", fitted(model, powers(x), y), better="lower", floor=1e-3, percent=True)


def main(run: Run) -> None:
    page = Page()
    x = mg.rand(80, 1) * 4 - 2
    regression(run, "line", x, 2 * x - 1 + 0.5 * mg.randn(80, 1), 1, page)
    regression(run, "polynomial", x, mg.sin(2 * x) + 0.1 * mg.randn(80, 1), 7, page)

    y = (mg.rand(200, 1) > 0.5).float()
    classifier(run, "logistic regression", nn.Linear(2, 1), mg.randn(200, 2) + 3 * (y - 0.5), y, page)

    x = mg.rand(200, 2) * 2 - 1
    y = (x[:, :1] * x[:, 1:] < 0).float()
    classifier(run, "XOR", nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)), x, y, page)

    angle = mg.sqrt(mg.rand(300, 1)) * 3 * np.pi
    y = (mg.arange(300)[:, None] % 2).float()
    x = angle / 10 * mg.cat([mg.cos(angle + np.pi * y), mg.sin(angle + np.pi * y)], 1) + 0.02 * mg.randn(300, 2)
    layers = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))
    classifier(run, "spirals", layers, 3 * x, y, page)
    run.save(layers, "spirals")
    run.figure(page.figure)


if __name__ == "__main__":
    Run.start(main)
