"""A small ResNet: residual blocks with projections, Kaiming weights, OneCycleLR, gradient clipping, a frozen stem for fine-tuning."""

import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim


def conv3x3(in_planes, out_planes, stride=1):
    return nn.Conv2d(in_planes, out_planes, kernel_size=3, stride=stride, padding=1, bias=False)


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, in_planes, planes, stride=1, downsample=None):
        super().__init__()
        self.conv1 = conv3x3(in_planes, planes, stride)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = conv3x3(planes, planes)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = downsample

    def forward(self, x):
        identity = x
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        return self.relu(out)


class ResNet(nn.Module):
    def __init__(self, block, layers, num_classes):
        super().__init__()
        self.in_planes = 8
        self.stem = nn.Sequential(conv3x3(3, 8), nn.BatchNorm2d(8), nn.ReLU(inplace=True))
        self.layer1 = self._make_layer(block, 8, layers[0])
        self.layer2 = self._make_layer(block, 16, layers[1], stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(16 * block.expansion, num_classes)

    def _make_layer(self, block, planes, blocks, stride=1):
        downsample = None
        if stride != 1 or self.in_planes != planes * block.expansion:
            downsample = nn.Sequential(
                nn.Conv2d(self.in_planes, planes * block.expansion, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(planes * block.expansion),
            )
        layers = [block(self.in_planes, planes, stride, downsample)]
        self.in_planes = planes * block.expansion
        layers.extend(block(self.in_planes, planes) for _ in range(1, blocks))
        return nn.Sequential(*layers)

    def forward(self, x):
        x = self.layer2(self.layer1(self.stem(x)))
        return self.fc(torch.flatten(self.avgpool(x), 1))


def main(rng):
    model = ResNet(BasicBlock, [1, 2], num_classes=5)

    def init_weights(module):
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            fan_out = module.weight.shape[0] * module.weight[0][0].numel()
            weight = rng.normal(0, (2 / fan_out) ** 0.5, tuple(module.weight.shape))
            with torch.no_grad():
                module.weight.copy_(torch.from_numpy(weight))
        if isinstance(module, nn.Linear):
            nn.init.constant_(module.bias, 0)
        if isinstance(module, BasicBlock):
            nn.init.constant_(module.bn2.weight, 0.5)

    model.apply(init_weights)
    images = torch.from_numpy(rng.standard_normal((48, 3, 10, 12)).astype(np.float32))
    labels = torch.from_numpy(rng.integers(0, 5, 48))
    criterion = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 0.5, 1.0, 1.5]))
    optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
    scheduler = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, epochs=2, steps_per_epoch=3, pct_start=0.4)

    losses, norms, rates, momenta = [], [], [], []
    for epoch in range(2):
        model.train()
        if epoch == 1:  # fine-tune what follows the stem
            for parameter in model.stem.parameters():
                parameter.requires_grad = False
        for batch, target in zip(images.split(16), labels.split(16)):
            optimizer.zero_grad()
            loss = criterion(model(batch), target)
            loss.backward()
            norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0).item())
            optimizer.step()
            rates.append(optimizer.param_groups[0]["lr"])
            momenta.append(optimizer.param_groups[0]["momentum"])
            scheduler.step()
            losses.append(loss.item())

    model.eval()
    with torch.inference_mode():
        probabilities = torch.softmax(model(images[:6]), dim=-1)
    top = probabilities.topk(2)
    return {
        "losses": losses,
        "gradient_norms": norms,
        "rates": rates,
        "momenta": momenta,
        "top": top.values.tolist(),
        "classes": top.indices.tolist(),
        "stem_grad": model.stem[0].weight.grad is None,
        "modules": len(list(model.modules())),
    }
