"""An encoder-decoder Transformer from tokens to tokens."""

from __future__ import annotations

import math

import minigrad as mg
from minigrad import nn
from minigrad._core import Tensor
from minigrad.nn import functional as F
from minigrad.utils.modes import evaluation

from .decoding import Decoding
from .search import beam_search


class Translator(nn.Module):
    """Reads a text of one language, writes one of another: embeddings with places, `nn.Transformer`, and the scores of each token.

    Shapes: source (N, S) and target (N, T) int64, with the token `pad` behind shorter texts; returns scores (N, T, targets) of what
            follows each token of the target.
    Args:   sources, targets: how many tokens the languages have. width: of all layers. longest: what a text may have at most, either way.
            shared: one embedding for both, and for the scores. dropout: in all layers.
    Source: Vaswani et al., "Attention is all you need", arXiv:1706.03762, with norms first: Xiong et al., arXiv:2002.04745.

    >>> model = Translator(10, 12, width=16, heads=2, layers=1)
    >>> model(mg.tensor([[1, 4, 2], [1, 2, 0]]), mg.tensor([[1, 5], [1, 7]])).shape
    (2, 2, 12)
    """

    def __init__(
        self, sources: int, targets: int, width: int = 128, heads: int = 4, layers: int = 2, longest: int = 64, dropout: float = 0.1,
        pad: int = 0, shared: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        if shared and sources != targets:
            raise ValueError(f"Translator: shared=True needs as many tokens on both sides, got {sources} and {targets}")
        self.pad, self.longest = pad, longest
        self.source = nn.Embedding(sources, width)
        self.target = self.source if shared else nn.Embedding(targets, width)
        self.places = nn.Embedding(longest, width)
        self.dropout = nn.Dropout(dropout)
        self.transformer = nn.Transformer(width, heads, layers, layers, 4 * width, dropout, F.gelu, batch_first=True, norm_first=True)
        self.score = nn.Linear(width, targets)
        for table in (self.source, self.target, self.places):
            nn.init.normal_(table.weight, std=1 / math.sqrt(width))
        self.score.weight = self.target.weight if shared else self.score.weight
        self.scale = math.sqrt(width)

    def embed(self, table: nn.Module, tokens: Tensor, first: int = 0) -> Tensor:
        """Of tokens that stand at the places from `first` on."""
        end = first + tokens.shape[1]
        if end > self.longest:
            raise ValueError(f"Translator: at most {self.longest} tokens, got {end}")
        return self.dropout(self.scale * (table(tokens) + self.places.weight[first:end]))

    def encode(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """What the decoder looks at: memory (N, S, width), and where there is nothing to look at, (N, S)."""
        nothing = source == self.pad
        return self.transformer.encoder(self.embed(self.source, source), src_key_padding_mask=nothing), nothing

    def decode(self, target: Tensor, memory: Tensor, nothing: Tensor) -> Tensor:
        """Scores (N, T, targets). No mask is needed for padding of the target: it stands behind what is real, which looks back only."""
        later = nn.Transformer.generate_square_subsequent_mask(target.shape[1])
        x = self.embed(self.target, target)
        x = self.transformer.decoder(x, memory, tgt_mask=later, tgt_is_causal=True, memory_key_padding_mask=nothing)
        return self.score(x)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        return self.decode(target, *self.encode(source))

    def loss(self, source: Tensor, target: Tensor, label_smoothing: float = 0.0) -> Tensor:
        """The mean cross entropy of the tokens of targets, which have their start in front and their end behind, each after those before it."""
        scores = self(source, target[:, :-1]).flatten(0, 1)
        return F.cross_entropy(scores, target[:, 1:].flatten(), ignore_index=self.pad, label_smoothing=label_smoothing)

    def translate(self, source: Tensor, start: int, end: int, width: int = 4, longest: int | None = None) -> list[list[int]]:
        """The tokens of a likely translation of each text, by `beam_search`, in evaluation mode."""
        with evaluation(self), mg.no_grad():
            return beam_search(Decoding(self, source), len(source), start, end, width, longest or self.longest - 1)
