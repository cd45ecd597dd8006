"""A recurrent network hears which digit is spoken, and then writes down whole strings of them.

Speech comes as cepstra: thirteen numbers, some fifty times a second, that describe the spectrum of the voice. Gated recurrent units read
them forwards and backwards, so that what is said of a moment takes account of all before it and after. One network names single digits;
a linear classifier that sees the mean and the spread of each number over time is what it has to beat.

The other hears strings of three to seven digits, joined without a pause, and is told only which digits they were, not when. At each
moment it says a digit or nothing; connectionist temporal classification (CTC) adds up all ways to say the string in time, and makes
their sum likely. What it says then are spikes, one a digit. The strings to test on are joined of test utterances alone. To beat is the
linear classifier, which is even told how many digits there are, and hears as many parts of equal length. All six speakers are in both
parts, in no known order: nothing here tells how well strangers are understood.

Data: Free Spoken Digit Dataset.

Sources: Cho et al., arXiv:1406.1078 (the GRU); Graves et al., "Connectionist temporal classification", ICML 2006.
"""

from collections.abc import Iterator

import numpy as np

import minigrad as mg
from minigrad import datasets, nn, optim, viz
from minigrad.datasets.records import Sequences
from minigrad.metrics import Mean, accuracy, word_error_rate
from minigrad.nn import functional as F
from minigrad.nn.utils.rnn import PackedSequence, pack_sequence, pad_packed_sequence
from minigrad.train import Run, fit, logistic_regression

NOTHING = 10  # what is said between digits
Heard = tuple[mg.Tensor, mg.Tensor]  # for each moment and recording, (longest, N, ...), and how long each is, (N,)


class Listener(nn.Module):
    def __init__(self, width: int, outputs: int) -> None:
        super().__init__()
        self.gru = nn.GRU(13, width, num_layers=2, dropout=0.3, bidirectional=True)
        self.dropout = nn.Dropout(0.3)
        self.score = nn.Linear(2 * width, outputs)

    def hear(self, cepstra: PackedSequence) -> Heard:
        heard, lengths = pad_packed_sequence(self.gru(cepstra)[0])
        return self.dropout(heard), lengths


class Namer(Listener):
    """Scores of the ten digits, (N, 10), from the mean over time."""

    def forward(self, cepstra: PackedSequence) -> mg.Tensor:
        heard, lengths = self.hear(cepstra)  # 0 behind the end
        return self.score(heard.sum(0) / lengths[:, None])


class Scribe(Listener):
    """Logarithms of the probabilities of ten digits and of nothing at each moment."""

    def forward(self, cepstra: PackedSequence) -> Heard:
        heard, lengths = self.hear(cepstra)
        return F.log_softmax(self.score(heard), -1), lengths


def missing(outputs: Heard, strings: list[mg.Tensor]) -> mg.Tensor:
    """CTC's loss per digit."""
    logs, lengths = outputs
    sizes = mg.tensor([len(string) for string in strings])
    return F.ctc_loss(logs, mg.cat(strings), lengths, sizes, blank=NOTHING, reduction="sum") / sizes.sum()


def transcribe(outputs: Heard) -> list[str]:
    """What is likeliest at each moment, without repetitions, then without nothing."""
    logs, lengths = outputs
    said = []
    for moments, length in zip(logs.argmax(-1).T.numpy(), lengths.tolist()):
        moments = moments[:length]
        changes = moments[np.flatnonzero(np.diff(moments, prepend=-1))]
        said.append(" ".join(str(digit) for digit in changes if digit != NOTHING))
    return said


def words(strings: list[mg.Tensor]) -> list[str]:
    return [" ".join(map(str, string.tolist())) for string in strings]


class WordErrors(Mean):
    """Digits wrong, missing or too many, for each that was spoken."""

    def update(self, outputs: Heard, strings: list[mg.Tensor]) -> None:
        super().update(word_error_rate(transcribe(outputs), words(strings)), weight=sum(map(len, strings)))


