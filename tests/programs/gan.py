"""A generative adversarial network in the plane: spectral normalisation, two Adam optimizers, detach, BCEWithLogitsLoss with soft labels."""

import math

import torch
import torch.nn as nn
import torch.optim as optim
from torch.nn.utils import spectral_norm


class Generator(nn.Module):
    def __init__(self, nz=4, ngf=16):
        super().__init__()
        self.main = nn.Sequential(
            nn.Linear(nz, ngf, bias=False),
            nn.BatchNorm1d(ngf),
            nn.ReLU(True),
            nn.Linear(ngf, ngf, bias=False),
            nn.BatchNorm1d(ngf),
            nn.ReLU(True),
            nn.Linear(ngf, 2),
        )

    def forward(self, z):
        return self.main(z)


class Discriminator(nn.Module):
    def __init__(self, ndf=24):
        super().__init__()
        self.main = nn.Sequential(
            spectral_norm(nn.Linear(2, ndf)),
            nn.LeakyReLU(0.2, inplace=True),
            spectral_norm(nn.Linear(ndf, ndf)),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(ndf, 1),
        )

    def forward(self, x):
        return self.main(x).view(-1)


def set_state(module, rng):
    """Weights and the power iteration's vectors, in the order of their names."""
    state = module.state_dict()
    for name in sorted(state):
        value = state[name]
        if name.endswith(("weight", "weight_orig", "_u", "_v")) and "running" not in name:
            fresh = torch.from_numpy(rng.standard_normal(tuple(value.shape))).float()
            if value.dim() == 1:
                fresh = torch.ones_like(value) if name.endswith("weight") else fresh / fresh.norm()
            else:
                fresh *= math.sqrt(2 / value.shape[1])
            state[name] = fresh
        elif name.endswith("bias"):
            state[name] = torch.zeros_like(value)
    module.load_state_dict(state)


def real_points(rng, count):
    """Points of a ring, in eight clusters."""
    angle = rng.integers(0, 8, count) * (2 * math.pi / 8)
    noise = 0.05 * torch.as_tensor(rng.standard_normal((count, 2)))
    angle = torch.as_tensor(angle)
    return (torch.stack((angle.cos(), angle.sin()), dim=1) + noise).to(torch.float32)


def main(rng):
    batch_size, nz = 32, 4
    netG, netD = Generator(nz), Discriminator()
    set_state(netG, rng)
    set_state(netD, rng)
    criterion = nn.BCEWithLogitsLoss()
    optimizerD = optim.Adam(netD.parameters(), lr=2e-3, betas=(0.5, 0.999))
    optimizerG = optim.Adam(netG.parameters(), lr=2e-3, betas=(0.5, 0.999))

    lossesD, lossesG, scores = [], [], []
    for _ in range(10):
        # The discriminator: real points, then made ones, whose gradients add up.
        netD.zero_grad()
        label = torch.full((batch_size,), 0.9)
        output = netD(real_points(rng, batch_size))
        errD_real = criterion(output, label)
        errD_real.backward()
        D_x = output.sigmoid().mean().item()
        noise = torch.from_numpy(rng.standard_normal((batch_size, nz))).float()
        fake = netG(noise)
        label.fill_(0.0)
        output = netD(fake.detach())
        errD_fake = criterion(output, label)
        errD_fake.backward()
        D_G_z1 = output.sigmoid().mean().item()
        optimizerD.step()

        # The generator, through the discriminator as it now is.
        netG.zero_grad()
        label.fill_(1)
        output = netD(fake)
        errG = criterion(output, label)
        errG.backward()
        optimizerG.step()
        lossesD.append((errD_real + errD_fake).item())
        lossesG.append(errG.item())
        scores.append([D_x, D_G_z1, output.sigmoid().mean().item()])

    netG.eval()
    netD.eval()
    with torch.no_grad():
        points = netG(torch.from_numpy(rng.standard_normal((6, nz))).float())
        judged = netD(points)
    return {
        "lossesD": lossesD,
        "lossesG": lossesG,
        "scores": scores,
        "points": points.tolist(),
        "judged": judged.tolist(),
        "sigma": [torch.linalg.matrix_norm(netD.main[i].weight.detach(), 2).item() for i in (0, 2)],
        "running": netG.main[1].running_var.tolist(),
    }
