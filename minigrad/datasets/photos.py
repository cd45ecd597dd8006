"""Photographs, patches of them, textures, and small pictures of faces. They come with scikit-image and scikit-learn."""

from __future__ import annotations

import io
import os

import numpy as np

import minigrad as mg
from minigrad.datasets import fake
from minigrad.datasets.find import read
from minigrad.datasets.pictures import decode
from minigrad.datasets.source import File, Package, Source
from minigrad.datasets.split import part
from minigrad.utils.data import TensorDataset

SKIMAGE = Package("pypi", "scikit-image", "0.26.0")
SKLEARN = Package("pypi", "scikit-learn", "1.9.1")

PHOTOGRAPHS = Source(
    "photographs",
    about="ten photographs in colour",
    files=(
        File(SKIMAGE, "skimage/data/astronaut.png", 791_555, "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5"),
        File(SKIMAGE, "skimage/data/chelsea.png", 240_512, "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb"),
        File(SKLEARN, "sklearn/datasets/images/china.jpg", 196_653, "8378025ad2519d649d02e32bd98990db4ab572357d9f09841c2fbfbb4fefad29"),
        File(SKIMAGE, "skimage/data/coffee.png", 466_706, "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7"),
        File(SKLEARN, "sklearn/datasets/images/flower.jpg", 142_987, "a77f6ec41e353afdf8bdff2ea981b2955535d8d83294f8cfa49cf4e423dd5638"),
        File(SKIMAGE, "skimage/data/hubble_deep_field.jpg", 527_940, "3a19c5dd8a927a9334bb1229a6d63711b1c0c767fb27e2286e7c84a3e2c2f5f4"),
        File(SKIMAGE, "skimage/data/ihc.png", 477_916, "f8dd1aa387ddd1f49d8ad13b50921b237df8e9b262606d258770687b0ef93cef"),
        File(SKIMAGE, "skimage/data/motorcycle_left.png", 644_701, "db18e9c4157617403c3537a6ba355dfeafe9a7eabb6b9b94cb33f6525dd49179"),
        File(SKIMAGE, "skimage/data/retina.jpg", 269_564, "38a07f36f27f095e818aea7b96d34202c05176d30253c66733f2e00379e9e0e6"),
        File(SKIMAGE, "skimage/data/rocket.jpg", 112_525, "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c"),
    ),
    licence="public domain or CC0 as scikit-image's documentation says picture by picture; china, flower: CC BY 2.0; motorcycle: not stated (Middlebury Stereo)",
    origin="scikit-image's and scikit-learn's sample pictures",
    shapes={"photographs": (10,)},
)

TEXTURES = Source(
    "textures",
    about="brick, gravel and grass",
    files=(
        File(SKIMAGE, "skimage/data/brick.png", 106_634, "7966caf324f6ba843118d98f7a07746d22f6a343430add0233eca5f6eaaa8fcf"),
        File(SKIMAGE, "skimage/data/gravel.png", 194_247, "c48615b451bf1e606fbd72c0aa9f8cc0f068ab7111ef7d93bb9b0f2586440c12"),
        File(SKIMAGE, "skimage/data/grass.png", 217_893, "b6b6022426b38936c43a4ac09635cd78af074e90f42ffa8227ac8b7452d39f89"),
    ),
    licence="CC0",
    origin="scikit-image's sample pictures, from CC0Textures",
    shapes={"textures": (3, 512, 512)},
)

FACES = Source(
    "faces",
    about="small pictures of faces, and of what is none",
    files=(File(SKIMAGE, "skimage/data/lfw_subset.npy", 1_000_080, "9560ec2f5edfac01973f63a8a99d00053fecd11e21877e18038fbe500f8e872c"),),
    licence="not stated in the package",
    origin="Labeled Faces in the Wild, Huang et al. 2007; cut by scikit-image",
    shapes={"pictures": (200, 25, 25)},
)

PHOTOGRAPH_NAMES = tuple(file.name.split(".")[0] for file in PHOTOGRAPHS.files)
TEXTURE_NAMES = ("brick", "gravel", "grass")
TEXTURE_TRAIN = 330  # of 512 columns
TRAIN_SHARE = 0.6  # of a photograph's width, from the left


