"""Episodes of environments that have Gymnasium's interface."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

import minigrad as mg


class Episode(NamedTuple):
    """What was seen and done from a reset to the end: T actions."""

    observations: np.ndarray  # (T + 1, ...): before each action, and after the last
    actions: np.ndarray  # (T, ...)
    rewards: np.ndarray  # (T,)
    terminated: bool  # it came to its end; False: it was cut short by a limit, and would have gone on

    @property
    def total(self) -> float:
        """The sum of the rewards, the return."""
        return float(self.rewards.sum())


def environments(name: str, count: int = 1, **options: Any) -> list[Any]:
    """`count` environments of Gymnasium, e.g. "CartPole-v1". options: those of `gymnasium.make`. Raises ImportError without Gymnasium."""
    try:
        import gymnasium
    except ImportError as error:
        raise ImportError('environments: needs Gymnasium: pip install "minigrad[rl]"') from error
    return [gymnasium.make(name, disable_env_checker=True, **options) for _ in range(count)]


def play(envs: Sequence[Any], policy: Callable[[np.ndarray], Any], seeds: Iterable[int]) -> list[Episode]:
    """One episode in each environment, all at the same time, so that the policy is asked for many actions at once.

    Args:
        envs: with Gymnasium's `reset(seed=)` and `step`.
        policy: takes the observations (N, ...) of those that are not at their end, gives their actions, (N, ...), an array or a Tensor.
        seeds: of the resets, one for each environment.

    >>> class Countdown:
    ...     def reset(self, seed):
    ...         self.left = seed
    ...         return np.array([self.left]), {}
    ...     def step(self, action):
    ...         self.left -= int(action)
    ...         return np.array([self.left]), -1.0, self.left <= 0, False, {}
    >>> [episode.total for episode in play([Countdown(), Countdown()], lambda left: np.minimum(left[:, 0], 2), seeds=[3, 8])]
    [-2.0, -4.0]
    """
    seeds = [int(seed) for seed in seeds]
    if len(seeds) != len(envs):
        raise ValueError(f"play: needs a seed for each of {len(envs)} environments, got {len(seeds)}")
    seen = [[env.reset(seed=seed)[0]] for env, seed in zip(envs, seeds)]
    actions: list[list[Any]] = [[] for _ in envs]
    rewards: list[list[float]] = [[] for _ in envs]
    ends = [False] * len(envs)
    playing = list(range(len(envs)))
    while playing:
        chosen = policy(np.stack([seen[i][-1] for i in playing]))
        chosen = chosen.detach().numpy() if isinstance(chosen, mg.Tensor) else np.asarray(chosen)
        if len(chosen) != len(playing):
            raise ValueError(f"play: the policy must give {len(playing)} actions, got {len(chosen)}")
        going = []
        for i, action in zip(playing, chosen):
            observation, reward, ends[i], truncated, _ = envs[i].step(action)
            seen[i].append(observation)
            actions[i].append(action)
            rewards[i].append(float(reward))
            if not (ends[i] or truncated):
                going.append(i)
        playing = going
    return [Episode(np.stack(s), np.stack(a), np.array(r), bool(end)) for s, a, r, end in zip(seen, actions, rewards, ends)]
