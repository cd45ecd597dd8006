"""A convolutional variational autoencoder: reparameterised normal, ConvTranspose2d decoder, ELBO with an annealed KL term."""

import numpy as np
import torch
from torch import nn, optim
from torch.nn import functional as F


class VAE(nn.Module):
    def __init__(self, latent=4):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 6, 3, stride=2, padding=1),
            nn.LeakyReLU(0.1),
            nn.Conv2d(6, 12, 3, stride=2, padding=1),
            nn.LeakyReLU(0.1),
            nn.Flatten(),
        )
        self.fc_mu = nn.Linear(12 * 3 * 2, latent)
        self.fc_logvar = nn.Linear(12 * 3 * 2, latent)
        self.decoder = nn.Sequential(
            nn.Linear(latent, 12 * 3 * 2),
            nn.Unflatten(1, (12, 3, 2)),
            nn.ELU(),
            nn.ConvTranspose2d(12, 6, 4, stride=2, padding=1),
            nn.ELU(),
            nn.ConvTranspose2d(6, 1, 3, stride=2, padding=1, output_padding=1),
        )

    def reparameterize(self, mu, logvar, eps):
        std = torch.exp(0.5 * logvar)
        return eps.mul(std).add_(mu)

    def forward(self, x, eps):
        h = self.encoder(x)
        mu, logvar = self.fc_mu(h), self.fc_logvar(h)
        return self.decoder(self.reparameterize(mu, logvar, eps)), mu, logvar


def loss_function(recon_x, x, mu, logvar, beta):
    bce = F.binary_cross_entropy_with_logits(recon_x, x, reduction="sum")
    kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return (bce + beta * kld) / x.shape[0], bce, kld


def main(rng):
    model = VAE()
    for module in model.modules():
        if isinstance(module, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            fan = module.weight[0].numel()
            module.weight.data = torch.from_numpy(rng.normal(0, fan**-0.5, tuple(module.weight.shape)).astype(np.float32))
            module.bias.data.zero_()

    rows, columns = np.mgrid[:12, :8]
    centres = rng.uniform(2, 6, (40, 2))
    blobs = np.exp(-((rows - 1.5 * centres[:, :1, None]) ** 2 + (columns - centres[:, 1:, None]) ** 2) / 6)
    data = torch.from_numpy(blobs.astype(np.float32)).unsqueeze(1)

    optimizer = optim.Adamax(model.parameters(), lr=1e-2)
    scheduler = optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=0, threshold=0.05)
    history, parts = [], []
    for epoch in range(5):
        beta = min(1.0, epoch / 3)
        epoch_loss = 0.0
        for x in torch.chunk(data, 2):
            eps = torch.from_numpy(rng.standard_normal((x.size(0), 4)).astype(np.float32))
            optimizer.zero_grad()
            recon, mu, logvar = model(x, eps)
            loss, bce, kld = loss_function(recon, x, mu, logvar, beta)
            loss.backward()
            optimizer.step()
            epoch_loss += loss.item()
            parts.append([bce.item(), kld.item()])
        scheduler.step(epoch_loss)
        history.append([epoch_loss, optimizer.param_groups[0]["lr"]])

    model.eval()
    with torch.no_grad():
        path = torch.lerp(torch.full((4,), -1.0), torch.full((4,), 1.0), torch.linspace(0, 1, 5).unsqueeze(1))
        samples = torch.sigmoid(model.decoder(path))
    return {
        "history": history,
        "parts": parts,
        "samples": F.avg_pool2d(samples, 4).flatten().tolist(),
        "shape": list(samples.shape),
        "norms": [p.norm().item() for p in model.parameters()],
    }
