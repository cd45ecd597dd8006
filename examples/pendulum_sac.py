"""A motor too weak to lift a pendulum swings it up and holds it: continuous control by the soft actor-critic.

The actor gives a normal distribution for each state, squeezed into the range of the motor; two critics say what a torque is worth there.
The critics learn from remembered steps, as in Q-learning; the actor climbs the smaller of their two opinions by the gradient through the
torque it draws. It is rewarded for being undecided, too: that keeps it trying, and a third loss sets the price of it so that the entropy
stays at a chosen value.

Data: made by the program (a pendulum with a motor, as Gymnasium computes it).

Source: Haarnoja et al., "Soft actor-critic algorithms and applications" (2018).
"""

import math

import numpy as np
from matplotlib.figure import Figure

import minigrad as mg
from minigrad import nn, optim, viz
from minigrad.nn import functional as F
from minigrad.train import EarlyStopping, Episode, Run, environments, play
from minigrad.utils.data import ReplayBuffer

TORQUE, STATE = 2.0, 3  # the motor's range is -2 to 2; cosine and sine of the angle, and the speed
GAMMA, FOLLOW = 0.99, 0.005
WIDTH, BATCH = 128, 128


class Actor(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(STATE, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 2))

    def forward(self, states: mg.Tensor) -> tuple[mg.Tensor, mg.Tensor]:
        """Actions (N, 1) in -1 to 1, drawn so that they have a gradient, and the logarithm of their density, (N, 1)."""
        mean, spread = self.layers(states).chunk(2, 1)
        spread = spread.clamp(-5, 2)
        noise = mg.randn_like(mean)
        drawn = mean + mg.exp(spread) * noise
        density = -0.5 * noise.square() - spread - 0.5 * math.log(2 * math.pi)
        # log(1 - tanh^2), which the squeezing takes from the density, in a form that does not round to log(0)
        return mg.tanh(drawn), density - 2 * (math.log(2) - drawn - F.softplus(-2 * drawn))

    @mg.no_grad()
    def best(self, states: np.ndarray) -> np.ndarray:
        return TORQUE * mg.tanh(self.layers(mg.tensor(states))[:, :1]).numpy()

    @mg.no_grad()
    def draw(self, state: np.ndarray) -> np.ndarray:
        return self(mg.tensor(state[None]))[0].numpy()[0]


class Critics(nn.Module):
    """What an action is worth, twice: opinions that were learned apart."""

    def __init__(self) -> None:
        super().__init__()
        self.pair = nn.ModuleList(
            nn.Sequential(nn.Linear(STATE + 1, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 1)) for _ in range(2)
        )

    def forward(self, states: mg.Tensor, actions: mg.Tensor) -> tuple[mg.Tensor, mg.Tensor]:
        both = mg.cat([states, actions], 1)
        return self.pair[0](both), self.pair[1](both)


class Agent:
    def __init__(self) -> None:
        self.actor, self.critics, self.slow = Actor(), Critics(), Critics()
        self.slow.load_state_dict(self.critics.state_dict())
        self.price = mg.zeros(1, requires_grad=True)  # of being decided, its logarithm
        self.memory = ReplayBuffer(50_000)
        self.acting = optim.Adam(self.actor.parameters(), lr=1e-3)
        self.judging = optim.Adam(self.critics.parameters(), lr=1e-3)
        self.pricing = optim.Adam([self.price], lr=1e-3)

    def learn(self) -> None:
        state, action, reward, after = self.memory.sample(BATCH)
        price = self.price.detach().exp()
        with mg.no_grad():
            following, density = self.actor(after)
            worth = reward[:, None] + GAMMA * (mg.minimum(*self.slow(after, following)) - price * density)
        one, other = self.critics(state, action)
        step(self.judging, F.mse_loss(one, worth) + F.mse_loss(other, worth))

        chosen, density = self.actor(state)
        self.critics.requires_grad_(False)
        step(self.acting, (price * density - mg.minimum(*self.critics(state, chosen))).mean())
        self.critics.requires_grad_(True)
        step(self.pricing, -(self.price * (density.detach() - 1)).mean())  # the entropy is to be -1
        with mg.no_grad():
            for slow, parameter in zip(self.slow.parameters(), self.critics.parameters()):
                slow.lerp_(parameter, FOLLOW)

    def episode(self, env, rng: np.random.Generator, warm_up: int) -> float:
        """Play an episode (it has no end but the limit), learning at each step; gives its return."""
        state, total, over = env.reset(seed=int(rng.integers(2**31)))[0], 0.0, False
        while not over:
            ready = self.memory.added >= warm_up
            action = self.actor.draw(state) if ready else rng.uniform(-1, 1, 1).astype(np.float32)
            after, reward, _, over, _ = env.step(TORQUE * action)
            self.memory.add(state, action, float(reward) / 8, after)  # some tens at most, instead of hundreds
            if ready:
                self.learn()
            state, total = after, total + float(reward)
        return total


