"""A network keeps a car in its lane from what a camera sees; where it errs it is corrected, and learns from that (DAgger).

The roads bend at random, and differ in light, in surface and in what grows beside them; the camera looks over the bonnet, and its picture
is computed from the geometry of a flat ground. A teacher who knows where the car is steers well, and a convolutional network learns to do
what he does. But it is a still day, and the teacher is always in the middle of the lane: from his drives alone the network does not learn
what to do beside it. DAgger lets the network steer while it learns, errors and all, and asks the teacher what he would have done in the
places where *that* led. Both get the same number of pictures and steps; then they drive on roads that neither has seen, in gusty wind.

Data: made by the program (roads, and what a camera sees of them).

Source: Pomerleau, "ALVINN: an autonomous land vehicle in a neural network" (1989); Ross, Gordon & Bagnell, "A reduction of imitation
learning and structured prediction to no-regret online learning" (2011).
"""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import minigrad as mg
from minigrad import nn, optim
from minigrad.nn import functional as F
from minigrad.train import Run, predict
from minigrad.utils.data import ReplayBuffer

SPEED, STEP, BASE, TURN = 12.0, 0.1, 2.7, 0.35  # m/s; s; m between the axles; largest angle of the wheels
LANE, LENGTH = 2.0, 600  # half a lane in metres, a road
WIND = 0.02  # radians; in the test only: it is learned on still days
ROWS, COLUMNS, CAMERA, FOCUS = 24, 64, 1.4, 34.0  # picture; height of the camera in metres; focal length in pixels
DEPTH = CAMERA * FOCUS / (np.arange(ROWS) + 1.5)  # metres ahead of what a row of the picture shows, horizon first
SIDE = ((COLUMNS - 1) / 2 - np.arange(COLUMNS)) * DEPTH[:, None] / FOCUS  # and metres to the left of the car, (rows, columns)
Driver = Callable[["Traffic"], np.ndarray]


class Traffic:
    """Cars, each on a road of its own: metres driven, metres left of the middle of the lane, and angle to it. wind: what it turns a car
    by in a step, as a standard deviation."""

    def __init__(self, rng: np.random.Generator, count: int, wind: float = 0.0) -> None:
        self.rng, self.count, self.wind = rng, count, wind
        self.at, self.off, self.angle = np.zeros((3, count))
        metres = np.arange(LENGTH + 80)
        waves = rng.uniform(40, 200, (count, 6, 1))
        bends = np.sin(2 * np.pi * (metres / waves + rng.random((count, 6, 1)))) * rng.normal(0, 0.008, (count, 6, 1))
        self.bend = bends.sum(1).clip(-0.03, 0.03)  # 1 / radius at each metre, to the left
        self.grey = rng.uniform([30, 90, 190], [80, 140, 255], (count, 3))  # of asphalt, what is beside it, and paint
        self.light = rng.uniform(0.6, 1.0, count)

    def bends(self, ahead: np.ndarray) -> np.ndarray:
        return self.bend[np.arange(self.count)[:, None], (self.at[:, None] + ahead).astype(int)]

    def look(self) -> np.ndarray:
        """What the cameras see, (cars, 1, rows, columns) bytes."""
        metres = np.arange(60.0)
        heading = np.cumsum(self.bends(metres), 1) - self.angle[:, None]
        far, left = np.cumsum(np.cos(heading), 1), np.cumsum(np.sin(heading), 1) - self.off[:, None]
        middle = np.stack([np.interp(DEPTH, f, y) for f, y in zip(far, left)])  # of the lane, at the distance of each row
        across = SIDE - middle[:, :, None]  # metres left of the middle
        stripe = np.abs(np.abs(across) - LANE) < 0.12 + 0.01 * DEPTH[:, None]
        dashes = (np.floor((self.at[:, None] + DEPTH) / 4) % 2 == 0)[:, :, None]
        road = np.abs(across - LANE) < 2 * LANE + 0.5  # there is a second lane to the left, and a dashed line between
        asphalt, beside, paint = (self.grey[:, i, None, None] for i in range(3))
        picture = np.where(road, asphalt, beside)
        picture = np.where(stripe & (dashes | (across < 0)), paint, picture)
        rough = self.rng.normal(0, np.where(road, 6, 20))
        return (picture * self.light[:, None, None] + rough).clip(0, 255).astype(np.uint8)[:, None]

    def teach(self) -> np.ndarray:
        """How one who knows the road steers, -1 (right) to 1 (left)."""
        curve = self.bends(np.array([3.0, 6.0, 9.0])).mean(1)
        return (np.arctan(BASE * curve - 0.10 * self.off - 0.75 * self.angle) / TURN).clip(-1, 1)

    def drive(self, steer: np.ndarray) -> None:
        """A step of the bicycle model."""
        turned = SPEED * np.tan(TURN * steer.clip(-1, 1)) / BASE
        along = SPEED * np.cos(self.angle) / (1 - self.off * self.bends(np.zeros(1))[:, 0])
        self.angle = self.angle + STEP * (turned - self.bends(np.zeros(1))[:, 0] * along) + self.rng.normal(0, self.wind, self.count)
        self.off = self.off + STEP * SPEED * np.sin(self.angle)
        self.at = self.at + STEP * along

    def back(self, lost: np.ndarray) -> None:
        """Put those cars into the middle of their lanes."""
        self.off[lost] = self.angle[lost] = 0


