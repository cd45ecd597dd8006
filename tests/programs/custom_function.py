"""Custom gradients and hooks: a sign with a straight-through gradient, gradient reversal, tensor and module hooks, buffers with a running maximum."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.autograd import Function


class BinarizeSTE(Function):
    """The sign, whose gradient is that of a clamp to [-1, 1]."""

    @staticmethod
    def forward(ctx, input):
        ctx.save_for_backward(input)
        return torch.where(input >= 0, torch.ones_like(input), -torch.ones_like(input))

    @staticmethod
    def backward(ctx, grad_output):
        (input,) = ctx.saved_tensors
        grad_input = grad_output.clone()
        grad_input[input.abs() > 1] = 0
        return grad_input


class GradReverse(Function):
    @staticmethod
    def forward(ctx, x, strength):
        ctx.strength = strength
        return x.view_as(x)

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output.neg() * ctx.strength, None


class BinaryLinear(nn.Linear):
    def forward(self, input):
        scale = self.weight.abs().mean(dim=1)
        return F.linear(input, BinarizeSTE.apply(self.weight), None) * scale + self.bias


class RunningMax(nn.Module):
    """Divides by the largest magnitude seen so far in training."""

    def __init__(self, features, momentum=0.5):
        super().__init__()
        self.momentum = momentum
        self.register_buffer("peak", torch.ones(features))
        self.register_buffer("seen", torch.tensor(0, dtype=torch.long))
        self.register_parameter("gain", nn.Parameter(torch.full((features,), 1.5)))

    def forward(self, x):
        if self.training:
            with torch.no_grad():
                peak = x.abs().amax(dim=0)
                self.peak.mul_(1 - self.momentum).add_(peak, alpha=self.momentum)
                self.seen += 1
        return self.gain * x / self.peak

    def extra_repr(self):
        return f"features={self.gain.numel()}, momentum={self.momentum}"


class DomainAdversarial(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(BinaryLinear(8, 16), RunningMax(16), nn.Hardtanh())
        self.classifier = nn.Linear(16, 3)
        self.domain = nn.Linear(16, 2)

    def forward(self, x, strength):
        h = self.features(x)
        return self.classifier(h), self.domain(GradReverse.apply(h, strength))


def main(rng):
    model = DomainAdversarial()
    for name, parameter in model.named_parameters():
        if "gain" not in name:
            weights = rng.uniform(-0.9, 0.9, tuple(parameter.shape)).astype(np.float32)
            parameter.data = torch.from_numpy(weights)

    # What the hooks see, by the names of the modules.
    activations, gradients = {}, {}

    def save_activation(name):
        def hook(module, args, output):
            activations.setdefault(name, []).append(output.detach().abs().mean().item())

        return hook

    def save_gradient(module, grad_input, grad_output):
        gradients.setdefault(type(module).__name__, []).append(grad_output[0].norm().item())

    handles = [module.register_forward_hook(save_activation(name)) for name, module in model.named_modules() if not list(module.children())]
    handles.append(model.classifier.register_full_backward_hook(save_gradient))
    handles.append(model.features[0].register_forward_pre_hook(lambda module, args: (args[0] * 0.5,)))
    model.classifier.weight.register_hook(lambda grad: grad * 0.5)

    optimizer = optim.SGD(
        [{"params": model.features.parameters()}, {"params": [*model.classifier.parameters(), *model.domain.parameters()], "lr": 0.2}],
        lr=0.05,
        momentum=0.8,
    )
    losses, inner = [], []
    for step in range(6):
        x = torch.from_numpy(rng.standard_normal((20, 8)).astype(np.float32)).requires_grad_()
        y = torch.from_numpy(rng.integers(0, 3, 20))
        domain = torch.arange(20) % 2
        logits, guess = model(x, strength=2 / (1 + np.exp(-step)) - 1)
        logits.retain_grad()
        loss = F.cross_entropy(logits, y) + F.cross_entropy(guess, domain)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        inner.append([logits.grad.norm().item(), x.grad.norm().item()])

    for handle in handles:
        handle.remove()
    model.eval()
    with torch.no_grad():
        final, _ = model(torch.eye(8), 1.0)
    return {
        "losses": losses,
        "inner": inner,
        "activations": list(activations.values()),
        "gradients": list(gradients.values()),
        "final": final.tolist(),
        "peak": model.features[1].peak.tolist(),
        "seen": int(model.features[1].seen),
        "described": len(repr(model)),
    }
