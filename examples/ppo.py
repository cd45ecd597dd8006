"""One program learns to balance a pole and to swing up a double pendulum, by proximal policy optimization.

The network gives a probability to each action and says what a state is worth. It plays a few episodes, and whatever went better than was
expected is made more probable, what went worse less. "Better" is measured over many steps ahead, weighted so that the near ones count
most (generalized advantage estimation). All that was seen is used for several passes; the objective has nothing to gain from a
probability that has already changed by a fifth, so the policy does not run away from the episodes that speak for it. The weights that
did best in games for validation are kept; the results are from 100 other games.

Data: made by the program (a pole on a cart and a double pendulum, as Gymnasium computes them).

Source: Schulman, Wolski, Dhariwal, Radford & Klimov, "Proximal policy optimization algorithms" (2017).
"""

import numpy as np
from matplotlib.axes import Axes

import minigrad as mg
from minigrad import nn, optim, viz
from minigrad.nn import functional as F
from minigrad.train import EarlyStopping, Episode, Run, environments, play

GAMMA, LAMBDA = 0.99, 0.95  # how much later rewards count, and later estimates of the advantage
CLIP, ENTROPY = 0.2, 0.01
PASSES, BATCH, EPISODES = 8, 256, 16  # over what was seen in the episodes of a round


class ActorCritic(nn.Module):
    def __init__(self, inputs: int, actions: int, width: int = 64) -> None:
        super().__init__()

        def layers(outputs: int) -> nn.Sequential:
            return nn.Sequential(nn.Linear(inputs, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, outputs))

        self.actor, self.critic = layers(actions), layers(1)
        with mg.no_grad():
            self.actor[-1].weight.mul_(0.01)  # at first all actions are as likely

    @mg.no_grad()
    def draw(self, states: np.ndarray) -> mg.Tensor:
        return mg.multinomial(mg.softmax(self.actor(mg.tensor(states)), 1), 1)[:, 0]

    @mg.no_grad()
    def best(self, states: np.ndarray) -> mg.Tensor:
        return self.actor(mg.tensor(states)).argmax(1)


@mg.no_grad()
def advantages(model: ActorCritic, episode: Episode) -> tuple[np.ndarray, np.ndarray]:
    """How much better each action turned out than the critic had thought, and what the states were worth after all."""
    values = model.critic(mg.tensor(episode.observations))[:, 0].numpy().copy()
    if episode.terminated:
        values[-1] = 0  # nothing comes any more; where a limit cut it short, the critic says what would have come
    surprise = episode.rewards + GAMMA * values[1:] - values[:-1]
    total, gains = 0.0, np.empty(len(surprise), np.float32)
    for t in reversed(range(len(surprise))):
        gains[t] = total = surprise[t] + GAMMA * LAMBDA * total
    return gains, gains + values[:-1]


def improve(model: ActorCritic, optimizer: optim.Optimizer, episodes: list[Episode]) -> None:
    states = mg.tensor(np.concatenate([episode.observations[:-1] for episode in episodes]))
    actions = mg.tensor(np.concatenate([episode.actions for episode in episodes]))[:, None]
    gains, worth = (mg.tensor(np.concatenate(parts)) for parts in zip(*(advantages(model, episode) for episode in episodes)))
    gains = (gains - gains.mean()) / (gains.std() + 1e-8)
    scale = worth.std() + 1.0  # so that the critic's loss does not outweigh the actor's
    with mg.no_grad():
        before = F.log_softmax(model.actor(states), 1).gather(1, actions)[:, 0]
    for _ in range(PASSES):
        for at in mg.randperm(len(states)).split(BATCH):
            logs = F.log_softmax(model.actor(states[at]), 1)
            ratio = mg.exp(logs.gather(1, actions[at])[:, 0] - before[at])
            gain = mg.minimum(ratio * gains[at], ratio.clamp(1 - CLIP, 1 + CLIP) * gains[at]).mean()
            entropy = -(logs.exp() * logs).sum(1).mean()
            error = ((model.critic(states[at])[:, 0] - worth[at]) / scale).square().mean()
            optimizer.zero_grad()
            (0.5 * error - gain - ENTROPY * entropy).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            optimizer.step()