def varied(cepstra: np.ndarray) -> mg.Tensor:
    """The same, spoken faster or slower, into another microphone, with noise."""
    count = max(round(len(cepstra) * mg.empty(()).uniform_(0.8, 1.25).item()), 4)
    stretched = F.interpolate(mg.tensor(cepstra.T[None]), count, mode="linear", align_corners=True)[0].T
    return stretched + 0.2 * mg.randn(13) + 0.15 * mg.randn(count, 13)


class Batches:
    """Of recordings and what they say: a digit each or, joined anew each time, strings of three to seven.

    varied: for training. generator: of the order, if not minigrad's own.
    """

    def __init__(self, spoken: Sequences, size: int, joined: bool = False, train: bool = False, generator: mg.Generator | None = None):
        self.spoken, self.size, self.joined, self.train, self.generator = spoken, size, joined, train, generator

    def strings(self) -> list[list[int]]:
        """Which recordings are joined: each comes once."""
        order, strings = mg.randperm(len(self.spoken), generator=self.generator).tolist(), []
        while order:
            count = mg.randint(3, 8, (), generator=self.generator).item() if self.joined else 1
            strings.append(order[:count])
            del order[:count]
        return strings

    def __iter__(self) -> Iterator[tuple[PackedSequence, mg.Tensor | list[mg.Tensor]]]:
        strings = self.strings()
        form = varied if self.train else mg.tensor
        for i in range(0, len(strings), self.size):
            some = strings[i : i + self.size]
            sound = pack_sequence([mg.cat([form(self.spoken.x[j]) for j in string]) for string in some], enforce_sorted=False)
            digits = [mg.tensor(self.spoken.y[string]) for string in some]
            yield sound, digits if self.joined else mg.cat(digits)


def summary(sequences: list[np.ndarray]) -> mg.Tensor:
    """Mean and spread over time."""
    return mg.tensor(np.stack([np.concatenate([x.mean(0), x.std(0)]) for x in sequences]))


def equal_parts(line: nn.Module, sound: PackedSequence, strings: list[mg.Tensor]) -> list[str]:
    """What the linear classifier hears in as many parts of equal length as there are digits."""
    padded, lengths = pad_packed_sequence(sound)
    parts = [
        part
        for i, (length, string) in enumerate(zip(lengths.tolist(), strings))
        for part in np.array_split(padded[:length, i].numpy(), len(string))
    ]  # fmt: skip
    guesses = line(summary(parts)).argmax(1).split([len(string) for string in strings])
    return words(list(guesses))


def learn(run: Run, name: str, model: Listener, batches: Batches, loss, epochs: int, test: list, metrics: dict) -> mg.train.History:
    """How it goes is looked at on the test part, and nothing is chosen by that."""
    optimizer = optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    each = [lambda loop: schedule.step()]
    loop = run.loop(epochs, name, unit=f"{name}: epoch", callbacks=each, model=model, optimizer=optimizer, schedule=schedule)
    return fit(model, batches, loss, optimizer, loop, max_norm=1.0, valid=test, metrics=metrics)


@mg.no_grad()
def draw_spikes(scribe: Scribe, cepstra: mg.Tensor, digits: str, above, below) -> None:
    """The cepstra of a string in time, and what the scribe says meanwhile."""
    logs, _ = scribe(pack_sequence([cepstra]))
    said, moments = logs[:, 0].exp().numpy(), np.arange(len(cepstra))
    above.imshow(cepstra.T.numpy(), aspect="auto", origin="lower", cmap="viridis", vmin=-2.5, vmax=2.5)
    above.set(title=f"Cepstra of the spoken digits {digits}", ylabel="number of the cepstrum", yticks=[0, 4, 8, 12])
    above.grid(False)
    below.fill_between(moments, said[:, NOTHING], color="0.9", label="nothing")
    for digit in range(NOTHING):
        below.plot(moments, said[:, digit], color=f"C{digit}")
        for moment in np.flatnonzero(said[:, digit] > 0.3):
            if said[moment, digit] == said[max(moment - 2, 0) : moment + 3, digit].max():  # the top of a spike
                below.text(moment, said[moment, digit] + 0.03, str(digit), ha="center", fontsize=13, color=f"C{digit}")
    below.set(title="What the network says", ylabel="probability", xlabel="moment", xlim=(-0.5, len(cepstra) - 0.5), ylim=(0, 1.15))
    below.legend(loc="center right")


