"""A network solves differential equations: a physics-informed neural network, by second derivatives through the network.

Nothing is known of the solution but its equation and what holds at the border. The network's output is put into the equation, and what
is left over is made small at points all over the domain; that takes derivatives of the output with respect to the input, and then
derivatives of those with respect to the weights. Two problems with a known solution: a damped spring, and a membrane under load
(Poisson's equation on a square).

The loss is smooth and always the same, so the optimizer is L-BFGS, which learns of its curvature.

Data: made by the program (two differential equations).

Source: Raissi, Perdikaris & Karniadakis, "Physics-informed neural networks" (2019).
"""

from collections.abc import Callable

import numpy as np

import minigrad as mg
from minigrad import nn, optim, viz
from minigrad.train import Run

DAMPING, STIFFNESS = 0.4, 9.0  # x'' + 0.4 x' + 9 x = 0 with x(0) = 1, x'(0) = 0


def network(inputs: int, width: int = 32) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1))


def slope(y: mg.Tensor, x: mg.Tensor) -> mg.Tensor:
    """dy/dx at each point, itself differentiable."""
    return mg.autograd.grad(y.sum(), x, create_graph=True)[0]


def spring(model: nn.Module, t: mg.Tensor) -> mg.Tensor:
    """The displacement at times t: 1 at the beginning, and at rest there, whatever the network says."""
    return 1 + mg.tanh(t) ** 2 * model(t - 2)


def spring_residual(model: nn.Module) -> mg.Tensor:
    t = mg.linspace(0, 4, 128, requires_grad=True)[:, None]
    x = spring(model, t)
    v = slope(x, t)
    return (slope(v, t) + DAMPING * v + STIFFNESS * x).square().mean()


def exact_spring(t: np.ndarray) -> np.ndarray:
    decay = DAMPING / 2
    omega = np.sqrt(STIFFNESS - decay**2)
    return np.exp(-decay * t) * (np.cos(omega * t) + decay / omega * np.sin(omega * t))


def membrane(model: nn.Module, p: mg.Tensor) -> mg.Tensor:
    """The deflection at points of the unit square: 0 at the border, whatever the network says."""
    x, y = p[:, :1], p[:, 1:]
    return 16 * x * (1 - x) * y * (1 - y) * model(2 * p - 1)


def membrane_residual(model: nn.Module) -> mg.Tensor:
    side = mg.linspace(0.02, 0.98, 16)
    p = mg.cartesian_prod(side, side).requires_grad_()
    first = slope(membrane(model, p), p)
    laplacian = slope(first[:, 0], p)[:, 0] + slope(first[:, 1], p)[:, 1]
    load = 2 * np.pi**2 * mg.sin(np.pi * p[:, 0]) * mg.sin(np.pi * p[:, 1])
    return (laplacian + load.detach()).square().mean()


def exact_membrane(p: np.ndarray) -> np.ndarray:
    return np.sin(np.pi * p[:, 0]) * np.sin(np.pi * p[:, 1])


def solve(run: Run, name: str, model: nn.Module, residual: Callable[[nn.Module], mg.Tensor]) -> list[float]:
    optimizer = optim.LBFGS(model.parameters(), max_iter=20, history_size=50, line_search_fn="strong_wolfe")

    def closure() -> mg.Tensor:
        optimizer.zero_grad()
        loss = residual(model)
        loss.backward()
        return loss

    loop = run.loop(run.pick(full=50, quick=2), name, unit=f"{name}: 20 steps, round", every=10, model=model, optimizer=optimizer)
    for _ in loop:
        loop.log(residual=optimizer.step(closure))
    return loop.history["residual"]


def main(run: Run) -> None:
    figure, (left, middle, right) = viz.figure(1, 3, size=(14, 4.2))

    oscillator = network(1)
    residuals = {"spring": solve(run, "spring", oscillator, spring_residual)}
    t = np.linspace(0, 4, 400, dtype=np.float32)[:, None]
    with mg.no_grad():
        x = spring(oscillator, mg.tensor(t)).numpy()
    error = float(np.abs(x - exact_spring(t)).max())
    left.plot(t, exact_spring(t), lw=4, alpha=0.4, label="exact")
    left.plot(t, x, "--", label="network")
    left.set(title=f"Damped spring: largest error {error:.1e}", xlabel="time", ylabel="displacement")
    left.legend()
    run.result("spring: largest error", error, baseline=1.0, baseline_name="zero", floor=0.01, better="lower")

    surface = network(2)
    residuals["membrane"] = solve(run, "membrane", surface, membrane_residual)
    grid = np.linspace(0, 1, 81, dtype=np.float32)
    p = np.stack(np.meshgrid(grid, grid), -1).reshape(-1, 2)
    with mg.no_grad():
        u = membrane(surface, mg.tensor(p)).numpy()[:, 0]
    error = float(np.abs(u - exact_membrane(p)).max())
    shape = middle.contourf(grid, grid, u.reshape(81, 81), levels=20, cmap="viridis")
    figure.colorbar(shape, ax=middle)
    middle.set(title=f"Membrane under load: largest error {error:.1e}", xlabel="x", ylabel="y", aspect="equal")
    run.result("membrane: largest error", error, baseline=1.0, baseline_name="zero", floor=0.01, better="lower")

    for name, values in residuals.items():
        right.semilogy(values, label=name, alpha=0.8)
    right.set(title="What the equation leaves over", xlabel="20 steps of L-BFGS", ylabel="mean square")
    right.legend()
    run.figure(figure)
    run.save(nn.ModuleDict({"spring": oscillator, "membrane": surface}))


if __name__ == "__main__":
    Run.start(main)
