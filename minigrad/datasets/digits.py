"""Handwritten digits: 5,000 of MNIST inside the package, or all 70,000 from the four original files."""

from __future__ import annotations

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
