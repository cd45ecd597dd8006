"""What reinforcement learning shares: episodes of many environments at once, and a buffer of what was seen."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad.train import Loop, environments, play
from minigrad.utils.data import ReplayBuffer


class Walk:
    """Steps to the right or left from `seed`; the end is at 0, the limit at 6 steps."""

    def reset(self, seed):
        self.at, self.steps = seed, 0
        return np.array([self.at], np.float32), {}

    def step(self, action):
        self.at, self.steps = self.at + int(action), self.steps + 1
        return np.array([self.at], np.float32), float(action), self.at == 0, self.steps == 6, {}


def test_play_keeps_each_episode_apart():
    asked = []

    def policy(observations):
        asked.append(observations[:, 0].tolist())
        return mg.where(mg.tensor(observations[:, 0]) < 50, -1, 1)

    short, limited, long = play([Walk(), Walk(), Walk()], policy, seeds=[2, 100, 4])
    assert asked == [[2, 100, 4], [1, 101, 3], [102, 2], [103, 1], [104], [105]]
    assert short.observations[:, 0].tolist() == [2, 1, 0] and short.actions.tolist() == [-1, -1] and short.total == -2
    assert (short.terminated, limited.terminated, long.terminated) == (True, False, True)
    assert limited.observations.shape == (7, 1) and limited.total == 6 and long.rewards.tolist() == [-1] * 4


def test_play_refuses():
    with pytest.raises(ValueError, match="a seed for each of 1 environments, got 2"):
        play([Walk()], lambda x: x, seeds=[1, 2])
    with pytest.raises(ValueError, match="must give 2 actions, got 1"):
        play([Walk(), Walk()], lambda x: x[:1], seeds=[1, 2])


def test_environments(monkeypatch):
    pytest.importorskip("gymnasium")
    first, again = (play(environments("CartPole-v1", 2), lambda x: (x[:, 2] > 0).astype(int), seeds=[0, 1]) for _ in range(2))
    assert [e.total for e in first] == [e.total for e in again] and first[0].total != first[1].total
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    with pytest.raises(ImportError, match="minigrad\\[rl\\]"):
        environments("CartPole-v1")


@given(st.integers(1, 9), st.lists(st.integers(0, 12), max_size=6))
def test_buffer_keeps_the_last(capacity, sizes):
    buffer, rows = ReplayBuffer(capacity), []
    for size in sizes:
        new = list(range(len(rows), len(rows) + size))
        if size == 1:
            buffer.add(np.full(2, new[0]), float(new[0]))
        else:
            buffer.extend(np.array(new, np.int64).reshape(-1, 1).repeat(2, 1), np.array(new, np.float32))
        rows += new
    assert len(buffer) == min(capacity, len(rows))
    other = ReplayBuffer(capacity)
    other.load_state_dict(buffer.state_dict())
    if not rows:
        with pytest.raises(IndexError, match="nothing to draw from"):
            buffer.sample(1)
        return
    x, y = buffer.sample(200)
    assert x.dtype == mg.int64 and y.dtype == mg.float32 and bool((x == y[:, None]).all())
    assert set(y.tolist()) <= set(rows[-capacity:]) and (len(buffer) > 3 or set(y.tolist()) == set(rows[-capacity:]))
    mg.manual_seed(1)
    first = buffer.sample(5)[1].tolist()
    mg.manual_seed(1)
    assert other.sample(5)[1].tolist() == first


def test_buffer_in_a_checkpoint(tmp_path):
    def learn(interrupt_after=None):
        mg.manual_seed(0)
        buffer, rng = ReplayBuffer(7), np.random.default_rng(0)
        loop = Loop(4, tmp_path / "checkpoint.npz", progress=False, buffer=buffer, rng=rng)
        loop.interrupt_after = interrupt_after
        for _ in loop:
            for _ in range(4):
                buffer.add(rng.random(3), True)
            loop.log(mean=buffer.sample(10)[0].mean())
        return loop.history["mean"]

    whole = learn()
    (tmp_path / "checkpoint.npz").unlink()
    with pytest.raises(KeyboardInterrupt):
        learn(interrupt_after=2)
    assert learn() == whole


def test_buffer_refuses():
    with pytest.raises(ValueError, match="at least 1, got 0"):
        ReplayBuffer(0)
    buffer = ReplayBuffer(4)
    buffer.add(np.zeros(3), 1)
    with pytest.raises(ValueError, match=r"shapes of the first, \[\(3,\), \(\)\], got \[\(2,\), \(\)\]"):
        buffer.add(np.zeros(2), 1)
    with pytest.raises(ValueError, match="equally many rows"):
        buffer.extend(np.zeros((2, 3)), np.zeros(1))
    with pytest.raises(ValueError, match="room for 2"):
        small = ReplayBuffer(2)
        buffer.extend(np.zeros((3, 3)), np.zeros(3, int))
        small.load_state_dict(buffer.state_dict())
