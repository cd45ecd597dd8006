"""Where a data set comes from: declared once, beside the function that loads it; finder, downloader, tests and docs read the declaration."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

SOURCES: dict[str, Source] = {}  # all that are declared, by name


class MissingDataError(FileNotFoundError):
    """The files of a data set are nowhere to be found. The text says in one line how to get them."""


class DamagedDataError(ValueError):
    """A file is not the one that was declared. The text names it."""


@dataclass(frozen=True)
class Package:
    """A package of somebody else's in which the files of data sets come, and the release whose files were checked."""

    kind: Literal["pypi", "debian", "npm"]
    name: str
    version: str
    wheel: bool = True  # pypi: False for a package of which there is only an archive of sources

    def __str__(self) -> str:
        return f"{'PyPI' if self.kind == 'pypi' else self.kind.capitalize() if self.kind == 'debian' else self.kind}: {self.name} {self.version}"


@dataclass(frozen=True)
class File:
    """One file of a package. `size` and `sha256` are of the content: if `path` ends in .gz, of what is in the archive."""

    package: Package
    path: str
    size: int
    sha256: str
    urls: tuple[str, ...] = ()  # of the same file, or of an archive (.gz) with the same content, outside any package

    @property
    def name(self) -> str:
        """The key under which a reader finds it, and its name in the cache."""
        return posixpath.basename(self.path).removesuffix(".gz")


@dataclass(frozen=True)
class Source:
    """The files of one data set.

    about:    what it is, in a line.
    licence:  of the data, as its makers state it, and where that is silent, says so.
    origin:   who made it.
    shapes:   of the arrays that reading must give, by name, without those axes that a reader chooses.
    """

    name: str
    about: str
    files: tuple[File, ...]
    licence: str
    origin: str
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.name in SOURCES:
            raise ValueError(f"two data sets are called {self.name}")
        if len({file.name for file in self.files}) != len(self.files):
            raise ValueError(f"{self.name}: two files of one name")
        SOURCES[self.name] = self

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)

    @property
    def packages(self) -> list[Package]:
        return list(dict.fromkeys(file.package for file in self.files))

    def check(self, **arrays: np.ndarray | list) -> None:
        """Raise DamagedDataError unless each array (or list, by its length) has the declared shape."""
        for name, array in arrays.items():
            got = array.shape if isinstance(array, np.ndarray) else (len(array),)
            if tuple(got) != self.shapes[name]:
                raise DamagedDataError(f"{self.name}: read {name} of shape {tuple(got)}, expected {self.shapes[name]}")