def solve(run: Run, name: str, sizes: tuple[int, int], rounds: int, floor: float, ax: Axes) -> tuple[ActorCritic, Episode]:
    """Learn the game and draw the learning; gives the model and the longest of the games it was tested in."""
    model = ActorCritic(*sizes)
    optimizer = optim.Adam(model.parameters(), lr=1e-3, eps=1e-5)
    rounds = run.pick(full=rounds, quick=2)
    schedule = optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, rounds)
    best = EarlyStopping("valid", "max", patience=rounds, model=model)
    short = {} if not run.quick else {"max_episode_steps": 60}
    envs, judges = environments(name, run.pick(full=EPISODES, quick=4), **short), environments(name, run.pick(full=100, quick=4), **short)
    loop = run.loop(rounds, name, unit=f"{name}: round", callbacks=[best], model=model, optimizer=optimizer, schedule=schedule, rng=run.rng)
    for _ in loop:
        episodes = play(envs, model.draw, run.rng.integers(2**31, size=len(envs)))
        improve(model, optimizer, episodes)
        schedule.step()
        valid = play(judges[:50], model.best, range(10_000, 10_000 + len(judges[:50])))
        loop.log(games=np.mean([game.total for game in episodes]), valid=np.mean([game.total for game in valid]))

    test = play(judges, model.best, range(len(judges)))
    dice = np.random.default_rng(run.seed)
    chance = play(judges, lambda states: dice.integers(0, sizes[1], len(states)), range(len(judges)))
    returns = [float(np.mean([game.total for game in games])) for games in (test, chance)]
    run.result(f"{name}: mean return of {len(test)} games", returns[0], baseline=returns[1], baseline_name="at random", floor=floor)
    ax.plot(np.arange(1, len(loop.history) + 1), loop.history["games"], label="actions drawn by the policy")
    ax.plot(np.arange(1, len(loop.history) + 1), loop.history["valid"], label="most probable actions, other games")
    ax.axhline(returns[1], color="0.5", ls=":", label="at random")
    ax.set(title=f"{name}: {returns[0]:.0f} on average", xlabel=f"rounds of {len(envs)} episodes", ylabel="return")
    ax.legend()
    return model, sorted(test, key=lambda game: len(game.rewards))[len(test) // 2]


def swing(ax: Axes, game: Episode) -> None:
    """The double pendulum's elbow and tip: cosine and sine of the first joint, then of the second, relative to it."""
    first = np.arctan2(game.observations[:, 1], game.observations[:, 0])
    second = first + np.arctan2(game.observations[:, 3], game.observations[:, 2])
    elbow = np.stack([np.sin(first), -np.cos(first)], 1)
    tip = elbow + np.stack([np.sin(second), -np.cos(second)], 1)
    ax.plot(*tip.T, color="tab:orange", lw=0.8, alpha=0.7, label="path of the tip")
    for i in np.linspace(0, len(tip) - 1, 6).astype(int):
        shade = 0.25 + 0.75 * i / len(tip)
        ax.plot(*np.stack([np.zeros(2), elbow[i], tip[i]], 1), "o-", color="tab:blue", alpha=shade, lw=2, ms=4)
    ax.axhline(1, color="black", lw=0.8, ls="--", label="to be reached")
    ax.set(title=f"Acrobot: a game of {len(game.rewards)} steps", aspect="equal", xlim=(-2.2, 2.2), ylim=(-2.2, 2.2))
    ax.legend(loc="upper left", fontsize="small")


def main(run: Run) -> None:
    figure, (left, middle, right) = viz.figure(1, 3, size=(15, 4.6))
    pole, _ = solve(run, "CartPole-v1", (4, 2), 50, 475, left)
    acrobot, game = solve(run, "Acrobot-v1", (6, 3), 60, -100, middle)
    swing(right, game)
    run.save(nn.ModuleDict({"cartpole": pole, "acrobot": acrobot}))
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
