"""The digits of the package, and reading of the original MNIST files: whole, cut short, foreign."""

from __future__ import annotations

import gzip
import struct

import numpy as np
import pytest

import minigrad as mg
from minigrad.datasets import digits, read_idx


def idx(array: np.ndarray, kind: int = 8) -> bytes:
    return bytes([0, 0, kind, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


PIXELS = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


@pytest.mark.parametrize("train, count", [(True, 400), (False, 100)])
def test_bundled_digits_are_balanced(train, count):
    images, labels = digits(train).tensors
    assert images.shape == (10 * count, 1, 28, 28) and images.dtype == mg.uint8
    assert labels.dtype == mg.int64
    assert np.bincount(labels.numpy()).tolist() == [count] * 10


def test_bundled_parts_do_not_overlap():
    train, test = ({image.tobytes() for image in digits(part).tensors[0].numpy()} for part in (True, False))
    assert len(train) == 4000 and len(test) == 1000
    assert not train & test


def test_the_split_is_the_same_everywhere():
    """NumPy keeps the stream of RandomState for ever: these sums hold on every machine."""
    assert [int(digits(part).tensors[0].numpy().sum(dtype=np.int64)) for part in (True, False)] == [104870644, 26396458]


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_read_idx(tmp_path, pack):
    path = tmp_path / "file"
    path.write_bytes(pack(idx(PIXELS)))
    np.testing.assert_array_equal(read_idx(path, (2, 3, 4)), PIXELS)


@pytest.mark.parametrize(
    "content, text",
    [
        (b"", "not an idx file of bytes with 3 dimensions: starts with nothing"),
        (b"\x89PNG\r\n", "not an idx file of bytes with 3 dimensions: starts with 89 50 4e 47"),
        (idx(PIXELS, kind=0x0D), "not an idx file of bytes"),
        (idx(PIXELS[0]), "not an idx file of bytes with 3 dimensions"),
        (idx(PIXELS)[:10], "holds an array of shape"),
        (idx(PIXELS[:1]), r"shape \(1, 3, 4\), expected \(2, 3, 4\)"),
        (idx(PIXELS)[:-1], "cut short after 23 bytes"),
        (idx(PIXELS) + b"\0", "too long"),
        (gzip.compress(idx(PIXELS), mtime=0)[:-9], "damaged gzip file"),
        (gzip.compress(idx(PIXELS), mtime=0)[:20] + b"junk", "damaged gzip file"),
    ],
)
def test_read_idx_names_what_is_wrong(tmp_path, content, text):
    path = tmp_path / "train-images"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=text) as error:
        read_idx(path, (2, 3, 4))
    assert str(path) in str(error.value) and "\n" not in str(error.value)


def write_mnist(folder, prefix="t10k", count=10_000, images="-images-idx3-ubyte", labels="-labels-idx1-ubyte", top=9):
    (folder / (prefix + images)).write_bytes(idx(np.zeros((count, 28, 28), np.uint8)))
    (folder / (prefix + labels)).write_bytes(idx(np.full(count, top, np.uint8)))


def test_original_files(tmp_path):
    write_mnist(tmp_path)
    images, labels = digits(False, tmp_path).tensors
    assert images.shape == (10_000, 1, 28, 28) and set(labels.tolist()) == {9}


def test_original_files_as_some_archives_name_them(tmp_path):
    write_mnist(tmp_path, images="-images.idx3-ubyte", labels="-labels.idx1-ubyte")
    assert len(digits(False, tmp_path)) == 10_000


def test_a_missing_file_is_named(tmp_path):
    write_mnist(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(FileNotFoundError, match="no t10k-labels-idx1-ubyte or t10k-labels-idx1-ubyte.gz"):
        digits(False, tmp_path)


def test_a_class_that_no_digit_has(tmp_path):
    write_mnist(tmp_path, top=10)
    with pytest.raises(ValueError, match="labels up to 10, expected 0 to 9"):
        digits(False, tmp_path)
