"""A Transformer learns to write English, one character after the other, from a book in the public domain.

It reads nine tenths of the World English Bible and says at each character what the next will be. What it says of the last tenth, which
it never saw, is measured in bits per character: as many would be needed to store that text with the network's help. To beat is a model
that counts what followed each five characters. Then text is drawn from the network. It remembers the keys and values of what it has read,
so that a new character costs one position and not all; the scores are the same as without that memory, which is measured too.

The blocks are those of today's large models in small: normalization in front, rotary positions, no biases, one matrix for reading
and for writing characters. To the embedding of a character come those of the two to six characters that end with it, so that attention
need not learn to spell before it can read. Matrices of the blocks learn with Muon, the rest with Adam; the rate falls to zero in a
straight line.

Sources: Radford et al., "Language models are unsupervised multitask learners" (2019); Su et al., arXiv:2104.09864 (rotary positions);
Pagnoni et al., arXiv:2412.09871 (embeddings of n-grams); Jordan, "Muon" (2024); Pope et al., arXiv:2211.05102 (the memory).
"""

import math
import textwrap

import numpy as np

import minigrad as mg
from minigrad import datasets, nn, optim, viz
from minigrad.nn import functional as F
from minigrad.text import NGram, Vocabulary
from minigrad.train import Run

Memory = list[tuple[mg.Tensor, mg.Tensor]]  # keys and values of each block, (N, heads, characters read, width of a head)
LONGEST = 6  # characters that are embedded as one


def normed(x: mg.Tensor) -> mg.Tensor:
    return F.layer_norm(x, x.shape[-1:])


def rotated(x: mg.Tensor, first: int) -> mg.Tensor:
    """Pairs of features turned by angles that grow with the position: the product of two tells how far apart they are."""
    half = x.shape[-1] // 2
    angle = mg.arange(first, first + x.shape[-2])[:, None] * 1000.0 ** (-mg.arange(half) / half)
    cos, sin, (a, b) = angle.cos(), angle.sin(), x.chunk(2, -1)
    return mg.cat([a * cos - b * sin, a * sin + b * cos], -1)


