"""NIfTI-1, single file: volumes of medical imaging. A header of 348 bytes, extensions, then the voxels in Fortran's order."""

from __future__ import annotations

import math

import numpy as np

from minigrad.datasets.source import DamagedDataError

TYPES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4"}
HEADER = 348


def read_nifti(data: bytes, name: str) -> np.ndarray:
    """The voxels, of the type they are stored in, or float32 if the file scales them. The first axis is the patient's left to right."""
    if len(data) < HEADER + 4 or data[344:348] != b"n+1\0":
        raise DamagedDataError(f"{name}: not a NIfTI-1 file")
    order = "<" if int.from_bytes(data[:4], "little") == HEADER else ">"

    def field(offset: int, kind: str, count: int = 1) -> np.ndarray:
        return np.frombuffer(data, order + kind, count, offset)

    rank = int(field(40, "i2")[0])
    sizes = field(42, "i2", 7)[: max(rank, 0)].tolist()
    code = int(field(70, "i2")[0])
    start, slope, intercept = (float(number) for number in field(108, "f4", 3))
    if not 1 <= rank <= 7 or min(sizes) < 1 or code not in TYPES or not (start >= HEADER and start.is_integer()):
        raise DamagedDataError(f"{name}: a header that makes no sense: sizes {sizes}, type {code}, data from byte {start:g}")
    kind = np.dtype(order + TYPES[code])
    if len(data) - int(start) < math.prod(sizes) * kind.itemsize:
        raise DamagedDataError(f"{name}: cut short: {len(data):,} bytes, expected {int(start) + math.prod(sizes) * kind.itemsize:,}")
    voxels = np.frombuffer(data, kind, math.prod(sizes), int(start)).reshape(sizes, order="F").astype(kind.newbyteorder("="), copy=False)
    if (slope, intercept) in ((1.0, 0.0), (0.0, 0.0)):
        return voxels
    with np.errstate(over="ignore", invalid="ignore"):
        return voxels.astype(np.float32) * np.float32(slope) + np.float32(intercept)
