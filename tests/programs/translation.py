"""Translation by nn.Transformer: causal and padding masks, shared embeddings, Noam schedule, label smoothing, beam search with a length penalty."""

import math

import torch
import torch.nn as nn
from torch.nn.utils.rnn import pad_sequence
from torch.optim.lr_scheduler import LambdaLR

PAD_IDX, BOS_IDX, EOS_IDX, SPECIALS = 0, 1, 2, 3


class Seq2SeqTransformer(nn.Module):
    def __init__(self, vocab, emb_size=16, nhead=2, layers=1, dim_feedforward=32, maxlen=16):
        super().__init__()
        self.transformer = nn.Transformer(
            d_model=emb_size,
            nhead=nhead,
            num_encoder_layers=layers,
            num_decoder_layers=layers,
            dim_feedforward=dim_feedforward,
            dropout=0.0,
            batch_first=True,
        )
        self.tok_emb = nn.Embedding(vocab, emb_size)
        self.generator = nn.Linear(emb_size, vocab, bias=False)
        self.generator.weight = self.tok_emb.weight
        den = torch.exp(-torch.arange(0, emb_size, 2) * math.log(10000) / emb_size)
        pos = torch.arange(0, maxlen).reshape(maxlen, 1)
        self.register_buffer("pos", torch.stack([torch.sin(pos * den), torch.cos(pos * den)], dim=-1).flatten(1))
        self.emb_size = emb_size

    def embed(self, tokens):
        return self.tok_emb(tokens.long()) * math.sqrt(self.emb_size) + self.pos[: tokens.size(1)]

    def forward(self, src, tgt, tgt_mask, src_padding_mask, tgt_padding_mask):
        outs = self.transformer(
            self.embed(src),
            self.embed(tgt),
            tgt_mask=tgt_mask,
            src_key_padding_mask=src_padding_mask,
            tgt_key_padding_mask=tgt_padding_mask,
            memory_key_padding_mask=src_padding_mask,
        )
        return self.generator(outs)

    def encode(self, src):
        return self.transformer.encoder(self.embed(src))

    def decode(self, tgt, memory, tgt_mask):
        return self.generator(self.transformer.decoder(self.embed(tgt), memory, tgt_mask))


def causal_mask(size):
    return torch.triu(torch.ones((size, size), dtype=torch.bool), diagonal=1)


def noam(step, warmup=5):
    step += 1
    return min(step**-0.5, step * warmup**-1.5)


@torch.no_grad()
def beam_search(model, src, beam=3, max_len=8, penalty=0.7):
    memory = model.encode(src).expand(beam, -1, -1)
    ys = torch.full((beam, 1), BOS_IDX, dtype=torch.long)
    scores = torch.tensor([0.0] + [-1e9] * (beam - 1))
    finished = []
    for _ in range(max_len):
        logp = torch.log_softmax(model.decode(ys, memory, causal_mask(ys.size(1)))[:, -1], dim=-1)
        total = scores.unsqueeze(1) + logp
        scores, flat = total.view(-1).topk(beam)
        origin, token = torch.div(flat, logp.size(1), rounding_mode="floor"), flat % logp.size(1)
        ys = torch.cat([ys.index_select(0, origin), token.unsqueeze(1)], dim=1)
        for done in (token == EOS_IDX).nonzero().squeeze(1).tolist():
            finished.append((scores[done].item() / ys.size(1) ** penalty, ys[done].tolist()))
            scores[done] = -1e9
    finished += [(score / ys.size(1) ** penalty, path) for score, path in zip(scores.tolist(), ys.tolist()) if score > -1e8]
    return max(finished)


def main(rng):
    vocab = 11
    rule = torch.from_numpy(rng.permutation(vocab - SPECIALS)) + SPECIALS

    def sentence():
        words = torch.from_numpy(rng.integers(SPECIALS, vocab, rng.integers(3, 7)))
        ends = [torch.tensor([BOS_IDX]), torch.tensor([EOS_IDX])]
        return torch.hstack((words, ends[1])), torch.hstack((ends[0], rule[words - SPECIALS].flip(0), ends[1]))

    model = Seq2SeqTransformer(vocab)
    for name, p in model.named_parameters():
        if p.dim() > 1:
            bound = math.sqrt(6 / (p.size(0) + p.size(1)))
            p.data.copy_(torch.from_numpy(rng.uniform(-bound, bound, tuple(p.shape))))
        else:
            p.data.fill_(1.0 if "norm" in name and name.endswith("weight") else 0.0)
    # Keys have a bias without a gradient: with this eps rounding does not move it by full steps.
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2, betas=(0.9, 0.98), eps=1e-3)
    scheduler = LambdaLR(optimizer, noam)
    criterion = nn.CrossEntropyLoss(ignore_index=PAD_IDX, label_smoothing=0.1)

    losses, rates = [], []
    for _ in range(10):
        src, tgt = (pad_sequence(part, batch_first=True, padding_value=PAD_IDX) for part in zip(*[sentence() for _ in range(16)]))
        tgt_input, tgt_out = tgt[:, :-1], tgt[:, 1:]
        logits = model(src, tgt_input, causal_mask(tgt_input.size(1)), src.eq(PAD_IDX), tgt_input.eq(PAD_IDX))
        optimizer.zero_grad()
        loss = criterion(logits.reshape(-1, logits.shape[-1]), tgt_out.reshape(-1))
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
        rates.append(optimizer.param_groups[0]["lr"])

    model.eval()
    found = [beam_search(model, sentence()[0][None]) for _ in range(3)]
    with torch.no_grad():
        attended, weights = model.transformer.decoder.layers[0].multihead_attn(model.embed(tgt), model.embed(src), model.embed(src))
    return {
        "losses": losses,
        "rates": rates,
        "scores": [score for score, _ in found],
        "paths": [path for _, path in found],
        "attention": weights[0].tolist(),
        "attended": attended.norm(dim=-1)[0].tolist(),
        "names": len(dict(model.named_parameters())),
    }