class Block(nn.Module):
    """What characters learn from those before them (attention), then what each makes of it (two linear layers)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.ask = nn.Linear(width, 3 * width, bias=False)
        self.learn = nn.Linear(width, width, bias=False)
        self.think = nn.Linear(width, 4 * width, bias=False)
        self.conclude = nn.Linear(4 * width, width, bias=False)
        for last in (self.learn, self.conclude):
            nn.init.zeros_(last.weight)  # a block that does nothing yet is in nobody's way

    def asked(self, x: mg.Tensor, first: int) -> tuple[mg.Tensor, mg.Tensor, mg.Tensor]:
        """Queries, keys and values, each (N, heads, length, width / heads); `first`: the position of the first character."""
        query, key, value = self.ask(normed(x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        return rotated(normed(query), first), rotated(normed(key), first), value

    def forward(self, x: mg.Tensor, past: tuple[mg.Tensor, mg.Tensor] | None = None):
        query, key, value = self.asked(x, 0 if past is None else past[0].shape[2])
        if past is not None:
            key, value = mg.cat([past[0], key], 2), mg.cat([past[1], value], 2)
        seen = F.scaled_dot_product_attention(query, key, value, is_causal=past is None)  # a single new character may see all
        x = x + self.learn(seen.transpose(1, 2).flatten(2))
        return x + self.conclude(F.gelu(self.think(normed(x)), approximate="tanh")), (key, value)


class Writer(nn.Module):
    def __init__(self, characters: int, width: int, heads: int, depth: int, context: int, buckets: int) -> None:
        super().__init__()
        self.characters, self.context, self.buckets = characters, context, buckets
        self.character = nn.Embedding(characters, width)
        self.pieces = nn.ModuleList(nn.Embedding(buckets, width // 4) for _ in range(2, LONGEST + 1))
        self.join = nn.Linear((LONGEST - 1) * (width // 4), width, bias=False)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        for table in (self.character, *self.pieces):
            nn.init.normal_(table.weight, std=0.1)

    def embedded(self, text: mg.Tensor, first: int) -> mg.Tensor:
        """Of characters `first` and on: themselves, and the pieces of text that end with them, numbered and cast into buckets."""
        number, pieces = text + 1, []
        for n, table in enumerate(self.pieces, 1):
            number = number + (self.characters + 1) ** n * F.pad(text + 1, (n, 0))[:, : text.shape[1]]
            pieces.append(table(number[:, first:] % self.buckets))
        return normed(10 * self.character(text[:, first:]) + self.join(mg.cat(pieces, -1)))

    def read(self, text: mg.Tensor, memory: Memory | None = None) -> tuple[mg.Tensor, Memory]:
        """Scores of what follows each character of `text` (N, length) that is not in the memory, and the memory of all; at most one
        character may be new to a memory."""
        x, grown = self.embedded(text, memory[0][0].shape[2] if memory else 0), []
        for i, block in enumerate(self.blocks):
            x, keys_and_values = block(x, memory and memory[i])
            grown.append(keys_and_values)
        return F.linear(normed(x), self.character.weight), grown

    def forward(self, text: mg.Tensor) -> mg.Tensor:
        return self.read(text)[0]

    @mg.no_grad()
    def write(self, text: mg.Tensor, count: int, warmth: float) -> mg.Tensor:
        """`text` and `count` characters more, drawn from what is expected after those before; what is cold is never surprising."""
        first, memory = 0, None
        for _ in range(count):
            if text.shape[1] - first > self.context:  # it forgets the older half
                first, memory = first + self.context // 2, None
            scores, memory = self.read(text[:, first:], memory)
            text = mg.cat([text, mg.multinomial(F.softmax(scores[:, -1] / warmth, -1), 1)], 1)
        return text

    @mg.no_grad()
    def attention(self, text: mg.Tensor) -> mg.Tensor:
        """Which characters of `text` (length,) each looks at, (blocks, heads, length, length)."""
        x, maps = self.embedded(text[None], 0), []
        for block in self.blocks:
            query, key, _ = block.asked(x, 0)
            same = mg.eye(len(text)).expand(1, block.heads, -1, -1)  # who has these values gets the weights themselves
            maps.append(F.scaled_dot_product_attention(query, key, same, is_causal=True)[0])
            x, _ = block(x)
        return mg.stack(maps)


@mg.no_grad()
def bits_per_character(model: Writer, text: mg.Tensor, first: int) -> float:
    """Of all characters from `first` on, each guessed from those before it: half a context of them at least."""
    half = model.context // 2
    found = np.empty(len(text), np.float32)
    starts = mg.arange(first, len(text), half).clamp(max=len(text) - half)
    for at in starts[:, None].split(32):
        rows = text[at + mg.arange(-half - 1, half)]
        scores = model(rows[:, :-1])[:, half:]
        found[(at + mg.arange(half)).numpy()] = F.cross_entropy(scores.mT, rows[:, half + 1 :], reduction="none").numpy() / math.log(2)
    return float(found[first:].mean(dtype=np.float64))


@mg.no_grad()
def forgetfulness(model: Writer, text: mg.Tensor) -> float:
    """The largest difference between scores with the memory, character by character, and all at once without."""
    memory, scores = None, []
    for length in range(1, len(text) + 1):
        score, memory = model.read(text[None, :length], memory)
        scores.append(score)
    return (mg.cat(scores, 1) - model(text[None])).abs().max().item()


def learn(run: Run, model: Writer, text: mg.Tensor, kept_back: int) -> mg.train.History:
    """From pieces of the text taken anywhere; the last `kept_back` characters only tell how it goes."""
    rounds, steps, size = run.pick(full=(24, 64, 8), quick=(2, 6, 8))
    hidden = [*model.blocks.parameters(), model.join.weight]
    muon = optim.Muon(hidden, lr=0.015, momentum=0.95, weight_decay=0.0)
    adam = optim.Adam([model.character.weight, *model.pieces.parameters()], lr=0.01, betas=(0.9, 0.95))

    def rate(step: int) -> float:
        return min((step + 1) / 20, 1 - step / (rounds * steps))

    falling, falling_too = (optim.lr_scheduler.LambdaLR(optimizer, rate) for optimizer in (muon, adam))
    loop = run.loop(rounds, unit=f"{steps} steps", model=model, muon=muon, adam=adam, falling=falling, falling_too=falling_too)
    for _ in loop:
        losses = []
        for _ in loop.batches(range(steps)):
            at = mg.randint(0, len(text) - kept_back - model.context, (size, 1))
            rows = text[at + mg.arange(model.context + 1)]
            loss = F.cross_entropy(model(rows[:, :-1]).mT, rows[:, 1:])
            model.zero_grad()
            loss.backward()
            for part in (muon, adam, falling, falling_too):
                part.step()
            losses.append(loss.item())
        loop.log(bits=np.mean(losses) / math.log(2), bits_kept_back=bits_per_character(model, text, len(text) - kept_back))
    return loop.history


def main(run: Run) -> None:
    book = "\n".join(verse.text for verse in datasets.verses("web", data_dir=run.data, synthetic=run.quick))
    alphabet = Vocabulary(sorted(set(book)))
    text = alphabet.encode(book)
    train = len(text) * 9 // 10
    sizes = run.pick(
        full={"width": 128, "heads": 4, "depth": 4, "context": 256, "buckets": 65521},  # a prime, or numbers fall into few buckets
        quick={"width": 16, "heads": 2, "depth": 2, "context": 32, "buckets": 251},
    )
    model = Writer(len(alphabet), **sizes)
    history = learn(run, model, text[:train], kept_back=train // 400)
    run.save(model)

    surprise = bits_per_character(model, text, train)
    order = run.pick(full=6, quick=3)  # none of another order is better
    counting = NGram(order, len(alphabet)).fit([text[:train]])
    counted = -np.log2(counting.probabilities([text[train:]])).mean()
    run.result(
        "bits per character, last tenth", surprise, baseline=counted, baseline_name=f"{order}-gram", floor=2.0, better="lower"
    )  # fmt: skip
    held_out = text[train : train + model.context]
    run.result("scores with and without memory, largest difference", forgetfulness(model, held_out), floor=1e-3, better="lower")
    written = alphabet.decode(model.write(alphabet.encode("\n")[None], run.pick(full=900, quick=50), warmth=0.8)[0]).strip()
    run.note(
        data=f"World English Bible, {len(text):,} characters, {len(alphabet)} different ones",
        parameters=sum(p.numel() for p in model.parameters()),
        written=written,
    )

    figure, (left, middle, right) = viz.figure(1, 3, size=(18, 6))
    viz.curves(history, ["bits", "bits kept back"], title="Learning", ax=left)
    left.set(
        ylabel="bits per character", xlabel=f"rounds of {run.pick(full=64, quick=6)} steps", ylim=(None, 1.2 * history["bits kept back"][0])
    )
    left.axhline(counted, color="0.4", linestyle="--", label=f"{order}-gram, on the last tenth")
    left.plot(len(history), surprise, "o", color="0.1", label="network, on the last tenth")
    left.legend()
    start = book.index("\n", train) + 1
    line = text[start : start + 32]
    maps = model.attention(line).flatten(0, 1)
    distance = mg.arange(len(line))[:, None] - mg.arange(len(line))
    widest = int((maps * distance).sum((1, 2)).argmax())
    block, head = divmod(widest, sizes["heads"])
    viz.attention(
        maps[widest], [*alphabet.decode(line)], title=f"Head {head + 1} of block {block + 1} looks back furthest", ax=middle
    )  # fmt: skip
    right.set_axis_off()
    right.set_title("What it writes")
    lines = [part for verse in written.split("\n") for part in textwrap.wrap(verse, 58, subsequent_indent="   ")]
    right.text(0, 1, "\n".join(lines[:26]), va="top", fontsize=11, family="serif", linespacing=1.35)
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