def network() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 16, 5, stride=2, padding=2),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(32, 32, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * ROWS * COLUMNS // 64, 64),
        nn.ReLU(),
        nn.Linear(64, 1),
        nn.Tanh(),
    )


def prepare(pictures: mg.Tensor) -> mg.Tensor:
    """As floats, each with its own mean and contrast taken out: what light there is does not matter."""
    x = pictures.float()
    return (x - x.mean((1, 2, 3), keepdim=True)) / (x.std((1, 2, 3), keepdim=True) + 1)


def steered_by(model: nn.Module) -> Driver:
    return lambda traffic: predict(model, prepare(mg.from_numpy(traffic.look()))).numpy()[:, 0]


def learn(run: Run, name: str, corrected: bool) -> tuple[nn.Module, list[float]]:
    """Rounds of driving and learning; the network itself drives after the first round if it is to be `corrected`, else the teacher."""
    model, memory = network(), ReplayBuffer(run.pick(full=40_000, quick=400))
    rounds, steps = run.pick(full=6, quick=2), run.pick(full=250, quick=4)
    optimizer = optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-3)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1e-3, total_steps=rounds * steps)
    state = {"model": model, "optimizer": optimizer, "schedule": schedule, "memory": memory, "rng": run.rng}
    loop = run.loop(rounds, name, unit=f"{name}: round", **state)
    driver = steered_by(model)
    for round in loop:
        traffic = Traffic(run.rng, run.pick(full=20, quick=4))
        for _ in range(run.pick(full=200, quick=8)):
            wanted = traffic.teach()
            memory.extend(traffic.look(), wanted.astype(np.float32))
            traffic.drive(driver(traffic) if corrected and round else wanted)
            traffic.back(np.abs(traffic.off) > 1.5 * LANE)
        losses = []
        for _ in loop.batches(range(steps)):
            pictures, wanted = memory.sample(64)
            loss = F.smooth_l1_loss(model(prepare(pictures))[:, 0], wanted, beta=0.1)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        loop.log(loss=np.mean(losses))
    return model, loop.history["loss"]


