"""Data sets: digits that come with minigrad, and loaders of real data that comes inside ordinary packages, or in the user's folder.

Each loader finds its files (`data_dir=`, MINIGRAD_DATA, installed packages, minigrad's cache), checks their SHA-256 and returns arrays
of documented shapes in a fixed split; `synthetic=True` gives a small stand-in of the same types without any file. `minigrad data list`
shows what is here, `minigrad data fetch NAME` gets what is not."""

from minigrad.datasets.digits import all_digits, digits
from minigrad.datasets.emoji import EMOJI_GROUPS, emoji
from minigrad.datasets.find import cache_dir
from minigrad.datasets.formats.smiles import smiles_graph, smiles_problem, smiles_tokens
from minigrad.datasets.genomes import BASES, GENE_CLASSES, SPLICE_CLASSES, gene_families, splice_sites
from minigrad.datasets.idx import read_idx
from minigrad.datasets.images import FASHION_CLASSES, SATELLITE_CLASSES, fashion_mnist, mnist, satellite
from minigrad.datasets.medical import TISSUES, brain_slices, breast_cancer, nuclei
from minigrad.datasets.molecules import ELEMENTS, Molecule, freesolv, polar_surface, smiles, solubility
from minigrad.datasets.photos import PHOTOGRAPH_NAMES, TEXTURE_NAMES, faces, photo_patches, photographs, textures
from minigrad.datasets.records import Sequences, Table
from minigrad.datasets.series import Series, sunspots, weather
from minigrad.datasets.source import SOURCES, DamagedDataError, MissingDataError
from minigrad.datasets.speech import VOWEL_CLASSES, spoken_digits, vowels
from minigrad.datasets.split import folds, holdout
from minigrad.datasets.tables import german_credit, phishing, shuttle
from minigrad.datasets.text import Verse, names, transliteration, verse_pairs, verses

__all__ = [
    "BASES",
    "ELEMENTS",
    "EMOJI_GROUPS",
    "FASHION_CLASSES",
    "GENE_CLASSES",
    "PHOTOGRAPH_NAMES",
    "SATELLITE_CLASSES",
    "SOURCES",
    "SPLICE_CLASSES",
    "TEXTURE_NAMES",
    "TISSUES",
    "VOWEL_CLASSES",
    "DamagedDataError",
    "MissingDataError",
    "Molecule",
    "Sequences",
    "Series",
    "Table",
    "Verse",
    "all_digits",
    "available",
    "brain_slices",
    "breast_cancer",
    "cache_dir",
    "digits",
    "emoji",
    "faces",
    "fashion_mnist",
    "folds",
    "freesolv",
    "gene_families",
    "german_credit",
    "holdout",
    "mnist",
    "names",
    "nuclei",
    "phishing",
    "photo_patches",
    "photographs",
    "polar_surface",
    "read_idx",
    "satellite",
    "shuttle",
    "smiles",
    "smiles_graph",
    "smiles_problem",
    "smiles_tokens",
    "solubility",
    "splice_sites",
    "spoken_digits",
    "sunspots",
    "textures",
    "transliteration",
    "verse_pairs",
    "verses",
    "vowels",
    "weather",
]


def available(*names: str) -> bool:
    """Whether all files of these data sets are here, whatever is in them. A name is that of `minigrad data list`.

    >>> from minigrad.datasets import available
    >>> isinstance(available("mnist"), bool)
    True
    """
    from minigrad.datasets.find import where

    return all(where(SOURCES[name]) is not None for name in names)
