"""Pictures through Pillow, which is imported when one is read."""

from __future__ import annotations

import io
import warnings
from types import ModuleType

import numpy as np

from minigrad.datasets.source import DamagedDataError


def pillow() -> ModuleType:
    try:
        import PIL.Image
        import PIL.ImageDraw
        import PIL.ImageFont
    except ImportError as error:
        raise ImportError("this data set needs Pillow: pip install 'minigrad[datasets]'", name="PIL") from error
    return PIL


def decode(data: bytes, name: str, mode: str | None = None) -> np.ndarray:
    """The picture as (H, W) or (H, W, channels), in Pillow's `mode`, or as it is stored."""
    image = pillow().Image
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of damage that Pillow overlooks: the digest has told of it
        warnings.simplefilter("error", image.DecompressionBombWarning)
        try:
            with image.open(io.BytesIO(data)) as picture:
                return np.array(picture.convert(mode) if mode else picture)
        except (OSError, SyntaxError, ValueError, EOFError, image.DecompressionBombError, image.DecompressionBombWarning) as error:
            raise DamagedDataError(f"{name}: not a picture that Pillow can read, or damaged: {error}") from error
