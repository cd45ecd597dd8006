"""PyTorch's two file formats: a zip archive, and the pickles in a row that came before it (until PyTorch 1.6).

The archive holds, in one folder, `data.pkl`, the object, with a persistent id for each storage (kind, key, device, elements); `data/<key>`,
the bytes of the storages; `byteorder`; `version`. Nothing is compressed. A storage is read when the pickle first names it, and only
then; tensors are views of it, so what shared memory shares it again.

The older file is a row of pickles: a magic number, the version, the byte order of the machine, the object, the list of its storages'
keys; then each storage, its number of elements first. Memory for storages is taken when they are named and filled at the end.

All of a file's storages together are no larger than the file: nothing is ever allocated on a file's word alone.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any, BinaryIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import numpy as np

from minigrad import _core
from minigrad._core import Tensor

from .torch_table import Storage, find
from .unpickler import Refused, Unpickler

MAGIC = 0x1950A86A20F9469CFC6C
START = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # the pickle of MAGIC


class Storages:
    """The storages of a file by key, of `size` bytes at most in all."""

    def __init__(self, size: int) -> None:
        self.left = size
        self.flat: dict[str, tuple[Storage, np.ndarray, Tensor]] = {}

    def get(self, identity: Any, make: Callable[[str, Storage, int], np.ndarray]) -> Tensor:
        """All elements of a storage, made at its first use. Where it was (`location`) does not matter: all is on the CPU."""
        if type(identity) is not tuple or len(identity) != 5 or type(identity[0]) is not str or identity[0] != "storage":
            raise Refused("a persistent id is not that of a storage")
        _, kind, key, location, n = identity
        if type(kind) is not Storage or type(key) is not str or type(location) is not str or type(n) is not int or n < 0:
            raise Refused("a persistent id is not that of a storage")
        if key in self.flat:
            known, array, flat = self.flat[key]
            if known is not kind or len(array) != n:
                raise Refused(f"storage {key!r} is two things at once")
            return flat
        self.left -= n * np.dtype(kind.bits).itemsize
        if self.left < 0:
            raise Refused("its storages are larger than the file")
        array = make(key, kind, n)
        flat = _core.from_numpy(array)
        if kind.dtype is _core.bfloat16:
            flat = _core.bits_of(flat, _core.bfloat16)
        self.flat[key] = kind, array, flat
        return flat


# ---- archives ----


class Archive:
    """Members of a zip file that are not compressed."""

    def __init__(self, file: BinaryIO, size: int, path: Any = None) -> None:
        self.file, self.size, self.path = file, size, path
        self.members: dict[str, ZipInfo] = {}
        with ZipFile(file) as archive:
            for info in archive.infolist():
                if info.filename in self.members:
                    raise Refused(f"it has two members {info.filename[:100]!r}")
                self.members[info.filename] = info

    def read(self, name: str, dtype: str = "u1") -> np.ndarray:
        """A member as an array, in new memory or (with `path`) mapped."""
        info = self.members.get(name)
        if info is None:
            raise ValueError(f"it has no member {name[:100]!r}")
        n, start = info.file_size, self._start(info)
        if n % np.dtype(dtype).itemsize:
            raise ValueError(f"{name!r} has {n} bytes, no multiple of {np.dtype(dtype).itemsize}")
        if self.path is not None and n and not start % np.dtype(dtype).alignment:
            return np.memmap(self.path, dtype, "c", start, n // np.dtype(dtype).itemsize).view(np.ndarray)
        data = np.empty(n // np.dtype(dtype).itemsize, dtype)
        self.file.seek(start)
        _fill(self.file, data)
        if info.CRC and n and zlib.crc32(data.data.cast("B")) != info.CRC:  # 0: PyTorch was asked not to compute it
            raise ValueError(f"{name!r} is damaged: its check sum does not fit")
        return data

    def _start(self, info: ZipInfo) -> int:
        """Where a member's bytes begin, behind the header before them."""
        if info.compress_type != ZIP_STORED or info.flag_bits & 1 or info.file_size != info.compress_size:
            raise Refused(f"{info.filename[:100]!r} is compressed or encrypted, which PyTorch's files are not")
        self.file.seek(info.header_offset)
        header = self.file.read(30)
        if len(header) < 30 or header[:4] != b"PK\x03\x04":
            raise ValueError(f"{info.filename[:100]!r} is not where the directory says")
        start = info.header_offset + 30 + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        if start + info.file_size > self.size:
            raise ValueError(f"{info.filename[:100]!r} reaches beyond the end")
        return start


