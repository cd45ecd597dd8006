"""Transforms as functions: what to do is said in the arguments, nothing is drawn (but for gaussian_noise). torchvision's names.

Where a parameter is a number, an array with one for each image of a batch does too.
"""

from ._colour import (
    adjust_brightness,
    adjust_contrast,
    adjust_saturation,
    gaussian_blur,
    gaussian_noise,
    normalize,
    rgb_to_grayscale,
    to_dtype,
    to_image,
)
from ._space import center_crop, crop, erase, horizontal_flip, pad, resize, vertical_flip
from ._warp import affine, elastic, rotate

__all__ = [
    "adjust_brightness",
    "adjust_contrast",
    "adjust_saturation",
    "affine",
    "center_crop",
    "crop",
    "elastic",
    "erase",
    "gaussian_blur",
    "gaussian_noise",
    "horizontal_flip",
    "normalize",
    "pad",
    "resize",
    "rgb_to_grayscale",
    "rotate",
    "to_dtype",
    "to_image",
    "vertical_flip",
]
