"""Any picture of a digit, brought to the form of MNIST: 28x28, light ink on black, the digit 20 pixels high, its weight in the middle."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

SIZE, BOX = 28, 20
FAINTEST = 32  # difference of grey levels below which there is no ink
INK = 0.3  # share of the darkest ink that counts as ink when the digit is cut out
LARGEST = 50_000_000  # pixels


def read_digit(path: str | Path) -> np.ndarray:
    """The picture at `path` as uint8 (28, 28).

    Grey or colour, any size, transparent or not, dark on light or light on dark: the border tells which. A picture of 28x28 keeps its
    place and size; any other is cut to the digit and centred as MNIST's makers did.

    Raises: OSError if the file cannot be read, ValueError if it holds no picture or no digit; ImportError without Pillow.
    """
    grey = read_grey(path)
    background = float(np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])))
    ink = np.maximum(background - grey if background >= 128 else grey - background, 0)
    if ink.max() < FAINTEST:
        raise ValueError(f"{path}: no digit to be seen: hardly a pixel differs from the border")
    ink *= 255 / ink.max()
    return (ink if ink.shape == (SIZE, SIZE) else centre(ink)).round().astype(np.uint8)


def read_grey(path: str | Path) -> np.ndarray:
    """Grey levels 0 to 255, float32 (H, W); what is transparent shows white."""
    from PIL import Image, UnidentifiedImageError

    with open(path, "rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the limit below is the one that counts
        try:
            with Image.open(file) as image:
                if image.width * image.height > LARGEST:
                    raise ValueError(f"{path}: {image.width}x{image.height} is more than {LARGEST:,} pixels")
                colour = (eight_bits(image) if image.mode.startswith(("I", "F")) else image).convert("RGBA")
        except UnidentifiedImageError as error:
            raise ValueError(f"{path}: not a picture that Pillow can read") from error
        except (OSError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
            raise ValueError(f"{path}: damaged picture: {error}") from error
    white = Image.new("RGBA", colour.size, "white")
    return np.asarray(Image.alpha_composite(white, colour).convert("L"), np.float32)


def eight_bits(image: Image.Image) -> Image.Image:
    """Pillow cuts deeper greys off at 255: scale them instead."""
    from PIL import Image

    deep = np.asarray(image, np.float32)
    return Image.fromarray((deep * (255 / max(float(deep.max()), 1e-12))).clip(0, 255).astype(np.uint8))


def centre(ink: np.ndarray) -> np.ndarray:
    """Cut `ink` to the digit, scale its longer side to BOX, and put its centre of mass in the middle of SIZE x SIZE."""
    from PIL import Image

    rows, columns = (np.flatnonzero((ink > INK * ink.max()).any(axis)) for axis in (1, 0))
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = (max(1, round(n * BOX / max(cut.shape))) for n in cut.shape)
    small = np.asarray(
        Image.fromarray(cut).resize((width, height), Image.Resampling.BOX if max(cut.shape) > BOX else Image.Resampling.BILINEAR)
    )
    small = small * (255 / small.max())
    canvas = np.zeros((SIZE, SIZE), np.float32)
    top, left = (corner(small.sum(axis)) for axis in (1, 0))
    canvas[top : top + height, left : left + width] = small
    return canvas


def corner(weights: np.ndarray) -> int:
    """Where a strip of ink must start for its centre of mass to fall on pixel 14 of 0 to 27, as MNIST's does, or as near as it fits."""
    middle = float((weights * np.arange(len(weights))).sum() / weights.sum())
    return min(max(round(SIZE / 2 - middle), 0), SIZE - len(weights))
