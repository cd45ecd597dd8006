"""Regression of a noisy surface by a small MLP: SGD with momentum, a StepLR schedule, the best weights kept by validation loss."""

import copy

import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, Subset, TensorDataset


class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        layers = []
        for fan_in, fan_out in zip(sizes[:-2], sizes[1:-1]):
            layers += [nn.Linear(fan_in, fan_out), nn.Tanh()]
        layers.append(nn.Linear(sizes[-2], sizes[-1]))
        self.net = nn.Sequential(*layers)

    def forward(self, x):
        return self.net(x).squeeze(-1)


def init_weights(model, rng):
    for parameter in model.parameters():
        scale = 1 / parameter.size(-1) ** 0.5
        parameter.data.copy_(torch.tensor(rng.uniform(-scale, scale, parameter.shape), dtype=torch.float32))


def train_epoch(model, loader, criterion, optimizer):
    model.train()
    total = 0.0
    for inputs, targets in loader:
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
        total += loss.item() * inputs.size(0)
    return total / len(loader.dataset)


def evaluate(model, loader, criterion):
    model.eval()
    with torch.no_grad():
        return sum(criterion(model(x), y).item() * len(x) for x, y in loader) / len(loader.dataset)


def main(rng):
    x = rng.uniform(-1, 1, (160, 3)).astype(np.float32)
    y = np.sin(2 * x[:, 0]) * x[:, 1] + 0.5 * x[:, 2] ** 2 + 0.05 * rng.standard_normal(160)
    dataset = TensorDataset(torch.from_numpy(x), torch.from_numpy(y).float())
    order = rng.permutation(len(dataset)).tolist()
    train_loader = DataLoader(Subset(dataset, order[:120]), batch_size=32, drop_last=True)
    valid_loader = DataLoader(Subset(dataset, order[120:]), batch_size=64)

    model = MLP([3, 32, 16, 1])
    init_weights(model, rng)
    criterion = nn.MSELoss()
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4, nesterov=True)
    scheduler = StepLR(optimizer, step_size=5, gamma=0.5)

    train, valid, rates = [], [], []
    best_loss, best_state = float("inf"), None
    for _ in range(15):
        train.append(train_epoch(model, train_loader, criterion, optimizer))
        valid.append(evaluate(model, valid_loader, criterion))
        rates.append(scheduler.get_last_lr()[0])
        scheduler.step()
        if valid[-1] < best_loss:
            best_loss, best_state = valid[-1], copy.deepcopy(model.state_dict())

    model.load_state_dict(best_state)
    return {
        "train": train,
        "valid": valid,
        "rates": rates,
        "best": evaluate(model, valid_loader, nn.L1Loss()),
        "norms": [p.detach().norm().item() for p in model.parameters()],
        "parameters": sum(p.numel() for p in model.parameters() if p.requires_grad),
    }
