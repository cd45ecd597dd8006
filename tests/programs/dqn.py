"""Deep Q-learning: replay memory, dueling network, double-Q targets from a target network with soft updates, SmoothL1Loss, value clipping."""

import copy
import math
import random
from collections import deque, namedtuple

import torch
import torch.nn as nn
import torch.optim as optim

Transition = namedtuple("Transition", ("state", "action", "next_state", "reward"))


class ReplayMemory:
    def __init__(self, capacity):
        self.memory = deque([], maxlen=capacity)

    def push(self, *args):
        self.memory.append(Transition(*args))

    def sample(self, batch_size):
        return random.sample(self.memory, batch_size)

    def __len__(self):
        return len(self.memory)


class DuelingDQN(nn.Module):
    def __init__(self, n_observations, n_actions):
        super().__init__()
        self.features = nn.Sequential(nn.Linear(n_observations, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU())
        self.value = nn.Linear(32, 1)
        self.advantage = nn.Linear(32, n_actions)

    def forward(self, x):
        x = self.features(x)
        advantage = self.advantage(x)
        return self.value(x) + advantage - advantage.mean(dim=-1, keepdim=True)


def pendulum(state, action):
    """One step of a damped pendulum pushed left, right or not; None when it has left the field."""
    angle, speed = state
    speed += 0.1 * (math.sin(angle) + 1.5 * (action - 1) - 0.1 * speed)
    angle += 0.1 * speed
    return ((angle, speed) if abs(angle) < 1.0 else None), 1.0 - angle**2


def optimize_model(policy_net, target_net, memory, optimizer, batch_size=24, gamma=0.95):
    if len(memory) < batch_size:
        return None
    batch = Transition(*zip(*memory.sample(batch_size)))
    non_final_mask = torch.tensor([s is not None for s in batch.next_state], dtype=torch.bool)
    non_final = torch.cat([s for s in batch.next_state if s is not None])
    state_batch, action_batch, reward_batch = torch.cat(batch.state), torch.cat(batch.action), torch.cat(batch.reward)

    state_action_values = policy_net(state_batch).gather(1, action_batch)
    next_state_values = torch.zeros(batch_size)
    with torch.no_grad():
        chosen = policy_net(non_final).max(1, keepdim=True).indices
        next_state_values[non_final_mask] = target_net(non_final).gather(1, chosen).squeeze(1)
    expected = reward_batch + gamma * next_state_values

    loss = nn.SmoothL1Loss()(state_action_values, expected.unsqueeze(1))
    optimizer.zero_grad()
    loss.backward()
    for param in policy_net.parameters():
        param.grad.data.clamp_(-0.1, 0.1)
    optimizer.step()
    return loss.item()


def main(rng):
    random.seed(int(rng.integers(1 << 30)))
    policy_net = DuelingDQN(2, 3)
    weights = {}
    for name, value in policy_net.state_dict().items():
        weights[name] = torch.tensor(rng.uniform(-0.5, 0.5, value.shape), dtype=value.dtype)
    policy_net.load_state_dict(weights)
    target_net = copy.deepcopy(policy_net).eval().requires_grad_(False)
    optimizer = optim.AdamW(policy_net.parameters(), lr=3e-3, amsgrad=True)
    memory, tau = ReplayMemory(100), 0.05

    losses, durations, rewards, steps = [], [], [], 0
    for _ in range(6):
        state = tuple(rng.uniform(-0.3, 0.3, 2).tolist())
        for duration in range(1, 16):
            observation = torch.tensor([state])
            epsilon = 0.05 + 0.85 * math.exp(-steps / 20)
            steps += 1
            if random.random() > epsilon:
                with torch.no_grad():
                    action = policy_net(observation).max(1).indices.view(1, 1)
            else:
                action = torch.tensor([[random.randrange(3)]], dtype=torch.long)
            next_state, reward = pendulum(state, action.item())
            rewards.append(reward)
            next_observation = None if next_state is None else torch.tensor(next_state, dtype=torch.float32).unsqueeze(0)
            memory.push(observation, action, next_observation, torch.tensor([reward]))
            loss = optimize_model(policy_net, target_net, memory, optimizer)
            if loss is not None:
                losses.append(loss)
            for target, source in zip(target_net.parameters(), policy_net.parameters()):
                target.data.copy_(tau * source.data + (1.0 - tau) * target.data)
            if next_state is None:
                break
            state = next_state
        durations.append(duration)

    grid = torch.cartesian_prod(torch.linspace(-0.5, 0.5, 3), torch.tensor([-0.5, 0.5]))
    return {
        "losses": losses,
        "durations": durations,
        "reward": sum(rewards),
        "q": policy_net(grid).detach().tolist(),
        "target_q": target_net(grid).tolist(),
    }
