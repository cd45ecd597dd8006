"""Stand-ins for data that is not here: small, of the same types and shapes, made from a seed, and easy to learn.

Every loader takes `synthetic=True` and then returns one. They serve tests and quick runs; nothing that is measured on them says anything."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

SEED = 20


def rng(train: bool | None = True) -> np.random.Generator:
    """Of the samples; those to train on and those to test on differ, and what the classes look like does not (see `labelled`)."""
    return np.random.default_rng([SEED, {None: 2, True: 1, False: 0}[train]])


def size(train: bool | None, many: int = 160, few: int = 40) -> int:
    return {None: many + few, True: many, False: few}[train]


def labelled(
    count: int, shape: tuple[int, ...], classes: int, train: bool | None = True, dtype: DTypeLike = np.uint8
) -> tuple[np.ndarray, np.ndarray]:
    """Samples (count, *shape) that are a noisy pattern of their class, and their classes, int64 (count,), all equally frequent.

    Of bytes: 0 to 255. Of floats: about standard normal.
    """
    patterns = smooth(np.random.default_rng(SEED), (classes, *shape))
    generator = rng(train)
    labels = generator.permutation(np.arange(count) % classes)
    samples = 0.8 * patterns[labels] + 0.6 * generator.standard_normal((count, *shape))
    if np.dtype(dtype).kind == "u":
        samples = np.clip(128 + 50 * samples, 0, 255)
    return samples.astype(dtype), labels.astype(np.int64)


def smooth(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Normal noise with what is next to each other alike, along the last two axes that are long enough; variance 1."""
    noise = generator.standard_normal(shape)
    for axis in [axis for axis in range(1, len(shape)) if shape[axis] >= 8][-2:]:
        for step in (1, 2):
            noise = noise + np.roll(noise, step, axis)
    return noise / noise.std()


def words(generator: np.random.Generator, count: int, alphabet: str, shortest: int, longest: int) -> list[str]:
    """Words in which one letter makes some of the next ones likely: a Markov chain of random rows."""
    chain = generator.dirichlet(np.full(len(alphabet), 0.3), len(alphabet))
    found = []
    for length in generator.integers(shortest, longest + 1, count):
        letters = [int(generator.integers(len(alphabet)))]
        while len(letters) < length:
            letters.append(int(generator.choice(len(alphabet), p=chain[letters[-1]])))
        found.append("".join(alphabet[i] for i in letters))
    return found
