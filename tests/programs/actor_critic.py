"""Actor-critic on a corridor with a pit: log-probabilities by hand, discounted returns, entropy bonus, advantages normalised over an episode."""

from collections import namedtuple

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

SavedAction = namedtuple("SavedAction", ["log_prob", "value", "entropy"])


class Corridor:
    """Positions 0 (a pit) to 6 (the goal); actions left, stay, right; each step costs a little."""

    def reset(self):
        self.position, self.steps = 3, 0
        return self.observe()

    def observe(self):
        return F.one_hot(torch.tensor(self.position), num_classes=7).float()

    def step(self, action):
        self.position += action - 1
        self.steps += 1
        reward = {0: -1.0, 6: 1.0}.get(self.position, -0.05)
        return self.observe(), reward, self.position in (0, 6) or self.steps >= 12


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.affine1 = nn.Linear(7, 24)
        self.action_head = nn.Linear(24, 3)
        self.value_head = nn.Linear(24, 1)
        self.saved_actions, self.rewards = [], []

    def forward(self, x):
        x = F.silu(self.affine1(x))
        return F.log_softmax(self.action_head(x), dim=-1), self.value_head(x)


def select_action(model, state, u):
    log_probs, value = model(state)
    probs = log_probs.exp()
    action = int((probs.cumsum(0) < u).sum().clamp(max=2))
    entropy = -(probs * log_probs).sum()
    model.saved_actions.append(SavedAction(log_probs[action], value, entropy))
    return action


def finish_episode(model, optimizer, gamma=0.97):
    returns, R = [], 0
    for r in model.rewards[::-1]:
        R = r + gamma * R
        returns.insert(0, R)
    returns = torch.tensor(returns)
    values = torch.cat([saved.value for saved in model.saved_actions])
    advantages = returns - values.detach()
    if len(advantages) > 1:
        advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-6)
    log_probs = torch.stack([saved.log_prob for saved in model.saved_actions])
    entropy = torch.stack([saved.entropy for saved in model.saved_actions]).mean()
    policy_loss = -(log_probs * advantages).sum()
    value_loss = F.huber_loss(values, returns, reduction="sum", delta=0.5)
    loss = policy_loss + 0.5 * value_loss - 0.01 * entropy
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    del model.rewards[:], model.saved_actions[:]
    return [policy_loss.item(), value_loss.item(), entropy.item()]


def main(rng):
    model, env = Policy(), Corridor()
    for p in model.parameters():
        with torch.no_grad():
            p.copy_(torch.from_numpy(rng.uniform(-0.4, 0.4, tuple(p.shape)).astype("float32")))
    optimizer = optim.NAdam(model.parameters(), lr=1e-2)
    losses, totals, lengths = [], [], []
    for _ in range(12):
        state, done = env.reset(), False
        while not done:
            state, reward, done = env.step(select_action(model, state, rng.random()))
            model.rewards.append(reward)
        totals.append(sum(model.rewards))
        lengths.append(len(model.rewards))
        losses.append(finish_episode(model, optimizer))

    with torch.no_grad():
        log_probs, values = model(torch.eye(7))
    return {
        "losses": losses,
        "totals": totals,
        "lengths": lengths,
        "policy": log_probs.exp().tolist(),
        "values": values.squeeze(1).tolist(),
        "norms": [p.detach().norm().item() for p in model.parameters()],
    }
