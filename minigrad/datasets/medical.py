"""Medical images and tables: cell nuclei, slices of a brain, breast cancer."""

from __future__ import annotations

import os

import numpy as np

import minigrad as mg
from minigrad.datasets import fake
from minigrad.datasets.find import read
from minigrad.datasets.formats.nifti import read_nifti
from minigrad.datasets.photos import SKLEARN
from minigrad.datasets.pictures import decode
from minigrad.datasets.records import Table
from minigrad.datasets.source import DamagedDataError, File, Package, Source
from minigrad.utils.data import TensorDataset

STARDIST = Package("pypi", "stardist", "0.9.2")
NILEARN = Package("pypi", "nilearn", "0.14.1")
TEMPLATE = "nilearn/datasets/data/mni_icbm152_{}_tal_nlin_sym_09a_converted.nii.gz"

NUCLEI = Source(
    "nuclei",
    about="cell nuclei under a fluorescence microscope, each outlined",
    files=(
        File(STARDIST, "stardist/data/images/img2d.tif", 524_544, "f9ccc1571b92c861ff87e28463068b43f61bd47357ed0503f711e5cd1eb97750"),
        File(STARDIST, "stardist/data/images/mask2d.tif", 524_544, "59ad5e820b7982ca9d13e946fa6e7f64e2714899e00a2ae6c69aa79aad53d46f"),
    ),
    licence="BSD-3 (package)",
    origin="a picture of the 2018 Data Science Bowl (BBBC038)",
    shapes={"image": (512, 512), "nuclei": (512, 512)},
)

BRAIN = Source(
    "brain",
    about="a magnetic resonance template of the brain, with maps of grey and white matter",
    files=(
        File(NILEARN, TEMPLATE.format("t1"), 8_675_641, "eeb8a792a93948c83462305c71db783800e95eb3f6ce35975a4dd0f374f79bff"),
        File(NILEARN, TEMPLATE.format("gm"), 8_675_641, "9800242e730cec0d4ae97358d232904d09771bb0f10202ea4bf80eee50609b43"),
        File(NILEARN, TEMPLATE.format("wm"), 8_675_641, "7c78a23ddd786979edbb50bdada52c86c405cf2986baee5df5791e0200d7ffeb"),
    ),
    licence="'unknown' in the package's own words",
    origin="ICBM 152 nonlinear symmetric template of 2009, Fonov et al., Montreal Neurological Institute",
    shapes={"volume": (197, 233, 189)},
)

BREAST_CANCER = Source(
    "breast_cancer",
    about="measures of cell nuclei from fine needle aspirates, malignant or benign",
    files=(
        File(
            SKLEARN, "sklearn/datasets/data/breast_cancer.csv", 119_913, "fed3eb72d0575ef6192293f5093c6e801b1476b577d0386bf4455504522172ed"
        ),
    ),
    licence="CC BY 4.0 (UCI); BSD-3 (package)",
    origin="Wolberg, Street, Mangasarian: Wisconsin Diagnostic Breast Cancer, UCI",
    shapes={"x": (569, 30), "y": (569,)},
)

TISSUES = ("other", "grey matter", "white matter")
FIRST_SLICE, LAST_SLICE = 30, 149
HEIGHT, WIDTH = 104, 120  # of a slice, halved and padded to a multiple of 8, which three poolings divide


