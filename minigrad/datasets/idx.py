"""The idx format of the MNIST files: two zero bytes, a type byte, the number of dimensions, each as big-endian uint32, then the data."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

GZIP_MAGIC = b"\x1f\x8b"
UINT8 = 0x08


def read_idx(path: str | Path, shape: tuple[int, ...]) -> np.ndarray:
    """Read an idx file of unsigned bytes, gzipped or not, whose array must have `shape`.

    Raises: OSError if the file cannot be read; ValueError, naming the file, if it is cut short, too long or something else.
    """
    path = Path(path)
    with path.open("rb") as raw:
        zipped = raw.read(2) == GZIP_MAGIC
        raw.seek(0)
        try:
            return parse(cast(BinaryIO, gzip.open(raw)) if zipped else raw, shape, str(path))
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise ValueError(f"{path}: damaged gzip file: {error}") from error


def parse(file: BinaryIO, shape: tuple[int, ...], name: str) -> np.ndarray:
    magic = bytes([0, 0, UINT8, len(shape)])
    head = file.read(4)
    if head != magic:
        raise ValueError(
            f"{name}: not an idx file of bytes with {len(shape)} dimensions: starts with {head.hex(' ') or 'nothing'}, expected {magic.hex(' ')}"
        )
    sizes = file.read(4 * len(shape))
    got = tuple(int.from_bytes(sizes[i : i + 4], "big") for i in range(0, len(sizes), 4))
    if got != shape:
        raise ValueError(f"{name}: holds an array of shape {got}, expected {shape}")
    # One byte more than expected tells a longer file from a whole one.
    data = file.read(math.prod(shape) + 1)
    if len(data) != math.prod(shape):
        fault = "too long" if len(data) > math.prod(shape) else f"cut short after {len(data):,} bytes"
        raise ValueError(f"{name}: {fault}; expected {math.prod(shape):,} bytes behind the header")
    return np.frombuffer(data, np.uint8).reshape(shape)
