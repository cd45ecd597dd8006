"""Sequence to sequence: a bidirectional GRU encoder, a decoder with additive attention, teacher forcing, greedy decoding. It learns to reverse."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import optim

PAD, SOS, EOS = 0, 1, 2


class Encoder(nn.Module):
    def __init__(self, vocab_size, emb_dim, hidden):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, emb_dim, padding_idx=PAD)
        self.gru = nn.GRU(emb_dim, hidden, bidirectional=True)
        self.fc = nn.Linear(2 * hidden, hidden)

    def forward(self, src):
        outputs, hidden = self.gru(self.embedding(src))
        hidden = torch.tanh(self.fc(torch.cat((hidden[-2], hidden[-1]), dim=1)))
        return outputs, hidden


class Attention(nn.Module):
    def __init__(self, enc_dim, dec_dim):
        super().__init__()
        self.attn = nn.Linear(enc_dim + dec_dim, dec_dim)
        self.v = nn.Linear(dec_dim, 1, bias=False)

    def forward(self, hidden, encoder_outputs, mask):
        repeated = hidden.unsqueeze(0).repeat(encoder_outputs.size(0), 1, 1)
        energy = torch.tanh(self.attn(torch.cat((repeated, encoder_outputs), dim=2)))
        scores = self.v(energy).squeeze(2).masked_fill(mask, float("-inf"))
        return F.softmax(scores, dim=0)


class Decoder(nn.Module):
    def __init__(self, vocab_size, emb_dim, enc_dim, hidden):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, emb_dim)
        self.attention = Attention(enc_dim, hidden)
        self.cell = nn.GRUCell(emb_dim + enc_dim, hidden)
        self.out = nn.Linear(hidden + enc_dim + emb_dim, vocab_size)

    def forward(self, token, hidden, encoder_outputs, mask):
        embedded = self.embedding(token)
        weights = self.attention(hidden, encoder_outputs, mask)
        context = torch.bmm(weights.t().unsqueeze(1), encoder_outputs.permute(1, 0, 2)).squeeze(1)
        hidden = self.cell(torch.cat((embedded, context), dim=1), hidden)
        return self.out(torch.cat((hidden, context, embedded), dim=1)), hidden, weights


class Seq2Seq(nn.Module):
    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, src, trg, forced):
        """`forced[t]` says whether step t sees the right token or its own guess."""
        encoder_outputs, hidden = self.encoder(src)
        mask = src == PAD
        token, outputs, attention = trg[0], [], []
        for t in range(1, trg.shape[0]):
            output, hidden, weights = self.decoder(token, hidden, encoder_outputs, mask)
            outputs.append(output)
            attention.append(weights)
            token = trg[t] if forced[t] else output.argmax(1)
        return torch.stack(outputs), torch.stack(attention)


def batch(rng, size, vocab_size, longest=6):
    """(length, batch) of numbers and of the same numbers reversed."""
    src = torch.full((longest, size), PAD, dtype=torch.long)
    trg = torch.full((longest + 2, size), PAD, dtype=torch.long)
    trg[0] = SOS
    for b in range(size):
        n = int(rng.integers(3, longest + 1))
        word = torch.as_tensor(rng.integers(3, vocab_size, n))
        src[:n, b] = word
        trg[1 : n + 1, b] = torch.flip(word, dims=[0])
        trg[n + 1, b] = EOS
    return src, trg


def main(rng):
    vocab_size, emb, hidden = 9, 10, 16
    model = Seq2Seq(Encoder(vocab_size, emb, hidden), Decoder(vocab_size, emb, 2 * hidden, hidden))
    for _, parameter in sorted(model.named_parameters()):
        parameter.data = torch.tensor(rng.uniform(-0.3, 0.3, tuple(parameter.shape)), dtype=torch.float)
    optimizer = optim.Adagrad(model.parameters(), lr=0.05)
    criterion = nn.CrossEntropyLoss(ignore_index=PAD)

    losses = []
    for _ in range(10):
        src, trg = batch(rng, 12, vocab_size)
        forced = rng.random(len(trg)) < 0.7
        optimizer.zero_grad()
        output, _ = model(src, trg, forced)
        loss = criterion(output.view(-1, vocab_size), trg[1:].view(-1))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1)
        optimizer.step()
        losses.append(loss.item())

    model.eval()
    src, trg = batch(rng, 4, vocab_size)
    with torch.no_grad():
        output, attention = model(src, trg, [False] * len(trg))
    real = trg[1:] != PAD
    return {
        "losses": losses,
        "attention": attention[0].tolist(),
        "accuracy": (output.argmax(-1) == trg[1:])[real].float().mean().item(),
        "confidence": F.log_softmax(output, -1).max(-1).values.tolist(),
        "norms": [p.norm().item() for p in model.parameters()],
    }
