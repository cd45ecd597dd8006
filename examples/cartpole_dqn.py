"""A network balances a pole by deep Q-learning, from nothing but what its actions are worth.

The network says what each action is worth in a state: the reward of the next step and what the best action after it is worth. That is
learned from single steps, drawn at random from all that was seen, so it does not matter that what was seen first comes from worse play. Two
things keep the network from chasing its own tail: the worth of the next state is told by a copy that follows slowly, and the action
there is chosen by the network itself, not by the copy, which would be too sure of its luck. The weights that did best in games for
validation are kept; the result is from 100 other games.

Data: made by the program (a pole on a cart, as Gymnasium computes it).

Source: Mnih et al., "Human-level control through deep reinforcement learning" (2015); van Hasselt, Guez & Silver, "Deep reinforcement
learning with double Q-learning" (2016).
"""

import numpy as np
from matplotlib.figure import Figure

import minigrad as mg
from minigrad import nn, optim, viz
from minigrad.nn import functional as F
from minigrad.train import EarlyStopping, Episode, Run, environments, play
from minigrad.utils.data import ReplayBuffer

BEST = 500  # steps, each worth 1, after which the game is over
GAMMA = 0.99  # a reward t steps ahead counts GAMMA^t
FOLLOW = 0.005  # how much of the network goes into the copy in a step
GAMES = 10  # of a round


def network() -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 2))


class Agent:
    def __init__(self, warm_up: int) -> None:
        self.model, self.target = network(), network()
        self.target.load_state_dict(self.model.state_dict())
        self.optimizer = optim.Adam(self.model.parameters(), lr=5e-4)
        self.memory = ReplayBuffer(50_000)
        self.warm_up = warm_up  # steps before it learns

    @mg.no_grad()
    def best(self, states: np.ndarray) -> mg.Tensor:
        return self.model(mg.tensor(states)).argmax(1)

    def explore(self, state: np.ndarray, rng: np.random.Generator) -> int:
        """Less and less often an action at random."""
        share = max(0.02, 1 - self.memory.added / (10 * self.warm_up))
        return int(rng.integers(2)) if rng.random() < share else int(self.best(state[None])[0])

    def learn(self) -> None:
        state, action, reward, after, ended = self.memory.sample(128)
        with mg.no_grad():
            following = self.target(after).gather(1, self.model(after).argmax(1, keepdim=True))[:, 0]
            worth = reward + GAMMA * following * (1 - ended)
        loss = F.smooth_l1_loss(self.model(state).gather(1, action[:, None])[:, 0], worth)
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 10.0)
        self.optimizer.step()
        with mg.no_grad():
            for slow, parameter in zip(self.target.parameters(), self.model.parameters()):
                slow.lerp_(parameter, FOLLOW)

    def game(self, env, rng: np.random.Generator) -> float:
        """Play a game, learning at each step; gives its return."""
        state, total, over = env.reset(seed=int(rng.integers(2**31)))[0], 0.0, False
        while not over:
            action = self.explore(state, rng)
            after, reward, ended, cut, _ = env.step(action)
            self.memory.add(state, action, reward, after, float(ended))
            if self.memory.added >= self.warm_up:
                self.learn()
            state, total, over = after, total + reward, ended or cut
        return total


def draw(agent: Agent, history, game: Episode, limit: int) -> Figure:
    figure, (left, middle, right) = viz.figure(1, 3, size=(15, 4.4))
    left.plot(np.arange(1, len(history) + 1) * GAMES, history["games"], label="while learning and exploring")
    left.plot(np.arange(1, len(history) + 1) * GAMES, history["valid"], label="best actions only, other games")
    left.axhline(BEST, color="0.6", lw=0.8)
    left.set(title="Learning", xlabel="games", ylabel="steps balanced, mean")
    left.legend()

    angle, speed = np.meshgrid(np.linspace(-0.21, 0.21, 120), np.linspace(-2, 2, 120))
    states = np.stack([0 * angle, 0 * angle, angle, speed], -1).reshape(-1, 4).astype(np.float32)
    with mg.no_grad():
        values = agent.model(mg.tensor(states)).numpy().reshape(120, 120, 2)
    gain = values[..., 1] - values[..., 0]
    shade = middle.contourf(np.degrees(angle), speed, gain, levels=np.linspace(-1, 1, 21) * np.abs(gain).max(), cmap="RdBu_r")
    middle.contour(np.degrees(angle), speed, gain, levels=[0], colors="black")
    figure.colorbar(shade, ax=middle, label="worth of right less left")
    middle.set(title="What it has learned (cart at rest in the middle)", xlabel="angle of the pole, degrees", ylabel="angular speed, 1/s")

    time = np.arange(len(game.observations)) * 0.02
    right.plot(time, game.observations[:, 0], label="place of the cart, m")
    right.plot(time, np.degrees(game.observations[:, 2]), label="angle of the pole, degrees")
    right.set(title=f"A game: {game.total:.0f} of {limit} steps", xlabel="seconds")
    right.legend()
    return figure


def main(run: Run) -> None:
    agent = Agent(run.pick(full=1000, quick=100))
    (env,) = environments("CartPole-v1")
    games = run.pick(full=100, quick=5)
    judges = environments("CartPole-v1", games)
    best = EarlyStopping("valid", "max", patience=30, model=agent.model)
    parts = {"model": agent.model, "target": agent.target, "optimizer": agent.optimizer, "memory": agent.memory}
    loop = run.loop(run.pick(full=80, quick=2), unit=f"{GAMES} games, round", callbacks=[best], rng=run.rng, **parts)
    for _ in loop:
        totals = [agent.game(env, run.rng) for _ in loop.batches(range(run.pick(full=GAMES, quick=4)))]
        valid = np.mean([game.total for game in play(judges, agent.best, range(10_000, 10_000 + games))])
        loop.log(games=np.mean(totals), valid=valid)
        if valid == BEST:
            loop.stop()

    run.save(agent.model)
    run.note(steps=agent.memory.added, rounds=len(loop.history))
    test = play(judges, agent.best, range(games))
    chance = play(judges, lambda states: run.rng.integers(0, 2, len(states)), range(games))
    returns = [np.mean([game.total for game in played]) for played in (test, chance)]
    run.result(f"CartPole: mean return of {games} games", returns[0], baseline=returns[1], baseline_name="at random", floor=475)
    run.figure(draw(agent, loop.history, min(test, key=lambda game: game.total), BEST))


if __name__ == "__main__":
    Run.start(main)