def nuclei(train: bool | None, *, data_dir: str | os.PathLike[str] | None = None, synthetic: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """A picture of cell nuclei, and which pixel belongs to which nucleus (0: to none). The left half is trained on, the right tested on.

    Shapes: image float32 (512, W), brightest pixel of the whole picture 1; nuclei int64 (512, W), up to 183. W: 256, or 512 with
            train=None. Synthetic: (64, 64), or (64, 128).
    Raises: MissingDataError, DamagedDataError; ImportError without Pillow.
    """
    if synthetic:
        image, labels = discs(64, 128)
    else:
        files = read(NUCLEI, data_dir)
        image, labels = (decode(files[f"{name}.tif"], f"{name}.tif") for name in ("img2d", "mask2d"))
        NUCLEI.check(image=image, nuclei=labels)
    middle = image.shape[1] // 2
    columns = {None: slice(None), True: slice(None, middle), False: slice(middle, None)}[train]
    scaled = image.astype(np.float32) / np.float32(image.max())
    return np.ascontiguousarray(scaled[:, columns]), labels[:, columns].astype(np.int64)


def brain_slices(train: bool, *, data_dir: str | os.PathLike[str] | None = None, synthetic: bool = False) -> TensorDataset:
    """Axial slices of a brain, and the tissue (`TISSUES`) of each pixel. Of every ten slices the first two are tested on.

    Neighbouring slices are alike, so what is measured here flatters.

    Shapes: slices uint8 (96 or 24, 1, 104, 120), black outside the head; tissue int64 (N, 104, 120). Made from slices 30 to 149,
            2x2 pixels averaged into one, the patient's nose to the right; grey or white matter where its map is at least half.
    Raises: MissingDataError, DamagedDataError.
    """
    if synthetic:
        count = fake.size(train, 16, 4)
        image, labels = discs(HEIGHT, WIDTH)
        tissue = np.where(labels == 0, 0, 1 + labels % 2)
        pictures = np.clip(200 * image * (tissue + 1) / 3 + 6 * fake.rng(train).standard_normal((count, HEIGHT, WIDTH)), 0, 255)
        return TensorDataset(mg.tensor(pictures[:, None].astype(np.uint8)), mg.tensor(np.repeat(tissue[None], count, 0)))
    volumes = []
    for name, content in read(BRAIN, data_dir).items():
        volumes.append(read_nifti(content, name))
        BRAIN.check(volume=volumes[-1])
    index = np.arange(FIRST_SLICE, LAST_SLICE + 1)
    index = index[((index - FIRST_SLICE) % 10 >= 2) == train]
    image, grey, white = (halved(volume[:, :, index].transpose(2, 0, 1)) for volume in volumes)
    tissue = np.where(np.maximum(grey, white) < 127.5, 0, np.where(grey >= white, 1, 2))
    return TensorDataset(mg.tensor(image[:, None].round().astype(np.uint8)), mg.tensor(tissue))


def breast_cancer(*, data_dir: str | os.PathLike[str] | None = None, synthetic: bool = False) -> Table:
    """Wisconsin Diagnostic Breast Cancer: 30 measures of cell nuclei, malignant (1) or benign (0).

    Shapes: x float32 (569, 30); y int64 (569,), 212 malignant. There is no standard split: use `folds(table.y)`. Synthetic: 200 rows.
    Raises: MissingDataError, DamagedDataError.

    >>> from minigrad.datasets import breast_cancer
    >>> table = breast_cancer(synthetic=True)
    >>> table.x.shape, table.columns[:3], table.classes
    ((200, 30), ('mean radius', 'mean texture', 'mean perimeter'), ('benign', 'malignant'))
    """
    measures = "radius texture perimeter area smoothness compactness concavity concave_points symmetry fractal_dimension".split()
    columns = tuple(f"{kind} {name.replace('_', ' ')}" for kind in ("mean", "error of", "worst") for name in measures)
    if synthetic:
        x, y = fake.labelled(200, (30,), 2, None, np.float32)
    else:
        head, *lines = read(BREAST_CANCER, data_dir)["breast_cancer.csv"].decode().split()
        if head != "569,30,malignant,benign":
            raise DamagedDataError(f"breast_cancer.csv: begins with {head}")
        table = np.array([line.split(",") for line in lines], np.float64)
        x, y = table[:, :-1].astype(np.float32), 1 - table[:, -1].astype(np.int64)  # the file has 0 for malignant
        BREAST_CANCER.check(x=x, y=y)
    return Table(x, y, columns, ("benign", "malignant"))


def halved(slices: np.ndarray) -> np.ndarray:
    """2x2 pixels of each slice averaged into one, the rest filled with 0 to HEIGHT x WIDTH: float32."""
    count, height, width = slices.shape
    even = slices[:, : height // 2 * 2, : width // 2 * 2].reshape(count, height // 2, 2, width // 2, 2).mean((2, 4), dtype=np.float32)
    top, left = (HEIGHT - even.shape[1]) // 2, (WIDTH - even.shape[2]) // 2
    return np.pad(even, ((0, 0), (top, HEIGHT - even.shape[1] - top), (left, WIDTH - even.shape[2] - left)))


def discs(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """A stand-in for cells: bright discs on a dark ground, uint8, and the number of the disc in each pixel."""
    generator = fake.rng()
    y, x = np.mgrid[:height, :width]
    labels = np.zeros((height, width), np.int64)
    for number in range(1, height * width // 400 + 1):
        centre_y, centre_x, radius = generator.uniform(0, height), generator.uniform(0, width), generator.uniform(3, 7)
        labels[((y - centre_y) ** 2 + (x - centre_x) ** 2 < radius**2) & (labels == 0)] = number
    image = np.where(labels > 0, 170, 40) + 15 * generator.standard_normal((height, width))
    return np.clip(image, 0, 255).astype(np.uint8), labels
