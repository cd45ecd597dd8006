"""Denoising diffusion: a U-Net with time embeddings, GroupNorm, skip connections and self-attention; mixed precision as written, EMA, DDIM sampling."""

import math

import torch
from torch import einsum, nn
from torch.nn import functional as F


def exists(x):
    return x is not None


class SinusoidalPosEmb(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, time):
        half = self.dim // 2
        emb = torch.exp(torch.arange(half, device=time.device) * -(math.log(10000) / (half - 1)))
        emb = time[:, None] * emb[None, :]
        return torch.cat((emb.sin(), emb.cos()), dim=-1)


class ResnetBlock(nn.Module):
    def __init__(self, dim, dim_out, *, time_dim, groups=4):
        super().__init__()
        self.mlp = nn.Sequential(nn.SiLU(), nn.Linear(time_dim, dim_out * 2))
        self.norm1 = nn.GroupNorm(groups, dim)
        self.conv1 = nn.Conv2d(dim, dim_out, 3, padding=1)
        self.norm2 = nn.GroupNorm(groups, dim_out)
        self.conv2 = nn.Conv2d(dim_out, dim_out, 3, padding=1)
        self.res_conv = nn.Conv2d(dim, dim_out, 1) if dim != dim_out else nn.Identity()

    def forward(self, x, t):
        scale, shift = self.mlp(t)[:, :, None, None].chunk(2, dim=1)
        h = self.conv1(F.silu(self.norm1(x)))
        h = self.norm2(h) * (scale + 1) + shift
        return self.conv2(F.silu(h)) + self.res_conv(x)


class Attention(nn.Module):
    def __init__(self, dim, heads=2, dim_head=4):
        super().__init__()
        self.scale, self.heads = dim_head**-0.5, heads
        self.to_qkv = nn.Conv2d(dim, heads * dim_head * 3, 1, bias=False)
        self.to_out = nn.Conv2d(heads * dim_head, dim, 1)

    def forward(self, x):
        b, _, h, w = x.shape
        q, k, v = (t.reshape(b, self.heads, -1, h * w) for t in self.to_qkv(x).chunk(3, dim=1))
        sim = einsum("b h d i, b h d j -> b h i j", q * self.scale, k)
        sim = sim - sim.amax(dim=-1, keepdim=True).detach()
        out = einsum("b h i j, b h d j -> b h i d", sim.softmax(dim=-1), v)
        return self.to_out(out.permute(0, 1, 3, 2).reshape(b, -1, h, w))


class Unet(nn.Module):
    def __init__(self, dim=8, time_dim=16):
        super().__init__()
        self.time_mlp = nn.Sequential(SinusoidalPosEmb(dim), nn.Linear(dim, time_dim), nn.GELU(), nn.Linear(time_dim, time_dim))
        self.init_conv = nn.Conv2d(1, dim, 3, padding=1, padding_mode="circular")
        self.down = ResnetBlock(dim, dim, time_dim=time_dim)
        self.downsample = nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(dim * 4, dim * 2, 1))
        self.mid = ResnetBlock(dim * 2, dim * 2, time_dim=time_dim)
        self.attn = Attention(dim * 2)
        self.upsample = nn.Sequential(
            nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False), nn.Conv2d(dim * 2, dim, 3, padding=1)
        )
        self.up = ResnetBlock(dim * 2, dim, time_dim=time_dim)
        self.final_conv = nn.Conv2d(dim, 1, 1)

    def forward(self, x, time):
        t = self.time_mlp(time)
        x = self.init_conv(x)
        skip = self.down(x, t)
        x = self.mid(self.downsample(skip), t)
        x = x + self.attn(x)
        x = self.up(torch.cat((self.upsample(x), skip), dim=1), t)
        return self.final_conv(x)


class Diffusion:
    def __init__(self, timesteps=50):
        steps = torch.linspace(0, timesteps, timesteps + 1, dtype=torch.float64) / timesteps
        alphas_cumprod = torch.cos((steps + 0.008) / 1.008 * math.pi / 2) ** 2
        betas = 1 - alphas_cumprod[1:] / alphas_cumprod[:-1]
        self.timesteps = timesteps
        self.alphas_cumprod = torch.cumprod(1.0 - torch.clip(betas, 0, 0.999), dim=0).to(torch.float32)

    def extract(self, t, like):
        return self.alphas_cumprod.gather(-1, t).reshape(-1, *((1,) * (like.ndim - 1)))

    def q_sample(self, x, t, noise):
        a = self.extract(t, x)
        return a.sqrt() * x + (1 - a).sqrt() * noise

    @torch.inference_mode()
    def ddim(self, model, x, steps):
        times = torch.linspace(-1, self.timesteps - 1, steps + 1).int().tolist()[::-1]
        for now, after in zip(times[:-1], times[1:]):
            a = self.alphas_cumprod[now]
            noise = model(x, torch.full((x.shape[0],), now, dtype=torch.long))
            start = ((x - (1 - a).sqrt() * noise) / a.sqrt()).clamp_(-1, 1)
            if after < 0:
                return start
            b = self.alphas_cumprod[after]
            x = b.sqrt() * start + (1 - b).sqrt() * noise


def main(rng):
    model = Unet()
    for name, p in model.named_parameters():
        if p.ndim > 1:
            p.data = torch.from_numpy(rng.standard_normal(tuple(p.shape))).float().mul_(p[0].numel() ** -0.5)
        elif "norm" not in name:
            p.data.zero_()
    ema = {k: v.detach().clone() for k, v in model.state_dict().items()}

    diffusion = Diffusion()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    opt = torch.optim.Adam(model.parameters(), lr=2e-3, betas=(0.9, 0.99), eps=1e-5)
    scaler = torch.amp.GradScaler(device, enabled=device == "cuda")
    losses, norms = [], []
    for _ in range(8):
        centre = torch.from_numpy(rng.uniform(1, 7, (8, 2, 1, 1))).float()
        grid = torch.stack(torch.meshgrid(torch.arange(8.0), torch.arange(8.0), indexing="ij"))
        images = 2 * torch.exp(-(grid[None] - centre).square().sum(1, keepdim=True) / 4) - 1
        noise = torch.from_numpy(rng.standard_normal((8, 1, 8, 8))).to(images)
        t = torch.as_tensor(rng.integers(0, diffusion.timesteps, 8)).long()
        with torch.autocast(device_type=device, enabled=device == "cuda"):
            predicted = model(diffusion.q_sample(images, t, noise), t)
            loss = F.mse_loss(predicted, noise, reduction="none").mean(dim=(1, 2, 3))
            snr = diffusion.alphas_cumprod[t] / (1 - diffusion.alphas_cumprod[t])
            loss = (loss * snr.clamp(max=5).div(snr.clamp(min=0.2))).mean()
        opt.zero_grad()
        scaler.scale(loss).backward()
        scaler.unscale_(opt)
        norms.append(float(nn.utils.clip_grad_norm_(model.parameters(), 1.0)))
        scaler.step(opt)
        scaler.update()
        with torch.no_grad():
            for k, v in model.state_dict().items():
                ema[k].lerp_(v, 0.2)
        losses.append(loss.item())

    model.load_state_dict(ema, strict=True)
    samples = diffusion.ddim(model.eval(), torch.from_numpy(rng.standard_normal((2, 1, 8, 8))).float(), steps=5)
    return {
        "losses": losses,
        "norms": norms,
        "schedule": diffusion.alphas_cumprod[::7].tolist(),
        "samples": F.interpolate(samples, size=(3, 3), mode="area").tolist() if exists(samples) else [],
    }
