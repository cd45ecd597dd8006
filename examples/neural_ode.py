"""A network learns a law of motion from what it sees: a neural ordinary differential equation.

A pendulum with friction is seen at moments, angle and speed, with some error of measurement. The network gives the rate of change at
each state; a Runge-Kutta method of fourth order follows it, and the error at the moments that were seen goes back through all its steps.
In the end the network knows the law, and can tell how the pendulum will swing from a beginning it never saw, for five times as long
as anything it was shown. A linear law, fitted in the same way, knows only small swings.

Data: made by the program (a pendulum with friction).

Source: Chen, Rubanova, Bettencourt & Duvenaud, "Neural ordinary differential equations" (2018).
"""

from collections.abc import Callable

import numpy as np

import minigrad as mg
from minigrad import nn, optim, viz
from minigrad.nn import functional as F
from minigrad.train import Run

STEP, WINDOW, LONG = 0.1, 20, 100  # seconds; steps of a stretch in training, and in the test
NOISE = 0.02
Field = Callable[[mg.Tensor], mg.Tensor]


def pendulum(state: mg.Tensor) -> mg.Tensor:
    """The rate of change of (angle, speed): gravity and friction. Shapes: (N, 2), and the same."""
    angle, speed = state[:, :1], state[:, 1:]
    return mg.cat([speed, -4 * mg.sin(angle) - 0.15 * speed], 1)


def follow(field: Field, state: mg.Tensor, steps: int) -> mg.Tensor:
    """States (steps + 1, N, 2) from `state` (N, 2) on, by Runge and Kutta's method of fourth order."""
    states = [state]
    for _ in range(steps):
        k1 = field(state)
        k2 = field(state + STEP / 2 * k1)
        k3 = field(state + STEP / 2 * k2)
        k4 = field(state + STEP * k3)
        state = state + STEP / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        states.append(state)
    return mg.stack(states)


def beginnings(count: int) -> mg.Tensor:
    """Angles up to 2.8 (it never turns over), and small speeds."""
    return (2 * mg.rand(count, 2) - 1) * mg.tensor([2.8, 0.5])


def learn(run: Run, name: str, field: nn.Module, seen: mg.Tensor, lr: float) -> nn.Module:
    """Fit `field` to what was seen: (steps, N, 2)."""
    rounds = run.pick(full=1500, quick=2)
    optimizer = optim.Adam(field.parameters(), lr=lr)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=lr, total_steps=rounds)
    loop = run.loop(rounds, name, unit=f"{name}: step", every=500, model=field, optimizer=optimizer, schedule=schedule, rng=run.rng)
    for _ in loop:
        at = run.rng.integers(0, len(seen) - WINDOW, 32)
        which = run.rng.integers(0, seen.shape[1], 32)
        stretch = mg.stack([seen[i : i + WINDOW + 1, j] for i, j in zip(at.tolist(), which.tolist())], 1)
        loss = F.mse_loss(follow(field, stretch[0], WINDOW), stretch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        loop.log(loss=loss)
    return field


def arrows(ax, field: Field, title: str, density: float) -> None:
    """The field over the plane of angle and speed."""
    angle, speed = np.meshgrid(np.linspace(-3, 3, 25, dtype=np.float32), np.linspace(-4, 4, 25, dtype=np.float32))
    with mg.no_grad():
        rate = field(mg.tensor(np.stack([angle.ravel(), speed.ravel()], 1))).numpy()
    ax.streamplot(angle, speed, rate[:, 0].reshape(25, 25), rate[:, 1].reshape(25, 25), density=density, color="0.6", linewidth=0.8)
    ax.set(title=title, xlabel="angle", ylabel="speed", xlim=(-3, 3), ylim=(-4, 4))


def main(run: Run) -> None:
    seen = follow(pendulum, beginnings(30), run.pick(full=60, quick=30))
    seen = seen + NOISE * mg.randn(*seen.shape)
    network = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 2))
    learn(run, "network", network, seen, 1e-2)
    linear = learn(run, "linear law", nn.Linear(2, 2), seen, 1e-1)
    run.save(network)

    mg.manual_seed(1234)
    start = beginnings(200)
    with mg.no_grad():
        truth, guess, straight = (follow(field, start, LONG).numpy() for field in (pendulum, network, linear))
    errors = [np.sqrt(((path - truth) ** 2)[..., 0].mean()) for path in (guess, straight)]
    run.result(
        "error of the angle over 10 s, radians", errors[0], baseline=errors[1], baseline_name="linear law", floor=0.15, better="lower"
    )

    figure, (left, middle, right) = viz.figure(1, 3, size=(15, 4.4))
    for ax, field, paths, title in ((left, pendulum, truth, "The pendulum"), (middle, network, guess, "What the network has learned")):
        arrows(ax, field, title, run.pick(full=1.1, quick=0.2))
        for i in range(4):
            ax.plot(*paths[:, i].T, lw=1.8)
    time = np.arange(LONG + 1) * STEP
    largest = int(np.abs(start.numpy()[:, 0]).argmax())
    for paths, style, label in ((truth, "-", "pendulum"), (guess, "--", "network"), (straight, ":", "linear law")):
        right.plot(time, paths[:, largest, 0], style, label=label)
    right.axvspan(0, WINDOW * STEP, alpha=0.12, label="length of a stretch in training")
    right.set(title="From a beginning that was never seen", xlabel="seconds", ylabel="angle")
    right.legend()
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
