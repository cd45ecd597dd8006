"""Training that stops and goes on from its checkpoint: weights, optimizer, schedule and epoch in one file; transfer of a backbone's weights."""

import argparse
import io
import os
import tempfile

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


class Backbone(nn.Module):
    def __init__(self, width=6):
        super().__init__()
        self.conv1 = nn.Conv2d(1, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=2, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(x))).mean(dim=(2, 3))


class Classifier(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.backbone = Backbone()
        self.head = nn.Linear(6, classes)

    def forward(self, x):
        return self.head(self.backbone(x))


def set_weights(model, rng):
    nn.init.zeros_(model.head.bias)
    with torch.no_grad():
        for p in model.parameters():
            if p.dim() > 1:
                p.copy_(torch.tensor(rng.standard_normal(p.shape) / np.sqrt(p[0].numel()), dtype=torch.float32))


def make(args, rng):
    model = Classifier(3)
    set_weights(model, rng)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr, weight_decay=0.01)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=8)
    return model, optimizer, scheduler


def run_epoch(model, optimizer, scheduler, x, y):
    model.train()
    losses = []
    for start in range(0, len(x), 16):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x[start : start + 16]), y[start : start + 16])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    scheduler.step()
    return sum(losses) / len(losses)


def save_checkpoint(path, args, model, optimizer, scheduler, epoch, losses):
    checkpoint = {
        "args": vars(args),
        "epoch": epoch,
        "losses": losses,
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "scheduler": scheduler.state_dict(),
    }
    torch.save(checkpoint, path)


def main(rng):
    args = argparse.Namespace(lr=0.02, epochs=6)
    x = torch.tensor(rng.standard_normal((48, 1, 8, 8)), dtype=torch.float32)
    y = torch.tensor(rng.integers(0, 3, 48))
    model, optimizer, scheduler = make(args, rng)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model_best.pth.tar")
        losses = []
        for epoch in range(3):
            losses.append(run_epoch(model, optimizer, scheduler, x, y))
            save_checkpoint(path, args, model, optimizer, scheduler, epoch + 1, losses)

        # Another process, later: everything is made anew, with other weights.
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
        args = argparse.Namespace(**checkpoint["args"])
        model, optimizer, scheduler = make(args, rng)
        model.load_state_dict(checkpoint["model"])
        optimizer.load_state_dict(checkpoint["optimizer"])
        scheduler.load_state_dict(checkpoint["scheduler"])
        resumed = list(checkpoint["losses"])
        for _ in range(checkpoint["epoch"], args.epochs):
            resumed.append(run_epoch(model, optimizer, scheduler, x, y))

        # The backbone alone goes into a network for two classes.
        buffer = io.BytesIO()
        torch.save(model.backbone.state_dict(), buffer)
        buffer.seek(0)
        student = Classifier(2)
        set_weights(student, rng)
        state = {f"backbone.{name}": value for name, value in torch.load(buffer).items()}
        found = student.load_state_dict(state, strict=False)

    student.eval()
    with torch.no_grad():
        scores = F.softmax(student(x[:4]), dim=1)
    return {
        "losses": resumed,
        "rate": scheduler.get_last_lr(),
        "missing": [len(found.missing_keys), len(found.unexpected_keys)],
        "scores": scores.tolist(),
        "mean": model.backbone.bn2.running_mean.tolist(),
    }
