"""Classification of small images by a CNN with BatchNorm and Dropout: Adam, cross-entropy, weights saved and loaded into a new network."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.utils.data import DataLoader, Dataset


class Digits(Dataset):
    """Noisy shifted copies of one pattern for each class."""

    def __init__(self, rng, patterns, count, transform=None):
        self.labels = rng.integers(0, len(patterns), count)
        shifts = rng.integers(-1, 2, (count, 2))
        self.images = np.stack([np.roll(patterns[k], shift, (0, 1)) for k, shift in zip(self.labels, shifts)])
        self.images = (self.images + 0.3 * rng.standard_normal(self.images.shape)).astype(np.float32)
        self.transform = transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        image = torch.from_numpy(self.images[index]).unsqueeze(0)
        if self.transform:
            image = self.transform(image)
        return image, int(self.labels[index])


class Net(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, kernel_size=3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 16, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(16)
        self.dropout = nn.Dropout(p=0.0)
        self.fc1 = nn.Linear(16 * 2 * 2, 32)
        self.fc2 = nn.Linear(32, num_classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)
        x = torch.flatten(x, 1)
        x = self.dropout(F.relu(self.fc1(x)))
        return self.fc2(x)


def train(model, device, loader, optimizer, log):
    model.train()
    for data, target in loader:
        data, target = data.to(device), target.to(device)
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(model(data), target, label_smoothing=0.1)
        loss.backward()
        optimizer.step()
        log.append(loss.item())


@torch.no_grad()
def test(model, device, loader):
    model.eval()
    loss, correct = 0.0, 0
    for data, target in loader:
        data, target = data.to(device), target.to(device)
        output = F.log_softmax(model(data), dim=1)
        loss += F.nll_loss(output, target, reduction="sum").item()
        pred = output.argmax(dim=1, keepdim=True)
        correct += pred.eq(target.view_as(pred)).sum().item()
    return loss / len(loader.dataset), correct / len(loader.dataset)


def main(rng):
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    patterns = (rng.random((10, 8, 8)) > 0.6).astype(np.float32)
    train_set = Digits(rng, patterns, 192, transform=lambda image: (image - 0.4) / 0.5)
    test_set = Digits(rng, patterns, 96, transform=lambda image: (image - 0.4) / 0.5)
    train_loader = DataLoader(train_set, batch_size=32)
    test_loader = DataLoader(test_set, batch_size=50, shuffle=False)

    model = Net().to(device)
    for name, parameter in model.named_parameters():
        if parameter.dim() > 1:
            fan_in = parameter[0].numel()
            weights = rng.standard_normal(parameter.shape) * (2 / fan_in) ** 0.5
            parameter.data = torch.from_numpy(weights.astype(np.float32)).to(device)
        elif name.startswith("fc"):
            nn.init.zeros_(parameter)

    optimizer = optim.Adam(model.parameters(), lr=3e-3, betas=(0.9, 0.99))
    losses, tests = [], []
    for _ in range(3):
        train(model, device, train_loader, optimizer, losses)
        tests.append(test(model, device, test_loader))

    checkpoint = {"model": {k: v.clone() for k, v in model.state_dict().items()}, "optimizer": optimizer.state_dict()}
    restored = Net()
    result = restored.load_state_dict(checkpoint["model"])
    resumed = optim.Adam(restored.parameters(), lr=1.0)
    resumed.load_state_dict(checkpoint["optimizer"])
    train(restored, device, train_loader, resumed, losses)
    return {
        "losses": losses,
        "tests": tests,
        "restored": test(restored, device, test_loader),
        "mismatches": [len(result.missing_keys), len(result.unexpected_keys)],
        "running": [*restored.bn2.running_mean.tolist(), *restored.bn2.running_var.tolist()],
        "tracked": restored.bn1.num_batches_tracked.item(),
    }
