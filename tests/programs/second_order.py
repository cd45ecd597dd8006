"""Second derivatives as programs take them: an LBFGS fit, a gradient penalty, Hessian-vector products, a physics-informed network, a meta-step."""

import math

import torch
import torch.nn as nn
from torch.autograd import grad


def network(sizes, rng):
    layers = []
    for fan_in, fan_out in zip(sizes, sizes[1:]):
        layer = nn.Linear(fan_in, fan_out)
        layer.weight.data = torch.tensor(rng.normal(0, fan_in**-0.5, (fan_out, fan_in)), dtype=torch.float32)
        nn.init.zeros_(layer.bias)
        layers.extend([layer, nn.Tanh()])
    return nn.Sequential(*layers[:-1])


def fit_curve(rng):
    """Amplitude, decay and frequency of a damped oscillation, by LBFGS with the strong Wolfe line search, in float64."""
    t = torch.linspace(0, 4, 50, dtype=torch.float64)
    truth = 1.5 * torch.exp(-0.4 * t) * torch.cos(2.2 * t)
    data = truth + 0.01 * torch.from_numpy(rng.standard_normal(50))
    parameters = torch.tensor([1.0, 0.2, 2.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([parameters], lr=1, max_iter=8, history_size=5, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        amplitude, decay, frequency = parameters
        loss = ((amplitude * torch.exp(-decay * t) * torch.cos(frequency * t) - data) ** 2).mean()
        loss.backward()
        return loss

    losses = [optimizer.step(closure).item() for _ in range(3)]
    return losses, parameters.tolist()


def gradient_penalty(critic, real, fake, alpha):
    """As WGAN-GP does: the norm of the gradient between real and fake should be one."""
    mixed = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
    out = critic(mixed)
    gradients = grad(outputs=out, inputs=mixed, grad_outputs=torch.ones_like(out), create_graph=True, retain_graph=True)[0]
    return ((gradients.norm(2, dim=1) - 1) ** 2).mean()


def hessian_vector_product(loss, parameters, vectors):
    gradients = grad(loss, parameters, create_graph=True)
    return grad(sum((g * v).sum() for g, v in zip(gradients, vectors)), parameters)


def pinn_residual(net, x):
    """u'' + u = 0 with u(0) = 0, u'(0) = 1, whose solution is the sine."""
    u = net(x)
    du = grad(u, x, torch.ones_like(u), create_graph=True)[0]
    d2u = grad(du.sum(), x, create_graph=True)[0]
    return (d2u + u).pow(2).mean() + u[0].square().sum() + (du[0] - 1).square().sum()


def main(rng):
    def tensor(*shape):
        return torch.from_numpy(rng.standard_normal(shape)).float()

    fit_losses, fitted = fit_curve(rng)

    critic = network([2, 16, 16, 1], rng)
    optimizer = torch.optim.Adam(critic.parameters(), lr=1e-2, betas=(0.0, 0.9), eps=1e-3)
    penalties = []
    for _ in range(5):
        real, fake = tensor(12, 2) + 1, tensor(12, 2)
        penalty = gradient_penalty(critic, real, fake, torch.from_numpy(rng.random((12, 1))).float())
        loss = critic(fake).mean() - critic(real).mean() + 10 * penalty
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        penalties.append([loss.item(), penalty.item()])

    # The largest curvature, by power iteration.
    parameters = list(critic.parameters())
    loss = nn.functional.mse_loss(critic(real), fake[:, :1])
    vectors, curvature = [tensor(*p.shape) for p in parameters], []
    for _ in range(4):
        length = math.sqrt(sum(v.pow(2).sum().item() for v in vectors))
        vectors = [v / length for v in vectors]
        products = hessian_vector_product(nn.functional.mse_loss(critic(real), fake[:, :1]), parameters, vectors)
        curvature.append(sum(torch.vdot(v.flatten(), h.flatten()).item() for v, h in zip(vectors, products)))
        vectors = products

    pinn = network([1, 20, 20, 1], rng)
    optimizer = torch.optim.Adam(pinn.parameters(), lr=5e-3)
    residuals = []
    for _ in range(10):
        x = torch.linspace(0, 2, 16).unsqueeze(1).requires_grad_(True)
        optimizer.zero_grad()
        loss = pinn_residual(pinn, x)
        loss.backward()
        optimizer.step()
        residuals.append(loss.item())

    # One outer gradient through two inner steps of descent.
    meta = network([3, 8, 1], rng)
    inputs, targets = tensor(10, 3), tensor(10, 1)
    fast = dict(meta.named_parameters())
    for _ in range(2):
        inner = (torch.func.functional_call(meta, fast, inputs) - targets).pow(2).mean()
        steps = grad(inner, list(fast.values()), create_graph=True)
        fast = {name: p - 0.1 * g for (name, p), g in zip(fast.items(), steps)}
    outer = (torch.func.functional_call(meta, fast, -inputs) + targets).pow(2).mean()
    outer.backward()
    jacobian = torch.autograd.functional.jacobian(lambda v: meta(v).squeeze(), inputs[0])
    hessian = torch.autograd.functional.hessian(lambda v: meta(v).squeeze(), inputs[0])
    return {
        "fit_losses": fit_losses,
        "fitted": fitted,
        "penalties": penalties,
        "curvature": curvature,
        "residuals": residuals,
        "meta": [outer.item(), *(p.grad.norm().item() for p in meta.parameters())],
        "jacobian": jacobian.tolist(),
        "hessian": hessian.tolist(),
    }
