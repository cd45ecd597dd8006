"""Training with gradient accumulation and layer-wise rates; weights averaged (SWA and EMA), batch statistics renewed, CosineAnnealingLR, resuming."""

import copy

import numpy as np
import torch
import torch.nn as nn
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR
from torch.optim.swa_utils import SWALR, AveragedModel, get_ema_multi_avg_fn, update_bn
from torch.utils.data import DataLoader, TensorDataset


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(3, 8, kernel_size=5, padding="same", bias=False),
            nn.BatchNorm1d(8),
            nn.SiLU(),
            nn.AvgPool1d(2),
            nn.Conv1d(8, 12, kernel_size=3, groups=4, dilation=2, bias=False),
            nn.GroupNorm(3, 12),
            nn.Mish(),
            nn.AdaptiveMaxPool1d(1),
            nn.Flatten(),
        )
        self.head = nn.Linear(12, 1)

    def forward(self, x):
        return self.head(self.body(x)).squeeze(1)


def evaluate(model, dataset):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        x, y = dataset.tensors
        output = model(x)
        loss = nn.functional.binary_cross_entropy_with_logits(output, y, pos_weight=torch.tensor(2.0))
        accuracy = ((output > 0) == y.bool()).float().mean()
    model.train(was_training)
    return [loss.item(), accuracy.item()]


def main(rng):
    def signals(count):
        time = np.linspace(0, 1, 20)
        frequency = rng.uniform(1, 6, count)
        wave = np.sin(2 * np.pi * frequency[:, None, None] * time + np.arange(3)[:, None])
        wave = (wave + 0.2 * rng.standard_normal(wave.shape)).astype(np.float32)
        return TensorDataset(torch.from_numpy(wave), torch.from_numpy((frequency > 3.5).astype(np.float32)))

    train_set, valid_set = signals(64), signals(32)
    loader = DataLoader(train_set, batch_size=8)
    model = ConvNet()
    for module in model.modules():
        if isinstance(module, (nn.Conv1d, nn.Linear)):
            values = rng.standard_normal(tuple(module.weight.shape)) * (1.5 / module.weight[0].numel()) ** 0.5
            module.weight.data.copy_(torch.from_numpy(values))
    nn.init.constant_(model.head.bias, 0.1)

    optimizer = torch.optim.Adam(model.body.parameters(), lr=4e-3, eps=1e-5, weight_decay=1e-3)
    optimizer.add_param_group({"params": model.head.parameters(), "lr": 1e-2, "weight_decay": 0.0})
    warmup = LinearLR(optimizer, start_factor=0.25, total_iters=3)
    cosine = CosineAnnealingLR(optimizer, T_max=8, eta_min=1e-4)
    scheduler = SequentialLR(optimizer, [warmup, cosine], milestones=[3])
    swa_model = AveragedModel(model)
    ema_model = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9), use_buffers=True)
    swa_scheduler = SWALR(optimizer, swa_lr=5e-3, anneal_epochs=3, anneal_strategy="linear")

    def train_epoch(accumulate, losses, use_swa=False):
        model.train()
        optimizer.zero_grad()
        for i, (x, y) in enumerate(loader, start=1):
            loss = nn.functional.binary_cross_entropy_with_logits(model(x), y)
            (loss / accumulate).backward()
            losses.append(loss.item())
            if i % accumulate == 0 or i == len(loader):
                optimizer.step()
                optimizer.zero_grad()
                ema_model.update_parameters(model)
                (swa_scheduler if use_swa else scheduler).step()

    losses, rates, evaluations = [], [], []
    for epoch in range(4):
        use_swa = epoch >= 2
        train_epoch(2 if epoch % 2 == 0 else 3, losses, use_swa)
        if use_swa:
            swa_model.update_parameters(model)
        rates.append([group["lr"] for group in optimizer.param_groups])
        evaluations.append(evaluate(model, valid_set))

    # A checkpoint taken here and resumed gives the same epoch twice.
    checkpoint = copy.deepcopy({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "schedule": swa_scheduler.state_dict()})
    twice = []
    for _ in range(2):
        model.load_state_dict(checkpoint["model"])
        optimizer.load_state_dict(copy.deepcopy(checkpoint["optimizer"]))
        swa_scheduler.load_state_dict(copy.deepcopy(checkpoint["schedule"]))
        train_epoch(2, twice, use_swa=True)
    first, second = np.split(np.array(twice), 2)
    np.testing.assert_allclose(first, second, rtol=1e-6)

    update_bn(loader, swa_model)
    return {
        "losses": losses,
        "resumed": twice,
        "rates": rates,
        "evaluations": evaluations,
        "swa": evaluate(swa_model, valid_set),
        "ema": evaluate(ema_model, valid_set),
        "averaged": [int(swa_model.n_averaged), int(ema_model.n_averaged)],
        "norms": [p.norm().item() for p in swa_model.module.state_dict().values() if p.is_floating_point()],
        "vector": nn.utils.parameters_to_vector(ema_model.parameters()).norm().item(),
    }
