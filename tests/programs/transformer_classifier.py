"""Classification of token sequences: sinusoidal positions, nn.TransformerEncoder with padding masks, AdamW, warm-up by LambdaLR."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch import Tensor
from torch.utils.data import DataLoader


class PositionalEncoding(nn.Module):
    def __init__(self, d_model: int, dropout: float = 0.0, max_len: int = 64):
        super().__init__()
        self.dropout = nn.Dropout(p=dropout)
        position = torch.arange(max_len).unsqueeze(1)
        div_term = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))
        pe = torch.zeros(1, max_len, d_model)
        pe[0, :, 0::2] = torch.sin(position * div_term)
        pe[0, :, 1::2] = torch.cos(position * div_term)
        self.register_buffer("pe", pe, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.dropout(x + self.pe[:, : x.size(1)])


class Classifier(nn.Module):
    def __init__(self, vocab, d_model=24, nhead=4, layers=2, classes=3):
        super().__init__()
        self.scale = math.sqrt(d_model)
        self.embed = nn.Embedding(vocab, d_model)
        self.positions = PositionalEncoding(d_model)
        layer = nn.TransformerEncoderLayer(
            d_model, nhead, dim_feedforward=48, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, layers, norm=nn.LayerNorm(d_model), enable_nested_tensor=False)
        self.head = nn.Sequential(nn.Linear(d_model, d_model), nn.GELU(), nn.Linear(d_model, classes))

    def forward(self, tokens: Tensor, padding: Tensor) -> Tensor:
        x = self.positions(self.embed(tokens) * self.scale)
        x = self.encoder(x, src_key_padding_mask=padding)
        kept = (~padding).unsqueeze(-1).to(x.dtype)
        return self.head((x * kept).sum(dim=1) / kept.sum(dim=1).clamp(min=1))


def collate(samples):
    tokens, labels = zip(*samples)
    lengths = torch.tensor([len(t) for t in tokens])
    padded = torch.stack([F.pad(t, (0, int(lengths.max()) - len(t))) for t in tokens])
    mask = torch.arange(padded.size(1))[None, :] >= lengths[:, None]
    return padded, mask, torch.tensor(labels)


def main(rng):
    vocab = 20
    samples = []
    for _ in range(60):
        tokens = rng.integers(1, vocab, rng.integers(4, 12))
        samples.append((torch.from_numpy(tokens), int(tokens[: len(tokens) // 2].sum() % 3)))
    loader = DataLoader(samples, batch_size=15, collate_fn=collate)

    model = Classifier(vocab)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1:
                bound = math.sqrt(6 / sum(parameter.shape))
                parameter.copy_(torch.from_numpy(rng.uniform(-bound, bound, tuple(parameter.shape))))
            elif name.endswith("bias"):
                parameter.zero_()

    # The keys' bias has no gradient but rounding, which Adam would blow up to full steps: eps keeps it still.
    optimizer = optim.AdamW(model.parameters(), lr=2e-3, betas=(0.9, 0.98), eps=1e-4, weight_decay=0.05)
    warmup = 4
    scheduler = optim.lr_scheduler.LambdaLR(optimizer, lambda step: min((step + 1) / warmup, math.sqrt(warmup / (step + 1))))
    losses, rates = [], []
    for _ in range(3):
        for tokens, padding, labels in loader:
            loss = F.cross_entropy(model(tokens, padding), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
            losses.append(loss.item())
            rates.append(scheduler.get_last_lr()[0])

    model.eval()
    tokens, padding, _ = next(iter(loader))
    causal = nn.Transformer.generate_square_subsequent_mask(tokens.size(1))
    with torch.no_grad():
        logits = model(tokens, padding)
        shorter = model(tokens[:, :6], padding[:, :6])
        states = model.encoder(model.embed(tokens[:3]), mask=causal, is_causal=True)
    return {
        "losses": losses,
        "rates": rates,
        "logits": logits.tolist(),
        "shorter": shorter.tolist(),
        "causal": states[..., :2].tolist(),
        "keys": len(model.state_dict()),
    }