def follow(driver: Driver, cars: int, steps: int) -> tuple[np.ndarray, np.ndarray, Traffic]:
    """How it goes on the roads of the test, which are others than those on which the wind was chosen.

    Metres from the middle of the lane, (steps, cars), nan once a car has left its lane; what the driver and the teacher do, (2, steps, cars);
    and the cars, as they are in the end.
    """
    traffic, inside, path, steers = Traffic(np.random.default_rng(73_112), cars, WIND), np.ones(cars, bool), [], []
    for _ in range(steps):
        steer = driver(traffic)
        steers.append((steer, traffic.teach()))
        traffic.drive(steer)
        inside &= np.abs(traffic.off) < LANE
        traffic.back(~inside)
        path.append(np.where(inside, traffic.off, np.nan))
    return np.array(path), np.array(steers).transpose(1, 0, 2), traffic


def draw(paths: dict[str, np.ndarray], steers: np.ndarray, traffic: Traffic, driver: Driver) -> Figure:
    figure = Figure(figsize=(15, 7), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=[1, 1.6])
    pictures, steer, wanted = traffic.look()[:4, 0], driver(traffic), traffic.teach()
    for i, (ax, picture) in enumerate(zip(above.subplots(1, len(pictures)), pictures)):
        ax.imshow(picture, cmap="gray", vmin=0, vmax=255)
        for angle, color, label in ((wanted[i], "tab:green", "teacher"), (steer[i], "tab:red", "network")):
            ax.plot([31.5, 31.5 - 45 * angle], [ROWS - 1, 6], color=color, lw=2, label=label)
        ax.set(title=f"steers {-steer[i]:+.2f}, the teacher {-wanted[i]:+.2f}", xticks=[], yticks=[], xlim=(0, COLUMNS - 1))
    above.axes[0].legend(fontsize="small", loc="upper left")
    above.suptitle("What the camera sees on four roads of the test (+: to the right)")
    left, *others = below.subplots(1, 3)
    left.plot(-steers[1, :, 0], color="tab:green", label="teacher")
    left.plot(-steers[0, :, 0], color="tab:red", lw=0.9, label="network, with DAgger")
    left.set(title="Steering on a road of the test", xlabel="steps of 0.1 s", ylabel="share of the full angle, + to the right")
    left.legend()
    for ax, (name, path) in zip(others, paths.items()):
        ways(ax, name, path)
    return figure


def ways(ax: Axes, name: str, path: np.ndarray) -> None:
    ax.plot(-path, lw=0.8, alpha=0.7)
    for car in np.flatnonzero(np.isnan(path[-1])):
        gone = int(np.isnan(path[:, car]).argmax())
        ax.plot(gone, -np.sign(path[max(gone - 1, 0), car]) * LANE, "x", color="black", ms=8)
    ax.axhspan(-LANE, LANE, color="0.93", zorder=0)
    stayed = (~np.isnan(path[-1])).mean()
    ax.set(title=f"{name}: {stayed:.0%} stay in the lane", xlabel="steps of 0.1 s", ylabel="metres right of the middle", ylim=(-2.3, 2.3))


def main(run: Run) -> None:
    cloned, _ = learn(run, "cloning", corrected=False)
    model, _ = learn(run, "DAgger", corrected=True)
    run.save(model)
    cars, steps = run.pick(full=50, quick=4), run.pick(full=400, quick=10)
    alone, _, _ = follow(steered_by(cloned), cars, steps)
    path, steers, traffic = follow(steered_by(model), cars, steps)
    teacher, _, _ = follow(Traffic.teach, cars, steps)
    stayed, before = ((~np.isnan(paths[-1])).mean() for paths in (path, alone))
    run.result("unseen roads driven to the end", stayed, baseline=before, baseline_name="cloning", floor=1.0, percent=True)
    far, best = (np.sqrt(np.nanmean(paths**2)) for paths in (path, teacher))
    run.result("metres from the middle, root mean square", far, baseline=best, baseline_name="the teacher", better="lower")
    run.figure(draw({"cloning": alone, "with DAgger": path}, steers, traffic, steered_by(model)))


if __name__ == "__main__":
    Run.start(main)
