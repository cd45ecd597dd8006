"""`.npz`: a zip archive of NumPy's arrays, which `numpy.load` reads, and one member of JSON that says how they nest (see tree.py)."""

from __future__ import annotations

from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import numpy as np

from .tree import STRUCTURE, Arrays

_MEMBER = STRUCTURE + ".json"
_EXPANSION = 1032  # times: what Deflate makes of one byte at most


def write(file: BinaryIO, arrays: Arrays, structure: str) -> None:
    # Not np.savez: it takes names as keyword arguments, and cannot write one called "file". ZipInfo's fixed date makes equal
    # contents equal files.
    with ZipFile(file, "w") as archive:
        archive.writestr(ZipInfo(_MEMBER), structure)
        for name, array in arrays.items():
            with archive.open(ZipInfo(name + ".npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def read(file: BinaryIO, size: int) -> tuple[Arrays, str | None]:
    with ZipFile(file) as archive:
        members = archive.infolist()
    if any(m.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for m in members):
        raise ValueError("it is compressed in a way that NumPy does not use")
    if sum(m.file_size for m in members) > _EXPANSION * size:
        raise ValueError("its members say that they hold more than a file of its size can")
    file.seek(0)
    with np.load(file, allow_pickle=False) as archive:
        structure = archive[_MEMBER].decode() if _MEMBER in archive.files else None
        return {name: archive[name] for name in archive.files if name != _MEMBER}, structure