def _fill(file: BinaryIO, array: np.ndarray) -> None:
    left = array.data.cast("B")
    while left:
        got = file.readinto(left)  # type: ignore[attr-defined]
        if not got:
            raise ValueError("it ends within a storage")
        left = left[got:]


def is_archive(file: BinaryIO) -> bool:
    with ZipFile(file) as archive:
        return any(name.count("/") == 1 and name.endswith("/data.pkl") for name in archive.namelist())


def read_archive(file: BinaryIO, size: int, trusted: dict[str, Any], path: Any = None) -> Any:
    """`path`: map the storages from there instead of reading them."""
    archive = Archive(file, size, path)
    (pickle,) = (name for name in archive.members if name.count("/") == 1 and name.endswith("/data.pkl"))
    folder = pickle[: -len("data.pkl")]
    if folder + "constants.pkl" in archive.members:
        raise Refused("it is a TorchScript program; save the state_dict() instead")
    order = archive.read(folder + "byteorder").tobytes().decode() if folder + "byteorder" in archive.members else "little"
    if order not in ("little", "big"):
        raise ValueError(f"its byte order is {order[:20]!r}")
    storages = Storages(size)

    def make(key: str, kind: Storage, n: int) -> np.ndarray:
        array = archive.read(f"{folder}data/{key}", kind.bits)
        if len(array) != n:
            raise Refused(f"storage {key!r} should have {n} elements and has {len(array)}")
        return array if order == sys.byteorder else array.byteswap(inplace=True)

    code = archive.read(pickle).tobytes()
    machine = Unpickler(BytesIO(code), len(code), lambda name: find(name, trusted), trusted, lambda identity: storages.get(identity, make))
    value = machine.run()
    machine.finish()
    return value


# ---- pickles in a row ----


def read_legacy(file: BinaryIO, size: int, trusted: dict[str, Any]) -> Any:
    file.seek(0)
    storages = Storages(size)

    def refuse(name: str) -> Any:
        raise Refused(f"its header asks for {name[:100]!r}")

    def persistent(identity: Any) -> Tensor:
        if type(identity) is not tuple or len(identity) != 6:
            raise Refused("a persistent id is not that of a storage")
        flat, part = storages.get(identity[:5], lambda key, kind, n: np.empty(n, kind.bits)), identity[5]
        if part is None:
            return flat
        if type(part) is not tuple or len(part) != 3 or type(part[1]) is not int or type(part[2]) is not int:
            raise Refused("a part of a storage is none")
        if not 0 <= part[1] <= part[1] + part[2] <= flat.numel():
            raise Refused("a part of a storage reaches outside")
        return flat[part[1] : part[1] + part[2]]

    def unpickle() -> Any:
        return Unpickler(file, size, refuse).run()

    if unpickle() != MAGIC or unpickle() != 1001:
        raise ValueError("it is a pickle, but none of PyTorch's")
    info = unpickle()
    little = info.get("little_endian", True) if type(info) is dict else True
    machine = Unpickler(file, size, lambda name: find(name, trusted), trusted, persistent)
    value = machine.run()
    keys = unpickle()
    if type(keys) is not list or any(type(key) is not str for key in keys) or sorted(keys) != sorted(storages.flat):
        raise Refused("its storages are not those that its tensors use")
    for key in keys:
        _, array, _ = storages.flat[key]
        if int.from_bytes(file.read(8), "little" if little else "big") != len(array):
            raise Refused(f"storage {key!r} has another size than its tensors say")
        _fill(file, array)
        if little != (sys.byteorder == "little"):
            array.byteswap(inplace=True)
    machine.finish()
    return value