def photographs(*, data_dir: str | os.PathLike[str] | None = None, synthetic: bool = False) -> dict[str, np.ndarray]:
    """Ten photographs in colour, by name: what patches, denoising and super-resolution are made from.

    Shapes: uint8 (H, W, 3) each, 300 to 1,411 pixels high; synthetic ones (96, 120, 3).
    Raises: MissingDataError, DamagedDataError; ImportError without Pillow.
    """
    if synthetic:
        return {name: picture.transpose(1, 2, 0) for name, picture in zip(PHOTOGRAPH_NAMES, fake.labelled(10, (3, 96, 120), 10)[0])}
    found = {name.split(".")[0]: decode(content, name, "RGB") for name, content in read(PHOTOGRAPHS, data_dir).items()}
    PHOTOGRAPHS.check(photographs=list(found))
    return found


def photo_patches(
    train: bool, size: int = 32, stride: int = 32, *, data_dir: str | os.PathLike[str] | None = None, synthetic: bool = False
) -> TensorDataset:
    """Which of ten photographs does a patch come from? The left 60 % of each is trained on, the right 40 % tested on.

    Shapes: patches uint8 (N, 3, size, size), cut `stride` apart; labels int64 (N,), places in `PHOTOGRAPH_NAMES`. A large picture
            gives more patches than a small one.
    Raises: MissingDataError, DamagedDataError; ImportError without Pillow.
    """
    patches, labels = [], []
    for label, picture in enumerate(photographs(data_dir=data_dir, synthetic=synthetic).values()):
        cut = int(TRAIN_SHARE * picture.shape[1])
        area = picture[:, :cut] if train else picture[:, cut:]
        windows = np.lib.stride_tricks.sliding_window_view(area, (size, size), axis=(0, 1))[::stride, ::stride]
        patches.append(windows.reshape(-1, 3, size, size))
        labels.append(np.full(len(patches[-1]), label))
    return TensorDataset(mg.tensor(np.concatenate(patches)), mg.tensor(np.concatenate(labels)))


def textures(train: bool | None, *, data_dir: str | os.PathLike[str] | None = None, synthetic: bool = False) -> np.ndarray:
    """Pictures of brick, gravel and grass (`TEXTURE_NAMES`), grey. Columns 0 to 329 are trained on, the rest tested on.

    Shapes: uint8 (3, 512, W), W: 330, or 182 to test on, or 512 with train=None. Synthetic: (3, 96, 61), (3, 96, 35), (3, 96, 96).
    Raises: MissingDataError, DamagedDataError; ImportError without Pillow.
    """
    if synthetic:
        found = fake.labelled(3, (96, 96), 3)[0]
    else:
        found = np.stack([decode(content, name, "L") for name, content in read(TEXTURES, data_dir).items()])
        TEXTURES.check(textures=found)
    cut = found.shape[2] * TEXTURE_TRAIN // 512
    return found[:, :, {None: slice(None), True: slice(cut), False: slice(cut, None)}[train]]


def faces(train: bool | None, *, data_dir: str | os.PathLike[str] | None = None, synthetic: bool = False) -> TensorDataset:
    """Is it a face? 100 faces and 100 patches of other things.

    Shapes: pictures float32 (N, 1, 25, 25), 0 to 1; labels int64 (N,), 1 for a face. N: 160 to train on, 40 to test on (`holdout`),
            200 with train=None.
    Raises: MissingDataError, DamagedDataError.
    """
    if synthetic:
        pictures, labels = fake.labelled(fake.size(train), (25, 25), 2, train)
        pictures = pictures / 255
    else:
        pictures = np.load(io.BytesIO(read(FACES, data_dir)["lfw_subset.npy"]), allow_pickle=False)
        FACES.check(pictures=pictures)
        rows = part(train, len(pictures))
        pictures, labels = pictures[rows], (rows < 100).astype(np.int64)
    return TensorDataset(mg.tensor(pictures[:, None].astype(np.float32)), mg.tensor(labels))