def step(optimizer: optim.Optimizer, loss: mg.Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def draw(agent: Agent, history, games: list[Episode]) -> Figure:
    figure, (left, middle, right) = viz.figure(1, 3, size=(15, 4.4))
    left.plot(history["episode"], label="while learning")
    left.plot(history["valid"], label="the mean torque, other episodes")
    left.set(title="Learning", xlabel="episodes of 200 steps", ylabel="return")
    left.legend()

    angle, speed = np.meshgrid(np.linspace(-np.pi, np.pi, 120), np.linspace(-8, 8, 120))
    states = np.stack([np.cos(angle), np.sin(angle), speed], -1).reshape(-1, 3).astype(np.float32)
    torque = agent.actor.best(states).reshape(120, 120)
    shade = middle.contourf(np.degrees(angle), speed, torque, levels=np.linspace(-2, 2, 21), cmap="RdBu_r")
    figure.colorbar(shade, ax=middle, label="torque")
    middle.set(title="What it has learned", xlabel="angle, 0 is upright", ylabel="speed, 1/s", xticks=range(-180, 181, 90))

    hardest = sorted(games, key=lambda game: game.total)[:3]
    for game in hardest:
        angles = np.unwrap(np.arctan2(game.observations[:, 1], game.observations[:, 0]))
        angles -= 2 * np.pi * np.round(angles[-1] / (2 * np.pi))
        right.plot(np.arange(len(angles)) * 0.05, np.degrees(angles), label=f"return {game.total:.0f}")
    right.axhline(0, color="black", lw=0.8, ls="--")
    right.set(title="The worst three of its games", xlabel="seconds", ylabel="angle, 0 is upright")
    right.legend()
    return figure


def main(run: Run) -> None:
    agent = Agent()
    options = run.pick(full={}, quick={"max_episode_steps": 40})
    (env,) = environments("Pendulum-v1", **options)
    judges = environments("Pendulum-v1", run.pick(full=100, quick=4), **options)
    best = EarlyStopping("valid", "max", patience=1000, model=agent.actor)
    state = {**vars(agent), "rng": run.rng}
    loop = run.loop(run.pick(full=100, quick=3), unit="episode", callbacks=[best], **state)
    for _ in loop:
        total = agent.episode(env, run.rng, run.pick(full=1000, quick=60))
        valid = play(judges[:20], agent.actor.best, range(10_000, 10_000 + len(judges[:20])))
        loop.log(episode=total, valid=np.mean([game.total for game in valid]))

    run.save(agent.actor)
    test = play(judges, agent.actor.best, range(len(judges)))
    chance = play(judges, lambda states: run.rng.uniform(-TORQUE, TORQUE, (len(states), 1)), range(len(judges)))
    returns = [np.mean([game.total for game in games]) for games in (test, chance)]
    run.result(f"Pendulum: mean return of {len(test)} games", returns[0], baseline=returns[1], baseline_name="at random", floor=-200)
    run.figure(draw(agent, loop.history, test))


if __name__ == "__main__":
    Run.start(main)
