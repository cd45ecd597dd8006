"""Preparation and augmentation of images, batched: torchvision's names (transforms.v2) and meanings, parameters drawn for each image.

They take Tensors (C, H, W) or (N, C, H, W), uint8 or floating-point, leave them as they are (a result may share memory where there was nothing
to change), record no gradient, and draw from minigrad's generator, or from the one given as `generator=`.
"""

from . import functional
from .colour import ColorJitter, GaussianBlur, GaussianNoise, Grayscale, Normalize, ToDtype, ToImage, ToTensor
from .erasing import Cutout, RandomErasing
from .geometry import (
    CenterCrop,
    ElasticTransform,
    Pad,
    RandomAffine,
    RandomCrop,
    RandomHorizontalFlip,
    RandomRotation,
    RandomVerticalFlip,
    Resize,
)
from .mixing import CutMix, MixUp
from .standardize import Standardize
from .transform import Compose, Geometric, Lambda, RandomApply, RandomChoice, Transform

__all__ = [
    "CenterCrop",
    "ColorJitter",
    "Compose",
    "CutMix",
    "Cutout",
    "ElasticTransform",
    "GaussianBlur",
    "GaussianNoise",
    "Geometric",
    "Grayscale",
    "Lambda",
    "MixUp",
    "Normalize",
    "Pad",
    "RandomAffine",
    "RandomApply",
    "RandomChoice",
    "RandomCrop",
    "RandomErasing",
    "RandomHorizontalFlip",
    "RandomRotation",
    "RandomVerticalFlip",
    "Resize",
    "Standardize",
    "ToDtype",
    "ToImage",
    "ToTensor",
    "Transform",
    "functional",
]
