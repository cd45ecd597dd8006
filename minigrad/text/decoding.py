"""A Translator's decoder, token by token: what was computed for a beginning of a text is kept for all that go on from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import minigrad as mg
from minigrad._core import Tensor
from minigrad.nn import functional as F

if TYPE_CHECKING:
    from .translator import Translator


class Decoding:
    """What follows beginnings of texts, for `beam_search`: called with those of length 1, then 2, and so on, each one token longer than a
    beginning of the call before. So every layer looks at the last token only, and at the keys and values kept of those before it.

    Args: source: the texts to be translated (N, S). Call it in evaluation mode, unrecorded.
    """

    def __init__(self, model: Translator, source: Tensor) -> None:
        self.model, self.layers = model, list(model.transformer.decoder.layers)
        memory, nothing = model.encode(source)
        self.something = nothing.logical_not()[:, None, None]
        self.memory = []  # of each layer: keys and values of the sources, (N, heads, S, width / heads)
        for layer in self.layers:
            other, width = layer.multihead_attn, memory.shape[-1]
            self.memory.append(self.heads(F.linear(memory, other.in_proj_weight[width:], other.in_proj_bias[width:]), 2))
        self.own: list[list[Tensor]] = [[] for _ in self.layers]  # the same of the beginnings, (n, heads, t, width / heads)
        self.rows: dict[tuple[int, ...], int] = {}  # where in them a source and a beginning are

    def __call__(self, texts: Tensor, sources: Tensor) -> Tensor:
        """Of beginnings (n, t), and the numbers (n,) of their sources, the logarithms of the probabilities (n, targets) of the next token."""
        ours = [(source, *text) for source, text in zip(sources.tolist(), texts.tolist())]
        before = mg.tensor([self.rows[beginning[:-1]] for beginning in ours]) if self.rows else None
        self.rows = {beginning: row for row, beginning in enumerate(ours)}
        something = self.something[sources]
        x = self.model.embed(self.model.target, texts[:, -1:], first=texts.shape[1] - 1)
        for i, layer in enumerate(self.layers):
            own, other = layer.self_attn, layer.multihead_attn
            query, *new = self.heads(F.linear(layer.norm1(x), own.in_proj_weight, own.in_proj_bias), 3)
            self.own[i] = new if before is None else [mg.cat([past[before], now], 2) for past, now in zip(self.own[i], new)]
            keys, values = self.own[i]
            x = x + own.out_proj(self.joined(F.scaled_dot_product_attention(query, keys, values)))
            width = x.shape[-1]
            (query,) = self.heads(F.linear(layer.norm2(x), other.in_proj_weight[:width], other.in_proj_bias[:width]), 1)
            keys, values = (part[sources] for part in self.memory[i])
            x = x + other.out_proj(self.joined(F.scaled_dot_product_attention(query, keys, values, attn_mask=something)))
            x = x + layer._feed(layer.norm3(x))
        x = self.model.transformer.decoder.norm(x)
        return F.log_softmax(self.model.score(x[:, 0]), -1)

    def heads(self, x: Tensor, parts: int) -> list[Tensor]:
        """(n, t, parts * width), the parts side by side, as so many of (n, heads, t, width / heads)."""
        return [part.unflatten(-1, (self.layers[0].self_attn.num_heads, -1)).transpose(1, 2) for part in x.chunk(parts, -1)]

    def joined(self, x: Tensor) -> Tensor:
        return x.transpose(1, 2).flatten(2)
