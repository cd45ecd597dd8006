"""A character model: stacked LSTM over packed sequences of different lengths, then truncated backpropagation through one long text, and sampling."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

TEXT = "the quick brown fox jumps over the lazy dog while five boxing wizards jump quickly over the frozen lake at dawn. "


class CharLSTM(nn.Module):
    def __init__(self, vocabulary, embedding=12, hidden=20, layers=2):
        super().__init__()
        self.embed = nn.Embedding(vocabulary, embedding, padding_idx=0)
        self.lstm = nn.LSTM(embedding, hidden, num_layers=layers, batch_first=True)
        self.head = nn.Linear(hidden, vocabulary)

    def forward(self, tokens, lengths=None, state=None):
        x = self.embed(tokens)
        if lengths is not None:
            x = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        x, state = self.lstm(x, state)
        if lengths is not None:
            x, _ = pad_packed_sequence(x, batch_first=True)
        return self.head(x), state


def generate(model, prompt, length):
    """Greedily, one character at a time."""
    model.eval()
    tokens = list(prompt)
    with torch.no_grad():
        logits, state = model(torch.tensor([tokens]))
        for _ in range(length):
            tokens.append(logits[0, -1, 1:].argmax().item() + 1)
            logits, state = model(torch.tensor([[tokens[-1]]]), state=state)
    return tokens, logits


def main(rng):
    chars = ["<pad>"] + sorted(set(TEXT))
    stoi = {c: i for i, c in enumerate(chars)}
    model = CharLSTM(len(chars))
    for parameter in model.parameters():
        with torch.no_grad():
            parameter.copy_(torch.as_tensor(rng.uniform(-0.2, 0.2, tuple(parameter.shape)), dtype=torch.float32))
    with torch.no_grad():
        model.embed.weight[model.embed.padding_idx].fill_(0)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=5e-3, alpha=0.95)

    # Words of different lengths, padded and packed.
    words = [torch.tensor([stoi[c] for c in word + " "]) for word in TEXT.split()]
    lengths = torch.tensor([len(word) - 1 for word in words])
    inputs = pad_sequence([word[:-1] for word in words], batch_first=True)
    targets = pad_sequence([word[1:] for word in words], batch_first=True, padding_value=-100)
    packed_losses = []
    for _ in range(4):
        optimizer.zero_grad()
        logits, _ = model(inputs, lengths)
        loss = F.cross_entropy(logits.transpose(1, 2), targets, ignore_index=-100)
        loss.backward()
        optimizer.step()
        packed_losses.append(loss.item())
    padding_gradient = model.embed.weight.grad[0].abs().sum().item()

    # One text in two streams, in pieces whose state is carried over without its graph.
    data = torch.from_numpy(np.array([stoi[c] for c in TEXT], dtype=np.int64))
    streams = data[: len(data) // 2 * 2].view(2, -1)
    losses, perplexities = [], []
    for _ in range(2):
        state = None
        for start in range(0, streams.size(1) - 1, 16):
            stop = min(start + 16, streams.size(1) - 1)
            optimizer.zero_grad()
            logits, state = model(streams[:, start:stop], state=state)
            state = tuple(s.detach() for s in state)
            loss = F.cross_entropy(logits.reshape(-1, len(chars)), streams[:, start + 1 : stop + 1].reshape(-1))
            loss.backward()
            nn.utils.clip_grad_value_(model.parameters(), 0.1)
            optimizer.step()
            losses.append(loss.item())
        perplexities.append(torch.tensor(losses).mean().exp().item())

    tokens, logits = generate(model, [stoi[c] for c in "the "], 8)
    return {
        "packed_losses": packed_losses,
        "padding_gradient": padding_gradient,
        "losses": losses,
        "perplexities": perplexities,
        "generated": tokens,
        "logits": logits.flatten().tolist(),
        "state": [s.norm().item() for s in state],
        "norms": {name: p.norm().item() for name, p in model.named_parameters()}.values(),
    }
