"""Pictures of digits, brought to MNIST's form by `minigrad predict`."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("PIL")
from PIL import Image

from minigrad.cli.images import read_digit
from minigrad.datasets import digits

DIGITS = digits(False).tensors[0].numpy()[::37, 0]


def read(tmp_path, picture, name="digit.png"):
    (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(tmp_path / name)
    return read_digit(tmp_path / name)


def correlation(a, b):
    return np.corrcoef(a.ravel().astype(float), b.ravel().astype(float))[0, 1]


@pytest.mark.parametrize("digit", DIGITS[:4])
def test_a_picture_of_the_right_size_stays(tmp_path, digit):
    np.testing.assert_allclose(read(tmp_path, digit), digit, atol=1)
    np.testing.assert_allclose(read(tmp_path, 255 - digit), digit, atol=1)


@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize("light_on_dark", [True, False])
def test_size_place_and_polarity_do_not_matter(tmp_path, digit, light_on_dark):
    large = np.pad(np.kron(digit, np.ones((7, 7), np.uint8)), ((90, 10), (30, 140)))
    assert correlation(read(tmp_path, large if light_on_dark else 255 - large), digit) > 0.93


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "P", "1", "I;16"])
def test_kinds_of_pixels(tmp_path, mode):
    large = np.kron(255 - DIGITS[0], np.ones((4, 4), np.uint8))
    picture = Image.fromarray(large.astype(np.uint16) * 257) if mode == "I;16" else Image.fromarray(large).convert(mode)
    assert picture.mode == mode
    assert correlation(read(tmp_path, picture), DIGITS[0]) > 0.9


def test_what_is_transparent_is_background(tmp_path):
    large = np.kron(DIGITS[0], np.ones((4, 4), np.uint8))
    ink = np.dstack([np.zeros((*large.shape, 3), np.uint8), large])  # black, and seen where there is ink
    assert correlation(read(tmp_path, Image.fromarray(ink, "RGBA")), DIGITS[0]) > 0.93


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (300, 2)])
def test_odd_sizes_do_not_crash(tmp_path, shape):
    picture = np.zeros(shape, np.uint8)
    picture[0, 0] = 255
    try:
        assert read(tmp_path, picture).shape == (28, 28)
    except ValueError as error:
        assert "no digit to be seen" in str(error)
