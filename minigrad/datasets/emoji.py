"""Emoji as small pictures in colour, drawn from the bitmaps of a font, with Unicode's groups as classes."""

from __future__ import annotations

import io
import os
import re

import numpy as np

import minigrad as mg
from minigrad.datasets import fake
from minigrad.datasets.find import read
from minigrad.datasets.pictures import pillow
from minigrad.datasets.source import DamagedDataError, File, Package, Source
from minigrad.datasets.split import part
from minigrad.utils.data import TensorDataset

EMOJI = Source(
    "emoji",
    about="emoji as small pictures in colour, in Unicode's groups",
    files=(
        File(
            Package("debian", "fonts-noto-color-emoji", "2.042-0+deb12u1"),
            "usr/share/fonts/truetype/noto/NotoColorEmoji.ttf",
            10_980_856,
            "e5899ed38b8ed83e08bd3ac5de09791e9d19d288333a796de1d35ad17396f1ec",
        ),
        File(
            Package("debian", "unicode-data", "15.0.0-1"),
            "usr/share/unicode/emoji/emoji-test.txt",
            593_240,
            "8445f23ac8388e096be19d0262e14fceff856ff52093f2356dc89485f1a853db",
        ),
    ),
    licence="OFL 1.1 (font), Unicode licence (groups)",
    origin="Google's Noto Color Emoji; the Unicode Consortium",
    shapes={"pictures": (1372,)},
)

EMOJI_GROUPS = (
    "Smileys & Emotion",
    "People & Body",
    "Animals & Nature",
    "Food & Drink",
    "Travel & Places",
    "Activities",
    "Objects",
    "Symbols",
)
BITMAP = 109  # the only size that the font has


def emoji(train: bool | None, size: int = 32, *, data_dir: str | os.PathLike[str] | None = None, synthetic: bool = False) -> TensorDataset:
    """Emoji of a single code point on white, and which of Unicode's groups (`EMOJI_GROUPS`) they belong to; flags are left out.

    Shapes: pictures uint8 (N, 3, size, size); labels int64 (N,), 0 to 7. N: 1,098 to train on, 274 to test on (`holdout`), 1,372
            with train=None.
    Raises: MissingDataError, DamagedDataError; ImportError without Pillow.
    """
    if synthetic:
        pictures, labels = fake.labelled(fake.size(train), (3, size, size), len(EMOJI_GROUPS), train)
    else:
        files = read(EMOJI, data_dir)
        chosen = single_code_points(files["emoji-test.txt"].decode())
        EMOJI.check(pictures=chosen)
        rows = part(train, len(chosen))
        pictures = draw(files["NotoColorEmoji.ttf"], [chosen[i][0] for i in rows], size)
        labels = np.array([EMOJI_GROUPS.index(chosen[i][1]) for i in rows])
    return TensorDataset(mg.tensor(pictures), mg.tensor(labels))


def single_code_points(text: str) -> list[tuple[str, str]]:
    """(emoji, its group) for the emoji of one code point, in Unicode's order, of the groups above. The unqualified ones are among them: in
    text they need a second code point that asks for a picture, which is all that this font has."""
    found, group = [], ""
    for line in text.splitlines():
        if line.startswith("# group: "):
            group = line.removeprefix("# group: ").strip()
        elif re.search(r"; (fully-|un)qualified", line) and group in EMOJI_GROUPS and len(points := line.split(";")[0].split()) == 1:
            found.append((chr(int(points[0], 16)), group))
    return found


def draw(font: bytes, characters: list[str], size: int) -> np.ndarray:
    """Each character in the middle of a white square, made smaller to `size`: uint8 (N, 3, size, size)."""
    pil = pillow()
    try:
        face = pil.ImageFont.truetype(io.BytesIO(font), BITMAP, layout_engine=pil.ImageFont.Layout.BASIC)
    except OSError as error:
        raise DamagedDataError(f"NotoColorEmoji.ttf: not a font that Pillow can read: {error}") from error
    pictures = np.empty((len(characters), 3, size, size), np.uint8)
    for i, character in enumerate(characters):
        left, top, right, bottom = face.getbbox(character)
        side = max(right - left, bottom - top)
        canvas = pil.Image.new("RGB", (side, side), "white")
        corner = ((side - right - left) // 2, (side - bottom - top) // 2)
        pil.ImageDraw.Draw(canvas).text(corner, character, font=face, embedded_color=True)
        pictures[i] = np.asarray(canvas.resize((size, size), pil.Image.Resampling.LANCZOS)).transpose(2, 0, 1)
    return pictures