def main(run: Run) -> None:
    spoken, test = (datasets.spoken_digits(part, data_dir=run.data, synthetic=run.quick) for part in (True, False))
    frames = np.concatenate(spoken.x)
    spoken, test = (Sequences([(x - frames.mean(0)) / frames.std(0) for x in s.x], s.y, s.classes) for s in (spoken, test))
    run.note(data=f"{len(spoken):,} recordings, {len(test)} to test on; the same six speakers in both")
    width, size = run.pick(full=(96, 32), quick=(8, 64))
    single = list(Batches(test, 100))
    always = mg.Generator().manual_seed(0)  # the strings to test on are the same for all seeds; each recording is in five
    joined = [batch for _ in range(run.pick(full=5, quick=1)) for batch in Batches(test, 400, joined=True, generator=always)]

    labels = mg.cat([digits for _, digits in single])

    line = logistic_regression(summary(spoken.x), mg.tensor(spoken.y), iterations=run.pick(full=200, quick=5))
    namer, epochs = Namer(width, 10), run.pick(full=15, quick=2)
    naming = learn(run, "digits", namer, Batches(spoken, size, train=True), F.cross_entropy, epochs, single, {"accuracy": accuracy})
    scribe, epochs = Scribe(width, 11), run.pick(full=30, quick=2)
    strings = Batches(spoken, size // 2, joined=True, train=True)
    writing = learn(run, "strings", scribe, strings, missing, epochs, joined, {"word errors": WordErrors()})
    run.save(namer, "weights-digits")
    run.save(scribe, "weights-strings")

    with mg.no_grad():
        scores = mg.cat([namer.eval()(sound) for sound, _ in single])
        found = [text for sound, _ in joined for text in transcribe(scribe.eval()(sound))]
    true = [text for _, digits in joined for text in words(digits)]
    cut = [text for sound, digits in joined for text in equal_parts(line, sound, digits)]
    run.result(
        "single digits: accuracy", accuracy(scores, labels), baseline=accuracy(line(summary(test.x)), mg.tensor(test.y)),
        baseline_name="linear", floor=0.99, percent=True,
    )  # fmt: skip
    run.result(
        "strings: word error rate", word_error_rate(found, true), baseline=word_error_rate(cut, true),
        baseline_name="linear, equal parts", floor=0.03, better="lower", percent=True,
    )  # fmt: skip
    run.result("strings without an error", np.mean([a == b for a, b in zip(found, true)]), percent=True)

    figure, (above, confusions, below, curves) = viz.figure(2, 2, size=(15, 9))
    sound, digits = joined[0]
    padded, lengths = pad_packed_sequence(sound)
    shown = int(np.argmax([len(set(text.split())) for text in words(digits)]))  # the string of most different digits
    draw_spikes(scribe, padded[: int(lengths[shown]), shown], words(digits)[shown], above, below)
    viz.confusion_matrix(
        scores, labels, title=f"{accuracy(scores, labels):.1%} of {len(labels)} single digits named rightly", ax=confusions
    )
    losses = {"single digits": naming["loss"], "single, test part": naming["valid loss"]}
    losses |= {"strings, per digit": writing["loss"], "strings, test part": writing["valid loss"]}
    most = max(map(len, losses.values()))
    viz.curves({name: [*row, *[np.nan] * (most - len(row))] for name, row in losses.items()}, log=True, title="Learning", ax=curves)
    curves.set(ylabel="loss", xlabel="epoch")
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
