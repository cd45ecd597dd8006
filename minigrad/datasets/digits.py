"""Handwritten digits: 5,000 of MNIST inside the package, or all 70,000 from the four original files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

import minigrad as mg
from minigrad.datasets.idx import read_idx
from minigrad.utils.data import TensorDataset

BUNDLED = Path(__file__).with_name("digits.npz")
TRAIN_PER_CLASS = 400


def digits(train: bool, data_dir: str | Path | None = None) -> TensorDataset:
    """Handwritten digits as a dataset of (image, label).

    Shapes:  images uint8 (N, 1, 28, 28), ink 255 on background 0; labels int64 (N,), 0 to 9.
    Args:    train: the training part or the test part. data_dir: folder with MNIST's four idx files, gzipped or not, for the
             standard 60,000 / 10,000; without it, the 5,000 digits of the package: 4,000 / 1,000, 400 and 100 of each class.
    Raises:  FileNotFoundError or ValueError, naming the file, if `data_dir` lacks one or holds something else.
    Source:  minigrad/datasets/digits.md.
    """
    images, labels = bundled(train) if data_dir is None else original(train, Path(data_dir))
    return TensorDataset(mg.tensor(images[:, None]), mg.tensor(labels.astype(np.int64)))


def all_digits(train: bool, *, data_dir: str | os.PathLike[str] | None = None, synthetic: bool = False) -> TensorDataset:
    """Handwritten digits, as many as there are: MNIST (`mnist`) where its files are found, otherwise the 5,000 of the package (`digits`).

    Shapes: images uint8 (N, 1, 28, 28), ink 255 on background 0; labels int64 (N,), 0 to 9. N: 60,000 to train on and 10,000 to test on, or
            4,000 and 1,000. Synthetic: 300 and 100 of the package's, real ones.
    Raises: DamagedDataError.

    >>> from minigrad.datasets import all_digits
    >>> images, labels = all_digits(train=True, synthetic=True).tensors
    >>> images.shape, sorted(set(labels.tolist()))
    ((300, 1, 28, 28), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    """
    from minigrad.datasets.images import mnist
    from minigrad.datasets.source import MissingDataError

    if synthetic:
        images, labels = digits(train).tensors
        order = np.random.RandomState(0).permutation(len(labels))[: 300 if train else 100]
        return TensorDataset(images[order], labels[order])
    try:
        return mnist(train, data_dir=data_dir)
    except MissingDataError:
        return digits(train)


def bundled(train: bool) -> tuple[np.ndarray, np.ndarray]:
    with np.load(BUNDLED, allow_pickle=False) as file:
        images, labels = file["images"], file["labels"]
    # RandomState, not Generator: NumPy promises that its stream never changes, so the split is the same everywhere.
    rng = np.random.RandomState(0)
    parts = [rng.permutation(np.flatnonzero(labels == digit)) for digit in range(10)]
    rows = np.sort(np.concatenate([p[:TRAIN_PER_CLASS] if train else p[TRAIN_PER_CLASS:] for p in parts]))
    return images[rows], labels[rows]


def original(train: bool, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    prefix, count = ("train", 60_000) if train else ("t10k", 10_000)
    images = read_idx(find(folder, f"{prefix}-images-idx3-ubyte"), (count, 28, 28))
    labels = read_idx(path := find(folder, f"{prefix}-labels-idx1-ubyte"), (count,))
    if labels.max() > 9:
        raise ValueError(f"{path}: labels up to {labels.max()}, expected 0 to 9")
    return images, labels


def find(folder: Path, name: str) -> Path:
    """The file `name` in `folder`, plain or gzipped; also `...-images.idx3-ubyte`, as some archives unpack it."""
    for candidate in (name, name.replace("-idx", ".idx")):
        for suffix in ("", ".gz"):
            if (path := folder / (candidate + suffix)).is_file():
                return path
    raise FileNotFoundError(f"{folder}: no {name} or {name}.gz in this folder")
